package parse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// constraintTypes are the types that a constraint may have.
var constraintTypes = []string{"check", "not_null", "unique", "primary_key", "foreign_key", "custom"}

// contracts checks the constraints of models and computes what a contract promises.
func (p *parser) contracts() {
	for _, n := range slices.Concat(p.m.Nodes, p.m.Disabled) {
		if n.Kind != manifest.Model && n.Kind != manifest.Snapshot && n.Kind != manifest.Seed || n.Broken {
			continue
		}
		if enforced, _ := n.Config.Dict("contract").GetStr("enforced"); enforced != nil && enforced.Truth() {
			p.checkContract(n)
			n.ContractSum = contractSum(n)
		}
		p.checkConstraints(n)
	}
}

func nodeError(n *manifest.Node, class source.Class, format string, args ...any) *source.Error {
	return &source.Error{File: n.File, Span: source.Span{Start: n.Span.Start, End: n.Span.Start}, Class: class, Msg: fmt.Sprintf(format, args...)}
}

// checkContract looks at what a contract needs before anything is built: columns,
// and SQL.
func (p *parser) checkContract(n *manifest.Node) {
	if len(n.Columns) == 0 {
		e := nodeError(n, source.Parsing, "Contract enforcement failed for: (%s): the model has no columns in a properties file such as `schema.yml.`", n.OriginalPath)
		e.Msg = strings.TrimSuffix(e.Msg, ".`") + "`"
		e.Hint = "list its columns with name and data_type"
		p.fail(e)
	}
	if n.Language == "python" {
		p.fail(nodeError(n, source.Parsing, "Language Error: the contract of %s cannot be enforced, since it is a Python model", n.Name))
	}
	if n.Materialized() != "incremental" {
		return
	}
	if on := n.Config.Text("on_schema_change"); on != "append_new_columns" && on != "fail" {
		e := nodeError(n, source.Parsing, "Invalid value for on_schema_change: %s. Models materialized as incremental with contracts enabled must set on_schema_change to 'append_new_columns' or 'fail'", on)
		e.Node = ""
		p.fail(e)
	}
}

func (p *parser) checkConstraints(n *manifest.Node) {
	keys := 0
	for _, c := range n.Columns {
		for _, k := range c.Constraints {
			p.checkConstraint(n, k)
			if textOf(k, "type") == "primary_key" {
				keys++
			}
		}
	}
	if keys > 1 {
		p.fail(nodeError(n, source.Parsing, "Found %d columns (%s) with primary key constraint for model %s. Primary keys over several columns are a constraint of the model", keys, strings.Join(keyColumns(n), ", "), n.Name))
	}
	for _, k := range n.Constraints {
		p.checkConstraint(n, k)
		if keys > 0 && textOf(k, "type") == "primary_key" {
			p.fail(nodeError(n, source.Parsing, "Primary key constraints defined at the model level and the columns level (%s) of %s: keep one of them", strings.Join(keyColumns(n), ", "), n.Name))
		}
	}
	if n.Kind != manifest.Model {
		return
	}
	if m := n.Materialized(); m == "table" || m == "incremental" {
		return
	}
	for _, k := range allConstraints(n) {
		if v, ok := k.GetStr("warn_unsupported"); !ok || v.Truth() {
			e := nodeError(n, "", "Constraint types are not supported for %s materializations and will be ignored.  Set 'warn_unsupported: false' on this constraint to ignore this warning.", n.Materialized())
			e.Event = source.UnsupportedConstraint
			p.warn(e)
			return
		}
	}
}

func keyColumns(n *manifest.Node) []string {
	var out []string
	for _, c := range n.Columns {
		if slices.ContainsFunc(c.Constraints, func(k *jinja.Dict) bool { return textOf(k, "type") == "primary_key" }) {
			out = append(out, c.Name)
		}
	}
	return out
}

func allConstraints(n *manifest.Node) []*jinja.Dict {
	out := slices.Clone(n.Constraints)
	for _, c := range n.Columns {
		out = append(out, c.Constraints...)
	}
	return out
}

func (p *parser) checkConstraint(n *manifest.Node, k *jinja.Dict) {
}

// keyRefs adds what foreign keys refer to, which must be built before.
func (p *parser) keyRefs(n *manifest.Node) error {
	for _, k := range allConstraints(n) {
		to := textOf(k, "to")
		if !scope.IsRefText(to) {
			continue
		}
		ctx := p.shared.NewContext(p.ctx, scope.Parse, n, nil)
		if _, err := ctx.RenderText(n.OriginalPath, "{{ "+to+" }}"); err != nil {
			return err
		}
		n.Refs = append(n.Refs, ctx.Refs...)
		n.Sources = append(n.Sources, ctx.Sources...)
	}
	return nil
}

