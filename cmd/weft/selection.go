package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weft/adapters"
	"weft/compiler/artifact"
	"weft/compiler/config"
	"weft/compiler/graph"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/source"
)

// readSelectors reads the selectors.yml of the root project. Those of packages are not
// used.
func (a *app) readSelectors() error {
	var doc *config.Doc
	text, err := os.ReadFile(filepath.Join(a.project.Root.Dir, "selectors.yml"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return &source.Error{Class: source.Runtime, Msg: "selectors.yml cannot be read: " + err.Error(), Err: err}
	default:
		if doc, err = config.ParseYAML(&source.File{Path: "selectors.yml", Text: string(text)}); err != nil {
			return err
		}
	}
	r := &config.Renderer{Globals: project.WithTarget(a.base(a.project.Vars, nil), a.project.Profile.Target)}
	a.selectors, err = graph.ReadSelectors(a.ctx, doc, r)
	return err
}

// choose gives the nodes that the command is about: of the given kinds, and as the
// command line, selectors.yml and the state say.
func (a *app) choose(kinds []manifest.Kind, keepEmpty bool) (graph.Set, error) {
	var unmatched []string
	sel := graph.Selection{
		Select: a.set.list("select"), Exclude: a.set.list("exclude"), Kinds: kinds, KeepEmpty: keepEmpty,
		Mode: graph.Mode(a.set.text("indirect-selection")),
		Warn: func(term string) {
			unmatched = append(unmatched, term)
			a.note(&source.Error{Event: "NoNodesForSelectionCriteria", Msg: fmt.Sprintf("The selection criterion '%s' does not match any enabled nodes", term)})
		},
	}
	var err error
	if sel.Selector, err = a.selector(); err != nil {
		return nil, err
	}
	if sel.State, err = a.state(); err != nil {
		return nil, err
	}
	set, err := a.graph.Select(sel)
	if err != nil {
		return nil, err
	}
	if a.failsOnNoMatch() && (len(unmatched) > 0 || set.Len() == 0) {
		return nil, noMatch(unmatched)
	}
	return set, nil
}

func noMatch(unmatched []string) error {
	e := &source.Error{Class: source.Runtime, Msg: "the selection matches no nodes",
		Hint: "a selection that matches nothing is an error here because of --fail-on-no-match, or of fail_on_no_match in the flags of dbt_project.yml"}
	if len(unmatched) > 0 {
		e.Msg = "nothing matches '" + strings.Join(unmatched, "' and '") + "'"
	}
	return e
}

// failsOnNoMatch says whether a selection of nothing is an error. In dbt_project.yml
// the flag may also be "ci": true where the environment variable CI is set.
func (a *app) failsOnNoMatch() bool {
	if a.set.given["fail-on-no-match"] {
		return a.set.on("fail-on-no-match")
	}
	v, ok := a.project.Root.Settings.Flags.GetStr("fail_on_no_match")
	if ok && strings.EqualFold(v.String(), "ci") {
		ci, set := a.env("CI")
		on, isBool := truth(ci)
		return set && (on || !isBool)
	}
	return a.set.on("fail-on-no-match")
}

// selector gives the selector of selectors.yml that is named, or else the default one
// if nothing was selected; nil for none.
func (a *app) selector() (*graph.Selector, error) {
	if name := a.set.text("selector"); name != "" {
		return a.selectors.Find(name)
	}
	d := a.selectors.Default
	if d == nil || len(a.set.list("select")) > 0 || len(a.set.list("exclude")) > 0 {
		return nil, nil
	}
	a.p.info("DefaultSelector", "Q023", "Using default selector "+d.Name)
	return d, nil
}

// kindNames are the values of --resource-type, in dbt's order.
var kindNames = []string{"metric", "semantic_model", "saved_query", "source", "analysis", "function", "model", "test", "unit_test", "exposure",
	"snapshot", "seed", "default", "all"}

// kindFlag reads the names of kinds that a flag lists; "default" and "all" stand for
// several.
func (a *app) kindFlag(flag string, usual, all []manifest.Kind) ([]manifest.Kind, error) {
	var out []manifest.Kind
	for _, name := range a.set.list(flag) {
		switch name {
		case "default":
			out = append(out, usual...)
			continue
		case "all":
			out = append(out, all...)
			continue
		}
		k, ok := manifest.KindByName(name)
		if !ok || !slices.Contains(kindNames, name) {
			return nil, &usageError{fmt.Sprintf("Invalid value for '--%ss' / '--%s': '%s' is not one of '%s'.", flag, flag, name, strings.Join(kindNames, "', '"))}
		}
		out = append(out, k)
	}
	return out, nil
}

// kinds narrows the kinds of a command by --resource-type and its opposite. all are
// those that a command has when asked for everything.
func (a *app) kinds(usual, all []manifest.Kind) ([]manifest.Kind, error) {
	kinds, err := a.kindFlag("resource-type", usual, all)
	if err != nil {
		return nil, err
	}
	if len(kinds) == 0 {
		kinds = slices.Clone(usual)
	}
	without, err := a.kindFlag("exclude-resource-type", usual, all)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(kinds, func(k manifest.Kind) bool { return slices.Contains(without, k) || !slices.Contains(all, k) }), nil
}

// listKinds are the kinds that ls shows.
func (a *app) listKinds() ([]manifest.Kind, error) {
	if len(a.set.list("models")) > 0 {
		for _, other := range []string{"select", "resource-type"} {
			if a.set.given[other] {
				return nil, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("\"models\" and \"%s\" are mutually exclusive arguments", strings.ReplaceAll(other, "-", "_"))}
			}
		}
		return []manifest.Kind{manifest.Model}, nil
	}
	usual := []manifest.Kind{manifest.Model, manifest.Snapshot, manifest.Seed, manifest.Test, manifest.Source, manifest.Exposure, manifest.Metric,
		manifest.SavedQuery, manifest.SemanticModel, manifest.UnitTest, manifest.Function}
	return a.kinds(usual, append(slices.Clone(usual), manifest.Analysis))
}

