package jinja

import (
	"strings"

	"weft/compiler/jinja/syntax"
)

// Literal reads a text as Python's ast.literal_eval does: a number, a string, None,
// True, False, or tuples, lists, dicts and sets of such. It reports whether the
// text is one.
func Literal(s string) (Value, bool) {
	r := &literalReader{s: strings.TrimLeft(s, " \t")}
	v, ok := r.tuple("")
	r.blanks()
	if !ok || r.at != len(r.s) {
		return nil, false
	}
	return v, true
}

// literalReader reads at s[at:]. Each method reports whether it found something.
type literalReader struct {
	s     string
	at    int
	depth int
}

func (r *literalReader) blanks() {
	for r.at < len(r.s) && strings.IndexByte(" \t\f\n\r", r.s[r.at]) >= 0 {
		r.at++
	}
}

func (r *literalReader) take(c byte) bool {
	r.blanks()
	if r.at >= len(r.s) || r.s[r.at] != c {
		return false
	}
	r.at++
	return true
}

func (r *literalReader) peek() byte {
	r.blanks()
	if r.at >= len(r.s) {
		return 0
	}
	return r.s[r.at]
}

// tuple reads values with commas between them, up to the closing bracket if there
// is one.
func (r *literalReader) tuple(closer string) (Value, bool) {
	items, comma, ok := r.items(closer)
	switch {
	case !ok:
		return nil, false
	case len(items) == 1 && !comma:
		return items[0], true
	case closer == "" && len(items) == 0:
		return nil, false
	}
	return Tuple(items), true
}

// items reads values separated by commas; comma reports whether one was seen.
func (r *literalReader) items(closer string) (items []Value, comma, ok bool) {
	for {
		if next := r.peek(); next == 0 && closer == "" || closer != "" && next == closer[0] {
			break
		}
		v, ok := r.value()
		if !ok {
			return nil, false, false
		}
		items = append(items, v)
		if !r.take(',') {
			break
		}
		comma = true
	}
	if closer != "" && !r.take(closer[0]) {
		return nil, false, false
	}
	return items, comma, true
}

func (r *literalReader) value() (Value, bool) {
	if r.depth++; r.depth > 100 {
		return nil, false
	}
	defer func() { r.depth-- }()
	switch c := r.peek(); {
	case c == '(':
		r.at++
		return r.tuple(")")
	case c == '[':
		r.at++
		items, _, ok := r.items("]")
		return &List{Items: items}, ok
	case c == '{':
		r.at++
		return r.braces()
	case c == '+' || c == '-':
		r.at++
		v, ok := r.value()
		if !ok || !isNumber(v) {
			return nil, false
		}
		if _, isBool := v.(Bool); isBool {
			return nil, false
		}
		v, err := unary(string(c), v)
		return v, err == nil
	case c == '\'' || c == '"':
		return r.strings()
	case isDigit(c) || c == '.':
		return r.number()
	}
	return r.word()
}

// braces reads a dict or a set.
func (r *literalReader) braces() (Value, bool) {
	if r.take('}') {
		return NewDict(), true
	}
	start := r.at
	first, ok := r.value()
	if !ok {
		return nil, false
	}
	if r.peek() != ':' {
		r.at = start
		items, _, ok := r.items("}")
		if !ok {
			return nil, false
		}
		set, err := NewSet(items...)
		return set, err == nil
	}
	d := NewDict()
	for key := first; ; {
		if !r.take(':') {
			return nil, false
		}
		v, ok := r.value()
		if !ok || d.SetIndex(key, v) != nil {
			return nil, false
		}
		if r.take(',') && r.peek() != '}' {
			if key, ok = r.value(); !ok {
				return nil, false
			}
			continue
		}
		return d, r.take('}')
	}
}

// number reads a number as the template language does, and then what only Python
// has: 5. and .5 and the imaginary 1j.
func (r *literalReader) number() (Value, bool) {
	start := r.at
	for r.at < len(r.s) {
		c := r.s[r.at]
		sign := (c == '+' || c == '-') && r.at > start && r.s[r.at-1]|0x20 == 'e' && !strings.HasPrefix(strings.ToLower(r.s[start:]), "0x")
		if !isDigit(c) && c != '.' && c != '_' && !(c|0x20 >= 'a' && c|0x20 <= 'z') && !sign {
			break
		}
		r.at++
	}
	text := r.s[start:r.at]
	if j := strings.TrimRight(text, "jJ"); len(j) == len(text)-1 {
		x, ok := parseFloat(j)
		return Complex(complex(0, x)), ok
	}
	if strings.ContainsAny(text, ".") || strings.ContainsAny(text, "eE") && !strings.HasPrefix(strings.ToLower(text), "0x") {
		x, ok := parseFloat(text)
		return Float(x), ok
	}
	return parseInt(text, 0)
}

// word reads the names that are constants, and prefixed strings.
func (r *literalReader) word() (Value, bool) {
	rest := r.s[r.at:]
	for _, word := range literalWords {
		if strings.HasPrefix(rest, word.name) && (len(rest) == len(word.name) || !isWordByte(rest[len(word.name)])) {
			r.at += len(word.name)
			return word.value(), true
		}
	}
	i := strings.IndexAny(rest, `'"`)
	if i < 1 || i > 2 {
		return nil, false
	}
	switch strings.ToLower(rest[:i]) {
	case "r", "u", "b", "br", "rb":
		return r.strings()
	}
	return nil, false
}

var literalWords = []struct {
	name  string
	value func() Value
}{
	{"None", func() Value { return None }},
	{"True", func() Value { return True }},
	{"False", func() Value { return False }},
	{"set()", func() Value { return &Set{} }},
}

func isWordByte(c byte) bool {
	return c == '_' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

// strings reads string literals that stand next to each other.
func (r *literalReader) strings() (Value, bool) {
	var all strings.Builder
	binary := false
	for n := 0; ; n++ {
		c := r.peek()
		prefix := ""
		if i := strings.IndexAny(r.s[r.at:], `'"`); i > 0 && i <= 2 {
			prefix = strings.ToLower(r.s[r.at : r.at+i])
		}
		switch prefix {
		case "", "r", "u", "b", "br", "rb":
		default:
			return r.joined(n, &all, binary)
		}
		if prefix == "" && c != '\'' && c != '"' {
			return r.joined(n, &all, binary)
		}
		isBytes := strings.Contains(prefix, "b")
		if n > 0 && isBytes != binary {
			return nil, false
		}
		binary = isBytes
		r.at += len(prefix)
		text, ok := r.str(strings.Contains(prefix, "r"))
		if !ok {
			return nil, false
		}
		all.WriteString(text)
	}
}

func (r *literalReader) joined(n int, all *strings.Builder, binary bool) (Value, bool) {
	if binary {
		return Bytes(all.String()), n > 0
	}
	return Str(all.String()), n > 0
}

// str reads one string literal from its quote on. The template language has the
// same escapes.
func (r *literalReader) str(raw bool) (string, bool) {
	quote := r.s[r.at : r.at+1]
	if strings.HasPrefix(r.s[r.at:], quote+quote+quote) {
		quote = r.s[r.at : r.at+3]
	}
	start := r.at + len(quote)
	for i := start; i < len(r.s); i++ {
		switch {
		case r.s[i] == '\\':
			i++
		case strings.HasPrefix(r.s[i:], quote):
			r.at = i + len(quote)
			body := r.s[start:i]
			if raw {
				return body, true
			}
			text, problem := syntax.Unescape(body)
			return text, problem == ""
		case r.s[i] == '\n' && len(quote) == 1:
			return "", false
		}
	}
	return "", false
}
