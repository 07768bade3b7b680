package jinja

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordwrapFilter wraps each line on its own, as Python's textwrap does.
func wordwrapFilter(c *Call) (Value, error) {
	newline := "\n"
	if c.Args[3] != Value(None) {
		newline = c.Str(3)
	}
	s, ok := Text(c.Args[0])
	if !ok {
		if u, undefined := c.Args[0].(*Undefined); undefined {
			return nil, u.fail()
		}
		return nil, Raise(AttributeError, "'%s' object has no attribute 'splitlines'", c.Args[0].Type())
	}
	width, err := c.intArg(1)
	if err != nil {
		return nil, err
	}
	var out []string
	size := int64(0)
	for _, line := range splitLines(s, false) {
		if width <= 0 && line != "" {
			return nil, Raise(ValueError, "invalid width %s (must be > 0)", Repr(c.Args[1]))
		}
		w := wrapper{width: width, breakWords: c.Bool(2), hyphens: c.Bool(4)}
		lines := w.wrap(wrapChunks(line, c.Bool(4)))
		size += int64(len(line)) + int64(len(lines)+1)*int64(len(newline))
		if err := checkSize(1, size); err != nil {
			return nil, err
		}
		out = append(out, strings.Join(lines, newline))
	}
	return Str(strings.Join(out, newline)), nil
}

type wrapper struct {
	width      int
	breakWords bool
	hyphens    bool // cut after hyphens where that helps
}

// wrap puts as many chunks into each line as fit, and drops blanks at the ends of lines.
func (w wrapper) wrap(chunks []string) []string {
	var lines []string
	for len(chunks) > 0 {
		if len(lines) > 0 && isBlank(chunks[0]) {
			chunks = chunks[1:]
		}
		var line []string
		size := 0
		for len(chunks) > 0 {
			n := utf8.RuneCountInString(chunks[0])
			if size+n > w.width {
				break
			}
			line = append(line, chunks[0])
			size += n
			chunks = chunks[1:]
		}
		if len(chunks) > 0 && utf8.RuneCountInString(chunks[0]) > w.width {
			line, chunks = w.long(line, chunks, size)
		}
		if n := len(line); n > 0 && isBlank(line[n-1]) {
			line = line[:n-1]
		}
		if len(line) > 0 {
			lines = append(lines, strings.Join(line, ""))
		}
	}
	return lines
}

// long deals with a first chunk that is wider than a line.
func (w wrapper) long(line, chunks []string, size int) ([]string, []string) {
	space := 1
	if w.width >= 1 {
		space = w.width - size
	}
	switch {
	case w.breakWords:
		// The piece may be empty; then it is what the end of the line loses, and
		// a blank before it stays, as in Python.
		runes := []rune(chunks[0])
		if w.hyphens && len(runes) > space {
			// A hyphen that is not where words are cut will do, if not all before it are.
			for i := space - 1; i > 0; i-- {
				if runes[i] == '-' {
					if strings.Trim(string(runes[:i]), "-") != "" {
						space = i + 1
					}
					break
				}
			}
		}
		return append(line, string(runes[:space])), append([]string{string(runes[space:])}, chunks[1:]...)
	case len(line) == 0:
		return []string{chunks[0]}, chunks[1:]
	}
	return line, chunks
}

func isBlank(s string) bool { return strings.Trim(s, "\t\n\v\f\r ") == "" }

func isWrapSpace(r rune) bool { return strings.ContainsRune("\t\n\v\f\r ", r) }

// wrapChunks cuts a line into blanks and words; a word is cut after its hyphens
// if hyphens is set.
func wrapChunks(s string, hyphens bool) []string {
	var chunks []string
	runes := []rune(s)
	for i := 0; i < len(runes); {
		j := i
		blank := isWrapSpace(runes[i])
		for j < len(runes) && isWrapSpace(runes[j]) == blank {
			j++
		}
		if blank || !hyphens {
			chunks = append(chunks, string(runes[i:j]))
		} else {
			chunks = append(chunks, hyphenChunks(runes[i:j])...)
		}
		i = j
	}
	return chunks
}

