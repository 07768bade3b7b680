package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"weft/compiler/jinja"
)

// DumpYAML writes v as PyYAML's safe_dump does: block style, lines of about 80
// characters, escapes for everything but ASCII. A value that YAML has no plain
// form for is an error.
func DumpYAML(v jinja.Value, sortKeys bool) (string, error) {
	return dumpYAML(v, dumper{sortKeys: sortKeys})
}

// DumpYAMLIndented is DumpYAML with lists indented further than the key they are
// below, as dbt writes its own files; see https://github.com/yaml/pyyaml/issues/234.
func DumpYAMLIndented(v jinja.Value, sortKeys bool) (string, error) {
	return dumpYAML(v, dumper{sortKeys: sortKeys, indentLists: true})
}

func dumpYAML(v jinja.Value, d dumper) (string, error) {
	d.uses, d.names, d.blank, d.leading = map[jinja.Value]int{}, map[jinja.Value]string{}, true, true
	if err := d.count(v, 0); err != nil {
		return "", err
	}
	if err := d.node(v, noIndent, false); err != nil {
		return "", err
	}
	d.startLine(0)
	if d.open {
		d.out = append(d.out, "...\n"...)
	}
	return string(d.out), nil
}

// noIndent is the indentation around the top value.
const noIndent = -1

type dumper struct {
	out      []byte
	col      int
	blank    bool // the last thing written was a blank or a line end
	leading  bool // nothing but blanks, "-" and "?" has been written in this line
	open     bool // the document ends in a plain scalar at the top
	sortKeys bool

	indentLists bool                // below a key too
	uses        map[jinja.Value]int // how often a list or dict occurs
	names       map[jinja.Value]string
}

// maxDepth bounds how deep values may be nested.
const maxDepth = 200

