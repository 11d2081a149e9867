package scenarios_test

import (
	"context"
	"testing"
	"time"

	"schism/checker"
	"schism/nemesis"
	"schism/scenarios"
	"schism/sim"
)

// ticker is a server with much to do, which spins once it has been restarted.
type ticker struct{ pause time.Duration }

// Step implements sim.Machine.
func (m *ticker) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	if ev.Kind == sim.Start {
		m.pause = 100 * time.Microsecond
		if len(ev.Disk.Files()) > 0 {
			m.pause = 1
		}
		out.Replace("started", nil)
	}
	out.SetTimer(0, m.pause, m.pause)
}

// TestWhoSpinsIsToldFromWhoIsBusy shrinks a livelock in a system whose sound runs have more events than are enough to
// guess that somebody spins: the guess goes wrong, and the crash must be kept.
func TestWhoSpinsIsToldFromWhoIsBusy(t *testing.T) {
	schedule, err := nemesis.ParseSchedule("1s crash n1\n2s restart n1\n3s pause n1\n4s resume n1\n8s recover")
	if err != nil {
		t.Fatal(err)
	}
	busy := scenarios.Hosting(scenarios.Scenario{
		Name: "mine/busy", Doc: "A busy server", Servers: 1, Plan: nemesis.Script(schedule), HealAt: 8 * time.Second,
		Whole: true, Settle: time.Second,
	}, scenarios.System{
		Server:   func(sim.NodeID, []sim.NodeID) sim.Machine { return &ticker{} },
		Workload: func(sim.Chooser, sim.NodeID) []string { return nil },
		Judge: func([]sim.Op, checker.Budget) []checker.Report {
			return []checker.Report{checker.Passed("nothing", 1)}
		},
	})
	c, err := scenarios.CaseOf(busy, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.Shrink(context.Background(), c, scenarios.ShrinkOptions{Runs: 100})
	if err != nil {
		t.Fatal(err)
	}
	if s.Case.Expect != scenarios.Livelock || s.To.Faults != 1 || s.To.Events != c.Events {
		t.Errorf("what is left comes to %s: %v\n%s", s.Case.Expect, s, s.Case.Schedule)
	}
}
