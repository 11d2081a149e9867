package kvserver_test

import (
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// splitTwoThree cuts n1 and n2 off from the others, or mends that.
func splitTwoThree(f sim.Faults, change func(from, to sim.NodeID)) {
	simtest.Between(f.Servers()[:2], f.Servers()[2:], change)
}

// voters returns the first n servers.
func voters(n int) []sim.NodeID {
	ids := make([]sim.NodeID, n)
	for i := range ids {
		ids[i] = sim.Server(i + 1)
	}
	return ids
}

// world returns the standard workload on five servers in fine weather.
func world(seed uint64, tune func(*kvserver.Config, *kvserver.Workload)) sim.Config {
	chooser := sim.NewSeeded(seed)
	w, servers := kvserver.StandardWorkload(), voters(5)
	var base kvserver.Config
	if tune != nil {
		tune(&base, &w)
	}
	return sim.Config{
		Servers: 5, Clients: 5, Chooser: chooser, Limit: sim.Time(60 * time.Second),
		Peers: sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent},
		Disk:  sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond},
		NewServer: func(id sim.NodeID) sim.Machine {
			c := kvserver.DefaultConfig(id, servers)
			if tune != nil {
				tune(&c, &kvserver.Workload{})
			}
			return kvserver.NewServer(c)
		},
		NewClient: func(id sim.NodeID) sim.Machine {
			return kvserver.NewClient(kvserver.DefaultClientConfig(id, servers, w.Draw(chooser, id)))
		},
	}
}

// stormy is the standard workload with a split, and crashes that lose half of what is not durable.
func stormy(seed uint64, tune func(*kvserver.Config, *kvserver.Workload)) sim.Config {
	c := world(seed, tune)
	c.Faults = []sim.Planned{
		simtest.At(10*time.Second, "split", func(f sim.Faults) { splitTwoThree(f, f.Cut) }),
		simtest.At(20*time.Second, "heal", func(f sim.Faults) { splitTwoThree(f, f.Mend) }),
	}
	for i, d := range []time.Duration{30, 33, 36, 39, 42, 45} {
		n := sim.Server(i%5 + 1)
		c.Faults = append(c.Faults,
			simtest.At(d*time.Second, "crash", func(f sim.Faults) {
				f.Crash(n, sim.PowerLoss{Drop: 50 * sim.Percent})
			}),
			simtest.At(d*time.Second+2*time.Second, "restart", func(f sim.Faults) { f.Restart(n) }))
	}
	return c
}

func TestHistoriesOfStormyRunsAreLinearizable(t *testing.T) {
	for seed := range uint64(20) {
		c := stormy(seed, nil)
		c.Observers = []sim.Observer{raft.NewGhost()}
		r := sim.Run(c)
		if r.Violation != nil {
			t.Fatalf("seed %d: %v", seed, r.Violation)
		}
		acked := 0
		for _, op := range r.History {
			if op.Outcome == sim.OK {
				acked++
			}
		}
		if acked < 100 {
			t.Errorf("seed %d: only %d operations were acknowledged", seed, acked)
		}
		if report := checker.Judge(kvspec.New(), r.History, checker.DefaultBudget); report.Verdict != checker.Valid {
			t.Errorf("seed %d: %v", seed, report)
		}
	}
}

func TestALocalGetOfADeposedLeaderIsStale(t *testing.T) {
	for seed := range uint64(50) {
		c := world(seed, func(c *kvserver.Config, w *kvserver.Workload) { c.LocalReads, w.LocalGets = true, true })
		for d := 5 * time.Second; d < 40*time.Second; d += 5 * time.Second {
			c.Faults = append(c.Faults, simtest.At(d, "isolate the leader", func(f sim.Faults) {
				leader, _ := f.Leader()
				for _, s := range f.Servers() {
					f.Cut(leader, s)
					f.Cut(s, leader)
				}
			}), simtest.At(d+3*time.Second, "heal", func(f sim.Faults) {
				for _, a := range f.Servers() {
					for _, b := range f.Servers() {
						f.Mend(a, b)
					}
				}
			}))
		}
		report := checker.Judge(kvspec.New(), sim.Run(c).History, checker.DefaultBudget)
		if report.Verdict == checker.Invalid {
			return
		}
	}
	t.Error("no run has a stale local get")
}
