package deps

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/project"
	"weft/compiler/source"
)

// world is a project, a hub and a folder for git repositories.
type world struct {
	t      *testing.T
	dir    string
	cache  string
	hub    *httptest.Server
	pages  map[string]string // JSON of the hub by path below /api/v1/
	files  map[string][]byte // other files by path
	asked  []string
	broken int // how many requests fail before one is answered
	said   []string
	warned []string
	secret string // value of the secret placeholder <secret>
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), cache: t.TempDir(), pages: map[string]string{}, files: map[string][]byte{}, secret: "hush"}
	w.hub = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.hub.Close)
	w.write("dbt_project.yml", "name: root\n")
	return w
}

func (w *world) serve(out http.ResponseWriter, req *http.Request) {
	w.asked = append(w.asked, req.URL.Path)
	if w.broken > 0 {
		w.broken--
		http.Error(out, "busy", http.StatusServiceUnavailable)
		return
	}
	if page, ok := w.pages[strings.TrimPrefix(req.URL.Path, "/api/v1/")]; ok {
		fmt.Fprint(out, page)
		return
	}
	if file, ok := w.files[req.URL.Path]; ok {
		out.Write(file)
		return
	}
	http.NotFound(out, req)
}

// publish puts a version of a package on the hub; more is what its page has besides.
func (w *world) publish(name, version string, more map[string]any) {
	_, own, _ := strings.Cut(name, "/")
	path := "/archives/" + name + "-" + version + ".tar.gz"
	w.files[path] = archive(w.t, file(own+"-"+version+"/dbt_project.yml", "name: "+own+"\nversion: "+version+"\n"))
	one := map[string]any{"name": own, "packages": []any{}, "downloads": map[string]any{"tarball": w.hub.URL + path}}
	for k, v := range more {
		one[k] = v
	}
	page := map[string]any{"versions": map[string]any{}}
	if old, ok := w.pages[name+".json"]; ok {
		if err := json.Unmarshal([]byte(old), &page); err != nil {
			w.t.Fatal(err)
		}
	}
	page["versions"].(map[string]any)[version] = one
	w.pages[name+".json"] = asJSON(w.t, page)
	index := []string{}
	for page := range w.pages {
		if page != "index.json" {
			index = append(index, strings.TrimSuffix(page, ".json"))
		}
	}
	w.pages["index.json"] = asJSON(w.t, index)
}

func asJSON(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (w *world) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(name string) string {
	b, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

type noGlobals struct{}

func (noGlobals) Lookup(string) (jinja.Value, bool) { return jinja.Str("<secret>"), true }

// install runs Install on the project; change may set options.
func (w *world) install(change func(*Options)) error {
	opts := project.Options{Secrets: noGlobals{}, Globals: noGlobals{}}
	o := Options{
		Declared: func(dir string) ([]project.Declared, string, error) {
			return project.DeclaredPackages(context.Background(), opts, &project.Package{Dir: dir})
		},
		Locked: func(dir string) ([]project.Declared, string, error) {
			return project.LockedPackages(context.Background(), opts, dir)
		},
		Version: "1.11.16", HubURL: w.hub.URL + "/", CacheDir: w.cache, Pause: time.Microsecond, AddFrom: "hub",
		Env: append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null"),
		Reveal: func(s string) (string, bool) {
			return strings.ReplaceAll(s, "<secret>", w.secret), strings.Contains(s, "<secret>")
		},
		Mask: func(s string) string { return strings.ReplaceAll(s, w.secret, "*****") },
		Say: func(n Notice) {
			if n.Level == Info {
				w.said = append(w.said, n.Msg)
			}
		},
		Warn: func(e *source.Error) error { w.warned = append(w.warned, e.Event); return nil },
	}
	if change != nil {
		change(&o)
	}
	w.said, w.warned, w.asked = nil, nil, nil
	root := &project.Package{Name: "root", Dir: w.dir, Settings: &project.Settings{InstallPath: "dbt_packages"}}
	err := Install(context.Background(), root, o)
	if left, _ := filepath.Glob(filepath.Join(w.dir, ".dbt_packages-*")); len(left) > 0 {
		w.t.Errorf("left behind: %s", left)
	}
	return err
}

func (w *world) mustInstall(change func(*Options)) {
	w.t.Helper()
	if err := w.install(change); err != nil {
		w.t.Fatalf("%s", err)
	}
}

// fails wants an error with all the words, and the install folder as it was.
func (w *world) fails(change func(*Options), words ...string) {
	w.t.Helper()
	before := w.tree()
	err := w.install(change)
	if err == nil {
		w.t.Fatal("no error")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.t.Errorf("error lacks %q:\n%s", word, err)
		}
	}
	if after := w.tree(); after != before {
		w.t.Errorf("a failure changed the project:\n%s\nbefore:\n%s", after, before)
	}
}

// tree is all files of the project with their text.
func (w *world) tree() string {
	var b strings.Builder
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			text, _ := os.ReadFile(path)
			fmt.Fprintf(&b, "%s: %q\n", path, text)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

func (w *world) installed() []string {
	entries, _ := os.ReadDir(filepath.Join(w.dir, "dbt_packages"))
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func file(name, text string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text)), PAXRecords: map[string]string{"WEFT.text": text}}
}

