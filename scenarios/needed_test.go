package scenarios

import (
	"maps"
	"slices"
	"testing"

	"schism/checker"
	"schism/nemesis"
	"schism/sim"
)

// need is a run that fails, and does not without the faults of one kind.
type need struct {
	// fault is the kind of fault, as faultKind tells them apart.
	fault string
	// mutant is the bug that fails, "" for a scenario that fails by itself.
	mutant string
	// scenario is where it fails, with the seed. With seed 0 the test fails and says with which.
	scenario string
	seed     uint64
}

// needs has a run for every kind of fault that breaks something.
var needs = []need{
	{"split", "any answer confirms any read", "raft/kv/swarm", 2},
	{"split leader", "any answer confirms any read", "raft/kv/swarm", 3},
	{"isolate", "a leader reads before it has committed anything in its term", "raft/kv/catalogue", 33},
	{"deafen", "half of the servers are a quorum", "zab/zk/swarm", 2},
	{"mute", "a lease begins when the answers arrive", "etcd/lease-reads", 1},
	{"bridge", "whoever hears from a leader helps candidates all the same", "etcd/partial-partition", 1},
	{"ring", "votes are ordered by number alone, and nobody looks whether a follower knows more", "zab/zk/swarm", 9},
	{"cut", "a lease begins when the answers arrive", "etcd/lease-reads", 1},

	{"crash", "a snapshot loses the sessions", "raft/kv/crash-storm", 61},
	{"crash losing", "a leader reads before it has committed anything in its term", "raft/kv/swarm", 5},
	{"crash midway", "a request that is asked for again is done again", "raft/kv/catalogue", 25},
	{"wipe", "", "raft/kv/wiped", 1},
	{"pause", "any answer confirms any read", "raft/kv/swarm", 1},
	{"slow", "a read does not wait for what is to be applied before it", "raft/kv/swarm", 10},
	{"drag", "a leader reads before it has committed anything in its term", "raft/kv/catalogue", 28},
	{"provoke", "a leader reads before it has committed anything in its term", "raft/kv/catalogue", 1},

	{"links loss", "a request that is asked for again is done again", "raft/kv/swarm", 2},
	{"links latency", "a lease begins when the answers arrive", "etcd/lease-reads", 1},
	{"links tail", "a snapshot is installed that is older than the state", "raft/kv/swarm", 26},
	{"links duplicate", "a request that is asked for again is done again", "raft/kv/swarm", 36},
	{"links reorder", "a snapshot is installed that is older than the state", "raft/kv/catalogue", 162},
	{"links queue", "a snapshot is installed that is older than the state", "raft/kv/swarm", 658},
	{"links spacing", "a leader reads before it has committed anything in its term", "raft/kv/catalogue", 53},
	{"clog", "a leader reads before it has committed anything in its term", "raft/kv/swarm", 4},
	{"hold", "any answer confirms any read", "raft/kv/swarm", 4},
	{"rule drop", "leaders of older terms are not answered", "etcd/move-leader", 3},
	{"rule delay", "a leader reads before it has committed anything in its term", "raft/kv/swarm", 5},
	{"rule duplicate", "votes are counted, not voters", "etcd/late-messages", 5},
	{"reset channels", "the compacted revision itself can no longer be told", "etcd/watch", 4},
	{"half-open", "watches that are brought along are not left again", "zab/zk/catalogue", 73},
	{"blackhole", "votes are ordered by number alone, and nobody looks whether a follower knows more",
		"zab/zk/swarm", 7},
	{"blackhole off", "requests are validated against what is applied only", "zab/zk/swarm", 23},

	{"disk sync", "a leader counts entries of its own that are not durable", "etcd/figure-8", 1},
	{"disk sync-error", "a snapshot is installed that is older than the state", "raft/kv/swarm", 23},
	{"disk write-error", "a snapshot is installed that is older than the state", "raft/kv/swarm", 14},
	{"disk capacity", "errors of the disk are ignored", "etcd/disk-full", 1},
	{"disk lying", "", "raft/kv/lying-disk", 1},
	{"disk names-lying", "", "zab/zk/lying-disk", 4},
	{"rot", "", "raft/kv/rotten-disk", 60},
	{"misdirect", "", "raft/kv/rotten-disk", 1},
	{"break", "a server that cannot read its disk begins anew", "raft/kv/bad-sectors", 4},

	{"drift", "clocks are taken for right", "etcd/lease-reads", 2},
	{"freeze", "a read does not wait for what is to be applied before it", "raft/kv/swarm", 29},
	{"jump", "leases are measured by wall clocks", "etcd/lease-reads-wall", 6},
	{"slew", "leases are measured by wall clocks", "etcd/lease-reads-wall", 5},
	{"coarsen", "leases are measured by wall clocks", "etcd/lease-reads-wall", 3},
}

