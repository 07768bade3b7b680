package scope

import (
	"crypto/md5"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// adapterObject is the name "adapter": once for all warehouses, over the dialect,
// the connection and the cache.
type adapterObject struct{ c *Context }

// Type is dbt's class.
func (adapterObject) Type() string { return "RuntimeDatabaseWrapper" }

// Truth is true.
func (adapterObject) Truth() bool { return true }

// String is short.
func (a adapterObject) String() string { return "<adapter " + a.c.shared.Dialect.Name + ">" }

// Attr gives the methods; any other name is undefined.
func (a adapterObject) Attr(name string) (jinja.Value, error) {
	switch name {
	case "Relation":
		return relationClass{a.c.shared.Dialect, a.c.shared.Quoting}, nil
	case "Column":
		return columnClass{a.c.shared.Dialect}, nil
	case "config":
		return orNone(a.c.shared.ConfigObject), nil
	case "behavior":
		return behavior{a.c.shared}, nil
	}
	if more := dialectMethods[a.c.shared.Dialect.Name]; more != nil {
		if v := more.Bind(a, name); v != nil {
			return v, nil
		}
	}
	return adapterMethods.Bind(a, name), nil
}

// behavior is adapter.behavior: flags that are objects with no_warn.
type behavior struct{ shared *Shared }

// Type is dbt's class.
func (behavior) Type() string { return "Behavior" }

// Truth is true.
func (behavior) Truth() bool { return true }

// String is short.
func (behavior) String() string { return "<behavior>" }

// Attr gives a flag as the project sets it. A flag that the warehouse does not have is
// an error.
func (b behavior) Attr(name string) (jinja.Value, error) {
	for _, dialect := range []string{"", b.shared.Dialect.Name} {
		on, ok := behaviorFlags[dialect][name]
		if !ok {
			continue
		}
		if v, ok := orDict(b.shared.ProjectFlags).GetStr(name); ok {
			on = v.Truth()
		}
		return behaviorFlag(on), nil
	}
	return nil, fail(source.Compilation, "The flag %s has not be registered.", name)
}

// behaviorFlags are the flags of all warehouses (under the empty name) and of each,
// with what they are where the project says nothing.
var behaviorFlags = map[string]map[string]bool{
	"": {
		"require_batched_execution_for_custom_microbatch_strategy": false,
		"enable_truthy_nulls_equals_macro":                         false,
	},
	"postgres": {"postgres_skip_autocommit_transaction_statements": true},
	"snowflake": {
		"snowflake_default_transient_dynamic_tables": false,
		"snowflake_managed_iceberg_default":          false,
	},
	"bigquery": {
		"bigquery_use_batch_source_freshness":                false,
		"bigquery_noop_alter_relation_comment":               false,
		"bigquery_reject_wildcard_metadata_source_freshness": false,
		"bigquery_use_standard_sql_for_partitions":           true,
	},
}

type behaviorFlag bool

// Type is dbt's class.
func (behaviorFlag) Type() string { return "BehaviorFlagRendered" }

// Truth is the flag.
func (f behaviorFlag) Truth() bool { return bool(f) }

// String is the flag as Python prints it.
func (f behaviorFlag) String() string { return jinja.Bool(f).String() }

// Attr gives no_warn and setting, the same flag without the warning.
func (f behaviorFlag) Attr(name string) (jinja.Value, error) {
	if name == "no_warn" || name == "setting" {
		return jinja.Bool(f), nil
	}
	return nil, nil
}

func adp(c *jinja.Call) *Context { return c.Self.(adapterObject).c }

// atRun makes a method that asks the warehouse: while parsing it gives a fixed
// value, and without a connection it is an error.
func atRun(sig string, parsing func(*Context) jinja.Value, fn func(c *jinja.Call, ctx *Context) (jinja.Value, error)) *jinja.Func {
	return jinja.NewFunc(sig, func(c *jinja.Call) (jinja.Value, error) {
		ctx := adp(c)
		if !ctx.execute() {
			return parsing(ctx), nil
		}
		if ctx.conn == nil {
			name, _, _ := strings.Cut(sig, "(")
			return nil, fail(source.Runtime, "adapter.%s needs the warehouse, which is not connected here", name)
		}
		return fn(c, ctx)
	})
}

// isMissing says that the warehouse named a relation that is not there; its
// columns are none, as in dbt.
func isMissing(err error) bool {
	var e *adapters.Error
	return errors.As(err, &e) && e.Code == "Catalog Error" && strings.Contains(e.Msg, "does not exist")
}

func none(*Context) jinja.Value       { return jinja.None }
func noList(*Context) jinja.Value     { return jinja.NewList() }
func falseValue(*Context) jinja.Value { return jinja.Bool(false) }

func relationArg(c *jinja.Call, i int, what string) (*Relation, error) {
	r, ok := c.Args[i].(*Relation)
	if !ok {
		if c.Args[i] == jinja.Value(jinja.None) {
			return nil, fail(source.Compilation, "Attempted to %s a null relation for %s", what, adp(c).where())
		}
		return nil, fail(source.Compilation, "%s takes a relation, not %s", what, c.Args[i].Type())
	}
	return r, nil
}

var adapterMethods = jinja.NewMethods("adapter",
	jinja.NewFunc("type()", func(c *jinja.Call) (jinja.Value, error) { return str(adp(c).shared.Dialect.Name), nil }),
	jinja.NewFunc("dispatch(macro_name, macro_namespace=none, packages=none)", dispatch),
	jinja.NewFunc("quote(identifier)", func(c *jinja.Call) (jinja.Value, error) {
		q := adp(c).shared.Dialect.Quote
		return str(string(q[0]) + c.Str(0) + string(q[1])), nil
	}),
	jinja.NewFunc("quote_as_configured(identifier, quote_key)", func(c *jinja.Call) (jinja.Value, error) {
		i := slices.Index(partNames[:], c.Str(1))
		q := adp(c).shared.Dialect.Quote
		if i >= 0 && adp(c).shared.Quoting[i] {
			return str(string(q[0]) + c.Str(0) + string(q[1])), nil
		}
		return c.Args[0], nil
	}),
	jinja.NewFunc("quote_seed_column(column, quote_config)", quoteSeedColumn),
	jinja.NewFunc("convert_type(agate_table, col_idx)", convertType),
	jinja.NewFunc("standardize_grants_dict(grants_table)", standardizeGrants),
	jinja.NewFunc("commit()", func(c *jinja.Call) (jinja.Value, error) {
		ctx := adp(c)
		if ctx.execute() && ctx.conn != nil {
			return jinja.None, ctx.conn.commit(ctx.ctx)
		}
		return jinja.None, nil
	}),
	atRun("execute(sql, auto_begin=false, fetch=false, limit=none)", func(*Context) jinja.Value {
		return jinja.Tuple{jinja.Str(""), &Table{}}
	}, execute),
	atRun("add_query(sql, auto_begin=true, bindings=none, abridge_sql_log=false)", func(*Context) jinja.Value {
		return jinja.Tuple{jinja.None, jinja.None}
	}, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		if c.Bool(1) {
			if err := ctx.conn.begin(ctx.ctx); err != nil {
				return nil, err
			}
		}
		if _, err := ctx.conn.run(ctx.ctx, c.Str(0), nil); err != nil {
			return nil, err
		}
		return jinja.Tuple{jinja.None, jinja.None}, nil
	}),
	atRun("load_rows(relation, agate_table, column_types=none)", func(*Context) jinja.Value { return jinja.Int(0) }, loadRows),
	atRun("get_relation(database, schema, identifier)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		db := ""
		if c.Args[0] != jinja.Value(jinja.None) {
			db = c.Str(0)
		}
		r, err := ctx.getRelation(c.Thread, db, c.Str(1), c.Str(2))
		if r == nil || err != nil {
			return jinja.None, err
		}
		return r, nil
	}),
	atRun("get_columns_in_relation(relation)", noList, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		v, err := ctx.callMacro(c.Thread, "get_columns_in_relation", c.Args[0])
		if isMissing(err) {
			return jinja.NewList(), nil
		}
		return v, err
	}),
	atRun("get_columns_in_table(schema_name, table_name)", noList, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		return ctx.callMacro(c.Thread, "get_columns_in_relation", NewRelation(ctx.shared.Dialect, ctx.shared.Database, c.Str(0), c.Str(1)))
	}),
	atRun("get_pseudocolumns_for_relation(relation)", noList, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		return jinja.NewList(), nil
	}),
	atRun("get_column_schema_from_query(sql)", noList, columnsOfQuery),
	atRun("get_missing_columns(from_relation, to_relation)", noList, missingColumns),
	atRun("expand_target_column_types(from_relation, to_relation)", none, expandColumns),
	atRun("create_schema(relation)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		r, err := relationArg(c, 0, "create the schema of")
		if err != nil {
			return nil, err
		}
		return jinja.None, ctx.createSchema(c.Thread, r)
	}),
	atRun("drop_schema(relation)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		r, err := relationArg(c, 0, "drop the schema of")
		if err != nil {
			return nil, err
		}
		ctx.touch(r)
		_, err = ctx.callMacro(c.Thread, "drop_schema", r)
		ctx.shared.Cache.forget(relKey(r))
		if err != nil {
			return nil, err
		}
		return jinja.None, ctx.conn.commit(ctx.ctx)
	}),
	atRun("drop_relation(relation)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		r, err := relationArg(c, 0, "drop")
		if err != nil {
			return nil, err
		}
		if r.Kind == "" {
			return nil, fail(source.Compilation, "Tried to drop relation %s, but its type is null.", r)
		}
		ctx.touch(r)
		if _, err := ctx.callMacro(c.Thread, "drop_relation", r); err != nil {
			return nil, err
		}
		ctx.shared.Cache.drop(r)
		return jinja.None, nil
	}),
	atRun("truncate_relation(relation)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		_, err := ctx.callMacro(c.Thread, "truncate_relation", c.Args[0])
		return jinja.None, err
	}),
	atRun("rename_relation(from_relation, to_relation)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		from, err := relationArg(c, 0, "rename")
		if err != nil {
			return nil, err
		}
		to, err := relationArg(c, 1, "rename to")
		if err != nil {
			return nil, err
		}
		ctx.touch(from)
		ctx.touch(to)
		if _, err := ctx.callMacro(c.Thread, "rename_relation", from, to); err != nil {
			return nil, err
		}
		ctx.shared.Cache.drop(from)
		ctx.shared.Cache.add(to.with(func(r *Relation) {
			if r.Kind == "" {
				r.Kind = from.Kind
			}
		}))
		return jinja.None, nil
	}),
	atRun("check_schema_exists(database, schema)", falseValue, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		names, err := ctx.Schemas(c.Thread, c.Str(0))
		if err != nil {
			return nil, err
		}
		ok := slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, c.Str(1)) })
		return jinja.Bool(ok), nil
	}),
	atRun("already_exists(schema, name)", falseValue, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		r, err := ctx.getRelation(c.Thread, ctx.shared.Database, c.Str(0), c.Str(1))
		return jinja.Bool(r != nil), err
	}),
	jinja.NewFunc("cache_added(relation)", func(c *jinja.Call) (jinja.Value, error) {
		r, err := relationArg(c, 0, "cache")
		if err == nil && adp(c).shared.Cache != nil {
			adp(c).shared.Cache.add(r)
		}
		return str(""), err
	}),
	jinja.NewFunc("cache_dropped(relation)", func(c *jinja.Call) (jinja.Value, error) {
		r, err := relationArg(c, 0, "drop from the cache")
		if err == nil && adp(c).shared.Cache != nil {
			adp(c).shared.Cache.drop(r)
		}
		return str(""), err
	}),
	jinja.NewFunc("cache_renamed(from_relation, to_relation)", func(c *jinja.Call) (jinja.Value, error) {
		from, err := relationArg(c, 0, "rename in the cache")
		if err != nil {
			return nil, err
		}
		to, err := relationArg(c, 1, "rename in the cache")
		if err == nil && adp(c).shared.Cache != nil {
			adp(c).shared.Cache.drop(from)
			adp(c).shared.Cache.add(to)
		}
		return str(""), err
	}),
	atRun("valid_snapshot_target(relation, column_names=none)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		return ctx.checkSnapshotTarget(c, c.Args[1], false)
	}),
	atRun("assert_valid_snapshot_target_given_strategy(relation, column_names, strategy)", none, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
		deletes := pick(c.Args[2], "hard_deletes")
		return ctx.checkSnapshotTarget(c, c.Args[1], deletes != nil && deletes.String() == "new_record")
	}),
	jinja.NewFunc("get_hard_deletes_behavior(config)", hardDeletes),
	jinja.NewFunc("get_incremental_strategy_macro(model_context, strategy)", strategyMacro),
	jinja.NewFunc("get_partitions_metadata(table)", func(c *jinja.Call) (jinja.Value, error) { return &Table{}, nil }),
	jinja.NewFunc("render_raw_columns_constraints(raw_columns)", columnConstraints),
	jinja.NewFunc("render_raw_model_constraints(raw_constraints)", modelConstraints),
	jinja.NewFunc("build_catalog_relation(model)", func(c *jinja.Call) (jinja.Value, error) { return jinja.None, nil }),
	jinja.NewFunc("get_catalog_integration(name)", func(c *jinja.Call) (jinja.Value, error) { return jinja.None, nil }),
)

