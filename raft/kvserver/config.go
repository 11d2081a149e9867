package kvserver

import (
	"time"

	"schism/raft"
	"schism/raft/mvcc"
	"schism/sim"
)

// Config describes a server. All servers of a store have the same, but for Raft.ID.
type Config struct {
	// Raft is the configuration of the consensus underneath.
	Raft raft.Config
	// SnapshotEvery is the number of applied entries after which the state is saved and the log cut; 0 is never.
	SnapshotEvery int
	// ApplyBatch is the number of entries that one task applies; at least 1.
	ApplyBatch int
	// MaxSessions is the number of sessions that are remembered; at least 1. When one more is opened the one that has
	// not been used for longest expires.
	MaxSessions int
	// LeaseReads answers linearizable reads by the lease of the leader, where Raft.Lease gives it one, instead of a
	// round of messages.
	LeaseReads bool
	// LeaseEvery is how often the leader asks again for the end of a lease whose time is over; positive.
	LeaseEvery time.Duration
	// Rules are the server's decisions, Store those of its store; nil, or a nil field, is the right one.
	Rules *Rules
	Store *mvcc.Rules
}

// DefaultConfig returns the configuration of the server id among voters: Raft's own defaults, a snapshot every 100
// entries, 64 sessions, and etcd's pause of 500 ms between two looks at leases.
func DefaultConfig(id sim.NodeID, voters []sim.NodeID) Config {
	return Config{
		Raft:          raft.DefaultConfig(id, voters),
		SnapshotEvery: 100, ApplyBatch: 64, MaxSessions: 64, LeaseEvery: 500 * time.Millisecond,
	}
}

// policy is the part of a configuration that a server never changes; clones share it.
type policy struct {
	snapshotEvery raft.Index
	applyBatch    int
	maxSessions   int
	leaseReads    bool
	leaseEvery    time.Duration
	// grace is what a new leader gives every lease beyond its time: as long as it took to elect it at worst.
	grace time.Duration
	rules Rules
	store *mvcc.Rules
}

// newPolicy checks c and returns its policy. It panics if a bound is wrong.
func newPolicy(c *Config) *policy {
	if c.SnapshotEvery < 0 || c.ApplyBatch < 1 || c.MaxSessions < 1 || c.LeaseEvery <= 0 {
		panic("kvserver: Config: want SnapshotEvery >= 0, ApplyBatch >= 1, MaxSessions >= 1, LeaseEvery > 0")
	}
	return &policy{
		snapshotEvery: raft.Index(c.SnapshotEvery), applyBatch: c.ApplyBatch, maxSessions: c.MaxSessions,
		leaseReads: c.LeaseReads, leaseEvery: c.LeaseEvery, grace: c.Raft.ElectionMax,
		rules: c.Rules.complete(), store: c.Store,
	}
}