// count finds the lists and dicts that occur more than once: they get an anchor.
func (d *dumper) count(v jinja.Value, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("values are nested too deep")
	}
	var items []jinja.Value
	switch v := v.(type) {
	case *jinja.List:
		d.uses[v]++
		items = v.Items
	case *jinja.Dict:
		d.uses[v]++
		items = v.Values()
	case jinja.Tuple:
		items = v
	}
	if key := shared(v); key != nil && d.uses[key] > 1 {
		return nil
	}
	for _, item := range items {
		if err := d.count(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// shared gives a list or dict as a map key; other values are never anchored.
func shared(v jinja.Value) jinja.Value {
	switch v.(type) {
	case *jinja.List, *jinja.Dict:
		return v
	}
	return nil
}

func (d *dumper) write(s string) {
	d.out = append(d.out, s...)
	d.col += utf8.RuneCountInString(s)
}

func (d *dumper) newline() {
	d.out = append(d.out, '\n')
	d.col, d.blank, d.leading = 0, true, true
}

// startLine goes to a column of a line with nothing else in it.
func (d *dumper) startLine(indent int) {
	indent = max(indent, 0)
	if !d.leading || d.col > indent || d.col == indent && !d.blank {
		d.newline()
	}
	if d.col < indent {
		d.write(strings.Repeat(" ", indent-d.col))
		d.blank = true
	}
}

// mark writes an indicator such as "-", with a blank before it where needed.
func (d *dumper) mark(s string, apart, leading bool) {
	if apart && !d.blank {
		d.write(" ")
	}
	d.write(s)
	d.blank = false
	d.leading = d.leading && leading
}

// node writes a value in a collection at the column indent.
func (d *dumper) node(v jinja.Value, indent int, inMapping bool) error {
	if key := shared(v); key != nil {
		if name := d.names[key]; name != "" {
			d.mark("*"+name, true, false)
			return nil
		}
		if d.uses[key] > 1 {
			d.names[key] = fmt.Sprintf("id%03d", len(d.names)+1)
			d.mark("&"+d.names[key], true, false)
		}
	}
	switch v := v.(type) {
	case *jinja.List:
		return d.sequence(v.Items, indent, inMapping)
	case jinja.Tuple:
		return d.sequence(v, indent, inMapping)
	case *jinja.Dict:
		return d.mapping(v, indent)
	case *jinja.Set:
		m := jinja.NewDict()
		for _, item := range v.Items() {
			m.Set(item, jinja.None)
		}
		d.mark("!!set", true, false)
		return d.mapping(m, indent)
	}
	s, plainTag, err := scalarText(v)
	if err != nil {
		return err
	}
	style := analyse(s, plainTag).style(false)
	d.open = indent == noIndent && style == 0
	d.scalar(s, style, deeper(indent, 2), true)
	return nil
}

// deeper is the column inside a collection; the top one begins at first.
func deeper(indent, first int) int {
	if indent == noIndent {
		return first
	}
	return indent + 2
}

func (d *dumper) sequence(items []jinja.Value, indent int, inMapping bool) error {
	if len(items) == 0 {
		d.mark("[]", true, false)
		return nil
	}
	// A list below a key is not indented further than the key.
	if !inMapping || d.leading || d.indentLists {
		indent = deeper(indent, 0)
	}
	for _, item := range items {
		d.startLine(indent)
		d.mark("-", true, true)
		if err := d.node(item, indent, false); err != nil {
			return err
		}
	}
	return nil
}

func (d *dumper) mapping(m *jinja.Dict, indent int) error {
	if m.Len() == 0 {
		d.mark("{}", true, false)
		return nil
	}
	indent = deeper(indent, 0)
	keys := m.Keys()
	if d.sortKeys {
		sortKeys(keys)
	}
	for _, k := range keys {
		d.startLine(indent)
		if err := d.key(k, indent); err != nil {
			return err
		}
		v, _ := m.Get(k)
		if err := d.node(v, indent, true); err != nil {
			return err
		}
	}
	return nil
}

// key writes "key:", or "? key" and ":" for one that is long, empty or no scalar.
func (d *dumper) key(k jinja.Value, indent int) error {
	const longestSimple = 128
	if _, ok := k.(jinja.Tuple); !ok {
		s, plainTag, err := scalarText(k)
		if err != nil {
			return err
		}
		if s != "" && utf8.RuneCountInString(s) < longestSimple && !analyse(s, plainTag).multiline {
			d.scalar(s, analyse(s, plainTag).style(true), indent, false)
			d.mark(":", false, false)
			return nil
		}
	}
	d.mark("?", true, true)
	if err := d.node(k, indent, true); err != nil {
		return err
	}
	d.startLine(indent)
	d.mark(":", true, true)
	return nil
}

// sortKeys orders keys; keys that have no order stay as they are.
func sortKeys(keys []jinja.Value) {
	for i := range keys {
		if _, err := jinja.Compare(keys[0], keys[i]); err != nil {
			return
		}
	}
	slices.SortStableFunc(keys, func(a, b jinja.Value) int {
		c, err := jinja.Compare(a, b)
		if err != nil {
			return 0
		}
		return c
	})
}

// scalarText gives the text of a scalar, and whether that text read back plain
// gives the value again.
func scalarText(v jinja.Value) (s string, plainTag bool, err error) {
	switch v := v.(type) {
	case jinja.NoneType:
		return "null", true, nil
	case jinja.Bool:
		return strconv.FormatBool(bool(v)), true, nil
	case jinja.Int, jinja.BigInt:
		return v.String(), true, nil
	case jinja.Float:
		return yamlFloatText(float64(v)), true, nil
	case *jinja.Date, *jinja.DateTime:
		return v.String(), true, nil
	case jinja.Str:
		if v == "" {
			return "", false, nil
		}
		back, err := plain(string(v))
		_, isText := back.(jinja.Str)
		return string(v), err == nil && isText && v != "<<", nil
	}
	return "", false, fmt.Errorf("cannot represent an object of type %s", v.Type())
}

func yamlFloatText(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return ".inf"
	case math.IsInf(x, -1):
		return "-.inf"
	case math.IsNaN(x):
		return ".nan"
	}
	s := jinja.Float(x).String()
	if !strings.Contains(s, ".") {
		s = strings.Replace(s, "e", ".0e", 1)
	}
	return s
}

// scalar writes a text in a style: 0 is plain. Where split is set, what does not
// fit goes on in the next line, at the column indent.
func (d *dumper) scalar(s string, style byte, indent int, split bool) {
	if !d.blank {
		d.write(" ")
	}
	d.blank, d.leading = false, false
	switch style {
	case 0:
		d.plain(s, indent, split)
	case '\'':
		d.single(s, indent, split)
	default:
		d.double(s, indent, split)
	}
}

// analysis is what a text allows.
type analysis struct {
	plain, single, multiline bool
}

func (a analysis) style(key bool) byte {
	switch {
	case a.plain && !(key && a.multiline):
		return 0
	case a.single && !(key && a.multiline):
		return '\''
	}
	return '"'
}

func isBreak(r rune) bool { return r == '\n' || r == 0x85 || r == 0x2028 || r == 0x2029 }

func isBlankOrBreak(r rune) bool { return r == 0 || r == ' ' || r == '\t' || r == '\r' || isBreak(r) }

// analyse looks for what makes a plain or single quoted text impossible.
func analyse(s string, plainTag bool) analysis {
	a := analysis{plain: plainTag, single: true}
	if s == "" {
		return a
	}
	runes := []rune(s)
	if strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...") {
		a.plain = false
	}
	last := len(runes) - 1
	if isBlankOrBreak(runes[0]) && (runes[0] == ' ' || isBreak(runes[0])) || runes[last] == ' ' || isBreak(runes[last]) {
		a.plain = false
	}
	for i, r := range runes {
		followed := i == last || isBlankOrBreak(runes[i+1])
		preceded := i == 0 || isBlankOrBreak(runes[i-1])
		switch {
		case i == 0 && strings.ContainsRune("#,[]{}&*!|>'\"%@`", r),
			i == 0 && strings.ContainsRune("?:-", r) && followed,
			i > 0 && r == ':' && followed,
			i > 0 && r == '#' && preceded:
			a.plain = false
		}
		if isBreak(r) {
			a.multiline, a.plain = true, false
			if i > 0 && runes[i-1] == ' ' {
				a.single = false
			}
		}
		if r == ' ' && i > 0 && isBreak(runes[i-1]) {
			a.single = false
		}
		if r != '\n' && (r < ' ' || r > '~') {
			a.plain, a.single = false, false
		}
	}
	return a
}