// dispatch gives the implementation of a macro for this warehouse.
func dispatch(c *jinja.Call) (jinja.Value, error) {
	ctx, name := adp(c), c.Str(0)
	if _, ok := jinja.Text(c.Args[0]); !ok {
		return nil, jinja.Raise(jinja.TypeError, "argument of type '%s' is not iterable", c.Args[0].Type())
	}
	if strings.Contains(name, ".") {
		ns, rest, _ := strings.Cut(name, ".")
		return nil, fail(source.Compilation, "In adapter.dispatch, got a macro name of \"%s\", but \".\" is not a valid macro name component. Did you mean `adapter.dispatch(\"%s\", macro_namespace=\"%s\")`?", name, rest, ns)
	}
	if c.Args[2] != jinja.Value(jinja.None) {
		return nil, fail(source.Compilation, "The \"packages\" argument of adapter.dispatch() has been deprecated.\nUse the \"macro_namespace\" argument instead.\n\nRaised during dispatch for: %s", name)
	}
	ns := ""
	if c.Args[1] != jinja.Value(jinja.None) {
		if _, ok := jinja.Text(c.Args[1]); !ok {
			return nil, fail(source.Compilation, "In adapter.dispatch, got a %s macro_namespace argument (\"%s\"), but macro_namespace should be None or a string.", pythonType(c.Args[1]), c.Args[1])
		}
		ns = c.Str(1)
	}
	mac, tried := ctx.shared.Macros.Dispatch(ctx.pkg, name, ns)
	if mac == nil {
		shown := make([]string, len(tried))
		for i, t := range tried {
			shown[i] = "'" + t + "'"
		}
		where := "None"
		if ns != "" {
			where = ns
		}
		return nil, fail(source.Compilation, "In dispatch: No macro named '%s' found within namespace: '%s'\n    Searched for: %s", name, where, strings.Join(shown, ", "))
	}
	return mac.Value, nil
}

