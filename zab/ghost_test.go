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

// youngest is the bug that elects by number alone.
func youngest(a, b zab.Vote, weight int) bool { return weight > 0 && a.Leader > b.Leader }

// TestInvariantsBite breaks the protocol in one place after the other, and sees that the ghost finds it. The names in
// brackets are those of the project's notes on ZAB.
func TestInvariantsBite(t *testing.T) {
	tests := []struct {
		name  string
		want  []string
		rules zab.Rules
	}{
		{"half of the servers are a quorum (E10)", []string{zab.LeaderCompleteness, zab.OneLeaderPerEpoch},
			zab.Rules{Quorum: few, MayLead: few,
				EpochOpen: func(e *zab.Ensemble, have zab.Servers, self zab.Slot) bool {
					return have.Has(self) && few(e, have)
				}}},
		{"an epoch is promised to two leaders (D4)", []string{zab.OneLeaderPerEpoch, zab.AckDurable},
			zab.Rules{
				Promises:  func(accepted, proposed zab.Epoch) (bool, bool) { return proposed >= accepted, true },
				NextEpoch: func(proposed, accepted zab.Epoch) zab.Epoch { return max(proposed, accepted, 1) }}},
		{"the leader knows less than its followers (E2, D2)",
			[]string{zab.LeaderCompleteness, zab.CommittedKept, zab.TotalOrder, "panic:zab.(*Peer).cutHistory"},
			zab.Rules{Supersedes: youngest,
				Ahead: func(zab.Epoch, zab.Zxid, zab.Epoch, zab.Zxid) bool { return false }}},
		{"the epoch is current before its history is durable (S2)", []string{zab.HistoryFirst},
			zab.Rules{Waits: waitsBut(zab.DutyHistory)}},
		{"the history is accepted before the epoch is durable (S1)", []string{zab.AckDurable},
			zab.Rules{Waits: waitsBut(zab.DutyCurrentEpoch)}},
		{"an epoch is promised before that is durable (D5)", []string{zab.AckDurable},
			zab.Rules{Waits: waitsBut(zab.DutyPromise)}},
		{"an epoch is proposed before it is durable", []string{zab.AckDurable},
			zab.Rules{Waits: waitsBut(zab.DutyProposeEpoch)}},
		{"transactions are acknowledged before they are durable (B1)",
			[]string{zab.AckDurable, zab.CommitQuorum}, zab.Rules{Waits: waitsBut(zab.DutyAck)}},
		{"fewer acknowledgements commit", []string{zab.CommitQuorum}, zab.Rules{
			Committed: func(_ *zab.Ensemble, acked []zab.Index) zab.Index {
				sorted := slices.Sorted(slices.Values(acked))
				return sorted[len(sorted)-len(sorted)/2]
			}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			counts := map[string]int{}
			for seed := range uint64(400) {
				r := sim.Run(broken(seed, test.rules))
				if r.Violation == nil {
					continue
				}
				if counts[r.Violation.ID]++; slices.Contains(test.want, r.Violation.ID) {
					t.Logf("seed %d: %s", seed, r.Violation)
					return
				}
			}
			t.Errorf("no run with this bug violates any of %v; found: %v", test.want, counts)
		})
	}
}

// broken is a stormy cluster of five with a bug.
func broken(seed uint64, rules zab.Rules) sim.Config {
	c := cluster(5, seed, func(c *zab.Config, _ *server) { c.Rules = &rules })
	c.Peers.Max, c.Peers.Loss = 60*time.Millisecond, 2*sim.Percent
	c.Disk.SyncMax = 30 * time.Millisecond
	c.Faults = simtest.Storm(5, seed+1000)
	c.Observers = []sim.Observer{zab.NewGhost()}
	return c
}
