package parse

import (
	"fmt"
	"path"
	"slices"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/source"
)

// properties is what the properties files of all packages say, by section.
type properties struct {
	bySection map[string][]*entry
	patches   map[patchKey]*entry
}

type patchKey struct{ section, pkg, name string }

// entry is one element of a list such as "models" in a properties file.
type entry struct {
	pkg     *project.Package
	file    *project.File
	doc     *config.Doc
	section string
	name    string
	node    *yaml.Node
	vals    *jinja.Dict // rendered, but for what entryText names
	dirs    []string    // package and folders of the file, as an fqn begins
	patch   string      // of a source: the file that overrides it, as patch_path has it
	used    bool
	wrong   bool // has mistakes that have been reported
}

// sectionKeys are the lists that a properties file may have, in the order in
// which they are read.
var sectionKeys = []string{
	"models", "seeds", "snapshots", "sources", "macros", "data_tests", "analyses", "exposures",
	"functions", "metrics", "groups", "semantic_models", "unit_tests", "saved_queries",
}

// containers are lists inside an entry whose elements follow the entry's rules.
var containers = []string{"columns", "versions", "tables", "dimensions", "measures", "entities", "metrics"}

// entryText says which values of an entry keep their text: they are rendered when
// they are used.
func entryText(path []string) bool {
	for len(path) > 1 && slices.Contains(containers, path[0]) {
		path = path[1:]
	}
	switch path[0] {
	case "description", "tests", "data_tests", "loaded_at_query", "relation":
		return len(path) == 1
	case "config":
		return len(path) == 2 && (path[1] == "pre_hook" || path[1] == "post_hook" || path[1] == "loaded_at_query")
	}
	return false
}

// textIn is entryText for the entries of a section. Conditions of the semantic layer are
// templates that are rendered by whoever asks for a metric.
func textIn(section string) func(path []string) bool {
	switch section {
	case "metrics", "models":
		return func(path []string) bool { return path[len(path)-1] == "filter" || entryText(path) }
	case "saved_queries":
		return func(path []string) bool { return path[len(path)-1] == "where" || entryText(path) }
	}
	return entryText
}

func (p *parser) readProperties() {
	p.props = &properties{bySection: map[string][]*entry{}, patches: map[patchKey]*entry{}}
	type job struct {
		pkg *project.Package
		f   *project.File
	}
	var jobs []job
	for _, pkg := range p.project.Packages {
		for _, f := range pkg.Files {
			if f.Kind == project.PropertiesFile && f.Doc.Root != nil {
				jobs = append(jobs, job{pkg, f})
			}
		}
	}
	found := make([][]*entry, len(jobs))
	p.each(len(jobs), func(i int) { found[i] = p.entriesOf(jobs[i].pkg, jobs[i].f) })
	for i, list := range found {
		p.repeatedKeys(jobs[i].f)
		for _, e := range list {
			if e.vals == nil {
				p.incomplete = p.incomplete || e.defines()
				continue
			}
			p.props.bySection[e.section] = append(p.props.bySection[e.section], e)
			switch e.section {
			case "models", "seeds", "snapshots", "analyses", "macros", "data_tests", "functions":
				p.addPatch(e)
			}
		}
	}
}

// defines says whether things that others refer to may come from an entry that could not
// be read. An entry of models describes a file, but where it has versions.
func (e *entry) defines() bool {
	switch e.section {
	case "models":
		return e.node == nil || config.Child(e.node, "versions") != nil
	case "seeds", "analyses", "macros", "data_tests", "exposures", "unit_tests":
		return false
	}
	return true
}

func (p *parser) addPatch(e *entry) {
	k := patchKey{e.section, e.pkg.Name, e.name}
	if old := p.props.patches[k]; old != nil {
		err := e.doc.Errorf(config.Child(e.node, "name"), "dbt found two schema.yml entries for the same resource named %s", e.name)
		err.Class = source.Compilation
		err.Hint = fmt.Sprintf("the other one is in %s; keep one of them", old.file.Path)
		e.used = true
		p.fail(err)
		return
	}
	p.props.patches[k] = e
}

