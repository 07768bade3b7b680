package config

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"sync"

	"gopkg.in/yaml.v3"

	"weft/compiler/source"
)

// TreeCache keeps the trees of YAML files by the hash of their bytes, so that files
// which were read before need not be parsed again. It holds nothing that depends on
// anything but those bytes, so nothing in it can be out of date. It is safe for
// concurrent use.
//
// Its form is
//
//	"weft trees 1" build, length-prefixed; then of each tree: hash (32 bytes), age (1 byte),
//	length and the tree (see appendTree); at the end the CRC-32 of all that
//
// and whatever is odd about it makes it empty.
type TreeCache struct {
	build   string
	mu      sync.Mutex
	entries map[[sha256.Size]byte]*cachedTree
	changed bool
}

type cachedTree struct {
	tree string
	age  byte // how many commands have not needed it
	used bool
}

const (
	cacheMagic = "weft trees 1\n"
	// maxAge is for how many commands a tree is kept that none of them needed: other
	// branches and targets have other files.
	maxAge = 8
)

// NewTreeCache reads what Encode gave; data that it did not give, or that another build
// gave, makes an empty cache.
func NewTreeCache(data []byte, build string) *TreeCache {
	c := &TreeCache{build: build, entries: map[[sha256.Size]byte]*cachedTree{}}
	end := len(data) - 4
	if end < 0 || binary.LittleEndian.Uint32(data[end:]) != crc32.ChecksumIEEE(data[:end]) {
		return c
	}
	r := &treeReader{text: string(data[:end])}
	if r.take(len(cacheMagic)) != cacheMagic || r.str() != build {
		return c
	}
	for !r.bad && r.at < len(r.text) {
		var sum [sha256.Size]byte
		copy(sum[:], r.take(sha256.Size))
		age := r.take(1)
		tree := r.str()
		if r.bad {
			break
		}
		c.entries[sum] = &cachedTree{tree: tree, age: age[0]}
	}
	if r.bad {
		clear(c.entries)
	}
	return c
}

// Parse is ParseYAML by way of the cache. A nil cache only parses.
func (c *TreeCache) Parse(f *source.File) (*Doc, error) {
	if c == nil {
		return ParseYAML(f)
	}
	sum := sha256.Sum256([]byte(f.Text))
	c.mu.Lock()
	e := c.entries[sum]
	if e != nil {
		e.used = true
	}
	c.mu.Unlock()
	if e != nil {
		if d := readTree(f, e.tree); d != nil {
			return d, nil
		}
	}
	d, err := ParseYAML(f)
	if err != nil {
		return nil, err
	}
	tree := string(appendTree(nil, d))
	c.mu.Lock()
	c.entries[sum] = &cachedTree{tree: tree, used: true}
	c.changed = true
	c.mu.Unlock()
	return d, nil
}

// Changed says whether the cache has trees that it was not made with.
func (c *TreeCache) Changed() bool { return c != nil && c.changed }

// Encode gives the cache for a later NewTreeCache, without trees that have not been
// needed for long.
func (c *TreeCache) Encode() []byte {
	size := 1 << 10
	for _, e := range c.entries {
		size += len(e.tree) + sha256.Size + 1 + binary.MaxVarintLen32
	}
	out := append(make([]byte, 0, size), cacheMagic...)
	out = appendStr(out, c.build)
	sums := make([][sha256.Size]byte, 0, len(c.entries))
	for sum := range c.entries {
		sums = append(sums, sum)
	}
	slices.SortFunc(sums, func(a, b [sha256.Size]byte) int { return slices.Compare(a[:], b[:]) })
	for _, sum := range sums {
		e := c.entries[sum]
		age := e.age + 1
		if e.used {
			age = 0
		}
		if age > maxAge {
			continue
		}
		out = append(out, sum[:]...)
		out = append(out, age)
		out = appendStr(out, e.tree)
	}
	return binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
}

// knownTags are written as a number; 0 is any other tag, which is written out.
var knownTags = []string{"", "!!map", "!!seq", "!!str", "!!int", "!!bool", "!!null", "!!float", "!!timestamp", "!!merge"}

