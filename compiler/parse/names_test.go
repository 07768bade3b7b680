package parse

import (
	"strings"
	"testing"

	"weft/adapters"
	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/scope"
)

// The shortcut for names gives what the macros give.
func TestPlainNames(t *testing.T) {
	p := builtInParser(t)
	cases := []struct {
		key    string
		custom jinja.Value
	}{
		{"database", jinja.None}, {"database", jinja.Str("other")}, {"schema", jinja.None}, {"schema", jinja.Str("  stg ")},
		{"schema", jinja.Str("")}, {"alias", jinja.None}, {"alias", jinja.Str("")}, {"alias", jinja.Str(" a ")}, {"schema", jinja.Int(3)},
	}
	empty, err := config.Merge(config.Models)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []jinja.Value{nil, jinja.Int(2), jinja.Str("1.5"), jinja.Int(0)} {
		n := &manifest.Node{Kind: manifest.Model, Name: "orders", Package: "shop", Version: version, Config: empty}
		for i, gen := range nameGenerators {
			if !p.plainNames("shop", i) {
				t.Fatalf("%s is not weft's own", gen.macro)
			}
			for _, c := range cases {
				if c.key != gen.key {
					continue
				}
				mac := p.shared.Macros.NameGenerator("shop", gen.macro)
				ctx := p.shared.NewContext(t.Context(), scope.Names, nil, nil)
				v, err := ctx.Thread().Call(mac.Value, []jinja.Value{c.custom, scope.Node{Node: n}}, nil)
				if err != nil {
					t.Fatal(err)
				}
				want, _ := jinja.Text(v)
				if got := p.generatedName(n, c.key, c.custom); strings.TrimSpace(got) != strings.TrimSpace(want) {
					t.Errorf("%s of %v, version %v: %q, but the macro gives %q", c.key, c.custom, version, got, want)
				}
			}
		}
	}
}

// builtInParser is a parser of an empty project that knows weft's own macros.
func builtInParser(t *testing.T) *parser {
	t.Helper()
	d := &adapters.Dialect{Name: "duckdb", Quote: [2]byte{'"', '"'}}
	target := jinja.NewDict()
	target.SetStr("database", jinja.Str("dev"))
	target.SetStr("schema", jinja.Str("main"))
	root := &project.Package{Name: "shop", Settings: &project.Settings{}}
	p := &parser{
		ctx: t.Context(), o: Options{Workers: 1}, project: &project.Project{Root: root, Packages: []*project.Package{root}},
		shared: &scope.Shared{Dialect: d, Project: "shop", Target: target, Base: scope.NewBase(scope.BaseOptions{}), Cache: scope.NewCache()},
		m:      &manifest.Manifest{Project: "shop", AdapterType: "duckdb", Dialect: d, Packages: []string{"shop"}},
	}
	p.loadMacros()
	if err := p.problems.ErrorOrNil(); err != nil {
		t.Fatal(err)
	}
	return p
}
