package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"gopkg.in/yaml.v3"

	"weft/adapters"
	"weft/compiler/artifact"
	"weft/compiler/config"
	"weft/compiler/graph"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/parse"
	"weft/compiler/project"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// app is one invocation: what the outside gave, and what has been read so far.
type app struct {
	ctx            context.Context
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	now            func() time.Time
	args           []string
	set            *settings
	showVersion    bool
	which          string // the command

	started time.Time
	id      string // invocation_id
	p       *printer
	secrets []string // values that must not be shown

	project   *project.Project
	manifest  *manifest.Manifest
	graph     *graph.Graph
	selectors *graph.Selectors
	earlier   *graph.State // of --state; nil until it is asked for
	shared    *scope.Shared
	warehouse adapters.Warehouse
	warnings  warnings
}

func (a *app) printer() *printer {
	if a.p == nil {
		a.p = newPrinter(a.stdout, a.id, a.now)
	}
	return a.p
}

func (a *app) close() {
	if a.warehouse != nil {
		a.warehouse.Close()
	}
	if a.p != nil {
		a.p.close()
	}
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func yamlDict(text string) (*jinja.Dict, error) {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		return nil, err
	}
	if n.Kind == 0 {
		return jinja.NewDict(), nil
	}
	v, err := config.FromYAML(n.Content[0])
	if err != nil {
		return nil, err
	}
	d, ok := v.(*jinja.Dict)
	if !ok {
		return nil, fmt.Errorf("no mapping")
	}
	return d, nil
}

func uuid() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// start reads the environment and sets printing up; the project's own flags come
// in when it is read.
func (a *app) start() error {
	a.started, a.id = a.now(), uuid()
	if err := a.set.environment(a.env); err != nil {
		return err
	}
	a.set.multi["select"] = append(a.set.multi["select"], a.set.list("models")...)
	if o := a.set.yaml["warn-error-options"]; o != nil && o.Len() > 0 && a.set.on("warn-error") {
		return &usageError{"--warn-error and --warn-error-options cannot be used together"}
	}
	p := a.printer()
	p.id = a.id
	p.mask = a.masked
	a.applyFlags()
	if err := a.setWarnOptions(); err != nil {
		return err
	}
	p.info("MainReportVersion", "A001", fmt.Sprintf("Running with weft=%s (dbt=%s)", version, dbtVersion))
	if len(a.set.list("models")) > 0 {
		if err := a.warn(&source.Error{Event: source.ModelParamUsage, Msg: "`--models`, `--model`, and `-m` are old names of `--select` and\n`-s`."}); err != nil {
			return err
		}
	}
	return a.environmentNotices()
}

// applyFlags hands the flags about printing to the printer.
func (a *app) applyFlags() {
	p, s := a.p, a.set
	p.format = s.text("log-format")
	if p.format == "default" {
		p.format = "text"
	}
	p.level = levelOf(s.text("log-level"))
	if s.on("debug") {
		p.level = debugLevel
		if p.format == "text" {
			p.format = "debug"
		}
	}
	p.quiet, p.noOut, p.width = s.on("quiet"), !s.on("print"), s.num("printer-width")
	onTerminal := false
	if f, ok := a.stdout.(*os.File); ok {
		onTerminal = isatty.IsTerminal(f.Fd())
	}
	_, noColor := a.env("NO_COLOR")
	p.colour(s.on("use-colors") && (onTerminal && !noColor || s.given["use-colors"]))
}

// masked hides the values of secret environment variables.
func (a *app) masked(text string) string {
	for _, s := range a.secrets {
		text = strings.ReplaceAll(text, s, "*****")
	}
	return text
}

