package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// dateParts are the attributes of dates and times.
func datePart(t time.Time, name string) Value {
	switch name {
	case "year":
		return Int(t.Year())
	case "month":
		return Int(t.Month())
	case "day":
		return Int(t.Day())
	}
	return nil
}

func clockPart(t time.Time, zone *Zone, name string) Value {
	switch name {
	case "hour":
		return Int(t.Hour())
	case "minute":
		return Int(t.Minute())
	case "second":
		return Int(t.Second())
	case "microsecond":
		return Int(t.Nanosecond() / 1000)
	case "fold":
		return Int(0)
	case "tzinfo":
		if zone == nil {
			return None
		}
		return zone
	}
	return nil
}

// Attr gives a part, a method, or an attribute of the class.
func (d *Date) Attr(name string) (Value, error) {
	if v := datePart(d.day, name); v != nil {
		return v, nil
	}
	return method(dateMethods, d, name), nil
}

// Attr gives a part, a method, or an attribute of the class.
func (d *DateTime) Attr(name string) (Value, error) {
	if v := datePart(d.wall, name); v != nil {
		return v, nil
	}
	if v := clockPart(d.wall, d.zone, name); v != nil {
		return v, nil
	}
	return method(dateTimeMethods, d, name), nil
}

// Attr gives a part or a method.
func (t *Time) Attr(name string) (Value, error) {
	if v := clockPart(t.clock, t.zone, name); v != nil {
		return v, nil
	}
	return method(timeMethods, t, name), nil
}

// Attr gives a part or a method.
func (d *TimeDelta) Attr(name string) (Value, error) {
	switch name {
	case "days":
		return Int(d.days), nil
	case "seconds":
		return Int(d.secs), nil
	case "microseconds":
		return Int(d.micros), nil
	}
	return method(deltaMethods, d, name), nil
}

// dated is a date or datetime.
func dated(v Value) time.Time {
	if d, ok := v.(*Date); ok {
		return d.day
	}
	return v.(*DateTime).wall
}

