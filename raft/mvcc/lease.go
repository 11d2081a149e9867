package mvcc

import (
	"encoding/binary"

	"schism/raft/kvapi"
)

// lease is what the store knows of a lease.
type lease struct {
	id      kvapi.LeaseID
	granted kvapi.Seconds
	// remaining is what was left of it at the last checkpoint; 0 if there was none since it was granted or kept alive.
	remaining kvapi.Seconds
}

// digest returns the lease's share of the sum.
func (l lease) digest() Digest {
	return Digest(2).Mix(uint64(l.id)).Mix(uint64(l.granted)).Mix(uint64(l.remaining))
}

// Lease returns the time to live that the lease id was granted, and what it has left when the server that keeps its
// time changes: that of the last checkpoint, or all of it. It returns false if there is no such lease.
func (s *Store) Lease(id kvapi.LeaseID) (granted, left kvapi.Seconds, found bool) {
	l, found := s.leases.Get(id)
	left = l.granted
	if l.remaining > 0 {
		left = l.remaining
	}
	return l.granted, left, found
}

// setLease adds a lease, or changes one that is there.
func (s *Store) setLease(l lease) {
	if old, found := s.leases.Set(l.id, l); found {
		s.leaseSum -= old.digest()
	}
	s.leaseSum += l.digest()
}

// grant does a LeaseGrant. A lease without a name gets the next number that no lease has.
func (s *Store) grant(op *kvapi.Op) kvapi.Result {
	id := op.Lease
	if op.TTL > kvapi.MaxTTL {
		return s.failed(kvapi.ErrLeaseTTLTooLarge)
	}
	if _, found := s.leases.Get(id); found {
		return s.failed(kvapi.ErrLeaseExist)
	}
	for taken := id == 0; taken; _, taken = s.leases.Get(id) {
		s.named = s.rules.Named(s.named, s.leases.Len())
		id = s.named
	}
	l := lease{id: id, granted: max(op.TTL, kvapi.MinTTL)}
	s.setLease(l)
	return kvapi.Result{Lease: id, TTL: l.granted}
}

// revoke does a LeaseRevoke: the lease is gone, and its keys are deleted in one revision.
func (s *Store) revoke(id kvapi.LeaseID) kvapi.Result {
	l, found := s.leases.Get(id)
	if !found {
		return s.failed(kvapi.ErrLeaseNotFound)
	}
	for _, keys := range s.rules.Revoked(s.leased(id)) {
		w := writer{Store: s}
		for _, key := range keys {
			if kv := s.now(key); kv != nil {
				w.delete(kv)
			}
		}
		w.end()
	}
	s.leases.Delete(id)
	s.leaseSum -= l.digest()
	return kvapi.Result{}
}

// checkpoint does a LeaseCheckpoint, in which no time left means all of it. A lease that is gone has no need of it.
func (s *Store) checkpoint(op *kvapi.Op) kvapi.Result {
	if l, found := s.leases.Get(op.Lease); found {
		l.remaining = max(op.TTL, 0)
		s.setLease(l)
	}
	return kvapi.Result{}
}

// timeToLive does a LeaseTimeToLive as far as the store knows: TTL is what Lease says is left.
func (s *Store) timeToLive(op *kvapi.Op) kvapi.Result {
	granted, left, found := s.Lease(op.Lease)
	if !found {
		left = -1
	}
	r := kvapi.Result{Lease: op.Lease, TTL: left, GrantedTTL: granted}
	if op.Flags&kvapi.FlagKeys != 0 {
		r.Keys = s.leased(op.Lease)
	}
	return r
}

// allLeases does a Leases.
func (s *Store) allLeases() kvapi.Result {
	if s.leases.Len() == 0 {
		return kvapi.Result{}
	}
	return kvapi.Result{Leases: s.leases.Keys()}
}

// attach moves a key from one lease to another; 0 is none.
func (s *Store) attach(key string, from, to kvapi.LeaseID) {
	if from == to {
		return
	}
	if from != 0 {
		s.attached.Delete(attachment(from, key))
	}
	if to != 0 {
		s.attached.Insert(attachment(to, key))
	}
}

// leased returns the keys that are attached to a lease, sorted.
func (s *Store) leased(id kvapi.LeaseID) []string {
	var keys []string
	first := attachment(id, "")
	s.attached.Ascend(first, func(a string) bool {
		if a[:len(first)] != first {
			return false
		}
		keys = append(keys, a[len(first):])
		return true
	})
	return keys
}

// attachment returns the element of attached that says that a key has a lease: those of one lease are together.
func attachment(id kvapi.LeaseID, key string) string {
	return string(append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(key)), uint64(id)), key...))
}
