package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// formatSpec is Python's [[fill]align][sign][z][#][0][width][grouping][.precision][type].
type formatSpec struct {
	fill      string
	align     byte // 0 if none was given
	sign      byte
	alt       bool
	zero      bool
	noNegZero bool
	width     int
	group     byte // ',' or '_'
	precision int  // -1 if none was given
	kind      byte // 0 if none was given
}

func parseSpec(spec, typeName string) (formatSpec, error) {
	f := formatSpec{fill: " ", precision: -1}
	s, filled := spec, false
	isAlign := func(s string) bool { return s != "" && strings.IndexByte("<>=^", s[0]) >= 0 }
	if _, n := utf8.DecodeRuneInString(s); n > 0 && isAlign(s[n:]) {
		f.fill, f.align, s, filled = s[:n], s[n], s[n+1:], true
	} else if isAlign(s) {
		f.align, s = s[0], s[1:]
	}
	next := func(set string) (byte, bool) {
		if s != "" && strings.IndexByte(set, s[0]) >= 0 {
			c := s[0]
			s = s[1:]
			return c, true
		}
		return 0, false
	}
	f.sign, _ = next("+- ")
	_, f.noNegZero = next("z")
	_, f.alt = next("#")
	if strings.HasPrefix(s, "0") && !filled {
		s = s[1:]
		f.fill = "0"
		if f.align == 0 && typeName != "str" {
			f.align = '='
		}
	}
	var ok bool
	var err error
	if f.width, s, _, err = specNumber(s, 0); err != nil {
		return f, err
	}
	if f.group, _ = next(",_"); f.group != 0 {
		if other, both := next(",_"); both {
			if other == f.group {
				return f, Raise(ValueError, "Cannot specify '%c' with '%c'.", f.group, other)
			}
			return f, Raise(ValueError, "Cannot specify both ',' and '_'.")
		}
	}
	if _, dot := next("."); dot {
		if f.precision, s, ok, err = specNumber(s, -1); err != nil {
			return f, err
		}
		if !ok {
			return f, Raise(ValueError, "Format specifier missing precision")
		}
	}
	switch utf8.RuneCountInString(s) {
	case 0:
	case 1:
		f.kind = s[0]
	default:
		return f, Raise(ValueError, "Invalid format specifier '%s' for object of type '%s'", spec, typeName)
	}
	if f.group != 0 && f.kind == 0 && typeName == "str" {
		return f, Raise(ValueError, "Cannot specify '%c' with 's'.", f.group)
	}
	if f.group != 0 && f.kind != 0 {
		allowed := "defgEG%F"
		if f.group == '_' {
			allowed += "boxX"
		}
		if strings.IndexByte(allowed, f.kind) < 0 {
			return f, Raise(ValueError, "Cannot specify '%c' with '%c'.", f.group, f.kind)
		}
	}
	return f, nil
}

// specNumber reads digits; without any it gives absent.
func specNumber(s string, absent int) (n int, rest string, ok bool, err error) {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		n = n*10 + int(s[i]-'0')
		if n > maxSize {
			return 0, s, false, Raise(ValueError, "Too many decimal digits in format string")
		}
		i++
	}
	if i == 0 {
		return absent, s, false, nil
	}
	return n, s[i:], true, nil
}

// place fills s up to the width; prefix (sign, 0x) stays in front of the filling
// that "=" asks for.
func (f formatSpec) place(prefix, s string, align byte) string {
	missing := f.width - utf8.RuneCountInString(prefix) - utf8.RuneCountInString(s)
	if missing <= 0 {
		return prefix + s
	}
	if f.align != 0 {
		align = f.align
	}
	switch align {
	case '<':
		return prefix + s + strings.Repeat(f.fill, missing)
	case '^':
		return strings.Repeat(f.fill, missing/2) + prefix + s + strings.Repeat(f.fill, missing-missing/2)
	case '=':
		return prefix + strings.Repeat(f.fill, missing) + s
	}
	return strings.Repeat(f.fill, missing) + prefix + s
}

