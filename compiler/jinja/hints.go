package jinja

import (
	"maps"
	"slices"
	"strconv"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// Named is a value or a host's Globals that can list its names, for hints in
// errors: the attributes that a template may want of it, or the names it gives.
type Named interface{ Names() []string }

// didYouMean is the hint about a misspelt name; empty if none is similar.
func didYouMean(name string, candidates []string) string {
	if near := source.Nearest(name, candidates); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}

// near is the hint about what an undefined value was perhaps meant to be. It is
// looked for only when the template has failed.
func (t *Thread) near(f *frame, u *Undefined) string {
	switch {
	case u.hint != "" || u.key != nil:
		return ""
	case u.obj == nil:
		return didYouMean(u.Name, t.names(f))
	}
	return didYouMean(u.Name, attrNames(u.obj))
}

// names are those that a template sees: its own and the globals.
func (t *Thread) names(f *frame) []string {
	var out []string
	for _, s := range f.unit.tmpl.Func.Slots {
		out = append(out, s.Name)
	}
	if n, ok := t.Globals.(Named); ok {
		out = append(out, n.Names()...)
	}
	return slices.AppendSeq(out, maps.Keys(languageGlobals))
}

// attrNames are the attributes and keys of a value.
func attrNames(v Value) []string {
	var out []string
	if n, ok := v.(Named); ok {
		out = n.Names()
	}
	if m, ok := v.(Mapping); ok {
		for _, k := range m.Keys() {
			if s, ok := Text(k); ok {
				out = append(out, s)
			}
		}
	}
	for _, table := range []struct {
		of   string
		rows Methods
	}{{"str", strMethods}, {"list", listMethods}, {"dict", dictMethods}} {
		if v.Type() == table.of {
			out = slices.AppendSeq(out, maps.Keys(table.rows))
		}
	}
	return out
}

// nearUse is the hint about a filter or test that is not there.
func nearUse(u syntax.Use) string {
	if u.Test {
		return didYouMean(u.Name, TestNames())
	}
	return didYouMean(u.Name, FilterNames())
}
