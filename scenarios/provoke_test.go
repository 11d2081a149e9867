package scenarios

import (
	"testing"
	"time"

	"schism/checker"
	"schism/nemesis"
	"schism/raft"
	"schism/sim"
	"schism/zab"
)

// savers notes who writes a snapshot.
type savers map[sim.NodeID]bool

// Trace implements sim.Tracer.
func (s savers) Trace(r *sim.Record) {
	if r.Event == nil {
		return
	}
	for _, f := range r.Effects {
		if f.Kind == sim.EffectReplace && (f.Name == raft.SnapshotFile || f.Name == zab.SnapshotFile) {
			s[r.Node] = true
		}
	}
}

// TestServersTakeSnapshotsWhenProvoked provokes one server, in runs in which nobody takes a snapshot by itself.
func TestServersTakeSnapshotsWhenProvoked(t *testing.T) {
	one := sim.Server(2)
	provoked := nemesis.Entry{When: sim.Trigger{After: 3 * time.Second},
		Do: nemesis.Provoke{Target: nemesis.Nodes(one), What: takeSnapshot}}
	for _, name := range []string{"raft/kv/calm", "zab/zk/calm"} {
		for _, schedule := range []nemesis.Schedule{nil, {provoked}} {
			c := DrawCase(Must(name), 1, sim.NewSeeded(1))
			c.SnapshotEvery, c.Schedule = 1_000_000, schedule
			saved := make(savers)
			if r, err := c.Run(Options{Trace: saved}); err != nil || r.Verdict != checker.Valid {
				t.Fatalf("%s: %v, %v", name, r, err)
			}
			if len(saved) != len(schedule) || saved[one] != (len(schedule) > 0) {
				t.Errorf("%s with %q: %v save snapshots", name, schedule, saved)
			}
		}
	}
}
