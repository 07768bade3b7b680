package runner

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"weft/compiler/config"
	"weft/compiler/graph"
	"weft/compiler/manifest"
)

// The short walk finds what looking at everything finds.
func TestFrontier(t *testing.T) {
	models, tests := config.New(config.Models), config.New(config.Tests)
	r := rand.New(rand.NewPCG(7, 7))
	for round := range 300 {
		m := &manifest.Manifest{Project: "p"}
		size := 5 + r.IntN(60)
		for i := range size {
			n := &manifest.Node{ID: fmt.Sprintf("model.p.m%d", i), Kind: manifest.Model, Name: fmt.Sprintf("m%d", i), Config: models}
			if r.IntN(6) == 0 {
				n.Kind, n.Config, n.Test = manifest.Test, tests, &manifest.TestPart{}
			}
			for range r.IntN(4) {
				if i > 0 {
					parent := m.Nodes[max(0, i-1-r.IntN(1+r.IntN(size)))]
					from := parent.ID
					if parent.Kind == manifest.Model && !slices.Contains(n.DependsOn, from) {
						n.DependsOn = append(n.DependsOn, from)
					}
				}
			}
			m.Nodes = append(m.Nodes, n)
		}
		m.Index()
		g := graph.New(m)
		set := g.NewSet()
		for i := range size {
			if r.IntN(4) > 0 {
				set.Add(i)
			}
		}
		f := newFrontier(g, set)
		for range 20 {
			var all []int32
			for range 2 + r.IntN(3) {
				if x := int32(r.IntN(size)); m.Nodes[x].Kind == manifest.Model && !slices.Contains(all, x) {
					all = append(all, x)
				}
			}
			if len(all) == 0 {
				continue
			}
			got, want := f.below(all), firstBelow(g, set, all)
			if !slices.Equal(got, want) {
				t.Fatalf("round %d: below %v are first %v; want %v", round, all, got, want)
			}
		}
	}
}

// firstBelow is what below promises, word by word.
func firstBelow(g *graph.Graph, set graph.Set, all []int32) []int {
	var common graph.Set
	for _, a := range all {
		one := g.NewSet()
		one.Add(int(a))
		below := g.Descendants(one, -1)
		below.Remove(int(a))
		if common == nil {
			common = below
		}
		common.Intersect(below)
	}
	counts := func(x int) bool { return common.Has(x) && set.Has(x) && g.Nodes[x].Kind != manifest.Test }
	var out []int
	for x := range g.Nodes {
		if counts(x) && !slices.ContainsFunc(nearest(g, set, x), counts) {
			out = append(out, x)
		}
	}
	return out
}
