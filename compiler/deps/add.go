package deps

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// SplitAdd takes NAME@VERSION apart; the version may be missing. An @ in a URL's
// address (git@github.com:a/b) begins none.
func SplitAdd(arg string) (name, version string) {
	i := strings.LastIndexByte(arg, '@')
	if i <= 0 {
		return arg, ""
	}
	before, after := arg[:i], arg[i+1:]
	_, authority, isURL := strings.Cut(before, "://")
	if strings.Contains(after, ":") || isURL && !strings.Contains(authority, "/") {
		return arg, ""
	}
	return before, after
}

// addPackage puts a package into the file that names packages, in the place of those
// that seem to be the same. Comments stay. It gives a function that puts the file back
// as it was.
func (in *installer) addPackage() (restore func(), err error) {
	_, file, err := in.o.Declared(in.root.Dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(in.root.Dir, file)
	old, err := os.ReadFile(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err != nil && !isNew {
		return nil, failed(err)
	}
	if isNew {
		in.say("Formatting", "Z017", "Created packages.yml")
	}
	text, err := in.withPackage(path, string(old))
	if err != nil {
		return nil, err
	}
	if err := writeFile(path, text); err != nil {
		return nil, err
	}
	name, version := SplitAdd(in.o.Add)
	in.say("DepsAddPackage", "M032", "Added new package "+name+"@"+version+" to "+path, "package_name", name, "version", version, "packages_filepath", path)
	return func() {
		if isNew {
			os.Remove(path)
			return
		}
		_ = writeFile(path, string(old)) // the error that led here is the one to tell
	}, nil
}

// withPackage gives the text of the file with the package in it.
func (in *installer) withPackage(path, old string) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(old), &doc); err != nil {
		_, err := config.ParseYAML(&source.File{Path: path, Text: old})
		return "", err
	}
	if doc.Kind == 0 || doc.Content[0].Kind != yaml.MappingNode {
		doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	list := config.Child(doc.Content[0], "packages")
	switch {
	case list == nil:
		list = &yaml.Node{Kind: yaml.SequenceNode}
		doc.Content[0].Content = append(doc.Content[0].Content, scalar("packages"), list)
	case list.Kind != yaml.SequenceNode:
		*list = yaml.Node{Kind: yaml.SequenceNode, HeadComment: list.HeadComment, LineComment: list.LineComment}
	}
	list.Style = 0
	name, version := SplitAdd(in.o.Add)
	kept := list.Content[:0:0]
	for _, n := range list.Content {
		if !sameName(n, name) {
			kept = append(kept, n)
			continue
		}
		shown := ""
		if v, err := config.FromYAML(n); err == nil {
			shown = jinja.Repr(v)
		}
		in.say("DepsFoundDuplicatePackage", "M033", "Found duplicate package in packages.yml, removing: "+shown, "removed_package", shown)
	}
	list.Content = append(kept, newEntry(in.o.AddFrom, name, version))
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return "", failed(err)
	}
	return b.String(), nil
}

func scalar(text string) *yaml.Node {
	var n yaml.Node
	n.SetString(text)
	return &n
}

// newEntry is the entry of a package that is added.
func newEntry(from, name, version string) *yaml.Node {
	key, versionKey := "package", "version"
	switch from {
	case "git":
		key, versionKey = "git", "revision"
	case "local":
		key, version = "local", ""
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar(key), scalar(name)}}
	if version == "" {
		return n
	}
	v := scalar(version)
	if parts := strings.Split(version, ","); len(parts) > 1 {
		v = &yaml.Node{Kind: yaml.SequenceNode}
		for _, p := range parts {
			v.Content = append(v.Content, scalar(strings.TrimSpace(p)))
		}
	}
	n.Content = append(n.Content, scalar(versionKey), v)
	return n
}

// sameName says whether an entry is likely for the package of a name: what it names
// has that name, or its last part, as a part, with - and _ the same.
func sameName(n *yaml.Node, name string) bool {
	fold := func(s string) string { return strings.ReplaceAll(s, "-", "_") }
	name = fold(name)
	short := name[strings.LastIndexByte(name, '/')+1:]
	for _, f := range forms {
		v := config.Child(n, f.key)
		if v == nil {
			continue
		}
		for _, part := range strings.FieldsFunc(fold(v.Value), func(r rune) bool { return r == '/' || r == '.' }) {
			if part == strings.TrimSuffix(short, ".git") {
				return true
			}
		}
		return fold(v.Value) == name
	}
	return false
}
