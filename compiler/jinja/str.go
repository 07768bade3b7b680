package jinja

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Len is the number of characters.
func (s Str) Len() int { return utf8.RuneCountInString(string(s)) }

// Len is the number of characters.
func (s Markup) Len() int { return utf8.RuneCountInString(string(s)) }

// Index gives the character at a place.
func (s Str) Index(key Value) (Value, error) {
	c, err := charAt(string(s), key)
	if c == "" || err != nil {
		return nil, err
	}
	return Str(c), nil
}

// Index gives the character at a place.
func (s Markup) Index(key Value) (Value, error) {
	c, err := charAt(string(s), key)
	if c == "" || err != nil {
		return nil, err
	}
	return Markup(c), nil
}

func charAt(s string, key Value) (string, error) {
	n, ok := intIndex(key)
	if !ok {
		return "", Raise(TypeError, "string indices must be integers, not '%s'", key.Type())
	}
	if isASCII(s) {
		if n < 0 {
			n += int64(len(s))
		}
		if n < 0 || n >= int64(len(s)) {
			return "", nil
		}
		return s[n : n+1], nil
	}
	runes := []rune(s)
	if n < 0 {
		n += int64(len(runes))
	}
	if n < 0 || n >= int64(len(runes)) {
		return "", nil
	}
	return string(runes[n]), nil
}

// Iterate walks the characters.
func (s Str) Iterate() Iterator { return &charIterator{string(s)} }

// Iterate walks the characters.
func (s Markup) Iterate() Iterator { return &charIterator{string(s)} }

type charIterator struct{ rest string }

func (it *charIterator) Next() (Value, error) {
	if it.rest == "" {
		return nil, nil
	}
	_, n := utf8.DecodeRuneInString(it.rest)
	c := it.rest[:n]
	it.rest = it.rest[n:]
	return Str(c), nil
}

// Attr gives a method.
func (s Str) Attr(name string) (Value, error) { return method(strMethods, s, name), nil }

// Attr gives a method. Those that give text give Markup.
func (s Markup) Attr(name string) (Value, error) {
	if m := method(markupMethods, s, name); m != nil {
		return m, nil
	}
	return method(strMethods, s, name), nil
}

// AppendRepr adds repr(s).
func AppendRepr(dst []byte, s string) []byte { return appendQuoted(dst, s) }

// appendQuoted adds repr(s): single quotes unless only double ones avoid escapes.
func appendQuoted(dst []byte, s string) []byte {
	quote := byte('\'')
	if strings.IndexByte(s, '\'') >= 0 && strings.IndexByte(s, '"') < 0 {
		quote = '"'
	}
	dst = append(dst, quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < ' ' || r == 0x7f:
			dst = append(dst, '\\', 'x', lowerHex[r>>4], lowerHex[r&15])
		case r < utf8.RuneSelf:
			dst = append(dst, byte(r))
		case isPrintable(r):
			dst = utf8.AppendRune(dst, r)
		default:
			dst = appendEscape(dst, r)
		}
	}
	return append(dst, quote)
}

const lowerHex = "0123456789abcdef"

// appendEscape adds \xNN, \uNNNN or \UNNNNNNNN.
func appendEscape(dst []byte, r rune) []byte {
	letter, digits := byte('U'), 8
	switch {
	case r < 0x100:
		letter, digits = 'x', 2
	case r < 0x10000:
		letter, digits = 'u', 4
	}
	dst = append(dst, '\\', letter)
	for i := digits - 1; i >= 0; i-- {
		dst = append(dst, lowerHex[r>>(4*i)&15])
	}
	return dst
}

// isPrintable is Python's str.isprintable for one character: blanks other than the
// space are not.
func isPrintable(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r)
}

// isSpace is Python's str.isspace for one character.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

// asciiDigits replaces the decimal digits of other scripts, which int() and
// float() accept.
func asciiDigits(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if d, ok := digitValue(r); ok {
			return '0' + rune(d)
		}
		return r
	}, s)
}

// digitValue gives the value of a decimal digit. Scripts have their ten digits in a row.
func digitValue(r rune) (int, bool) {
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, rg := range unicode.Nd.R16 {
		if r >= rune(rg.Lo) && r <= rune(rg.Hi) {
			return int(r-rune(rg.Lo)) % 10, true
		}
	}
	for _, rg := range unicode.Nd.R32 {
		if r >= rune(rg.Lo) && r <= rune(rg.Hi) {
			return int(r-rune(rg.Lo)) % 10, true
		}
	}
	return 0, false
}

