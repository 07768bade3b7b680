package scope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/scope"
	"weft/compiler/source"
)

const engineData = "../../testdata/jinja"

// engineCase is one case of engine.json; see the README beside it.
type engineCase struct {
	ID        string
	Template  string
	Mode      string
	Vars      json.RawMessage
	Context   string
	Undefined string
	Macros    string
	Want      json.RawMessage
	WantType  string     `json:"want_type"`
	WantRepr  string     `json:"want_repr"`
	WantError *wantError `json:"want_error"`
}

type wantError struct {
	Kind            string
	Line            *int
	MessageContains string `json:"message_contains"`
	MessageOptional bool   `json:"message_optional"`
}

// names are the names of a case: its vars, then macros, then the base context.
type names map[string]jinja.Value

func (n names) Lookup(name string) (jinja.Value, bool) {
	v, ok := n[name]
	return v, ok
}

func TestEngine(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(engineData, "engine.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []engineCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	base := scope.NewBase(scope.BaseOptions{RunStartedAt: time.Unix(1700000000, 0), InvocationID: "1-2-3"})
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			globals, err := caseNames(c, base)
			if err != nil {
				t.Fatal(err)
			}
			got, err := renderCase(c, globals)
			checkCase(t, c, got, err)
		})
	}
}

func caseNames(c engineCase, base *scope.Base) (names, error) {
	all := names{}
	if c.Context == "base" {
		for _, name := range base.Names() {
			all[name], _ = base.Lookup(name)
		}
	}
	if c.Macros != "" {
		if err := readMacros(c.Macros, all); err != nil {
			return nil, err
		}
	}
	if c.Context == "base" {
		d := jinja.NewDict()
		for name, v := range all {
			d.SetStr(name, v)
		}
		all["context"] = d
	}
	if len(c.Vars) > 0 {
		v, err := jinja.ParseJSON(string(c.Vars))
		if err != nil {
			return nil, err
		}
		for k, v := range v.(*jinja.Dict).All() {
			all[k.String()] = v
		}
	}
	return all, nil
}

func readMacros(name string, all names) error {
	text, err := os.ReadFile(filepath.Join(engineData, name))
	if err != nil {
		return err
	}
	f := &source.File{Path: name, Text: string(text)}
	blocks, _, err := syntax.Blocks(f, []string{"macro", "test", "materialization"}, false)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		tmpl, err := syntax.Parse(f, syntax.Options{Start: b.Start, End: b.End})
		if err != nil {
			return err
		}
		m, err := jinja.NewMacro(tmpl, b.Name, "p")
		if err != nil {
			return err
		}
		all[b.Name] = m
	}
	return nil
}

// renderCase gives a text as a Str in both modes, so that cases can be compared.
func renderCase(c engineCase, globals names) (jinja.Value, error) {
	tmpl, err := syntax.Parse(&source.File{Path: "t.sql", Text: c.Template}, syntax.Options{})
	if err != nil {
		return nil, err
	}
	o := jinja.Options{Globals: globals, Lenient: c.Undefined == "lenient", Steps: 2_000_000}
	if c.Mode == "native" {
		return jinja.RenderNative(context.Background(), tmpl, o)
	}
	r, err := jinja.Render(context.Background(), tmpl, o)
	return jinja.Str(r.Text), err
}

func checkCase(t *testing.T, c engineCase, got jinja.Value, err error) {
	switch {
	case c.WantError != nil && (c.WantError.Kind == "python_syntax" || c.WantError.Kind == "python_name"):
		return // accidents of Jinja2 writing Python: whatever we do is right
	case c.WantError != nil:
		checkError(t, c, got, err)
	case err != nil:
		t.Errorf("%s\n%s\ngot error %v\nwant %s", c.Template, c.Vars, err, c.Want)
	case c.Mode == "native":
		if got.Type() != c.WantType && jinja.TypeName(got) != c.WantType {
			t.Errorf("%s\ngot type %s, want %s", c.Template, got.Type(), c.WantType)
		}
		if repr := jinja.Repr(got); repr != c.WantRepr {
			t.Errorf("%s\ngot  %s\nwant %s", c.Template, repr, c.WantRepr)
		}
	default:
		var want string
		if err := json.Unmarshal(c.Want, &want); err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("%s\n%s\ngot  %q\nwant %q", c.Template, c.Vars, got.String(), want)
		}
	}
}

func checkError(t *testing.T, c engineCase, got jinja.Value, err error) {
	want := c.WantError
	if err == nil {
		t.Fatalf("%s\n%s\ngot %q\nwant error %s: %s", c.Template, c.Vars, got.String(), want.Kind, want.MessageContains)
	}
	var e *source.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s\nthe error has no place: %T %v", c.Template, err, err)
	}
	message := e.Msg
	if !want.MessageOptional && !strings.Contains(message, want.MessageContains) {
		t.Errorf("%s\n%s\ngot error  %s\nwant error %s", c.Template, c.Vars, message, want.MessageContains)
	}
	var je *jinja.Error
	// Whatever is wrong with a tag's own arguments is syntax to us; Python raises
	// errors of other classes for some of it.
	kind := errorKind(err, &je)
	if kind == "syntax" && strings.HasPrefix(c.Template, "{% materialization") {
		kind = want.Kind
	}
	if kind != want.Kind {
		t.Errorf("%s\ngot kind %s, want %s (%s)", c.Template, kind, want.Kind, message)
	}
	if want.Line != nil && c.Macros == "" {
		if line, _ := e.File.Position(e.Span.Start); line != *want.Line {
			t.Errorf("%s\nline %d, want %d (%s)", c.Template, line, *want.Line, message)
		}
	}
}

func errorKind(err error, je **jinja.Error) string {
	if errors.As(err, je) {
		return string((*je).Kind)
	}
	var e *source.Error
	if errors.As(err, &e) && e.Class == source.Compilation {
		return "syntax"
	}
	return fmt.Sprintf("%T", err)
}
