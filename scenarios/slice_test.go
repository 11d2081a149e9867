package scenarios

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/checker"
	"schism/sim"
)

// shrunken returns the smallest case that the search for one of the given scenario and seed finds in so many runs.
func shrunken(t *testing.T, s *Scenario, seed uint64, runs int) *Case {
	t.Helper()
	c, err := CaseOf(s, seed)
	if err != nil {
		t.Fatal(err)
	}
	small, err := Shrink(context.Background(), c, ShrinkOptions{Workers: 2, Runs: runs})
	if err != nil {
		t.Fatal(err)
	}
	return small.Case
}

// told returns the slice of a case's violation.
func (c *Case) told(t *testing.T) *Slice {
	t.Helper()
	_, s, err := c.Explain()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSliceTellsBothSidesOfASplit(t *testing.T) {
	c, err := ReadCase(CasesDir + "/raft-kv-canary-1.txtar")
	if err != nil {
		t.Fatal(err)
	}
	s := c.told(t)
	text := s.String()
	for _, want := range []string{
		"split leader+2 | rest: {n1 n2 n5} | {n3 n4}; ",
		"n5           hears from no leader -> campaign\n",
		"n1 n2 n3 n4  <- n5 RequestVote t1 last 0^0: its log is up to date -> grant\n",
		"leads term 1; appends 1\n",
		"n5           <- n2 AppendEntriesResponse t1 match 2: commits 2 with n1 n2\n",
		"n4           <- n3 RequestVote t2 last 1^1: its log is up to date -> grant\n",
		"leads term 2; appends 2; VIOLATION raft-leader-completeness\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the slice does not say %q:\n%s", want, text)
		}
	}
	for _, not := range []string{"Synced", "commit 1\n", "match 2: \n", "PreVoteResponse", "AppendEntries t"} {
		if strings.Contains(text, not) {
			t.Errorf("the slice says %q:\n%s", not, text)
		}
	}
	if s.Left > 0 || s.Past >= s.Events {
		t.Errorf("%d lines are left out, %d of %d events are causes", s.Left, s.Past, s.Events)
	}
	if !strings.Contains(c.Story, text) || !strings.Contains(c.Story, "verdict INVALID") {
		t.Errorf("the story of the case is without its slice, or without the verdict:\n%s", c.Story)
	}
}

func TestSliceTellsWhoVotedBeforeASplit(t *testing.T) {
	c, err := ReadCase(CasesDir + "/zab-zk-canary-1.txtar")
	if err != nil {
		t.Fatal(err)
	}
	text := c.told(t).String()
	for _, want := range []string{
		"n1 n2 n3 n4  <- n5 Notification round 1 looking, n5 (epoch 0, 0:0): a better vote -> vote for n5\n",
		"n3           <- n4 Notification round 2 looking, n4 (epoch 1, 0:0): a better vote -> vote for n4\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the slice does not say %q:\n%s", want, text)
		}
	}
}

func TestWhatEndsARunIsAboutWhatWasCommittedLast(t *testing.T) {
	c, err := ReadCase(CasesDir + "/raft-kv-canary-1.txtar")
	if err != nil {
		t.Fatal(err)
	}
	r, trail, err := c.follow()
	if err != nil {
		t.Fatal(err)
	}
	roots := trail.roots(r)
	if roots[r.Violation.Seq] != rankPlot || roots[trail.furthestAt] != rankTurn || trail.furthestAt == 0 {
		t.Errorf("the roots of %v are %v, and event %d committed last", r.Violation, roots, trail.furthestAt)
	}
}

func TestSomethingNeverCame(t *testing.T) {
	missing := func(core []sim.Op, seen uint64) *Report {
		j := checker.Report{Check: "x", Verdict: checker.Invalid, Core: core, Seen: seen}
		return &Report{Result: &sim.Result{}, judgements: []judgement{{"x", j}},
			Violations: []*sim.Violation{{ID: "x"}}}
	}
	ended := func(id string) *Report {
		return &Report{Result: &sim.Result{Violation: &sim.Violation{ID: id}}}
	}
	op := []sim.Op{{}}
	for i, r := range []*Report{missing(nil, 0), missing(op, sim.StillOpen), ended(Livelock), ended(LivenessDown)} {
		if !r.neverCame() {
			t.Errorf("%d: nothing is missing", i)
		}
	}
	for i, r := range []*Report{missing(op, 0), missing(op, 7), ended("split-brain")} {
		if r.neverCame() {
			t.Errorf("%d: something is missing", i)
		}
	}
}

