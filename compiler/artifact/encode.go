// Package artifact is the published file formats: manifest.json, run_results.json
// and their neighbours, written and read.
package artifact

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
	"unicode/utf8"

	"weft/compiler/jinja"
)

// encoder writes JSON as Python's encoder does, without building all of it in memory.
// The first failure to write stays in err.
type encoder struct {
	w     io.Writer // takes what is in out from time to time; nil keeps it there
	out   []byte
	first []bool // whether the open object or list has no element yet
	err   error

	configs configTexts

	// Most numbers are the time at which all nodes were read.
	lastFloat float64
	lastText  string
}

// flushAt is how much is gathered before it is written.
const flushAt = 1 << 17

// flush writes what has been gathered.
func (e *encoder) flush() {
	if e.w == nil {
		return
	}
	if e.err == nil {
		_, e.err = e.w.Write(e.out)
	}
	e.out = e.out[:0]
}

// writeFile writes a file under a temporary name and renames it, so that readers
// see the old file or the whole new one.
func writeFile(path string, fill func(*encoder)) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	e := &encoder{w: f, out: make([]byte, 0, 2*flushAt)}
	fill(e)
	if e.flush(); e.err != nil {
		return e.err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// lit adds text as it is.
func (e *encoder) lit(s string) { e.out = append(e.out, s...) }

func (e *encoder) sep() {
	n := len(e.first)
	if len(e.out) > flushAt && n <= 2 { // between whole nodes
		e.flush()
	}
	if n > 0 {
		if e.first[n-1] {
			e.first[n-1] = false
			return
		}
		e.out = append(e.out, ',', ' ')
	}
}

func (e *encoder) open(c byte) {
	e.out = append(e.out, c)
	e.first = append(e.first, true)
}

func (e *encoder) close(c byte) {
	e.out = append(e.out, c)
	e.first = e.first[:len(e.first)-1]
}

// literal is a key that stands in the source and needs no escapes. Most of a manifest
// is such keys. What comes from a project goes through key.
type literal string

// key starts a member of the open object.
func (e *encoder) key(name string) {
	e.sep()
	e.text(name)
	e.out = append(e.out, ':', ' ')
}

// member is key for a literal.
func (e *encoder) member(name literal) {
	e.sep()
	out := append(e.out, '"')
	out = append(out, name...)
	e.out = append(out, '"', ':', ' ')
}

func (e *encoder) object(name literal, fill func()) {
	e.member(name)
	e.inBraces(fill)
}

// inBraces writes an object, after its key.
func (e *encoder) inBraces(fill func()) {
	e.open('{')
	fill()
	e.close('}')
}

func (e *encoder) list(name literal, fill func()) {
	e.member(name)
	e.inBrackets(fill)
}

// inBrackets writes a list, after its key.
func (e *encoder) inBrackets(fill func()) {
	e.open('[')
	fill()
	e.close(']')
}

const hexDigits = "0123456789abcdef"

// plain are the bytes that stand for themselves in a text.
var plain = func() (out [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		out[c] = c != '"' && c != '\\'
	}
	return out
}()

// plainWord is plain for eight bytes at once: the top bit of each byte of bad says that
// it is beyond ASCII, below a blank, a quote or a backslash.
func plainWord(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	bad := w | (w - ones*' ') | ((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones)
	return bad&tops == 0
}

// text writes a string with everything beyond ASCII escaped.
func (e *encoder) text(s string) {
	b := append(e.out, '"')
	from := 0 // of what is plain and has not been added
	for i := 0; i < len(s); {
		if len(s)-i >= 8 && plainWord(s[i:i+8]) {
			i += 8
			continue
		}
		if plain[s[i]] {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = appendEscape(append(b, s[from:i]...), r)
		i += size
		from = i
	}
	b = append(b, s[from:]...)
	e.out = append(b, '"')
}

func appendEscape(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, '\\', 'n')
	case '\t':
		return append(b, '\\', 't')
	case '\r':
		return append(b, '\\', 'r')
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	}
	if r >= 0x10000 {
		r -= 0x10000
		return fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

func (e *encoder) str(name literal, s string) {
	e.member(name)
	e.text(s)
}

// opt writes a text, or null for an empty one.
func (e *encoder) opt(name literal, s string) {
	if s == "" {
		e.raw(name, "null")
		return
	}
	e.str(name, s)
}

func (e *encoder) raw(name literal, json string) {
	e.member(name)
	e.lit(json)
}

func (e *encoder) bool(name literal, b bool) { e.raw(name, strconv.FormatBool(b)) }

func (e *encoder) float(name literal, f float64) {
	e.member(name)
	if f != e.lastFloat || e.lastText == "" {
		start := len(e.out)
		e.value(jinja.Float(f))
		e.lastFloat, e.lastText = f, string(e.out[start:])
		return
	}
	e.lit(e.lastText)
}

func (e *encoder) strs(name literal, list []string) {
	e.member(name)
	e.texts(list)
}

// texts writes a list of texts.
func (e *encoder) texts(list []string) {
	e.open('[')
	for _, s := range list {
		e.sep()
		e.text(s)
	}
	e.close(']')
}

// value writes a template's value; what JSON cannot hold becomes its text.
func (e *encoder) value(v jinja.Value) {
	switch v := v.(type) {
	case nil, jinja.NoneType:
		e.lit("null")
		return
	case jinja.Str:
		e.text(string(v))
		return
	case *jinja.Dict:
		if v.Len() == 0 {
			e.lit("{}")
			return
		}
	case *jinja.List:
		if len(v.Items) == 0 {
			e.lit("[]")
			return
		}
	}
	b, err := jinja.AppendJSON(e.out, v, jinja.JSONOptions{ASCII: true})
	if err != nil {
		e.text(v.String())
		return
	}
	e.out = b
}

func (e *encoder) val(name literal, v jinja.Value) {
	e.member(name)
	e.value(v)
}

// Time writes a moment as artifacts do: UTC, microseconds unless they are zero.
func Time(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}

// values writes a list of dictionaries.
func (e *encoder) values(list []*jinja.Dict) {
	e.open('[')
	for _, d := range list {
		e.sep()
		e.value(d)
	}
	e.close(']')
}
