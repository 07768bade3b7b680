// Package macros carries the SQL that is built in: the macros that every project can
// call, redefine and see in its stack traces.
package macros

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

// FS holds one folder for all warehouses (default) and one for each warehouse.
//
//go:embed default bigquery duckdb postgres snowflake
var FS embed.FS

// Package is the macros that a dbt package of the same name has.
type Package struct {
	Name  string // "dbt" for those of all warehouses, "dbt_duckdb" for DuckDB's
	Files []File // sorted by path
}

// File is one file of macros. Path is what users see in a stack trace, such as
// "macros/etc/statement.sql".
type File struct {
	Path string
	Text string
}

// Packages gives the built-in packages for a warehouse: first those of all, then its
// parents', then its own. A later package's macro stands for an earlier one's of the
// same name. dialect is the profile's type; parents are nearest first, as a
// Dialect has them. A warehouse without a folder is an error.
func Packages(dialect string, parents ...string) ([]Package, error) {
	folders := []string{dialect}
	folders = append(folders, parents...)
	packages := make([]Package, 0, len(folders)+1)
	global, err := read("dbt", "default")
	if err != nil {
		return nil, err
	}
	packages = append(packages, global)
	for i := len(folders) - 1; i >= 0; i-- {
		p, err := read("dbt_"+folders[i], folders[i])
		if err != nil {
			return nil, fmt.Errorf("no built-in macros for %q: %w", folders[i], err)
		}
		packages = append(packages, p)
	}
	return packages, nil
}

func read(name, folder string) (Package, error) {
	p := Package{Name: name}
	err := fs.WalkDir(FS, folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".sql" {
			return err
		}
		text, err := FS.ReadFile(file)
		if err != nil {
			return err
		}
		p.Files = append(p.Files, File{Path: "macros" + file[len(folder):], Text: string(text)})
		return nil
	})
	return p, err
}
