package jinja

import (
	"strconv"
	"strings"

	"weft/compiler/jinja/syntax"
)

// control says how a list of statements ended.
type control uint8

const (
	normal control = iota
	broken
	continued
)

// exec runs statements.
func (t *Thread) exec(f *frame, list []syntax.Stmt) (control, error) {
	for _, s := range list {
		ctl, err := t.stmt(f, s)
		if ctl != normal || err != nil {
			return ctl, err
		}
	}
	return normal, nil
}

func (t *Thread) stmt(f *frame, s syntax.Stmt) (control, error) {
	if err := t.Step(); err != nil {
		return normal, t.fail(f, s, err)
	}
	switch s := s.(type) {
	case *syntax.Text:
		if err := t.writeText(f, s); err != nil {
			return normal, t.fail(f, s, err)
		}
	case *syntax.Output:
		return normal, t.output(f, s)
	case *syntax.If:
		t.out.isConst = false
		cond, err := t.eval(f, s.Cond)
		if err != nil {
			return normal, err
		}
		if cond.Truth() {
			return t.exec(f, s.Then)
		}
		return t.exec(f, s.Else)
	case *syntax.For:
		t.out.isConst = false
		return t.forLoop(f, s)
	case *syntax.Set:
		if err := t.checkSpaces(f, s.Target); err != nil {
			return normal, err
		}
		v, err := t.eval(f, s.Value)
		if err != nil {
			return normal, err
		}
		return normal, t.assign(f, s.Target, v)
	case *syntax.SetBlock:
		return t.setBlock(f, s)
	case *syntax.Do:
		_, err := t.eval(f, s.X)
		return normal, err
	case *syntax.With:
		return t.with(f, s)
	case *syntax.FilterBlock:
		v, ctl, err := t.capture(f, s.Body)
		if ctl != normal || err != nil {
			return ctl, err
		}
		if v, err = t.filterText(f, s.Filter, v); err != nil {
			return normal, err
		}
		return normal, t.writeResult(f, s.Filter, v)
	case *syntax.CallBlock:
		v, err := t.call(f, s.Call, &closure{f, s.Body})
		if err != nil {
			return normal, err
		}
		return normal, t.writeResult(f, s.Call, v)
	case *syntax.Break:
		return broken, nil
	case *syntax.Continue:
		return continued, nil
	case *syntax.Macro:
		return normal, t.assign(f, s.Target, &closure{f, s})
	case *syntax.Block:
		return normal, t.block(f, s)
	case *syntax.Autoescape:
		return t.escaping(f, s)
	case *syntax.Load:
		if _, err := t.eval(f, s.X); err != nil {
			return normal, err
		}
		return normal, t.fail(f, s, Raise(TypeError, "no loader for this environment specified"))
	}
	return normal, nil
}

func (t *Thread) output(f *frame, s *syntax.Output) error {
	if f.unit.native {
		return t.nativeOutput(f, s)
	}
	v, err := t.eval(f, s.X)
	if err != nil {
		if v = t.folded(f, s.X, err); v == nil {
			return err
		}
	}
	if err := t.write(f, s.X, v); err != nil {
		return t.fail(f, s, err)
	}
	return nil
}

// folded gives the value of a constant that failed, if it has one beforehand:
// Jinja2 evaluates constants when it compiles, and slices then go by the rules of
// items, by which what cannot be sliced is undefined.
func (t *Thread) folded(f *frame, x syntax.Expr, err error) Value {
	if !isKind(err, TypeError) || !isConstant(x) {
		return nil
	}
	t.folding = true
	v, err := t.eval(f, x)
	t.folding = false
	if err != nil {
		return nil
	}
	return v
}

