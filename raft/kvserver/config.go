package kvserver

import (
	"time"

	"schism/raft"
	"schism/raft/kvapi"
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
	// MaxReads is the number of linearizable reads that wait at a server, to be confirmed or until so much is applied;
	// at least 1. More are refused with ErrTooManyRequests. Raft.MaxReads bounds those that wait to be confirmed.
	MaxReads int
	// WatchBatch is how many revisions a watch that is behind is told at once; at least 1.
	WatchBatch int
	// FragmentEvents is how many events a message to a watch with FlagFragment has at most; at least 1.
	FragmentEvents int
	// ProgressEvery is after how long without an event a watch with FlagProgress is notified; positive.
	ProgressEvery time.Duration
	// LeaseReads answers linearizable reads by the lease of the leader, where Raft.Lease gives it one, instead of a
	// round of messages.
	LeaseReads bool
	// LeaseEvery is how often the leader asks again for the end of a lease whose time is over; positive.
	LeaseEvery time.Duration
	// CheckpointEvery is how often what a lease has left is kept for the next leader, which else gives it all its time
	// again; 0 is never.
	CheckpointEvery time.Duration
	// Memory is what the server takes from; nil is one of its own. The servers of one world may share one; a clone gets
	// one of its own.
	Memory *Memory
	// Rules are the server's decisions, Store those of its store; nil, or a nil field, is the right one.
	Rules *Rules
	Store *mvcc.Rules
}

// DefaultConfig returns the configuration of the server id among voters: Raft's own defaults, a snapshot every 100
// entries, 64 sessions, 1024 reads that wait, watches that are told 100 revisions at once and notified after 2 s (10
// min in etcd), etcd's pause of 500 ms between two looks at leases, and no checkpoints.
func DefaultConfig(id sim.NodeID, voters []sim.NodeID) Config {
	return Config{
		Raft:          raft.DefaultConfig(id, voters),
		SnapshotEvery: 100, ApplyBatch: 64, MaxSessions: 64, MaxReads: 1024,
		WatchBatch: 100, FragmentEvents: 100, ProgressEvery: 2 * time.Second, LeaseEvery: 500 * time.Millisecond,
	}
}

// policy is the part of a configuration that a server never changes; clones share it.
type policy struct {
	snapshotEvery raft.Index
	applyBatch    int
	maxSessions   int
	maxReads      int
	watchBatch    kvapi.Revision
	fragment      int
	progressEvery time.Duration
	leaseReads    bool
	leaseEvery    time.Duration
	// checkpointEvery is 0 for never.
	checkpointEvery time.Duration
	// grace is what a new leader gives every lease beyond its time: one election timeout, as in etcd.
	grace  time.Duration
	memory *Memory
	rules  Rules
	store  *mvcc.Rules
}

// newPolicy checks c and returns its policy. It panics if a bound is wrong.
func newPolicy(c *Config) *policy {
	if c.SnapshotEvery < 0 || min(c.ApplyBatch, c.MaxSessions, c.MaxReads, c.WatchBatch, c.FragmentEvents) < 1 {
		panic("kvserver: Config: want SnapshotEvery >= 0, and at least 1 of everything else that is counted")
	}
	if c.LeaseEvery <= 0 || c.ProgressEvery <= 0 || c.CheckpointEvery < 0 {
		panic("kvserver: Config: want LeaseEvery > 0, ProgressEvery > 0, CheckpointEvery >= 0")
	}
	return &policy{
		snapshotEvery: raft.Index(c.SnapshotEvery), applyBatch: c.ApplyBatch,
		maxSessions: c.MaxSessions, maxReads: c.MaxReads,
		watchBatch: kvapi.Revision(c.WatchBatch), fragment: c.FragmentEvents, progressEvery: c.ProgressEvery,
		leaseReads: c.LeaseReads, leaseEvery: c.LeaseEvery, checkpointEvery: c.CheckpointEvery,
		grace:  c.Raft.ElectionMax,
		memory: c.Memory, rules: c.Rules.complete(), store: c.Store,
	}
}
