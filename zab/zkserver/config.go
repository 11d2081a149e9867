package zkserver

import (
	"time"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// Config describes a server. All servers of an ensemble have the same, but for Zab.ID.
type Config struct {
	// Zab is the configuration of the broadcast underneath. Its Tick is the unit of session timeouts, too.
	Zab zab.Config
	// SnapshotEvery is the number of transactions after which the tree is saved and the log cut; 0 is never.
	SnapshotEvery int
	// SnapshotStep is the number of nodes that one task writes down of a snapshot, while transactions go on being
	// applied: such a snapshot is fuzzy. 0 is all of them at once.
	SnapshotStep int
	// ApplyBatch is the number of transactions that one task applies; at least 1.
	ApplyBatch int
	// MinTicks and MaxTicks bound, in ticks, the timeout that a client can have for its session.
	MinTicks, MaxTicks int
	// ContainerEvery is how often the leader looks for containers and nodes with a time to live that nobody needs
	// any more; 0 is never.
	ContainerEvery time.Duration
	// QuorumSync makes a sync go through the quorum as a transaction, so that a read after it is linearizable.
	// Without it a sync only flushes the pipe between the leader and the server (ZK-1675).
	QuorumSync bool
	// ReconfigEnabled lets clients change the membership, all of them: there is no administrator here.
	ReconfigEnabled bool
	// Rules are the server's decisions, Tree those of its tree; nil, or a nil field, is the right one.
	Rules *Rules
	Tree  *ztree.Rules
}

// DefaultConfig returns the configuration of the server id among voters: the defaults of zab, a snapshot every 100
// transactions, session timeouts from 2 to 20 ticks, a look for containers every minute.
func DefaultConfig(id sim.NodeID, voters []sim.NodeID) Config {
	return Config{
		Zab:           zab.DefaultConfig(id, voters),
		SnapshotEvery: 100, ApplyBatch: 64,
		MinTicks: 2, MaxTicks: 20,
		ContainerEvery: time.Minute, ReconfigEnabled: true,
	}
}

// policy is the part of a configuration that a server never changes; clones share it.
type policy struct {
	tick           time.Duration
	snapshotEvery  zab.Index
	snapshotStep   int
	maxOutstanding zab.Index
	applyBatch     int
	minTimeout     zkapi.Millis
	maxTimeout     zkapi.Millis
	containerEvery time.Duration
	quorumSync     bool
	reconfigs      bool
	// config is the first membership, as the tree has it.
	config string
	rules  Rules
	tree   *ztree.Rules
}

// newPolicy checks c and returns its policy. It panics if a bound is wrong.
func newPolicy(c *Config) *policy {
	if c.SnapshotEvery < 0 || c.SnapshotStep < 0 || c.ContainerEvery < 0 {
		panic("zkserver: Config: want SnapshotEvery, SnapshotStep, ContainerEvery >= 0")
	}
	if c.ApplyBatch < 1 || c.MinTicks < 1 || c.MaxTicks < c.MinTicks {
		panic("zkserver: Config: want ApplyBatch >= 1, 1 <= MinTicks <= MaxTicks")
	}
	return &policy{
		tick:           c.Zab.Tick,
		snapshotEvery:  zab.Index(c.SnapshotEvery),
		snapshotStep:   c.SnapshotStep,
		maxOutstanding: zab.Index(c.Zab.MaxOutstanding),
		applyBatch:     c.ApplyBatch,
		minTimeout:     millis(c.Zab.Tick * time.Duration(c.MinTicks)),
		maxTimeout:     millis(c.Zab.Tick * time.Duration(c.MaxTicks)),
		containerEvery: c.ContainerEvery,
		quorumSync:     c.QuorumSync,
		reconfigs:      c.ReconfigEnabled,
		config:         membership(&c.Zab.Ensemble, c.Zab.Servers).String(),
		rules:          c.Rules.complete(),
		tree:           c.Tree,
	}
}

// millis returns d as the store counts time.
func millis(d time.Duration) zkapi.Millis { return zkapi.Millis(d / time.Millisecond) }

// duration returns m as the world counts time.
func duration(m zkapi.Millis) time.Duration { return time.Duration(m) * time.Millisecond }
