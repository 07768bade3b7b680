package graph_test

import (
	"slices"
	"strings"
	"testing"

	"weft/compiler/config"
	"weft/compiler/graph"
	"weft/compiler/manifest"
)

// shop is a small project: two sources, staging models, marts and tests.
//
//	source raw.users ── stg_users ──┬── orders_by_user ── report
//	source raw.orders ── stg_orders ┘
func shop(t testing.TB) *graph.Graph {
	t.Helper()
	m := &manifest.Manifest{Project: "shop"}
	add := func(kind manifest.Kind, id string, fqn []string, tags []string, parents ...string) *manifest.Node {
		c, err := config.Merge(kind.Info().Config)
		if err != nil {
			t.Fatal(err)
		}
		n := &manifest.Node{ID: id, Kind: kind, Name: fqn[len(fqn)-1], Package: "shop", FQN: fqn, Tags: tags, DependsOn: parents, Config: c,
			Raw: "select 1", OriginalPath: "models/" + strings.Join(fqn[1:], "/") + ".sql"}
		m.Nodes = append(m.Nodes, n)
		return n
	}
	for _, table := range []string{"users", "orders"} {
		add(manifest.Source, "source.shop.raw."+table, []string{"shop", "raw", table}, nil).Source = &manifest.SourcePart{SourceName: "raw", Identifier: table}
	}
	add(manifest.Model, "model.shop.stg_users", []string{"shop", "staging", "stg_users"}, []string{"daily"}, "source.shop.raw.users")
	add(manifest.Model, "model.shop.stg_orders", []string{"shop", "staging", "stg_orders"}, nil, "source.shop.raw.orders")
	add(manifest.Model, "model.shop.orders_by_user", []string{"shop", "marts", "orders_by_user"}, []string{"daily"}, "model.shop.stg_users", "model.shop.stg_orders")
	add(manifest.Model, "model.shop.report", []string{"shop", "marts", "report"}, nil, "model.shop.orders_by_user")
	add(manifest.Test, "test.shop.unique_users", []string{"shop", "unique_users"}, nil, "model.shop.stg_users").Test = &manifest.TestPart{Name: "unique", Generic: true}
	add(manifest.Test, "test.shop.related", []string{"shop", "related"}, nil, "model.shop.stg_users", "model.shop.stg_orders").Test = &manifest.TestPart{Name: "relationships", Generic: true}
	m.Index()
	return graph.New(m)
}

func names(g *graph.Graph, s graph.Set) string {
	var out []string
	for _, i := range s.Members() {
		out = append(out, g.Nodes[i].Name)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestSelect(t *testing.T) {
	g := shop(t)
	for _, test := range []struct {
		sel, exclude string
		mode         graph.Mode
		want         string
	}{
		{"report", "", "", "report"},
		{"+report", "", graph.Empty, "orders orders_by_user report stg_orders stg_users users"},
		{"1+report", "", graph.Empty, "orders_by_user report"},
		{"stg_users+", "", graph.Empty, "orders_by_user related report stg_users unique_users"}, // a plus takes tests as any node
		{"stg_users+1", "", graph.Empty, "orders_by_user related stg_users unique_users"},
		{"@stg_users", "", graph.Empty, "orders orders_by_user related report stg_orders stg_users unique_users users"},
		{"tag:daily", "", graph.Empty, "orders_by_user stg_users"},
		{"tag:daily,staging", "", graph.Empty, "stg_users"},
		{"staging report", "", graph.Empty, "report stg_orders stg_users"},
		{"shop.marts", "", graph.Empty, "orders_by_user report"},
		{"*orders*", "", graph.Empty, "orders_by_user stg_orders"},
		{"source:raw", "", graph.Empty, "orders users"},
		{"source:raw.users+", "", graph.Empty, "orders_by_user related report stg_users unique_users users"},
		{"path:models/staging", "", graph.Empty, "stg_orders stg_users"},
		{"models/marts/report.sql", "", graph.Empty, "report"},
		{"report.sql", "", graph.Empty, "report"},
		{"package:this", "report", graph.Empty, "orders orders_by_user related stg_orders stg_users unique_users users"},
		{"resource_type:test", "", "", "related unique_users"},
		{"test_name:unique", "", "", "unique_users"},
		{"stg_users", "", graph.Eager, "related stg_users unique_users"},
		{"stg_users", "", graph.Cautious, "stg_users unique_users"},
		{"stg_users stg_orders", "", graph.Cautious, "related stg_orders stg_users unique_users"},
		{"+orders_by_user", "stg_orders", graph.Cautious, "orders orders_by_user related stg_users unique_users users"}, // what came along stays
		{"nothing_here", "", "", ""},
	} {
		s := graph.Selection{Mode: test.mode, Select: []string{test.sel}}
		if test.exclude != "" {
			s.Exclude = []string{test.exclude}
		}
		set, err := g.Select(s)
		if err != nil {
			t.Errorf("%s: %v", test.sel, err)
			continue
		}
		if got := names(g, set); got != test.want {
			t.Errorf("select %q exclude %q (%s):\n got %s\nwant %s", test.sel, test.exclude, test.mode, got, test.want)
		}
	}
}

func TestSelectErrors(t *testing.T) {
	g := shop(t)
	for _, sel := range []string{"tga:daily", "@report+", "source:a.b.c.d", "test_type:odd", "resource_type:thing", "selector:x", "path:"} {
		if _, err := g.Select(graph.Selection{Select: []string{sel}}); err == nil {
			t.Errorf("%q selects without a complaint", sel)
		}
	}
}

func TestCycle(t *testing.T) {
	g := shop(t)
	if err := g.Cycle(); err != nil {
		t.Fatal(err)
	}
	m := &manifest.Manifest{Project: "p"}
	for _, n := range [][2]string{{"model.p.a", "model.p.c"}, {"model.p.b", "model.p.a"}, {"model.p.c", "model.p.b"}} {
		m.Nodes = append(m.Nodes, &manifest.Node{ID: n[0], DependsOn: []string{n[1]}})
	}
	m.Index()
	err := graph.New(m).Cycle()
	if err == nil || !strings.Contains(err.Error(), "model.p.a --> model.p.b --> model.p.c") {
		t.Errorf("got %v; want the cycle a, b, c", err)
	}
}

// FuzzSelect checks that any selector ends in a set or an error, and that what it
// selects are nodes of the graph.
func FuzzSelect(f *testing.F) {
	g := shop(f)
	for _, s := range []string{"a+", "+a", "@a", "2+a+3", "tag:x,path:models/**", "config.materialized:view", "[a-", "*[!x]*", "fqn:*.*", "a,b c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sel string) {
		for _, mode := range []graph.Mode{graph.Eager, graph.Cautious, graph.Buildable, graph.Empty} {
			set, err := g.Select(graph.Selection{Select: []string{sel}, Mode: mode})
			if err != nil {
				continue
			}
			for _, i := range set.Members() {
				_ = g.Nodes[i]
			}
		}
	})
}
