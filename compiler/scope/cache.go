package scope

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"weft/compiler/jinja"
	"weft/compiler/source"
)

// schemaKey names a schema without regard to case.
type schemaKey struct{ database, schema string }

func keyOf(database, schema string) schemaKey {
	return schemaKey{strings.ToLower(database), strings.ToLower(schema)}
}

// Cache is what is known to exist in the warehouse. A schema is in it only if a
// listing of it came back whole: "not there" is never concluded from anything
// else. It is safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	schemas map[schemaKey]map[string]*Relation // by lower-case identifier
	pending map[schemaKey]*sync.Mutex
}

// NewCache makes a cache that knows nothing.
func NewCache() *Cache {
	return &Cache{schemas: map[schemaKey]map[string]*Relation{}, pending: map[schemaKey]*sync.Mutex{}}
}

// Fill takes a complete listing of a schema.
func (c *Cache) Fill(database, schema string, rels []*Relation) {
	m := make(map[string]*Relation, len(rels))
	for _, r := range rels {
		m[strings.ToLower(r.Part(partIdentifier))] = r
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schemas[keyOf(database, schema)] = m
}

// known gives what is known of a schema.
func (c *Cache) known(k schemaKey) (map[string]*Relation, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.schemas[k]
	return m, ok
}

func (c *Cache) find(k schemaKey, identifier string) (*Relation, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.schemas[k]
	if !ok {
		return nil, false
	}
	return m[strings.ToLower(identifier)], true
}

func (c *Cache) forget(k schemaKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.schemas, k)
}

// listing is the lock under which a schema is listed, so that it is done once.
func (c *Cache) listing(k schemaKey) *sync.Mutex {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[k] == nil {
		c.pending[k] = &sync.Mutex{}
	}
	return c.pending[k]
}

func relKey(r *Relation) schemaKey { return keyOf(r.Part(partDatabase), r.Part(partSchema)) }

// add notes that a relation exists.
func (c *Cache) add(r *Relation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m, ok := c.schemas[relKey(r)]; ok {
		m[strings.ToLower(r.Part(partIdentifier))] = r
	}
}

func (c *Cache) drop(r *Relation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m, ok := c.schemas[relKey(r)]; ok {
		delete(m, strings.ToLower(r.Part(partIdentifier)))
	}
}

// SchemaCreated notes that a schema was made and is empty.
func (c *Cache) SchemaCreated(database, schema string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schemas[keyOf(database, schema)] = map[string]*Relation{}
}

// touch notes that this connection changes a schema.
func (c *Context) touch(r *Relation) {
	if c.conn != nil {
		c.conn.touched[relKey(r)] = true
	}
}

// list asks the warehouse for all relations of a schema, through the macro that
// projects may override. Anything but a whole answer is an error.
func (c *Context) list(t *jinja.Thread, database, schema string) ([]*Relation, error) {
	r := NewRelation(c.shared.Dialect, database, schema, "")
	r.Quote = c.shared.Quoting
	v, err := c.callMacro(t, "list_relations_without_caching", r.with(func(r *Relation) { r.Include[partIdentifier] = false }))
	if err != nil {
		return nil, err
	}
	tab, ok := v.(*Table)
	if !ok {
		return nil, fail(source.Runtime, "the macro list_relations_without_caching gave %s for schema %s, not a table", v.Type(), r.Render())
	}
	if rels, ok := c.showObjects(tab); ok && c.shared.Dialect.Name == "snowflake" {
		return rels, nil
	}
	need := [4]int{tab.column(jinja.Str("database")), tab.column(jinja.Str("name")), tab.column(jinja.Str("schema")), tab.column(jinja.Str("type"))}
	for i := range need {
		if need[i] < 0 {
			if len(tab.Names) < 4 {
				return nil, fail(source.Runtime, "the macro list_relations_without_caching must give the columns database, name, schema and type; it gave %s", strings.Join(tab.Names, ", "))
			}
			need[i] = i
		}
	}
	out := make([]*Relation, 0, len(tab.Rows))
	for _, row := range tab.Rows {
		rel := NewRelation(c.shared.Dialect, row[need[0]].String(), row[need[2]].String(), row[need[1]].String())
		rel.Quote = [3]bool{true, true, true}
		rel.Kind = row[need[3]].String()
		out = append(out, rel)
	}
	return out, nil
}

