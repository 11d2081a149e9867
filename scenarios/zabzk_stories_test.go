package scenarios

import (
	"slices"
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/sim/recipe"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
	"schism/zab/ztree"
)

// finds expects that the scenario, with its system built from setup, finds the violation id within 50 seeds.
func finds(t *testing.T, name string, setup zabSetup, id string) {
	t.Helper()
	s := *Must(name)
	s.system = newZabZK(setup)
	const within = 50
	runner := NewRunner(&s)
	for seed := uint64(1); seed <= within; seed++ {
		r := runner.Run(seed, Options{})
		if slices.ContainsFunc(r.Violations, func(v *sim.Violation) bool { return v.ID == id }) {
			return
		}
	}
	t.Errorf("%d seeds of %s do not find %s", within, name, id)
}

// TestSessionExpiryFindsNodesThatStay closes sessions and leaves their nodes where they are.
func TestSessionExpiryFindsNodesThatStay(t *testing.T) {
	setup := sessionExpiry()
	setup.tune = func(c *zkserver.Config) {
		c.Tree = &ztree.Rules{
			ClosedPaths: func(*ztree.Tree, zkapi.SessionID, []string) []string { return nil },
		}
	}
	finds(t, "zab/zk/session-expiry", setup, zkspec.SessionEnd)
}

// TestJudgeFencingFindsSharedTokens: the other half, lower tokens, is found by zab/zk/unsafe-lock.
func TestJudgeFencingFindsSharedTokens(t *testing.T) {
	history := []sim.Op{
		{Client: sim.Client(1), Outcome: sim.OK, Input: &recipe.Write{Number: 1, Token: 7},
			Output: &recipe.Wrote{Number: 1, Place: 1, Accepted: true}},
		{Client: sim.Client(2), Outcome: sim.OK, Input: &recipe.Write{Number: 1, Token: 7},
			Output: &recipe.Wrote{Number: 1, Place: 2, Accepted: true}},
	}
	if r := judgeFencing(history); r.Verdict != checker.Invalid {
		t.Errorf("two clients with one token: %v", r)
	}
	if r := judgeFencing(history[:1]); r.Verdict != checker.Valid {
		t.Errorf("one client alone: %v", r)
	}
}

// TestLockFindsWhoHoldsItInTheQueue gives clients a wrong recipe: whoever is in the queue takes the lock to be its own.
func TestLockFindsWhoHoldsItInTheQueue(t *testing.T) {
	anybody := func(w *zkserver.LockWork) { w.Owns = func(_, _ string) bool { return true } }
	finds(t, "zab/zk/lock", locking(true, anybody), checker.MutualExclusion)
}

// TestSequentialQueueFindsWhoTakesTheLast gives takers a wrong recipe.
func TestSequentialQueueFindsWhoTakesTheLast(t *testing.T) {
	last := func(w *zkserver.QueueWork) { w.Choose = func(items []string) int { return len(items) - 1 } }
	finds(t, "zab/zk/sequential-queue", sequentialQueue(last), zkspec.QueueOrder)
}
