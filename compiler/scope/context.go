package scope

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"weft/adapters"
	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// Phase says what a render is for, which decides what some names do.
type Phase uint8

// The phases. In Parse nothing is looked up: ref, source and config record what
// they are called with. Names is the same for the macros that make names.
const (
	Parse   Phase = iota
	Names         // generate_schema_name and its neighbours
	Run           // compiling and running a node
	Operate       // run-operation and macros that the adapter calls
)

// Shared is what all renders of an invocation have in common. Only Graph, Cache
// and the answers of its functions change.
type Shared struct {
	Manifest *manifest.Manifest // nil while parsing
	Macros   *Macros
	Dialect  *adapters.Dialect
	Project  string // name of the root project
	Quoting  [3]bool
	Target   *jinja.Dict
	Database string // of the target
	Schema   string
	Base     *Base

	// Var finds a var for nodes of a package.
	Var func(pkg, name string) (jinja.Value, bool)
	// Vars are all vars of a package, for the message about a missing one.
	Vars func(pkg string) *jinja.Dict

	Flags        jinja.Value
	ProjectFlags *jinja.Dict // of dbt_project.yml, for adapter.behavior
	Args         *jinja.Dict // invocation_args_dict
	ConfigObject jinja.Value // adapter.config, ref.config
	Selected     *jinja.List
	MetaEnv      *jinja.Dict
	Command      string // which

	FullRefresh   bool
	StoreFailures bool
	Empty         bool

	Defer *Defer // nil for none
	Cache *Cache
	Print func(string)
	Log   func(msg string, info bool, node *manifest.Node)
	Debug func(msg string)
	// Warn takes a warning; it gives an error where the warning counts as one. May be nil.
	Warn func(*source.Error) error
	// Inform takes a message that is an event of its own. May be nil.
	Inform func(event, code, msg string)
	Write  func(n *manifest.Node, path, payload string) error

	// ThreadID names the worker of a context.
	graphOnce sync.Once
	graph     *jinja.Dict
}

// Context is the names of one render. It is for one goroutine.
type Context struct {
	shared  *Shared
	phase   Phase
	pkg     string         // whose names bare macro names are searched in
	node    *manifest.Node // nil in operations
	macro   *manifest.Macro
	ctx     context.Context
	conn    *Conn // nil where there is no warehouse
	results map[string]*statementResult

	extra map[string]jinja.Value // names that win over all others

	// What Parse records.
	Refs    []manifest.Ref
	Sources [][2]string

	// Metrics and Functions are the calls of metric() and function(): a name, or a
	// package and a name.
	Metrics, Functions [][]string
	Configs            []config.Layer
	Macros             []string // ids of macros that the node's own code calls
	counts             int      // the depth of calls that counts as the node's own

	// What Run needs.
	Compiled string // compiled_code; empty until it is known
	hasCode  bool
	OnRef    func(*manifest.Node) // told of each ephemeral node that ref gives
	Main     string               // SQL of the last statement named main
	ThreadID string

	self *contextValue

	ownRelation jinja.Value // what own gives; nil until it is asked for
}

type statementResult struct {
	value  *jinja.Dict
	loaded bool
}

// NewContext makes the names for one render of a node's text.
func (s *Shared) NewContext(ctx context.Context, phase Phase, n *manifest.Node, conn *Conn) *Context {
	c := &Context{shared: s, phase: phase, node: n, ctx: ctx, conn: conn}
	c.pkg = s.Project
	if n != nil {
		c.pkg = n.Package
	}
	return c
}

// NewOperation makes the names for a macro that runs on its own.
func (s *Shared) NewOperation(ctx context.Context, mac *manifest.Macro, conn *Conn) *Context {
	return &Context{shared: s, phase: Operate, pkg: s.Project, macro: mac, ctx: ctx, conn: conn}
}

// Node is the node that is rendered, or nil.
func (c *Context) Node() *manifest.Node { return c.node }

// Shared is what the context has in common with others.
func (c *Context) Shared() *Shared { return c.shared }

