package syntax

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"weft/compiler/source"
)

// recorded gives the templates of the conformance data.
func recorded(tb testing.TB) []string {
	text, err := os.ReadFile("../../../testdata/jinja/engine.json")
	if err != nil {
		tb.Fatal(err)
	}
	var cases []struct{ Template string }
	if err := json.Unmarshal(text, &cases); err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, c := range cases {
		out = append(out, c.Template)
	}
	for _, name := range []string{"macros_1.sql", "macros_2.sql", "macros_3.sql"} {
		text, err := os.ReadFile("../../../testdata/jinja/" + name)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

// roundTrip checks that what a template prints as parses, and prints as the same.
func roundTrip(t *testing.T, text string) {
	tmpl, err := Parse(&source.File{Path: "t.sql", Text: text}, Options{Blocks: []string{"snapshot"}})
	if err != nil {
		return
	}
	first := Print(tmpl)
	again, err := Parse(&source.File{Path: "t.sql", Text: first}, Options{Blocks: []string{"snapshot"}})
	if err != nil {
		t.Fatalf("%q prints as %q: %v", text, first, err)
	}
	if second := Print(again); second != first {
		t.Fatalf("%q prints as %q, and that as %q", text, first, second)
	}
	Calls(again)
}

func TestPrint(t *testing.T) {
	for _, text := range recorded(t) {
		roundTrip(t, text)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range recorded(f) {
		f.Add(text)
	}
	f.Fuzz(roundTrip)
}

// TestPlaces checks that trees and errors know their place in the whole file.
func TestPlaces(t *testing.T) {
	file := &source.File{Path: "m.sql", Text: "-- é\r\n{% macro a() %}\r\n  {{ x.y z }}{% endmacro %}"}
	start := source.Pos(strings.Index(file.Text, "{%"))
	_, err := Parse(file, Options{Start: start})
	if want := "m.sql:3:10: expected token 'end of print statement', got 'z'"; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}

// TestDeep checks that nothing makes the parser recurse without bound.
func TestDeep(t *testing.T) {
	for _, part := range []string{"(", "[", "{1:", "-", "not ", "a[", "f(", "x if ", "'a'~(", "a if b else "} {
		if _, err := Parse(&source.File{Text: "{{ " + strings.Repeat(part, 100_000)}, Options{}); err == nil {
			t.Errorf("%q: no error", part)
		}
	}
	for _, part := range []string{"{% if a %}", "{% for a in b %}", "{% macro m() %}", "{% set x %}", "{% call f() %}"} {
		if _, err := Parse(&source.File{Text: strings.Repeat(part, 100_000)}, Options{}); err == nil {
			t.Errorf("%q: no error", part)
		}
	}
	for _, part := range []string{"+1", "**2", ".a", "|f", " or 1", "(1)", " if 1", "[0]"} {
		if _, err := Parse(&source.File{Text: "{{ a" + strings.Repeat(part, 100_000) + " }}"}, Options{}); err == nil {
			t.Errorf("%q: no error", part)
		}
	}
}

func TestCalls(t *testing.T) {
	tmpl, err := Parse(&source.File{Text: `{{ foo(pkg.bar(1)) }}{% set own = 1 %}{{ own() }}{% call x.y() %}{{ z() }}{% endcall %}{{ adapter.dispatch('m', macro_namespace='p')(1) }}{{ a.b.c() }}`}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range Calls(tmpl) {
		s := c.Package + "." + c.Name
		if c.Dispatch {
			s = "dispatch " + s
		}
		got = append(got, s)
	}
	want := ".foo pkg.bar x.y .z dispatch p.m"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("calls %s; want %s", s, want)
	}
}

func BenchmarkParse(b *testing.B) {
	text, err := os.ReadFile("../../../testdata/jinja/bench/model.sql")
	if err != nil {
		b.Fatal(err)
	}
	f := &source.File{Path: "m.sql", Text: string(text)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(f, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
