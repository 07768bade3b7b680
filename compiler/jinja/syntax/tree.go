// Package syntax turns template text into a tree with resolved names.
package syntax

import (
	"sync"

	"weft/compiler/source"
)

// Template is a parsed text. It is never changed once Parse has returned it, so
// that any number of renders may share it.
type Template struct {
	File *source.File
	Body []Stmt
	Func Func // the slots of the body

	// Plain is set for a text without any delimiter; dbt gives such a text back
	// untouched, the last newline included. Source is that text, from Start on.
	Plain  bool
	Source string
	Start  source.Pos

	Macros  []*Macro // all, in the order of the text
	Blocks  []*Block // {% block %} and the host's own
	Globals []string // names bound nowhere; Ref.Slot of a global counts here
	Consts  []*Const // all literals; Const.Index counts here
	Uses    []Use    // filters and tests; Filter.Use and Test.Use count here

	once    sync.Once
	derived any
}

// Derive gives what f makes of the template; f is called at most once. It is for
// the stage that evaluates the tree to keep what it prepares.
func (t *Template) Derive(f func(*Template) any) any {
	t.once.Do(func() { t.derived = f(t) })
	return t.derived
}

// Use is one mention of a filter or test by name. In an if statement or an inline
// if an unknown name is an error only when it is reached; Guarded says so.
type Use struct {
	Name    string
	Test    bool
	Guarded bool
	Pos     source.Pos
}

// Func is a body with numbered slots of its own: a template, macro, call block,
// block or recursive loop. It sees the slots of the function around it.
type Func struct {
	Slots  []Slot
	Height int // of its tree: how deep evaluating it recurses
}

// Slot is one variable of a function.
type Slot struct {
	Name string
	Else Ref // where to look while it is not set
}

// Where says what kind of place a Ref is.
type Where uint8

const (
	Nowhere Where = iota // undefined
	Local                // a slot of this function, or of one around it
	Global               // a name of the host, by its index in Template.Globals
	Self                 // the template's own "self"
)

// Ref is the place of a variable.
type Ref struct {
	Where Where
	Up    uint16 // for Local: how many functions out
	Slot  int32
}

// Expr is an expression.
type Expr interface {
	Span() source.Span
	expr()
}

// Stmt is a statement or a piece of output.
type Stmt interface {
	Span() source.Span
	stmt()
}

// ConstKind is the kind of a literal.
type ConstKind uint8

const (
	None ConstKind = iota
	True
	False
	Int    // Const.Int
	BigInt // Const.Str, in decimal
	Float  // Const.Float
	Str    // Const.Str
)

// Op is an operator of Unary, Binary, Logic and Compare.
type Op string

// The expressions. Pos is where the first character of the node is, except that
// operators, calls, attributes and filters begin where their left operand does.
type (
	Const struct {
		Pos, End source.Pos
		Kind     ConstKind
		Index    int32
		Int      int64
		Float    float64
		Str      string // also the text of a float as it was written
	}
	Name struct {
		Pos  source.Pos
		Name string
		Ref  Ref
	}
	// NSRef is ns.attr as the target of a set.
	NSRef struct {
		Name *Name
		Attr string
	}
	List struct {
		Pos   source.Pos
		Items []Expr
	}
	Tuple struct {
		Pos   source.Pos
		Items []Expr
	}
	Dict struct {
		Pos   source.Pos
		Items []Pair
	}
	Unary struct {
		Pos source.Pos
		Op  Op // "-" "+" "not"
		X   Expr
	}
	Binary struct {
		Op   Op // "+" "-" "*" "/" "//" "%" "**"
		X, Y Expr
	}
	Logic struct {
		And  bool
		X, Y Expr
	}
	Concat struct{ Items []Expr }
	// Compare is a chain: X < Rest[0].X < Rest[1].X.
	Compare struct {
		X    Expr
		Rest []Operand
	}
	// Cond is Then if If else Else; Else may be nil. Line is where it begins,
	// for the message about a missing Else.
	Cond struct {
		Then, If, Else Expr
		Line           int32
	}
	Attr struct {
		X       Expr
		Name    string
		NamePos source.Pos
	}
	Index struct {
		X, Key Expr
	}
	// Slice is the key of x[start:stop:step]; missing parts are nil.
	Slice struct {
		Pos               source.Pos
		Start, Stop, Step Expr
	}
	Call struct {
		Func Expr
		Args
	}
	Filter struct {
		X       Expr // nil for the text of a filter block or block set
		Name    string
		NamePos source.Pos
		Use     int32
		Args
	}
	Test struct {
		X       Expr
		Name    string
		NamePos source.Pos
		Not     bool
		Use     int32
		Args
	}
)

