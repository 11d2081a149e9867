package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// reads are the linearizable reads that a leader confirms, in order of their registration.
type reads struct {
	// round is the last round begun.
	round Round
	// pending wait for a quorum to answer their round; those from unregistered on wait for the
	// leader to commit in its term, before which it does not know what is committed.
	pending      []pendingRead
	unregistered int // how many at the end of pending
	// done are answered; those before taken have been taken, and go with the next step. finished
	// counts all that ever were.
	done     []Read
	taken    int
	finished uint64
}

// pendingRead is a read with the commit index at its registration and the round that confirms it.
type pendingRead struct {
	id    ReadID
	index Index
	round Round
}

// ReadIndex asks a leader for an index that is safe to read at: once the node is sure that it led
// when this was called, TakeReads returns the commit index of that time (Raft §8, thesis §6.4). It
// returns false on a node that is not the leader, and on one with too many reads waiting.
func (n *Node) ReadIndex(id ReadID, out *sim.Effects) bool {
	if n.role != Leader || len(n.reads.pending) >= n.MaxReads {
		return false
	}
	committed, _ := n.log.Term(n.commit)
	if !n.rules.ReadAllowed(committed, n.term) {
		n.reads.pending = append(n.reads.pending, pendingRead{id: id})
		n.reads.unregistered++
		return true
	}
	n.reads.pending = append(n.reads.pending, pendingRead{id, n.commit, n.reads.round + 1})
	n.confirmRound(out)
	n.confirmReads()
	return true
}

// TakeReads returns the reads that have been answered since it was last called, in the order in which
// they were asked, but for those that a lease has confirmed at once. The slice is valid until the next call or step.
func (n *Node) TakeReads() []Read {
	r := n.reads.done[n.reads.taken:]
	n.reads.taken = len(n.reads.done)
	return r
}

// registerWaiting registers the reads that waited for a commit in this term.
func (n *Node) registerWaiting(out *sim.Effects) {
	q := &n.reads
	if q.unregistered == 0 {
		return
	}
	for i := len(q.pending) - q.unregistered; i < len(q.pending); i++ {
		q.pending[i].index, q.pending[i].round = n.commit, q.round+1
	}
	q.unregistered = 0
	n.confirmRound(out)
	n.confirmReads()
}

// confirmReads finishes the reads whose round a quorum has answered.
func (n *Node) confirmReads() {
	q := &n.reads
	registered := len(q.pending) - q.unregistered
	if registered == 0 {
		return
	}
	n.answered[n.self] = q.round
	answered := quorum.CommittedIndex(n.members, n.answered)
	count := 0
	for count < registered && n.rules.ReadConfirmed(answered, q.pending[count].round) {
		q.finish(q.pending[count].answer(true))
		count++
	}
	q.pending = q.pending[:copy(q.pending, q.pending[count:])]
}

// answer returns the answer to p.
func (p *pendingRead) answer(ok bool) Read { return Read{ID: p.id, Index: p.index, OK: ok} }

// finish adds an answer to those to be taken.
func (q *reads) finish(r Read) {
	q.done = append(q.done, r)
	q.finished++
}

// reject answers every pending read in the negative.
func (q *reads) reject() {
	for i := range q.pending {
		q.finish(q.pending[i].answer(false))
	}
	q.pending, q.unregistered = q.pending[:0], 0
}

// forget drops the answers that have been taken.
func (q *reads) forget() {
	if q.taken == len(q.done) {
		q.done, q.taken = q.done[:0], 0
	}
}
