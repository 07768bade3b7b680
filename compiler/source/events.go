package source

// Event is one kind of message that can be turned into an error or silenced by name.
type Event struct {
	Code string // "D…" for deprecations

	// Always says that --warn-error makes an error of it: dbt 1.11 does so only for
	// those that it raises in that way.
	Always bool
}

// Deprecation says that the event is one: it is told once, and counted at the end.
func (e Event) Deprecation() bool { return e.Code != "" && e.Code[0] == 'D' }
