package parse

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// queryNames are the functions of conditions, groups and orders.
var queryNames = []string{"Dimension", "TimeDimension", "Entity", "Metric"}

// templateNames are the names that every template of Jinja has beside them.
var templateNames = []string{"range", "dict", "lipsum", "cycler", "joiner", "namespace"}

// queryTemplate reads a template of the semantic layer and gives the problem with it.
func queryTemplate(path, text string) error {
	t, err := syntax.Parse(&source.File{Path: path, Text: text}, syntax.Options{})
	if err != nil {
		return errors.New(source.All(err)[0].Msg)
	}
	for _, name := range t.Globals {
		if !slices.Contains(queryNames, name) && !slices.Contains(templateNames, name) {
			return fmt.Errorf("%s is none of %s", name, strings.Join(queryNames, ", "))
		}
	}
	err = nil
	syntax.Walk(t, func(x any) bool {
		if call, ok := x.(*syntax.Call); ok && err == nil {
			err = queryCall(call)
		}
		return true
	})
	return err
}

// queryCall checks the name that a call has: an entity and a dimension.
func queryCall(call *syntax.Call) error {
	fn, ok := call.Func.(*syntax.Name)
	if !ok || !slices.Contains(queryNames, fn.Name) || len(call.Args.Args) == 0 {
		return nil
	}
	k, ok := call.Args.Args[0].(*syntax.Const)
	if !ok {
		return nil
	}
	if k.Kind != syntax.Str {
		return fmt.Errorf("the name in %s() must be a text", fn.Name)
	}
	if strings.HasSuffix(fn.Name, "Dimension") && k.Str != "metric_time" && !strings.Contains(k.Str, "__") {
		//lint:ignore ST1005 dbt's words
		return fmt.Errorf("Name is in an incorrect format: '%s'. It should be of the form: <primary entity name>__<dimension_name>", k.Str)
	}
	return nil
}

// filters checks the templates of every filter below v; whether there is a way from the
// metric to what they name is not known before someone asks.
func (c *semChecker) filters(s *semanticEntry, v jinja.Value) {
	switch v := v.(type) {
	case *jinja.List:
		for _, item := range v.Items {
			c.filters(s, item)
		}
	case *jinja.Dict:
		for k, item := range v.All() {
			if k.String() == "input_measures" {
				continue // those are of other metrics, too
			}
			text, ok := item.(jinja.Str)
			if !ok || k.String() != "where_sql_template" {
				c.filters(s, item)
				continue
			}
			if err := queryTemplate(s.e.file.Path, string(text)); err != nil {
				c.bad(s, valueNode(s.e.node, string(text)), "An error occurred while trying to parse filter of %s `%s`: %s", strings.ReplaceAll(s.n.Kind.String(), "_", " "), s.n.Name, err)
			}
		}
	}
}

// queryItem is Dimension('entity__name'), perhaps with further arguments and methods.
var queryItem = regexp.MustCompile(`^\s*(Dimension|TimeDimension|Entity|Metric)\(\s*(?:\w+\s*=\s*)?['"]([^'"]*)['"]`)

// query checks a saved query: what it groups and orders by.
func (c *semChecker) query(s *semanticEntry) {
	c.name(s, config.Child(s.e.node, "name"), s.n.Name)
	params, node := dictOf(s.n.Body, "query_params"), config.Child(s.e.node, "query_params")
	known := map[string]bool{}
	for _, m := range listOf(at(params, "metrics")) {
		known[m.String()] = true
	}
	items := func(key string, fn func(text string, m []string, place *yaml.Node)) {
		nodes := config.Child(node, key)
		for i, v := range listOf(at(params, key)) {
			text, place := v.String(), itemNode(nodes, i)
			m := queryItem.FindStringSubmatch(text)
			err := queryTemplate(s.e.file.Path, "{{ "+text+" }}")
			if err == nil && m == nil {
				err = fmt.Errorf("it must be one of %s with a name, not %s", strings.Join(queryNames, ", "), text)
			}
			if err != nil {
				c.bad(s, place, "An error occurred while trying to parse %s in saved query `%s`: %s", key, s.n.Name, err)
				continue
			}
			fn(text, m, place)
		}
	}
	items("group_by", func(text string, m []string, place *yaml.Node) {
		known[m[2]] = true
		if m[1] != "Metric" && !c.groups(m[2]) {
			c.bad(s, place, "`%s` is not a valid group-by name.", text)
		}
	})
	items("order_by", func(text string, m []string, place *yaml.Node) {
		if !known[m[2]] {
			c.bad(s, place, "%s does not match any of the listed metrics or group-by items.", text)
		}
	})
	c.filters(s, params)
}

// groups says whether rows can be grouped by a name, as far as that is known without
// looking for a way from the metrics to it.
func (c *semChecker) groups(path string) bool {
	parts := strings.Split(path, "__")
	name := parts[len(parts)-1]
	return c.names[name] || name == "metric_time" || slices.Contains(c.grains, name) ||
		slices.ContainsFunc(c.models, func(s *semanticEntry) bool { return textOf(s.n.Body, "primary_entity") == name })
}
