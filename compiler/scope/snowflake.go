package scope

import (
	"slices"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/source"
)

// snowflakeMethods are the methods of adapter that only Snowflake has.
var snowflakeMethods = jinja.NewMethods("adapter",
	jinja.NewFunc("normalize_show_objects_result(table)", func(c *jinja.Call) (jinja.Value, error) {
		t, ok := c.Args[0].(*Table)
		if !ok {
			return c.Args[0], nil
		}
		low := &Table{Names: slices.Clone(t.Names), Types: t.Types, Rows: t.Rows}
		for i, n := range low.Names {
			low.Names[i] = strings.ToLower(n)
		}
		return low, nil
	}),
	jinja.NewFunc("merge_tables(tables)", func(c *jinja.Call) (jinja.Value, error) {
		out := &Table{}
		return out, jinja.Each(c.Args[0], func(v jinja.Value) error {
			t, ok := v.(*Table)
			if !ok {
				return fail(source.Compilation, "merge_tables takes tables, not %s", v.Type())
			}
			if len(out.Names) == 0 {
				out.Names, out.Types = t.Names, t.Types
			}
			if !slices.Equal(out.Names, t.Names) {
				return fail(source.Compilation, "merge_tables takes tables with the same columns")
			}
			out.Rows = append(out.Rows, t.Rows...)
			return nil
		})
	}),
	atRun("describe_dynamic_table(relation, include_transient=false)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		r, err := relationArg(c, 0, "describe")
		if err != nil {
			return nil, err
		}
		sql := "show dynamic tables like '" + r.Part(partIdentifier) + "' in schema " + r.with(func(r *Relation) { r.Include[partIdentifier] = false }).Render()
		found, err := ctx.conn.Query(ctx.ctx, sql)
		if err != nil {
			return nil, err
		}
		d := jinja.NewDict()
		d.SetStr("dynamic_table", found)
		return d, nil
	}),
	jinja.NewFunc("standardize_grants_dict(grants_table)", snowflakeGrants),
	jinja.NewFunc("build_catalog_relation(model)", func(c *jinja.Call) (jinja.Value, error) {
		get, ok := configOf(c.Args[0])
		if !ok {
			return jinja.None, nil
		}
		return catalogRelation(c.Args[0], get), nil
	}),
)

// snowflakeGrants keeps what can be granted and revoked: ownership cannot, nor what
// shares and database roles have.
func snowflakeGrants(c *jinja.Call) (jinja.Value, error) {
	out := jinja.NewDict()
	t, ok := c.Args[0].(*Table)
	if !ok {
		return out, nil
	}
	who, what, kind := t.column(jinja.Str("grantee_name")), t.column(jinja.Str("privilege")), t.column(jinja.Str("granted_to"))
	if who < 0 || what < 0 || kind < 0 {
		return out, nil
	}
	for _, r := range t.Rows {
		if r[what].String() == "OWNERSHIP" || r[kind].String() == "SHARE" || r[kind].String() == "DATABASE_ROLE" {
			continue
		}
		list, ok := out.Get(r[what])
		if !ok {
			list = jinja.NewList()
			out.Set(r[what], list)
		}
		list.(*jinja.List).Append(r[who])
	}
	return out, nil
}

// configOf gives a getter for the config of a model; false for what is no model.
func configOf(model jinja.Value) (func(string) jinja.Value, bool) {
	if n, ok := model.(Node); ok {
		return func(key string) jinja.Value {
			v, _ := n.Config.Lookup(key)
			return v
		}, true
	}
	conf := pick(model, "config")
	if conf == nil || conf == jinja.Value(jinja.None) {
		return nil, false
	}
	return func(key string) jinja.Value { return pick(conf, key) }, true
}

// catalogRelation is how a table is kept: as Snowflake's own, or as Iceberg files.
func catalogRelation(model jinja.Value, get func(string) jinja.Value) *object {
	o := &object{class: "CatalogRelation"}
	set := func(name string) {
		v := get(name)
		if v == nil {
			v = jinja.None
		}
		o.set(name, v)
	}
	o.set("catalog_database", jinja.None)
	o.set("catalog_linked_database", jinja.None)
	o.set("catalog_linked_database_type", jinja.None)
	if f := get("table_format"); f == nil || !strings.EqualFold(f.String(), "iceberg") {
		o.set("catalog_type", str("INFO_SCHEMA")).set("catalog_name", jinja.None).set("table_format", str("DEFAULT"))
		return o
	}
	o.set("catalog_type", str("BUILT_IN")).set("catalog_name", str("SNOWFLAKE")).set("table_format", str("ICEBERG"))
	root := "_dbt"
	if v := get("base_location_root"); v != nil && v.Truth() {
		root = v.String()
	}
	location := root + "/" + attrText(model, "schema") + "/" + attrText(model, "alias")
	if v := get("base_location_subpath"); v != nil && v.Truth() {
		location += "/" + v.String()
	}
	o.set("base_location", str(location))
	for _, name := range []string{
		"external_volume", "iceberg_version", "storage_serialization_policy", "max_data_extension_time_in_days",
		"data_retention_time_in_days", "change_tracking", "partition_by", "auto_refresh", "target_file_size",
	} {
		set(name)
	}
	return o
}

