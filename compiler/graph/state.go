package graph

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"weft/compiler/artifact"
	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// State is what an earlier invocation left, for the methods state, result and
// source_status, and how to compare with it. One State serves one selection at a time.
type State struct {
	// What is read when it is asked for; nil where there is no file.
	ReadManifest   func() (*artifact.Recorded, error)
	ReadStatuses   func() (map[string]string, error) // of the earlier run's nodes by id
	ReadLoadedThen func() (artifact.Times, error)    // when sources were last loaded, of the state
	ReadLoadedNow  func() (artifact.Times, error)    // and of the target folder

	Enforced func(constraint string) bool // whether the warehouse enforces a type of constraint
	Now      time.Time
	Warn     func(*source.Error) // may be nil

	then     *artifact.Recorded // nil until it is read
	graph    *Graph
	changed  map[string]macroChange // macros that changed, or call one that did, by id
	changes  []*Change              // by node; nil until compared
	problems source.Errors

	describer artifact.Describer
}

// Change is how a node differs from what it was in the state.
type Change struct {
	New         bool // not in the state
	Differences []Difference

	breaking []string // what breaks the contract of a model
	seed     string   // event of a seed that is known by its path only
}

// Difference is one thing that is not as it was.
type Difference struct {
	Part   string // body, configs, relation, …: as in state:modified.body, or "other"
	Field  string // of the manifest, such as "config.materialized"
	Before string // JSON, or lines of text; empty for absent
	After  string

	// Aside says that the difference is none for state:modified.
	Aside bool
}

type macroChange struct{ id, before, after string }

// stateChecks are the values of the method state, in dbt's order.
var stateChecks = []string{"new", "old", "modified", "unmodified", "modified.body", "modified.configs", "modified.persisted_descriptions",
	"modified.relation", "modified.macros", "modified.contract"}

// hasPart says which kinds of resources can differ in a part.
var hasPart = map[string]func(manifest.Kind) bool{
	"body":                   isNode,
	"persisted_descriptions": isNode,
	"contract":               isNode,
	"relation":               func(k manifest.Kind) bool { return isNode(k) || k == manifest.Source },
	"configs":                func(k manifest.Kind) bool { return k != manifest.UnitTest },
	"macros":                 func(manifest.Kind) bool { return true },
}

// isNode says that a kind stands under "nodes" or "functions" in a manifest.
func isNode(k manifest.Kind) bool {
	switch k {
	case manifest.Source, manifest.Exposure, manifest.UnitTest, manifest.Metric, manifest.SemanticModel, manifest.SavedQuery:
		return false
	}
	return true
}

func byState(s *selector, t Term) (matcher, error) {
	st := s.sel.State
	m, err := st.manifest()
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, NoManifest()
	}
	if !slices.Contains(stateChecks, t.Value) {
		quoted := "'" + strings.Join(stateChecks, "', '") + "'"
		e := &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Got an invalid selector \"%s\", expected one of \"[%s]\"", t.Value, quoted)}
		if near := source.Nearest(t.Value, slices.Clone(stateChecks)); near != "" {
			e.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, e
	}
	switch t.Value {
	case "new", "old":
		return func(n *manifest.Node) bool { return (m.Entries[n.ID] == nil) == (t.Value == "new") }, nil
	}
	if err := st.compare(s.g); err != nil {
		return nil, err
	}
	if err := st.warnings(t.Value); err != nil {
		return nil, err
	}
	want := t.Value != "unmodified"
	part := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(t.Value, "un"), "modified"), ".")
	return func(n *manifest.Node) bool {
		i, _ := s.g.Index(n.ID)
		return st.changes[i].Modified(n.Kind, part) == want
	}, nil
}

// NoManifest is the error of a comparison without a manifest to compare with.
func NoManifest() error {
	return &source.Error{Class: source.Runtime, Msg: "Got a state selector method, but no comparison manifest", Hint: "name the folder of an earlier manifest.json with --state"}
}

// Modified says whether a part of a node, or with "" any, is not as it was.
func (c *Change) Modified(k manifest.Kind, part string) bool {
	if part != "" {
		return hasPart[part](k) && (c.New && part != "macros" || slices.ContainsFunc(c.Differences, func(d Difference) bool { return d.Part == part }))
	}
	// What is new of these kinds has nothing that is built.
	if c.New && (isNode(k) || k == manifest.UnitTest) {
		return true
	}
	return slices.ContainsFunc(c.Differences, func(d Difference) bool { return !d.Aside })
}

