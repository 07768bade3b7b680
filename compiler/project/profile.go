package project

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weft/adapters"
	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Profile is the chosen output of profiles.yml.
type Profile struct {
	Name       string // of the profile
	TargetName string // of the output
	Type       string // of the warehouse
	Threads    int
	Path       string // of profiles.yml
	Dialect    *adapters.Dialect

	// Config is for the driver; secrets in it are adapters.Secret.
	Config   adapters.Config
	Database string
	Schema   string

	// Target is what templates see as target: no secrets.
	Target *jinja.Dict

	doc   *config.Doc // profiles.yml
	flags *yamlNode   // its key config, where flags stood once
}

// secretFields are wrapped even when they stand in the file as plain text.
var secretFields = []string{
	"password", "pass", "token", "private_key", "private_key_passphrase", "oauth_client_secret",
	"client_secret", "refresh_token", "keyfile_json", "motherduck_token", "secret", "key_id", "secrets",
}

// ProfilesDir gives the folder that profiles.yml is looked for in, by dbt's order:
// flag or environment (both in o.ProfilesDir), working folder, ~/.dbt.
func ProfilesDir(o Options) string {
	if o.ProfilesDir != "" {
		return absolute(o.WorkDir, o.ProfilesDir)
	}
	if _, err := os.Stat(filepath.Join(o.WorkDir, "profiles.yml")); err == nil {
		return o.WorkDir
	}
	return filepath.Join(o.Home, ".dbt")
}

func loadProfile(ctx context.Context, o Options, project *config.Doc) (*Profile, error) {
	path := filepath.Join(ProfilesDir(o), "profiles.yml")
	name, err := profileName(ctx, o, project, path)
	if err != nil {
		return nil, err
	}
	doc, err := readProfiles(o, path, name)
	if beside := besideProject(o, project, path, name); beside != nil && (err != nil || config.Child(doc.Root, name) == nil) {
		path, doc, err = beside.File.Abs, beside, nil
	}
	if err != nil {
		return nil, err
	}
	r := &config.Renderer{Globals: o.Secrets, Host: o.Host}
	entry := config.Child(doc.Root, name)
	if entry == nil {
		return nil, &source.Error{
			File: doc.File, Class: source.Runtime,
			Msg:  fmt.Sprintf("Could not find profile named '%s'", name),
			Hint: "the file has " + namesOf(doc, "config"),
		}
	}
	outputs := config.Child(entry, "outputs")
	if config.IsNull(outputs) {
		return nil, profileError(doc, entry, "outputs not specified in profile '%s'", name)
	}
	target := o.Target
	if target == "" {
		target = "default"
		if n := config.Child(entry, "target"); n != nil {
			v, err := r.Value(ctx, doc, n)
			if err != nil {
				return nil, err
			}
			target = v.String()
		} else if o.Inform != nil {
			o.Inform(fmt.Sprintf("target not specified in profile '%s', using 'default'", name))
		}
	}
	output := config.Child(outputs, target)
	if output == nil {
		var names []string
		for _, p := range config.Pairs(outputs) {
			names = append(names, "\n - "+p.Name)
		}
		return nil, profileError(doc, outputs, "The profile '%s' does not have a target named '%s'. The valid target names for this profile are:%s", name, target, strings.Join(names, ""))
	}
	if output.Kind != mappingNode {
		return nil, profileError(doc, output, "target '%s' in profile '%s' is not a mapping", target, name)
	}
	p := &Profile{Name: name, TargetName: target, Path: path, Threads: 1, flags: config.Child(doc.Root, "config"), doc: doc}
	if err := p.read(ctx, o, r, doc, output); err != nil {
		return nil, err
	}
	return p, nil
}

