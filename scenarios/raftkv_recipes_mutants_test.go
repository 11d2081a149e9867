package scenarios

import (
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
)

// inLocks and inElections plant a bug into what clients do.
func inLocks(change func(*kvserver.LockWork)) func(*raftSetup) {
	return func(s *raftSetup) { s.recipe = etcdLocking(s.fenced, change).recipe }
}

func inElections(change func(*kvserver.ElectionWork)) func(*raftSetup) {
	return func(s *raftSetup) { s.recipe = etcdElection(change).recipe }
}

// recipeMutants are bugs of locks and elections, and of the leases that those stand on.
var recipeMutants = []raftMutant{
	{"", "whoever has a key holds the lock", inLocks(func(w *kvserver.LockWork) {
		w.Owns = func(_, _ kvapi.Revision) bool { return true }
	}), "etcd/lock", 1, []string{checker.MutualExclusion}},
	{"", "a leader who was deposed proclaims", inElections(func(w *kvserver.ElectionWork) {
		w.Proclaim = func(op kvapi.Op) kvapi.Op {
			op.If = nil
			return op
		}
	}), "etcd/election", 1, []string{kvspec.DeposedProclaim}},
	{"", "a new leader gives locks no time", inServers(kvserver.Rules{
		Promoted: func(_, _ time.Duration) time.Duration { return 0 },
	}), "etcd/lock", 1, []string{kvspec.LeaseKept}},
	{"", "a new leader gives elected leaders no time", inServers(kvserver.Rules{
		Promoted: func(_, _ time.Duration) time.Duration { return 0 },
	}), "etcd/election", 1, []string{checker.MutualExclusion}},
	{"", "a lease is kept alive although its end is asked for", inServers(kvserver.Rules{
		Renews: func(time.Duration) bool { return true },
	}), "etcd/lease-under-pause", 10, []string{kvspec.LeaseKept, kvspec.LeaseGone}},
	{"", "nobody looks which leases are over", inConfig(func(c *kvserver.Config) { c.LeaseEvery = time.Hour }),
		"etcd/watch", 1, []string{kvspec.LeaseOver}},
	{"", "a new leader gives leases a minute more", inServers(kvserver.Rules{
		Promoted: func(left, grace time.Duration) time.Duration { return left + grace + time.Minute },
	}), "etcd/lease-checkpoint", 1, []string{kvspec.LeaseOver}},
	{"", "a new leader gives leases 15 s more", inServers(kvserver.Rules{
		Promoted: func(left, grace time.Duration) time.Duration { return left + grace + 15*time.Second },
	}), "etcd/swarm", 4, []string{kvspec.LeaseOver}},
}

func TestBugsOfRecipesAreFound(t *testing.T) {
	for i := range recipeMutants {
		m := &recipeMutants[i]
		t.Run(m.scenario+" "+m.bug, m.hunt)
	}
}
