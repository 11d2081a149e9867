package scenarios_test

import (
	"slices"
	"testing"

	"schism/scenarios"
)

// TestCorpus replays the cases that are kept, before anything else is tried: each must be the run that it was.
func TestCorpus(t *testing.T) {
	all, err := scenarios.ReadCorpus(scenarios.CasesDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("there is no case in " + scenarios.CasesDir)
	}
	for _, k := range all {
		t.Run(k.Name(), func(t *testing.T) {
			r, drift, err := k.Replay()
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range drift {
				t.Errorf("%s is stale: %s", k.File, line)
			}
			mutant := slices.Contains(k.Case.Scenario.Finds, r.ID())
			if r.ID() != scenarios.Clean && !mutant {
				t.Errorf("%s still fails:\n%s", k.File, r.Failure())
			}
		})
	}
}
