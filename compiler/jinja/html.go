package jinja

import (
	"html"
	"strings"
)

// replacer for Markup: the five characters that markupsafe escapes.
var htmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

func escapeHTML(s string) string { return htmlEscapes.Replace(s) }

func unescapeHTML(s string) string { return html.UnescapeString(s) }

// escapeValue is str(markupsafe.escape(v)).
func escapeValue(v Value) string {
	if m, ok := v.(Markup); ok {
		return string(m)
	}
	return escapeHTML(v.String())
}

// escapeArgs escapes what is put into a Markup by % or format: text, and the texts in a
// tuple or dict. Numbers stay numbers.
func escapeArgs(v Value) Value {
	switch v := v.(type) {
	case Tuple:
		out := make(Tuple, len(v))
		for i, item := range v {
			out[i] = escapeArg(item)
		}
		return out
	case *Dict:
		out := NewDict()
		for k, val := range v.All() {
			out.Set(k, escapeArg(val))
		}
		return out
	case *List, *Range, *Set:
		return escapedItems{escapeArg(v).(Markup), v}
	}
	return escapeArg(v)
}

// escapedItems is an argument that has items, which formatting may ask for by name;
// so Python does not count it as left over.
type escapedItems struct {
	Markup
	of Value
}

// Index gives an item, escaped.
func (e escapedItems) Index(key Value) (Value, error) {
	v, err := GetItem(e.of, key)
	if err != nil {
		return nil, err
	}
	return escapeArg(v), nil
}

func escapeArg(v Value) Value {
	switch v := v.(type) {
	case Str:
		return Markup(escapeHTML(string(v)))
	case Markup, Int, BigInt, Float, Bool:
		return v
	}
	return Markup(escapeHTML(v.String()))
}

// stripTags removes comments and tags, resolves entities and makes runs of blanks one.
func stripTags(s string) string {
	for {
		start := strings.Index(s, "<!--")
		if start < 0 {
			break
		}
		end := strings.Index(s[start:], "-->")
		if end < 0 {
			break
		}
		s = s[:start] + s[start+end+3:]
	}
	for {
		start := strings.IndexByte(s, '<')
		if start < 0 {
			break
		}
		end := strings.IndexByte(s[start:], '>')
		if end < 0 {
			break
		}
		s = s[:start] + s[start+end+1:]
	}
	return unescapeHTML(strings.Join(splitBlank(s, -1), " "))
}
