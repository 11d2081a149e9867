package zab_test

import (
	"fmt"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
)

// group returns a group of servers that weigh 1 each.
func group(s zab.Servers) zab.Group {
	g := zab.Group{Members: s}
	for i := range zab.Slot(zab.MaxServers) {
		if s.Has(i) {
			g.Weights[i] = 1
		}
	}
	return g
}

// ensembles are what the servers of the tests go through, again and again: one grows, one loses whoever leads, one has
// an observer, one has two groups.
func ensembles() []zab.Ensemble {
	return []zab.Ensemble{
		{Voters: 0b00111}, {Voters: 0b11111}, {Voters: 0b11100}, {Voters: 0b11100, Observers: 0b00001},
		{Voters: 0b11111, Groups: []zab.Group{group(0b00111), group(0b11000)}}, {Voters: 0b01011},
	}
}

// reconfigurer is a server that asks for the next ensemble every so often while it leads.
type reconfigurer struct {
	*server
	next    func(r *reconfigurer) zab.Ensemble
	until   sim.Time
	refused [zab.NewConfigNoQuorum + 1]int
	count   int
}

// inTurn is the next of ensembles.
func inTurn(r *reconfigurer) zab.Ensemble {
	all := ensembles()
	return all[(int(r.CommittedIndex())+r.count)%len(all)]
}

const reconfigTimer = proposeTimer + 1

func (r *reconfigurer) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	const every = 300 * time.Millisecond
	if ev.Kind == sim.Timeout && ev.Timer == reconfigTimer {
		if now < r.until {
			out.SetTimer(reconfigTimer, every, every)
		}
		r.count++
		next := r.next(r)
		_, why := r.Reconfig(next, zab.AnyVersion, []byte("reconfig"), out)
		r.refused[why]++
		if why == zab.Accepted {
			_, again := r.Reconfig(next, zab.AnyVersion, nil, out)
			r.refused[again]++
		}
		r.take(out)
		return
	}
	r.server.Step(now, ev, out)
	if ev.Kind == sim.Start {
		out.SetTimer(reconfigTimer, every, every)
	}
}

// reconfiguring returns a world of five servers, three of which vote at first.
func reconfiguring(seed uint64, tune func(*zab.Config)) sim.Config {
	c := cluster(5, seed, func(c *zab.Config, s *server) {
		if c.Ensemble = ensembles()[0]; tune != nil {
			tune(c)
		}
	})
	plain := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		return &reconfigurer{server: plain(id).(*server), next: inTurn, until: c.Limit}
	}
	c.Faults = simtest.Storm(5, seed+1000)
	c.Limit = sim.Time(25 * time.Second)
	c.Observers = []sim.Observer{zab.NewGhost()}
	return c
}

// checkAllCommit runs the world w, and checks that every server has committed a lot in the end, reconfigs among it.
func checkAllCommit(t *testing.T, w *sim.World, name string) (refused [zab.NewConfigNoQuorum + 1]int) {
	t.Helper()
	if r := w.Run(); r.Violation != nil {
		t.Errorf("%s: %v at %v", name, r.Violation, r.Violation.At)
		return
	}
	for _, id := range w.View().Servers() {
		s, ok := w.View().Machine(id).(*reconfigurer)
		if !ok || s.CommittedIndex() < 200 || s.Ensemble().Version == 0 {
			t.Errorf("%s: %v has not committed much: %v", name, id, s)
			continue
		}
		for i, n := range s.refused {
			refused[i] += n
		}
	}
	return refused
}

func TestReconfigurationsSurviveAStorm(t *testing.T) {
	var refused [zab.NewConfigNoQuorum + 1]int
	for seed := range uint64(150) {
		for i, n := range checkAllCommit(t, sim.NewWorld(reconfiguring(seed, nil)), fmt.Sprintf("seed %d", seed)) {
			refused[i] += n
		}
	}
	for _, why := range []zab.Refusal{zab.Accepted, zab.ReconfigInProgress, zab.NewConfigNoQuorum} {
		if refused[why] == 0 {
			t.Errorf("no reconfig was ever %v: %v", why, refused)
		}
	}
	t.Log(refused)
}

