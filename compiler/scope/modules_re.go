package scope

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/dlclark/regexp2"

	"weft/compiler/jinja"
)

// reFlag is Python's re.RegexFlag.
type reFlag int

// The flags, with Python's numbers.
const (
	reTemplate   reFlag = 1
	reIgnoreCase reFlag = 2
	reLocale     reFlag = 4
	reMultiline  reFlag = 8
	reDotAll     reFlag = 16
	reUnicode    reFlag = 32
	reVerbose    reFlag = 64
	reASCII      reFlag = 256
)

// reFlags are the flags as they print, in the order in which they print.
var reFlags = []struct {
	name, short string
	flag        reFlag
}{
	{"ASCII", "A", reASCII}, {"IGNORECASE", "I", reIgnoreCase}, {"LOCALE", "L", reLocale}, {"UNICODE", "U", reUnicode},
	{"MULTILINE", "M", reMultiline}, {"DOTALL", "S", reDotAll}, {"VERBOSE", "X", reVerbose}, {"TEMPLATE", "T", reTemplate},
}

// Type is Python's.
func (reFlag) Type() string { return "RegexFlag" }

// Truth is whether a flag is set.
func (f reFlag) Truth() bool { return f != 0 }

// String is re.IGNORECASE, or several joined by "|".
func (f reFlag) String() string {
	var names []string
	for _, row := range reFlags {
		if f&row.flag != 0 {
			names = append(names, "re."+row.name)
		}
	}
	if names == nil {
		return "re.NOFLAG"
	}
	return strings.Join(names, "|")
}

// Equal compares with ints too.
func (f reFlag) Equal(other jinja.Value) bool {
	n, ok := flagOf(other)
	return ok && n == f
}

// Arith adds flags; the sum is an int.
func (f reFlag) Arith(op string, other jinja.Value, swapped bool) (jinja.Value, error) {
	n, ok := flagOf(other)
	if !ok || op != "+" {
		return nil, nil
	}
	return jinja.Int(f + n), nil
}

// Attr gives name and value.
func (f reFlag) Attr(name string) (jinja.Value, error) {
	switch name {
	case "value":
		return jinja.Int(f), nil
	case "name":
		return jinja.Str(strings.ReplaceAll(f.String(), "re.", "")), nil
	}
	return nil, nil
}

func flagOf(v jinja.Value) (reFlag, bool) {
	switch v := v.(type) {
	case reFlag:
		return v, true
	case jinja.Int:
		return reFlag(v), true
	}
	return 0, false
}

func reModule() *jinja.Dict {
	d := jinja.NewDict()
	for _, f := range reFuncs {
		d.SetStr(f.Name, f)
	}
	d.SetStr("error", exceptionClass("re.error"))
	d.SetStr("Pattern", exceptionClass("re.Pattern"))
	d.SetStr("Match", exceptionClass("re.Match"))
	d.SetStr("RegexFlag", exceptionClass("re.RegexFlag"))
	d.SetStr("NOFLAG", reFlag(0))
	for _, row := range reFlags {
		if row.flag != reTemplate {
			d.SetStr(row.name, row.flag)
			d.SetStr(row.short, row.flag)
		}
	}
	return d
}

// pattern is Python's re.Pattern.
type pattern struct {
	source string
	flags  reFlag
	search *regexp2.Regexp // anywhere
	match  *regexp2.Regexp // at the start
	full   *regexp2.Regexp // from the start to the end
	groups int
	names  map[string]int
	order  []string // the names as they occur
}

// matchTimeout ends patterns that would try for ever.
const matchTimeout = 10 * time.Second

