package jinja

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// engineCase is a case of testdata/jinja/engine.json; see the README there.
type engineCase struct {
	ID        string
	Template  string
	Mode      string
	Vars      json.RawMessage
	Context   string
	Undefined string
	Macros    string
	Want      json.RawMessage
	WantType  string `json:"want_type"`
	WantRepr  string `json:"want_repr"`
	WantError *struct {
		Kind     string
		Line     *int
		Contains string `json:"message_contains"`
		Optional bool   `json:"message_optional"`
	} `json:"want_error"`
}

func engineCases(tb testing.TB) []engineCase {
	text, err := os.ReadFile("../../testdata/jinja/engine.json")
	if err != nil {
		tb.Fatal(err)
	}
	var cases []engineCase
	if err := json.Unmarshal(text, &cases); err != nil {
		tb.Fatal(err)
	}
	return cases
}

// dictGlobals are the names of a test.
type dictGlobals struct{ d *Dict }

func (g dictGlobals) Lookup(name string) (Value, bool) { return g.d.GetStr(name) }

func (g dictGlobals) Names() []string {
	var out []string
	for _, k := range g.d.Keys() {
		out = append(out, k.String())
	}
	return out
}

// TestEngine runs the recorded cases that need none of dbt's context.
func TestEngine(t *testing.T) {
	for _, c := range engineCases(t) {
		if c.Context == "" || strings.HasPrefix(c.ID, "macro.project") {
			t.Run(c.ID, c.run)
		}
	}
}

// addMacros adds the macros of a file, and what they need of dbt's context.
func addMacros(t testing.TB, d *Dict, name string) {
	text, err := os.ReadFile("../../testdata/jinja/" + name)
	if err != nil {
		t.Fatal(err)
	}
	f := &source.File{Path: name, Text: string(text)}
	blocks, _, err := syntax.Blocks(f, []string{"macro"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		tmpl, err := syntax.Parse(f, syntax.Options{Start: b.Start, End: b.End})
		if err != nil {
			t.Fatal(err)
		}
		m, err := NewMacro(tmpl, b.Name, "pkg")
		if err != nil {
			t.Fatal(err)
		}
		d.SetStr(b.Name, m)
	}
	d.SetStr("return", NewFunc("BaseContext._return(data)", func(c *Call) (Value, error) { return nil, Return(c.Args[0]) }))
	d.SetStr("context", d)
}

func (c engineCase) run(t *testing.T) {
	vars := NewDict()
	if len(c.Vars) > 0 {
		v, err := ParseJSON(string(c.Vars))
		if err != nil {
			t.Fatal(err)
		}
		vars = v.(*Dict)
	}
	if c.Macros != "" {
		addMacros(t, vars, c.Macros)
	}
	tmpl, err := syntax.Parse(&source.File{Path: "t.sql", Text: c.Template}, syntax.Options{})
	kind := SyntaxError
	var got Value
	if err == nil {
		o := Options{Globals: dictGlobals{vars}, Lenient: c.Undefined == "lenient"}
		if c.Mode == "native" {
			got, err = RenderNative(context.Background(), tmpl, o)
		} else {
			var r Result
			r, err = Render(context.Background(), tmpl, o)
			got = Str(r.Text)
			checkMarks(t, r)
		}
		var e *Error
		if errors.As(err, &e) {
			kind = e.Kind
		}
	}
	if c.WantError != nil {
		c.checkError(t, got, err, kind)
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", c.Template, err)
	}
	c.checkValue(t, got)
}

func (c engineCase) checkValue(t *testing.T, got Value) {
	if c.WantRepr != "" {
		if TypeName(got) != c.WantType || Repr(got) != c.WantRepr {
			t.Errorf("%q\n got %s %s\nwant %s %s", c.Template, got.Type(), Repr(got), c.WantType, c.WantRepr)
		}
		return
	}
	var want string
	if err := json.Unmarshal(c.Want, &want); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("%q\n got %q\nwant %q", c.Template, got.String(), want)
	}
}

// anyKind are the kinds of which only the failing counts: accidents of how Jinja2
// is made, or errors of dbt's tags, which here are errors of syntax.
var anyKind = map[string]bool{
	"python_syntax": true, "python_name": true, "materialization_argument": true, "attribute": true,
}

func (c engineCase) checkError(t *testing.T, got Value, err error, kind Kind) {
	want := c.WantError
	if want.Kind == "python_syntax" || want.Kind == "python_name" {
		return
	}
	if err == nil {
		t.Fatalf("%q\n got %q\nwant the error %s %s", c.Template, got.String(), want.Kind, want.Contains)
	}
	if string(kind) != want.Kind && !anyKind[want.Kind] {
		t.Errorf("%q: %s error %v; want %s", c.Template, kind, err, want.Kind)
	}
	problem := source.All(err)[0]
	if !want.Optional && want.Kind != "attribute" && !strings.Contains(problem.Msg, want.Contains) {
		t.Errorf("%q\n got %s\nwant %s", c.Template, problem.Msg, want.Contains)
	}
	if want.Line != nil {
		line, _ := problem.File.Position(problem.Span.Start)
		if c.Macros != "" {
			return // there the lines count from the start of the macro
		}
		if line != *want.Line {
			t.Errorf("%q: %s in line %d; want %d", c.Template, problem.Msg, line, *want.Line)
		}
	}
}

// checkMarks checks that marks are in order and inside the output.
func checkMarks(t *testing.T, r Result) {
	last := 0
	for _, m := range r.Marks {
		if m.Out < last || m.Out > len(r.Text) {
			t.Errorf("mark at %d after one at %d, of %d bytes", m.Out, last, len(r.Text))
		}
		last = m.Out
	}
}
