// Package bigquery says what is known of BigQuery without a connection: enough to
// parse projects whose profile names it. It has no driver yet.
package bigquery

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"weft/adapters"
)

// Dialect is what is known of BigQuery's SQL. It has no transactions that last from
// one statement to the next.
var Dialect = adapters.Dialect{
	Name:    "bigquery",
	Quote:   [2]byte{'`', '`'},
	Fold:    adapters.FoldNone,
	MaxName: 1024,

	Clones:            true,
	MetadataFreshness: true,

	Version:    "1.12.1",
	Profile:    complete,
	TargetKeys: targetKeys,

	Class:       "BigQuery",
	Quoted:      [3]bool{true, true, true},
	Renameable:  []string{"table"},
	Replaceable: []string{"table", "view"},

	StringTypes:  []string{"string"},
	IntegerTypes: []string{"int64"},
	FloatTypes:   []string{"float64"},
	NumericTypes: []string{"numeric"},
	StringSize:   256,

	Strategies:      []string{"merge", "insert_overwrite", "microbatch"},
	DefaultStrategy: "merge",
	Constraints: map[string]adapters.Support{
		"not_null":    adapters.Enforced,
		"check":       adapters.Unsupported,
		"unique":      adapters.Unsupported,
		"primary_key": adapters.Unenforced,
		"foreign_key": adapters.Unenforced,
	},

	Text: "string",
	TypeNames: map[string]string{
		"text": "string", "integer": "int64", "number": "float64", "boolean": "bool",
		"date": "date", "datetime": "datetime", "time": "time",
	},
}

var targetKeys = []string{
	"method", "database", "project", "schema", "dataset", "execution_project", "location", "priority",
	"maximum_bytes_billed", "reservation", "impersonate_service_account", "job_retry_deadline_seconds", "job_retries",
	"retries", "job_creation_timeout_seconds", "job_execution_timeout_seconds", "timeout_seconds",
	"job_link_info_level_log", "client_id", "token_uri", "compute_region", "dataproc_region",
	"dataproc_cluster_name", "gcs_bucket", "dataproc_batch",
}

// aliases are fields that have two names; templates see both.
var aliases = [][2]string{
	{"project", "database"},
	{"dataset", "schema"},
	{"retries", "job_retries"},
	{"timeout_seconds", "job_execution_timeout_seconds"},
	{"dataproc_region", "compute_region"},
}

var methods = []string{"oauth", "service-account", "service-account-json", "oauth-secrets", "external-oauth-wif"}

// complete puts in what a profile leaves out, and gives fields with two names both.
// The project may be absent: the credentials of the machine can name it when a
// connection is made.
func complete(given adapters.Config) (adapters.Config, error) {
	c := adapters.Config{
		"priority": nil, "job_retries": int64(1), "job_link_info_level_log": false, "job_creation_timeout_seconds": int64(60),
	}
	for k, v := range given {
		c[k] = v
	}
	for _, a := range aliases {
		alias, name := a[0], a[1]
		v, ok := given[alias]
		if !ok {
			continue
		}
		if _, both := given[name]; both {
			return nil, fmt.Errorf("%s and %s are two names of one field; leave one out", alias, name)
		}
		c[name] = v
	}
	for _, a := range aliases {
		c[a[0]] = c[a[1]]
	}
	if c["method"] == nil {
		return nil, errors.New("'method' is a required property")
	}
	if !slices.Contains(methods, c.Text("method")) {
		return nil, fmt.Errorf("'%v' is not one of ['%s']", c["method"], strings.Join(methods, "', '"))
	}
	if c["schema"] == nil {
		return nil, errors.New("'schema' is a required property")
	}
	if c["execution_project"] == nil {
		c["execution_project"] = c["database"]
	}
	for _, k := range targetKeys {
		if _, ok := c[k]; !ok {
			c[k] = nil
		}
	}
	return c, nil
}
