package parse

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// tested is what generic tests are attached to: a model (or one version of it), a
// seed, a snapshot or a source table.
type tested struct {
	e      *entry
	node   *yaml.Node // the element that holds the tests
	vals   *jinja.Dict
	key    string // "models.orders", as file_key_name has it
	target string // name part of test names
	model  string // the template that gives the relation
	tags   []string
	attach *manifest.Node // nil for sources and for what is not there
	ref    *manifest.Ref
	source [2]string
	quote  bool // columns are quoted unless they say otherwise
}

// testKeys are config keys that may stand beside the arguments of a test.
var testKeys = []string{"severity", "tags", "enabled", "where", "limit", "warn_if", "error_if", "fail_calc",
	"store_failures", "store_failures_as", "sql_header", "meta", "database", "schema", "alias"}

// testSpec is one test as a file has it.
type testSpec struct {
	on     *tested
	node   *yaml.Node
	column string
	tags   []string // of the column
	quoted bool

	name        string // with namespace taken off
	namespace   string
	kwargs      *jinja.Dict
	config      config.Layer
	custom      string // name: of the test
	description string
	macro       *testMacro
	rendered    bool // to learn what it refers to
}

// testMacro is what all tests of one name have in common.
type testMacro struct {
	mac   *manifest.Macro // nil if there is none
	named string          // id of the macro that the test depends on; empty for none
	where string          // of accepted_values: see plainWhere
}

type testKey struct{ pkg, namespace, name string }

func (p *parser) testMacro(pkg, namespace, name string) *testMacro {
	t := &testMacro{mac: p.shared.Macros.Test(pkg, namespace, name)}
	// dbt names the dependency by looking for the bare name, also for a test that
	// is written with its package.
	if named := p.shared.Macros.Test(pkg, "", name); named != nil {
		t.named = named.ID
	}
	t.where = p.plainWhere(pkg, name, t.mac)
	return t
}

// loadTests makes the generic tests of all properties files.
func (p *parser) loadTests() {
	var specs []*testSpec
	for _, section := range []string{"models", "seeds", "snapshots"} {
		for _, e := range p.props.bySection[section] {
			for _, on := range p.testedOf(e, section) {
				specs = append(specs, p.specs(on)...)
			}
		}
	}
	for _, e := range p.props.bySection["sources"] {
		for _, on := range p.testedSources(e) {
			specs = append(specs, p.specs(on)...)
		}
	}
	var err error
	if p.plainTest, err = config.Merge(config.Tests); err != nil {
		p.fail(err)
		return
	}
	p.plainTest = storing(p.plainTest)
	macros := map[testKey]*testMacro{}
	for _, s := range specs {
		k := testKey{s.on.e.pkg.Name, s.namespace, s.name}
		if macros[k] == nil {
			macros[k] = p.testMacro(k.pkg, k.namespace, k.name)
		}
		s.macro = macros[k]
	}
	nodes := make([]*manifest.Node, len(specs))
	p.each(len(specs), func(i int) { nodes[i] = p.genericTest(specs[i]) })
	p.m.Nodes = slices.Grow(p.m.Nodes, len(nodes))
	for _, n := range nodes {
		if n == nil {
			continue
		}
		if n.Config.Bool("enabled") {
			p.m.Nodes = append(p.m.Nodes, n)
		} else {
			p.m.Disabled = append(p.m.Disabled, n)
		}
	}
	p.m.Extend()
}

