package macros_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/adapters"
	"weft/adapters/adaptertest"
	"weft/adapters/bigquery"
	"weft/adapters/duckdb"
	"weft/adapters/postgres"
	"weft/adapters/snowflake"
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

// every is the warehouses that have macros.
var every = []*adapters.Dialect{&bigquery.Dialect, &duckdb.Dialect, &postgres.Dialect, &snowflake.Dialect}

func TestFilesParse(t *testing.T) {
	for _, d := range every {
		if n := len(load(t, d.Name)); n < 300 {
			t.Errorf("%s: %d macros", d.Name, n)
		}
	}
	if _, err := macros.Packages("oracle"); err == nil {
		t.Error("no error for a warehouse without macros")
	}
}

// functions are what macros call that are no macros.
var functions = []string{
	"diff_of_two_dicts", "load_agate_table", "load_result", "log", "namespace", "range", "ref", "render", "return", "source",
	"store_raw_result", "store_result", "submit_python_job", "tojson", "try_or_compiler_error", "write",
}

// A macro that calls or dispatches needs somewhere to go to.
func TestCallsArrive(t *testing.T) {
	for _, d := range every {
		dialect := d.Name
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
				if c.Package == "" && !c.Dispatch && !names[c.Name] && !slices.Contains(functions, c.Name) {
					t.Errorf("%s: %s calls %s, which there is not", mac.Path, mac.Name, c.Name)
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

// The cases were recorded with each warehouse's own adapter of dbt; Snowflake's and
// BigQuery's without a connection.
func TestCrossDatabase(t *testing.T) {
	text, err := os.ReadFile("../testdata/jinja/dialect/cross_db.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []crossCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	renders := map[string]func(string) (string, error){}
	for _, d := range every {
		var w adapters.Warehouse = &adaptertest.Fake{Answers: recorded}
		if d == &duckdb.Dialect {
			w = memory(t)
		}
		renders[d.Name] = renderer(t, d, w)
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			got, err := renders[c.Adapter]("{{ " + c.Call + " }}")
			switch {
			case c.WantError != nil:
				if err == nil || !strings.Contains(err.Error(), c.WantError.Contains) {
					t.Errorf("%s: %q, error %v; want error %q", c.Call, got, err, c.WantError.Contains)
				}
			case err != nil:
				t.Errorf("%s: %v", c.Call, err)
			case got != *c.Want:
				t.Errorf("%s:\n%q, want\n%q", c.Call, got, *c.Want)
			}
		})
	}
}

// recorded is what PostgreSQL answered to the cases that ask it something.
var recorded = []adaptertest.Answer{
	{Contains: "2020-06-01", Columns: []adapters.Column{{Name: "n"}}, Rows: [][]any{{adapters.Decimal("5.0")}}},
	{Contains: "2020-01-05", Columns: []adapters.Column{{Name: "n"}}, Rows: [][]any{{int64(4)}}},
	{Contains: "select 1 as a, 2 as b", Columns: []adapters.Column{{Name: "a", Type: "integer"}, {Name: "b", Type: "integer"}}},
	{Contains: "as dbt_snapshot_time", Columns: []adapters.Column{{Name: "dbt_snapshot_time", Type: "DATETIME"}}},
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

// profile is as much as any of the warehouses asks for; they do not mind the rest.
var profile = adapters.Config{
	"type": "", "database": "dev", "schema": "main", "account": "acme", "user": "alice", "password": "p", "host": "h",
	"port": int64(5432), "method": "oauth",
}

func target(t *testing.T, d *adapters.Dialect) *jinja.Dict {
	t.Helper()
	given := maps.Clone(profile)
	if d == &duckdb.Dialect {
		given["path"] = "dev.duckdb"
	}
	full, err := d.Profile(given)
	if err != nil {
		t.Fatal(err)
	}
	out := jinja.NewDict()
	for _, key := range append([]string{"type", "threads", "name", "target_name", "profile_name"}, d.TargetKeys...) {
		out.SetStr(key, jinja.FromGo(full[key]))
	}
	return out
}

func renderer(t *testing.T, d *adapters.Dialect, w adapters.Warehouse) func(string) (string, error) {
	t.Helper()
	all := load(t, d.Name)
	shared := &scope.Shared{
		Macros:   scope.NewMacros("mine", []string{"mine"}, d, all, nil),
		Dialect:  d,
		Project:  "mine",
		Quoting:  d.Quoted,
		Target:   target(t, d),
		Database: "dev",
		Schema:   "main",
		Base:     scope.NewBase(scope.BaseOptions{RunStartedAt: time.Unix(0, 0)}),
		Flags:    jinja.NewDict(),
		Cache:    scope.NewCache(),
		Log:      func(string, bool, *manifest.Node) {},
		Debug:    func(string) {},
		Print:    func(string) {},
		Warn:     func(*source.Error) error { return nil },
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
