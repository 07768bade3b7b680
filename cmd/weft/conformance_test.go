package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	goflag "flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	updateNotYet = goflag.Bool("update-not-yet", false, "take the checks that pass now off testdata/projects/not_yet.txt")
	initNotYet   = goflag.Bool("init", false, "with -update-not-yet: also put the checks that fail on the list")
	showNotYet   = goflag.Bool("show-not-yet", false, "log what is wrong in the checks that are on the list")
)

var projectsDir = filepath.Join("..", "..", "testdata", "projects")

// TestProjects replays every project of testdata/projects against each target and
// compares what weft does with what was recorded of dbt. A check is a subtest
// named CASE/TARGET/STEP/CHECK; those in not_yet.txt may fail, and must.
func TestProjects(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(projectsDir, "*", "case.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no projects in %s: %v", projectsDir, err)
	}
	list := readNotYet(t, filepath.Join(projectsDir, "not_yet.txt"))
	t.Cleanup(func() { list.finish(t) })
	for _, file := range files {
		c := readCase(t, file)
		t.Run(c.Name, func(t *testing.T) {
			for _, target := range c.Targets {
				t.Run(target, func(t *testing.T) {
					t.Parallel()
					newReplay(t, c, target, filepath.Dir(file), list).run(t)
				})
			}
		})
	}
}

// projectCase is a case.json: what to run, and what must come of it.
type projectCase struct {
	Name       string
	Targets    []string
	Env        map[string]string
	DuckDBFile string `json:"duckdb_file"`
	Steps      []projectStep
}

// projectStep is one command line. Everything before it is done in the order of the
// fields: delete, write, copy, SQL.
type projectStep struct {
	ID      string
	Run     []string
	Targets []string
	Env     map[string]string

	DeleteFiles []string            `json:"delete_files"`
	WriteFiles  map[string]string   `json:"write_files"`
	CopyFiles   map[string]string   `json:"copy_files"`
	SQLBefore   perTarget[[]string] `json:"sql_before"`

	Exit           perTarget[int]
	StdoutContains perTarget[[]string] `json:"stdout_contains"`
	Lines          perTarget[[]string]
	Logs           perTarget[[]string]
	Want           perTarget[[]string]
}

// perTarget is a value that may differ by target: an object with a key for each.
type perTarget[T any] struct {
	all *T
	by  map[string]*T
}

func (p *perTarget[T]) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		return json.Unmarshal(b, &p.by)
	}
	return json.Unmarshal(b, &p.all)
}

// of gives the value for a target, or the zero value and false where nothing is said.
func (p perTarget[T]) of(target string) (T, bool) {
	v := p.all
	if p.by != nil {
		v = p.by[target]
	}
	if v == nil {
		var zero T
		return zero, false
	}
	return *v, true
}

func readCase(t *testing.T, file string) *projectCase {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c projectCase
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return &c
}

// replay is one project being run against one target.
type replay struct {
	c      *projectCase
	target string
	expect string // folder of the recorded artifacts
	dir    string // the working copy
	home   string
	binary string
	db     string // the DuckDB file
	began  time.Time
	norm   *normaliser
	list   *notYet
}

