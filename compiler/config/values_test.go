package config

import (
	"testing"

	"weft/compiler/jinja"
)

// Values of configs that are wrong inside say where; the colours are those dbt takes.
func TestWrongValues(t *testing.T) {
	for _, test := range []struct {
		kind  Kinds
		key   string
		value any
		want  string
	}{
		{Models, "docs", map[string]any{"node_color": "RebeccaPurple"}, ""},
		{Models, "docs", map[string]any{"node_color": "#abc"}, ""},
		{Models, "docs", map[string]any{"node_color": "#12"}, "at path ['docs']['node_color']: Invalid color name for docs.node_color: #12. It is neither a valid HTML color name nor a valid HEX code."},
		{Models, "docs", map[string]any{"show": "x"}, "at path ['docs']['show']: 'x' is not of type 'boolean'"},
		{Models, "materialized", nil, "at path ['materialized']: None is not of type 'string'"},
		{Models, "tags", nil, "at path ['tags']: None is not valid under any of the given schemas"},
		{Models, "schema", nil, ""},
		{Models, "on_schema_change", nil, ""}, // dbt lets this one be none in spite of its default
		{Tests, "severity", nil, ""},          // and all of tests
		{Sources, "enabled", nil, "at path ['enabled']: None is not of type 'boolean'"},
		{Sources, "freshness", map[string]any{"warn_afer": map[string]any{}}, "at path ['freshness']: Additional properties are not allowed ('warn_afer' was unexpected)"},
		{Models, "pre-hook", map[string]any{"sq": "x"}, "at path ['pre-hook']: [{'sq': 'x'}] is not valid under any of the given schemas"},
		{Models, "unique_key", []any{"a", 5}, "at path ['unique_key'][1]: 5 is not of type 'string'"},
	} {
		got := ""
		if _, err := Merge(test.kind, Layer{{Key: test.key, Value: jinja.FromGo(test.value)}}); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %v: %q, want %q", test.key, test.value, got, test.want)
		}
	}
}
