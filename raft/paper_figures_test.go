package raft_test

import (
	"slices"
	"testing"

	"schism/raft"
)

// figure7 is the log of the leader of term 8 and those of possible followers.
var figure7 = struct {
	leader    []raft.Term
	followers [][]raft.Term
}{
	[]raft.Term{1, 1, 1, 4, 4, 5, 5, 6, 6, 6},
	[][]raft.Term{
		{1, 1, 1, 4, 4, 5, 5, 6, 6},
		{1, 1, 1, 4},
		{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6},
		{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7},
		{1, 1, 1, 4, 4, 4, 4},
		{1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3},
	},
}

// Raft figure 7: whatever a follower lacks or has too much, the leader makes its log equal to its own.
func TestFigure7LeaderBringsEveryLogInLine(t *testing.T) {
	for i, log := range figure7.followers {
		t.Run(string(rune('a'+i)), func(t *testing.T) {
			g := newGroup(t, 3, plain)
			g[0].fill(figure7.leader...)
			g[1].fill(log...)
			g[2].fill(figure7.leader...)
			for g[0].Term() < 8 {
				g[0].campaign()
			}
			g.deliver(nil, 1, 3)
			probes := 0
			g[0].beat()
			g.deliver(func(l letter) bool {
				if m, ok := l.msg.(*raft.AppendEntriesResponse); ok && l.to == g[0].ID() && !m.Success {
					probes++
				}
				return true
			}, 1, 2)
			g[1].wantTerms(append(slices.Clone(figure7.leader), 8)...)
			g[0].wantTerms(g[1].terms()...)
			g[0].wantCommit(11)
			if probes > 3 {
				t.Errorf("the follower refused %d messages", probes)
			}
		})
	}
}

// Raft §5.3: "the follower can include the term of the conflicting entry and the first index it stores for that term
// […] one AppendEntries RPC will be required for each term with conflicting entries, rather than one RPC per entry".
func TestProbesSkipWholeTerms(t *testing.T) {
	const perTerm, terms = 20, 5
	var mine, other []raft.Term
	for i := range terms * perTerm {
		mine = append(mine, raft.Term(1+2*(i/perTerm)))   // 1 … 3 … 5 …
		other = append(other, raft.Term(2+2*(i/perTerm))) // 2 … 4 … 6 …
	}
	g := newGroup(t, 3, plain)
	g[0].fill(mine...)
	g[1].fill(other...)
	g[2].fill(mine...)
	for g[0].Term() < 20 {
		g[0].campaign()
	}
	g.deliver(nil, 1, 3)
	refusals := 0
	g[0].beat()
	g.deliver(func(l letter) bool {
		if m, ok := l.msg.(*raft.AppendEntriesResponse); ok && !m.Success {
			refusals++
		}
		return true
	}, 1, 2)
	if !slices.Equal(g[1].terms(), g[0].terms()) {
		t.Error("the logs differ")
	}
	if refusals > terms+1 {
		t.Errorf("%d messages were refused, for %d terms of %d entries", refusals, terms, perTerm)
	}
}

// figure8 plays the schedule of Raft figure 8 up to (c), and returns the five servers:
//
//	        1 2 3
//	S1      1 2 4    leads term 4, and has got entry 2 to a majority
//	S2      1 2
//	S3      1 2
//	S4      1
//	S5      1 3      led term 3, and is down
func figure8(t *testing.T, rules *raft.Rules) group {
	t.Helper()
	g := newGroup(t, 5, func(c *raft.Config) {
		plain(c)
		c.MaxBatchEntries, c.Rules = 1, rules
	})
	g[0].campaign()
	g.deliver(nil, 1, 2, 3, 4, 5)
	g[0].powerCut()
	g[0].campaign() // (a) S1 leads term 2, and its entry reaches S2
	g.deliver(isVote, 1, 2, 3)
	g[0].beat()
	g.deliver(nil, 1, 2)
	g[0].powerCut()
	g[4].campaign() // S5 does not know of term 2
	g.deliver(isVote, 3, 4, 5)
	g[4].campaign() // (b) S5 leads term 3 with the votes of S3 and S4
	g.deliver(isVote, 3, 4, 5)
	g[4].sync()
	g[4].powerCut()
	g[0].campaign()
	g.deliver(isVote, 1, 2, 3)
	g[0].campaign() // (c) S1 leads term 4
	g.deliver(isVote, 1, 2, 3)
	g[0].beat()
	g.deliver(func(l letter) bool { // entry 3 reaches nobody who could take it
		m, ok := l.msg.(*raft.AppendEntries)
		return !ok || len(m.Entries) > 0 && m.Entries[0].Index < 3 || g[2].LastIndex() == 1 && l.to == g[2].ID()
	}, 1, 2, 3)
	g[0].ack(2, 2, 3)
	for i, terms := range [][]raft.Term{{1, 2, 4}, {1, 2}, {1, 2}, {1}, {1, 3}} {
		if !slices.Equal(g[i].terms(), terms) {
			t.Fatalf("S%d has the log %v, want %v", i+1, g[i].terms(), terms)
		}
	}
	if g[0].Role() != raft.Leader || g[0].Term() != 4 {
		t.Fatalf("S1 is a %v in term %d", g[0].Role(), g[0].Term())
	}
	return g
}

func isVote(l letter) bool {
	switch l.msg.(type) {
	case *raft.RequestVote, *raft.RequestVoteResponse:
		return true
	}
	return false
}

// Raft figure 8 (d): "If S1 crashes as in (d), S5 could be elected leader (with votes from S2, S3, and S4) and
// overwrite the entry with its own entry from term 3."
func TestFigure8EntryOfAnOldTermCanBeOverwritten(t *testing.T) {
	g := figure8(t, nil)
	g[0].wantCommit(0) // as far as it knows, although a majority has entry 2
	elect5(g)
	if g[4].Role() != raft.Leader {
		t.Fatal("S5 is not elected")
	}
	g[4].beat()
	g.deliver(nil, 2, 3, 4, 5)
	for _, s := range g[1:] {
		s.wantTerms(1, 3, 5)
	}
	g[4].wantCommit(3)
}

// elect5 lets S5 campaign until its term is above that of the others, who may vote for it.
func elect5(g group) {
	for range 2 {
		g[4].campaign()
		g.deliver(isVote, 2, 3, 4, 5)
	}
}

// Raft figure 8 (e): "if S1 replicates an entry from its current term on a majority of the servers before crashing, as
// in (e), then this entry is committed (S5 cannot win an election)."
func TestFigure8EntryOfTheTermCommitsThoseBeforeIt(t *testing.T) {
	g := figure8(t, nil)
	for range 2 { // the first one finds out that a message was lost
		g[0].beat()
		g.deliver(nil, 1, 2, 3)
	}
	g[0].wantCommit(3)
	elect5(g)
	if g[4].Role() == raft.Leader {
		t.Error("S5 is elected")
	}
}

// Raft figure 8: a leader that commits by counting alone commits what is then overwritten.
func TestFigure8GoesWrongIfLeadersOnlyCount(t *testing.T) {
	g := figure8(t, &raft.Rules{CommitAllowed: func(_, _ raft.Term) bool { return true }})
	g[0].wantCommit(2)
	elect5(g)
	if g[4].Role() != raft.Leader {
		t.Error("S5, which does not have the committed entry, is not elected")
	}
}