// upper, lower and title map single characters to several where Unicode does.
func upper(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	var b strings.Builder
	for _, r := range s {
		if special, ok := specialUpper[r]; ok {
			b.WriteString(special)
			continue
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// specialUpper is the unconditional rows of Unicode's SpecialCasing that text in
// SQL projects may hold.
var specialUpper = map[rune]string{
	'ß': "SS", 'ŉ': "ʼN", 'ǰ': "J̌", 'ΐ': "Ϊ́", 'ΰ': "Ϋ́", 'և': "ԵՒ",
	'ﬀ': "FF", 'ﬁ': "FI", 'ﬂ': "FL", 'ﬃ': "FFI", 'ﬄ': "FFL", 'ﬅ': "ST", 'ﬆ': "ST",
}

// specialTitle is the same for the first letter of a word.
var specialTitle = map[rune]string{
	'ß': "Ss", 'ŉ': "ʼN", 'ǰ': "J̌", 'ﬀ': "Ff", 'ﬁ': "Fi", 'ﬂ': "Fl", 'ﬃ': "Ffi", 'ﬄ': "Ffl", 'ﬅ': "St", 'ﬆ': "St",
}

func lower(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		switch {
		case r == 'İ':
			b.WriteString("i̇")
		case r == 'Σ' && finalSigma(runes, i):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// finalSigma reports whether the sigma at i ends a word.
func finalSigma(runes []rune, i int) bool {
	before, after := false, false
	for j := i - 1; j >= 0 && !before; j-- {
		if !unicode.Is(unicode.Mn, runes[j]) {
			before = unicode.IsLetter(runes[j])
			break
		}
	}
	for j := i + 1; j < len(runes); j++ {
		if !unicode.Is(unicode.Mn, runes[j]) {
			after = unicode.IsLetter(runes[j])
			break
		}
	}
	return before && !after
}

func titleRune(r rune) string {
	if special, ok := specialTitle[r]; ok {
		return special
	}
	return string(unicode.ToTitle(r))
}

// capitalize is the first character in title case and the rest in lower case.
func capitalize(s string) string {
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	return titleRune(r) + lower(s[n:])
}

// titleCase is str.title: a word is a run of letters with case.
func titleCase(s string) string {
	var b strings.Builder
	inWord := false
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case !inWord:
			b.WriteString(titleRune(r))
		case r == 'Σ' && finalSigma(runes, i):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		inWord = isCased(r)
	}
	return b.String()
}

func isCased(r rune) bool {
	return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
}

func swapCase(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == 'Σ' && finalSigma(runes, i):
			b.WriteRune('ς')
		case unicode.IsUpper(r):
			b.WriteString(lower(string(r)))
		case unicode.IsLower(r):
			b.WriteString(upper(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func casefold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case specialUpper[r] != "" && r != 'ΐ' && r != 'ΰ':
			b.WriteString(lower(specialUpper[r]))
		case r == 'ς':
			b.WriteRune('σ')
		case r == 'İ':
			b.WriteString("i̇")
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// stripSet gives the function that says whether a character is stripped.
func stripSet(chars Value) (func(rune) bool, error) {
	if chars == Value(None) {
		return isSpace, nil
	}
	set, ok := Text(chars)
	if !ok {
		return nil, Raise(TypeError, "strip arg must be None or str")
	}
	return func(r rune) bool { return strings.ContainsRune(set, r) }, nil
}

func stripMethod(name string, trim func(string, func(rune) bool) string) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		in, err := stripSet(c.Args[0])
		if err != nil {
			return nil, Raise(TypeError, "%s arg must be None or str", name)
		}
		return Str(trim(c.Self.String(), in)), nil
	}
}

// textArg gives argument i, which must be text.
func (c *Call) textArg(i int, name string) (string, error) {
	s, ok := Text(c.Args[i])
	if !ok {
		return "", Raise(TypeError, "%s must be str, not %s", name, c.Args[i].Type())
	}
	return s, nil
}

// intArg gives argument i, which must be an int.
func (c *Call) intArg(i int) (int, error) {
	n, ok := intIndex(c.Args[i])
	if !ok {
		return 0, notInteger(c.Args[i])
	}
	if _, big := c.Args[i].(BigInt); big {
		return 0, Raise(OverflowError, "Python int too large to convert to C ssize_t")
	}
	return int(n), nil
}

// pad puts s in the middle, at the left or at the right of width characters.
func pad(c *Call, share func(missing, width int) int) (Value, error) {
	s := c.Self.String()
	width, err := c.intArg(0)
	if err != nil {
		return nil, err
	}
	fill, ok := Text(c.Args[1])
	if !ok {
		return nil, Raise(TypeError, "The fill character must be a unicode character, not %s", c.Args[1].Type())
	}
	if utf8.RuneCountInString(fill) != 1 {
		return nil, Raise(TypeError, "The fill character must be exactly one character long")
	}
	width = max(width, 0)
	missing := width - utf8.RuneCountInString(s)
	if missing <= 0 {
		return Str(s), nil
	}
	if err := checkSize(1, int64(width)); err != nil {
		return nil, err
	}
	left := share(missing, width)
	return Str(strings.Repeat(fill, left) + s + strings.Repeat(fill, missing-left)), nil
}

// centerShare is how many of the missing characters go to the left.
func centerShare(missing, width int) int { return missing/2 + (missing & width & 1) }

// substring gives self[start:end] for find, count and their like, with the
// character offset where it starts. ok is false for a range that is not in the text.
func substring(c *Call, start, end int) (s string, offset int, ok bool, err error) {
	s = c.Self.String()
	if c.Args[start] == Value(None) && c.Args[end] == Value(None) {
		return s, 0, true, nil
	}
	n := utf8.RuneCountInString(s)
	if first, isInt := intIndex(c.Args[start]); isInt && first > int64(n) {
		return "", 0, false, nil
	}
	i, j, err := clampRange(n, c.Args[start], c.Args[end])
	if err != nil || i > j {
		return "", 0, false, err
	}
	if isASCII(s) {
		return s[i:j], i, true, nil
	}
	runes := []rune(s)
	return string(runes[i:j]), i, true, nil
}

// finder makes find, rfind, index and rindex.
func finder(search func(s, sub string) int, mustFind bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		sub, err := c.textArg(0, "must be str, not")
		if err != nil {
			return nil, Raise(TypeError, "must be str, not %s", c.Args[0].Type())
		}
		s, offset, ok, err := substring(c, 1, 2)
		if err != nil {
			return nil, err
		}
		at := -1
		if ok {
			at = search(s, sub)
		}
		switch {
		case at >= 0:
			return Int(offset + utf8.RuneCountInString(s[:at])), nil
		case mustFind:
			return nil, Raise(ValueError, "substring not found")
		}
		return Int(-1), nil
	}
}

// affix makes startswith and endswith.
func affix(name string, has func(s, affix string) bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		s, _, ok, err := substring(c, 1, 2)
		if err != nil {
			return nil, err
		}
		affixes, isTuple := asTuple(c.Args[0])
		if !isTuple {
			affixes = Tuple{c.Args[0]}
		}
		for _, a := range affixes {
			text, isText := Text(a)
			switch {
			case !isText && isTuple:
				return nil, Raise(TypeError, "tuple for %s must only contain str, not %s", name, a.Type())
			case !isText:
				return nil, Raise(TypeError, "%s first arg must be str or a tuple of str, not %s", name, a.Type())
			case ok && has(s, text):
				return True, nil
			}
		}
		return False, nil
	}
}

// every makes the is… methods: true if there are characters and all pass.
func every(test func(rune) bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		s := c.Self.String()
		for _, r := range s {
			if !test(r) {
				return False, nil
			}
		}
		return Bool(s != ""), nil
	}
}

func isDecimal(r rune) bool { return unicode.Is(unicode.Nd, r) }

// isDigitRune is also true of superscripts and circled digits.
func isDigitRune(r rune) bool {
	switch {
	case isDecimal(r):
		return true
	case r == '²' || r == '³' || r == '¹' || r == '⁰':
		return true
	case r >= '⁴' && r <= '⁹', r >= '₀' && r <= '₉', r >= '①' && r <= '⑨', r >= '⑴' && r <= '⑼', r >= '⒈' && r <= '⒐':
		return true
	}
	return false
}

// isNumeric is also true of fractions, Roman numerals and Chinese numbers.
func isNumeric(r rune) bool {
	return isDigitRune(r) || unicode.Is(unicode.Nl, r) || unicode.Is(unicode.No, r) ||
		strings.ContainsRune("一二三四五六七八九十百千万億兆零〇", r)
}

// isIdentifier is str.isidentifier.
func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && !unicode.Is(unicode.Nl, r) &&
			(i == 0 || !isDecimal(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r) && !unicode.Is(unicode.Pc, r)) {
			return false
		}
	}
	return s != ""
}

