package project

import (
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Section is one hierarchical config of dbt_project.yml as a tree of levels, so
// that the walk down a resource's fqn is a few map lookups.
type Section struct {
	root *level
}

type level struct {
	layer    config.Layer // what this level sets, rendered
	raw      []rawEntry   // the same as written
	children map[string]*level
	path     []string
}

type rawEntry struct {
	key   string
	value jinja.Value
}

func newSection(doc *config.Doc, n *yaml.Node, rendered *jinja.Dict) *Section {
	return &Section{root: newLevel(doc, n, rendered, nil)}
}

// newLevel splits a mapping into what it sets and the levels below. A key with a
// plus is a setting, and so is one whose value is no mapping.
func newLevel(doc *config.Doc, n *yaml.Node, rendered *jinja.Dict, path []string) *level {
	l := &level{path: path}
	for _, p := range config.Pairs(n) {
		v, ok := rendered.GetStr(p.Name)
		if !ok {
			continue
		}
		name, plus := strings.CutPrefix(p.Name, "+")
		if sub, isDict := v.(*jinja.Dict); isDict && !plus {
			if l.children == nil {
				l.children = map[string]*level{}
			}
			l.children[p.Name] = newLevel(doc, p.Value, sub, append(path[:len(path):len(path)], p.Name))
			continue
		}
		name = strings.TrimSpace(name)
		l.layer = append(l.layer, config.Entry{Key: name, Value: v, File: doc.File, Span: doc.Span(p.Key)})
		raw, err := config.FromYAML(p.Value)
		if err != nil {
			raw = v
		}
		l.raw = append(l.raw, rawEntry{config.Canonical(name), raw})
	}
	return l
}

// Layers gives the levels that a resource's fqn passes, outermost first.
func (s *Section) Layers(fqn []string) []config.Layer {
	if s == nil {
		return nil
	}
	var out []config.Layer
	l := s.root
	for i := 0; ; i++ {
		if len(l.layer) > 0 {
			out = append(out, l.layer)
		}
		if i >= len(fqn) {
			return out
		}
		next := l.children[fqn[i]]
		if next == nil {
			return out
		}
		l = next
	}
}

// Raw puts the keys that the levels of an fqn set, as written, into out.
func (s *Section) Raw(fqn []string, out *jinja.Dict) {
	if s == nil {
		return
	}
	l := s.root
	for i := 0; l != nil; i++ {
		for _, e := range l.raw {
			out.SetStr(e.key, e.value)
		}
		if i >= len(fqn) {
			return
		}
		l = l.children[fqn[i]]
	}
}

// Level is a level of a section that sets something.
type Level struct {
	Path []string // from the top of the section, which has none
	File *source.File
	Span source.Span // of its first key
}

// Levels gives all levels that set something, in no order.
func (s *Section) Levels() []Level {
	var out []Level
	var walk func(*level)
	walk = func(l *level) {
		if len(l.layer) > 0 {
			out = append(out, Level{l.path, l.layer[0].File, l.layer[0].Span})
		}
		for _, c := range l.children {
			walk(c)
		}
	}
	if s != nil {
		walk(s.root)
	}
	return out
}
