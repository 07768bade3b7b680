package jinja

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

func parse(tb testing.TB, text string) *syntax.Template {
	tb.Helper()
	tmpl, err := syntax.Parse(&source.File{Path: "t.sql", Text: text}, syntax.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return tmpl
}

// project gives macros their names, and return.
func project(tb testing.TB, macros ...string) Globals {
	d := NewDict()
	for _, text := range macros {
		tmpl := parse(tb, text)
		m, err := NewMacro(tmpl, tmpl.Macros[len(tmpl.Macros)-1].Name, "pkg")
		if err != nil {
			tb.Fatal(err)
		}
		d.SetStr(m.Name, m)
	}
	d.SetStr("return", NewFunc("return(data)", func(c *Call) (Value, error) { return nil, Return(c.Args[0]) }))
	d.SetStr("fail", NewFunc("fail()", func(c *Call) (Value, error) { return nil, errors.New("no luck") }))
	d.SetStr("stack", NewFunc("stack()", func(c *Call) (Value, error) {
		var names []string
		for _, call := range c.Thread.Stack() {
			names = append(names, call.Macro)
		}
		return Str(strings.Join(names, " < ")), nil
	}))
	return dictGlobals{d}
}

func TestRender(t *testing.T) {
	globals := project(t,
		"{% macro list(x) %}text{{ return([x]) }}{% endmacro %}",
		"{% macro early() %}{% for x in [1, 2] %}{% set y %}{{ return(x) }}{% endset %}{% endfor %}{% endmacro %}",
		"{% macro wrap() %}<{{ caller() }}>{% endmacro %}",
		"{% macro listed() %}{% set body = caller() %}{{ return([1]) }}{% endmacro %}",
		"{% macro late() %}{% call listed() %}x{% endcall %}{{ return('late') }}{% endmacro %}",
		"{% macro where() %}{{ stack() }}{% endmacro %}",
		"{% macro outer() %}{{ where() }}{% endmacro %}",
		"{% macro passed() %}{% call wrap() %}{{ caller() }}{% endcall %}{% endmacro %}",
		"{% macro self_call(n) %}{{ n }}{% if n %}{{ dbt_macro__self_call(n - 1) }}{% endif %}{% endmacro %}",
	)
	for _, test := range []struct{ src, want string }{
		{"{{ list(1)[0] + 1 }}", "2"},
		{"{{ early() }}", "1"},
		{"{% for i in [1, 2] %}{% call wrap() %}{{ i }}{{ loop.index }}{% endcall %}{% endfor %}", "<11><22>"},
		// What a call block gives must be text, but not if a return makes it moot.
		{"{{ late() }}", "late"},
		{"{{ outer() }}", "where < outer"},
		{"{{ self_call(2) }}", "210"},
		{"{% macro m() %}{{ x }}{% endmacro %}{% for x in [1] %}{{ dbt_macro__m() }}{% endfor %}|{% set x = 2 %}{{ dbt_macro__m() }}", "|2"},
		{"{% for x in [1, 2] %}{% for y in [1] %}{{ z }}{% endfor %}{% set z = x %}{% endfor %}", ""},
		// A scope that binds a name of the host does not see the host's any more,
		// unless it reads it first or binds it in an if.
		{"{% set fail %}[{{ fail }}]{% endset %}{{ fail }}", "[]"},
		{"{{ fail is callable }}{% set fail %}{{ fail is callable }}{% endset %}{{ fail }}", "TrueTrue"},
		{"{% if false %}{% set fail = 1 %}{% endif %}{{ fail is callable }}", "True"},
		{"{% for x in [1, 2, 3] %}{% set t %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endset %}{{ t }}{% endfor %}", "1"},
		{"{% for x in [3, 1] if x > loop.index %}{% endfor %}", "!'loop' is undefined"},
		{"{% for a in [1] %}{% for x in [0, 2] if x > loop.index %}{{ x }}{% endfor %}{% endfor %}", "2"},
		{"{% for x in [1, 2, 3, 4] if x % 2 %}{{ x }}{{ loop.nextitem }}{{ x }};{% endfor %}", "131;33;"},
	} {
		r, err := Render(context.Background(), parse(t, test.src), Options{Globals: globals})
		if want, fails := strings.CutPrefix(test.want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want the error %q", test.src, err, want)
			}
			continue
		}
		if err != nil || r.Text != test.want {
			t.Errorf("%s = %q, %v; want %q", test.src, r.Text, err, test.want)
		}
	}
}

