package artifact

import (
	"time"

	"weft/compiler/jinja"
)

// Freshness is how old a source is.
type Freshness struct {
	MaxLoaded, At time.Time
	Age           float64     // seconds
	Criteria      jinja.Value // the source's freshness
}

// NewFreshness reckons the age, which may be more than a Duration can hold.
func NewFreshness(loaded, at time.Time, criteria jinja.Value) *Freshness {
	return &Freshness{MaxLoaded: loaded, At: at, Age: float64(at.UnixMicro()-loaded.UnixMicro()) / 1e6, Criteria: criteria}
}

// WriteFreshness writes sources.json (v3) to a path. Sources that could not be asked
// are not in it, as dbt has it.
func WriteFreshness(path string, results []*Result, meta Metadata, elapsed time.Duration) error {
	return writeFile(path, func(e *encoder) {
		e.open('{')
		e.metadata(meta, "sources/v3", nil)
		e.list("results", func() {
			for _, r := range results {
				if r.Freshness == nil {
					continue
				}
				e.sep()
				e.open('{')
				e.str("unique_id", r.ID)
				e.str("max_loaded_at", isoTime(r.Freshness.MaxLoaded))
				e.str("snapshotted_at", isoTime(r.Freshness.At))
				e.float("max_loaded_at_time_ago_in_s", r.Freshness.Age)
				e.str("status", string(r.Status))
				e.val("criteria", r.Freshness.Criteria)
				e.val("adapter_response", r.Response)
				e.timing(r.Timing)
				e.str("thread_id", r.Thread)
				e.float("execution_time", r.Seconds)
				e.close('}')
			}
		})
		e.float("elapsed_time", elapsed.Seconds())
		e.close('}')
	})
}

// isoTime is a moment as Python's isoformat has it in UTC.
func isoTime(t time.Time) string {
	layout := "2006-01-02T15:04:05.000000+00:00"
	if t.Nanosecond()/1000 == 0 {
		layout = "2006-01-02T15:04:05+00:00"
	}
	return t.UTC().Format(layout)
}