// isoWeekday counts from Monday, 1, to Sunday, 7.
func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// ordinal is the number of days since the day before 1 January of the year 1.
func ordinal(t time.Time) int64 {
	const unixEpoch = 719163
	return floorDiv(t.Unix(), 86400) + unixEpoch
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// calendarRows are the methods that dates and datetimes share.
func calendarRows() []row {
	return []row{
		{"weekday()", func(c *Call) (Value, error) { return Int(isoWeekday(dated(c.Self)) - 1), nil }},
		{"isoweekday()", func(c *Call) (Value, error) { return Int(isoWeekday(dated(c.Self))), nil }},
		{"isocalendar()", func(c *Call) (Value, error) {
			t := dated(c.Self)
			year, week := t.ISOWeek()
			return Tuple{Int(year), Int(week), Int(isoWeekday(t))}, nil
		}},
		{"toordinal()", func(c *Call) (Value, error) { return Int(ordinal(dated(c.Self))), nil }},
		{"timetuple()", func(c *Call) (Value, error) {
			t := dated(c.Self)
			return Tuple{Int(t.Year()), Int(t.Month()), Int(t.Day()), Int(t.Hour()), Int(t.Minute()), Int(t.Second()),
				Int(isoWeekday(t) - 1), Int(t.YearDay()), Int(-1)}, nil
		}},
		{"ctime()", func(c *Call) (Value, error) { return Str(dated(c.Self).Format(time.ANSIC)), nil }},
		{"strftime(format)", func(c *Call) (Value, error) {
			format, ok := Text(c.Args[0])
			if !ok {
				return nil, Raise(TypeError, "strftime() argument 1 must be str, not %s", c.Args[0].Type())
			}
			var zone *Zone
			if d, ok := c.Self.(*DateTime); ok {
				zone = d.zone
			}
			return Str(strftime(dated(c.Self), zone, format)), nil
		}},
	}
}

// FormatSpec formats by a strftime format.
func (d *Date) FormatSpec(spec string) (string, error) { return strftime(d.day, nil, spec), nil }

// FormatSpec formats by a strftime format.
func (d *DateTime) FormatSpec(spec string) (string, error) {
	return strftime(d.wall, d.zone, spec), nil
}

// FormatSpec formats by a strftime format.
func (t *Time) FormatSpec(spec string) (string, error) { return strftime(t.clock, t.zone, spec), nil }

// field gives argument i if it was passed, else what the value has now.
func (c *Call) field(i, now int) (int, error) {
	if !c.Given(i) {
		return now, nil
	}
	return c.intArg(i)
}

// fields reads the first arguments over the present values.
func (c *Call) fields(now ...int) ([]int, error) {
	out := make([]int, len(now))
	for i := range now {
		var err error
		if out[i], err = c.field(i, now[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkDate complains about fields that name no day.
func checkDate(y, m, d int) error {
	switch {
	case y < 1 || y > 9999:
		return Raise(ValueError, "year %d is out of range", y)
	case m < 1 || m > 12:
		return Raise(ValueError, "month must be in 1..12")
	case d < 1 || d > daysIn(y, m):
		return Raise(ValueError, "day is out of range for month")
	}
	return nil
}

func daysIn(y, m int) int { return time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day() }

func checkClock(h, m, s, us int) error {
	switch {
	case h < 0 || h > 23:
		return Raise(ValueError, "hour must be in 0..23")
	case m < 0 || m > 59:
		return Raise(ValueError, "minute must be in 0..59")
	case s < 0 || s > 59:
		return Raise(ValueError, "second must be in 0..59")
	case us < 0 || us > 999999:
		return Raise(ValueError, "microsecond must be in 0..999999")
	}
	return nil
}

func makeDate(f []int) (Value, error) {
	if err := checkDate(f[0], f[1], f[2]); err != nil {
		return nil, err
	}
	return NewDate(f[0], f[1], f[2]), nil
}

func makeDateTime(f []int, zone *Zone) (Value, error) {
	if err := checkDate(f[0], f[1], f[2]); err != nil {
		return nil, err
	}
	if err := checkClock(f[3], f[4], f[5], f[6]); err != nil {
		return nil, err
	}
	return &DateTime{wall: time.Date(f[0], time.Month(f[1]), f[2], f[3], f[4], f[5], f[6]*1000, time.UTC), zone: zone}, nil
}

func makeTime(f []int, zone *Zone) (Value, error) {
	if err := checkClock(f[0], f[1], f[2], f[3]); err != nil {
		return nil, err
	}
	return &Time{clock: time.Date(1, 1, 1, f[0], f[1], f[2], f[3]*1000, time.UTC), zone: zone}, nil
}

// zoneArg gives argument i, a zone or None.
func (c *Call) zoneArg(i int) (*Zone, error) {
	switch z := c.Args[i].(type) {
	case NoneType:
		return nil, nil
	case *Zone:
		return z, nil
	}
	return nil, Raise(TypeError, "tzinfo argument must be None or of a tzinfo subclass, not type '%s'", c.Args[i].Type())
}

var dateMethods = methods("date", append(calendarRows(),
	row{"isoformat()", func(c *Call) (Value, error) { return Str(c.Self.String()), nil }},
	row{"replace(year=0, month=0, day=0)", func(c *Call) (Value, error) {
		t := c.Self.(*Date).day
		f, err := c.fields(t.Year(), int(t.Month()), t.Day())
		if err != nil {
			return nil, err
		}
		return makeDate(f)
	}},
))

var dateTimeMethods = methods("datetime", append(calendarRows(),
	row{"date()", func(c *Call) (Value, error) {
		y, m, d := c.Self.(*DateTime).wall.Date()
		return NewDate(y, int(m), d), nil
	}},
	row{"time()", func(c *Call) (Value, error) { return NewTime(c.Self.(*DateTime).wall), nil }},
	row{"timetz()", func(c *Call) (Value, error) {
		t := NewTime(c.Self.(*DateTime).wall)
		t.zone = c.Self.(*DateTime).zone
		return t, nil
	}},
	row{"isoformat(sep='T', timespec='auto')", func(c *Call) (Value, error) {
		if _, ok := timespecs[c.Str(1)]; !ok && c.Str(1) != "auto" {
			return nil, Raise(ValueError, "Unknown timespec value")
		}
		return Str(c.Self.(*DateTime).iso(c.Str(0), c.Str(1))), nil
	}},
	row{"replace(year=0, month=0, day=0, hour=0, minute=0, second=0, microsecond=0, tzinfo=none, *, fold=0)", func(c *Call) (Value, error) {
		d := c.Self.(*DateTime)
		t := d.wall
		f, err := c.fields(t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1000)
		if err != nil {
			return nil, err
		}
		zone := d.zone
		if c.Given(7) {
			if zone, err = c.zoneArg(7); err != nil {
				return nil, err
			}
		}
		return makeDateTime(f, zone)
	}},
	row{"astimezone(tz=none)", func(c *Call) (Value, error) {
		zone, err := c.zoneArg(0)
		if err != nil {
			return nil, err
		}
		d := c.Self.(*DateTime)
		moment := d.goTime()
		if d.zone == nil {
			moment = d.local()
		}
		if zone == nil {
			_, offset := moment.In(time.Local).Zone()
			zone = fixedZone(offset)
		}
		return (&DateTime{wall: wallOf(moment.UTC()), zone: UTC}).in(zone), nil
	}},
	row{"timestamp()", func(c *Call) (Value, error) {
		d := c.Self.(*DateTime)
		t := d.goTime()
		if d.zone == nil {
			t = d.local()
		}
		return Float(float64(t.Unix()) + float64(t.Nanosecond()/1000)/1e6), nil
	}},
	row{"utcoffset()", func(c *Call) (Value, error) {
		if z := c.Self.(*DateTime).zone; z != nil {
			return NewTimeDelta(time.Duration(z.offset) * time.Second), nil
		}
		return None, nil
	}},
	row{"dst()", func(c *Call) (Value, error) { return c.Self.(*DateTime).dst(), nil }},
	row{"tzname()", func(c *Call) (Value, error) {
		if z := c.Self.(*DateTime).zone; z != nil {
			return Str(z.abbr), nil
		}
		return None, nil
	}},
	row{"utctimetuple()", func(c *Call) (Value, error) {
		t := c.Self.(*DateTime).goTime().UTC()
		return Tuple{Int(t.Year()), Int(t.Month()), Int(t.Day()), Int(t.Hour()), Int(t.Minute()), Int(t.Second()),
			Int(isoWeekday(t) - 1), Int(t.YearDay()), Int(0)}, nil
	}},
))

// local is the moment of a naive datetime in the zone of this machine.
func (d *DateTime) local() time.Time {
	w := d.wall
	return time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), time.Local)
}

var timeMethods = methods("time", []row{
	{"isoformat(timespec='auto')", func(c *Call) (Value, error) {
		if _, ok := timespecs[c.Str(0)]; !ok && c.Str(0) != "auto" {
			return nil, Raise(ValueError, "Unknown timespec value")
		}
		t := c.Self.(*Time)
		return Str(isoTime(t.clock, c.Str(0)) + isoOffset(t.zone)), nil
	}},
	{"strftime(format)", func(c *Call) (Value, error) {
		t := c.Self.(*Time)
		return Str(strftime(t.clock.AddDate(1899, 0, 0), t.zone, c.Str(0))), nil
	}},
	{"replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=none)", func(c *Call) (Value, error) {
		t := c.Self.(*Time)
		f, err := c.fields(t.clock.Hour(), t.clock.Minute(), t.clock.Second(), t.clock.Nanosecond()/1000)
		if err != nil {
			return nil, err
		}
		zone := t.zone
		if c.Given(4) {
			if zone, err = c.zoneArg(4); err != nil {
				return nil, err
			}
		}
		return makeTime(f, zone)
	}},
})

var deltaMethods = methods("timedelta", []row{
	{"total_seconds()", func(c *Call) (Value, error) {
		return divideInts(c.Self.(*TimeDelta).total(), big.NewInt(1000000))
	}},
})

// DateClass, DateTimeClass, TimeClass and TimeDeltaClass are Python's classes of
// those names in the module datetime, DecimalClass is decimal.Decimal.
var (
	DateClass = NewClass("datetime.date", NewFunc("date(year, month, day)", func(c *Call) (Value, error) {
		f, err := c.fields(0, 0, 0)
		if err != nil {
			return nil, err
		}
		return makeDate(f)
	}), map[string]Value{
		"min":        NewDate(1, 1, 1),
		"max":        NewDate(9999, 12, 31),
		"resolution": &TimeDelta{days: 1},
		"today": NewFunc("today()", func(c *Call) (Value, error) {
			y, m, d := time.Now().Date()
			return NewDate(y, int(m), d), nil
		}),
		"fromisoformat": NewFunc("fromisoformat(date_string, /)", func(c *Call) (Value, error) {
			s, ok := Text(c.Args[0])
			if !ok {
				return nil, Raise(TypeError, "fromisoformat: argument must be str")
			}
			t, _, hasTime, err := parseISO(s)
			if err != nil || hasTime {
				return nil, badISO(s)
			}
			return &Date{t}, nil
		}),
		"fromordinal": NewFunc("fromordinal(ordinal, /)", func(c *Call) (Value, error) {
			n, err := c.intArg(0)
			if err != nil {
				return nil, err
			}
			t, err := (&TimeDelta{days: int64(n) - 1}).addTo(NewDate(1, 1, 1).day, 1)
			if err != nil {
				return nil, Raise(ValueError, "ordinal must be >= 1")
			}
			return &Date{t}, nil
		}),
		"fromtimestamp": NewFunc("fromtimestamp(timestamp, /)", func(c *Call) (Value, error) {
			t, err := momentArg(c, 0)
			if err != nil {
				return nil, err
			}
			y, m, d := t.In(time.Local).Date()
			return NewDate(y, int(m), d), nil
		}),
		"fromisocalendar": NewFunc("fromisocalendar(year, week, day)", func(c *Call) (Value, error) {
			f, err := c.fields(0, 0, 0)
			if err != nil {
				return nil, err
			}
			return &Date{isoDay(f[0], f[1], f[2])}, nil
		}),
	})

	DateTimeClass = NewClass("datetime.datetime",
		NewFunc("datetime(year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=none, *, fold=0)", func(c *Call) (Value, error) {
			f, err := c.fields(0, 0, 0, 0, 0, 0, 0)
			if err != nil {
				return nil, err
			}
			zone, err := c.zoneArg(7)
			if err != nil {
				return nil, err
			}
			return makeDateTime(f, zone)
		}), map[string]Value{
			"min":        &DateTime{wall: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)},
			"max":        &DateTime{wall: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)},
			"resolution": &TimeDelta{micros: 1},
			"now":        NewFunc("now(tz=none)", nowMethod),
			"today":      NewFunc("today()", func(c *Call) (Value, error) { return NewNaive(time.Now()), nil }),
			"utcnow":     NewFunc("utcnow()", func(c *Call) (Value, error) { return NewNaive(time.Now().UTC()), nil }),
			"strptime":   NewFunc("strptime(date_string, format, /)", strptimeMethod),
			"fromisoformat": NewFunc("fromisoformat(date_string, /)", func(c *Call) (Value, error) {
				s, ok := Text(c.Args[0])
				if !ok {
					return nil, Raise(TypeError, "fromisoformat: argument must be str")
				}
				t, zone, _, err := parseISO(s)
				if err != nil {
					return nil, badISO(s)
				}
				return &DateTime{wall: t, zone: zone}, nil
			}),
			"fromtimestamp": NewFunc("fromtimestamp(timestamp, tz=none)", func(c *Call) (Value, error) {
				t, err := momentArg(c, 0)
				if err != nil {
					return nil, err
				}
				zone, err := c.zoneArg(1)
				if err != nil {
					return nil, err
				}
				if zone == nil {
					return NewNaive(t.In(time.Local)), nil
				}
				return (&DateTime{wall: wallOf(t.UTC()), zone: UTC}).in(zone), nil
			}),
			"utcfromtimestamp": NewFunc("utcfromtimestamp(timestamp, /)", func(c *Call) (Value, error) {
				t, err := momentArg(c, 0)
				return NewNaive(t.UTC()), err
			}),
			"combine": NewFunc("combine(date, time, tzinfo=none)", func(c *Call) (Value, error) {
				var day time.Time
				switch d := c.Args[0].(type) {
				case *Date:
					day = d.day
				case *DateTime:
					day = d.wall
				default:
					return nil, Raise(TypeError, "combine() argument 1 must be datetime.date, not %s", d.Type())
				}
				t, ok := c.Args[1].(*Time)
				if !ok {
					return nil, Raise(TypeError, "combine() argument 2 must be datetime.time, not %s", c.Args[1].Type())
				}
				zone := t.zone
				if c.Given(2) {
					var err error
					if zone, err = c.zoneArg(2); err != nil {
						return nil, err
					}
				}
				w := t.clock
				return &DateTime{wall: time.Date(day.Year(), day.Month(), day.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), time.UTC), zone: zone}, nil
			}),
			"fromordinal": NewFunc("fromordinal(ordinal, /)", func(c *Call) (Value, error) {
				n, err := c.intArg(0)
				if err != nil {
					return nil, err
				}
				t, err := (&TimeDelta{days: int64(n) - 1}).addTo(NewDate(1, 1, 1).day, 1)
				if err != nil {
					return nil, Raise(ValueError, "ordinal must be >= 1")
				}
				return NewNaive(t), nil
			}),
		})

	TimeClass = NewClass("datetime.time",
		NewFunc("time(hour=0, minute=0, second=0, microsecond=0, tzinfo=none, *, fold=0)", func(c *Call) (Value, error) {
			f, err := c.fields(0, 0, 0, 0)
			if err != nil {
				return nil, err
			}
			zone, err := c.zoneArg(4)
			if err != nil {
				return nil, err
			}
			return makeTime(f, zone)
		}), map[string]Value{
			"min": NewTime(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)),
			"max": NewTime(time.Date(1, 1, 1, 23, 59, 59, 999999000, time.UTC)),
			"fromisoformat": NewFunc("fromisoformat(time_string, /)", func(c *Call) (Value, error) {
				t, zone, _, err := parseISO("0001-01-01T" + c.Str(0))
				if err != nil {
					return nil, badISO(c.Str(0))
				}
				return &Time{clock: t, zone: zone}, nil
			}),
		})

	TimeDeltaClass = NewClass("datetime.timedelta",
		NewFunc("timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)", func(c *Call) (Value, error) {
			units := [...]int64{microsPerDay, 1000000, 1, 1000, 60 * 1000000, 3600 * 1000000, 7 * microsPerDay}
			total := new(big.Rat)
			for i, unit := range units {
				r, err := rationalArg(c, i)
				if err != nil {
					return nil, err
				}
				total.Add(total, r.Mul(r, new(big.Rat).SetInt64(unit)))
			}
			return deltaValue(deltaOf(roundRat(total, 0)))
		}), map[string]Value{
			"min":        &TimeDelta{days: -maxDays},
			"max":        &TimeDelta{maxDays, 86399, 999999},
			"resolution": &TimeDelta{micros: 1},
		})
)

