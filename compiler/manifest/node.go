package manifest

import (
	"strings"

	"weft/compiler/config"
	"weft/compiler/jinja"
	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// Node is one resource of a project: a model, seed, test, source, … What only some
// kinds have is in the parts at the end, nil elsewhere.
type Node struct {
	ID      string // unique_id
	Kind    Kind
	Name    string
	Package string

	Path         string // below the search path
	OriginalPath string // below the package, with forward slashes
	FQN          []string

	Database string
	Schema   string
	Alias    string

	// Nameless says which of database, schema and alias the macros that make names
	// gave none for.
	Nameless [3]bool

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

	File     *source.File     // the file that holds the text; nil where there is none
	Span     source.Span      // of the text within File
	Raw      string           // raw_code
	Template *syntax.Template // Raw parsed; nil where there is nothing to render
	Language string           // "sql" or "python"; empty for kinds without code

	Refs      []Ref
	Sources   [][2]string // source name, table name
	Metrics   [][]string
	Macros    []string // ids of macros that the text calls directly
	DependsOn []string // ids of nodes, each once, in order of first use

	// CallsThis says that the text reads "this", which decides whether batches
	// may run at the same time.
	CallsThis bool

	Constraints     []*jinja.Dict
	Version         jinja.Value // nil for models without versions
	LatestVersion   jinja.Value
	DeprecationDate string
	PrimaryKey      []string
	TimeSpine       jinja.Value
	Index           int // of project hooks, from 1 as dbt counts them

	Test     *TestPart
	Source   *SourcePart
	Exposure *ExposurePart
	Seed     *SeedPart
	Unit     *UnitPart

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

// UnitPart is what unit tests have.
type UnitPart struct {
	Model     string
	Given     []*jinja.Dict
	Expect    *jinja.Dict
	Overrides jinja.Value
	Versions  jinja.Value
	Version   jinja.Value
}

// Meta is config.meta.
func (n *Node) Meta() *jinja.Dict { return n.Config.Dict("meta") }

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
	Description  string
	Meta         *jinja.Dict
}
