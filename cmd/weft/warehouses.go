package main

import (
	"context"

	"weft/adapters"
	"weft/adapters/bigquery"
	"weft/adapters/duckdb"
	"weft/adapters/postgres"
	"weft/adapters/snowflake"
)

// openers are the warehouses that this binary can talk to, by profile type.
var openers = map[string]func(context.Context, adapters.Config) (adapters.Warehouse, error){
	"duckdb": duckdb.Open,
}

// dialects are the warehouses whose projects can be parsed.
var dialects = map[string]*adapters.Dialect{
	"bigquery":  &bigquery.Dialect,
	"duckdb":    &duckdb.Dialect,
	"postgres":  &postgres.Dialect,
	"snowflake": &snowflake.Dialect,
}

func dialectOf(name string) *adapters.Dialect { return dialects[name] }
