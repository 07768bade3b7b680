package jinja

import (
	"math/big"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// program is what is prepared once for a template, however often it is rendered:
// its literals as values, its filters and tests as functions.
type program struct {
	consts []Value
	uses   []use
	err    *Error // a filter or test that there is none of
}

// use is a filter or test that a template mentions. The commonest tests are
// recognised so that they need no call.
type use struct {
	fn   *Func // nil for one that there is none of
	fast fastTest
}

type fastTest uint8

const (
	slow fastTest = iota
	isDefined
	isUndefined
	isNone
)

var fastTests = map[string]fastTest{"defined": isDefined, "undefined": isUndefined, "none": isNone}

// prepare makes a *program; see syntax.Template.Derive.
func prepare(tmpl *syntax.Template) any {
	p := &program{consts: make([]Value, len(tmpl.Consts)), uses: make([]use, len(tmpl.Uses))}
	for i, c := range tmpl.Consts {
		p.consts[i] = constValue(c)
	}
	for i, u := range tmpl.Uses {
		what, found := "filter", lookupFilter(u.Name)
		if u.Test {
			what, found = "test", lookupTest(u.Name)
			p.uses[i].fast = fastTests[u.Name]
		}
		if found != nil {
			p.uses[i].fn = found.fn
			continue
		}
		if !u.Guarded && p.err == nil {
			p.err = Raise(SyntaxError, "No %s named '%s'.", what, u.Name)
			p.err.Err.Hint = nearUse(u)
			p.err.Err.File, p.err.Err.Class = tmpl.File, source.Compilation
			p.err.Err.Span = source.Span{Start: u.Pos, End: u.Pos + source.Pos(len(u.Name))}
		}
	}
	return p
}

// copy gives an error that the caller may add to.
func (e *Error) copy() *Error {
	problem := *e.Err
	return &Error{Kind: e.Kind, Err: &problem}
}

func constValue(c *syntax.Const) Value {
	switch c.Kind {
	case syntax.True:
		return True
	case syntax.False:
		return False
	case syntax.Int:
		return Int(c.Int)
	case syntax.BigInt:
		n, _ := new(big.Int).SetString(c.Str, 10)
		return NewInt(n)
	case syntax.Float:
		return Float(c.Float)
	case syntax.Str:
		return Str(c.Str)
	}
	return None
}
