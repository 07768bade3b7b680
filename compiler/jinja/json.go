package jinja

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSONOptions says how AppendJSON writes.
type JSONOptions struct {
	Lines    bool   // each value on a line of its own
	Indent   string // what each level puts before a line
	SortKeys bool   // keys in order; else as they are
	ASCII    bool   // escapes for everything else
	Compact  bool   // "," and ":" without blanks after them
}

// AppendJSON adds v as Python's json.dumps writes it. What JSON cannot hold is a
// TypeError, a value that contains itself a ValueError.
func AppendJSON(dst []byte, v Value, o JSONOptions) ([]byte, error) {
	w := jsonWriter{out: dst, JSONOptions: o}
	err := w.value(v)
	return w.out, err
}

type jsonWriter struct {
	JSONOptions
	out   []byte
	level int
}

// maxNesting bounds how deep values may be nested.
const maxNesting = 900

func (w *jsonWriter) value(v Value) error {
	if len(w.out) > maxSize {
		return checkSize(1, int64(len(w.out)))
	}
	switch v := v.(type) {
	case NoneType:
		w.out = append(w.out, "null"...)
	case Bool:
		w.out = strconv.AppendBool(w.out, bool(v))
	case Int:
		w.out = strconv.AppendInt(w.out, int64(v), 10)
	case BigInt:
		w.out = v.Append(w.out, 10)
	case Float:
		w.out = append(w.out, jsonFloat(float64(v))...)
	case Str:
		w.out = appendJSONString(w.out, string(v), w.ASCII)
	case Markup:
		w.out = appendJSONString(w.out, string(v), w.ASCII)
	case *List:
		return w.list(v.Items)
	case Tuple:
		return w.list(v)
	case *Group:
		return w.list(Tuple{v.Key, v.Items})
	case *Dict:
		return w.dict(v)
	case JSONer:
		return w.value(v.JSON())
	default:
		return Raise(TypeError, "Object of type %s is not JSON serializable", TypeName(v))
	}
	return nil
}

// JSONer is a host's value that JSON holds as another value.
type JSONer interface{ JSON() Value }

func jsonFloat(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	case math.IsNaN(x):
		return "NaN"
	}
	return formatFloat(x)
}

func (w *jsonWriter) list(items []Value) error {
	if len(items) == 0 {
		w.out = append(w.out, "[]"...)
		return nil
	}
	if err := w.open('['); err != nil {
		return err
	}
	for i, item := range items {
		w.separate(i)
		if err := w.value(item); err != nil {
			return err
		}
	}
	w.close(']')
	return nil
}

func (w *jsonWriter) dict(d *Dict) error {
	if d.Len() == 0 {
		w.out = append(w.out, "{}"...)
		return nil
	}
	if err := w.open('{'); err != nil {
		return err
	}
	i := 0
	member := func(k, val Value) error {
		name, err := jsonKey(k)
		if err != nil {
			return err
		}
		w.separate(i)
		i++
		w.out = appendJSONString(w.out, name, w.ASCII)
		w.out = append(w.out, ':')
		if !w.Compact {
			w.out = append(w.out, ' ')
		}
		return w.value(val)
	}
	if w.SortKeys {
		keys, err := sorted(d.Keys(), nil, false)
		if err != nil {
			return err
		}
		for _, k := range keys {
			val, _ := d.Get(k)
			if err := member(k, val); err != nil {
				return err
			}
		}
	} else {
		for k, val := range d.All() {
			if err := member(k, val); err != nil {
				return err
			}
		}
	}
	w.close('}')
	return nil
}

func (w *jsonWriter) open(c byte) error {
	if w.level++; w.level > maxNesting {
		return Raise(ValueError, "Circular reference detected")
	}
	if err := checkSize(int64(w.level), int64(len(w.Indent))); err != nil {
		return err
	}
	w.out = append(w.out, c)
	return nil
}

