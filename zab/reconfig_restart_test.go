package zab_test

import (
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
)

// scripted returns a world of five servers that all vote, the leader of which asks for the ensembles in ask, one after
// the other, and that meets the faults.
func scripted(ask []zab.Ensemble, tune func(*zab.Config), faults ...sim.Planned) sim.Config {
	c := cluster(5, 1, func(c *zab.Config, _ *server) {
		if tune != nil {
			tune(c)
		}
	})
	right := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine { return &quick{server: right(id).(*server), ask: ask} }
	c.Observers = []sim.Observer{zab.NewGhost()}
	c.Faults = faults
	c.Limit = sim.Time(8 * time.Second)
	return c
}

// isolateAll calls change, such as [sim.Faults.Cut], for each link between two servers.
func isolateAll(f sim.Faults, change func(from, to sim.NodeID)) {
	simtest.Between(f.Servers(), f.Servers(), change)
}

// restartAll takes the power from every server, with all that is not synced, and starts them again.
func restartAll(f sim.Faults) {
	for _, id := range f.Servers() {
		f.Crash(id, sim.PowerLoss{Drop: sim.Always})
		f.Restart(id)
	}
}

// runScripted runs c and calls check with every server that is up in the end.
func runScripted(t *testing.T, c sim.Config, check func(q *quick)) *sim.Result {
	t.Helper()
	w := sim.NewWorld(c)
	r := w.Run()
	if r.Violation != nil {
		t.Errorf("%v at %v", r.Violation, r.Violation.At)
	}
	for _, id := range w.View().Servers() {
		q, ok := w.View().Machine(id).(*quick)
		if !ok {
			t.Errorf("%v is down", id)
			continue
		}
		check(q)
	}
	return r
}

// A server knows after a restart which ensemble is in force, be the reconfig in its log or compacted away.
func TestRestartFindsTheActiveEnsemble(t *testing.T) {
	next := zab.Ensemble{Voters: 0b11110, Observers: 0b00001, Groups: []zab.Group{group(0b01110), group(0b10000)}}
	for _, at := range []time.Duration{1200 * time.Millisecond, 7 * time.Second} {
		c := scripted([]zab.Ensemble{next}, nil, simtest.At(at, "restart alone", func(f sim.Faults) {
			isolateAll(f, f.Cut)
			restartAll(f)
		}))
		r := runScripted(t, c, func(q *quick) {
			e, log := q.Ensemble(), q.History().Base().Zxid < q.Ensemble().Version
			if e.Voters != next.Voters || e.Observers != next.Observers || len(e.Groups) != 2 || q.Pending() != nil {
				t.Errorf("%v restarts at %v with %+v, pending %+v", q.ID(), at, e, q.Pending())
			}
			if log != (at < 2*time.Second) {
				t.Errorf("%v: at %v the reconfig is in the log: %v", q.ID(), at, log)
			}
		})
		if !reached(r, "reconfig-activated") {
			t.Error("there was no reconfig")
		}
	}
}

// pendingEverywhere are faults that let nobody acknowledge the reconfig, which all have, and restart all servers.
func pendingEverywhere() []sim.Planned {
	proposed := func(after time.Duration, name string, do func(sim.Faults)) sim.Planned {
		return sim.Planned{When: sim.Trigger{Mark: "reconfig-proposed", After: after}, Do: simtest.Action(name, do)}
	}
	return []sim.Planned{
		proposed(0, "the leader hears nobody", func(f sim.Faults) {
			l, _ := f.Leader()
			for _, id := range f.Servers() {
				if id != l {
					f.Cut(id, l)
				}
			}
		}),
		proposed(30*time.Millisecond, "restart alone", func(f sim.Faults) {
			isolateAll(f, f.Cut)
			restartAll(f)
		}),
	}
}