func byResult(s *selector, t Term) (matcher, error) {
	var statuses map[string]string
	if st := s.sel.State; st != nil {
		var err error
		if statuses, err = st.ReadStatuses(); err != nil {
			return nil, err
		}
	}
	if statuses == nil {
		return nil, &source.Error{Class: source.Internal, Msg: "No comparison run_results", Hint: "name the folder of an earlier run_results.json with --state"}
	}
	return func(n *manifest.Node) bool {
		status, ok := statuses[n.ID]
		return ok && status == t.Value
	}, nil
}

func bySourceStatus(s *selector, t Term) (matcher, error) {
	var before, now artifact.Times
	if st := s.sel.State; st != nil {
		var err error
		if before, err = st.ReadLoadedThen(); err != nil {
			return nil, err
		}
		if now, err = st.ReadLoadedNow(); err != nil {
			return nil, err
		}
	}
	switch {
	case before == nil:
		return nil, &source.Error{Class: source.Internal, Msg: "No previous state comparison freshness results in sources.json", Hint: "name the folder of an earlier sources.json with --state"}
	case now == nil:
		return nil, &source.Error{Class: source.Internal, Msg: "No current state comparison freshness results in sources.json", Hint: "run source freshness first"}
	case t.Value != "fresher":
		return nil, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Got an invalid selector \"%s\", expected \"fresher\"", t.Value)}
	}
	return func(n *manifest.Node) bool {
		last, ok := now[n.ID]
		then, known := before[n.ID]
		return ok && (!known || last.After(then))
	}, nil
}

// Changes compares a node with the state; nil if there is no manifest to compare with.
func (s *State) Changes(g *Graph, i int) (*Change, error) {
	if m, err := s.manifest(); m == nil {
		return nil, err
	}
	if err := s.compare(g); err != nil {
		return nil, err
	}
	return s.changes[i], nil
}

// manifest reads the state's manifest, once; nil if there is none.
func (s *State) manifest() (*artifact.Recorded, error) {
	switch {
	case s == nil:
		return nil, nil
	case s.then != nil:
		return s.then, nil
	}
	var err error
	s.then, err = s.ReadManifest()
	return s.then, err
}

// compare compares all nodes, once.
func (s *State) compare(g *Graph) error {
	if s.graph == g {
		return nil
	}
	s.graph, s.changes = g, make([]*Change, len(g.Nodes))
	s.compareMacros()
	for i, n := range g.Nodes {
		c, err := s.compareNode(n)
		if err != nil {
			return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("%s cannot be compared with %s: %s", n.ID, s.then.Path, err), Err: err}
		}
		s.changes[i] = c
	}
	return nil
}

// compareMacros finds the macros that changed and those that call them. Macros that
// come with weft are compared with those of weft only: dbt's have other texts, and do
// the same.
func (s *State) compareMacros() {
	s.changed = map[string]macroChange{}
	callers := map[string][]string{}
	var front []string
	for _, m := range s.graph.manifest.Macros {
		for _, id := range m.DependsOn {
			callers[id] = append(callers[id], m.ID)
		}
		before, ok := s.then.Macros[m.ID]
		if m.BuiltIn && (!ok || s.then.Weft == "") || ok && before == m.SQL {
			continue
		}
		s.changed[m.ID] = macroChange{m.ID, before, m.SQL}
		front = append(front, m.ID)
	}
	for len(front) > 0 {
		id := front[0]
		front = front[1:]
		for _, caller := range callers[id] {
			if _, done := s.changed[caller]; !done {
				s.changed[caller] = s.changed[id]
				front = append(front, caller)
			}
		}
	}
}

func (s *State) compareNode(n *manifest.Node) (*Change, error) {
	out := &Change{}
	for _, id := range n.Macros {
		if m, ok := s.changed[id]; ok {
			field, before, after := firstLines(m.id, m.before, m.after)
			out.Differences = append(out.Differences, Difference{Part: "macros", Field: field, Before: before, After: after})
			break
		}
	}
	old := s.then.Entries[n.ID]
	if old == nil {
		out.New = true
		return out, nil
	}
	now, err := s.describer.Entry(n)
	if err != nil {
		return nil, err
	}
	c := &comparison{Change: out, state: s, node: n, now: now, old: old}
	c.sameText = artifact.SameJSON(now.Get("raw_code"), old.Get("raw_code"))
	c.run()
	return out, nil
}

