package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"weft/compiler/artifact"
	"weft/compiler/compile"
	"weft/compiler/graph"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
	"weft/runner"
)

// parse reads the project and writes the manifest.
func (a *app) parse(_ []string) error {
	if err := a.read(); err != nil {
		return err
	}
	for _, e := range source.All(a.graph.Cycle()) {
		a.note(e) // dbt accepts it here, and refuses it when something is to be run
	}
	if err := a.writeManifest(nil); err != nil {
		return err
	}
	dir, _ := a.targetDir()
	path := filepath.Join(dir, "perf_info.json")
	info := fmt.Sprintf(`{"path_count": %d, "parsed_path_count": %d, "is_partial_parse_enabled": %t, "load_all_elapsed": %.6f}`,
		a.fileCount(), a.fileCount(), a.set.on("partial-parse"), a.now().Sub(a.started).Seconds())
	if err := artifact.WriteFile(path, info); err != nil {
		return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
	}
	a.p.info("ParsePerfInfoPath", "I010", "Performance info: "+path)
	return nil
}

func (a *app) fileCount() int {
	n := 0
	for _, p := range a.project.Packages {
		n += len(p.Files)
	}
	return n
}

// list prints the nodes of a selection, one on a line.
func (a *app) list(_ []string) error {
	if err := a.checkList(); err != nil {
		return err
	}
	if err := a.read(); err != nil {
		return err
	}
	if err := a.writeManifest(nil); err != nil {
		return err
	}
	if err := a.graph.Cycle(); err != nil {
		return err
	}
	kinds, err := a.listKinds()
	if err != nil {
		return err
	}
	set, err := a.choose(kinds, true)
	if err != nil {
		return err
	}
	if set.Len() == 0 {
		a.note(&source.Error{Event: "NoNodesSelected", Msg: "No nodes selected!"})
	}
	if err := a.raisedWarnings(); err != nil {
		return err
	}
	for _, i := range a.graph.SortedByID(set) {
		line, err := a.listLine(a.graph.Nodes[i])
		if err != nil {
			return err
		}
		a.p.print(line)
		if err := a.explainNode(i); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) listLine(n *manifest.Node) (string, error) {
	switch a.set.text("output") {
	case "name":
		return n.SearchName(), nil
	case "path":
		return n.OriginalPath, nil
	case "json":
		return a.listJSON(n)
	}
	switch n.Kind {
	case manifest.Source:
		return fmt.Sprintf("source:%s.%s.%s", n.Package, n.Source.SourceName, n.Name), nil
	case manifest.Exposure, manifest.Metric, manifest.SemanticModel, manifest.SavedQuery:
		return fmt.Sprintf("%s:%s.%s", n.Kind, n.Package, n.Name), nil
	case manifest.UnitTest:
		name := n.Name
		if v := n.Unit.Version; v != nil && v != jinja.Value(jinja.None) {
			name += "_v" + v.String()
		}
		return fmt.Sprintf("%s:%s.%s", n.Kind, n.Package, name), nil
	}
	return strings.Join(n.FQN, "."), nil
}

// inlineNode makes a node for a text of the command line.
func (a *app) inlineNode(text string) (*manifest.Node, error) {
	f := &source.File{Path: "--inline", Text: text}
	root := a.project.Root.Name
	n := a.shared.InlineNode(root, f)
	if err := a.shared.Record(a.ctx, n); err != nil {
		return nil, err
	}
	for _, r := range n.Refs {
		to, found := a.manifest.FindRef(root, r)
		if found != manifest.Enabled {
			return nil, &source.Error{Class: source.Compilation, File: f, Msg: scope.NotFound(n, "node", r.Name, r.Package, r.Version, found == manifest.Off),
				Hint: hint(a.manifest.Similar("ref", r.Name))}
		}
		n.DependsOn = append(n.DependsOn, to.ID)
	}
	for _, s := range n.Sources {
		to, found := a.manifest.FindSource(root, s[0], s[1])
		if found != manifest.Enabled {
			return nil, &source.Error{Class: source.Compilation, File: f, Msg: scope.NotFound(n, "source", s[0]+"."+s[1], "", nil, found == manifest.Off)}
		}
		n.DependsOn = append(n.DependsOn, to.ID)
	}
	a.manifest.Nodes = append(a.manifest.Nodes, n)
	a.manifest.Extend()
	a.graph = graph.New(a.manifest)
	return n, nil
}

func hint(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", near)
}

// compile writes the SQL of nodes, and prints it where some were named.
func (a *app) compile(_ []string) error {
	results, _, err := a.compiled()
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Compiled == nil {
			continue
		}
		inline := r.Node.Kind == manifest.SQLOperation
		if !inline && !a.isNamed(r.Node) {
			continue
		}
		switch {
		case a.set.text("output") == "json":
			a.p.print(jsonObject(inline, r.Node.Name, "compiled", jinja.Str(r.Compiled.Code)))
		case inline:
			a.p.print("Compiled inline node is:\n" + r.Compiled.Code)
		default:
			a.p.print(fmt.Sprintf("Compiled node '%s' is:\n%s", r.Node.Name, r.Compiled.Code))
		}
	}
	return nil
}

