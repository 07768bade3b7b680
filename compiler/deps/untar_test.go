package deps

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func link(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
}

func TestUntar(t *testing.T) {
	small := limits{bytes: 1000, entries: 10}
	for _, test := range []struct {
		name    string
		entries []tar.Header
		want    string // part of the error; empty for none
	}{
		{"plain", []tar.Header{file("p/a.sql", "x"), file("p/b/c.sql", "y")}, ""},
		{"dots", []tar.Header{{Name: "./", Typeflag: tar.TypeDir}, file("./p/a.sql", "x")}, ""},
		{"link inside", []tar.Header{file("p/a.sql", "x"), link("p/b/c.sql", "../a.sql")}, ""},
		{"hard link", []tar.Header{file("p/a.sql", "x"), {Name: "p/b.sql", Typeflag: tar.TypeLink, Linkname: "p/a.sql"}}, ""},
		{"folder twice", []tar.Header{{Name: "p/", Typeflag: tar.TypeDir}, {Name: "p/", Typeflag: tar.TypeDir}, file("p/a", "")}, ""},
		{"absolute", []tar.Header{file("/etc/x", "x")}, "leads out"},
		{"up", []tar.Header{file("p/../../x", "x")}, "leads out"},
		{"backslash", []tar.Header{file(`p\..\x`, "x")}, "leads out"},
		{"two folders", []tar.Header{file("p/a", "x"), file("q/a", "x")}, "a package is one folder"},
		{"no folder", []tar.Header{file("a", "x")}, "is not in a folder"},
		{"empty", nil, "it holds no folder"},
		{"link out", []tar.Header{link("p/a", "../../x")}, "leads out"},
		{"link up one", []tar.Header{link("p/a", "..")}, "leads out"},
		{"absolute link", []tar.Header{link("p/a", "/etc/passwd")}, "leads out"},
		// s/t leads to the top, so that what is above it is outside.
		{"link through a link", []tar.Header{link("p/s/t", ".."), link("p/z", "s/t/../x")}, "leads out"},
		{"file below a link", []tar.Header{link("p/s", "t"), file("p/s/a", "x")}, "is a folder and something else"},
		{"file over a link", []tar.Header{link("p/s", "t"), file("p/s", "x")}, "twice"},
		{"file twice", []tar.Header{file("p/a", "x"), file("p/a", "y")}, "twice"},
		{"top is a link", []tar.Header{link("p", "/etc")}, "is not in a folder"},
		{"hard link out", []tar.Header{{Name: "p/a", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}}, "leads out"},
		{"hard link to a link", []tar.Header{link("p/a", "b"), {Name: "p/c", Typeflag: tar.TypeLink, Linkname: "p/a"}}, "no file of the package"},
		{"device", []tar.Header{{Name: "p/null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}}, "neither a file nor"},
		{"pipe", []tar.Header{{Name: "p/pipe", Typeflag: tar.TypeFifo}}, "neither a file nor"},
		{"large", []tar.Header{file("p/a", strings.Repeat("x", 600)), file("p/b", strings.Repeat("x", 600))}, "more than a package can be"},
		{"many", []tar.Header{file("p/1", ""), file("p/2", ""), file("p/3", ""), file("p/4", ""), file("p/5", ""), file("p/6", ""),
			file("p/7", ""), file("p/8", ""), file("p/9", ""), file("p/10", ""), file("p/11", "")}, "more than 10 entries"},
	} {
		outer := t.TempDir()
		into := filepath.Join(outer, "in", "to")
		if err := os.MkdirAll(into, 0o755); err != nil {
			t.Fatal(err)
		}
		err := untar(bytes.NewReader(archive(t, test.entries...)), into, small)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v; want %q", test.name, err, test.want)
		}
		checkInside(t, outer, into)
	}
}

// checkInside wants all below outer to be in into, with links that stay there.
func checkInside(t *testing.T, outer, into string) {
	t.Helper()
	err := filepath.WalkDir(outer, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside := strings.HasPrefix(path, into)
		if !inside && !d.IsDir() {
			t.Errorf("%s is outside", path)
		}
		if inside && d.Type()&fs.ModeSymlink != 0 {
			if end, err := filepath.EvalSymlinks(path); err == nil && !strings.HasPrefix(end, into) {
				t.Errorf("%s leads to %s", path, end)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What pack writes, untar reads.
func TestPack(t *testing.T) {
	from, into := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"a.sql": "x", ".git/config": "no", "b/c.sql": "y"} {
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../a.sql", filepath.Join(from, "b", "link")); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := pack(from, &b); err != nil {
		t.Fatal(err)
	}
	if err := untar(&b, into, archiveLimits); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.sql": "x", "b/c.sql": "y", "b/link": "x"} {
		if got, err := os.ReadFile(filepath.Join(into, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := os.Stat(filepath.Join(into, ".git")); err == nil {
		t.Error(".git came along")
	}
}

// FuzzUntar wants nothing outside of the folder, whatever the archive.
func FuzzUntar(f *testing.F) {
	f.Add("p/a.sql", "text", "p/b", "../a.sql", byte(tar.TypeSymlink))
	f.Add("p/../x", "text", "p/a", "p/b", byte(tar.TypeLink))
	f.Add("p/s/t", "", "p/z", "s/t/../..", byte(tar.TypeSymlink))
	f.Fuzz(func(t *testing.T, name, text, second, to string, kind byte) {
		outer := t.TempDir()
		into := filepath.Join(outer, "in", "to")
		if err := os.MkdirAll(into, 0o755); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if !writeEntries(&b, tar.Header{Name: second, Typeflag: kind, Linkname: to}, file(name, text), tar.Header{Name: second + "/x", Typeflag: tar.TypeSymlink, Linkname: to}) {
			t.Skip()
		}
		_ = untar(&b, into, limits{bytes: 1 << 16, entries: 10}) // an error is fine
		checkInside(t, outer, into)
	})
}

// writeEntries makes an archive, where the headers allow one.
func writeEntries(b *bytes.Buffer, headers ...tar.Header) bool {
	zip := gzip.NewWriter(b)
	w := tar.NewWriter(zip)
	for _, h := range headers {
		text := h.PAXRecords["WEFT.text"]
		h.PAXRecords = nil
		if w.WriteHeader(&h) != nil {
			return false
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return false
		}
	}
	return w.Close() == nil && zip.Close() == nil
}

// FuzzVersions wants bounds that are read to be shown, and never a panic.
func FuzzVersions(f *testing.F) {
	f.Add(">=1.0.0-rc1", "<2.0.0", "1.2.3")
	f.Fuzz(func(t *testing.T, low, high, version string) {
		b, err := parseBounds([]string{low, high})
		if err != nil {
			return
		}
		if b.String() == "" {
			t.Errorf("%q and %q have no text", low, high)
		}
		if got := b.newest([]string{version}); got != "" && got != version {
			t.Errorf("chose %q of %q", got, version)
		}
	})
}
