// Package adapters says what a warehouse is. A warehouse is a small Go driver (a
// package below this one), a folder of SQL macros and one Dialect.
package adapters

import (
	"context"
	"iter"
	"strings"
)

// Warehouse is one database that models are built in. It is safe for concurrent use.
type Warehouse interface {
	// Connect returns a session that nobody else uses until it is closed.
	Connect(ctx context.Context) (Session, error)
	Close() error
}

// Session runs statements one after another. It is for one goroutine at a time.
type Session interface {
	// Run executes one statement and hands its rows to sink as they arrive; a
	// nil sink means no rows are wanted. When ctx ends the statement is stopped
	// in the warehouse too, not just abandoned. A statement that the warehouse
	// turned down comes back as an *Error.
	Run(ctx context.Context, sql string, sink Sink) (Response, error)

	// Load appends rows to the table into, by the fastest way there is, and
	// returns how many. Each row has one value for each of cols.
	Load(ctx context.Context, into Relation, cols []Column, rows iter.Seq2[[]any, error]) (int64, error)

	Close() error
}

// Sink takes a result in: Columns once, then Row for each row. A value is nil,
// bool, int64, float64, Decimal, string, []byte, Date or time.Time, and the slice
// is used again for the next row. An error from either method ends the statement.
type Sink interface {
	Columns([]Column) error
	Row([]any) error
}

// Decimal is an exact number as the warehouse writes it, such as "12.50".
type Decimal string

// Date is a calendar day written YYYY-MM-DD.
type Date string

// Column is a column of a result or a table. Type is the warehouse's own name for
// the type, such as "VARCHAR" or "DECIMAL(18,3)".
type Column struct {
	Name string
	Type string
}

// Response is what the warehouse said of a statement that worked. Message is what
// progress lines show ("OK", "INSERT 0 5"). Rows is -1 where the count is not
// known. Code is the kind of statement where the warehouse names it.
type Response struct {
	Message string
	Code    string
	Rows    int64
	QueryID string
}

// Error is a statement that the warehouse turned down. Line and Column count from
// 1 within the statement that was sent; 0 means that the place is not known.
type Error struct {
	Code         string // the warehouse's own code or kind, such as "Binder Error"
	Msg          string // the warehouse's own text, whole
	Line, Column int
	Err          error
}

// Error gives the warehouse's own text.
func (e *Error) Error() string { return e.Msg }

// Unwrap gives the driver's error.
func (e *Error) Unwrap() error { return e.Err }

// Relation names a table or view. Empty parts are left out when it is rendered.
type Relation struct {
	Database, Schema, Identifier string
}

// Fold is what a warehouse makes of a name that is not quoted.
type Fold uint8

// What becomes of an unquoted name.
const (
	FoldNone  Fold = iota // compared without regard to case, kept as written
	FoldLower             // lower case
	FoldUpper             // upper case
)

// Dialect is what can be known of a warehouse's SQL without connecting to it.
type Dialect struct {
	Name    string   // the profile's type, and the macro prefix in snowflake__create_schema
	Parents []string // whose macros serve where this dialect has none, nearest first

	Quote   [2]byte // around a quoted name
	Fold    Fold    // what becomes of an unquoted one
	MaxName int     // longest identifier, in bytes; 0 for no limit

	Begin, Commit, Rollback string // empty where there are no transactions

	Clones            bool // CREATE … CLONE copies no data; elsewhere a clone is a view
	MetadataFreshness bool // the warehouse knows when a table was loaded

	OneStatement bool // the driver takes one statement a call, so scripts are split first

	Version string // the adapter version that is emulated, for messages

	// Profile checks and completes a profile's output without connecting: defaults,
	// derived fields (DuckDB's database is named after its file), aliases. An error
	// says which field is wrong.
	Profile func(Config) (Config, error)

	// TargetKeys are the profile fields that templates see as target.x. Secrets
	// are never among them.
	TargetKeys []string

	Class           string   // in the names of Python classes that templates print: "DuckDB"
	Quoted          [3]bool  // whether database, schema and identifier are quoted by default
	Renameable      []string // types of relations that can be renamed
	Replaceable     []string // types of relations that create or replace works for
	AliasSubqueries bool     // a subquery in "from" needs an alias

	// Names of column types, lower case, for is_integer() and its neighbours.
	StringTypes, IntegerTypes, FloatTypes, NumericTypes []string
	StringSize                                          int // of a text column without a size

	// Strategies are the incremental strategies that the macros know.
	Strategies []string
	// DefaultStrategy is what incremental_strategy means when it is not set.
	DefaultStrategy string
	// Constraints says what becomes of each type of constraint.
	Constraints map[string]Support
	// KeysInDatabase says that foreign keys refer to tables without naming the database.
	KeysInDatabase bool

	// Facts of templates, which dbt's adapter classes answer.
	Text      string            // type name of text columns
	TypeNames map[string]string // type names of seeds: text, integer, number, boolean, date, datetime, time
}

// QuoteName gives name in quotes, with quotes inside it doubled.
func (d *Dialect) QuoteName(name string) string {
	end := string(d.Quote[1])
	return string(d.Quote[0]) + strings.ReplaceAll(name, end, end+end) + end
}

// Config is what a profile's output says, decoded: text, bool, int64, float64,
// []any or map[string]any. Secrets in it are Secret values.
type Config map[string]any

// Secret is a credential. It cannot be printed, logged or serialised: every such
// way shows asterisks. Only a driver calls Reveal, and what makes the names that SQL
// needs, such as a schema.
type Secret struct{ text *string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal gives the text to a driver.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

const masked = "*****"

// String shows asterisks.
func (Secret) String() string { return masked }

// GoString shows asterisks for %#v.
func (Secret) GoString() string { return masked }

// MarshalText shows asterisks in JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// Support is what a warehouse makes of a kind of constraint.
type Support uint8

// The levels of support.
const (
	Unsupported Support = iota // left out, with a warning
	Unenforced                 // written, but the warehouse does not check it
	Enforced                   // written and checked
)
