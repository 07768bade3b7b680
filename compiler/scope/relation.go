package scope

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/source"
)

// The parts of a relation's name, in order.
const (
	partDatabase = iota
	partSchema
	partIdentifier
)

var partNames = [3]string{"database", "schema", "identifier"}

// Relation is a table or view as templates hold it: a name, how it is quoted and
// shown, and what kind of thing it is. It is never changed; methods give copies.
type Relation struct {
	Parts   [3]*string // database, schema, identifier; nil for none
	Kind    string     // "table", "view", "cte", …; empty where it is not known
	Quote   [3]bool
	Include [3]bool

	Dialect  *adapters.Dialect
	External string // printed in place of the name; DuckDB's external locations
	Created  bool   // made by this run
	Iceberg  bool   // Snowflake: kept as Iceberg files
	Location string // BigQuery: region of the dataset, where it is known

	Limit  int    // rows that a printed relation is cut to; -1 for no limit
	Filter string // condition on event time; empty for none

	view string // information_schema: the view, printed without quotes
}

// NewRelation makes a relation with the dialect's quoting. Empty parts are none.
func NewRelation(d *adapters.Dialect, database, schema, identifier string) *Relation {
	return &Relation{
		Parts:   [3]*string{namePart(database), namePart(schema), namePart(identifier)},
		Quote:   d.Quoted,
		Include: [3]bool{true, true, true},
		Dialect: d,
		Limit:   -1,
	}
}