func badISO(s string) error { return Raise(ValueError, "Invalid isoformat string: %s", Str(s).Repr()) }

// rationalArg gives argument i, a number.
func rationalArg(c *Call, i int) (*big.Rat, error) {
	names := [...]string{"days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"}
	if !isNumber(c.Args[i]) {
		return nil, Raise(TypeError, "unsupported type for timedelta %s component: %s", names[i], c.Args[i].Type())
	}
	if isNaN(c.Args[i]) {
		return nil, Raise(ValueError, "cannot convert float NaN to integer")
	}
	r, inf := exact(c.Args[i])
	if inf != 0 {
		return nil, Raise(OverflowError, "cannot convert float infinity to integer")
	}
	return r, nil
}

// momentArg gives argument i, seconds since 1970, as a time.
func momentArg(c *Call, i int) (time.Time, error) {
	x, ok, err := toFloat(c.Args[i])
	switch {
	case err != nil:
		return time.Time{}, err
	case !ok:
		return time.Time{}, Raise(TypeError, "'%s' object cannot be interpreted as an integer", c.Args[i].Type())
	case math.Abs(x) > 253402300799:
		return time.Time{}, Raise(ValueError, "year is out of range")
	}
	whole := math.Floor(x)
	return time.Unix(int64(whole), int64(math.RoundToEven((x-whole)*1e6))*1000), nil
}