// FormatSpecer is a value that understands format specs of its own, as dates do.
type FormatSpecer interface {
	FormatSpec(spec string) (string, error)
}

// formatValue is format(v, spec).
func formatValue(v Value, spec string) (string, error) {
	if spec == "" {
		return v.String(), nil
	}
	switch v := v.(type) {
	case Str:
		return formatText(string(v), spec)
	case Markup:
		return formatText(string(v), spec)
	case Bool, Int, BigInt:
		n, _ := toBig(v)
		return formatInt(v, n, spec)
	case Float:
		f, err := parseSpec(spec, "float")
		if err != nil {
			return "", err
		}
		return f.float(float64(v), "float")
	case *Decimal:
		return v.FormatSpec(spec)
	case FormatSpecer:
		return v.FormatSpec(spec)
	}
	return "", Raise(TypeError, "unsupported format string passed to %s.__format__", v.Type())
}

func unknownCode(kind byte, typeName string) error {
	return Raise(ValueError, "Unknown format code '%c' for object of type '%s'", kind, typeName)
}

func formatText(s, spec string) (string, error) {
	f, err := parseSpec(spec, "str")
	switch {
	case err != nil:
		return "", err
	case f.kind != 0 && f.kind != 's':
		return "", unknownCode(f.kind, "str")
	case f.sign == ' ':
		return "", Raise(ValueError, "Space not allowed in string format specifier")
	case f.sign != 0:
		return "", Raise(ValueError, "Sign not allowed in string format specifier")
	case f.noNegZero:
		return "", Raise(ValueError, "Negative zero coercion (z) not allowed in string format specifier")
	case f.alt:
		return "", Raise(ValueError, "Alternate form (#) not allowed in string format specifier")
	case f.align == '=':
		return "", Raise(ValueError, "'=' alignment not allowed in string format specifier")
	}
	if f.precision >= 0 && utf8.RuneCountInString(s) > f.precision {
		s = string([]rune(s)[:f.precision])
	}
	return f.place("", s, '<'), nil
}

func formatInt(v Value, n *big.Int, spec string) (string, error) {
	f, err := parseSpec(spec, v.Type())
	if err != nil {
		return "", err
	}
	if strings.IndexByte("eEfFgG%", f.kind) >= 0 && f.kind != 0 {
		x, _, err := toFloat(NewInt(n))
		if err != nil {
			return "", err
		}
		return f.float(x, v.Type())
	}
	base, prefix := 10, ""
	switch f.kind {
	case 0, 'd', 'n':
	case 'b':
		base, prefix = 2, "0b"
	case 'o':
		base, prefix = 8, "0o"
	case 'x':
		base, prefix = 16, "0x"
	case 'X':
		base, prefix = 16, "0X"
	case 'c':
	default:
		return "", unknownCode(f.kind, v.Type())
	}
	if f.precision >= 0 {
		return "", Raise(ValueError, "Precision not allowed in integer format specifier")
	}
	if f.noNegZero {
		return "", Raise(ValueError, "Negative zero coercion (z) not allowed in integer format specifier")
	}
	if f.kind == 'c' {
		return f.char(n)
	}
	digits := new(big.Int).Abs(n).Text(base)
	if f.kind == 'X' {
		digits = strings.ToUpper(digits)
	}
	if !f.alt {
		prefix = ""
	}
	size := 3
	if base != 10 {
		size = 4
	}
	sign := f.signOf(n.Sign() < 0) + prefix
	return f.place(sign, f.grouped(digits, "", size, len(sign)), '>'), nil
}

func (f formatSpec) char(n *big.Int) (string, error) {
	switch {
	case f.sign != 0:
		return "", Raise(ValueError, "Sign not allowed with integer format specifier 'c'")
	case f.alt:
		return "", Raise(ValueError, "Alternate form (#) not allowed with integer format specifier 'c'")
	case !n.IsInt64():
		return "", Raise(OverflowError, "Python int too large to convert to C long")
	case n.Int64() < 0 || n.Int64() > utf8.MaxRune:
		return "", Raise(OverflowError, "%%c arg not in range(0x110000)")
	}
	return f.place("", string(rune(n.Int64())), '>'), nil
}

