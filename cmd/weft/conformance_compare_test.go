package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCompare checks the rules of comparison themselves: what may differ, and what
// may not.
func TestCompare(t *testing.T) {
	r := &replay{dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(r.dir, "m.sql"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const failure = "Completed with 1 error:\n\nFailure in model m (m.sql)\n  Runtime Error in model m (m.sql)\n  "
	for _, test := range []struct {
		name, want, got string
		same            bool
	}{
		{"program", "Running with dbt=<version>\nA", "Running with weft=1 (dbt=<version>)\nA", true},
		{"line", "A\nB", "A\nC", false},
		{"line too many", "A", "A\nB", false},
		{"order of progress",
			"1 of 2 START a .... [RUN]\n1 of 2 OK a ....... [OK in <s>]\n2 of 2 START b .... [RUN]\n2 of 2 OK b ....... [OK in <s>]",
			"1 of 2 START b .... [RUN]\n2 of 2 START a .... [RUN]\n2 of 2 OK a ....... [OK in <s>]\n1 of 2 OK b ....... [OK in <s>]", true},
		{"dots give way to a longer number", "9 of 12 START a ... [RUN]", "10 of 12 START a .. [RUN]", true},
		{"width", "1 of 2 START a .... [RUN]", "1 of 2 START a ..... [RUN]", false},
		{"total", "1 of 2 START a .... [RUN]", "1 of 3 START a .... [RUN]", false},
		{"parts of Found", "Found 2 models, 1 seed", "Found 1 seed, 2 models", true},
		{"count in Found", "Found 2 models, 1 seed", "Found 1 seed, 3 models", false},
		{"sentence", "Compilation Error in model m (m.sql)\n  'x' is undefined. Check it.", "Compilation Error in model m (m.sql)\n  m.sql:1:2: no macro named 'x'", true},
		{"name", "Compilation Error\n  'x' is undefined", "Compilation Error\n  something is undefined", false},
		{"path", "Compilation Error\n  see models/a.sql", "Compilation Error\n  models/b.sql:1:1: see there", false},
		{"heading", "Compilation Error\n  'x'", "Parsing Error\n  'x'", false},
		{"heading of the cause", "Runtime Error\n  Compilation Error in model m (m.sql)\n    'x'", "Runtime Error\n  'x'", false},
		{"phrase in quotes", "Compilation Error\n  run 'weft deps now'", "Compilation Error\n  do it", true},
		{"path of a call in the project", "Compilation Error\n  a\n\n  > called by model m (m.sql)", "Compilation Error\n  b", false},
		{"path of a built-in macro", "Compilation Error\n  a\n\n  > in macro m (macros/etc/m.sql)", "Compilation Error\n  b", true},
		{"words of the database", failure + "Binder Error: no x\n  but y\n\nDone. 1", failure + "Binder Error: no x\n\n\nDone. 1", false},
		{"line of SQL", failure + "Binder Error: no x\n  \n  LINE 5: select x\n          ^\n\nDone. 1",
			failure + "Binder Error: no x\n  \n  LINE 2: select x\n      ^\n\nDone. 1", true},
		{"line behind an error", failure + "Binder Error: no x\n\n  compiled code at target/m.sql\n\nDone. 1",
			failure + "Binder Error: no x\n\nDone. 1", false},
		{"order of failures", "Completed with 2 errors:\n\nFailure in a\n  x\n\nFailure in b\n  y\n\nDone. 2",
			"Completed with 2 errors:\n\nFailure in b\n  y\n\nFailure in a\n  x\n\nDone. 2", true},
		{"place of a warning", "[WARNING]: odd\nA", "[WARNING]: odd\n  at m.sql:1:1\nA", true},
		{"words of a warning", "[WARNING]: odd", "[WARNING]: even", false},
	} {
		if problems := r.compareConsole(test.want, test.got); (problems == nil) != test.same {
			t.Errorf("%s: %q", test.name, problems)
		}
	}
}
