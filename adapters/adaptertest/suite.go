// Package adaptertest holds the promises that every warehouse keeps, as one suite of
// tests, and a fake warehouse for tests of what stands above.
package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"weft/adapters"
)

// Subject is a warehouse under test.
type Subject struct {
	Warehouse adapters.Warehouse
	Dialect   *adapters.Dialect

	// Schema is an empty one that the suite may fill; its name, without quotes, goes
	// before the tables'. Database may be empty.
	Database, Schema string

	// Slow is a query that runs for minutes unless it is stopped.
	Slow string
	// Values are queries of one row, and what its cells must be.
	Values []Value
	// Types are names of column types by what the suite stores in them: text,
	// integer, float, decimal (two places), boolean, date, timestamp.
	Types map[string]string
}

// Value is a query and the cells of its only row.
type Value struct {
	Query string
	Want  []any
}

// Run tests the promises of the interface on warehouses that open makes, one for each
// promise.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, promise := range []struct {
		name string
		test func(t *testing.T, s *suite)
	}{
		{"a rollback leaves the old table", rollbackLeavesOld},
		{"a commit keeps the new table", commitKeepsNew},
		{"closing a session rolls back", closeRollsBack},
		{"a statement stops when its context ends", cancelStops},
		{"a context that has ended sends nothing", endedContext},
		{"a script gives its last result", scriptGivesLast},
		{"a script stops at the first error", scriptStops},
		{"an error has its place", errorHasPlace},
		{"a session is usable after an error", usableAfterError},
		{"an error of the sink ends the statement", sinkErrorEnds},
		{"rows are not wanted without a sink", noSink},
		{"values are exact", valuesAreExact},
		{"columns have names and types", columnsAreNamed},
		{"a load keeps every kind of value", loadKeepsValues},
		{"a load of many rows", loadMany},
		{"a load fills the columns that it names", loadSomeColumns},
		{"a load is undone by a rollback", loadRollsBack},
		{"a load that fails adds nothing", loadFails},
		{"a load ends with its context", loadCancelled},
		{"sessions run side by side", sessionsSideBySide},
		{"a session does not see what another has not committed", isolation},
	} {
		t.Run(promise.name, func(t *testing.T) {
			promise.test(t, &suite{Subject: open(t)})
		})
	}
}

type suite struct{ Subject }

// table is a name in the suite's schema as SQL has it.
func (s *suite) table(name string) string {
	parts := []string{s.Dialect.QuoteName(s.Schema), s.Dialect.QuoteName(name)}
	if s.Database != "" {
		parts = append([]string{s.Dialect.QuoteName(s.Database)}, parts...)
	}
	return strings.Join(parts, ".")
}

func (s *suite) relation(name string) adapters.Relation {
	return adapters.Relation{Database: s.Database, Schema: s.Schema, Identifier: name}
}

