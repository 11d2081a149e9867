package sim

import (
	"testing"
	"time"
)

// writer writes, of which every other write fails, syncs, and counts the syncs that it hears of before the failure of
// an earlier write.
type writer struct {
	failed, early int
	expected      int
}

// Step implements [Machine].
func (w *writer) Step(_ Time, ev Event, out *Effects) {
	switch ev.Kind {
	case WriteFailed:
		w.failed++
		w.expected--
	case Synced, SyncFailed:
		if w.expected > 0 {
			w.early++
		}
	}
	if ev.Kind == Start || ev.Kind == Timeout {
		w.expected++
		out.Truncate("none", 0) // there is no such file
		out.Append("log", []byte{1})
		out.Sync(1)
		out.SetTimer(0, 10*time.Millisecond, 10*time.Millisecond)
	}
}

// TestAFailedWriteIsToldBeforeALaterSync: also if both have waited for a node that was paused, or was busy.
func TestAFailedWriteIsToldBeforeALaterSync(t *testing.T) {
	for seed := range uint64(50) {
		w := &writer{}
		at := func(d time.Duration, do func(Faults)) Planned {
			return Planned{When: Trigger{After: d}, Do: acting(do)}
		}
		Run(Config{Servers: 1, NewServer: func(NodeID) Machine { return w }, Chooser: NewSeeded(seed),
			Limit: Time(time.Second), Disk: DiskProfile{SyncMax: time.Duration(seed%2) * time.Millisecond},
			Faults: []Planned{
				at(100*time.Millisecond, func(f Faults) { f.SetStepDelay(1, time.Millisecond, 4*time.Millisecond) }),
				at(400*time.Millisecond, func(f Faults) { f.Pause(1) }),
				at(500*time.Millisecond, func(f Faults) { f.Resume(1) }),
			}})
		if w.early > 0 || w.failed < 40 {
			t.Errorf("seed %d: of %d failed writes, %d were told of after the sync", seed, w.failed, w.early)
		}
	}
}

// acting is an action that is a function.
type acting func(Faults)

func (a acting) Apply(f Faults) { a(f) }
func (acting) String() string   { return "act" }
