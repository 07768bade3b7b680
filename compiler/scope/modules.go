package scope

import (
	_ "embed"
	"strings"
	"time"
	_ "time/tzdata" // templates expect all zones, also where the system has none

	"weft/compiler/jinja"
)

// newModules makes the dict "modules": plain dicts of names.
func newModules() *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr("pytz", pytzModule())
	d.SetStr("datetime", datetimeModule())
	d.SetStr("re", reModule())
	d.SetStr("itertools", itertoolsModule())
	return d
}

func datetimeModule() *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr("date", jinja.DateClass)
	d.SetStr("datetime", jinja.DateTimeClass)
	d.SetStr("time", jinja.TimeClass)
	d.SetStr("timedelta", jinja.TimeDeltaClass)
	d.SetStr("tzinfo", tzinfoClass)
	return d
}

var tzinfoClass = jinja.NewClass("datetime.tzinfo", jinja.NewFunc("tzinfo()", func(*jinja.Call) (jinja.Value, error) {
	return nil, jinja.Raise(jinja.TypeError, "cannot create 'datetime.tzinfo' instances")
}), nil)

// zones is the names of all zones, one a line; "-" marks those that
// common_timezones leaves out. The names are those of the IANA data.
//
//go:embed zones.txt
var zones string

func pytzModule() *jinja.Dict {
	all, common := jinja.NewList(), jinja.NewList()
	for _, name := range strings.Fields(zones) {
		name, rare := strings.CutPrefix(name, "-")
		all.Append(jinja.Str(name))
		if !rare {
			common.Append(jinja.Str(name))
		}
	}
	d := jinja.NewDict()
	d.SetStr("timezone", timezoneFunc)
	d.SetStr("utc", jinja.UTC)
	for _, name := range []string{"AmbiguousTimeError", "InvalidTimeError", "NonExistentTimeError", "UnknownTimeZoneError"} {
		d.SetStr(name, exceptionClass("pytz.exceptions."+name))
	}
	d.SetStr("all_timezones", all)
	d.SetStr("all_timezones_set", setOf(all))
	d.SetStr("common_timezones", common)
	d.SetStr("common_timezones_set", setOf(common))
	d.SetStr("FixedOffset", fixedOffsetFunc)
	return d
}

func setOf(l *jinja.List) jinja.Value {
	s, err := jinja.NewSet(l.Items...)
	if err != nil {
		return jinja.None
	}
	return s
}

// exceptionClass stands for one of Python's exception classes: templates can
// name it, and calling it gives its message.
func exceptionClass(name string) *jinja.Class {
	return jinja.NewClass(name, jinja.NewFunc("__init__(*args)", func(c *jinja.Call) (jinja.Value, error) {
		if len(c.Rest) == 1 {
			return jinja.Str(c.Rest[0].String()), nil
		}
		return jinja.Str(jinja.Repr(jinja.Tuple(c.Rest))), nil
	}), nil)
}

var timezoneFunc = jinja.NewFunc("timezone(zone)", func(c *jinja.Call) (jinja.Value, error) {
	name, ok := jinja.Text(c.Args[0])
	if !ok {
		if c.Args[0] == jinja.Value(jinja.None) {
			return nil, jinja.Raise(jinja.KeyError, "None")
		}
		return nil, jinja.Raise(jinja.AttributeError, "'%s' object has no attribute 'upper'", c.Args[0].Type())
	}
	if strings.EqualFold(name, "utc") {
		return jinja.UTC, nil
	}
	for _, known := range strings.Fields(zones) {
		if known = strings.TrimPrefix(known, "-"); strings.EqualFold(known, name) {
			if loc, err := time.LoadLocation(known); err == nil {
				return jinja.NewZone(known, loc), nil
			}
		}
	}
	return nil, jinja.Raise(jinja.KeyError, "%s", jinja.Str(name).Repr())
})

var fixedOffsetFunc = jinja.NewFunc("FixedOffset(offset, _tzinfos=none)", func(c *jinja.Call) (jinja.Value, error) {
	minutes := c.Int(0)
	if minutes <= -1440 || minutes >= 1440 {
		return nil, jinja.Raise(jinja.ValueError, "('absolute offset is too large', %d)", minutes)
	}
	return jinja.FixedOffset(int(minutes)), nil
})

// notIterable says which of several arguments cannot be walked.
type notIterable struct{ v jinja.Value }

func (e *notIterable) Error() string { return "'" + e.v.Type() + "' object is not iterable" }

// iterators starts a walk of each argument.
func iterators(args []jinja.Value) ([]jinja.Iterator, error) {
	its := make([]jinja.Iterator, len(args))
	for i, arg := range args {
		it, ok := arg.(jinja.Iterable)
		if !ok {
			return nil, &notIterable{arg}
		}
		its[i] = it.Iterate()
	}
	return its, nil
}
