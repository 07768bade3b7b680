package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"weft/compiler/source"
)

var cacheFiles = []string{
	"", "a: 1", "models:\n  - name: a # note\n    columns: [x, 'y', \"z\"]\n    config: {a: yes, b: 0x1f, c: 1.5, d: ~, e: 2024-01-01}\n",
	"base: &b {x: 1, y: [1, 2]}\nuse:\n  <<: *b\n  z: *b\n", "a: |\n  two\n  lines\nb: >-\n  folded\n  text\n", "a: 1\na: 2\nb: {c: 1, c: 2}\n",
	"x: !!str 5\ny: !other [1]\n", "- just\n- a list\n",
}

// What comes out of the cache is what the parser gives.
func TestTreeCache(t *testing.T) {
	c := NewTreeCache(nil, "b1")
	for _, text := range cacheFiles {
		if _, err := c.Parse(&source.File{Path: "m.yml", Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	data := c.Encode()
	again := NewTreeCache(data, "b1")
	if len(again.entries) != len(cacheFiles) {
		t.Fatalf("%d trees of %d came back", len(again.entries), len(cacheFiles))
	}
	for _, text := range cacheFiles {
		f := &source.File{Path: "m.yml", Text: text}
		want, err := ParseYAML(f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Parse(f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(bareTree(want.Root), bareTree(got.Root)); diff != "" {
			t.Errorf("%q (-parsed +cached):\n%s", text, diff)
		}
		if len(want.Repeated) != len(got.Repeated) {
			t.Errorf("%q: %d repeated keys, want %d", text, len(got.Repeated), len(want.Repeated))
		}
	}
	if again.Changed() {
		t.Error("a cache that had everything says that it changed")
	}
	for name, data := range map[string][]byte{"another build": nil, "cut": data[:len(data)-9], "flipped": flip(data, 40), "empty": {}} {
		build := "b1"
		if data == nil {
			data, build = c.Encode(), "b2"
		}
		if n := len(NewTreeCache(data, build).entries); n != 0 {
			t.Errorf("%s: %d trees", name, n)
		}
	}
}

// A tree that no command needs is kept for some time.
func TestTreeCacheAge(t *testing.T) {
	c := NewTreeCache(nil, "")
	if _, err := c.Parse(&source.File{Text: "a: 1"}); err != nil {
		t.Fatal(err)
	}
	for i := range maxAge + 1 {
		if c = NewTreeCache(c.Encode(), ""); len(c.entries) != 1 {
			t.Fatalf("gone after %d commands", i)
		}
	}
	if c = NewTreeCache(c.Encode(), ""); len(c.entries) != 0 {
		t.Error("still there")
	}
}

func flip(data []byte, at int) []byte {
	out := append([]byte(nil), data...)
	out[at] ^= 1
	return out
}

// bareTree is a tree without what the cache leaves out.
func bareTree(n *yaml.Node) any {
	if n == nil {
		return nil
	}
	kids := make([]any, len(n.Content))
	for i, c := range n.Content {
		kids[i] = bareTree(c)
	}
	alias := ""
	if n.Alias != nil {
		alias = n.Alias.Anchor
	}
	return []any{int(n.Kind), int(n.Style), n.Tag, n.Value, n.Anchor, n.Line, n.Column, alias, kids}
}

func FuzzReadTree(f *testing.F) {
	for _, text := range cacheFiles {
		d, err := ParseYAML(&source.File{Text: text})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(appendTree(nil, d)))
	}
	f.Fuzz(func(t *testing.T, tree string) {
		if d := readTree(&source.File{}, tree); d != nil {
			if _, err := FromYAML(d.Root); err == nil {
				Pairs(d.Root)
			}
		}
	})
}
