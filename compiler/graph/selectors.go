package graph

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Selectors are the selections that a project gives names, from its selectors.yml.
type Selectors struct {
	Names   []string  // in the order of the file
	Default *Selector // what is used where the command line says nothing; may be nil

	// Manifest is the selectors as manifest.json has them, by name: their criteria
	// written out, and references replaced by what they refer to.
	Manifest *jinja.Dict

	byName map[string]*Selector
}

// Selector is one selection with a name.
type Selector struct {
	Name string
	expr *expr
}

// Find gives a selector by name. The error names those that there are.
func (s *Selectors) Find(name string) (*Selector, error) {
	if found := s.byName[name]; found != nil {
		return found, nil
	}
	quoted := make([]string, len(s.Names))
	for i, n := range s.Names {
		quoted[i] = "'" + n + "'"
	}
	e := &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Could not find selector named %s, expected one of [%s]", name, strings.Join(quoted, ", "))}
	if near := source.Nearest(name, slices.Clone(s.Names)); near != "" {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, e
}

// ReadSelectors reads a selectors.yml:
//
//	selectors:
//	  - name: NAME
//	    description: TEXT
//	    default: BOOL
//	    definition: DEFINITION
//
// where a definition is a criterion as on the command line, {METHOD: VALUE},
// {method: METHOD, value: VALUE, parents: BOOL, …}, {union: [DEFINITION…]} or
// {intersection: [DEFINITION…]}. A selector may refer to any other of the file. All
// problems are reported, each at its place. A nil doc has no selectors.
func ReadSelectors(ctx context.Context, doc *config.Doc, r *config.Renderer) (*Selectors, error) {
	p := &selectorFile{ctx: ctx, doc: doc, r: r, entries: map[string]*entry{},
		out: &Selectors{Manifest: jinja.NewDict(), byName: map[string]*Selector{}}}
	if doc == nil || doc.Root == nil {
		return p.out, nil
	}
	p.read()
	if err := p.problems.ErrorOrNil(); err != nil {
		return nil, err
	}
	return p.out, nil
}

// selectorFile is the state of reading one file.
type selectorFile struct {
	ctx      context.Context
	doc      *config.Doc
	r        *config.Renderer
	entries  map[string]*entry
	open     []string // the selectors that are being read, outermost first
	problems source.Errors
	out      *Selectors
}

// entry is one element of the list, read when it is first needed.
type entry struct {
	err        error
	name       string
	def        *yaml.Node
	fields     *jinja.Dict // what manifest.json has of it
	done       bool
	expr       *expr
	normalised jinja.Value
}

func (p *selectorFile) errorf(n *yaml.Node, format string, args ...any) *source.Error {
	e := p.doc.Errorf(n, "Could not read selector file data: "+format, args...)
	e.Class = source.Runtime
	return e
}

func (p *selectorFile) read() {
	list := config.Child(p.doc.Root, "selectors")
	for _, pair := range config.Pairs(p.doc.Root) {
		if pair.Name != "selectors" {
			p.fail(p.errorf(pair.Key, "the file has a key %s; it holds one list, selectors", pair.Name))
		}
	}
	if list == nil || list.Kind != yaml.SequenceNode {
		at := list
		if at == nil {
			at = p.doc.Root
		}
		p.fail(p.errorf(at, "selectors is not a list: each selector is an item with a name and a definition%s", p.namesIn(at)))
		return
	}
	for _, item := range list.Content {
		p.entry(config.Deref(item))
	}
	for _, name := range p.out.Names {
		e := p.entries[name]
		if err := p.resolve(e); err != nil {
			p.fail(err)
			continue
		}
		e.fields.SetStr("definition", e.normalised)
		p.out.Manifest.SetStr(name, e.fields)
		p.out.byName[name] = &Selector{Name: name, expr: e.expr}
	}
	p.defaults()
}

// fail notes a problem, once: selectors that others refer to are met again.
func (p *selectorFile) fail(err error) {
	for _, e := range source.All(err) {
		if !slices.Contains(p.problems, e) {
			p.problems = append(p.problems, e)
		}
	}
}

// namesIn tells which selector a misplaced mapping was perhaps meant to be.
func (p *selectorFile) namesIn(n *yaml.Node) string {
	if name := config.Child(n, "name"); name != nil {
		return fmt.Sprintf(" (here name: %s)", name.Value)
	}
	return ""
}

// entry reads one selector but for its definition.
func (p *selectorFile) entry(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		p.fail(p.errorf(n, "a selector is a mapping with a name and a definition"))
		return
	}
	e := &entry{fields: jinja.NewDict()}
	for _, pair := range config.Pairs(n) {
		switch pair.Name {
		case "definition":
			e.def = pair.Value
		case "name", "description", "default":
			v, err := p.r.Value(p.ctx, p.doc, pair.Value)
			if err != nil {
				p.fail(err)
				return
			}
			if want := p.badField(pair.Name, v); want != "" {
				p.fail(p.errorf(pair.Value, "%s is %s, not %s", pair.Name, jinja.Repr(v), want))
				return
			}
			e.fields.SetStr(pair.Name, v)
		default:
			p.fail(p.errorf(pair.Key, "a selector has no key %s; it has name, description, default and definition", pair.Name))
			return
		}
	}
	name, ok := e.fields.GetStr("name")
	if !ok {
		p.fail(p.errorf(n, "a selector has no name"))
		return
	}
	e.name = name.String()
	if e.def == nil {
		p.fail(p.errorf(n, "the selector with name: %s has no definition", e.name))
		return
	}
	if p.entries[e.name] == nil {
		p.out.Names = append(p.out.Names, e.name)
	}
	p.entries[e.name] = e
}

