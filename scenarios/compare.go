package scenarios

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"schism/checker"
)

// comparePrefix begins the names of comparisons.
const comparePrefix = "compare/"

// Comparison is one story told of both protocols: the same faults at the same times, drawn from the same seed.
type Comparison struct {
	// Name is "compare/split-2-3".
	Name      string
	Raft, ZAB *Scenario
}

// Comparisons lists what can be compared: every scenario of Raft that has a twin, but for those that run a mutant.
func Comparisons() []Comparison {
	var all []Comparison
	for _, s := range raftKVScenarios {
		what := strings.TrimPrefix(s.Name, "raft/kv/")
		i := slices.IndexFunc(zabZKScenarios, func(t *Scenario) bool { return t.Name == "zab/zk/"+what })
		if i >= 0 && !s.Mutant() {
			all = append(all, Comparison{comparePrefix + what, s, zabZKScenarios[i]})
		}
	}
	return all
}

// FindComparison returns the comparison of that name; false if the name is not that of one.
func FindComparison(name string) (Comparison, bool) {
	all := Comparisons()
	if i := slices.IndexFunc(all, func(c Comparison) bool { return c.Name == name }); i >= 0 {
		return all[i], true
	}
	return Comparison{}, false
}

// Write makes both runs of the seed, tells them side by side and returns the worse verdict.
func (c Comparison) Write(w io.Writer, seed uint64) (checker.Verdict, error) {
	left, right := c.Raft.Run(seed, Options{Story: true}), c.ZAB.Run(seed, Options{Story: true})
	var b strings.Builder
	fmt.Fprintf(&b, "%s, seed %d: %s\n\n", c.Name, seed, c.Raft.Doc)
	columns(&b, "", "Raft", "ZAB")
	columns(&b, "", strings.Repeat("─", columnWidth), strings.Repeat("─", columnWidth))
	l, r := left.Moments, right.Moments
	for len(l) > 0 || len(r) > 0 {
		switch {
		case len(r) == 0 || len(l) > 0 && l[0].At < r[0].At:
			columns(&b, l[0].At.String(), l[0].Text, "")
			l = l[1:]
		case len(l) == 0 || r[0].At < l[0].At:
			columns(&b, r[0].At.String(), "", r[0].Text)
			r = r[1:]
		default:
			columns(&b, l[0].At.String(), l[0].Text, r[0].Text)
			l, r = l[1:], r[1:]
		}
	}
	b.WriteByte('\n')
	columns(&b, "operations", outcomes(left), outcomes(right))
	columns(&b, "with quorum", cutReplies(left, majority), cutReplies(right, majority))
	columns(&b, "without", cutReplies(left, minority), cutReplies(right, minority))
	columns(&b, "messages", fmt.Sprint(left.Delivered), fmt.Sprint(right.Delivered))
	columns(&b, "verdict", left.Verdict.String(), right.Verdict.String())
	columns(&b, "digest", left.Digest.String(), right.Digest.String())
	_, err := io.WriteString(w, b.String())
	return left.Verdict.And(right.Verdict), err
}

// columnWidth is the width of the column of one protocol, in characters.
const columnWidth = 58

// columns writes a row, of as many lines as it needs.
func columns(b *strings.Builder, head, left, right string) {
	l, r := fold(left), fold(right)
	for i := range max(len(l), len(r)) {
		var x, y string
		if i < len(l) {
			x = l[i]
		}
		if i < len(r) {
			y = r[i]
		}
		pad := strings.Repeat(" ", columnWidth-utf8.RuneCountInString(x))
		fmt.Fprintf(b, "%s\n", strings.TrimRight(fmt.Sprintf("%12s  %s%s  %s", head, x, pad, y), " "))
		head = ""
	}
}

// fold breaks s into lines of at most columnWidth characters, between words where it can.
func fold(s string) []string {
	var lines []string
	for utf8.RuneCountInString(s) > columnWidth {
		cut := 0
		for i := range s { // the last space that fits
			if utf8.RuneCountInString(s[:i]) > columnWidth {
				break
			}
			if s[i] == ' ' {
				cut = i
			}
		}
		if cut == 0 {
			cut = len(string([]rune(s)[:columnWidth]))
		}
		lines = append(lines, s[:cut])
		s = strings.TrimLeft(s[cut:], " ")
	}
	return append(lines, s)
}

// outcomes says what became of the operations of a run.
func outcomes(r *Report) string {
	ok, failed, unknown := r.Outcomes()
	return fmt.Sprintf("%d: %d ok, %d failed, %d unknown", ok+failed+unknown, ok, failed, unknown)
}

// cutReplies says what the servers on one side said about writes during cuts.
func cutReplies(r *Report, s side) string {
	return fmt.Sprintf("%d writes acknowledged, %d refused during cuts", r.CutAcked[s], r.CutRefused[s])
}