// Conn is the context's connection, or nil.
func (c *Context) Conn() *Conn { return c.conn }

// SetCode gives compiled_code and sql their value.
func (c *Context) SetCode(sql string) { c.Compiled, c.hasCode = sql, true }

// Set gives a name a value that wins over everything else.
func (c *Context) Set(name string, v jinja.Value) {
	if c.extra == nil {
		c.extra = map[string]jinja.Value{}
	}
	c.extra[name] = v
}

// Log writes a message of a template to the log, and with info to the console.
func (c *Context) Log(msg string, info bool) {
	if c.shared.Log != nil {
		c.shared.Log(msg, info, c.node)
	}
}

// Warn passes on a warning that a template raises.
func (c *Context) Warn(msg string) error {
	if c.shared.Warn == nil {
		return nil
	}
	e := &source.Error{Event: source.JinjaLogWarning, Msg: msg}
	if c.node != nil {
		e.Node = c.node.Describe()
	}
	return c.shared.Warn(e)
}

// execute says whether the warehouse may be asked.
func (c *Context) execute() bool { return c.phase == Run || c.phase == Operate }

// Options are the options for rendering the context's own text.
func (c *Context) Options() jinja.Options {
	o := jinja.Options{Globals: c, Host: c, Lenient: c.phase == Parse}
	if c.node != nil {
		o.Name = c.node.Kind.String() + " " + c.node.Name
	}
	if c.phase == Parse || c.phase == Run {
		o.OnMacro = c.called
	}
	return o
}

// called notes the macros that the node's own text calls, and those that the
// materialization of a test calls, which dbt counts among them.
func (c *Context) called(m *jinja.Macro, depth int) {
	if depth != c.counts {
		return
	}
	mac := c.shared.Macros.Of(m)
	if mac != nil && !contains(c.Macros, mac.ID) {
		c.Macros = append(c.Macros, mac.ID)
	}
}

// Render renders a template with the context's names.
func (c *Context) Render(t *syntax.Template) (jinja.Result, error) {
	r, err := jinja.Render(c.ctx, t, c.Options())
	if err != nil {
		c.hint(err)
	}
	return r, err
}

// Run renders a template for what it does: refers to, configures, calls.
func (c *Context) Run(t *syntax.Template) error {
	err := jinja.Run(c.ctx, t, c.Options())
	if err != nil {
		c.hint(err)
	}
	return err
}

// commonNames are members of the context that people type most.
var commonNames = []string{"ref", "source", "config", "var", "env_var", "this", "target", "adapter", "model", "execute", "log", "return", "modules", "exceptions", "tojson", "fromjson"}

// NoMacro is what dbt adds where a node's own text calls what is undefined.
const NoMacro = ". This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with \"dbt deps\"."

// hint says what may have been meant by a name that is not there.
func (c *Context) hint(err error) {
	var e *jinja.Error
	if !errors.As(err, &e) || e.Kind != jinja.UndefinedError || e.Err.Hint != "" {
		return
	}
	name, ok := strings.CutSuffix(e.Err.Msg, "' is undefined")
	name, quoted := strings.CutPrefix(name, "'")
	if ok && quoted {
		names := append(c.shared.Macros.Names(c.pkg), commonNames...)
		if near := source.Nearest(name, names); near != "" {
			e.Err.Hint = fmt.Sprintf("did you mean %q?", near)
			return
		}
	}
	if len(e.Err.Calls) == 0 && c.node != nil && !strings.HasSuffix(e.Err.Msg, NoMacro) {
		e.Err.Msg += NoMacro
	}
}

// RenderNode renders the text of a node.
func (c *Context) RenderNode(n *manifest.Node) (jinja.Result, error) {
	t, err := n.Tree()
	if err != nil {
		return jinja.Result{}, err
	}
	return c.Render(t)
}

// RenderText renders a text that stands in no file of its own, such as a hook.
func (c *Context) RenderText(name, text string) (string, error) {
	if !config.IsTemplate(text) {
		return text, nil
	}
	t, err := syntax.Parse(&source.File{Path: name, Text: text}, syntax.Options{})
	if err != nil {
		return "", err
	}
	r, err := c.Render(t)
	return r.Text, err
}

