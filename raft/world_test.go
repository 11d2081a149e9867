package raft_test

import (
	"encoding/binary"
	"testing"
	"time"

	"schism/raft"
	"schism/sim"
	"schism/sim/simtest"
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
	// applyEvery is how often the server applies what is committed, after every step if 0.
	applyEvery time.Duration
}

const applyTimer sim.TimerID = raft.MaxTimer + 3

const proposeTimer sim.TimerID = raft.MaxTimer + 1

func (s *server) Raft() *raft.Node { return s.Node }

func (s *server) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch {
	case s.Handles(&ev):
		s.Node.Step(now, ev, out)
	case ev.Kind == sim.Timeout && ev.Timer == applyTimer:
		s.apply(out)
	case ev.Kind == sim.Timeout:
		s.propose(out)
	}
	if ev.Kind == sim.Start && s.every > 0 {
		out.SetTimer(proposeTimer, s.every, s.every)
	}
	if ev.Kind == sim.Start && s.applyEvery > 0 {
		out.SetTimer(applyTimer, s.applyEvery, s.applyEvery)
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
	if s.applyEvery == 0 {
		s.apply(out)
	}
	for _, r := range s.TakeReads() {
		if r.OK {
			s.reads++
		}
	}
}

func (s *server) apply(out *sim.Effects) {
	if s.applyEvery > 0 {
		out.SetTimer(applyTimer, s.applyEvery/2, s.applyEvery)
	}
	for _, e := range s.NextCommitted(1000) {
		s.state = s.state.Mix(uint64(e.Term)).MixBytes(e.Data)
		s.Applied(e.Index)
		if s.snapshotEvery > 0 && e.Index%s.snapshotEvery == 0 {
			s.Snapshot(e.Index, binary.LittleEndian.AppendUint64(nil, uint64(s.state)), out)
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

func TestClustersSurviveAStorm(t *testing.T) {
	for seed := range uint64(60) {
		n := []int{3, 4, 5}[seed%3]
		c := cluster(n, seed, nil)
		c.Peers.Loss, c.Peers.Duplicate, c.Peers.DuplicateMax = 2*sim.Percent, sim.Percent, time.Second
		c.Faults = simtest.Storm(n, seed+1000)
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
			c.Faults = append(c.Faults, simtest.At(at, "restart all", func(f sim.Faults) {
				for _, s := range f.Servers() {
					f.Restart(s)
				}
			}))
			if id := sim.Server(1 + int(at/time.Millisecond)/200%3); at%time.Second == 0 {
				c.Faults = append(c.Faults, simtest.At(at+20*time.Millisecond, "cut the power", func(f sim.Faults) {
					f.Crash(id, sim.PowerLoss{Drop: 50 * sim.Percent, Tear: 20 * sim.Percent})
				}))
			}
		}
		c.Faults = append(c.Faults, simtest.At(10*time.Second, "good disks", func(f sim.Faults) {
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
