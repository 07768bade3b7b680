package scope

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// BaseOptions are what the base names need to know of an invocation. A nil
// function does nothing and knows nothing.
type BaseOptions struct {
	Vars    func(name string) (jinja.Value, bool) // of the command line
	AllVars func() *jinja.Dict                    // for the message about a missing one
	Env     func(name string) (string, bool)

	// Secrets gives what stands for an environment variable whose name begins with
	// DBT_ENV_SECRET. Where it is nil such names are an error.
	Secrets func(name string) (string, bool)

	Log   func(msg string, info bool)
	Print func(msg string)
	Warn  func(msg string) error // an error where the warning counts as one

	InvocationID string
	RunStartedAt time.Time
	Flags        jinja.Value // None if nil
	DbtVersion   string      // "1.11.16" if empty
}

// Env is a Host that does itself what templates ask of their surroundings, because
// it knows the node. Where a render's Host is none, BaseOptions do it.
type Env interface {
	Log(msg string, info bool)
	Warn(msg string) error
}

// Base is dbt's base context: the names that every context has. It is made once
// for each invocation and may be used from several goroutines.
type Base struct {
	o       BaseOptions
	members map[string]jinja.Value
	raises  *jinja.Dict
}

// emulated is the version of dbt that templates are told.
const emulated = "1.11.16"

// NewBase makes the base names.
func NewBase(o BaseOptions) *Base {
	if o.DbtVersion == "" {
		o.DbtVersion = emulated
	}
	if o.Flags == nil {
		o.Flags = jinja.None
	}
	b := &Base{o: o, members: make(map[string]jinja.Value, 2*len(baseFuncs))}
	for name := range baseFuncs {
		b.members[name] = baseFuncs.Bind(b, name)
	}
	b.members["var"] = baseVar{b}
	b.members["modules"] = newModules()
	b.members["flags"] = o.Flags
	b.members["dbt_version"] = jinja.Str(o.DbtVersion)
	b.members["invocation_id"] = jinja.Str(o.InvocationID)
	b.members["run_started_at"] = jinja.NewDateTime(o.RunStartedAt.UTC())
	b.members["thread_id"] = jinja.Str("MainThread")
	b.raises = jinja.NewDict()
	for _, name := range sortedNames(raiseFuncs) {
		b.raises.SetStr(name, raiseFuncs.Bind(b, name))
	}
	b.members["builtins"] = b.dict()
	b.members["context"] = b.dict()
	return b
}

func sortedNames(m jinja.Methods) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Lookup gives the value of a name.
func (b *Base) Lookup(name string) (jinja.Value, bool) {
	v, ok := b.members[name]
	return v, ok
}