func attrText(v jinja.Value, name string) string {
	p := pick(v, name)
	if p == nil || p == jinja.Value(jinja.None) {
		return ""
	}
	return p.String()
}

// tableFormat is how relations name their format.
func tableFormat(iceberg bool) jinja.Str {
	if iceberg {
		return "ICEBERG"
	}
	return "DEFAULT"
}

// snowflakeRelation gives attributes that only Snowflake's relations have; nil for none.
func (r *Relation) snowflakeRelation(name string) jinja.Value {
	switch name {
	case "is_dynamic_table", "is_materialized_view":
		return jinja.Bool(r.Kind == "dynamic_table")
	case "is_iceberg_format":
		return jinja.Bool(r.Iceberg)
	case "table_format":
		return tableFormat(r.Iceberg)
	case "can_be_renamed":
		return jinja.Bool(!r.Iceberg && slices.Contains(r.Dialect.Renameable, r.Kind))
	}
	return snowflakeRelationMethods.Bind(r, name)
}

var snowflakeRelationMethods = jinja.NewMethods("Relation",
	jinja.NewFunc("as_case_sensitive()", func(c *jinja.Call) (jinja.Value, error) {
		return self(c).with(func(r *Relation) {
			for i, p := range r.Parts {
				if p != nil && !r.Quote[i] {
					up := strings.ToUpper(*p)
					r.Parts[i] = &up
				}
			}
		}), nil
	}),
	jinja.NewFunc("get_ddl_prefix_for_alter()", func(c *jinja.Call) (jinja.Value, error) {
		if self(c).Iceberg {
			return str("iceberg"), nil
		}
		return str(""), nil
	}),
	jinja.NewFunc("get_ddl_prefix_for_create(config, temporary)", func(c *jinja.Call) (jinja.Value, error) {
		if c.Bool(1) {
			return str("temporary"), nil
		}
		if self(c).Iceberg {
			return str("iceberg"), nil
		}
		get, err := jinja.GetAttr(c.Args[0], "get")
		if err != nil {
			return nil, err
		}
		transient, err := c.Thread.Call(get, []jinja.Value{str("transient"), jinja.None}, nil)
		if err != nil {
			return nil, err
		}
		if transient == jinja.Value(jinja.None) || transient.Truth() {
			return str("transient"), nil
		}
		return str(""), nil
	}),
	// needs_to_drop says whether create or replace would not do.
	jinja.NewFunc("needs_to_drop(old_relation)", func(c *jinja.Call) (jinja.Value, error) {
		old, ok := c.Args[0].(*Relation)
		if !ok {
			return jinja.Bool(false), nil
		}
		return jinja.Bool(old.Kind != "table" || old.Iceberg != self(c).Iceberg), nil
	}),
	jinja.NewFunc("from_config(config)", func(c *jinja.Call) (jinja.Value, error) {
		get, ok := configOf(c.Args[0])
		if !ok {
			return nil, fail(source.Compilation, "from_config takes a model, not %s", c.Args[0].Type())
		}
		return dynamicTable(c.Args[0], get)
	}),
	jinja.NewFunc("dynamic_table_config_changeset(relation_results, relation_config)", func(c *jinja.Call) (jinja.Value, error) {
		get, ok := configOf(c.Args[1])
		found, isTable := pick(c.Args[0], "dynamic_table").(*Table)
		if !ok || !isTable || len(found.Rows) == 0 {
			return jinja.None, nil
		}
		wanted, err := dynamicTable(c.Args[1], get)
		if err != nil {
			return nil, err
		}
		return dynamicTableChanges(found, wanted), nil
	}),
)