// lineWidth is the column after which a line is broken at the next blank.
const lineWidth = 80

func (d *dumper) plain(s string, indent int, split bool) {
	for _, run := range textRuns(s) {
		if run == " " && d.col > lineWidth && split {
			d.startLine(indent)
			d.blank, d.leading = false, false
			continue
		}
		d.write(run)
	}
}

// textRuns cuts a text into runs of blanks, of line ends and of other characters.
func textRuns(s string) []string {
	kind := func(c byte) int { return strings.IndexByte(" \n", c) }
	var runs []string
	start := 0
	for i := 1; i <= len(s); i++ {
		if i == len(s) || kind(s[i]) != kind(s[start]) {
			runs = append(runs, s[start:i])
			start = i
		}
	}
	return runs
}

// single doubles quotes; a line end is written as an empty line.
func (d *dumper) single(s string, indent int, split bool) {
	d.write("'")
	runs := textRuns(s)
	for i, run := range runs {
		switch {
		case run[0] == '\n':
			d.newline()
			for range run {
				d.newline()
			}
			d.startLine(indent)
		case run == " " && d.col > lineWidth && split && i > 0 && i < len(runs)-1:
			d.leading = false
			d.startLine(indent)
		default:
			d.write(strings.ReplaceAll(run, "'", "''"))
			d.leading = false
		}
	}
	d.write("'")
	d.blank, d.leading = false, false
}

// doubleEscapes are the characters that have an escape of one letter.
var doubleEscapes = map[rune]string{
	0: `\0`, 7: `\a`, 8: `\b`, 9: `\t`, 10: `\n`, 11: `\v`, 12: `\f`, 13: `\r`, 0x1b: `\e`, '"': `\"`, '\\': `\\`,
	0x85: `\N`, 0xa0: `\_`, 0x2028: `\L`, 0x2029: `\P`,
}

// double escapes everything but printable ASCII, and breaks lines with a backslash.
func (d *dumper) double(s string, indent int, split bool) {
	d.write(`"`)
	runes := []rune(s)
	start := 0 // of what is not yet written
	for i, r := range runes {
		if escape := doubleEscape(r); escape != "" {
			d.write(string(runes[start:i]) + escape)
			start = i + 1
		}
		if i > 0 && i < len(runes)-1 && (r == ' ' || start > i) && d.col+i-start > lineWidth && split {
			if start < i {
				d.write(string(runes[start:i]))
				start = i
			}
			d.write(`\`)
			d.leading = false
			d.startLine(indent)
			if start < len(runes) && runes[start] == ' ' {
				d.write(`\`)
			}
		}
	}
	d.write(string(runes[min(start, len(runes)):]) + `"`)
	d.blank, d.leading = false, false
}

func doubleEscape(r rune) string {
	if s := doubleEscapes[r]; s != "" {
		return s
	}
	switch {
	case r >= ' ' && r <= '~':
		return ""
	case r < 0x100:
		return fmt.Sprintf(`\x%02X`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04X`, r)
	}
	return fmt.Sprintf(`\U%08X`, r)
}
