package scenarios

import (
	"slices"
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
)

// blind is a system into whose servers nobody looks: what clients have seen has to tell.
type blind struct{ *zabZK }

// observers implements system.
func (b blind) observers() []sim.Observer { return []sim.Observer{&b.tale} }

// settled implements system.
func (b blind) settled(v sim.View) bool {
	return v.Now() >= b.healed.Add(b.bounds.Leader) && allDone(v)
}

// judge implements system.
func (b blind) judge(_ sim.View, r *sim.Result) []judgement {
	var list []judgement
	for _, level := range zkspec.Judge(r.History, checker.DefaultBudget) {
		list = append(list, judgement{level.Check, level})
	}
	for _, check := range b.setup.checks {
		report := check(r.History)
		list = append(list, judgement{report.Check, report})
	}
	return list
}

// blindly returns the scenario of the bug as a blind one.
func (m *zabMutant) blindly() *Scenario {
	s := m.mutated()
	seeing := s.system
	s.system = func(x *Scenario) system { return blind{seeing(x).(*zabZK)} }
	return s
}

// TestClientsAloneSeeBugs finds bugs by what clients were told, as it is with a system of which nothing else is known.
// Most bugs of a protocol are rare there: the invariants see what is wrong, clients only what has come of it.
func TestClientsAloneSeeBugs(t *testing.T) {
	for _, found := range []struct {
		id, scenario string
		seed         uint64
		by           string
	}{
		{"S3", "zab/zk/blackouts", 30, zkspec.LinearizableWrites},
		{"S13", "zab/zk/dirty-snapshot", 2, zkspec.LinearizableWrites},
		{"B1", "zab/zk/blackouts", 1, zkspec.LinearizableWrites},
		{"B8", "zab/zk/blackouts", 12, zkspec.LinearizableWrites},
		{"M1", "zab/zk/crash-storm", 31, zkspec.LinearizableWrites},
		{"M4", "zab/zk/swarm", 1, zkspec.LinearizableWrites},
	} {
		t.Run(found.id, func(t *testing.T) {
			i := slices.IndexFunc(zabMutants, func(m zabMutant) bool { return m.id == found.id })
			bug := zabMutants[i]
			bug.scenario = found.scenario
			r := NewRunner(bug.blindly()).Run(found.seed, Options{})
			if r.Verdict != checker.Invalid || r.Violations[0].ID != found.by {
				t.Errorf("%s seed %d: %s %v, want %s", found.scenario, found.seed, r.Verdict, r.Violations, found.by)
			}
			bug.plant = func(*zabSetup) {}
			if r := NewRunner(bug.blindly()).Run(found.seed, Options{}); r.Verdict != checker.Valid {
				t.Errorf("without the bug: %s %v", r.Verdict, r.Violations)
			}
		})
	}
}
