package main

import (
	"fmt"
	"slices"
	"strings"

	"weft/compiler/artifact"
	"weft/compiler/graph"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// listKeys are the members that ls --output json shows if none are named.
var listKeys = []string{"alias", "name", "package_name", "depends_on", "tags", "config", "resource_type", "source_name", "original_file_path", "unique_id"}

// checkList finds mistakes in the flags of ls before anything is read.
func (a *app) checkList() error {
	if out := a.set.text("output"); !slices.Contains([]string{"", "json", "name", "path", "selector"}, out) {
		return &usageError{fmt.Sprintf("Invalid value for '--output': '%s' is not one of 'json', 'name', 'path', 'selector'.", out)}
	}
	if a.set.on("explain") && a.set.text("state") == "" {
		return &usageError{"--explain compares with an earlier state: name its folder with --state."}
	}
	return nil
}

// listJSON is a node as an object: of the usual members in the order of manifest.json,
// or of those that --output-keys names, in that order.
func (a *app) listJSON(n *manifest.Node) (string, error) {
	keys, values, err := artifact.Members(n)
	if err != nil {
		return "", err
	}
	var parts []string
	add := func(key, value string) { parts = append(parts, quoted(key)+": "+value) }
	if named := a.set.list("output-keys"); len(named) > 0 {
		for _, key := range named {
			if value, ok := values[key]; ok {
				add(key, value)
			} else if value, ok := artifact.Within(values, key); ok {
				add(key, value)
			}
		}
	} else {
		for _, key := range keys {
			if slices.Contains(listKeys, key) {
				add(key, values[key])
			}
		}
	}
	if a.set.on("explain") {
		i, _ := a.graph.Index(n.ID)
		c, err := a.change(i)
		if err != nil {
			return "", err
		}
		text, err := explanation(c, n.Kind)
		if err != nil {
			return "", err
		}
		add("explanation", text)
	}
	return "{" + strings.Join(parts, ", ") + "}", nil
}

func quoted(s string) string {
	b, err := jinja.AppendJSON(nil, jinja.Str(s), jinja.JSONOptions{ASCII: true})
	if err != nil {
		return `""`
	}
	return string(b)
}

// change compares a node with the state of --state.
func (a *app) change(i int) (*graph.Change, error) {
	st, err := a.state()
	if err != nil {
		return nil, err
	}
	c, err := st.Changes(a.graph, i)
	if err == nil && c == nil {
		err = graph.NoManifest()
	}
	return c, err
}

// explainNode prints below a node how it differs from the state:
//
//	shop.orders
//	  configs: config.materialized
//	    - "view"
//	    + "table"
func (a *app) explainNode(i int) error {
	if !a.set.on("explain") || a.set.text("output") == "json" {
		return nil
	}
	c, err := a.change(i)
	if err != nil {
		return err
	}
	if c.New {
		a.p.print("  new: not in the state")
	}
	if !c.New && len(c.Differences) == 0 {
		a.p.print("  unmodified")
	}
	for _, d := range c.Differences {
		head := "  " + d.Part + ": " + d.Field
		if d.Aside {
			head += " (does not count for state:modified)"
		}
		a.p.print(head)
		for _, side := range [][2]string{{"    - ", d.Before}, {"    + ", d.After}} {
			if side[1] == "" {
				side[1] = "(nothing)"
			}
			a.p.print(side[0] + side[1])
		}
	}
	return nil
}

// explanation is explainNode for the JSON form.
func explanation(c *graph.Change, k manifest.Kind) (string, error) {
	list := jinja.NewList()
	for _, d := range c.Differences {
		one := jinja.NewDict()
		one.SetStr("part", jinja.Str(d.Part))
		one.SetStr("field", jinja.Str(d.Field))
		one.SetStr("before", textOrNone(d.Before))
		one.SetStr("after", textOrNone(d.After))
		one.SetStr("counts", jinja.Bool(!d.Aside))
		list.Append(one)
	}
	out := jinja.NewDict()
	out.SetStr("new", jinja.Bool(c.New))
	out.SetStr("modified", jinja.Bool(c.Modified(k, "")))
	out.SetStr("differences", list)
	b, err := jinja.AppendJSON(nil, out, jinja.JSONOptions{ASCII: true})
	return string(b), err
}

func textOrNone(s string) jinja.Value {
	if s == "" {
		return jinja.None
	}
	return jinja.Str(s)
}