// testedOf gives what the tests of an entry are about; a model with versions is
// tested version by version.
func (p *parser) testedOf(e *entry, section string) []*tested {
	quote := false
	if v, ok := e.vals.GetStr("quote_columns"); ok {
		quote = v.Truth()
	}
	base := tested{
		e: e, node: e.node, vals: e.vals, key: section + "." + e.name, target: e.name, quote: quote,
		model: "{{ get_where_subquery(ref('" + e.name + "')) }}",
		ref:   &manifest.Ref{Name: e.name},
	}
	list := config.Child(e.node, "versions")
	if section != "models" || list == nil || list.Kind != yaml.SequenceNode {
		base.attach = p.attached(e, base.ref)
		return []*tested{&base}
	}
	var out []*tested
	v, _ := e.vals.GetStr("versions")
	for i, item := range listOf(v) {
		d, ok := item.(*jinja.Dict)
		if !ok {
			continue
		}
		version, _ := d.GetStr("v")
		if version == nil {
			continue
		}
		on := base
		n := config.Deref(list.Content[i])
		// A version that says nothing of tests has the model's.
		if config.Child(n, "tests") != nil || config.Child(n, "data_tests") != nil || config.Child(n, "columns") != nil {
			on.node, on.vals = p.versionTests(e, n, d)
		}
		on.ref = &manifest.Ref{Name: e.name, Version: version}
		on.attach = p.attached(e, on.ref)
		on.target = fmt.Sprintf("%s_v%s", e.name, version)
		on.model = fmt.Sprintf("{{ get_where_subquery(ref('%s', version='%s')) }}", e.name, version)
		out = append(out, &on)
	}
	return out
}

// attached finds the tested node, enabled or not.
func (p *parser) attached(e *entry, ref *manifest.Ref) *manifest.Node {
	r := *ref
	r.Package = e.pkg.Name
	n, found := p.m.FindRef(e.pkg.Name, r)
	if found == manifest.Missing {
		n, _ = p.m.FindRef(e.pkg.Name, *ref)
	}
	return n
}

// specs reads the tests of one element and of its columns.
func (p *parser) specs(on *tested) []*testSpec {
	var out []*testSpec
	read := func(holder *yaml.Node, column string, tags []string, quoted bool) {
		list := config.Child(holder, "data_tests")
		if old := config.Child(holder, "tests"); old != nil {
			if list != nil {
				p.fail(on.e.doc.Errorf(old, "Invalid test config: cannot have both 'tests' and 'data_tests' defined"))
				return
			}
			list = old
		}
		if config.IsNull(list) {
			return
		}
		if list.Kind != yaml.SequenceNode {
			p.fail(on.e.doc.Errorf(list, "data_tests must be a list"))
			return
		}
		for _, n := range list.Content {
			s := &testSpec{on: on, node: config.Deref(n), column: column, tags: tags, quoted: quoted}
			if err := p.readSpec(s); err != nil {
				for _, e := range source.All(err) {
					e.Msg = fmt.Sprintf("Invalid test config given in %s (original_file_path of '%s'): %s", on.e.file.Path, on.e.name, e.Msg)
				}
				p.fail(err)
				continue
			}
			out = append(out, s)
		}
	}
	read(on.node, "", nil, false)
	cols := config.Child(on.node, "columns")
	if cols == nil || cols.Kind != yaml.SequenceNode {
		return out
	}
	for _, c := range cols.Content {
		c = config.Deref(c)
		if config.Child(c, "data_tests") == nil && config.Child(c, "tests") == nil {
			continue
		}
		name := config.Child(c, "name")
		if name == nil {
			continue
		}
		if config.Child(c, "tags") == nil && config.Child(c, "quote") == nil && config.Child(c, "config") == nil {
			read(c, name.Value, nil, on.quote)
			continue
		}
		v, err := config.FromYAML(c)
		if err != nil {
			p.fail(on.e.doc.Errorf(c, "%s", err))
			continue
		}
		col := readColumn(v.(*jinja.Dict))
		quoted := on.quote
		if b, ok := col.Quote.(jinja.Bool); ok {
			quoted = bool(b)
		}
		read(c, name.Value, col.Tags, quoted)
	}
	return out
}

