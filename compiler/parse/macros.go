package parse

import (
	"fmt"
	"path"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/scope"
	"weft/compiler/source"
	"weft/macros"
)

var (
	macroBlocks = []string{"macro", "materialization", "test", "data_test"}
	testBlocks  = []string{"test", "data_test"}
)

// macroFile is one file to take macros from.
type macroFile struct {
	pkg     string
	path    string
	file    *source.File
	kinds   []string
	builtIn bool
}

// loadMacros reads the macros of all packages and of weft itself, and arranges
// them for lookup.
func (p *parser) loadMacros() {
	var files []macroFile
	builtIn, err := macros.Packages(p.m.AdapterType, p.m.Dialect.Parents...)
	if err != nil {
		p.fail(&source.Error{Class: source.Internal, Msg: err.Error(), Err: err})
		return
	}
	for _, b := range builtIn {
		for _, f := range b.Files {
			files = append(files, macroFile{b.Name, f.Path, &source.File{Path: f.Path, Text: f.Text}, macroBlocks, true})
		}
	}
	for _, pkg := range p.project.Packages {
		for _, f := range pkg.Files {
			switch f.Kind {
			case project.MacroFile:
				files = append(files, macroFile{pkg.Name, f.Path, p.named(pkg, f), macroBlocks, false})
			case project.GenericTestFile:
				files = append(files, macroFile{pkg.Name, f.Path, p.named(pkg, f), testBlocks, false})
			}
		}
	}
	found := make([][]*manifest.Macro, len(files))
	odd := make([][]*source.Error, len(files))
	p.each(len(files), func(i int) {
		list, unexpected, err := p.macrosOf(files[i])
		p.fail(err)
		found[i], odd[i] = list, unexpected
	})
	for i, list := range odd {
		if !files[i].builtIn && len(files[i].kinds) == len(macroBlocks) {
			p.unexpectedBlocks(list, files[i].path)
		}
	}
	seen := map[string]*manifest.Macro{}
	for _, list := range found {
		for _, mac := range list {
			if old := seen[mac.ID]; old != nil {
				p.fail(&source.Error{
					File: mac.File, Span: mac.Span, Class: source.Compilation,
					Msg: fmt.Sprintf("dbt found multiple macros named %q in the project %q.\n All macros require unique names, to fix this error rename or remove any\nduplicates. They can be found in these files:\n    - %s\n    - %s",
						mac.Name, mac.Package, old.Path, mac.Path),
				})
				continue
			}
			seen[mac.ID] = mac
			p.m.Macros = append(p.m.Macros, mac)
		}
	}
	if len(p.problems) > 0 {
		return
	}
	dispatch := map[string][]string{}
	for _, d := range p.project.Root.Settings.Dispatch {
		dispatch[d.Namespace] = d.Order
	}
	p.shared.Macros = scope.NewMacros(p.project.Root.Name, p.m.Packages, p.m.Dialect, p.m.Macros, dispatch)
	p.findPlain()
	p.each(len(p.m.Macros), func(i int) {
		mac := p.m.Macros[i]
		mac.DependsOn = p.staticMacros(mac.Package, mac.Template)
	})
}

// named gives a file of a package the path that messages show.
func (p *parser) named(pkg *project.Package, f *project.File) *source.File {
	if pkg == p.project.Root {
		return f.Source
	}
	return &source.File{Path: path.Join(p.project.Root.Settings.InstallPath, pkg.Name, f.Path), Text: f.Source.Text}
}

// unexpectedBlocks warns of tags that have no place in a file; what they hold is passed
// over.
func (p *parser) unexpectedBlocks(list []*source.Error, path string) {
	for _, w := range list {
		w.Class, w.Event = "", source.UnexpectedJinjaBlock
		w.Msg += " in file `" + path + "`"
		p.warn(w)
	}
}

// macrosOf reads the macros of a file, and gives the tags that do not belong there.
func (p *parser) macrosOf(f macroFile) ([]*manifest.Macro, []*source.Error, error) {
	blocks, odd, err := syntax.Blocks(f.file, f.kinds, false)
	if err != nil {
		return nil, odd, macroError(err, f)
	}
	out := make([]*manifest.Macro, 0, len(blocks))
	for _, b := range blocks {
		mac, err := p.macro(f, b)
		if err != nil {
			return nil, odd, macroError(err, f)
		}
		out = append(out, mac)
	}
	return out, odd, nil
}

func macroError(err error, f macroFile) error {
	for _, e := range source.All(err) {
		if e.Class == "" {
			e.Class = source.Compilation
		}
		if e.File == nil {
			e.File = f.file
		}
	}
	return err
}

