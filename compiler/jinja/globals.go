package jinja

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// languageGlobals are the names that Jinja2 itself defines.
var languageGlobals = map[string]Value{
	"range":     NewFunc("safe_range(*args)", newRange),
	"dict":      &dictClass{newClass("dict(mapping=(), /, **kwargs)", newDict)},
	"lipsum":    NewFunc("generate_lorem_ipsum(n=5, html=true, min=20, max=100)", lipsum),
	"cycler":    newClass("jinja2.utils.Cycler(*items)", newCycler),
	"joiner":    newClass("jinja2.utils.Joiner(sep=', ')", newJoiner),
	"namespace": newClass("jinja2.utils.Namespace(*args, **kwargs)", newNamespace),
}

// GlobalNames are the names that Jinja2 itself defines, in order.
func GlobalNames() []string { return slices.Sorted(maps.Keys(languageGlobals)) }

// dictClass is dict, which also has the method fromkeys.
type dictClass struct{ *Func }

// Attr gives the methods that can be called without a dict.
func (c *dictClass) Attr(name string) (Value, error) {
	if name == "fromkeys" {
		return NewDict().Attr(name)
	}
	return nil, nil
}

func newDict(c *Call) (Value, error) {
	d := NewDict()
	if err := d.update(c); err != nil {
		return nil, err
	}
	return d, nil
}

// Call makes a dict. Python words a wrong number of arguments in its own way here.
func (c *dictClass) Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	if len(args) > 1 {
		return nil, Raise(TypeError, "dict expected at most 1 argument, got %d", len(args))
	}
	return c.Func.Call(t, args, kwargs)
}

// maxRange is the sandbox's limit.
const maxRange = 100000

// Range is what range() gives.
type Range struct{ start, stop, step int64 }

func newRange(c *Call) (Value, error) {
	n := len(c.Rest)
	switch {
	case n == 0:
		return nil, Raise(TypeError, "range expected at least 1 argument, got 0")
	case n > 3:
		return nil, Raise(TypeError, "range expected at most 3 arguments, got %d", n)
	}
	var at [3]int64
	for i, v := range c.Rest {
		x, ok := intIndex(v)
		if !ok {
			return nil, Raise(TypeError, "'%s' object cannot be interpreted as an integer", TypeName(v))
		}
		at[i] = x
	}
	r := &Range{0, at[0], 1}
	if n > 1 {
		r.start, r.stop = at[0], at[1]
	}
	if n > 2 {
		if at[2] == 0 {
			return nil, Raise(ValueError, "range() arg 3 must not be zero")
		}
		r.step = at[2]
	}
	if r.Len() > maxRange {
		return nil, Raise(OverflowError, "Range too big. The sandbox blocks ranges larger than MAX_RANGE (%d).", maxRange)
	}
	return r, nil
}

func (r *Range) Type() string { return "range" }
func (r *Range) Truth() bool  { return r.Len() > 0 }
func (r *Range) String() string {
	if r.step == 1 {
		return fmt.Sprintf("range(%d, %d)", r.start, r.stop)
	}
	return fmt.Sprintf("range(%d, %d, %d)", r.start, r.stop, r.step)
}

// Len is the number of items. It counts unsigned, so that the widest range there
// is does not overflow.
func (r *Range) Len() int {
	var span, step uint64
	switch {
	case r.step > 0 && r.start < r.stop:
		span, step = uint64(r.stop)-uint64(r.start), uint64(r.step)
	case r.step < 0 && r.start > r.stop:
		span, step = uint64(r.start)-uint64(r.stop), -uint64(r.step)
	default:
		return 0
	}
	return int(min((span-1)/step+1, 1<<62))
}

func (r *Range) at(i int) Value { return Int(r.start + int64(i)*r.step) }

func (r *Range) Iterate() Iterator { return &rangeIterator{r, 0, r.Len()} }

type rangeIterator struct {
	r     *Range
	i, to int
}

func (it *rangeIterator) Next() (Value, error) {
	if it.i >= it.to {
		return nil, nil
	}
	it.i++
	return it.r.at(it.i - 1), nil
}

