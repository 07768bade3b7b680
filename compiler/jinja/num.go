package jinja

import (
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

func (Int) Type() string     { return "int" }
func (i Int) Truth() bool    { return i != 0 }
func (i Int) String() string { return strconv.FormatInt(int64(i), 10) }

func (BigInt) Type() string     { return "int" }
func (b BigInt) Truth() bool    { return true }
func (b BigInt) String() string { return b.Int.String() }

func (Float) Type() string     { return "float" }
func (f Float) Truth() bool    { return f != 0 }
func (f Float) String() string { return formatFloat(float64(f)) }

// formatFloat is repr() of a float: the shortest digits that read back, with an
// exponent below 1e-4 and from 1e16.
func formatFloat(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	case math.IsNaN(x):
		return "nan"
	}
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.ContainsRune(s, '.') {
		s += ".0"
	}
	return s
}

// NewInt gives an Int, or a BigInt for what does not fit. It keeps n.
func NewInt(n *big.Int) Value {
	if n.IsInt64() {
		return Int(n.Int64())
	}
	return BigInt{n}
}

// toBig gives a whole number as a *big.Int that must not be changed.
func toBig(v Value) (*big.Int, bool) {
	switch v := v.(type) {
	case Int:
		return big.NewInt(int64(v)), true
	case BigInt:
		return v.Int, true
	case Bool:
		if v {
			return big.NewInt(1), true
		}
		return new(big.Int), true
	}
	return nil, false
}

func isNumber(v Value) bool {
	switch v.(type) {
	case Int, BigInt, Float, Bool, *Decimal:
		return true
	}
	return false
}

func isNaN(v Value) bool {
	switch v := v.(type) {
	case Float:
		return math.IsNaN(float64(v))
	case *Decimal:
		return v.special == "NaN"
	}
	return false
}

// floatInt gives a float without a fraction as an int.
func floatInt(x float64) (Value, bool) {
	if math.IsInf(x, 0) || x != math.Trunc(x) || math.IsNaN(x) {
		return nil, false
	}
	if math.Abs(x) < 1<<62 {
		return Int(x), true
	}
	n, _ := big.NewFloat(x).Int(nil)
	return NewInt(n), true
}

// toFloat gives an int, bool or float as a float64. An int that is too large is
// an OverflowError; ok is false for what is not a number.
func toFloat(v Value) (x float64, ok bool, err error) {
	switch v := v.(type) {
	case Float:
		return float64(v), true, nil
	case Int:
		return float64(v), true, nil
	case Bool:
		if v {
			return 1, true, nil
		}
		return 0, true, nil
	case BigInt:
		x, _ := new(big.Float).SetInt(v.Int).Float64()
		if math.IsInf(x, 0) {
			return 0, true, Raise(OverflowError, "int too large to convert to float")
		}
		return x, true, nil
	case *Decimal:
		x, _ := strconv.ParseFloat(v.String(), 64)
		return x, true, nil
	}
	return 0, false, nil
}

// compareNumbers orders two numbers; ok is false if one is none, or a NaN.
func compareNumbers(a, b Value) (c int, ok bool) {
	if !isNumber(a) || !isNumber(b) || isNaN(a) || isNaN(b) {
		return 0, false
	}
	if x, ok := a.(Int); ok {
		if y, ok := b.(Int); ok {
			switch {
			case x < y:
				return -1, true
			case x > y:
				return 1, true
			}
			return 0, true
		}
	}
	x, xInf := exact(a)
	y, yInf := exact(b)
	switch {
	case xInf != 0 || yInf != 0:
		return xInf - yInf, true
	}
	return x.Cmp(y), true
}

// exact gives a number as a fraction; inf is its sign if it is infinite.
func exact(v Value) (r *big.Rat, inf int) {
	switch v := v.(type) {
	case Float:
		switch {
		case math.IsInf(float64(v), 1):
			return nil, 1
		case math.IsInf(float64(v), -1):
			return nil, -1
		}
		return new(big.Rat).SetFloat64(float64(v)), 0
	case *Decimal:
		return v.exact()
	}
	n, _ := toBig(v)
	return new(big.Rat).SetInt(n), 0
}