func TestSlicesOfMutantsAreShort(t *testing.T) {
	short := 0
	for _, m := range failingMutants() {
		switch m.id { // those that become small at once
		case "E04", "E11", "C03", "X03", "D5", "B8":
			s := shrunken(t, m.scenario, m.seed, 300).told(t)
			if n := len(s.Lines) + s.Left; n == 0 || n > maxSliceLines {
				t.Errorf("%s: %d lines\n%s", m.name(), n, s)
			}
			short++
		}
	}
	if short < 6 {
		t.Errorf("%d mutants", short)
	}
}

func TestSliceOfAJudgementNamesTheOperations(t *testing.T) {
	m := &raftMutants[11] // a range is read in two pieces
	c := shrunken(t, m.mutated(), m.seed, 200)
	r, s, err := c.Explain()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range r.judged().Core {
		call := strings.TrimSuffix(shortened(fmt.Sprintf("calls %v", op.Input), maxSliceCall), "…")
		if text := s.String(); !strings.Contains(text, call) {
			t.Errorf("the slice does not tell of %v:\n%s", op.Input, text)
		}
	}
}

func TestSlicesAreDeterministic(t *testing.T) {
	for _, name := range []string{"raft/kv/canary", "zab/zk/canary"} {
		c, err := CaseOf(Must(name), 1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.told(t).String(), c.told(t).String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestCausesGoBefore(t *testing.T) {
	for _, name := range []string{"raft/kv/swarm", "zab/zk/swarm"} {
		r := NewRunner(Must(name))
		trail := newTrail(words{reign: "reign"})
		r.Run(5, Options{Trace: trail})
		remote := 0
		for seq := range trail.events {
			h := &trail.events[seq]
			for _, cause := range append([]uint64{h.before, h.sentBy}, h.faults...) {
				if cause >= uint64(seq) && seq > 0 {
					t.Fatalf("%s: event %d is a cause of event %d", name, cause, seq)
				}
			}
			if from := trail.happening(h.sentBy); from != nil && from.node != h.node {
				remote++
			}
		}
		if remote < 1000 {
			t.Errorf("%s: %d of %d events come from another node", name, remote, len(trail.events))
		}
	}
}

func TestCleanCasesHaveNothingToExplain(t *testing.T) {
	c, err := CaseOf(Must("raft/kv/calm"), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Explain(); !errors.Is(err, ErrClean) {
		t.Errorf("the error is %v", err)
	}
}

func TestCasesWithoutAVerdictHaveNothingToExplain(t *testing.T) {
	c := DrawCase(Must("raft/kv/calm"), 1, sim.NewSeeded(1))
	c.Schedule, c.Workload = nil, Workload{{"3600s put x 1.1"}, nil, nil, nil}
	_, _, err := c.Explain()
	if err == nil || errors.Is(err, ErrClean) || !strings.Contains(err.Error(), "nobody can tell") {
		t.Errorf("the error is %v", err)
	}
}

func TestThinLeavesOutWhatMattersLeast(t *testing.T) {
	s := &Slice{}
	for i := range maxSliceLines + 5 {
		k := rankPlot
		if i%5 == 0 {
			k = rankStep
		} else if i == 7 {
			k = rankDetail
		}
		s.Lines = append(s.Lines, SliceLine{Seq: uint64(i), rank: k})
	}
	s.thin()
	for _, l := range s.Lines {
		if l.Seq == 7 || l.Seq < 20 && l.Seq%5 == 0 {
			t.Errorf("line %d is left", l.Seq)
		}
	}
	if len(s.Lines) != maxSliceLines || s.Left != 5 {
		t.Errorf("%d lines, %d left out", len(s.Lines), s.Left)
	}
}

func TestWhatNeverComesAboutIsToldOnce(t *testing.T) {
	n1, n2, both, c1, c2 := nodes(1), nodes(2), nodes(1, 2), []sim.NodeID{sim.Client(1)}, []sim.NodeID{sim.Client(2)}
	lines := []SliceLine{
		{Seq: 1, Text: "split 1", rank: rankPlot},
		{Seq: 2, Nodes: n1, From: n2, What: "RequestVote t1", Text: "no", rank: rankDecision},
		{Seq: 3, Nodes: n2, From: n1, What: "RequestVote t12", Text: "no", rank: rankDecision},
		{Seq: 4, Nodes: n1, Text: "leads term 1", rank: rankTurn},
		{Seq: 5, Nodes: n2, Text: "leads term 2", rank: rankTurn},
		{Seq: 6, Nodes: n1, From: n2, What: "RequestVote t12", Text: "yes", rank: rankDecision},
		{Seq: 7, Nodes: n1, From: n2, What: "RequestVote t13", Text: "no", rank: rankDecision},
		{Seq: 8, Nodes: n2, Text: "leads term 3", rank: rankTurn},
		{Seq: 9, Text: "split 2", rank: rankPlot},
		{Seq: 10, Nodes: c1, Text: "calls get x", rank: rankAct},
		{Seq: 11, Nodes: c2, Text: "calls get x", rank: rankAct},
		{Seq: 12, Nodes: c1, Text: "calls get x", rank: rankAct},
	}
	want := []SliceLine{lines[0], lines[3], lines[5], lines[6], lines[7], lines[8], lines[10], lines[11]}
	want[1].Times, want[2].Times, want[3].Times, want[4].Times, want[6].Times, want[7].Times = 1, 1, 3, 2, 1, 2
	want[3].Nodes, want[3].From = both, both
	want[3].Varied, want[4].Varied = true, true
	got := lastTimes(lines, func(k rank) bool { return k < rankPlot })
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(SliceLine{})); diff != "" {
		t.Error(diff)
	}
	text := (&Slice{Lines: got}).String()
	if !strings.Contains(text, "  n1 n2  <- n1 n2 RequestVote t13: no (3 times, with other numbers)\n") {
		t.Errorf("the slice does not say how often:\n%s", text)
	}
}

// nodes returns servers.
func nodes(numbers ...int) (all []sim.NodeID) {
	for _, n := range numbers {
		all = append(all, sim.Server(n))
	}
	return all
}

func TestOperationsThatTheViolationIsNotAboutAreToldOnce(t *testing.T) {
	i := slices.IndexFunc(recipeMutants, func(m raftMutant) bool {
		return m.bug == "a leader who was deposed proclaims"
	})
	m := &recipeMutants[i]
	s := shrunken(t, m.mutated(), m.seed, 300).told(t)
	if text := s.String(); !regexp.MustCompile(`c\d +<- n\d: get election/ .* \(\d+ times.*\)\n`).MatchString(text) {
		t.Errorf("the slice tells of all reads:\n%s", text)
	}
}

func TestSliceOfAWatchSaysWhatItWasTold(t *testing.T) {
	const told = `c\d +<- n\d WatchResponse watch \d+ `
	for bug, last := range map[string]string{
		"events come in the order of their keys": told + `created (?s:.*)` + told + `(PUT|DELETE) `,
		"watches never begin":                    `n\d +.*leads term \d+; .*`,
	} {
		i := slices.IndexFunc(watchMutants, func(m raftMutant) bool { return m.bug == bug })
		m := &watchMutants[i]
		s := shrunken(t, m.mutated(), m.seed, 1000).told(t)
		if text := s.String(); !regexp.MustCompile(last + `.*\n  \(`).MatchString(text) {
			t.Errorf("the slice of %q does not end with what shows it:\n%s", bug, text)
		}
	}
}

func TestSliceTellsOnceWhatWasTriedInVain(t *testing.T) {
	i := slices.IndexFunc(protocolMutants, func(m raftMutant) bool { return m.id == "E20" })
	m := &protocolMutants[i]
	s := shrunken(t, m.mutated(), m.seed, 100).told(t)
	often := regexp.MustCompile(`hears from no leader -> campaign.* \(\d+ times.*\)\n`)
	if text := s.String(); !often.MatchString(text) {
		t.Errorf("the slice tells of all campaigns:\n%s", text)
	}
}

func TestSliceTellsOfThePanicThatEndsARun(t *testing.T) {
	i := slices.IndexFunc(protocolMutants, func(m raftMutant) bool { return m.id == "R02" })
	c := shrunken(t, protocolMutants[i].mutated(), protocolMutants[i].seed, 100)
	s := c.told(t)
	if last := s.Lines[len(s.Lines)-1].text(); !strings.HasPrefix(last, "<- n") ||
		!strings.HasSuffix(last, "VIOLATION panic:raft.(*Node).accept") {
		t.Errorf("the last line is %q", last)
	}
}
