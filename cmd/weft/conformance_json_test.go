package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// readJSON decodes with numbers as they are written.
func readJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// compareArtifact compares one of the JSON artifacts after taking the parts that
// count out of it.
func (r *replay) compareArtifact(name string, recorded, text []byte) []string {
	want, err := readJSON(recorded)
	if err != nil {
		return []string{"recorded: " + err.Error()}
	}
	got, err := readJSON(text)
	if err != nil {
		return []string{name + ": " + err.Error()}
	}
	got = mapStrings(got, r.norm.text)
	w, ok := want.(map[string]any)
	g, ok2 := got.(map[string]any)
	if !ok || !ok2 {
		return []string{name + " is not an object"}
	}
	d := &jsonDiff{}
	switch name {
	case "manifest.json":
		d.compare("", manifestParts(w), manifestParts(g))
	case "run_results.json":
		w, g = resultParts(w), resultParts(g)
		d.problems = r.takeMessages("message", w["results"], g["results"])
		d.compare("", w, g)
	case "sources.json":
		w, g = freshnessParts(w), freshnessParts(g)
		d.problems = r.takeMessages("error", w["results"], g["results"])
		d.compare("", w, g)
	case "catalog.json":
		d.compare("", catalogParts(w), catalogParts(g))
	}
	return d.problems
}

