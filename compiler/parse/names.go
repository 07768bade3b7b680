package parse

import (
	"fmt"
	"slices"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// nameGenerators are the macros that make the parts of a relation's name, and the
// config keys that they are given.
var nameGenerators = [...]struct{ macro, key string }{
	{"generate_database_name", "database"}, {"generate_schema_name", "schema"}, {"generate_alias_name", "alias"},
}

// plainNames says whether nodes of a package get a part of their names from weft's own
// macros as they are: then these need not be called for each node, which is most of
// what a test costs (BenchmarkParse).
func (p *parser) plainNames(pkg string, part int) bool {
	if plain, known := p.plain[pkg]; known {
		return plain[part]
	}
	return p.plainName(pkg, nameGenerators[part].macro)
}

func (p *parser) plainName(pkg, macro string) bool {
	mac := p.shared.Macros.NameGenerator(pkg, macro)
	return mac != nil && mac.BuiltIn && p.plainDispatch(pkg, macro)
}

// plainDispatch says whether weft's own default is what adapter.dispatch() finds.
func (p *parser) plainDispatch(pkg, macro string) bool {
	chosen, _ := p.shared.Macros.Dispatch(pkg, macro, "dbt")
	return chosen != nil && chosen.BuiltIn && chosen.Name == "default__"+macro
}

// findPlain finds out once what plainNames says of each package.
func (p *parser) findPlain() {
	p.plain = map[string][len(nameGenerators)]bool{}
	for _, pkg := range p.m.Packages {
		var plain [len(nameGenerators)]bool
		for i, gen := range nameGenerators {
			plain[i] = p.plainName(pkg, gen.macro)
		}
		p.plain[pkg] = plain
	}
}

// generatedName is what the macros default__generate_…_name give.
func (p *parser) generatedName(n *manifest.Node, key string, custom jinja.Value) string {
	none := custom == jinja.Value(jinja.None)
	switch key {
	case "database":
		if none {
			return textOf(p.shared.Target, "database")
		}
		return custom.String()
	case "schema":
		schema := textOf(p.shared.Target, "schema")
		if none {
			return schema
		}
		return schema + "_" + strings.TrimSpace(custom.String())
	}
	switch {
	case custom.Truth():
		return strings.TrimSpace(custom.String())
	case n.Version != nil && n.Version.Truth():
		return n.Name + "_v" + strings.ReplaceAll(n.Version.String(), ".", "_")
	}
	return n.Name
}

// name gives the node its database, schema, alias and relation. Config keys among
// unset count as none.
func (p *parser) name(n *manifest.Node, unset ...string) error {
	into := [...]*string{&n.Database, &n.Schema, &n.Alias}
	for i, gen := range nameGenerators {
		custom := n.Config.Get(gen.key)
		if slices.Contains(unset, gen.key) {
			custom = jinja.None
		}
		if p.plainNames(n.Package, i) {
			*into[i] = strings.TrimSpace(p.generatedName(n, gen.key, custom))
			continue
		}
		mac := p.shared.Macros.NameGenerator(n.Package, gen.macro)
		if mac == nil {
			return &source.Error{Class: source.Compilation, Msg: "no macro named " + gen.macro}
		}
		ctx := p.shared.NewContext(p.ctx, scope.Names, nil, nil)
		v, err := ctx.Thread().Call(mac.Value, []jinja.Value{custom, scope.Node{Node: n}}, nil)
		if err != nil {
			for _, e := range source.All(err) {
				if e.Node == "" {
					e.Node = "macro " + mac.Name + " (" + mac.Path + ")"
				}
			}
			return err
		}
		text, ok := jinja.Text(v)
		if !ok && v != jinja.Value(jinja.None) && !jinja.IsUndefined(v) {
			return &source.Error{Class: source.Compilation, File: mac.File, Span: mac.Span,
				Msg: fmt.Sprintf("%s gave the %s %s, which is no text", mac.Name, gen.key, jinja.Repr(v))}
		}
		*into[i], n.Nameless[i] = strings.TrimSpace(text), !ok
	}
	if n.Kind == manifest.Snapshot {
		if db := n.Config.Text("target_database"); db != "" {
			n.Database, n.Nameless[0] = db, false
		}
		if schema := n.Config.Text("target_schema"); schema != "" {
			n.Schema, n.Nameless[1] = schema, false
		}
	}
	if n.HasRelation() && n.Kind != manifest.Function || n.StoresFailures(p.shared.StoreFailures) {
		n.Relation = p.shared.RelationOf(n).Render()
	}
	return nil
}
