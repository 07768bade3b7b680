package scope

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"weft/adapters"
	"weft/compiler/jinja"
)

// ColumnType is the type that a table gives a column, after agate's types.
type ColumnType uint8

// The types of columns of tables.
const (
	TextType ColumnType = iota
	NumberType
	IntegerType
	BooleanType
	DateType
	DateTimeType
	TimeDeltaType
)

var columnTypeNames = [...]string{"Text", "Number", "Integer", "Boolean", "Date", "DateTime", "TimeDelta"}

// Table is the result of a query or the content of a seed, as templates hold it.
// It is never changed.
type Table struct {
	Names []string
	Types []ColumnType
	Rows  [][]jinja.Value
}

// Type is agate's class.
func (t *Table) Type() string { return "Table" }

// Truth says whether there are rows.
func (t *Table) Truth() bool { return len(t.Rows) > 0 }

// String is how the table prints.
func (t *Table) String() string {
	var b strings.Builder
	b.WriteString("| column | data_type |\n| ------ | --------- |\n")
	for i, n := range t.Names {
		fmt.Fprintf(&b, "| %s | %s |\n", n, columnTypeNames[t.Types[i]])
	}
	return b.String()
}

// Len is the number of rows.
func (t *Table) Len() int { return len(t.Rows) }

// Iterate walks the rows.
func (t *Table) Iterate() jinja.Iterator { return t.rowList().Iterate() }

// Index gives a row.
func (t *Table) Index(key jinja.Value) (jinja.Value, error) { return t.rowList().Index(key) }

func (t *Table) rowList() *jinja.List {
	out := jinja.NewList()
	for i := range t.Rows {
		out.Append(&Row{t, i})
	}
	return out
}

func names(list []string) jinja.Tuple {
	out := make(jinja.Tuple, len(list))
	for i, n := range list {
		out[i] = jinja.Str(n)
	}
	return out
}

// Attr gives agate's properties and methods.
func (t *Table) Attr(name string) (jinja.Value, error) {
	switch name {
	case "columns":
		return &columns{t}, nil
	case "rows":
		return &rows{t}, nil
	case "column_names":
		return names(t.Names), nil
	case "column_types":
		out := make(jinja.Tuple, len(t.Types))
		for i, typ := range t.Types {
			out[i] = dataType(typ)
		}
		return out, nil
	case "row_names":
		return jinja.None, nil
	}
	return tableMethods.Bind(t, name), nil
}

func dataType(t ColumnType) *object {
	return &object{class: columnTypeNames[t], text: "<agate.data_types." + strings.ToLower(columnTypeNames[t]) + "." + columnTypeNames[t] + " object>"}
}

// column finds a column by name or position.
func (t *Table) column(v jinja.Value) int {
	switch v := v.(type) {
	case jinja.Int:
		i := int(v)
		if i < 0 {
			i += len(t.Names)
		}
		if i >= 0 && i < len(t.Names) {
			return i
		}
	case jinja.Str:
		for i, n := range t.Names {
			if n == string(v) {
				return i
			}
		}
	}
	return -1
}

