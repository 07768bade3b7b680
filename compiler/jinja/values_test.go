package jinja

import (
	"context"
	"math/big"
	"strings"
	"testing"
)

// show gives the repr of a value, or the kind and words of the error.
func show(v Value, err error) string {
	if err != nil {
		e := err.(*Error)
		return string(e.Kind) + ": " + e.Err.Msg
	}
	return Repr(v)
}

func lit(t *testing.T, s string) Value {
	t.Helper()
	v, ok := Literal(s)
	if !ok {
		t.Fatalf("%q is no literal", s)
	}
	return v
}

func TestArithmetic(t *testing.T) {
	for _, test := range []struct{ a, op, b, want string }{
		{"7", "//", "2", "3"},
		{"-7", "//", "2", "-4"}, // Python rounds down, Go towards zero
		{"-7", "%", "3", "2"},   // and the remainder takes the divisor's sign
		{"7", "%", "-3", "-2"},
		{"7.5", "//", "-2", "-4.0"},
		{"-7.5", "%", "2", "0.5"},
		{"1", "/", "2", "0.5"},
		{"9007199254740993", "/", "1", "9007199254740992.0"},
		{"2", "**", "64", "18446744073709551616"},
		{"2", "**", "-1", "0.5"},
		{"9223372036854775807", "+", "1", "9223372036854775808"},
		{"-9223372036854775808", "-", "1", "-9223372036854775809"},
		{"4294967296", "*", "4294967296", "18446744073709551616"},
		{"-9223372036854775808", "//", "-1", "9223372036854775808"}, // the quotient that does not fit
		{"9223372036854775808", "-", "1", "9223372036854775807"},    // and back to 64 bits
		{"True", "+", "True", "2"},
		{"'ab'", "*", "2", "'abab'"},
		{"3", "*", "[0]", "[0, 0, 0]"},
		{"'ab'", "*", "-1", "''"},
		{"(1,)", "+", "(2,)", "(1, 2)"},
		{"1", "/", "0", "zero_division: division by zero"},
		{"1", "//", "0", "zero_division: integer division or modulo by zero"},
		{"1.0", "%", "0", "zero_division: float modulo"},
		{"'a'", "+", "1", `type: can only concatenate str (not "int") to str`},
		{"1", "+", "'a'", "type: unsupported operand type(s) for +: 'int' and 'str'"},
		{"[1]", "+", "(2,)", `type: can only concatenate list (not "tuple") to list`},
		{"'a'", "*", "'b'", "type: can't multiply sequence by non-int of type 'str'"},
		{"'x'", "*", "1000000000", "limit: the result would be too large (1000000000 times 1)"},
		{"10", "**", "1000000000", "value: Exceeds the limit (4300 digits) for integer string conversion"},
	} {
		got := show(binary(test.op, lit(t, test.a), lit(t, test.b)))
		if got != test.want {
			t.Errorf("%s %s %s = %s, want %s", test.a, test.op, test.b, got, test.want)
		}
	}
}

func TestRepr(t *testing.T) {
	loop := NewList(Int(1))
	loop.Append(loop)
	dict := NewDict()
	dict.SetStr("d", dict)
	ints, err := NewSet(Int(17), Int(3), Int(8), Int(-1), Int(3))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		v    Value
		want string
	}{
		{Float(1e16), "1e+16"},
		{Float(1e15), "1000000000000000.0"},
		{Float(1e-5), "1e-05"},
		{Float(123456789012345678), "1.2345678901234568e+17"},
		{Str("it's"), `"it's"`},
		{Str(`both ' and "`), `'both \' and "'`},
		{Str("a\n\x00é\u00a0\U0001F600"), `'a\n\x00é\xa0😀'`},
		{Tuple{Int(1)}, "(1,)"},
		{NewList(None, True, Markup("x")), "[None, True, Markup('x')]"},
		{loop, "[1, [...]]"},
		{dict, "{'d': {...}}"},
		{ints, "{8, 17, 3, -1}"}, // CPython's order of small ints
		{NewDate(2020, 1, 2), "datetime.date(2020, 1, 2)"},
		{Bytes("a'\xff"), `b"a'\xff"`},
	} {
		if got := Repr(test.v); got != test.want {
			t.Errorf("repr is %s, want %s", got, test.want)
		}
	}
}

func TestDictKeys(t *testing.T) {
	d := NewDict()
	for i, k := range []Value{Int(1), Float(1), True, Str("1"), Tuple{Int(1), Str("a")}, Tuple{Float(1), Str("a")}, None, BigInt{new(big.Int).Lsh(big.NewInt(1), 70)}, Float(1 << 70)} {
		d.Set(k, Int(i))
	}
	if got, want := Repr(d), "{1: 2, '1': 3, (1, 'a'): 5, None: 6, 1180591620717411303424: 8}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := d.SetIndex(NewList(), None); err == nil {
		t.Error("a list is no key")
	}
}

// A dict keeps its order and finds its keys while many come and go.
func TestDictChanges(t *testing.T) {
	d := NewDict()
	for i := range 1000 {
		d.Set(Int(i), Int(i))
	}
	for i := range 1000 {
		if i%10 != 3 && !d.Delete(Int(i)) {
			t.Fatalf("%d is gone", i)
		}
	}
	d.SetStr("new", None)
	if d.Len() != 101 {
		t.Fatalf("%d keys left", d.Len())
	}
	for i := range 100 {
		if v, ok := d.Get(Int(10*i + 3)); !ok || v != Value(Int(10*i+3)) {
			t.Errorf("%d is not found", 10*i+3)
		}
	}
	if got := Repr(NewList(d.Keys()[98:]...)); got != "[983, 993, 'new']" {
		t.Errorf("the last keys are %s", got)
	}
}

