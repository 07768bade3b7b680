package project

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Version is MAJOR.MINOR.PATCH with an optional pre-release; build metadata does
// not count.
type Version struct {
	Major, Minor, Patch int
	Pre                 string
}

// ParseVersion reads a version that has all three numbers.
func ParseVersion(s string) (Version, error) {
	bad := fmt.Errorf("%q is no version such as 1.2.3", s)
	s, _, _ = strings.Cut(s, "+")
	core, pre, _ := strings.Cut(s, "-")
	var v Version
	parts := strings.Split(core, ".")
	if len(parts) != 3 {
		return v, bad
	}
	for i, into := range []*int{&v.Major, &v.Minor, &v.Patch} {
		// A pre-release may follow the last number directly, as in 1.2.0rc1.
		text := parts[i]
		if i == 2 {
			end := 0
			for end < len(text) && '0' <= text[end] && text[end] <= '9' {
				end++
			}
			if pre == "" {
				pre = text[end:]
			}
			text = text[:end]
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return v, bad
		}
		*into = n
	}
	v.Pre = pre
	return v, nil
}

// Compare orders versions; a pre-release comes before its release.
func (v Version) Compare(w Version) int {
	c := cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch))
	switch {
	case c != 0:
		return c
	case v.Pre == w.Pre:
		return 0
	case v.Pre == "":
		return 1
	case w.Pre == "":
		return -1
	}
	return comparePre(v.Pre, w.Pre)
}

func comparePre(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		c := 0
		switch {
		case errX == nil && errY == nil:
			c = cmp.Compare(x, y)
		case errX == nil:
			c = -1
		case errY == nil:
			c = 1
		default:
			c = cmp.Compare(as[i], bs[i])
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

// Spec is one bound on versions, such as ">=1.0.0".
type Spec struct {
	Op string // >, >=, <, <=, =
	Version
}

// ParseSpec reads a bound; without an operator it means exactly that version.
func ParseSpec(s string) (Spec, error) {
	s = strings.TrimSpace(s)
	op := "="
	for _, o := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(s, o); ok {
			op, s = o, strings.TrimSpace(rest)
			break
		}
	}
	v, err := ParseVersion(s)
	return Spec{op, v}, err
}

// Allows says whether a version is within the bound.
func (s Spec) Allows(v Version) bool {
	c := v.Compare(s.Version)
	switch s.Op {
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	case "<":
		return c < 0 && !(v.Pre != "" && s.Pre == "" && v.Major == s.Major && v.Minor == s.Minor && v.Patch == s.Patch)
	case "<=":
		return c <= 0
	}
	return c == 0
}

// Satisfiable says whether any version can be within all bounds.
func Satisfiable(specs []Spec) bool {
	var low, high *Spec
	for i := range specs {
		s := &specs[i]
		if s.Op == "=" || s.Op[0] == '>' {
			if low == nil || s.Compare(low.Version) > 0 || s.Compare(low.Version) == 0 && s.Op == ">" {
				low = s
			}
		}
		if s.Op == "=" || s.Op[0] == '<' {
			if high == nil || s.Compare(high.Version) < 0 || s.Compare(high.Version) == 0 && s.Op == "<" {
				high = s
			}
		}
	}
	if low == nil || high == nil {
		return true
	}
	c := low.Compare(high.Version)
	return c < 0 || c == 0 && low.Op != ">" && high.Op != "<"
}

// checkVersion compares require-dbt-version with the version that is emulated.
func (s *Settings) checkVersion(o Options, doc *config.Doc) error {
	if len(s.RequireVersion) == 0 || o.NoVersion || o.Version == "" {
		return nil
	}
	at := config.Child(doc.Root, "require-dbt-version")
	list := make([]jinja.Value, len(s.RequireVersion))
	specs := make([]Spec, len(s.RequireVersion))
	for i, text := range s.RequireVersion {
		text = strings.TrimSpace(text)
		list[i] = jinja.Str(text)
		spec, err := ParseSpec(text)
		if err != nil {
			return invalid(doc, at, "require-dbt-version: %q is no version range; write bounds such as \">=1.8.0\"", text)
		}
		specs[i] = spec
	}
	shown := jinja.Repr(jinja.NewList(list...))
	if !Satisfiable(specs) {
		e := invalid(doc, at, "The package version requirement can never be satisfied for the '%s package.\nRequired versions of dbt for '%s': %s", s.Name, s.Name, shown)
		e.Hint = "change the bounds, or ignore them with --no-version-check"
		return e
	}
	have, err := ParseVersion(o.Version)
	if err != nil {
		return &source.Error{Class: source.Internal, Msg: err.Error()}
	}
	for _, spec := range specs {
		if !spec.Allows(have) {
			e := invalid(doc, at, "This version of dbt is not supported with the '%s' package.\n  Installed version of dbt: =%s\n  Required version of dbt for '%s': %s", s.Name, o.Version, s.Name, shown)
			e.Hint = fmt.Sprintf("use a different version of the '%s' package, or run again with --no-version-check", s.Name)
			return e
		}
	}
	return nil
}
