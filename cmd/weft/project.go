package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"weft/adapters"
	"weft/compiler/project"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// version prints what weft is and what it stands for.
func (a *app) version() error {
	fmt.Fprintf(a.stdout, "weft %s\nemulates dbt %s\n\nWarehouses:\n", version, dbtVersion)
	for _, name := range sortedKeys(dialects) {
		fmt.Fprintf(a.stdout, "  - %s (as dbt-%s %s)\n", name, name, dialects[name].Version)
	}
	return nil
}

func sortedKeys(m map[string]*adapters.Dialect) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// clean removes the folders that clean-targets names.
func (a *app) clean(_ []string) error {
	err := a.readProject(func(o *project.Options) { o.NoProfile, o.NoPackages = true, true })
	if err != nil {
		return err
	}
	root := a.project.Root
	var keep []string
	for _, list := range [][]string{root.Settings.AllPaths(), root.Settings.DocsPaths} {
		for _, p := range list {
			keep = append(keep, filepath.Join(root.Dir, p))
		}
	}
	// The log file may lie in a folder that is removed.
	a.p.close()
	for _, t := range root.Settings.CleanTargets {
		path := t
		if !filepath.IsAbs(path) {
			path = filepath.Join(root.Dir, path)
		}
		outside := path != root.Dir && !strings.HasPrefix(path, root.Dir+string(filepath.Separator))
		if a.set.on("clean-project-files-only") && outside {
			return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("dbt will not clean the following directories outside the project: ['%s']", path),
				Hint: "allow it with --no-clean-project-files-only"}
		}
		for _, k := range keep {
			if path == k || path == root.Dir {
				return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("dbt will not clean the following source paths: ['%s']", t),
					Hint: "take it out of clean-targets"}
			}
		}
		if err := removeAll(path); err != nil {
			return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
		}
		a.p.info("CheckCleanPath", "Z019", "Cleaned "+path+"/*")
	}
	a.p.info("FinishedCleanPaths", "Z022", "Finished cleaning all paths.")
	return nil
}

// debug checks the project, the profile and the connection.
func (a *app) debug(_ []string) error {
	o, err := a.options()
	if err != nil {
		return err
	}
	dir := project.ProfilesDir(o)
	if a.set.on("config-dir") {
		a.p.print("To view your profiles.yml file, open: " + dir)
		return nil
	}
	say := func(format string, args ...any) { a.p.info("DebugCmdOut", "Z047", fmt.Sprintf(format, args...)) }
	root, _ := project.FindRoot(o)
	say("dbt version: %s", dbtVersion)
	say("weft version: %s", version)
	say("go version: %s", runtime.Version())
	say("os info: %s/%s", runtime.GOOS, runtime.GOARCH)
	say("Using profiles dir at %s", dir)
	say("Using profiles.yml file at %s", filepath.Join(dir, "profiles.yml"))
	say("Using dbt_project.yml file at %s", filepath.Join(root, "dbt_project.yml"))
	p, loadErr := project.Load(a.ctx, withoutPackages(o))
	ok := loadErr == nil
	good, bad := a.p.green.Sprint("OK"), a.p.red.Sprint("ERROR")
	mark := func(fine bool) string {
		if fine {
			return good
		}
		return bad
	}
	if ok {
		say("adapter type: %s", p.Profile.Type)
		say("adapter version: %s", p.Profile.Dialect.Version)
	}
	if !a.set.on("connection") {
		_, projectErr := project.Load(a.ctx, withoutProfile(o))
		say("Configuration:")
		say("  profiles.yml file [%s]", mark(ok || projectErr != nil && loadErr == nil))
		say("  dbt_project.yml file [%s]", mark(projectErr == nil))
		say("Required dependencies:")
		_, gitErr := exec.LookPath("git")
		say(" - git [%s]\n", mark(gitErr == nil))
	}
	if !ok {
		for _, e := range source.All(loadErr) {
			say("%s", e.Report())
		}
		say("%s", a.p.red.Sprint("1 check failed"))
		return errFailed
	}
	say("Connection:")
	for _, k := range p.Profile.Dialect.TargetKeys {
		v, _ := p.Profile.Target.GetStr(k)
		if v != nil {
			say("  %s: %s", k, v)
		}
	}
	a.project = p
	err = a.connect()
	if err == nil {
		conn := scope.NewConn(a.warehouse, p.Profile.Dialect, scope.NewCache())
		_, err = conn.Exec(a.ctx, "select 1 as id")
		if closed := conn.Close(a.ctx); err == nil {
			err = closed
		}
	}
	say("  Connection test: [%s]\n", mark(err == nil))
	if err != nil {
		say("%s", a.p.red.Sprint("1 check failed:"))
		for _, e := range source.All(err) {
			say("dbt was unable to connect to the specified database.\nThe database returned the following error:\n\n  >%s", e.Error())
		}
		return errFailed
	}
	say("%s", a.p.green.Sprint("All checks passed!"))
	return nil
}

func withoutPackages(o project.Options) project.Options {
	o.NoPackages = true
	return o
}

func withoutProfile(o project.Options) project.Options {
	o.NoProfile, o.NoPackages = true, true
	return o
}

// init makes a project that builds at once on DuckDB.
func (a *app) init(args []string) error {
	name := "my_project"
	if len(args) > 0 {
		name = args[0]
	}
	if !project.ValidName(name) {
		return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("%s is not a valid project name", name),
			Hint: "use letters, digits and underscores, with a letter first; and none of dbt's own names"}
	}
	if _, err := os.Stat(name); err == nil {
		a.p.info("ProjectNameAlreadyExists", "A024", fmt.Sprintf("A project called %s already exists here.", name))
		return nil
	}
	files, err := scaffold(name, !a.set.on("skip-profile-setup"))
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(name, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
		}
		if err := os.WriteFile(path, []byte(f.text), 0o644); err != nil {
			return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
		}
	}
	a.p.info("ProjectCreated", "A026", fmt.Sprintf("Your new project %q was created.\n\nBuild it with:\n\n  cd %s\n  weft build\n", name, name))
	return nil
}
