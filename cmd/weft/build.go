package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fatih/color"

	"weft/compiler/artifact"
	"weft/compiler/compile"
	"weft/compiler/graph"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
	"weft/runner"
)

// kindsOf are the kinds of nodes that each command runs.
var kindsOf = map[string][]manifest.Kind{
	"run":              {manifest.Model},
	"test":             {manifest.Test, manifest.UnitTest},
	"seed":             {manifest.Seed},
	"snapshot":         {manifest.Snapshot},
	"build":            {manifest.Model, manifest.Seed, manifest.Snapshot, manifest.Test, manifest.UnitTest, manifest.Exposure, manifest.Function, manifest.SavedQuery},
	"source freshness": {manifest.Source},
	"clone":            {manifest.Model, manifest.Seed, manifest.Snapshot},
	"compile":          {manifest.Model, manifest.Test, manifest.Snapshot, manifest.Analysis, manifest.Operation, manifest.SQLOperation, manifest.Seed, manifest.Function},
}

func (a *app) build(_ []string) error    { return a.runNodes() }
func (a *app) run(_ []string) error      { return a.runNodes() }
func (a *app) test(_ []string) error     { return a.runNodes() }
func (a *app) seed(_ []string) error     { return a.runNodes() }
func (a *app) snapshot(_ []string) error { return a.runNodes() }

// clone makes relations of the state appear in the target: as clones where the
// warehouse has them, else as views.
func (a *app) clone(_ []string) error { return a.runNodes() }

// runNodes is build, run, test, seed and snapshot.
func (a *app) runNodes() error {
	if err := a.read(); err != nil {
		return err
	}
	if err := a.writeManifest(nil); err != nil {
		return err
	}
	set, err := a.selected()
	if err != nil {
		return err
	}
	return a.carryOut(set, a.which)
}

// selected gives the nodes that the command is about.
func (a *app) selected() (graph.Set, error) {
	a.found()
	if err := a.graph.Cycle(); err != nil {
		return nil, err
	}
	kinds := kindsOf[a.which]
	if a.which == "build" || a.which == "test" || a.which == "clone" {
		var err error
		if kinds, err = a.kinds(kinds, kinds); err != nil {
			return nil, err
		}
	}
	set, err := a.choose(kinds, false)
	if err != nil {
		return nil, err
	}
	if a.which == "clone" {
		for _, i := range set.Members() {
			if a.graph.Nodes[i].Ephemeral() {
				set.Remove(i)
			}
		}
	}
	return set, a.raisedWarnings()
}

// found prints what the project holds.
func (a *app) found() {
	counts := map[manifest.Kind]int{}
	for _, n := range a.manifest.Nodes {
		if n.Config.Bool("enabled") { // a test whose ref is missing is not
			counts[n.Kind]++
		}
	}
	var parts []string
	for _, k := range []manifest.Kind{manifest.Model, manifest.Seed, manifest.Snapshot, manifest.Analysis, manifest.Test, manifest.Operation,
		manifest.SQLOperation, manifest.Source, manifest.Exposure, manifest.Metric, manifest.SemanticModel, manifest.SavedQuery,
		manifest.UnitTest} {
		if n := counts[k]; n > 0 {
			parts = append(parts, countOf(n, foundNames[k]))
		}
	}
	if n := len(a.manifest.Groups); n > 0 {
		parts = append(parts, countOf(n, [2]string{"group", "groups"}))
	}
	parts = append(parts, countOf(len(a.manifest.Macros), [2]string{"macro", "macros"}))
	a.p.info("FoundStats", "W006", "Found "+strings.Join(parts, ", "))
}

// foundNames are the words of the line "Found …", for one and for many.
var foundNames = map[manifest.Kind][2]string{
	manifest.Model: {"model", "models"}, manifest.Seed: {"seed", "seeds"}, manifest.Snapshot: {"snapshot", "snapshots"},
	manifest.Analysis: {"analysis", "analyses"}, manifest.Test: {"test", "data tests"}, manifest.Operation: {"operation", "operations"},
	manifest.SQLOperation: {"sql operation", "sql operations"}, manifest.Source: {"source", "sources"},
	manifest.Exposure: {"exposure", "exposures"}, manifest.UnitTest: {"unit test", "unit tests"},
	manifest.Metric: {"metric", "metrics"}, manifest.SemanticModel: {"semantic model", "semantic models"},
	manifest.SavedQuery: {"saved query", "saved queries"},
}

