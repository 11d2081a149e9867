package raft_test

import (
	"testing"

	"schism/raft"
	"schism/sim"
)

// fiveOf makes a node one of five servers of which the first three vote.
func fiveOf(at raft.ConfigTime) func(*raft.Config) {
	return func(c *raft.Config) {
		plain(c)
		c.Servers, c.Voters, c.ApplyConfigAt = voters(5), voters(3), at
	}
}

// ofFive returns n1, which leads in term 1 by the votes of n2, and has committed its first entry.
func ofFive(t *testing.T, at raft.ConfigTime, tune func(*raft.Config)) *solo {
	t.Helper()
	s := newSolo(t, 3, func(c *raft.Config) {
		if fiveOf(at)(c); tune != nil {
			tune(c)
		}
	})
	s.elect()
	s.sync()
	s.ack(1, 2, 3)
	s.use()
	s.take()
	return s
}

// change proposes c, and fails the test unless the answer is want.
func (s *solo) change(c raft.Change, want raft.Refusal) raft.Index {
	s.t.Helper()
	var out sim.Effects
	i, _, why := s.ProposeConfig(c, nil, &out)
	s.carry(&out)
	s.sync()
	if why != want {
		s.t.Errorf("the change %v is answered: %v, want %v", c, why, want)
	}
	return i
}

// wantMembership fails the test unless this membership is in force.
func (s *solo) wantMembership(want string) {
	s.t.Helper()
	if m, _ := s.Membership(); m.String() != want {
		s.t.Errorf("the membership is %v, want %s", m, want)
	}
}

// changeAt returns a config entry.
func changeAt(index raft.Index, term raft.Term, c raft.Change) raft.Entry {
	return raft.Entry{Term: term, Index: index, Type: raft.EntryConfig, Data: c.Append(nil)}
}

// add4 makes n4 a voter.
var add4 = raft.Change{Voters: 0b01000}

// Thesis §4.1: "a server always uses the latest configuration in its log, regardless of whether the entry is
// committed", and falls back to the one before when the entry is removed. With AtApply it uses what it has applied.
func TestFollowerUsesTheLastMembership(t *testing.T) {
	for _, at := range []raft.ConfigTime{raft.AtAppend, raft.AtApply} {
		s := newSolo(t, 3, fiveOf(at))
		s.receive(2, &raft.AppendEntries{Term: 1, Entries: []raft.Entry{entries(1, 1)[0], changeAt(2, 1, add4)}})
		s.sync()
		before, after := "{0 1 2}", "{0 1 2 3}"
		if at == raft.AtAppend {
			before = after
		}
		s.wantMembership(before)
		s.receive(3, &raft.AppendEntries{Term: 2, Prev: entryAt(1, 1), Entries: entries(2, 2)})
		s.wantMembership("{0 1 2}")
		s.receive(3, &raft.AppendEntries{Term: 2, Prev: entryAt(2, 2),
			Entries: []raft.Entry{changeAt(3, 2, add4)}, Commit: 3})
		s.wantMembership(before)
		s.use()
		s.wantMembership(after)
	}
}

// Thesis §4.1: one change at a time. Ongaro 2015: and none before the leader has committed in its term.
func TestLeaderChangesTheMembershipOneByOne(t *testing.T) {
	for _, at := range []raft.ConfigTime{raft.AtAppend, raft.AtApply} {
		s := newSolo(t, 3, fiveOf(at))
		s.change(add4, raft.NotLeader)
		s.elect()
		s.sync()
		s.change(add4, raft.NoCommitInTerm)
		s.ack(1, 2, 3)
		i := s.change(add4, raft.Accepted)
		s.change(raft.Change{Learners: 0b10000}, raft.ConfigPending)
		s.ack(i, 2, 3)
		s.wantCommit(i)
		if at == raft.AtApply {
			s.change(raft.Change{Learners: 0b10000}, raft.ConfigPending)
		}
		s.use()
		s.change(raft.Change{Learners: 0b10000}, raft.Accepted)
	}
}

func TestLeaderRefusesChangesThatMakeNoSense(t *testing.T) {
	s := ofFive(t, raft.AtAppend, nil)
	s.change(raft.Change{Voters: 0b11000}, raft.BadChange)
	s.change(raft.Change{Transition: raft.Leave}, raft.BadChange)
	s.change(raft.Change{Learners: 1 << 7}, raft.BadChange)
	// n4 and n5 have never been heard of, and with one of the others they are the quorum of the incoming half.
	s.change(raft.Change{Transition: raft.Joint, Voters: 0b11000, Removed: 0b00011}, raft.Unhealthy)
}