// mapStrings applies fn to every string value.
func mapStrings(v any, fn func(string) string) any {
	switch v := v.(type) {
	case string:
		return fn(v)
	case []any:
		for i := range v {
			v[i] = mapStrings(v[i], fn)
		}
	case map[string]any:
		for k := range v {
			v[k] = mapStrings(v[k], fn)
		}
	}
	return v
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// pick gives some keys of an object.
func pick(m map[string]any, keys ...string) map[string]any {
	out := map[string]any{}
	for _, k := range keys {
		if v, ok := m[k]; ok {
			out[k] = v
		}
	}
	return out
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// sortList sorts a list whose order means nothing.
func sortList(v any) {
	slices.SortFunc(list(v), func(a, b any) int { return strings.Compare(jsonText(a), jsonText(b)) })
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

var builtinPackages = []string{"dbt", "dbt_duckdb", "dbt_postgres"}

// manifestParts is a manifest without what differs from run to run, and without the
// built-in packages.
func manifestParts(m map[string]any) map[string]any {
	out := map[string]any{}
	for section, v := range m {
		switch section {
		case "metadata":
			v = pick(object(v), "dbt_schema_version", "project_name", "project_id", "adapter_type", "quoting")
		case "macros", "docs":
			for id, entry := range object(v) {
				pkg, _ := object(entry)["package_name"].(string)
				if slices.Contains(builtinPackages, pkg) {
					delete(object(v), id)
				}
			}
		case "parent_map", "child_map", "group_map":
			for _, ids := range object(v) {
				sortList(ids)
			}
		}
		for _, entry := range object(v) {
			entries := list(entry)
			if entries == nil {
				entries = []any{entry}
			}
			for _, e := range entries {
				manifestEntry(section, object(e))
			}
		}
		if !isEmpty(v) {
			out[section] = v
		}
	}
	return out
}

func manifestEntry(section string, e map[string]any) {
	if e == nil || section == "metadata" {
		return
	}
	delete(e, "created_at")
	if _, ok := e["root_path"]; ok {
		e["root_path"] = "<root>"
	}
	if section == "unit_tests" {
		delete(e, "checksum")
	}
	sortList(e["sources"])
	sortList(object(e["depends_on"])["nodes"])
}

// resultParts is what counts of run_results.json, sorted by id.
func resultParts(m map[string]any) map[string]any {
	which := m["which"]
	if args := object(m["args"]); args != nil {
		which = args["which"]
	}
	var results []any
	for _, v := range list(m["results"]) {
		one := pick(object(v), "unique_id", "status", "message", "failures", "adapter_response", "relation_name", "compiled", "batch_results")
		if one["batch_results"] == nil {
			delete(one, "batch_results")
		}
		results = append(results, one)
	}
	sortByID(results)
	return map[string]any{"which": which, "results": results}
}

// freshnessParts is what counts of sources.json, sorted by id.
func freshnessParts(m map[string]any) map[string]any {
	var results []any
	for _, v := range list(m["results"]) {
		one := pick(object(v), "unique_id", "status", "criteria", "adapter_response", "error")
		for k, v := range one {
			if v == nil {
				delete(one, k)
			}
		}
		results = append(results, one)
	}
	sortByID(results)
	return map[string]any{"results": results}
}

func sortByID(results []any) {
	slices.SortFunc(results, func(a, b any) int {
		return strings.Compare(fmt.Sprint(object(a)["unique_id"]), fmt.Sprint(object(b)["unique_id"]))
	})
}

func catalogParts(m map[string]any) map[string]any {
	out := pick(m, "nodes", "sources", "errors")
	for _, section := range []string{"nodes", "sources"} {
		for _, v := range object(out[section]) {
			meta := object(object(v)["metadata"])
			if owner, _ := meta["owner"].(string); owner != "" {
				meta["owner"] = "<owner>"
			}
		}
	}
	return out
}

// takeMessages compares the texts of results that ended in an error and takes them
// out of the objects, so that the comparison of the rest is strict.
func (r *replay) takeMessages(key string, want, got any) []string {
	byID := map[string]map[string]any{}
	for _, v := range list(got) {
		byID[fmt.Sprint(object(v)["unique_id"])] = object(v)
	}
	var problems []string
	for _, v := range list(want) {
		w := object(v)
		g := byID[fmt.Sprint(w["unique_id"])]
		status, _ := w["status"].(string)
		if !strings.HasSuffix(status, "error") || g == nil {
			continue
		}
		wantText, ok := w[key].(string)
		gotText, ok2 := g[key].(string)
		if !ok || !ok2 {
			continue
		}
		for _, p := range r.compareMessage(wantText, gotText) {
			problems = append(problems, fmt.Sprintf("%v.%s: %s", w["unique_id"], key, p))
		}
		delete(w, key)
		delete(g, key)
	}
	return problems
}

// jsonDiff collects where two values differ, each with its path.
type jsonDiff struct{ problems []string }

func (d *jsonDiff) add(path, format string, args ...any) {
	d.problems = append(d.problems, strings.TrimPrefix(path, ".")+": "+fmt.Sprintf(format, args...))
}

func (d *jsonDiff) compare(path string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			d.add(path, "want %s, got %s", brief(want), brief(got))
			return
		}
		for _, k := range sortedNames(w) {
			if v, ok := g[k]; ok {
				d.compare(path+"."+k, w[k], v)
			} else {
				d.add(path+"."+k, "missing, want %s", brief(w[k]))
			}
		}
		for _, k := range sortedNames(g) {
			if _, ok := w[k]; !ok {
				d.add(path+"."+k, "not wanted, got %s", brief(g[k]))
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok {
			d.add(path, "want %s, got %s", brief(want), brief(got))
			return
		}
		if d.results(path, w, g) {
			return
		}
		if len(w) != len(g) {
			d.add(path, "want %d items %s, got %d %s", len(w), brief(want), len(g), brief(got))
			return
		}
		for i := range w {
			d.compare(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])
		}
	default:
		if !sameScalar(want, got) {
			d.add(path, "want %s, got %s", brief(want), brief(got))
		}
	}
}

// results compares lists of results by their ids, so that one that is missing does
// not spoil the others. It gives false for other lists.
func (d *jsonDiff) results(path string, want, got []any) bool {
	index := func(items []any) map[string]any {
		out := map[string]any{}
		for _, v := range items {
			id, ok := object(v)["unique_id"].(string)
			if !ok || out[id] != nil {
				return nil
			}
			out[id] = v
		}
		return out
	}
	w, g := index(want), index(got)
	if w == nil || g == nil || len(w) == 0 {
		return false
	}
	d.compare(path, w, g)
	return true
}

func sameScalar(a, b any) bool {
	x, ok := a.(json.Number)
	y, ok2 := b.(json.Number)
	if !ok || !ok2 {
		// Values that are not scalars cannot be compared with ==.
		switch b.(type) {
		case map[string]any, []any:
			return false
		}
		return a == b
	}
	if x == y {
		return true
	}
	p, ok := new(big.Rat).SetString(string(x))
	q, ok2 := new(big.Rat).SetString(string(y))
	return ok && ok2 && p.Cmp(q) == 0
}

func brief(v any) string {
	text := jsonText(v)
	if runes := []rune(text); len(runes) > 160 && !*showNotYet {
		return string(runes[:160]) + "…"
	}
	return text
}