// readSpec takes one test apart:
//
//	unique | {accepted_values: {arguments: {…}, config: {…}}} | {test_name: x, name: y, …}
func (p *parser) readSpec(s *testSpec) error {
	doc := s.on.e.doc
	args := jinja.NewDict()
	n := s.node
	var argNode *yaml.Node
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag != "!!str" {
			return doc.Errorf(n, "test must be a dictionary or a string, got %s", n.Value)
		}
		// Most tests are a name and nothing else.
		s.name = n.Value
		s.split()
		p.testKwargs(s, args)
		return nil
	case yaml.MappingNode:
		pairs := config.Pairs(n)
		if tn := config.Child(n, "test_name"); tn != nil {
			s.name, argNode = tn.Value, n
		} else {
			if len(pairs) != 1 {
				return doc.Errorf(n, "test definition dictionary must have exactly one key, got %d instead: the name of the test", len(pairs))
			}
			s.name, argNode = pairs[0].Name, pairs[0].Value
			if config.IsNull(argNode) || argNode.Kind != yaml.MappingNode {
				return doc.Errorf(pairs[0].Key, "test arguments must be a dictionary, got %s", kindOf(argNode))
			}
		}
		v, err := config.FromYAML(argNode)
		if err != nil {
			return doc.Errorf(argNode, "%s", err)
		}
		args = v.(*jinja.Dict)
	default:
		return doc.Errorf(n, "test must be a dictionary or a string, got a list")
	}
	args.Delete(jinja.Str("test_name"))
	for _, key := range []string{"name", "description"} {
		v, given := args.GetStr(key)
		if _, text := v.(jinja.Str); given && !text && v != jinja.Value(jinja.None) {
			return doc.Errorf(config.Child(argNode, key), "at path ['%s']: %s is not of type 'string'", key, jinja.Repr(v))
		}
	}
	s.custom, s.description = textOf(args, "name"), textOf(args, "description")
	args.Delete(jinja.Str("name"))
	args.Delete(jinja.Str("description"))
	s.split()
	if _, ok := args.GetStr("model"); ok {
		return doc.Errorf(config.Child(argNode, "model"), "Test arguments include \"model\", which is a reserved argument")
	}
	if err := p.testConfig(s, args, argNode); err != nil {
		return err
	}
	p.testArguments(s, args)
	p.testKwargs(s, args)
	return nil
}

// split takes the namespace off the name.
func (s *testSpec) split() {
	if ns, name, ok := strings.Cut(s.name, "."); ok {
		s.namespace, s.name = ns, name
	}
}

// testKwargs puts together what the test's macro is called with.
func (p *parser) testKwargs(s *testSpec, args *jinja.Dict) {
	s.kwargs = jinja.NewDictOf(args.Len() + 2)
	if s.column != "" {
		name := s.column
		if s.quoted {
			q := p.m.Dialect.Quote
			name = string(q[0]) + name + string(q[1])
		}
		s.column = name
		s.kwargs.SetStr("column_name", jinja.Str(name))
	}
	for k, v := range args.All() {
		s.kwargs.Set(k, v)
	}
	s.kwargs.SetStr("model", jinja.Str(s.on.model))
}

// testArguments takes the arguments of a test out of "arguments", where they belong. A
// flag of older projects makes that key an argument like others.
func (p *parser) testArguments(s *testSpec, args *jinja.Dict) {
	v, given := args.GetStr("arguments")
	if !p.flag("require_generic_test_arguments_property", true) {
		if given {
			p.testNotice(s, source.ArgumentsProperty, "Found `arguments` in test `%s`, which `require_generic_test_arguments_property: false` makes an argument of that name", s.name)
		}
		return
	}
	if !given && args.Len() > 0 {
		p.testNotice(s, source.MissingArgumentsProperty, "Found arguments of test `%s` of '%s' in package '%s' (%s) beside its settings; they belong under `arguments`",
			s.name, s.on.e.name, s.on.e.pkg.Name, s.on.e.file.Path)
	}
	if d, isDict := v.(*jinja.Dict); isDict {
		args.Delete(jinja.Str("arguments"))
		for k, val := range d.All() {
			args.Set(k, val)
		}
	}
}

func (p *parser) testNotice(s *testSpec, event, format string, args ...any) {
	e := s.on.e.doc.Errorf(s.node, format, args...)
	e.Event = event
	p.warn(e)
}

