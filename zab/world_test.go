package zab_test

import (
	"encoding/binary"
	"testing"
	"time"

	"schism/checker"
	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
)

// server is the smallest machine around a peer: it proposes numbers while it leads, and its state is a hash of what it
// has applied.
type server struct {
	*zab.Peer
	every         time.Duration
	snapshotEvery zab.Index
	state         sim.Digest
	applied       zab.Index
	count         uint64
	// chatty servers say something to their leader, too, every time that they could propose.
	chatty bool
}

const proposeTimer sim.TimerID = zab.MaxTimer + 1

func (s *server) Zab() *zab.Peer { return s.Peer }

func (s *server) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch {
	case s.Handles(&ev):
		s.Peer.Step(now, ev, out)
	case ev.Kind == sim.Timeout:
		out.SetTimer(proposeTimer, s.every, s.every)
		s.count++
		s.Propose(binary.LittleEndian.AppendUint64(nil, s.count), out)
		if s.chatty && s.Serving() {
			s.Forward(s.Leader(), &zab.Commit{Zxid: zab.Zxid(s.count)}, out)
		}
	}
	if ev.Kind == sim.Start && s.every > 0 {
		out.SetTimer(proposeTimer, s.every, s.every)
	}
	s.take(out)
}

func (s *server) take(out *sim.Effects) {
	if snap, ok := s.TakeRestore(); ok {
		s.state, s.applied = sim.Digest(binary.LittleEndian.Uint64(snap.State)), snap.Position.Index
	}
	s.count += uint64(len(s.TakeForwarded()))
	for _, t := range s.NextCommitted(1000) {
		s.state = t.Fold(s.state)
		s.applied++
		s.Applied(s.applied)
		if s.snapshotEvery > 0 && s.applied%s.snapshotEvery == 0 {
			s.Snapshot(s.applied, binary.LittleEndian.AppendUint64(nil, uint64(s.state)), out)
		}
	}
}

func (s *server) Clone() sim.Cloner {
	c := *s
	c.Peer = s.Peer.Clone()
	return &c
}

func (s *server) AppendHash(b []byte) []byte {
	b = s.Peer.AppendHash(b)
	for _, x := range [...]uint64{uint64(s.state), uint64(s.applied), s.count} {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

// cluster returns the configuration of a world of n such servers.
func cluster(n int, seed uint64, tune func(*zab.Config, *server)) sim.Config {
	var voters []sim.NodeID
	for i := range n {
		voters = append(voters, sim.Server(i+1))
	}
	return sim.Config{
		Servers: n, Chooser: sim.NewSeeded(seed), Limit: sim.Time(20 * time.Second),
		Peers: sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond},
		Disk:  sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond},
		NewServer: func(id sim.NodeID) sim.Machine {
			c := zab.DefaultConfig(id, voters)
			c.SnapshotTrailing = 10
			s := &server{every: 20 * time.Millisecond, snapshotEvery: 50}
			if tune != nil {
				tune(&c, s)
			}
			s.Peer = zab.New(c)
			return s
		},
	}
}

// replica shows a server to the split-brain checks.
type replica struct{ *server }

func adapt(m sim.Machine) checker.Replica {
	if s, ok := m.(*server); ok {
		return replica{s}
	}
	return nil
}

func (r replica) FirstPosition() checker.Position {
	return checker.Position(r.History().Base().Index) + 1
}
func (r replica) LastPosition() checker.Position      { return checker.Position(r.History().LastIndex()) }
func (r replica) CommittedPosition() checker.Position { return checker.Position(r.CommittedIndex()) }
func (r replica) AppliedPosition() checker.Position   { return checker.Position(r.AppliedIndex()) }
func (r replica) TouchedFrom() checker.Position       { return 0 }
func (r replica) Vote() (sim.Reign, sim.NodeID)       { return sim.Reign(r.CurrentEpoch()), 0 }
func (r replica) StateHash() (checker.Position, sim.Digest) {
	return checker.Position(r.applied), r.state
}
func (r replica) EntryAt(p checker.Position) (sim.Reign, sim.Digest, bool) {
	t, ok := r.History().At(zab.Index(p))
	if !ok || p == checker.Position(r.History().Base().Index) {
		return 0, 0, false
	}
	return sim.Reign(t.Zxid.Epoch()), t.Fold(0), true
}

func TestClustersSurviveAStorm(t *testing.T) {
	for seed := range uint64(200) {
		n := []int{3, 4, 5}[seed%3]
		c := cluster(n, seed, nil)
		c.Peers.Loss = 2 * sim.Percent
		c.Faults = simtest.Storm(n, seed+1000)
		c.Limit = sim.Time(25 * time.Second)
		c.Observers = []sim.Observer{zab.NewGhost(), checker.NewSplitBrain(adapt, nil)}
		w := sim.NewWorld(c)
		r := w.Run()
		if r.Violation != nil {
			t.Errorf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
			continue
		}
		for _, id := range w.View().Servers() {
			s, ok := w.View().Machine(id).(*server)
			if !ok || s.CommittedIndex() < 200 {
				t.Errorf("seed %d: %s only committed %v", seed, id, s)
			}
		}
	}
}
