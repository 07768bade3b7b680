package syntax

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"weft/compiler/source"
)

// kind is what a token is.
type kind uint8

const (
	eof kind = iota
	data
	printBegin
	printEnd
	blockBegin
	blockEnd
	name
	str
	integer
	float

	add
	sub
	mul
	div
	floorDiv
	mod
	pow
	tilde
	lbracket
	rbracket
	lparen
	rparen
	lbrace
	rbrace
	eq
	ne
	gt
	ge
	lt
	le
	assign
	dot
	colon
	pipe
	comma
	semicolon
)

// kindNames are what messages call the kinds, after Jinja2.
var kindNames = [...]string{
	eof: "end of template", data: "template data / text",
	printBegin: "begin of print statement", printEnd: "end of print statement",
	blockBegin: "begin of statement block", blockEnd: "end of statement block",
	name: "name", str: "string", integer: "integer", float: "float",
	add: "+", sub: "-", mul: "*", div: "/", floorDiv: "//", mod: "%", pow: "**", tilde: "~",
	lbracket: "[", rbracket: "]", lparen: "(", rparen: ")", lbrace: "{", rbrace: "}",
	eq: "==", ne: "!=", gt: ">", ge: ">=", lt: "<", le: "<=",
	assign: "=", dot: ".", colon: ":", pipe: "|", comma: ",", semicolon: ";",
}

// token is a kind and the slice of the source that it covers. For data the text
// is what is left after trimming.
type token struct {
	kind kind
	pos  source.Pos
	text string
}

func (t token) String() string {
	if t.kind == name {
		return t.text
	}
	return kindNames[t.kind]
}

// mode is what the lexer reads: text, or the code of a print statement or block.
type mode uint8

const (
	inText mode = iota
	inPrint
	inBlock
)

// lexer hands out tokens one by one. All rules about whitespace are here.
type lexer struct {
	file  *source.File
	start int    // of the part that is read, in file.Text
	src   string // file.Text up to the end of the part
	pos   int
	mode  mode
	open  []byte // closing brackets that are due, innermost last
	last  source.Pos
}

func newLexer(f *source.File, start, end int) *lexer {
	return &lexer{file: f, start: start, src: trimNewline(f.Text[:end], start), pos: start}
}

// trimNewline drops the one newline that ends the text, of any convention.
func trimNewline(s string, start int) string {
	for _, nl := range []string{"\r\n", "\n", "\r"} {
		if len(s)-start >= len(nl) && strings.HasSuffix(s, nl) {
			return s[:len(s)-len(nl)]
		}
	}
	return s
}

// fail panics with a syntax error at pos; Parse recovers it.
func (l *lexer) fail(pos int, format string, args ...any) {
	panic(l.problem(source.Pos(pos), fmt.Sprintf(format, args...)))
}

func (l *lexer) problem(pos source.Pos, msg string) *source.Error {
	return &source.Error{
		File: l.file, Class: source.Compilation, Msg: msg,
		Span: source.Span{Start: pos, End: pos},
	}
}

// next reads one token.
func (l *lexer) next() token {
	var t token
	if l.mode == inText {
		t = l.text()
	} else {
		t = l.code()
	}
	if t.kind == eof {
		t.pos = l.last // the end is reported where the last token began, as Jinja2 does
	}
	l.last = t.pos
	return t
}

// text reads text up to a delimiter, or the delimiter.
func (l *lexer) text() token {
	for l.pos < len(l.src) {
		at := l.delimiter()
		if at > l.pos {
			begin := l.pos
			l.pos = at
			s := l.src[begin:at]
			if at+2 < len(l.src) && l.src[at+2] == '-' {
				s = trimRight(s)
			}
			if s != "" {
				return token{data, source.Pos(begin), s}
			}
			continue
		}
		switch l.src[at+1] {
		case '{':
			l.enter(inPrint)
			return token{printBegin, source.Pos(at), l.src[at:l.pos]}
		case '#':
			l.comment()
		default:
			if t, ok := l.raw(); ok {
				if t.text != "" {
					return t
				}
				continue
			}
			l.enter(inBlock)
			return token{blockBegin, source.Pos(at), l.src[at:l.pos]}
		}
	}
	return token{kind: eof}
}

// delimiter gives where the next {{, {% or {# is, or the end of the text.
func (l *lexer) delimiter() int {
	at := l.pos
	for {
		i := strings.IndexByte(l.src[at:], '{')
		if i < 0 || at+i+1 >= len(l.src) {
			return len(l.src)
		}
		at += i
		switch l.src[at+1] {
		case '{', '%', '#':
			return at
		}
		at++
	}
}

// enter skips an opening delimiter and its sign.
func (l *lexer) enter(m mode) {
	l.mode = m
	l.pos = skipSign(l.src, l.pos+2)
	l.open = l.open[:0]
}

