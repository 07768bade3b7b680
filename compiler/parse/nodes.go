package parse

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// draft is a node that is being read.
type draft struct {
	node    *manifest.Node
	pkg     *project.Package
	patch   *entry
	version *yaml.Node     // the entry's element of "versions"
	verVals *jinja.Dict    // the same, rendered
	layers  []config.Layer // of the entry; see patchLayers
}

// loadNodes reads models, seeds, snapshots, analyses, singular tests and project
// hooks, and renders each once.
func (p *parser) loadNodes() {
	var drafts []*draft
	for _, pkg := range p.project.Packages {
		versions := p.versionFiles(pkg)
		for _, f := range pkg.Files {
			switch f.Kind {
			case project.ModelFile:
				drafts = append(drafts, p.modelDraft(pkg, f, versions))
			case project.SeedFile:
				drafts = append(drafts, p.seedDraft(pkg, f))
			case project.AnalysisFile:
				d := p.sqlDraft(pkg, f, manifest.Analysis, "analyses")
				d.node.Path = path.Join("analysis", f.Rel)
				if !p.flag("require_corrected_analysis_fqns", false) {
					d.node.FQN = slices.Concat([]string{pkg.Name, "analysis"}, dirs(f.Rel), []string{d.node.Name})
				}
				drafts = append(drafts, d)
			case project.TestFile:
				d := p.sqlDraft(pkg, f, manifest.Test, "data_tests")
				d.node.Test = &manifest.TestPart{}
				drafts = append(drafts, d)
			case project.FunctionFile:
				// dbt 1.11 does not read functions of JavaScript yet.
				if path.Ext(f.Rel) != ".js" {
					drafts = append(drafts, p.functionDraft(pkg, f))
				}
			case project.SnapshotFile:
				drafts = append(drafts, p.snapshotDrafts(pkg, f)...)
			}
		}
		drafts = append(drafts, p.hookDrafts(pkg, "on-run-start", pkg.Settings.OnRunStart)...)
		drafts = append(drafts, p.hookDrafts(pkg, "on-run-end", pkg.Settings.OnRunEnd)...)
	}
	for _, e := range p.props.bySection["snapshots"] {
		if !config.IsNull(config.Child(e.node, "relation")) {
			drafts = append(drafts, p.yamlSnapshot(e))
		}
	}
	p.each(len(drafts), func(i int) { p.finish(drafts[i]) })
	for _, d := range drafts {
		p.m.Nodes = append(p.m.Nodes, d.node)
	}
}

func dirs(rel string) []string {
	dir := path.Dir(rel)
	if dir == "." {
		return nil
	}
	return strings.Split(dir, "/")
}

func stem(rel string) string {
	base := project.PlainName(path.Base(rel))
	return strings.TrimSuffix(base, path.Ext(base))
}

// sqlDraft starts a node that is a whole file of SQL.
func (p *parser) sqlDraft(pkg *project.Package, f *project.File, kind manifest.Kind, section string) *draft {
	name := stem(f.Rel)
	n := &manifest.Node{
		ID:   kind.String() + "." + pkg.Name + "." + name,
		Kind: kind, Name: name, Package: pkg.Name,
		Path: f.Rel, OriginalPath: f.Path,
		FQN:      slices.Concat([]string{pkg.Name}, dirs(f.Rel), []string{name}),
		Checksum: manifest.Checksum{Name: "sha256", Sum: f.Sum},
		File:     p.named(pkg, f), Span: source.Span{Start: f.Start, End: f.End},
		Raw: f.Text(), Language: "sql", CreatedAt: p.now,
	}
	return &draft{node: n, pkg: pkg, patch: p.patchFor(section, pkg, name)}
}

// patchFor finds the properties entry of a resource: its own package's, else the
// root project's for a resource of that name that it does not have itself.
func (p *parser) patchFor(section string, pkg *project.Package, name string) *entry {
	e := p.props.patches[patchKey{section, pkg.Name, name}]
	if e != nil {
		e.used = true
	}
	return e
}

