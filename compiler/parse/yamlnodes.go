package parse

import (
	"slices"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// valid checks an entry against the keys of its section and reports all that is wrong.
func (p *parser) valid(e *entry, s *config.Schema) bool {
	problems := s.Check(e.doc, e.node, e.vals)
	if len(problems) == 0 {
		return true
	}
	p.fail(problems)
	return false
}

// yamlNode starts a node that a properties entry defines.
func (p *parser) yamlNode(e *entry, kind manifest.Kind) *manifest.Node {
	return &manifest.Node{
		ID:   kind.String() + "." + e.pkg.Name + "." + e.name,
		Kind: kind, Name: e.name, Package: e.pkg.Name, Path: e.file.Rel, OriginalPath: e.file.Path,
		FQN:         slices.Concat([]string{e.pkg.Name}, dirs(e.file.Rel), []string{e.name}),
		Description: e.str("description"),
		File:        e.doc.File, Span: e.doc.Span(config.Child(e.node, "name")), CreatedAt: p.now,
	}
}

// keepsProject are the kinds whose unrendered_config has what dbt_project.yml sets: dbt
// looks the others up under a name that the file does not have.
var keepsProject = []manifest.Kind{manifest.Metric, manifest.Exposure, manifest.UnitTest}

// yamlConfig merges the config of a node that properties define, which is the given
// layer between those of dbt_project.yml.
func (p *parser) yamlConfig(e *entry, n *manifest.Node, in config.Layer) bool {
	section := n.Kind.Info().Section
	own, root := p.layersOf(e.pkg, section, n.FQN)
	c, err := config.Merge(n.Kind.Info().Config, append(append(slices.Clip(own), in), root...)...)
	if err != nil {
		p.fail(inNode(err, n))
		return false
	}
	n.Config, n.Unrendered = c, jinja.NewDict()
	if slices.Contains(keepsProject, n.Kind) {
		e.pkg.Settings.Sections[section].Raw(n.FQN, n.Unrendered)
	}
	for _, x := range in {
		n.Unrendered.SetStr(config.Canonical(x.Key), x.Value)
	}
	if slices.Contains(keepsProject, n.Kind) && e.pkg != p.project.Root {
		p.project.Root.Settings.Sections[section].Raw(n.FQN, n.Unrendered)
	}
	return true
}

// configOnly is the keys below "config", without what may stand beside it.
func (e *entry) configOnly() config.Layer {
	d := jinja.NewDict()
	if v, ok := e.vals.GetStr("config"); ok {
		d.SetStr("config", v)
	}
	return configLayer(e.doc, e.node, d)
}

// add puts a finished node where it belongs.
func (p *parser) add(n *manifest.Node) {
	if n.Config.Bool("enabled") {
		p.m.Nodes = append(p.m.Nodes, n)
	} else {
		p.m.Disabled = append(p.m.Disabled, n)
	}
}

// textsOf gives the sorted texts of several lists, each once.
func textsOf(lists ...[]jinja.Value) []string {
	var out []string
	for _, list := range lists {
		for _, v := range list {
			if s := v.String(); !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return out
}

func listOfTexts(texts []string) *jinja.List {
	out := jinja.NewList()
	for _, t := range texts {
		out.Append(jinja.Str(t))
	}
	return out
}

// placed gives a problem the place of a node's entry: it is one that only the whole project shows.
func placed(n *manifest.Node, msg string) *source.Error {
	return &source.Error{File: n.File, Span: n.Span, Class: source.Parsing, Node: n.Describe(), Msg: msg}
}

// itemNode gives the place of an item of a list; the list's own where a template made it.
func itemNode(list *yaml.Node, i int) *yaml.Node {
	if list = config.Deref(list); list != nil && list.Kind == yaml.SequenceNode && i < len(list.Content) {
		return config.Deref(list.Content[i])
	}
	return list
}
