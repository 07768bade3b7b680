package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var jinjaDir = filepath.Join("..", "..", "testdata", "jinja")

// TestContext runs the small projects of testdata/jinja/context.json and compares
// what comes of them with what was recorded of dbt. A case is a subtest named by its
// id.
func TestContext(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(jinjaDir, "context.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []*contextCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	binary := self(t)
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			for _, problem := range c.run(t, binary) {
				t.Error(problem)
			}
		})
	}
}

// contextCase is a project and what one command made of it.
type contextCase struct {
	ID      string
	Files   map[string]string
	Command commandLines
	Vars    map[string]any
	Env     map[string]string
	Want    struct {
		Exit          int
		ErrorClass    string         `json:"error_class"`
		ErrorContains []string       `json:"error_contains"`
		Compiled      map[string]any // by node id
		Files         map[string]string
		Printed       []string
		Logged        []string
		Warnings      [][2]string    // name of the event, text
		Subset        map[string]any `json:"manifest_subset"`
		Tests         map[string]map[string]any
	}
}

// commandLines are the commands of a case: one, or a list of several.
type commandLines [][]string

func (c *commandLines) UnmarshalJSON(b []byte) error {
	var one []string
	if json.Unmarshal(b, &one) == nil {
		*c = commandLines{one}
		return nil
	}
	return json.Unmarshal(b, (*[][]string)(c))
}

// message is an event as --log-format json writes it.
type message struct {
	Info struct {
		Name, Level, Msg string
	}
}

// contextRun is what is left of a case's last command.
type contextRun struct {
	dir      string
	norm     *normaliser
	exit     int
	messages []message
	stderr   string
}

func (c *contextCase) run(t *testing.T, binary string) []string {
	r := &contextRun{dir: filepath.Join(t.TempDir(), "root")}
	for path, text := range c.Files {
		path = filepath.Join(r.dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r.norm = newNormaliser(r.dir)
	for _, args := range c.Command {
		args = append(slices.Clone(args), "--project-dir", ".", "--profiles-dir", ".")
		if c.Vars != nil {
			vars, err := json.Marshal(c.Vars)
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, "--vars", string(vars))
		}
		r.command(t, binary, args, c.Env)
	}
	problems := c.compare(r)
	if problems != nil {
		problems = append(problems, "output:")
		for _, m := range r.messages {
			problems = append(problems, m.Info.Name+": "+r.norm.text(m.Info.Msg))
		}
		problems = append(problems, r.stderr)
	}
	return problems
}

func (r *contextRun) command(t *testing.T, binary string, args []string, more map[string]string) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, binary)
	cmd.Args = append([]string{"weft"}, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.dir, &stdout, &stderr
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TZ=UTC", "LANG=C.UTF-8",
		"DBT_SEND_ANONYMOUS_USAGE_STATS=false", "DBT_LOG_FORMAT=json", "DBT_LOG_LEVEL_FILE=none",
	}
	for k, v := range more {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	r.exit, r.stderr, r.messages = cmd.ProcessState.ExitCode(), stderr.String(), nil
	for line := range strings.Lines(stdout.String()) {
		var m message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("not a message: %s", line)
		}
		r.messages = append(r.messages, m)
	}
}

// said are the texts of the messages with one of some names.
func (r *contextRun) said(names ...string) []string {
	var out []string
	for _, m := range r.messages {
		if slices.Contains(names, m.Info.Name) {
			out = append(out, r.norm.text(m.Info.Msg))
		}
	}
	return out
}

// json reads a file of the target folder; nil where there is none.
func (r *contextRun) json(name string) any {
	text, err := os.ReadFile(filepath.Join(r.dir, "target", name))
	if err != nil {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(r.norm.text(string(text))), &v); err != nil {
		return nil
	}
	return v
}

func (c *contextCase) compare(r *contextRun) []string {
	var problems []string
	if r.exit != c.Want.Exit {
		problems = append(problems, fmt.Sprintf("exit code %d, want %d", r.exit, c.Want.Exit))
	}
	problems = append(problems, c.compareError(r)...)
	problems = append(problems, c.compareSaid(r)...)
	problems = append(problems, c.compareManifest(r)...)
	for path, want := range c.Want.Files {
		text, err := os.ReadFile(filepath.Join(r.dir, filepath.FromSlash(path)))
		switch {
		case err != nil:
			problems = append(problems, err.Error())
		case string(text) != want:
			problems = append(problems, fmt.Sprintf("%s is %q, want %q", path, text, want))
		}
	}
	return problems
}

// blockLine is a line counted within a macro; weft gives the line of the file.
var blockLine = regexp.MustCompile(`^line \d+$`)

