package graph

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"weft/compiler/artifact"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// contract compares the contract of a model, and finds what breaks it for those who
// rely on it. The rules are dbt's, of its page "model contracts".
func (c *comparison) contract() {
	was, is := isEnforced(c.old), isEnforced(c.now)
	if !was {
		if is {
			c.differ("contract", "contract.enforced", []byte("false"), []byte("true"))
		}
		return
	}
	if is && c.sameContract() {
		return
	}
	if !is {
		c.differ("contract", "contract.enforced", []byte("true"), []byte("false"))
		c.breaking = append(c.breaking, "Contract enforcement was removed: the config no longer has contract: {enforced: true}.")
	}
	c.columnsContract()
	c.modelConstraints()
	if is && !slices.ContainsFunc(c.Differences, func(d Difference) bool { return d.Part == "contract" }) {
		c.differ("contract", "contract.checksum", toJSON(c.old.Map("contract")["checksum"]), toJSON(c.now.Map("contract")["checksum"]))
	}
}

func isEnforced(e *artifact.Entry) bool {
	if !bytes.Contains(e.Get("contract"), []byte("true")) {
		return false // most models; see BenchmarkState
	}
	on, _ := e.Map("contract")["enforced"].(bool)
	return on
}

// sameContract compares the checksums, or what they are made from where one is missing.
func (c *comparison) sameContract() bool {
	before, _ := c.old.Map("contract")["checksum"].(string)
	after, _ := c.now.Map("contract")["checksum"].(string)
	if before != "" && after != "" {
		return before == after
	}
	if from, to := materialized(c.old), materialized(c.now); from != to && (isTable(from) || isTable(to)) {
		return false
	}
	a, b := c.old.Map("columns"), c.now.Map("columns")
	for _, name := range unionOfKeys(a, b) {
		x, was := a[name].(map[string]any)
		y, is := b[name].(map[string]any)
		if !was || !is || !artifact.Same(x["data_type"], y["data_type"]) || !artifact.Same(x["constraints"], y["constraints"]) {
			return false
		}
	}
	return artifact.SameJSON(c.old.Get("constraints"), c.now.Get("constraints"))
}

// columnsContract compares columns: their loss, their types, their constraints.
func (c *comparison) columnsContract() {
	before, after := c.old.Map("columns"), c.now.Map("columns")
	var lost, retyped, freed []string
	for _, name := range unionOfKeys(before, after) {
		b, was := before[name].(map[string]any)
		a, is := after[name].(map[string]any)
		switch {
		case !was:
			c.differ("contract", "columns."+name, nil, toJSON(a["data_type"]))
			continue
		case !is:
			c.differ("contract", "columns."+name, toJSON(b["data_type"]), nil)
			lost = append(lost, name)
			continue
		}
		if from, to := dataType(b), dataType(a); from != to {
			c.differ("contract", "columns."+name+".data_type", toJSON(from), toJSON(to))
			if baseType(from) != baseType(to) {
				retyped = append(retyped, fmt.Sprintf("%s (%s -> %s)", name, from, to))
			}
		}
		if !artifact.Same(b["constraints"], a["constraints"]) {
			c.differ("contract", "columns."+name+".constraints", toJSON(b["constraints"]), toJSON(a["constraints"]))
			for _, kind := range c.lostConstraints(b["constraints"], a["constraints"]) {
				freed = append(freed, name+" ("+kind+")")
			}
		}
	}
	c.breaks("Columns were removed", lost)
	c.breaks("Columns with data_type changes", retyped)
	c.breaks("Enforced column level constraints were removed", freed)
}

// modelConstraints compares the constraints of the whole model, and the
// materialization, without which no constraint holds.
func (c *comparison) modelConstraints() {
	before, after := c.old.Value("constraints"), c.now.Value("constraints")
	if artifact.Same(before, after) || before == nil && artifact.Same(after, []any{}) {
		before, after = nil, nil
	} else {
		c.differ("contract", "constraints", toJSON(before), toJSON(after))
	}
	c.breaks("Enforced model level constraints were removed", c.lostConstraints(before, after))
	from, to := materialized(c.old), materialized(c.now)
	if isTable(from) && !isTable(to) && c.hadConstraints() {
		c.breaks("Materialization changed with enforced constraints", []string{from + " -> " + to})
	}
}

func (c *comparison) hadConstraints() bool {
	if list, _ := c.old.Value("constraints").([]any); len(list) > 0 {
		return true
	}
	for _, column := range c.old.Map("columns") {
		m, _ := column.(map[string]any)
		if list, _ := m["constraints"].([]any); len(list) > 0 {
			return true
		}
	}
	return false
}

func (c *comparison) breaks(what string, items []string) {
	if len(items) > 0 {
		c.breaking = append(c.breaking, what+": "+strings.Join(items, ", "))
	}
}

// lostConstraints gives the types of constraints that were enforced, by the warehouse
// and in a table, and are gone.
func (c *comparison) lostConstraints(before, after any) []string {
	if !isTable(materialized(c.old)) || c.state.Enforced == nil {
		return nil
	}
	left, _ := after.([]any)
	list, _ := before.([]any)
	var out []string
	for _, old := range list {
		m, _ := old.(map[string]any)
		kind, _ := m["type"].(string)
		if c.state.Enforced(kind) && !slices.ContainsFunc(left, func(now any) bool { return artifact.Same(old, now) }) {
			out = append(out, kind)
		}
	}
	return out
}

func materialized(e *artifact.Entry) string {
	s, _ := e.Map("config")["materialized"].(string)
	return s
}

func isTable(materialized string) bool {
	return materialized == "table" || materialized == "incremental"
}

func dataType(column map[string]any) string {
	s, _ := column["data_type"].(string)
	return s
}

// baseType is a type without its size: a larger varchar is still one.
func baseType(t string) string {
	base, _, _ := strings.Cut(t, "(")
	return strings.ToLower(strings.TrimSpace(base))
}

// removed looks for models with contracts that are no longer there.
func (s *State) removed() {
	var ids []string
	for id, e := range s.then.Entries {
		if _, still := s.graph.Index(id); !still && strings.HasPrefix(id, "model.") && isEnforced(e) && !s.isPast(e.Text("deprecation_date")) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		e, fate := s.then.Entries[id], "deleted or renamed"
		if slices.ContainsFunc(s.graph.manifest.Disabled, func(n *manifest.Node) bool { return n.ID == id }) {
			fate = "disabled"
		}
		versioned := e.Value("version") != nil
		s.breaks(1, versioned, e.Text("name"), e.Text("original_file_path"), []string{fmt.Sprintf("Contracted model '%s' was %s.", id, fate)})
	}
}

func (s *State) isPast(date string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, date); err == nil {
			return t.Before(s.Now)
		}
	}
	return false
}

// breaks tells of a broken contract: an error for a model that has versions, a warning
// for others.
func (s *State) breaks(times int, versioned bool, name, path string, changes []string) {
	list := "\n  - " + strings.Join(changes, "\n  - ")
	if versioned {
		if times > 0 {
			s.problems = append(s.problems, &source.Error{Class: "Breaking change to contract", Node: fmt.Sprintf("model %s (%s)", name, path),
				Msg: "compared with the project's earlier state, the contract of a model with versions is broken." + list +
					"\nMake a new version of the model for the change."})
		}
		return
	}
	for range times {
		s.warn(&source.Error{Event: "UnversionedBreakingChange",
			Msg: fmt.Sprintf("Breaking change to contracted, unversioned model %s (%s)", name, path) +
				"\nCompared with the project's earlier state, the contract of a model without versions is broken." + list})
	}
}
