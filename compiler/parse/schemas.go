package parse

import "weft/compiler/config"

// Schemas are the keys of the sections of properties files that are read by a table,
// for checks and for what tells people and editors what may be written.
var Schemas = []*config.Schema{Exposures, Functions, Metrics, SavedQueries, SemanticModels, UnitTests}
