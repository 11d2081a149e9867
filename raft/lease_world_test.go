package raft_test

import (
	"testing"
	"time"

	"schism/raft"
	"schism/sim"
	"schism/sim/simtest"
)

// leaseReader is a server that asks for a read in every step, and calls read when the lease confirms one. Instead of
// proposing it hands its leadership over to the next server.
type leaseReader struct {
	*server
	read func()
}

func (s *leaseReader) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if ev.Kind == sim.Timeout && ev.Timer == proposeTimer {
		out.SetTimer(proposeTimer, s.every, s.every)
		s.TransferLeader(now, sim.Server(s.ID().Number()%5+1), out)
	} else {
		s.server.Step(now, ev, out)
	}
	if !s.LeaseHeld(now) {
		return
	}
	s.LeaseRead(now, 1, out)
	for _, r := range s.TakeReads() {
		if r.Lease {
			s.read()
		}
	}
}

// leaseBug is a bug of leases: rules, a configuration, or both. If transferEvery is not 0, leaders hand over so often.
type leaseBug struct {
	rules         raft.Rules
	tune          func(*raft.Config)
	transferEvery time.Duration
}

// leaseWorld is a cluster of five whose clocks are off by up to 10 %, and whose leaders are cut off again and again.
// Rounds are frequent, timeouts tight and the network fast, so that a lease that is a little too long is noticed. There
// are no proposals: followers that hear nothing lack nothing, and may be elected.
func leaseWorld(seed uint64, bug leaseBug, read func()) sim.Config {
	c := cluster(5, seed, func(c *raft.Config, s *server) {
		leased(c)
		c.Heartbeat, c.ElectionMax = 10*time.Millisecond, c.ElectionMin+20*time.Millisecond
		c.Rules = &bug.rules
		s.every = bug.transferEvery
		if bug.tune != nil {
			bug.tune(c)
		}
	})
	inner := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine { return &leaseReader{inner(id).(*server), read} }
	c.Clock = func(id sim.NodeID) sim.ClockProfile {
		if (seed+uint64(id))%5 < 2 {
			return sim.ClockProfile{DriftPPM: -100_000}
		}
		return sim.ClockProfile{DriftPPM: 100_000}
	}
	c.Peers.Max, c.Disk.SyncMax = 2*time.Millisecond, 200*time.Microsecond
	c.Limit = sim.Time(17 * time.Second)
	c.Faults = append(simtest.Storm(5, seed+1000), deposals(seed)...)
	c.Observers = []sim.Observer{raft.NewGhost()}
	return c
}

// deposals cuts off whoever leads, for a second of every two. Before that some answers are slow, or one follower hears
// nothing; and two followers are restarted when the leader is cut off.
func deposals(seed uint64) (all []sim.Planned) {
	for d := 1200 * time.Millisecond; d < 16*time.Second; d += 2 * time.Second {
		seed++
		all = append(all, deposal(d, seed)...)
	}
	return all
}

func deposal(d time.Duration, seed uint64) []sim.Planned {
	var leader sim.NodeID
	var others []sim.NodeID
	restart := seed%3 == 0
	prepare := func(f sim.Faults) {
		leader, others = 0, nil
		if leader, _ = f.Leader(); leader == 0 {
			return
		}
		for _, id := range f.Servers() {
			if id != leader {
				others = append(others, id)
			}
		}
		if restart {
			f.Cut(leader, others[0])
			return
		}
		for i, id := range others {
			if (seed>>i)&1 == 0 {
				slow := f.DefaultLink(id, leader)
				slow.Min, slow.Max = slow.Min+150*time.Millisecond, slow.Max+250*time.Millisecond
				f.SetLink(id, leader, slow)
			}
		}
	}
	return []sim.Planned{
		simtest.At(d, "single out the leader", prepare),
		simtest.At(d+400*time.Millisecond, "cut it off", func(f sim.Faults) {
			for i, id := range others {
				f.Cut(leader, id)
				if restart {
					f.Cut(id, leader)
				}
				if restart && i > 1 {
					f.Crash(id, sim.PowerLoss{})
					f.Restart(id)
				}
			}
		}),
		simtest.At(d+1400*time.Millisecond, "mend", func(f sim.Faults) {
			for _, id := range others {
				f.Mend(leader, id)
				f.Mend(id, leader)
				f.SetLink(id, leader, f.DefaultLink(id, leader))
			}
		}),
	}
}

func TestLeasesAreSafeWithinTheDriftBound(t *testing.T) {
	for _, every := range []time.Duration{0, 250 * time.Millisecond} {
		reads := 0
		for seed := range uint64(100) {
			r := sim.Run(leaseWorld(seed, leaseBug{transferEvery: every}, func() { reads++ }))
			if r.Violation != nil {
				t.Fatalf("transfers every %v, seed %d: %v at %v", every, seed, r.Violation, r.Violation.At)
			}
		}
		t.Logf("transfers every %v: %d reads by lease", every, reads)
		if reads < 100*1000 {
			t.Errorf("transfers every %v: only %d reads were confirmed by a lease", every, reads)
		}
	}
}

// TestLeaseBugsAreFound breaks the lease in one place after the other.
func TestLeaseBugsAreFound(t *testing.T) {
	tests := []struct {
		name string
		bug  leaseBug
	}{
		{"the lease begins when the answers arrive", leaseBug{rules: raft.Rules{
			LeaseStart: func(_, answered sim.Time) sim.Time { return answered }}}},
		{"clocks are taken for perfect", leaseBug{rules: raft.Rules{
			LeaseLength: func(length time.Duration, _ int32) time.Duration { return length }}}},
		{"nobody is loyal, and the leader relies on it", leaseBug{
			rules: raft.Rules{LeaseTrusted: func(_, over bool) bool { return !over }},
			tune:  func(c *raft.Config) { c.CheckQuorum = false }}},
		{"loyalty ends with the process", leaseBug{rules: raft.Rules{
			PledgeBinds: func(time.Duration) bool { return false }}}},
		{"the lease outlives a transfer", leaseBug{transferEvery: 250 * time.Millisecond, rules: raft.Rules{
			LeaseTrusted: func(checkQuorum, _ bool) bool { return checkQuorum }}}},
		{"clocks are worse than was promised", leaseBug{tune: func(c *raft.Config) { c.MaxDriftPPM = 1000 }}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			counts := map[string]int{}
			for seed := range uint64(100) {
				r := sim.Run(leaseWorld(seed, test.bug, func() {}))
				if r.Violation == nil {
					continue
				}
				if counts[r.Violation.ID]++; r.Violation.ID == raft.LeaseExclusive {
					t.Logf("seed %d: %s", seed, r.Violation)
					return
				}
			}
			t.Errorf("no run with this bug violates %s; found: %v", raft.LeaseExclusive, counts)
		})
	}
}
