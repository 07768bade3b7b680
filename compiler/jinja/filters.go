package jinja

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// filterTable is made on first use, because filters such as map call others by
// name and so need the table themselves.
var filterTable struct {
	once   sync.Once
	byName map[string]*builtin
}

// lookupFilter gives a filter, or nil. Its function takes the value first.
func lookupFilter(name string) *builtin {
	filterTable.once.Do(func() {
		rows := slices.Concat(textFilters(), numberFilters(), sequenceFilters(), otherFilters())
		filterTable.byName = builtins("do_", rows, map[string]string{"d": "default", "e": "escape", "count": "length"})
	})
	return filterTable.byName[name]
}

// FilterNames are the names of all filters, in order.
func FilterNames() []string {
	lookupFilter("")
	return sortedNames(filterTable.byName)
}

// soft gives v as text, and leaves Markup what it is.
func soft(v Value) Value {
	switch v.(type) {
	case Str, Markup:
		return v
	}
	return Str(v.String())
}

// like gives s the type of v: Markup stays Markup.
func like(v Value, s string) Value {
	if _, ok := v.(Markup); ok {
		return Markup(s)
	}
	return Str(s)
}

// softText makes a filter that changes a text and takes no arguments.
func softText(change func(string) string) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) { return like(c.Args[0], change(c.Str(0))), nil }
}

func identity(c *Call) (Value, error) { return c.Args[0], nil }

func textFilters() []row {
	return []row{
		{"upper(s)", softText(upper)},
		{"lower(s)", softText(lower)},
		{"capitalize(s)", softText(capitalize)},
		{"title(s)", softText(titleFilter)},
		{"trim(value, chars=none)", func(c *Call) (Value, error) {
			in, err := stripSet(c.Args[1])
			if err != nil {
				return nil, err
			}
			return like(c.Args[0], strings.TrimFunc(c.Str(0), in)), nil
		}},
		{"center(value, width=80)", func(c *Call) (Value, error) {
			return c.Thread.Call(method(strMethods, soft(c.Args[0]), "center"), []Value{c.Args[1]}, nil)
		}},
		{"string(s)", func(c *Call) (Value, error) { return soft(c.Args[0]), nil }},
		{"safe(value)", func(c *Call) (Value, error) { return Markup(c.Str(0)), nil }},
		{"escape(s, /)", func(c *Call) (Value, error) { return Markup(escapeValue(c.Args[0])), nil }},
		{"forceescape(value)", func(c *Call) (Value, error) { return Markup(escapeHTML(c.Str(0))), nil }},
		{"striptags(value)", func(c *Call) (Value, error) { return Str(stripTags(c.Str(0))), nil }},
		{"format(value, *args, **kwargs)", formatFilter},
		{"indent(s, width=4, first=false, blank=false)", indentFilter},
		{"join(value, d='', attribute=none)", joinFilter},
		{"replace(s, old, new, count=none)", replaceFilter},
		{"truncate(s, length=255, killwords=false, end='...', leeway=5)", truncateFilter},
		{"wordcount(s)", func(c *Call) (Value, error) { return Int(countWords(c.Str(0))), nil }},
		{"wordwrap(s, width=79, break_long_words=true, wrapstring=none, break_on_hyphens=true)", wordwrapFilter},
		{"urlencode(value)", urlencodeFilter},
		{"urlize(value, trim_url_limit=none, nofollow=false, target=none, rel=none, extra_schemes=none)", urlizeFilter},
		{"xmlattr(d, autospace=true)", xmlattrFilter},
		{"tojson(value, indent=none)", tojsonFilter},
		{"pprint(value)", func(c *Call) (Value, error) {
			if len(reprUpTo(c.Args[0], maxPretty)) > maxPretty {
				return nil, Raise(LimitError, "the value is too large to be laid out")
			}
			return Str(prettyPrint(c.Args[0])), nil
		}},
		{"as_text(value)", identity},
		{"as_bool(value)", identity},
		{"as_native(value)", identity},
		{"as_number(value)", identity},
	}
}

// titleFilter begins words after blanks, hyphens and opening brackets only.
func titleFilter(s string) string {
	var b strings.Builder
	start := true
	for _, r := range s {
		if isSpace(r) || strings.ContainsRune("-({[<", r) {
			b.WriteRune(r)
			start = true
			continue
		}
		if start {
			b.WriteString(upper(string(r)))
		} else {
			b.WriteString(lower(string(r)))
		}
		start = false
	}
	return b.String()
}

