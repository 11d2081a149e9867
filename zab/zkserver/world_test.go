package zkserver_test

import (
	"testing"
	"time"

	"schism/checker"
	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
	"schism/zab/zkserver"
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

// tuning changes what a world is made of.
type tuning struct {
	server   func(*zkserver.Config)
	workload func(*zkserver.Workload)
	client   func(*zkserver.ClientConfig)
}

// world returns a workload on five servers in fine weather.
func world(seed uint64, w zkserver.Workload, clients int, tune tuning) sim.Config {
	chooser := sim.NewSeeded(seed)
	servers := voters(5)
	if tune.workload != nil {
		tune.workload(&w)
	}
	return sim.Config{
		Servers: 5, Clients: clients, Chooser: chooser, Limit: sim.Time(60 * time.Second),
		Peers: sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent},
		Disk:  sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond},
		NewServer: func(id sim.NodeID) sim.Machine {
			c := zkserver.DefaultConfig(id, servers)
			c.SnapshotEvery, c.Zab.SnapshotTrailing = 30, 10
			if tune.server != nil {
				tune.server(&c)
			}
			return zkserver.NewServer(c)
		},
		NewClient: func(id sim.NodeID) sim.Machine {
			c := zkserver.DefaultClientConfig(id, servers, w.Draw(chooser, id))
			if tune.client != nil {
				tune.client(&c)
			}
			return zkserver.NewClient(c)
		},
	}
}

// everything is a workload of all kinds of operations.
func everything() zkserver.Workload {
	return zkserver.Workload{
		Ops: 100, Keys: 3,
		Mix: zkserver.Mix{Get: 3, Exists: 1, Children: 1, Sync: 1, Set: 3, CAS: 2, Create: 3, Ephemeral: 1,
			Sequential: 2, Delete: 1, Multi: 1},
		ThinkMin: 100 * time.Millisecond, ThinkMax: 700 * time.Millisecond,
	}
}

// stormy adds a split, crashes and pauses of one server after the other, and connections that break.
func stormy(c sim.Config) sim.Config {
	c.Faults = append(c.Faults,
		simtest.At(8*time.Second, "split", func(f sim.Faults) { splitTwoThree(f, f.Cut) }),
		simtest.At(16*time.Second, "heal", func(f sim.Faults) { splitTwoThree(f, f.Mend) }))
	for i, d := range []time.Duration{20, 23, 26, 29, 32, 35} {
		n := sim.Server(i%5 + 1)
		c.Faults = append(c.Faults,
			simtest.At(d*time.Second, "crash", func(f sim.Faults) {
				f.Crash(n, sim.PowerLoss{Drop: 50 * sim.Percent})
			}),
			simtest.At(d*time.Second+2*time.Second, "restart", func(f sim.Faults) { f.Restart(n) }))
	}
	for i, d := range []time.Duration{7, 13, 25, 38, 47, 50} {
		client := sim.Client(i%4 + 1)
		c.Faults = append(c.Faults, simtest.At(d*time.Second, "reset", func(f sim.Faults) {
			for _, s := range f.Servers() {
				f.ResetChannels(s, client)
			}
		}))
	}
	for _, d := range []time.Duration{40, 44, 48} {
		var paused sim.NodeID
		c.Faults = append(c.Faults,
			simtest.At(d*time.Second, "pause the leader", func(f sim.Faults) {
				if paused, _ = f.Leader(); paused != 0 {
					f.Pause(paused)
				}
			}),
			simtest.At(d*time.Second+2*time.Second, "resume", func(f sim.Faults) {
				if paused != 0 {
					f.Resume(paused)
				}
			}))
	}
	return c
}

// replica shows a server to the split-brain checks.
type replica struct {
	*zkserver.Server
	peer *zab.Peer
}

func adapt(m sim.Machine) checker.Replica {
	if s, ok := m.(*zkserver.Server); ok {
		return replica{s, s.Zab()}
	}
	return nil
}

