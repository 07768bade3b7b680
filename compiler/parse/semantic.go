package parse

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// semanticEntry is a metric, semantic model or saved query with where it was written.
type semanticEntry struct {
	e *entry
	n *manifest.Node
}

// SemanticModels is the keys of an entry of semantic_models.
var SemanticModels = &config.Schema{Name: "semantic_models", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Hidden: true, Doc: "name of the semantic model, unique in the project"},
	{Name: "model", Shape: config.SomeText, Required: true, Doc: "the model that has the rows, as ref(…)"},
	{Name: "node_relation", Made: true},
	{Name: "description", Shape: config.SomeText, Hidden: true, Doc: "what the rows are"},
	{Name: "label", Shape: config.SomeText, Doc: "name for people"},
	{Name: "defaults", Shape: config.KeysOf(semanticDefaults), Doc: "what measures have that say nothing else"},
	{Name: "entities", Shape: config.ListOf(config.KeysOf(semanticEntity)), Default: jinja.NewList(), Doc: "keys by which rows are joined"},
	{Name: "measures", Shape: config.ListOf(config.KeysOf(semanticMeasure)), Default: jinja.NewList(), Doc: "what can be aggregated"},
	{Name: "dimensions", Shape: config.ListOf(config.KeysOf(semanticDimension)), Default: jinja.NewList(), Doc: "what rows can be grouped and filtered by"},
	{Name: "metadata", Made: true},
	{Name: "primary_entity", Shape: config.SomeText, Doc: "name of the primary key, where no entity is one"},
	{Name: "config", Shape: config.Mapping, Hidden: true, Doc: "config of the semantic model: enabled, group, meta"},
}}

var semanticDefaults = &config.Schema{Name: "defaults", Keys: []config.Key{
	{Name: "agg_time_dimension", Shape: config.SomeText, Doc: "the time that measures are aggregated by"},
}}

// sqlExpr is SQL, which may look like a number.
var sqlExpr = config.Shape{Scalars: config.TextValue | config.IntValue | config.FlagValue, Read: func(v jinja.Value) (jinja.Value, string) {
	return jinja.Str(v.String()), ""
}}

// elementConfig is the config of an entity, dimension or measure.
var elementConfig = &config.Schema{Name: "config", Keys: []config.Key{
	{Name: "meta", Shape: config.Mapping, Default: jinja.NewDict(), Doc: "anything the project wants to keep"},
}}

var semanticEntity = &config.Schema{Name: "an entity", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the entity, the same in all semantic models that are joined"},
	{Name: "type", Shape: config.Shape{OneOf: []string{"foreign", "natural", "primary", "unique"}, AnyCase: true}, Required: true, Doc: "how often a value comes"},
	{Name: "description", Shape: config.SomeText, Doc: "what the entity is"},
	{Name: "label", Shape: config.SomeText, Doc: "name for people"},
	{Name: "role", Shape: config.SomeText, Doc: "the part that the entity plays in the join"},
	{Name: "expr", Shape: config.SomeText, Doc: "column or expression, where it is not the name"},
	{Name: "config", Shape: config.KeysOf(elementConfig), Default: elementConfig.Fill(jinja.None), Doc: "config of the entity: meta"},
}}

var semanticMeasure = &config.Schema{Name: "a measure", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the measure, unique in the project"},
	{Name: "agg", Shape: config.Shape{OneOf: []string{"sum", "min", "max", "count_distinct", "sum_boolean", "average", "percentile", "median", "count"}, AnyCase: true}, Required: true, Doc: "how rows are aggregated"},
	{Name: "description", Shape: config.SomeText, Doc: "what the measure tells"},
	{Name: "label", Shape: config.SomeText, Doc: "name for people"},
	{Name: "create_metric", Shape: config.SomeFlag, Default: jinja.Bool(false), Doc: "make a simple metric of the same name"},
	{Name: "expr", Shape: sqlExpr, Doc: "column or expression, where it is not the name"},
	{Name: "agg_params", Shape: config.KeysOf(aggParams), Doc: "settings of a percentile"},
	{Name: "non_additive_dimension", Shape: config.KeysOf(nonAdditive), Doc: "the time over which values must not be added up"},
	{Name: "agg_time_dimension", Shape: config.SomeText, Doc: "the time that the measure is aggregated by"},
	{Name: "config", Shape: config.KeysOf(elementConfig), Default: elementConfig.Fill(jinja.None), Doc: "config of the measure: meta"},
}}

