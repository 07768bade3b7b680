package runner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"weft/compiler/config"
	"weft/compiler/graph"
	"weft/compiler/manifest"
)

// project makes a graph from lines "a <- b c": a is built from b and c. Names that
// begin with t_ are tests.
func project(t *testing.T, lines ...string) *graph.Graph {
	t.Helper()
	m := &manifest.Manifest{Project: "p"}
	for _, line := range lines {
		name, parents, _ := strings.Cut(line, " <- ")
		kind := manifest.Model
		n := &manifest.Node{Name: name, Package: "p", FQN: []string{"p", name}, Raw: "select 1"}
		if strings.HasPrefix(name, "t_") {
			kind = manifest.Test
			n.Test = &manifest.TestPart{}
		}
		c, err := config.Merge(kind.Info().Config)
		if err != nil {
			t.Fatal(err)
		}
		n.Kind, n.Config, n.ID, n.DependsOn = kind, c, name, strings.Fields(parents)
		m.Nodes = append(m.Nodes, n)
	}
	m.Index()
	return graph.New(m)
}

func selected(g *graph.Graph, names ...string) graph.Set {
	set := g.NewSet()
	for _, n := range names {
		i, _ := g.Index(n)
		set.Add(i)
	}
	return set
}

func edges(p *Plan) string {
	var out []string
	for i, list := range p.waitsOn {
		for _, from := range list {
			out = append(out, fmt.Sprintf("%s>%s", p.Nodes[from].ID, p.Nodes[i].ID))
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestPlanKeepsOrderThroughWhatIsLeftOut(t *testing.T) {
	g := project(t, "a", "b <- a", "c <- b", "d <- c a")
	if got := edges(NewPlan(g, selected(g, "a", "c", "d"), false)); got != "a>c a>d c>d" {
		t.Errorf("edges %s", got)
	}
}

func TestPlanGates(t *testing.T) {
	g := project(t, "a", "b", "c <- a", "d <- a b", "e <- d", "t_a <- a", "t_ab <- a b")
	all := selected(g, "a", "b", "c", "d", "e", "t_a", "t_ab")
	// t_a gates what is built from a; t_ab only what is built from both.
	if got, want := edges(NewPlan(g, all, true)), "a>c a>d a>t_a a>t_ab b>d b>t_ab d>e t_a>c t_a>d t_ab>d"; got != want {
		t.Errorf("edges\n got %s\nwant %s", got, want)
	}
	if got := edges(NewPlan(g, all, false)); strings.Contains(got, "t_a>") {
		t.Errorf("tests gate without being asked to: %s", got)
	}
}

func TestQueue(t *testing.T) {
	g := project(t, "z", "y", "b <- z", "a <- z y", "c <- a")
	p := NewPlan(g, selected(g, "z", "y", "b", "a", "c"), false)
	q := &queue{before: p.before}
	for i := range p.Nodes {
		q.push(int32(i))
	}
	var got []string
	for len(q.items) > 0 {
		got = append(got, p.Nodes[q.pop()].ID)
	}
	if want := "y z a b c"; strings.Join(got, " ") != want { // by level, then by id
		t.Errorf("order %v; want %s", got, want)
	}
}
