package jinja

import (
	"strings"
)

// Arith is a value with operators of its own. Arith gives self op other (or
// other op self if swapped), nil if it has no such operator.
type Arith interface {
	Arith(op string, other Value, swapped bool) (Value, error)
}

// Orderer is a value that can be ordered with others: negative, zero or positive.
// ok is false for a value it cannot be compared with.
type Orderer interface {
	Order(other Value) (c int, ok bool)
}

// binary is a op b for + - * / // % **.
func binary(op string, a, b Value) (Value, error) {
	if x, ok := a.(Int); ok {
		if y, ok := b.(Int); ok {
			return intArith(op, x, y)
		}
	}
	if v, err := textOrSequence(op, a, b); v != nil || err != nil {
		return v, err
	}
	if u, ok := a.(*Undefined); ok {
		return nil, u.fail()
	}
	if u, ok := b.(*Undefined); ok {
		return nil, u.fail()
	}
	if v, err := arithNumbers(op, a, b); v != nil || err != nil {
		return v, err
	}
	if x, ok := a.(Arith); ok {
		if v, err := x.Arith(op, b, false); v != nil || err != nil {
			return v, err
		}
	}
	if y, ok := b.(Arith); ok {
		if v, err := y.Arith(op, a, true); v != nil || err != nil {
			return v, err
		}
	}
	return nil, badOperands(op, a, b)
}

func badOperands(op string, a, b Value) error {
	switch op {
	case "+":
		switch a.(type) {
		case Str:
			return Raise(TypeError, `can only concatenate str (not "%s") to str`, b.Type())
		case *List:
			return Raise(TypeError, `can only concatenate list (not "%s") to list`, b.Type())
		case Tuple, *Group:
			return Raise(TypeError, `can only concatenate tuple (not "%s") to tuple`, b.Type())
		}
	case "*":
		if isSequence(a) {
			return Raise(TypeError, "can't multiply sequence by non-int of type '%s'", b.Type())
		}
		if isSequence(b) {
			return Raise(TypeError, "can't multiply sequence by non-int of type '%s'", a.Type())
		}
	case "**":
		op = "** or pow()"
	}
	return Raise(TypeError, "unsupported operand type(s) for %s: '%s' and '%s'", op, a.Type(), b.Type())
}

func isSequence(v Value) bool {
	switch v.(type) {
	case Str, Markup, Bytes, *List, Tuple, *Group:
		return true
	}
	return false
}

// textOrSequence has the operators of text, lists, tuples and sets; nil means
// that none of them applies.
func textOrSequence(op string, a, b Value) (Value, error) {
	switch x := a.(type) {
	case Str:
		switch op {
		case "+":
			switch y := b.(type) {
			case Str:
				return Str(string(x) + string(y)), checkSize(1, int64(len(x)+len(y)))
			case Markup:
				return Markup(escapeHTML(string(x)) + string(y)), nil
			}
		case "*":
			return repeatValue(a, b)
		case "%":
			if u, ok := b.(Arith); ok {
				if v, err := u.Arith(op, a, true); v != nil || err != nil {
					return v, err
				}
			}
			s, err := formatPercent(string(x), b)
			return Str(s), err
		}
	case Markup:
		switch op {
		case "+":
			if s, ok := b.(Str); ok {
				return Markup(string(x) + escapeHTML(string(s))), nil
			}
			if s, ok := b.(Markup); ok {
				return x + s, nil
			}
		case "*":
			return repeatValue(a, b)
		case "%":
			s, err := formatPercent(string(x), escapeArgs(b))
			return Markup(s), err
		}
	case Bytes:
		if y, ok := b.(Bytes); ok && op == "+" {
			return x + y, nil
		}
		if op == "*" {
			return repeatValue(a, b)
		}
	case *List:
		if y, ok := b.(*List); ok && op == "+" {
			items, err := concat(x.Items, y.Items)
			return NewList(items...), err
		}
		if op == "*" {
			return repeatValue(a, b)
		}
	case Tuple, *Group:
		if y, ok := asTuple(b); ok && op == "+" {
			t, _ := asTuple(a)
			items, err := concat(t, y)
			return Tuple(items), err
		}
		if op == "*" {
			return repeatValue(a, b)
		}
	case *Set, *DictView:
		if op == "-" {
			return subtractSets(a, b)
		}
	}
	if op == "*" && isSequence(b) {
		return repeatValue(b, a)
	}
	return nil, nil
}

