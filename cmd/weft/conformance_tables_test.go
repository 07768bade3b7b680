package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver "duckdb" of database/sql
)

// tables is what is in a database: what exists, and what each relation is like.
type tables struct {
	Relations map[string]string         `json:"relations"`
	Changed   map[string]map[string]any `json:"changed"`
}

// database is a DuckDB file that is looked into between the steps; weft must not be
// running, since a process locks the file.
type database struct{ db *sql.DB }

func openTables(file string) (*database, error) {
	db, err := sql.Open("duckdb", file)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, err
	}
	return &database{db}, nil
}

func (d *database) Close() error { return d.db.Close() }

// rows gives the rows of a query; each value must be text or null.
func (d *database) rows(query string) ([][]*string, error) {
	rows, err := d.db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]*string
	for rows.Next() {
		row := make([]*string, len(cols))
		into := make([]any, len(cols))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// tables reads the whole database, every relation of it under Changed.
func (r *replay) tables(t *testing.T) *tables {
	t.Helper()
	all := &tables{Relations: map[string]string{}, Changed: map[string]map[string]any{}}
	if _, err := os.Stat(r.db); err != nil {
		return all
	}
	d, err := openTables(r.db)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_, _ = d.db.Exec("set TimeZone = 'UTC'") // a build without time zones has none to set
	rels, err := d.rows(`
		select schema_name, table_name, 'table', comment from duckdb_tables() where not internal and database_name = current_database()
		union all
		select schema_name, view_name, 'view', comment from duckdb_views() where not internal and database_name = current_database()`)
	if err != nil {
		t.Fatal(err)
	}
	for _, rel := range rels {
		name := *rel[0] + "." + *rel[1]
		all.Relations[name] = *rel[2]
		one := map[string]any{"type": *rel[2]}
		if rel[3] != nil && *rel[3] != "" {
			one["comment"] = *rel[3]
		}
		if err := r.readRelation(d, *rel[0], *rel[1], one); err != nil {
			var words string
			if kind, _, ok := strings.Cut(err.Error(), " Error:"); ok {
				words = strings.ReplaceAll(kind, " ", "") + "Exception"
			}
			broken := map[string]any{"type": *rel[2], "error": words}
			if cols, known := one["columns"]; known {
				broken["columns"] = cols // known without reading any row
			}
			one = broken
		}
		all.Changed[name] = one
	}
	return all
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (r *replay) readRelation(d *database, schema, name string, into map[string]any) error {
	cols, err := d.rows(`
		select c.column_name, i.data_type, c.comment, (not c.is_nullable)::varchar
		from duckdb_columns() c
		join information_schema.columns i on i.table_catalog = c.database_name and i.table_schema = c.schema_name
			and i.table_name = c.table_name and i.column_name = c.column_name
		where c.database_name = current_database() and c.schema_name = ` + quoteText(schema) + ` and c.table_name = ` + quoteText(name) + `
		order by c.column_index`)
	if err != nil {
		return err
	}
	var columns, notNull, casts []any
	comments := map[string]any{}
	for _, c := range cols {
		columns = append(columns, []any{*c[0], *c[1]})
		if c[2] != nil && *c[2] != "" {
			comments[*c[0]] = *c[2]
		}
		if *c[3] == "true" && into["type"] == "table" {
			notNull = append(notNull, *c[0])
		}
		casts = append(casts, "cast("+quoteName(*c[0])+" as varchar)")
	}
	into["columns"] = columns
	if notNull != nil {
		into["not_null"] = notNull
	}
	if len(comments) > 0 {
		into["column_comments"] = comments
	}
	indexes, err := d.rows(`select sql from duckdb_indexes() where database_name = current_database() and schema_name = ` +
		quoteText(schema) + ` and table_name = ` + quoteText(name) + ` and sql is not null`)
	if err != nil {
		return err
	}
	var definitions []string
	for _, i := range indexes {
		definitions = append(definitions, indexName.ReplaceAllString(*i[0], "${1}INDEX ON "))
	}
	if definitions != nil {
		slices.Sort(definitions)
		into["indexes"] = definitions
	}
	list := make([]string, len(casts))
	for i, c := range casts {
		list[i] = c.(string)
	}
	rows, err := d.rows("select " + strings.Join(list, ", ") + " from " + quoteName(schema) + "." + quoteName(name))
	if err != nil {
		return err
	}
	values := make([]any, len(rows))
	for i, row := range rows {
		values[i] = r.row(row)
	}
	sortList(values)
	into["rows"] = values
	return nil
}

var (
	indexName = regexp.MustCompile(`(?i)^(CREATE (?:UNIQUE )?)INDEX \S+ ON `)
	hexHash   = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// row normalises the values of a row: times of this run, and hashes made from them.
func (r *replay) row(row []*string) []any {
	out := make([]any, len(row))
	now := false
	for i, v := range row {
		if v == nil {
			continue
		}
		text := r.norm.text(*v)
		if r.isNow(text) {
			text, now = "<now>", true
		}
		out[i] = text
	}
	for i, v := range out {
		if text, ok := v.(string); ok && now && hexHash.MatchString(text) {
			out[i] = "<hash>"
		}
	}
	return out
}

func (r *replay) isNow(text string) bool {
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04:05-07", "2006-01-02 15:04:05-07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.After(r.began.Add(-10*time.Minute)) && at.Before(time.Now().Add(10*time.Minute))
		}
	}
	return false
}

// compareTables compares what exists after the step, and what the step changed.
func (r *replay) compareTables(recorded []byte, o *outcome) []string {
	if o.before == nil || o.after == nil {
		return []string{"the database was not read"}
	}
	var changed = map[string]map[string]any{}
	for name, rel := range o.after.Changed {
		if old := o.before.Changed[name]; old == nil || jsonText(old) != jsonText(rel) {
			changed[name] = rel
		}
	}
	text, err := json.Marshal(tables{o.after.Relations, changed})
	got, err2 := readJSON(text)
	want, err3 := readJSON(recorded)
	if err := errors.Join(err, err2, err3); err != nil {
		return []string{err.Error()}
	}
	for _, rel := range object(object(want)["changed"]) {
		sortList(object(rel)["rows"])
	}
	d := &jsonDiff{}
	d.compare("", want, got)
	return d.problems
}
