package raft_test

import (
	"fmt"
	"testing"
	"time"

	"schism/raft"
	"schism/raft/quorum"
	"schism/sim"
)

// inRoles calls f with nodes of a cluster of three in every role and term 3, whose log is of the terms 1 and 2.
func inRoles(t *testing.T, f func(t *testing.T, s *solo)) {
	for _, role := range []raft.Role{raft.Follower, raft.PreCandidate, raft.Candidate, raft.Leader} {
		t.Run(role.String(), func(t *testing.T) {
			s := newSolo(t, 3, func(c *raft.Config) { c.PreVote, c.CheckQuorum = role == raft.PreCandidate, false })
			s.fill(1, 2)
			switch role {
			case raft.Follower, raft.PreCandidate:
				s.receive(2, &raft.AppendEntries{Term: 3, Prev: raft.Position{Term: 2, Index: 2}})
			}
			switch role {
			case raft.PreCandidate, raft.Candidate:
				s.campaign()
			case raft.Leader:
				s.elect()
			}
			s.sync()
			s.take()
			if s.Role() != role || s.Term() != 3 {
				t.Fatalf("the node is a %v in term %d", s.Role(), s.Term())
			}
			f(t, s)
		})
	}
}

// messagesOf returns one message of every kind in the given term.
func messagesOf(term raft.Term) []sim.Message {
	return []sim.Message{
		&raft.RequestVote{Term: term, Last: raft.Position{Term: 2, Index: 2}},
		&raft.RequestVoteResponse{Term: term},
		&raft.RequestVoteResponse{Term: term, PreVote: true},
		&raft.AppendEntries{Term: term, Prev: raft.Position{Term: 2, Index: 2}},
		&raft.AppendEntriesResponse{Term: term},
		&raft.InstallSnapshot{Term: term, ID: raft.SnapshotID{Last: raft.Position{Term: 2, Index: 9}, Size: 100},
			Data: make([]byte, 10)},
		&raft.InstallSnapshotResponse{Term: term},
	}
}

// Raft §5.1: "if one server's current term is smaller than the other's, then it updates its current term to the larger
// value. If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state."
func TestHigherTermMakesEveryRoleAFollower(t *testing.T) {
	for i := range messagesOf(4) {
		inRoles(t, func(t *testing.T, s *solo) {
			m := messagesOf(4)[i]
			s.receive(2, m)
			if s.Role() != raft.Follower || s.Term() != 4 {
				t.Errorf("after %s of term 4: a %v in term %d", m.Kind(), s.Role(), s.Term())
			}
			s.sync()
			if s.powerCut(); s.Term() != 4 {
				t.Errorf("after %s and a restart: term %d", m.Kind(), s.Term())
			}
		})
	}
}

// Raft §5.1: "If a server receives a request with a stale term number, it rejects the request."
func TestStaleRequestIsRejected(t *testing.T) {
	for i := range messagesOf(2) {
		inRoles(t, func(t *testing.T, s *solo) {
			m := messagesOf(2)[i]
			before := string(s.AppendHash(nil))
			s.receive(2, m)
			switch m.(type) {
			case *raft.RequestVote:
				s.wantSent("n2 RequestVoteResponse t3 refused")
			case *raft.AppendEntries:
				s.wantSent("n2 AppendEntriesResponse t3 no match at 2, try 0^0")
			case *raft.InstallSnapshot:
				s.wantSent("n2 AppendEntriesResponse t3 no match at 0, try 0^0")
			default:
				s.wantSent()
			}
			if string(s.AppendHash(nil)) != before {
				t.Errorf("%s of an old term changes the state", m.Kind())
			}
		})
	}
}

// Raft §5.2: "When servers start up, they begin as followers. A server remains in follower state as long as it
// receives valid RPCs from a leader or candidate."
func TestFollowerRemainsOneWhileItHearsFromALeader(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.want(raft.Follower, 0, 0)
	for range 20 {
		s.now += sim.Time(s.config.ElectionMin)
		s.receive(2, &raft.AppendEntries{Term: 1})
		s.step(sim.Event{Kind: sim.Timeout, Timer: raft.ElectionTimer}) // it was set before the message
		s.want(raft.Follower, 1, 0)
	}
	s.now++
	s.receive(3, &raft.RequestVote{Term: 2}) // granting a vote counts, too
	s.sync()
	s.step(sim.Event{Kind: sim.Timeout, Timer: raft.ElectionTimer})
	s.want(raft.Follower, 2, 3)
	s.campaign()
	s.want(raft.Candidate, 3, 1)
}

