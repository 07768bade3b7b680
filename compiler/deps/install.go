package deps

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/project"
)

// installAll puts packages into a new folder and then that in the place of what was
// installed before, which stays as it is where something fails.
func (in *installer) installAll(ctx context.Context, packages []*pinned) error {
	out := filepath.Join(in.staging, "packages")
	if err := os.Mkdir(out, 0o755); err != nil {
		return failed(err)
	}
	for _, p := range packages {
		if err := ctx.Err(); err != nil {
			return err
		}
		in.say("DepsStartPackageInstall", "M014", "Installing "+p.title(), "package_name", p.title())
		if err := in.put(ctx, p, out); err != nil {
			return err
		}
		in.sayInstalled(p)
	}
	return in.swap(out)
}

// put makes one package's folder.
func (in *installer) put(ctx context.Context, p *pinned, out string) error {
	if p.kind == local {
		return in.link(p, out)
	}
	if p.dir == "" {
		file, err := in.archiveOf(ctx, p)
		if err != nil {
			return in.placed(p, err)
		}
		name := p.name
		if err := in.open(ctx, p, file); err != nil {
			return err
		}
		p.name = name // what the lock file or the hub says
	}
	return failed(os.Rename(p.dir, filepath.Join(out, p.name)))
}

// archiveOf gives the archive of a package that is pinned, from the cache if it is there.
func (in *installer) archiveOf(ctx context.Context, p *pinned) (string, error) {
	switch p.kind {
	case git, private:
		file, _, err := in.checkout(ctx, &p.request)
		return file, err
	case tarball:
		return in.archive(ctx, tarballKey(&p.request), p.source, false)
	}
	key := strings.Join([]string{"hub", in.o.HubURL, p.source, p.version}, "\x00")
	if file, ok := in.cache.find(key); ok {
		return file, nil
	}
	if p.tarball == "" {
		if err := in.askHub(ctx, p); err != nil {
			return "", err
		}
	}
	return in.archive(ctx, key, p.tarball, false)
}

// askHub finds the archive of a version that the lock file names.
func (in *installer) askHub(ctx context.Context, p *pinned) error {
	known, err := in.hubPackage(ctx, &p.request)
	if err != nil {
		return err
	}
	meta := known.versions[p.version]
	if meta == nil {
		e := p.at("the hub has no version %s of %s any more", p.version, p.source)
		e.Hint = "choose versions again with --upgrade"
		return e
	}
	v, err := project.ParseVersion(p.version)
	if err != nil {
		return p.at("%s: %s", project.LockFile, err)
	}
	p.tarball, p.latest = tarballOf(meta), bounds{pre: v.Pre != ""}.newest(known.all)
	if p.tarball == "" {
		return p.at("the hub says of version %s of %s not where it is", p.version, p.source)
	}
	return nil
}

func tarballOf(meta *jinja.Dict) string {
	v, _ := meta.GetStr("downloads")
	if d, ok := v.(*jinja.Dict); ok {
		return text(d, "tarball")
	}
	return ""
}

// sayInstalled says what has been installed.
func (in *installer) sayInstalled(p *pinned) {
	from := map[kind]string{
		local:   "<local @ " + p.shown + ">",
		tarball: "tarball (url: " + p.shown + ")",
		hub:     "version " + p.version,
		git:     "revision " + p.commit,
		private: "revision " + p.commit,
	}[p.kind]
	in.say("DepsInstallInfo", "M015", "Installed from "+from, "version_name", from)
	if p.subdir != "" {
		in.say("DepsListSubdirectory", "M018", "and subdirectory "+p.subdir, "subdirectory", p.subdir)
	}
	switch {
	case p.kind != hub || p.latest == "":
	case p.hasUpdate():
		in.say("DepsUpdateAvailable", "M016", "Updated version available: "+p.latest, "version_latest", p.latest)
	default:
		in.say("DepsUpToDate", "M017", "Up to date!")
	}
}

func (p *pinned) hasUpdate() bool {
	have, err := project.ParseVersion(p.version)
	newest, errNewest := project.ParseVersion(p.latest)
	return err == nil && errNewest == nil && newest.Compare(have) > 0
}

// sayUpdates names the packages that have newer versions.
func (in *installer) sayUpdates(packages []*pinned) {
	list := jinja.NewList()
	for _, p := range packages {
		if p.kind == hub && p.hasUpdate() {
			list.Append(jinja.Str(p.source))
		}
	}
	if len(list.Items) == 0 {
		return
	}
	in.say("Formatting", "Z017", "")
	in.say("DepsNotifyUpdatesAvailable", "M019", fmt.Sprintf("Updates available for packages: %s                 \nUpdate your versions in packages.yml, then run dbt deps", jinja.Repr(list)),
		"packages", jinja.ToGo(list))
}

// link makes a relative link to the package's folder, or a copy of it where links
// cannot be made. The link is made for the place where it will be in the end.
func (in *installer) link(p *pinned, out string) error {
	to := filepath.Join(out, p.name)
	rel, err := filepath.Rel(in.into, p.dir)
	if err != nil {
		rel = p.dir
	}
	if os.Symlink(rel, to) == nil {
		return nil
	}
	return failed(os.CopyFS(to, os.DirFS(p.dir)))
}

// swap puts the new folder in the place of the old one.
func (in *installer) swap(out string) error {
	old := filepath.Join(in.staging, "old")
	err := os.Rename(in.into, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err)
	}
	if renamed := os.Rename(out, in.into); renamed != nil {
		if err == nil {
			err = os.Rename(old, in.into)
		}
		return failed(errors.Join(renamed, err))
	}
	return nil
}