// intArith is arithmetic of numbers that fit 64 bits, and may not afterwards.
func intArith(op string, x, y Int) (Value, error) {
	switch op {
	case "+":
		if s := x + y; (s > x) == (y > 0) {
			return s, nil
		}
	case "-":
		if s := x - y; (s < x) == (y > 0) {
			return s, nil
		}
	case "*":
		if p, ok := multiply(int64(x), int64(y)); ok {
			return Int(p), nil
		}
	case "/":
		if y == 0 {
			return nil, Raise(ZeroDivision, "division by zero")
		}
		const exactly = 1 << 53
		if x < exactly && x > -exactly && y < exactly && y > -exactly {
			return Float(float64(x) / float64(y)), nil
		}
	case "//":
		if y == 0 {
			return nil, Raise(ZeroDivision, "integer division or modulo by zero")
		}
		if y != -1 {
			q := x / y
			if x%y != 0 && (x < 0) != (y < 0) {
				q--
			}
			return q, nil
		}
	case "%":
		if y == 0 {
			return nil, Raise(ZeroDivision, "integer modulo by zero")
		}
		if y == -1 {
			return Int(0), nil
		}
		r := x % y
		if r != 0 && (r < 0) != (y < 0) {
			r += y
		}
		return r, nil
	}
	return bigArith(op, big.NewInt(int64(x)), big.NewInt(int64(y)))
}