// checkSpaces checks that what attributes are to be set of is a namespace.
func (t *Thread) checkSpaces(f *frame, target syntax.Expr) error {
	switch x := target.(type) {
	case *syntax.NSRef:
		ns, err := t.eval(f, x.Name)
		if err != nil {
			return err
		}
		if _, ok := ns.(AttrSetter); !ok {
			return t.fail(f, x, Raise(RuntimeError, "cannot assign attribute on non-namespace object"))
		}
	case *syntax.Tuple:
		for _, item := range x.Items {
			if err := t.checkSpaces(f, item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Thread) setBlock(f *frame, s *syntax.SetBlock) (control, error) {
	v, ctl, err := t.capture(f, s.Body)
	if err != nil {
		return ctl, t.fail(f, s.Target, err)
	}
	if ctl != normal {
		return ctl, nil
	}
	if s.Filter != nil {
		if v, err = t.filterText(f, s.Filter, v); err != nil {
			return normal, err
		}
	}
	return normal, t.assign(f, s.Target, v)
}

func (t *Thread) with(f *frame, s *syntax.With) (control, error) {
	values := t.values(len(s.Values))
	for i, x := range s.Values {
		v, err := t.eval(f, x)
		if err != nil {
			return normal, err
		}
		values[i] = v
	}
	for i, target := range s.Targets {
		if err := t.assign(f, target, values[i]); err != nil {
			return normal, err
		}
	}
	return t.exec(f, s.Body)
}

func (t *Thread) escaping(f *frame, s *syntax.Autoescape) (control, error) {
	on, err := t.eval(f, s.On)
	if err != nil {
		return normal, err
	}
	was := t.autoescape
	t.autoescape = on.Truth()
	ctl, err := t.exec(f, s.Body)
	t.autoescape = was
	return ctl, err
}

// assign binds a target.
func (t *Thread) assign(f *frame, target syntax.Expr, v Value) error {
	switch x := target.(type) {
	case *syntax.Name:
		f.slots[x.Ref.Slot] = v
		return nil
	case *syntax.Tuple:
		return t.unpack(f, x, v)
	case *syntax.NSRef:
		ns, err := t.eval(f, x.Name)
		if err != nil {
			return err
		}
		setter, ok := ns.(AttrSetter)
		if !ok {
			return t.fail(f, x, Raise(RuntimeError, "cannot assign attribute on non-namespace object"))
		}
		if err := setter.SetAttr(x.Attr, v); err != nil {
			return t.fail(f, x, err)
		}
	}
	return nil
}

// unpack binds the names of a tuple to the items of v.
func (t *Thread) unpack(f *frame, target *syntax.Tuple, v Value) error {
	want := len(target.Items)
	var items []Value
	switch v := v.(type) {
	case Tuple:
		items = v
	case *List:
		items = v.Items
	default:
		it, err := iterate(v)
		if err != nil {
			if isKind(err, TypeError) {
				err = Raise(TypeError, "cannot unpack non-iterable %s object", TypeName(v))
			}
			return t.fail(f, target, err)
		}
		for len(items) <= want {
			item, err := it.Next()
			if err != nil {
				return t.fail(f, target, err)
			}
			if item == nil {
				break
			}
			items = append(items, item)
		}
	}
	switch {
	case len(items) < want:
		return t.fail(f, target, Raise(ValueError, "not enough values to unpack (expected %d, got %d)", want, len(items)))
	case len(items) > want:
		return t.fail(f, target, Raise(ValueError, "too many values to unpack (expected %d)", want))
	}
	for i, x := range target.Items {
		if err := t.assign(f, x, items[i]); err != nil {
			return err
		}
	}
	return nil
}

// eval gives the value of an expression. Its errors have their place.
func (t *Thread) eval(f *frame, x syntax.Expr) (Value, error) {
	switch x := x.(type) {
	case *syntax.Const:
		return f.unit.prog.consts[x.Index], nil
	case *syntax.Name:
		v, err := t.lookup(f, x.Ref)
		if v == nil && err == nil {
			return &Undefined{Name: x.Name, Lenient: f.unit.lenient}, nil
		}
		return v, err
	case *syntax.Attr:
		return t.attr(f, x)
	case *syntax.Index:
		return t.index(f, x)
	case *syntax.Call:
		return t.call(f, x, nil)
	case *syntax.Filter:
		v, err := t.eval(f, x.X)
		if err != nil {
			return nil, err
		}
		return t.filter(f, x, v)
	case *syntax.Test:
		return t.test(f, x)
	case *syntax.Concat:
		return t.concat(f, x)
	case *syntax.Compare:
		return t.compare(f, x)
	case *syntax.Logic:
		v, err := t.eval(f, x.X)
		if err != nil || v.Truth() != x.And {
			return v, err
		}
		return t.eval(f, x.Y)
	case *syntax.Cond:
		return t.cond(f, x)
	case *syntax.Unary:
		v, err := t.eval(f, x.X)
		if err != nil {
			return nil, err
		}
		if x.Op == "not" {
			return truth(!v.Truth()), nil
		}
		v, err = unary(string(x.Op), v)
		if err != nil {
			return nil, t.fail(f, x, err)
		}
		return v, nil
	case *syntax.Binary:
		return t.binary(f, x)
	case *syntax.List:
		items := make([]Value, len(x.Items))
		if err := t.evalInto(f, items, x.Items); err != nil {
			return nil, err
		}
		return &List{Items: items}, nil
	case *syntax.Tuple:
		items := make(Tuple, len(x.Items))
		if err := t.evalInto(f, items, x.Items); err != nil {
			return nil, err
		}
		return items, nil
	case *syntax.Dict:
		return t.dict(f, x)
	case *syntax.Slice:
		// Only as one of several keys, which no value takes.
		return nil, t.fail(f, x, Raise(TypeError, "slices can only stand alone between brackets"))
	}
	return None, nil
}

func truth(b bool) Value {
	if b {
		return True
	}
	return False
}

func (t *Thread) evalInto(f *frame, out []Value, list []syntax.Expr) error {
	for i, x := range list {
		v, err := t.eval(f, x)
		if err != nil {
			return err
		}
		out[i] = v
	}
	return nil
}

// soft makes an undefined that was just found lenient where the template is.
func (f *frame) soft(v Value) Value {
	if !f.unit.lenient {
		return v
	}
	u, ok := v.(*Undefined)
	if !ok || u.Lenient {
		return v
	}
	lenient := *u
	lenient.Lenient = true
	return &lenient
}

func (t *Thread) attr(f *frame, x *syntax.Attr) (Value, error) {
	v, err := t.eval(f, x.X)
	if err != nil {
		return nil, err
	}
	got, err := GetAttr(v, x.Name)
	if err != nil {
		return nil, t.fail(f, x, err)
	}
	return f.soft(got), nil
}

func (t *Thread) index(f *frame, x *syntax.Index) (Value, error) {
	v, err := t.eval(f, x.X)
	if err != nil {
		return nil, err
	}
	if s, ok := x.Key.(*syntax.Slice); ok {
		return t.slice(f, x, v, s)
	}
	if keys, ok := x.Key.(*syntax.Tuple); ok && hasSlice(keys) {
		return f.soft(missing(v, Str("slice"))), nil
	}
	key, err := t.eval(f, x.Key)
	if err != nil {
		return nil, err
	}
	got, err := GetItem(v, key)
	if err != nil {
		return nil, t.fail(f, x, err)
	}
	return f.soft(got), nil
}

func hasSlice(keys *syntax.Tuple) bool {
	for _, k := range keys.Items {
		if _, ok := k.(*syntax.Slice); ok {
			return true
		}
	}
	return false
}

func (t *Thread) slice(f *frame, x *syntax.Index, v Value, s *syntax.Slice) (Value, error) {
	bounds := [3]Value{None, None, None}
	for i, part := range []syntax.Expr{s.Start, s.Stop, s.Step} {
		if part == nil {
			continue
		}
		b, err := t.eval(f, part)
		if err != nil {
			return nil, err
		}
		bounds[i] = b
	}
	got, err := sliceOf(v, bounds[0], bounds[1], bounds[2])
	switch {
	case err == nil:
		return got, nil
	case t.folding && isKind(err, TypeError):
		return f.soft(missing(v, Str("slice"))), nil
	}
	return nil, t.fail(f, x, err)
}

func (t *Thread) concat(f *frame, x *syntax.Concat) (Value, error) {
	if t.autoescape {
		return t.concatMarkup(f, x)
	}
	var room [8]string
	parts, size := room[:0], 0
	for _, item := range x.Items {
		v, err := t.eval(f, item)
		if err != nil {
			return nil, err
		}
		s := v.String()
		size += len(s)
		parts = append(parts, s)
	}
	err := checkSize(int64(size), 1)
	if err == nil {
		err = t.charge(size)
	}
	if err != nil {
		return nil, t.fail(f, x, err)
	}
	return Str(strings.Join(parts, "")), nil
}

// concatMarkup joins where output is escaped: one Markup makes the whole one.
func (t *Thread) concatMarkup(f *frame, x *syntax.Concat) (Value, error) {
	values := make([]Value, len(x.Items))
	if err := t.evalInto(f, values, x.Items); err != nil {
		return nil, err
	}
	markup := false
	for _, v := range values {
		_, ok := v.(Markup)
		markup = markup || ok
	}
	var b strings.Builder
	for _, v := range values {
		if markup {
			b.WriteString(escapeValue(v))
		} else {
			b.WriteString(v.String())
		}
	}
	if markup {
		return Markup(b.String()), nil
	}
	return Str(b.String()), nil
}

func (t *Thread) compare(f *frame, x *syntax.Compare) (Value, error) {
	left, err := t.eval(f, x.X)
	if err != nil {
		return nil, err
	}
	result := true
	for _, o := range x.Rest {
		right, err := t.eval(f, o.X)
		if err != nil {
			return nil, err
		}
		switch o.Op {
		case "in":
			result, err = contains(right, left)
		case "not in":
			result, err = contains(right, left)
			result = !result
		default:
			result, err = compareOp(string(o.Op), left, right)
		}
		if err != nil {
			return nil, t.fail(f, x, err)
		}
		if !result {
			break
		}
		left = right
	}
	return truth(result), nil
}

func (t *Thread) cond(f *frame, x *syntax.Cond) (Value, error) {
	cond, err := t.eval(f, x.If)
	switch {
	case err != nil:
		return nil, err
	case cond.Truth():
		return t.eval(f, x.Then)
	case x.Else != nil:
		return t.eval(f, x.Else)
	}
	hint := "the inline if-expression on line " + strconv.Itoa(int(x.Line)) + " evaluated to false and no else section was defined."
	return newUndefined(hint, "", f.unit.lenient), nil
}

func (t *Thread) binary(f *frame, x *syntax.Binary) (Value, error) {
	left, err := t.eval(f, x.X)
	if err != nil {
		return nil, err
	}
	right, err := t.eval(f, x.Y)
	if err != nil {
		return nil, err
	}
	v, err := binary(string(x.Op), left, right)
	if err == nil {
		err = t.made(v)
	}
	if err != nil {
		return nil, t.fail(f, x, err)
	}
	if x.Op == "*" && isConstant(x) {
		// Jinja2 evaluates constants beforehand and writes the result out as a
		// literal, so that the lists in [[]] * 2 are two.
		v = unshared(v)
	}
	return v, nil
}

// unshared copies the lists and dicts inside v.
func unshared(v Value) Value {
	switch v := v.(type) {
	case *List:
		return &List{Items: unsharedItems(v.Items)}
	case Tuple:
		return Tuple(unsharedItems(v))
	case *Dict:
		d := NewDict()
		for key, item := range v.All() {
			d.Set(key, unshared(item))
		}
		return d
	}
	return v
}

func unsharedItems(items []Value) []Value {
	out := make([]Value, len(items))
	for i, item := range items {
		out[i] = unshared(item)
	}
	return out
}

func (t *Thread) dict(f *frame, x *syntax.Dict) (Value, error) {
	d := NewDict()
	bad := -1 // the first pair whose key will not do, told when all are known
	var unhashable error
	for i, pair := range x.Items {
		key, err := t.eval(f, pair.Key)
		if err != nil {
			return nil, err
		}
		v, err := t.eval(f, pair.Value)
		if err != nil {
			return nil, err
		}
		if err := d.SetIndex(key, v); err != nil && bad < 0 {
			bad, unhashable = i, err
		}
	}
	if bad >= 0 {
		return nil, t.fail(f, x.Items[bad].Key, unhashable)
	}
	return d, nil
}
