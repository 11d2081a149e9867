// Package quorum decides when enough members of a cluster agree.
//
// Members are numbered by slots, small integers that the caller assigns, so that a set of them is one machine
// word and every question is a few instructions. A configuration is a [Majority] or, while membership changes, a
// [Joint] of two, in which both halves have to agree (Raft thesis §4.3).
//
//	five := quorum.Joint{Incoming: quorum.First(5)}
//	yes := quorum.Members(0).With(0).With(2).With(3)
//	five.VoteResult(yes, 0) // Won
//	quorum.CommittedIndex(five, []uint64{7, 3, 7, 6, 2}) // 6
//
// The package knows nothing of terms, logs or messages.
package quorum

import "math/bits"

// Slot numbers a member of a cluster, from 0 to MaxMembers-1.
type Slot uint8

// MaxMembers is the largest number of slots.
const MaxMembers = 32

// Members is a set of slots.
type Members uint32

// First returns the set of the first n slots.
func First(n int) Members { return Members(1<<uint(n) - 1) }

// With returns m with s in it.
func (m Members) With(s Slot) Members { return m | 1<<s }

// Without returns m with s not in it.
func (m Members) Without(s Slot) Members { return m &^ (1 << s) }

// Has reports whether s is in m.
func (m Members) Has(s Slot) bool { return m>>s&1 != 0 }

// Len returns the number of members.
func (m Members) Len() int { return bits.OnesCount32(uint32(m)) }

// Result is what the votes so far decide.
type Result uint8

// The results of a vote.
const (
	// Pending means that the missing votes decide.
	Pending Result = iota
	// Lost means that a quorum can no longer be reached.
	Lost
	// Won means that a quorum has voted yes.
	Won
)

// String returns "pending", "lost" or "won".
func (r Result) String() string { return [...]string{"pending", "lost", "won"}[r] }

// Majority is a configuration in which more than half of the members make a quorum. The empty one agrees with
// everything, so that a Joint with no Outgoing half behaves like its Incoming one.
type Majority = Members

// Quorum returns the smallest number of members that make a quorum: n/2+1 of n.
func (m Members) Quorum() int { return m.Len()/2 + 1 }

// VoteResult says what the votes yes and no decide, of which those of others than members do not count.
func (m Members) VoteResult(yes, no Members) Result {
	switch n := m.Len(); {
	case n == 0 || (yes&m).Len() >= m.Quorum():
		return Won
	case (no & m).Len() > n-m.Quorum():
		return Lost
	}
	return Pending
}

// Joint is a configuration in which a quorum needs a majority of both halves. Outgoing is empty except during a
// change of membership.
type Joint struct {
	Incoming, Outgoing Majority
}

// Members returns everyone who is in either half.
func (j Joint) Members() Members { return j.Incoming | j.Outgoing }

// VoteResult says what the votes yes and no decide: both halves must be won, and one that is lost decides.
func (j Joint) VoteResult(yes, no Members) Result {
	in, out := j.Incoming.VoteResult(yes, no), j.Outgoing.VoteResult(yes, no)
	switch {
	case in == out:
		return in
	case in == Lost || out == Lost:
		return Lost
	}
	return Pending
}

// CommittedIndex returns the largest index that a quorum of j has acknowledged, where acked is indexed by slot.
// For an empty configuration it returns 0.
func CommittedIndex[I ~uint64](j Joint, acked []I) I {
	in := majorityIndex(j.Incoming, acked)
	if j.Outgoing == 0 {
		return in
	}
	return min(in, majorityIndex(j.Outgoing, acked))
}

// majorityIndex returns the quorum-th largest of the members' values: sorted downwards, the values at and before
// that place are those of a quorum.
//
//	acked 7 3 7 6 2, quorum 3: 7 7 [6] 3 2
func majorityIndex[I ~uint64](m Majority, acked []I) I {
	if m == 0 {
		return 0
	}
	var few [8]I
	sorted := few[:]
	if len(acked) > len(few) {
		sorted = make([]I, len(acked))
	}
	n := 0
	for s, v := range acked {
		if !m.Has(Slot(s)) {
			continue
		}
		i := n
		for ; i > 0 && sorted[i-1] < v; i-- {
			sorted[i] = sorted[i-1]
		}
		sorted[i] = v
		n++
	}
	return sorted[m.Quorum()-1]
}
