package artifact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// Recorded is a manifest.json that an earlier invocation left, of dbt or of weft: what
// comparisons and deferral want of it, and no more.
type Recorded struct {
	Path    string
	Version string // dbt's
	Weft    string // the version of weft that wrote it; empty for others

	// Written is manifest.Node.Written by id, of manifests that weft wrote.
	Written map[string]map[string]any

	// Entries are the nodes, sources, exposures, … by id, without the disabled ones.
	Entries map[string]*Entry
	Macros  map[string]string // macro_sql by id
}

// Entry is one resource of a manifest as JSON.
type Entry struct {
	ID   string
	text []byte // the values of the fields, one after the other; nothing for an absent one
	ends [numEntryFields]int32
}

// entryFields are the keys of a resource that are of use here.
var entryFields = [...]string{
	"name", "resource_type", "package_name", "original_file_path", "fqn", "database", "schema", "alias", "relation_name", "identifier", "checksum",
	"raw_code", "config", "unrendered_config", "description", "columns", "contract", "constraints", "access", "version", "latest_version",
	"deprecation_date", "depends_on", "quoting", "freshness", "loaded_at_field", "external", "unrendered_database", "unrendered_schema",
	"test_metadata", "type", "owner", "maturity", "url", "label", "arguments", "returns", "model", "versions", "given", "expect", "overrides",
	"defaults", "entities", "dimensions", "measures", "primary_entity", "group", "query_params", "exports", "tags",
}

const numEntryFields = len(entryFields)

var entryField = func() map[string]int {
	out := make(map[string]int, numEntryFields)
	for i, name := range entryFields {
		out[name] = i
	}
	out["raw_sql"] = out["raw_code"] // before manifest v6
	return out
}()

// Get gives the JSON of a field; nil where the resource does not have it.
func (e *Entry) Get(field string) []byte {
	i, ok := entryField[field]
	if !ok {
		panic("artifact: entries do not have " + field)
	}
	if e == nil {
		return nil
	}
	start := int32(0)
	if i > 0 {
		start = e.ends[i-1]
	}
	if start == e.ends[i] {
		return nil
	}
	return e.text[start:e.ends[i]]
}

// GoValue gives a value as Entry.Value gives it.
func GoValue(v jinja.Value) any {
	text, err := jinja.AppendJSON(nil, v, jinja.JSONOptions{})
	if err != nil {
		return nil
	}
	return decoded(text)
}

// Text gives a field that is a text; empty for others.
func (e *Entry) Text(field string) string {
	raw := e.Get(field)
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	s, err := unquoted(raw)
	if err != nil {
		return ""
	}
	return s
}

// Value gives a field as Go values, numbers as json.Number; nil for what is absent.
func (e *Entry) Value(field string) any { return decoded(e.Get(field)) }

// Map is Value of a field that is a mapping; nil for others.
func (e *Entry) Map(field string) map[string]any {
	m, _ := e.Value(field).(map[string]any)
	return m
}

func decoded(raw []byte) any {
	if raw == nil {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return v
}

// SameJSON says whether two values of entries are equal, whatever the order of keys
// and the form of numbers. Absent and null are the same.
func SameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	return Same(decoded(a), decoded(b))
}

// Same is SameJSON for values.
func Same(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			if w, ok := y[k]; !ok || !Same(v, w) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Same(x[i], y[i]) {
				return false
			}
		}
		return true
	case json.Number:
		y, ok := b.(json.Number)
		if !ok || x == y {
			return ok
		}
		f, err1 := x.Float64()
		g, err2 := y.Float64()
		return err1 == nil && err2 == nil && f == g
	}
	return reflect.DeepEqual(a, b)
}

// Describer gives the entries of nodes as manifest.json has them now.
type Describer struct {
	enc encoder
}

// Entry describes a node.
func (d *Describer) Entry(n *manifest.Node) (*Entry, error) {
	d.enc.out = d.enc.out[:0]
	d.enc.node(n, Run{})
	return readEntry(n.ID, d.enc.out)
}

