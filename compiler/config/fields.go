// Package config knows every config key: its type, how layers of it merge, and
// which kinds of resources have it. It also reads YAML files, with places.
package config

import "weft/compiler/jinja"

// Kinds is a set of resource kinds that have configs.
type Kinds uint16

// The kinds of resources.
const (
	Models Kinds = 1 << iota
	Seeds
	Snapshots
	Analyses
	Operations
	Tests
	Sources
	Exposures
	UnitTests
	Functions
	Metrics
	SemanticModels
	SavedQueries

	// Nodes are the kinds that share dbt's NodeConfig.
	Nodes = Models | Seeds | Snapshots | Analyses | Operations | Functions
	// Everything is all kinds.
	Everything = Nodes | Tests | Sources | Exposures | UnitTests | semantic

	semantic = Metrics | SemanticModels | SavedQueries
)

// Type is what a value must be; see Check.
type Type uint8

// The types of config values. Each but Any allows none too.
const (
	Any Type = iota
	Text
	Flag      // true or false
	Number    // an integer
	Map       // keys to values
	Texts     // one text or a list of texts
	TextOrSeq // a text or a list
	Hooks     // a text, a map with sql, or a list of these
)

// Rule is how a stronger layer meets a weaker one.
type Rule uint8

// The merge rules, after dbt's behaviours "clobber", "append", "update" and
// "dict-key-append".
const (
	Replace Rule = iota
	Append
	MergeKeys
	AppendKeys
)

// Field is one config key.
type Field struct {
	Name    string
	Type    Type
	Rule    Rule
	Kinds   Kinds
	Default func(Kinds) jinja.Value // nil for none
	Doc     string
}

func always(v jinja.Value) func(Kinds) jinja.Value {
	return func(Kinds) jinja.Value { return v }
}

func emptyList(Kinds) jinja.Value { return jinja.NewList() }
func emptyDict(Kinds) jinja.Value { return jinja.NewDict() }

func docsDefault(Kinds) jinja.Value {
	d := jinja.NewDict()
	d.SetStr("show", jinja.Bool(true))
	d.SetStr("node_color", jinja.None)
	return d
}

func contractDefault(Kinds) jinja.Value {
	d := jinja.NewDict()
	d.SetStr("enforced", jinja.Bool(false))
	d.SetStr("alias_types", jinja.Bool(true))
	return d
}

func materializedDefault(k Kinds) jinja.Value {
	switch k {
	case Seeds:
		return jinja.Str("seed")
	case Snapshots:
		return jinja.Str("snapshot")
	case Tests:
		return jinja.Str("test")
	case Functions:
		return jinja.Str("function")
	}
	return jinja.Str("view")
}

func schemaDefault(k Kinds) jinja.Value {
	if k == Tests {
		return jinja.Str("dbt_test__audit")
	}
	return jinja.None
}

func freshnessDefault(k Kinds) jinja.Value {
	if k != Sources {
		return jinja.None
	}
	return EmptyFreshness()
}

// EmptyFreshness is the threshold of a source that sets none.
func EmptyFreshness() *jinja.Dict {
	d := jinja.NewDict()
	for _, half := range []string{"warn_after", "error_after"} {
		h := jinja.NewDict()
		h.SetStr("count", jinja.None)
		h.SetStr("period", jinja.None)
		d.SetStr(half, h)
	}
	d.SetStr("filter", jinja.None)
	return d
}

func cacheDefault(Kinds) jinja.Value {
	d := jinja.NewDict()
	d.SetStr("enabled", jinja.Bool(false))
	return d
}

func metaColumnsDefault(Kinds) jinja.Value {
	d := jinja.NewDict()
	for _, k := range []string{"dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"} {
		d.SetStr(k, jinja.None)
	}
	return d
}

