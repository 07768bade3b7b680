package jinja_test

import (
	"context"
	"errors"
	"fmt"

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
