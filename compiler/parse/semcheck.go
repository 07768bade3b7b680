package parse

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// semChecker checks the semantic layer as a whole. What it finds is told together,
// under the words that dbt gives all of it.
type semChecker struct {
	p        *parser
	models   []*semanticEntry
	metrics  []*semanticEntry
	queries  []*semanticEntry
	grains   []string        // those that everyone has and the project's own
	names    map[string]bool // of dimensions and entities
	problems source.Errors
}

// checkSemantic looks for the time spine that semantic models need and, where there
// are metrics too, for everything that dbt's semantic layer refuses.
func (p *parser) checkSemantic() {
	c := &semChecker{p: p, grains: slices.Clone(grains), names: map[string]bool{}}
	for _, s := range p.semantic {
		if !s.n.Config.Bool("enabled") {
			continue
		}
		switch s.n.Kind {
		case manifest.SemanticModel:
			c.models = append(c.models, s)
		case manifest.Metric:
			c.metrics = append(c.metrics, s)
		case manifest.SavedQuery:
			c.queries = append(c.queries, s)
		}
	}
	if len(c.models) == 0 {
		return
	}
	if !c.spine() {
		return
	}
	if len(c.metrics) == 0 || len(p.problems) > 0 {
		return
	}
	c.labels(c.models)
	c.labels(c.metrics)
	c.elements()
	for _, s := range c.models {
		c.model(s)
	}
	for _, s := range c.metrics {
		c.metric(s)
	}
	for _, s := range c.queries {
		c.query(s)
	}
	if len(c.problems) == 0 {
		return
	}
	p.fail(&source.Error{Class: source.Parsing, Msg: "Semantic Manifest validation failed."})
	p.fail(c.problems)
}

// spine reports whether a model lists days or something finer.
func (c *semChecker) spine() bool {
	found := false
	var legacy *manifest.Node
	declared := false
	for _, n := range c.p.m.Nodes {
		if n.Kind != manifest.Model {
			continue
		}
		spine, ok := n.TimeSpine.(*jinja.Dict)
		if !ok {
			if n.Name == legacySpine {
				legacy, found = n, true
			}
			continue
		}
		declared = true
		if n.Ephemeral() {
			c.p.fail(placed(n, "the time spine '"+n.Name+"' is ephemeral, so there is nothing to query"))
		}
		for _, g := range listOf(at(spine, "custom_granularities")) {
			c.grains = append(c.grains, textOf(g.(*jinja.Dict), "name"))
		}
		if col := n.Column(textOf(spine, "standard_granularity_column")); col != nil {
			i := slices.Index(grains, col.Granularity.String())
			found = found || i >= 0 && i <= slices.Index(grains, "day")
		}
	}
	if legacy != nil && !declared {
		c.p.warn(&source.Error{
			File: legacy.File, Span: source.Span{Start: legacy.Span.Start, End: legacy.Span.Start + 1}, Event: "MFTimespineWithoutYamlConfigurationDeprecation",
			Msg:  "Time spines without YAML configuration are in the process of deprecation.",
			Hint: "give the model '" + legacySpine + "' the key time_spine in a properties file",
		})
	}
	if !found {
		c.p.fail(c.models[0].e.doc.Errorf(config.Child(c.models[0].e.node, "name"),
			"The semantic layer requires a time spine model with granularity DAY or smaller in the project, but none was found. Guidance on creating this model can be found on our docs site (https://docs.getdbt.com/docs/build/metricflow-time-spine)."))
	}
	return found
}

// legacySpine is the model that is a time spine by its name.
const legacySpine = "metricflow_time_spine"

func (c *semChecker) bad(s *semanticEntry, at *yaml.Node, format string, args ...any) {
	e := s.e.doc.Errorf(at, format, args...)
	if at == nil {
		e.Span = s.n.Span
	}
	c.problems = append(c.problems, e)
}

// doubt warns of what dbt's semantic layer warns of.
func (c *semChecker) doubt(s *semanticEntry, at *yaml.Node, format string, args ...any) {
	w := s.e.doc.Errorf(at, format, args...)
	w.Event = "SemanticValidationFailure"
	c.p.warn(w)
}

var goodName = regexp.MustCompile(`^[a-z][a-z0-9_]*[a-z0-9]$`)

// name checks how a name is written.
func (c *semChecker) name(s *semanticEntry, at *yaml.Node, name string) {
	if !goodName.MatchString(name) || strings.Contains(name, "__") {
		c.bad(s, at, "Invalid name `%s` - names may only contain lower case letters, numbers, and underscores. Additionally, names must start with a lower case letter, cannot end with an underscore, cannot contain dunders (double underscores, or __), and must be at least 2 characters long.", name)
	}
	if slices.Contains(grains, strings.ToLower(name)) {
		c.bad(s, at, "Invalid name `%s` - names cannot match reserved time granularity keywords ([%s])", name, strings.ToUpper(strings.Join(quoteAll(grains), ", ")))
	}
}

// labels checks that no two of a kind have one label.
func (c *semChecker) labels(all []*semanticEntry) {
	used := map[string]*manifest.Node{}
	for _, s := range all {
		label := textOf(s.n.Body, "label")
		if label == "" {
			continue
		}
		if old := used[label]; old != nil {
			kind := strings.ReplaceAll(s.n.Kind.String(), "_", " ")
			c.bad(s, config.Child(s.e.node, "label"), "Can't use label `%s` for %s `%s` as it's already used for %s `%s`", label, kind, s.n.Name, kind, old.Name)
			continue
		}
		used[label] = s.n
	}
}