func (s *suite) connect(t *testing.T) adapters.Session {
	t.Helper()
	session, err := s.Warehouse.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

func run(t *testing.T, session adapters.Session, statement string) {
	t.Helper()
	if _, err := session.Run(t.Context(), statement, nil); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func rows(t *testing.T, session adapters.Session, query string) [][]any {
	t.Helper()
	sink := &Rows{}
	if _, err := session.Run(t.Context(), query, sink); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return sink.Rows
}

func want(t *testing.T, got [][]any, want ...[]any) {
	t.Helper()
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("rows %v, want %v", describe(got), describe(want))
	}
}

func describe(rows [][]any) string {
	var b strings.Builder
	for _, row := range rows {
		for _, v := range row {
			fmt.Fprintf(&b, "%T(%v) ", v, v)
		}
		b.WriteString("; ")
	}
	return b.String()
}

// Rows is a sink that keeps everything.
type Rows struct {
	Cols []adapters.Column
	Rows [][]any
}

// Columns keeps the columns.
func (r *Rows) Columns(cols []adapters.Column) error {
	r.Cols = append([]adapters.Column(nil), cols...)
	return nil
}

// Row keeps a copy of a row.
func (r *Rows) Row(row []any) error {
	r.Rows = append(r.Rows, append([]any(nil), row...))
	return nil
}

func (s *suite) needsTransactions(t *testing.T) {
	if s.Dialect.Begin == "" {
		t.Skip("no transactions")
	}
}

func (s *suite) begin(t *testing.T, session adapters.Session) {
	t.Helper()
	if s.Dialect.Begin != "" {
		run(t, session, s.Dialect.Begin)
	}
}

func (s *suite) commit(t *testing.T, session adapters.Session) {
	t.Helper()
	if s.Dialect.Commit != "" {
		run(t, session, s.Dialect.Commit)
	}
}

// A model is built beside its old table and renamed onto it; the failure comes last.
func rollbackLeavesOld(t *testing.T, s *suite) {
	s.needsTransactions(t)
	session := s.connect(t)
	run(t, session, "create table "+s.table("m")+" as select 1 as n")
	run(t, session, s.Dialect.Begin)
	run(t, session, "create table "+s.table("m_new")+" as select 2 as n")
	run(t, session, "alter table "+s.table("m")+" rename to "+s.Dialect.QuoteName("m_old"))
	run(t, session, "alter table "+s.table("m_new")+" rename to "+s.Dialect.QuoteName("m"))
	if _, err := session.Run(t.Context(), "select no_such_column from "+s.table("m"), nil); err == nil {
		t.Fatal("no error")
	}
	run(t, session, s.Dialect.Rollback)
	want(t, rows(t, session, "select n from "+s.table("m")), []any{int64(1)})
	for _, gone := range []string{"m_new", "m_old"} {
		if _, err := session.Run(t.Context(), "select n from "+s.table(gone), nil); err == nil {
			t.Errorf("%s is there", gone)
		}
	}
}

func commitKeepsNew(t *testing.T, s *suite) {
	session := s.connect(t)
	s.begin(t, session)
	run(t, session, "create table "+s.table("m")+" as select 7 as n")
	s.commit(t, session)
	session.Close()
	want(t, rows(t, s.connect(t), "select n from "+s.table("m")), []any{int64(7)})
}

func closeRollsBack(t *testing.T, s *suite) {
	s.needsTransactions(t)
	session := s.connect(t)
	run(t, session, s.Dialect.Begin)
	run(t, session, "create table "+s.table("m")+" as select 1 as n")
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.connect(t).Run(t.Context(), "select n from "+s.table("m"), nil); err == nil {
		t.Error("the table is there")
	}
}

func cancelStops(t *testing.T, s *suite) {
	session := s.connect(t)
	for _, sink := range []adapters.Sink{nil, &Rows{}} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		began := time.Now()
		_, err := session.Run(ctx, s.Slow, sink)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		want(t, rows(t, session, "select 1 as n"), []any{int64(1)})
	}
	if s.Dialect.Begin == "" {
		return
	}
	run(t, session, s.Dialect.Begin)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := session.Run(ctx, s.Slow, nil); err == nil {
		t.Error("no error")
	}
	run(t, session, s.Dialect.Rollback)
	want(t, rows(t, session, "select 1 as n"), []any{int64(1)})
}