var aggParams = &config.Schema{Name: "agg_params", Keys: []config.Key{
	{Name: "percentile", Shape: config.SomeNumber, Doc: "which percentile, from 0 to 1"},
	{Name: "use_discrete_percentile", Shape: config.SomeFlag, Default: jinja.Bool(false), Doc: "a value that occurs, not one between two"},
	{Name: "use_approximate_percentile", Shape: config.SomeFlag, Default: jinja.Bool(false), Doc: "an estimate, where the warehouse has one"},
}}

var nonAdditive = &config.Schema{Name: "non_additive_dimension", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "the time dimension"},
	{Name: "window_choice", Shape: config.Shape{OneOf: []string{"sum", "min", "max", "count_distinct", "sum_boolean", "average", "percentile", "median", "count"}, AnyCase: true}, Required: true, Doc: "which value of a period counts: min or max"},
	{Name: "window_groupings", Shape: config.TextList, Default: jinja.NewList(), Doc: "entities whose values are looked at one by one"},
}}

var semanticDimension = &config.Schema{Name: "a dimension", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the dimension"},
	{Name: "type", Shape: config.Shape{OneOf: []string{"categorical", "time"}, AnyCase: true}, Required: true, Doc: "words or a time"},
	{Name: "description", Shape: config.SomeText, Doc: "what the dimension is"},
	{Name: "label", Shape: config.SomeText, Doc: "name for people"},
	{Name: "is_partition", Shape: config.SomeFlag, Default: jinja.Bool(false), Doc: "whether the table is partitioned by it"},
	{Name: "type_params", Shape: config.KeysOf(dimensionParams), Doc: "settings of a time"},
	{Name: "expr", Shape: config.SomeText, Doc: "column or expression, where it is not the name"},
	{Name: "metadata", Made: true},
	{Name: "config", Shape: config.KeysOf(elementConfig), Default: elementConfig.Fill(jinja.None), Doc: "config of the dimension: meta"},
}}

var dimensionParams = &config.Schema{Name: "type_params", Keys: []config.Key{
	{Name: "time_granularity", Shape: config.Shape{OneOf: grains, AnyCase: true}, Required: true, Doc: "the grain of the column"},
	{Name: "validity_params", Shape: config.KeysOf(validityParams), Doc: "the part that the column plays in a slowly changing dimension"},
}}

var validityParams = &config.Schema{Name: "validity_params", Keys: []config.Key{
	{Name: "is_start", Shape: config.SomeFlag, Default: jinja.Bool(false), Doc: "rows count from here on"},
	{Name: "is_end", Shape: config.SomeFlag, Default: jinja.Bool(false), Doc: "rows count up to here"},
}}

// SavedQueries is the keys of an entry of saved_queries.
var SavedQueries = &config.Schema{Name: "saved_queries", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Hidden: true, Doc: "name of the saved query, unique in the project"},
	{Name: "query_params", Shape: config.KeysOf(queryParams), Required: true, Doc: "what is asked for"},
	{Name: "exports", Shape: config.ListOf(config.KeysOf(queryExport)), Default: jinja.NewList(), Doc: "tables and views that keep the answer"},
	{Name: "description", Shape: config.SomeText, Hidden: true, Doc: "what the query tells"},
	{Name: "label", Shape: config.SomeText, Doc: "name for people"},
	{Name: "metadata", Made: true},
	{Name: "tags", Shape: config.TextOrList, Hidden: true, Doc: "labels that selection can use"},
	{Name: "config", Shape: config.Mapping, Hidden: true, Doc: "config of the saved query: enabled, group, meta, export_as, schema, cache"},
}}

var queryParams = &config.Schema{Name: "query_params", Keys: []config.Key{
	{Name: "metrics", Shape: config.TextList, Default: jinja.NewList(), Doc: "names of metrics"},
	{Name: "group_by", Shape: config.TextList, Default: jinja.NewList(), Doc: "Dimension(…), TimeDimension(…) and Entity(…)"},
	{Name: "where", Shape: whereFilter, Doc: "conditions on the rows that count"},
	{Name: "order_by", Shape: config.TextList, Default: jinja.NewList(), Doc: "metrics and dimensions that the rows are ordered by"},
	{Name: "limit", Shape: config.SomeInt, Doc: "most rows to give"},
}}