// TestEachFaultIsNeeded makes the runs of needs, with and without the faults in question.
func TestEachFaultIsNeeded(t *testing.T) {
	for _, n := range needs {
		t.Run(n.fault, n.test)
	}
}

// TestEveryKindOfFaultIsThere draws schedules of all scenarios, and wants a need for each kind of fault in them.
func TestEveryKindOfFaultIsThere(t *testing.T) {
	missing := make(map[string]string)
	for _, s := range All {
		for seed := uint64(1); seed <= 20; seed++ {
			for _, e := range DrawCase(s, seed, sim.NewSeeded(seed)).Schedule {
				if kind := faultKind(unbounded(e.Do).String()); e.Do.Takes() != 0 {
					missing[kind] = s.Name
				}
			}
		}
	}
	for _, n := range needs {
		if missing[n.fault] == "" {
			t.Errorf("%s comes in no schedule", n.fault)
		}
		delete(missing, n.fault)
	}
	for _, kind := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("nothing needs %s, which comes in %s", kind, missing[kind])
	}
}

func (n need) test(t *testing.T) {
	s := n.failing(t)
	if n.seed == 0 {
		for seed := uint64(1); seed <= searched; seed++ {
			if n.needed(t, s, seed) {
				t.Fatalf("%s is needed in %s with seed %d", n.fault, n.scenario, seed)
			}
		}
		t.Fatalf("%s is needed in none of %d runs of %s", n.fault, searched, n.scenario)
	}
	if !n.needed(t, s, n.seed) {
		t.Errorf("%s is not needed in %s with seed %d", n.fault, n.scenario, n.seed)
	}
}

// failing returns the scenario with the bug in it.
func (n need) failing(t *testing.T) *Scenario {
	t.Helper()
	where := *Must(n.scenario)
	if n.mutant == "" {
		return &where
	}
	for _, m := range failingMutants() {
		if m.bug == n.mutant {
			where.system = m.scenario.system
			return &where
		}
	}
	t.Fatalf("there is no mutant %q", n.mutant)
	return nil
}

// needed reports whether the run fails, and is clean without the faults of the kind.
func (n need) needed(t *testing.T, s *Scenario, seed uint64) bool {
	t.Helper()
	c := DrawCase(s, seed, sim.NewSeeded(seed))
	without := *c
	without.Schedule = slices.DeleteFunc(slices.Clone(c.Schedule), func(e nemesis.Entry) bool {
		return e.Do.Takes() != 0 && faultKind(unbounded(e.Do).String()) == n.fault
	})
	if len(without.Schedule) == len(c.Schedule) {
		return false
	}
	return verdictOf(t, c) == checker.Invalid && verdictOf(t, &without) == checker.Valid
}

// unbounded returns what f does while it does something.
func unbounded(f nemesis.Fault) nemesis.Fault {
	if b, ok := f.(nemesis.Before); ok {
		return b.Do
	}
	return f
}

func verdictOf(t *testing.T, c *Case) checker.Verdict {
	t.Helper()
	r, err := c.Run(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Verdict
}