// isNamed says whether a node's name is in the first word of --select.
func (a *app) isNamed(n *manifest.Node) bool {
	sel := a.set.list("select")
	return len(sel) > 0 && strings.Contains(sel[0], n.Name)
}

// jsonObject is the JSON form of compile and show.
func jsonObject(inline bool, name, key string, v jinja.Value) string {
	d := jinja.NewDict()
	if !inline {
		d.SetStr("node", jinja.Str(name))
	}
	d.SetStr(key, v)
	b, err := jinja.AppendJSON(nil, d, jinja.JSONOptions{Lines: true, Indent: "  ", ASCII: true})
	if err != nil {
		return "{}"
	}
	return string(b)
}

// compiled compiles the selection, or the inline text, and writes the artifacts.
// The first error ends it. The results of show are written when the rows are there.
func (a *app) compiled() ([]*artifact.Result, *compile.Compiler, error) {
	if a.set.text("inline") != "" && (len(a.set.list("select")) > 0 || a.set.text("selector") != "") {
		return nil, nil, &usageError{"--inline cannot be used together with --select or --selector"}
	}
	if err := a.read(); err != nil {
		return nil, nil, err
	}
	if err := a.writeManifest(nil); err != nil {
		return nil, nil, err
	}
	var set graph.Set
	if text := a.set.text("inline"); text != "" {
		n, err := a.inlineNode(text)
		if err != nil {
			return nil, nil, err
		}
		a.found()
		set = a.graph.NewSet()
		i, _ := a.graph.Index(n.ID)
		set.Add(i)
	} else {
		which := a.which
		a.which = "compile"
		var err error
		set, err = a.selected()
		a.which = which
		if err != nil {
			return nil, nil, err
		}
	}
	if set.Len() == 0 {
		if err := a.nothingToDo(); err != nil {
			return nil, nil, err
		}
		return nil, nil, a.writeResults(nil, a.which)
	}
	a.shared.Selected = a.idsOf(set)
	a.p.blank()
	a.p.info("ConcurrencyLine", "Q027", fmt.Sprintf("Concurrency: %d threads (target='%s')", a.project.Profile.Threads, a.project.Profile.TargetName))
	a.p.blank()
	if err := a.deferTo(set); err != nil {
		return nil, nil, err
	}
	if err := a.connect(); err != nil {
		return nil, nil, err
	}
	dir, shown := a.targetDir()
	c := compile.New(a.shared)
	results, err := runner.Run(a.ctx, runner.NewPlan(a.graph, set, false), runner.Options{
		Command: "compile", Threads: a.project.Profile.Threads, Warehouse: a.warehouse, Compiler: c, CompileOnly: true, Named: len(a.set.list("select")) > 0,
		Target: dir, Shown: shown, Now: a.now, Comment: a.comment(), Sent: a.sent,
	})
	if err != nil {
		return nil, nil, err
	}
	if err := a.writeManifest(compiledOf(results, c, shown)); err != nil {
		return nil, nil, err
	}
	if a.which != "show" {
		if err := a.writeResults(results, a.which); err != nil {
			return nil, nil, err
		}
	}
	for _, r := range results {
		if r.Status == artifact.Errored {
			// The message has a heading of its own and stands below that of the command.
			return nil, nil, &source.Error{Class: source.Runtime, Msg: r.Message}
		}
	}
	return results, c, nil
}

