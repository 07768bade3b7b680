// Package par does the same work on many items at once.
package par

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Map calls fn for the index of each of n items, on at most workers goroutines,
// and returns the results by index. It stops early only when ctx ends; then what
// was not reached keeps its zero value. The error is that of ctx. A panic of fn is one
// of Map.
func Map[T any](ctx context.Context, workers, n int, fn func(i int) T) ([]T, error) {
	out := make([]T, n)
	workers = max(1, min(workers, n))
	if workers == 1 {
		for i := range n {
			if ctx.Err() != nil {
				break
			}
			out[i] = fn(i)
		}
		return out, ctx.Err()
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	var fault atomic.Value
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() {
				if p := recover(); p != nil {
					fault.CompareAndSwap(nil, fmt.Sprintf("%v\n\n%s", p, debug.Stack()))
				}
			}()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				out[i] = fn(i)
			}
		}()
	}
	wg.Wait()
	if p := fault.Load(); p != nil {
		panic(p) // in the caller, who may have something to clean up
	}
	return out, ctx.Err()
}