func nowMethod(c *Call) (Value, error) {
	zone, err := c.zoneArg(0)
	switch {
	case err != nil:
		return nil, err
	case zone == nil:
		return NewNaive(time.Now()), nil
	}
	return (&DateTime{wall: wallOf(time.Now().UTC()), zone: UTC}).in(zone), nil
}

// parseISO reads YYYY-MM-DD[T]HH:MM[:SS[.ffffff]][offset], with or without the
// separators.
func parseISO(s string) (t time.Time, zone *Zone, hasTime bool, err error) {
	day, rest := s, ""
	if week, after, ok := isoWeekDate(s); ok {
		if day, rest = week, after; rest != "" {
			return parseISO(week + rest)
		}
	}
	for _, n := range []int{10, 8} {
		if len(s) > n && (n == 8) == !strings.Contains(s[:min(len(s), 10)], "-") {
			day, rest, hasTime = s[:n], s[n+1:], true
		}
	}
	layout := "2006-01-02"
	if !strings.Contains(day, "-") {
		layout = "20060102"
	}
	if t, err = time.Parse(layout, day); err != nil || !hasTime {
		return t, nil, hasTime, err
	}
	if i := strings.IndexAny(rest, "+-Z"); i >= 0 {
		offset, ok := parseOffset(rest[i:])
		if !ok {
			return t, nil, true, Raise(ValueError, "bad offset")
		}
		zone, rest = fixedZone(offset), rest[:i]
	}
	rest = strings.ReplaceAll(rest, ",", ".")
	for _, layout := range []string{"15", "15:04", "15:04:05", "1504", "150405"} {
		clock, fail := time.Parse(layout, rest)
		if fail == nil {
			return t.Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute +
				time.Duration(clock.Second())*time.Second + time.Duration(clock.Nanosecond()/1000)*time.Microsecond), zone, true, nil
		}
	}
	return t, nil, true, Raise(ValueError, "bad time")
}

