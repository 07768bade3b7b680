package jinja

import (
	"sync"
	"unicode"
)

// testTable is made on first use, like filterTable.
var testTable struct {
	once   sync.Once
	byName map[string]*builtin
}

// lookupTest gives a test, or nil. Its function takes the value first.
func lookupTest(name string) *builtin {
	testTable.once.Do(func() {
		testTable.byName = builtins("test_", testRows(), map[string]string{
			"==": "eq", "equalto": "eq", "!=": "ne", "<": "lt", "lessthan": "lt", "<=": "le",
			">": "gt", "greaterthan": "gt", ">=": "ge",
		})
	})
	return testTable.byName[name]
}

// TestNames are the names of all tests, in order.
func TestNames() []string {
	lookupTest("")
	return sortedNames(testTable.byName)
}

// is makes a test of the value alone.
func is(test func(Value) bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) { return Bool(test(c.Args[0])), nil }
}

// comparison makes a test of an operator.
func comparison(op string) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		ok, err := compareOp(op, c.Args[0], c.Args[1])
		return Bool(ok), err
	}
}

// remainder makes a test of value % n.
func remainder(want int64) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		n := Value(Int(2))
		if len(c.Args) > 1 {
			n = c.Args[1]
		}
		r, err := binary("%", c.Args[0], n)
		if err != nil {
			return nil, err
		}
		return Bool(Equal(r, Int(want))), nil
	}
}

func testRows() []row {
	return []row{
		{"odd(value)", remainder(1)},
		{"even(value)", remainder(0)},
		{"divisibleby(value, num)", remainder(0)},
		{"defined(value)", is(func(v Value) bool { return !IsUndefined(v) })},
		{"undefined(value)", is(IsUndefined)},
		{"filter(value)", named(lookupFilter)},
		{"test(value)", named(lookupTest)},
		{"none(value)", is(func(v Value) bool { return v == Value(None) })},
		{"boolean(value)", is(func(v Value) bool { _, ok := v.(Bool); return ok })},
		{"false(value)", is(func(v Value) bool { return v == False })},
		{"true(value)", is(func(v Value) bool { return v == True })},
		{"integer(value)", is(func(v Value) bool {
			switch v.(type) {
			case Int, BigInt:
				return true
			}
			return false
		})},
		{"float(value)", is(func(v Value) bool { _, ok := v.(Float); return ok })},
		{"lower(value)", is(func(v Value) bool { return hasCase(v.String(), unicode.IsLower) })},
		{"upper(value)", is(func(v Value) bool { return hasCase(v.String(), unicode.IsUpper) })},
		{"string(value)", is(isString)},
		{"mapping(value)", is(func(v Value) bool { _, ok := v.(Mapping); return ok })},
		{"number(value)", is(func(v Value) bool {
			_, complexNumber := v.(Complex)
			return complexNumber || isNumber(v)
		})},
		{"sequence(value)", is(isIndexable)},
		{"iterable(value)", func(c *Call) (Value, error) {
			_, err := iterate(c.Args[0])
			if err != nil && !isKind(err, TypeError) {
				return nil, err
			}
			return Bool(err == nil), nil
		}},
		{"sameas(value, other)", func(c *Call) (Value, error) { return Bool(identical(c.Args[0], c.Args[1])), nil }},
		{"escaped(value)", is(func(v Value) bool { _, ok := v.(Markup); return ok })},
		{"callable(obj, /)", is(func(v Value) bool {
			if u, ok := v.(*Undefined); ok && u != nil {
				return true // the class has __call__, which only fails
			}
			_, ok := v.(Callable)
			return ok
		})},
		{"in(value, seq)", func(c *Call) (Value, error) {
			ok, err := contains(c.Args[1], c.Args[0])
			return Bool(ok), err
		}},
		{"eq(a, b, /)", comparison("==")},
		{"ne(a, b, /)", comparison("!=")},
		{"lt(a, b, /)", comparison("<")},
		{"le(a, b, /)", comparison("<=")},
		{"gt(a, b, /)", comparison(">")},
		{"ge(a, b, /)", comparison(">=")},
	}
}

// StrLike is a host's value that counts as text for the test "string".
type StrLike interface{ IsStr() bool }

func isString(v Value) bool {
	if s, ok := v.(StrLike); ok {
		return s.IsStr()
	}
	_, ok := Text(v)
	return ok
}

// named is the test whether there is a filter or test of that name.
func named(lookup func(string) *builtin) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		if _, err := hashKey(c.Args[0]); err != nil {
			return nil, err
		}
		s, ok := Text(c.Args[0])
		return Bool(ok && lookup(s) != nil), nil
	}
}

// hasCase reports whether there is a letter with case, and none of another case.
func hasCase(s string, want func(rune) bool) bool {
	found := false
	for _, r := range s {
		if isCased(r) {
			if !want(r) {
				return false
			}
			found = true
		}
	}
	return found
}

// isIndexable is true of what has a length and items by index or key.
func isIndexable(v Value) bool {
	if _, ok := v.(Lener); !ok {
		return false
	}
	_, ok := v.(Indexer)
	return ok
}
