package par_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"weft/compiler/par"
)

func TestMapKeepsOrder(t *testing.T) {
	for _, workers := range []int{0, 1, 7} {
		got, err := par.Map(t.Context(), workers, 100, func(i int) int { return i * i })
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if v != i*i {
				t.Fatalf("%d workers: item %d is %d", workers, i, v)
			}
		}
	}
}

func TestMapStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := par.Map(ctx, 2, 1000, func(i int) int {
		if i == 3 {
			cancel()
		}
		return i
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestMapPanics(t *testing.T) {
	defer func() {
		if p, _ := recover().(string); !strings.HasPrefix(p, "no such thing") {
			t.Errorf("got %v", p)
		}
	}()
	_, _ = par.Map(t.Context(), 4, 100, func(i int) int {
		if i == 50 {
			panic("no such thing")
		}
		return i
	})
	t.Error("no panic came")
}
