package raft_test

import (
	"testing"
	"time"

	"schism/raft"
	"schism/raft/quorum"
	"schism/sim"
	"schism/sim/simtest"
)

// fewer is the bug n/2: one vote too few makes a quorum of an even number, and of an odd one less one.
func fewer(m quorum.Members) quorum.Joint {
	return quorum.Joint{Incoming: quorum.First(max(1, m.Len()-2))}
}

// breaker is a server that a test breaks: before is called ahead of each step, after behind it.
type breaker struct {
	*server
	before func(s *server)
	after  func(s *server, ev *sim.Event, out *sim.Effects)
}

func (b *breaker) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if b.before != nil {
		b.before(b.server)
	}
	b.server.Step(now, ev, out)
	if b.after != nil {
		b.after(b.server, &ev, out)
	}
}

// leadsLong reports whether s leads and has committed so much in its term that a bug has something to break.
func leadsLong(s *server) bool {
	return s.Role() == raft.Leader && s.CommitIndex() > 30 && s.CommitIndex() == s.LastIndex()
}

// forge sends AppendEntries in the name of a leader.
func forge(s *server, _ *sim.Event, out *sim.Effects) {
	if s.Role() == raft.Follower && s.CommitIndex() > 10 {
		out.Send(s.Leader(), &raft.AppendEntries{Term: s.Term(), Prev: s.Log().Last(), Commit: s.CommitIndex()})
	}
}

// haste makes votes and acknowledgements leave before they are durable.
func haste(kind string) func(sim.Message) bool {
	return func(m sim.Message) bool { return m.Kind() != kind }
}