// besideProject gives the profiles.yml in the project's own folder, if it has the
// profile. dbt does not look there; weft does where dbt would find nothing, so that
// a project that brings its profile runs from anywhere.
func besideProject(o Options, project *config.Doc, other, name string) *config.Doc {
	path := filepath.Join(filepath.Dir(project.File.Abs), "profiles.yml")
	if o.ProfilesDir != "" || path == other {
		return nil
	}
	doc, err := readProfiles(o, path, name)
	if err != nil || config.Child(doc.Root, name) == nil {
		return nil
	}
	return doc
}

// profileName is --profile, or the key of dbt_project.yml.
func profileName(ctx context.Context, o Options, project *config.Doc, path string) (string, error) {
	if o.Profile != "" {
		return o.Profile, nil
	}
	n := config.Child(project.Root, "profile")
	if config.IsNull(n) {
		return "", &source.Error{
			File: project.File, Class: source.Runtime,
			Msg:  "no profile was specified for this project",
			Hint: fmt.Sprintf("add a line `profile: [profile name]`, with a name that %s has", path),
		}
	}
	r := &config.Renderer{Globals: o.Secrets, Host: o.Host}
	v, err := r.Value(ctx, project, n)
	if err != nil {
		return "", err
	}
	name, ok := v.(jinja.Str)
	if !ok {
		return "", invalid(project, n, "profile must be a name, not %s", jinja.Repr(v))
	}
	return string(name), nil
}

