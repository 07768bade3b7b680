// Package par does the same work on many items at once.
package par

import (
	"context"
	"sync"
	"sync/atomic"
)

// Map calls fn for the index of each of n items, on at most workers goroutines,
// and returns the results by index. It stops early only when ctx ends; then what
// was not reached keeps its zero value. The error is that of ctx.
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
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
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
	return out, ctx.Err()
}
