package jinja

import (
	"fmt"
	"strconv"
	"strings"
)

// Func is a function written in Go. It is never changed once made, and all
// renders may share it: what belongs to one render comes through Call.Thread.
type Func struct {
	Name      string
	Signature string

	owner  string // the type whose method it is; empty for functions
	class  bool   // prints as a class
	params []param
	rest   bool // takes *args
	kw     bool // takes **kwargs
	inPos  int  // parameters that may be given by position
	need   int  // parameters by position that have no default
	native bool // wrong calls are worded as for functions that Python has in C
	fn     func(*Call) (Value, error)
}

type param struct {
	name    string
	def     Value // nil for a parameter that must be given
	posOnly bool
}

// Call is one call of a Func with its arguments sorted out.
type Call struct {
	Thread *Thread
	Args   []Value // one per named parameter, in order, with defaults filled in
	Rest   []Value // *args
	Kw     *Dict   // **kwargs; nil if there are none
	Self   Value   // the value whose method is called; nil for functions

	given uint64
}

// Str gives argument i as text, as Python's str() does.
func (c *Call) Str(i int) string { return c.Args[i].String() }

// Int gives argument i if it is a whole number that fits, else 0.
func (c *Call) Int(i int) int64 {
	n, _ := intIndex(c.Args[i])
	return n
}

// Bool gives the truth of argument i.
func (c *Call) Bool(i int) bool { return c.Args[i].Truth() }

// Given reports whether argument i was passed rather than filled in.
func (c *Call) Given(i int) bool { return c.given&(1<<i) != 0 }

// NewFunc makes a function from its signature in Python's notation:
//
//	ref(package_or_name, name=none, *args, **kwargs)
//
// Defaults are none, true, false, numbers, plain strings and (). "/" and "*"
// mean what they mean in Python. It panics on a signature it cannot read.
func NewFunc(signature string, fn func(c *Call) (Value, error)) *Func {
	f := &Func{Signature: signature, fn: fn}
	open := strings.IndexByte(signature, '(')
	if open < 0 || !strings.HasSuffix(signature, ")") {
		panic("jinja: bad signature " + signature)
	}
	f.Name = signature[:open]
	byName := false
	for _, part := range splitParams(signature[open+1 : len(signature)-1]) {
		switch {
		case part == "/":
			for i := range f.params {
				f.params[i].posOnly = true
			}
		case part == "*":
			byName = true
		case strings.HasPrefix(part, "**"):
			f.kw = true
		case part[0] == '*':
			f.rest, byName = true, true
		default:
			p := parseParam(part, signature)
			f.params = append(f.params, p)
			if !byName {
				f.inPos++
				if p.def == nil {
					f.need++
				}
			}
		}
	}
	f.native = len(f.params) > 0 && f.params[len(f.params)-1].posOnly
	return f
}

// After gives a copy of f that first calls do; an error of it is the call's.
func (f *Func) After(do func(*Call) error) *Func {
	out := *f
	out.fn = func(c *Call) (Value, error) {
		if err := do(c); err != nil {
			return nil, err
		}
		return f.fn(c)
	}
	return &out
}

// splitParams cuts at the commas that are not inside quotes or brackets.
func splitParams(s string) []string {
	var parts []string
	depth, quote, start := 0, byte(0), 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == ',' && depth == 0 && quote == 0 {
			if part := strings.TrimSpace(s[start:i]); part != "" {
				parts = append(parts, part)
			}
			start = i + 1
			continue
		}
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
	}
	return parts
}

func parseParam(part, signature string) param {
	name, text, ok := strings.Cut(part, "=")
	p := param{name: strings.TrimSpace(name)}
	if !ok {
		return p
	}
	switch text = strings.TrimSpace(text); {
	case text == "none" || text == "None":
		p.def = None
	case text == "true" || text == "True":
		p.def = True
	case text == "false" || text == "False":
		p.def = False
	case text == "()":
		p.def = Tuple{}
	case len(text) >= 2 && (text[0] == '\'' || text[0] == '"') && text[len(text)-1] == text[0]:
		p.def = Str(strings.ReplaceAll(text[1:len(text)-1], `\n`, "\n"))
	default:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			p.def = Int(n)
		} else if x, err := strconv.ParseFloat(text, 64); err == nil {
			p.def = Float(x)
		} else {
			panic("jinja: bad default in signature " + signature)
		}
	}
	return p
}