func (p *parser) macro(f macroFile, b syntax.TopBlock) (*manifest.Macro, error) {
	t, err := syntax.Parse(f.file, syntax.Options{Blocks: manifest.HostBlocks, Start: b.Start, End: b.End})
	if err != nil {
		return nil, err
	}
	mac := &manifest.Macro{
		Name: b.Name, Package: f.pkg, Path: f.path, File: f.file, Template: t, BuiltIn: f.builtIn,
		Span: source.Span{Start: b.Start, End: b.End}, SQL: blockText(f.file.Text, b), CreatedAt: p.now,
	}
	if len(t.Macros) > 0 {
		def := t.Macros[0]
		switch def.Kind {
		case syntax.IsTest:
			mac.Name = "test_" + def.Tag
		case syntax.IsMaterialization:
			mac.Name = def.Name
			mac.Languages = languages(def.Languages)
		}
	}
	mac.ID = "macro." + mac.Package + "." + mac.Name
	if mac.Value, err = jinja.NewMacro(t, mac.Name, mac.Package); err != nil {
		return nil, err
	}
	return mac, nil
}

// blockText is a block with the white space that a dash in its first or last tag
// takes away, as macro_sql has it.
func blockText(text string, b syntax.TopBlock) string {
	const blank = " \t\r\n\f\v"
	start, end := int(b.Start), int(b.End)
	first, last := len(text)-len(strings.TrimLeft(text, blank)), len(strings.TrimRight(text, blank))
	if strings.HasPrefix(text[start:], "{%-") {
		start = max(first, len(strings.TrimRight(text[:start], blank)))
	}
	if strings.HasSuffix(text[:end], "-%}") {
		rest := text[end:]
		end = min(max(last, end), end+len(rest)-len(strings.TrimLeft(rest, blank)))
	}
	return text[start:end]
}

func languages(x syntax.Expr) []string {
	list, ok := x.(*syntax.List)
	if !ok {
		return []string{"sql"}
	}
	var out []string
	for _, item := range list.Items {
		if c, ok := item.(*syntax.Const); ok && c.Kind == syntax.Str {
			out = append(out, c.Str)
		}
	}
	return out
}

// staticMacros gives the ids of the macros that a text calls by name.
func (p *parser) staticMacros(pkg string, t *syntax.Template) []string {
	var out []string
	seen := map[string]bool{}
	add := func(mac *manifest.Macro) {
		if mac != nil && !seen[mac.ID] {
			seen[mac.ID] = true
			out = append(out, mac.ID)
		}
	}
	for _, c := range syntax.Calls(t) {
		switch {
		case c.Package == "" && scope.IsMember(c.Name):
			// dbt takes these for what the context has, whatever macros there are.
		case c.Package == "builtins":
			add(p.shared.Macros.Find(pkg, c.Name))
		case c.Dispatch:
			for _, mac := range p.shared.Macros.Candidates(pkg, c.Name, c.Package) {
				add(mac)
			}
		case c.Package != "":
			add(p.shared.Macros.In(c.Package, c.Name))
		default:
			add(p.shared.Macros.Find(pkg, c.Name))
		}
	}
	return out
}

// loadDocs reads the docs blocks of all packages.
func (p *parser) loadDocs() {
	type job struct {
		pkg *project.Package
		f   *project.File
	}
	var jobs []job
	for _, pkg := range p.project.Packages {
		for _, f := range pkg.Files {
			if f.Kind == project.DocsFile {
				jobs = append(jobs, job{pkg, f})
			}
		}
	}
	found := make([][]*manifest.Doc, len(jobs))
	p.each(len(jobs), func(i int) {
		list, err := p.docsOf(jobs[i].pkg, jobs[i].f)
		p.fail(err)
		found[i] = list
	})
	seen := map[string]*manifest.Doc{}
	for _, list := range found {
		for _, d := range list {
			if old := seen[d.ID]; old != nil {
				p.fail(&source.Error{Class: source.Compilation,
					Msg: fmt.Sprintf("dbt found two docs with the name %q.\n- %s (%s)\n- %s (%s)", d.Name, d.ID, d.OriginalPath, old.ID, old.OriginalPath), Hint: "rename one of them"})
				continue
			}
			seen[d.ID] = d
			p.m.Docs = append(p.m.Docs, d)
		}
	}
}

func (p *parser) docsOf(pkg *project.Package, f *project.File) ([]*manifest.Doc, error) {
	file := p.named(pkg, f)
	blocks, _, err := syntax.Blocks(file, []string{"docs"}, false)
	if err != nil {
		return nil, macroError(err, macroFile{file: file})
	}
	var out []*manifest.Doc
	for _, b := range blocks {
		text := file.Text[b.ContentStart:b.ContentEnd]
		if strings.Contains(text, "{") {
			t, err := syntax.Parse(file, syntax.Options{Start: b.ContentStart, End: b.ContentEnd})
			if err != nil {
				return nil, macroError(err, macroFile{file: file})
			}
			r, err := jinja.Render(p.ctx, t, jinja.Options{Globals: noGlobals{}})
			if err != nil {
				return nil, err
			}
			text = r.Text
		}
		out = append(out, &manifest.Doc{
			ID: "doc." + pkg.Name + "." + b.Name, Name: b.Name, Package: pkg.Name,
			Path: f.Rel, OriginalPath: f.Path, Contents: strings.TrimSpace(text),
		})
	}
	return out, nil
}

type noGlobals struct{}

// Lookup finds nothing.
func (noGlobals) Lookup(string) (jinja.Value, bool) { return nil, false }