// comparison is a node beside what it was.
type comparison struct {
	*Change
	state    *State
	node     *manifest.Node
	now, old *artifact.Entry
	sameText bool

	callsNow, callsThen map[string]string // configCalls of the texts; nil until wanted
}

func (c *comparison) run() {
	switch c.node.Kind {
	case manifest.Source:
		c.sourcePlace()
		c.fields("other", "identifier", "fqn", "quoting", "freshness", "loaded_at_field", "external")
		c.configs(nil)
	case manifest.Exposure:
		c.fields("other", "fqn", "type", "owner", "maturity", "url", "description", "label")
		c.parents()
		c.configs(nil)
	case manifest.Metric:
		c.fields("other", "type", "description", "label")
		c.configs(nil)
	case manifest.SemanticModel:
		c.fields("other", "model", "description", "defaults", "entities", "dimensions", "measures", "primary_entity", "group")
		c.configs(nil)
	case manifest.SavedQuery:
		c.fields("other", "query_params", "description", "label", "group", "exports", "tags")
		c.configs(nil)
	case manifest.UnitTest:
		c.fields("other", "model", "versions", "overrides")
		c.rows("given")
		c.rows("expect")
		if c.state.then.Weft != "" {
			c.fields("other", "checksum") // has the rows of fixture files in it
		}
	default:
		c.resource()
	}
}

// testConfigs are the config keys that count for generic tests.
var testConfigs = []string{"severity", "where", "limit", "fail_calc", "warn_if", "error_if", "store_failures", "store_failures_as", "sql_header"}

// resource compares what stands under nodes: models, seeds, tests, ….
func (c *comparison) resource() {
	generic := c.node.Test != nil && c.node.Test.Generic
	c.fields("other", "fqn")
	if generic {
		c.configs(testConfigs)
	} else {
		c.configs(nil)
	}
	from := len(c.Differences)
	c.body()
	c.descriptions()
	c.relation()
	if generic { // built from its declaration, which its name and config tell
		for i := range c.Differences[from:] {
			c.Differences[from+i].Aside = true
		}
	}
	switch c.node.Kind {
	case manifest.Model:
		c.fields("other", "latest_version", "access", "deprecation_date")
		c.contract()
	case manifest.Function:
		c.fields("other", "arguments", "returns")
	}
}

// differ notes a difference.
func (c *comparison) differ(part, field string, before, after []byte) {
	c.Differences = append(c.Differences, Difference{Part: part, Field: field, Before: string(before), After: string(after)})
}

// fields compares fields as they are. What the older manifest does not have at all has
// its default.
func (c *comparison) fields(part string, names ...string) {
	for _, name := range names {
		before, after := c.old.Get(name), c.now.Get(name)
		if artifact.SameJSON(before, after) || c.sameTemplate(name, c.old.Value(name)) || before == nil && isDefault(name, string(after)) || after == nil && isDefault(name, string(before)) {
			continue
		}
		c.differ(part, name, before, after)
	}
}

func isDefault(field, text string) bool {
	switch text {
	case `null`, `""`, `[]`, `{}`, `false`:
		return true
	case `"protected"`:
		return field == "access"
	}
	return false
}

// rows compares the rows of a unit test, in any order: dbt 1.11 puts one without nulls
// first, and older versions do not.
func (c *comparison) rows(field string) {
	if before, after := c.old.Get(field), c.now.Get(field); !artifact.Same(sortedRows(c.old.Value(field)), sortedRows(c.now.Value(field))) {
		c.differ("other", field, before, after)
	}
}

// sortedRows orders the lists named rows within v, which it changes.
func sortedRows(v any) any {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			sortedRows(item)
		}
	case map[string]any:
		if rows, ok := v["rows"].([]any); ok {
			slices.SortFunc(rows, func(a, b any) int { return bytes.Compare(toJSON(a), toJSON(b)) })
		}
	}
	return v
}

// parents compares what an exposure depends on, in any order.
func (c *comparison) parents() {
	ids := func(e *artifact.Entry) []string {
		var out []string
		list, _ := e.Map("depends_on")["nodes"].([]any)
		for _, id := range list {
			out = append(out, fmt.Sprint(id))
		}
		slices.Sort(out)
		return out
	}
	if before, after := ids(c.old), ids(c.now); !slices.Equal(before, after) {
		c.differ("other", "depends_on.nodes", toJSON(before), toJSON(after))
	}
}

