package jinja

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Class is a type that templates can call to make a value, with attributes of
// its own such as datetime.now. It is never changed.
type Class struct {
	Name  string // with its module
	new   *Func
	attrs map[string]Value
}

// NewClass makes a class; a call of it is a call of make.
func NewClass(name string, make *Func, attrs map[string]Value) *Class {
	return &Class{name, make, attrs}
}

func (*Class) Type() string     { return "type" }
func (*Class) Truth() bool      { return true }
func (c *Class) String() string { return "<class '" + c.Name + "'>" }

// Call makes a value.
func (c *Class) Call(t *Thread, args []Value, kwargs []Kwarg) (Value, error) {
	return c.new.Call(t, args, kwargs)
}

// Attr gives an attribute of the class.
func (c *Class) Attr(name string) (Value, error) { return c.attrs[name], nil }

// Date is Python's datetime.date.
type Date struct{ day time.Time } // midnight, UTC

// NewDate makes a date, which must exist.
func NewDate(year, month, day int) *Date {
	return &Date{time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)}
}

// Time is Python's datetime.time.
type Time struct {
	clock time.Time // on 1 January of the year 1, UTC
	zone  *Zone
}

// DateTime is Python's datetime.datetime: what clocks show, and perhaps a zone.
type DateTime struct {
	wall time.Time // the shown fields, as if in UTC
	zone *Zone     // nil for a naive one
	fold bool
}

// NewDateTime makes a datetime that knows its offset.
func NewDateTime(t time.Time) *DateTime {
	name, offset := t.Zone()
	zone := UTC
	if offset != 0 || t.Location() != time.UTC && name != "UTC" {
		zone = fixedZone(offset)
	}
	return &DateTime{wall: wallOf(t), zone: zone}
}

// NewFixed makes a datetime whose zone is datetime.timezone at t's offset, also
// for UTC.
func NewFixed(t time.Time) *DateTime {
	_, offset := t.Zone()
	return &DateTime{wall: wallOf(t), zone: fixedZone(offset)}
}

// NewNaive makes a datetime without a zone from what t shows.
func NewNaive(t time.Time) *DateTime { return &DateTime{wall: wallOf(t)} }

// NewTime makes a time of day without a zone from what t shows.
func NewTime(t time.Time) *Time {
	return &Time{clock: time.Date(1, 1, 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1000*1000, time.UTC)}
}

func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1000*1000, time.UTC)
}

// GoTime is the moment d stands for; a naive one is taken as UTC.
func (d *DateTime) goTime() time.Time {
	if d.zone == nil {
		return d.wall
	}
	return d.wall.Add(-time.Duration(d.zone.offset) * time.Second).In(time.FixedZone("", d.zone.offset))
}

// GoTime is the moment d stands for; a naive one is taken as UTC.
func (d *DateTime) GoTime() time.Time { return d.goTime() }

// GoTime is midnight of the date, UTC.
func (d *Date) GoTime() time.Time { return d.day }

func (*Date) Type() string         { return "datetime.date" }
func (*Date) Truth() bool          { return true }
func (d *Date) String() string     { return d.day.Format("2006-01-02") }
func (*DateTime) Type() string     { return "datetime.datetime" }
func (*DateTime) Truth() bool      { return true }
func (d *DateTime) String() string { return d.iso(" ", "auto") }
func (*Time) Type() string         { return "datetime.time" }
func (*Time) Truth() bool          { return true }
func (t *Time) String() string     { return isoTime(t.clock, "auto") + isoOffset(t.zone) }

// Repr is datetime.date(2020, 1, 2).
func (d *Date) Repr() string {
	return fmt.Sprintf("datetime.date(%d, %d, %d)", d.day.Year(), d.day.Month(), d.day.Day())
}

// Repr leaves out seconds and microseconds that are zero.
func (d *DateTime) Repr() string {
	w := d.wall
	s := fmt.Sprintf("datetime.datetime(%d, %d, %d, %s", w.Year(), w.Month(), w.Day(), clockArgs(w))
	if d.fold {
		s += ", fold=1"
	}
	if d.zone != nil {
		s += ", tzinfo=" + d.zone.Repr()
	}
	return s + ")"
}

// Repr leaves out seconds and microseconds that are zero.
func (t *Time) Repr() string {
	s := "datetime.time(" + clockArgs(t.clock)
	if t.zone != nil {
		s += ", tzinfo=" + t.zone.Repr()
	}
	return s + ")"
}