func countOf(n int, names [2]string) string {
	if n == 1 {
		return "1 " + names[0]
	}
	return fmt.Sprintf("%d %s", n, names[1])
}

// hookNodes gives the project's hooks in the order in which they run: packages by
// name, the root project last.
func (a *app) hookNodes() []*manifest.Node {
	var out []*manifest.Node
	for _, n := range a.manifest.Nodes {
		if n.Kind == manifest.Operation {
			out = append(out, n)
		}
	}
	root := a.project.Root.Name
	slices.SortStableFunc(out, func(x, y *manifest.Node) int {
		switch {
		case x.Package == y.Package:
			return x.Index - y.Index
		case x.Package == root:
			return 1
		case y.Package == root:
			return -1
		}
		return strings.Compare(x.Package, y.Package)
	})
	return out
}

// idsOf is a selection as templates see it: selected_resources.
func (a *app) idsOf(set graph.Set) *jinja.List {
	ids := jinja.NewList()
	for _, i := range set.Members() {
		ids.Append(jinja.Str(a.graph.Nodes[i].ID))
	}
	return ids
}

// carryOut runs the nodes of a selection and reports.
func (a *app) carryOut(set graph.Set, which string) error {
	if set.Len() == 0 {
		if err := a.nothingToDo(); err != nil {
			return err
		}
		if which == "seed" {
			(&viewer{a: a, p: a.p}).outcome(nil)
		}
		return a.writeResults(nil, which)
	}
	results, v, o, err := a.perform(set, which)
	if err != nil {
		return err
	}
	compiled := compiledOf(results, o.Compiler, o.Shown)
	if err := a.writeManifest(compiled); err != nil {
		return err
	}
	if err := a.writeResults(results, which); err != nil {
		return err
	}
	v.summary(results, a.now().Sub(a.started))
	if a.set.on("show") && (which == "seed" || which == "build") {
		a.showSeeds(results)
	}
	return a.verdict(results)
}

// verdict is an error if the run was stopped or something in it went wrong.
func (a *app) verdict(results []*artifact.Result) error {
	if a.ctx.Err() != nil {
		return a.ctx.Err()
	}
	for _, r := range results {
		if r.Status.Bad() {
			return errFailed
		}
	}
	return nil
}

// perform runs the nodes of a selection that is not empty, with the project's hooks,
// and shows how it goes.
func (a *app) perform(set graph.Set, which string) ([]*artifact.Result, *viewer, runner.Options, error) {
	dir, shown := a.targetDir()
	a.shared.Selected = a.idsOf(set)
	plan := runner.NewPlan(a.graph, set, which == "build")
	if which == "clone" {
		plan = runner.Unordered(a.graph, set)
	}
	threads := a.project.Profile.Threads
	if a.set.on("single-threaded") {
		threads = 1
	}
	a.p.blank()
	a.p.info("ConcurrencyLine", "Q027", fmt.Sprintf("Concurrency: %d threads (target='%s')", threads, a.project.Profile.TargetName))
	a.p.blank()
	v := &viewer{a: a, p: a.p, total: plan.Total()}
	if err := a.deferTo(set); err != nil {
		if which != "clone" {
			v.summary(nil, a.now().Sub(a.started))
		}
		return nil, v, runner.Options{}, err
	}
	if err := a.connect(); err != nil {
		return nil, v, runner.Options{}, err
	}
	o := runner.Options{
		Command: which, Threads: threads, FailFast: a.set.on("fail-fast"), Warehouse: a.warehouse,
		Compiler: compile.New(a.shared), Hooks: a.hookNodes(), WarnIsFail: a.warnFails(),
		Target: dir, Shown: shown, Event: v.event, Now: a.now, Comment: a.comment(), Sent: a.sent,
		NeedStart: a.projectFlag("skip_nodes_if_on_run_start_fails"),
	}
	switch {
	case which == "source freshness" && !a.freshnessHooks():
		if err := a.leaveHooksOut(o.Hooks); err != nil {
			return nil, v, o, err
		}
		o.Hooks = nil
	case which == "clone":
		o.Hooks = nil
	}
	results, err := runner.Run(a.ctx, plan, o)
	return results, v, o, err
}

