package parse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

func readPy(text string) (*manifest.Node, error) {
	n := &manifest.Node{Kind: manifest.Model, Name: "pm", Package: "w", OriginalPath: "models/pm.py", Language: "python", Raw: text,
		File: &source.File{Path: "models/pm.py", Text: text}, Span: source.Span{End: source.Pos(len(text))}}
	p := &parser{}
	_, err := p.readPython(n)
	return n, err
}

const pyText1 = `"""A model. dbt.ref('docstring')"""
import pandas as pd  # dbt.ref("comment")


@decorated
def model(dbt, session: "Session" = None) -> "DataFrame":
    dbt.config(materialized="incremental", packages=["numpy==1.23.1", 'scikit' "-learn"],
               meta={"a": 1, 'b': [1, 2.5, None, True, -3, 1_000, 0x1f, (1, 2), ("x")]}, r=r"\n", e="\u00e9\n")
    dbt.config(tags="x")
    a = dbt.config.get("threshold", 5)
    b = dbt.config.get("other") + dbt.config.meta_get("m")
    if (x := dbt.ref("a")):
        return f(x, y.dbt.ref("not"))
    this = dbt.this
    for name in ["a", "b"]:
        dbt.source("s", name="t") if 0 else 1
    return dbt.ref(
        "w", "b", v=2,
    )
`

// What dbt 1.11 makes of these files.
func TestPython(t *testing.T) {
	n, err := readPy(strings.Replace(pyText1, `dbt.source("s", name="t") if 0 else 1`, `dbt.source("s", 't')`, 1))
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, r := range n.Refs {
		text := r.Package + "." + r.Name
		if r.Version != nil {
			text += ".v" + r.Version.String()
		}
		refs = append(refs, text)
	}
	if diff := cmp.Diff([]string{".a", "w.b.v2"}, refs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][2]string{{"s", "t"}}, n.Sources); diff != "" {
		t.Error(diff)
	}
	want := `{'materialized': 'incremental', 'packages': ['numpy==1.23.1', 'scikit-learn'], ` +
		`'meta': {'a': 1, 'b': [1, 2.5, None, True, -3, 1000, 31, [1, 2], 'x']}, 'r': '\\n', 'e': 'é\n', 'tags': ['x'], ` +
		`'config_keys_used': ['threshold', 'other'], 'config_keys_defaults': [5, None], 'meta_keys_used': ['m'], 'meta_keys_defaults': [None]}`
	if got := jinja.Repr(n.Called); got != want {
		t.Errorf("config:\n%s\nwant\n%s", got, want)
	}
}

func TestPythonErrors(t *testing.T) {
	for text, want := range map[string]string{
		"x = 1\n": "models/pm.py:1:1: dbt allows exactly one model defined per python file, found 0",
		"def model(dbt, session):\n    return 1\n\ndef model(dbt, s):\n    return 2\n": "models/pm.py:4:1: dbt allows exactly one model defined per python file, found 2",
		"async def model(dbt, session):\n    return 1\n":                               "found 0",
		"def model(foo, session):\n    return 1\n":                                     "models/pm.py:1:11: 'dbt' not provided for model as the first argument",
		"def model(dbt):\n    return 1\n":                                              "models/pm.py:1:1: model function should have two args, `dbt` and a session to current warehouse",
		"def model(dbt, session):\n    x = 1\n":                                        "model function should return only one dataframe object",
		"def model(dbt, session):\n    return 1, 2\n":                                  "models/pm.py:2:5: In current version, model function should return only one dataframe object",
		"def model(dbt, session):\n    n = 'a'\n    return dbt.ref(n)\n":               "models/pm.py:3:20: the arguments of dbt.ref()",
		"def model(dbt, session):\n    return dbt.ref(f'a{1}')\n":                      "models/pm.py:2:20: the arguments of dbt.ref()",
		"def model(dbt, session):\n    dbt.config(**d)\n    return 1\n":                "models/pm.py:2:16: the arguments of dbt.ref()",
		"def model(dbt, session):\n    return (1\n":                                    "models/pm.py:2:12: '(' was never closed",
		"def model(dbt, session):\n    return 1)\n":                                    "models/pm.py:2:13: unmatched ')'",
		"def model(dbt, session):\n    return 'abc\n":                                  "models/pm.py:2:12: the text that begins here is not closed",
		"def model(dbt, session):\n    return dbt.ref('a', 'b', 'c')\n":                "ref() takes at most two arguments (3 given)",
		"def model(dbt, session):\n    return dbt.source('a')\n":                       "source() takes exactly two arguments (1 given)",
		"def model(dbt, session):\n    dbt.config.get(key='z')\n    return 1\n":        "dbt.config.get() requires at least one argument",
	} {
		_, err := readPy(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
	for _, text := range []string{"", "# nothing\n", "def model(dbt, session):\n    def f():\n        return dbt.ref('a')\n    return f()\n", "def model(dbt, session):\n    return\n"} {
		if _, err := readPy(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzPython(f *testing.F) {
	f.Add(pyText1)
	f.Add("def model(dbt, s):\n\treturn dbt.ref('a' \"b\", [1, {2: (3,)}], -4j)\n")
	f.Fuzz(func(t *testing.T, text string) { readPy(text) })
}
