package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"schism/checker"
	"schism/sim"
)

// drawn is a chooser by which rapid draws plans and workloads, while everything that happens in the world is drawn
// from a seed: rapid's shrinker needs the few choices that matter.
type drawn struct {
	t    *rapid.T
	seed *sim.Seeded
}

func (d *drawn) ours(k sim.Key) bool {
	return k.Decision == sim.DecidePlan || k.Decision == sim.DecideWorkload
}

// Index implements [sim.Chooser].
func (d *drawn) Index(k sim.Key, n int) int {
	if !d.ours(k) {
		return d.seed.Index(k, n)
	}
	return rapid.IntRange(0, n-1).Draw(d.t, k.Decision.String())
}

// Chance implements [sim.Chooser].
func (d *drawn) Chance(k sim.Key, p sim.Ratio) bool {
	if !d.ours(k) {
		return d.seed.Chance(k, p)
	}
	return rapid.IntRange(0, int(sim.Always)-1).Draw(d.t, k.Decision.String()) >= int(sim.Always-p)
}

// Span implements [sim.Chooser].
func (d *drawn) Span(k sim.Key, lo, hi time.Duration) time.Duration {
	if !d.ours(k) {
		return d.seed.Span(k, lo, hi)
	}
	return time.Duration(rapid.Int64Range(int64(lo), int64(hi)).Draw(d.t, k.Decision.String()))
}

// TestDrawnPlansAndWorkloadsAreSurvived lets rapid draw the plan of a swarm and the operations of its clients. What
// fails then is made smaller twice: by rapid, and what rapid has come to by the shrinker.
func TestDrawnPlansAndWorkloadsAreSurvived(t *testing.T) {
	tell := TellLast(t)
	runner := NewRunner(Must("raft/kv/swarm"))
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		c := DrawCase(runner.scenario, seed, &drawn{t, sim.NewSeeded(seed)})
		r, err := runner.runCase(c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != checker.Valid {
			tell(c, r)
			t.Fatalf("%s: %s", c.name(), r.ID())
		}
	})
}

// failed is a test that has failed, and what it says at its end.
type failed struct {
	*testing.T
	end  func()
	said string
}

func (f *failed) Failed() bool                    { return true }
func (f *failed) Cleanup(end func())              { f.end = end }
func (f *failed) Logf(format string, args ...any) { f.said = fmt.Sprintf(format, args...) }

func TestTheLastFailingCaseIsToldAtTheEnd(t *testing.T) {
	f := &failed{T: t}
	tell := TellLast(f, WithArtifacts(t.TempDir()))
	for _, seed := range []uint64{2, 1} {
		c := DrawCase(Must("raft/kv/canary"), seed, sim.NewSeeded(seed+100))
		r, err := c.Run(Options{})
		if err != nil || r.Verdict != checker.Invalid {
			t.Fatal(r.Verdict, err)
		}
		tell(c, r)
	}
	f.end()
	for _, want := range []string{"VIOLATION raft-leader-completeness: ", "\nshrunk   ",
		"/raft-kv-canary-1.txtar go test schism/scenarios -run '^TestScenarios$/^raft$/^kv$/^canary$'\n",
		"\nexplain  go run schism/cmd/schism explain /"} {
		if !strings.Contains(f.said, want) {
			t.Errorf("it does not say %q:\n%s", want, f.said)
		}
	}
}
