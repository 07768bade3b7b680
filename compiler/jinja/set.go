package jinja

import "slices"

// Set is Python's set. It keeps the order of insertion, except that small ints
// come in the order Python would show them (see order).
type Set struct {
	dict Dict
}

// NewSet makes a set; an unhashable item is a TypeError.
func NewSet(items ...Value) (*Set, error) {
	s := &Set{}
	for _, item := range items {
		if err := s.Add(item); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Set) Type() string   { return "set" }
func (s *Set) Truth() bool    { return s.dict.live > 0 }
func (s *Set) String() string { return Repr(s) }
func (s *Set) Repr() string   { return Repr(s) }

// Len is the number of items.
func (s *Set) Len() int { return s.dict.live }

// Add puts an item in.
func (s *Set) Add(item Value) error {
	if has, err := s.dict.Contains(item); has || err != nil {
		return err
	}
	return s.dict.SetIndex(item, None)
}

// Contains reports whether an item is in.
func (s *Set) Contains(item Value) (bool, error) { return s.dict.Contains(item) }

// Items gives the items in the order they print.
func (s *Set) Items() []Value { return tableOrder(s.dict.Keys()) }

// Iterate walks the items.
func (s *Set) Iterate() Iterator {
	if s.Len() < 2 {
		return s.dict.Iterate()
	}
	return &setIterator{set: s, items: s.Items(), changes: s.dict.changes}
}

type setIterator struct {
	set     *Set
	items   []Value
	changes int
}

func (it *setIterator) Next() (Value, error) {
	if it.set.dict.changes != it.changes {
		return nil, Raise(RuntimeError, "Set changed size during iteration")
	}
	if len(it.items) == 0 {
		return nil, nil
	}
	item := it.items[0]
	it.items = it.items[1:]
	return item, nil
}

// tableOrder gives numbers in the order in which CPython's hash table holds them
// when they are put in one by one: for small ones, by size. Text has a different
// order in each run of Python, so other sets keep the order of insertion.
func tableOrder(items []Value) []Value {
	hashes := make([]int64, len(items))
	for i, item := range items {
		h, err := hashKey(item)
		n, ok := h.(Int)
		if err != nil || !ok {
			return items
		}
		hashes[i] = pythonHash(int64(n))
	}
	table := intTable{slots: make([]int, 8)}
	for i := range items {
		table.add(hashes, i)
	}
	out := make([]Value, 0, len(items))
	for _, slot := range table.slots {
		if slot > 0 {
			out = append(out, items[slot-1])
		}
	}
	return out
}

func pythonHash(n int64) int64 {
	const modulus = 1<<61 - 1
	if n == -1 {
		return -2
	}
	return n % modulus
}

// intTable is an open-addressed table as CPython's set has it: a slot is 0 or 1 +
// the index of an item.
type intTable struct {
	slots []int
	used  int
}

func (t *intTable) add(hashes []int64, i int) {
	t.place(hashes, i)
	t.used++
	mask := len(t.slots) - 1
	if t.used*5 < mask*3 {
		return
	}
	size := 8
	want := t.used * 4
	if t.used > 50000 {
		want = t.used * 2
	}
	for size <= want {
		size *= 2
	}
	old := t.slots
	t.slots = make([]int, size)
	for _, slot := range old {
		if slot > 0 {
			t.place(hashes, slot-1)
		}
	}
}

// place finds the slot: a few neighbours first, then a jump that the hash decides.
func (t *intTable) place(hashes []int64, i int) {
	const neighbours, shift = 9, 5
	mask := uint64(len(t.slots) - 1)
	perturb := uint64(hashes[i])
	at := perturb & mask
	for {
		probes := uint64(0)
		if at+neighbours <= mask {
			probes = neighbours
		}
		for j := at; j <= at+probes; j++ {
			if t.slots[j] == 0 {
				t.slots[j] = i + 1
				return
			}
		}
		perturb >>= shift
		at = (at*5 + 1 + perturb) & mask
	}
}

func (s *Set) subsetOf(other *Set) bool {
	for k := range s.dict.All() {
		if _, ok := other.dict.Get(k); !ok {
			return false
		}
	}
	return true
}

func (s *Set) copy() *Set { return s.filtered(func(Value) bool { return true }) }

// Attr gives a method.
func (s *Set) Attr(name string) (Value, error) { return method(setMethods, s, name), nil }

// toSet gives v's items as a set; a set is given as it is.
func toSet(v Value) (*Set, error) {
	if s, ok := v.(*Set); ok {
		return s, nil
	}
	items, err := ToList(v)
	if err != nil {
		return nil, err
	}
	return NewSet(items...)
}

// filtered keeps the items for which keep says so.
func (s *Set) filtered(keep func(Value) bool) *Set {
	out := &Set{}
	for _, k := range s.Items() {
		if keep(k) {
			out.dict.Set(k, None)
		}
	}
	return out
}

func (s *Set) has(v Value) bool {
	_, ok := s.dict.Get(v)
	return ok
}

func (s *Set) minus(o *Set) *Set { return s.filtered(func(v Value) bool { return !o.has(v) }) }
func (s *Set) and(o *Set) *Set {
	if o.Len() < s.Len() {
		s, o = o, s
	}
	return s.filtered(o.has)
}

func (s *Set) xor(o *Set) *Set {
	out := o.minus(s)
	out.addAll(s.minus(o))
	return out
}

func (s *Set) addAll(o *Set) {
	for _, k := range o.Items() {
		if !s.has(k) {
			s.dict.Set(k, None)
		}
	}
}

func setIsDisjoint(s *Set, other Value) (Value, error) {
	o, err := toSet(other)
	if err != nil {
		return nil, err
	}
	return Bool(s.and(o).Len() == 0), nil
}

// foldSets applies step to start and the first argument, to the result and the
// second one, and so on.
func foldSets(start *Set, others []Value, step func(s, o *Set) *Set) (*Set, error) {
	for _, v := range others {
		o, err := toSet(v)
		if err != nil {
			return nil, err
		}
		start = step(start, o)
	}
	return start, nil
}

// setResult makes a method that gives a new set.
func setResult(step func(s, o *Set) *Set) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		s, err := foldSets(c.Self.(*Set).copy(), append(slices.Clone(c.Args), c.Rest...), step)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
}

