package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"weft/compiler/jinja"
)

// flagKind is what a flag's value is.
type flagKind uint8

const (
	boolFlag  flagKind = iota // --x, and --no-x unless noNo
	textFlag                  // --x TEXT
	intFlag                   // --x 3
	multiFlag                 // --x A B C, may repeat
	yamlFlag                  // --x '{a: 1}'
	pathFlag                  // --x DIR, which must exist
)

// flag is one option of the command line, with its environment variable and its
// place in dbt_project.yml's flags.
type flag struct {
	name  string
	short string
	kind  flagKind
	def   string // default: true, false, a number, a text
	env   string // without DBT_; empty for none
	doc   string
	only  []string // commands that have it; nil for all
	oneOf []string // values that are allowed
	noNo  bool     // no --no-x form
}

var selecting = []string{"build", "run", "test", "seed", "snapshot", "compile", "show", "list", "docs generate", "clone", "source freshness"}

// flags is every option there is.
var flags = []flag{
	{name: "project-dir", kind: pathFlag, env: "PROJECT_DIR", doc: "folder of the project; else the nearest one upward with a dbt_project.yml"},
	{name: "profiles-dir", kind: pathFlag, env: "PROFILES_DIR", doc: "folder of profiles.yml; else the working folder, else ~/.dbt"},
	{name: "profile", kind: textFlag, env: "PROFILE", doc: "profile to use instead of the project's"},
	{name: "target", short: "t", kind: textFlag, env: "TARGET", doc: "output of the profile to use"},
	{name: "target-path", kind: textFlag, env: "TARGET_PATH", doc: "folder for compiled files and artifacts"},
	{name: "log-path", kind: textFlag, env: "LOG_PATH", doc: "folder for the log file"},
	{name: "vars", kind: yamlFlag, def: "{}", doc: "variables as a YAML mapping; they win over the project's"},
	{name: "threads", kind: intFlag, doc: "how many nodes to run at once"},

	{name: "select", short: "s", kind: multiFlag, doc: "nodes to include", only: selecting},
	{name: "exclude", kind: multiFlag, doc: "nodes to leave out", only: selecting},
	{name: "models", short: "m", kind: multiFlag, doc: "old name of --select", only: selecting},
	{name: "fail-on-no-match", kind: boolFlag, def: "false", env: "FAIL_ON_NO_MATCH", doc: "make an error of a selection that matches nothing", only: selecting},
	{name: "explain", kind: boolFlag, def: "false", noNo: true, doc: "show how nodes differ from those of --state", only: []string{"list"}},
	{name: "selector", kind: textFlag, doc: "name of a selector of selectors.yml", only: selecting},
	{name: "resource-type", kind: multiFlag, env: "RESOURCE_TYPES", doc: "kinds of resources to include", only: []string{"build", "test", "clone", "list"}},
	{name: "exclude-resource-type", kind: multiFlag, env: "EXCLUDE_RESOURCE_TYPES", doc: "kinds of resources to leave out", only: []string{"build", "test", "clone", "list"}},
	{name: "indirect-selection", kind: textFlag, def: "eager", env: "INDIRECT_SELECTION", oneOf: []string{"eager", "cautious", "buildable", "empty"}, doc: "which tests come along with what they test"},
	{name: "full-refresh", short: "f", kind: boolFlag, def: "false", env: "FULL_REFRESH", noNo: true, doc: "rebuild incremental models and seeds from nothing", only: []string{"build", "run", "seed", "compile", "show", "retry", "clone"}},
	{name: "empty", kind: boolFlag, def: "false", env: "EMPTY", doc: "read no rows from refs and sources", only: []string{"build", "run", "compile", "snapshot"}},
	{name: "store-failures", kind: boolFlag, def: "false", env: "STORE_FAILURES", noNo: true, doc: "keep the failing rows of tests in tables", only: []string{"build", "test"}},
	{name: "show", kind: boolFlag, def: "false", noNo: true, doc: "print a sample of the loaded rows", only: []string{"seed", "build"}},
	{name: "inline", kind: textFlag, doc: "SQL to use instead of a node's", only: []string{"compile", "show"}},
	{name: "limit", kind: intFlag, def: "5", doc: "rows to show", only: []string{"show"}},
	{name: "introspect", kind: boolFlag, def: "true", env: "INTROSPECT", doc: "let templates ask the warehouse while compiling", only: []string{"compile", "show"}},
	{name: "output", kind: textFlag, doc: "form of the output; of schema export the folder", only: []string{"list", "compile", "show", "schema export"}},
	{name: "output", short: "o", kind: textFlag, doc: "file to write instead of sources.json of the target folder", only: []string{"source freshness"}},
	{name: "output-keys", kind: multiFlag, doc: "keys of the JSON form", only: []string{"list"}},
	{name: "args", kind: yamlFlag, def: "{}", doc: "arguments of the macro as a YAML mapping", only: []string{"run-operation"}},
	{name: "compile", kind: boolFlag, def: "true", doc: "compile before making the catalog", only: []string{"docs generate"}},
	{name: "empty-catalog", kind: boolFlag, def: "false", noNo: true, doc: "do not ask the warehouse for the catalog", only: []string{"docs generate"}},
	{name: "clean-project-files-only", kind: boolFlag, def: "true", env: "CLEAN_PROJECT_FILES_ONLY", doc: "refuse to remove what lies outside the project", only: []string{"clean"}},
	{name: "connection", kind: boolFlag, def: "false", noNo: true, doc: "test only the connection", only: []string{"debug"}},
	{name: "config-dir", kind: boolFlag, def: "false", noNo: true, doc: "print where profiles.yml is looked for", only: []string{"debug"}},
	{name: "skip-profile-setup", kind: boolFlag, def: "false", noNo: true, doc: "make no profiles.yml", only: []string{"init"}},
	{name: "lock", kind: boolFlag, def: "false", noNo: true, doc: "write the lock file and install nothing", only: []string{"deps"}},
	{name: "upgrade", kind: boolFlag, def: "false", noNo: true, doc: "resolve versions again", only: []string{"deps"}},
	{name: "add-package", kind: textFlag, doc: "put NAME@VERSION into packages.yml first", only: []string{"deps"}},
	{name: "source", kind: textFlag, def: "hub", oneOf: []string{"hub", "git", "local"}, doc: "where the added package comes from", only: []string{"deps"}},

	{name: "state", kind: textFlag, env: "STATE", doc: "folder with the artifacts of an earlier run"},
	{name: "defer-state", kind: textFlag, env: "DEFER_STATE", doc: "folder with the artifacts to defer to, if not that of --state"},
	{name: "defer", kind: boolFlag, def: "false", env: "DEFER", doc: "take what is not built here from the state"},
	{name: "favor-state", kind: boolFlag, def: "false", env: "FAVOR_STATE", doc: "prefer the state's relations"},
	{name: "cache-selected-only", kind: boolFlag, def: "false", env: "CACHE_SELECTED_ONLY", doc: "list only the schemas of selected nodes"},
	{name: "populate-cache", kind: boolFlag, def: "true", env: "POPULATE_CACHE", doc: "list schemas before the first node"},
	{name: "debug", short: "d", kind: boolFlag, def: "false", env: "DEBUG", doc: "show debug messages"},
	{name: "fail-fast", short: "x", kind: boolFlag, def: "false", env: "FAIL_FAST", doc: "stop at the first failure"},
	{name: "log-format", kind: textFlag, def: "default", env: "LOG_FORMAT", oneOf: []string{"text", "debug", "json", "default"}, doc: "form of messages on the console"},
	{name: "log-format-file", kind: textFlag, def: "debug", env: "LOG_FORMAT_FILE", oneOf: []string{"text", "debug", "json", "default"}, doc: "form of messages in the log file"},
	{name: "log-level", kind: textFlag, def: "info", env: "LOG_LEVEL", oneOf: []string{"debug", "info", "warn", "error", "none"}, doc: "least important messages to show"},
	{name: "log-level-file", kind: textFlag, def: "debug", env: "LOG_LEVEL_FILE", oneOf: []string{"debug", "info", "warn", "error", "none"}, doc: "least important messages in the log file"},
	{name: "partial-parse", kind: boolFlag, def: "true", env: "PARTIAL_PARSE", doc: "use the cache of decoded files"},
	{name: "partial-parse-file-path", kind: textFlag, env: "PARTIAL_PARSE_FILE_PATH", doc: "where that cache is, if not in the target folder"},
	{name: "print", kind: boolFlag, def: "true", env: "PRINT", doc: "show what templates print()"},
	{name: "printer-width", kind: intFlag, def: "80", env: "PRINTER_WIDTH", doc: "width of progress lines"},
	{name: "quiet", short: "q", kind: boolFlag, def: "false", env: "QUIET", doc: "show errors only"},
	{name: "send-anonymous-usage-stats", kind: boolFlag, def: "false", env: "SEND_ANONYMOUS_USAGE_STATS", doc: "accepted; weft sends nothing"},
	{name: "single-threaded", kind: boolFlag, def: "false", env: "SINGLE_THREADED", doc: "run one node at a time"},
	{name: "static-parser", kind: boolFlag, def: "true", env: "STATIC_PARSER", doc: "accepted; weft always renders"},
	{name: "use-colors", kind: boolFlag, def: "true", env: "USE_COLORS", doc: "colour the console"},
	{name: "use-colors-file", kind: boolFlag, def: "false", env: "USE_COLORS_FILE", doc: "colour the log file"},
	{name: "version-check", kind: boolFlag, def: "true", env: "VERSION_CHECK", doc: "check require-dbt-version"},
	{name: "warn-error", kind: boolFlag, def: "false", env: "WARN_ERROR", noNo: true, doc: "make errors of warnings"},
	{name: "warn-error-options", kind: yamlFlag, def: "{}", env: "WARN_ERROR_OPTIONS", doc: "which warnings are errors"},
	{name: "write-json", kind: boolFlag, def: "true", env: "WRITE_JSON", doc: "write the artifacts"},
	{name: "show-all-deprecations", kind: boolFlag, def: "false", noNo: true, doc: "show each deprecation every time"},
	{name: "log-cache-events", kind: boolFlag, def: "false", env: "LOG_CACHE_EVENTS", doc: "log changes of the relation cache"},
	{name: "maximum-seed-size-mib", kind: intFlag, def: "1", env: "MAXIMUM_SEED_SIZE_MIB", doc: "size from which a seed is known by its path only"},
	{name: "use-experimental-parser", kind: boolFlag, def: "false", env: "USE_EXPERIMENTAL_PARSER", doc: "accepted; has no effect"},
}

