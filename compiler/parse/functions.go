package parse

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/project"
)

// Functions is the keys of an entry of functions that are its own; others are those of
// models.
var Functions = &config.Schema{Name: "functions", Open: true, Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the function, which is its file's"},
	{Name: "returns", Shape: config.KeysOf(functionReturns), Required: true, Doc: "what the function gives"},
	{Name: "arguments", Shape: config.ListOf(config.KeysOf(functionArgument)), Default: jinja.NewList(), Doc: "what the function takes, in order"},
	{Name: "description", Shape: config.SomeText, Doc: "what the function does"},
	{Name: "config", Shape: config.Mapping, Doc: "config of the function"},
}}

var functionReturns = &config.Schema{Name: "returns", Keys: []config.Key{
	{Name: "data_type", Shape: config.SomeText, Required: true, Doc: "type of the result"},
	{Name: "description", Shape: config.SomeText, Doc: "what the result is"},
}}

var functionArgument = &config.Schema{Name: "an argument", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the argument"},
	{Name: "data_type", Shape: config.SomeText, Required: true, Doc: "type of the argument"},
	{Name: "description", Shape: config.SomeText, Doc: "what the argument is"},
	{Name: "default_value", Shape: config.Anything, Doc: "what the argument is if it is not given"},
}}

// functionWords are the config keys of functions that take only some words.
var functionWords = map[string][]string{
	"type":       {"scalar", "aggregate", "table"},
	"volatility": {"deterministic", "stable", "non-deterministic"},
}

// functionDraft starts a function, which is a file and the entry that describes it.
func (p *parser) functionDraft(pkg *project.Package, f *project.File) *draft {
	d := p.sqlDraft(pkg, f, manifest.Function, "functions")
	if path.Ext(f.Rel) == ".py" {
		d.node.Language = "python"
	}
	// What dbt writes of a function that no properties describe.
	returns := functionReturns.Fill(jinja.None)
	returns.SetStr("data_type", jinja.Str("INVALID_TYPE"))
	d.node.Body = jinja.NewDict()
	d.node.Body.SetStr("returns", returns)
	d.node.Body.SetStr("arguments", jinja.NewList())
	return d
}

// functionBody takes over what the entry of a function says of its arguments and its
// result. A function without an entry has none of it.
func (p *parser) functionBody(e *entry, n *manifest.Node) {
	if n.Kind != manifest.Function || !p.valid(e, Functions) {
		return
	}
	for key, words := range functionWords {
		if v := n.Config.Text(key); v != "" && !slices.Contains(words, v) {
			bad := placed(n, fmt.Sprintf("the %s of function '%s' is '%s', which is not one of [%s]", key, n.Name, v, strings.Join(quoteAll(words), ", ")))
			if at := config.Child(config.Child(e.node, "config"), key); at != nil {
				bad.File, bad.Span = e.doc.File, e.doc.Span(at)
			}
			p.fail(bad)
		}
	}
	all := Functions.Fill(e.vals)
	n.Body.SetStr("returns", at(all, "returns"))
	n.Body.SetStr("arguments", at(all, "arguments"))
	nodes, optional := config.Child(e.node, "arguments"), ""
	for i, v := range listOf(at(all, "arguments")) {
		d := v.(*jinja.Dict)
		name := textOf(d, "name")
		if at(d, "default_value") != jinja.Value(jinja.None) {
			optional = name
		} else if optional != "" {
			p.fail(e.doc.Errorf(itemNode(nodes, i), "Non-defaulted argument '%s' of function '%s' comes after the defaulted argument '%s'", name, n.Name, optional))
		}
	}
}
