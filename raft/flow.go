package raft

import "schism/raft/quorum"

// size is what an entry counts for in every limit of bytes.
func (e *Entry) size() int { return len(e.Data) }

// sizeOf returns how many bytes the entries count for.
func sizeOf(es []Entry) (size int) {
	for i := range es {
		size += es[i].size()
	}
	return size
}

// fitting returns how many of the entries fit into limit bytes; the first does in any case.
func fitting(es []Entry, limit int) int {
	size := 0
	for i := range es {
		if size += es[i].size(); size > limit && i > 0 {
			return i
		}
	}
	return len(es)
}

// setFlow makes flow the way in which entries are sent to a follower. What was under way to it is forgotten.
func (n *Node) setFlow(p *peer, f flow) {
	p.flow, p.paused, p.inflight = f, false, n.rules.InflightKept(p.inflight)
}

// landed takes what the follower at slot has acknowledged off what is under way to it. Part of that may be compacted
// here by now.
func (n *Node) landed(slot quorum.Slot) {
	p, match := &n.peers[slot], n.match[slot]
	switch {
	case p.flow != replicating || p.inflight == 0:
	case match+1 >= p.next:
		p.inflight = 0
	default:
		base := n.log.base.Index
		p.inflight = sizeOf(n.log.Entries(max(match, base), max(p.next-1, base)))
	}
}

// refuses reports whether a leader has too much uncommitted to take a proposal of so many bytes. A single one may be of
// any size.
func (n *Node) refuses(size int) bool {
	return n.log.LastIndex() >= n.commit+Index(n.MaxUncommitted) ||
		n.uncommitted > 0 && n.uncommitted+size > n.MaxUncommittedBytes
}
