package parse

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// Metrics is the keys of an entry of metrics. What they mean is in dbt's page "Metrics";
// the places that are filled later (input_measures) are those of manifest.json.
var Metrics = &config.Schema{Name: "metrics", Keys: []config.Key{
	{Name: "name", Shape: config.Shape{Scalars: config.TextValue, Read: metricName}, Required: true, Hidden: true, Doc: "name of the metric, unique in the project"},
	{Name: "description", Shape: config.SomeText, Hidden: true, Doc: "what the metric tells"},
	{Name: "label", Shape: config.SomeText, Required: true, Doc: "name of the metric for people"},
	{Name: "type", Shape: config.Shape{OneOf: metricTypes, AnyCase: true}, Required: true, Doc: "how the metric is computed"},
	{Name: "type_params", Shape: config.KeysOf(metricParams), Required: true, Doc: "what the metric is computed from"},
	{Name: "filter", Shape: whereFilter, Doc: "conditions on the rows that count"},
	{Name: "metadata", Made: true},
	{Name: "time_granularity", Shape: config.SomeText, Doc: "the finest grain that the metric is asked for at, if no other is named"},
	{Name: "meta", Shape: config.Mapping, Default: jinja.NewDict(), Doc: "anything the project wants to keep"},
	{Name: "tags", Shape: config.TextList, Hidden: true, Doc: "labels that selection can use"},
	{Name: "config", Shape: config.Mapping, Hidden: true, Doc: "config of the metric: enabled, group, meta"},
}}

var metricTypes = []string{"simple", "ratio", "cumulative", "derived", "conversion"}

var metricParams = &config.Schema{Name: "type_params", Keys: []config.Key{
	{Name: "measure", Shape: config.KeysOf(measureInput), Doc: "the measure of a simple or cumulative metric"},
	{Name: "input_measures", Made: true, Default: jinja.NewList()},
	{Name: "numerator", Shape: config.KeysOf(metricInput), Doc: "the metric above the line of a ratio"},
	{Name: "denominator", Shape: config.KeysOf(metricInput), Doc: "the metric below the line of a ratio"},
	{Name: "expr", Shape: config.SomeText, Doc: "formula of a derived metric"},
	{Name: "window", Shape: timeWindow, Doc: "earlier place of cumulative_type_params.window"},
	{Name: "grain_to_date", Shape: config.SomeText, Doc: "earlier place of cumulative_type_params.grain_to_date"},
	{Name: "metrics", Shape: config.ListOf(config.KeysOf(metricInput)), Default: jinja.NewList(), Doc: "the metrics in the formula of a derived one"},
	{Name: "conversion_type_params", Shape: config.KeysOf(conversionParams), Doc: "settings of a conversion metric"},
	{Name: "cumulative_type_params", Shape: config.KeysOf(cumulativeParams), Doc: "settings of a cumulative metric"},
	{Name: "metric_aggregation_params", Made: true},
}}

var measureInput = &config.Schema{Name: "a measure", Short: "name", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the measure"},
	{Name: "filter", Shape: whereFilter, Doc: "conditions on the rows that count"},
	{Name: "alias", Shape: config.SomeText, Doc: "another name of the measure here"},
	{Name: "join_to_timespine", Shape: config.SomeFlag, Default: jinja.Bool(false), Doc: "have a row for each date, also where nothing happened"},
	{Name: "fill_nulls_with", Shape: config.SomeInt, Doc: "what stands where there is no value"},
}}

var metricInput = &config.Schema{Name: "a metric", Short: "name", Keys: []config.Key{
	{Name: "name", Shape: config.SomeText, Required: true, Doc: "name of the metric"},
	{Name: "filter", Shape: whereFilter, Doc: "conditions on the rows that count"},
	{Name: "alias", Shape: config.SomeText, Doc: "name of the metric in the formula"},
	{Name: "offset_window", Shape: timeWindow, Doc: "how far back the metric is looked at, such as 1 month"},
	{Name: "offset_to_grain", Shape: config.SomeText, Doc: "look at the start of this grain"},
}}

