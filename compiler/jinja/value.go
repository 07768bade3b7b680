// Package jinja evaluates Jinja2 templates with Python's values.
package jinja

import (
	"fmt"
	"math/big"
	"reflect"
	"strings"
)

// Value is anything a template can hold.
type Value interface {
	// Type is Python's name of the type: "str", "int", "NoneType",
	// "datetime.date".
	Type() string
	// Truth is Python's bool().
	Truth() bool
	// String is Python's str().
	String() string
}

// Attrs is a value with attributes. Attr returns nil for one that is absent.
type Attrs interface {
	Attr(name string) (Value, error)
}

// AttrSetter is a value whose attributes can be set with {% set v.name = … %}.
type AttrSetter interface {
	SetAttr(name string, val Value) error
}

// Indexer is a value with items, x[key]. Index returns nil for one that is absent.
type Indexer interface {
	Index(key Value) (Value, error)
}

// SetIndexer is a value whose items can be set.
type SetIndexer interface {
	SetIndex(key, val Value) error
}

// Iterable is a value that a for loop can walk.
type Iterable interface {
	Iterate() Iterator
}

// Iterator hands out values one by one; nil without an error is the end.
type Iterator interface {
	Next() (Value, error)
}

// Lener is a value with a length.
type Lener interface {
	Len() int
}

// Callable is a value that can be called.
type Callable interface {
	Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error)
}

// Kwarg is one keyword argument of a call.
type Kwarg struct {
	Name  string
	Value Value
}

// Reprer is a value whose repr() differs from its str().
type Reprer interface {
	Repr() string
}

// Comparer is a value that says itself what it is equal to.
type Comparer interface {
	Equal(other Value) bool
}

// Container is a value that answers "in" itself.
type Container interface {
	Contains(item Value) (bool, error)
}

// Mapping is a value that the test "mapping" is true of, and that dict() and
// update() copy keys and values from.
type Mapping interface {
	Get(key Value) (Value, bool)
	Keys() []Value
}

// Moduled is a value whose class has a module in messages, as "markupsafe" in
// 'markupsafe.Markup object'. Types with a dot in their name need no module.
type Moduled interface {
	Module() string
}

// The simple types. Int is a number that fits 64 bits; BigInt never does.
type (
	NoneType struct{}
	Bool     bool
	Int      int64
	BigInt   struct{ *big.Int }
	Float    float64
	Str      string
	Markup   string
	Tuple    []Value
)

// None is Python's None.
var None = NoneType{}

// True and False are the two Bools as Values, made once.
var (
	True  Value = Bool(true)
	False Value = Bool(false)
)

func (NoneType) Type() string   { return "NoneType" }
func (NoneType) Truth() bool    { return false }
func (NoneType) String() string { return "None" }

func (Bool) Type() string  { return "bool" }
func (b Bool) Truth() bool { return bool(b) }
func (b Bool) String() string {
	if b {
		return "True"
	}
	return "False"
}

func (Str) Type() string     { return "str" }
func (s Str) Truth() bool    { return s != "" }
func (s Str) String() string { return string(s) }
func (s Str) Repr() string   { return string(appendQuoted(nil, string(s))) }

func (Markup) Type() string     { return "Markup" }
func (Markup) Module() string   { return "markupsafe" }
func (s Markup) Truth() bool    { return s != "" }
func (s Markup) String() string { return string(s) }
func (s Markup) Repr() string   { return "Markup(" + Str(s).Repr() + ")" }

func (Tuple) Type() string     { return "tuple" }
func (t Tuple) Truth() bool    { return len(t) > 0 }
func (t Tuple) String() string { return Repr(t) }
func (t Tuple) Repr() string   { return Repr(t) }

// TypeName is the name of v's type without its module, as Python's
// type(v).__name__.
func TypeName(v Value) string {
	name := v.Type()
	return name[strings.LastIndexByte(name, '.')+1:]
}

// Text gives a str or Markup as a Go string.
func Text(v Value) (string, bool) {
	switch v := v.(type) {
	case Str:
		return string(v), true
	case Markup:
		return string(v), true
	}
	return "", false
}

// Repr is Python's repr().
func Repr(v Value) string { return reprUpTo(v, maxSize) }

// reprUpTo stops a little after the given number of bytes.
func reprUpTo(v Value, limit int) string {
	p := printer{limit: limit}
	p.repr(v)
	return string(p.out)
}

