package syntax

import (
	"slices"
	"strings"
	"sync"

	"weft/compiler/source"
)

// Options say what Parse reads.
type Options struct {
	// Blocks are tags of the host with a body: {% tag name … %} … {% endtag %}.
	// They become a *Block. The tags that dbt gives to Jinja (materialization,
	// test, docs) are known without being named here and become a *Macro;
	// data_test means test if it is named.
	Blocks []string

	// Start and End are the part of the file's text to read; End 0 is the end of
	// the text. Places in the tree are offsets into the whole text.
	Start, End source.Pos
}

// Parse reads a template. The error is a *source.Error of class Compilation,
// worded as Jinja2 words it.
func Parse(f *source.File, o Options) (t *Template, err error) {
	end := len(f.Text)
	if o.End > 0 {
		end = min(int(o.End), end)
	}
	start := min(max(int(o.Start), 0), end)
	t = &Template{File: f, Source: f.Text[start:end], Start: source.Pos(start)}
	t.Plain = !hasDelimiter(t.Source)
	defer func() {
		if r := recover(); r != nil {
			problem, ok := r.(*source.Error)
			if !ok {
				panic(r)
			}
			t, err = nil, problem
		}
	}()
	stack := stacks.Get().(*[]Stmt)
	p := &parser{lexer: newLexer(f, start, end), hostTags: o.Blocks, tmpl: t, stmts: (*stack)[:0]}
	p.advance()
	t.Body = p.body(nil)
	resolve(p, t)
	*stack = p.stmts
	stacks.Put(stack)
	return t, nil
}

// stacks are for bodies while they are read, whose lengths nobody knows beforehand.
var stacks = sync.Pool{New: func() any { s := make([]Stmt, 0, 64); return &s }}

