package parse

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// A Python model is not run to learn what it refers to: its text is searched for calls
// of dbt.ref, dbt.source and dbt.config, whose arguments have to be literals. So only
// as much of Python is understood as it takes to find calls, definitions and returns.

// pyToken is a word of a Python file. Comments and line ends within brackets are none.
type pyToken struct {
	kind   byte // of pyName, …; the character itself for what has one
	text   string
	value  string // of texts: what they stand for
	pos    source.Pos
	indent int // of the first token of a line: its column, else -1
}

const (
	pyName    = 'n'
	pyNumber  = 'd'
	pyText    = 's'
	pyOddText = 'f' // a text that is no literal: f"…" or b"…"
	pyLineEnd = '\n'
	pyOther   = 'o'
)

// pyLexer takes a Python text apart.
type pyLexer struct {
	file   *source.File
	text   string
	at     int
	start  bool // at the start of a line
	indent int
	open   []pyToken // brackets that are not closed yet
	out    []pyToken
}

func (l *pyLexer) fail(at int, format string, args ...any) *source.Error {
	return &source.Error{File: l.file, Span: source.Span{Start: source.Pos(at), End: source.Pos(at + 1)}, Class: source.Parsing, Msg: fmt.Sprintf(format, args...)}
}

// pyTokens gives the tokens of a file; the error is a *source.Error at a text or a
// bracket that is not closed.
func pyTokens(f *source.File) ([]pyToken, error) {
	l := &pyLexer{file: f, text: f.Text, start: true}
	for l.at < len(l.text) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	if n := len(l.open); n > 0 {
		return nil, l.fail(int(l.open[n-1].pos), "'%s' was never closed", l.open[n-1].text)
	}
	return append(l.out, pyToken{kind: pyLineEnd, pos: source.Pos(len(l.text)), indent: -1}), nil
}

func (l *pyLexer) next() error {
	c := l.text[l.at]
	switch {
	case c == '#':
		for l.at < len(l.text) && l.text[l.at] != '\n' {
			l.at++
		}
	case c == '\n' || c == '\r':
		if c == '\n' && len(l.open) == 0 && !l.start {
			l.add(pyLineEnd, "", l.at)
		}
		if c == '\n' && len(l.open) == 0 {
			l.start, l.indent = true, 0
		}
		l.at++
	case c == ' ' || c == '\t' || c == '\f':
		if l.start && len(l.open) == 0 {
			if l.indent++; c == '\t' {
				l.indent = (l.indent + 7) / 8 * 8
			}
		}
		l.at++
	case c == '\\' && strings.HasPrefix(strings.TrimLeft(l.text[l.at+1:], "\r"), "\n"):
		l.at += strings.IndexByte(l.text[l.at:], '\n') + 1
	case '0' <= c && c <= '9' || c == '.' && l.at+1 < len(l.text) && '0' <= l.text[l.at+1] && l.text[l.at+1] <= '9':
		l.number()
	case isNameStart(l.text[l.at:]):
		return l.nameOrText()
	case c == '"' || c == '\'':
		return l.string("", l.at)
	default:
		return l.sign(c)
	}
	return nil
}

func (l *pyLexer) add(kind byte, text string, at int) *pyToken {
	t := pyToken{kind: kind, text: text, pos: source.Pos(at), indent: -1}
	if l.start && kind != pyLineEnd {
		t.indent, l.start = l.indent, false
	}
	l.out = append(l.out, t)
	return &l.out[len(l.out)-1]
}

func isNameStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || unicode.IsLetter(r)
}

func (l *pyLexer) number() {
	from := l.at
	for l.at < len(l.text) {
		c := l.text[l.at]
		exponent := (c == '+' || c == '-') && l.at > from && (l.text[l.at-1] == 'e' || l.text[l.at-1] == 'E') && !strings.HasPrefix(strings.ToLower(l.text[from:l.at]), "0x")
		if c != '.' && c != '_' && !exponent && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
		l.at++
	}
	l.add(pyNumber, l.text[from:l.at], from)
}

func (l *pyLexer) nameOrText() error {
	from := l.at
	for l.at < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.at:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		l.at += size
	}
	word := l.text[from:l.at]
	if l.at < len(l.text) && (l.text[l.at] == '"' || l.text[l.at] == '\'') && len(word) <= 2 && strings.Trim(strings.ToLower(word), "rbuf") == "" {
		return l.string(strings.ToLower(word), from)
	}
	l.add(pyName, word, from)
	return nil
}

