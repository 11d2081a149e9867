package sim

import (
	"math/bits"
	"time"
)

// Seeded is the chooser of ordinary runs: every key has its own stream of pseudo-random integers,
// determined by the seed and the key alone. A draw more under one key leaves the others as they were,
// so that removing a fault does not change unrelated delays.
//
// It is not for secrets, and it never changes: what a seed means is part of every kept result.
type Seeded struct {
	seed uint64
	// keys and states form an open-addressed table; a zero key is a free place.
	keys, states []uint64
	used         int
	shift        uint8
}

// NewSeeded returns the chooser of the given seed.
func NewSeeded(seed uint64) *Seeded {
	s := &Seeded{}
	s.grow(1 << 8)
	s.seed = seed
	return s
}

// Reset makes s equal to NewSeeded(seed), keeping its memory.
func (s *Seeded) Reset(seed uint64) {
	clear(s.keys)
	s.used, s.seed = 0, seed
}

// scramble maps 64 bits to 64 bits, one to one, so that every input bit moves every output bit: the
// finaliser of splitmix64.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// draw returns the next 64 bits of the stream of k.
func (s *Seeded) draw(k Key) uint64 {
	packed := uint64(k.Decision)<<32 | uint64(k.From)<<16 | uint64(k.To)
	i := packed * digestAdd >> s.shift
	for s.keys[i] != packed {
		if s.keys[i] == 0 {
			i = s.insert(packed, i)
			break
		}
		i = (i + 1) & uint64(len(s.keys)-1)
	}
	s.states[i] += digestAdd
	return scramble(s.states[i])
}

// insert starts the stream of the key at the free place i and returns the place where it is now.
func (s *Seeded) insert(packed, i uint64) uint64 {
	if 2*s.used >= len(s.keys) {
		s.grow(2 * len(s.keys))
		i = s.place(packed)
	}
	s.used++
	s.keys[i] = packed
	s.states[i] = scramble(s.seed ^ scramble(packed+digestAdd))
	return i
}

// place returns the first free place for the key, which is not in the table.
func (s *Seeded) place(packed uint64) uint64 {
	i := packed * digestAdd >> s.shift
	for s.keys[i] != 0 {
		i = (i + 1) & uint64(len(s.keys)-1)
	}
	return i
}

// grow moves the table into one of n places, a power of two.
func (s *Seeded) grow(n int) {
	keys, states := s.keys, s.states
	s.keys, s.states = make([]uint64, n), make([]uint64, n)
	s.shift = uint8(64 - bits.TrailingZeros(uint(n)))
	for j, k := range keys {
		if k != 0 {
			i := s.place(k)
			s.keys[i], s.states[i] = k, states[j]
		}
	}
}

// below returns the next number of the stream of k in 0 … n-1, n > 0.
func (s *Seeded) below(k Key, n uint64) uint64 {
	hi, _ := bits.Mul64(s.draw(k), n)
	return hi
}

// Index implements [Chooser], evenly.
func (s *Seeded) Index(k Key, n int) int { return int(s.below(k, uint64(n))) }

// Chance implements [Chooser].
func (s *Seeded) Chance(k Key, p Ratio) bool { return s.below(k, uint64(Always)) < uint64(p) }

// Span implements [Chooser], evenly.
func (s *Seeded) Span(k Key, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(s.below(k, uint64(hi-lo)+1))
}

// CloneInto makes dst an independent copy of s that draws the same numbers from here on.
func (s *Seeded) CloneInto(dst *Seeded) {
	dst.seed, dst.used, dst.shift = s.seed, s.used, s.shift
	dst.keys = append(dst.keys[:0], s.keys...)
	dst.states = append(dst.states[:0], s.states...)
}
