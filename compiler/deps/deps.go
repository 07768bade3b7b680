// Package deps finds, fetches and installs the packages that a project asks for: from
// the disk, from git, from archives and from the package hub.
package deps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"weft/compiler/project"
	"weft/compiler/source"
)

// Level is how important a notice is.
type Level uint8

// The levels.
const (
	Info Level = iota
	Debug
)

// Notice is something that is told while packages are installed, under dbt's names.
type Notice struct {
	Name, Code string
	Level      Level
	Msg        string
	Data       map[string]any
}

// Options are what Install needs of the outside.
type Options struct {
	// Declared gives what a package asks for and the file that says so, Locked what
	// the lock file says and its hash.
	Declared func(dir string) ([]project.Declared, string, error)
	Locked   func(dir string) ([]project.Declared, string, error)

	Version   string // of dbt, which packages must be made for
	NoVersion bool   // take those of other versions too

	LockOnly bool
	Upgrade  bool   // choose versions again
	Add      string // a package to put into packages.yml first: name or name@version
	AddFrom  string // hub, git or local

	HubURL    string        // of the package hub
	CacheDir  string        // for archives; empty for none that stays
	Providers string        // where private packages are, as JSON
	Env       []string      // of git
	Pause     time.Duration // before the second attempt to fetch something

	// Reveal replaces the placeholders of secrets. Mask hides the secrets themselves in
	// a text.
	Reveal func(text string) (revealed string, found bool)
	Mask   func(text string) string

	// Say is told what is being done, Warn of what is to be warned of; its error is that
	// warning where it counts as one.
	Say  func(Notice)
	Warn func(*source.Error) error
}

// hide replaces the placeholders of secrets by asterisks.
func (o Options) hide(text string) string {
	if open, found := o.Reveal(text); found {
		return o.Mask(open)
	}
	return text
}

// installer is one call of Install.
type installer struct {
	o       Options
	root    *project.Package
	into    string // where packages are installed
	staging string // a folder beside it for what is not finished
	cache   cache
	client  *http.Client
	index   map[string]bool
	hub     map[string]*hubPackage
	hidden  []string // more secrets
}

// mask hides all secrets in a text.
func (in *installer) mask(text string) string {
	for _, s := range in.hidden {
		if s != "" {
			text = strings.ReplaceAll(text, s, "*****")
		}
	}
	return in.o.Mask(text)
}

func (in *installer) say(name, code, msg string, data ...any) {
	n := Notice{Name: name, Code: code, Msg: msg, Data: map[string]any{}}
	for i := 0; i+1 < len(data); i += 2 {
		n.Data[data[i].(string)] = data[i+1]
	}
	in.o.Say(n)
}

// Install chooses the packages of a project, writes the lock file and puts the packages
// into the project's install folder. Versions are chosen anew where the project asks for
// something else than when the lock file was written. Where anything fails, the lock
// file, the folder and packages.yml stay as they were.
func Install(ctx context.Context, root *project.Package, o Options) error {
	in := &installer{o: o, root: root, client: newClient(), hub: map[string]*hubPackage{}}
	if o.Add == "" {
		return in.install(ctx)
	}
	restore, err := in.addPackage()
	if err != nil {
		return err
	}
	if err := in.install(ctx); err != nil {
		restore()
		return err
	}
	return nil
}

func (in *installer) install(ctx context.Context) error {
	declared, _, err := in.o.Declared(in.root.Dir)
	if err != nil {
		return err
	}
	requests, err := in.requests(declared, in.root.Name)
	if err != nil {
		return err
	}
	if len(requests) == 0 {
		in.sayNone()
		return nil
	}
	if err := in.prepare(); err != nil {
		return err
	}
	defer os.RemoveAll(in.staging)
	hash, err := in.hash(declared)
	if err != nil {
		return err
	}
	packages, err := in.locked(hash)
	if err != nil {
		return err
	}
	lock := ""
	if packages == nil {
		if packages, err = in.resolve(ctx, requests); err != nil {
			return err
		}
		if lock, err = lockText(packages, hash); err != nil {
			return failed(err)
		}
		in.say("DepsLockUpdating", "M031", "Updating lock file in file path: "+in.lockPath(), "lock_filepath", in.lockPath())
	}
	if !in.o.LockOnly {
		if err := in.installAll(ctx, packages); err != nil {
			return err
		}
	}
	if lock != "" {
		if err := writeFile(in.lockPath(), lock); err != nil {
			return err
		}
	}
	if !in.o.LockOnly {
		in.sayUpdates(packages)
	}
	return nil
}

