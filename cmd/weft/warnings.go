package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"weft/compiler/jinja"
	"weft/compiler/source"
)

// verdict is what becomes of a warning.
type verdict uint8

const (
	show verdict = iota
	silence
	fails
)

// Words of the warning options that stand for many warnings.
const (
	allWarnings  = "all"
	deprecations = "Deprecations"
)

// warnOptions says which warnings count as errors and which are not shown.
type warnOptions struct {
	fail, warn, silence []string
	all                 bool // of errors
}

// readWarnOptions reads --warn-error and --warn-error-options, which may also stand in
// the flags of dbt_project.yml. old names the keys that have other names today.
func readWarnOptions(s *settings) (o warnOptions, old []string, err error) {
	if s.on("warn-error") {
		return warnOptions{all: true}, nil, nil
	}
	given := s.yaml["warn-error-options"]
	if given == nil {
		return o, nil, nil
	}
	bad := func(format string, args ...any) error {
		return &optionError{&source.Error{Class: source.Validation, Msg: fmt.Sprintf(format, args...) + ", in the warning options"}}
	}
	lists := map[string]*[]string{"error": &o.fail, "include": &o.fail, "warn": &o.warn, "exclude": &o.warn, "silence": &o.silence}
	renamed := map[string]string{"include": "error", "exclude": "warn"}
	for k, v := range given.All() {
		key := k.String()
		into, known := lists[key]
		if !known {
			return o, nil, bad("%q is none of error, warn and silence", key)
		}
		if now, isOld := renamed[key]; isOld {
			if _, both := given.GetStr(now); both {
				return o, nil, &optionError{&source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Only `%s` or `%s` can be specified in `warn_error_options`, not both", key, now)}}
			}
			old = append(old, key)
		}
		names, err := warningList(key, v)
		if err != nil {
			return o, nil, bad("%s", err)
		}
		*into = names
	}
	if slices.Contains(o.fail, allWarnings) || slices.Contains(o.fail, "*") {
		o.all, o.fail = true, nil
	}
	if len(o.warn) > 0 && !o.all && !slices.Contains(o.fail, deprecations) && !slices.Contains(o.silence, deprecations) {
		return o, nil, bad("warn is for exceptions: error must be all, or %s must stand in error or silence", deprecations)
	}
	return o, old, nil
}

// warningList reads the names that stand under one key.
func warningList(key string, v jinja.Value) ([]string, error) {
	var out []string
	switch v := v.(type) {
	case jinja.NoneType:
	case jinja.Str:
		if key != "error" && key != "include" || v != allWarnings && v != "*" {
			return nil, fmt.Errorf("%s is a list of names, not %s", key, jinja.Repr(v))
		}
		out = []string{string(v)}
	case *jinja.List:
		known := append(source.EventNames(), deprecations, allWarnings, "*")
		for _, item := range v.Items {
			name := item.String()
			if !slices.Contains(known, name) {
				hint := ""
				if near := source.Nearest(name, known); near != "" {
					hint = fmt.Sprintf(" (did you mean %q?)", near)
				}
				return nil, fmt.Errorf("%s is not a valid dbt error name%s", name, hint)
			}
			out = append(out, name)
		}
	default:
		return nil, fmt.Errorf("%s is a list of names, not %s", key, jinja.Repr(v))
	}
	return out, nil
}

// of says what becomes of a warning. Its own name decides, then the group of
// deprecations, then all; at each of these steps silence beats warn, and warn error.
// A warning without a name is weft's own: dbt would pass, so it never fails.
func (o *warnOptions) of(name string) verdict {
	if name == "" {
		return show
	}
	steps := []string{name}
	if source.IsDeprecation(name) {
		steps = append(steps, deprecations)
	}
	for _, step := range steps {
		switch {
		case slices.Contains(o.silence, step):
			return silence
		case slices.Contains(o.warn, step):
			return show
		case slices.Contains(o.fail, step):
			return fails
		}
	}
	if o.all {
		return fails
	}
	return show
}

// optionError is a value of an option that is well-formed and makes no sense. dbt ends
// with 1 then, and says it on stderr.
type optionError struct{ cause *source.Error }

func (e *optionError) Error() string { return e.cause.Error() }

// setWarnOptions reads the warning options, of the command line first and again once
// the project's flags are known.
func (a *app) setWarnOptions() error {
	o, old, err := readWarnOptions(a.set)
	if err != nil {
		return err
	}
	a.warnings.options = o
	if a.warnings.oldKeys {
		return nil
	}
	for _, key := range old {
		now := map[string]string{"include": "error", "exclude": "warn"}[key]
		a.warnings.oldKeys = true
		if err := a.warn(&source.Error{Event: source.IncludeExclude,
			Msg: fmt.Sprintf("`%s` of the warning options is named `%s` today", key, now)}); err != nil {
			return err
		}
	}
	return nil
}

// warnings is what an invocation knows of its warnings.
type warnings struct {
	options warnOptions
	oldKeys bool
	mu      sync.Mutex     // guards counts and order: templates warn at the same time
	counts  map[string]int // of deprecations
	order   []string
	raised  source.Errors
}

// warn prints a warning, with its place and what to do about it below. The error is
// the warning itself, where options make an error of it.
func (a *app) warn(e *source.Error) error {
	switch a.warnings.options.of(e.Event) {
	case silence:
		return nil
	case fails:
		fail := *e
		fail.Class, fail.WordsFirst = source.Compilation, true
		if e.Event != source.JinjaLogWarning && !bare(e.Event) {
			fail.Msg = a.warningHead(e.Event) + e.Msg
		}
		return &fail
	}
	if source.IsDeprecation(e.Event) && !a.count(e.Event) {
		return nil
	}
	text := e.Msg
	if !bare(e.Event) && e.Event != source.JinjaLogWarning {
		text = a.warningHead(e.Event) + text
	}
	// The place comes below the first line, so that it stands by what it is about.
	rest, more := "", false
	if !source.IsDeprecation(e.Event) {
		text, rest, more = strings.Cut(text, "\n")
	}
	if place := e.Place(); place != "" && e.Event != source.JinjaLogWarning {
		text += "\n  at " + place
	}
	if e.Hint != "" {
		text += "\n  " + e.Hint
	}
	if more {
		text += "\n" + rest
	}
	name := e.Event
	if name == "" {
		name = "ValidationWarning"
	}
	a.p.warn(name, source.EventCode(e.Event), text)
	return nil
}

// note is warn for what happens outside of a stage that reports errors itself: what
// counts as an error is kept until raised asks for it.
func (a *app) note(e *source.Error) {
	a.warnings.raised = append(a.warnings.raised, source.All(a.warn(e))...)
}

// bare says which warnings dbt prints without the word in front.
func bare(event string) bool {
	switch event {
	case source.FreshnessConfigProblem, source.InvalidMacroAnnotation, source.NoNodesForSelection, source.NothingToDo, source.NoNodesSelected, source.AdapterEventWarning, source.DepsUnpinned:
		return true
	}
	return false
}

// named are the deprecations whose heading has their name.
var named = []string{source.DeprecationsSummary, source.DuplicateYAMLKeys, source.UnexpectedJinjaBlock, source.PropertyMovedToConfig,
	source.MissingArgumentsProperty, source.ArgumentsProperty, source.IncludeExclude, source.SourceOverride, source.CustomFreshnessOutput}

// warningHead is what stands before the words of a warning.
func (a *app) warningHead(event string) string {
	word := "[" + a.p.yellow.Sprint("WARNING") + "]"
	if !source.IsDeprecation(event) || event == source.SpacesInName || event == source.NamesWithSpaces || event == source.FreshnessHooksNotRun {
		return word + ": "
	}
	head := word + ": "
	if slices.Contains(named, event) {
		head = word + "[" + event + "]: "
	}
	// dbt breaks the line at 80 characters.
	if len("[WARNING]["+event+"]: Deprecated functionality") > 80 && slices.Contains(named, event) {
		return head + "Deprecated\nfunctionality\n"
	}
	return head + "Deprecated functionality\n"
}

// count notes a deprecation, and says whether it is shown: the first of its kind is.
func (a *app) count(event string) bool {
	w := &a.warnings
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.counts == nil {
		w.counts = map[string]int{}
	}
	w.counts[event]++
	if w.counts[event] == 1 {
		w.order = append(w.order, event)
		return true
	}
	return a.set.on("show-all-deprecations")
}

// raisedWarnings gives the noted warnings that count as errors.
func (a *app) raisedWarnings() error { return a.warnings.raised.ErrorOrNil() }

// summary says at the end of a command how often each deprecation came up.
func (a *app) summary() {
	w := &a.warnings
	if len(w.order) == 0 || w.options.of(source.DeprecationsSummary) == silence {
		return
	}
	var b strings.Builder
	b.WriteString(a.warningHead(source.DeprecationsSummary) + "Summary of encountered deprecations:")
	for _, name := range w.order {
		fmt.Fprintf(&b, "\n- %s: %s", name, countOf(w.counts[name], [2]string{"occurrence", "occurrences"}))
	}
	if !a.set.on("show-all-deprecations") {
		b.WriteString("\nOf each kind the first case is shown above; `--show-all-deprecations` shows every one\nthat came up in settings, in properties files and while\nparsing.")
	}
	a.p.warn(source.DeprecationsSummary, source.EventCode(source.DeprecationsSummary), b.String())
}