func (p *parser) modelDraft(pkg *project.Package, f *project.File, versions map[string]versionFile) *draft {
	d := p.sqlDraft(pkg, f, manifest.Model, "models")
	n := d.node
	if path.Ext(f.Rel) == ".py" {
		n.Language = "python"
	}
	v, ok := versions[stem(f.Rel)]
	if !ok {
		return d
	}
	v.e.used = true
	d.patch, d.version, d.verVals = v.e, v.node, v.vals
	n.Name, n.Version, n.LatestVersion = v.e.name, v.version, v.latest
	n.ID = fmt.Sprintf("model.%s.%s.v%s", pkg.Name, n.Name, n.Version)
	n.FQN = slices.Concat([]string{pkg.Name}, dirs(f.Rel), []string{n.Name, "v" + n.Version.String()})
	p.deprecationDate(n, v.e, v.vals)
	return d
}

func (p *parser) seedDraft(pkg *project.Package, f *project.File) *draft {
	name := stem(f.Rel)
	sum := manifest.Checksum{Name: "sha256", Sum: f.Sum}
	if p.o.MaxSeed > 0 && f.Size > p.o.MaxSeed {
		sum = manifest.Checksum{Name: "path", Sum: f.Path}
	}
	n := &manifest.Node{
		ID:   "seed." + pkg.Name + "." + name,
		Kind: manifest.Seed, Name: name, Package: pkg.Name, Path: f.Rel, OriginalPath: f.Path,
		FQN:      slices.Concat([]string{pkg.Name}, dirs(f.Rel), []string{name}),
		Checksum: sum, CreatedAt: p.now,
		File: &source.File{Path: f.Path},
		Seed: &manifest.SeedPart{Root: pkg.Dir, File: f.Abs},
	}
	return &draft{node: n, pkg: pkg, patch: p.patchFor("seeds", pkg, name)}
}

func (p *parser) snapshotDrafts(pkg *project.Package, f *project.File) []*draft {
	file := p.named(pkg, f)
	blocks, odd, err := syntax.Blocks(file, []string{"snapshot"}, false)
	p.unexpectedBlocks(odd, f.Rel)
	if err != nil {
		p.fail(macroError(err, macroFile{file: file}))
		return nil
	}
	var out []*draft
	for _, b := range blocks {
		start, end := b.ContentStart, b.ContentEnd
		n := &manifest.Node{
			ID:   "snapshot." + pkg.Name + "." + b.Name,
			Kind: manifest.Snapshot, Name: b.Name, Package: pkg.Name, OriginalPath: f.Path,
			Path:     f.Rel,
			FQN:      slices.Concat([]string{pkg.Name}, dirs(f.Rel), []string{stem(f.Rel), b.Name}),
			Checksum: manifest.Checksum{Name: "sha256", Sum: f.Sum},
			File:     file, Span: source.Span{Start: start, End: end},
			Raw: file.Text[start:end], Language: "sql", CreatedAt: p.now,
		}
		out = append(out, &draft{node: n, pkg: pkg, patch: p.patchFor("snapshots", pkg, b.Name)})
	}
	return out
}

// yamlSnapshot is a snapshot that a properties file defines by its relation.
func (p *parser) yamlSnapshot(e *entry) *draft {
	rel := e.str("relation")
	raw := "select * from {{ " + rel + " }}"
	n := &manifest.Node{
		ID:   "snapshot." + e.pkg.Name + "." + e.name,
		Kind: manifest.Snapshot, Name: e.name, Package: e.pkg.Name, OriginalPath: e.file.Path,
		Path:     path.Join(e.file.Rel, e.name+".sql"),
		FQN:      slices.Concat([]string{e.pkg.Name}, dirs(e.file.Rel), []string{e.name}),
		Checksum: manifest.Checksum{Name: "sha256", Sum: e.file.Sum},
		File:     &source.File{Path: e.file.Path, Text: raw, FirstLine: config.Child(e.node, "relation").Line},
		Span:     source.Span{End: source.Pos(len(raw))},
		Raw:      raw, Language: "sql", CreatedAt: p.now,
	}
	e.used = true
	return &draft{node: n, pkg: e.pkg, patch: e}
}

