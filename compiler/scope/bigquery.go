package scope

import (
	"slices"
	"strings"

	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// viaMacro makes a method of adapter that a macro of the name bigquery_<method>
// carries out, so that its SQL can be seen and overridden.
func viaMacro(sig string, parsing func(*Context) jinja.Value) *jinja.Func {
	name, _, _ := strings.Cut(sig, "(")
	return atRun(sig, parsing, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		return ctx.callHere(c.Thread, "bigquery_"+name, c.Args...)
	})
}

// callHere runs a macro with the names of the node that is rendered, unlike callMacro.
func (c *Context) callHere(t *jinja.Thread, name string, args ...jinja.Value) (jinja.Value, error) {
	mac := c.shared.Macros.Anywhere(name)
	if mac == nil {
		return nil, fail(source.Compilation, "dbt could not find a macro with the name '%s' in any package", name)
	}
	return t.Call(mac.Value, args, nil)
}

// noInterface makes a method for what BigQuery does through its own interface only.
func noInterface(sig string) *jinja.Func {
	return atRun(sig, none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		name, _, _ := strings.Cut(sig, "(")
		return nil, fail(source.Runtime, "adapter.%s needs BigQuery's own interface, as there is no SQL for it; this version of weft does not use it", name)
	})
}

func noDict(*Context) jinja.Value    { return jinja.NewDict() }
func trueValue(*Context) jinja.Value { return jinja.Bool(true) }
func noText(*Context) jinja.Value    { return str("") }
func noTable(*Context) jinja.Value   { return &Table{} }

// bigQueryMethods are the methods of adapter that only BigQuery has.
var bigQueryMethods = jinja.NewMethods("adapter",
	atRun("list_schemas(database)", noList, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		names, err := ctx.Schemas(c.Thread, c.Str(0))
		return strs(names), err
	}),
	atRun("list_relations_without_caching(schema_relation)", noList, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		return ctx.callMacro(c.Thread, "list_relations_without_caching", c.Args[0])
	}),
	jinja.NewFunc("parse_partition_by(raw_partition_by)", parsePartitionBy),
	jinja.NewFunc("nest_column_data_types(columns, constraints=none)", func(c *jinja.Call) (jinja.Value, error) {
		return nestColumns(c.Args[0], c.Args[1]), nil
	}),
	jinja.NewFunc("add_time_ingestion_partition_column(partition_by, columns)", func(c *jinja.Call) (jinja.Value, error) {
		p, ok := c.Args[0].(*partition)
		if !ok {
			return c.Args[1], nil
		}
		out := jinja.NewList()
		err := jinja.Each(c.Args[1], func(v jinja.Value) error {
			if col := asColumn(v); col == nil || !strings.EqualFold(col.Name, p.pseudoColumn()) {
				out.Append(v)
			}
			return nil
		})
		out.Append(newColumnOf(adp(c).shared.Dialect, p.insertable(), p.dataType))
		return out, err
	}),
	jinja.NewFunc("render_raw_columns_constraints(raw_columns)", func(c *jinja.Call) (jinja.Value, error) {
		ctx := adp(c)
		cols, ok := c.Args[0].(*jinja.Dict)
		if !ok {
			return jinja.NewList(), nil
		}
		constraints := jinja.NewDict()
		for key, col := range cols.All() {
			text, err := ctx.constraintsOf(col)
			if err != nil {
				return nil, err
			}
			constraints.Set(key, str(text))
		}
		out := jinja.NewList()
		for _, col := range nestColumns(cols, constraints).All() {
			out.Append(str(join(ctx.columnName(col), attrText(col, "data_type"))))
		}
		return out, nil
	}),
	viaMacro("get_columns_and_pseudocolumns_for_relation(relation)", noList),
	viaMacro("copy_table(source, destination, materialization)", noText),
	viaMacro("get_columns_in_select_sql(select_sql)", falseValue),
	viaMacro("is_replaceable(relation, conf_partition, conf_cluster)", trueValue),
	viaMacro("update_columns(relation, columns)", none),
	viaMacro("update_table_description(database, schema, identifier, description)", none),
	viaMacro("alter_table_add_remove_columns(relation, add_columns, remove_columns)", none),
	atRun("alter_table_add_columns(relation, columns)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		return ctx.callHere(c.Thread, "bigquery_alter_table_add_remove_columns", c.Args[0], c.Args[1], jinja.None)
	}),
	viaMacro("get_common_options(config, node, temporary=false)", noDict),
	viaMacro("get_table_options(config, node, temporary)", noDict),
	viaMacro("get_view_options(config, node)", noDict),
	viaMacro("get_dataset_location(relation)", none),
	viaMacro("get_partitions_metadata(table)", noTable),
	atRun("get_bq_table(relation)", trueValue, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		return ctx.callHere(c.Thread, "load_cached_relation", c.Args[0])
	}),
	atRun("sync_struct_columns(on_schema_change, source_relation, target_relation, schema_changes_dict)", noDict, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		return c.Args[3], nil
	}),
	atRun("describe_relation(relation)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) { return jinja.None, nil }),
	noInterface("grant_access_to(entity, entity_type, role, grant_target_dict)"),
	noInterface("upload_file(local_file_path, database, table_schema, table_name, **kwargs)"),
	atRun("load_dataframe(database, schema, table_name, agate_table, column_override, field_delimiter=',')", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		load, err := jinja.GetAttr(c.Self, "load_rows")
		if err != nil {
			return nil, err
		}
		r := NewRelation(ctx.shared.Dialect, c.Str(0), c.Str(1), c.Str(2))
		return c.Thread.Call(load, []jinja.Value{r, c.Args[3], c.Args[4]}, nil)
	}),
	// same_layout says whether a table's DDL has the partitions and the clustering
	// that are asked for.
	jinja.NewFunc("same_layout(ddl, partition_clause, cluster_by)", func(c *jinja.Call) (jinja.Value, error) {
		var keys []string
		err := jinja.Each(c.Args[2], func(v jinja.Value) error {
			keys = append(keys, v.String())
			return nil
		})
		cluster := ""
		if len(keys) > 0 {
			cluster = "cluster by " + strings.Join(keys, ",")
		}
		ddl := c.Str(0)
		same := squeeze(clause(ddl, "PARTITION BY")) == squeeze(c.Str(1)) && squeeze(clause(ddl, "CLUSTER BY")) == squeeze(cluster)
		return jinja.Bool(same), err
	}),
	// same_option says whether an option that is set means the one that is asked for.
	jinja.NewFunc("same_option(present, wanted)", func(c *jinja.Call) (jinja.Value, error) {
		if c.Args[0] == jinja.Value(jinja.None) {
			return jinja.Bool(false), nil
		}
		clean := strings.NewReplacer(`"`, "", "'", "", " ", "", "STRUCT", "", ".0", "").Replace
		return jinja.Bool(clean(c.Args[0].String()) == clean(c.Args[1].String())), nil
	}),
)