// Names are all names that Lookup knows, in order.
func (b *Base) Names() []string {
	names := make([]string, 0, len(b.members))
	for name := range b.members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Exceptions is the dict "exceptions", which the contexts of nodes and macros have.
func (b *Base) Exceptions() *jinja.Dict { return b.raises }

func (b *Base) dict() *jinja.Dict {
	d := jinja.NewDict()
	for _, name := range b.Names() {
		d.SetStr(name, b.members[name])
	}
	return d
}

// Type makes Base a value, so that functions can be bound to it.
func (*Base) Type() string { return "BaseContext" }

// Truth is true.
func (*Base) Truth() bool { return true }

// String is short.
func (*Base) String() string { return "<context>" }

func (b *Base) log(c *jinja.Call, msg string, info bool) {
	if env, ok := c.Thread.Host.(Env); ok {
		env.Log(msg, info)
	} else if b.o.Log != nil {
		b.o.Log(msg, info)
	}
}

func (b *Base) warn(c *jinja.Call, msg string) error {
	if env, ok := c.Thread.Host.(Env); ok {
		return env.Warn(msg)
	}
	if b.o.Warn == nil {
		return nil
	}
	return b.o.Warn(msg)
}

// baseFuncs are the functions of the base context; their receiver is the *Base.
var baseFuncs = jinja.NewMethods("BaseContext",
	jinja.NewFunc("return(data)", func(c *jinja.Call) (jinja.Value, error) { return nil, jinja.Return(c.Args[0]) }),
	jinja.NewFunc("tojson(value, default=none, sort_keys=false)", toJSON),
	jinja.NewFunc("fromjson(string, default=none)", fromJSON),
	jinja.NewFunc("toyaml(value, default=none, sort_keys=false)", func(c *jinja.Call) (jinja.Value, error) {
		text, err := config.DumpYAML(c.Args[0], c.Bool(2))
		if err != nil {
			return c.Args[1], nil
		}
		return jinja.Str(text), nil
	}),
	jinja.NewFunc("fromyaml(value, default=none)", fromYAML),
	jinja.NewFunc("set(value, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		v, err := makeSet(c.Args[0])
		return orDefault(v, err, c.Args[1])
	}),
	jinja.NewFunc("set_strict(value)", func(c *jinja.Call) (jinja.Value, error) { return makeSet(c.Args[0]) }),
	jinja.NewFunc("zip(*args, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		v, err := zip(c.Rest)
		return orDefault(v, err, c.Args[0])
	}),
	jinja.NewFunc("zip_strict(*args)", func(c *jinja.Call) (jinja.Value, error) { return zip(c.Rest) }),
	jinja.NewFunc("log(msg, info=false)", func(c *jinja.Call) (jinja.Value, error) {
		c.Self.(*Base).log(c, c.Str(0), c.Bool(1))
		return jinja.Str(""), nil
	}),
	jinja.NewFunc("print(msg)", func(c *jinja.Call) (jinja.Value, error) {
		if p := c.Self.(*Base).o.Print; p != nil {
			p(c.Str(0))
		}
		return jinja.Str(""), nil
	}),
	jinja.NewFunc("env_var(var, default=none)", envVar),
	jinja.NewFunc("local_md5(value)", func(c *jinja.Call) (jinja.Value, error) {
		text, ok := jinja.Text(c.Args[0])
		if !ok {
			return nil, jinja.Raise(jinja.AttributeError, "'%s' object has no attribute 'encode'", c.Args[0].Type())
		}
		sum := md5.Sum([]byte(text))
		return jinja.Str(hex.EncodeToString(sum[:])), nil
	}),
	jinja.NewFunc("diff_of_two_dicts(dict_a, dict_b)", diffOfDicts),
)

// orDefault gives def where Python would have raised a TypeError.
func orDefault(v jinja.Value, err error, def jinja.Value) (jinja.Value, error) {
	if e, ok := err.(*jinja.Error); ok && e.Kind == jinja.TypeError {
		return def, nil
	}
	return v, err
}

func toJSON(c *jinja.Call) (jinja.Value, error) {
	text, err := jinja.AppendJSON(nil, c.Args[0], jinja.JSONOptions{SortKeys: c.Bool(2), ASCII: true})
	if e, ok := err.(*jinja.Error); ok && e.Kind == jinja.ValueError {
		return c.Args[1], nil
	}
	if err != nil {
		return nil, err
	}
	return jinja.Str(text), nil
}

func fromJSON(c *jinja.Call) (jinja.Value, error) {
	text, ok := jinja.Text(c.Args[0])
	if b, isBytes := c.Args[0].(jinja.Bytes); isBytes {
		text, ok = string(b), true
	}
	if !ok {
		return nil, jinja.Raise(jinja.TypeError, "the JSON object must be str, bytes or bytearray, not %s", c.Args[0].Type())
	}
	v, err := jinja.ParseJSON(text)
	if err != nil {
		return c.Args[1], nil
	}
	return v, nil
}

func fromYAML(c *jinja.Call) (jinja.Value, error) {
	text, ok := jinja.Text(c.Args[0])
	if !ok {
		return nil, jinja.Raise(jinja.TypeError, "a string or stream input is required")
	}
	v, err := config.LoadYAML(text)
	if err != nil {
		return c.Args[1], nil
	}
	return v, nil
}

