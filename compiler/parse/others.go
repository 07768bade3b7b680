package parse

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// split moves disabled nodes out of the way and makes the lookups.
func (p *parser) split() {
	var on []*manifest.Node
	for _, n := range p.m.Nodes {
		if n.Config.Bool("enabled") {
			on = append(on, n)
		} else {
			p.m.Disabled = append(p.m.Disabled, n)
		}
	}
	p.m.Nodes = on
	p.m.Index()
	p.unusedPatches()
}

// loadGroups reads groups and checks that those which nodes name are there.
func (p *parser) loadGroups() {
	names := map[string]bool{}
	for _, e := range p.props.bySection["groups"] {
		full, ok := p.owner(e)
		if !ok {
			continue
		}
		id := "group." + e.pkg.Name + "." + e.name
		if i := slices.IndexFunc(p.m.Groups, func(g *manifest.Group) bool { return g.ID == id }); i >= 0 {
			p.fail(twice(e.doc.File, e.doc.Span(config.Child(e.node, "name")), fmt.Sprintf("two groups with the name \"%s\"", e.name), id, p.m.Groups[i].OriginalPath, id, e.file.Path))
			continue
		}
		names[e.name] = true
		p.m.Groups = append(p.m.Groups, &manifest.Group{
			ID: id, Name: e.name, Package: e.pkg.Name,
			Path: e.file.Rel, OriginalPath: e.file.Path, Owner: full, Description: first(at(e.vals, "description")),
			Config: p.groupConfig(e),
		})
	}
	var valid []string
	for n := range names {
		valid = append(valid, n)
	}
	slices.Sort(valid)
	for _, n := range p.m.Nodes {
		g := n.Config.Text("group")
		if g == "" || names[g] || n.Kind == manifest.Test {
			continue
		}
		p.fail(&source.Error{
			File: n.File, Span: n.Span, Class: source.Parsing, Node: n.Describe(),
			Msg: fmt.Sprintf("Invalid group '%s', expected one of [%s]", g, strings.Join(quoteAll(valid), ", ")),
		})
	}
}

// groupConfig is the config of a group. dbt takes groups for models where it looks for
// settings of the project, so these have what models of the folder have.
func (p *parser) groupConfig(e *entry) *jinja.Dict {
	own, root := p.layersOf(e.pkg, "models", slices.Concat([]string{e.pkg.Name}, dirs(e.file.Rel), []string{e.name}))
	layers := append(slices.Clip(own), e.configOnly())
	out := called(config.Models, append(layers, root...))
	sorted := jinja.NewDict()
	sorted.SetStr("meta", dictOf(out, "meta"))
	for k, v := range out.All() {
		if k.String() != "meta" {
			sorted.Set(k, v)
		}
	}
	return sorted
}

func quoteAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = "'" + s + "'"
	}
	return out
}

// patchMacros takes over what properties files say of macros.
func (p *parser) patchMacros() {
	for _, mac := range p.m.Macros {
		mac.Meta, mac.Docs = jinja.NewDict(), jinja.NewDict()
		mac.Docs.SetStr("show", jinja.Bool(true))
		mac.Docs.SetStr("node_color", jinja.None)
		if mac.BuiltIn {
			continue
		}
		e := p.props.patches[patchKey{"macros", mac.Package, mac.Name}]
		if e == nil {
			continue
		}
		e.used = true
		mac.Description = e.str("description")
		mac.PatchPath = e.pkg.Name + "://" + e.file.Path
		for _, d := range []*jinja.Dict{e.vals, dictOf(e.vals, "config")} {
			for k, v := range dictOf(d, "meta").All() {
				mac.Meta.Set(k, v)
			}
			for k, v := range dictOf(d, "docs").All() {
				mac.Docs.Set(k, v)
			}
		}
		list, _ := e.vals.GetStr("arguments")
		for _, item := range listOf(list) {
			a, ok := item.(*jinja.Dict)
			if !ok {
				continue
			}
			arg := jinja.NewDict()
			arg.SetStr("name", first(at(a, "name")))
			arg.SetStr("type", first(at(a, "type")))
			arg.SetStr("description", first(at(a, "description"), jinja.Str("")))
			mac.Arguments = append(mac.Arguments, arg)
		}
		p.annotations(mac, e)
	}
	for _, e := range p.props.bySection["macros"] {
		if !e.used {
			w := e.doc.Errorf(config.Child(e.node, "name"), "Found patch for macro \"%s\" which was not found", e.name)
			w.Event = source.MacroNotFoundForPatch
			p.warn(w)
		}
	}
}

// describe renders all descriptions, which may hold doc().
func (p *parser) describe() {
	p.m.Extend()
	all := slices.Concat(p.m.Nodes, p.m.Disabled)
	p.each(len(all), func(i int) {
		n := all[i]
		if n.Kind == manifest.UnitTest {
			return // dbt keeps the template
		}
		n.DocBlocks = p.described(n, &n.Description)
		for _, c := range n.Columns {
			c.DocBlocks = p.described(n, &c.Description)
		}
		p.describeElements(n)
		if n.Source != nil {
			p.described(n, &n.Source.SourceDescription)
		}
	})
	for _, mac := range p.m.Macros {
		if !mac.BuiltIn {
			p.rendered(mac.Package, mac.ID, "macro "+mac.Name+" ("+mac.Path+")", mac.File, &mac.Description)
		}
	}
}

// described is rendered for a text of a node.
func (p *parser) described(n *manifest.Node, text *string) []string {
	if !config.IsTemplate(*text) {
		return nil
	}
	return p.rendered(n.Package, n.ID, n.Describe(), n.File, text)
}

// rendered renders one description in place and gives the docs blocks it names.
func (p *parser) rendered(pkg, id, heading string, f *source.File, text *string) []string {
	if !config.IsTemplate(*text) {
		return nil
	}
	y := p.shared.ForDocs(pkg, id, p.m)
	t, err := syntax.Parse(&source.File{Path: "description of " + id, Text: *text}, syntax.Options{})
	if err == nil {
		var r jinja.Result
		if r, err = jinja.Render(p.ctx, t, jinja.Options{Globals: y, Host: y}); err == nil {
			*text = r.Text
			return y.Blocks
		}
	}
	for _, e := range source.All(err) {
		if je := (*jinja.Error)(nil); errors.As(err, &je) && je.Kind == jinja.UndefinedError {
			e.Msg += scope.NoMacro
		}
		if strings.HasPrefix(e.Msg, "Documentation for ") {
			heading = "" // dbt has none for a docs block that is not there
		}
		p.fail(&source.Error{Class: source.Compilation, Node: heading, Msg: e.Msg, Hint: e.Hint, Err: err})
	}
	return nil
}