// nothingToDo warns that a selection is empty.
func (a *app) nothingToDo() error {
	return a.warn(&source.Error{Event: source.NothingToDo, Msg: "Nothing to do. Try checking your model configs and model specification args"})
}

// projectFlag is a flag that only dbt_project.yml can set; off by default.
func (a *app) projectFlag(name string) bool {
	v, ok := a.project.Root.Settings.Flags.GetStr(name)
	return ok && v.Truth()
}

// warnFails says whether a test that warns counts as failed.
func (a *app) warnFails() bool {
	return a.warnings.options.of("LogTestResult") == fails
}

// compiledOf gives what was compiled: the nodes that ran, and ephemeral models that
// others used.
func compiledOf(results []*artifact.Result, c *compile.Compiler, shown string) map[string]*artifact.Compiled {
	out := map[string]*artifact.Compiled{}
	for id, r := range c.Ephemerals() {
		out[id] = &artifact.Compiled{Code: r.SQL, CTEs: r.CTEs, Path: shown + "/compiled/" + artifact.FilePath(r.Context.Node()), Macros: r.Context.Macros}
	}
	for _, r := range results {
		if r.Compiled != nil {
			out[r.ID] = r.Compiled
		}
	}
	return out
}

func (a *app) writeResults(results []*artifact.Result, which string) error {
	if !a.set.on("write-json") {
		return nil
	}
	dir, _ := a.targetDir()
	args := a.set.argsDict(lastWord(which), a.invocation())
	if err := artifact.WriteResults(dir, results, a.metadata(), args, a.now().Sub(a.started)); err != nil {
		return &source.Error{Class: source.Runtime, Msg: "run_results.json cannot be written: " + err.Error(), Err: err}
	}
	return nil
}

// sent logs a statement.
func (a *app) sent(n *manifest.Node, sql string) {
	name := "master"
	if n != nil {
		name = n.ID
	}
	a.p.debug("SQLQuery", "E016", fmt.Sprintf("On %s: %s", name, sql))
}

// comment gives the query comment of a node, as the project configures it.
func (a *app) comment() func(*manifest.Node) (string, bool, error) {
	prof := a.project.Profile
	cfg := a.project.Root.Settings.QueryComment
	// Snowflake cuts off what stands before a statement.
	appended := prof.Type == "snowflake"
	custom := ""
	switch c := cfg.(type) {
	case nil:
	case jinja.NoneType:
		return nil
	case jinja.Str:
		if custom = string(c); strings.TrimSpace(custom) == "" {
			return nil
		}
	case *jinja.Dict:
		if v, ok := c.GetStr("append"); ok {
			appended = v.Truth()
		}
		if v, ok := c.GetStr("comment"); ok {
			if v == jinja.Value(jinja.None) || strings.TrimSpace(v.String()) == "" {
				return nil
			}
			custom = v.String()
		}
	}
	return func(n *manifest.Node) (string, bool, error) {
		if custom == "" {
			return scope.DefaultComment(dbtVersion, prof.Name, prof.TargetName, n, "master"), appended, nil
		}
		text, err := a.shared.QueryComment(a.ctx, custom, n)
		return text, appended, err
	}
}

// viewer prints what happens while nodes run, and the summary at the end.
type viewer struct {
	a     *app
	p     *printer
	total int
}

