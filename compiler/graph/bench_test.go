package graph_test

import (
	"fmt"
	"testing"
	"time"

	"weft/compiler/artifact"
	"weft/compiler/config"
	"weft/compiler/graph"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// large is a project of n nodes: models in layers of a hundred, each of which refs
// three of the layer before, and every other one with a test.
func large(t testing.TB, n int) *graph.Graph {
	t.Helper()
	m := &manifest.Manifest{Project: "large", Packages: []string{"large"}, Quoting: jinja.NewDict()}
	layer, _ := config.Merge(config.Models, config.Layer{{Key: "materialized", Value: jinja.Str("table")}, {Key: "tags", Value: jinja.Str("daily")}})
	plain, _ := config.Merge(config.Models)
	tests, _ := config.Merge(config.Tests)
	meta := jinja.NewDict()
	meta.SetStr("materialized", jinja.Str("table"))
	models := 0
	for len(m.Nodes) < n {
		i := models
		models++
		name := fmt.Sprintf("model_%d", i)
		node := &manifest.Node{
			ID: "model.large." + name, Kind: manifest.Model, Name: name, Package: "large", FQN: []string{"large", fmt.Sprintf("area_%d", i%40), name},
			OriginalPath: "models/" + name + ".sql", Path: name + ".sql", Database: "db", Schema: "main", Alias: name, Config: plain, Language: "sql",
			Raw:        fmt.Sprintf("select a, b, c, %d as number from {{ ref('x') }} join {{ ref('y') }} using (a) where b > 10 group by 1, 2, 3", i),
			Unrendered: meta, Description: "what this model is, in a sentence or two, as people write it",
			Checksum: manifest.Checksum{Name: "sha256", Sum: fmt.Sprintf("%064d", i)},
		}
		if i%50 == 0 {
			node.Config, node.Tags = layer, []string{"daily"}
		}
		for c := range 10 {
			node.Columns = append(node.Columns, &manifest.Column{Name: fmt.Sprintf("column_%d", c), Description: "what it holds", Meta: jinja.NewDict(), Quote: jinja.None, Granularity: jinja.None})
		}
		for d := range 3 {
			if from := i/100*100 - 100 + (i*7+d*31)%100; from >= 0 {
				node.DependsOn = append(node.DependsOn, fmt.Sprintf("model.large.model_%d", from))
			}
		}
		m.Nodes = append(m.Nodes, node)
		if i%2 == 0 && len(m.Nodes) < n {
			m.Nodes = append(m.Nodes, &manifest.Node{
				ID: "test.large.not_null_" + name, Kind: manifest.Test, Name: "not_null_" + name, Package: "large", FQN: []string{"large", "not_null_" + name},
				OriginalPath: "models/all.yml", Path: "not_null_" + name + ".sql", Config: tests, Raw: "{{ test_not_null(**kwargs) }}", Language: "sql",
				Unrendered: jinja.NewDict(), DependsOn: []string{node.ID}, Test: &manifest.TestPart{Name: "not_null", Generic: true, Kwargs: jinja.NewDict()},
			})
		}
	}
	m.Index()
	return graph.New(m)
}

// BenchmarkSelect is what selections cost in a project of 34,000 nodes.
func BenchmarkSelect(b *testing.B) {
	g := large(b, 34_000)
	for _, test := range []struct {
		sel  string
		mode graph.Mode
	}{
		{"tag:daily+", graph.Eager}, {"+model_20000+", graph.Eager}, {"@model_500", graph.Eager}, {"large.area_3.*", graph.Cautious},
		{"path:models/model_1*", graph.Buildable}, {"config.materialized:table,tag:daily", graph.Eager},
	} {
		b.Run(test.sel+"/"+string(test.mode), func(b *testing.B) {
			for b.Loop() {
				set, err := g.Select(graph.Selection{Select: []string{test.sel}, Mode: test.mode})
				if err != nil || set.Len() == 0 {
					b.Fatal(set.Len(), err)
				}
			}
		})
	}
}

// BenchmarkState is what reading an earlier manifest of 34,000 nodes costs, and
// comparing with it.
func BenchmarkState(b *testing.B) {
	g := large(b, 34_000)
	m := &manifest.Manifest{Project: "large", Nodes: g.Nodes, Quoting: jinja.NewDict()}
	dir := b.TempDir()
	if err := artifact.WriteManifest(dir, m, artifact.Run{Meta: artifact.Metadata{GeneratedAt: time.Unix(0, 0), StartedAt: time.Unix(0, 0)}}); err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := artifact.ReadManifest(dir); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("state:modified", func(b *testing.B) {
		then, err := artifact.ReadManifest(dir)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			st := &graph.State{ReadManifest: func() (*artifact.Recorded, error) { return then, nil }}
			set, err := g.Select(graph.Selection{Select: []string{"state:modified"}, State: st})
			if err != nil || set.Len() != 0 {
				b.Fatal(set.Len(), err)
			}
		}
	})
}

// BenchmarkLevels is what ordering the nodes costs before anything runs.
func BenchmarkLevels(b *testing.B) {
	g := large(b, 34_000)
	for b.Loop() {
		g.Levels()
	}
}
