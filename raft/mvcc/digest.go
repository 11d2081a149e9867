package mvcc

import (
	"fmt"
	"math/bits"

	"schism/raft/etcdapi"
)

// Digest is a 64-bit hash of a state, for finding differences.
type Digest uint64

// Two odd constants with evenly spread bits: the fractional parts of √3 and of π.
const (
	digestAdd = 0xbb67ae8584caa73b
	digestMul = 0x243f6a8885a308d3
)

// String prints d as 16 hexadecimal digits.
func (d Digest) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// mix returns d with x folded in.
func (d Digest) mix(x uint64) Digest {
	hi, lo := bits.Mul64(uint64(d)^x^digestAdd, digestMul)
	return Digest(hi ^ lo)
}

// text returns d with the length and the content of s folded in.
func (d Digest) text(s string) Digest {
	d = d.mix(uint64(len(s)))
	for len(s) >= 8 {
		d = d.mix(uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56)
		s = s[8:]
	}
	if len(s) == 0 {
		return d
	}
	var word uint64
	for i := range len(s) {
		word |= uint64(s[i]) << (8 * i)
	}
	return d.mix(word)
}

// digest returns the change's share of the sum.
func (c *change) digest() Digest {
	d := Digest(1).mix(uint64(c.at())).text(c.kv.Key)
	if c.deleted {
		d++
	}
	d = d.text(c.kv.Value).mix(uint64(c.kv.CreateRevision)).mix(uint64(c.kv.Version))
	return d.mix(uint64(c.kv.Lease))
}

// Digest returns the digest of everything that the store has: servers that have applied the same operations have the
// same. It costs the same however large the store is.
func (s *Store) Digest() Digest {
	return s.logSum.mix(uint64(s.leaseSum)).mix(uint64(s.revision)).mix(uint64(s.compacted)).mix(uint64(s.named))
}

// hash does a HashKV: of all changes that can be seen and were made until revision r. So it is the same at all servers
// that have the same compacted revision, whatever else they have by now. It costs as much as there are changes after r.
func (s *Store) hash(r etcdapi.Revision) etcdapi.Result {
	if r <= 0 {
		r = s.revision
	}
	switch {
	case r > s.revision:
		return s.failed(etcdapi.ErrFutureRev)
	case s.rules.Compacted(r, s.compacted):
		return s.failed(etcdapi.ErrCompacted)
	}
	sum := s.logSum
	s.log.Ascend(placeOf(r+1), func(_ place, c *change) bool {
		sum -= c.digest()
		return true
	})
	d := Digest(3).mix(uint64(sum)).mix(uint64(s.compacted)).mix(uint64(r))
	return etcdapi.Result{Hash: uint64(d), Compacted: s.compacted}
}
