package scenarios

import (
	"slices"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/sim"
)

// blindKV is a system into whose servers nobody looks: what clients have seen has to tell.
type blindKV struct{ *raftKV }

// observers implements system.
func (b blindKV) observers() []sim.Observer { return []sim.Observer{&b.tale} }

// settled implements system.
func (b blindKV) settled(v sim.View) bool {
	return v.Now() >= b.healed.Add(b.bounds.Leader) && allDone(v)
}

// judge implements system. What raftKV judges first is whether the system is live again, for which it looks at servers.
func (b blindKV) judge(v sim.View, r *sim.Result) []judgement { return b.raftKV.judge(v, r)[1:] }

// blindlyKV returns the scenario of the bug as a blind one.
func blindlyKV(m *raftMutant) *Scenario {
	s := m.mutated()
	seeing := s.system
	s.system = func(x *Scenario) system { return blindKV{seeing(x).(*raftKV)} }
	return s
}

// TestClientsOfTheStoreAloneSeeBugs finds bugs of Raft by what clients were told.
func TestClientsOfTheStoreAloneSeeBugs(t *testing.T) {
	all := slices.Concat(raftMutants, protocolMutants)
	for _, found := range []struct {
		id, scenario string
		seed         uint64
		by           string
	}{
		{"E06", "etcd/far-behind", 3, kvspec.FreshReads},
		{"E11", "etcd/far-behind", 14, kvspec.RevisionOrder},
		{"E18", "etcd/partial-partition", 1, fewReigns},
		{"R01", "etcd/move-leader", 23, kvspec.RevisionOrder},
		{"X03", "etcd/late-messages", 1, kvspec.RevisionOrder},
		{"P01", "etcd/disk-full", 27, kvspec.RevisionOrder},
		{"P04", "etcd/figure-8", 10, kvspec.RevisionOrder},
		{"D01", "etcd/figure-8", 1, kvspec.FreshReads},
		{"D02", "etcd/linearizable-reads", 1, kvspec.FreshReads},
		{"D04", "etcd/bank", 1, kvspec.FreshReads},
		{"D05", "etcd/lease-reads", 15, kvspec.FreshReads},
	} {
		t.Run(found.id, func(t *testing.T) {
			bug := all[slices.IndexFunc(all, func(m raftMutant) bool { return m.id == found.id })]
			bug.scenario = found.scenario
			r := NewRunner(blindlyKV(&bug)).Run(found.seed, Options{})
			if r.Verdict != checker.Invalid || r.Violations[0].ID != found.by {
				t.Errorf("%s seed %d: %s %v, want %s", found.scenario, found.seed, r.Verdict, r.Violations, found.by)
			}
			bug.plant = func(*raftSetup) {}
			if r := NewRunner(blindlyKV(&bug)).Run(found.seed, Options{}); r.Verdict != checker.Valid {
				t.Errorf("without the bug: %s %v", r.Verdict, r.Violations)
			}
		})
	}
}
