package jinja

import (
	"context"
	"strconv"
	"strings"

	"weft/compiler/jinja/syntax"
	"weft/compiler/source"
)

// Options are what a render needs to know.
type Options struct {
	Globals Globals // nil for none
	Host    any     // for host functions: Call.Thread.Host

	// Lenient lets attributes, items and calls of undefined values be undefined
	// again. It is for a node's own code while it is only parsed, and never holds
	// inside of macros.
	Lenient bool

	// OnMacro is told of each call of a project macro and of how many are open
	// around it; nil for nobody.
	OnMacro func(m *Macro, depth int)

	Steps  int    // how much the template may do; 0 for a generous default
	Memory int    // bytes that the process may hold while the template makes more; 0 for 2 GiB
	Name   string // what a stack calls the template, such as "model orders"
}

// Result is what a template has put out. Marks says where the pieces come from;
// they are in the order of the output.
type Result struct {
	Text  string
	Marks []Mark
}

// Mark says that the output from byte Out on comes from a place: of text the place
// where the text stands, of anything else the expression that gave it.
type Mark struct {
	Out  int
	File *source.File
	Pos  source.Pos
}

// Render gives the text of a template. The error is an *Error or the context's.
func Render(ctx context.Context, tmpl *syntax.Template, o Options) (Result, error) {
	if tmpl.Plain {
		return Result{Text: tmpl.Source, Marks: []Mark{{0, tmpl.File, tmpl.Start}}}, nil
	}
	t, err := run(ctx, tmpl, o, &buffer{marking: true, marks: make([]Mark, 0, 2*len(tmpl.Body)+1)}, false)
	if err != nil {
		return Result{}, err
	}
	return Result{Text: string(t.out.text), Marks: t.out.marks}, nil
}

// Run renders a template for what it does: its output is made and thrown away.
func Run(ctx context.Context, tmpl *syntax.Template, o Options) error {
	if tmpl.Plain {
		return nil
	}
	_, err := run(ctx, tmpl, o, &buffer{discard: true}, false)
	return err
}

// RenderNative gives the value of a template from a YAML file: what a lone
// expression gives, and the text of anything else.
func RenderNative(ctx context.Context, tmpl *syntax.Template, o Options) (Value, error) {
	t, err := run(ctx, tmpl, o, &buffer{native: true}, true)
	if err != nil {
		return nil, err
	}
	v, err := t.out.nativeValue()
	if err != nil {
		return nil, t.fail(t.top.root, t.out.site, err)
	}
	return v, nil
}

func run(ctx context.Context, tmpl *syntax.Template, o Options, out *buffer, native bool) (*Thread, error) {
	t := newThread(ctx, o)
	t.out = out
	u, err := newUnit(tmpl)
	if err != nil {
		return nil, err
	}
	u.lenient, u.native = o.Lenient, native
	t.top = u
	if _, err := t.enter(tmpl.Func.Height); err != nil {
		return nil, err
	}
	if err := t.Ctx.Err(); err != nil {
		return nil, err
	}
	_, err = t.exec(u.root, tmpl.Body)
	if err == nil {
		err = out.problem
	}
	if r, ok := err.(*returned); ok {
		e := Raise(ReturnError, "%s", r.value.String())
		e.Err.File, e.Err.Class = tmpl.File, source.Compilation
		return nil, e
	}
	return t, err
}

// buffer takes output in: of the template, or of a body whose text is captured.
type buffer struct {
	text    []byte
	marks   []Mark
	marking bool
	discard bool // the text is not wanted
	gone    int  // length of what was thrown away

	// In Jinja2 the output is joined at the end. pieces counts what would be
	// joined, and problem is the complaint about the first that is no text.
	pieces  int
	problem error

	native  bool // collect values instead of text
	values  []Value
	isConst bool // the last of values is text that more may be added to
	site    interface{ Span() source.Span }
}

// capture runs body with its output going to a buffer of its own, and gives the
// text.
func (t *Thread) capture(f *frame, body []syntax.Stmt) (v Value, ctl control, err error) {
	v, err = t.captured(func() error {
		var err error
		ctl, err = t.exec(f, body)
		return err
	})
	return v, ctl, err
}

