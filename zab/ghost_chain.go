package zab

import "schism/sim"

// link2 is a transaction as the ghost remembers it, with the hash of the history up to it.
type link2 struct {
	zxid Zxid
	hash sim.Digest
}

// chain is a history as the ghost remembers it: links[0] stands for everything up to base.
type chain struct {
	base  Index
	links []link2
}

func (c *chain) last() Index { return c.base + Index(len(c.links)-1) }

func (c *chain) end() Position { return Position{c.links[len(c.links)-1].zxid, c.last()} }

// holds reports whether the history holds x at i, or has compacted i away.
func (c *chain) holds(i Index, x link2) bool {
	return i < c.base || i <= c.last() && c.links[i-c.base] == x
}

// put makes x the transaction at i, and the last one unless it was there already.
func (c *chain) put(i Index, x link2) {
	switch {
	case i <= c.base || i > c.last()+1 || i <= c.last() && c.links[i-c.base] == x:
		return
	case i <= c.last():
		c.links = c.links[:i-c.base]
	}
	c.links = append(c.links, x)
}

// cut removes what follows i.
func (c *chain) cut(i Index) {
	if i >= c.base && i < c.last() {
		c.links = c.links[:i-c.base+1]
	}
}

// rebase makes the history begin after i: what follows stays if x is there.
func (c *chain) rebase(i Index, x link2) {
	if i >= c.base && i <= c.last() && c.links[i-c.base].zxid == x.zxid {
		c.links = c.links[:copy(c.links, c.links[i-c.base:])]
		c.base = i
		return
	}
	c.base, c.links = i, append(c.links[:0], x)
}

func (c *chain) copyFrom(o *chain) { c.base, c.links = o.base, append(c.links[:0], o.links...) }

// holdings is what a disk holds, or will hold, of a peer.
type holdings struct {
	accepted, current Epoch
	history           chain
	// snapshot is up to where the snapshot goes.
	snapshot Index
}

// written is one write on its way to a disk.
type written struct {
	seq  sim.WriteSeq
	kind writtenKind
	at   Index
	link link2
	// epoch is that of an epoch file.
	epoch Epoch
}

type writtenKind uint8

const (
	wroteTxn writtenKind = iota
	wroteCut
	wroteBase
	wroteAccepted
	wroteCurrent
	wroteSnapshot
	wroteAll // what a restart has read: it is durable as a whole, or not at all
)

// apply changes h as the write does; whole is what a restart has read.
func (h *holdings) apply(w *written, whole *holdings) {
	switch w.kind {
	case wroteTxn:
		h.history.put(w.at, w.link)
	case wroteCut:
		h.history.cut(w.at)
	case wroteBase:
		h.history.rebase(w.at, w.link)
	case wroteAccepted:
		h.accepted = w.epoch
	case wroteCurrent:
		h.current = w.epoch
	case wroteSnapshot:
		h.snapshot = w.at
	case wroteAll:
		h.accepted, h.current, h.snapshot = whole.accepted, whole.current, whole.snapshot
		h.history.copyFrom(&whole.history)
	}
}