// contractSum is dbt's checksum of a contract: of the columns in order of their names,
// and of the model's constraints where the materialization can have them. It is made of
// Python's way to show objects, so that state of dbt and of weft can be compared.
func contractSum(n *manifest.Node) string {
	cols := slices.Clone(n.Columns)
	slices.SortFunc(cols, func(a, b *manifest.Column) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	for _, c := range cols {
		b.WriteString("|" + c.Name)
		if c.HasType {
			b.WriteString(c.DataType)
		} else {
			b.WriteString("None")
		}
		b.WriteString(reprConstraints("ColumnLevelConstraint", c.Constraints))
	}
	if m := n.Materialized(); m == "table" || m == "incremental" {
		b.WriteString(m + reprConstraints("ModelLevelConstraint", n.Constraints))
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

func reprConstraints(class string, list []*jinja.Dict) string {
	parts := make([]string, len(list))
	for i, k := range list {
		kind := textOf(k, "type")
		fields := []string{"type=<ConstraintType." + kind + ": '" + kind + "'>"}
		for name, v := range k.All() {
			if name.String() != "type" {
				fields = append(fields, name.String()+"="+jinja.Repr(v))
			}
		}
		parts[i] = class + "(" + strings.Join(fields, ", ") + ")"
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// checkModels looks at settings whose values are words of a list.
func (p *parser) checkModels() {
	for _, n := range p.m.Nodes {
		switch {
		case n.Broken:
		case n.Kind == manifest.Model:
			p.checkAccess(n)
			if isMicrobatch(n) {
				p.checkMicrobatch(n)
			}
		case n.Kind == manifest.Test:
			p.checkSeverity(n)
		}
	}
}

func (p *parser) checkAccess(n *manifest.Node) {
	access := n.Config.Text("access")
	switch access {
	case "private", "protected":
	case "public":
		if n.Ephemeral() {
			p.fail(nodeError(n, source.Parsing, "Node %s with 'ephemeral' materialization has an invalid value (%s) for the access field: nothing outside of the project can read it", n.ID, access))
		}
	default:
		e := nodeError(n, source.Parsing, "Node %s has an invalid value (%s) for the access field", n.ID, access)
		e.Hint = "it is one of private, protected and public"
		p.fail(e)
	}
}

func isMicrobatch(n *manifest.Node) bool {
	return n.Kind == manifest.Model && n.Materialized() == "incremental" && n.Config.Text("incremental_strategy") == "microbatch"
}

var batchSizes = []string{"hour", "day", "month", "year"}

// checkMicrobatch looks at what a model that is built in batches has to say of them.
func (p *parser) checkMicrobatch(n *manifest.Node) {
	bad := func(format string, args ...any) {
		p.fail(nodeError(n, source.Parsing, "Microbatch model '%s' must provide "+format, append([]any{n.Name}, args...)...))
	}
	if n.Config.Text("event_time") == "" {
		bad("an 'event_time' (string) config: the name of the column that says when a row happened")
	}
	begin := n.Config.Get("begin")
	if _, _, ok := p.isoDate(begin); !ok {
		if begin == jinja.Value(jinja.None) {
			bad("a 'begin' (datetime) config: from when on there is something to build")
		} else {
			bad("a 'begin' config of valid datetime (ISO format), but got: %s.", begin)
		}
	}
	if size := n.Config.Get("batch_size"); !slices.Contains(batchSizes, size.String()) {
		bad("a 'batch_size' config that is one of ['%s'], but got: %s.", strings.Join(batchSizes, "', '"), size)
	}
	if back := n.Config.Get("lookback"); back != jinja.Value(jinja.None) {
		if _, ok := back.(jinja.Int); !ok {
			bad("the optional 'lookback' config as type int, but got: %s.", jinja.Repr(back))
		}
	}
}

func (p *parser) checkSeverity(n *manifest.Node) {
	s := n.Config.Text("severity")
	if strings.EqualFold(s, "warn") || strings.EqualFold(s, "error") {
		return
	}
	e := nodeError(n, source.Parsing, "at path []: Severity must be either 'warn' or 'error'. Got '%s'", s)
	e.File, e.Span = n.File, n.Span
	p.fail(e)
}