func (r replica) FirstPosition() checker.Position {
	return checker.Position(r.peer.History().Base().Index) + 1
}
func (r replica) LastPosition() checker.Position {
	return checker.Position(r.peer.History().LastIndex())
}
func (r replica) CommittedPosition() checker.Position {
	return checker.Position(r.peer.CommittedIndex())
}
func (r replica) AppliedPosition() checker.Position { return checker.Position(r.peer.AppliedIndex()) }
func (r replica) TouchedFrom() checker.Position     { return 0 }
func (r replica) Vote() (sim.Reign, sim.NodeID)     { return sim.Reign(r.peer.CurrentEpoch()), 0 }
func (r replica) StateHash() (checker.Position, sim.Digest) {
	i, d := r.Server.StateHash()
	return checker.Position(i), d
}
func (r replica) EntryAt(p checker.Position) (sim.Reign, sim.Digest, bool) {
	t, ok := r.peer.History().At(zab.Index(p))
	if !ok || p == checker.Position(r.peer.History().Base().Index) {
		return 0, 0, false
	}
	return sim.Reign(t.Zxid.Epoch()), t.Fold(0), true
}

func (r replica) ChangeAt(p checker.Position, _ checker.Membership) (checker.Membership, bool) {
	if t, ok := r.peer.History().At(zab.Index(p)); ok && t.Ensemble != nil {
		return membership{t.Ensemble}, true
	}
	return nil, false
}

// membership is a checker.Membership.
type membership struct{ *zab.Ensemble }

func (m membership) Quorum(have checker.ServerSet) bool { return m.Ensemble.Quorum(zab.Servers(have)) }
func (m membership) Members() checker.ServerSet         { return checker.ServerSet(m.Voters | m.Observers) }
func (m membership) Passing() bool                      { return false }

// watched adds the invariants of the protocol, and a journal of what is committed.
func watched(c sim.Config) (sim.Config, *journal) {
	j := &journal{}
	c.Observers = append(c.Observers, zab.NewGhost(), checker.NewSplitBrain(adapt, nil), j)
	return c, j
}

// run runs c and requires that nothing is violated, and that the history fits what was committed.
func run(t *testing.T, seed uint64, c sim.Config) *sim.Result {
	t.Helper()
	c, j := watched(c)
	r := sim.Run(c)
	if r.Violation != nil {
		t.Fatalf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
	}
	for _, p := range j.judge(r.History) {
		t.Errorf("seed %d: %s", seed, p)
	}
	return r
}

// outcomes counts the operations of a history by outcome.
func outcomes(history []sim.Op) (n [3]int) {
	for i := range history {
		n[history[i].Outcome]++
	}
	return n
}

func TestEverythingIsAnsweredInFineWeather(t *testing.T) {
	for seed := range uint64(10) {
		c := world(seed, everything(), 4, tuning{})
		c.CheckMessages = true
		r := run(t, seed, c)
		if n := outcomes(r.History); n[sim.OK] != 400 {
			t.Errorf("seed %d: of 400 operations %d were answered", seed, n[sim.OK])
		}
		for _, m := range r.Reached {
			if m.Mark == "session-expired" || m.Mark == "session-reopened" {
				t.Errorf("seed %d: %v at %v", seed, m.Mark, m.At)
			}
		}
	}
}

func TestHistoriesOfStormyRunsFitWhatWasCommitted(t *testing.T) {
	reached := map[string]bool{}
	for seed := range uint64(40) {
		r := run(t, seed, stormy(world(seed, everything(), 4, tuning{})))
		if n := outcomes(r.History); n[sim.OK] < 300 {
			t.Errorf("seed %d: only %d operations were answered", seed, n[sim.OK])
		}
		for _, m := range r.Reached {
			reached[m.Mark] = true
		}
	}
	for _, m := range []string{"session-expired", "session-reopened", "snapshot-installed", "history-truncated"} {
		if !reached[m] {
			t.Errorf("no run has reached %s", m)
		}
	}
}

func TestHistoriesOfStormyRunsFitWithQuorumSyncs(t *testing.T) {
	for seed := range uint64(10) {
		run(t, seed, stormy(world(seed, everything(), 4, tuning{
			server: func(c *zkserver.Config) { c.QuorumSync = true },
		})))
	}
}

func TestATreeOfOneServerServes(t *testing.T) {
	c := world(1, everything(), 2, tuning{})
	c.Servers = 1
	c.NewServer = func(id sim.NodeID) sim.Machine { return zkserver.NewServer(zkserver.DefaultConfig(id, voters(1))) }
	r := run(t, 1, c)
	if n := outcomes(r.History); n[sim.OK] != 200 {
		t.Errorf("of 200 operations %d were answered", n[sim.OK])
	}
}
