package raft_test

import (
	"encoding/binary"
	"testing"
	"time"

	"schism/raft"
	"schism/sim"
)

// server is the smallest machine around a node: it proposes numbers while it leads, reads now and
// then, and its state is a hash of what it has applied.
type server struct {
	*raft.Node
	every         time.Duration
	snapshotEvery raft.Index
	state         sim.Digest
	count         uint64
	reads         int
}

const proposeTimer sim.TimerID = raft.MaxTimer + 1

func (s *server) Raft() *raft.Node { return s.Node }

func (s *server) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch {
	case s.Handles(&ev):
		s.Node.Step(now, ev, out)
	case ev.Kind == sim.Timeout:
		s.propose(out)
	}
	if ev.Kind == sim.Start && s.every > 0 {
		out.SetTimer(proposeTimer, s.every, s.every)
	}
	s.take(out)
}

func (s *server) propose(out *sim.Effects) {
	out.SetTimer(proposeTimer, s.every, s.every)
	s.count++
	s.Propose(binary.LittleEndian.AppendUint64(nil, s.count), out)
	if s.count%4 == 0 {
		s.ReadIndex(raft.ReadID(s.count), out)
	}
}

func (s *server) take(out *sim.Effects) {
	if snap, ok := s.TakeRestore(); ok {
		s.state = sim.Digest(binary.LittleEndian.Uint64(snap.State))
	}
	for _, e := range s.NextCommitted(1000) {
		s.state = s.state.Mix(uint64(e.Term)).MixBytes(e.Data)
		s.Applied(e.Index)
		if s.snapshotEvery > 0 && e.Index%s.snapshotEvery == 0 {
			s.Snapshot(e.Index, binary.LittleEndian.AppendUint64(nil, uint64(s.state)), out)
		}
	}
	for _, r := range s.TakeReads() {
		if r.OK {
			s.reads++
		}
	}
}

func (s *server) Clone() sim.Cloner {
	c := *s
	c.Node = s.Node.Clone()
	return &c
}

func (s *server) AppendHash(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(s.Node.AppendHash(b), uint64(s.state))
	return binary.LittleEndian.AppendUint64(b, s.count)
}

// action is a fault written as a function.
type action struct {
	name string
	do   func(sim.Faults)
}

func (a action) Apply(f sim.Faults) { a.do(f) }
func (a action) String() string     { return a.name }

func after(d time.Duration, name string, do func(sim.Faults)) sim.Planned {
	return sim.Planned{When: sim.Trigger{After: d}, Do: action{name, do}}
}

// cluster returns the configuration of a world of n such servers.
func cluster(n int, seed uint64, tune func(*raft.Config, *server)) sim.Config {
	var voters []sim.NodeID
	for i := range n {
		voters = append(voters, sim.Server(i+1))
	}
	return sim.Config{
		Servers: n, Chooser: sim.NewSeeded(seed), Limit: sim.Time(20 * time.Second),
		Peers: sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond},
		Disk:  sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond},
		NewServer: func(id sim.NodeID) sim.Machine {
			c := raft.DefaultConfig(id, voters)
			s := &server{every: 20 * time.Millisecond, snapshotEvery: 50}
			if tune != nil {
				tune(&c, s)
			}
			s.Node = raft.New(c)
			return s
		},
	}
}

// split cuts the links between the first k of n servers and the others, or mends them.
func split(f sim.Faults, n, k int, cut bool) {
	for i := 1; i <= k; i++ {
		for j := k + 1; j <= n; j++ {
			for _, l := range [][2]sim.NodeID{{sim.Server(i), sim.Server(j)}, {sim.Server(j), sim.Server(i)}} {
				if cut {
					f.Cut(l[0], l[1])
				} else {
					f.Mend(l[0], l[1])
				}
			}
		}
	}
}

