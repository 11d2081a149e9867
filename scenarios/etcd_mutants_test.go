package scenarios

import (
	"testing"
	"time"

	"schism/checker"
	"schism/checker/etcdspec"
	"schism/raft"
	"schism/raft/etcdapi"
	"schism/raft/etcdserver"
	"schism/raft/mvcc"
)

// inRaft, inServers and inStores plant a bug by a wrong rule.
func inRaft(r raft.Rules) func(*etcdSetup) {
	return func(s *etcdSetup) { s.mutate = func(c *etcdserver.Config) { c.Raft.Rules = &r } }
}

func inServers(r etcdserver.Rules) func(*etcdSetup) {
	return func(s *etcdSetup) { s.mutate = func(c *etcdserver.Config) { c.Rules = &r } }
}

func inStores(r mvcc.Rules) func(*etcdSetup) {
	return func(s *etcdSetup) { s.mutate = func(c *etcdserver.Config) { c.Store = &r } }
}

// etcdMutants are bugs of reads (D) and of the store.
var etcdMutants = []etcdMutant{
	{"D01", "a leader reads before it has committed anything in its term", inRaft(raft.Rules{
		ReadAllowed: func(_, _ raft.Term) bool { return true },
	}), "etcd/swarm", 1, []string{"raft-read-fresh"}},
	{"D02", "any answer confirms any read", inRaft(raft.Rules{
		ReadConfirmed: func(_, _ raft.Round) bool { return true },
	}), "etcd/swarm", 1, []string{"raft-read-fresh"}},
	{"D03", "a read does not wait for what is to be applied before it", inServers(etcdserver.Rules{
		Serves: func(_, _ raft.Index) bool { return true },
	}), "etcd/swarm", 32, []string{"dual-serve"}},
	{"D04", "whoever is asked reads", inServers(etcdserver.Rules{
		Confirms: func(op *etcdapi.Op) bool { return op.Kind != etcdapi.Range },
	}), "etcd/isolate-leader", 1, []string{"minority-ack"}},
	{"", "a lease is said to be gone before its end is applied", inServers(etcdserver.Rules{
		AwaitsEnd: func() bool { return false },
	}), "etcd/swarm", 808, []string{etcdspec.LeaseGone}},
	{"", "a new leader gives leases no time", inServers(etcdserver.Rules{
		Promoted: func(_, _ time.Duration) time.Duration { return 0 },
	}), "etcd/isolate-leader", 52, []string{etcdspec.LeaseKept}},
	{"", "a lease is kept alive when its end is on the way", inServers(etcdserver.Rules{
		Renews: func(time.Duration) bool { return true },
	}), "etcd/clock-skew", 1196, []string{etcdspec.LeaseKept}},
	{"", "a txn that changes nothing has a revision", inStores(mvcc.Rules{
		Revises: func(int) bool { return true },
	}), "etcd/calm", 1, []string{checker.Linearizability}},
	{"", "a key that is put without a lease keeps the one that it had", inStores(mvcc.Rules{
		Attached: func(old, given etcdapi.LeaseID, _ bool) etcdapi.LeaseID { return max(old, given) },
	}), "etcd/swarm", 13, []string{checker.Linearizability}},
	{"", "a snapshot loses which keys have a lease", inStores(mvcc.Rules{
		Restored: func(etcdapi.LeaseID) etcdapi.LeaseID { return 0 },
	}), "etcd/crash-storm", 13, []string{"state-divergence"}},
	{"", "compaction forgets what is there", inStores(mvcc.Rules{
		Keeps: func(bool, etcdapi.Revision, etcdapi.Revision) bool { return false },
	}), "etcd/swarm", 1, []string{checker.Linearizability}},
}

func TestBugsOfEtcdAreFound(t *testing.T) {
	for i := range etcdMutants {
		m := &etcdMutants[i]
		t.Run(m.id+" "+m.bug, m.hunt)
	}
}