// badField says what a field should be, if it is something else.
func (p *selectorFile) badField(name string, v jinja.Value) string {
	if name == "default" {
		if _, ok := v.(jinja.Bool); !ok {
			return "true or false"
		}
		return ""
	}
	if _, ok := v.(jinja.Str); !ok && !(name == "description" && v == jinja.Value(jinja.None)) {
		return "a text"
	}
	return ""
}

// defaults finds the one selector that is the default.
func (p *selectorFile) defaults() {
	var names []string
	for _, name := range p.out.Names {
		if v, ok := p.entries[name].fields.GetStr("default"); ok && v.Truth() {
			names = append(names, name)
			p.out.Default = p.out.byName[name]
		}
	}
	if len(names) > 1 {
		e := p.errorf(p.entries[names[1]].def, "Found multiple selectors with `default: true`: %s", strings.Join(names, " and "))
		e.Hint = "one selector can be the default"
		p.fail(e)
	}
}

// resolve reads the definition of a selector, and those of selectors that it refers to.
func (p *selectorFile) resolve(e *entry) error {
	if !e.done {
		e.err = p.define(e)
		e.done = true
	}
	return e.err
}

func (p *selectorFile) define(e *entry) error {
	if i := slices.Index(p.open, e.name); i >= 0 {
		return p.errorf(e.def, "Found a cycle of selectors: %s", strings.Join(append(slices.Clone(p.open[i:]), e.name), " --> "))
	}
	p.open = append(p.open, e.name)
	defer func() { p.open = p.open[:len(p.open)-1] }()
	def := config.Deref(e.def)
	pairs := config.Pairs(def)
	switch {
	case def.Kind == yaml.SequenceNode:
		var items []string
		for _, item := range def.Content {
			items = append(items, "- "+item.Value)
		}
		err := p.errorf(def, "the definition of %s is a list (%s)", e.name, strings.Join(items, ", "))
		err.Hint = "say {union: […]} for any of these, {intersection: […]} for all of them"
		return err
	case len(pairs) > 1 && (config.Child(def, "union") != nil || config.Child(def, "intersection") != nil):
		var keys []string
		for _, pair := range pairs {
			keys = append(keys, pair.Name)
		}
		return p.errorf(pairs[1].Key, "Only a single 'union' or 'intersection' key is allowed in a root level selector definition; found %s.", strings.Join(keys, ","))
	}
	var err error
	e.expr, e.normalised, err = p.definition(def)
	return err
}

// definition reads a definition of any form, and gives also how manifest.json has it.
func (p *selectorFile) definition(n *yaml.Node) (*expr, jinja.Value, error) {
	n = config.Deref(n)
	if n.Kind == yaml.ScalarNode {
		return p.criterionText(n)
	}
	if n.Kind != yaml.MappingNode {
		return nil, nil, p.errorf(n, "a list stands where a criterion is wanted: a text such as tag:nightly, or a mapping")
	}
	for _, o := range []op{union, intersection} {
		if list := config.Child(n, o.String()); list != nil {
			return p.group(o, list)
		}
	}
	return p.mapping(n)
}