func execute(c *jinja.Call, ctx *Context) (jinja.Value, error) {
	if c.Bool(1) {
		if err := ctx.conn.begin(ctx.ctx); err != nil {
			return nil, err
		}
	}
	var sink adapters.Sink
	col := &collector{limit: -1}
	if n, ok := c.Args[3].(jinja.Int); ok {
		col.limit = int(n)
	}
	if c.Bool(2) {
		sink = col
	}
	r, err := ctx.conn.run(ctx.ctx, c.Str(0), sink)
	if err != nil {
		return nil, err
	}
	return jinja.Tuple{response(r), col.table()}, nil
}

// loadRows appends a seed's rows by the driver's fastest way.
func loadRows(c *jinja.Call, ctx *Context) (jinja.Value, error) {
	r, err := relationArg(c, 0, "load")
	if err != nil {
		return nil, err
	}
	t, ok := c.Args[1].(*Table)
	if !ok {
		return nil, fail(source.Compilation, "load_rows takes a table, not %s", c.Args[1].Type())
	}
	types, _ := c.Args[2].(*jinja.Dict)
	cols := make([]adapters.Column, len(t.Names))
	for i, n := range t.Names {
		cols[i] = adapters.Column{Name: n, Type: ctx.shared.sqlType(t, i)}
		if types != nil {
			if v, ok := types.GetStr(n); ok {
				cols[i].Type = v.String()
			}
		}
	}
	n, err := ctx.conn.load(ctx.ctx, r.Name(), cols, t)
	return jinja.Int(n), err
}

