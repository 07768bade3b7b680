package parse

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// checkEntry looks at what several keys of an entry say together, which the tables of
// keys do not know.
func (p *parser) checkEntry(e *entry) {
	switch e.section {
	case "models", "seeds", "snapshots", "analyses":
		p.onceOnly(e)
		p.constraintTypes(e)
	case "sources":
		p.loadedAt(e)
	}
	if e.section == "snapshots" {
		p.snapshotRelation(e)
	}
}

// onceOnly refuses keys that stand beside config and in it too.
func (p *parser) onceOnly(e *entry) {
	cfg := dictOf(e.vals, "config")
	for _, key := range legacyConfig {
		_, inside := cfg.GetStr(key)
		if _, beside := e.vals.GetStr(key); !inside || !beside {
			continue
		}
		err := e.doc.Errorf(keyNode(e.node, key), "In %s: found %s dictionary in 'config' dictionary and as top-level key.", e.file.Path, key)
		err.Hint = "keep the one under config"
		p.fail(err)
	}
}

// keyNode is the node of a key itself, for messages about it.
func keyNode(n *yaml.Node, key string) *yaml.Node {
	for _, p := range config.Pairs(n) {
		if p.Name == key {
			return p.Key
		}
	}
	return n
}

// constraintTypes checks the types of the constraints of an entry, of its columns and
// of its versions.
func (p *parser) constraintTypes(e *entry) {
	p.constraintsOf(e, e.node, e.vals, e.section[:len(e.section)-1]+" "+e.name)
	for _, part := range []struct{ list, name, word string }{{"columns", "name", "column "}, {"versions", "v", "version "}} {
		nodes := config.Child(e.node, part.list)
		if nodes == nil || nodes.Kind != yaml.SequenceNode {
			continue
		}
		for i, item := range listOf(at(e.vals, part.list)) {
			if d, ok := item.(*jinja.Dict); ok && i < len(nodes.Content) {
				p.constraintsOf(e, config.Deref(nodes.Content[i]), d, part.word+textOf(d, part.name))
			}
		}
	}
}

func (p *parser) constraintsOf(e *entry, n *yaml.Node, vals *jinja.Dict, on string) {
	nodes := config.Child(n, "constraints")
	if nodes == nil || nodes.Kind != yaml.SequenceNode {
		return
	}
	for i, item := range listOf(at(vals, "constraints")) {
		d, ok := item.(*jinja.Dict)
		if !ok || i >= len(nodes.Content) {
			continue
		}
		kind, given := d.GetStr("type")
		text, isText := kind.(jinja.Str)
		if !given || isText && slices.Contains(constraintTypes, string(text)) {
			continue
		}
		where := config.Child(nodes.Content[i], "type")
		err := e.doc.Errorf(where, "Invalid constraint type on %s: %s is none of %s", on, jinja.Repr(kind), strings.Join(constraintTypes, ", "))
		if near := source.Nearest(string(text), slices.Clone(constraintTypes)); near != "" {
			err.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		p.fail(err)
	}
}

// loadedAt refuses a source or table that says in two ways when it was loaded.
func (p *parser) loadedAt(e *entry) {
	p.loadedOnce(e, e.node, e.vals, "source")
	nodes := config.Child(e.node, "tables")
	for i, item := range listOf(at(e.vals, "tables")) {
		if d, ok := item.(*jinja.Dict); ok && nodes.Kind == yaml.SequenceNode && i < len(nodes.Content) {
			p.loadedOnce(e, config.Deref(nodes.Content[i]), d, "table")
		}
	}
}

func (p *parser) loadedOnce(e *entry, n *yaml.Node, vals *jinja.Dict, level string) {
	cfg := dictOf(vals, "config")
	query := first(at(vals, "loaded_at_query"), at(cfg, "loaded_at_query"))
	_, cleared := vals.GetStr("loaded_at_field") // by a null, which counts for a table
	if !query.Truth() || !first(at(vals, "loaded_at_field"), at(cfg, "loaded_at_field")).Truth() && !(cleared && level == "table") {
		return
	}
	where := n
	for _, holder := range []*yaml.Node{config.Child(n, "config"), n} {
		if config.Child(holder, "loaded_at_query") != nil {
			where = keyNode(holder, "loaded_at_query")
		}
	}
	p.fail(e.doc.Errorf(where, "Cannot specify both loaded_at_field and loaded_at_query at %s level.", level))
}

// snapshotRelation checks that a snapshot is of something that can be referred to.
func (p *parser) snapshotRelation(e *entry) {
	rel := strings.TrimSpace(e.str("relation"))
	if rel == "" || scope.IsRefText(rel) {
		return
	}
	err := e.doc.Errorf(config.Child(e.node, "relation"), "Invalid jinja expression: %s", rel)
	err.Hint = "write ref('model') or source('source', 'table')"
	p.fail(err)
}
