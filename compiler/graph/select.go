package graph

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"weft/compiler/manifest"
	"weft/compiler/source"
)

// Selection says which nodes a command is about.
type Selection struct {
	Select  []string // terms; empty for all
	Exclude []string
	Kinds   []manifest.Kind // of the command; empty for all
	Mode    Mode

	// KeepEmpty keeps nodes whose SQL is blank.
	KeepEmpty bool

	// Warn is told of terms that match nothing; may be nil.
	Warn func(term string)
}

// Mode says which tests come along with what they test.
type Mode string

// The modes of indirect selection.
const (
	Eager     Mode = "eager"     // any test of a selected node
	Cautious  Mode = "cautious"  // tests all of whose parents are selected
	Buildable Mode = "buildable" // tests whose parents are selected or built before
	Empty     Mode = "empty"     // none
)

// picked is the outcome of a term: what is selected, and tests that may come in
// when more of their parents are selected.
type picked struct {
	direct   Set
	indirect Set
}

// Select gives the nodes of a selection. Terms are split at blanks (any of them)
// and commas (all of them), after dbt's grammar.
func (g *Graph) Select(sel Selection) (Set, error) {
	if sel.Mode == "" {
		sel.Mode = Eager
	}
	s := &selector{g: g, sel: sel}
	var in picked
	if len(sel.Select) == 0 {
		all := g.NewSet()
		for i := range g.Nodes {
			all.Add(i)
		}
		in = picked{all, all.Clone()}
	} else {
		var err error
		if in, err = s.union(sel.Select); err != nil {
			return nil, err
		}
	}
	if len(sel.Exclude) > 0 {
		out, err := s.union(sel.Exclude)
		if err != nil {
			return nil, err
		}
		in.direct.Minus(out.direct)
		in.indirect.Minus(out.direct)
		// Tests that were only waiting stay out when a parent is excluded.
		in = s.admit(in)
		in.direct.Minus(out.direct)
	}
	g.filter(in.direct, sel)
	return in.direct, nil
}

// filter keeps the kinds that the command is about, nodes that have SQL, and tests
// that are not disabled because of what they refer to.
func (g *Graph) filter(s Set, sel Selection) {
	for _, i := range s.Members() {
		n := g.Nodes[i]
		keep := n.Config.Bool("enabled") && (len(sel.Kinds) == 0 || slices.Contains(sel.Kinds, n.Kind))
		if n.Kind.Info().SQL && !sel.KeepEmpty && strings.TrimSpace(n.Raw) == "" {
			keep = false
		}
		if !keep {
			s.Remove(i)
		}
	}
}

type selector struct {
	g   *Graph
	sel Selection
}

func (s *selector) union(terms []string) (picked, error) {
	out := picked{s.g.NewSet(), s.g.NewSet()}
	for _, arg := range terms {
		for _, t := range strings.Fields(arg) {
			p, err := s.intersection(t)
			if err != nil {
				return out, err
			}
			out.direct.Union(p.direct)
			out.indirect.Union(p.indirect)
		}
	}
	return s.admit(out), nil
}

func (s *selector) intersection(term string) (picked, error) {
	var out picked
	for i, part := range strings.Split(term, ",") {
		p, err := s.term(part)
		if err != nil {
			return out, err
		}
		if i == 0 {
			out = p
			continue
		}
		out.direct.Intersect(p.direct)
		out.indirect.Intersect(p.indirect)
	}
	return s.admit(out), nil
}

// admit takes in the waiting tests whose parents are now selected.
func (s *selector) admit(p picked) picked {
	if s.sel.Mode != Cautious && s.sel.Mode != Buildable {
		return p
	}
	allowed := p.direct
	if s.sel.Mode == Buildable {
		allowed = s.buildable(p.direct)
	}
	for _, i := range p.indirect.Members() {
		if !p.direct.Has(i) && s.isTest(i) && s.parentsIn(i, allowed) {
			p.direct.Add(i)
		}
	}
	return p
}

func (s *selector) buildable(direct Set) Set {
	out := s.g.Ancestors(direct, -1)
	for i, n := range s.g.Nodes {
		if n.Kind == manifest.Source {
			out.Add(i)
		}
	}
	return out
}

