package scope

import (
	"fmt"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// host gives the context of a call.
func host(c *jinja.Call) *Context { return c.Thread.Host.(*Context) }

// pythonType is the type of a value as Python prints it.
func pythonType(v jinja.Value) string {
	return "<class '" + jinja.TypeName(v) + "'>"
}

// resolver is the name "ref" or "source": a function with the run's configuration.
type resolver struct {
	c  *Context
	fn *jinja.Func
}

// Type is dbt's class.
func (r resolver) Type() string {
	return "Runtime" + strings.ToUpper(r.fn.Name[:1]) + r.fn.Name[1:] + "Resolver"
}

// Truth is true.
func (resolver) Truth() bool { return true }

// String is short.
func (r resolver) String() string { return "<" + r.fn.Name + ">" }

// Call is the function.
func (r resolver) Call(t *jinja.Thread, args []jinja.Value, kwargs []jinja.Kwarg) (jinja.Value, error) {
	return r.fn.Call(t, args, kwargs)
}

// Attr gives config; others are undefined.
func (r resolver) Attr(name string) (jinja.Value, error) {
	if name != "config" {
		return nil, nil
	}
	return orNone(r.c.shared.ConfigObject), nil
}

// parseRef reads the arguments of ref(): one or two names and perhaps a version.
func parseRef(c *jinja.Call) (manifest.Ref, error) {
	var r manifest.Ref
	names := c.Rest
	if len(names) < 1 || len(names) > 2 {
		return r, fail(source.Compilation, "ref() takes at most two arguments (%d given)", len(names))
	}
	name := names[len(names)-1]
	text, ok := jinja.Text(name)
	if !ok {
		return r, fail(source.Compilation, "The name argument to ref() must be a string, got %s", pythonType(name))
	}
	r.Name = text
	if len(names) == 2 && names[0] != jinja.Value(jinja.None) {
		pkg, ok := jinja.Text(names[0])
		if !ok {
			return r, fail(source.Compilation, "The package argument to ref() must be a string or None, got %s", pythonType(names[0]))
		}
		r.Package = pkg
	}
	for _, v := range c.Args {
		if !v.Truth() {
			continue
		}
		switch v.(type) {
		case jinja.Str, jinja.Int, jinja.Float:
		default:
			return r, fail(source.Compilation, "The version argument to ref() must be a string, int, float, or None - got %s", pythonType(v))
		}
		if r.Version == nil {
			r.Version = v
		}
	}
	return r, nil
}

var refFunc = jinja.NewFunc("ref(*args, version=none, v=none, **kwargs)", func(c *jinja.Call) (jinja.Value, error) {
	ctx := host(c)
	r, err := parseRef(c)
	if err != nil {
		return nil, err
	}
	if !ctx.execute() {
		ctx.Refs = append(ctx.Refs, r)
		return ctx.own(), nil
	}
	return ctx.resolveRef(c.Thread, r)
})

// own is what ref and source give while nothing is known: the node's relation.
func (c *Context) own() jinja.Value {
	if c.node == nil {
		return NewRelation(c.shared.Dialect, c.shared.Database, c.shared.Schema, "")
	}
	if c.ownRelation == nil {
		c.ownRelation = c.shared.RelationOf(c.node)
	}
	return c.ownRelation
}

func (c *Context) resolveRef(t *jinja.Thread, r manifest.Ref) (jinja.Value, error) {
	m := c.shared.Manifest
	n, found := m.FindRef(c.pkg, r)
	if found != manifest.Enabled {
		return nil, fail(source.Compilation, "%s", c.notFound("node", r.Name, r.Package, r.Version, found == manifest.Off))
	}
	if why := n.Closed(); why != "" {
		who := "an operation"
		if c.node != nil {
			who = c.node.ID
		}
		return nil, fail(source.Parsing, "Node %s attempted to reference node %s, which is not allowed because the referenced node is %s.", who, n.ID, why)
	}
	if c.phase == Run && c.node != nil {
		if !contains(c.node.DependsOn, n.ID) && n.ID != c.node.ID {
			return nil, c.unrecorded(r)
		}
	}
	c.unpinned(n, r)
	rel, err := c.relationFor(t, n)
	if err != nil {
		return nil, err
	}
	if n.Ephemeral() {
		if c.phase == Operate {
			return nil, fail(source.Compilation, "Operations can not ref() ephemeral nodes, but %s is ephemeral", n.Name)
		}
		if c.OnRef != nil {
			c.OnRef(n)
		}
		return rel, nil
	}
	if c.shared.Empty {
		rel = rel.with(func(r *Relation) { r.Limit = 0 })
	}
	return rel, nil
}

// unpinned tells of a ref without version to a model that has a version beyond the
// latest.
func (c *Context) unpinned(n *manifest.Node, r manifest.Ref) {
	if n.Version == nil || r.Version != nil || c.phase != Run || c.node == nil || c.shared.Inform == nil {
		return
	}
	newest := n.Version
	for _, other := range c.shared.Manifest.Versions(n) {
		if manifest.VersionLess(newest, other.Version) {
			newest = other.Version
		}
	}
	if newest == n.Version {
		return
	}
	c.shared.Inform("UnpinnedRefNewVersionAvailable", "I064", fmt.Sprintf("While compiling '%s':\n"+
		"Found an unpinned reference to versioned model '%s' in project '%s'.\nResolving to latest version: %[2]s.v%[4]s\n"+
		"A prerelease version %[5]s is available. It has not yet been marked 'latest' by its maintainer.\n"+
		"When that happens, this reference will resolve to %[2]s.v%[5]s instead.\n\n"+
		"  Try out v%[5]s: {{ ref('%[3]s', '%[2]s', v='%[5]s') }}\n  Pin to  v%[4]s: {{ ref('%[3]s', '%[2]s', v='%[4]s') }}\n",
		c.node.SearchName(), n.Name, n.Package, n.Version, newest))
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (c *Context) unrecorded(r manifest.Ref) error {
	args := make([]string, 0, 3)
	if r.Package != "" {
		args = append(args, "'"+r.Package+"'")
	}
	args = append(args, "'"+r.Name+"'")
	if r.Version != nil {
		args = append(args, "v="+jinja.Repr(r.Version))
	}
	e := fail(source.Compilation,
		"dbt was unable to infer all dependencies for the model \"%s\".\nThis typically happens when ref() is placed within a conditional block.\n"+
			"To fix this, add the following hint to the top of the model \"%s\":\n\n-- depends_on: {{ ref(%s) }}", c.node.Name, c.node.Name, strings.Join(args, ", "))
	return e
}

// notFound is NotFound for what the context renders: a node, or a macro that runs on
// its own.
func (c *Context) notFound(what, name, pkg string, version jinja.Value, disabled bool) string {
	if c.node == nil && c.macro != nil {
		return notFound(fmt.Sprintf("Macro '%s' (%s)", c.macro.ID, c.macro.Path), what, name, pkg, version, disabled)
	}
	return NotFound(c.node, what, name, pkg, version, disabled)
}

// NotFound says in dbt's words that a ref or source names nothing.
func NotFound(n *manifest.Node, what, name, pkg string, version jinja.Value, disabled bool) string {
	who := "Operation"
	if n != nil {
		kind := n.Kind.String()
		who = fmt.Sprintf("%s '%s' (%s)", strings.ToUpper(kind[:1])+kind[1:], n.ID, n.OriginalPath)
	}
	if n != nil && n.Kind == manifest.Test && what == "node" && pkg == "" && !disabled {
		// dbt names the package of a test's ref also where there is none.
		return notFound(who, what, name+"' in package '", "", nil, false)
	}
	return notFound(who, what, name, pkg, version, disabled)
}

func notFound(who, what, name, pkg string, version jinja.Value, disabled bool) string {
	if version != nil {
		name = fmt.Sprintf("%s' with version '%s", name, version)
	}
	in := ""
	if pkg != "" {
		in = fmt.Sprintf("in package or project '%s' ", pkg)
	}
	fate := "was not found"
	if disabled {
		fate = "is disabled"
	}
	return fmt.Sprintf("%s depends on a %s named '%s' %swhich %s", who, what, name, in, fate)
}

var sourceFunc = jinja.NewFunc("source(*args)", func(c *jinja.Call) (jinja.Value, error) {
	ctx := host(c)
	if len(c.Rest) != 2 {
		return nil, fail(source.Compilation, "source() takes exactly two arguments (%d given)", len(c.Rest))
	}
	var names [2]string
	for i, what := range []string{"source name (first)", "table name (second)"} {
		text, ok := jinja.Text(c.Rest[i])
		if !ok {
			return nil, fail(source.Compilation, "The %s argument to source() must be a string, got %s", what, pythonType(c.Rest[i]))
		}
		names[i] = text
	}
	if !ctx.execute() {
		ctx.Sources = append(ctx.Sources, names)
		return ctx.own(), nil
	}
	n, found := ctx.shared.Manifest.FindSource(ctx.pkg, names[0], names[1])
	if found != manifest.Enabled {
		return nil, fail(source.Compilation, "%s", ctx.notFound("source", names[0]+"."+names[1], "", nil, found == manifest.Off))
	}
	rel := ctx.shared.RelationOf(n)
	if ctx.shared.Empty {
		rel = rel.with(func(r *Relation) { r.Limit = 0 })
	}
	return rel, nil
})

// namedCall reads the arguments of metric() and function(): a name, or a package and
// a name.
func namedCall(c *jinja.Call, what string) ([]string, error) {
	if n := len(c.Rest); n < 1 || n > 2 {
		return nil, fail(source.Compilation, "%s() takes one or two arguments (%d given)", what, n)
	}
	var out []string
	for i, v := range c.Rest {
		text, ok := jinja.Text(v)
		switch {
		case ok:
			out = append(out, text)
		case i == 0 && len(c.Rest) == 2 && v == jinja.Value(jinja.None):
		default:
			part := "name"
			if i < len(c.Rest)-1 {
				part = "package"
			}
			return nil, fail(source.Compilation, "The %s argument to %s() must be a string, got %s", part, what, pythonType(v))
		}
	}
	return out, nil
}

// metricFunc is metric('name'): the metric's name, and a dependency.
var metricFunc = jinja.NewFunc("metric(*args)", func(c *jinja.Call) (jinja.Value, error) {
	ctx := host(c)
	call, err := namedCall(c, "metric")
	if err != nil {
		return nil, err
	}
	if !ctx.execute() {
		ctx.Metrics = append(ctx.Metrics, call)
	}
	return jinja.Str(call[len(call)-1]), nil
})

// functionFunc is function('name'): the name by which SQL calls a function of the
// project.
var functionFunc = jinja.NewFunc("function(*args)", func(c *jinja.Call) (jinja.Value, error) {
	ctx := host(c)
	call, err := namedCall(c, "function")
	if err != nil {
		return nil, err
	}
	if !ctx.execute() {
		ctx.Functions = append(ctx.Functions, call)
		return ctx.own(), nil
	}
	n, found := ctx.shared.Manifest.FindNamed(manifest.Function, ctx.pkg, call)
	if found != manifest.Enabled {
		pkg := ""
		if len(call) == 2 {
			pkg = call[0]
		}
		return nil, fail(source.Compilation, "%s", ctx.notFound("function", call[len(call)-1], pkg, nil, found == manifest.Off))
	}
	return ctx.shared.RelationOf(n), nil
})
