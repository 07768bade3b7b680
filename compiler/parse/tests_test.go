package parse

import (
	"strings"
	"testing"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// TestNames checks names and hashes of generic tests against those that dbt gives.
func TestNames(t *testing.T) {
	values := func(words ...string) *jinja.List {
		l := jinja.NewList()
		for _, w := range words {
			l.Append(jinja.Str(w))
		}
		return l
	}
	for _, test := range []struct {
		test, model, column string
		more                map[string]jinja.Value
		want                string
	}{
		{"unique", "customers", "customer_id", nil, "unique_customers_customer_id.c5af1ff4b1"},
		{"not_null", "customers", "customer_id", nil, "not_null_customers_customer_id.5c9bf9911d"},
		{"accepted_values", "orders", "status", map[string]jinja.Value{"values": values("placed", "shipped", "completed", "return_pending", "returned")},
			"accepted_values_orders_status__placed__shipped__completed__return_pending__returned.be6b5b5ec3"},
		{"relationships", "orders", "customer_id", map[string]jinja.Value{"to": jinja.Str("ref('customers')"), "field": jinja.Str("customer_id")},
			"relationships_orders_customer_id__customer_id__ref_customers_.c6ec7f58f2"},
	} {
		kwargs := jinja.NewDict()
		kwargs.SetStr("column_name", jinja.Str(test.column))
		for k, v := range test.more {
			kwargs.SetStr(k, v)
		}
		kwargs.SetStr("model", jinja.Str("{{ get_where_subquery(ref('"+test.model+"')) }}"))
		s := &testSpec{on: &tested{target: test.model, ref: &manifest.Ref{Name: test.model}}, name: test.test, kwargs: kwargs}
		full, short := s.names()
		if got := full + "." + s.hash(full); got != test.want {
			t.Errorf("got %s; want %s", got, test.want)
		}
		if len(full) < 64 && short != full || len(short) > 63 {
			t.Errorf("%s: short name %s", full, short)
		}
	}
}

func TestAppendPlain(t *testing.T) {
	for in, want := range map[string]string{"a.b  c": "a_b_c", "(x)": "_x_", "a_b9": "a_b9", "ünï": "_n_", "": ""} {
		if got := string(appendPlain(nil, in)); got != want {
			t.Errorf("appendPlain(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestEntryText(t *testing.T) {
	for path, want := range map[string]bool{
		"description": true, "columns.description": true, "columns.data_tests": true, "tables.columns.tests": true,
		"config.pre_hook": true, "config.pre-hook": false, "config.meta": false, "name": false, "versions.columns.description": true,
		"config.description": false, "loaded_at_query": true,
	} {
		if got := entryText(strings.Split(path, ".")); got != want {
			t.Errorf("%s keeps its text: %t; want %t", path, got, want)
		}
	}
}
