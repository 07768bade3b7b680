package parse

import (
	"slices"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
)

// written gives what a properties entry says of its config, and of the other keys that
// are named, where a template makes the value: as the file has it, by the path below
// the node, such as "config.materialized". Later entries win. It is nil for none.
func written(keys []string, entries ...*yaml.Node) *jinja.Dict {
	var out *jinja.Dict
	note := func(path string, n *yaml.Node) {
		if out != nil {
			out.Delete(jinja.Str(path))
		}
		if !hasTemplate(n) {
			return
		}
		v, err := config.FromYAML(n)
		if err != nil {
			return // has been told of where it is rendered
		}
		if out == nil {
			out = jinja.NewDict()
		}
		out.SetStr(path, v)
	}
	for _, e := range entries {
		for _, pair := range config.Pairs(e) {
			switch {
			case pair.Name == "config":
				for _, c := range config.Pairs(pair.Value) {
					note("config."+config.Canonical(c.Name), c.Value)
				}
			case slices.Contains(legacyConfig, pair.Name):
				note("config."+pair.Name, pair.Value)
			case slices.Contains(keys, pair.Name):
				note(pair.Name, pair.Value)
			}
		}
	}
	return out
}

// comparedExposureKeys are what an exposure, or another resource that properties define, has
// beside its config, and is compared.
var comparedExposureKeys = []string{"type", "owner", "maturity", "url", "label"}

// testEntry is the mapping that holds the config of a test.
func testEntry(n *yaml.Node) *yaml.Node {
	if pairs := config.Pairs(n); len(pairs) == 1 {
		return pairs[0].Value
	}
	return n
}

func hasTemplate(n *yaml.Node) bool {
	n = config.Deref(n)
	if n == nil {
		return false
	}
	if n.Kind == yaml.ScalarNode {
		return config.IsTemplate(n.Value)
	}
	return slices.ContainsFunc(n.Content, hasTemplate)
}