// archive makes a .tar.gz of headers; the text of a file is in its PAX records.
func archive(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	if !writeEntries(&b, headers...) {
		t.Fatal("no archive can be made of this")
	}
	return b.Bytes()
}

// repo makes a git repository with a commit that is tagged v1 and another after it, and
// gives its folder.
func (w *world) repo(files map[string]string) string {
	w.t.Helper()
	dir := w.t.TempDir()
	git := func(args ...string) string {
		w.t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			w.t.Fatalf("git %s: %s", args, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	git("add", ".")
	git("commit", "-q", "-m", "one")
	git("tag", "v1")
	git("commit", "-q", "--allow-empty", "-m", "two")
	git("branch", "v1", "main") // a tag counts before a branch of its name
	return dir
}

func commitOf(t *testing.T, dir, revision string) string {
	out, err := exec.Command("git", "-C", dir, "rev-parse", revision+"^{commit}").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// The hashes and lock files here are what dbt 1.11 writes for the same input.
func TestHash(t *testing.T) {
	in := &installer{o: Options{Reveal: func(s string) (string, bool) { return strings.ReplaceAll(s, "<secret>", "h-deps"), false }}}
	for _, test := range []struct{ entry, raw, want string }{
		{`{"local": "loc"}`, "", "a71055181d00da6c4c839b505767961c8cad73b3"},
		{`{"local": "loc"}`, `{"local": "{{ env_var('FOO2', 'loc') }}"}`, "5fdcb8f8bc367b7b1c3fa9348cea5cfbdc69af27"},
		{`{"local": "loc", "name": "hello"}`, "", "a28bcfe9b20952de53bb6af6eb19db5157cdfb19"},
		{`{"package": "acme/utils", "version": "1.0.0"}`, "", "e0452c836275a3340a9d264927f1fdfd66b7971d"},
		{`{"package": "acme/utils", "version": [">=0.9.0", "<2.0.0"]}`, "", "7ff122b3a614b4f698eea179936b069b0d3ca981"},
		{`{"package": "acme/pre", "version": ">=1.0.0", "install_prerelease": true}`, "", "a6a5ec5c3889f49b93a62eb974e304d774832562"},
	} {
		entry, err := jinja.ParseJSON(test.entry)
		if err != nil {
			t.Fatal(err)
		}
		raw := entry
		if test.raw != "" {
			if raw, err = jinja.ParseJSON(test.raw); err != nil {
				t.Fatal(err)
			}
		}
		got, err := in.hash([]project.Declared{{Entry: entry.(*jinja.Dict), Raw: raw.(*jinja.Dict)}})
		if err != nil || got != test.want {
			t.Errorf("%s: %s, %v; want %s", test.entry, got, err, test.want)
		}
	}
}

func TestLockText(t *testing.T) {
	w := newWorld(t)
	w.write("loc/dbt_project.yml", "name: mine\n")
	w.publish("acme/utils", "1.0.0", nil)
	w.publish("acme/utils", "1.1.0", nil)
	w.write("packages.yml", "packages:\n  - package: acme/utils\n    version: 1.0.0\n  - local: loc\n")
	w.mustInstall(nil)
	want := "packages:\n  - name: utils\n    package: acme/utils\n    version: 1.0.0\n  - local: loc\n    name: mine\nsha1_hash: "
	if got := w.read("package-lock.yml"); !strings.HasPrefix(got, want) {
		t.Errorf("lock file:\n%s", got)
	}
	said := []string{"Updating lock file in file path: " + filepath.Join(w.dir, "package-lock.yml"),
		"Installing acme/utils", "Installed from version 1.0.0", "Updated version available: 1.1.0",
		"Installing loc", "Installed from <local @ loc>", "",
		"Updates available for packages: ['acme/utils']                 \nUpdate your versions in packages.yml, then run dbt deps"}
	if !slices.Equal(w.said, said) {
		t.Errorf("said:\n%s", strings.Join(w.said, "\n"))
	}
	if got := w.installed(); !slices.Equal(got, []string{"mine", "utils"}) {
		t.Errorf("installed %s", got)
	}
}

func TestResolveHub(t *testing.T) {
	asks := func(name string, bounds ...string) map[string]any {
		return map[string]any{"packages": []any{map[string]any{"package": name, "version": bounds}}}
	}
	for _, test := range []struct {
		name, packages string
		want           string // version of acme/utils, or part of the error after "!"
	}{
		{"newest", `{package: acme/utils, version: ">=0.1.0"}`, "1.2.0"},
		{"range", `{package: acme/utils, version: [">=0.9.0", "<1.1.0"]}`, "1.0.0"},
		{"pre-release asked for", `{package: acme/utils, version: ">=0.1.0", install_prerelease: true}`, "2.0.0-rc1"},
		{"pre-release named", `{package: acme/utils, version: "2.0.0-rc1"}`, "2.0.0-rc1"},
		{"both ask", `{package: acme/shop, version: 1.0.0}, {package: acme/utils, version: ">=0.9.0"}`, "1.0.0"},
		{"only a package asks", `{package: acme/shop, version: 1.0.0}`, "1.0.0"},
		{"conflict", `{package: acme/shop, version: 1.0.0}, {package: acme/utils, version: 1.2.0}`,
			"!Could not find a satisfactory version from options: ['=1.2.0', '>=0.9.0', '<1.1.0']"},
		{"who asks", `{package: acme/shop, version: 1.0.0}, {package: acme/utils, version: 1.2.0}`, "!acme/shop 1.0.0 asks for >=0.9.0, <1.1.0"},
		{"no such version", `{package: acme/utils, version: 7.0.0}`,
			"!Requested range: =7.0.0, =7.0.0\n  Compatible versions: ['0.9.0', '1.0.0', '1.1.0', '1.2.0']"},
		{"for another dbt", `{package: acme/future, version: 1.0.0}`, "!Not shown: package versions incompatible with installed version of dbt-core"},
		{"no such package", `{package: acme/util, version: 1.0.0}`, `!Package acme/util was not found in the package index; did you mean "acme/utils"?`},
		{"never", `{package: acme/utils, version: [">1.0.0", "<0.9.0"]}`, "!options: ['>1.0.0', '<0.9.0']"},
		{"no version", `{package: acme/utils, version: "1.0"}`, `!"1.0" is not a valid semantic version.`},
		{"a cycle ends", `{package: acme/ring, version: 1.0.0}, {package: acme/utils, version: 1.1.0}`, "1.1.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			for _, v := range []string{"0.9.0", "1.0.0", "1.2.0", "1.1.0", "2.0.0-rc1"} {
				w.publish("acme/utils", v, map[string]any{"require_dbt_version": []string{">=1.0.0", "<2.0.0"}})
			}
			w.publish("acme/utils", "1.3.0", map[string]any{"require_dbt_version": ">=1.99.0"})
			w.publish("acme/shop", "1.0.0", asks("acme/utils", ">=0.9.0", "<1.1.0"))
			w.publish("acme/ring", "1.0.0", asks("acme/ring2", "1.0.0"))
			w.publish("acme/ring2", "1.0.0", asks("acme/ring", "1.0.0"))
			w.publish("acme/future", "1.0.0", map[string]any{"require_dbt_version": []string{">=3.0.0"}})
			w.write("packages.yml", "packages: ["+test.packages+"]\n")
			if words, ok := strings.CutPrefix(test.want, "!"); ok {
				w.fails(nil, words, "packages.yml:1:")
				return
			}
			w.mustInstall(nil)
			if got := w.read("dbt_packages/utils/dbt_project.yml"); !strings.Contains(got, "version: "+test.want+"\n") {
				t.Errorf("installed %s; want %s", got, test.want)
			}
		})
	}
}

func TestEntriesThatAreWrong(t *testing.T) {
	for _, test := range []struct{ packages, want string }{
		{`[{loco: x}]`, "{'loco': 'x', 'unrendered': {'loco': 'x'}} is not valid under any of the given schemas"},
		{`[{package: a/b, version: 1.0.0, colour: red}]`, "is not valid under any"},
		{`[{package: a/b}]`, "a/b is missing the version"},
		{`[{package: utils, version: 1.0.0}]`, "Packages on the index require a namespace"},
		{`[{package: ../b, version: 1.0.0}]`, "is no name of a package on the hub"},
		{`[{local: ""}]`, "A local package is missing the value"},
		{`[{local: absent}]`, "No dbt_project.yml found at expected path"},
		{`[{tarball: "http://127.0.0.1/x.tar.gz"}]`, "is not valid under any"},
		{`[{tarball: "http://127.0.0.1/x.tar.gz", name: ../x}]`, "cannot be the name of a package's folder"},
		{`[{tarball: "file:///etc/passwd", name: x}]`, "is no URL that begins with http:// or https://"},
		{`[{git: --upload-pack=x}]`, "begins with a dash"},
		{`[{git: x, revision: --output=x}]`, "begins with a dash"},
		{`[{git: x, subdirectory: ../y}]`, "leads out of the package"},
		{`[{private: repo}]`, "is no name of a private package"},
		{`[{private: a/b, provider: sourceforge}]`, "is no provider of private packages"},
		{`[{local: a}, {git: a}]`, "a is asked for as a package of two kinds"},
		{`[{local: .}]`, `Found duplicate project "root"`},
		{`[text]`, "'str' object does not support item assignment"},
		{`text`, "'str' object does not support item assignment"},
	} {
		w := newWorld(t)
		w.write("packages.yml", "packages: "+test.packages+"\n")
		w.fails(nil, test.want)
	}
}

func TestGit(t *testing.T) {
	w := newWorld(t)
	repo := w.repo(map[string]string{"dbt_project.yml": "name: whole\n", "sub/dbt_project.yml": "name: part\n", "sub/models/a.sql": "select 1\n"})
	w.write("packages.yml", "packages:\n  - git: "+repo+"\n    revision: v1\n  - git: "+repo+".git\n    revision: v1\n  - git: "+repo+"\n    revision: main\n    subdirectory: sub\n")
	w.mustInstall(nil)
	want := fmt.Sprintf("packages:\n  - git: %s\n    name: whole\n    revision: %s\n  - git: %[1]s\n    name: part\n    revision: %[3]s\n    subdirectory: sub\n",
		repo, commitOf(t, repo, "refs/tags/v1"), commitOf(t, repo, "main"))
	if got := w.read("package-lock.yml"); !strings.HasPrefix(got, want) {
		t.Errorf("lock file:\n%s\nwant\n%s", got, want)
	}
	if got := w.read("dbt_packages/part/models/a.sql"); got != "select 1\n" {
		t.Errorf("part: %s", got)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "dbt_packages", "whole", ".git")); err == nil {
		t.Error(".git is installed")
	}
	if !slices.Equal(w.warned, []string{"DepsUnpinned", "DepsUnpinned"}) {
		t.Errorf("warnings: %s", w.warned)
	}

	// What is locked and in the cache needs no repository.
	if err := os.RemoveAll(repo); err != nil {
		t.Fatal(err)
	}
	w.mustInstall(nil)

	w.write("packages.yml", "packages: [{git: "+repo+", revision: v2}]\n")
	w.fails(nil, "Error checking out spec='v2' for repo "+repo)
}

