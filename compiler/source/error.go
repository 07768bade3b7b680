package source

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Class is the heading that dbt gives a problem. People and tools look for it.
type Class string

// The classes, worded as dbt words them.
const (
	Compilation Class = "Compilation"
	Parsing     Class = "Parsing"
	Runtime     Class = "Runtime"
	Database    Class = "Database"
	Validation  Class = "Validation"
	Dependency  Class = "Dependency"
	Internal    Class = "Internal"
)

// Error is one thing that is wrong, and where. A nil File means that the problem
// has no place in a text (a flag, a missing file).
type Error struct {
	File *File
	Span Span

	// Class is the heading; empty means that the stage that reports the error
	// decides (most often Compilation).
	Class Class

	// Node is what stands after the heading, such as "model orders
	// (models/orders.sql)"; empty for problems of no single node.
	Node string

	// Event is the name of the warning in dbt's list of events, such as
	// "NoNodeForYamlKey", by which options make errors of warnings or silence them;
	// empty for problems that are no warnings. See Events.
	Event string

	// WordsFirst puts the words before the place where both are shown: for
	// texts of a warehouse, which people know and look for.
	WordsFirst bool

	Msg  string // what is wrong, in a few words, without the place
	Hint string // what to do, or what was perhaps meant; may be empty

	// Calls are the template calls that led to the place, innermost first.
	Calls []Call

	Err error // the cause, if another error is; may be nil
}

// Call is one step of a template's call stack: inside the macro Macro of package
// Package (empty if unknown), which was called at Span in File.
type Call struct {
	Macro   string
	Package string
	File    *File
	Span    Span
}

// Error gives the problem on one line, with its place in front.
func (e *Error) Error() string {
	var b strings.Builder
	if p := e.Place(); p != "" {
		b.WriteString(p)
		b.WriteString(": ")
	}
	if e.Hint == "" {
		b.WriteString(e.Msg)
	} else {
		b.WriteString(strings.TrimSuffix(e.Msg, "."))
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Place gives file:line:column, or the empty text where there is none.
func (e *Error) Place() string {
	if e.File == nil {
		return ""
	}
	if e.File.Text == "" {
		return e.File.Path
	}
	line, col := e.File.Position(e.Span.Start)
	return fmt.Sprintf("%s:%d:%d", e.File.Path, line, col)
}

// shownCalls is how many calls are shown of each end of a call stack.
const shownCalls = 8

// Detail gives the problem on several lines: place and words, the line of source
// with the place underlined, and the calls that led there.
func (e *Error) Detail() string {
	var b strings.Builder
	hasPlace := e.File != nil && e.File.Text != ""
	switch {
	case e.WordsFirst && hasPlace:
		b.WriteString(e.Msg)
		b.WriteString("\n\n")
		b.WriteString(e.Place())
		b.WriteString(":\n")
		b.WriteString(e.excerpt())
	case hasPlace:
		b.WriteString(e.Error())
		b.WriteByte('\n')
		b.WriteString(e.excerpt())
	default:
		b.WriteString(e.Error())
	}
	for i, c := range e.Calls {
		// A recursion without end has hundreds.
		if hidden := len(e.Calls) - 2*shownCalls; hidden > 0 && i >= shownCalls && i < shownCalls+hidden {
			if i == shownCalls {
				fmt.Fprintf(&b, "\n> in %d more macros", hidden)
			}
			continue
		}
		name := c.Macro
		if c.Package != "" {
			name = c.Package + "." + name
		}
		fmt.Fprintf(&b, "\n> in macro %s", name)
		if c.File != nil {
			line, col := c.File.Position(c.Span.Start)
			fmt.Fprintf(&b, ", called at %s:%d:%d", c.File.Path, line, col)
		}
	}
	if len(e.Calls) > 0 && e.Node != "" {
		b.WriteString("\n> called by " + e.Node)
	}
	return b.String()
}

func (e *Error) excerpt() string {
	line, col := e.File.Position(e.Span.Start)
	text := e.File.Line(e.Span.Start)
	number := fmt.Sprintf("%5d", line)
	under := 1
	if e.Span.End > e.Span.Start {
		end := min(int(e.Span.End), len(e.File.Text))
		span := e.File.Text[min(int(e.Span.Start), end):end]
		if i := strings.IndexByte(span, '\n'); i >= 0 {
			span = span[:i]
		}
		under = max(1, utf8.RuneCountInString(span))
	}
	pad := make([]rune, 0, col)
	for i, r := range []rune(text) {
		if i == col-1 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		pad = append(pad, r)
	}
	return number + " | " + text + "\n      | " + string(pad) + strings.Repeat("^", under)
}

// Errors is several problems, sorted by path and place.
type Errors []*Error

// Error gives one line for each problem.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the problems one by one to errors.Is and errors.As.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Sort orders the problems by path and place; those without a place come first
// and keep their order.
func (es Errors) Sort() {
	slices.SortStableFunc(es, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.path(), b.path()), cmp.Compare(a.Span.Start, b.Span.Start))
	})
}

func (e *Error) path() string {
	if e.File == nil {
		return ""
	}
	return e.File.Path
}

// ErrorOrNil gives nil for no problems, the problem itself for one, and the
// sorted list for more.
func (es Errors) ErrorOrNil() error {
	switch len(es) {
	case 0:
		return nil
	case 1:
		return es[0]
	}
	es.Sort()
	return es
}

// Report gives all problems as Error.Report does. Those that follow each other under
// the same heading share it.
func (es Errors) Report() string {
	var b strings.Builder
	last := ""
	for _, e := range es {
		head, body, _ := strings.Cut(e.Report(), "\n")
		if head != last {
			if last != "" {
				b.WriteByte('\n')
			}
			b.WriteString(head)
			last = head
		}
		b.WriteString("\n" + body)
	}
	return b.String()
}

// All takes err apart into the problems it holds. What is not an *Error becomes
// one without a place.
func All(err error) Errors {
	if err == nil {
		return nil
	}
	var es Errors
	if errors.As(err, &es) {
		return es
	}
	var e *Error
	if errors.As(err, &e) {
		return Errors{e}
	}
	return Errors{{Msg: err.Error(), Err: err}}
}

// Report gives the problem under dbt's heading: "Compilation Error in model orders
// (models/orders.sql)", then the detail, indented by two.
func (e *Error) Report() string {
	class := e.Class
	if class == "" {
		class = Compilation
	}
	head := string(class) + " Error"
	if e.Node != "" {
		head += " in " + e.Node
	}
	return head + "\n  " + strings.ReplaceAll(e.Detail(), "\n", "\n  ")
}
