package runner

import (
	"slices"

	"weft/compiler/graph"
	"weft/compiler/manifest"
)

// frontier finds the first nodes that are built from all of several others. It walks down
// from these in an order in which parents come first, and stops where nothing new can come:
// looking at everything that is below takes most of the time of a plan (BenchmarkPlan).
// Nothing is built from a test.
type frontier struct {
	g    *graph.Graph
	set  graph.Set
	rank []int32 // of each node: parents have smaller ones
	node []int32 // by rank

	// Of the nodes of one walk; those of others have an older round.
	round   int
	seen    []int
	from    []uint64 // the given nodes that a node is built from, as bits; width words each
	width   int
	full    []uint64 // all of them
	covered []bool   // waits for a node that is built from all
	todo    queue    // ranks, the smallest first
	busy    int      // how many of todo are not settled
}

func newFrontier(g *graph.Graph, set graph.Set) *frontier {
	n := len(g.Nodes)
	f := &frontier{g: g, set: set, rank: make([]int32, n), node: make([]int32, 0, n), seen: make([]int, n), covered: make([]bool, n)}
	f.todo.before = func(a, b int32) bool { return a < b }
	waits := make([]int, n)
	for i := range n {
		if waits[i] = len(g.Parents[i]); waits[i] == 0 {
			f.node = append(f.node, int32(i))
		}
	}
	for at := 0; at < len(f.node); at++ {
		i := f.node[at]
		f.rank[i] = int32(at)
		for _, c := range g.Children[i] {
			if waits[c]--; waits[c] == 0 {
				f.node = append(f.node, c)
			}
		}
	}
	return f
}

// below gives the selected nodes, tests apart, that are built from all of some nodes and
// do not wait for another such node; ascending. As in the plan, waiting goes through
// nodes that are not selected.
func (f *frontier) below(all []int32) []int {
	f.start(len(all))
	for _, a := range all {
		f.reach(a, nil, false)
	}
	var out []int
	for len(f.todo.items) > 0 && f.busy > 0 {
		x := f.node[f.todo.pop()]
		if !f.settled(x) {
			f.busy--
		}
		blocks := f.covered[x]
		if f.set.Has(int(x)) {
			blocks = f.isCommon(x)
			if blocks && !f.covered[x] {
				out = append(out, int(x))
			}
		}
		bits := f.bits(x)
		if i := slices.Index(all, x); i >= 0 {
			bits = slices.Clone(bits)
			bits[i/64] |= 1 << (i % 64)
		}
		for _, c := range f.g.Children[x] {
			if f.g.Nodes[c].Kind != manifest.Test {
				f.reach(c, bits, blocks)
			}
		}
	}
	slices.Sort(out)
	return out
}

// start forgets the walk before.
func (f *frontier) start(n int) {
	width := (n + 63) / 64
	if f.from == nil || width != f.width {
		f.width, f.from = width, make([]uint64, width*len(f.rank))
	}
	f.full = make([]uint64, width)
	for i := range n {
		f.full[i/64] |= 1 << (i % 64)
	}
	f.round++
	f.todo.items, f.busy = f.todo.items[:0], 0
}

func (f *frontier) bits(x int32) []uint64 { return f.from[int(x)*f.width:][:f.width] }

func (f *frontier) isCommon(x int32) bool { return slices.Equal(f.bits(x), f.full) }

// settled says that a node, and what only comes of such nodes, is not what is looked for.
func (f *frontier) settled(x int32) bool { return f.covered[x] && f.isCommon(x) }

// reach notes what a parent of x passes on.
func (f *frontier) reach(x int32, bits []uint64, covered bool) {
	if f.seen[x] != f.round {
		f.seen[x] = f.round
		clear(f.bits(x))
		f.covered[x] = false
		f.todo.push(f.rank[x])
		f.busy++
	}
	if f.settled(x) {
		return
	}
	own := f.bits(x)
	for i, b := range bits {
		own[i] |= b
	}
	f.covered[x] = f.covered[x] || covered
	if f.settled(x) {
		f.busy--
	}
}
