package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"weft/adapters"
	"weft/adapters/adaptertest"
)

// pretend is a project, the answers of a warehouse that is not there, and what it
// must have been sent, in this order, however blanks stand.
type pretend struct {
	typ, profile, files string
	answers             []adaptertest.Answer
	sent                []string
}

func columns(names ...string) []adapters.Column {
	out := make([]adapters.Column, len(names))
	for i, n := range names {
		out[i] = adapters.Column{Name: n}
	}
	return out
}

const everyWarehouse = `
-- dbt_project.yml --
name: shop
profile: shop
query-comment:
-- models/a_inc.sql --
{{ config(materialized='incremental', unique_key='id', grants={'select': ['bob', 'al']}) }} select 1 as id
-- models/b_old.sql --
{{ config(materialized='table') }} select 1 as id
-- models/c_view.sql --
{{ config(materialized='view', persist_docs={'relation': true, 'columns': true}) }} select 1 as id
-- models/c.yml --
models:
  - name: b_old
    config: {contract: {enforced: true}}
    columns: [{name: id, data_type: int64, constraints: [{type: primary_key}]}]
  - name: c_view
    description: costs $5
    columns: [{name: id, description: the id}]
-- seeds/d_seed.csv --
id,n
1,a
`

var pretended = []pretend{
	{
		typ:     "snowflake",
		profile: "{type: snowflake, account: a_b, user: u, password: p, database: DEV, schema: MAIN}",
		files: everyWarehouse + `
-- models/e_dynamic.sql --
{{ config(materialized='dynamic_table', target_lag='5 minutes', snowflake_warehouse='wh') }} select 1 as id
-- models/f_iceberg.sql --
{{ config(materialized='table', table_format='iceberg', external_volume='ev') }} select 1 as id
-- models/g_tagged.sql --
{{ config(materialized='table', query_tag='t', cluster_by=['id']) }} select 1 as id
`,
		answers: []adaptertest.Answer{
			{Contains: "show terse schemas", Columns: columns("created_on", "name"), Rows: [][]any{{"x", "MAIN"}}},
			{Contains: "show objects", Columns: columns("created_on", "name", "database_name", "schema_name", "kind", "is_dynamic", "is_iceberg"), Rows: [][]any{
				{"x", "A_INC", "DEV", "MAIN", "TABLE", "N", "N"}, {"x", "B_OLD", "DEV", "MAIN", "VIEW", "N", "N"}, {"x", "E_DYNAMIC", "DEV", "MAIN", "TABLE", "Y", "N"},
			}},
			{Contains: "describe table", Columns: columns("name", "type"), Rows: [][]any{{"ID", "NUMBER(38,0)"}}},
			{Contains: "show dynamic tables", Columns: columns("name", "target_lag", "warehouse", "scheduler"), Rows: [][]any{{"E_DYNAMIC", "2 minutes", "WH", "ENABLE"}}},
			{Contains: "show grants", Columns: columns("privilege", "granted_to", "grantee_name"), Rows: [][]any{{"OWNERSHIP", "ROLE", "ME"}, {"SELECT", "ROLE", "BOB"}}},
			{Contains: "show parameters", Columns: columns("key", "value"), Rows: [][]any{{"QUERY_TAG", "old"}}},
			{Contains: "where false", Columns: []adapters.Column{{Name: "ID", Type: "FIXED"}}},
		},
		sent: []string{
			`create or replace temporary view DEV.MAIN.a_inc__dbt_tmp`,
			`begin; merge into DEV.MAIN.a_inc as DBT_INTERNAL_DEST`, `commit;`,
			`drop view if exists DEV.MAIN.a_inc__dbt_tmp`,
			`grant select on DEV.MAIN.a_inc to al;`,
			`drop view if exists DEV.MAIN.B_OLD cascade`,
			`create or replace transient table DEV.MAIN.b_old ( id int64 primary key ) as ( select id from ( select 1 as id ) as model_subq )`,
			`create or replace view DEV.MAIN.c_view ( "ID" COMMENT $$the id$$ ) as`,
			`comment on view DEV.MAIN.c_view IS $$costs [$]5$$;`,
			`alter dynamic table DEV.MAIN.E_DYNAMIC set target_lag = '5 minutes'`,
			`create or replace iceberg table DEV.MAIN.f_iceberg external_volume = 'ev' catalog = 'SNOWFLAKE' base_location = '_dbt/MAIN/f_iceberg' as`,
			`alter session set query_tag = 't'`,
			`select * from ( select 1 as id ) order by (id) ); alter table DEV.MAIN.g_tagged cluster by (id);`,
			`alter session set query_tag = 'old'`,
			`create table DEV.MAIN.d_seed (id integer, n text)`, `BEGIN`, `load d_seed`, `COMMIT`,
		},
	},
	{
		typ:     "bigquery",
		profile: "{type: bigquery, method: oauth, project: dev, dataset: main}",
		files: everyWarehouse + `
-- models/e_overwrite.sql --
{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by={'field': 'd'}) }} select 1 as id
-- models/f_copy.sql --
{{ config(materialized='copy') }} {{ ref('b_old') }}
`,
		answers: []adaptertest.Answer{
			{Contains: "select schema_name", Columns: columns("schema_name"), Rows: [][]any{{"main"}}},
			{Contains: "union all", Columns: columns("database", "name", "schema", "type"), Rows: [][]any{
				{"dev", "a_inc", "main", "table"}, {"dev", "b_old", "main", "view"}, {"dev", "e_overwrite", "main", "table"},
			}},
			{Contains: "select column_name, data_type", Columns: columns("column_name", "data_type"), Rows: [][]any{{"id", "INT64"}}},
			{Contains: "OBJECT_PRIVILEGES", Columns: columns("privilege_type", "grantee"), Rows: [][]any{{"select", "bob"}}},
			{Contains: "select location", Columns: columns("location"), Rows: [][]any{{"EU"}}},
			{Contains: "where false", Columns: []adapters.Column{{Name: "id", Type: "INT64"}}},
		},
		sent: []string{
			"merge into `dev`.`main`.`a_inc` as DBT_INTERNAL_DEST using ( select 1 as id ) as DBT_INTERNAL_SOURCE",
			"from `dev`.`region-eu`.INFORMATION_SCHEMA.OBJECT_PRIVILEGES",
			"grant `select` on table `dev`.`main`.`a_inc` to \"al\";",
			"drop view if exists `dev`.`main`.`b_old`",
			"create or replace table `dev`.`main`.`b_old` ( id int64 primary key not enforced ) OPTIONS() as ( select id from",
			"create or replace view `dev`.`main`.`c_view` OPTIONS( description=\"\"\"costs $5\"\"\" ) as",
			"alter view `dev`.`main`.`c_view` alter column `id` set options (description = \"the id\")",
			"declare dbt_partitions_for_replacement array<date>;",
			"partition by d OPTIONS( expiration_timestamp=",
			"date(DBT_INTERNAL_DEST.d) in unnest(dbt_partitions_for_replacement) then delete",
			"create or replace table `dev`.`main`.`d_seed` ( `id` int64, `n` string ) OPTIONS()", "load d_seed",
			"create or replace table `dev`.`main`.`f_copy` copy `dev`.`main`.`b_old`",
		},
	},
}