// metric checks the settings of a metric.
func (c *semChecker) metric(s *semanticEntry) {
	c.name(s, nil, s.n.Name)
	params := config.Child(s.e.node, "type_params")
	body := dictOf(s.n.Body, "type_params")
	switch textOf(s.n.Body, "type") {
	case "cumulative":
		own := dictOf(body, "cumulative_type_params")
		window, isWindow := at(own, "window").(*jinja.Dict)
		grain := textOf(own, "grain_to_date")
		if isWindow && grain != "" {
			c.bad(s, params, "Both window and grain_to_date set for cumulative metric. Please set one or the other.")
		}
		if grain != "" && !slices.Contains(grains, strings.ToLower(grain)) {
			c.bad(s, valueNode(params, grain), "Invalid time granularity found in `grain_to_date`: '%s'. Custom granularities are not supported for this field yet.", grain)
		}
		if isWindow {
			c.window(s, params, window)
		}
	case "derived":
		c.derived(s, body)
	case "conversion":
		c.conversion(s, dictOf(body, "conversion_type_params"))
	}
	c.filters(s, s.n.Body)
}

func (c *semChecker) window(s *semanticEntry, at *yaml.Node, w *jinja.Dict) {
	grain := textOf(w, "granularity")
	if !slices.Contains(c.grains, grain) && !slices.Contains(c.grains, strings.TrimSuffix(grain, "s")) {
		c.bad(s, at, "Invalid time granularity '%s' in window: '%s %s'", grain, textOf(w, "count"), grain)
	}
}

// derived checks the inputs of a derived metric against its formula.
func (c *semChecker) derived(s *semanticEntry, body *jinja.Dict) {
	inputs := listOf(at(body, "metrics"))
	nodes := config.Child(config.Child(s.e.node, "type_params"), "metrics")
	expr := textOf(body, "expr")
	if len(inputs) == 0 {
		c.bad(s, nil, "No input metrics found for derived metric '%s'. Please add metrics to type_params.metrics.", s.n.Name)
	}
	if expr == "" {
		c.doubt(s, config.Child(s.e.node, "name"), "No `expr` set for derived metric %s. Please add an `expr` that references all input metrics.", s.n.Name)
	}
	for i, v := range inputs {
		d := v.(*jinja.Dict)
		place := itemNode(nodes, i)
		if alias := textOf(d, "alias"); alias != "" {
			c.name(s, place, alias)
		}
		called := first(at(d, "alias"), at(d, "name")).String()
		if expr != "" && !strings.Contains(expr, called) {
			c.doubt(s, place, "Input metric '%s' is not used in `expr`: '%s' for derived metric '%s'. Please update the `expr` or remove the input metric.", called, expr, s.n.Name)
		}
		window, isWindow := at(d, "offset_window").(*jinja.Dict)
		grain := textOf(d, "offset_to_grain")
		if isWindow && grain != "" {
			c.bad(s, place, "Both offset_window and offset_to_grain set for derived metric '%s' on input metric '%s'. Please set one or the other.", s.n.Name, textOf(d, "name"))
		}
		if isWindow {
			c.window(s, place, window)
		}
		if grain != "" && !slices.Contains(grains, strings.ToLower(grain)) {
			c.bad(s, place, "Invalid time granularity found in `offset_to_grain`: '%s'. Custom granularities are not supported for this field yet.", grain)
		}
	}
}

// conversion checks that both sides of a conversion know its entity and its constant
// properties, and count.
func (c *semChecker) conversion(s *semanticEntry, own *jinja.Dict) {
	params := config.Child(config.Child(s.e.node, "type_params"), "conversion_type_params")
	entity := textOf(own, "entity")
	for _, side := range []string{"base", "conversion"} {
		name := textOf(dictOf(own, side+"_measure"), "name")
		for _, m := range c.models {
			d := element(m.n, "measures", name)
			if d == nil {
				continue
			}
			if element(m.n, "entities", entity) == nil && textOf(m.n.Body, "primary_entity") != entity {
				c.bad(s, config.Child(params, "entity"), "Entity: %s not found in %s semantic model: %s.", entity, side, m.n.Name)
			}
			agg := textOf(d, "agg")
			if agg != "count" && agg != "count_distinct" && (agg != "sum" || textOf(d, "expr") != "1") {
				c.bad(s, config.Child(params, side+"_measure"), "For conversion metrics, the measure must be COUNT/SUM(1)/COUNT_DISTINCT. Measure: %s is agg type: AggregationType.%s", name, strings.ToUpper(agg))
			}
			for _, v := range listOf(at(own, "constant_properties")) {
				property := textOf(v.(*jinja.Dict), side+"_property")
				if element(m.n, "dimensions", property) == nil && element(m.n, "entities", property) == nil {
					c.bad(s, valueNode(config.Child(params, "constant_properties"), property), "The provided constant property: %s, cannot be found in semantic model %s", property, m.n.Name)
				}
			}
		}
	}
}

// element finds an element of a semantic model by name, or nil.
func element(n *manifest.Node, list, name string) *jinja.Dict {
	for _, v := range listOf(at(n.Body, list)) {
		if d := v.(*jinja.Dict); textOf(d, "name") == name {
			return d
		}
	}
	return nil
}