func namePart(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Part gives a part of the name; empty for none.
func (r *Relation) Part(i int) string {
	if r.Parts[i] == nil {
		return ""
	}
	return *r.Parts[i]
}

// Name gives the three parts to a driver.
func (r *Relation) Name() adapters.Relation {
	return adapters.Relation{Database: r.Part(partDatabase), Schema: r.Part(partSchema), Identifier: r.Part(partIdentifier)}
}

func (r *Relation) with(change func(*Relation)) *Relation {
	c := *r
	change(&c)
	return &c
}

// Render gives the name as SQL, without limit or filter.
func (r *Relation) Render() string {
	if r.External != "" {
		return r.External
	}
	var b strings.Builder
	for i, p := range r.Parts {
		if p == nil || !r.Include[i] {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if r.Quote[i] {
			b.WriteByte(r.Dialect.Quote[0])
			b.WriteString(*p)
			b.WriteByte(r.Dialect.Quote[1])
		} else {
			b.WriteString(*p)
		}
	}
	if r.view != "" {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(r.view)
	}
	return b.String()
}

// Type is the Python class.
func (r *Relation) Type() string { return r.Dialect.Class + "Relation" }

// Truth is always true: a relation is an object.
func (r *Relation) Truth() bool { return true }

// String is what a template prints: the name, cut or filtered where the run asks
// for that.
func (r *Relation) String() string {
	text := r.Render()
	if r.Limit >= 0 {
		text = r.limited(text)
	}
	if r.Filter != "" {
		text = "(select * from " + text + " where " + r.Filter + ")" + r.alias("_dbt_et_filter_subq_")
	}
	return text
}

func (r *Relation) limited(text string) string {
	if r.Limit == 0 {
		return "(select * from " + text + " where false limit 0)" + r.alias("_dbt_limit_subq_")
	}
	return fmt.Sprintf("(select * from %s limit %d)%s", text, r.Limit, r.alias("_dbt_limit_subq_"))
}

func (r *Relation) alias(prefix string) string {
	if !r.Dialect.AliasSubqueries {
		return ""
	}
	return " " + prefix + r.Part(partIdentifier)
}

// Repr is how a relation shows inside a list.
func (r *Relation) Repr() string { return "<" + r.Type() + " " + r.String() + ">" }

// Equal compares name, kind and quoting.
func (r *Relation) Equal(other jinja.Value) bool {
	o, ok := other.(*Relation)
	if !ok {
		return false
	}
	for i := range r.Parts {
		if r.Part(i) != o.Part(i) || (r.Parts[i] == nil) != (o.Parts[i] == nil) {
			return false
		}
	}
	return r.Kind == o.Kind && r.Quote == o.Quote && r.Include == o.Include && r.Limit == o.Limit && r.Filter == o.Filter
}

// Keys and Get make a relation count as a mapping, as it does in dbt.
func (r *Relation) Keys() []jinja.Value { return nil }

// Get gives an attribute by name.
func (r *Relation) Get(key jinja.Value) (jinja.Value, bool) {
	v, err := r.Index(key)
	return v, v != nil && err == nil
}

// Iterate fails: a relation is no dictionary, though it is a mapping.
func (r *Relation) Iterate() jinja.Iterator {
	return jinja.NoWalk{Err: jinja.Raise(jinja.RuntimeError, "The object (\"%s\") was used as a dictionary. This capability has been removed from objects of this type.", r)}
}

func optional(s *string) jinja.Value {
	if s == nil {
		return jinja.None
	}
	return jinja.Str(*s)
}

// Index is r['identifier'], the same as the attribute.
func (r *Relation) Index(key jinja.Value) (jinja.Value, error) {
	name, ok := key.(jinja.Str)
	if !ok {
		return nil, nil
	}
	return r.Attr(string(name))
}

// Names are the attributes that templates most often want, for hints.
func (r *Relation) Names() []string {
	return slices.AppendSeq(strings.Fields("database schema identifier table name type is_table is_view is_cte quote_policy include_policy path"),
		maps.Keys(relationMethods))
}

// Attr gives the properties and methods that dbt's relations have.
func (r *Relation) Attr(name string) (jinja.Value, error) {
	if r.Dialect.Name == "snowflake" {
		if v := r.snowflakeRelation(name); v != nil {
			return v, nil
		}
	}
	switch name {
	case "database":
		return optional(r.Parts[partDatabase]), nil
	case "schema":
		return optional(r.Parts[partSchema]), nil
	case "identifier", "table", "name":
		return optional(r.Parts[partIdentifier]), nil
	case "project":
		if r.Dialect.Name == "bigquery" {
			return optional(r.Parts[partDatabase]), nil
		}
	case "dataset":
		if r.Dialect.Name == "bigquery" {
			return optional(r.Parts[partSchema]), nil
		}
	case "type":
		if r.Kind == "" {
			return jinja.None, nil
		}
		return jinja.Str(r.Kind), nil
	case "is_table", "is_view", "is_cte", "is_materialized_view", "is_function":
		return jinja.Bool(r.Kind == strings.TrimPrefix(name, "is_")), nil
	case "is_pointer":
		return jinja.Bool(r.Kind == "pointer_table"), nil
	case "location":
		if r.Dialect.Name == "bigquery" {
			return strOrNone(r.Location), nil
		}
	case "can_be_renamed":
		return jinja.Bool(slices.Contains(r.Dialect.Renameable, r.Kind)), nil
	case "can_be_replaced":
		return jinja.Bool(slices.Contains(r.Dialect.Replaceable, r.Kind)), nil
	case "quote_policy":
		quote := policy(r.Quote)
		if r.Dialect.Name == "snowflake" {
			quote.class = "SnowflakeQuotePolicy"
		}
		return quote, nil
	case "include_policy":
		return policy(r.Include), nil
	case "quote_character":
		return jinja.Str(string(r.Dialect.Quote[0])), nil
	case "path":
		return r.path(), nil
	case "renameable_relations":
		return strs(r.Dialect.Renameable), nil
	case "replaceable_relations":
		return strs(r.Dialect.Replaceable), nil
	case "relation_max_name_length":
		if r.Dialect.Name != "postgres" && !slices.Contains(r.Dialect.Parents, "postgres") {
			return nil, nil
		}
	case "limit":
		if r.Limit < 0 {
			return jinja.None, nil
		}
		return jinja.Int(r.Limit), nil
	case "require_alias":
		return jinja.Bool(r.Dialect.AliasSubqueries), nil
	case "dbt_created":
		return jinja.Bool(r.Created), nil
	case "external":
		return optional(namePart(r.External)), nil
	case "event_time_filter", "catalog":
		return jinja.None, nil
	}
	if v := relationMethods.Bind(r, name); v != nil {
		return v, nil
	}
	return relationClass{r.Dialect, r.Quote}.Attr(name)
}

func policy(p [3]bool) *object {
	o := &object{class: "Policy"}
	for i, n := range partNames {
		o.set(n, jinja.Bool(p[i]))
	}
	return o
}

func (r *Relation) path() *object {
	o := &object{class: "Path"}
	for i, n := range partNames {
		o.set(n, optional(r.Parts[i]))
	}
	return o
}

// flags reads the keyword arguments database=, schema=, identifier= of include()
// and quote() over old ones.
func policyArgs(c *jinja.Call, p [3]bool) [3]bool {
	for i := range p {
		if c.Given(i) && c.Args[i] != jinja.Value(jinja.None) {
			p[i] = c.Args[i].Truth()
		}
	}
	return p
}

func self(c *jinja.Call) *Relation { return c.Self.(*Relation) }

var relationMethods = jinja.NewMethods("Relation",
	jinja.NewFunc("render()", func(c *jinja.Call) (jinja.Value, error) { return jinja.Str(self(c).Render()), nil }),
	jinja.NewFunc("render_limited()", func(c *jinja.Call) (jinja.Value, error) {
		r := self(c)
		if r.Limit < 0 {
			return jinja.Str(r.Render()), nil
		}
		return jinja.Str(r.limited(r.Render())), nil
	}),
	jinja.NewFunc("render_event_time_filtered(rendered=none)", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Str(self(c).String()), nil
	}),
	jinja.NewFunc("include(database=none, schema=none, identifier=none)", func(c *jinja.Call) (jinja.Value, error) {
		return self(c).with(func(r *Relation) { r.Include = policyArgs(c, r.Include) }), nil
	}),
	jinja.NewFunc("quote(database=none, schema=none, identifier=none)", func(c *jinja.Call) (jinja.Value, error) {
		return self(c).with(func(r *Relation) { r.Quote = policyArgs(c, r.Quote) }), nil
	}),
	jinja.NewFunc("quoted(identifier)", func(c *jinja.Call) (jinja.Value, error) {
		q := self(c).Dialect.Quote
		return jinja.Str(string(q[0]) + c.Str(0) + string(q[1])), nil
	}),
	jinja.NewFunc("without_identifier()", func(c *jinja.Call) (jinja.Value, error) {
		return self(c).with(func(r *Relation) {
			r.Parts[partIdentifier] = nil
			r.Include[partIdentifier] = false
		}), nil
	}),
	jinja.NewFunc("incorporate(**kwargs)", func(c *jinja.Call) (jinja.Value, error) { return self(c).changed(c.Kw) }),
	jinja.NewFunc("replace(**kwargs)", func(c *jinja.Call) (jinja.Value, error) {
		for k := range orDict(c.Kw).All() {
			if !slices.Contains(relationFields, k.String()) && !slices.Contains(moreFields[self(c).Dialect.Name], k.String()) && k.String() != "information_schema_view" {
				return nil, jinja.Raise(jinja.TypeError, "%s.__init__() got an unexpected keyword argument '%s'", self(c).Type(), k)
			}
		}
		return self(c).changed(c.Kw)
	}),
	jinja.NewFunc("replace_path(**kwargs)", func(c *jinja.Call) (jinja.Value, error) {
		for k := range orDict(c.Kw).All() {
			if !slices.Contains(partNames[:], k.String()) {
				return nil, jinja.Raise(jinja.TypeError, "Path.__init__() got an unexpected keyword argument '%s'", k)
			}
		}
		kw := jinja.NewDict()
		kw.SetStr("path", orDict(c.Kw))
		return self(c).changed(kw)
	}),
	jinja.NewFunc("information_schema(view_name=none)", func(c *jinja.Call) (jinja.Value, error) {
		view := ""
		if c.Args[0] != jinja.Value(jinja.None) {
			view = c.Str(0)
		}
		return self(c).informationSchema(view), nil
	}),
	jinja.NewFunc("information_schema_only()", func(c *jinja.Call) (jinja.Value, error) {
		return self(c).informationSchema(""), nil
	}),
	jinja.NewFunc("matches(database=none, schema=none, identifier=none)", func(c *jinja.Call) (jinja.Value, error) {
		r := self(c)
		if !c.Given(0) && !c.Given(1) && !c.Given(2) {
			return nil, fail(source.Runtime, "Tried to match relation, but no search path was passed!")
		}
		for i := range r.Parts {
			same := strings.EqualFold
			if r.Dialect.Name == "bigquery" {
				same = func(a, b string) bool { return a == b }
			}
			if c.Args[i] != jinja.Value(jinja.None) && !same(c.Str(i), r.Part(i)) {
				return jinja.Bool(false), nil
			}
		}
		return jinja.Bool(true), nil
	}),
	jinja.NewFunc("get(key, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		if c.Str(0) == "metadata" {
			d := jinja.NewDict()
			d.SetStr("type", jinja.Str(self(c).Type()))
			return d, nil
		}
		v, err := c.Self.(jinja.Attrs).Attr(c.Str(0))
		if v == nil && err == nil {
			return c.Args[1], nil
		}
		return v, err
	}),
	jinja.NewFunc("to_dict(omit_none=false)", func(c *jinja.Call) (jinja.Value, error) {
		r := self(c)
		d := jinja.NewDict()
		path := jinja.NewDict()
		for i, n := range partNames {
			path.SetStr(n, optional(r.Parts[i]))
		}
		d.SetStr("path", path)
		for _, name := range relationFields[1:] {
			v, err := c.Self.(jinja.Attrs).Attr(name)
			if err != nil {
				return nil, err
			}
			if p, ok := v.(*object); ok {
				v = p.dict()
			}
			if v != nil && !(c.Bool(0) && v == jinja.Value(jinja.None)) {
				d.SetStr(name, v)
			}
		}
		return d, nil
	}),
	jinja.NewFunc("relation_max_name_length()", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Int(self(c).Dialect.MaxName), nil
	}),
)

