package jinja

import (
	"math"
	"math/big"
)

// Package math is off by a bit now and then where C's library, which Python
// prints, is not. So powers are worked out with more digits than are needed.

// powerBits is the precision of that work.
const powerBits = 256

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(powerBits).SetFloat64(x) }

// pow is x to the power of y.
func pow(x, y float64) float64 {
	const most = 1 << 30 // beyond this every result is 0, 1 or infinite, or as good as
	whole := y == math.Trunc(y)
	if x == 0 || y == 0 || x < 0 && !whole || math.Abs(y) > most || math.IsInf(x, 0) || math.IsNaN(x) || math.IsNaN(y) {
		return math.Pow(x, y)
	}
	if rough := math.Pow(x, y); rough == 0 || math.IsInf(rough, 0) {
		return rough
	}
	t := bigLog(math.Abs(x))
	r := bigExp(t.Mul(t, bigFloat(y)))
	if x < 0 && math.Mod(y, 2) != 0 {
		return -r
	}
	return r
}

// bigLog is the logarithm of a positive number.
func bigLog(x float64) *big.Float {
	mant, exp := math.Frexp(x)
	l := logSeries(bigFloat(mant))
	return l.Add(l, new(big.Float).Mul(logSeries(bigFloat(2)), bigFloat(float64(exp))))
}

// logSeries is 2·(z + z³/3 + z⁵/5 + …) with z = (m-1)/(m+1), for m near 1.
func logSeries(m *big.Float) *big.Float {
	one := bigFloat(1)
	z := new(big.Float).Quo(new(big.Float).Sub(m, one), new(big.Float).Add(m, one))
	square := new(big.Float).Mul(z, z)
	sum := bigFloat(0)
	for n := 1; n < powerBits && z.Sign() != 0; n += 2 {
		sum.Add(sum, new(big.Float).Quo(z, bigFloat(float64(n))))
		z = new(big.Float).Mul(z, square)
	}
	return sum.Mul(sum, bigFloat(2))
}

// bigExp is e to the power of t, rounded once.
func bigExp(t *big.Float) float64 {
	ln2 := logSeries(bigFloat(2))
	ratio, _ := new(big.Float).Quo(t, ln2).Float64()
	k := math.Round(ratio)
	rest := new(big.Float).Sub(t, new(big.Float).Mul(ln2, bigFloat(k)))
	sum, term := bigFloat(0), bigFloat(1)
	for n := 1.0; n < powerBits/2; n++ {
		sum.Add(sum, term)
		term.Mul(term, rest).Quo(term, bigFloat(n))
	}
	r, _ := sum.SetMantExp(sum, int(k)).Float64()
	return r
}

// cosSin is the cosine and sine of an angle.
func cosSin(angle float64) (cos, sin float64) {
	const most = 40
	if math.Abs(angle) > most {
		return math.Cos(angle), math.Sin(angle)
	}
	x, term := bigFloat(angle), bigFloat(1)
	sums := [2]*big.Float{bigFloat(0), bigFloat(0)}
	for n := range powerBits {
		if n%4 < 2 {
			sums[n%2].Add(sums[n%2], term)
		} else {
			sums[n%2].Sub(sums[n%2], term)
		}
		term.Mul(term, x).Quo(term, bigFloat(float64(n+1)))
	}
	cos, _ = sums[0].Float64()
	sin, _ = sums[1].Float64()
	return cos, sin
}
