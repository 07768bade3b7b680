package parse

import (
	"fmt"
	"slices"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// ownNames are names that templates have without anybody giving them.
var ownNames = strings.Fields("caller varargs kwargs loop self super")

// unknownCalls warns of calls of macros that do not exist, which only running would
// show: in the project's own models, tests and macros (analyses are never run). What a template sets, asks
// "is defined" of or gets from its context is none of these.
func (p *parser) unknownCalls() {
	if !p.o.Lint || p.incomplete || len(p.problems) > 0 {
		return
	}
	root := p.project.Root.Name
	ctx := p.shared.NewContext(p.ctx, scope.Parse, nil, nil)
	names := slices.Concat(ctx.Names(), p.shared.Base.Names(), jinja.GlobalNames(), ownNames)
	known := map[string]bool{}
	for _, n := range names {
		known[n] = true
	}
	for _, n := range p.m.Nodes {
		if n.Package != root || n.Language != "sql" || !n.Kind.Info().SQL || n.Kind == manifest.Analysis || n.Broken || n.Test != nil && n.Test.Generic {
			continue
		}
		if t, err := n.Tree(); err == nil {
			p.unknownIn(t, known, names, n)
		}
	}
	for _, mac := range p.m.Macros {
		if mac.Package == root {
			p.unknownIn(mac.Template, known, names, nil)
		}
	}
}

func (p *parser) unknownIn(t *syntax.Template, known map[string]bool, names []string, n *manifest.Node) {
	guarded := guardedNames(t)
	for _, c := range syntax.Calls(t) {
		name, choices := c.Name, names
		switch {
		case c.Dispatch || guarded[c.Name] || guarded[c.Package]:
			continue
		case c.Package == "" && known[c.Name]:
			continue
		case c.Package != "":
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
		w := &source.Error{File: t.File, Span: source.Span{Start: c.Pos, End: c.Pos + source.Pos(len(name))},
			Msg: fmt.Sprintf("there is no macro %q; running this will fail", name)}
		if near := source.Nearest(name, choices); near != "" {
			w.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		if n != nil {
			n.Place(w)
		}
		p.warn(w)
	}
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
