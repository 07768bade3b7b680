package parse

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/source"
)

// versionFile says which version of which model a file is.
type versionFile struct {
	e               *entry
	node            *yaml.Node // the element of "versions"
	vals            *jinja.Dict
	version, latest jinja.Value
}

// versionFiles maps the names of model files to the versions that entries of the
// package define by them: what defined_in names, else NAME_vVERSION. The file of the
// latest version may also be called like the model.
func (p *parser) versionFiles(pkg *project.Package) map[string]versionFile {
	stems := map[string]bool{}
	for _, f := range pkg.Files {
		if f.Kind == project.ModelFile {
			stems[stem(f.Rel)] = true
		}
	}
	out := map[string]versionFile{}
	for _, e := range p.props.bySection["models"] {
		if e.pkg != pkg || config.IsNull(config.Child(e.node, "versions")) {
			continue
		}
		list := p.versionsOf(e)
		found := 0
		for _, v := range list {
			file := textOf(v.vals, "defined_in")
			if file == "" {
				file = fmt.Sprintf("%s_v%s", e.name, v.version)
				if dotted := fmt.Sprintf("%s.v%s", e.name, v.version); !stems[file] && stems[dotted] {
					file = dotted
				}
			}
			if !stems[file] && jinja.Equal(v.version, v.latest) && stems[e.name] {
				file = e.name
			}
			if !stems[file] {
				p.noVersionFile(v, file)
				continue
			}
			found++
			out[file] = v
		}
		e.used = e.used || found > 0 || len(list) > 0
		if _, versioned := out[e.name]; stems[e.name] && !versioned && found > 0 {
			err := e.doc.Errorf(config.Child(e.node, "name"), "'%s' has versions, and there is a file '%s' of that name that is none of them", e.name, e.name+".sql")
			err.Hint = "name it in defined_in of a version, or rename it"
			p.fail(err)
		}
	}
	return out
}

func (p *parser) noVersionFile(v versionFile, file string) {
	w := v.e.doc.Errorf(v.node, "Did not find matching node for patch with name '%s' in the 'models' section of file '%s'", file, v.e.file.Path)
	w.Event = source.NoNodeForYamlKey
	p.warn(w)
}

// versionsOf reads the versions of an entry. Versions that are there twice and a latest
// one that is none of them are errors.
func (p *parser) versionsOf(e *entry) []versionFile {
	nodes := config.Child(e.node, "versions")
	if nodes.Kind != yaml.SequenceNode {
		p.fail(e.invalid(nodes, "'versions' must be a list"))
		return nil
	}
	var out []versionFile
	for i, item := range listOf(at(e.vals, "versions")) {
		n := config.Deref(nodes.Content[i])
		d, ok := item.(*jinja.Dict)
		if !ok {
			p.fail(e.invalid(n, "an element of 'versions' is a mapping with the key 'v'"))
			continue
		}
		v := first(at(d, "v"))
		if v == jinja.Value(jinja.None) {
			p.fail(e.invalid(n, "'v' is a required property of an element of 'versions'"))
			continue
		}
		if slices.ContainsFunc(out, func(o versionFile) bool { return o.version.String() == v.String() }) {
			p.fail(e.doc.Errorf(config.Child(n, "v"), "Found duplicate version: '%s' in versions list of model '%s'", v, e.name))
			continue
		}
		out = append(out, versionFile{e: e, node: n, vals: d, version: v})
	}
	latest := p.latest(e, out)
	for i := range out {
		out[i].latest = latest
	}
	return out
}

// latest is the version that an unversioned ref means: the one that is named, else
// the highest.
func (p *parser) latest(e *entry, list []versionFile) jinja.Value {
	named := first(at(e.vals, "latest_version"))
	var best jinja.Value
	var all []string
	for _, v := range list {
		if named != jinja.Value(jinja.None) && named.String() == v.version.String() {
			return v.version
		}
		all = append(all, v.version.String())
		if best == nil || manifest.VersionLess(best, v.version) {
			best = v.version
		}
	}
	if named != jinja.Value(jinja.None) {
		p.fail(e.doc.Errorf(config.Child(e.node, "latest_version"), "latest_version: %s is not one of model '%s' versions: [%s]", named, e.name, strings.Join(all, ", ")))
	}
	if best == nil {
		return jinja.None
	}
	return best
}