// Raft §5.2: "election timeouts are chosen randomly from a fixed interval".
func TestElectionTimeoutIsDrawnFromItsRange(t *testing.T) {
	s := newSolo(t, 3, plain)
	for range 3 {
		f := s.timers[raft.ElectionTimer]
		if time.Duration(f.Min) != s.config.ElectionMin || time.Duration(f.Max) != s.config.ElectionMax {
			t.Errorf("the timer is set to %v … %v", time.Duration(f.Min), time.Duration(f.Max))
		}
		s.campaign()
		s.sync()
	}
	s.now++
	s.receive(2, &raft.AppendEntries{Term: 9})
	s.now += 100
	s.step(sim.Event{Kind: sim.Timeout, Timer: raft.ElectionTimer})
	f := s.timers[raft.ElectionTimer] // what is left of a timeout that began with the message
	if time.Duration(f.Min) != s.config.ElectionMin-100 || time.Duration(f.Max) != s.config.ElectionMax-100 {
		t.Errorf("the timer is set to %v … %v", time.Duration(f.Min), time.Duration(f.Max))
	}
}

// Raft §5.2: "To begin an election, a follower increments its current term and transitions to candidate state. It then
// votes for itself and issues RequestVote RPCs in parallel to each of the other servers in the cluster."
func TestCandidateVotesForItselfAndAsksEveryone(t *testing.T) {
	s := newSolo(t, 4, plain)
	s.fill(1, 1, 2)
	s.campaign()
	s.want(raft.Candidate, 3, 1)
	s.sync()
	s.wantSent("n2 RequestVote t3 last 3^2", "n3 RequestVote t3 last 3^2", "n4 RequestVote t3 last 3^2")
}

// Raft §5.2: "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for
// the same term."
func TestCandidateWinsWithAMajority(t *testing.T) {
	for _, test := range []struct {
		servers, yes, no int
		want             raft.Role
	}{
		{1, 0, 0, raft.Leader},
		{2, 0, 0, raft.Candidate}, {2, 1, 0, raft.Leader}, {2, 0, 1, raft.Follower},
		{3, 0, 0, raft.Candidate}, {3, 1, 0, raft.Leader}, {3, 0, 1, raft.Candidate}, {3, 0, 2, raft.Follower},
		{4, 1, 0, raft.Candidate}, {4, 1, 1, raft.Candidate}, {4, 1, 2, raft.Follower}, {4, 2, 0, raft.Leader},
		{5, 1, 0, raft.Candidate}, {5, 2, 0, raft.Leader}, {5, 1, 2, raft.Candidate}, {5, 1, 3, raft.Follower},
	} {
		t.Run(fmt.Sprintf("%d servers, %d yes, %d no", test.servers, test.yes, test.no), func(t *testing.T) {
			s := newSolo(t, test.servers, plain)
			s.campaign()
			s.sync()
			for i := range test.yes {
				s.receive(2+i, &raft.RequestVoteResponse{Term: 1, Granted: true})
			}
			for i := range test.no {
				s.receive(2+test.yes+i, &raft.RequestVoteResponse{Term: 1})
			}
			s.want(test.want, 1, 1)
		})
	}
}

// Raft §5.2: votes "from a majority of the servers": a server that says yes twice is one server.
func TestVoteIsCountedOnce(t *testing.T) {
	s := newSolo(t, 5, plain)
	s.campaign()
	s.sync()
	for range 5 {
		s.receive(2, &raft.RequestVoteResponse{Term: 1, Granted: true})
	}
	s.receive(9, &raft.RequestVoteResponse{Term: 1, Granted: true}) // not a member
	s.receive(1, &raft.RequestVoteResponse{Term: 2})                // nobody hears from himself
	s.want(raft.Candidate, 1, 1)
	s.receive(3, &raft.RequestVoteResponse{Term: 1, Granted: true})
	s.want(raft.Leader, 1, 1)
}

// Raft §5.2: "for the same term".
func TestVotesOfAnEarlierTermDoNotCount(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.campaign()
	s.campaign()
	s.sync()
	s.receive(2, &raft.RequestVoteResponse{Term: 1, Granted: true})
	s.want(raft.Candidate, 2, 1)
}

// Raft §5.2: "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis".
func TestFirstCandidateGetsTheOnlyVote(t *testing.T) {
	s := newSolo(t, 3, plain)
	ask := &raft.RequestVote{Term: 1}
	s.receive(3, ask)
	s.receive(2, ask)
	s.receive(3, ask) // the answer may have been lost
	s.sync()
	s.wantSent("n3 RequestVoteResponse t1 granted", "n2 RequestVoteResponse t1 refused",
		"n3 RequestVoteResponse t1 granted")
	s.receive(2, &raft.RequestVote{Term: 2})
	s.sync()
	s.wantSent("n2 RequestVoteResponse t2 granted")
}

