package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"weft/compiler/jinja"
)

// FromYAML gives the value of a node by the rules of YAML 1.1 as PyYAML has them:
// yes and off are booleans, 010 is eight, 1:30 is ninety, 2020-01-02 is a date.
// Only plain scalars without a tag are read so. Of equal keys the last counts,
// and keys that "<<" merges come first. A nil node is None. Errors have no place;
// the caller knows the node.
func FromYAML(n *yaml.Node) (jinja.Value, error) {
	var r yamlReader
	return r.value(n)
}

// LoadYAML reads a text that holds one YAML document, as PyYAML's safe_load does.
func LoadYAML(text string) (jinja.Value, error) {
	dec := yaml.NewDecoder(strings.NewReader(text))
	var n, more yaml.Node
	if err := dec.Decode(&n); err != nil {
		if errors.Is(err, io.EOF) {
			return jinja.None, nil
		}
		return nil, err
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("expected a single document in the stream")
	}
	return FromYAML(&n)
}

// yamlReader keeps the values of anchors: an alias gives the same value, not a copy.
type yamlReader struct {
	anchors map[*yaml.Node]jinja.Value // nil while the value is being made
}

func (r *yamlReader) value(n *yaml.Node) (jinja.Value, error) {
	if n == nil {
		return jinja.None, nil
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return jinja.None, nil
		}
		return r.value(n.Content[0])
	case yaml.AliasNode:
		return r.anchored(n.Alias)
	}
	if n.Anchor != "" {
		return r.anchored(n)
	}
	return r.content(n)
}

// anchored gives the value of a node that has an anchor, which is made only once.
// A node that contains itself is an error.
func (r *yamlReader) anchored(n *yaml.Node) (jinja.Value, error) {
	if v, ok := r.anchors[n]; ok {
		if v == nil {
			return nil, fmt.Errorf("the anchor %q contains itself", n.Anchor)
		}
		return v, nil
	}
	if r.anchors == nil {
		r.anchors = map[*yaml.Node]jinja.Value{}
	}
	r.anchors[n] = nil
	v, err := r.content(n)
	r.anchors[n] = v
	return v, err
}

func (r *yamlReader) content(n *yaml.Node) (jinja.Value, error) {
	tag := ""
	if n.Style&yaml.TaggedStyle != 0 {
		tag = n.ShortTag()
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return scalar(n, tag)
	case yaml.SequenceNode:
		return r.sequence(n, tag)
	case yaml.MappingNode:
		return r.mapping(n, tag)
	}
	return jinja.None, nil
}

