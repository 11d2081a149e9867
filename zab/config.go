package zab

import (
	"fmt"
	"slices"
	"time"

	"schism/sim"
)

// Config describes a server.
//
//  1. ID is one of Servers, which are distinct and at most MaxServers. A server's slot is its place in Servers.
//  2. Ensemble names voters, at least one, and observers, all among Servers.
//  3. Tick, the limits and the waits are positive; NotifyMin ≤ NotifyMax.
type Config struct {
	ID       sim.NodeID
	Servers  []sim.NodeID
	Ensemble Ensemble
	// Tick is the unit of the limits (tickTime). A learner must have found its leader and be in line with it
	// within InitLimit ticks; after that neither may be silent for SyncLimit ticks.
	Tick                 time.Duration
	InitLimit, SyncLimit int
	// FinalizeWait is how long a server that could end an election waits for a better vote. NotifyMin and
	// NotifyMax bound how long it waits before it repeats its vote, twice as long each time.
	FinalizeWait, NotifyMin, NotifyMax time.Duration
	// ConnectTries and ConnectWait say how often a learner dials its leader, and the pause between two tries.
	ConnectTries int
	ConnectWait  time.Duration
	// MaxOutstanding bounds the transactions that a leader proposes beyond what is committed.
	MaxOutstanding int
	// SnapshotTrailing is the number of transactions before a snapshot that stay in memory and in the log for
	// learners that lag a little (committedLog).
	SnapshotTrailing int
	// Rules are the decisions of the protocol; nil, or a nil field, is the right one.
	Rules *Rules
}

// DefaultConfig returns the configuration of the server id in an ensemble of voters, with ZooKeeper's usual limits
// and ticks of 100 ms.
func DefaultConfig(id sim.NodeID, voters []sim.NodeID) Config {
	return Config{
		ID: id, Servers: voters, Ensemble: Ensemble{Voters: 1<<uint(len(voters)) - 1},
		Tick: 100 * time.Millisecond, InitLimit: 10, SyncLimit: 5,
		FinalizeWait: 200 * time.Millisecond,
		NotifyMin:    200 * time.Millisecond, NotifyMax: 60 * time.Second,
		ConnectTries: 5, ConnectWait: 100 * time.Millisecond,
		MaxOutstanding: 1000, SnapshotTrailing: 100,
	}
}

// check panics if c breaks a numbered property.
func (c *Config) check() {
	switch {
	case !slices.Contains(c.Servers, c.ID) || len(c.Servers) > MaxServers:
		panic(fmt.Sprintf("zab: Config: %s is not among the servers %v", c.ID, c.Servers))
	case !c.Ensemble.valid(len(c.Servers)):
		panic("zab: Config: bad ensemble")
	case c.Tick <= 0 || c.InitLimit <= 0 || c.SyncLimit <= 0 || c.FinalizeWait <= 0 || c.NotifyMin <= 0 ||
		c.NotifyMax < c.NotifyMin || c.ConnectTries <= 0 || c.ConnectWait <= 0 || c.MaxOutstanding <= 0 ||
		c.SnapshotTrailing < 0:
		panic("zab: Config: every limit must be positive")
	}
	for i, s := range c.Servers {
		if s == 0 || s.IsClient() || slices.Contains(c.Servers[:i], s) {
			panic(fmt.Sprintf("zab: Config: bad servers %v", c.Servers))
		}
	}
}

// settings is what a peer never changes; clones share it.
type settings struct {
	Config
	rules Rules
	self  Slot
}

func newSettings(c Config) *settings {
	c.check()
	c.Servers = slices.Clone(c.Servers)
	s := &settings{Config: c, rules: c.Rules.complete()}
	s.self, _ = s.slot(c.ID)
	return s
}

// slot returns the slot of id; false if it is no server.
func (s *settings) slot(id sim.NodeID) (Slot, bool) {
	if i := id.Number() - 1; uint(i) < uint(len(s.Servers)) && s.Servers[i] == id {
		return Slot(i), true // numbered in order, as mostly
	}
	for i, v := range s.Servers {
		if v == id {
			return Slot(i), true
		}
	}
	return 0, false
}

// ticks returns the length of n ticks.
func (s *settings) ticks(n int) time.Duration { return time.Duration(n) * s.Tick }
