package jinja

import (
	"math/big"
	"strconv"
	"strings"
)

// Decimal is Python's decimal.Decimal: coefficient × 10^exponent, so that 1.50
// keeps its zero. It is never changed.
type Decimal struct {
	coef    *big.Int // without the sign
	exp     int
	neg     bool
	special string // "Infinity" or "NaN"
}

// decimalDigits is the precision of results, after Python's default context.
const decimalDigits = 28

// maxDecimalExp bounds exponents, so that no operation makes too many digits.
const maxDecimalExp = 10000

// NewDecimal reads a decimal number; ok is false for other text.
func NewDecimal(text string) (*Decimal, bool) {
	s := strings.ReplaceAll(strings.TrimFunc(text, isSpace), "_", "")
	d := &Decimal{coef: new(big.Int)}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.neg = s[0] == '-'
		s = s[1:]
	}
	switch strings.ToLower(s) {
	case "inf", "infinity":
		d.special = "Infinity"
		return d, true
	case "nan":
		d.special = "NaN"
		return d, true
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxDecimalExp || e < -maxDecimalExp {
			return nil, false
		}
		d.exp, s = e, s[:i]
	}
	whole, frac, _ := strings.Cut(s, ".")
	digits := whole + frac
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil, false
	}
	d.exp -= len(frac)
	d.coef.SetString(digits, 10)
	return d, true
}

func decimalOf(n *big.Int, exp int) *Decimal {
	return &Decimal{coef: new(big.Int).Abs(n), exp: exp, neg: n.Sign() < 0}
}

func (*Decimal) Type() string   { return "decimal.Decimal" }
func (d *Decimal) Truth() bool  { return d.special != "" || d.coef.Sign() != 0 }
func (d *Decimal) Repr() string { return "Decimal('" + d.String() + "')" }

// String keeps the scale: 1.50, 1E+2, 1E-7.
func (d *Decimal) String() string {
	sign := ""
	if d.neg {
		sign = "-"
	}
	if d.special != "" {
		return sign + d.special
	}
	digits := d.coef.String()
	left := d.exp + len(digits)
	if d.exp <= 0 && left > -6 {
		return sign + pointed(digits, left)
	}
	s := digits[:1]
	if len(digits) > 1 {
		s += "." + digits[1:]
	}
	e := strconv.Itoa(left - 1)
	if left-1 >= 0 {
		e = "+" + e
	}
	return sign + s + "E" + e
}

// pointed puts the point after the first left digits.
func pointed(digits string, left int) string {
	switch {
	case left >= len(digits):
		return digits + strings.Repeat("0", left-len(digits))
	case left <= 0:
		return "0." + strings.Repeat("0", -left) + digits
	}
	return digits[:left] + "." + digits[left:]
}