// newClass makes a function that prints as a class, such as dict.
func newClass(signature string, fn func(c *Call) (Value, error)) *Func {
	f := NewFunc(signature, fn)
	f.class = true
	return f
}

func (f *Func) Type() string {
	switch {
	case f.class:
		return "type"
	case f.owner != "":
		return "method_descriptor"
	}
	return "function"
}

func (f *Func) Truth() bool { return true }

func (f *Func) String() string {
	switch {
	case f.class:
		return "<class '" + f.Name + "'>"
	case f.owner != "":
		return "<method '" + f.Name + "' of '" + f.owner + "' objects>"
	}
	return fmt.Sprintf("<function %s at %p>", f.Name, f)
}

// Call binds the arguments and runs the function. A wrong call is a TypeError in
// Python's words.
func (f *Func) Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	return f.call(t, nil, args, kwargs)
}

func (f *Func) call(t *Thread, self Value, args []Value, kwargs []Kwarg) (Value, error) {
	c := Call{Thread: t, Self: self}
	if err := f.bind(&c, args, kwargs); err != nil {
		return nil, err
	}
	return f.fn(&c)
}

// bind gives each parameter its argument.
func (f *Func) bind(c *Call, args []Value, kwargs []Kwarg) error {
	if len(kwargs) == 0 && len(args) == len(f.params) && f.inPos == len(args) {
		c.Args, c.given = args, 1<<len(args)-1
		return nil
	}
	c.Args = make([]Value, len(f.params))
	n := min(len(args), f.inPos)
	copy(c.Args, args[:n])
	if len(args) > n {
		if !f.rest {
			return f.tooMany(len(args), len(kwargs))
		}
		c.Rest = args[n:]
	}
	for _, kw := range kwargs {
		if err := f.bindName(c, kw); err != nil {
			return err
		}
	}
	for i := range c.Args {
		if c.Args[i] != nil {
			c.given |= 1 << i
			continue
		}
		if f.params[i].def == nil {
			return f.tooFew(c, len(args), len(kwargs))
		}
		c.Args[i] = f.params[i].def
	}
	return nil
}

func (f *Func) bindName(c *Call, kw Kwarg) error {
	for i, p := range f.params {
		if p.name != kw.Name || p.posOnly {
			continue
		}
		if c.Args[i] != nil {
			return Raise(TypeError, "%s() got multiple values for argument '%s'", f.title(), kw.Name)
		}
		c.Args[i] = kw.Value
		return nil
	}
	if !f.kw {
		if f.native && (len(f.params) == 0 || f.params[len(f.params)-1].posOnly) {
			return Raise(TypeError, "%s() takes no keyword arguments", f.title())
		}
		return Raise(TypeError, "%s() got an unexpected keyword argument '%s'", f.title(), kw.Name)
	}
	if c.Kw == nil {
		c.Kw = NewDict()
	}
	c.Kw.SetStr(kw.Name, kw.Value)
	return nil
}

