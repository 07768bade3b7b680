package scope

import (
	"context"
	"errors"
	"strings"

	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// Conn is the connection of one node: a session that is opened when it is first
// used, and whether a transaction is open on it. It is for one goroutine.
type Conn struct {
	warehouse adapters.Warehouse
	session   adapters.Session
	dialect   *adapters.Dialect
	inTx      bool

	// Comment gives the text that is sent with each statement; may be nil.
	Comment func() (text string, appended bool, err error)
	// Sent is told of each statement; may be nil.
	Sent func(sql string)

	// touched are the schemas whose relations this connection changed since the
	// last commit; what the cache knows of them is forgotten after a rollback.
	touched map[schemaKey]bool
	cache   *Cache

	// LastSQL and LastError are the statement that failed last.
	LastSQL   string
	LastError *adapters.Error
}

// NewConn makes a connection that opens a session when it is needed.
func NewConn(w adapters.Warehouse, d *adapters.Dialect, cache *Cache) *Conn {
	return &Conn{warehouse: w, dialect: d, cache: cache, touched: map[schemaKey]bool{}}
}

func (c *Conn) open(ctx context.Context) error {
	if c.session != nil {
		return nil
	}
	s, err := c.warehouse.Connect(ctx)
	if err != nil {
		return err
	}
	c.session = s
	return nil
}

// run sends one statement. A refusal comes back as a database error.
func (c *Conn) run(ctx context.Context, sql string, sink adapters.Sink) (adapters.Response, error) {
	if err := c.open(ctx); err != nil {
		return adapters.Response{}, databaseError(err)
	}
	if c.Sent != nil {
		c.Sent(sql)
	}
	if c.Comment != nil {
		text, appended, err := c.Comment()
		if err != nil {
			return adapters.Response{}, err
		}
		sql = withComment(sql, text, appended)
	}
	r, err := c.session.Run(ctx, sql, sink)
	if err != nil {
		var ae *adapters.Error
		if errors.As(err, &ae) {
			c.LastSQL, c.LastError = sql, ae
		}
		return r, databaseError(err)
	}
	return r, nil
}

func withComment(sql, text string, appended bool) string {
	if text == "" {
		return sql
	}
	if !appended {
		return "/* " + text + " */\n" + sql
	}
	sql = strings.TrimRight(sql, " \t\r\n")
	if rest, ok := strings.CutSuffix(sql, ";"); ok {
		return rest + "\n/* " + text + " */;"
	}
	return sql + "\n/* " + text + " */"
}

// databaseError is a refusal of the warehouse as an error of a template. The class
// is the one that dbt's adapters give.
func databaseError(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	e := jinja.Raise(jinja.HostError, "%s", err.Error())
	e.Err.Class = source.Runtime
	e.Err.Err = err
	return e
}

// begin opens a transaction if none is open and the warehouse has them.
func (c *Conn) begin(ctx context.Context) error {
	if c.inTx || c.dialect.Begin == "" {
		return nil
	}
	if err := c.open(ctx); err != nil {
		return databaseError(err)
	}
	if c.Sent != nil {
		c.Sent(c.dialect.Begin)
	}
	if _, err := c.session.Run(ctx, c.dialect.Begin, nil); err != nil {
		return databaseError(err)
	}
	c.inTx = true
	return nil
}

// commit ends an open transaction.
func (c *Conn) commit(ctx context.Context) error {
	if !c.inTx {
		return nil
	}
	c.inTx = false
	if c.Sent != nil {
		c.Sent(c.dialect.Commit)
	}
	if _, err := c.session.Run(ctx, c.dialect.Commit, nil); err != nil {
		c.forget()
		return databaseError(err)
	}
	clear(c.touched)
	return nil
}

// Rollback undoes an open transaction. What the cache believed of the schemas that
// were changed is forgotten, so that they are listed again.
func (c *Conn) Rollback(ctx context.Context) error {
	defer c.forget()
	if !c.inTx {
		return nil
	}
	c.inTx = false
	if c.Sent != nil {
		c.Sent(c.dialect.Rollback)
	}
	_, err := c.session.Run(ctx, c.dialect.Rollback, nil)
	return err
}

func (c *Conn) forget() {
	for k := range c.touched {
		c.cache.forget(k)
	}
	clear(c.touched)
}

// Close rolls back what is open and gives the session back. An error means that
// work may not be in the warehouse.
func (c *Conn) Close(ctx context.Context) error {
	if c.session == nil {
		return nil
	}
	var errs []error
	if c.inTx {
		errs = append(errs, c.Rollback(ctx))
	}
	errs = append(errs, c.session.Close())
	c.session = nil
	return errors.Join(errs...)
}

// Exec runs a statement outside of templates, such as the text of a project hook.
func (c *Conn) Exec(ctx context.Context, sql string) (adapters.Response, error) {
	return c.run(ctx, sql, nil)
}

// Query runs a statement and keeps its rows.
func (c *Conn) Query(ctx context.Context, sql string) (*Table, error) {
	sink := &collector{limit: -1}
	if _, err := c.run(ctx, sql, sink); err != nil {
		return nil, err
	}
	return sink.table(), nil
}

// load appends the rows of a table, inside a transaction where there are any.
func (c *Conn) load(ctx context.Context, into adapters.Relation, cols []adapters.Column, t *Table) (int64, error) {
	if err := c.begin(ctx); err != nil {
		return 0, err
	}
	n, err := c.session.Load(ctx, into, cols, func(yield func([]any, error) bool) {
		row := make([]any, len(cols))
		for _, r := range t.Rows {
			for i := range row {
				row[i] = loadValue(r[i])
			}
			if !yield(row, nil) {
				return
			}
		}
	})
	if err != nil {
		return n, databaseError(err)
	}
	return n, nil
}

// loadValue is a template's value as drivers take it.
func loadValue(v jinja.Value) any {
	switch v := v.(type) {
	case *jinja.Date:
		return adapters.Date(v.String())
	case *jinja.Decimal:
		return adapters.Decimal(v.String())
	case jinja.BigInt:
		return adapters.Decimal(v.String())
	}
	return jinja.ToGo(v)
}

// DefaultComment is the query comment of projects that set none: who asks, as JSON.
func DefaultComment(version, profile, target string, n *manifest.Node, name string) string {
	d := jinja.NewDict()
	d.SetStr("app", jinja.Str("dbt"))
	d.SetStr("dbt_version", jinja.Str(version))
	d.SetStr("profile_name", jinja.Str(profile))
	d.SetStr("target_name", jinja.Str(target))
	if n != nil {
		d.SetStr("node_id", jinja.Str(n.ID))
	} else {
		d.SetStr("connection_name", jinja.Str(name))
	}
	out, err := jinja.AppendJSON(nil, d, jinja.JSONOptions{ASCII: true})
	if err != nil {
		return ""
	}
	return string(out)
}