func (p *parser) hookDrafts(pkg *project.Package, when string, hooks []project.Hook) []*draft {
	out := make([]*draft, 0, len(hooks))
	for i, h := range hooks {
		name := fmt.Sprintf("%s-%s-%d", pkg.Name, when, i)
		line, _ := pkg.Doc.File.Position(h.Span.Start)
		n := &manifest.Node{
			ID:   "operation." + pkg.Name + "." + name,
			Kind: manifest.Operation, Name: name, Package: pkg.Name,
			Path: "hooks/" + name + ".sql", OriginalPath: "./dbt_project.yml",
			FQN:      []string{pkg.Name, "hooks", name},
			Checksum: manifest.Checksum{Name: "sha256", Sum: project.Checksum(strings.TrimSpace(pkg.Doc.File.Text))},
			File:     &source.File{Path: "dbt_project.yml", Text: h.SQL, FirstLine: line},
			Span:     source.Span{End: source.Pos(len(h.SQL))},
			Raw:      h.SQL, Language: "sql", Tags: []string{when}, Index: i, CreatedAt: p.now,
		}
		out = append(out, &draft{node: n, pkg: pkg})
	}
	return out
}

// finish renders a node's text, merges its config and names its relation.
func (p *parser) finish(d *draft) {
	if err := p.complete(d); err != nil {
		p.fail(inNode(err, d.node))
		breakNode(d.node)
	}
}

// breakNode gives a node that could not be read what every node has.
func breakNode(n *manifest.Node) {
	n.Broken = true
	if n.Config == nil {
		n.Config, _ = config.Merge(n.Kind.Info().Config)
	}
	if n.Unrendered == nil {
		n.Unrendered = jinja.NewDict()
	}
}

func (p *parser) complete(d *draft) error {
	n := d.node
	section := n.Kind.Info().Section
	own, root := p.layersOf(d.pkg, section, n.FQN)
	layers := own
	d.layers = p.patchLayers(d)
	patch := d.layers
	layers = append(slices.Clip(layers), patch...)
	unpatched := own
	early, err := config.Merge(n.Kind.Info().Config, append(slices.Clip(layers), root...)...)
	if err != nil {
		return err
	}
	n.Config = early
	n.Database, n.Schema, n.Alias = p.shared.Database, p.shared.Schema, n.Name
	var ctx *scope.Context
	if n.Language == "python" {
		given, err := p.readPython(n)
		if err != nil {
			return err
		}
		layers = append(layers, given)
		unpatched = append(slices.Clip(unpatched), given)
	}
	if n.Kind.Info().SQL && n.Language == "sql" {
		if ctx, err = p.renderNode(n); err != nil {
			return err
		}
		given := withoutNone(n.Kind.Info().Config, ctx.Configs)
		layers = append(layers, given...)
		unpatched = append(slices.Clip(unpatched), given...)
	}
	layers = append(layers, root...)
	if n.Config, err = config.Merge(n.Kind.Info().Config, layers...); err != nil {
		return err
	}
	if n.Kind == manifest.Test {
		n.Config = storing(n.Config)
	}
	p.applyPatch(d)
	p.hookRefs(n)
	if err := p.keyRefs(n); err != nil {
		return err
	}
	n.Unrendered = p.unrendered(d, ctx)
	// dbt first knows the tags of the project and the file, and then adds those of
	// the properties.
	first := n.Config
	if slices.ContainsFunc(patch, func(l config.Layer) bool { return l.Sets("tags") }) {
		if first, err = config.Merge(n.Kind.Info().Config, append(slices.Clip(unpatched), root...)...); err != nil {
			return err
		}
	}
	for _, t := range append(slices.Clip(first.List("tags")), n.Config.List("tags")...) {
		if s := t.String(); !slices.Contains(n.Tags, s) {
			n.Tags = append(n.Tags, s)
		}
	}
	return p.name(n, setToNone(ctx)...)
}

