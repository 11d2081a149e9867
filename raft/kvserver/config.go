package kvserver

import (
	"schism/raft"
	"schism/sim"
)

// Config describes a server. All servers of a store have the same, but for Raft.ID: what the log's
// commands do depends on it.
type Config struct {
	// Raft is the configuration of the consensus underneath.
	Raft raft.Config
	// SnapshotEvery is the number of applied entries after which the state is saved and the log
	// cut; 0 is never.
	SnapshotEvery int
	// ApplyBatch is the number of entries that one task applies; at least 1.
	ApplyBatch int
	// MaxSessions is the number of sessions that the store remembers; at least 1. When one more
	// is opened, the one that has not been used for longest expires.
	MaxSessions int
	// LocalReads lets a server that believes that it leads answer a Get with Local set from its
	// own state. Such a get is not linearizable: a deposed leader that does not know it yet
	// returns what was.
	LocalReads bool
	// Rules are the store's decisions; nil, or a nil field, is the right one.
	Rules *Rules
}

// DefaultConfig returns the configuration of the server id among voters: Raft's own defaults, a
// snapshot every 100 entries, 64 sessions, no local reads.
func DefaultConfig(id sim.NodeID, voters []sim.NodeID) Config {
	return Config{
		Raft:          raft.DefaultConfig(id, voters),
		SnapshotEvery: 100,
		ApplyBatch:    64,
		MaxSessions:   64,
	}
}

// policy is the part of a configuration that a server never changes; clones share it.
type policy struct {
	snapshotEvery raft.Index
	applyBatch    int
	maxSessions   int
	localReads    bool
	rules         Rules
}

// newPolicy checks c and returns its policy. It panics if a bound is wrong.
func newPolicy(c *Config) *policy {
	if c.SnapshotEvery < 0 || c.ApplyBatch < 1 || c.MaxSessions < 1 {
		panic("kvserver: Config: want SnapshotEvery >= 0, ApplyBatch >= 1, MaxSessions >= 1")
	}
	return &policy{
		snapshotEvery: raft.Index(c.SnapshotEvery),
		applyBatch:    c.ApplyBatch,
		maxSessions:   c.MaxSessions,
		localReads:    c.LocalReads,
		rules:         c.Rules.complete(),
	}
}