// Thesis §4.2.1: a learner gets the entries and is in no majority. It is promoted when it has caught up.
func TestLearnersDoNotCount(t *testing.T) {
	s := ofFive(t, raft.AtAppend, nil)
	i := s.change(raft.Change{Learners: 0b11000}, raft.Accepted)
	s.ack(i, 2)
	s.take()
	for range 20 {
		s.propose("x")
	}
	s.sync()
	s.receive(4, &raft.AppendEntriesResponse{Term: 1, Session: i, Success: true, Match: 22})
	s.receive(5, &raft.AppendEntriesResponse{Term: 1, Session: i, Success: true, Match: 10})
	s.wantCommit(i)
	s.change(raft.Change{Voters: 0b10000}, raft.LearnerBehind)
	i = s.change(raft.Change{Voters: 0b01000}, raft.Accepted)
	s.wantMembership("{0 1 2 3}, learners {4}")
	s.ack(i, 2)
	s.wantCommit(22)
	s.receive(4, &raft.AppendEntriesResponse{Term: 1, Session: 2, Success: true, Match: i})
	s.wantCommit(i)
}

// Thesis §4.1: servers answer to servers that are not in their membership. etcd#10998: a learner votes, for it may
// have been promoted and not know. It does not campaign.
func TestLearnersVoteAndDoNotCampaign(t *testing.T) {
	for _, rules := range []*raft.Rules{nil, {MayVote: func(voter bool) bool { return voter }}} {
		s := newSolo(t, 3, func(c *raft.Config) {
			fiveOf(raft.AtApply)(c)
			c.ID, c.Learners, c.Rules = sim.Server(4), voters(4)[3:], rules
		})
		for range 3 {
			s.expire()
		}
		s.want(raft.Follower, 0, 0)
		s.receive(5, &raft.RequestVote{Term: 7})
		if vote := map[bool]int{true: 5}[rules == nil]; s.Vote() != sim.NodeID(vote) {
			t.Errorf("a learner votes for %v, want n%d", s.Vote(), vote)
		}
	}
}

// Thesis §4.2.2: a leader that is removed does not count itself, and steps down when that is committed.
func TestLeaderRemovesItself(t *testing.T) {
	for _, at := range []raft.ConfigTime{raft.AtAppend, raft.AtApply} {
		s := ofFive(t, at, nil)
		i := s.change(raft.Change{Removed: 0b00001}, raft.Accepted)
		s.ack(i, 2)
		s.use()
		if at == raft.AtAppend {
			s.wantCommit(1)
			s.ack(i, 3)
		}
		s.wantCommit(i)
		if at == raft.AtApply {
			s.want(raft.Leader, 1, 1)
			s.beat()
		}
		s.want(raft.Follower, 1, 1)
		s.expire()
		s.expire()
		s.want(raft.Follower, 1, 1)
	}
}

// Thesis §4.2.2: "a server that is not part of its own latest configuration should still start new elections, as it
// might still be needed until the Cnew entry is committed"; it does not count its own vote.
func TestRemovedServerIsNeededUntilItsRemovalIsCommitted(t *testing.T) {
	s := newSolo(t, 3, fiveOf(raft.AtAppend))
	s.receive(2, &raft.AppendEntries{Term: 1, Entries: []raft.Entry{changeAt(1, 1, raft.Change{Removed: 0b00001})}})
	s.sync()
	s.campaign()
	s.sync()
	s.receive(2, &raft.RequestVoteResponse{Term: 2, Granted: true})
	s.want(raft.Candidate, 2, 1)
	s.receive(3, &raft.RequestVoteResponse{Term: 2, Granted: true})
	s.want(raft.Leader, 2, 1)
	s.sync()
	s.ack(2, 2, 3)
	s.want(raft.Follower, 2, 1)
}

// Thesis §4.3: in a joint membership entries and elections need a majority of both halves.
func TestJointMembershipNeedsBothHalves(t *testing.T) {
	s := ofFive(t, raft.AtAppend, nil)
	i := s.change(raft.Change{Learners: 0b11000}, raft.Accepted)
	s.ack(i, 2)
	for _, from := range []int{4, 5} {
		s.receive(from, &raft.AppendEntriesResponse{Term: 1, Session: i, Success: true, Match: i})
	}
	joint := s.change(raft.Change{Transition: raft.Joint, Voters: 0b11000, Removed: 0b00110}, raft.Accepted)
	s.wantMembership("{0 3 4} and {0 1 2}")
	s.ack(joint, 2)
	s.wantCommit(i)
	s.receive(4, &raft.AppendEntriesResponse{Term: 1, Session: i, Success: true, Match: joint})
	s.wantCommit(joint)

	s.powerCut()
	s.wantMembership("{0 3 4} and {0 1 2}")
	s.campaign()
	s.sync()
	s.receive(2, &raft.RequestVoteResponse{Term: 2, Granted: true})
	s.receive(3, &raft.RequestVoteResponse{Term: 2, Granted: true})
	s.want(raft.Candidate, 2, 1)
	s.receive(5, &raft.RequestVoteResponse{Term: 2, Granted: true})
	s.want(raft.Leader, 2, 1)
}

