package config_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

var (
	inner = &config.Schema{Name: "an item", Short: "name", Keys: []config.Key{
		{Name: "name", Shape: config.SomeText, Required: true},
		{Name: "kind", Shape: config.Shape{OneOf: []string{"big", "small"}, AnyCase: true}, Default: jinja.Str("small")},
	}}
	sample = &config.Schema{Name: "things", Keys: []config.Key{
		{Name: "name", Shape: config.SomeText, Required: true, Hidden: true},
		{Name: "made", Made: true, Default: jinja.NewList()},
		{Name: "items", Shape: config.ListOf(config.KeysOf(inner)), Default: jinja.NewList()},
		{Name: "count", Shape: config.Shape{Scalars: config.IntValue, Read: func(v jinja.Value) (jinja.Value, string) {
			if v == jinja.Value(jinja.Int(0)) {
				return nil, "nothing to count"
			}
			return jinja.Str("#" + v.String()), ""
		}}},
		{Name: "rate", Shape: config.SomeNumber},
		{Name: "words", Shape: config.TextOrList},
		{Name: "by_name", Shape: config.Shape{Values: &config.SomeFlag}},
		{Name: "any", Shape: config.Anything},
	}}
)

func TestSchemaCheck(t *testing.T) {
	const head = "Invalid things config given in x.yml - at path "
	for _, test := range []struct {
		yaml string
		want []string // line:column, and what comes after the common words
	}{
		{"name: a\nitems: [b, {name: c, kind: BIG}]\ncount: 1\nrate: 2\nwords: w\nby_name: {x: true}\nany: [{}]", nil},
		{"name: a\ncount:\nitems: null", nil}, // none is as good as nothing
		{"nam: a", []string{
			`1:1: []: Additional properties are not allowed ('nam' was unexpected); did you mean "name"?`,
			`1:1: []: 'name' is a required property`,
		}},
		{"name: null", []string{"1:7: ['name']: None is not of type 'string'"}},
		{"name: a\nitems:\n  - {kind: bug}\n  - 3\n  -", []string{
			"3:5: ['items'][0]: 'name' is a required property",
			`3:12: ['items'][0]['kind']: 'bug' is not one of ['big', 'small']; did you mean "big"?`,
			"4:5: ['items'][1]: 3 is not of type 'string' or 'object'",
			"5:4: ['items'][2]: None is not of type 'string' or 'object'",
		}},
		{"name: a\ncount: 0", []string{"2:8: ['count']: nothing to count"}},
		{"name: a\ncount: yes\nrate: x\nwords: [1]\nby_name: {y: 1}", []string{
			"2:8: ['count']: True is not of type 'integer'",
			"3:7: ['rate']: 'x' is not of type 'number'",
			"4:9: ['words'][0]: 1 is not of type 'string'",
			"5:14: ['by_name']['y']: 1 is not of type 'boolean'",
		}},
		{"name: a\nmade: [1]", []string{"2:1: []: Additional properties are not allowed ('made' was unexpected); the keys here are any, by_name, count, items, name, rate, words"}},
		{"[1]", []string{"1:1: []: [1] is not of type 'object'"}},
		{"name: a\nitems: &i [{kind: bug, name: n}]\nany: *i", []string{`2:19: ['items'][0]['kind']: 'bug' is not one of ['big', 'small']; did you mean "big"?`}},
	} {
		d, v := readSample(t, test.yaml)
		problems := sample.Check(d, d.Root, v)
		problems.Sort()
		var got []string
		for _, e := range problems {
			got = append(got, strings.Replace(strings.TrimPrefix(e.Error(), "x.yml:"), head, "", 1))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q:\n%s", test.yaml, diff)
		}
	}
}

func TestSchemaFill(t *testing.T) {
	_, v := readSample(t, "name: a\nitems: [b, {kind: BIG, name: c, more: 1}]\ncount: 7\nany: null")
	got := jinja.Repr(sample.Fill(v))
	want := `{'made': [], 'items': [{'name': 'b', 'kind': 'small'}, {'name': 'c', 'kind': 'big'}], 'count': '#7', 'rate': None, 'words': None, 'by_name': None, 'any': None}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	first, second := sample.Fill(jinja.None), sample.Fill(jinja.None)
	made, _ := first.GetStr("made")
	made.(*jinja.List).Append(jinja.Int(1))
	if made, _ = second.GetStr("made"); made.Truth() {
		t.Error("what Fill gives shares its defaults")
	}
}

func readSample(t *testing.T, text string) (*config.Doc, jinja.Value) {
	t.Helper()
	d, err := config.ParseYAML(&source.File{Path: "x.yml", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	v, err := (&config.Renderer{}).Value(context.Background(), d, d.Root)
	if err != nil {
		t.Fatal(err)
	}
	return d, v
}

// FuzzSchema checks that anything that YAML can say is judged, with a place in the
// file, and that what is found good can be filled in.
func FuzzSchema(f *testing.F) {
	for _, s := range []string{"name: a\nitems: [b, {name: c}]", "items: {a: 1}", "name: [a]\nby_name: {1: yes}", "<<: {name: a}\nitems: &x [*x]", "a: &a {b: *a}", "name: '{{ [1] }}'\nitems: '{{ [{}] }}'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := config.ParseYAML(&source.File{Path: "x.yml", Text: text})
		if err != nil || d.Root == nil {
			return
		}
		v, err := (&config.Renderer{}).Value(context.Background(), d, d.Root)
		if err != nil {
			return
		}
		if wrong := sample.Check(d, d.Root, v); len(wrong) > 0 {
			for _, e := range wrong {
				if e.File == nil || int(e.Span.Start) > len(text) {
					t.Errorf("%q: %v has no place", text, e)
				}
			}
			return
		}
		if sample.Fill(v).Len() != len(sample.Keys)-1 {
			t.Errorf("%q: keys are missing", text)
		}
	})
}
