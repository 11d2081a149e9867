package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		"n5           <- n2 AppendEntriesResponse t1 match 2: commits 2\n",
		"n4           <- n3 RequestVote t2 last 1^1: its log is up to date -> grant\n",
		"leads term 2; appends 2; VIOLATION raft-leader-completeness\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the slice does not say %q:\n%s", want, text)
		}
	}
	for _, not := range []string{"Synced", "commit 1\n", "match 2: \n"} {
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

func TestSlicesOfMutantsAreShort(t *testing.T) {
	try := func(s *Scenario, seed uint64) {
		s2 := shrunken(t, s, seed, 200).told(t)
		if n := len(s2.Lines); n == 0 || n > maxSliceLines {
			t.Errorf("%s seed %d: %d lines\n%s", s.Name, seed, n, s2)
		}
	}
	try(Must("zab/zk/canary"), 1)
	for _, i := range []int{1, 3, 5, 11} {
		try(raftMutants[i].mutated(), raftMutants[i].seed)
		try(checkMutants[i].mutated(), checkMutants[i].seed)
	}
}

func TestSliceOfAJudgementNamesTheOperations(t *testing.T) {
	m := &raftMutants[11] // a range is read in two pieces
	c := shrunken(t, m.mutated(), m.seed, 200)
	r, s, err := c.Explain()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range r.core() {
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

func TestDecisionsThatAreTakenAgainAreToldOnce(t *testing.T) {
	n1, n2 := sim.Server(1), sim.Server(2)
	all := []*happening{
		{seq: 1, node: n1, rank: rankDecision, reason: "a better vote"},
		{seq: 2, node: n2, rank: rankDecision, reason: "a better vote"},
		{seq: 3, node: n1, rank: rankDecision, reason: "a better vote"},
		{seq: 4, node: n1, rank: rankTurn},
		{seq: 5, node: n1, rank: rankDecision, reason: "a better vote"},
	}
	var told []uint64
	for _, h := range superseded(all) {
		told = append(told, h.seq)
	}
	if diff := cmp.Diff([]uint64{2, 3, 4, 5}, told); diff != "" {
		t.Error(diff)
	}
}

func TestCallsAreToldByTheirReturns(t *testing.T) {
	c1, c2 := sim.Client(1), sim.Client(2)
	all := []*happening{
		{seq: 1, node: c1, rank: rankAct, calls: true},
		{seq: 2, node: c2, rank: rankAct, calls: true},
		{seq: 3, node: c1, rank: rankDetail, reason: "refused"},
		{seq: 3, node: c1, rank: rankDetail, reason: "nobody answers"},
		{seq: 4, node: c1, rank: rankAct, returns: true, calls: true},
		{seq: 5, node: c1, rank: rankAct, returns: true},
		{seq: 6, node: c1, rank: rankPlot, calls: true},
		{seq: 7, node: c1, rank: rankPlot, returns: true},
		{seq: 8, node: c1, rank: rankAct, calls: true},
	}
	var told []uint64
	for _, h := range superseded(all) {
		told = append(told, h.seq)
	}
	if diff := cmp.Diff([]uint64{2, 3, 4, 5, 6, 7, 8}, told); diff != "" {
		t.Error(diff)
	}
}

func TestOfWhatIsLearnedTheLastIsTold(t *testing.T) {
	n1, n2 := sim.Server(1), sim.Server(2)
	knows := []string{"knows that 2 is committed"}
	all := []*happening{
		{seq: 1, node: n1, rank: rankDetail, learns: true, said: knows},
		{seq: 2, node: n2, rank: rankDetail, learns: true, said: knows},
		{seq: 3, node: n1, rank: rankStep, learns: true, said: []string{"appends 3", "knows that 3 is committed"}},
		{seq: 4, node: n1, rank: rankDetail, learns: true, said: knows},
		{seq: 5, node: n1, rank: rankDetail, learns: true, said: knows},
	}
	var told []uint64
	for _, h := range superseded(all) {
		told = append(told, h.seq)
	}
	if diff := cmp.Diff([]uint64{2, 3, 5}, told); diff != "" {
		t.Error(diff)
	}
}

func TestWhatNeverComesAboutIsToldOnce(t *testing.T) {
	n1, n2 := []sim.NodeID{sim.Server(1)}, []sim.NodeID{sim.Server(2)}
	lines := []SliceLine{
		{Seq: 1, Nodes: n1, Text: "split 1", rank: rankPlot},
		{Seq: 2, Nodes: n1, Text: "RequestVote t1: no", rank: rankDecision},
		{Seq: 3, Nodes: n2, Text: "RequestVote t1: no", rank: rankDecision},
		{Seq: 4, Nodes: n1, Text: "RequestVote t12: no", rank: rankDecision},
		{Seq: 5, Nodes: n1, Text: "RequestVote t12: yes", rank: rankDecision},
		{Seq: 6, Nodes: n1, Text: "RequestVote t13: no", rank: rankDecision},
		{Seq: 7, Nodes: n1, Text: "split 2", rank: rankPlot},
	}
	want := []SliceLine{lines[0], lines[2], lines[4], lines[5], lines[6]}
	want[1].Times, want[2].Times, want[3].Times = 1, 1, 3
	got := lastTimes(lines)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(SliceLine{})); diff != "" {
		t.Error(diff)
	}
	if text := (&Slice{Lines: got}).String(); !strings.Contains(text, "t13: no (3 times)\n") {
		t.Errorf("the slice does not say how often:\n%s", text)
	}
}

func TestSliceTellsOfThePanicThatEndsARun(t *testing.T) {
	i := slices.IndexFunc(protocolMutants, func(m raftMutant) bool { return m.id == "R02" })
	c := shrunken(t, protocolMutants[i].mutated(), protocolMutants[i].seed, 100)
	s := c.told(t)
	if last := s.Lines[len(s.Lines)-1].Text; !strings.HasPrefix(last, "<- n") ||
		!strings.HasSuffix(last, "VIOLATION panic:raft.(*Node).accept") {
		t.Errorf("the last line is %q", last)
	}
}