// Fields is every config key that dbt declares, in the order artifacts show them.
// Keys that are not here are allowed and kept; adapters and projects read them.
var Fields = []Field{
	{"enabled", Flag, Replace, Everything &^ UnitTests, always(jinja.Bool(true)), "whether the resource is part of the project"},
	{"alias", Text, Replace, Nodes | Tests, nil, "name of the relation, where it is not the resource's"},
	{"schema", Text, Replace, Nodes | Tests, schemaDefault, "custom schema, handed to generate_schema_name"},
	{"database", Text, Replace, Nodes | Tests, nil, "custom database, handed to generate_database_name"},
	{"event_time", Text, Replace, Sources, nil, "column that says when a row happened"},
	{"freshness", Any, Replace, Sources, freshnessDefault, "how old the data may be"},
	{"loaded_at_field", Text, Replace, Sources, nil, "column that says when a row was loaded"},
	{"loaded_at_query", Text, Replace, Sources, nil, "query that says when data was loaded"},
	{"meta", Map, MergeKeys, Sources, emptyDict, "anything the project wants to keep"},
	{"tags", Texts, Append, Everything &^ (semantic | Exposures), emptyList, "labels that selection can use"},
	{"tags", Texts, Replace, Exposures, emptyList, "labels that selection can use"},
	{"group", Text, Replace, semantic, nil, "the group that owns the resource"},
	{"meta", Map, MergeKeys, Everything &^ (Exposures | Sources), emptyDict, "anything the project wants to keep"},
	{"meta", Map, Replace, Exposures, emptyDict, "anything the project wants to keep"},
	{"enabled", Flag, Replace, UnitTests, always(jinja.Bool(true)), "whether the resource is part of the project"},
	{"group", Text, Replace, Nodes | Tests, nil, "the group that owns the resource"},
	{"static_analysis", Any, Replace, Nodes | Tests | UnitTests | Sources, nil, "kept for other engines"},
	{"materialized", Text, Replace, Nodes | Tests, materializedDefault, "how a node is built"},
	{"severity", Text, Replace, Tests, always(jinja.Str("ERROR")), "whether a failing test is an error or a warning"},
	{"store_failures", Flag, Replace, Tests, nil, "keep the failing rows in a table"},
	{"store_failures_as", Text, Replace, Tests, nil, "table, view or ephemeral"},
	{"where", Text, Replace, Tests, nil, "condition on the rows that are tested"},
	{"limit", Number, Replace, Tests, nil, "most failing rows to look at"},
	{"fail_calc", Text, Replace, Tests, always(jinja.Str("count(*)")), "SQL that counts failures"},
	{"warn_if", Text, Replace, Tests, always(jinja.Str("!= 0")), "condition on the count that warns"},
	{"error_if", Text, Replace, Tests, always(jinja.Str("!= 0")), "condition on the count that fails"},
	{"incremental_strategy", Text, Replace, Nodes, nil, "how new rows meet old ones"},
	{"batch_size", Any, Replace, Nodes, nil, "hour, day, month or year"},
	{"lookback", Any, Replace, Nodes, always(jinja.Int(1)), "earlier batches that are done again"},
	{"begin", Any, Replace, Nodes, nil, "start of the first batch"},
	{"persist_docs", Map, Replace, Nodes, emptyDict, "write descriptions to the warehouse"},
	{"post-hook", Hooks, Append, Nodes, emptyList, "SQL after the node"},
	{"pre-hook", Hooks, Append, Nodes, emptyList, "SQL before the node"},
	{"quoting", Map, MergeKeys, Nodes, emptyDict, "which parts of the relation's name are quoted"},
	{"column_types", Map, MergeKeys, Nodes, emptyDict, "types of a seed's columns"},
	{"full_refresh", Flag, Replace, Nodes, nil, "rebuild from nothing, or never"},
	{"unique_key", TextOrSeq, Replace, Nodes, nil, "columns that identify a row"},
	{"on_schema_change", Text, Replace, Nodes, always(jinja.Str("ignore")), "what to do when an incremental model's columns change"},
	{"on_configuration_change", Text, Replace, Nodes, always(jinja.Str("apply")), "what to do when a materialized view's settings change"},
	{"grants", Map, AppendKeys, Nodes, emptyDict, "privileges on the relation"},
	{"packages", Any, Append, Nodes, emptyList, "packages of a Python model"},
	{"docs", Map, MergeKeys, Nodes, docsDefault, "how the docs site shows the node"},
	{"contract", Map, MergeKeys, Nodes, contractDefault, "whether columns and types are promised"},
	{"event_time", Any, Replace, Nodes, nil, "column that says when a row happened"},
	{"concurrent_batches", Any, Replace, Nodes, nil, "whether batches may run at the same time"},
	{"access", Text, Replace, Models, always(jinja.Str("protected")), "who may ref the model"},
	{"freshness", Any, Replace, Models, nil, "when the model is due again"},
	{"delimiter", Text, Replace, Seeds, always(jinja.Str(",")), "what separates values in the file"},
	{"quote_columns", Flag, Replace, Seeds, nil, "whether column names are quoted"},
	{"strategy", Text, Replace, Snapshots, nil, "timestamp or check"},
	{"target_schema", Text, Replace, Snapshots, nil, "schema of the snapshot, as it is"},
	{"target_database", Text, Replace, Snapshots, nil, "database of the snapshot, as it is"},
	{"updated_at", Text, Replace, Snapshots, nil, "column that says when a row changed"},
	{"check_cols", TextOrSeq, Replace, Snapshots, nil, "columns that are compared, or all"},
	{"snapshot_meta_column_names", Map, MergeKeys, Snapshots, metaColumnsDefault, "names of dbt's own columns"},
	{"dbt_valid_to_current", Text, Replace, Snapshots, nil, "dbt_valid_to of current rows"},
	{"type", Text, Replace, Functions, always(jinja.Str("scalar")), "scalar, aggregate or table"},
	{"volatility", Text, Replace, Functions, nil, "deterministic, stable or non-deterministic"},
	{"runtime_version", Text, Replace, Functions, nil, "version of the language that a function is written in"},
	{"entry_point", Text, Replace, Functions, nil, "the function to call in a file of Python"},
	{"export_as", Text, Replace, SavedQueries, nil, "what exports become: table or view"},
	{"schema", Text, Replace, SavedQueries, nil, "schema of exports"},
	{"cache", Map, Replace, SavedQueries, cacheDefault, "whether results are kept"},
}