func columnsOfQuery(c *jinja.Call, ctx *Context) (jinja.Value, error) {
	sink := &collector{limit: 0}
	if _, err := ctx.conn.run(ctx.ctx, c.Str(0), sink); err != nil {
		return nil, err
	}
	out := jinja.NewList()
	for _, col := range sink.cols {
		out.Append(ColumnFrom(ctx.shared.Dialect, col.Name, col.Type))
	}
	return out, nil
}

// columnsOf gives the columns of a relation through the macro.
func (c *Context) columnsOf(t *jinja.Thread, r jinja.Value) ([]*Column, error) {
	v, err := c.callMacro(t, "get_columns_in_relation", r)
	if err != nil {
		return nil, err
	}
	var out []*Column
	err = jinja.Each(v, func(item jinja.Value) error {
		col := asColumn(item)
		if col == nil {
			return fail(source.Compilation, "get_columns_in_relation gave %s, not a column", item.Type())
		}
		out = append(out, col)
		return nil
	})
	return out, err
}

func missingColumns(c *jinja.Call, ctx *Context) (jinja.Value, error) {
	from, err := ctx.columnsOf(c.Thread, c.Args[0])
	if err != nil {
		return nil, err
	}
	to, err := ctx.columnsOf(c.Thread, c.Args[1])
	if err != nil {
		return nil, err
	}
	out := jinja.NewList()
	for _, col := range from {
		if !slices.ContainsFunc(to, func(o *Column) bool { return o.Name == col.Name }) {
			out.Append(col)
		}
	}
	return out, nil
}

