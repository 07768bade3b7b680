package manifest

import (
	"cmp"
	"slices"
	"strconv"

	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Manifest is everything that a project and its packages say. Slices are in the
// order of parsing; it is not changed once parsing has ended.
type Manifest struct {
	Project     string // name of the root project
	AdapterType string
	Dialect     *adapters.Dialect
	Quoting     *jinja.Dict // resolved quoting of the root project

	Nodes    []*Node // enabled ones of all kinds
	Disabled []*Node
	Macros   []*Macro
	Docs     []*Doc
	Groups   []*Group

	// PackageFirst says that names are looked for in a node's own package before the
	// root project (the flag require_ref_searches_node_package_before_root).
	PackageFirst bool

	Selectors *jinja.Dict

	// External are models of other projects, which are referred to but never built.
	External []*Node

	// Packages are the names of all packages: root first, then the others in
	// the order in which they were found; built-in ones are not among them.
	Packages []string

	byID     map[string]*Node
	byName   map[refKey][]*Node
	disabled map[refKey][]*Node
	external map[refKey][]*Node
	docs     map[refKey]*Doc

	indexed, indexedOff int // how many of Nodes and Disabled the lookups have
}

type refKey struct{ kind, name string }

// Index makes the lookups anew.
func (m *Manifest) Index() {
	m.byID = make(map[string]*Node, len(m.Nodes))
	m.byName = make(map[refKey][]*Node, len(m.Nodes))
	m.disabled = make(map[refKey][]*Node)
	m.external = make(map[refKey][]*Node, len(m.External))
	m.indexed, m.indexedOff = 0, 0
	m.Extend()
	for _, n := range m.External {
		index(m.external, n)
	}
	m.docs = make(map[refKey]*Doc, len(m.Docs))
	for _, d := range m.Docs {
		m.docs[refKey{d.Package, d.Name}] = d
	}
}

// Extend brings the lookups up to date when nodes have been added at the ends of Nodes
// and Disabled since, and nothing else has changed.
func (m *Manifest) Extend() {
	for _, n := range m.Nodes[m.indexed:] {
		m.byID[n.ID] = n
		index(m.byName, n)
	}
	for _, n := range m.Disabled[m.indexedOff:] {
		index(m.disabled, n)
	}
	m.indexed, m.indexedOff = len(m.Nodes), len(m.Disabled)
}

func index(into map[refKey][]*Node, n *Node) {
	switch {
	case n.Kind.Info().Refable:
		if n.Version == nil {
			add(into, refKey{"ref", n.Name}, n)
			return
		}
		add(into, refKey{"ref", n.Name + ".v" + n.Version.String()}, n)
		if jinja.Equal(n.Version, n.LatestVersion) {
			add(into, refKey{"ref", n.Name}, n)
		}
	case n.Kind == Source:
		add(into, refKey{"source", n.Source.SourceName + "." + n.Name}, n)
	case n.Kind == Metric || n.Kind == Function:
		add(into, refKey{n.Kind.String(), n.Name}, n)
	}
}

func add(into map[refKey][]*Node, k refKey, n *Node) { into[k] = append(into[k], n) }

// Node finds an enabled node by id, or nil.
func (m *Manifest) Node(id string) *Node { return m.byID[id] }

// Found is what a lookup ended in.
type Found uint8

// The outcomes of a lookup.
const (
	Missing Found = iota
	Off           // there, but disabled
	Enabled
	Ambiguous
)

// FindRef finds what ref() names, from a node of package from. The search order
// is dbt's: a named package alone; else the root project for its own nodes, the
// root and then the own package for others, and then any package. Models of other
// projects are found only where the project is named.
func (m *Manifest) FindRef(from string, r Ref) (*Node, Found) {
	name := r.Name
	if r.Version != nil {
		name += ".v" + r.Version.String()
	}
	n, found := m.find(refKey{"ref", name}, from, r.Package)
	if found == Missing && r.Package != "" {
		return m.findIn(m.external[refKey{"ref", name}], from, r.Package)
	}
	return n, found
}

// FindSource finds a source table by source and table name.
func (m *Manifest) FindSource(from, sourceName, table string) (*Node, Found) {
	n, found := m.find(refKey{"source", sourceName + "." + table}, from, "")
	if found == Ambiguous {
		return m.byName[refKey{"source", sourceName + "." + table}][0], Enabled
	}
	return n, found
}

// FindNamed finds what metric() and function() name: call is a name, or a package and
// a name. Of several in other packages the first counts.
func (m *Manifest) FindNamed(kind Kind, from string, call []string) (*Node, Found) {
	pkg, name := "", call[len(call)-1]
	if len(call) > 1 {
		pkg = call[0]
	}
	n, found := m.find(refKey{kind.String(), name}, from, pkg)
	if found == Ambiguous {
		found = Enabled
	}
	return n, found
}

func (m *Manifest) find(k refKey, from, pkg string) (*Node, Found) {
	if n, found := m.findIn(m.byName[k], from, pkg); found != Missing {
		return n, found
	}
	if n, found := m.findIn(m.disabled[k], from, pkg); found != Missing {
		return n, Off
	}
	return nil, Missing
}

func (m *Manifest) findIn(nodes []*Node, from, pkg string) (*Node, Found) {
	if len(nodes) == 0 {
		return nil, Missing
	}
	in := func(p string) *Node {
		for _, n := range nodes {
			if n.Package == p {
				return n
			}
		}
		return nil
	}
	if pkg != "" {
		if n := in(pkg); n != nil {
			return n, Enabled
		}
		return nil, Missing
	}
	order := [2]string{m.Project, from}
	if m.PackageFirst {
		order = [2]string{from, m.Project}
	}
	for _, p := range order {
		if n := in(p); n != nil {
			return n, Enabled
		}
	}
	if len(nodes) > 1 {
		return nodes[0], Ambiguous
	}
	return nodes[0], Enabled
}

// RefCandidates are all enabled nodes that a ref without package could mean.
func (m *Manifest) RefCandidates(r Ref) []*Node { return m.byName[refKey{"ref", r.Name}] }

// FindDoc finds a docs block, searching as ref does.
func (m *Manifest) FindDoc(from, pkg, name string) *Doc {
	if pkg != "" {
		return m.docs[refKey{pkg, name}]
	}
	for _, p := range []string{m.Project, from} {
		if d := m.docs[refKey{p, name}]; d != nil {
			return d
		}
	}
	for _, d := range m.Docs {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// Versions gives the enabled versions of a model, in no order.
func (m *Manifest) Versions(n *Node) []*Node {
	var out []*Node
	for _, other := range m.Nodes {
		if other.Kind == Model && other.Name == n.Name && other.Package == n.Package && other.Version != nil {
			out = append(out, other)
		}
	}
	return out
}

// VersionLess orders versions as numbers where both are, else as texts.
func VersionLess(a, b jinja.Value) bool {
	x, err1 := strconv.ParseFloat(a.String(), 64)
	y, err2 := strconv.ParseFloat(b.String(), 64)
	if err1 == nil && err2 == nil {
		return x < y
	}
	return a.String() < b.String()
}

// Similar gives the refable name or "source.table" text nearest to name, or the
// empty text if none is near.
func (m *Manifest) Similar(kind, name string) string {
	var names []string
	for k := range m.byName {
		if k.kind == kind {
			names = append(names, k.name)
		}
	}
	return source.Nearest(name, names)
}

// SortNodes orders nodes by id.
func SortNodes(nodes []*Node) {
	slices.SortFunc(nodes, func(a, b *Node) int { return cmp.Compare(a.ID, b.ID) })
}
