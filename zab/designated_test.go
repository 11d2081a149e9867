package zab_test

import (
	"slices"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
)

// handover watches a run in which the leader is removed.
type handover struct {
	// active is when the new ensemble was in force anywhere. From then on elections counts the steps in which a server
	// of it looks for a leader, and gap is how long nobody may commit, until leader leads.
	active    sim.Time
	elections int
	gap       time.Duration
	leader    sim.NodeID
	epoch     sim.Reign
}

// Observe implements sim.Observer.
func (h *handover) Observe(v sim.View, s *sim.StepInfo) error {
	if s.Node == 0 {
		return nil
	}
	m, ok := v.Machine(s.Node).(*quick)
	if !ok {
		return nil
	}
	if h.active == 0 && m.Ensemble().Version != 0 {
		h.active = s.At
	}
	if h.active == 0 {
		return nil
	}
	if m.State() == zab.Looking && m.ID() != removed {
		h.elections++
	}
	if e, leads := m.Reign(); leads && h.leader == 0 && m.ID() != removed {
		h.leader, h.epoch, h.gap = m.ID(), e, time.Duration(s.At-h.active)
	}
	return nil
}

const removed = sim.NodeID(6)

// removal is a run in which n6 leads five voters and the observer n2, and is removed. Of the others n5 becomes an
// observer.
func removal(seed uint64, rules *zab.Rules) (sim.Config, *handover) {
	c := cluster(6, seed, func(c *zab.Config, _ *server) {
		c.Ensemble, c.Rules = zab.Ensemble{Voters: 0b111101, Observers: 0b000010}, rules
	})
	right := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		return &quick{server: right(id).(*server), ask: []zab.Ensemble{{Voters: 0b001101, Observers: 0b010010}}}
	}
	h := &handover{}
	c.Limit = sim.Time(5 * time.Second)
	c.Observers = []sim.Observer{zab.NewGhost(), h}
	return c, h
}

// reached reports whether the run r reached the mark.
func reached(r *sim.Result, mark string) bool {
	return slices.ContainsFunc(r.Reached, func(m sim.Reached) bool { return m.Mark == mark })
}

// electAlways is the rule that designates nobody.
func electAlways(*zab.Ensemble, zab.Slot, []zab.Index, zab.Index) (zab.Slot, bool) { return 0, false }

// ReconfigTest: the leader is removed, and the reign goes on without an election.
func TestDesignatedLeaderLeadsWithoutAnElection(t *testing.T) {
	const runs = 100
	var with, without time.Duration
	for seed := range uint64(runs) {
		c, h := removal(seed, nil)
		if r := sim.Run(c); r.Violation != nil || h.epoch != 2 || !reached(r, "designated-leader") {
			t.Errorf("seed %d: %v leads epoch %d, %v", seed, h.leader, h.epoch, r.Violation)
		}
		if h.elections > 0 {
			t.Errorf("seed %d: servers look for a leader", seed)
		}
		with += h.gap / runs
		c, h = removal(seed, &zab.Rules{Designates: electAlways})
		if r := sim.Run(c); r.Violation != nil || h.epoch < 2 || h.elections == 0 || reached(r, "designated-leader") {
			t.Errorf("seed %d, nobody designated: %v leads epoch %d, %v", seed, h.leader, h.epoch, r.Violation)
		}
		without += h.gap / runs
	}
	t.Logf("nobody commits for %v, with an election for %v", with, without)
	if 2*with > without {
		t.Errorf("nobody commits for %v, with an election for %v", with, without)
	}
}

func TestDesignatedIsWhoHasMost(t *testing.T) {
	grouped := zab.Ensemble{Voters: 0b01110, Groups: []zab.Group{group(0b00110), {Members: 0b01000}}}
	for _, c := range []struct {
		name  string
		next  zab.Ensemble
		acked []zab.Index
		want  zab.Slot
		any   bool
	}{
		{"the leader stays", zab.Ensemble{Voters: 0b00011}, []zab.Index{7, 9, 9, 9, 9}, 0, true},
		{"the one that has most", zab.Ensemble{Voters: 0b01110}, []zab.Index{9, 7, 9, 8, 9}, 2, true},
		{"of several the one that an election prefers", zab.Ensemble{Voters: 0b01110},
			[]zab.Index{9, 8, 8, 7, 9}, 2, true},
		{"not one without the reconfig", zab.Ensemble{Voters: 0b01110}, []zab.Index{9, 7, 6, 6, 9}, 1, true},
		{"not one that weighs nothing", grouped, []zab.Index{9, 7, 7, 9, 9}, 2, true},
		{"nobody", zab.Ensemble{Voters: 0b01110}, []zab.Index{9, 6, 6, 6, 9}, 0, false},
	} {
		rules := zab.DefaultRules()
		got, any := rules.Designates(&c.next, 0, c.acked, 7)
		if any != c.any || any && got != c.want {
			t.Errorf("%s: %d, %v, want %d, %v", c.name, got, any, c.want, c.any)
		}
	}
}

// Whoever is designated may be gone, and then there is an election after all.
func TestElectionFollowsADesignatedLeaderThatIsGone(t *testing.T) {
	gone, slowest := 0, time.Duration(0)
	for seed := range uint64(40) {
		c, h := removal(seed, nil)
		crash := simtest.Action("crash n4", func(f sim.Faults) { f.Crash(sim.Server(4), sim.PowerLoss{}) })
		c.Faults = []sim.Planned{{When: sim.Trigger{Mark: "reconfig-activated"}, Do: crash}}
		r := sim.Run(c)
		if r.Violation != nil || h.epoch < 2 {
			t.Errorf("seed %d: %v leads epoch %d, %v", seed, h.leader, h.epoch, r.Violation)
		}
		if !reached(r, "designated-leader") {
			gone++
		}
		slowest = max(slowest, h.gap)
	}
	if gone == 0 {
		t.Error("n4 was never the designated one")
	}
	t.Logf("n4 was designated in %d runs, nobody commits for %v at most", gone, slowest)
}

// leastWanted is the rule that designates whoever has least, in the ensemble or not.
func leastWanted(_ *zab.Ensemble, self zab.Slot, acked []zab.Index, _ zab.Index) (zab.Slot, bool) {
	least := (self + 1) % zab.Slot(len(acked))
	for s := range acked {
		if zab.Slot(s) != self && acked[s] < acked[least] {
			least = zab.Slot(s)
		}
	}
	return least, true
}

func TestSafetyDoesNotDependOnWhoIsDesignated(t *testing.T) {
	for seed := range uint64(100) {
		checkAllServe(t, seed, &zab.Rules{Designates: leastWanted})
	}
}