func (v *viewer) event(e runner.Event) {
	switch e.Kind {
	case runner.HookStarted:
		if e.Index == 1 && strings.Contains(e.Node.Name, "-on-run-end-") {
			v.p.blank()
		}
		v.line("LogHookStartLine", "Q032", infoLevel, e, "START hook: "+runner.HookName(e.Node), "RUN", false, nil)
	case runner.HookFinished:
		word, c, lv := "OK", v.p.green, infoLevel
		switch e.Result.Status {
		case artifact.Errored:
			word, c, lv = "ERROR", v.p.red, errorLevel
		case artifact.Skipped:
			word, c = "SKIP", v.p.yellow
		}
		v.line("LogHookEndLine", "Q033", lv, e, word+" hook: "+runner.HookName(e.Node), word, true, c)
		if e.Index == e.Total {
			v.p.blank()
		}
	case runner.Started:
		if e.Node.Kind == manifest.Exposure || e.Node.Kind == manifest.SavedQuery {
			return // nothing is started
		}
		v.line("LogStartLine", "Q011", infoLevel, e, "START "+describe(v.a, e.Node), "RUN", false, nil)
	case runner.Finished:
		v.finished(e)
	}
}

// line prints one progress line.
func (v *viewer) line(name, code string, lv level, e runner.Event, msg, status string, timed bool, c *color.Color) {
	seconds := -1.0
	if timed {
		seconds = e.Result.Seconds
	}
	v.p.emit(event{name: name, code: code, level: lv, msg: v.p.progress(e.Index, e.Total, msg, status, seconds, c), data: v.data(e)})
}

// data is what JSON logs have beside the text.
func (v *viewer) data(e runner.Event) map[string]any {
	d := map[string]any{"index": e.Index, "total": e.Total}
	n := e.Node
	info := map[string]any{
		"node_name": n.Name, "node_path": n.Path, "unique_id": n.ID, "resource_type": n.Kind.String(), "materialized": n.Materialized(),
		"node_relation": map[string]any{"database": n.Database, "schema": n.Schema, "alias": n.Alias, "relation_name": n.Relation},
	}
	info["node_status"] = "started"
	if e.Result != nil {
		info["node_status"] = string(e.Result.Status)
		d["status"] = string(e.Result.Status)
		d["execution_time"] = e.Result.Seconds
		if e.Result.Failures != nil {
			d["num_failures"] = *e.Result.Failures
		}
	}
	d["node_info"] = info
	if n.Source != nil {
		d["source_name"], d["table_name"] = n.Source.SourceName, n.Name
	}
	return d
}

// describe is a node in progress lines: "sql view model main.orders".
func describe(a *app, n *manifest.Node) string {
	name := n.Schema + "." + n.Alias
	if n.Database != "" && !strings.EqualFold(n.Database, a.project.Profile.Database) {
		name = n.Database + "." + name
	}
	switch n.Kind {
	case manifest.Seed:
		return "seed file " + name
	case manifest.Snapshot:
		return "snapshot " + name
	case manifest.Test:
		return "test " + n.Name
	case manifest.UnitTest:
		return "unit_test " + n.Unit.Model + "::" + n.Name
	case manifest.Exposure:
		return "exposure " + n.Name
	case manifest.SavedQuery:
		return "saved query " + n.Name
	case manifest.Function:
		return "function " + name
	case manifest.Source:
		return "freshness of " + n.Source.SourceName + "." + n.Name
	}
	lang := n.Language
	if lang == "" {
		lang = "sql"
	}
	return lang + " " + n.Materialized() + " model " + name
}

