package raft_test

import (
	"slices"
	"testing"
	"time"

	"schism/raft"
	"schism/sim"
	"schism/sim/simtest"
)

// rough returns a run in which a cluster of three elects leaders, cuts logs, sends snapshots and restarts.
func rough(seed uint64) sim.Config {
	c := cluster(3, seed, func(c *raft.Config, s *server) {
		s.snapshotEvery = 20
		leased(c)
		c.SnapshotTrailing, c.SnapshotChunk = 4, 10
	})
	c.Limit = sim.Time(4 * time.Second)
	c.Observers = []sim.Observer{raft.NewGhost()}
	c.Peers.Loss = sim.Percent
	c.Faults = simtest.Rough()
	return c
}

func TestNodeConforms(t *testing.T) { simtest.CheckMachine(t, rough) }

// nodeExcuses are those for a raft.Node.
func nodeExcuses() []simtest.Excuse {
	return []simtest.Excuse{
		simtest.Ignore("raft.settings", "the configuration, which never changes; clones share it"),
		simtest.Ignore("raft.Node.now", "set at the beginning of every step"),
		simtest.Ignore("raft.Node.mail", "memory for messages that have not been made yet"),
		simtest.Ignore("raft.disk.scratch", "written before it is read"),
		simtest.Ignore("wal.scratch", "written before it is read"),
		simtest.Ignore("wal.Log.file", "follows from name and id"),
		simtest.FixedLength("raft.Node.match", "one for each server, as peers"),
		simtest.FixedLength("raft.Node.answered", "one for each server, as peers"),
		simtest.Shared("raft.Log.entries", "entries are immutable, and appending copies (Log, property 3)"),
		simtest.Shared("raft.snapshots.incoming", "grows at its end only, and the clone has no room there"),
		simtest.Shared("raft.peer.sending", "the file of a snapshot is immutable"),
		simtest.CopyOnWrite("raft.snapshots.saving", "a complete file, which is never appended to"),
		simtest.CopyOnWrite("raft.snapshots.last", "a complete file, which is never appended to"),
	}
}

func TestEveryFieldOfANodeReachesCloneAndHash(t *testing.T) {
	servers := []sim.NodeID{1, 2, 3}
	machines := simtest.Harvest(rough(1), servers, 1, 10, 50, 100, 300, 700, 1000, 1500)
	saves := simtest.Moments(rough(1), 2, func(s *sim.StepInfo) bool {
		return slices.ContainsFunc(s.Effects, func(f sim.Effect) bool { return f.Kind == sim.EffectReplace })
	})
	chunks := simtest.Moments(rough(1), 4, func(s *sim.StepInfo) bool {
		_, ok := s.Event.Msg.(*raft.InstallSnapshot)
		return ok
	})
	if len(saves) == 0 || len(chunks) == 0 {
		t.Fatalf("the run is not rough enough: snapshots are saved at %v and sent at %v", saves, chunks)
	}
	machines = append(machines, simtest.Harvest(rough(1), servers, saves...)...)
	machines = append(machines, simtest.Harvest(rough(1), servers, chunks...)...)
	changes := func() sim.Config { return changing(1, raft.AtApply, nil) }
	machines = append(machines, simtest.Harvest(changes(), voters(5), 300, 1000, 2000, 3000, 5000)...)
	excuses := append(nodeExcuses(),
		simtest.Ignore("raft_test.server.every", "never changes"),
		simtest.Ignore("raft_test.server.applyEvery", "never changes"),
		simtest.Ignore("raft_test.server.snapshotEvery", "never changes"),
		simtest.Ignore("raft_test.server.reads", "counts for the test; no step depends on it"))
	simtest.CheckCloner(t, machines, excuses...)
}