func (f formatSpec) signOf(negative bool) string {
	switch {
	case negative:
		return "-"
	case f.sign == '+' || f.sign == ' ':
		return string(f.sign)
	}
	return ""
}

// grouped puts separators between the digits, and as many zeros in front as the
// width asks for (a zero filled number is grouped with its zeros); after is what
// follows the digits (a fraction).
func (f formatSpec) grouped(digits, after string, size, taken int) string {
	if f.group == 0 {
		return digits + after
	}
	zeros := f.fill == "0" && f.align == '='
	var groups []string
	for len(digits) > size {
		groups = append(groups, digits[len(digits)-size:])
		digits = digits[:len(digits)-size]
	}
	length := func() int { return len(digits) + (size+1)*len(groups) + len(after) + taken }
	for zeros && length() < f.width {
		if len(digits) == size {
			groups = append(groups, digits)
			digits = ""
		}
		digits = "0" + digits
	}
	var b strings.Builder
	b.WriteString(digits)
	for i := len(groups) - 1; i >= 0; i-- {
		b.WriteByte(f.group)
		b.WriteString(groups[i])
	}
	return b.String() + after
}

func (f formatSpec) float(x float64, typeName string) (string, error) {
	kind, percent := f.kind, ""
	precision := f.precision
	negative := math.Signbit(x) && !math.IsNaN(x)
	x = math.Abs(x)
	var s string
	switch kind {
	case 'e', 'E', 'f', 'F', 'g', 'G', '%', 'n':
		if precision < 0 {
			precision = 6
		}
	case 0:
	default:
		return "", unknownCode(kind, typeName)
	}
	switch kind {
	case '%':
		s, percent = formatPrec(x*100, 'f', precision, f.alt), "%"
	case 0:
		s = f.general(x, precision)
	case 'n':
		s = formatPrec(x, 'g', precision, f.alt)
	default:
		s = formatPrec(x, kind, precision, f.alt)
	}
	if mantissa, _, _ := strings.Cut(strings.ToLower(s), "e"); f.noNegZero && strings.Trim(mantissa, "0.") == "" {
		negative = false
	}
	digits, after := s, percent
	if i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits, after = s[:i], s[i:]+percent
	}
	sign := f.signOf(negative)
	if digits == "" { // inf and nan
		return f.place(sign, after, '>'), nil
	}
	return f.place(sign, f.grouped(digits, after, 3, len(sign)), '>'), nil
}

// general is the format of no letter: repr, or like "g" with a digit after the
// point, and an exponent one digit sooner.
func (f formatSpec) general(x float64, precision int) string {
	if precision < 0 {
		s := formatFloat(x)
		if f.alt && !strings.Contains(s, ".") {
			s = strings.Replace(s, "e", ".e", 1)
		}
		return s
	}
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return formatFloat(x)
	}
	precision = max(precision, 1)
	s := formatG(x, precision, precision-1, f.alt)
	if !strings.ContainsAny(s, "e.") {
		s += ".0"
	}
	return s
}

func formatPrecExp(x float64, precision int, alt bool) string {
	s := strconv.FormatFloat(x, 'e', max(precision-1, 0), 64)
	mant, exp, _ := strings.Cut(s, "e")
	if alt {
		if !strings.Contains(mant, ".") {
			mant += "."
		}
		return mant + "e" + exp
	}
	if strings.Contains(mant, ".") {
		mant = strings.TrimRight(strings.TrimRight(mant, "0"), ".")
	}
	return mant + "e" + exp
}

