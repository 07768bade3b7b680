package duckdb

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"weft/adapters"
)

// Dialect is what is known of DuckDB's SQL without a connection.
var Dialect = adapters.Dialect{
	Name:  "duckdb",
	Quote: [2]byte{'"', '"'},
	Fold:  adapters.FoldNone,

	Begin:    "BEGIN",
	Commit:   "COMMIT",
	Rollback: "ROLLBACK",

	Version:    "1.11.1",
	Profile:    complete,
	TargetKeys: targetKeys,

	Class:  "DuckDB",
	Quoted: [3]bool{true, true, true},

	StringTypes: []string{"text", "character varying", "character", "varchar"},
	IntegerTypes: []string{
		"tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint",
		"int1", "int2", "int4", "int8", "short", "int", "signed", "long",
	},
	FloatTypes:   []string{"real", "float", "float4", "float8", "double"},
	NumericTypes: []string{"numeric", "decimal"},
	StringSize:   256,

	Strategies:      []string{"append", "delete+insert", "merge", "microbatch"},
	DefaultStrategy: "delete+insert",
	KeysInDatabase:  true,
	Constraints: map[string]adapters.Support{
		"not_null":    adapters.Enforced,
		"check":       adapters.Enforced,
		"unique":      adapters.Enforced,
		"primary_key": adapters.Enforced,
		"foreign_key": adapters.Enforced,
	},

	Text: "TEXT",
	TypeNames: map[string]string{
		"text":     "text",
		"integer":  "integer",
		"number":   "float8",
		"boolean":  "boolean",
		"date":     "date",
		"datetime": "timestamp without time zone",
		"time":     "time",
	},
}

var targetKeys = []string{
	"database", "schema", "path", "config_options", "extensions", "settings", "external_root",
	"use_credential_provider", "attach", "filesystems", "remote", "plugins", "disable_transactions",
}

const memory = ":memory:"

// complete puts in what a profile leaves out. The database is named after its file;
// a name that is neither that nor an attachment's is an error.
func complete(given adapters.Config) (adapters.Config, error) {
	c := adapters.Config{
		"path": memory, "schema": "main", "external_root": ".", "disable_transactions": false, "settings": map[string]any{},
	}
	for k, v := range given {
		if v != nil || c[k] == nil {
			c[k] = v
		}
	}
	for _, k := range targetKeys {
		if _, ok := c[k]; !ok {
			c[k] = nil
		}
	}
	path := c.Text("path")
	if path == "" {
		return nil, errors.New("path must be the name of a file, or `:memory:`")
	}
	derived := databaseName(path)
	name := c.Text("database")
	if name == "" {
		c["database"] = derived
		return c, nil
	}
	if name != derived && c["remote"] == nil && !attached(c, name) {
		return nil, fmt.Errorf("database is %q, but the database of path %s is called %q; leave database out, or give a database of that name under attach", name, path, derived)
	}
	return c, nil
}

// databaseName is what DuckDB calls the database of path.
func databaseName(path string) string {
	if path == memory {
		return "memory"
	}
	for _, prefix := range []string{"md:", "motherduck:"} {
		if name, ok := strings.CutPrefix(path, prefix); ok {
			name, _, _ = strings.Cut(name, "?")
			if name == "" {
				return "my_db"
			}
			return name
		}
	}
	path = strings.TrimPrefix(path, "ducklake:")
	if strings.Contains(path, ":") { // ducklake:postgres:…
		path = path[strings.LastIndexByte(path, ':')+1:]
	}
	base := filepath.Base(filepath.ToSlash(path))
	base, _, _ = strings.Cut(base, "?")
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func attached(c adapters.Config, name string) bool {
	for _, a := range list(c["attach"]) {
		options, ok := a.(map[string]any)
		if !ok {
			continue
		}
		alias := text(options["alias"])
		if alias == "" {
			alias = databaseName(text(options["path"]))
		}
		if alias == name {
			return true
		}
	}
	return false
}

// text shows a profile value as SQL options have it. Secrets are revealed.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case adapters.Secret:
		return v.Reveal()
	}
	return fmt.Sprint(v)
}

func list(v any) []any {
	items, _ := v.([]any)
	return items
}

func table(v any) map[string]any {
	switch m := v.(type) {
	case map[string]any:
		return m
	case adapters.Config:
		return maps.Clone(m)
	}
	return nil
}

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
