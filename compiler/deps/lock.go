package deps

import (
	"crypto/sha1"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/project"
	"weft/compiler/source"
)

// hash is dbt's: SHA-1 of the entries as JSON with sorted keys, sorted, on lines. An
// entry has all keys of its form, and below "unrendered" the text as it is written.
// What is secret counts with its value, which SHA-1 does not give away.
func (in *installer) hash(declared []project.Declared) (string, error) {
	lines := make([]string, 0, len(declared))
	for _, d := range declared {
		all := in.revealed(d.Entry)
		if f, ok := formOf(d.Entry); ok {
			for _, k := range f.may {
				if _, ok := all.GetStr(k); !ok {
					all.SetStr(k, absent(k))
				}
			}
		}
		if text(all, "name") == "" {
			all.Delete(jinja.Str("name"))
		}
		all.SetStr("unrendered", d.Raw)
		b, err := jinja.AppendJSON(nil, all, jinja.JSONOptions{SortKeys: true, ASCII: true})
		if err != nil {
			return "", &source.Error{File: d.File, Span: d.Span, Class: source.Runtime, Msg: err.Error(), Err: err}
		}
		lines = append(lines, string(b))
	}
	slices.Sort(lines)
	sum := sha1.Sum([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:]), nil
}

// absent is what counts for a key that is left out.
func absent(key string) jinja.Value {
	if key == "install_prerelease" {
		return jinja.Bool(false)
	}
	return jinja.None
}

func (in *installer) revealed(entry *jinja.Dict) *jinja.Dict {
	out := jinja.NewDict()
	for k, v := range entry.All() {
		if s, ok := v.(jinja.Str); ok {
			open, _ := in.o.Reveal(string(s))
			v = jinja.Str(open)
		}
		out.Set(k, v)
	}
	return out
}

// lockText is package-lock.yml.
func lockText(packages []*pinned, hash string) (string, error) {
	list := jinja.NewList()
	for _, p := range packages {
		list.Append(p.locked())
	}
	doc := jinja.NewDict()
	doc.SetStr("packages", list)
	doc.SetStr("sha1_hash", jinja.Str(hash))
	return config.DumpYAMLIndented(doc, true)
}

// locked is the package's entry in the lock file. Like dbt's it has what is written for
// git and archives; for others it has that where what it stands for is secret.
func (p *pinned) locked() *jinja.Dict {
	d := jinja.NewDict()
	set := func(key, val string) {
		if val != "" {
			d.SetStr(key, jinja.Str(val))
		}
	}
	where := p.raw
	if p.kind != git && p.kind != tarball && p.shown == p.source {
		where = p.source
	}
	set(p.kind.form().key, where)
	set("name", p.name)
	switch p.kind {
	case hub:
		set("version", p.version)
	case git, private:
		set("revision", p.commit)
		set("subdirectory", p.subdir)
		set("provider", p.provider)
	}
	return d
}

// writeFile puts a file in its place whole.
func writeFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return failed(err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return failed(err)
}

func failed(err error) error {
	if err == nil {
		return nil
	}
	return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
}
