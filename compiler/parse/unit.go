package parse

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/project"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// UnitTests is the keys of an entry of unit_tests.
var UnitTests = &config.Schema{Name: "unit_tests", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the test, unique among those of its model"},
	{Name: "model", Shape: config.SomeText, Required: true, Doc: "the model under test, of the same package"},
	{Name: "given", Shape: config.ListOf(config.KeysOf(unitGiven)), Required: true, Doc: "the rows that stand in for each input"},
	{Name: "expect", Shape: config.KeysOf(unitExpect), Required: true, Doc: "the rows that the model has to give"},
	{Name: "description", Shape: config.SomeText, Doc: "what the test shows"},
	{Name: "overrides", Shape: config.KeysOf(unitOverrides), Doc: "what macros, vars and environment variables give during the test"},
	{Name: "config", Shape: config.Mapping, Doc: "config of the test: enabled, tags, meta"},
	{Name: "versions", Shape: config.KeysOf(unitVersions), Doc: "which versions of the model are tested; all, if not given"},
}}

var unitFormats = config.OneOf("csv", "dict", "sql")

var unitGiven = &config.Schema{Name: "an input", Keys: append([]config.Key{
	{Name: "input", Shape: config.SomeText, Required: true, Doc: "what is replaced: ref(…), source(…) or this"},
}, unitExpect.Keys...)}

var unitExpect = &config.Schema{Name: "expected rows", Keys: []config.Key{
	{Name: "rows", Shape: config.Shape{Scalars: config.TextValue, List: &config.Mapping}, Doc: "the rows: a list of mappings, CSV text or a query"},
	{Name: "format", Shape: unitFormats, Default: jinja.Str("dict"), Doc: "how the rows are written"},
	{Name: "fixture", Shape: config.SomeText, Doc: "name of a file below fixtures that has the rows"},
}}

var unitOverrides = &config.Schema{Name: "overrides", Keys: []config.Key{
	{Name: "macros", Shape: config.Mapping, Default: jinja.NewDict(), Doc: "what a call of the macro gives"},
	{Name: "vars", Shape: config.Mapping, Default: jinja.NewDict(), Doc: "values of vars"},
	{Name: "env_vars", Shape: config.Mapping, Default: jinja.NewDict(), Doc: "values of environment variables"},
}}

var unitVersions = &config.Schema{Name: "versions", Keys: []config.Key{
	{Name: "include", Shape: config.ListOf(config.Anything), Doc: "only these versions"},
	{Name: "exclude", Shape: config.ListOf(config.Anything), Doc: "all but these versions"},
}}

// loadUnitTests makes a node of each unit test, and of each version of a versioned
// model one.
func (p *parser) loadUnitTests() {
	r := &unitReader{p: p, fixtures: p.fixtures()}
	for _, e := range p.props.bySection["unit_tests"] {
		if p.valid(e, UnitTests) {
			r.read(e)
		}
	}
	p.m.Extend()
}

// unitReader reads unit tests with the files that they may name.
type unitReader struct {
	p        *parser
	fixtures map[[2]string]*project.File // by package and name
}

func (p *parser) fixtures() map[[2]string]*project.File {
	out := map[[2]string]*project.File{}
	for _, pkg := range p.project.Packages {
		for _, f := range pkg.Files {
			if f.Kind != project.FixtureFile {
				continue
			}
			k := [2]string{pkg.Name, stem(f.Rel)}
			if old := out[k]; old != nil {
				p.fail(&source.Error{
					File: f.Source, Class: source.Compilation,
					Msg:  fmt.Sprintf("dbt found two fixtures with the name \"%s\".\n- %s\n- %s", k[1], old.Path, f.Path),
					Hint: "rename one of them",
				})
				continue
			}
			out[k] = f
		}
	}
	return out
}

