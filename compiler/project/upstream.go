package project

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weft/compiler/config"
	"weft/compiler/source"
)

// Upstream is an entry below projects in dependencies.yml: another project, whose
// public models can be referred to with ref('name', 'model'). Where its manifest is
// says either path (a folder: the project's, or that of its artifacts) or manifest (a
// file or a URL). With a name alone, as dbt has it, it stands for something that only
// a service knows.
type Upstream struct {
	Name     string
	Manifest string // a file, absolute, or a URL; empty where only the name is known

	File *source.File
	Span source.Span
}

// IsURL says whether the manifest must be fetched.
func (u Upstream) IsURL() bool { return strings.Contains(u.Manifest, "://") }

// Errorf makes an error at the entry.
func (u Upstream) Errorf(format string, args ...any) *source.Error {
	return &source.Error{File: u.File, Span: u.Span, Class: source.Runtime, Msg: fmt.Sprintf(format, args...)}
}

// upstreamKeys are the keys that an entry can have.
var upstreamKeys = []string{"name", "path", "manifest"}

func readUpstream(o Options, dir string) ([]Upstream, error) {
	doc, err := readOptional(o, dir, "dependencies.yml")
	if err != nil || doc == nil {
		return nil, err
	}
	list := config.Child(doc.Root, "projects")
	if config.IsNull(list) {
		return nil, nil
	}
	if list.Kind != sequenceNode {
		e := doc.Errorf(list, "projects is no list")
		e.Class, e.Hint = source.Runtime, "write a list of mappings, such as `- {name: other, path: ../other}`"
		return nil, e
	}
	var out []Upstream
	var bad source.Errors
	for _, n := range list.Content {
		u := Upstream{File: doc.File, Span: doc.Span(n)}
		values := map[string]string{}
		for _, p := range config.Pairs(n) {
			if !slices.Contains(upstreamKeys, p.Name) {
				e := doc.Errorf(p.Key, "%q is no key of a project", p.Name)
				e.Class, e.Hint = source.Runtime, "the keys are "+strings.Join(upstreamKeys, ", ")
				bad = append(bad, e)
			}
			if p.Value != nil && !config.IsNull(p.Value) {
				values[p.Name] = config.Deref(p.Value).Value
			}
		}
		u.Name = values["name"]
		switch {
		case u.Name == "":
			bad = append(bad, u.Errorf("a project needs a name"))
		case slices.ContainsFunc(out, func(o Upstream) bool { return o.Name == u.Name }):
			bad = append(bad, u.Errorf("the project %q is named twice", u.Name))
		case values["path"] != "" && values["manifest"] != "":
			bad = append(bad, u.Errorf("the project %q has a path and a manifest; one of them says where it is", u.Name))
		}
		u.Manifest = where(dir, values["path"], values["manifest"])
		out = append(out, u)
	}
	return out, bad.ErrorOrNil()
}

// where finds the manifest of an entry.
func where(dir, path, manifest string) string {
	switch {
	case strings.Contains(manifest, "://"):
		return manifest
	case manifest != "":
		return absolute(dir, manifest)
	case path == "":
		return ""
	}
	folder := absolute(dir, path)
	inTarget := filepath.Join(folder, "target", "manifest.json")
	if direct := filepath.Join(folder, "manifest.json"); exists(direct) && !exists(inTarget) {
		return direct
	}
	return inTarget
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// UpstreamHint says what is missing where a project is named in dependencies.yml, but
// not where it is; empty for all else.
func (p *Project) UpstreamHint(name string) string {
	for _, u := range p.Upstream {
		if u.Name == name && u.Manifest == "" {
			return fmt.Sprintf("dependencies.yml names the project %q, but not where it is: add path (its folder) or manifest (its manifest.json, a file or a URL)", name)
		}
	}
	return ""
}
