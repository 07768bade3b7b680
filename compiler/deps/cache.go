package deps

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// cache keeps archives of packages, for all projects of a user. The name of a file
// holds a hash of what it is the archive of and one of its content, so that a damaged
// file is known as such and counts as absent. Files are written under another name and
// renamed; several programs can use the cache at the same time.
type cache struct{ dir string }

// entry is the part of a file's name that tells what it is the archive of.
func entry(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

const archiveEnd = ".tar.gz"

// kept are the files that are archives of key; more than one where programs write at
// the same time.
func (c cache) kept(key string) []string {
	all, err := os.ReadDir(c.dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range all {
		if strings.HasPrefix(e.Name(), entry(key)+"-") && strings.HasSuffix(e.Name(), archiveEnd) {
			out = append(out, filepath.Join(c.dir, e.Name()))
		}
	}
	return out
}

// find gives the archive of key, or nothing.
func (c cache) find(key string) (string, bool) {
	for _, file := range c.kept(key) {
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		sum := sha256.New()
		_, err = io.Copy(sum, f)
		f.Close()
		if err == nil && strings.HasSuffix(file, "-"+hex.EncodeToString(sum.Sum(nil))+archiveEnd) {
			return file, true
		}
		os.Remove(file) // damaged; whether it goes or not, it is not used
	}
	return "", false
}

// put keeps what fill writes as the archive of key, instead of what was kept, and gives
// the file.
func (c cache) put(key string, fill func(f *os.File) error) (string, error) {
	f, err := os.CreateTemp(c.dir, "new-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := fill(f); err != nil {
		return "", err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	file := filepath.Join(c.dir, entry(key)+"-"+hex.EncodeToString(sum.Sum(nil))+archiveEnd)
	if err := os.Rename(f.Name(), file); err != nil {
		return "", err
	}
	for _, other := range c.kept(key) {
		if other != file {
			os.Remove(other)
		}
	}
	return file, nil
}
