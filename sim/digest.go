package sim

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
)

// Digest is a chained 64-bit hash: of a run, over every event and every effect, or of a message
// or a state. It is for finding differences, not for resisting an adversary.
type Digest uint64

// Two odd constants with evenly spread bits: the fractional parts of the golden ratio and of √3.
const (
	digestAdd = 0x9e3779b97f4a7c15
	digestMul = 0xbb67ae8584caa73b
)

// Mix returns d with x folded in: one 64×64→128-bit multiplication, both halves kept.
func (d Digest) Mix(x uint64) Digest {
	hi, lo := bits.Mul64(uint64(d)^x^digestAdd, digestMul)
	return Digest(hi ^ lo)
}

// MixBytes returns d with the length and the content of b folded in.
func (d Digest) MixBytes(b []byte) Digest {
	d = d.Mix(uint64(len(b)))
	rest := b
	for ; len(rest) >= 8; rest = rest[8:] {
		d = d.Mix(binary.LittleEndian.Uint64(rest))
	}
	switch n := len(rest); {
	case n == 0:
	case len(b) > 8: // the last eight bytes end with the rest
		d = d.Mix(binary.LittleEndian.Uint64(b[len(b)-8:]) >> (64 - 8*n))
	default:
		var tail uint64
		for i, c := range rest {
			tail |= uint64(c) << (8 * i)
		}
		d = d.Mix(tail)
	}
	return d
}

// MixString returns d with the length and the content of s folded in, as MixBytes does.
func (d Digest) MixString(s string) Digest {
	d = d.Mix(uint64(len(s)))
	rest := s
	for ; len(rest) >= 8; rest = rest[8:] {
		d = d.Mix(word(rest))
	}
	switch n := len(rest); {
	case n == 0:
	case len(s) > 8:
		d = d.Mix(word(s[len(s)-8:]) >> (64 - 8*n))
	default:
		var tail uint64
		for i := range n {
			tail |= uint64(rest[i]) << (8 * i)
		}
		d = d.Mix(tail)
	}
	return d
}

// word returns the first eight bytes of s as a little-endian number.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Bit returns 1 for true and 0 for false, as digests and hashes take it.
func Bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// String prints d as 16 hexadecimal digits.
func (d Digest) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// ParseDigest reads what String writes: up to 16 hexadecimal digits.
func ParseDigest(s string) (Digest, error) {
	v, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("digest %q: want up to 16 hexadecimal digits", s)
	}
	return Digest(v), nil
}