// string reads a text in one or three quotes, whose prefix has been taken.
func (l *pyLexer) string(prefix string, from int) error {
	quote := l.text[l.at : l.at+1]
	if long := strings.Repeat(quote, 3); strings.HasPrefix(l.text[l.at:], long) {
		quote = long
	}
	l.at += len(quote)
	begin := l.at
	for {
		switch {
		case l.at >= len(l.text) || len(quote) == 1 && l.text[l.at] == '\n':
			return l.fail(from, "the text that begins here is not closed")
		case l.text[l.at] == '\\':
			l.at += 2
			continue
		case !strings.HasPrefix(l.text[l.at:], quote):
			l.at++
			continue
		}
		break
	}
	body := l.text[begin:l.at]
	l.at += len(quote)
	if strings.ContainsAny(prefix, "bf") {
		l.add(pyOddText, "", from)
		return nil
	}
	t := l.add(pyText, "", from)
	t.value = body
	if strings.Contains(prefix, "r") {
		return nil
	}
	var problem string
	if t.value, problem = syntax.Unescape(body); problem != "" {
		return l.fail(from, "%s", problem)
	}
	return nil
}

var pyClosing = map[byte]string{')': "(", ']': "[", '}': "{"}

func (l *pyLexer) sign(c byte) error {
	_, size := utf8.DecodeRuneInString(l.text[l.at:])
	l.add(c, l.text[l.at:l.at+size], l.at)
	switch c {
	case '(', '[', '{':
		l.open = append(l.open, l.out[len(l.out)-1])
	case ')', ']', '}':
		n := len(l.open)
		if n == 0 || l.open[n-1].text != pyClosing[c] {
			return l.fail(l.at, "unmatched '%c'", c)
		}
		l.open = l.open[:n-1]
	}
	l.at += size
	return nil
}

// pyModel reads a Python model.
type pyModel struct {
	node   *manifest.Node
	tokens []pyToken
	called *jinja.Dict // what the file says of its config
	used   [2]pyKeys   // keys that are asked for with config.get and with config.meta_get
}

type pyKeys struct{ names, defaults []jinja.Value }

// readPython takes refs, sources and config out of a Python model, and gives the config
// as one layer. Python models are tables unless the file says otherwise.
func (p *parser) readPython(n *manifest.Node) (config.Layer, error) {
	if config.IsTemplate(n.Raw) && strings.Contains(n.Raw, "{{") {
		return nil, &source.Error{Class: source.Parsing, Node: n.Describe(), Msg: "No jinja in python model code is allowed"}
	}
	tokens, err := pyTokens(n.File)
	if err != nil {
		return nil, err
	}
	m := &pyModel{node: n, tokens: tokens, called: jinja.NewDict()}
	if len(tokens) > 1 {
		if err := m.definition(); err != nil {
			return nil, err
		}
		if err := m.calls(); err != nil {
			return nil, err
		}
	}
	if _, set := m.called.GetStr("materialized"); !set {
		m.called.SetStr("materialized", jinja.Str("table"))
	}
	for i, prefix := range []string{"config", "meta"} {
		if u := m.used[i]; u.names != nil {
			m.called.SetStr(prefix+"_keys_used", jinja.NewList(u.names...))
			m.called.SetStr(prefix+"_keys_defaults", jinja.NewList(u.defaults...))
		}
	}
	n.Called = m.called
	var layer config.Layer
	for k, v := range m.called.All() {
		layer = append(layer, config.Entry{Key: k.String(), Value: v, File: n.File, Span: source.Span{Start: n.Span.Start, End: n.Span.Start + 1}})
	}
	return layer, nil
}

func (m *pyModel) fail(at pyToken, format string, args ...any) error {
	return &source.Error{File: m.node.File, Span: source.Span{Start: at.pos, End: at.pos + 1}, Class: source.Parsing, Node: m.node.Describe(), Msg: fmt.Sprintf(format, args...)}
}

// definition checks the function that makes the rows: one "def model(dbt, session)" that
// returns one thing.
func (m *pyModel) definition() error {
	var found []int
	for i, t := range m.tokens {
		if t.kind == pyName && t.text == "def" && t.indent >= 0 && m.is(i+1, "model") && m.is(i+2, "(") {
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		at := m.tokens[0]
		if len(found) > 1 {
			at = m.tokens[found[1]]
		}
		return m.fail(at, "dbt allows exactly one model defined per python file, found %d", len(found))
	}
	def := found[0]
	names := m.parameters(def + 2)
	switch {
	case len(names) != 2:
		return m.fail(m.tokens[def], "model function should have two args, `dbt` and a session to current warehouse")
	case names[0] != "dbt":
		return m.fail(m.tokens[def+3], "'dbt' not provided for model as the first argument")
	}
	return m.returns(def)
}

func (m *pyModel) is(i int, text string) bool { return i < len(m.tokens) && m.tokens[i].text == text }

// parameters gives the names of a function's positional parameters, whose opening
// bracket is at i.
func (m *pyModel) parameters(i int) []string {
	var out []string
	depth, first := 0, true
	for ; i < len(m.tokens); i++ {
		t := m.tokens[i]
		switch t.text {
		case "(", "[", "{":
			depth++
			continue
		case ")", "]", "}":
			if depth--; depth == 0 {
				return out
			}
			continue
		}
		switch {
		case depth == 1 && t.text == ",":
			first = true
		case depth == 1 && first && t.kind == pyName:
			out = append(out, t.text)
			first = false
		case depth == 1 && first && t.text == "*":
			return out
		}
	}
	return out
}

// returns checks that the function at def returns, and never several things at once.
func (m *pyModel) returns(def int) error {
	const several = "In current version, model function should return only one dataframe object"
	seen := false
	for i := def + 1; i < len(m.tokens); i++ {
		t := m.tokens[i]
		if t.indent >= 0 && t.indent <= m.tokens[def].indent {
			break
		}
		if t.kind != pyName || t.text != "return" {
			continue
		}
		seen = true
		for depth := 0; i+1 < len(m.tokens) && m.tokens[i+1].kind != pyLineEnd; i++ {
			switch m.tokens[i+1].text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			case ",":
				if depth == 0 {
					return m.fail(t, several)
				}
			}
		}
	}
	if !seen {
		return m.fail(m.tokens[def], several)
	}
	return nil
}