// repeatedKeys warns of keys that are twice in a mapping of a file.
func (p *parser) repeatedKeys(f *project.File) {
	for _, n := range f.Doc.Repeated {
		e := f.Doc.Errorf(n, "Duplicate key '%s' in \"<unicode string>\", line %d, column %d (the last one counts) in file\n`%s`", n.Value, n.Line, n.Column, f.Path)
		e.Event = source.DuplicateYAMLKeys
		p.warn(e)
	}
}

// entriesOf reads the entries of one file.
func (p *parser) entriesOf(pkg *project.Package, f *project.File) []*entry {
	doc := &config.Doc{File: p.named(pkg, f), Root: f.Doc.Root, Project: pkg.Dir}
	doc.Index()
	if doc.Root.Kind != yaml.MappingNode {
		p.fail(doc.Errorf(doc.Root, "Error reading %s: %s: a properties file is a mapping with keys such as models, sources or macros", pkg.Name, path.Base(f.Path)))
		return nil
	}
	r := &config.Renderer{Globals: p.shared.ForYAML(pkg.Name)}
	r.Host = r.Globals
	var out []*entry
	pairs := config.Pairs(doc.Root)
	where := append([]string{pkg.Name}, testDirs(f.Path)...)
	for _, pair := range pairs {
		if !slices.Contains(sectionKeys, pair.Name) {
			// dbt passes over keys that it does not know, so only what looks like a slip
			// of the pen is worth a word.
			if near := source.Nearest(pair.Name, sectionKeys); near != "" && pair.Name != "version" && pair.Name != "anchors" {
				e := doc.Errorf(pair.Key, "%q is no key of a properties file", pair.Name)
				e.Hint = fmt.Sprintf("did you mean %q?", near)
				p.warn(e)
			}
			continue
		}
		if pair.Name == "data_tests" && config.IsNull(pair.Value) {
			continue
		}
		if pair.Value.Kind != yaml.SequenceNode {
			p.fail(doc.Errorf(pair.Value, "The schema file at %s is invalid because the value of '%s' is not a list", f.Path, pair.Name))
			out = append(out, &entry{pkg: pkg, file: f, doc: doc, section: pair.Name})
			continue
		}
		r.Skip = textIn(pair.Name)
		for _, n := range pair.Value.Content {
			n = config.Deref(n)
			e := &entry{pkg: pkg, file: f, doc: doc, section: pair.Name, node: n, dirs: where}
			out = append(out, e)
			if n.Kind != yaml.MappingNode {
				e := doc.Errorf(n, "The schema file at %s is invalid because a list element for '%s' is not a dictionary", f.Path, pair.Name)
				e.Hint = "an entry is a mapping with the key name"
				p.fail(e)
				continue
			}
			name := config.Child(n, "name")
			if config.IsNull(name) {
				p.fail(doc.Errorf(n, "Invalid %s config given in %s: 'name' is missing", pair.Name, f.Path))
				continue
			}
			e.name = name.Value
			v, err := r.Value(p.ctx, doc, n)
			if err != nil {
				for _, e := range source.All(err) {
					e.Msg = fmt.Sprintf("Failed to render %s from project %s: %s", f.Path, pkg.Name, e.Msg)
				}
				p.fail(err)
				continue
			}
			if path := config.UndefinedIn(v); path != "" {
				p.fail(doc.Errorf(n, "can not serialize 'Undefined' object: the template of %s gives no value", path))
				continue
			}
			e.vals = v.(*jinja.Dict)
			p.checkKeys(e)
			p.checkEntry(e)
		}
	}
	return out
}

// invalid is the error that part of an entry is not what it must be, in the words
// that dbt begins it with.
func (e *entry) invalid(n *yaml.Node, format string, args ...any) *source.Error {
	return e.doc.Errorf(n, "Invalid %s config given in %s: %s", e.section, e.doc.Name(), fmt.Sprintf(format, args...))
}