func asTuple(v Value) (Tuple, bool) {
	switch v := v.(type) {
	case Tuple:
		return v, true
	case *Group:
		return Tuple{v.Key, v.Items}, true
	}
	return nil, false
}

func concat(a, b []Value) ([]Value, error) {
	if err := checkSize(int64(len(a)+len(b)), 16); err != nil {
		return nil, err
	}
	out := make([]Value, 0, len(a)+len(b))
	return append(append(out, a...), b...), nil
}

// subtractSets is set - set, and keys() - anything.
func subtractSets(a, b Value) (Value, error) {
	if s, ok := a.(*Set); ok {
		if t, ok := b.(*Set); ok {
			return s.minus(t), nil
		}
		if _, ok := b.(*DictView); !ok {
			return nil, nil
		}
	}
	if v, ok := a.(*DictView); ok && v.kind == "values" {
		return nil, nil
	}
	s, err := toSet(a)
	if err != nil {
		return nil, err
	}
	t, err := toSet(b)
	if err != nil {
		return nil, err
	}
	return s.minus(t), nil
}

// repeatValue is sequence * n.
func repeatValue(v, times Value) (Value, error) {
	n, ok := intIndex(times)
	if !ok {
		return nil, nil
	}
	if _, big := times.(BigInt); big {
		return nil, Raise(OverflowError, "cannot fit 'int' into an index-sized integer")
	}
	n = max(n, 0)
	switch v := v.(type) {
	case Str:
		if err := checkSize(n, int64(len(v))); err != nil {
			return nil, err
		}
		return Str(strings.Repeat(string(v), repeats(n, len(v)))), nil
	case Markup:
		if err := checkSize(n, int64(len(v))); err != nil {
			return nil, err
		}
		return Markup(strings.Repeat(string(v), repeats(n, len(v)))), nil
	case Bytes:
		if err := checkSize(n, int64(len(v))); err != nil {
			return nil, err
		}
		return Bytes(strings.Repeat(string(v), repeats(n, len(v)))), nil
	case *List:
		items, err := repeatItems(v.Items, n)
		return NewList(items...), err
	}
	t, _ := asTuple(v)
	items, err := repeatItems(t, n)
	return Tuple(items), err
}

// repeats is n, or 0 where there is nothing to repeat.
func repeats(n int64, size int) int {
	if size == 0 {
		return 0
	}
	return int(n)
}

func repeatItems(items []Value, n int64) ([]Value, error) {
	const bytesPerItem = 16
	if err := checkSize(n, int64(len(items)*bytesPerItem)); err != nil {
		return nil, err
	}
	out := make([]Value, 0, len(items)*repeats(n, len(items)))
	for range repeats(n, len(items)) {
		out = append(out, items...)
	}
	return out, nil
}

// unary is op a for + and -.
func unary(op string, a Value) (Value, error) {
	switch v := a.(type) {
	case *Undefined:
		return nil, v.fail()
	case Arith:
		got, err := v.Arith("unary "+op, nil, false)
		if got != nil || err != nil {
			return got, err
		}
	}
	if v := unaryNumber(op, a); v != nil {
		return v, nil
	}
	return nil, Raise(TypeError, "bad operand type for unary %s: '%s'", op, a.Type())
}

