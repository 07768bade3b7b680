package syntax

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/runenames"
)

// simpleEscapes are the characters that a backslash makes another one of.
var simpleEscapes = map[byte]byte{
	'\\': '\\', '\'': '\'', '"': '"', 'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
}

// Unescape gives the text of a string literal whose inside is s, or what is wrong
// with it. Unknown escapes keep their backslash, as in Python.
func Unescape(s string) (text, problem string) {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s, ""
	}
	var b strings.Builder
	for ; i >= 0; i = strings.IndexByte(s, '\\') {
		b.WriteString(s[:i])
		n, problem := escape(&b, s[i+1:])
		if problem != "" {
			return "", problem
		}
		s = s[i+1+n:]
	}
	b.WriteString(s)
	return b.String(), ""
}

// escape writes what the escape s stands for, s beginning after the backslash,
// and gives how much of s it took.
func escape(b *strings.Builder, s string) (n int, problem string) {
	if s == "" {
		return 0, `\ at end of string`
	}
	c := s[0]
	if out, ok := simpleEscapes[c]; ok {
		b.WriteByte(out)
		return 1, ""
	}
	switch {
	case c == '\n':
		return 1, ""
	case c >= '0' && c <= '7':
		v := 0
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			v = v*8 + int(s[n]-'0')
			n++
		}
		b.WriteRune(rune(v))
		return n, ""
	case c == 'x':
		return hexEscape(b, s, 2, `truncated \xXX escape`)
	case c == 'u':
		return hexEscape(b, s, 4, `truncated \uXXXX escape`)
	case c == 'U':
		return hexEscape(b, s, 8, `truncated \UXXXXXXXX escape`)
	case c == 'N':
		return namedEscape(b, s)
	case c >= utf8.RuneSelf:
		// Jinja2 writes other characters as escapes before it decodes; after a
		// backslash that is seen.
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r < 0x100:
			fmt.Fprintf(b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			fmt.Fprintf(b, `\U%08x`, r)
		}
		return size, ""
	}
	b.WriteByte('\\')
	b.WriteByte(c)
	return 1, ""
}

func hexEscape(b *strings.Builder, s string, n int, problem string) (int, string) {
	if len(s) < 1+n {
		return 0, problem
	}
	v := rune(0)
	for _, c := range []byte(s[1 : 1+n]) {
		switch {
		case isDigit(c):
			v = v<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, problem
		}
		if v > utf8.MaxRune {
			return 0, "illegal Unicode character"
		}
	}
	b.WriteRune(v)
	return 1 + n, ""
}

// namedEscape reads N{NAME}: the character that Unicode calls so, without regard to
// case. Names are looked for one by one; hardly any template has one.
func namedEscape(b *strings.Builder, s string) (int, string) {
	end := strings.IndexByte(s, '}')
	if !strings.HasPrefix(s, "N{") || end < 3 {
		return 0, `malformed \N character escape`
	}
	name := s[2:end]
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if strings.EqualFold(runenames.Name(r), name) {
			b.WriteRune(r)
			return end + 1, ""
		}
	}
	return 0, "unknown Unicode character name"
}
