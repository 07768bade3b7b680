package jinja

import (
	"slices"
)

// List is Python's list.
type List struct {
	Items []Value
}

// NewList makes a list of the items; it keeps the slice.
func NewList(items ...Value) *List { return &List{Items: items} }

// Append adds items at the end.
func (l *List) Append(items ...Value) { l.Items = append(l.Items, items...) }

func (l *List) Type() string   { return "list" }
func (l *List) Truth() bool    { return len(l.Items) > 0 }
func (l *List) String() string { return Repr(l) }
func (l *List) Repr() string   { return Repr(l) }

// Len is the number of items.
func (l *List) Len() int { return len(l.Items) }

// Iterate walks the list as it is at each step, so that items appended meanwhile
// are seen too, as in Python.
func (l *List) Iterate() Iterator { return &listIterator{list: l} }

type listIterator struct {
	list *List
	next int
}

func (it *listIterator) Next() (Value, error) {
	if it.next >= len(it.list.Items) {
		return nil, nil
	}
	it.next++
	return it.list.Items[it.next-1], nil
}

// Index gives the item at a place, counted from the end if negative.
func (l *List) Index(key Value) (Value, error) { return itemAt(l.Items, key, "list") }

// Index gives the item at a place, counted from the end if negative.
func (t Tuple) Index(key Value) (Value, error) { return itemAt(t, key, "tuple") }

// itemAt gives items[key], nil if there are not so many.
func itemAt(items []Value, key Value, what string) (Value, error) {
	n, ok := intIndex(key)
	if !ok {
		return nil, Raise(TypeError, "%s indices must be integers or slices, not %s", what, key.Type())
	}
	if n < 0 {
		n += int64(len(items))
	}
	if n < 0 || n >= int64(len(items)) {
		return nil, nil
	}
	return items[n], nil
}

// intIndex gives an int or bool as an index.
func intIndex(v Value) (int64, bool) {
	switch v := v.(type) {
	case Int:
		return int64(v), true
	case Bool:
		if v {
			return 1, true
		}
		return 0, true
	case BigInt:
		if v.Sign() < 0 {
			return -1 << 62, true
		}
		return 1 << 62, true
	}
	return 0, false
}

// SetIndex replaces the item at a place.
func (l *List) SetIndex(key, val Value) error {
	n, ok := intIndex(key)
	if !ok {
		return Raise(TypeError, "list indices must be integers or slices, not %s", key.Type())
	}
	if n < 0 {
		n += int64(len(l.Items))
	}
	if n < 0 || n >= int64(len(l.Items)) {
		return Raise(IndexError, "list assignment index out of range")
	}
	l.Items[n] = val
	return nil
}

// Contains reports whether an item is equal to v.
func (l *List) Contains(v Value) (bool, error) { return indexOf(l.Items, v) >= 0, nil }

// Contains reports whether an item is equal to v.
func (t Tuple) Contains(v Value) (bool, error) { return indexOf(t, v) >= 0, nil }

func indexOf(items []Value, v Value) int {
	return slices.IndexFunc(items, func(item Value) bool { return Equal(item, v) })
}

func countOf(items []Value, v Value) Value {
	n := 0
	for _, item := range items {
		if Equal(item, v) {
			n++
		}
	}
	return Int(n)
}

// Attr gives a method.
func (l *List) Attr(name string) (Value, error) { return method(listMethods, l, name), nil }

// Attr gives a method.
func (t Tuple) Attr(name string) (Value, error) { return method(tupleMethods, t, name), nil }

// clampRange gives the bounds of items[start:stop] for arguments that default to
// the whole and may be negative.
func clampRange(n int, start, stop Value) (int, int, error) {
	i, err := clampIndex(n, start, 0)
	if err != nil {
		return 0, 0, err
	}
	j, err := clampIndex(n, stop, n)
	return i, j, err
}

func clampIndex(n int, v Value, absent int) (int, error) {
	if v == Value(None) {
		return absent, nil
	}
	i, ok := intIndex(v)
	if !ok {
		return 0, Raise(TypeError, "slice indices must be integers or None or have an __index__ method")
	}
	if i < 0 {
		i += int64(n)
	}
	return int(min(max(i, 0), int64(n))), nil
}

// indexMethod is list.index and tuple.index.
func indexMethod(c *Call, items []Value, complaint string) (Value, error) {
	i, j, err := clampRange(len(items), c.Args[1], c.Args[2])
	if err != nil {
		return nil, err
	}
	for ; i < j; i++ {
		if Equal(items[i], c.Args[0]) {
			return Int(i), nil
		}
	}
	return nil, Raise(ValueError, "%s", complaint)
}

var tupleMethods = methods("tuple", []row{
	{"index(value, start=none, stop=none, /)", func(c *Call) (Value, error) {
		return indexMethod(c, c.Self.(Tuple), "tuple.index(x): x not in tuple")
	}},
	{"count(value, /)", func(c *Call) (Value, error) { return countOf(c.Self.(Tuple), c.Args[0]), nil }},
})

