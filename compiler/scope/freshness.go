package scope

import (
	"strings"
	"time"

	"weft/compiler/jinja"
	"weft/compiler/source"
)

// Loaded is how old the newest row of a source is, and when that was looked at.
type Loaded struct {
	Max, At  time.Time // UTC
	Response *jinja.Dict
}

// Freshness asks the warehouse when the node of c, a source, was last loaded: with
// its loaded_at_query, or else with the newest value of its loaded_at_field.
func (c *Context) Freshness() (Loaded, error) {
	s, rel := c.node.Source, c.shared.RelationOf(c.node)
	var v jinja.Value
	var err error
	macro := "collect_freshness"
	switch {
	case s.LoadedAtQuery != nil && s.LoadedAtQuery.Truth():
		macro = "collect_freshness_custom_sql"
		var query string
		if query, err = c.RenderText(c.node.OriginalPath, s.LoadedAtQuery.String()); err != nil {
			return Loaded{}, err
		}
		v, err = c.callNamed(macro, jinja.Kwarg{Name: "source", Value: rel}, jinja.Kwarg{Name: "loaded_at_query", Value: jinja.Str(query)})
	case s.LoadedAtField != nil && s.LoadedAtField.Truth():
		var filter jinja.Value = jinja.None
		if limits, ok := s.Freshness.(*jinja.Dict); ok {
			if f, ok := limits.GetStr("filter"); ok {
				filter = f
			}
		}
		v, err = c.callNamed(macro, jinja.Kwarg{Name: "source", Value: rel},
			jinja.Kwarg{Name: "loaded_at_field", Value: s.LoadedAtField}, jinja.Kwarg{Name: "filter", Value: filter})
	default:
		return Loaded{}, fail(source.Runtime, "source %s.%s has freshness limits and neither a loaded_at_field nor a loaded_at_query, and %s does not know when a table was loaded",
			s.SourceName, c.node.Name, c.shared.Dialect.Name)
	}
	if err != nil {
		return Loaded{}, err
	}
	return c.loaded(macro, v)
}

// loaded reads what a macro for freshness gave: the result of its statement, or only
// the table, as projects of old have it.
func (c *Context) loaded(macro string, v jinja.Value) (Loaded, error) {
	out := Loaded{Response: jinja.NewDict()}
	tab, ok := v.(*Table)
	if ok {
		if c.shared.Warn != nil {
			if err := c.shared.Warn(&source.Error{Event: source.CollectFreshnessReturn, Msg: "the macro " + macro + " gives a table only; it should give all of load_result('" + macro + "')"}); err != nil {
				return out, err
			}
		}
	} else if d, isDict := v.(*jinja.Dict); isDict {
		inner, _ := d.GetStr("table")
		tab, ok = inner.(*Table)
		if r, has := d.GetStr("response"); has {
			out.Response = ResponseDict(r)
		}
	}
	if !ok {
		return out, fail(source.Compilation, "the macro %s gave %s, not the result of a statement", macro, v.Type())
	}
	if len(tab.Rows) != 1 || len(tab.Names) != 2 {
		return out, fail(source.Compilation, "Got an invalid result from \"%s\" macro: %d rows of %d columns; one row of two columns is what it must give", macro, len(tab.Rows), len(tab.Names))
	}
	var err error
	if tab.Rows[0][0] == jinja.Value(jinja.None) {
		// Nothing was ever loaded: older than anything.
		out.Max = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if out.Max, err = c.moment(tab.Rows[0][0]); err != nil {
		return out, err
	}
	out.At, err = c.moment(tab.Rows[0][1])
	return out, err
}

// moment takes a timestamp; one without a zone is UTC.
func (c *Context) moment(v jinja.Value) (time.Time, error) {
	d, ok := v.(*jinja.DateTime)
	if !ok {
		s := c.node.Source
		what := "loaded_at_query"
		if s.LoadedAtQuery == nil || !s.LoadedAtQuery.Truth() {
			what = "field '" + s.LoadedAtField.String() + "'"
		}
		return time.Time{}, fail(source.Database, "Expected a timestamp value when querying %s of table %s but received value of type '%s' instead; cast it to a timestamp",
			what, c.shared.RelationOf(c.node).Render(), strings.TrimPrefix(v.Type(), "datetime."))
	}
	return d.GoTime().UTC(), nil
}
