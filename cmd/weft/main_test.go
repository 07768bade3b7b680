package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary act as weft when it is started under that name, so
// that scripts and project replays run the code under test without building it
// again.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"weft": main})
}

// self is the path of the test binary.
func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