// FillCache lists a schema if that has not been done.
func (c *Context) FillCache(t *jinja.Thread, database, schema string) error {
	k := keyOf(database, schema)
	if _, ok := c.shared.Cache.known(k); ok {
		return nil
	}
	lock := c.shared.Cache.listing(k)
	lock.Lock()
	defer lock.Unlock()
	if _, ok := c.shared.Cache.known(k); ok {
		return nil
	}
	rels, err := c.list(t, database, schema)
	if err != nil {
		return err
	}
	c.shared.Cache.Fill(database, schema, rels)
	return nil
}

// getRelation finds a relation, listing its schema if need be.
func (c *Context) getRelation(t *jinja.Thread, database, schema, identifier string) (*Relation, error) {
	if err := c.FillCache(t, database, schema); err != nil {
		return nil, err
	}
	r, ok := c.shared.Cache.find(keyOf(database, schema), identifier)
	if !ok {
		// Forgotten between the two steps by another node's rollback.
		return c.getRelation(t, database, schema, identifier)
	}
	if r == nil {
		return nil, nil
	}
	return r.with(func(r *Relation) { r.Quote = c.shared.Quoting }), nil
}

// callMacro runs a macro that the adapter needs, most local one first, as an
// operation of the root project on the same connection.
func (c *Context) callMacro(t *jinja.Thread, name string, args ...jinja.Value) (jinja.Value, error) {
	return c.callWith(name, args, nil)
}

// callNamed is callMacro with named arguments, for macros that projects replace with
// their own, whose order may be another.
func (c *Context) callNamed(name string, args ...jinja.Kwarg) (jinja.Value, error) {
	return c.callWith(name, nil, args)
}

func (c *Context) callWith(name string, args []jinja.Value, named []jinja.Kwarg) (jinja.Value, error) {
	mac := c.shared.Macros.Anywhere(name)
	if mac == nil {
		return nil, fail(source.Compilation, "dbt could not find a macro with the name '%s' in any package", name)
	}
	op := c.shared.NewOperation(c.ctx, mac, c.conn)
	op.ThreadID = c.ThreadID
	return op.Thread().Call(mac.Value, args, named)
}

// Schemas lists the names of the schemas of a database.
func (c *Context) Schemas(t *jinja.Thread, database string) ([]string, error) {
	v, err := c.callMacro(t, "list_schemas", strOrNone(database))
	if err != nil {
		return nil, err
	}
	tab, ok := v.(*Table)
	if !ok || len(tab.Names) == 0 {
		return nil, fail(source.Runtime, "the macro list_schemas gave no table for database %s", database)
	}
	// What SHOW gives has the time of creation first.
	name := max(0, slices.IndexFunc(tab.Names, func(n string) bool { return strings.EqualFold(n, "name") }))
	out := make([]string, len(tab.Rows))
	for i, row := range tab.Rows {
		out[i] = row[name].String()
	}
	sort.Strings(out)
	return out, nil
}

// CreateSchema makes a schema through the macro of that name.
func (c *Context) CreateSchema(t *jinja.Thread, database, schema string) error {
	r := NewRelation(c.shared.Dialect, database, schema, "")
	r.Quote = c.shared.Quoting
	r = r.with(func(r *Relation) { r.Include[partIdentifier] = false })
	return c.createSchema(t, r)
}

// createSchema runs the macro and commits: a schema is there for all nodes, also
// when the one that made it fails.
func (c *Context) createSchema(t *jinja.Thread, r *Relation) error {
	if _, err := c.callMacro(t, "create_schema", r); err != nil {
		return err
	}
	return c.conn.commit(c.ctx)
}
