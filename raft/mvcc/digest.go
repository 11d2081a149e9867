package mvcc

import (
	"schism/raft/kvapi"
	"schism/sim/digest"
)

// Digest is a 64-bit hash of a state, for finding differences.
type Digest = digest.Digest

// digest returns the change's share of the sum.
func (c *change) digest() Digest {
	d := Digest(1).Mix(uint64(c.at())).Text(c.kv.Key)
	if c.deleted {
		d++
	}
	d = d.Text(c.kv.Value).Mix(uint64(c.kv.CreateRevision)).Mix(uint64(c.kv.Version))
	return d.Mix(uint64(c.kv.Lease))
}

// Digest returns the digest of everything that the store has: servers that have applied the same operations have the
// same. It costs the same however large the store is.
func (s *Store) Digest() Digest {
	return s.logSum.Mix(uint64(s.leaseSum)).Mix(uint64(s.revision)).Mix(uint64(s.compacted)).Mix(uint64(s.named))
}

// hash does a HashKV: of all changes that can be seen and were made until revision r. So it is the same at all servers
// that have the same compacted revision, whatever else they have by now. It costs as much as there are changes after r.
func (s *Store) hash(r kvapi.Revision) kvapi.Result {
	if r <= 0 {
		r = s.revision
	}
	switch {
	case r > s.revision:
		return s.failed(kvapi.ErrFutureRev)
	case s.rules.Compacted(r, s.compacted):
		return s.failed(kvapi.ErrCompacted)
	}
	sum := s.logSum
	s.log.Ascend(placeOf(r+1), func(_ place, c *change) bool {
		sum -= c.digest()
		return true
	})
	return kvapi.Result{Hash: uint64(Digest(3).Mix(uint64(sum))), Compacted: s.compacted}
}