// Index gives one item.
func (r *Range) Index(key Value) (Value, error) {
	i, ok := intIndex(key)
	if !ok {
		return nil, Raise(TypeError, "range indices must be integers or slices, not %s", TypeName(key))
	}
	n := int64(r.Len())
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return nil, nil
	}
	return r.at(int(i)), nil
}

// Slice gives a range again.
func (r *Range) Slice(start, stop, step Value) (Value, error) {
	first, by, count, err := sliceBounds(r.Len(), start, stop, step)
	if err != nil {
		return nil, err
	}
	from := r.start + int64(first)*r.step
	stride := r.step * int64(by)
	return &Range{from, from + int64(count)*stride, stride}, nil
}

// find gives the index of v, -1 if it is not in the range.
func (r *Range) find(v Value) int {
	x, ok := intIndex(v)
	if !ok {
		f, isFloat := v.(Float)
		if x = int64(f); !isFloat || Float(x) != f {
			return -1
		}
	}
	if i := (x - r.start) / r.step; (x-r.start)%r.step == 0 && i >= 0 && i < int64(r.Len()) {
		return int(i)
	}
	return -1
}

// Contains reports whether v is one of the items.
func (r *Range) Contains(v Value) (bool, error) { return r.find(v) >= 0, nil }

// Equal compares the items.
func (r *Range) Equal(other Value) bool {
	o, ok := other.(*Range)
	if !ok {
		return false
	}
	n := r.Len()
	return n == o.Len() && (n == 0 || r.start == o.start && (n == 1 || r.step == o.step))
}

// Attr gives the attributes and methods.
func (r *Range) Attr(name string) (Value, error) {
	switch name {
	case "start":
		return Int(r.start), nil
	case "stop":
		return Int(r.stop), nil
	case "step":
		return Int(r.step), nil
	}
	return rangeMethods.Bind(r, name), nil
}

var rangeMethods = NewMethods("range",
	NewFunc("index(value, /)", func(c *Call) (Value, error) {
		i := c.Self.(*Range).find(c.Args[0])
		if i < 0 {
			return nil, Raise(ValueError, "%s is not in range", Repr(c.Args[0]))
		}
		return Int(i), nil
	}),
	NewFunc("count(value, /)", func(c *Call) (Value, error) {
		if c.Self.(*Range).find(c.Args[0]) < 0 {
			return Int(0), nil
		}
		return Int(1), nil
	}),
)

// Namespace is what namespace() gives: its attributes can be set.
type Namespace struct{ attrs *Dict }

func newNamespace(c *Call) (Value, error) {
	if len(c.Rest) > 1 {
		return nil, Raise(TypeError, "dict expected at most 1 argument, got %d", len(c.Rest))
	}
	d := NewDict()
	inner := Call{Args: []Value{Tuple{}}, Kw: c.Kw}
	copy(inner.Args, c.Rest)
	if err := d.update(&inner); err != nil {
		return nil, err
	}
	return &Namespace{d}, nil
}

func (ns *Namespace) Type() string   { return "Namespace" }
func (ns *Namespace) Module() string { return "jinja2.utils" }
func (ns *Namespace) Truth() bool    { return true }
func (ns *Namespace) String() string { return "<Namespace " + Repr(ns.attrs) + ">" }

// Attr gives what was set, and nothing else.
func (ns *Namespace) Attr(name string) (Value, error) {
	v, _ := ns.attrs.GetStr(name)
	return v, nil
}

// SetAttr is {% set ns.name = val %}.
func (ns *Namespace) SetAttr(name string, val Value) error {
	ns.attrs.SetStr(name, val)
	return nil
}

// Equal is true of the same object only.
func (ns *Namespace) Equal(other Value) bool { return Value(ns) == other }

// cycler goes through its items again and again.
type cycler struct {
	items []Value
	at    int
}

func newCycler(c *Call) (Value, error) {
	if len(c.Rest) == 0 {
		return nil, Raise(RuntimeError, "at least one item has to be provided")
	}
	return &cycler{items: c.Rest}, nil
}

func (c *cycler) Type() string   { return "Cycler" }
func (c *cycler) Module() string { return "jinja2.utils" }
func (c *cycler) Truth() bool    { return true }
func (c *cycler) String() string { return fmt.Sprintf("<jinja2.utils.Cycler object at %p>", c) }

