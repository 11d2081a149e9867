package checker

import "schism/sim"

// Position numbers the entries of a log, from 1 without gaps; 0 is before the first. Raft calls it an
// Index; for ZAB it is the place of a Zxid in the history.
type Position uint64

// Replica is what split-brain checks may see of a server: its claim to lead, its vote, its log and the
// state that it has applied. An adapter for each protocol provides it. Every method is O(1), changes
// nothing and allocates nothing.
type Replica interface {
	sim.Leader
	// FirstPosition is the lowest position that the log still holds, one more than LastPosition if it holds
	// none. Everything below was applied and compacted away, or replaced by a snapshot.
	FirstPosition() Position
	// LastPosition is the highest position of the log, whether it is durable or not.
	LastPosition() Position
	// CommittedPosition is the highest position that the server knows to be committed.
	CommittedPosition() Position
	// AppliedPosition is the highest position that the server has applied to its state.
	AppliedPosition() Position
	// EntryAt returns the reign that made the entry at p and a digest of the entry alone; false if the log
	// does not hold it.
	EntryAt(p Position) (r sim.Reign, content sim.Digest, ok bool)
	// TouchedFrom is the lowest position that the last step wrote or removed, 0 for none or if the server does
	// not keep track. The checks then notice for themselves where the reigns of entries have changed, in steps
	// that write, as is enough for protocols in which an entry is only ever replaced by one of another reign.
	TouchedFrom() Position
	// Vote is the node that the server voted for, and in which reign; no node if it did not vote in it.
	Vote() (sim.Reign, sim.NodeID)
	// StateHash returns a digest of the applied state and the position up to which it was applied.
	StateHash() (Position, sim.Digest)
}

// Adapter makes a server's machine visible as a replica. It returns nil for machines that are none.
type Adapter func(sim.Machine) Replica

// Reply is what split-brain checks need to know about the reply to an operation.
type Reply struct {
	// Position is that of the entry that the operation made or, for a read, up to which the server had
	// applied its log; 0 if the reply does not say.
	Position Position
	// Server is the node that answered.
	Server sim.NodeID
	// Leased says that the server needs no quorum for the operation, which changes nothing: one has promised it to
	// help nobody else to lead for a while.
	Leased bool
}

// Replies makes an operation's reply visible. It returns false for operations that need no quorum, such as
// reads that are allowed to be stale: nothing is checked about them.
type Replies func(input, output any) (Reply, bool)
