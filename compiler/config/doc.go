package config

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"weft/compiler/source"
)

// Doc is one YAML file with the places of everything in it.
type Doc struct {
	File *source.File
	Root *yaml.Node // the top-level node; nil for an empty file

	// Project is the folder of the project, for messages; may be empty.
	Project string

	// Repeated are keys that stand in their mapping before too. The last one counts.
	Repeated []*yaml.Node

	lines []source.Pos // where each line begins, if Index was called
}

// Index makes Span fast, for a file of which many places are wanted. It is called before
// the document is shared.
func (d *Doc) Index() {
	if d.File.FirstLine > 1 || d.lines != nil {
		return
	}
	d.lines = make([]source.Pos, 1, strings.Count(d.File.Text, "\n")+1)
	for i := range len(d.File.Text) {
		if d.File.Text[i] == '\n' {
			d.lines = append(d.lines, source.Pos(i+1))
		}
	}
}

// offset is d.File.Offset.
func (d *Doc) offset(line, col int) source.Pos {
	if line < 1 || line > len(d.lines) {
		return d.File.Offset(line, col)
	}
	return d.File.Along(d.lines[line-1], col)
}

// ParseYAML reads a file that holds at most one YAML document. Errors are
// *source.Error at the line that the YAML library names.
func ParseYAML(f *source.File) (*Doc, error) {
	d := &Doc{File: f}
	// White space at the end is no part of a file's last value, as in dbt.
	dec := yaml.NewDecoder(strings.NewReader(strings.TrimRight(f.Text, " \t\r\n\f\v")))
	var n yaml.Node
	if err := dec.Decode(&n); err != nil {
		if errors.Is(err, io.EOF) {
			return d, nil
		}
		return nil, d.syntaxError(err)
	}
	var second yaml.Node
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, d.syntaxError(err)
		}
		return nil, d.Errorf(&second, notYAML+"a second YAML document starts here; a file holds one")
	}
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		d.Root = n.Content[0]
	}
	if strings.Contains(f.Text, "*") {
		c := &aliases{doc: d, sizes: map[*yaml.Node]int{}}
		if _, err := c.size(d.Root); err != nil {
			return nil, err
		}
	}
	if err := d.odd(d.Root); err != nil {
		return nil, err
	}
	d.repeated(d.Root)
	if d.Root != nil && d.Root.Kind == yaml.ScalarNode && d.Root.Tag == "!!null" {
		d.Root = nil
	}
	return d, nil
}

// Name is the file as messages about its entries name it: with the project's folder
// where it is known, since a project may have several.
func (d *Doc) Name() string {
	if d.Project == "" {
		return d.File.Path
	}
	return fmt.Sprintf("%s of the project in '%s'", d.File.Path, d.Project)
}

// odd finds what YAML allows and nothing here can mean: a key that is no single value,
// and a merge of something that is no mapping.
func (d *Doc) odd(n *yaml.Node) error {
	if n == nil {
		return nil
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if k := Deref(c); k.Kind != yaml.ScalarNode {
				return d.Errorf(c, notYAML+"a key is a single value, not a list or a mapping")
			}
			if c.Tag == "!!merge" && !mergeable(n.Content[i+1]) {
				return d.Errorf(n.Content[i+1], notYAML+"<< takes over the keys of a mapping, and this is none")
			}
		}
		if err := d.odd(c); err != nil {
			return err
		}
	}
	return nil
}

func mergeable(n *yaml.Node) bool {
	n = Deref(n)
	if n.Kind == yaml.SequenceNode {
		return !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return Deref(c).Kind != yaml.MappingNode })
	}
	return n.Kind == yaml.MappingNode
}

// repeated notes the keys of mappings that come up again. A mapping that begins with a
// merge is meant to be written over, so dbt says nothing of it.
func (d *Doc) repeated(n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind == yaml.MappingNode && len(n.Content) > 2 && n.Content[0].Tag != "!!merge" {
		d.repeatedKeys(n.Content)
	}
	for _, c := range n.Content {
		if len(c.Content) > 0 {
			d.repeated(c)
		}
	}
}

// fewKeys is how many keys are compared one by one rather than by a map.
const fewKeys = 12

func (d *Doc) repeatedKeys(content []*yaml.Node) {
	if len(content) > 2*fewKeys {
		seen := make(map[string]bool, len(content)/2)
		for i := 0; i < len(content); i += 2 {
			if seen[content[i].Value] {
				d.Repeated = append(d.Repeated, content[i])
			}
			seen[content[i].Value] = true
		}
		return
	}
	for i := 2; i < len(content); i += 2 {
		for j := 0; j < i; j += 2 {
			if content[j].Value == content[i].Value {
				d.Repeated = append(d.Repeated, content[i])
				break
			}
		}
	}
}

