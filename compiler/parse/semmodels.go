package parse

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
)

var elementKinds = map[string]string{"measures": "measure", "entities": "entity", "dimensions": "dimension"}

// walk calls fn for each element of one list of a semantic model, with its place.
func walk(s *semanticEntry, list string, fn func(d *jinja.Dict, place *yaml.Node)) {
	nodes := config.Child(s.e.node, list)
	for i, v := range listOf(at(s.n.Body, list)) {
		fn(v.(*jinja.Dict), itemNode(nodes, i))
	}
}

// elements checks names across all semantic models: one name is always one kind of
// element, of one type, and a measure is in one semantic model.
func (c *semChecker) elements() {
	kinds, models := map[string][]string{}, map[string][]string{}
	dimensions := map[string]*jinja.Dict{}
	for _, s := range c.models {
		for _, list := range elementLists {
			walk(s, list, func(d *jinja.Dict, place *yaml.Node) {
				name, kind := textOf(d, "name"), elementKinds[list]
				place = config.Child(place, "name")
				c.names[name] = c.names[name] || list != "measures"
				if !slices.Contains(kinds[name], kind) {
					kinds[name] = append(kinds[name], kind)
				}
				models[name] = append(models[name], s.n.Name)
				switch {
				case len(kinds[name]) > 1 && slices.Contains(models[name][:len(models[name])-1], s.n.Name):
					// told of the model
				case len(kinds[name]) > 1:
					c.bad(s, place, "In semantic models {'%s'}, element `%s` is of type %s, but it is used as types [%s] across the model.", s.n.Name, name, kind, strings.Join(quoteAll(kinds[name]), ", "))
				case list == "measures" && len(models[name]) == 2:
					names := slices.Compact(slices.Sorted(slices.Values(models[name])))
					c.bad(s, place, "Found measure with name %s in multiple semantic models with names ([%s])", name, strings.Join(quoteAll(names), ", "))
				case list == "dimensions":
					c.sameDimension(s, place, dimensions[name], d)
					dimensions[name] = d
				}
			})
		}
	}
}

// sameDimension checks that a dimension is the same in two semantic models.
func (c *semChecker) sameDimension(s *semanticEntry, place *yaml.Node, old, d *jinja.Dict) {
	if old == nil {
		return
	}
	name := textOf(d, "name")
	if a, b := textOf(old, "type"), textOf(d, "type"); a != b {
		c.bad(s, place, "In semantic model `%s`, type conflict for dimension `%s` - already in model as type `DimensionType.%s` but got `DimensionType.%s`", s.n.Name, name, strings.ToUpper(a), strings.ToUpper(b))
	}
	if a, b := at(old, "is_partition"), at(d, "is_partition"); a != b {
		c.bad(s, place, "In semantic model `%s`, conflicting is_partition attribute for dimension `%s` - already in model with is_partition as `%s` but got `%s`", s.n.Name, name, a, b)
	}
}

// model checks one semantic model.
func (c *semChecker) model(s *semanticEntry) {
	c.name(s, config.Child(s.e.node, "name"), s.n.Name)
	used, types := map[string]string{}, map[string]string{}
	for _, list := range elementLists {
		walk(s, list, func(d *jinja.Dict, place *yaml.Node) {
			name, kind := textOf(d, "name"), elementKinds[list]
			place = config.Child(place, "name")
			c.name(s, place, name)
			if old := used[name]; old != "" {
				c.bad(s, place, "In semantic model `%s`, can't use name `%s` for a %s when it was already used for a %s", s.n.Name, name, kind, old)
			}
			used[name] = kind
			if list != "dimensions" {
				return
			}
			types[name] = textOf(d, "type")
			if types[name] == "time" && at(d, "type_params") == jinja.Value(jinja.None) {
				c.bad(s, place, "the dimension `%s` is of type time and needs type_params with a time_granularity", name)
			}
		})
	}
	c.keys(s)
	c.measures(s, types)
}