func orDict(d *jinja.Dict) *jinja.Dict {
	if d == nil {
		return jinja.NewDict()
	}
	return d
}

// informationSchema is "db".INFORMATION_SCHEMA[.view]; BigQuery has one for each
// dataset besides.
func (r *Relation) informationSchema(view string) *Relation {
	return r.with(func(r *Relation) {
		name := "INFORMATION_SCHEMA"
		if r.Dialect.Name == "bigquery" {
			r.Parts[partIdentifier], r.Quote[partIdentifier] = &name, false
			if view == "__TABLES__" { // older than INFORMATION_SCHEMA and not in it
				r.Parts[partIdentifier] = nil
			}
			r.Include[partSchema], r.Include[partIdentifier] = r.bigQueryView(view), true
		} else {
			r.Parts[partSchema], r.Parts[partIdentifier] = &name, nil
			r.Quote[partSchema], r.Include[partSchema] = false, true
		}
		r.Kind, r.view = "", view
	})
}

// changed applies the arguments of incorporate() and Relation.create().
func (r *Relation) changed(kw *jinja.Dict) (*Relation, error) {
	out := *r
	if kw == nil {
		return &out, nil
	}
	for k, v := range kw.All() {
		name := k.String()
		switch name {
		case "path", "quote_policy", "include_policy":
			// Objects such as relation.path are taken as well as mappings.
			for i, n := range partNames {
				p := pick(v, n)
				if p == nil {
					continue
				}
				switch {
				case name == "quote_policy" && p != jinja.Value(jinja.None):
					out.Quote[i] = p.Truth()
				case name == "include_policy" && p != jinja.Value(jinja.None):
					out.Include[i] = p.Truth()
				case name == "path":
					out.Parts[i] = textOrNil(p)
				}
			}
		case "database", "schema", "identifier":
			out.Parts[slices.Index(partNames[:], name)] = textOrNil(v)
		case "type":
			kind := ""
			if v != jinja.Value(jinja.None) && !jinja.IsUndefined(v) {
				kind = v.String()
			}
			if kind != "" && (!slices.Contains(relationTypes, kind) || slices.Contains(missingTypes[out.Dialect.Name], kind)) {
				return nil, jinja.Raise(jinja.ValueError, "Field \"type\" of type Optional[RelationType] in %s has invalid value %s", r.Type(), jinja.Repr(v))
			}
			out.Kind = kind
		case "limit":
			out.Limit = -1
			if n, ok := v.(jinja.Int); ok {
				out.Limit = int(n)
			}
		case "external", "external_location":
			out.External = ""
			if v != jinja.Value(jinja.None) {
				out.External = v.String()
			}
		case "dbt_created":
			out.Created = v.Truth()
		case "information_schema_view":
			out.view = v.String()
			if r.Dialect.Name == "bigquery" {
				out.Include[partSchema] = out.bigQueryView(out.view)
			}
		case "table_format":
			out.Iceberg = strings.EqualFold(v.String(), "iceberg")
		case "location":
			out.Location = v.String()
		}
	}
	return &out, nil
}