// Native renders a text to a value, as YAML values are rendered.
func (c *Context) Native(name, text string) (jinja.Value, error) {
	t, err := syntax.Parse(&source.File{Path: name, Text: text}, syntax.Options{})
	if err != nil {
		return nil, err
	}
	return jinja.RenderNative(c.ctx, t, c.Options())
}

// Thread makes a thread to call macros from Go.
func (c *Context) Thread() *jinja.Thread { return jinja.NewThread(c.ctx, c.Options()) }

// Materialize calls a materialization. What a test's calls counts as called by the
// test; that of other nodes counts for nothing.
func (c *Context) Materialize(mac *manifest.Macro) (jinja.Value, error) {
	c.counts = -1
	if c.node.Kind == manifest.Test {
		c.counts = 1
	}
	return c.Thread().Call(mac.Value, nil, nil)
}

// Lookup gives the value of a name: what was set for this render, macros and
// package names, and then the members of the context.
func (c *Context) Lookup(name string) (jinja.Value, bool) {
	if c.extra != nil {
		if v, ok := c.extra[name]; ok {
			return v, true
		}
	}
	if v, ok := c.shared.Macros.lookup(c.pkg, name); ok {
		return v, true
	}
	return c.member(name)
}

// memberNames are the members that member finds besides memberFuncs.
var memberNames = strings.Fields(`execute this model config adapter api column target env database schema project_name
	pre_hooks post_hooks sql compiled_code defer_relation graph flags invocation_args_dict selected_resources
	dbt_metadata_envs context builtins var validation context_macro_stack exceptions sql_now thread_id`)

// Names are the names that Lookup finds, for hints.
func (c *Context) Names() []string {
	out := slices.AppendSeq(slices.Clone(memberNames), maps.Keys(memberFuncs))
	out = slices.AppendSeq(out, maps.Keys(c.extra))
	return append(out, c.shared.Macros.Names(c.pkg)...)
}

// member gives a member of the context, which macros of the same name hide.
func (c *Context) member(name string) (jinja.Value, bool) {
	if f := memberFuncs[name]; f != nil {
		if name == "ref" || name == "source" {
			return resolver{c, f}, true
		}
		return f, true
	}
	switch name {
	case "execute":
		return jinja.Bool(c.execute()), true
	case "this":
		return c.this()
	case "model":
		return c.model(), true
	case "config":
		return configObject{c}, true
	case "adapter":
		return adapterObject{c}, true
	case "api":
		return c.api(), true
	case "column":
		return columnClass{c.shared.Dialect}, true
	case "target", "env":
		return c.shared.Target, true
	case "database":
		if c.node != nil {
			return strOrNone(c.node.Database), true
		}
		return strOrNone(c.shared.Database), true
	case "schema":
		if c.node != nil {
			return strOrNone(c.node.Schema), true
		}
		return str(c.shared.Schema), true
	case "project_name":
		return str(c.shared.Project), true
	case "pre_hooks", "post_hooks":
		return c.hooks(name), true
	case "sql":
		return c.code(), true
	case "compiled_code":
		if c.node == nil {
			return nil, false
		}
		return c.code(), true
	case "defer_relation":
		if c.node == nil {
			return nil, false
		}
		return jinja.None, true
	case "graph":
		return c.shared.Graph(), true
	case "flags":
		return c.shared.Flags, true
	case "invocation_args_dict":
		return c.shared.Args, true
	case "selected_resources":
		if c.shared.Selected == nil || !c.execute() {
			return jinja.NewList(), true
		}
		return c.shared.Selected, true
	case "dbt_metadata_envs":
		return orDict(c.shared.MetaEnv), true
	case "context":
		return c.value(), true
	case "builtins":
		return builtins{c}, true
	case "var":
		return varObject{c}, true
	case "validation":
		return validation, true
	case "context_macro_stack":
		return jinja.NewList(), true
	case "exceptions":
		return c.shared.Base.Exceptions(), true
	case "sql_now":
		return str(now[c.shared.Dialect.Name]), true
	case "thread_id":
		if c.ThreadID != "" {
			return str(c.ThreadID), true
		}
		return str("MainThread"), true
	}
	return c.shared.Base.Lookup(name)
}