// String is the key of selectors.yml.
func (o op) String() string {
	return [...]string{"criterion", "union", "intersection", "exclude"}[o]
}

// text renders a value that has to be a text.
func (p *selectorFile) text(n *yaml.Node, what string) (string, error) {
	v, err := p.r.Value(p.ctx, p.doc, n)
	if err != nil {
		return "", err
	}
	s, ok := v.(jinja.Str)
	if !ok {
		return "", p.errorf(n, "%s is %s, not a text", what, jinja.Repr(v))
	}
	return string(s), nil
}

// criterionText reads a criterion as the command line has them. Blanks and commas mean
// nothing in it.
func (p *selectorFile) criterionText(n *yaml.Node) (*expr, jinja.Value, error) {
	raw, err := p.text(n, "a criterion")
	if err != nil {
		return nil, nil, err
	}
	t, err := ParseTerm(raw)
	if err != nil {
		return nil, nil, p.at(n, err)
	}
	d := jinja.NewDict()
	d.SetStr("method", jinja.Str(strings.Join(append([]string{t.Method}, t.Args...), ".")))
	d.SetStr("value", jinja.Str(t.Value))
	for _, f := range []struct {
		name  string
		on    bool
		depth int
	}{{"childrens_parents", t.At, -1}, {"parents", t.Parents, t.Up}, {"children", t.Children, t.Down}} {
		if !f.on {
			continue
		}
		d.SetStr(f.name, jinja.Bool(true))
		if f.depth >= 0 {
			d.SetStr(f.name+"_depth", jinja.Str(strconv.Itoa(f.depth)))
		}
	}
	return &expr{term: t}, d, nil
}

// at gives an error of a term its place in the file.
func (p *selectorFile) at(n *yaml.Node, err error) error {
	e := source.All(err)[0]
	out := p.errorf(n, "%s", e.Msg)
	out.Hint = e.Hint
	return out
}

// list gives the elements of a list of definitions.
func (p *selectorFile) list(n *yaml.Node, key string) ([]*yaml.Node, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, p.errorf(n, "Invalid value for key %q. Expected a list.", key)
	}
	return n.Content, nil
}

// group reads {union: […]} or {intersection: […]}. One element may be {exclude: […]},
// which is taken away from the others.
func (p *selectorFile) group(o op, n *yaml.Node) (*expr, jinja.Value, error) {
	items, err := p.list(n, o.String())
	if err != nil {
		return nil, nil, err
	}
	out, norm := &expr{op: o}, jinja.NewList()
	var without *expr
	for _, item := range items {
		list := config.Child(item, "exclude")
		if list == nil {
			part, v, err := p.definition(item)
			if err != nil {
				return nil, nil, err
			}
			out.parts = append(out.parts, part)
			norm.Append(v)
			continue
		}
		if without != nil {
			return nil, nil, p.errorf(item, "You cannot provide multiple exclude arguments to the same selector set operator")
		}
		var v jinja.Value
		if without, v, err = p.excluded(list); err != nil {
			return nil, nil, err
		}
		if pairs := config.Pairs(item); len(pairs) > 1 {
			// dbt heeds only the exclude of such an element.
			if v, err = p.r.Value(p.ctx, p.doc, item); err != nil {
				return nil, nil, err
			}
		}
		norm.Append(v)
	}
	d := jinja.NewDict()
	d.SetStr(o.String(), norm)
	if without != nil {
		out = &expr{op: difference, parts: []*expr{out, without}}
	}
	return out, d, nil
}

// excluded reads the list of an exclude.
func (p *selectorFile) excluded(n *yaml.Node) (*expr, jinja.Value, error) {
	items, err := p.list(n, "exclude")
	if err != nil {
		return nil, nil, err
	}
	out, norm := &expr{op: union}, jinja.NewList()
	for _, item := range items {
		part, v, err := p.definition(item)
		if err != nil {
			return nil, nil, err
		}
		out.parts = append(out.parts, part)
		norm.Append(v)
	}
	d := jinja.NewDict()
	d.SetStr("exclude", norm)
	return out, d, nil
}