// Pair is an entry of a dict literal.
type Pair struct{ Key, Value Expr }

// Operand is the rest of a comparison: an operator, "in" and "not in" too, and
// what stands on its right.
type Operand struct {
	Op Op
	X  Expr
}

// Args are the arguments of a call. Star and DoubleStar may be nil.
type Args struct {
	Args       []Expr
	Kwargs     []Kwarg
	Star       Expr
	DoubleStar Expr
}

// Kwarg is a keyword argument.
type Kwarg struct {
	Name  string
	Value Expr
}

// The statements. Pos is where the tag is named.
type (
	// Text is output as it stands, its line ends made newlines.
	Text struct {
		Pos  source.Pos
		Text string
	}
	// Output is {{ x }}.
	Output struct {
		Pos source.Pos
		X   Expr
	}
	If struct {
		Pos  source.Pos
		Cond Expr
		Then []Stmt
		Else []Stmt // an elif is an If alone in here
		Elif bool   // this If is an elif
	}
	For struct {
		Pos       source.Pos
		Target    Expr
		Iter      Expr
		Cond      Expr // nil for none
		Recursive bool
		Body      []Stmt
		Else      []Stmt

		CondTarget  Expr  // the target again, for Cond
		Loop        int32 // the slot of "loop", -1 if the body has no use for it
		First, Last int32 // the slots that each round begins without: First <= slot < Last
		Func        *Func // for a recursive loop
	}
	Set struct {
		Pos    source.Pos
		Target Expr
		Value  Expr
	}
	// SetBlock is {% set x | filter %} … {% endset %}; Filter may be nil.
	SetBlock struct {
		Pos    source.Pos
		Target Expr
		Filter *Filter
		Body   []Stmt
	}
	Do struct {
		Pos source.Pos
		X   Expr
	}
	With struct {
		Pos     source.Pos
		Targets []Expr
		Values  []Expr
		Body    []Stmt
	}
	FilterBlock struct {
		Pos    source.Pos
		Filter *Filter
		Body   []Stmt
	}
	CallBlock struct {
		Pos  source.Pos
		Call *Call
		Body *Macro // of kind IsCall
	}
	Break    struct{ Pos source.Pos }
	Continue struct{ Pos source.Pos }
	// Block is {% block name %}, or a tag of Options.Blocks.
	Block struct {
		Pos      source.Pos
		Tag      string
		Name     string
		Scoped   bool
		Required bool
		Body     []Stmt
		Func     Func
	}
	Autoescape struct {
		Pos  source.Pos
		On   Expr
		Body []Stmt
	}
	// Load is include, import, from or extends: they parse, and fail when run.
	Load struct {
		Pos  source.Pos
		Tag  string
		X    Expr
		Rest string // what follows X, as it is written
		// Targets are the names that the tag binds.
		Targets []*Name
	}
)

// MacroKind says which tag a Macro was made by.
type MacroKind string

const (
	IsMacro           MacroKind = "macro"
	IsTest            MacroKind = "test"
	IsMaterialization MacroKind = "materialization"
	IsDocs            MacroKind = "docs"
	IsCall            MacroKind = "call"
)

// Macro is a macro, or what dbt makes one of: a test, a materialization, a docs
// block. It is also the body of a call block.
type Macro struct {
	Pos  source.Pos
	Kind MacroKind

	// Name is what the macro is called in the project: "foo", "test_foo",
	// "materialization_foo_default"; for docs it is the name of the entry.
	// Empty for a call block.
	Name string
	// Tag is the name as it is written.
	Tag string
	// Var is the variable that holds it in the template: "dbt_macro__foo".
	Var    string
	Target *Name

	Params []Param
	Body   []Stmt
	Func   Func

	// Adapter and Languages are of a materialization: "default" or the adapter,
	// and the value of supported_languages (nil if not given).
	Adapter   string
	Languages Expr

	// The slots of the special names, -1 where the body has no use for one.
	Caller, Varargs, Kwargs int32
	// ExplicitCaller is set when caller is a declared parameter.
	ExplicitCaller bool
}

