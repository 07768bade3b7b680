package project

import (
	"context"
	"os"
	"path/filepath"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Declared is one entry of packages.yml or dependencies.yml.
type Declared struct {
	Entry *jinja.Dict // rendered, as written
	File  *source.File
	Span  source.Span
}

// DeclaredPackages reads what packages a package asks for. The second result is
// the name of the file that says so. No file is no packages.
func DeclaredPackages(ctx context.Context, o Options, p *Package) ([]Declared, string, error) {
	pkgs, err := readOptional(p.Dir, "packages.yml")
	if err != nil {
		return nil, "", err
	}
	deps, err := readOptional(p.Dir, "dependencies.yml")
	if err != nil {
		return nil, "", err
	}
	both := pkgs != nil && config.Child(pkgs.Root, "packages") != nil && deps != nil && config.Child(deps.Root, "packages") != nil
	if both {
		e := deps.Errorf(config.Child(deps.Root, "packages"), "The 'packages' key cannot be specified in both packages.yml and dependencies.yml")
		e.Class = source.Runtime
		return nil, "", e
	}
	doc, name := pkgs, "packages.yml"
	if deps != nil && config.Child(deps.Root, "packages") != nil {
		doc, name = deps, "dependencies.yml"
	}
	if doc == nil {
		return nil, "packages.yml", nil
	}
	list := config.Child(doc.Root, "packages")
	if config.IsNull(list) {
		return nil, name, nil
	}
	if list.Kind != sequenceNode {
		e := doc.Errorf(list, "packages must be a list")
		e.Class = source.Runtime
		return nil, "", e
	}
	r := &config.Renderer{Globals: o.Secrets, Host: o.Host}
	if name == "dependencies.yml" {
		r.Skip = func([]string) bool { return true }
	}
	var out []Declared
	for _, n := range list.Content {
		v, err := r.At(ctx, doc, n, "packages")
		if err != nil {
			return nil, "", err
		}
		d, ok := v.(*jinja.Dict)
		if !ok {
			e := doc.Errorf(n, "a package is a mapping, such as `local: ../other`")
			e.Class = source.Runtime
			return nil, "", e
		}
		out = append(out, Declared{d, doc.File, doc.Span(n)})
	}
	return out, name, nil
}

func readOptional(dir, name string) (*config.Doc, error) {
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	doc, err := config.ParseYAML(&source.File{Path: path, Text: string(text)})
	if err != nil {
		return nil, asRuntime(err)
	}
	if doc.Root == nil {
		return nil, nil
	}
	return doc, nil
}