// clause gives a clause of DDL that begins a line, to the end of the line.
func clause(ddl, word string) string {
	for line := range strings.Lines(ddl) {
		if line = strings.TrimSpace(line); strings.HasPrefix(strings.ToUpper(line), word) {
			return line
		}
	}
	return ""
}

// squeeze makes two ways to write a clause the same text.
func squeeze(s string) string {
	s = strings.ToLower(strings.NewReplacer(" ", "", "\n", "", "`", "", ";", "").Replace(s))
	if field, ok := strings.CutPrefix(s, "partitionbydate("); ok {
		return "partitionbytimestamp_trunc(" + strings.TrimSuffix(field, ")") + ",day)"
	}
	return s
}

// regionViews are views of INFORMATION_SCHEMA that there are for a region, not for
// a dataset.
var regionViews = []string{"OBJECT_PRIVILEGES", "SCHEMATA", "TABLE_STORAGE"}

// bigQueryView says whether a view of INFORMATION_SCHEMA stands behind a schema, and
// puts the region there where that is the kind it is.
func (r *Relation) bigQueryView(view string) bool {
	if view == "" || view == "SCHEMATA" {
		return false
	}
	if slices.Contains(regionViews, view) && r.Location != "" {
		region := "region-" + r.Location
		r.Parts[partSchema] = &region
	}
	return r.Parts[partSchema] != nil
}

// partition is what adapter.parse_partition_by gives.
type partition struct {
	field, dataType, granularity string
	ranges                       jinja.Value // dict of start, end, interval, or None
	ingestion, copies            bool
}

// partitionKeys are the keys of the config partition_by.
var partitionKeys = []string{"field", "data_type", "granularity", "range", "time_ingestion_partitioning", "copy_partitions"}