var queryExport = &config.Schema{Name: "an export", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the export"},
	{Name: "config", Shape: config.KeysOf(exportConfig), Default: jinja.NewDict(), Doc: "where the export goes"},
}}

var exportConfig = &config.Schema{Name: "config", Open: true, Keys: []config.Key{
	{Name: "export_as", Shape: config.Shape{OneOf: []string{"table", "view", "cache"}, AnyCase: true}, Doc: "table, view or cache"},
	{Name: "schema", Shape: config.SomeText, Doc: "schema of the export"},
	{Name: "alias", Shape: config.SomeText, Doc: "name of the table or view, where it is not the export's"},
	{Name: "database", Shape: config.SomeText, Doc: "database of the export"},
}}

// loadSemantic makes the nodes of metrics, semantic models and saved queries: file by
// file, as dbt does, which is the order that semantic_manifest.json has.
func (p *parser) loadSemantic() {
	type reader struct {
		schema *config.Schema
		read   func(*entry)
	}
	readers := map[string]reader{"metrics": {Metrics, p.metric}, "semantic_models": {SemanticModels, p.semanticModel}, "saved_queries": {SavedQueries, p.savedQuery}}
	inFile := map[*project.File][]*entry{}
	for _, section := range []string{"metrics", "semantic_models", "saved_queries"} {
		for _, e := range p.props.bySection[section] {
			inFile[e.file] = append(inFile[e.file], e)
		}
	}
	for _, pkg := range p.project.Packages {
		for _, f := range pkg.Files {
			for _, e := range inFile[f] {
				if r := readers[e.section]; p.valid(e, r.schema) {
					r.read(e)
				}
			}
		}
	}
	p.twins()
	p.m.Extend()
}

// twins reports resources of one kind and name in one package, before what refers to
// them is looked at.
func (p *parser) twins() {
	seen := map[string]*manifest.Node{}
	for _, s := range p.semantic {
		if old := seen[s.n.ID]; old != nil && s.n.Config.Bool("enabled") && old.Config.Bool("enabled") {
			p.duplicate(s.n, old)
		}
		seen[s.n.ID] = s.n
	}
}

func (p *parser) semanticModel(e *entry) {
	n := p.yamlNode(e, manifest.SemanticModel)
	n.Body = SemanticModels.Fill(e.vals)
	if !p.yamlConfig(e, n, e.configOnly()) || !p.modelRef(e, n) {
		return
	}
	p.add(n)
	p.semantic = append(p.semantic, &semanticEntry{e, n})
	for i, v := range listOf(at(n.Body, "measures")) {
		m := v.(*jinja.Dict)
		if at(m, "create_metric") == jinja.Value(jinja.True) {
			p.measureMetric(e, n, m, i)
		}
		m.SetStr("create_metric", jinja.False) // what it asks for is done
	}
	for _, list := range elementLists {
		for _, v := range listOf(at(n.Body, list)) {
			c := dictOf(v.(*jinja.Dict), "config")
			meta := n.Meta().Copy()
			for k, val := range dictOf(c, "meta").All() {
				meta.Set(k, val)
			}
			own := jinja.NewDict()
			own.SetStr("meta", meta)
			v.(*jinja.Dict).SetStr("config", own)
		}
	}
}

// elementLists are the lists of a semantic model, in the order in which their names
// are checked.
var elementLists = []string{"measures", "entities", "dimensions"}

// measureMetric makes the metric that a measure asks for.
func (p *parser) measureMetric(e *entry, model *manifest.Node, m *jinja.Dict, i int) {
	n := p.yamlNode(e, manifest.Metric)
	n.Name = textOf(m, "name")
	n.ID = "metric." + n.Package + "." + n.Name
	n.FQN[len(n.FQN)-1] = n.Name
	n.Span = e.doc.Span(config.Child(itemNode(config.Child(e.node, "measures"), i), "name"))
	n.Description = first(at(m, "description"), jinja.Str("Metric created from measure "+n.Name)).String()
	vals, params := jinja.NewDict(), jinja.NewDict()
	params.SetStr("measure", jinja.Str(n.Name))
	params.SetStr("expr", first(at(m, "expr"), jinja.Str(n.Name)))
	vals.SetStr("label", first(at(m, "label"), jinja.Str(n.Name)))
	vals.SetStr("type", jinja.Str("simple"))
	vals.SetStr("type_params", params)
	n.Body = Metrics.Fill(vals)
	in := config.Layer{
		{Key: "enabled", Value: model.Config.Get("enabled"), File: e.doc.File},
		{Key: "meta", Value: model.Meta(), File: e.doc.File},
	}
	if !p.yamlConfig(e, n, in) {
		return
	}
	n.Body.SetStr("meta", n.Meta())
	p.add(n)
	p.semantic = append(p.semantic, &semanticEntry{&entry{pkg: e.pkg, file: e.file, doc: e.doc, name: n.Name, node: e.node, vals: vals}, n})
}

