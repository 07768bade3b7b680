package scope

import (
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// maxProduct bounds how many values a product, permutation or the like may keep at once.
const maxKept = 1 << 20

func itertoolsModule() *jinja.Dict {
	d := jinja.NewDict()
	for _, f := range itertools {
		d.SetStr(f.Name, f.After(usesItertools))
	}
	return d
}

// usesItertools warns of the module, which dbt will not have for ever.
func usesItertools(c *jinja.Call) error {
	ctx, ok := c.Thread.Host.(*Context)
	if !ok || ctx.shared.Warn == nil {
		return nil
	}
	e := &source.Error{Event: source.ItertoolsUsage, Msg: "Usage of itertools modules is deprecated: zip and product are functions of templates themselves."}
	if n := ctx.node; n != nil {
		e.File, e.Span = n.File, source.Span{Start: n.Span.Start, End: n.Span.Start}
	}
	return ctx.shared.Warn(e)
}

// walk gives an iterator of one argument.
func walk(v jinja.Value) (jinja.Iterator, error) {
	it, ok := v.(jinja.Iterable)
	if !ok {
		return nil, jinja.Raise(jinja.TypeError, "'%s' object is not iterable", v.Type())
	}
	return it.Iterate(), nil
}

// lazy makes a generator named after one of the module's types.
func lazy(name string, next func() (jinja.Value, error)) (jinja.Value, error) {
	return jinja.NewGenerator("itertools."+name, next), nil
}

// choices makes a generator of tuples of items; next fills in the places of the
// next tuple and reports whether there is one.
func choices(name string, items []jinja.Value, next func() ([]int, bool)) (jinja.Value, error) {
	return lazy(name, func() (jinja.Value, error) {
		places, ok := next()
		if !ok {
			return nil, nil
		}
		row := make(jinja.Tuple, len(places))
		for i, p := range places {
			row[i] = items[p]
		}
		return row, nil
	})
}

var itertools = []*jinja.Func{
	jinja.NewFunc("count(start=0, step=1)", func(c *jinja.Call) (jinja.Value, error) {
		n, step := c.Int(0), c.Int(1)
		return lazy("count", func() (jinja.Value, error) {
			n += step
			return jinja.Int(n - step), nil
		})
	}),
	jinja.NewFunc("cycle(iterable, /)", func(c *jinja.Call) (jinja.Value, error) {
		items, err := jinja.ToList(c.Args[0])
		if err != nil {
			return nil, err
		}
		i := -1
		return lazy("cycle", func() (jinja.Value, error) {
			if len(items) == 0 {
				return nil, nil
			}
			i = (i + 1) % len(items)
			return items[i], nil
		})
	}),
	jinja.NewFunc("repeat(object, times=none)", func(c *jinja.Call) (jinja.Value, error) {
		left, endless := c.Int(1), !c.Given(1)
		return lazy("repeat", func() (jinja.Value, error) {
			if !endless && left <= 0 {
				return nil, nil
			}
			left--
			return c.Args[0], nil
		})
	}),
	jinja.NewFunc("accumulate(iterable, func=none, *, initial=none)", accumulate),
	jinja.NewFunc("chain(*iterables)", func(c *jinja.Call) (jinja.Value, error) {
		rest := c.Rest
		var it jinja.Iterator
		return lazy("chain", func() (jinja.Value, error) {
			for {
				if it != nil {
					if v, err := it.Next(); v != nil || err != nil {
						return v, err
					}
				}
				if len(rest) == 0 {
					return nil, nil
				}
				var err error
				if it, err = walk(rest[0]); err != nil {
					return nil, err
				}
				rest = rest[1:]
			}
		})
	}),
	jinja.NewFunc("compress(data, selectors)", func(c *jinja.Call) (jinja.Value, error) {
		data, err := walk(c.Args[0])
		if err != nil {
			return nil, err
		}
		selectors, err := walk(c.Args[1])
		if err != nil {
			return nil, err
		}
		return lazy("compress", func() (jinja.Value, error) {
			for {
				v, err := data.Next()
				if v == nil || err != nil {
					return nil, err
				}
				keep, err := selectors.Next()
				if keep == nil || err != nil {
					return nil, err
				}
				if keep.Truth() {
					return v, nil
				}
			}
		})
	}),
	jinja.NewFunc("islice(iterable, *args)", islice),
	jinja.NewFunc("starmap(function, iterable, /)", func(c *jinja.Call) (jinja.Value, error) {
		it, err := walk(c.Args[1])
		if err != nil {
			return nil, err
		}
		return lazy("starmap", func() (jinja.Value, error) {
			v, err := it.Next()
			if v == nil || err != nil {
				return nil, err
			}
			args, err := jinja.ToList(v)
			if err != nil {
				return nil, err
			}
			return c.Thread.Call(c.Args[0], args, nil)
		})
	}),
	jinja.NewFunc("tee(iterable, n=2, /)", func(c *jinja.Call) (jinja.Value, error) {
		items, err := jinja.ToList(c.Args[0])
		if err != nil {
			return nil, err
		}
		copies := jinja.Tuple{}
		for range min(c.Int(1), maxKept) {
			i := 0
			g, _ := lazy("_tee", func() (jinja.Value, error) {
				if i >= len(items) {
					return nil, nil
				}
				i++
				return items[i-1], nil
			})
			copies = append(copies, g)
		}
		return copies, nil
	}),
	jinja.NewFunc("zip_longest(*iterables, fillvalue=none)", func(c *jinja.Call) (jinja.Value, error) {
		its := make([]jinja.Iterator, len(c.Rest))
		for i, arg := range c.Rest {
			var err error
			if its[i], err = walk(arg); err != nil {
				return nil, err
			}
		}
		return lazy("zip_longest", func() (jinja.Value, error) {
			row := make(jinja.Tuple, len(its))
			some := false
			for i, it := range its {
				row[i] = c.Args[0]
				if it == nil {
					continue
				}
				v, err := it.Next()
				if err != nil {
					return nil, err
				}
				if v == nil {
					its[i] = nil
					continue
				}
				row[i], some = v, true
			}
			if !some {
				return nil, nil
			}
			return row, nil
		})
	}),
	jinja.NewFunc("product(*iterables, repeat=1)", product),
	jinja.NewFunc("permutations(iterable, r=none)", func(c *jinja.Call) (jinja.Value, error) {
		items, r, err := pool(c)
		if err != nil {
			return nil, err
		}
		return choices("permutations", items, permutations(len(items), r))
	}),
	jinja.NewFunc("combinations(iterable, r)", func(c *jinja.Call) (jinja.Value, error) {
		items, r, err := pool(c)
		if err != nil {
			return nil, err
		}
		return choices("combinations", items, combinations(len(items), r, 1))
	}),
	jinja.NewFunc("combinations_with_replacement(iterable, r)", func(c *jinja.Call) (jinja.Value, error) {
		items, r, err := pool(c)
		if err != nil {
			return nil, err
		}
		return choices("combinations_with_replacement", items, combinations(len(items), r, 0))
	}),
}

func accumulate(c *jinja.Call) (jinja.Value, error) {
	it, err := walk(c.Args[0])
	if err != nil {
		return nil, err
	}
	var total jinja.Value
	started := c.Args[2] == jinja.Value(jinja.None)
	return lazy("accumulate", func() (jinja.Value, error) {
		if !started {
			started, total = true, c.Args[2]
			return total, nil
		}
		v, err := it.Next()
		if v == nil || err != nil {
			return nil, err
		}
		switch {
		case total == nil:
			total = v
		case c.Args[1] == jinja.Value(jinja.None):
			total, err = jinja.Add(total, v)
		default:
			total, err = c.Thread.Call(c.Args[1], []jinja.Value{total, v}, nil)
		}
		return total, err
	})
}

// islice is islice(iterable, stop) or islice(iterable, start, stop[, step]).
func islice(c *jinja.Call) (jinja.Value, error) {
	it, err := walk(c.Args[0])
	if err != nil {
		return nil, err
	}
	const endless = 1<<63 - 1
	bounds := [3]int64{0, endless, 1}
	args := c.Rest
	if len(args) == 0 || len(args) > 3 {
		return nil, jinja.Raise(jinja.TypeError, "islice expected at least 2 arguments, got %d", 1+len(args))
	}
	first := 0
	if len(args) == 1 {
		first = 1
	}
	for i, arg := range args {
		if arg == jinja.Value(jinja.None) {
			continue
		}
		n, ok := arg.(jinja.Int)
		if !ok || n < 0 || i+first == 2 && n == 0 {
			return nil, jinja.Raise(jinja.ValueError, "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
		}
		bounds[i+first] = int64(n)
	}
	at, next := int64(0), bounds[0]
	return lazy("islice", func() (jinja.Value, error) {
		for {
			if next >= bounds[1] {
				return nil, nil
			}
			v, err := it.Next()
			if v == nil || err != nil {
				return nil, err
			}
			at++
			if at-1 == next {
				next += bounds[2]
				return v, nil
			}
		}
	})
}

// pool gives the items to choose from and how many to choose.
func pool(c *jinja.Call) ([]jinja.Value, int, error) {
	items, err := jinja.ToList(c.Args[0])
	if err != nil {
		return nil, 0, err
	}
	if c.Args[1] == jinja.Value(jinja.None) {
		return items, len(items), nil
	}
	r, ok := c.Args[1].(jinja.Int)
	if !ok {
		return nil, 0, jinja.Raise(jinja.TypeError, "Expected int as r")
	}
	if r < 0 {
		return nil, 0, jinja.Raise(jinja.ValueError, "r must be non-negative")
	}
	return items, int(min(r, maxKept)), nil
}

func product(c *jinja.Call) (jinja.Value, error) {
	var pools [][]jinja.Value
	for _, arg := range c.Rest {
		items, err := jinja.ToList(arg)
		if err != nil {
			return nil, err
		}
		pools = append(pools, items)
	}
	once := pools
	for range min(c.Int(0), maxKept) - 1 {
		pools = append(pools, once...)
	}
	if c.Int(0) <= 0 {
		pools = nil
	}
	places := make([]int, len(pools))
	started := false
	return lazy("product", func() (jinja.Value, error) {
		if started {
			i := len(places) - 1
			for ; i >= 0; i-- {
				if places[i]++; places[i] < len(pools[i]) {
					break
				}
				places[i] = 0
			}
			if i < 0 {
				return nil, nil
			}
		}
		started = true
		row := make(jinja.Tuple, len(pools))
		for i, p := range pools {
			if len(p) == 0 {
				return nil, nil
			}
			row[i] = p[places[i]]
		}
		return row, nil
	})
}

// combinations gives rising places; step 0 lets a place occur again.
func combinations(n, r, step int) func() ([]int, bool) {
	places := make([]int, r)
	for i := range places {
		places[i] = i * step
	}
	started := false
	return func() ([]int, bool) {
		if !started {
			started = true
			return places, r == 0 || n > 0 && places[r-1] < n
		}
		i := r - 1
		for i >= 0 && places[i] == n-1-(r-1-i)*step {
			i--
		}
		if i < 0 {
			return nil, false
		}
		places[i]++
		for j := i + 1; j < r; j++ {
			places[j] = places[j-1] + step
		}
		return places, true
	}
}

// permutations gives all orders of r of n places, in order.
func permutations(n, r int) func() ([]int, bool) {
	places := make([]int, r)
	used := make([]bool, n)
	started := false
	// fill puts the smallest free places from i on.
	fill := func(i int) {
		for p := 0; i < r; p++ {
			if !used[p] {
				places[i], used[p] = p, true
				i++
			}
		}
	}
	return func() ([]int, bool) {
		if r > n {
			return nil, false
		}
		if !started {
			started = true
			fill(0)
			return places, true
		}
		for i := r - 1; i >= 0; i-- {
			used[places[i]] = false
			for p := places[i] + 1; p < n; p++ {
				if !used[p] {
					places[i], used[p] = p, true
					fill(i + 1)
					return places, true
				}
			}
		}
		return nil, false
	}
}
