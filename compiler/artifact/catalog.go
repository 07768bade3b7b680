package artifact

import (
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// CatalogTable is what the warehouse says of one table, and the nodes it is.
type CatalogTable struct {
	Nodes                                        []*manifest.Node
	Type, Database, Schema, Name, Comment, Owner jinja.Value
	Columns                                      []CatalogColumn
}

// CatalogColumn is one column of it.
type CatalogColumn struct {
	Name                 string
	Type, Index, Comment jinja.Value
}

// WriteCatalog writes catalog.json.
func WriteCatalog(path string, tables []CatalogTable, problems []string, meta Metadata) error {
	return writeFile(path, func(e *encoder) {
		e.open('{')
		e.metadata(meta, "catalog/v1", nil)
		for _, part := range []struct {
			name literal
			kind func(*manifest.Node) bool
		}{
			{"nodes", func(n *manifest.Node) bool { return n.Kind != manifest.Source }},
			{"sources", func(n *manifest.Node) bool { return n.Kind == manifest.Source }},
		} {
			e.object(part.name, func() {
				for i := range tables {
					for _, n := range tables[i].Nodes {
						if part.kind(n) {
							e.catalogTable(n.ID, &tables[i])
						}
					}
				}
			})
		}
		if len(problems) == 0 {
			e.raw("errors", "null")
		} else {
			e.strs("errors", problems)
		}
		e.close('}')
	})
}

func (e *encoder) catalogTable(id string, t *CatalogTable) {
	e.key(id)
	e.inBraces(func() {
		e.object("metadata", func() {
			e.val("type", t.Type)
			e.val("schema", t.Schema)
			e.val("name", t.Name)
			e.val("database", t.Database)
			e.val("comment", t.Comment)
			e.val("owner", t.Owner)
		})
		e.object("columns", func() {
			for _, c := range t.Columns {
				e.key(c.Name)
				e.inBraces(func() {
					e.val("type", c.Type)
					e.val("index", c.Index)
					e.str("name", c.Name)
					e.val("comment", c.Comment)
				})
			}
		})
		e.object("stats", func() {
			e.object("has_stats", func() {
				e.str("id", "has_stats")
				e.str("label", "Has Stats?")
				e.bool("value", false)
				e.bool("include", false)
				e.str("description", "Indicates whether there are statistics for this table")
			})
		})
		e.str("unique_id", id)
	})
}
