package zab_test

import (
	"slices"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
)

// few is the bug that takes one less for a quorum.
func few(e *zab.Ensemble, have zab.Servers) bool {
	return (have & e.Voters).Len() >= e.Voters.Len()/2
}

// waitsBut makes one duty not wait for the disk.
func waitsBut(what zab.Duty) func(zab.Duty) bool {
	return func(d zab.Duty) bool { return d != what }
}

// reuses is the bug that takes an epoch for new which is not earlier than an accepted one.
func reuses(proposed, accepted zab.Epoch) zab.Epoch {
	if accepted > proposed || proposed == 0 {
		return accepted + 1
	}
	return proposed
}

// youngest is the bug that elects by number alone.
func youngest(a, b zab.Vote, weight int) bool { return weight > 0 && a.Leader > b.Leader }

// breaker is a server that a test breaks: before is called ahead of each step, after behind it.
type breaker struct {
	*server
	before func(s *server, ev *sim.Event)
	after  func(s *server, out *sim.Effects)
}

func (b *breaker) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if b.before != nil {
		b.before(b.server, &ev)
	}
	b.server.Step(now, ev, out)
	if b.after != nil {
		b.after(b.server, out)
	}
}

// leadsLong reports whether s leads and has committed so much that a bug has something to break.
func leadsLong(s *server) bool {
	_, leads := s.Reign()
	return leads && s.CommittedIndex() > 30
}

// whenLeading returns what breaks a server that leads long.
func whenLeading(tamper func(zab.Tampering)) func(*server, *sim.Event) {
	return func(s *server, _ *sim.Event) {
		if leadsLong(s) {
			tamper(zab.Tampering{Peer: s.Peer})
		}
	}
}

// damage changes what is proposed to n2.
func damage(s *server, ev *sim.Event) {
	if m, ok := ev.Msg.(*zab.Propose); ok && s.ID() == sim.Server(2) {
		ev.Msg = &zab.Propose{Txn: zab.Txn{Zxid: m.Txn.Zxid, Data: []byte("damaged")}}
	}
}

// invent makes a follower that is pinged take that for a proposal.
func invent(s *server, ev *sim.Event) {
	if _, ok := ev.Msg.(*zab.Ping); ok && s.CommittedIndex() > 30 && s.Serving() {
		if _, leads := s.Reign(); !leads {
			ev.Msg = &zab.Propose{Txn: zab.Txn{Zxid: s.History().Last().Zxid + 1}}
		}
	}
}

// keepAll makes a learner that is told to cut its history keep it.
func keepAll(s *server, ev *sim.Event) {
	if m, ok := ev.Msg.(*zab.Sync); ok && m.Mode == zab.Trunc {
		ev.Msg = &zab.Sync{Mode: zab.Diff, At: s.History().Last()}
	}
}

// forget removes from the disk of a leader what is committed.
func forget(s *server, out *sim.Effects) {
	if leadsLong(s) {
		zab.Tampering{Peer: s.Peer}.CutCommitted(out)
	}
}

// loseEpochs makes a part of the servers, another one in each epoch, not hear of it.
func loseEpochs(s *server, ev *sim.Event) {
	if m, ok := ev.Msg.(*zab.LeaderInfo); ok && (uint32(s.ID())^uint32(m.Epoch))&2 != 0 {
		ev.Msg = &zab.Ping{}
	}
}

// saveTail makes a server that is elected save its whole history before a quorum has accepted it.
func saveTail(s *server, out *sim.Effects) {
	if s.State() == zab.Leading && s.Phase() == zab.Discovery && s.CommittedIndex() < s.History().LastIndex() {
		zab.Tampering{Peer: s.Peer}.SaveTail(out)
	}
}