// Warehouses that cannot be reached from a test are played by a fake: this shows
// which statements the built-in macros send, not that a server takes them.
func TestPretendedWarehouses(t *testing.T) {
	for _, test := range pretended {
		t.Run(test.typ, func(t *testing.T) {
			fake := &adaptertest.Fake{Answers: test.answers}
			old := openers[test.typ]
			openers[test.typ] = func(context.Context, adapters.Config) (adapters.Warehouse, error) { return fake, nil }
			t.Cleanup(func() {
				if openers[test.typ] = old; old == nil {
					delete(openers, test.typ)
				}
			})

			dir := t.TempDir()
			t.Chdir(dir) // run goes into the project's folder, which is taken away
			archive := txtar.Parse([]byte(test.files + "-- profiles.yml --\nshop: {target: x, outputs: {x: " + test.profile + "}}\n"))
			for _, f := range archive.Files {
				path := filepath.Join(dir, f.Name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			if code := run([]string{"build", "--project-dir", dir, "--profiles-dir", dir, "--threads", "1"}, &out, &out); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, out.String())
			}
			sent := strings.Join(strings.Fields(strings.Join(fake.Sent(), "\n")), " ")
			rest := sent
			for _, want := range test.sent {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("not sent, or not after the one before it:\n%s\nin\n%s", want, strings.Join(fake.Sent(), "\n---\n"))
				}
				rest = after
			}
		})
	}
}
