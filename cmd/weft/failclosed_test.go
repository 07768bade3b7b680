package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weft/adapters"
	"weft/adapters/adaptertest"
)

const (
	schemasQuery   = "information_schema.schemata"
	relationsQuery = "information_schema.tables"
)

// onePerKind is a project with one node of each kind that builds a relation.
var onePerKind = map[string]string{
	"dbt_project.yml":  "name: shop\nprofile: shop\n",
	"profiles.yml":     "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, threads: 1}\n",
	"seeds/s.csv":      "id\n1\n",
	"models/t.sql":     "{{ config(materialized='table') }}\nselect 1 as id",
	"models/v.sql":     "{{ config(materialized='view') }}\nselect 1 as id",
	"models/inc.sql":   "{{ config(materialized='incremental', unique_key='id') }}\nselect 1 as id",
	"snapshots/sn.sql": "{% snapshot sn %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select 1 as id{% endsnapshot %}",
}

var relationColumns = []adapters.Column{
	{Name: "database", Type: "VARCHAR"}, {Name: "name", Type: "VARCHAR"},
	{Name: "schema", Type: "VARCHAR"}, {Name: "type", Type: "VARCHAR"},
}

// schemas answers the question which schemas there are: main.
func schemas() adaptertest.Answer {
	return adaptertest.Answer{Contains: schemasQuery, Columns: []adapters.Column{{Name: "schema_name", Type: "VARCHAR"}}, Rows: [][]any{{"main"}}}
}

// relations answers the question which relations there are in main.
func relations(named ...string) adaptertest.Answer {
	a := adaptertest.Answer{Contains: relationsQuery, Columns: relationColumns}
	for _, n := range named {
		a.Rows = append(a.Rows, []any{"shop", n, "main", "table"})
	}
	return a
}

// weftOn runs a command line in a folder on a warehouse of the test's.
func weftOn(t *testing.T, w adapters.Warehouse, dir string, args ...string) (code int, out string) {
	t.Helper()
	t.Chdir(dir)
	var b bytes.Buffer
	env := func(name string) (string, bool) { return "", false }
	a := &app{ctx: t.Context(), stdout: &b, stderr: &b, env: env, now: time.Now, args: args, set: newSettings(), warehouse: w}
	defer a.close()
	switch err := a.execute(args); {
	case err == nil:
		return exitOK, b.String()
	case errors.Is(err, errFailed):
		return exitFailed, b.String()
	default:
		a.report(err)
		return exitError, b.String()
	}
}

func anySent(f *adaptertest.Fake, words string) string {
	for _, s := range f.Sent() {
		if strings.Contains(strings.ToLower(s), words) {
			return s
		}
	}
	return ""
}

