package kvserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"schism/raft"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// saver is an observer that fails when a leader applies an entry that is far beyond its last snapshot, and begins none
// although it could.
type saver struct {
	every          raft.Index
	applied, saved map[sim.NodeID]raft.Index
	snapshots      int
}

// Observe implements sim.Observer.
func (o *saver) Observe(_ sim.View, s *sim.StepInfo) error {
	server, ok := s.Machine.(*kvserver.Server)
	if !ok {
		return nil
	}
	applied, _ := server.StateHash()
	grown := applied > o.applied[s.Node]
	o.applied[s.Node] = applied
	if slices.ContainsFunc(s.Effects, func(f sim.Effect) bool { return f.Name == raft.SnapshotFile }) {
		o.saved[s.Node] = applied
		o.snapshots++
	}
	_, leads := server.Reign()
	behind := applied - o.saved[s.Node]
	if leads && grown && behind >= o.every && server.Raft().TakesSnapshot(applied) {
		return sim.Violatef("no-snapshot", "%v has applied %d entries after its last snapshot", s.Node, behind)
	}
	return nil
}

// TestASnapshotThatCouldNotBeTakenIsTakenLater: the leader's disk is slow, so that the next snapshot is due while one
// is being saved.
func TestASnapshotThatCouldNotBeTakenIsTakenLater(t *testing.T) {
	o := &saver{every: 20, applied: map[sim.NodeID]raft.Index{}, saved: map[sim.NodeID]raft.Index{}}
	ops := script(t, "1s put x 1\n"+strings.Repeat("5ms put x 2\n", 100))
	c := world(1, [][]kvserver.Operation{ops, ops}, func(c *kvserver.Config) { c.ApplyBatch = 1 })
	c.Observers = append(c.Observers, o)
	c.Faults = []sim.Planned{simtest.At(time.Second, "slow disk", func(f sim.Faults) {
		leader, _ := f.Leader()
		f.SetDisk(leader, sim.DiskProfile{SyncMin: 400 * time.Millisecond, SyncMax: 400 * time.Millisecond})
	})}
	run(t, 1, c)
	if o.snapshots < 15 {
		t.Errorf("only %d snapshots were saved", o.snapshots)
	}
}
