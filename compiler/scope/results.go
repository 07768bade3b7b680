package scope

import (
	"strings"

	"weft/adapters"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// Response is an answer of the warehouse as templates see it.
func Response(r adapters.Response) jinja.Value { return response(r) }

// ResponseDict is an answer as artifacts have it: without what is none.
func ResponseDict(v jinja.Value) *jinja.Dict {
	d := jinja.NewDict()
	switch v := v.(type) {
	case *object:
		for i, n := range v.names {
			if v.vals[i] != jinja.Value(jinja.None) {
				d.SetStr(n, v.vals[i])
			}
		}
	case *jinja.Dict:
		return v
	default:
		d.SetStr("_message", jinja.Str(v.String()))
	}
	return d
}

// Created notes in the cache that a materialization made a relation.
func (c *Cache) Created(r *Relation) {
	if r.Part(partIdentifier) == "" || r.Kind == "cte" {
		return
	}
	c.add(r.with(func(r *Relation) { r.Created = true }))
}

// Outcome is a result as on-run-end hooks see it.
type Outcome struct {
	Node     *manifest.Node
	Status   string
	Thread   string
	Seconds  float64
	Message  string
	Failures jinja.Value
	Response *jinja.Dict
	Timing   jinja.Value
	Code     jinja.Value // compiled_code
}

// statuses are the names that Python shows for a status inside a list.
var statuses = map[string]string{
	"success": "RunStatus.Success", "error": "RunStatus.Error", "skipped": "RunStatus.Skipped", "no-op": "RunStatus.NoOp",
	"pass": "TestStatus.Pass", "fail": "TestStatus.Fail", "warn": "TestStatus.Warn",
}

var freshStatuses = map[string]string{
	"pass": "FreshnessStatus.Pass", "warn": "FreshnessStatus.Warn", "error": "FreshnessStatus.Error", "runtime error": "FreshnessStatus.RuntimeErr",
}

// status is a text that shows its Python name inside a list.
type status struct {
	text string
	of   manifest.Kind // sources have names of their own
}

// Type is Python's.
func (status) Type() string { return "str" }

// Truth is true.
func (s status) Truth() bool { return s.text != "" }

// String is the text.
func (s status) String() string { return s.text }

// Repr is Python's enum.
func (s status) Repr() string {
	name := statuses[s.text]
	if s.of == manifest.Source {
		name = freshStatuses[s.text]
	}
	return "<" + name + ": '" + s.text + "'>"
}

// Equal compares with texts.
func (s status) Equal(other jinja.Value) bool { return s.String() == other.String() }

func kindOf(n *manifest.Node) manifest.Kind {
	if n == nil {
		return manifest.Operation
	}
	return n.Kind
}

// SetOutcomes gives a context the names that only on-run-end has: results, schemas
// and database_schemas.
func (c *Context) SetOutcomes(list []Outcome) {
	results := jinja.NewList()
	schemas := jinja.NewList()
	pairs := jinja.NewList()
	seen := map[string]bool{}
	for _, o := range list {
		results.Append(o.value())
		n := o.Node
		if n == nil || !n.HasRelation() || o.Status == "error" || o.Status == "fail" || o.Status == "skipped" {
			continue
		}
		k := strings.ToLower(n.Database + "." + n.Schema)
		if !seen[k] {
			seen[k] = true
			pairs.Append(jinja.Tuple{strOrNone(n.Database), str(n.Schema)})
			if !containsValue(schemas, n.Schema) {
				schemas.Append(str(n.Schema))
			}
		}
	}
	c.Set("results", results)
	c.Set("schemas", schemas)
	c.Set("database_schemas", pairs)
}

func containsValue(l *jinja.List, s string) bool {
	for _, v := range l.Items {
		if v.String() == s {
			return true
		}
	}
	return false
}

func (o Outcome) value() jinja.Value {
	v := &object{class: "RunResult"}
	v.set("status", status{o.Status, kindOf(o.Node)})
	v.set("timing", orNone(o.Timing))
	v.set("thread_id", str(o.Thread))
	v.set("execution_time", jinja.Float(o.Seconds))
	v.set("adapter_response", orDict(o.Response))
	v.set("message", strOrNone(o.Message))
	v.set("failures", orNone(o.Failures))
	if o.Node != nil {
		v.set("node", Node{o.Node})
	} else {
		v.set("node", jinja.None)
	}
	v.set("agate_table", jinja.None)
	v.set("batch_results", jinja.None)
	return v
}
