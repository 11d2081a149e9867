package raft

import "schism/sim"

// Term numbers the reigns of leaders, from 1. It acts as a logical clock (Raft §5.1); 0 is before
// the first election.
type Term uint64

// Index is a position in the log, from 1; 0 is before the first entry.
type Index uint64

// Round numbers the rounds of messages by which a leader makes sure that it still leads, from 1 in
// each term.
type Round uint64

// ReadID is the name that the application gives to a read.
type ReadID uint64

// EntryType tells what an entry is for.
type EntryType uint8

// The types of entries. The data of an EntryConfig is a [Change] of the membership, and its context.
const (
	EntryNormal EntryType = iota
	EntryNoop
	EntryConfig
)

// Entry is one entry of the log. It is immutable, Data included: leaders, followers and messages
// in flight share it.
type Entry struct {
	Term  Term
	Index Index
	Type  EntryType
	Data  []byte
}

// Fold mixes every field into d.
func (e *Entry) Fold(d sim.Digest) sim.Digest {
	return d.Mix(uint64(e.Term)).Mix(uint64(e.Index)<<8 | uint64(e.Type)).MixBytes(e.Data)
}

// Role is what a node takes itself for.
type Role uint8

// The roles (Raft §5.1, thesis §9.6).
const (
	Follower Role = iota
	PreCandidate
	Candidate
	Leader
)

// String returns the role's name.
func (r Role) String() string {
	return [...]string{"follower", "pre-candidate", "candidate", "leader"}[r]
}

// Read is the answer to a ReadIndex or a LeaseRead.
type Read struct {
	ID ReadID
	// Index is how far the application must have applied before it serves the read.
	Index Index
	// OK is false if the node lost its leadership before it could confirm it: serve nothing.
	OK bool
	// Lease says that the leader's lease has confirmed it, not a round of messages.
	Lease bool
}

// Snapshot is the state of the application after the entry Index.
type Snapshot struct {
	Index Index
	Term  Term
	// State is the application's own encoding. It is immutable.
	State []byte
}

// Host is a machine that contains a node.
type Host interface {
	Raft() *Node
}
