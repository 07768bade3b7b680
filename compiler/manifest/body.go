package manifest

import "weft/compiler/jinja"

// bodies are the keys of the kinds that only properties define, in manifest.json's order.
var bodies = map[Kind][]string{
	UnitTest: {"model", "given", "expect", "name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn",
		"description", "overrides", "depends_on", "config", "checksum", "schema", "created_at", "versions", "version"},
	Metric: {"name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn", "description", "label", "type",
		"type_params", "filter", "metadata", "time_granularity", "meta", "tags", "config", "unrendered_config", "sources",
		"depends_on", "refs", "metrics", "created_at", "group"},
	SemanticModel: {"name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn", "model", "node_relation",
		"description", "label", "defaults", "entities", "measures", "dimensions", "metadata", "depends_on", "refs", "created_at",
		"config", "unrendered_config", "primary_entity", "group"},
	SavedQuery: {"name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn", "query_params", "exports",
		"description", "label", "metadata", "config", "unrendered_config", "group", "depends_on", "created_at", "refs", "tags"},
}

// Dict is a unit test, metric, semantic model or saved query as a new dictionary, as
// manifest.json has it; nil for other kinds.
func (n *Node) Dict() *jinja.Dict {
	keys := bodies[n.Kind]
	if keys == nil {
		return nil
	}
	out := jinja.NewDict()
	for _, key := range keys {
		out.SetStr(key, n.value(key))
	}
	return out
}

// value is one key of Dict: what Body has, or else one of a node's own fields.
func (n *Node) value(key string) jinja.Value {
	if n.Body != nil {
		if v, ok := n.Body.GetStr(key); ok {
			return v
		}
	}
	if n.Unit != nil {
		if v := n.Unit.value(key); v != nil {
			return v
		}
	}
	switch key {
	case "name":
		return jinja.Str(n.Name)
	case "resource_type":
		return jinja.Str(n.Kind.String())
	case "package_name":
		return jinja.Str(n.Package)
	case "path":
		return jinja.Str(n.Path)
	case "original_file_path":
		return jinja.Str(n.OriginalPath)
	case "unique_id":
		return jinja.Str(n.ID)
	case "fqn":
		return texts(n.FQN)
	case "description":
		return n.describedAs()
	case "schema":
		if n.Schema == "" {
			return jinja.None
		}
		return jinja.Str(n.Schema)
	case "checksum":
		return jinja.Str(n.Checksum.Sum)
	case "meta":
		return n.Meta()
	case "tags":
		return texts(n.Tags)
	case "group":
		return n.Config.Get("group")
	case "config":
		d := jinja.NewDict()
		for k, v := range n.Config.All() {
			d.SetStr(k, v)
		}
		return d
	case "unrendered_config":
		return n.Unrendered
	case "depends_on":
		d := jinja.NewDict()
		d.SetStr("macros", texts(n.Macros))
		d.SetStr("nodes", texts(n.DependsOn))
		return d
	case "refs":
		return n.refDicts()
	case "sources", "metrics":
		return jinja.NewList()
	case "created_at":
		return jinja.Float(n.CreatedAt)
	}
	return jinja.None
}

// describedAs is the description; of some kinds an empty one is none.
func (n *Node) describedAs() jinja.Value {
	if n.Description == "" && (n.Kind == SemanticModel || n.Kind == SavedQuery) {
		return jinja.None
	}
	return jinja.Str(n.Description)
}

func (n *Node) refDicts() *jinja.List {
	out := jinja.NewList()
	for _, r := range n.Refs {
		d := jinja.NewDict()
		d.SetStr("name", jinja.Str(r.Name))
		d.SetStr("package", jinja.None)
		if r.Package != "" {
			d.SetStr("package", jinja.Str(r.Package))
		}
		d.SetStr("version", jinja.None)
		if r.Version != nil {
			d.SetStr("version", r.Version)
		}
		out.Append(d)
	}
	return out
}

func (u *UnitPart) value(key string) jinja.Value {
	switch key {
	case "model":
		return jinja.Str(u.Model)
	case "given":
		out := jinja.NewList()
		for _, d := range u.Given {
			out.Append(d)
		}
		return out
	case "expect":
		return u.Expect
	case "overrides":
		return u.Overrides
	case "versions":
		return u.Versions
	case "version":
		return u.Version
	}
	return nil
}

func texts(list []string) *jinja.List {
	out := jinja.NewList()
	for _, s := range list {
		out.Append(jinja.Str(s))
	}
	return out
}

// BodyPart is one key of Body, or none.
func (n *Node) BodyPart(key string) jinja.Value {
	if n.Body != nil {
		if v, ok := n.Body.GetStr(key); ok {
			return v
		}
	}
	return jinja.None
}
