package raft_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"schism/raft"
	"schism/sim"
	"schism/sim/simtest"
)

// snapshotWorld is a stormy cluster of five that sends snapshots of 28 bytes in chunks, which get lost, come twice and
// come late.
func snapshotWorld(seed uint64, chunk int, rules raft.Rules) sim.Config {
	c := broken(seed, rules, breaker{}, func(c *raft.Config) { c.SnapshotTrailing, c.SnapshotChunk = 0, chunk })
	inner := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		b := inner(id).(*breaker)
		b.every, b.snapshotEvery = 50*time.Millisecond, 10
		return b
	}
	return c
}

// TestSnapshotBugsAreFound breaks the taking of snapshots in one place after the other.
func TestSnapshotBugsAreFound(t *testing.T) {
	tests := []struct {
		name  string
		chunk int
		rules raft.Rules
		want  string
	}{
		{"chunks of two snapshots are mixed", 4, raft.Rules{
			SnapshotSame: func(_, _ raft.SnapshotID) bool { return true },
		}, "panic:"},
		{"chunks are taken in any order", 4, raft.Rules{
			ChunkContinues: func(_, _ int) bool { return true },
		}, "panic:"},
		{"an old snapshot is installed", 28, raft.Rules{
			SnapshotStale: func(_, _ raft.Index) bool { return false },
		}, raft.IndexOrder},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			counts := map[string]int{}
			for seed := range uint64(200) {
				r := sim.Run(snapshotWorld(seed, test.chunk, test.rules))
				if r.Violation == nil {
					continue
				}
				if counts[r.Violation.ID]++; strings.HasPrefix(r.Violation.ID, test.want) {
					t.Logf("seed %d: %s", seed, r.Violation)
					return
				}
			}
			t.Errorf("no run with this bug violates %s; found: %v", test.want, counts)
		})
	}
}

func TestSnapshotsSurviveAStorm(t *testing.T) {
	installed := 0
	for seed := range uint64(40) {
		r := sim.Run(snapshotWorld(seed, 4, raft.Rules{}))
		if r.Violation != nil {
			t.Fatalf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
		}
		installed += len(simtest.Moments(snapshotWorld(seed, 4, raft.Rules{}), 1000, func(s *sim.StepInfo) bool {
			return slices.ContainsFunc(s.Effects, func(f sim.Effect) bool { return f.Name == "snapshot-installed" })
		}))
	}
	if t.Logf("%d snapshots were installed", installed); installed < 40 {
		t.Error("that is too few")
	}
}
