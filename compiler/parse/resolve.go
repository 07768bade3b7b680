package parse

import (
	"fmt"
	"slices"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// resolve turns refs and sources into edges: sources first, then refs, each once.
func (p *parser) resolve() {
	nodes := slices.Clone(p.m.Nodes)
	for _, n := range nodes {
		if n.Broken {
			continue
		}
		for _, s := range n.Sources {
			to, found := p.m.FindSource(n.Package, s[0], s[1])
			if found != manifest.Enabled {
				p.missing(n, "source", s[0]+"."+s[1], manifest.Ref{Name: s[0] + "." + s[1]}, found == manifest.Off)
				continue
			}
			depend(n, to)
		}
		for _, r := range n.Refs {
			to, found := p.m.FindRef(n.Package, r)
			switch found {
			case manifest.Enabled:
				depend(n, to)
				p.access(n, to)
				p.onRoot(n, to, r)
			case manifest.Ambiguous:
				p.ambiguous(n, r)
			default:
				p.missing(n, "node", r.Name, r, found == manifest.Off)
			}
		}
		for _, call := range n.Metrics {
			p.dependNamed(n, manifest.Metric, call, callSpan(n, "metric", call[len(call)-1]))
		}
		for _, call := range n.Functions {
			p.dependNamed(n, manifest.Function, call, callSpan(n, "function", call[len(call)-1]))
		}
	}
	p.primaryKeys()
}

// onRoot warns of a package's node that refers to one of the project without naming it,
// where a flag of newer projects would look in the package first.
func (p *parser) onRoot(n, to *manifest.Node, r manifest.Ref) {
	root := p.project.Root.Name
	if r.Package != "" || n.Package == root || to.Package != root || p.flag("require_ref_prefers_node_package_to_root", false) {
		return
	}
	p.warn(&source.Error{File: n.File, Span: refSpan(n, "node", r.Name), Event: source.PackageNodeOnRoot,
		Msg:  fmt.Sprintf("The node '%s' in package '%s' depends on the root project node '%s', which can become a cycle.", n.Name, n.Package, to.ID),
		Hint: "set the flag require_ref_prefers_node_package_to_root to true"})
}

func depend(n, to *manifest.Node) {
	if !slices.Contains(n.DependsOn, to.ID) {
		n.DependsOn = append(n.DependsOn, to.ID)
	}
}

// missing reports a ref or source that names nothing. A test stays in the project
// but is disabled: silently where what it refers to is, else with a warning.
func (p *parser) missing(n *manifest.Node, what, name string, r manifest.Ref, disabled bool) {
	if p.incomplete && !disabled {
		return
	}
	e := &source.Error{
		File: n.File, Span: callSpan(n, what, name), Class: source.Compilation,
		Msg: scope.NotFound(n, what, r.Name, r.Package, r.Version, disabled),
	}
	if !disabled {
		kind := "ref"
		if what == "source" {
			kind = "source"
		}
		if near := p.m.Similar(kind, name); near != "" {
			e.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		if hint := p.project.UpstreamHint(r.Package); hint != "" {
			e.Hint = hint
		}
	}
	if n.Kind == manifest.Test {
		n.Config = n.Config.With("enabled", jinja.Bool(false))
		if !disabled || what == "source" {
			e.Event = source.NodeNotFoundOrDisabled
			p.warn(e)
		}
		return
	}
	p.fail(e)
}

func (p *parser) ambiguous(n *manifest.Node, r manifest.Ref) {
	var choices []string
	for _, c := range p.m.RefCandidates(r) {
		choices = append(choices, fmt.Sprintf("ref('%s', '%s')", c.Package, c.Name))
	}
	p.fail(&source.Error{
		File: n.File, Span: refSpan(n, "node", r.Name), Class: source.Compilation,
		Msg:  fmt.Sprintf("several packages have a node named '%s', and neither this package nor the project is one of them", r.Name),
		Hint: "write " + strings.Join(choices, " or "),
	})
}

// refSpan finds the place of a call in the node's text: ref('name') or
// source('name', 'table').
func refSpan(n *manifest.Node, what, name string) source.Span {
	if n.Raw == "" || n.Test != nil && n.Test.Generic || n.Language == "python" {
		return n.Span
	}
	tree, err := n.Tree()
	if err != nil {
		return n.Span
	}
	found := source.Span{}
	syntax.Walk(tree, func(x any) bool {
		c, ok := x.(*syntax.Call)
		if !ok {
			return true
		}
		fn, ok := c.Func.(*syntax.Name)
		if !ok || found.End != 0 {
			return true
		}
		var words []string
		for _, a := range c.Args.Args {
			if k, ok := a.(*syntax.Const); ok && k.Kind == syntax.Str {
				words = append(words, k.Str)
			}
		}
		switch {
		case (what == "node" && fn.Name == "ref" || what == fn.Name && what != "source") && len(words) > 0 && words[len(words)-1] == name:
			found = c.Args.Args[len(c.Args.Args)-1].Span()
		case what == "source" && fn.Name == "source" && strings.Join(words, ".") == name:
			found = c.Args.Args[len(c.Args.Args)-1].Span()
		}
		return true
	})
	if found.End == 0 {
		return source.Span{Start: n.Span.Start, End: n.Span.Start + 1}
	}
	return found
}

// callSpan is refSpan for nodes of all kinds. In the properties entry of a node it is
// the first text in quotes, after the node's name, that is the last part of the name.
func callSpan(n *manifest.Node, what, name string) source.Span {
	if n.Kind.Info().SQL || n.File == nil {
		return refSpan(n, what, name)
	}
	name = name[strings.LastIndexByte(name, '.')+1:]
	text := n.File.Text
	for _, quote := range []string{"'", `"`} {
		from := min(int(n.Span.End), len(text))
		if i := strings.Index(text[from:], quote+name+quote); i >= 0 {
			start := source.Pos(from + i)
			return source.Span{Start: start, End: start + source.Pos(len(name)+2)}
		}
	}
	return n.Span
}

// access checks that a model may be referred to by a node.
func (p *parser) access(n, to *manifest.Node) {
	if to.Kind != manifest.Model || n.Kind == manifest.SQLOperation && !to.External {
		return
	}
	restricted := false
	if pkg := p.project.Package(to.Package); pkg != nil && n.Package != to.Package {
		restricted = pkg.Settings.RestrictAccess
	}
	var why string
	switch to.Config.Text("access") {
	case "private":
		own, theirs := n.Group(), to.Group()
		if own == "" || own != theirs || restricted {
			why = fmt.Sprintf("private to the '%s' group", theirs)
		}
	case "protected":
		if restricted {
			why = fmt.Sprintf("protected to the '%s' package", to.Package)
		}
	}
	if to.External {
		why = to.Closed()
	}
	if why == "" {
		return
	}
	p.fail(&source.Error{
		File: n.File, Span: refSpan(n, "node", to.Name), Class: source.Parsing,
		Msg: fmt.Sprintf("Node %s attempted to reference node %s, which is not allowed because the referenced node is %s.", n.ID, to.ID, why),
	})
}

// primaryKeys finds the columns that identify a model's rows: a constraint, else
// columns that are tested to be unique and not null, else unique ones.
func (p *parser) primaryKeys() {
	type tests struct{ unique, notNull []string }
	byNode := map[string]*tests{}
	for _, n := range p.m.Nodes {
		if n.Test == nil || !n.Test.Generic || n.Test.Attached == "" || n.Test.Namespace != "" {
			continue
		}
		t := byNode[n.Test.Attached]
		if t == nil {
			t = &tests{}
			byNode[n.Test.Attached] = t
		}
		switch n.Test.Name {
		case "unique":
			t.unique = append(t.unique, n.Test.ColumnName)
		case "not_null":
			t.notNull = append(t.notNull, n.Test.ColumnName)
		}
	}
	for _, n := range p.m.Nodes {
		if n.Kind != manifest.Model {
			continue
		}
		n.PrimaryKey = constraintKey(n)
		t := byNode[n.ID]
		if n.PrimaryKey != nil || t == nil {
			continue
		}
		var both, unique []string
		slices.Sort(t.unique)
		for _, c := range slices.Compact(t.unique) {
			if c == "" {
				continue
			}
			unique = append(unique, c)
			if slices.Contains(t.notNull, c) {
				both = append(both, c)
			}
		}
		n.PrimaryKey = unique
		if len(both) > 0 {
			n.PrimaryKey = both
		}
	}
}

func constraintKey(n *manifest.Node) []string {
	for _, c := range n.Constraints {
		if textOf(c, "type") == "primary_key" {
			var out []string
			for _, v := range listOf(at(c, "columns")) {
				out = append(out, v.String())
			}
			return out
		}
	}
	for _, col := range n.Columns {
		for _, c := range col.Constraints {
			if textOf(c, "type") == "primary_key" {
				return []string{col.Name}
			}
		}
	}
	return nil
}

// check looks for what only the whole project shows: two resources with one id,
// two nodes that build one relation.
func (p *parser) check() {
	ids := make(map[string]*manifest.Node, len(p.m.Nodes))
	relations := map[string]*manifest.Node{}
	kept := make([]*manifest.Node, 0, len(p.m.Nodes))
	for _, n := range p.m.Nodes {
		if old := ids[n.ID]; old != nil {
			if n.Kind == manifest.Test && n.Test.Generic && old.Test != nil && old.Test.Generic && old.OriginalPath == n.OriginalPath && old.Span == n.Span {
				continue
			}
			p.duplicate(n, old)
			continue
		}
		ids[n.ID] = n
		kept = append(kept, n)
		if n.Relation == "" || n.Kind == manifest.Source || n.Kind == manifest.Test {
			continue
		}
		if old := relations[n.Relation]; old != nil {
			p.fail(&source.Error{
				File: n.File, Span: n.Span, Class: source.Compilation,
				Msg: fmt.Sprintf("dbt found two resources with the database representation \"%s\".\ndbt cannot create two resources with identical database representations. To fix this,\nchange the configuration of one of these resources:\n- %s (%s)\n- %s (%s)",
					n.Relation, old.ID, old.OriginalPath, n.ID, n.OriginalPath),
			})
			continue
		}
		relations[n.Relation] = n
	}
	if len(kept) < len(p.m.Nodes) {
		p.m.Nodes = kept
		p.m.Index()
	}
	p.snapshotSettings()
}

func (p *parser) duplicate(n, old *manifest.Node) {
	what := fmt.Sprintf("two %ss with the name \"%s\"", n.Kind, n.Name)
	switch {
	case n.Kind == manifest.Source:
		what = fmt.Sprintf("two sources with the name \"%s_%s\"", n.Source.SourceName, n.Name)
	case n.Kind == manifest.Test && n.Test.Generic:
		what = fmt.Sprintf("two data_tests with the name \"%s\" of \"%s\"", n.Name, n.Test.FileKey)
		if n.Test.ColumnName != "" {
			what += fmt.Sprintf(", column \"%s\"", n.Test.ColumnName)
		}
	}
	p.fail(twice(n.File, n.Span, what, old.ID, old.OriginalPath, n.ID, n.OriginalPath))
}

// twice is the error about two resources that nothing could tell apart.
func twice(f *source.File, span source.Span, what, id1, path1, id2, path2 string) *source.Error {
	return &source.Error{
		File: f, Span: span, Class: source.Compilation, Hint: "rename one of them",
		Msg: fmt.Sprintf("dbt found %s.\nNothing could tell these apart:\n- %s (%s)\n- %s (%s)", what, id1, path1, id2, path2),
	}
}

// snapshotSettings checks that each snapshot says how it compares.
func (p *parser) snapshotSettings() {
	for _, n := range p.m.Nodes {
		if n.Kind != manifest.Snapshot || n.Broken {
			continue
		}
		bad := func(format string, args ...any) {
			p.fail(&source.Error{File: n.File, Span: source.Span{Start: n.Span.Start, End: n.Span.Start + 1}, Class: source.Parsing, Node: n.Describe(), Msg: fmt.Sprintf(format, args...)})
		}
		none := func(key string) bool { return !n.Config.Get(key).Truth() }
		switch strategy := n.Config.Text("strategy"); {
		case n.Materialized() != "snapshot":
			bad("Invalid value for 'materialized': %q; a snapshot must be 'snapshot'", n.Materialized())
		case strategy == "" || none("unique_key"):
			bad("Snapshots must be configured with a 'strategy' and 'unique_key'.")
		case strategy == "check" && none("check_cols"):
			bad("A snapshot configured with the check strategy must specify a check_cols configuration.")
		case strategy == "timestamp" && none("updated_at"):
			bad("When using the timestamp strategy, you must specify an updated_at configuration.")
		case strategy == "timestamp" && !none("check_cols"):
			bad("A 'timestamp' snapshot should not have 'check_cols'")
		}
	}
}