// show runs the SQL of a node or of the command line and prints some rows.
func (a *app) show(_ []string) error {
	if a.set.text("inline") == "" && len(a.set.list("select")) == 0 {
		if err := a.read(); err != nil {
			return err
		}
		return &source.Error{Class: source.Runtime, Msg: "Either --select or --inline must be passed to show"}
	}
	results, _, err := a.compiled()
	if err != nil {
		return err
	}
	for _, r := range results {
		inline := r.Node.Kind == manifest.SQLOperation
		if r.Compiled != nil {
			r.Response = shown()
		}
		if !inline && !a.isNamed(r.Node) || !r.Node.Kind.Info().SQL && r.Node.Kind != manifest.Seed {
			continue
		}
		t, err := a.preview(r)
		if err != nil {
			return err
		}
		name := r.Node.Name
		if r.Node.Version != nil {
			name += ".v" + r.Node.Version.String()
		}
		text := t.Render(0, 0, 0)
		switch {
		case a.set.text("output") == "json":
			text = jsonObject(inline, name, "show", t.Records())
		case a.set.on("quiet"):
		case inline:
			text = "Previewing inline node:\n" + text
		default:
			text = fmt.Sprintf("Previewing node '%s':\n%s", name, text)
		}
		a.p.print(text)
	}
	if results == nil {
		return nil
	}
	return a.writeResults(results, a.which)
}

// shown is the answer of the warehouse that show records: all the fields that an
// answer can have.
func shown() *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr("_message", jinja.Str("OK"))
	for _, key := range []string{"code", "rows_affected", "query_id"} {
		d.SetStr(key, jinja.None)
	}
	return d
}

func (a *app) preview(r *artifact.Result) (*scope.Table, error) {
	limit := a.set.num("limit")
	if r.Node.Kind == manifest.Seed {
		t, err := scope.ReadSeed(r.Node)
		if err == nil && limit >= 0 && len(t.Rows) > limit {
			t.Rows = t.Rows[:limit]
		}
		return t, err
	}
	conn := scope.NewConn(a.warehouse, a.shared.Dialect, a.shared.Cache)
	defer conn.Close(a.ctx)
	t, err := a.shared.Show(a.ctx, r.Node, r.Compiled.Code, limit, conn)
	if err != nil {
		var se *source.Error
		if errors.As(err, &se) {
			if se.Node == "" {
				se.Node = r.Node.Describe()
			}
			err = &source.Error{Class: source.Runtime, Msg: se.Report(), Err: err}
		}
	}
	return t, err
}

