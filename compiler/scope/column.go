package scope

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Column is a column as templates hold it (api.Column). It is never changed.
type Column struct {
	Dialect   *adapters.Dialect
	Name      string
	DType     string
	Size      jinja.Value // char_size; None or Int
	Precision jinja.Value
	Scale     jinja.Value

	Collation string    // Snowflake: how text compares; empty for the usual way
	Fields    []*Column // BigQuery: of a record
	Mode      string    // BigQuery: NULLABLE, REQUIRED or REPEATED
}

func newColumnOf(d *adapters.Dialect, name, dtype string) *Column {
	c := &Column{Dialect: d, Name: name, DType: dtype, Size: jinja.None, Precision: jinja.None, Scale: jinja.None}
	if d.Name == "bigquery" {
		c.Mode = "NULLABLE"
	}
	return c
}

// ColumnFrom reads a type such as VARCHAR(10) or DECIMAL(18,3) into its parts.
func ColumnFrom(d *adapters.Dialect, name, raw string) *Column {
	if d.Name == "bigquery" {
		return bigQueryColumn(d, name, raw)
	}
	c := newColumnOf(d, name, raw)
	if d.Name == "snowflake" {
		raw = c.snowflakeType(raw)
	}
	base, rest, ok := strings.Cut(raw, "(")
	if !ok {
		return c
	}
	inner, tail, closed := strings.Cut(rest, ")")
	if !closed || strings.TrimSpace(tail) != "" {
		return c
	}
	var nums []int64
	for _, p := range strings.Split(inner, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(p), 10, 64)
		if err != nil {
			return c
		}
		nums = append(nums, n)
	}
	switch len(nums) {
	case 1:
		c.DType, c.Size = base, jinja.Int(nums[0])
	case 2:
		c.DType, c.Precision, c.Scale = base, jinja.Int(nums[0]), jinja.Int(nums[1])
	default:
		c.DType = base
	}
	return c
}

// Type is the Python class.
func (c *Column) Type() string { return c.Dialect.Class + "Column" }

// Truth is true.
func (c *Column) Truth() bool { return true }

// String is Python's text of a dataclass.
func (c *Column) String() string {
	more := ""
	switch c.Dialect.Name {
	case "duckdb":
		more = ", fields=[]"
	case "snowflake":
		more = ", collation=" + jinja.Repr(strOrNone(c.Collation))
	case "bigquery":
		return fmt.Sprintf("<BigQueryColumn %s (%s, %s)>", c.Name, c.DataType(), c.Mode)
	}
	return fmt.Sprintf("%s(column=%s, dtype=%s, char_size=%s, numeric_precision=%s, numeric_scale=%s%s)", c.Type(),
		jinja.Repr(jinja.Str(c.Name)), jinja.Repr(jinja.Str(c.DType)), jinja.Repr(c.Size), jinja.Repr(c.Precision), jinja.Repr(c.Scale), more)
}

// Equal compares all parts.
func (c *Column) Equal(other jinja.Value) bool {
	o, ok := other.(*Column)
	return ok && c.Name == o.Name && c.DType == o.DType && c.Collation == o.Collation && c.Mode == o.Mode &&
		slices.EqualFunc(c.Fields, o.Fields, func(a, b *Column) bool { return a.Equal(b) }) && jinja.Equal(c.Size, o.Size) &&
		jinja.Equal(c.Precision, o.Precision) && jinja.Equal(c.Scale, o.Scale)
}

func (c *Column) is(types []string) bool { return slices.Contains(types, strings.ToLower(c.DType)) }

func (c *Column) isString() bool  { return c.is(c.Dialect.StringTypes) }
func (c *Column) isInteger() bool { return c.is(c.Dialect.IntegerTypes) }
func (c *Column) isFloat() bool   { return c.is(c.Dialect.FloatTypes) }
func (c *Column) isNumeric() bool { return c.is(c.Dialect.NumericTypes) }

func (c *Column) stringSize() (int64, error) {
	if !c.isString() {
		return 0, fail(source.Runtime, "Called string_size() on non-string field!")
	}
	if n, ok := c.Size.(jinja.Int); ok && !strings.EqualFold(c.DType, "text") {
		return int64(n), nil
	}
	return int64(c.Dialect.StringSize), nil
}

// DataType is the type as DDL has it.
func (c *Column) DataType() string {
	switch {
	case c.Dialect.Name == "bigquery":
		return c.bigQueryType()
	case c.isString():
		if c.Dialect.Name == "postgres" {
			if strings.EqualFold(c.DType, "text") || strings.EqualFold(c.DType, "character varying") && c.Size == jinja.Value(jinja.None) {
				return c.DType
			}
		}
		n, _ := c.stringSize()
		return fmt.Sprintf("character varying(%d)", n)
	case c.isNumeric():
		return numericType(c.DType, c.Precision, c.Scale)
	}
	return c.DType
}

func numericType(dtype string, precision, scale jinja.Value) string {
	if precision == jinja.Value(jinja.None) || scale == jinja.Value(jinja.None) {
		return dtype
	}
	return fmt.Sprintf("%s(%s,%s)", dtype, precision, scale)
}

