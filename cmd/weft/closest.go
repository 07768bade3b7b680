package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noSuchOption is the complaint about an option that a command does not have, with
// the options that are near, as dbt's parser words it.
func noSuchOption(cmd *cobra.Command, option string) error {
	var names []string
	add := func(f *pflag.Flag) {
		if name := "--" + f.Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	cmd.Flags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	near := closest(option, names)
	msg := "No such option '" + option + "'."
	switch len(near) {
	case 0:
	case 1:
		msg += " Did you mean '" + near[0] + "'?"
	default:
		msg += " (Did you mean one of: '" + strings.Join(near, "', '") + "'?)"
	}
	return &usageError{msg}
}

// closest gives up to three of names that are most like word, sorted. The measure is
// that of Python's difflib, which dbt's parser uses: twice the characters that both
// have in common runs, as a part of all their characters, at least 0.6.
func closest(word string, names []string) []string {
	type scored struct {
		name  string
		score float64
	}
	var all []scored
	for _, n := range names {
		if s := 2 * float64(common(n, word)) / float64(len(n)+len(word)); s >= 0.6 {
			all = append(all, scored{n, s})
		}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.name, a.name)) })
	var out []string
	for _, s := range all[:min(3, len(all))] {
		out = append(out, s.name)
	}
	slices.Sort(out)
	return out
}

// common counts the characters of the longest run that two texts share, and of those
// to the left and to the right of it.
func common(a, b string) int {
	best, ai, bi := 0, 0, 0
	lengths := make([]int, len(b)+1)
	for i := range len(a) {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] != b[j] {
				lengths[j+1] = 0
				continue
			}
			lengths[j+1] = lengths[j] + 1
			if n := lengths[j+1]; n > best || n == best && i+1-n == ai && j+1-n < bi {
				best, ai, bi = n, i+1-n, j+1-n
			}
		}
	}
	if best == 0 {
		return 0
	}
	return best + common(a[:ai], b[:bi]) + common(a[ai+best:], b[bi+best:])
}
