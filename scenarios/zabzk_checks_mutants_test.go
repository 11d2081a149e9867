package scenarios

import (
	"slices"
	"testing"
	"time"

	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
	"schism/zab/ztree"
)

// checkMutants are bugs that one check, or one scenario, is there to find.
var checkMutants = []zabMutant{
	{"", "changes of lists of children are not told", storeRules(zkserver.Rules{
		Tells: func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) { return e, e.Type != zkapi.NodeChildrenChanged },
	}), "zab/zk/watches", 1, []string{zkspec.WatchLost}},
	{"", "the event names the parent", storeRules(zkserver.Rules{
		Tells: func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) {
			if e.Type == zkapi.NodeDeleted {
				e.Path = zkapi.Parent(e.Path)
			}
			return e, true
		},
	}), "zab/zk/watches", 1, []string{zkspec.WatchUnasked}},
	{"", "changes of the membership are not told", storeRules(zkserver.Rules{
		Tells: func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) { return e, e.Path != zkapi.ConfigPath },
	}), "zab/zk/reconfig", 1, []string{zkspec.WatchLost}},
	{"", "one-shot watches stay", treeRules(ztree.Rules{Once: func() bool { return false }}),
		"zab/zk/watches", 1, []string{zkspec.WatchUnasked}},
	{"", "nothing makes up for what was missed", treeRules(ztree.Rules{
		Missed: func(zkapi.Zxid, zkapi.Zxid) bool { return false },
	}), "zab/zk/watches", 1, []string{zkspec.WatchLost}},
	{"", "what was seen is made up for", treeRules(ztree.Rules{
		Missed: func(relative, changed zkapi.Zxid) bool { return changed >= relative },
	}), "zab/zk/watches", 4, []string{zkspec.WatchUnasked}},
	{"", "watches that are brought along are not left again", treeRules(ztree.Rules{
		Rejoins: func() bool { return false },
	}), "zab/zk/watches", 1, []string{zkspec.WatchLost}},
	{"", "a client forgets watches of lists of children", func(s *zabSetup) {
		s.mutateClient = func(c *zkserver.ClientConfig) {
			c.Brings = func(all zkapi.WatchList) zkapi.WatchList {
				all.Child = nil
				return all
			}
		}
	}, "zab/zk/watches", 1, []string{zkspec.WatchList}},

	{"", "a server that cannot read its disk begins anew", decorated(newForgetfulZK),
		"zab/zk/bad-sectors", 4, []string{zab.EpochSanity}},
	{"ZK-1366", "sessions are measured by wall clocks", decorated(newWallTimedZK),
		"zab/zk/clock-skew", 18, []string{zkspec.SessionEarly}},
	{"", "a new leader gives sessions no time", storeRules(zkserver.Rules{Refreshes: func() bool { return false }}),
		"zab/zk/isolate-leader", 1, []string{zkspec.SessionEarly}},
	{"", "reads are said to show what is committed and not applied", decorated(newForeteller),
		"zab/zk/busy", 36, []string{zkspec.SameTree}},
	{"", "names are numbered by the children that are there", treeRules(ztree.Rules{
		Number: func(_, children zkapi.Version) zkapi.Version { return children },
	}), "zab/zk/sequential-queue", 1, []string{zkspec.QueueTwice}},
	{"", "items have a time to live", func(s *zabSetup) {
		s.recipe = sequentialQueue(func(w *zkserver.QueueWork) { w.TTL = 200 }).recipe
		s.tune = func(c *zkserver.Config) { c.ContainerEvery = 500 * time.Millisecond }
	}, "zab/zk/sequential-queue", 1, []string{zkspec.QueueLost}},
	{"", "who joins is not told what was proposed and not committed", zabRules(zab.Rules{
		Informed: func(_, last zab.Index) zab.Index { return last },
	}), "zab/zk/observer-join", 7, []string{zab.Contiguous}},
}

func TestEachCheckFindsItsBug(t *testing.T) {
	for i := range checkMutants {
		t.Run(checkMutants[i].bug, checkMutants[i].hunt)
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
		zabRules(zab.Rules{
			Supersedes: func(a, b zab.Vote, weight int) bool { return weight > 0 && a.Leader > b.Leader },
			Ahead:      func(zab.Epoch, zab.Zxid, zab.Epoch, zab.Zxid) bool { return false },
		})(&k.setup)
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
