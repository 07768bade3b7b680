package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"weft/compiler/jinja"
)

// The keys of mappings that stand both in properties and in configs.
var (
	DocsKeys = &Schema{Name: "docs", Open: true, Keys: []Key{
		{Name: "show", Shape: SomeFlag, NotNone: true, Doc: "whether the docs site shows it"},
		{Name: "node_color", Shape: Shape{Scalars: TextValue, Read: readColour}, Doc: "name or hexadecimal number of a colour"},
	}}

	period = OneOf("minute", "hour", "day")

	freshnessHalf = &Schema{Name: "freshness", Keys: []Key{
		{Name: "count", Shape: SomeInt, Doc: "how many periods"},
		{Name: "period", Shape: period, Doc: "minute, hour or day"},
	}}

	FreshnessKeys = &Schema{Name: "freshness", Keys: []Key{
		{Name: "warn_after", Shape: KeysOf(freshnessHalf), Doc: "age from which on data is late"},
		{Name: "error_after", Shape: KeysOf(freshnessHalf), Doc: "age from which on data is too late"},
		{Name: "filter", Shape: SomeText, Doc: "condition on the rows that are looked at"},
	}}

	modelFreshness = &Schema{Name: "freshness", Open: true, Keys: []Key{
		{Name: "build_after", Shape: KeysOf(&Schema{Name: "build_after", Open: true, Keys: []Key{
			{Name: "count", Shape: SomeInt, Doc: "how many periods"},
			{Name: "period", Shape: period, Doc: "minute, hour or day"},
			{Name: "updates_on", Shape: OneOf("any", "all"), Doc: "whether any or all inputs must have new data"},
		}}), Doc: "age from which on the model is built again"},
	}}
)

// inner are the configs of which more than the type is known.
var inner = []struct {
	name  string
	kinds Kinds
	shape Shape
}{
	{"docs", Nodes, KeysOf(DocsKeys)},
	{"freshness", Sources, KeysOf(FreshnessKeys)},
	{"freshness", Models, KeysOf(modelFreshness)},
	{"packages", Nodes, TextOrList},
	{"materialized", Seeds, Shape{Scalars: TextValue, Read: oneText("seed", "A seed must have a materialized value of 'seed'")}},
	{"unique_key", Nodes, TextOrList},
}

func innerShape(kind Kinds, name string) *Shape {
	for i := range inner {
		if in := &inner[i]; in.name == name && in.kinds&kind != 0 {
			return &in.shape
		}
	}
	return nil
}

// mayBeNone says whether a config may be set to none: those of nodes that have a default
// may not, but for two.
func mayBeNone(kind Kinds, f *Field) bool {
	switch {
	case f.Default == nil || f.Default(kind) == jinja.Value(jinja.None) || f.Name == "on_schema_change" || f.Name == "lookback":
		return true
	case kind == Sources:
		return f.Name != "enabled"
	}
	return kind&Nodes == 0
}

// oneText allows one text.
func oneText(text, wrong string) func(jinja.Value) (jinja.Value, string) {
	return func(v jinja.Value) (jinja.Value, string) {
		if v == jinja.Value(jinja.Str(text)) {
			return v, ""
		}
		return v, wrong
	}
}

var hexColour = regexp.MustCompile(`^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)

// readColour checks a colour: a name that HTML has, or # and hexadecimal digits.
func readColour(v jinja.Value) (jinja.Value, string) {
	text := v.String()
	if hexColour.MatchString(text) || slices.Contains(colours, strings.ToLower(text)) {
		return v, ""
	}
	return v, fmt.Sprintf("Invalid color name for docs.node_color: %s. It is neither a valid HTML color name nor a valid HEX code.", text)
}

// colours are the names of colours that HTML has.
var colours = strings.Fields(`aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet
	brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod
	darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
	darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick
	floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred
	indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow
	lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue
	lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen
	mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite
	navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip
	peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen
	seashell sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato turquoise
	violet wheat white whitesmoke yellow yellowgreen`)