// compareOp is a op b for == != < <= > >=.
func compareOp(op string, a, b Value) (bool, error) {
	switch op {
	case "==":
		return Equal(a, b), nil
	case "!=":
		return !Equal(a, b), nil
	}
	if s, ok := asSet(a); ok {
		if t, ok := asSet(b); ok {
			return compareSets(op, s, t), nil
		}
	}
	c, ok, err := order(op, a, b, 0)
	if err != nil || !ok {
		return false, err
	}
	switch op {
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

func asSet(v Value) (*Set, bool) {
	switch v := v.(type) {
	case *Set:
		return v, true
	case *DictView:
		if v.kind != "values" {
			s, err := NewSet(v.list()...)
			return s, err == nil
		}
	}
	return nil, false
}

func compareSets(op string, a, b *Set) bool {
	switch op {
	case "<":
		return a.Len() < b.Len() && a.subsetOf(b)
	case "<=":
		return a.subsetOf(b)
	case ">":
		return a.Len() > b.Len() && b.subsetOf(a)
	}
	return b.subsetOf(a)
}

// Compare orders a and b as sorting does: negative, zero or positive. Values
// that have no order are a TypeError.
func Compare(a, b Value) (int, error) {
	if s, ok := asSet(a); ok {
		if t, ok := asSet(b); ok {
			switch {
			case compareSets("<", s, t):
				return -1, nil
			case compareSets(">", s, t):
				return 1, nil
			}
			return 0, nil
		}
	}
	c, _, err := order("<", a, b, 0)
	return c, err
}

// order compares for the operator op, which the complaint names. ok is false for
// a NaN, which is neither less nor greater.
func order(op string, a, b Value, depth int) (c int, ok bool, err error) {
	if depth++; depth > maxNesting {
		return 0, false, Raise(RecursionError, "maximum recursion depth exceeded in comparison")
	}
	switch x := a.(type) {
	case Str:
		if y, ok := Text(b); ok {
			return strings.Compare(string(x), y), true, nil
		}
	case Markup:
		if y, ok := Text(b); ok {
			return strings.Compare(string(x), y), true, nil
		}
	case *List:
		if y, ok := b.(*List); ok {
			return orderItems(op, x.Items, y.Items, depth)
		}
	case Tuple, *Group:
		if y, ok := asTuple(b); ok {
			t, _ := asTuple(a)
			return orderItems(op, t, y, depth)
		}
	case *Undefined:
		return 0, false, x.fail()
	}
	if u, ok := b.(*Undefined); ok {
		return 0, false, u.fail()
	}
	if isNaN(a) || isNaN(b) {
		if isNumber(a) && isNumber(b) {
			return 0, false, nil
		}
	}
	if c, ok := compareNumbers(a, b); ok {
		return c, true, nil
	}
	if x, ok := a.(Orderer); ok {
		if c, ok := x.Order(b); ok {
			return c, true, nil
		}
	}
	if y, ok := b.(Orderer); ok {
		if c, ok := y.Order(a); ok {
			return -c, true, nil
		}
	}
	if err := dateOrderError(a, b); err != nil {
		return 0, false, err
	}
	return 0, false, Raise(TypeError, "'%s' not supported between instances of '%s' and '%s'", op, a.Type(), b.Type())
}

// orderItems compares by the first items that differ.
func orderItems(op string, a, b []Value, depth int) (int, bool, error) {
	for i := range min(len(a), len(b)) {
		if !Equal(a[i], b[i]) {
			return order(op, a[i], b[i], depth)
		}
	}
	return len(a) - len(b), true, nil
}

// contains is item in container.
func contains(container, item Value) (bool, error) {
	if s, ok := Text(container); ok {
		sub, ok := Text(item)
		if !ok {
			return false, Raise(TypeError, "'in <string>' requires string as left operand, not %s", item.Type())
		}
		return strings.Contains(s, sub), nil
	}
	if c, ok := container.(Container); ok {
		return c.Contains(item)
	}
	it, err := iterate(container)
	if err != nil {
		return false, Raise(TypeError, "argument of type '%s' is not iterable", container.Type())
	}
	for {
		v, err := it.Next()
		if v == nil || err != nil {
			return false, err
		}
		if Equal(v, item) {
			return true, nil
		}
	}
}

// Add is a + b.
func Add(a, b Value) (Value, error) { return binary("+", a, b) }
