package project

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/par"
	"weft/compiler/source"
)

type yamlNode = yaml.Node

// FileKind says what a file is for.
type FileKind uint8

// The kinds of files.
const (
	MacroFile FileKind = iota
	GenericTestFile
	ModelFile
	SnapshotFile
	AnalysisFile
	TestFile
	SeedFile
	DocsFile
	PropertiesFile
	FixtureFile
	FunctionFile
)

// File is one file of a package. Path is below the package's folder, Rel below
// the search path that it was found under; both with forward slashes.
type File struct {
	Kind   FileKind
	Path   string
	Search string
	Rel    string
	Abs    string
	Size   int64 // known once the file is read

	// Source is the stripped text; nil for seeds, which are read when they are
	// loaded. Positions are those of the file as it is on disk.
	Source *source.File
	Start  source.Pos // of the stripped text within Source.Text
	End    source.Pos

	Doc *config.Doc // of properties files
	Sum string      // SHA-256 in hex
}

// Text is the file's text without surrounding white space.
func (f *File) Text() string { return f.Source.Text[f.Start:f.End] }

type rule struct {
	kind  FileKind
	paths func(*Settings) []string
	exts  []string
	skip  func(rel string) bool
}

func below(sub string) func(*Settings) []string {
	return func(s *Settings) []string {
		var out []string
		for _, p := range s.TestPaths {
			out = append(out, path.Join(p, sub))
		}
		return out
	}
}

var rules = []rule{
	{MacroFile, func(s *Settings) []string { return s.MacroPaths }, []string{".sql"}, nil},
	{GenericTestFile, below("generic"), []string{".sql"}, nil},
	{ModelFile, func(s *Settings) []string { return s.ModelPaths }, []string{".sql", ".py"}, nil},
	{SnapshotFile, func(s *Settings) []string { return s.SnapshotPaths }, []string{".sql"}, nil},
	{AnalysisFile, func(s *Settings) []string { return s.AnalysisPaths }, []string{".sql"}, nil},
	{TestFile, func(s *Settings) []string { return s.TestPaths }, []string{".sql"}, func(rel string) bool {
		return strings.HasPrefix(rel, "generic/") || strings.HasPrefix(rel, "fixtures/")
	}},
	{SeedFile, func(s *Settings) []string { return s.SeedPaths }, []string{".csv"}, nil},
	{DocsFile, func(s *Settings) []string { return s.DocsPaths }, []string{".md"}, nil},
	{PropertiesFile, func(s *Settings) []string { return s.AllPaths() }, []string{".yml", ".yaml"}, nil},
	{FixtureFile, below("fixtures"), []string{".csv", ".sql"}, nil},
	{FunctionFile, func(s *Settings) []string { return s.FunctionPaths }, []string{".sql", ".py", ".js"}, nil},
}

// ReadFiles finds and reads the files of all packages, with at most workers
// goroutines. Files that cannot be understood are taken out and noted in Unread; the
// error is for folders that cannot be listed. YAML that trees has is not parsed; trees
// may be nil.
func (p *Project) ReadFiles(ctx context.Context, workers int, trees *config.TreeCache) error {
	var all []*File
	var problems source.Errors
	for _, pkg := range p.Packages {
		files, err := pkg.find()
		if err != nil {
			problems = append(problems, source.All(err)...)
			continue
		}
		pkg.Files = files
		all = append(all, files...)
	}
	if len(problems) > 0 {
		return problems.ErrorOrNil()
	}
	errs, err := par.Map(ctx, workers, len(all), func(i int) error { return all[i].read(trees) })
	if err != nil {
		return err
	}
	next := 0
	for _, pkg := range p.Packages {
		pkg.Files = slices.DeleteFunc(pkg.Files, func(f *File) bool {
			err := errs[next]
			next++
			for _, e := range source.All(err) {
				if e.Class == source.Parsing {
					// dbt says which project and file before it says why.
					e.Msg = fmt.Sprintf("Error reading %s: %s: %s", pkg.Name, path.Base(f.Path), e.Msg)
				}
				p.Unread = append(p.Unread, e)
			}
			return err != nil
		})
	}
	return nil
}

