package parse

import (
	"reflect"
	"testing"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// What is known of accepted_values without rendering it is what rendering finds.
func TestPlainValues(t *testing.T) {
	p := builtInParser(t)
	list := func(vals ...jinja.Value) *jinja.List { return jinja.NewList(vals...) }
	for _, test := range []struct {
		name  string
		more  map[string]jinja.Value
		plain bool
	}{
		{"texts", map[string]jinja.Value{"values": list(jinja.Str("a"), jinja.Str("it's"))}, true},
		{"numbers", map[string]jinja.Value{"values": list(jinja.Int(1), jinja.Float(2.5), jinja.Bool(true)), "quote": jinja.Bool(false)}, true},
		{"none", map[string]jinja.Value{"values": list()}, true},
		{"a template", map[string]jinja.Value{"values": list(jinja.Str("{{ 1 + 1 }}"))}, false},
		{"a call", map[string]jinja.Value{"values": list(jinja.Str("ref('other')"))}, false},
		{"a text", map[string]jinja.Value{"values": jinja.Str("abc")}, false},
		{"a list inside", map[string]jinja.Value{"values": list(list())}, false},
		{"more", map[string]jinja.Value{"values": list(), "severity": jinja.Str("warn")}, false},
		{"nothing", nil, false},
	} {
		spec := func() (*testSpec, *manifest.Node) {
			kwargs := jinja.NewDict()
			kwargs.SetStr("column_name", jinja.Str("v"))
			for k, v := range test.more {
				kwargs.SetStr(k, v)
			}
			kwargs.SetStr("model", jinja.Str("{{ get_where_subquery(ref('orders')) }}"))
			s := &testSpec{on: &tested{target: "orders", ref: &manifest.Ref{Name: "orders"}}, name: "accepted_values", column: "v", kwargs: kwargs}
			empty := config.New(config.Tests)
			n := &manifest.Node{
				Kind: manifest.Test, Package: "shop", Name: "accepted_values_orders_v", Raw: s.rawCode(), Config: empty,
				Test: &manifest.TestPart{Generic: true, Name: s.name, Kwargs: kwargs, ColumnName: "v"},
			}
			return s, n
		}
		s, short := spec()
		mac := p.shared.Macros.Test("shop", "", s.name)
		s.macro = p.testMacro("shop", "", s.name)
		if got := plainValues(s, short) != ""; got != test.plain {
			t.Errorf("%s: plain is %t; want %t", test.name, got, test.plain)
		}
		if !test.plain {
			continue
		}
		if _, err := p.testRefs(s, short); err != nil {
			t.Fatal(err)
		}
		s, full := spec()
		full.Macros = []string{mac.ID}
		configs, err := p.renderTest(s, full, mac)
		if err != nil || len(configs) > 0 || !s.rendered {
			t.Fatalf("%s: %v, %v", test.name, configs, err)
		}
		for i := range full.Refs {
			full.Refs[i].Span = short.Refs[i].Span
		}
		if !reflect.DeepEqual(short.Refs, full.Refs) || !reflect.DeepEqual(short.Macros, full.Macros) {
			t.Errorf("%s: %v %v; rendering finds %v %v", test.name, short.Refs, short.Macros, full.Refs, full.Macros)
		}
	}
}