// Raft §5.2: a candidate has voted for itself.
func TestCandidateVotesForNobodyElse(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.campaign()
	s.sync()
	s.take()
	s.receive(2, &raft.RequestVote{Term: 1, Last: raft.Position{Term: 1, Index: 10}})
	s.wantSent("n2 RequestVoteResponse t1 refused")
}

// Raft figure 2: "Persistent state on all servers (Updated on stable storage before responding to RPCs)": term, vote.
func TestVoteLeavesWhenItIsDurable(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.receive(3, &raft.RequestVote{Term: 1})
	s.wantSent()
	s.wantHeld("n3 RequestVoteResponse t1 granted")
	s.powerCut()
	s.want(raft.Follower, 0, 0) // it has promised nothing
	s.receive(2, &raft.RequestVote{Term: 1})
	s.sync()
	s.wantSent("n2 RequestVoteResponse t1 granted")
	s.powerCut()
	s.want(raft.Follower, 1, 2)
	s.receive(3, &raft.RequestVote{Term: 1})
	s.sync()
	s.wantSent("n3 RequestVoteResponse t1 refused")
}

// Raft figure 2, as above: so is a term before the node answers in it.
func TestTermIsDurableBeforeTheAnswerLeaves(t *testing.T) {
	for _, m := range messagesOf(4) {
		inRoles(t, func(t *testing.T, s *solo) {
			s.receive(2, m)
			s.wantSent()
			s.powerCut()
			if s.sync(); s.Term() != 3 {
				t.Errorf("after %s and a loss of power: term %d", m.Kind(), s.Term())
			}
		})
	}
}

// Raft figure 2, as above: a candidate's own vote is one that must not be forgotten either.
func TestCandidateCountsItsOwnVoteWhenItIsDurable(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.campaign()
	s.wantSent()
	s.wantHeld("n2 RequestVote t1 last 0^0", "n3 RequestVote t1 last 0^0")
	s.receive(2, &raft.RequestVoteResponse{Term: 1, Granted: true})
	s.want(raft.Candidate, 1, 1)
	s.sync()
	s.want(raft.Leader, 1, 1)
	two := newSolo(t, 3, plain) // campaigns again before the first vote is durable
	two.campaign()
	first := two.syncs[0]
	two.campaign()
	two.receive(2, &raft.RequestVoteResponse{Term: 2, Granted: true})
	two.step(syncedEvent(first))
	two.want(raft.Candidate, 2, 1)
	two.sync()
	two.want(raft.Leader, 2, 1)
	one := newSolo(t, 1, plain)
	one.campaign()
	one.want(raft.Candidate, 1, 1)
	one.sync()
	one.want(raft.Leader, 1, 1)
}

// Raft §5.2: "While waiting for votes, a candidate may receive an AppendEntries RPC from another server claiming to be
// leader. If the leader's term […] is at least as large as the candidate's current term, then the candidate recognizes
// the leader as legitimate and returns to follower state. If the term in the RPC is smaller […], then the candidate
// rejects the RPC and continues in candidate state."
func TestCandidateReturnsToFollowerOnAppendEntriesOfItsTerm(t *testing.T) {
	for term, want := range map[raft.Term]raft.Role{1: raft.Candidate, 2: raft.Follower, 3: raft.Follower} {
		s := newSolo(t, 3, plain)
		s.campaign()
		s.campaign()
		s.sync()
		s.receive(3, &raft.AppendEntries{Term: term})
		if s.Role() != want || s.Term() != max(term, 2) {
			t.Errorf("AppendEntries of term %d makes a candidate of term 2 a %v of term %d", term, s.Role(), s.Term())
		}
		if leader := s.Leader(); want == raft.Follower && leader != sim.Server(3) {
			t.Errorf("the follower takes %v for its leader", leader)
		}
	}
}

// Raft §5.2: "if many followers become candidates at the same time, votes could be split so that no candidate obtains
// a majority. When this happens, each candidate will time out and start a new election".
func TestCandidateThatWinsNothingStartsAnew(t *testing.T) {
	s := newSolo(t, 5, plain)
	s.campaign()
	s.sync()
	s.receive(2, &raft.RequestVoteResponse{Term: 1, Granted: true})
	s.expire()
	s.want(raft.Candidate, 2, 1)
	s.sync()
	s.receive(3, &raft.RequestVoteResponse{Term: 2, Granted: true}) // the vote of term 1 is forgotten
	s.want(raft.Candidate, 2, 1)
}

