// Package runner carries a plan out: it builds nodes in order, on several workers,
// skips what cannot be built, and tells what happens as it happens.
package runner

import (
	"slices"

	"weft/compiler/graph"
	"weft/compiler/manifest"
)

// Plan is which nodes to do and what each waits for. Positions in its slices are
// the plan's own numbers, not the graph's.
type Plan struct {
	Nodes   []*manifest.Node
	waitsOn [][]int32 // what must be done before
	blocks  [][]int32 // the same edges the other way
	level   []int32
	total   int // nodes that count in "1 of 5"
}

// NewPlan makes a plan for the nodes of a selection. Order is kept through nodes
// that are not selected. With gate, as the command build has it, failing tests of
// a node keep what is built from it from being built.
func NewPlan(g *graph.Graph, set graph.Set, gate bool) *Plan {
	members := set.Members()
	p := &Plan{
		waitsOn: make([][]int32, len(members)),
		blocks:  make([][]int32, len(members)),
		level:   make([]int32, len(members)),
	}
	number := make(map[int]int32, len(members))
	for i, m := range members {
		number[m] = int32(i)
		n := g.Nodes[m]
		p.Nodes = append(p.Nodes, n)
		if !n.Ephemeral() {
			p.total++
		}
	}
	for i, m := range members {
		for _, a := range nearest(g, set, m) {
			p.edge(number[a], int32(i))
		}
	}
	if gate {
		p.gates(g, set, members, number)
	}
	p.levels()
	return p
}

// Unordered makes a plan for nodes that do not need each other.
func Unordered(g *graph.Graph, set graph.Set) *Plan {
	members := set.Members()
	p := &Plan{
		total:   len(members),
		waitsOn: make([][]int32, len(members)),
		blocks:  make([][]int32, len(members)),
		level:   make([]int32, len(members)),
	}
	for _, m := range members {
		p.Nodes = append(p.Nodes, g.Nodes[m])
	}
	return p
}

func (p *Plan) edge(from, to int32) {
	if from == to || slices.Contains(p.waitsOn[to], from) {
		return
	}
	p.waitsOn[to] = append(p.waitsOn[to], from)
	p.blocks[from] = append(p.blocks[from], to)
}

// nearest gives the selected nodes that a node is built from, directly or through
// nodes that are not selected.
func nearest(g *graph.Graph, set graph.Set, m int) []int {
	var out []int
	var seen map[int32]bool
	todo := g.Parents[m]
	for len(todo) > 0 {
		var next []int32
		for _, a := range todo {
			if set.Has(int(a)) {
				out = append(out, int(a))
				continue
			}
			if seen == nil {
				seen = map[int32]bool{}
			}
			if !seen[a] {
				seen[a] = true
				next = append(next, g.Parents[a]...)
			}
		}
		todo = next
	}
	return out
}

// gates makes what is built from all parents of a test wait for the test. What waits
// for another node below the test need not wait for the test too.
func (p *Plan) gates(g *graph.Graph, set graph.Set, members []int, number map[int]int32) {
	var f *frontier
	for i, m := range members {
		parents := g.Parents[m]
		switch {
		case g.Nodes[m].Kind != manifest.Test || len(parents) == 0:
		case len(parents) == 1: // most tests; see BenchmarkPlan
			p.gateChildren(g, set, int32(i), parents[0], number)
		default:
			if f == nil {
				f = newFrontier(g, set)
			}
			for _, x := range f.below(parents) {
				p.edge(int32(i), number[x])
			}
		}
	}
}

// gateChildren makes the nearest selected nodes that are built from parent wait for
// the test.
func (p *Plan) gateChildren(g *graph.Graph, set graph.Set, test, parent int32, number map[int]int32) {
	var seen map[int32]bool
	todo := g.Children[parent]
	for len(todo) > 0 {
		var next []int32
		for _, x := range todo {
			switch {
			case g.Nodes[x].Kind == manifest.Test:
			case set.Has(int(x)):
				p.edge(test, number[int(x)])
			case !seen[x]:
				if seen == nil {
					seen = map[int32]bool{}
				}
				seen[x] = true
				next = append(next, g.Children[x]...)
			}
		}
		todo = next
	}
}

func (p *Plan) levels() {
	waits := make([]int, len(p.Nodes))
	var ready []int32
	for i := range p.Nodes {
		if waits[i] = len(p.waitsOn[i]); waits[i] == 0 {
			ready = append(ready, int32(i))
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		for _, c := range p.blocks[i] {
			p.level[c] = max(p.level[c], p.level[i]+1)
			if waits[c]--; waits[c] == 0 {
				ready = append(ready, c)
			}
		}
	}
}

// Total is the number of nodes that progress lines count.
func (p *Plan) Total() int { return p.total }

// before is the order in which ready nodes start.
func (p *Plan) before(a, b int32) bool {
	if p.level[a] != p.level[b] {
		return p.level[a] < p.level[b]
	}
	return p.Nodes[a].ID < p.Nodes[b].ID
}

// queue is a heap of numbers, the first of them in some order on top: ready nodes, or
// ranks that are to be looked at.
type queue struct {
	before func(a, b int32) bool
	items  []int32
}

func (q *queue) push(i int32) {
	q.items = append(q.items, i)
	for c := len(q.items) - 1; c > 0; {
		up := (c - 1) / 2
		if !q.before(q.items[c], q.items[up]) {
			return
		}
		q.items[c], q.items[up] = q.items[up], q.items[c]
		c = up
	}
}

func (q *queue) pop() int32 {
	top := q.items[0]
	last := len(q.items) - 1
	q.items[0] = q.items[last]
	q.items = q.items[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			return top
		}
		if c+1 < last && q.before(q.items[c+1], q.items[c]) {
			c++
		}
		if !q.before(q.items[c], q.items[i]) {
			return top
		}
		q.items[c], q.items[i] = q.items[i], q.items[c]
		i = c
	}
}