// Names are the attributes that templates most often want, for hints.
func (c *Column) Names() []string {
	return slices.AppendSeq(strings.Fields("name column quoted dtype data_type char_size numeric_precision numeric_scale"), maps.Keys(columnMethods))
}

// Attr gives the properties and methods.
func (c *Column) Attr(name string) (jinja.Value, error) {
	switch name {
	case "column", "name":
		return jinja.Str(c.Name), nil
	case "dtype":
		return jinja.Str(c.DType), nil
	case "char_size":
		return c.Size, nil
	case "numeric_precision":
		return c.Precision, nil
	case "numeric_scale":
		return c.Scale, nil
	case "quoted":
		return jinja.Str(string(c.Dialect.Quote[0]) + c.Name + string(c.Dialect.Quote[1])), nil
	case "data_type":
		return jinja.Str(c.DataType()), nil
	case "expanded_data_type":
		return jinja.Str(c.expandedType()), nil
	}
	if v := c.special(name); v != nil {
		return v, nil
	}
	if v := columnMethods.Bind(c, name); v != nil {
		return v, nil
	}
	return columnClass{c.Dialect}.Attr(name)
}

func predicate(sig string, f func(*Column) bool) *jinja.Func {
	return jinja.NewFunc(sig, func(c *jinja.Call) (jinja.Value, error) { return jinja.Bool(f(c.Self.(*Column))), nil })
}

var columnMethods = jinja.NewMethods("Column",
	predicate("is_string()", (*Column).isString),
	predicate("is_integer()", (*Column).isInteger),
	predicate("is_float()", (*Column).isFloat),
	predicate("is_numeric()", (*Column).isNumeric),
	predicate("is_number()", func(c *Column) bool { return c.isInteger() || c.isNumeric() || c.isFloat() }),
	predicate("is_array()", func(c *Column) bool { return strings.HasPrefix(strings.ToLower(c.DType), "array") }),
	predicate("is_object()", func(c *Column) bool { return strings.HasPrefix(strings.ToLower(c.DType), "object") }),
	predicate("is_map()", func(c *Column) bool { return strings.HasPrefix(strings.ToLower(c.DType), "map") }),
	predicate("is_vector()", func(c *Column) bool { return strings.HasPrefix(strings.ToLower(c.DType), "vector") }),
	predicate("is_struct()", func(c *Column) bool { return strings.HasPrefix(strings.ToLower(c.DType), "struct") }),
	jinja.NewFunc("string_size()", func(c *jinja.Call) (jinja.Value, error) {
		n, err := c.Self.(*Column).stringSize()
		return jinja.Int(n), err
	}),
	jinja.NewFunc("can_expand_to(other_column)", func(c *jinja.Call) (jinja.Value, error) {
		a, b := c.Self.(*Column), asColumn(c.Args[0])
		if b == nil || !a.isString() || !b.isString() {
			return jinja.Bool(false), nil
		}
		if a.Dialect.Name == "bigquery" {
			return jinja.Bool(true), nil
		}
		m, _ := a.stringSize()
		n, _ := b.stringSize()
		return jinja.Bool(n > m), nil
	}),
	jinja.NewFunc("literal(value)", func(c *jinja.Call) (jinja.Value, error) {
		col := c.Self.(*Column)
		if col.Dialect.Name == "bigquery" {
			return jinja.Str("cast(" + c.Str(0) + " as " + col.DType + ")"), nil
		}
		return jinja.Str(c.Str(0) + "::" + col.DataType()), nil
	}),
	jinja.NewFunc("flatten()", func(c *jinja.Call) (jinja.Value, error) {
		out := jinja.NewList()
		for _, col := range c.Self.(*Column).flatten("") {
			out.Append(col)
		}
		return out, nil
	}),
)

func asColumn(v jinja.Value) *Column {
	c, _ := v.(*Column)
	return c
}

// columnClass is api.Column.
type columnClass struct{ dialect *adapters.Dialect }

// Type is Python's.
func (columnClass) Type() string { return "type" }

// Truth is true.
func (columnClass) Truth() bool { return true }

// String is how the class prints.
func (c columnClass) String() string { return "<class '" + c.dialect.Class + "Column'>" }

// Call makes a column.
func (c columnClass) Call(t *jinja.Thread, args []jinja.Value, kwargs []jinja.Kwarg) (jinja.Value, error) {
	if c.dialect.Name == "bigquery" {
		return t.Call(newBigQueryColumn.Bind(c, "Column"), args, kwargs)
	}
	return t.Call(newColumn.Bind(c, "Column"), args, kwargs)
}

// Attr gives the functions of the class.
func (c columnClass) Attr(name string) (jinja.Value, error) {
	return columnClassMethods.Bind(c, name), nil
}

var newColumn = jinja.NewMethods("Column",
	jinja.NewFunc("Column(column, dtype, char_size=none, numeric_precision=none, numeric_scale=none)", func(c *jinja.Call) (jinja.Value, error) {
		col := newColumnOf(c.Self.(columnClass).dialect, c.Str(0), c.Str(1))
		col.Size, col.Precision, col.Scale = c.Args[2], c.Args[3], c.Args[4]
		return col, nil
	}),
)

