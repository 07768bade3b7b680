package jinja

import "iter"

// Dict is Python's dict: keys in order of insertion, and 1, 1.0 and True are one
// key. It is for one goroutine at a time, like List and Set.
type Dict struct {
	entries []entry
	index   map[Value]int // hash key → place in entries; nil while the dict is small
	live    int           // entries that are not deleted
	changes int           // keys added or removed so far, which ends a walk
	ordered bool          // a collections.OrderedDict, which shows in print only
}

// entry is a key with its value; a nil key marks one that was deleted.
type entry struct {
	hash, key, val Value
}

// smallDict is the size up to which comparing all keys beats hashing.
const smallDict = 8

// NewDict makes an empty dict.
func NewDict() *Dict { return &Dict{} }

// NewDictOf makes an empty dict with room for some keys.
func NewDictOf(keys int) *Dict { return &Dict{entries: make([]entry, 0, keys)} }

// NewOrderedDict makes an empty dict that prints as Python's OrderedDict.
func NewOrderedDict() *Dict { return &Dict{ordered: true} }

// Type is the Python class.
func (d *Dict) Type() string {
	if d.ordered {
		return "collections.OrderedDict"
	}
	return "dict"
}

func (d *Dict) Truth() bool    { return d.live > 0 }
func (d *Dict) String() string { return Repr(d) }
func (d *Dict) Repr() string   { return Repr(d) }

// Len is the number of keys.
func (d *Dict) Len() int { return d.live }

// find gives the place of a hash key, or -1.
func (d *Dict) find(h Value) int {
	if d.index != nil {
		if i, ok := d.index[h]; ok {
			return i
		}
		return -1
	}
	if s, ok := h.(Str); ok {
		return d.findStr(s)
	}
	for i := range d.entries {
		if e := &d.entries[i]; e.key != nil && e.hash == h {
			return i
		}
	}
	return -1
}

func (d *Dict) findStr(s Str) int {
	if d.index != nil {
		if i, ok := d.index[s]; ok {
			return i
		}
		return -1
	}
	for i := range d.entries {
		if t, ok := d.entries[i].hash.(Str); ok && t == s {
			return i
		}
	}
	return -1
}

// Get gives the value of key. An unhashable key is simply not there.
func (d *Dict) Get(key Value) (Value, bool) {
	h, err := hashKey(key)
	if err != nil {
		return nil, false
	}
	if i := d.find(h); i >= 0 {
		return d.entries[i].val, true
	}
	return nil, false
}

// GetStr gives the value of a text key.
func (d *Dict) GetStr(name string) (Value, bool) {
	if i := d.findStr(Str(name)); i >= 0 {
		return d.entries[i].val, true
	}
	return nil, false
}

// Set puts val at key, which keeps its place and spelling if it is there
// already. An unhashable key is ignored; templates go through SetIndex, which
// complains.
func (d *Dict) Set(key, val Value) {
	if h, err := hashKey(key); err == nil {
		d.put(h, key, val)
	}
}

// SetStr puts val at a text key.
func (d *Dict) SetStr(name string, val Value) {
	s := Value(Str(name))
	d.put(s, s, val)
}

// SetIndex puts val at key; an unhashable key is a TypeError.
func (d *Dict) SetIndex(key, val Value) error {
	h, err := hashKey(key)
	if err != nil {
		return err
	}
	d.put(h, key, val)
	return nil
}

func (d *Dict) put(h, key, val Value) {
	if i := d.find(h); i >= 0 {
		d.entries[i].val = val
		return
	}
	d.entries = append(d.entries, entry{h, key, val})
	d.live++
	d.changes++
	switch {
	case d.index != nil:
		d.index[h] = len(d.entries) - 1
	case len(d.entries) > smallDict:
		d.reindex()
	}
}

func (d *Dict) reindex() {
	d.index = make(map[Value]int, 2*len(d.entries))
	for i, e := range d.entries {
		if e.key != nil {
			d.index[e.hash] = i
		}
	}
}

// Delete removes key and reports whether it was there.
func (d *Dict) Delete(key Value) bool {
	h, err := hashKey(key)
	if err != nil {
		return false
	}
	i := d.find(h)
	if i < 0 {
		return false
	}
	d.remove(i)
	return true
}

func (d *Dict) remove(i int) {
	if d.index != nil {
		delete(d.index, d.entries[i].hash)
	}
	d.entries[i] = entry{}
	d.live--
	d.changes++
	if len(d.entries) > 2*d.live+smallDict || i == len(d.entries)-1 {
		d.compact()
	}
}

