package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// normaliser takes out of texts what differs from run to run.
type normaliser struct {
	roots []string // the working copy, as named and with symbolic links resolved
}

func newNormaliser(dir string) *normaliser {
	n := &normaliser{roots: []string{dir}}
	if real, err := filepath.EvalSymlinks(dir); err == nil && real != dir {
		n.roots = append(n.roots, real)
	}
	return n
}

var textRules = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\x1b\[[0-9;]*m`), ""},
	{regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`), "<uuid>"},
	{regexp.MustCompile(`__dbt_tmp_?\d{12,}`), "__dbt_tmp<time>"},
	{regexp.MustCompile(`"[0-9a-f]{32}"`), `"<hash>"`},
	{regexp.MustCompile(`\b0x[0-9a-f]{8,}\b`), "<addr>"},
	{regexp.MustCompile(`in \d+ hours \d+ minutes and \d+\.\d+ seconds \(\d+\.\d+s\)`), "in <duration>"},
	{regexp.MustCompile(` in \d+\.\d+s\]`), " in <s>]"},
	{regexp.MustCompile(`\b(dbt|duckdb|postgres)=v?\d[0-9A-Za-z.+-]*`), "$1=<version>"},
	{regexp.MustCompile(`\b\d+ macros\b`), "<n> macros"},
	{regexp.MustCompile(`\bmodification_time=[\d.]+`), "modification_time=<time>"},
}

func (n *normaliser) text(s string) string {
	for _, root := range n.roots {
		s = strings.ReplaceAll(s, root, "<root>")
	}
	for _, r := range textRules {
		s = r.pattern.ReplaceAllString(s, r.with)
	}
	return s
}

var stamp = regexp.MustCompile(`^\d\d:\d\d:\d\d(  |$)`)

// console normalises what was printed, without the time in front of lines.
func (n *normaliser) console(s string) string {
	var lines []string
	for _, line := range strings.Split(s, "\n") {
		line = stamp.ReplaceAllString(line, "")
		if !strings.Contains(line, "Unable to do partial parsing") {
			lines = append(lines, line)
		}
	}
	return trimLines(n.text(strings.Join(lines, "\n")))
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(line, unicode.IsSpace)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

var listingHeader = regexp.MustCompile(`^(Running with |Registered adapter|Found \d)`)

// splitListing takes the output of ls apart into what is listed and what is said
// about it.
func splitListing(n *normaliser, stdout string, exit int) (lines, logs []string) {
	for _, raw := range strings.Split(stdout, "\n") {
		text := n.console(raw)
		switch {
		case text == "" || strings.Contains(raw, "Unable to do partial parsing"):
		case stamp.MatchString(raw):
			if !listingHeader.MatchString(text) {
				logs = append(logs, text)
			}
		case exit != 0:
			logs = append(logs, text) // the continuation of an error
		case strings.HasPrefix(text, "{") || !strings.Contains(text, " "):
			lines = append(lines, text)
		}
	}
	return lines, logs
}

// compareConsole compares the console output of a command. Words are strict, except
// under the heading of an error (see block). The order of progress lines and of the
// blocks at the end is free, and so is that of the parts of "Found …". The line
// that names the running program is left out.
func (r *replay) compareConsole(want, got string) []string {
	return r.compareText(freeOrder(withoutProgram(trimLines(want))), freeOrder(withoutProgram(got)))
}

func withoutProgram(text string) string {
	first, rest, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(first, "Running with ") {
		return rest
	}
	return text
}

var (
	progressLine = regexp.MustCompile(`^((?:Batch )?)(\d+)( of \d+ .*?)( \.{2,})?( {1,2}\[[^\]]*\])$`)
	foundLine    = regexp.MustCompile(`^Found \d`)
	problemHead  = regexp.MustCompile(`^(Failure|Warning|Error|Skipped) in `)
)

// freeOrder puts a console text in an order that does not depend on timing.
func freeOrder(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if parts, ok := strings.CutPrefix(line, "Found "); ok && foundLine.MatchString(line) {
			list := strings.Split(parts, ", ")
			slices.Sort(list)
			lines[i] = "Found " + strings.Join(list, ", ")
		}
	}
	for start := 0; start < len(lines); {
		end := start
		for end < len(lines) && lines[end] != "" {
			end++
		}
		if para := lines[start:end]; slices.ContainsFunc(para, progressLine.MatchString) {
			for i, line := range para {
				para[i] = withoutNumber(line)
			}
			slices.Sort(para)
		}
		start = end + 1
	}
	from := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "Completed with ") })
	to := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "Done. ") })
	if from < 0 || to < from {
		return strings.Join(lines, "\n")
	}
	var blocks []string
	for _, line := range lines[from+1 : to] {
		switch {
		case problemHead.MatchString(line):
			blocks = append(blocks, line)
		case len(blocks) > 0:
			blocks[len(blocks)-1] += "\n" + line
		case line != "":
			blocks = append(blocks, line)
		}
	}
	for i, b := range blocks {
		blocks[i] = strings.TrimRight(b, "\n") + "\n"
	}
	slices.Sort(blocks)
	out := append(slices.Clone(lines[:from+1]), "")
	out = append(out, blocks...)
	return strings.Join(append(out, lines[to:]...), "\n")
}

