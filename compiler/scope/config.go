package scope

import (
	"fmt"
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// configObject is the name "config". While parsing it records; later its call does
// nothing and its getters read the node's config.
type configObject struct{ c *Context }

// Type is dbt's class.
func (configObject) Type() string { return "RuntimeConfigObject" }

// Truth is true.
func (configObject) Truth() bool { return true }

// String is short.
func (configObject) String() string { return "<config>" }

// Call is config(key=value, …) or config({…}).
func (o configObject) Call(t *jinja.Thread, args []jinja.Value, kwargs []jinja.Kwarg) (jinja.Value, error) {
	if o.c.phase != Parse {
		return jinja.Str(""), nil
	}
	var layer config.Layer
	switch {
	case len(args) == 1 && len(kwargs) == 0:
		d, ok := args[0].(*jinja.Dict)
		if !ok {
			return nil, fail(source.Compilation, "Invalid inline model config")
		}
		for k, v := range d.All() {
			layer = append(layer, config.Entry{Key: k.String(), Value: v})
		}
	case len(args) == 0 && len(kwargs) > 0:
		for _, kw := range kwargs {
			layer = append(layer, config.Entry{Key: kw.Name, Value: kw.Value})
		}
	default:
		return nil, fail(source.Compilation, "Invalid inline model config")
	}
	return jinja.Str(""), o.record(layer)
}

func (o configObject) record(layer config.Layer) error {
	for i := range layer {
		key := config.Canonical(layer[i].Key)
		for _, earlier := range layer[:i] {
			if earlier.Key == key {
				return fail(source.Compilation, "Invalid config, has conflicting keys \"%s\" and \"%s\"", strings.ReplaceAll(key, "-", "_"), key)
			}
		}
		layer[i].Key = key
		v := layer[i].Value
		bad := config.UndefinedIn(v)
		if jinja.IsUndefined(v) && (o.c.node == nil || config.Declared(o.c.node.Kind.Info().Config, key) == nil) {
			bad = key // merging complains of declared keys
		}
		if bad != "" {
			return fail(source.Compilation, "can not serialize 'Undefined' object: the value of %s in config(%s=…) is undefined", bad, key)
		}
		if o.c.node != nil {
			layer[i].File = o.c.node.File
			layer[i].Span = o.c.node.Span
		}
	}
	o.c.Configs = append(o.c.Configs, layer)
	return nil
}

// Attr gives the methods.
func (o configObject) Attr(name string) (jinja.Value, error) {
	if name == "model" {
		if o.c.node == nil {
			return jinja.None, nil
		}
		return Node{o.c.node}, nil
	}
	return configMethods.Bind(o, name), nil
}

// node gives the config that getters read; false while there is none to read.
func (o configObject) node() (*manifest.Node, bool) {
	return o.c.node, o.c.node != nil && o.c.phase != Parse && o.c.phase != Names
}

// find looks a key up by dbt's rules: declared fields always count as given.
func (o configObject) find(name string) (jinja.Value, bool) {
	n, ok := o.node()
	if !ok {
		return nil, false
	}
	v, ok := n.Config.Lookup(name)
	switch name {
	case "pre-hook", "post-hook":
		return nil, false // the attributes are pre_hook and post_hook
	case "pre_hook", "post_hook":
		return dicts(config.HookList(n.Config.List(config.Canonical(name)))), true
	case "contract", "docs":
		return settingsObject(name, v), ok
	}
	return v, ok
}

// advise warns of a key that is not there but stands under meta.
func (o configObject) advise(name string) error {
	n, ok := o.node()
	if !ok || o.c.shared.Warn == nil {
		return nil
	}
	if _, ok := n.Meta().GetStr(name); ok {
		return o.c.shared.Warn(&source.Error{Event: source.GetMetaKeyWarning, Node: n.Describe(), Msg: fmt.Sprintf("The key '%s' was not found using config.get('%s'), but was detected as a custom config under 'meta'. "+
			"Please use config.meta_get('%s') or config.meta_require('%s') instead of config.get('%s') to access the custom config value if intended.", name, name, name, name, name)})
	}
	return nil
}

func (o configObject) validate(c *jinja.Call, arg int, v jinja.Value) error {
	if c.Args[arg] == jinja.Value(jinja.None) {
		return nil
	}
	_, err := c.Thread.Call(c.Args[arg], []jinja.Value{v}, nil)
	return err
}

func configSelf(c *jinja.Call) configObject { return c.Self.(configObject) }

var configMethods = jinja.NewMethods("RuntimeConfigObject",
	jinja.NewFunc("get(name, default=none, validator=none)", func(c *jinja.Call) (jinja.Value, error) {
		o := configSelf(c)
		if o.c.phase == Parse {
			return jinja.Str(""), nil
		}
		v, ok := o.find(c.Str(0))
		if !ok {
			return c.Args[1], o.advise(c.Str(0))
		}
		if c.Args[1] != jinja.Value(jinja.None) {
			if err := o.validate(c, 2, v); err != nil {
				return nil, err
			}
		}
		return v, nil
	}),
	jinja.NewFunc("require(name, validator=none)", func(c *jinja.Call) (jinja.Value, error) {
		o := configSelf(c)
		if o.c.phase == Parse {
			return jinja.Str(""), nil
		}
		v, ok := o.find(c.Str(0))
		if !ok {
			if err := o.advise(c.Str(0)); err != nil {
				return nil, err
			}
			return nil, o.missing(c.Str(0))
		}
		return v, o.validate(c, 1, v)
	}),
	jinja.NewFunc("set(name, value)", func(c *jinja.Call) (jinja.Value, error) {
		o := configSelf(c)
		if o.c.phase == Parse {
			return jinja.Str(""), o.record(config.Layer{{Key: c.Str(0), Value: c.Args[1]}})
		}
		return jinja.Str(""), nil
	}),
	jinja.NewFunc("meta_get(name, default=none, validator=none)", func(c *jinja.Call) (jinja.Value, error) {
		o := configSelf(c)
		if o.c.phase == Parse {
			return jinja.Str(""), nil
		}
		if n, ok := o.node(); ok {
			if v, ok := n.Meta().GetStr(c.Str(0)); ok {
				return v, nil
			}
		}
		return c.Args[1], nil
	}),
	jinja.NewFunc("meta_require(name, validator=none)", func(c *jinja.Call) (jinja.Value, error) {
		o := configSelf(c)
		if o.c.phase == Parse {
			return jinja.Str(""), nil
		}
		if n, ok := o.node(); ok {
			if v, ok := n.Meta().GetStr(c.Str(0)); ok {
				return v, nil
			}
		}
		return nil, o.missing(c.Str(0))
	}),
	jinja.NewFunc("persist_relation_docs()", func(c *jinja.Call) (jinja.Value, error) { return configSelf(c).persist("relation") }),
	jinja.NewFunc("persist_column_docs()", func(c *jinja.Call) (jinja.Value, error) { return configSelf(c).persist("columns") }),
)

func (o configObject) missing(name string) error {
	who := "<none>"
	if o.c.node != nil {
		who = o.c.node.ID
	} else if o.c.macro != nil {
		who = o.c.macro.ID
	}
	return fail(source.Compilation, "Model '%s' does not define a required config parameter '%s'.", who, name)
}

func (o configObject) persist(what string) (jinja.Value, error) {
	n, ok := o.node()
	if !ok {
		return jinja.Bool(false), nil
	}
	d, ok := n.Config.Get("persist_docs").(*jinja.Dict)
	if !ok {
		return nil, fail(source.Compilation, "Invalid value provided for 'persist_docs'. Expected dict but received %s", n.Config.Get("persist_docs").Type())
	}
	v, ok := d.GetStr(what)
	return jinja.Bool(ok && v.Truth()), nil
}

// validation is the name "validation": validation.any('a', 'b') makes a check for
// config.get(validator=…).
var validation = func() *jinja.Dict {
	d := jinja.NewDict()
	d.SetStr("any", jinja.NewFunc("any(*args)", func(c *jinja.Call) (jinja.Value, error) {
		allowed := append([]jinja.Value(nil), c.Rest...)
		return jinja.NewFunc("validator(value)", func(c *jinja.Call) (jinja.Value, error) {
			names := make([]string, len(allowed))
			for i, a := range allowed {
				if jinja.Equal(a, c.Args[0]) || a.Type() == "type" && strings.Contains(a.String(), "'"+c.Args[0].Type()+"'") {
					return jinja.None, nil
				}
				names[i] = a.String()
			}
			return nil, fail(source.Runtime, "Expected value \"%s\" to be one of %s", c.Args[0], strings.Join(names, ","))
		}), nil
	}))
	return d
}()
