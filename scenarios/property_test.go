package scenarios

import (
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

// TestDrawnPlansAndWorkloadsAreSurvived lets rapid draw the plan of a swarm and the operations of its clients.
func TestDrawnPlansAndWorkloadsAreSurvived(t *testing.T) {
	runner := NewRunner(Must("raft/kv/swarm"))
	rapid.Check(t, func(t *rapid.T) {
		c := &drawn{t, sim.NewSeeded(rapid.Uint64().Draw(t, "seed"))}
		schedule := runner.scenario.Plan(c, runner.servers, runner.clients)
		r := runner.RunWith(c, schedule, Options{})
		if r.Verdict != checker.Valid {
			t.Fatalf("%s\n%s", schedule, r.Failure())
		}
	})
}
