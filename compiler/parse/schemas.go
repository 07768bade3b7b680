package parse

import (
	"slices"

	"weft/compiler/config"
	"weft/compiler/jinja"
)

// The keys of properties files. Names and types are dbt's (its page "Properties"), the
// words are ours. Keys of configs are the table config.Fields.

var nameKey = config.Key{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the resource"}

// textOrNumber is what versions are.
var textOrNumber = config.Shape{Scalars: config.TextValue | config.NumberValue}

// someScalar is a value whose type dbt does not look at.
var someScalar = config.Shape{Scalars: config.TextValue | config.NumberValue | config.FlagValue}

// dataTests is a list of generic tests; readSpec checks what is in it.
var dataTests = config.ListOf(config.Anything)

// described is a mapping with a name, a description and a config, beside keys; these may
// say more of what the three are.
func described(name string, keys ...config.Key) *config.Schema {
	s := &config.Schema{Name: name, Open: true, Keys: []config.Key{
		nameKey,
		{Name: "description", Shape: config.SomeText, NotNone: true, Doc: "what it is; may hold doc()"},
		{Name: "config", Shape: config.Mapping, NotNone: true, Doc: "settings, as config() in the file has them"},
	}}
	for _, k := range keys {
		if i := slices.IndexFunc(s.Keys, func(old config.Key) bool { return old.Name == k.Name }); i >= 0 {
			s.Keys[i] = k
			continue
		}
		s.Keys = append(s.Keys, k)
	}
	return s
}

var (
	docsKey    = config.Key{Name: "docs", Shape: config.KeysOf(config.DocsKeys), NotNone: true, Doc: "how the docs site shows it; belongs under config"}
	metaKey    = config.Key{Name: "meta", Shape: config.Mapping, NotNone: true, Doc: "anything the project wants to keep; belongs under config"}
	testsKey   = config.Key{Name: "tests", Shape: dataTests, NotNone: true, Doc: "old name of data_tests"}
	dataKey    = config.Key{Name: "data_tests", Shape: dataTests, NotNone: true, Doc: "generic tests"}
	columnsKey = config.Key{Name: "columns", Shape: config.ListOf(config.KeysOf(ColumnKeys)), NotNone: true, Doc: "what is known of the columns"}
)

// ColumnKeys is the keys of a column.
var ColumnKeys = &config.Schema{Name: "columns", Open: true, Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the column, as the warehouse has it"},
	{Name: "description", Shape: config.SomeText, NotNone: true, Doc: "what is in it; may hold doc()"},
	{Name: "data_type", Shape: config.SomeText, Doc: "type, as the warehouse writes it"},
	{Name: "constraints", Shape: config.ListOf(config.KeysOf(ConstraintKeys)), NotNone: true, Doc: "what the warehouse is to promise, with a contract"},
	dataKey, testsKey,
	{Name: "quote", Shape: config.SomeFlag, Doc: "whether SQL has to quote the name"},
	{Name: "tags", Shape: config.TextList, NotNone: true, Doc: "labels that its tests get"},
	metaKey, docsKey,
	{Name: "config", Shape: config.Mapping, NotNone: true, Doc: "meta and tags"},
	{Name: "granularity", Shape: config.SomeText, Doc: "of a time column: how fine it is"},
	{Name: "dimension", Shape: config.Anything, Doc: "of a semantic model: what rows can be grouped by"},
	{Name: "entity", Shape: config.Anything, Doc: "of a semantic model: what rows are joined by"},
}}

// ConstraintKeys is the keys of a constraint of a column or a model.
var ConstraintKeys = &config.Schema{Name: "constraints", Open: true, Keys: []config.Key{
	{Name: "type", Shape: config.SomeText, Required: true, Doc: "check, not_null, unique, primary_key, foreign_key or custom"},
	{Name: "name", Shape: someScalar, Doc: "name in the warehouse"},
	{Name: "expression", Shape: someScalar, Doc: "SQL of a check, or what follows the type"},
	{Name: "to", Shape: someScalar, Doc: "what a foreign key refers to: ref(…), source(…) or a name"},
	{Name: "to_columns", Shape: config.TextList, Doc: "columns that a foreign key refers to"},
	{Name: "columns", Shape: config.TextList, Doc: "columns that a constraint of a model is about"},
	{Name: "warn_unenforced", Shape: someScalar, Doc: "warn where the warehouse only notes it"},
	{Name: "warn_unsupported", Shape: someScalar, Doc: "warn where the warehouse does not have it"},
}}