func kindOf(n *yaml.Node) string {
	switch {
	case config.IsNull(n):
		return "null"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	return "a text"
}

// testConfig takes the config of a test out of its arguments and renders it.
func (p *parser) testConfig(s *testSpec, args *jinja.Dict, n *yaml.Node) error {
	doc := s.on.e.doc
	yamlNames := p.shared.ForYAML(s.on.e.pkg.Name)
	r := &config.Renderer{Globals: yamlNames, Host: yamlNames}
	set := func(key string, node *yaml.Node) error {
		v, err := r.Value(p.ctx, doc, node)
		if err != nil {
			return err
		}
		if v == jinja.Value(jinja.None) {
			return nil
		}
		s.config = append(s.config, config.Entry{Key: key, Value: v, File: doc.File, Span: doc.Span(node)})
		return nil
	}
	for _, key := range testKeys {
		if _, ok := args.GetStr(key); !ok {
			continue
		}
		if err := set(key, config.Child(n, key)); err != nil {
			return err
		}
		p.testNotice(s, source.PropertyMovedToConfig, "Found `%s` beside the arguments of `data_tests.%s` in file `%s`; it belongs under `config`", key, s.name, s.on.e.file.Path)
		args.Delete(jinja.Str(key))
	}
	cfg := config.Child(n, "config")
	if cfg == nil {
		return nil
	}
	args.Delete(jinja.Str("config"))
	if cfg.Kind != yaml.MappingNode {
		return doc.Errorf(cfg, "config of a test must be a mapping")
	}
	pairs := config.Pairs(cfg)
	// dbt takes the keys it knows in an order of its own, which raw_code shows.
	rank := func(p config.Pair) int {
		if i := slices.Index(testKeys, p.Name); i >= 0 {
			return i
		}
		return len(testKeys)
	}
	slices.SortStableFunc(pairs, func(a, b config.Pair) int { return rank(a) - rank(b) })
	for _, pair := range pairs {
		if slices.ContainsFunc(s.config, func(e config.Entry) bool { return e.Key == pair.Name }) {
			e := doc.Errorf(pair.Key, "Test cannot have the same key at the top-level and in config: %s", pair.Name)
			e.Class = source.Compilation
			return e
		}
		if err := set(pair.Name, pair.Value); err != nil {
			return err
		}
	}
	return nil
}

// genericTest makes the node of a test.
func (p *parser) genericTest(s *testSpec) *manifest.Node {
	e := s.on.e
	full, short := s.names()
	n := &manifest.Node{
		Kind: manifest.Test, Name: full, Package: e.pkg.Name,
		ID:   "test." + e.pkg.Name + "." + full + "." + s.hash(full),
		Path: short + ".sql", OriginalPath: e.file.Path,
		FQN:      append(append(make([]string, 0, len(e.dirs)+1), e.dirs...), full),
		Checksum: manifest.Checksum{Name: "none"},
		File:     e.doc.File, Span: e.doc.Span(s.node),
		Language: "sql", Description: s.description, CreatedAt: p.now,
		Test: &manifest.TestPart{
			Name: s.name, Namespace: s.namespace, Kwargs: s.kwargs, ColumnName: s.column,
			FileKey: s.on.key, Generic: true,
		},
	}
	if s.on.attach != nil {
		n.Test.Attached = s.on.attach.ID
	}
	if short != full && !slices.ContainsFunc(s.config, func(e config.Entry) bool { return e.Key == "alias" }) {
		s.config = append(s.config, config.Entry{Key: "alias", Value: jinja.Str(short)})
	}
	n.Raw = s.rawCode()
	if !p.testNodeConfig(s, n, nil) {
		return nil
	}
	inMacro, err := p.testRefs(s, n)
	if err != nil {
		p.fail(inNode(err, n))
		return nil
	}
	if s.rendered && !p.testNodeConfig(s, n, inMacro) {
		return nil
	}
	if err := p.name(n); err != nil {
		p.fail(inNode(err, n))
		return nil
	}
	return n
}

// storing makes store_failures and store_failures_as agree; the latter decides.
func storing(c *config.Config) *config.Config {
	as, sf := c.Text("store_failures_as"), c.Get("store_failures")
	switch {
	case as != "":
		return c.With("store_failures", jinja.Bool(as != "ephemeral"))
	case sf == jinja.Value(jinja.None):
		return c
	case sf.Truth():
		return c.With("store_failures_as", jinja.Str("table"))
	}
	return c.With("store_failures_as", jinja.Str("ephemeral"))
}

func testDirs(file string) []string {
	parts := strings.Split(path.Dir(file), "/")
	return parts[1:]
}

// rawCode is the template that stands for a test in the manifest.
func (s *testSpec) rawCode() string {
	macro := "test_" + s.name
	if s.namespace != "" {
		macro = s.namespace + "." + macro
	}
	raw := "{{ " + macro + "(**_dbt_generic_test_kwargs) }}"
	if len(s.config) == 0 {
		return raw
	}
	parts := make([]string, len(s.config))
	for i, c := range s.config {
		text := jinja.Repr(c.Value)
		if v, ok := c.Value.(jinja.Str); ok {
			text = `"` + strings.ReplaceAll(string(v), `"`, `\"`) + `"`
		}
		parts[i] = c.Key + "=" + text
	}
	return raw + "{{ config(" + strings.Join(parts, ",") + ") }}"
}

// testNodeConfig merges the config of a test. What its macro sets by config() is
// weaker than what the file says.
func (p *parser) testNodeConfig(s *testSpec, n *manifest.Node, inMacro []config.Layer) bool {
	own, root := p.layersOf(s.on.e.pkg, "data_tests", n.FQN)
	given := s.given(inMacro)
	n.Config = p.plainTest
	if len(own)+len(root)+len(s.config)+len(inMacro) > 0 {
		layers := append(slices.Clip(own), given...)
		layers = append(layers, root...)
		c, err := config.Merge(config.Tests, layers...)
		if err != nil {
			p.fail(inNode(err, n))
			return false
		}
		n.Config = storing(c)
	}
	if s.on.attach != nil {
		n.AttachedGroup = s.on.attach.Group()
	}
	n.Tags = slices.Concat(s.on.tags, s.tags)
	if n.Config.IsSet("tags") {
		for _, t := range n.Config.List("tags") {
			n.Tags = append(n.Tags, t.String())
		}
	}
	slices.Sort(n.Tags)
	n.Tags = slices.Compact(n.Tags)
	if s.on.attach != nil && !s.on.attach.Config.Bool("enabled") {
		n.Config = n.Config.With("enabled", jinja.Bool(false))
	}
	n.Database, n.Schema, n.Alias = p.shared.Database, p.shared.Schema, n.Name
	n.Unrendered, n.Written = jinja.NewDict(), nil
	if s.node.Kind != yaml.ScalarNode {
		n.Written = written(testKeys, testEntry(s.node))
	}
	s.on.e.pkg.Settings.Sections["data_tests"].Raw(n.FQN, n.Unrendered)
	for k, v := range called(config.Tests, given).All() {
		n.Unrendered.Set(k, v)
	}
	if s.on.e.pkg != p.project.Root {
		p.project.Root.Settings.Sections["data_tests"].Raw(n.FQN, n.Unrendered)
	}
	return true
}

// given is the settings of a test in the order in which dbt takes them: those of the
// file, and for a test that is rendered those that its macro sets and the file's once
// more, since they stand in its raw code too.
func (s *testSpec) given(inMacro []config.Layer) []config.Layer {
	out := []config.Layer{s.config}
	if s.rendered {
		out = append(append(out, inMacro...), s.config)
	}
	return out
}

// testRefs renders a test to learn what it refers to, and gives the configs that
// its macro sets. The two tests that refer to nothing but their model are not
// rendered.
func (p *parser) testRefs(s *testSpec, n *manifest.Node) ([]config.Layer, error) {
	if s.macro == nil {
		s.macro = p.testMacro(n.Package, s.namespace, s.name)
	}
	mac := s.macro.mac
	n.Macros = append(n.Macros, s.macro.named)
	if mac != nil && mac.BuiltIn && (s.name == "unique" || s.name == "not_null") {
		if s.on.ref != nil {
			n.Refs = []manifest.Ref{*s.on.ref}
		} else {
			n.Sources = [][2]string{s.on.source}
		}
		return nil, nil
	}
	if where := plainValues(s, n); where != "" {
		if s.on.ref != nil {
			n.Refs = []manifest.Ref{*s.on.ref}
		} else {
			n.Sources = [][2]string{s.on.source}
		}
		n.Macros = append(n.Macros, where)
		s.rendered = true
		return nil, nil
	}
	return p.renderTest(s, n, mac)
}

// renderTest is testRefs for what has to be rendered. mac may be nil.
func (p *parser) renderTest(s *testSpec, n *manifest.Node, mac *manifest.Macro) ([]config.Layer, error) {
	ctx := p.shared.NewContext(p.ctx, scope.Parse, n, nil)
	kwargs, err := ctx.TestKwargs()
	if err != nil {
		return nil, err
	}
	ctx.Set("_dbt_generic_test_kwargs", kwargs)
	if mac != nil {
		s.rendered = true
		t, err := n.Tree()
		if err != nil {
			return nil, err
		}
		if err := ctx.Run(t); err != nil {
			return nil, err
		}
	}
	n.Refs, n.Sources = ctx.Refs, ctx.Sources
	for _, id := range ctx.Macros {
		if !slices.Contains(n.Macros, id) && (mac == nil || id != mac.ID) {
			n.Macros = append(n.Macros, id)
		}
	}
	configs := ctx.Configs
	if len(s.config) > 0 && len(configs) > 0 {
		configs = configs[:len(configs)-1] // the test's own, out of its raw code
	}
	return configs, nil
}

// names makes the name of a test from what it tests: the full one, and one of at
// most 63 characters for files and tables.
func (s *testSpec) names() (full, short string) {
	if s.custom != "" {
		return s.custom, s.custom
	}
	kind := s.name
	if s.on.ref == nil {
		kind = "source_" + kind
	}
	if s.namespace != "" {
		kind = s.namespace + "_" + kind
	}
	keys := make([]string, 0, s.kwargs.Len())
	for k := range s.kwargs.All() {
		if k.String() != "model" {
			keys = append(keys, k.String())
		}
	}
	slices.Sort(keys)
	head := kind + "_" + s.on.target
	b := append(append(make([]byte, 0, 128), head...), '_')
	parts := 0
	part := func(v jinja.Value) {
		if parts++; parts > 1 {
			b = append(b, "__"...)
		}
		b = appendPlain(b, v.String())
	}
	for _, k := range keys {
		v, _ := s.kwargs.GetStr(k)
		switch v := v.(type) {
		case *jinja.Dict:
			for _, val := range v.All() {
				part(val)
			}
		case *jinja.List:
			for _, val := range v.Items {
				part(val)
			}
		default:
			part(v)
		}
	}
	full = string(b)
	if len(full) < 64 {
		return full, full
	}
	if len(head) > 30 {
		head = head[:30]
	}
	sum := md5.Sum(b)
	return full, head + "_" + hex.EncodeToString(sum[:])
}

// appendPlain adds a text with one underscore for each run of other characters than
// letters and digits.
func appendPlain(b []byte, s string) []byte {
	run := false
	for i := range len(s) {
		c := s[i]
		if c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			b = append(b, c)
			run = false
			continue
		}
		if !run {
			b = append(b, '_')
		}
		run = true
	}
	return b
}

