package main

import (
	goflag "flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	generateInto  = goflag.String("generate", "", "write a generated project to this folder")
	generateSize  = goflag.Int("generate-models", 200, "how many models it has")
	generateSeed  = goflag.Uint64("generate-seed", 1, "seed of its random settings")
	generatePlain = goflag.Bool("generate-plain", false, "the project of the benchmarks: models, properties and tests only")
)

// TestGenerate writes the projects whose manifests testdata/manifest/compare.py compares
// with those of dbt:
//
//	go test ./cmd/weft -run TestGenerate -args -generate DIR -generate-models 2000 -generate-seed 3
func TestGenerate(t *testing.T) {
	if *generateInto == "" {
		t.Skip("needs -generate DIR")
	}
	var err error
	if *generatePlain {
		err = plainProject(*generateInto, *generateSize)
	} else {
		err = randomProject(*generateInto, *generateSize, *generateSeed)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// plainProject is the one for measuring: n models in folders of fifty, with properties
// and about 2.2 tests each.
func plainProject(dir string, n int) error {
	w := &projectWriter{dir: dir}
	w.write("dbt_project.yml", "name: gen\nprofile: gen\nmodels:\n  gen:\n    +materialized: view\n    m0: {+materialized: table}\n")
	w.write("profiles.yml", "gen:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: gen.duckdb, threads: 2}\n")
	w.write("macros/m.sql", "{% macro cents(c) %}({{ c }} / 100){% endmacro %}\n")
	r := rand.New(rand.NewPCG(1, 1))
	const folder = 50
	for at := 0; at < n; at += folder {
		props := "models:\n"
		for i := at; i < min(n, at+folder); i++ {
			sql := fmt.Sprintf("{{ config(tags=['t%d']) }}\n", i%7)
			if i == at {
				sql += fmt.Sprintf("select 1 as id, %d as v, {{ cents('100') }} as amount\n", i)
			} else {
				a, b := at+r.IntN(i-at), at+r.IntN(i-at)
				sql += fmt.Sprintf("with a as (select * from {{ ref('m%d') }}),\nb as (select * from {{ ref('m%d') }})\nselect a.id, a.v + b.v as v,\n"+
					"{%% for x in ['p','q'] %%}\n  '{{ x }}' as {{ x }},\n{%% endfor %%}\n  {{ cents('a.amount') }} as amount\nfrom a join b using (id)\n", a, b)
			}
			w.write(fmt.Sprintf("models/m%d/m%d.sql", at/folder, i), sql)
			props += fmt.Sprintf("  - name: m%d\n    description: model number %d\n    columns:\n      - name: id\n        description: key\n        data_tests: [not_null, unique]\n      - name: v\n        description: value\n", i, i)
			if i%5 == 0 {
				props += "        data_tests:\n          - accepted_values:\n              arguments: {values: [1, 2, 3]}\n"
			}
		}
		w.write(fmt.Sprintf("models/m%d/s.yml", at/folder), props)
	}
	return w.err
}

// projectWriter writes the files of a project; the first failure stays.
type projectWriter struct {
	dir string
	err error
}

func (w *projectWriter) write(path, text string) {
	if w.err != nil {
		return
	}
	full := filepath.Join(w.dir, filepath.FromSlash(path))
	if w.err = os.MkdirAll(filepath.Dir(full), 0o755); w.err == nil {
		w.err = os.WriteFile(full, []byte(text), 0o644)
	}
}

// randomProject writes a project with n models in three layers, two packages, sources,
// seeds, snapshots, tests, versions, groups, exposures, docs, hooks, and settings chosen
// at random on all levels. Equal arguments give equal projects.
func randomProject(dir string, n int, seed uint64) error {
	g := &projectGenerator{projectWriter: projectWriter{dir: dir}, r: rand.New(rand.NewPCG(seed, 7))}
	g.write("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, schema: dev, threads: 2}\n    prod: {type: duckdb, path: shop.duckdb, schema: prod, threads: 2}\n")
	g.root(n)
	g.packages()
	return g.err
}

// projectGenerator holds what was made so far, which later files refer to.
type projectGenerator struct {
	projectWriter
	r       *rand.Rand
	sources [][2]string
	seeds   []string
	layers  [3][]string // names that ref() knows, by layer
	grouped map[string]string
}

func choose[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// maybe gives the text one time in n.
func (g *projectGenerator) maybe(n int, text string) string {
	if g.r.IntN(n) == 0 {
		return text
	}
	return ""
}

func (g *projectGenerator) root(n int) {
	r := g.r
	g.grouped = map[string]string{}
	g.write("dbt_project.yml", "name: shop\nversion: \"1.2.0\"\nprofile: shop\nconfig-version: 2\n"+
		"vars:\n  start: 2024-01-01\n  limit: 10\n  tools: {rate: 7}\n  nested: {a: [1, 2], b: null}\n"+
		"on-run-start:\n  - \"select 1\"\n  - \"{{ note('start') }}\"\non-run-end: \"select '{{ target.name }}'\"\n"+
		"quoting: {identifier: "+choose(r, "true", "false")+"}\n"+
		"models:\n  +meta: {owner: core, level: {x: 1}}\n  +persist_docs: {relation: true}\n  shop:\n    +tags: [base]\n    staging:\n      +materialized: view\n      +schema: stg\n      +tags: stg\n"+
		"    intermediate:\n      +materialized: "+choose(r, "ephemeral", "view")+"\n      +docs: {node_color: \"#abc\"}\n    marts:\n      +materialized: table\n      +grants: {select: [reader]}\n      +post-hook: \"select 'root' -- {{ this }}\"\n"+
		"      a:\n        +enabled: \"{{ target.name == 'dev' }}\"\n        +pre-hook:\n          - \"select 1\"\n          - {sql: \"select 2\", transaction: false}\n  tools:\n    +tags: [from_root]\n    +materialized: table\n"+
		"seeds:\n  shop:\n    +quote_columns: true\n    +column_types: {id: integer}\nsnapshots:\n  +target_schema: snaps\n"+
		"data_tests:\n  +severity: "+choose(r, "warn", "error")+"\n  shop:\n    +store_failures: "+choose(r, "true", "false")+"\nsources:\n  +meta: {from: project}\nexposures:\n  +meta: {e: 1}\n")
	g.write("packages.yml", "packages:\n  - local: pkgs/tools\n  - local: pkgs/extra\n")
	g.write("macros/m.sql", "{% macro cents(c, digits=2) %}round({{ c }} / 100.0, {{ digits }}){% endmacro %}\n\n{% macro note(what) -%}\n  select '{{ what }}'\n{%- endmacro %}\n\n{% macro nested(x) %}{{ cents(x) }} + {{ tools.double(x) }}{% endmacro %}\n")
	g.write("macros/m.yml", "macros:\n  - name: cents\n    description: \"{{ doc('money') }}\"\n    meta: {a: 1}\n    arguments:\n      - {name: c, type: string, description: the column}\n      - {name: digits, type: int}\n")
	g.write("tests/generic/even.sql", "{% test even(model, column_name, step=2) %}\nselect * from {{ model }} where {{ column_name }} % {{ step }} <> 0\n{% endtest %}\n")
	g.write("models/docs.md", "{% docs money %}\nAmounts are in *cents*.\n{% enddocs %}\n\n{% docs __overview__ %}# Shop{% enddocs %}\n{% docs key %}the key{% enddocs %}\n")
	g.sourceFiles()
	g.seedFiles()
	third := n / 3
	for i := range third {
		g.model(0, "staging", i)
	}
	for i := range third {
		g.model(1, "intermediate", i)
	}
	for i := range n - 2*third {
		g.model(2, "marts", i)
	}
	g.versions()
	g.snapshots()
	g.rest()
}

func (g *projectGenerator) sourceFiles() {
	for s := range 3 {
		text := fmt.Sprintf("version: 2\nsources:\n  - name: src%d\n    description: source %d\n    loader: %s\n%s%s%s    tables:\n", s, s, choose(g.r, "fivetran", "airbyte"),
			g.maybe(2, "    schema: raw\n"), g.maybe(2, "    tags: [raw, outer]\n"), g.maybe(2, "    meta: {s: 1}\n    quoting: {identifier: false}\n"))
		for t := range 4 {
			name := fmt.Sprintf("tab%d", t)
			g.sources = append(g.sources, [2]string{fmt.Sprintf("src%d", s), name})
			text += fmt.Sprintf("      - name: %s\n%s%s%s%s        columns:\n          - name: id\n            description: \"{{ doc('key') }}\"\n            data_tests: [unique, not_null]\n%s", name,
				g.maybe(2, "        description: a table\n        tags: [inner]\n"), g.maybe(2, "        identifier: T_ABLE\n"),
				g.maybe(2, "        loaded_at_field: updated\n        freshness: {warn_after: {count: 1, period: day}, error_after: {count: 2, period: day}}\n"),
				g.maybe(3, "        config: {enabled: true, meta: {t: 2}, event_time: at}\n"),
				g.maybe(2, "          - {name: amount, data_type: integer, meta: {c: 1}, tags: [money]}\n"))
		}
		g.write(fmt.Sprintf("models/staging/src%d.yml", s), text)
	}
}

func (g *projectGenerator) seedFiles() {
	text := "seeds:\n"
	for i := range 5 {
		name := fmt.Sprintf("seed_%d", i)
		g.seeds = append(g.seeds, name)
		g.write(fmt.Sprintf("seeds/%s%s.csv", g.maybe(2, "sub/"), name), "id,name\n1,a\n2,b\n")
		text += fmt.Sprintf("  - name: %s\n    description: seed\n    config: {delimiter: ',', column_types: {name: varchar}%s}\n    columns:\n      - name: id\n        data_tests: [unique]\n", name, g.maybe(2, ", tags: [seeded], full_refresh: true"))
	}
	g.write("seeds/seeds.yml", text)
}

// inputs gives a from-clause over things of lower layers.
func (g *projectGenerator) inputs(layer int) string {
	if layer == 0 {
		s := choose(g.r, g.sources...)
		if g.r.IntN(4) == 0 {
			return "{{ ref('" + choose(g.r, g.seeds...) + "') }}"
		}
		return fmt.Sprintf("{{ source('%s', '%s') }}", s[0], s[1])
	}
	below := g.layers[g.r.IntN(layer)]
	if g.r.IntN(12) == 0 {
		return "{{ ref('tools', 'tool_a') }}"
	}
	return fmt.Sprintf(choose(g.r, "{{ ref('%s') }}", "{{ref(\"%s\")}}", "{{ ref('shop', '%s') }}"), choose(g.r, below...))
}

// callConfigs are config() calls that a model may begin with.
var callConfigs = []string{
	"", "", "{{ config(tags=['x', 'y']) }}\n", "{{ config(materialized='table', alias='%[1]s_alias') }}\n",
	"{{\n  config(\n    materialized = 'incremental',\n    unique_key = ['id'],\n    on_schema_change = 'append_new_columns',\n    incremental_strategy = 'delete+insert'\n  )\n}}\n",
	"{{ config(meta={'owner': 'me', 'n': 1, 'deep': {'x': [1, 2.5, none, true]}}, custom_key='v') }}\n",
	"{{ config(schema='s_' ~ target.name, post_hook=\"select '{{ this.name }}'\") }}\n",
	"{{ config({'tags': 'one', 'pre_hook': ['select 1', {'sql': 'select 2', 'transaction': False}]}) }}\n{{ config(tags='two') }}\n",
	"{{ config(enabled=var('limit') > 5, persist_docs={'columns': true}, grants={'+select': ['other']}) }}\n",
	"{%- set cols = ['a', 'b'] -%}\n{{ config(indexes=[{'columns': cols}], docs={'show': false}) }}\n",
	"{{ config(database=target.database, query_tag=env_var('NO_SUCH_THING', 'fallback')) }}\n",
}

func (g *projectGenerator) model(layer int, folder string, i int) {
	name := fmt.Sprintf("%s_%d", folder[:3], i)
	sub := choose(g.r, "", "a/", "b/", "b/c/")
	call := choose(g.r, callConfigs...)
	if strings.Contains(call, "%[1]s") {
		call = fmt.Sprintf(call, name)
	}
	sql := call + "select id, {{ cents('amount') }} as amount" + g.maybe(4, ", {{ nested('x') }} as n") + g.maybe(4, ", '{{ var(\"start\") }}' as s") + "\nfrom " + g.inputs(layer) + "\n"
	for range g.r.IntN(3) {
		sql += "left join " + g.inputs(layer) + " using (id)\n"
	}
	sql += g.maybe(5, "{% if is_incremental() %}\nwhere id > (select max(id) from {{ this }})\n{% endif %}\n") + g.maybe(8, "-- {{ tools.double('1') }} {{ dbt.type_string() }}\n")
	g.write("models/"+folder+"/"+sub+name+".sql", sql)
	g.layers[layer] = append(g.layers[layer], name)
	if g.r.IntN(5) > 0 {
		g.write("models/"+folder+"/"+sub+name+".yml", g.properties(name))
	}
}

// entryConfigs are configs that a properties entry may have.
var entryConfigs = []string{
	"", "", "    config: {tags: [yaml], meta: {y: 1}}\n", "    config:\n      materialized: view\n      post-hook: \"select 'yaml'\"\n",
	"    config: {alias: \"{{ 'al_' ~ target.name }}_%[1]s\"}\n", "    meta: {top: 1}\n    docs: {show: true, node_color: red}\n",
	"    config: {group: owners, access: protected}\n", "    config: {contract: {enforced: true}, materialized: table}\n",
	"    config: {event_time: at, lookback: 3, full_refresh: false}\n", "    config: {unknown_thing: [1, {a: b}], tags: one}\n",
	"    access: protected\n", "    config: {snowflake_warehouse: big, persist_docs: {relation: false, columns: true}}\n",
}

// columnTests are tests that a column may have.
var columnTests = []string{
	"          - unique\n", "          - not_null:\n              config: {severity: warn, where: \"id > 0\"}\n",
	"          - accepted_values:\n              arguments: {values: [1, 2.5, 'x y', true, null], quote: false}\n",
	"          - relationships:\n              arguments: {to: ref('seed_0'), field: id}\n              config: {tags: [rel], limit: 5}\n",
	"          - even\n", "          - even:\n              name: my_even_%[1]s\n              description: only even ones\n              arguments: {step: 4}\n",
	"          - tools.positive:\n              arguments: {min: 3}\n", "          - tools.positive\n",
}

func (g *projectGenerator) properties(name string) string {
	r := g.r
	entry := choose(r, entryConfigs...)
	if strings.Contains(entry, "%[1]s") {
		entry = fmt.Sprintf(entry, name)
	}
	text := "version: 2\nmodels:\n  - name: " + name + "\n    description: " + choose(r, "\"about {{ doc('money') }}\"", "plain words", "|\n      two\n      lines") + "\n" + entry
	if r.IntN(6) == 0 {
		text += "    constraints:\n      - {type: primary_key, columns: [id]}\n      - {type: check, expression: \"id > 0\", name: positive}\n"
	}
	if r.IntN(4) == 0 {
		text += "    data_tests:\n      - tools.row_count:\n          arguments: {at_least: 1}\n          config: {error_if: \">5\", warn_if: \">1\"}\n"
	}
	text += "    columns:\n      - name: id\n        data_type: integer\n        description: \"{{ doc('key') }}\"\n"
	tests := map[int]bool{}
	for range r.IntN(4) {
		tests[r.IntN(len(columnTests))] = true
	}
	if len(tests) > 0 {
		text += "        data_tests:\n"
	}
	for i, test := range columnTests {
		if !tests[i] {
			continue
		}
		if strings.Contains(test, "%[1]s") {
			test = fmt.Sprintf(test, name)
		}
		text += test
	}
	text += "      - name: amount\n        data_type: numeric(10, 2)\n" + g.maybe(3, "        tags: [money, b]\n        meta: {unit: cent}\n") + g.maybe(4, "        quote: true\n        data_tests: [not_null]\n") +
		g.maybe(4, "        constraints: [{type: not_null}]\n") + g.maybe(5, "        config: {meta: {z: 1}, tags: [c]}\n        policy_tags: [p]\n")
	return text
}

func (g *projectGenerator) versions() {
	for i := range 4 {
		name := fmt.Sprintf("ver_%d", i)
		g.write("models/marts/"+name+"_v1.sql", "select 1 as id, 2 as amount\n")
		g.write("models/marts/"+name+"_v2.sql", "{{ config(tags=['v']) }}select * from {{ ref('"+name+"', v=1) }}\n")
		g.write("models/marts/"+name+"_next.sql", "select * from {{ ref('"+name+"') }} union all select * from {{ ref('"+name+"', version='2') }}\n")
		g.write("models/marts/"+name+".yml", "models:\n  - name: "+name+"\n    description: versions\n    latest_version: 2\n    config: {meta: {m: 1, deep: {a: 1}}}\n    data_tests: [tools.row_count]\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n      - name: amount\n    versions:\n"+
			"      - v: 1\n        deprecation_date: 2020-01-02\n        config: {alias: old_"+name+"}\n      - v: 2\n        description: second\n        columns:\n          - include: all\n            exclude: [amount]\n          - {name: extra, data_type: text}\n        data_tests: []\n      - v: 3\n        defined_in: "+name+"_next\n        config: {materialized: view, meta: {m: 2}}\n")
	}
}

func (g *projectGenerator) snapshots() {
	for i := range 3 {
		g.write(fmt.Sprintf("snapshots/snap_%d.sql", i), fmt.Sprintf("{%% snapshot snap_%d %%}\n{{ config(unique_key='id', strategy='%s') }}\nselect * from {{ ref('seed_%d') }}\n{%% endsnapshot %%}\n", i,
			choose(g.r, "timestamp', updated_at='name", "check', check_cols='all", "check', check_cols=['name'], hard_deletes='invalidate"), i))
	}
	g.write("snapshots/snaps.yml", "snapshots:\n  - name: snap_0\n    description: first\n    columns:\n      - name: id\n        data_tests: [not_null]\n  - name: yaml_snap\n    relation: ref('seed_1')\n    description: by yaml\n    config:\n      unique_key: id\n      strategy: check\n      check_cols: all\n      dbt_valid_to_current: \"'9999-12-31'\"\n      snapshot_meta_column_names: {dbt_valid_from: since}\n")
}

func (g *projectGenerator) rest() {
	g.write("models/groups.yml", "groups:\n  - name: owners\n    owner: {name: O, email: o@example.com, slack: o}\n    config: {meta: {g: 1}}\n")
	g.write("models/exposures.yml", "exposures:\n  - name: board\n    type: dashboard\n    maturity: high\n    url: https://example.com\n    label: The Board\n    description: \"{{ doc('money') }}\"\n    owner: {name: Me, email: [a@example.com, b@example.com]}\n    depends_on: [ref('"+g.layers[0][0]+"'), \"source('src0', 'tab0')\"]\n    config: {tags: [exposed], meta: {x: 1}}\n")
	g.write("analyses/look.sql", "select * from {{ ref('"+g.layers[2][0]+"') }}\n")
	g.write("analyses/a.yml", "analyses:\n  - name: look\n    description: a look\n    config: {tags: [an]}\n")
	for i := range 4 {
		g.write(fmt.Sprintf("tests/%sassert_%d.sql", g.maybe(2, "deep/"), i), fmt.Sprintf("{{ config(severity='warn', tags=['s%d']) }}\nselect * from {{ ref('%s') }} where id is null\n", i, choose(g.r, g.layers[0]...)))
	}
	g.write("tests/t.yml", "data_tests:\n  - name: assert_0\n    description: first one\n    config: {meta: {t: 1}, store_failures_as: view}\n")
	g.write("models/unit.yml", "unit_tests:\n  - name: adds\n    model: "+g.layers[0][1]+"\n    description: unit\n    given: []\n    expect:\n      rows:\n        - {id: 1, amount: 2.5}\n    overrides: {vars: {limit: 3}, macros: {is_incremental: false}}\n    config: {tags: [u]}\n")
}

// packages writes two local packages, and the folders that deps would make of them.
func (g *projectGenerator) packages() {
	for _, at := range []string{"pkgs/", "dbt_packages/"} {
		g.write(at+"tools/dbt_project.yml", "name: tools\nversion: 1.0.0\nvars: {rate: 5, tools: {rate: 6}}\nmodels:\n  tools:\n    +materialized: view\n    +tags: [tool]\nmacro-paths: [macros]\n")
		g.write(at+"tools/macros/t.sql", "{% macro double(x) %}{{ return(adapter.dispatch('double', 'tools')(x)) }}{% endmacro %}\n{% macro default__double(x) %}2 * {{ x }}{% endmacro %}\n"+
			"{% test positive(model, column_name, min=0) %}\nselect * from {{ model }} where {{ column_name }} <= {{ min }}\n{% endtest %}\n{% test row_count(model, at_least=0) %}\nselect count(*) from {{ model }} having count(*) < {{ at_least }}\n{% endtest %}\n")
		g.write(at+"tools/models/tool_a.sql", "{{ config(meta={'rate': var('rate')}) }}\nselect 1 as id, {{ var('rate') }} as amount\n")
		g.write(at+"tools/models/tool_b.sql", "select * from {{ ref('tool_a') }}\n")
		g.write(at+"tools/models/t.yml", "models:\n  - name: tool_a\n    description: \"{{ doc('tool') }}\"\n    columns:\n      - name: id\n        data_tests: [unique, positive]\n")
		g.write(at+"tools/models/t.md", "{% docs tool %}A tool{% enddocs %}\n")
		g.write(at+"extra/dbt_project.yml", "name: extra\nversion: 0.1.0\nseeds:\n  +schema: extras\non-run-end: [\"select 3\"]\n")
		g.write(at+"extra/seeds/extra_seed.csv", "id\n1\n")
		g.write(at+"extra/models/extra_a.sql", "select * from {{ ref('extra_seed') }} join {{ ref('tools', 'tool_a') }} using (id)\n")
	}
}
