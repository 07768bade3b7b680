package config

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// Renderer turns YAML values that hold templates into what they stand for, in
// the native mode (a template that is one expression gives its value).
type Renderer struct {
	Globals jinja.Globals
	Host    any

	// Skip says which key paths keep their text; nil renders all of them. A path
	// is the keys from the top, with list positions left out.
	Skip func(path []string) bool
}

// Value renders everything below n. Dates become ISO texts. Keys are kept as they
// are. An error is a *source.Error at the value.
func (r *Renderer) Value(ctx context.Context, d *Doc, n *yaml.Node) (jinja.Value, error) {
	return r.value(ctx, d, n, make([]string, 0, 8))
}

// At is Value for a node that is found below path, which Skip is asked about.
func (r *Renderer) At(ctx context.Context, d *Doc, n *yaml.Node, path ...string) (jinja.Value, error) {
	return r.value(ctx, d, n, slices.Clip(path))
}

// value may write behind path, which Skip does not keep.
func (r *Renderer) value(ctx context.Context, d *Doc, n *yaml.Node, path []string) (jinja.Value, error) {
	n = Deref(n)
	if n == nil {
		return jinja.None, nil
	}
	if r.Skip != nil && len(path) > 0 && r.Skip(path) {
		return FromYAML(n)
	}
	switch n.Kind {
	case yaml.MappingNode:
		pairs := Pairs(n)
		out := jinja.NewDictOf(len(pairs))
		for _, p := range pairs {
			v, err := r.value(ctx, d, p.Value, append(path, p.Name))
			if err != nil {
				return nil, err
			}
			key, err := FromYAML(p.Key)
			if err != nil {
				return nil, d.Errorf(p.Key, "%s", err)
			}
			out.Set(key, v)
		}
		return out, nil
	case yaml.SequenceNode:
		out := make([]jinja.Value, len(n.Content))
		for i, c := range n.Content {
			v, err := r.value(ctx, d, c, path)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return jinja.NewList(out...), nil
	}
	v, err := FromYAML(n)
	if err != nil {
		return nil, d.Errorf(n, "%s", err)
	}
	switch v := v.(type) {
	case jinja.Str:
		return r.text(ctx, d, n, string(v))
	case *jinja.Date, *jinja.DateTime:
		return jinja.Str(strings.Replace(v.String(), " ", "T", 1)), nil
	}
	return v, nil
}

// Text renders one text that stands at n.
func (r *Renderer) text(ctx context.Context, d *Doc, n *yaml.Node, text string) (jinja.Value, error) {
	if !IsTemplate(text) {
		return jinja.Str(strings.TrimSuffix(text, "\n")), nil
	}
	v, err := r.Native(ctx, d.File.Path, text)
	if err == nil {
		return v, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	msg := err.Error()
	var se *source.Error
	out := d.Errorf(n, "")
	if errors.As(err, &se) {
		msg = se.Msg
		out.Class = se.Class
		out.Hint = se.Hint
	}
	if out.Class == "" {
		out.Class = source.Compilation
	}
	out.Msg = "Could not render " + text + ": " + msg
	out.Err = err
	return nil, out
}

// Native renders a text that stands alone.
func (r *Renderer) Native(ctx context.Context, path, text string) (jinja.Value, error) {
	t, err := syntax.Parse(&source.File{Path: path, Text: text}, syntax.Options{})
	if err != nil {
		return nil, err
	}
	return jinja.RenderNative(ctx, t, jinja.Options{Globals: r.Globals, Host: r.Host})
}

// UndefinedIn finds a value that a template left undefined, and gives the keys that
// lead there; empty if there is none.
func UndefinedIn(v jinja.Value) string {
	switch v := v.(type) {
	case *jinja.Dict:
		for k, item := range v.All() {
			if jinja.IsUndefined(item) {
				return k.String()
			}
			if path := UndefinedIn(item); path != "" {
				return k.String() + "." + path
			}
		}
	case *jinja.List:
		for _, item := range v.Items {
			if jinja.IsUndefined(item) {
				return "an item"
			}
			if path := UndefinedIn(item); path != "" {
				return path
			}
		}
	}
	return ""
}

// IsTemplate says whether a text holds anything for the template engine.
func IsTemplate(text string) bool {
	for i := 0; i+1 < len(text); i++ {
		switch text[i] {
		case '{':
			if c := text[i+1]; c == '{' || c == '%' || c == '#' {
				return true
			}
		case '}', '%', '#':
			if text[i+1] == '}' {
				return true
			}
		}
	}
	return false
}