// hasDelimiter reports whether s has any of the delimiters that make dbt render a
// text at all, the closing ones too.
func hasDelimiter(s string) bool {
	for i := strings.IndexByte(s, '{'); i >= 0 && i+1 < len(s); {
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return true
		}
		next := strings.IndexByte(s[i+1:], '{')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	for i := strings.IndexByte(s, '}'); i >= 0; {
		if i > 0 && (s[i-1] == '}' || s[i-1] == '%' || s[i-1] == '#') {
			return true
		}
		next := strings.IndexByte(s[i+1:], '}')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}

// maxNesting bounds brackets, operators and blocks inside each other, maxChain
// the operators in a row; both so that no text can exhaust the stack.
const (
	maxNesting = 200
	maxChain   = 2000
)

// parser is a recursive descent over the lexer's tokens. It panics with a
// *source.Error, which Parse recovers.
type parser struct {
	*lexer
	tok, ahead token
	peeked     bool
	hostTags   []string
	tmpl       *Template
	tags       []string   // open tags, for messages
	ends       [][]string // the tags that would end the open bodies
	depth      int
	stmts      []Stmt     // of the bodies that are open
	seen       source.Pos // where lines have been counted to
	lines      int32
}

func (p *parser) advance() token {
	t := p.tok
	if p.peeked {
		p.tok, p.peeked = p.ahead, false
	} else {
		p.tok = p.next()
	}
	return t
}

// look gives the token after the present one.
func (p *parser) look() token {
	if !p.peeked {
		p.ahead, p.peeked = p.next(), true
	}
	return p.ahead
}

func (p *parser) failAt(pos source.Pos, format string, args ...any) {
	p.fail(int(pos), format, args...)
}

func (p *parser) failHere(format string, args ...any) { p.failAt(p.tok.pos, format, args...) }

// want takes a token of kind k.
func (p *parser) want(k kind) token {
	if p.tok.kind != k {
		p.failWant(kindNames[k])
	}
	return p.advance()
}

func (p *parser) wantName(word string) {
	if !p.is(word) {
		p.failWant(word)
	}
	p.advance()
}

func (p *parser) failWant(what string) {
	if p.tok.kind == eof {
		p.failHere("unexpected end of template, expected %s.", quote(what))
	}
	p.failHere("expected token %s, got %s", quote(what), quote(p.tok.String()))
}

func (p *parser) take(k kind) bool {
	if p.tok.kind != k {
		return false
	}
	p.advance()
	return true
}

func (p *parser) is(word string) bool { return p.tok.kind == name && p.tok.text == word }

func (p *parser) takeName(word string) bool {
	if !p.is(word) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) isAny(words []string) bool {
	return p.tok.kind == name && slices.Contains(words, p.tok.text)
}

// line gives the line of pos, counting on from where it was asked before.
func (p *parser) line(pos source.Pos) int32 {
	if pos < p.seen || p.lines == 0 {
		p.seen, p.lines = 0, int32(max(p.file.FirstLine, 1))
	}
	p.lines += int32(strings.Count(p.src[p.seen:pos], "\n"))
	p.seen = pos
	return p.lines
}

// deeper guards recursion; the caller subtracts what it added.
func (p *parser) deeper() {
	if p.depth++; p.depth > maxNesting {
		p.failHere("the template is nested too deeply")
	}
}

func (p *parser) chain(n int) int {
	if n++; n > maxChain {
		p.failHere("the expression is too long")
	}
	return n
}

// body reads statements up to one of the tags ends, whose name is then the
// present token, or to the end of the template if there are none.
func (p *parser) body(ends []string) []Stmt {
	first := len(p.stmts)
	done := func() []Stmt {
		var out []Stmt
		if len(p.stmts) > first {
			out = append(out, p.stmts[first:]...)
		}
		clear(p.stmts[first:])
		p.stmts = p.stmts[:first]
		return out
	}
	if ends != nil {
		p.ends = append(p.ends, ends)
	}
	p.deeper()
	for p.tok.kind != eof {
		switch p.tok.kind {
		case data:
			t := p.advance()
			p.stmts = append(p.stmts, &Text{t.pos, normalize(t.text)})
		case printBegin:
			p.advance()
			pos := p.tok.pos
			x := p.tuple(p.expression, false)
			p.want(printEnd)
			p.stmts = append(p.stmts, &Output{pos, x})
		case blockBegin:
			p.advance()
			if p.isAny(ends) {
				p.ends = p.ends[:len(p.ends)-1]
				p.depth--
				return done()
			}
			s := p.statement()
			p.stmts = append(p.stmts, s)
			p.want(blockEnd)
		default:
			p.failHere("unexpected %s", quote(p.tok.String()))
		}
	}
	p.depth--
	if ends != nil {
		p.unknownTag("", p.tok.pos)
	}
	return done()
}

// block reads the end of a tag, its body, and, if drop is set, the name of the
// tag that ends it.
func (p *parser) block(drop bool, ends ...string) []Stmt {
	p.take(colon)
	p.want(blockEnd)
	b := p.body(ends)
	if drop {
		p.advance()
	}
	return b
}

// unknownTag fails for a tag that is not known here, or with an empty name for a
// body that the template ends in.
func (p *parser) unknownTag(tag string, pos source.Pos) {
	var b strings.Builder
	if tag == "" {
		b.WriteString("Unexpected end of template.")
	} else {
		b.WriteString("Encountered unknown tag " + quote(tag) + ".")
	}
	if n := len(p.ends); n > 0 {
		quoted := make([]string, len(p.ends[n-1]))
		for i, e := range p.ends[n-1] {
			quoted[i] = quote(e)
		}
		looking := strings.Join(quoted, " or ")
		if tag != "" && slices.ContainsFunc(p.ends, func(e []string) bool { return slices.Contains(e, tag) }) {
			b.WriteString(" You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for " + looking + ".")
		} else {
			b.WriteString(" Jinja was looking for the following tags: " + looking + ".")
		}
	}
	if n := len(p.tags); n > 0 {
		b.WriteString(" The innermost block that needs to be closed is " + quote(p.tags[n-1]) + ".")
	}
	p.failAt(pos, "%s", b.String())
}

// statement reads a tag, and its body if it has one, up to the closing delimiter.
func (p *parser) statement() Stmt {
	if p.tok.kind != name {
		p.failHere("tag name expected")
	}
	tag := p.tok
	open := len(p.tags)
	p.tags = append(p.tags, tag.text)
	s := p.tagged(tag)
	p.tags = p.tags[:open]
	return s
}

func (p *parser) tagged(tag token) Stmt {
	switch tag.text {
	case "for":
		return p.forLoop()
	case "if":
		return p.ifBlock()
	case "set":
		return p.set()
	case "do":
		p.advance()
		return &Do{tag.pos, p.tuple(p.expression, false)}
	case "call":
		return p.callBlock()
	case "filter":
		return p.filterBlock()
	case "with":
		return p.with()
	case "block":
		return p.namedBlock()
	case "macro", "test", "docs":
		return p.macro(tag.text)
	case "materialization":
		return p.materialization()
	case "break":
		p.advance()
		return &Break{tag.pos}
	case "continue":
		p.advance()
		return &Continue{tag.pos}
	case "print":
		return p.print()
	case "autoescape":
		p.advance()
		s := &Autoescape{Pos: tag.pos, On: p.expression()}
		s.Body = p.block(true, "endautoescape")
		return s
	case "include", "import", "from", "extends":
		return p.load()
	}
	if slices.Contains(p.hostTags, tag.text) {
		if tag.text == "data_test" {
			return p.macro(tag.text)
		}
		return p.hostBlock()
	}
	p.tags = p.tags[:len(p.tags)-1]
	p.unknownTag(tag.text, tag.pos)
	return nil
}

// print reads {% print a, b %}, which is output like {{ }}.
func (p *parser) print() Stmt {
	pos := p.advance().pos
	var items []Stmt
	for p.tok.kind != blockEnd {
		if len(items) > 0 {
			p.want(comma)
		}
		items = append(items, &Output{p.tok.pos, p.expression()})
	}
	if len(items) == 1 {
		return items[0]
	}
	return &If{Pos: pos, Cond: p.constant(&Const{Pos: pos, End: pos, Kind: True}), Then: items}
}

// forLoop reads
//
//	{% for target in iter [if cond] [recursive] %} body [{% else %} body] {% endfor %}
func (p *parser) forLoop() Stmt {
	loop := &For{Pos: p.advance().pos, Loop: -1}
	loop.Target = p.target(true, false)
	p.wantName("in")
	loop.Iter = p.tuple(p.noCond, false, "recursive")
	if p.takeName("if") {
		loop.Cond = p.expression()
	}
	loop.Recursive = p.takeName("recursive")
	loop.Body = p.block(false, "endfor", "else")
	if p.advance().text == "else" {
		loop.Else = p.block(true, "endfor")
	}
	return loop
}

// ifBlock reads
//
//	{% if cond %} body {% elif cond %} body {% else %} body {% endif %}
func (p *parser) ifBlock() Stmt {
	first := &If{Pos: p.advance().pos}
	for s, n := first, 0; ; n = p.chain(n) {
		s.Cond = p.tuple(p.noCond, false)
		s.Then = p.block(false, "elif", "else", "endif")
		switch end := p.advance(); end.text {
		case "elif":
			next := &If{Pos: end.pos, Elif: true}
			s.Else = []Stmt{next}
			s = next
			continue
		case "else":
			s.Else = p.block(true, "endif")
		}
		return first
	}
}

// set reads {% set target = value %}, or {% set target [| filter] %} body {% endset %}.
func (p *parser) set() Stmt {
	pos := p.advance().pos
	target := p.target(true, true)
	if p.take(assign) {
		return &Set{pos, target, p.tuple(p.expression, false)}
	}
	s := &SetBlock{Pos: pos, Target: target}
	if x := p.filters(nil, false); x != nil {
		s.Filter = x.(*Filter)
	}
	s.Body = p.block(true, "endset")
	return s
}

func (p *parser) with() Stmt {
	s := &With{Pos: p.advance().pos}
	for p.tok.kind != blockEnd {
		if len(s.Targets) > 0 {
			p.want(comma)
		}
		s.Targets = append(s.Targets, p.target(true, false))
		p.want(assign)
		s.Values = append(s.Values, p.expression())
	}
	s.Body = p.block(true, "endwith")
	return s
}

func (p *parser) filterBlock() Stmt {
	s := &FilterBlock{Pos: p.advance().pos}
	s.Filter = p.filters(nil, true).(*Filter)
	s.Body = p.block(true, "endfilter")
	return s
}

// callBlock reads {% call[(params)] f(args) %} body {% endcall %}.
func (p *parser) callBlock() Stmt {
	s := &CallBlock{Pos: p.advance().pos}
	s.Body = &Macro{Pos: s.Pos, Kind: IsCall}
	if p.tok.kind == lparen {
		s.Body.Params = p.params()
	}
	pos := p.tok.pos
	call, ok := p.expression().(*Call)
	if !ok {
		p.failAt(pos, "expected call")
	}
	s.Call = call
	s.Body.Body = p.block(true, "endcall")
	return s
}

// namedBlock reads {% block name [scoped] [required] %} body {% endblock [name] %}.
func (p *parser) namedBlock() Stmt {
	s := &Block{Pos: p.advance().pos, Tag: "block"}
	s.Name = p.want(name).text
	s.Scoped = p.takeName("scoped")
	s.Required = p.takeName("required")
	if p.tok.kind == sub {
		p.failHere("Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.")
	}
	s.Body = p.block(true, "endblock")
	if s.Required && slices.ContainsFunc(s.Body, notBlank) {
		p.failHere("Required blocks can only contain comments or whitespace")
	}
	p.takeName(s.Name)
	if slices.ContainsFunc(p.tmpl.Blocks, func(b *Block) bool { return b.Tag == "block" && b.Name == s.Name }) {
		p.failAt(s.Pos, "block %s defined twice", quote(s.Name))
	}
	p.tmpl.Blocks = append(p.tmpl.Blocks, s)
	return s
}

func notBlank(s Stmt) bool {
	t, ok := s.(*Text)
	return !ok || strings.TrimFunc(t.Text, isSpace) != ""
}

// hostBlock reads {% tag name %} body {% endtag %}.
func (p *parser) hostBlock() Stmt {
	tag := p.advance()
	s := &Block{Pos: tag.pos, Tag: tag.text, Name: p.want(name).text}
	s.Body = p.block(true, "end"+tag.text)
	p.tmpl.Blocks = append(p.tmpl.Blocks, s)
	return s
}

// macro reads {% macro name(params) %} body {% endmacro %}, or test in the place of
// macro, or docs, which has no parameters.
func (p *parser) macro(tag string) Stmt {
	m := &Macro{Pos: p.advance().pos, Kind: MacroKind(tag)}
	m.Tag = p.nameTarget().Name
	switch tag {
	case "docs":
		m.Name, m.Var = m.Tag, "dbt_docs__"+m.Tag
	case "test", "data_test":
		m.Kind, m.Name = IsTest, "test_"+m.Tag
	default:
		m.Name = m.Tag
	}
	if tag != "docs" {
		m.Params = p.params()
		m.Var = "dbt_macro__" + m.Name
	}
	m.Body = p.block(true, "end"+tag)
	return p.macroDone(m)
}

func (p *parser) macroDone(m *Macro) Stmt {
	m.Target = &Name{Pos: m.Pos, Name: m.Var}
	p.tmpl.Macros = append(p.tmpl.Macros, m)
	return m
}

// materialization reads
//
//	{% materialization name[, default][, adapter='x'][, supported_languages=[…]] %} body {% endmaterialization %}
func (p *parser) materialization() Stmt {
	m := &Macro{Pos: p.advance().pos, Kind: IsMaterialization, Adapter: "default"}
	m.Tag = p.want(name).text
	for p.take(comma) {
		option := p.nameTarget()
		switch option.Name {
		case "default":
			m.Adapter = "default"
		case "adapter":
			p.want(assign)
			pos := p.tok.pos
			c, ok := p.expression().(*Const)
			if !ok || c.Kind != Str {
				p.failAt(pos, "materialization %s needs a text in quotes as its adapter, not a name (in Python: 'Name' object has no attribute 'value')", quote(m.Tag))
			}
			m.Adapter = c.Str
		case "supported_languages":
			p.want(assign)
			m.Languages = p.expression()
		default:
			p.failAt(option.Pos, "materialization %s received unknown argument %s.", quote(m.Tag), quote(option.Name))
		}
	}
	if m.Languages == nil {
		sql := p.constant(&Const{Pos: m.Pos, End: m.Pos, Kind: Str, Str: "sql"})
		m.Params = []Param{{Pos: m.Pos, Name: "supported_languages", Default: &List{m.Pos, []Expr{sql}}}}
	} else {
		m.Params = []Param{{Pos: m.Pos, Name: "supported_languages", Default: m.Languages}}
	}
	m.Name = "materialization_" + m.Tag + "_" + m.Adapter
	m.Var = "dbt_macro__" + m.Name
	m.Body = p.block(true, "endmaterialization")
	return p.macroDone(m)
}

// params reads (a, b: type = default).
func (p *parser) params() []Param {
	var out []Param
	p.want(lparen)
	for p.tok.kind != rparen {
		if len(out) > 0 {
			p.want(comma)
		}
		n := p.nameTarget()
		param := Param{Pos: n.Pos, Name: n.Name}
		if p.take(colon) {
			begin := p.tok.pos
			param.Type = strings.TrimRightFunc(p.src[begin:p.typeName()], isSpace)
		}
		if p.take(assign) {
			param.Default = p.expression()
		} else if len(out) > 0 && out[len(out)-1].Default != nil {
			p.failHere("non-default argument follows default argument")
		}
		out = append(out, param)
	}
	p.want(rparen)
	return out
}

// typeName reads name or name[type, …] and gives where it ends.
func (p *parser) typeName() source.Pos {
	t := p.want(name)
	end := t.pos + source.Pos(len(t.text))
	if !p.take(lbracket) {
		return end
	}
	p.deeper()
	p.typeName()
	for p.take(comma) {
		p.typeName()
	}
	p.depth--
	return p.want(rbracket).pos + 1
}

// load reads the tags that need other templates, which dbt has none of.
func (p *parser) load() Stmt {
	tag := p.advance()
	s := &Load{Pos: tag.pos, Tag: tag.text, X: p.expression()}
	begin := p.tok.pos
	switch tag.text {
	case "include":
		if p.is("ignore") && p.look().text == "missing" {
			p.advance()
			p.advance()
		}
		p.withContext()
	case "import":
		p.wantName("as")
		s.Targets = append(s.Targets, p.nameTarget())
		p.withContext()
	case "from":
		p.wantName("import")
		p.imports(s)
	}
	s.Rest = strings.TrimRightFunc(p.src[begin:p.tok.pos], isSpace)
	return s
}

func (p *parser) withContext() bool {
	if (p.is("with") || p.is("without")) && p.look().kind == name && p.look().text == "context" {
		p.advance()
		p.advance()
		return true
	}
	return false
}

func (p *parser) imports(s *Load) {
	for {
		if len(s.Targets) > 0 {
			p.want(comma)
		}
		if p.tok.kind != name {
			p.want(name)
		}
		if p.withContext() {
			return
		}
		n := p.nameTarget()
		if strings.HasPrefix(n.Name, "_") {
			p.failAt(n.Pos, "names starting with an underline can not be imported")
		}
		if p.takeName("as") {
			n = p.nameTarget()
		}
		s.Targets = append(s.Targets, n)
		if p.withContext() || p.tok.kind != comma {
			return
		}
	}
}

// nameTarget reads a name that is going to be bound.
func (p *parser) nameTarget() *Name {
	t := p.want(name)
	if _, ok := constNames[t.text]; ok {
		p.failAt(t.pos, "can't assign to 'name'")
	}
	return &Name{Pos: t.pos, Name: t.text}
}

// target reads what a for, set or with binds: a name, names in tuples, and where
// spaces is set ns.attr too.
func (p *parser) target(tuples, spaces bool) Expr {
	pos := p.tok.pos
	primary := func() Expr { return p.primary(spaces) }
	x := p.tuple(primary, false)
	p.checkTarget(x, pos)
	return x
}

func (p *parser) checkTarget(x Expr, pos source.Pos) {
	switch x := x.(type) {
	case *Name, *NSRef:
		return
	case *Tuple:
		for _, item := range x.Items {
			switch item.(type) {
			case *Name, *NSRef, *Tuple:
				p.checkTarget(item, pos)
			default:
				p.failAt(pos, "can't assign to 'tuple'")
			}
		}
		return
	case *Const:
		p.failAt(pos, "can't assign to 'const'")
	case *List:
		p.failAt(pos, "can't assign to 'list'")
	case *Dict:
		p.failAt(pos, "can't assign to 'dict'")
	}
	p.failAt(pos, "can't assign to this")
}