func expandColumns(c *jinja.Call, ctx *Context) (jinja.Value, error) {
	if d := ctx.shared.Dialect.Name; d == "duckdb" || d == "bigquery" {
		return jinja.None, nil // lengths of text have no meaning there
	}
	from, err := ctx.columnsOf(c.Thread, c.Args[0])
	if err != nil {
		return nil, err
	}
	to, err := ctx.columnsOf(c.Thread, c.Args[1])
	if err != nil {
		return nil, err
	}
	for _, target := range to {
		for _, ref := range from {
			if ref.Name != target.Name || !target.isString() || !ref.isString() {
				continue
			}
			have, _ := target.stringSize()
			want, _ := ref.stringSize()
			if want > have {
				if _, err := ctx.callMacro(c.Thread, "alter_column_type", c.Args[1], str(target.Name), str(fmt.Sprintf("character varying(%d)", want))); err != nil {
					return nil, err
				}
			}
		}
	}
	return jinja.None, nil
}

func quoteSeedColumn(c *jinja.Call) (jinja.Value, error) {
	d := adp(c).shared.Dialect
	quote := d.Quoted[partIdentifier]
	switch v := c.Args[1].(type) {
	case jinja.NoneType:
	case jinja.Bool:
		quote = bool(v)
	default:
		return nil, fail(source.Compilation, "The seed configuration value of \"quote_columns\" has an invalid type %s", pythonType(c.Args[1]))
	}
	if !quote {
		return c.Args[0], nil
	}
	return str(string(d.Quote[0]) + c.Str(0) + string(d.Quote[1])), nil
}

// sqlType is the type that a column of a seed gets.
func (s *Shared) sqlType(t *Table, i int) string {
	name := func(key, def string) string {
		if n := s.Dialect.TypeNames[key]; n != "" {
			return n
		}
		return def
	}
	switch t.Types[i] {
	case IntegerType:
		return name("integer", "integer")
	case NumberType:
		for _, r := range t.Rows {
			if d, ok := r[i].(*jinja.Decimal); ok && strings.Contains(d.String(), ".") {
				return name("number", "float8")
			}
		}
		return name("integer", "integer")
	case BooleanType:
		return name("boolean", "boolean")
	case DateType:
		return name("date", "date")
	case DateTimeType:
		return name("datetime", "timestamp without time zone")
	case TimeDeltaType:
		return name("time", "time")
	}
	return name("text", "text")
}

func convertType(c *jinja.Call) (jinja.Value, error) {
	t, ok := c.Args[0].(*Table)
	i := int(c.Int(1))
	if !ok || i < 0 || i >= len(t.Names) {
		return nil, fail(source.Compilation, "convert_type takes a table and the position of a column in it")
	}
	return str(adp(c).shared.sqlType(t, i)), nil
}

func standardizeGrants(c *jinja.Call) (jinja.Value, error) {
	t, ok := c.Args[0].(*Table)
	if !ok {
		return jinja.NewDict(), nil
	}
	who, what := t.column(jinja.Str("grantee")), t.column(jinja.Str("privilege_type"))
	out := jinja.NewDict()
	if who < 0 || what < 0 {
		return out, nil
	}
	for _, r := range t.Rows {
		list, ok := out.Get(r[what])
		if !ok {
			list = jinja.NewList()
			out.Set(r[what], list)
		}
		list.(*jinja.List).Append(r[who])
	}
	return out, nil
}

// snapshotColumns are dbt's own columns, which config may rename.
var snapshotColumns = []string{"dbt_scd_id", "dbt_valid_from", "dbt_valid_to"}

func (c *Context) checkSnapshotTarget(call *jinja.Call, renamed jinja.Value, deleted bool) (jinja.Value, error) {
	cols, err := c.columnsOf(call.Thread, call.Args[0])
	if err != nil {
		return nil, err
	}
	want := slices.Clone(snapshotColumns)
	if deleted {
		want = append(want, "dbt_is_deleted")
	}
	var missing []string
	for _, w := range want {
		name := w
		if v := pick(renamed, w); v != nil && v != jinja.Value(jinja.None) {
			name = v.String()
		}
		if !slices.ContainsFunc(cols, func(col *Column) bool { return strings.EqualFold(col.Name, name) }) {
			missing = append(missing, "\""+name+"\"")
		}
	}
	if len(missing) == 0 {
		return jinja.None, nil
	}
	return nil, fail(source.Compilation, "Snapshot target is missing configured columns (missing %s): %s is not a table that this snapshot made", strings.Join(missing, ", "), call.Args[0])
}