// keys checks the entities of a semantic model, and the dimensions that bound how long
// its rows are valid, with which they go together.
func (c *semChecker) keys(s *semanticEntry) {
	byType := map[string][]string{}
	walk(s, "entities", func(d *jinja.Dict, _ *yaml.Node) {
		byType[textOf(d, "type")] = append(byType[textOf(d, "type")], textOf(d, "name"))
	})
	place, name := config.Child(s.e.node, "entities"), s.n.Name
	primary, named := byType["primary"], textOf(s.n.Body, "primary_entity")
	switch {
	case len(primary) > 1:
		c.bad(s, place, "Semantic models can have only one primary entity. The semantic model `%s` has %d: %s", name, len(primary), strings.Join(primary, ", "))
	case len(primary) == 1 && named != "":
		c.bad(s, config.Child(s.e.node, "primary_entity"), "The semantic model `%s` has an entity named `%s` with type primary but it also has the `primary_entity` field set to `%s`. Both should not be present in the model.", name, primary[0], named)
	case len(primary) == 0 && named == "" && len(listOf(at(s.n.Body, "dimensions"))) > 0:
		c.bad(s, nil, "The semantic model %s contains dimensions, but it does not define a primary entity. Either add an entity with type PRIMARY or set a value for the primary_entity key.", name)
	}
	c.validity(s, byType)
}

// validity checks the dimensions with validity_params.
func (c *semChecker) validity(s *semanticEntry, byType map[string][]string) {
	var window []string
	starts, ends := 0, 0
	walk(s, "dimensions", func(d *jinja.Dict, _ *yaml.Node) {
		v, ok := at(dictOf(d, "type_params"), "validity_params").(*jinja.Dict)
		if !ok {
			return
		}
		window = append(window, textOf(d, "name"))
		if at(v, "is_start").Truth() {
			starts++
		}
		if at(v, "is_end").Truth() {
			ends++
		}
	})
	name, place := s.n.Name, config.Child(s.e.node, "dimensions")
	natural, unique := byType["natural"], slices.Concat(byType["primary"], byType["unique"])
	if len(window) == 0 {
		if len(natural) > 0 {
			c.bad(s, config.Child(s.e.node, "entities"), "The use of `natural` entities is currently supported only in conjunction with a validity window defined in the set of time dimensions associated with the semantic model. Semantic model `%s` uses a natural entity ({%s}) but does not define a validity window!", name, strings.Join(quoteAll(natural), ", "))
		}
		return
	}
	if len(window) != 2 || starts != 1 || ends != 1 {
		c.bad(s, place, "Semantic model %s has %d dimensions defined with validity params. They are: [%s]. There must be either zero or two, one marked `is_start` and the other marked `is_end`.", name, len(window), strings.Join(quoteAll(window), ", "))
	}
	if len(natural) == 0 {
		c.bad(s, place, "Semantic model %s has validity param dimensions defined, but does not have an entity with type `natural` set.", name)
	}
	if len(unique) > 0 {
		c.bad(s, place, "Semantic model %s has validity param dimensions defined and also has one or more entities designated as `primary` or `unique`. This is not yet supported, as we do not currently process joins against these key types for semantic models with validity windows specified.", name)
	}
	if len(listOf(at(s.n.Body, "measures"))) > 0 {
		c.bad(s, place, "Semantic model %s has both measures and validity param dimensions defined. This is not currently supported! Please remove either the measures or the validity params.", name)
	}
}

// measures checks the times and the settings of a semantic model's measures, given the
// types of its dimensions.
func (c *semChecker) measures(s *semanticEntry, types map[string]string) {
	usual := textOf(dictOf(s.n.Body, "defaults"), "agg_time_dimension")
	if usual != "" && types[usual] != "time" {
		c.bad(s, valueNode(config.Child(s.e.node, "defaults"), usual), "Default aggregation time dimension was specified as '%s' which doesn't exist as a time dimension in semantic model named '%s'.", usual, s.n.Name)
	}
	walk(s, "measures", func(d *jinja.Dict, place *yaml.Node) {
		name := textOf(d, "name")
		switch own := first(at(d, "agg_time_dimension"), jinja.Str(usual)).String(); {
		case own == "":
			c.bad(s, place, "Aggregation time dimension for measure %s is not set! This should either be set directly on the measure specification in the model, or else defaulted to the primary time dimension in the data source containing the measure.", name)
		case types[own] != "time":
			c.bad(s, place, "In semantic model '%s', measure '%s' has the aggregation time dimension set to '%s', which is not a valid time dimension in the semantic model", s.n.Name, name, own)
		}
		c.aggregation(s, place, d)
		if non, ok := at(d, "non_additive_dimension").(*jinja.Dict); ok {
			c.nonAdditive(s, config.Child(place, "non_additive_dimension"), name, non, types)
		}
	})
}