// stateDir gives the folder of artifacts that a flag names, absolute.
func (a *app) stateDir(shown string) string {
	if filepath.IsAbs(shown) {
		return shown
	}
	return filepath.Join(a.project.Root.Dir, shown)
}

// state is what --state names; nil without it. Its files are read when a criterion
// asks for them, and are missed only then.
func (a *app) state() (*graph.State, error) {
	shown := a.set.text("state")
	if shown == "" || a.earlier != nil {
		return a.earlier, nil
	}
	dir := a.stateDir(shown)
	target, name := a.targetDir()
	if filepath.Clean(dir) == filepath.Clean(target) {
		a.note(&source.Error{Event: "WarnStateTargetEqual", Msg: fmt.Sprintf("The state and target directories are the same: '%s'."+
			" This could lead to missing changes due to overwritten state including non-idempotent retries.", name)})
	}
	enforced := a.project.Profile.Dialect.Constraints
	a.earlier = &graph.State{
		ReadManifest:   func() (*artifact.Recorded, error) { return artifact.ReadManifest(dir) },
		ReadStatuses:   func() (map[string]string, error) { return artifact.Statuses(dir) },
		ReadLoadedThen: func() (artifact.Times, error) { return artifact.LoadedAt(dir) },
		ReadLoadedNow:  func() (artifact.Times, error) { return artifact.LoadedAt(target) },
		Enforced:       func(constraint string) bool { return enforced[constraint] == adapters.Enforced },
		Now:            a.started, Warn: a.note,
	}
	return a.earlier, nil
}

// deferTo makes refs of nodes that do not exist here find those of the state, with
// --defer. set are the nodes of this run.
func (a *app) deferTo(set graph.Set) error {
	if !a.set.on("defer") && a.which != "clone" {
		return nil
	}
	flag, shown := "defer-state", a.set.text("defer-state")
	if shown == "" {
		flag, shown = "state", a.set.text("state")
	}
	if shown == "" {
		return &source.Error{Class: source.Runtime, Msg: "--state or --defer-state are required for deferral, but neither was provided"}
	}
	m, err := artifact.ReadManifest(a.stateDir(shown))
	if err != nil {
		return err
	}
	if m == nil {
		return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Could not find manifest in --%s path: \"%s\"", flag, shown)}
	}
	d := a.shared.NewDefer(a.set.on("favor-state"))
	for i, n := range a.graph.Nodes {
		if set.Has(i) {
			d.Selected[n.ID] = true
		}
		there := m.Entries[n.ID]
		if there == nil || !n.Kind.Info().Refable || there.Map("config")["materialized"] == "ephemeral" {
			continue
		}
		d.Add(a.shared, n.ID, there.Text("database"), there.Text("schema"), there.Text("alias"))
	}
	a.shared.Defer = d
	return nil
}