// casedOnly makes islower and isupper.
func casedOnly(want func(rune) bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) { return Bool(hasCase(c.Self.String(), want)), nil }
}

func isTitle(s string) bool {
	found, inWord := false, false
	for _, r := range s {
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			if inWord {
				return false
			}
			found, inWord = true, true
		case unicode.IsLower(r):
			if !inWord {
				return false
			}
		default:
			inWord = false
		}
	}
	return found
}

// texts makes a list of text values.
func texts(parts []string) *List {
	items := make([]Value, len(parts))
	for i, p := range parts {
		items[i] = Str(p)
	}
	return NewList(items...)
}

// splitBlank cuts at runs of blanks, at most limit times (negative: no limit).
func splitBlank(s string, limit int) []string {
	parts := []string{}
	for {
		s = strings.TrimLeftFunc(s, isSpace)
		if s == "" {
			return parts
		}
		end := strings.IndexFunc(s, isSpace)
		if limit == 0 {
			return append(parts, strings.TrimRightFunc(s, isSpace))
		}
		if end < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:end])
		s = s[end:]
		limit--
	}
}

// splitBlankRight is the same from the right.
func splitBlankRight(s string, limit int) []string {
	parts := []string{}
	for {
		s = strings.TrimRightFunc(s, isSpace)
		if s == "" {
			break
		}
		if limit == 0 {
			parts = append(parts, strings.TrimLeftFunc(s, isSpace))
			break
		}
		i := strings.LastIndexFunc(s, isSpace)
		if i < 0 {
			parts = append(parts, s)
			break
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		parts = append(parts, s[i+n:])
		s = s[:i]
		limit--
	}
	slices.Reverse(parts)
	return parts
}

func splitRight(s, sep string, limit int) []string {
	parts := []string{}
	for limit != 0 {
		i := strings.LastIndex(s, sep)
		if i < 0 {
			break
		}
		parts = append(parts, s[i+len(sep):])
		s = s[:i]
		limit--
	}
	parts = append(parts, s)
	slices.Reverse(parts)
	return parts
}

// splitter makes split and rsplit.
func splitter(blank func(string, int) []string, at func(s, sep string, limit int) []string) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		s := c.Self.String()
		limit, err := c.intArg(1)
		if err != nil {
			return nil, err
		}
		if c.Args[0] == Value(None) {
			return texts(blank(s, limit)), nil
		}
		sep, ok := Text(c.Args[0])
		switch {
		case !ok:
			return nil, Raise(TypeError, "must be str or None, not %s", c.Args[0].Type())
		case sep == "":
			return nil, Raise(ValueError, "empty separator")
		}
		return texts(at(s, sep, limit)), nil
	}
}

