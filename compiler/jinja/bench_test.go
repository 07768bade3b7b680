package jinja

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// benchText reads a template of testdata/jinja/bench, which bench.py times in Python.
func benchText(b *testing.B, name string) string {
	text, err := os.ReadFile("../../testdata/jinja/bench/" + name)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// benchNames are the names that the templates use.
func benchNames(b *testing.B, macros string) Globals {
	d := NewDict()
	addMacros(b, d, "bench/"+macros)
	text := func(signature, s string) {
		f := NewFunc(signature, func(*Call) (Value, error) { return Str(s), nil })
		d.SetStr(f.Name, f)
	}
	text("config(**kwargs)", "")
	text("ref(name)", `"db"."main"."stg_orders"`)
	text("source(name, table)", `"db"."shop"."payments"`)
	d.SetStr("this", Str(`"db"."main"."orders"`))
	d.SetStr("is_incremental", NewFunc("is_incremental()", func(*Call) (Value, error) { return True, nil }))
	columns := make([]any, 200)
	for i := range columns {
		columns[i] = map[string]any{"name": fmt.Sprintf("column_%d", i)}
	}
	d.SetStr("columns", FromGo(columns))
	return dictGlobals{d}
}

func benchRender(b *testing.B, name string, lines int) {
	names := benchNames(b, name+"_macros.sql")
	tmpl := parse(b, benchText(b, name+".sql"))
	b.ReportAllocs()
	for b.Loop() {
		r, err := Render(context.Background(), tmpl, Options{Globals: names})
		if err != nil {
			b.Fatal(err)
		}
		if n := strings.Count(r.Text, "\n"); n != lines {
			b.Fatalf("%d lines", n)
		}
	}
}

// BenchmarkRender renders what is like a model: two macros, loops, filters.
func BenchmarkRender(b *testing.B) { benchRender(b, "model", 40) }

// BenchmarkRenderStar renders a macro that lists 200 columns but for some, as
// dbt_utils.star does.
func BenchmarkRenderStar(b *testing.B) { benchRender(b, "star", 197) }

// BenchmarkModels parses and renders 10,000 models that are all different.
func BenchmarkModels(b *testing.B) {
	names := benchNames(b, "model_macros.sql")
	text := benchText(b, "model.sql")
	files := make([]*source.File, 10_000)
	for i := range files {
		own := strings.ReplaceAll(text, "amount", fmt.Sprintf("amount_%d", i))
		files[i] = &source.File{Path: fmt.Sprintf("m%d.sql", i), Text: own}
	}
	for b.Loop() {
		for _, f := range files {
			tmpl, err := syntax.Parse(f, syntax.Options{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := Render(context.Background(), tmpl, Options{Globals: names}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
