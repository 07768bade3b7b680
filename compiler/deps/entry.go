package deps

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/project"
	"weft/compiler/source"
)

// kind is where a package comes from.
type kind uint8

const (
	local kind = iota
	tarball
	git
	hub
	private
)

// form is one way to write a package: the key that tells it, the keys that it must have
// besides, and those that it may have with what they are where they are left out.
type form struct {
	kind  kind
	key   string
	must  []string
	may   []string
	noted string // how dbt calls it
}

// forms are tried in this order; the first whose keys fit counts.
var forms = []form{
	{kind: local, key: "local", noted: "local"},
	{kind: tarball, key: "tarball", must: []string{"name"}},
	{kind: git, key: "git", may: []string{"revision", "warn-unpinned", "subdirectory"}, noted: "git"},
	{kind: private, key: "private", may: []string{"provider", "revision", "warn-unpinned", "subdirectory"}},
	{kind: hub, key: "package", may: []string{"version", "install_prerelease"}, noted: "hub"},
}

func (k kind) form() form {
	return forms[slices.IndexFunc(forms, func(f form) bool { return f.kind == k })]
}

// fields say which values a key can have.
var fields = map[string]func(jinja.Value) bool{
	"local": isText, "tarball": isText, "git": isText, "package": isText, "private": isText,
	"name": isText, "subdirectory": isText, "provider": isText,
	"revision": isTextOrNumber, "version": isVersion, "warn-unpinned": isBool, "install_prerelease": isBool,
}

func isText(v jinja.Value) bool { _, ok := v.(jinja.Str); return ok }

func isBool(v jinja.Value) bool { _, ok := v.(jinja.Bool); return ok }

func isTextOrNumber(v jinja.Value) bool {
	switch v.(type) {
	case jinja.Str, jinja.Int, jinja.Float:
		return true
	}
	return false
}

func isVersion(v jinja.Value) bool {
	list, ok := v.(*jinja.List)
	return isTextOrNumber(v) || ok && !slices.ContainsFunc(list.Items, func(v jinja.Value) bool { return !isTextOrNumber(v) })
}

// request is one package as somebody asks for it.
type request struct {
	kind  kind
	place project.Declared // where it is written; without a file for what the hub says
	asker string           // who asks, for messages

	source string // path, URL or name on the hub, with secrets filled in
	shown  string // the same with secrets hidden
	raw    string // the same as written
	url    string // where git finds it, where that is not its source
	name   string // of the entry

	versions   []string // hub: bounds
	prerelease bool
	revision   string // git
	unpinned   bool   // do not warn
	subdir     string
	provider   string // private, as written
}

// at makes an error where the package is asked for.
func (r *request) at(format string, args ...any) *source.Error {
	e := &source.Error{File: r.place.File, Span: r.place.Span, Class: source.Runtime, Msg: fmt.Sprintf(format, args...)}
	if r.place.File == nil {
		e.Hint = "asked for by " + r.asker
	}
	return e
}

// key tells packages apart: requests with the same key are for the same package.
func (r *request) key() string {
	switch r.kind {
	case git, private:
		k := strings.TrimSuffix(r.source, ".git")
		if r.subdir != "" {
			k += "/" + r.subdir
		}
		return k
	case tarball:
		return r.name
	}
	return r.source
}

// repo is what git is asked for.
func (r *request) repo() string { return orElse(r.url, r.source) }

// title is what "Installing" names.
func (r *request) title() string {
	switch {
	case r.kind == tarball:
		return r.name
	case r.subdir != "":
		return r.shown + "/" + r.subdir
	}
	return r.shown
}

// Check says what is wrong with entries, each at its place. It fetches nothing.
func Check(list []project.Declared, o Options) error {
	in := &installer{o: o}
	var out source.Errors
	for _, d := range list {
		if _, err := in.request(d, ""); err != nil {
			out = append(out, source.All(err)...)
		}
	}
	return out.ErrorOrNil()
}

