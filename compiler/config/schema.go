package config

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Schema is the keys that one mapping of a properties file has. It checks what people
// write, gives it in the form that artifacts have, and tells the reference page and
// editors what may be written.
type Schema struct {
	Name string // what messages call it: "metrics", "an entity"
	Keys []Key

	// Open allows keys that are not in Keys; Fill leaves them out.
	Open bool

	// Short is the key that a plain text in place of the mapping stands for; empty
	// where there has to be a mapping.
	Short string
}

// Key is one key of a Schema.
type Key struct {
	Name     string
	Shape    Shape
	Required bool
	NotNone  bool // none is wrong even though the key may be left out

	// Default is what Fill gives for a key that is not set; nil is none. A *Dict or
	// *List is copied.
	Default jinja.Value

	// Hidden keys are checked and have their place elsewhere than in what Fill gives;
	// Made ones are no keys that people may write, but have a place there.
	Hidden, Made bool

	Doc string
}

// Scalars is a set of types of single values.
type Scalars uint8

// The types of single values. An integer is a NumberValue too.
const (
	TextValue Scalars = 1 << iota
	FlagValue
	IntValue
	NumberValue
)

// Shape is what a value may be: any of the alternatives that are set. Everything but a
// required key may be none as well. The zero Shape allows anything.
type Shape struct {
	Scalars Scalars
	OneOf   []string // the only texts that are allowed
	AnyCase bool     // OneOf is compared without regard to case, and given as it stands there
	List    *Shape   // a list of these
	Keys    *Schema  // a mapping with known keys
	Values  *Shape   // a mapping from names to these

	// Read turns a value of the right form into what artifacts have, or says what is
	// wrong with it; nil takes it as it is.
	Read func(jinja.Value) (jinja.Value, string)
}

// Shapes that many keys have.
var (
	Anything   = Shape{}
	SomeText   = Shape{Scalars: TextValue}
	SomeFlag   = Shape{Scalars: FlagValue}
	SomeInt    = Shape{Scalars: IntValue}
	SomeNumber = Shape{Scalars: NumberValue}
	TextList   = ListOf(SomeText)
	TextOrList = Shape{Scalars: TextValue, List: &SomeText}
	Mapping    = Shape{Values: &Shape{}}
)

// OneOf is a text out of a few.
func OneOf(words ...string) Shape { return Shape{OneOf: words} }

// ListOf is a list of one shape.
func ListOf(s Shape) Shape { return Shape{List: &s} }

// KeysOf is a mapping with the keys of s, or the text that s.Short allows.
func KeysOf(s *Schema) Shape { return Shape{Keys: s} }

// Check gives all that is wrong with an entry: keys that are missing, unknown or of
// the wrong type, each a parsing error at its place. Vals is what n rendered to.
func (s *Schema) Check(d *Doc, n *yaml.Node, vals jinja.Value) source.Errors {
	if s.fits(vals) {
		return nil
	}
	var out source.Errors
	c := &checker{report: func(at *yaml.Node, path, wrong string) *source.Error {
		e := d.Errorf(at, "Invalid %s config given in %s - at path %s: %s", s.Name, d.Name(), path, wrong)
		out = append(out, e)
		return e
	}}
	c.mapping(s, n, vals, "")
	return out
}

// Wrong says what is wrong with a value that has no place of its own, as "at path" says
// it: the first thing only, and the empty text for nothing.
func (s Shape) Wrong(path string, v jinja.Value) string {
	if s.fits(v) {
		return ""
	}
	first := ""
	c := &checker{report: func(_ *yaml.Node, path, wrong string) *source.Error {
		if first == "" {
			first = fmt.Sprintf("at path %s: %s", path, wrong)
		}
		return &source.Error{}
	}}
	c.value(s, nil, v, path)
	return first
}

// fits says whether Check would find nothing. It looks at the value alone and allocates
// nothing: nearly all entries are right.
func (s *Schema) fits(v jinja.Value) bool {
	d, ok := v.(*jinja.Dict)
	if !ok {
		return false
	}
	for k, val := range d.All() {
		name, ok := k.(jinja.Str)
		if !ok {
			return s.Open
		}
		key := s.key(string(name))
		switch {
		case key == nil && !s.Open:
			return false
		case key == nil || val == jinja.Value(jinja.None) && key.optional():
		case !key.Shape.fits(val):
			return false
		}
	}
	for i := range s.Keys {
		if k := &s.Keys[i]; k.Required {
			if _, set := d.GetStr(k.Name); !set {
				return false
			}
		}
	}
	return true
}

// Fits says whether a value is right.
func (s Shape) Fits(v jinja.Value) bool { return s.fits(v) }