// setChange makes a method that changes its set.
func setChange(step func(s, o *Set) *Set) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		s := c.Self.(*Set)
		out, err := foldSets(s.copy(), append(slices.Clone(c.Args), c.Rest...), step)
		if err != nil {
			return nil, err
		}
		changes := s.dict.changes + 1
		s.dict = out.dict
		s.dict.changes = changes
		return None, nil
	}
}

func setUnion(s, o *Set) *Set {
	s.addAll(o)
	return s
}

// setTest makes a method that compares with another set.
func setTest(test func(s, o *Set) bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		o, err := toSet(c.Args[0])
		if err != nil {
			return nil, err
		}
		return Bool(test(c.Self.(*Set), o)), nil
	}
}

var setMethods = methods("set", []row{
	{"add(item, /)", func(c *Call) (Value, error) { return None, c.Self.(*Set).Add(c.Args[0]) }},
	{"clear()", func(c *Call) (Value, error) {
		c.Self.(*Set).dict.Clear()
		return None, nil
	}},
	{"copy()", func(c *Call) (Value, error) { return c.Self.(*Set).copy(), nil }},
	{"discard(item, /)", func(c *Call) (Value, error) {
		if _, err := hashKey(c.Args[0]); err != nil {
			return nil, err
		}
		c.Self.(*Set).dict.Delete(c.Args[0])
		return None, nil
	}},
	{"remove(item, /)", func(c *Call) (Value, error) {
		if _, err := hashKey(c.Args[0]); err != nil {
			return nil, err
		}
		if !c.Self.(*Set).dict.Delete(c.Args[0]) {
			return nil, Raise(KeyError, "%s", Repr(c.Args[0]))
		}
		return None, nil
	}},
	{"pop()", func(c *Call) (Value, error) {
		s := c.Self.(*Set)
		if s.Len() == 0 {
			return nil, Raise(KeyError, "'pop from an empty set'")
		}
		v := s.Items()[0]
		s.dict.Delete(v)
		return v, nil
	}},
	{"union(*others)", setResult(setUnion)},
	{"intersection(*others)", setResult((*Set).and)},
	{"difference(*others)", setResult((*Set).minus)},
	{"symmetric_difference(other, /)", setResult((*Set).xor)},
	{"update(*others)", setChange(setUnion)},
	{"intersection_update(*others)", setChange((*Set).and)},
	{"difference_update(*others)", setChange((*Set).minus)},
	{"symmetric_difference_update(other, /)", setChange((*Set).xor)},
	{"issubset(other, /)", setTest(func(s, o *Set) bool { return s.subsetOf(o) })},
	{"issuperset(other, /)", setTest(func(s, o *Set) bool { return o.subsetOf(s) })},
	{"isdisjoint(other, /)", setTest(func(s, o *Set) bool { return s.and(o).Len() == 0 })},
})
