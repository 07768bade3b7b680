package parse

import (
	"errors"
	"regexp"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// Exposures is the keys of an entry of exposures.
var Exposures = &config.Schema{Name: "exposures", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the exposure, unique in the project"},
	{Name: "type", Shape: config.OneOf("dashboard", "notebook", "analysis", "ml", "application"), Required: true, Doc: "what uses the data"},
	{Name: "owner", Shape: config.KeysOf(Owner), Required: true, Doc: "who answers for it"},
	{Name: "label", Shape: config.SomeText, Doc: "name for people"},
	{Name: "description", Shape: config.SomeText, Doc: "what it is for"},
	{Name: "maturity", Shape: config.OneOf("low", "medium", "high"), Doc: "how much one can rely on it"},
	{Name: "url", Shape: config.SomeText, Doc: "where it is"},
	{Name: "tags", Shape: config.TextList, Doc: "labels that selection can use"},
	{Name: "meta", Shape: config.Mapping, Default: jinja.NewDict(), Doc: "anything the project wants to keep"},
	{Name: "config", Shape: config.Mapping, Doc: "config of the exposure: enabled, tags, meta"},
	{Name: "depends_on", Shape: config.TextList, Doc: "what it reads: ref(…), source(…) and metric(…)"},
}}

// Owner is the keys of an owner, which may have others too.
var Owner = &config.Schema{Name: "an owner", Open: true, Keys: []config.Key{
	{Name: "email", Shape: config.TextOrList, Doc: "address, or several; this or a name is needed"},
	{Name: "name", Shape: config.SomeText, Doc: "name; this or an address is needed"},
}}

var exposureName = regexp.MustCompile(`^\w+$`)

// loadExposures makes the nodes of exposures.
func (p *parser) loadExposures() {
	for _, e := range p.props.bySection["exposures"] {
		if !p.valid(e, Exposures) {
			continue
		}
		owner, ok := p.owner(e)
		if !ok {
			continue
		}
		if !exposureName.MatchString(e.name) {
			w := e.doc.Errorf(config.Child(e.node, "name"), "the name of the exposure '%s' should have only letters, numbers and underscores", e.name)
			w.Hint, w.Event = "'label' may have anything", source.ExposureName
			p.warn(w)
		}
		all := Exposures.Fill(e.vals)
		n := p.yamlNode(e, manifest.Exposure)
		n.Exposure = &manifest.ExposurePart{
			Type: e.str("type"), Owner: owner, Label: at(all, "label"), Maturity: at(all, "maturity"), URL: at(all, "url"),
		}
		if p.exposureConfig(e, n, dictOf(all, "meta")) && p.exposureRefs(e, n) {
			p.add(n)
		}
	}
	p.m.Extend()
}

// owner gives the owner that an entry names, with the keys that every owner has first.
func (p *parser) owner(e *entry) (*jinja.Dict, bool) {
	given := dictOf(e.vals, "owner")
	if textOf(given, "name") == "" && textOf(given, "email") == "" {
		p.fail(e.doc.Errorf(config.Child(e.node, "owner"), "Invalid %s config given in %s: 'owner' of '%s' needs a name or an email", e.section, e.doc.Name(), e.name))
		return nil, false
	}
	out := Owner.Fill(given)
	for k, v := range given.All() {
		out.Set(k, v)
	}
	return out, true
}

// exposureConfig merges the config of an exposure, which gains the tags and the meta
// that stand beside it.
func (p *parser) exposureConfig(e *entry, n *manifest.Node, meta *jinja.Dict) bool {
	if !p.yamlConfig(e, n, e.configOnly()) {
		return false
	}
	n.Tags = textsOf(listOf(at(e.vals, "tags")), n.Config.List("tags"))
	for k, v := range n.Meta().All() {
		meta.Set(k, v)
	}
	n.Config = n.Config.With("tags", listOfTexts(n.Tags)).With("meta", meta)
	n.Written = written(comparedExposureKeys, e.node)
	return true
}

// exposureRefs evaluates the expressions of depends_on. As in dbt, one that calls
// nothing that is known is no dependency; weft warns of it.
func (p *parser) exposureRefs(e *entry, n *manifest.Node) bool {
	list := config.Child(e.node, "depends_on")
	ctx := p.shared.NewContext(p.ctx, scope.Parse, n, nil)
	for i, v := range listOf(at(e.vals, "depends_on")) {
		before := len(ctx.Refs) + len(ctx.Sources) + len(ctx.Metrics)
		t, err := syntax.Parse(&source.File{Path: e.file.Path, Text: "{{ " + v.String() + " }}"}, syntax.Options{})
		if err == nil {
			_, err = ctx.Render(t)
		}
		place := itemNode(list, i)
		var je *jinja.Error
		switch {
		case errors.As(err, &je) && (je.Kind == jinja.UndefinedError || je.Kind == jinja.TypeError) || err == nil && len(ctx.Refs)+len(ctx.Sources)+len(ctx.Metrics) == before:
			p.warn(e.doc.Errorf(place, "depends_on takes ref(), source() and metric(), not %s", v))
		case err != nil:
			bad := e.doc.Errorf(place, "%s", source.All(err)[0].Msg)
			bad.Class, bad.Node, bad.Hint = source.Compilation, n.Describe(), source.All(err)[0].Hint
			p.fail(bad)
			return false
		}
	}
	n.Refs, n.Sources, n.Metrics = ctx.Refs, ctx.Sources, ctx.Metrics
	return true
}