func hardDeletes(c *jinja.Call) (jinja.Value, error) {
	ctx := adp(c)
	if !ctx.execute() {
		return jinja.None, nil
	}
	get := func(name string) jinja.Value {
		if d, ok := c.Args[0].(*jinja.Dict); ok {
			v, _ := d.GetStr(name)
			return v
		}
		if o, ok := c.Args[0].(configObject); ok {
			v, _ := o.find(name)
			return v
		}
		return nil
	}
	old, mode := get("invalidate_hard_deletes"), get("hard_deletes")
	hasOld := old != nil && old != jinja.Value(jinja.None)
	hasMode := mode != nil && mode != jinja.Value(jinja.None)
	switch {
	case hasOld && hasMode:
		return nil, fail(source.Compilation, "You cannot set both the invalidate_hard_deletes and hard_deletes config properties on the same snapshot.")
	case hasOld && old.Truth():
		return str("invalidate"), nil
	case !hasMode:
		return str("ignore"), nil
	}
	switch mode.String() {
	case "ignore", "invalidate", "new_record":
		return mode, nil
	}
	return nil, fail(source.Compilation, "Invalid setting for property hard_deletes: %s is none of ignore, invalidate, new_record", jinja.Repr(mode))
}

// builtInStrategies have macros in every warehouse, but not every one takes them.
var builtInStrategies = []string{"append", "delete+insert", "merge", "insert_overwrite", "microbatch"}

func strategyMacro(c *jinja.Call) (jinja.Value, error) {
	ctx := adp(c)
	if !ctx.execute() {
		return jinja.None, nil
	}
	strategy := "default"
	if c.Args[1] != jinja.Value(jinja.None) {
		strategy = c.Str(1)
	}
	if slices.Contains(builtInStrategies, strategy) && !slices.Contains(ctx.shared.Dialect.Strategies, strategy) {
		return nil, fail(source.Runtime, "The incremental strategy '%s' is not valid for this adapter", strategy)
	}
	name := "get_incremental_" + strings.ReplaceAll(strategy, "+", "_") + "_sql"
	v, ok := ctx.Lookup(name)
	if !ok {
		return nil, fail(source.Runtime, "dbt could not find an incremental strategy macro with the name '%s' in %s", name, ctx.shared.Project)
	}
	return v, nil
}

// constraint reads one constraint of a properties file.
func constraint(v jinja.Value) (kind, name, expr, to string, columns, toColumns []string) {
	get := func(key string) string {
		p := pick(v, key)
		if p == nil || p == jinja.Value(jinja.None) {
			return ""
		}
		return p.String()
	}
	list := func(key string) []string {
		var out []string
		if p := pick(v, key); p != nil && p != jinja.Value(jinja.None) {
			_ = jinja.Each(p, func(item jinja.Value) error {
				out = append(out, item.String())
				return nil
			})
		}
		return out
	}
	return get("type"), get("name"), get("expression"), get("to"), list("columns"), list("to_columns")
}

// keyTarget is what a foreign key refers to: the relation of a ref() or source(), and
// any other text as it is.
func (c *Context) keyTarget(to string) (string, error) {
	if !IsRefText(to) {
		return to, nil
	}
	v, err := c.Native(c.node.OriginalPath, "{{ "+to+" }}")
	if err != nil {
		return "", err
	}
	if r, ok := v.(*Relation); ok && c.shared.Dialect.KeysInDatabase {
		v = r.with(func(r *Relation) { r.Include[partDatabase] = false })
	}
	return v.String(), nil
}

// IsRefText says whether a text of a properties file is a call of ref or source.
func IsRefText(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "ref(") || strings.HasPrefix(text, "source(")
}

// supported says whether a constraint is written, and warns where it means less
// than it says.
func (c *Context) supported(kind string) bool {
	return kind == "custom" || c.shared.Dialect.Constraints[kind] != adapters.Unsupported
}

func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " ")
}

func columnConstraints(c *jinja.Call) (jinja.Value, error) {
	ctx := adp(c)
	cols, ok := c.Args[0].(*jinja.Dict)
	if !ok {
		return jinja.NewList(), nil
	}
	out := jinja.NewList()
	for _, col := range cols.All() {
		if pick(col, "name") == nil {
			continue
		}
		constraints, err := ctx.constraintsOf(col)
		if err != nil {
			return nil, err
		}
		out.Append(str(join(ctx.columnName(col), attrText(col, "data_type"), constraints)))
	}
	return out, nil
}

// columnName is the name of a column of a contract as DDL has it.
func (c *Context) columnName(col jinja.Value) string {
	if q := pick(col, "quote"); q != nil && q.Truth() {
		return string(c.shared.Dialect.Quote[0]) + attrText(col, "name") + string(c.shared.Dialect.Quote[1])
	}
	return attrText(col, "name")
}

