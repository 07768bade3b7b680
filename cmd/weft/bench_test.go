package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// benchModels is the size of the project that is measured. It has 2.2 tests for each.
const benchModels = 1000

// BenchmarkParse is `weft parse` as a whole process: from nothing, and with the cache of
// decoded files.
func BenchmarkParse(b *testing.B) {
	b.Run("cold", func(b *testing.B) {
		benchWeft(b, func(dir string) { os.Remove(filepath.Join(dir, "target", treeFile)) }, "parse")
	})
	b.Run("warm", func(b *testing.B) { benchWeft(b, nil, "parse") })
}

// BenchmarkList is `weft ls` of one model, with the cache.
func BenchmarkList(b *testing.B) { benchWeft(b, nil, "ls", "-s", "m5") }

// BenchmarkStart is what every command costs: a project of one model.
func BenchmarkStart(b *testing.B) { benchProject(b, 1, nil, "parse") }

func benchWeft(b *testing.B, before func(dir string), args ...string) {
	benchProject(b, benchModels, before, args...)
}

// benchProject runs weft in a generated project and reports the processor time that it
// takes beside the time that passes; the former is what other work on a machine disturbs
// less.
func benchProject(b *testing.B, models int, before func(dir string), args ...string) {
	dir := b.TempDir()
	if err := plainProject(dir, models); err != nil {
		b.Fatal(err)
	}
	binary := self(b)
	weft := func() *exec.Cmd {
		cmd := exec.Command(binary)
		cmd.Args, cmd.Dir = append([]string{"weft"}, args...), dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		return cmd
	}
	weft()
	cpu := 0.0
	for b.Loop() {
		if before != nil {
			before(dir)
		}
		done := weft().ProcessState
		cpu += (done.UserTime() + done.SystemTime()).Seconds()
	}
	b.ReportMetric(1000*cpu/float64(b.N), "cpu-ms/op")
}
