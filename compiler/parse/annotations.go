package parse

import (
	"regexp"
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

var plainTypes = regexp.MustCompile(`^(string|str|boolean|bool|integer|int|float|any|relation|column)$`)

// annotations warns of what an entry says of a macro's arguments and the macro does not
// have, where the flag validate_macro_args asks for it.
func (p *parser) annotations(mac *manifest.Macro, e *entry) {
	if !p.flag("validate_macro_args", false) || len(mac.Template.Macros) == 0 || len(mac.Arguments) == 0 {
		return
	}
	params := mac.Template.Macros[0].Params
	warn := func(format string, args ...any) {
		w := e.doc.Errorf(config.Child(e.node, "arguments"), format, args...)
		w.Class, w.Event = "", source.InvalidMacroAnnotation
		p.warn(w)
	}
	if len(params) != len(mac.Arguments) {
		warn("The number of arguments in the yaml for macro %s does not match the jinja definition.", mac.Name)
	} else {
		for i, a := range mac.Arguments {
			if textOf(a, "name") != params[i].Name {
				warn("Argument %s in yaml for macro %s does not match the jinja definition.", textOf(a, "name"), mac.Name)
			}
		}
	}
	for _, a := range mac.Arguments {
		if t := at(a, "type"); t != jinja.Value(jinja.None) && !validType(t.String()) {
			warn("Argument %s in the yaml for macro %s has an invalid type.", textOf(a, "name"), mac.Name)
		}
	}
}

// validType says whether a text is a type of arguments: a plain one, list[T],
// optional[T] or dict[T, T].
func validType(text string) bool {
	text = strings.TrimSpace(text)
	if plainTypes.MatchString(text) {
		return true
	}
	word, rest, ok := strings.Cut(text, "[")
	inner, closed := strings.CutSuffix(rest, "]")
	switch {
	case !ok || !closed:
		return false
	case word == "list" || word == "optional":
		return validType(inner)
	case word != "dict":
		return false
	}
	depth := 0
	for i, r := range inner {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth == 0 {
				return validType(inner[:i]) && validType(inner[i+1:])
			}
		}
	}
	return false
}
