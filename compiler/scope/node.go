package scope

import (
	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// field is one key of a node as templates see it (model, graph, node.x). Kinds
// that do not have it give nil.
type field struct {
	name string
	get  func(*manifest.Node) jinja.Value
}

func str(s string) jinja.Value { return jinja.Str(s) }

func strOrNone(s string) jinja.Value {
	if s == "" {
		return jinja.None
	}
	return jinja.Str(s)
}

func strs(list []string) jinja.Value {
	out := jinja.NewList()
	for _, s := range list {
		out.Append(jinja.Str(s))
	}
	return out
}

func orNone(v jinja.Value) jinja.Value {
	if v == nil {
		return jinja.None
	}
	return v
}

// sql wraps a getter of things that only kinds with code have.
func sql(get func(*manifest.Node) jinja.Value) func(*manifest.Node) jinja.Value {
	return func(n *manifest.Node) jinja.Value {
		if !n.Kind.Info().SQL {
			return nil
		}
		return get(n)
	}
}

func only(k manifest.Kind, get func(*manifest.Node) jinja.Value) func(*manifest.Node) jinja.Value {
	return func(n *manifest.Node) jinja.Value {
		if n.Kind != k {
			return nil
		}
		return get(n)
	}
}

// nodeFields are the keys in dbt's order.
var nodeFields = []field{
	{"database", func(n *manifest.Node) jinja.Value { return strOrNone(n.Database) }},
	{"schema", func(n *manifest.Node) jinja.Value { return str(n.Schema) }},
	{"name", func(n *manifest.Node) jinja.Value { return str(n.Name) }},
	{"resource_type", func(n *manifest.Node) jinja.Value { return str(n.Kind.String()) }},
	{"package_name", func(n *manifest.Node) jinja.Value { return str(n.Package) }},
	{"path", func(n *manifest.Node) jinja.Value { return str(n.Path) }},
	{"original_file_path", func(n *manifest.Node) jinja.Value { return str(n.OriginalPath) }},
	{"unique_id", func(n *manifest.Node) jinja.Value { return str(n.ID) }},
	{"fqn", func(n *manifest.Node) jinja.Value { return strs(n.FQN) }},
	{"alias", func(n *manifest.Node) jinja.Value {
		if n.Kind == manifest.Source || n.Kind == manifest.Exposure {
			return nil
		}
		return str(n.Alias)
	}},
	{"source_name", only(manifest.Source, func(n *manifest.Node) jinja.Value { return str(n.Source.SourceName) })},
	{"source_description", only(manifest.Source, func(n *manifest.Node) jinja.Value { return str(n.Source.SourceDescription) })},
	{"loader", only(manifest.Source, func(n *manifest.Node) jinja.Value { return str(n.Source.Loader) })},
	{"identifier", only(manifest.Source, func(n *manifest.Node) jinja.Value { return str(n.Source.Identifier) })},
	{"quoting", only(manifest.Source, func(n *manifest.Node) jinja.Value { return n.Source.Quoting })},
	{"loaded_at_field", only(manifest.Source, func(n *manifest.Node) jinja.Value { return orNone(n.Source.LoadedAtField) })},
	{"loaded_at_query", only(manifest.Source, func(n *manifest.Node) jinja.Value { return orNone(n.Source.LoadedAtQuery) })},
	{"freshness", only(manifest.Source, func(n *manifest.Node) jinja.Value { return orNone(n.Source.Freshness) })},
	{"external", only(manifest.Source, func(n *manifest.Node) jinja.Value { return orNone(n.Source.External) })},
	{"source_meta", only(manifest.Source, func(n *manifest.Node) jinja.Value { return n.Source.SourceMeta })},
	{"checksum", func(n *manifest.Node) jinja.Value {
		if n.Checksum.Name == "" {
			return nil
		}
		d := jinja.NewDict()
		d.SetStr("name", str(n.Checksum.Name))
		d.SetStr("checksum", str(n.Checksum.Sum))
		return d
	}},
	{"config", func(n *manifest.Node) jinja.Value { return ConfigDict(n.Config) }},
	{"tags", func(n *manifest.Node) jinja.Value { return strs(n.Tags) }},
	{"description", func(n *manifest.Node) jinja.Value { return str(n.Description) }},
	{"columns", func(n *manifest.Node) jinja.Value {
		d := jinja.NewDict()
		for _, c := range n.Columns {
			d.SetStr(c.Name, columnDict(c))
		}
		return d
	}},
	{"meta", func(n *manifest.Node) jinja.Value { return n.Meta() }},
	{"group", func(n *manifest.Node) jinja.Value { return orNone(n.Config.Get("group")) }},
	{"docs", func(n *manifest.Node) jinja.Value {
		if n.Kind == manifest.Source || n.Kind == manifest.Exposure {
			return nil
		}
		return DocsOf(n)
	}},
	{"patch_path", func(n *manifest.Node) jinja.Value { return strOrNone(n.PatchPath) }},
	{"unrendered_config", func(n *manifest.Node) jinja.Value { return orDict(n.Unrendered) }},
	{"created_at", func(n *manifest.Node) jinja.Value { return jinja.Float(n.CreatedAt) }},
	{"relation_name", func(n *manifest.Node) jinja.Value { return strOrNone(n.Relation) }},
	{"raw_code", func(n *manifest.Node) jinja.Value {
		if n.Kind == manifest.Source || n.Kind == manifest.Exposure {
			return nil
		}
		return str(n.Raw)
	}},
	{"language", sql(func(n *manifest.Node) jinja.Value { return str(n.Language) })},
	{"refs", sql(func(n *manifest.Node) jinja.Value {
		out := jinja.NewList()
		for _, r := range n.Refs {
			d := jinja.NewDict()
			d.SetStr("name", str(r.Name))
			d.SetStr("package", strOrNone(r.Package))
			d.SetStr("version", orNone(r.Version))
			out.Append(d)
		}
		return out
	})},
	{"sources", sql(func(n *manifest.Node) jinja.Value {
		out := jinja.NewList()
		for _, s := range n.Sources {
			out.Append(strs(s[:]))
		}
		return out
	})},
	{"metrics", sql(func(n *manifest.Node) jinja.Value { return jinja.NewList() })},
	{"functions", sql(func(n *manifest.Node) jinja.Value { return jinja.NewList() })},
	{"depends_on", func(n *manifest.Node) jinja.Value {
		if n.Kind == manifest.Source {
			return nil
		}
		d := jinja.NewDict()
		d.SetStr("macros", strs(n.Macros))
		d.SetStr("nodes", strs(n.DependsOn))
		return d
	}},
	{"root_path", only(manifest.Seed, func(n *manifest.Node) jinja.Value { return str(n.Seed.Root) })},
	{"contract", sql(func(n *manifest.Node) jinja.Value { return n.Config.Get("contract") })},
	{"access", only(manifest.Model, func(n *manifest.Node) jinja.Value { return n.Config.Get("access") })},
	{"constraints", only(manifest.Model, func(n *manifest.Node) jinja.Value { return dicts(n.Constraints) })},
	{"version", only(manifest.Model, func(n *manifest.Node) jinja.Value { return orNone(n.Version) })},
	{"latest_version", only(manifest.Model, func(n *manifest.Node) jinja.Value { return orNone(n.LatestVersion) })},
	{"deprecation_date", only(manifest.Model, func(n *manifest.Node) jinja.Value { return strOrNone(n.DeprecationDate) })},
	{"primary_key", only(manifest.Model, func(n *manifest.Node) jinja.Value { return strs(n.PrimaryKey) })},
	{"index", only(manifest.Operation, func(n *manifest.Node) jinja.Value { return jinja.Int(n.Index) })},
	{"test_metadata", generic(func(n *manifest.Node) jinja.Value {
		d := jinja.NewDict()
		d.SetStr("name", str(n.Test.Name))
		d.SetStr("kwargs", orDict(n.Test.Kwargs))
		d.SetStr("namespace", strOrNone(n.Test.Namespace))
		return d
	})},
	{"column_name", generic(func(n *manifest.Node) jinja.Value { return strOrNone(n.Test.ColumnName) })},
	{"file_key_name", generic(func(n *manifest.Node) jinja.Value { return str(n.Test.FileKey) })},
	{"attached_node", generic(func(n *manifest.Node) jinja.Value { return strOrNone(n.Test.Attached) })},
	{"type", only(manifest.Exposure, func(n *manifest.Node) jinja.Value { return str(n.Exposure.Type) })},
	{"owner", only(manifest.Exposure, func(n *manifest.Node) jinja.Value { return n.Exposure.Owner })},
	{"label", only(manifest.Exposure, func(n *manifest.Node) jinja.Value { return orNone(n.Exposure.Label) })},
	{"maturity", only(manifest.Exposure, func(n *manifest.Node) jinja.Value { return orNone(n.Exposure.Maturity) })},
	{"url", only(manifest.Exposure, func(n *manifest.Node) jinja.Value { return orNone(n.Exposure.URL) })},
}

func generic(get func(*manifest.Node) jinja.Value) func(*manifest.Node) jinja.Value {
	return func(n *manifest.Node) jinja.Value {
		if n.Test == nil || !n.Test.Generic {
			return nil
		}
		return get(n)
	}
}

var nodeFieldIndex = func() map[string]int {
	out := make(map[string]int, len(nodeFields))
	for i, f := range nodeFields {
		out[f.name] = i
	}
	return out
}()

func dicts(list []*jinja.Dict) *jinja.List {
	out := jinja.NewList()
	for _, d := range list {
		out.Append(d)
	}
	return out
}

// DocsOf is the docs setting of a node.
func DocsOf(n *manifest.Node) jinja.Value {
	if v, ok := n.Config.Lookup("docs"); ok {
		return v
	}
	d := jinja.NewDict()
	d.SetStr("show", jinja.Bool(true))
	d.SetStr("node_color", jinja.None)
	return d
}

// ConfigDict is a config as a dictionary of all its keys.
func ConfigDict(c *config.Config) *jinja.Dict {
	d := jinja.NewDict()
	for k, v := range c.All() {
		if k == "pre-hook" || k == "post-hook" {
			v = dicts(config.HookList(c.List(k)))
		}
		d.SetStr(k, v)
	}
	return d
}

func columnDict(c *manifest.Column) *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr("name", str(c.Name))
	d.SetStr("description", str(c.Description))
	d.SetStr("meta", orDict(c.Meta))
	if c.HasType {
		d.SetStr("data_type", str(c.DataType))
	} else {
		d.SetStr("data_type", jinja.None)
	}
	d.SetStr("constraints", dicts(c.Constraints))
	d.SetStr("quote", orNone(c.Quote))
	cfg := jinja.NewDict()
	cfg.SetStr("meta", orDict(c.Meta))
	cfg.SetStr("tags", strs(c.Tags))
	d.SetStr("config", cfg)
	d.SetStr("tags", strs(c.Tags))
	d.SetStr("granularity", orNone(c.Granularity))
	d.SetStr("doc_blocks", strs(c.DocBlocks))
	if c.Extra != nil {
		for k, v := range c.Extra.All() {
			d.Set(k, v)
		}
	}
	return d
}