// compact drops deleted entries: all of them when they are many, else those at
// the end.
func (d *Dict) compact() {
	for n := len(d.entries); n > 0 && d.entries[n-1].key == nil; n-- {
		d.entries = d.entries[:n-1]
	}
	if len(d.entries) <= 2*d.live+smallDict {
		return
	}
	kept := make([]entry, 0, d.live)
	for _, e := range d.entries {
		if e.key != nil {
			kept = append(kept, e)
		}
	}
	d.entries = kept
	if d.index != nil {
		d.reindex()
	}
}

// Clear removes all keys.
func (d *Dict) Clear() {
	d.entries, d.index, d.live = nil, nil, 0
	d.changes++
}

// All walks keys and values in order of insertion.
func (d *Dict) All() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		for i := 0; i < len(d.entries); i++ {
			e := d.entries[i]
			if e.key != nil && !yield(e.key, e.val) {
				return
			}
		}
	}
}

// Keys gives the keys in order of insertion.
func (d *Dict) Keys() []Value {
	keys := make([]Value, 0, d.live)
	for k := range d.All() {
		keys = append(keys, k)
	}
	return keys
}

// Values gives the values in order of their keys.
func (d *Dict) Values() []Value {
	vals := make([]Value, 0, d.live)
	for _, v := range d.All() {
		vals = append(vals, v)
	}
	return vals
}

// Copy gives a dict of its own with the same keys and values.
func (d *Dict) Copy() *Dict {
	c := &Dict{entries: make([]entry, 0, d.live), live: d.live}
	for _, e := range d.entries {
		if e.key != nil {
			c.entries = append(c.entries, e)
		}
	}
	if len(c.entries) > smallDict {
		c.reindex()
	}
	return c
}

// Iterate walks the keys.
func (d *Dict) Iterate() Iterator { return d.walk(func(e entry) Value { return e.key }) }

// Index gives the value of key.
func (d *Dict) Index(key Value) (Value, error) {
	h, err := hashKey(key)
	if err != nil {
		return nil, err
	}
	if i := d.find(h); i >= 0 {
		return d.entries[i].val, nil
	}
	return nil, nil
}

// Contains reports whether key is there; an unhashable key is a TypeError.
func (d *Dict) Contains(key Value) (bool, error) {
	h, err := hashKey(key)
	return err == nil && d.find(h) >= 0, err
}

// Attr gives a method.
func (d *Dict) Attr(name string) (Value, error) { return method(dictMethods, d, name), nil }

// dictIterator walks a dict and notices when keys come or go meanwhile.
type dictIterator struct {
	dict    *Dict
	next    int
	live    int
	changes int
	pick    func(entry) Value
}

func (d *Dict) walk(pick func(entry) Value) *dictIterator {
	return &dictIterator{dict: d, live: d.live, changes: d.changes, pick: pick}
}

func (it *dictIterator) Next() (Value, error) {
	if it.dict.changes != it.changes {
		if it.dict.live != it.live {
			return nil, Raise(RuntimeError, "dictionary changed size during iteration")
		}
		return nil, Raise(RuntimeError, "dictionary keys changed during iteration")
	}
	for it.next < len(it.dict.entries) {
		e := it.dict.entries[it.next]
		it.next++
		if e.key != nil {
			return it.pick(e), nil
		}
	}
	return nil, nil
}

// DictView is what keys(), values() and items() give: it follows its dict.
type DictView struct {
	dict *Dict
	kind string // "keys", "values" or "items"
}

func (v *DictView) Type() string   { return "dict_" + v.kind }
func (v *DictView) Truth() bool    { return v.dict.live > 0 }
func (v *DictView) String() string { return v.Repr() }
func (v *DictView) Repr() string   { return v.Type() + "(" + Repr(NewList(v.list()...)) + ")" }

// Len is the number of keys.
func (v *DictView) Len() int { return v.dict.live }

func (v *DictView) pick(e entry) Value {
	switch v.kind {
	case "keys":
		return e.key
	case "values":
		return e.val
	}
	return Tuple{e.key, e.val}
}

func (v *DictView) list() []Value {
	items := make([]Value, 0, v.dict.live)
	for _, e := range v.dict.entries {
		if e.key != nil {
			items = append(items, v.pick(e))
		}
	}
	return items
}

// Iterate walks the keys, values or pairs.
func (v *DictView) Iterate() Iterator { return v.dict.walk(v.pick) }

// Contains looks a key, value or pair up.
func (v *DictView) Contains(item Value) (bool, error) {
	switch v.kind {
	case "keys":
		return v.dict.Contains(item)
	case "items":
		pair, ok := item.(Tuple)
		if !ok || len(pair) != 2 {
			return false, nil
		}
		val, err := v.dict.Index(pair[0])
		return val != nil && Equal(val, pair[1]), err
	}
	for _, val := range v.dict.All() {
		if Equal(val, item) {
			return true, nil
		}
	}
	return false, nil
}