// printer builds the repr of nested values. open holds the containers that are
// being printed, so that one that contains itself ends in "[...]".
type printer struct {
	out   []byte
	open  []Value
	limit int // of out; who uses it finds it too large
}

func (p *printer) repr(v Value) {
	if len(p.out) > p.limit {
		return
	}
	switch v := v.(type) {
	case Str:
		p.out = appendQuoted(p.out, string(v))
	case *List:
		if !p.enter(v) {
			p.out = append(p.out, "[...]"...)
			return
		}
		p.out = append(p.out, '[')
		p.items(v.Items)
		p.out = append(p.out, ']')
		p.leave()
	case Tuple:
		p.out = append(p.out, '(')
		p.items(v)
		if len(v) == 1 {
			p.out = append(p.out, ',')
		}
		p.out = append(p.out, ')')
	case *Dict:
		if !p.enter(v) {
			p.out = append(p.out, "{...}"...)
			return
		}
		if v.ordered {
			p.ordered(v)
		} else {
			p.dict(v)
		}
		p.leave()
	case *Set:
		p.set(v)
	case *Group:
		p.repr(Tuple{v.Key, v.Items})
	case Reprer:
		p.out = append(p.out, v.Repr()...)
	default:
		p.out = append(p.out, v.String()...)
	}
}

func (p *printer) enter(v Value) bool {
	for _, o := range p.open {
		if o == v {
			return false
		}
	}
	p.open = append(p.open, v)
	return true
}

func (p *printer) leave() { p.open = p.open[:len(p.open)-1] }

func (p *printer) items(items []Value) {
	for i, item := range items {
		if i > 0 {
			p.out = append(p.out, ", "...)
		}
		p.repr(item)
	}
}

func (p *printer) ordered(d *Dict) {
	p.out = append(p.out, d.Type()[len("collections."):]...)
	p.out = append(p.out, '(')
	if d.live > 0 {
		pairs := make([]Value, 0, d.live)
		for k, v := range d.All() {
			pairs = append(pairs, Tuple{k, v})
		}
		p.out = append(p.out, '[')
		p.items(pairs)
		p.out = append(p.out, ']')
	}
	p.out = append(p.out, ')')
}

func (p *printer) dict(d *Dict) {
	p.out = append(p.out, '{')
	first := true
	for k, v := range d.All() {
		if !first {
			p.out = append(p.out, ", "...)
		}
		first = false
		p.repr(k)
		p.out = append(p.out, ": "...)
		p.repr(v)
	}
	p.out = append(p.out, '}')
}

func (p *printer) set(s *Set) {
	if s.Len() == 0 {
		p.out = append(p.out, "set()"...)
		return
	}
	p.out = append(p.out, '{')
	p.items(s.Items())
	p.out = append(p.out, '}')
}

// hashKey gives the Go map key for v, equal for equal values: 1, 1.0 and True are
// one key. A list, dict or set has none, which is a TypeError.
func hashKey(v Value) (Value, error) {
	switch v := v.(type) {
	case Str, Int, NoneType:
		return v, nil
	case Markup:
		return Str(v), nil
	case Bool:
		if v {
			return Int(1), nil
		}
		return Int(0), nil
	case Float:
		if n, ok := floatInt(float64(v)); ok {
			return hashKey(n)
		}
		return v, nil
	case BigInt:
		return compound("int " + v.Int.String()), nil
	case Tuple:
		return tupleKey(v)
	case *Group:
		return tupleKey(Tuple{v.Key, v.Items})
	case *List, *Dict, *Set:
		return nil, Raise(TypeError, "unhashable type: '%s'", v.Type())
	case *Undefined:
		return compound("undefined"), nil
	case hasher:
		return v.hash(), nil
	}
	if !reflect.TypeOf(v).Comparable() {
		return nil, Raise(TypeError, "unhashable type: '%s'", v.Type())
	}
	return v, nil
}

// hasher is a value of this package that is equal to others by its content.
type hasher interface{ hash() Value }

// compound is the map key of a value that Go cannot compare by content. It is
// never seen by templates.
type compound string

func (compound) Type() string     { return "compound" }
func (c compound) Truth() bool    { return true }
func (c compound) String() string { return string(c) }

