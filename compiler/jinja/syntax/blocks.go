package syntax

import (
	"fmt"
	"slices"
	"strings"

	"weft/compiler/source"
)

// TopBlock is a block at the top level of a file. The spans are offsets in the
// file's text: of the whole block, tags included, and of what is between them.
type TopBlock struct {
	Type, Name               string
	Start, End               source.Pos
	ContentStart, ContentEnd source.Pos
}

// Data is the type of the text between blocks.
const Data = "__dbt__data"

// Blocks cuts the blocks of the allowed types (such as "macro" or "snapshot") out
// of a file, after dbt's rules: comments, expressions and raw regions are skipped,
// other tags give a warning each. With raw the text between blocks is returned
// too. The error is a *source.Error: a block inside an if or for, one that is not
// closed, or tags of if and for that do not match.
func Blocks(f *source.File, allowed []string, raw bool) (blocks []TopBlock, warnings []*source.Error, err error) {
	c := &cutter{file: f, src: f.Text, allowed: allowed, raw: raw}
	defer func() {
		if r := recover(); r != nil {
			problem, ok := r.(*source.Error)
			if !ok {
				panic(r)
			}
			blocks, warnings, err = nil, c.warnings, problem
		}
	}()
	c.cut()
	return c.blocks, c.warnings, nil
}

// cutter scans a file without parsing it.
type cutter struct {
	file     *source.File
	src      string
	allowed  []string
	raw      bool
	blocks   []TopBlock
	warnings []*source.Error
	control  []string // open if and for tags
}

// blockTag is a tag: where it starts, its name, where the name and the tag end.
type blockTag struct {
	start, nameEnd, end int
	name                string
}

func (c *cutter) cut() {
	at, done := 0, 0
	for {
		tag, ok := c.nextTag(at)
		if !ok {
			break
		}
		at = tag.end
		switch {
		case tag.name == "if" || tag.name == "for":
			c.control = append(c.control, tag.name)
		case tag.name == "endif" || tag.name == "endfor":
			c.closeControl(tag)
		case slices.Contains(c.allowed, tag.name):
			if len(c.control) > 0 {
				c.fail(tag.start, "Got a block definition inside control flow at %s. All dbt block definitions must be at the top level", c.place(tag.start))
			}
			b := c.block(tag)
			c.data(done, tag.start)
			c.blocks = append(c.blocks, b)
			at, done = int(b.End), int(b.End)
			continue
		}
		c.warnings = append(c.warnings, c.problem(tag.start, fmt.Sprintf("Found unexpected '%s' block tag.", tag.name)))
		if tag.name == "raw" {
			at = c.skipRaw(tag)
		}
	}
	c.data(done, len(c.src))
}

// data notes text between blocks.
func (c *cutter) data(start, end int) {
	if c.raw && end > start {
		c.blocks = append(c.blocks, TopBlock{
			Type: Data, Start: source.Pos(start), End: source.Pos(end),
			ContentStart: source.Pos(start), ContentEnd: source.Pos(end),
		})
	}
}

func (c *cutter) closeControl(tag blockTag) {
	want := strings.TrimPrefix(tag.name, "end")
	n := len(c.control)
	if n == 0 {
		c.fail(tag.start, "Got an unexpected control flow end tag, got %s but never saw a preceeding %s (@ %s)", tag.name, want, c.place(tag.start))
	}
	if c.control[n-1] != want {
		c.fail(tag.start, "Got an unexpected control flow end tag, got %s but expected end%s next (@ %s)", tag.name, c.control[n-1], c.place(tag.start))
	}
	c.control = c.control[:n-1]
}

// block finds the end of the block that tag opens.
func (c *cutter) block(open blockTag) TopBlock {
	b := TopBlock{Type: open.name, Start: source.Pos(open.start)}
	b.Name = word(c.src, skipSpace(c.src, open.nameEnd))
	for at := open.end; ; {
		tag, ok := c.nextTag(at)
		switch {
		case !ok:
			line, _ := c.file.Position(source.Pos(open.start))
			c.fail(open.start, "Reached EOF without finding a close tag for %s (searched from line %d)", open.name, line)
		case tag.name == open.name:
			c.fail(tag.start, "Got nested tags: %s (started at %d) did not have a matching {{%% end%[1]s %%}} before a subsequent %[1]s was found (started at %[3]d)", open.name, open.start, tag.start)
		case tag.name == "raw":
			at = c.skipRaw(tag)
			continue
		case tag.name == "end"+open.name:
			b.End = source.Pos(tag.end)
			b.ContentStart, b.ContentEnd = c.contents(open, tag)
			return b
		}
		at = tag.end
	}
}