// now is SQL for the present moment. It is no macro, so projects cannot change it.
var now = map[string]string{"duckdb": "now()", "postgres": "now()", "snowflake": "CURRENT_TIMESTAMP()", "bigquery": "CURRENT_TIMESTAMP()"}

func (c *Context) this() (jinja.Value, bool) {
	if c.node == nil {
		return nil, false
	}
	switch c.node.Kind {
	case manifest.Operation, manifest.SQLOperation:
		return jinja.None, true
	case manifest.Test:
		if c.phase == Parse && c.node.Test != nil && c.node.Test.Generic {
			return nil, false
		}
	}
	return c.shared.RelationOf(c.node), true
}

func (c *Context) code() jinja.Value {
	if !c.hasCode || c.node == nil || !c.execute() {
		return jinja.None
	}
	return str(c.Compiled)
}

func (c *Context) model() jinja.Value {
	if c.node == nil {
		if c.macro == nil {
			return jinja.None
		}
		d := jinja.NewDict()
		d.SetStr("name", str(c.macro.Name))
		d.SetStr("resource_type", str("macro"))
		d.SetStr("package_name", str(c.macro.Package))
		d.SetStr("path", str(c.macro.Path))
		d.SetStr("original_file_path", str(c.macro.Path))
		d.SetStr("unique_id", str(c.macro.ID))
		d.SetStr("macro_sql", str(c.macro.SQL))
		on, cfg := jinja.NewDict(), jinja.NewDict()
		on.SetStr("macros", strs(c.macro.DependsOn))
		d.SetStr("depends_on", on)
		d.SetStr("description", str(c.macro.Description))
		d.SetStr("meta", orDict(c.macro.Meta))
		docs := jinja.NewDict()
		docs.SetStr("show", jinja.Bool(true))
		if c.macro.Docs != nil {
			docs = c.macro.Docs
		}
		d.SetStr("docs", docs)
		cfg.SetStr("meta", orDict(c.macro.Meta))
		cfg.SetStr("docs", docs)
		d.SetStr("config", cfg)
		d.SetStr("arguments", dicts(c.macro.Arguments))
		d.SetStr("created_at", jinja.Float(c.macro.CreatedAt))
		return d
	}
	d := ModelDict(c.node)
	if c.hasCode {
		d.SetStr("compiled", jinja.Bool(true))
		d.SetStr("compiled_code", str(c.Compiled))
		d.SetStr("compiled_sql", str(c.Compiled))
	}
	return d
}

func (c *Context) api() jinja.Value {
	d := jinja.NewDict()
	d.SetStr("Relation", relationClass{c.shared.Dialect, c.shared.Quoting})
	d.SetStr("Column", columnClass{c.shared.Dialect})
	return d
}

func (c *Context) hooks(name string) jinja.Value {
	if c.node == nil {
		return jinja.None
	}
	if c.node.Kind == manifest.Test || c.node.Kind == manifest.Source {
		return jinja.NewList()
	}
	return dicts(config.HookList(c.node.Config.List(config.Canonical(strings.TrimSuffix(name, "s")))))
}

// RelationOf gives the relation that a node builds, or a source stands for.
func (s *Shared) RelationOf(n *manifest.Node) *Relation {
	if n.Kind == manifest.Source {
		r := NewRelation(s.Dialect, n.Database, n.Schema, n.Source.Identifier)
		for i, p := range partNames {
			if v, ok := n.Source.Quoting.GetStr(p); ok && v != jinja.Value(jinja.None) {
				r.Quote[i] = v.Truth()
			}
		}
		return s.external(n, r)
	}
	if n.Ephemeral() {
		return s.CTE(n)
	}
	r := NewRelation(s.Dialect, n.Database, n.Schema, n.Alias)
	for i, p := range []*string{&n.Database, &n.Schema, &n.Alias} {
		if *p == "" && !n.Nameless[i] {
			r.Parts[i] = p // an empty name is a name, if no good one
		}
	}
	// The node's own config.quoting has no effect in dbt 1.11.
	r.Quote = s.Quoting
	return r
}