var newBigQueryColumn = jinja.NewMethods("Column",
	jinja.NewFunc("Column(column, dtype, fields=none, mode='NULLABLE')", func(c *jinja.Call) (jinja.Value, error) {
		col := newColumnOf(c.Self.(columnClass).dialect, c.Str(0), c.Str(1))
		col.Mode = c.Str(3)
		if !c.Args[2].Truth() {
			return col, nil
		}
		return col, jinja.Each(c.Args[2], func(v jinja.Value) error {
			field := asColumn(v)
			if field == nil {
				return fail(source.Compilation, "a field of column %s is %s, not a column", col.Name, v.Type())
			}
			col.Fields = append(col.Fields, field)
			return nil
		})
	}),
)

var columnClassMethods = jinja.NewMethods("Column",
	jinja.NewFunc("create(name, label_or_dtype)", func(c *jinja.Call) (jinja.Value, error) {
		d := c.Self.(columnClass).dialect
		return newColumnOf(d, c.Str(0), translateType(d, c.Str(1))), nil
	}),
	jinja.NewFunc("translate_type(dtype)", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Str(translateType(c.Self.(columnClass).dialect, c.Str(0))), nil
	}),
	jinja.NewFunc("string_type(size)", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Str("character varying(" + c.Str(0) + ")"), nil
	}),
	jinja.NewFunc("numeric_type(dtype, precision, scale)", func(c *jinja.Call) (jinja.Value, error) {
		if c.Self.(columnClass).dialect.Name == "bigquery" {
			return c.Args[0], nil
		}
		return jinja.Str(numericType(c.Str(0), c.Args[1], c.Args[2])), nil
	}),
	jinja.NewFunc("get_struct_select_expression(column_name, data_type)", func(c *jinja.Call) (jinja.Value, error) {
		return str(structSelect(c.Str(0), c.Str(1))), nil
	}),
	jinja.NewFunc("from_description(name, raw_data_type)", func(c *jinja.Call) (jinja.Value, error) {
		return ColumnFrom(c.Self.(columnClass).dialect, c.Str(0), c.Str(1)), nil
	}),
)

// typeLabels are the names of types that any warehouse understands.
var typeLabels = map[string]map[string]string{
	"bigquery": {"TEXT": "STRING", "FLOAT": "FLOAT64", "INTEGER": "INT64"},
	"":         {"STRING": "TEXT"},
}

func translateType(d *adapters.Dialect, dtype string) string {
	labels := typeLabels[d.Name]
	if labels == nil {
		labels = typeLabels[""]
	}
	if t, ok := labels[strings.ToUpper(dtype)]; ok {
		return t
	}
	return dtype
}

// special gives attributes that columns of one warehouse have; nil for none.
func (c *Column) special(name string) jinja.Value {
	switch c.Dialect.Name + "." + name {
	case "snowflake.collation":
		return strOrNone(c.Collation)
	case "bigquery.mode":
		return jinja.Str(c.Mode)
	case "bigquery.fields":
		out := jinja.NewList()
		for _, f := range c.Fields {
			out.Append(f)
		}
		return out
	}
	return nil
}

// expandedType is the type with all that a new column needs to be the same.
func (c *Column) expandedType() string {
	if c.Collation != "" && c.isString() {
		return c.DataType() + " collate '" + c.Collation + "'"
	}
	return c.DataType()
}

// opaqueTypes are Snowflake types whose parentheses hold types, not sizes.
var opaqueTypes = []string{"array", "object", "map", "vector"}

// snowflakeType takes the collation off a type, and gives a type without
// parentheses for those that are not to be read.
func (c *Column) snowflakeType(raw string) string {
	folded := strings.ToLower(raw)
	for _, t := range opaqueTypes {
		if strings.HasPrefix(folded, t) {
			return ""
		}
	}
	if at := strings.Index(folded, " collate "); at >= 0 {
		c.Collation = strings.Trim(strings.TrimSpace(raw[at+len(" collate "):]), "'")
		raw = strings.TrimSpace(raw[:at])
		c.DType = raw
	}
	return raw
}

// bigQueryType is the type as DDL has it, records written out.
func (c *Column) bigQueryType() string {
	text := c.DType
	if folded := strings.ToUpper(c.DType); folded == "RECORD" || folded == "STRUCT" {
		fields := make([]string, len(c.Fields))
		for i, f := range c.Fields {
			fields[i] = "`" + f.Name + "` " + f.bigQueryType()
		}
		text = "STRUCT<" + strings.Join(fields, ", ") + ">"
	}
	if strings.EqualFold(c.Mode, "REPEATED") {
		return "ARRAY<" + text + ">"
	}
	return text
}

// flatten gives a column, or instead of a record its fields by their dotted names.
func (c *Column) flatten(prefix string) []*Column {
	own := *c
	own.Name = prefix + c.Name
	if len(c.Fields) == 0 || c.Mode == "REPEATED" {
		return []*Column{&own}
	}
	var out []*Column
	for _, f := range c.Fields {
		out = append(out, f.flatten(own.Name+".")...)
	}
	return out
}