// maxKey is how large what stands for a tuple may become: the same tuple may be in it
// many times over.
const maxKey = 1 << 20

func tupleKey(t Tuple) (Value, error) {
	var b strings.Builder
	for _, item := range t {
		k, err := hashKey(item)
		if err != nil {
			return nil, err
		}
		text := k.String()
		if n := b.Len() + len(text); n > maxKey {
			return nil, Raise(LimitError, "the tuple is too large to be a key (%d bytes)", n)
		}
		switch k.(type) {
		case Str, Int, NoneType, Float, compound:
		default:
			text = fmt.Sprintf("%p", k)
		}
		fmt.Fprintf(&b, "%T %d %s,", k, len(text), text)
	}
	return compound("tuple " + b.String()), nil
}

// Equal is Python's ==, which never fails: values of different types are
// unequal, except numbers.
func Equal(a, b Value) bool {
	var c equality
	return c.equal(a, b)
}

// equality is one comparison of two values that may hold the same lists many
// times over, or themselves.
type equality struct {
	depth int
	seen  map[pair]bool // lists and dicts deep inside that have been compared
}

// pair is two lists or dicts, or where the items of two tuples begin and how many
// there are: a slice of a tuple begins where the tuple does.
type pair struct {
	a, b any
	n    int
}

// remember is how deep values are when pairs begin to be remembered; few are.
const remember = 16

// again reports whether two lists or dicts have been compared before: then they are
// equal, or are being found to be unequal.
func (c *equality) again(p pair) bool {
	if c.depth < remember {
		return false
	}
	if c.seen[p] {
		return true
	}
	if c.seen == nil {
		c.seen = map[pair]bool{}
	}
	c.seen[p] = true
	return false
}

func (c *equality) equal(a, b Value) bool {
	if c.depth++; c.depth > maxNesting {
		return false
	}
	same := c.same(a, b)
	c.depth--
	return same
}

func (c *equality) same(a, b Value) bool {
	switch x := a.(type) {
	case Str:
		switch y := b.(type) {
		case Str:
			return x == y
		case Markup:
			return string(x) == string(y)
		}
	case Markup:
		if s, ok := Text(b); ok {
			return string(x) == s
		}
	case Int:
		if y, ok := b.(Int); ok {
			return x == y
		}
	case NoneType:
		_, ok := b.(NoneType)
		return ok
	case *List:
		y, ok := b.(*List)
		return ok && (x == y || c.again(pair{a: x, b: y}) || c.items(x.Items, y.Items))
	case Tuple:
		switch y := b.(type) {
		case Tuple:
			if len(x) == len(y) && len(x) > 0 && c.again(pair{&x[0], &y[0], len(x)}) {
				return true
			}
			return c.items(x, y)
		case *Group:
			return c.items(x, []Value{y.Key, y.Items})
		}
		return false
	case *Group:
		return c.same(Tuple{x.Key, x.Items}, b)
	case *Dict:
		y, ok := b.(*Dict)
		return ok && (x == y || c.again(pair{a: x, b: y}) || c.dicts(x, y))
	case *Set:
		y, ok := b.(*Set)
		return ok && x.Len() == y.Len() && x.subsetOf(y)
	case *Undefined:
		y, ok := b.(*Undefined)
		return ok && x.Lenient == y.Lenient
	case Comparer:
		return x.Equal(b)
	}
	if y, ok := b.(Comparer); ok {
		return y.Equal(a)
	}
	if n, ok := compareNumbers(a, b); ok {
		return n == 0
	}
	return identical(a, b)
}

// identical is Python's "is", as far as it can be told here.
func identical(a, b Value) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	if x, ok := a.(Tuple); ok {
		y := b.(Tuple)
		return len(x) == len(y) && (len(x) == 0 || &x[0] == &y[0])
	}
	if x, ok := a.(BigInt); ok {
		return x.Cmp(b.(BigInt).Int) == 0
	}
	return reflect.TypeOf(a).Comparable() && a == b
}

func equalItems(a, b []Value) bool {
	var c equality
	return c.items(a, b)
}

