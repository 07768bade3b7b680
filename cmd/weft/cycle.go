package main

import (
	"weft/compiler/graph"
	"weft/compiler/manifest"
	"weft/compiler/source"
)

// withCycle adds a cycle to what is wrong with a project, so that all is told at once.
// There may be no manifest.
func withCycle(m *manifest.Manifest, err error) error {
	if m == nil {
		return err
	}
	cycle := graph.New(m).Cycle()
	if cycle == nil {
		return err
	}
	return append(source.All(err), source.All(cycle)...).ErrorOrNil()
}
