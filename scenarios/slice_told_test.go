package scenarios

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
)

// wantTold fails if of all events, numbered from 1, others are told than those.
func wantTold(t *testing.T, all []happening, want ...uint64) {
	t.Helper()
	trail := newTrail(words{})
	trail.events = append(trail.events, all...)
	var kept []*happening
	for seq := range trail.events[1:] {
		h := &trail.events[seq+1]
		h.seq = uint64(seq + 1)
		for m := turnsAway; m <= violates; m <<= 1 {
			if h.made&m != 0 {
				h.rank = max(h.rank, m.rank())
			}
		}
		kept = append(kept, h)
	}
	var told []uint64
	for _, h := range trail.worthTelling(kept) {
		told = append(told, h.seq)
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func TestDecisionsThatAreTakenAgainAreToldOnce(t *testing.T) {
	n1, n2 := sim.Server(1), sim.Server(2)
	wantTold(t, []happening{
		{node: n1, made: decides, reason: "a better vote"},
		{node: n2, made: decides, reason: "a better vote"},
		{node: n1, made: decides, reason: "a better vote"},
		{node: n1, made: turns},
		{node: n1, made: decides, reason: "a better vote"},
		{node: n1, made: decides, reason: "nobody answers"},
		{node: n1, made: decides, reason: "a better vote"},
		{node: n1, made: decides, reason: "nobody answers"},
		{node: n1, writes: true},
		{node: n1, made: decides, reason: "nobody answers"},
	}, 2, 3, 4, 7, 8, 10)
}

func TestQuestionsAreToldWhereTheyArrive(t *testing.T) {
	n1, n2, n3 := sim.Server(1), sim.Server(2), sim.Server(3)
	wantTold(t, []happening{
		{node: n1, made: decides, reason: "hears from no leader"},                            // 1: of its own accord
		{node: n2, from: n1, sentBy: 1, what: "PreVote", made: decides, reason: "too early"}, // 2
		{node: n1, from: n2, sentBy: 2, what: "Refused", made: decides, reason: "a quorum", answers: true},
		{node: n3, from: n1, sentBy: 3, what: "RequestVote", made: turns},                     // 4: tells 3
		{node: n1, from: n3, sentBy: 4, what: "Granted", made: decides, reason: "a majority"}, // 5: nobody hears
	}, 1, 2, 4, 5)
}

func TestDecisionsAreToldByAnswersThatGiveTheReason(t *testing.T) {
	n1, n2 := sim.Server(1), sim.Server(2)
	wantTold(t, []happening{
		{node: n2, from: n1, what: "AppendEntries", made: decides, reason: "no match\n"},
		{node: n1, from: n2, sentBy: 1, answers: true, what: "Response no match at 3", made: turns},
		{node: n2, from: n1, what: "PreVote", made: decides, reason: "its log is behind\n"},
		{node: n1, from: n2, sentBy: 3, answers: true, what: "Response refused", made: turns},
	}, 2, 3, 4)
}

func TestWhoFollowsADecisionTellsNothingOfIt(t *testing.T) {
	n1, n2, n3 := sim.Server(1), sim.Server(2), sim.Server(3)
	wantTold(t, []happening{
		{node: n1, from: n3, what: "vote for n3", made: decides, reason: "a better vote"},
		{node: n2, from: n1, sentBy: 1, what: "vote for n3", made: decides, reason: "a better vote"},
	}, 1, 2)
}

func TestCallsAreToldByTheirReturns(t *testing.T) {
	c1, c2 := sim.Client(1), sim.Client(2)
	wantTold(t, []happening{
		{node: c1, made: calls},
		{node: c2, made: calls},
		{node: c1, made: turnsAway, reason: "refused"},
		{node: c1, made: turnsAway, reason: "nobody answers"},
		{node: c1, made: calls | returns},
		{node: c1, made: returns},
		{node: c1, made: calls, rank: rankPlot},
		{node: c1, made: returns, rank: rankPlot},
		{node: c1, made: calls},
	}, 2, 4, 5, 6, 7, 8, 9)
}

func TestWhoTurnsAClientAwayIsToldIfNothingComesOfIt(t *testing.T) {
	n1, n2, c1, c2 := sim.Server(1), sim.Server(2), sim.Client(1), sim.Client(2)
	wantTold(t, []happening{
		{node: n1, from: c1, what: "Request", made: turnsAway, reason: "not the leader"},
		{node: n1, from: c2, what: "Request", made: turnsAway, reason: "no leader at all"},
		{node: c1, from: n1, made: turnsAway, reason: "refused"},
		{node: c1, from: n2, made: turnsAway, reason: "refused"},
		{node: n2, from: c1, sentBy: 4, what: "Request", made: takesUp},
		{node: c1, from: n2, made: returns},
	}, 2, 5, 6)
}

func TestOfWhatIsLearnedTheLastIsTold(t *testing.T) {
	n1, n2 := sim.Server(1), sim.Server(2)
	wantTold(t, []happening{
		{node: n1, made: learns},
		{node: n2, made: learns},
		{node: n1, made: takesUp | learns},
		{node: n1, made: learns},
		{node: n1, made: learns},
		{node: n2, made: commits},
	}, 3, 5, 6)
}

func TestEntriesAreToldByTheCommit(t *testing.T) {
	n1, n2, n3, c1 := sim.Server(1), sim.Server(2), sim.Server(3), sim.Client(1)
	wantTold(t, []happening{
		{node: n1, from: c1, what: "Request 1", made: takesUp, takes: span{1, 1}}, // 1: what entry 1 is
		{node: n1, made: takesUp, takes: span{2, 2}},
		{node: n2, from: n1, made: takesUp, takes: span{1, 2}},          // 3: lost before the commit
		{node: n2, from: n1, made: turns},                               // 4
		{node: n2, from: n1, made: takesUp | learns, takes: span{2, 2}}, // 5
		{node: n2, from: n1, made: takesUp, takes: span{3, 3}},          // 6: of which no commit is told
		{node: n3, from: n1, made: takesUp, takes: span{1, 2}},          // 7: whom the commit does not name
		{node: n1, made: turns | commits, commits: span{1, 2}, with: []sim.NodeID{n2}},
	}, 1, 3, 4, 6, 7, 8)
}

func TestCommitsOneAfterTheOtherAreToldAtOnce(t *testing.T) {
	n1, n2 := sim.Server(1), sim.Server(2)
	trail := newTrail(words{})
	told := trail.worthTelling([]*happening{
		{node: n1, made: commits, rank: rankStep, commits: span{1, 1}},
		{node: n1, made: commits, rank: rankStep, commits: span{2, 3}, with: nodes(2, 3)},
		{node: n2, made: turns, rank: rankTurn},
		{node: n1, made: commits, rank: rankStep, commits: span{4, 4}, with: nodes(2)},
		{node: n2, made: commits, rank: rankStep, commits: span{5, 5}, with: nodes(1)},
	})
	var texts []string
	for _, h := range told {
		texts = append(texts, h.text())
	}
	want := []string{"commits 1…3 with n2 n3", "", "commits 4 with n2", "commits 5 with n1"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsAskedAlikeIsToldAtOnce(t *testing.T) {
	n1, c1, c2 := sim.Server(1), sim.Client(1), sim.Client(2)
	lines := linesOf(newTrail(words{}).worthTelling([]*happening{
		{node: n1, from: c2, what: "open", made: takesUp, rank: rankStep, takes: span{1, 1}},
		{node: n1, from: c1, what: "open", made: takesUp, rank: rankStep, takes: span{2, 2}},
		{node: n1, from: c1, what: "put", made: takesUp, rank: rankStep, takes: span{3, 3}},
	}))
	var texts []string
	for i := range lines {
		texts = append(texts, lines[i].text())
	}
	if diff := cmp.Diff([]string{"<- c1 c2 open: appends 1…2", "<- c1 put: appends 3"}, texts); diff != "" {
		t.Error(diff)
	}
}
