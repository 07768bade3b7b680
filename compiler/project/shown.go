package project

import (
	"path/filepath"
	"strings"

	"weft/compiler/source"
)

// fileAt makes the source of a file on disk, with the path that messages show.
func (o Options) fileAt(path string, text []byte) *source.File {
	return &source.File{Path: o.shownPath(path), Text: string(text), Abs: path}
}

// shownPath is a path as people know it: within the project from its folder, elsewhere
// in the home folder with ~.
func (o Options) shownPath(path string) string {
	root, err := FindRoot(o)
	if err == nil {
		if rel, inside := strings.CutPrefix(path, root+string(filepath.Separator)); inside {
			return filepath.ToSlash(rel)
		}
	}
	if o.Home != "" {
		if rel, inside := strings.CutPrefix(path, o.Home+string(filepath.Separator)); inside {
			return "~/" + filepath.ToSlash(rel)
		}
	}
	return path
}