func TestGitRevisions(t *testing.T) {
	w := newWorld(t)
	repo := w.repo(map[string]string{"dbt_project.yml": "name: whole\n"})
	commit := commitOf(t, repo, "refs/tags/v1")
	w.write("packages.yml", "packages: [{git: 'file://"+repo+"', revision: "+commit+"}]\n")
	w.mustInstall(nil)
	if !strings.Contains(w.read("package-lock.yml"), "revision: "+commit) {
		t.Errorf("lock file:\n%s", w.read("package-lock.yml"))
	}
	w.write("packages.yml", "packages: [{git: "+repo+", revision: v1}, {git: "+repo+", revision: main}]\n")
	w.fails(nil, "git dependencies should contain exactly one version. "+repo+" contains: {'main', 'v1'}")
	w.write("packages.yml", "packages: [{git: "+repo+", revision: nope}]\n")
	w.fails(nil, "Error checking out spec='nope'", "couldn't find remote ref nope")
	w.write("packages.yml", "packages: [{git: "+repo+", revision: v1, subdirectory: nowhere}]\n")
	w.fails(nil, `has no folder "nowhere" at revision v1`)
	bad := w.repo(map[string]string{"dbt_project.yml": "name: bad\n"})
	if err := os.Symlink("../../outside", filepath.Join(bad, "leak")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"add", "."}, {"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "link"}} {
		if out, err := exec.Command("git", append([]string{"-C", bad}, args...)...).CombinedOutput(); err != nil {
			t.Fatal(string(out))
		}
	}
	w.write("packages.yml", "packages: [{git: "+bad+"}]\n")
	w.fails(nil, `the link "leak" leads out of the package's folder`)
}