// external gives a source that DuckDB reads from files its location in place of a
// name: meta.external_location, with {name} and {identifier} filled in.
func (s *Shared) external(n *manifest.Node, r *Relation) *Relation {
	if s.Dialect.Name != "duckdb" {
		return r
	}
	var loc jinja.Value
	for _, d := range []*jinja.Dict{n.Config.Dict("meta"), n.Source.SourceMeta} {
		if d == nil {
			continue
		}
		if v, ok := d.GetStr("external_location"); ok {
			loc = v
			break
		}
	}
	if loc == nil {
		if v, ok := n.Config.Lookup("external_location"); ok {
			loc = v
		}
	}
	if loc == nil || loc == jinja.Value(jinja.None) {
		return r
	}
	text := strings.NewReplacer("{name}", n.Name, "{identifier}", n.Source.Identifier, "{schema}", n.Schema).Replace(loc.String())
	if !strings.ContainsAny(text, "(") {
		text = "'" + text + "'"
	}
	r.External = text
	return r
}

// CTE is the relation that stands for an ephemeral node in the SQL of its users.
func (s *Shared) CTE(n *manifest.Node) *Relation {
	r := NewRelation(s.Dialect, "", "", CTEPrefix+n.Alias)
	r.Quote = [3]bool{}
	r.Kind = "cte"
	return r
}

// Graph is the one dictionary of everything that templates of an invocation
// share; packages keep caches of their own in it.
func (s *Shared) Graph() *jinja.Dict {
	s.graphOnce.Do(func() {
		g := jinja.NewDict()
		parts := map[string]*jinja.Dict{}
		for _, name := range []string{"exposures", "functions", "groups", "metrics", "nodes", "sources", "semantic_models", "saved_queries"} {
			parts[name] = jinja.NewDict()
			g.SetStr(name, parts[name])
		}
		if s.Manifest != nil {
			for _, n := range s.Manifest.Nodes {
				to := "nodes"
				switch n.Kind {
				case manifest.Source:
					to = "sources"
				case manifest.Exposure:
					to = "exposures"
				case manifest.UnitTest:
					continue
				case manifest.Metric, manifest.Function:
					to = n.Kind.String() + "s"
				case manifest.SemanticModel:
					to = "semantic_models"
				case manifest.SavedQuery:
					to = "saved_queries"
				}
				parts[to].SetStr(n.ID, NodeDict(n))
			}
			for _, gr := range s.Manifest.Groups {
				d := jinja.NewDict()
				d.SetStr("name", str(gr.Name))
				d.SetStr("resource_type", str("group"))
				d.SetStr("package_name", str(gr.Package))
				d.SetStr("path", str(gr.Path))
				d.SetStr("original_file_path", str(gr.OriginalPath))
				d.SetStr("unique_id", str(gr.ID))
				d.SetStr("owner", gr.Owner)
				d.SetStr("description", gr.Description)
				d.SetStr("config", gr.Config)
				parts["groups"].SetStr(gr.ID, d)
			}
		}
		s.graph = g
	})
	return s.graph
}

// contextValue is the name "context": all names as a mapping.
type contextValue struct{ c *Context }

func (c *Context) value() *contextValue {
	if c.self == nil {
		c.self = &contextValue{c}
	}
	return c.self
}

// Type is Python's.
func (*contextValue) Type() string { return "dict" }

// Truth is true.
func (*contextValue) Truth() bool { return true }

// String is short: the whole would be large.
func (v *contextValue) String() string { return "<context of " + v.c.pkg + ">" }

// Get gives a name.
func (v *contextValue) Get(key jinja.Value) (jinja.Value, bool) {
	name, ok := key.(jinja.Str)
	if !ok {
		return nil, false
	}
	return v.c.Lookup(string(name))
}