// formatPrec is C's %e, %f and %g of a positive number.
func formatPrec(x float64, kind byte, precision int, alt bool) string {
	upperCase := kind >= 'A' && kind <= 'Z'
	if upperCase {
		kind += 'a' - 'A'
	}
	var s string
	switch {
	case math.IsInf(x, 0):
		s = "inf"
	case math.IsNaN(x):
		s = "nan"
	case kind == 'g':
		s = formatG(x, precision, max(precision, 1), alt)
	default:
		s = strconv.FormatFloat(x, kind, precision, 64)
		if alt && precision == 0 {
			if mant, exp, ok := strings.Cut(s, "e"); ok {
				s = mant + ".e" + exp
			} else {
				s += "."
			}
		}
	}
	if upperCase {
		return strings.ToUpper(s)
	}
	return s
}

// formatG gives precision digits; exponents from limit on are written.
func formatG(x float64, precision, limit int, alt bool) string {
	precision = max(precision, 1)
	exp := 0
	if x != 0 {
		e := strconv.FormatFloat(x, 'e', precision-1, 64)
		exp, _ = strconv.Atoi(e[strings.IndexByte(e, 'e')+1:])
	}
	if exp < -4 || exp >= limit {
		return formatPrecExp(x, precision, alt)
	}
	s := strconv.FormatFloat(x, 'f', precision-1-exp, 64)
	if !alt && strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if alt && !strings.Contains(s, ".") {
		s += "."
	}
	return s
}

// formatBraces is str.format. kwargs is a dict, or any mapping for format_map.
func formatBraces(s string, args []Value, kwargs Value) (string, error) {
	f := braces{args: args, kwargs: kwargs}
	return f.format(s, 2)
}

type braces struct {
	args   []Value
	kwargs Value
	auto   int  // the next number of a {} without one
	mode   byte // 'm' once a {} had a number
}

func (f *braces) format(s string, depth int) (string, error) {
	if depth < 0 {
		return "", Raise(ValueError, "Max string recursion exceeded")
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		switch c := s[i]; {
		case i+1 < len(s) && s[i+1] == c:
			b.WriteByte(c)
			s = s[i+2:]
			continue
		case c == '}':
			return "", Raise(ValueError, "Single '}' encountered in format string")
		case i+1 == len(s):
			return "", Raise(ValueError, "Single '{' encountered in format string")
		}
		field, rest, err := cutField(s[i+1:])
		if err != nil {
			return "", err
		}
		text, err := f.field(field, depth)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		if err := checkSize(1, int64(b.Len())); err != nil {
			return "", err
		}
		s = rest
	}
	return b.String(), nil
}

// cutField gives the text up to the brace that closes a field, and what follows.
func cutField(s string) (field, rest string, err error) {
	depth, bracket := 1, false
	for i := range len(s) {
		switch c := s[i]; {
		case bracket:
			bracket = c != ']'
		case c == '[' && depth == 1 && !strings.Contains(s[:i], ":"):
			bracket = true
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return s[:i], s[i+1:], nil
			}
		}
	}
	return "", "", Raise(ValueError, "expected '}' before end of string")
}

// field formats name!conversion:spec.
func (f *braces) field(field string, depth int) (string, error) {
	name, conversion, spec := field, "", ""
	if i := fieldEnd(field); i >= 0 {
		name = field[:i]
		rest := field[i:]
		if rest[0] == '!' {
			rest = rest[1:]
			_, n := utf8.DecodeRuneInString(rest)
			if n == 0 {
				return "", Raise(ValueError, "end of string while looking for conversion specifier")
			}
			conversion, rest = rest[:n], rest[n:]
			if rest != "" && rest[0] != ':' {
				return "", Raise(ValueError, "expected ':' after conversion specifier")
			}
		}
		spec = strings.TrimPrefix(rest, ":")
	}
	name, err := f.number(name)
	if err != nil {
		return "", err
	}
	v, err := f.lookup(name)
	if err != nil {
		return "", err
	}
	if spec, err = f.format(spec, depth-1); err != nil {
		return "", err
	}
	switch conversion {
	case "":
	case "s":
		v = Str(v.String())
	case "r":
		v = Str(Repr(v))
	case "a":
		v = Str(asciiRepr(v))
	default:
		return "", Raise(ValueError, "Unknown conversion specifier %s", conversion)
	}
	return formatValue(v, spec)
}

