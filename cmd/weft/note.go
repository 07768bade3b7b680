package main

import (
	"weft/compiler/source"
)

// bare are the warnings that dbt prints without the word in front, and their codes.
var bare = map[string]string{"NoNodesForSelectionCriteria": "M030", "NothingToDo": "Q035", "NoNodesSelected": "Q038"}

// note is warn for what happens outside of a stage that reports errors itself.
func (a *app) note(e *source.Error) {
	code, isBare := bare[e.Event]
	if !isBare || a.set.on("warn-error") {
		a.warn(e)
		return
	}
	a.p.warn(e.Event, code, e.Msg)
}
