package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"weft/compiler/artifact"
	"weft/compiler/compile"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// exec compiles and runs one node and never fails: what goes wrong is its result.
func (r *run) exec(n *manifest.Node, thread string) *artifact.Result {
	start := r.o.Now()
	res := &artifact.Result{Node: n, ID: n.ID, Thread: thread, HasCode: n.Kind.Info().SQL}
	if n.Kind != manifest.Seed { // dbt leaves it out for seeds
		res.Relation = n.Relation
	}
	conn := r.conn(n)
	err := r.guarded(n, res, conn, thread)
	// What the node left open is rolled back, in the warehouse too, also when the
	// run has been cancelled. A node whose work may not be there has not succeeded.
	end := context.WithoutCancel(r.ctx)
	if err != nil {
		if back := conn.Rollback(end); back != nil && r.ctx.Err() == nil {
			err = errors.Join(err, back)
		}
	}
	if closed := conn.Close(end); closed != nil && err == nil {
		err = closed
	}
	if err != nil {
		for _, e := range source.All(err) {
			n.Place(e)
		}
		res.Status = artifact.Errored
		if n.Kind == manifest.Source {
			res.Status = artifact.RuntimeErr
		}
		res.Message = message(err, n)
		res.Response = nil
		switch {
		case !errors.Is(err, context.Canceled):
		case r.base.Err() == nil:
			res.Status, res.Message = artifact.Skipped, failFast
		default:
			res.Message = (&source.Error{Class: source.Runtime, Node: n.Describe(), Msg: "cancelled"}).Report()
		}
	}
	res.Seconds = r.o.Now().Sub(start).Seconds()
	return res
}

func (r *run) conn(n *manifest.Node) *scope.Conn {
	c := scope.NewConn(r.o.Warehouse, r.shared.Dialect, r.shared.Cache)
	if r.o.Comment != nil {
		c.Comment = func() (string, bool, error) { return r.o.Comment(n) }
	}
	if r.o.Sent != nil {
		c.Sent = func(sql string) { r.o.Sent(n, sql) }
	}
	return c
}

// guarded is steps with a panic as its error: a fault of ours in one node must not
// keep the others from being rolled back and reported.
func (r *run) guarded(n *manifest.Node, res *artifact.Result, conn *scope.Conn, thread string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &source.Error{Class: source.Internal, Node: n.Describe(),
				Msg: fmt.Sprintf("%v\n\nThis is a bug in weft. Please report it with the text below.\n\n%s", p, debug.Stack())}
		}
	}()
	return r.steps(n, res, conn, thread)
}

// steps compiles the node and, unless that is all, runs its materialization.
func (r *run) steps(n *manifest.Node, res *artifact.Result, conn *scope.Conn, thread string) error {
	switch {
	case n.Kind == manifest.Source:
		return r.freshness(n, res, conn, thread)
	case r.o.Command == "clone":
		return r.clone(n, res, conn, thread)
	}
	t := artifact.Timing{Name: "compile", Start: r.o.Now()}
	c, err := r.compile(n, res, conn)
	t.End = r.o.Now()
	if err != nil {
		return err
	}
	c.Context.ThreadID = thread
	res.Timing = append(res.Timing, t)
	res.Status = artifact.Success
	if r.o.CompileOnly || n.Ephemeral() {
		return nil
	}
	t = artifact.Timing{Name: "execute", Start: r.o.Now()}
	switch n.Kind {
	case manifest.Exposure, manifest.UnitTest, manifest.SavedQuery:
		res.Status = artifact.NoOp
		res.Message = "NO-OP"
		none := 0
		res.Failures = &none
	case manifest.Test:
		err = r.test(n, res, c)
	default:
		err = r.materialize(n, res, c)
	}
	t.End = r.o.Now()
	res.Timing = append(res.Timing, t)
	if err != nil {
		return r.explain(err, n, c, conn)
	}
	return nil
}

func (r *run) compile(n *manifest.Node, res *artifact.Result, conn *scope.Conn) (*compile.Result, error) {
	return r.compileIn(r.ctx, n, res, conn)
}