// mapping reads {METHOD: VALUE} and {method: METHOD, value: VALUE, …}.
func (p *selectorFile) mapping(n *yaml.Node) (*expr, jinja.Value, error) {
	pairs := config.Pairs(n)
	if len(pairs) == 1 {
		t := Term{Up: -1, Down: -1}
		t.setMethod(pairs[0].Name)
		if err := p.value(&t, pairs[0].Key, pairs[0].Value); err != nil {
			return nil, nil, err
		}
		d := jinja.NewDict()
		d.SetStr("method", jinja.Str(pairs[0].Name))
		d.SetStr("value", t.Native)
		return &expr{term: t}, d, nil
	}
	method, value := config.Child(n, "method"), config.Child(n, "value")
	if method == nil || value == nil {
		var keys []string
		for _, pair := range pairs {
			keys = append(keys, "'"+pair.Name+"'")
		}
		return nil, nil, p.errorf(n, "Expected either 1 key or else \"method\" and \"value\" keys, but got [%s]", strings.Join(keys, ", "))
	}
	name, err := p.text(method, "method")
	if err != nil {
		return nil, nil, err
	}
	if name == "selector" {
		return p.reference(value)
	}
	e := &expr{term: Term{Up: -1, Down: -1}}
	e.term.setMethod(name)
	if err := p.value(&e.term, method, value); err != nil {
		return nil, nil, err
	}
	norm, err := p.r.Value(p.ctx, p.doc, n)
	if err != nil {
		return nil, nil, err
	}
	if err := p.options(e, n); err != nil {
		return nil, nil, err
	}
	if list := config.Child(n, "exclude"); list != nil {
		out, _, err := p.excluded(list)
		if err != nil {
			return nil, nil, err
		}
		e = &expr{op: difference, parts: []*expr{e, out}}
	}
	return e, norm, nil
}

// value reads the value of a method.
func (p *selectorFile) value(t *Term, method, n *yaml.Node) error {
	if err := known(t.Method); err != nil {
		return p.at(method, err)
	}
	v, err := p.r.Value(p.ctx, p.doc, n)
	if err != nil {
		return err
	}
	switch v.(type) {
	case jinja.Str, jinja.Int, jinja.Float, jinja.Bool:
	default:
		return p.errorf(n, "the value of %s is %s; it has to be a text, a number, or true or false", t.Method, jinja.Repr(v))
	}
	t.Native, t.Value = v, v.String()
	return nil
}

// reference reads {method: selector, value: NAME}.
func (p *selectorFile) reference(n *yaml.Node) (*expr, jinja.Value, error) {
	name, err := p.text(n, "value")
	if err != nil {
		return nil, nil, err
	}
	to := p.entries[name]
	if to == nil {
		e := p.errorf(n, "Existing selector definition for %s not found.", name)
		if near := source.Nearest(name, slices.Clone(p.out.Names)); near != "" {
			e.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, nil, e
	}
	if err := p.resolve(to); err != nil {
		return nil, nil, err
	}
	return to.expr, to.normalised, nil
}

// options reads the keys of a mapping beside its method and value.
func (p *selectorFile) options(e *expr, n *yaml.Node) error {
	for _, pair := range config.Pairs(n) {
		v, err := p.r.Value(p.ctx, p.doc, pair.Value)
		if err != nil {
			return err
		}
		switch pair.Name {
		case "childrens_parents":
			e.term.At = v.Truth()
		case "parents":
			e.term.Parents = v.Truth()
		case "children":
			e.term.Children = v.Truth()
		case "parents_depth", "children_depth":
			d, err := strconv.Atoi(v.String())
			if err != nil || d < 0 {
				return p.errorf(pair.Value, "Invalid node spec - could not handle %s %s: it has to be a number", strings.ReplaceAll(pair.Name, "_", " "), v)
			}
			if pair.Name == "parents_depth" {
				e.term.Up = d
			} else {
				e.term.Down = d
			}
		case "indirect_selection":
			e.mode = Mode(v.String())
			if !slices.Contains([]Mode{Eager, Cautious, Buildable, Empty}, e.mode) {
				return p.errorf(pair.Value, "'%s' is not a valid IndirectSelection: it is eager, cautious, buildable or empty", v)
			}
		}
	}
	if e.term.At && e.term.Children {
		return p.at(n, incompatible(e.term.Method+":"+e.term.Value))
	}
	return nil
}
