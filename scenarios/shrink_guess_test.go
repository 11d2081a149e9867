package scenarios

import "testing"

// TestWrongGuessesAreNotConfirmed takes a clean case for one that fails.
func TestWrongGuessesAreNotConfirmed(t *testing.T) {
	c, err := CaseOf(Must("raft/kv/calm"), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		expect              string
		confirmed, careful  bool
		spinBefore, spinNow int
	}{
		{Clean, true, false, spinEvents, spinEvents},
		{"linearizability", false, true, spinEvents, spinEvents},
		{Livelock, false, false, spinEvents, spinMore * spinEvents},
		{Livelock, false, true, maxEvents, maxEvents},
	} {
		guess := *c
		guess.Expect = test.expect
		s := &shrinking{best: &guess, crew: newCrew(1), spin: test.spinBefore}
		if ok := s.confirmed(); ok != test.confirmed || s.careful != test.careful || s.spin != test.spinNow {
			t.Errorf("%s after %d events: confirmed %v, careful %v, %d events", test.expect, test.spinBefore, ok,
				s.careful, s.spin)
		}
	}
}
