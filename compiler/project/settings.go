package project

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

const (
	mappingNode  = yaml.MappingNode
	sequenceNode = yaml.SequenceNode
)

// Settings is a dbt_project.yml, rendered and with its defaults.
type Settings struct {
	Name    string
	Version string

	ModelPaths, SeedPaths, TestPaths, AnalysisPaths []string
	MacroPaths, SnapshotPaths, FunctionPaths        []string
	DocsPaths, AssetPaths                           []string

	TargetPath   string
	LogPath      string
	CleanTargets []string
	InstallPath  string

	Quoting  *jinja.Dict // keys database, schema, identifier
	Dispatch []Dispatch

	OnRunStart, OnRunEnd []Hook

	// Sections are the hierarchical configs, rendered and as written, by the
	// name of the section ("models"). Places are those of the written ones.
	Sections map[string]*Section

	Vars *jinja.Dict // as written, with the parts for packages

	QueryComment   jinja.Value // text or mapping; nil for the default
	RequireVersion []string
	RestrictAccess bool
	Flags          *jinja.Dict

	late    *source.Error // which dbt finds only once it knows the adapter
	notices source.Errors // warnings
}

// Dispatch is one entry of dispatch: where macros of a namespace are searched.
type Dispatch struct {
	Namespace string
	Order     []string
}

// Hook is one statement of on-run-start or on-run-end.
type Hook struct {
	SQL  string
	Span source.Span
}

// key says how one top-level key is read, and what it is for.
type key struct {
	name string
	kind string // of keyShapes
	doc  string
}

var keys = []key{
	{"name", "any", "name of the project: letters, digits and underscores"},
	{"version", "any", "version of the project, such as 1.0.0"},
	{"config-version", "int", "2"},
	{"profile", "any", "profile of profiles.yml"},
	{"model-paths", "strs", "folders with models"},
	{"source-paths", "strs", "old name of model-paths"},
	{"seed-paths", "strs", "folders with seeds"},
	{"data-paths", "strs", "old name of seed-paths"},
	{"test-paths", "strs", "folders with tests"},
	{"analysis-paths", "strs", "folders with analyses"},
	{"macro-paths", "strs", "folders with macros"},
	{"snapshot-paths", "strs", "folders with snapshots"},
	{"function-paths", "strs", "folders with functions"},
	{"docs-paths", "strs", "folders with docs blocks"},
	{"asset-paths", "strs", "folders that the docs site gets too"},
	{"target-path", "str", "folder of artifacts"},
	{"log-path", "str", "folder of logs"},
	{"clean-targets", "strs", "folders that clean removes"},
	{"packages-install-path", "str", "folder of installed packages"},
	{"quoting", "quoting", "which parts of names SQL quotes"},
	{"on-run-start", "hooks", "SQL before a run"},
	{"on-run-end", "hooks", "SQL after a run"},
	{"require-dbt-version", "any", "versions of dbt that the project works with"},
	{"dispatch", "list", "where macros of a package are looked for"},
	{"models", "map", "configs of models, by folder"},
	{"seeds", "map", "configs of seeds, by folder"},
	{"snapshots", "map", "configs of snapshots, by folder"},
	{"sources", "map", "configs of sources, by folder"},
	{"tests", "map", "old name of data_tests"},
	{"data_tests", "map", "configs of data tests, by folder"},
	{"unit_tests", "map", "configs of unit tests, by folder"},
	{"metrics", "map", "configs of metrics, by folder"},
	{"semantic-models", "map", "configs of semantic models, by folder"},
	{"saved-queries", "map", "configs of saved queries, by folder"},
	{"exposures", "map", "configs of exposures, by folder"},
	{"functions", "map", "configs of functions, by folder"},
	{"analyses", "map", "configs of analyses, by folder"},
	{"vars", "map", "variables, for all packages or one"},
	{"packages", "any", "allowed and not read; packages stand in packages.yml"},
	{"query-comment", "comment", "comment in front of each statement"},
	{"restrict-access", "bool", "other packages may use public models only"},
	{"dbt-cloud", "map", "settings of a service"},
	{"flags", "flags", "options and switches of behaviour"},
	{"project-root", "any", "not read"},
}

