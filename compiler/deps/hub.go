package deps

import (
	"context"
	"fmt"
	"io"
	"strings"

	"weft/compiler/jinja"
	"weft/compiler/project"
	"weft/compiler/source"
)

// hubPackage is what the hub says of a package.
type hubPackage struct {
	versions map[string]*jinja.Dict // by version
	all      []string               // that this version of dbt can use
	moved    string                 // its new name
}

// hubIndex gives the names of all packages of the hub, which is asked once.
func (in *installer) hubIndex(ctx context.Context) (map[string]bool, error) {
	if in.index != nil {
		return in.index, nil
	}
	v, err := in.fromHub(ctx, "index.json")
	if err != nil {
		return nil, err
	}
	list, ok := v.(*jinja.List)
	if !ok {
		return nil, failure("the index of the package hub at %s is no list", in.o.HubURL)
	}
	in.index = map[string]bool{}
	for _, name := range list.Items {
		in.index[name.String()] = true
	}
	return in.index, nil
}

func (in *installer) fromHub(ctx context.Context, file string) (jinja.Value, error) {
	address := strings.TrimSuffix(in.o.HubURL, "/") + "/api/v1/" + file
	var out jinja.Value
	err := in.fetch(ctx, address, maxIndex, func(r io.Reader) error {
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		out, err = jinja.ParseJSON(string(text))
		if err != nil {
			return fmt.Errorf("the answer is no JSON: %w", err)
		}
		return nil
	})
	return out, err
}

// hubPackage asks for the versions of a package, once each.
func (in *installer) hubPackage(ctx context.Context, r *request) (*hubPackage, error) {
	if p := in.hub[r.source]; p != nil {
		return p, nil
	}
	index, err := in.hubIndex(ctx)
	if err != nil {
		return nil, err
	}
	if !index[r.source] {
		e := r.at("Package %s was not found in the package index", r.source)
		names := make([]string, 0, len(index))
		for name := range index {
			names = append(names, name)
		}
		if near := source.Nearest(r.source, names); near != "" {
			e.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, e
	}
	v, err := in.fromHub(ctx, r.source+".json")
	if err != nil {
		return nil, err
	}
	p, err := readHubPackage(v, in.o)
	if err != nil {
		return nil, r.at("what the hub says of %s cannot be read: %s", r.source, err)
	}
	if p.moved != "" && p.moved != r.source {
		err := in.o.Warn(&source.Error{File: r.place.File, Span: r.place.Span, Event: source.PackageRedirect,
			Msg: fmt.Sprintf("The `%s` package is deprecated in favor of `%s`. Please update\nyour `packages.yml` configuration to use `%s` instead.", r.source, p.moved, p.moved)})
		if err != nil {
			return nil, err
		}
	}
	in.hub[r.source] = p
	return p, nil
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func readHubPackage(v jinja.Value, o Options) (*hubPackage, error) {
	d, ok := v.(*jinja.Dict)
	if !ok {
		return nil, fmt.Errorf("it is no mapping")
	}
	p := &hubPackage{versions: map[string]*jinja.Dict{}}
	if ns, name := text(d, "redirectnamespace"), text(d, "redirectname"); ns != "" || name != "" {
		p.moved = orElse(ns, text(d, "namespace")) + "/" + orElse(name, text(d, "name"))
	}
	list, _ := d.GetStr("versions")
	versions, ok := list.(*jinja.Dict)
	if !ok {
		return nil, fmt.Errorf("it has no versions")
	}
	for k, v := range versions.All() {
		one, ok := v.(*jinja.Dict)
		if !ok {
			return nil, fmt.Errorf("version %s is no mapping", k)
		}
		p.versions[k.String()] = one
		if o.NoVersion || usable(one, o.Version) {
			p.all = append(p.all, k.String())
		}
	}
	return p, nil
}

// usable says whether a version of a package works with a version of dbt.
func usable(one *jinja.Dict, dbt string) bool {
	v, _ := one.GetStr("require_dbt_version")
	var texts []string
	switch v := v.(type) {
	case jinja.Str:
		texts = strings.Split(string(v), ",")
	case *jinja.List:
		for _, item := range v.Items {
			texts = append(texts, strings.Split(item.String(), ",")...)
		}
	}
	if len(texts) == 0 || len(texts) == 1 && texts[0] == "" {
		return true
	}
	b, err := parseBounds(texts)
	have, badVersion := project.ParseVersion(dbt)
	return err == nil && badVersion == nil && b.allow(have)
}

// pinHub chooses the version of a package.
func (in *installer) pinHub(ctx context.Context, w *wanted) (*pinned, error) {
	r := w.first()
	b, err := parseBounds(w.versions())
	if err != nil {
		return nil, r.at("%s", err)
	}
	b.pre = b.pre || w.prerelease()
	if !project.Satisfiable(b.specs) {
		e := r.at("Version error for package %s: Could not find a satisfactory version from options: %s", r.source, options(b.texts))
		e.Hint = w.whoAsks()
		return nil, e
	}
	p, err := in.hubPackage(ctx, r)
	if err != nil {
		return nil, err
	}
	version := b.newest(p.all)
	if version == "" {
		return nil, in.noVersion(w, b, p)
	}
	out := &pinned{request: *r, version: version, latest: bounds{pre: b.pre}.newest(p.all)}
	meta := p.versions[version]
	out.name = text(meta, "name")
	out.tarball = tarballOf(meta)
	out.asks, err = in.hubAsks(meta, r.source+" "+version)
	return out, err
}

func (in *installer) hubAsks(meta *jinja.Dict, asker string) ([]*request, error) {
	v, _ := meta.GetStr("packages")
	list, _ := v.(*jinja.List)
	if list == nil {
		return nil, nil
	}
	var out []*request
	for _, item := range list.Items {
		d, ok := item.(*jinja.Dict)
		if !ok {
			return nil, failure("what the hub says of %s is malformed: a package is no mapping", asker)
		}
		r, err := in.request(project.Declared{Entry: d, Raw: d}, asker)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (in *installer) noVersion(w *wanted, b bounds, p *hubPackage) error {
	r := w.first()
	compatible := p.all
	if !b.pre {
		compatible = nil
		for _, text := range p.all {
			if v, err := project.ParseVersion(text); err == nil && v.Pre == "" {
				compatible = append(compatible, text)
			}
		}
	}
	msg := fmt.Sprintf("Could not find a matching compatible version for package %s\n  Requested range: %s\n  Compatible versions: %s\n", r.source, b, shown(compatible))
	if !in.o.NoVersion {
		msg += "\n  Not shown: package versions incompatible with installed version of dbt-core\n  To include them, run 'dbt --no-version-check deps'"
	}
	e := r.at("%s", msg)
	e.WordsFirst = true
	e.Hint = w.whoAsks()
	return e
}

func options(texts []string) string {
	list := jinja.NewList()
	for _, t := range texts {
		list.Append(jinja.Str(t))
	}
	return jinja.Repr(list)
}
