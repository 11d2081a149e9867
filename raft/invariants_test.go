package raft

import (
	"errors"
	"testing"

	"schism/raft/quorum"
	"schism/sim"
)

// violated returns the ID of what g has found last.
func violated(g *Ghost) string {
	var v *sim.Violation
	if errors.As(g.err, &v) {
		return v.ID
	}
	return ""
}

func TestEntriesOfATermAreConsecutive(t *testing.T) {
	leader := &shadow{id: sim.Server(1), node: &Node{role: Leader, term: 2}}
	g := NewGhost()
	g.created(leader, Position{2, 5}, 1)
	g.created(leader, Position{2, 6}, 2)
	if id := violated(g); id != "" {
		t.Fatalf("consecutive entries violate %s", id)
	}
	g.created(leader, Position{2, 8}, 3)
	if id := violated(g); id != PrefixWithinTerm {
		t.Errorf("a gap violates %q, want %s", id, PrefixWithinTerm)
	}
}

func TestAQuorumHoldsWhatIsCommittedForEver(t *testing.T) {
	g := NewGhost()
	g.configs = append(g.configs, ghostConfig{Membership: majority(0b111)})
	g.committed = append(g.committed, 7)
	g.commits = append(g.commits, commit{Position: Position{1, 1}})
	for i := range 3 {
		s := g.shadow(sim.Server(i + 1))
		s.slot = quorum.Slot(i)
		s.durable.log.put(1, link{term: 1, hash: 7})
	}
	lose := func(n int) {
		s := g.shadow(sim.Server(n))
		s.durable.log.reset()
		g.checkDurability(s)
	}
	lose(1)
	if id := violated(g); id != "" {
		t.Fatalf("one loss of three violates %s", id)
	}
	lose(2)
	if id := violated(g); id != Durability {
		t.Errorf("two losses of three violate %q, want %s", id, Durability)
	}
}

// TestEveryInvariantHasANumberOfItsOwn keeps the list in order.
func TestEveryInvariantHasANumberOfItsOwn(t *testing.T) {
	ids := map[string]bool{}
	last := 0
	for _, i := range Invariants {
		if i.Number <= last || ids[i.ID] {
			t.Errorf("I%d %s is out of order or listed twice", i.Number, i.ID)
		}
		last, ids[i.ID] = i.Number, true
	}
}
