// Package digest is a 64-bit hash of the state of a store, for finding differences between replicas. It is a sum or a
// chain, as its user likes: a store adds up the digests of its parts, so that a change costs as much as the parts that
// it is about. It protects from nobody.
package digest

import (
	"fmt"
	"math/bits"
)

// Digest is a 64-bit hash of a state.
type Digest uint64

// Two odd constants with evenly spread bits: the fractional parts of √2 and of e.
const (
	addend = 0x6a09e667f3bcc909
	factor = 0xb7e151628aed2a6b
)

// String prints d as 16 hexadecimal digits.
func (d Digest) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// Mix returns d with x folded in.
func (d Digest) Mix(x uint64) Digest {
	hi, lo := bits.Mul64(uint64(d)^x^addend, factor)
	return Digest(hi ^ lo)
}

// Text returns d with the length and the content of s folded in.
func (d Digest) Text(s string) Digest {
	d = d.Mix(uint64(len(s)))
	for len(s) >= 8 {
		d = d.Mix(uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
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
	return d.Mix(word)
}