// etcd#12136: a joint membership that is to be left by itself is left by the next leader, too.
func TestNextLeaderLeavesTheJointMembership(t *testing.T) {
	s := newSolo(t, 3, fiveOf(raft.AtAppend))
	auto := raft.Change{Transition: raft.JointAuto, Voters: 0b01000}
	s.receive(2, &raft.AppendEntries{Term: 1, Entries: []raft.Entry{changeAt(1, 1, auto)}})
	s.wantMembership("{0 1 2 3} and {0 1 2}, leaves")
	s.campaign()
	s.sync()
	s.receive(2, &raft.RequestVoteResponse{Term: 2, Granted: true})
	s.receive(3, &raft.RequestVoteResponse{Term: 2, Granted: true})
	s.want(raft.Leader, 2, 1)
	s.sync()
	s.wantMembership("{0 1 2 3} and {0 1 2}, leaves")
	s.ack(2, 2, 3)
	s.wantMembership("{0 1 2 3}")
}

// A snapshot has the membership as of its last entry, not the one in force, and a restart has that of both.
func TestSnapshotsHaveTheirMembership(t *testing.T) {
	s := ofFive(t, raft.AtAppend, func(c *raft.Config) { c.SnapshotTrailing = 0 })
	i := s.change(add4, raft.Accepted)
	s.ack(i, 2, 3)
	s.use()
	s.snapshot(i, "state")
	s.sync()
	s.change(raft.Change{Learners: 0b10000}, raft.Accepted)
	s.wantMembership("{0 1 2 3}, learners {4}")
	s.powerCut()
	s.wantMembership("{0 1 2 3}, learners {4}")
	s.receive(2, &raft.AppendEntries{Term: 2, Prev: entryAt(i, 1), Entries: entries(i+1, 2)})
	s.wantMembership("{0 1 2 3}")
}

// A server that is removed and added again may have lost its disk between the two: what it acknowledged before does not
// count (drmingdrmer's raft-rejoin-bug, raft-rs#571).
func TestNewMembersDoNotCountWhatTheyAcknowledgedBefore(t *testing.T) {
	for _, rules := range []*raft.Rules{nil, {SessionMatches: func(raft.Index, raft.Index) bool { return true }}} {
		s := ofFive(t, raft.AtAppend, func(c *raft.Config) { c.Rules = rules })
		s.ack(s.change(raft.Change{Removed: 0b00100}, raft.Accepted), 2)
		again := s.change(raft.Change{Voters: 0b00100}, raft.Accepted)
		late := &raft.AppendEntriesResponse{Term: 1, Success: true, Match: 1}
		s.receive(3, late)
		if got, want := s.MatchIndex(sim.Server(3)), raft.Index(flagOf(rules != nil)); got != want {
			t.Errorf("the late answer makes the match index %d, want %d", got, want)
		}
		s.receive(3, &raft.AppendEntriesResponse{Term: 1, Session: again, Success: true, Match: again})
		if got := s.MatchIndex(sim.Server(3)); got != again {
			t.Errorf("the new member's answer makes the match index %d, want %d", got, again)
		}
	}
}

func flagOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// raft-rs: a removed server refuses its vote to one with a shorter log that needs it, and tells it why it does not.
func TestCandidateLearnsWhatIsCommitted(t *testing.T) {
	s := newSolo(t, 3, func(c *raft.Config) {
		fiveOf(raft.AtApply)(c)
		c.Voters = voters(2)
	})
	s.receive(2, &raft.AppendEntries{Term: 1, Entries: []raft.Entry{changeAt(1, 1, raft.Change{Removed: 0b00010})}})
	s.sync()
	s.campaign()
	s.receive(2, &raft.RequestVoteResponse{Term: 2, Commit: entryAt(1, 1)})
	s.want(raft.Follower, 2, 1)
	s.use()
	s.wantMembership("{0}")
	s.campaign()
	s.sync()
	s.want(raft.Leader, 3, 1)
}

// Thesis §3.10: a leader that hands its leadership over takes no proposals, changes of the membership among them.
func TestLeaderThatHandsOverChangesNothing(t *testing.T) {
	s := ofFive(t, raft.AtAppend, nil)
	var out sim.Effects
	if !s.TransferLeader(s.now, sim.Server(2), &out) {
		t.Fatal("the leader does not hand over")
	}
	s.change(add4, raft.HandingOver)
}