func skipSign(s string, at int) int {
	if at < len(s) && (s[at] == '-' || s[at] == '+') {
		at++
	}
	return at
}

// comment skips {# … #}. An opening delimiter that ends the text is let pass, as
// Jinja2 does.
func (l *lexer) comment() {
	begin := skipSign(l.src, l.pos+2)
	if begin >= len(l.src) {
		l.pos = len(l.src)
		return
	}
	i := strings.Index(l.src[begin:], "#}")
	if i < 0 {
		l.fail(l.pos, "Missing end of comment tag")
	}
	l.pos = begin + i + 2
	if i > 0 && l.src[begin+i-1] == '-' {
		l.pos = skipSpace(l.src, l.pos)
	}
}

// raw reads {% raw %} … {% endraw %}; what is between is data.
func (l *lexer) raw() (token, bool) {
	end, trim := rawTag(l.src, l.pos, "raw")
	if end < 0 || l.src[end-3] == '+' {
		return token{}, false
	}
	begin := end
	if trim {
		begin = skipSpace(l.src, begin)
	}
	if begin >= len(l.src) {
		l.pos = len(l.src)
		return token{}, true
	}
	for at := begin; ; at += 2 {
		i := strings.Index(l.src[at:], "{%")
		if i < 0 {
			l.fail(l.pos, "Missing end of raw directive")
		}
		at += i
		end, trim := rawTag(l.src, at, "endraw")
		if end < 0 {
			continue
		}
		s := l.src[begin:at]
		if l.src[at+2] == '-' {
			s = trimRight(s)
		}
		l.pos = end
		if trim {
			l.pos = skipSpace(l.src, end)
		}
		return token{data, source.Pos(begin), s}, true
	}
}

// rawTag gives where the tag at ends, -1 if it is not this tag, and whether it
// eats the whitespace after it.
func rawTag(s string, at int, tag string) (end int, trim bool) {
	at = skipSpace(s, skipSign(s, at+2))
	if !strings.HasPrefix(s[at:], tag) {
		return -1, false
	}
	at = skipSpace(s, at+len(tag))
	sign := skipSign(s, at)
	if !strings.HasPrefix(s[sign:], "%}") {
		return -1, false
	}
	return sign + 2, sign > at && s[at] == '-'
}

// code reads one token between delimiters.
func (l *lexer) code() token {
	l.pos = skipSpace(l.src, l.pos)
	at := l.pos
	if at >= len(l.src) {
		return token{kind: eof}
	}
	if len(l.open) == 0 {
		if t, ok := l.leave(at); ok {
			return t
		}
	}
	c := l.src[at]
	switch {
	case c >= '0' && c <= '9':
		return l.number(at)
	case c == '"' || c == '\'':
		return l.str(at, c)
	case c < utf8.RuneSelf && !identByte[c]:
		return l.operator(at)
	}
	return l.ident(at)
}

// leave reads the closing delimiter of the mode.
func (l *lexer) leave(at int) (token, bool) {
	i := at
	closer, k := "}}", printEnd
	if l.mode == inBlock {
		closer, k = "%}", blockEnd
		i = skipSign(l.src, at)
	} else if l.src[at] == '-' {
		i++
	}
	if !strings.HasPrefix(l.src[i:], closer) {
		return token{}, false
	}
	l.pos = i + 2
	if l.src[at] == '-' {
		l.pos = skipSpace(l.src, l.pos)
	}
	l.mode = inText
	return token{k, source.Pos(at), closer}, true
}

// number reads an integer or a float. A float has digits on both sides of its
// point, and after a dot there is none: x.0.1 are two integers.
func (l *lexer) number(at int) token {
	if end := floatEnd(l.src, at); end > 0 && (at == l.start || l.src[at-1] != '.') {
		l.pos = end
		return token{float, source.Pos(at), l.src[at:end]}
	}
	l.pos = integerEnd(l.src, at)
	return token{integer, source.Pos(at), l.src[at:l.pos]}
}

func floatEnd(s string, at int) int {
	end := digits(s, at)
	found := false
	if end < len(s) && s[end] == '.' {
		if e := digits(s, end+1); e > end+1 {
			end, found = e, true
		}
	}
	if end < len(s) && s[end]|0x20 == 'e' {
		if sign := skipSign(s, end+1); digits(s, sign) > sign {
			return digits(s, sign)
		}
	}
	if !found {
		return 0
	}
	return end
}

