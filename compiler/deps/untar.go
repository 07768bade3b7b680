package deps

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// limits bound what an archive may hold.
type limits struct {
	bytes   int64
	entries int
}

// archiveLimits are far above what packages of SQL and YAML need.
var archiveLimits = limits{bytes: 1 << 30, entries: 100_000}

// untar unpacks a .tar.gz that holds one folder: what is in that folder comes into the
// folder into, which must exist and be empty. Nothing is written elsewhere: names that
// lead out, links that lead out of the archive's folder, devices, names that occur twice
// and what goes beyond the limits are errors, after which into holds a part of it.
func untar(r io.Reader, into string, lim limits) error {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("it is no gzip file: %w", err)
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	defer root.Close()
	u := &unpacker{root: root, lim: lim, files: map[string]bool{}}
	archive := tar.NewReader(zip)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if u.lim.entries--; u.lim.entries < 0 {
			return fmt.Errorf("it holds more than %d entries", lim.entries)
		}
		if err := u.entry(h, archive); err != nil {
			return err
		}
	}
	if u.top == "" {
		return errors.New("it holds no folder")
	}
	// What follows the archive is checked by gzip's sum.
	if n, err := io.Copy(io.Discard, io.LimitReader(zip, 1<<20)); err != nil || n == 1<<20 {
		return errors.New("there is something else after the archive")
	}
	return nil
}

type unpacker struct {
	root  *os.Root
	top   string
	lim   limits
	files map[string]bool // regular files so far
}

func (u *unpacker) entry(h *tar.Header, r io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	name, err := u.place(h.Name)
	if err != nil {
		return err
	}
	if name == "." {
		if h.Typeflag != tar.TypeDir {
			return fmt.Errorf("%q is not in a folder", h.Name)
		}
		return nil
	}
	if h.Typeflag == tar.TypeDir {
		return u.folder(name)
	}
	if err := u.folder(path.Dir(name)); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeReg:
		return u.file(name, h.FileInfo().Mode(), r)
	case tar.TypeSymlink:
		return u.symlink(name, h.Linkname)
	case tar.TypeLink:
		return u.hardlink(name, h.Linkname)
	}
	return fmt.Errorf("%q is neither a file nor a folder nor a link", h.Name)
}

// place gives the path of an entry in the folder that the archive holds.
func (u *unpacker) place(name string) (string, error) {
	clean := path.Clean(name)
	if !filepath.IsLocal(filepath.FromSlash(clean)) || strings.ContainsAny(name, "\\\x00") || clean == "." && name != "./" && name != "." {
		return "", fmt.Errorf("%q leads out of the package's folder", name)
	}
	if clean == "." {
		return ".", nil
	}
	top, rest, _ := strings.Cut(clean, "/")
	if u.top == "" {
		u.top = top
	}
	if top != u.top {
		return "", fmt.Errorf("it holds %q beside the folder %q; a package is one folder", top, u.top)
	}
	if rest == "" {
		rest = "."
	}
	return rest, nil
}

// folder makes a folder and those above it. A link on the way is an error.
func (u *unpacker) folder(name string) error {
	if name == "." {
		return nil
	}
	if err := u.folder(path.Dir(name)); err != nil {
		return err
	}
	err := u.root.Mkdir(name, 0o755)
	if errors.Is(err, fs.ErrExist) {
		info, err := u.root.Lstat(name)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%q is a folder and something else", name)
		}
		return err
	}
	return err
}

func (u *unpacker) file(name string, mode fs.FileMode, r io.Reader) error {
	perm := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		perm = 0o755
	}
	f, err := u.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("it holds %q twice", name)
	}
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(r, u.lim.bytes+1))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if u.lim.bytes -= n; u.lim.bytes < 0 {
		return errors.New("it unpacks to more than a package can be")
	}
	u.files[name] = true
	return err
}

func (u *unpacker) symlink(name, to string) error {
	if !staysInside(name, to) {
		return fmt.Errorf("the link %q leads out of the package's folder", name)
	}
	return u.root.Symlink(to, name)
}

func (u *unpacker) hardlink(name, to string) error {
	old, err := u.place(to)
	if err != nil {
		return err
	}
	if !u.files[old] {
		return fmt.Errorf("the link %q is to something that is no file of the package", name)
	}
	u.files[name] = true
	return u.root.Link(old, name)
}

// staysInside says whether a symbolic link at name (a path in a folder, below no other
// link) stays in the folder. ".." is allowed at the beginning only: after the name of
// another link it would be taken from where that leads.
func staysInside(name, to string) bool {
	if to == "" || path.IsAbs(to) || filepath.IsAbs(to) || strings.ContainsAny(to, "\\\x00") {
		return false
	}
	depth, down := strings.Count(name, "/"), false
	for _, part := range strings.Split(to, "/") {
		switch part {
		case "", ".":
		case "..":
			if depth--; depth < 0 || down {
				return false
			}
		default:
			down = true
		}
	}
	return true
}

// pack writes a folder as a .tar.gz that untar reads. Links that leave the folder and
// what is neither a file nor a link nor a folder are errors; ".git" is left out.
func pack(dir string, w io.Writer) error {
	zip := gzip.NewWriter(w)
	archive := tar.NewWriter(zip)
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil || rel == "." {
			return err
		}
		if d.Name() == ".git" {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return packOne(archive, file, filepath.ToSlash(rel))
	})
	if err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return zip.Close()
}

func packOne(archive *tar.Writer, file, name string) error {
	info, err := os.Lstat(file)
	if err != nil {
		return err
	}
	h := &tar.Header{Name: "package/" + name, Mode: int64(info.Mode().Perm())}
	switch {
	case info.IsDir():
		h.Typeflag = tar.TypeDir
	case info.Mode().IsRegular():
		h.Typeflag, h.Size = tar.TypeReg, info.Size()
	case info.Mode()&fs.ModeSymlink != 0:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = os.Readlink(file); err != nil {
			return err
		}
		if !staysInside(name, filepath.ToSlash(h.Linkname)) {
			return fmt.Errorf("the link %q leads out of the package's folder", name)
		}
	default:
		return fmt.Errorf("%q is neither a file nor a folder nor a link", name)
	}
	if err := archive.WriteHeader(h); err != nil || h.Typeflag != tar.TypeReg {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(archive, f)
	return err
}