func (v *viewer) finished(e runner.Event) {
	r, n, p := e.Result, e.Node, v.p
	if r.Status == artifact.Skipped {
		what := n.Kind.String() + " " + n.Name
		if n.Kind.Info().Refable {
			what = "relation " + n.Schema + "." + n.Name // not by its alias
		}
		if r.Message != "" && r.Message != "Skipping due to fail_fast" {
			v.line("LogSkipBecauseError", "Z034", errorLevel, e, "SKIP "+what+" due to ephemeral model status 'error'", "ERROR SKIP", false, p.red)
			return
		}
		if r.Message != "" {
			return // the rest of a run that was stopped
		}
		v.line("SkippingDetails", "Q034", infoLevel, e, "SKIP "+what, "SKIP", false, p.yellow)
		return
	}
	if n.Ephemeral() {
		if r.Status == artifact.Errored {
			p.error("CatchableExceptionOnRun", "W002", r.Message)
		}
		return
	}
	what := describe(v.a, n)
	switch n.Kind {
	case manifest.Test:
		v.testLine(e)
	case manifest.Source:
		v.freshnessLine(e)
	case manifest.Seed:
		rel := strings.TrimPrefix(what, "seed file ")
		v.done("LogSeedResult", "Q016", e, "OK loaded seed file "+rel, "ERROR loading seed file "+rel)
	case manifest.Snapshot:
		v.done("LogSnapshotResult", "Q015", e, "OK snapshotted "+strings.TrimPrefix(what, "snapshot "), "ERROR snapshotting "+strings.TrimPrefix(what, "snapshot "))
	case manifest.Exposure, manifest.UnitTest, manifest.SavedQuery:
		v.line("LogNodeNoOpResult", "Q019", infoLevel, e, "NO-OP "+what, "NO-OP", true, p.yellow)
	default:
		v.done("LogModelResult", "Q012", e, "OK created "+what, "ERROR creating "+what)
	}
}

func (v *viewer) done(name, code string, e runner.Event, ok, bad string) {
	if e.Result.Status == artifact.Errored {
		v.line(name, code, errorLevel, e, bad, "ERROR", true, v.p.red)
		return
	}
	v.line(name, code, infoLevel, e, ok, e.Result.Message, true, v.p.green)
}

func (v *viewer) testLine(e runner.Event) {
	r, n := e.Result, e.Node
	switch r.Status {
	case artifact.Passed:
		v.line("LogTestResult", "Q007", infoLevel, e, "PASS "+n.Name, "PASS", true, v.p.green)
	case artifact.Warned:
		v.line("LogTestResult", "Q007", warnLevel, e, fmt.Sprintf("WARN %d %s", *r.Failures, n.Name), fmt.Sprintf("WARN %d", *r.Failures), true, v.p.yellow)
	case artifact.Failed:
		v.line("LogTestResult", "Q007", errorLevel, e, fmt.Sprintf("FAIL %d %s", *r.Failures, n.Name), fmt.Sprintf("FAIL %d", *r.Failures), true, v.p.red)
	default:
		v.line("LogTestResult", "Q007", errorLevel, e, "ERROR "+n.Name, "ERROR", true, v.p.red)
	}
}

// finishedNames are the words of the line "Finished running …".
func finishedName(n *manifest.Node) [2]string {
	switch n.Kind {
	case manifest.Model:
		m := strings.ReplaceAll(n.Materialized(), "_", " ")
		return [2]string{m + " model", m + " models"}
	case manifest.Test:
		return [2]string{"test", "data tests"}
	case manifest.Operation:
		return [2]string{"project hook", "project hooks"}
	}
	return foundNames[n.Kind]
}

