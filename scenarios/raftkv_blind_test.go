package scenarios

import (
	"slices"
	"testing"

	"schism/checker/kvspec"
	"schism/sim"
)

func (k *raftKV) ledAt() sim.Time { return k.healed.Add(k.bounds.Leader) }

// judgeHistory implements seeing. What is judged first is whether the system is live again, for which it takes servers.
func (k *raftKV) judgeHistory(v sim.View, r *sim.Result) []judgement { return k.judge(v, r)[1:] }

// TestClientsOfTheStoreAloneSeeBugs finds bugs of Raft by what clients were told.
func TestClientsOfTheStoreAloneSeeBugs(t *testing.T) {
	findAllBlindly(t, slices.Concat(raftMutants, protocolMutants), []seen{
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
	})
}
