package project

import "testing"

func TestVersions(t *testing.T) {
	for _, test := range []struct {
		spec, version string
		want          bool
	}{
		{">=1.0.0", "1.11.16", true},
		{"<2.0.0", "1.11.16", true},
		{">1.11.16", "1.11.16", false},
		{"1.11.16", "1.11.16", true},
		{"=1.11.15", "1.11.16", false},
		{"<=1.11.16", "1.11.16", true},
		{"<1.2.0", "1.2.0-rc1", false}, // a bound on a release keeps its pre-releases out
		{">=1.2.0-rc1", "1.2.0", true},
		{">1.2.0-a.2", "1.2.0-a.10", true}, // numbers in pre-releases compare as numbers
	} {
		s, err := ParseSpec(test.spec)
		if err != nil {
			t.Errorf("%s: %v", test.spec, err)
			continue
		}
		v, err := ParseVersion(test.version)
		if err != nil {
			t.Errorf("%s: %v", test.version, err)
			continue
		}
		if got := s.Allows(v); got != test.want {
			t.Errorf("%s allows %s: %t; want %t", test.spec, test.version, got, test.want)
		}
	}
	for _, bad := range []string{"", "1", "1.2", "a.b.c", "1.2.x", "1.2.3.4"} {
		if _, err := ParseVersion(bad); err == nil {
			t.Errorf("%q passes as a version", bad)
		}
	}
}

func TestSatisfiable(t *testing.T) {
	for _, test := range []struct {
		specs []string
		want  bool
	}{
		{[]string{">=1.0.0", "<2.0.0"}, true},
		{[]string{">=1.0.0", "<1.0.0"}, false},
		{[]string{">1.0.0", "<=1.0.0"}, false},
		{[]string{">=1.0.0", "<=1.0.0"}, true},
		{[]string{"=1.0.0", ">=2.0.0"}, false},
		{[]string{">=1.0.0"}, true},
	} {
		var specs []Spec
		for _, s := range test.specs {
			spec, err := ParseSpec(s)
			if err != nil {
				t.Fatal(err)
			}
			specs = append(specs, spec)
		}
		if got := Satisfiable(specs); got != test.want {
			t.Errorf("%v: %t; want %t", test.specs, got, test.want)
		}
	}
}

func TestIgnore(t *testing.T) {
	list := ignoreList{
		{parts: []string{"*.bak.sql"}},
		{parts: []string{"models", "old"}, anchored: true},
		{parts: []string{"drafts"}, dirOnly: true},
		{parts: []string{"keep.bak.sql"}, negated: true},
	}
	for file, want := range map[string]bool{
		"models/a.sql": false, "models/a.bak.sql": true, "models/old/b.sql": true, "models/x/old/b.sql": false,
		"models/drafts/c.sql": true, "models/drafts": false, "models/keep.bak.sql": false,
	} {
		if got := list.match(file); got != want {
			t.Errorf("%s ignored: %t; want %t", file, got, want)
		}
	}
}