func (t *Table) pick(indexes []int) *Table {
	out := &Table{}
	for _, i := range indexes {
		out.Names = append(out.Names, t.Names[i])
		out.Types = append(out.Types, t.Types[i])
	}
	for _, r := range t.Rows {
		row := make([]jinja.Value, len(indexes))
		for k, i := range indexes {
			row[k] = r[i]
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (t *Table) columnArgs(v jinja.Value) ([]int, error) {
	if _, ok := v.(jinja.Str); ok {
		v = jinja.NewList(v)
	}
	var out []int
	err := jinja.Each(v, func(item jinja.Value) error {
		i := t.column(item)
		if i < 0 {
			return jinja.Raise(jinja.KeyError, "%s", jinja.Repr(item))
		}
		out = append(out, i)
		return nil
	})
	return out, err
}

func (t *Table) withRows(rows [][]jinja.Value) *Table {
	return &Table{Names: t.Names, Types: t.Types, Rows: rows}
}

func table(c *jinja.Call) *Table { return c.Self.(*Table) }

var tableMethods = jinja.NewMethods("Table",
	jinja.NewFunc("select(key)", func(c *jinja.Call) (jinja.Value, error) {
		ix, err := table(c).columnArgs(c.Args[0])
		if err != nil {
			return nil, err
		}
		return table(c).pick(ix), nil
	}),
	jinja.NewFunc("exclude(key)", func(c *jinja.Call) (jinja.Value, error) {
		t := table(c)
		ix, err := t.columnArgs(c.Args[0])
		if err != nil {
			return nil, err
		}
		var keep []int
		for i := range t.Names {
			if !slices.Contains(ix, i) {
				keep = append(keep, i)
			}
		}
		return t.pick(keep), nil
	}),
	jinja.NewFunc("rename(column_names=none, row_names=none)", func(c *jinja.Call) (jinja.Value, error) {
		t := table(c)
		out := &Table{Names: append([]string(nil), t.Names...), Types: t.Types, Rows: t.Rows}
		switch v := c.Args[0].(type) {
		case *jinja.Dict:
			for i, n := range t.Names {
				if to, ok := v.GetStr(n); ok {
					out.Names[i] = to.String()
				}
			}
		case *jinja.List:
			for i := range min(len(v.Items), len(out.Names)) {
				out.Names[i] = v.Items[i].String()
			}
		}
		return out, nil
	}),
	jinja.NewFunc("where(test)", func(c *jinja.Call) (jinja.Value, error) {
		t := table(c)
		var rows [][]jinja.Value
		for i := range t.Rows {
			ok, err := c.Thread.Call(c.Args[0], []jinja.Value{&Row{t, i}}, nil)
			if err != nil {
				return nil, err
			}
			if ok.Truth() {
				rows = append(rows, t.Rows[i])
			}
		}
		return t.withRows(rows), nil
	}),
	jinja.NewFunc("limit(start_or_stop=none, stop=none, step=none)", func(c *jinja.Call) (jinja.Value, error) {
		t := table(c)
		start, stop := 0, len(t.Rows)
		if c.Args[1] != jinja.Value(jinja.None) {
			start, stop = int(c.Int(0)), int(c.Int(1))
		} else if c.Args[0] != jinja.Value(jinja.None) {
			stop = int(c.Int(0))
		}
		start = max(0, min(start, len(t.Rows)))
		stop = max(start, min(stop, len(t.Rows)))
		return t.withRows(t.Rows[start:stop]), nil
	}),
	jinja.NewFunc("order_by(key, reverse=false)", func(c *jinja.Call) (jinja.Value, error) {
		return table(c).orderBy(c)
	}),
	jinja.NewFunc("distinct(key=none)", func(c *jinja.Call) (jinja.Value, error) {
		return table(c).distinct(c)
	}),
	jinja.NewFunc("print_table(max_rows=20, max_columns=6, output=none, max_column_width=20, locale=none, max_precision=3)", func(c *jinja.Call) (jinja.Value, error) {
		if e, ok := c.Thread.Host.(*Context); ok {
			e.shared.Print(strings.TrimSuffix(table(c).Render(int(c.Int(0)), int(c.Int(1)), int(c.Int(3))), "\n"))
		}
		return jinja.None, nil
	}),
)

func (t *Table) orderBy(c *jinja.Call) (jinja.Value, error) {
	ix, err := t.columnArgs(c.Args[0])
	if err != nil {
		return nil, err
	}
	out := slices.Clone(t.Rows)
	var failed error
	slices.SortStableFunc(out, func(a, b []jinja.Value) int {
		for _, i := range ix {
			if n := compareCells(a[i], b[i], &failed); n != 0 {
				if c.Bool(1) {
					return -n
				}
				return n
			}
		}
		return 0
	})
	return t.withRows(out), failed
}

// compareCells orders two cells; nulls come last, as in agate.
func compareCells(a, b jinja.Value, failed *error) int {
	an, bn := a == jinja.Value(jinja.None), b == jinja.Value(jinja.None)
	switch {
	case an && bn:
		return 0
	case an:
		return 1
	case bn:
		return -1
	}
	n, err := jinja.Compare(a, b)
	if err != nil {
		*failed = err
	}
	return n
}

func (t *Table) distinct(c *jinja.Call) (jinja.Value, error) {
	ix := make([]int, len(t.Names))
	for i := range ix {
		ix[i] = i
	}
	if c.Args[0] != jinja.Value(jinja.None) {
		var err error
		if ix, err = t.columnArgs(c.Args[0]); err != nil {
			return nil, err
		}
	}
	seen := jinja.NewDict()
	var out [][]jinja.Value
	for _, r := range t.Rows {
		key := make(jinja.Tuple, len(ix))
		for k, i := range ix {
			key[k] = r[i]
		}
		if _, ok := seen.Get(key); !ok {
			seen.Set(key, jinja.None)
			out = append(out, r)
		}
	}
	return t.withRows(out), nil
}

// Render draws the table with bars, at most maxRows rows, maxColumns columns and
// maxWidth characters in a cell; 0 is no limit.
func (t *Table) Render(maxRows, maxColumns, maxWidth int) string {
	cols := len(t.Names)
	moreColumns := maxColumns > 0 && cols > maxColumns
	if moreColumns {
		cols = maxColumns
	}
	rowCount := len(t.Rows)
	moreRows := maxRows > 0 && rowCount > maxRows
	if moreRows {
		rowCount = maxRows
	}
	cell := func(s string) string {
		if r := []rune(s); maxWidth > 0 && len(r) > maxWidth {
			return string(r[:maxWidth-3]) + "..."
		}
		return s
	}
	grid := make([][]string, 0, rowCount+2)
	head := make([]string, 0, cols+1)
	for _, n := range t.Names[:cols] {
		head = append(head, cell(n))
	}
	grid = append(grid, head)
	for _, r := range t.Rows[:rowCount] {
		line := make([]string, 0, cols+1)
		for i, v := range r[:cols] {
			line = append(line, cell(t.show(v, t.Types[i])))
		}
		grid = append(grid, line)
	}
	if moreRows {
		line := make([]string, cols)
		for i := range line {
			line[i] = "..."
		}
		grid = append(grid, line)
	}
	if moreColumns {
		for i := range grid {
			grid[i] = append(grid[i], "...")
		}
	}
	width := make([]int, len(grid[0]))
	for _, line := range grid {
		for i, s := range line {
			width[i] = max(width[i], len([]rune(s)))
		}
	}
	var b strings.Builder
	for r, line := range grid {
		b.WriteString("|")
		for i, s := range line {
			pad := strings.Repeat(" ", width[i]-len([]rune(s)))
			if r > 0 && i < len(t.Types) && i < cols && rightAligned(t.Types[i]) {
				b.WriteString(" " + pad + s + " |")
			} else {
				b.WriteString(" " + s + pad + " |")
			}
		}
		b.WriteString("\n")
		if r == 0 {
			b.WriteString("|")
			for _, w := range width {
				b.WriteString(" " + strings.Repeat("-", w) + " |")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func rightAligned(t ColumnType) bool { return t == NumberType || t == IntegerType }

// show is a cell as print_table writes it.
func (t *Table) show(v jinja.Value, typ ColumnType) string {
	if v == jinja.Value(jinja.None) {
		return ""
	}
	if rightAligned(typ) {
		return groupThousands(v.String())
	}
	return v.String()
}

func groupThousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	if strings.ContainsAny(s, "eE") {
		return sign + s
	}
	if len(frac) > 3 {
		if f, err := strconv.ParseFloat("0."+frac, 64); err == nil {
			frac = strings.TrimRight(strconv.FormatFloat(f, 'f', 3, 64)[2:], "0") + "…"
		}
	}
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if frac != "" {
		return sign + b.String() + "." + frac
	}
	return sign + b.String()
}

// rows is table.rows.
type rows struct{ t *Table }

// Type is agate's class.
func (rows) Type() string { return "MappedSequence" }

// Truth says whether there are rows.
func (r rows) Truth() bool { return len(r.t.Rows) > 0 }

// String shows the rows.
func (r rows) String() string { return jinja.Repr(r.t.rowList()) }

// Len is the number of rows.
func (r rows) Len() int { return len(r.t.Rows) }

// Iterate walks the rows.
func (r rows) Iterate() jinja.Iterator { return r.t.Iterate() }

// Index gives a row by position.
func (r rows) Index(key jinja.Value) (jinja.Value, error) { return r.t.Index(key) }

// Attr gives the methods.
func (r rows) Attr(name string) (jinja.Value, error) { return rowsMethods.Bind(r.t, name), nil }

var rowsMethods = jinja.NewMethods("MappedSequence",
	jinja.NewFunc("values()", func(c *jinja.Call) (jinja.Value, error) { return jinja.Tuple(table(c).rowList().Items), nil }),
	jinja.NewFunc("keys()", func(c *jinja.Call) (jinja.Value, error) { return jinja.None, nil }),
)

// Row is one row of a table.
type Row struct {
	t *Table
	i int
}

func (r *Row) vals() []jinja.Value { return r.t.Rows[r.i] }

// Type is agate's class.
func (r *Row) Type() string { return "Row" }

// Truth says whether there are values.
func (r *Row) Truth() bool { return len(r.vals()) > 0 }

// String shows the values.
func (r *Row) String() string { return "<agate.Row: " + jinja.Repr(jinja.Tuple(r.vals())) + ">" }

// Len is the number of values.
func (r *Row) Len() int { return len(r.vals()) }

// Iterate walks the values.
func (r *Row) Iterate() jinja.Iterator { return jinja.Tuple(r.vals()).Iterate() }

// Contains says whether a value is in the row.
func (r *Row) Contains(v jinja.Value) (bool, error) { return jinja.Tuple(r.vals()).Contains(v) }

// Index gives a value by position or column name.
func (r *Row) Index(key jinja.Value) (jinja.Value, error) {
	if _, ok := key.(jinja.Int); ok {
		return jinja.Tuple(r.vals()).Index(key)
	}
	if i := r.t.column(key); i >= 0 {
		return r.vals()[i], nil
	}
	return nil, nil
}

// Equal compares the values.
func (r *Row) Equal(other jinja.Value) bool {
	switch o := other.(type) {
	case *Row:
		return jinja.Equal(jinja.Tuple(r.vals()), jinja.Tuple(o.vals()))
	case jinja.Tuple:
		return jinja.Equal(jinja.Tuple(r.vals()), o)
	}
	return false
}

// Attr gives the methods; columns are items.
func (r *Row) Attr(name string) (jinja.Value, error) { return rowMethods.Bind(r, name), nil }

func row(c *jinja.Call) *Row { return c.Self.(*Row) }

func rowDict(r *Row) *jinja.Dict {
	d := jinja.NewOrderedDict()
	for i, n := range r.t.Names {
		d.SetStr(n, r.vals()[i])
	}
	return d
}

var rowMethods = jinja.NewMethods("Row",
	jinja.NewFunc("values()", func(c *jinja.Call) (jinja.Value, error) { return jinja.Tuple(row(c).vals()), nil }),
	jinja.NewFunc("keys()", func(c *jinja.Call) (jinja.Value, error) { return names(row(c).t.Names), nil }),
	jinja.NewFunc("dict()", func(c *jinja.Call) (jinja.Value, error) { return rowDict(row(c)), nil }),
	jinja.NewFunc("items()", func(c *jinja.Call) (jinja.Value, error) {
		out := jinja.NewList()
		for i, n := range row(c).t.Names {
			out.Append(jinja.Tuple{jinja.Str(n), row(c).vals()[i]})
		}
		return out, nil
	}),
	jinja.NewFunc("get(key, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		if i := row(c).t.column(c.Args[0]); i >= 0 {
			return row(c).vals()[i], nil
		}
		return c.Args[1], nil
	}),
)

// columns is table.columns.
type columns struct{ t *Table }

// Type is agate's class.
func (columns) Type() string { return "MappedSequence" }

// Truth says whether there are columns.
func (c columns) Truth() bool { return len(c.t.Names) > 0 }

// String shows the columns.
func (c columns) String() string { return jinja.Repr(c.list()) }

// Len is the number of columns.
func (c columns) Len() int { return len(c.t.Names) }

func (c columns) list() *jinja.List {
	out := jinja.NewList()
	for i := range c.t.Names {
		out.Append(&tableColumn{c.t, i})
	}
	return out
}

// Iterate walks the columns.
func (c columns) Iterate() jinja.Iterator { return c.list().Iterate() }

// Index gives a column by position or name.
func (c columns) Index(key jinja.Value) (jinja.Value, error) {
	if i := c.t.column(key); i >= 0 {
		return &tableColumn{c.t, i}, nil
	}
	return nil, nil
}

// Attr gives the methods.
func (c columns) Attr(name string) (jinja.Value, error) { return columnsMethods.Bind(c.t, name), nil }

var columnsMethods = jinja.NewMethods("MappedSequence",
	jinja.NewFunc("keys()", func(c *jinja.Call) (jinja.Value, error) { return names(table(c).Names), nil }),
	jinja.NewFunc("values()", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Tuple(columns{table(c)}.list().Items), nil
	}),
	jinja.NewFunc("items()", func(c *jinja.Call) (jinja.Value, error) {
		out := jinja.NewList()
		for i, n := range table(c).Names {
			out.Append(jinja.Tuple{jinja.Str(n), &tableColumn{table(c), i}})
		}
		return out, nil
	}),
	jinja.NewFunc("get(key, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		if i := table(c).column(c.Args[0]); i >= 0 {
			return &tableColumn{table(c), i}, nil
		}
		return c.Args[1], nil
	}),
)

// tableColumn is one column of a table.
type tableColumn struct {
	t *Table
	i int
}

// Type is agate's class.
func (*tableColumn) Type() string { return "Column" }

// Truth says whether there are values.
func (c *tableColumn) Truth() bool { return len(c.t.Rows) > 0 }

// String shows the values.
func (c *tableColumn) String() string { return "<agate.Column: " + jinja.Repr(c.values()) + ">" }

// Len is the number of values.
func (c *tableColumn) Len() int { return len(c.t.Rows) }

func (c *tableColumn) values() jinja.Tuple {
	out := make(jinja.Tuple, len(c.t.Rows))
	for i, r := range c.t.Rows {
		out[i] = r[c.i]
	}
	return out
}

// Iterate walks the values.
func (c *tableColumn) Iterate() jinja.Iterator { return c.values().Iterate() }

// Index gives a value by row.
func (c *tableColumn) Index(key jinja.Value) (jinja.Value, error) { return c.values().Index(key) }

// Contains says whether a value is in the column.
func (c *tableColumn) Contains(v jinja.Value) (bool, error) { return c.values().Contains(v) }

// Attr gives the properties and methods.
func (c *tableColumn) Attr(name string) (jinja.Value, error) {
	switch name {
	case "name":
		return jinja.Str(c.t.Names[c.i]), nil
	case "index":
		return jinja.Int(c.i), nil
	case "data_type":
		return dataType(c.t.Types[c.i]), nil
	}
	return tableColumnMethods.Bind(c, name), nil
}

var tableColumnMethods = jinja.NewMethods("Column",
	jinja.NewFunc("values()", func(c *jinja.Call) (jinja.Value, error) { return c.Self.(*tableColumn).values(), nil }),
	jinja.NewFunc("values_distinct()", func(c *jinja.Call) (jinja.Value, error) {
		seen := jinja.NewDict()
		for _, v := range c.Self.(*tableColumn).values() {
			seen.Set(v, jinja.None)
		}
		return jinja.Tuple(seen.Keys()), nil
	}),
	jinja.NewFunc("values_without_nulls()", func(c *jinja.Call) (jinja.Value, error) {
		out := jinja.Tuple{}
		for _, v := range c.Self.(*tableColumn).values() {
			if v != jinja.Value(jinja.None) {
				out = append(out, v)
			}
		}
		return out, nil
	}),
	jinja.NewFunc("values_sorted()", func(c *jinja.Call) (jinja.Value, error) {
		out := slices.Clone(c.Self.(*tableColumn).values())
		var failed error
		slices.SortStableFunc(out, func(a, b jinja.Value) int { return compareCells(a, b, &failed) })
		return out, failed
	}),
)

// collector is a Sink that keeps a whole result.
type collector struct {
	cols  []adapters.Column
	rows  [][]any
	limit int // rows to keep; -1 for all
}

// Columns keeps the columns.
func (c *collector) Columns(cols []adapters.Column) error {
	c.cols = append([]adapters.Column(nil), cols...)
	return nil
}

// Row keeps a copy of a row.
func (c *collector) Row(row []any) error {
	if c.limit >= 0 && len(c.rows) >= c.limit {
		return nil
	}
	c.rows = append(c.rows, append([]any(nil), row...))
	return nil
}

// table gives the columns agate's types, which follow the values.
func (c *collector) table() *Table {
	t := &Table{}
	seen := map[string]int{}
	for _, col := range c.cols {
		name := col.Name
		if n := seen[name]; n > 0 {
			name += "_" + strconv.Itoa(n+1)
		}
		seen[col.Name]++
		t.Names = append(t.Names, name)
	}
	t.Types = make([]ColumnType, len(t.Names))
	for i := range t.Names {
		t.Types[i] = c.columnType(i)
	}
	for _, r := range c.rows {
		row := make([]jinja.Value, len(t.Names))
		for i := range row {
			row[i] = cell(r[i], t.Types[i], zoned(c.cols[i].Type))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (c *collector) columnType(i int) ColumnType {
	typ, known := IntegerType, false
	merge := func(t ColumnType) {
		switch {
		case !known:
			typ, known = t, true
		case typ == t:
		case typ == IntegerType && t == NumberType, typ == NumberType && t == IntegerType:
			typ = NumberType
		default:
			typ = TextType
		}
	}
	for _, r := range c.rows {
		switch r[i].(type) {
		case nil:
		case bool:
			merge(BooleanType)
		case int64:
			merge(IntegerType)
		case float64, adapters.Decimal:
			merge(NumberType)
		case adapters.Date:
			merge(DateType)
		case time.Time:
			merge(DateTimeType)
		default:
			merge(TextType)
		}
	}
	return typ
}

// zoned says whether a column type keeps a time zone.
func zoned(typ string) bool {
	typ = strings.ToUpper(typ)
	return strings.Contains(typ, "WITH TIME ZONE") || strings.Contains(typ, "TIMESTAMPTZ") || strings.Contains(typ, "TIMESTAMP_TZ")
}

// cell turns a driver's value into a template's.
func cell(v any, typ ColumnType, zoned bool) jinja.Value {
	switch v := v.(type) {
	case nil:
		return jinja.None
	case []byte:
		return jinja.Str(v)
	case adapters.Decimal:
		if typ == TextType {
			return jinja.Str(v)
		}
		if d, ok := jinja.NewDecimal(string(v)); ok {
			return d
		}
		return jinja.Str(v)
	case float64:
		if typ == NumberType {
			if d, ok := jinja.NewDecimal(jinja.Float(v).String()); ok {
				return d
			}
		}
		return jinja.Float(v)
	case adapters.Date:
		t, err := time.Parse(time.DateOnly, string(v))
		if err != nil {
			return jinja.Str(v)
		}
		return jinja.NewDate(t.Year(), int(t.Month()), t.Day())
	case time.Time:
		if zoned {
			return jinja.NewDateTime(v)
		}
		return jinja.NewNaive(v)
	case int64:
		if typ == NumberType {
			if d, ok := jinja.NewDecimal(strconv.FormatInt(v, 10)); ok {
				return d
			}
		}
	}
	return jinja.FromGo(v)
}