// modelRef evaluates the ref() that says which model has the rows.
func (p *parser) modelRef(e *entry, n *manifest.Node) bool {
	ctx := p.shared.NewContext(p.ctx, scope.Parse, n, nil)
	t, err := syntax.Parse(&source.File{Path: e.file.Path, Text: "{{ " + textOf(n.Body, "model") + " }}"}, syntax.Options{})
	if err == nil {
		_, err = ctx.Render(t)
	}
	if err == nil && len(ctx.Refs) == 1 && len(ctx.Sources) == 0 {
		n.Refs = ctx.Refs
		return true
	}
	bad := e.doc.Errorf(config.Child(e.node, "model"), "the model of semantic model '%s' must be a ref() of one model, not %s", n.Name, textOf(n.Body, "model"))
	bad.Node, bad.Class = n.Describe(), source.Compilation
	p.fail(bad)
	return false
}

func (p *parser) savedQuery(e *entry) {
	n := p.yamlNode(e, manifest.SavedQuery)
	n.Body = SavedQueries.Fill(e.vals)
	if !p.yamlConfig(e, n, e.configOnly()) {
		return
	}
	n.Tags = textsOf(listOf(at(e.vals, "tags")), n.Config.List("tags"))
	given := listOf(at(e.vals, "exports"))
	exports := jinja.NewList()
	for i := range given {
		exports.Append(p.export(n, given[i].(*jinja.Dict)))
	}
	n.Body.SetStr("exports", exports)
	p.add(n)
	p.semantic = append(p.semantic, &semanticEntry{e, n})
}

// export gives an export of a saved query with what the query's config and the target
// say beside its own.
func (p *parser) export(n *manifest.Node, given *jinja.Dict) *jinja.Dict {
	own, written := exportConfig.Fill(dictOf(given, "config")), dictOf(given, "config")
	c := jinja.NewDict()
	c.SetStr("export_as", first(at(own, "export_as"), n.Config.Get("export_as"), jinja.Str("table")))
	c.SetStr("schema_name", first(at(own, "schema"), n.Config.Get("schema"), jinja.Str(p.shared.Schema)))
	c.SetStr("alias", first(at(own, "alias"), at(given, "name")))
	c.SetStr("database", first(at(own, "database"), jinja.Str(p.shared.Database)))
	out := jinja.NewDict()
	out.SetStr("name", at(given, "name"))
	out.SetStr("config", c)
	out.SetStr("unrendered_config", written)
	return out
}

// linkSemantic finds what the resources of the semantic layer depend on, and checks
// them together.
func (p *parser) linkSemantic() {
	for _, s := range p.semantic {
		if s.n.Kind != manifest.SemanticModel || len(s.n.DependsOn) == 0 {
			continue
		}
		on := p.m.Node(s.n.DependsOn[0])
		s.n.Body.SetStr("node_relation", nodeRelation(on))
		if on.Ephemeral() {
			p.fail(s.e.doc.Errorf(config.Child(s.e.node, "model"), "the model '%s' of semantic model '%s' is ephemeral, so there is nothing to query", on.Name, s.n.Name))
		}
	}
	p.linkMetrics()
	for _, s := range p.semantic {
		if s.n.Kind != manifest.SavedQuery || !s.n.Config.Bool("enabled") {
			continue
		}
		for i, v := range listOf(at(dictOf(s.n.Body, "query_params"), "metrics")) {
			at := itemNode(config.Child(config.Child(s.e.node, "query_params"), "metrics"), i)
			p.dependNamed(s.n, manifest.Metric, []string{v.String()}, s.e.doc.Span(at))
		}
	}
	p.checkSemantic()
}