// settings are the values of all flags for one invocation.
type settings struct {
	vals  map[string]string
	multi map[string][]string
	given map[string]bool // on the command line or in the environment
	yaml  map[string]*jinja.Dict
}

func newSettings() *settings {
	s := &settings{vals: map[string]string{}, multi: map[string][]string{}, given: map[string]bool{}, yaml: map[string]*jinja.Dict{}}
	for _, f := range flags {
		s.vals[f.name] = f.def
	}
	return s
}

func (s *settings) text(name string) string { return s.vals[name] }
func (s *settings) on(name string) bool     { return s.vals[name] == "true" }
func (s *settings) list(name string) []string {
	return s.multi[name]
}
func (s *settings) num(name string) int {
	n, _ := strconv.Atoi(s.vals[name])
	return n
}

// value makes pflag put what it reads into the settings.
type value struct {
	s  *settings
	f  *flag
	to string // what a bool flag is set to
}

// String is the default, for help texts.
func (v *value) String() string {
	if v.f == nil || v.f.kind == boolFlag {
		return ""
	}
	return v.f.def
}

// Type is the name of the value in help texts.
func (v *value) Type() string {
	switch v.f.kind {
	case boolFlag:
		return "bool"
	case intFlag:
		return "INTEGER"
	case pathFlag:
		return "DIRECTORY"
	case yamlFlag:
		return "YAML"
	}
	return "TEXT"
}

