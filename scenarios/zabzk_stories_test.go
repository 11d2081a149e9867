package scenarios

import (
	"slices"
	"testing"

	"schism/checker/zkspec"
	"schism/sim"
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