func newReplay(t *testing.T, c *projectCase, target, from string, list *notYet) *replay {
	t.Helper()
	r := &replay{
		c: c, target: target, expect: filepath.Join(from, "expect", target),
		dir: filepath.Join(t.TempDir(), c.Name), home: t.TempDir(), binary: self(t), began: time.Now(), list: list,
	}
	if err := os.CopyFS(r.dir, os.DirFS(filepath.Join(from, "project"))); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(r.dir, "target"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := c.DuckDBFile
	if file == "" {
		file = "target/dev.duckdb"
	}
	r.db = filepath.Join(r.dir, filepath.FromSlash(file))
	r.norm = newNormaliser(r.dir)
	return r
}

// run replays the steps in order; each sees what the ones before it left.
func (r *replay) run(t *testing.T) {
	for i := range r.c.Steps {
		s := &r.c.Steps[i]
		if s.Targets != nil && !slices.Contains(s.Targets, r.target) {
			continue
		}
		if openers[r.target] == nil && !s.offline() {
			r.changeFiles(t, s)
			t.Run(s.ID, func(t *testing.T) { t.Skipf("there is no driver for %s yet", r.target) })
			continue
		}
		// The step is carried out outside of its subtest, since later steps stand on it
		// and -run may have picked one of those only.
		want, _ := s.Want.of(r.target)
		o := r.carryOut(t, s, slices.Contains(want, "tables.json"))
		t.Run(s.ID, func(t *testing.T) { r.compare(t, s, o) })
	}
}

// offline says that a step's command needs no warehouse.
func (s *projectStep) offline() bool {
	for _, word := range s.Run {
		switch word {
		case "parse", "ls", "list", "deps", "clean":
			return true
		}
	}
	return false
}

// outcome is what a step did.
type outcome struct {
	exit           int
	stdout, stderr string
	written        map[string][]byte // artifacts that are new or changed, by file name
	before, after  *tables           // nil unless tables.json is wanted
}

// check is one comparison: it gives what is wrong, or nothing.
type check struct {
	name string
	run  func() []string
}

// compare makes the checks of a step that has been carried out.
func (r *replay) compare(t *testing.T, s *projectStep, o *outcome) {
	want, _ := s.Want.of(r.target)
	wantExit, _ := s.Exit.of(r.target)
	var wrongExit []string
	if o.exit != wantExit {
		wrongExit = []string{fmt.Sprintf("exit code %d, want %d", o.exit, wantExit)}
	}
	checks := []check{{"exit", func() []string {
		if wrongExit == nil {
			return nil
		}
		return []string{"stdout:\n" + r.norm.console(o.stdout) + "\nstderr:\n" + r.norm.console(o.stderr)}
	}}}
	recorded := r.recordedConsole(t, s, want)
	if fragments, ok := s.StdoutContains.of(r.target); ok {
		checks = append(checks, check{"stdout_contains", func() []string {
			return r.fragments(fragments, recorded, r.norm.console(o.stdout)+"\n"+r.norm.console(o.stderr))
		}})
	}
	if slices.Contains(s.Run, "ls") || slices.Contains(s.Run, "list") {
		lines, logs := splitListing(r.norm, o.stdout, o.exit)
		if w, ok := s.Lines.of(r.target); ok {
			checks = append(checks, check{"lines", func() []string { return compareLines(w, lines) }})
		}
		if w, ok := s.Logs.of(r.target); ok {
			checks = append(checks, check{"logs", func() []string { return r.compareText(strings.Join(w, "\n"), strings.Join(logs, "\n")) }})
		}
	}
	for _, name := range want {
		checks = append(checks, r.artifactCheck(t, s, o, name))
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			r.list.report(t, strings.Join([]string{r.c.Name, r.target, s.ID, c.name}, "/"), append(slices.Clone(wrongExit), c.run()...))
		})
	}
}

func (r *replay) recorded(t *testing.T, s *projectStep, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.expect, s.ID, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *replay) recordedConsole(t *testing.T, s *projectStep, want []string) string {
	t.Helper()
	if !slices.Contains(want, "stdout.txt") {
		return ""
	}
	return string(r.recorded(t, s, "stdout.txt"))
}

// artifactCheck is the comparison with one recorded file.
func (r *replay) artifactCheck(t *testing.T, s *projectStep, o *outcome, name string) check {
	t.Helper()
	recorded := r.recorded(t, s, name)
	switch name {
	case "stdout.txt":
		return check{name, func() []string { return r.compareConsole(string(recorded), r.norm.console(o.stdout)) }}
	case "sql.json":
		return check{"compiled", func() []string { return r.compareCompiled(recorded) }}
	case "tables.json":
		return check{name, func() []string { return r.compareTables(recorded, o) }}
	}
	return check{name, func() []string {
		got := o.written[name]
		if got == nil {
			return []string{name + " was not written"}
		}
		return r.compareArtifact(name, recorded, got)
	}}
}

var artifactNames = []string{"manifest.json", "run_results.json", "sources.json", "catalog.json"}