func (in *installer) lockPath() string { return filepath.Join(in.root.Dir, project.LockFile) }

// sayNone says that there is nothing to do: dbt says so for the lock file and for the
// packages.
func (in *installer) sayNone() {
	times := 2
	if in.o.LockOnly {
		times = 1
	}
	for range times {
		in.say("DepsNoPackagesFound", "M013", "Warning: No packages were found in packages.yml")
	}
}

// prepare makes the folders that are needed on the way.
func (in *installer) prepare() error {
	in.into = in.root.Settings.InstallPath
	if !filepath.IsAbs(in.into) {
		in.into = filepath.Join(in.root.Dir, in.into)
	}
	if rel, err := filepath.Rel(in.into, in.root.Dir); err == nil && filepath.IsLocal(rel) {
		return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("packages-install-path is %s, which holds the project itself and would be replaced", in.into),
			Hint: "name a folder for packages only"}
	}
	// The folder may be a link to somewhere; it stays one.
	if real, err := filepath.EvalSymlinks(in.into); err == nil {
		in.into = real
	}
	if err := os.MkdirAll(filepath.Dir(in.into), 0o755); err != nil {
		return failed(err)
	}
	var err error
	if in.staging, err = os.MkdirTemp(filepath.Dir(in.into), ".dbt_packages-*"); err != nil {
		return failed(err)
	}
	in.cache.dir = in.o.CacheDir
	if in.cache.dir == "" || os.MkdirAll(in.cache.dir, 0o700) != nil || !writable(in.cache.dir) {
		in.cache.dir = filepath.Join(in.staging, "cache")
		return failed(os.Mkdir(in.cache.dir, 0o700))
	}
	return nil
}

func writable(dir string) bool {
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

// locked gives what the lock file says, or nothing where versions must be chosen.
func (in *installer) locked(hash string) ([]*pinned, error) {
	if in.o.Upgrade {
		return nil, nil
	}
	list, old, err := in.o.Locked(in.root.Dir)
	if err != nil {
		return nil, hinted(err, "mend it, or choose versions again with --upgrade")
	}
	if old != hash || len(list) == 0 {
		return nil, nil
	}
	requests, err := in.requests(list, project.LockFile)
	if err != nil {
		return nil, hinted(err, "choose versions again with --upgrade")
	}
	var out []*pinned
	for _, r := range requests {
		p, err := in.fromLock(r)
		if err != nil {
			return nil, hinted(err, "choose versions again with --upgrade")
		}
		out = append(out, p)
	}
	return out, in.checkResolved(out)
}

// fromLock is the package that an entry of the lock file says.
func (in *installer) fromLock(r *request) (*pinned, error) {
	if r.kind == local {
		p := in.localPackage(r)
		return p, in.read(p)
	}
	p := &pinned{request: *r, name: r.name, commit: r.revision}
	switch {
	case r.kind == hub && len(r.versions) != 1 || (r.kind == git || r.kind == private) && !isCommit(r.revision):
		return nil, r.at("%s is not pinned in the lock file", r.shown)
	case r.kind == hub:
		p.version = r.versions[0]
	case r.kind == private:
		url, err := in.privateURL(r)
		if err != nil {
			return nil, err
		}
		p.url = url
	}
	return p, nil
}

func hinted(err error, hint string) error {
	for _, e := range source.All(err) {
		if e.Hint == "" {
			e.Hint = hint
		}
	}
	return err
}