// Equal compares keys and items as sets; values are equal only to themselves.
func (v *DictView) Equal(other Value) bool {
	if v.kind == "values" {
		return Value(v) == other
	}
	a, err := NewSet(v.list()...)
	if err != nil {
		return Value(v) == other
	}
	switch o := other.(type) {
	case *DictView:
		if o.kind == "values" {
			return false
		}
		b, err := NewSet(o.list()...)
		return err == nil && Equal(a, b)
	case *Set:
		return Equal(a, o)
	}
	return false
}

// Attr gives a method.
func (v *DictView) Attr(name string) (Value, error) {
	if v.kind == "values" {
		return nil, nil
	}
	return method(viewMethods, v, name), nil
}

var viewMethods = methods("dict_view", []row{
	{"isdisjoint(other, /)", func(c *Call) (Value, error) {
		s, err := NewSet(c.Self.(*DictView).list()...)
		if err != nil {
			return nil, err
		}
		return setIsDisjoint(s, c.Args[0])
	}},
})

var dictMethods = methods("dict", []row{
	{"clear()", func(c *Call) (Value, error) {
		c.Self.(*Dict).Clear()
		return None, nil
	}},
	{"copy()", func(c *Call) (Value, error) { return c.Self.(*Dict).Copy(), nil }},
	{"fromkeys(iterable, value=none, /)", func(c *Call) (Value, error) {
		d := NewDict()
		return d, Each(c.Args[0], func(k Value) error { return d.SetIndex(k, c.Args[1]) })
	}},
	{"get(key, default=none, /)", func(c *Call) (Value, error) {
		v, err := c.Self.(*Dict).Index(c.Args[0])
		if v == nil {
			v = c.Args[1]
		}
		return v, err
	}},
	{"items()", func(c *Call) (Value, error) { return &DictView{c.Self.(*Dict), "items"}, nil }},
	{"keys()", func(c *Call) (Value, error) { return &DictView{c.Self.(*Dict), "keys"}, nil }},
	{"values()", func(c *Call) (Value, error) { return &DictView{c.Self.(*Dict), "values"}, nil }},
	{"pop(key, default=none, /)", func(c *Call) (Value, error) {
		d := c.Self.(*Dict)
		v, err := d.Index(c.Args[0])
		switch {
		case err != nil:
			return nil, err
		case v != nil:
			d.Delete(c.Args[0])
			return v, nil
		case c.Given(1):
			return c.Args[1], nil
		}
		return nil, Raise(KeyError, "%s", Repr(c.Args[0]))
	}},
	{"popitem()", func(c *Call) (Value, error) {
		d := c.Self.(*Dict)
		if d.live == 0 {
			return nil, Raise(KeyError, "'popitem(): dictionary is empty'")
		}
		i := len(d.entries) - 1
		for d.entries[i].key == nil {
			i--
		}
		e := d.entries[i]
		d.remove(i)
		return Tuple{e.key, e.val}, nil
	}},
	{"setdefault(key, default=none, /)", func(c *Call) (Value, error) {
		d := c.Self.(*Dict)
		v, err := d.Index(c.Args[0])
		if v == nil && err == nil {
			v = c.Args[1]
			err = d.SetIndex(c.Args[0], v)
		}
		return v, err
	}},
	{"update(other=(), /, **kwargs)", func(c *Call) (Value, error) {
		return None, c.Self.(*Dict).update(c)
	}},
})

// update adds what a call dict(other, **kwargs) or d.update(other, **kwargs) brings.
func (d *Dict) update(c *Call) error {
	if err := d.merge(c.Args[0]); err != nil {
		return err
	}
	if c.Kw != nil {
		for k, v := range c.Kw.All() {
			d.Set(k, v)
		}
	}
	return nil
}

// merge adds the keys of a mapping, or the pairs of an iterable.
func (d *Dict) merge(other Value) error {
	if m, ok := other.(Mapping); ok {
		for _, k := range m.Keys() {
			v, _ := m.Get(k)
			if err := d.SetIndex(k, v); err != nil {
				return err
			}
		}
		return nil
	}
	if u, ok := other.(*Undefined); ok && !u.Lenient {
		return u.fail() // Python asks it for its keys
	}
	n := 0
	return Each(other, func(item Value) error {
		pair, err := ToList(item)
		if err != nil {
			return Raise(TypeError, "cannot convert dictionary update sequence element #%d to a sequence", n)
		}
		if len(pair) != 2 {
			return Raise(ValueError, "dictionary update sequence element #%d has length %d; 2 is required", n, len(pair))
		}
		n++
		return d.SetIndex(pair[0], pair[1])
	})
}
