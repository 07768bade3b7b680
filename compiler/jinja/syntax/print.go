package syntax

import (
	"strconv"
	"strings"
)

// Print gives a text that parses to the same tree. Comments and the signs that
// trim whitespace are gone; what they did to the text is done.
func Print(t *Template) string {
	var p printer
	p.stmts(t.Body)
	p.write("\n") // Parse drops one
	return p.b.String()
}

type printer struct{ b strings.Builder }

func (p *printer) write(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) stmts(list []Stmt) {
	for _, s := range list {
		p.stmt(s)
	}
}

// tag writes {% name … %}.
func (p *printer) tag(name string, inside ...func()) {
	p.write("{% ", name)
	for _, f := range inside {
		p.write(" ")
		f()
	}
	p.write(" %}")
}

func (p *printer) body(list []Stmt, end string) {
	p.stmts(list)
	p.write("{% ", end, " %}")
}

func (p *printer) stmt(s Stmt) {
	switch s := s.(type) {
	case *Text:
		p.text(s.Text)
	case *Output:
		p.write("{{ ")
		p.expr(s.X, 0)
		p.write(" }}")
	case *If:
		p.ifBlock(s)
	case *For:
		p.loop(s)
	case *Set:
		p.tag("set", func() {
			p.target(s.Target)
			p.write(" = ")
			p.expr(s.Value, 0)
		})
	case *SetBlock:
		p.tag("set", func() {
			p.target(s.Target)
			if s.Filter != nil {
				p.expr(s.Filter, 0)
			}
		})
		p.body(s.Body, "endset")
	case *Do:
		p.tag("do", func() { p.expr(s.X, 0) })
	case *With:
		p.tag("with", func() {
			for i, t := range s.Targets {
				if i > 0 {
					p.write(", ")
				}
				p.target(t)
				p.write(" = ")
				p.expr(s.Values[i], 0)
			}
		})
		p.body(s.Body, "endwith")
	case *FilterBlock:
		var inside printer
		inside.expr(s.Filter, 0)
		p.write("{% filter ", strings.TrimPrefix(inside.b.String(), " | "), " %}")
		p.body(s.Body, "endfilter")
	case *CallBlock:
		p.write("{% call")
		p.params(s.Body.Params)
		p.write(" ")
		p.expr(s.Call, 0)
		p.write(" %}")
		p.body(s.Body.Body, "endcall")
	case *Break:
		p.tag("break")
	case *Continue:
		p.tag("continue")
	case *Block:
		p.write("{% ", s.Tag, " ", s.Name)
		if s.Scoped {
			p.write(" scoped")
		}
		if s.Required {
			p.write(" required")
		}
		p.write(" %}")
		p.body(s.Body, "end"+s.Tag)
	case *Autoescape:
		p.tag("autoescape", func() { p.expr(s.On, 0) })
		p.body(s.Body, "endautoescape")
	case *Load:
		p.tag(s.Tag, func() { p.expr(s.X, 0) }, func() { p.write(s.Rest) })
	case *Macro:
		p.macro(s)
	}
}

// text writes text; what would be read as a tag is made raw.
func (p *printer) text(s string) {
	if s == "" {
		return
	}
	if !strings.Contains(s, "{{") && !strings.Contains(s, "{%") && !strings.Contains(s, "{#") && s[len(s)-1] != '{' {
		before := p.b.String()
		if before == "" || before[len(before)-1] != '{' {
			p.write(s)
			return
		}
	}
	p.write("{% raw %}", s, "{% endraw %}")
}

func (p *printer) ifBlock(s *If) {
	p.tag("if", func() { p.expr(s.Cond, 0) })
	for {
		p.stmts(s.Then)
		if len(s.Else) == 0 {
			break
		}
		if next, ok := s.Else[0].(*If); ok && next.Elif {
			p.tag("elif", func() { p.expr(next.Cond, 0) })
			s = next
			continue
		}
		p.tag("else")
		p.stmts(s.Else)
		break
	}
	p.tag("endif")
}