// relationFields are the fields of dbt's class, in its order.
var relationFields = []string{
	"path", "type", "quote_character", "include_policy", "quote_policy", "dbt_created", "limit", "event_time_filter",
	"require_alias", "catalog", "renameable_relations", "replaceable_relations", "external",
}

// moreFields are fields that one warehouse's class has.
var moreFields = map[string][]string{"snowflake": {"table_format"}, "bigquery": {"location"}}

// missingTypes are the types that a warehouse does not have.
var missingTypes = map[string][]string{
	"duckdb": {"dynamic_table"}, "postgres": {"dynamic_table"}, "bigquery": {"dynamic_table"},
	"snowflake": {"materialized_view", "ephemeral"},
}

var relationTypes = []string{"table", "view", "cte", "external", "materialized_view", "pointer_table", "function", "dynamic_table", "ephemeral"}

// pick gives an item of a mapping or an attribute of an object, or nil.
func pick(v jinja.Value, name string) jinja.Value {
	switch v := v.(type) {
	case *jinja.Dict:
		p, _ := v.GetStr(name)
		return p
	case jinja.Attrs:
		p, _ := v.Attr(name)
		return p
	}
	return nil
}

func textOrNil(v jinja.Value) *string {
	if v == jinja.Value(jinja.None) {
		return nil
	}
	s := v.String()
	return &s
}

