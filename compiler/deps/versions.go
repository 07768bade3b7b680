package deps

import (
	"fmt"
	"slices"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/project"
)

// bounds are what versions of a package are asked for.
type bounds struct {
	specs []project.Spec
	texts []string // as dbt shows them: "=1.0.0", ">=0.9.0"
	pre   bool     // pre-releases may be taken
}

// parseBounds reads bounds. One that is none is an error in dbt's words.
func parseBounds(texts []string) (bounds, error) {
	var b bounds
	for _, text := range texts {
		text = strings.TrimSpace(text)
		spec, err := project.ParseSpec(text)
		if err != nil {
			//lint:ignore ST1005 dbt's words
			return b, fmt.Errorf("\"%s\" is not a valid semantic version.", text)
		}
		if spec.Op == "=" && !strings.HasPrefix(text, "=") {
			text = "=" + text
		}
		b.specs, b.texts = append(b.specs, spec), append(b.texts, text)
		b.pre = b.pre || spec.Pre != ""
	}
	return b, nil
}

func (b bounds) allow(v project.Version) bool {
	return !slices.ContainsFunc(b.specs, func(s project.Spec) bool { return !s.Allows(v) })
}

// String gives the range that the bounds leave: the highest lower one and the lowest
// upper one, which for one version are the same.
func (b bounds) String() string {
	low, high := -1, -1
	for i, s := range b.specs {
		up, down := s.Op[0] != '<', s.Op[0] != '>'
		if up && (low < 0 || stricter(s, b.specs[low], 1)) {
			low = i
		}
		if down && (high < 0 || stricter(s, b.specs[high], -1)) {
			high = i
		}
	}
	var parts []string
	for _, i := range []int{low, high} {
		if i >= 0 {
			parts = append(parts, b.texts[i])
		}
	}
	return strings.Join(parts, ", ")
}

// stricter says whether a bound leaves less than another: a higher one where sign is
// 1, a lower one where it is -1. Of equal ones an exact version is the strictest, then
// one that leaves its own version out.
func stricter(s, t project.Spec, sign int) bool {
	if c := s.Compare(t.Version) * sign; c != 0 {
		return c > 0
	}
	rank := func(s project.Spec) int {
		switch s.Op {
		case "=":
			return 2
		case "<", ">":
			return 1
		}
		return 0
	}
	return rank(s) > rank(t)
}

// newest gives the highest of versions that is within the bounds, or nothing.
func (b bounds) newest(versions []string) string {
	best, found := "", project.Version{}
	for _, text := range versions {
		v, err := project.ParseVersion(text)
		if err != nil || v.Pre != "" && !b.pre || !b.allow(v) {
			continue
		}
		if best == "" || v.Compare(found) > 0 {
			best, found = text, v
		}
	}
	return best
}

// shown gives versions as dbt shows a list of them: in order, as Python prints it.
func shown(versions []string) string {
	list := make([]jinja.Value, 0, len(versions))
	for _, text := range sorted(versions) {
		list = append(list, jinja.Str(text))
	}
	return jinja.Repr(jinja.NewList(list...))
}

// sorted gives the versions in order, without those that are none.
func sorted(versions []string) []string {
	var out []string
	for _, text := range versions {
		if _, err := project.ParseVersion(text); err == nil {
			out = append(out, text)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		v, _ := project.ParseVersion(a)
		w, _ := project.ParseVersion(b)
		return v.Compare(w)
	})
	return out
}
