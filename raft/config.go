package raft

import (
	"fmt"
	"slices"
	"time"

	"schism/raft/quorum"
	"schism/sim"
)

// Config describes a node.
//
//  1. ID is one of Servers, which are distinct servers, at most quorum.MaxMembers of them.
//  2. Voters, at least one, and Learners are distinct Servers.
//  3. 0 < Heartbeat < ElectionMin ≤ ElectionMax.
//  4. Every Max… is positive.
//  5. 0 ≤ Lease ≤ ElectionMin, and 0 ≤ MaxDriftPPM < 1,000,000.
type Config struct {
	ID sim.NodeID
	// Servers are all that may ever take part, the same at every node; nil means Voters and Learners. A
	// server's slot is its place among them in order of their ids.
	Servers []sim.NodeID
	// Voters and Learners are the initial membership, the same at every node.
	Voters, Learners []sim.NodeID
	// ApplyConfigAt says when a change of the membership takes effect, the same at every node.
	ApplyConfigAt ConfigTime
	// ElectionMin and ElectionMax bound the time without a leader after which a node campaigns. A
	// follower that heard from a leader within ElectionMin helps nobody to replace it.
	ElectionMin, ElectionMax time.Duration
	// Heartbeat is the time between two messages of a leader that has nothing to say.
	Heartbeat time.Duration
	// PreVote makes a node ask, before it campaigns, whether it could win (thesis §9.6).
	PreVote bool
	// CheckQuorum makes a leader step down that has not heard from a quorum for ElectionMax, and
	// nodes that hear from a leader ignore candidates (thesis §4.2.3, §6.2).
	CheckQuorum bool
	// Lease is how long a node helps nobody to replace a leader that it has answered, so that the leader may meanwhile
	// confirm a LeaseRead by itself (thesis §6.4.1); 0 is no lease. It is the same at every node, and without
	// CheckQuorum nobody relies on it.
	Lease time.Duration
	// MaxDriftPPM bounds, in parts per million, how much slower or faster than true time the clock of a node ever
	// runs. Leases are only as safe as this is true.
	MaxDriftPPM int32
	// ForwardProposals makes a node that does not lead pass proposals on to the leader that it knows.
	ForwardProposals bool
	// MaxBatchEntries and MaxBatchBytes bound one AppendEntries; it carries at least one entry.
	MaxBatchEntries, MaxBatchBytes int
	// MaxInflight and MaxInflightBytes bound the entries sent to one follower and not acknowledged yet; one may be
	// on its way whatever its size.
	MaxInflight, MaxInflightBytes int
	// MaxUncommitted and MaxUncommittedBytes bound the entries that a leader accepts beyond its commit index; the
	// first may have any size.
	MaxUncommitted, MaxUncommittedBytes int
	// MaxCommittedBytes bounds what NextCommitted returns at once; it is at least one entry.
	MaxCommittedBytes int
	// MaxReads bounds the reads that wait to be confirmed.
	MaxReads int
	// SnapshotChunk is the number of bytes of a snapshot that one InstallSnapshot carries.
	SnapshotChunk int
	// SnapshotTrailing is the number of entries before a snapshot that stay in the log for
	// followers that lag a little.
	SnapshotTrailing int
	// Rules are the decisions of the protocol; nil, or a nil field, is the right one.
	Rules *Rules
	// Mail makes the messages; nil is one of the node's own.
	Mail *Mail
}

// DefaultConfig returns the configuration of the node id among voters with everything safe and
// usual: elections after 300 to 600 ms, a heartbeat every 100 ms, PreVote and CheckQuorum on, no lease.
func DefaultConfig(id sim.NodeID, voters []sim.NodeID) Config {
	return Config{
		ID: id, Voters: voters,
		ElectionMin: 300 * time.Millisecond, ElectionMax: 600 * time.Millisecond,
		Heartbeat: 100 * time.Millisecond,
		PreVote:   true, CheckQuorum: true, MaxDriftPPM: 1000,
		MaxBatchEntries: 64, MaxBatchBytes: 1 << 16, MaxInflight: 256, MaxInflightBytes: 1 << 20,
		MaxUncommitted: 1024, MaxUncommittedBytes: 1 << 24, MaxCommittedBytes: 1 << 20, MaxReads: 1024,
		SnapshotChunk: 1 << 14, SnapshotTrailing: 16,
	}
}

// check panics if c breaks a numbered property.
func (c *Config) check() {
	switch {
	case !slices.Contains(c.Servers, c.ID):
		panic(fmt.Sprintf("raft: Config: %s is not among the servers %v", c.ID, c.Servers))
	case len(c.Servers) > quorum.MaxMembers:
		panic(fmt.Sprintf("raft: Config: %d servers, the limit is %d", len(c.Servers), quorum.MaxMembers))
	case len(c.Voters) == 0:
		panic("raft: Config: nobody votes")
	case c.Heartbeat <= 0 || c.ElectionMin <= c.Heartbeat || c.ElectionMax < c.ElectionMin:
		panic("raft: Config: want 0 < Heartbeat < ElectionMin <= ElectionMax")
	case c.Lease < 0 || c.Lease > c.ElectionMin || c.MaxDriftPPM < 0 || c.MaxDriftPPM >= 1_000_000:
		panic("raft: Config: want 0 <= Lease <= ElectionMin, 0 <= MaxDriftPPM < 1000000")
	case min(c.MaxBatchEntries, c.MaxBatchBytes, c.MaxInflight, c.MaxInflightBytes, c.MaxUncommitted,
		c.MaxUncommittedBytes, c.MaxCommittedBytes, c.MaxReads, c.SnapshotChunk) <= 0 || c.SnapshotTrailing < 0:
		panic("raft: Config: every limit must be positive")
	}
	for i, v := range c.Servers {
		if v == 0 || v.IsClient() || slices.Contains(c.Servers[:i], v) {
			panic(fmt.Sprintf("raft: Config: bad servers %v", c.Servers))
		}
	}
	members := slices.Concat(c.Voters, c.Learners)
	for i, v := range members {
		if !slices.Contains(c.Servers, v) || slices.Contains(members[:i], v) {
			panic(fmt.Sprintf("raft: Config: bad voters %v or learners %v", c.Voters, c.Learners))
		}
	}
}

// settings is what a node never changes; clones share it.
type settings struct {
	Config
	rules Rules
	self  quorum.Slot
	// initial is the membership of an empty log.
	initial Membership
}

func newSettings(c Config) *settings {
	if c.Servers == nil {
		c.Servers = slices.Concat(c.Voters, c.Learners)
	}
	c.check()
	c.Servers = slices.Clone(c.Servers)
	slices.Sort(c.Servers)
	s := &settings{Config: c, rules: c.Rules.complete()}
	s.self, _ = s.slot(c.ID)
	s.initial.Voters.Incoming, s.initial.Learners = s.slots(c.Voters), s.slots(c.Learners)
	return s
}

// slots returns the slots of servers.
func (s *settings) slots(ids []sim.NodeID) (m quorum.Members) {
	for _, id := range ids {
		slot, _ := s.slot(id)
		m = m.With(slot)
	}
	return m
}

// slot returns the slot of id; false if it is no server of the cluster.
func (s *settings) slot(id sim.NodeID) (quorum.Slot, bool) {
	for i, v := range s.Servers {
		if v == id {
			return quorum.Slot(i), true
		}
	}
	return 0, false
}
