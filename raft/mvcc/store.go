package mvcc

import (
	"cmp"

	"github.com/tidwall/btree"

	"schism/raft/etcdapi"
)

// Store is the state that operations build: a function of those that were applied, equal at every server that has
// applied the same. Its zero value is not ready for use.
//
//  1. log has the changes that can still be seen, by place: all after compacted, and for each key that was there at
//     compacted the last one until then. A key is deleted at compacted itself if a change says so.
//  2. keys has, for each key in log, its last change.
//  3. leases has those that were granted and not revoked; attached has (lease, key) for each key that is there and has
//     a lease.
//  4. logSum and leaseSum are the sums of the digests of what is in log and in leases.
//  5. What the trees hold is never changed, so that clones share it; the trees copy their nodes before they change
//     them.
type Store struct {
	rules *Rules
	// revision is the last one that was made, compacted the one before which nothing can be seen; 0 at first.
	revision, compacted etcdapi.Revision
	keys                btree.Map[string, *change]
	log                 btree.Map[place, *change]
	leases              btree.Map[etcdapi.LeaseID, lease]
	attached            btree.Set[string]
	// named is the last name that the store has given to a lease.
	named            etcdapi.LeaseID
	logSum, leaseSum Digest
}

// New returns an empty store. Where rules has a nil field, or is nil, the right rule holds.
func New(rules *Rules) Store {
	return Store{rules: rules.complete(), revision: etcdapi.FirstRevision}
}

// Clone returns an independent copy, which shares memory with s until either is changed. It costs the same however
// large the store is.
func (s *Store) Clone() Store {
	c := *s
	c.keys, c.log, c.leases = *s.keys.Copy(), *s.log.Copy(), *s.leases.Copy()
	c.attached = *s.attached.Copy()
	return c
}

// Revision returns the last revision.
func (s *Store) Revision() etcdapi.Revision { return s.revision }

// Compacted returns the least revision that can still be seen, 0 if all can.
func (s *Store) Compacted() etcdapi.Revision { return s.compacted }

// Apply does op and returns its result; if it has changed something, Revision is the change's own afterwards.
func (s *Store) Apply(op *etcdapi.Op) etcdapi.Result {
	var r etcdapi.Result
	if r.Code = s.refused(op); r.Code != etcdapi.OK {
		return r
	}
	w := writer{Store: s}
	switch op.Kind {
	case etcdapi.Put:
		if r.Code = cmp.Or(s.checkLease(op), s.checkKept(op)); r.Code == etcdapi.OK {
			w.put(op, &r)
			w.end()
		}
	case etcdapi.DeleteRange:
		w.deleteRange(op, &r)
		w.end()
	case etcdapi.Txn:
		r = w.txn(op)
	case etcdapi.Compact:
		s.compact(op.Revision, &r)
	case etcdapi.LeaseGrant:
		s.grant(op, &r)
	case etcdapi.LeaseRevoke:
		s.revoke(op.Lease, &r)
	case etcdapi.LeaseCheckpoint:
		s.checkpoint(op)
	default:
		return s.Read(op)
	}
	return r
}

// Read does op, which changes nothing, and returns its result. It panics if op is none of the store's.
func (s *Store) Read(op *etcdapi.Op) etcdapi.Result {
	var r etcdapi.Result
	if r.Code = s.refused(op); r.Code != etcdapi.OK {
		return r
	}
	switch op.Kind {
	case etcdapi.Range:
		if r.Code = s.checkRange(op); r.Code == etcdapi.OK {
			s.readRange(op, &r)
		}
	case etcdapi.Txn:
		if op.Writes() {
			panic("mvcc: read: a txn that writes")
		}
		w := writer{Store: s}
		r = w.txn(op)
	case etcdapi.HashKV:
		s.hash(op.Revision, &r)
	case etcdapi.LeaseTimeToLive:
		s.timeToLive(op, &r)
	case etcdapi.Leases:
		if s.leases.Len() > 0 {
			r.Leases = s.leases.Keys()
		}
	default:
		panic("mvcc: " + op.Kind.String() + " is no operation of the store")
	}
	return r
}
