package syntax

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"weft/compiler/source"
)

// TestBlocks runs the recorded cases of dbt's block scanner.
func TestBlocks(t *testing.T) {
	text, err := os.ReadFile("../../../testdata/jinja/blocks.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		ID      string
		Text    string
		Allowed []string
		Raw     bool
		Want    []struct{ Type, Name, Contents, Full string }
		Error   *struct {
			Contains string `json:"message_contains"`
		} `json:"want_error"`
		Warnings [][]string `json:"want_warnings"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			blocks, warnings, err := Blocks(&source.File{Path: "f.sql", Text: c.Text}, c.Allowed, c.Raw)
			for i, w := range warnings {
				if i >= len(c.Warnings) || w.Msg != c.Warnings[i][1] {
					t.Errorf("unexpected warning %q", w.Msg)
				}
			}
			if len(warnings) < len(c.Warnings) {
				t.Errorf("%d warnings, want %v", len(warnings), c.Warnings)
			}
			if c.Error != nil {
				if err == nil || !strings.Contains(err.Error(), c.Error.Contains) {
					t.Errorf("error %v; want %q", err, c.Error.Contains)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(blocks) != len(c.Want) {
				t.Fatalf("%d blocks, want %d", len(blocks), len(c.Want))
			}
			for i, b := range blocks {
				w := c.Want[i]
				if b.Type != w.Type || b.Name != w.Name || c.Text[b.Start:b.End] != w.Full {
					t.Errorf("block %d: %s %s %q; want %+v", i, b.Type, b.Name, c.Text[b.Start:b.End], w)
				}
				if got := c.Text[b.ContentStart:b.ContentEnd]; w.Name != "" && got != w.Contents {
					t.Errorf("block %d contains %q, want %q", i, got, w.Contents)
				}
			}
		})
	}
}