// notConfigs are config keys that have comparisons of their own, or count for none.
var notConfigs = []string{"alias", "schema", "database", "tags", "group"}

// configs compares the config as it was written; with a list of keys only these.
func (c *comparison) configs(only []string) {
	if c.sameConfig() {
		return
	}
	before, after := c.old.Map("unrendered_config"), c.now.Map("unrendered_config")
	for _, key := range unionOfKeys(before, after) {
		if only == nil && slices.Contains(notConfigs, key) || only != nil && !slices.Contains(only, key) {
			continue
		}
		c.config("configs", key, before, after)
	}
}

// sameConfig saves the reading of what is the same to the letter.
func (c *comparison) sameConfig() bool {
	return bytes.Equal(c.old.Get("unrendered_config"), c.now.Get("unrendered_config"))
}

// config compares one key. Manifests have what a call of config() in the node's text
// came to: where it is written as it was, a difference comes from the target or the
// environment.
func (c *comparison) config(part, key string, before, after map[string]any) {
	b, was := before[key]
	a, is := after[key]
	if was != is && c.node.Kind == manifest.Source && isNothing(b) && isNothing(a) {
		return // dbt before 1.10 leaves out what a source does not have
	}
	if was == is && artifact.Same(b, a) || c.sameCall(key) || is && c.sameTemplate("config."+config.Canonical(key), b) {
		return
	}
	var bj, aj []byte
	if was {
		bj = toJSON(b)
	}
	if is {
		aj = toJSON(a)
	}
	c.differ(part, "config."+key, bj, aj)
}

// isNothing says whether a value is null or holds nothing.
func isNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// sameCall says whether the node's text sets a config key just as its old text did.
func (c *comparison) sameCall(key string) bool {
	if c.node.Called == nil || c.node.Called.Len() == 0 {
		return false
	}
	if _, called := c.node.Called.GetStr(key); called && c.sameText {
		return true
	}
	if c.callsNow == nil {
		c.callsNow = configCalls(c.now.Text("raw_code"))
		c.callsThen = c.callsNow
		if !c.sameText {
			c.callsThen = configCalls(c.old.Text("raw_code"))
		}
	}
	key = canonicalKey(key)
	now, is := c.callsNow[key]
	then, was := c.callsThen[key]
	return is && was && now == then
}

// sameTemplate says whether the template of a properties file that makes a value is as
// it was. A manifest of dbt has the template itself in place of the value if the project
// asks for it (the flag state_modified_compare_more_unrendered_values).
func (c *comparison) sameTemplate(path string, before any) bool {
	if c.node.Written == nil {
		return false
	}
	v, ok := c.node.Written.GetStr(path)
	if !ok {
		return false
	}
	now := artifact.GoValue(v)
	then, was := c.state.then.Written[c.node.ID][path]
	return was && artifact.Same(then, now) || artifact.Same(before, now)
}

func canonicalKey(key string) string { return strings.ReplaceAll(key, "-", "_") }

// relation compares what was written for the place of a node's table.
func (c *comparison) relation() {
	if c.sameConfig() {
		return
	}
	before, after := c.old.Map("unrendered_config"), c.now.Map("unrendered_config")
	for _, key := range []string{"database", "schema", "alias"} {
		c.config("relation", key, before, after)
	}
}

// sourcePlace compares where a source's table is. What was written decides where both
// manifests have it: rendered places differ from target to target.
func (c *comparison) sourcePlace() {
	for _, key := range []string{"database", "schema"} {
		before, after := c.old.Get(key), c.now.Get(key)
		if artifact.SameJSON(before, after) {
			continue
		}
		written, writes := c.old.Get("unrendered_"+key), c.now.Get("unrendered_"+key)
		if written != nil && writes != nil && artifact.SameJSON(written, writes) {
			continue
		}
		c.differ("relation", key, before, after)
	}
	if before, after := c.old.Get("identifier"), c.now.Get("identifier"); !artifact.SameJSON(before, after) {
		c.differ("relation", "identifier", before, after)
	}
}

