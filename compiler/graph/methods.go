package graph

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

type matcher func(*manifest.Node) bool

// methods are the ways to name nodes, by the word before the colon.
var methods = map[string]func(*selector, Term) (matcher, error){
	"fqn":            byFQN,
	"tag":            byTag,
	"source":         bySource,
	"exposure":       byKindName(manifest.Exposure),
	"unit_test":      byKindName(manifest.UnitTest),
	"metric":         byKindName(manifest.Metric),
	"semantic_model": byKindName(manifest.SemanticModel),
	"saved_query":    byKindName(manifest.SavedQuery),
	"path":           byPath,
	"file":           byFile,
	"package":        byPackage,
	"config":         byConfig,
	"test_type":      byTestType,
	"test_name":      byTestName,
	"resource_type":  byResourceType,
	"group":          byGroup,
	"access":         byAccess,
	"version":        byVersion,
	"state":          byState,
	"result":         byResult,
	"source_status":  bySourceStatus,
}

// methodNames are the keys of methods, sorted.
var methodNames = slices.Sorted(maps.Keys(methods))

// known says that a method is none, and which was perhaps meant.
func known(method string) error {
	if _, ok := slices.BinarySearch(methodNames, method); ok {
		return nil
	}
	e := &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("'%s' is not a valid method name", method)}
	switch near := source.Nearest(method, slices.Clone(methodNames)); {
	case method == "selector":
		e.Hint = "name a selector of selectors.yml with --selector; within that file write {method: selector, value: NAME}"
	case near != "":
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

func (s *selector) method(t Term) (matcher, error) {
	if err := known(t.Method); err != nil {
		return nil, err
	}
	return methods[t.Method](s, t)
}

// glob matches like the shell, but over the whole text: "*" takes slashes too.
func glob(pattern, s string) bool {
	// A star that fits nothing more backtracks to the last star.
	pi, si, star, mark := 0, 0, -1, 0
	for si < len(s) {
		if pi < len(pattern) {
			switch c := pattern[pi]; c {
			case '*':
				star, mark = pi, si
				pi++
				continue
			case '[':
				r, size := utf8.DecodeRuneInString(s[si:])
				if end, ok := class(pattern[pi:], r); end > 0 {
					if ok {
						pi += end
						si += size
						continue
					}
					break
				}
				if s[si] == '[' {
					pi++
					si++
					continue
				}
			case '?':
				_, size := utf8.DecodeRuneInString(s[si:])
				pi++
				si += size
				continue
			default:
				if c == s[si] {
					pi++
					si++
					continue
				}
			}
		}
		if star < 0 {
			return false
		}
		_, size := utf8.DecodeRuneInString(s[mark:])
		mark += size
		pi, si = star+1, mark
	}
	for pi < len(pattern) && pattern[pi] == '*' {
		pi++
	}
	return pi == len(pattern)
}

// class matches one character against [a-z] or [!a-z] and gives the length of the class;
// 0 if it is not closed.
func class(p string, c rune) (int, bool) {
	end := strings.IndexByte(p[1:], ']')
	if end == 0 || end == 1 && p[1] == '!' {
		if more := strings.IndexByte(p[end+2:], ']'); more >= 0 {
			end += 1 + more
		} else {
			return 0, false
		}
	}
	if end < 0 {
		return 0, false
	}
	text, neg := strings.CutPrefix(p[1:end+1], "!")
	body := []rune(text)
	in := false
	for i := 0; i < len(body); i++ {
		if i+2 < len(body) && body[i+1] == '-' {
			in = in || body[i] <= c && c <= body[i+2]
			i += 2
			continue
		}
		in = in || body[i] == c
	}
	return end + 2, in != neg
}

func byFQN(_ *selector, t Term) (matcher, error) {
	return func(n *manifest.Node) bool {
		if n.Kind == manifest.Source {
			return false
		}
		return matchFQN(n.FQN, t.Value, n.Version != nil) || len(n.FQN) > 1 && matchFQN(n.FQN[1:], t.Value, n.Version != nil)
	}, nil
}

func matchFQN(fqn []string, sel string, versioned bool) bool {
	last := len(fqn) - 1
	name := func(s string) bool { return s == sel || !strings.Contains(sel, ".") && glob(sel, s) }
	switch {
	case !versioned:
		if name(fqn[last]) {
			return true
		}
	case len(fqn) > 1:
		if name(fqn[last-1]) {
			return true
		}
		parts := strings.Split(sel, ".")
		if len(parts) > 2 {
			parts = parts[len(parts)-2:]
		}
		if fqn[last-1]+"_"+fqn[last] == strings.Join(parts, "_") {
			return true
		}
	}
	if sel == "*" {
		return true
	}
	if first, _, _ := strings.Cut(fqn[0], "."); !strings.HasPrefix(sel, first) && !strings.ContainsAny(sel, "*?[]") {
		return false // as most nodes are that a name does not mean
	}
	var have []string
	for _, f := range fqn {
		have = append(have, strings.Split(f, ".")...)
	}
	want := strings.Split(sel, ".")
	if len(want) > len(have) {
		return false
	}
	for i, w := range want {
		if strings.ContainsAny(w, "*?[]") {
			return glob(strings.Join(want[i:], "."), strings.Join(have[i:], "."))
		}
		if w != have[i] {
			return false
		}
	}
	return true
}

func byTag(_ *selector, t Term) (matcher, error) {
	return func(n *manifest.Node) bool {
		return slices.ContainsFunc(n.Tags, func(tag string) bool { return glob(t.Value, tag) })
	}, nil
}

func bySource(_ *selector, t Term) (matcher, error) {
	parts := strings.Split(t.Value, ".")
	pkg, src, table := "*", "*", "*"
	switch len(parts) {
	case 1:
		src = parts[0]
	case 2:
		src, table = parts[0], parts[1]
	case 3:
		pkg, src, table = parts[0], parts[1], parts[2]
	default:
		return nil, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Invalid source selector value \"%s\". Sources must be of the form `${source_name}`, `${source_name}.${target_name}`, or `${package_name}.${source_name}.${target_name}`", t.Value)}
	}
	return func(n *manifest.Node) bool {
		return n.Kind == manifest.Source && glob(pkg, n.Package) && glob(src, n.Source.SourceName) && glob(table, n.Name)
	}, nil
}

