package config

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Entry is one key that a layer sets, and where.
type Entry struct {
	Key   string
	Value jinja.Value
	File  *source.File
	Span  source.Span
}

// Layer is the keys that one place sets: a level of dbt_project.yml, a properties
// entry, a config() call.
type Layer []Entry

// Sets says whether a key, spelt as configs have it, is in the layer.
func (l Layer) Sets(key string) bool {
	return slices.ContainsFunc(l, func(e Entry) bool { return Canonical(e.Key) == key })
}

// Config is the merged config of one resource. It holds what was set; everything
// else has the default of its Field. It is not changed after Merge.
type Config struct {
	kind  Kinds
	table *table // of the kind
	keys  []string
	vals  []jinja.Value
}

// Merge puts the layers of a resource's config together, weakest first; the
// layers stay as they are. The rule for each key is its Field.Rule; keys that no
// Field has are replaced. A value of the wrong type is a *source.Error at the key.
func Merge(kind Kinds, layers ...Layer) (*Config, error) {
	c := New(kind)
	for _, layer := range layers {
		for i := range layer {
			e := &layer[i]
			key := Canonical(e.Key)
			f := c.table.find(key)
			if f != nil {
				if msg := check(kind, f, e.Value); msg != "" {
					return nil, &source.Error{File: e.File, Span: e.Span, Class: source.Parsing, Msg: msg}
				}
			}
			c.apply(f, key, e.Value)
		}
	}
	return c, nil
}

// New is a config in which nothing is set.
func New(kind Kinds) *Config { return &Config{kind: kind, table: tables[kind]} }

func (c *Config) apply(f *Field, key string, v jinja.Value) {
	i := slices.Index(c.keys, key)
	if i < 0 {
		c.keys = append(c.keys, key)
		c.vals = append(c.vals, c.first(f, v))
		return
	}
	if f == nil {
		c.vals[i] = v
		return
	}
	switch f.Rule {
	case Append:
		c.vals[i] = jinja.NewList(append(slices.Clone(items(c.vals[i])), items(v)...)...)
	case MergeKeys:
		c.vals[i] = mergeKeys(c.vals[i], v)
	case AppendKeys:
		c.vals[i] = appendKeys(c.vals[i], v)
	default:
		c.vals[i] = v
	}
}

// first is the value of a key that no weaker layer has: a list for appended
// keys, and over the defaults for merged ones.
func (c *Config) first(f *Field, v jinja.Value) jinja.Value {
	if f == nil {
		return v
	}
	switch f.Rule {
	case Append:
		return jinja.NewList(items(v)...)
	case MergeKeys:
		if f.Default != nil {
			return mergeKeys(f.Default(c.kind), v)
		}
	case AppendKeys:
		return appendKeys(jinja.NewDict(), v)
	}
	return v
}

// items makes a list of a single value; none is no values.
func items(v jinja.Value) []jinja.Value {
	switch v := v.(type) {
	case *jinja.List:
		return v.Items
	case jinja.Tuple:
		return v
	case jinja.NoneType:
		return nil
	}
	return []jinja.Value{v}
}

func mergeKeys(weak, strong jinja.Value) jinja.Value {
	w, ok1 := weak.(*jinja.Dict)
	s, ok2 := strong.(*jinja.Dict)
	if !ok1 || !ok2 {
		if strong == jinja.Value(jinja.None) {
			return weak
		}
		return strong
	}
	out := w.Copy()
	for k, v := range s.All() {
		out.Set(k, v)
	}
	return out
}

// appendKeys replaces the lists of keys, except for those written with a plus.
func appendKeys(weak, strong jinja.Value) jinja.Value {
	s, ok := strong.(*jinja.Dict)
	if !ok {
		return weak
	}
	out := jinja.NewDict()
	if w, ok := weak.(*jinja.Dict); ok {
		out = w.Copy()
	}
	for k, v := range s.All() {
		name := k.String()
		if rest, plus := strings.CutPrefix(name, "+"); plus {
			old, _ := out.GetStr(rest)
			if old == nil {
				old = jinja.None
			}
			out.SetStr(rest, jinja.NewList(append(slices.Clone(items(old)), items(v)...)...))
			continue
		}
		out.SetStr(name, jinja.NewList(items(v)...))
	}
	return out
}

