package scope

import (
	"slices"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// field is one key of a node as templates see it (model, graph, node.x). Kinds
// that do not have it give nil. An optional one is left out of "model" where it is
// none; "graph" has it.
type field struct {
	name     string
	optional bool
	get      func(*manifest.Node) jinja.Value
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

// kinds is a set of manifest kinds.
type kinds uint32

func kindSet(list ...manifest.Kind) kinds {
	var out kinds
	for _, k := range list {
		out |= 1 << k
	}
	return out
}

var (
	models    = kindSet(manifest.Model)
	seeds     = kindSet(manifest.Seed)
	sources   = kindSet(manifest.Source)
	exposures = kindSet(manifest.Exposure)
	hooks     = kindSet(manifest.Operation)
	functions = kindSet(manifest.Function)
	described = ^(sources | exposures) // what has a relation's names, code and docs
	coded     = func() kinds {
		var out kinds
		for k := manifest.Model; k <= manifest.Function; k++ {
			if k.Info().SQL {
				out |= 1 << k
			}
		}
		return out
	}()
)

// only restricts a getter to some kinds.
func only(k kinds, get func(*manifest.Node) jinja.Value) func(*manifest.Node) jinja.Value {
	return func(n *manifest.Node) jinja.Value {
		if k&(1<<n.Kind) == 0 {
			return nil
		}
		return get(n)
	}
}

func noneYet(*manifest.Node) jinja.Value { return jinja.None }

// nodeFields are the keys in dbt's order.
var nodeFields = []field{
	{"database", true, only(^exposures, func(n *manifest.Node) jinja.Value { return strOrNone(n.Database) })},
	{"schema", false, only(^exposures, func(n *manifest.Node) jinja.Value { return strOrNone(n.Schema) })},
	{"name", false, func(n *manifest.Node) jinja.Value { return str(n.Name) }},
	{"resource_type", false, func(n *manifest.Node) jinja.Value { return str(n.Kind.String()) }},
	{"package_name", false, func(n *manifest.Node) jinja.Value { return str(n.Package) }},
	{"path", false, func(n *manifest.Node) jinja.Value { return str(n.Path) }},
	{"original_file_path", false, func(n *manifest.Node) jinja.Value { return str(n.OriginalPath) }},
	{"unique_id", false, func(n *manifest.Node) jinja.Value { return str(n.ID) }},
	{"fqn", false, func(n *manifest.Node) jinja.Value { return strs(n.FQN) }},
	{"alias", false, only(described, func(n *manifest.Node) jinja.Value { return strOrNone(n.Alias) })},
	{"source_name", false, only(sources, func(n *manifest.Node) jinja.Value { return str(n.Source.SourceName) })},
	{"source_description", false, only(sources, func(n *manifest.Node) jinja.Value { return str(n.Source.SourceDescription) })},
	{"loader", false, only(sources, func(n *manifest.Node) jinja.Value { return str(n.Source.Loader) })},
	{"identifier", false, only(sources, func(n *manifest.Node) jinja.Value { return str(n.Source.Identifier) })},
	{"quoting", false, only(sources, func(n *manifest.Node) jinja.Value { return n.Source.Quoting })},
	{"loaded_at_field", true, only(sources, func(n *manifest.Node) jinja.Value { return orNone(n.Source.LoadedAtField) })},
	{"loaded_at_query", true, only(sources, func(n *manifest.Node) jinja.Value { return orNone(n.Source.LoadedAtQuery) })},
	{"freshness", true, only(sources, func(n *manifest.Node) jinja.Value { return orNone(n.Source.Freshness) })},
	{"external", true, only(sources, func(n *manifest.Node) jinja.Value { return orNone(n.Source.External) })},
	{"source_meta", false, only(sources, func(n *manifest.Node) jinja.Value { return n.Source.SourceMeta })},
	{"checksum", false, only(described, func(n *manifest.Node) jinja.Value {
		if n.Checksum.Name == "" {
			return nil
		}
		d := jinja.NewDict()
		d.SetStr("name", str(n.Checksum.Name))
		d.SetStr("checksum", str(n.Checksum.Sum))
		return d
	})},
	{"type", false, only(exposures, func(n *manifest.Node) jinja.Value { return str(n.Exposure.Type) })},
	{"owner", false, only(exposures, func(n *manifest.Node) jinja.Value { return n.Exposure.Owner })},
	{"config", false, func(n *manifest.Node) jinja.Value { return ConfigDict(n.Config) }},
	{"tags", false, func(n *manifest.Node) jinja.Value { return strs(n.Tags) }},
	{"description", false, func(n *manifest.Node) jinja.Value { return str(n.Description) }},
	{"label", true, only(exposures, func(n *manifest.Node) jinja.Value { return orNone(n.Exposure.Label) })},
	{"maturity", true, only(exposures, func(n *manifest.Node) jinja.Value { return orNone(n.Exposure.Maturity) })},
	{"columns", false, only(^exposures, func(n *manifest.Node) jinja.Value {
		d := jinja.NewDict()
		for _, c := range n.Columns {
			d.SetStr(c.Name, columnDict(c))
		}
		return d
	})},
	{"meta", false, func(n *manifest.Node) jinja.Value { return n.Meta() }},
	{"group", true, only(described, func(n *manifest.Node) jinja.Value { return strOrNone(n.Group()) })},
	{"docs", false, only(described, DocsOf)},
	{"patch_path", true, only(^exposures, func(n *manifest.Node) jinja.Value { return strOrNone(n.PatchPath) })},
	{"build_path", true, only(described, noneYet)},
	{"unrendered_config", false, func(n *manifest.Node) jinja.Value { return orDict(n.Unrendered) }},
	{"created_at", false, func(n *manifest.Node) jinja.Value { return jinja.Float(n.CreatedAt) }},
	{"config_call_dict", false, only(described, func(n *manifest.Node) jinja.Value { return orDict(n.Called) })},
	{"unrendered_config_call_dict", false, only(described, func(*manifest.Node) jinja.Value { return jinja.NewDict() })},
	{"relation_name", true, only(^exposures, func(n *manifest.Node) jinja.Value { return strOrNone(n.Relation) })},
	{"raw_code", false, only(described, func(n *manifest.Node) jinja.Value { return str(n.Raw) })},
	{"doc_blocks", false, only(^exposures, func(n *manifest.Node) jinja.Value { return strs(n.DocBlocks) })},
	{"language", false, only(coded, func(n *manifest.Node) jinja.Value { return str(n.Language) })},
	{"url", true, only(exposures, func(n *manifest.Node) jinja.Value { return orNone(n.Exposure.URL) })},
	{"refs", false, only(coded|exposures, func(n *manifest.Node) jinja.Value {
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
	{"sources", false, only(coded|exposures, func(n *manifest.Node) jinja.Value {
		out := jinja.NewList()
		for _, s := range n.Sources {
			out.Append(strs(s[:]))
		}
		return out
	})},
	{"metrics", false, only(coded|exposures, func(n *manifest.Node) jinja.Value { return calls(n.Metrics) })},
	{"functions", false, only(coded, func(n *manifest.Node) jinja.Value { return calls(n.Functions) })},
	{"depends_on", false, only(^sources, func(n *manifest.Node) jinja.Value {
		d := jinja.NewDict()
		d.SetStr("macros", strs(n.Macros))
		if n.Kind != manifest.Seed {
			d.SetStr("nodes", strs(n.DependsOn))
		}
		return d
	})},
	{"root_path", false, only(seeds, func(n *manifest.Node) jinja.Value { return str(n.Seed.Root) })},
	{"compiled_path", true, only(coded, noneYet)},
	{"contract", false, only(coded, func(n *manifest.Node) jinja.Value {
		d := n.Config.Dict("contract").Copy()
		for _, key := range []string{"enforced", "alias_types", "checksum"} {
			if _, ok := d.GetStr(key); !ok {
				v := jinja.Value(jinja.None)
				if key != "checksum" {
					v = jinja.Bool(key == "alias_types")
				}
				d.SetStr(key, v)
			}
		}
		return d
	})},
	{"access", false, only(models, func(n *manifest.Node) jinja.Value { return n.Config.Get("access") })},
	{"constraints", false, only(models, func(n *manifest.Node) jinja.Value { return dicts(n.Constraints) })},
	{"version", true, only(models, func(n *manifest.Node) jinja.Value { return orNone(n.Version) })},
	{"latest_version", true, only(models, func(n *manifest.Node) jinja.Value { return orNone(n.LatestVersion) })},
	{"deprecation_date", true, only(models, func(n *manifest.Node) jinja.Value { return strOrNone(n.DeprecationDate) })},
	{"defer_relation", true, only(models|seeds, noneYet)},
	{"primary_key", false, only(models, func(n *manifest.Node) jinja.Value { return strs(n.PrimaryKey) })},
	{"time_spine", true, only(models, func(n *manifest.Node) jinja.Value { return orNone(n.TimeSpine) })},
	{"batch", true, only(models, noneYet)},
	{"index", false, only(hooks, func(n *manifest.Node) jinja.Value { return jinja.Int(n.Index) })},
	{"column_name", true, generic(func(n *manifest.Node) jinja.Value { return strOrNone(n.Test.ColumnName) })},
	{"file_key_name", false, generic(func(n *manifest.Node) jinja.Value { return str(n.Test.FileKey) })},
	{"attached_node", true, generic(func(n *manifest.Node) jinja.Value { return strOrNone(n.Test.Attached) })},
	{"test_metadata", false, generic(func(n *manifest.Node) jinja.Value {
		d := jinja.NewDict()
		d.SetStr("name", str(n.Test.Name))
		d.SetStr("kwargs", orDict(n.Test.Kwargs))
		d.SetStr("namespace", strOrNone(n.Test.Namespace))
		return d
	})},
	{"returns", false, only(functions, func(n *manifest.Node) jinja.Value { return n.BodyPart("returns") })},
	{"arguments", false, only(functions, func(n *manifest.Node) jinja.Value { return n.BodyPart("arguments") })},
	{"unrendered_database", true, only(sources, func(n *manifest.Node) jinja.Value { return orNone(n.Source.UnrenderedDB) })},
	{"unrendered_schema", true, only(sources, func(n *manifest.Node) jinja.Value { return orNone(n.Source.UnrenderedSchema) })},
}

// calls is the calls of metric() or function() as lists.
func calls(list [][]string) jinja.Value {
	out := jinja.NewList()
	for _, call := range list {
		out.Append(strs(call))
	}
	return out
}

// generic restricts a getter to generic tests.
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

// NodeDict is a node as a new dictionary, as "graph" has it.
func NodeDict(n *manifest.Node) *jinja.Dict {
	if d := n.Dict(); d != nil {
		return d
	}
	d := jinja.NewDict()
	for _, f := range nodeFields {
		if v := f.get(n); v != nil {
			d.SetStr(f.name, v)
		}
	}
	return d
}

// parts are the keys of a node that are objects in dbt, or hold objects: what is none
// in them is left out as well. Of config the keys that nobody declares stay.
var parts = []string{"config", "docs", "columns", "refs", "contract", "test_metadata"}

// ModelDict is a node as a new dictionary, as "model" is: optional keys that are none
// are left out, at the top and in the parts.
func ModelDict(n *manifest.Node) *jinja.Dict {
	d := jinja.NewDict()
	for _, f := range nodeFields {
		v := f.get(n)
		if v == nil || f.optional && v == jinja.Value(jinja.None) {
			continue
		}
		if slices.Contains(parts, f.name) {
			v = withoutNone(v, func(key string) bool {
				return f.name != "config" || config.Declared(n.Config.Kind(), key) != nil
			}, f.name == "columns")
		}
		d.SetStr(f.name, v)
	}
	return d
}

// withoutNone copies a value without the keys of mappings that are none and that drop
// names. In lists, and with deep in the values of mappings, it looks one level further.
func withoutNone(v jinja.Value, drop func(key string) bool, deep bool) jinja.Value {
	switch v := v.(type) {
	case *jinja.List:
		out := jinja.NewList()
		for _, item := range v.Items {
			out.Append(withoutNone(item, drop, false))
		}
		return out
	case *jinja.Dict:
		out := jinja.NewDict()
		for k, item := range v.All() {
			if item == jinja.Value(jinja.None) && drop(k.String()) {
				continue
			}
			if deep || k.String() == "docs" || k.String() == "snapshot_meta_column_names" {
				item = withoutNone(item, func(string) bool { return true }, false)
			}
			out.Set(k, item)
		}
		return out
	}
	return v
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
		if c.Bool(0) {
			return ModelDict(c.Self.(Node).Node), nil
		}
		return NodeDict(c.Self.(Node).Node), nil
	}),
)

// settingsObject is a config value that is an object in dbt.
func settingsObject(key string, v jinja.Value) jinja.Value {
	d, ok := v.(*jinja.Dict)
	if !ok {
		return v
	}
	o := &object{class: "ContractConfig"}
	if key == "docs" {
		o.class = "Docs"
	}
	for k, item := range d.All() {
		o.set(k.String(), item)
	}
	return o
}

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
	switch k := config.Canonical(name); k {
	case "pre-hook", "post-hook":
		return dicts(config.HookList(c.List(k)))
	case "contract", "docs":
		return settingsObject(k, v)
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
