package parse

import "testing"

func TestValidType(t *testing.T) {
	for _, test := range []struct {
		text string
		want bool
	}{
		{"string", true}, {"bool", true}, {"relation", true},
		{"String", false}, {"number", false}, {"api.Relation", false},
		{"list[string]", true}, {"list[list[int]]", true}, {"optional[relation]", true},
		{"dict[str, int]", true}, {"dict[str, dict[str, any]]", true}, {"dict[list[int], any]", true},
		{"list", false}, {"dict[str]", false}, {"list[]", false}, {"list[int", false}, {"", false}, {"dict[,]", false}, {"[int]", false},
	} {
		if got := validType(test.text); got != test.want {
			t.Errorf("validType(%q) = %v", test.text, got)
		}
	}
}
