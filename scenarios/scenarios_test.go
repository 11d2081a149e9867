package scenarios_test

import (
	"os"
	"slices"
	"testing"

	"schism/checker"
	"schism/scenarios"
)

// TestScenarios runs every scenario over the seeds that the flags ask for, 1-30 by default. A failure says how to
// repeat it. A mutant must be found, unless its seeds or a case were named: then it fails as it does.
func TestScenarios(t *testing.T) {
	for _, s := range scenarios.All {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if s.Mutant() && !seedsNamed && os.Getenv("SCHISM_CASE") == "" {
				testMutant(t, s)
				return
			}
			testScenario(t, s)
		})
	}
}

func testScenario(t *testing.T, s *scenarios.Scenario) {
	scenarios.Hunt(t, s, scenarios.WithSeeds(seedsFlag), scenarios.WithTime(*flagTime))
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