// find lists the files of a package, by rule and then in order of the path.
func (p *Package) find() ([]*File, error) {
	ignore, err := readIgnore(filepath.Join(p.Dir, ".dbtignore"))
	if err != nil {
		return nil, err
	}
	walked := map[string][]string{}
	walk := func(dir string) ([]string, error) {
		if l, ok := walked[dir]; ok {
			return l, nil
		}
		var out []string
		root := filepath.Join(p.Dir, filepath.FromSlash(dir))
		// The search path itself may be a link, which WalkDir would not enter.
		if real, err := filepath.EvalSymlinks(root); err == nil {
			root = real
		}
		err := filepath.WalkDir(root, func(abs string, e fs.DirEntry, err error) error {
			if err != nil {
				if abs == root && os.IsNotExist(err) {
					return fs.SkipAll
				}
				return unreadable(abs, err)
			}
			if e.IsDir() {
				return nil
			}
			name := e.Name()
			if c := name[0]; c == '.' || c == '#' || c == '~' {
				return nil
			}
			// A link may lead to a folder. What cannot be looked at is reported when it is
			// read, if it is.
			if !e.Type().IsRegular() {
				if info, err := os.Stat(abs); err == nil && info.IsDir() {
					return nil
				}
			}
			rel, below := strings.CutPrefix(abs, root+string(filepath.Separator))
			if !below {
				if rel, err = filepath.Rel(root, abs); err != nil {
					return err
				}
			}
			out = append(out, filepath.ToSlash(rel))
			return nil
		})
		if err != nil {
			return nil, err
		}
		walked[dir] = out
		return out, nil
	}
	var files []*File
	for _, r := range rules {
		seen := map[string]bool{}
		for _, search := range r.paths(p.Settings) {
			search = strings.TrimSuffix(search, "/")
			list, err := walk(search)
			if err != nil {
				return nil, err
			}
			for _, rel := range list {
				if !slices.Contains(r.exts, strings.ToLower(path.Ext(p.plainName(rel, r.exts)))) || r.skip != nil && r.skip(rel) {
					continue
				}
				full := path.Join(search, rel)
				if seen[full] || ignore.match(full) {
					continue
				}
				seen[full] = true
				files = append(files, &File{
					Kind: r.kind, Path: full, Search: search, Rel: full[len(full)-len(rel):],
					Abs: filepath.Join(p.Dir, filepath.FromSlash(full)),
				})
			}
		}
	}
	return files, nil
}

// buffers are for files while they are read; what is kept is as large as the file.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 1<<15); return &b }}

// templateEnds may follow .sql and .md where the flag allow_jinja_file_extensions says so.
var templateEnds = []string{".j2", ".jinja2", ".jinja"}

// PlainName gives the name of a file without an ending that says that it is a template:
// orders.sql.j2 is orders.sql.
func PlainName(name string) string {
	for _, end := range templateEnds {
		if plain, ok := strings.CutSuffix(name, end); ok && path.Ext(plain) != "" {
			return plain
		}
	}
	return name
}

// plainName is PlainName where the project allows it for a kind of file.
func (p *Package) plainName(name string, exts []string) string {
	if p.Settings.Flags == nil || exts[0] != ".sql" && exts[0] != ".md" {
		return name
	}
	if v, ok := p.Settings.Flags.GetStr("allow_jinja_file_extensions"); !ok || !v.Truth() {
		return name
	}
	return PlainName(name)
}

func (f *File) read(trees *config.TreeCache) error {
	buf := buffers.Get().(*[]byte)
	defer func() {
		if cap(*buf) <= 1<<20 {
			buffers.Put(buf)
		}
	}()
	b, err := appendFile((*buf)[:0], f.Abs)
	*buf = b
	if err != nil {
		e := unreadable(f.Path, err)
		e.Class = source.Runtime
		return e
	}
	f.Size = int64(len(b))
	if f.Kind == SeedFile {
		f.Sum = seedSum(b)
		return nil
	}
	text := string(b)
	f.Source = &source.File{Path: f.Path, Text: text}
	if !utf8.ValidString(text) {
		at := 0
		for at < len(text) {
			r, size := utf8.DecodeRuneInString(text[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		return &source.Error{
			File: f.Source, Span: source.Span{Start: source.Pos(at), End: source.Pos(at + 1)}, Class: source.Runtime,
			Msg: "the file is not UTF-8", Hint: "save it with that encoding",
		}
	}
	f.Start = source.Pos(len(text) - len(strings.TrimLeftFunc(text, isSpace)))
	f.End = max(f.Start, source.Pos(len(strings.TrimRightFunc(text, isSpace))))
	if f.Kind == PropertiesFile {
		doc, err := trees.Parse(f.Source)
		if err != nil {
			return err
		}
		f.Doc = doc
	}
	f.Sum = sum(b[f.Start:f.End])
	return nil
}

// isSpace is what Python's strip() removes.
func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0xa0:
		return true
	}
	return r > 0xff && (r == 0x1680 || r >= 0x2000 && r <= 0x200a || r == 0x2028 || r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000)
}

func sum(text []byte) string {
	h := sha256.Sum256(text)
	var out [2 * sha256.Size]byte
	hex.Encode(out[:], h[:])
	return string(out[:])
}

// seedSum leaves line ends as they are, unlike Python's text mode: dbt 1.11 reads
// seeds as bytes.
func seedSum(text []byte) string { return sum(bytes.TrimFunc(text, isSpace)) }

// Checksum is the SHA-256 of a text, in hex.
func Checksum(text string) string { return sum([]byte(text)) }