func formatFilter(c *Call) (Value, error) {
	args := Value(Tuple(c.Rest))
	if c.Kw != nil {
		if len(c.Rest) > 0 {
			return nil, Raise(FilterArgument, "can't handle positional and keyword arguments at the same time")
		}
		args = c.Kw
	}
	return binary("%", soft(c.Args[0]), args)
}

func indentFilter(c *Call) (Value, error) {
	indent, ok := Text(c.Args[1])
	if !ok {
		n, isInt := intIndex(c.Args[1])
		if !isInt {
			return nil, Raise(TypeError, "can't multiply sequence by non-int of type '%s'", c.Args[1].Type())
		}
		if err := checkSize(n, 1); err != nil {
			return nil, err
		}
		indent = strings.Repeat(" ", int(max(n, 0)))
	}
	s, ok := Text(c.Args[0])
	if !ok {
		if _, isList := c.Args[0].(*List); isList {
			return nil, Raise(AttributeError, "'list' object has no attribute 'splitlines'")
		}
		_, err := binary("+", c.Args[0], Str("\n"))
		if err == nil {
			err = Raise(TypeError, "unsupported operand type(s) for +=: '%s' and 'str'", c.Args[0].Type())
		} else if e, ok := err.(*Error); ok {
			e.Err.Msg = strings.Replace(e.Err.Msg, "for +:", "for +=:", 1)
		}
		return nil, err
	}
	lines := splitLines(s+"\n", false)
	if err := checkSize(int64(len(lines)), int64(len(indent))); err != nil {
		return nil, err
	}
	for i := 1; i < len(lines); i++ {
		if lines[i] != "" || c.Bool(3) {
			lines[i] = indent + lines[i]
		}
	}
	if c.Bool(2) {
		lines[0] = indent + lines[0]
	}
	return like(c.Args[0], strings.Join(lines, "\n")), nil
}

func joinFilter(c *Call) (Value, error) {
	sep := c.Str(1)
	get := attrGetter(c.Args[2], nil)
	var b strings.Builder
	first := true
	err := Each(c.Args[0], func(item Value) error {
		if get != nil {
			var err error
			if item, err = get(item); err != nil {
				return err
			}
		}
		if !first {
			b.WriteString(sep)
		}
		first = false
		b.WriteString(item.String())
		return checkSize(1, int64(b.Len()))
	})
	return Str(b.String()), err
}

func replaceFilter(c *Call) (Value, error) {
	n := -1
	if c.Args[3] != Value(None) {
		var err error
		if n, err = c.intArg(3); err != nil {
			return nil, err
		}
	}
	s, err := replaceText(c.Str(0), c.Str(1), c.Str(2), n)
	return Str(s), err
}

func truncateFilter(c *Call) (Value, error) {
	size, err := c.intArg(1)
	if err != nil {
		return nil, err
	}
	leeway := 5
	if c.Args[4] != Value(None) {
		if leeway, err = c.intArg(4); err != nil {
			return nil, err
		}
	}
	end := c.Str(3)
	endSize := utf8.RuneCountInString(end)
	if size < endSize {
		return nil, Raise(AssertionError, "expected length >= %d, got %d", endSize, size)
	}
	if leeway < 0 {
		return nil, Raise(AssertionError, "expected leeway >= 0, got %d", leeway)
	}
	n, err := length(c.Args[0])
	if err != nil {
		return nil, err
	}
	if n-leeway <= size {
		return c.Args[0], nil
	}
	s, ok := Text(c.Args[0])
	if !ok {
		return nil, Raise(AttributeError, "'%s' object has no attribute 'rsplit'", c.Args[0].Type())
	}
	s = string([]rune(s)[:size-endSize])
	if !c.Bool(2) {
		if i := strings.LastIndexByte(s, ' '); i >= 0 {
			s = s[:i]
		}
	}
	return like(c.Args[0], s+end), nil
}

func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || isNumeric(r) }

func countWords(s string) int {
	n, inWord := 0, false
	for _, r := range s {
		if w := isWordRune(r); w != inWord {
			inWord = w
			if w {
				n++
			}
		}
	}
	return n
}