var versionKeys = &config.Schema{Name: "versions", Open: true, Keys: []config.Key{
	{Name: "v", Shape: textOrNumber, Required: true, Doc: "the version"},
	{Name: "defined_in", Shape: config.SomeText, Doc: "name of its file, where that is not NAME_vVERSION"},
	{Name: "description", Shape: config.SomeText, NotNone: true, Doc: "what is different"},
	{Name: "access", Shape: config.SomeText, Doc: "private, protected or public"},
	{Name: "config", Shape: config.Mapping, NotNone: true, Doc: "settings over those of the model"},
	{Name: "constraints", Shape: config.ListOf(config.KeysOf(ConstraintKeys)), NotNone: true, Doc: "instead of those of the model"},
	{Name: "docs", Shape: config.KeysOf(config.DocsKeys), NotNone: true, Doc: "how the docs site shows it"},
	dataKey, testsKey,
	{Name: "columns", Shape: config.ListOf(config.Anything), Doc: "its own columns, and one element with include or exclude for those of the model"},
	{Name: "deprecation_date", Shape: config.Anything, Doc: "from when on it should not be used"},
}}

// ModelKeys is the keys of an entry of models.
var ModelKeys = described("models", columnsKey, dataKey, testsKey,
	config.Key{Name: "constraints", Shape: config.ListOf(config.KeysOf(ConstraintKeys)), NotNone: true, Doc: "what the warehouse is to promise, with a contract"},
	docsKey, metaKey,
	config.Key{Name: "group", Shape: config.SomeText, Doc: "the group that owns it; belongs under config"},
	config.Key{Name: "contract", Shape: config.Mapping, NotNone: true, Doc: "whether columns and types are promised; belongs under config"},
	config.Key{Name: "access", Shape: config.SomeText, NotNone: true, Doc: "who may ref the model; belongs under config"},
	config.Key{Name: "latest_version", Shape: textOrNumber, Doc: "what a ref without version means"},
	config.Key{Name: "versions", Shape: config.ListOf(config.KeysOf(versionKeys)), NotNone: true, Doc: "the versions of the model"},
	config.Key{Name: "deprecation_date", Shape: config.Anything, Doc: "from when on it should not be used"},
	config.Key{Name: "quote_columns", Shape: config.SomeFlag, Doc: "whether tests quote columns that say nothing else"},
	config.Key{Name: "time_spine", Shape: config.Anything, Doc: "that the model has one row for each day or hour"},
	config.Key{Name: "semantic_model", Shape: config.Anything, Doc: "that the model is a semantic model"},
	config.Key{Name: "agg_time_dimension", Shape: config.SomeText, Doc: "the time that metrics of the model are aggregated by"},
	config.Key{Name: "primary_entity", Shape: config.SomeText, Doc: "name of the primary key"},
	config.Key{Name: "metrics", Shape: config.ListOf(config.Anything), Doc: "metrics of the model"},
	config.Key{Name: "derived_semantics", Shape: config.Anything, Doc: "dimensions and entities that are no columns"},
)

// dataKeys are the keys of seeds and snapshots.
func dataKeys(name string, more ...config.Key) *config.Schema {
	return described(name, append([]config.Key{columnsKey, dataKey, testsKey, docsKey, metaKey,
		{Name: "group", Shape: config.SomeText, Doc: "the group that owns it; belongs under config"},
		{Name: "quote_columns", Shape: config.SomeFlag, Doc: "whether tests quote columns that say nothing else"},
	}, more...)...)
}

// The keys of entries of seeds, snapshots, analyses and data_tests.
var (
	SeedKeys     = dataKeys("seeds")
	SnapshotKeys = dataKeys("snapshots", config.Key{Name: "relation", Shape: config.SomeText, Doc: "what the snapshot is of, as ref(…) or source(…); without a file"})
	AnalysisKeys = described("analyses", columnsKey, docsKey, metaKey)
	TestKeys     = described("data_tests", docsKey, metaKey)
)

var argumentKeys = &config.Schema{Name: "arguments", Open: true, Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the argument"},
	{Name: "type", Shape: config.SomeText, Doc: "what it takes"},
	{Name: "description", Shape: config.SomeText, NotNone: true, Doc: "what it does"},
}}

// MacroKeys is the keys of an entry of macros.
var MacroKeys = described("macros", docsKey, metaKey,
	config.Key{Name: "config", Shape: config.KeysOf(metaConfig), NotNone: true, Doc: "meta and docs"},
	config.Key{Name: "arguments", Shape: config.ListOf(config.KeysOf(argumentKeys)), NotNone: true, Doc: "the arguments, in order"})

