package jinja

import (
	"context"
	"errors"
	"testing"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// TestHints checks that misspelt names are answered with what is near.
func TestHints(t *testing.T) {
	globals := project(t, "{% macro pay(amount, currency='EUR') %}{{ amont.x }}{% endmacro %}")
	for _, test := range []struct{ template, want string }{
		{"{{ rnage(3).x() }}", `did you mean "range"?`},
		{"{{ pya(1) }}", `did you mean "pay"?`},
		{"{{ pay(1) }}", ""}, // the names of a macro are its own
		{"{{ pay(1, curency='USD') }}", `did you mean "currency"?`},
		{"{% set orders = 1 %}{{ odrers.id }}", `did you mean "orders"?`},
		{"{{ {'amount': 1}.amuont.x }}", `did you mean "amount"?`},
		{"{{ 'a'.uper() }}", `did you mean "upper"?`},
		{"{{ [].apend(1) }}", `did you mean "append"?`},
		{"{{ 'a' | uper }}", `did you mean "upper"?`},
		{"{{ 'a' is defned }}", `did you mean "defined"?`},
		{"{{ zzz.x }}", ""},
		{"{{ x.y }}", ""},
	} {
		tmpl, err := syntax.Parse(&source.File{Path: "t.sql", Text: test.template}, syntax.Options{})
		if err == nil {
			_, err = Render(context.Background(), tmpl, Options{Globals: globals})
		}
		var e *source.Error
		if !errors.As(err, &e) || e.Hint != test.want {
			t.Errorf("%s: %v; want the hint %q", test.template, err, test.want)
		}
	}
}
