package syntax

import "weft/compiler/source"

// Walk calls fn for node and everything inside it, outside first, in the order of
// the text. Where fn gives false, the inside is left out. A node is a *Template,
// a Stmt, a []Stmt or an Expr; fn is not called for lists.
func Walk(node any, fn func(node any) bool) {
	w := walker{fn}
	switch n := node.(type) {
	case *Template:
		if fn(n) {
			w.stmts(n.Body)
		}
	case []Stmt:
		w.stmts(n)
	case Stmt:
		w.stmt(n)
	case Expr:
		w.expr(n)
	}
}

type walker struct{ fn func(any) bool }

func (w walker) stmts(list []Stmt) {
	for _, s := range list {
		w.stmt(s)
	}
}

func (w walker) exprs(list ...Expr) {
	for _, x := range list {
		if x != nil {
			w.expr(x)
		}
	}
}

func (w walker) stmt(s Stmt) {
	if !w.fn(s) {
		return
	}
	switch s := s.(type) {
	case *Output:
		w.expr(s.X)
	case *If:
		w.expr(s.Cond)
		w.stmts(s.Then)
		w.stmts(s.Else)
	case *For:
		w.exprs(s.Target, s.Iter, s.Cond)
		w.stmts(s.Body)
		w.stmts(s.Else)
	case *Set:
		w.exprs(s.Target, s.Value)
	case *SetBlock:
		w.expr(s.Target)
		if s.Filter != nil {
			w.expr(s.Filter)
		}
		w.stmts(s.Body)
	case *Do:
		w.expr(s.X)
	case *With:
		for i, t := range s.Targets {
			w.exprs(t, s.Values[i])
		}
		w.stmts(s.Body)
	case *FilterBlock:
		w.expr(s.Filter)
		w.stmts(s.Body)
	case *CallBlock:
		w.expr(s.Call)
		w.stmt(s.Body)
	case *Block:
		w.stmts(s.Body)
	case *Autoescape:
		w.expr(s.On)
		w.stmts(s.Body)
	case *Load:
		w.expr(s.X)
	case *Macro:
		for _, p := range s.Params {
			w.exprs(p.Default)
		}
		w.stmts(s.Body)
	}
}

func (w walker) args(a *Args) {
	w.exprs(a.Args...)
	for _, k := range a.Kwargs {
		w.expr(k.Value)
	}
	w.exprs(a.Star, a.DoubleStar)
}

func (w walker) expr(x Expr) {
	if !w.fn(x) {
		return
	}
	switch x := x.(type) {
	case *NSRef:
		w.expr(x.Name)
	case *List:
		w.exprs(x.Items...)
	case *Tuple:
		w.exprs(x.Items...)
	case *Dict:
		for _, p := range x.Items {
			w.exprs(p.Key, p.Value)
		}
	case *Unary:
		w.expr(x.X)
	case *Binary:
		w.exprs(x.X, x.Y)
	case *Logic:
		w.exprs(x.X, x.Y)
	case *Concat:
		w.exprs(x.Items...)
	case *Compare:
		w.expr(x.X)
		for _, o := range x.Rest {
			w.expr(o.X)
		}
	case *Cond:
		w.exprs(x.Then, x.If, x.Else)
	case *Attr:
		w.expr(x.X)
	case *Index:
		w.exprs(x.X, x.Key)
	case *Slice:
		w.exprs(x.Start, x.Stop, x.Step)
	case *Call:
		w.expr(x.Func)
		w.args(&x.Args)
	case *Filter:
		w.exprs(x.X)
		w.args(&x.Args)
	case *Test:
		w.expr(x.X)
		w.args(&x.Args)
	}
}

// CallSite is a call of a macro by a literal name: foo(), pkg.foo(), or
// adapter.dispatch('foo', 'pkg').
type CallSite struct {
	Package, Name string
	Dispatch      bool
	Pos           source.Pos
}

// Calls lists the calls of a template that can be known without running it, in
// the order of the text. Names that the template itself binds are left out.
func Calls(t *Template) []CallSite {
	var out []CallSite
	Walk(t, func(n any) bool {
		call, ok := n.(*Call)
		if !ok {
			return true
		}
		switch f := call.Func.(type) {
		case *Name:
			if f.Ref.Where == Global {
				out = append(out, CallSite{Name: f.Name, Pos: f.Pos})
			}
		case *Attr:
			pkg, ok := f.X.(*Name)
			switch {
			case !ok || pkg.Ref.Where != Global:
			case pkg.Name == "adapter" && f.Name == "dispatch":
				if site, ok := dispatched(call); ok {
					out = append(out, site)
				}
			default:
				out = append(out, CallSite{Package: pkg.Name, Name: f.Name, Pos: pkg.Pos})
			}
		}
		return true
	})
	return out
}

// dispatched reads adapter.dispatch(macro_name, macro_namespace).
func dispatched(call *Call) (CallSite, bool) {
	site := CallSite{Dispatch: true, Pos: call.Span().Start}
	for i, x := range call.Args.Args {
		if c, ok := x.(*Const); ok && c.Kind == Str {
			switch i {
			case 0:
				site.Name = c.Str
			case 1:
				site.Package = c.Str
			}
		}
	}
	for _, k := range call.Args.Kwargs {
		if c, ok := k.Value.(*Const); ok && c.Kind == Str {
			switch k.Name {
			case "macro_name":
				site.Name = c.Str
			case "macro_namespace":
				site.Package = c.Str
			}
		}
	}
	return site, site.Name != ""
}
