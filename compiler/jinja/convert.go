package jinja

import (
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

// FromGo makes a Value of plain Go data: nil, bool, numbers, text, slices, maps
// with text keys (their order is that of the names), json.Number, *big.Int,
// time.Time, and Values as they are. What it does not know becomes its text.
func FromGo(x any) Value {
	switch x := x.(type) {
	case nil:
		return None
	case Value:
		return x
	case bool:
		return Bool(x)
	case int:
		return Int(x)
	case int8:
		return Int(x)
	case int16:
		return Int(x)
	case int32:
		return Int(x)
	case int64:
		return Int(x)
	case uint:
		return NewInt(new(big.Int).SetUint64(uint64(x)))
	case uint8:
		return Int(x)
	case uint16:
		return Int(x)
	case uint32:
		return Int(x)
	case uint64:
		return NewInt(new(big.Int).SetUint64(x))
	case float32:
		return Float(x)
	case float64:
		return Float(x)
	case string:
		return Str(x)
	case []byte:
		return Bytes(x)
	case json.Number:
		if v, ok := parseInt(string(x), 10); ok {
			return v
		}
		f, _ := x.Float64()
		return Float(f)
	case *big.Int:
		return NewInt(x)
	case time.Time:
		return NewDateTime(x)
	case []any:
		items := make([]Value, len(x))
		for i, item := range x {
			items[i] = FromGo(item)
		}
		return NewList(items...)
	case []string:
		return texts(x)
	case map[string]any:
		d := NewDict()
		for _, name := range sortedNames(x) {
			d.SetStr(name, FromGo(x[name]))
		}
		return d
	case map[string]string:
		d := NewDict()
		for _, name := range sortedNames(x) {
			d.SetStr(name, Str(x[name]))
		}
		return d
	}
	return Str(fmt.Sprint(x))
}

// ToGo is the way back: nil, bool, int64, *big.Int, float64, string, []any and
// map[string]any (keys as text); times are time.Time, and what has no such form
// is its text.
func ToGo(v Value) any { return toGo(v, 0) }

func toGo(v Value, depth int) any {
	if depth++; depth > maxNesting {
		return nil // it contains itself
	}
	switch v := v.(type) {
	case NoneType, *Undefined:
		return nil
	case Bool:
		return bool(v)
	case Int:
		return int64(v)
	case BigInt:
		return v.Int
	case Float:
		return float64(v)
	case Str:
		return string(v)
	case *DateTime:
		return v.goTime()
	case *List:
		return goItems(v.Items, depth)
	case Tuple:
		return goItems(v, depth)
	case *Set:
		return goItems(v.Items(), depth)
	case *Dict:
		m := make(map[string]any, v.Len())
		for k, val := range v.All() {
			m[k.String()] = toGo(val, depth)
		}
		return m
	}
	return v.String()
}

func goItems(items []Value, depth int) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = toGo(item, depth)
	}
	return out
}