// advance moves on and gives the item that was left.
func (c *cycler) advance() (Value, error) {
	v := c.items[c.at]
	c.at = (c.at + 1) % len(c.items)
	return v, nil
}

func (c *cycler) Attr(name string) (Value, error) {
	switch name {
	case "current":
		return c.items[c.at], nil
	case "pos":
		return Int(c.at), nil
	case "items":
		return Tuple(c.items), nil
	}
	return cyclerMethods.Bind(c, name), nil
}

var cyclerMethods = NewMethods("Cycler",
	NewFunc("next()", func(c *Call) (Value, error) { return c.Self.(*cycler).advance() }),
	NewFunc("reset()", func(c *Call) (Value, error) {
		c.Self.(*cycler).at = 0
		return None, nil
	}),
)

// joiner gives nothing when called first, and its separator from then on.
type joiner struct {
	sep  Value
	used bool
}

func newJoiner(c *Call) (Value, error) { return &joiner{sep: c.Args[0]}, nil }

func (j *joiner) Type() string   { return "Joiner" }
func (j *joiner) Module() string { return "jinja2.utils" }
func (j *joiner) Truth() bool    { return true }
func (j *joiner) String() string { return fmt.Sprintf("<jinja2.utils.Joiner object at %p>", j) }

func (j *joiner) Attr(name string) (Value, error) {
	switch name {
	case "sep":
		return j.sep, nil
	case "used":
		return truth(j.used), nil
	}
	return nil, nil
}

func (j *joiner) Call(_ *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	if len(args)+len(kwargs) > 0 {
		return nil, Raise(TypeError, "Joiner.__call__() takes 1 positional argument but %d were given", 1+len(args)+len(kwargs))
	}
	if !j.used {
		j.used = true
		return Str(""), nil
	}
	return j.sep, nil
}

const lipsumWords = `a ac accumsan ad adipiscing aenean aliquam aliquet amet ante aptent arcu at auctor augue
bibendum blandit class commodo condimentum congue consectetuer consequat conubia convallis cras cubilia cum curabitur
dapibus diam dictum dignissim dis dolor donec dui duis egestas eget eleifend elementum elit enim erat eros est et etiam
eu euismod facilisi facilisis fames faucibus felis fermentum feugiat fringilla fusce gravida habitant hendrerit iaculis
id imperdiet in integer interdum ipsum justo lacinia lacus laoreet lectus leo libero ligula litora lobortis lorem luctus
maecenas magna magnis malesuada massa mattis mauris metus mi molestie mollis montes morbi mus nam nascetur natoque nec
neque netus nibh nisi nisl non nonummy nostra nulla nullam nunc odio orci ornare parturient pede pellentesque penatibus
per pharetra phasellus placerat platea porta porttitor posuere potenti praesent pretium primis proin pulvinar purus quam
quis quisque rhoncus ridiculus risus rutrum sagittis sapien scelerisque sed sem semper senectus sit sociis sociosqu
sodales sollicitudin suscipit suspendisse taciti tellus tempor tempus tincidunt torquent tortor tristique turpis
ullamcorper ultrices ultricies urna ut varius vehicula vel velit venenatis vestibulum vitae vivamus viverra volutpat
vulputate`

// lipsum gives paragraphs of random words.
func lipsum(c *Call) (Value, error) {
	words := strings.Fields(lipsumWords)
	n, least, most := c.Int(0), c.Int(2), c.Int(3)
	if n > 1000 || most > 10000 || least < 0 || most <= least {
		return nil, Raise(ValueError, "lipsum() is asked for too much text, or for less than none")
	}
	var paragraphs []string
	for range n {
		p := make([]string, least+rand.Int64N(most-least))
		for i := range p {
			p[i] = words[rand.IntN(len(words))]
		}
		text := strings.Join(p, " ") + "."
		text = strings.ToUpper(text[:1]) + text[1:]
		if c.Bool(1) {
			text = "<p>" + text + "</p>"
		}
		paragraphs = append(paragraphs, text)
	}
	if c.Bool(1) {
		return Markup(strings.Join(paragraphs, "\n")), nil
	}
	return Str(strings.Join(paragraphs, "\n\n")), nil
}