func splitLeft(s, sep string, limit int) []string {
	if limit < 0 {
		return strings.Split(s, sep)
	}
	return strings.SplitN(s, sep, limit+1)
}

// splitLines cuts at every kind of line end that Python knows.
func splitLines(s string, keep bool) []string {
	lines := []string{}
	for s != "" {
		i := strings.IndexFunc(s, isLineEnd)
		if i < 0 {
			return append(lines, s)
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
			n = 2
		}
		if keep {
			lines = append(lines, s[:i+n])
		} else {
			lines = append(lines, s[:i])
		}
		s = s[i+n:]
	}
	return lines
}

func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// expandTabs replaces tabs by blanks up to the next column that size divides.
func expandTabs(s string, size int) (string, error) {
	if err := checkSize(int64(strings.Count(s, "\t")), int64(size)); err != nil {
		return "", err
	}
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch {
		case r == '\t' && size > 0:
			n := size - column%size
			b.WriteString(strings.Repeat(" ", n))
			column += n
		case r == '\t':
		default:
			column++
			if r == '\n' || r == '\r' {
				column = 0
			}
			b.WriteRune(r)
		}
	}
	return b.String(), nil
}

// replaceText is str.replace; n < 0 replaces all.
func replaceText(s, old, with string, n int) (string, error) {
	count := strings.Count(s, old)
	if n >= 0 {
		count = min(count, n)
	}
	if err := checkSize(int64(count), int64(len(with))); err != nil {
		return "", err
	}
	return strings.Replace(s, old, with, n), nil
}