// withoutNone leaves out the declared keys that a file sets to none: they count as
// not given.
func withoutNone(k config.Kinds, layers []config.Layer) []config.Layer {
	none := func(l config.Layer) bool {
		return slices.ContainsFunc(l, func(e config.Entry) bool { return e.Value == jinja.Value(jinja.None) })
	}
	if !slices.ContainsFunc(layers, none) {
		return layers
	}
	out := make([]config.Layer, 0, len(layers))
	for _, l := range layers {
		kept := slices.DeleteFunc(slices.Clone(l), func(e config.Entry) bool {
			return e.Value == jinja.Value(jinja.None) && config.Declared(k, e.Key) != nil
		})
		out = append(out, kept)
	}
	return out
}

// renderNode parses and renders a node's text, and keeps what it refers to.
func (p *parser) renderNode(n *manifest.Node) (*scope.Context, error) {
	t, err := n.Tree()
	if err != nil {
		return nil, err
	}
	p.lintNode(n, t)
	ctx := p.shared.NewContext(p.ctx, scope.Parse, n, nil)
	if err := ctx.Run(t); err != nil {
		return nil, err
	}
	n.Refs = append(n.Refs, ctx.Refs...)
	n.Sources = append(n.Sources, ctx.Sources...)
	n.Metrics, n.Functions = append(n.Metrics, ctx.Metrics...), append(n.Functions, ctx.Functions...)
	n.Macros = append(n.Macros, ctx.Macros...)
	n.CallsThis = slices.Contains(t.Globals, "this")
	n.Called = called(n.Kind.Info().Config, ctx.Configs)
	return ctx, nil
}

// called is what the config() calls of a text set together: lists that are appended
// grow, everything else is replaced.
func called(k config.Kinds, layers []config.Layer) *jinja.Dict {
	out := jinja.NewDict()
	for i, l := range layers {
		for _, e := range l {
			old, set := out.GetStr(e.Key)
			f := config.Declared(k, e.Key)
			switch {
			case f != nil && f.Rule == config.Append && (set || i > 0):
				// From the second call on, dbt makes lists of what is appended.
				out.SetStr(e.Key, jinja.NewList(append(slices.Clone(listOf(old)), listOf(e.Value)...)...))
			case f != nil && f.Rule == config.MergeKeys && set:
				out.SetStr(e.Key, overlay(old, e.Value, false))
			default:
				out.SetStr(e.Key, e.Value)
			}
		}
	}
	return out
}

// hookRefs renders the node's hooks, whose refs count as the node's own.
func (p *parser) hookRefs(n *manifest.Node) {
	for _, key := range []string{"pre-hook", "post-hook"} {
		for _, h := range config.HookList(n.Config.List(key)) {
			text := textOf(h, "sql")
			if !config.IsTemplate(text) {
				continue
			}
			ctx := p.shared.NewContext(p.ctx, scope.Parse, n, nil)
			if _, err := ctx.RenderText(n.OriginalPath, text); err != nil {
				p.fail(inNode(err, n))
				continue
			}
			if n.Kind == manifest.Seed && len(ctx.Refs)+len(ctx.Sources)+len(ctx.Metrics) > 0 {
				p.fail(seedHook(n, key, text))
				continue
			}
			n.Refs = append(n.Refs, ctx.Refs...)
			n.Sources = append(n.Sources, ctx.Sources...)
			for _, id := range ctx.Macros {
				if !slices.Contains(n.Macros, id) {
					n.Macros = append(n.Macros, id)
				}
			}
		}
	}
}