// compile makes a pattern of Python's notation.
func compile(source string, flags reFlag) (*pattern, error) {
	t := translator{src: []rune(source), flags: flags, names: map[string]int{}}
	text, err := t.translate()
	if err != nil {
		return nil, err
	}
	p := &pattern{source: source, flags: t.flags | reUnicode, groups: t.groups, names: t.names, order: t.order}
	if t.flags&reASCII != 0 {
		p.flags &^= reUnicode
	}
	var o regexp2.RegexOptions
	for _, row := range []struct {
		flag   reFlag
		option regexp2.RegexOptions
	}{
		{reIgnoreCase, regexp2.IgnoreCase}, {reMultiline, regexp2.Multiline}, {reDotAll, regexp2.Singleline},
		{reVerbose, regexp2.IgnorePatternWhitespace},
	} {
		if t.flags&row.flag != 0 {
			o |= row.option
		}
	}
	end := ")"
	if t.flags&reVerbose != 0 {
		end = "\n)" // the pattern may end in a comment
	}
	for _, form := range []struct {
		to   **regexp2.Regexp
		text string
	}{{&p.search, text}, {&p.match, `\G(?:` + text + end}, {&p.full, `\G(?:` + text + end + `\z`}} {
		re, err := regexp2.Compile(form.text, o)
		if err != nil {
			return nil, jinja.Raise(jinja.RegexError, "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		re.MatchTimeout = matchTimeout
		*form.to = re
	}
	return p, nil
}

// translator turns Python's notation into .NET's, which regexp2 reads. Named
// groups become numbered ones, because .NET counts them after the others.
type translator struct {
	src    []rune
	pos    int
	flags  reFlag
	out    strings.Builder
	groups int
	names  map[string]int
	order  []string
	open   []int // where the groups that are open begin
}

func (t *translator) fail(pos int, format string, args ...any) error {
	return jinja.Raise(jinja.RegexError, "%s at position %d", fmt.Sprintf(format, args...), pos)
}

func (t *translator) next(s string) bool { return strings.HasPrefix(string(t.src[t.pos:]), s) }

func (t *translator) translate() (string, error) {
	for t.pos < len(t.src) {
		var err error
		switch c := t.src[t.pos]; c {
		case '\\':
			err = t.escape(false)
		case '[':
			err = t.class()
		case '(':
			err = t.group()
		case ')':
			if len(t.open) == 0 {
				return "", t.fail(t.pos, "unbalanced parenthesis")
			}
			t.open = t.open[:len(t.open)-1]
			t.put(1)
		case '*', '+', '?':
			err = t.repeat()
		case '{':
			t.braces()
		case '#':
			if t.flags&reVerbose != 0 {
				for t.pos < len(t.src) && t.src[t.pos] != '\n' {
					t.pos++
				}
				continue
			}
			t.out.WriteString(`\#`)
			t.pos++
		case '$':
			if t.flags&reMultiline != 0 {
				t.put(1)
				continue
			}
			t.out.WriteString(`(?=\n?\z)`)
			t.pos++
		default:
			t.put(1)
		}
		if err != nil {
			return "", err
		}
	}
	if n := len(t.open); n > 0 {
		return "", t.fail(t.open[n-1], "missing ), unterminated subpattern")
	}
	return t.out.String(), nil
}

func (t *translator) put(n int) {
	t.out.WriteString(string(t.src[t.pos : t.pos+n]))
	t.pos += n
}

func (t *translator) repeat() error {
	at := t.pos
	before := rune('(')
	if at > 0 {
		before = t.src[at-1]
	}
	escaped := at > 1 && t.src[at-2] == '\\'
	if !escaped && (before == '(' || before == '|') {
		return t.fail(at, "nothing to repeat")
	}
	if at > 1 && !escaped && strings.ContainsRune("*+?", before) && t.src[at] != '?' && t.src[at] != '+' {
		return t.fail(at, "multiple repeat")
	}
	t.put(1)
	return nil
}

// braces writes {m,n}; "{,n}" starts at 0, and other braces are plain characters.
func (t *translator) braces() {
	rest := string(t.src[t.pos:])
	end := strings.IndexByte(rest, '}')
	if end < 0 {
		t.out.WriteString(`\{`)
		t.pos++
		return
	}
	low, high, ranged := strings.Cut(rest[1:end], ",")
	if strings.Trim(low+high, "0123456789") != "" || low == "" && !ranged || low == "" && high == "" {
		t.out.WriteString(`\{`)
		t.pos++
		return
	}
	if low == "" {
		low = "0"
	}
	t.out.WriteString("{" + low)
	if ranged {
		t.out.WriteString("," + high)
	}
	t.out.WriteString("}")
	t.pos += len([]rune(rest[:end+1]))
}

// escape writes a backslash and what follows.
func (t *translator) escape(inClass bool) error {
	if t.pos+1 >= len(t.src) {
		return t.fail(t.pos, "bad escape (end of pattern)")
	}
	c := t.src[t.pos+1]
	switch {
	case c == 'Z' && !inClass:
		t.out.WriteString(`\z`)
	case c == 'U' && t.pos+10 <= len(t.src):
		n, err := strconv.ParseInt(string(t.src[t.pos+2:t.pos+10]), 16, 32)
		if err != nil {
			return t.fail(t.pos, `incomplete escape \U`)
		}
		t.out.WriteString(regexp2.Escape(string(rune(n))))
		t.pos += 10
		return nil
	case (c == 'w' || c == 'W' || c == 'd' || c == 'D' || c == 's' || c == 'S') && t.flags&reASCII != 0:
		t.out.WriteString(asciiClass(c, inClass))
	case c == 'w' && !inClass:
		t.out.WriteString(`[\p{L}\p{N}_]`)
	case c == 'W' && !inClass:
		t.out.WriteString(`[^\p{L}\p{N}_]`)
	case c == 'w':
		t.out.WriteString(`\p{L}\p{N}_`)
	case c >= '1' && c <= '9' && !inClass:
		return t.backReference()
	case c < 0x80 && unicode.IsLetter(c) && !strings.ContainsRune("AbBdDsSwWafnrtvxu0", c):
		return t.fail(t.pos, `bad escape \%c`, c)
	default:
		t.put(2)
		return nil
	}
	t.pos += 2
	return nil
}

func asciiClass(c rune, inClass bool) string {
	sets := map[rune]string{'w': `a-zA-Z0-9_`, 'd': `0-9`, 's': ` \t\n\r\f\v`}
	set, ok := sets[unicode.ToLower(c)]
	switch {
	case ok && inClass && unicode.IsLower(c):
		return set
	case ok && unicode.IsLower(c):
		return "[" + set + "]"
	case !inClass:
		return "[^" + set + "]"
	}
	return `\` + string(c)
}

func (t *translator) backReference() error {
	end := t.pos + 1
	for end < len(t.src) && end < t.pos+3 && t.src[end] >= '0' && t.src[end] <= '9' {
		end++
	}
	text := string(t.src[t.pos+1 : end])
	if len(text) == 2 && end < len(t.src) && strings.Trim(text+string(t.src[end]), "01234567") == "" && text[0] < '4' {
		n, _ := strconv.ParseInt(text+string(t.src[end]), 8, 32)
		t.out.WriteString(regexp2.Escape(string(rune(n))))
		t.pos = end + 1
		return nil
	}
	n, _ := strconv.Atoi(text)
	if n > t.groups {
		return t.fail(t.pos+1, "invalid group reference %d", n)
	}
	fmt.Fprintf(&t.out, `\k<%d>`, n)
	t.pos = end
	return nil
}

// class writes [...]; a "[" inside stands for itself.
func (t *translator) class() error {
	start := t.pos
	t.put(1)
	if t.pos < len(t.src) && t.src[t.pos] == '^' {
		t.put(1)
	}
	for first := true; ; first = false {
		if t.pos >= len(t.src) {
			return t.fail(start, "unterminated character set")
		}
		switch c := t.src[t.pos]; {
		case c == ']' && !first:
			t.put(1)
			return nil
		case c == '[' || c == ']':
			t.out.WriteString(`\` + string(c))
			t.pos++
		case c == '\\':
			if err := t.escape(true); err != nil {
				return err
			}
		default:
			t.put(1)
		}
	}
}

// group writes the beginning of a group.
func (t *translator) group() error {
	start := t.pos
	switch {
	case t.next("(?P<"):
		end := t.find('>')
		if end < 0 {
			return t.fail(start+4, "missing >, unterminated name")
		}
		name := string(t.src[start+4 : end])
		if _, dup := t.names[name]; dup {
			return t.fail(start+4, "redefinition of group name %s as group %d; was group %d", jinja.Str(name).Repr(), t.groups+1, t.names[name])
		}
		if name == "" {
			return t.fail(start+4, "missing group name")
		}
		t.groups++
		t.names[name] = t.groups
		t.order = append(t.order, name)
		t.out.WriteByte('(')
		t.pos = end + 1
	case t.next("(?P="):
		end := t.find(')')
		if end < 0 {
			return t.fail(start+4, "missing ), unterminated name")
		}
		name := string(t.src[start+4 : end])
		n, ok := t.names[name]
		if !ok {
			return t.fail(start+4, "unknown group name %s", jinja.Str(name).Repr())
		}
		fmt.Fprintf(&t.out, `\k<%d>`, n)
		t.pos = end + 1
		return nil
	case t.next("(?#"):
		end := t.find(')')
		if end < 0 {
			return t.fail(start, "missing ), unterminated comment")
		}
		t.pos = end + 1
		return nil
	case t.next("(?("):
		end := t.find(')')
		if end < 0 {
			return t.fail(start+3, "missing ), unterminated name")
		}
		name := string(t.src[start+3 : end])
		if n, ok := t.names[name]; ok {
			name = strconv.Itoa(n)
		}
		t.out.WriteString("(?(" + name + ")")
		t.pos = end + 1
	case t.next("(?=") || t.next("(?!") || t.next("(?:") || t.next("(?>"):
		t.put(3)
	case t.next("(?<=") || t.next("(?<!"):
		t.put(4)
	case t.next("(?"):
		return t.inlineFlags()
	default:
		t.groups++
		t.put(1)
	}
	t.open = append(t.open, start)
	return nil
}

func (t *translator) find(c rune) int {
	for i := t.pos; i < len(t.src); i++ {
		if t.src[i] == c {
			return i
		}
	}
	return -1
}

// inlineFlags reads (?flags) at the start of a pattern, or (?flags-flags:…).
func (t *translator) inlineFlags() error {
	start := t.pos
	letters := map[rune]reFlag{'a': reASCII, 'i': reIgnoreCase, 'L': reLocale, 'm': reMultiline, 's': reDotAll, 'u': reUnicode, 'x': reVerbose}
	var set reFlag
	text := "(?"
	for i := start + 2; i < len(t.src); i++ {
		c := t.src[i]
		switch {
		case c == ')':
			if start != 0 {
				return t.fail(start, "global flags not at the start of the expression")
			}
			t.flags |= set
			t.pos = i + 1
			return nil
		case c == ':':
			t.out.WriteString(text + ":")
			t.pos = i + 1
			t.open = append(t.open, start)
			return nil
		case c == '-':
			text += "-"
		case letters[c] != 0:
			set |= letters[c]
			if c != 'a' && c != 'u' && c != 'L' {
				text += string(c)
			}
		default:
			unknown := string(c)
			if c == '<' && i+1 < len(t.src) {
				unknown += string(t.src[i+1])
			}
			return t.fail(start+1, "unknown extension ?%s", unknown)
		}
	}
	return t.fail(len(t.src), "missing -, : or )")
}

// Type is Python's.
func (*pattern) Type() string { return "re.Pattern" }

// Truth is true.
func (*pattern) Truth() bool { return true }

// String is re.compile('…').
func (p *pattern) String() string {
	s := "re.compile(" + jinja.Str(p.source).Repr()
	if f := p.flags &^ reUnicode; f != 0 {
		s += ", " + f.String()
	}
	return s + ")"
}

// Attr gives what a pattern knows of itself, or a method.
func (p *pattern) Attr(name string) (jinja.Value, error) {
	switch name {
	case "pattern":
		return jinja.Str(p.source), nil
	case "flags":
		return jinja.Int(p.flags), nil
	case "groups":
		return jinja.Int(p.groups), nil
	case "groupindex":
		d := jinja.NewDict()
		for _, n := range p.order {
			d.SetStr(n, jinja.Int(p.names[n]))
		}
		return d, nil
	}
	return patternFuncs.Bind(p, name), nil
}

// subject is the text that is searched, and the part of it that counts.
func subject(v jinja.Value) ([]rune, error) {
	s, ok := jinja.Text(v)
	if !ok {
		return nil, jinja.Raise(jinja.TypeError, "expected string or bytes-like object, got '%s'", v.Type())
	}
	return []rune(s), nil
}

// Match is Python's re.Match.
type match struct {
	re   *pattern
	text []rune
	m    *regexp2.Match
}

func reFailed(err error) error { return jinja.Raise(jinja.LimitError, "regular expression: %v", err) }

// once looks for one match from a place on.
func (p *pattern) once(re *regexp2.Regexp, text []rune, from int) (jinja.Value, error) {
	if from > len(text) {
		return jinja.None, nil
	}
	m, err := re.FindRunesMatchStartingAt(text, from)
	switch {
	case err != nil:
		return nil, reFailed(err)
	case m == nil:
		return jinja.None, nil
	}
	return &match{p, text, m}, nil
}

// all calls fn for each match, at most limit times if limit is positive.
func (p *pattern) all(text []rune, limit int, fn func(*match) error) error {
	m, err := p.search.FindRunesMatch(text)
	for n := 0; m != nil && err == nil && (limit <= 0 || n < limit); n++ {
		if err := fn(&match{p, text, m}); err != nil {
			return err
		}
		m, err = p.search.FindNextMatch(m)
	}
	if err != nil {
		return reFailed(err)
	}
	return nil
}

// Type is Python's.
func (*match) Type() string { return "re.Match" }

// Truth is true.
func (*match) Truth() bool { return true }

// String is <re.Match object; span=(0, 1), match='a'>.
func (m *match) String() string {
	return fmt.Sprintf("<re.Match object; span=(%d, %d), match=%s>", m.m.Index, m.m.Index+m.m.Length, jinja.Str(m.m.String()).Repr())
}

// group gives the text of a group, or def if the group took no part.
func (m *match) group(n int, def jinja.Value) jinja.Value {
	g := m.m.GroupByNumber(n)
	if g == nil || len(g.Captures) == 0 {
		return def
	}
	return jinja.Str(g.String())
}

// number finds a group by number or name.
func (m *match) number(v jinja.Value) (int, error) {
	n := -1
	switch v := v.(type) {
	case jinja.Int:
		n = int(v)
	case jinja.Str:
		if i, ok := m.re.names[string(v)]; ok {
			n = i
		}
	}
	if n < 0 || n > m.re.groups {
		return 0, jinja.Raise(jinja.IndexError, "no such group")
	}
	return n, nil
}

// span gives where a group begins and ends, -1 for one that took no part.
func (m *match) span(n int) (int, int) {
	g := m.m.GroupByNumber(n)
	if g == nil || len(g.Captures) == 0 {
		return -1, -1
	}
	return g.Index, g.Index + g.Length
}

// Index is m[group].
func (m *match) Index(key jinja.Value) (jinja.Value, error) {
	n, err := m.number(key)
	if err != nil {
		return nil, err
	}
	return m.group(n, jinja.None), nil
}

// Attr gives what a match knows of itself, or a method.
func (m *match) Attr(name string) (jinja.Value, error) {
	switch name {
	case "string":
		return jinja.Str(m.text), nil
	case "re":
		return m.re, nil
	case "pos":
		return jinja.Int(0), nil
	case "endpos":
		return jinja.Int(len(m.text)), nil
	case "lastindex", "lastgroup":
		return m.last(name == "lastgroup"), nil
	}
	return matchFuncs.Bind(m, name), nil
}

// last is the number or name of the group that closed last.
func (m *match) last(named bool) jinja.Value {
	best, end := 0, -1
	for n := 1; n <= m.re.groups; n++ {
		if _, e := m.span(n); e > end {
			best, end = n, e
		}
	}
	if best == 0 {
		return jinja.None
	}
	if !named {
		return jinja.Int(best)
	}
	for name, n := range m.re.names {
		if n == best {
			return jinja.Str(name)
		}
	}
	return jinja.None
}

var matchFuncs = jinja.NewMethods("re.Match",
	jinja.NewFunc("group(*args)", func(c *jinja.Call) (jinja.Value, error) {
		m := c.Self.(*match)
		args := c.Rest
		if len(args) == 0 {
			args = []jinja.Value{jinja.Int(0)}
		}
		out := make(jinja.Tuple, len(args))
		for i, arg := range args {
			v, err := m.Index(arg)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		if len(out) == 1 {
			return out[0], nil
		}
		return out, nil
	}),
	jinja.NewFunc("groups(default=none)", func(c *jinja.Call) (jinja.Value, error) {
		m := c.Self.(*match)
		out := make(jinja.Tuple, m.re.groups)
		for i := range out {
			out[i] = m.group(i+1, c.Args[0])
		}
		return out, nil
	}),
	jinja.NewFunc("groupdict(default=none)", func(c *jinja.Call) (jinja.Value, error) {
		m := c.Self.(*match)
		d := jinja.NewDict()
		for _, name := range m.re.order {
			d.SetStr(name, m.group(m.re.names[name], c.Args[0]))
		}
		return d, nil
	}),
	jinja.NewFunc("start(group=0, /)", spanPart(func(start, end int) jinja.Value { return jinja.Int(start) })),
	jinja.NewFunc("end(group=0, /)", spanPart(func(start, end int) jinja.Value { return jinja.Int(end) })),
	jinja.NewFunc("span(group=0, /)", spanPart(func(start, end int) jinja.Value {
		return jinja.Tuple{jinja.Int(start), jinja.Int(end)}
	})),
	jinja.NewFunc("expand(template)", func(c *jinja.Call) (jinja.Value, error) {
		m := c.Self.(*match)
		parts, err := m.re.template(c.Str(0))
		if err != nil {
			return nil, err
		}
		return jinja.Str(m.fill(parts)), nil
	}),
)

func spanPart(pick func(start, end int) jinja.Value) func(*jinja.Call) (jinja.Value, error) {
	return func(c *jinja.Call) (jinja.Value, error) {
		m := c.Self.(*match)
		n, err := m.number(c.Args[0])
		if err != nil {
			return nil, err
		}
		return pick(m.span(n)), nil
	}
}

// replacement is a piece of a replacement text: a text, or a group if group ≥ 0.
type replacement struct {
	text  string
	group int
}

// template reads a replacement text: \1, \g<1>, \g<name> are groups.
func (p *pattern) template(s string) ([]replacement, error) {
	var parts []replacement
	fail := func(pos int, format string, args ...any) error {
		return jinja.Raise(jinja.RegexError, "%s at position %d", fmt.Sprintf(format, args...), pos)
	}
	group := func(pos, n int) error {
		if n > p.groups {
			return fail(pos, "invalid group reference %d", n)
		}
		parts = append(parts, replacement{group: n})
		return nil
	}
	text := func(s string) { parts = append(parts, replacement{s, -1}) }
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			end := strings.IndexByte(s[i:], '\\')
			if end < 0 {
				end = len(s) - i
			}
			text(s[i : i+end])
			i += end
			continue
		}
		if i+1 == len(s) {
			return nil, fail(i, "bad escape (end of pattern)")
		}
		c := s[i+1]
		switch {
		case c == 'g':
			end := strings.IndexByte(s[i:], '>')
			if i+2 >= len(s) || s[i+2] != '<' {
				return nil, fail(i+2, "missing <")
			}
			if end < 0 {
				return nil, fail(i+3, "missing >, unterminated name")
			}
			name := s[i+3 : i+end]
			n, err := strconv.Atoi(name)
			if err != nil {
				known, ok := p.names[name]
				if name == "" {
					return nil, fail(i+3, "missing group name")
				}
				if !ok {
					return nil, jinja.Raise(jinja.IndexError, "unknown group name %s", jinja.Str(name).Repr())
				}
				n = known
			}
			if err := group(i+3, n); err != nil {
				return nil, err
			}
			i += end + 1
		case c >= '0' && c <= '9':
			n, size := templateNumber(s[i+1:])
			if size < 0 {
				text(string(rune(n)))
				i += 1 - size
				continue
			}
			if err := group(i+1, n); err != nil {
				return nil, err
			}
			i += 1 + size
		case strings.IndexByte(`abfnrtv\`, c) >= 0:
			text(string("\a\b\f\n\r\t\v\\"[strings.IndexByte(`abfnrtv\`, c)]))
			i += 2
		case c < 0x80 && unicode.IsLetter(rune(c)):
			return nil, fail(i, `bad escape \%c`, c)
		default:
			text(s[i : i+2])
			i += 2
		}
	}
	return parts, nil
}

// templateNumber reads the digits after a backslash: a group of one or two digits,
// or (size negative) a character in octal.
func templateNumber(s string) (n, size int) {
	octal := 0
	for octal < len(s) && octal < 3 && s[octal] >= '0' && s[octal] <= '7' {
		octal++
	}
	if s[0] == '0' || octal == 3 && s[0] < '4' {
		v, _ := strconv.ParseInt(s[:octal], 8, 32)
		return int(v), -octal
	}
	size = 1
	if len(s) > 1 && s[1] >= '0' && s[1] <= '9' {
		size = 2
	}
	n, _ = strconv.Atoi(s[:size])
	return n, size
}

func (m *match) fill(parts []replacement) string {
	var b strings.Builder
	for _, p := range parts {
		if p.group < 0 {
			b.WriteString(p.text)
		} else {
			b.WriteString(m.group(p.group, jinja.Str("")).String())
		}
	}
	return b.String()
}

// sub replaces matches; repl is a replacement text or a function of the match.
func (p *pattern) sub(t *jinja.Thread, repl jinja.Value, text []rune, count int) (string, int, error) {
	var parts []replacement
	template, isText := jinja.Text(repl)
	if isText {
		var err error
		if parts, err = p.template(template); err != nil {
			return "", 0, err
		}
	}
	var b strings.Builder
	end, n := 0, 0
	err := p.all(text, count, func(m *match) error {
		b.WriteString(string(text[end:m.m.Index]))
		end = m.m.Index + m.m.Length
		n++
		if isText {
			b.WriteString(m.fill(parts))
			return nil
		}
		v, err := t.Call(repl, []jinja.Value{m}, nil)
		if err != nil {
			return err
		}
		s, ok := jinja.Text(v)
		if !ok {
			return jinja.Raise(jinja.TypeError, "expected str instance, %s found", v.Type())
		}
		b.WriteString(s)
		return nil
	})
	b.WriteString(string(text[end:]))
	return b.String(), n, err
}

func (p *pattern) split(text []rune, limit int) (jinja.Value, error) {
	out := jinja.NewList()
	end := 0
	err := p.all(text, limit, func(m *match) error {
		out.Append(jinja.Str(text[end:m.m.Index]))
		for n := 1; n <= p.groups; n++ {
			out.Append(m.group(n, jinja.None))
		}
		end = m.m.Index + m.m.Length
		return nil
	})
	out.Append(jinja.Str(text[end:]))
	return out, err
}

func (p *pattern) findAll(text []rune) (jinja.Value, error) {
	out := jinja.NewList()
	err := p.all(text, 0, func(m *match) error {
		switch p.groups {
		case 0:
			out.Append(m.group(0, jinja.None))
		case 1:
			out.Append(m.group(1, jinja.Str("")))
		default:
			row := make(jinja.Tuple, p.groups)
			for n := range row {
				row[n] = m.group(n+1, jinja.Str(""))
			}
			out.Append(row)
		}
		return nil
	})
	return out, err
}

func (p *pattern) findIter(text []rune) (jinja.Value, error) {
	var matches []jinja.Value
	err := p.all(text, 0, func(m *match) error {
		matches = append(matches, m)
		return nil
	})
	return jinja.NewGenerator("callable_iterator", func() (jinja.Value, error) {
		if len(matches) == 0 {
			return nil, nil
		}
		m := matches[0]
		matches = matches[1:]
		return m, nil
	}), err
}

// patternArg gives argument i, a pattern or its text, with the flags of another argument.
func patternArg(c *jinja.Call, i, flags int) (*pattern, error) {
	f, ok := flagOf(c.Args[flags])
	if !ok {
		return nil, jinja.Raise(jinja.TypeError, "unsupported operand type(s) for &: '%s' and 'int'", c.Args[flags].Type())
	}
	if p, ok := c.Args[i].(*pattern); ok {
		if f != 0 {
			return nil, jinja.Raise(jinja.ValueError, "cannot process flags argument with a compiled pattern")
		}
		return p, nil
	}
	s, ok := jinja.Text(c.Args[i])
	if !ok {
		return nil, jinja.Raise(jinja.TypeError, "first argument must be string or compiled pattern")
	}
	return compile(s, f)
}

// onText makes a function of the module that takes a pattern, a text and flags.
func onText(run func(p *pattern, text []rune) (jinja.Value, error)) func(*jinja.Call) (jinja.Value, error) {
	return func(c *jinja.Call) (jinja.Value, error) {
		p, err := patternArg(c, 0, 2)
		if err != nil {
			return nil, err
		}
		text, err := subject(c.Args[1])
		if err != nil {
			return nil, err
		}
		return run(p, text)
	}
}

func searchIn(p *pattern, text []rune) (jinja.Value, error) { return p.once(p.search, text, 0) }
func matchIn(p *pattern, text []rune) (jinja.Value, error)  { return p.once(p.match, text, 0) }
func fullIn(p *pattern, text []rune) (jinja.Value, error)   { return p.once(p.full, text, 0) }

// replacing makes sub and subn; first is where their arguments begin.
func replacing(counted bool, of func(c *jinja.Call) (p *pattern, first int, err error)) func(*jinja.Call) (jinja.Value, error) {
	return func(c *jinja.Call) (jinja.Value, error) {
		p, first, err := of(c)
		if err != nil {
			return nil, err
		}
		text, err := subject(c.Args[first+1])
		if err != nil {
			return nil, err
		}
		s, n, err := p.sub(c.Thread, c.Args[first], text, int(c.Int(first+2)))
		if err != nil {
			return nil, err
		}
		if counted {
			return jinja.Tuple{jinja.Str(s), jinja.Int(n)}, nil
		}
		return jinja.Str(s), nil
	}
}

func modulePattern(c *jinja.Call) (*pattern, int, error) {
	p, err := patternArg(c, 0, 4)
	return p, 1, err
}

func ownPattern(c *jinja.Call) (*pattern, int, error) { return c.Self.(*pattern), 0, nil }

var reFuncs = []*jinja.Func{
	jinja.NewFunc("compile(pattern, flags=0)", func(c *jinja.Call) (jinja.Value, error) {
		p, err := patternArg(c, 0, 1)
		if err != nil {
			return nil, err
		}
		return p, nil
	}),
	jinja.NewFunc("search(pattern, string, flags=0)", onText(searchIn)),
	jinja.NewFunc("match(pattern, string, flags=0)", onText(matchIn)),
	jinja.NewFunc("fullmatch(pattern, string, flags=0)", onText(fullIn)),
	jinja.NewFunc("findall(pattern, string, flags=0)", onText((*pattern).findAll)),
	jinja.NewFunc("finditer(pattern, string, flags=0)", onText((*pattern).findIter)),
	jinja.NewFunc("sub(pattern, repl, string, count=0, flags=0)", replacing(false, modulePattern)),
	jinja.NewFunc("subn(pattern, repl, string, count=0, flags=0)", replacing(true, modulePattern)),
	jinja.NewFunc("split(pattern, string, maxsplit=0, flags=0)", func(c *jinja.Call) (jinja.Value, error) {
		p, err := patternArg(c, 0, 3)
		if err != nil {
			return nil, err
		}
		text, err := subject(c.Args[1])
		if err != nil {
			return nil, err
		}
		return p.split(text, int(c.Int(2)))
	}),
	jinja.NewFunc("escape(pattern)", func(c *jinja.Call) (jinja.Value, error) {
		var b strings.Builder
		for _, r := range c.Str(0) {
			if strings.ContainsRune("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		return jinja.Str(b.String()), nil
	}),
	jinja.NewFunc("purge()", func(*jinja.Call) (jinja.Value, error) { return jinja.None, nil }),
	jinja.NewFunc("template(pattern, flags=0)", func(c *jinja.Call) (jinja.Value, error) {
		p, err := patternArg(c, 0, 1)
		if err != nil {
			return nil, err
		}
		return p, nil
	}),
}

// ranged makes a method of a pattern that takes a text and the part of it to look at.
func ranged(pick func(*pattern) *regexp2.Regexp) func(*jinja.Call) (jinja.Value, error) {
	return func(c *jinja.Call) (jinja.Value, error) {
		text, err := subject(c.Args[0])
		if err != nil {
			return nil, err
		}
		if c.Given(2) {
			text = text[:min(max(int(c.Int(2)), 0), len(text))]
		}
		p := c.Self.(*pattern)
		return p.once(pick(p), text, max(int(c.Int(1)), 0))
	}
}

// ownText makes a method of a pattern that takes a text.
func ownText(run func(p *pattern, text []rune) (jinja.Value, error)) func(*jinja.Call) (jinja.Value, error) {
	return func(c *jinja.Call) (jinja.Value, error) {
		text, err := subject(c.Args[0])
		if err != nil {
			return nil, err
		}
		return run(c.Self.(*pattern), text)
	}
}

var patternFuncs = jinja.NewMethods("re.Pattern",
	jinja.NewFunc("search(string, pos=0, endpos=none)", ranged(func(p *pattern) *regexp2.Regexp { return p.search })),
	jinja.NewFunc("match(string, pos=0, endpos=none)", ranged(func(p *pattern) *regexp2.Regexp { return p.match })),
	jinja.NewFunc("fullmatch(string, pos=0, endpos=none)", ranged(func(p *pattern) *regexp2.Regexp { return p.full })),
	jinja.NewFunc("findall(string)", ownText((*pattern).findAll)),
	jinja.NewFunc("finditer(string)", ownText((*pattern).findIter)),
	jinja.NewFunc("sub(repl, string, count=0)", replacing(false, ownPattern)),
	jinja.NewFunc("subn(repl, string, count=0)", replacing(true, ownPattern)),
	jinja.NewFunc("split(string, maxsplit=0)", func(c *jinja.Call) (jinja.Value, error) {
		text, err := subject(c.Args[0])
		if err != nil {
			return nil, err
		}
		return c.Self.(*pattern).split(text, int(c.Int(1)))
	}),
)
