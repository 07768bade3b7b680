package artifact_test

import (
	"strings"
	"testing"

	"weft/compiler/artifact"
)

const external = `{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "project_name": "other"}, "nodes": {
	"model.other.b": {"unique_id": "model.other.b", "resource_type": "model", "name": "b", "package_name": "other", "database": "d", "schema": "s", "alias": "bb",
		"version": 2, "latest_version": 2, "config": {"materialized": "table", "access": "public", "group": null}},
	"model.other.a": {"unique_id": "model.other.a", "resource_type": "model", "name": "a", "package_name": "other", "access": "private", "config": {"group": "g"}},
	"model.other.off": {"unique_id": "model.other.off", "resource_type": "model", "name": "off", "package_name": "other", "config": {"enabled": false}},
	"model.lib.c": {"unique_id": "model.lib.c", "resource_type": "model", "name": "c", "package_name": "lib", "access": "public"},
	"test.other.t": {"unique_id": "test.other.t", "resource_type": "test", "name": "t", "package_name": "other"}}}`

func TestReadExternal(t *testing.T) {
	nodes, err := artifact.ReadExternal(strings.NewReader(external), "other")
	if err != nil {
		t.Fatal(err)
	}
	if len(nodes) != 2 || nodes[0].ID != "model.other.a" || nodes[1].ID != "model.other.b" {
		t.Fatalf("%v", nodes)
	}
	if a := nodes[0]; a.Closed() != "private to the 'g' group" || !a.External {
		t.Errorf("a: %s", a.Closed())
	}
	if b := nodes[1]; b.Closed() != "" || b.Schema != "s" || b.Alias != "bb" || b.SearchName() != "b.v2" {
		t.Errorf("b: %+v", b)
	}
	for text, want := range map[string]string{
		"{":  "it is no manifest.json",
		"{}": `it has the schema ""`,
		strings.Replace(external, `"project_name": "other"`, `"project_name": "more"`, 1): `it is the manifest of the project "more"`,
	} {
		if _, err := artifact.ReadExternal(strings.NewReader(text), "other"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error: %v; want %s", err, want)
		}
	}
}

func FuzzReadExternal(f *testing.F) {
	f.Add(external)
	f.Fuzz(func(t *testing.T, text string) {
		nodes, err := artifact.ReadExternal(strings.NewReader(text), "other")
		if err != nil {
			return
		}
		for _, n := range nodes {
			if n.Package != "other" || !n.External {
				t.Errorf("%+v", n)
			}
			n.Closed()
			n.SearchName()
		}
	})
}
