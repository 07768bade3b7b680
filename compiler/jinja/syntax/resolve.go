package syntax

import "weft/compiler/source"

// scope is a region whose assignments do not leak. A for loop, a with, and each
// block that captures text has one; if has none. fn is the function that holds
// the scope's slots.
type scope struct {
	outer *scope
	fn    *function
	names map[string]int32
	loads []uint64 // the host's names that the scope has read, as bits by their index
	loop  *For     // set in the body of a loop, for the name "loop"
	inner []func() // the scopes inside, which come when this one is known
}

// function is a Func in the making.
type function struct {
	level int
	out   *Func
	macro *Macro // for the special names caller, varargs and kwargs
	block bool   // a block, which sees the host's names where the template has not bound them yet
}

// resolver walks the tree once after parsing and gives every name its place.
//
// Jinja2 finds out what a scope binds before it looks at the scopes inside, and so
// do we: those are put off until their surroundings are known. Names that a scope
// binds but that are not set yet have a second place to look, Slot.Else, which is
// the variable around if there is one. If there is none, it is the host's name,
// but only if the scope reads the name before it binds it, or binds it inside of
// an if; otherwise the name is undefined until it is bound.
type resolver struct {
	p       *parser
	t       *Template
	globals map[string]int32
	scope   *scope
	guard   int // how many ifs of the scope are around
	loops   int // how many loops of the function are around
	depth   int // of the tree of the function
}

func resolve(p *parser, t *Template) {
	r := &resolver{p: p, t: t}
	r.scope = &scope{fn: &function{out: &t.Func}}
	r.finish(r.scope, func() { r.stmts(t.Body) })
}

// finish resolves body as what s holds, and then the scopes inside of s, those
// too that are added meanwhile.
func (r *resolver) finish(s *scope, body func()) {
	was := *r
	r.scope, r.guard = s, 0
	body()
	for len(s.inner) > 0 {
		todo := s.inner
		s.inner = nil
		for _, f := range todo {
			f()
		}
	}
	r.scope, r.guard, r.loops, r.depth = was.scope, was.guard, was.loops, was.depth
}

// function puts off body, which is a function of its own that sees outer.
func (r *resolver) function(outer *scope, out *Func, m *Macro, body func()) {
	outer.inner = append(outer.inner, func() {
		was := *r
		r.loops, r.depth = 0, 0
		fn := &function{level: outer.fn.level + 1, out: out, macro: m}
		r.finish(&scope{outer: outer, fn: fn}, body)
		r.loops, r.depth = was.loops, was.depth
	})
}

// within puts off body, which is a scope of its own in the same function.
func (r *resolver) within(body func()) {
	s := &scope{outer: r.scope, fn: r.scope.fn}
	loops, depth := r.loops, r.depth
	r.scope.inner = append(r.scope.inner, func() {
		r.loops, r.depth = loops, depth
		r.finish(s, body)
	})
}

func (r *resolver) fail(pos source.Pos, format string, args ...any) { r.p.failAt(pos, format, args...) }

// slot makes a variable of the scope.
func (s *scope) slot(name string, otherwise Ref) int32 {
	n := int32(len(s.fn.out.Slots))
	s.fn.out.Slots = append(s.fn.out.Slots, Slot{name, otherwise})
	if s.names == nil {
		s.names = map[string]int32{}
	}
	s.names[name] = n
	return n
}

// store gives the slot of a name that the present scope binds.
func (r *resolver) store(n *Name) {
	s := r.scope
	slot, ok := s.names[n.Name]
	if !ok {
		otherwise, found := r.local(s.outer, s.fn, n.Name)
		if !found && (r.guard > 0 || r.reads(s, n.Name)) {
			otherwise = Ref{Where: Global, Slot: r.global(n.Name)}
		}
		slot = s.slot(n.Name, otherwise)
	}
	n.Ref = Ref{Where: Local, Slot: slot}
}