// carryOut prepares a step, runs it and gathers what it did.
func (r *replay) carryOut(t *testing.T, s *projectStep, withTables bool) *outcome {
	t.Helper()
	for _, sub := range []string{"compiled", "run"} {
		if err := os.RemoveAll(filepath.Join(r.dir, "target", sub)); err != nil {
			t.Fatal(err)
		}
	}
	r.prepare(t, s)
	o := &outcome{written: map[string][]byte{}}
	if withTables {
		o.before = r.tables(t)
	}
	stamps := map[string]fs.FileInfo{}
	texts := map[string][]byte{}
	for _, name := range artifactNames {
		path := filepath.Join(r.dir, "target", name)
		stamps[name], _ = os.Stat(path)
		texts[name], _ = os.ReadFile(path)
	}

	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, r.binary)
	cmd.Args = append([]string{"weft"}, s.Run...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = r.dir, r.env(s), &stdout, &stderr
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		stderr.WriteString("\nstopped after two minutes\n")
	}
	o.exit, o.stdout, o.stderr = cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()

	for _, name := range artifactNames {
		path := filepath.Join(r.dir, "target", name)
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if old := stamps[name]; old == nil || !old.ModTime().Equal(info.ModTime()) || !bytes.Equal(texts[name], text) {
			o.written[name] = text
		}
	}
	if withTables {
		o.after = r.tables(t)
	}
	return o
}

// prepare deletes, writes and copies files and runs SQL.
func (r *replay) prepare(t *testing.T, s *projectStep) {
	t.Helper()
	r.changeFiles(t, s)
	statements, ok := s.SQLBefore.of(r.target)
	if !ok {
		return
	}
	db, err := openTables(r.db)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range statements {
		if _, err := db.db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// changeFiles deletes, writes and copies files.
func (r *replay) changeFiles(t *testing.T, s *projectStep) {
	t.Helper()
	at := func(path string) string { return filepath.Join(r.dir, filepath.FromSlash(path)) }
	write := func(path string, text []byte) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range s.DeleteFiles {
		if err := os.RemoveAll(at(path)); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range s.WriteFiles {
		write(at(path), []byte(text))
	}
	for from, to := range s.CopyFiles {
		text, err := os.ReadFile(at(from))
		if errors.Is(err, fs.ErrNotExist) {
			// An earlier step should have made it; the checks that need it say so.
			t.Logf("%s is not there to be copied", from)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		write(at(to), text)
	}
}

func (r *replay) env(s *projectStep) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.home, "TZ=UTC", "LANG=C.UTF-8", "GOLDEN_TARGET=" + r.target,
		"PGHOST=localhost", "PGPORT=5432", "PGUSER=postgres", "PGPASSWORD=password",
		"DBT_SEND_ANONYMOUS_USAGE_STATS=false", "DBT_USE_COLORS=false", "DBT_PARTIAL_PARSE=false", "DBT_LOG_LEVEL_FILE=none",
	}
	// Of a name that stands twice, exec takes the last.
	for _, more := range []map[string]string{r.c.Env, s.Env} {
		for k, v := range more {
			env = append(env, k+"="+v)
		}
	}
	return env
}

// inProject says whether a path, relative to the project, exists there.
func (r *replay) inProject(path string) bool {
	_, err := os.Stat(filepath.Join(r.dir, filepath.FromSlash(path)))
	return err == nil
}

// compareCompiled compares the files in target/compiled with those recorded. What
// is in target/run is weft's own and not compared.
func (r *replay) compareCompiled(recorded []byte) []string {
	const prefix = "target/compiled/"
	var files map[string][]string
	if err := json.Unmarshal(recorded, &files); err != nil {
		return []string{err.Error()}
	}
	got := map[string]string{}
	err := filepath.WalkDir(filepath.Join(r.dir, filepath.FromSlash(prefix)), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(r.dir, path)
		if err != nil {
			return err
		}
		got[filepath.ToSlash(rel)] = r.norm.text(string(text))
		return nil
	})
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	for _, path := range sortedNames(files) {
		if !strings.HasPrefix(path, prefix) {
			continue
		}
		text, ok := got[path]
		delete(got, path)
		want := strings.Join(files[path], "\n")
		switch {
		case !ok:
			problems = append(problems, "missing: "+path)
		case text != want:
			problems = append(problems, "differs: "+path+"\n"+firstDifference(want, text))
		}
	}
	for _, path := range sortedNames(got) {
		problems = append(problems, "not wanted: "+path)
	}
	return problems
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return fmt.Sprintf("%q", lines[i])
			}
			return "(end)"
		}
		if line(w) != line(g) {
			return fmt.Sprintf("  line %d: want %s\n          got  %s", i+1, line(w), line(g))
		}
	}
	return ""
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