// options are what reading the project needs from outside.
func (a *app) options() (project.Options, error) {
	wd, err := os.Getwd()
	if err != nil {
		return project.Options{}, &source.Error{Class: source.Runtime, Msg: "the working folder cannot be found: " + err.Error()}
	}
	home, _ := a.env("HOME")
	vars := a.set.yaml["vars"]
	if vars == nil {
		vars = jinja.NewDict()
	}
	for _, kv := range os.Environ() {
		name, val, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "DBT_ENV_SECRET") && val != "" {
			a.secrets = append(a.secrets, val)
		}
	}
	base := a.base(vars, nil)
	secret := a.base(vars, func(name string) (string, bool) {
		if _, ok := a.env(name); !ok {
			return "", false
		}
		return placeholder(name), true
	})
	return project.Options{
		Dir: a.set.text("project-dir"), WorkDir: wd, ProfilesDir: a.set.text("profiles-dir"), Home: home,
		Profile: a.set.text("profile"), Target: a.set.text("target"), Threads: a.set.num("threads"),
		Version: dbtVersion, NoVersion: !a.set.on("version-check"),
		Vars: vars, Globals: base, Secrets: secret, Reveal: a.reveal, Dialect: dialectOf, CheckPackages: a.checkPackages,
		Inform: func(msg string) { a.p.info("MissingProfileTarget", "A005", msg) },
	}, nil
}

// Secrets pass through templates of profiles.yml as placeholders, so that no
// filter can touch or take apart their values.
const (
	secretStart = "$$$WEFT_SECRET_START$$$"
	secretEnd   = "$$$WEFT_SECRET_END$$$"
)

func placeholder(name string) string { return secretStart + name + secretEnd }

func (a *app) reveal(text string) (string, bool) {
	found := false
	for {
		i := strings.Index(text, secretStart)
		if i < 0 {
			return text, found
		}
		rest := text[i+len(secretStart):]
		j := strings.Index(rest, secretEnd)
		if j < 0 {
			return text, found
		}
		val, _ := a.env(rest[:j])
		text = text[:i] + val + rest[j+len(secretEnd):]
		found = true
	}
}

func (a *app) base(vars *jinja.Dict, secrets func(string) (string, bool)) *scope.Base {
	return scope.NewBase(scope.BaseOptions{
		Vars:    vars.GetStr,
		AllVars: func() *jinja.Dict { return vars },
		Env:     a.env, Secrets: secrets,
		Log: a.logged, Print: a.p.template,
		Warn: func(msg string) error {
			return a.warn(&source.Error{Event: source.JinjaLogWarning, Msg: msg})
		},
		InvocationID: a.id, RunStartedAt: a.started, Flags: a.flagsValue(), DbtVersion: dbtVersion,
	})
}

func (a *app) logged(msg string, info bool) {
	if info {
		a.p.info("JinjaLogInfo", "I062", msg)
		return
	}
	a.p.debug("JinjaLogDebug", "I063", msg)
}

// readProject reads settings, profile and packages.
func (a *app) readProject(change func(*project.Options)) error {
	o, err := a.options()
	if err != nil {
		return err
	}
	if change != nil {
		change(&o)
	}
	// Flags of the project are wanted before anything is printed about it, so
	// they are taken from the file as it is written.
	loaded := o.Loaded
	o.Loaded = func(p *project.Project) {
		a.set.project(p.Root.Settings.Flags)
		a.applyFlags()
		if loaded != nil {
			loaded(p)
		}
	}
	if a.project, err = project.Load(a.ctx, o); err != nil {
		return err
	}
	if err := a.setWarnOptions(); err != nil {
		return err
	}
	for _, w := range a.project.Notices {
		a.note(w)
	}
	logs := a.set.text("log-path")
	if logs == "" {
		logs = a.project.Root.Settings.LogPath
	}
	if !filepath.IsAbs(logs) {
		logs = filepath.Join(a.project.Root.Dir, logs)
	}
	lv := levelOf(a.set.text("log-level-file"))
	if err := a.p.openLog(logs, lv, a.set.text("log-format-file")); err != nil {
		return &source.Error{Class: source.Runtime, Msg: "the log file cannot be written: " + err.Error(), Hint: "name another folder with --log-path"}
	}
	return nil
}

// targetDir gives the folder for artifacts, absolute and as messages name it.
func (a *app) targetDir() (abs, shown string) {
	shown = a.set.text("target-path")
	if shown == "" {
		shown = a.project.Root.Settings.TargetPath
	}
	if filepath.IsAbs(shown) {
		return shown, shown
	}
	return filepath.Join(a.project.Root.Dir, shown), shown
}

