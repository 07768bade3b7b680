package jinja

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

var (
	python     = flag.String("python", "", "a Python that has Jinja2, to compare with")
	diffCount  = flag.Int("count-templates", 10_000, "how many templates TestDifferential compares")
	diffSeed   = flag.Int("seed", 1, "what TestDifferential's templates are made from")
	diffWords  = flag.Bool("words", false, "also compare the words of errors")
	diffRecord = flag.String("record", "", "a file that gets the templates which differed, as lines of JSON")
)

// pythonCase is a line that differential.py writes.
type pythonCase struct {
	Template string  `json:"template"`
	Want     *string `json:"want,omitempty"`
	Error    string  `json:"error,omitempty"`
	Message  string  `json:"message,omitempty"`
}

// pythonKinds are the kinds of errors that Python's classes stand for.
var pythonKinds = map[string]Kind{
	"TemplateSyntaxError": SyntaxError, "TemplateAssertionError": SyntaxError, "UndefinedError": UndefinedError,
	"TypeError": TypeError, "ValueError": ValueError, "ZeroDivisionError": ZeroDivision, "SecurityError": Security,
	"FilterArgumentError": FilterArgument, "KeyError": KeyError, "IndexError": IndexError, "AttributeError": AttributeError,
	"OverflowError": OverflowError, "TemplateRuntimeError": RuntimeError, "RuntimeError": RuntimeError,
	"RecursionError": RecursionError, "AssertionError": AssertionError, "UnicodeEncodeError": UnicodeError,
}

// TestDifferential renders generated templates here and in Python, and compares.
// Where no Python is given it replays those that once differed:
//
//	go test ./compiler/jinja -run Differential -args -python venv/bin/python -count-templates 100000
func TestDifferential(t *testing.T) {
	var lines []byte
	var vars string
	if *python == "" {
		text, err := os.ReadFile("../../testdata/jinja/differential.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		first, rest, _ := bytes.Cut(text, []byte("\n"))
		vars, lines = string(first), rest
	} else {
		vars = runPython(t, "--vars")
		lines = []byte(runPython(t, "--count", strconv.Itoa(*diffCount), "--seed", strconv.Itoa(*diffSeed)))
	}
	var record *os.File
	if *diffRecord != "" {
		f, err := os.Create(*diffRecord)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		record = f
	}
	done, differ := 0, 0
	in := bufio.NewScanner(bytes.NewReader(lines))
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var c pythonCase
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		done++
		if c.differs(t, vars) {
			differ++
			if record != nil {
				record.Write(append(in.Bytes(), '\n'))
			}
		}
	}
	t.Logf("%d templates, %d differ", done, differ)
}

func runPython(t *testing.T, args ...string) string {
	cmd := exec.Command(*python, append([]string{"../../testdata/jinja/differential.py"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// differs renders the template and says whether weft and Python part.
func (c pythonCase) differs(t *testing.T, vars string) bool {
	names, err := ParseJSON(vars)
	if err != nil {
		t.Fatal(err)
	}
	var got Result
	kind := SyntaxError
	tmpl, err := syntax.Parse(&source.File{Path: "t", Text: c.Template}, syntax.Options{})
	if err == nil {
		got, err = Render(context.Background(), tmpl, Options{Globals: dictGlobals{names.(*Dict)}})
		var e *Error
		if errors.As(err, &e) {
			kind = e.Kind
		}
	}
	switch {
	case c.Error == "" && err != nil:
		t.Errorf("%s\n got error %s: %v\nwant %q", c.Template, kind, err, *c.Want)
	case c.Error == "" && got.Text != *c.Want:
		t.Errorf("%s\n got %q\nwant %q", c.Template, got.Text, *c.Want)
	case c.Error != "" && err == nil:
		t.Errorf("%s\n got %q\nwant %s: %s", c.Template, got.Text, c.Error, c.Message)
	case c.Error != "" && kind != pythonKinds[c.Error]:
		t.Errorf("%s\n got %s error %v\nwant %s: %s", c.Template, kind, err, c.Error, c.Message)
	case *diffWords && c.Error != "" && !strings.Contains(err.Error(), c.Message):
		t.Errorf("%s\n got %v\nwant %s: %s", c.Template, err, c.Error, c.Message)
	default:
		return false
	}
	return true
}
