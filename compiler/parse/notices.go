package parse

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/source"
)

// notices are the checks that need the whole project and mostly warn.
func (p *parser) notices() {
	p.spacesInNames()
	if len(p.problems) > 0 {
		return // which the rest may be a consequence of
	}
	p.deprecatedModels()
	p.microbatches()
	p.unusedPaths()
}

// isoDate makes a date or time of YAML what artifacts show: with a time zone, which is
// the clock's where none is written, and midnight where there is no time.
func (p *parser) isoDate(v jinja.Value) (string, time.Time, bool) {
	text := strings.Replace(v.String(), " ", "T", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		t, err := time.ParseInLocation(layout, text, p.o.Now.Location())
		if err != nil {
			continue
		}
		out := "2006-01-02T15:04:05"
		if t.Nanosecond() != 0 {
			out += ".000000"
		}
		return t.Format(out + "-07:00"), t, true
	}
	return text, time.Time{}, false
}

// deprecationDate reads the date of a model's entry or of one of its versions.
func (p *parser) deprecationDate(n *manifest.Node, e *entry, vals *jinja.Dict) {
	v := first(at(vals, "deprecation_date"))
	if v == jinja.Value(jinja.None) {
		return
	}
	text, when, ok := p.isoDate(v)
	if !ok {
		p.fail(e.doc.Errorf(e.node, "Invalid models config given in %s: 'deprecation_date' of '%s' is no date: %s", e.file.Path, e.name, text))
		return
	}
	n.DeprecationDate, n.Deprecated = text, when
}

// deprecatedModels warns of models past their date, and of what refers to models
// that have one.
func (p *parser) deprecatedModels() {
	var dated []*manifest.Node
	for _, n := range p.m.Nodes {
		if n.Kind == manifest.Model && n.DeprecationDate != "" {
			dated = append(dated, n)
		}
	}
	if len(dated) == 0 {
		return
	}
	// dbt comes to versions after everything else.
	versioned := slices.DeleteFunc(slices.Clone(dated), func(n *manifest.Node) bool { return n.Version == nil })
	dated = append(slices.DeleteFunc(dated, func(n *manifest.Node) bool { return n.Version != nil }), versioned...)
	for _, n := range dated {
		past := n.Deprecated.Before(p.o.Now)
		if past {
			e := nodeError(n, "", "Model %s has passed its deprecation date of %s. This model should be disabled or removed.", n.SearchName(), n.DeprecationDate)
			e.Event = source.DeprecatedModel
			p.warn(e)
		}
		for _, user := range p.m.Nodes {
			if user.Kind == manifest.Model && slices.Contains(user.DependsOn, n.ID) {
				p.deprecatedRef(user, n, past)
			}
		}
	}
}

func (p *parser) deprecatedRef(user, n *manifest.Node, past bool) {
	e := &source.Error{File: user.File, Span: refSpan(user, "node", n.Name), Event: source.DeprecatedReference}
	when := fmt.Sprintf("which was deprecated on '%s'.", n.DeprecationDate)
	if !past {
		e.Event = source.UpcomingDeprecation
		when = fmt.Sprintf("which is slated for deprecation on '%s'.", n.DeprecationDate)
	}
	e.Msg = fmt.Sprintf("While compiling '%s': Found a reference to %s, %s", user.Name, n.SearchName(), when)
	if n.Version != nil && !jinja.Equal(n.Version, n.LatestVersion) {
		e.Msg += fmt.Sprintf(" A new version of '%s' is available. Migrate now: {{ ref('%s', '%s', v='%s') }}.", n.Name, n.Package, n.Name, n.LatestVersion)
	}
	p.warn(e)
}

// flag is a flag of dbt_project.yml that changes behaviour, with its default.
func (p *parser) flag(name string, def bool) bool {
	if v, ok := p.project.Root.Settings.Flags.GetStr(name); ok && v != jinja.Value(jinja.None) {
		return v.Truth()
	}
	return def
}

// spacesInNames refuses names with blanks, or warns of them where a flag says so.
func (p *parser) spacesInNames() {
	var bad []*manifest.Node
	for _, n := range p.m.Nodes {
		if n.Kind.Info().SQL || n.Kind == manifest.Seed {
			if strings.Contains(n.Name, " ") && (n.Test == nil || !n.Test.Generic) {
				bad = append(bad, n)
			}
		}
	}
	if len(bad) == 0 {
		return
	}
	if p.flag("require_resource_names_without_spaces", true) {
		lines := make([]string, len(bad))
		for i, n := range bad {
			lines[i] = fmt.Sprintf("  * '%s' (%s)", n.ID, n.OriginalPath)
		}
		e := &source.Error{Class: source.Runtime, Msg: "Resource names cannot contain spaces:\n" + strings.Join(lines, "\n") + "\nRename these files"}
		p.fail(e)
		return
	}
	e := nodeError(bad[0], "", "Found spaces in the name of `%s`", bad[0].ID)
	e.Event = source.SpacesInName
	p.warn(e)
	p.warn(&source.Error{Event: source.NamesWithSpaces, Msg: fmt.Sprintf("Spaces found in %d resource name(s); later versions refuse them", len(bad))})
}

