package artifact_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/compiler/artifact"
	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// TestSemanticManifest checks the file of a project with a metric and the time spine of
// old, and that of a project with nothing; both are dbt's, key by key.
func TestSemanticManifest(t *testing.T) {
	body, err := jinja.ParseJSON(`{"label": "Cups", "type": "simple", "filter": null, "metadata": null, "time_granularity": null, "meta": {"a": 1},
		"type_params": {"measure": {"name": "n", "filter": null, "alias": null, "join_to_timespine": false, "fill_nulls_with": null},
			"input_measures": [], "numerator": null, "denominator": null, "expr": null, "window": null, "grain_to_date": null, "metrics": [],
			"conversion_type_params": null, "cumulative_type_params": null, "metric_aggregation_params": null}}`)
	if err != nil {
		t.Fatal(err)
	}
	of := func(k config.Kinds) *config.Config {
		c, err := config.Merge(k)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	m := &manifest.Manifest{Nodes: []*manifest.Node{
		{Kind: manifest.Model, Name: "metricflow_time_spine", Relation: `"dev"."main"."s"`, Config: of(config.Models)},
		{Kind: manifest.Metric, Name: "cups", Config: of(config.Metrics), Body: body.(*jinja.Dict)},
	}}
	const version = `"dsi_package_version": {"major_version": "0", "minor_version": "9", "patch_version": "0"}`
	for _, test := range []struct {
		m    *manifest.Manifest
		want string
	}{
		{&manifest.Manifest{}, `{"semantic_models": [], "metrics": [], "project_configuration": {"time_spine_table_configurations": [], "metadata": null, ` + version + `, "time_spines": []}, "saved_queries": []}`},
		{m, `{"semantic_models": [], "metrics": [{"name": "cups", "description": "", "type": "simple", "type_params": {` +
			`"measure": {"name": "n", "filter": null, "alias": null, "join_to_timespine": false, "fill_nulls_with": null}, ` +
			`"numerator": null, "denominator": null, "expr": null, "window": null, "grain_to_date": null, "metrics": [], ` +
			`"conversion_type_params": null, "cumulative_type_params": null, "input_measures": []}, ` +
			`"filter": null, "metadata": null, "label": "Cups", "config": {"meta": {}}, "time_granularity": null}], ` +
			`"project_configuration": {"time_spine_table_configurations": [{"location": "\"dev\".\"main\".\"s\"", "column_name": "date_day", "grain": "day"}], ` +
			`"metadata": null, ` + version + `, "time_spines": []}, "saved_queries": []}`},
	} {
		dir := t.TempDir()
		if err := artifact.WriteSemanticManifest(dir, test.m); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "semantic_manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}