// withoutNumber takes the running number out of a progress line. Its dots fill the
// line up to a width, so they change with the number's length, which is added to them.
func withoutNumber(line string) string {
	m := progressLine.FindStringSubmatch(line)
	if m == nil {
		return line
	}
	return fmt.Sprintf("%s#%s {%d}%s", m[1], m[3], len(m[2])+len(m[4]), m[5])
}

// block is a piece of a text: a line that is compared as it is, or the heading of an
// error with what stands under it, or a warning with the indented lines below it. Below
// a warning weft may say more than was recorded: the place.
//
// The sentences which explain an error are weft's own, so of a recorded error only
// the facts have to be there: the heading, word for word; under it each name in
// quotes, each file path and each heading of a cause; and what the database said,
// word for word but for the line numbers, since the statement around a model's SQL is
// weft's own too.
type block struct {
	head string
	body []string // nil for a plain line, and for a warning of one line
}

func (b block) isError() bool   { return errorHead.MatchString(b.head) }
func (b block) isWarning() bool { return strings.HasPrefix(b.head, "[WARNING") }

// isDeprecation says that the lines below explain a deprecation: as with errors, its
// sentences are weft's own, and the facts in them count.
func (b block) isDeprecation() bool {
	return b.isWarning() && (strings.HasSuffix(b.head, ": Deprecated functionality") || strings.HasSuffix(b.head, ": Deprecated"))
}

var (
	errorHead = regexp.MustCompile(`^ *(?:Encountered an error while .*: )?(Compilation|Parsing|Runtime|Database|Validation|Dependency|Internal|Not Implemented|Type) Error( in \S.*)?$`)
	bodyEnd   = regexp.MustCompile(`^ *(compiled code at |See test failures:)`)
	newBlock  = regexp.MustCompile(`^(\[WARNING|Found \d|Running with |Registered |Performance info|Encountered an error|Concurrency|\d+ of |Finished |$)`)
	counted   = regexp.MustCompile(`^- \w+: \d+ occurrences?$`)
	backticks = regexp.MustCompile("`([\\w./-]+)`")
	pathLine  = regexp.MustCompile(`^Error (encountered in|parsing|while parsing) `)
)

// blocks takes a text apart. Under a heading stand the lines that are indented, with
// empty ones between them, and the line that names the file.
func blocks(text string) []block {
	if text == "" {
		return nil
	}
	var out []block
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		b := block{head: lines[i]}
		for b.isDeprecation() && i+1 < len(lines) && !newBlock.MatchString(lines[i+1]) {
			b.body = append(b.body, lines[i+1])
			i++
		}
		if b.isWarning() {
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], " ") {
				b.body = append(b.body, lines[i+1])
				i++
			}
		}
		if !b.isError() {
			out = append(out, b)
			continue
		}
		end := i + 1 // behind the last line that is not empty
		for j := end; j < len(lines); j++ {
			line := lines[j]
			if line == "" {
				continue
			}
			if !strings.HasPrefix(line, " ") && !pathLine.MatchString(line) || bodyEnd.MatchString(line) {
				break
			}
			end = j + 1
		}
		b.body = lines[i+1 : end]
		out = append(out, b)
		i = end - 1
	}
	return out
}