// Set takes a value from the command line.
func (v *value) Set(text string) error {
	v.s.given[v.f.name] = true
	if v.f.kind == boolFlag {
		v.s.vals[v.f.name] = v.to
		return nil
	}
	return v.s.set(v.f, text)
}

// usageError is a mistake on the command line, in the words of dbt's parser.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func invalid(f *flag, format string, args ...any) error {
	return &usageError{fmt.Sprintf("Invalid value for '--%s': %s", f.name, fmt.Sprintf(format, args...))}
}

// set checks a value and keeps it.
func (s *settings) set(f *flag, text string) error {
	switch f.kind {
	case intFlag:
		if _, err := strconv.Atoi(text); err != nil {
			return invalid(f, "'%s' is not a valid integer.", text)
		}
	case multiFlag:
		words := strings.Fields(text)
		if len(words) == 0 {
			words = []string{""} // which selects nothing, where no word at all selects everything
		}
		s.multi[f.name] = append(s.multi[f.name], words...)
		return nil
	case pathFlag:
		if !isDir(text) {
			return invalid(f, "Path '%s' does not exist.", text)
		}
	case yamlFlag:
		d, err := yamlDict(text)
		if err != nil {
			return invalid(f, "String '%s' is not valid YAML", text)
		}
		s.yaml[f.name] = d
	case boolFlag:
		b, ok := truth(text)
		if !ok {
			return invalid(f, "'%s' is not a valid boolean.", text)
		}
		text = strconv.FormatBool(b)
	}
	if len(f.oneOf) > 0 {
		low := strings.ToLower(text)
		if !slices.Contains(f.oneOf, low) {
			return invalid(f, "'%s' is not one of '%s'.", text, strings.Join(f.oneOf, "', '"))
		}
		text = low
	}
	s.vals[f.name] = text
	return nil
}