// relationClass is api.Relation.
type relationClass struct {
	dialect *adapters.Dialect
	quote   [3]bool // of the project
}

// Type is Python's.
func (relationClass) Type() string { return "type" }

// Truth is true.
func (relationClass) Truth() bool { return true }

// String is how the class prints.
func (r relationClass) String() string { return "<class '" + r.dialect.Class + "Relation'>" }

// Attr gives the class's constants and functions.
func (r relationClass) Attr(name string) (jinja.Value, error) {
	switch name {
	case "Table":
		return jinja.Str("table"), nil
	case "View":
		return jinja.Str("view"), nil
	case "CTE":
		return jinja.Str("cte"), nil
	case "External":
		return jinja.Str("external"), nil
	case "MaterializedView":
		return jinja.Str("materialized_view"), nil
	case "PointerTable":
		return jinja.Str("pointer_table"), nil
	case "Function":
		return jinja.Str("function"), nil
	case "DynamicTable":
		if r.dialect.Name == "snowflake" {
			return jinja.Str("dynamic_table"), nil
		}
	}
	return relationClassMethods.Bind(r, name), nil
}

var relationClassMethods = jinja.NewMethods("Relation",
	jinja.NewFunc("create(database=none, schema=none, identifier=none, type=none, **kwargs)", func(c *jinja.Call) (jinja.Value, error) {
		class := c.Self.(relationClass)
		r := NewRelation(class.dialect, "", "", "")
		r.Quote = class.quote
		kw := orDict(c.Kw)
		if err := checkPath(r, c.Args[:3]); err != nil {
			return nil, err
		}
		for i := range r.Parts {
			r.Parts[i] = textOrNil(c.Args[i])
		}
		kw.SetStr("type", c.Args[3])
		return r.changed(kw)
	}),
	jinja.NewFunc("get_default_quote_policy()", func(c *jinja.Call) (jinja.Value, error) {
		return policy(c.Self.(relationClass).dialect.Quoted), nil
	}),
	jinja.NewFunc("get_default_include_policy()", func(c *jinja.Call) (jinja.Value, error) {
		return policy([3]bool{true, true, true}), nil
	}),
	jinja.NewFunc("scd_args(primary_key, updated_at)", func(c *jinja.Call) (jinja.Value, error) {
		out := jinja.NewList()
		if l, ok := c.Args[0].(*jinja.List); ok {
			out.Append(l.Items...)
		} else {
			out.Append(c.Args[0])
		}
		out.Append(c.Args[1])
		return out, nil
	}),
	jinja.NewFunc("add_ephemeral_prefix(name)", func(c *jinja.Call) (jinja.Value, error) {
		return jinja.Str(CTEPrefix + c.Str(0)), nil
	}),
)