// hyphenChunks cuts a word after a hyphen between letters, and around a dash of
// two or more hyphens.
func hyphenChunks(word []rune) []string {
	var chunks []string
	start := 0
	cut := func(end int) {
		if end > start {
			chunks = append(chunks, string(word[start:end]))
			start = end
		}
	}
	isWord := func(i int) bool {
		return i >= 0 && i < len(word) && (isWordRune(word[i]) || strings.ContainsRune(`!"'&.,?`, word[i]))
	}
	isLetter := func(i int) bool {
		return i >= 0 && i < len(word) && (unicode.IsLetter(word[i]) || word[i] == '_')
	}
	for i := 0; i < len(word); i++ {
		if word[i] != '-' {
			continue
		}
		end := i
		for end < len(word) && word[end] == '-' {
			end++
		}
		switch {
		case end-i >= 2:
			if isWord(i-1) && end < len(word) && isWordRune(word[end]) {
				cut(i)
				cut(end)
			}
		case i > start && isLetter(i-1) && (i-2 >= start && isLetter(i-2) || i-2 >= start && word[i-2] == '-' && isLetter(i-3)) &&
			isLetter(i+1) && (isLetter(i+2) || i+2 < len(word) && word[i+2] == '-' && isLetter(i+3)):
			cut(i + 1)
		}
		i = end - 1
	}
	cut(len(word))
	return chunks
}

func quoteURL(v Value, forQuery bool) string {
	s := v.String()
	if b, ok := v.(Bytes); ok {
		s = string(b)
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', isDigit(c), strings.IndexByte("_.-~", c) >= 0, c == '/' && !forQuery:
			b.WriteByte(c)
		case c == ' ' && forQuery:
			b.WriteByte('+')
		default:
			const upperHex = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}

func urlencodeFilter(c *Call) (Value, error) {
	v := c.Args[0]
	if _, ok := Text(v); ok {
		return Str(quoteURL(v, false)), nil
	}
	it, err := iterate(v)
	if err != nil {
		return Str(quoteURL(v, false)), nil
	}
	if pairs := mappingItems(v); pairs != nil {
		it = &sliceIterator{pairs}
	}
	var b strings.Builder
	for {
		item, err := it.Next()
		if err == nil {
			err = checkSize(1, int64(b.Len()))
		}
		if err != nil {
			return nil, err
		}
		if item == nil {
			return Str(b.String()), nil
		}
		pair, err := ToList(item)
		if err != nil {
			return nil, Raise(TypeError, "cannot unpack non-iterable %s object", item.Type())
		}
		if len(pair) < 2 {
			return nil, Raise(ValueError, "not enough values to unpack (expected 2, got %d)", len(pair))
		}
		if len(pair) > 2 {
			return nil, Raise(ValueError, "too many values to unpack (expected 2)")
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(quoteURL(pair[0], true) + "=" + quoteURL(pair[1], true))
	}
}

func xmlattrFilter(c *Call) (Value, error) {
	pairs, err := callItems(c)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, p := range pairs {
		key, val := p.(Tuple)[0], p.(Tuple)[1]
		if val == Value(None) || IsUndefined(val) {
			continue
		}
		name, ok := Text(key)
		if !ok {
			return nil, Raise(TypeError, "expected string or bytes-like object, got '%s'", key.Type())
		}
		if strings.ContainsFunc(name, func(r rune) bool { return isSpace(r) || strings.ContainsRune("/>=", r) }) {
			return nil, Raise(ValueError, "Invalid character in attribute name: %s", Repr(key))
		}
		b.WriteString(" " + escapeValue(key) + `="` + escapeValue(val) + `"`)
		if err := checkSize(1, int64(b.Len())); err != nil {
			return nil, err
		}
	}
	s := b.String()
	if !c.Bool(1) && s != "" {
		s = s[1:]
	}
	return Str(s), nil
}

// urlizeFilter makes links of the addresses in a text.
func urlizeFilter(c *Call) (Value, error) {
	rel := map[string]bool{"noopener": true}
	for _, word := range strings.Fields(optional(c.Args[4])) {
		rel[word] = true
	}
	if c.Bool(2) {
		rel["nofollow"] = true
	}
	attrs := ` rel="` + escapeHTML(strings.Join(sortedNames(rel), " ")) + `"`
	if target := optional(c.Args[3]); target != "" {
		attrs += ` target="` + escapeHTML(target) + `"`
	}
	limit := -1
	if c.Args[1] != Value(None) {
		limit = int(c.Int(1))
	}
	var schemes []string
	if c.Args[5] != Value(None) {
		items, err := ToList(c.Args[5])
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			schemes = append(schemes, item.String())
		}
	}
	shown := func(s string) string {
		if limit >= 0 && utf8.RuneCountInString(s) > limit {
			return string([]rune(s)[:limit]) + "..."
		}
		return s
	}
	var b strings.Builder
	text := escapeValue(c.Args[0])
	for text != "" {
		n := strings.IndexFunc(text, isSpace)
		if n < 0 {
			n = len(text)
		}
		b.WriteString(linkWord(text[:n], attrs, schemes, shown))
		if err := checkSize(1, int64(b.Len())); err != nil {
			return nil, err
		}
		text = text[n:]
		blank := len(text) - len(strings.TrimLeftFunc(text, isSpace))
		b.WriteString(text[:blank])
		text = text[blank:]
	}
	return Str(b.String()), nil
}

func optional(v Value) string {
	if v == Value(None) {
		return ""
	}
	return v.String()
}

// linkWord makes a link of one word if it is an address; opening brackets before
// it and punctuation after it stay outside.
func linkWord(word, attrs string, schemes []string, shown func(string) string) string {
	start, end := 0, len(word)
	for {
		cut := ""
		for _, p := range []string{"(", "<", "&lt;"} {
			if strings.HasPrefix(word[start:end], p) {
				cut = p
			}
		}
		if cut == "" {
			break
		}
		start += len(cut)
	}
	for {
		cut := ""
		for _, p := range []string{")", ">", ".", ",", "\n", "&gt;"} {
			if strings.HasSuffix(word[start:end], p) {
				cut = p
			}
		}
		if cut == "" {
			break
		}
		end -= len(cut)
	}
	for _, pair := range [][2]string{{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}} {
		open := strings.Count(word[start:end], pair[0])
		if open <= strings.Count(word[start:end], pair[1]) {
			continue
		}
		for range min(open, strings.Count(word[end:], pair[1])) {
			end += strings.Index(word[end:], pair[1]) + len(pair[1])
		}
	}
	return word[:start] + linkMiddle(word[start:end], attrs, schemes, shown) + word[end:]
}

func linkMiddle(s, attrs string, schemes []string, shown func(string) string) string {
	switch {
	case isWebAddress(s):
		href := s
		if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
			href = "https://" + s
		}
		return `<a href="` + href + `"` + attrs + ">" + shown(s) + "</a>"
	case strings.HasPrefix(s, "mailto:") && isMail(s[7:]):
		return `<a href="` + s + `">` + s[7:] + "</a>"
	case strings.Contains(s, "@") && !strings.HasPrefix(s, "www.") && !strings.Contains(s, ":") && isMail(s):
		return `<a href="mailto:` + s + `">` + s + "</a>"
	}
	for _, scheme := range schemes {
		if s != scheme && strings.HasPrefix(s, scheme) {
			return `<a href="` + s + `"` + attrs + ">" + s + "</a>"
		}
	}
	return s
}

