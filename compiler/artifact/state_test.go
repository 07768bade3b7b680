package artifact

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

const oldManifest = `{
  "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v5.json", "dbt_version": "1.1.0", "env": {}},
  "nodes": {"model.shop.orders": {"raw_sql": "select \"a\" as \u00e9", "fqn": ["shop", "orders"], "config": {"materialized": "table", "meta": {"}": "\\"}}, "refs": [["x"]], "extra": [1, {"a": null}]}},
  "sources": {}, "docs": {"dbt.__overview__": {}},
  "macros": {"macro.shop.m": {"name": "m", "macro_sql": "{% macro m() %}{% endmacro %}"}},
  "disabled": {"model.shop.off": [{"raw_sql": ""}]}
}`

func TestReadManifest(t *testing.T) {
	m, err := readManifest(strings.NewReader(oldManifest))
	if err != nil {
		t.Fatal(err)
	}
	e := m.Entries["model.shop.orders"]
	for field, want := range map[string]string{"raw_code": `"select \"a\" as \u00e9"`, "fqn": `["shop", "orders"]`, "alias": ""} {
		if got := string(e.Get(field)); got != want {
			t.Errorf("%s = %s; want %s", field, got, want)
		}
	}
	if got := e.Text("raw_code"); got != `select "a" as é` {
		t.Errorf("raw_code = %q", got)
	}
	if got := e.Map("config")["materialized"]; got != "table" {
		t.Errorf("materialized = %v", got)
	}
	if len(m.Entries) != 1 || m.Macros["macro.shop.m"] != "{% macro m() %}{% endmacro %}" || m.Weft != "" || m.Version != "1.1.0" {
		t.Errorf("read %+v", m)
	}
}

func TestReadManifestErrors(t *testing.T) {
	for _, text := range []string{"", "[]", "{", `{"nodes": {}}`, `{"metadata": {}}`, oldManifest[:len(oldManifest)-3], strings.Replace(oldManifest, "v5", "v3", 1),
		strings.Replace(oldManifest, "v5", "v13", 1), strings.Replace(oldManifest, `"table"`, `"table]`, 1), strings.Replace(oldManifest, `"fqn":`, `"fqn"`, 1)} {
		if _, err := readManifest(strings.NewReader(text)); err == nil {
			t.Errorf("no complaint about %.80q", text)
		}
	}
}

func TestSameJSON(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{`{"a": 1, "b": [true]}`, `{"b":[true],"a":1.0}`, true},
		{`{"a": 1}`, `{"a": 1, "b": null}`, false},
		{`null`, ``, true},
		{`"1"`, `1`, false},
		{`[1, 2]`, `[2, 1]`, false},
		{`10000000000000000001`, `10000000000000000002`, true}, // as near as Python's floats
	} {
		var a, b []byte
		if test.a != "" {
			a = []byte(test.a)
		}
		if test.b != "" {
			b = []byte(test.b)
		}
		if got := SameJSON(a, b); got != test.same {
			t.Errorf("SameJSON(%s, %s) = %t", test.a, test.b, got)
		}
	}
}

// FuzzScan checks that reading a manifest ends whatever the text, and that what is
// taken out of JSON is what a full reader finds in it.
func FuzzScan(f *testing.F) {
	f.Add(oldManifest)
	f.Add(`{"metadata": {}, "nodes": {"a": {"fqn": [`)
	f.Add(`{"a\u0041": "\ud83d\ude00", "raw_code": 12, "config": -1e5, "fqn":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = readManifest(strings.NewReader(text))
		e, err := readEntry("x", []byte(text))
		var full map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &full) != nil || full == nil {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for name, want := range full {
			if i, ok := entryField[name]; !ok || entryFields[i] != name {
				continue // raw_sql may stand beside raw_code
			}
			if _, twice := full["raw_sql"]; twice && name == "raw_code" {
				continue
			}
			var a, b any
			if json.Unmarshal(want, &a) != nil || json.Unmarshal(e.Get(name), &b) != nil || !reflect.DeepEqual(a, b) {
				t.Fatalf("%q: %s = %q; want %q", text, name, e.Get(name), want)
			}
		}
	})
}