func byKindName(k manifest.Kind) func(*selector, Term) (matcher, error) {
	return func(_ *selector, t Term) (matcher, error) {
		parts := strings.Split(t.Value, ".")
		pkg, name := "*", parts[0]
		if len(parts) == 2 {
			pkg, name = parts[0], parts[1]
		}
		if len(parts) > 2 {
			return nil, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Invalid %s selector value \"%s\". It must be of the form ${%s_name} or ${%s_package.%s_name}",
				strings.ReplaceAll(k.String(), "_", " "), t.Value, k, k, k)}
		}
		return func(n *manifest.Node) bool { return n.Kind == k && glob(pkg, n.Package) && glob(name, n.Name) }, nil
	}
}

func byPath(_ *selector, t Term) (matcher, error) {
	if t.Value == "" {
		return nil, &source.Error{Class: source.Runtime, Msg: "Unacceptable pattern: ''", Hint: "the method path needs a path, as in path:models/staging"}
	}
	want := strings.TrimPrefix(path.Clean(strings.ReplaceAll(t.Value, `\`, "/")), "./")
	fits := func(file string) bool {
		for p := file; p != "." && p != "/"; p = path.Dir(p) {
			if globPath(want, p) {
				return true
			}
		}
		return want == "."
	}
	return func(n *manifest.Node) bool {
		if fits(n.OriginalPath) {
			return true
		}
		_, patch, ok := strings.Cut(n.PatchPath, "://")
		return ok && fits(patch)
	}, nil
}

// globPath matches element by element; "**" stands for any number of elements.
func globPath(pattern, file string) bool {
	return globParts(strings.Split(pattern, "/"), strings.Split(file, "/"))
}

func globParts(p, f []string) bool {
	if len(p) == 0 {
		return len(f) == 0
	}
	if p[0] == "**" {
		for i := range len(f) + 1 {
			if globParts(p[1:], f[i:]) {
				return true
			}
		}
		return false
	}
	return len(f) > 0 && glob(p[0], f[0]) && globParts(p[1:], f[1:])
}

func byFile(_ *selector, t Term) (matcher, error) {
	return func(n *manifest.Node) bool {
		base := path.Base(n.OriginalPath)
		return glob(t.Value, base) || glob(t.Value, strings.TrimSuffix(base, path.Ext(base)))
	}, nil
}

func byPackage(s *selector, t Term) (matcher, error) {
	want := t.Value
	if want == "this" {
		want = s.g.manifest.Project
	}
	return func(n *manifest.Node) bool { return glob(want, n.Package) }, nil
}

func byConfig(_ *selector, t Term) (matcher, error) {
	if len(t.Args) == 0 {
		return func(*manifest.Node) bool { return false }, nil
	}
	return func(n *manifest.Node) bool {
		v, ok := n.Config.Lookup(t.Args[0])
		if !ok {
			return false
		}
		for _, key := range t.Args[1:] {
			d, isDict := v.(*jinja.Dict)
			if !isDict {
				return false
			}
			if v, ok = d.GetStr(key); !ok {
				return false
			}
		}
		return configMatches(v, t, t.Args[0] == "severity")
	}, nil
}

// configMatches compares a value of a config with that of a term. Nothing is turned
// into anything else: a number is equal to a number of selectors.yml, and never to a
// text; only truth values may be written as texts.
func configMatches(v jinja.Value, t Term, fold bool) bool {
	switch v := v.(type) {
	case jinja.Str:
		return string(v) == t.Value || fold && strings.EqualFold(string(v), t.Value)
	case jinja.Bool:
		return strings.EqualFold(v.String(), t.Value)
	case *jinja.List:
		return slices.ContainsFunc(v.Items, func(item jinja.Value) bool { return configMatches(item, t, fold) })
	case jinja.Int, jinja.Float:
		return t.Native != nil && jinja.Equal(v, t.Native)
	}
	return false
}

func byTestType(_ *selector, t Term) (matcher, error) {
	generic := func(n *manifest.Node) bool { return n.Kind == manifest.Test && n.Test.Generic }
	switch t.Value {
	case "generic", "schema":
		return generic, nil
	case "singular":
		return func(n *manifest.Node) bool { return n.Kind == manifest.Test && !n.Test.Generic }, nil
	case "data":
		return func(n *manifest.Node) bool { return n.Kind == manifest.Test }, nil
	case "unit":
		return func(n *manifest.Node) bool { return n.Kind == manifest.UnitTest }, nil
	}
	return nil, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Invalid test type selector %s: expected \"data\", \"generic\", \"singular\" or \"unit\"", t.Value)}
}

func byTestName(_ *selector, t Term) (matcher, error) {
	return func(n *manifest.Node) bool {
		return n.Kind == manifest.Test && n.Test.Generic && glob(t.Value, n.Test.Name) || n.Kind == manifest.UnitTest && glob(t.Value, n.Name)
	}, nil
}

func byResourceType(_ *selector, t Term) (matcher, error) {
	k, ok := manifest.KindByName(t.Value)
	if !ok {
		return nil, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Invalid resource_type selector \"%s\"", t.Value)}
	}
	return func(n *manifest.Node) bool { return n.Kind == k }, nil
}

func byGroup(_ *selector, t Term) (matcher, error) {
	return func(n *manifest.Node) bool {
		g := n.Config.Text("group")
		return g != "" && glob(t.Value, g)
	}, nil
}

func byAccess(_ *selector, t Term) (matcher, error) {
	return func(n *manifest.Node) bool { return n.Kind == manifest.Model && n.Config.Text("access") == t.Value }, nil
}

func byVersion(_ *selector, t Term) (matcher, error) {
	if !slices.Contains([]string{"latest", "prerelease", "old", "none"}, t.Value) {
		return nil, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Invalid version type selector %s: expected one of: \"latest\", \"prerelease\", \"old\", or \"none\"", t.Value)}
	}
	return func(n *manifest.Node) bool {
		if n.Kind != manifest.Model {
			return false
		}
		if n.Version == nil {
			return t.Value == "none"
		}
		c, err := jinja.Compare(n.Version, n.LatestVersion)
		switch t.Value {
		case "latest":
			return jinja.Equal(n.Version, n.LatestVersion)
		case "prerelease":
			return err == nil && c > 0
		case "old":
			return err == nil && c < 0
		}
		return false
	}, nil
}
