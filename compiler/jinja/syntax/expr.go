package syntax

import (
	"math/big"
	"strconv"
	"strings"

	"weft/compiler/source"
)

// constNames are the names that are constants.
var constNames = map[string]ConstKind{
	"true": True, "True": True, "false": False, "False": False, "none": None, "None": None,
}

// constant numbers a literal.
func (p *parser) constant(c *Const) *Const {
	c.Index = int32(len(p.tmpl.Consts))
	p.tmpl.Consts = append(p.tmpl.Consts, c)
	return c
}

// use numbers a mention of a filter or test.
func (p *parser) use(name string, test bool, pos source.Pos) int32 {
	p.tmpl.Uses = append(p.tmpl.Uses, Use{Name: name, Test: test, Pos: pos})
	return int32(len(p.tmpl.Uses) - 1)
}

// tuple reads items by read, separated by commas, up to the end of the tag, a
// closing parenthesis or the word end. A single item without a comma is no tuple.
func (p *parser) tuple(read func() Expr, parens bool, end ...string) Expr {
	pos := p.tok.pos
	ended := func() bool {
		switch p.tok.kind {
		case printEnd, blockEnd, rparen:
			return true
		}
		return len(end) > 0 && p.isAny(end)
	}
	if ended() {
		if !parens {
			p.failHere("Expected an expression, got %s", quote(p.tok.String()))
		}
		return &Tuple{Pos: pos}
	}
	first := read()
	if p.tok.kind != comma {
		return first
	}
	items := []Expr{first}
	for p.take(comma) && !ended() {
		items = append(items, read())
	}
	return &Tuple{pos, items}
}

// expression reads
//
//	or [if or [else expression]]
func (p *parser) expression() Expr {
	p.deeper()
	x := p.or()
	for n := 0; p.is("if"); n = p.chain(n) {
		p.advance()
		cond := &Cond{Then: x, If: p.or()}
		if p.takeName("else") {
			cond.Else = p.expression()
		} else {
			cond.Line = p.line(x.Span().Start)
		}
		x = cond
	}
	p.depth--
	return x
}

// noCond reads an expression that is not a conditional one.
func (p *parser) noCond() Expr {
	p.deeper()
	x := p.or()
	p.depth--
	return x
}

func (p *parser) or() Expr {
	x := p.and()
	for n := 0; p.takeName("or"); n = p.chain(n) {
		x = &Logic{false, x, p.and()}
	}
	return x
}

func (p *parser) and() Expr {
	x := p.not()
	for n := 0; p.takeName("and"); n = p.chain(n) {
		x = &Logic{true, x, p.not()}
	}
	return x
}

func (p *parser) not() Expr {
	if !p.is("not") {
		return p.compare()
	}
	pos := p.advance().pos
	p.deeper()
	x := &Unary{pos, "not", p.not()}
	p.depth--
	return x
}

func (p *parser) compare() Expr {
	x := p.sum()
	var rest []Operand
	for {
		var op Op
		switch k := p.tok.kind; {
		case k >= eq && k <= le:
			op = Op(p.advance().text)
		case p.takeName("in"):
			op = "in"
		case p.is("not") && p.look().kind == name && p.look().text == "in":
			p.advance()
			p.advance()
			op = "not in"
		case rest == nil:
			return x
		default:
			return &Compare{x, rest}
		}
		rest = append(rest, Operand{op, p.sum()})
	}
}

func (p *parser) sum() Expr {
	x := p.concat()
	for n := 0; p.tok.kind == add || p.tok.kind == sub; n = p.chain(n) {
		op := Op(p.advance().text)
		x = &Binary{op, x, p.concat()}
	}
	return x
}

func (p *parser) concat() Expr {
	x := p.product()
	if p.tok.kind != tilde {
		return x
	}
	items := []Expr{x}
	for p.take(tilde) {
		items = append(items, p.product())
	}
	return &Concat{items}
}

func (p *parser) product() Expr {
	x := p.power()
	for n := 0; p.tok.kind >= mul && p.tok.kind <= mod; n = p.chain(n) {
		op := Op(p.advance().text)
		x = &Binary{op, x, p.power()}
	}
	return x
}

func (p *parser) power() Expr {
	x := p.unary(true)
	for n := 0; p.take(pow); n = p.chain(n) {
		x = &Binary{"**", x, p.unary(true)}
	}
	return x
}

