package jinja

import (
	"fmt"

	"weft/compiler/source"
)

// Kind groups errors as Python's exception classes do.
type Kind string

// The kinds of errors a template can end in.
const (
	SyntaxError    Kind = "syntax"
	UndefinedError Kind = "undefined"
	TypeError      Kind = "type"
	ValueError     Kind = "value"
	ZeroDivision   Kind = "zero_division"
	Security       Kind = "security"
	FilterArgument Kind = "filter_argument"
	Conversion     Kind = "conversion"
	KeyError       Kind = "key"
	IndexError     Kind = "index"
	AttributeError Kind = "attribute"
	OverflowError  Kind = "overflow"
	RuntimeError   Kind = "runtime"
	RecursionError Kind = "recursion"
	AssertionError Kind = "assertion"
	UnicodeError   Kind = "unicode"
	RegexError     Kind = "regex"
	EnvVarError    Kind = "env_var"
	ReturnError    Kind = "return" // a return() that no macro call catches
	LimitError     Kind = "limit"  // step budget, depth, size
	HostError      Kind = "host"   // raised by a host function; Err.Err has it
)

// Error is a template that failed: the kind, and in Err the words, the place and
// the macro calls that led there (innermost first).
type Error struct {
	Kind Kind
	Err  *source.Error

	undefined *Undefined // what was used, for a hint
}

// Error gives the words with the place.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the *source.Error.
func (e *Error) Unwrap() error { return e.Err }

// Raise makes an error without a place; the evaluator adds place and calls when
// the error leaves the expression that caused it.
func Raise(kind Kind, format string, args ...any) *Error {
	msg := format
	if len(args) > 0 {
		msg = fmt.Sprintf(format, args...)
	}
	return &Error{Kind: kind, Err: &source.Error{Msg: msg}}
}

// isKind reports whether err is a template error of one of the kinds.
func isKind(err error, kinds ...Kind) bool {
	e, ok := err.(*Error)
	if !ok {
		return false
	}
	for _, k := range kinds {
		if e.Kind == k {
			return true
		}
	}
	return false
}

// maxSize is how many bytes or items one operation may make at once. It is far
// above what SQL needs and far below what hurts.
const maxSize = 64 << 20

// maxItems is how many items a list that is made at once may have; a generator may
// give a few times as many.
const maxItems = maxSize / 16

// checkSize fails for a result of n times size that would be too big.
func checkSize(n, size int64) error {
	if n > 0 && size > 0 && n > maxSize/size {
		return Raise(LimitError, "the result would be too large (%d times %d)", n, size)
	}
	return nil
}
