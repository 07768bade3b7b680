// Package artifact is the published file formats: manifest.json, run_results.json
// and their neighbours, written and read.
package artifact

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
	"unicode/utf8"

	"weft/compiler/config"
	"weft/compiler/jinja"
)

// encoder writes JSON as Python's encoder does, without building it in memory.
// The first failure to write stays in the underlying bufio.Writer.
type encoder struct {
	w     *bufio.Writer
	buf   []byte
	first []bool // whether the open object or list has no element yet
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
	e := &encoder{w: bufio.NewWriterSize(f, 1<<16)}
	fill(e)
	if err = e.w.Flush(); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (e *encoder) sep() {
	if n := len(e.first); n > 0 {
		if e.first[n-1] {
			e.first[n-1] = false
			return
		}
		e.w.WriteString(", ")
	}
}

func (e *encoder) open(c byte) {
	e.w.WriteByte(c)
	e.first = append(e.first, true)
}

func (e *encoder) close(c byte) {
	e.w.WriteByte(c)
	e.first = e.first[:len(e.first)-1]
}

// key starts a member of the open object.
func (e *encoder) key(name string) {
	e.sep()
	e.text(name)
	e.w.WriteString(": ")
}

func (e *encoder) object(name string, fill func()) {
	e.key(name)
	e.open('{')
	fill()
	e.close('}')
}

func (e *encoder) list(name string, fill func()) {
	e.key(name)
	e.open('[')
	fill()
	e.close(']')
}

const hexDigits = "0123456789abcdef"

// text writes a string with everything beyond ASCII escaped.
func (e *encoder) text(s string) {
	b := append(e.buf[:0], '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c >= ' ' && c != 0x7f:
				b = append(b, c)
			case c == '\n':
				b = append(b, '\\', 'n')
			case c == '\t':
				b = append(b, '\\', 't')
			case c == '\r':
				b = append(b, '\\', 'r')
			case c == '\b':
				b = append(b, '\\', 'b')
			case c == '\f':
				b = append(b, '\\', 'f')
			case c == 0x7f:
				b = append(b, c)
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r >= 0x10000 {
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			continue
		}
		b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
	}
	e.buf = append(b, '"')
	e.w.Write(e.buf)
}

func (e *encoder) str(name, s string) {
	e.key(name)
	e.text(s)
}

// opt writes a text, or null for an empty one.
func (e *encoder) opt(name, s string) {
	if s == "" {
		e.raw(name, "null")
		return
	}
	e.str(name, s)
}

func (e *encoder) raw(name, json string) {
	e.key(name)
	e.w.WriteString(json)
}

func (e *encoder) bool(name string, b bool) { e.raw(name, strconv.FormatBool(b)) }

func (e *encoder) float(name string, f float64) {
	e.key(name)
	e.value(jinja.Float(f))
}

func (e *encoder) strs(name string, list []string) {
	e.list(name, func() {
		for _, s := range list {
			e.sep()
			e.text(s)
		}
	})
}

// value writes a template's value; what JSON cannot hold becomes its text.
func (e *encoder) value(v jinja.Value) {
	switch v := v.(type) {
	case nil, jinja.NoneType:
		e.w.WriteString("null")
		return
	case jinja.Str:
		e.text(string(v))
		return
	case *jinja.Dict:
		if v.Len() == 0 {
			e.w.WriteString("{}")
			return
		}
	case *jinja.List:
		if len(v.Items) == 0 {
			e.w.WriteString("[]")
			return
		}
	}
	b, err := jinja.AppendJSON(e.buf[:0], v, jinja.JSONOptions{ASCII: true})
	if err != nil {
		e.text(v.String())
		return
	}
	e.buf = b
	e.w.Write(b)
}

func (e *encoder) val(name string, v jinja.Value) {
	e.key(name)
	e.value(v)
}

// config writes all keys of a config.
func (e *encoder) config(name string, c *config.Config) {
	e.object(name, func() {
		for k, v := range c.All() {
			if k == "pre-hook" || k == "post-hook" {
				e.hooks(k, config.HookList(c.List(k)))
				continue
			}
			e.val(k, v)
		}
	})
}

func (e *encoder) hooks(name string, hooks []*jinja.Dict) {
	e.list(name, func() {
		for _, h := range hooks {
			e.sep()
			e.value(h)
		}
	})
}

// Time writes a moment as artifacts do: UTC, microseconds unless they are zero.
func Time(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}