// read reads the whole project into a manifest and a graph.
func (a *app) read() error {
	err := a.readProject(func(o *project.Options) {
		o.Loaded = func(p *project.Project) {
			a.p.info("AdapterRegistered", "E034", fmt.Sprintf("Registered adapter: %s=%s", p.Profile.Type, p.Profile.Dialect.Version))
		}
	})
	if err != nil {
		return err
	}
	if err := a.readSelectors(); err != nil {
		return err
	}
	trees := a.readTrees()
	if err := a.project.ReadFiles(a.ctx, runtime.NumCPU(), trees); err != nil {
		return err
	}
	a.writeTrees(trees)
	external, err := a.upstream()
	if err != nil {
		return err
	}
	a.shared = a.newShared()
	m, err := parse.Parse(a.ctx, a.project, parse.Options{
		Shared: a.shared, Workers: runtime.NumCPU(), Now: a.started,
		MaxSeed: int64(a.set.num("maximum-seed-size-mib")) << 20, Warn: a.warn, External: external, Lint: a.which == "parse",
		Fails: func(event string) bool { return a.warnings.options.of(event) == fails },
	})
	if err != nil {
		return withCycle(m, err)
	}
	if err := a.raisedWarnings(); err != nil {
		return err
	}
	m.Selectors = a.selectors.Manifest
	a.manifest, a.shared.Manifest = m, m
	a.graph = graph.New(m)
	return nil
}

// newShared is what all templates of the invocation share.
func (a *app) newShared() *scope.Shared {
	vars := a.project.Vars
	s := &scope.Shared{
		Base: a.base(vars, nil), Flags: a.flagsValue(), Command: a.which,
		Args:         a.set.argsDict(a.which, a.invocation()),
		ProjectFlags: a.project.Root.Settings.Flags,
		FullRefresh:  a.set.on("full-refresh"), StoreFailures: a.set.on("store-failures"), Empty: a.set.on("empty"),
		Cache: scope.NewCache(), Print: a.p.template,
		Log:     func(msg string, info bool, _ *manifest.Node) { a.logged(msg, info) },
		Debug:   func(msg string) { a.p.debug("Note", "Z050", msg) },
		Warn:    a.warn,
		Inform:  a.p.info,
		MetaEnv: a.metaEnv(),
	}
	s.ConfigObject = a.configObject()
	return s
}

// metaEnv is the environment variables that go into artifacts.
func (a *app) metaEnv() *jinja.Dict {
	d := jinja.NewDict()
	for _, kv := range os.Environ() {
		name, val, _ := strings.Cut(kv, "=")
		for _, prefix := range []string{"DBT_ENV_CUSTOM_ENV_", "DBT_ENGINE_ENV_CUSTOM_ENV_"} {
			if key, ok := strings.CutPrefix(name, prefix); ok {
				d.SetStr(key, jinja.Str(val))
			}
		}
	}
	return d
}

// configObject is adapter.config, as packages read it.
func (a *app) configObject() jinja.Value {
	d := jinja.NewDict()
	root := a.project.Root
	d.SetStr("project_name", jinja.Str(root.Name))
	quoting := jinja.NewDict()
	for i, part := range []string{"database", "schema", "identifier"} {
		v, ok := root.Settings.Quoting.GetStr(part)
		if !ok {
			v = jinja.Bool(a.project.Profile.Dialect.Quoted[i])
		}
		quoting.SetStr(part, v)
	}
	d.SetStr("quoting", quoting)
	d.SetStr("credentials", a.project.Profile.Target)
	d.SetStr("args", a.set.argsDict(a.which, a.invocation()))
	d.SetStr("cli_vars", a.project.Vars)
	d.SetStr("vars", root.Settings.Vars)
	deps := jinja.NewDict()
	for _, p := range a.project.Packages {
		one := jinja.NewDict()
		one.SetStr("project_name", jinja.Str(p.Name))
		one.SetStr("version", jinja.Str(p.Settings.Version))
		deps.SetStr(p.Name, one)
	}
	d.SetStr("dependencies", deps)
	return d
}

