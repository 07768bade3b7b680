package source

import (
	"slices"
	"strings"
)

// Nearest gives the candidate that differs least from name, the first in sorted
// order among equals, or the empty text if none is similar.
func Nearest(name string, candidates []string) string {
	if len(name) < 2 {
		return ""
	}
	best, bestCost := "", min(max(2, len(name)/3)+1, max(2, (len(name)+1)/2))
	slices.Sort(candidates)
	for _, c := range candidates {
		if d := len(c) - len(name); d >= bestCost || -d >= bestCost || c == name {
			continue
		}
		if cost := distance(strings.ToLower(name), strings.ToLower(c)); cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// distance counts the insertions, removals, replacements and swaps of neighbours
// between two texts.
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
