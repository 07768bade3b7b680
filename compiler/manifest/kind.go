// Package manifest is what a project says: nodes, macros, edges and the ways to
// look them up. It is built once by package parse and only read afterwards.
package manifest

import "weft/compiler/config"

// Kind is a kind of resource.
type Kind uint8

// The kinds of resources, in the order that listings count them.
const (
	Model Kind = iota
	Seed
	Snapshot
	Analysis
	Test
	Operation
	SQLOperation
	Source
	Exposure
	UnitTest
	Function
	Metric
	SemanticModel
	SavedQuery
	numKinds
)

// KindInfo is what differs between kinds.
type KindInfo struct {
	Name     string // resource_type
	Section  string // of dbt_project.yml
	Plural   string // as "Found 5 models" has it
	Config   config.Kinds
	Relation bool // has a table or view of its own
	Refable  bool // ref() finds it
	SQL      bool // is compiled from a template
}

var kinds = [numKinds]KindInfo{
	Model:         {"model", "models", "models", config.Models, true, true, true},
	Seed:          {"seed", "seeds", "seeds", config.Seeds, true, true, false},
	Snapshot:      {"snapshot", "snapshots", "snapshots", config.Snapshots, true, true, true},
	Analysis:      {"analysis", "models", "analyses", config.Analyses, false, false, true},
	Test:          {"test", "data_tests", "data tests", config.Tests, false, false, true},
	Operation:     {"operation", "models", "project hooks", config.Operations, false, false, true},
	SQLOperation:  {"sql_operation", "models", "sql operations", config.Operations, false, false, true},
	Source:        {"source", "sources", "sources", config.Sources, false, false, false},
	Exposure:      {"exposure", "exposures", "exposures", config.Exposures, false, false, false},
	UnitTest:      {"unit_test", "unit_tests", "unit tests", config.UnitTests, false, false, false},
	Function:      {"function", "functions", "functions", config.Functions, true, false, true},
	Metric:        {"metric", "metrics", "metrics", config.Metrics, false, false, false},
	SemanticModel: {"semantic_model", "semantic-models", "semantic models", config.SemanticModels, false, false, false},
	SavedQuery:    {"saved_query", "saved-queries", "saved queries", config.SavedQueries, false, false, false},
}

// Info gives the row of the table of kinds.
func (k Kind) Info() *KindInfo { return &kinds[k] }

// String is the resource_type.
func (k Kind) String() string { return kinds[k].Name }

// KindByName finds a kind by its resource_type.
func KindByName(name string) (Kind, bool) {
	for k := range kinds {
		if kinds[k].Name == name {
			return Kind(k), true
		}
	}
	return 0, false
}