// storm returns faults that cut, crash and mend a cluster of n for 16 s and leave it whole.
func storm(n int, seed uint64) []sim.Planned {
	c := sim.NewSeeded(seed + 1000)
	var all []sim.Planned
	for t := time.Second; t < 16*time.Second; t += time.Second {
		id := sim.Server(1 + c.Index(sim.Key{Decision: sim.DecidePlan}, n))
		k := 1 + c.Index(sim.Key{Decision: sim.DecidePlan, From: 1}, n/2)
		switch c.Index(sim.Key{Decision: sim.DecidePlan, From: 2}, 4) {
		case 0:
			all = append(all, after(t, "split", func(f sim.Faults) { split(f, n, k, true) }),
				after(t+900*time.Millisecond, "heal", func(f sim.Faults) { split(f, n, k, false) }))
		case 1:
			loss := sim.PowerLoss{Drop: 50 * sim.Percent, Tear: 20 * sim.Percent, Garbage: 10 * sim.Percent}
			all = append(all, after(t, "crash", func(f sim.Faults) { f.Crash(id, loss) }),
				after(t+700*time.Millisecond, "restart", func(f sim.Faults) { f.Restart(id) }))
		case 2:
			all = append(all, after(t, "pause", func(f sim.Faults) { f.Pause(id) }),
				after(t+800*time.Millisecond, "resume", func(f sim.Faults) { f.Resume(id) }))
		case 3:
			all = append(all, after(t, "crash the leader", func(f sim.Faults) {
				if l, ok := f.Leader(); ok {
					f.Crash(l, sim.PowerLoss{})
				}
			}), after(t+600*time.Millisecond, "restart all", func(f sim.Faults) {
				for _, s := range f.Servers() {
					f.Restart(s)
				}
			}))
		}
	}
	return all
}

func TestClustersSurviveAStorm(t *testing.T) {
	for seed := range uint64(60) {
		n := []int{3, 4, 5}[seed%3]
		c := cluster(n, seed, nil)
		c.Peers.Loss, c.Peers.Duplicate, c.Peers.DuplicateMax = 2*sim.Percent, sim.Percent, time.Second
		c.Faults = storm(n, seed)
		c.Observers = []sim.Observer{raft.NewGhost()}
		w := sim.NewWorld(c)
		r := w.Run()
		if r.Violation != nil {
			t.Fatalf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
		}
		first := w.View().Machine(sim.Server(1)).(*server)
		if first.CommitIndex() < 200 {
			t.Errorf("seed %d: only %d entries were committed", seed, first.CommitIndex())
		}
	}
}

// TestClustersSurviveFailingDisks lets writes and syncs fail, so that processes exit and start again with what is not
// durable yet, and cuts the power in between.
func TestClustersSurviveFailingDisks(t *testing.T) {
	for seed := range uint64(30) {
		c := cluster(3, seed, func(c *raft.Config, s *server) {
			c.SnapshotTrailing, c.SnapshotChunk = 0, 20
			s.snapshotEvery = 5
		})
		c.Disk.SyncError, c.Disk.WriteError = sim.Percent, sim.Percent/10
		c.Limit = sim.Time(12 * time.Second)
		for at := 200 * time.Millisecond; at < 10*time.Second; at += 200 * time.Millisecond {
			c.Faults = append(c.Faults, after(at, "restart all", func(f sim.Faults) {
				for _, s := range f.Servers() {
					f.Restart(s)
				}
			}))
			if id := sim.Server(1 + int(at/time.Millisecond)/200%3); at%time.Second == 0 {
				c.Faults = append(c.Faults, after(at+20*time.Millisecond, "cut the power", func(f sim.Faults) {
					f.Crash(id, sim.PowerLoss{Drop: 50 * sim.Percent, Tear: 20 * sim.Percent})
				}))
			}
		}
		c.Faults = append(c.Faults, after(10*time.Second, "good disks", func(f sim.Faults) {
			for _, s := range f.Servers() {
				f.SetDisk(s, sim.DiskProfile{SyncMax: time.Millisecond})
				f.Restart(s)
			}
		}))
		c.Observers = []sim.Observer{raft.NewGhost()}
		w := sim.NewWorld(c)
		r := w.Run()
		if r.Violation != nil {
			t.Fatalf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
		}
		for _, id := range w.View().Servers() {
			s, up := w.View().Machine(id).(*server)
			if !up || s.CommitIndex() < 100 {
				t.Errorf("seed %d: %v ends up: %v", seed, id, up)
			}
		}
	}
}