// seedHook is the error about a hook of a seed that refers to something: seeds come
// before everything else.
func seedHook(n *manifest.Node, key, text string) error {
	e := nodeError(n, source.Parsing, "Seeds cannot depend on other nodes, but a hook of '%s' calls 'ref', 'source' or 'metric', itself or by way of macros:\n- %s: \"%s\"",
		n.ID, strings.ReplaceAll(key, "-", "_"), text)
	e.Hint = "put the statement into a hook of a model, or write the table's name"
	return e
}

// patchLayers is the config of the properties entry, and for a version of a model
// that of the version over it, key by key.
func (p *parser) patchLayers(d *draft) []config.Layer {
	if d.patch == nil {
		return nil
	}
	base := d.patch.layer()
	if d.version == nil {
		if len(base) == 0 {
			return nil
		}
		return []config.Layer{base}
	}
	over := configLayer(d.patch.doc, d.version, d.verVals)
	merged := slices.Clone(base)
	for _, e := range over {
		at := slices.IndexFunc(merged, func(b config.Entry) bool { return config.Canonical(b.Key) == config.Canonical(e.Key) })
		if at < 0 {
			merged = append(merged, e)
			continue
		}
		e.Value = overlay(merged[at].Value, e.Value, true)
		merged[at] = e
	}
	return []config.Layer{merged}
}

// overlay puts one value over another, mappings key by key; deep also those within them.
func overlay(weak, strong jinja.Value, deep bool) jinja.Value {
	w, ok1 := weak.(*jinja.Dict)
	s, ok2 := strong.(*jinja.Dict)
	if !ok1 || !ok2 {
		return strong
	}
	out := w.Copy()
	for k, v := range s.All() {
		if old, both := out.Get(k); both && deep {
			v = overlay(old, v, true)
		}
		out.Set(k, v)
	}
	return out
}

// applyPatch takes over what the entry says beside config.
func (p *parser) applyPatch(d *draft) {
	e, n := d.patch, d.node
	if e == nil {
		return
	}
	n.PatchPath = e.pkg.Name + "://" + e.file.Path
	n.Description = e.str("description")
	n.Columns = p.columns(e.doc, e.node, e.vals)
	p.timeSpine(e, n)
	p.functionBody(e, n)
	list, _ := e.vals.GetStr("constraints")
	n.Constraints = constraints(list, true)
	if d.version == nil {
		p.deprecationDate(n, e, e.vals)
		return
	}
	if text := textOf(d.verVals, "description"); text != "" {
		n.Description = text
	}
	if v, ok := d.verVals.GetStr("constraints"); ok {
		n.Constraints = constraints(v, true)
	}
	n.Columns = p.versionColumns(d, n.Columns)
}

// unrendered is the keys that were set anywhere, as they were written.
func (p *parser) unrendered(d *draft, ctx *scope.Context) *jinja.Dict {
	out := jinja.NewDictOf(4)
	section := d.node.Kind.Info().Section
	if d.node.Kind == manifest.Function {
		section = "" // dbt leaves these out
	}
	d.pkg.Settings.Sections[section].Raw(d.node.FQN, out)
	if d.patch != nil {
		d.node.Written = written(nil, d.patch.node, d.version)
	}
	for _, layer := range d.layers {
		for _, e := range layer {
			out.SetStr(e.Key, e.Value)
		}
	}
	if d.node.Called != nil {
		for k, v := range d.node.Called.All() {
			out.Set(k, v)
		}
	}
	if d.pkg != p.project.Root {
		p.project.Root.Settings.Sections[section].Raw(d.node.FQN, out)
	}
	return out
}

// setToNone gives the keys that the file sets to none: their old value stays in the
// config, but counts for nothing when names are made.
func setToNone(ctx *scope.Context) []string {
	if ctx == nil {
		return nil
	}
	var out []string
	for _, l := range ctx.Configs {
		for _, e := range l {
			out = slices.DeleteFunc(out, func(k string) bool { return k == e.Key })
			if e.Value == jinja.Value(jinja.None) {
				out = append(out, e.Key)
			}
		}
	}
	return out
}
