package graph_test

import (
	"context"
	"strings"
	"testing"

	"weft/compiler/config"
	"weft/compiler/graph"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

func readSelectors(text string) (*graph.Selectors, error) {
	doc, err := config.ParseYAML(&source.File{Path: "selectors.yml", Text: text})
	if err != nil {
		return nil, err
	}
	return graph.ReadSelectors(context.Background(), doc, &config.Renderer{})
}

func TestSelectors(t *testing.T) {
	g := shop(t)
	for _, test := range []struct{ definition, want, normalised string }{
		{`"tag:daily"`, "orders_by_user related stg_users unique_users", `{"method": "tag", "value": "daily"}`},
		{`"2+report+1"`, "orders_by_user related report stg_orders stg_users unique_users", `{"method": "fqn", "value": "report", "parents": true, "parents_depth": "2", "children": true, "children_depth": "1"}`},
		{`"tag:daily report"`, "", `{"method": "tag", "value": "daily report"}`}, // one criterion, with a blank
		{`{tag: daily}`, "orders_by_user related stg_users unique_users", `{"method": "tag", "value": "daily"}`},
		{`{method: fqn, value: report, parents: true, parents_depth: 1, indirect_selection: empty}`, "orders_by_user report", `{"method": "fqn", "value": "report", "parents": true, "parents_depth": 1, "indirect_selection": "empty"}`},
		{`{method: fqn, value: stg_users, indirect_selection: cautious}`, "stg_users unique_users", ""},
		{`{union: [report, {fqn: stg_orders}, {exclude: [{test_name: relationships}]}]}`, "report stg_orders", `{"union": [{"method": "fqn", "value": "report"}, {"method": "fqn", "value": "stg_orders"}, {"exclude": [{"method": "test_name", "value": "relationships"}]}]}`},
		// Sets of criteria let no test in that none of them has.
		{`{union: [{method: fqn, value: stg_users, indirect_selection: cautious}, {method: fqn, value: stg_orders, indirect_selection: cautious}]}`, "stg_orders stg_users unique_users", ""},
		{`{intersection: ["path:models/staging", {tag: daily}, {exclude: ["test_type:generic"]}]}`, "stg_users", ""},
		{`{method: package, value: this, exclude: [{resource_type: test}, "staging"]}`, "orders orders_by_user report users", `{"method": "package", "value": "this", "exclude": [{"resource_type": "test"}, "staging"]}`},
		{`{union: []}`, "", `{"union": []}`},
		{`{union: [{exclude: [report]}]}`, "", ""},
		{`{method: selector, value: other}`, "report", `{"method": "fqn", "value": "report"}`},
		{`{union: [{method: selector, value: other}, {source: raw}]}`, "orders report users", ""},
	} {
		s, err := readSelectors("selectors:\n  - name: it\n    definition: " + test.definition + "\n  - name: other\n    definition: report\n")
		if err != nil {
			t.Errorf("%s: %v", test.definition, err)
			continue
		}
		it, err := s.Find("it")
		if err != nil {
			t.Fatal(err)
		}
		set, err := g.Select(graph.Selection{Selector: it})
		if err != nil {
			t.Errorf("%s: %v", test.definition, err)
			continue
		}
		if got := names(g, set); got != test.want {
			t.Errorf("%s selects\n%s; want\n%s", test.definition, got, test.want)
		}
		v, _ := s.Manifest.GetStr("it")
		def, _ := v.(*jinja.Dict).GetStr("definition")
		b, err := jinja.AppendJSON(nil, def, jinja.JSONOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if test.normalised != "" && string(b) != test.normalised {
			t.Errorf("%s is\n%s; want\n%s", test.definition, b, test.normalised)
		}
	}
}

func TestSelectorErrors(t *testing.T) {
	for definition, want := range map[string]string{
		`[tag, x]`:                                  "is a list (- tag, - x)",
		`{union: ["tag:x"], tag: y}`:                "Only a single 'union' or 'intersection' key is allowed in a root level selector definition; found union,tag.",
		`{union: ["tag:x", ["tag:y"]]}`:             "a list stands where a criterion is wanted",
		`{intersection: "tag:x"}`:                   `Invalid value for key "intersection". Expected a list.`,
		`{union: [{exclude: [a]}, {exclude: [b]}]}`: "multiple exclude arguments",
		`{method: tag}`:                             "'method' is not a valid method name",
		`{method: tag, parents: true}`:              `Expected either 1 key or else "method" and "value" keys, but got ['method', 'parents']`,
		`{}`:                                        "but got []",
		`{tag: [a, b]}`:                             "the value of tag is ['a', 'b']",
		`5`:                                         "a criterion is 5, not a text",
		`"@a+"`:                                     `"@" prefix and "+" suffix are incompatible`,
		`{method: tag, value: a, childrens_parents: true, children: true}`: `"@" prefix and "+" suffix are incompatible`,
		`{method: tag, value: a, children_depth: x}`:                       "could not handle children depth x",
		`{method: tag, value: a, indirect_selection: odd}`:                 "'odd' is not a valid IndirectSelection",
		`{method: selector, value: it}`:                                    "Found a cycle of selectors: it --> it",
		`{method: selector, value: itt}`:                                   `Existing selector definition for itt not found; did you mean "it"?`,
	} {
		_, err := readSelectors("selectors:\n  - name: it\n    definition: " + definition + "\n")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", definition, err, want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "selectors.yml:3:") {
			t.Errorf("%s: no place in %v", definition, err)
		}
	}
	for _, text := range []string{"other: 1", "selectors: 1", "selectors:\n  name: a", "selectors:\n  - a", "selectors:\n  - definition: a",
		"selectors:\n  - name: a\n    default: maybe\n    definition: a", "selectors:\n  - {name: a, default: true, definition: a}\n  - {name: b, default: true, definition: b}"} {
		if _, err := readSelectors(text); err == nil {
			t.Errorf("no complaint about %q", text)
		}
	}
	if s, err := readSelectors(""); err != nil || len(s.Names) != 0 {
		t.Errorf("an empty file: %v", err)
	}
}

// FuzzSelectors checks that any selectors.yml ends in selections or an error.
func FuzzSelectors(f *testing.F) {
	g := shop(f)
	for _, s := range []string{"{union: [a, {exclude: [b]}]}", "{method: selector, value: b}", "{method: tag, value: 1, parents: true, parents_depth: 2}",
		"'@source:raw.*'", "{config.meta.x: true}", "{intersection: [{union: []}, {path: 'a/**'}]}", "&a [*a]"} {
		f.Add(s, "{method: selector, value: a}")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		s, err := readSelectors("selectors:\n  - name: a\n    definition: " + one + "\n  - name: b\n    definition: " + two + "\n")
		if err != nil {
			return
		}
		for _, name := range s.Names {
			it, err := s.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			if set, err := g.Select(graph.Selection{Selector: it}); err == nil {
				for _, i := range set.Members() {
					_ = g.Nodes[i]
				}
			}
		}
	})
}
