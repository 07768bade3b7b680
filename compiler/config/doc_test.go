package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"weft/compiler/config"
	"weft/compiler/source"
)

func TestParseYAMLPlaces(t *testing.T) {
	for _, c := range []struct{ text, place, words string }{
		{"models:\n  - name: a\n   bad: 1\n", "s.yml:3:4", "did not find expected '-' indicator"},
		{"a:\n  - b\n  - c: d: e\n", "s.yml:3:3", "mapping values are not allowed"},
		{"b: 1\na: 'x\nc: 1\n", "s.yml:2:1", "unexpected end of stream"},
		{"a: 1\nb: *c\n", "s.yml:2:1", "unknown anchor 'c'"},
		{"a: 1\n---\nb: 1\n", "s.yml:2:1", "second YAML document"},
		{"a: &a {b: [*a]}\n", "s.yml:1:12", "stands within what it is an alias of"},
		{"a: &a\n  b: 1\n  <<: *a\n", "s.yml:3:7", "stands within what it is an alias of"},
	} {
		_, err := config.ParseYAML(&source.File{Path: "s.yml", Text: c.text})
		var e *source.Error
		if !errors.As(err, &e) {
			t.Errorf("%q: got %v, want an error with a place", c.text, err)
			continue
		}
		if e.Place() != c.place || !strings.Contains(e.Msg, c.words) {
			t.Errorf("%q:\ngot  %v\nwant %s: %s", c.text, err, c.place, c.words)
		}
	}
}

// A few lines of aliases can stand for more values than there is memory.
func TestParseYAMLLimitsAliases(t *testing.T) {
	text := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10))
	}
	if _, err := config.ParseYAML(&source.File{Path: "s.yml", Text: text}); err == nil || !strings.Contains(err.Error(), "the aliases stand for more than") {
		t.Errorf("got %v", err)
	}
	shared := "x: &x [a, b]\ny: *x\nz: {w: *x}\n"
	if _, err := config.ParseYAML(&source.File{Path: "s.yml", Text: shared}); err != nil {
		t.Errorf("%q: %v", shared, err)
	}
}
