// Package source holds a file's text and says where in it a problem is. Every
// later stage reports what a user can get wrong as an *Error of this package.
package source

import (
	"strings"
	"unicode/utf8"
)

// Pos is a byte offset into the text of a File.
type Pos int32

// Span is the half-open range [Start, End) of bytes in a File.
type Span struct{ Start, End Pos }

// File is a text with a name. Path is what messages show: relative to the
// project where there is one, with forward slashes. A File is never changed.
type File struct {
	Path string
	Text string

	// Abs is where the file is on disk, where Path is shorter than that and somebody
	// needs to know; else empty.
	Abs string

	// FirstLine is the line number of the first line of Text, for texts that
	// were cut out of a larger file; 0 means 1.
	FirstLine int
}

// Position gives pos as an editor shows it: line and column both count from 1,
// and the column counts characters, not bytes.
func (f *File) Position(pos Pos) (line, col int) {
	if f == nil {
		return 0, 0
	}
	p := min(max(int(pos), 0), len(f.Text))
	before := f.Text[:p]
	line = strings.Count(before, "\n") + 1
	if f.FirstLine > 1 {
		line += f.FirstLine - 1
	}
	start := strings.LastIndexByte(before, '\n') + 1
	return line, utf8.RuneCountInString(before[start:]) + 1
}

// Line gives the text of the line that holds pos, without its end.
func (f *File) Line(pos Pos) string {
	p := min(max(int(pos), 0), len(f.Text))
	start := strings.LastIndexByte(f.Text[:p], '\n') + 1
	end := strings.IndexByte(f.Text[p:], '\n')
	if end < 0 {
		end = len(f.Text)
	} else {
		end += p
	}
	return strings.TrimSuffix(f.Text[start:end], "\r")
}

// Offset gives the position of a line and column, both counted from 1, the
// column in characters. It is the inverse of Position; places outside the text
// are moved to its nearest end.
func (f *File) Offset(line, col int) Pos {
	if f.FirstLine > 1 {
		line -= f.FirstLine - 1
	}
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(f.Text[at:], '\n')
		if i < 0 {
			return Pos(len(f.Text))
		}
		at += i + 1
	}
	return f.Along(Pos(at), col)
}

// Along gives the position of a column, counted from 1, of the line that begins at start.
func (f *File) Along(start Pos, col int) Pos {
	at := int(start)
	for ; col > 1 && at < len(f.Text) && f.Text[at] != '\n'; col-- {
		if f.Text[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, size := utf8.DecodeRuneInString(f.Text[at:])
		at += size
	}
	return Pos(at)
}