func (r *yamlReader) sequence(n *yaml.Node, tag string) (jinja.Value, error) {
	items := make([]jinja.Value, len(n.Content))
	for i, c := range n.Content {
		v, err := r.value(c)
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	switch tag {
	case "", "!", "!!seq":
		return jinja.NewList(items...), nil
	case "!!omap", "!!pairs":
		for i, item := range items {
			d, ok := item.(*jinja.Dict)
			if !ok || d.Len() != 1 {
				return nil, fmt.Errorf("expected a mapping of length 1 in %s", tag)
			}
			for k, v := range d.All() {
				items[i] = jinja.Tuple{k, v}
			}
		}
		return jinja.NewList(items...), nil
	}
	return nil, badTag(tag)
}

func badTag(tag string) error {
	return fmt.Errorf("could not determine a constructor for the tag %q", tag)
}

func (r *yamlReader) mapping(n *yaml.Node, tag string) (jinja.Value, error) {
	d := jinja.NewDictOf(len(n.Content) / 2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if isMerge(n.Content[i]) {
			if err := r.merge(d, n.Content[i+1]); err != nil {
				return nil, err
			}
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if isMerge(n.Content[i]) {
			continue
		}
		key, err := r.key(n.Content[i])
		if err != nil {
			return nil, err
		}
		v, err := r.value(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		if err := d.SetIndex(key, v); err != nil {
			return nil, errors.New("found unhashable key")
		}
	}
	switch tag {
	case "", "!", "!!map":
		return d, nil
	case "!!set":
		s, err := jinja.NewSet(d.Keys()...)
		return s, err
	}
	return nil, badTag(tag)
}

// key gives the value of a key; "=" is no special value there.
func (r *yamlReader) key(n *yaml.Node) (jinja.Value, error) {
	if n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == "=" {
		return jinja.Str("="), nil
	}
	key, err := r.value(n)
	if l, ok := key.(*jinja.List); ok && err == nil {
		return jinja.Tuple(l.Items), errors.New("found unhashable key")
	}
	return key, err
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && (key.Style == 0 || key.ShortTag() == "!!merge")
}

// merge puts the keys of a mapping, or of each of a list of mappings, into d. Of
// a list the first counts most, so it goes last.
func (r *yamlReader) merge(d *jinja.Dict, n *yaml.Node) error {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	from := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		from = n.Content
	}
	for i := len(from) - 1; i >= 0; i-- {
		v, err := r.value(from[i])
		if err != nil {
			return err
		}
		m, ok := v.(*jinja.Dict)
		if !ok {
			return errors.New("expected a mapping or list of mappings for merging")
		}
		for k, v := range m.All() {
			d.Set(k, v)
		}
	}
	return nil
}

func scalar(n *yaml.Node, tag string) (jinja.Value, error) {
	switch tag {
	case "":
		if n.Style == 0 {
			return plain(n.Value)
		}
		return jinja.Str(n.Value), nil
	case "!", "!!str":
		return jinja.Str(n.Value), nil
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
		if err != nil {
			return nil, fmt.Errorf("failed to decode base64 data: %w", err)
		}
		return jinja.Bytes(data), nil
	case "!!null":
		return jinja.None, nil
	case "!!bool":
		if v, ok := words[strings.ToLower(n.Value)].(jinja.Bool); ok {
			return v, nil
		}
	case "!!int":
		if v, ok := yamlInt(n.Value); ok {
			return v, nil
		}
		if v, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return jinja.Int(v), nil
		}
	case "!!float":
		if v, ok := yamlFloat(n.Value); ok {
			return v, nil
		}
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return jinja.Float(v), nil
		}
	case "!!timestamp":
		if v, err := timestamp(n.Value); v != nil || err != nil {
			return v, err
		}
	default:
		return nil, badTag(tag)
	}
	return nil, fmt.Errorf("cannot read %q as %s", n.Value, tag)
}

// words are the plain scalars that stand for something else by being a word.
var words = map[string]jinja.Value{
	"~": jinja.None, "null": jinja.None, "Null": jinja.None, "NULL": jinja.None, "": jinja.None,
	"yes": jinja.True, "Yes": jinja.True, "YES": jinja.True, "no": jinja.False, "No": jinja.False, "NO": jinja.False,
	"true": jinja.True, "True": jinja.True, "TRUE": jinja.True, "false": jinja.False, "False": jinja.False, "FALSE": jinja.False,
	"on": jinja.True, "On": jinja.True, "ON": jinja.True, "off": jinja.False, "Off": jinja.False, "OFF": jinja.False,
}

// longestWord bounds what has to be looked up in words.
const longestWord = 5

// plain resolves a plain scalar.
func plain(s string) (jinja.Value, error) {
	if len(s) <= longestWord {
		if v, ok := words[s]; ok {
			return v, nil
		}
		if s == "=" || s == "<<" {
			return nil, badTag(s)
		}
	}
	if c := s[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if v, ok := yamlInt(s); ok {
			return v, nil
		}
		if v, ok := yamlFloat(s); ok {
			return v, nil
		}
		if v, err := timestamp(s); v != nil || err != nil {
			return v, err
		}
	}
	return jinja.Str(s), nil
}

