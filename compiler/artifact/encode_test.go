package artifact

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"weft/compiler/jinja"
)

func TestEncoderWritesPythonsJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "x.json")
	err := writeFile(path, func(e *encoder) {
		e.open('{')
		e.str("a", "é \"q\" \\ \n\t\x01 𝄞")
		e.opt("none", "")
		e.strs("list", []string{"x", "y"})
		e.object("empty", func() {})
		e.val("big", jinja.Float(1e16))
		e.close('}')
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a": "\u00e9 \"q\" \\ \n\t\u0001 \ud834\udd1e", "none": null, "list": ["x", "y"], "empty": {}, "big": 1e+16}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if !json.Valid(b) {
		t.Error("not valid JSON")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files left, %v; the temporary one must be gone", len(left), err)
	}
}

func TestTime(t *testing.T) {
	for want, at := range map[string]time.Time{
		"2024-05-01T12:34:56.789012Z": time.Date(2024, 5, 1, 12, 34, 56, 789012345, time.UTC),
		"2024-05-01T12:34:56Z":        time.Date(2024, 5, 1, 14, 34, 56, 0, time.FixedZone("", 7200)),
	} {
		if got := Time(at); got != want {
			t.Errorf("got %s; want %s", got, want)
		}
	}
}

// Eight bytes at once are plain where each of them is.
func TestPlainWord(t *testing.T) {
	for c := range 256 {
		for at := range 8 {
			for _, around := range []byte{' ', 'a', 0x7f, '!', '#', '[', ']'} {
				b := bytes.Repeat([]byte{around}, 8)
				b[at] = byte(c)
				if got := plainWord(string(b)); got != plain[c] {
					t.Fatalf("%q is plain: %t", b, got)
				}
			}
		}
	}
}