func readProfiles(o Options, path, name string) (*config.Doc, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, &source.Error{
			Class: source.Runtime,
			Msg:   fmt.Sprintf("Could not find profile named '%s': there is no file %s", name, path),
			Hint:  "make the file, or name its folder with --profiles-dir",
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
	if doc.Root == nil {
		return nil, &source.Error{File: f, Class: source.Runtime, Msg: fmt.Sprintf("The profiles.yml file at %s is empty", path), Hint: "it holds a mapping of profile names"}
	}
	if doc.Root.Kind != mappingNode {
		return nil, profileError(doc, doc.Root, "profiles.yml is no mapping of profile names")
	}
	return doc, nil
}

func namesOf(doc *config.Doc, except ...string) string {
	var names []string
	for _, p := range config.Pairs(doc.Root) {
		if !slices.Contains(except, p.Name) {
			names = append(names, "'"+p.Name+"'")
		}
	}
	if len(names) == 0 {
		return "no profiles"
	}
	return strings.Join(names, ", ")
}

func profileError(doc *config.Doc, n *yamlNode, format string, args ...any) *source.Error {
	e := doc.Errorf(n, format, args...)
	e.Class = source.Runtime
	return e
}

// read renders the chosen output and makes the driver's config of it.
func (p *Profile) read(ctx context.Context, o Options, r *config.Renderer, doc *config.Doc, output *yamlNode) error {
	p.Config = adapters.Config{}
	for _, pair := range config.Pairs(output) {
		v, err := r.Value(ctx, doc, pair.Value)
		if err != nil {
			// A password is allowed to look like a template that is none.
			if pair.Name != "password" && pair.Name != "pass" {
				return inProfile(err)
			}
			v = jinja.Str(pair.Value.Value)
		}
		if jinja.IsUndefined(v) {
			return profileError(doc, pair.Value, "Credentials in profile %q, target %q invalid: %s: Undefined is not of type 'string'", p.Name, p.TargetName, pair.Name)
		}
		p.Config[pair.Name] = p.field(o, pair.Name, v)
	}
	invalidField := func(field, format string, args ...any) error {
		n := config.Child(output, field)
		if n == nil {
			n = output
		}
		return profileError(doc, n, "Credentials in profile %q, target %q invalid: "+format, append([]any{p.Name, p.TargetName}, args...)...)
	}
	typ, ok := p.Config["type"].(string)
	if !ok {
		return profileError(doc, output, "required field \"type\" not found in profile %s and target %s", p.Name, p.TargetName)
	}
	p.Type = typ
	if p.Dialect = o.Dialect(typ); p.Dialect == nil {
		return invalidField("type", "Runtime Error\n  Could not find adapter type %s!", typ)
	}
	switch n := p.Config["threads"].(type) {
	case nil:
	case int64:
		p.Threads = int(n)
	default:
		return profileError(doc, config.Child(output, "threads"), "at path ['threads']: %s is not of type 'integer'", jinja.Repr(jinja.FromGo(n)))
	}
	if o.Threads > 0 {
		p.Threads = o.Threads
	}
	delete(p.Config, "threads")
	if p.Dialect.Profile != nil {
		full, err := p.Dialect.Profile(p.Config)
		if err != nil {
			return invalidField("", "%s", err)
		}
		p.Config = full
	}
	for _, name := range []string{"schema", "database"} {
		switch v := p.Config[name].(type) {
		case nil, string, adapters.Secret:
		default:
			return invalidField(name, "%s is not of type 'string'", jinja.Repr(jinja.FromGo(v)))
		}
	}
	p.Database, _ = shownField("database", p.Config["database"]).(string)
	p.Schema, _ = shownField("schema", p.Config["schema"]).(string)
	p.Target = p.target()
	return nil
}

// inProfile puts a template that failed under the heading that dbt gives problems of
// profiles.
func inProfile(err error) error {
	for _, e := range source.All(err) {
		if e.Class == source.Compilation {
			e.Class, e.WordsFirst = source.Runtime, true
			e.Msg = "Compilation Error\n  " + e.Msg
		}
	}
	return err
}

// field makes Go values of a rendered field and wraps what is secret.
func (p *Profile) field(o Options, name string, v jinja.Value) any {
	secret := slices.Contains(secretFields, name)
	if d, ok := v.(*jinja.Dict); ok {
		out := map[string]any{}
		for k, val := range d.All() {
			out[k.String()] = p.field(o, k.String(), val)
		}
		return out
	}
	if l, ok := v.(*jinja.List); ok {
		out := make([]any, len(l.Items))
		for i, item := range l.Items {
			out[i] = p.field(o, "", item)
		}
		return out
	}
	s, ok := v.(jinja.Str)
	if !ok {
		if secret && v != jinja.Value(jinja.None) {
			return adapters.NewSecret(v.String())
		}
		return jinja.ToGo(v)
	}
	text, found := string(s), false
	if o.Reveal != nil {
		text, found = o.Reveal(text)
	}
	if found || secret {
		return adapters.NewSecret(text)
	}
	return text
}

// namingFields are part of the names of relations, so they cannot be hidden from SQL,
// not even where they are made from a secret.
var namingFields = []string{"database", "dbname", "project", "schema", "dataset"}

// shownField is a field as templates see it: what is made from a secret is hidden,
// unless relations are named by it. Logs are searched for the value all the same.
func shownField(name string, v any) any {
	if s, ok := v.(adapters.Secret); ok && slices.Contains(namingFields, name) {
		return s.Reveal()
	}
	return v
}

// target is the profile as templates see it.
func (p *Profile) target() *jinja.Dict {
	d := jinja.NewDict()
	for _, k := range p.Dialect.TargetKeys {
		d.SetStr(k, fromConfig(shownField(k, p.Config[k])))
	}
	d.SetStr("type", jinja.Str(p.Type))
	d.SetStr("threads", jinja.Int(p.Threads))
	d.SetStr("name", jinja.Str(p.TargetName))
	d.SetStr("target_name", jinja.Str(p.TargetName))
	d.SetStr("profile_name", jinja.Str(p.Name))
	return d
}

// fromConfig is jinja.FromGo in which secrets stay hidden at any depth.
func fromConfig(v any) jinja.Value {
	switch v := v.(type) {
	case adapters.Secret:
		return jinja.Str(v.String())
	case []any:
		out := jinja.NewList()
		for _, item := range v {
			out.Items = append(out.Items, fromConfig(item))
		}
		return out
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		out := jinja.NewDict()
		for _, k := range keys {
			out.SetStr(k, fromConfig(v[k]))
		}
		return out
	}
	return jinja.FromGo(v)
}
