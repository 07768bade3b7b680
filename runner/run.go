package runner

import (
	"context"
	"fmt"
	"time"

	"weft/adapters"
	"weft/compiler/artifact"
	"weft/compiler/compile"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// Options are how a plan is carried out.
type Options struct {
	Command   string // which: run, build, test, …
	Threads   int
	FailFast  bool
	Warehouse adapters.Warehouse
	Compiler  *compile.Compiler
	Hooks     []*manifest.Node // on-run-start and on-run-end, in order

	// NeedStart skips all nodes when an on-run-start hook has failed.
	NeedStart bool

	// CompileOnly stops after compiling; the first error ends the run.
	CompileOnly bool

	// Named says that nodes were asked for by name, so that ephemeral models are
	// results too.
	Named bool

	// WarnIsFail makes a warning of a test a failure.
	WarnIsFail bool

	// Target is the folder that compiled/ and run/ are written in; Shown is how
	// messages name it.
	Target, Shown string

	Comment func(n *manifest.Node) (string, bool, error)
	Sent    func(n *manifest.Node, sql string)

	// Event is told what happens, from one goroutine at a time.
	Event func(Event)
	Now   func() time.Time
}

// EventKind says what an Event is about.
type EventKind uint8

// The kinds of events.
const (
	Started  EventKind = iota // a node starts
	Finished                  // a node has a result
	HookStarted
	HookFinished
	Cancelled
)

// Event is something that happened.
type Event struct {
	Kind   EventKind
	Node   *manifest.Node
	Index  int // from 1
	Total  int
	Result *artifact.Result
}

// run is the state of one Run. Everything here belongs to the goroutine that
// called Run, except what a worker is handed.
type run struct {
	base   context.Context // of the caller: for hooks, which run after a fail-fast
	ctx    context.Context // of the nodes
	cancel context.CancelFunc
	plan   *Plan
	o      Options
	shared *scope.Shared

	results []*artifact.Result // by plan number
	order   []*artifact.Result // as they ended
	skip    []bool
	because []*artifact.Result // the failed ephemeral model a node is skipped for
	index   []int
	started int
	failed  bool // fail-fast has struck
	handed  bool // the node that was next in line then has been dealt with
}

// Run builds the nodes of a plan and returns the results in the order in which
// they ended, hooks included. A failed node is a result; Run itself fails only
// where the work before the first node does (schemas, cache).
func Run(ctx context.Context, p *Plan, o Options) ([]*artifact.Result, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{
		base: ctx, ctx: inner, cancel: cancel, plan: p, o: o, shared: o.Compiler.Shared,
		results: make([]*artifact.Result, len(p.Nodes)),
		skip:    make([]bool, len(p.Nodes)),
		because: make([]*artifact.Result, len(p.Nodes)),
		index:   make([]int, len(p.Nodes)),
	}
	o.Compiler.Done = func(n *manifest.Node, c *compile.Result) error { return r.wrote(n, &artifact.Result{}, c) }
	if !o.CompileOnly {
		if err := r.prepare(); err != nil {
			return nil, err
		}
	}
	if !r.hooks("on-run-start", nil) && o.NeedStart {
		for i := range r.skip {
			r.skip[i] = true
		}
	}
	r.nodes()
	r.hooks("on-run-end", r.order)
	return r.order, nil
}

func (r *run) event(e Event) {
	if r.o.Event != nil {
		r.o.Event(e)
	}
}

// nodes is the loop that owns the ready list and the counters. Workers get a
// number and hand it back, so there is nothing to lock.
func (r *run) nodes() {
	waits := make([]int, len(r.plan.Nodes))
	ready := &queue{before: r.plan.before}
	for i := range r.plan.Nodes {
		if waits[i] = len(r.plan.waitsOn[i]); waits[i] == 0 {
			ready.push(int32(i))
		}
	}
	workers := max(1, r.o.Threads)
	done := make(chan int32)
	free := make([]int, workers)
	for i := range free {
		free[i] = workers - i
	}
	thread := make([]int, len(r.plan.Nodes))
	running := 0
	finish := func(i int32) {
		r.finish(i)
		for _, c := range r.plan.blocks[i] {
			if waits[c]--; waits[c] == 0 {
				ready.push(c)
			}
		}
	}
	for len(ready.items) > 0 || running > 0 {
		// What has ended is dealt with before anything starts, so that a failure
		// takes effect at once.
		if running > 0 {
			var i int32
			if len(ready.items) == 0 || running == workers {
				i = <-done
			} else {
				select {
				case i = <-done:
				default:
					i = -1
				}
			}
			if i >= 0 {
				running--
				free = append(free, thread[i])
				finish(i)
				continue
			}
		}
		i := ready.pop()
		n := r.plan.Nodes[i]
		if r.ctx.Err() != nil && !r.failed {
			continue // stopped from outside: start nothing more
		}
		if !n.Ephemeral() {
			r.started++
			r.index[i] = r.started
		}
		if r.failed || r.skip[i] {
			r.results[i] = r.skipped(i)
			finish(i)
			continue
		}
		if !r.quiet(n) {
			r.event(Event{Kind: Started, Node: n, Index: r.index[i], Total: r.plan.total})
		}
		running++
		thread[i] = free[len(free)-1]
		free = free[:len(free)-1]
		name := fmt.Sprintf("Thread-%d (worker)", thread[i])
		go func() {
			r.results[i] = r.exec(n, name)
			done <- i
		}()
	}
}

// failFast is the message of what a failure elsewhere kept from being done, or from
// being finished.
const failFast = "Skipping due to fail_fast"

// quiet says that a node shows no progress lines.
func (r *run) quiet(n *manifest.Node) bool {
	return r.o.CompileOnly || n.Ephemeral() || r.o.Command == "clone"
}

func (r *run) skipped(i int32) *artifact.Result {
	n := r.plan.Nodes[i]
	res := &artifact.Result{
		Node: n, ID: n.ID, Status: artifact.Skipped, HasCode: n.Kind.Info().SQL}
	if n.Kind != manifest.Seed {
		res.Relation = n.Relation
	}
	if r.failed {
		res.Message = failFast
		if !r.skip[i] && !r.handed {
			r.handed = true
			r.compiled(n, res)
		}
	} else if b := r.because[i]; b != nil {
		res.Message = fmt.Sprintf("Compilation Error in %s, caused by compilation error in referenced ephemeral model %s", n.ID, b.Node.ID)
	}
	return res
}

// compiled compiles a node that will not run. In dbt a worker has the node that is
// next in line already when it learns of a failure, and artifacts show that.
func (r *run) compiled(n *manifest.Node, res *artifact.Result) {
	conn := r.conn(n)
	defer conn.Close(r.base)
	if _, err := r.compileIn(r.base, n, res, conn); err != nil {
		res.Compiled = nil
	}
}

// finish notes a result and what must be skipped because of it.
func (r *run) finish(i int32) {
	res := r.results[i]
	n := r.plan.Nodes[i]
	if r.counts(i, res) {
		r.order = append(r.order, res)
	}
	if !r.quiet(n) || res.Status == artifact.Errored && r.o.Command != "clone" {
		r.event(Event{Kind: Finished, Node: n, Index: r.index[i], Total: r.plan.total, Result: res})
	}
	trigger := res.Status == artifact.Errored
	if r.o.Command == "build" {
		trigger = trigger || res.Status == artifact.Failed || res.Status == artifact.Skipped
	}
	if trigger {
		r.skipBelow(i, res)
	}
	// A source that could not be asked does not stop the others, not even with fail-fast.
	bad := res.Status == artifact.Errored || res.Status == artifact.Failed
	if bad && (r.o.FailFast || r.o.CompileOnly) && !r.failed {
		r.failed = true
		r.cancel()
	}
}

// counts says whether a node is a result. Ephemeral models are none, unless they
// were asked for by name, or failed with nobody to say so.
func (r *run) counts(i int32, res *artifact.Result) bool {
	if !res.Node.Ephemeral() || r.o.CompileOnly && r.o.Named {
		return true
	}
	return res.Status == artifact.Errored && (r.o.CompileOnly || len(r.plan.blocks[i]) == 0)
}

func (r *run) skipBelow(i int32, res *artifact.Result) {
	todo := []int32{i}
	for len(todo) > 0 {
		from := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, c := range r.plan.blocks[from] {
			if r.skip[c] {
				continue
			}
			r.skip[c] = true
			if res.Node.Ephemeral() && r.because[c] == nil {
				r.because[c] = res
			}
			todo = append(todo, c)
		}
	}
}

// message is an error as results and the console show it: dbt's heading, then the
// place, words and source line, indented.
func message(err error, n *manifest.Node) string {
	es := source.All(err)
	e := es[0]
	if e.Node == "" && n != nil {
		e.Node = n.Describe()
	}
	return e.Report()
}
