// Package raft is the Raft consensus protocol as a state machine that only steps.
//
// A [Node] is given events and adds effects; the machine that contains it owns everything around it.
// After each step the machine takes what has become available:
//
//	node.Step(now, ev, out)
//	if s, ok := node.TakeRestore(); ok {
//		state.Load(s.State)
//	}
//	for _, e := range node.NextCommitted(64) {
//		state.Apply(e.Data)
//		node.Applied(e.Index)
//	}
//	for _, r := range node.TakeReads() {
//		answer(r)
//	}
//
// It has elections with pre-votes, the check of the quorum and loyalty to a live leader; replication
// in batches and without waiting for answers; a leader that writes its log while its followers do;
// snapshots, sent in chunks, and compaction; linearizable reads without writing, confirmed by a round
// of messages or by a lease; the handing over of leadership; learners, and changes of the [Membership]
// by one server at a time or through a joint one, in force when they are appended or when they are
// applied ([ConfigTime]).
//
// What a node promises it promises only when the disk has it: a vote and an acknowledgement leave
// when everything written before is durable. The decisions that safety rests on are the fields of
// [Rules], so that a known bug is one replaced function. The invariants are checked from outside, by
// a [Ghost] that reads what nodes write and send.
//
// It has no clock and no random numbers (the world draws the election timeouts), does no I/O, and
// does not apply entries, keep client sessions or route requests: that is package kvserver.
package raft
