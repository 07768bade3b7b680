// Package duckdb is the driver for DuckDB: one database, in memory or in a file, that
// all sessions share.
package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"weft/adapters"
)

var _ adapters.Warehouse = (*warehouse)(nil)

type warehouse struct {
	db           *sql.DB
	transactions bool
}

// Open opens the database of a profile, which need not have been completed. It loads
// the extensions, makes the secrets and attaches the databases that the profile
// names. A file that another process holds is an *adapters.Error which says so, after
// as many attempts as the profile's retries allow.
func Open(ctx context.Context, given adapters.Config) (adapters.Warehouse, error) {
	c, err := complete(given)
	if err != nil {
		return nil, err
	}
	settings, err := sessionSettings(c)
	if err != nil {
		return nil, err
	}
	connector, err := connect(ctx, c, func(execer driver.ExecerContext) error {
		for _, statement := range settings {
			if _, err := execer.ExecContext(ctx, statement, nil); err != nil {
				return explain(statement, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	// A connection that went back into a pool would keep its temporary tables, and an
	// open transaction, for the next session.
	db.SetMaxIdleConns(-1)
	w := &warehouse{db: db, transactions: c["disable_transactions"] != true}
	if err := w.prepare(ctx, c); err != nil {
		db.Close()
		return nil, err
	}
	return w, nil
}

// Connect opens another connection to the database.
func (w *warehouse) Connect(ctx context.Context) (adapters.Session, error) {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return nil, explain("", err)
	}
	return &session{conn: conn, transactions: w.transactions}, nil
}

// Close closes the database; what is in memory is gone then.
func (w *warehouse) Close() error { return w.db.Close() }

func connect(ctx context.Context, c adapters.Config, init func(driver.ExecerContext) error) (*duckdb.Connector, error) {
	dsn := c.Text("path") + options(c)
	attempts, retryable := retries(c)
	for i := 0; ; i++ {
		connector, err := duckdb.NewConnector(dsn, init)
		if err == nil {
			return connector, nil
		}
		failure := explainOpen(c.Text("path"), err)
		if i+1 >= attempts || !slices.Contains(retryable, strings.ReplaceAll(failure.Code, " Error", "Exception")) {
			return nil, failure
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second << min(i, 10)):
		}
	}
}

// options are the profile's config_options as the driver wants them.
func options(c adapters.Config) string {
	values := url.Values{}
	for k, v := range table(c["config_options"]) {
		values.Set(k, text(v))
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// retries is how often to try to open the database, and after which errors; the names
// are those of Python's exceptions.
func retries(c adapters.Config) (attempts int, retryable []string) {
	r := table(c["retries"])
	attempts, retryable = 1, []string{"IOException"}
	if n, ok := r["connect_attempts"].(int64); ok {
		attempts = int(n)
	}
	if names, ok := r["retryable_exceptions"].([]any); ok {
		retryable = nil
		for _, name := range names {
			retryable = append(retryable, text(name))
		}
	}
	return attempts, retryable
}

const held = "Could not set lock on file"

// explainOpen tells whose the file is when it is somebody else's.
func explainOpen(path string, err error) *adapters.Error {
	failure := explain("", err)
	_, after, locked := strings.Cut(failure.Msg, held)
	if !locked {
		return failure
	}
	by := "another process"
	if _, holder, ok := strings.Cut(after, "held in "); ok {
		holder, _, _ = strings.Cut(holder, ". ")
		holder, _, _ = strings.Cut(holder, "\n")
		by = holder
	}
	failure.Msg = fmt.Sprintf("%s: the database file is in use by %s. DuckDB lets one process write to a file; "+
		"end the other one, or let this one wait with retries: {connect_attempts: n} in the profile.\n%s", path, by, failure.Msg)
	return failure
}

// sessionSettings are the statements that each new connection begins with.
func sessionSettings(c adapters.Config) ([]string, error) {
	settings, ok := c["settings"].(map[string]any)
	if !ok && c["settings"] != nil {
		return nil, errors.New("settings must be a mapping of names to values")
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(settings)) {
		out = append(out, "SET "+k+" = "+quoteText(text(settings[k])))
	}
	return out, nil
}

// prepare does once what the whole database needs.
func (w *warehouse) prepare(ctx context.Context, c adapters.Config) error {
	var statements []string
	for _, part := range []func(adapters.Config) ([]string, error){extensions, secrets, attachments} {
		more, err := part(c)
		if err != nil {
			return err
		}
		statements = append(statements, more...)
	}
	if len(statements) == 0 {
		return w.db.PingContext(ctx) // so that a setting that DuckDB refuses is told here
	}
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return explain("", err)
	}
	defer conn.Close()
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return explain(statement, err)
		}
	}
	return nil
}

func extensions(c adapters.Config) ([]string, error) {
	var out []string
	for _, e := range list(c["extensions"]) {
		name, from := text(e), ""
		if m := table(e); m != nil {
			name = text(m["name"])
			from = " FROM " + text(m["repo"])
		}
		if name == "" {
			return nil, errors.New("extensions: each must be a name, or a mapping with name and repo")
		}
		out = append(out, "INSTALL "+name+from, "LOAD "+name)
	}
	return out, nil
}

func secrets(c adapters.Config) ([]string, error) {
	all := list(c["secrets"])
	switch provider := text(c["use_credential_provider"]); provider {
	case "":
	case "aws":
		all = append(slices.Clone(all), map[string]any{"type": "s3", "provider": "credential_chain"})
	default:
		return nil, fmt.Errorf("use_credential_provider: %q is not known; use aws, or secrets", provider)
	}
	var out []string
	for i, s := range all {
		m := table(s)
		if text(m["type"]) == "" {
			return nil, fmt.Errorf("secrets: number %d has no type", i+1)
		}
		out = append(out, createSecret(m, i))
	}
	return out, nil
}

func createSecret(m map[string]any, i int) string {
	name := text(m["name"])
	if name == "" {
		name = fmt.Sprintf("_dbt_secret_%d", i+1)
	}
	persistent := ""
	if m["persistent"] == true {
		persistent = "PERSISTENT "
	}
	parts := []string{"TYPE " + text(m["type"])}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k == "name" || k == "persistent" || k == "type" || m[k] == nil {
			continue
		}
		parts = append(parts, strings.ToUpper(k)+" "+secretValue(m[k]))
	}
	return "CREATE OR REPLACE " + persistent + "SECRET " + name + " (" + strings.Join(parts, ", ") + ")"
}

func secretValue(v any) string {
	switch v := v.(type) {
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = quoteText(text(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		var items []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			items = append(items, quoteText(k)+": "+quoteText(text(v[k])))
		}
		return "MAP {" + strings.Join(items, ", ") + "}"
	}
	return quoteText(text(v))
}

func attachments(c adapters.Config) ([]string, error) {
	var out []string
	for i, a := range list(c["attach"]) {
		m := table(a)
		path := text(m["path"])
		if path == "" {
			return nil, fmt.Errorf("attach: number %d has no path", i+1)
		}
		statement, err := attach(path, m)
		if err != nil {
			return nil, err
		}
		out = append(out, statement)
	}
	return out, nil
}

func attach(path string, m map[string]any) (string, error) {
	var parts []string
	for _, k := range []string{"type", "secret"} {
		if v := text(m[k]); v != "" {
			parts = append(parts, strings.ToUpper(k)+" "+v)
		}
	}
	if m["read_only"] == true {
		parts = append(parts, "READ_ONLY")
	}
	more := table(m["options"])
	for _, k := range slices.Sorted(maps.Keys(more)) {
		name := strings.ToLower(k)
		if given := m[name]; (name == "type" || name == "secret" || name == "read_only") && given != nil && given != false {
			return "", fmt.Errorf("attach: %s has %s twice, once under options", path, name)
		}
		if v := more[k]; v == true {
			parts = append(parts, strings.ToUpper(k))
		} else if v != nil && v != false {
			parts = append(parts, strings.ToUpper(k)+" "+quoteText(text(v)))
		}
	}
	statement := "ATTACH IF NOT EXISTS " + quoteText(path)
	if alias := text(m["alias"]); alias != "" {
		statement += " AS " + alias
	}
	if len(parts) > 0 {
		statement += " (" + strings.Join(parts, ", ") + ")"
	}
	return statement, nil
}