// notYAML begins the words about text that is no YAML. dbt has a heading of its own for
// these, which tools look for.
const notYAML = "invalid YAML, Runtime Error: "

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func (d *Doc) syntaxError(err error) *source.Error {
	e := &source.Error{File: d.File, Class: source.Parsing, Msg: notYAML + strings.TrimPrefix(err.Error(), "yaml: "), Err: err}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		e.Msg = notYAML + m[2]
		start := d.File.Offset(d.brokenLine(max(line, 1), m[2]), 1)
		text := d.File.Line(start)
		words := strings.TrimLeft(text, " \t")
		e.Span.Start = start + source.Pos(len(text)-len(words))
		e.Span.End = e.Span.Start + source.Pos(len(words))
	}
	return e
}

// searchBytes is how much text brokenLine may read again, a few tenths of a second.
const searchBytes = 4 << 20

// brokenLine finds the line at which the words of a syntax error come up first. The
// line that the library names is often the one where the surrounding block starts,
// and never later than the fault.
func (d *Doc) brokenLine(named int, words string) int {
	text := d.File.Text
	end, left := 0, searchBytes
	for line := 1; end < len(text); line++ {
		if i := strings.IndexByte(text[end:], '\n'); i >= 0 {
			end += i + 1
		} else {
			end = len(text)
		}
		if line < named {
			continue
		}
		if left -= end; left < 0 {
			break
		}
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(text[:end]), &n); err != nil {
			if m := yamlLine.FindStringSubmatch(err.Error()); m != nil && m[2] == words {
				return line
			}
		}
	}
	return named
}

// maxExpanded is how many nodes a file may have once its aliases are written out.
const maxExpanded = 1_000_000

// aliases checks that a file's aliases end somewhere, and before memory does: all who
// read nodes follow them.
type aliases struct {
	doc   *Doc
	sizes map[*yaml.Node]int // of nodes with an anchor; 0 while they are being counted
}

func (a *aliases) size(n *yaml.Node) (int, error) {
	if n == nil {
		return 0, nil
	}
	if n.Kind == yaml.AliasNode {
		size, known := a.sizes[n.Alias]
		if known && size == 0 {
			return 0, a.doc.Errorf(n, notYAML+"the alias *%s stands within what it is an alias of", n.Value)
		}
		return size, nil
	}
	if n.Anchor != "" {
		a.sizes[n] = 0
	}
	total := 1
	for _, c := range n.Content {
		size, err := a.size(c)
		if err != nil {
			return 0, err
		}
		if total += size; total > maxExpanded {
			return 0, a.doc.Errorf(c, notYAML+"the aliases stand for more than %d values", maxExpanded)
		}
	}
	if n.Anchor != "" {
		a.sizes[n] = total
	}
	return total, nil
}

// Span gives the place of a node; for text on one line also its end.
func (d *Doc) Span(n *yaml.Node) source.Span {
	if n == nil || n.Line == 0 {
		return source.Span{}
	}
	start := d.offset(n.Line, n.Column)
	end := start + 1
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		end = start + source.Pos(len(n.Value))
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			end += 2
		}
	}
	return source.Span{Start: start, End: end}
}

// Errorf makes a parsing error at a node.
func (d *Doc) Errorf(n *yaml.Node, format string, args ...any) *source.Error {
	return &source.Error{File: d.File, Span: d.Span(n), Class: source.Parsing, Msg: fmt.Sprintf(format, args...)}
}

// Deref follows an alias to what it stands for.
func Deref(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// Pairs gives the keys and values of a mapping, merge keys (<<) resolved, the
// last of equal keys. A node that is no mapping has none.
func Pairs(n *yaml.Node) []Pair {
	n = Deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	out := make([]Pair, 0, len(n.Content)/2)
	set := func(p Pair, override bool) {
		for i := range out {
			if out[i].Name == p.Name {
				if override {
					out[i] = p
				}
				return
			}
		}
		out = append(out, p)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Tag != "!!merge" {
			set(Pair{k.Value, k, Deref(v)}, true)
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k, v := n.Content[i], Deref(n.Content[i+1]); k.Tag == "!!merge" {
			from := []*yaml.Node{v}
			if v.Kind == yaml.SequenceNode {
				from = v.Content
			}
			for _, f := range from {
				for _, p := range Pairs(f) {
					set(p, false)
				}
			}
		}
	}
	return out
}

// Pair is one key of a mapping.
type Pair struct {
	Name  string
	Key   *yaml.Node
	Value *yaml.Node
}

// Child gives the value of a key, or nil.
func Child(n *yaml.Node, name string) *yaml.Node {
	n = Deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var found *yaml.Node
	merge := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			found = Deref(n.Content[i+1])
		}
		merge = merge || n.Content[i].Tag == "!!merge"
	}
	if found == nil && merge {
		for _, p := range Pairs(n) {
			if p.Name == name {
				return p.Value
			}
		}
	}
	return found
}

// IsNull says whether a node is absent or YAML's null.
func IsNull(n *yaml.Node) bool {
	n = Deref(n)
	return n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}