func clockArgs(t time.Time) string {
	s := fmt.Sprintf("%d, %d", t.Hour(), t.Minute())
	us := t.Nanosecond() / 1000
	if t.Second() != 0 || us != 0 {
		s += fmt.Sprintf(", %d", t.Second())
	}
	if us != 0 {
		s += fmt.Sprintf(", %d", us)
	}
	return s
}

// timespecs are the layouts of isoformat's timespec.
var timespecs = map[string]string{
	"hours": "15", "minutes": "15:04", "seconds": "15:04:05",
	"milliseconds": "15:04:05.000", "microseconds": "15:04:05.000000",
}

func isoTime(t time.Time, spec string) string {
	if spec == "auto" {
		spec = "seconds"
		if t.Nanosecond() != 0 {
			spec = "microseconds"
		}
	}
	return t.Format(timespecs[spec])
}

func isoOffset(z *Zone) string {
	if z == nil {
		return ""
	}
	return offsetText(z.offset, ":")
}

// offsetText is +HH:MM, with seconds if there are any.
func offsetText(offset int, sep string) string {
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	s := fmt.Sprintf("%c%02d%s%02d", sign, offset/3600, sep, offset/60%60)
	if offset%60 != 0 {
		s += fmt.Sprintf("%s%02d", sep, offset%60)
	}
	return s
}

func (d *DateTime) iso(sep, spec string) string {
	return d.wall.Format("2006-01-02") + sep + isoTime(d.wall, spec) + isoOffset(d.zone)
}

func (d *Date) hash() Value { return compound("date " + d.String()) }
func (t *Time) hash() Value { return compound("time " + t.String()) }

func (d *DateTime) hash() Value {
	if d.zone == nil {
		return compound("naive " + d.String())
	}
	return compound("aware " + d.goTime().UTC().Format(time.RFC3339Nano))
}

// Equal compares days.
func (d *Date) Equal(other Value) bool {
	o, ok := other.(*Date)
	return ok && d.day.Equal(o.day)
}

// Equal compares moments; a naive datetime is equal to no other kind.
func (d *DateTime) Equal(other Value) bool {
	o, ok := other.(*DateTime)
	return ok && (d.zone == nil) == (o.zone == nil) && d.goTime().Equal(o.goTime())
}

// Equal compares what clocks show.
func (t *Time) Equal(other Value) bool {
	o, ok := other.(*Time)
	return ok && (t.zone == nil) == (o.zone == nil) && t.clock.Equal(o.clock)
}

// Order compares days.
func (d *Date) Order(other Value) (int, bool) {
	if o, ok := other.(*Date); ok {
		return d.day.Compare(o.day), true
	}
	return 0, false
}

// Order compares moments.
func (d *DateTime) Order(other Value) (int, bool) {
	if o, ok := other.(*DateTime); ok && (d.zone == nil) == (o.zone == nil) {
		return d.goTime().Compare(o.goTime()), true
	}
	return 0, false
}

// Order compares what clocks show.
func (t *Time) Order(other Value) (int, bool) {
	if o, ok := other.(*Time); ok && (t.zone == nil) == (o.zone == nil) {
		return t.clock.Compare(o.clock), true
	}
	return 0, false
}

// dateOrderError words the comparison of dates that have no order.
func dateOrderError(a, b Value) error {
	x, xok := a.(*DateTime)
	y, yok := b.(*DateTime)
	if xok && yok {
		if (x.zone == nil) != (y.zone == nil) {
			return Raise(TypeError, "can't compare offset-naive and offset-aware datetimes")
		}
		return nil
	}
	_, aDate := a.(*Date)
	_, bDate := b.(*Date)
	if xok && bDate || aDate && yok {
		return Raise(TypeError, "can't compare datetime.datetime to datetime.date")
	}
	return nil
}

// TimeDelta is Python's datetime.timedelta.
type TimeDelta struct{ days, secs, micros int64 } // secs and micros are not negative

const (
	microsPerDay = 86400 * 1000000
	maxDays      = 999999999
)

// deltaOf makes a TimeDelta of microseconds.
func deltaOf(us *big.Int) (*TimeDelta, error) {
	days, rest := new(big.Int).DivMod(us, big.NewInt(microsPerDay), new(big.Int))
	if !days.IsInt64() || days.Int64() > maxDays || days.Int64() < -maxDays {
		return nil, Raise(OverflowError, "days=%s; must have magnitude <= 999999999", days)
	}
	r := rest.Int64()
	return &TimeDelta{days.Int64(), r / 1000000, r % 1000000}, nil
}

// NewTimeDelta makes a TimeDelta of a Go duration.
func NewTimeDelta(d time.Duration) *TimeDelta {
	t, err := deltaOf(big.NewInt(d.Microseconds()))
	if err != nil {
		return &TimeDelta{}
	}
	return t
}

