package scenarios

import (
	"slices"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
	"schism/zab/ztree"
)

// checkMutant is a bug that a check is there to find.
type checkMutant struct {
	name string
	// bug brings it into the setup of the scenario.
	bug      func(*zabSetup)
	scenario string
	// seed is the first that finds it, as a violation of finds.
	seed  uint64
	finds string
}

// inServers returns a bug of all servers, inTrees one of their trees.
func inServers(r zkserver.Rules) func(*zabSetup) {
	return func(s *zabSetup) { s.mutate = storeRules(r) }
}

func inTrees(r ztree.Rules) func(*zabSetup) {
	return func(s *zabSetup) { s.mutate = treeRules(r) }
}

var checkMutants = []checkMutant{
	{"changes of lists of children are not told", inServers(zkserver.Rules{
		Tells: func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) { return e, e.Type != zkapi.NodeChildrenChanged },
	}), "zab/zk/watches", 1, zkspec.WatchLost},
	{"the event names the parent", inServers(zkserver.Rules{
		Tells: func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) {
			if e.Type == zkapi.NodeDeleted {
				e.Path = zkapi.Parent(e.Path)
			}
			return e, true
		},
	}), "zab/zk/watches", 1, zkspec.WatchUnasked},
	{"one-shot watches stay", inTrees(ztree.Rules{Once: func() bool { return false }}),
		"zab/zk/watches", 1, zkspec.WatchUnasked},
	{"nothing makes up for what was missed", inTrees(ztree.Rules{
		Missed: func(zkapi.Zxid, zkapi.Zxid) bool { return false },
	}), "zab/zk/watches", 1, zkspec.WatchLost},
	{"what was seen is made up for", inTrees(ztree.Rules{
		Missed: func(relative, changed zkapi.Zxid) bool { return changed >= relative },
	}), "zab/zk/watches", 1, zkspec.WatchUnasked},
	{"watches that are brought along are not left again", inTrees(ztree.Rules{Rejoins: func() bool { return false }}),
		"zab/zk/watches", 1, zkspec.WatchLost},
	{"a client forgets watches of lists of children", func(s *zabSetup) {
		s.mutateClient = func(c *zkserver.ClientConfig) {
			c.Brings = func(all zkapi.WatchList) zkapi.WatchList {
				all.Child = nil
				return all
			}
		}
	}, "zab/zk/watches", 1, zkspec.WatchList},

	{"names are numbered by the children that are there", inTrees(ztree.Rules{
		Number: func(_, children zkapi.Version) zkapi.Version { return children },
	}), "zab/zk/sequential-queue", 1, zkspec.QueueTwice},
	{"items have a time to live", func(s *zabSetup) {
		s.recipe = sequentialQueue(func(w *zkserver.QueueWork) { w.TTL = 200 }).recipe
		s.tune = func(c *zkserver.Config) { c.ContainerEvery = 500 * time.Millisecond }
	}, "zab/zk/sequential-queue", 1, zkspec.QueueLost},
	{"who joins is not told what was proposed and not committed", func(s *zabSetup) {
		s.mutate = zabRules(zab.Rules{Informed: func(_, last zab.Index) zab.Index { return last }})
	}, "zab/zk/observer-join", 101, zab.Contiguous},
}

// TestEachCheckFindsItsBug hunts for each bug from the first seed to the one that finds it, and sees that the same run
// is clean without it.
func TestEachCheckFindsItsBug(t *testing.T) {
	for _, m := range checkMutants {
		t.Run(m.name, func(t *testing.T) {
			s := *Must(m.scenario)
			plain := s.system
			s.system = func(x *Scenario) system {
				k := plain(x).(*zabZK)
				m.bug(&k.setup)
				return k
			}
			runner := NewRunner(&s)
			for seed := uint64(1); seed <= m.seed; seed++ {
				r := runner.Run(seed, Options{})
				found := slices.ContainsFunc(r.Violations, func(v *sim.Violation) bool { return v.ID == m.finds })
				if found != (seed == m.seed) {
					t.Errorf("%s seed %d finds %v, want %s with seed %d", m.scenario, seed, r.Violations, m.finds,
						m.seed)
				}
			}
			if r := NewRunner(Must(m.scenario)).Run(m.seed, Options{}); r.Verdict != checker.Valid {
				t.Errorf("without the bug: %s %v", r.Verdict, r.Violations)
			}
		})
	}
}

// TestLostUpdatesAreMissedInTheEnd: leaders are elected whatever they know (E2), and the checks that look into servers,
// which would see it at once, are off. A log without snapshots lacks in the end what clients were told.
func TestLostUpdatesAreMissedInTheEnd(t *testing.T) {
	s := *Must("zab/zk/swarm")
	plain := s.system
	s.system = func(x *Scenario) system {
		k := plain(x).(*zabZK)
		k.setup.snapshotEvery = 1000
		k.setup.mutate = zabRules(zab.Rules{
			Supersedes: func(a, b zab.Vote, weight int) bool { return weight > 0 && a.Leader > b.Leader },
			Ahead:      func(zab.Epoch, zab.Zxid, zab.Epoch, zab.Zxid) bool { return false },
		})
		k.watch = []sim.Observer{k.live, &k.tale}
		return k
	}
	runner := NewRunner(&s)
	for seed := uint64(1); seed <= 50; seed++ {
		r := runner.Run(seed, Options{})
		if slices.ContainsFunc(r.Violations, func(v *sim.Violation) bool { return v.ID == zkspec.Durable }) {
			t.Logf("seed %d: %v", seed, r.Violations)
			return
		}
	}
	t.Errorf("no run of 50 finds %s", zkspec.Durable)
}