// constraintsOf is the SQL of the constraints of a column of a contract.
func (c *Context) constraintsOf(col jinja.Value) (string, error) {
	list := pick(col, "constraints")
	if list == nil {
		return "", nil
	}
	var parts []string
	err := jinja.Each(list, func(v jinja.Value) error {
		kind, _, expr, to, _, toCols := constraint(v)
		to, err := c.keyTarget(to)
		if err != nil {
			return err
		}
		if !c.supported(kind) {
			return nil
		}
		var s string
		switch kind {
		case "check":
			if expr != "" {
				s = "check (" + expr + ")"
			}
		case "not_null":
			s = join("not null", expr)
		case "unique":
			s = join("unique", expr)
		case "primary_key":
			s = join("primary key", expr, c.unenforced())
		case "foreign_key":
			switch {
			case to != "" && len(toCols) > 0:
				s = join("references "+to+" ("+strings.Join(toCols, ", ")+")", c.unenforced())
			case expr != "":
				s = join("references "+expr, c.unenforced())
			}
		case "custom":
			s = expr
		}
		if s != "" {
			parts = append(parts, s)
		}
		return nil
	})
	return strings.Join(parts, " "), err
}

// unenforced are words that BigQuery demands behind keys.
func (c *Context) unenforced() string {
	if c.shared.Dialect.Name == "bigquery" {
		return "not enforced"
	}
	return ""
}

func modelConstraints(c *jinja.Call) (jinja.Value, error) {
	ctx := adp(c)
	out := jinja.NewList()
	err := jinja.Each(c.Args[0], func(v jinja.Value) error {
		kind, name, expr, to, cols, toCols := constraint(v)
		to, err := ctx.keyTarget(to)
		if err != nil {
			return err
		}
		if !ctx.supported(kind) {
			return nil
		}
		list := strings.Join(cols, ", ")
		var s string
		switch kind {
		case "check":
			if expr != "" {
				s = "check (" + expr + ")"
			}
		case "unique":
			s = join("unique", expr) + " (" + list + ")"
		case "primary_key":
			s = join(join("primary key", expr)+" ("+list+")", ctx.unenforced())
		case "foreign_key":
			switch {
			case to != "" && len(toCols) > 0:
				s = join("foreign key ("+list+") references "+to+" ("+strings.Join(toCols, ", ")+")", ctx.unenforced())
			case expr != "":
				s = join("foreign key ("+list+") references "+expr, ctx.unenforced())
			}
		case "custom":
			s = expr
		}
		if s == "" {
			return nil
		}
		if name != "" {
			s = "constraint " + name + " " + s
		}
		out.Append(str(s))
		return nil
	})
	return out, err
}

// index is what adapter.parse_index gives.
func parseIndex(c *jinja.Call) (jinja.Value, error) {
	d, ok := c.Args[0].(*jinja.Dict)
	if !ok {
		if c.Args[0] == jinja.Value(jinja.None) {
			return jinja.None, nil
		}
		return nil, fail(source.Compilation, "Invalid index config: %s", jinja.Repr(c.Args[0]))
	}
	cols, ok := d.GetStr("columns")
	if _, isList := cols.(*jinja.List); !ok || !isList {
		return nil, fail(source.Compilation, "Could not parse index config: 'columns' is a required list in %s", jinja.Repr(d))
	}
	unique, kind := jinja.Value(jinja.Bool(false)), jinja.Value(jinja.None)
	if v, ok := d.GetStr("unique"); ok {
		unique = v
	}
	if v, ok := d.GetStr("type"); ok {
		kind = v
	}
	o := &object{class: "IndexConfig"}
	o.set("columns", cols).set("unique", unique).set("type", kind)
	o.set("render", jinja.NewFunc("render(relation)", func(c *jinja.Call) (jinja.Value, error) {
		// The name holds the time, as dbt's does: an index of the table that is
		// about to be replaced still has the other name.
		text := fmt.Sprintf("%s_%s_%s_%s_%d", cols, unique, kind, c.Args[0], time.Now().UnixNano())
		return str(fmt.Sprintf("%x", md5.Sum([]byte(text)))), nil
	}))
	return o, nil
}

var quotedText = regexp.MustCompile(`^["'].*["']$`)

