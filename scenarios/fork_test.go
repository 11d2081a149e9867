package scenarios

import (
	"testing"
	"time"

	"schism/sim"
)

// TestForkIntoAUsedWorldGoesOnAsTheOriginal forks one world into the memory of earlier forks, which have gone on
// meanwhile.
func TestForkIntoAUsedWorldGoesOnAsTheOriginal(t *testing.T) {
	for _, name := range []string{"raft/kv/standard", "raft/kv/catalogue", "zab/zk/catalogue"} {
		t.Run(name, func(t *testing.T) { forksGoOn(t, Must(name)) })
	}
}

// forksGoOn forks a run of s again and again.
func forksGoOn(t *testing.T, s *Scenario) {
	runner := NewRunner(s)
	runner.chooser.Reset(3)
	schedule := runner.scenario.Plan(runner.chooser, runner.servers, runner.clients)
	runner.draw(runner.chooser)
	runner.system.prepare(runner.forecast(schedule))
	w := sim.NewWorld(runner.config(runner.chooser, schedule, Options{NoChecks: true}))
	into := &sim.World{}
	var twin sim.Seeded
	var digests []sim.Digest
	for at := sim.Time(0); at < sim.Time(55*time.Second); at = at.Add(5 * time.Second) {
		for w.View().Now() < at && w.Step() {
		}
		runner.chooser.CloneInto(&twin)
		digests = append(digests, w.Fork(into, &twin, nil).Run().Digest)
	}
	want := w.Run().Digest
	for i, d := range digests {
		if d != want {
			t.Errorf("the fork at %d s ends with the digest %v, the original with %v", 5*i, d, want)
		}
	}
}
