package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"weft/adapters"
)

type session struct {
	conn         *sql.Conn
	transactions bool
}

// Run executes a statement, or several of which the last gives the rows. DuckDB
// interrupts the statement itself when ctx ends, so that nothing is left running;
// a transaction that was open then waits for its rollback.
func (s *session) Run(ctx context.Context, statement string, sink adapters.Sink) (adapters.Response, error) {
	ok := adapters.Response{Message: "OK", Rows: -1}
	if !s.transactions && isTransaction(statement) {
		return ok, nil
	}
	err := s.run(ctx, statement, sink)
	switch {
	case err == nil, isEmpty(err):
		return ok, nil
	case ctx.Err() != nil:
		return adapters.Response{}, ctx.Err()
	}
	return adapters.Response{}, err
}

func (s *session) run(ctx context.Context, statement string, sink adapters.Sink) error {
	if sink == nil {
		if _, err := s.conn.ExecContext(ctx, statement); err != nil {
			return explain(statement, err)
		}
		return nil
	}
	rows, err := s.conn.QueryContext(ctx, statement)
	if err != nil {
		return explain(statement, err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return explain(statement, err)
	}
	cols := make([]adapters.Column, len(types))
	for i, t := range types {
		cols[i] = adapters.Column{Name: t.Name(), Type: t.DatabaseTypeName()}
	}
	if err := sink.Columns(cols); err != nil {
		return err
	}
	return drain(rows, readers(cols), sink)
}

// drain hands over the rows. An error of the sink comes back as it is.
func drain(rows *sql.Rows, read []reader, sink adapters.Sink) error {
	row := make([]any, len(read))
	into := make([]any, len(read))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return explain("", err)
		}
		for i, v := range row {
			if v != nil {
				row[i] = read[i](v)
			}
		}
		if err := sink.Row(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return explain("", err)
	}
	return nil
}

// Close gives the connection up; a transaction that is open is rolled back.
func (s *session) Close() error { return s.conn.Close() }

func isTransaction(statement string) bool {
	switch strings.ToUpper(strings.Trim(statement, "; \t\r\n")) {
	case "BEGIN", "COMMIT", "ROLLBACK", "BEGIN TRANSACTION":
		return true
	}
	return false
}

// isEmpty says whether a text held no statement at all, only comments perhaps. The
// driver has no name for that error.
func isEmpty(err error) bool {
	var e *adapters.Error
	return errors.As(err, &e) && strings.HasSuffix(e.Msg, "empty query")
}

// explain makes an *adapters.Error of a driver's error and finds the place in
// statement that it speaks of.
func explain(statement string, err error) *adapters.Error {
	var known *adapters.Error
	if errors.As(err, &known) {
		return known
	}
	e := &adapters.Error{Msg: err.Error(), Err: err}
	var d *duckdb.Error
	if errors.As(err, &d) {
		e.Msg = d.Msg
	}
	if code, _, ok := strings.Cut(e.Msg, ": "); ok && strings.HasSuffix(code, " Error") {
		e.Code = code
	}
	e.Line, e.Column = place(statement, e.Msg)
	return e
}

// place reads DuckDB's mark
//
//	LINE 2: ...one_thing, another from t
//	                      ^
//
// The line that is shown may be cut on both sides, so it is looked up in statement.
func place(statement, msg string) (line, column int) {
	at := strings.LastIndex(msg, "\nLINE ")
	if at < 0 {
		return 0, 0
	}
	shown, mark, _ := strings.Cut(msg[at+1:], "\n")
	number, excerpt, ok := strings.Cut(strings.TrimPrefix(shown, "LINE "), ": ")
	line, err := strconv.Atoi(number)
	if !ok || err != nil {
		return 0, 0
	}
	mark, _, _ = strings.Cut(mark, "\n")
	before, _, ok := strings.Cut(mark, "^")
	column = len([]rune(before)) - len("LINE "+number+": ") // from 0, within the excerpt
	if !ok || column < 0 {
		return line, 0
	}
	lines := strings.Split(statement, "\n")
	if line < 1 || line > len(lines) {
		return line, 0
	}
	whole := excerpt
	if rest, cut := strings.CutPrefix(excerpt, "..."); cut {
		whole = rest
		column -= len("...")
	}
	whole = strings.TrimSuffix(whole, "...")
	start := strings.Index(lines[line-1], whole)
	if start < 0 {
		return line, 0
	}
	return line, len([]rune(lines[line-1][:start])) + column + 1
}