// TestErrorPlace checks that an error has the place where it happened and the
// calls that led there.
func TestErrorPlace(t *testing.T) {
	globals := project(t,
		"{% macro deep() %}\n  {{ fail() }}{% endmacro %}",
		"{% macro shallow() %}{{ deep() }}{% endmacro %}",
	)
	_, err := Render(context.Background(), parse(t, "a\n {{ shallow() }}"), Options{Globals: globals})
	var e *Error
	if !errors.As(err, &e) || e.Kind != HostError || e.Error() != "t.sql:2:6: no luck" {
		t.Fatalf("%v", err)
	}
	want := "deep t.sql:1:25, shallow t.sql:2:5"
	var got []string
	for _, c := range e.Err.Calls {
		line, col := c.File.Position(c.Span.Start)
		got = append(got, fmt.Sprintf("%s %s:%d:%d", c.Macro, c.File.Path, line, col))
	}
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("calls %s; want %s", s, want)
	}
}

func TestMarks(t *testing.T) {
	r, err := Render(context.Background(), parse(t, "ab{# c #}{{ 1 }}\n{% for x in 'yz' %}-{{ x }}{% endfor %}"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range r.Marks {
		got = append(got, fmt.Sprintf("%d:%d", m.Out, m.Pos))
	}
	if s, want := strings.Join(got, " "), "0:0 2:12 3:16 4:36 5:40 6:36 7:40"; s != want || r.Text != "ab1\n-y-z" {
		t.Errorf("%q with marks %s; want %s", r.Text, s, want)
	}
}

// TestLimits checks that no template runs away.
func TestLimits(t *testing.T) {
	globals := project(t, "{% macro inf(n) %}{{ inf(n + 1) }}{% endmacro %}")
	for _, src := range []string{
		"{{ inf(0) }}",
		"{% macro m() %}{{ dbt_macro__m() }}{% endmacro %}{{ dbt_macro__m() }}",
		"{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
		"{% set l = [1] %}{% for x in l %}{% do l.append(1) %}{% endfor %}",
		"{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
		"{% set ns = namespace(s='xxxxxxxxxx') %}{% for a in range(100000) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
		"{% block b %}{{ self.b() }}{% endblock %}",
	} {
		_, err := Render(context.Background(), parse(t, src), Options{Globals: globals, Steps: 1_000_000})
		var e *Error
		if !errors.As(err, &e) || e.Kind != LimitError && e.Kind != RecursionError {
			t.Errorf("%s: %v; want a limit", src, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := Render(ctx, parse(t, "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"), Options{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v; want the end of the context", err)
	}
}

func TestLiteral(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"1", "1"}, {" 5 ", "5"}, {"-1.5e3", "-1500.0"}, {"0x1f", "31"}, {"1_000", "1000"}, {"5.", "5.0"}, {".5", "0.5"},
		{"'a' \"b\"", "'ab'"}, {`'\x41\n'`, `'A\n'`}, {`r'\d'`, `'\\d'`}, {"b'x'", "b'x'"},
		{"[1, 'a', None, True,]", "[1, 'a', None, True]"}, {"(1,)", "(1,)"}, {"1, 2", "(1, 2)"}, {"()", "()"},
		{"{'a': {1: 2}}", "{'a': {1: 2}}"}, {"{}", "{}"}, {"{1, 2}", "{1, 2}"}, {"set()", "set()"},
		{"007", ""}, {"true", ""}, {"abc", ""}, {"", ""}, {"1 +", ""}, {"[1", ""}, {"'a", ""}, {"1 2", ""}, {"nan", ""},
		{"--1", "1"}, {"[1] + [2]", ""}, {"{[1]: 2}", ""},
	} {
		v, ok := Literal(test.src)
		if ok != (test.want != "") || ok && Repr(v) != test.want {
			t.Errorf("%s = %v, %v; want %s", test.src, v, ok, test.want)
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, c := range engineCases(f) {
		f.Add(c.Template)
	}
	globals := project(f,
		"{% macro m(a, b=2) %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}",
		"{% macro c() %}{{ caller(1) }}{{ return(a) }}{% endmacro %}",
	)
	f.Fuzz(func(t *testing.T, text string) {
		tmpl, err := syntax.Parse(&source.File{Path: "t.sql", Text: text}, syntax.Options{})
		if err != nil {
			return
		}
		o := Options{Globals: globals, Steps: 10_000}
		_, err = Render(context.Background(), tmpl, o)
		onlyError(t, err)
		o.Lenient = true
		_, err = RenderNative(context.Background(), tmpl, o)
		onlyError(t, err)
	})
}

func onlyError(t *testing.T, err error) {
	if err == nil {
		return
	}
	if e, ok := err.(*Error); !ok || e.Err == nil {
		t.Errorf("%T %v; want an *Error", err, err)
	}
}
