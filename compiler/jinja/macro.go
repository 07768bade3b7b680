package jinja

import (
	"fmt"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// Macro is a macro of a project. It is never changed once made, and all renders
// share it: the names that its body does not bind are looked up in the globals of
// the thread that calls it.
type Macro struct {
	Name    string
	Package string
	Def     *syntax.Macro
	File    *source.File

	tmpl *syntax.Template
}

// NewMacro makes a macro of a template that holds one {% macro %}, {% test %},
// {% materialization %} or {% docs %}. The name is what the project calls it.
func NewMacro(t *syntax.Template, name, pkg string) (*Macro, error) {
	for _, s := range t.Body {
		if def, ok := s.(*syntax.Macro); ok {
			return &Macro{Name: name, Package: pkg, Def: def, File: t.File, tmpl: t}, nil
		}
	}
	return nil, &source.Error{File: t.File, Class: source.Compilation, Msg: fmt.Sprintf("no macro in the text of macro %q", name)}
}

func (m *Macro) Type() string { return "MacroGenerator" }
func (m *Macro) Truth() bool  { return true }
func (m *Macro) String() string {
	return fmt.Sprintf("<dbt.clients.jinja.MacroGenerator object at %p>", m)
}

// Call runs the macro. Its value is what return() was called with, or else its
// text.
func (m *Macro) Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	if t.onMacro != nil {
		t.onMacro(m, len(t.calls))
	}
	t.calls = append(t.calls, call{m, t.siteFile, t.site})
	v, err := m.run(t, args, kwargs)
	t.calls = t.calls[:len(t.calls)-1]
	if r, ok := err.(*returned); ok {
		return r.value, nil
	}
	return v, err
}

func (m *Macro) run(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	u, err := t.open(m.tmpl)
	if err != nil {
		return nil, err
	}
	if self := m.Def.Target.Ref.Slot; u.root.slots[self] == nil {
		u.root.slots[self] = &closure{u.root, m.Def}
	}
	escaping := t.autoescape
	t.autoescape = false
	v, err := t.invoke(u.root, m.Def, args, kwargs)
	t.autoescape = escaping
	return v, err
}

// closure is a macro that is defined where it is used, or the body of a call
// block. return() goes through it.
type closure struct {
	f   *frame
	def *syntax.Macro
}

func (c *closure) Type() string   { return "Macro" }
func (c *closure) Module() string { return "jinja2.runtime" }
func (c *closure) Truth() bool    { return true }
func (c *closure) String() string {
	if c.def.Kind == syntax.IsCall {
		return "<Macro anonymous>"
	}
	return "<Macro " + Str(c.def.Var).Repr() + ">"
}

// Attr gives what Jinja2 says about a macro.
func (c *closure) Attr(name string) (Value, error) {
	switch name {
	case "name":
		if c.def.Kind == syntax.IsCall {
			return None, nil
		}
		return Str(c.def.Var), nil
	case "arguments":
		names := Tuple{}
		for _, p := range c.def.Params {
			names = append(names, Str(p.Name))
		}
		return names, nil
	case "catch_kwargs":
		return truth(c.def.Kwargs >= 0), nil
	case "catch_varargs":
		return truth(c.def.Varargs >= 0), nil
	case "caller":
		return truth(c.def.Caller >= 0), nil
	case "explicit_caller":
		return truth(c.def.ExplicitCaller), nil
	}
	return nil, nil
}

func (c *closure) Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	return t.invoke(c.f, c.def, args, kwargs)
}

// invoke runs the body of a macro that was defined in outer, and gives its text.
func (t *Thread) invoke(outer *frame, def *syntax.Macro, args []Value, kwargs []Kwarg) (Value, error) {
	cost, err := t.enter(def.Func.Height)
	if err != nil {
		return nil, err
	}
	defer t.leave(cost)
	f := t.push(outer, &def.Func)
	if err := bindMacro(f, def, args, kwargs); err != nil {
		return nil, err
	}
	for i := range def.Params {
		p := &def.Params[i]
		if f.slots[i] != nil {
			continue
		}
		if p.Default == nil {
			f.slots[i] = newUndefined("parameter "+Str(p.Name).Repr()+" was not provided", p.Name, f.unit.lenient)
			continue
		}
		v, err := t.eval(f, p.Default)
		if err != nil {
			return nil, err
		}
		f.slots[i] = v
	}
	v, _, err := t.capture(f, def.Body)
	return v, err
}

