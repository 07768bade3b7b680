package duckdb

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"weft/adapters"
)

// reader makes a Sink's value of the driver's, which is not nil.
type reader func(v any) any

func readers(cols []adapters.Column) []reader {
	out := make([]reader, len(cols))
	for i, c := range cols {
		out[i] = readerOf(c.Type)
	}
	return out
}

// readerOf picks by the type where the Go value alone does not tell.
func readerOf(typ string) reader {
	switch typ {
	case "DATE":
		return func(v any) any { return adapters.Date(v.(time.Time).Format(time.DateOnly)) }
	case "TIME":
		return func(v any) any { return v.(time.Time).Format("15:04:05.999999") }
	case "TIMETZ":
		return func(v any) any { return v.(time.Time).Format("15:04:05.999999-07:00") }
	case "UUID":
		return func(v any) any { return uuidText(v.([]byte)) }
	case "JSON":
		return func(v any) any { return jsonText(v, "") }
	}
	if nested(typ) {
		return func(v any) any { return jsonText(v, typ) }
	}
	return value
}

func nested(typ string) bool {
	return strings.HasSuffix(typ, "]") || strings.HasPrefix(typ, "STRUCT(") || strings.HasPrefix(typ, "MAP(") || strings.HasPrefix(typ, "UNION(")
}

func value(v any) any {
	switch v := v.(type) {
	case int8:
		return int64(v)
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case uint8:
		return int64(v)
	case uint16:
		return int64(v)
	case uint32:
		return int64(v)
	case uint64:
		if v > math.MaxInt64 {
			return adapters.Decimal(strconv.FormatUint(v, 10))
		}
		return int64(v)
	case float32:
		return float64(v)
	case *big.Int:
		if v.IsInt64() {
			return v.Int64()
		}
		return adapters.Decimal(v.String())
	case duckdb.Decimal:
		return adapters.Decimal(decimalText(v.Value, int(v.Scale)))
	case duckdb.Interval:
		return intervalText(v)
	case bool, int64, float64, string, []byte, time.Time:
		return v
	}
	return fmt.Sprint(v)
}

// decimalText writes n / 10^scale with all its places.
func decimalText(n *big.Int, scale int) string {
	if n == nil {
		return "0"
	}
	digits := new(big.Int).Abs(n).String()
	if scale > 0 {
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale+1-len(digits)) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

func uuidText(b []byte) string {
	if len(b) != 16 {
		return string(b)
	}
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// intervalText writes an interval as DuckDB casts it: 1 year 2 months 3 days 04:05:06.
func intervalText(i duckdb.Interval) string {
	var parts []string
	add := func(n int32, unit string) {
		switch n {
		case 0:
			return
		case 1, -1:
		default:
			unit += "s"
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, unit))
	}
	add(i.Months/12, "year")
	add(i.Months%12, "month")
	add(i.Days, "day")
	if i.Micros != 0 || len(parts) == 0 {
		sign, micros := "", uint64(i.Micros)
		if i.Micros < 0 {
			sign, micros = "-", -micros
		}
		clock := fmt.Sprintf("%s%02d:%02d:%02d", sign, micros/3_600_000_000, micros/60_000_000%60, micros/1_000_000%60)
		if rest := micros % 1_000_000; rest != 0 {
			clock += "." + strings.TrimRight(fmt.Sprintf("%06d", rest), "0")
		}
		parts = append(parts, clock)
	}
	return strings.Join(parts, " ")
}

// jsonText writes a list, struct or map as JSON in Python's manner, since templates
// read such columns as JSON text. typ gives the order of a struct's fields.
func jsonText(v any, typ string) string {
	var b strings.Builder
	appendJSON(&b, v, typ)
	return b.String()
}

func appendJSON(b *strings.Builder, v any, typ string) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case []any:
		element := elementType(typ)
		b.WriteByte('[')
		for i, item := range v {
			separate(b, i)
			appendJSON(b, item, element)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, f := range fields(v, typ) {
			separate(b, i)
			appendPlain(b, f.name)
			b.WriteString(": ")
			appendJSON(b, v[f.name], f.typ)
		}
		b.WriteByte('}')
	case duckdb.OrderedMap:
		values := v.Values()
		b.WriteByte('{')
		for i, key := range v.Keys() {
			separate(b, i)
			appendPlain(b, fmt.Sprint(plain(key)))
			b.WriteString(": ")
			appendJSON(b, values[i], "")
		}
		b.WriteByte('}')
	case duckdb.Union:
		appendJSON(b, v.Value, "")
	default:
		appendPlain(b, plain(v))
	}
}

func separate(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}

// plain is a value that JSON has a form for.
func plain(v any) any {
	switch v := value(v).(type) {
	case adapters.Decimal:
		return json.Number(v)
	case time.Time:
		return v.Format("2006-01-02 15:04:05.999999")
	case []byte:
		return string(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return v
	default:
		return v
	}
}

func appendPlain(b *strings.Builder, v any) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		b.WriteString(strconv.Quote(fmt.Sprint(v)))
		return
	}
	b.WriteString(strings.TrimSuffix(out.String(), "\n"))
}