// isoWeekDate turns YYYY-Www[-D] or YYYYWww[D] at the start of s into the date it
// means, and gives what follows it.
func isoWeekDate(s string) (date, rest string, ok bool) {
	w := strings.IndexByte(s, 'W')
	if w != 4 && !(w == 5 && s[4] == '-') || len(s) < w+3 {
		return "", s, false
	}
	year, err1 := strconv.Atoi(s[:4])
	week, err2 := strconv.Atoi(s[w+1 : w+3])
	rest, day := s[w+3:], 1
	if digits := strings.TrimPrefix(rest, s[4:w]); digits != rest || w == 4 {
		if digits != "" && isDigit(digits[0]) {
			day, rest = int(digits[0]-'0'), digits[1:]
		}
	}
	if err1 != nil || err2 != nil || day < 1 || day > 7 || week < 1 || week > 53 {
		return "", s, false
	}
	return isoDay(year, week, day).Format("2006-01-02"), rest, true
}

// isoDay is a day of a week of a year.
func isoDay(year, week, day int) time.Time {
	jan4 := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	return jan4.AddDate(0, 0, (week-1)*7+day-isoWeekday(jan4))
}

// parseOffset reads Z, +HHMM, +HH:MM or +HH:MM:SS.
func parseOffset(s string) (int, bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) < 3 {
		return 0, false
	}
	digits := strings.ReplaceAll(s[1:], ":", "")
	if len(digits) == 2 {
		digits += "00"
	}
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits)%2 != 0 || len(digits) > 6 {
		return 0, false
	}
	if len(digits) == 4 {
		n *= 100
	}
	offset := n/10000*3600 + n/100%100*60 + n%100
	if s[0] == '-' {
		offset = -offset
	}
	return offset, s[0] == '-' || s[0] == '+'
}

