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
	p.namesMu.Lock()
	defer p.namesMu.Unlock()
	plain, known := p.plain[pkg]
	if !known {
		for i, gen := range nameGenerators {
			mac := p.shared.Macros.NameGenerator(pkg, gen.macro)
			chosen, _ := p.shared.Macros.Dispatch(pkg, gen.macro, "dbt")
			plain[i] = mac != nil && mac.BuiltIn && chosen != nil && chosen.BuiltIn && chosen.Name == "default__"+gen.macro
		}
		if p.plain == nil {
			p.plain = map[string][len(nameGenerators)]bool{}
		}
		p.plain[pkg] = plain
	}
	return plain[part]
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
