package scenarios

import (
	"slices"
	"testing"
	"time"

	"schism/checker"
	"schism/sim"
)

// mutant is a bug of a real system, brought back by a wrong decision or by what stands around a server.
type mutant[Setup any] struct {
	id, bug string
	plant   func(*Setup)
	// scenario finds the bug with the seed, the first one that does, and by one of the checks finds. With seed 0 the
	// test fails and says what finds it.
	scenario string
	seed     uint64
	finds    []string
}

// The mutants of both stores.
type (
	zabMutant  = mutant[zabSetup]
	raftMutant = mutant[raftSetup]
)

// configurable is a system whose setup can be changed.
type configurable[Setup any] interface{ setupOf() *Setup }

func (k *zabZK) setupOf() *zabSetup   { return &k.setup }
func (k *raftKV) setupOf() *raftSetup { return &k.setup }

// mutated returns the scenario of the bug with the bug in it.
func (m *mutant[Setup]) mutated() *Scenario {
	s := *Must(m.scenario)
	plain := s.system
	s.system = func(x *Scenario) system {
		k := plain(x)
		m.plant(k.(configurable[Setup]).setupOf())
		return k
	}
	return &s
}

// searched is how many seeds are tried for a bug of which nobody has said with which seed it is found.
const searched = 3000

// hunt hunts for the bug from the first seed to the one that finds it, and sees that the same run is clean without it.
func (m *mutant[Setup]) hunt(t *testing.T) {
	start := time.Now()
	runner := NewRunner(m.mutated())
	for seed := uint64(1); ; seed++ {
		r := runner.Run(seed, Options{})
		if r.Verdict != checker.Invalid && (seed < m.seed || m.seed == 0 && seed < searched) {
			continue
		}
		found := slices.ContainsFunc(r.Violations, func(v *sim.Violation) bool {
			return slices.Contains(m.finds, v.ID)
		})
		if !found || seed != m.seed {
			t.Fatalf("%s: %s seed %d: %s %v, want %v with seed %d", m.bug, m.scenario, seed, r.Verdict,
				r.Violations, m.finds, m.seed)
		}
		break
	}
	t.Logf("%s: %s seed %d in %v", m.bug, m.scenario, m.seed, time.Since(start).Round(time.Millisecond))
	if r := NewRunner(Must(m.scenario)).Run(m.seed, Options{}); r.Verdict != checker.Valid {
		t.Errorf("without the bug: %s %v", r.Verdict, r.Violations)
	}
}
