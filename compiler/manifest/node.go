package manifest

import (
	"strings"
	"time"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// Node is one resource of a project: a model, seed, test, source, … What only some
// kinds have is in the parts at the end, nil elsewhere.
type Node struct {
	ID      string // unique_id
	Name    string
	Package string
	Kind    Kind

	// Nameless says which of database, schema and alias the macros that make names
	// gave none for.
	Nameless [3]bool

	// CallsThis says that the text reads "this", which decides whether batches
	// may run at the same time.
	CallsThis bool

	// Broken says that the node's config or text could not be read, which has been
	// reported: what else is wrong with it may be a consequence.
	Broken bool

	// External says that the node is a model of another project: it has no text and is
	// only known from that project's manifest.
	External bool

	Path         string // below the search path
	OriginalPath string // below the package, with forward slashes
	FQN          []string

	Database string
	Schema   string
	Alias    string

	// Relation is the quoted name that SQL uses; empty where there is none.
	Relation string

	Checksum Checksum
	Config   *config.Config

	// Called is the keys that config() calls of the text set; may be nil.
	Called *jinja.Dict

	// Unrendered is the config keys that were set anywhere, before rendering.
	Unrendered *jinja.Dict

	// Written is values that templates of a properties file make, as the file has them,
	// by paths such as "config.meta"; nil for none. They tell a change from a difference
	// between targets.
	Written *jinja.Dict

	Tags        []string
	Description string
	DocBlocks   []string // ids of docs blocks that the description names
	Columns     []*Column
	PatchPath   string // package://file of the properties entry, or empty

	File     *source.File // the file that holds the text; nil where there is none
	Span     source.Span  // of the text within File
	Raw      string       // raw_code
	Language string       // "sql" or "python"; empty for kinds without code

	Refs      []Ref
	Sources   [][2]string // source name, table name
	Metrics   [][]string  // metric() calls: a name, or a package and a name
	Functions [][]string  // function() calls, likewise
	Macros    []string    // ids of macros that the text calls directly
	DependsOn []string    // ids of nodes, each once, in order of first use

	Constraints     []*jinja.Dict
	ContractSum     string      // checksum of an enforced contract
	Version         jinja.Value // nil for models without versions
	LatestVersion   jinja.Value
	DeprecationDate string    // as artifacts show it; empty for none
	Deprecated      time.Time // the same
	PrimaryKey      []string
	TimeSpine       jinja.Value
	Index           int // of project hooks, from 1 as dbt counts them

	AttachedGroup string // of tests: the group of what they test

	Test     *TestPart
	Source   *SourcePart
	Exposure *ExposurePart
	Seed     *SeedPart
	Unit     *UnitPart

	// Body is what metrics, semantic models, saved queries and functions have beside
	// the fields above, keyed as manifest.json keys it; nil for other kinds.
	Body *jinja.Dict

	CreatedAt float64 // seconds since 1970
}

// Checksum is the identity of a text. Checksums named "none" are equal to nothing.
type Checksum struct {
	Name string
	Sum  string
}

// Ref is one call of ref(), as written.
type Ref struct {
	Package string      // empty if not named
	Name    string      //
	Version jinja.Value // nil if not given
	Span    source.Span // of the call in the node's file; zero if unknown
}

// Column is what a properties file says of a column.
type Column struct {
	Name        string
	Description string
	DocBlocks   []string
	DataType    string // empty for none
	HasType     bool
	Meta        *jinja.Dict
	Tags        []string
	Constraints []*jinja.Dict
	Quote       jinja.Value // none, true or false
	Granularity jinja.Value
	Extra       *jinja.Dict // keys that dbt does not know; may be nil
}

// TestPart is what data tests have.
type TestPart struct {
	// Generic tests: the test's name and arguments as the file has them.
	Name       string
	Namespace  string
	Kwargs     *jinja.Dict
	ColumnName string
	FileKey    string
	Attached   string // id of the tested node, or empty
	Generic    bool
}

// SourcePart is what source tables have.
type SourcePart struct {
	SourceName        string
	SourceDescription string
	Loader            string
	Identifier        string
	Quoting           *jinja.Dict // database, schema, identifier, column; none where unset
	LoadedAtField     jinja.Value
	LoadedAtQuery     jinja.Value
	Freshness         jinja.Value
	External          jinja.Value
	SourceMeta        *jinja.Dict
	UnrenderedSchema  jinja.Value
	UnrenderedDB      jinja.Value
	SourceConfig      *jinja.Dict // config.meta of the source, for templates
}

// ExposurePart is what exposures have.
type ExposurePart struct {
	Type     string
	Owner    *jinja.Dict
	Label    jinja.Value
	Maturity jinja.Value
	URL      jinja.Value
}

// SeedPart is what seeds have.
type SeedPart struct {
	Root string // absolute folder of the package
	File string // absolute path of the CSV file
}

// UnitPart is what unit tests have. The rows of Given and Expect are lists of
// dictionaries, whatever their format was, or the text of a query.
type UnitPart struct {
	Model     string        // as written
	Given     []*jinja.Dict // input, rows, format, fixture
	Expect    *jinja.Dict   // rows, format, fixture
	Overrides jinja.Value   // none, or macros, vars and env_vars
	Versions  jinja.Value   // none, or include and exclude
	Version   jinja.Value   // of the tested model; none where it has none
}

// Closed says why a model of another project cannot be referred to; empty where it
// can be, and for all nodes of this project and its packages.
func (n *Node) Closed() string {
	switch access := n.Config.Text("access"); {
	case !n.External:
		return ""
	case access == "private":
		return "private to the '" + n.Config.Text("group") + "' group"
	case access != "public":
		return "protected to the '" + n.Package + "' package"
	case n.Ephemeral():
		return "ephemeral, so that other projects find no relation"
	}
	return ""
}

// Meta is config.meta.
func (n *Node) Meta() *jinja.Dict { return n.Config.Dict("meta") }

// Group is the group that owns the node; a test belongs to that of what it tests.
func (n *Node) Group() string {
	if n.AttachedGroup != "" {
		return n.AttachedGroup
	}
	return n.Config.Text("group")
}

// Materialized is config.materialized; empty for kinds that have none.
func (n *Node) Materialized() string { return n.Config.Text("materialized") }

// Ephemeral says that the node has no relation but is put into its users' SQL.
func (n *Node) Ephemeral() bool { return n.Kind == Model && n.Materialized() == "ephemeral" }

// HasRelation says that building the node makes a table or view.
func (n *Node) HasRelation() bool { return n.Kind.Info().Relation && !n.Ephemeral() }

// SearchName is the name that selection and ls use: name, name.vN, source.table.
func (n *Node) SearchName() string {
	switch {
	case n.Kind == Source:
		return n.Source.SourceName + "." + n.Name
	case n.Version != nil:
		return n.Name + ".v" + n.Version.String()
	}
	return n.Name
}

// StoresFailures says whether a test keeps its failing rows, given the flag.
func (n *Node) StoresFailures(flag bool) bool {
	if n.Kind != Test {
		return false
	}
	if as := n.Config.Text("store_failures_as"); as != "" {
		return as != "ephemeral"
	}
	if b, ok := n.Config.Get("store_failures").(jinja.Bool); ok {
		return bool(b)
	}
	return flag
}

// HostBlocks are the blocks that dbt adds to Jinja.
var HostBlocks = []string{"macro", "materialization", "test", "data_test", "docs", "snapshot"}

// Tree parses the node's text. Trees are not kept: few nodes of a large project are
// compiled by a command, and a tree is ten times its text.
func (n *Node) Tree() (*syntax.Template, error) {
	if n.Test != nil && n.Test.Generic {
		// The text that stands for a generic test is in no file.
		return syntax.Parse(&source.File{Path: n.OriginalPath, Text: n.Raw}, syntax.Options{})
	}
	return syntax.Parse(n.File, syntax.Options{Blocks: HostBlocks, Start: n.Span.Start, End: n.Span.End})
}

// Describe is "model orders (models/orders.sql)", as error headings have it.
func (n *Node) Describe() string {
	return n.Kind.String() + " " + n.Name + " (" + n.OriginalPath + ")"
}

// Column finds a column by name, without regard to case; nil if there is none.
func (n *Node) Column(name string) *Column {
	for _, c := range n.Columns {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	return nil
}

// Place puts a problem in the template that stands for a generic test where the
// test is declared: nobody wrote that template. Other problems stay as they are.
func (n *Node) Place(e *source.Error) {
	if n.Test == nil || !n.Test.Generic {
		return
	}
	if e.File != nil && e.File != n.File && e.File.Path == n.OriginalPath {
		e.File, e.Span = n.File, n.Span
	}
	for i := range e.Calls {
		if c := &e.Calls[i]; c.File != nil && c.File != n.File && c.File.Path == n.OriginalPath {
			c.File, c.Span = n.File, n.Span
		}
	}
}

// Macro is one macro, generic test or materialization.
type Macro struct {
	ID           string
	Name         string
	Package      string
	Path         string // path and original_file_path
	SQL          string // whole text of the block
	File         *source.File
	Span         source.Span
	Template     *syntax.Template
	Value        *jinja.Macro
	DependsOn    []string
	Description  string
	Meta         *jinja.Dict
	Docs         *jinja.Dict
	PatchPath    string
	Arguments    []*jinja.Dict
	Languages    []string // of materializations; nil elsewhere
	BuiltIn      bool     // part of weft itself
	CreatedAt    float64
	DispatchOnly bool
}

// Doc is one docs block.
type Doc struct {
	ID           string
	Name         string
	Package      string
	Path         string
	OriginalPath string
	Contents     string
}

// Group is a group of nodes with an owner.
type Group struct {
	ID           string
	Name         string
	Package      string
	Path         string
	OriginalPath string
	Owner        *jinja.Dict
	Description  jinja.Value // none if there is none
	Config       *jinja.Dict
}
