package zab

import (
	"testing"

	"schism/sim"
)

// A reconfig from {n1 n2 n3} to {n3 n4 n5} is outstanding, and a transaction after it.
func TestOutstandingTransactionsNeedTheNewQuorumOnly(t *testing.T) {
	for _, test := range []struct {
		name   string
		leader int
		acked  [5]Index
		want   Index
	}{
		{"both have nothing", 3, [5]Index{0, 0, 2, 0, 0}, 0},
		{"the old one lacks the reconfig", 3, [5]Index{0, 0, 2, 2, 2}, 0},
		{"the new one lacks the reconfig", 3, [5]Index{2, 2, 2, 0, 0}, 0},
		{"the new one lacks the transaction", 3, [5]Index{2, 2, 2, 1, 1}, 1},
		{"the old one lacks the transaction", 3, [5]Index{1, 0, 2, 2, 0}, 2},
		{"both have both", 3, [5]Index{2, 2, 2, 2, 2}, 2},
		{"both have both, but the leader is removed", 1, [5]Index{2, 2, 2, 2, 2}, 1},
	} {
		p, out := looker(test.leader, nil), &sim.Effects{}
		p.startLeading(out)
		p.phase, p.lead.epoch = Broadcast, 1
		for _, e := range []*Ensemble{{Voters: 0b11100}, nil} {
			if _, ok := p.proposeTxn(nil, e, out); !ok {
				t.Fatal("it does not propose")
			}
		}
		copy(p.lead.acked, test.acked[:])
		if p.tryCommit(out); p.committed != test.want {
			t.Errorf("%s: %d are committed, want %d", test.name, p.committed, test.want)
		}
	}
}