// compareError looks for the lines of an error. A heading has to be there word for
// word. Sentences are weft's own: where one differs, its facts have to be there. The
// classes are those of the reference's source and show in the headings, but for those
// that are the status of a result.
func (c *contextCase) compareError(r *contextRun) []string {
	var problems []string
	if class := c.Want.ErrorClass; class == strings.ToLower(class) && class != "" {
		status, _ := at(r.json("run_results.json"), "results/0/status")
		if status != class {
			problems = append(problems, fmt.Sprintf("status %v, want %s", status, class))
		}
	}
	var said strings.Builder
	for _, m := range r.messages {
		if m.Info.Level == "error" || m.Info.Level == "warn" {
			said.WriteString(r.norm.text(m.Info.Msg) + "\n")
		}
	}
	got := strings.Split(said.String(), "\n")
	for i := range got {
		got[i] = strings.TrimSpace(got[i])
	}
	text := strings.Join(got, "\n")
	for _, line := range c.Want.ErrorContains {
		line = strings.TrimSpace(line)
		if strings.Contains(text, line) || blockLine.MatchString(line) {
			continue
		}
		if errorHead.MatchString(line) {
			problems = append(problems, fmt.Sprintf("error lacks the heading %q", line))
			continue
		}
		problems = append(problems, missingWords(line, text)...)
	}
	return problems
}

// missingWords gives the facts of a sentence that a text lacks.
func missingWords(line, text string) []string {
	var problems []string
	facts := identifiers(line)
	if len(facts) == 0 {
		// Nothing in it is a fact, so it has to be said as it is.
		facts = []string{line}
	}
	for _, fact := range facts {
		if !strings.Contains(text, fact) {
			problems = append(problems, fmt.Sprintf("error lacks %q of %q", fact, line))
		}
	}
	return problems
}

// compareSaid compares what templates print, log and warn of.
func (c *contextCase) compareSaid(r *contextRun) []string {
	var problems []string
	compare := func(kind string, want, got []string) {
		if want != nil && !slices.Equal(want, got) {
			problems = append(problems, fmt.Sprintf("%s %q, want %q", kind, got, want))
		}
	}
	compare("printed", c.Want.Printed, r.said("PrintEvent", "ListCmdOut"))
	compare("logged", c.Want.Logged, r.said("JinjaLogInfo"))
	for _, w := range c.Want.Warnings {
		if !slices.ContainsFunc(r.said(w[0]), func(s string) bool { return missingWords(w[1], s) == nil }) {
			problems = append(problems, fmt.Sprintf("no %s that says %q", w[0], w[1]))
		}
	}
	return problems
}

func (c *contextCase) compareManifest(r *contextRun) []string {
	if c.Want.Compiled == nil && c.Want.Subset == nil && c.Want.Tests == nil {
		return nil
	}
	m := r.json("manifest.json")
	var problems []string
	compare := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			problems = append(problems, fmt.Sprintf("%s is\n      %s\nwant  %s", what, asJSON(got), asJSON(want)))
		}
	}
	for _, id := range sortedNames(c.Want.Compiled) {
		got, _ := at(m, "nodes/"+id+"/compiled_code")
		compare("compiled code of "+id, got, c.Want.Compiled[id])
	}
	for _, path := range sortedNames(c.Want.Subset) {
		got, ok := at(m, path)
		if !ok {
			got = "<absent>"
		}
		compare(path, got, c.Want.Subset[path])
	}
	for _, id := range sortedNames(c.Want.Tests) {
		for _, key := range sortedNames(c.Want.Tests[id]) {
			want := c.Want.Tests[id][key]
			got, _ := at(m, "nodes/"+id+"/"+key)
			if w, ok := want.(map[string]any); ok {
				// Of a mapping, the recorded keys only.
				g, _ := got.(map[string]any)
				for _, k := range sortedNames(w) {
					compare(id+"/"+key+"/"+k, g[k], w[k])
				}
				continue
			}
			compare(id+"/"+key, got, want)
		}
	}
	return problems
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// at follows a path of keys and indexes joined by slashes. A key may have slashes
// itself: the longest that fits is taken.
func at(v any, path string) (any, bool) {
	if path == "" {
		return v, true
	}
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		key, rest := path[:end], strings.TrimPrefix(path[end:], "/")
		switch v := v.(type) {
		case map[string]any:
			if child, ok := v[key]; ok {
				return at(child, rest)
			}
		case []any:
			for i, child := range v {
				if key == fmt.Sprint(i) {
					return at(child, rest)
				}
			}
		}
	}
	return nil, false
}
