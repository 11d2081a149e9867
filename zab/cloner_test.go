package zab_test

import (
	"slices"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
)

// rough returns a run in which four servers, one of them an observer, elect leaders, cut logs, send snapshots and
// restart.
func rough(seed uint64) sim.Config {
	voters := []sim.NodeID{sim.Server(1), sim.Server(2), sim.Server(3)}
	c := cluster(4, seed, func(c *zab.Config, s *server) {
		c.Ensemble = zab.DefaultConfig(sim.Server(1), voters).Ensemble
		c.Ensemble.Observers = zab.Servers(0).With(3)
		c.SnapshotTrailing, s.snapshotEvery, s.chatty = 4, 20, true
	})
	c.Limit = sim.Time(4 * time.Second)
	c.Observers = []sim.Observer{zab.NewGhost()}
	c.Peers.Loss = sim.Percent
	c.Faults = simtest.Rough()
	return c
}

func TestPeerConforms(t *testing.T) { simtest.CheckMachine(t, rough) }

// peerExcuses are those for a zab.Peer.
func peerExcuses() []simtest.Excuse {
	return []simtest.Excuse{
		simtest.Ignore("zab.settings", "the configuration, which never changes; clones share it"),
		simtest.Ignore("zab.Peer.carried", "nil between steps"),
		simtest.Ignore("zab.Peer.mail", "memory for messages that have not been made yet"),
		simtest.Ignore("zab.disk.scratch", "written before it is read"),
		simtest.Ignore("wal.scratch", "written before it is read"),
		simtest.Ignore("wal.Log.file", "follows from name and id"),
		simtest.FixedLength("zab.leading.acked", "one for each server"),
		simtest.Shared("zab.Peer.ensemble", "a configuration is immutable"),
		simtest.Shared("zab.learning.ensemble", "a configuration is immutable"),
		simtest.Shared("zab.learning.sync", "a message, which is immutable"),
		simtest.Shared("zab.learning.queue", "grows at its end only, and the clone has no room there"),
		simtest.Shared("zab.Forwarded.Body", "a message, which is immutable"),
		simtest.Shared("zab.link.queued", "a message, which is immutable"),
		simtest.Shared("zab.link.last", "a message, which is immutable"),
		simtest.Shared("zab.History.txns", "transactions are immutable, and appending copies (History, property 2)"),
		simtest.CopyOnWrite("zab.image.file", "a complete file, which is never appended to"),
	}
}

func TestEveryFieldOfAPeerReachesCloneAndHash(t *testing.T) {
	servers := []sim.NodeID{1, 2, 3, 4}
	machines := simtest.Harvest(rough(1), servers, 1, 10, 50, 100, 150, 200, 300, 700, 1000, 1500)
	saves := simtest.Moments(rough(1), 2, func(s *sim.StepInfo) bool {
		return slices.ContainsFunc(s.Effects, func(f sim.Effect) bool { return f.Kind == sim.EffectReplace })
	})
	syncs := simtest.Moments(rough(1), 20, func(s *sim.StepInfo) bool {
		switch s.Event.Msg.(type) {
		case *zab.Sync, *zab.NewLeader:
			return true
		}
		return false
	})
	if len(saves) == 0 || len(syncs) == 0 {
		t.Fatalf("the run is not rough enough: snapshots are saved at %v, learners brought in line at %v", saves, syncs)
	}
	machines = append(machines, simtest.Harvest(rough(1), servers, saves...)...)
	machines = append(machines, simtest.Harvest(rough(1), servers, syncs...)...)
	simtest.CheckCloner(t, machines, append(peerExcuses(),
		simtest.Ignore("zab_test.server.every", "never changes"),
		simtest.Ignore("zab_test.server.chatty", "never changes"),
		simtest.Ignore("zab_test.server.snapshotEvery", "never changes"))...)
}
