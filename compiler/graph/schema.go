package graph

import (
	"weft/compiler/config"
	"weft/compiler/jinja"
)

// selectorKeys is the keys of an entry of selectors.yml.
var selectorKeys = &config.Schema{Name: "selectors", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "what --selector calls it"},
	{Name: "description", Shape: config.SomeText, Doc: "what it is for"},
	{Name: "default", Shape: config.SomeFlag, Doc: "whether it is used where nothing else is selected; one may be"},
	{Name: "definition", Shape: config.Anything, Required: true, Doc: "a term as --select has it, a mapping of one method to a value, or union, intersection and exclude of definitions"},
}}

// SelectorsSchema gives the JSON Schema of selectors.yml.
func SelectorsSchema() *jinja.Dict {
	out := config.NewJSONSchema("selectors.yml", "Selections of nodes by name")
	out.Property("selectors", config.ListOf(config.KeysOf(selectorKeys)).JSON())
	out.SetStr("required", jinja.NewList(jinja.Str("selectors")))
	out.Close()
	return out.Dict
}
