package mvcc

import (
	"github.com/tidwall/btree"

	"schism/raft/kvapi"
)

// Store is the state that operations build: a function of those that were applied, equal at every server that has
// applied the same. Its zero value is not ready for use.
//
//  1. log has the changes that can still be seen, by place: all after compacted, and of each key the last one until
//     then, unless that has deleted it before compacted.
//  2. keys has, for each key in log, its last change.
//  3. leases has those that were granted and not revoked; attached has (lease, key) for each key that is there and has
//     a lease.
//  4. logSum and leaseSum are the sums of the digests of what is in log and in leases.
//  5. What the trees hold is never changed, so that clones share it; the trees copy their nodes before they change
//     them.
type Store struct {
	rules *Rules
	// revision is the last one that was made, compacted the one before which nothing can be seen; 0 at first.
	revision, compacted kvapi.Revision
	keys                keys
	log                 btree.Map[place, *change]
	leases              btree.Map[kvapi.LeaseID, lease]
	attached            btree.Set[string]
	// named is the last name that the store has given to a lease.
	named kvapi.LeaseID
	// memory is what the store takes from; nil if it has not needed any.
	memory           *Memory
	logSum, leaseSum Digest
}

// New returns an empty store. Where rules has a nil field, or is nil, the right rule holds.
func New(rules *Rules) Store {
	return Store{rules: rules.complete(), revision: kvapi.FirstRevision, keys: newKeys()}
}

// Clone returns an independent copy, which shares memory with s until either is changed. It costs the same however
// large the store is.
func (s *Store) Clone() Store {
	c := *s
	c.keys, c.log, c.leases = s.keys.copy(), *s.log.Copy(), *s.leases.Copy()
	c.attached, c.memory = *s.attached.Copy(), nil
	return c
}

// Revision returns the last revision.
func (s *Store) Revision() kvapi.Revision { return s.revision }

// Compacted returns the least revision that can still be seen, 0 if all can.
func (s *Store) Compacted() kvapi.Revision { return s.compacted }

// Apply does op and returns its result; if it has changed something, Revision is the change's own afterwards.
func (s *Store) Apply(op *kvapi.Op) kvapi.Result {
	if c := s.refused(op); c != kvapi.OK {
		return s.failed(c)
	}
	switch op.Kind {
	case kvapi.Put:
		return s.put(op)
	case kvapi.DeleteRange:
		return s.deleteRange(op)
	case kvapi.Txn:
		return s.txn(op)
	case kvapi.Compact:
		return s.compact(op.Revision)
	case kvapi.LeaseGrant:
		return s.grant(op)
	case kvapi.LeaseRevoke:
		return s.revoke(op.Lease)
	case kvapi.LeaseCheckpoint:
		return s.checkpoint(op)
	}
	return s.read(op)
}

// Read does op, which changes nothing, and returns its result. A Range at an older revision costs, for each key of its
// span, as much as the key has changes after that. Read panics if op is none of the store's.
func (s *Store) Read(op *kvapi.Op) kvapi.Result {
	if c := s.refused(op); c != kvapi.OK {
		return s.failed(c)
	}
	return s.read(op)
}

// read is Read of what is not refused.
func (s *Store) read(op *kvapi.Op) kvapi.Result {
	switch op.Kind {
	case kvapi.Range:
		if c := s.checkRange(op); c != kvapi.OK {
			return s.failed(c)
		}
		var r kvapi.Result
		s.readRange(op, &r)
		return r
	case kvapi.Txn:
		if op.Writes() {
			panic("mvcc: read: a txn that writes")
		}
		return s.txn(op)
	case kvapi.HashKV:
		return s.hash(op.Revision)
	case kvapi.LeaseTimeToLive:
		return s.timeToLive(op)
	case kvapi.Leases:
		return s.allLeases()
	}
	panic("mvcc: " + op.Kind.String() + " is no operation of the store")
}

// failed returns the result of an operation that did nothing.
func (s *Store) failed(c kvapi.Code) kvapi.Result {
	r := kvapi.Result{Code: c}
	if c == kvapi.ErrCompacted {
		r.Compacted = s.compacted
	}
	return r
}
