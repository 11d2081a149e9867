package raft_test

import (
	"encoding/binary"
	"fmt"
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

func TestCalmClusterElectsOneLeaderAndAgrees(t *testing.T) {
	w := sim.NewWorld(cluster(5, 1, nil))
	r := w.Run()
	if r.Violation != nil {
		t.Fatal(r.Violation)
	}
	fmt.Println(r.Events, r.Delivered, r.Reached)
	for _, id := range w.View().Servers() {
		s := w.View().Machine(id).(*server)
		fmt.Println(id, s.Role(), s.Term(), s.CommitIndex(), s.LastIndex(), s.state, s.reads, s.Log().Base())
	}
}