// A server that has logged a reconfig that is not committed needs both quorums after a restart, too.
func TestRestartFindsThePendingEnsemble(t *testing.T) {
	runScripted(t, scripted([]zab.Ensemble{{Voters: 0b00011}}, nil, pendingEverywhere()...), func(q *quick) {
		if p := q.Pending(); p == nil || p.Voters != 0b00011 || q.Ensemble().Version != 0 {
			t.Errorf("%v restarts with %+v, pending %+v", q.ID(), q.Ensemble(), p)
		}
	})
}

// ReconfigRecoveryTest.testNextConfigCompletion: a new leader completes what the old one began.
func TestNewLeaderCompletesAPendingReconfig(t *testing.T) {
	mend := simtest.At(2*time.Second, "mend", func(f sim.Faults) { isolateAll(f, f.Mend) })
	c := scripted([]zab.Ensemble{{Voters: 0b00011}}, nil, append(pendingEverywhere(), mend)...)
	runScripted(t, c, func(q *quick) {
		if e := q.Ensemble(); e.Voters != 0b00011 || e.Version.Epoch() != 1 || q.Pending() != nil || !q.Serving() {
			t.Errorf("%v ends with %+v, pending %+v, serves %v", q.ID(), e, q.Pending(), q.Serving())
		}
	})
}

// n1 is away while it becomes an observer, and for so long that it gets a snapshot. Nothing else tells it: servers that
// look for a leader adopt no ensembles here.
func TestSnapshotsCarryTheEnsemble(t *testing.T) {
	n1 := func(f sim.Faults, change func(from, to sim.NodeID)) {
		simtest.Between(f.Servers()[:1], f.Servers()[1:], change)
	}
	c := scripted([]zab.Ensemble{{Voters: 0b11110, Observers: 0b00001}},
		func(c *zab.Config) { c.Rules = &zab.Rules{Adopts: func(_, _ *zab.Ensemble) bool { return false }} },
		sim.Planned{When: sim.Trigger{Mark: "reconfig-proposed"},
			Do: simtest.Action("isolate n1", func(f sim.Faults) { n1(f, f.Cut) })},
		simtest.At(6*time.Second, "mend", func(f sim.Faults) { n1(f, f.Mend) }))
	r := runScripted(t, c, func(q *quick) {
		if e := q.Ensemble(); e.Voters != 0b11110 || !q.Serving() {
			t.Errorf("%v ends with %+v, serves %v", q.ID(), e, q.Serving())
		}
		if q.ID() == sim.Server(1) && q.State() != zab.Observing {
			t.Errorf("n1 is %v", q.State())
		}
	})
	if !reached(r, "snapshot-installed") || reached(r, "ensemble-adopted") {
		t.Error("it was not the snapshot that told n1")
	}
}

// ReconfigRecoveryTest: n1 is away while n1, n2 and n3 give way to n4 and n5. The other two say so when it comes back.
// It does not find the leader if it does not listen (R5).
func TestServersThatLookAdoptANewerEnsemble(t *testing.T) {
	never := &zab.Rules{Adopts: func(_, _ *zab.Ensemble) bool { return false }}
	for _, test := range []struct {
		name   string
		rules  *zab.Rules
		serves bool
	}{{"it adopts it", nil, true}, {"it does not (R5)", never, false}} {
		c := scripted([]zab.Ensemble{{Voters: 0b11000}},
			func(c *zab.Config) { c.Ensemble, c.Rules = zab.Ensemble{Voters: 0b00111}, test.rules },
			sim.Planned{When: sim.Trigger{Mark: "reconfig-proposed"}, Do: simtest.Action("crash n1",
				func(f sim.Faults) { f.Crash(sim.Server(1), sim.PowerLoss{}) })},
			simtest.At(3*time.Second, "restart n1", func(f sim.Faults) { f.Restart(sim.Server(1)) }))
		r := runScripted(t, c, func(q *quick) {
			if want := q.ID() != sim.Server(1) || test.serves; q.Serving() != want {
				t.Errorf("%s: %v serves %v, %v", test.name, q.ID(), q.Serving(), q.State())
			}
		})
		if reached(r, "ensemble-adopted") != test.serves {
			t.Errorf("%s: a newer ensemble is adopted: %v", test.name, !test.serves)
		}
	}
}
