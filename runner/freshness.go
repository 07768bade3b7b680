package runner

import (
	"cmp"
	"errors"

	"weft/compiler/artifact"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// freshness looks how old a source is and judges that.
func (r *run) freshness(n *manifest.Node, res *artifact.Result, conn *scope.Conn, thread string) error {
	now := r.o.Now()
	res.Timing = append(res.Timing, artifact.Timing{Name: "compile", Start: now, End: now})
	t := artifact.Timing{Name: "execute", Start: now}
	c := r.shared.NewContext(r.ctx, scope.Run, n, conn)
	c.ThreadID = thread
	loaded, err := c.Freshness()
	t.End = r.o.Now()
	res.Timing = append(res.Timing, t)
	if err != nil {
		return asked(err, n, conn)
	}
	res.Response = loaded.Response
	res.Freshness = artifact.NewFreshness(loaded.Max, loaded.At, n.Source.Freshness)
	switch {
	case tooOld(n, "error_after", res.Freshness.Age):
		res.Status = artifact.Errored
	case tooOld(n, "warn_after", res.Freshness.Age):
		res.Status = artifact.Warned
	default:
		res.Status = artifact.Passed
	}
	return nil
}

// asked leaves of an error of the warehouse its words only: the macro that sent the
// question is not what is wrong.
func asked(err error, n *manifest.Node, conn *scope.Conn) error {
	var se *source.Error
	if conn.LastError == nil || !errors.As(err, &se) || !errors.Is(err, conn.LastError) {
		return err
	}
	return &source.Error{Class: cmp.Or(se.Class, source.Runtime), Node: n.Describe(), Msg: se.Msg, Err: se.Err}
}

// tooOld says whether an age in seconds is over one of a source's two limits.
func tooOld(n *manifest.Node, limit string, age float64) bool {
	seconds, ok := limitOf(n, limit)
	return ok && age > seconds
}

// limitOf gives a limit of a source in seconds, if there is one.
func limitOf(n *manifest.Node, limit string) (float64, bool) {
	d, _ := n.Source.Freshness.(*jinja.Dict)
	if d == nil {
		return 0, false
	}
	v, _ := d.GetStr(limit)
	one, _ := v.(*jinja.Dict)
	if one == nil {
		return 0, false
	}
	period, _ := one.GetStr("period")
	unit := map[jinja.Value]float64{jinja.Str("minute"): 60, jinja.Str("hour"): 3600, jinja.Str("day"): 86400}[period]
	v, _ = one.GetStr("count")
	count, ok := v.(jinja.Int)
	return float64(count) * unit, ok && unit > 0
}

// HasFreshness says whether a source has a limit to its age.
func HasFreshness(n *manifest.Node) bool {
	if n.Source == nil {
		return false
	}
	_, warns := limitOf(n, "warn_after")
	_, errs := limitOf(n, "error_after")
	return warns || errs
}
