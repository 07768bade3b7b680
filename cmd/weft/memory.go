package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// What reading a project keeps grows until its manifest is there, so that collecting
// garbage meanwhile finds little and costs a third of all the time (BenchmarkParse).
const (
	// firstCollection is the heap, in bytes, at which the collector begins. A project of
	// 10,000 models stays below it.
	firstCollection = 264 << 20
	// worthCollecting is the heap from which the garbage of parsing YAML is collected by
	// itself: it is as much as the rest, and nothing much is alive yet.
	worthCollecting = 64 << 20
	// minHeap is what 100 percent mean to the collector while the heap is small.
	minHeap = 4 << 20
)

// collectLater puts the first collection off, unless the environment says when to collect.
func (a *app) collectLater() {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if _, ok := a.env(name); ok {
			return
		}
	}
	a.collects = debug.SetGCPercent(-1)
	a.collectOver(minHeap)
}

// collectOver makes firstCollection the next one, given how much is alive. After it the
// collector does as usual.
func (a *app) collectOver(alive uint64) {
	usual, round := a.collects, a.collectRound.Add(1)
	debug.SetGCPercent(max(usual, int(100*firstCollection/max(alive, minHeap))-100))
	// The runtime tells of this as soon as a collection has found it gone.
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) {
		if a.collectRound.Load() == round {
			debug.SetGCPercent(usual)
		}
	})
}

// collectAgain ends the waiting, for commands that go on for long.
func (a *app) collectAgain() {
	if a.collects == 0 {
		return
	}
	a.collectRound.Add(1)
	debug.SetGCPercent(a.collects)
}

// collectParsed takes away what parsing many YAML files has left.
func (a *app) collectParsed() {
	if a.collects == 0 || heapBytes() < worthCollecting {
		return
	}
	runtime.GC()
	a.collectOver(heapBytes())
}

// heapBytes is what objects take, those not yet collected among them.
func heapBytes() uint64 {
	heap := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap[:])
	return heap[0].Value.Uint64()
}
