package project

import (
	"os"
	"path"
	"strings"
)

// ignoreList is the patterns of a .dbtignore, in the manner of gitignore.
type ignoreList []ignorePattern

type ignorePattern struct {
	parts    []string // path elements; "**" stands for any number of them
	negated  bool
	anchored bool // matched from the top only
	dirOnly  bool
}

func readIgnore(file string) (ignoreList, error) {
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(file, err)
	}
	var list ignoreList
	for _, line := range strings.Split(string(b), "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var p ignorePattern
		if rest, ok := strings.CutPrefix(line, "!"); ok {
			p.negated, line = true, rest
		}
		line = strings.TrimPrefix(line, `\`)
		if rest, ok := strings.CutSuffix(line, "/"); ok {
			p.dirOnly, line = true, rest
		}
		p.anchored = strings.Contains(line, "/")
		p.parts = strings.Split(strings.TrimPrefix(line, "/"), "/")
		list = append(list, p)
	}
	return list, nil
}

// match says whether a file is ignored: the last pattern that fits it or one of
// the folders above it decides.
func (l ignoreList) match(file string) bool {
	if len(l) == 0 {
		return false
	}
	parts := strings.Split(file, "/")
	ignored := false
	for _, p := range l {
		for end := 1; end <= len(parts); end++ {
			if p.dirOnly && end == len(parts) {
				break
			}
			if p.fits(parts[:end]) {
				ignored = !p.negated
				break
			}
		}
	}
	return ignored
}

func (p ignorePattern) fits(parts []string) bool {
	if p.anchored {
		return matchParts(p.parts, parts)
	}
	ok, _ := path.Match(p.parts[0], parts[len(parts)-1])
	return ok
}

func matchParts(pattern, parts []string) bool {
	if len(pattern) == 0 {
		return len(parts) == 0
	}
	if pattern[0] == "**" {
		for i := range len(parts) + 1 {
			if matchParts(pattern[1:], parts[i:]) {
				return true
			}
		}
		return false
	}
	if len(parts) == 0 {
		return false
	}
	ok, _ := path.Match(pattern[0], parts[0])
	return ok && matchParts(pattern[1:], parts[1:])
}