// captured gives the text that run puts out.
func (t *Thread) captured(run func() error) (Value, error) {
	was := t.out
	if n := len(t.spare); n > 0 {
		t.out, t.spare = t.spare[n-1], t.spare[:n-1]
	} else {
		t.out = &buffer{}
	}
	err := run()
	if err == nil {
		err = t.out.problem
	}
	text := string(t.out.text)
	*t.out = buffer{text: t.out.text[:0]}
	t.spare = append(t.spare, t.out)
	t.out = was
	if err != nil {
		return nil, err
	}
	if err := t.charge(len(text)); err != nil {
		return nil, err
	}
	if t.autoescape {
		return Markup(text), nil
	}
	return Str(text), nil
}

// writeText puts template text out.
func (t *Thread) writeText(f *frame, s *syntax.Text) error {
	out := t.out
	if out.native {
		out.constant(s.Text)
		return nil
	}
	out.pieces++
	out.mark(f.unit.tmpl.File, s.Pos)
	out.text = append(out.text, s.Text...)
	return out.check()
}

func (b *buffer) check() error {
	if b.discard {
		b.gone += len(b.text)
		b.text = b.text[:0]
	}
	if len(b.text)+b.gone > maxOutput || len(b.values) > maxOutput/16 {
		return Raise(LimitError, "the output would be too large")
	}
	return nil
}

func (b *buffer) mark(file *source.File, pos source.Pos) {
	if b.marking {
		b.marks = append(b.marks, Mark{len(b.text), file, pos})
	}
}

// write puts the value of {{ x }} out.
func (t *Thread) write(f *frame, x syntax.Expr, v Value) error {
	out := t.out
	out.mark(f.unit.tmpl.File, x.Span().Start)
	out.pieces++
	switch v := v.(type) {
	case Str:
		if t.autoescape {
			out.text = append(out.text, escapeHTML(string(v))...)
		} else {
			out.text = append(out.text, v...)
		}
	case Markup:
		out.text = append(out.text, v...)
	case Int:
		out.text = strconv.AppendInt(out.text, int64(v), 10)
	default:
		text := v.String()
		if err := checkSize(1, int64(len(text))); err != nil {
			return err
		}
		if t.autoescape {
			text = escapeHTML(text)
		}
		out.text = append(out.text, text...)
	}
	return out.check()
}

// writeResult puts out what a call block or filter block gave, which must be text:
// it is joined to the rest without being converted. The complaint waits for the
// end of the output, since a return() before it makes it moot.
func (t *Thread) writeResult(f *frame, x syntax.Expr, v Value) error {
	if t.out.native {
		t.out.value(x, v)
		return nil
	}
	if _, ok := Text(v); !ok && t.out.problem == nil {
		t.out.problem = Raise(TypeError, "sequence item %d: expected str instance, %s found", t.out.pieces, TypeName(v))
		t.out.problem = t.fail(f, x, t.out.problem)
	}
	return t.write(f, x, v)
}

// constant adds text to native output.
func (b *buffer) constant(s string) {
	if n := len(b.values); b.isConst && n > 0 {
		b.values[n-1] = b.values[n-1].(Str) + Str(s)
		return
	}
	b.values = append(b.values, Str(s))
	b.isConst = true
}

// value adds a value to native output.
func (b *buffer) value(x syntax.Expr, v Value) {
	b.values = append(b.values, v)
	b.isConst = false
	b.site = x
}

// nativeValue is the one value that was put out, or the text of several.
func (b *buffer) nativeValue() (Value, error) {
	switch len(b.values) {
	case 0:
		return Str(""), nil
	case 1:
		switch v := b.values[0].(type) {
		case *marked:
			return v.native()
		case Markup:
			return Str(v), nil
		}
		return b.values[0], nil
	}
	var s strings.Builder
	for _, v := range b.values {
		s.WriteString(v.String())
	}
	return Str(s.String()), nil
}
