package scenarios

import (
	"slices"
	"testing"

	"schism/checker"
	"schism/sim"
)

// blind is a system into whose servers nobody looks: what clients have seen has to tell.
type blind struct{ seeing }

// seeing is a system that can be made blind.
type seeing interface {
	system
	// ledAt is when there must be a leader.
	ledAt() sim.Time
	// judgeHistory judges what clients were told.
	judgeHistory(v sim.View, r *sim.Result) []judgement
}

// observers implements system.
func (b blind) observers() []sim.Observer { return []sim.Observer{b.chronicle()} }

// settled implements system.
func (b blind) settled(v sim.View) bool { return v.Now() >= b.ledAt() && allDone(v) }

// judge implements system.
func (b blind) judge(v sim.View, r *sim.Result) []judgement { return b.judgeHistory(v, r) }

// blindly returns the scenario of the bug as a blind one.
func (m *mutant[Setup]) blindly() *Scenario {
	s := m.mutated()
	sees := s.system
	s.system = func(x *Scenario) system { return blind{sees(x).(seeing)} }
	return s
}

// seen is a bug that clients see: with this seed of the scenario, by that check.
type seen struct {
	id, scenario string
	seed         uint64
	by           string
}

// findBlindly finds the bug by what clients were told, and sees that the same run is clean without it.
func (m *mutant[Setup]) findBlindly(t *testing.T, by seen) {
	bug := *m
	bug.scenario = by.scenario
	r := NewRunner(bug.blindly()).Run(by.seed, Options{})
	if r.Verdict != checker.Invalid || r.Violations[0].ID != by.by {
		t.Errorf("%s seed %d: %s %v, want %s", by.scenario, by.seed, r.Verdict, r.Violations, by.by)
	}
	bug.plant = func(*Setup) {}
	if r := NewRunner(bug.blindly()).Run(by.seed, Options{}); r.Verdict != checker.Valid {
		t.Errorf("without the bug: %s %v", r.Verdict, r.Violations)
	}
}

// findAllBlindly finds bugs of all by what clients were told.
func findAllBlindly[Setup any](t *testing.T, all []mutant[Setup], list []seen) {
	for _, by := range list {
		t.Run(by.id, func(t *testing.T) {
			i := slices.IndexFunc(all, func(m mutant[Setup]) bool { return m.id == by.id })
			all[i].findBlindly(t, by)
		})
	}
}
