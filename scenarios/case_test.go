package scenarios_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/scenarios"
	"schism/sim"
)

// TestCasesReplayTheRunsThatTheyWereMadeOf saves a run of every scenario, reads it back and runs it.
func TestCasesReplayTheRunsThatTheyWereMadeOf(t *testing.T) {
	for _, s := range scenarios.All {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			want := s.Run(1, scenarios.Options{})
			c, err := scenarios.CaseOf(s, 1)
			if err != nil {
				t.Fatal(err)
			}
			if c.Digest != want.Digest {
				t.Errorf("the case has the digest %s, and the run %s", c.Digest, want.Digest)
			}
			text := c.Text()
			read, err := scenarios.ParseCase(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text), string(read.Text())); diff != "" {
				t.Errorf("the text of the case has changed (-before +after):\n%s", diff)
			}
			r, err := read.Run(scenarios.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, drift := range read.Drift(r) {
				t.Error(drift)
			}
		})
	}
}

// FuzzParseCase reads anything, and prints what it could read.
func FuzzParseCase(f *testing.F) {
	c, err := scenarios.CaseOf(scenarios.Must("raft/kv/canary"), 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Text())
	c.Pins = []sim.Pin{{Decision: sim.DecideLatency, From: sim.Server(1), To: sim.Server(2), Nth: 3, Value: 7}}
	f.Add(c.Text())
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := scenarios.ParseCase(text)
		if err != nil {
			return
		}
		once := c.Text()
		back, err := scenarios.ParseCase(once)
		if err != nil {
			t.Fatalf("what is printed does not read back: %v\n%s", err, once)
		}
		if diff := cmp.Diff(string(once), string(back.Text())); diff != "" {
			t.Errorf("%s", diff)
		}
	})
}