// contents gives what is between two tags, trimmed on the sides where they have a
// minus sign.
func (c *cutter) contents(open, end blockTag) (source.Pos, source.Pos) {
	from, to := open.end, end.start
	if c.src[to+2] == '-' {
		to = max(from, from+len(trimRight(c.src[from:to])))
	}
	if from >= 3 && c.src[from-3] == '-' {
		from = min(skipSpace(c.src, from), to)
	}
	return source.Pos(from), source.Pos(to)
}

// nextTag gives the first block tag from at on, skipping comments and
// expressions.
func (c *cutter) nextTag(at int) (blockTag, bool) {
	for {
		i := strings.IndexByte(c.src[at:], '{')
		if i < 0 || at+i+1 >= len(c.src) {
			return blockTag{}, false
		}
		at += i
		switch c.src[at+1] {
		case '#':
			end := strings.Index(c.src[at+2:], "#}")
			if end < 0 {
				c.failEOF(at, "#}", c.src[at+2:])
			}
			at += 2 + end + 2
		case '{':
			at = c.closing(skipSpace(c.src, at+2), "}}")
		case '%':
			if tag, ok := c.tag(at); ok {
				return tag, true
			}
			at += 2
		default:
			at++
		}
	}
}

// tag reads a block tag with a name; a plus sign is not known to dbt here.
func (c *cutter) tag(at int) (blockTag, bool) {
	i := at + 2
	if i < len(c.src) && c.src[i] == '-' {
		i++
	}
	i = skipSpace(c.src, i)
	name := word(c.src, i)
	if name == "" {
		return blockTag{}, false
	}
	t := blockTag{start: at, name: name, nameEnd: i + len(name)}
	t.end = c.closing(t.nameEnd, "%}")
	return t, true
}

// closing gives where the delimiter closer ends, counted from at on and not inside
// of string literals.
func (c *cutter) closing(at int, closer string) int {
	begin := at
	for at < len(c.src) {
		switch ch := c.src[at]; {
		case ch == '"' || ch == '\'':
			at = stringEnd(c.src, at)
		case strings.HasPrefix(c.src[at:], closer):
			return at + 2
		default:
			at++
		}
	}
	c.failEOF(begin, closer, c.src[begin:])
	return 0
}

func stringEnd(s string, at int) int {
	for i := at + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[at]:
			return i + 1
		}
	}
	return len(s)
}

func (c *cutter) skipRaw(tag blockTag) int {
	for at := tag.end; ; at += 2 {
		i := strings.Index(c.src[at:], "{%")
		if i < 0 {
			c.failEOF(tag.start, "{% endraw %}", c.src[tag.end:])
		}
		at += i
		if end, _ := rawTag(c.src, at, "endraw"); end >= 0 {
			return end
		}
	}
}

// word gives the ASCII identifier at a place, or nothing.
func word(s string, at int) string {
	end := at
	for end < len(s) && s[end] < 0x80 && identByte[s[end]] && (end > at || !isDigit(s[end])) {
		end++
	}
	return s[at:end]
}

// place gives line and column as dbt does: the column counts from 0.
func (c *cutter) place(at int) string {
	line, col := c.file.Position(source.Pos(at))
	return fmt.Sprintf("%d:%d", line, col-1)
}

func (c *cutter) problem(at int, msg string) *source.Error {
	return &source.Error{
		File: c.file, Class: source.Compilation, Msg: msg,
		Span: source.Span{Start: source.Pos(at), End: source.Pos(at)},
	}
}

func (c *cutter) fail(at int, format string, args ...any) {
	panic(c.problem(at, fmt.Sprintf(format, args...)))
}

func (c *cutter) failEOF(at int, want, got string) {
	c.fail(at, "unexpected EOF, expected %s, got %q", want, got)
}
