package scenarios

import (
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/raft/mvcc"
)

// inRaft, inServers and inStores plant a bug by a wrong rule.
func inRaft(r raft.Rules) func(*raftSetup) {
	return func(s *raftSetup) { s.mutate = func(c *kvserver.Config) { c.Raft.Rules = &r } }
}

func inServers(r kvserver.Rules) func(*raftSetup) {
	return func(s *raftSetup) { s.mutate = func(c *kvserver.Config) { c.Rules = &r } }
}

func inStores(r mvcc.Rules) func(*raftSetup) {
	return func(s *raftSetup) { s.mutate = func(c *kvserver.Config) { c.Store = &r } }
}

// raftMutants are bugs of reads (D) and of the store.
var raftMutants = []raftMutant{
	{"D01", "a leader reads before it has committed anything in its term", inRaft(raft.Rules{
		ReadAllowed: func(_, _ raft.Term) bool { return true },
	}), "raft/kv/swarm", 1, []string{"raft-read-fresh"}},
	{"D02", "any answer confirms any read", inRaft(raft.Rules{
		ReadConfirmed: func(_, _ raft.Round) bool { return true },
	}), "raft/kv/swarm", 1, []string{"raft-read-fresh"}},
	{"D03", "a read does not wait for what is to be applied before it", inServers(kvserver.Rules{
		Serves: func(_, _ raft.Index) bool { return true },
	}), "raft/kv/swarm", 10, []string{"dual-serve"}},
	{"D04", "whoever is asked reads", inServers(kvserver.Rules{
		Confirms: func(op *kvapi.Op) bool { return op.Kind != kvapi.Range },
	}), "raft/kv/isolate-leader", 1, []string{"minority-ack", "dual-serve"}},
	{"X01", "a request that is asked for again is done again", inServers(kvserver.Rules{
		Repeated: func(_, _ kvapi.Seq) bool { return false },
	}), "raft/kv/swarm", 2, []string{kvserver.SessionOnce, checker.Linearizability}},
	{"S07", "a snapshot loses the sessions", inServers(kvserver.Rules{
		Keeps: func(kvapi.Session) bool { return false },
	}), "raft/kv/crash-storm", 1, []string{"state-divergence"}},
	{"", "a lease is said to be gone before its end is applied", inServers(kvserver.Rules{
		AwaitsEnd: func() bool { return false },
	}), "etcd/lease-checkpoint", 582, []string{kvspec.LeaseGone}},
	{"", "a new leader gives leases no time", inServers(kvserver.Rules{
		Promoted: func(_, _ time.Duration) time.Duration { return 0 },
	}), "raft/kv/isolate-leader", 10, []string{kvspec.LeaseKept}},
	{"", "a txn that changes nothing has a revision", inStores(mvcc.Rules{
		Revises: func(int) bool { return true },
	}), "raft/kv/calm", 1, []string{checker.Linearizability}},
	{"", "a key that is put without a lease keeps the one that it had", inStores(mvcc.Rules{
		Attached: func(old, given kvapi.LeaseID, _ bool) kvapi.LeaseID { return max(old, given) },
	}), "raft/kv/swarm", 2, []string{checker.Linearizability}},
	{"", "a snapshot loses which keys have a lease", inStores(mvcc.Rules{
		Restored: func(kvapi.LeaseID) kvapi.LeaseID { return 0 },
	}), "raft/kv/crash-storm", 4, []string{"state-divergence"}},
	{"", "a range is read in two pieces, and changes in between", around(newTearing),
		"etcd/bank", 1, []string{kvspec.BankWhole}},
	{"", "a hash depends on where the log begins", around(newHashingLog),
		"raft/kv/crash-storm", 1, []string{kvspec.SameHash}},
	{"", "compaction forgets what is there", inStores(mvcc.Rules{
		Keeps: func(bool, kvapi.Revision, kvapi.Revision) bool { return false },
	}), "raft/kv/swarm", 1, []string{checker.Linearizability}},
}

func TestBugsOfRaftAreFound(t *testing.T) {
	for i := range raftMutants {
		m := &raftMutants[i]
		t.Run(m.id+" "+m.bug, m.hunt)
	}
}