// checkPath complains about a part of a name that is neither a text nor none.
func checkPath(r *Relation, parts []jinja.Value) error {
	shown := make([]string, len(parts))
	good := true
	for i, v := range parts {
		_, ok := jinja.Text(v)
		good = good && (ok || v == jinja.Value(jinja.None))
		shown[i] = "'" + partNames[i] + "': " + jinja.Repr(v)
	}
	if good {
		return nil
	}
	return jinja.Raise(jinja.ValueError, "Field \"path\" of type Path in %s has invalid value {%s}", r.Type(), strings.Join(shown, ", "))
}

// CTEPrefix stands before the name of an ephemeral model in the SQL of its users.
const CTEPrefix = "__dbt__cte__"

// object is a value with named attributes, in order, such as relation.path.
type object struct {
	class string
	names []string
	vals  []jinja.Value
	text  string // what it prints; empty for a generic form
}

func (o *object) set(name string, v jinja.Value) *object {
	o.names = append(o.names, name)
	o.vals = append(o.vals, v)
	return o
}

func (o *object) dict() *jinja.Dict {
	d := jinja.NewDict()
	for i, n := range o.names {
		d.SetStr(n, o.vals[i])
	}
	return d
}

// Type is the Python class.
func (o *object) Type() string { return o.class }

// Truth is true.
func (o *object) Truth() bool { return true }

// String is how the object prints.
func (o *object) String() string {
	if o.text != "" {
		return o.text
	}
	return o.Repr()
}

// Repr is how the object shows inside a list.
func (o *object) Repr() string {
	var b strings.Builder
	b.WriteString(o.class)
	b.WriteByte('(')
	for i, n := range o.names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n + "=" + jinja.Repr(o.vals[i]))
	}
	b.WriteByte(')')
	return b.String()
}

// Attr gives a named value.
func (o *object) Attr(name string) (jinja.Value, error) {
	for i, n := range o.names {
		if n == name {
			return o.vals[i], nil
		}
	}
	return objectMethods.Bind(o, name), nil
}

// Index is the attribute again.
func (o *object) Index(key jinja.Value) (jinja.Value, error) {
	name, ok := key.(jinja.Str)
	if !ok {
		return nil, nil
	}
	for i, n := range o.names {
		if n == string(name) {
			return o.vals[i], nil
		}
	}
	return nil, nil
}

var objectMethods = jinja.NewMethods("object",
	jinja.NewFunc("get(key, default=none)", func(c *jinja.Call) (jinja.Value, error) {
		if v, _ := c.Self.(*object).Index(c.Args[0]); v != nil {
			return v, nil
		}
		return c.Args[1], nil
	}),
	jinja.NewFunc("get_part(key)", func(c *jinja.Call) (jinja.Value, error) {
		if v, _ := c.Self.(*object).Index(c.Args[0]); v != nil {
			return v, nil
		}
		return jinja.None, nil
	}),
	jinja.NewFunc("to_dict(omit_none=false)", func(c *jinja.Call) (jinja.Value, error) {
		return c.Self.(*object).dict(), nil
	}),
)