// strftime formats as C does, in English.
func strftime(t time.Time, zone *Zone, format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		flag := byte(0)
		if strings.IndexByte("-_0^#", format[i]) >= 0 && i+1 < len(format) {
			flag = format[i]
			i++
		}
		width := 0
		for isDigit(format[i]) && i+1 < len(format) && width < 100 {
			width = width*10 + int(format[i]-'0')
			i++
		}
		s, ok := timePart(t, zone, format[i])
		if !ok {
			b.WriteByte('%')
			if flag != 0 {
				b.WriteByte(flag)
			}
			b.WriteByte(format[i])
			continue
		}
		b.WriteString(widened(flagged(s, flag), flag, width))
	}
	return b.String()
}

// flagged applies glibc's flags: - no padding, _ blanks, ^ capitals.
func flagged(s string, flag byte) string {
	switch flag {
	case '-', '_':
		short := strings.TrimLeft(s, "0 ")
		if short == "" || !isDigit(short[0]) {
			short = s[len(s)-1:]
			if !isDigit(short[0]) {
				return s
			}
		}
		if flag == '_' {
			return strings.Repeat(" ", len(s)-len(short)) + short
		}
		return short
	case '^':
		return strings.ToUpper(s)
	}
	return s
}

// widened fills a number with zeros, a text with blanks.
func widened(s string, flag byte, width int) string {
	missing := width - len(s)
	if missing <= 0 || s == "" {
		return s
	}
	if flag == '_' || flag != '0' && !isDigit(s[0]) {
		return strings.Repeat(" ", missing) + s
	}
	return strings.Repeat("0", missing) + s
}