// body compares texts; of seeds, of which there is only a checksum, that.
func (c *comparison) body() {
	if c.node.Kind == manifest.Seed {
		c.seed()
		return
	}
	if c.sameText {
		return
	}
	field, before, after := firstLines("raw_code", c.old.Text("raw_code"), c.now.Text("raw_code"))
	c.Differences = append(c.Differences, Difference{Part: "body", Field: field, Before: before, After: after})
}

func (c *comparison) seed() {
	before, after := c.old.Map("checksum"), c.now.Map("checksum")
	same := artifact.Same(before, after)
	kind := func(m map[string]any) string { s, _ := m["name"].(string); return s }
	if kind(after) == "path" {
		switch {
		case kind(before) != "path":
			c.Change.seed = "SeedIncreased"
		case same:
			c.Change.seed = "SeedExceedsLimitSamePath"
		default:
			c.Change.seed = "SeedExceedsLimitAndPathChanged"
		}
	}
	if !same {
		c.differ("body", "checksum", c.old.Get("checksum"), c.now.Get("checksum"))
	}
}

// descriptions compares what is kept in the warehouse, by what persist_docs says now.
func (c *comparison) descriptions() {
	persist := c.node.Config.Dict("persist_docs")
	on := func(key string) bool {
		v, ok := persist.GetStr(key)
		return ok && v.Truth()
	}
	if on("relation") {
		c.fields("persisted_descriptions", "description")
	}
	if !on("columns") {
		return
	}
	before, after := c.old.Map("columns"), c.now.Map("columns")
	for _, name := range unionOfKeys(before, after) {
		b, was := before[name].(map[string]any)
		a, is := after[name].(map[string]any)
		if was != is || !artifact.Same(b["description"], a["description"]) {
			c.differ("persisted_descriptions", "columns."+name+".description", toJSON(b["description"]), toJSON(a["description"]))
		}
	}
}

// firstLines gives the first lines in which two texts differ, and the field with the
// number of the line.
func firstLines(field, before, after string) (where, b, a string) {
	x, y := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i := 0; ; i++ {
		xEnd, yEnd := i >= len(x), i >= len(y)
		if xEnd && yEnd {
			return field, "", ""
		}
		if xEnd || yEnd || x[i] != y[i] {
			if !xEnd {
				b = x[i]
			}
			if !yEnd {
				a = y[i]
			}
			return fmt.Sprintf("%s line %d", field, i+1), b, a
		}
	}
}

func unionOfKeys(a, b map[string]any) []string {
	var out []string
	for k := range a {
		out = append(out, k)
	}
	for k := range b {
		if _, both := a[k]; !both {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func toJSON(v any) []byte {
	out, err := jinja.AppendJSON(nil, jinja.FromGo(v), jinja.JSONOptions{})
	if err != nil {
		return []byte(fmt.Sprint(v))
	}
	return out
}

// warnings tells of what a comparison is unsure of or finds broken. dbt tells of a
// broken contract for the content and for the contract, which state:modified both has.
// The error is what breaks the contract of a model that has versions.
func (s *State) warnings(check string) error {
	times := map[string]int{"modified": 2, "unmodified": 2, "modified.contract": 1}[check]
	for i, c := range s.changes {
		n := s.graph.Nodes[i]
		if c.seed != "" && (times == 2 || check == "modified.body") {
			s.warn(seedWarning(n, c.seed))
		}
		if len(c.breaking) > 0 {
			s.breaks(times, n.Version != nil, n.Name, n.OriginalPath, c.breaking)
		}
	}
	if times > 0 {
		s.removed()
	}
	err := s.problems.ErrorOrNil()
	s.problems = nil
	return err
}

func (s *State) warn(e *source.Error) {
	if s.Warn != nil {
		s.Warn(e)
	}
}

func seedWarning(n *manifest.Node, event string) *source.Error {
	words := map[string]string{
		"SeedIncreased":                  "The previous file was <=1MB, so it has changed",
		"SeedExceedsLimitSamePath":       "It is at the same path, so that nobody can tell if it has changed: assuming it has not",
		"SeedExceedsLimitAndPathChanged": "The previous file was in a different location, assuming it has changed",
	}
	return &source.Error{Event: event, Msg: fmt.Sprintf("Found a seed (%s.%s) >1MB in size. %s", n.Package, n.Name, words[event]),
		Hint: "with --maximum-seed-size-mib larger seeds are known by their content"}
}
