package raft_test

import (
	"fmt"
	"testing"

	"schism/raft"
	"schism/sim"
)

// Raft §5.3: "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel to
// each of the other servers to replicate the entry."
func TestLeaderReplicatesProposals(t *testing.T) {
	s := newSolo(t, 3, plain)
	if _, ok := s.tryPropose("x"); ok {
		t.Error("a follower accepts a proposal")
	}
	s.elect()
	s.sync()
	s.ack(1, 2, 3)
	s.take()
	if i := s.propose("x"); i != 2 {
		t.Errorf("the proposal is entry %d", i)
	}
	s.wantTerms(1, 1)
	s.wantSent("n2 AppendEntries t1 prev 1^1 commit 1 +2^1", "n3 AppendEntries t1 prev 1^1 commit 1 +2^1")
	if e, _ := s.Log().Entry(2); string(e.Data) != "x" || e.Type != raft.EntryNormal {
		t.Errorf("the entry is %+v", e)
	}
}

// Raft §5.3: "A log entry is committed once the leader that created the entry has replicated it on a majority of the
// servers."
func TestLeaderCommitsWithAMajority(t *testing.T) {
	for _, test := range []struct {
		servers int
		acks    []int
		want    raft.Index
	}{
		{2, nil, 1}, {2, []int{2}, 2},
		{3, nil, 1}, {3, []int{2}, 2}, {3, []int{3}, 2},
		{4, []int{2}, 1}, {4, []int{2, 2, 2}, 1}, {4, []int{2, 4}, 2},
		{5, []int{3}, 1}, {5, []int{3, 5}, 2}, {5, []int{2, 3, 4, 5}, 2},
	} {
		s := newSolo(t, test.servers, plain)
		s.elect()
		s.sync()
		for i := range test.servers - 1 {
			s.ack(1, i+2)
		}
		s.wantCommit(1)
		s.propose("x")
		s.sync()
		s.ack(2, test.acks...)
		if s.CommitIndex() != test.want {
			t.Errorf("%d servers, %v have it: commit index %d", test.servers, test.acks, s.CommitIndex())
		}
	}
}

// Raft §5.3: "The leader keeps track of the highest index it knows to be committed, and it includes that index in
// future AppendEntries RPCs […] so that the other servers eventually find out."
func TestFollowersLearnWhatIsCommitted(t *testing.T) {
	g := newGroup(t, 3, plain)
	g[0].campaign()
	g.deliver(nil, 1, 2, 3)
	g[0].propose("x")
	g.deliver(nil, 1, 2, 3)
	g[0].wantCommit(2)
	g[1].wantCommit(1)
	g[0].beat()
	g.deliver(nil, 1, 2, 3)
	for _, s := range g {
		s.wantCommit(2)
	}
}

// Raft §5.3: "This also commits all preceding entries in the leader's log, including entries created by previous
// leaders."
func TestCommitCoversWhatPreviousLeadersLeft(t *testing.T) {
	for _, terms := range [][]raft.Term{{1}, {2}, {1, 2}, {1, 1, 1}} {
		s := newSolo(t, 3, plain)
		s.fill(terms...)
		s.elect()
		s.sync()
		last := raft.Index(len(terms) + 1)
		s.ack(last, 2)
		s.wantCommit(last)
		got := s.NextCommitted(100)
		if len(got) != int(last) || got[0].Term != terms[0] || got[last-1].Type != raft.EntryNoop {
			t.Errorf("after %v, committed is %+v", terms, got)
		}
	}
}

// Raft §5.4.2: "Raft never commits log entries from previous terms by counting replicas. Only log entries from the
// leader's current term are committed by counting replicas".
func TestLeaderCommitsOnlyEntriesOfItsTerm(t *testing.T) {
	for match, want := range map[raft.Index]raft.Index{1: 0, 2: 0, 3: 3} {
		s := newSolo(t, 3, plain)
		s.fill(1, 2)
		s.elect()
		s.sync()
		s.ack(match, 2)
		if s.want(raft.Leader, 3, 1); s.CommitIndex() != want {
			t.Errorf("a majority has entry %d of the log 1 2 3: commit index %d", match, s.CommitIndex())
		}
	}
}