// reads reports whether s or a scope around it has read the host's name.
func (r *resolver) reads(s *scope, name string) bool {
	i, ok := r.known(name)
	for ; ok && s != nil; s = s.outer {
		if int(i/64) < len(s.loads) && s.loads[i/64]&(1<<(i%64)) != 0 {
			return true
		}
	}
	return false
}

// load gives the place of a name that is read.
func (r *resolver) load(n *Name) {
	ref, ok := r.local(r.scope, r.scope.fn, n.Name)
	switch {
	case ok:
		n.Ref = ref
	case n.Name == "self":
		n.Ref = Ref{Where: Self}
	default:
		i := r.global(n.Name)
		n.Ref = Ref{Where: Global, Slot: i}
		s := r.scope
		for len(s.loads) <= int(i/64) {
			s.loads = append(s.loads, 0)
		}
		s.loads[i/64] |= 1 << (i % 64)
	}
}

// local looks for a variable from scope s outwards; the place is as seen from fn.
func (r *resolver) local(s *scope, fn *function, name string) (Ref, bool) {
	inBlock := false
	for ; s != nil; s = s.outer {
		slot, ok := s.names[name]
		if v := s.fn.out.Slots; ok && inBlock && v[slot].Else.Where == Nowhere {
			v[slot].Else = Ref{Where: Global, Slot: r.global(name)}
		}
		inBlock = inBlock || s.fn.block
		if !ok && name == "loop" && s.loop != nil {
			slot, ok = s.slot(name, Ref{}), true
			s.loop.Loop = slot
		}
		if !ok {
			slot, ok = r.special(s, name)
		}
		if ok {
			return Ref{Local, uint16(fn.level - s.fn.level), slot}, true
		}
	}
	return Ref{}, false
}

// special gives the slot of caller, varargs or kwargs where s is the outermost
// scope of a macro. Mentioning the name is what makes the macro accept it.
func (r *resolver) special(s *scope, name string) (int32, bool) {
	m := s.fn.macro
	if m == nil || s.outer != nil && s.outer.fn == s.fn {
		return 0, false
	}
	var at *int32
	switch name {
	case "caller":
		at = &m.Caller
	case "varargs":
		at = &m.Varargs
	case "kwargs":
		at = &m.Kwargs
	default:
		return 0, false
	}
	*at = s.slot(name, Ref{})
	// Jinja2 goes by what stands anywhere in a body, in the bodies inside it too.
	r.local(s.outer, s.fn, name)
	return *at, true
}

func (r *resolver) global(name string) int32 {
	if i, ok := r.known(name); ok {
		return i
	}
	i := int32(len(r.t.Globals))
	r.t.Globals = append(r.t.Globals, name)
	switch {
	case r.globals != nil:
		r.globals[name] = i
	case len(r.t.Globals) > fewGlobals:
		r.globals = map[string]int32{}
		for i, g := range r.t.Globals {
			r.globals[g] = int32(i)
		}
	}
	return i
}

// fewGlobals is how many names of the host are looked through without a map.
const fewGlobals = 12

// known finds a name of the host that was read before.
func (r *resolver) known(name string) (int32, bool) {
	if r.globals != nil {
		i, ok := r.globals[name]
		return i, ok
	}
	for i, g := range r.t.Globals {
		if g == name {
			return int32(i), true
		}
	}
	return 0, false
}

func (r *resolver) stmts(list []Stmt) {
	r.deeper()
	for _, s := range list {
		r.stmt(s)
	}
	r.depth--
}

// deeper counts how deep the tree of the function is.
func (r *resolver) deeper() {
	r.depth++
	out := r.scope.fn.out
	out.Height = max(out.Height, r.depth)
}