// readEntry takes the fields out of the JSON of a resource.
func readEntry(id string, raw []byte) (*Entry, error) {
	e := &Entry{ID: id}
	s := &scanner{data: raw}
	var values [numEntryFields][]byte
	size := 0
	err := s.object(func(key []byte) error {
		i, wanted := entryField[string(key)]
		if !wanted {
			return s.skip()
		}
		var err error
		size -= len(values[i])
		values[i], err = s.raw()
		size += len(values[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	e.text = make([]byte, 0, size)
	for i, v := range values {
		e.text = append(e.text, v...)
		e.ends[i] = int32(len(e.text))
	}
	return e, nil
}

var manifestSchema = regexp.MustCompile(`/manifest/v(\d+)\.json$`)

// oldestManifest and newestManifest are the schema versions that are understood:
// those of dbt 1.0 to 1.12. Their differences are in what is not read here, and in
// the name of raw_code.
const oldestManifest, newestManifest = 4, 12

// ReadManifest reads the manifest.json of a folder; nil if there is none. What is not
// needed of it is passed over without being kept.
func ReadManifest(dir string) (*Recorded, error) {
	path := filepath.Join(dir, "manifest.json")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
	}
	defer f.Close()
	out, err := readManifest(f)
	var se *source.Error
	switch {
	case errors.As(err, &se):
		se.File = &source.File{Path: path}
	case err != nil:
		return nil, &source.Error{Class: source.Runtime, File: &source.File{Path: path}, Msg: "is no manifest.json: " + err.Error(), Err: err}
	}
	if err != nil {
		return nil, err
	}
	out.Path = path
	return out, nil
}

func readManifest(r io.Reader) (*Recorded, error) {
	out := &Recorded{Entries: map[string]*Entry{}, Macros: map[string]string{}}
	s := &scanner{r: r}
	known := false
	err := s.object(func(section []byte) error {
		switch string(section) {
		case "metadata":
			known = true
			return out.metadata(s)
		case "nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions":
			return s.object(func(key []byte) error {
				id := string(key)
				raw, err := s.raw()
				if err != nil {
					return err
				}
				out.Entries[id], err = readEntry(id, raw)
				return err
			})
		case "macros":
			return out.macros(s)
		}
		return s.skip()
	})
	if err == nil && !known {
		err = errors.New("it has no metadata")
	}
	return out, err
}

func (m *Recorded) metadata(s *scanner) error {
	raw, err := s.raw()
	if err != nil {
		return err
	}
	var meta struct {
		Schema  string `json:"dbt_schema_version"`
		Version string `json:"dbt_version"`
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		return err
	}
	m.Version = meta.Version
	if found := manifestSchema.FindStringSubmatch(meta.Schema); found != nil {
		if n, err := strconv.Atoi(found[1]); err == nil && oldestManifest <= n && n <= newestManifest {
			return nil
		}
	}
	return &source.Error{Class: source.Runtime,
		Msg:  fmt.Sprintf("Expected a schema version of \"https://schemas.getdbt.com/dbt/manifest/v%d.json\", but found \"%s\"", newestManifest, meta.Schema),
		Hint: fmt.Sprintf("manifests from v%d on are understood; make the state with a version of dbt between 1.0 and 1.12, or with weft", oldestManifest)}
}

func (m *Recorded) macros(s *scanner) error {
	return s.object(func(key []byte) error {
		id := string(key)
		raw, err := s.raw()
		if err != nil {
			return err
		}
		in := &scanner{data: raw}
		return in.object(func(key []byte) error {
			switch {
			case string(key) == "macro_sql":
				m.Macros[id], err = in.text()
				return err
			case string(key) == "meta" && id == noteMacro:
				return m.note(in)
			}
			return in.skip()
		})
	})
}

// note reads what weft noted for itself; see noteMacro.
func (m *Recorded) note(s *scanner) error {
	raw, err := s.raw()
	if err != nil {
		return err
	}
	var meta struct {
		Weft struct {
			Version string                    `json:"version"`
			Written map[string]map[string]any `json:"written"`
		} `json:"weft"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&meta) == nil {
		m.Weft, m.Written = meta.Weft.Version, meta.Weft.Written
	}
	return nil
}

// Statuses gives the status of each node of a folder's run_results.json by id; nil if
// there is no such file.
func Statuses(dir string) (map[string]string, error) {
	last, err := ReadResults(dir)
	if err != nil || last == nil {
		return nil, err
	}
	out := make(map[string]string, len(last.Results))
	for _, r := range last.Results {
		out[r.ID] = r.Status
	}
	return out, nil
}

// Times are moments by id.
type Times map[string]time.Time

// LoadedAt gives the max_loaded_at of each source of a folder's sources.json by id,
// without those that could not be asked; nil if there is no such file.
func LoadedAt(dir string) (Times, error) {
	path := filepath.Join(dir, "sources.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
	}
	var file struct {
		Results []struct {
			ID     string `json:"unique_id"`
			Loaded string `json:"max_loaded_at"`
		} `json:"results"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, &source.Error{Class: source.Runtime, File: &source.File{Path: path}, Msg: "is no sources.json: " + err.Error(), Err: err}
	}
	out := make(Times, len(file.Results))
	for _, r := range file.Results {
		if r.Loaded == "" {
			continue
		}
		if out[r.ID], err = time.Parse(time.RFC3339Nano, r.Loaded); err != nil {
			return nil, &source.Error{Class: source.Runtime, File: &source.File{Path: path}, Msg: fmt.Sprintf("max_loaded_at of %s is no time: %q", r.ID, r.Loaded), Err: err}
		}
	}
	return out, nil
}
