package config

import (
	"strings"

	"weft/compiler/jinja"
)

// JSONSchema is a JSON Schema (draft 7) that is being put together: what editors check
// YAML files with. Everything in it comes from the tables that weft itself checks with.
type JSONSchema struct {
	*jinja.Dict
}

// NewJSONSchema starts a schema of a file.
func NewJSONSchema(title, about string) JSONSchema {
	d := object("object", about)
	top := jinja.NewDict()
	top.SetStr("$schema", jinja.Str("http://json-schema.org/draft-07/schema#"))
	top.SetStr("title", jinja.Str(title))
	for k, v := range d.All() {
		top.Set(k, v)
	}
	return JSONSchema{top}
}

// Property adds a key with what may stand there.
func (s JSONSchema) Property(name string, v jinja.Value) {
	props, _ := s.GetStr("properties")
	d, ok := props.(*jinja.Dict)
	if !ok {
		d = jinja.NewDict()
		s.SetStr("properties", d)
	}
	d.SetStr(name, v)
}

// Close says that there are no other keys.
func (s JSONSchema) Close() { s.SetStr("additionalProperties", jinja.Bool(false)) }

func object(kind, doc string) *jinja.Dict {
	d := jinja.NewDict()
	if kind != "" {
		d.SetStr("type", jinja.Str(kind))
	}
	if doc != "" {
		d.SetStr("description", jinja.Str(doc))
	}
	return d
}

// template allows a text with Jinja where something else is wanted: it is rendered
// before it is looked at.
func template() *jinja.Dict {
	d := object("string", "")
	d.SetStr("pattern", jinja.Str(`\{\{|\{%`))
	return d
}

func anyOf(list ...*jinja.Dict) *jinja.Dict {
	if len(list) == 1 {
		return list[0]
	}
	l := jinja.NewList()
	for _, d := range list {
		l.Append(d)
	}
	out := jinja.NewDict()
	out.SetStr("anyOf", l)
	return out
}

// JSON gives the schema of a mapping.
func (s *Schema) JSON() *jinja.Dict {
	d := object("object", "")
	props, required := jinja.NewDict(), jinja.NewList()
	for i := range s.Keys {
		k := &s.Keys[i]
		if k.Made {
			continue
		}
		v := k.Shape.JSON()
		if k.Doc != "" {
			v.SetStr("description", jinja.Str(k.Doc))
		}
		props.SetStr(k.Name, v)
		if k.Required {
			required.Append(jinja.Str(k.Name))
		}
	}
	d.SetStr("properties", props)
	if len(required.Items) > 0 {
		d.SetStr("required", required)
	}
	if !s.Open {
		d.SetStr("additionalProperties", jinja.Bool(false))
	}
	return d
}

// JSON gives the schema of a value. Null is allowed everywhere, as it is in dbt.
func (s Shape) JSON() *jinja.Dict {
	var list []*jinja.Dict
	if s.OneOf != nil {
		words := jinja.NewList()
		for _, w := range s.OneOf {
			words.Append(jinja.Str(w))
		}
		d := jinja.NewDict()
		d.SetStr("enum", words)
		list = append(list, d)
	}
	for _, scalar := range []struct {
		is   Scalars
		name string
	}{{TextValue, "string"}, {FlagValue, "boolean"}, {IntValue, "integer"}, {NumberValue, "number"}} {
		if s.Scalars&scalar.is != 0 {
			list = append(list, object(scalar.name, ""))
		}
	}
	if s.List != nil {
		d := object("array", "")
		d.SetStr("items", s.List.JSON())
		list = append(list, d)
	}
	if s.Keys != nil {
		list = append(list, s.Keys.JSON())
		if s.Keys.Short != "" {
			list = append(list, object("string", ""))
		}
	}
	if s.Values != nil {
		d := object("object", "")
		if !s.Values.any() {
			d.SetStr("additionalProperties", s.Values.JSON())
		}
		list = append(list, d)
	}
	if list == nil {
		return jinja.NewDict()
	}
	if s.Scalars&TextValue == 0 {
		list = append(list, template())
	}
	return anyOf(append(list, object("null", ""))...)
}

func (s *Shape) any() bool {
	return s.Scalars == 0 && s.OneOf == nil && s.List == nil && s.Keys == nil && s.Values == nil
}

// shapes are the shapes of the types of configs.
var shapes = map[Type]Shape{
	Text: SomeText, Flag: SomeFlag, Number: SomeInt, Map: Mapping, Texts: TextOrList,
	TextOrSeq: {Scalars: TextValue, List: &Shape{}},
	Hooks:     {Scalars: TextValue, List: &Shape{}, Values: &Shape{}},
}

// Shape is what a config may be.
func (f *Field) Shape() Shape { return shapes[f.Type] }

// ConfigJSON gives the schema of the configs of kinds, with prefix in front of each key
// and other keys allowed: adapters and projects have their own.
func ConfigJSON(kinds Kinds, prefixes ...string) *jinja.Dict {
	props := jinja.NewDict()
	for i := range Fields {
		f := &Fields[i]
		if f.Kinds&kinds == 0 {
			continue
		}
		v := f.Shape().JSON()
		v.SetStr("description", jinja.Str(f.Doc))
		for _, p := range prefixes {
			props.SetStr(p+f.Name, v)
			if strings.Contains(f.Name, "-hook") {
				props.SetStr(p+strings.ReplaceAll(f.Name, "-", "_"), v)
			}
		}
	}
	d := object("object", "")
	d.SetStr("properties", props)
	return d
}
