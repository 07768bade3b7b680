package artifact

import (
	"crypto/md5"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// Metadata is the block that every artifact begins with.
type Metadata struct {
	Version      string // dbt's, as emulated
	GeneratedAt  time.Time
	InvocationID string
	StartedAt    time.Time
	Env          *jinja.Dict
	SendStats    bool
	Weft         string // the version of weft, which tells that it wrote a manifest
}

func (e *encoder) metadata(m Metadata, schema string, more func()) {
	e.object("metadata", func() {
		e.str("dbt_schema_version", "https://schemas.getdbt.com/dbt/"+schema+".json")
		e.str("dbt_version", m.Version)
		e.str("generated_at", Time(m.GeneratedAt))
		e.str("invocation_id", m.InvocationID)
		e.str("invocation_started_at", Time(m.StartedAt))
		e.key("env")
		if m.Env == nil {
			e.lit("{}")
		} else {
			e.value(m.Env)
		}
		if more != nil {
			more()
		}
	})
}

// Compiled is what compiling a node gave; see Run.
type Compiled struct {
	Code      string
	CTEs      []CTE
	Path      string // of the compiled file, as results name it
	BuildPath string
	Relation  string // of tests that store failures because a flag says so

	Macros []string // ids of macros that were called beside those known from parsing
	Index  int      // of project hooks that ran, from 1
}

// CTE is an ephemeral node in the SQL of another.
type CTE struct{ ID, SQL string }

// Run is what an invocation knows beside the manifest: compiled code by node id.
type Run struct {
	Meta       Metadata
	TargetPath string // as given, for compiled_path
	Compiled   map[string]*Compiled
}

// WriteManifest writes manifest.json.
func WriteManifest(dir string, m *manifest.Manifest, r Run) error {
	return writeFile(filepath.Join(dir, "manifest.json"), func(e *encoder) {
		e.open('{')
		e.metadata(r.Meta, "manifest/v12", func() {
			e.str("project_name", m.Project)
			sum := md5.Sum([]byte(m.Project))
			e.str("project_id", hex.EncodeToString(sum[:]))
			e.raw("user_id", "null")
			e.bool("send_anonymous_usage_stats", r.Meta.SendStats)
			e.str("adapter_type", m.AdapterType)
			e.val("quoting", m.Quoting)
			e.str("run_started_at", Time(r.Meta.StartedAt))
		})
		e.nodes("nodes", m, r, func(k manifest.Kind) bool {
			switch k {
			case manifest.Source, manifest.Exposure, manifest.UnitTest, manifest.Function, manifest.Metric, manifest.SemanticModel, manifest.SavedQuery:
				return false
			}
			return true
		})
		e.nodes("sources", m, r, only(manifest.Source))
		e.object("macros", func() {
			for _, mac := range m.Macros {
				if mac.ID == noteMacro {
					mac = withNote(mac, m, r.Meta.Weft)
				}
				e.macro(mac)
			}
		})
		e.object("docs", func() {
			for _, d := range m.Docs {
				e.key(d.ID)
				e.inBraces(func() {
					e.str("name", d.Name)
					e.str("resource_type", "doc")
					e.str("package_name", d.Package)
					e.str("path", d.Path)
					e.str("original_file_path", d.OriginalPath)
					e.str("unique_id", d.ID)
					e.str("block_contents", d.Contents)
				})
			}
		})
		e.nodes("exposures", m, r, only(manifest.Exposure))
		e.nodes("metrics", m, r, only(manifest.Metric))
		e.object("groups", func() {
			for _, g := range m.Groups {
				e.group(g)
			}
		})
		e.key("selectors")
		if m.Selectors == nil {
			e.lit("{}")
		} else {
			e.value(m.Selectors)
		}
		e.disabled(m, r)
		e.edges(m)
		e.groupMap(m)
		e.nodes("saved_queries", m, r, only(manifest.SavedQuery))
		e.nodes("semantic_models", m, r, only(manifest.SemanticModel))
		e.nodes("unit_tests", m, r, only(manifest.UnitTest))
		e.nodes("functions", m, r, only(manifest.Function))
		e.close('}')
	})
}

func only(kind manifest.Kind) func(manifest.Kind) bool {
	return func(k manifest.Kind) bool { return k == kind }
}

// noteMacro is the macro whose meta has what weft notes for itself in a manifest: that it
// wrote the manifest, and what templates of properties files look like, for comparisons
// with manifests of other targets. The published schema has no room for other keys, and
// nothing reads the meta of a macro that comes with dbt.
const noteMacro = "macro.dbt.generate_schema_name"

// withNote gives the macro with weft's note.
func withNote(mac *manifest.Macro, m *manifest.Manifest, version string) *manifest.Macro {
	written := jinja.NewDict()
	for _, n := range m.Nodes {
		if n.Written != nil {
			written.SetStr(n.ID, n.Written)
		}
	}
	note, meta := jinja.NewDict(), jinja.NewDict()
	note.SetStr("version", jinja.Str(version))
	note.SetStr("written", written)
	meta.SetStr("weft", note)
	out := *mac
	out.Meta = meta
	return &out
}

func (e *encoder) nodes(name literal, m *manifest.Manifest, r Run, keep func(manifest.Kind) bool) {
	e.object(name, func() {
		for _, n := range m.Nodes {
			if keep(n.Kind) {
				e.key(n.ID)
				e.node(n, r)
			}
		}
	})
}

func (e *encoder) disabled(m *manifest.Manifest, r Run) {
	byID := map[string][]*manifest.Node{}
	var order []string
	for _, n := range m.Disabled {
		if byID[n.ID] == nil {
			order = append(order, n.ID)
		}
		byID[n.ID] = append(byID[n.ID], n)
	}
	e.object("disabled", func() {
		for _, id := range order {
			e.key(id)
			e.inBrackets(func() {
				for _, n := range byID[id] {
					e.sep()
					e.node(n, r)
				}
			})
		}
	})
}

func (e *encoder) edges(m *manifest.Manifest) {
	// Most nodes are tests, which nothing depends on.
	children := make(map[string][]string, len(m.Nodes)/3)
	for _, n := range m.Nodes {
		for _, p := range n.DependsOn {
			children[p] = append(children[p], n.ID)
		}
	}
	e.object("parent_map", func() {
		for _, n := range m.Nodes {
			e.key(n.ID)
			e.texts(sorted(n.DependsOn))
		}
	})
	e.object("child_map", func() {
		for _, n := range m.Nodes {
			e.key(n.ID)
			e.texts(sorted(children[n.ID]))
		}
	})
}

func sorted(list []string) []string {
	if len(list) < 2 {
		return list
	}
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}

func (e *encoder) groupMap(m *manifest.Manifest) {
	members := map[string][]string{}
	if len(m.Groups) > 0 {
		for _, n := range m.Nodes {
			if g := n.Group(); g != "" {
				members[g] = append(members[g], n.ID)
			}
		}
	}
	e.object("group_map", func() {
		for _, g := range m.Groups {
			e.key(g.Name)
			e.texts(members[g.Name])
		}
	})
}

func (e *encoder) macro(mac *manifest.Macro) {
	e.key(mac.ID)
	e.inBraces(func() {
		e.str("name", mac.Name)
		e.str("resource_type", "macro")
		e.str("package_name", mac.Package)
		e.str("path", mac.Path)
		e.str("original_file_path", mac.Path)
		e.str("unique_id", mac.ID)
		e.str("macro_sql", mac.SQL)
		e.object("depends_on", func() { e.strs("macros", mac.DependsOn) })
		e.str("description", mac.Description)
		e.val("meta", mac.Meta)
		e.val("docs", mac.Docs)
		e.object("config", func() {
			e.val("meta", mac.Meta)
			e.val("docs", mac.Docs)
		})
		e.opt("patch_path", mac.PatchPath)
		e.dicts("arguments", mac.Arguments)
		e.float("created_at", mac.CreatedAt)
		if mac.Languages == nil {
			e.raw("supported_languages", "null")
		} else {
			e.strs("supported_languages", mac.Languages)
		}
	})
}

func (e *encoder) dicts(name literal, list []*jinja.Dict) {
	e.member(name)
	e.values(list)
}

func (e *encoder) group(g *manifest.Group) {
	e.key(g.ID)
	e.inBraces(func() {
		e.str("name", g.Name)
		e.str("resource_type", "group")
		e.str("package_name", g.Package)
		e.str("path", g.Path)
		e.str("original_file_path", g.OriginalPath)
		e.str("unique_id", g.ID)
		e.val("owner", g.Owner)
		e.val("description", g.Description)
		e.val("config", g.Config)
	})
}

// node writes one node of any kind.
func (e *encoder) node(n *manifest.Node, r Run) {
	if d := n.Dict(); d != nil {
		e.value(d)
		return
	}
	e.open('{')
	defer e.close('}')
	switch n.Kind {
	case manifest.Source:
		e.source(n)
		return
	case manifest.Exposure:
		e.exposure(n)
		return
	}
	if n.Kind == manifest.Function {
		e.val("returns", n.BodyPart("returns"))
	}
	c := r.Compiled[n.ID]
	name := func(key literal, s string, none bool) {
		if none {
			e.opt(key, "")
		} else {
			e.str(key, s)
		}
	}
	e.opt("database", n.Database)
	name("schema", n.Schema, n.Nameless[1])
	e.identity(n)
	name("alias", n.Alias, n.Nameless[2])
	e.object("checksum", func() {
		e.str("name", n.Checksum.Name)
		e.str("checksum", n.Checksum.Sum)
	})
	e.config("config", n.Config)
	e.strs("tags", n.Tags)
	e.str("description", n.Description)
	e.columns(n.Columns)
	e.meta(n)
	e.opt("group", n.Group())
	e.docs(n)
	e.opt("patch_path", n.PatchPath)
	if c != nil {
		e.opt("build_path", c.BuildPath)
	} else {
		e.raw("build_path", "null")
	}
	e.val("unrendered_config", n.Unrendered)
	e.float("created_at", n.CreatedAt)
	if n.Relation == "" && c != nil {
		e.opt("relation_name", c.Relation)
	} else {
		e.opt("relation_name", n.Relation)
	}
	e.str("raw_code", n.Raw)
	e.strs("doc_blocks", n.DocBlocks)
	if n.Kind == manifest.Seed {
		e.str("root_path", n.Seed.Root)
		e.object("depends_on", func() { e.strs("macros", n.Macros) })
		return
	}
	e.code(n, c)
	switch n.Kind {
	case manifest.Model:
		e.model(n)
	case manifest.Test:
		if n.Test.Generic {
			e.genericTest(n)
		}
	case manifest.Function:
		e.val("arguments", n.BodyPart("arguments"))
	case manifest.Operation:
		index := n.Index
		if c != nil && c.Index > 0 {
			index = c.Index
		}
		e.raw("index", strconv.Itoa(index))
	}
}

func (e *encoder) identity(n *manifest.Node) {
	e.str("name", n.Name)
	e.str("resource_type", n.Kind.String())
	e.str("package_name", n.Package)
	e.str("path", n.Path)
	e.str("original_file_path", n.OriginalPath)
	e.str("unique_id", n.ID)
	e.strs("fqn", n.FQN)
}

func (e *encoder) docs(n *manifest.Node) {
	if config.Declared(n.Config.Kind(), "docs") != nil || n.Config.IsSet("docs") {
		e.configured("docs", n.Config)
		return
	}
	e.object("docs", func() {
		e.bool("show", true)
		e.raw("node_color", "null")
	})
}

// meta writes config.meta.
func (e *encoder) meta(n *manifest.Node) {
	if !n.Config.IsSet("meta") {
		e.raw("meta", "{}")
		return
	}
	e.val("meta", n.Meta())
}

func (e *encoder) columns(list []*manifest.Column) {
	e.object("columns", func() {
		for _, c := range list {
			e.key(c.Name)
			e.inBraces(func() {
				e.str("name", c.Name)
				e.str("description", c.Description)
				e.val("meta", c.Meta)
				if c.HasType {
					e.str("data_type", c.DataType)
				} else {
					e.raw("data_type", "null")
				}
				e.dicts("constraints", c.Constraints)
				e.val("quote", c.Quote)
				e.object("config", func() {
					e.val("meta", c.Meta)
					e.strs("tags", c.Tags)
				})
				e.strs("tags", c.Tags)
				e.val("granularity", c.Granularity)
				e.strs("doc_blocks", c.DocBlocks)
				if c.Extra != nil {
					for k, v := range c.Extra.All() {
						e.key(k.String())
						e.value(v)
					}
				}
			})
		}
	})
}

func (e *encoder) refs(n *manifest.Node) {
	e.list("refs", func() {
		for _, r := range n.Refs {
			e.sep()
			e.open('{')
			e.str("name", r.Name)
			e.opt("package", r.Package)
			e.val("version", r.Version)
			e.close('}')
		}
	})
	e.list("sources", func() {
		for _, s := range n.Sources {
			e.sep()
			e.open('[')
			e.sep()
			e.text(s[0])
			e.sep()
			e.text(s[1])
			e.close(']')
		}
	})
	e.calls("metrics", n.Metrics)
}

// calls writes the calls of metric() or function().
func (e *encoder) calls(name literal, list [][]string) {
	e.list(name, func() {
		for _, call := range list {
			e.sep()
			e.open('[')
			for _, word := range call {
				e.sep()
				e.text(word)
			}
			e.close(']')
		}
	})
}

func (e *encoder) dependsOn(n *manifest.Node, c *Compiled) {
	macros := n.Macros
	if c != nil {
		for _, id := range c.Macros {
			if !slices.Contains(macros, id) {
				macros = append(slices.Clip(macros), id)
			}
		}
	}
	e.object("depends_on", func() {
		e.list("macros", func() {
			for _, id := range macros {
				e.sep()
				if id == "" {
					e.lit("null")
					continue
				}
				e.text(id)
			}
		})
		e.strs("nodes", n.DependsOn)
	})
}

// code writes what kinds with SQL have.
func (e *encoder) code(n *manifest.Node, c *Compiled) {
	e.str("language", n.Language)
	e.refs(n)
	e.calls("functions", n.Functions)
	e.dependsOn(n, c)
	if c != nil {
		e.opt("compiled_path", c.Path)
		e.bool("compiled", true)
		e.str("compiled_code", c.Code)
		e.bool("extra_ctes_injected", true)
		e.list("extra_ctes", func() {
			for _, x := range c.CTEs {
				e.sep()
				e.open('{')
				e.str("id", x.ID)
				e.str("sql", x.SQL)
				e.close('}')
			}
		})
	} else {
		e.raw("compiled_path", "null")
	}
	if !n.Config.IsSet("contract") && n.ContractSum == "" {
		e.raw("contract", `{"enforced": false, "alias_types": true, "checksum": null}`)
		return
	}
	contract := n.Config.Dict("contract")
	e.object("contract", func() {
		enforced, _ := contract.GetStr("enforced")
		alias, _ := contract.GetStr("alias_types")
		if enforced == nil {
			enforced = jinja.Bool(false)
		}
		if alias == nil {
			alias = jinja.Bool(true)
		}
		e.val("enforced", enforced)
		e.val("alias_types", alias)
		e.opt("checksum", n.ContractSum)
	})
}

func (e *encoder) model(n *manifest.Node) {
	e.val("access", n.Config.Get("access"))
	e.dicts("constraints", n.Constraints)
	e.val("version", n.Version)
	e.val("latest_version", n.LatestVersion)
	e.opt("deprecation_date", n.DeprecationDate)
	e.strs("primary_key", n.PrimaryKey)
	e.val("time_spine", n.TimeSpine)
}

func (e *encoder) genericTest(n *manifest.Node) {
	e.opt("column_name", n.Test.ColumnName)
	e.str("file_key_name", n.Test.FileKey)
	e.opt("attached_node", n.Test.Attached)
	e.object("test_metadata", func() {
		e.str("name", n.Test.Name)
		e.val("kwargs", n.Test.Kwargs)
		e.opt("namespace", n.Test.Namespace)
	})
}

func (e *encoder) source(n *manifest.Node) {
	s := n.Source
	e.opt("database", n.Database)
	e.str("schema", n.Schema)
	e.identity(n)
	e.str("source_name", s.SourceName)
	e.str("source_description", s.SourceDescription)
	e.str("loader", s.Loader)
	e.str("identifier", s.Identifier)
	e.val("quoting", s.Quoting)
	e.val("loaded_at_field", s.LoadedAtField)
	e.val("loaded_at_query", s.LoadedAtQuery)
	e.val("freshness", s.Freshness)
	e.val("external", s.External)
	e.str("description", n.Description)
	e.columns(n.Columns)
	e.val("meta", n.Meta())
	e.val("source_meta", s.SourceMeta)
	e.strs("tags", n.Tags)
	e.config("config", n.Config)
	e.opt("patch_path", n.PatchPath)
	e.val("unrendered_config", n.Unrendered)
	e.opt("relation_name", n.Relation)
	e.float("created_at", n.CreatedAt)
	e.val("unrendered_database", s.UnrenderedDB)
	e.val("unrendered_schema", s.UnrenderedSchema)
	e.strs("doc_blocks", n.DocBlocks)
}

func (e *encoder) exposure(n *manifest.Node) {
	x := n.Exposure
	e.identity(n)
	e.str("type", x.Type)
	e.val("owner", x.Owner)
	e.str("description", n.Description)
	e.val("label", x.Label)
	e.val("maturity", x.Maturity)
	e.val("meta", n.Meta())
	e.strs("tags", n.Tags)
	e.config("config", n.Config)
	e.val("unrendered_config", n.Unrendered)
	e.val("url", x.URL)
	e.dependsOn(n, nil)
	e.refs(n)
	e.float("created_at", n.CreatedAt)
}

// FilePath gives the path of a node's file below target/compiled or target/run.
func FilePath(n *manifest.Node) string {
	base := func(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }
	if base(n.Path) == base(n.OriginalPath) {
		return n.Package + "/" + n.OriginalPath
	}
	return n.Package + "/" + n.OriginalPath + "/" + n.Path
}
