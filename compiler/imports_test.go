// Package compiler_test holds the rules of the repository that are not of any one
// package.
package compiler_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is which packages of ours each package may import; docs/architecture.md
// has the same table with reasons. cmd/weft may import everything.
var allowed = map[string][]string{
	"compiler/source":       {},
	"compiler/par":          {},
	"adapters":              {},
	"macros":                {},
	"compiler/jinja/syntax": {"compiler/source"},
	"adapters/duckdb":       {"adapters"},
	"adapters/postgres":     {"adapters"},
	"adapters/snowflake":    {"adapters"},
	"adapters/bigquery":     {"adapters"},
	"adapters/adaptertest":  {"adapters"},
	"compiler/jinja":        {"compiler/jinja/syntax", "compiler/source"},
	"compiler/config":       {"compiler/jinja", "compiler/jinja/syntax", "compiler/source"},
	"compiler/project":      {"adapters", "compiler/config", "compiler/jinja", "compiler/par", "compiler/source"},
	"compiler/manifest":     {"adapters", "compiler/config", "compiler/jinja", "compiler/jinja/syntax", "compiler/source"},
	"compiler/artifact":     {"compiler/config", "compiler/jinja", "compiler/manifest", "compiler/source"},
	"compiler/scope":        {"adapters", "compiler/config", "compiler/jinja", "compiler/jinja/syntax", "compiler/manifest", "compiler/source"},
	"compiler/deps":         {"compiler/config", "compiler/jinja", "compiler/project", "compiler/source"},
	"compiler/parse": {"compiler/config", "compiler/jinja", "compiler/jinja/syntax", "compiler/manifest", "compiler/par",
		"compiler/project", "compiler/scope", "compiler/source", "macros"},
	"compiler/graph":   {"compiler/artifact", "compiler/config", "compiler/jinja", "compiler/jinja/syntax", "compiler/manifest", "compiler/source"},
	"compiler/compile": {"adapters", "compiler/artifact", "compiler/jinja", "compiler/manifest", "compiler/scope", "compiler/source"},
	"runner": {"adapters", "compiler/artifact", "compiler/compile", "compiler/graph", "compiler/jinja", "compiler/manifest",
		"compiler/scope", "compiler/source"},
}

// startsGoroutines are the packages that may hold a go statement.
var startsGoroutines = []string{"compiler/par", "runner", "cmd/weft", "docsite", "adapters/adaptertest"}

// readsEnvironment are the packages that may ask for environment variables.
var readsEnvironment = []string{"cmd/weft"}

func TestRules(t *testing.T) {
	root := ".."
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == ".git" {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		checkFile(t, file, path.Dir(filepath.ToSlash(rel)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, file, pkg string) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	list, known := allowed[pkg]
	if !known && pkg != "cmd/weft" {
		t.Errorf("%s: the package %s is not in the table", file, pkg)
	}
	for _, imp := range f.Imports {
		name, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		ours, ok := strings.CutPrefix(name, "weft/")
		if ok && pkg != "cmd/weft" && !slices.Contains(list, ours) {
			t.Errorf("%s: %s may not import %s", fset.Position(imp.Pos()), pkg, ours)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			if !slices.Contains(startsGoroutines, pkg) {
				t.Errorf("%s: a go statement does not belong in %s", fset.Position(n.Pos()), pkg)
			}
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				t.Errorf("%s: an init function: registration is a table, not a side effect", fset.Position(n.Pos()))
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			environ := []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}
			if ok && x.Name == "os" && slices.Contains(environ, n.Sel.Name) && !slices.Contains(readsEnvironment, pkg) {
				t.Errorf("%s: %s reads the environment; only cmd does", fset.Position(n.Pos()), pkg)
			}
		}
		return true
	})
}
