// Package zab is ZAB, the atomic broadcast of ZooKeeper, as a state machine that only steps.
//
// A [Peer] is given events and adds effects; the machine that contains it owns everything around it. After each step
// the machine takes what has become available:
//
//	peer.Step(now, ev, out)
//	if s, ok := peer.TakeRestore(); ok {
//		state.Load(s.State)
//	}
//	for _, t := range peer.NextCommitted(64) {
//		state.Apply(t)
//		index++
//		peer.Applied(index)
//	}
//	for _, f := range peer.TakeForwarded() {
//		handle(f.From, f.Body)
//	}
//
// One file is about each phase: election (Fast Leader Election), discovery, synchronization, broadcast (ZAB 2011 §IV).
// Terms are those of Apache ZooKeeper, whose classes are named at the functions that follow them; where ZooKeeper is
// known to be wrong the paper is followed: only what is committed is in a snapshot, an interrupted synchronization
// leaves nothing behind, and each write of a synchronization is durable before the next.
//
// Servers talk over FIFO channels. A server does what it has promised to do only when the disk has it. The decisions
// that safety rests on are the fields of [Rules], so that a known bug is one replaced function. The invariants are
// checked from outside, by a [Ghost] that reads what servers write and send.
//
// Quorums can be majorities, weighted or hierarchical, there can be observers, and a reconfig changes who takes part.
// The package has no sessions, watches or requests: that is package zkserver.
package zab
