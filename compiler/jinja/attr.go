package jinja

import "strings"

// GetAttr is v.name of the language: the attribute if there is one, else the
// item, else an *Undefined.
func GetAttr(v Value, name string) (Value, error) {
	if strings.HasPrefix(name, "_") {
		return privateAttr(v, name)
	}
	got, err := attribute(v, name)
	if got != nil || err != nil {
		return got, err
	}
	if ix, ok := v.(Indexer); ok {
		got, err := ix.Index(Str(name))
		if got != nil || err != nil && !isLookupError(err) {
			return got, err
		}
	}
	return missing(v, Str(name)), nil
}

// GetItem is v[key] of the language: the item if there is one, else (for a key
// that is text) the attribute, else an *Undefined.
func GetItem(v, key Value) (Value, error) {
	if ix, ok := v.(Indexer); ok {
		got, err := ix.Index(key)
		if got != nil || err != nil && !isLookupError(err) {
			return got, err
		}
	}
	name, ok := Text(key)
	if !ok {
		return missing(v, key), nil
	}
	if strings.HasPrefix(name, "_") {
		return hiddenAttr(v, name)
	}
	got, err := attribute(v, name)
	if got == nil && err == nil {
		return missing(v, key), nil
	}
	return got, err
}

// attribute gives an attribute of v whose name is public, or nil.
func attribute(v Value, name string) (Value, error) {
	if a, ok := v.(Attrs); ok {
		return a.Attr(name)
	}
	return nil, nil
}

func isLookupError(err error) bool { return isKind(err, TypeError, KeyError, IndexError) }

// privateAttr is v._name: the sandbox hides attributes with an underscore, but
// not the items of a dict.
func privateAttr(v Value, name string) (Value, error) {
	if hasPrivate(v, name) {
		return unsafeAttr(v, name), nil
	}
	if ix, ok := v.(Indexer); ok {
		got, err := ix.Index(Str(name))
		if got != nil || err != nil && !isLookupError(err) {
			return got, err
		}
	}
	return missing(v, Str(name)), nil
}

func hiddenAttr(v Value, name string) (Value, error) {
	if hasPrivate(v, name) {
		return unsafeAttr(v, name), nil
	}
	return missing(v, Str(name)), nil
}

// hasPrivate tells whether a Python value of v's type would have the attribute.
func hasPrivate(v Value, name string) bool {
	if privateNames[name] {
		return true
	}
	switch v.(type) {
	case *List, Tuple, Str, Markup, *Dict, *Set:
		return containerNames[name]
	}
	if a, ok := v.(Attrs); ok && !IsUndefined(v) {
		got, err := a.Attr(name)
		return got != nil && err == nil
	}
	return false
}

var privateNames = nameSet(`__class__ __delattr__ __dir__ __doc__ __eq__ __format__ __ge__ __getattribute__
	__getstate__ __gt__ __hash__ __init__ __init_subclass__ __le__ __lt__ __ne__ __new__ __reduce__ __reduce_ex__
	__repr__ __setattr__ __sizeof__ __str__ __subclasshook__`)

var containerNames = nameSet(`__contains__ __len__ __getitem__ __iter__ __add__ __mul__ __rmul__ __getnewargs__
	__setitem__ __delitem__ __class_getitem__`)

func nameSet(names string) map[string]bool {
	set := map[string]bool{}
	for _, n := range strings.Fields(names) {
		set[n] = true
	}
	return set
}

// sliceOf is v[start:stop:step]; what is left out is None.
func sliceOf(v, start, stop, step Value) (Value, error) {
	switch v := v.(type) {
	case Str:
		s, err := sliceText(string(v), start, stop, step)
		return Str(s), err
	case Markup:
		s, err := sliceText(string(v), start, stop, step)
		return Markup(s), err
	case Bytes:
		first, by, count, err := sliceBounds(len(v), start, stop, step)
		out := make([]byte, count)
		for i := range out {
			out[i] = v[first+i*by]
		}
		return Bytes(out), err
	case *List:
		items, err := sliceItems(v.Items, start, stop, step)
		return NewList(items...), err
	case Tuple:
		items, err := sliceItems(v, start, stop, step)
		return Tuple(items), err
	case *Group:
		items, err := sliceItems(Tuple{v.Key, v.Items}, start, stop, step)
		return Tuple(items), err
	case Sliceable:
		return v.Slice(start, stop, step)
	case *Undefined:
		return v.Index(None)
	case *Dict:
		return nil, Raise(TypeError, "unhashable type: 'slice'")
	}
	return nil, Raise(TypeError, "'%s' object is not subscriptable", v.Type())
}

// Sliceable is a value that gives slices of itself, v[start:stop:step]; what
// was left out is None.
type Sliceable interface {
	Slice(start, stop, step Value) (Value, error)
}

// sliceBounds turns the three parts of a slice of n items into a first index, a
// step and a number of items, as Python's slice.indices does.
func sliceBounds(n int, start, stop, step Value) (first, by, count int, err error) {
	by = 1
	if step != Value(None) {
		s, ok := intIndex(step)
		switch {
		case !ok:
			return 0, 0, 0, Raise(TypeError, "slice indices must be integers or None or have an __index__ method")
		case s == 0:
			return 0, 0, 0, Raise(ValueError, "slice step cannot be zero")
		}
		by = int(s)
	}
	low, high := 0, n
	if by < 0 {
		low, high = -1, n-1
	}
	bound := func(v Value, absent int) (int, error) {
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
		return int(min(max(i, int64(low)), int64(high))), nil
	}
	from, to := low, high
	if by < 0 {
		from, to = high, low
	}
	if from, err = bound(start, from); err != nil {
		return 0, 0, 0, err
	}
	if to, err = bound(stop, to); err != nil {
		return 0, 0, 0, err
	}
	switch {
	case by > 0 && to > from:
		count = (to-from-1)/by + 1
	case by < 0 && to < from:
		count = (from-to-1)/(-by) + 1
	}
	return from, by, count, nil
}

func sliceItems(items []Value, start, stop, step Value) ([]Value, error) {
	first, by, count, err := sliceBounds(len(items), start, stop, step)
	if err != nil {
		return nil, err
	}
	out := make([]Value, count)
	for i := range out {
		out[i] = items[first+i*by]
	}
	return out, nil
}

func sliceText(s string, start, stop, step Value) (string, error) {
	if isASCII(s) {
		first, by, count, err := sliceBounds(len(s), start, stop, step)
		if err != nil {
			return "", err
		}
		if by == 1 {
			return s[first : first+count], nil
		}
		out := make([]byte, count)
		for i := range out {
			out[i] = s[first+i*by]
		}
		return string(out), nil
	}
	runes := []rune(s)
	first, by, count, err := sliceBounds(len(runes), start, stop, step)
	if err != nil {
		return "", err
	}
	out := make([]rune, count)
	for i := range out {
		out[i] = runes[first+i*by]
	}
	return string(out), nil
}