// only reports whether s has at least one character and all are in set or "_".
func only(s, set string) bool {
	for i := range len(s) {
		if s[i] != '_' && strings.IndexByte(set, s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

const digits = "0123456789"

// yamlInt reads [-+]?(0b[01_]+ | 0[0-7_]+ | 0 | [1-9][0-9_]* | 0x[0-9a-fA-F_]+ |
// [1-9][0-9_]*(:[0-5]?[0-9])+).
func yamlInt(s string) (jinja.Value, bool) {
	body, neg := cutSign(s)
	base, ok := 10, false
	switch {
	case body == "":
		return nil, false
	case strings.HasPrefix(body, "0b"):
		base, body = 2, body[2:]
		ok = only(body, "01")
	case strings.HasPrefix(body, "0x"):
		base, body = 16, body[2:]
		ok = only(body, digits+"abcdefABCDEF")
	case body == "0":
		return jinja.Int(0), true
	case body[0] == '0':
		base = 8
		ok = only(body[1:], "01234567")
	case strings.Contains(body, ":"):
		return sexagesimalInt(body, neg)
	default:
		ok = body[0] >= '1' && body[0] <= '9' && only(body, digits)
	}
	if !ok {
		return nil, false
	}
	n, ok := new(big.Int).SetString(strings.ReplaceAll(body, "_", ""), base)
	if !ok {
		return nil, false
	}
	if neg {
		n.Neg(n)
	}
	return jinja.NewInt(n), true
}

func cutSign(s string) (body string, negative bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

// sixtieth reports whether s is [0-5]?[0-9].
func sixtieth(s string) bool {
	switch len(s) {
	case 1:
		return s[0] >= '0' && s[0] <= '9'
	case 2:
		return s[0] >= '0' && s[0] <= '5' && s[1] >= '0' && s[1] <= '9'
	}
	return false
}

func sexagesimalInt(body string, neg bool) (jinja.Value, bool) {
	parts := strings.Split(body, ":")
	if parts[0] == "" || parts[0][0] < '1' || parts[0][0] > '9' || !only(parts[0], digits) {
		return nil, false
	}
	total, _ := new(big.Int).SetString(strings.ReplaceAll(parts[0], "_", ""), 10)
	for _, p := range parts[1:] {
		if !sixtieth(p) {
			return nil, false
		}
		n, _ := strconv.Atoi(p)
		total.Mul(total, big.NewInt(60)).Add(total, big.NewInt(int64(n)))
	}
	if neg {
		total.Neg(total)
	}
	return jinja.NewInt(total), true
}

// yamlFloat reads numbers with a point; an exponent needs its sign.
func yamlFloat(s string) (jinja.Value, bool) {
	body, neg := cutSign(s)
	sign := 1.0
	if neg {
		sign = -1
	}
	switch body {
	case ".inf", ".Inf", ".INF":
		return jinja.Float(sign * math.Inf(1)), true
	case ".nan", ".NaN", ".NAN":
		return jinja.Float(math.NaN()), len(body) == len(s)
	}
	whole, frac, ok := strings.Cut(body, ".")
	if !ok {
		return nil, false
	}
	if strings.Contains(whole, ":") {
		return sexagesimalFloat(whole, frac, sign)
	}
	mantissa, exp := frac, ""
	if i := strings.IndexAny(frac, "eE"); i >= 0 {
		mantissa, exp = frac[:i], frac[i+1:]
		if len(exp) < 2 || exp[0] != '-' && exp[0] != '+' || strings.Trim(exp[1:], digits) != "" {
			return nil, false
		}
	}
	startsWithDigit := func(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' && only(s, digits) }
	switch {
	case whole == "" && (len(body) != len(s) || !startsWithDigit(mantissa)):
		return nil, false
	case whole != "" && (!startsWithDigit(whole) || mantissa != "" && !only(mantissa, digits)):
		return nil, false
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(body, "_", ""), 64)
	return jinja.Float(sign * x), err == nil || math.IsInf(x, 0)
}

func sexagesimalFloat(whole, frac string, sign float64) (jinja.Value, bool) {
	parts := strings.Split(whole, ":")
	if parts[0] == "" || parts[0][0] == '_' || !only(parts[0], digits) || frac != "" && !only(frac, digits) {
		return nil, false
	}
	total := 0.0
	for i, p := range parts {
		if i > 0 && !sixtieth(p) {
			return nil, false
		}
		p = strings.ReplaceAll(p, "_", "")
		if i == len(parts)-1 {
			p += "." + strings.ReplaceAll(frac, "_", "")
		}
		x, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return nil, false
		}
		total = total*60 + x
	}
	return jinja.Float(sign * total), true
}

// timestamp reads YYYY-MM-DD, or a date and a time with an optional zone; nil
// means that s is neither. A day that does not exist is an error.
func timestamp(s string) (jinja.Value, error) {
	if len(s) < 8 || s[4] != '-' || strings.Trim(s[:4], digits) != "" {
		return nil, nil
	}
	f := fields{s: s}
	year, month, day := f.digits(4, 4), 0, 0
	if !f.take("-") {
		return nil, nil
	}
	month = f.digits(1, 2)
	if !f.take("-") {
		return nil, nil
	}
	day = f.digits(1, 2)
	if f.bad {
		return nil, nil
	}
	if f.s == "" {
		if len(s) != len("2006-01-02") {
			return nil, nil
		}
		return date(year, month, day)
	}
	return f.clock(year, month, day)
}

// fields takes a timestamp apart from the left.
type fields struct {
	s   string
	bad bool
}

// digits takes at least low and at most high digits.
func (f *fields) digits(low, high int) int {
	i := 0
	for i < len(f.s) && i < high && f.s[i] >= '0' && f.s[i] <= '9' {
		i++
	}
	if i < low {
		f.bad = true
		return 0
	}
	n, _ := strconv.Atoi(f.s[:i])
	f.s = f.s[i:]
	return n
}

func (f *fields) take(prefix string) bool {
	rest, ok := strings.CutPrefix(f.s, prefix)
	f.s = rest
	f.bad = f.bad || !ok
	return ok
}

func (f *fields) clock(year, month, day int) (jinja.Value, error) {
	if c := f.s[0]; c == 'T' || c == 't' {
		f.s = f.s[1:]
	} else if trimmed := strings.TrimLeft(f.s, " \t"); trimmed != f.s {
		f.s = trimmed
	} else {
		return nil, nil
	}
	hour := f.digits(1, 2)
	f.take(":")
	minute := f.digits(2, 2)
	f.take(":")
	second := f.digits(2, 2)
	micros := f.micros()
	f.s = strings.TrimLeft(f.s, " \t")
	offset, zoned := f.zone()
	if f.bad || f.s != "" {
		return nil, nil
	}
	if _, err := date(year, month, day); err != nil {
		return nil, err
	}
	if hour > 23 || minute > 59 || second > 59 {
		return nil, fmt.Errorf("no such time of day: %02d:%02d:%02d", hour, minute, second)
	}
	zone := time.UTC
	if zoned && offset != 0 {
		zone = time.FixedZone("", offset)
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, micros*1000, zone)
	if !zoned {
		return jinja.NewNaive(t), nil
	}
	return jinja.NewFixed(t), nil
}

// micros takes a fraction of a second.
func (f *fields) micros() int {
	if !strings.HasPrefix(f.s, ".") {
		return 0
	}
	f.s = f.s[1:]
	n := len(f.s) - len(strings.TrimLeft(f.s, digits))
	text := (f.s[:n] + "000000")[:6]
	f.s = f.s[n:]
	us, _ := strconv.Atoi(text)
	return us
}

// zone takes Z or an offset such as +2 or -05:30, in seconds.
func (f *fields) zone() (offset int, ok bool) {
	if f.s == "" {
		return 0, false
	}
	if f.s == "Z" {
		f.s = ""
		return 0, true
	}
	sign := 1
	switch f.s[0] {
	case '-':
		sign = -1
	case '+':
	default:
		f.bad = true
		return 0, false
	}
	f.s = f.s[1:]
	offset = f.digits(1, 2) * 3600
	if f.s != "" && f.take(":") {
		offset += f.digits(2, 2) * 60
	}
	return sign * offset, true
}

func date(year, month, day int) (jinja.Value, error) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1 || int(t.Month()) != month || t.Day() != day {
		return nil, fmt.Errorf("no such day: %04d-%02d-%02d", year, month, day)
	}
	return jinja.NewDate(year, month, day), nil
}
