// Package compile makes the SQL of a node: it renders the node's text with real
// relations and puts the ephemeral models that it uses in front.
package compile

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"weft/compiler/artifact"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
	"weft/compiler/source"
)

// Compiler makes SQL for the nodes of a manifest. It is safe for concurrent use.
type Compiler struct {
	Shared *scope.Shared

	// Done is told once of each ephemeral model that some node uses, when it has
	// been compiled; it may be called from several goroutines. May be nil.
	Done func(*manifest.Node, *Result) error

	mu        sync.Mutex
	ephemeral map[string]*once
}

type once struct {
	sync.Once
	result *Result
	err    error
}

// Result is a compiled node.
type Result struct {
	SQL  string         // with ephemeral models put in
	CTEs []artifact.CTE // in order, each once
	bare string         // without them

	// Context is the names of the render, which materializations go on with.
	Context *scope.Context

	marks  []jinja.Mark
	before int // bytes of SQL that injection put before the node's own text
	cut    int // position in bare after which they were put in
}

// New makes a compiler.
func New(s *scope.Shared) *Compiler {
	return &Compiler{Shared: s, ephemeral: map[string]*once{}}
}

// Node compiles a node, with macros asking the warehouse through conn; with a nil
// conn they get an error. Errors are under the node's heading.
func (c *Compiler) Node(ctx context.Context, n *manifest.Node, conn *scope.Conn) (*Result, error) {
	r, err := c.node(ctx, n, conn, nil)
	if err != nil {
		return nil, c.heading(err, n)
	}
	return r, nil
}

func (c *Compiler) heading(err error, n *manifest.Node) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var se *source.Error
	if !errors.As(err, &se) {
		return &source.Error{File: n.File, Span: n.Span, Class: source.Compilation, Node: n.Describe(), Msg: err.Error(), Err: err}
	}
	if se.Node == "" {
		se.Node = n.Describe()
	}
	if se.Class == "" {
		se.Class = source.Compilation
	}
	return err
}

func (c *Compiler) node(ctx context.Context, n *manifest.Node, conn *scope.Conn, within []string) (*Result, error) {
	for _, id := range within {
		if id == n.ID {
			return nil, &source.Error{Class: source.Runtime, Msg: "Found a cycle: " + id}
		}
	}
	within = append(within, n.ID)
	sc := c.Shared.NewContext(ctx, scope.Run, n, conn)
	r := &Result{Context: sc}
	if !n.Kind.Info().SQL {
		return r, nil
	}
	var deps []*manifest.Node
	sc.OnRef = func(e *manifest.Node) {
		for _, d := range deps {
			if d == e {
				return
			}
		}
		deps = append(deps, e)
	}
	if n.Language == "python" {
		return nil, &source.Error{File: n.File, Class: source.Runtime, Msg: "Python models do not run on this adapter", Hint: "weft runs SQL models"}
	}
	if n.Test != nil && n.Test.Generic {
		kwargs, err := sc.TestKwargs()
		if err != nil {
			return nil, err
		}
		sc.Set("_dbt_generic_test_kwargs", kwargs)
	}
	out, err := sc.RenderNode(n)
	if err != nil {
		return nil, err
	}
	r.bare, r.marks = out.Text, out.Marks
	for _, d := range deps {
		if err := c.addCTEs(ctx, r, d, conn, within); err != nil {
			return nil, err
		}
	}
	r.SQL = r.bare
	if len(r.CTEs) > 0 {
		r.inject()
	}
	sc.SetCode(r.SQL)
	return r, nil
}

// addCTEs puts an ephemeral model, after those that it uses itself, into r.
func (c *Compiler) addCTEs(ctx context.Context, r *Result, e *manifest.Node, conn *scope.Conn, within []string) error {
	sub, err := c.Ephemeral(ctx, e, conn, within)
	if err != nil {
		return err
	}
	for _, cte := range sub.CTEs {
		r.add(cte)
	}
	r.add(artifact.CTE{ID: e.ID, SQL: fmt.Sprintf(" %s as (\n%s\n)", scope.CTEPrefix+e.Alias, sub.bare)})
	return nil
}

func (r *Result) add(cte artifact.CTE) {
	for _, have := range r.CTEs {
		if have.ID == cte.ID {
			return
		}
	}
	r.CTEs = append(r.CTEs, cte)
}