func (d *Decimal) signed() *big.Int {
	if d.neg {
		return new(big.Int).Neg(d.coef)
	}
	return d.coef
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

func (d *Decimal) exact() (*big.Rat, int) {
	if d.special != "" {
		if d.neg {
			return nil, -1
		}
		return nil, 1
	}
	r := new(big.Rat).SetInt(d.signed())
	scale := new(big.Rat).SetInt(pow10(max(d.exp, -d.exp)))
	if d.exp < 0 {
		return r.Quo(r, scale), 0
	}
	return r.Mul(r, scale), 0
}

func (d *Decimal) hash() Value {
	r, inf := d.exact()
	if inf != 0 {
		return compound("decimal " + d.String())
	}
	if r.IsInt() {
		k, err := hashKey(NewInt(new(big.Int).Set(r.Num())))
		if err == nil {
			return k
		}
	}
	if x, exactly := r.Float64(); exactly {
		return Float(x)
	}
	return compound("decimal " + r.String())
}

func (d *Decimal) truncate() (Value, error) {
	switch d.special {
	case "NaN":
		return nil, Raise(ValueError, "cannot convert NaN to integer")
	case "Infinity":
		return nil, Raise(OverflowError, "cannot convert Infinity to integer")
	}
	r, _ := d.exact()
	return NewInt(new(big.Int).Quo(r.Num(), r.Denom())), nil
}

// rounded keeps at most decimalDigits digits, half to even.
func (d *Decimal) rounded() *Decimal {
	if drop := len(d.coef.String()) - decimalDigits; drop > 0 && d.special == "" {
		return d.rescale(d.exp + drop)
	}
	return d
}

// rescale gives d with another exponent, rounding half to even.
func (d *Decimal) rescale(exp int) *Decimal {
	out := &Decimal{coef: new(big.Int).Set(d.coef), exp: exp, neg: d.neg}
	if exp <= d.exp {
		out.coef.Mul(out.coef, pow10(d.exp-exp))
		return out
	}
	unit := pow10(exp - d.exp)
	rest := new(big.Int)
	out.coef.QuoRem(out.coef, unit, rest)
	if c := rest.Lsh(rest, 1).Cmp(unit); c > 0 || c == 0 && out.coef.Bit(0) == 1 {
		out.coef.Add(out.coef, big.NewInt(1))
	}
	return out
}

// toDecimal gives an int or a Decimal; nil for others, floats among them.
func toDecimal(v Value) *Decimal {
	if d, ok := v.(*Decimal); ok {
		return d
	}
	if n, ok := toBig(v); ok {
		return decimalOf(n, 0)
	}
	return nil
}

// Arith does decimal arithmetic with other Decimals and ints.
func (d *Decimal) Arith(op string, other Value, swapped bool) (Value, error) {
	switch op {
	case "unary -":
		return (&Decimal{d.coef, d.exp, !d.neg && d.Truth(), d.special}).rounded(), nil
	case "unary +":
		return d.rounded(), nil
	}
	o := toDecimal(other)
	if o == nil {
		return nil, nil
	}
	if swapped {
		d, o = o, d
	}
	if d.special != "" || o.special != "" {
		x, _, _ := toFloat(d)
		y, _, _ := toFloat(o)
		return decimalResult(floatArith(op, x, y))
	}
	if span := d.exp - o.exp; span > 2*maxDecimalExp || span < -2*maxDecimalExp {
		return nil, Raise(OverflowError, "[<class 'decimal.Overflow'>]")
	}
	low := min(d.exp, o.exp)
	a, b := new(big.Int).Mul(d.signed(), pow10(d.exp-low)), new(big.Int).Mul(o.signed(), pow10(o.exp-low))
	switch op {
	case "+":
		return decimalOf(a.Add(a, b), low).rounded(), nil
	case "-":
		return decimalOf(a.Sub(a, b), low).rounded(), nil
	case "*":
		return decimalOf(new(big.Int).Mul(d.signed(), o.signed()), d.exp+o.exp).rounded(), nil
	case "**":
		return d.power(o)
	}
	if b.Sign() == 0 {
		return nil, Raise(ZeroDivision, "[<class 'decimal.DivisionByZero'>]")
	}
	switch op {
	case "//":
		return decimalOf(a.Quo(a, b), 0), nil
	case "%":
		return decimalOf(a.Rem(a, b), low).rounded(), nil
	case "/":
		return d.divide(o), nil
	}
	return nil, nil
}

// decimalResult makes a Decimal of what arithmetic with floats gave.
func decimalResult(v Value, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	d, ok := NewDecimal(v.String())
	if !ok {
		return nil, Raise(ValueError, "[<class 'decimal.InvalidOperation'>]")
	}
	return d, nil
}

// divide gives as few digits as are exact, else decimalDigits of them.
func (d *Decimal) divide(o *Decimal) *Decimal {
	shift := max(decimalDigits+1+len(o.coef.String())-len(d.coef.String()), 0)
	num := new(big.Int).Mul(d.coef, pow10(shift))
	rest := new(big.Int)
	q, _ := new(big.Int).QuoRem(num, o.coef, rest)
	out := &Decimal{coef: q, exp: d.exp - o.exp - shift, neg: d.neg != o.neg}
	if rest.Sign() != 0 {
		if new(big.Int).Rem(q, big.NewInt(5)).Sign() == 0 {
			q.Add(q, big.NewInt(1)) // so that a tie is seen to be more than half
		}
		return out.rounded()
	}
	ideal := d.exp - o.exp
	ten, m := big.NewInt(10), new(big.Int)
	for out.exp < ideal {
		t, _ := new(big.Int).QuoRem(out.coef, ten, m)
		if m.Sign() != 0 {
			break
		}
		out.coef = t
		out.exp++
	}
	return out.rounded()
}

func (d *Decimal) power(o *Decimal) (Value, error) {
	r, _ := o.exact()
	if !r.IsInt() || !r.Num().IsInt64() || r.Num().Sign() < 0 || r.Num().Int64() > 10000 {
		x, _, _ := toFloat(d)
		y, _, _ := toFloat(o)
		return decimalResult(floatArith("**", x, y))
	}
	out := decimalOf(big.NewInt(1), 0)
	for range r.Num().Int64() {
		out = decimalOf(new(big.Int).Mul(out.signed(), d.signed()), out.exp+d.exp).rounded()
		if out.exp > maxDecimalExp || out.exp < -maxDecimalExp {
			return nil, Raise(OverflowError, "[<class 'decimal.Overflow'>]")
		}
	}
	return out, nil
}

// FormatSpec formats by a spec of numbers; the digits are exact.
func (d *Decimal) FormatSpec(spec string) (string, error) {
	f, err := parseSpec(spec, "decimal.Decimal")
	if err != nil {
		return "", err
	}
	n, suffix := d, ""
	switch f.kind {
	case 'f', 'F', '%':
		if f.kind == '%' {
			n, suffix = &Decimal{d.coef, d.exp + 2, d.neg, d.special}, "%"
		}
		if f.precision >= 0 {
			n = n.rescale(-f.precision)
		}
	case 0, 'n', 'g', 'G':
	case 'e', 'E':
		x, _, _ := toFloat(d)
		return f.float(x, "decimal.Decimal")
	default:
		return "", Raise(ValueError, "invalid format string")
	}
	s := strings.TrimPrefix(n.String(), "-")
	if n.special == "" && (f.kind == 'f' || f.kind == 'F' || f.kind == '%') {
		digits := n.coef.String()
		s = pointed(digits, len(digits)+n.exp)
	}
	whole, frac, hasFrac := strings.Cut(s, ".")
	if hasFrac {
		frac = "." + frac
	}
	sign := f.signOf(n.neg)
	return f.place(sign, f.grouped(whole, frac+suffix, 3, len(sign)), '>'), nil
}

// Attr gives a method.
func (d *Decimal) Attr(name string) (Value, error) { return method(decimalMethods, d, name), nil }

var decimalMethods = methods("decimal.Decimal", []row{
	{"quantize(exp, rounding=none)", func(c *Call) (Value, error) {
		o := toDecimal(c.Args[0])
		if o == nil {
			return nil, Raise(TypeError, "conversion from %s to Decimal is not supported", c.Args[0].Type())
		}
		return c.Self.(*Decimal).rescale(o.exp), nil
	}},
	{"normalize()", func(c *Call) (Value, error) {
		d := c.Self.(*Decimal).rounded()
		out := &Decimal{new(big.Int).Set(d.coef), d.exp, d.neg, d.special}
		ten, m := big.NewInt(10), new(big.Int)
		for out.coef.Sign() != 0 {
			q, _ := new(big.Int).QuoRem(out.coef, ten, m)
			if m.Sign() != 0 {
				break
			}
			out.coef = q
			out.exp++
		}
		if out.coef.Sign() == 0 {
			out.exp = 0
		}
		return out, nil
	}},
	{"is_nan()", func(c *Call) (Value, error) { return Bool(c.Self.(*Decimal).special == "NaN"), nil }},
	{"is_zero()", func(c *Call) (Value, error) { return Bool(!c.Self.Truth()), nil }},
	{"to_integral_value()", func(c *Call) (Value, error) {
		d := c.Self.(*Decimal)
		if d.exp >= 0 {
			return d, nil
		}
		return d.rescale(0), nil
	}},
})
