// Package graph orders the nodes of a manifest and selects among them.
package graph

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"weft/compiler/manifest"
	"weft/compiler/source"
)

// Graph is a manifest's enabled nodes as integers, and the edges between them. A
// node's number is its position in Nodes. It is only read once made.
type Graph struct {
	Nodes    []*manifest.Node
	Parents  [][]int32
	Children [][]int32

	index    map[string]int32
	manifest *manifest.Manifest
}

// New makes the graph of a manifest. Edges to nodes that are not there are left out.
func New(m *manifest.Manifest) *Graph {
	g := &Graph{
		Nodes:    m.Nodes,
		Parents:  make([][]int32, len(m.Nodes)),
		Children: make([][]int32, len(m.Nodes)),
		index:    make(map[string]int32, len(m.Nodes)),
		manifest: m,
	}
	for i, n := range g.Nodes {
		g.index[n.ID] = int32(i)
	}
	for i, n := range g.Nodes {
		for _, id := range n.DependsOn {
			if from, ok := g.index[id]; ok {
				g.Parents[i] = append(g.Parents[i], from)
				g.Children[from] = append(g.Children[from], int32(i))
			}
		}
	}
	return g
}

// Index gives a node's number.
func (g *Graph) Index(id string) (int, bool) {
	i, ok := g.index[id]
	return int(i), ok
}

// Cycle gives an error that names the nodes of a cycle in order, or nil if there
// is none.
func (g *Graph) Cycle() error {
	const (
		fresh = iota
		open
		done
	)
	state := make([]uint8, len(g.Nodes))
	type step struct{ node, next int32 }
	for start := range g.Nodes {
		if state[start] != fresh {
			continue
		}
		stack := []step{{int32(start), 0}}
		state[start] = open
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if int(top.next) == len(g.Children[top.node]) {
				state[top.node] = done
				stack = stack[:len(stack)-1]
				continue
			}
			to := g.Children[top.node][top.next]
			top.next++
			switch state[to] {
			case fresh:
				state[to] = open
				stack = append(stack, step{to, 0})
			case open:
				var names []string
				from := slices.IndexFunc(stack, func(s step) bool { return s.node == to })
				for _, s := range stack[from:] {
					names = append(names, g.Nodes[s.node].ID)
				}
				n := g.Nodes[to]
				file, span := refPlace(n, g.Nodes[stack[len(stack)-1].node].Name)
				return &source.Error{
					File: file, Span: span, WordsFirst: true,
					Class: source.Runtime,
					Msg:   "Found a cycle: " + strings.Join(names, " --> "),
					Hint:  "take one of the refs away, such as the one in " + n.OriginalPath,
				}
			}
		}
	}
	return nil
}

// refPlace is where a node's text names another node, in quotes; without a file where
// it does not.
func refPlace(n *manifest.Node, name string) (*source.File, source.Span) {
	if n.File == nil {
		return nil, source.Span{}
	}
	from := min(int(n.Span.Start), len(n.File.Text))
	for _, quote := range []string{"'", `"`} {
		if i := strings.Index(n.File.Text[from:], quote+name+quote); i >= 0 {
			start := source.Pos(from + i)
			return n.File, source.Span{Start: start, End: start + source.Pos(len(name)+2)}
		}
	}
	return nil, source.Span{}
}

// Levels gives each node the length of the longest way to it, for the order in
// which ready nodes start.
func (g *Graph) Levels() []int32 {
	level := make([]int32, len(g.Nodes))
	waits := make([]int32, len(g.Nodes))
	var ready []int32
	for i := range g.Nodes {
		waits[i] = int32(len(g.Parents[i]))
		if waits[i] == 0 {
			ready = append(ready, int32(i))
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		for _, c := range g.Children[i] {
			level[c] = max(level[c], level[i]+1)
			if waits[c]--; waits[c] == 0 {
				ready = append(ready, c)
			}
		}
	}
	return level
}

// Set is a set of nodes, one bit for each.
type Set []uint64

// NewSet makes an empty set for the graph's nodes.
func (g *Graph) NewSet() Set { return make(Set, (len(g.Nodes)+63)/64) }

// Add puts a node in.
func (s Set) Add(i int) { s[i>>6] |= 1 << (i & 63) }

// Remove takes a node out.
func (s Set) Remove(i int) { s[i>>6] &^= 1 << (i & 63) }

// Has says whether a node is in.
func (s Set) Has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }

// Len is the number of nodes in the set.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Union adds the nodes of another set.
func (s Set) Union(o Set) {
	for i := range s {
		s[i] |= o[i]
	}
}

// Intersect keeps the nodes that are in the other set too.
func (s Set) Intersect(o Set) {
	for i := range s {
		s[i] &= o[i]
	}
}

// Minus takes out the nodes of another set.
func (s Set) Minus(o Set) {
	for i := range s {
		s[i] &^= o[i]
	}
}

// Clone copies the set.
func (s Set) Clone() Set { return slices.Clone(s) }

// Members gives the numbers of the nodes, ascending.
func (s Set) Members() []int {
	out := make([]int, 0, s.Len())
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			out = append(out, w<<6+bits.TrailingZeros64(word))
		}
	}
	return out
}

// SortedByID gives the members ordered by id.
func (g *Graph) SortedByID(s Set) []int {
	out := s.Members()
	slices.SortFunc(out, func(a, b int) int { return cmp.Compare(g.Nodes[a].ID, g.Nodes[b].ID) })
	return out
}

// reach adds to set all nodes that edges lead to from its members, at most depth
// steps away; a negative depth is no limit.
func reach(edges [][]int32, from Set, depth int) Set {
	out := from.Clone()
	front := from.Members()
	for step := 0; len(front) > 0 && (depth < 0 || step < depth); step++ {
		var next []int
		for _, i := range front {
			for _, to := range edges[i] {
				if !out.Has(int(to)) {
					out.Add(int(to))
					next = append(next, int(to))
				}
			}
		}
		front = next
	}
	return out
}

// Ancestors gives the set with everything it is built from.
func (g *Graph) Ancestors(s Set, depth int) Set { return reach(g.Parents, s, depth) }

// Descendants gives the set with everything that is built from it.
func (g *Graph) Descendants(s Set, depth int) Set { return reach(g.Children, s, depth) }
