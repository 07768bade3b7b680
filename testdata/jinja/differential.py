#!/usr/bin/env python3
"""Generates templates, renders them with Python's Jinja2 and prints what came out.

    differential.py --count 100000 --seed 1 > cases.jsonl

One JSON object a line: {"template": ..., "want": text} or {"template": ..., "error":
class, "message": words}. The names that templates may use are VARS below, which
compiler/jinja/differential_test.go asks for. dbt calls an inline macro m dbt_macro__m,
and so do the templates; Python gets them without. A template whose result Python does not
determine (addresses of objects) or that runs for too long is left out.

TestDifferential of compiler/jinja runs this script and compares.
"""

import argparse
import json
import random
import re
import resource
import signal
import sys
import warnings

from jinja2.sandbox import SandboxedEnvironment

VARS = {
    "n": 7, "z": 0, "neg": -3, "big": 12345678901234567890, "f": 2.5, "e": 1e20, "s": "Hello, World",
    "t": "  a b\tc\n", "u": "straße ÅÉ ǆ", "num": "42", "empty": "", "l": [3, 1, 2], "w": ["b", "A", "c", "a"],
    "m": [1, "x", None, 2.0, [1, 2]], "d": {"a": 1, "b": "two", "c": None}, "yes": True, "no": False, "nil": None,
    "rows": [{"k": "x", "v": 3, "o": {"p": 1}}, {"k": "y", "v": 1, "o": {"p": 2}}, {"k": "x", "v": 2, "o": {"p": 1}}],
    "nested": {"l": [1, [2, 3]], "d": {"x": {"y": "deep"}}},
}

STRINGS = ["", "a", "abc", "A b C", "x,y,,z", "%s", "%d|%5.2f", "{}", "{0}-{k}", "12", "-3.5", "0x1f", "é", "ǆ", "a\\nb", "  pad ",
           "<b>&\\\"", "true", "None", "1_000", "aXbX", "\\t", "it\\'s", "ß", "%%", "%(a)s", "1e3", "٣", "x\\u00e9y", "\\x41"]
SPECS = ["{:>8}", "{:<5}|", "{:^7}|", "{:05d}", "{:+d}", "{:,}", "{:_}", "{:.3f}", "{:e}", "{:g}", "{:%}", "{:x}", "{:#b}", "{!r}",
         "{!s:>9}", "{0:*^9}", "{:c}", "{:n}", "{:.2}", "{:10.4g}|", "{:=+8}"]
PERCENT = ["%s", "%r", "%d", "%5d|", "%-5s|", "%05.1f", "%x", "%e", "%g", "%%", "%c", "%+d", "%.3s", "%i", "%o", "%#x", "%10.3e|", "%s %s"]
NUMBERS = ["0", "1", "2", "3", "-1", "10", "255", "1_000", "2.0", "0.5", "1.5e3", "1e16", "1e-5", "3.14159", "0.1", "123456789012345678901",
           "-2.75", "100", "7", "1e22", "0.30000000000000004", "5", "4", "9007199254740993", "0b11", "0xff", "0o17"]
WIDTHS = ["0", "10", "20", "5", "-10", "40"]
SMALL = ["0", "1", "2", "3", "-1", "-2", "4", "none", "10"]
NAMES = [n for n in VARS] + ["missing"]
BINARY = ["+", "-", "*", "/", "//", "%", "~"]
COMPARE = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
TESTS = ["defined", "undefined", "none", "number", "integer", "float", "string", "mapping", "sequence", "iterable", "boolean", "true",
         "false", "odd", "even", "lower", "upper", "callable", "escaped", "sameas(none)", "divisibleby({s})", "eq({e})", "ne({e})",
         "lt({e})", "ge({e})", "in({e})", "equalto {e}", "filter", "test"]