// joinMethod is str.join, which takes text only.
func joinMethod(c *Call) (Value, error) {
	it, err := iterate(c.Args[0])
	if err != nil {
		if IsUndefined(c.Args[0]) {
			return nil, err
		}
		return nil, Raise(TypeError, "can only join an iterable")
	}
	sep := c.Self.String()
	var b strings.Builder
	for i := 0; ; i++ {
		v, err := it.Next()
		if err != nil {
			return nil, err
		}
		if v == nil {
			return Str(b.String()), nil
		}
		s, ok := Text(v)
		if !ok {
			return nil, Raise(TypeError, "sequence item %d: expected str instance, %s found", i, v.Type())
		}
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(s)
		if err := checkSize(1, int64(b.Len())); err != nil {
			return nil, err
		}
	}
}

func partition(s, sep string, i int, right bool) Value {
	switch {
	case i >= 0:
		return Tuple{Str(s[:i]), Str(sep), Str(s[i+len(sep):])}
	case right:
		return Tuple{Str(""), Str(""), Str(s)}
	}
	return Tuple{Str(s), Str(""), Str("")}
}

// partitioner makes partition and rpartition.
func partitioner(search func(s, sub string) int, right bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		sep, ok := Text(c.Args[0])
		switch {
		case !ok:
			return nil, Raise(TypeError, "must be str, not %s", c.Args[0].Type())
		case sep == "":
			return nil, Raise(ValueError, "empty separator")
		}
		s := c.Self.String()
		return partition(s, sep, search(s, sep), right), nil
	}
}

// mapped makes a method that changes the text and takes no arguments.
func mapped(change func(string) string) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) { return Str(change(c.Self.String())), nil }
}