// Keys are the names of the context's members and macros.
func (v *contextValue) Keys() []jinja.Value {
	var out []jinja.Value
	for _, n := range v.c.shared.Macros.Names(v.c.pkg) {
		out = append(out, jinja.Str(n))
	}
	return out
}

// Index gives a name.
func (v *contextValue) Index(key jinja.Value) (jinja.Value, error) {
	got, ok := v.Get(key)
	if !ok {
		return nil, nil
	}
	return got, nil
}

// Contains says whether there is such a name.
func (v *contextValue) Contains(key jinja.Value) (bool, error) {
	_, ok := v.Get(key)
	return ok, nil
}

// SetIndex adds a name to the render.
func (v *contextValue) SetIndex(key, val jinja.Value) error {
	v.c.Set(key.String(), val)
	return nil
}

// Attr gives the methods.
func (v *contextValue) Attr(name string) (jinja.Value, error) {
	return contextMethods.Bind(v, name), nil
}

var contextMethods = jinja.NewMethods("dict",
	jinja.NewFunc("get(key, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		if v, ok := c.Self.(*contextValue).Get(c.Args[0]); ok {
			return v, nil
		}
		return c.Args[1], nil
	}),
	jinja.NewFunc("update(*args, **kwargs)", func(c *jinja.Call) (jinja.Value, error) {
		ctx := c.Self.(*contextValue).c
		for _, a := range c.Rest {
			if d, ok := a.(*jinja.Dict); ok {
				for k, v := range d.All() {
					ctx.Set(k.String(), v)
				}
			}
		}
		for k, v := range orDict(c.Kw).All() {
			ctx.Set(k.String(), v)
		}
		return jinja.None, nil
	}),
	jinja.NewFunc("keys()", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.NewList(c.Self.(*contextValue).Keys()...), nil
	}),
)

// builtins is the members without the macros that hide them.
type builtins struct{ c *Context }

// Type is Python's.
func (builtins) Type() string { return "dict" }

// Truth is true.
func (builtins) Truth() bool { return true }

// String is short.
func (builtins) String() string { return "<builtins>" }

// Index gives a member.
func (b builtins) Index(key jinja.Value) (jinja.Value, error) {
	name, ok := key.(jinja.Str)
	if !ok {
		return nil, nil
	}
	v, ok := b.c.member(string(name))
	if !ok {
		return nil, nil
	}
	return v, nil
}

// Attr gives a member.
func (b builtins) Attr(name string) (jinja.Value, error) {
	if name == "get" {
		return builtinsMethods.Bind(b, name), nil
	}
	return b.Index(jinja.Str(name))
}

// Contains says whether there is such a member.
func (b builtins) Contains(key jinja.Value) (bool, error) {
	v, err := b.Index(key)
	return v != nil, err
}

var builtinsMethods = jinja.NewMethods("dict",
	jinja.NewFunc("get(key, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		if v, _ := c.Self.(builtins).Index(c.Args[0]); v != nil {
			return v, nil
		}
		return c.Args[1], nil
	}),
)

// varObject is the name "var".
type varObject struct{ c *Context }

// Type is dbt's class.
func (varObject) Type() string { return "Var" }

// Truth is true.
func (varObject) Truth() bool { return true }

// String is short.
func (varObject) String() string { return "<var>" }

// Call is var(name, default).
func (v varObject) Call(t *jinja.Thread, args []jinja.Value, kwargs []jinja.Kwarg) (jinja.Value, error) {
	return t.Call(varMethods.Bind(v, "__call__"), args, kwargs)
}

// Attr gives has_var.
func (v varObject) Attr(name string) (jinja.Value, error) {
	if name != "has_var" {
		return nil, nil
	}
	return varMethods.Bind(v, name), nil
}