func (r *run) compileIn(ctx context.Context, n *manifest.Node, res *artifact.Result, conn *scope.Conn) (*compile.Result, error) {
	if n.Ephemeral() {
		c, err := r.o.Compiler.Ephemeral(ctx, n, conn, nil)
		if err != nil {
			return nil, err
		}
		return c, r.wrote(n, res, c)
	}
	c, err := r.o.Compiler.Node(ctx, n, conn)
	if err != nil {
		return nil, err
	}
	return c, r.wrote(n, res, c)
}

// wrote keeps the compiled code in the result and below target/compiled.
func (r *run) wrote(n *manifest.Node, res *artifact.Result, c *compile.Result) error {
	if !n.Kind.Info().SQL {
		if n.Kind == manifest.Seed {
			res.Compiled = nil
		}
		return nil
	}
	file := artifact.FilePath(n)
	res.Compiled = &artifact.Compiled{Code: c.SQL, CTEs: c.CTEs, Path: r.o.Shown + "/compiled/" + file, Macros: c.Context.Macros}
	if n.Kind == manifest.Snapshot {
		res.Compiled.Path = "" // dbt writes none for snapshots
		return nil
	}
	if n.Kind == manifest.Test && n.StoresFailures(r.shared.StoreFailures) && n.Relation == "" {
		res.Compiled.Relation = r.shared.RelationOf(n).Render()
		res.Relation = res.Compiled.Relation
	}
	if c.SQL == "" {
		res.Compiled.Path = ""
		return nil
	}
	return writeFile(filepath.Join(r.o.Target, "compiled", filepath.FromSlash(file)), c.SQL)
}

// writeFile writes a text below target/. Most folders are there already, so they
// are made only when they turn out to be missing.
func writeFile(path, text string) error {
	err := os.WriteFile(path, []byte(text), 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
	}
	if err != nil {
		return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
	}
	return nil
}

// ran writes the SQL of the main statement below target/run.
func (r *run) ran(n *manifest.Node, res *artifact.Result, c *compile.Result) error {
	if c.Context.Main == "" {
		return nil
	}
	file := artifact.FilePath(n)
	if res.Compiled == nil {
		res.Compiled = &artifact.Compiled{}
	}
	res.Compiled.BuildPath = r.o.Shown + "/run/" + file
	return writeFile(filepath.Join(r.o.Target, "run", filepath.FromSlash(file)), c.Context.Main)
}

// call runs the macro that builds a materialization and gives its result.
func (r *run) call(n *manifest.Node, name string, c *compile.Result) (jinja.Value, error) {
	mac := r.shared.Macros.Materialization(name)
	if mac == nil {
		d := r.shared.Dialect.Name
		return nil, &source.Error{Class: source.Compilation, Node: n.Describe(), File: n.File, Span: n.Span,
			Msg:  fmt.Sprintf("No materialization '%s' was found for adapter %s! (searched types 'default' and '%s')", name, d, d),
			Hint: r.similarMaterialization(name)}
	}
	lang := n.Language
	if lang == "" || name == "clone" {
		lang = "sql"
	}
	ok := false
	for _, l := range mac.Languages {
		ok = ok || l == lang
	}
	if !ok {
		return nil, &source.Error{Class: source.Compilation, Node: n.Describe(),
			Msg: fmt.Sprintf("Materialization \"%s\" only supports languages %v; got \"%s\"", mac.Name, mac.Languages, lang)}
	}
	return c.Context.Materialize(mac)
}

