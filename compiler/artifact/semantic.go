package artifact

import (
	"path/filepath"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// part is one key of an object in semantic_manifest.json, with the keys of what is
// below it; nil writes that as the manifest has it.
type part struct {
	name  string
	below []part
}

func keys(names ...string) []part {
	out := make([]part, len(names))
	for i, name := range names {
		out[i] = part{name: name}
	}
	return out
}

// metaOnly is what is left of configs.
var metaOnly = keys("meta")

// with is a list of keys in which some have keys of their own.
func with(list []part, below map[string][]part) []part {
	for i := range list {
		list[i].below = below[list[i].name]
	}
	return list
}

var semanticModelParts = with(keys("name", "defaults", "description", "node_relation", "primary_entity", "entities", "measures", "dimensions", "label", "metadata", "config"),
	map[string][]part{
		"entities":   with(keys("name", "description", "type", "role", "expr", "metadata", "label", "config"), map[string][]part{"config": metaOnly}),
		"measures":   with(keys("name", "agg", "description", "create_metric", "expr", "agg_params", "metadata", "non_additive_dimension", "agg_time_dimension", "label", "config"), map[string][]part{"config": metaOnly}),
		"dimensions": with(keys("name", "description", "type", "is_partition", "type_params", "expr", "metadata", "label", "config"), map[string][]part{"config": metaOnly}),
		"config":     metaOnly,
	})

var metricParts = with(keys("name", "description", "type", "type_params", "filter", "metadata", "label", "config", "time_granularity"),
	map[string][]part{
		"type_params": with(keys("measure", "numerator", "denominator", "expr", "window", "grain_to_date", "metrics", "conversion_type_params", "cumulative_type_params", "input_measures"),
			map[string][]part{"cumulative_type_params": keys("window", "grain_to_date", "period_agg")}),
		"config": metaOnly,
	})

var savedQueryParts = with(keys("name", "query_params", "description", "metadata", "label", "exports", "tags"),
	map[string][]part{
		"query_params": keys("metrics", "group_by", "order_by", "limit", "where"),
		"exports":      with(keys("name", "config"), map[string][]part{"config": keys("export_as", "schema_name", "alias")}),
	})

// pick gives the named keys of a dictionary, or of each of a list of these; what is
// missing is none, and so is everything below none.
func pick(v jinja.Value, parts []part) jinja.Value {
	if parts == nil {
		return v
	}
	switch v := v.(type) {
	case *jinja.List:
		out := jinja.NewList()
		for _, item := range v.Items {
			out.Append(pick(item, parts))
		}
		return out
	case *jinja.Dict:
		out := jinja.NewDict()
		for _, p := range parts {
			item, ok := v.GetStr(p.name)
			if !ok {
				item = jinja.None
			}
			out.SetStr(p.name, pick(item, p.below))
		}
		return out
	}
	return v
}

// WriteSemanticManifest writes semantic_manifest.json: what the semantic layer of a
// project is, for the programs that answer queries with it. A project without one has
// empty lists.
func WriteSemanticManifest(dir string, m *manifest.Manifest) error {
	return writeFile(filepath.Join(dir, "semantic_manifest.json"), func(e *encoder) {
		e.open('{')
		e.picked("semantic_models", m, manifest.SemanticModel, semanticModelParts)
		e.picked("metrics", m, manifest.Metric, metricParts)
		e.val("project_configuration", timeSpines(m))
		e.picked("saved_queries", m, manifest.SavedQuery, savedQueryParts)
		e.close('}')
	})
}

func (e *encoder) picked(name literal, m *manifest.Manifest, kind manifest.Kind, parts []part) {
	e.list(name, func() {
		for _, n := range m.Nodes {
			if n.Kind == kind {
				e.sep()
				e.value(pick(n.Dict(), parts))
			}
		}
	})
}

// legacySpine is the model that lists the days by its name, in the column date_day.
const legacySpine = "metricflow_time_spine"

// timeSpines are the models that list times, as the key project_configuration has them.
func timeSpines(m *manifest.Manifest) *jinja.Dict {
	legacy, spines := jinja.NewList(), jinja.NewList()
	for _, n := range m.Nodes {
		if n.Kind != manifest.Model {
			continue
		}
		spine, ok := n.TimeSpine.(*jinja.Dict)
		switch {
		case ok:
			spines.Append(timeSpine(n, spine))
		case n.Name == legacySpine:
			legacy.Append(dict("location", jinja.Str(n.Relation), "column_name", jinja.Str("date_day"), "grain", jinja.Str("day")))
		}
	}
	if len(spines.Items) > 0 {
		legacy = jinja.NewList()
	}
	return dict("time_spine_table_configurations", legacy, "metadata", jinja.None,
		"dsi_package_version", dict("major_version", jinja.Str("0"), "minor_version", jinja.Str("9"), "patch_version", jinja.Str("0")),
		"time_spines", spines)
}

func timeSpine(n *manifest.Node, spine *jinja.Dict) *jinja.Dict {
	column, _ := spine.GetStr("standard_granularity_column")
	custom, _ := spine.GetStr("custom_granularities")
	grain := jinja.Value(jinja.None)
	if c := n.Column(column.String()); c != nil {
		grain = c.Granularity
	}
	var database jinja.Value = jinja.None
	if n.Database != "" {
		database = jinja.Str(n.Database)
	}
	return dict(
		"node_relation", dict("alias", jinja.Str(n.Alias), "schema_name", jinja.Str(n.Schema), "database", database, "relation_name", jinja.Str(n.Relation)),
		"primary_column", dict("name", column, "time_granularity", grain),
		"custom_granularities", custom)
}

// dict makes a dictionary of names and values.
func dict(pairs ...any) *jinja.Dict {
	d := jinja.NewDict()
	for i := 0; i < len(pairs); i += 2 {
		d.SetStr(pairs[i].(string), pairs[i+1].(jinja.Value))
	}
	return d
}
