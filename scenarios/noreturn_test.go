package scenarios

import (
	"context"
	"math"
	"strings"
	"testing"

	"schism/checker"
	"schism/sim"
)

func TestNoReturnAfterTheSplit(t *testing.T) {
	for _, name := range []string{"raft/kv/canary", "zab/zk/canary"} {
		c, err := ReadCase(CasesDir + "/" + strings.ReplaceAll(name, "/", "-") + "-1.txtar")
		if err != nil {
			t.Fatal(err)
		}
		f, err := NoReturn(context.Background(), c, ExplainOptions{Prefixes: 6, Continuations: 20})
		if err != nil {
			t.Fatal(err)
		}
		if f.Point == nil || f.Event == nil || !strings.HasPrefix(f.Event.Text, "split leader+2 | rest: ") {
			t.Fatalf("%s: want that there is no return after the split:\n%s", name, f)
		}
		for _, p := range f.Prefixes {
			if before := p.Events < f.Point.Events; before && p.Calm.Failed > 0 || !before && p.Calm.Failed < 18 {
				t.Errorf("%s: after %d events %v fail", name, p.Events, p.Calm)
			}
		}
	}
}

func TestNoReturnIsLookedForUntilTheEndIfThatIsJudged(t *testing.T) {
	m := &raftMutants[11] // a range is read in two pieces, which nobody sees before the run is over
	c := shrunken(t, m.mutated(), m.seed, 200)
	f, err := NoReturn(context.Background(), c, ExplainOptions{Prefixes: 3, Continuations: 4})
	if err != nil {
		t.Fatal(err)
	}
	if f.Last != c.Events || len(f.Prefixes) != 3 {
		t.Errorf("it is looked for up to event %d of %d, at %d prefixes:\n%s", f.Last, c.Events, len(f.Prefixes), f)
	}
}

func TestContinuationsBeginAsTheCase(t *testing.T) {
	c, err := CaseOf(Must("raft/kv/swarm"), 3)
	if err != nil {
		t.Fatal(err)
	}
	const after = sim.DefaultCheckpoint
	for _, calm := range []bool{false, true} {
		r, err := c.Run(Options{turn: &turn{after: after, next: sim.NewSeeded(99), calm: calm}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Checkpoints[0] != c.Checkpoints[0] || r.Digest == c.Digest {
			t.Errorf("calm %v: after %d events the digest is %v, want %v; at the end it is %v", calm, after,
				r.Checkpoints[0], c.Checkpoints[0], r.Digest)
		}
	}
}

func TestNothingBreaksInACalmContinuation(t *testing.T) {
	c, err := CaseOf(Must("raft/kv/isolate-leader"), 1)
	if err != nil {
		t.Fatal(err)
	}
	c.Network.Loss = 0
	for _, calm := range []bool{false, true} {
		r, err := c.Run(Options{turn: &turn{after: 10, next: sim.NewSeeded(99), calm: calm}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Dropped == 0 != calm || len(r.Applied) != len(c.Schedule) {
			t.Errorf("calm %v: %d messages are lost by %d faults", calm, r.Dropped, len(r.Applied))
		}
	}
}

// TestACoreComesBackInACalmContinuation leaves runs in the middle, where much is broken.
func TestACoreComesBackInACalmContinuation(t *testing.T) {
	for seed := uint64(1); seed <= 10; seed++ {
		c, err := CaseOf(Must("raft/kv/core"), seed)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Run(Options{turn: &turn{after: c.Events / 3, next: sim.NewSeeded(99), calm: true}})
		if err != nil || r.Verdict != checker.Valid {
			t.Errorf("seed %d: %s %v, %v", seed, r.reasons(), r.Violations, err)
		}
	}
}

func TestIntervalIsWilsons(t *testing.T) {
	for _, test := range []struct {
		Share
		lo, hi float64
	}{
		{Share{0, 0}, 0, 1},
		{Share{0, 40}, 0, 0.0876},
		{Share{40, 40}, 0.9124, 1},
		{Share{16, 40}, 0.2635, 0.5540},
		{Share{1, 2}, 0.0945, 0.9055},
	} {
		if lo, hi := test.Interval(); math.Abs(lo-test.lo) > 1e-4 || math.Abs(hi-test.hi) > 1e-4 {
			t.Errorf("%d of %d: got %.4f … %.4f, want %.4f … %.4f", test.Failed, test.Runs, lo, hi, test.lo, test.hi)
		}
	}
}