// duplicateNames tells of things in one package that have a table of the same name
// but are of different kinds: ref() can mean only one of them.
func (p *parser) duplicateNames() {
	type key struct{ pkg, name string }
	seen := map[key]*manifest.Node{}
	for _, n := range p.m.Nodes {
		if !n.Kind.Info().Refable || n.Version != nil {
			continue
		}
		k := key{n.Package, n.Name}
		old := seen[k]
		seen[k] = n
		if old == nil || old.Kind == n.Kind {
			continue
		}
		e := nodeError(n, "", "Found resources with the same name '%s' in package '%s': '%s' and '%s'; ref('%s') can mean only one of them",
			n.Name, n.Package, old.ID, n.ID, n.Name)
		if p.flag("require_unique_project_resource_names", false) {
			e.Class = source.Compilation
			p.fail(e)
			continue
		}
		e.Event = source.DuplicateNames
		p.warn(e)
	}
}

// microbatches warns of models that are built in batches but read whole inputs.
func (p *parser) microbatches() {
	for _, n := range p.m.Nodes {
		if n.Broken || !isMicrobatch(n) {
			continue
		}
		dated := func(id string) bool {
			in := p.m.Node(id)
			return in != nil && in.Config.Get("event_time").Truth()
		}
		if !slices.ContainsFunc(n.DependsOn, dated) {
			e := nodeError(n, "", "The microbatch model '%s' has no 'ref' or 'source' input with an 'event_time' configuration. \nEach batch reads its inputs whole, so rows can come up more than once.", n.Name)
			e.Event = source.MicrobatchWithoutInputs
			p.warn(e)
		}
	}
}

// usedSections are the sections of dbt_project.yml whose paths are checked, and the
// kind of resource that each is about.
var usedSections = []struct {
	section, shown string
	kind           manifest.Kind
}{
	{"models", "models", manifest.Model}, {"seeds", "seeds", manifest.Seed}, {"snapshots", "snapshots", manifest.Snapshot},
	{"sources", "sources", manifest.Source}, {"data_tests", "data_tests", manifest.Test}, {"unit_tests", "unit_tests", manifest.UnitTest},
	{"metrics", "metrics", manifest.Metric}, {"semantic-models", "semantic_models", manifest.SemanticModel},
	{"saved-queries", "saved_queries", manifest.SavedQuery}, {"exposures", "exposures", manifest.Exposure},
	{"functions", "functions", manifest.Function},
}

// unusedPaths warns of paths in dbt_project.yml that no resource passes.
func (p *parser) unusedPaths() {
	var unused []string
	hint := ""
	var where project.Level
	for _, s := range usedSections {
		var fqns [][]string
		loaded := false
		for _, l := range p.project.Root.Settings.Sections[s.section].Levels() {
			if !loaded {
				loaded = true
				for _, n := range slices.Concat(p.m.Nodes, p.m.Disabled) {
					if n.Kind == s.kind {
						fqns = append(fqns, n.FQN)
					}
				}
			}
			if slices.ContainsFunc(fqns, func(fqn []string) bool { return hasPrefix(fqn, l.Path) }) {
				continue
			}
			path := strings.Join(append([]string{s.shown}, l.Path...), ".")
			unused = append(unused, path)
			if where.File == nil || l.Span.Start < where.Span.Start {
				where = l
			}
			if near := nearestPath(fqns, l.Path); near != "" && hint == "" {
				hint = fmt.Sprintf("%s: did you mean %q?", path, near)
			}
		}
	}
	if len(unused) == 0 {
		return
	}
	slices.Sort(unused)
	p.warn(&source.Error{Event: source.UnusedResourceConfigPath, File: where.File, Span: where.Span, Hint: hint,
		Msg: fmt.Sprintf("Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\nThere are %d unused configuration paths:\n- %s",
			len(unused), strings.Join(unused, "\n- "))})
}

func hasPrefix(fqn, path []string) bool {
	return len(path) <= len(fqn) && slices.Equal(fqn[:len(path)], path)
}

// nearestPath finds what the first element of a path that leads nowhere was meant to be.
func nearestPath(fqns [][]string, path []string) string {
	for i := range path {
		var names []string
		for _, fqn := range fqns {
			if len(fqn) > i && slices.Equal(fqn[:i], path[:i]) {
				if fqn[i] == path[i] {
					names = nil
					break
				}
				names = append(names, fqn[i])
			}
		}
		if near := source.Nearest(path[i], names); near != "" {
			return near
		}
	}
	return ""
}
