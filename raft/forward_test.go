package raft_test

import (
	"testing"

	"schism/raft"
	"schism/sim"
	"schism/sim/simtest"
)

func forwarding(c *raft.Config) { c.ForwardProposals = true }

// A follower passes a proposal on, and nobody tells it where the entry is.
func TestFollowerPassesProposalsOn(t *testing.T) {
	s := newSolo(t, 3, forwarding)
	s.fill(1, 2)
	if i, ok := s.tryPropose("x"); !ok || i != 0 {
		t.Errorf("a proposal is taken: %v, as entry %d", ok, i)
	}
	s.wantSent("n2 Propose t2 1 bytes")
	s.wantTerms(1, 2)
}

func TestProposalsAreNotPassedOn(t *testing.T) {
	refused := func(why string, s *solo) {
		t.Helper()
		if _, ok := s.tryPropose("x"); ok {
			t.Errorf("%s takes a proposal", why)
		}
		s.wantSent()
	}
	s := newSolo(t, 3, nil)
	s.fill(1, 2)
	refused("a follower that may not pass it on", s)
	s = newSolo(t, 3, forwarding)
	refused("a follower that knows no leader", s)
	s.fill(1, 2)
	s.campaign()
	s.take()
	refused("a node that campaigns", s)
	s = leading(t, func(c *raft.Config) { c.ForwardProposals, c.MaxUncommitted = true, 1 })
	s.propose("x")
	s.take()
	refused("a leader that has enough to do", s)
}

func TestLeaderProposesWhatItIsSent(t *testing.T) {
	s := leading(t, nil)
	s.receive(2, &raft.Propose{Term: 1, Data: []byte("x")})
	s.wantTerms(1, 1)
	if e, _ := s.Log().Entry(2); string(e.Data) != "x" || e.Type != raft.EntryNormal {
		t.Errorf("the entry is %+v", e)
	}
	s.receive(2, &raft.Propose{Data: []byte("old")})
	s.handOver(3)
	s.receive(2, &raft.Propose{Term: 1, Data: []byte("during a transfer")})
	s.wantTerms(1, 1)
	s.receive(3, &raft.Propose{Term: 2, Data: []byte("of a later reign")})
	s.want(raft.Follower, 2, 0)
	s.take()
	s.receive(3, &raft.Propose{Term: 2, Data: []byte("to a follower")})
	s.wantTerms(1, 1)
	s.wantSent()
}

// TestEverybodyMayPropose lets all three servers of a cluster propose, through faults, and sees that more is committed
// than the leaders propose themselves.
func TestEverybodyMayPropose(t *testing.T) {
	committed := func(seed uint64, on bool) raft.Index {
		c := cluster(3, seed, func(c *raft.Config, _ *server) { c.ForwardProposals = on })
		c.Faults = simtest.Storm(3, seed+1000)
		c.Observers = []sim.Observer{raft.NewGhost()}
		w := sim.NewWorld(c)
		if r := w.Run(); r.Violation != nil {
			t.Fatalf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
		}
		return w.View().Machine(sim.Server(1)).(*server).CommitIndex()
	}
	for seed := range uint64(5) {
		if off, on := committed(seed, false), committed(seed, true); on < 2*off {
			t.Errorf("seed %d: %d entries are committed, and %d if followers pass proposals on", seed, off, on)
		}
	}
}