// Raft §5.3: "If the follower does not find an entry in its log with the same index and term, then it refuses the new
// entries."
func TestFollowerRefusesEntriesThatDoNotFollowItsOwn(t *testing.T) {
	for _, test := range []struct {
		prev raft.Position
		want string
	}{
		{raft.Position{}, "match 0"},
		{raft.Position{Term: 1, Index: 1}, "match 1"},
		{raft.Position{Term: 2, Index: 2}, "match 2"},
		{raft.Position{Term: 1, Index: 2}, "no match at 2, try 1^1"},
		{raft.Position{Term: 2, Index: 1}, "no match at 1, try 1^1"},
		{raft.Position{Term: 3, Index: 3}, "no match at 3, try 2^2"},
		{raft.Position{Term: 1, Index: 9}, "no match at 9, try 1^1"},
	} {
		s := newSolo(t, 3, plain)
		s.fill(1, 2)
		s.receive(2, &raft.AppendEntries{Term: 2, Prev: test.prev, Commit: 2})
		s.wantSent("n2 AppendEntriesResponse t2 " + test.want)
		s.wantTerms(1, 2)
	}
}

// Raft figure 2: "If an existing entry conflicts with a new one (same index but different terms), delete the existing
// entry and all that follow it. Append any new entries not already in the log."
func TestFollowerAppendsEntriesAndRemovesConflictingOnes(t *testing.T) {
	for _, test := range []struct {
		have, prev, add, want []raft.Term // prev is how the leader's log begins
	}{
		{[]raft.Term{1, 2}, []raft.Term{1, 2}, []raft.Term{3}, []raft.Term{1, 2, 3}},
		{[]raft.Term{1, 2}, []raft.Term{1}, []raft.Term{3, 4}, []raft.Term{1, 3, 4}},
		{[]raft.Term{1, 2}, nil, []raft.Term{1}, []raft.Term{1, 2}},
		{[]raft.Term{1, 2}, nil, []raft.Term{3}, []raft.Term{3}},
		{[]raft.Term{1, 2, 2}, []raft.Term{1}, []raft.Term{2}, []raft.Term{1, 2, 2}},
		{[]raft.Term{1, 2, 2}, []raft.Term{1}, []raft.Term{2, 3}, []raft.Term{1, 2, 3}},
		{[]raft.Term{1, 1, 2}, []raft.Term{1}, []raft.Term{1, 2, 3}, []raft.Term{1, 1, 2, 3}},
	} {
		s := newSolo(t, 3, plain)
		s.fill(test.have...)
		m := &raft.AppendEntries{Term: 4, Entries: entries(raft.Index(len(test.prev)+1), test.add...)}
		if n := len(test.prev); n > 0 {
			m.Prev = raft.Position{Term: test.prev[n-1], Index: raft.Index(n)}
		}
		s.receive(2, m)
		s.wantTerms(test.want...)
		s.sync()
		s.wantSent(fmt.Sprintf("n2 AppendEntriesResponse t4 match %d", len(test.prev)+len(test.add)))
		s.powerCut()
		s.wantTerms(test.want...)
		s.want(raft.Follower, 4, 0)
	}
}

// Raft figure 2: an AppendEntries that comes late or twice takes nothing away.
func TestLateEntriesRemoveNothing(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1, 1, 1, 1)
	s.receive(2, &raft.AppendEntries{Term: 1, Entries: entries(1, 1, 1), Commit: 4})
	s.wantTerms(1, 1, 1, 1)
	s.wantCommit(2) // what the message covers; the leader's log may go on differently
	s.wantSent("n2 AppendEntriesResponse t1 match 2")
	s.receive(2, &raft.AppendEntries{Term: 1, Commit: 4})
	s.wantTerms(1, 1, 1, 1)
	s.wantCommit(2)
}

// Raft figure 2: "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)".
func TestFollowerCommitsWhatItHasAndTheLeaderCommitted(t *testing.T) {
	for _, test := range []struct {
		prev   raft.Index
		add    int
		commit raft.Index
		want   raft.Index
	}{
		{0, 0, 3, 0}, {2, 0, 1, 1}, {2, 0, 3, 2}, {3, 0, 3, 3}, {0, 2, 3, 2}, {3, 1, 9, 4}, {3, 1, 3, 3}, {3, 1, 0, 0},
	} {
		s := newSolo(t, 3, plain)
		s.fill(1, 1, 1)
		m := &raft.AppendEntries{Term: 1, Commit: test.commit}
		if m.Prev.Index = test.prev; test.prev > 0 {
			m.Prev.Term = 1
		}
		m.Entries = entries(test.prev+1, []raft.Term{1, 1, 1}[:test.add]...)
		s.receive(2, m)
		if s.CommitIndex() != test.want {
			t.Errorf("%v: commit index %d, want %d", m, s.CommitIndex(), test.want)
		}
		s.receive(2, &raft.AppendEntries{Term: 1})
		s.wantCommit(test.want) // it never decreases
	}
}

