package jinja

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// Globals are the names that the host gives a template. The language's own
// (range, dict, lipsum, cycler, joiner, namespace) come after them.
type Globals interface {
	Lookup(name string) (Value, bool)
}

// What one render may use. The depth is counted in calls and in levels of the
// trees that are walked, so that Go's own stack is never exhausted.
const (
	defaultSteps = 200_000_000
	maxCalls     = 500
	maxDepth     = 100_000
	maxOutput    = 256 << 20
	checkEvery   = 4096 // steps between two looks at the context
	stepBytes    = 64   // what a step may put aside
	heapLooks    = 8    // how often the heap is looked at while the template makes what it may hold
	maxHeap      = 2 << 30
)

// Thread is one render: what it has put out, the calls that are open, and what it
// may still use. It is for one goroutine. What Globals says about a name is
// remembered, so it must not change its mind during the render.
type Thread struct {
	Ctx     context.Context
	Globals Globals
	Host    any // for host functions

	name    string
	onMacro func(*Macro, int)
	out     *buffer
	spare   []*buffer
	pool    []Value // where argument lists are cut from
	cut     int     // how long it was last

	top   *unit
	units map[*syntax.Template]*unit

	calls      []call
	site       syntax.Expr // the call that is being made, and the file it is in
	siteFile   *source.File
	depth      int
	steps      int
	maxSteps   int
	bytes      int // made since the heap was looked at
	maxHeap    int
	autoescape bool
	folding    bool // constants are evaluated as Jinja2 does beforehand
}

// call is a macro call that is open, and where it was made.
type call struct {
	macro *Macro
	file  *source.File
	site  syntax.Expr
}

// NewThread makes a thread without a template, to call macros from Go.
func NewThread(ctx context.Context, o Options) *Thread {
	t := newThread(ctx, o)
	t.out = &buffer{}
	return t
}

// newThread leaves it to the caller to say where output goes.
func newThread(ctx context.Context, o Options) *Thread {
	t := &Thread{Ctx: ctx, Globals: o.Globals, Host: o.Host, name: o.Name, onMacro: o.OnMacro, maxSteps: o.Steps, maxHeap: o.Memory}
	if t.Ctx == nil {
		t.Ctx = context.Background()
	}
	if t.maxSteps <= 0 {
		t.maxSteps = defaultSteps
	}
	if t.maxHeap <= 0 {
		t.maxHeap = maxHeap
	}
	return t
}

// Step counts one unit of work. It fails when the budget is used up, and with the
// context's error soon after the context has ended. Host functions that loop may
// call it.
func (t *Thread) Step() error {
	t.steps++
	if t.steps%checkEvery != 0 && t.steps < t.maxSteps {
		return nil
	}
	return t.check()
}

func (t *Thread) check() error {
	if err := t.Ctx.Err(); err != nil {
		return err
	}
	if err := t.charge(checkEvery * stepBytes); err != nil {
		return err
	}
	if t.steps >= t.maxSteps {
		name := "the template"
		if t.name != "" {
			name = t.name
		}
		return Raise(LimitError, "%s does not seem to end: stopped after %d steps", name, t.steps)
	}
	return nil
}

// made counts the memory of a value that was just made, or may have been.
func (t *Thread) made(v Value) error {
	switch v := v.(type) {
	case Str:
		return t.sized(len(v))
	case Markup:
		return t.sized(len(v))
	case *List:
		return t.charge(16 * len(v.Items))
	case Tuple:
		return t.charge(16 * len(v))
	}
	return nil
}

// sized counts a text that was made, which also must not be too long: what shows a
// value stops there.
func (t *Thread) sized(n int) error {
	if err := checkSize(1, int64(n)); err != nil {
		return err
	}
	return t.charge(n)
}

// charge counts n bytes as used. What has been freed again is not known here, so a
// lot of bytes makes it look at the whole process.
func (t *Thread) charge(n int) error {
	if t.bytes += n; t.bytes < t.maxHeap/heapLooks {
		return nil
	}
	t.bytes = 0
	if heapSize() < t.maxHeap {
		return nil
	}
	runtime.GC() // half of it may be garbage
	if size := heapSize(); size >= t.maxHeap {
		name := "the template"
		if t.name != "" {
			name = t.name
		}
		return Raise(LimitError, "%s uses too much memory: stopped at %d MB", name, size>>20)
	}
	return nil
}

// heapSize is how many bytes the process has in objects, those not yet collected
// among them.
func heapSize() int {
	sample := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample[:])
	return int(sample[0].Value.Uint64())
}

// Stack gives the macro calls that are open, innermost first.
func (t *Thread) Stack() []source.Call {
	if len(t.calls) == 0 {
		return nil
	}
	out := make([]source.Call, 0, len(t.calls))
	for i := len(t.calls) - 1; i >= 0; i-- {
		c := t.calls[i]
		call := source.Call{Macro: c.macro.Name, Package: c.macro.Package, File: c.file}
		if c.site != nil {
			call.Span = c.site.Span()
		}
		out = append(out, call)
	}
	return out
}

