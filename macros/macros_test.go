package macros_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"weft/adapters"
	"weft/adapters/adaptertest"
	"weft/adapters/duckdb"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
	"weft/macros"
)

var blocks = []string{"macro", "test", "materialization"}

// load parses the built-in macros for a dialect.
func load(t *testing.T, dialect string) []*manifest.Macro {
	t.Helper()
	packages, err := macros.Packages(dialect)
	if err != nil {
		t.Fatal(err)
	}
	var out []*manifest.Macro
	for _, p := range packages {
		seen := map[string]string{}
		for _, f := range p.Files {
			for _, mac := range parse(t, p.Name, f) {
				if other, ok := seen[mac.Name]; ok {
					t.Errorf("%s: %s is in %s too", f.Path, mac.Name, other)
				}
				seen[mac.Name] = f.Path
				out = append(out, mac)
			}
		}
	}
	return out
}

func parse(t *testing.T, pkg string, f macros.File) []*manifest.Macro {
	t.Helper()
	file := &source.File{Path: f.Path, Text: f.Text}
	found, warnings, err := syntax.Blocks(file, blocks, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Error(w)
	}
	if len(found) == 0 {
		t.Errorf("%s: no macros", f.Path)
	}
	var out []*manifest.Macro
	for _, b := range found {
		tree, err := syntax.Parse(file, syntax.Options{Blocks: blocks, Start: b.Start, End: b.End})
		if err != nil {
			t.Error(err)
			continue
		}
		name := b.Name
		switch def := tree.Macros[0]; def.Kind {
		case syntax.IsTest:
			name = "test_" + def.Tag
		case syntax.IsMaterialization:
			name = def.Name
		}
		value, err := jinja.NewMacro(tree, name, pkg)
		if err != nil {
			t.Error(err)
			continue
		}
		out = append(out, &manifest.Macro{
			ID: "macro." + pkg + "." + name, Name: name, Package: pkg, Path: f.Path, File: file, Template: tree, Value: value, BuiltIn: true,
		})
	}
	return out
}

func TestFilesParse(t *testing.T) {
	for _, dialect := range []string{"duckdb", "postgres"} {
		if n := len(load(t, dialect)); n < 300 {
			t.Errorf("%s: %d macros", dialect, n)
		}
	}
	if _, err := macros.Packages("oracle"); err == nil {
		t.Error("no error for a warehouse without macros")
	}
}

// A macro that dispatches needs somewhere to go to.
func TestDispatchesArrive(t *testing.T) {
	for _, dialect := range []string{"duckdb", "postgres"} {
		names := map[string]bool{}
		all := load(t, dialect)
		for _, mac := range all {
			names[mac.Name] = true
		}
		for _, mac := range all {
			for _, c := range syntax.Calls(mac.Template) {
				if c.Dispatch && !names["default__"+c.Name] && !names[dialect+"__"+c.Name] {
					t.Errorf("%s: %s dispatches %s, of which there is no default", mac.Path, mac.Name, c.Name)
				}
				if c.Package == "dbt" && !c.Dispatch && !names[c.Name] {
					t.Errorf("%s: %s calls dbt.%s, which there is not", mac.Path, mac.Name, c.Name)
				}
			}
		}
	}
}

// crossCase is a call and the text that dbt gave for it, every blank included.
type crossCase struct {
	ID, Adapter, Call string
	Want              *string
	WantError         *struct {
		Contains string `json:"message_contains"`
	} `json:"want_error"`
}

func TestCrossDatabase(t *testing.T) {
	text, err := os.ReadFile("testdata/cross_db.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []crossCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	renders := map[string]func(string) (string, error){
		"duckdb":   renderer(t, &duckdb.Dialect, memory(t)),
		"postgres": renderer(t, &postgres, &adaptertest.Fake{Answers: intervals}),
	}
	for _, c := range cases {
		render := renders[c.Adapter]
		if c.Adapter == "postgres" && needsServer(c.Call) {
			continue
		}
		got, err := render("{{ " + c.Call + " }}")
		switch {
		case c.WantError != nil:
			if err == nil || !strings.Contains(err.Error(), c.WantError.Contains) {
				t.Errorf("%s %s: %q, error %v; want error %q", c.ID, c.Call, got, err, c.WantError.Contains)
			}
		case err != nil:
			t.Errorf("%s %s: %v", c.ID, c.Call, err)
		case got != *c.Want:
			t.Errorf("%s %s:\n%q, want\n%q", c.ID, c.Call, got, *c.Want)
		}
	}
}

func needsServer(call string) bool {
	return strings.Contains(call, "get_columns_in_query") || strings.Contains(call, "get_snapshot_get_time_data_type")
}

// intervals answers what date_spine asks of Postgres in the recorded cases.
var intervals = []adaptertest.Answer{
	{Contains: "2020-06-01", Columns: []adapters.Column{{Name: "n"}}, Rows: [][]any{{adapters.Decimal("5.0")}}},
	{Contains: "2020-01-05", Columns: []adapters.Column{{Name: "n"}}, Rows: [][]any{{int64(4)}}},
}

func memory(t *testing.T) adapters.Warehouse {
	t.Helper()
	w, err := duckdb.Open(t.Context(), adapters.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// postgres is as much of a dialect as these macros look at.
var postgres = adapters.Dialect{
	Name: "postgres", Quote: [2]byte{'"', '"'}, MaxName: 63, Class: "Postgres", Quoted: [3]bool{true, true, true},
	StringTypes: []string{"text", "character varying", "character", "varchar"}, StringSize: 256,
}

func renderer(t *testing.T, d *adapters.Dialect, w adapters.Warehouse) func(string) (string, error) {
	t.Helper()
	all := load(t, d.Name)
	target := jinja.NewDict()
	target.SetStr("schema", jinja.Str("main"))
	target.SetStr("database", jinja.Str("dev"))
	shared := &scope.Shared{
		Macros:   scope.NewMacros("mine", []string{"mine"}, d, all, nil),
		Dialect:  d,
		Project:  "mine",
		Quoting:  d.Quoted,
		Target:   target,
		Database: "dev",
		Schema:   "main",
		Base:     scope.NewBase(scope.BaseOptions{RunStartedAt: time.Unix(0, 0)}),
		Flags:    jinja.NewDict(),
		Cache:    scope.NewCache(),
		Log:      func(string, bool, *manifest.Node) {},
		Debug:    func(string) {},
		Print:    func(string) {},
		Warn:     func(*source.Error) {},
	}
	return func(text string) (out string, err error) {
		conn := scope.NewConn(w, d, shared.Cache)
		defer func() { err = errors.Join(err, conn.Close(t.Context())) }()
		operation := shared.NewOperation(t.Context(), all[0], conn)
		tree, err := syntax.Parse(&source.File{Path: "call.sql", Text: text}, syntax.Options{})
		if err != nil {
			return "", err
		}
		result, err := operation.Render(tree)
		return result.Text, err
	}
}
