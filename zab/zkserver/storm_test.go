package zkserver_test

import (
	"testing"
	"time"

	"schism/checker/zkspec"
	"schism/sim"
	"schism/sim/simtest"
	"schism/zab/zkserver"
)

// weather draws faults.
type weather struct{ sim.Chooser }

// index draws one of n.
func (w weather) index(n int) int { return w.Index(sim.Key{Decision: sim.DecidePlan}, n) }

// draw returns a fault that begins at d, and its end.
func (w weather) draw(d time.Duration) []sim.Planned {
	a, b, c := sim.Server(1+w.index(5)), sim.Server(1+w.index(5)), 1+w.index(4)
	long := time.Duration(100+w.index(1900)) * time.Millisecond
	faults := [...]struct {
		name     string
		from, to func(sim.Faults)
	}{
		{"split", func(f sim.Faults) { splitTwoThree(f, f.Cut) }, func(f sim.Faults) { splitTwoThree(f, f.Mend) }},
		{"crash", func(f sim.Faults) { f.Crash(a, sim.PowerLoss{Drop: 50 * sim.Percent, Tear: 20 * sim.Percent}) },
			func(f sim.Faults) { f.Restart(a) }},
		{"pause", func(f sim.Faults) { f.Pause(a) }, func(f sim.Faults) { f.Resume(a) }},
		{"reset", func(f sim.Faults) { f.ResetChannels(a, b) },
			func(f sim.Faults) { f.ResetChannels(a, sim.Client(c)) }},
		{"cut a client off", func(f sim.Faults) { everywhere(f, c, f.Cut) },
			func(f sim.Faults) { everywhere(f, c, f.Mend) }},
		{"cut a server off", func(f sim.Faults) { cutOff(f, a, f.Cut) }, func(f sim.Faults) { cutOff(f, a, f.Mend) }},
		{"clog", func(f sim.Faults) { f.Clog(a, b, long) }, func(sim.Faults) {}},
		{"half cut", func(f sim.Faults) { f.Cut(a, b) }, func(f sim.Faults) { f.Mend(a, b) }},
		{"half cut a client", func(f sim.Faults) { f.Cut(a, sim.Client(c)) },
			func(f sim.Faults) { f.Mend(a, sim.Client(c)) }},
	}
	f := faults[w.index(len(faults))]
	return []sim.Planned{simtest.At(d, f.name, f.from), simtest.At(d+long, "end", f.to)}
}

// repair ends all faults.
func repair(f sim.Faults) {
	for _, s := range f.Servers() {
		f.Restart(s)
		f.Resume(s)
		cutOff(f, s, f.Mend)
	}
	for i := range f.Clients() {
		everywhere(f, i+1, f.Mend)
	}
}

// hurricane returns a run of 90 s with one fault after the other for 50 s, and with bounds that are easily met.
func hurricane(seed uint64) sim.Config {
	c := world(seed, everything(), 4, tuning{
		server: func(c *zkserver.Config) {
			c.Zab.MaxOutstanding, c.SnapshotEvery = 1+int(seed%5), 10+int(seed%40)
			c.QuorumSync, c.ContainerEvery = seed%2 == 0, time.Second
			c.SnapshotStep = int(seed % 4)
		},
		workload: func(w *zkserver.Workload) {
			w.Ops, w.Watches, w.ThinkMin, w.ThinkMax = 200, true, 0, 300*time.Millisecond
		},
	})
	c.Peers.Loss = 2 * sim.Percent
	c.TaskMax = []time.Duration{0, 5 * time.Millisecond, 100 * time.Millisecond}[seed%3]
	c.Limit = sim.Time(90 * time.Second)
	w := weather{sim.NewSeeded(seed + 1000)}
	for d := time.Second; d < 50*time.Second; d += 700 * time.Millisecond {
		c.Faults = append(c.Faults, w.draw(d)...)
	}
	c.Faults = append(c.Faults, simtest.At(53*time.Second, "repair", repair))
	return c
}

func TestHistoriesOfHurricanesFitWhatWasCommitted(t *testing.T) {
	reached := map[string]bool{}
	for seed := range uint64(15) {
		c, j := watched(hurricane(seed))
		c.Observers = append(c.Observers, zkspec.NewEvents())
		w := sim.NewWorld(c)
		r := w.Run()
		if r.Violation != nil {
			t.Fatalf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
		}
		for _, p := range j.judge(r.History) {
			t.Errorf("seed %d: %s", seed, p)
		}
		checkCalm(t, seed, w.View())
		for _, m := range r.Reached {
			reached[m.Mark] = true
		}
	}
	for _, m := range []string{"client-ahead", "client-lost-session", "session-expired", "session-reopened"} {
		if !reached[m] {
			t.Errorf("no run has reached %s", m)
		}
	}
}

// checkCalm requires that after the repair every client has got somewhere and is served, and that all servers agree.
func checkCalm(t *testing.T, seed uint64, v sim.View) {
	t.Helper()
	for _, id := range v.Clients() {
		c := v.Machine(id).(*zkserver.Client)
		if ended, all := c.Progress(); !c.Done() || c.Server() == 0 {
			t.Errorf("seed %d: %s has ended %d operations of %d, and is served by %s", seed, id, ended, all, c.Server())
		}
	}
	applied, hash := v.Machine(sim.Server(1)).(*zkserver.Server).StateHash()
	for _, id := range v.Servers()[1:] {
		if i, h := v.Machine(id).(*zkserver.Server).StateHash(); i != applied || h != hash {
			t.Errorf("seed %d: n1 has applied %d and %s %d, or their trees differ", seed, applied, id, i)
		}
	}
}
