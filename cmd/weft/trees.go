package main

import (
	"os"
	"path/filepath"
	"runtime/debug"

	"weft/compiler/config"
)

// treeFile is the cache of decoded YAML files in the target folder.
const treeFile = "weft_parse_cache"

// buildID tells builds of weft apart, as far as the go command noted it.
func buildID() string {
	id := version
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return id
	}
	id += " " + info.GoVersion
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision", "vcs.modified", "vcs.time":
			id += " " + s.Value
		}
	}
	return id
}

// treePath is where the cache is; empty where it may not be used.
func (a *app) treePath() string {
	if !a.set.on("partial-parse") {
		return ""
	}
	if path := a.set.text("partial-parse-file-path"); path != "" {
		if !filepath.IsAbs(path) {
			path = filepath.Join(a.project.Root.Dir, path)
		}
		return path
	}
	dir, _ := a.targetDir()
	return filepath.Join(dir, treeFile)
}

// readTrees reads the cache of decoded files; what cannot be read is an empty one.
func (a *app) readTrees() *config.TreeCache {
	path := a.treePath()
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		data = nil
	}
	return config.NewTreeCache(data, buildID())
}

// writeTrees keeps the cache for the next command, under a temporary name first, since
// others may be reading it. A failure costs only time, next time.
func (a *app) writeTrees(trees *config.TreeCache) {
	if !trees.Changed() {
		return
	}
	path := a.treePath()
	if os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return
	}
	_, err = f.Write(trees.Encode())
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
}
