package jinja

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// hostile are templates that try to break out, to run for ever or to eat all memory.
// Each is an error of one of the kinds, or gives just the text.
var hostile = []struct {
	name, template, text string
	kinds                []Kind
}{
	// Ways out of the sandbox.
	{"class", "{{ ''.__class__ }}", "", nil},
	{"class call", "{{ ''.__class__() }}", "", []Kind{Security}},
	{"class chain", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "", []Kind{Security}},
	{"item", "{{ ''['__class__']['__mro__']() }}", "", []Kind{Security}},
	{"attr filter", "{{ (''|attr('__class__'))|attr('__base__') }}", "", nil},
	{"attr built", "{{ (''|attr('__cl' ~ 'ass__')).x }}", "", []Kind{Security}},
	{"map attribute", "{{ ['']|map(attribute='__class__.__mro__')|list }}", "", []Kind{Security}},
	{"groupby", "{{ ['']|groupby('__class__.__base__') }}", "", []Kind{Security}},
	{"format", "{{ '{0.__class__.__init__.__globals__}'.format(x) }}", "", []Kind{Security}},
	{"format_map", "{{ '{a.__class__.__mro__}'.format_map({'a': 1}) }}", "", []Kind{Security}},
	{"format filter", "{{ '%(a)s'|format(a=x.__class__.y) }}", "", []Kind{Security}},
	{"globals of a function", "{{ range.__globals__.os }}{{ cycler.__init__.__globals__.os }}", "", []Kind{Security, UndefinedError}},
	{"globals of a macro", "{% macro m() %}{% endmacro %}{{ dbt_macro__m.__call__.__globals__ }}", "", []Kind{Security, UndefinedError}},
	{"self", "{{ self._TemplateReference__context }}", "", nil},
	{"import", "{% import 'os' as os %}{{ os.system('id') }}", "", []Kind{RuntimeError, TypeError, SyntaxError}},
	{"include", "{% include '/etc/passwd' %}", "", []Kind{RuntimeError, TypeError, SyntaxError}},
	{"secret", "{{ secret }}{{ secret.__dict__ }}{{ secret.value }}{{ secret|string }}{{ secret|list }}", "********[]", []Kind{Security, TypeError, UndefinedError}},

	// Text and lists that grow.
	{"times", "{{ 'x' * 10000000000 }}", "", []Kind{LimitError}},
	{"times list", "{{ [1] * 10000000000 }}", "", []Kind{LimitError}},
	{"power", "{{ 10 ** (10 ** 10) }}", "", []Kind{ValueError}},
	{"power chain", "{{ 9 ** 9 ** 9 ** 9 ** 9 }}", "", []Kind{ValueError}},
	{"digits as text", "{{ ('9' * 10000000)|int * ('9' * 10000000)|int }}", "0", nil},
	{"center", "{{ 'x'|center(10000000000) }}", "", []Kind{LimitError}},
	{"ljust", "{{ 'x'.ljust(10000000000) }}", "", []Kind{LimitError}},
	{"format width", "{{ '{:10000000000}'.format(1) }}", "", []Kind{LimitError, ValueError}},
	{"percent width", "{{ '%10000000000d' % 1 }}", "", []Kind{LimitError, ValueError, OverflowError}},
	{"precision", "{{ '%.10000000000f' % 1.5 }}", "", []Kind{LimitError, ValueError, OverflowError}},
	{"expandtabs", "{{ '\t'.expandtabs(10000000000) }}", "", []Kind{LimitError, OverflowError}},
	{"replace", "{{ ('x' * 100000).replace('x', 'y' * 100000) }}", "", []Kind{LimitError}},
	{"join", "{{ ('x' * 1000000).join(['a'] * 100000) }}", "", []Kind{LimitError}},
	{"indent", "{{ ('\n' * 100000)|indent(1000000, true, true) }}", "", []Kind{LimitError}},
	{"tojson indent", "{{ [[[[1] * 1000] * 1000]]|tojson(indent=100000) }}", "", []Kind{LimitError}},
	{"batch", "{{ [1]|batch(10000000000, 0)|list }}", "", []Kind{LimitError}},
	{"slice", "{{ [1]|slice(10000000000)|list }}", "", []Kind{LimitError}},
	{"wordwrap", "{{ ('x ' * 1000000)|wordwrap(1, wrapstring='y' * 1000000) }}", "", []Kind{LimitError}},
	{"doubling", "{% set ns = namespace(s='x') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "", []Kind{LimitError}},
	{"doubling lists", "{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "", []Kind{LimitError}},
	{"shared lists", "{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}", "", []Kind{LimitError}},
	{"shared json", "{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}", "", []Kind{LimitError}},
	{"shared compare", "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(64) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}", "True", nil},
	{"hoard", "{% set l = [] %}{% for i in range(100000) %}{% do l.append('x' * 30000000 ~ i) %}{% endfor %}", "", []Kind{LimitError}},
	{"hoard dict", "{% set d = {} %}{% for i in range(100000) %}{% do d.update({i: 'x'.ljust(30000000)}) %}{% endfor %}", "", []Kind{LimitError}},
	{"hoard sets", "{% set l = [] %}{% for i in range(100000) %}{% set x %}{{ 'x' * 30000000 }}{% endset %}{% do l.append(x) %}{% endfor %}", "", []Kind{LimitError}},
	{"lipsum", "{{ lipsum(n=1000000000) }}", "", []Kind{ValueError}},
	{"lipsum words", "{{ lipsum(n=1, min=1000000000, max=2000000000) }}", "", []Kind{ValueError}},
	{"urlize", "{{ ('http://a.b ' * 100000)|urlize(rel='x' * 100000) }}", "", []Kind{LimitError}},
	{"shared pprint", "{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|pprint }}", "", []Kind{LimitError}},
	{"shared hash", "{% set ns = namespace(l=(1,)) %}{% for i in range(64) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}", "", []Kind{LimitError}},
	{"shared sort", "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(64) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ [ns.a, ns.b]|sort|length }}", "2", nil},
	{"markup join", "{{ ('x' * 1000000)|safe|list|batch(2)|list|length }}{{ (('x' * 1000000)|safe).join(['a'] * 100000) }}", "", []Kind{LimitError}},
	{"output", "{% for i in range(100000) %}{{ 'x' * 1000000 }}{% endfor %}", "", []Kind{LimitError}},
	{"itself", "{% set l = [] %}{% do l.append(l) %}{{ l }}", "[[...]]", nil},
	{"itself in json", "{% set l = [] %}{% do l.append(l) %}{{ l|tojson }}", "", []Kind{ValueError}},
	{"itself compared", "{% set l = [] %}{% do l.append(l) %}{% set k = [] %}{% do k.append(k) %}{{ l == k }}", "True", nil},

	// Work without end, or too deep.
	{"loops", "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}", "", []Kind{LimitError}},
	{"growing while walked", "{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}", "", []Kind{LimitError}},
	{"macros", "{% macro m() %}{{ dbt_macro__m() }}{% endmacro %}{{ dbt_macro__m() }}", "", []Kind{RecursionError}},
	{"two ways", "{% macro m(n) %}{{ dbt_macro__m(n + 1) }}{{ dbt_macro__m(n + 1) }}{% endmacro %}{{ dbt_macro__m(0) }}", "", []Kind{RecursionError}},
	{"many ways", "{% macro m(n) %}{% if n %}{{ dbt_macro__m(n - 1) }}{{ dbt_macro__m(n - 1) }}{% endif %}{% endmacro %}{{ dbt_macro__m(64) }}", "", []Kind{LimitError}},
	{"callers", "{% macro m() %}{{ caller() }}{% endmacro %}{% macro n() %}{% call dbt_macro__m() %}{{ dbt_macro__n() }}{% endcall %}{% endmacro %}{{ dbt_macro__n() }}", "", []Kind{RecursionError, UndefinedError}},
	{"loop call", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "", []Kind{RecursionError}},
	{"brackets", "{{ " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) + " }}", "", []Kind{SyntaxError}},
	{"lists", "{{ " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + " }}", "", []Kind{SyntaxError}},
	{"ifs", strings.Repeat("{% if 1 %}", 100_000) + strings.Repeat("{% endif %}", 100_000), "", []Kind{SyntaxError}},
	{"nots", "{{ " + strings.Repeat("not ", 100_000) + "1 }}", "", []Kind{SyntaxError}},
	{"digits", "{{ " + strings.Repeat("9", 2_000_000) + " }}", "", []Kind{SyntaxError, ValueError, LimitError}},
}

// secretText stands for a host's secret: it shows stars and has nothing to take hold of.
type secretText struct{}

func (secretText) Type() string   { return "Secret" }
func (secretText) Truth() bool    { return true }
func (secretText) String() string { return "********" }
func (secretText) Repr() string   { return "********" }

// TestHostile checks that each ends soon, in little memory, with a clear error.
func TestHostile(t *testing.T) {
	globals := NewDict()
	globals.SetStr("x", Int(1))
	globals.SetStr("secret", secretText{})
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			peak := watchHeap()
			var got Result
			kind := SyntaxError
			tmpl, err := syntax.Parse(&source.File{Path: "t.sql", Text: h.template}, syntax.Options{})
			if err == nil {
				got, err = Render(context.Background(), tmpl, Options{Globals: dictGlobals{globals}, Steps: 2_000_000, Memory: 256 << 20})
				var e *Error
				if errors.As(err, &e) {
					kind = e.Kind
				}
			}
			if bytes := peak(); bytes > 1<<30 {
				t.Errorf("took %d MB", bytes>>20)
			}
			switch {
			case err == nil && h.kinds == nil:
				if got.Text != h.text {
					t.Errorf("gave %q; want %q", got.Text, h.text)
				}
			case err == nil:
				t.Errorf("gave %.100q; want an error of the kinds %v", got.Text, h.kinds)
			default:
				for _, k := range h.kinds {
					if k == kind {
						t.Logf("%.200v", err)
						return
					}
				}
				t.Errorf("%s error %.300v; want the kinds %v", kind, err, h.kinds)
			}
		})
	}
}

// watchHeap looks at the heap while something runs, and gives the most it saw.
func watchHeap() func() int {
	stop, seen := make(chan bool), make(chan int)
	go func() {
		most := 0
		for {
			most = max(most, heapSize())
			select {
			case <-stop:
				seen <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int { stop <- true; return <-seen }
}