FILTERS = ["abs", "batch({s})|list", "batch(2, {e})|list", "capitalize", "center({w})", "default({e})", "default({e}, true)", "d('x')",
           "dictsort", "dictsort(true, 'value')", "dictsort(reverse=true)", "escape", "e", "filesizeformat", "filesizeformat(true)", "first",
           "float", "float({e})", "forceescape", "format({e})", "format({e}, {e})", "groupby('k')", "groupby('v')|list", "indent",
           "indent({s})", "indent({s}, true)", "indent(2, blank=true)", "int", "int({e})", "int(0, 16)", "int(base={w})", "items|list", "join",
           "join({q})", "join({q}, 'k')", "last", "length", "count", "list", "lower", "map('upper')|list", "map(attribute='k')|list",
           "map(attribute='o.p', default=0)|list", "map('default', {e})|list", "map('int')|list", "max", "min", "max(attribute='v')",
           "pprint", "reject('none')|list", "reject|list", "rejectattr('v')|list", "rejectattr('v', 'gt', 1)|list", "replace({q}, {q})",
           "replace({q}, {q}, {s})", "reverse", "reverse|list", "round", "round({s})", "round({s}, 'floor')", "round(1, 'ceil')", "safe",
           "select('odd')|list", "select|list", "select('string')|list", "selectattr('k')|list", "selectattr('k', 'equalto', 'x')|list", "slice(2)|list",
           "slice({s}, {e})|list", "sort", "sort(true)", "sort(attribute='v')", "sort(attribute='k,v')", "sort(case_sensitive=true)",
           "string", "striptags", "sum", "sum(attribute='v')", "sum(start={s})", "title", "tojson", "tojson(2)", "tojson(indent={s})", "trim",
           "trim({q})", "truncate({w})", "truncate(5, true)", "truncate(9, false, '..', 0)", "unique|list", "unique(true)|list",
           "unique(attribute='k')|list", "upper", "urlencode", "wordcount", "wordwrap({w})", "wordwrap(5, false)", "xmlattr", "attr('k')", "attr({q})"]
METHODS = ["upper()", "lower()", "title()", "capitalize()", "swapcase()", "strip()", "strip({q})", "lstrip({q})", "rstrip()", "split()",
           "split({q})", "split({q}, {s})", "rsplit({q}, 1)", "splitlines()", "splitlines(true)", "partition({q})", "rpartition({q})", "join({e})",
           "replace({q}, {q})", "replace({q}, {q}, {s})", "startswith({q})", "endswith({q})", "startswith(({q}, {q}))", "find({q})",
           "rfind({q}, {s})", "index({q})", "count({q})", "zfill({s})", "zfill(8)", "center(9, '*')", "ljust(7)", "rjust(7, '.')", "isdigit()",
           "isalpha()", "isalnum()", "isnumeric()", "isdecimal()", "isspace()", "isupper()", "islower()", "istitle()", "isidentifier()",
           "expandtabs({s})", "casefold()", "removeprefix({q})", "removesuffix({q})", "format({e})", "format({e}, k={e})",
           "format(*l)", "format(**d)", "get({e})", "get({q}, {e})", "keys()|list", "values()|list", "items()|list", "copy()", "index({e})", "count({e})",
           "append({e})", "extend({e})", "insert({s}, {e})", "pop()", "pop({s})", "remove({e})", "reverse()", "sort()", "clear()",
           "update({e})", "setdefault({q}, {e})", "pop({q}, {e})", "bit_length()", "is_integer()", "real", "imag", "numerator",
           "as_integer_ratio()", "conjugate()", "hex()", "__class__", "nope", "nope()", "a", "k", "b.c", "1", "upper(1)", "get()", "translate({e})", "maketrans('a', 'b')"]
WS = ["", "-", "+"]