func TestReconfigurationsBreakInvariants(t *testing.T) {
	for _, bug := range []struct {
		name  string
		want  string
		rules zab.Rules
	}{
		{"the new ensemble decides alone (R1)", zab.CommitQuorum, zab.Rules{
			InForce: func(active, proposed *zab.Ensemble) (*zab.Ensemble, *zab.Ensemble) {
				if proposed != nil {
					return proposed, nil
				}
				return active, nil
			}}},
		{"the old ensemble decides alone", zab.CommitQuorum, zab.Rules{
			InForce: func(active, _ *zab.Ensemble) (*zab.Ensemble, *zab.Ensemble) { return active, nil }}},
		{"a removed leader goes on (R3)", zab.LeaderInEnsemble, zab.Rules{
			Remains: func(*zab.Ensemble, zab.Slot) bool { return true }}},
		{"a removed leader designates itself and goes on (R3)", zab.LeaderInEnsemble, zab.Rules{
			Remains: func(*zab.Ensemble, zab.Slot) bool { return true },
			Designates: func(_ *zab.Ensemble, self zab.Slot, _ []zab.Index, _ zab.Index) (zab.Slot, bool) {
				return self, true
			}}},
	} {
		t.Run(bug.name, func(t *testing.T) {
			for seed := range uint64(300) {
				w := sim.NewWorld(reconfiguring(seed, func(c *zab.Config) { c.Rules = &bug.rules }))
				if r := w.Run(); r.Violation != nil && r.Violation.ID == bug.want {
					t.Logf("seed %d: %v", seed, r.Violation)
					return
				} else if r.Violation != nil {
					t.Logf("seed %d: another one: %v", seed, r.Violation)
				}
			}
			t.Errorf("no seed shows %s", bug.want)
		})
	}
}

// hasty is a server that does not wait for the commit of a reconfig.
type hasty struct{ *reconfigurer }

func (h hasty) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	h.reconfigurer.Step(now, ev, out)
	zab.Tampering{Peer: h.Peer}.ActivatePending(out)
}

func TestReconfigurationsAreNotActiveBeforeTheyAreCommitted(t *testing.T) {
	c := reconfiguring(0, nil)
	right := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine { return hasty{right(id).(*reconfigurer)} }
	r := sim.NewWorld(c).Run()
	if r.Violation == nil || r.Violation.ID != zab.ActiveCommitted {
		t.Errorf("got %v, want %s", r.Violation, zab.ActiveCommitted)
	}
}

func TestReconfigurationsAreRefused(t *testing.T) {
	active := &zab.Ensemble{Version: 7, Voters: 0b00111}
	next := &zab.Ensemble{Voters: 0b11100}
	for _, c := range []struct {
		want zab.Refusal
		ask  zab.Proposal
	}{
		{zab.Accepted, zab.Proposal{Active: active, Next: next, From: 7, Synced: 0b01100}},
		{zab.Accepted, zab.Proposal{Active: active, Next: next, From: zab.AnyVersion, Synced: 0b01100}},
		{zab.BadVersion, zab.Proposal{Active: active, Next: next, From: 6, Synced: 0b01100}},
		{zab.NewConfigNoQuorum, zab.Proposal{Active: active, Next: next, From: 7, Synced: 0b00111}},
		{zab.NewConfigNoQuorum, zab.Proposal{Active: &zab.Ensemble{Version: 7, Voters: 0b00111, Observers: 0b01000},
			Next: next, From: 7, Synced: 0b01100}},
		{zab.ReconfigInProgress, zab.Proposal{Active: active, Pending: next, Next: next, From: 6, Synced: 0b00111}},
	} {
		rules := zab.DefaultRules()
		if got := rules.Refuses(&c.ask); got != c.want {
			t.Errorf("%+v: got %v, want %v", c.ask, got, c.want)
		}
	}
}
