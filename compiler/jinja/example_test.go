package jinja_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// names is the simplest Globals: a map.
type names map[string]jinja.Value

func (n names) Lookup(name string) (jinja.Value, bool) {
	v, ok := n[name]
	return v, ok
}

func ExampleRender() {
	file := &source.File{Path: "orders.sql", Text: "select {{ columns | join(', ') }}{# a comment #} from {{ table | upper }}"}
	tmpl, err := syntax.Parse(file, syntax.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	globals := names{
		"columns": jinja.FromGo([]any{"id", "amount"}),
		"table":   jinja.Str("orders"),
	}
	result, err := jinja.Render(context.Background(), tmpl, jinja.Options{Globals: globals})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Text)
	// Output: select id, amount from ORDERS
}

func ExampleNewFunc() {
	ref := jinja.NewFunc("ref(name, version=none)", func(c *jinja.Call) (jinja.Value, error) {
		schema := c.Thread.Host.(string) // what belongs to the render, not to the function
		name := c.Str(0)
		if c.Given(1) {
			name += "_v" + c.Str(1)
		}
		return jinja.Str(schema + "." + name), nil
	})
	for _, text := range []string{"{{ ref('a') }}", "{{ ref('a', version=2) }}", "{{ ref() }}"} {
		tmpl, err := syntax.Parse(&source.File{Path: "a.sql", Text: text}, syntax.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		result, err := jinja.Render(context.Background(), tmpl, jinja.Options{Globals: names{"ref": ref}, Host: "main"})
		var problem *jinja.Error
		if errors.As(err, &problem) {
			fmt.Println(problem.Kind, "error at", problem)
			continue
		}
		fmt.Println(result.Text)
	}
	// Output:
	// main.a
	// main.a_v2
	// type error at a.sql:1:4: ref() missing 1 required positional argument: 'name'
}

// BenchmarkRenderStar renders a macro that lists 200 columns but for some, as
// dbt_utils.star does.
func BenchmarkRenderStar(b *testing.B) {
	const text = `{%- macro star(columns, alias=false, except=[], prefix='') -%}
    {%- set except = except | map("lower") | list %}
    {%- set kept = [] %}
    {%- for col in columns %}
        {%- if col.name | lower not in except %}{% do kept.append(col.name) %}{% endif %}
    {%- endfor %}
    {%- for name in kept %}
        {%- if alias %}{{ alias }}.{% endif %}"{{ name | trim }}"{% if prefix %} as "{{ prefix ~ name }}"{% endif %}{% if not loop.last %},{{ '\n  ' }}{% endif %}
    {%- endfor -%}
{%- endmacro -%}`
	const model = `select {{ star(columns, alias='o', except=['column_7', 'column_8'], prefix='p_') }} from orders as o`
	parse := func(path, text string) *syntax.Template {
		t, err := syntax.Parse(&source.File{Path: path, Text: text}, syntax.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return t
	}
	star, err := jinja.NewMacro(parse("star.sql", text), "star", "shop")
	if err != nil {
		b.Fatal(err)
	}
	tmpl := parse("orders.sql", model)
	columns := make([]any, 200)
	for i := range columns {
		columns[i] = map[string]any{"name": fmt.Sprintf("column_%d", i)}
	}
	globals := names{"columns": jinja.FromGo(columns), "star": star}
	b.ReportAllocs()
	for b.Loop() {
		r, err := jinja.Render(context.Background(), tmpl, jinja.Options{Globals: globals})
		if err != nil {
			b.Fatal(err)
		}
		if n := strings.Count(r.Text, "\n"); n != 197 {
			b.Fatalf("%d lines", n)
		}
	}
}
