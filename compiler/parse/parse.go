// Package parse turns a project into a manifest: it renders every file once without
// a warehouse, to learn what it refers to and how it is configured.
package parse

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/par"
	"weft/compiler/project"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// Options is what parsing needs beside the project.
type Options struct {
	// Shared has the parts that do not come from the project: base names, flags,
	// printing. Parse fills in macros, vars, quoting and target.
	Shared  *scope.Shared
	Workers int
	Now     time.Time

	// MaxSeed is the size in bytes from which a seed is known by its path only.
	MaxSeed int64

	// Warn takes warnings; it gives an error where one counts as an error. It is not
	// called from two goroutines at once. May be nil.
	Warn func(*source.Error) error
	// Fails says whether Warn makes an error of an event. May be nil.
	Fails func(event string) bool

	// Lint asks for warnings of what only running would show.
	Lint bool

	// External are the models of other projects.
	External []*manifest.Node
}

// parser is the state of one Parse.
type parser struct {
	ctx     context.Context
	o       Options
	project *project.Project
	shared  *scope.Shared
	m       *manifest.Manifest
	now     float64

	mu       sync.Mutex // guards problems and warnings
	problems source.Errors

	// incomplete says that something was not read, so that what is missing may be there.
	incomplete bool

	plainTest *config.Config // of tests for which nobody sets anything

	plain map[string][len(nameGenerators)]bool // of plainNames, by package

	props    *properties
	semantic []*semanticEntry
	created  map[string]*manifest.Node // by id, for duplicates
	lint     *lint                     // nil where it is not asked for
}

