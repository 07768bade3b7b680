package deps

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weft/compiler/config"
	"weft/compiler/project"
	"weft/compiler/source"
)

// pinned is a package of which it is known exactly what is to be installed.
type pinned struct {
	request
	name    string // its own name, under which it is installed
	version string // hub
	latest  string // hub: the newest version that could be had; empty where not asked
	tarball string // hub: URL of the archive; empty where not asked
	commit  string // git
	dir     string // its files: a local package's own, or unpacked; empty where not fetched
	asks    []*request
}

// wanted is all requests for one package.
type wanted struct{ requests []*request }

func (w *wanted) first() *request { return w.requests[0] }

// versions are the bounds of all requests, the same ones once.
func (w *wanted) versions() []string {
	var out []string
	for _, r := range w.requests {
		for _, v := range r.versions {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

func (w *wanted) revisions() []string {
	var out []string
	for _, r := range w.requests {
		if r.revision != "" && !slices.Contains(out, r.revision) {
			out = append(out, r.revision)
		}
	}
	slices.Sort(out)
	return out
}

func (w *wanted) prerelease() bool {
	return slices.ContainsFunc(w.requests, func(r *request) bool { return r.prerelease })
}

func (w *wanted) unpinned() bool {
	return !slices.ContainsFunc(w.requests, func(r *request) bool { return !r.unpinned })
}

// whoAsks says who asks for what, where more than one does.
func (w *wanted) whoAsks() string {
	if len(w.requests) < 2 {
		if w.first().place.File == nil {
			return "asked for by " + w.first().asker
		}
		return ""
	}
	var parts []string
	for _, r := range w.requests {
		who := r.asker
		if f := r.place.File; f != nil {
			line, _ := f.Position(r.place.Span.Start)
			who = fmt.Sprintf("%s:%d", f.Path, line)
		}
		what := strings.Join(r.versions, ", ")
		if r.kind == git || r.kind == private {
			what = orElse(r.revision, "any revision")
		}
		parts = append(parts, who+" asks for "+what)
	}
	return strings.Join(parts, "; ")
}

// add takes another request in. It says whether that asks for something new.
func (w *wanted) add(r *request) (bool, error) {
	for _, old := range w.requests {
		if old.kind != r.kind {
			e := r.at("%s is asked for as a package of two kinds, %q and %q", r.shown, old.kind.form().key, r.kind.form().key)
			e.Hint = "one name can stand for one package only"
			return false, e
		}
		if slices.Equal(old.versions, r.versions) && old.revision == r.revision && old.unpinned == r.unpinned && old.prerelease == r.prerelease {
			return false, nil
		}
	}
	w.requests = append(w.requests, r)
	return true, nil
}

// resolve finds what is to be installed, breadth first: all that the project asks for,
// then all that those packages ask for. A package that is asked for again is chosen
// again by all requests so far; what an earlier choice asked for stays, as in dbt.
func (in *installer) resolve(ctx context.Context, pending []*request) ([]*pinned, error) {
	all, chosen := map[string]*wanted{}, map[string]*pinned{}
	var order []string
	for len(pending) > 0 {
		var round []string
		for _, r := range pending {
			key := r.key()
			if all[key] == nil {
				all[key] = &wanted{}
				order = append(order, key)
			}
			isNew, err := all[key].add(r)
			if err != nil {
				return nil, err
			}
			if isNew && !slices.Contains(round, key) {
				round = append(round, key)
			}
		}
		pending = nil
		for _, key := range round {
			p, err := in.pin(ctx, all[key])
			if err != nil {
				return nil, err
			}
			chosen[key] = p
			pending = append(pending, p.asks...)
		}
	}
	out := make([]*pinned, len(order))
	for i, key := range order {
		out[i] = chosen[key]
	}
	return out, in.checkResolved(out)
}

// checkResolved wants each name once, and warns of what may change, as dbt does when
// all is found.
func (in *installer) checkResolved(packages []*pinned) error {
	seen := map[string]*pinned{}
	for _, p := range packages {
		if !isFolderName(p.name) {
			return p.at("%s has a name under which it cannot be installed: %q", p.shown, p.name)
		}
		first := seen[p.name]
		if first == nil && p.name != in.root.Name {
			seen[p.name] = p
			continue
		}
		e := p.at("Found duplicate project %q. This occurs when a dependency has the same project name as some other dependency.", p.name)
		e.Hint = "it is the name of the project itself"
		if first != nil {
			e.Hint = fmt.Sprintf("it is the name of %s and of %s", first.shown, p.shown)
		}
		return e
	}
	for _, p := range packages {
		if err := in.warnUnpinned(p); err != nil {
			return err
		}
	}
	return nil
}

// pin chooses what to install for a package and reads what that asks for in turn.
func (in *installer) pin(ctx context.Context, w *wanted) (*pinned, error) {
	switch w.first().kind {
	case hub:
		return in.pinHub(ctx, w)
	case git:
		return in.pinGit(ctx, w)
	case private:
		return in.pinPrivate(ctx, w)
	case tarball:
		return in.pinTarball(ctx, w)
	}
	return in.pinLocal(w.first())
}

func (in *installer) pinLocal(r *request) (*pinned, error) {
	p := in.localPackage(r)
	if err := in.read(p); err != nil {
		return nil, err
	}
	return p, in.readAsks(p)
}

// localPackage is a package on the disk; its path is from the project's own folder, also
// where another package asks for it.
func (in *installer) localPackage(r *request) *pinned {
	p := &pinned{request: *r, dir: r.source}
	if !filepath.IsAbs(p.dir) {
		p.dir = filepath.Join(in.root.Dir, p.dir)
	}
	return p
}

func (in *installer) pinTarball(ctx context.Context, w *wanted) (*pinned, error) {
	p := &pinned{request: *w.first()}
	file, err := in.archive(ctx, tarballKey(&p.request), p.source, true)
	if err != nil {
		return nil, in.placed(p, err)
	}
	if err := in.open(ctx, p, file); err != nil {
		return nil, err
	}
	// Its folder has the name that the project gives it.
	p.name = p.request.name
	return p, in.readAsks(p)
}

func tarballKey(r *request) string { return "tarball\x00" + r.source }

// open unpacks the archive of a package and finds its name.
func (in *installer) open(ctx context.Context, p *pinned, file string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	dir, err := in.unpack(file)
	if err != nil {
		return in.placed(p, fmt.Errorf("%s cannot be unpacked: %w", p.shown, err))
	}
	p.dir = dir
	return in.read(p)
}

// placed puts an error where the package is asked for, if it has no place.
func (in *installer) placed(p *pinned, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var e *source.Error
	if errors.As(err, &e) && e.File != nil {
		return err
	}
	out := p.at("%s", in.mask(err.Error()))
	out.Err = err
	return out
}

// read finds the name of a package in its folder.
func (in *installer) read(p *pinned) error {
	file := filepath.Join(p.dir, "dbt_project.yml")
	content, err := os.ReadFile(file)
	if err != nil {
		shown := file
		if p.kind != local {
			shown = p.shown + ": dbt_project.yml"
		}
		e := p.at("No dbt_project.yml found at expected path %s\nVerify that each entry within packages.yml (and their transitive dependencies) contains a file named dbt_project.yml", shown)
		e.WordsFirst, e.Err = true, err
		if !errors.Is(err, fs.ErrNotExist) {
			e.Msg = err.Error()
		}
		return e
	}
	doc, err := config.ParseYAML(&source.File{Path: file, Text: string(content)})
	if err != nil {
		return err
	}
	name := config.Child(doc.Root, "name")
	if config.IsNull(name) {
		return doc.Errorf(doc.Root, `Required "name" field not present in project`)
	}
	p.name = name.Value
	return nil
}

// readAsks finds what a package asks for in turn.
func (in *installer) readAsks(p *pinned) error {
	list, _, err := in.o.Declared(p.dir)
	if err != nil {
		return err
	}
	p.asks, err = in.requests(list, p.name)
	return err
}

// requests reads entries, all of them, so that all problems are told together.
func (in *installer) requests(list []project.Declared, asker string) ([]*request, error) {
	var out []*request
	var bad source.Errors
	for _, d := range list {
		r, err := in.request(d, asker)
		if err != nil {
			bad = append(bad, source.All(err)...)
			continue
		}
		out = append(out, r)
	}
	return out, bad.ErrorOrNil()
}