// runOperation runs one macro with the arguments of --args.
func (a *app) runOperation(args []string) error {
	if err := a.read(); err != nil {
		return err
	}
	a.found()
	if err := a.writeManifest(nil); err != nil {
		return err
	}
	mac := a.shared.Macros.Anywhere(args[0])
	if mac == nil {
		where := "any package"
		if p, _, ok := strings.Cut(args[0], "."); ok {
			where = fmt.Sprintf("the %q package", p)
		}
		a.operationFailed(&source.Error{Class: source.Runtime, Msg: fmt.Sprintf("dbt could not find a macro with the name %q in %s", lastPart(args[0]), where)})
		return &source.Error{Class: source.Compilation,
			Msg:  fmt.Sprintf("dbt could not find a macro with the name '%s' in any package", lastPart(args[0])) + scope.NoMacro,
			Hint: hint(source.Nearest(args[0], a.shared.Macros.Names(a.project.Root.Name)))}
	}
	if err := a.connect(); err != nil {
		return err
	}
	res := &artifact.Result{ID: mac.ID, Thread: "MainThread", HasCode: true, Status: artifact.Success}
	start := a.now()
	conn := scope.NewConn(a.warehouse, a.shared.Dialect, a.shared.Cache)
	conn.Sent = func(sql string) { a.sent(nil, sql) }
	op := a.shared.NewOperation(a.ctx, mac, conn)
	var kwargs []jinja.Kwarg
	if d := a.set.yaml["args"]; d != nil {
		for k, v := range d.All() {
			kwargs = append(kwargs, jinja.Kwarg{Name: k.String(), Value: v})
		}
	}
	_, err := op.Thread().Call(mac.Value, nil, kwargs)
	if closed := conn.Close(context.WithoutCancel(a.ctx)); err == nil {
		err = closed
	}
	failures := 0
	if err != nil {
		failures = 1
		res.Status = artifact.Errored
		e := source.All(err)[0]
		a.operationFailed(e)
	}
	res.Failures = &failures
	res.Seconds = a.now().Sub(start).Seconds()
	if werr := a.writeResults([]*artifact.Result{res}, a.which); werr != nil {
		return werr
	}
	switch {
	case err == nil:
		return nil
	case a.ctx.Err() != nil:
		return a.ctx.Err()
	}
	return errFailed
}

func (a *app) operationFailed(e *source.Error) {
	a.p.error("RunningOperationCaughtError", "Q001", "Encountered an error while running operation: "+e.Report())
}

func lastPart(s string) string { return s[strings.LastIndexByte(s, '.')+1:] }

// retry runs the nodes that did not succeed last time, with the flags of then.
func (a *app) retry(_ []string) error {
	if err := a.readProject(nil); err != nil {
		return err
	}
	dir, shown := a.targetDir()
	if s := a.set.text("state"); s != "" {
		shown = s
		dir = s
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(a.project.Root.Dir, s)
		}
	}
	last, err := artifact.ReadResults(dir)
	if err != nil {
		return err
	}
	if last == nil || len(last.Results) == 0 {
		return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Could not find previous run in '%s' target directory", shown),
			Hint: "run something first, or name the folder of its artifacts with --state"}
	}
	which := last.Args["which"]
	name, _ := which.(string)
	if _, ok := kindsOf[name]; !ok && name != "compile" {
		return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("the command '%s' cannot be retried", name)}
	}
	a.set.again(last.Args)
	a.which = name
	if err := a.read(); err != nil {
		return err
	}
	if err := a.writeManifest(nil); err != nil {
		return err
	}
	a.found()
	set := a.graph.NewSet()
	var missed []string
	for _, r := range last.Results {
		if slices.Contains([]string{"error", "fail", "skipped", "runtime error", "partial success"}, r.Status) && !strings.HasPrefix(r.ID, "operation.") {
			if i, ok := a.graph.Index(r.ID); ok {
				set.Add(i)
			} else {
				missed = append(missed, r.ID)
			}
		}
	}
	for _, id := range missed {
		a.p.debug("Note", "Z050", "no longer in the project: "+id)
	}
	return a.carryOut(set, name)
}

// again takes the flags of an earlier run, except those given now.
func (s *settings) again(args map[string]any) {
	for i := range flags {
		f := &flags[i]
		v, ok := args[strings.ReplaceAll(f.name, "-", "_")]
		if !ok || s.given[f.name] || f.name == "log-format" {
			continue
		}
		switch v := v.(type) {
		case bool:
			s.vals[f.name] = fmt.Sprint(v)
		case string:
			s.vals[f.name] = v
		case json.Number:
			s.vals[f.name] = v.String()
		case map[string]any:
			if d, ok := jinja.FromGo(v).(*jinja.Dict); ok {
				s.yaml[f.name] = d
			}
		}
	}
}
