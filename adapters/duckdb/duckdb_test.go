package duckdb_test

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/adapters"
	"weft/adapters/adaptertest"
	"weft/adapters/duckdb"
)

func open(t *testing.T, c adapters.Config) adapters.Warehouse {
	t.Helper()
	w, err := duckdb.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func TestPromises(t *testing.T) {
	for _, place := range []string{"memory", "file"} {
		t.Run(place, func(t *testing.T) {
			adaptertest.Run(t, func(t *testing.T) adaptertest.Subject {
				config := adapters.Config{}
				if place == "file" {
					config["path"] = filepath.Join(t.TempDir(), "test it.duckdb")
				}
				return subject(open(t, config))
			})
		})
	}
}

func subject(w adapters.Warehouse) adaptertest.Subject {
	return adaptertest.Subject{
		Warehouse: w,
		Dialect:   &duckdb.Dialect,
		Schema:    "main",
		Slow:      "select count(*) from range(1000000) a, range(1000000) b where hash(a.range * b.range) = 1",
		Values:    values,
		Types: map[string]string{
			"text": "VARCHAR", "integer": "INTEGER", "float": "DOUBLE", "decimal": "DECIMAL(10,2)",
			"boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP",
		},
	}
}

var values = []adaptertest.Value{
	{Query: "select 1::tinyint, 2::smallint, 3::integer, 4::bigint, 5::utinyint, 6::usmallint, 7::uinteger",
		Want: []any{int64(1), int64(2), int64(3), int64(4), int64(5), int64(6), int64(7)}},
	{Query: "select 9223372036854775807, 18446744073709551615::ubigint, sum(x) from (values (1), (2)) t(x)",
		Want: []any{int64(math.MaxInt64), adapters.Decimal("18446744073709551615"), int64(3)}},
	{Query: "select 170141183460469231731687303715884105727::hugeint, (-170141183460469231731687303715884105728)::hugeint",
		Want: []any{adapters.Decimal("170141183460469231731687303715884105727"), adapters.Decimal("-170141183460469231731687303715884105728")}},
	{Query: "select 12.50::decimal(10,2), (-0.05)::decimal(4,2), 3::decimal(18,0), 0.1::decimal(38,30)",
		Want: []any{adapters.Decimal("12.50"), adapters.Decimal("-0.05"), adapters.Decimal("3"), adapters.Decimal("0.100000000000000000000000000000")}},
	{Query: "select 1.5::double, 0.5::float, 'infinity'::double", Want: []any{1.5, 0.5, math.Inf(1)}},
	{Query: "select true, null, 'x', 'it''s'", Want: []any{true, nil, "x", "it's"}},
	{Query: "select date '2024-02-29', date '0001-01-01'", Want: []any{adapters.Date("2024-02-29"), adapters.Date("0001-01-01")}},
	{Query: "select timestamp '2024-02-29 01:02:03.456789'", Want: []any{time.Date(2024, 2, 29, 1, 2, 3, 456789000, time.UTC)}},
	{Query: "select timestamptz '2024-02-29 01:02:03+02'", Want: []any{time.Date(2024, 2, 28, 23, 2, 3, 0, time.UTC)}},
	{Query: "select time '01:02:03.5'", Want: []any{"01:02:03.5"}},
	{Query: "select interval 14 month + interval 3 day + interval 90 minute, interval '-1' day, interval 0 day, interval 1500 millisecond",
		Want: []any{"1 year 2 months 3 days 01:30:00", "-1 day", "00:00:00", "00:00:01.5"}},
	{Query: "select 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", Want: []any{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}},
	{Query: "select 'ab'::blob", Want: []any{[]byte("ab")}},
	{Query: "select 'b'::enum('a', 'b'), '0101'::bit", Want: []any{"b", "0101"}},
	{Query: "select [1, null, 3], ['a', 'it''s <x>'], [[1], []]", Want: []any{"[1, null, 3]", `["a", "it's <x>"]`, "[[1], []]"}},
	{Query: "select {'z': 1, 'a': 'x', 'n': {'q': 2.50}}, map {'k': 1, 'j': 2}", Want: []any{`{"z": 1, "a": "x", "n": {"q": 2.50}}`, `{"k": 1, "j": 2}`}},
	{Query: "select array_value(1, 2), [{'b': date '2024-01-02', 'a': true}]", Want: []any{"[1, 2]", `[{"b": "2024-01-02 00:00:00", "a": true}]`}},
}

func query(t *testing.T, w adapters.Warehouse, statement string) [][]any {
	t.Helper()
	session, err := w.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	rows := &adaptertest.Rows{}
	if _, err := session.Run(t.Context(), statement, rows); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return rows.Rows
}

func TestProfile(t *testing.T) {
	for _, test := range []struct {
		given    adapters.Config
		database string
		err      string
	}{
		{adapters.Config{}, "memory", ""},
		{adapters.Config{"path": "target/dev.duckdb"}, "dev", ""},
		{adapters.Config{"path": "/data/a.b.db"}, "a.b", ""},
		{adapters.Config{"path": "md:"}, "my_db", ""},
		{adapters.Config{"path": "md:sales?x=1"}, "sales", ""},
		{adapters.Config{"path": "ducklake:meta/lake.ducklake"}, "lake", ""},
		{adapters.Config{"path": "dev.duckdb", "database": "dev"}, "dev", ""},
		{adapters.Config{"path": "dev.duckdb", "database": "other"}, "", `called "dev"`},
		{adapters.Config{"path": "dev.duckdb", "database": "other", "attach": []any{map[string]any{"path": "x.db", "alias": "other"}}}, "other", ""},
		{adapters.Config{"path": "dev.duckdb", "database": "x", "attach": []any{map[string]any{"path": "x.db"}}}, "x", ""},
	} {
		got, err := duckdb.Dialect.Profile(test.given)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%v: error %v, want %q", test.given, err, test.err)
			}
			continue
		}
		if err != nil || got["database"] != test.database || got["schema"] != "main" {
			t.Errorf("%v: %v, %v; want database %s", test.given, got, err, test.database)
		}
		for _, key := range duckdb.Dialect.TargetKeys {
			if _, ok := got[key]; !ok {
				t.Errorf("%v: no %s", test.given, key)
			}
		}
	}
}

