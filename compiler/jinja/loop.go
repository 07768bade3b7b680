package jinja

import (
	"fmt"

	"weft/compiler/jinja/syntax"
)

// forLoop runs a for. A recursive one has a frame of its own for each level.
func (t *Thread) forLoop(f *frame, s *syntax.For) (control, error) {
	v, err := t.eval(f, s.Iter)
	if err != nil {
		return normal, err
	}
	if s.Func == nil {
		return t.rounds(f, s, v, 0)
	}
	inner := t.push(f, s.Func)
	if !f.unit.native {
		_, err = t.rounds(inner, s, v, 0)
		return normal, err
	}
	// Where values are wanted, what a recursive loop puts out is one text.
	text, err := t.captured(func() error {
		_, err := t.rounds(inner, s, v, 0)
		return err
	})
	if err != nil {
		return normal, err
	}
	return normal, t.writeResult(f, s.Iter, text)
}

// rounds runs the body for each item of v; depth counts recursive loops from 0.
func (t *Thread) rounds(f *frame, s *syntax.For, v Value, depth int) (control, error) {
	items, err := iterate(v)
	if err != nil {
		return normal, t.fail(f, s.Iter, err)
	}
	if s.Cond != nil {
		items = &filtered{t, f, s, items}
	}
	var loop *Loop
	if s.Loop >= 0 {
		loop = &Loop{items: items, size: -1, at: -1, depth: depth}
		if s.Recursive {
			loop.again = func(v Value) (Value, error) { return t.descend(f.outer, s, v, depth+1) }
		}
		items = loop
	}
	finished := false // whether any round came to the end of the body
	for {
		item, err := items.Next()
		if err != nil {
			return normal, t.fail(f, s.Iter, err)
		}
		if item == nil {
			break
		}
		if err := t.Step(); err != nil {
			return normal, t.fail(f, s, err)
		}
		clear(f.slots[s.First:s.Last])
		if loop != nil {
			f.slots[s.Loop] = loop
		}
		if err := t.assign(f, s.Target, item); err != nil {
			return normal, err
		}
		t.out.isConst = false
		ctl, err := t.exec(f, s.Body)
		if err != nil {
			return normal, err
		}
		if ctl == broken {
			break
		}
		finished = finished || ctl == normal
	}
	clear(f.slots[s.First:s.Last])
	if finished || s.Else == nil {
		return normal, nil
	}
	return t.exec(f, s.Else)
}

// descend is loop(v) of a recursive loop: the loop again over v, as text.
func (t *Thread) descend(outer *frame, s *syntax.For, v Value, depth int) (Value, error) {
	cost, err := t.enter(s.Func.Height)
	if err != nil {
		return nil, err
	}
	defer t.leave(cost)
	inner := t.push(outer, s.Func)
	return t.captured(func() error {
		_, err := t.rounds(inner, s, v, depth)
		return err
	})
}

// filtered is the items of a loop that its condition holds for.
type filtered struct {
	t     *Thread
	f     *frame
	s     *syntax.For
	items Iterator
}

func (it *filtered) Next() (Value, error) {
	for {
		item, err := it.items.Next()
		if item == nil || err != nil {
			return nil, err
		}
		if err := it.t.Step(); err != nil {
			return nil, err
		}
		if err := it.t.assign(it.f, it.s.CondTarget, item); err != nil {
			return nil, err
		}
		keep, err := it.t.eval(it.f, it.s.Cond)
		if err != nil {
			return nil, err
		}
		if keep.Truth() {
			return item, nil
		}
	}
}

// Loop is the variable "loop" of a for. It reads ahead only when asked about what
// is to come.
type Loop struct {
	items Iterator
	again func(Value) (Value, error) // nil unless the loop is recursive
	size  int                        // -1 until someone asks
	at    int                        // the index of the present item, from 0
	depth int

	last, item Value
	ahead      []Value
	seen       []Value // what changed() was called with
	problem    error
}

func (l *Loop) Type() string   { return "LoopContext" }
func (l *Loop) Module() string { return "jinja2.runtime" }
func (l *Loop) Truth() bool    { return l.Len() > 0 }
func (l *Loop) String() string {
	return fmt.Sprintf("<LoopContext %d/%d>", l.at+1, l.Len())
}

// Next moves on to the next item.
func (l *Loop) Next() (Value, error) {
	item, err := l.peek()
	if item == nil || err != nil {
		return nil, err
	}
	l.ahead = l.ahead[1:]
	l.last, l.item = l.item, item
	l.at++
	return item, nil
}

// peek gives the next item, nil if there is none.
func (l *Loop) peek() (Value, error) {
	if len(l.ahead) == 0 {
		if l.problem != nil {
			return nil, l.problem
		}
		item, err := l.items.Next()
		if item == nil || err != nil {
			return nil, err
		}
		l.ahead = append(l.ahead[:0], item)
	}
	return l.ahead[0], nil
}

// Len is how many items there are in all.
func (l *Loop) Len() int {
	if l.size < 0 {
		for l.problem == nil {
			item, err := l.items.Next()
			l.problem = err
			if item == nil {
				break
			}
			l.ahead = append(l.ahead, item)
		}
		l.size = l.at + 1 + len(l.ahead)
	}
	return l.size
}

// Attr gives loop.index and its like.
func (l *Loop) Attr(name string) (Value, error) {
	switch name {
	case "index":
		return Int(l.at + 1), nil
	case "index0":
		return Int(l.at), nil
	case "first":
		return truth(l.at == 0), nil
	case "last":
		next, err := l.peek()
		return truth(next == nil), err
	case "length":
		return Int(l.Len()), nil
	case "revindex":
		return Int(l.Len() - l.at), nil
	case "revindex0":
		return Int(l.Len() - l.at - 1), nil
	case "depth":
		return Int(l.depth + 1), nil
	case "depth0":
		return Int(l.depth), nil
	case "previtem":
		if l.last == nil {
			return newUndefined("there is no previous item", "", false), nil
		}
		return l.last, nil
	case "nextitem":
		next, err := l.peek()
		if next == nil && err == nil {
			return newUndefined("there is no next item", "", false), nil
		}
		return next, err
	}
	return loopMethods.Bind(l, name), nil
}

var loopMethods = NewMethods("LoopContext",
	NewFunc("cycle(*args)", func(c *Call) (Value, error) {
		if len(c.Rest) == 0 {
			return nil, Raise(TypeError, "no items for cycling given")
		}
		return c.Rest[c.Self.(*Loop).at%len(c.Rest)], nil
	}),
	NewFunc("changed(*value)", func(c *Call) (Value, error) {
		l := c.Self.(*Loop)
		if l.seen != nil && equalItems(l.seen, c.Rest) {
			return False, nil
		}
		l.seen = append([]Value{}, c.Rest...)
		return True, nil
	}),
)

// Call is loop(items) of a recursive loop.
func (l *Loop) Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	if l.again == nil {
		return nil, Raise(TypeError, "The loop must have the 'recursive' marker to be called recursively.")
	}
	if len(args) != 1 || len(kwargs) > 0 {
		return nil, Raise(TypeError, "LoopContext.__call__() takes 2 positional arguments but %d were given", len(args)+1)
	}
	return l.again(args[0])
}
