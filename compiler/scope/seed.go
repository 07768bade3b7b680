package scope

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

func loadAgateTable(c *jinja.Call) (jinja.Value, error) {
	ctx := host(c)
	if ctx.node == nil || ctx.node.Kind != manifest.Seed {
		kind := "macro"
		if ctx.node != nil {
			kind = ctx.node.Kind.String()
		}
		return nil, fail(source.Compilation, "can only load_agate_table for seeds (got a %s)", kind)
	}
	if !ctx.execute() {
		return &Table{}, nil
	}
	t, err := ReadSeed(ctx.node)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// ReadSeed reads a seed's file and gives each column the first type, in dbt's
// order, that all of its values fit. Empty cells and "null" are none. Columns with
// a configured type stay text.
func ReadSeed(n *manifest.Node) (*Table, error) {
	f, err := os.Open(n.Seed.File)
	if err != nil {
		return nil, seedError(n, 0, "cannot be read: %s", errors.Unwrap(err))
	}
	defer f.Close()
	r := csv.NewReader(skipBOM(f))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	if d := []rune(n.Config.Text("delimiter")); len(d) == 1 {
		r.Comma = d[0]
	}
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return &Table{}, nil
	}
	if err != nil {
		return nil, csvError(n, err)
	}
	t := &Table{Names: headerNames(head)}
	var cells [][]string
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(n, err)
		}
		if len(rec) > len(head) {
			line, _ := r.FieldPos(len(head))
			return nil, seedError(n, line, "Row %d has %d values, but Table only has %d columns.", len(cells), len(rec), len(head))
		}
		cells = append(cells, rec)
	}
	fixed := n.Config.Dict("column_types")
	t.Types = make([]ColumnType, len(t.Names))
	t.Rows = make([][]jinja.Value, len(cells))
	for i := range t.Rows {
		t.Rows[i] = make([]jinja.Value, len(t.Names))
	}
	for i, name := range t.Names {
		_, text := fixed.GetStr(name)
		t.fill(i, cells, text)
	}
	return t, nil
}

func skipBOM(f io.ReadSeeker) io.Reader {
	var mark [3]byte
	if n, _ := io.ReadFull(f, mark[:]); n == 3 && mark == [3]byte{0xef, 0xbb, 0xbf} {
		return f
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return strings.NewReader("")
	}
	return f
}

func seedError(n *manifest.Node, line int, format string, args ...any) error {
	e := jinja.Raise(jinja.HostError, format, args...)
	e.Err.Class = source.Runtime
	place := n.OriginalPath
	if line > 0 {
		place = fmt.Sprintf("%s:%d", place, line)
	}
	e.Err.Msg = place + ": " + e.Err.Msg
	return e
}

func csvError(n *manifest.Node, err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return seedError(n, pe.Line, "%s", pe.Err)
	}
	return seedError(n, 0, "%s", err)
}

// headerNames names empty headers by letters and numbers repeated ones.
func headerNames(head []string) []string {
	out := make([]string, len(head))
	seen := map[string]int{}
	for i, h := range head {
		if h == "" {
			h = letters(i)
		}
		seen[h]++
		if n := seen[h]; n > 1 {
			h = fmt.Sprintf("%s_%d", h, n)
		}
		out[i] = h
	}
	return out
}

func letters(i int) string {
	s := ""
	for n := i; n >= 0; n = n/26 - 1 {
		s = string(rune('a'+n%26)) + s
	}
	return s
}

// fill reads one column of the cells into the table.
func (t *Table) fill(i int, cells [][]string, text bool) {
	get := func(row int) (string, bool) {
		if i >= len(cells[row]) {
			return "", false
		}
		s := cells[row][i]
		trimmed := strings.TrimSpace(s)
		return s, trimmed != "" && !strings.EqualFold(trimmed, "null")
	}
	for _, try := range seedTypes {
		if text && try.typ != TextType {
			continue
		}
		ok := true
		for row := range cells {
			s, some := get(row)
			var v jinja.Value = jinja.None
			if some {
				if v = try.read(s); v == nil {
					ok = false
					break
				}
			}
			t.Rows[row][i] = v
		}
		if ok {
			t.Types[i] = try.typ
			return
		}
	}
}

var seedTypes = []struct {
	typ  ColumnType
	read func(string) jinja.Value
}{
	{NumberType, readNumber},
	{DateType, readDate},
	{DateTimeType, layouts("2006-01-02 15:04:05")},
	{DateTimeType, layouts(time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02T15", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04", "20060102T150405")},
	{BooleanType, readBool},
	{TextType, func(s string) jinja.Value { return jinja.Str(s) }},
}

func readNumber(s string) jinja.Value {
	s = strings.TrimSpace(s)
	s = strings.Trim(s, "%")
	sign := ""
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	s = strings.TrimFunc(s, func(r rune) bool { return strings.ContainsRune("$£€¥₩₽₹¢", r) })
	s = strings.ReplaceAll(s, ",", "")
	if s == "" || strings.ContainsAny(s, "_ \tpPxX") {
		return nil
	}
	if d, ok := jinja.NewDecimal(sign + s); ok {
		return d
	}
	return nil
}

func readDate(s string) jinja.Value {
	t, err := time.Parse("2006-1-2", strings.TrimSpace(s))
	if err != nil {
		return nil
	}
	return jinja.NewDate(t.Year(), int(t.Month()), t.Day())
}

func layouts(list ...string) func(string) jinja.Value {
	return func(s string) jinja.Value {
		for _, l := range list {
			if t, err := time.Parse(l, strings.TrimSpace(s)); err == nil {
				return jinja.NewNaive(t)
			}
		}
		return nil
	}
}

func readBool(s string) jinja.Value {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true":
		return jinja.Bool(true)
	case "false":
		return jinja.Bool(false)
	}
	return nil
}