// request reads an entry. An entry of no known form is a *source.Error.
func (in *installer) request(d project.Declared, asker string) (*request, error) {
	f, ok := formOf(d.Entry)
	if !ok {
		all := d.Entry.Copy()
		all.SetStr("unrendered", d.Raw)
		return nil, in.malformed(d, in.o.hide(jinja.Repr(all))+" is not valid under any of the given schemas")
	}
	r := &request{kind: f.kind, place: d, asker: asker}
	written := text(d.Entry, f.key)
	r.source, _ = in.o.Reveal(written)
	r.shown, r.raw = in.o.hide(written), text(d.Raw, f.key)
	r.name, _ = in.o.Reveal(text(d.Entry, "name"))
	r.revision, _ = in.o.Reveal(text(d.Entry, "revision"))
	r.subdir = text(d.Entry, "subdirectory")
	r.provider = text(d.Entry, "provider")
	r.unpinned = no(d.Entry, "warn-unpinned")
	r.prerelease = yes(d.Entry, "install_prerelease")
	if f.kind == hub {
		r.versions = versions(d.Entry)
	}
	return r, in.check(r, f)
}

// formOf finds the form that an entry has.
func formOf(entry *jinja.Dict) (form, bool) {
	for _, f := range forms {
		if fits(f, entry) {
			return f, true
		}
	}
	return form{}, false
}

func fits(f form, entry *jinja.Dict) bool {
	for _, must := range append([]string{f.key}, f.must...) {
		if v, ok := entry.GetStr(must); !ok || v == jinja.Value(jinja.None) {
			return false
		}
	}
	for k, v := range entry.All() {
		name := k.String()
		known := name == f.key || name == "name" || slices.Contains(f.must, name) || slices.Contains(f.may, name)
		if !known || v != jinja.Value(jinja.None) && !fields[name](v) {
			return false
		}
	}
	return true
}

// check looks at the values of an entry that has a known form.
func (in *installer) check(r *request, f form) error {
	switch {
	case r.source == "" && f.noted != "":
		return in.malformed(r.place, "A "+f.noted+" package is missing the value. It is a required property.")
	case r.source == "":
		return in.malformed(r.place, f.key+" is empty")
	case r.kind == hub && !strings.Contains(r.source, "/"):
		return in.malformed(r.place, r.shown+" was not found in the package index. Packages on the index require a namespace, e.g dbt-labs/dbt_utils")
	case r.kind == hub && len(r.versions) == 0:
		return in.malformed(r.place, r.shown+" is missing the version. When installing from the Hub package index, version is a required property")
	case r.kind == hub && !isHubName(r.source):
		return r.at("%q is no name of a package on the hub; names are namespace/package", r.shown)
	case r.kind == tarball && !isFolderName(r.name):
		return r.at("%q cannot be the name of a package's folder", r.name)
	case strings.HasPrefix(r.source, "-") || strings.HasPrefix(r.revision, "-"):
		return r.at("%s: neither a URL nor a revision begins with a dash", r.shown)
	case r.subdir != "" && (!filepath.IsLocal(r.subdir) || strings.HasPrefix(r.subdir, "-")):
		return r.at("the subdirectory %q leads out of the package", r.subdir)
	}
	return nil
}

func isHubName(s string) bool {
	return strings.Count(s, "/") == 1 && !strings.ContainsAny(s, "?#%\\ ") && path.Clean("/"+s) == "/"+s
}

// isFolderName says whether a package can be installed under a name: it must not lead
// elsewhere, and a name that begins with "__" would not be read.
func isFolderName(s string) bool {
	return filepath.IsLocal(s) && s != "." && !strings.ContainsAny(s, `/\`+"\x00") && !strings.HasPrefix(s, "__")
}

func (in *installer) malformed(d project.Declared, problem string) error {
	if d.File == nil {
		return &source.Error{Class: source.Runtime, Msg: "what the hub says of a package is malformed: " + problem}
	}
	return project.Malformed(d.File, d.Span, problem)
}

func text(d *jinja.Dict, key string) string {
	v, ok := d.GetStr(key)
	if !ok || v == jinja.Value(jinja.None) {
		return ""
	}
	return v.String()
}

func yes(d *jinja.Dict, key string) bool {
	v, _ := d.GetStr(key)
	return v == jinja.Value(jinja.Bool(true))
}

func no(d *jinja.Dict, key string) bool {
	v, _ := d.GetStr(key)
	return v == jinja.Value(jinja.Bool(false))
}

// versions gives the bounds of an entry, one or a list.
func versions(d *jinja.Dict) []string {
	v, _ := d.GetStr("version")
	var out []string
	if list, ok := v.(*jinja.List); ok {
		for _, item := range list.Items {
			out = append(out, item.String())
		}
		return out
	}
	if s := text(d, "version"); s != "" {
		return []string{s}
	}
	return nil
}