// hash tells tests of the same name with other arguments apart. It is made of the name
// and of what Python would print for the arguments, keys sorted and values as texts.
func (s *testSpec) hash(name string) string {
	b := append(make([]byte, 0, 512), name...)
	b = append(b, "{'kwargs': "...)
	b = appendNormalised(b, s.kwargs)
	b = append(b, ", 'name': "...)
	b = jinja.AppendRepr(b, s.name)
	b = append(b, ", 'namespace': "...)
	ns := "None"
	if s.namespace != "" {
		ns = s.namespace
	}
	b = append(jinja.AppendRepr(b, ns), '}')
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[len(sum)-5:])
}

// appendNormalised adds the repr of a value with sorted keys and everything else as text.
func appendNormalised(b []byte, v jinja.Value) []byte {
	switch v := v.(type) {
	case *jinja.Dict:
		var few [8]string
		keys := few[:0]
		for k := range v.All() {
			keys = append(keys, k.String())
		}
		slices.Sort(keys)
		b = append(b, '{')
		for i, k := range slices.Compact(keys) {
			if i > 0 {
				b = append(b, ", "...)
			}
			val, _ := v.GetStr(k)
			if val == nil {
				val = jinja.None
			}
			b = append(jinja.AppendRepr(b, k), ": "...)
			b = appendNormalised(b, val)
		}
		return append(b, '}')
	case *jinja.List:
		b = append(b, '[')
		for i, item := range v.Items {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendNormalised(b, item)
		}
		return append(b, ']')
	}
	return jinja.AppendRepr(b, v.String())
}
