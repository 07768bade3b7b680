package main

import (
	"os"
	"path/filepath"
	"time"

	"weft/compiler/deps"
	"weft/compiler/project"
)

// hubURL is dbt's package hub; DBT_PACKAGE_HUB_URL names another.
const hubURL = "https://hub.getdbt.com/"

// deps installs the packages that packages.yml or dependencies.yml name.
func (a *app) deps(_ []string) error {
	var opts project.Options
	err := a.readProject(func(o *project.Options) {
		o.NoProfile, o.NoPackages = true, true
		opts = *o
	})
	if err != nil {
		return err
	}
	add, from := a.set.text("add-package"), a.set.text("source")
	if _, version := deps.SplitAdd(add); add != "" && from != "local" && version == "" {
		return &usageError{"Version is required in --add-package when a package when source is " + from}
	}
	hub, _ := a.env("DBT_PACKAGE_HUB_URL")
	if hub == "" {
		hub = hubURL
	}
	providers, _ := a.env("DBT_ENV_PRIVATE_GIT_PROVIDER_INFO")
	o := a.fetching()
	o.Declared = func(dir string) ([]project.Declared, string, error) {
		return project.DeclaredPackages(a.ctx, opts, &project.Package{Dir: dir})
	}
	o.Locked = func(dir string) ([]project.Declared, string, error) {
		return project.LockedPackages(a.ctx, opts, dir)
	}
	o.LockOnly, o.Upgrade, o.Add, o.AddFrom = a.set.on("lock"), a.set.on("upgrade"), add, from
	o.HubURL, o.Providers, o.CacheDir, o.Env = hub, providers, a.packageCache(), os.Environ()
	if err := deps.Install(a.ctx, a.project.Root, o); err != nil {
		return err
	}
	return a.raisedWarnings()
}

// checkPackages looks at what packages a project asks for, without fetching any.
func (a *app) checkPackages(list []project.Declared) error { return deps.Check(list, a.fetching()) }

// fetching is what is needed to fetch anything.
func (a *app) fetching() deps.Options {
	return deps.Options{
		Version: dbtVersion, NoVersion: !a.set.on("version-check"), Pause: time.Second,
		Reveal: a.reveal, Mask: a.masked, Say: a.sayDeps, Warn: a.warn,
	}
}

// packageCache is the folder for archives of packages: the one of DBT_DOWNLOADS_DIR, else
// the one that all projects of the user share.
func (a *app) packageCache() string {
	if dir, ok := a.env("DBT_DOWNLOADS_DIR"); ok && dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "weft", "packages")
}

func (a *app) sayDeps(n deps.Notice) {
	lv := infoLevel
	if n.Level == deps.Debug {
		lv = debugLevel
	}
	a.p.emit(event{name: n.Name, code: n.Code, level: lv, msg: n.Msg, data: n.Data})
}