func (v *viewer) summary(results []*artifact.Result, elapsed interface{ Seconds() float64 }) {
	p := v.p
	if v.a.which == "clone" {
		v.outcome(results)
		return
	}
	counts := map[[2]string]int{}
	var order [][2]string
	for _, r := range results {
		if r.Node.Ephemeral() {
			continue
		}
		name := finishedName(r.Node)
		if counts[name] == 0 {
			order = append(order, name)
		}
		counts[name]++
	}
	slices.SortFunc(order, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	parts := make([]string, len(order))
	for i, name := range order {
		parts[i] = countOf(counts[name], name)
	}
	s := elapsed.Seconds()
	if !v.lastWasBlank(results) {
		p.blank()
	}
	p.info("FinishedRunningStats", "E047", fmt.Sprintf("Finished running %s in %d hours %d minutes and %.2f seconds (%.2fs).",
		strings.Join(parts, ", "), int(s)/3600, int(s)/60%60, s-float64(int(s)/60*60), s))
	switch {
	case v.a.which == "source freshness":
		v.freshnessOutcome(results)
	case len(results) > 0 || v.a.which == "seed":
		v.outcome(results)
	}
}

// lastWasBlank says that hooks ended the run, whose lines end with a blank one.
func (v *viewer) lastWasBlank(results []*artifact.Result) bool {
	return len(results) > 0 && results[len(results)-1].Node.Kind == manifest.Operation
}

func (v *viewer) outcome(results []*artifact.Result) {
	p := v.p
	var bad, warned []*artifact.Result
	var pass, skip, noop int
	for _, r := range results {
		switch r.Status {
		case artifact.Errored, artifact.Failed:
			bad = append(bad, r)
		case artifact.Warned:
			warned = append(warned, r)
		case artifact.Skipped:
			skip++
			if r.Message != "" {
				bad = append(bad, r)
			}
		case artifact.NoOp:
			noop++
		default:
			pass++
		}
	}
	p.blank()
	switch {
	case v.a.ctx.Err() != nil:
		p.info("EndOfRunSummary", "Z030", p.yellow.Sprint("Exited because of keyboard interrupt"))
	case len(bad) > 0:
		p.info("EndOfRunSummary", "Z030", p.red.Sprintf("Completed with %s, 0 partial successes, and %s:", plural(len(bad), "error"), plural(len(warned), "warning")))
	case len(warned) > 0:
		p.info("EndOfRunSummary", "Z030", p.yellow.Sprintf("Completed with %s:", plural(len(warned), "warning")))
	default:
		p.info("EndOfRunSummary", "Z030", p.green.Sprint("Completed successfully"))
	}
	for _, r := range bad {
		if r.Status == artifact.Skipped {
			continue // counted, but the reason is told where it failed
		}
		v.problem(r, "Failure in", p.red, errorLevel, "  ")
	}
	for _, r := range warned {
		v.problem(r, "Warning in", p.yellow, warnLevel, "")
	}
	p.blank()
	p.info("StatsLine", "Z023", fmt.Sprintf("Done. PASS=%d WARN=%d ERROR=%d SKIP=%d NO-OP=%d TOTAL=%d", pass, len(warned), len(bad)-v.skipErrors(bad), skip, noop, len(results)))
}

func (v *viewer) skipErrors(bad []*artifact.Result) int {
	n := 0
	for _, r := range bad {
		if r.Status == artifact.Skipped {
			n++
		}
	}
	return n
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// problem prints what went wrong with one node.
func (v *viewer) problem(r *artifact.Result, head string, c *color.Color, lv level, indent string) {
	p, n := v.p, r.Node
	p.emit(event{name: "Formatting", code: "Z017", level: lv})
	p.emit(event{name: "RunResultFailure", code: "Z022", level: lv, msg: c.Sprintf("%s %s", head, n.Describe())})
	if r.Message != "" {
		p.emit(event{name: "RunResultError", code: "Z024", level: lv, msg: indent + r.Message})
	} else {
		p.emit(event{name: "RunResultErrorNoMessage", code: "Z025", level: lv, msg: "  Status: " + string(r.Status)})
	}
	if r.Compiled != nil && r.Compiled.Path != "" {
		p.blank()
		p.info("SQLCompiledPath", "Z026", "  compiled code at "+r.Compiled.Path)
	}
	if n.Kind == manifest.Test && n.StoresFailures(v.a.shared.StoreFailures) && (r.Status == artifact.Failed || r.Status == artifact.Warned) {
		query := "select * from " + r.Relation
		rule := strings.Repeat("-", len([]rune(query)))
		p.blank()
		p.info("CheckNodeTestFailure", "Z027", "  See test failures:\n  "+rule+"\n  "+query+"\n  "+rule)
	}
}

// showSeeds prints a few rows of each seed that was loaded.
func (a *app) showSeeds(results []*artifact.Result) {
	for _, r := range results {
		if r.Node.Kind != manifest.Seed || r.Status != artifact.Success {
			continue
		}
		t, err := scope.ReadSeed(r.Node)
		if err != nil {
			continue
		}
		head := fmt.Sprintf("Random sample of table: %s.%s", r.Node.Schema, r.Node.Alias)
		a.p.blank()
		a.p.info("SeedHeader", "Q004", head+"\n"+strings.Repeat("-", len(head)))
		a.p.print(t.Render(10, 0, 0))
	}
}

// removeAll empties a folder below the project.
func removeAll(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	return os.RemoveAll(filepath.Clean(path))
}
