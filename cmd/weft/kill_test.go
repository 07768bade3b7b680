package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slowProject is a project with one relation of each kind that takes its time. All
// rows of one build carry the same number n, the var round; each relation has rows.
var slowProject = map[string]string{
	"dbt_project.yml": "name: shop\nprofile: shop\nvars: {round: 0}\n",
	"profiles.yml":    "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, threads: 4}\n",
	"seeds/s.csv":     "id\n1\n2\n3\n",
	"macros/slow.sql": "{% macro slow() %}(select count(*) from range(30000000) as a(x) where x % 7 = 3) > 0{% endmacro %}",
	"models/v.sql":    "select {{ var('round') }} as n, id from {{ ref('s') }}",
	"models/t1.sql":   "{{ config(materialized='table') }}\nselect {{ var('round') }} as n, id from {{ ref('v') }} where {{ slow() }}",
	"models/t2.sql":   "{{ config(materialized='table') }}\nselect {{ var('round') }} as n, id from {{ ref('t1') }} where {{ slow() }}",
	"models/t3.sql":   "{{ config(materialized='table') }}\nselect {{ var('round') }} as n, x from range(200000) as r(x)",
	"models/inc.sql":  "{{ config(materialized='incremental', unique_key='id') }}\nselect {{ var('round') }} as n, id from {{ ref('s') }} where {{ slow() }}",
	"models/app.sql":  "{{ config(materialized='incremental', unique_key='x', incremental_strategy='merge') }}\nselect {{ var('round') }} as n, x from range(50000) as r(x)",
	"snapshots/sn.sql": "{% snapshot sn %}{{ config(unique_key='id', strategy='check', check_cols=['n']) }}\n" +
		"select {{ var('round') }} as n, id from {{ ref('s') }} where {{ slow() }}{% endsnapshot %}",
}

// slowRows are how many rows each relation of slowProject has after a build.
var slowRows = map[string]int{"s": 3, "v": 3, "t1": 3, "t2": 3, "t3": 200000, "inc": 3, "app": 50000}