// fieldEnd is where the name of a field ends, -1 if nothing follows it.
func fieldEnd(field string) int {
	bracket := false
	for i := range len(field) {
		switch c := field[i]; {
		case bracket:
			bracket = c != ']'
		case c == '[':
			bracket = true
		case c == '!' || c == ':':
			return i
		}
	}
	return -1
}

func asciiRepr(v Value) string {
	var out []byte
	for _, r := range Repr(v) {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		} else {
			out = appendEscape(out, r)
		}
	}
	return string(out)
}

// lookup reads first.attr[item]… and gives its value.
func (f *braces) lookup(name string) (Value, error) {
	end := strings.IndexAny(name, ".[")
	if end < 0 {
		end = len(name)
	}
	v, err := f.first(name[:end])
	if err != nil {
		return nil, err
	}
	for rest := name[end:]; rest != ""; {
		if rest[0] == '[' {
			key, after, ok := strings.Cut(rest[1:], "]")
			switch {
			case !ok:
				return nil, Raise(ValueError, "Missing ']' in format string")
			case key == "":
				return nil, Raise(ValueError, "Empty attribute in format string")
			case after != "" && after[0] != '.' && after[0] != '[':
				return nil, Raise(ValueError, "Only '.' or '[' may follow ']' in format field specifier")
			}
			if v, err = formatItem(v, key); err != nil {
				return nil, err
			}
			rest = after
			continue
		}
		attr := rest[1:]
		if end := strings.IndexAny(attr, ".["); end >= 0 {
			attr = attr[:end]
		}
		if attr == "" {
			return nil, Raise(ValueError, "Empty attribute in format string")
		}
		if v, err = GetAttr(v, attr); err != nil {
			return nil, err
		}
		rest = rest[1+len(attr):]
	}
	return v, nil
}

// formatItem looks up an item as the sandbox does: one that is missing is undefined.
func formatItem(v Value, key string) (Value, error) {
	if n, err := strconv.Atoi(key); err == nil && isDigit(key[0]) {
		return GetItem(v, Int(n))
	}
	return GetItem(v, Str(key))
}

// number checks the numbering of a field that is only a number, or nothing; the
// latter counts up.
func (f *braces) number(name string) (string, error) {
	digits := strings.Trim(name, "0123456789") == ""
	switch {
	case name == "" && f.mode == 'm', name != "" && digits && f.auto > 0:
		return "", Raise(ValueError, "cannot switch from manual field specification to automatic field numbering")
	case name == "":
		f.auto++
		return strconv.Itoa(f.auto - 1), nil
	case digits:
		f.mode = 'm'
	}
	return name, nil
}

// first gives the argument that a field begins with.
func (f *braces) first(name string) (Value, error) {
	if name != "" && strings.Trim(name, "0123456789") == "" {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil, Raise(ValueError, "Too many decimal digits in format string")
		}
		if n >= len(f.args) {
			return nil, Raise(IndexError, "tuple index out of range")
		}
		return f.args[n], nil
	}
	if m, ok := f.kwargs.(Mapping); ok {
		if v, ok := m.Get(Str(name)); ok {
			return v, nil
		}
	} else if v, err := GetItem(f.kwargs, Str(name)); err != nil || !IsUndefined(v) {
		return v, err
	}
	return nil, Raise(KeyError, "%s", Str(name).Repr())
}

// formatPercent is text % args.
func formatPercent(s string, args Value) (string, error) {
	f := percent{size: utf8.RuneCountInString(s)}
	if t, ok := asTuple(args); ok {
		f.args = t
	} else {
		f.args, f.single = []Value{args}, true
	}
	switch args.(type) {
	case Str, Markup, Tuple, *Group:
	case Indexer:
		f.mapping = args
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		var err error
		if s, err = f.item(&b, s[i+1:]); err != nil {
			return "", err
		}
		if err := checkSize(1, int64(b.Len())); err != nil {
			return "", err
		}
	}
	if f.next < len(f.args) && f.mapping == nil {
		return "", Raise(TypeError, "not all arguments converted during string formatting")
	}
	return b.String(), nil
}

