package parse

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

var sourceKeys = []string{"name", "description", "database", "schema", "loader", "quoting", "freshness", "loaded_at_field",
	"loaded_at_query", "tags", "meta", "config", "tables", "overrides", "project", "dataset"}

// loadSources makes a node of each table of each source.
func (p *parser) loadSources() {
	p.overrideSources()
	for _, e := range p.props.bySection["sources"] {
		for _, pair := range config.Pairs(e.node) {
			if !slices.Contains(sourceKeys, pair.Name) {
				err := e.doc.Errorf(pair.Key, "Invalid sources config given in %s: Additional properties are not allowed ('%s' was unexpected)", e.file.Path, pair.Name)
				if near := source.Nearest(pair.Name, sourceKeys); near != "" {
					err.Hint = fmt.Sprintf("did you mean %q?", near)
				}
				p.fail(err)
			}
		}
		p.eachTable(e, func(n *yaml.Node, vals *jinja.Dict) {
			if node := p.sourceNode(e, n, vals); node != nil {
				p.m.Nodes = append(p.m.Nodes, node)
			}
		})
	}
}

func (p *parser) eachTable(e *entry, fn func(*yaml.Node, *jinja.Dict)) {
	tables := config.Child(e.node, "tables")
	if config.IsNull(tables) {
		return
	}
	if tables.Kind != yaml.SequenceNode {
		p.fail(e.doc.Errorf(tables, "tables must be a list"))
		return
	}
	v, _ := e.vals.GetStr("tables")
	for i, item := range listOf(v) {
		n := config.Deref(tables.Content[i])
		d, ok := item.(*jinja.Dict)
		if !ok || textOf(d, "name") == "" {
			p.fail(e.doc.Errorf(n, "a source table is a mapping with a name"))
			continue
		}
		fn(n, d)
	}
}

// first gives the first of several values that is set and not none.
func first(vals ...jinja.Value) jinja.Value {
	for _, v := range vals {
		if v != nil && v != jinja.Value(jinja.None) {
			return v
		}
	}
	return jinja.None
}

func at(d *jinja.Dict, key string) jinja.Value {
	v, _ := d.GetStr(key)
	return v
}

