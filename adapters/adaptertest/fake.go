package adaptertest

import (
	"context"
	"iter"
	"strings"
	"sync"

	"weft/adapters"
)

var _ adapters.Warehouse = (*Fake)(nil)

// Fake is a warehouse that does nothing but remember what it was sent. The zero value
// answers every statement with "OK" and no rows.
type Fake struct {
	// Answers are tried in order; the first whose Contains is in the statement
	// answers it.
	Answers []Answer

	mu   sync.Mutex
	sent []string
	open int
}

// Answer is what a Fake says to statements that contain a text. With Err it is only
// that; otherwise the rows go to the sink, if one is wanted.
type Answer struct {
	Contains string
	Columns  []adapters.Column
	Rows     [][]any
	Response adapters.Response
	Err      error
}

// Sent gives the statements so far, of all sessions in the order of their arrival. A
// load is written as load and the table's name.
func (f *Fake) Sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.sent...)
}

// Open says how many sessions have not been closed.
func (f *Fake) Open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}

// Connect gives a session.
func (f *Fake) Connect(ctx context.Context) (adapters.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open++
	return &fakeSession{warehouse: f}, nil
}

// Close does nothing.
func (f *Fake) Close() error { return nil }

func (f *Fake) record(statement string) Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, statement)
	for _, a := range f.Answers {
		if strings.Contains(statement, a.Contains) {
			return a
		}
	}
	return Answer{Response: adapters.Response{Message: "OK", Rows: -1}}
}

type fakeSession struct{ warehouse *Fake }

func (s *fakeSession) Run(ctx context.Context, statement string, sink adapters.Sink) (adapters.Response, error) {
	if err := ctx.Err(); err != nil {
		return adapters.Response{}, err
	}
	a := s.warehouse.record(statement)
	if a.Err != nil || sink == nil {
		return a.Response, a.Err
	}
	if err := sink.Columns(a.Columns); err != nil {
		return adapters.Response{}, err
	}
	for _, row := range a.Rows {
		if err := sink.Row(append([]any(nil), row...)); err != nil {
			return adapters.Response{}, err
		}
	}
	return a.Response, nil
}

func (s *fakeSession) Load(ctx context.Context, into adapters.Relation, cols []adapters.Column, rows iter.Seq2[[]any, error]) (int64, error) {
	var n int64
	for _, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, err
		}
		n++
	}
	a := s.warehouse.record("load " + into.Identifier)
	return n, a.Err
}

func (s *fakeSession) Close() error {
	s.warehouse.mu.Lock()
	defer s.warehouse.mu.Unlock()
	s.warehouse.open--
	return nil
}
