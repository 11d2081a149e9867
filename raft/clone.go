package raft

import (
	"encoding/binary"
	"slices"

	"schism/sim"
)

// Clone returns an independent copy of n. It shares the entries of the log.
func (n *Node) Clone() *Node { return n.CloneInto(&Node{}) }

// CloneInto makes c an independent copy of n and returns it. It shares the entries of the log, and uses the
// memory of c, which is a zero Node or one that nobody needs any more.
func (n *Node) CloneInto(c *Node) *Node {
	old := *c
	*c = *n
	c.log = n.log.clone()
	c.disk.wal = n.disk.wal.Clone()
	c.disk.scratch = old.disk.scratch
	c.configs.list = append(old.configs.list[:0], n.configs.list...)
	c.peers = append(old.peers[:0], n.peers...)
	c.match = append(old.match[:0], n.match...)
	c.answered = append(old.answered[:0], n.answered...)
	c.reads.pending = append(old.reads.pending[:0], n.reads.pending...)
	c.reads.done = append(old.reads.done[:0], n.reads.done...)
	c.lease.begun = append(old.lease.begun[:0], n.lease.begun...)
	c.snapshots.incoming = slices.Clip(n.snapshots.incoming)
	if c.mail = old.mail; c.mail == nil || c.mail == n.Mail {
		c.mail = &Mail{}
	}
	return c
}

// encoder appends the fields of a state.
type encoder struct{ b []byte }

func (e *encoder) u64(xs ...uint64) {
	for _, x := range xs {
		e.b = binary.LittleEndian.AppendUint64(e.b, x)
	}
}

func (e *encoder) bytes(p []byte) {
	e.u64(uint64(len(p)))
	e.b = append(e.b, p...)
}

func (e *encoder) position(p Position) { e.u64(uint64(p.Term), uint64(p.Index)) }

func (e *encoder) image(m *image) {
	e.position(m.last)
	e.config(&m.config)
	e.bytes(m.file)
}

func (e *encoder) config(c *config) {
	e.u64(uint64(c.index), uint64(c.Voters.Incoming)<<32|uint64(c.Voters.Outgoing))
	e.u64(uint64(c.Learners)<<32|uint64(c.LearnersNext), sim.Bit(c.AutoLeave))
}

// AppendHash appends a canonical encoding of the state to b. Two nodes of one configuration that
// append equal bytes behave equally from then on.
func (n *Node) AppendHash(b []byte) []byte {
	e := encoder{b}
	e.u64(uint64(n.term), uint64(n.vote), uint64(n.role), uint64(n.leader))
	e.u64(uint64(n.commit), uint64(n.handed), uint64(n.applied))
	e.u64(uint64(n.contact), uint64(n.armed)) // now is set by every step
	e.u64(uint64(n.granted), uint64(n.refused), uint64(n.active), uint64(n.before))
	n.configs.encode(&e)
	e.u64(uint64(n.members.Incoming)<<32|uint64(n.members.Outgoing), uint64(n.followers), sim.Bit(n.unsettled))
	e.u64(uint64(n.uncommitted))
	n.log.encode(&e)
	n.disk.encode(&e)
	for i := range n.peers {
		n.peers[i].encode(&e)
		e.u64(uint64(n.match[i]), uint64(n.answered[i]))
	}
	n.reads.encode(&e)
	n.lease.encode(&e)
	e.u64(uint64(n.transfer.to), uint64(n.transfer.begun))
	n.snapshots.encode(&e)
	return e.b
}

func (l *Log) encode(e *encoder) {
	e.position(l.base)
	e.u64(uint64(len(l.entries)))
	for i := range l.entries {
		x := &l.entries[i]
		e.u64(uint64(x.Term), uint64(x.Index), uint64(x.Type))
		e.bytes(x.Data)
	}
}

func (d *disk) encode(e *encoder) {
	e.b = d.wal.AppendHash(e.b)
	e.u64(uint64(d.durable), sim.Bit(d.dirty), sim.Bit(d.snapshot), uint64(d.segment), sim.Bit(d.unfit))
	e.u64(sim.Bit(d.busy), uint64(d.token), uint64(d.covers.last), uint64(d.covers.term))
	e.u64(sim.Bit(d.covers.snapshot), uint64(d.covers.segment))
}

func (c *configs) encode(e *encoder) {
	e.config(&c.now)
	e.u64(uint64(len(c.list)))
	for i := range c.list {
		e.config(&c.list[i])
	}
}

func (p *peer) encode(e *encoder) {
	e.u64(uint64(p.next), uint64(p.session), uint64(p.flow), sim.Bit(p.paused), uint64(p.beat), uint64(p.inflight))
	e.image(&p.sending)
	e.u64(uint64(p.offset), sim.Bit(p.moved))
}

func (q *reads) encode(e *encoder) {
	e.u64(uint64(q.round), uint64(q.unregistered), uint64(q.taken), q.finished)
	e.u64(uint64(len(q.pending)))
	for _, p := range q.pending {
		e.u64(uint64(p.id), uint64(p.index), uint64(p.round))
	}
	e.u64(uint64(len(q.done)))
	for _, r := range q.done {
		e.u64(uint64(r.ID), uint64(r.Index), sim.Bit(r.OK)<<1|sim.Bit(r.Lease))
	}
}

func (l *lease) encode(e *encoder) {
	e.u64(uint64(l.until), sim.Bit(l.over), uint64(l.loyal), uint64(len(l.begun)))
	for _, b := range l.begun {
		e.u64(uint64(b.round), uint64(b.at))
	}
}

func (s *snapshots) encode(e *encoder) {
	e.image(&s.last)
	e.image(&s.saving)
	e.bytes(s.incoming)
	e.position(s.of.Last)
	e.u64(uint64(s.of.Size), uint64(s.of.Sum), uint64(s.term), uint64(s.session))
	e.u64(sim.Bit(s.received), sim.Bit(s.restore))
}

var _ sim.Leader = (*Node)(nil)