var strMethods = methods("str", []row{
	{"upper()", mapped(upper)},
	{"lower()", mapped(lower)},
	{"title()", mapped(titleCase)},
	{"capitalize()", mapped(capitalize)},
	{"swapcase()", mapped(swapCase)},
	{"casefold()", mapped(casefold)},
	{"strip(chars=none, /)", stripMethod("strip", strings.TrimFunc)},
	{"lstrip(chars=none, /)", stripMethod("lstrip", strings.TrimLeftFunc)},
	{"rstrip(chars=none, /)", stripMethod("rstrip", strings.TrimRightFunc)},
	{"split(sep=none, maxsplit=-1)", splitter(splitBlank, splitLeft)},
	{"rsplit(sep=none, maxsplit=-1)", splitter(splitBlankRight, splitRight)},
	{"splitlines(keepends=false)", func(c *Call) (Value, error) {
		return texts(splitLines(c.Self.String(), c.Bool(0))), nil
	}},
	{"partition(sep, /)", partitioner(strings.Index, false)},
	{"rpartition(sep, /)", partitioner(strings.LastIndex, true)},
	{"replace(old, new, count=-1, /)", func(c *Call) (Value, error) {
		for i := range 2 {
			if _, ok := Text(c.Args[i]); !ok {
				return nil, Raise(TypeError, "replace() argument %d must be str, not %s", i+1, c.Args[i].Type())
			}
		}
		n, err := c.intArg(2)
		if err != nil {
			return nil, err
		}
		s, err := replaceText(c.Self.String(), c.Str(0), c.Str(1), n)
		return Str(s), err
	}},
	{"removeprefix(prefix, /)", func(c *Call) (Value, error) {
		p, ok := Text(c.Args[0])
		if !ok {
			return nil, Raise(TypeError, "removeprefix() argument must be str, not %s", c.Args[0].Type())
		}
		return Str(strings.TrimPrefix(c.Self.String(), p)), nil
	}},
	{"removesuffix(suffix, /)", func(c *Call) (Value, error) {
		p, ok := Text(c.Args[0])
		if !ok {
			return nil, Raise(TypeError, "removesuffix() argument must be str, not %s", c.Args[0].Type())
		}
		return Str(strings.TrimSuffix(c.Self.String(), p)), nil
	}},
	{"startswith(prefix, start=none, end=none, /)", affix("startswith", strings.HasPrefix)},
	{"endswith(suffix, start=none, end=none, /)", affix("endswith", strings.HasSuffix)},
	{"find(sub, start=none, end=none, /)", finder(strings.Index, false)},
	{"rfind(sub, start=none, end=none, /)", finder(strings.LastIndex, false)},
	{"index(sub, start=none, end=none, /)", finder(strings.Index, true)},
	{"rindex(sub, start=none, end=none, /)", finder(strings.LastIndex, true)},
	{"count(sub, start=none, end=none, /)", func(c *Call) (Value, error) {
		sub, ok := Text(c.Args[0])
		if !ok {
			return nil, Raise(TypeError, "must be str, not %s", c.Args[0].Type())
		}
		s, _, ok, err := substring(c, 1, 2)
		if err != nil || !ok {
			return Int(0), err
		}
		return Int(strings.Count(s, sub)), nil
	}},
	{"join(iterable, /)", joinMethod},
	{"center(width, fillchar=' ', /)", func(c *Call) (Value, error) { return pad(c, centerShare) }},
	{"ljust(width, fillchar=' ', /)", func(c *Call) (Value, error) {
		return pad(c, func(missing, width int) int { return 0 })
	}},
	{"rjust(width, fillchar=' ', /)", func(c *Call) (Value, error) {
		return pad(c, func(missing, width int) int { return missing })
	}},
	{"zfill(width, /)", func(c *Call) (Value, error) {
		width, err := c.intArg(0)
		if err == nil {
			err = checkSize(1, int64(width))
		}
		if err != nil {
			return nil, err
		}
		s, sign := c.Self.String(), ""
		missing := max(width, 0) - utf8.RuneCountInString(s)
		if missing <= 0 {
			return Str(s), nil
		}
		if s != "" && (s[0] == '+' || s[0] == '-') {
			sign, s = s[:1], s[1:]
		}
		return Str(sign + strings.Repeat("0", missing) + s), nil
	}},
	{"expandtabs(tabsize=8)", func(c *Call) (Value, error) {
		size, err := c.intArg(0)
		if err != nil {
			return nil, err
		}
		s, err := expandTabs(c.Self.String(), size)
		return Str(s), err
	}},
	{"isalpha()", every(unicode.IsLetter)},
	{"isalnum()", every(func(r rune) bool { return unicode.IsLetter(r) || isNumeric(r) })},
	{"isdecimal()", every(isDecimal)},
	{"isdigit()", every(isDigitRune)},
	{"isnumeric()", every(isNumeric)},
	{"isspace()", every(isSpace)},
	{"islower()", casedOnly(unicode.IsLower)},
	{"isupper()", casedOnly(unicode.IsUpper)},
	{"istitle()", func(c *Call) (Value, error) { return Bool(isTitle(c.Self.String())), nil }},
	{"isascii()", func(c *Call) (Value, error) { return Bool(isASCII(c.Self.String())), nil }},
	{"isidentifier()", func(c *Call) (Value, error) { return Bool(isIdentifier(c.Self.String())), nil }},
	{"isprintable()", func(c *Call) (Value, error) {
		return Bool(strings.IndexFunc(c.Self.String(), func(r rune) bool { return !isPrintable(r) }) < 0), nil
	}},
	{"encode(encoding='utf-8', errors='strict')", func(c *Call) (Value, error) {
		return encodeText(c.Self.String(), c.Str(0), c.Str(1))
	}},
	{"format(*args, **kwargs)", func(c *Call) (Value, error) {
		kw := c.Kw
		if kw == nil {
			kw = NewDict()
		}
		s, err := formatBraces(c.Self.String(), c.Rest, kw)
		return Str(s), err
	}},
	{"format_map(mapping, /)", func(c *Call) (Value, error) {
		s, err := formatBraces(c.Self.String(), nil, c.Args[0])
		return Str(s), err
	}},
	{"maketrans(x, y=none, z=none, /)", makeTrans},
	{"translate(table, /)", translate},
})