// NodeDict is a node as a new dictionary, none-valued keys left out, as "model" is.
func NodeDict(n *manifest.Node) *jinja.Dict {
	d := jinja.NewDict()
	for _, f := range nodeFields {
		if v := f.get(n); v != nil && v != jinja.Value(jinja.None) {
			d.SetStr(f.name, v)
		}
	}
	return d
}

// Node is a node as an object: node.name, node.config.materialized. Nothing is
// computed before it is asked for.
type Node struct{ *manifest.Node }

// Type is a Python class.
func (n Node) Type() string { return "Node" }

// Truth is true.
func (n Node) Truth() bool { return true }

// String is the id.
func (n Node) String() string { return n.ID }

// Equal compares ids.
func (n Node) Equal(other jinja.Value) bool {
	o, ok := other.(Node)
	return ok && o.Node == n.Node
}

// Attr gives a field of the node.
func (n Node) Attr(name string) (jinja.Value, error) {
	switch name {
	case "config":
		return nodeConfig{n.Config}, nil
	case "is_versioned":
		return jinja.Bool(n.Version != nil), nil
	case "is_ephemeral_model", "is_ephemeral":
		return jinja.Bool(n.Ephemeral()), nil
	case "identifier":
		if n.Kind != manifest.Source {
			return str(n.Alias), nil
		}
	case "search_name":
		return str(n.SearchName()), nil
	case "depends_on_nodes":
		return strs(n.DependsOn), nil
	case "checksum":
		o := &object{class: "FileHash"}
		o.set("name", str(n.Checksum.Name)).set("checksum", str(n.Checksum.Sum))
		return o, nil
	case "depends_on":
		o := &object{class: "DependsOn"}
		o.set("macros", strs(n.Macros)).set("nodes", strs(n.DependsOn))
		return o, nil
	}
	if i, ok := nodeFieldIndex[name]; ok {
		if v := nodeFields[i].get(n.Node); v != nil {
			return v, nil
		}
	}
	return nodeMethods.Bind(n, name), nil
}