func endedContext(t *testing.T, s *suite) {
	session := s.connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := session.Run(ctx, "create table "+s.table("m")+" as select 1 as n", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if _, err := session.Run(t.Context(), "select n from "+s.table("m"), nil); err == nil {
		t.Error("the table is there")
	}
}

func scriptGivesLast(t *testing.T, s *suite) {
	if s.Dialect.OneStatement {
		t.Skip("scripts are split before")
	}
	session := s.connect(t)
	got := rows(t, session, "create table "+s.table("m")+" as select 1 as n;\ninsert into "+s.table("m")+" select 2 as n;\n-- done\nselect count(*) as rows from "+s.table("m")+";")
	want(t, got, []any{int64(2)})
	run(t, session, "insert into "+s.table("m")+" select 3 as n; insert into "+s.table("m")+" select 4 as n")
	want(t, rows(t, session, "select n from "+s.table("m")+" order by n"), []any{int64(1)}, []any{int64(2)}, []any{int64(3)}, []any{int64(4)})
}

func scriptStops(t *testing.T, s *suite) {
	if s.Dialect.OneStatement {
		t.Skip("scripts are split before")
	}
	session := s.connect(t)
	_, err := session.Run(t.Context(), "create table "+s.table("a")+" as select 1 as n; select no_such_column; create table "+s.table("b")+" as select 1 as n", nil)
	if err == nil {
		t.Fatal("no error")
	}
	if _, err := session.Run(t.Context(), "select n from "+s.table("b"), nil); err == nil {
		t.Error("what follows the error was run")
	}
}

func errorHasPlace(t *testing.T, s *suite) {
	session := s.connect(t)
	long := strings.Repeat("1 as long_name_of_a_column, ", 20)
	for _, test := range []struct {
		statement    string
		line, column int
	}{
		{"select 1 as a,\n  no_such_column\nfrom (select 1 as b) x", 2, 3},
		{"select " + long + "no_such_column from (select 1 as b) x", 1, len("select "+long) + 1},
		{"select 'ä' as a, no_such_column from (select 1 as b) x", 1, 18},
	} {
		_, err := session.Run(t.Context(), test.statement, nil)
		var e *adapters.Error
		if !errors.As(err, &e) {
			t.Fatalf("error %v, want an *adapters.Error", err)
		}
		if e.Line != test.line || e.Column != test.column {
			t.Errorf("%s: place %d:%d, want %d:%d\n%s", test.statement, e.Line, e.Column, test.line, test.column, e.Msg)
		}
		if e.Code == "" || !strings.Contains(e.Msg, "no_such_column") {
			t.Errorf("code %q, text %q", e.Code, e.Msg)
		}
	}
}

func usableAfterError(t *testing.T, s *suite) {
	session := s.connect(t)
	for _, wrong := range []string{"select from where", "select 1 from " + s.table("absent"), "select cast('x' as " + s.Types["integer"] + ") as n"} {
		if _, err := session.Run(t.Context(), wrong, &Rows{}); err == nil {
			t.Errorf("%s: no error", wrong)
		}
		want(t, rows(t, session, "select 1 as n"), []any{int64(1)})
	}
}

type brokenSink struct {
	after int
	err   error
}

func (b *brokenSink) Columns([]adapters.Column) error {
	if b.after < 0 {
		return b.err
	}
	return nil
}

func (b *brokenSink) Row([]any) error {
	if b.after--; b.after < 0 {
		return b.err
	}
	return nil
}

func sinkErrorEnds(t *testing.T, s *suite) {
	session := s.connect(t)
	full := errors.New("the disk is full")
	for _, after := range []int{-1, 0, 1} {
		_, err := session.Run(t.Context(), "select 1 as n union all select 2 union all select 3", &brokenSink{after, full})
		if !errors.Is(err, full) {
			t.Errorf("after %d rows: error %v, want the sink's", after, err)
		}
		want(t, rows(t, session, "select 1 as n"), []any{int64(1)})
	}
}

func noSink(t *testing.T, s *suite) {
	session := s.connect(t)
	run(t, session, "select 1 as n")
	run(t, session, "create table "+s.table("m")+" as select 1 as n")
	sink := &Rows{}
	if _, err := session.Run(t.Context(), "select n from "+s.table("m")+" where n > 1", sink); err != nil || len(sink.Rows) != 0 || len(sink.Cols) != 1 {
		t.Errorf("rows %v, columns %v, error %v; want one column without rows", sink.Rows, sink.Cols, err)
	}
}

func valuesAreExact(t *testing.T, s *suite) {
	session := s.connect(t)
	for _, v := range s.Values {
		got := rows(t, session, v.Query)
		if len(got) != 1 || !equalCells(got[0], v.Want) {
			t.Errorf("%s:\n  %s\nwant\n  %s", v.Query, describe(got), describe([][]any{v.Want}))
		}
	}
}

func equalCells(got, want []any) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range want {
		g, isTime := got[i].(time.Time)
		if w, ok := want[i].(time.Time); ok && isTime {
			if !g.Equal(w) {
				return false
			}
			continue
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			return false
		}
	}
	return true
}

