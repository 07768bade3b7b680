package artifact

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// externalModel is what is read of a model in another project's manifest.
type externalModel struct {
	ID           string   `json:"unique_id"`
	Kind         string   `json:"resource_type"`
	Name         string   `json:"name"`
	Package      string   `json:"package_name"`
	Database     string   `json:"database"`
	Schema       string   `json:"schema"`
	Alias        string   `json:"alias"`
	Relation     string   `json:"relation_name"`
	FQN          []string `json:"fqn"`
	Path         string   `json:"path"`
	OriginalPath string   `json:"original_file_path"`
	Description  string   `json:"description"`
	Version      any      `json:"version"`
	Latest       any      `json:"latest_version"`
	Access       string   `json:"access"`
	Group        string   `json:"group"`
	Deprecation  string   `json:"deprecation_date"`
	Config       struct {
		Materialized string `json:"materialized"`
		Enabled      *bool  `json:"enabled"`
		Access       string `json:"access"`
		Group        string `json:"group"`
	} `json:"config"`
}

// ReadExternal reads the models of the project name from its manifest.json, in order of
// their ids. Those of its packages are left out: they are not the project's to give.
func ReadExternal(r io.Reader, name string) ([]*manifest.Node, error) {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	var doc struct {
		Metadata struct {
			Schema  string `json:"dbt_schema_version"`
			Project string `json:"project_name"`
		} `json:"metadata"`
		Nodes map[string]externalModel `json:"nodes"`
	}
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("it is no manifest.json: %w", err)
	}
	if !strings.Contains(doc.Metadata.Schema, "/manifest/") {
		return nil, fmt.Errorf("it has the schema %q, not that of a manifest", doc.Metadata.Schema)
	}
	if p := doc.Metadata.Project; p != "" && p != name {
		return nil, fmt.Errorf("it is the manifest of the project %q", p)
	}
	var out []*manifest.Node
	for _, m := range doc.Nodes {
		off := m.Config.Enabled != nil && !*m.Config.Enabled
		if m.Kind != "model" || m.Package != name || off {
			continue
		}
		n, err := m.node()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.ID, err)
		}
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *manifest.Node) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func (m externalModel) node() (*manifest.Node, error) {
	access := m.Access
	if access == "" {
		access = m.Config.Access
	}
	group := m.Group
	if group == "" {
		group = m.Config.Group
	}
	var layer config.Layer
	for _, kv := range [][2]string{{"access", access}, {"group", group}, {"materialized", m.Config.Materialized}} {
		if kv[1] != "" {
			layer = append(layer, config.Entry{Key: kv[0], Value: jinja.Str(kv[1])})
		}
	}
	c, err := config.Merge(config.Models, layer)
	if err != nil {
		return nil, err
	}
	n := &manifest.Node{
		ID: m.ID, Kind: manifest.Model, Name: m.Name, Package: m.Package, Path: m.Path, OriginalPath: m.OriginalPath, FQN: m.FQN,
		Database: m.Database, Schema: m.Schema, Alias: m.Alias, Relation: m.Relation, Description: m.Description,
		DeprecationDate: m.Deprecation, Config: c, External: true, File: &source.File{Path: m.OriginalPath},
	}
	if m.Version != nil {
		n.Version, n.LatestVersion = jinja.FromGo(m.Version), jinja.FromGo(m.Latest)
	}
	return n, nil
}