// Call calls fn, which may be a macro, a Func or any other Callable.
func (t *Thread) Call(fn Value, args []Value, kwargs []Kwarg) (Value, error) {
	if c, ok := fn.(Callable); ok {
		return c.Call(t, args, kwargs)
	}
	return nil, Raise(TypeError, "'%s' object is not callable", fn.Type())
}

// enter counts a call whose tree is height deep; the caller gives the result to
// leave.
func (t *Thread) enter(height int) (int, error) {
	cost := maxDepth/maxCalls + height
	if t.depth+cost > maxDepth {
		return 0, Raise(RecursionError, "maximum recursion depth exceeded")
	}
	t.depth += cost
	return cost, t.Step()
}

func (t *Thread) leave(cost int) { t.depth -= cost }

// values gives room for n values.
func (t *Thread) values(n int) []Value {
	if n == 0 {
		return nil
	}
	if len(t.pool) < n {
		t.cut = min(max(16, 2*t.cut), 128)
		t.pool = make([]Value, max(n, t.cut))
	}
	out := t.pool[:n:n]
	t.pool = t.pool[n:]
	return out
}

// unit is a template within a render.
type unit struct {
	tmpl    *syntax.Template
	prog    *program
	globals []Value // what the host has said so far; nil where it was not asked
	root    *frame
	lenient bool
	native  bool
}

// frame holds the variables of a function that runs.
type frame struct {
	unit  *unit
	fn    *syntax.Func
	outer *frame
	slots []Value
}

// absent stands in a unit's globals for a name that the host does not have.
type absentType struct{ NoneType }

var absent Value = absentType{}

// open gives the unit of a macro's template.
func (t *Thread) open(tmpl *syntax.Template) (*unit, error) {
	if u := t.units[tmpl]; u != nil {
		return u, nil
	}
	u, err := newUnit(tmpl)
	if err != nil {
		return nil, err
	}
	if t.units == nil {
		t.units = map[*syntax.Template]*unit{}
	}
	t.units[tmpl] = u
	return u, nil
}

func newUnit(tmpl *syntax.Template) (*unit, error) {
	p := tmpl.Derive(prepare).(*program)
	if p.err != nil {
		return nil, p.err.copy()
	}
	u := &unit{tmpl: tmpl, prog: p}
	vals := make([]Value, len(tmpl.Globals)+len(tmpl.Func.Slots))
	u.globals = vals[:len(tmpl.Globals):len(tmpl.Globals)]
	u.root = &frame{unit: u, fn: &tmpl.Func, slots: vals[len(tmpl.Globals):]}
	return u, nil
}

// push makes a frame for a function that is entered from outer.
func (t *Thread) push(outer *frame, fn *syntax.Func) *frame {
	return &frame{unit: outer.unit, fn: fn, outer: outer, slots: t.values(len(fn.Slots))}
}

// lookup gives a variable, nil if it is not there.
func (t *Thread) lookup(f *frame, ref syntax.Ref) (Value, error) {
	for {
		switch ref.Where {
		case syntax.Local:
			for up := ref.Up; up > 0; up-- {
				if f = f.outer; f == nil {
					return nil, nil
				}
			}
			if int(ref.Slot) >= len(f.slots) {
				return nil, nil
			}
			if v := f.slots[ref.Slot]; v != nil {
				return v, nil
			}
			ref = f.fn.Slots[ref.Slot].Else
		case syntax.Global:
			return t.global(f.unit, ref.Slot), nil
		case syntax.Self:
			return &selfRef{f}, nil
		default:
			return nil, nil
		}
	}
}

func (t *Thread) global(u *unit, i int32) Value {
	v := u.globals[i]
	if v == nil {
		v = t.find(u.tmpl.Globals[i])
		u.globals[i] = v
	}
	if v == absent {
		return nil
	}
	return v
}

func (t *Thread) find(name string) Value {
	if t.Globals != nil {
		if v, ok := t.Globals.Lookup(name); ok {
			return v
		}
	}
	if v, ok := languageGlobals[name]; ok {
		return v
	}
	return absent
}

// returned is what return(v) unwinds with.
type returned struct{ value Value }

func (r *returned) Error() string { return r.value.String() }

// Return gives the error that a host function must give back to end the nearest
// macro call with v as its value.
func Return(v Value) error { return &returned{v} }

// fail puts a place and the open calls on an error that comes out of x.
func (t *Thread) fail(f *frame, x interface{ Span() source.Span }, err error) error {
	switch e := err.(type) {
	case *returned:
		return err
	case *Error:
		if e.Err.File == nil {
			e.Err.File, e.Err.Span = f.unit.tmpl.File, x.Span()
			if e.Err.Class == "" {
				e.Err.Class = source.Compilation
			}
			if e.Err.Calls == nil {
				e.Err.Calls = t.Stack()
			}
			if e.undefined != nil {
				e.Err.Hint = t.near(f, e.undefined)
			}
		}
		return e
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	problem := &source.Error{Msg: err.Error(), Err: err}
	if host, ok := err.(*source.Error); ok {
		problem = new(source.Error)
		*problem = *host
	}
	if problem.File == nil {
		problem.File, problem.Span = f.unit.tmpl.File, x.Span()
	}
	if problem.Calls == nil {
		problem.Calls = t.Stack()
	}
	return &Error{Kind: HostError, Err: problem}
}