class Maker:
    """Makes templates from a seed; depth bounds their size."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def fill(self, text, depth):
        while "{e}" in text or "{s}" in text or "{q}" in text:
            text = text.replace("{e}", self.expr(depth - 1), 1).replace("{s}", self.r.choice(SMALL), 1)
            text = text.replace("{q}", self.string(), 1)
        return text.replace("{w}", self.r.choice(WIDTHS))

    def string(self):
        quote = self.r.choice("'\"")
        return quote + self.r.choice(STRINGS).replace('\\"' if quote == "'" else "\\'", "") .replace(quote, "") + quote

    def atom(self):
        return self.r.choice([
            lambda: self.r.choice(NAMES), lambda: self.r.choice(NAMES), lambda: self.r.choice(NUMBERS), self.string,
            lambda: self.r.choice(["true", "false", "none", "True", "None", "[]", "{}", "()", "(1,)", "[1, 2, 3]", "{'a': 1}", "{1: 'x', 2.0: [none]}"]),
        ])()

    def key(self):
        """A key of a dict: literals that cannot be one are errors before the template runs."""
        return self.r.choice([self.r.choice(NAMES), self.r.choice(NUMBERS), self.string(), "none", "true", "(1,)"])

    def expr(self, depth):
        if depth <= 0:
            return self.atom()
        sub = lambda: self.expr(depth - 1)
        pick = self.r.randrange(30)
        if pick < 4:
            return self.atom()
        if pick < 8:
            return f"{sub()} {self.r.choice(BINARY)} {sub()}"
        if pick == 8:
            return f"{sub()} ** {self.r.choice(['0', '2', '3', '-1'])}"
        if pick == 9:
            return f"({self.r.choice(SPECS)!r}).format({sub()})"
        if pick == 10:
            return f"{self.r.choice(PERCENT)!r} % {self.r.choice([sub(), '(' + sub() + ', ' + sub() + ')', '(' + sub() + ',)'])}"
        if pick < 13:
            return f"{sub()} {self.r.choice(COMPARE)} {sub()}"
        if pick == 13:
            return f"{sub()} {self.r.choice(COMPARE[:6])} {sub()} {self.r.choice(COMPARE)} {sub()}"
        if pick == 14:
            return f"{sub()} {self.r.choice(['and', 'or'])} {sub()}"
        if pick == 15:
            return f"{self.r.choice(['not ', '-', '+', '- '])}{sub()}"
        if pick == 16:
            return f"{sub()} if {sub()}" + (f" else {sub()}" if self.r.random() < .7 else "")
        if pick < 20:
            return f"{self.wrap(sub())}|{self.fill(self.r.choice(FILTERS), depth)}"
        if pick < 23:
            # In brackets: x|list.pop() is the filter "list.pop", which is not there.
            return f"({sub()}).{self.fill(self.r.choice(METHODS), depth)}"
        if pick == 23:
            return f"{self.wrap(sub())} is {self.r.choice(['', 'not '])}{self.fill(self.r.choice(TESTS), depth)}"
        if pick == 24:
            if self.r.random() < .5:
                # Not of constants: what their slices give depends on how much Jinja2 works out beforehand.
                part = self.r.choice([":", "1:", ":-1", "::2", "::-1", self.r.choice(SMALL) + ":" + self.r.choice(SMALL)])
                return f"{self.r.choice([self.r.choice(NAMES), '[' + sub() + ', n][0]'])}[{part}]"
            return f"{self.wrap(sub())}[{self.r.choice([sub(), self.r.choice(SMALL)])}]"
        if pick == 25:
            return "[" + ", ".join(sub() for _ in range(self.r.randrange(4))) + "]"
        if pick == 26:
            return "(" + ", ".join(sub() for _ in range(self.r.randrange(4))) + self.r.choice([")", ",)"])
        if pick == 27:
            return "{" + ", ".join(f"{self.key()}: {sub()}" for _ in range(self.r.randrange(3))) + "}"
        if pick == 28:
            return self.fill(self.r.choice(["range({s})|list", "range(1, {w}, 2)|list", "range({e})", "dict(a={e})", "dict({e})", "dict(d, z={e})",
                                            "namespace(a={e}).a", "joiner({q})()", "cycler({e}, 2).next()", "range({s}, {s}, {s})|list"]), depth)
        return f"({sub()})"

    def wrap(self, text):
        """An operand, most often in brackets: without them precedence is tried too."""
        return text if self.r.random() < .3 or re.fullmatch(r"\w+", text) else f"({text})"

    def tag(self, text):
        return "{%" + self.r.choice(WS) + " " + text + " " + self.r.choice(["", "-", ""]) + "%}"

    def out(self, depth):
        return "{{" + self.r.choice(["", "", "", "-"]) + " " + self.expr(depth) + " " + self.r.choice(["", "", "", "-"]) + "}}"

    def text(self):
        return self.r.choice(["", " ", "\n", "a", "select\n  ", "\n\n", "{", "}", "x ", "#", "-- c\n"])

    def body(self, depth):
        return "".join(self.r.choice([self.text, lambda: self.out(depth - 1)])() for _ in range(self.r.randrange(1, 4))) if depth < 2 or self.r.random() < .5 else self.statement(depth - 1)

    def statement(self, depth):
        e, body = self.expr, self.body
        pick = self.r.randrange(14)
        if pick == 0:
            return self.tag(f"if {e(depth)}") + body(depth) + self.tag("else") + body(depth) + self.tag("endif")
        if pick == 1:
            return self.tag(f"if {e(1)}") + body(depth) + self.tag(f"elif {e(1)}") + body(depth) + self.tag("endif")
        if pick < 5:
            names = self.r.choice(["x", "x", "x, y", "k, v", "x"])
            loop = self.r.choice(["{{ loop.index }}{{ loop.last }}", "{{ loop.cycle('a', 'b') }}", "{{ loop.previtem }}|{{ loop.nextitem }}", "{{ loop.revindex0 }}/{{ loop.length }}",
                                  "{{ loop.changed(x) }}", "{{ loop.depth }}", "", "", "{{ x }}", "{% if loop.first %}f{% endif %}"])
            it = self.r.choice([e(depth), "l", "w", "d.items()", "rows", "range(3)", "s", "m", "d", "nested.items()", e(1)])
            cond = self.r.choice(["", "", "", f" if {e(1)}", " if x"])
            tail = self.r.choice(["", "", self.tag("else") + body(1)])
            return self.tag(f"for {names} in {it}{cond}") + body(depth) + loop + tail + self.tag("endfor")
        if pick < 7:
            return self.tag(f"set {self.r.choice(['x', 'n', 'x, y', 'l'])} = {e(depth)}") + "{{ x }}{{ n }}" + body(depth)
        if pick == 7:
            return self.tag("set x") + body(depth) + self.tag("endset") + "[{{ x }}]"
        if pick == 8:
            return self.tag(f"set ns = namespace(c={e(1)})") + self.tag("for i in l") + self.tag(f"set ns.c = {self.r.choice(['ns.c ~ i', 'i', e(1)])}") + self.tag("endfor") + "{{ ns.c }}"
        if pick == 9:
            sig, call = self.r.choice([("a, b=1", "dbt_macro__mac({e})"), ("a, b=2", "dbt_macro__mac({e}, b={e})"), ("a='x'", "dbt_macro__mac()"), ("", "dbt_macro__mac({e})"), ("a", "dbt_macro__mac(*l)"),
                                       ("a, b=a", "dbt_macro__mac({e})"), ("a", "dbt_macro__mac(c={e})"), ("a, b", "dbt_macro__mac(b={e}, a={e})"), ("", "dbt_macro__mac(1, k=2)")])
            inner = self.r.choice(["{{ a }}/{{ b }}", "{{ varargs }}{{ kwargs }}", "{{ a ~ b }}", body(1), "{{ caller() if caller }}"])
            return self.tag(f"macro mac({sig})") + inner + self.tag("endmacro") + "{{ " + self.fill(call, 1) + " }}"
        if pick == 10:
            return self.tag("macro mac(a=1)") + "<{{ caller(a) }}>" + self.tag("endmacro") + self.tag("call(q) dbt_macro__mac()") + body(1) + "{{ q }}" + self.tag("endcall")
        if pick == 11:
            return self.tag(f"filter {self.fill(self.r.choice(FILTERS[:60]), 1).split('|')[0]}") + body(1) + self.tag("endfilter")
        if pick == 12:
            return self.r.choice([self.tag("raw") + "{{ x }}" + self.tag("endraw"), "{# c #}", "{#- c -#}", self.tag("do l.append(1)") + "{{ l }}",
                                  self.tag(f"with a = {e(1)}") + "{{ a }}" + self.tag("endwith")]) + body(1)
        return self.tag("for x in l recursive") + "{{ x }}" + self.tag("endfor") + body(depth)

    def template(self):
        if self.r.random() < .6:
            return "{{ " + self.expr(self.r.choice([1, 2, 2, 3])) + " }}"
        text = "".join(self.r.choice([self.text, lambda: self.statement(2), lambda: self.out(2)])() for _ in range(self.r.randrange(1, 4)))
        if "mac" not in text and self.r.random() < .03:  # some that do not parse
            at = self.r.randrange(len(text) + 1)
            text = text[:at] + self.r.choice(["{{", "%}", "'", "(", "]", "|", ".", "{%", "if", ",", "\\", "`", "é"]) + text[at:]
        return text


class TooLong(Exception):
    pass


def on_alarm(*_):
    raise TooLong()


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--count", type=int, default=1000)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--vars", action="store_true", help="print the names that templates may use, and nothing else")
    args = args.parse_args()
    if args.vars:
        print(json.dumps(VARS))
        return
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    signal.signal(signal.SIGALRM, on_alarm)
    env = SandboxedEnvironment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    maker = Maker(args.seed)
    unstable = re.compile(r" at 0x[0-9a-f]+|<generator|<built-in|<function|<bound method|<class|<jinja2\.|<Macro|<method", re.I)
    done = 0
    while done < args.count:
        template = maker.template()
        if not re.search(r"\{[{%#]|[#}%]\}", template):
            continue  # dbt passes these on as they are
        case = {"template": template}
        signal.setitimer(signal.ITIMER_REAL, 2)
        try:
            case["want"] = env.from_string(template.replace("dbt_macro__", "")).render(json.loads(json.dumps(VARS)))
        except (TooLong, MemoryError):
            continue
        except Exception as err:
            if maker.r.random() < .6:
                continue  # or most cases would be errors
            case["error"], case["message"] = type(err).__name__, str(err)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        text = case.get("want", "")
        if unstable.search(text) or len(text) > 20000:
            continue
        try:
            line = json.dumps(case, ensure_ascii=False)
            line.encode()
        except UnicodeEncodeError:
            continue
        print(line)
        done += 1


main()