func (c *equality) items(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !c.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (c *equality) dicts(a, b *Dict) bool {
	if a.Len() != b.Len() {
		return false
	}
	for k, v := range a.All() {
		w, ok := b.Get(k)
		if !ok || !c.equal(v, w) {
			return false
		}
	}
	return true
}

// Each calls fn for each value of v, as a for loop would.
func Each(v Value, fn func(Value) error) error {
	it, err := iterate(v)
	if err != nil {
		return err
	}
	for {
		item, err := it.Next()
		if err != nil {
			return err
		}
		if item == nil {
			return nil
		}
		if err := fn(item); err != nil {
			return err
		}
	}
}

// ToList gives the values of v in order, in a slice of the caller's own.
func ToList(v Value) ([]Value, error) {
	var items []Value
	if n, ok := v.(Lener); ok {
		items = make([]Value, 0, max(n.Len(), 0))
	}
	err := Each(v, func(item Value) error {
		items = append(items, item)
		if len(items) > maxItems {
			return checkSize(int64(len(items)), 16)
		}
		return nil
	})
	return items, err
}

// iterate is Python's iter().
func iterate(v Value) (Iterator, error) {
	switch v := v.(type) {
	case Iterable:
		it := v.Iterate()
		if no, ok := it.(NoWalk); ok {
			return nil, no.Err
		}
		return it, nil
	case Iterator:
		return v, nil
	}
	return nil, Raise(TypeError, "'%s' object is not iterable", v.Type())
}

// length is Python's len(), which counts characters in text.
func length(v Value) (int, error) {
	if v, ok := v.(Lener); ok {
		return v.Len(), nil
	}
	if it, ok := v.(Iterable); ok {
		if no, ok := it.Iterate().(NoWalk); ok {
			return 0, no.Err
		}
	}
	return 0, Raise(TypeError, "object of type '%s' has no len()", v.Type())
}

// NoWalk is the Iterator of a value that must not be walked: asking for it ends in
// Err, also where a template only asks whether the value is iterable.
type NoWalk struct{ Err error }

// Next is the error.
func (n NoWalk) Next() (Value, error) { return nil, n.Err }

// sliceIterator walks a slice that nobody changes.
type sliceIterator struct{ items []Value }

func (it *sliceIterator) Next() (Value, error) {
	if len(it.items) == 0 {
		return nil, nil
	}
	item := it.items[0]
	it.items = it.items[1:]
	return item, nil
}

// Iterate walks the tuple.
func (t Tuple) Iterate() Iterator { return &sliceIterator{t} }

// Len is the number of items.
func (t Tuple) Len() int { return len(t) }

// Generator is a value that can be walked once, like the results of map and zip.
type Generator struct {
	kind  string
	next  func() (Value, error)
	done  bool
	taken int
}

// NewGenerator makes a one-pass value. kind is what it prints as, "<kind object
// at …>" for Python's types and "<generator object kind at …>" for functions;
// next gives nil at the end.
func NewGenerator(kind string, next func() (Value, error)) *Generator {
	return &Generator{kind: kind, next: next}
}

func (g *Generator) Type() string {
	if builtinIterators[g.kind] {
		return g.kind
	}
	return "generator"
}

func (g *Generator) Truth() bool { return true }

func (g *Generator) String() string {
	if builtinIterators[g.kind] {
		return fmt.Sprintf("<%s object at %p>", g.kind, g)
	}
	return fmt.Sprintf("<generator object %s at %p>", g.kind, g)
}

var builtinIterators = map[string]bool{
	"zip": true, "list_reverseiterator": true, "reversed": true, "list_iterator": true,
	"dict_keyiterator": true, "dict_reversekeyiterator": true, "range_iterator": true,
	"callable_iterator":    true,
	"itertools.accumulate": true, "itertools.chain": true, "itertools.combinations": true,
	"itertools.combinations_with_replacement": true, "itertools.compress": true, "itertools.count": true,
	"itertools.cycle": true, "itertools.islice": true, "itertools.permutations": true,
	"itertools.product": true, "itertools.repeat": true, "itertools.starmap": true,
	"itertools._tee": true, "itertools.zip_longest": true,
}

// Iterate gives the generator itself: what was taken is gone.
func (g *Generator) Iterate() Iterator { return g }

// Next takes the next value.
func (g *Generator) Next() (Value, error) {
	if g.done {
		return nil, nil
	}
	if g.taken++; g.taken > 16*maxItems {
		return nil, Raise(LimitError, "%s gives too many values", g.kind)
	}
	v, err := g.next()
	if v == nil || err != nil {
		g.done = true
	}
	return v, err
}