// Param is a declared parameter; its slot is its index.
type Param struct {
	Pos     source.Pos
	Name    string
	Type    string // as it is written; has no effect
	Default Expr   // nil for none
}

func at(pos source.Pos) source.Span { return source.Span{Start: pos, End: pos} }

func (x *Const) Span() source.Span { return source.Span{Start: x.Pos, End: x.End} }
func (x *Name) Span() source.Span {
	return source.Span{Start: x.Pos, End: x.Pos + source.Pos(len(x.Name))}
}
func (x *NSRef) Span() source.Span   { return x.Name.Span() }
func (x *List) Span() source.Span    { return at(x.Pos) }
func (x *Tuple) Span() source.Span   { return at(x.Pos) }
func (x *Dict) Span() source.Span    { return at(x.Pos) }
func (x *Unary) Span() source.Span   { return source.Span{Start: x.Pos, End: x.X.Span().End} }
func (x *Binary) Span() source.Span  { return join(x.X, x.Y) }
func (x *Logic) Span() source.Span   { return join(x.X, x.Y) }
func (x *Concat) Span() source.Span  { return join(x.Items[0], x.Items[len(x.Items)-1]) }
func (x *Compare) Span() source.Span { return join(x.X, x.Rest[len(x.Rest)-1].X) }
func (x *Cond) Span() source.Span    { return join(x.Then, x.If) }
func (x *Attr) Span() source.Span {
	return source.Span{Start: x.X.Span().Start, End: x.NamePos + source.Pos(len(x.Name))}
}
func (x *Index) Span() source.Span { return x.X.Span() }
func (x *Slice) Span() source.Span { return at(x.Pos) }
func (x *Call) Span() source.Span  { return x.Func.Span() }
func (x *Filter) Span() source.Span {
	return source.Span{Start: x.NamePos, End: x.NamePos + source.Pos(len(x.Name))}
}
func (x *Test) Span() source.Span {
	return source.Span{Start: x.NamePos, End: x.NamePos + source.Pos(len(x.Name))}
}

func join(x, y Expr) source.Span {
	return source.Span{Start: x.Span().Start, End: y.Span().End}
}

func (*Const) expr()   {}
func (*Name) expr()    {}
func (*NSRef) expr()   {}
func (*List) expr()    {}
func (*Tuple) expr()   {}
func (*Dict) expr()    {}
func (*Unary) expr()   {}
func (*Binary) expr()  {}
func (*Logic) expr()   {}
func (*Concat) expr()  {}
func (*Compare) expr() {}
func (*Cond) expr()    {}
func (*Attr) expr()    {}
func (*Index) expr()   {}
func (*Slice) expr()   {}
func (*Call) expr()    {}
func (*Filter) expr()  {}
func (*Test) expr()    {}

func (s *Text) Span() source.Span        { return at(s.Pos) }
func (s *Output) Span() source.Span      { return s.X.Span() }
func (s *If) Span() source.Span          { return at(s.Pos) }
func (s *For) Span() source.Span         { return at(s.Pos) }
func (s *Set) Span() source.Span         { return at(s.Pos) }
func (s *SetBlock) Span() source.Span    { return at(s.Pos) }
func (s *Do) Span() source.Span          { return at(s.Pos) }
func (s *With) Span() source.Span        { return at(s.Pos) }
func (s *FilterBlock) Span() source.Span { return at(s.Pos) }
func (s *CallBlock) Span() source.Span   { return at(s.Pos) }
func (s *Break) Span() source.Span       { return at(s.Pos) }
func (s *Continue) Span() source.Span    { return at(s.Pos) }
func (s *Block) Span() source.Span       { return at(s.Pos) }
func (s *Autoescape) Span() source.Span  { return at(s.Pos) }
func (s *Load) Span() source.Span        { return at(s.Pos) }
func (s *Macro) Span() source.Span       { return at(s.Pos) }

func (*Text) stmt()        {}
func (*Output) stmt()      {}
func (*If) stmt()          {}
func (*For) stmt()         {}
func (*Set) stmt()         {}
func (*SetBlock) stmt()    {}
func (*Do) stmt()          {}
func (*With) stmt()        {}
func (*FilterBlock) stmt() {}
func (*CallBlock) stmt()   {}
func (*Break) stmt()       {}
func (*Continue) stmt()    {}
func (*Block) stmt()       {}
func (*Autoescape) stmt()  {}
func (*Load) stmt()        {}
func (*Macro) stmt()       {}