func (a *app) invocation() string { return a.masked("weft " + strings.Join(a.args, " ")) }

// shownFlags are the flags that templates find in "flags"; dbt has no others there.
var shownFlags = []string{
	"use-experimental-parser", "static-parser", "warn-error", "write-json", "partial-parse", "use-colors", "profiles-dir", "debug",
	"log-format", "version-check", "fail-fast", "send-anonymous-usage-stats", "printer-width", "indirect-selection",
	"log-cache-events", "quiet", "cache-selected-only", "introspect", "target-path", "log-path", "empty", "full-refresh", "store-failures",
}

// flagsValue is the name "flags" of templates.
func (a *app) flagsValue() jinja.Value {
	d := jinja.NewDict()
	for _, f := range flags {
		if !slices.Contains(shownFlags, f.name) {
			continue
		}
		key := strings.ToUpper(strings.ReplaceAll(f.name, "-", "_"))
		if f.name == "warn-error" && !a.set.given[f.name] && !a.set.on(f.name) {
			d.SetStr(key, jinja.None) // the one flag without a default
			continue
		}
		switch f.kind {
		case boolFlag:
			d.SetStr(key, jinja.Bool(a.set.on(f.name)))
		case intFlag:
			d.SetStr(key, jinja.Int(a.set.num(f.name)))
		case textFlag, pathFlag:
			if t := a.set.text(f.name); t != "" {
				d.SetStr(key, jinja.Str(t))
			} else {
				d.SetStr(key, jinja.None)
			}
		}
	}
	d.SetStr("WHICH", jinja.Str(lastWord(a.which)))
	d.SetStr("INVOCATION_COMMAND", jinja.Str(a.invocation()))
	d.SetStr("NO_PRINT", jinja.None)
	options := jinja.NewDict()
	for _, key := range []string{"error", "warn", "silence"} {
		options.SetStr(key, jinja.NewList())
	}
	if given := a.set.yaml["warn-error-options"]; given != nil {
		for k, v := range given.All() {
			options.Set(k, v)
		}
	}
	d.SetStr("WARN_ERROR_OPTIONS", options)
	if v, _ := d.GetStr("LOG_PATH"); v == jinja.Value(jinja.None) {
		d.SetStr("LOG_PATH", jinja.Str("logs"))
	}
	return d
}

func (a *app) metadata() artifact.Metadata {
	return artifact.Metadata{
		Version: dbtVersion, GeneratedAt: a.now(), InvocationID: a.id, StartedAt: a.started,
		Env: a.metaEnv(), SendStats: a.set.on("send-anonymous-usage-stats"), Weft: version,
	}
}

// writeManifest writes manifest.json unless --no-write-json says not to.
func (a *app) writeManifest(compiled map[string]*artifact.Compiled) error {
	if !a.set.on("write-json") {
		return nil
	}
	dir, shown := a.targetDir()
	err := artifact.WriteManifest(dir, a.manifest, artifact.Run{Meta: a.metadata(), TargetPath: shown, Compiled: compiled})
	if err != nil {
		return &source.Error{Class: source.Runtime, Msg: "manifest.json cannot be written: " + err.Error(), Err: err}
	}
	if err := artifact.WriteSemanticManifest(dir, a.manifest); err != nil {
		return &source.Error{Class: source.Runtime, Msg: "semantic_manifest.json cannot be written: " + err.Error(), Err: err}
	}
	return nil
}

// connect opens the warehouse.
func (a *app) connect() error {
	if a.warehouse != nil {
		return nil
	}
	// Relative paths of profiles and of SQL are those of the project's folder, as in
	// dbt, wherever the command is given.
	if err := os.Chdir(a.project.Root.Dir); err != nil {
		return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
	}
	prof := a.project.Profile
	open := openers[prof.Type]
	if open == nil {
		return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("this version of weft can parse projects for %s, but cannot connect to it", prof.Type)}
	}
	w, err := open(a.ctx, prof.Config)
	if err != nil {
		return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
	}
	a.warehouse = w
	return nil
}
