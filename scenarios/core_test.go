package scenarios

import (
	"testing"

	"schism/checker"
	"schism/raft"
	"schism/raft/kvserver"
	"schism/raft/quorum"
)

// TestACoreThatDoesNotComeBackIsFound: with a bug by which a leader needs one vote more than a quorum, a run dies
// whose core is no greater than a quorum. What fails outside of a core is no violation, and no excuse.
func TestACoreThatDoesNotComeBackIsFound(t *testing.T) {
	s := *Must("raft/kv/core")
	sound := NewRunner(&s)
	s.system = newRaftKV(raftSetup{workload: revisions(20), snapshotEvery: 20, sessions: true,
		mutate: func(c *kvserver.Config) {
			c.Raft.Rules = &raft.Rules{VoteResult: func(j quorum.Joint, yes, no quorum.Members) quorum.Result {
				if r := j.VoteResult(yes, no); r != quorum.Won || yes.Len() > j.Members().Len()/2+1 {
					return r
				}
				return quorum.Pending
			}}
		}})
	greedy, dead := NewRunner(&s), 0
	for seed := uint64(1); seed <= 20; seed++ {
		report := greedy.Run(seed, Options{})
		if report.Verdict == checker.Invalid && report.Violations[0].ID == "liveness-leader" {
			dead++
		}
		if r := sound.Run(seed, Options{}); r.Verdict != checker.Valid {
			t.Errorf("seed %d, without the bug: %s", seed, r.Failure())
		}
	}
	if dead == 0 {
		t.Error("no run is without a leader")
	}
}
