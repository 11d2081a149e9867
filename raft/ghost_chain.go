package raft

import "schism/sim"

// link is an entry as the ghost remembers it: its term, and the hash of the log up to it and the
// membership after it. Equal hashes mean equal logs, so a log of any length is compared in one step.
type link struct {
	term   Term
	hash   sim.Digest
	config configNumber
}

// chain is a log as the ghost remembers it.
type chain struct {
	base Index
	// links[0] stands for everything up to base, links[i] for the entry base+i. Never empty.
	links []link
}

func (c *chain) reset() { c.base, c.links = 0, append(c.links[:0], link{}) }

func (c *chain) last() Index { return c.base + Index(len(c.links)-1) }

// end is the place of the last entry.
func (c *chain) end() Position { return Position{c.links[len(c.links)-1].term, c.last()} }

// at returns the link of i, which is between base and last.
func (c *chain) at(i Index) link { return c.links[i-c.base] }

// holds reports whether the log holds the entry i with the hash h, or has compacted i away.
func (c *chain) holds(i Index, h sim.Digest) bool {
	return i < c.base || i <= c.last() && c.at(i).hash == h
}

// put makes l the entry i, and the last one unless it was there already. It reports whether it
// removed others.
func (c *chain) put(i Index, l link) (cut bool) {
	switch {
	case i <= c.base || i > c.last()+1 || i <= c.last() && c.at(i).term == l.term:
		return false
	case i <= c.last():
		c.links = c.links[:i-c.base]
		cut = true
	}
	c.links = append(c.links, l)
	return cut
}

// rebase makes the log begin after i: what follows stays if the link of i is l.
func (c *chain) rebase(i Index, l link) (cut bool) {
	if i >= c.base && i <= c.last() && c.at(i).term == l.term {
		c.links = c.links[:copy(c.links, c.links[i-c.base:])]
		c.base = i
		return false
	}
	c.base, c.links = i, append(c.links[:0], l)
	return true
}

func (c *chain) copyFrom(o *chain) { c.base, c.links = o.base, append(c.links[:0], o.links...) }

// written is one record on its way to a disk.
type written struct {
	seq   sim.WriteSeq
	kind  recordKind
	index Index
	link  link // of an entry or a base; its term, of a state
	vote  sim.NodeID
	// whole is the log as a restart found it, for recordWhole.
	whole *chain
}

// recordWhole is no record: everything that a restart has read becomes durable at once.
const recordWhole recordKind = 0

// holdings is what a disk holds, or will hold, of a node.
type holdings struct {
	term Term
	vote sim.NodeID
	log  chain
}

// apply changes h as the record does, and reports whether it removed entries.
func (h *holdings) apply(w *written) (cut bool) {
	switch w.kind {
	case recordState:
		h.term, h.vote = w.link.term, w.vote
	case recordEntry:
		return h.log.put(w.index, w.link)
	case recordBase:
		return h.log.rebase(w.index, w.link)
	case recordWhole:
		h.term, h.vote = w.link.term, w.vote
		h.log.copyFrom(w.whole)
		return true
	}
	return false
}

// origins remembers for every place (index, term) at which an entry was ever written the hash of the
// log up to it.
type origins struct {
	heads []origin // by index-1
	more  []origin // further terms at one index
}

type origin struct {
	link
	next int32 // in more, from 1; 0 is none
}

// find returns what was written first at p.
func (o *origins) find(p Position) (sim.Digest, bool) {
	if p.Index == 0 || p.Index > Index(len(o.heads)) {
		return 0, false
	}
	for x := &o.heads[p.Index-1]; ; x = &o.more[x.next-1] {
		if x.term == p.Term {
			return x.hash, x.term != 0
		}
		if x.next == 0 {
			return 0, false
		}
	}
}

// add remembers h at p, where nothing was written before.
func (o *origins) add(p Position, h sim.Digest) {
	for Index(len(o.heads)) < p.Index {
		o.heads = append(o.heads, origin{})
	}
	x := &o.heads[p.Index-1]
	if x.term == 0 {
		x.link = link{term: p.Term, hash: h}
		return
	}
	o.more = append(o.more, origin{link{term: p.Term, hash: h}, x.next})
	x.next = int32(len(o.more))
}

func (o *origins) reset() { o.heads, o.more = o.heads[:0], o.more[:0] }
