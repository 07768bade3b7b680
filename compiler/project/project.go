// Package project reads a project from disk: settings, profile, packages and
// files. It understands YAML, but not what the resources in it mean.
package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weft/adapters"
	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Options is what the outside says: flags, environment, clock.
type Options struct {
	Dir         string // folder of the project; empty to search from the working folder upward
	WorkDir     string // working folder, absolute
	ProfilesDir string // empty for the usual search
	Home        string // home folder, for ~/.dbt
	Profile     string // --profile
	Target      string // --target
	Threads     int    // --threads; 0 for the profile's
	Version     string // the dbt version that is emulated, such as "1.11.16"
	NoVersion   bool   // --no-version-check

	Vars *jinja.Dict // --vars

	// Globals are the names for dbt_project.yml and properties files, Secrets
	// those for profiles.yml and packages.yml, where env_var gives placeholders
	// for secrets. Host goes with both.
	Globals, Secrets jinja.Globals
	Host             any

	// Reveal replaces the placeholders of secrets; found says that there were any.
	Reveal func(text string) (revealed string, found bool)

	// Dialect finds the dialect of a profile type; nil if there is none.
	Dialect func(name string) *adapters.Dialect

	// Loaded is told of the project when its settings and profile are known, before
	// its packages are looked for; may be nil.
	Loaded func(*Project)

	// Inform is told what was chosen because nothing was said; may be nil.
	Inform func(string)

	NoProfile  bool // the command needs no connection (deps, clean)
	NoPackages bool // do not require the packages to be installed

	// CheckPackages looks at what packages the project asks for; may be nil.
	CheckPackages func([]Declared) error
}

// Project is the root package, its dependencies and the profile.
type Project struct {
	Root     *Package
	Packages []*Package // root first, then the installed ones by folder name
	Profile  *Profile   // nil with Options.NoProfile
	Vars     *jinja.Dict

	// Unread is what is wrong with files that ReadFiles left out. Package parse reports
	// it together with what is wrong in the others.
	Unread source.Errors

	// Notices are warnings about the settings, for when the options of warnings are known.
	Notices source.Errors

	Upstream []Upstream // other projects whose models this one refers to
}

// Package is one project on disk: the root or an installed one.
type Package struct {
	Name     string
	Dir      string // absolute
	Settings *Settings
	Doc      *config.Doc // dbt_project.yml
	Files    []*File     // filled by Files
}

// IsRoot says whether p is the project itself.
func (p *Project) IsRoot(pkg *Package) bool { return p.Root == pkg }

// Package finds a package by name, or nil.
func (p *Project) Package(name string) *Package {
	for _, pkg := range p.Packages {
		if pkg.Name == name {
			return pkg
		}
	}
	return nil
}

// Load reads everything that is not the resources' own files; ReadFiles does those.
func Load(ctx context.Context, o Options) (*Project, error) {
	dir, err := FindRoot(o)
	if err != nil {
		return nil, err
	}
	doc, err := readProjectFile(o, dir, "dbt_project.yml")
	if err != nil {
		return nil, err
	}
	p := &Project{Vars: o.Vars}
	if p.Vars == nil {
		p.Vars = jinja.NewDict()
	}
	globals := o.Globals
	if !o.NoProfile {
		if p.Profile, err = loadProfile(ctx, o, doc); err != nil {
			return nil, err
		}
		globals = WithTarget(o.Globals, p.Profile.Target)
	}
	if p.Root, err = loadPackage(ctx, o, dir, doc, globals, true); err != nil {
		return nil, err
	}
	p.Packages = []*Package{p.Root}
	p.Notices = p.Root.Settings.notices
	if err := p.movedFlags(); err != nil {
		return nil, err
	}
	if o.Loaded != nil {
		o.Loaded(p)
	}
	if p.Root.Settings.late != nil {
		return nil, p.Root.Settings.late
	}
	if o.NoPackages {
		return p, nil
	}
	if err := p.checkName(); err != nil {
		return nil, err
	}
	if p.Upstream, err = readUpstream(o, dir); err != nil {
		return nil, err
	}
	if err := p.loadInstalled(ctx, o, globals); err != nil {
		return nil, err
	}
	return p, nil
}

// FindRoot gives the folder of the project: the one that is named, else the
// nearest that holds a dbt_project.yml, from the working folder upward.
func FindRoot(o Options) (string, error) {
	if o.Dir != "" {
		return absolute(o.WorkDir, o.Dir), nil
	}
	for dir := o.WorkDir; ; {
		if _, err := os.Stat(filepath.Join(dir, "dbt_project.yml")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return o.WorkDir, nil
		}
		dir = up
	}
}