func tojsonFilter(c *Call) (Value, error) {
	o := JSONOptions{SortKeys: true, ASCII: true}
	switch indent := c.Args[1].(type) {
	case NoneType:
	case Str:
		o.Lines, o.Indent = true, string(indent)
	default:
		n, ok := intIndex(indent)
		if !ok {
			return nil, Raise(TypeError, "can't multiply sequence by non-int of type '%s'", indent.Type())
		}
		if err := checkSize(n, 1); err != nil {
			return nil, err
		}
		o.Lines, o.Indent = true, strings.Repeat(" ", int(max(n, 0)))
	}
	out, err := AppendJSON(nil, c.Args[0], o)
	if err != nil {
		return nil, err
	}
	return Markup(jsonForHTML.Replace(string(out))), nil
}

var jsonForHTML = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`)

func numberFilters() []row {
	return []row{
		{"abs(x, /)", absFilter},
		{"int(value, default=0, base=10)", intFilter},
		{"float(value, default=0.0)", floatFilter},
		{"round(value, precision=0, method='common')", roundFilter},
		{"filesizeformat(value, binary=false)", filesizeFilter},
	}
}

func absFilter(c *Call) (Value, error) {
	switch v := c.Args[0].(type) {
	case Int, BigInt, Bool:
		n, _ := toBig(v)
		return NewInt(new(big.Int).Abs(n)), nil
	case Float:
		return Float(math.Abs(float64(v))), nil
	case *Decimal:
		return &Decimal{v.coef, v.exp, false, v.special}, nil
	case *Undefined:
		return nil, Raise(TypeError, "bad operand type for abs(): 'Undefined'")
	case interface{ abs() Value }:
		return v.abs(), nil
	}
	return nil, Raise(TypeError, "bad operand type for abs(): '%s'", c.Args[0].Type())
}

func intFilter(c *Call) (Value, error) {
	v := c.Args[0]
	if u, ok := v.(*Undefined); ok {
		return nil, u.fail()
	}
	if s, ok := Text(v); ok {
		base, err := c.intArg(2)
		if err != nil {
			base = -1
		}
		if base == 0 || base >= 2 && base <= 36 {
			if n, ok := parseInt(s, base); ok {
				return n, nil
			}
		}
		x, ok := parseFloat(s)
		if !ok {
			return c.Args[1], nil
		}
		v = Float(x)
		n, err := truncate(v)
		if err != nil {
			return c.Args[1], nil
		}
		return n, nil
	}
	n, err := truncate(v)
	switch {
	case isKind(err, OverflowError):
		return nil, err
	case n == nil || err != nil:
		return c.Args[1], nil
	}
	return n, nil
}

func floatFilter(c *Call) (Value, error) {
	v := c.Args[0]
	if u, ok := v.(*Undefined); ok {
		return nil, u.fail()
	}
	if s, ok := Text(v); ok {
		if x, ok := parseFloat(s); ok {
			return Float(x), nil
		}
		return c.Args[1], nil
	}
	x, ok, err := toFloat(v)
	if !ok {
		return c.Args[1], nil
	}
	return Float(x), err
}

func roundFilter(c *Call) (Value, error) {
	how := c.Str(2)
	switch how {
	case "common":
		if c.Args[1] == Value(None) { // as Python's round without digits: a whole number
			n, err := roundNumber(c.Args[0], 0)
			if err != nil {
				return nil, err
			}
			return truncate(n)
		}
		n, err := c.intArg(1)
		if err != nil {
			return nil, err
		}
		return roundNumber(c.Args[0], n)
	case "ceil", "floor":
	default:
		return nil, Raise(FilterArgument, "method must be common, ceil or floor")
	}
	scale, err := binary("**", Int(10), c.Args[1])
	if err != nil {
		return nil, err
	}
	scaled, err := binary("*", c.Args[0], scale)
	if err != nil {
		return nil, err
	}
	whole := scaled
	if !isWhole(scaled) {
		x, ok, err := toFloat(scaled)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, Raise(TypeError, "must be real number, not %s", scaled.Type())
		}
		if how == "ceil" {
			x = math.Ceil(x)
		} else {
			x = math.Floor(x)
		}
		if whole, err = truncate(Float(x)); err != nil {
			return nil, err
		}
	}
	return binary("/", whole, scale)
}

func isWhole(v Value) bool {
	_, ok := toBig(v)
	return ok
}

// roundNumber is round(v, n): half to even, of the exact value of a float.
func roundNumber(v Value, n int) (Value, error) {
	switch x := v.(type) {
	case Float:
		f := float64(x)
		if math.IsInf(f, 0) || math.IsNaN(f) || n > 320 {
			return x, nil
		}
		if n >= 0 {
			r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', n, 64), 64)
			return Float(r), nil
		}
		if n < -310 {
			return Float(math.Copysign(0, f)), nil
		}
		whole := roundRat(new(big.Rat).SetFloat64(f), -n)
		r, _ := new(big.Float).SetInt(whole).Float64()
		return Float(math.Copysign(r, f)), nil
	case *Decimal:
		if n > maxDecimalExp || n < -maxDecimalExp {
			return nil, Raise(ValueError, "[<class 'decimal.InvalidOperation'>]")
		}
		return x.rescale(-n), nil
	}
	b, ok := toBig(v)
	switch {
	case !ok:
		return nil, Raise(TypeError, "type %s doesn't define __round__ method", TypeName(v))
	case n >= 0:
		return NewInt(b), nil
	case -n > len(b.Text(10))+1:
		return Int(0), nil
	}
	return NewInt(roundRat(new(big.Rat).SetInt(b), -n)), nil
}

// roundRat rounds to a multiple of 10^n, half to even.
func roundRat(r *big.Rat, n int) *big.Int {
	unit := pow10(n)
	den := new(big.Int).Mul(r.Denom(), unit)
	q, m := new(big.Int).DivMod(r.Num(), den, new(big.Int))
	if c := m.Lsh(m, 1).Cmp(den); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return q.Mul(q, unit)
}

func filesizeFilter(c *Call) (Value, error) {
	x, ok, err := toFloat(c.Args[0])
	if s, isText := Text(c.Args[0]); isText {
		if x, ok = parseFloat(s); !ok {
			return nil, Raise(ValueError, "could not convert string to float: %s", Str(s).Repr())
		}
	}
	switch u, undefined := c.Args[0].(*Undefined); {
	case undefined:
		return nil, u.fail()
	case err != nil:
		return nil, err
	case !ok:
		return nil, Raise(TypeError, "float() argument must be a string or a real number, not '%s'", c.Args[0].Type())
	}
	base, units := 1000.0, []string{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	if c.Bool(1) {
		base, units = 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
	}
	switch {
	case x == 1:
		return Str("1 Byte"), nil
	case x < base:
		n, err := truncate(Float(x))
		if err != nil {
			return nil, err
		}
		return Str(n.String() + " Bytes"), nil
	}
	unit := base
	for _, name := range units {
		unit *= base
		if x < unit || name == units[len(units)-1] {
			return Str(strconv.FormatFloat(base*x/unit, 'f', 1, 64) + " " + name), nil
		}
	}
	return nil, nil
}

// attrGetter gives the function that fetches a.b.0 from an item; nil for None.
// def, if not nil, stands for a step that is undefined.
func attrGetter(path Value, def Value) func(Value) (Value, error) {
	if path == Value(None) {
		return nil
	}
	var steps []Value
	if s, ok := Text(path); ok {
		for _, part := range strings.Split(s, ".") {
			if n, err := strconv.ParseInt(part, 10, 64); err == nil && isDigit(part[0]) {
				steps = append(steps, Int(n))
			} else {
				steps = append(steps, Str(part))
			}
		}
	} else {
		steps = []Value{path}
	}
	return func(item Value) (Value, error) {
		for _, step := range steps {
			var err error
			if item, err = GetItem(item, step); err != nil {
				return nil, err
			}
			if def != nil && IsUndefined(item) {
				item = def
			}
		}
		return item, nil
	}
}

// multiGetter is for sort(attribute='a,b'): a list of what each path gives.
func multiGetter(path Value) func(Value) (Value, error) {
	s, ok := Text(path)
	if !ok {
		return attrGetter(path, nil)
	}
	var getters []func(Value) (Value, error)
	for _, part := range strings.Split(s, ",") {
		getters = append(getters, attrGetter(Str(part), nil))
	}
	return func(item Value) (Value, error) {
		keys := NewList()
		for _, get := range getters {
			v, err := get(item)
			if err != nil {
				return nil, err
			}
			keys.Append(v)
		}
		return keys, nil
	}
}

// foldCase makes text lower case, also in the list that multiGetter gives.
func foldCase(v Value) Value {
	if s, ok := Text(v); ok {
		return Str(lower(s))
	}
	return v
}

// keyOf is what sort, unique, min and max compare items by.
func keyOf(get func(Value) (Value, error), caseSensitive bool) func(Value) (Value, error) {
	return func(item Value) (Value, error) {
		if get != nil {
			var err error
			if item, err = get(item); err != nil {
				return nil, err
			}
		}
		if caseSensitive {
			return item, nil
		}
		return foldCase(item), nil
	}
}

func sequenceFilters() []row {
	return []row{
		{"length(obj, /)", func(c *Call) (Value, error) {
			n, err := length(c.Args[0])
			return Int(n), err
		}},
		{"first(seq)", func(c *Call) (Value, error) {
			it, err := iterate(c.Args[0])
			if err != nil {
				return nil, err
			}
			v, err := it.Next()
			if v == nil && err == nil {
				return newUndefined("No first item, sequence was empty.", "", false), nil
			}
			return v, err
		}},
		{"last(seq)", lastFilter},
		{"random(seq)", func(c *Call) (Value, error) {
			n, err := length(c.Args[0])
			if err != nil {
				return nil, err
			}
			if n == 0 {
				return newUndefined("No random item, sequence was empty.", "", false), nil
			}
			return GetItem(c.Args[0], Int(rand.IntN(n)))
		}},
		{"list(value)", func(c *Call) (Value, error) {
			items, err := ToList(c.Args[0])
			return NewList(items...), err
		}},
		{"reverse(value)", reverseFilter},
		{"sort(value, reverse=false, case_sensitive=false, attribute=none)", sortFilter},
		{"unique(value, case_sensitive=false, attribute=none)", uniqueFilter},
		{"min(value, case_sensitive=false, attribute=none)", extremeFilter("<")},
		{"max(value, case_sensitive=false, attribute=none)", extremeFilter(">")},
		{"sum(iterable, attribute=none, start=0)", sumFilter},
		{"groupby(value, attribute, default=none, case_sensitive=false)", groupbyFilter},
		{"dictsort(value, case_sensitive=false, by='key', reverse=false)", dictsortFilter},
		{"items(value)", itemsFilter},
		{"batch(value, linecount, fill_with=none)", batchFilter},
		{"slice(value, slices, fill_with=none)", sliceFilter},
		{"map(value, *args, **kwargs)", mapFilter},
		{"select(value, *args, **kwargs)", selectFilter("select", "sync_do_select", true, false)},
		{"reject(value, *args, **kwargs)", selectFilter("reject", "sync_do_reject", false, false)},
		{"selectattr(value, *args, **kwargs)", selectFilter("selectattr", "sync_do_selectattr", true, true)},
		{"rejectattr(value, *args, **kwargs)", selectFilter("rejectattr", "sync_do_rejectattr", false, true)},
	}
}

// reversed gives an iterator from the end; ok is false for what has none.
func reversed(v Value) (items []Value, kind string, ok bool) {
	switch v := v.(type) {
	case *List:
		items, kind = slices.Clone(v.Items), "list_reverseiterator"
	case *Dict:
		items, kind = v.Keys(), "dict_reversekeyiterator"
	case *DictView:
		items, kind = v.list(), "dict_reversekeyiterator"
	case *Undefined:
		return nil, "reversed", true
	case *Set, *Generator:
		return nil, "", false
	case Str, Markup, Tuple, Indexer:
		if _, ok := v.(Lener); !ok {
			return nil, "", false
		}
		list, err := ToList(v)
		if err != nil {
			return nil, "", false
		}
		items, kind = list, "reversed"
	default:
		return nil, "", false
	}
	slices.Reverse(items)
	return items, kind, true
}

func lastFilter(c *Call) (Value, error) {
	items, _, ok := reversed(c.Args[0])
	if !ok {
		return nil, Raise(TypeError, "'%s' object is not reversible", c.Args[0].Type())
	}
	if len(items) == 0 {
		return newUndefined("No last item, sequence was empty.", "", false), nil
	}
	return items[0], nil
}

func reverseFilter(c *Call) (Value, error) {
	if _, ok := Text(c.Args[0]); ok {
		return sliceOf(c.Args[0], None, None, Int(-1))
	}
	if items, kind, ok := reversed(c.Args[0]); ok {
		it := sliceIterator{items}
		return NewGenerator(kind, it.Next), nil
	}
	items, err := ToList(c.Args[0])
	if err != nil {
		if isKind(err, TypeError) {
			return nil, Raise(FilterArgument, "argument must be iterable")
		}
		return nil, err
	}
	slices.Reverse(items)
	return NewList(items...), nil
}

func sortFilter(c *Call) (Value, error) {
	items, err := ToList(c.Args[0])
	if err != nil {
		return nil, err
	}
	get := func(v Value) (Value, error) { return v, nil }
	if c.Args[3] != Value(None) {
		get = multiGetter(c.Args[3])
	}
	items, err = sorted(items, func(v Value) (Value, error) {
		k, err := get(v)
		if err != nil {
			return nil, err
		}
		if l, ok := k.(*List); ok && c.Args[3] != Value(None) {
			if !c.Bool(2) {
				for i, part := range l.Items {
					l.Items[i] = foldCase(part)
				}
			}
			return l, nil
		}
		if !c.Bool(2) {
			k = foldCase(k)
		}
		return Tuple{k}, nil // Python compares lists of keys, where undefined ones are equal
	}, c.Bool(1))
	if err != nil {
		return nil, err
	}
	return NewList(items...), nil
}

func uniqueFilter(c *Call) (Value, error) {
	key := keyOf(attrGetter(c.Args[2], nil), c.Bool(1))
	seen := NewDict()
	var it Iterator
	return NewGenerator("do_unique", func() (Value, error) {
		var err error
		if it == nil {
			if it, err = iterate(c.Args[0]); err != nil {
				return nil, err
			}
		}
		for {
			v, err := it.Next()
			if v == nil || err != nil {
				return nil, err
			}
			k, err := key(v)
			if err != nil {
				return nil, err
			}
			has, err := seen.Contains(k)
			if err != nil {
				return nil, err
			}
			if !has {
				seen.Set(k, None)
				return v, nil
			}
		}
	}), nil
}

func extremeFilter(op string) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		key := keyOf(attrGetter(c.Args[2], nil), c.Bool(1))
		var best, bestKey Value
		err := Each(c.Args[0], func(v Value) error {
			k, err := key(v)
			if err != nil {
				return err
			}
			better := best == nil
			if !better {
				if better, err = compareOp(op, k, bestKey); err != nil {
					return err
				}
			}
			if better {
				best, bestKey = v, k
			}
			return nil
		})
		if best == nil && err == nil {
			return newUndefined("No aggregated item, sequence was empty.", "", false), nil
		}
		return best, err
	}
}

func sumFilter(c *Call) (Value, error) {
	get := attrGetter(c.Args[1], nil)
	total := c.Args[2]
	it, err := iterate(c.Args[0])
	if err != nil {
		return nil, err
	}
	if _, ok := Text(total); ok {
		return nil, Raise(TypeError, "sum() can't sum strings [use ''.join(seq) instead]")
	}
	for {
		v, err := it.Next()
		if err != nil {
			return nil, err
		}
		if v == nil {
			return total, nil
		}
		if get != nil {
			if v, err = get(v); err != nil {
				return nil, err
			}
		}
		if total, err = binary("+", total, v); err != nil {
			return nil, err
		}
	}
}

// Group is one item of what groupby gives: a tuple (grouper, list) whose parts
// also have these names.
type Group struct {
	Key   Value
	Items *List
}

func (g *Group) Type() string   { return "_GroupTuple" }
func (g *Group) Truth() bool    { return true }
func (g *Group) String() string { return Repr(g) }

// Len is 2.
func (g *Group) Len() int { return 2 }

// Iterate walks the two parts.
func (g *Group) Iterate() Iterator { return &sliceIterator{[]Value{g.Key, g.Items}} }

// Index gives a part.
func (g *Group) Index(key Value) (Value, error) {
	return itemAt([]Value{g.Key, g.Items}, key, "tuple")
}

// Contains compares with the parts.
func (g *Group) Contains(v Value) (bool, error) { return Tuple{g.Key, g.Items}.Contains(v) }

// Attr gives grouper, list, or a tuple's method.
func (g *Group) Attr(name string) (Value, error) {
	switch name {
	case "grouper":
		return g.Key, nil
	case "list":
		return g.Items, nil
	}
	return method(tupleMethods, Tuple{g.Key, g.Items}, name), nil
}

func groupbyFilter(c *Call) (Value, error) {
	items, err := ToList(c.Args[0])
	if err != nil {
		return nil, err
	}
	var def Value
	if c.Args[2] != Value(None) {
		def = c.Args[2]
	}
	get := attrGetter(c.Args[1], def)
	if get == nil {
		get = func(v Value) (Value, error) { return v, nil }
	}
	key := keyOf(get, c.Bool(3))
	if items, err = sorted(items, key, false); err != nil {
		return nil, err
	}
	out := NewList()
	var group *Group
	var last Value
	for _, item := range items {
		k, err := key(item)
		if err != nil {
			return nil, err
		}
		if group == nil || !Equal(k, last) {
			// The key is shown as the first item of the group spells it.
			shown, err := get(item)
			if err != nil {
				return nil, err
			}
			group, last = &Group{Key: shown, Items: NewList()}, k
			out.Append(group)
		}
		group.Items.Append(item)
	}
	return out, nil
}

func dictsortFilter(c *Call) (Value, error) {
	place := 0
	switch c.Str(2) {
	case "key":
	case "value":
		place = 1
	default:
		return nil, Raise(FilterArgument, `You can only sort by either "key" or "value"`)
	}
	pairs, err := callItems(c)
	if err != nil {
		return nil, err
	}
	key := keyOf(func(v Value) (Value, error) { return v.(Tuple)[place], nil }, c.Bool(1))
	pairs, err = sorted(pairs, key, c.Bool(3))
	if err != nil {
		return nil, err
	}
	return NewList(pairs...), nil
}

// callItems gives the pairs of a mapping.
func callItems(c *Call) ([]Value, error) {
	if u, ok := c.Args[0].(*Undefined); ok {
		return nil, u.fail()
	}
	pairs := mappingItems(c.Args[0])
	if pairs == nil {
		return nil, Raise(AttributeError, "'%s' object has no attribute 'items'", c.Args[0].Type())
	}
	return pairs, nil
}

// mappingItems gives the pairs of a mapping, nil for what is none.
func mappingItems(v Value) []Value {
	m, ok := v.(Mapping)
	if !ok {
		return nil
	}
	pairs := []Value{}
	for _, k := range m.Keys() {
		val, _ := m.Get(k)
		pairs = append(pairs, Tuple{k, val})
	}
	return pairs
}

func itemsFilter(c *Call) (Value, error) {
	var it Iterator
	return NewGenerator("do_items", func() (Value, error) {
		if it == nil {
			pairs := mappingItems(c.Args[0])
			if pairs == nil && !IsUndefined(c.Args[0]) {
				return nil, Raise(TypeError, "Can only get item pairs from a mapping.")
			}
			it = &sliceIterator{pairs}
		}
		return it.Next()
	}), nil
}

func batchFilter(c *Call) (Value, error) {
	var it Iterator
	batch := NewList()
	done := false
	return NewGenerator("do_batch", func() (Value, error) {
		if it == nil {
			var err error
			if it, err = iterate(c.Args[0]); err != nil {
				return nil, err
			}
		}
		for !done {
			item, err := it.Next()
			if err != nil {
				return nil, err
			}
			if item == nil {
				done = true
				break
			}
			full := batch
			if Equal(Int(len(full.Items)), c.Args[1]) {
				batch = NewList(item)
				return full, nil
			}
			batch.Append(item)
		}
		last := batch
		batch = NewList()
		if len(last.Items) == 0 {
			return nil, nil
		}
		if c.Args[2] != Value(None) {
			short, err := compareOp("<", Int(len(last.Items)), c.Args[1])
			if err != nil {
				return nil, err
			}
			if short {
				if err := checkSize(c.Int(1), 16); err != nil {
					return nil, err
				}
				for int64(len(last.Items)) < c.Int(1) {
					last.Append(c.Args[2])
				}
			}
		}
		return last, nil
	}), nil
}

func sliceFilter(c *Call) (Value, error) {
	var items []Value
	started := false
	n, offset, size, extra, parts := 0, 0, 0, 0, 0
	return NewGenerator("do_slice", func() (Value, error) {
		if !started {
			started = true
			var err error
			if items, err = ToList(c.Args[0]); err != nil {
				return nil, err
			}
			per, err := binary("//", Int(len(items)), c.Args[1])
			if err != nil {
				return nil, err
			}
			if parts, err = c.intArg(1); err != nil {
				return nil, err
			}
			sizeValue, _ := intIndex(per)
			size = int(sizeValue)
			if parts > 0 {
				extra = len(items) % parts
			}
		}
		if n >= parts {
			return nil, nil
		}
		start := offset + n*size
		if n < extra {
			offset++
		}
		part := NewList(slices.Clone(items[start : offset+(n+1)*size])...)
		if c.Args[2] != Value(None) && n >= extra {
			part.Append(c.Args[2])
		}
		n++
		return part, nil
	}), nil
}

// callByName calls the filter or test that a template named in a text.
func callByName(t *Thread, what string, lookup func(string) *builtin, name Value, args []Value, kwargs []Kwarg) (Value, error) {
	if s, ok := Text(name); ok {
		if b := lookup(s); b != nil {
			return b.fn.Call(t, args, kwargs)
		}
	}
	msg := "No " + what + " named " + Repr(name) + "."
	if u, ok := name.(*Undefined); ok {
		msg += " (" + u.Message() + "; did you forget to quote the callable name?)"
	}
	return nil, Raise(RuntimeError, "%s", msg)
}

func dictKwargs(d *Dict) []Kwarg {
	if d == nil {
		return nil
	}
	var kwargs []Kwarg
	for k, v := range d.All() {
		kwargs = append(kwargs, Kwarg{k.String(), v})
	}
	return kwargs
}

// lazily makes a generator over an iterable whose preparation (which may fail)
// happens when the first value is asked for, and not at all for an empty one.
func lazily(kind string, over Value, prepare func() (func(Value) (Value, error), error)) Value {
	var it Iterator
	var step func(Value) (Value, error)
	return NewGenerator(kind, func() (Value, error) {
		if it == nil {
			if !over.Truth() {
				return nil, nil
			}
			var err error
			if step, err = prepare(); err != nil {
				return nil, err
			}
			if it, err = iterate(over); err != nil {
				return nil, err
			}
		}
		for {
			v, err := it.Next()
			if v == nil || err != nil {
				return nil, err
			}
			if v, err = step(v); v != nil || err != nil {
				return v, err
			}
		}
	})
}

func mapFilter(c *Call) (Value, error) {
	return lazily("sync_do_map", c.Args[0], func() (func(Value) (Value, error), error) {
		if len(c.Rest) == 0 && c.Kw != nil {
			if attribute, ok := c.Kw.GetStr("attribute"); ok {
				return mapAttribute(c.Kw, attribute)
			}
		}
		if len(c.Rest) == 0 {
			return nil, Raise(FilterArgument, "map requires a filter argument")
		}
		kwargs := dictKwargs(c.Kw)
		return func(v Value) (Value, error) {
			args := append([]Value{v}, c.Rest[1:]...)
			return callByName(c.Thread, "filter", lookupFilter, c.Rest[0], args, kwargs)
		}, nil
	}), nil
}

func mapAttribute(kw *Dict, attribute Value) (func(Value) (Value, error), error) {
	var def Value
	for k, v := range kw.All() {
		switch k.String() {
		case "attribute":
		case "default":
			if v != Value(None) {
				def = v
			}
		default:
			return nil, Raise(FilterArgument, "Unexpected keyword argument %s", Repr(k))
		}
	}
	get := attrGetter(attribute, def)
	if get == nil {
		get = attrGetter(Str("None"), def)
	}
	return get, nil
}

func selectFilter(name, kind string, keep, byAttr bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		return lazily(kind, c.Args[0], func() (func(Value) (Value, error), error) {
			args := c.Rest
			get := func(v Value) (Value, error) { return v, nil }
			if byAttr {
				if len(args) == 0 {
					return nil, Raise(FilterArgument, "Missing parameter for attribute name")
				}
				if g := attrGetter(args[0], nil); g != nil {
					get = g
				}
				args = args[1:]
			}
			kwargs := dictKwargs(c.Kw)
			return func(item Value) (Value, error) {
				v, err := get(item)
				if err != nil {
					return nil, err
				}
				if len(args) > 0 {
					full := append([]Value{v}, args[1:]...)
					if v, err = callByName(c.Thread, "test", lookupTest, args[0], full, kwargs); err != nil {
						return nil, err
					}
				}
				if v.Truth() == keep {
					return item, nil
				}
				return nil, nil
			}, nil
		}), nil
	}
}

func otherFilters() []row {
	return []row{
		{"default(value, default_value='', boolean=false)", func(c *Call) (Value, error) {
			if IsUndefined(c.Args[0]) || c.Bool(2) && !c.Args[0].Truth() {
				return c.Args[1], nil
			}
			return c.Args[0], nil
		}},
		{"attr(obj, name)", func(c *Call) (Value, error) {
			name := c.Str(1)
			if strings.HasPrefix(name, "_") {
				return hiddenAttr(c.Args[0], name)
			}
			v, err := attribute(c.Args[0], name)
			if v == nil && err == nil {
				return missing(c.Args[0], Str(name)), nil
			}
			return v, err
		}},
		{"is_list(x)", func(c *Call) (Value, error) {
			_, ok := c.Args[0].(*List)
			return Bool(ok), nil
		}},
	}
}
