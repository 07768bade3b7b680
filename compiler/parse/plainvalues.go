package parse

import (
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
)

// plainValues says of a test that it is weft's own accepted_values, called with nothing
// but values: then all that rendering it finds is its model and the macro that this goes
// through, whose id is given. Otherwise, and where there is any doubt, it is empty. A
// render is ten times everything else that such a test costs (BenchmarkParse).
func plainValues(s *testSpec, n *manifest.Node) string {
	if s.macro.where == "" || s.column == "" || s.on.ref != nil && s.on.ref.Version != nil || !onlyAlias(s) {
		return ""
	}
	if strings.ContainsAny(s.on.target+n.Name, "'\"\\{}%#\n") || !plainKwargs(s.kwargs) {
		return ""
	}
	return s.macro.where
}

// plainWhere gives the id of the macro that accepted_values of a package reads its model
// through, where nothing on the way is replaced by the project.
func (p *parser) plainWhere(pkg, name string, mac *manifest.Macro) string {
	if name != "accepted_values" || mac == nil || !mac.BuiltIn {
		return ""
	}
	where := p.shared.Macros.Find(pkg, "get_where_subquery")
	if where == nil || !where.BuiltIn || !p.plainDispatch(pkg, "get_where_subquery") || !p.plainDispatch(pkg, "test_accepted_values") {
		return ""
	}
	return where.ID
}

// onlyAlias says whether the one setting of a test is the alias that a long name makes.
func onlyAlias(s *testSpec) bool {
	return len(s.config) == 0 || len(s.config) == 1 && s.config[0].Key == "alias" && s.config[0].File == nil
}

func plainKwargs(kwargs *jinja.Dict) bool {
	list, _ := kwargs.GetStr("values")
	values, ok := list.(*jinja.List)
	if !ok {
		return false
	}
	for k, v := range kwargs.All() {
		switch k {
		case jinja.Value(jinja.Str("column_name")), jinja.Value(jinja.Str("model")), jinja.Value(jinja.Str("values")):
		case jinja.Value(jinja.Str("quote")):
			if _, ok := v.(jinja.Bool); !ok {
				return false
			}
		default:
			return false
		}
	}
	for _, v := range values.Items {
		switch v := v.(type) {
		case jinja.Int, jinja.Float, jinja.Bool:
		case jinja.Str:
			if scope.IsTestTemplate(string(v)) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
