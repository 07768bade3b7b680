package scope

import (
	"weft/compiler/jinja"
	"weft/compiler/manifest"
)

// Defer is what nodes stand for that are not built here: the relations that an earlier
// run, of another target as a rule, built for them.
type Defer struct {
	Relations map[string]*Relation // by id of the node
	Selected  map[string]bool      // ids of the nodes of this run

	// Favor takes them also where a node that is not selected has been built here.
	Favor bool
}

// NewDefer gives the deferral to relations that have the project's quoting.
func (s *Shared) NewDefer(favor bool) *Defer {
	return &Defer{Relations: map[string]*Relation{}, Selected: map[string]bool{}, Favor: favor}
}

// Add notes where the state has a node.
func (d *Defer) Add(s *Shared, id, database, schema, identifier string) {
	r := NewRelation(s.Dialect, database, schema, identifier)
	r.Quote = s.Quoting
	d.Relations[id] = r
}

// relationFor gives the relation that ref() of a node gives: its own, or that of the
// state if its own does not exist. That it does not exist is believed only of a listing
// that came back whole; that there is none is an error.
func (c *Context) relationFor(t *jinja.Thread, n *manifest.Node) (*Relation, error) {
	own := c.shared.RelationOf(n)
	d := c.shared.Defer
	if d == nil || n.Ephemeral() || d.Relations[n.ID] == nil {
		return own, nil
	}
	if d.Favor && !d.Selected[n.ID] {
		return d.Relations[n.ID], nil
	}
	there, err := c.getRelation(t, n.Database, n.Schema, n.Alias)
	if err != nil || there != nil {
		return own, err
	}
	return d.Relations[n.ID], nil
}