// Ephemeral compiles an ephemeral model, once for all who use it.
func (c *Compiler) Ephemeral(ctx context.Context, e *manifest.Node, conn *scope.Conn, within []string) (*Result, error) {
	c.mu.Lock()
	o := c.ephemeral[e.ID]
	if o == nil {
		o = &once{}
		c.ephemeral[e.ID] = o
	}
	c.mu.Unlock()
	o.Do(func() {
		o.result, o.err = c.node(ctx, e, conn, within)
		if o.err == nil && c.Done != nil {
			o.err = c.Done(e, o.result)
		}
		if o.err != nil {
			o.err = c.heading(o.err, e)
		}
	})
	return o.result, o.err
}

// Ephemerals gives the ephemeral models that were compiled, by id.
func (c *Compiler) Ephemerals() map[string]*Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]*Result, len(c.ephemeral))
	for id, o := range c.ephemeral {
		if o.result != nil && o.err == nil {
			out[id] = o.result
		}
	}
	return out
}

// inject puts the CTEs in: after a leading "with" (and "recursive"), or in front
// of the first word with a "with" of their own.
func (r *Result) inject() {
	list := ""
	for i, cte := range r.CTEs {
		if i > 0 {
			list += ", "
		}
		list += cte.SQL
	}
	start, after, found := leadingWith(r.bare)
	if found {
		r.cut = after
		r.SQL = r.bare[:after] + list + ", " + r.bare[after:]
		r.before = len(list) + 2
		return
	}
	r.cut = start
	head := "with" + list + " "
	r.SQL = r.bare[:start] + head + r.bare[start:]
	r.before = len(head)
}

// leadingWith finds where a statement starts, comments being part of it, and if
// its first word is "with", where that ends.
func leadingWith(sql string) (start, after int, found bool) {
	i := skipBlank(sql, 0)
	start = i
	for {
		next := skipComment(sql, i)
		if next == i {
			break
		}
		i = skipBlank(sql, next)
	}
	if !wordAt(sql, i, "with") {
		return start, 0, false
	}
	i += len("with")
	after = i
	if j := skipBlank(sql, i); wordAt(sql, j, "recursive") {
		after = j + len("recursive")
	}
	return start, skipBlank(sql, after), true
}

func skipBlank(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

func skipComment(s string, i int) int {
	switch {
	case len(s) >= i+2 && s[i:i+2] == "--":
		for i < len(s) && s[i] != '\n' {
			i++
		}
	case len(s) >= i+2 && s[i:i+2] == "/*":
		for i += 2; i < len(s); i++ {
			if len(s) >= i+2 && s[i:i+2] == "*/" {
				return i + 2
			}
		}
	}
	return i
}

func wordAt(s string, i int, word string) bool {
	if len(s) < i+len(word) {
		return false
	}
	for k := range len(word) {
		if s[i+k]|0x20 != word[k] {
			return false
		}
	}
	if len(s) == i+len(word) {
		return true
	}
	c := s[i+len(word)]
	return !(c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z')
}

// Place maps a byte of SQL back to the template: the file and position of the text
// or call that it came from. It is false for text of ephemeral models.
func (r *Result) Place(at int) (*source.File, source.Pos, bool) {
	if r.before > 0 && at >= r.cut {
		if at < r.cut+r.before {
			return nil, 0, false
		}
		at -= r.before
	}
	if at > len(r.bare) {
		return nil, 0, false
	}
	for i := len(r.marks) - 1; i >= 0; i-- {
		m := r.marks[i]
		if m.Out > at {
			continue
		}
		return m.File, m.Pos, m.File != nil
	}
	return nil, 0, false
}

// Offset gives the mark's own start, for text that was copied as it stands: the
// position in the template is then as far from the mark as in the output.
func (r *Result) Offset(at int) (*source.File, source.Pos, bool) {
	own := at
	if r.before > 0 && at >= r.cut {
		own -= r.before
	}
	f, pos, ok := r.Place(at)
	if !ok {
		return nil, 0, false
	}
	for i := len(r.marks) - 1; i >= 0; i-- {
		if m := r.marks[i]; m.Out <= own {
			delta := own - m.Out
			end := int(pos) + delta
			if end <= len(f.Text) && f.Text[pos:end] == r.bare[m.Out:own] {
				return f, pos + source.Pos(delta), true
			}
			return f, pos, true
		}
	}
	return f, pos, true
}