var varMethods = jinja.NewMethods("Var",
	jinja.NewFunc("__call__(var_name, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		ctx := c.Self.(varObject).c
		name := c.Str(0)
		v, ok := ctx.shared.Var(ctx.pkg, name)
		if !ok {
			if c.Given(1) || !ctx.execute() {
				return c.Args[1], nil
			}
			return nil, ctx.missingVar(name)
		}
		text, isText := v.(jinja.Str)
		if !isText || !config.IsTemplate(string(text)) {
			return v, nil
		}
		t, err := syntax.Parse(&source.File{Path: "var " + name, Text: string(text)}, syntax.Options{})
		if err != nil {
			return nil, err
		}
		o := ctx.Options()
		o.Lenient = false // also while parsing, since it is not the node's own text
		out, err := jinja.Render(ctx.ctx, t, o)
		if err != nil {
			return nil, err
		}
		return jinja.Str(out.Text), nil
	}),
	jinja.NewFunc("has_var(var_name)", func(c *jinja.Call) (jinja.Value, error) {
		ctx := c.Self.(varObject).c
		_, ok := ctx.shared.Var(ctx.pkg, c.Str(0))
		return jinja.Bool(ok), nil
	}),
)

func (c *Context) missingVar(name string) error {
	who := "<Configuration>"
	if c.node != nil {
		who = c.node.Name
	} else if c.macro != nil {
		who = c.macro.Name
	}
	return jinja.Raise(jinja.HostError, "%s", missingVar(name, who, c.shared.Vars(c.pkg)))
}

// missingVar is dbt's complaint that none of the vars that who was given is name.
func missingVar(name, who string, vars *jinja.Dict) string {
	shown, err := jinja.AppendJSON(nil, vars, jinja.JSONOptions{Lines: true, Indent: "    ", SortKeys: true, ASCII: true})
	if err != nil {
		shown = []byte("{}")
	}
	return fmt.Sprintf("Required var '%s' not found in config:\nVars supplied to %s = %s", name, who, shown)
}

// fail makes an error that a host function gives to a template.
func fail(class source.Class, format string, args ...any) error {
	e := jinja.Raise(jinja.HostError, "%s", fmt.Sprintf(format, args...))
	e.Err.Class = class
	return e
}

// TestKwargs renders the arguments of the context's generic test: texts that look
// like calls of ref, source, var, env_var or doc count as templates, and
// column_name stays as it is.
func (c *Context) TestKwargs() (*jinja.Dict, error) {
	out := jinja.NewDict()
	for k, v := range c.node.Test.Kwargs.All() {
		if k.String() == "column_name" {
			out.Set(k, v)
			continue
		}
		r, err := c.testArg(v)
		if err != nil {
			return nil, err
		}
		out.Set(k, r)
	}
	return out, nil
}

// IsTestTemplate says whether TestKwargs renders a text.
func IsTestTemplate(text string) bool { return looksLikeCall(text) || config.IsTemplate(text) }

func (c *Context) testArg(v jinja.Value) (jinja.Value, error) {
	switch v := v.(type) {
	case *jinja.Dict:
		out := jinja.NewDict()
		for k, item := range v.All() {
			r, err := c.testArg(item)
			if err != nil {
				return nil, err
			}
			out.Set(k, r)
		}
		return out, nil
	case *jinja.List:
		out := jinja.NewList()
		for _, item := range v.Items {
			r, err := c.testArg(item)
			if err != nil {
				return nil, err
			}
			out.Append(r)
		}
		return out, nil
	case jinja.Str:
		text := string(v)
		if looksLikeCall(text) {
			text = "{{ " + text + " }}"
		}
		if !config.IsTemplate(text) {
			return jinja.Str(strings.TrimSuffix(text, "\n")), nil
		}
		return c.Native(c.node.OriginalPath, text)
	}
	return v, nil
}

// looksLikeCall says whether a text is a call of one of a few functions, which may
// stand in test arguments without braces.
func looksLikeCall(text string) bool {
	text = strings.TrimSpace(text)
	for _, f := range []string{"env_var", "ref", "var", "source", "doc"} {
		rest, ok := strings.CutPrefix(text, f)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, " \t\n")
		if len(rest) > 2 && rest[0] == '(' && rest[len(rest)-1] == ')' {
			return true
		}
	}
	return false
}