func (w *jsonWriter) separate(i int) {
	if i > 0 {
		w.out = append(w.out, ',')
		if !w.Compact && !w.Lines {
			w.out = append(w.out, ' ')
		}
	}
	w.newline()
}

func (w *jsonWriter) newline() {
	if w.Lines {
		w.out = append(w.out, '\n')
		for range w.level {
			w.out = append(w.out, w.Indent...)
		}
	}
}

func (w *jsonWriter) close(c byte) {
	w.level--
	w.newline()
	w.out = append(w.out, c)
}

// jsonKey gives a key as text: numbers, booleans and None are turned into it.
func jsonKey(k Value) (string, error) {
	switch k := k.(type) {
	case Str, Markup, Int, BigInt:
		return k.String(), nil
	case NoneType:
		return "null", nil
	case Bool:
		return strconv.FormatBool(bool(k)), nil
	case Float:
		return jsonFloat(float64(k)), nil
	}
	return "", Raise(TypeError, "keys must be str, int, float, bool or None, not %s", TypeName(k))
}

func appendJSONString(dst []byte, s string, ascii bool) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\b':
			dst = append(dst, `\b`...)
		case r == '\f':
			dst = append(dst, `\f`...)
		case r < ' ':
			dst = appendUnit(dst, uint16(r))
		case r < 0x7f:
			dst = append(dst, byte(r))
		case !ascii:
			dst = utf8.AppendRune(dst, r)
		case r >= 0x10000:
			hi, lo := utf16.EncodeRune(r)
			dst = appendUnit(appendUnit(dst, uint16(hi)), uint16(lo))
		default:
			dst = appendUnit(dst, uint16(r))
		}
	}
	return append(dst, '"')
}

func appendUnit(dst []byte, u uint16) []byte {
	return append(dst, '\\', 'u', lowerHex[u>>12], lowerHex[u>>8&15], lowerHex[u>>4&15], lowerHex[u&15])
}