func (r *unitReader) read(e *entry) {
	p := r.p
	all := UnitTests.Fill(e.vals)
	off := p.unitNode(e, all)
	if !p.yamlConfig(e, off, e.configOnly()) {
		return
	}
	tested, disabled := p.testedModels(e)
	if len(tested)+len(disabled) == 0 {
		err := e.doc.Errorf(config.Child(e.node, "model"), "Unable to find model '%s.%s' for unit test '%s' in %s", e.pkg.Name, e.str("model"), e.name, e.file.Path)
		if near := p.m.Similar("ref", e.str("model")); near != "" {
			err.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		p.fail(err)
		return
	}
	off.Unit.Given = r.givenRows(e, all)
	off.Unit.Expect = r.rows(e, config.Child(e.node, "expect"), dictOf(all, "expect"), "")
	off.Checksum.Sum = unitSum(off.Unit)
	if !off.Config.Bool("enabled") || len(tested) == 0 {
		off.Config = off.Config.With("enabled", jinja.False)
		p.m.Disabled = append(p.m.Disabled, off)
		return
	}
	for _, m := range r.versions(e, dictOf(all, "versions"), tested) {
		n := ofModel(off, m)
		r.incremental(e, n, m)
		p.m.Nodes = append(p.m.Nodes, n)
	}
}

// testedModels gives the versions of the model that an entry names, enabled and
// disabled ones. Where the name is that of one version, as in "orders.v2", dbt still
// means all of them.
func (p *parser) testedModels(e *entry) (on, off []*manifest.Node) {
	name := e.str("model")
	at := func(n *manifest.Node) bool {
		return n.Kind == manifest.Model && n.Package == e.pkg.Name && n.SearchName() == name
	}
	if i := slices.IndexFunc(p.m.Nodes, at); i >= 0 {
		name = p.m.Nodes[i].Name
	}
	match := func(list []*manifest.Node) (out []*manifest.Node) {
		for _, n := range list {
			if n.Kind == manifest.Model && n.Package == e.pkg.Name && n.Name == name {
				out = append(out, n)
			}
		}
		return out
	}
	return match(p.m.Nodes), match(p.m.Disabled)
}

// versions gives the versions of a model that are tested: all, or those that include or
// exclude leave.
func (r *unitReader) versions(e *entry, v *jinja.Dict, tested []*manifest.Node) []*manifest.Node {
	include, exclude := listOf(at(v, "include")), listOf(at(v, "exclude"))
	if len(include)+len(exclude) == 0 {
		return tested
	}
	bad := func(format string, args ...any) []*manifest.Node {
		r.p.fail(e.doc.Errorf(config.Child(e.node, "versions"), format, args...))
		return nil
	}
	if tested[0].Version == nil {
		return bad("Unit test '%s' should not have a versions include or exclude when referencing non-versioned model '%s'", e.name, e.str("model"))
	}
	if len(include) > 0 && len(exclude) > 0 {
		return bad("Unit tests can not both include and exclude versions.")
	}
	var out []*manifest.Node
	for _, m := range tested {
		named := func(v jinja.Value) bool { return v.String() == m.Version.String() }
		if len(include) > 0 && slices.ContainsFunc(include, named) || len(exclude) > 0 && !slices.ContainsFunc(exclude, named) {
			out = append(out, m)
		}
	}
	if out == nil {
		return bad("Unit test '%s' referenced a version of '%s' which was not found.", e.name, e.str("model"))
	}
	return out
}

// ofModel gives the unit test of one model or version, given what is common to all.
func ofModel(common *manifest.Node, m *manifest.Node) *manifest.Node {
	n, unit := *common, *common.Unit
	n.Unit = &unit
	if m.Version != nil {
		n.ID += "_v" + m.Version.String()
		unit.Version = m.Version
	}
	n.Schema, n.DependsOn = m.Schema, []string{m.ID}
	for _, t := range n.Config.List("tags") {
		n.Tags = append(n.Tags, t.String())
	}
	return &n
}

// unitNode starts a unit test, without its rows and its model.
func (p *parser) unitNode(e *entry, all *jinja.Dict) *manifest.Node {
	n := p.yamlNode(e, manifest.UnitTest)
	model := e.str("model")
	n.ID = "unit_test." + e.pkg.Name + "." + model + "." + e.name
	// Below the search path, whose own name is left out.
	below := dirs(e.file.Path)
	n.FQN = slices.Concat([]string{e.pkg.Name}, below[min(1, len(below)):], []string{model, e.name})
	n.Checksum.Name = "none"
	n.Unit = &manifest.UnitPart{
		Model: model, Overrides: at(all, "overrides"), Versions: at(all, "versions"), Version: jinja.None,
	}
	return n
}

func (r *unitReader) givenRows(e *entry, all *jinja.Dict) []*jinja.Dict {
	nodes := config.Child(e.node, "given")
	var out []*jinja.Dict
	for i, item := range listOf(at(all, "given")) {
		d := item.(*jinja.Dict)
		out = append(out, r.rows(e, itemNode(nodes, i), d, textOf(d, "input")))
	}
	return out
}

// rows turns what stands for the rows of one input, or of the result, into rows.
func (r *unitReader) rows(e *entry, at *yaml.Node, d *jinja.Dict, input string) *jinja.Dict {
	format, fixture := textOf(d, "format"), textOf(d, "fixture")
	rows, _ := d.GetStr("rows")
	bad := func(format string, args ...any) {
		place := at
		for _, key := range []string{"rows", "fixture"} {
			if n := config.Child(at, key); n != nil {
				place = n
			}
		}
		r.p.fail(e.doc.Errorf(place, format, args...))
	}
	if format == "dict" {
		if list, ok := rows.(*jinja.List); ok {
			d.SetStr("rows", nullsLast(list))
			return d
		}
		if rows != jinja.Value(jinja.None) || fixture != "" || input == "" {
			bad("Unit test %s has %s rows which do not match format dict: they are a list of mappings", e.name, side(input))
			return d
		}
		if text, ok := r.seedText(e, at, input); ok {
			d.SetStr("rows", nullsLast(csvRows(text)))
		}
		return d
	}
	text, ok := rows.(jinja.Str)
	if fixture != "" {
		f := r.fixtures[[2]string{e.pkg.Name, fixture}]
		if f == nil || !strings.HasSuffix(f.Rel, "."+format) {
			bad("File not found for fixture '%s' in unit tests in %s", fixture, e.file.Path)
			return d
		}
		text, ok = jinja.Str(f.Text()), true
	}
	if !ok {
		bad("Unit test %s has %s rows or fixtures which do not match format %s.  Expected string.", e.name, side(input), format)
		return d
	}
	if format == "csv" {
		d.SetStr("rows", nullsLast(csvRows(string(text))))
		return d
	}
	d.SetStr("rows", text)
	return d
}

func side(input string) string {
	if input == "" {
		return "expected"
	}
	return "input"
}

// seedText is the file of a seed, whose rows an input without rows has.
func (r *unitReader) seedText(e *entry, n *yaml.Node, input string) (string, bool) {
	p := r.p
	ref, ok := p.inputRef(e, input)
	if ok {
		seed, found := p.m.FindRef(e.pkg.Name, ref)
		if found == manifest.Enabled && seed.Kind == manifest.Seed {
			b, err := os.ReadFile(seed.Seed.File)
			if err == nil {
				return string(b), true
			}
		}
	}
	err := e.doc.Errorf(n, "Unable to find seed '%s.%s' for unit tests in directories: [%s]", e.pkg.Name, ref.Name, strings.Join(quoteAll(e.pkg.Settings.SeedPaths), ", "))
	err.Hint = "give the input rows, unless it is a seed"
	p.fail(err)
	return "", false
}

// inputRef evaluates an input that is a ref().
func (p *parser) inputRef(e *entry, input string) (manifest.Ref, bool) {
	none, err := config.Merge(config.UnitTests)
	if err != nil {
		return manifest.Ref{Name: input}, false
	}
	ctx := p.shared.NewContext(p.ctx, scope.Parse, &manifest.Node{Kind: manifest.UnitTest, Name: e.name, Package: e.pkg.Name, Config: none}, nil)
	t, err := syntax.Parse(&source.File{Path: e.file.Path, Text: "{{ " + input + " }}"}, syntax.Options{})
	if err != nil {
		return manifest.Ref{Name: input}, false
	}
	if _, err := ctx.Render(t); err != nil || len(ctx.Refs) != 1 {
		return manifest.Ref{Name: input}, false
	}
	return ctx.Refs[0], true
}

// csvRows reads CSV as Python does: the first line names the columns, empty cells are
// none, cells that a line lacks too.
func csvRows(text string) *jinja.List {
	rd := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	rd.FieldsPerRecord, rd.LazyQuotes = -1, true
	out := jinja.NewList()
	header, err := rd.Read()
	if err != nil {
		return out
	}
	for {
		line, err := rd.Read()
		if err != nil {
			return out
		}
		row := jinja.NewDict()
		for i, name := range header {
			var v jinja.Value = jinja.None
			if i < len(line) && line[i] != "" {
				v = jinja.Str(line[i])
			}
			row.SetStr(name, v)
		}
		if len(line) > len(header) {
			row.Set(jinja.None, listOfTexts(line[len(header):])) // as Python has what is too much
		}
		out.Append(row)
	}
}

// nullsLast puts the first row that has no nulls in the first place, by exchange: the
// types of columns are taken from there.
func nullsLast(rows *jinja.List) *jinja.List {
	out := jinja.NewList(slices.Clone(rows.Items)...)
	for i, row := range out.Items {
		d, ok := row.(*jinja.Dict)
		if !ok || slices.Contains(d.Values(), jinja.Value(jinja.None)) {
			continue
		}
		out.Items[0], out.Items[i] = out.Items[i], out.Items[0]
		break
	}
	return out
}

// incremental checks that the test of a model that asks is_incremental() says what the
// answer is.
func (r *unitReader) incremental(e *entry, n, m *manifest.Node) {
	if !slices.Contains(m.Macros, "macro.dbt.is_incremental") {
		return
	}
	overrides, _ := n.Unit.Overrides.(*jinja.Dict)
	if overrides == nil {
		overrides = jinja.NewDict()
	}
	answer, ok := at(dictOf(overrides, "macros"), "is_incremental").(jinja.Bool)
	if !ok {
		r.p.fail(e.doc.Errorf(config.Child(e.node, "name"), "Boolean override for 'is_incremental' must be provided for unit test '%s' in model '%s'", e.name, m.Name))
		return
	}
	this := func(d *jinja.Dict) bool { return textOf(d, "input") == "this" }
	if bool(answer) && !slices.ContainsFunc(n.Unit.Given, this) {
		r.p.fail(e.doc.Errorf(config.Child(e.node, "given"), "Unit test '%s' for incremental model '%s' must have a 'this' input", e.name, m.Name))
	}
}

// unitSum is dbt's checksum of a unit test, which says whether the test has changed. It
// is made of the way in which Python shows the objects that dbt keeps the test in, so
// that states of dbt and of weft can be compared; rows of fixture files count too.
func unitSum(u *manifest.UnitPart) string {
	var b strings.Builder
	b.WriteString(u.Model + "-")
	if v, ok := u.Versions.(*jinja.Dict); ok {
		b.WriteString(shown("UnitTestNodeVersions", v, "include", "exclude") + "-[")
	} else {
		b.WriteString("None-[")
	}
	fixtures := ""
	for i, g := range u.Given {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(shown("UnitTestInputFixture", g, "input", "rows", "format", "fixture"))
		if first(at(g, "fixture")) != jinja.Value(jinja.None) {
			fixtures += "-" + at(g, "rows").String()
		}
	}
	b.WriteString("]-" + shown("UnitTestOutputFixture", u.Expect, "rows", "format", "fixture") + "-")
	if o, ok := u.Overrides.(*jinja.Dict); ok {
		b.WriteString(shown("UnitTestOverrides", o, "macros", "vars", "env_vars"))
	} else {
		b.WriteString("None")
	}
	b.WriteString(fixtures)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// formatNames are the formats as Python shows them.
var formatNames = map[string]string{"dict": "<UnitTestFormat.Dict: 'dict'>", "csv": "<UnitTestFormat.CSV: 'csv'>", "sql": "<UnitTestFormat.SQL: 'sql'>"}

// shown is an object of a class with fields, as Python shows it.
func shown(class string, d *jinja.Dict, fields ...string) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		v := first(at(d, f))
		parts[i] = f + "=" + jinja.Repr(v)
		if f == "format" {
			parts[i] = f + "=" + formatNames[v.String()]
		}
	}
	return class + "(" + strings.Join(parts, ", ") + ")"
}