func timePart(t time.Time, zone *Zone, c byte) (string, bool) {
	two := func(n int) string { return fmt.Sprintf("%02d", n) }
	hour12 := (t.Hour()+11)%12 + 1
	year, week := t.ISOWeek()
	switch c {
	case 'Y':
		return strconv.Itoa(t.Year()), true
	case 'y':
		return two(t.Year() % 100), true
	case 'C':
		return strconv.Itoa(t.Year() / 100), true
	case 'm':
		return two(int(t.Month())), true
	case 'd':
		return two(t.Day()), true
	case 'e':
		return fmt.Sprintf("%2d", t.Day()), true
	case 'H':
		return two(t.Hour()), true
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'I':
		return two(hour12), true
	case 'l':
		return fmt.Sprintf("%2d", hour12), true
	case 'M':
		return two(t.Minute()), true
	case 'S':
		return two(t.Second()), true
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000), true
	case 'p':
		return t.Format("PM"), true
	case 'P':
		return t.Format("pm"), true
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case 'a':
		return t.Format("Mon"), true
	case 'A':
		return t.Format("Monday"), true
	case 'b', 'h':
		return t.Format("Jan"), true
	case 'B':
		return t.Format("January"), true
	case 'U':
		return two((t.YearDay() + 6 - int(t.Weekday())) / 7), true
	case 'W':
		return two((t.YearDay() + 6 - (isoWeekday(t) - 1)) / 7), true
	case 'w':
		return strconv.Itoa(int(t.Weekday())), true
	case 'u':
		return strconv.Itoa(isoWeekday(t)), true
	case 'V':
		return two(week), true
	case 'G':
		return strconv.Itoa(year), true
	case 'g':
		return two(year % 100), true
	case 'Z':
		if zone == nil {
			return "", true
		}
		return zone.abbr, true
	case 'z':
		if zone == nil {
			return "", true
		}
		return offsetText(zone.offset, ""), true
	case 'c':
		return t.Format("Mon Jan _2 15:04:05 ") + strconv.Itoa(t.Year()), true
	case 'x', 'D':
		return t.Format("01/02/06"), true
	case 'X', 'T':
		return t.Format("15:04:05"), true
	case 'R':
		return t.Format("15:04"), true
	case 'r':
		return t.Format("03:04:05 PM"), true
	case 'F':
		return strconv.Itoa(t.Year()) + t.Format("-01-02"), true
	case 's':
		return strconv.FormatInt(t.Unix(), 10), true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case '%':
		return "%", true
	}
	return "", false
}

func strptimeMethod(c *Call) (Value, error) {
	for i := range 2 {
		if _, ok := Text(c.Args[i]); !ok {
			return nil, Raise(TypeError, "strptime() argument %d must be str, not %s", i+1, c.Args[i].Type())
		}
	}
	p := timeParser{text: c.Str(0), format: c.Str(1), year: 1900, month: 1, day: 1}
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.value()
}

// timeParser reads a text by a format.
type timeParser struct {
	text, format string
	pos          int

	year, month, day, hour, minute, second, micro int
	yearDay                                       int
	hour12, pm, hasPM                             bool
	zone                                          *Zone
}

func (p *timeParser) mismatch() error {
	return Raise(ValueError, "time data %s does not match format %s", Str(p.text).Repr(), Str(p.format).Repr())
}

func (p *timeParser) parse() error {
	format := expandFormat(p.format)
	for i := 0; i < len(format); i++ {
		c := format[i]
		switch {
		case c == '%' && i+1 == len(format):
			return Raise(ValueError, "stray %% in format %s", Str(p.format).Repr())
		case c == '%':
			i++
			ok, err := p.directive(format[i])
			if err != nil {
				return err
			}
			if !ok {
				return p.mismatch()
			}
		case isSpace(rune(c)):
			start := p.pos
			p.blanks()
			if p.pos == start {
				return p.mismatch()
			}
			for i+1 < len(format) && isSpace(rune(format[i+1])) {
				i++
			}
		case p.pos < len(p.text) && strings.EqualFold(p.text[p.pos:p.pos+1], string(c)):
			p.pos++
		default:
			return p.mismatch()
		}
	}
	if p.pos < len(p.text) {
		return Raise(ValueError, "unconverted data remains: %s", p.text[p.pos:])
	}
	return nil
}

// expandFormat spells out the directives that stand for several.
func expandFormat(format string) string {
	return strings.NewReplacer("%%", "%%", "%c", "%a %b %d %H:%M:%S %Y", "%x", "%m/%d/%y", "%X", "%H:%M:%S").Replace(format)
}

func (p *timeParser) blanks() {
	for p.pos < len(p.text) && isSpace(rune(p.text[p.pos])) {
		p.pos++
	}
}

