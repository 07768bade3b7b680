// Package deps installs the packages that a project asks for.
package deps

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/project"
	"weft/compiler/source"
)

// Package is one package to install.
type Package struct {
	Name  string // its own project name
	Local string // as written
	Dir   string // absolute
}

// Options are what Install needs of the outside.
type Options struct {
	// Declared gives what a package asks for.
	Declared func(dir string) ([]project.Declared, error)
	LockOnly bool
	// Say is told what is being done.
	Say func(string)
}

// Resolve finds all packages that a project asks for, and what those ask for.
// Packages from elsewhere than the disk are an error that says so.
func Resolve(root *project.Package, o Options) ([]Package, error) {
	var out []Package
	seen := map[string]bool{}
	todo := []string{root.Dir}
	for len(todo) > 0 {
		dir := todo[0]
		todo = todo[1:]
		list, err := o.Declared(dir)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			p, err := local(root.Dir, d)
			if err != nil {
				return nil, err
			}
			if seen[p.Dir] {
				continue
			}
			seen[p.Dir] = true
			if p.Name == root.Name || slices.ContainsFunc(out, func(q Package) bool { return q.Name == p.Name }) {
				return nil, &source.Error{File: d.File, Span: d.Span, Class: source.Runtime,
					Msg:  fmt.Sprintf("Found duplicate project %q. This occurs when a dependency has the same project name as some other dependency.", p.Name),
					Hint: "names of packages must differ"}
			}
			out = append(out, p)
			todo = append(todo, p.Dir)
		}
	}
	return out, nil
}

// kindsOfPackage are the keys that say where a package comes from.
var kindsOfPackage = []string{"local", "git", "package", "tarball", "private"}

func local(root string, d project.Declared) (Package, error) {
	v, ok := d.Entry.GetStr("local")
	if !ok {
		for _, k := range kindsOfPackage {
			if v, other := d.Entry.GetStr(k); other {
				return Package{}, &source.Error{File: d.File, Span: d.Span, Class: source.Runtime,
					Msg:  fmt.Sprintf("the package %s: %s is not on this disk, and this version of weft installs local packages only", k, v),
					Hint: "fetch it to a folder and name that with `local:`"}
			}
		}
		return Package{}, &source.Error{File: d.File, Span: d.Span, Class: source.Runtime,
			Msg:  fmt.Sprintf("The packages.yml file in this project is malformed: %s is not valid under any of the given schemas", jinja.Repr(d.Entry)),
			Hint: "a package has one of the keys " + strings.Join(kindsOfPackage, ", ")}
	}
	dir := v.String()
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	file := filepath.Join(dir, "dbt_project.yml")
	text, err := os.ReadFile(file)
	if err != nil {
		e := &source.Error{File: d.File, Span: d.Span, Class: source.Runtime, Err: err,
			Msg:  fmt.Sprintf("No dbt_project.yml found at expected path %s", file),
			Hint: "each entry of packages.yml, and of the packages' own, must name a folder with a dbt_project.yml"}
		if !errors.Is(err, fs.ErrNotExist) {
			e.Msg = err.Error()
		}
		return Package{}, e
	}
	doc, err := config.ParseYAML(&source.File{Path: file, Text: string(text)})
	if err != nil {
		return Package{}, err
	}
	name := config.Child(doc.Root, "name")
	if config.IsNull(name) {
		return Package{}, doc.Errorf(doc.Root, `Required "name" field not present in project`)
	}
	return Package{Name: name.Value, Local: v.String(), Dir: dir}, nil
}

// Install puts the packages of a project into its install folder and writes the
// lock file. What was in the folder is removed once everything has been found.
func Install(root *project.Package, o Options) error {
	packages, err := Resolve(root, o)
	if err != nil {
		return err
	}
	declared, err := o.Declared(root.Dir)
	if err != nil {
		return err
	}
	if len(declared) == 0 {
		o.Say("Warning: No packages were found in packages.yml")
		return nil
	}
	if err := writeLock(root.Dir, packages, declared, o.Say); err != nil {
		return err
	}
	if o.LockOnly {
		return nil
	}
	into := filepath.Join(root.Dir, root.Settings.InstallPath)
	if err := os.RemoveAll(into); err != nil {
		return failed(err)
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return failed(err)
	}
	for _, p := range packages {
		o.Say("Installing " + p.Local)
		if err := link(into, p); err != nil {
			return err
		}
		o.Say("Installed from <local @ " + p.Local + ">")
	}
	return nil
}

func failed(err error) error {
	return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
}

// link makes a relative link to the package's folder, or a copy of it where links
// cannot be made.
func link(into string, p Package) error {
	to := filepath.Join(into, p.Name)
	rel, err := filepath.Rel(into, p.Dir)
	if err != nil {
		rel = p.Dir
	}
	if os.Symlink(rel, to) == nil {
		return nil
	}
	if err := os.CopyFS(to, os.DirFS(p.Dir)); err != nil {
		return failed(err)
	}
	return nil
}

// writeLock writes package-lock.yml: what was installed, and a hash of what was
// asked for.
func writeLock(dir string, packages []Package, declared []project.Declared, say func(string)) error {
	type entry struct {
		Local string `yaml:"local"`
		Name  string `yaml:"name"`
	}
	lock := struct {
		Packages []entry `yaml:"packages"`
		Hash     string  `yaml:"sha1_hash"`
	}{}
	for _, p := range packages {
		lock.Packages = append(lock.Packages, entry{p.Local, p.Name})
	}
	lock.Hash = hash(declared)
	var b strings.Builder
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(lock); err != nil {
		return failed(err)
	}
	path := filepath.Join(dir, "package-lock.yml")
	if old, err := os.ReadFile(path); err == nil && string(old) == b.String() {
		return nil
	}
	say("Updating lock file in file path: " + path)
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return failed(err)
	}
	return nil
}

// hash is dbt's: SHA-1 of the entries as JSON with sorted keys, sorted, on lines.
func hash(declared []project.Declared) string {
	lines := make([]string, 0, len(declared))
	for _, d := range declared {
		all := d.Entry.Copy()
		all.SetStr("unrendered", d.Entry)
		b, err := jinja.AppendJSON(nil, all, jinja.JSONOptions{SortKeys: true, ASCII: true})
		if err != nil {
			continue
		}
		lines = append(lines, string(b))
	}
	slices.Sort(lines)
	sum := sha1.Sum([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}