func multiply(x, y int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(x), magnitude(y))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (x < 0) != (y < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func bigArith(op string, x, y *big.Int) (Value, error) {
	z := new(big.Int)
	switch op {
	case "+":
		return sizedInt(z.Add(x, y))
	case "-":
		return sizedInt(z.Sub(x, y))
	case "*":
		return sizedInt(z.Mul(x, y))
	case "/":
		return divideInts(x, y)
	case "//", "%":
		if y.Sign() == 0 {
			if op == "%" {
				return nil, Raise(ZeroDivision, "integer modulo by zero")
			}
			return nil, Raise(ZeroDivision, "integer division or modulo by zero")
		}
		m := new(big.Int)
		z.QuoRem(x, y, m)
		if m.Sign() != 0 && m.Sign() != y.Sign() {
			z.Sub(z, big.NewInt(1))
			m.Add(m, y)
		}
		if op == "%" {
			return NewInt(m), nil
		}
		return NewInt(z), nil
	}
	return powInts(x, y)
}

// maxDigits is how long a whole number may be: Python turns no longer ones into text
// or back, and here there are none.
const maxDigits = 4300

// maxBits is the bits of a number of maxDigits digits, rounded up.
const maxBits = maxDigits*3322/1000 + 1

func tooManyDigits() error {
	return Raise(ValueError, "Exceeds the limit (%d digits) for integer string conversion", maxDigits)
}

// sizedInt is z, unless it is too long.
func sizedInt(z *big.Int) (Value, error) {
	if z.BitLen() > maxBits {
		return nil, tooManyDigits()
	}
	return NewInt(z), nil
}

func divideInts(x, y *big.Int) (Value, error) {
	if y.Sign() == 0 {
		return nil, Raise(ZeroDivision, "division by zero")
	}
	f, _ := new(big.Rat).SetFrac(x, y).Float64()
	if math.IsInf(f, 0) {
		return nil, Raise(OverflowError, "integer division result too large for a float")
	}
	return Float(f), nil
}

// powInts is x ** y; a negative y gives a float.
func powInts(x, y *big.Int) (Value, error) {
	if y.Sign() < 0 {
		return powFloats(new(big.Float).SetInt(x), new(big.Float).SetInt(y))
	}
	if x.BitLen() > 1 {
		if !y.IsInt64() || y.Int64() > maxBits/int64(x.BitLen()-1) {
			return nil, tooManyDigits()
		}
		return sizedInt(new(big.Int).Exp(x, y, nil))
	}
	if y.Sign() == 0 || x.Sign() > 0 || y.Bit(0) == 0 && x.Sign() < 0 {
		return Int(1), nil
	}
	return NewInt(new(big.Int).Set(x)), nil // 0, or -1 to an odd power
}

func powFloats(x, y *big.Float) (Value, error) {
	a, _ := x.Float64()
	b, _ := y.Float64()
	return floatArith("**", a, b)
}

// arithNumbers is arithmetic of int, bool and float; nil means that one is none of them.
func arithNumbers(op string, a, b Value) (Value, error) {
	if x, ok := toBig(a); ok {
		if y, ok := toBig(b); ok {
			if x.IsInt64() && y.IsInt64() {
				return intArith(op, Int(x.Int64()), Int(y.Int64()))
			}
			return bigArith(op, x, y)
		}
	}
	if _, ok := a.(*Decimal); ok {
		return nil, nil
	}
	if _, ok := b.(*Decimal); ok {
		return nil, nil
	}
	x, ok, err := toFloat(a)
	if !ok || err != nil {
		return nil, err
	}
	y, ok, err := toFloat(b)
	if !ok || err != nil {
		return nil, err
	}
	return floatArith(op, x, y)
}

func floatArith(op string, x, y float64) (Value, error) {
	switch op {
	case "+":
		return Float(x + y), nil
	case "-":
		return Float(x - y), nil
	case "*":
		return Float(x * y), nil
	case "/":
		if y == 0 {
			return nil, Raise(ZeroDivision, "float division by zero")
		}
		return Float(x / y), nil
	case "//":
		if y == 0 {
			return nil, Raise(ZeroDivision, "float floor division by zero")
		}
		q, _ := floatDivMod(x, y)
		return Float(q), nil
	case "%":
		if y == 0 {
			return nil, Raise(ZeroDivision, "float modulo")
		}
		_, m := floatDivMod(x, y)
		return Float(m), nil
	}
	return powFloat(x, y)
}

// floatDivMod rounds the quotient down; the remainder has y's sign.
func floatDivMod(x, y float64) (q, m float64) {
	m = math.Mod(x, y)
	q = (x - m) / y
	if m != 0 {
		if (y < 0) != (m < 0) {
			m += y
			q--
		}
	} else {
		m = math.Copysign(0, y)
	}
	if q == 0 {
		return math.Copysign(0, x/y), m
	}
	floor := math.Floor(q)
	if q-floor > 0.5 {
		floor++
	}
	return floor, m
}

func powFloat(x, y float64) (Value, error) {
	if x == 0 && y < 0 {
		return nil, Raise(ZeroDivision, "0.0 cannot be raised to a negative power")
	}
	if x < 0 && y != math.Trunc(y) && !math.IsInf(x, 0) && !math.IsInf(y, 0) && !math.IsNaN(y) {
		return newComplexPower(x, y), nil
	}
	p := pow(x, y)
	if math.IsInf(p, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		return nil, Raise(OverflowError, "(34, 'Numerical result out of range')")
	}
	return Float(p), nil
}

// Complex is what a negative number to a fractional power gives. It can be
// printed and compared, no more.
type Complex complex128

func newComplexPower(x, y float64) Complex {
	r := pow(-x, y)
	cos, sin := cosSin(math.Pi * y)
	return Complex(complex(r*cos, r*sin))
}

func (Complex) Type() string  { return "complex" }
func (c Complex) Truth() bool { return c != 0 }
func (c Complex) String() string {
	re, im := real(complex128(c)), imag(complex128(c))
	imText := strings.TrimSuffix(formatFloat(im), ".0")
	if re == 0 && !math.Signbit(re) {
		return imText + "j"
	}
	if !strings.HasPrefix(imText, "-") {
		imText = "+" + imText
	}
	return "(" + strings.TrimSuffix(formatFloat(re), ".0") + imText + "j)"
}

// unaryNumber is +a or -a; nil if a is no number.
func unaryNumber(op string, a Value) Value {
	if op == "+" {
		if b, ok := a.(Bool); ok {
			n, _ := intIndex(b)
			return Int(n)
		}
		if isNumber(a) {
			return a
		}
		return nil
	}
	switch v := a.(type) {
	case Int:
		if v != math.MinInt64 {
			return -v
		}
		return NewInt(new(big.Int).Neg(big.NewInt(int64(v))))
	case BigInt:
		return NewInt(new(big.Int).Neg(v.Int))
	case Float:
		return -v
	case Complex:
		return -v
	case Bool:
		if v {
			return Int(-1)
		}
		return Int(0)
	}
	return nil
}

// Attr gives what Python's ints have.
func (i Int) Attr(name string) (Value, error) { return intAttr(i, name), nil }

// Attr gives what Python's ints have.
func (b BigInt) Attr(name string) (Value, error) { return intAttr(b, name), nil }

// Attr gives what Python's ints have.
func (b Bool) Attr(name string) (Value, error) { return intAttr(b, name), nil }

// Attr gives what Python's floats have.
func (f Float) Attr(name string) (Value, error) {
	switch name {
	case "real":
		return f, nil
	case "imag":
		return Float(0), nil
	}
	return method(floatMethods, f, name), nil
}

func intAttr(v Value, name string) Value {
	switch name {
	case "real", "numerator":
		n, _ := toBig(v)
		return NewInt(n)
	case "imag":
		return Int(0)
	case "denominator":
		return Int(1)
	}
	return method(intMethods, v, name)
}

func bigSelf(c *Call) *big.Int {
	n, _ := toBig(c.Self)
	return n
}

var intMethods = methods("int", []row{
	{"bit_length()", func(c *Call) (Value, error) { return Int(bigSelf(c).BitLen()), nil }},
	{"bit_count()", func(c *Call) (Value, error) {
		n := 0
		for _, w := range bigSelf(c).Bits() {
			n += bits.OnesCount(uint(w))
		}
		return Int(n), nil
	}},
	{"conjugate()", func(c *Call) (Value, error) { return NewInt(bigSelf(c)), nil }},
	{"to_bytes(length=1, byteorder='big', *, signed=false)", toBytes},
	{"as_integer_ratio()", func(c *Call) (Value, error) { return Tuple{NewInt(bigSelf(c)), Int(1)}, nil }},
})

func toBytes(c *Call) (Value, error) {
	size, err := c.intArg(0)
	if err == nil {
		err = checkSize(1, int64(size))
	}
	if err != nil {
		return nil, err
	}
	n := bigSelf(c)
	if n.Sign() < 0 {
		if !c.Bool(2) {
			return nil, Raise(OverflowError, "can't convert negative int to unsigned")
		}
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	if n.Sign() < 0 || (n.BitLen()+7)/8 > size {
		return nil, Raise(OverflowError, "int too big to convert")
	}
	out := n.FillBytes(make([]byte, size))
	if c.Str(1) == "little" {
		slices.Reverse(out)
	}
	return Bytes(out), nil
}

var floatMethods = methods("float", []row{
	{"is_integer()", func(c *Call) (Value, error) {
		_, ok := floatInt(float64(c.Self.(Float)))
		return Bool(ok), nil
	}},
	{"conjugate()", func(c *Call) (Value, error) { return c.Self, nil }},
	{"hex()", func(c *Call) (Value, error) { return Str(floatHex(float64(c.Self.(Float)))), nil }},
	{"as_integer_ratio()", func(c *Call) (Value, error) {
		x := float64(c.Self.(Float))
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return nil, Raise(OverflowError, "cannot convert %s to integer ratio", infinityName(x))
		}
		r := new(big.Rat).SetFloat64(x)
		return Tuple{NewInt(new(big.Int).Set(r.Num())), NewInt(new(big.Int).Set(r.Denom()))}, nil
	}},
})

func infinityName(x float64) string {
	if math.IsNaN(x) {
		return "NaN"
	}
	return "Infinity"
}

// floatHex is float.hex(): all 13 hexadecimal digits, and an exponent without padding.
func floatHex(x float64) string {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return formatFloat(x)
	}
	if x == 0 {
		if math.Signbit(x) {
			return "-0x0.0p+0"
		}
		return "0x0.0p+0"
	}
	s := strconv.FormatFloat(x, 'x', 13, 64)
	mant, exp, _ := strings.Cut(s, "p")
	n, _ := strconv.Atoi(exp)
	sign := "+"
	if n < 0 {
		sign, n = "-", -n
	}
	return mant + "p" + sign + strconv.Itoa(n)
}

