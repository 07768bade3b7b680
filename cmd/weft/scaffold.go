package main

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/flosch/pongo2/v6"
)

//go:embed all:scaffold
var scaffoldFS embed.FS

// scaffoldFile is one file of a new project.
type scaffoldFile struct{ path, text string }

// scaffold gives the files of a new project. They are documents of our own, so
// they are templates in Django's manner, with the project's Jinja kept raw.
func scaffold(name string, profile bool) ([]scaffoldFile, error) {
	var out []scaffoldFile
	err := fs.WalkDir(scaffoldFS, "scaffold", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel := strings.TrimPrefix(path, "scaffold/")
		if rel == "profiles.yml" && !profile {
			return nil
		}
		text, err := scaffoldFS.ReadFile(path)
		if err != nil {
			return err
		}
		t, err := pongo2.FromBytes(text)
		if err != nil {
			return err
		}
		filled, err := t.Execute(pongo2.Context{"name": name})
		if err != nil {
			return err
		}
		out = append(out, scaffoldFile{rel, filled})
		return nil
	})
	return out, err
}