// Values that contain themselves must not end the process.
func TestCycles(t *testing.T) {
	a, b := NewList(), NewList()
	a.Append(a)
	b.Append(b)
	// Python gives up here; nothing tells the two apart.
	if !Equal(a, b) {
		t.Error("unequal")
	}
	if c, err := Compare(a, b); err != nil || c != 0 {
		t.Errorf("comparing gives %d, %v", c, err)
	}
	if _, err := AppendJSON(nil, a, JSONOptions{}); err == nil {
		t.Error("no error from JSON")
	}
	if got := ToGo(a); got == nil {
		t.Error("no Go value")
	}
	if got := prettyPrint(a); got != "[[...]]" && len(got) > 10000 {
		t.Error("pprint does not end soon")
	}
	if _, err := Literal(strings.Repeat("[", 100000)); err {
		t.Error("a literal of brackets")
	}
}

// Deep inside, what has been compared is remembered; a slice of a tuple is not it.
func TestEqualDeep(t *testing.T) {
	a, b := Tuple{Int(1), Int(2), Int(3)}, Tuple{Int(1), Int(2), Int(4)}
	nest := func(v Value) Value {
		for range 3 * remember {
			v = Tuple{v}
		}
		return v
	}
	if !Equal(nest(Tuple{a[:2], b[:2]}), nest(Tuple{b[:2], a[:2]})) {
		t.Error("equal slices differ")
	}
	if Equal(nest(Tuple{a[:2], a}), nest(Tuple{b[:2], b})) {
		t.Error("tuples that begin alike are equal")
	}
}

func TestBinding(t *testing.T) {
	ref := NewFunc("ref(package_or_name, name=none, *args, v=3, **kwargs)", func(c *Call) (Value, error) {
		out := NewList(c.Args...)
		out.Append(Tuple(c.Rest), Bool(c.Given(1)))
		if c.Kw != nil {
			out.Append(c.Kw)
		}
		return out, nil
	})
	two := NewFunc("two(a, b=1)", func(c *Call) (Value, error) { return NewList(c.Args...), nil })
	get := dictMethods["get"]
	for _, test := range []struct {
		fn     *Func
		args   []Value
		kwargs []Kwarg
		want   string
	}{
		{ref, []Value{Str("a")}, nil, "['a', None, 3, (), False]"},
		{ref, []Value{Str("a"), None, Int(7)}, []Kwarg{{"v", Int(2)}, {"z", Int(9)}}, "['a', None, 2, (7,), True, {'z': 9}]"},
		{ref, nil, nil, "type: ref() missing 1 required positional argument: 'package_or_name'"},
		{two, []Value{Int(1), Int(2)}, nil, "[1, 2]"},
		{two, []Value{Int(1), Int(2), Int(3)}, nil, "type: two() takes from 1 to 2 positional arguments but 3 were given"},
		{two, []Value{Int(1)}, []Kwarg{{"a", Int(2)}}, "type: two() got multiple values for argument 'a'"},
		{two, []Value{Int(1)}, []Kwarg{{"c", Int(2)}}, "type: two() got an unexpected keyword argument 'c'"},
		{get, nil, nil, "type: get expected at least 1 argument, got 0"},
		{get, nil, []Kwarg{{"key", Int(1)}}, "type: dict.get() takes no keyword arguments"},
	} {
		if got := show(test.fn.call(NewThread(context.Background(), Options{}), NewDict(), test.args, test.kwargs)); got != test.want {
			t.Errorf("%s%v %v: %s, want %s", test.fn.Name, test.args, test.kwargs, got, test.want)
		}
	}
}

func TestJSON(t *testing.T) {
	v, err := ParseJSON(` {"b": [1, 2.50, -0, 1e2, 100000000000000000000], "a": "\u00e9\ud83d\ude00\n", "b2": {}, "n": null} `)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		o    JSONOptions
		want string
	}{
		{JSONOptions{}, `{"b": [1, 2.5, 0, 100.0, 100000000000000000000], "a": "é😀\n", "b2": {}, "n": null}`},
		{JSONOptions{SortKeys: true, ASCII: true, Compact: true}, `{"a":"\u00e9\ud83d\ude00\n","b":[1,2.5,0,100.0,100000000000000000000],"b2":{},"n":null}`},
	} {
		got, err := AppendJSON(nil, v, test.o)
		if err != nil || string(got) != test.want {
			t.Errorf("got %s, %v; want %s", got, err, test.want)
		}
	}
	for _, bad := range []string{"", "[1,]", "{'a': 1}", "01", `"a` + "\n" + `"`, "nul", "[1] x", strings.Repeat("[", 5000)} {
		if v, err := ParseJSON(bad); err == nil {
			t.Errorf("%.20q gives %s", bad, Repr(v))
		}
	}
}

func BenchmarkDictGetStr(b *testing.B) {
	d := NewDict()
	for _, name := range strings.Fields("name schema database alias unique_id package_name") {
		d.SetStr(name, Str(name))
	}
	for b.Loop() {
		d.GetStr("alias")
	}
}