// dialectMethods are methods that only one warehouse has.
var dialectMethods = map[string]jinja.Methods{
	"bigquery":  bigQueryMethods,
	"snowflake": snowflakeMethods,
	"duckdb": jinja.NewMethods("adapter",
		jinja.NewFunc("parse_index(raw_index)", parseIndex),
		jinja.NewFunc("is_motherduck()", func(c *jinja.Call) (jinja.Value, error) { return jinja.Bool(false), nil }),
		jinja.NewFunc("is_ducklake(relation)", func(c *jinja.Call) (jinja.Value, error) { return jinja.Bool(false), nil }),
		jinja.NewFunc("use_ducklake_table_workarounds(relation)", func(c *jinja.Call) (jinja.Value, error) { return jinja.Bool(false), nil }),
		jinja.NewFunc("disable_transactions()", func(c *jinja.Call) (jinja.Value, error) {
			v, ok := adp(c).shared.Target.GetStr("disable_transactions")
			return jinja.Bool(ok && v.Truth()), nil
		}),
		jinja.NewFunc("warn_once(msg)", func(c *jinja.Call) (jinja.Value, error) {
			if warn := adp(c).shared.Warn; warn != nil {
				return str(""), warn(&source.Error{Event: source.AdapterEventWarning, Msg: c.Str(0)})
			}
			return str(""), nil
		}),
		jinja.NewFunc("valid_incremental_strategies()", func(c *jinja.Call) (jinja.Value, error) { return strs(adp(c).shared.Dialect.Strategies), nil }),
		jinja.NewFunc("convert_datetimes_to_strs(table)", func(c *jinja.Call) (jinja.Value, error) { return c.Args[0], nil }),
		jinja.NewFunc("get_seed_file_path(model)", func(c *jinja.Call) (jinja.Value, error) {
			n := adp(c).node
			if n == nil || n.Seed == nil {
				return nil, fail(source.Compilation, "get_seed_file_path is only for seeds")
			}
			return str(n.Seed.File), nil
		}),
		jinja.NewFunc("get_binding_char()", func(c *jinja.Call) (jinja.Value, error) { return str("?"), nil }),
		jinja.NewFunc("external_root()", func(c *jinja.Call) (jinja.Value, error) {
			v, ok := adp(c).shared.Target.GetStr("external_root")
			if !ok || v == jinja.Value(jinja.None) {
				return str("."), nil
			}
			return v, nil
		}),
		jinja.NewFunc("external_write_options(write_location, rendered_options)", externalWriteOptions),
		jinja.NewFunc("external_read_location(write_location, rendered_options)", externalReadLocation),
		jinja.NewFunc("batch_id_for_model(model)", func(c *jinja.Call) (jinja.Value, error) { return jinja.None, nil }),
		jinja.NewFunc("store_relation(plugin_name, relation, column_list, path, format, config)", func(c *jinja.Call) (jinja.Value, error) {
			return nil, fail(source.Runtime, "plugins of DuckDB profiles are Python modules, which weft does not run (plugin %s)", c.Str(0))
		}),
		atRun("location_exists(location)", falseValue, func(c *jinja.Call, ctx *Context) (jinja.Value, error) {
			_, err := ctx.conn.run(ctx.ctx, "select 1 from '"+c.Str(0)+"' where 1 = 0", nil)
			return jinja.Bool(err == nil), nil
		}),
	),
	"postgres": jinja.NewMethods("adapter",
		jinja.NewFunc("parse_index(raw_index)", parseIndex),
		jinja.NewFunc("verify_database(database)", func(c *jinja.Call) (jinja.Value, error) {
			ctx := adp(c)
			if !strings.EqualFold(strings.Trim(c.Str(0), `"`), ctx.shared.Database) {
				return nil, fail(source.Runtime, "Cross-db references not allowed in postgres (%s vs %s)", c.Str(0), ctx.shared.Database)
			}
			return str(""), nil
		}),
	),
}

func externalWriteOptions(c *jinja.Call) (jinja.Value, error) {
	opts, _ := c.Args[1].(*jinja.Dict)
	format := formatOf(c.Str(0), opts)
	parts := []string{"format " + format}
	if format == "csv" {
		if opts == nil {
			opts = jinja.NewDict()
		}
		if _, ok := opts.GetStr("header"); !ok {
			parts = append(parts, "header 1")
		}
	}
	for k, v := range orDict(opts).All() {
		key := k.String()
		if key == "format" {
			continue
		}
		text := v.String()
		if b, ok := v.(jinja.Bool); ok {
			text = strings.ToLower(b.String())
		}
		if (key == "null" || key == "delimiter" || key == "quote" || key == "escape" || key == "nullstr") && !quotedText.MatchString(text) {
			text = "'" + text + "'"
		}
		parts = append(parts, key+" "+text)
	}
	return str(strings.Join(parts, ", ")), nil
}

func formatOf(location string, opts *jinja.Dict) string {
	if opts != nil {
		if v, ok := opts.GetStr("format"); ok {
			return v.String()
		}
	}
	if i := strings.LastIndexByte(location, '.'); i >= 0 && !strings.Contains(location[i:], "/") {
		return location[i+1:]
	}
	return "parquet"
}

func externalReadLocation(c *jinja.Call) (jinja.Value, error) {
	opts, _ := c.Args[1].(*jinja.Dict)
	location := c.Str(0)
	if opts != nil {
		if v, ok := opts.GetStr("partition_by"); ok && v.Truth() {
			depth := strings.Count(v.String(), ",") + 1
			return str(location + strings.Repeat("/*", depth) + "/*." + formatOf("", opts)), nil
		}
		if v, ok := opts.GetStr("per_thread_output"); ok && v.Truth() {
			return str(location + "/*." + formatOf("", opts)), nil
		}
	}
	return str(location), nil
}