// isWebAddress accepts http(s)://host… and bare hosts of a few well-known endings.
func isWebAddress(s string) bool {
	lowered := strings.ToLower(s)
	rest := strings.TrimPrefix(strings.TrimPrefix(lowered, "https://"), "http://")
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort {
		if n, err := strconv.Atoi(port); err != nil || n < 0 || len(port) > 5 {
			return false
		}
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || strings.ContainsFunc(label, func(r rune) bool { return r != '-' && r != '%' && !isWordRune(r) }) {
			return false
		}
	}
	if rest != lowered {
		_, err := url.Parse(s)
		return err == nil && (len(labels) > 1 || name == "localhost")
	}
	if strings.HasPrefix(lowered, "www.") && len(labels) > 2 {
		return true
	}
	end := labels[len(labels)-1]
	return len(labels) > 1 && (end == "com" || end == "net" || end == "int" || end == "edu" || end == "gov" || end == "org" || end == "info" || end == "mil")
}

func isMail(s string) bool {
	user, host, ok := strings.Cut(s, "@")
	if !ok || user == "" || strings.ContainsAny(user, "@") {
		return false
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || strings.ContainsFunc(label, func(r rune) bool { return r != '-' && !isWordRune(r) }) {
			return false
		}
	}
	return len(labels) > 1
}

// maxPretty is the length of the longest value that pprint lays out: each of its
// levels is tried on one line first.
const maxPretty = 4 << 20

// prettyPrint is Python's pprint.pformat: one line if it fits 80 columns, else an
// item on each line. Keys are sorted.
func prettyPrint(v Value) string {
	if containsItself(v, nil) {
		return Repr(v)
	}
	p := pretty{width: 80}
	p.format(v, 0, 0)
	return p.out.String()
}

// containsItself reports whether a list or dict is somewhere inside itself, or is
// nested so deep that it may as well be.
func containsItself(v Value, open []Value) bool {
	var items []Value
	switch v := v.(type) {
	case *List:
		items = v.Items
	case *Dict:
		items = v.Values()
	case Tuple:
		return slices.ContainsFunc(v, func(item Value) bool { return containsItself(item, open) })
	default:
		return false
	}
	if len(open) > maxNesting || slices.Contains(open, v) {
		return true
	}
	open = append(open, v)
	return slices.ContainsFunc(items, func(item Value) bool { return containsItself(item, open) })
}

type pretty struct {
	out   strings.Builder
	width int
}

