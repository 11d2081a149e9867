package zkspec_test

import (
	"testing"
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/sim/simtest"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// everything is a workload of all kinds of operations.
func everything() zkserver.Workload {
	return zkserver.Workload{
		Ops: 100, Keys: 3,
		Mix: zkserver.Mix{Get: 3, Exists: 1, Children: 1, Sync: 1, Set: 3, CAS: 2, Create: 3, Ephemeral: 1,
			Sequential: 2, Delete: 1, Multi: 1},
		ThinkMin: 100 * time.Millisecond, ThinkMax: 700 * time.Millisecond,
	}
}

// synced is a workload of writes, and of reads right after a sync.
func synced() zkserver.Workload {
	return zkserver.Workload{
		Ops: 150, Keys: 2, Mix: zkserver.Mix{Get: 2, Set: 2, Create: 1}, SyncedGets: true,
		ThinkMax: 120 * time.Millisecond,
	}
}

// world returns a workload of four clients on five servers in fine weather.
func world(seed uint64, w zkserver.Workload, tune func(*zkserver.Config)) sim.Config {
	chooser := sim.NewSeeded(seed)
	servers := []sim.NodeID{sim.Server(1), sim.Server(2), sim.Server(3), sim.Server(4), sim.Server(5)}
	return sim.Config{
		Servers: 5, Clients: 4, Chooser: chooser, Limit: sim.Time(60 * time.Second),
		Peers: sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent},
		Disk:  sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond},
		NewServer: func(id sim.NodeID) sim.Machine {
			c := zkserver.DefaultConfig(id, servers)
			c.SnapshotEvery, c.Zab.SnapshotTrailing = 30, 10
			if tune != nil {
				tune(&c)
			}
			return zkserver.NewServer(c)
		},
		NewClient: func(id sim.NodeID) sim.Machine {
			return zkserver.NewClient(zkserver.DefaultClientConfig(id, servers, w.Draw(chooser, id)))
		},
	}
}

// stormy adds a split, crashes of one server after the other, connections that break, and pauses of the leader.
func stormy(c sim.Config) sim.Config {
	add := func(d time.Duration, name string, do func(sim.Faults)) {
		c.Faults = append(c.Faults, simtest.At(d, name, do))
	}
	add(8*time.Second, "split", func(f sim.Faults) { simtest.Between(f.Servers()[:2], f.Servers()[2:], f.Cut) })
	add(16*time.Second, "heal", func(f sim.Faults) { simtest.Between(f.Servers()[:2], f.Servers()[2:], f.Mend) })
	for i, d := range []time.Duration{20, 23, 26, 29, 32, 35} {
		n := sim.Server(i%5 + 1)
		add(d*time.Second, "crash", func(f sim.Faults) { f.Crash(n, sim.PowerLoss{Drop: 50 * sim.Percent}) })
		add(d*time.Second+2*time.Second, "restart", func(f sim.Faults) { f.Restart(n) })
	}
	for i, d := range []time.Duration{7, 13, 25, 38, 47, 50} {
		add(d*time.Second, "reset", func(f sim.Faults) {
			for _, s := range f.Servers() {
				f.ResetChannels(s, sim.Client(i%4+1))
			}
		})
	}
	for _, d := range []time.Duration{40, 44, 48} {
		var paused sim.NodeID
		add(d*time.Second, "pause the leader", func(f sim.Faults) {
			if paused, _ = f.Leader(); paused != 0 {
				f.Pause(paused)
			}
		})
		add(d*time.Second+2*time.Second, "resume", func(f sim.Faults) {
			if paused != 0 {
				f.Resume(paused)
			}
		})
	}
	return c
}

// hurricane returns a run of 90 s with many more operations, and one fault after the other for 50 s.
func hurricane(seed uint64, rules *zkserver.Rules) sim.Config {
	w := everything()
	w.Ops, w.ThinkMin, w.ThinkMax = 200, 0, 300*time.Millisecond
	c := world(seed, w, func(c *zkserver.Config) {
		c.SnapshotEvery, c.QuorumSync, c.ContainerEvery = 10+int(seed%40), seed%2 == 0, time.Second
		c.SnapshotStep, c.Rules = int(seed%4), rules
	})
	c.Peers.Loss, c.Limit = 2*sim.Percent, sim.Time(90*time.Second)
	c.TaskMax = []time.Duration{0, 5 * time.Millisecond, 100 * time.Millisecond}[seed%3]
	draw := sim.NewSeeded(seed + 1000)
	index := func(n int) int { return draw.Index(sim.Key{Decision: sim.DecidePlan}, n) }
	for d := time.Second; d < 50*time.Second; d += 700 * time.Millisecond {
		a := []sim.NodeID{sim.Server(1 + index(5))}
		client := []sim.NodeID{sim.Client(1 + index(4))}
		end := d + time.Duration(100+index(1900))*time.Millisecond
		from, to := func(sim.Faults) {}, func(sim.Faults) {}
		switch index(5) {
		case 0:
			from = func(f sim.Faults) { f.Crash(a[0], sim.PowerLoss{Drop: 50 * sim.Percent}) }
			to = func(f sim.Faults) { f.Restart(a[0]) }
		case 1:
			from, to = func(f sim.Faults) { f.Pause(a[0]) }, func(f sim.Faults) { f.Resume(a[0]) }
		case 2:
			from = func(f sim.Faults) { simtest.Between(client, f.Servers(), f.Cut) }
			to = func(f sim.Faults) { simtest.Between(client, f.Servers(), f.Mend) }
		case 3:
			from = func(f sim.Faults) { simtest.Between(a, f.Servers(), f.Cut) }
			to = func(f sim.Faults) { simtest.Between(a, f.Servers(), f.Mend) }
		case 4:
			from = func(f sim.Faults) { f.ResetChannels(a[0], client[0]) }
		}
		c.Faults = append(c.Faults, simtest.At(d, "fault", from), simtest.At(end, "end", to))
	}
	c.Faults = append(c.Faults, simtest.At(53*time.Second, "repair", func(f sim.Faults) {
		for _, s := range f.Servers() {
			f.Restart(s)
			f.Resume(s)
		}
		simtest.Between(f.Servers(), f.Servers(), f.Mend)
		simtest.Between(f.Clients(), f.Servers(), f.Mend)
	}))
	return c
}