// compareText compares texts block by block.
func (r *replay) compareText(want, got string) []string {
	w, g := blocks(want), blocks(got)
	// The longest common sequence of heads pairs the blocks up.
	common := make([][]int, len(w)+1)
	for i := range common {
		common[i] = make([]int, len(g)+1)
	}
	for i := len(w) - 1; i >= 0; i-- {
		for j := len(g) - 1; j >= 0; j-- {
			if w[i].head == g[j].head {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var problems []string
	i, j := 0, 0
	for i < len(w) || j < len(g) {
		switch {
		case i < len(w) && j < len(g) && w[i].head == g[j].head:
			switch {
			case w[i].isDeprecation():
				problems = append(problems, missingNames(w[i].body, g[j].body)...)
			case w[i].isError():
				problems = append(problems, r.missingFacts(w[i].body, g[j].body)...)
			case w[i].body != nil && !slices.Equal(w[i].body, g[j].body):
				problems = append(problems, compareLines(w[i].body, g[j].body)...)
			}
			i, j = i+1, j+1
		case j == len(g) || i < len(w) && common[i+1][j] >= common[i][j+1]:
			problems = append(problems, "- "+strings.Join(append([]string{w[i].head}, w[i].body...), "\n-   "))
			i++
		default:
			problems = append(problems, "+ "+strings.Join(append([]string{g[j].head}, g[j].body...), "\n+   "))
			j++
		}
	}
	return problems
}

// missingNames gives what a recorded deprecation names and weft's does not: names in
// quotes, and how often each kind came up. Flags are what the closing advice is about.
func missingNames(want, got []string) []string {
	said := strings.Join(got, "\n")
	var problems []string
	need := func(word string) {
		if !strings.Contains(said, word) {
			problems = append(problems, fmt.Sprintf("deprecation lacks %q", word))
		}
	}
	for _, line := range want {
		if counted.MatchString(line) {
			need(line)
		}
	}
	text := strings.Join(want, "\n")
	names, _ := factsOf(text)
	for _, m := range backticks.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	for _, n := range names {
		if !strings.HasPrefix(n, "--no-") {
			need(n)
		}
	}
	return problems
}

// compareMessage compares the message of a result that failed: the first line, and
// the facts of the rest.
func (r *replay) compareMessage(want, got string) []string {
	w, g := strings.Split(trimLines(want), "\n"), strings.Split(trimLines(got), "\n")
	if w[0] != g[0] {
		return []string{fmt.Sprintf("want %q\ngot  %q", want, got)}
	}
	return r.missingFacts(w[1:], g[1:])
}

var (
	quotedName    = regexp.MustCompile(`'([\p{L}\p{N}_.:/<>@+*$~-]+)'|"([\p{L}\p{N}_.:/<>@+*$~-]+)"`)
	filePath      = regexp.MustCompile(`[\p{L}\p{N}_./<>-]*[\p{L}\p{N}_>-]\.(?:sql|yml|yaml|csv|md|py|json|toml|txt)\b`)
	databaseWords = regexp.MustCompile(`^ *[A-Z][A-Za-z ]*Error: `)
	databaseLine  = regexp.MustCompile(`^ *LINE \d+:(.*)$`)
	caretLine     = regexp.MustCompile(`^ *\^ *$`)
	valueDump     = regexp.MustCompile(`\{'.*\}|<class '[^']*'>`)
)

// missingFacts gives the facts of a recorded error that are not in what weft says.
func (r *replay) missingFacts(want, got []string) []string {
	said := strings.Join(got, "\n")
	var problems []string
	need := func(kind, fact string) {
		if fact != "" && !strings.Contains(said, fact) {
			problems = append(problems, fmt.Sprintf("error text lacks %s %q", kind, fact))
		}
	}
	fromDatabase := false
	for _, line := range want {
		trimmed := strings.TrimSpace(line)
		call := strings.HasPrefix(trimmed, "> ")
		if databaseWords.MatchString(line) {
			fromDatabase = true
		}
		if call {
			fromDatabase = false
		}
		m := databaseLine.FindStringSubmatch(line)
		switch {
		case trimmed == "" || caretLine.MatchString(line):
		case fromDatabase && m != nil:
			// Long lines are cut to fit, with dots; and a line without a letter is not
			// of the user's SQL.
			if text := strings.TrimSpace(m[1]); !strings.Contains(text, "...") && strings.ContainsFunc(text, unicode.IsLetter) {
				need("line of SQL", text)
			}
		case fromDatabase:
			need("words of the database", trimmed)
		case errorHead.MatchString(line):
			need("heading", trimmed)
		case call:
			// Where built-in macros lie is weft's own affair.
			for _, path := range filePath.FindAllString(line, -1) {
				if r.inProject(path) {
					need("path", path)
				}
			}
		default:
			names, paths := factsOf(line)
			for _, n := range names {
				need("name", n)
			}
			for _, p := range paths {
				need("path", p)
			}
		}
	}
	if problems != nil {
		problems = append(problems, "  want: "+strings.Join(want, "\n        "), "  got:  "+strings.Join(got, "\n        "))
	}
	return problems
}

// factsOf gives the names in quotes and the file paths of a sentence. What the
// reference has dumped of its own objects ({'name': …}) is no fact of the user's world.
func factsOf(line string) (names, paths []string) {
	line = valueDump.ReplaceAllString(line, "")
	for _, m := range quotedName.FindAllStringSubmatch(line, -1) {
		names = append(names, strings.TrimPrefix(m[1]+m[2], "<root>/"))
	}
	for _, p := range filePath.FindAllString(line, -1) {
		paths = append(paths, strings.TrimPrefix(p, "<root>/"))
	}
	return names, paths
}

// fragments looks for pieces of the output. A piece that the recorded output has
// under the heading of an error is part of a sentence: there its facts are enough.
func (r *replay) fragments(want []string, recorded, got string) []string {
	var strict, sentences strings.Builder
	for _, b := range blocks(recorded) {
		strict.WriteString(b.head + "\n")
		sentences.WriteString(strings.Join(b.body, "\n") + "\n")
	}
	// Where the reference printed a stack trace, nothing was recorded; what it said
	// about the error is a sentence, unless it is a heading.
	free := func(f string) bool {
		if recorded == "" {
			return !errorHead.MatchString(f) && strings.Contains(got, " Error")
		}
		return !strings.Contains(strict.String(), f) && strings.Contains(sentences.String(), f)
	}
	var problems []string
	for _, f := range want {
		if strings.Contains(got, f) || caretLine.MatchString(f) {
			continue
		}
		missing := "it"
		if free(f) {
			missing = ""
			for _, fact := range identifiers(f) {
				if !strings.Contains(got, fact) {
					missing = fact
				}
			}
		}
		if missing != "" {
			problems = append(problems, fmt.Sprintf("output lacks %q (%s)", f, missing))
		}
	}
	if problems != nil {
		problems = append(problems, "output:\n"+got)
	}
	return problems
}

var identifier = regexp.MustCompile(`[\p{L}\p{N}]+(?:[_.][\p{L}\p{N}_]+)+`)

// identifiers are the facts of a fragment: names in quotes, paths, and words that
// nobody writes in prose. A fragment of one or two words is a fact itself.
func identifiers(fragment string) []string {
	fragment = valueDump.ReplaceAllString(fragment, "")
	names, paths := factsOf(fragment)
	facts := append(names, paths...)
	facts = append(facts, identifier.FindAllString(fragment, -1)...)
	if words := strings.Fields(fragment); len(facts) == 0 && len(words) > 0 && len(words) <= 2 {
		facts = append(facts, words[len(words)-1])
	}
	return facts
}

// compareLines compares lists of lines.
func compareLines(want, got []string) []string {
	if slices.Equal(want, got) {
		return nil
	}
	var problems []string
	for _, w := range want {
		if !slices.Contains(got, w) {
			problems = append(problems, "- "+w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			problems = append(problems, "+ "+g)
		}
	}
	if problems == nil {
		problems = append(problems, fmt.Sprintf("other order:\nwant %q\ngot  %q", want, got))
	}
	return problems
}