// check gives what is wrong with a value, or the empty text.
func check(kind Kinds, f *Field, v jinja.Value) string {
	if v == jinja.Value(jinja.None) && mayBeNone(kind, f) {
		return ""
	}
	if s := innerShape(kind, f.Name); s != nil && v != jinja.Value(jinja.None) {
		return s.Wrong("['"+f.Name+"']", v)
	}
	ok, want := v != jinja.Value(jinja.None), ""
	switch f.Type {
	case Text:
		_, ok = v.(jinja.Str)
		want = "type 'string'"
	case Flag:
		_, ok = v.(jinja.Bool)
		want = "type 'boolean'"
	case Number:
		_, ok = v.(jinja.Int)
		want = "type 'integer'"
	case Map:
		_, ok = v.(*jinja.Dict)
		want = "type 'object'"
	case Texts:
		want = "type 'string' or a list of these"
		for _, item := range items(v) {
			if _, text := item.(jinja.Str); !text {
				ok = false
			}
		}
	case Hooks:
		want = "type 'string' or 'object'"
		for _, item := range items(v) {
			switch item := item.(type) {
			case jinja.Str:
			case *jinja.Dict:
				sql, _ := item.GetStr("sql")
				_, text := sql.(jinja.Str)
				ok = ok && text
			default:
				ok = false
			}
		}
	case TextOrSeq:
		want = "type 'string' or 'array'"
		switch v.(type) {
		case jinja.Str, *jinja.List, jinja.Tuple:
		default:
			ok = false
		}
	}
	if ok {
		return ""
	}
	if f.Default == nil || f.Rule == Append {
		// dbt has several schemas for what may be none or is made a list.
		want = "is not valid under any of the given schemas"
	} else {
		want = "is not of " + want
	}
	if f.Rule == Append && v != jinja.Value(jinja.None) {
		v = jinja.NewList(items(v)...)
	}
	return fmt.Sprintf("at path ['%s']: %s %s", f.Name, jinja.Repr(v), want)
}

// Kind is the kind of resource the config belongs to.
func (c *Config) Kind() Kinds { return c.kind }

// IsSet says whether a layer set the key.
func (c *Config) IsSet(key string) bool { return slices.Contains(c.keys, Canonical(key)) }

// Items makes a list of a single value; none is no values.
func Items(v jinja.Value) []jinja.Value { return items(v) }

// Get gives the value of a key: what was set, else the default, else none.
func (c *Config) Get(key string) jinja.Value {
	v, _ := c.Lookup(key)
	return v
}

// Lookup is Get that says also whether the key is declared or set at all.
func (c *Config) Lookup(key string) (jinja.Value, bool) {
	key = Canonical(key)
	for i, k := range c.keys {
		if k == key {
			return c.vals[i], true
		}
	}
	f := c.table.find(key)
	if f == nil {
		return jinja.None, false
	}
	if f.Default == nil {
		return jinja.None, true
	}
	return f.Default(c.kind), true
}

// Text gives a key as text; none and other types are the empty text.
func (c *Config) Text(key string) string {
	s, _ := c.Get(key).(jinja.Str)
	return string(s)
}

// Bool gives a key as a truth value.
func (c *Config) Bool(key string) bool {
	b, _ := c.Get(key).(jinja.Bool)
	return bool(b)
}

// Dict gives a key as a mapping, never nil.
func (c *Config) Dict(key string) *jinja.Dict {
	if d, ok := c.Get(key).(*jinja.Dict); ok {
		return d
	}
	return jinja.NewDict()
}

// List gives a key as a list; a single value is a list of one.
func (c *Config) List(key string) []jinja.Value { return items(c.Get(key)) }

// All walks the declared keys in the order of Fields, then the others as set.
func (c *Config) All() iter.Seq2[string, jinja.Value] {
	return func(yield func(string, jinja.Value) bool) {
		t := c.table
		for _, f := range t.fields {
			if !yield(f.Name, c.Get(f.Name)) {
				return
			}
		}
		for i, k := range c.keys {
			if t.find(k) == nil && !yield(k, c.vals[i]) {
				return
			}
		}
	}
}

// Walk is All for those who know the defaults: v is nil for declared keys that are not
// set. i counts from 0.
func (c *Config) Walk(fn func(i int, key string, v jinja.Value)) {
	t := c.table
	for i, f := range t.fields {
		var v jinja.Value
		if at := slices.Index(c.keys, f.Name); at >= 0 {
			if v = c.vals[at]; v == nil {
				v = jinja.None
			}
		}
		fn(i, f.Name, v)
	}
	i := len(t.fields)
	for at, k := range c.keys {
		if t.find(k) == nil {
			fn(i, k, c.vals[at])
			i++
		}
	}
}

// With gives a copy in which key has another value, without merging.
func (c *Config) With(key string, v jinja.Value) *Config {
	out := &Config{kind: c.kind, table: c.table, keys: slices.Clone(c.keys), vals: slices.Clone(c.vals)}
	key = Canonical(key)
	if i := slices.Index(out.keys, key); i >= 0 {
		out.vals[i] = v
		return out
	}
	out.keys = append(out.keys, key)
	out.vals = append(out.vals, v)
	return out
}

// HookList gives pre-hook or post-hook as dictionaries with sql, transaction and
// index. A text that is a JSON object stands for that object, which is how the
// macros before_begin and after_commit work.
func HookList(vals []jinja.Value) []*jinja.Dict {
	out := make([]*jinja.Dict, 0, len(vals))
	for _, v := range vals {
		d := jinja.NewDict()
		d.SetStr("sql", jinja.Str(v.String()))
		d.SetStr("transaction", jinja.Bool(true))
		d.SetStr("index", jinja.None)
		from, ok := v.(*jinja.Dict)
		if text, isText := v.(jinja.Str); isText && strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
			if parsed, err := jinja.ParseJSON(string(text)); err == nil {
				from, ok = parsed.(*jinja.Dict)
			}
		}
		if ok {
			d.SetStr("sql", jinja.Str(""))
			for k, val := range from.All() {
				d.Set(k, val)
			}
		}
		out = append(out, d)
	}
	return out
}