func parsePartitionBy(c *jinja.Call) (jinja.Value, error) {
	if c.Args[0] == jinja.Value(jinja.None) {
		return jinja.None, nil
	}
	d, ok := c.Args[0].(*jinja.Dict)
	if !ok {
		return nil, fail(source.Compilation, "Invalid partition_by config:\n  Got: %s\n  Expected a dictionary with \"field\" and \"data_type\" keys", c.Args[0])
	}
	text := func(key, def string) (string, error) {
		v, ok := d.GetStr(key)
		if !ok {
			return def, nil
		}
		s, ok := v.(jinja.Str)
		if !ok {
			return "", fail(source.Compilation, "Could not parse partition config: %s of %s is no text", key, d)
		}
		return strings.ToLower(string(s)), nil
	}
	if _, ok := d.GetStr("field"); !ok {
		return nil, fail(source.Compilation, "Could not parse partition config: 'field' is a required property of %s", d)
	}
	p := &partition{ranges: jinja.None}
	var err error
	for _, key := range []struct {
		to        *string
		name, def string
	}{{&p.field, "field", ""}, {&p.dataType, "data_type", "date"}, {&p.granularity, "granularity", "day"}} {
		if *key.to, err = text(key.name, key.def); err != nil {
			return nil, err
		}
	}
	if v, ok := d.GetStr("range"); ok {
		p.ranges = v
	}
	if v, ok := d.GetStr("time_ingestion_partitioning"); ok {
		p.ingestion = v.Truth()
	}
	if v, ok := d.GetStr("copy_partitions"); ok {
		p.copies = v.Truth()
	}
	return p, nil
}

// Type is dbt's class.
func (p *partition) Type() string { return "PartitionConfig" }

// Truth is true.
func (p *partition) Truth() bool { return true }

// String is Python's text of a dataclass.
func (p *partition) String() string {
	parts := make([]string, len(partitionKeys))
	for i, key := range partitionKeys {
		v, _ := p.Attr(key)
		parts[i] = key + "=" + jinja.Repr(v)
	}
	return "PartitionConfig(" + strings.Join(parts, ", ") + ")"
}

// Attr gives the keys and the methods.
func (p *partition) Attr(name string) (jinja.Value, error) {
	switch name {
	case "field":
		return str(p.field), nil
	case "data_type":
		return str(p.dataType), nil
	case "granularity":
		return str(p.granularity), nil
	case "range":
		return p.ranges, nil
	case "time_ingestion_partitioning":
		return jinja.Bool(p.ingestion), nil
	case "copy_partitions":
		return jinja.Bool(p.copies), nil
	}
	return partitionMethods.Bind(p, name), nil
}

// truncated says whether the value of a partition is cut from that of its field.
func (p *partition) truncated() bool {
	return p.dataType != "int64" && (p.dataType != "date" || p.granularity != "day")
}

func (p *partition) pseudoColumn() string {
	if p.dataType == "date" {
		return "_PARTITIONDATE"
	}
	return "_PARTITIONTIME"
}

// insertable is the pseudo column that can be written to.
func (p *partition) insertable() string { return "_PARTITIONTIME" }

func (p *partition) column(alias string) string {
	name := p.field
	if p.ingestion {
		name = p.pseudoColumn()
	}
	if alias != "" {
		return alias + "." + name
	}
	return name
}

func (p *partition) render(alias string) string {
	if p.truncated() {
		return p.dataType + "_trunc(" + p.column(alias) + ", " + p.granularity + ")"
	}
	return p.column(alias)
}

// wrapped is the value of the partition that a row is in.
func (p *partition) wrapped(alias string) string {
	switch {
	case p.dataType == "int64":
		col := p.column(alias)
		if p.ranges == jinja.Value(jinja.None) {
			return col
		}
		return "(" + col + " - MOD(" + col + " - " + attrText(p.ranges, "start") + ", " + attrText(p.ranges, "interval") + "))"
	case p.truncated() || p.ingestion:
		return p.render(alias)
	}
	return p.dataType + "(" + p.column(alias) + ")"
}

func partitionText(sig string, get func(p *partition, alias string) string) *jinja.Func {
	return jinja.NewFunc(sig, func(c *jinja.Call) (jinja.Value, error) {
		alias := ""
		if len(c.Args) > 0 && c.Args[0] != jinja.Value(jinja.None) {
			alias = c.Str(0)
		}
		return str(get(c.Self.(*partition), alias)), nil
	})
}

var partitionMethods = jinja.NewMethods("PartitionConfig",
	partitionText("render(alias=none)", (*partition).render),
	partitionText("render_wrapped(alias=none)", (*partition).wrapped),
	partitionText("data_type_for_partition()", func(p *partition, _ string) string { return p.dataType }),
	partitionText("time_partitioning_field()", func(p *partition, _ string) string { return p.pseudoColumn() }),
	partitionText("insertable_time_partitioning_field()", func(p *partition, _ string) string { return p.insertable() }),
	jinja.NewFunc("data_type_should_be_truncated()", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Bool(c.Self.(*partition).truncated()), nil
	}),
	jinja.NewFunc("reject_partition_field_column(columns)", func(c *jinja.Call) (jinja.Value, error) {
		out := jinja.NewList()
		return out, jinja.Each(c.Args[0], func(v jinja.Value) error {
			if col := asColumn(v); col == nil || !strings.EqualFold(col.Name, c.Self.(*partition).field) {
				out.Append(v)
			}
			return nil
		})
	}),
)

