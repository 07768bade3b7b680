package main

import (
	"path/filepath"

	"weft/compiler/artifact"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
	"weft/runner"
)

// freshness looks how old the data of sources is and writes sources.json.
func (a *app) freshness(_ []string) error {
	if a.set.text("output") != "" {
		if err := a.warn(&source.Error{Event: source.CustomFreshnessOutput, Msg: "`--output path/to/file` of `source freshness` will go: what reads sources.json looks for it in the target folder."}); err != nil {
			return err
		}
	}
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
	for _, i := range set.Members() {
		if !runner.HasFreshness(a.graph.Nodes[i]) {
			set.Remove(i)
		}
	}
	if set.Len() == 0 && a.failsOnNoMatch() {
		return noMatch(nil)
	}
	if set.Len() == 0 {
		if err := a.nothingToDo(); err != nil {
			return err
		}
		if err := a.writeFreshness(nil); err != nil {
			return err
		}
		(&viewer{a: a, p: a.p}).freshnessOutcome(nil)
		return nil
	}
	results, v, _, err := a.perform(set, a.which)
	if err != nil {
		return err
	}
	if err := a.writeFreshness(results); err != nil {
		return err
	}
	v.summary(results, a.now().Sub(a.started))
	return a.verdict(results)
}

// leaveHooksOut warns that the project's hooks do not run, for the start and for the end.
func (a *app) leaveHooksOut(hooks []*manifest.Node) error {
	if len(hooks) == 0 {
		return nil
	}
	for range 2 {
		err := a.warn(&source.Error{Event: source.FreshnessHooksNotRun, Msg: "The project's hooks do not run here, since dbt_project.yml sets\nsource_freshness_run_project_hooks to false. Later versions of dbt may run them."})
		if err != nil {
			return err
		}
	}
	return nil
}

// freshnessHooks says whether the project's hooks run around source freshness.
func (a *app) freshnessHooks() bool {
	v, ok := a.project.Root.Settings.Flags.GetStr("source_freshness_run_project_hooks")
	return !ok || v == jinja.Value(jinja.None) || v.Truth()
}

func (a *app) writeFreshness(results []*artifact.Result) error {
	if !a.set.on("write-json") {
		return nil
	}
	dir, _ := a.targetDir()
	path := a.set.text("output")
	if path == "" {
		path = filepath.Join(dir, "sources.json")
	}
	if err := artifact.WriteFreshness(path, results, a.metadata(), a.now().Sub(a.started)); err != nil {
		return &source.Error{Class: source.Runtime, Msg: path + " cannot be written: " + err.Error(), Err: err}
	}
	return nil
}

func (v *viewer) freshnessLine(e runner.Event) {
	word, lv, c := "PASS", infoLevel, v.p.green
	switch e.Result.Status {
	case artifact.RuntimeErr:
		word, lv, c = "ERROR", errorLevel, v.p.red
	case artifact.Errored:
		word, lv, c = "ERROR STALE", errorLevel, v.p.red
	case artifact.Warned:
		word, lv, c = "WARN", warnLevel, v.p.yellow
	}
	v.line("LogFreshnessResult", "Q018", lv, e, word+" "+describe(v.a, e.Node), word, true, c)
}

// freshnessOutcome ends source freshness: it tells what is too old or could not be
// looked at, without the counts of other commands.
func (v *viewer) freshnessOutcome(results []*artifact.Result) {
	for _, r := range results {
		switch {
		case r.Status == artifact.RuntimeErr:
			v.p.emit(event{name: "Formatting", code: "Z017", level: errorLevel})
			v.p.emit(event{name: "RunResultError", code: "Z024", level: errorLevel, msg: "  " + r.Message})
		case r.Status.Bad() && (r.Node.Kind != manifest.Source || r.Status != artifact.Skipped):
			v.problem(r, "Failure in", v.p.red, errorLevel, "  ")
		}
	}
	v.p.info("FreshnessCheckComplete", "Q003", "Done.")
}
