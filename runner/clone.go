package runner

import (
	"path/filepath"

	"weft/compiler/artifact"
	"weft/compiler/compile"
	"weft/compiler/jinja"
	"weft/compiler/manifest"
	"weft/compiler/scope"
)

// clone makes a node stand for its relation in the state, by the materialization
// clone. Nothing of the node's own code is compiled: its code is a query of the other
// relation.
func (r *run) clone(n *manifest.Node, res *artifact.Result, conn *scope.Conn, thread string) error {
	now := r.o.Now()
	res.Timing = append(res.Timing, artifact.Timing{Name: "compile", Start: now, End: now})
	t := artifact.Timing{Name: "execute", Start: now}
	defer func() {
		t.End = r.o.Now()
		res.Timing = append(res.Timing, t)
	}()
	ctx := r.shared.NewContext(r.ctx, scope.Run, n, conn)
	ctx.ThreadID = thread
	ctx.Set("defer_relation", jinja.None)
	if other := r.stateRelation(n); other != nil {
		ctx.Set("defer_relation", other)
		ctx.SetCode("select * from " + other.Render())
	}
	v, err := r.call(n, "clone", &compile.Result{Context: ctx})
	if ctx.Main != "" {
		if wrote := writeFile(filepath.Join(r.o.Target, "run", filepath.FromSlash(artifact.FilePath(n))), ctx.Main); err == nil {
			err = wrote
		}
	}
	if err != nil {
		return asked(err, n, conn)
	}
	rels, err := relations(n, v)
	if err != nil {
		return err
	}
	for _, rel := range rels {
		r.shared.Cache.Created(rel)
	}
	res.Status, res.Message = artifact.Success, "No-op"
	if resp, _, ok := ctx.Result("main"); ok {
		res.Message = resp.String()
		res.Response = scope.ResponseDict(resp)
	}
	return nil
}

// stateRelation gives what a node is in the state; nil if it is not there.
func (r *run) stateRelation(n *manifest.Node) *scope.Relation {
	if r.shared.Defer == nil {
		return nil
	}
	return r.shared.Defer.Relations[n.ID]
}

// fillState learns what is in the schemas of the state that clone reads. A listing that
// fails is the end: what cannot be seen is not taken to be absent.
func (r *run) fillState(ctx *scope.Context) error {
	type key struct{ database, schema string }
	seen := map[key]bool{}
	for _, n := range r.plan.Nodes {
		rel := r.stateRelation(n)
		if rel == nil {
			continue
		}
		name := rel.Name()
		if k := (key{name.Database, name.Schema}); !seen[k] {
			seen[k] = true
			if err := ctx.FillCache(ctx.Thread(), k.database, k.schema); err != nil {
				return err
			}
		}
	}
	return nil
}