// record is a column of a contract while the fields of records are put in place.
type record struct {
	name, dataType, constraint string
	fields                     []*record
}

func (r *record) child(name string) *record {
	for _, f := range r.fields {
		if f.name == name {
			return f
		}
	}
	f := &record{name: name}
	r.fields = append(r.fields, f)
	return f
}

// sql is the type with those of the fields. What is declared as an array holds
// records; anything else that has fields is one.
func (r *record) sql() string {
	text := r.dataType
	if len(r.fields) > 0 {
		fields := make([]string, len(r.fields))
		for i, f := range r.fields {
			fields[i] = f.name + " " + f.sql()
		}
		text = "struct<" + strings.Join(fields, ", ") + ">"
		if kind := strings.ToLower(r.dataType); strings.HasPrefix(kind, "array") {
			text = "array<" + text + ">"
		}
	}
	return join(text, r.constraint)
}

// nestColumns folds columns with dotted names into records. constraints has the SQL
// of each column's constraints, by name.
func nestColumns(columns, constraints jinja.Value) *jinja.Dict {
	out := jinja.NewDict()
	d, ok := columns.(*jinja.Dict)
	if !ok {
		return out
	}
	root := &record{}
	first := map[string]jinja.Value{}
	for key, col := range d.All() {
		name := attrText(col, "name")
		if name == "" {
			name = key.String()
		}
		parts := strings.Split(name, ".")
		r := root
		for _, part := range parts {
			r = r.child(part)
		}
		r.dataType = attrText(col, "data_type")
		r.constraint = attrText(constraints, name)
		if _, ok := first[parts[0]]; !ok || len(parts) == 1 {
			first[parts[0]] = col
		}
	}
	for _, r := range root.fields {
		col := first[r.name]
		if len(r.fields) == 0 && r.constraint == "" {
			out.SetStr(r.name, col)
			continue
		}
		nested := jinja.NewDict()
		if quote := pick(col, "quote"); quote != nil && attrText(col, "name") == r.name {
			nested.SetStr("quote", quote)
		}
		nested.SetStr("name", str(r.name))
		nested.SetStr("data_type", str(r.sql()))
		out.SetStr(r.name, nested)
	}
	return out
}

// bigQueryColumn reads a type such as ARRAY<STRUCT<a INT64, b STRING>>.
func bigQueryColumn(d *adapters.Dialect, name, raw string) *Column {
	c := newColumnOf(d, name, strings.TrimSpace(raw))
	if inner, ok := angle(c.DType, "ARRAY"); ok {
		c = bigQueryColumn(d, name, inner)
		c.Mode = "REPEATED"
		return c
	}
	inner, ok := angle(c.DType, "STRUCT")
	if !ok {
		return c
	}
	c.DType = "STRUCT"
	for _, field := range splitTypes(inner) {
		fieldName, fieldType, _ := strings.Cut(strings.TrimSpace(field), " ")
		c.Fields = append(c.Fields, bigQueryColumn(d, strings.Trim(fieldName, "`"), fieldType))
	}
	return c
}

// angle gives what stands inside of word<…>.
func angle(text, word string) (string, bool) {
	if len(text) < len(word)+2 || !strings.EqualFold(text[:len(word)], word) {
		return "", false
	}
	rest := strings.TrimSpace(text[len(word):])
	if !strings.HasPrefix(rest, "<") || !strings.HasSuffix(rest, ">") {
		return "", false
	}
	return rest[1 : len(rest)-1], true
}

// splitTypes cuts at commas that stand in no brackets.
func splitTypes(text string) []string {
	var out []string
	depth, start := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '<', '(':
			depth++
		case '>', ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, text[start:i])
				start = i + 1
			}
		}
	}
	return append(out, text[start:])
}

// structSelect is a column in the order of its declared type, for a select list. A
// record that is null stays null.
func structSelect(name, dataType string) string {
	inner, ok := angle(dataType, "STRUCT")
	if !ok {
		return name
	}
	return structExpr(name, inner) + " AS " + name
}

func structExpr(path, fields string) string {
	var parts []string
	for _, field := range splitTypes(fields) {
		name, typ, _ := strings.Cut(strings.TrimSpace(field), " ")
		expr := path + "." + name
		if inner, ok := angle(strings.TrimSpace(typ), "STRUCT"); ok {
			expr = structExpr(expr, inner)
		}
		parts = append(parts, expr+" AS "+name)
	}
	return "IF(" + path + " IS NULL, NULL, STRUCT(" + strings.Join(parts, ", ") + "))"
}