func TestSettingsAndAttachments(t *testing.T) {
	dir := t.TempDir()
	w := open(t, adapters.Config{
		"settings":       map[string]any{"TimeZone": "Asia/Tokyo", "threads": int64(2)},
		"config_options": map[string]any{"default_null_order": "nulls_first"},
		"attach": []any{
			map[string]any{"path": filepath.Join(dir, "it's.duckdb"), "alias": "side"},
		},
	})
	for range 2 { // the second session must have them too
		got := query(t, w, "select current_setting('TimeZone'), current_setting('threads'), current_setting('default_null_order')")
		if got[0][0] != "Asia/Tokyo" || got[0][1] != int64(2) || !strings.EqualFold(got[0][2].(string), "nulls_first") {
			t.Errorf("settings %v", got)
		}
	}
	query(t, w, "create table side.main.t as select 1 as n")
	if got := query(t, w, "select n from side.main.t"); len(got) != 1 {
		t.Errorf("rows %v", got)
	}
}

func TestWrongProfiles(t *testing.T) {
	for _, test := range []struct {
		config adapters.Config
		want   string
	}{
		{adapters.Config{"settings": map[string]any{"no_such_setting": "1"}}, "no_such_setting"},
		{adapters.Config{"settings": "x"}, "settings must be a mapping"},
		{adapters.Config{"attach": []any{map[string]any{"alias": "x"}}}, "attach: number 1 has no path"},
		{adapters.Config{"attach": []any{map[string]any{"path": "x", "type": "sqlite", "options": map[string]any{"type": "mysql"}}}}, "type twice"},
		{adapters.Config{"secrets": []any{map[string]any{"key_id": "x"}}}, "secrets: number 1 has no type"},
		{adapters.Config{"use_credential_provider": "azure"}, "azure"},
		{adapters.Config{"path": "/no/such/folder/x.duckdb"}, "/no/such/folder"},
	} {
		if w, err := duckdb.Open(t.Context(), test.config); err == nil {
			w.Close()
			t.Errorf("%v: no error", test.config)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: error %v, want %q", test.config, err, test.want)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	_, err := duckdb.Open(t.Context(), adapters.Config{
		"secrets": []any{map[string]any{"type": "no_such_type", "secret": adapters.NewSecret("hunter2")}},
	})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

// DuckDB's lock belongs to a process, so the holder must be another one.
func TestHeldByAnotherProcess(t *testing.T) {
	file := os.Getenv("HOLD_DUCKDB_FILE")
	if file != "" {
		open(t, adapters.Config{"path": file})
		os.Stdout.WriteString("open\n")
		os.Stdin.Read(make([]byte, 1)) // until the other end is closed
		return
	}
	file = filepath.Join(t.TempDir(), "held.duckdb")
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHeldByAnotherProcess$")
	holder.Env = append(os.Environ(), "HOLD_DUCKDB_FILE="+file)
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer holder.Wait()
	defer stdin.Close()
	stdout.Read(make([]byte, 5))

	_, err = duckdb.Open(t.Context(), adapters.Config{"path": file})
	var e *adapters.Error
	if !errors.As(err, &e) || e.Code != "IO Error" || !strings.HasPrefix(e.Msg, file+": the database file is in use by ") ||
		!strings.Contains(e.Msg, "PID") || !strings.Contains(e.Msg, "connect_attempts") {
		t.Errorf("error %v", err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = duckdb.Open(ctx, adapters.Config{"path": file, "retries": map[string]any{"connect_attempts": int64(9)}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the end of waiting", err)
	}
}

func TestResponse(t *testing.T) {
	session, err := open(t, adapters.Config{}).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, statement := range []string{"create table t as select 1 as n", "insert into t select 2", "select * from t", "-- nothing", ""} {
		r, err := session.Run(t.Context(), statement, nil)
		if err != nil || r.Message != "OK" || r.Rows != -1 {
			t.Errorf("%q: %+v, %v", statement, r, err)
		}
	}
}

func TestWithoutTransactions(t *testing.T) {
	session, err := open(t, adapters.Config{"disable_transactions": true}).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, statement := range []string{"BEGIN", "create table t as select 1 as n", "ROLLBACK", "select n from t"} {
		if _, err := session.Run(t.Context(), statement, nil); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestLoadIntoTemporaryAndTyped(t *testing.T) {
	session, err := open(t, adapters.Config{}).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	must := func(statement string) {
		if _, err := session.Run(t.Context(), statement, nil); err != nil {
			t.Fatal(err)
		}
	}
	must("create temporary table t (a integer[], b json, c timestamptz, d hugeint, e blob, f enum('x', 'y'), g timestamp_ns)")
	cols := []adapters.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e", Type: "BLOB"}, {Name: "f"}, {Name: "g"}}
	moment := time.Date(2024, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	_, err = session.Load(t.Context(), adapters.Relation{Identifier: "t"}, cols, func(yield func([]any, error) bool) {
		yield([]any{"[1, 2]", `{"k": 1}`, moment, adapters.Decimal("123456789012345678901234567890"), []byte{0, 255}, "y", moment}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := &adaptertest.Rows{}
	if _, err := session.Run(t.Context(), "select a::varchar, b::varchar, c, d, e, f, g from t", rows); err != nil {
		t.Fatal(err)
	}
	got := rows.Rows[0]
	if got[0] != "[1, 2]" || got[1] != `{"k": 1}` || !got[2].(time.Time).Equal(moment) || got[3] != adapters.Decimal("123456789012345678901234567890") ||
		string(got[4].([]byte)) != "\x00\xff" || got[5] != "y" || !got[6].(time.Time).Equal(moment) {
		t.Errorf("row %v", got)
	}
}