// format writes v from a column; allowance is the room that what follows needs.
func (p *pretty) format(v Value, indent, allowance int) {
	flat := sortedRepr(v)
	if utf8.RuneCountInString(flat) <= p.width-indent-allowance {
		p.out.WriteString(flat)
		return
	}
	switch v := v.(type) {
	case *Dict:
		p.dict(v, indent, allowance)
	case *List:
		p.sequence(v.Items, "[", "]", indent, allowance)
	case Tuple:
		end := ")"
		if len(v) == 1 {
			end = ",)"
		}
		p.sequence(v, "(", end, indent, allowance)
	case *Set:
		items, err := sorted(v.Items(), nil, false)
		if err != nil {
			items = v.Items()
		}
		p.sequence(items, "{", "}", indent, allowance)
	case Str:
		p.text(string(v), indent, allowance)
	default:
		p.out.WriteString(flat)
	}
}

func (p *pretty) dict(d *Dict, indent, allowance int) {
	p.out.WriteByte('{')
	keys := prettyKeys(d)
	for i, k := range keys {
		room := 1
		if i == len(keys)-1 {
			room = allowance + 1
		}
		name := sortedRepr(k)
		p.out.WriteString(name + ": ")
		val, _ := d.Get(k)
		p.format(val, indent+1+utf8.RuneCountInString(name)+2, room)
		if i < len(keys)-1 {
			p.out.WriteString(",\n" + strings.Repeat(" ", indent+1))
		}
	}
	p.out.WriteByte('}')
}

func (p *pretty) sequence(items []Value, open, end string, indent, allowance int) {
	p.out.WriteString(open)
	for i, item := range items {
		room := 1
		if i == len(items)-1 {
			room = allowance + len(end)
		}
		p.format(item, indent+1, room)
		if i < len(items)-1 {
			p.out.WriteString(",\n" + strings.Repeat(" ", indent+1))
		}
	}
	p.out.WriteString(end)
}

// text cuts a long text between words into several literals.
func (p *pretty) text(s string, indent, allowance int) {
	var chunks []string
	lines := splitLines(s, true)
	outer := indent == 0
	if outer {
		indent++
		allowance++
	}
	for i, line := range lines {
		// Only what ends the text must leave room for what follows it.
		last, maxWidth := i == len(lines)-1, p.width-indent
		end := maxWidth
		if last {
			end -= allowance
		}
		if utf8.RuneCountInString(Str(line).Repr()) <= end {
			chunks = append(chunks, Str(line).Repr())
			continue
		}
		current := ""
		words := wordsWithBlanks(line)
		for j, part := range words {
			if j == len(words)-1 {
				maxWidth = end
			}
			if current != "" && utf8.RuneCountInString(Str(current+part).Repr()) > maxWidth {
				chunks = append(chunks, Str(current).Repr())
				current = ""
			}
			current += part
		}
		if current != "" {
			chunks = append(chunks, Str(current).Repr())
		}
	}
	if len(chunks) == 1 {
		p.out.WriteString(chunks[0])
		return
	}
	text := strings.Join(chunks, "\n"+strings.Repeat(" ", indent))
	if outer {
		text = "(" + text + ")"
	}
	p.out.WriteString(text)
}

// wordsWithBlanks cuts after each run of blanks.
func wordsWithBlanks(s string) []string {
	var parts []string
	for s != "" {
		i := strings.IndexFunc(s, isSpace)
		if i < 0 {
			return append(parts, s)
		}
		rest := strings.TrimLeftFunc(s[i:], isSpace)
		parts = append(parts, s[:len(s)-len(rest)])
		s = rest
	}
	return parts
}

// prettyKeys sorts the keys of a dict; keys that have no order go by their types.
func prettyKeys(d *Dict) []Value {
	keys, err := sorted(d.Keys(), func(v Value) (Value, error) { return anyOrder{v}, nil }, false)
	if err != nil {
		return d.Keys()
	}
	return keys
}

// anyOrder is a value that can be ordered with all others.
type anyOrder struct{ Value }

// Order falls back on the names of the types.
func (a anyOrder) Order(other Value) (int, bool) {
	o := other.(anyOrder)
	c, err := Compare(a.Value, o.Value)
	if err != nil {
		c = strings.Compare(a.Type(), o.Type())
	}
	return c, true
}

// sortedRepr is repr with the keys of dicts in order.
func sortedRepr(v Value) string {
	switch v := v.(type) {
	case *Dict:
		parts := make([]string, 0, v.Len())
		for _, k := range prettyKeys(v) {
			val, _ := v.Get(k)
			parts = append(parts, sortedRepr(k)+": "+sortedRepr(val))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *List:
		return "[" + reprEach(v.Items) + "]"
	case Tuple:
		if len(v) == 1 {
			return "(" + reprEach(v) + ",)"
		}
		return "(" + reprEach(v) + ")"
	}
	return Repr(v)
}

func reprEach(items []Value) string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = sortedRepr(item)
	}
	return strings.Join(parts, ", ")
}