func columnsAreNamed(t *testing.T, s *suite) {
	sink := &Rows{}
	if _, err := s.connect(t).Run(t.Context(), `select 1 as a, 'x' as b`, sink); err != nil {
		t.Fatal(err)
	}
	if len(sink.Cols) != 2 || !strings.EqualFold(sink.Cols[0].Name, "a") || !strings.EqualFold(sink.Cols[1].Name, "b") ||
		sink.Cols[0].Type == "" || sink.Cols[1].Type == "" {
		t.Errorf("columns %v", sink.Cols)
	}
}

func (s *suite) columns(kinds ...string) []adapters.Column {
	cols := make([]adapters.Column, len(kinds))
	for i, k := range kinds {
		cols[i] = adapters.Column{Name: "c_" + k, Type: s.Types[k]}
	}
	return cols
}

func (s *suite) create(t *testing.T, session adapters.Session, name string, cols []adapters.Column) {
	t.Helper()
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = s.Dialect.QuoteName(c.Name) + " " + c.Type
	}
	run(t, session, "create table "+s.table(name)+" ("+strings.Join(parts, ", ")+")")
}

func each(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func loadKeepsValues(t *testing.T, s *suite) {
	session := s.connect(t)
	cols := s.columns("integer", "text", "float", "decimal", "boolean", "date", "timestamp")
	s.create(t, session, "m", cols)
	moment := time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.UTC)
	in := [][]any{
		{int64(1), "it's \"quoted\", with a comma", 0.1, adapters.Decimal("12.50"), true, adapters.Date("2024-02-29"), moment},
		{int64(2), "two\nlines\r\nand a tab\t", -1e300, adapters.Decimal("-0.01"), false, adapters.Date("1969-12-31"), moment},
		{int64(3), "", 0.0, adapters.Decimal("0.00"), true, adapters.Date("0001-01-01"), moment},
		{int64(4), "null", 1.5, adapters.Decimal("99999999.99"), true, adapters.Date("9999-12-31"), moment},
		{int64(5), "üñí 😀 \\ % ; --", 2.5, adapters.Decimal("1.00"), true, adapters.Date("2000-01-01"), moment},
		{int64(6), nil, nil, nil, nil, nil, nil},
	}
	n, err := session.Load(t.Context(), s.relation("m"), cols, each(in...))
	if err != nil || n != int64(len(in)) {
		t.Fatalf("loaded %d, %v", n, err)
	}
	got := rows(t, session, "select * from "+s.table("m")+" order by 1")
	if len(got) != len(in) {
		t.Fatalf("%d rows, want %d", len(got), len(in))
	}
	for i := range in {
		if !equalCells(got[i], in[i]) {
			t.Errorf("%s, want %s", describe(got[i:i+1]), describe(in[i:i+1]))
		}
	}
}

func loadMany(t *testing.T, s *suite) {
	const many = 250_000
	session := s.connect(t)
	cols := s.columns("integer", "text")
	s.create(t, session, "m", cols)
	row := make([]any, 2) // used again for each, as a caller may
	n, err := session.Load(t.Context(), s.relation("m"), cols, func(yield func([]any, error) bool) {
		for i := range int64(many) {
			row[0], row[1] = i, "x"
			if !yield(row, nil) {
				return
			}
		}
	})
	if err != nil || n != many {
		t.Fatalf("loaded %d, %v", n, err)
	}
	want(t, rows(t, session, "select count(*) as n, count(distinct c_integer) as d, max(c_integer) as m from "+s.table("m")),
		[]any{int64(many), int64(many), int64(many - 1)})
}

func loadSomeColumns(t *testing.T, s *suite) {
	session := s.connect(t)
	cols := s.columns("integer", "text", "boolean")
	s.create(t, session, "m", cols)
	n, err := session.Load(t.Context(), s.relation("m"), []adapters.Column{cols[2], cols[0]}, each([]any{true, int64(9)}))
	if err != nil || n != 1 {
		t.Fatalf("loaded %d, %v", n, err)
	}
	want(t, rows(t, session, "select * from "+s.table("m")), []any{int64(9), nil, true})
}