func (d *TimeDelta) total() *big.Int {
	us := new(big.Int).Mul(big.NewInt(d.days), big.NewInt(microsPerDay))
	return us.Add(us, big.NewInt(d.secs*1000000+d.micros))
}

func (*TimeDelta) Type() string  { return "datetime.timedelta" }
func (d *TimeDelta) Truth() bool { return *d != TimeDelta{} }

// String is [D day[s], ]H:MM:SS[.ffffff].
func (d *TimeDelta) String() string {
	s := ""
	if d.days != 0 {
		s = fmt.Sprintf("%d day%s, ", d.days, plural(int(max(d.days, -d.days)), "", "s"))
	}
	s += fmt.Sprintf("%d:%02d:%02d", d.secs/3600, d.secs/60%60, d.secs%60)
	if d.micros != 0 {
		s += fmt.Sprintf(".%06d", d.micros)
	}
	return s
}

// Repr names the parts that are not zero.
func (d *TimeDelta) Repr() string {
	var parts []string
	add := func(name string, n int64) {
		if n != 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", name, n))
		}
	}
	add("days", d.days)
	add("seconds", d.secs)
	add("microseconds", d.micros)
	if parts == nil {
		parts = []string{"0"}
	}
	return "datetime.timedelta(" + strings.Join(parts, ", ") + ")"
}

func (d *TimeDelta) hash() Value { return compound("timedelta " + d.total().String()) }
func (d *TimeDelta) abs() Value {
	t, err := deltaOf(new(big.Int).Abs(d.total()))
	if err != nil {
		return d
	}
	return t
}

// Equal compares lengths.
func (d *TimeDelta) Equal(other Value) bool {
	o, ok := other.(*TimeDelta)
	return ok && *d == *o
}

// Order compares lengths.
func (d *TimeDelta) Order(other Value) (int, bool) {
	if o, ok := other.(*TimeDelta); ok {
		return d.total().Cmp(o.total()), true
	}
	return 0, false
}