// Parse reads the resources of a project, whose files have been read. The error is
// a *source.Error or source.Errors; each has its place. Beside an error there may be a
// manifest, as far as it goes: it has the edges that are known.
func Parse(ctx context.Context, p *project.Project, o Options) (*manifest.Manifest, error) {
	ps := &parser{
		ctx: ctx, o: o, project: p, shared: o.Shared,
		now: float64(o.Now.UnixMicro()) / 1e6,
		m: &manifest.Manifest{
			Project:     p.Root.Name,
			AdapterType: p.Profile.Type,
			Dialect:     p.Profile.Dialect,
			External:    o.External,
		},
		created: map[string]*manifest.Node{},
	}
	for _, pkg := range p.Packages {
		ps.m.Packages = append(ps.m.Packages, pkg.Name)
	}
	ps.settings()
	ps.m.PackageFirst = ps.flag("require_ref_searches_node_package_before_root", false)
	ps.incomplete = len(p.Unread) > 0
	ps.loadMacros()
	ps.problems = append(ps.problems, p.Unread...)
	if len(ps.problems) > len(p.Unread) {
		return nil, once(ps.problems).ErrorOrNil()
	}
	// A step does not stop the others: all problems are told at once. What could not
	// be read counts as there (Node.Broken, incomplete), so that nothing is said to be
	// missing that is only wrong.
	steps := []func(){
		ps.prepareLint, ps.loadDocs, ps.readProperties, ps.loadNodes, ps.loadSources, ps.split,
		ps.loadTests, ps.loadExposures, ps.loadSemantic, ps.loadUnitTests, ps.loadGroups, ps.patchMacros,
		ps.resolve, ps.linkSemantic, ps.describe,
		ps.contracts, ps.checkModels, ps.duplicateNames, ps.check, ps.notices, ps.unknownCalls,
	}
	for _, step := range steps {
		step()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return ps.m, once(ps.problems).ErrorOrNil()
}

// once leaves out problems that another one at the same place tells already: a bad
// value in dbt_project.yml is found for each node that it applies to.
func once(all source.Errors) source.Errors {
	type key struct {
		file *source.File
		span source.Span
		msg  string
	}
	slices.SortStableFunc(all, func(a, b *source.Error) int { return strings.Compare(a.Node, b.Node) })
	all.Sort()
	seen := map[key]bool{}
	told := checkedAt(all)
	return slices.DeleteFunc(all, func(e *source.Error) bool {
		if told(e) {
			return true
		}
		k := key{e.File, e.Span, e.Msg}
		again := e.File != nil && seen[k]
		seen[k] = true
		return again
	})
}

// checkedAt says of a problem whether a check of keys tells it better: one at the same
// place, or one in the same file that says the same of a value of a config.
func checkedAt(all source.Errors) func(*source.Error) bool {
	type place struct {
		file  *source.File
		start source.Pos
	}
	at, of := map[place]bool{}, map[*source.File][]string{}
	isCheck := func(e *source.Error) bool {
		return strings.HasPrefix(e.Msg, "Invalid ") && strings.Contains(e.Msg, " - at path [")
	}
	for _, e := range all {
		if isCheck(e) {
			at[place{e.File, e.Span.Start}] = true
			of[e.File] = append(of[e.File], e.Msg)
		}
	}
	return func(e *source.Error) bool {
		if e.File == nil || e.Class != source.Parsing || isCheck(e) {
			return false
		}
		_, words, value := strings.Cut(e.Msg, "]: ")
		same := func(msg string) bool { return strings.HasSuffix(msg, "]: "+words) }
		return at[place{e.File, e.Span.Start}] || value && strings.HasPrefix(e.Msg, "at path [") && slices.ContainsFunc(of[e.File], same)
	}
}

// settings fills in what the project says for all templates.
func (p *parser) settings() {
	s, root, prof := p.shared, p.project.Root, p.project.Profile
	s.Dialect = prof.Dialect
	s.Project = root.Name
	s.Target = prof.Target
	s.Database, s.Schema = prof.Database, prof.Schema
	s.Quoting = prof.Dialect.Quoted
	q := jinja.NewDict()
	for i, part := range []string{"database", "schema", "identifier"} {
		if v, ok := root.Settings.Quoting.GetStr(part); ok {
			s.Quoting[i] = v.Truth()
		}
		q.SetStr(part, jinja.Bool(s.Quoting[i]))
	}
	q.SetStr("column", jinja.None)
	p.m.Quoting = q
	s.Var, s.Vars = varLookup(p.project)
}

// varLookup gives the vars that nodes of a package see, strongest first: the
// command line, the root project's for the package, the root project's, and the
// package's own in the same way.
func varLookup(p *project.Project) (func(pkg, name string) (jinja.Value, bool), func(pkg string) *jinja.Dict) {
	layers := func(pkg string) []*jinja.Dict {
		out := []*jinja.Dict{p.Vars}
		add := func(from *project.Package) {
			if v, ok := from.Settings.Vars.GetStr(pkg); ok {
				if d, isDict := v.(*jinja.Dict); isDict {
					out = append(out, d)
				}
			}
			out = append(out, from.Settings.Vars)
		}
		add(p.Root)
		if own := p.Package(pkg); own != nil && own != p.Root {
			add(own)
		}
		return out
	}
	byPackage := map[string][]*jinja.Dict{}
	for _, pkg := range p.Packages {
		byPackage[pkg.Name] = layers(pkg.Name)
	}
	get := func(pkg string) []*jinja.Dict {
		if l, ok := byPackage[pkg]; ok {
			return l
		}
		return byPackage[p.Root.Name]
	}
	one := func(pkg, name string) (jinja.Value, bool) {
		for _, d := range get(pkg) {
			if v, ok := d.GetStr(name); ok {
				return v, true
			}
		}
		return nil, false
	}
	all := func(pkg string) *jinja.Dict {
		out := jinja.NewDict()
		list := get(pkg)
		for i := len(list) - 1; i >= 0; i-- {
			for k, v := range list[i].All() {
				if _, isPackage := byPackage[k.String()]; !isPackage {
					out.Set(k, v)
				}
			}
		}
		return out
	}
	return one, all
}

// fail notes a problem; it may be called from several goroutines.
func (p *parser) fail(err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, source.All(err)...)
}

func (p *parser) warn(e *source.Error) {
	if p.o.Warn == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// dbt stops at the first error, so it is not followed by warnings.
	if len(p.problems) > 0 && (p.o.Fails == nil || !p.o.Fails(e.Event)) {
		return
	}
	p.problems = append(p.problems, source.All(p.o.Warn(e))...)
}

// each runs fn for n items at once.
func (p *parser) each(n int, fn func(i int)) {
	_, err := par.Map(p.ctx, p.o.Workers, n, func(i int) struct{} {
		fn(i)
		return struct{}{}
	})
	if err != nil {
		p.fail(err)
	}
}

// inNode puts a failed render under the heading of its node.
func inNode(err error, n *manifest.Node) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	e := source.All(err)[0]
	if e.Class == "" {
		e.Class = source.Compilation
	}
	// dbt puts problems of values under a heading without the node.
	if e.Node == "" && e.Class != source.Parsing {
		e.Node = n.Describe()
	}
	if e.File == nil {
		e.File, e.Span = n.File, n.Span
	}
	n.Place(e)
	return e
}

// layersOf gives the levels of dbt_project.yml that a resource passes, its own
// package's and then the root's over everything else.
func (p *parser) layersOf(pkg *project.Package, section string, fqn []string) (own, root []config.Layer) {
	own = pkg.Settings.Sections[section].Layers(fqn)
	if pkg != p.project.Root {
		root = p.project.Root.Settings.Sections[section].Layers(fqn)
	}
	return own, root
}
