package jinja

import (
	"weft/compiler/jinja/syntax"
)

// markers are the filters by which a YAML value says what type it wants.
var markers = map[string]string{
	"as_text": "text", "as_native": "native", "as_bool": "bool", "as_number": "number",
}

// marked is text that went through one of the markers. As the only output of a
// template it turns into a value; anywhere else it is text.
type marked struct {
	Str
	want string
}

// native gives the value that is wanted of the text.
func (m *marked) native() (Value, error) {
	if m.want == "text" {
		return m.Str, nil
	}
	v, ok := Literal(string(m.Str))
	if !ok {
		v = m.Str
	}
	switch m.want {
	case "bool":
		_, ok = v.(Bool)
	case "number":
		switch v.(type) {
		case Int, BigInt, Float:
			ok = true
		default:
			ok = false
		}
	default:
		return v, nil
	}
	if !ok {
		return nil, Raise(Conversion, "Could not convert value %s into type %s", m.Str.Repr(), Str(m.want).Repr())
	}
	return v, nil
}

// nativeOutput puts {{ x }} out where values are wanted. What is constant is text
// all the same, since Jinja2 makes it so when it compiles the template.
func (t *Thread) nativeOutput(f *frame, s *syntax.Output) error {
	if v, ok := t.fold(f, s.X); ok && safeRepr(v) {
		if t.out.native {
			t.out.constant(v.String())
			return nil
		}
		return t.write(f, s.X, v)
	}
	v, err := t.evalMarked(f, s.X)
	if err != nil {
		return err
	}
	if t.out.native {
		t.out.value(s.X, v)
		if err := t.out.check(); err != nil {
			return t.fail(f, s, err)
		}
		return nil
	}
	if m, ok := v.(*marked); ok {
		v = m.Str
	}
	return t.writeResult(f, s.X, v)
}

// evalMarked evaluates what is put out as it is.
func (t *Thread) evalMarked(f *frame, x syntax.Expr) (Value, error) {
	switch x := x.(type) {
	case *syntax.Filter:
		want := markers[x.Name]
		if want == "" && x.Name != "string" {
			break
		}
		v, err := t.evalMarked(f, x.X)
		if err != nil {
			return nil, err
		}
		if want != "" {
			return &marked{Str(v.String()), want}, nil
		}
		if m, ok := v.(*marked); ok {
			return m, nil
		}
		return t.filter(f, x, v)
	case *syntax.Cond:
		cond, err := t.eval(f, x.If)
		switch {
		case err != nil:
			return nil, err
		case cond.Truth():
			return t.evalMarked(f, x.Then)
		case x.Else != nil:
			return t.evalMarked(f, x.Else)
		}
	}
	return t.eval(f, x)
}

// contextFilters need the render, so that Jinja2 cannot fold them.
var contextFilters = map[string]bool{
	"map": true, "select": true, "reject": true, "selectattr": true, "rejectattr": true, "random": true,
}

// fold gives the value of an expression that Jinja2 evaluates beforehand: one
// without names and calls.
func (t *Thread) fold(f *frame, x syntax.Expr) (Value, bool) {
	if !isConstant(x) {
		switch x := x.(type) {
		case *syntax.Logic: // the left side may decide
			v, ok := t.fold(f, x.X)
			if ok && v.Truth() != x.And {
				return v, true
			}
			if !ok {
				return nil, false
			}
			return t.fold(f, x.Y)
		case *syntax.Cond:
			cond, ok := t.fold(f, x.If)
			switch {
			case !ok:
				return nil, false
			case cond.Truth():
				return t.fold(f, x.Then)
			case x.Else != nil:
				return t.fold(f, x.Else)
			}
		}
		return nil, false
	}
	t.folding = true
	v, err := t.eval(f, x)
	t.folding = false
	return v, err == nil
}

// isConstant reports whether nothing in x depends on the render.
func isConstant(x syntax.Expr) bool {
	constant := true
	syntax.Walk(x, func(n any) bool {
		switch n := n.(type) {
		case *syntax.Name, *syntax.Call:
			constant = false
		case *syntax.Filter:
			constant = constant && !contextFilters[n.Name] && markers[n.Name] == ""
		}
		return constant
	})
	return constant
}

// safeRepr reports whether Jinja2 can write v into the code it makes.
func safeRepr(v Value) bool {
	switch v := v.(type) {
	case NoneType, Bool, Int, BigInt, Float, Complex, Str, Markup, *Range:
		return true
	case *List:
		return allSafe(v.Items)
	case Tuple:
		return allSafe(v)
	case *Set:
		return allSafe(v.Items())
	case *Dict:
		for k, item := range v.All() {
			if !safeRepr(k) || !safeRepr(item) {
				return false
			}
		}
		return true
	}
	return false
}

func allSafe(items []Value) bool {
	for _, v := range items {
		if !safeRepr(v) {
			return false
		}
	}
	return true
}