var conversionParams = &config.Schema{Name: "conversion_type_params", Keys: []config.Key{
	{Name: "base_measure", Shape: config.KeysOf(measureInput), Required: true, Doc: "what could convert"},
	{Name: "conversion_measure", Shape: config.KeysOf(measureInput), Required: true, Doc: "what did convert"},
	{Name: "entity", Shape: config.SomeText, Required: true, Doc: "the entity that both happen to"},
	{Name: "calculation", Shape: config.Shape{OneOf: []string{"conversions", "conversion_rate"}, AnyCase: true}, Default: jinja.Str("conversion_rate"), Doc: "a number or a rate"},
	{Name: "window", Shape: timeWindow, Doc: "how long after the base event a conversion counts"},
	{Name: "constant_properties", Shape: config.ListOf(config.KeysOf(constantProperty)), Doc: "what has to be equal in both events"},
}}

var constantProperty = &config.Schema{Name: "a constant property", Keys: []config.Key{
	{Name: "base_property", Shape: config.SomeText, Required: true, Doc: "dimension or entity of the base event"},
	{Name: "conversion_property", Shape: config.SomeText, Required: true, Doc: "dimension or entity of the conversion"},
}}

var cumulativeParams = &config.Schema{Name: "cumulative_type_params", Keys: []config.Key{
	{Name: "window", Shape: timeWindow, Doc: "how far back the sum goes, such as 7 days"},
	{Name: "grain_to_date", Shape: config.SomeText, Doc: "start again with each of these"},
	{Name: "period_agg", Shape: config.Shape{OneOf: []string{"first", "last", "average"}, AnyCase: true}, Default: jinja.Str("first"), Doc: "which value stands for a longer period"},
	{Name: "metric", Made: true},
}}

// whereFilter is conditions, which keep their templates: whoever asks for a metric
// renders them.
var whereFilter = config.Shape{Scalars: config.TextValue, List: &config.SomeText, Read: func(v jinja.Value) (jinja.Value, string) {
	list := jinja.NewList()
	for _, item := range listOf(v) {
		d := jinja.NewDict()
		d.SetStr("where_sql_template", item)
		list.Append(d)
	}
	out := jinja.NewDict()
	out.SetStr("where_filters", list)
	return out, ""
}}

// grains are the time granularities that everyone has, finest first.
var grains = []string{"nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"}

// grainOf gives the usual spelling of a grain, and other values as they are.
func grainOf(v jinja.Value) jinja.Value {
	if text, ok := v.(jinja.Str); ok && slices.Contains(grains, strings.ToLower(string(text))) {
		return jinja.Str(strings.ToLower(string(text)))
	}
	return v
}

// timeWindow is a count and a grain: "7 days". A grain of the project's own making is
// checked when all of them are known.
var timeWindow = config.Shape{Scalars: config.TextValue, Read: func(v jinja.Value) (jinja.Value, string) {
	parts := strings.Fields(v.String())
	if len(parts) != 2 {
		return nil, fmt.Sprintf("Invalid window (%s) in cumulative/conversion metric. Should be of the form `<count> <granularity>`, e.g., `28 days`", v)
	}
	count, err := strconv.Atoi(parts[0])
	if err != nil || count < 0 {
		return nil, fmt.Sprintf("Invalid count (%s) in cumulative/conversion metric window string: (%s)", parts[0], v)
	}
	grain := strings.ToLower(parts[1])
	if one := strings.TrimSuffix(grain, "s"); slices.Contains(grains, one) {
		grain = one
	}
	out := jinja.NewDict()
	out.SetStr("count", jinja.Int(count))
	out.SetStr("granularity", jinja.Str(grain))
	return out, ""
}}

var goodMetricName = regexp.MustCompile(`^[A-Za-z]\w*$`)

func metricName(v jinja.Value) (jinja.Value, string) {
	name := v.String()
	var wrong []string
	if strings.Contains(name, " ") {
		wrong = append(wrong, "cannot contain spaces")
	}
	if len(name) > 250 {
		wrong = append(wrong, "cannot contain more than 250 characters")
	}
	if !goodMetricName.MatchString(name) {
		wrong = append(wrong, "must begin with a letter and contain only letters, numbers and underscores")
	}
	if wrong == nil {
		return v, ""
	}
	return v, fmt.Sprintf("The metric name '%s' is invalid.  It %s", name, strings.Join(wrong, ", "))
}

