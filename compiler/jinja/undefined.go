package jinja

// Undefined is what a missing name, attribute or item gives. It prints as
// nothing; most other uses are an error that says what is missing.
type Undefined struct {
	// Name is what was looked up, for messages.
	Name string
	// Lenient is set while a node's own code is only parsed: attributes, items and calls
	// give an undefined again instead of an error.
	Lenient bool

	obj  Value // where Name was looked up; nil for a plain name
	key  Value // the item looked up, if it is not text
	hint string
	kind Kind // what using it raises; empty means UndefinedError
}

// NewUndefined stands for a name that nothing defines.
func NewUndefined(name string) *Undefined { return &Undefined{Name: name} }

// newUndefined stands for name; msg, if not empty, is the complaint when used.
func newUndefined(msg, name string, lenient bool) *Undefined {
	return &Undefined{Name: name, Lenient: lenient, hint: msg}
}

// missing stands for an attribute or item that obj lacks.
func missing(obj, key Value) *Undefined {
	if name, ok := Text(key); ok {
		return &Undefined{Name: name, obj: obj}
	}
	return &Undefined{Name: key.String(), obj: obj, key: key}
}

// unsafeAttr stands for an attribute that exists but that templates may not have.
func unsafeAttr(obj Value, name string) *Undefined {
	return &Undefined{
		Name: name,
		hint: "access to attribute " + Str(name).Repr() + " of '" + TypeName(obj) + "' object is unsafe.",
		kind: Security,
	}
}

// IsUndefined reports whether v stands for something missing.
func IsUndefined(v Value) bool {
	_, ok := v.(*Undefined)
	return ok
}

// Message is the complaint when u is used.
func (u *Undefined) Message() string {
	switch {
	case u.hint != "":
		return u.hint
	case u.obj == nil:
		return Str(u.Name).Repr() + " is undefined"
	case u.key != nil:
		return objectName(u.obj) + " has no element " + Repr(u.key)
	}
	return Str(objectName(u.obj)).Repr() + " has no attribute " + Str(u.Name).Repr()
}

// objectName is how Jinja names a value in messages: 'dict object'.
func objectName(v Value) string {
	if v == Value(None) {
		return "None"
	}
	if m, ok := v.(Moduled); ok {
		return m.Module() + "." + v.Type() + " object"
	}
	return v.Type() + " object"
}

// fail is the error that using u gives.
func (u *Undefined) fail() *Error {
	kind := u.kind
	if kind == "" {
		kind = UndefinedError
	}
	err := Raise(kind, "%s", u.Message())
	err.undefined = u
	return err
}

func (u *Undefined) Type() string   { return "Undefined" }
func (u *Undefined) Module() string { return "jinja2.runtime" }
func (u *Undefined) Truth() bool    { return false }
func (u *Undefined) String() string { return "" }
func (u *Undefined) Repr() string   { return "Undefined" }

// Iterate gives nothing.
func (u *Undefined) Iterate() Iterator { return &sliceIterator{} }

// Len is 0.
func (u *Undefined) Len() int { return 0 }

// Contains is false for everything.
func (u *Undefined) Contains(Value) (bool, error) { return false, nil }

// Attr fails, unless u is lenient: then the attribute is undefined too.
func (u *Undefined) Attr(name string) (Value, error) {
	if !u.Lenient {
		return nil, u.fail()
	}
	switch name {
	case "name":
		if u.Name == "" {
			return None, nil
		}
		return Str(u.Name), nil
	case "hint":
		if u.hint == "" {
			return None, nil
		}
		return Str(u.hint), nil
	case "unsafe_callable", "alters_data":
		return False, nil
	}
	return &Undefined{Name: name, Lenient: true, hint: u.hint}, nil
}

// Index fails, unless u is lenient.
func (u *Undefined) Index(Value) (Value, error) {
	if !u.Lenient {
		return nil, u.fail()
	}
	return u, nil
}

// Call fails, unless u is lenient.
func (u *Undefined) Call(*Thread, []Value, []Kwarg) (Value, error) {
	if !u.Lenient || u.kind != "" {
		return nil, u.fail()
	}
	return u, nil
}
