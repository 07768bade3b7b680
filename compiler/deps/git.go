package deps

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"weft/compiler/source"
)

// unpinnedRevisions are the revisions that mean something else every day.
var unpinnedRevisions = map[string]string{
	"HEAD":   "not pinned, using HEAD (default branch).",
	"main":   `pinned to the "main" branch.`,
	"master": `pinned to the "master" branch.`,
}

// warnUnpinned warns where a package can change without anybody asking for it.
func (in *installer) warnUnpinned(p *pinned) error {
	words, ok := unpinnedRevisions[p.revision]
	if !ok || p.unpinned {
		return nil
	}
	return in.o.Warn(&source.Error{Event: source.DepsUnpinned, File: p.place.File, Span: p.place.Span,
		Msg: "WARNING: The git package \"" + p.shown + "\" \n\tis " + words +
			"\n\tThis can introduce breaking changes into your project without warning!" +
			"\n\nSee https://docs.getdbt.com/docs/package-management#section-specifying-package-versions"})
}

// pinGit fetches the revision of a package that is asked for.
func (in *installer) pinGit(ctx context.Context, w *wanted) (*pinned, error) {
	r := *w.first()
	revisions := w.revisions()
	if len(revisions) > 1 {
		e := r.at("git dependencies should contain exactly one version. %s contains: {'%s'}", r.shown, strings.Join(revisions, "', '"))
		e.Hint = w.whoAsks()
		return nil, e
	}
	r.revision = "HEAD"
	if len(revisions) == 1 {
		r.revision = revisions[0]
	}
	r.unpinned = w.unpinned()
	p := &pinned{request: r}
	if err := in.warnUnpinned(p); err != nil {
		return nil, err
	}
	file, commit, err := in.checkout(ctx, &r)
	if err != nil {
		return nil, err
	}
	p.commit = commit
	if err := in.open(ctx, p, file); err != nil {
		return nil, err
	}
	return p, in.readAsks(p)
}

// gitKey is what a commit of a repository is kept as in the cache.
func gitKey(r *request, commit string) string {
	return strings.Join([]string{"git", r.repo(), commit, r.subdir}, "\x00")
}

// checkout gives the archive of a revision (of its subdirectory where one is asked
// for) and its commit. A commit that is named in full and in the cache is not fetched.
func (in *installer) checkout(ctx context.Context, r *request) (file, commit string, err error) {
	if isCommit(r.revision) {
		if file, ok := in.cache.find(gitKey(r, r.revision)); ok {
			return file, r.revision, nil
		}
	}
	dir, err := os.MkdirTemp(in.staging, "git-*")
	if err != nil {
		return "", "", failed(err)
	}
	defer os.RemoveAll(dir)
	dir = filepath.Join(dir, "clone")
	if err := in.clone(ctx, r, dir); err != nil {
		return "", "", err
	}
	out, err := in.git(ctx, dir, "rev-parse", "HEAD")
	if err != nil {
		return "", "", in.gitFailed(r, err)
	}
	commit = strings.TrimSpace(out)
	from := filepath.Join(dir, filepath.FromSlash(r.subdir))
	if info, err := os.Lstat(from); err != nil || !info.IsDir() {
		return "", "", r.at("%s has no folder %q at revision %s", r.shown, r.subdir, r.revision)
	}
	file, err = in.cache.put(gitKey(r, commit), func(f *os.File) error { return pack(from, f) })
	if err != nil {
		e := r.at("%s cannot be installed: %s", r.shown, in.mask(err.Error()))
		e.Err = err
		return "", "", e
	}
	return file, commit, nil
}

func (in *installer) clone(ctx context.Context, r *request, dir string) error {
	args := []string{"clone", "--quiet", "--depth", "1"}
	if r.subdir != "" {
		args = append(args, "--filter=blob:none", "--sparse")
	}
	if _, err := in.git(ctx, in.root.Dir, append(args, "--", r.repo(), dir)...); err != nil {
		return in.gitFailed(r, err)
	}
	if r.subdir != "" {
		if _, err := in.git(ctx, dir, "sparse-checkout", "set", r.subdir); err != nil {
			return in.gitFailed(r, err)
		}
	}
	if r.revision == "HEAD" {
		return nil
	}
	if err := in.fetchRevision(ctx, r.revision, dir); err != nil {
		return in.gitFailed(r, err)
	}
	if _, err := in.git(ctx, dir, "reset", "--quiet", "--hard", "FETCH_HEAD"); err != nil {
		return in.gitFailed(r, err)
	}
	return nil
}

// fetchRevision leaves a revision in FETCH_HEAD: a commit, else a tag, else a branch.
func (in *installer) fetchRevision(ctx context.Context, revision, dir string) error {
	// Behind "--" nothing is an option: packages name the revisions of their packages.
	fetch := []string{"fetch", "--quiet", "--depth", "1", "--", "origin"}
	if !isCommit(revision) {
		if _, err := in.git(ctx, dir, append(fetch, "refs/tags/"+revision)...); err == nil {
			return nil
		}
	}
	_, err := in.git(ctx, dir, append(fetch, revision)...)
	if err == nil || !isCommit(revision) {
		return err
	}
	// Some servers do not give single commits; everything has the commit too.
	if _, all := in.git(ctx, dir, "fetch", "--quiet", "--unshallow", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"); all != nil {
		return err
	}
	if _, missing := in.git(ctx, dir, "cat-file", "-e", revision+"^{commit}"); missing != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, ".git", "FETCH_HEAD"), []byte(revision+"\t\t\n"), 0o644)
}

func isCommit(s string) bool {
	return len(s) == 40 && strings.Trim(s, "0123456789abcdef") == ""
}

// git runs the git program. It asks nothing of the user, and what it says is in the
// language that people search for.
func (in *installer) git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(in.o.Env[:len(in.o.Env):len(in.o.Env)], "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	err := cmd.Run()
	if err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil && problem.Len() > 0 {
		err = errors.New(strings.TrimSpace(problem.String()))
	}
	return out.String(), err
}

// gitFailed words what git said, without secrets.
func (in *installer) gitFailed(r *request, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	e := r.at("Error checking out spec='%s' for repo %s\n%s", r.revision, r.shown, in.mask(err.Error()))
	e.Class, e.WordsFirst = source.Internal, true
	if errors.Is(err, exec.ErrNotFound) {
		e.Hint = "packages from git need the git program"
	}
	return e
}