var listMethods = methods("list", []row{
	{"append(object, /)", func(c *Call) (Value, error) {
		c.Self.(*List).Append(c.Args[0])
		return None, nil
	}},
	{"clear()", func(c *Call) (Value, error) {
		c.Self.(*List).Items = nil
		return None, nil
	}},
	{"copy()", func(c *Call) (Value, error) { return NewList(slices.Clone(c.Self.(*List).Items)...), nil }},
	{"count(value, /)", func(c *Call) (Value, error) { return countOf(c.Self.(*List).Items, c.Args[0]), nil }},
	{"extend(iterable, /)", func(c *Call) (Value, error) {
		items, err := ToList(c.Args[0])
		if err == nil {
			c.Self.(*List).Append(items...)
		}
		return None, err
	}},
	{"index(value, start=none, stop=none, /)", func(c *Call) (Value, error) {
		return indexMethod(c, c.Self.(*List).Items, Repr(c.Args[0])+" is not in list")
	}},
	{"insert(index, object, /)", func(c *Call) (Value, error) {
		l := c.Self.(*List)
		if _, ok := intIndex(c.Args[0]); !ok {
			return nil, notInteger(c.Args[0])
		}
		i, err := clampIndex(len(l.Items), c.Args[0], 0)
		if err == nil {
			l.Items = slices.Insert(l.Items, i, c.Args[1])
		}
		return None, err
	}},
	{"pop(index=-1, /)", func(c *Call) (Value, error) {
		l := c.Self.(*List)
		i, ok := intIndex(c.Args[0])
		if !ok {
			return nil, notInteger(c.Args[0])
		}
		if len(l.Items) == 0 {
			return nil, Raise(IndexError, "pop from empty list")
		}
		if i < 0 {
			i += int64(len(l.Items))
		}
		if i < 0 || i >= int64(len(l.Items)) {
			return nil, Raise(IndexError, "pop index out of range")
		}
		v := l.Items[i]
		l.Items = slices.Delete(l.Items, int(i), int(i)+1)
		return v, nil
	}},
	{"remove(value, /)", func(c *Call) (Value, error) {
		l := c.Self.(*List)
		i := indexOf(l.Items, c.Args[0])
		if i < 0 {
			return nil, Raise(ValueError, "list.remove(x): x not in list")
		}
		l.Items = slices.Delete(l.Items, i, i+1)
		return None, nil
	}},
	{"reverse()", func(c *Call) (Value, error) {
		slices.Reverse(c.Self.(*List).Items)
		return None, nil
	}},
	{"sort(*, key=none, reverse=false)", func(c *Call) (Value, error) {
		l := c.Self.(*List)
		var key func(Value) (Value, error)
		if c.Args[0] != Value(None) {
			key = func(v Value) (Value, error) { return c.Thread.Call(c.Args[0], []Value{v}, nil) }
		}
		items, err := sorted(l.Items, key, c.Bool(1))
		if err == nil {
			l.Items = items
		}
		return None, err
	}},
})

func notInteger(v Value) error {
	return Raise(TypeError, "'%s' object cannot be interpreted as an integer", v.Type())
}

// keyed is an item with what it is sorted by.
type keyed struct{ key, item Value }

// sorted gives a sorted copy; equal items keep their order, also when reversed.
// key gives what an item is sorted by; nil means the item.
func sorted(items []Value, key func(Value) (Value, error), reverse bool) ([]Value, error) {
	pairs := make([]keyed, len(items))
	for i, item := range items {
		pairs[i] = keyed{item, item}
		if key == nil {
			continue
		}
		k, err := key(item)
		if err != nil {
			return nil, err
		}
		pairs[i].key = k
	}
	// Python sorts the reversed list and reverses the result, so that equal
	// items keep their order.
	if reverse {
		slices.Reverse(pairs)
	}
	if err := sortKeyed(pairs); err != nil {
		return nil, err
	}
	if reverse {
		slices.Reverse(pairs)
	}
	out := make([]Value, len(items))
	for i, p := range pairs {
		out[i] = p.item
	}
	return out, nil
}

// sortKeyed compares the same pairs in the same order as Python does with a short
// list, because its complaint names the first two that have no order.
func sortKeyed(pairs []keyed) error {
	const short = 64
	if len(pairs) >= short {
		return sortLong(pairs)
	}
	sorted, err := firstRun(pairs)
	if err != nil {
		return err
	}
	for ; sorted < len(pairs); sorted++ {
		pivot := pairs[sorted]
		low, high := 0, sorted
		for low < high {
			mid := low + (high-low)/2
			c, err := Compare(pivot.key, pairs[mid].key)
			if err != nil {
				return err
			}
			if c < 0 {
				high = mid
			} else {
				low = mid + 1
			}
		}
		copy(pairs[low+1:sorted+1], pairs[low:sorted])
		pairs[low] = pivot
	}
	return nil
}

// firstRun gives how many pairs at the start are in order already; those that are
// in the opposite order it turns round.
func firstRun(pairs []keyed) (int, error) {
	if len(pairs) < 2 {
		return len(pairs), nil
	}
	falls, err := Compare(pairs[1].key, pairs[0].key)
	if err != nil {
		return 0, err
	}
	n := 2
	for ; n < len(pairs); n++ {
		c, err := Compare(pairs[n].key, pairs[n-1].key)
		if err != nil {
			return 0, err
		}
		if (c < 0) != (falls < 0) {
			break
		}
	}
	if falls < 0 {
		slices.Reverse(pairs[:n])
	}
	return n, nil
}

func sortLong(pairs []keyed) error {
	var failed error
	slices.SortStableFunc(pairs, func(a, b keyed) int {
		if failed != nil {
			return 0
		}
		c, err := Compare(a.key, b.key)
		if err != nil {
			failed = err
		}
		return c
	})
	return failed
}
