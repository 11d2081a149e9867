package scenarios

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"schism/checker"
	"schism/sim"
)

// Failure is what there is to say of a failing run: each line can be copied.
type Failure struct {
	Report *Report
	// Shrunk is what is left of the run, nil if it was not made smaller. File is where that is kept, or the run as it
	// was, as a case; "" if it is kept nowhere.
	Shrunk *Shrunk
	File   string
	// Test is the name of the test that has failed, and Package the import path of its package; "" is this package and
	// its test of all scenarios.
	Test, Package string
	// first is the case of which the run was, if it is not that of a seed.
	first *Case
	// trouble is what went wrong with all this.
	trouble []string
}

// maxTimeline is how many lines of a timeline are shown at most.
const maxTimeline = 40

// String returns what a failing test prints.
func (f *Failure) String() string {
	var b strings.Builder
	r := f.Report
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "VIOLATION %s: %s   step %d  t=%s\n", v.ID, v.Detail, v.Seq, v.At)
	}
	if len(r.Violations) == 0 {
		fmt.Fprintf(&b, "verdict %s\n", r.Verdict)
	}
	for _, trouble := range f.trouble {
		fmt.Fprintf(&b, "%s\n", trouble)
	}
	told := r
	if f.Shrunk != nil {
		fmt.Fprintf(&b, "shrunk   %s\n", f.Shrunk)
		if small, err := f.Shrunk.Case.Run(Options{}); err == nil {
			told = small
		}
	}
	for _, line := range told.timeline() {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	for _, v := range told.Violations {
		if told != r {
			fmt.Fprintf(&b, "  t=%-11s %s: %s\n", v.At, v.ID, v.Detail)
		}
	}
	for _, j := range told.judgements {
		if j.Verdict != checker.Valid {
			b.WriteString(indent(j.Report.String()))
		}
	}
	if s := r.Scenario; s.Swarm != nil && f.Shrunk == nil {
		b.WriteString("drawn by\n" + indent(s.Swarm.Describe(s.Servers, s.Clients)))
	}
	f.writeCommands(&b)
	fmt.Fprintf(&b, "identity digest=%s events=%d\n", r.Digest, r.Events)
	return b.String()
}

// writeCommands says how to repeat the run, and how to see what has happened.
func (f *Failure) writeCommands(b *strings.Builder) {
	r := f.Report
	scenario := r.Scenario
	if f.first != nil {
		scenario = f.first.Scenario // the run was of a copy
	}
	listed := slices.Contains(All, scenario)
	pkg, test := f.Package, f.Test
	if pkg == "" || f.first != nil && listed {
		pkg, test = "schism/scenarios", "TestScenarios/"+r.Scenario.Name
	}
	goTest := fmt.Sprintf("go test %s -run '%s'", pkg, testPattern(test))
	if r.Seeded {
		fmt.Fprintf(b, "replay   SCHISM_SEED=%d %s\n", r.Seed, goTest)
	}
	if f.File != "" {
		if f.first == nil || listed { // a property test draws cases and replays none
			fmt.Fprintf(b, "case     SCHISM_CASE=%s %s\n", f.File, goTest)
		}
		if listed {
			fmt.Fprintf(b, "see      go run schism/cmd/schism replay %s\n", f.File)
			fmt.Fprintf(b, "explain  go run schism/cmd/schism explain %s\n", f.File)
		}
	} else if listed && r.Seeded {
		fmt.Fprintf(b, "see      go run schism/cmd/schism run %s --seed %d\n", r.Scenario.Name, r.Seed)
		fmt.Fprintf(b, "shrink   go run schism/cmd/schism shrink %s --seed %d\n", r.Scenario.Name, r.Seed)
	}
}

// testPattern returns what -run wants to be told for the test of that name and no other.
func testPattern(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// timeline returns what befell the run and what its clients did, in order.
func (r *Report) timeline() []string {
	type line struct {
		seq  uint64
		at   sim.Time
		text string
	}
	var lines []line
	for _, f := range r.Applied {
		lines = append(lines, line{f.Seq, f.At, f.What.String()})
	}
	for i := range r.History {
		op := &r.History[i]
		text := fmt.Sprintf("%s %v -> %s", op.Client, op.Input, op.Outcome)
		if op.Outcome == sim.OK {
			text = fmt.Sprintf("%s %v -> %v", op.Client, op.Input, op.Output)
		}
		lines = append(lines, line{op.CallSeq, op.Call, text})
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.seq, b.seq) })
	var texts []string
	for i, l := range lines {
		if i == maxTimeline {
			texts = append(texts, fmt.Sprintf("… and %d more faults and operations", len(lines)-i))
			break
		}
		texts = append(texts, fmt.Sprintf("t=%-11s %s", l.at, l.text))
	}
	return texts
}

// Failure is what a test prints that has found the run and does not make it smaller.
func (r *Report) Failure() string { return (&Failure{Report: r}).String() }
