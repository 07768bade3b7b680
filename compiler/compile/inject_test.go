package compile

import (
	"testing"

	"weft/compiler/artifact"
)

func TestInject(t *testing.T) {
	one := artifact.CTE{ID: "model.p.a", SQL: " __dbt__cte__a as (\nselect 1\n)"}
	for _, test := range []struct{ sql, want string }{
		{"select 2", "with __dbt__cte__a as (\nselect 1\n) select 2"},
		{"\n  select 2", "\n  with __dbt__cte__a as (\nselect 1\n) select 2"},
		{"with b as (select 2) select 3", "with  __dbt__cte__a as (\nselect 1\n), b as (select 2) select 3"},
		{"WITH b as (select 2) select 3", "WITH  __dbt__cte__a as (\nselect 1\n), b as (select 2) select 3"},
		{"with recursive b as (select 2) select 3", "with recursive  __dbt__cte__a as (\nselect 1\n), b as (select 2) select 3"},
		{"-- why\nselect 2", "with __dbt__cte__a as (\nselect 1\n) -- why\nselect 2"}, // a comment counts as the start
		{"/* x */ with b as (select 2) select 3", "/* x */ with  __dbt__cte__a as (\nselect 1\n), b as (select 2) select 3"},
		{"within_a_word", "with __dbt__cte__a as (\nselect 1\n) within_a_word"},
		{"", "with __dbt__cte__a as (\nselect 1\n) "},
	} {
		r := &Result{bare: test.sql, CTEs: []artifact.CTE{one}}
		r.inject()
		if r.SQL != test.want {
			t.Errorf("%q:\n got %q\nwant %q", test.sql, r.SQL, test.want)
		}
	}
}

func TestAddKeepsEachOnce(t *testing.T) {
	var r Result
	for _, id := range []string{"a", "b", "a"} {
		r.add(artifact.CTE{ID: id})
	}
	if len(r.CTEs) != 2 {
		t.Errorf("%d CTEs; want 2", len(r.CTEs))
	}
}