// deltaValue turns a nil pointer into a nil Value.
func deltaValue(d *TimeDelta, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Arith adds, subtracts and scales.
func (d *TimeDelta) Arith(op string, other Value, swapped bool) (Value, error) {
	us := d.total()
	switch op {
	case "unary -":
		return deltaValue(deltaOf(us.Neg(us)))
	case "unary +":
		return d, nil
	}
	if o, ok := other.(*TimeDelta); ok {
		if swapped {
			d, o = o, d
		}
		return deltaPair(op, d.total(), o.total())
	}
	if swapped && op != "*" {
		return nil, nil
	}
	if n, ok := toBig(other); ok {
		return scaleDelta(op, us, new(big.Rat).SetInt(n))
	}
	if x, ok := other.(Float); ok && op != "//" && op != "%" {
		r := new(big.Rat).SetFloat64(float64(x))
		if r == nil {
			return nil, Raise(ValueError, "cannot convert float NaN to integer")
		}
		return scaleDelta(op, us, r)
	}
	return nil, nil
}

func deltaPair(op string, a, b *big.Int) (Value, error) {
	switch op {
	case "+":
		return deltaValue(deltaOf(a.Add(a, b)))
	case "-":
		return deltaValue(deltaOf(a.Sub(a, b)))
	case "/":
		return divideInts(a, b)
	case "//":
		return bigArith(op, a, b)
	case "%":
		v, err := bigArith(op, a, b)
		if err != nil {
			return nil, err
		}
		n, _ := toBig(v)
		return deltaValue(deltaOf(n))
	}
	return nil, nil
}

func scaleDelta(op string, us *big.Int, by *big.Rat) (Value, error) {
	r := new(big.Rat).SetInt(us)
	switch op {
	case "*":
		return deltaValue(deltaOf(roundRat(r.Mul(r, by), 0)))
	case "/", "//":
		if by.Sign() == 0 {
			return nil, Raise(ZeroDivision, "integer division or modulo by zero")
		}
		r.Quo(r, by)
		if op == "//" {
			q := new(big.Int).Div(r.Num(), r.Denom())
			return deltaValue(deltaOf(q))
		}
		return deltaValue(deltaOf(roundRat(r, 0)))
	}
	return nil, nil
}

// addTo gives t moved by d, within the years 1 to 9999.
func (d *TimeDelta) addTo(t time.Time, sign int64) (time.Time, error) {
	moved := t.AddDate(0, 0, int(sign*d.days))
	moved = moved.Add(time.Duration(sign) * (time.Duration(d.secs)*time.Second + time.Duration(d.micros)*time.Microsecond))
	if moved.Year() < 1 || moved.Year() > 9999 {
		return t, Raise(OverflowError, "date value out of range")
	}
	return moved, nil
}

// between is a - b.
func between(a, b time.Time) (*TimeDelta, error) {
	us := big.NewInt(a.Unix() - b.Unix())
	us.Mul(us, big.NewInt(1000000))
	return deltaOf(us.Add(us, big.NewInt(int64(a.Nanosecond()-b.Nanosecond())/1000)))
}

// signOf is 1 for +, -1 for - where op takes a delta on the right, or adds on either side.
func deltaSign(op string, swapped bool) int64 {
	switch {
	case op == "+":
		return 1
	case op == "-" && !swapped:
		return -1
	}
	return 0
}

// Arith adds and subtracts days.
func (d *Date) Arith(op string, other Value, swapped bool) (Value, error) {
	switch o := other.(type) {
	case *TimeDelta:
		if sign := deltaSign(op, swapped); sign != 0 {
			t, err := (&TimeDelta{days: o.days}).addTo(d.day, sign)
			return &Date{t}, err
		}
	case *Date:
		if op == "-" && !swapped {
			return deltaValue(between(d.day, o.day))
		}
	}
	return nil, nil
}

// Arith adds and subtracts time.
func (d *DateTime) Arith(op string, other Value, swapped bool) (Value, error) {
	switch o := other.(type) {
	case *TimeDelta:
		if sign := deltaSign(op, swapped); sign != 0 {
			t, err := o.addTo(d.wall, sign)
			return &DateTime{wall: t, zone: d.zone}, err
		}
	case *DateTime:
		if op != "-" || swapped {
			break
		}
		if (d.zone == nil) != (o.zone == nil) {
			return nil, Raise(TypeError, "can't subtract offset-naive and offset-aware datetimes")
		}
		return deltaValue(between(d.goTime(), o.goTime()))
	}
	return nil, nil
}

// Zone is a time zone: at a fixed offset, or one of a region at the offset of the
// datetime that holds it, as pytz has them.
type Zone struct {
	name   string         // what str() gives
	repr   string         // what repr() gives; empty for a zone of a region
	abbr   string         // what %Z gives
	offset int            // seconds east of Greenwich
	region *time.Location // nil for a fixed offset
	dst    bool
	lmt    bool // not yet at any datetime's offset
}

// UTC is pytz.utc.
var UTC = &Zone{name: "UTC", repr: "<UTC>", abbr: "UTC"}

// NewZone makes the zone of a region as pytz gives it: at the local mean time of old, which
// localize() turns into the offset of the day.
func NewZone(name string, loc *time.Location) *Zone {
	abbr, offset := time.Unix(-1<<40, 0).In(loc).Zone()
	minutes := (offset + 30) / 60
	if offset < -30 {
		minutes = -((-offset + 30) / 60)
	}
	return &Zone{name: name, abbr: abbr, offset: minutes * 60, region: loc, lmt: true}
}

// FixedOffset is pytz.FixedOffset(minutes).
func FixedOffset(minutes int) *Zone {
	if minutes == 0 {
		return UTC
	}
	text := fmt.Sprintf("pytz.FixedOffset(%d)", minutes)
	return &Zone{name: text, repr: text, offset: minutes * 60}
}

// fixedZone is datetime.timezone at an offset.
func fixedZone(offset int) *Zone {
	if offset == 0 {
		return &Zone{name: "UTC", repr: "datetime.timezone.utc", abbr: "UTC"}
	}
	d := NewTimeDelta(time.Duration(offset) * time.Second)
	name := "UTC" + offsetText(offset, ":")
	return &Zone{name: name, repr: "datetime.timezone(" + d.Repr() + ")", abbr: name, offset: offset}
}

func (z *Zone) Type() string {
	switch {
	case z.region != nil:
		return "pytz.tzfile." + z.name
	case z == UTC:
		return "pytz.UTC"
	case strings.HasPrefix(z.repr, "pytz"):
		return "pytz._FixedOffset"
	}
	return "datetime.timezone"
}

func (z *Zone) Truth() bool    { return true }
func (z *Zone) String() string { return z.name }

// Repr is <UTC>, or <DstTzInfo 'America/New_York' EST-1 day, 19:00:00 STD>.
func (z *Zone) Repr() string {
	if z.repr != "" {
		return z.repr
	}
	kind := "STD"
	if z.dst {
		kind = "DST"
	}
	sign, d := "+", NewTimeDelta(time.Duration(z.offset)*time.Second)
	if z.offset < 0 {
		sign = ""
	}
	return fmt.Sprintf("<DstTzInfo '%s' %s%s%s %s>", z.name, z.abbr, sign, d, kind)
}

// at is the zone at the offset that holds at a moment.
func (z *Zone) at(t time.Time) *Zone {
	if z.region == nil {
		return z
	}
	local := t.In(z.region)
	abbr, offset := local.Zone()
	return &Zone{name: z.name, abbr: abbr, offset: offset, region: z.region, dst: local.IsDST()}
}

// atWall is the zone at the offset for what clocks show; where clocks show it
// twice, the later moment counts, which is standard time.
func (z *Zone) atWall(wall time.Time) *Zone {
	if z.region == nil {
		return z
	}
	guess := z.at(time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), z.region))
	later := z.at(wall.Add(-time.Duration(guess.offset) * time.Second).Add(time.Hour))
	if later.offset != guess.offset {
		moment := wall.Add(-time.Duration(later.offset) * time.Second)
		if z.at(moment).offset == later.offset {
			return later
		}
	}
	return guess
}