func truth(text string) (val, ok bool) {
	switch strings.ToLower(text) {
	case "1", "true", "t", "yes", "y", "on":
		return true, true
	case "0", "false", "f", "no", "n", "off", "":
		return false, true
	}
	return false, false
}

// environment takes flags that were not given from DBT_ENGINE_X or DBT_X.
func (s *settings) environment(env func(string) (string, bool)) error {
	for i := range flags {
		f := &flags[i]
		if f.env == "" || s.given[f.name] {
			continue
		}
		text, ok := oldVariable(env, f.env)
		if !ok {
			text, ok = env("DBT_ENGINE_" + f.env)
		}
		if !ok {
			text, ok = env("DBT_" + f.env)
		}
		if !ok || text == "" {
			continue
		}
		s.given[f.name] = true
		if err := s.set(f, text); err != nil {
			return err
		}
	}
	return nil
}

// project takes flags that nothing else set from dbt_project.yml.
func (s *settings) project(d *jinja.Dict) {
	for i := range flags {
		f := &flags[i]
		if s.given[f.name] {
			continue
		}
		v, ok := d.GetStr(strings.ReplaceAll(f.name, "-", "_"))
		if !ok || v == jinja.Value(jinja.None) {
			continue
		}
		if sub, isDict := v.(*jinja.Dict); isDict && f.kind == yamlFlag {
			s.yaml[f.name] = sub
			continue
		}
		// A value that does not fit is ignored, as dbt does.
		_ = s.set(f, v.String())
	}
}

// addFlags gives a command its flags. Everything is accepted before and after the
// command's name, so flags without a list of commands go to the root.
func addFlags(fs *pflag.FlagSet, s *settings, command string) {
	for i := range flags {
		f := &flags[i]
		if command == "" && f.only != nil || command != "" && !slices.Contains(f.only, command) {
			continue
		}
		v := &value{s: s, f: f, to: "true"}
		p := fs.VarPF(v, f.name, f.short, f.doc)
		if f.kind != boolFlag {
			continue
		}
		p.NoOptDefVal = "true"
		if !f.noNo {
			n := fs.VarPF(&value{s: s, f: f, to: "false"}, "no-"+f.name, "", "not --"+f.name)
			n.NoOptDefVal = "true"
			n.Hidden = true
		}
	}
}