func absolute(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// readProjectFile reads a file of settings, which must exist and be a mapping.
func readProjectFile(o Options, dir, name string) (*config.Doc, error) {
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &source.Error{
			Class: source.Runtime,
			Msg:   fmt.Sprintf("No %s found at expected path %s", name, path),
			Hint:  "run weft in the folder of a project, name it with --project-dir, or make one with `weft init`",
		}
	}
	if err != nil {
		return nil, unreadable(o.shownPath(path), err)
	}
	f := o.fileAt(path, text)
	doc, err := config.ParseYAML(f)
	if err != nil {
		return nil, asRuntime(err)
	}
	if doc.Root == nil || doc.Root.Kind != mappingNode {
		return nil, &source.Error{File: f, Class: source.Runtime, Msg: name + " does not parse to a dictionary", Hint: "it is a mapping with keys such as name, version and profile"}
	}
	return doc, nil
}

func unreadable(path string, err error) *source.Error {
	return &source.Error{File: &source.File{Path: path}, Class: source.Runtime, Msg: "cannot be read: " + cause(err), Err: err}
}

// cause is the last part of a file error, which does not repeat the path.
func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func asRuntime(err error) error {
	for _, e := range source.All(err) {
		if e.Class == "" || e.Class == source.Parsing {
			e.Class = source.Runtime
		}
	}
	return err
}

func loadPackage(ctx context.Context, o Options, dir string, doc *config.Doc, globals jinja.Globals, root bool) (*Package, error) {
	s, err := loadSettings(ctx, o, doc, globals)
	if err != nil {
		return nil, err
	}
	if err := s.checkVersion(o, doc); err != nil {
		return nil, err
	}
	return &Package{Name: s.Name, Dir: dir, Settings: s, Doc: doc}, nil
}

// loadInstalled reads the packages in packages-install-path. It is an error if
// more are declared than are there.
func (p *Project) loadInstalled(ctx context.Context, o Options, globals jinja.Globals) error {
	base := filepath.Join(p.Root.Dir, p.Root.Settings.InstallPath)
	entries, err := os.ReadDir(base)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unreadable(o.shownPath(base), err)
	}
	var dirs []string
	for _, e := range entries {
		path := filepath.Join(base, e.Name())
		// os.Stat follows the links that deps makes for local packages.
		if info, err := os.Stat(path); err == nil && info.IsDir() && !strings.HasPrefix(e.Name(), "__") {
			dirs = append(dirs, path)
		}
	}
	declared, file, err := DeclaredPackages(ctx, o, p.Root)
	if err != nil {
		return err
	}
	if o.CheckPackages != nil {
		if err := o.CheckPackages(declared); err != nil {
			return err
		}
	}
	if len(declared) > len(dirs) {
		return &source.Error{
			Class: source.Compilation,
			Msg: fmt.Sprintf("dbt found %d package(s) specified in %s, but only %d package(s) installed in %s. Run \"dbt deps\" to install package dependencies.",
				len(declared), file, len(dirs), p.Root.Settings.InstallPath),
		}
	}
	slices.Sort(dirs)
	for _, dir := range dirs {
		doc, err := readProjectFile(o, dir, "dbt_project.yml")
		if err != nil {
			return err
		}
		pkg, err := loadPackage(ctx, o, dir, doc, globals, false)
		if err != nil {
			return err
		}
		if p.Package(pkg.Name) != nil || p.builtIn(pkg.Name) {
			return &source.Error{
				File: doc.File, Class: source.Compilation,
				Msg:  fmt.Sprintf("two projects are named %q", pkg.Name),
				Hint: "names of packages must differ from each other and from the project's own",
			}
		}
		p.Packages = append(p.Packages, pkg)
	}
	for _, pkg := range p.Packages[1:] {
		p.Notices = append(p.Notices, pkg.Settings.notices...)
	}
	return nil
}

// WithTarget adds the name "target" to globals.
func WithTarget(g jinja.Globals, target *jinja.Dict) jinja.Globals {
	return targetGlobals{g, target}
}

type targetGlobals struct {
	jinja.Globals
	target *jinja.Dict
}

// Lookup gives target, else what the others give.
func (g targetGlobals) Lookup(name string) (jinja.Value, bool) {
	if name == "target" {
		return g.target, true
	}
	return g.Globals.Lookup(name)
}