func (s *selector) isTest(i int) bool {
	k := s.g.Nodes[i].Kind
	return k == manifest.Test || k == manifest.UnitTest
}

func (s *selector) parentsIn(i int, set Set) bool {
	for _, p := range s.g.Parents[i] {
		if !set.Has(int(p)) {
			return false
		}
	}
	return true
}

// Term is one criterion: [@] [[n]+] [method[.arg]:]value [+[n]].
type Term struct {
	Raw      string
	At       bool
	Up, Down int // -1 for all, 0 for none
	Method   string
	Args     []string
	Value    string
}

// ParseTerm reads a criterion.
func ParseTerm(raw string) (Term, error) {
	t := Term{Raw: raw}
	s := raw
	if rest, ok := strings.CutPrefix(s, "@"); ok {
		t.At, s = true, rest
	}
	if i := strings.IndexByte(s, '+'); i >= 0 && digits(s[:i]) {
		t.Up = depth(s[:i])
		s = s[i+1:]
	}
	if i := strings.LastIndexByte(s, '+'); i >= 0 && digits(s[i+1:]) {
		t.Down = depth(s[i+1:])
		s = s[:i]
	}
	if t.At && t.Down != 0 {
		return t, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("\"@\" prefix and \"+\" suffix are incompatible, in the selector %q", raw)}
	}
	if method, value, ok := strings.Cut(s, ":"); ok && method != "" && words(method) {
		parts := strings.Split(method, ".")
		t.Method, t.Args, t.Value = parts[0], parts[1:], value
	} else {
		t.Value = s
		t.Method = "fqn"
		switch ext := strings.ToLower(path.Ext(s)); {
		case strings.ContainsAny(s, `/\`):
			t.Method = "path"
		case ext == ".sql" || ext == ".py" || ext == ".csv":
			t.Method = "file"
		}
	}
	if t.Value == "" {
		return t, &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Invalid selector spec %q: the value is missing", raw)}
	}
	return t, nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func depth(s string) int {
	if s == "" {
		return -1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func words(s string) bool {
	for _, r := range s {
		if r != '_' && r != '.' && !(r >= '0' && r <= '9') && !(r >= 'a' && r <= 'z') && !(r >= 'A' && r <= 'Z') {
			return false
		}
	}
	return true
}

func (s *selector) term(raw string) (picked, error) {
	t, err := ParseTerm(raw)
	if err != nil {
		return picked{}, err
	}
	base, err := s.match(t)
	if err != nil {
		return picked{}, err
	}
	if t.At {
		down := s.g.Descendants(base, -1)
		base = s.g.Ancestors(down, -1)
	}
	set := base.Clone()
	if t.Up != 0 {
		set.Union(s.g.Ancestors(base, t.Up))
	}
	if t.Down != 0 {
		set.Union(s.g.Descendants(base, t.Down))
	}
	out := s.withTests(set)
	if out.direct.Len() == 0 && s.sel.Warn != nil {
		s.sel.Warn(raw)
	}
	return out, nil
}

// withTests adds the tests of selected nodes, as the mode says.
func (s *selector) withTests(set Set) picked {
	out := picked{set, set.Clone()}
	if s.sel.Mode == Empty {
		return out
	}
	var allowed Set
	switch s.sel.Mode {
	case Cautious:
		allowed = set.Clone()
	case Buildable:
		allowed = s.buildable(set)
	}
	for _, i := range set.Clone().Members() {
		for _, c := range s.g.Children[i] {
			c := int(c)
			if !s.isTest(c) || out.direct.Has(c) {
				continue
			}
			if allowed == nil || s.parentsIn(c, allowed) {
				out.direct.Add(c)
			}
			out.indirect.Add(c)
		}
	}
	return out
}

func (s *selector) match(t Term) (Set, error) {
	test, err := s.method(t)
	if err != nil {
		return nil, err
	}
	out := s.g.NewSet()
	for i, n := range s.g.Nodes {
		if test(n) {
			out.Add(i)
		}
	}
	return out, nil
}
