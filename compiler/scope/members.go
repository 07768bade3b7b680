package scope

import (
	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// memberFuncs are the functions of node contexts. They find their render through
// the thread, so all renders share them.
var memberFuncs = map[string]*jinja.Func{
	"ref":      refFunc,
	"source":   sourceFunc,
	"metric":   metricFunc,
	"function": functionFunc,
	"render":   jinja.NewFunc("render(string)", renderText),
	"write":    jinja.NewFunc("write(payload)", write),

	"store_result":     jinja.NewFunc("store_result(name, response, agate_table=none)", storeResult),
	"store_raw_result": jinja.NewFunc("store_raw_result(name, message=none, code=none, rows_affected=none, agate_table=none)", storeRawResult),
	"load_result":      jinja.NewFunc("load_result(name)", loadResult),
	"load_agate_table": jinja.NewFunc("load_agate_table()", loadAgateTable),

	"try_or_compiler_error": jinja.NewFunc("try_or_compiler_error(message_if_exception, func, *args, **kwargs)", tryOr),
	"submit_python_job": jinja.NewFunc("submit_python_job(parsed_model, compiled_code)", func(c *jinja.Call) (jinja.Value, error) {
		return nil, fail(source.Runtime, "submit_python_job is not intended to be called here, at model %s: weft runs no Python models", c.Str(0))
	}),
	"adapter_macro": jinja.NewFunc("adapter_macro(*args, **kwargs)", func(c *jinja.Call) (jinja.Value, error) {
		return nil, fail(source.Compilation, "adapter_macro was removed from dbt; use adapter.dispatch('name', 'package')(arguments)")
	}),
}

func renderText(c *jinja.Call) (jinja.Value, error) {
	ctx := host(c)
	text, err := ctx.RenderText(ctx.where(), c.Str(0))
	return jinja.Str(text), err
}

// where is what errors call a text that has no file.
func (c *Context) where() string {
	if c.node != nil {
		return c.node.OriginalPath
	}
	if c.macro != nil {
		return c.macro.Path
	}
	return "<text>"
}

func write(c *jinja.Call) (jinja.Value, error) {
	ctx := host(c)
	if ctx.node == nil || ctx.phase != Run {
		return nil, fail(source.Compilation, "write() is only for materializations")
	}
	ctx.Main = c.Str(0)
	return jinja.Str(""), nil
}

func tryOr(c *jinja.Call) (jinja.Value, error) {
	kwargs := make([]jinja.Kwarg, 0, 4)
	if c.Kw != nil {
		for k, v := range c.Kw.All() {
			kwargs = append(kwargs, jinja.Kwarg{Name: k.String(), Value: v})
		}
	}
	v, err := c.Thread.Call(c.Args[1], c.Rest, kwargs)
	if err != nil {
		return nil, fail(source.Compilation, "%s", c.Str(0))
	}
	return v, nil
}

// response is what a statement answered, as templates see it: it prints its
// message and has attributes.
func response(r adapters.Response) *object {
	o := &object{class: "AdapterResponse", text: r.Message}
	o.set("_message", jinja.Str(r.Message))
	if r.Code != "" {
		o.set("code", jinja.Str(r.Code))
	} else {
		o.set("code", jinja.None)
	}
	if r.Rows >= 0 {
		o.set("rows_affected", jinja.Int(r.Rows))
	} else {
		o.set("rows_affected", jinja.None)
	}
	if r.QueryID != "" {
		o.set("query_id", jinja.Str(r.QueryID))
	} else {
		o.set("query_id", jinja.None)
	}
	return o
}

func (c *Context) store(name string, response jinja.Value, t jinja.Value) {
	d := jinja.NewDict()
	d.SetStr("response", response)
	data := jinja.NewList()
	tab, ok := t.(*Table)
	if !ok {
		tab = &Table{}
	}
	for _, r := range tab.Rows {
		data.Append(jinja.Tuple(r))
	}
	d.SetStr("data", data)
	d.SetStr("table", tab)
	if c.results == nil {
		c.results = map[string]*statementResult{}
	}
	c.results[name] = &statementResult{value: d}
}

func storeResult(c *jinja.Call) (jinja.Value, error) {
	host(c).store(c.Str(0), c.Args[1], c.Args[2])
	return jinja.Str(""), nil
}

func storeRawResult(c *jinja.Call) (jinja.Value, error) {
	r := adapters.Response{Rows: -1}
	if c.Args[1] != jinja.Value(jinja.None) {
		r.Message = c.Str(1)
	}
	if c.Args[2] != jinja.Value(jinja.None) {
		r.Code = c.Str(2)
	}
	o := response(r)
	if c.Args[3] != jinja.Value(jinja.None) {
		for i, n := range o.names {
			if n == "rows_affected" {
				o.vals[i] = c.Args[3]
			}
		}
	}
	host(c).store(c.Str(0), o, c.Args[4])
	return jinja.Str(""), nil
}

func loadResult(c *jinja.Call) (jinja.Value, error) {
	ctx, name := host(c), c.Str(0)
	r := ctx.results[name]
	switch {
	case r == nil:
		return jinja.None, nil
	case r.loaded && name != "main":
		return nil, fail(source.Compilation, "The 'statement' result named '%s' has already been loaded into a variable", name)
	}
	r.loaded = true
	return r.value, nil
}

// Result gives what a statement of the render stored: response and table.
func (c *Context) Result(name string) (response jinja.Value, t *Table, ok bool) {
	r := c.results[name]
	if r == nil {
		return nil, nil, false
	}
	response, _ = r.value.GetStr("response")
	v, _ := r.value.GetStr("table")
	t, _ = v.(*Table)
	return response, t, true
}

// IsMember says whether every context has the name, so that a macro of that name
// only hides it.
func IsMember(name string) bool {
	return memberFuncs[name] != nil || baseFuncs[name] != nil || name == "var" || name == "config"
}
