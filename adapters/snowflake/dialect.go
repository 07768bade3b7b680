// Package snowflake says what is known of Snowflake without a connection: enough to
// parse projects whose profile names it. It has no driver yet.
package snowflake

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"weft/adapters"
)

// Dialect is what is known of Snowflake's SQL. Sessions commit by themselves, so
// there is nothing to begin: macros that want a transaction write it out.
var Dialect = adapters.Dialect{
	Name:    "snowflake",
	Quote:   [2]byte{'"', '"'},
	Fold:    adapters.FoldUpper,
	MaxName: 255,

	Clones:            true,
	OneStatement:      true,
	MetadataFreshness: true,

	Version:    "1.12.3",
	Profile:    complete,
	TargetKeys: targetKeys,

	Class: "Snowflake",
	// Names without quotes are folded, so that nobody has to quote them in ad-hoc
	// queries.
	Quoted:      [3]bool{false, false, false},
	Renameable:  []string{"table", "view", "dynamic_table"},
	Replaceable: []string{"table", "view", "dynamic_table"},

	StringTypes: []string{"text", "character varying", "character", "varchar"},
	FloatTypes:  []string{"float", "float4", "float8", "double", "double precision", "real"},
	NumericTypes: []string{
		"int", "integer", "bigint", "smallint", "tinyint", "byteint", "numeric", "decimal", "number",
	},
	StringSize: 16777216,

	Strategies:      []string{"append", "merge", "delete+insert", "insert_overwrite", "microbatch"},
	DefaultStrategy: "merge",
	Constraints: map[string]adapters.Support{
		"not_null":    adapters.Enforced,
		"check":       adapters.Unsupported,
		"unique":      adapters.Unenforced,
		"primary_key": adapters.Unenforced,
		"foreign_key": adapters.Unenforced,
	},

	Text: "text",
	TypeNames: map[string]string{
		"text": "text", "integer": "integer", "number": "float8", "boolean": "boolean",
		"date": "date", "datetime": "timestamp without time zone", "time": "time",
	},
}

var targetKeys = []string{
	"account", "user", "database", "warehouse", "role", "schema", "authenticator", "oauth_client_id", "query_tag",
	"client_session_keep_alive", "host", "port", "proxy_host", "proxy_port", "protocol", "connect_retries",
	"connect_timeout", "retry_on_database_errors", "retry_all", "insecure_mode", "reuse_connections",
	"s3_stage_vpce_dns_name", "workload_identity_provider", "workload_identity_entra_resource",
	"platform_detection_timeout_seconds",
}

// withoutUser are the authenticators whose token or key says who it is.
var withoutUser = []string{"oauth", "jwt", "programmatic_access_token", "workload_identity"}

// complete puts in what a profile leaves out.
func complete(given adapters.Config) (adapters.Config, error) {
	c := adapters.Config{
		"client_session_keep_alive": false, "connect_retries": int64(1), "retry_on_database_errors": false,
		"retry_all": false, "insecure_mode": false, "platform_detection_timeout_seconds": 0.0,
	}
	for k, v := range given {
		c[k] = v
	}
	if err := c.Require("database", "schema", "account"); err != nil {
		return nil, err
	}
	account, ok := c["account"].(string)
	if !ok {
		return nil, fmt.Errorf("%v is not of type 'string'", c["account"])
	}
	// Host names have no underscores.
	c["account"] = strings.ReplaceAll(account, "_", "-")

	if c["user"] == nil && !slices.Contains(withoutUser, c.Text("authenticator")) {
		return nil, errors.New("'user' is a required property unless the authenticator is one of " + strings.Join(withoutUser, ", "))
	}
	if c["private_key"] != nil && c["private_key_path"] != nil {
		return nil, errors.New("private_key and private_key_path are two ways to give one key; leave one out")
	}
	if c["reuse_connections"] == nil {
		c["reuse_connections"] = c["client_session_keep_alive"] != true
	}
	for _, k := range targetKeys {
		if _, ok := c[k]; !ok {
			c[k] = nil
		}
	}
	return c, nil
}