// title is the name in complaints: methods have their type's in front.
func (f *Func) title() string {
	if f.owner != "" {
		return f.owner + "." + f.Name
	}
	return f.Name
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// tooMany words a call with too many arguments by position. Python's methods
// written in C and its functions say it differently.
func (f *Func) tooMany(got, named int) error {
	switch {
	case f.native && len(f.params) == 0:
		return Raise(TypeError, "%s() takes no arguments (%d given)", f.title(), got)
	case f.native && len(f.params) == 1 && f.need == 1:
		return Raise(TypeError, "%s() takes exactly one argument (%d given)", f.title(), got)
	case f.native && f.need == f.inPos:
		return Raise(TypeError, "%s expected %d arguments, got %d", f.Name, f.inPos, got)
	case f.native:
		return Raise(TypeError, "%s expected at most %d argument%s, got %d", f.Name, f.inPos, plural(f.inPos, "", "s"), got)
	case f.need < f.inPos:
		return Raise(TypeError, "%s() takes from %d to %d positional arguments but %d were given", f.title(), f.need, f.inPos, got)
	}
	return Raise(TypeError, "%s() takes %d positional argument%s but %d %s given", f.title(), f.inPos, plural(f.inPos, "", "s"), got, plural(got, "was", "were"))
}

// tooFew words a call in which parameters without a default got nothing.
func (f *Func) tooFew(c *Call, got, named int) error {
	var names []string
	for i, p := range f.params {
		if c.Args[i] == nil && p.def == nil {
			names = append(names, "'"+p.name+"'")
		}
	}
	switch {
	case f.native && len(f.params) == 1:
		return Raise(TypeError, "%s() takes exactly one argument (%d given)", f.title(), got)
	case f.native && f.need == f.inPos:
		return Raise(TypeError, "%s expected %d arguments, got %d", f.Name, f.need, got)
	case f.native:
		return Raise(TypeError, "%s expected at least %d argument%s, got %d", f.Name, f.need, plural(f.need, "", "s"), got)
	}
	return Raise(TypeError, "%s() missing %d required positional argument%s: %s", f.title(), len(names), plural(len(names), "", "s"), joinNames(names))
}

// joinNames is 'a', 'a' and 'b', or 'a', 'b', and 'c'.
func joinNames(names []string) string {
	switch n := len(names); n {
	case 0, 1:
		return strings.Join(names, "")
	case 2:
		return names[0] + " and " + names[1]
	default:
		return strings.Join(names[:n-1], ", ") + ", and " + names[n-1]
	}
}

// Method is a function bound to the value whose method it is.
type Method struct {
	Self Value
	Func *Func
}

// NewMethod binds fn to self, which calls find as Call.Self.
func NewMethod(self Value, fn *Func) *Method { return &Method{self, fn} }

func (m *Method) Type() string { return "builtin_function_or_method" }
func (m *Method) Truth() bool  { return true }
func (m *Method) String() string {
	return fmt.Sprintf("<built-in method %s of %s object at %p>", m.Func.Name, m.Self.Type(), m)
}

// Equal holds for the same method of the same value.
func (m *Method) Equal(other Value) bool {
	o, ok := other.(*Method)
	return ok && m.Func == o.Func && identical(m.Self, o.Self)
}

// Call runs the method.
func (m *Method) Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	return m.Func.call(t, m.Self, args, kwargs)
}

// row is one function of a table: its signature and what it does.
type row struct {
	signature string
	fn        func(*Call) (Value, error)
}

// Methods is the methods of a type, by name.
type Methods map[string]*Func

// methods makes a table of the methods of the type owner.
func methods(owner string, rows []row) Methods {
	table := make(Methods, len(rows))
	for _, r := range rows {
		f := NewFunc(r.signature, r.fn)
		f.owner, f.native = owner, true
		table[f.Name] = f
	}
	return table
}

// NewMethods makes a table of methods for a host's type from functions whose
// receiver is Call.Self.
func NewMethods(owner string, fns ...*Func) Methods {
	table := make(Methods, len(fns))
	for _, f := range fns {
		bound := *f
		bound.owner = owner
		table[f.Name] = &bound
	}
	return table
}

// Bind gives the method name of self, or nil if there is none.
func (m Methods) Bind(self Value, name string) Value { return method(m, self, name) }

func method(table Methods, self Value, name string) Value {
	if f := table[name]; f != nil {
		return &Method{self, f}
	}
	return nil
}

// builtin is a filter or a test.
type builtin struct {
	name string
	fn   *Func
}

// builtins makes a lookup table of filters or tests. A name that stands for
// another is a row of aliases.
func builtins(prefix string, rows []row, aliases map[string]string) map[string]*builtin {
	table := make(map[string]*builtin, len(rows)+len(aliases))
	for _, r := range rows {
		f := NewFunc(r.signature, r.fn)
		table[f.Name] = &builtin{f.Name, f}
		if !f.native {
			f.Name = prefix + f.Name // as Jinja2 names its functions in complaints
		}
	}
	for alias, name := range aliases {
		b := *table[name]
		b.name = alias
		table[alias] = &b
	}
	return table
}