// digits gives where a run of digits ends; underscores stand only between them.
func digits(s string, at int) int {
	for at < len(s) && (isDigit(s[at]) || s[at] == '_' && at > 0 && isDigit(s[at-1]) && at+1 < len(s) && isDigit(s[at+1])) {
		at++
	}
	return at
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func integerEnd(s string, at int) int {
	if s[at] != '0' {
		return digits(s, at)
	}
	end := at + 1
	is := func(c byte) bool { return c == '0' }
	if end < len(s) {
		switch s[end] | 0x20 {
		case 'b':
			is, end = func(c byte) bool { return c == '0' || c == '1' }, end+1
		case 'o':
			is, end = func(c byte) bool { return c >= '0' && c <= '7' }, end+1
		case 'x':
			is, end = func(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }, end+1
		}
	}
	begin := end
	for end < len(s) {
		i := end
		if s[i] == '_' && i+1 < len(s) {
			i++
		}
		if !is(s[i]) {
			break
		}
		end = i + 1
	}
	if end == begin {
		return at + 1 // 0x without a digit is the number 0 and a name
	}
	return end
}

func (l *lexer) str(at int, quote byte) token {
	for i := at + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			i++
		case quote:
			l.pos = i + 1
			return token{str, source.Pos(at), l.src[at:l.pos]}
		}
	}
	l.badChar(at)
	return token{}
}

// identByte says which ASCII characters names are made of.
var identByte = func() (t [utf8.RuneSelf]bool) {
	for c := range t {
		t[c] = c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return t
}()

func (l *lexer) ident(at int) token {
	i := at
	for i < len(l.src) {
		c := l.src[i]
		if c < utf8.RuneSelf {
			if !identByte[c] {
				break
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(l.src[i:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) {
			break
		}
		i += size
	}
	if i == at {
		l.badChar(at)
	}
	if r, _ := utf8.DecodeRuneInString(l.src[at:]); r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.Is(unicode.Nl, r) {
		l.fail(at, "Invalid character in identifier")
	}
	l.pos = i
	return token{name, source.Pos(at), l.src[at:i]}
}

// badChar fails at a character that begins no token, in Jinja2's words: the
// number counts characters from the start of the template.
func (l *lexer) badChar(at int) {
	r, _ := utf8.DecodeRuneInString(l.src[at:])
	before := l.src[l.start:at]
	count := utf8.RuneCountInString(before) - strings.Count(before, "\r\n")
	l.fail(at, "unexpected char %s at %d", quote(string(r)), count)
}

// quote gives text as Python's repr does, for the short texts of messages.
func quote(s string) string {
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + "'"
}

func (l *lexer) operator(at int) token {
	k, n := operatorAt(l.src[at:])
	if n == 0 {
		l.badChar(at)
	}
	switch k {
	case lparen:
		l.open = append(l.open, ')')
	case lbracket:
		l.open = append(l.open, ']')
	case lbrace:
		l.open = append(l.open, '}')
	case rparen, rbracket, rbrace:
		if len(l.open) == 0 {
			l.fail(at, "unexpected '%c'", l.src[at])
		}
		due := l.open[len(l.open)-1]
		if due != l.src[at] {
			l.fail(at, "unexpected '%c', expected '%c'", l.src[at], due)
		}
		l.open = l.open[:len(l.open)-1]
	}
	l.pos = at + n
	return token{k, source.Pos(at), l.src[at:l.pos]}
}

// operatorAt gives the operator that s begins with and its length.
func operatorAt(s string) (kind, int) {
	var second byte
	if len(s) > 1 {
		second = s[1]
	}
	either := func(b byte, two, one kind) (kind, int) {
		if second == b {
			return two, 2
		}
		return one, 1
	}
	switch s[0] {
	case '+':
		return add, 1
	case '-':
		return sub, 1
	case '*':
		return either('*', pow, mul)
	case '/':
		return either('/', floorDiv, div)
	case '%':
		return mod, 1
	case '~':
		return tilde, 1
	case '[':
		return lbracket, 1
	case ']':
		return rbracket, 1
	case '(':
		return lparen, 1
	case ')':
		return rparen, 1
	case '{':
		return lbrace, 1
	case '}':
		return rbrace, 1
	case '=':
		return either('=', eq, assign)
	case '!':
		if second == '=' {
			return ne, 2
		}
	case '>':
		return either('=', ge, gt)
	case '<':
		return either('=', le, lt)
	case '.':
		return dot, 1
	case ':':
		return colon, 1
	case '|':
		return pipe, 1
	case ',':
		return comma, 1
	case ';':
		return semicolon, 1
	}
	return eof, 0
}

// isSpace is Python's str.isspace.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

func skipSpace(s string, at int) int {
	for at < len(s) {
		if c := s[at]; c < utf8.RuneSelf {
			if c > ' ' || !isSpace(rune(c)) {
				return at
			}
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[at:])
		if !isSpace(r) {
			return at
		}
		at += size
	}
	return at
}

func trimRight(s string) string { return strings.TrimRightFunc(s, isSpace) }

// normalize makes every line end of template text a newline.
func normalize(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