// calls finds what is called of "dbt".
func (m *pyModel) calls() error {
	for i := range m.tokens {
		if m.tokens[i].kind != pyName || m.tokens[i].text != "dbt" || i > 0 && m.tokens[i-1].text == "." {
			continue
		}
		name, at := "", i+1
		for m.is(at, ".") && at+1 < len(m.tokens) && m.tokens[at+1].kind == pyName {
			name += "." + m.tokens[at+1].text
			at += 2
		}
		do := pyCalls[name]
		if do == nil || !m.is(at, "(") {
			continue
		}
		args, kwargs, err := m.arguments(at)
		if err != nil {
			return err
		}
		if err := do(m, m.tokens[i], args, kwargs); err != nil {
			return err
		}
	}
	return nil
}

var pyCalls = map[string]func(m *pyModel, at pyToken, args []jinja.Value, kwargs *jinja.Dict) error{
	".ref": (*pyModel).ref, ".source": (*pyModel).source, ".config": (*pyModel).config,
	".config.get": func(m *pyModel, at pyToken, args []jinja.Value, _ *jinja.Dict) error {
		return m.asked(at, &m.used[0], "dbt.config.get", args)
	},
	".config.meta_get": func(m *pyModel, at pyToken, args []jinja.Value, _ *jinja.Dict) error {
		return m.asked(at, &m.used[1], "dbt.config.meta_get", args)
	},
}

func (m *pyModel) bad(at pyToken, format string, args ...any) error {
	return &source.Error{File: m.node.File, Span: source.Span{Start: at.pos, End: at.pos + 3}, Class: source.Compilation, Msg: fmt.Sprintf(format, args...)}
}

func (m *pyModel) ref(at pyToken, args []jinja.Value, kwargs *jinja.Dict) error {
	if len(args) == 0 || len(args) > 2 {
		return m.bad(at, "ref() takes at most two arguments (%d given)", len(args))
	}
	r := manifest.Ref{Name: args[len(args)-1].String(), Span: source.Span{Start: at.pos, End: at.pos + 3}}
	if len(args) == 2 {
		r.Package = args[0].String()
	}
	for _, key := range []string{"v", "version"} {
		if v, ok := kwargs.GetStr(key); ok {
			r.Version = v
		}
	}
	m.node.Refs = append(m.node.Refs, r)
	return nil
}

func (m *pyModel) source(at pyToken, args []jinja.Value, _ *jinja.Dict) error {
	if len(args) != 2 {
		return m.bad(at, "source() takes exactly two arguments (%d given)", len(args))
	}
	m.node.Sources = append(m.node.Sources, [2]string{args[0].String(), args[1].String()})
	return nil
}

func (m *pyModel) config(_ pyToken, args []jinja.Value, kwargs *jinja.Dict) error {
	layers := []config.Layer{nil}
	for _, d := range append(slices.Clone(args), kwargs) {
		if given, ok := d.(*jinja.Dict); ok {
			for k, v := range given.All() {
				layers[0] = append(layers[0], config.Entry{Key: k.String(), Value: v})
			}
		}
	}
	var before config.Layer
	for k, v := range m.called.All() {
		before = append(before, config.Entry{Key: k.String(), Value: v})
	}
	if before != nil {
		layers = append([]config.Layer{before}, layers...)
	}
	m.called = called(config.Models, layers)
	return nil
}

// asked notes a key that the model asks for: the warehouse gets the values of those.
func (m *pyModel) asked(at pyToken, into *pyKeys, what string, args []jinja.Value) error {
	if len(args) == 0 {
		return m.fail(at, "%s() requires at least one argument", what)
	}
	into.names = append(into.names, args[0])
	into.defaults = append(into.defaults, first(append(args, jinja.None)[1]))
	return nil
}

