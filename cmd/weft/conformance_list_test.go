package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// notYet is testdata/projects/not_yet.txt: the checks that are not expected to pass,
// one a line, and the outcome of those that ran. It is safe for concurrent use.
type notYet struct {
	path   string
	head   []string        // the comments at the top
	listed map[string]bool // CASE/TARGET/STEP/CHECK, the last element perhaps *

	mu     sync.Mutex
	passed map[string]bool // by name, for each check that ran
}

func readNotYet(t *testing.T, path string) *notYet {
	t.Helper()
	l := &notYet{path: path, listed: map[string]bool{}, passed: map[string]bool{}}
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "#"):
			l.head = append(l.head, line)
		case line != "":
			l.listed[line] = true
		}
	}
	return l
}

// entries are the lines that would cover a check: itself, and with * for the rest.
func entries(name string) []string {
	out := []string{name}
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		out = append(out, name[:i]+"/*")
	}
	return out
}

func (l *notYet) covers(name string) bool {
	return slices.ContainsFunc(entries(name), func(e string) bool { return l.listed[e] })
}

// report ends the subtest of a check. One that is listed and fails is skipped; one
// that is listed by its own name and passes has to be taken off.
func (l *notYet) report(t *testing.T, name string, problems []string) {
	t.Helper()
	l.mu.Lock()
	l.passed[name] = len(problems) == 0
	l.mu.Unlock()
	text := shorten(problems)
	switch {
	case len(problems) == 0 && l.listed[name] && !*updateNotYet:
		t.Error("passes now: take it off the list (-update-not-yet does)")
	case len(problems) == 0:
	case l.covers(name):
		if *showNotYet {
			t.Log(text)
		}
		t.Skip("not yet")
	case *updateNotYet && *initNotYet:
		t.Skip("put on the list")
	default:
		t.Error(text)
	}
}

func shorten(problems []string) string {
	const most = 25
	text := strings.Join(problems, "\n")
	lines := strings.Split(text, "\n")
	if len(lines) > most && !*showNotYet {
		lines = append(lines[:most], fmt.Sprintf("(and %d lines more)", len(lines)-most))
	}
	return "\n" + strings.Join(lines, "\n")
}

// finish judges the lines that end in *, rewrites the list if asked to, and logs the
// counts.
func (l *notYet) finish(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	type count struct{ passed, notYet, failed int }
	counts := map[string]*count{}
	ran, failing := map[string]bool{}, map[string]bool{} // by entry
	for name, ok := range l.passed {
		c, _, _ := strings.Cut(name, "/")
		if counts[c] == nil {
			counts[c] = &count{}
		}
		switch {
		case ok:
			counts[c].passed++
		case l.covers(name):
			counts[c].notYet++
		default:
			counts[c].failed++
		}
		for _, e := range entries(name) {
			ran[e] = true
			failing[e] = failing[e] || !ok
		}
	}
	for e := range l.listed {
		if strings.HasSuffix(e, "*") && ran[e] && !failing[e] && !*updateNotYet {
			t.Errorf("%s: all of it passes now: take it off the list (-update-not-yet does)", e)
		}
	}
	if *updateNotYet {
		l.rewrite(t, ran, failing)
	}
	var b strings.Builder
	var sum count
	for _, name := range sortedNames(counts) {
		c := counts[name]
		fmt.Fprintf(&b, "\n%-24s %4d passed %4d not yet %4d failed", name, c.passed, c.notYet, c.failed)
		sum.passed, sum.notYet, sum.failed = sum.passed+c.passed, sum.notYet+c.notYet, sum.failed+c.failed
	}
	t.Logf("%s\n%-24s %4d passed %4d not yet %4d failed", b.String(), "all", sum.passed, sum.notYet, sum.failed)
}

func (l *notYet) rewrite(t *testing.T, ran, failing map[string]bool) {
	t.Helper()
	var keep []string
	for e := range l.listed {
		// A line whose checks did not run (-run chose others) stays.
		if !ran[e] || failing[e] {
			keep = append(keep, e)
		}
	}
	if *initNotYet {
		for name, ok := range l.passed {
			if !ok && !l.covers(name) {
				keep = append(keep, name)
			}
		}
	}
	slices.Sort(keep)
	head := l.head
	if len(head) == 0 {
		head = []string{
			"# Checks of TestProjects (cmd/weft) that weft does not pass yet: CASE/TARGET/STEP/CHECK, where the",
			"# last element may be *. Lines only ever leave: go test ./cmd/weft -run TestProjects -args -update-not-yet",
		}
	}
	text := strings.Join(append(slices.Clone(head), keep...), "\n") + "\n"
	if err := os.WriteFile(l.path, []byte(text), 0o644); err != nil {
		t.Error(err)
	}
}