// dynamicTable reads what the config of a model says about a dynamic table.
func dynamicTable(model jinja.Value, get func(string) jinja.Value) (*object, error) {
	o := &object{class: "SnowflakeDynamicTableConfig"}
	val := func(name string) jinja.Value {
		v := get(name)
		if v == nil {
			return jinja.None
		}
		return v
	}
	lag, scheduler := val("target_lag"), val("scheduler")
	switch {
	case scheduler == jinja.Value(jinja.None) && lag.Truth():
		scheduler = str("ENABLE")
	case scheduler == jinja.Value(jinja.None):
		scheduler = str("DISABLE")
	default:
		scheduler = str(strings.ToUpper(scheduler.String()))
	}
	switch {
	case scheduler.String() == "ENABLE" && !lag.Truth():
		return nil, fail(source.Compilation, "scheduler: ENABLE of a dynamic table needs target_lag")
	case scheduler.String() == "DISABLE" && lag.Truth():
		return nil, fail(source.Compilation, "scheduler: DISABLE of a dynamic table and target_lag exclude each other")
	}
	transient := get("transient")
	o.set("target_lag", lag).set("scheduler", scheduler)
	o.set("transient", jinja.Bool(transient != nil && transient.Truth()))
	for _, name := range []string{"snowflake_warehouse", "snowflake_initialization_warehouse", "row_access_policy", "table_tag", "immutable_where"} {
		o.set(name, val(name))
	}
	for _, name := range []string{"refresh_mode", "initialize"} {
		v := val(name)
		if v != jinja.Value(jinja.None) {
			v = str(strings.ToUpper(v.String()))
		}
		o.set(name, v)
	}
	o.set("cluster_by", commaList(val("cluster_by")))
	o.set("catalog", catalogRelation(model, get))
	return o, nil
}

// commaList is a config that is a text or a list of texts, as SQL.
func commaList(v jinja.Value) jinja.Value {
	l, ok := v.(*jinja.List)
	if !ok {
		return v
	}
	parts := make([]string, len(l.Items))
	for i, item := range l.Items {
		parts[i] = item.String()
	}
	return str(strings.Join(parts, ", "))
}

// shown are the columns of SHOW DYNAMIC TABLES for each setting that can be compared.
var shown = []struct {
	name, column string
	rebuild      bool // only another table can have it
}{
	{"target_lag", "target_lag", false},
	{"snowflake_warehouse", "warehouse", false},
	{"snowflake_initialization_warehouse", "initialization_warehouse", false},
	{"scheduler", "scheduler", false},
	{"immutable_where", "immutable_where", false},
	{"cluster_by", "cluster_by", false},
	{"refresh_mode", "refresh_mode", true},
}

// dynamicTableChanges compares a dynamic table with what it is to be; None where
// nothing differs.
func dynamicTableChanges(found *Table, wanted *object) jinja.Value {
	changes, any, rebuild := jinja.NewDict(), false, false
	for _, s := range shown {
		changes.SetStr(s.name, jinja.None)
		i := slices.IndexFunc(found.Names, func(n string) bool { return strings.EqualFold(n, s.column) })
		want, _ := wanted.Attr(s.name)
		if i < 0 || s.name == "refresh_mode" && (want == jinja.Value(jinja.None) || want.String() == "AUTO") {
			continue
		}
		if bare(found.Rows[0][i]) == bare(want) {
			continue
		}
		any, rebuild = true, rebuild || s.rebuild
		change := &object{class: "Change"}
		changes.SetStr(s.name, change.set("context", want))
	}
	if !any {
		return jinja.None
	}
	changes.SetStr("requires_full_refresh", jinja.Bool(rebuild))
	return changes
}

// bare takes off what SHOW puts around a value: case, blanks and LINEAR( … ).
func bare(v jinja.Value) string {
	if v == jinja.Value(jinja.None) {
		return ""
	}
	text := strings.ToLower(strings.ReplaceAll(v.String(), " ", ""))
	text = strings.TrimPrefix(text, "linear")
	return strings.TrimSuffix(strings.TrimPrefix(text, "("), ")")
}

// showObjects reads what SHOW OBJECTS says of a schema. A kind that is not known is
// something from outside.
func (c *Context) showObjects(t *Table) ([]*Relation, bool) {
	at := func(name string) int {
		return slices.IndexFunc(t.Names, func(n string) bool { return strings.EqualFold(n, name) })
	}
	database, schema, name, kind := at("database_name"), at("schema_name"), at("name"), at("kind")
	if database < 0 || schema < 0 || name < 0 || kind < 0 {
		return nil, false
	}
	dynamic, iceberg := at("is_dynamic"), at("is_iceberg")
	yes := func(row []jinja.Value, i int) bool {
		return i >= 0 && (row[i].String() == "Y" || row[i].String() == "YES" || row[i].String() == "True")
	}
	out := make([]*Relation, 0, len(t.Rows))
	for _, row := range t.Rows {
		r := NewRelation(c.shared.Dialect, row[database].String(), row[schema].String(), row[name].String())
		r.Quote = [3]bool{true, true, true}
		r.Kind = strings.ToLower(row[kind].String())
		switch {
		case r.Kind == "table" && yes(row, dynamic):
			r.Kind = "dynamic_table"
		case r.Kind != "table" && r.Kind != "view":
			r.Kind = "external"
		}
		r.Iceberg = yes(row, iceberg)
		out = append(out, r)
	}
	return out, true
}