// What is believed absent is made by a plain create, so that the warehouse itself
// refuses where the belief is wrong.
func TestFirstBuildReplacesNothing(t *testing.T) {
	f := &adaptertest.Fake{Answers: []adaptertest.Answer{schemas(), relations()}}
	code, out := weftOn(t, f, writeProject(t, onePerKind), "build")
	if code != exitOK {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	for _, want := range []string{`create table "shop"."main"."t__dbt_tmp"`, `create view "shop"."main"."v__dbt_tmp"`, `"inc"`, `"sn"`, `copy "shop"."main"."s"`} {
		if anySent(f, want) == "" {
			t.Errorf("nothing was sent with %s", want)
		}
	}
	for _, never := range []string{"or replace", "if not exists", "truncate"} {
		if s := anySent(f, never); s != "" {
			t.Errorf("%q was sent:\n%s", never, s)
		}
	}
	if n := f.Open(); n != 0 {
		t.Errorf("%d sessions were left open", n)
	}
}

// A listing that fails is no listing of nothing: nothing is created.
func TestFailedListing(t *testing.T) {
	denied := &adapters.Error{Code: "Permission Error", Msg: "Permission Error: not yours"}
	for _, asked := range []string{schemasQuery, relationsQuery} {
		f := &adaptertest.Fake{Answers: []adaptertest.Answer{{Contains: asked, Err: denied}, schemas()}}
		code, out := weftOn(t, f, writeProject(t, onePerKind), "build")
		if code == exitOK || !strings.Contains(out, "not yours") {
			t.Errorf("%s fails: exit code %d\n%s", asked, code, out)
		}
		if s := anySent(f, "create "); s != "" {
			t.Errorf("%s fails, and this was sent:\n%s", asked, s)
		}
		if n := f.Open(); n != 0 {
			t.Errorf("%d sessions were left open", n)
		}
	}
}

// cutShort is a warehouse whose listings of relations from number After on break off
// after their first row.
type cutShort struct {
	*adaptertest.Fake
	after int64
	lists atomic.Int64
}

func (w *cutShort) Connect(ctx context.Context) (adapters.Session, error) {
	s, err := w.Fake.Connect(ctx)
	return &cutSession{s, w}, err
}

type cutSession struct {
	adapters.Session
	w *cutShort
}

func (s *cutSession) Run(ctx context.Context, sql string, sink adapters.Sink) (adapters.Response, error) {
	if !strings.Contains(sql, relationsQuery) || s.w.lists.Add(1) <= s.w.after {
		return s.Session.Run(ctx, sql, sink)
	}
	if err := sink.Columns(relationColumns); err != nil {
		return adapters.Response{}, err
	}
	if err := sink.Row([]any{"shop", "other", "main", "table"}); err != nil {
		return adapters.Response{}, err
	}
	return adapters.Response{}, &adapters.Error{Msg: "the line went dead"}
}

// Half a listing is none either.
func TestPartialListing(t *testing.T) {
	w := &cutShort{Fake: &adaptertest.Fake{Answers: []adaptertest.Answer{schemas()}}}
	code, out := weftOn(t, w, writeProject(t, onePerKind), "build")
	if code == exitOK || !strings.Contains(out, "the line went dead") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if s := anySent(w.Fake, "create "); s != "" {
		t.Errorf("this was sent:\n%s", s)
	}
}

// After a rollback what was known of the schema is asked again, and nodes that cannot
// be told fail.
func TestListingAfterRollback(t *testing.T) {
	dir := writeProject(t, map[string]string{
		"dbt_project.yml": onePerKind["dbt_project.yml"], "profiles.yml": onePerKind["profiles.yml"],
		"models/a.sql": "{{ config(materialized='table', post_hook='select broken') }}\nselect 1 as id",
		"models/b.sql": "{{ config(materialized='table') }}\nselect 1 as id",
	})
	answers := []adaptertest.Answer{schemas(), relations(), {Contains: "select broken", Err: &adapters.Error{Msg: "broken"}}}

	f := &adaptertest.Fake{Answers: answers}
	code, out := weftOn(t, f, dir, "build")
	if code != exitFailed || !strings.Contains(out, "PASS=1 WARN=0 ERROR=1") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	lists := 0
	for _, s := range f.Sent() {
		if strings.Contains(s, relationsQuery) {
			lists++
		}
	}
	if lists != 2 {
		t.Errorf("the schema was listed %d times, want 2", lists)
	}

	w := &cutShort{Fake: &adaptertest.Fake{Answers: answers}, after: 1}
	code, out = weftOn(t, w, dir, "build")
	if code != exitFailed || !strings.Contains(out, "PASS=0 WARN=0 ERROR=2") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if s := anySent(w.Fake, `"b__dbt_tmp"`); s != "" {
		t.Errorf("this was sent:\n%s", s)
	}
}

// A node whose commit fails has failed.
func TestFailedCommit(t *testing.T) {
	f := &adaptertest.Fake{Answers: []adaptertest.Answer{
		{Contains: "COMMIT", Err: &adapters.Error{Msg: "TransactionContext Error: conflict"}}, schemas(), relations(),
	}}
	dir := writeProject(t, onePerKind)
	code, out := weftOn(t, f, dir, "build")
	if code != exitFailed || !strings.Contains(out, "PASS=0 WARN=0 ERROR=5") || !strings.Contains(out, "TransactionContext Error: conflict") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "target", "run_results.json"))
	if err != nil || bytes.Contains(text, []byte(`"status": "success"`)) {
		t.Errorf("%v: run_results.json has a success:\n%s", err, text)
	}
}

// What is there is changed within a transaction, which is rolled back when a statement
// in it fails, and never dropped before its successor is there.
func TestFailureIsRolledBack(t *testing.T) {
	for _, c := range []struct{ name, fails string }{
		{"t", `create table "shop"."main"."t__dbt_tmp"`},
		{"t", `alter table "shop"."main"."t__dbt_tmp" rename`},
		{"s", `COPY "shop"."main"."s"`},
	} {
		f := &adaptertest.Fake{Answers: []adaptertest.Answer{
			{Contains: c.fails, Err: &adapters.Error{Msg: "broken"}}, schemas(), relations("t", "s", "inc", "sn"),
		}}
		code, out := weftOn(t, f, writeProject(t, onePerKind), "build", "--select="+c.name)
		if code != exitFailed {
			t.Errorf("%s: exit code %d\n%s", c.fails, code, out)
		}
		open := false
		for _, s := range f.Sent() {
			low := strings.ToLower(s)
			switch {
			case strings.HasSuffix(low, "begin"):
				open = true
			case strings.HasSuffix(low, "commit"):
				t.Errorf("%s: a commit was sent", c.fails)
			case strings.HasSuffix(low, "rollback"):
				open = false
			case !open && strings.Contains(low, `"main"."`+c.name+`"`) && (strings.Contains(low, "drop ") || strings.Contains(low, "alter ") || strings.Contains(low, "truncate") || strings.Contains(low, "delete ")):
				t.Errorf("%s: outside of a transaction was sent\n%s", c.fails, s)
			}
		}
		if open {
			t.Errorf("%s: the transaction was not rolled back", c.fails)
		}
	}
}
