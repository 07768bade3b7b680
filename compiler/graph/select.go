package graph

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// Selection says which nodes a command is about.
type Selection struct {
	Select   []string        // terms; empty for all
	Exclude  []string        //
	Selector *Selector       // of selectors.yml, instead of both; nil for none
	Kinds    []manifest.Kind // of the command; nil for all
	Mode     Mode

	// State is what the methods state, result and source_status compare with; nil
	// where no state was named.
	State *State

	// KeepEmpty keeps nodes whose SQL is blank.
	KeepEmpty bool

	// Warn is told of criteria of the command line that match nothing; may be nil.
	Warn func(criterion string)
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

// op is how the parts of an expression go together.
type op uint8

const (
	criterion op = iota
	union
	intersection
	difference // the first part without the others
)

// expr is a selection as a tree.
type expr struct {
	op    op
	term  Term // of a criterion
	mode  Mode // of a criterion empty for the command's, of the others for none
	parts []*expr

	// told is what to say when nothing matches; only the command line is told.
	told  string
	tells bool
}

// Select gives the nodes of a selection. Terms are split at blanks (any of them)
// and commas (all of them), after dbt's grammar.
func (g *Graph) Select(sel Selection) (Set, error) {
	if sel.Mode == "" {
		sel.Mode = Eager
	}
	s := &selector{g: g, sel: sel}
	e, err := sel.tree()
	if err != nil {
		return nil, err
	}
	in, err := s.eval(e)
	if err != nil {
		return nil, err
	}
	g.filter(in.direct, sel)
	return in.direct, nil
}

// tree reads the terms of the command line, unless a selector stands for them.
func (sel *Selection) tree() (*expr, error) {
	if sel.Selector != nil {
		return sel.Selector.expr, nil
	}
	var in *expr // nil stands for all nodes
	var err error
	if len(sel.Select) > 0 {
		if in, err = parseTerms(sel.Select, sel.Mode); err != nil {
			return nil, err
		}
	}
	if len(sel.Exclude) == 0 {
		return in, nil
	}
	out, err := parseTerms(sel.Exclude, sel.Mode)
	if err != nil {
		return nil, err
	}
	return &expr{op: difference, parts: []*expr{in, out}}, nil
}

// parseTerms reads criteria: at a blank any of them, at a comma all of them.
func parseTerms(args []string, mode Mode) (*expr, error) {
	all := &expr{op: union, mode: mode}
	for _, arg := range args {
		for _, raw := range strings.Split(arg, " ") {
			both := &expr{op: intersection, mode: mode, told: raw, tells: true}
			for _, part := range strings.Split(raw, ",") {
				t, err := ParseTerm(part)
				if err != nil {
					return nil, err
				}
				both.parts = append(both.parts, &expr{term: t})
			}
			all.parts = append(all.parts, both)
		}
	}
	return all, nil
}

// filter keeps the kinds that the command is about, nodes that have SQL, and tests
// that are not disabled because of what they refer to.
func (g *Graph) filter(s Set, sel Selection) {
	for _, i := range s.Members() {
		n := g.Nodes[i]
		keep := n.Config.Bool("enabled") && (sel.Kinds == nil || slices.Contains(sel.Kinds, n.Kind))
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

// eval gives what an expression selects; nil is all nodes.
func (s *selector) eval(e *expr) (picked, error) {
	switch {
	case e == nil:
		all := s.g.NewSet()
		for i := range s.g.Nodes {
			all.Add(i)
		}
		return picked{all, all.Clone()}, nil
	case e.op == criterion:
		return s.term(e)
	}
	out := picked{s.g.NewSet(), s.g.NewSet()}
	for i, part := range e.parts {
		p, err := s.eval(part)
		if err != nil {
			return out, err
		}
		p.indirect.Union(p.direct)
		switch {
		case i == 0:
			out = p
		case e.op == union:
			out.direct.Union(p.direct)
			out.indirect.Union(p.indirect)
		case e.op == intersection:
			out.direct.Intersect(p.direct)
			out.indirect.Intersect(p.indirect)
		default:
			out.direct.Minus(p.direct)
			out.indirect.Minus(p.indirect)
		}
	}
	s.admit(out, e.mode)
	if e.tells && out.direct.Len() == 0 && s.sel.Warn != nil {
		s.sel.Warn(e.told)
	}
	return out, nil
}

// admit takes in the waiting tests whose parents are now selected.
func (s *selector) admit(p picked, mode Mode) {
	if mode != Cautious && mode != Buildable {
		return
	}
	allowed := p.direct.Clone()
	if mode == Buildable {
		allowed = s.buildable(p.direct)
	}
	for _, i := range p.indirect.Members() {
		if !p.direct.Has(i) && s.isTest(i) && s.parentsIn(i, allowed) {
			p.direct.Add(i)
		}
	}
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
	At       bool // the descendants, and all that these are built from
	Parents  bool
	Children bool
	Up, Down int // how many levels of parents and children; -1 for all
	Method   string
	Args     []string
	Value    string

	// Native is the value as selectors.yml has it, which may be a number; nil for
	// terms of the command line.
	Native jinja.Value
}

// ParseTerm reads a criterion. Everything has a meaning but "@" with a "+" at the
// end, and methods that are none.
func ParseTerm(raw string) (Term, error) {
	t := Term{Raw: raw, Up: -1, Down: -1}
	s := raw
	if rest, ok := strings.CutPrefix(s, "@"); ok {
		t.At, s = true, rest
	}
	if i := strings.IndexByte(s, '+'); i >= 0 && digits(s[:i]) {
		t.Parents, t.Up = true, depth(s[:i])
		s = s[i+1:]
	}
	if i := strings.LastIndexByte(s, '+'); i >= 0 && digits(s[i+1:]) {
		t.Children, t.Down = true, depth(s[i+1:])
		s = s[:i]
	}
	if t.At && t.Children {
		return t, incompatible(raw)
	}
	if method, value, ok := strings.Cut(s, ":"); ok && method != "" && words(method) {
		t.setMethod(method)
		t.Value = value
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
	return t, known(t.Method)
}

// setMethod takes a method and its arguments: "config.meta.owner".
func (t *Term) setMethod(text string) {
	parts := strings.Split(text, ".")
	t.Method, t.Args = parts[0], parts[1:]
}

func incompatible(spec string) error {
	return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf("Invalid node spec %s - \"@\" prefix and \"+\" suffix are incompatible", spec),
		Hint: "\"@\" takes all descendants already"}
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
		if r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

// term gives what a criterion selects.
func (s *selector) term(e *expr) (picked, error) {
	t := e.term
	base, err := s.match(t)
	if err != nil {
		return picked{}, err
	}
	set := base.Clone()
	if t.At {
		set.Union(s.g.Ancestors(s.g.Descendants(base, -1), -1))
	}
	if t.Parents {
		set.Union(s.g.Ancestors(base, t.Up))
	}
	if t.Children {
		set.Union(s.g.Descendants(base, t.Down))
	}
	mode := e.mode
	if mode == "" {
		mode = s.sel.Mode
	}
	return s.withTests(set, mode), nil
}

// withTests adds the tests of selected nodes, as the mode says.
func (s *selector) withTests(set Set, mode Mode) picked {
	out := picked{set, set.Clone()}
	if mode == Empty {
		return out
	}
	var allowed Set
	switch mode {
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
