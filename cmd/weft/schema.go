package main

import (
	"os"
	"path/filepath"

	"weft/compiler/config"
	"weft/compiler/deps"
	"weft/compiler/graph"
	"weft/compiler/jinja"
	"weft/compiler/parse"
	"weft/compiler/project"
	"weft/compiler/source"
)

// schemaFiles are the files that editors can check, and what describes each.
var schemaFiles = []struct {
	name string
	json func() *jinja.Dict
}{
	{"dbt_project.json", project.JSONSchema},
	{"properties.json", propertiesSchema},
	{"profiles.json", project.ProfilesSchema},
	{"selectors.json", graph.SelectorsSchema},
	{"packages.json", deps.PackagesSchema},
}

// schemaExport writes JSON Schemas of the YAML files of a project into a folder.
func (a *app) schemaExport(_ []string) error {
	dir := a.set.text("output")
	if dir == "" {
		dir = "schemas"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cannotWrite(dir, err)
	}
	for _, f := range schemaFiles {
		text, err := jinja.AppendJSON(nil, f.json(), jinja.JSONOptions{Lines: true, Indent: "  "})
		if err != nil {
			return &source.Error{Class: source.Internal, Msg: f.name + ": " + err.Error()}
		}
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			return cannotWrite(path, err)
		}
		a.p.print(path)
	}
	return nil
}

func cannotWrite(path string, err error) error {
	return &source.Error{Class: source.Runtime, Msg: path + " cannot be written: " + err.Error(), Hint: "name another folder with --output", Err: err}
}

// propertiesSchema describes the files beside models, seeds and so on.
func propertiesSchema() *jinja.Dict {
	out := config.NewJSONSchema("properties", "What is known of the resources of a dbt project")
	out.Property("version", config.Anything.JSON())
	out.Property("anchors", config.Anything.JSON())
	for _, s := range parse.Sections {
		out.Property(s.Name, config.ListOf(config.KeysOf(s.Entry)).JSON())
	}
	out.Close()
	return out.Dict
}
