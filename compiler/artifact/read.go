package artifact

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"weft/compiler/source"
)

// LastRun is what retry needs of an earlier run_results.json.
type LastRun struct {
	Args    map[string]any
	Results []LastResult
}

// LastResult is one node of an earlier run.
type LastResult struct {
	ID     string `json:"unique_id"`
	Status string `json:"status"`
}

// ReadResults reads run_results.json of a folder; nil if there is none.
func ReadResults(dir string) (*LastRun, error) {
	path := filepath.Join(dir, "run_results.json")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.UseNumber()
	var out struct {
		Metadata struct {
			Schema string `json:"dbt_schema_version"`
		} `json:"metadata"`
		Results []LastResult   `json:"results"`
		Args    map[string]any `json:"args"`
	}
	if err := dec.Decode(&out); err != nil {
		return nil, &source.Error{Class: source.Runtime, File: &source.File{Path: path}, Msg: "is no run_results.json: " + err.Error(), Err: err}
	}
	if !strings.Contains(out.Metadata.Schema, "/run-results/") {
		return nil, &source.Error{Class: source.Runtime, File: &source.File{Path: path}, Msg: fmt.Sprintf("has the schema %q, not that of run results", out.Metadata.Schema)}
	}
	return &LastRun{Args: out.Args, Results: out.Results}, nil
}

// WriteFile writes a small file so that readers see the old or the whole new one.
func WriteFile(path, text string) error {
	return writeFile(path, func(e *encoder) { e.lit(text) })
}
