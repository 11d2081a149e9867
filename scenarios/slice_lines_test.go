package scenarios

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
)

// wantLines fails if the events are told in other lines.
func wantLines(t *testing.T, events []*happening, want ...string) {
	t.Helper()
	var got []string
	for _, l := range linesOf(events) {
		got = append(got, l.who()+" | "+l.text())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestServersThatWereToldTheSameAreOnOneLine(t *testing.T) {
	n1, n2, n3, c1, c2 := sim.Server(1), sim.Server(2), sim.Server(3), sim.Client(1), sim.Client(2)
	grants := []string{"its log is up to date -> grant"}
	wantLines(t, []*happening{
		{node: n2, from: n1, sentBy: 1, what: "RequestVote t1", made: turns, said: grants},
		{node: c1, from: n1, sentBy: 1, said: []string{"get x -> 1"}},
		{node: n3, from: n1, sentBy: 1, what: "RequestVote t1", made: turns, said: grants},
		{node: n2, from: n3, sentBy: 2, what: "RequestVote t1", made: turns, said: grants},
		{node: c1, said: []string{"calls get x"}},
		{node: c2, said: []string{"calls get x"}},
	}, "n2 n3 | <- n1 RequestVote t1: its log is up to date -> grant", "c1 | <- n1: get x -> 1",
		"n2 | <- n3 RequestVote t1: its log is up to date -> grant", "c1 | calls get x", "c2 | calls get x")
}

func TestServersThatDecideTheSameAreOnOneLineUntilSomethingTurns(t *testing.T) {
	n1, n2, n3 := sim.Server(1), sim.Server(2), sim.Server(3)
	votes := func(n, from sim.NodeID, by uint64) *happening {
		return &happening{seq: 100*by + uint64(n), node: n, from: from, sentBy: by, what: "vote n3", made: decides,
			rank: rankDecision, reason: "a better vote", said: []string{"a better vote -> vote for n3"}}
	}
	wantLines(t, []*happening{
		votes(n1, n3, 1), votes(n2, n1, 2),
		{node: n3, made: turns, rank: rankTurn, said: []string{"leads"}},
		votes(n1, n3, 3),
		{node: n1, at: 1, said: []string{"closes"}},
		votes(n1, n3, 3), votes(n2, n3, 3),
	}, "n1 n2 | <- n1 n3 vote n3: a better vote -> vote for n3", "n3 | leads",
		"n1 | <- n3 vote n3: a better vote -> vote for n3", "n1 | closes",
		"n1 n2 | <- n3 vote n3: a better vote -> vote for n3")
}

func TestNoLineTellsOfEffectsBeforeTheirCauses(t *testing.T) {
	n1, n2, n3 := sim.Server(1), sim.Server(2), sim.Server(3)
	refuses := func(seq, by uint64, n sim.NodeID) *happening {
		return &happening{seq: seq, node: n, from: n3, sentBy: by, what: "PreVote", made: decides, rank: rankDecision,
			reason: "too early", said: []string{"too early -> refuse"}}
	}
	wantLines(t, []*happening{
		refuses(2, 1, n1),
		{seq: 3, node: n3, made: decides, rank: rankDecision, said: []string{"hears nobody -> campaign"}},
		refuses(4, 3, n2),
		{seq: 5, at: 1, said: []string{"crash n1"}, rank: rankPlot},
		{seq: 6, node: n1, at: 2, made: turns, rank: rankTurn, said: []string{"loses 2"}},
		{seq: 7, at: 3, said: []string{"crash n2"}, rank: rankPlot},
		{seq: 8, node: n2, at: 4, made: turns, rank: rankTurn, said: []string{"loses 2"}},
		{seq: 9, node: n2, at: 5, made: commits, rank: rankStep, commits: span{2, 2}},
	}, "n1 | <- n3 PreVote: too early -> refuse", "n3 | hears nobody -> campaign",
		"n2 | <- n3 PreVote: too early -> refuse", " | crash n1", "n1 | loses 2", " | crash n2", "n2 | loses 2",
		"n2 | commits 2")
}

func TestWhatAServerGoesOnWithIsOnTheSameLine(t *testing.T) {
	n1, n2, c1 := sim.Server(1), sim.Server(2), sim.Client(1)
	said := []string{"leads"}
	wantLines(t, []*happening{
		{node: n1, from: n2, sentBy: 1, what: "Ack", at: 5, commits: span{1, 2}, with: nodes(2)},
		{node: n1, at: 5, said: said, violation: "split-brain"},
		{node: n1, from: n2, sentBy: 2, at: 5, what: "Ack", said: said},
		{node: n1, at: 6, said: said},
		{node: n2, at: 6, said: said},
		{at: 6, said: []string{"heal"}},
		{at: 6, said: []string{"cut"}},
		{node: n1, at: 7, said: said},
		{node: c1, at: 8, from: n1, sentBy: 3, said: []string{"get x -> 1"}},
		{node: c1, at: 8, said: []string{"calls get y"}},
		{node: c1, at: 8, from: n1, sentBy: 4, said: []string{"get y -> 1"}},
		{node: n1, at: 9, from: c1, what: "put x", made: takesUp, takes: span{3, 3}},
		{node: n1, at: 10, made: commits, commits: span{3, 3}},
		{node: n2, at: 11, made: commits, commits: span{4, 4}},
	}, "n1 | <- n2 Ack: commits 1…2 with n2; leads; VIOLATION split-brain", "n1 | <- n2 Ack: leads", "n1 n2 | leads",
		" | heal", " | cut", "n1 | leads", "c1 | <- n1: get x -> 1; calls get y", "c1 | <- n1: get y -> 1",
		"n1 | <- c1 put x: appends 3; commits 3", "n2 | commits 4")
}