// lagging returns a run in which one server after the other is slow to apply, and clients lose theirs.
func lagging(seed uint64, rules *zkserver.Rules) sim.Config {
	w := everything()
	w.ThinkMin, w.ThinkMax = 0, 50*time.Millisecond
	c := world(seed, w, func(c *zkserver.Config) { c.Rules = rules })
	for i := range 20 {
		d, s := time.Second+time.Duration(i)*500*time.Millisecond, sim.Server(i%5+1)
		c.Faults = append(c.Faults,
			simtest.At(d, "slow", func(f sim.Faults) { f.SetTaskDelay(s, 300*time.Millisecond, 300*time.Millisecond) }),
			simtest.At(d+200*time.Millisecond, "reset", func(f sim.Faults) {
				for _, c := range f.Clients() {
					f.ResetChannels(sim.Server((i+4)%5+1), c)
				}
			}),
			simtest.At(d+450*time.Millisecond, "fast", func(f sim.Faults) { f.SetTaskDelay(s, 0, 0) }))
	}
	return c
}

// run returns the history of c.
func run(t *testing.T, c sim.Config) []sim.Op {
	t.Helper()
	r := sim.Run(c)
	if r.Violation != nil {
		t.Fatalf("%v at %v", r.Violation, r.Violation.At)
	}
	return r.History
}

// expectValid requires that every report is valid.
func expectValid(t *testing.T, seed uint64, history []sim.Op) {
	t.Helper()
	for _, r := range zkspec.Judge(history, checker.DefaultBudget) {
		if r.Verdict != checker.Valid {
			t.Errorf("seed %d: %v", seed, r)
		}
	}
}

func TestStormyRunsAreRight(t *testing.T) {
	for seed := range uint64(20) {
		expectValid(t, seed, run(t, stormy(world(seed, everything(), nil))))
	}
}

func TestHurricanesAreRight(t *testing.T) {
	for seed := range uint64(20) {
		expectValid(t, seed, run(t, hurricane(seed, nil)))
	}
}

// M8: any server serves any client, however far the client is.
func TestAServerThatIsBehindBreaksTheSessionOrder(t *testing.T) {
	wrong := &zkserver.Rules{Serves: func(zkapi.Zxid, zkapi.Zxid) bool { return true }}
	found := map[string]int{}
	expectValid(t, 0, run(t, lagging(0, nil)))
	for seed := range uint64(20) {
		for _, r := range zkspec.Judge(run(t, lagging(seed, wrong)), checker.DefaultBudget) {
			if r.Verdict == checker.Invalid {
				found[r.Check]++
			}
		}
	}
	if found[zkspec.SessionOrder] == 0 || found[zkspec.ZxidOrder]+found[zkspec.LinearizableWrites] > 0 {
		t.Errorf("found %v", found)
	}
}

// B7: servers answer syncs themselves.
func TestASyncThatAsksNobodyIsFound(t *testing.T) {
	strict := func(tune func(*zkserver.Config)) (found int) {
		for seed := range uint64(10) {
			history := run(t, world(seed, synced(), tune))
			expectValid(t, seed, history)
			if zkspec.JudgeStrictSync(history).Verdict == checker.Invalid {
				found++
			}
		}
		return found
	}
	if n := strict(func(c *zkserver.Config) { c.QuorumSync = true }); n > 0 {
		t.Errorf("%d runs have a stale read after a sync through the quorum", n)
	}
	wrong := &zkserver.Rules{AsksLeader: func() bool { return false }}
	if n := strict(func(c *zkserver.Config) { c.Rules = wrong }); n == 0 {
		t.Error("no run has a stale read although servers answer syncs themselves")
	}
}

func TestASyncThroughTheQuorumIsStrictInStorms(t *testing.T) {
	for seed := range uint64(10) {
		history := run(t, stormy(world(seed, synced(), func(c *zkserver.Config) { c.QuorumSync = true })))
		if r := zkspec.JudgeStrictSync(history); r.Verdict != checker.Valid {
			t.Errorf("seed %d: %v", seed, r)
		}
	}
}