// gather joins the values of options that take several ("--select a b") into one
// argument, since pflag gives an option only the next word.
func gather(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if !isMulti(a) {
			out = append(out, a)
			continue
		}
		if i+1 >= len(args) {
			out = append(out, a)
			continue
		}
		var vals []string
		for i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			vals = append(vals, args[i+1])
			i++
		}
		if len(vals) == 0 {
			// A value may begin with a dash only if it is the first.
			out = append(out, a)
			continue
		}
		name := strings.TrimLeft(a, "-")
		for _, f := range flags {
			if f.short == name {
				name = f.name
			}
		}
		if name == "model" {
			name = "models"
		}
		out = append(out, "--"+name+"="+strings.Join(vals, " "))
	}
	return out
}

func isMulti(arg string) bool {
	if arg == "--model" || arg == "--resource-types" || arg == "--exclude-resource-types" {
		return true
	}
	for _, f := range flags {
		if f.kind == multiFlag && (arg == "--"+f.name || f.short != "" && arg == "-"+f.short) {
			return true
		}
	}
	return false
}

// usage turns pflag's and cobra's complaints into the words that dbt's parser has.
func usage(err error) error {
	if err == nil {
		return nil
	}
	msg := err.Error()
	switch {
	case strings.HasPrefix(msg, "unknown shorthand flag: "):
		_, name, _ := strings.Cut(msg, " in ")
		return &usageError{"No such option '" + strings.TrimSpace(name) + "'."}
	case strings.HasPrefix(msg, "flag needs an argument: "):
		name := strings.TrimPrefix(msg, "flag needs an argument: ")
		if i := strings.Index(name, " in "); i > 0 {
			name = name[i+4:]
		}
		return &usageError{"Option '" + name + "' requires an argument."}
	case strings.HasPrefix(msg, "unknown command "):
		name, _, _ := strings.Cut(strings.TrimPrefix(msg, "unknown command \""), "\"")
		return &usageError{"No such command '" + name + "'."}
	case strings.HasPrefix(msg, "invalid argument "):
		if _, rest, ok := strings.Cut(msg, "flag: "); ok {
			return &usageError{rest}
		}
	}
	return err
}

// argsDict is the flags as invocation_args_dict and the artifacts have them: those
// that are none are left out, and some that are false.
func (s *settings) argsDict(which, invocation string) *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr("which", jinja.Str(which))
	d.SetStr("invocation_command", jinja.Str(invocation))
	for _, f := range flags {
		if f.only != nil && !slices.Contains(f.only, which) {
			continue
		}
		key := strings.ReplaceAll(f.name, "-", "_")
		switch f.kind {
		case boolFlag:
			if !s.on(f.name) && slices.Contains(droppedWhenFalse, key) {
				continue
			}
			d.SetStr(key, jinja.Bool(s.on(f.name)))
		case multiFlag:
			l := jinja.NewList()
			for _, v := range s.list(f.name) {
				l.Append(jinja.Str(v))
			}
			d.SetStr(key, l)
		case yamlFlag:
			v := s.yaml[f.name]
			if v == nil {
				v = jinja.NewDict()
			}
			if f.name == "vars" {
				v = scrubbed(v)
			}
			d.SetStr(key, v)
		case intFlag:
			if s.text(f.name) != "" {
				d.SetStr(key, jinja.Int(s.num(f.name)))
			}
		default:
			if s.text(f.name) != "" {
				d.SetStr(key, jinja.Str(s.text(f.name)))
			}
		}
	}
	return d
}

var droppedWhenFalse = []string{"debug", "full_refresh", "fail_fast", "warn_error", "single_threaded", "log_cache_events", "store_failures", "use_experimental_parser",
	"fail_on_no_match", "explain"}

// scrubbed hides the values of vars that are named like secrets.
func scrubbed(d *jinja.Dict) *jinja.Dict {
	out := jinja.NewDict()
	for k, v := range d.All() {
		if strings.HasPrefix(k.String(), "DBT_ENV_SECRET") {
			v = jinja.Str("*****")
		}
		out.Set(k, v)
	}
	return out
}

var _ pflag.Value = (*value)(nil)