func (s *Shape) fits(v jinja.Value) bool {
	switch v := v.(type) {
	case *jinja.Dict:
		if s.Keys != nil {
			return s.Keys.fits(v)
		}
		if s.Values != nil {
			for _, item := range v.All() {
				if item != jinja.Value(jinja.None) && !s.Values.fits(item) {
					return false
				}
			}
			return true
		}
	case *jinja.List:
		if s.List != nil {
			for _, item := range v.Items {
				if !s.List.fits(item) {
					return false
				}
			}
			return s.reads(v)
		}
	default:
		if text, ok := v.(jinja.Str); ok && s.OneOf != nil {
			return s.word(string(text)) != ""
		}
		if s.scalar(v) {
			return s.reads(v)
		}
	}
	return s.any()
}

func (s *Shape) reads(v jinja.Value) bool {
	if s.Read == nil {
		return true
	}
	_, wrong := s.Read(v)
	return wrong == ""
}

// Misspelt gives a warning for each key of an open mapping that is none of the schema's
// but looks like one: people may write what they like there, so the rest is theirs.
func (s *Schema) Misspelt(d *Doc, n *yaml.Node, vals jinja.Value) source.Errors {
	dict, ok := vals.(*jinja.Dict)
	if !ok {
		return nil
	}
	var out source.Errors
	for k, v := range dict.All() {
		name, ok := k.(jinja.Str)
		if !ok {
			continue
		}
		key := s.key(string(name))
		if key == nil {
			out = append(out, s.misspelt(d, n, string(name))...)
			continue
		}
		if key.Shape.List == nil || key.Shape.List.Keys == nil || !key.Shape.List.Keys.Open {
			continue
		}
		list, ok := v.(*jinja.List)
		nodes := Child(n, string(name))
		if !ok || nodes == nil || nodes.Kind != yaml.SequenceNode || len(nodes.Content) != len(list.Items) {
			continue
		}
		for i, item := range list.Items {
			out = append(out, key.Shape.List.Keys.Misspelt(d, Deref(nodes.Content[i]), item)...)
		}
	}
	return out
}

func (s *Schema) misspelt(d *Doc, n *yaml.Node, name string) source.Errors {
	if !s.Open {
		return nil
	}
	names := make([]string, 0, len(s.Keys))
	for _, k := range s.Keys {
		if !k.Made {
			names = append(names, k.Name)
		}
	}
	near := source.Nearest(name, names)
	if near == "" {
		return nil
	}
	at := n
	for _, p := range Pairs(n) {
		if p.Name == name {
			at = p.Key
		}
	}
	e := d.Errorf(at, "%q is no key of %s and has no effect", name, s.Name)
	e.Class, e.Hint = "", fmt.Sprintf("did you mean %q?", near)
	return source.Errors{e}
}

// checker walks a YAML node and its value side by side. The node may be nil: then what
// is wrong has no place.
type checker struct {
	report func(at *yaml.Node, path, wrong string) *source.Error
}

func (c *checker) bad(at *yaml.Node, path, format string, args ...any) *source.Error {
	if path == "" {
		path = "[]"
	}
	return c.report(at, path, fmt.Sprintf(format, args...))
}

func (c *checker) mapping(s *Schema, n *yaml.Node, v jinja.Value, path string) {
	d, ok := v.(*jinja.Dict)
	if !ok {
		c.bad(n, path, "%s is not of type 'object'", jinja.Repr(v))
		return
	}
	places := map[string]Pair{}
	for _, p := range Pairs(n) {
		places[p.Name] = p
	}
	for k, val := range d.All() {
		name := k.String()
		p, known := places[name]
		if !known {
			p = Pair{Key: n, Value: n}
		}
		key := s.key(name)
		if key == nil {
			if !s.Open {
				c.unknown(s, p.Key, path, name)
			}
			continue
		}
		at := path + "['" + name + "']"
		if val == jinja.Value(jinja.None) && key.optional() {
			continue
		}
		c.value(key.Shape, p.Value, val, at)
	}
	for i := range s.Keys {
		if k := &s.Keys[i]; k.Required {
			if _, set := d.GetStr(k.Name); !set {
				c.bad(n, path, "'%s' is a required property", k.Name)
			}
		}
	}
}

func (c *checker) unknown(s *Schema, at *yaml.Node, path, name string) {
	e := c.bad(at, path, "Additional properties are not allowed ('%s' was unexpected)", name)
	var names []string
	for _, k := range s.Keys {
		if !k.Made {
			names = append(names, k.Name)
		}
	}
	if near := source.Nearest(name, names); near != "" {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	} else {
		slices.Sort(names)
		e.Hint = "the keys here are " + strings.Join(names, ", ")
	}
}

// key finds a key that people may write, or nil.
func (s *Schema) key(name string) *Key {
	for i := range s.Keys {
		if s.Keys[i].Name == name && !s.Keys[i].Made {
			return &s.Keys[i]
		}
	}
	return nil
}

// optional says whether a key may stand there with none.
func (k *Key) optional() bool { return !k.Required && !k.NotNone }