func (p *parser) sourceNode(e *entry, tn *yaml.Node, t *jinja.Dict) *manifest.Node {
	s := e.vals
	name := textOf(t, "name")
	sCfg, tCfg := dictOf(s, "config"), dictOf(t, "config")
	fqn := slices.Concat([]string{e.pkg.Name}, dirs(e.file.Rel), []string{e.name, name})
	n := &manifest.Node{
		ID:   fmt.Sprintf("source.%s.%s.%s", e.pkg.Name, e.name, name),
		Kind: manifest.Source, Name: name, Package: e.pkg.Name,
		Path: e.file.Path, OriginalPath: e.file.Path, FQN: fqn,
		Description: textOf(t, "description"), PatchPath: e.patch,
		File: e.doc.File, Span: e.doc.Span(config.Child(tn, "name")),
		CreatedAt: p.now,
	}
	meta, sourceMeta := jinja.NewDict(), jinja.NewDict()
	for i, d := range []*jinja.Dict{dictOf(s, "meta"), dictOf(sCfg, "meta"), dictOf(t, "meta"), dictOf(tCfg, "meta")} {
		for k, v := range d.All() {
			meta.Set(k, v)
			if i < 2 {
				sourceMeta.Set(k, v)
			}
		}
	}
	var tags []string
	for _, v := range []jinja.Value{at(s, "tags"), at(sCfg, "tags"), at(t, "tags"), at(tCfg, "tags")} {
		for _, tag := range listOf(v) {
			if text := tag.String(); !slices.Contains(tags, text) {
				tags = append(tags, text)
			}
		}
	}
	slices.Sort(tags)
	field, query := loadedAt(s, sCfg, t, tCfg)
	freshness := p.freshness(s, sCfg, t, tCfg)
	n.Source = &manifest.SourcePart{
		SourceName: e.name, SourceDescription: e.str("description"), Loader: e.str("loader"),
		Identifier:    first(at(t, "identifier"), jinja.Str(name)).String(),
		LoadedAtField: field, LoadedAtQuery: query,
		Freshness: freshness, External: externalTable(at(t, "external")), SourceMeta: sourceMeta,
		UnrenderedDB: p.written(e, "database"), UnrenderedSchema: p.written(e, "schema"),
	}
	n.Database = first(at(s, "database"), at(s, "project"), jinja.Str(p.shared.Database)).String()
	n.Schema = first(at(s, "schema"), at(s, "dataset"), jinja.Str(e.name)).String()
	q := jinja.NewDict()
	for _, key := range []string{"database", "schema", "identifier", "column"} {
		q.SetStr(key, first(at(dictOf(t, "quoting"), key), at(dictOf(s, "quoting"), key)))
	}
	n.Source.Quoting = q

	var in config.Layer
	add := func(key string, v jinja.Value) {
		in = append(in, config.Entry{Key: key, Value: v, File: e.doc.File, Span: e.doc.Span(tn)})
	}
	for _, d := range []*jinja.Dict{sCfg, tCfg} {
		for k, v := range d.All() {
			switch k.String() {
			case "meta", "tags", "freshness", "loaded_at_field", "loaded_at_query":
			default:
				add(k.String(), v)
			}
		}
	}
	add("meta", meta)
	tagList := jinja.NewList()
	for _, t := range tags {
		tagList.Append(jinja.Str(t))
	}
	add("tags", tagList)
	add("loaded_at_field", n.Source.LoadedAtField)
	add("loaded_at_query", n.Source.LoadedAtQuery)
	if freshness != jinja.Value(nil) {
		add("freshness", freshness)
	}
	own, root := p.layersOf(e.pkg, "sources", fqn)
	// Tags of a source replace those of the project file.
	layers := append(append(slices.Clip(own), in), root...)
	c, err := config.Merge(config.Sources, layers...)
	if err != nil {
		p.fail(inNode(err, n))
		return nil
	}
	n.Config = c
	if f := c.Get("freshness"); f != jinja.Value(jinja.None) {
		n.Source.Freshness = f
	}
	for _, tag := range c.List("tags") {
		if s := tag.String(); !slices.Contains(n.Tags, s) {
			n.Tags = append(n.Tags, s)
		}
	}
	n.Columns = p.columns(e.doc, tn, t)
	un := jinja.NewDict()
	e.pkg.Settings.Sections["sources"].Raw(fqn, un)
	for _, item := range in {
		if item.Key != "freshness" || p.freshnessGiven(s, sCfg, t, tCfg) {
			un.SetStr(item.Key, item.Value)
		}
	}
	n.Unrendered = un
	n.Relation = p.shared.RelationOf(n).Render()
	p.metadataFreshness(n)
	return n
}

// externalTable gives what is said of an external table with all keys that dbt knows.
func externalTable(v jinja.Value) jinja.Value {
	given, ok := v.(*jinja.Dict)
	if !ok {
		return first(v)
	}
	out := jinja.NewDict()
	for _, key := range []string{"location", "file_format", "row_format", "tbl_properties", "partitions"} {
		out.SetStr(key, jinja.None)
	}
	for k, val := range given.All() {
		out.Set(k, val)
	}
	return out
}

// metadataFreshness warns of a table whose age should be looked at and that says
// nothing of when it was loaded, where the warehouse does not know either.
func (p *parser) metadataFreshness(n *manifest.Node) {
	s := n.Source
	limits, ok := s.Freshness.(*jinja.Dict)
	if !ok || p.m.Dialect.MetadataFreshness || s.LoadedAtField.Truth() || s.LoadedAtQuery.Truth() {
		return
	}
	for _, half := range []string{"warn_after", "error_after"} {
		if !at(dictOf(limits, half), "count").Truth() {
			continue
		}
		e := nodeError(n, "", "The configured adapter does not support metadata-based freshness. A loaded_at_field must be specified for source '%s.%s'.", s.SourceName, n.Name)
		e.Span, e.Event = n.Span, source.FreshnessConfigProblem
		p.warn(e)
		return
	}
}