func writeProject(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// weftIn makes the test binary ready to run as weft in a folder.
func weftIn(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	// testscript.Main picks the command by the name that the binary is started under.
	cmd := exec.Command(self(t))
	cmd.Args = append([]string{"weft"}, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

func build(t *testing.T, dir string, round int) {
	t.Helper()
	cmd, out := weftIn(t, dir, "build", "--vars", fmt.Sprintf("round: %d", round))
	if err := cmd.Run(); err != nil {
		t.Fatalf("build of round %d: %v\n%s", round, err, out)
	}
}

// query gives the first column of the first row, and the text "null" for null.
func query(t *testing.T, dir, sql string) string {
	t.Helper()
	db, err := openTables(filepath.Join(dir, "shop.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.rows(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if len(rows) == 0 || rows[0][0] == nil {
		return "null"
	}
	return *rows[0][0]
}

// checkWhole fails unless each relation has all its rows, all of one round, which is
// one of those given.
func checkWhole(t *testing.T, dir string, rounds ...int) {
	t.Helper()
	want := map[string]bool{}
	for _, r := range rounds {
		want[fmt.Sprint(r)] = true
	}
	for name, rows := range slowRows {
		n := "n"
		if name == "s" {
			n = fmt.Sprint(rounds[0])
		}
		got := query(t, dir, fmt.Sprintf("select count(*) || ' ' || min(%[1]s) || ' ' || max(%[1]s) from %[2]s", n, name))
		f := strings.Fields(got)
		if len(f) != 3 || f[0] != fmt.Sprint(rows) || f[1] != f[2] || !want[f[1]] {
			t.Errorf("%s has (rows, least, greatest round) %s, want %d rows of one of the rounds %v", name, got, rows, rounds)
		}
	}
	open := query(t, dir, "select count(*) || ' ' || count(distinct id) from sn where dbt_valid_to is null")
	if open != "3 3" {
		t.Errorf("the snapshot has (open rows, ids) %s, want 3 3", open)
	}
}

// A build that is killed at any moment leaves each relation as it was before or as it
// would have been after, and the next build puts everything right.
func TestKill(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes cannot be killed by signal")
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	dir := writeProject(t, slowProject)
	build(t, dir, 0)
	began := time.Now()
	build(t, dir, 1)
	whole := time.Since(began)
	checkWhole(t, dir, 1)

	rounds := []int{1} // what the relations may be of
	killed := 0
	for i := range 12 {
		round := i + 2
		rounds = append(rounds, round)
		cmd, out := weftIn(t, dir, "build", "--vars", fmt.Sprintf("round: %d", round))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(rand.Float64() * float64(whole))
		time.Sleep(after)
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			killed++
			if cmd.ProcessState.ExitCode() != -1 {
				t.Fatalf("round %d ended by itself: %v\n%s", round, err, out)
			}
		}
		checkWhole(t, dir, rounds...)
		if i%4 == 3 {
			build(t, dir, round)
			checkWhole(t, dir, round)
			left := query(t, dir, "select string_agg(table_name) from information_schema.tables where table_name like '%\\_\\_dbt\\_%' escape '\\'")
			if left != "null" {
				t.Errorf("after a whole build these are left: %s", left)
			}
			rounds = []int{round}
		}
		if t.Failed() {
			t.Fatalf("killed in round %d after %v of %v; it said\n%s", round, after, whole, out)
		}
	}
	if killed == 0 {
		t.Error("every build had ended before it could be killed")
	}
}

// Ctrl-C stops the running statement, keeps the tables, writes the results so far and
// ends with 2.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("interrupts cannot be sent to a process")
	}
	files := map[string]string{
		"dbt_project.yml":  slowProject["dbt_project.yml"],
		"profiles.yml":     slowProject["profiles.yml"],
		"models/quick.sql": "select {{ var('round') }} as n",
		"models/long.sql": "{{ config(materialized='table') }}\nselect {{ var('round') }} as n\n" +
			"{% if var('round') == 2 %}from range(100000000) as a(x), range(100000) as b(y) where x % 7 = y % 5{% endif %}",
		"models/below.sql": "select * from {{ ref('long') }}",
	}
	dir := writeProject(t, files)
	build(t, dir, 1)

	cmd, out := weftIn(t, dir, "build", "--vars", "round: 2")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the long model to be started", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "target", "compiled", "shop", "models", "long.sql"))
		return strings.Contains(string(text), "range(100000000)")
	})
	time.Sleep(200 * time.Millisecond)
	sent := time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if took := time.Since(sent); took > 3*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	if code := cmd.ProcessState.ExitCode(); code != exitError {
		t.Errorf("exit code %d (%v), want %d", code, err, exitError)
	}
	if !strings.Contains(out.String(), "Exited because of keyboard interrupt") {
		t.Errorf("it does not say that it was interrupted:\n%s", out)
	}
	if n := query(t, dir, "select n from long"); n != "1" {
		t.Errorf("the table has round %s, want 1", n)
	}
	text, err := os.ReadFile(filepath.Join(dir, "target", "run_results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var results struct {
		Results []struct {
			ID     string `json:"unique_id"`
			Status string `json:"status"`
		} `json:"results"`
		Args struct {
			Vars map[string]int `json:"vars"`
		} `json:"args"`
	}
	if err := json.Unmarshal(text, &results); err != nil {
		t.Fatal(err)
	}
	if results.Args.Vars["round"] != 2 {
		t.Errorf("run_results.json is of round %d, want 2", results.Args.Vars["round"])
	}
	got := map[string]string{}
	for _, r := range results.Results {
		got[r.ID] = r.Status
	}
	if got["model.shop.quick"] != "success" || got["model.shop.long"] != "error" || got["model.shop.below"] == "success" {
		t.Errorf("run_results.json has %v", got)
	}
	build(t, dir, 3)
	if n := query(t, dir, "select n from below"); n != "3" {
		t.Errorf("after the next build the view has round %s, want 3", n)
	}
}

// A database file that another process holds is an error that names that process, and
// nothing is written.
func TestDatabaseInUse(t *testing.T) {
	dir := writeProject(t, map[string]string{
		"dbt_project.yml": slowProject["dbt_project.yml"],
		"profiles.yml":    slowProject["profiles.yml"],
		"models/long.sql": "{{ config(materialized='table') }}\nselect 1 as n from range(100000000) as a(x), range(100000) as b(y) where x % 7 = y % 5",
	})
	holder, _ := weftIn(t, dir, "build", "--target-path", "held")
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = holder.Process.Kill()
		_ = holder.Wait()
	}()
	waitFor(t, "the first process to be at work", func() bool {
		_, err := os.Stat(filepath.Join(dir, "held", "compiled", "shop", "models", "long.sql"))
		return err == nil
	})
	cmd, out := weftIn(t, dir, "build")
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitError {
		t.Errorf("exit code %d, want %d", code, exitError)
	}
	for _, want := range []string{"shop.duckdb: the database file is in use by", fmt.Sprintf("PID %d", holder.Process.Pid)} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output does not say %q:\n%s", want, out)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "target", "run_results.json")); err == nil {
		t.Error("results of no run were written")
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}