func (p *printer) loop(s *For) {
	p.tag("for", func() {
		p.target(s.Target)
		p.write(" in ")
		p.expr(s.Iter, precOr)
		if s.Cond != nil {
			p.write(" if ")
			p.expr(s.Cond, 0)
		}
		if s.Recursive {
			p.write(" recursive")
		}
	})
	p.stmts(s.Body)
	if len(s.Else) > 0 {
		p.tag("else")
		p.stmts(s.Else)
	}
	p.tag("endfor")
}

func (p *printer) macro(m *Macro) {
	switch m.Kind {
	case IsDocs:
		p.write("{% docs ", m.Tag)
	case IsMaterialization:
		p.write("{% materialization ", m.Tag, ", ")
		if m.Adapter == "default" {
			p.write("default")
		} else {
			p.write("adapter=")
			p.str(m.Adapter)
		}
		if m.Languages != nil {
			p.write(", supported_languages=")
			p.expr(m.Languages, 0)
		}
	default:
		p.write("{% ", string(m.Kind), " ", m.Tag, "(")
		p.paramList(m.Params)
		p.write(")")
	}
	p.write(" %}")
	p.body(m.Body, "end"+string(m.Kind))
}

func (p *printer) params(list []Param) {
	if len(list) > 0 {
		p.write("(")
		p.paramList(list)
		p.write(")")
	}
}

func (p *printer) paramList(list []Param) {
	for i, param := range list {
		if i > 0 {
			p.write(", ")
		}
		p.write(param.Name)
		if param.Type != "" {
			p.write(": ", param.Type)
		}
		if param.Default != nil {
			p.write(" = ")
			p.expr(param.Default, 0)
		}
	}
}

func (p *printer) target(x Expr) {
	t, ok := x.(*Tuple)
	if !ok {
		p.expr(x, 0)
		return
	}
	p.write("(")
	for _, item := range t.Items {
		p.target(item)
		p.write(", ")
	}
	p.write(")")
}

// How tight the operators bind, loosest first.
const (
	precCond = iota + 1
	precOr
	precAnd
	precNot
	precCompare
	precSum
	precConcat
	precProduct
	precPower
	precFilter
	precUnary
	precPostfix
)

func precedence(x Expr) int {
	switch x := x.(type) {
	case *Cond:
		return precCond
	case *Logic:
		if x.And {
			return precAnd
		}
		return precOr
	case *Unary:
		if x.Op == "not" {
			return precNot
		}
		return precUnary
	case *Compare:
		return precCompare
	case *Binary:
		switch x.Op {
		case "+", "-":
			return precSum
		case "**":
			return precPower
		}
		return precProduct
	case *Concat:
		return precConcat
	case *Filter, *Test:
		return precFilter
	}
	return precPostfix
}