// unary reads a signed operand with what follows it. Filters bind looser than
// the sign, so they are only read outside of it.
func (p *parser) unary(filters bool) Expr {
	var x Expr
	switch p.tok.kind {
	case sub, add:
		t := p.advance()
		p.deeper()
		x = &Unary{t.pos, Op(t.text), p.unary(false)}
		p.depth--
	default:
		x = p.primary(false)
	}
	x = p.postfix(x)
	if filters {
		x = p.filtersAndTests(x)
	}
	return x
}

// primary reads a name, a literal, or something in brackets. With spaces, ns.attr
// is a target.
func (p *parser) primary(spaces bool) Expr {
	t := p.tok
	switch t.kind {
	case name:
		p.advance()
		if kind, ok := constNames[t.text]; ok {
			return p.constant(&Const{Pos: t.pos, End: t.pos + source.Pos(len(t.text)), Kind: kind})
		}
		n := &Name{Pos: t.pos, Name: t.text}
		if spaces && p.take(dot) {
			return &NSRef{n, p.want(name).text}
		}
		return n
	case str:
		return p.strings()
	case integer:
		p.advance()
		return p.integer(t)
	case float:
		p.advance()
		c := &Const{Pos: t.pos, End: t.pos + source.Pos(len(t.text)), Kind: Float, Str: t.text}
		// The only error is a number too large, for which the result is infinite.
		c.Float, _ = strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64)
		return p.constant(c)
	case lparen:
		p.advance()
		p.deeper()
		read := p.expression
		if spaces {
			read = func() Expr { return p.primary(true) }
		}
		x := p.tuple(read, true)
		p.depth--
		p.want(rparen)
		return x
	case lbracket:
		return p.list()
	case lbrace:
		return p.dict()
	}
	p.failHere("unexpected %s", quote(t.String()))
	return nil
}

// strings reads adjacent string literals as one.
func (p *parser) strings() Expr {
	c := &Const{Pos: p.tok.pos, Kind: Str}
	for p.tok.kind == str {
		t := p.advance()
		c.End = t.pos + source.Pos(len(t.text))
		s, problem := Unescape(normalize(t.text[1 : len(t.text)-1]))
		if problem != "" {
			p.failAt(t.pos, "%s", problem)
		}
		if c.Str == "" {
			c.Str = s
		} else {
			c.Str += s
		}
	}
	return p.constant(c)
}

// maxDigits is how long a number may be.
const maxDigits = 4300

func (p *parser) integer(t token) Expr {
	c := &Const{Pos: t.pos, End: t.pos + source.Pos(len(t.text)), Kind: Int}
	digits := t.text
	if len(digits) > 1 && digits[0] == '0' && isDigit(digits[1]) {
		digits = "0" // only zeros may follow a zero
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(digits, "_", ""), 0, 64)
	if err == nil {
		c.Int = n
		return p.constant(c)
	}
	if len(digits) > maxDigits {
		p.failAt(t.pos, "a number of more than %d digits", maxDigits)
	}
	large, ok := new(big.Int).SetString(strings.ReplaceAll(digits, "_", ""), 0)
	if !ok {
		p.failAt(t.pos, "invalid number %s", quote(t.text))
	}
	c.Kind, c.Str = BigInt, large.String()
	return p.constant(c)
}

func (p *parser) list() Expr {
	x := &List{Pos: p.advance().pos}
	p.deeper()
	for p.tok.kind != rbracket {
		if len(x.Items) > 0 {
			p.want(comma)
		}
		if p.tok.kind == rbracket {
			break
		}
		x.Items = append(x.Items, p.expression())
	}
	p.depth--
	p.want(rbracket)
	return x
}

func (p *parser) dict() Expr {
	x := &Dict{Pos: p.advance().pos}
	p.deeper()
	for p.tok.kind != rbrace {
		if len(x.Items) > 0 {
			p.want(comma)
		}
		if p.tok.kind == rbrace {
			break
		}
		key := p.expression()
		p.want(colon)
		x.Items = append(x.Items, Pair{key, p.expression()})
	}
	p.depth--
	p.want(rbrace)
	return x
}

// postfix reads .attr, [key] and (args) after x.
func (p *parser) postfix(x Expr) Expr {
	for n := 0; ; n = p.chain(n) {
		switch p.tok.kind {
		case dot:
			x = p.attr(x)
		case lbracket:
			x = p.index(x)
		case lparen:
			x = &Call{x, p.args()}
		default:
			return x
		}
	}
}