type percent struct {
	args    []Value
	next    int
	single  bool
	mapping Value
	size    int // characters of the format
}

// errBadKind is an unknown letter after "%"; the caller knows where it stands.
var errBadKind error = Raise(ValueError, "unsupported format character")

func (f *percent) take() (Value, error) {
	if f.next >= len(f.args) {
		return nil, Raise(TypeError, "not enough arguments for format string")
	}
	f.next++
	return f.args[f.next-1], nil
}

// item formats one %(key)flags width.precision type, of which "%" was taken, and
// gives what follows.
func (f *percent) item(b *strings.Builder, s string) (string, error) {
	var arg Value
	if strings.HasPrefix(s, "(") {
		key, rest, err := percentKey(s)
		if err != nil {
			return "", err
		}
		if f.mapping == nil {
			return "", Raise(TypeError, "format requires a mapping")
		}
		if arg, err = percentLookup(f.mapping, key); err != nil {
			return "", err
		}
		f.args, f.next = []Value{arg}, 0
		s = rest
	}
	flags := s[:len(s)-len(strings.TrimLeft(s, "-+ #0"))]
	s = s[len(flags):]
	spec := formatSpec{fill: " ", precision: -1}
	left := strings.Contains(flags, "-")
	spec.alt = strings.Contains(flags, "#")
	spec.zero = strings.Contains(flags, "0")
	switch {
	case strings.Contains(flags, "+"):
		spec.sign = '+'
	case strings.Contains(flags, " "):
		spec.sign = ' '
	}
	var err error
	if spec.width, s, err = f.number(s, "width"); err != nil {
		return "", err
	}
	if spec.width < 0 {
		left, spec.width = true, -spec.width
	}
	if left {
		spec.align = '<'
	}
	if strings.HasPrefix(s, ".") {
		if spec.precision, s, err = f.number(s[1:], "prec"); err != nil {
			return "", err
		}
		spec.precision = max(spec.precision, 0)
	}
	s = strings.TrimLeft(s, "hlL")
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return "", Raise(ValueError, "incomplete format")
	}
	if r == '%' {
		b.WriteByte('%')
		return s[n:], nil
	}
	if arg, err = f.take(); err != nil {
		return "", err
	}
	text, err := spec.percent(r, arg)
	if err == errBadKind {
		return "", Raise(ValueError, "unsupported format character '%c' (0x%x) at index %d", r, r, f.size-utf8.RuneCountInString(s))
	}
	if err != nil {
		return "", err
	}
	b.WriteString(text)
	return s[n:], nil
}

// percentKey reads (key), in which parentheses may be nested.
func percentKey(s string) (key, rest string, err error) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s[1:i], s[i+1:], nil
			}
		}
	}
	return "", "", Raise(ValueError, "incomplete format key")
}

func percentLookup(m Value, key string) (Value, error) {
	if u, ok := m.(*Undefined); ok {
		return nil, u.fail()
	}
	v, err := m.(Indexer).Index(Str(key))
	if v == nil && err == nil {
		return nil, Raise(KeyError, "%s", Str(key).Repr())
	}
	return v, err
}

// number reads digits or "*", which takes an argument.
func (f *percent) number(s, what string) (int, string, error) {
	if strings.HasPrefix(s, "*") {
		v, err := f.take()
		if err != nil {
			return 0, "", err
		}
		n, ok := intIndex(v)
		if !ok {
			return 0, "", Raise(TypeError, "* wants int")
		}
		return int(n), s[1:], checkSize(1, n)
	}
	n, rest, _, err := specNumber(s, 0)
	if err != nil {
		return 0, "", Raise(ValueError, "%s too big", what)
	}
	return n, rest, nil
}