// TestInvariantsBite breaks the protocol in one place after the other, and sees that the ghost names what is
// broken. Several invariants can be the first to notice a bug; each of them has a bug here that it notices, but
// for two that others always forestall.
func TestInvariantsBite(t *testing.T) {
	tests := []struct {
		want, name string
		rules      raft.Rules
		breaker    breaker
		tune       func(*raft.Config)
	}{
		{want: raft.ElectionSafety, name: "two votes of five elect", rules: raft.Rules{
			VoteResult: func(j quorum.Joint, yes, no quorum.Members) quorum.Result {
				if yes.Len() >= 2 {
					return quorum.Won
				}
				return j.VoteResult(yes, no)
			}}},
		{want: raft.LeaderCompleteness, name: "two votes of five elect", rules: raft.Rules{
			VoteResult: func(j quorum.Joint, yes, no quorum.Members) quorum.Result {
				if yes.Len() >= 2 {
					return quorum.Won
				}
				return j.VoteResult(yes, no)
			}}},
		{want: raft.LeaderAppendOnly, name: "the leader replaces its last entry",
			breaker: breaker{before: func(s *server) {
				if s.Role() == raft.Leader && s.LastIndex() > s.CommitIndex()+1 {
					raft.Tampering{Node: s.Node}.DropLast()
				}
			}}},
		{want: raft.LogMatching, name: "entries follow entries of any term",
			rules: raft.Rules{PrevMatches: func(_ raft.Term, ok bool, _ raft.Term) bool { return ok }}},
		{want: raft.StateMachineSafety, name: "followers commit as far as their logs go",
			rules: raft.Rules{FollowerCommit: func(commit, _, last raft.Index) raft.Index {
				return min(commit, last)
			}}},
		{want: raft.CommitQuorum, name: "fewer acknowledgements commit", rules: raft.Rules{
			Committed: func(j quorum.Joint, acked []raft.Index) raft.Index {
				return quorum.CommittedIndex(fewer(j.Incoming), acked)
			}}},
		{want: raft.CommitQuorum, name: "entries of old terms are committed by counting",
			rules: raft.Rules{CommitAllowed: func(raft.Term, raft.Term) bool { return true }},
			// Entries of old terms are acknowledged before the leader's own, as in Raft figure 8.
			tune: func(c *raft.Config) { c.MaxBatchEntries = 1 }},
		{want: raft.CommitQuorum, name: "acknowledged before it is durable",
			rules: raft.Rules{WaitsForDisk: haste("AppendEntriesResponse")}},
		{want: raft.CommitQuorum, name: "the leader counts what its disk does not have",
			rules: raft.Rules{LeaderAck: func(_, last raft.Index) raft.Index { return last }}},
		{want: raft.OneVote, name: "the vote leaves before it is durable",
			rules: raft.Rules{WaitsForDisk: haste("RequestVoteResponse")}},
		{want: raft.OneVote, name: "the request leaves before the own vote is durable",
			rules: raft.Rules{WaitsForDisk: haste("RequestVote")}},
		{want: raft.OneVote, name: "everybody who asks gets the vote",
			rules: raft.Rules{VoteFree: func(_, _ sim.NodeID) bool { return true }}},
		{want: raft.VoteUpToDate, name: "votes do not look at logs",
			rules: raft.Rules{UpToDate: func(_, _ raft.Position) bool { return true }}},
		{want: raft.TermSanity, name: "a term is not written",
			breaker: breaker{before: func(s *server) {
				if leadsLong(s) {
					raft.Tampering{Node: s.Node}.RaiseTerm()
				}
			}}},
		{want: raft.IndexOrder, name: "a commit is taken back",
			breaker: breaker{before: func(s *server) {
				if leadsLong(s) {
					raft.Tampering{Node: s.Node}.LowerCommit()
				}
			}}},
		{want: raft.MatchSanity, name: "followers acknowledge what the leader does not have",
			rules: raft.Rules{AckIndex: func(_, last raft.Index) raft.Index { return last }}},
		{want: raft.MatchSanity, name: "match runs ahead",
			breaker: breaker{before: func(s *server) {
				if leadsLong(s) {
					raft.Tampering{Node: s.Node}.RaiseMatch()
				}
			}}},
		{want: raft.LeaderSublog, name: "a follower sends entries", breaker: breaker{after: forge}},
		{want: raft.SnapshotPrefix, name: "states differ", breaker: breaker{before: func(s *server) {
			if s.CommitIndex() == 40 {
				s.state = s.state.Mix(uint64(s.ID()))
			}
		}}},
		{want: raft.ReadFresh, name: "reads are confirmed by nobody",
			rules: raft.Rules{ReadConfirmed: func(_, _ raft.Round) bool { return true }}},
		{want: raft.ReadFresh, name: "new leaders read at once",
			rules: raft.Rules{ReadAllowed: func(_, _ raft.Term) bool { return true }}},
		{want: raft.Accounting, name: "what is under way outlives what it was sent for",
			rules: raft.Rules{InflightKept: func(bytes int) int { return bytes }}},
		{want: raft.Accounting, name: "something stays uncommitted",
			breaker: breaker{before: func(s *server) {
				if leadsLong(s) {
					raft.Tampering{Node: s.Node}.LoseCommitted()
				}
			}}},
	}
	for _, test := range tests {
		t.Run(test.want+"/"+test.name, func(t *testing.T) {
			counts := map[string]int{}
			for seed := range uint64(400) {
				r := sim.Run(broken(seed, test.rules, test.breaker, test.tune))
				if r.Violation == nil {
					continue
				}
				if counts[r.Violation.ID]++; r.Violation.ID == test.want {
					t.Logf("seed %d: %s", seed, r.Violation)
					return
				}
			}
			t.Errorf("no run with this bug violates it; found: %v", counts)
		})
	}
}

// broken is a stormy cluster of five with a bug.
func broken(seed uint64, rules raft.Rules, b breaker, tune func(*raft.Config)) sim.Config {
	c := cluster(5, seed, func(c *raft.Config, s *server) {
		if c.Rules = &rules; tune != nil {
			tune(c)
		}
	})
	inner := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		return &breaker{server: inner(id).(*server), before: b.before, after: b.after}
	}
	c.Peers.Max, c.Peers.Loss = 100*time.Millisecond, 3*sim.Percent
	c.Peers.Duplicate, c.Peers.DuplicateMax = 3*sim.Percent, 2*time.Second
	c.Disk.SyncMax = 50 * time.Millisecond
	c.Faults = simtest.Storm(5, seed+1000)
	c.Observers = []sim.Observer{raft.NewGhost()}
	return c
}