// Values of secrets are used, and shown nowhere.
func TestSecrets(t *testing.T) {
	w := newWorld(t)
	repo := w.repo(map[string]string{"dbt_project.yml": "name: whole\n"})
	w.secret = filepath.Base(filepath.Dir(repo))
	raw := filepath.Dir(filepath.Dir(repo)) + "/{{ secret }}/" + filepath.Base(repo)
	w.write("packages.yml", "packages:\n  - git: '"+raw+"'\n    revision: v1\n")
	w.mustInstall(nil)
	if got := w.read("package-lock.yml"); !strings.Contains(got, "{{ secret }}") || strings.Contains(got, w.secret) {
		t.Errorf("lock file:\n%s", got)
	}
	w.mustInstall(nil) // from the lock file
	w.write("packages.yml", "packages:\n  - git: '"+raw+"x'\n    revision: v1\n")
	err := w.install(nil)
	// The folder of the project has the same name here, and stands in the place.
	if err == nil || strings.Contains(source.All(err)[0].Msg, w.secret) || !strings.Contains(err.Error(), "*****") {
		t.Errorf("error: %v", err)
	}
	w.write("packages.yml", "packages:\n  - tarball: '"+w.hub.URL+"/{{ secret }}.tar.gz'\n    name: x\n")
	err = w.install(nil)
	if err == nil || strings.Contains(source.All(err)[0].Msg, w.secret) {
		t.Errorf("error: %v", err)
	}
}