// Attr gives pytz's attributes and methods.
func (z *Zone) Attr(name string) (Value, error) {
	if name == "zone" {
		if strings.HasPrefix(z.repr, "pytz") {
			return None, nil
		}
		return Str(z.name), nil
	}
	return method(zoneMethods, z, name), nil
}

// dateTimeArg gives argument i, which must be a datetime.
func (c *Call) dateTimeArg(i int) (*DateTime, error) {
	d, ok := c.Args[i].(*DateTime)
	if !ok {
		return nil, Raise(AttributeError, "'%s' object has no attribute 'tzinfo'", c.Args[i].Type())
	}
	return d, nil
}

var zoneMethods = methods("tzinfo", []row{
	{"localize(dt, is_dst=false)", func(c *Call) (Value, error) {
		d, err := c.dateTimeArg(0)
		if err != nil {
			return nil, err
		}
		if d.zone != nil {
			return nil, Raise(ValueError, "Not naive datetime (tzinfo is already set)")
		}
		return &DateTime{wall: d.wall, zone: c.Self.(*Zone).atWall(d.wall)}, nil
	}},
	{"normalize(dt, is_dst=false)", func(c *Call) (Value, error) {
		d, err := c.dateTimeArg(0)
		if err != nil {
			return nil, err
		}
		if d.zone == nil {
			return nil, Raise(ValueError, "Naive time - no tzinfo set")
		}
		return d.in(c.Self.(*Zone)), nil
	}},
	{"utcoffset(dt, is_dst=none)", func(c *Call) (Value, error) {
		z := c.Self.(*Zone)
		if c.Args[0] == Value(None) {
			return None, nil
		}
		d, err := c.dateTimeArg(0)
		if err != nil {
			return nil, err
		}
		if d.zone == nil {
			z = z.atWall(d.wall)
		}
		return NewTimeDelta(time.Duration(z.offset) * time.Second), nil
	}},
	{"dst(dt, is_dst=none)", func(c *Call) (Value, error) {
		d, ok := c.Args[0].(*DateTime)
		if !ok {
			return None, nil
		}
		if d.zone == nil {
			d = &DateTime{wall: d.wall, zone: c.Self.(*Zone).atWall(d.wall)}
		}
		return d.dst(), nil
	}},
	{"tzname(dt, is_dst=none)", func(c *Call) (Value, error) {
		z := c.Self.(*Zone)
		if d, ok := c.Args[0].(*DateTime); ok && d.zone == nil {
			z = z.atWall(d.wall)
		}
		return Str(z.abbr), nil
	}},
})

// dst is how much clocks are ahead in summer; None where the zone does not know.
func (d *DateTime) dst() Value {
	z := d.zone
	switch {
	case z == nil || strings.HasPrefix(z.repr, "datetime"):
		return None
	case !z.dst:
		return &TimeDelta{}
	}
	for days := 10; days < 400; days += 10 {
		if winter := z.at(d.goTime().AddDate(0, 0, -days)); !winter.dst {
			return NewTimeDelta(time.Duration(z.offset-winter.offset) * time.Second)
		}
	}
	return NewTimeDelta(time.Hour)
}

// in gives the same moment in another zone.
func (d *DateTime) in(z *Zone) *DateTime {
	moment := d.goTime()
	at := z.at(moment)
	return &DateTime{wall: wallOf(moment.UTC().Add(time.Duration(at.offset) * time.Second)), zone: at}
}