// written gives a value of the entry as the file has it, or none.
func (p *parser) written(e *entry, key string) jinja.Value {
	n := config.Child(e.node, key)
	if n == nil {
		return jinja.None
	}
	v, err := config.FromYAML(n)
	if err != nil {
		return jinja.None
	}
	return v
}

// loadedAt gives the field and the query that say when data of a table was loaded. A
// query of the table may stand beside the field of the source, and wins when both are
// there; a field of the table puts the source's query out of force, and a null beside
// config (not in it) does so with both.
func loadedAt(s, sCfg, t, tCfg *jinja.Dict) (field, query jinja.Value) {
	const f, q = "loaded_at_field", "loaded_at_query"
	field = first(at(t, f), at(tCfg, f))
	query = first(at(t, q), at(tCfg, q))
	if v, given := t.GetStr(f); given && v == jinja.Value(jinja.None) || field != jinja.Value(jinja.None) {
		return field, query
	}
	return first(at(s, f), at(sCfg, f)), first(query, at(s, q), at(sCfg, q))
}

// freshness folds the thresholds of a source and its table: a null switches it
// off, and a table's halves replace the source's. The result is none where it is
// switched off and the empty threshold where nothing is set.
func (p *parser) freshness(s, sCfg, t, tCfg *jinja.Dict) jinja.Value {
	var out jinja.Value = config.EmptyFreshness()
	for _, d := range []*jinja.Dict{s, sCfg, t, tCfg} {
		v, given := d.GetStr("freshness")
		if !given {
			continue
		}
		over, ok := v.(*jinja.Dict)
		if !ok {
			out = jinja.None
			continue
		}
		base, ok := out.(*jinja.Dict)
		if !ok {
			base = config.EmptyFreshness()
		}
		base = base.Copy()
		for k, half := range over.All() {
			h, isDict := half.(*jinja.Dict)
			old, _ := base.Get(k)
			if o, both := old.(*jinja.Dict); isDict && both {
				m := o.Copy()
				for hk, hv := range h.All() {
					m.Set(hk, hv)
				}
				base.Set(k, m)
				continue
			}
			base.Set(k, half)
		}
		out = base
	}
	return out
}

// freshnessGiven says whether any level says something about freshness.
func (p *parser) freshnessGiven(levels ...*jinja.Dict) bool {
	return slices.ContainsFunc(levels, func(d *jinja.Dict) bool { _, ok := d.GetStr("freshness"); return ok })
}

// testedSources gives the tables of a source as things that tests are about.
func (p *parser) testedSources(e *entry) []*tested {
	var out []*tested
	quote := false
	if v, ok := dictOf(e.vals, "quoting").GetStr("column"); ok {
		quote = v.Truth()
	}
	p.eachTable(e, func(n *yaml.Node, t *jinja.Dict) {
		name := textOf(t, "name")
		on := &tested{
			e: e, node: n, vals: t, key: "sources." + e.name, target: e.name + "_" + name,
			model:  fmt.Sprintf("{{ get_where_subquery(source('%s', '%s')) }}", e.name, name),
			source: [2]string{e.name, name}, quote: quote,
		}
		if v, ok := dictOf(t, "quoting").GetStr("column"); ok {
			on.quote = v.Truth()
		}
		for _, v := range []jinja.Value{at(e.vals, "tags"), at(t, "tags")} {
			for _, tag := range listOf(v) {
				on.tags = append(on.tags, tag.String())
			}
		}
		out = append(out, on)
	})
	return out
}