// metric makes the node of a metric. The meta beside its config counts only where the
// config has none.
func (p *parser) metric(e *entry) {
	n := p.yamlNode(e, manifest.Metric)
	n.Body = Metrics.Fill(e.vals)
	p.cumulative(e, n)
	if !p.yamlConfig(e, n, e.configOnly()) {
		return
	}
	if own := n.Meta(); own.Len() > 0 {
		n.Body.SetStr("meta", own)
	}
	for _, t := range listOf(at(e.vals, "tags")) {
		n.Tags = append(n.Tags, t.String())
	}
	p.add(n)
	p.semantic = append(p.semantic, &semanticEntry{e, n})
}

// cumulative fills in the settings of a cumulative metric from where they stood before.
func (p *parser) cumulative(e *entry, n *manifest.Node) {
	params := dictOf(n.Body, "type_params")
	if textOf(n.Body, "type") != "cumulative" {
		return
	}
	old := false
	for _, key := range []string{"window", "grain_to_date"} {
		old = old || at(params, key) != jinja.Value(jinja.None)
	}
	if old {
		w := e.doc.Errorf(config.Child(e.node, "type_params"), "Cumulative fields `type_params.window` and `type_params.grain_to_date` have been moved and will soon be deprecated")
		w.Hint = "put them into `type_params.cumulative_type_params`"
		w.Event = "MFCumulativeTypeParamsDeprecation"
		p.warn(w)
	}
	own, ok := at(params, "cumulative_type_params").(*jinja.Dict)
	if !ok {
		own = cumulativeParams.Fill(jinja.None)
	}
	for _, key := range []string{"window", "grain_to_date"} {
		own.SetStr(key, first(at(own, key), at(params, key)))
	}
	params.SetStr("cumulative_type_params", own)
}

// inputMetrics gives the names of the metrics that a metric is computed from.
func inputMetrics(n *manifest.Node) []string {
	params := dictOf(n.Body, "type_params")
	var inputs []jinja.Value
	switch textOf(n.Body, "type") {
	case "ratio":
		inputs = []jinja.Value{at(params, "numerator"), at(params, "denominator")}
	case "derived":
		inputs = listOf(at(params, "metrics"))
	}
	var out []string
	for _, v := range inputs {
		if d, ok := v.(*jinja.Dict); ok {
			out = append(out, textOf(d, "name"))
		}
	}
	return out
}

// ownMeasures gives the measures that a metric names itself.
func ownMeasures(n *manifest.Node) []*jinja.Dict {
	params := dictOf(n.Body, "type_params")
	from, keys := params, []string{"measure"}
	switch textOf(n.Body, "type") {
	case "ratio", "derived":
		return nil
	case "conversion":
		from, keys = dictOf(params, "conversion_type_params"), []string{"base_measure", "conversion_measure"}
	}
	var out []*jinja.Dict
	for _, key := range keys {
		if d, ok := at(from, key).(*jinja.Dict); ok {
			out = append(out, d)
		}
	}
	return out
}

// metricLinks finds what metrics are computed from: their edges, and the measures that
// they reach through other metrics.
type metricLinks struct {
	p        *parser
	measures map[string]*manifest.Node // semantic models by measure, enabled ones first
	entries  map[*manifest.Node]*entry
	reached  map[*manifest.Node][]*jinja.Dict
	open     []*manifest.Node // metrics that are being looked at
}

func (p *parser) linkMetrics() {
	l := &metricLinks{p: p, measures: map[string]*manifest.Node{}, entries: map[*manifest.Node]*entry{}, reached: map[*manifest.Node][]*jinja.Dict{}}
	for _, s := range p.semantic {
		l.entries[s.n] = s.e
		if s.n.Kind != manifest.SemanticModel {
			continue
		}
		for _, m := range listOf(at(s.n.Body, "measures")) {
			name := textOf(m.(*jinja.Dict), "name")
			if old := l.measures[name]; old == nil || !old.Config.Bool("enabled") {
				l.measures[name] = s.n
			}
		}
	}
	for _, n := range p.m.Nodes {
		if n.Kind == manifest.Metric {
			l.visit(n)
		}
	}
}