// Raft figure 2: the log is on stable storage before the follower answers.
func TestAcknowledgementLeavesWhenTheEntriesAreDurable(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1)
	s.receive(2, &raft.AppendEntries{Term: 1, Prev: raft.Position{Term: 1, Index: 1}, Entries: entries(2, 1, 1)})
	s.wantSent()
	s.wantHeld("n2 AppendEntriesResponse t1 match 3")
	s.powerCut()
	s.wantTerms(1)
	s.receive(2, &raft.AppendEntries{Term: 1, Prev: raft.Position{Term: 1, Index: 1}, Entries: entries(2, 1, 1)})
	s.sync()
	s.powerCut()
	s.wantTerms(1, 1, 1)
}

// Thesis §10.2.1: "The leader may even commit an entry before it has been written to its own disk, if a majority of
// followers have written it to their disks".
func TestLeaderMayCommitBeforeItsDisk(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.elect()
	s.sync()
	s.ack(1, 2, 3)
	s.propose("x")
	s.take()
	s.ack(2, 2)
	s.wantCommit(1) // two have it, of whom one may forget it
	s.ack(2, 3)
	s.wantCommit(2)
	if s.DurableIndex() != 1 {
		t.Errorf("the leader's own disk has entry %d", s.DurableIndex())
	}
	s.powerCut()
	s.wantTerms(1)
}

// Thesis §10.2.1: its own disk counts when it has the entry, and as what it had when the sync began.
func TestLeaderCountsItsOwnDisk(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.elect()
	s.sync()
	s.ack(1, 2, 3)
	s.propose("x")
	s.ack(2, 2)
	s.propose("y") // while the sync for x is under way
	s.ack(3, 2)
	if len(s.syncs) != 1 {
		t.Errorf("%d syncs are under way", len(s.syncs))
	}
	s.step(syncedEvent(s.syncs[0] + 1)) // not what it waits for
	s.wantCommit(1)
	s.syncOnce()
	s.sync()
	s.wantCommit(3)
	for i, want := range map[int]raft.Index{1: 3, 2: 3, 3: 1} {
		if got := s.MatchIndex(sim.Server(i)); got != want {
			t.Errorf("match of n%d is %d, want %d", i, got, want)
		}
	}
}

// A sync that covers entries which were replaced meanwhile says nothing of those that replaced them.
func TestSyncOfReplacedEntriesDoesNotCoverTheNewOnes(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1)
	s.receive(2, &raft.AppendEntries{Term: 2, Prev: raft.Position{Term: 1, Index: 1}, Entries: entries(2, 2, 2)})
	first := s.syncs
	s.receive(3, &raft.AppendEntries{Term: 3, Prev: raft.Position{Term: 1, Index: 1}, Entries: entries(2, 3, 3)})
	s.step(syncedEvent(first[0])) // of what was written before the second message
	if s.DurableIndex() != 1 {
		t.Errorf("durable is %d", s.DurableIndex())
	}
	s.sync()
	if s.DurableIndex() != 3 {
		t.Errorf("durable is %d after the next sync", s.DurableIndex())
	}
}

// Raft §5.3: "the leader maintains a nextIndex for each follower […] When a leader first comes to power, it
// initializes all nextIndex values to the index just after the last one in its log".
func TestNewLeaderBeginsBehindItsLog(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1, 1, 2)
	s.campaign()
	s.sync()
	s.take()
	s.receive(3, &raft.RequestVoteResponse{Term: 3, Granted: true})
	s.wantSent("n2 AppendEntries t3 prev 3^2 commit 0 +4^3", "n3 AppendEntries t3 prev 3^2 commit 0 +4^3")
	if s.NextIndex(2) != 4 || s.MatchIndex(2) != 0 {
		t.Errorf("next %d, match %d", s.NextIndex(2), s.MatchIndex(2))
	}
}

// Raft figure 3: a leader appends, and never removes or overwrites.
func TestLeaderKeepsItsLog(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1, 2, 2)
	s.elect()
	s.receive(2, &raft.AppendEntries{Term: 2, Prev: raft.Position{Term: 1, Index: 1}, Entries: entries(2, 1)})
	s.receive(3, &raft.AppendEntriesResponse{Term: 3, Prev: 3, Hint: raft.Position{}})
	s.wantTerms(1, 2, 2, 3)
	s.want(raft.Leader, 3, 1)
}
