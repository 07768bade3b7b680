package runner

import (
	"fmt"
	"testing"

	"weft/compiler/config"
	"weft/compiler/graph"
	"weft/compiler/manifest"
)

// BenchmarkPlan is what planning costs in a project of 34,000 nodes, and handing its
// nodes out in order.
func BenchmarkPlan(b *testing.B) {
	models, _ := config.Merge(config.Models)
	tests, _ := config.Merge(config.Tests)
	m := &manifest.Manifest{Project: "p"}
	for i := 0; len(m.Nodes) < 34_000; i++ {
		n := &manifest.Node{ID: fmt.Sprintf("model.p.m%d", i), Kind: manifest.Model, Name: fmt.Sprintf("m%d", i), FQN: []string{"p", "m"}, Raw: "select 1", Config: models}
		for d := range 3 {
			if from := i/100*100 - 100 + (i*7+d*31)%100; from >= 0 {
				n.DependsOn = append(n.DependsOn, fmt.Sprintf("model.p.m%d", from))
			}
		}
		m.Nodes = append(m.Nodes, n)
		if i%2 == 0 {
			m.Nodes = append(m.Nodes, &manifest.Node{ID: fmt.Sprintf("test.p.t%d", i), Kind: manifest.Test, Name: "t", FQN: []string{"p", "t"}, Raw: "select 1", Config: tests,
				DependsOn: append([]string{n.ID}, n.DependsOn[:min(i%20/18, len(n.DependsOn))]...), Test: &manifest.TestPart{}})
		}
	}
	m.Index()
	g := graph.New(m)
	set, err := g.Select(graph.Selection{})
	if err != nil {
		b.Fatal(err)
	}
	for _, gate := range []bool{false, true} {
		b.Run(fmt.Sprintf("gate=%t", gate), func(b *testing.B) {
			for b.Loop() {
				p := NewPlan(g, set, gate)
				ready := &queue{before: p.before}
				waits := make([]int, len(p.Nodes))
				for i := range p.Nodes {
					if waits[i] = len(p.waitsOn[i]); waits[i] == 0 {
						ready.push(int32(i))
					}
				}
				done := 0
				for ; len(ready.items) > 0; done++ {
					for _, c := range p.blocks[ready.pop()] {
						if waits[c]--; waits[c] == 0 {
							ready.push(c)
						}
					}
				}
				if done != len(p.Nodes) {
					b.Fatalf("%d of %d nodes were handed out", done, len(p.Nodes))
				}
			}
		})
	}
}