// parseInt is int(text, base): blanks around, a sign, underscores between digits.
func parseInt(s string, base int) (Value, bool) {
	s = strings.TrimFunc(s, isSpace)
	text, neg := s, false
	if text != "" && (text[0] == '+' || text[0] == '-') {
		neg = text[0] == '-'
		text = text[1:]
	}
	text = asciiDigits(text)
	if len(text) > 1 && text[0] == '0' {
		prefix := strings.IndexByte("bBoOxX", text[1])
		bases := [3]int{2, 8, 16}
		switch {
		case prefix >= 0 && (base == 0 || base == bases[prefix/2]):
			base = bases[prefix/2]
			text = strings.TrimPrefix(text[2:], "_")
		case base == 0 && strings.Trim(text, "0_") != "":
			return nil, false
		}
	}
	if base == 0 {
		base = 10
	}
	if text == "" || text[0] == '_' || text[len(text)-1] == '_' || strings.Contains(text, "__") || strings.ContainsAny(text, "+-") {
		return nil, false
	}
	text = strings.ReplaceAll(text, "_", "")
	if n, err := strconv.ParseInt(text, base, 64); err == nil {
		if neg {
			n = -n
		}
		return Int(n), true
	}
	if len(text) > maxDigits && base&(base-1) != 0 {
		return nil, false
	}
	n, ok := new(big.Int).SetString(text, base)
	if !ok || n.BitLen() > maxBits {
		return nil, false
	}
	if neg {
		n.Neg(n)
	}
	return NewInt(n), true
}

// parseFloat is float(text).
func parseFloat(s string) (float64, bool) {
	s = asciiDigits(strings.TrimFunc(s, isSpace))
	body := strings.ToLower(strings.TrimLeft(s, "+-"))
	switch body {
	case "inf", "infinity", "nan":
		x, err := strconv.ParseFloat(s, 64)
		if body == "nan" {
			return math.NaN(), len(s)-len(body) <= 1
		}
		return x, err == nil
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == '.', c == 'e', c == 'E', c == '+', c == '-':
		case c == '_' && i > 0 && i < len(s)-1 && isDigit(s[i-1]) && isDigit(s[i+1]):
		default:
			return 0, false
		}
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil && !math.IsInf(x, 0) {
		return 0, false
	}
	return x, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