func makeSet(v jinja.Value) (jinja.Value, error) {
	items, err := jinja.ToList(v)
	if err != nil {
		return nil, err
	}
	s, err := jinja.NewSet(items...)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// zip gives tuples of the first values, the second ones, and so on, up to the
// end of the shortest argument.
func zip(args []jinja.Value) (jinja.Value, error) {
	its, err := iterators(args)
	if err != nil {
		if e, ok := err.(*notIterable); ok {
			return nil, jinja.Raise(jinja.TypeError, "'%s' object is not iterable", e.v.Type())
		}
		return nil, err
	}
	return jinja.NewGenerator("zip", func() (jinja.Value, error) {
		if len(its) == 0 {
			return nil, nil
		}
		row := make(jinja.Tuple, len(its))
		for i, it := range its {
			v, err := it.Next()
			if v == nil || err != nil {
				return nil, err
			}
			row[i] = v
		}
		return row, nil
	}), nil
}

func envVar(c *jinja.Call) (jinja.Value, error) {
	b := c.Self.(*Base)
	name := c.Str(0)
	read := b.o.Env
	if strings.HasPrefix(name, "DBT_ENV_SECRET") {
		if b.o.Secrets == nil {
			e := jinja.Raise(jinja.EnvVarError, "Secret env vars are allowed only in profiles.yml or packages.yml. Found '%s' referenced elsewhere.", name)
			e.Err.Class = source.Parsing
			return nil, e
		}
		read = b.o.Secrets
	}
	if read != nil {
		if v, ok := read(name); ok {
			return jinja.Str(v), nil
		}
	}
	if c.Args[1] != jinja.Value(jinja.None) {
		return c.Args[1], nil
	}
	e := jinja.Raise(jinja.EnvVarError, "Env var required but not provided: '%s'", name)
	e.Err.Class = source.Parsing
	return nil, e
}

// diffOfDicts gives for each key of the first dict the items that the second has
// not, compared without regard to case; keys with no such items are left out.
func diffOfDicts(c *jinja.Call) (jinja.Value, error) {
	a, aok := c.Args[0].(jinja.Mapping)
	b, bok := c.Args[1].(jinja.Mapping)
	if !aok || !bok {
		bad := c.Args[0]
		if aok {
			bad = c.Args[1]
		}
		return nil, jinja.Raise(jinja.AttributeError, "'%s' object has no attribute 'items'", bad.Type())
	}
	have := map[string]map[string]bool{}
	for _, k := range b.Keys() {
		v, _ := b.Get(k)
		items, err := jinja.ToList(v)
		if err != nil {
			return nil, err
		}
		set := map[string]bool{}
		for _, item := range items {
			set[strings.ToLower(item.String())] = true
		}
		have[strings.ToLower(k.String())] = set
	}
	out := jinja.NewDict()
	for _, k := range a.Keys() {
		v, _ := a.Get(k)
		set, found := have[strings.ToLower(k.String())]
		if !found {
			out.Set(k, v)
			continue
		}
		items, err := jinja.ToList(v)
		if err != nil {
			return nil, err
		}
		rest := jinja.NewList()
		for _, item := range items {
			if !set[strings.ToLower(item.String())] {
				rest.Append(item)
			}
		}
		if rest.Len() > 0 {
			out.Set(k, rest)
		}
	}
	return out, nil
}

// baseVar is "var" where only the vars of the command line are known.
type baseVar struct{ b *Base }

// Type is dbt's class.
func (baseVar) Type() string { return "Var" }

// Truth is true.
func (baseVar) Truth() bool { return true }

// String is short.
func (baseVar) String() string { return "<var>" }

// Call is var(name, default).
func (v baseVar) Call(t *jinja.Thread, args []jinja.Value, kwargs []jinja.Kwarg) (jinja.Value, error) {
	return t.Call(baseVarFuncs.Bind(v, "__call__"), args, kwargs)
}

// Attr gives has_var.
func (v baseVar) Attr(name string) (jinja.Value, error) {
	if name != "has_var" {
		return nil, nil
	}
	return baseVarFuncs.Bind(v, name), nil
}

func (v baseVar) find(name string) (jinja.Value, bool) {
	if v.b.o.Vars == nil {
		return nil, false
	}
	return v.b.o.Vars(name)
}

var baseVarFuncs = jinja.NewMethods("Var",
	jinja.NewFunc("__call__(var_name, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		self, name := c.Self.(baseVar), c.Str(0)
		if v, ok := self.find(name); ok {
			return v, nil
		}
		if c.Given(1) {
			return c.Args[1], nil
		}
		all := jinja.NewDict()
		if self.b.o.AllVars != nil {
			all = self.b.o.AllVars()
		}
		return nil, fail(source.Compilation, "%s", missingVar(name, "<Configuration>", all))
	}),
	jinja.NewFunc("has_var(var_name)", func(c *jinja.Call) (jinja.Value, error) {
		_, ok := c.Self.(baseVar).find(c.Str(0))
		return jinja.Bool(ok), nil
	}),
)
