package jinja

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bytes is Python's bytes, as str.encode gives them.
type Bytes string

func (Bytes) Type() string     { return "bytes" }
func (b Bytes) Truth() bool    { return b != "" }
func (b Bytes) String() string { return b.Repr() }

// Len is the number of bytes.
func (b Bytes) Len() int { return len(b) }

// Repr is b'…' with escapes for all but printable ASCII.
func (b Bytes) Repr() string {
	quote := byte('\'')
	if strings.Contains(string(b), "'") && !strings.Contains(string(b), `"`) {
		quote = '"'
	}
	out := []byte{'b', quote}
	for i := range len(b) {
		switch c := b[i]; {
		case c == quote || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\r':
			out = append(out, `\r`...)
		case c == '\t':
			out = append(out, `\t`...)
		case c < ' ' || c >= 0x7f:
			out = append(out, '\\', 'x', lowerHex[c>>4], lowerHex[c&15])
		default:
			out = append(out, c)
		}
	}
	return string(append(out, quote))
}

// Index gives a byte as an int.
func (b Bytes) Index(key Value) (Value, error) {
	items := make([]Value, len(b))
	for i := range len(b) {
		items[i] = Int(b[i])
	}
	return itemAt(items, key, "byte")
}

// Contains looks for some bytes in a row, or for one given as a number.
func (b Bytes) Contains(item Value) (bool, error) {
	if part, ok := item.(Bytes); ok {
		return strings.Contains(string(b), string(part)), nil
	}
	n, ok := toBig(item)
	switch {
	case !ok:
		return false, Raise(TypeError, "a bytes-like object is required, not '%s'", item.Type())
	case !n.IsInt64() || n.Int64() < 0 || n.Int64() > 255:
		return false, Raise(ValueError, "byte must be in range(0, 256)")
	}
	return strings.IndexByte(string(b), byte(n.Int64())) >= 0, nil
}

// Iterate walks the bytes as ints.
func (b Bytes) Iterate() Iterator {
	items := make([]Value, len(b))
	for i := range len(b) {
		items[i] = Int(b[i])
	}
	return &sliceIterator{items}
}

// Attr gives a method.
func (b Bytes) Attr(name string) (Value, error) { return method(bytesMethods, b, name), nil }

var bytesMethods = methods("bytes", []row{
	{"decode(encoding='utf-8', errors='strict')", func(c *Call) (Value, error) {
		return decodeBytes(string(c.Self.(Bytes)), c.Str(0), c.Str(1))
	}},
	{"hex()", func(c *Call) (Value, error) {
		var b strings.Builder
		for _, c := range []byte(c.Self.(Bytes)) {
			b.WriteByte(lowerHex[c>>4])
			b.WriteByte(lowerHex[c&15])
		}
		return Str(b.String()), nil
	}},
	{"upper()", func(c *Call) (Value, error) { return Bytes(strings.ToUpper(string(c.Self.(Bytes)))), nil }},
	{"lower()", func(c *Call) (Value, error) { return Bytes(strings.ToLower(string(c.Self.(Bytes)))), nil }},
})

// codecs maps the spellings of an encoding to the name in messages.
var codecs = map[string]string{
	"utf8": "utf-8", "u8": "utf-8", "utf": "utf-8", "ascii": "ascii", "usascii": "ascii", "646": "ascii",
	"latin1": "latin-1", "iso88591": "latin-1", "l1": "latin-1", "utf16": "utf-16", "utf16le": "utf-16-le",
	"utf16be": "utf-16-be",
}

func codec(name string) string {
	return codecs[strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))]
}

func encodeText(s, encoding, errors string) (Value, error) {
	switch name := codec(encoding); name {
	case "utf-8":
		return Bytes(s), nil
	case "ascii":
		return encodeLimited(s, name, errors, 0x80)
	case "latin-1":
		return encodeLimited(s, name, errors, 0x100)
	case "utf-16", "utf-16-le", "utf-16-be":
		return encodeUTF16(s, name), nil
	}
	return nil, Raise("lookup", "unknown encoding: %s", encoding)
}

func encodeUTF16(s, name string) Value {
	units := utf16.Encode([]rune(s))
	if name == "utf-16" {
		units = append([]uint16{0xfeff}, units...)
	}
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		if name == "utf-16-be" {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return Bytes(out)
}

func encodeLimited(s, name, errors string, limit rune) (Value, error) {
	var out []byte
	for i, r := range []rune(s) {
		switch {
		case r < limit:
			out = append(out, byte(r))
		case errors == "ignore":
		case errors == "replace":
			out = append(out, '?')
		case errors == "backslashreplace":
			out = appendEscape(out, r)
		case errors == "xmlcharrefreplace":
			out = append(out, "&#"+Int(r).String()+";"...)
		default:
			return nil, Raise(UnicodeError, "'%s' codec can't encode character '%s' in position %d: ordinal not in range(%d)",
				name, appendEscape(nil, r), i, limit)
		}
	}
	return Bytes(out), nil
}

func decodeBytes(s, encoding, errors string) (Value, error) {
	switch name := codec(encoding); name {
	case "utf-8":
		if utf8.ValidString(s) {
			return Str(s), nil
		}
		switch errors {
		case "ignore":
			return Str(strings.ToValidUTF8(s, "")), nil
		case "replace":
			return Str(strings.ToValidUTF8(s, "\ufffd")), nil
		}
		return nil, Raise(UnicodeError, "'utf-8' codec can't decode byte: invalid start byte")
	case "ascii", "latin-1":
		runes := make([]rune, 0, len(s))
		for i := range len(s) {
			if name == "ascii" && s[i] >= 0x80 {
				return nil, Raise(UnicodeError, "'ascii' codec can't decode byte 0x%02x in position %d: ordinal not in range(128)", s[i], i)
			}
			runes = append(runes, rune(s[i]))
		}
		return Str(runes), nil
	}
	return nil, Raise("lookup", "unknown encoding: %s", encoding)
}