// dependNamed makes the edge of a metric() or function() call.
func (p *parser) dependNamed(n *manifest.Node, kind manifest.Kind, call []string, span source.Span) {
	to, found := p.m.FindNamed(kind, n.Package, call)
	if found == manifest.Enabled {
		depend(n, to)
		return
	}
	name, pkg := call[len(call)-1], ""
	if len(call) > 1 {
		pkg = call[0]
	}
	e := &source.Error{
		File: n.File, Span: span, Class: source.Compilation,
		Msg: scope.NotFound(n, kind.String(), name, pkg, nil, found == manifest.Off),
	}
	if near := p.m.Similar(kind.String(), name); near != "" && found == manifest.Missing {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	p.fail(e)
}

// nodeRelation is where the rows of a semantic model or time spine are.
func nodeRelation(n *manifest.Node) *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr("alias", jinja.Str(n.Alias))
	d.SetStr("schema_name", jinja.Str(n.Schema))
	d.SetStr("database", jinja.None)
	if n.Database != "" {
		d.SetStr("database", jinja.Str(n.Database))
	}
	d.SetStr("relation_name", jinja.Str(n.Relation))
	return d
}

// describeElements renders the descriptions inside a semantic model.
func (p *parser) describeElements(n *manifest.Node) {
	if n.Kind != manifest.SemanticModel {
		return
	}
	for _, list := range elementLists {
		for _, v := range listOf(at(n.Body, list)) {
			d := v.(*jinja.Dict)
			if text := textOf(d, "description"); text != "" {
				p.rendered(n.Package, n.ID, n.Describe(), n.File, &text)
				d.SetStr("description", jinja.Str(text))
			}
		}
	}
}

// valueNode finds the scalar with a text below a node, or nil.
func valueNode(n *yaml.Node, text string) *yaml.Node {
	n = config.Deref(n)
	if n == nil || text == "" {
		return nil
	}
	if n.Kind == yaml.ScalarNode && n.Value == text {
		return n
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		if found := valueNode(c, text); found != nil {
			return found
		}
	}
	return nil
}

// TimeSpines is the keys of a model's time_spine.
var TimeSpines = &config.Schema{Name: "models", Keys: []config.Key{
	{Name: "standard_granularity_column", Shape: config.SomeText, Required: true, Doc: "the column with the times, whose granularity is declared"},
	{Name: "custom_granularities", Shape: config.ListOf(config.KeysOf(customGranularity)), Default: jinja.NewList(), Doc: "columns that group times in the project's own way"},
}}

var customGranularity = &config.Schema{Name: "a custom granularity", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the granularity"},
	{Name: "column_name", Shape: config.SomeText, Doc: "its column, where it is not the name"},
}}

// timeSpine reads what a model's entry says of the times that it lists.
func (p *parser) timeSpine(e *entry, n *manifest.Node) {
	spine := config.Child(e.node, "time_spine")
	if n.Kind != manifest.Model || config.IsNull(spine) {
		return
	}
	v, _ := e.vals.GetStr("time_spine")
	if problems := TimeSpines.Check(e.doc, spine, v); len(problems) > 0 {
		p.fail(problems)
		return
	}
	d := TimeSpines.Fill(v)
	n.TimeSpine = d
	var names []string
	for _, c := range n.Columns {
		names = append(names, c.Name)
	}
	bad := func(key, format string, args ...any) {
		p.fail(e.doc.Errorf(config.Child(spine, key), format, args...))
	}
	std := textOf(d, "standard_granularity_column")
	col := n.Column(std)
	switch {
	case col == nil || col.Name != std:
		bad("standard_granularity_column", "Time spine standard granularity column must be defined on the model. Got invalid column name '%s' for model '%s'. Valid names: [%s].", std, n.Name, strings.Join(quoteAll(names), ", "))
	case !col.Granularity.Truth():
		bad("standard_granularity_column", "Time spine standard granularity column must have a granularity defined. Please add one for column '%s' in model '%s'.", std, n.Name)
	case !slices.Contains(grains, col.Granularity.String()):
		bad("standard_granularity_column", "the granularity '%s' of column '%s' is not one of [%s]", col.Granularity, std, strings.Join(quoteAll(grains), ", "))
	}
	var unknown []string
	for _, v := range listOf(at(d, "custom_granularities")) {
		g := v.(*jinja.Dict)
		name := first(at(g, "column_name"), at(g, "name")).String()
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	if unknown != nil {
		bad("custom_granularities", "Time spine custom granularity columns do not exist in the model. Columns not found: [%s]; Available columns: [%s]", strings.Join(quoteAll(unknown), ", "), strings.Join(quoteAll(names), ", "))
	}
}
