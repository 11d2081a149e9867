package zab

import (
	"fmt"

	"schism/sim"
)

// Epoch numbers the reigns of leaders, from 1; 0 is before the first.
type Epoch uint32

// Zxid names a transaction: the epoch in which it was proposed, and its number in that epoch, from 1. (e, 0) is
// no transaction; it stands for the beginning of the epoch e.
type Zxid uint64

// maxCounter is the last number of an epoch: a leader that has used it steps down (ZK-1277).
const maxCounter = 1<<32 - 1

// NewZxid returns the transaction number counter of the epoch e.
func NewZxid(e Epoch, counter uint32) Zxid { return Zxid(e)<<32 | Zxid(counter) }

// Epoch returns the epoch of z.
func (z Zxid) Epoch() Epoch { return Epoch(z >> 32) }

// Counter returns the number of z within its epoch.
func (z Zxid) Counter() uint32 { return uint32(z) }

// String prints z as "epoch:number", "3:17".
func (z Zxid) String() string { return fmt.Sprintf("%d:%d", z.Epoch(), z.Counter()) }

// follows reports whether z is the transaction after prev: the next of its epoch, or the first of a later one.
func (z Zxid) follows(prev Zxid) bool {
	if z.Epoch() == prev.Epoch() {
		return z == prev+1
	}
	return z.Epoch() > prev.Epoch() && z.Counter() == 1
}

// Index is the place of a transaction in the history, from 1 without gaps; 0 is before the first. The protocol
// itself names transactions by Zxid only.
type Index uint64

// Position is a place in the history by both names.
type Position struct {
	Zxid  Zxid
	Index Index
}

// String prints p as "17=3:2": place, epoch, number.
func (p Position) String() string { return fmt.Sprintf("%d=%v", p.Index, p.Zxid) }

// Txn is a transaction. It is immutable, Data included: servers and messages in flight share it.
type Txn struct {
	Zxid Zxid
	Data []byte
	// Ensemble is what a reconfig makes the configuration, nil in any other transaction.
	Ensemble *Ensemble
}

// Fold mixes every field into d.
func (t *Txn) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(uint64(t.Zxid)).MixBytes(t.Data)
	if t.Ensemble != nil {
		d = t.Ensemble.fold(d)
	}
	return d
}

// ServerState is what a server takes itself for (QuorumPeer.ServerState).
type ServerState uint8

// The states of a server.
const (
	Looking ServerState = iota
	Following
	Leading
	Observing
)

// String returns the state's name.
func (s ServerState) String() string {
	return [...]string{"looking", "following", "leading", "observing"}[s]
}

// Phase is how far a server is in an epoch (ZAB 2011 §IV; QuorumPeer.ZabState).
type Phase uint8

// The phases.
const (
	Election Phase = iota
	Discovery
	Synchronization
	Broadcast
)

// String returns the phase's name.
func (p Phase) String() string {
	return [...]string{"election", "discovery", "synchronization", "broadcast"}[p]
}

// Snapshot is the state of the application after the transaction at Position.
type Snapshot struct {
	Position Position
	// State is the application's own encoding. It is immutable.
	State []byte
}

// Host is a machine that contains a peer.
type Host interface {
	Zab() *Peer
}