func (r *resolver) stmt(s Stmt) {
	switch s := s.(type) {
	case *Text:
	case *Output:
		r.expr(s.X)
	case *If:
		r.guard++
		r.expr(s.Cond)
		r.stmts(s.Then)
		r.stmts(s.Else)
		r.guard--
	case *For:
		r.loop(s)
	case *Set:
		r.expr(s.Value)
		r.target(s.Target)
	case *SetBlock:
		r.target(s.Target)
		r.within(func() {
			r.stmts(s.Body)
			r.filter(s.Filter)
		})
	case *Do:
		r.expr(s.X)
	case *With:
		for _, v := range s.Values {
			r.expr(v)
		}
		r.within(func() {
			for _, t := range s.Targets {
				r.target(t)
			}
			r.stmts(s.Body)
		})
	case *FilterBlock:
		r.within(func() {
			r.filter(s.Filter)
			r.stmts(s.Body)
		})
	case *CallBlock:
		r.expr(s.Call)
		r.macro(s.Body)
	case *Break:
		if r.loops == 0 {
			r.fail(s.Pos, "'break' outside loop")
		}
	case *Continue:
		if r.loops == 0 {
			r.fail(s.Pos, "'continue' not properly in loop")
		}
	case *Block:
		r.block(s)
	case *Autoescape:
		r.expr(s.On)
		r.within(func() { r.stmts(s.Body) })
	case *Load:
		r.expr(s.X)
		for _, n := range s.Targets {
			r.store(n)
		}
	case *Macro:
		r.store(s.Target)
		r.macro(s)
	}
}

func (r *resolver) filter(f *Filter) {
	if f != nil {
		r.expr(f)
	}
}

// loop resolves a for. A recursive one is a function, which is entered again for
// each level.
func (r *resolver) loop(f *For) {
	r.expr(f.Iter)
	rounds := func() {
		r.loopBody(f)
		if f.Else != nil {
			r.within(func() { r.stmts(f.Else) })
		}
	}
	if !f.Recursive {
		rounds()
		return
	}
	f.Func = new(Func)
	r.function(r.scope, f.Func, nil, rounds)
}

func (r *resolver) loopBody(f *For) {
	if f.Cond != nil {
		// The condition sees the outer "loop", and variables of its own: it may be
		// asked about the next item while the body is still busy with this one.
		r.within(func() {
			f.CondTarget = copyTarget(f.Target)
			r.target(f.CondTarget)
			r.expr(f.Cond)
		})
	}
	s := &scope{outer: r.scope, fn: r.scope.fn, loop: f}
	loops, depth := r.loops, r.depth
	r.scope.inner = append(r.scope.inner, func() {
		out := s.fn.out
		f.First = int32(len(out.Slots))
		r.loops, r.depth = loops+1, depth
		r.finish(s, func() {
			if f.Recursive {
				r.local(s, s.fn, "loop")
			}
			r.target(f.Target)
			r.stmts(f.Body)
		})
		f.Last = int32(len(out.Slots))
	})
}

func copyTarget(x Expr) Expr {
	switch x := x.(type) {
	case *Name:
		n := *x
		return &n
	case *Tuple:
		t := &Tuple{Pos: x.Pos, Items: make([]Expr, len(x.Items))}
		for i, item := range x.Items {
			t.Items[i] = copyTarget(item)
		}
		return t
	}
	return x
}

// target binds the names of an assignment.
func (r *resolver) target(x Expr) {
	switch x := x.(type) {
	case *Name:
		if x.Name == "loop" {
			for s := r.scope; s != nil; s = s.outer {
				if s.loop != nil {
					r.fail(x.Pos, "Can't assign to special loop variable in for-loop target")
				}
			}
		}
		r.store(x)
	case *NSRef:
		r.load(x.Name)
	case *Tuple:
		for _, item := range x.Items {
			r.target(item)
		}
	}
}

