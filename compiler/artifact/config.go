package artifact

import (
	"weft/compiler/config"
	"weft/compiler/jinja"
)

// configTexts is the JSON of configs that was made before: most nodes set few of some
// forty keys, and most tests have one and the same config. Making it anew for each node
// was a third of what writing a manifest costs (BenchmarkParse).
type configTexts struct {
	defaults map[config.Kinds]*defaultTexts
	whole    map[*config.Config]string
	last     *config.Config // of the node before
}

// defaultTexts are the members that keys make which are not set.
type defaultTexts struct {
	fields []string          // in the order of config.Walk
	byName map[string]string // values only
}

// wholeConfigs is how many configs that several nodes share are kept as a whole.
const wholeConfigs = 64

// config writes all keys of a config.
func (e *encoder) config(name literal, c *config.Config) {
	e.member(name)
	if text, ok := e.configs.whole[c]; ok {
		e.lit(text)
		return
	}
	defaults := e.defaults(c.Kind())
	start := len(e.out)
	e.open('{')
	c.Walk(func(i int, key string, v jinja.Value) {
		if v == nil {
			e.sep()
			e.lit(defaults.fields[i])
			return
		}
		e.setting(key, v)
	})
	e.close('}')
	if c != e.configs.last {
		e.configs.last = c
		return
	}
	if e.configs.whole == nil || len(e.configs.whole) >= wholeConfigs {
		e.configs.whole = make(map[*config.Config]string, wholeConfigs)
	}
	e.configs.whole[c] = string(e.out[start:])
}

// setting writes one key of a config.
func (e *encoder) setting(key string, v jinja.Value) {
	e.key(key)
	if key == "pre-hook" || key == "post-hook" {
		e.values(config.HookList(config.Items(v)))
		return
	}
	e.value(v)
}

// defaults gives the texts of a kind's keys that are not set.
func (e *encoder) defaults(k config.Kinds) *defaultTexts {
	if t := e.configs.defaults[k]; t != nil {
		return t
	}
	t := &defaultTexts{byName: map[string]string{}}
	none := config.New(k)
	for key, v := range none.All() {
		one := &encoder{}
		one.setting(key, v)
		t.fields = append(t.fields, string(one.out))
		one.out = one.out[:0]
		one.value(v)
		t.byName[key] = string(one.out)
	}
	if e.configs.defaults == nil {
		e.configs.defaults = map[config.Kinds]*defaultTexts{}
	}
	e.configs.defaults[k] = t
	return t
}

// configured writes the value of a declared config key under its name.
func (e *encoder) configured(key literal, c *config.Config) {
	if name := string(key); c.IsSet(name) {
		e.val(key, c.Get(name))
		return
	}
	e.raw(key, e.defaults(c.Kind()).byName[string(key)])
}
