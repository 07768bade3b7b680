package jinja

import (
	"weft/compiler/jinja/syntax"
)

// call evaluates a call. A call block passes its body along as caller.
func (t *Thread) call(f *frame, x *syntax.Call, caller Value) (Value, error) {
	fn, err := t.eval(f, x.Func)
	if err != nil {
		return nil, err
	}
	args, kwargs, err := t.arguments(f, x, &x.Args, nil)
	if err != nil {
		return nil, err
	}
	if caller != nil {
		kwargs = append(kwargs, Kwarg{"caller", caller})
	}
	t.site, t.siteFile = x, f.unit.tmpl.File
	v, err := t.Call(fn, args, kwargs)
	if err == nil {
		err = t.made(v)
	}
	if err != nil {
		return nil, t.fail(f, x, err)
	}
	return v, nil
}

// arguments evaluates the arguments of a call, filter or test. First, if not nil,
// goes before them.
func (t *Thread) arguments(f *frame, x syntax.Expr, a *syntax.Args, first Value) ([]Value, []Kwarg, error) {
	n := 0
	if first != nil {
		n = 1
	}
	args := t.values(n + len(a.Args))
	if first != nil {
		args[0] = first
	}
	if err := t.evalInto(f, args[n:], a.Args); err != nil {
		return nil, nil, err
	}
	var kwargs []Kwarg
	if len(a.Kwargs) > 0 {
		kwargs = make([]Kwarg, len(a.Kwargs), len(a.Kwargs)+1)
		for i, k := range a.Kwargs {
			v, err := t.eval(f, k.Value)
			if err != nil {
				return nil, nil, err
			}
			kwargs[i] = Kwarg{k.Name, v}
		}
	}
	if a.Star == nil && a.DoubleStar == nil {
		return args, kwargs, nil
	}
	args, kwargs, err := t.spread(f, a, args, kwargs)
	if err != nil {
		return nil, nil, t.fail(f, x, err)
	}
	return args, kwargs, nil
}

// spread adds what *rest and **more hold.
func (t *Thread) spread(f *frame, a *syntax.Args, args []Value, kwargs []Kwarg) ([]Value, []Kwarg, error) {
	if a.Star != nil {
		v, err := t.eval(f, a.Star)
		if err != nil {
			return nil, nil, err
		}
		more, err := ToList(v)
		if err != nil {
			if isKind(err, TypeError) {
				err = Raise(TypeError, "Value after * must be an iterable, not %s", TypeName(v))
			}
			return nil, nil, err
		}
		args = append(args, more...)
	}
	if a.DoubleStar == nil {
		return args, kwargs, nil
	}
	v, err := t.eval(f, a.DoubleStar)
	if err != nil {
		return nil, nil, err
	}
	const callee = "jinja2.sandbox.SandboxedEnvironment.call()"
	m, ok := v.(Mapping)
	if !ok {
		return nil, nil, Raise(TypeError, "%s argument after ** must be a mapping, not %s", callee, TypeName(v))
	}
	for _, key := range m.Keys() {
		name, ok := Text(key)
		if !ok {
			return nil, nil, Raise(TypeError, "keywords must be strings")
		}
		for _, k := range kwargs {
			if k.Name == name {
				return nil, nil, Raise(TypeError, "%s got multiple values for keyword argument '%s'", callee, name)
			}
		}
		value, _ := m.Get(key)
		kwargs = append(kwargs, Kwarg{name, value})
	}
	return args, kwargs, nil
}

// filter gives v passed through one filter.
func (t *Thread) filter(f *frame, x *syntax.Filter, v Value) (Value, error) {
	fn := f.unit.prog.uses[x.Use].fn
	if f.unit.native && markers[x.Name] != "" {
		return Str(v.String()), nil // only what is put out as it is keeps the mark
	}
	args, kwargs, err := t.arguments(f, x, &x.Args, v)
	if err != nil {
		return nil, err
	}
	if fn == nil {
		return nil, t.fail(f, x, Raise(RuntimeError, "No filter named '%s' found.", x.Name))
	}
	v, err = fn.Call(t, args, kwargs)
	if err == nil {
		err = t.made(v)
	}
	if err != nil {
		return nil, t.fail(f, x, err)
	}
	return f.soft(v), nil
}

// filterText passes captured text through the filters of a block.
func (t *Thread) filterText(f *frame, x *syntax.Filter, text Value) (Value, error) {
	v := text
	if inner, ok := x.X.(*syntax.Filter); ok {
		var err error
		if v, err = t.filterText(f, inner, text); err != nil {
			return nil, err
		}
	}
	return t.filter(f, x, v)
}

func (t *Thread) test(f *frame, x *syntax.Test) (Value, error) {
	v, err := t.eval(f, x.X)
	if err != nil {
		return nil, err
	}
	use := &f.unit.prog.uses[x.Use]
	if use.fast != slow && len(x.Args.Args) == 0 && x.Kwargs == nil && x.Star == nil && x.DoubleStar == nil {
		return truth(use.fast.holds(v) != x.Not), nil
	}
	if use.fn == nil {
		return nil, t.fail(f, x, Raise(RuntimeError, "No test named '%s' found.", x.Name))
	}
	args, kwargs, err := t.arguments(f, x, &x.Args, v)
	if err != nil {
		return nil, err
	}
	v, err = use.fn.Call(t, args, kwargs)
	if err != nil {
		return nil, t.fail(f, x, err)
	}
	return truth(v.Truth() != x.Not), nil
}

func (k fastTest) holds(v Value) bool {
	switch k {
	case isDefined:
		return !IsUndefined(v)
	case isUndefined:
		return IsUndefined(v)
	}
	return v == Value(None)
}