// aggregation checks that a measure has what its aggregation needs, and nothing else.
func (c *semChecker) aggregation(s *semanticEntry, place *yaml.Node, d *jinja.Dict) {
	name, agg, params := textOf(d, "name"), textOf(d, "agg"), dictOf(d, "agg_params")
	percentile := textOf(params, "percentile")
	p, isNumber := number(at(params, "percentile"))
	switch agg {
	case "percentile":
		switch {
		case percentile == "":
			c.bad(s, place, "Measure '%s' uses a PERCENTILE aggregation, which requires agg_params.percentile to be provided.", name)
		case isNumber && (p <= 0 || p >= 1):
			c.bad(s, place, "Percentile aggregation parameter for measure '%s' is '%s', but must be between 0 and 1 (non-inclusive). For example, to indicate the 65th percentile value, set 'percentile: 0.65'. For percentile values of 0, please use MIN, for percentile values of 1, please use MAX.", name, percentile)
		}
	case "median":
		if isNumber && p != 0.5 {
			c.bad(s, place, "Measure '%s' uses a MEDIAN aggregation, while percentile is set to '%s', a conflicting value. Please remove the parameter or set to '0.5'.", name, percentile)
		}
	default:
		var set []string
		for _, key := range []string{"percentile", "use_discrete_percentile", "use_approximate_percentile"} {
			if v := at(params, key); v != nil && v.Truth() {
				set = append(set, key)
			}
		}
		if set != nil {
			c.bad(s, place, "Measure '%s' with aggregation '%s' uses agg_params (%s) only relevant to Percentile measures.", name, agg, strings.Join(set, ", "))
		}
	}
	if agg == "count" && textOf(d, "expr") == "" {
		c.bad(s, place, "Measure '%s' uses a COUNT aggregation, which requires an expr to be provided. Provide 'expr: 1' if a count of all rows is desired.", name)
	}
}

// number gives the value of an integer or a fraction.
func number(v jinja.Value) (float64, bool) {
	switch v := v.(type) {
	case jinja.Int:
		return float64(v), true
	case jinja.Float:
		return float64(v), true
	}
	return 0, false
}

func (c *semChecker) nonAdditive(s *semanticEntry, place *yaml.Node, measure string, non *jinja.Dict, types map[string]string) {
	name := textOf(non, "name")
	switch types[name] {
	case "":
		c.bad(s, place, "Measure '%s' has a non_additive_dimension with name '%s' that is not defined as a dimension in semantic model '%s'.", measure, name, s.n.Name)
	case "categorical":
		c.bad(s, place, "Measure '%s' has a non_additive_dimension with name '%s' that is defined as a categorical dimension which is not supported.", measure, name)
	}
	if w := textOf(non, "window_choice"); w != "min" && w != "max" {
		c.bad(s, place, "Measure '%s' has a non_additive_dimension with an invalid 'window_choice' of '%s'. Only choices supported are 'min' or 'max'.", measure, w)
	}
	unknown := map[string]bool{}
	for _, g := range listOf(at(non, "window_groupings")) {
		if element(s.n, "entities", g.String()) == nil {
			unknown[g.String()] = true
		}
	}
	if len(unknown) > 0 {
		c.bad(s, place, "Measure '%s' has a non_additive_dimension with an invalid 'window_groupings'. These entities {%s} do not exist in the semantic model.", measure, strings.Join(quoteAll(slices.Sorted(maps.Keys(unknown))), ", "))
	}
}
