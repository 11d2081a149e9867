package raft_test

import (
	"testing"

	"schism/raft"
	"schism/sim"
)

// Thesis §9.6: "a candidate only increments its term if it first learns from a majority of the cluster that they would
// be willing to grant the candidate their votes".
func TestPreVoteDoesNotRaiseTerms(t *testing.T) {
	s := newSolo(t, 3, nil)
	s.fill(1, 1)
	for range 5 { // nobody answers
		s.campaign()
		s.want(raft.PreCandidate, 1, 0)
		s.wantSent("n2 PreVote t2 last 2^1", "n3 PreVote t2 last 2^1")
	}
	s.receive(2, &raft.RequestVoteResponse{Term: 1, PreVote: true})
	s.want(raft.PreCandidate, 1, 0)
	s.receive(3, &raft.RequestVoteResponse{Term: 2, PreVote: true, Granted: true})
	s.want(raft.Candidate, 2, 1)
	s.sync()
	s.wantSent("n2 RequestVote t2 last 2^1", "n3 RequestVote t2 last 2^1")
}

// Thesis §9.6: a server that is asked changes nothing, and asks its disk for nothing.
func TestPreVoteChangesNothingAtTheVoter(t *testing.T) {
	s := newSolo(t, 3, nil)
	s.fill(1, 1)
	s.now += sim.Time(s.config.ElectionMin)
	s.receive(2) // nothing, so that the state knows the time
	voted := s.Vote()
	s.receive(3, &raft.RequestVote{Term: 7, PreVote: true, Last: raft.Position{Term: 1, Index: 2}})
	s.wantSent("n3 PreVoteResponse t7 granted")
	s.want(raft.Follower, 1, int(voted))
	s.receive(2, &raft.RequestVote{Term: 7, PreVote: true, Last: raft.Position{Term: 1, Index: 2}})
	s.wantSent("n2 PreVoteResponse t7 granted") // a promise of nothing can be made twice
	if s.dirty {
		t.Error("a pre-vote is written to the disk")
	}
}

// Thesis §9.6: it would not grant its vote in a term that is not above its own, nor to a log that is behind.
func TestPreVoteIsRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		ask  raft.RequestVote
		want string
	}{
		{"old term", raft.RequestVote{Term: 2, Last: raft.Position{Term: 2, Index: 2}}, "t3 refused"},
		{"own term", raft.RequestVote{Term: 3, Last: raft.Position{Term: 2, Index: 2}}, "t3 refused"},
		{"log behind", raft.RequestVote{Term: 4, Last: raft.Position{Term: 2, Index: 1}}, "t3 refused"},
		{"all is well", raft.RequestVote{Term: 4, Last: raft.Position{Term: 2, Index: 2}}, "t4 granted"},
	} {
		s := newSolo(t, 3, nil)
		s.fill(1, 2)
		s.receive(2, &raft.AppendEntries{Term: 3})
		s.sync()
		s.take()
		s.now += sim.Time(s.config.ElectionMin)
		m := test.ask
		m.PreVote = true
		s.receive(3, &m)
		s.wantSent("n3 PreVoteResponse " + test.want)
	}
}

// Thesis §9.6: pre-votes and votes are counted apart, however late they come.
func TestPreVotesAreNotVotes(t *testing.T) {
	s := newSolo(t, 5, nil)
	s.campaign()
	yes := func(pre bool) *raft.RequestVoteResponse {
		return &raft.RequestVoteResponse{Term: 1, Granted: true, PreVote: pre}
	}
	s.receive(2, yes(false)) // of a term that this node has not entered
	s.want(raft.Follower, 1, 0)
	s = newSolo(t, 5, nil)
	s.campaign()
	s.receive(2, yes(true))
	s.receive(3, yes(true))
	s.sync()
	s.want(raft.Candidate, 1, 1)
	for i := 2; i <= 5; i++ {
		s.receive(i, yes(true), &raft.RequestVoteResponse{Term: 1, PreVote: true})
	}
	s.want(raft.Candidate, 1, 1)
	s.receive(2, yes(false))
	s.receive(3, yes(false))
	s.want(raft.Leader, 1, 1)
}

// Thesis §9.6: a node that a majority would refuse goes back to waiting, in its old term.
func TestPreCandidateGivesUpWhenAMajorityRefuses(t *testing.T) {
	s := newSolo(t, 5, nil)
	s.campaign()
	for i := 3; i <= 5; i++ {
		s.want(raft.PreCandidate, 0, 0)
		s.receive(i, &raft.RequestVoteResponse{PreVote: true})
	}
	s.want(raft.Follower, 0, 0)
	s.campaign()
}

// Raft §5.1: a refusal from a later term is a message from a later term.
func TestRefusedPreCandidateLearnsTheTerm(t *testing.T) {
	s := newSolo(t, 3, nil)
	s.campaign()
	s.receive(2, &raft.RequestVoteResponse{Term: 9, PreVote: true})
	s.want(raft.Follower, 9, 0)
}

// A node alone needs nobody's pre-vote.
func TestSingleServerElectsItself(t *testing.T) {
	s := newSolo(t, 1, nil)
	s.campaign()
	s.sync()
	s.want(raft.Leader, 1, 1)
	s.sync()
	s.wantCommit(1)
	s.propose("x")
	s.wantCommit(1)
	s.sync()
	s.wantCommit(2)
	s.wantSent()
}