func loadRollsBack(t *testing.T, s *suite) {
	s.needsTransactions(t)
	session := s.connect(t)
	cols := s.columns("integer")
	s.create(t, session, "m", cols)
	run(t, session, s.Dialect.Begin)
	if n, err := session.Load(t.Context(), s.relation("m"), cols, each([]any{int64(1)})); err != nil || n != 1 {
		t.Fatalf("loaded %d, %v", n, err)
	}
	want(t, rows(t, session, "select * from "+s.table("m")), []any{int64(1)})
	run(t, session, s.Dialect.Rollback)
	want(t, rows(t, session, "select * from "+s.table("m")))
}

func loadFails(t *testing.T, s *suite) {
	session := s.connect(t)
	cols := s.columns("integer")
	s.create(t, session, "m", cols)
	torn := errors.New("the file ends in the middle")
	for _, test := range []struct {
		name string
		rows iter.Seq2[[]any, error]
		want error // nil for the warehouse's own
	}{
		{"rows that cannot be read", func(yield func([]any, error) bool) {
			if yield([]any{int64(1)}, nil) {
				yield(nil, torn)
			}
		}, torn},
		{"a value that does not fit", each([]any{int64(1)}, []any{"many"}), nil},
	} {
		s.begin(t, session)
		_, err := session.Load(t.Context(), s.relation("m"), cols, test.rows)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.want)
		}
		if s.Dialect.Rollback != "" {
			run(t, session, s.Dialect.Rollback)
		}
		want(t, rows(t, session, "select * from "+s.table("m")))
	}
	if _, err := session.Load(t.Context(), s.relation("absent"), cols, each([]any{int64(1)})); err == nil {
		t.Error("loaded into a table that there is not")
	}
}

func loadCancelled(t *testing.T, s *suite) {
	session := s.connect(t)
	cols := s.columns("integer")
	s.create(t, session, "m", cols)
	ctx, cancel := context.WithCancel(t.Context())
	s.begin(t, session)
	_, err := session.Load(ctx, s.relation("m"), cols, func(yield func([]any, error) bool) {
		for i := range int64(10_000_000) {
			if i == 1000 {
				cancel()
			}
			if !yield([]any{i}, nil) {
				return
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if s.Dialect.Rollback != "" {
		run(t, session, s.Dialect.Rollback)
	}
	want(t, rows(t, session, "select * from "+s.table("m")))
}

func sessionsSideBySide(t *testing.T, s *suite) {
	const workers = 8
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { errs[i] = s.build(t.Context(), fmt.Sprintf("m%d", i)) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	session := s.connect(t)
	for i := range workers {
		want(t, rows(t, session, fmt.Sprintf("select count(*) as n from %s", s.table(fmt.Sprintf("m%d", i)))), []any{int64(2)})
	}
}

// build makes a table of two rows in a session of its own.
func (s *suite) build(ctx context.Context, name string) error {
	session, err := s.Warehouse.Connect(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	for _, statement := range []string{
		s.Dialect.Begin,
		"create table " + s.table(name) + " as select 1 as n",
		"insert into " + s.table(name) + " select 2 as n",
		s.Dialect.Commit,
	} {
		if statement == "" {
			continue
		}
		if _, err := session.Run(ctx, statement, nil); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func isolation(t *testing.T, s *suite) {
	s.needsTransactions(t)
	one, two := s.connect(t), s.connect(t)
	run(t, one, s.Dialect.Begin)
	run(t, one, "create table "+s.table("m")+" as select 1 as n")
	if _, err := two.Run(t.Context(), "select n from "+s.table("m"), nil); err == nil {
		t.Error("seen before the commit")
	}
	run(t, one, s.Dialect.Commit)
	want(t, rows(t, two, "select n from "+s.table("m")), []any{int64(1)})
}