// TestInvariantsBite breaks the protocol in one place after the other, and sees that the ghost names what is broken.
// Several invariants can be the first to notice a bug; each of them has a bug here that it notices. The names in
// brackets are those of the project's notes on ZAB.
func TestInvariantsBite(t *testing.T) {
	half := zab.Rules{Quorum: few, MayLead: few,
		EpochOpen: func(e *zab.Ensemble, have zab.Servers, self zab.Slot) bool {
			return have.Has(self) && few(e, have)
		}}
	tests := []struct {
		want, name string
		rules      zab.Rules
		breaker    breaker
	}{
		{want: zab.LeaderCompleteness, name: "half of the servers are a quorum (E10)", rules: half},
		{want: zab.CommitQuorum, name: "half of the servers are a quorum (E10)", rules: half},
		{want: zab.OneLeaderPerEpoch, name: "half of the servers are a quorum (E10)", rules: half},
		{want: zab.EpochLater, name: "an epoch that a follower has accepted is proposed again (D1)",
			rules: zab.Rules{NextEpoch: reuses}},
		{want: zab.OnePromise, name: "an epoch is promised to two leaders (D4)", rules: zab.Rules{
			Promises: func(accepted, proposed zab.Epoch) (bool, bool) { return proposed >= accepted, true }},
			breaker: breaker{before: loseEpochs}},
		{want: zab.LeaderCompleteness, name: "the leader knows less than its followers (E2, D2)", rules: zab.Rules{
			Supersedes: youngest,
			Ahead:      func(zab.Epoch, zab.Zxid, zab.Epoch, zab.Zxid) bool { return false }}},
		{want: zab.HistoryFirst, name: "the epoch is current before its history is durable (S2)",
			rules: zab.Rules{Waits: waitsBut(zab.DutyHistory)}},
		{want: zab.SnapshotFirst, name: "the leader's snapshot is not durable before the log is cut (S14)",
			rules: zab.Rules{Waits: waitsBut(zab.DutySnapshot)}},
		{want: zab.SnapshotFirst, name: "the own snapshot is not durable before the log is cut",
			rules: zab.Rules{Waits: waitsBut(zab.DutyOwnSnapshot)}},
		{want: zab.SnapshotCommitted, name: "whoever is elected saves its tail (S13)",
			breaker: breaker{after: saveTail}},
		{want: zab.CommitQuorum, name: "the history is written after it is accepted (S3)",
			rules: zab.Rules{Accepts: func(int, int) int { return 0 }}},
		{want: zab.AckDurable, name: "the history is accepted before the epoch is durable (S1)",
			rules: zab.Rules{Waits: waitsBut(zab.DutyCurrentEpoch)}},
		{want: zab.AckDurable, name: "an epoch is promised before that is durable (D5)",
			rules: zab.Rules{Waits: waitsBut(zab.DutyPromise)}},
		{want: zab.AckDurable, name: "an epoch is proposed before it is durable",
			rules: zab.Rules{Waits: waitsBut(zab.DutyProposeEpoch)}},
		{want: zab.AckDurable, name: "transactions are acknowledged before they are durable (B1)",
			rules: zab.Rules{Waits: waitsBut(zab.DutyAck)}},
		{want: zab.CommitQuorum, name: "fewer acknowledgements commit", rules: zab.Rules{
			Committed: func(_ *zab.Ensemble, acked []zab.Index) zab.Index {
				sorted := slices.Sorted(slices.Values(acked))
				return sorted[len(sorted)-len(sorted)/2]
			}}},
		{want: zab.TotalOrder, name: "a history is not cut", breaker: breaker{before: keepAll}},
		{want: zab.EpochSanity, name: "an epoch is not written",
			breaker: breaker{before: whenLeading(zab.Tampering.RaiseEpoch)}},
		{want: zab.CommittedKept, name: "a committed transaction is cut off", breaker: breaker{after: forget}},
		{want: zab.Contiguous, name: "a leader skips a number",
			breaker: breaker{before: whenLeading(zab.Tampering.SkipNumber)}},
		{want: zab.SameTransaction, name: "a proposal arrives damaged", breaker: breaker{before: damage}},
		{want: zab.Integrity, name: "a proposal comes from nobody", breaker: breaker{before: invent}},
		{want: zab.IndexOrder, name: "a commit is taken back",
			breaker: breaker{before: whenLeading(zab.Tampering.LowerCommit)}},
	}
	for _, test := range tests {
		t.Run(test.want+"/"+test.name, func(t *testing.T) {
			counts := map[string]int{}
			for seed := range uint64(400) {
				r := sim.Run(broken(seed, test.rules, test.breaker))
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
func broken(seed uint64, rules zab.Rules, b breaker) sim.Config {
	c := cluster(5, seed, func(c *zab.Config, _ *server) { c.Rules = &rules })
	inner := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		return &breaker{server: inner(id).(*server), before: b.before, after: b.after}
	}
	c.Peers.Max, c.Peers.Loss = 60*time.Millisecond, 2*sim.Percent
	c.Disk.SyncMax = 30 * time.Millisecond
	c.Faults = simtest.Storm(5, seed+1000)
	c.Observers = []sim.Observer{zab.NewGhost()}
	return c
}