// metaConfig is a config of which only meta is looked at.
var metaConfig = &config.Schema{Name: "config", Open: true, Keys: []config.Key{metaKey}}

// GroupKeys is the keys of an entry of groups.
var GroupKeys = &config.Schema{Name: "groups", Keys: []config.Key{
	nameKey,
	{Name: "owner", Shape: config.KeysOf(Owner), Required: true, Doc: "who answers for what is in the group"},
	{Name: "description", Shape: config.SomeText, Doc: "what belongs together in it"},
	{Name: "config", Shape: config.KeysOf(metaConfig), NotNone: true, Doc: "meta"},
}}

var quotingKeys = &config.Schema{Name: "quoting", Open: true, Keys: []config.Key{
	{Name: "database", Shape: config.SomeFlag, Doc: "whether SQL quotes the database"},
	{Name: "schema", Shape: config.SomeFlag, Doc: "whether SQL quotes the schema"},
	{Name: "identifier", Shape: config.SomeFlag, Doc: "whether SQL quotes the table"},
	{Name: "column", Shape: config.SomeFlag, Doc: "whether tests quote columns"},
}}

// notEmpty refuses the empty text.
func notEmpty(v jinja.Value) (jinja.Value, string) {
	if v == jinja.Value(jinja.Str("")) {
		return v, "loaded_at_field cannot be an empty string."
	}
	return v, ""
}

// freshnessOfSource are the keys about age, which sources and tables have.
var freshnessOfSource = []config.Key{
	{Name: "quoting", Shape: config.KeysOf(quotingKeys), NotNone: true, Doc: "which parts of names are quoted"},
	{Name: "freshness", Shape: config.KeysOf(config.FreshnessKeys), Doc: "how old the data may be"},
	{Name: "loaded_at_field", Shape: config.Shape{Scalars: config.TextValue, Read: notEmpty}, Doc: "column that says when a row was loaded"},
	{Name: "loaded_at_query", Shape: config.SomeText, Doc: "query that says when data was loaded"},
	{Name: "tags", Shape: config.TextList, NotNone: true, Doc: "labels that selection can use; belongs under config"},
	metaKey,
}

// TableKeys is the keys of a table of a source.
var TableKeys = described("tables", append([]config.Key{
	{Name: "identifier", Shape: config.SomeText, Doc: "name in the warehouse, where it is another"},
	columnsKey, dataKey, testsKey, docsKey,
	{Name: "data_type", Shape: config.SomeText, Doc: "kept for other engines"},
	{Name: "constraints", Shape: config.ListOf(config.Anything), Doc: "kept for other engines"},
	{Name: "external", Shape: config.Mapping, Doc: "where the rows of an external table are"},
}, freshnessOfSource...)...)

// SourceKeys is the keys of an entry of sources.
var SourceKeys = func() *config.Schema {
	s := described("sources", append([]config.Key{
		{Name: "config", Shape: config.KeysOf(metaConfig), NotNone: true, Doc: "settings of the tables"},
		{Name: "database", Shape: config.SomeText, Doc: "database of the tables; the target's if not set"},
		{Name: "schema", Shape: config.SomeText, Doc: "schema of the tables; the source's name if not set"},
		{Name: "project", Shape: config.SomeText, Doc: "BigQuery's word for database"},
		{Name: "dataset", Shape: config.SomeText, Doc: "BigQuery's word for schema"},
		{Name: "loader", Shape: config.SomeText, NotNone: true, Doc: "what loads the tables"},
		{Name: "tables", Shape: config.ListOf(config.KeysOf(TableKeys)), NotNone: true, Doc: "the tables"},
		{Name: "overrides", Shape: config.SomeText, Doc: "package whose source of this name is changed"},
	}, freshnessOfSource...)...)
	s.Open = false
	return s
}()

// Sections is the keys of a properties file with those of their entries, in the order
// in which they are read.
var Sections = []struct {
	Name   string
	Entry  *config.Schema
	Strict bool // the section's own reader checks entries
}{
	{"models", ModelKeys, false}, {"seeds", SeedKeys, false}, {"snapshots", SnapshotKeys, false}, {"sources", SourceKeys, false},
	{"macros", MacroKeys, false}, {"data_tests", TestKeys, false}, {"analyses", AnalysisKeys, false}, {"exposures", Exposures, true},
	{"functions", Functions, true}, {"metrics", Metrics, true}, {"groups", GroupKeys, false}, {"semantic_models", SemanticModels, true},
	{"unit_tests", UnitTests, true}, {"saved_queries", SavedQueries, true},
}
