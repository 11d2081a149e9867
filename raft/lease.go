package raft

import (
	"time"

	"schism/raft/quorum"
	"schism/sim"
)

// lease is what makes a read without a round of messages safe (thesis §6.4.1). A follower that answers a leader owes
// it loyalty for Config.Lease from then on: it helps nobody to replace it. Hence a leader that a quorum has answered
// is the only one until the first of them is free, and counts that time from before they can have begun to count:
//
//		leader    round 7 begins |-------- lease --------|
//		follower          hears it |------------ loyal ------------|
//
//	 1. begun is in ascending order of rounds and of times, and has at most maxBegun elements.
//	 2. On a node that does not lead begun is empty, until is 0 and over is false.
type lease struct {
	// begun are rounds that no quorum has answered yet: of heartbeats and of reads that found no lease. Others, and
	// those that found no room, are taken for the one before, which began earlier.
	begun []begunRound
	// until is when the lease ends, on the node's own clock; 0 if there never was one in this term.
	until sim.Time
	// over says that the leader has told another to campaign: in this term it relies on nobody's loyalty any more,
	// since that message may arrive late.
	over bool
	// loyal is until when a node, whatever its term, helps nobody to replace the leader it has answered; 0 if it has
	// answered none. After a restart it may have answered one just before.
	loyal sim.Time
}

// begunRound is a round and the time at which it began, before any of its messages was sent.
type begunRound struct {
	round Round
	at    sim.Time
}

// maxBegun bounds the rounds of which a leader remembers when they began.
const maxBegun = 16

// LeaseRead asks for an index that is safe to read at, as ReadIndex does, and lets the lease of the leader confirm it
// at once if there is one; if not, it is a ReadIndex. now is the time of the step that asks: the node may not have been
// stepped for long.
func (n *Node) LeaseRead(now sim.Time, id ReadID, out *sim.Effects) bool {
	if !n.LeaseHeld(now) {
		before := n.reads.round
		ok := n.ReadIndex(id, out)
		if n.reads.round > before {
			n.noteRound(now)
		}
		return ok
	}
	out.Decide("the lease holds", "confirm the read at once")
	out.Mark("read-by-lease")
	n.reads.finish(Read{ID: id, Index: n.commit, OK: true, Lease: true})
	return true
}

// LeaseHeld reports whether the node leads, is sure at the time now of the step in progress that nobody has led since
// its term began, and knows what is committed.
func (n *Node) LeaseHeld(now sim.Time) bool {
	if n.role != Leader || now >= n.lease.until {
		return false
	}
	committed, _ := n.log.Term(n.commit)
	return n.rules.LeaseTrusted(n.CheckQuorum, n.lease.over) &&
		n.rules.ReadAllowed(committed, n.term)
}

// noteRound remembers that the last round began at the time at, that of the step in progress: whoever answers one of
// its messages has heard from this leader since then.
func (n *Node) noteRound(at sim.Time) {
	if n.Lease > 0 && len(n.lease.begun) < maxBegun {
		n.lease.begun = append(n.lease.begun, begunRound{n.reads.round, at})
	}
}

// renewLease lets the lease begin with the last round that a quorum has answered.
func (n *Node) renewLease() {
	l := &n.lease
	if n.Lease == 0 {
		return
	}
	n.answered[n.self] = n.reads.round
	answered := quorum.CommittedIndex(n.members, n.answered)
	count := 0
	for count < len(l.begun) && l.begun[count].round <= answered {
		count++
	}
	if count == 0 {
		return
	}
	start := n.rules.LeaseStart(l.begun[count-1].at, n.now)
	l.until = max(l.until, start.Add(n.rules.LeaseLength(n.Lease, n.MaxDriftPPM)))
	l.begun = l.begun[:copy(l.begun, l.begun[count:])]
}

// dropLease forgets the lease of a leader, before and after its term.
func (n *Node) dropLease() {
	l := &n.lease
	l.begun, l.until, l.over = l.begun[:0], 0, false
}

// pledge makes the node loyal from now on to the leader that it answers. A node that restarts keeps what it may have
// pledged before.
func (n *Node) pledge() {
	if n.Lease > 0 {
		n.lease.loyal = n.now.Add(n.Lease)
	}
}

// pledged reports whether the node owes a leader loyalty, whichever it was and whatever the term is by now.
func (n *Node) pledged() bool {
	return n.CheckQuorum && n.lease.loyal != 0 && n.rules.PledgeBinds(n.lease.loyal.Sub(n.now))
}

// leaseLength is how long a leader relies, by a clock that may be slow, on loyalty that followers measure with clocks
// that may be fast. A clock that is off by d measures, in a true time t, between t(1-d) and t(1+d): of the follower's
// length the leader may use (1-d)/(1+d).
func leaseLength(length time.Duration, maxDriftPPM int32) time.Duration {
	const million = 1_000_000
	fast, slow := million+time.Duration(maxDriftPPM), million-time.Duration(maxDriftPPM)
	return length/fast*slow + length%fast*slow/fast
}
