package main

import (
	"path/filepath"
	"strings"

	"weft/compiler/artifact"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// docsGenerate writes catalog.json: what the warehouse has of the project.
func (a *app) docsGenerate(_ []string) error {
	if a.set.on("compile") {
		if _, _, err := a.compiled(); err != nil {
			return err
		}
	} else {
		if err := a.read(); err != nil {
			return err
		}
		if err := a.writeManifest(nil); err != nil {
			return err
		}
	}
	// Where there was nothing to compile, nothing has been opened yet.
	if err := a.connect(); err != nil {
		return err
	}
	var tables []artifact.CatalogTable
	var problems []string
	if !a.set.on("empty-catalog") {
		a.p.info("BuildingCatalog", "E044", "Building catalog")
		var err error
		if tables, problems, err = a.catalog(); err != nil {
			return err
		}
	}
	dir, _ := a.targetDir()
	path := filepath.Join(dir, "catalog.json")
	if err := artifact.WriteCatalog(path, tables, problems, a.metadata()); err != nil {
		return &source.Error{Class: source.Runtime, Msg: err.Error(), Err: err}
	}
	a.p.info("CatalogWritten", "E041", "Catalog written to "+path)
	if len(problems) > 0 {
		a.p.error("WriteCatalogFailure", "E040", "the warehouse turned down "+plural(len(problems), "query")+" for the catalog: "+strings.Join(problems, "; "))
		return errFailed
	}
	return nil
}

// catalog asks the warehouse for the columns of everything that the project has, or
// of what was selected to be compiled.
func (a *app) catalog() ([]artifact.CatalogTable, []string, error) {
	set := a.graph.NewSet()
	if a.set.on("compile") && len(a.set.list("select")) > 0 {
		var err error
		if set, err = a.choose(nil, true); err != nil {
			return nil, nil, err
		}
	} else {
		for i := range a.graph.Nodes {
			set.Add(i)
		}
	}
	conn := scope.NewConn(a.warehouse, a.shared.Dialect, a.shared.Cache)
	conn.Sent = func(sql string) { a.sent(nil, sql) }
	defer conn.Close(a.ctx)
	relations := map[string][]jinja.Value{} // by database
	var order []string
	wanted := map[string][]*manifest.Node{}
	for _, i := range set.Members() {
		n := a.graph.Nodes[i]
		if !n.HasRelation() && n.Kind != manifest.Source {
			continue
		}
		rel := a.shared.RelationOf(n)
		if rel.External != "" {
			continue
		}
		if relations[n.Database] == nil {
			order = append(order, n.Database)
		}
		relations[n.Database] = append(relations[n.Database], rel)
		wanted[catalogKey(rel.Name().Database, rel.Name().Schema, rel.Name().Identifier)] = append(wanted[catalogKey(rel.Name().Database, rel.Name().Schema, rel.Name().Identifier)], n)
	}
	var tables []artifact.CatalogTable
	var problems []string
	for _, db := range order {
		op := a.shared.NewOperation(a.ctx, nil, conn)
		t, err := op.Catalog(op.Thread(), relations[db])
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		tables = append(tables, catalogTables(t, wanted)...)
	}
	return tables, problems, nil
}

func catalogKey(database, schema, name string) string {
	return strings.ToLower(database + "\x00" + schema + "\x00" + name)
}

// catalogTables groups the rows of the catalog query by table, for the nodes that
// want them.
func catalogTables(t *scope.Table, wanted map[string][]*manifest.Node) []artifact.CatalogTable {
	var out []artifact.CatalogTable
	at := map[string]int{}
	for _, r := range t.Records().Items {
		d := r.(*jinja.Dict)
		text := func(key string) string {
			v, _ := d.GetStr(key)
			if v == nil || v == jinja.Value(jinja.None) {
				return ""
			}
			return v.String()
		}
		val := func(key string) jinja.Value {
			v, _ := d.GetStr(key)
			if v == nil {
				return jinja.None
			}
			return v
		}
		key := catalogKey(text("table_database"), text("table_schema"), text("table_name"))
		nodes := wanted[key]
		if len(nodes) == 0 {
			continue
		}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, artifact.CatalogTable{
				Nodes: nodes, Type: val("table_type"), Database: val("table_database"), Schema: val("table_schema"),
				Name: val("table_name"), Comment: val("table_comment"), Owner: val("table_owner"),
			})
		}
		out[i].Columns = append(out[i].Columns, artifact.CatalogColumn{
			Name: text("column_name"), Type: val("column_type"), Index: val("column_index"), Comment: val("column_comment"),
		})
	}
	return out
}