func (p *parser) attr(x Expr) Expr {
	p.advance()
	switch t := p.advance(); t.kind {
	case name:
		return &Attr{x, t.text, t.pos}
	case integer:
		return &Index{x, p.integer(t)}
	default:
		p.failAt(t.pos, "expected name or number")
	}
	return nil
}

// index reads [key], where the key may be a slice or several of them.
func (p *parser) index(x Expr) Expr {
	pos := p.advance().pos
	p.deeper()
	var keys []Expr
	for p.tok.kind != rbracket {
		if len(keys) > 0 {
			p.want(comma)
		}
		if p.tok.kind == rbracket {
			break
		}
		keys = append(keys, p.key())
	}
	p.depth--
	p.want(rbracket)
	if len(keys) == 1 {
		return &Index{x, keys[0]}
	}
	return &Index{x, &Tuple{pos, keys}}
}

// key reads an expression or start:stop:step.
func (p *parser) key() Expr {
	s := &Slice{Pos: p.tok.pos}
	if p.tok.kind != colon {
		s.Start = p.expression()
		if p.tok.kind != colon {
			return s.Start
		}
	}
	p.advance()
	part := func() Expr {
		switch p.tok.kind {
		case colon, rbracket, comma:
			return nil
		}
		return p.expression()
	}
	s.Stop = part()
	if p.take(colon) && p.tok.kind != colon {
		s.Step = part()
	}
	return s
}

// args reads (a, b, k=v, *rest, **more).
func (p *parser) args() Args {
	var a Args
	open := p.want(lparen)
	ensure := func(ok bool) {
		if !ok {
			p.failAt(open.pos, "invalid syntax for function call expression")
		}
	}
	p.deeper()
	for first := true; p.tok.kind != rparen; first = false {
		if !first {
			p.want(comma)
			if p.tok.kind == rparen {
				break
			}
		}
		switch {
		case p.take(mul):
			ensure(a.Star == nil && a.DoubleStar == nil)
			a.Star = p.expression()
		case p.take(pow):
			ensure(a.DoubleStar == nil)
			a.DoubleStar = p.expression()
		case p.tok.kind == name && p.look().kind == assign:
			ensure(a.DoubleStar == nil)
			key := p.advance()
			p.advance()
			for _, k := range a.Kwargs {
				if k.Name == key.text {
					p.failAt(key.pos, "keyword argument repeated: %s", key.text)
				}
			}
			a.Kwargs = append(a.Kwargs, Kwarg{key.text, p.expression()})
		default:
			ensure(a.Star == nil && a.DoubleStar == nil && a.Kwargs == nil)
			a.Args = append(a.Args, p.expression())
		}
	}
	p.depth--
	p.want(rparen)
	return a
}

// filtersAndTests reads | filter, is test and (args) after x.
func (p *parser) filtersAndTests(x Expr) Expr {
	for n := 0; ; n = p.chain(n) {
		switch {
		case p.tok.kind == pipe:
			x = p.filters(x, false)
		case p.is("is"):
			x = p.test(x)
		case p.tok.kind == lparen:
			x = &Call{x, p.args()}
		default:
			return x
		}
	}
}

// filters reads | name(args) as often as it stands there; inline means that the
// first one has no bar.
func (p *parser) filters(x Expr, inline bool) Expr {
	for n := 0; inline || p.tok.kind == pipe; n = p.chain(n) {
		if !inline {
			p.advance()
		}
		inline = false
		f := &Filter{X: x}
		f.Name, f.NamePos = p.dottedName()
		f.Use = p.use(f.Name, false, f.NamePos)
		if p.tok.kind == lparen {
			f.Args = p.args()
		}
		x = f
	}
	return x
}

func (p *parser) dottedName() (string, source.Pos) {
	t := p.want(name)
	s := t.text
	for p.take(dot) {
		s += "." + p.want(name).text
	}
	return s, t.pos
}

// test reads is [not] name [(args) | one argument].
func (p *parser) test(x Expr) Expr {
	p.advance()
	t := &Test{X: x, Not: p.takeName("not")}
	t.Name, t.NamePos = p.dottedName()
	t.Use = p.use(t.Name, true, t.NamePos)
	switch k := p.tok.kind; {
	case k == lparen:
		t.Args = p.args()
	case k >= name && k <= float || k == lbracket || k == lbrace:
		if p.isAny([]string{"else", "or", "and"}) {
			break
		}
		if p.is("is") {
			p.failHere("You cannot chain multiple tests with is")
		}
		t.Args.Args = []Expr{p.postfix(p.primary(false))}
	}
	return t
}
