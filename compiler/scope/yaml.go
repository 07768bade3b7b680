package scope

import (
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// YAML is the names for values of properties files and for descriptions: the base
// ones, target, project_name and vars, and for descriptions also doc().
type YAML struct {
	shared *Shared
	pkg    string
	docs   *manifest.Manifest // nil where doc() is not known
	about  string             // id of the resource that is described
	Blocks []string           // ids of docs blocks that doc() found
}

// ForYAML gives the names for properties files of a package.
func (s *Shared) ForYAML(pkg string) *YAML { return &YAML{shared: s, pkg: pkg} }

// ForDocs gives the names for the descriptions of a resource of a package.
func (s *Shared) ForDocs(pkg, about string, m *manifest.Manifest) *YAML {
	return &YAML{shared: s, pkg: pkg, docs: m, about: about}
}

// Lookup gives the value of a name.
func (y *YAML) Lookup(name string) (jinja.Value, bool) {
	switch name {
	case "target":
		return y.shared.Target, true
	case "project_name":
		return str(y.shared.Project), true
	case "flags":
		return y.shared.Flags, true
	case "var":
		return yamlVar{y}, true
	case "doc":
		if y.docs != nil {
			return yamlMethods.Bind(y, "doc"), true
		}
		return nil, false
	}
	return y.shared.Base.Lookup(name)
}

// Type makes YAML a value, so that functions can be bound to it.
func (*YAML) Type() string { return "context" }

// Truth is true.
func (*YAML) Truth() bool { return true }

// String is short.
func (*YAML) String() string { return "<context>" }

var yamlMethods = jinja.NewMethods("context",
	jinja.NewFunc("doc(*args)", func(c *jinja.Call) (jinja.Value, error) {
		y := c.Self.(*YAML)
		pkg, name := "", ""
		switch len(c.Rest) {
		case 1:
			name = c.Rest[0].String()
		case 2:
			pkg, name = c.Rest[0].String(), c.Rest[1].String()
		default:
			return nil, fail(source.Compilation, "doc() takes at most two arguments (%d given)", len(c.Rest))
		}
		d := y.docs.FindDoc(y.pkg, pkg, name)
		if d == nil {
			in := ""
			if pkg != "" {
				in = "in package '" + pkg + "' "
			}
			return nil, fail(source.Compilation, "Documentation for '%s' depends on doc '%s' %s which was not found", y.about, name, in)
		}
		y.Blocks = append(y.Blocks, d.ID)
		return str(d.Contents), nil
	}),
)

// yamlVar is "var" where values are not rendered again and a missing one is an
// error at once.
type yamlVar struct{ y *YAML }

// Type is dbt's class.
func (yamlVar) Type() string { return "Var" }

// Truth is true.
func (yamlVar) Truth() bool { return true }

// String is short.
func (yamlVar) String() string { return "<var>" }

// Call is var(name, default).
func (v yamlVar) Call(t *jinja.Thread, args []jinja.Value, kwargs []jinja.Kwarg) (jinja.Value, error) {
	return t.Call(yamlVarMethods.Bind(v, "var"), args, kwargs)
}

// Attr gives has_var.
func (v yamlVar) Attr(name string) (jinja.Value, error) {
	if name == "var" {
		return nil, nil
	}
	return yamlVarMethods.Bind(v, name), nil
}

var yamlVarMethods = jinja.NewMethods("Var",
	jinja.NewFunc("var(name, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		y := c.Self.(yamlVar).y
		if v, ok := y.shared.Var(y.pkg, c.Str(0)); ok {
			return v, nil
		}
		if c.Given(1) {
			return c.Args[1], nil
		}
		ctx := &Context{shared: y.shared, pkg: y.pkg}
		return nil, ctx.missingVar(c.Str(0))
	}),
	jinja.NewFunc("has_var(name)", func(c *jinja.Call) (jinja.Value, error) {
		y := c.Self.(yamlVar).y
		_, ok := y.shared.Var(y.pkg, c.Str(0))
		return jinja.Bool(ok), nil
	}),
)