var sections = []string{
	"models", "seeds", "snapshots", "sources", "data_tests", "unit_tests", "metrics",
	"semantic-models", "saved-queries", "exposures", "functions", "analyses",
}

// bannedNames may not name a project, since they would hide names of templates.
var bannedNames = strings.Fields(`_sql_results adapter api column config context database env env_var
	exceptions execute flags fromjson fromyaml graph invocation_id load_agate_table load_result log model
	modules post_hooks pre_hooks ref render return run_started_at schema source sql sql_now store_result
	store_raw_result target this tojson toyaml try_or_compiler_error var write`)

// unrendered says which values of dbt_project.yml keep their text: they are
// rendered when they are used.
func unrendered(path []string) bool {
	switch path[0] {
	case "on-run-start", "on-run-end", "query-comment", "vars", "flags", "name", "log-path":
		return true
	case "seeds", "models", "snapshots", "tests", "data_tests":
		switch strings.TrimLeft(path[len(path)-1], "+ ") {
		case "pre-hook", "post-hook", "pre_hook", "post_hook":
			return true
		}
		for _, p := range path[1:] {
			switch strings.TrimLeft(p, "+ ") {
			case "pre-hook", "post-hook", "pre_hook", "post_hook":
				return true
			}
		}
	}
	return false
}

func loadSettings(ctx context.Context, o Options, doc *config.Doc, globals jinja.Globals) (*Settings, error) {
	if err := checkKeys(doc); err != nil {
		return nil, err
	}
	r := &config.Renderer{Globals: globals, Host: o.Host, Skip: unrendered}
	v, err := r.Value(ctx, doc, doc.Root)
	if err != nil {
		return nil, err
	}
	d := &reader{doc: doc, vals: v.(*jinja.Dict)}
	d.checkTypes()
	s := &Settings{
		Name:          d.name(),
		Version:       d.version(),
		ModelPaths:    d.paths("model-paths", "source-paths", "models"),
		SeedPaths:     d.paths("seed-paths", "data-paths", "seeds"),
		TestPaths:     d.paths("test-paths", "", "tests"),
		AnalysisPaths: d.paths("analysis-paths", "", "analyses"),
		MacroPaths:    d.paths("macro-paths", "", "macros"),
		SnapshotPaths: d.paths("snapshot-paths", "", "snapshots"),
		FunctionPaths: d.paths("function-paths", "", "functions"),
		DocsPaths:     d.paths("docs-paths", ""),
		AssetPaths:    d.paths("asset-paths", ""),
		TargetPath:    d.text("target-path", "target"),
		LogPath:       d.text("log-path", "logs"),
		CleanTargets:  d.paths("clean-targets", ""),
		InstallPath:   d.text("packages-install-path", "dbt_packages"),
		Quoting:       d.quoting(),
		OnRunStart:    d.hooks("on-run-start"),
		OnRunEnd:      d.hooks("on-run-end"),
		Vars:          d.dict("vars"),
		Flags:         d.dict("flags"),
		Dispatch:      d.dispatch(),
		Sections:      map[string]*Section{},
	}
	if v, ok := d.vals.GetStr("config-version"); ok && v != jinja.Value(jinja.None) && !jinja.Equal(v, jinja.Int(2)) {
		s.late = invalid(doc, config.Child(doc.Root, "config-version"), "Got an unexpected project version=%s, expected 2", v)
		s.late.Class = source.Internal
	}
	if v, ok := d.vals.GetStr("query-comment"); ok {
		s.QueryComment = v
	}
	if v, ok := d.vals.GetStr("restrict-access"); ok {
		s.RestrictAccess = v.Truth()
	}
	if v, ok := d.vals.GetStr("require-dbt-version"); ok {
		s.RequireVersion = texts(v)
		if len(s.RequireVersion) == 1 {
			s.RequireVersion = strings.Split(s.RequireVersion[0], ",")
		}
	}
	if len(s.DocsPaths) == 0 {
		s.DocsPaths = s.AllPaths()
	}
	if _, given := d.vals.GetStr("clean-targets"); !given {
		s.CleanTargets = []string{s.TargetPath}
	}
	for _, name := range sections {
		written := name
		if name == "data_tests" && config.Child(doc.Root, name) == nil {
			written = "tests"
		}
		n := config.Child(doc.Root, written)
		rendered, _ := d.vals.GetStr(written)
		if dict, ok := rendered.(*jinja.Dict); ok {
			s.Sections[name] = newSection(doc, n, dict)
		}
	}
	s.notices = oldKeys(doc, s)
	return s, d.problems.ErrorOrNil()
}