// Thesis §4.2.3: "if a server receives a RequestVote request within the minimum election timeout of hearing from a
// current leader, it does not update its term or grant its vote".
func TestFollowerOfALiveLeaderDisregardsCandidates(t *testing.T) {
	for _, pre := range []bool{false, true} {
		s := newSolo(t, 3, nil)
		ask := &raft.RequestVote{Term: 5, PreVote: pre}
		answer := "n3 RequestVoteResponse t5 granted"
		s.now = sim.Time(1000 * s.config.ElectionMin)
		s.receive(2, &raft.AppendEntries{Term: 1})
		s.sync()
		s.take()
		s.now += sim.Time(s.config.ElectionMin) - 1
		s.receive(3, ask)
		if pre {
			answer = "n3 PreVoteResponse t5 granted"
			s.wantSent("n3 PreVoteResponse t1 refused")
		}
		s.wantSent()
		s.want(raft.Follower, 1, 0)
		s.now++
		s.receive(3, ask)
		s.sync()
		s.wantSent(answer)
	}
}

// Thesis §4.2.3: nor does a leader; and a node that does not know one votes at once.
func TestLeaderDisregardsCandidatesAndNewcomersDoNot(t *testing.T) {
	s := newSolo(t, 3, nil)
	s.elect()
	s.sync()
	s.take()
	s.now += sim.Time(10 * s.config.ElectionMax)
	s.receive(3, &raft.RequestVote{Term: 5, Last: raft.Position{Term: 4, Index: 9}})
	s.want(raft.Leader, 1, 1)
	s.wantSent()
	s.receive(2, &raft.AppendEntriesResponse{Term: 6})
	s.want(raft.Follower, 6, 0) // but an answer of a later term is heard
	s.receive(3, &raft.RequestVote{Term: 7, Last: raft.Position{Term: 4, Index: 9}})
	s.want(raft.Follower, 7, 3)
	s = newSolo(t, 3, nil)
	s.receive(3, &raft.RequestVote{Term: 5})
	s.want(raft.Follower, 5, 3)
}

// Thesis §6.2: "a leader […] steps down if an election timeout elapses without a successful round of heartbeats to a
// majority of its cluster".
func TestLeaderWithoutAQuorumStepsDown(t *testing.T) {
	for answers := range 5 {
		s := newSolo(t, 5, nil)
		s.elect()
		s.sync()
		s.expire() // the votes were of the last timeout's time; from now on it counts
		if s.Role() == raft.Leader {
			t.Fatal("a leader that nobody has answered goes on")
		}
		s = newSolo(t, 5, nil)
		s.elect()
		s.sync()
		for range 3 {
			for range 4 {
				s.beat()
			}
			s.ack(1, []int{2, 3, 4, 5}[:answers]...)
			s.ack(1, []int{2, 3, 4, 5}[:answers]...)
			if f := s.timers[raft.ElectionTimer]; f.Min != f.Max || f.Max != int64(s.config.ElectionMax) {
				t.Errorf("the leader's timer is set to %d … %d", f.Min, f.Max)
			}
			s.expire()
			if s.Role() != raft.Leader {
				break
			}
		}
		if leads := s.Role() == raft.Leader; leads != (answers >= 2) {
			t.Errorf("with %d answers of 4 the node is a %v", answers, s.Role())
		}
		if s.Term() != 1 {
			t.Errorf("it went to term %d", s.Term())
		}
		s.expire() // either way its timer is set
	}
}

// Thesis §6.2: what counts is the last election timeout, not an earlier one nor an earlier reign.
func TestAnswersOfEarlierTimesDoNotKeepALeader(t *testing.T) {
	s := newSolo(t, 3, func(c *raft.Config) { c.PreVote = false })
	s.elect()
	s.sync()
	s.ack(1, 2, 3)
	s.expire()
	s.want(raft.Leader, 1, 1)
	s.ack(1, 2, 3)
	s.receive(2, &raft.AppendEntriesResponse{Term: 2})
	s.elect()
	s.want(raft.Leader, 3, 1)
	s.expire()
	s.want(raft.Follower, 3, 1)
	s.elect()
	s.ack(1, 2, 3)
	s.expire()
	s.want(raft.Leader, 4, 1)
	s.expire()
	s.want(raft.Follower, 4, 1)
}

// Thesis §6.2: without the check it leads on, until it hears of another.
func TestLeaderLeadsOnWithoutCheckQuorum(t *testing.T) {
	s := newSolo(t, 5, plain)
	s.elect()
	s.sync()
	for range 5 {
		s.expire()
		s.want(raft.Leader, 1, 1)
	}
}

// A leader that a node of a later term refuses learns of the term, although its entries do not reach that node:
// otherwise the node would be apart for ever, its candidacies disregarded by all who hear from the leader.
func TestStrandedNodeBringsTheLeaderDown(t *testing.T) {
	g := newGroup(t, 3, nil)
	g[0].campaign()
	g.deliver(nil, 1, 2, 3)
	if g[0].Role() != raft.Leader {
		t.Fatal("n1 does not lead")
	}
	g[2].receive(2, &raft.RequestVoteResponse{Term: 7}) // n3 has learned of a term that is gone
	g[0].beat()
	g.deliver(nil, 1, 2, 3)
	if g[0].Role() != raft.Follower || g[0].Term() != 7 {
		t.Errorf("the leader is a %v in term %d", g[0].Role(), g[0].Term())
	}
	for _, s := range g {
		s.now += sim.Time(s.config.ElectionMax)
	}
	g[0].campaign()
	g.deliver(nil, 1, 2, 3)
	if g[0].Role() != raft.Leader || g[2].Leader() != sim.Server(1) {
		t.Errorf("n1 is a %v, and n3 follows %v", g[0].Role(), g[2].Leader())
	}
}
