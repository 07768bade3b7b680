package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"weft/compiler/artifact"
	"weft/compiler/deps"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/source"
)

// upstream reads the models of the other projects that dependencies.yml says are
// referred to.
func (a *app) upstream() ([]*manifest.Node, error) {
	var out []*manifest.Node
	var bad source.Errors
	for _, u := range a.project.Upstream {
		if u.Manifest == "" {
			continue
		}
		nodes, err := a.modelsOf(u)
		if err != nil {
			bad = append(bad, source.All(err)...)
			continue
		}
		out = append(out, nodes...)
	}
	return out, bad.ErrorOrNil()
}

func (a *app) modelsOf(u project.Upstream) ([]*manifest.Node, error) {
	if a.project.Package(u.Name) != nil {
		return nil, u.Errorf("%q is the name of this project or of one of its packages, and of another project", u.Name)
	}
	text, err := a.manifestOf(u)
	if err != nil {
		return nil, err
	}
	nodes, err := artifact.ReadExternal(bytes.NewReader(text), u.Name)
	if err != nil {
		e := u.Errorf("the manifest of the project %q at %s cannot be used: %s", u.Name, u.Manifest, err)
		e.Err = err
		return nil, e
	}
	return nodes, nil
}

func (a *app) manifestOf(u project.Upstream) ([]byte, error) {
	if u.IsURL() {
		text, err := deps.Fetch(a.ctx, u.Manifest, a.fetching())
		if err != nil && a.ctx.Err() == nil {
			e := u.Errorf("%s", source.All(err)[0].Msg)
			e.Err = err
			return nil, e
		}
		return text, err
	}
	text, err := os.ReadFile(u.Manifest)
	if err == nil {
		return text, nil
	}
	e := u.Errorf("the manifest of the project %q cannot be read: %s", u.Name, err)
	e.Err = err
	if errors.Is(err, fs.ErrNotExist) {
		e.Hint = "parse or build that project first, or name its manifest.json with `manifest:`"
	}
	return nil, e
}
