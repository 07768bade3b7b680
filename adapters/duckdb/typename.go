package duckdb

import (
	"maps"
	"slices"
	"strings"
)

// field is a part of a struct.
type field struct{ name, typ string }

// fields gives the keys of a struct in the order of its type, such as
// STRUCT("a" INTEGER, "b" VARCHAR[]), and in the order of the alphabet where the type
// does not tell.
func fields(m map[string]any, typ string) []field {
	var out []field
	if body, ok := strings.CutPrefix(typ, "STRUCT("); ok && strings.HasSuffix(body, ")") {
		for _, part := range splitTop(body[:len(body)-1]) {
			name, rest := fieldName(strings.TrimSpace(part))
			if _, ok := m[name]; !ok {
				out = nil
				break
			}
			out = append(out, field{name, strings.TrimSpace(rest)})
		}
	}
	if len(out) == len(m) {
		return out
	}
	out = nil
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, field{name: name})
	}
	return out
}

// fieldName splits "a b" INTEGER into a b and INTEGER.
func fieldName(s string) (name, rest string) {
	if !strings.HasPrefix(s, `"`) {
		name, rest, _ = strings.Cut(s, " ")
		return name, rest
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i++
			continue
		}
		return strings.ReplaceAll(s[1:i], `""`, `"`), s[i+1:]
	}
	return s, ""
}

// splitTop splits at the commas that stand in no brackets or quotes.
func splitTop(s string) []string {
	var out []string
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// elementType is INTEGER for INTEGER[] and INTEGER[3].
func elementType(typ string) string {
	if i := strings.LastIndexByte(typ, '['); i > 0 && strings.HasSuffix(typ, "]") {
		return typ[:i]
	}
	return ""
}