var nodeMethods = jinja.NewMethods("Node",
	jinja.NewFunc("to_dict(omit_none=false)", func(c *jinja.Call) (jinja.Value, error) {
		return NodeDict(c.Self.(Node).Node), nil
	}),
)

// nodeConfig is node.config as an object with attributes, items and get().
type nodeConfig struct{ *config.Config }

// Type is a Python class.
func (nodeConfig) Type() string { return "NodeConfig" }

// Truth is true.
func (nodeConfig) Truth() bool { return true }

// String shows the keys.
func (c nodeConfig) String() string { return jinja.Repr(ConfigDict(c.Config)) }

func (c nodeConfig) find(name string) jinja.Value {
	v, ok := c.Lookup(name)
	if !ok {
		return nil
	}
	if k := config.Canonical(name); k == "pre-hook" || k == "post-hook" {
		return dicts(config.HookList(c.List(k)))
	}
	return v
}

// Attr gives a config value or a method.
func (c nodeConfig) Attr(name string) (jinja.Value, error) {
	if v := c.find(name); v != nil {
		return v, nil
	}
	if name == "extra" || name == "_extra" {
		d := jinja.NewDict()
		for k, v := range c.All() {
			if config.Declared(c.Kind(), k) == nil {
				d.SetStr(k, v)
			}
		}
		return d, nil
	}
	return nodeConfigMethods.Bind(c, name), nil
}

// Index gives a config value.
func (c nodeConfig) Index(key jinja.Value) (jinja.Value, error) {
	name, ok := key.(jinja.Str)
	if !ok {
		return nil, nil
	}
	return c.find(string(name)), nil
}

// Contains says whether a key is declared or set.
func (c nodeConfig) Contains(key jinja.Value) (bool, error) {
	name, ok := key.(jinja.Str)
	return ok && c.find(string(name)) != nil, nil
}

var nodeConfigMethods = jinja.NewMethods("NodeConfig",
	jinja.NewFunc("get(key, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		if v := c.Self.(nodeConfig).find(c.Str(0)); v != nil {
			return v, nil
		}
		return c.Args[1], nil
	}),
	jinja.NewFunc("to_dict(omit_none=false)", func(c *jinja.Call) (jinja.Value, error) {
		return ConfigDict(c.Self.(nodeConfig).Config), nil
	}),
	jinja.NewFunc("keys()", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.NewList(ConfigDict(c.Self.(nodeConfig).Config).Keys()...), nil
	}),
)
