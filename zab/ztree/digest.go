package ztree

import (
	"fmt"
	"math/bits"
)

// Digest is a 64-bit hash of a state, for finding differences.
type Digest uint64

// Two odd constants with evenly spread bits: the fractional parts of √2 and of e.
const (
	digestAdd = 0x6a09e667f3bcc909
	digestMul = 0xb7e151628aed2a6b
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

// digest returns the node's share of the sum.
func (n *node) digest() Digest {
	s := &n.stat
	d := n.place.text(n.data).mix(uint64(s.Czxid)).mix(uint64(s.Mzxid)).mix(uint64(s.Pzxid))
	d = d.mix(uint64(s.Ctime)).mix(uint64(s.Mtime)).mix(uint64(s.EphemeralOwner))
	d = d.mix(uint64(uint32(s.Version))<<32 | uint64(uint32(s.Aversion)))
	d = d.mix(uint64(uint32(n.creates))<<32 | uint64(len(n.acl)))
	for i := range n.acl {
		d = d.mix(uint64(n.acl[i].Perms)).text(n.acl[i].Scheme).text(n.acl[i].ID)
	}
	return d
}

// digest returns the session's share of the sum.
func (s session) digest() Digest { return Digest(2).mix(uint64(s.id)).mix(uint64(s.timeout)) }

// Digest returns the digest of all nodes and sessions: servers that have applied the same transactions have the
// same. It costs the same however large the tree is.
func (t *Tree) Digest() Digest {
	return t.sum.mix(uint64(t.nodes)).mix(uint64(len(t.sessions)))
}