// number reads up to width digits, as many as keep it within the range.
func (p *timeParser) number(width, low, high int) (int, bool) {
	end := p.pos
	for end < len(p.text) && end-p.pos < width && isDigit(p.text[end]) {
		end++
	}
	for ; end > p.pos; end-- {
		if n, _ := strconv.Atoi(p.text[p.pos:end]); n >= low && n <= high {
			p.pos = end
			return n, true
		}
	}
	return 0, false
}

// name reads one of the names, the longest that fits, and gives its number from 0.
func (p *timeParser) name(names []string) (int, bool) {
	best := -1
	for i, name := range names {
		if len(p.text)-p.pos >= len(name) && strings.EqualFold(p.text[p.pos:p.pos+len(name)], name) &&
			(best < 0 || len(name) > len(names[best])) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	p.pos += len(names[best])
	return best, true
}

var (
	monthNames = strings.Fields("January February March April May June July August September October November December")
	monthAbbrs = strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
	dayNames   = strings.Fields("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
	dayAbbrs   = strings.Fields("Mon Tue Wed Thu Fri Sat Sun")
)

func (p *timeParser) directive(c byte) (ok bool, err error) {
	switch c {
	case 'Y':
		start := p.pos
		p.year, ok = p.number(4, 0, 9999)
		ok = ok && p.pos-start == 4
	case 'y':
		start := p.pos
		p.year, ok = p.number(2, 0, 99)
		ok = ok && p.pos-start == 2
		if p.year += 1900; p.year < 1969 {
			p.year += 100
		}
	case 'm':
		p.month, ok = p.number(2, 1, 12)
	case 'd':
		if p.pos < len(p.text) && p.text[p.pos] == ' ' {
			p.pos++
		}
		p.day, ok = p.number(2, 1, 31)
	case 'H':
		p.hour, ok = p.number(2, 0, 23)
	case 'I':
		p.hour, ok = p.number(2, 1, 12)
		p.hour12 = true
	case 'M':
		p.minute, ok = p.number(2, 0, 59)
	case 'S':
		p.second, ok = p.number(2, 0, 61)
	case 'f':
		start := p.pos
		if p.micro, ok = p.number(6, 0, 999999); ok {
			for range 6 - (p.pos - start) {
				p.micro *= 10
			}
		}
	case 'j':
		p.yearDay, ok = p.number(3, 1, 366)
	case 'p':
		var n int
		n, ok = p.name([]string{"AM", "PM"})
		p.pm, p.hasPM = n == 1, true
	case 'B':
		p.month, ok = p.name(monthNames)
		p.month++
	case 'b':
		p.month, ok = p.name(monthAbbrs)
		p.month++
	case 'A':
		_, ok = p.name(dayNames)
	case 'a':
		_, ok = p.name(dayAbbrs)
	case 'w':
		_, ok = p.number(1, 0, 6)
	case 'u':
		_, ok = p.number(1, 1, 7)
	case 'U', 'W':
		_, ok = p.number(2, 0, 53)
	case 'z':
		ok = p.offset()
	case 'Z':
		_, ok = p.name([]string{"UTC", "GMT"})
	case '%':
		if ok = p.pos < len(p.text) && p.text[p.pos] == '%'; ok {
			p.pos++
		}
	default:
		return false, Raise(ValueError, "'%c' is a bad directive in format %s", c, Str(p.format).Repr())
	}
	return ok, nil
}

// offset reads Z, +HHMM or +HH:MM[:SS].
func (p *timeParser) offset() bool {
	rest := p.text[p.pos:]
	for _, n := range []int{9, 7, 6, 5, 1} {
		if len(rest) < n {
			continue
		}
		if strings.Trim(rest[:n], "0123456789:+-Z") != "" {
			continue
		}
		if offset, ok := parseOffset(rest[:n]); ok {
			p.pos += n
			p.zone = fixedZone(offset)
			return true
		}
	}
	return false
}

func (p *timeParser) value() (Value, error) {
	if p.hour12 {
		p.hour %= 12
		if p.pm {
			p.hour += 12
		}
	}
	if p.yearDay > 0 {
		t := time.Date(p.year, 1, p.yearDay, 0, 0, 0, 0, time.UTC)
		p.month, p.day = int(t.Month()), t.Day()
	}
	return makeDateTime([]int{p.year, p.month, p.day, p.hour, p.minute, p.second, p.micro}, p.zone)
}