// bindMacro puts the arguments of a call in the slots. What a macro accepts beside
// its parameters goes by the names that its body mentions.
func bindMacro(f *frame, def *syntax.Macro, args []Value, kwargs []Kwarg) error {
	n := copy(f.slots[:len(def.Params)], args)
	var rest *Dict
	if def.Kwargs >= 0 {
		rest = NewDict()
		f.slots[def.Kwargs] = rest
	}
	var extra *Kwarg
	for i := range kwargs {
		kw := &kwargs[i]
		at := paramIndex(def, n, kw.Name)
		switch {
		case at >= 0:
			f.slots[at] = kw.Value
		case kw.Name == "caller" && def.Caller >= 0:
			f.slots[def.Caller] = kw.Value
		case rest != nil:
			rest.SetStr(kw.Name, kw.Value)
		case extra == nil || kw.Name == "caller":
			extra = kw
		}
	}
	if def.Caller >= 0 && (f.slots[def.Caller] == nil || f.slots[def.Caller] == Value(None)) {
		f.slots[def.Caller] = newUndefined("No caller defined", "caller", f.unit.lenient)
	}
	switch {
	case extra == nil:
	case extra.Name == "caller":
		return Raise(TypeError, "macro %s was invoked with two values for the special caller argument. This is most likely a bug.", macroName(def))
	default:
		err := Raise(TypeError, "macro %s takes no keyword argument %s", macroName(def), Str(extra.Name).Repr())
		names := make([]string, len(def.Params))
		for i, p := range def.Params {
			names[i] = p.Name
		}
		err.Err.Hint = didYouMean(extra.Name, names)
		return err
	}
	if def.Varargs >= 0 {
		f.slots[def.Varargs] = Tuple(args[n:])
	} else if len(args) > n {
		return Raise(TypeError, "macro %s takes not more than %d argument(s)", macroName(def), len(def.Params))
	}
	return nil
}

// paramIndex finds a parameter that no positional argument was given for.
func paramIndex(def *syntax.Macro, from int, name string) int {
	for i := from; i < len(def.Params); i++ {
		if def.Params[i].Name == name {
			return i
		}
	}
	return -1
}

func macroName(def *syntax.Macro) string {
	if def.Kind == syntax.IsCall {
		return "None"
	}
	return Str(def.Var).Repr()
}

// block runs {% block %} where it stands.
func (t *Thread) block(f *frame, s *syntax.Block) error {
	if s.Tag != "block" {
		return nil // of the host: it has been cut out before
	}
	if s.Required {
		return t.fail(f, s, Raise(RuntimeError, "Required block %s not found", Str(s.Name).Repr()))
	}
	if !s.Scoped {
		f = f.unit.root
	}
	_, err := t.exec(t.push(f, &s.Func), s.Body)
	return err
}

// selfRef is "self", by which a template reaches its blocks.
type selfRef struct{ f *frame }

func (r *selfRef) Type() string   { return "TemplateReference" }
func (r *selfRef) Module() string { return "jinja2.runtime" }
func (r *selfRef) Truth() bool    { return true }
func (r *selfRef) String() string { return "<TemplateReference None>" }

func (r *selfRef) Attr(name string) (Value, error) {
	for _, b := range r.f.unit.tmpl.Blocks {
		if b.Tag == "block" && b.Name == name {
			return &blockRef{r.f.unit.root, b}, nil
		}
	}
	return nil, nil
}

// blockRef is self.name; calling it gives the text of the block.
type blockRef struct {
	root  *frame
	block *syntax.Block
}

func (r *blockRef) Type() string   { return "BlockReference" }
func (r *blockRef) Module() string { return "jinja2.runtime" }
func (r *blockRef) Truth() bool    { return true }
func (r *blockRef) String() string { return "<BlockReference " + Str(r.block.Name).Repr() + ">" }

func (r *blockRef) Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	if len(args)+len(kwargs) > 0 {
		return nil, Raise(TypeError, "BlockReference.__call__() takes 1 positional argument but %d were given", 1+len(args)+len(kwargs))
	}
	cost, err := t.enter(r.block.Func.Height)
	if err != nil {
		return nil, err
	}
	defer t.leave(cost)
	v, _, err := t.capture(t.push(r.root, &r.block.Func), r.block.Body)
	return v, err
}
