package source_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/compiler/source"
)

func TestPosition(t *testing.T) {
	f := &source.File{Path: "models/a.sql", Text: "ab\nçd\n\nx"}
	for _, test := range []struct {
		pos       source.Pos
		line, col int
	}{
		{0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {5, 2, 2}, // ç is two bytes and one column
		{7, 3, 1}, {8, 4, 1}, {100, 4, 2}, {-1, 1, 1},
	} {
		line, col := f.Position(test.pos)
		if line != test.line || col != test.col {
			t.Errorf("Position(%d) = %d:%d; want %d:%d", test.pos, line, col, test.line, test.col)
		}
		if test.pos >= 0 && test.pos <= 8 {
			if back := f.Offset(line, col); back != test.pos {
				t.Errorf("Offset(%d, %d) = %d; want %d", line, col, back, test.pos)
			}
		}
	}
}

func TestFirstLine(t *testing.T) {
	f := &source.File{Path: "s.yml", Text: "a\nb", FirstLine: 10}
	if line, _ := f.Position(2); line != 11 {
		t.Errorf("line %d; want 11", line)
	}
	if pos := f.Offset(11, 1); pos != 2 {
		t.Errorf("offset %d; want 2", pos)
	}
}

func TestDetail(t *testing.T) {
	f := &source.File{Path: "models/orders.sql", Text: "select\n\t{{ ref('custmers') }}\n"}
	e := &source.Error{
		File: f, Span: source.Span{Start: 15, End: 25}, Class: source.Compilation, Node: "model orders (models/orders.sql)",
		Msg: `no model named "custmers"`, Hint: `did you mean "customers"?`,
		Calls: []source.Call{{Macro: "star", Package: "utils", File: f, Span: source.Span{Start: 8}}},
	}
	want := `Compilation Error in model orders (models/orders.sql)
  models/orders.sql:2:9: no model named "custmers"; did you mean "customers"?
      2 | 	{{ ref('custmers') }}
        | 	       ^^^^^^^^^^
  > in macro utils.star, called at models/orders.sql:2:2
  > called by model orders (models/orders.sql)`
	if diff := cmp.Diff(want, e.Report()); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsAreSorted(t *testing.T) {
	a, b := &source.File{Path: "a.sql", Text: "xx"}, &source.File{Path: "b.sql", Text: "xx"}
	es := source.Errors{
		{File: b, Span: source.Span{Start: 1}, Msg: "3"},
		{File: b, Msg: "2"},
		{File: a, Msg: "1"},
		{Msg: "0"},
	}
	got := es.ErrorOrNil().Error()
	if want := "0\na.sql:1:1: 1\nb.sql:1:1: 2\nb.sql:1:2: 3"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}