func TestPrivate(t *testing.T) {
	w := newWorld(t)
	repo := w.repo(map[string]string{"dbt_project.yml": "name: whole\n"})
	parent, base := filepath.Split(repo)
	info := asJSON(t, []provider{{Org: "else", URL: "file:///nowhere"}, {Org: "org", Provider: "gitlab", URL: "file://{token}{group}/{repo}", Token: strings.TrimSuffix(parent, "/")}})
	w.write("packages.yml", "packages: [{private: org//"+base+", provider: gitlab}]\n")
	w.fails(func(o *Options) { o.Providers = info }, "is no name of a private package")
	w.write("packages.yml", "packages: [{private: org/"+base+", provider: gitlab, revision: v1}]\n")
	w.mustInstall(func(o *Options) { o.Providers = info })
	if got := w.read("package-lock.yml"); !strings.Contains(got, "private: org/"+base+"\n    provider: gitlab\n") {
		t.Errorf("lock file:\n%s", got)
	}
	w.mustInstall(func(o *Options) { o.Providers = info })
	w.write("packages.yml", "packages: [{private: other/repo}]\n")
	w.fails(func(o *Options) { o.Providers = info }, "Cannot resolve private package other/repo because git provider integration is missing")
	// What git says of a URL with a token is shown without it.
	w.write("packages.yml", "packages: [{private: org/absent}]\n")
	info = asJSON(t, []provider{{Org: "org", URL: "file:///{token}/{repo}", Token: "t0ken"}})
	w.fails(func(o *Options) { o.Providers = info }, "'/*****/absent'")
	in := &installer{}
	for _, test := range []struct{ name, provider, want string }{
		{"org/repo", "", "git@github.com:org/repo.git"},
		{"org/group/repo", "gitlab", "git@gitlab.com:org/group/repo.git"},
		{"org/project/repo", "ado", "git@ssh.dev.azure.com:v3/org/project/repo"},
	} {
		got, err := in.privateURL(&request{source: test.name, provider: test.provider})
		if err != nil || got != test.want {
			t.Errorf("%s: %s, %v", test.name, got, err)
		}
	}
}