func (c *checker) value(s Shape, n *yaml.Node, v jinja.Value, path string) {
	n = Deref(n)
	switch v := v.(type) {
	case *jinja.Dict:
		if s.Keys != nil {
			c.mapping(s.Keys, n, v, path)
			return
		}
		if s.Values != nil {
			for k, item := range v.All() {
				if item != jinja.Value(jinja.None) {
					c.value(*s.Values, orSelf(Child(n, k.String()), n), item, path+"["+jinja.Repr(k)+"]")
				}
			}
			return
		}
	case *jinja.List:
		if s.List != nil {
			for i, item := range v.Items {
				at := n
				if n != nil && n.Kind == yaml.SequenceNode && i < len(n.Content) {
					at = n.Content[i]
				}
				c.value(*s.List, at, item, fmt.Sprintf("%s[%d]", path, i))
			}
			c.read(s, n, v, path)
			return
		}
	default:
		if text, ok := v.(jinja.Str); ok && s.OneOf != nil {
			if s.word(string(text)) == "" {
				e := c.bad(n, path, "%s is not one of %s", jinja.Repr(v), quoted(s.OneOf))
				if near := source.Nearest(string(text), slices.Clone(s.OneOf)); near != "" {
					e.Hint = fmt.Sprintf("did you mean %q?", near)
				}
			}
			return
		}
		if s.scalar(v) {
			c.read(s, n, v, path)
			return
		}
	}
	if want := s.types(); want != nil {
		c.bad(n, path, "%s is not of type %s", jinja.Repr(v), strings.Join(want, " or "))
	}
}

func (c *checker) read(s Shape, n *yaml.Node, v jinja.Value, path string) {
	if s.Read == nil {
		return
	}
	if _, wrong := s.Read(v); wrong != "" {
		c.bad(n, path, "%s", wrong)
	}
}

func orSelf(n, self *yaml.Node) *yaml.Node {
	if n == nil {
		return self
	}
	return n
}

// word gives the spelling that OneOf has of a text, or the empty text.
func (s Shape) word(text string) string {
	for _, w := range s.OneOf {
		if w == text || s.AnyCase && strings.EqualFold(w, text) {
			return w
		}
	}
	return ""
}

// scalar says whether a single value is allowed. A text may stand for a mapping that
// has a short form.
func (s Shape) scalar(v jinja.Value) bool {
	switch v.(type) {
	case jinja.Str:
		return s.Scalars&TextValue != 0 || s.Keys != nil && s.Keys.Short != ""
	case jinja.Bool:
		return s.Scalars&FlagValue != 0
	case jinja.Int:
		return s.Scalars&(IntValue|NumberValue) != 0
	case jinja.Float:
		return s.Scalars&NumberValue != 0
	}
	return false
}

// types are the names of what is allowed, in JSON's words; nil where everything is.
func (s Shape) types() []string {
	var out []string
	add := func(yes bool, name string) {
		if yes {
			out = append(out, "'"+name+"'")
		}
	}
	add(s.Scalars&TextValue != 0 || s.OneOf != nil || s.Keys != nil && s.Keys.Short != "", "string")
	add(s.Scalars&FlagValue != 0, "boolean")
	add(s.Scalars&IntValue != 0, "integer")
	add(s.Scalars&NumberValue != 0, "number")
	add(s.List != nil, "array")
	add(s.Keys != nil || s.Values != nil, "object")
	return out
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = "'" + w + "'"
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// Fill gives an entry that has passed Check in the form of artifacts: all keys in the
// order of the Schema, defaults for those that are not set. It is a new dictionary.
func (s *Schema) Fill(v jinja.Value) *jinja.Dict {
	d, ok := v.(*jinja.Dict)
	if !ok {
		d = jinja.NewDict()
		if s.Short != "" {
			d.SetStr(s.Short, v)
		}
	}
	out := jinja.NewDict()
	for i := range s.Keys {
		k := &s.Keys[i]
		if k.Hidden {
			continue
		}
		val, set := d.GetStr(k.Name)
		if !set || k.Made || val == jinja.Value(jinja.None) {
			out.SetStr(k.Name, k.fallback())
			continue
		}
		out.SetStr(k.Name, k.Shape.fill(val))
	}
	return out
}

func (k *Key) fallback() jinja.Value {
	switch v := k.Default.(type) {
	case nil:
		return jinja.None
	case *jinja.Dict:
		return v.Copy()
	case *jinja.List:
		return jinja.NewList(slices.Clone(v.Items)...)
	}
	return k.Default
}

func (s Shape) fill(v jinja.Value) jinja.Value {
	if s.Read != nil {
		if out, wrong := s.Read(v); wrong == "" {
			return out
		}
	}
	switch val := v.(type) {
	case *jinja.Dict:
		if s.Keys != nil {
			return s.Keys.Fill(val)
		}
	case *jinja.List:
		if s.List != nil {
			out := make([]jinja.Value, len(val.Items))
			for i, item := range val.Items {
				out[i] = s.List.fill(item)
			}
			return jinja.NewList(out...)
		}
	case jinja.Str:
		if w := s.word(string(val)); w != "" {
			return jinja.Str(w)
		}
		if s.Keys != nil && s.Keys.Short != "" {
			return s.Keys.Fill(val)
		}
	}
	return v
}
