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

var (
	exposureKeys  = []string{"name", "type", "owner", "label", "description", "maturity", "url", "tags", "meta", "config", "depends_on"}
	exposureTypes = []string{"dashboard", "notebook", "analysis", "ml", "application"}
)

// loadExposures makes the nodes of exposures.
func (p *parser) loadExposures() {
	for _, e := range p.props.bySection["exposures"] {
		for _, pair := range config.Pairs(e.node) {
			if !slices.Contains(exposureKeys, pair.Name) {
				p.fail(e.doc.Errorf(pair.Key, "Invalid exposures config given in %s: Additional properties are not allowed ('%s' was unexpected)", e.file.Path, pair.Name))
			}
		}
		if !slices.Contains(exposureTypes, e.str("type")) {
			p.fail(e.doc.Errorf(config.Child(e.node, "type"), "Invalid exposures config given in %s: type of '%s' must be one of %s", e.file.Path, e.name, strings.Join(exposureTypes, ", ")))
			continue
		}
		owner := dictOf(e.vals, "owner")
		if textOf(owner, "name") == "" && textOf(owner, "email") == "" {
			p.fail(e.doc.Errorf(config.Child(e.node, "owner"), "Invalid exposures config given in %s: owner of '%s' needs a name or an email", e.file.Path, e.name))
			continue
		}
		full := jinja.NewDict()
		full.SetStr("email", jinja.None)
		full.SetStr("name", jinja.None)
		for k, v := range owner.All() {
			full.Set(k, v)
		}
		n := &manifest.Node{
			ID:   "exposure." + e.pkg.Name + "." + e.name,
			Kind: manifest.Exposure, Name: e.name, Package: e.pkg.Name, Path: e.file.Rel, OriginalPath: e.file.Path,
			FQN:         slices.Concat([]string{e.pkg.Name}, dirs(e.file.Rel), []string{e.name}),
			Description: e.str("description"), File: e.doc.File, Span: e.doc.Span(config.Child(e.node, "name")), CreatedAt: p.now,
			Exposure: &manifest.ExposurePart{
				Type: e.str("type"), Owner: full, Label: first(at(e.vals, "label")),
				Maturity: first(at(e.vals, "maturity")), URL: first(at(e.vals, "url")),
			},
		}
		if !p.exposureConfig(e, n) || !p.exposureRefs(e, n) {
			continue
		}
		if n.Config.Bool("enabled") {
			p.m.Nodes = append(p.m.Nodes, n)
		} else {
			p.m.Disabled = append(p.m.Disabled, n)
		}
	}
	p.m.Index()
}

func (p *parser) exposureConfig(e *entry, n *manifest.Node) bool {
	own, root := p.layersOf(e.pkg, "exposures", n.FQN)
	in := e.layer()
	if v, ok := e.vals.GetStr("tags"); ok {
		in = append(config.Layer{{Key: "tags", Value: v, File: e.doc.File}}, in...)
	}
	c, err := config.Merge(config.Exposures, append(append(slices.Clip(own), in), root...)...)
	if err != nil {
		p.fail(inNode(err, n))
		return false
	}
	var tags []string
	for _, t := range c.List("tags") {
		if !slices.Contains(tags, t.String()) {
			tags = append(tags, t.String())
		}
	}
	slices.Sort(tags)
	list := jinja.NewList()
	for _, t := range tags {
		list.Append(jinja.Str(t))
	}
	n.Config, n.Tags, n.Unrendered = c.With("tags", list), tags, jinja.NewDict()
	n.Written = written(comparedExposureKeys, e.node)
	e.pkg.Settings.Sections["exposures"].Raw(n.FQN, n.Unrendered)
	for k, v := range dictOf(e.vals, "config").All() {
		n.Unrendered.Set(k, v)
	}
	return true
}

// exposureRefs evaluates the expressions of depends_on.
func (p *parser) exposureRefs(e *entry, n *manifest.Node) bool {
	list := config.Child(e.node, "depends_on")
	if config.IsNull(list) {
		return true
	}
	ctx := p.shared.NewContext(p.ctx, scope.Parse, n, nil)
	for _, item := range list.Content {
		text := "{{ " + item.Value + " }}"
		t, err := syntax.Parse(&source.File{Path: e.file.Path, Text: text}, syntax.Options{})
		if err == nil {
			_, err = ctx.Render(t)
		}
		if err != nil {
			bad := e.doc.Errorf(item, "depends_on takes ref(), source() and metric(), not %s", item.Value)
			bad.Class = source.Compilation
			p.fail(bad)
			return false
		}
	}
	n.Refs, n.Sources = ctx.Refs, ctx.Sources
	return true
}

// loadGroups reads groups and checks that those which nodes name are there.
func (p *parser) loadGroups() {
	names := map[string]bool{}
	for _, e := range p.props.bySection["groups"] {
		owner := dictOf(e.vals, "owner")
		if textOf(owner, "name") == "" && textOf(owner, "email") == "" {
			p.fail(e.doc.Errorf(e.node, "Invalid groups config given in %s: owner of '%s' needs a name or an email", e.file.Path, e.name))
			continue
		}
		full := jinja.NewDict()
		full.SetStr("email", jinja.None)
		full.SetStr("name", jinja.None)
		for k, v := range owner.All() {
			full.Set(k, v)
		}
		names[e.name] = true
		p.m.Groups = append(p.m.Groups, &manifest.Group{
			ID: "group." + e.pkg.Name + "." + e.name, Name: e.name, Package: e.pkg.Name,
			Path: e.file.Rel, OriginalPath: e.file.Path, Owner: full, Description: e.str("description"),
			Meta: dictOf(dictOf(e.vals, "config"), "meta"),
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
	}
	for _, e := range p.props.bySection["macros"] {
		if !e.used {
			p.warn(e.doc.Errorf(config.Child(e.node, "name"), "Found patch for macro \"%s\" which was not found", e.name))
		}
	}
}

// describe renders all descriptions, which may hold doc().
func (p *parser) describe() {
	p.m.Index()
	all := slices.Concat(p.m.Nodes, p.m.Disabled)
	p.each(len(all), func(i int) {
		n := all[i]
		n.DocBlocks = p.rendered(n.Package, n.ID, n.Describe(), n.File, &n.Description)
		for _, c := range n.Columns {
			c.DocBlocks = p.rendered(n.Package, n.ID, n.Describe(), n.File, &c.Description)
		}
		if n.Source != nil {
			p.rendered(n.Package, n.ID, n.Describe(), n.File, &n.Source.SourceDescription)
		}
	})
	for _, mac := range p.m.Macros {
		if !mac.BuiltIn {
			p.rendered(mac.Package, mac.ID, "macro "+mac.Name+" ("+mac.Path+")", mac.File, &mac.Description)
		}
	}
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
		p.fail(&source.Error{Class: source.Compilation, Node: heading, Msg: e.Msg, Hint: e.Hint, Err: err})
	}
	return nil
}
