package scenarios_test

import (
	"slices"
	"testing"
	"time"

	"schism/checker"
	"schism/scenarios"
)

// TestScenarios runs every scenario over the seeds that the flags ask for, 1-30 by default. A failure says how to
// repeat it.
func TestScenarios(t *testing.T) {
	for _, s := range scenarios.All {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if s.Mutant() {
				testMutant(t, s)
				return
			}
			testScenario(t, s)
		})
	}
}

func testScenario(t *testing.T, s *scenarios.Scenario) {
	end, bounded := deadline()
	reached := map[string]bool{}
	runner := scenarios.NewRunner(s)
	for seed := seedsFlag.First; ; seed++ {
		r := runner.Run(seed, scenarios.Options{})
		if r.Verdict != checker.Valid {
			t.Errorf("\n%s", r.Failure())
			return
		}
		for _, m := range r.Reached {
			reached[m.Mark] = true
		}
		if seed == seedsFlag.Last || bounded && time.Now().After(end) {
			break
		}
	}
	if seedsFlag.Count() < 5 {
		return
	}
	for _, mark := range s.Want {
		if !reached[mark] {
			t.Errorf("no run with seeds %v reached the mark %s", seedsFlag, mark)
		}
	}
}

// testMutant expects that the planted bug is found within 50 seeds.
func testMutant(t *testing.T, s *scenarios.Scenario) {
	const within = 50
	runner := scenarios.NewRunner(s)
	for seed := uint64(1); seed <= within; seed++ {
		r := runner.Run(seed, scenarios.Options{})
		if r.Verdict != checker.Invalid {
			continue
		}
		if id := r.Violations[0].ID; !slices.Contains(s.Finds, id) {
			t.Errorf("seed %d finds %s, want one of %v\n%s", seed, id, s.Finds, r.Failure())
		}
		return
	}
	t.Errorf("%d seeds do not find any of %v", within, s.Finds)
}