func (l *metricLinks) bad(n *manifest.Node, name, format string, args ...any) *source.Error {
	err := placed(n, fmt.Sprintf(format, args...))
	if e := l.entries[n]; e != nil {
		// A formula may be the name too.
		params := config.Child(e.node, "type_params")
		for _, within := range []*yaml.Node{params, config.Child(params, "metrics")} {
			if at := valueNode(within, name); at != nil {
				err.Span = e.doc.Span(at)
			}
		}
	}
	l.p.fail(err)
	return err
}

// visit links one metric and gives all measures that it reaches.
func (l *metricLinks) visit(n *manifest.Node) []*jinja.Dict {
	if out, done := l.reached[n]; done {
		return out
	}
	if slices.Contains(l.open, n) {
		l.bad(n, n.Name, "The metric `%s` is computed from itself", n.Name)
		return nil
	}
	l.open = append(l.open, n)
	var out []*jinja.Dict
	add := func(list ...*jinja.Dict) {
		for _, d := range list {
			if !slices.ContainsFunc(out, func(o *jinja.Dict) bool { return jinja.Equal(o, d) }) {
				out = append(out, d)
			}
		}
	}
	l.complete(n)
	for _, d := range ownMeasures(n) {
		if l.measure(n, textOf(d, "name")) {
			add(d)
		}
	}
	for _, name := range inputMetrics(n) {
		if to := l.metric(n, name); to != nil {
			add(l.visit(to)...)
		}
	}
	l.open = l.open[:len(l.open)-1]
	l.reached[n] = out
	inputs := jinja.NewList()
	for _, d := range out {
		inputs.Append(d)
	}
	dictOf(n.Body, "type_params").SetStr("input_measures", inputs)
	return out
}

// complete checks that a metric has what its type needs.
func (l *metricLinks) complete(n *manifest.Node) {
	params := dictOf(n.Body, "type_params")
	has := func(key string) bool { return at(params, key) != jinja.Value(jinja.None) }
	switch textOf(n.Body, "type") {
	case "simple", "cumulative":
		if !has("measure") {
			l.bad(n, "", "The metric `%s` is %s and must have a measure defined in its type_params", n.Name, textOf(n.Body, "type"))
		}
	case "ratio":
		if !has("numerator") || !has("denominator") {
			l.bad(n, "", "Invalid ratio metric. Both a numerator and denominator must be specified")
		}
	case "conversion":
		if !has("conversion_type_params") {
			l.bad(n, "", "%s is a conversion metric and must have conversion_type_params defined.", n.Name)
		}
	}
}

func (l *metricLinks) measure(n *manifest.Node, name string) bool {
	model := l.measures[name]
	if model == nil {
		err := l.bad(n, name, "A semantic model having a measure `%s` does not exist but was referenced.", name)
		var names []string
		for m := range l.measures {
			names = append(names, m)
		}
		if near := source.Nearest(name, names); near != "" {
			err.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		return false
	}
	if !model.Config.Bool("enabled") {
		l.bad(n, name, "The measure `%s` is referenced on disabled semantic model `%s`.", name, model.Name)
		return false
	}
	depend(n, model)
	return true
}

func (l *metricLinks) metric(n *manifest.Node, name string) *manifest.Node {
	to, found := l.p.m.FindNamed(manifest.Metric, n.Package, []string{name})
	switch found {
	case manifest.Enabled:
		depend(n, to)
		return to
	case manifest.Off:
		l.bad(n, name, "The metric `%s` is disabled and thus cannot be referenced.", name)
	default:
		err := l.bad(n, name, "The metric `%s` does not exist but was referenced by metric `%s`.", name, n.Name)
		if near := l.p.m.Similar("metric", name); near != "" {
			err.Hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	return nil
}