// ParseJSON reads text as Python's json.loads does: whole numbers are ints of any
// size, the order of keys is kept and of equal keys the last counts. Bad text is
// a ValueError with the place.
func ParseJSON(text string) (Value, error) {
	r := jsonReader{text: text}
	if strings.HasPrefix(text, "\ufeff") {
		return nil, r.fail("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)
	}
	r.blanks()
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	r.blanks()
	if r.pos < len(text) {
		return nil, r.fail("Extra data", r.pos)
	}
	return v, nil
}

type jsonReader struct {
	text  string
	pos   int
	depth int
}

func (r *jsonReader) fail(msg string, pos int) error {
	before := r.text[:min(pos, len(r.text))]
	line := strings.Count(before, "\n") + 1
	col := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return Raise(ValueError, "%s: line %d column %d (char %d)", msg, line, col, utf8.RuneCountInString(before))
}

func (r *jsonReader) blanks() {
	for r.pos < len(r.text) && strings.IndexByte(" \t\n\r", r.text[r.pos]) >= 0 {
		r.pos++
	}
}

func (r *jsonReader) take(c byte) bool {
	if r.pos < len(r.text) && r.text[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

var jsonWords = []struct {
	text string
	val  Value
}{
	{"null", None}, {"true", Bool(true)}, {"false", Bool(false)},
	{"NaN", Float(math.NaN())}, {"Infinity", Float(math.Inf(1))}, {"-Infinity", Float(math.Inf(-1))},
}

func (r *jsonReader) value() (Value, error) {
	if r.depth++; r.depth > maxNesting {
		return nil, Raise(RecursionError, "maximum recursion depth exceeded while decoding a JSON document from a unicode string")
	}
	defer func() { r.depth-- }()
	switch {
	case r.take('"'):
		s, err := r.str()
		return Str(s), err
	case r.take('{'):
		return r.dict()
	case r.take('['):
		return r.list()
	}
	for _, w := range jsonWords {
		if strings.HasPrefix(r.text[r.pos:], w.text) {
			r.pos += len(w.text)
			return w.val, nil
		}
	}
	if n := r.number(); n != nil {
		return n, nil
	}
	return nil, r.fail("Expecting value", r.pos)
}

// number reads -?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?, nil if there is none.
func (r *jsonReader) number() Value {
	i, s := r.pos, r.text
	digits := func() bool {
		start := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		return i > start
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return nil
	}
	end, isFloat := i, false
	if i < len(s) && s[i] == '.' {
		i++
		if digits() {
			end, isFloat = i, true
		} else {
			i = end
		}
	}
	if i = end; i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if digits() {
			end, isFloat = i, true
		}
	}
	text := s[r.pos:end]
	r.pos = end
	if isFloat {
		x, _ := strconv.ParseFloat(text, 64)
		return Float(x)
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return Int(n)
	}
	n, _ := new(big.Int).SetString(text, 10)
	return NewInt(n)
}

func (r *jsonReader) list() (Value, error) {
	l := NewList()
	r.blanks()
	if r.take(']') {
		return l, nil
	}
	for {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		l.Append(v)
		r.blanks()
		if r.take(']') {
			return l, nil
		}
		if !r.take(',') {
			return nil, r.fail("Expecting ',' delimiter", r.pos)
		}
		r.blanks()
	}
}

func (r *jsonReader) dict() (Value, error) {
	const wantName = "Expecting property name enclosed in double quotes"
	d := NewDict()
	r.blanks()
	if r.take('}') {
		return d, nil
	}
	for {
		if !r.take('"') {
			return nil, r.fail(wantName, r.pos)
		}
		key, err := r.str()
		if err != nil {
			return nil, err
		}
		r.blanks()
		if !r.take(':') {
			return nil, r.fail("Expecting ':' delimiter", r.pos)
		}
		r.blanks()
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		d.SetStr(key, v)
		r.blanks()
		if r.take('}') {
			return d, nil
		}
		if !r.take(',') {
			return nil, r.fail("Expecting ',' delimiter", r.pos)
		}
		r.blanks()
	}
}

// str reads a string whose opening quote was taken.
func (r *jsonReader) str() (string, error) {
	start := r.pos
	var out []byte
	for r.pos < len(r.text) {
		c := r.text[r.pos]
		r.pos++
		switch {
		case c == '"':
			if out == nil {
				return r.text[start : r.pos-1], nil
			}
			return string(out), nil
		case c == '\\':
			if out == nil {
				out = []byte(r.text[start : r.pos-1])
			}
			var err error
			if out, err = r.escape(out, start-1); err != nil {
				return "", err
			}
		case c < ' ':
			return "", r.fail("Invalid control character at", r.pos-1)
		case out != nil:
			out = append(out, c)
		}
	}
	return "", r.fail("Unterminated string starting at", start-1)
}

func (r *jsonReader) escape(out []byte, start int) ([]byte, error) {
	if r.pos >= len(r.text) {
		return nil, r.fail("Unterminated string starting at", start)
	}
	c := r.text[r.pos]
	r.pos++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return append(out, "\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return nil, r.fail(`Invalid \escape`, r.pos-2)
	}
	u, err := r.unit()
	if err != nil {
		return nil, err
	}
	if utf16.IsSurrogate(u) && strings.HasPrefix(r.text[r.pos:], `\u`) {
		save := r.pos
		r.pos += 2
		low, err := r.unit()
		if err != nil {
			return nil, err
		}
		if both := utf16.DecodeRune(u, low); both != utf8.RuneError {
			return utf8.AppendRune(out, both), nil
		}
		r.pos = save
	}
	return utf8.AppendRune(out, u), nil
}

func (r *jsonReader) unit() (rune, error) {
	if r.pos+4 <= len(r.text) {
		if n, err := strconv.ParseUint(r.text[r.pos:r.pos+4], 16, 16); err == nil {
			r.pos += 4
			return rune(n), nil
		}
	}
	return 0, r.fail(`Invalid \uXXXX escape`, r.pos-1)
}

// sortedNames gives the names of a Go map in order.
func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
