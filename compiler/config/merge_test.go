package config_test

import (
	"errors"
	"testing"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

func layer(t *testing.T, pairs ...any) config.Layer {
	t.Helper()
	var out config.Layer
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, config.Entry{Key: pairs[i].(string), Value: jinja.FromGo(pairs[i+1])})
	}
	return out
}

func TestMerge(t *testing.T) {
	list := func(items ...any) []any { return items }
	dict := func(k string, v any) map[string]any { return map[string]any{k: v} }
	for _, test := range []struct {
		name         string
		weak, strong config.Layer
		key, want    string
	}{
		{"the stronger layer replaces", layer(t, "materialized", "view"), layer(t, "materialized", "table"), "materialized", "'table'"},
		{"the weaker one stays where the stronger is silent", layer(t, "schema", "a"), nil, "schema", "'a'"},
		{"tags are appended, with repeats", layer(t, "tags", "a"), layer(t, "tags", list("b", "a")), "tags", "['a', 'b', 'a']"},
		{"meta is merged by key", layer(t, "meta", dict("a", 1)), layer(t, "meta", dict("b", 2)), "meta", "{'a': 1, 'b': 2}"},
		{"hooks are appended under one spelling", layer(t, "pre_hook", "x"), layer(t, "pre-hook", list("y")), "pre-hook", "['x', 'y']"},
		{"grants replace by privilege", layer(t, "grants", dict("select", "a")), layer(t, "grants", dict("select", "b")), "grants", "{'select': ['b']}"},
		{"grants with a plus extend", layer(t, "grants", dict("select", "a")), layer(t, "grants", dict("+select", "b")), "grants", "{'select': ['a', 'b']}"},
		{"docs has defaults below it", layer(t, "docs", dict("show", false)), nil, "docs", "{'show': False, 'node_color': None}"},
		{"unknown keys are kept and replaced", layer(t, "partition_by", "a"), layer(t, "partition_by", list("b")), "partition_by", "['b']"},
		{"what nobody sets has its default", nil, nil, "on_schema_change", "'ignore'"},
	} {
		c, err := config.Merge(config.Models, test.weak, test.strong)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := jinja.Repr(c.Get(test.key)); got != test.want {
			t.Errorf("%s: %s = %s; want %s", test.name, test.key, got, test.want)
		}
	}
}

func TestMergeLeavesLayersAlone(t *testing.T) {
	weak := layer(t, "tags", []any{"a"}, "meta", map[string]any{"a": 1})
	if _, err := config.Merge(config.Models, weak, layer(t, "tags", "b", "meta", map[string]any{"b": 2})); err != nil {
		t.Fatal(err)
	}
	if got := jinja.Repr(weak[0].Value) + jinja.Repr(weak[1].Value); got != "['a']{'a': 1}" {
		t.Errorf("the weak layer became %s", got)
	}
}

func TestMergeChecksTypes(t *testing.T) {
	for _, l := range []config.Layer{
		layer(t, "enabled", "sometimes"), layer(t, "meta", []any{1}), layer(t, "alias", 3), layer(t, "tags", map[string]any{"a": 1}),
	} {
		_, err := config.Merge(config.Models, l)
		var e *source.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v; want an error with a place", l[0].Key, err)
		}
	}
}

func TestHookList(t *testing.T) {
	hooks := config.HookList([]jinja.Value{jinja.Str("select 1"), jinja.Str(`{"sql": "vacuum", "transaction": false}`), jinja.FromGo(map[string]any{"sql": "x"})})
	want := []string{
		"{'sql': 'select 1', 'transaction': True, 'index': None}",
		"{'sql': 'vacuum', 'transaction': False, 'index': None}",
		"{'sql': 'x', 'transaction': True, 'index': None}",
	}
	for i, h := range hooks {
		if got := jinja.Repr(h); got != want[i] {
			t.Errorf("hook %d = %s; want %s", i, got, want[i])
		}
	}
}

// FuzzParseYAML checks that any text is read or refused with a place, and that
// decoding what was read never fails in other ways.
func FuzzParseYAML(f *testing.F) {
	for _, s := range []string{"", "a: 1", "- a\n- b", "a: [1", "a: &x {b: 1}\nc: *x\nd: {<<: *x}", "a: 1\n---\nb: 2", "models:\n  - name: a\n   bad: 1\n", "? [a]\n: b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := config.ParseYAML(&source.File{Path: "x.yml", Text: text})
		if err != nil {
			var e *source.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v is no source.Error", text, err)
			}
			return
		}
		if d.Root != nil {
			_, _ = config.FromYAML(d.Root)
			config.Pairs(d.Root)
			d.Span(d.Root)
		}
	})
}