// checkKeys looks at the keys of an entry and the types of their values. An entry with
// mistakes is taken as far as it can be understood, so that what it describes is there.
func (p *parser) checkKeys(e *entry) {
	for i := range Sections {
		s := &Sections[i]
		if s.Name != e.section || s.Strict {
			continue
		}
		doc := *e.doc
		if e.section != "groups" {
			doc.Project = "" // dbt does not name it for these
		}
		if problems := s.Entry.Check(&doc, e.node, e.vals); len(problems) > 0 {
			p.fail(problems)
			e.wrong = true
		}
		for _, w := range s.Entry.Misspelt(e.doc, e.node, e.vals) {
			p.warn(w)
		}
	}
}

// str gives a value of the entry as text.
func (e *entry) str(name string) string { return textOf(e.vals, name) }

func textOf(d *jinja.Dict, name string) string {
	v, ok := d.GetStr(name)
	if !ok || v == jinja.Value(jinja.None) {
		return ""
	}
	return v.String()
}

func dictOf(d *jinja.Dict, name string) *jinja.Dict {
	if v, ok := d.GetStr(name); ok {
		if sub, isDict := v.(*jinja.Dict); isDict {
			return sub
		}
	}
	return jinja.NewDict()
}

func listOf(v jinja.Value) []jinja.Value {
	switch v := v.(type) {
	case *jinja.List:
		return v.Items
	case jinja.NoneType, nil:
		return nil
	}
	return []jinja.Value{v}
}

// legacyConfig are keys beside "config" that count as part of it.
var legacyConfig = []string{"docs", "meta", "group", "contract", "access"}

// layer is the entry's config: the mapping "config" and what may stand beside it.
func (e *entry) layer() config.Layer {
	return configLayer(e.doc, e.node, e.vals)
}

func configLayer(doc *config.Doc, n *yaml.Node, vals *jinja.Dict) config.Layer {
	var out config.Layer
	for _, key := range legacyConfig {
		if v, ok := vals.GetStr(key); ok && v != jinja.Value(jinja.None) {
			out = append(out, config.Entry{Key: key, Value: v, File: doc.File, Span: doc.Span(config.Child(n, key))})
		}
	}
	cfg := config.Child(n, "config")
	if cfg == nil {
		return out
	}
	given := dictOf(vals, "config")
	for _, pair := range config.Pairs(cfg) {
		v, ok := given.GetStr(pair.Name)
		if !ok {
			continue
		}
		out = append(out, config.Entry{Key: pair.Name, Value: v, File: doc.File, Span: doc.Span(pair.Key)})
	}
	return out
}

// columns reads the columns of an entry, in order; a repeated name replaces the
// earlier one.
func (p *parser) columns(doc *config.Doc, n *yaml.Node, vals *jinja.Dict) []*manifest.Column {
	list, _ := vals.GetStr("columns")
	nodes := config.Child(n, "columns")
	if nodes == nil {
		return nil
	}
	if nodes.Kind != yaml.SequenceNode {
		if !config.IsNull(nodes) {
			p.fail(doc.Errorf(nodes, "columns must be a list"))
		}
		return nil
	}
	var out []*manifest.Column
	for i, item := range listOf(list) {
		d, ok := item.(*jinja.Dict)
		if !ok || textOf(d, "name") == "" {
			p.fail(doc.Errorf(nodes.Content[i], "'name' is a required property of each of the 'columns'"))
			continue
		}
		c := readColumn(d)
		if at := slices.IndexFunc(out, func(o *manifest.Column) bool { return o.Name == c.Name }); at >= 0 {
			out[at] = c
			continue
		}
		out = append(out, c)
	}
	return out
}

var columnKeys = []string{"name", "description", "meta", "data_type", "constraints", "quote", "config", "tags",
	"granularity", "tests", "data_tests", "docs"}