// AllPaths are the folders whose files can be documented, each once.
func (s *Settings) AllPaths() []string {
	var out []string
	for _, list := range [][]string{s.ModelPaths, s.SeedPaths, s.SnapshotPaths, s.AnalysisPaths, s.MacroPaths, s.TestPaths, s.FunctionPaths} {
		for _, p := range list {
			if p = strings.TrimSuffix(p, "/"); !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// checkKeys refuses keys that dbt_project.yml does not have.
func checkKeys(doc *config.Doc) error {
	var out source.Errors
	for _, p := range config.Pairs(doc.Root) {
		if keyOf(p.Name) == nil {
			hint := didYouMean(p.Name)
			if hint != "" {
				hint = "; " + hint
			}
			err := invalid(doc, p.Key, "at path []: Additional properties are not allowed ('%s' was unexpected)%s", p.Name, hint)
			out = append(out, err)
		}
	}
	return out.ErrorOrNil()
}

func keyOf(name string) *key {
	for i := range keys {
		if keys[i].name == name {
			return &keys[i]
		}
	}
	return nil
}

// checkTypes looks at the types of the rendered values.
func (d *reader) checkTypes() {
	for k, v := range d.vals.All() {
		kind := keyOf(k.String()).kind
		shape := keyShapes[kind]
		switch {
		case v == jinja.Value(jinja.None) && !slices.Contains([]string{"flags", "bool", "list", "int"}, kind):
		case shape.Fits(v):
		case kind == "bool" || kind == "flags" || kind == "list":
			d.fail(k.String(), source.Runtime, "%s", shape.Wrong("['"+k.String()+"']", v))
		default:
			d.fail(k.String(), source.Runtime, "at path ['%s']: %s is not valid under any of the given schemas", k, jinja.Repr(v))
		}
	}
}

func didYouMean(name string) string {
	best, cost := "", 4
	for _, k := range keys {
		if c := differing(name, k.name); c < cost {
			best, cost = k.name, c
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// differing counts how many letters two names differ by, position by position
// from both ends: enough to find one wrong, missing or swapped letter.
func differing(a, b string) int {
	a, b = strings.ReplaceAll(a, "_", "-"), strings.ReplaceAll(b, "_", "-")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return max(len(a), len(b))
}

// invalid is an error of a settings file, under dbt's heading.
func invalid(doc *config.Doc, n *yaml.Node, format string, args ...any) *source.Error {
	err := doc.Errorf(n, format, args...)
	err.Class = source.Runtime
	err.Msg += "\n\nError encountered in " + doc.File.Abs
	return err
}

// reader takes typed values out of rendered settings. A key has one problem at most.
type reader struct {
	doc      *config.Doc
	vals     *jinja.Dict
	problems source.Errors
	wrong    []string // keys with problems
}

func (d *reader) fail(name string, class source.Class, format string, args ...any) {
	if slices.Contains(d.wrong, name) {
		return
	}
	d.wrong = append(d.wrong, name)
	n := config.Child(d.doc.Root, name)
	if n == nil {
		n = d.doc.Root
	}
	err := invalid(d.doc, n, format, args...)
	err.Class = class
	d.problems = append(d.problems, err)
}

func (d *reader) name() string {
	v, ok := d.vals.GetStr("name")
	if !ok || v == jinja.Value(jinja.None) {
		d.fail("name", source.Runtime, `Required "name" field not present in project`)
		return ""
	}
	name := v.String()
	switch {
	case !isIdentifier(name):
		d.fail("name", source.Runtime, `at path ['name']: %s does not match '^[^\\d\\W]\\w*$'`, jinja.Repr(v))
	case slices.Contains(bannedNames, name):
		d.fail("name", source.Runtime, "at path []: Invalid project name: %s is a reserved word", name)
	}
	return name
}

func isIdentifier(s string) bool {
	for i, r := range s {
		digit := '0' <= r && r <= '9'
		if r != '_' && !('a' <= r && r <= 'z') && !('A' <= r && r <= 'Z') && r < 128 && !(digit && i > 0) {
			return false
		}
	}
	return s != ""
}

func (d *reader) version() string {
	v, ok := d.vals.GetStr("version")
	if !ok || v == jinja.Value(jinja.None) {
		return ""
	}
	s := v.String()
	if _, whole := v.(jinja.Int); whole {
		d.fail("version", source.Runtime, "at path ['version']: '%s' is not valid under any of the given schemas", v)
	}
	if _, text := v.(jinja.Str); text {
		if _, err := ParseVersion(s); err != nil && !shortVersion(s) {
			d.fail("version", source.Runtime, "at path ['version']: %s is not valid under any of the given schemas", jinja.Repr(v))
		}
	}
	return s
}

// shortVersion is MAJOR.MINOR, which a project's own version may be.
func shortVersion(s string) bool {
	_, err := ParseVersion(s + ".0")
	return err == nil
}

func (d *reader) text(name, def string) string {
	v, ok := d.vals.GetStr(name)
	if !ok || v == jinja.Value(jinja.None) {
		return def
	}
	return v.String()
}

func (d *reader) dict(name string) *jinja.Dict {
	v, _ := d.vals.GetStr(name)
	if dict, ok := v.(*jinja.Dict); ok {
		return dict
	}
	return jinja.NewDict()
}

func texts(v jinja.Value) []string {
	switch v := v.(type) {
	case *jinja.List:
		out := make([]string, len(v.Items))
		for i, item := range v.Items {
			out[i] = item.String()
		}
		return out
	case jinja.NoneType, nil:
		return nil
	}
	return []string{v.String()}
}

// paths reads a list of folders under its name or its old name.
func (d *reader) paths(name, old string, def ...string) []string {
	v, ok := d.vals.GetStr(name)
	if old != "" {
		if o, given := d.vals.GetStr(old); given {
			if ok {
				d.fail(old, source.Runtime, "both %s and %s are set; %s is the old name of %s", name, old, old, name)
			}
			v, ok = o, true
		}
	}
	if !ok || v == jinja.Value(jinja.None) {
		return def
	}
	out := texts(v)
	for i := range out {
		out[i] = filepath.ToSlash(out[i])
	}
	return out
}

func (d *reader) quoting() *jinja.Dict {
	out := jinja.NewDict()
	for k, v := range d.dict("quoting").All() {
		name := k.String()
		switch name {
		case "project":
			name = "database"
		case "dataset":
			name = "schema"
		}
		if v == jinja.Value(jinja.None) {
			continue
		}
		if _, ok := v.(jinja.Bool); !ok {
			d.fail("quoting", source.Runtime, "at path ['quoting']: %s is not valid under any of the given schemas", jinja.Repr(d.dict("quoting")))
		}
		out.SetStr(name, v)
	}
	return out
}

func (d *reader) hooks(name string) []Hook {
	n := config.Child(d.doc.Root, name)
	v, _ := d.vals.GetStr(name)
	if v == nil {
		return nil
	}
	var out []Hook
	for i, sql := range texts(v) {
		at := n
		if n.Kind == sequenceNode && i < len(n.Content) {
			at = n.Content[i]
		}
		out = append(out, Hook{SQL: sql, Span: d.doc.Span(at)})
	}
	return out
}

func (d *reader) dispatch() []Dispatch {
	v, _ := d.vals.GetStr("dispatch")
	list, _ := v.(*jinja.List)
	if list == nil {
		return nil
	}
	var out []Dispatch
	for _, item := range list.Items {
		entry, _ := item.(*jinja.Dict)
		var ns, order jinja.Value
		if entry != nil {
			ns, _ = entry.GetStr("macro_namespace")
			order, _ = entry.GetStr("search_order")
		}
		seq, ok := order.(*jinja.List)
		if ns == nil || !ok {
			d.fail("dispatch", source.Runtime, "at path []: Invalid project dispatch config: %s", jinja.Repr(item))
			return nil
		}
		out = append(out, Dispatch{Namespace: ns.String(), Order: texts(seq)})
	}
	return out
}

// ValidName says whether a project can have a name: an identifier, and none that
// templates need.
func ValidName(name string) bool {
	return isIdentifier(name) && !slices.Contains(bannedNames, name) && name != "dbt" && !strings.HasPrefix(name, "dbt_")
}