// makeTrans is str.maketrans: a dict from code points to text or None.
func makeTrans(c *Call) (Value, error) {
	table := NewDict()
	if !c.Given(1) {
		d, ok := c.Args[0].(*Dict)
		if !ok {
			return nil, Raise(TypeError, "if you give only one argument to maketrans it must be a dict")
		}
		for k, v := range d.All() {
			if s, ok := Text(k); ok {
				r := []rune(s)
				if len(r) != 1 {
					return nil, Raise(ValueError, "string keys in translate table must be of length 1")
				}
				k = Int(r[0])
			}
			table.Set(k, v)
		}
		return table, nil
	}
	from, to := []rune(c.Str(0)), []rune(c.Str(1))
	if len(from) != len(to) {
		return nil, Raise(ValueError, "the first two maketrans arguments must have equal length")
	}
	for i, r := range from {
		table.Set(Int(r), Int(to[i]))
	}
	if c.Given(2) {
		for _, r := range c.Str(2) {
			table.Set(Int(r), None)
		}
	}
	return table, nil
}

func translate(c *Call) (Value, error) {
	var b strings.Builder
	if _, ok := c.Args[0].(Indexer); !ok && c.Self.String() != "" {
		return nil, Raise(TypeError, "'%s' object is not subscriptable", c.Args[0].Type())
	}
	for _, r := range c.Self.String() {
		v, err := GetItem(c.Args[0], Int(r))
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case *Undefined:
			b.WriteRune(r)
		case Int:
			b.WriteRune(rune(v))
		case Str:
			b.WriteString(string(v))
		case NoneType:
		default:
			return nil, Raise(TypeError, "character mapping must return integer, None or str")
		}
	}
	return Str(b.String()), nil
}

// Markup's methods give Markup again, and escape text they take in.
var markupMethods = markupTable()

func markupTable() Methods {
	table := methods("Markup", []row{
		{"unescape()", func(c *Call) (Value, error) { return Str(unescapeHTML(c.Self.String())), nil }},
		{"striptags()", func(c *Call) (Value, error) { return Str(stripTags(c.Self.String())), nil }},
		{"join(iterable, /)", func(c *Call) (Value, error) {
			items, err := ToList(c.Args[0])
			if err != nil {
				return nil, err
			}
			parts := make([]string, len(items))
			size := int64(0)
			for i, item := range items {
				parts[i] = escapeValue(item)
				size += int64(len(parts[i]) + len(c.Self.String()))
			}
			if err := checkSize(1, size); err != nil {
				return nil, err
			}
			return Markup(strings.Join(parts, c.Self.String())), nil
		}},
		{"format(*args, **kwargs)", func(c *Call) (Value, error) {
			kw := NewDict()
			if c.Kw != nil {
				for k, v := range c.Kw.All() {
					kw.Set(k, escapeArgs(v))
				}
			}
			args, _ := escapeArgs(Tuple(c.Rest)).(Tuple)
			s, err := formatBraces(c.Self.String(), args, kw)
			return Markup(s), err
		}},
	})
	for _, name := range strings.Fields(`upper lower title capitalize swapcase casefold strip lstrip rstrip split
		rsplit splitlines partition rpartition replace removeprefix removesuffix center ljust rjust zfill
		expandtabs translate`) {
		f := *strMethods[name]
		plain := f.fn
		f.fn = func(c *Call) (Value, error) {
			if f.Name == "replace" && len(c.Args) > 1 {
				c.Args = slices.Clone(c.Args)
				c.Args[1] = escapeArgs(c.Args[1])
			}
			v, err := plain(c)
			return asMarkup(v), err
		}
		table[name] = &f
	}
	return table
}

// asMarkup marks text, and the texts of a list or tuple.
func asMarkup(v Value) Value {
	switch v := v.(type) {
	case Str:
		return Markup(v)
	case *List:
		for i, item := range v.Items {
			v.Items[i] = asMarkup(item)
		}
	case Tuple:
		for i, item := range v {
			v[i] = asMarkup(item)
		}
	}
	return v
}
