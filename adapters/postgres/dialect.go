// Package postgres says what is known of PostgreSQL without a connection: enough to
// parse projects whose profile names it. It has no driver yet.
package postgres

import (
	"fmt"

	"weft/adapters"
)

// Dialect is what is known of PostgreSQL's SQL.
var Dialect = adapters.Dialect{
	Name:    "postgres",
	Quote:   [2]byte{'"', '"'},
	Fold:    adapters.FoldLower,
	MaxName: 63,

	Begin:    "BEGIN",
	Commit:   "COMMIT",
	Rollback: "ROLLBACK",

	Version:    "1.11.0",
	Profile:    complete,
	TargetKeys: targetKeys,

	Class:           "Postgres",
	Quoted:          [3]bool{true, true, true},
	Renameable:      []string{"view", "table"},
	Replaceable:     []string{"view", "table"},
	AliasSubqueries: true,

	StringTypes:  []string{"text", "character varying", "character", "varchar"},
	IntegerTypes: []string{"smallint", "integer", "bigint", "smallserial", "serial", "bigserial", "int2", "int4", "int8", "serial2", "serial4", "serial8"},
	FloatTypes:   []string{"real", "float4", "float", "double precision", "float8", "double"},
	NumericTypes: []string{"numeric", "decimal"},
	StringSize:   256,

	Strategies:      []string{"append", "delete+insert", "merge", "microbatch"},
	DefaultStrategy: "append",
	Constraints: map[string]adapters.Support{
		"not_null":    adapters.Enforced,
		"check":       adapters.Enforced,
		"unique":      adapters.Enforced,
		"primary_key": adapters.Enforced,
		"foreign_key": adapters.Enforced,
	},

	Text: "text",
	TypeNames: map[string]string{
		"text": "text", "integer": "integer", "number": "float8", "boolean": "boolean",
		"date": "date", "datetime": "timestamp without time zone", "time": "time",
	},
}

var targetKeys = []string{
	"host", "port", "user", "database", "dbname", "schema", "connect_timeout", "role", "search_path", "keepalives_idle",
	"sslmode", "sslcert", "sslkey", "sslrootcert", "application_name", "autocommit", "retries",
}

// complete puts in what a profile leaves out, and takes pass and dbname for password
// and database.
func complete(given adapters.Config) (adapters.Config, error) {
	c := adapters.Config{
		"connect_timeout": int64(10), "keepalives_idle": int64(0), "application_name": "dbt", "autocommit": false, "retries": int64(1),
	}
	for k, v := range given {
		switch k {
		case "pass":
			k = "password"
		case "dbname":
			k = "database"
		}
		c[k] = v
	}
	if err := c.Require("database", "schema", "host", "user", "port", "password"); err != nil {
		return nil, err
	}
	if port, ok := c["port"].(int64); !ok || port < 0 || port > 65535 {
		return nil, fmt.Errorf("%s is not of type 'integer'", repr(c["port"]))
	}
	c["dbname"] = c["database"]
	for _, k := range targetKeys {
		if _, ok := c[k]; !ok {
			c[k] = nil
		}
	}
	return c, nil
}

func repr(v any) string {
	if s, ok := v.(string); ok {
		return "'" + s + "'"
	}
	return fmt.Sprint(v)
}