// expr writes x, in parentheses if it binds less tight than least.
func (p *printer) expr(x Expr, least int) {
	prec := precedence(x)
	if prec < least {
		p.write("(")
		defer p.write(")")
	}
	switch x := x.(type) {
	case *Const:
		p.constant(x)
	case *Name:
		p.write(x.Name)
	case *NSRef:
		p.write(x.Name.Name, ".", x.Attr)
	case *List:
		p.write("[")
		p.exprs(x.Items)
		p.write("]")
	case *Tuple:
		p.write("(")
		p.exprs(x.Items)
		if len(x.Items) == 1 {
			p.write(",")
		}
		p.write(")")
	case *Dict:
		p.write("{")
		for i, pair := range x.Items {
			if i > 0 {
				p.write(", ")
			}
			p.expr(pair.Key, 0)
			p.write(": ")
			p.expr(pair.Value, 0)
		}
		p.write("}")
	case *Unary:
		if x.Op == "not" {
			p.write("not ")
			p.expr(x.X, precNot)
			return
		}
		p.write(string(x.Op))
		p.expr(x.X, precUnary)
	case *Binary:
		p.expr(x.X, prec)
		p.write(" ", string(x.Op), " ")
		p.expr(x.Y, prec+1)
	case *Logic:
		word := " or "
		if x.And {
			word = " and "
		}
		p.expr(x.X, prec)
		p.write(word)
		p.expr(x.Y, prec+1)
	case *Concat:
		for i, item := range x.Items {
			if i > 0 {
				p.write(" ~ ")
			}
			p.expr(item, precConcat+1)
		}
	case *Compare:
		p.expr(x.X, precCompare+1)
		for _, o := range x.Rest {
			p.write(" ", string(o.Op), " ")
			p.expr(o.X, precCompare+1)
		}
	case *Cond:
		p.expr(x.Then, precOr)
		p.write(" if ")
		p.expr(x.If, precOr)
		if x.Else != nil {
			p.write(" else ")
			p.expr(x.Else, 0)
		}
	case *Attr:
		p.expr(x.X, precPostfix)
		if c, ok := x.X.(*Const); ok && c.Kind != Str {
			p.write(" ") // 1 .real
		}
		p.write(".", x.Name)
	case *Index:
		p.expr(x.X, precPostfix)
		p.write("[")
		p.key(x.Key)
		p.write("]")
	case *Slice:
		p.slice(x)
	case *Call:
		p.expr(x.Func, precPostfix)
		p.args(x.Args)
	case *Filter:
		if x.X != nil {
			p.expr(x.X, precFilter)
		}
		p.write(" | ", x.Name)
		p.args(x.Args)
	case *Test:
		// A test directly on a test is an error, and one on a filter is not.
		if _, ok := x.X.(*Test); ok {
			p.write("(")
			p.expr(x.X, 0)
			p.write(")")
		} else {
			p.expr(x.X, precFilter)
		}
		p.write(" is ")
		if x.Not {
			p.write("not ")
		}
		p.write(x.Name)
		if len(x.Args.Args) == 1 && beginsWithNot(x.Args.Args[0]) {
			p.write(" ")
			p.expr(x.Args.Args[0], precPostfix)
			return
		}
		p.args(x.Args)
	}
}

// beginsWithNot finds a variable called not, which is only one where an operator
// cannot stand: as the argument of a test without parentheses.
func beginsWithNot(x Expr) bool {
	switch x := x.(type) {
	case *Name:
		return x.Name == "not"
	case *Attr:
		return beginsWithNot(x.X)
	case *Index:
		return beginsWithNot(x.X)
	case *Call:
		return beginsWithNot(x.Func)
	}
	return false
}

func (p *printer) exprs(list []Expr) {
	for i, x := range list {
		if i > 0 {
			p.write(", ")
		}
		p.expr(x, 0)
	}
}

// key writes what stands between brackets; slices cannot be in parentheses.
func (p *printer) key(x Expr) {
	t, ok := x.(*Tuple)
	if !ok || len(t.Items) < 2 {
		p.expr(x, 0)
		return
	}
	p.exprs(t.Items)
}

func (p *printer) slice(x *Slice) {
	for i, part := range []Expr{x.Start, x.Stop, x.Step} {
		if i == 1 || i == 2 && part != nil {
			p.write(":")
		}
		if part != nil {
			p.expr(part, 0)
		}
	}
}

func (p *printer) args(a Args) {
	p.write("(")
	n := 0
	next := func(prefix string, x Expr) {
		if x == nil {
			return
		}
		if n++; n > 1 {
			p.write(", ")
		}
		p.write(prefix)
		p.expr(x, 0)
	}
	for _, x := range a.Args {
		next("", x)
	}
	for _, k := range a.Kwargs {
		next(k.Name+"=", k.Value)
	}
	next("*", a.Star)
	next("**", a.DoubleStar)
	p.write(")")
}

func (p *printer) constant(c *Const) {
	switch c.Kind {
	case None:
		p.write("none")
	case True:
		p.write("true")
	case False:
		p.write("false")
	case Int:
		p.write(strconv.FormatInt(c.Int, 10))
	case BigInt, Float:
		p.write(c.Str)
	case Str:
		p.str(c.Str)
	}
}

// str writes a string literal. Adjacent literals are one, so each has its quotes.
func (p *printer) str(s string) {
	p.b.WriteByte('\'')
	for _, c := range []byte(s) {
		switch c {
		case '\\', '\'':
			p.b.WriteByte('\\')
			p.b.WriteByte(c)
		case '\r':
			p.write(`\r`)
		default:
			p.b.WriteByte(c)
		}
	}
	p.b.WriteByte('\'')
}
