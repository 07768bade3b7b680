package artifact

import (
	"path/filepath"
	"time"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// Status is what became of a node.
type Status string

// The statuses, as dbt words them.
const (
	Success Status = "success"
	Errored Status = "error"
	Skipped Status = "skipped"
	Passed  Status = "pass"
	Failed  Status = "fail"
	Warned  Status = "warn"
	NoOp    Status = "no-op"

	// RuntimeErr is a source whose age could not be found out.
	RuntimeErr Status = "runtime error"
)

// Result is the outcome of one node.
type Result struct {
	Node     *manifest.Node
	ID       string // of the node, or of a macro that was run
	Status   Status
	Message  string // empty for none
	Failures *int
	Response *jinja.Dict // adapter_response; nil for none
	Thread   string
	Timing   []Timing
	Seconds  float64
	Compiled *Compiled
	Relation string

	// Freshness is what is known of the age of a source.
	Freshness *Freshness

	// HasCode says that the kind of node has compiled code at all.
	HasCode bool
}

// Timing is one phase of a node.
type Timing struct {
	Name       string
	Start, End time.Time
}

// Bad says that the outcome makes the command fail.
func (s Status) Bad() bool { return s == Errored || s == Failed || s == Skipped || s == RuntimeErr }

// WriteResults writes run_results.json. args are the flags of the invocation.
func WriteResults(dir string, results []*Result, meta Metadata, args *jinja.Dict, elapsed time.Duration) error {
	return writeFile(filepath.Join(dir, "run_results.json"), func(e *encoder) {
		e.open('{')
		e.metadata(meta, "run-results/v6", nil)
		e.list("results", func() {
			for _, r := range results {
				e.sep()
				e.result(r)
			}
		})
		e.float("elapsed_time", elapsed.Seconds())
		e.val("args", args)
		e.close('}')
	})
}

func (e *encoder) result(r *Result) {
	e.open('{')
	e.str("status", string(r.Status))
	e.timing(r.Timing)
	e.str("thread_id", r.Thread)
	e.float("execution_time", r.Seconds)
	e.key("adapter_response")
	if r.Response == nil {
		e.lit("{}")
	} else {
		e.value(r.Response)
	}
	e.opt("message", r.Message)
	if r.Failures == nil {
		e.raw("failures", "null")
	} else {
		e.val("failures", jinja.Int(*r.Failures))
	}
	e.str("unique_id", r.ID)
	switch {
	case !r.HasCode:
		e.raw("compiled", "null")
		e.raw("compiled_code", "null")
	case r.Compiled == nil:
		e.bool("compiled", false)
		e.raw("compiled_code", "null")
	default:
		e.bool("compiled", true)
		e.str("compiled_code", r.Compiled.Code)
	}
	e.opt("relation_name", r.Relation)
	e.raw("batch_results", "null")
	e.close('}')
}

func (e *encoder) timing(list []Timing) {
	e.list("timing", func() {
		for _, t := range list {
			e.sep()
			e.open('{')
			e.str("name", t.Name)
			e.str("started_at", Time(t.Start))
			e.str("completed_at", Time(t.End))
			e.close('}')
		}
	})
}