// versionColumns is the columns of a version: its own, and by include and exclude
// those of the model.
func (p *parser) versionColumns(d *draft, base []*manifest.Column) []*manifest.Column {
	if _, given := d.verVals.GetStr("columns"); !given {
		return base
	}
	pick := p.pickColumns(d.patch, d.version, d.verVals)
	var out []*manifest.Column
	for _, c := range base {
		if pick.takes(c.Name) {
			out = append(out, c)
		}
	}
	for _, own := range pick.own {
		out = append(out, readColumn(own))
	}
	return out
}

// columnPick is what the columns of a version say.
type columnPick struct {
	own              []*jinja.Dict
	nodes            []*yaml.Node // of own
	include, exclude jinja.Value
}

// pickColumns reads the columns of a version: full columns, and at most one element
// with include or exclude.
func (p *parser) pickColumns(e *entry, n *yaml.Node, vals *jinja.Dict) columnPick {
	out := columnPick{include: jinja.Str("all"), exclude: jinja.None}
	nodes := config.Child(n, "columns")
	picks := 0
	for i, item := range listOf(at(vals, "columns")) {
		c, ok := item.(*jinja.Dict)
		if !ok {
			continue
		}
		in, hasIn := c.GetStr("include")
		ex, hasEx := c.GetStr("exclude")
		if !hasIn && !hasEx {
			out.own = append(out.own, c)
			out.nodes = append(out.nodes, config.Deref(nodes.Content[i]))
			continue
		}
		if picks++; picks > 1 {
			p.fail(e.doc.Errorf(nodes.Content[i], "'columns' of a version of '%s' has more than one element with include or exclude", e.name))
		}
		if hasIn {
			out.include = in
		}
		if hasEx {
			out.exclude = ex
		}
	}
	return out
}

// takes says whether a version has a column of its model.
func (c *columnPick) takes(name string) bool {
	named := func(v jinja.Value) bool {
		if s, ok := v.(jinja.Str); ok {
			return s == "all" || s == "*" || string(s) == name
		}
		return slices.ContainsFunc(listOf(v), func(x jinja.Value) bool { return x.String() == name })
	}
	if slices.ContainsFunc(c.own, func(o *jinja.Dict) bool { return textOf(o, "name") == name }) {
		return false
	}
	return named(c.include) && !named(c.exclude)
}

// versionTests is the element of a version with what it does not say itself taken
// from the model: the tests, and of the columns those that it has of the model.
func (p *parser) versionTests(e *entry, n *yaml.Node, d *jinja.Dict) (*yaml.Node, *jinja.Dict) {
	node := &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}
	vals := jinja.NewDict()
	set := func(key string, c *yaml.Node, v jinja.Value) {
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, c)
		vals.SetStr(key, v)
	}
	for _, key := range []string{"tests", "data_tests"} {
		if c := config.Child(n, key); c != nil {
			set(key, c, at(d, key))
		}
	}
	if len(node.Content) == 0 {
		for _, key := range []string{"tests", "data_tests"} {
			if c := config.Child(e.node, key); c != nil {
				set(key, c, at(e.vals, key))
			}
		}
	}
	base := config.Child(e.node, "columns")
	if config.Child(n, "columns") == nil {
		if base != nil {
			set("columns", base, at(e.vals, "columns"))
		}
		return node, vals
	}
	pick := p.pickColumns(e, n, d)
	list := &yaml.Node{Kind: yaml.SequenceNode}
	values := jinja.NewList()
	for i, item := range listOf(at(e.vals, "columns")) {
		c, ok := item.(*jinja.Dict)
		if ok && base != nil && pick.takes(textOf(c, "name")) {
			list.Content = append(list.Content, base.Content[i])
			values.Append(c)
		}
	}
	list.Content = append(list.Content, pick.nodes...)
	for _, own := range pick.own {
		values.Append(own)
	}
	set("columns", list, values)
	return node, vals
}