func readColumn(d *jinja.Dict) *manifest.Column {
	c := &manifest.Column{
		Name: textOf(d, "name"), Description: textOf(d, "description"), DataType: textOf(d, "data_type"),
		Quote: jinja.None, Granularity: jinja.None, Meta: jinja.NewDict(),
	}
	if v, ok := d.GetStr("data_type"); ok && v != jinja.Value(jinja.None) {
		c.HasType = true
	}
	if v, ok := d.GetStr("quote"); ok {
		c.Quote = v
	}
	if v, ok := d.GetStr("granularity"); ok {
		c.Granularity = grainOf(v)
	}
	sources := []*jinja.Dict{d, nil}[:1]
	if _, ok := d.GetStr("config"); ok {
		sources = append(sources, dictOf(d, "config"))
	}
	for _, from := range sources {
		if _, ok := from.GetStr("meta"); ok {
			for k, v := range dictOf(from, "meta").All() {
				c.Meta.Set(k, v)
			}
		}
		tags, _ := from.GetStr("tags")
		for _, t := range listOf(tags) {
			if s := t.String(); !slices.Contains(c.Tags, s) {
				c.Tags = append(c.Tags, s)
			}
		}
	}
	list, _ := d.GetStr("constraints")
	c.Constraints = constraints(list, false)
	for k, v := range d.All() {
		if !slices.Contains(columnKeys, k.String()) {
			if c.Extra == nil {
				c.Extra = jinja.NewDict()
			}
			c.Extra.Set(k, v)
		}
	}
	return c
}

// constraints reads a list of constraints with their defaults.
func constraints(v jinja.Value, model bool) []*jinja.Dict {
	var out []*jinja.Dict
	for _, item := range listOf(v) {
		d, ok := item.(*jinja.Dict)
		if !ok {
			continue
		}
		c := jinja.NewDict()
		for _, k := range []string{"type", "name", "expression", "warn_unenforced", "warn_unsupported", "to", "to_columns", "columns"} {
			val, given := d.GetStr(k)
			if !given {
				switch k {
				case "warn_unenforced", "warn_unsupported":
					val = jinja.Bool(true)
				case "to_columns":
					val = jinja.NewList()
				case "columns":
					if !model {
						continue
					}
					val = jinja.NewList()
				default:
					val = jinja.None
				}
			}
			c.SetStr(k, val)
		}
		out = append(out, c)
	}
	return out
}

// patchSections are the sections whose entries describe what is there without them,
// and the kind of resource that each is about.
var patchSections = []struct {
	section string
	kind    manifest.Kind
}{
	{"models", manifest.Model}, {"seeds", manifest.Seed}, {"snapshots", manifest.Snapshot}, {"analyses", manifest.Analysis}, {"data_tests", manifest.Test},
	{"functions", manifest.Function},
}

// unusedPatches warns of entries that describe nothing.
func (p *parser) unusedPatches() {
	if p.incomplete {
		return
	}
	for _, s := range patchSections {
		for _, e := range p.props.bySection[s.section] {
			if !e.used {
				p.warn(p.unusedPatch(e, s.kind))
			}
		}
	}
}

func (p *parser) unusedPatch(e *entry, kind manifest.Kind) *source.Error {
	at := config.Child(e.node, "name")
	var names []string
	for _, n := range p.m.Nodes {
		if n.Kind == kind {
			names = append(names, n.Name)
			continue
		}
		if n.Name != e.name || n.Package != e.pkg.Name || !n.Kind.Info().Refable {
			continue
		}
		err := e.doc.Errorf(at, "'%s' is a %s node, but it is specified in the %s section of %s.", e.name, n.Kind, e.section, e.file.Path)
		err.Hint = fmt.Sprintf("move the entry to the %s key", n.Kind.Info().Plural)
		err.Event = source.WrongResourceSchemaFile
		return err
	}
	err := e.doc.Errorf(at, "Did not find matching node for patch with name '%s' in the '%s' section of file '%s'", e.name, e.section, e.file.Path)
	if near := source.Nearest(e.name, names); near != "" {
		err.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	err.Event = source.NoNodeForYamlKey
	return err
}