// table is the fields of one kind, by position and by name.
type table struct {
	fields  []*Field
	buckets [128][]*Field
}

// bucket spreads names well enough that most stand alone; asking for a key is the most
// frequent thing that is done with a node, and half of it would be a map's hash.
func bucket(name string) int {
	if name == "" {
		return 0
	}
	return (len(name)*31 + int(name[0])*7 + int(name[len(name)-1])) & 127
}

// find gives the field of a name, or nil.
func (t *table) find(name string) *Field {
	for _, f := range t.buckets[bucket(name)] {
		if f.Name == name {
			return f
		}
	}
	return nil
}

var tables = func() map[Kinds]*table {
	out := map[Kinds]*table{}
	for k := Models; k <= SavedQueries; k <<= 1 {
		t := &table{}
		for i := range Fields {
			if f := &Fields[i]; f.Kinds&k != 0 {
				t.fields = append(t.fields, f)
				b := bucket(f.Name)
				t.buckets[b] = append(t.buckets[b], f)
			}
		}
		out[k] = t
	}
	return out
}()

// Declared gives the field of a key for one kind, or nil for a key that dbt does
// not declare. pre_hook and post_hook are other spellings of pre-hook and post-hook.
func Declared(k Kinds, name string) *Field {
	return tables[k].find(Canonical(name))
}

// Canonical gives the spelling that configs are kept under.
func Canonical(name string) string {
	switch name {
	case "pre_hook":
		return "pre-hook"
	case "post_hook":
		return "post-hook"
	}
	return name
}
