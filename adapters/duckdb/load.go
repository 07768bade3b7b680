package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"weft/adapters"
)

// checkEvery is how many rows are loaded between looks at the context.
const checkEvery = 4096

// Load appends rows through DuckDB's appender. Values go in as text, which DuckDB casts
// to the types of the table: exactly, for every type, with its own errors. Rows that
// were already handed over when an error comes are undone by the transaction that the
// session is in; outside of one they stay.
func (s *session) Load(ctx context.Context, into adapters.Relation, cols []adapters.Column, rows iter.Seq2[[]any, error]) (int64, error) {
	var n int64
	err := s.conn.Raw(func(raw any) error {
		conn, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("%T is not a connection of DuckDB", raw)
		}
		var err error
		n, err = load(ctx, conn, into, cols, rows)
		return err
	})
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	return n, err
}

const incoming = "incoming"

func load(ctx context.Context, conn driver.Conn, into adapters.Relation, cols []adapters.Column, rows iter.Seq2[[]any, error]) (int64, error) {
	types := make([]duckdb.TypeInfo, len(cols))
	names := make([]string, len(cols))
	quoted := make([]string, len(cols))
	for i, c := range cols {
		kind := duckdb.TYPE_VARCHAR
		if isBinary(c.Type) {
			kind = duckdb.TYPE_BLOB
		}
		info, err := duckdb.NewTypeInfo(kind)
		if err != nil {
			return 0, explain("", err)
		}
		types[i], names[i], quoted[i] = info, "c"+strconv.Itoa(i), Dialect.QuoteName(c.Name)
	}
	insert := "insert into " + qualified(into) + " (" + strings.Join(quoted, ", ") + ") select * from " + incoming
	appender, err := duckdb.NewQueryAppender(conn, insert, incoming, types, names)
	if err != nil {
		return 0, explain(insert, err)
	}
	n, err := appendAll(ctx, appender, len(cols), rows)
	if err != nil {
		appender.Clear() // so that closing does not hand over the rest
		appender.Close()
		return 0, err
	}
	if err := appender.CloseWithCancel(ctx); err != nil {
		return 0, explain(insert, err)
	}
	return n, nil
}

func appendAll(ctx context.Context, appender *duckdb.Appender, width int, rows iter.Seq2[[]any, error]) (n int64, err error) {
	values := make([]driver.Value, width)
	for row, err := range rows {
		if err != nil {
			return n, err
		}
		if n%checkEvery == 0 && ctx.Err() != nil {
			return n, ctx.Err()
		}
		if len(row) != width {
			return n, fmt.Errorf("row %d has %d values for %d columns", n+1, len(row), width)
		}
		for i, v := range row {
			values[i] = loadable(v)
		}
		if err := appender.AppendRow(values...); err != nil {
			return n, explain("", err)
		}
		n++
	}
	return n, nil
}

func loadable(v any) driver.Value {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return v
	case []byte:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case adapters.Decimal:
		return string(v)
	case adapters.Date:
		return string(v)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999999999+00")
	}
	return fmt.Sprint(v)
}

func isBinary(typ string) bool {
	switch strings.ToUpper(typ) {
	case "BLOB", "BYTEA", "BINARY", "VARBINARY":
		return true
	}
	return false
}

func qualified(r adapters.Relation) string {
	var parts []string
	for _, p := range []string{r.Database, r.Schema, r.Identifier} {
		if p != "" {
			parts = append(parts, Dialect.QuoteName(p))
		}
	}
	return strings.Join(parts, ".")
}
