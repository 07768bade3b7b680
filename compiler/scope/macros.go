package scope

import (
	"slices"
	"strings"

	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// Internal is the name under which templates find all built-in macros.
const Internal = "dbt"

// Macros is every macro of a project, arranged for lookup. It is built once and
// then only read, by all renders at the same time.
type Macros struct {
	root     string
	packages map[string]*namespace // by package, without built-in ones
	order    []string              // package names: root first
	internal *namespace            // built-in ones, adapters' over the global ones
	dispatch map[string][]string   // search order by namespace, from the root project
	prefixes []string              // duckdb, …, default
	byMacro  map[*jinja.Macro]*manifest.Macro
}

// namespace is the macros of one package as a mapping.
type namespace struct {
	name   string
	macros map[string]*manifest.Macro
	names  []jinja.Value
}

// NewMacros arranges macros. Built-in ones come with the global package first and
// then the adapters'; a later one of the same name replaces an earlier one.
func NewMacros(root string, packages []string, d *adapters.Dialect, all []*manifest.Macro, dispatch map[string][]string) *Macros {
	m := &Macros{
		root:     root,
		packages: map[string]*namespace{},
		order:    packages,
		internal: &namespace{name: Internal, macros: map[string]*manifest.Macro{}},
		dispatch: dispatch,
		prefixes: append(append([]string{d.Name}, d.Parents...), "default"),
		byMacro:  make(map[*jinja.Macro]*manifest.Macro, len(all)),
	}
	for _, p := range packages {
		m.packages[p] = &namespace{name: p, macros: map[string]*manifest.Macro{}}
	}
	for _, mac := range all {
		ns := m.internal
		if !mac.BuiltIn {
			ns = m.packages[mac.Package]
		}
		if _, ok := ns.macros[mac.Name]; !ok {
			ns.names = append(ns.names, jinja.Str(mac.Name))
		}
		ns.macros[mac.Name] = mac
		m.byMacro[mac.Value] = mac
	}
	return m
}

// Of gives what the manifest says of a macro that a template holds.
func (m *Macros) Of(v *jinja.Macro) *manifest.Macro { return m.byMacro[v] }

// Find gives the macro that a bare name means in templates of package pkg: the
// package's own, the root project's, a built-in one; or nil.
func (m *Macros) Find(pkg, name string) *manifest.Macro {
	if ns := m.packages[pkg]; ns != nil {
		if mac := ns.macros[name]; mac != nil {
			return mac
		}
	}
	if pkg != m.root {
		if mac := m.packages[m.root].macros[name]; mac != nil {
			return mac
		}
	}
	return m.internal.macros[name]
}

// In gives a macro of one package; "dbt" means the built-in ones.
func (m *Macros) In(pkg, name string) *manifest.Macro {
	if pkg == Internal {
		return m.internal.macros[name]
	}
	if ns := m.packages[pkg]; ns != nil {
		return ns.macros[name]
	}
	return nil
}

// Anywhere gives the most local macro of a name: the root project's, an installed
// package's (the last one found wins), a built-in one. With a package in front
// ("utils.star") only that one counts.
func (m *Macros) Anywhere(name string) *manifest.Macro {
	if pkg, rest, ok := strings.Cut(name, "."); ok {
		return m.In(pkg, rest)
	}
	if mac := m.packages[m.root].macros[name]; mac != nil {
		return mac
	}
	for _, p := range slices.Backward(m.order) {
		if mac := m.packages[p].macros[name]; mac != nil {
			return mac
		}
	}
	return m.internal.macros[name]
}

// lookup gives what a bare name means: a macro or a package's namespace.
func (m *Macros) lookup(pkg, name string) (jinja.Value, bool) {
	if mac := m.Find(pkg, name); mac != nil && m.isLocal(pkg, mac) {
		return mac.Value, true
	}
	if ns := m.packages[name]; ns != nil && len(ns.names) > 0 {
		return ns, true
	}
	if name == Internal {
		return m.internal, true
	}
	if mac := m.internal.macros[name]; mac != nil {
		return mac.Value, true
	}
	return nil, false
}

// isLocal says whether a macro comes before package names in the search.
func (m *Macros) isLocal(pkg string, mac *manifest.Macro) bool {
	return !mac.BuiltIn && (mac.Package == pkg || mac.Package == m.root)
}

// Dispatch gives the implementation of a macro for this warehouse, by dbt's
// search: for each package of the search order, for each prefix. tried are the
// names that were looked for when there is none.
func (m *Macros) Dispatch(from, name, ns string) (found *manifest.Macro, tried []string) {
	for _, pkg := range m.searchOrder(ns) {
		for _, prefix := range m.prefixes {
			full := prefix + "__" + name
			var mac *manifest.Macro
			shown := full
			if pkg == "" {
				mac = m.Find(from, full)
			} else {
				mac = m.In(pkg, full)
				shown = pkg + "." + full
			}
			if mac != nil {
				return mac, nil
			}
			tried = append(tried, shown)
		}
	}
	return nil, tried
}

// searchOrder gives the packages that macros of a namespace are searched in; the
// empty name means the place where the node's own names are found.
func (m *Macros) searchOrder(ns string) []string {
	if ns == "" {
		return []string{""}
	}
	if order, ok := m.dispatch[ns]; ok {
		return order
	}
	if ns == Internal || m.packages[ns] != nil && ns != m.root {
		return []string{m.root, ns}
	}
	return []string{""}
}

// Candidates are all macros that a dispatch could end in, for static dependencies.
func (m *Macros) Candidates(from, name, ns string) []*manifest.Macro {
	if mac, _ := m.Dispatch(from, name, ns); mac != nil {
		return []*manifest.Macro{mac}
	}
	return nil
}

// Materialization gives the macro that builds nodes of a materialization: the
// most specific type first, then the most local package. A package's override of
// a built-in one does not count.
func (m *Macros) Materialization(name string) *manifest.Macro {
	for _, prefix := range m.prefixes {
		full := "materialization_" + name + "_" + prefix
		if mac := m.packages[m.root].macros[full]; mac != nil {
			return mac
		}
		if mac := m.internal.macros[full]; mac != nil {
			return mac
		}
		if m.builtInMaterialization(name) {
			continue
		}
		for _, p := range slices.Backward(m.order) {
			if mac := m.packages[p].macros[full]; mac != nil {
				return mac
			}
		}
	}
	return nil
}

func (m *Macros) builtInMaterialization(name string) bool {
	for _, prefix := range m.prefixes {
		if m.internal.macros["materialization_"+name+"_"+prefix] != nil {
			return true
		}
	}
	return false
}

// Test gives the macro of a generic test for a node of package from: its own
// package's, the root's, any package's, a built-in one. With a namespace only
// that package's counts.
func (m *Macros) Test(from, ns, name string) *manifest.Macro {
	if ns != "" {
		return m.In(ns, "test_"+name)
	}
	if ns := m.packages[from]; ns != nil {
		if mac := ns.macros["test_"+name]; mac != nil {
			return mac
		}
	}
	return m.Anywhere("test_" + name)
}

// NameGenerator gives the macro that makes names (generate_schema_name and its
// neighbours) for nodes of a package: the package's own, the root's, the built-in.
func (m *Macros) NameGenerator(pkg, name string) *manifest.Macro { return m.Find(pkg, name) }

// Names lists the names of macros that a template of package pkg can call.
func (m *Macros) Names(pkg string) []string {
	var out []string
	add := func(ns *namespace) {
		for name := range ns.macros {
			out = append(out, name)
		}
	}
	if ns := m.packages[pkg]; ns != nil {
		add(ns)
	}
	if pkg != m.root {
		add(m.packages[m.root])
	}
	add(m.internal)
	return out
}

// Type is Python's: a namespace prints as a dictionary.
func (ns *namespace) Type() string { return "dict" }

// Truth says whether there are macros.
func (ns *namespace) Truth() bool { return len(ns.names) > 0 }

// String shows the names.
func (ns *namespace) String() string { return "<macros of " + ns.name + ">" }

// Index finds a macro.
func (ns *namespace) Index(key jinja.Value) (jinja.Value, error) {
	v, ok := ns.Get(key)
	if !ok {
		return nil, nil
	}
	return v, nil
}

// Get finds a macro.
func (ns *namespace) Get(key jinja.Value) (jinja.Value, bool) {
	name, ok := key.(jinja.Str)
	if !ok {
		return nil, false
	}
	mac := ns.macros[string(name)]
	if mac == nil {
		return nil, false
	}
	return mac.Value, true
}

// Keys are the names of the macros.
func (ns *namespace) Keys() []jinja.Value { return ns.names }

// Len is the number of macros.
func (ns *namespace) Len() int { return len(ns.names) }

// Contains says whether there is a macro of that name.
func (ns *namespace) Contains(key jinja.Value) (bool, error) {
	_, ok := ns.Get(key)
	return ok, nil
}

// Iterate walks the names.
func (ns *namespace) Iterate() jinja.Iterator { return jinja.NewList(ns.names...).Iterate() }

// Attr gives the methods of a mapping, which come before macros of their name.
func (ns *namespace) Attr(name string) (jinja.Value, error) {
	return namespaceMethods.Bind(ns, name), nil
}

var namespaceMethods = jinja.NewMethods("dict",
	jinja.NewFunc("get(key, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		if v, ok := c.Self.(*namespace).Get(c.Args[0]); ok {
			return v, nil
		}
		return c.Args[1], nil
	}),
	jinja.NewFunc("keys()", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.NewList(c.Self.(*namespace).names...), nil
	}),
	jinja.NewFunc("values()", func(c *jinja.Call) (jinja.Value, error) {
		ns := c.Self.(*namespace)
		out := jinja.NewList()
		for _, n := range ns.names {
			out.Append(ns.macros[n.String()].Value)
		}
		return out, nil
	}),
	jinja.NewFunc("items()", func(c *jinja.Call) (jinja.Value, error) {
		ns := c.Self.(*namespace)
		out := jinja.NewList()
		for _, n := range ns.names {
			out.Append(jinja.Tuple{n, ns.macros[n.String()].Value})
		}
		return out, nil
	}),
)
