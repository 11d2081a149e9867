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
//  1. ID is one of Voters, which are distinct servers, at most quorum.MaxMembers of them.
//  2. 0 < Heartbeat < ElectionMin ≤ ElectionMax.
//  3. Every Max… is positive.
//  4. 0 ≤ Lease ≤ ElectionMin, and 0 ≤ MaxDriftPPM < 1,000,000.
type Config struct {
	ID sim.NodeID
	// Voters is the membership, the same at every node.
	Voters []sim.NodeID
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
	case !slices.Contains(c.Voters, c.ID):
		panic(fmt.Sprintf("raft: Config: %s is not among the voters %v", c.ID, c.Voters))
	case len(c.Voters) > quorum.MaxMembers:
		panic(fmt.Sprintf("raft: Config: %d voters, the limit is %d", len(c.Voters), quorum.MaxMembers))
	case c.Heartbeat <= 0 || c.ElectionMin <= c.Heartbeat || c.ElectionMax < c.ElectionMin:
		panic("raft: Config: want 0 < Heartbeat < ElectionMin <= ElectionMax")
	case c.Lease < 0 || c.Lease > c.ElectionMin || c.MaxDriftPPM < 0 || c.MaxDriftPPM >= 1_000_000:
		panic("raft: Config: want 0 <= Lease <= ElectionMin, 0 <= MaxDriftPPM < 1000000")
	case min(c.MaxBatchEntries, c.MaxBatchBytes, c.MaxInflight, c.MaxInflightBytes, c.MaxUncommitted,
		c.MaxUncommittedBytes, c.MaxCommittedBytes, c.MaxReads, c.SnapshotChunk) <= 0 || c.SnapshotTrailing < 0:
		panic("raft: Config: every limit must be positive")
	}
	for i, v := range c.Voters {
		if v == 0 || v.IsClient() || slices.Contains(c.Voters[:i], v) {
			panic(fmt.Sprintf("raft: Config: bad voters %v", c.Voters))
		}
	}
}

// settings is what a node never changes; clones share it.
type settings struct {
	Config
	rules Rules
	self  quorum.Slot
	// members is the configuration in force. A change of membership would move it into Node.
	members quorum.Joint
}

func newSettings(c Config) *settings {
	c.check()
	c.Voters = slices.Clone(c.Voters)
	slices.Sort(c.Voters)
	s := &settings{Config: c, rules: c.Rules.complete()}
	s.members.Incoming = quorum.First(len(c.Voters))
	self, _ := s.slot(c.ID)
	s.self = self
	return s
}

// slot returns the slot of id; false if it is no member.
func (s *settings) slot(id sim.NodeID) (quorum.Slot, bool) {
	for i, v := range s.Voters {
		if v == id {
			return quorum.Slot(i), true
		}
	}
	return 0, false
}