// similarMaterialization says what may have been meant, if anything comes near.
func (r *run) similarMaterialization(name string) string {
	var names []string
	for _, m := range r.shared.Macros.Names(r.shared.Project) {
		if full, ok := strings.CutPrefix(m, "materialization_"); ok {
			if i := strings.LastIndexByte(full, '_'); i > 0 {
				names = append(names, full[:i])
			}
		}
	}
	if near := source.Nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// materialize builds a relation and takes the answer of the main statement.
func (r *run) materialize(n *manifest.Node, res *artifact.Result, c *compile.Result) error {
	v, err := r.call(n, n.Materialized(), c)
	if wrote := r.ran(n, res, c); err == nil {
		err = wrote
	}
	if err != nil {
		return err
	}
	rels, err := relations(n, v)
	if err != nil {
		return err
	}
	resp, _, ok := c.Context.Result("main")
	if !ok {
		return &source.Error{Class: source.Compilation, Node: n.Describe(), Msg: "main is not being called during running model"}
	}
	for _, rel := range rels {
		r.shared.Cache.Created(rel)
	}
	res.Message = resp.String()
	res.Response = scope.ResponseDict(resp)
	return nil
}

// relations reads what a materialization returned: {"relations": [...]}.
func relations(n *manifest.Node, v jinja.Value) ([]*scope.Relation, error) {
	bad := func(format string, args ...any) error {
		return &source.Error{Class: source.Compilation, Node: n.Describe(), Msg: fmt.Sprintf(format, args...)}
	}
	d, ok := v.(*jinja.Dict)
	if !ok {
		if _, text := v.(jinja.Str); text {
			return nil, bad("The materialization (\"%s\") did not explicitly return a list of relations to add to the cache.", n.Materialized())
		}
		return nil, bad("Invalid return value from materialization, expected a dict with key \"relations\", got: %s", v)
	}
	list, ok := d.GetStr("relations")
	if !ok {
		return nil, bad("Invalid return value from materialization, \"relations\" not found, got keys: %s", jinja.Repr(jinja.NewList(d.Keys()...)))
	}
	items, ok := list.(*jinja.List)
	if !ok {
		return nil, bad("Invalid return value from materialization, \"relations\" not a list, got: %s", list)
	}
	var out []*scope.Relation
	for _, item := range items.Items {
		rel, ok := item.(*scope.Relation)
		if !ok {
			return nil, bad("Invalid return value from materialization, \"relations\" contains non-Relation: %s", item)
		}
		out = append(out, rel)
	}
	return out, nil
}

// test runs a data test and judges the counts that its query gives.
func (r *run) test(n *manifest.Node, res *artifact.Result, c *compile.Result) error {
	v, err := r.call(n, n.Materialized(), c)
	if wrote := r.ran(n, res, c); err == nil {
		err = wrote
	}
	if err != nil {
		return err
	}
	if d, ok := v.(*jinja.Dict); ok {
		if rels, err := relations(n, d); err == nil {
			for _, rel := range rels {
				r.shared.Cache.Created(rel)
			}
		}
	}
	res.Compiled.Macros = c.Context.Macros
	resp, t, ok := c.Context.Result("main")
	if !ok {
		return &source.Error{Class: source.Compilation, Node: n.Describe(), Msg: "main is not being called during running model"}
	}
	res.Response = scope.ResponseDict(resp)
	if t == nil || len(t.Rows) != 1 || len(t.Names) != 3 {
		rows, cols := 0, 0
		if t != nil {
			rows, cols = len(t.Rows), len(t.Names)
		}
		return &source.Error{Class: source.Internal, Node: n.Describe(),
			Msg: fmt.Sprintf("dbt internally failed to execute %s: Returned %d rows and %d cols, but expected 1 row and 3 columns", n.ID, rows, cols)}
	}
	count, err := strconv.ParseFloat(t.Rows[0][0].String(), 64)
	if err != nil {
		return &source.Error{Class: source.Runtime, Node: n.Describe(), Msg: fmt.Sprintf("fail_calc must give a number of failures; %s gave %s", n.Config.Text("fail_calc"), jinja.Repr(t.Rows[0][0]))}
	}
	r.judge(n, res, int(count), truthy(t.Rows[0][1]), truthy(t.Rows[0][2]))
	return nil
}

// truthy reads a condition as warehouses give it: a bool, 0 or 1, or a word.
func truthy(v jinja.Value) bool {
	switch v := v.(type) {
	case jinja.Str:
		switch strings.ToLower(string(v)) {
		case "t", "true", "y", "yes", "on", "1":
			return true
		}
		return false
	}
	return v.Truth()
}

func (r *run) judge(n *manifest.Node, res *artifact.Result, count int, warn, fail bool) {
	cfg := n.Config
	results := fmt.Sprintf("Got %d results", count)
	if count == 1 {
		results = "Got 1 result"
	}
	warnOnly := strings.HasPrefix(strings.ToLower(cfg.Text("severity")), "warn")
	switch {
	case !warnOnly && fail:
		res.Status = artifact.Failed
		res.Message = results + ", configured to fail if " + cfg.Text("error_if")
	case warn && r.o.WarnIsFail:
		res.Status = artifact.Failed
		res.Message = results + ", configured to fail if " + cfg.Text("warn_if")
	case warn:
		res.Status = artifact.Warned
		res.Message = results + ", configured to warn if " + cfg.Text("warn_if")
	default:
		res.Status = artifact.Passed
		count = 0
	}
	res.Failures = &count
}

// explain puts an error of the warehouse at the place in the model that the
// statement got it from.
func (r *run) explain(err error, n *manifest.Node, c *compile.Result, conn *scope.Conn) error {
	var se *source.Error
	if conn.LastError == nil || !errors.As(err, &se) || !errors.Is(err, conn.LastError) {
		return err
	}
	e := &source.Error{Class: se.Class, Node: n.Describe(), Msg: se.Msg, Err: se.Err, WordsFirst: true}
	if f, pos, ok := place(c, conn); ok {
		e.File, e.Span = f, source.Span{Start: pos, End: pos}
	}
	if e.Class == "" {
		e.Class = source.Runtime
	}
	return e
}

// place finds the text that the warehouse complained about in the node's own code.
func place(c *compile.Result, conn *scope.Conn) (*source.File, source.Pos, bool) {
	if conn.LastError.Line == 0 || c.SQL == "" {
		return nil, 0, false
	}
	sent := conn.LastSQL
	f := &source.File{Text: sent}
	at := int(f.Offset(conn.LastError.Line, max(1, conn.LastError.Column)))
	own := strings.TrimSpace(c.SQL)
	code, lead := strings.Index(sent, own), strings.Index(c.SQL, own)
	if code < 0 {
		return nil, 0, false
	}
	switch {
	case at < code:
		return nil, 0, false
	case at > code+len(own):
		// What comes right after the code is where the code broke off.
		if at > len(sent) || strings.Trim(sent[code+len(own):at], " \t\r\n") != "" {
			return nil, 0, false
		}
		at = code + len(own)
	}
	return c.Offset(at - code + lead)
}

// prepare makes the schemas that selected nodes need and learns what is in them.
func (r *run) prepare() error {
	type key struct{ database, schema string }
	var need []key
	seen := map[key]bool{}
	for _, n := range r.plan.Nodes {
		if !n.HasRelation() && !n.StoresFailures(r.shared.StoreFailures) || n.Schema == "" {
			continue
		}
		k := key{n.Database, n.Schema}
		if low := (key{strings.ToLower(k.database), strings.ToLower(k.schema)}); !seen[low] {
			seen[low] = true
			need = append(need, k)
		}
	}
	if len(need) == 0 {
		return nil
	}
	conn := r.conn(nil)
	defer conn.Close(context.WithoutCancel(r.ctx))
	ctx := r.shared.NewOperation(r.ctx, nil, conn)
	have := map[string][]string{}
	for _, k := range need {
		names, ok := have[k.database]
		if !ok {
			var err error
			if names, err = ctx.Schemas(ctx.Thread(), k.database); err != nil {
				return err
			}
			have[k.database] = names
		}
		there := false
		for _, n := range names {
			there = there || strings.EqualFold(n, k.schema)
		}
		if !there {
			if err := ctx.CreateSchema(ctx.Thread(), k.database, k.schema); err != nil {
				return err
			}
		}
		if err := ctx.FillCache(ctx.Thread(), k.database, k.schema); err != nil {
			return err
		}
	}
	if r.o.Command == "clone" {
		return r.fillState(ctx)
	}
	return nil
}

// hooks runs the project's hooks of one kind and says whether all went well. After
// a failure the rest is skipped.
func (r *run) hooks(when string, results []*artifact.Result) (ok bool) {
	var list []*manifest.Node
	for _, h := range r.o.Hooks {
		if len(h.Tags) > 0 && strings.Contains(h.Name, "-"+when+"-") {
			list = append(list, h)
		}
	}
	if len(list) == 0 || r.base.Err() != nil || r.o.CompileOnly {
		return true
	}
	ctx := r.base
	conn := r.conn(nil)
	defer conn.Close(context.WithoutCancel(ctx))
	failed := false
	for i, h := range list {
		res := &artifact.Result{Node: h, ID: h.ID, Thread: "main", HasCode: true}
		name := HookName(h)
		if failed {
			res.Status, res.Message = artifact.Skipped, name+" skipped"
			one := 1
			res.Failures = &one
			r.order = append(r.order, res)
			r.event(Event{Kind: HookFinished, Node: h, Index: i + 1, Total: len(list), Result: res})
			continue
		}
		r.event(Event{Kind: HookStarted, Node: h, Index: i + 1, Total: len(list)})
		start := r.o.Now()
		err := r.hook(ctx, h, res, conn, when, results)
		failures := 0
		res.Status, res.Message = artifact.Success, name+" passed"
		if err != nil {
			failed = true
			failures = 1
			res.Status, res.Message = artifact.Errored, name+" failed, error:\n "+strings.TrimSpace(plain(err))
		}
		res.Failures = &failures
		if res.Compiled != nil {
			res.Compiled.Index = i + 1
		}
		res.Seconds = r.o.Now().Sub(start).Seconds()
		r.order = append(r.order, res)
		r.event(Event{Kind: HookFinished, Node: h, Index: i + 1, Total: len(list), Result: res})
	}
	return !failed
}

func plain(err error) string {
	for _, e := range source.All(err) {
		return e.Error()
	}
	return err.Error()
}

// HookName is how progress lines name a project hook: shop.on-run-start.0.
func HookName(h *manifest.Node) string {
	for _, when := range []string{"on-run-start", "on-run-end"} {
		if i, ok := strings.CutPrefix(h.Name, h.Package+"-"+when+"-"); ok {
			return h.Package + "." + when + "." + i
		}
	}
	return h.Name
}

func (r *run) hook(ctx context.Context, h *manifest.Node, res *artifact.Result, conn *scope.Conn, when string, results []*artifact.Result) error {
	sc := r.shared.NewContext(ctx, scope.Run, h, conn)
	if when == "on-run-end" {
		sc.SetOutcomes(outcomes(results))
	}
	t := artifact.Timing{Name: "compile", Start: r.o.Now()}
	out, err := sc.RenderNode(h)
	t.End = r.o.Now()
	if err != nil {
		return err
	}
	res.Timing = append(res.Timing, t)
	if err := r.wrote(h, res, hookResult(out.Text, sc)); err != nil {
		return err
	}
	t = artifact.Timing{Name: "execute", Start: r.o.Now()}
	defer func() {
		t.End = r.o.Now()
		res.Timing = append(res.Timing, t)
	}()
	sql := strings.TrimSpace(out.Text)
	if sql == "" {
		return nil
	}
	_, err = conn.Exec(ctx, sql)
	return err
}

func hookResult(sql string, sc *scope.Context) *compile.Result {
	return &compile.Result{SQL: sql, Context: sc}
}

// outcomes are results as on-run-end sees them; of hooks only those that failed.
func outcomes(results []*artifact.Result) []scope.Outcome {
	var out []scope.Outcome
	for _, r := range results {
		if r.Node.Kind == manifest.Operation && r.Status != artifact.Errored {
			continue
		}
		o := scope.Outcome{
			Node: r.Node, Status: string(r.Status), Thread: r.Thread, Seconds: r.Seconds,
			Message: r.Message, Response: r.Response, Failures: jinja.None, Timing: timing(r.Timing),
		}
		if r.Failures != nil {
			o.Failures = jinja.Int(*r.Failures)
		}
		out = append(out, o)
	}
	return out
}

func timing(list []artifact.Timing) jinja.Value {
	out := jinja.NewList()
	for _, t := range list {
		d := jinja.NewDict()
		d.SetStr("name", jinja.Str(t.Name))
		d.SetStr("started_at", jinja.NewNaive(t.Start.UTC()))
		d.SetStr("completed_at", jinja.NewNaive(t.End.UTC()))
		out.Append(d)
	}
	return out
}
