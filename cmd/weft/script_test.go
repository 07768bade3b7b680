package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScript runs testdata/script/*.txtar. Beside the commands of testscript a
// script has
//
//	weft ARGS...              the command line under test
//	exitcode N weft ARGS...   the same, with the exit code that it must end with
//	sql FILE QUERY            print the rows of a DuckDB file, values separated by |
//
// Each script runs twice: with an empty cache of decoded files, and with the one that
// the first run left. It cannot tell which.
func TestScript(t *testing.T) {
	caches := t.TempDir()
	for _, round := range []string{"cold", "warm"} {
		t.Run(round, func(t *testing.T) { runScripts(t, caches) })
	}
}

func runScripts(t *testing.T, caches string) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "script"),
		Setup: func(env *testscript.Env) error {
			name := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
			env.Setenv("DBT_PARTIAL_PARSE_FILE_PATH", filepath.Join(caches, name))
			home := filepath.Join(env.WorkDir, ".home")
			if err := os.Mkdir(home, 0o755); err != nil {
				return err
			}
			env.Setenv("HOME", home)
			env.Setenv("TZ", "UTC")
			env.Setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": scriptExitCode,
			"sql":      scriptSQL,
		},
		RequireUniqueNames: true,
	})
}

func scriptExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("exitcode: %v", err)
	}
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		got = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: sql FILE QUERY")
	}
	db, err := openTables(ts.MkAbs(args[0]))
	if err != nil {
		ts.Fatalf("sql: %v", err)
	}
	defer db.Close()
	rows, err := db.rows(args[1])
	switch {
	case err != nil && neg:
		ts.Logf("[sql] %v", err)
		return
	case err != nil:
		ts.Fatalf("sql: %v", err)
	case neg:
		ts.Fatalf("sql: unexpected success")
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, v := range row {
			if cells[i] = "null"; v != nil {
				cells[i] = *v
			}
		}
		if _, err := ts.Stdout().Write([]byte(strings.Join(cells, "|") + "\n")); err != nil {
			ts.Fatalf("sql: %v", err)
		}
	}
}
