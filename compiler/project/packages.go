package project

import (
	"context"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Declared is one entry of packages.yml or dependencies.yml.
type Declared struct {
	Entry *jinja.Dict // rendered; secrets are placeholders
	Raw   *jinja.Dict // as written
	File  *source.File
	Span  source.Span
}

// DeclaredPackages reads what packages a package asks for. The second result is
// the name of the file that says so. No file is no packages.
func DeclaredPackages(ctx context.Context, o Options, p *Package) ([]Declared, string, error) {
	pkgs, err := readOptional(o, p.Dir, "packages.yml")
	if err != nil {
		return nil, "", err
	}
	deps, err := readOptional(o, p.Dir, "dependencies.yml")
	if err != nil {
		return nil, "", err
	}
	both := pkgs != nil && config.Child(pkgs.Root, "packages") != nil && deps != nil && config.Child(deps.Root, "packages") != nil
	if both {
		e := deps.Errorf(config.Child(deps.Root, "packages"), "The 'packages' key cannot be specified in both packages.yml and dependencies.yml")
		e.Class = source.Runtime
		return nil, "", e
	}
	if err := checkPackageKeys(pkgs, deps); err != nil {
		return nil, "", err
	}
	doc, name := pkgs, "packages.yml"
	if deps != nil && config.Child(deps.Root, "packages") != nil {
		doc, name = deps, "dependencies.yml"
	}
	if doc == nil {
		return nil, "packages.yml", nil
	}
	list := config.Child(doc.Root, "packages")
	if list == nil {
		return nil, name, nil
	}
	r := &config.Renderer{Globals: o.Secrets, Host: o.Host}
	if name == "dependencies.yml" {
		r.Skip = func([]string) bool { return true }
	}
	out, err := entries(ctx, r, doc, list)
	return out, name, err
}

// LockedPackages reads what package-lock.yml says is to be installed, and the hash of
// what was asked for then. No file is no packages and an empty hash.
func LockedPackages(ctx context.Context, o Options, dir string) ([]Declared, string, error) {
	doc, err := readOptional(o, dir, LockFile)
	if err != nil || doc == nil {
		return nil, "", err
	}
	list, hash := config.Child(doc.Root, "packages"), ""
	if n := config.Child(doc.Root, "sha1_hash"); !config.IsNull(n) {
		hash = n.Value
	}
	if config.IsNull(list) {
		return nil, hash, nil
	}
	out, err := entries(ctx, &config.Renderer{Globals: o.Secrets, Host: o.Host}, doc, list)
	return out, hash, err
}

// LockFile is the file in a project's folder that says which packages to install.
const LockFile = "package-lock.yml"

func entries(ctx context.Context, r *config.Renderer, doc *config.Doc, list *yaml.Node) ([]Declared, error) {
	if list.Kind != sequenceNode {
		return nil, noEntries(doc, list)
	}
	var out []Declared
	for _, n := range list.Content {
		v, err := r.At(ctx, doc, n, "packages")
		if err != nil {
			return nil, err
		}
		raw, err := config.FromYAML(n)
		if err != nil {
			return nil, doc.Errorf(n, "%s", err)
		}
		d, ok := v.(*jinja.Dict)
		if !ok {
			return nil, noEntries(doc, n)
		}
		asWritten, ok := raw.(*jinja.Dict)
		if !ok {
			asWritten = d
		}
		out = append(out, Declared{d, asWritten, doc.File, doc.Span(n)})
	}
	return out, nil
}

// noEntries says that something is no list of mappings, in the words of Python, which
// are what dbt shows.
func noEntries(doc *config.Doc, n *yaml.Node) error {
	kind := "str"
	switch n.Kind {
	case mappingNode:
		kind = "dict"
	case sequenceNode:
		kind = "list"
	}
	e := doc.Errorf(n, "packages: '%s' object does not support item assignment", kind)
	e.Class = source.Runtime
	e.Hint = "packages is a list of mappings, such as `- local: ../other`"
	return e
}

// checkPackageKeys looks at the keys of packages.yml, which counts only where
// dependencies.yml has no packages.
func checkPackageKeys(pkgs, deps *config.Doc) error {
	if pkgs == nil {
		return nil
	}
	if n := config.Child(pkgs.Root, "projects"); n != nil {
		e := pkgs.Errorf(n, "The 'projects' key cannot be specified in packages.yml")
		e.Class, e.Hint = source.Runtime, "write it in dependencies.yml"
		return e
	}
	if deps != nil && config.Child(deps.Root, "packages") != nil {
		return nil
	}
	for _, p := range config.Pairs(pkgs.Root) {
		if p.Name != "packages" && p.Name != "sha1_hash" {
			e := Malformed(pkgs.File, pkgs.Span(p.Key), "Additional properties are not allowed ('"+p.Name+"' was unexpected)")
			return e
		}
	}
	return nil
}

// Malformed is dbt's way of saying that packages.yml has something that it must not
// have. dbt names dbt_project.yml as the file, which tools that show the text know.
func Malformed(file *source.File, span source.Span, problem string) *source.Error {
	return &source.Error{File: file, Span: span, Class: source.Runtime, WordsFirst: true,
		Msg: "The packages.yml file in this project is malformed. Please double check\n" +
			"the contents of this file and fix any errors before retrying.\n\n" +
			"You can find more information on the syntax for this file here:\n" +
			"https://docs.getdbt.com/docs/package-management\n\n" +
			"Validator Error:\n" + problem + "\n\n\n" +
			"Error encountered in " + filepath.Join(filepath.Dir(file.Abs), "dbt_project.yml")}
}

func readOptional(o Options, dir, name string) (*config.Doc, error) {
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(o.shownPath(path), err)
	}
	doc, err := config.ParseYAML(o.fileAt(path, text))
	if err != nil {
		return nil, asRuntime(err)
	}
	if config.IsNull(doc.Root) {
		return nil, nil
	}
	if doc.Root.Kind != mappingNode {
		e := doc.Errorf(doc.Root, "%s does not parse to a dictionary", name)
		e.Class, e.Hint = source.Runtime, "it is a mapping with the key packages"
		return nil, e
	}
	return doc, nil
}
