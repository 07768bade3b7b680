package parse

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/adapters"
	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// FuzzProperties reads any text as a properties file of a project with one model,
// through all that is read from properties alone: it must end, and all it says must
// have words.
func FuzzProperties(f *testing.F) {
	for _, s := range propertiesSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := propertiesParser(text)
		if p == nil {
			return
		}
		for _, step := range []func(){p.readProperties, p.loadExposures, p.loadSemantic, p.loadUnitTests, p.resolve, p.linkSemantic, p.check} {
			step()
		}
		for _, e := range p.problems {
			if e.Msg == "" {
				t.Errorf("%q: a problem without words at %s", text, e.Place())
			}
		}
		for _, n := range append(p.m.Nodes, p.m.Disabled...) {
			if n.Config == nil || n.ID == "" {
				t.Errorf("%q: a node without name or config", text)
			}
			scope.NodeDict(n)
		}
	})
}

var propertiesSeeds = []string{
	"unit_tests:\n- {name: a, model: m, given: [{input: ref('m'), format: csv, rows: \"a\\n1\"}], expect: {rows: [{a: 1}]}}",
	"unit_tests:\n- {name: a, model: m, versions: {include: [1]}, given: [], expect: {format: sql, rows: select 1}, overrides: {vars: {}}}",
	"exposures:\n- {name: e, type: ml, owner: {email: [a]}, depends_on: [ref('m'), metric('x'), '1 +'], tags: [a], config: {tags: b}}",
	"semantic_models:\n- {name: sm, model: ref('m'), primary_entity: pk, defaults: {agg_time_dimension: ds}, " +
		"dimensions: [{name: ds, type: time, type_params: {time_granularity: day}}], measures: [{name: mm, agg: sum, create_metric: true}]}\n" +
		"metrics:\n- {name: dd, label: D, type: derived, type_params: {expr: mm, metrics: [{name: mm, offset_window: 1 month}]}}\n" +
		"- {name: cc, label: C, type: conversion, type_params: {conversion_type_params: {entity: pk, base_measure: mm, conversion_measure: mm}}}\n" +
		"saved_queries:\n- {name: sq, query_params: {metrics: [mm], group_by: [\"Dimension('pk__ds')\"], where: a}, exports: [{name: x}]}",
	"metrics:\n- {name: a, label: A, type: ratio, type_params: {numerator: a, denominator: b}}\n- {name: a, label: A, type: cumulative, type_params: {window: 1}}",
	"groups: [{name: g, owner: {name: x}}]\nfunctions: [{name: f}]\nversion: 2",
	"models: [{name: m, time_spine: {standard_granularity_column: d}, columns: [{name: d, granularity: day}]}]",
}

// propertiesParser makes the parser of a project that has the model m and one
// properties file; nil where that is no YAML.
func propertiesParser(text string) *parser {
	file := &source.File{Path: "models/x.yml", Text: text}
	doc, err := config.ParseYAML(file)
	if err != nil || doc.Root == nil {
		return nil
	}
	f := &project.File{Kind: project.PropertiesFile, Path: file.Path, Search: "models", Rel: "x.yml", Source: file, Doc: doc}
	pkg := &project.Package{Name: "shop", Settings: &project.Settings{Vars: jinja.NewDict()}, Files: []*project.File{f}}
	dialect := &adapters.Dialect{}
	none, err := config.Merge(config.Models)
	if err != nil {
		return nil
	}
	m := &manifest.Manifest{Project: "shop", Packages: []string{"shop"}, Dialect: dialect}
	day := &manifest.Column{Name: "day", Granularity: jinja.Str("day"), Meta: jinja.NewDict()}
	spine := jinja.NewDict()
	spine.SetStr("standard_granularity_column", jinja.Str("day"))
	spine.SetStr("custom_granularities", jinja.NewList())
	m.Nodes = append(m.Nodes, &manifest.Node{
		ID: "model.shop.m", Kind: manifest.Model, Name: "m", Package: "shop", Alias: "m", Schema: "s", Config: none,
		Unrendered: jinja.NewDict(), Columns: []*manifest.Column{day}, TimeSpine: spine,
	})
	m.Index()
	return &parser{
		ctx: context.Background(), o: Options{Workers: 1}, m: m, created: map[string]*manifest.Node{},
		project: &project.Project{Root: pkg, Packages: []*project.Package{pkg}},
		shared: &scope.Shared{
			Dialect: dialect, Project: "shop", Schema: "s", Target: jinja.NewDict(), Base: scope.NewBase(scope.BaseOptions{}),
			Macros: scope.NewMacros("shop", nil, dialect, nil, nil),
			Var:    func(string, string) (jinja.Value, bool) { return nil, false },
			Vars:   func(string) *jinja.Dict { return jinja.NewDict() },
			Cache:  scope.NewCache(),
		},
	}
}

// TestProperties is the seeds of FuzzProperties with what comes of them.
func TestProperties(t *testing.T) {
	p := propertiesParser(propertiesSeeds[3])
	for _, step := range []func(){p.readProperties, p.loadSemantic, p.resolve, p.linkSemantic} {
		step()
	}
	var got []string
	for _, e := range p.problems {
		got = append(got, e.Error())
	}
	want := []string{
		"Semantic Manifest validation failed.",
		"models/x.yml:5:107: For conversion metrics, the measure must be COUNT/SUM(1)/COUNT_DISTINCT. Measure: mm is agg type: AggregationType.SUM",
		"models/x.yml:5:131: For conversion metrics, the measure must be COUNT/SUM(1)/COUNT_DISTINCT. Measure: mm is agg type: AggregationType.SUM",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSchemas checks that each key is explained and that no mapping has one twice.
func TestSchemas(t *testing.T) {
	var shape func(path string, s config.Shape)
	schema := func(path string, s *config.Schema) {
		seen := map[string]bool{}
		for _, k := range s.Keys {
			if at := path + "." + k.Name; seen[k.Name] || k.Doc == "" && !k.Made {
				t.Errorf("%s is there twice or has no words", at)
			} else {
				shape(at, k.Shape)
			}
			seen[k.Name] = true
		}
		if s.Short != "" && !seen[s.Short] {
			t.Errorf("%s has no key %s", path, s.Short)
		}
	}
	shape = func(path string, s config.Shape) {
		for _, below := range []*config.Shape{s.List, s.Values} {
			if below != nil {
				shape(path, *below)
			}
		}
		if s.Keys != nil {
			schema(path, s.Keys)
		}
	}
	for _, s := range Sections {
		schema(s.Name, s.Entry)
	}
}