// Raft §5.2: "Once a candidate wins an election, it becomes leader. It then sends heartbeat messages to all of the
// other servers to establish its authority and prevent new elections."
func TestLeaderSendsHeartbeats(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.campaign()
	s.sync()
	s.take()
	s.receive(2, &raft.RequestVoteResponse{Term: 1, Granted: true})
	first := []string{"n2 AppendEntries t1 prev 0^0 commit 0 +1^1", "n3 AppendEntries t1 prev 0^0 commit 0 +1^1"}
	s.wantSent(first...)
	s.sync()
	s.ack(1, 2, 3)
	s.take()
	for range 3 {
		f := s.timers[raft.HeartbeatTimer]
		if time.Duration(f.Min) != s.config.Heartbeat || time.Duration(f.Max) != s.config.Heartbeat {
			t.Errorf("the heartbeat timer is set to %v … %v", time.Duration(f.Min), time.Duration(f.Max))
		}
		s.beat()
		s.wantSent("n2 AppendEntries t1 prev 1^1 commit 1", "n3 AppendEntries t1 prev 1^1 commit 1")
	}
	s.receive(2, &raft.AppendEntries{Term: 2})
	if _, set := s.timers[raft.HeartbeatTimer]; set {
		t.Error("a leader that has stepped down goes on with heartbeats")
	}
	s.sync()
	s.take()
	s.beat() // it was under way
	s.wantSent()
	s.campaign() // and its election timer is set
}

// Raft §5.4.1: "the voter denies its vote if its own log is more up-to-date than that of the candidate": the later
// term of the last entry wins, then the longer log.
func TestElectionRejectsStaleLog(t *testing.T) {
	for _, test := range []struct {
		last  raft.Position
		grant bool
	}{
		{raft.Position{Term: 2, Index: 3}, true},
		{raft.Position{Term: 2, Index: 4}, true},
		{raft.Position{Term: 2, Index: 2}, false},
		{raft.Position{Term: 3, Index: 1}, true},
		{raft.Position{Term: 1, Index: 9}, false},
		{raft.Position{}, false},
	} {
		for _, pre := range []bool{false, true} {
			s := newSolo(t, 3, plain)
			s.fill(1, 1, 2)
			s.receive(3, &raft.RequestVote{Term: 4, Last: test.last, PreVote: pre})
			s.sync()
			got := s.take()[0].msg.(*raft.RequestVoteResponse)
			if got.Granted != test.grant || got.PreVote != pre {
				t.Errorf("a log up to 3^2 answers a candidate with one up to %v: %v", test.last, got)
			}
		}
	}
}

// Raft §5.4.1: a voter that denies its vote still enters the term, and its vote is free.
func TestVoterThatDeniesKeepsItsVote(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1, 1, 2)
	s.receive(3, &raft.RequestVote{Term: 4, Last: raft.Position{Term: 1, Index: 2}})
	s.want(raft.Follower, 4, 0)
	s.receive(2, &raft.RequestVote{Term: 4, Last: raft.Position{Term: 2, Index: 3}})
	s.want(raft.Follower, 4, 2)
}

// Raft §5.2, figure 3: "at most one leader can be elected in a given term".
func TestTwoCandidatesOfOneTermDoNotBothWin(t *testing.T) {
	g := newGroup(t, 5, plain)
	g[0].campaign()
	g[1].campaign()
	g.deliver(nil, 1, 2, 3, 4, 5)
	leaders := map[raft.Term]int{}
	for _, s := range g {
		if s.Role() == raft.Leader {
			leaders[s.Term()]++
		}
	}
	if leaders[1] != 1 {
		t.Errorf("leaders by term: %v", leaders)
	}
}

// A quorum of three is two: a rule that is content with one makes two leaders, so that the test above can fail.
func TestTwoCandidatesBothWinWithoutAQuorum(t *testing.T) {
	g := newGroup(t, 5, func(c *raft.Config) {
		plain(c)
		c.Rules = &raft.Rules{VoteResult: func(_ quorum.Joint, yes, _ quorum.Members) quorum.Result {
			if yes.Len() > 1 {
				return quorum.Won
			}
			return quorum.Pending
		}}
	})
	g[0].campaign()
	g[1].campaign()
	g.deliver(nil, 1, 3)
	g.deliver(nil, 2, 4)
	if g[0].Role() != raft.Leader || g[1].Role() != raft.Leader || g[0].Term() != g[1].Term() {
		t.Errorf("%v of term %d, %v of term %d", g[0].Role(), g[0].Term(), g[1].Role(), g[1].Term())
	}
}
