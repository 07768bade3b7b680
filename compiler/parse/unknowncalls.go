package parse

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// ownNames are names that templates have without anybody giving them.
var ownNames = strings.Fields("caller varargs kwargs loop self super")

// lint finds calls of macros that do not exist, which only running would show. What a
// template sets, asks "is defined" of or gets from its context is none of these.
type lint struct {
	names []string // that are no macros
	known map[string]bool

	mu    sync.Mutex // nodes are read in parallel; it is taken only when something is found
	found map[*manifest.Node]source.Errors
}

// prepareLint makes lint, for the command parse.
func (p *parser) prepareLint() {
	if !p.o.Lint {
		return
	}
	ctx := p.shared.NewContext(p.ctx, scope.Parse, nil, nil)
	p.lint = &lint{
		names: slices.Concat(ctx.Names(), p.shared.Base.Names(), jinja.GlobalNames(), ownNames),
		known: map[string]bool{}, found: map[*manifest.Node]source.Errors{},
	}
	for _, n := range p.lint.names {
		p.lint.known[n] = true
	}
}

// lintNode keeps what is wrong with the calls of a node of the root project. Analyses
// are never run. It is done while the tree is at hand, since trees are not kept.
func (p *parser) lintNode(n *manifest.Node, t *syntax.Template) {
	l := p.lint
	if l == nil || n.Package != p.project.Root.Name || !n.Kind.Info().SQL || n.Kind == manifest.Analysis || n.Test != nil && n.Test.Generic {
		return
	}
	found := p.unknownIn(t)
	if len(found) == 0 {
		return
	}
	l.mu.Lock()
	l.found[n] = found
	l.mu.Unlock()
}

// unknownCalls warns of calls of macros that do not exist in the project's own models,
// tests and macros, unless there are worse things to tell.
func (p *parser) unknownCalls() {
	if p.lint == nil || p.incomplete || len(p.problems) > 0 {
		return
	}
	for _, n := range p.m.Nodes {
		for _, w := range p.lint.found[n] {
			n.Place(w)
			p.warn(w)
		}
	}
	for _, mac := range p.m.Macros {
		if mac.Package == p.project.Root.Name {
			for _, w := range p.unknownIn(mac.Template) {
				p.warn(w)
			}
		}
	}
}

func (p *parser) unknownIn(t *syntax.Template) source.Errors {
	var out source.Errors
	var guarded map[string]bool
	for _, c := range syntax.Calls(t) {
		if c.Dispatch || c.Package == "" && p.lint.known[c.Name] {
			continue
		}
		name, choices := c.Name, p.lint.names
		if c.Package != "" {
			if !slices.Contains(p.m.Packages, c.Package) && c.Package != scope.Internal || p.shared.Macros.In(c.Package, c.Name) != nil {
				continue
			}
			name, choices = c.Package+"."+c.Name, nil
			for _, mac := range p.m.Macros {
				if mac.Package == c.Package {
					choices = append(choices, c.Package+"."+mac.Name)
				}
			}
		}
		if guarded == nil {
			guarded = guardedNames(t)
		}
		if guarded[c.Name] || guarded[c.Package] {
			continue
		}
		w := &source.Error{File: t.File, Span: source.Span{Start: c.Pos, End: c.Pos + source.Pos(len(name))},
			Msg: fmt.Sprintf("there is no macro %q; running this will fail", name)}
		if near := source.Nearest(name, choices); near != "" {
			w.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		out = append(out, w)
	}
	return out
}

// guardedNames are the names of which a template asks whether they are defined or none.
func guardedNames(t *syntax.Template) map[string]bool {
	out := map[string]bool{}
	syntax.Walk(t, func(x any) bool {
		if test, ok := x.(*syntax.Test); ok {
			syntax.Walk(test.X, func(y any) bool {
				switch y := y.(type) {
				case *syntax.Name:
					out[y.Name] = true
				case *syntax.Attr:
					out[y.Name] = true
				}
				return true
			})
		}
		return true
	})
	return out
}