func appendStr(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

// appendTree writes a file's tree:
//
//	number of nodes, number of children of all; the nodes, each before its children:
//	kind, style, tag, value, anchor, line, column, number of children, and of an alias
//	the number of what it stands for; then the numbers of the repeated keys.
//
// Numbers are varints, texts have their length in front. Comments are left out.
func appendTree(out []byte, d *Doc) []byte {
	w := &treeWriter{}
	w.count(d.Root)
	if w.aliases || len(d.Repeated) > 0 {
		w.numbers = make(map[*yaml.Node]int, len(w.nodes))
		for i, n := range w.nodes {
			w.numbers[n] = i
		}
	}
	// A node's few numbers take about this much; more would only be copied once more.
	out = slices.Grow(out, len(d.File.Text)+9*len(w.nodes))
	out = binary.AppendUvarint(out, uint64(len(w.nodes)))
	out = binary.AppendUvarint(out, uint64(w.children))
	for _, n := range w.nodes {
		out = append(out, byte(n.Kind))
		out = binary.AppendUvarint(out, uint64(n.Style))
		tag := slices.Index(knownTags[1:], n.Tag) + 1
		out = append(out, byte(tag))
		if tag == 0 {
			out = appendStr(out, n.Tag)
		}
		out = appendStr(out, n.Value)
		out = appendStr(out, n.Anchor)
		out = binary.AppendUvarint(out, uint64(n.Line))
		out = binary.AppendUvarint(out, uint64(n.Column))
		out = binary.AppendUvarint(out, uint64(len(n.Content)))
		if n.Kind == yaml.AliasNode {
			out = binary.AppendUvarint(out, uint64(w.numbers[n.Alias]))
		}
	}
	out = binary.AppendUvarint(out, uint64(len(d.Repeated)))
	for _, n := range d.Repeated {
		out = binary.AppendUvarint(out, uint64(w.numbers[n]))
	}
	return out
}

type treeWriter struct {
	nodes    []*yaml.Node
	numbers  map[*yaml.Node]int // nil where nothing asks for them
	aliases  bool
	children int
}

func (w *treeWriter) count(n *yaml.Node) {
	if n == nil {
		return
	}
	w.aliases = w.aliases || n.Kind == yaml.AliasNode
	w.nodes = append(w.nodes, n)
	w.children += len(n.Content)
	for _, c := range n.Content {
		w.count(c)
	}
}

// treeReader reads what appendTree and Encode write. bad says that something did not fit.
type treeReader struct {
	text string
	at   int
	bad  bool

	nodes []yaml.Node
	next  int // number of the node that is read next
	kids  []*yaml.Node
	alias map[*yaml.Node]int
}

func (r *treeReader) take(n int) string {
	if n < 0 || n > len(r.text)-r.at {
		r.bad, r.at = true, len(r.text)
		return string(make([]byte, max(0, min(n, sha256.Size))))
	}
	r.at += n
	return r.text[r.at-n : r.at]
}

func (r *treeReader) num() int {
	x, shift := uint64(0), 0
	for r.at < len(r.text) && shift < 63 {
		b := r.text[r.at]
		r.at++
		x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if x > 1<<31 {
				break
			}
			return int(x)
		}
		shift += 7
	}
	r.bad, r.at = true, len(r.text)
	return 0
}

func (r *treeReader) str() string { return r.take(r.num()) }

// readTree gives the tree of a file, or nil if the text is not one.
func readTree(f *source.File, text string) *Doc {
	r := &treeReader{text: text}
	count, kids := r.num(), r.num()
	// Each node takes eight bytes at least, so that sizes that are made up do not matter.
	if r.bad || count > len(text)/8+1 || kids >= count && count > 0 || count == 0 && kids > 0 {
		return nil
	}
	r.nodes, r.kids = make([]yaml.Node, count), make([]*yaml.Node, kids)
	d := &Doc{File: f}
	if count > 0 {
		d.Root = r.node(0)
	}
	for range r.num() {
		if i := r.num(); !r.bad && i < len(r.nodes) {
			d.Repeated = append(d.Repeated, &r.nodes[i])
		} else {
			r.bad = true
			break
		}
	}
	if r.bad || r.next != count || len(r.kids) != 0 || r.at != len(text) || !r.link(d) {
		return nil
	}
	return d
}

// maxTreeDepth is how deep mappings and lists may stand in each other in a cache; files
// that go deeper are parsed each time.
const maxTreeDepth = 1000

func (r *treeReader) node(depth int) *yaml.Node {
	if r.bad || r.next >= len(r.nodes) || depth > maxTreeDepth {
		r.bad = true
		return &yaml.Node{}
	}
	n := &r.nodes[r.next]
	r.next++
	n.Kind = yaml.Kind(r.take(1)[0])
	n.Style = yaml.Style(r.num())
	if tag := int(r.take(1)[0]); tag == 0 {
		n.Tag = r.str()
	} else if tag < len(knownTags) {
		n.Tag = knownTags[tag]
	} else {
		r.bad = true
	}
	n.Value, n.Anchor = r.str(), r.str()
	n.Line, n.Column = r.num(), r.num()
	kids := r.num()
	switch n.Kind {
	case yaml.AliasNode:
		if r.alias == nil {
			r.alias = map[*yaml.Node]int{}
		}
		r.alias[n] = r.num()
	case yaml.MappingNode:
		r.bad = r.bad || kids%2 != 0
	case yaml.SequenceNode:
	case yaml.ScalarNode:
		r.bad = r.bad || kids > 0
	default:
		r.bad = true
	}
	if r.bad || kids > len(r.kids) {
		r.bad = true
		return n
	}
	n.Content, r.kids = r.kids[:kids:kids], r.kids[kids:]
	for i := range n.Content {
		n.Content[i] = r.node(depth + 1)
	}
	return n
}

// link points aliases to what they stand for, and checks that they end somewhere.
func (r *treeReader) link(d *Doc) bool {
	if len(r.alias) == 0 {
		return true
	}
	for n, i := range r.alias {
		if i >= len(r.nodes) || r.nodes[i].Kind == yaml.AliasNode || r.nodes[i].Anchor == "" {
			return false
		}
		n.Alias = &r.nodes[i]
	}
	c := &aliases{doc: d, sizes: map[*yaml.Node]int{}}
	_, err := c.size(d.Root)
	return err == nil
}
