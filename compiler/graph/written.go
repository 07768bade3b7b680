package graph

import (
	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// configCalls gives the arguments of a text's config() calls as they are written, by
// key. Manifests have only what they came to, which depends on the target; the text
// itself they have. A text that is no template has none.
func configCalls(text string) map[string]string {
	out := map[string]string{}
	t, err := syntax.Parse(&source.File{Text: text}, syntax.Options{})
	if err != nil {
		return out
	}
	syntax.Walk(t, func(n any) bool {
		call, ok := n.(*syntax.Call)
		if !ok {
			return true
		}
		if name, ok := call.Func.(*syntax.Name); ok && name.Name == "config" {
			for _, arg := range call.Kwargs {
				out[canonicalKey(arg.Name)] = syntax.Print(&syntax.Template{Body: []syntax.Stmt{&syntax.Output{X: arg.Value}}})
			}
		}
		return true
	})
	return out
}