func (r *resolver) macro(m *Macro) {
	m.Caller, m.Varargs, m.Kwargs = -1, -1, -1
	r.function(r.scope, &m.Func, m, func() {
		for _, param := range m.Params {
			if _, twice := r.scope.names[param.Name]; twice {
				r.fail(param.Pos, "duplicate argument %s in macro", quote(param.Name))
			}
			r.scope.slot(param.Name, Ref{})
			m.ExplicitCaller = m.ExplicitCaller || param.Name == "caller"
		}
		for _, param := range m.Params {
			if param.Default != nil {
				r.expr(param.Default)
			}
		}
		r.stmts(m.Body)
		if m.ExplicitCaller {
			r.explicitCaller(m)
		}
	})
}

// explicitCaller checks a parameter that is called caller: if the body has a use
// for it, it must have a default.
func (r *resolver) explicitCaller(m *Macro) {
	for _, param := range m.Params {
		if param.Name != "caller" || param.Default != nil {
			continue
		}
		Walk(m.Body, func(n any) bool {
			if x, ok := n.(*Name); ok && x.Name == "caller" {
				r.fail(param.Pos, `When defining macros or call blocks the special "caller" argument must be omitted or be given a default.`)
			}
			return true
		})
	}
}

// block resolves a named block: a function that sees the variables of the
// template, or with "scoped" those of the place it stands in.
func (r *resolver) block(b *Block) {
	outer := r.scope
	if !b.Scoped {
		for outer.outer != nil {
			outer = outer.outer
		}
	}
	r.function(outer, &b.Func, nil, func() {
		r.scope.fn.block = !b.Scoped
		r.stmts(b.Body)
	})
}

func (r *resolver) exprs(list []Expr) {
	for _, x := range list {
		r.expr(x)
	}
}

func (r *resolver) args(a *Args) {
	r.exprs(a.Args)
	for _, k := range a.Kwargs {
		r.expr(k.Value)
	}
	r.expr(a.Star)
	r.expr(a.DoubleStar)
}

// truth is Python's bool() of the literal.
func (c *Const) truth() bool {
	switch c.Kind {
	case Int:
		return c.Int != 0
	case Float:
		return c.Float != 0
	case Str:
		return c.Str != ""
	}
	return c.Kind == True || c.Kind == BigInt
}

func (r *resolver) expr(x Expr) {
	if x == nil {
		return
	}
	r.deeper()
	switch x := x.(type) {
	case *Name:
		r.load(x)
	case *List:
		r.exprs(x.Items)
	case *Tuple:
		r.exprs(x.Items)
	case *Dict:
		for _, pair := range x.Items {
			r.expr(pair.Key)
			r.expr(pair.Value)
		}
	case *Unary:
		r.expr(x.X)
	case *Binary:
		r.expr(x.X)
		r.expr(x.Y)
	case *Logic:
		r.expr(x.X)
		// true or x, false and x: what is never evaluated is not checked either.
		if c, ok := x.X.(*Const); ok && c.truth() != x.And {
			r.guard++
			r.expr(x.Y)
			r.guard--
		} else {
			r.expr(x.Y)
		}
	case *Concat:
		r.exprs(x.Items)
	case *Compare:
		r.expr(x.X)
		for _, o := range x.Rest {
			r.expr(o.X)
		}
	case *Cond:
		r.guard++
		r.expr(x.If)
		r.expr(x.Then)
		r.expr(x.Else)
		r.guard--
	case *Attr:
		r.expr(x.X)
	case *Index:
		r.expr(x.X)
		r.expr(x.Key)
	case *Slice:
		r.expr(x.Start)
		r.expr(x.Stop)
		r.expr(x.Step)
	case *Call:
		r.expr(x.Func)
		r.args(&x.Args)
	case *Filter:
		r.t.Uses[x.Use].Guarded = r.guard > 0
		r.expr(x.X)
		r.args(&x.Args)
	case *Test:
		r.t.Uses[x.Use].Guarded = r.guard > 0
		r.expr(x.X)
		r.args(&x.Args)
	}
	r.depth--
}
