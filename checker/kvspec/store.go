package kvspec

import (
	"fmt"
	"slices"
	"strings"

	"schism/raft/kvapi"
	"schism/sim"
)

// store is a single copy of the store. It is never changed.
//
//  1. leases are those that were granted and are not known to be gone, ascending; every lease of a key is among them.
//  2. compacted is the least revision that can be asked for, 0 if nothing was compacted.
type store struct {
	now       *version
	compacted kvapi.Revision
	leases    []kvapi.LeaseID
}

// version is the keys as they were at a revision.
//
//  1. before is the version of the revision before, nil at the first.
//  2. jump is an older version, the first one's is itself: it makes the way to any of them short (Myers, 1983).
//  3. hash is one of all versions up to this.
type version struct {
	revision     kvapi.Revision
	keys         *node
	before, jump *version
	hash         sim.Digest
}

// newStore returns an empty store.
func newStore() *store {
	v := &version{revision: kvapi.FirstRevision}
	v.jump = v
	return &store{now: v}
}

// at returns the version of a revision that is not after v.
func (v *version) at(r kvapi.Revision) *version {
	for v.revision > r && v.before != nil {
		if v.jump.revision >= r {
			v = v.jump
		} else {
			v = v.before
		}
	}
	return v
}

// equal reports whether all versions up to two are the same.
func (v *version) equal(o *version) bool {
	for v != o {
		if v == nil || o == nil || v.hash != o.hash || v.revision != o.revision || !v.keys.equal(o.keys) {
			return false
		}
		v, o = v.before, o.before
	}
	return true
}

// with returns the store after a change, which has the next revision.
func (s *store) with(keys *node) *store {
	was := s.now
	both := &struct {
		store
		version
	}{store{compacted: s.compacted, leases: s.leases}, version{revision: was.revision + 1, keys: keys, before: was,
		jump: was, hash: was.hash.Mix(uint64(keys.digest()))}} // one piece of memory
	if j := was.jump; was.revision-j.revision == j.revision-j.jump.revision {
		both.jump = j.jump
	}
	both.now = &both.version
	return &both.store
}

// live reports whether a lease may be there.
func (s *store) live(lease kvapi.LeaseID) bool {
	_, found := slices.BinarySearch(s.leases, lease)
	return found
}

// attached returns the keys of a lease, ascending.
func (s *store) attached(lease kvapi.LeaseID) []string {
	if !s.live(lease) {
		return nil
	}
	return s.now.keys.attached(lease, nil)
}

// holding returns the leases that have keys.
func (s *store) holding() (leases []kvapi.LeaseID) {
	for _, l := range s.leases {
		if len(s.attached(l)) > 0 {
			leases = append(leases, l)
		}
	}
	return leases
}

// grant returns the store with one more lease.
func (s *store) grant(lease kvapi.LeaseID) *store {
	c := *s
	i, found := slices.BinarySearch(s.leases, lease)
	if !found {
		c.leases = slices.Insert(slices.Clone(s.leases), i, lease)
	}
	return &c
}

// end returns the store without a lease and its keys, which all go with one revision.
func (s *store) end(lease kvapi.LeaseID) *store {
	c := *s
	if i, found := slices.BinarySearch(s.leases, lease); found {
		c.leases = slices.Delete(slices.Clone(s.leases), i, i+1)
	}
	keys := s.now.keys
	gone := s.attached(lease)
	for _, k := range gone {
		keys = keys.without(k)
	}
	if len(gone) == 0 {
		return &c
	}
	return c.with(keys)
}

// equal reports whether nothing can tell s and o apart.
func (s *store) equal(o *store) bool {
	return s == o || s.compacted == o.compacted && slices.Equal(s.leases, o.leases) && s.now.equal(o.now)
}

// digest returns a hash of the store.
func (s *store) digest() sim.Digest {
	d := s.now.hash.Mix(uint64(s.now.revision)).Mix(uint64(s.compacted))
	for _, l := range s.leases {
		d = d.Mix(uint64(l))
	}
	return d
}

// String returns the revision and the keys, "r12: x=17 v3, y=5 v1 lease 4d2".
func (s *store) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "r%d", s.now.revision)
	for i, kv := range s.now.keys.all(everything, nil) {
		fmt.Fprintf(&b, "%c %s=%s v%d", ":,"[min(i, 1)], kv.Key, kv.Value, kv.Version)
		if kv.Lease != 0 {
			fmt.Fprintf(&b, " lease %v", kv.Lease)
		}
	}
	return b.String()
}
