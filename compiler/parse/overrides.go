package parse

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// overrideSources applies the entries of sources that override what another package
// says: they are no sources themselves. What they set replaces what is there, and
// tables are found by their names.
func (p *parser) overrideSources() {
	var own, over []*entry
	for _, e := range p.props.bySection["sources"] {
		if e.str("overrides") != "" {
			over = append(over, e)
		} else {
			own = append(own, e)
		}
	}
	if len(over) == 0 {
		return
	}
	first := map[string]*entry{}
	var unused []string
	for _, e := range over {
		name := e.str("overrides") + "." + e.name
		if old := first[name]; old != nil {
			err := e.doc.Errorf(config.Child(e.node, "name"), "dbt found two schema.yml entries for the same source named %s in package %s. Sources may only be overridden a single time.", e.name, e.str("overrides"))
			err.Class, err.Hint = source.Compilation, fmt.Sprintf("the other one is in %s; keep one of them", old.file.Path)
			p.fail(err)
			continue
		}
		first[name] = e
		i := slices.IndexFunc(own, func(o *entry) bool { return o.pkg.Name == e.str("overrides") && o.name == e.name })
		if i < 0 {
			unused = append(unused, fmt.Sprintf("Source %s (in %s)", name, e.file.Path))
			continue
		}
		var missing []string
		own[i], missing = overridden(own[i], e)
		for _, t := range missing {
			unused = append(unused, fmt.Sprintf("Source table %s.%s (in %s)", name, t, e.file.Path))
		}
	}
	p.props.bySection["sources"] = own
	if len(unused) > 0 {
		w := over[0].doc.Errorf(keyNode(over[0].node, "overrides"), "During parsing, dbt encountered source overrides that had no target:\n  - %s\n", strings.Join(unused, "\n  - "))
		w.Class, w.Event = "", source.UnusedTables
		p.warn(w)
	}
}

// overridden gives a source as another entry changes it, and the names of that entry's
// tables that the source does not have.
func overridden(e, over *entry) (*entry, []string) {
	out := *e
	out.patch = over.pkg.Name + "://" + over.file.Path
	out.node, out.vals = replaced(e.node, e.vals, over.node, over.vals)
	tables, list := config.Child(e.node, "tables"), listOf(at(e.vals, "tables"))
	changes, changed := listOf(at(over.vals, "tables")), config.Child(over.node, "tables")
	if changed == nil || changed.Kind != yaml.SequenceNode {
		changes = nil
	}
	if tables == nil || tables.Kind != yaml.SequenceNode {
		tables = &yaml.Node{Kind: yaml.SequenceNode}
	}
	nodes := *tables
	nodes.Content = slices.Clone(tables.Content)
	vals := jinja.NewList(slices.Clone(list)...)
	var missing []string
	for i, change := range changes {
		c, _ := change.(*jinja.Dict)
		name := textOf(c, "name")
		j := slices.IndexFunc(list, func(v jinja.Value) bool { t, ok := v.(*jinja.Dict); return ok && textOf(t, "name") == name })
		if j < 0 || j >= len(nodes.Content) {
			missing = append(missing, name)
			continue
		}
		with := config.Deref(changed.Content[i])
		nodes.Content[j], vals.Items[j] = replaced(config.Deref(nodes.Content[j]), list[j].(*jinja.Dict), with, c)
	}
	setKey(out.node, "tables", &nodes)
	out.vals.SetStr("tables", vals)
	return &out, missing
}

// replaced gives a mapping with the values that another one has and that are not none,
// but for its name and its tables.
func replaced(n *yaml.Node, vals *jinja.Dict, with *yaml.Node, by *jinja.Dict) (*yaml.Node, *jinja.Dict) {
	node := &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}
	for _, p := range config.Pairs(n) {
		node.Content = append(node.Content, p.Key, p.Value)
	}
	out := vals.Copy()
	for _, p := range config.Pairs(with) {
		v, given := by.GetStr(p.Name)
		if !given || v == jinja.Value(jinja.None) || p.Name == "name" || p.Name == "tables" || p.Name == "overrides" {
			continue
		}
		setKey(node, p.Name, p.Value)
		out.SetStr(p.Name, v)
	}
	return node, out
}

func setKey(n *yaml.Node, name string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, value)
}