// percent formats one argument by the letter kind.
func (f formatSpec) percent(kind rune, v Value) (string, error) {
	zeros := func(prefix, s string) string {
		if f.zero && f.align == 0 {
			f.fill, f.align = "0", '='
		}
		return f.place(prefix, s, '>')
	}
	switch kind {
	case 's', 'r', 'a':
		s := v.String()
		if kind == 'r' {
			s = Repr(v)
		} else if kind == 'a' {
			s = asciiRepr(v)
		}
		if f.precision >= 0 && utf8.RuneCountInString(s) > f.precision {
			s = string([]rune(s)[:f.precision])
		}
		return f.place("", s, '>'), nil
	case 'c':
		if n, ok := intIndex(v); ok {
			if n < 0 || n > utf8.MaxRune {
				return "", Raise(OverflowError, "%%c arg not in range(0x110000)")
			}
			return f.place("", string(rune(n)), '>'), nil
		}
		if s, ok := Text(v); ok && utf8.RuneCountInString(s) == 1 {
			return f.place("", s, '>'), nil
		}
		return "", Raise(TypeError, "%%c requires int or char")
	case 'd', 'i', 'u', 'x', 'X', 'o':
		n, err := percentInt(kind, v)
		if err != nil {
			return "", err
		}
		prefix, digits := f.percentDigits(kind, n)
		return zeros(f.signOf(n.Sign() < 0)+prefix, digits), nil
	case 'e', 'E', 'f', 'F', 'g', 'G':
		if u, ok := v.(*Undefined); ok {
			return "", u.fail()
		}
		x, ok, err := toFloat(v)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", Raise(TypeError, "must be real number, not %s", v.Type())
		}
		precision := f.precision
		if precision < 0 {
			precision = 6
		}
		negative := math.Signbit(x) && !math.IsNaN(x)
		return zeros(f.signOf(negative), formatPrec(math.Abs(x), byte(kind), precision, f.alt)), nil
	}
	return "", errBadKind
}

func (f formatSpec) percentDigits(kind rune, n *big.Int) (prefix, digits string) {
	base := 10
	switch kind {
	case 'x', 'X':
		base, prefix = 16, "0"+string(kind)
	case 'o':
		base, prefix = 8, "0o"
	}
	digits = new(big.Int).Abs(n).Text(base)
	if kind == 'X' {
		digits = strings.ToUpper(digits)
	}
	if missing := f.precision - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if !f.alt {
		prefix = ""
	}
	return prefix, digits
}

// percentInt gives the number for %d, which cuts a fraction off, or for %x, which does not.
func percentInt(kind rune, v Value) (*big.Int, error) {
	if n, ok := toBig(v); ok {
		return n, nil
	}
	switch x := v.(type) {
	case *Undefined:
		if kind == 'd' || kind == 'i' || kind == 'u' {
			return nil, x.fail()
		}
	case Float, *Decimal:
		if kind == 'x' || kind == 'X' || kind == 'o' {
			return nil, Raise(TypeError, "%%%c format: an integer is required, not %s", kind, v.Type())
		}
		n, err := truncate(v)
		if err != nil {
			return nil, err
		}
		b, _ := toBig(n)
		return b, nil
	}
	if kind == 'x' || kind == 'X' || kind == 'o' {
		return nil, Raise(TypeError, "%%%c format: an integer is required, not %s", kind, v.Type())
	}
	return nil, Raise(TypeError, "%%%c format: a real number is required, not %s", kind, v.Type())
}

// truncate is int(x) of a number.
func truncate(v Value) (Value, error) {
	switch v := v.(type) {
	case Float:
		x := float64(v)
		switch {
		case math.IsInf(x, 0):
			return nil, Raise(OverflowError, "cannot convert float infinity to integer")
		case math.IsNaN(x):
			return nil, Raise(ValueError, "cannot convert float NaN to integer")
		}
		n, _ := floatInt(math.Trunc(x))
		return n, nil
	case *Decimal:
		return v.truncate()
	}
	n, ok := toBig(v)
	if !ok {
		return nil, nil
	}
	return NewInt(n), nil
}