func TestTarball(t *testing.T) {
	w := newWorld(t)
	w.files["/x.tar.gz"] = archive(t, file("any/dbt_project.yml", "name: own\n"), file("any/models/a.sql", "select 1"))
	w.write("packages.yml", "packages: [{tarball: '"+w.hub.URL+"/x.tar.gz', name: called}]\n")
	w.mustInstall(nil)
	if got := w.read("dbt_packages/called/models/a.sql"); got != "select 1" {
		t.Error(got)
	}
	if want := "Installed from tarball (url: " + w.hub.URL + "/x.tar.gz)"; !slices.Contains(w.said, want) {
		t.Errorf("said %q", w.said)
	}
	w.mustInstall(nil)
	if len(w.asked) != 0 {
		t.Errorf("asked for %s although the lock file and the cache have all", w.asked)
	}
	for name, content := range map[string][]byte{"no gzip file": []byte("<html>sorry</html>"), "404 Not Found": nil, "unexpected EOF": w.files["/x.tar.gz"][:60],
		"leads out": archive(t, file("any/../../evil.sql", "x"))} {
		if w.files["/bad.tar.gz"] = content; content == nil {
			delete(w.files, "/bad.tar.gz")
		}
		w.write("packages.yml", "packages: [{tarball: '"+w.hub.URL+"/bad.tar.gz', name: called}]\n")
		w.fails(nil, name, "packages.yml:1:12")
	}
}

