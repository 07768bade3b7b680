package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What Python's difflib gives for these words.
func TestClosest(t *testing.T) {
	names := []string{"--help", "--select", "--selector", "--target", "--threads", "--full-refresh", "--warn-error", "--warn-error-options", "--no-write-json", "--quiet"}
	for word, want := range map[string][]string{
		"--selct":         {"--help", "--select", "--selector"},
		"--threds":        {"--target", "--threads"},
		"--ful-refresh":   {"--full-refresh"},
		"--no-warn-error": {"--no-write-json", "--warn-error", "--warn-error-options"},
		"--zzz":           nil,
	} {
		if diff := cmp.Diff(want, closest(word, names)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
}
