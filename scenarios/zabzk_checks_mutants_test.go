package scenarios

import (
	"slices"
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
	"schism/zab/ztree"
)

// checkMutant is a bug that exactly one check is there to find.
type checkMutant struct {
	name string
	// bug brings it into the setup of the scenario.
	bug      func(*zabSetup)
	scenario string
	// seed is the first that finds it, as a violation of finds.
	seed  uint64
	finds string
}

var watchMutants = []checkMutant{
	{"changes of lists of children are not told", storeRules(zkserver.Rules{
		Tells: func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) { return e, e.Type != zkapi.NodeChildrenChanged },
	}), "zab/zk/watches", 1, zkspec.WatchLost},
	{"the event names the parent", storeRules(zkserver.Rules{
		Tells: func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) {
			if e.Type == zkapi.NodeDeleted {
				e.Path = zkapi.Parent(e.Path)
			}
			return e, true
		},
	}), "zab/zk/watches", 1, zkspec.WatchUnasked},
	{"changes of the membership are not told", storeRules(zkserver.Rules{
		Tells: func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) { return e, e.Path != zkapi.ConfigPath },
	}), "zab/zk/reconfig", 1, zkspec.WatchLost},
	{"one-shot watches stay", treeRules(ztree.Rules{Once: func() bool { return false }}),
		"zab/zk/watches", 1, zkspec.WatchUnasked},
	{"nothing makes up for what was missed", treeRules(ztree.Rules{
		Missed: func(zkapi.Zxid, zkapi.Zxid) bool { return false },
	}), "zab/zk/watches", 1, zkspec.WatchLost},
	{"what was seen is made up for", treeRules(ztree.Rules{
		Missed: func(relative, changed zkapi.Zxid) bool { return changed >= relative },
	}), "zab/zk/watches", 1, zkspec.WatchUnasked},
	{"watches that are brought along are not left again", treeRules(ztree.Rules{Rejoins: func() bool { return false }}),
		"zab/zk/watches", 1, zkspec.WatchLost},
	{"a client forgets watches of lists of children", func(s *zabSetup) {
		s.mutateClient = func(c *zkserver.ClientConfig) {
			c.Brings = func(all zkapi.WatchList) zkapi.WatchList {
				all.Child = nil
				return all
			}
		}
	}, "zab/zk/watches", 1, zkspec.WatchList},
}

// TestEachCheckFindsItsBug hunts for each bug from the first seed to the one that finds it, and sees that the same run
// is clean without it.
func TestEachCheckFindsItsBug(t *testing.T) {
	for _, m := range watchMutants {
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
