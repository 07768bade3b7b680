package scope

import (
	"context"
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// InlineNode makes the node that stands for SQL of the command line.
func (s *Shared) InlineNode(pkg string, f *source.File) *manifest.Node {
	cfg, err := config.Merge(config.Operations)
	if err != nil {
		panic(err) // no layers, nothing to be wrong
	}
	return &manifest.Node{
		ID: "sql_operation." + pkg + ".inline_query", Kind: manifest.SQLOperation, Name: "inline_query", Package: pkg,
		Path: "sql/inline_query", OriginalPath: "from remote system.sql", FQN: []string{pkg, "sql", "inline_query"},
		Database: s.Database, Schema: s.Schema, Alias: "inline_query", Config: cfg,
		File: f, Span: source.Span{End: source.Pos(len(f.Text))}, Raw: f.Text, Language: "sql",
		Checksum: manifest.Checksum{Name: "sha256"}, Unrendered: jinja.NewDict(),
	}
}

// Record renders a node as parsing does and keeps what it refers to.
func (s *Shared) Record(ctx context.Context, n *manifest.Node) error {
	c := s.NewContext(ctx, Parse, n, nil)
	if _, err := c.RenderNode(n); err != nil {
		return err
	}
	n.Refs, n.Sources = c.Refs, c.Sources
	return nil
}

// Show runs compiled SQL, cut to a number of rows by the macro get_show_sql; a
// negative limit is none.
func (s *Shared) Show(ctx context.Context, n *manifest.Node, code string, limit int, conn *Conn) (*Table, error) {
	c := s.NewContext(ctx, Run, n, conn)
	c.SetCode(code)
	mac := s.Macros.Anywhere("get_show_sql")
	if mac == nil {
		return nil, fail(source.Compilation, "dbt could not find a macro with the name 'get_show_sql' in any package")
	}
	var rows jinja.Value = jinja.None
	if limit >= 0 {
		rows = jinja.Int(limit)
	}
	header := jinja.Value(jinja.None)
	if v, ok := n.Config.Lookup("sql_header"); ok {
		header = v
	}
	v, err := c.Thread().Call(mac.Value, []jinja.Value{jinja.Str(code), header, rows}, nil)
	if err != nil {
		return nil, err
	}
	return conn.Query(ctx, strings.TrimSpace(v.String()))
}

// Records gives the rows as dictionaries, for JSON.
func (t *Table) Records() *jinja.List {
	out := jinja.NewList()
	for i := range t.Rows {
		d := rowDict(&Row{t, i})
		for k, v := range d.All() {
			switch v := v.(type) {
			case *jinja.Decimal:
				if t.Types[t.column(k)] == IntegerType || !strings.Contains(v.String(), ".") {
					if n, err := jinja.ParseJSON(v.String()); err == nil {
						d.Set(k, n)
						continue
					}
				}
				if f, err := jinja.ParseJSON(v.String()); err == nil {
					d.Set(k, f)
				}
			case *jinja.Date:
				d.Set(k, jinja.Str(v.String()))
			case *jinja.DateTime:
				d.Set(k, jinja.Str(strings.Replace(v.String(), " ", "T", 1)))
			}
		}
		out.Append(d)
	}
	return out
}

// QueryComment renders a project's own query comment for a node; nil where none
// runs. It has the names of a macro of the root project and node.
func (s *Shared) QueryComment(ctx context.Context, text string, n *manifest.Node) (string, error) {
	t, err := syntax.Parse(&source.File{Path: "query-comment", Text: text}, syntax.Options{})
	if err != nil {
		return "", err
	}
	c := &Context{shared: s, phase: Operate, pkg: s.Project, ctx: ctx}
	c.Set("connection_name", jinja.Str("master"))
	if n != nil {
		c.Set("node", Node{n})
		c.Set("connection_name", jinja.Str(n.ID))
	} else {
		c.Set("node", jinja.None)
	}
	r, err := c.Render(t)
	if err != nil {
		return "", err
	}
	out := strings.TrimSpace(r.Text)
	if strings.Contains(out, "*/") {
		return "", fail(source.Runtime, "query comment contains illegal value \"*/\": %s", out)
	}
	return out, nil
}

// Catalog asks for the columns of relations of one database, through the macro
// that projects may override.
func (c *Context) Catalog(t *jinja.Thread, relations []jinja.Value) (*Table, error) {
	first := relations[0].(*Relation)
	v, err := c.callMacro(t, "get_catalog_relations", first.informationSchema(""), jinja.NewList(relations...))
	if err != nil {
		return nil, err
	}
	tab, ok := v.(*Table)
	if !ok {
		return nil, fail(source.Runtime, "the macro get_catalog_relations gave %s, not a table", v.Type())
	}
	return tab, nil
}