// arguments reads the arguments of a call, whose opening bracket is at i. All have to be
// literals.
func (m *pyModel) arguments(i int) (args []jinja.Value, kwargs *jinja.Dict, err error) {
	kwargs = jinja.NewDict()
	l := &pyLiteral{m: m, at: i + 1}
	for !m.is(l.at, ")") {
		name := ""
		if m.tokens[l.at].kind == pyName && m.is(l.at+1, "=") {
			name = m.tokens[l.at].text
			l.at += 2
		}
		v, err := l.value()
		if err != nil {
			return nil, nil, err
		}
		if name != "" {
			kwargs.SetStr(name, v)
		} else {
			args = append(args, v)
		}
		if m.is(l.at, ",") {
			l.at++
		} else if !m.is(l.at, ")") {
			return nil, nil, l.odd()
		}
	}
	return args, kwargs, nil
}

// pyLiteral reads literals.
type pyLiteral struct {
	m     *pyModel
	at    int
	depth int
}

// maxPyDepth is how deep brackets of a literal may stand in each other; Python itself
// stops at about as many.
const maxPyDepth = 200

func (l *pyLiteral) odd() error {
	t := l.m.tokens[min(l.at, len(l.m.tokens)-1)]
	return &source.Error{File: l.m.node.File, Span: source.Span{Start: t.pos, End: t.pos + 1}, Class: source.Parsing,
		Msg:  "the arguments of dbt.ref(), dbt.source(), dbt.config() and dbt.config.get() are Python literals (as ast.literal_eval takes them), since the file is not run to learn what it refers to",
		Hint: "write the value itself here"}
}

func (l *pyLiteral) value() (jinja.Value, error) {
	if l.depth++; l.depth > maxPyDepth {
		return nil, l.odd()
	}
	defer func() { l.depth-- }()
	t := l.m.tokens[l.at]
	switch {
	case t.kind == pyText:
		text := ""
		for l.m.tokens[l.at].kind == pyText {
			text += l.m.tokens[l.at].value
			l.at++
		}
		return jinja.Str(text), nil
	case t.kind == pyNumber:
		l.at++
		return l.number(t.text)
	case t.text == "-" || t.text == "+":
		l.at++
		v, err := l.value()
		if err != nil || t.text == "+" {
			return v, err
		}
		return negated(v)
	case t.kind == pyName && (t.text == "True" || t.text == "False"):
		l.at++
		return jinja.Bool(t.text == "True"), nil
	case t.kind == pyName && t.text == "None":
		l.at++
		return jinja.None, nil
	case t.text == "[":
		list, err := l.list("]")
		return jinja.NewList(list...), err
	case t.text == "(":
		return l.tuple()
	case t.text == "{":
		return l.dict()
	}
	return nil, l.odd()
}

func (l *pyLiteral) number(text string) (jinja.Value, error) {
	plain := strings.ReplaceAll(text, "_", "")
	if n, ok := new(big.Int).SetString(text, 0); ok {
		return jinja.NewInt(n), nil
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil {
		l.at--
		return nil, l.odd()
	}
	return jinja.Float(f), nil
}

func negated(v jinja.Value) (jinja.Value, error) {
	switch v := v.(type) {
	case jinja.Int:
		return -v, nil
	case jinja.Float:
		return -v, nil
	}
	return v, nil
}

// list reads values up to a closing bracket; the opening one is at l.at.
func (l *pyLiteral) list(end string) ([]jinja.Value, error) {
	l.at++
	var out []jinja.Value
	for !l.m.is(l.at, end) {
		v, err := l.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if l.m.is(l.at, ",") {
			l.at++
		} else if !l.m.is(l.at, end) {
			return nil, l.odd()
		}
	}
	l.at++
	return out, nil
}

// tuple reads a value in brackets, or several, which are a list in a manifest.
func (l *pyLiteral) tuple() (jinja.Value, error) {
	list, err := l.list(")")
	if err != nil {
		return nil, err
	}
	if len(list) == 1 && l.m.tokens[l.at-2].text != "," {
		return list[0], nil
	}
	return jinja.NewList(list...), nil
}

func (l *pyLiteral) dict() (jinja.Value, error) {
	l.at++
	out := jinja.NewDict()
	for !l.m.is(l.at, "}") {
		k, err := l.value()
		if err != nil {
			return nil, err
		}
		if !l.m.is(l.at, ":") {
			return nil, l.odd()
		}
		l.at++
		v, err := l.value()
		if err != nil {
			return nil, err
		}
		out.Set(k, v)
		if l.m.is(l.at, ",") {
			l.at++
		} else if !l.m.is(l.at, "}") {
			return nil, l.odd()
		}
	}
	l.at++
	return out, nil
}
