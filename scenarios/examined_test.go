package scenarios

import (
	"slices"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/sim"
)

// checksOf returns the checks of a system that not every scenario has.
func checksOf(s system) []func([]sim.Op) checker.Report {
	switch k := s.(type) {
	case *raftKV:
		return k.setup.checks
	case *zabZK:
		return k.setup.checks
	}
	return nil
}

// TestChecksHaveSomethingToExamine: what a scenario is judged by sees some of what it is about.
func TestChecksHaveSomethingToExamine(t *testing.T) {
	const runs = 5
	for _, s := range All {
		if s.Mutant() {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			runner := NewRunner(s)
			checks, seen := checksOf(runner.system), map[string]bool{}
			examined := make([]int, len(checks))
			for seed := uint64(1); seed <= runs; seed++ {
				r := runner.Run(seed, Options{NoDigest: true})
				for i, check := range checks {
					examined[i] += check(r.History).Effort.Operations
				}
				for _, j := range r.judgements {
					if seen[j.check] = true; j.Effort.Operations == 0 {
						t.Errorf("seed %d: %s has examined nothing", seed, j.check)
					}
				}
			}
			if i := slices.Index(examined, 0); i >= 0 {
				t.Errorf("the check %d of the scenario has examined nothing", i+1)
			}
			if k, ok := runner.system.(*raftKV); ok && k.setup.recipe == nil && !s.Whole && !seen[kvspec.SameHash] {
				t.Error("no two hashes of the same revisions")
			}
		})
	}
}