func TestRetriesAndCache(t *testing.T) {
	w := newWorld(t)
	w.publish("acme/utils", "1.0.0", nil)
	w.write("packages.yml", "packages: [{package: acme/utils, version: 1.0.0}]\n")
	w.broken = maxAttempts
	w.fails(nil, "503 Service Unavailable")
	w.broken = maxAttempts - 1
	w.mustInstall(nil)

	// Nothing is asked for while the lock file holds and the archive is there.
	w.mustInstall(nil)
	if len(w.asked) != 0 {
		t.Errorf("asked for %s", w.asked)
	}
	// Another project shares the archive.
	other := newWorld(t)
	other.cache, other.hub = w.cache, w.hub
	other.write("packages.yml", w.read("packages.yml"))
	w.asked = nil
	other.mustInstall(nil)
	if slices.ContainsFunc(w.asked, func(s string) bool { return strings.HasSuffix(s, ".tar.gz") }) {
		t.Errorf("asked for %s", w.asked)
	}
	// A damaged archive is fetched again.
	kept, err := filepath.Glob(filepath.Join(w.cache, "*.tar.gz"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("cache: %s, %v", kept, err)
	}
	if err := os.WriteFile(kept[0], []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.mustInstall(nil)
	if !slices.ContainsFunc(w.asked, func(s string) bool { return strings.HasSuffix(s, ".tar.gz") }) {
		t.Errorf("asked for %s", w.asked)
	}
	// Without a cache that can be written, things still work.
	w.mustInstall(func(o *Options) { o.CacheDir = filepath.Join(w.dir, "dbt_project.yml", "no") })
}

func TestLockDecides(t *testing.T) {
	w := newWorld(t)
	w.publish("acme/utils", "1.0.0", nil)
	w.write("packages.yml", "packages: [{package: acme/utils, version: '>=1.0.0'}]\n")
	w.mustInstall(func(o *Options) { o.LockOnly = true })
	if got := w.installed(); got != nil {
		t.Errorf("--lock installed %s", got)
	}
	w.publish("acme/utils", "1.1.0", nil)
	w.mustInstall(nil)
	if got := w.read("dbt_packages/utils/dbt_project.yml"); !strings.Contains(got, "1.0.0") {
		t.Errorf("installed %s instead of what is locked", got)
	}
	w.mustInstall(func(o *Options) { o.Upgrade = true })
	if got := w.read("dbt_packages/utils/dbt_project.yml"); !strings.Contains(got, "1.1.0") {
		t.Errorf("--upgrade left %s", got)
	}
	lock := w.read("package-lock.yml")
	w.write("package-lock.yml", "packages: [\n")
	w.fails(nil, "package-lock.yml")
	w.write("package-lock.yml", strings.Replace(lock, "sha1_hash: ", "sha1_hash: x", 1))
	w.mustInstall(nil)
	if got := w.read("package-lock.yml"); got != lock {
		t.Errorf("lock file:\n%s", got)
	}
}

func TestRedirect(t *testing.T) {
	w := newWorld(t)
	w.publish("acme/old", "1.0.0", nil)
	w.pages["acme/old.json"] = strings.Replace(w.pages["acme/old.json"], "{", `{"redirectnamespace": "new", "redirectname": "name", `, 1)
	w.write("packages.yml", "packages: [{package: acme/old, version: 1.0.0}]\n")
	w.mustInstall(nil)
	if !slices.Equal(w.warned, []string{"PackageRedirectDeprecation"}) {
		t.Errorf("warned of %s", w.warned)
	}
	w.publish("acme/new", "1.0.0", nil)
	w.write("packages.yml", "packages: [{package: acme/old, version: 1.0.0}, {package: acme/new, version: 1.0.0}]\n")
	w.fails(func(o *Options) { o.Warn = func(e *source.Error) error { return e } }, "deprecated in favor of `new/name`")
}

func TestAddPackage(t *testing.T) {
	w := newWorld(t)
	w.publish("acme/utils", "1.0.0", nil)
	w.publish("acme/utils", "1.1.0", nil)
	w.write("loc/dbt_project.yml", "name: loc\n")
	add := func(name, from string) func(*Options) {
		return func(o *Options) { o.Add, o.AddFrom = name, from }
	}
	w.mustInstall(add("acme/utils@1.0.0", "hub"))
	if got := w.read("packages.yml"); got != "packages:\n  - package: acme/utils\n    version: 1.0.0\n" {
		t.Error(got)
	}
	w.mustInstall(add("acme/utils@>=1.0.0,<2.0.0", "hub"))
	w.mustInstall(add("loc", "local"))
	if got, want := w.read("packages.yml"), "packages:\n  - package: acme/utils\n    version:\n      - '>=1.0.0'\n      - <2.0.0\n  - local: loc\n"; got != want {
		t.Error(got)
	}
	w.write("packages.yml", "# ours\npackages:\n  # the first\n  - local: loc # here\n")
	w.mustInstall(add("acme/utils@1.0.0", "hub"))
	if got := w.read("packages.yml"); !strings.HasPrefix(got, "# ours\npackages:\n  # the first\n  - local: loc # here\n  - package: acme/utils\n") {
		t.Error(got)
	}
	w.fails(add("acme/nope@1.0.0", "hub"), "was not found in the package index") // packages.yml is as before
	for _, test := range []struct{ arg, name, version string }{
		{"a/b@1.0.0", "a/b", "1.0.0"},
		{"a/b", "a/b", ""},
		{"git@github.com:a/b.git", "git@github.com:a/b.git", ""},
		{"git@github.com:a/b.git@feature/x", "git@github.com:a/b.git", "feature/x"},
		{"https://me@host/a/b", "https://me@host/a/b", ""},
		{"https://me@host/a/b@v1", "https://me@host/a/b", "v1"},
	} {
		if name, version := SplitAdd(test.arg); name != test.name || version != test.version {
			t.Errorf("%s: %s, %s", test.arg, name, version)
		}
	}
}

func TestInstallFolder(t *testing.T) {
	w := newWorld(t)
	w.write("loc/dbt_project.yml", "name: loc\n")
	w.write("packages.yml", "packages: [{local: loc}]\n")
	w.write("dbt_packages/gone/dbt_project.yml", "name: gone\n")
	w.mustInstall(nil)
	if got := w.installed(); !slices.Equal(got, []string{"loc"}) {
		t.Errorf("installed %s", got)
	}
	if got := w.read("dbt_packages/loc/dbt_project.yml"); got != "name: loc\n" {
		t.Errorf("the link leads nowhere: %s", got)
	}
	opts := Options{Say: func(Notice) {}, Declared: func(string) ([]project.Declared, string, error) {
		return []project.Declared{{Entry: dictOf("local", "loc"), Raw: dictOf("local", "loc")}}, "packages.yml", nil
	}, Reveal: func(s string) (string, bool) { return s, false }}
	root := &project.Package{Name: "root", Dir: w.dir, Settings: &project.Settings{InstallPath: ".."}}
	if err := Install(context.Background(), root, opts); err == nil || !strings.Contains(err.Error(), "holds the project itself") {
		t.Errorf("error: %v", err)
	}
}

func dictOf(key, val string) *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr(key, jinja.Str(val))
	return d
}

func TestFetch(t *testing.T) {
	w := newWorld(t)
	w.files["/manifest.json"] = []byte("{}")
	o := Options{Pause: time.Microsecond, Mask: func(s string) string { return s }, Say: func(Notice) {}}
	w.broken = 2
	text, err := Fetch(context.Background(), w.hub.URL+"/manifest.json", o)
	if err != nil || string(text) != "{}" {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := Fetch(context.Background(), w.hub.URL+"/absent.json", o); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("error: %v", err)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := Fetch(ended, w.hub.URL+"/manifest.json", o); err == nil {
		t.Error("no error after the end")
	}
}

// FuzzEntry wants an entry of packages.yml to be read or refused, and one that is read to
// be written to the lock file so that it can be read again.
func FuzzEntry(f *testing.F) {
	for _, seed := range []string{"{package: a/b, version: 1.0.0}", "{git: x, revision: 1.0, subdirectory: y}", "{local: x, name: y}", "{tarball: x, name: y}", "{private: a/b}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := config.LoadYAML(text)
		d, ok := v.(*jinja.Dict)
		if err != nil || !ok {
			return
		}
		same := func(s string) string { return s }
		in := &installer{o: Options{Mask: same, Reveal: func(s string) (string, bool) { return s, false }}}
		r, err := in.request(project.Declared{Entry: d, Raw: d}, "test")
		if err != nil {
			return
		}
		p := &pinned{request: *r, name: "own", version: "1.0.0", commit: strings.Repeat("a", 40)}
		lock, err := lockText([]*pinned{p}, "hash")
		if err != nil {
			t.Fatal(err)
		}
		back, err := config.LoadYAML(lock)
		if err != nil {
			t.Fatalf("%s\n%s", err, lock)
		}
		list, _ := back.(*jinja.Dict).GetStr("packages")
		entry := list.(*jinja.List).Items[0].(*jinja.Dict)
		again, err := in.request(project.Declared{Entry: entry, Raw: entry}, "test")
		if err != nil || again.source != r.source || again.kind != r.kind {
			t.Errorf("%v\n%s", err, lock)
		}
	})
}

// FuzzHub wants what the hub says to be read or refused.
func FuzzHub(f *testing.F) {
	f.Add(`{"versions": {"1.0.0": {"name": "x", "packages": [{"package": "a/b", "version": [">=1.0.0"]}], "require_dbt_version": "1.0.0"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := jinja.ParseJSON(text)
		if err != nil {
			return
		}
		o := Options{Version: "1.11.16", Mask: strings.ToLower, Reveal: func(s string) (string, bool) { return s, false }}
		p, err := readHubPackage(v, o)
		if err != nil {
			return
		}
		in := &installer{o: o}
		for _, meta := range p.versions {
			tarballOf(meta)
			_, _ = in.hubAsks(meta, "x")
		}
	})
}
