package artifact

import (
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// Members gives a node as "ls --output json" has it: what manifest.json has, in its
// order, and what dbt knows of nodes beside that.
func Members(n *manifest.Node) (keys []string, values map[string]string, err error) {
	e := &encoder{}
	e.node(n, Run{})
	values = map[string]string{}
	s := &scanner{data: e.out}
	err = s.object(func(key []byte) error {
		raw, err := s.raw()
		keys = append(keys, string(key))
		values[string(key)] = string(raw)
		return err
	})
	add := func(key, value string) {
		keys = append(keys, key)
		values[key] = value
	}
	if _, ok := values["raw_code"]; ok {
		called := n.Called
		if called == nil {
			called = jinja.NewDict()
		}
		text, err := jinja.AppendJSON(nil, called, jinja.JSONOptions{ASCII: true})
		if err != nil {
			return nil, nil, err
		}
		add("config_call_dict", string(text))
		add("unrendered_config_call_dict", "{}")
	}
	if n.Kind.Info().Refable {
		add("defer_relation", "null")
	}
	return keys, values, err
}

// Within looks a dotted key up in a node's members: "config.meta.owner". It is false
// for what is not there and for null.
func Within(values map[string]string, key string) (string, bool) {
	parts := strings.Split(key, ".")
	text, ok := values[parts[0]]
	for _, part := range parts[1:] {
		if !ok || text[0] != '{' {
			return "", false
		}
		ok = false
		s := &scanner{data: []byte(text)}
		err := s.object(func(k []byte) error {
			raw, err := s.raw()
			if string(k) == part {
				text, ok = string(raw), true
			}
			return err
		})
		if err != nil {
			return "", false
		}
	}
	return text, ok && text != "null"
}
