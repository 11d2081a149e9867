package scenarios

import (
	"testing"

	"schism/nemesis"
)

// TestPlansKeepToTheirBudgets: and budgets allow nothing that no schedule of 200 takes, so that they say something.
func TestPlansKeepToTheirBudgets(t *testing.T) {
	for _, s := range All {
		r := NewRunner(s)
		var taken nemesis.Takes
		for seed := uint64(1); seed <= 200; seed++ {
			r.chooser.Reset(seed)
			schedule := s.Plan(r.chooser, r.servers, r.clients)
			taken |= schedule.Takes()
			if err := s.Budget.Exceeded(schedule); err != nil {
				t.Errorf("%s seed %d: %v", s.Name, seed, err)
				break
			}
		}
		if unused := s.Budget.Takes &^ taken; unused != 0 {
			t.Errorf("%s: nothing takes %s", s.Name, unused)
		}
	}
}
