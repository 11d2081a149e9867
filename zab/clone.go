package zab

import (
	"encoding/binary"
	"slices"

	"schism/sim"
)

// Clone returns an independent copy of p. It shares the transactions of the history.
func (p *Peer) Clone() *Peer { return p.CloneInto(&Peer{}) }

// CloneInto makes c an independent copy of p and returns it. It shares the transactions of the history, and uses the
// memory of c, which is a zero Peer or one that nobody needs any more.
func (p *Peer) CloneInto(c *Peer) *Peer {
	old := *c
	*c = *p
	c.history = p.history.clone()
	c.disk.wal = p.disk.wal.Clone()
	c.disk.scratch = old.disk.scratch
	c.disk.waiting = append(old.disk.waiting[:0], p.disk.waiting...)
	c.disk.covered = append(old.disk.covered[:0], p.disk.covered...)
	c.election.received = append(old.election.received[:0], p.election.received...)
	c.election.settled = append(old.election.settled[:0], p.election.settled...)
	c.links = append(old.links[:0], p.links...)
	c.lead.learners = append(old.lead.learners[:0], p.lead.learners...)
	c.lead.acked = append(old.lead.acked[:0], p.lead.acked...)
	c.learn.queue = slices.Clip(p.learn.queue)
	c.inbox = append(old.inbox[:0], p.inbox...)
	c.mail = old.mail
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

func (e *encoder) position(p Position) { e.u64(uint64(p.Zxid), uint64(p.Index)) }

func (e *encoder) vote(v Vote) { e.u64(uint64(v.Leader), uint64(v.Zxid), uint64(v.PeerEpoch)) }

func (e *encoder) image(m *image) {
	e.position(m.at)
	e.bytes(m.file)
}

// message encodes a message by its digest, with whether there is one.
func (e *encoder) message(m sim.Message, present bool) {
	if !present {
		e.u64(0)
		return
	}
	e.u64(1, uint64(m.Fold(0)))
}

func (e *encoder) ensemble(x *Ensemble) {
	if x == nil {
		e.u64(0)
		return
	}
	e.u64(1, uint64(x.Version), uint64(x.Voters), uint64(x.Observers), uint64(len(x.Groups)))
	for i := range x.Groups {
		e.u64(uint64(x.Groups[i].Members))
		e.bytes(x.Groups[i].Weights[:])
	}
}

// AppendHash appends a canonical encoding of the state to b. Two peers of one configuration that append equal bytes
// behave equally from then on.
func (p *Peer) AppendHash(b []byte) []byte {
	e := encoder{b}
	e.ensemble(p.ensemble)
	e.ensemble(p.proposed)
	e.u64(uint64(p.acceptedEpoch), uint64(p.currentEpoch), uint64(p.state), uint64(p.phase), uint64(p.leader))
	e.u64(uint64(p.committed), uint64(p.handed), uint64(p.applied))
	p.history.encode(&e)
	p.disk.encode(&e)
	p.election.encode(&e)
	for i := range p.links {
		p.links[i].encode(&e)
	}
	p.lead.encode(&e)
	p.learn.encode(&e)
	e.image(&p.snapshots.last)
	e.image(&p.snapshots.saving)
	e.u64(flag(p.snapshots.restore), uint64(p.taken), uint64(len(p.inbox)))
	for _, f := range p.inbox {
		e.u64(uint64(f.From))
		e.message(f.Body, true)
	}
	return e.b
}

func (h *History) encode(e *encoder) {
	e.position(h.base)
	e.u64(uint64(len(h.txns)))
	for i := range h.txns {
		e.u64(uint64(h.txns[i].Zxid))
		e.bytes(h.txns[i].Data)
		e.ensemble(h.txns[i].Ensemble)
	}
}

func (d *disk) encode(e *encoder) {
	e.b = d.wal.AppendHash(e.b)
	e.u64(uint64(d.logged), uint64(d.durable), uint64(d.covers))
	e.u64(flag(d.dirty), flag(d.busy), uint64(d.token), flag(d.unfit))
	for _, duties := range [...][]duty{d.waiting, d.covered} {
		e.u64(uint64(len(duties)))
		for _, x := range duties {
			e.u64(uint64(x.what), uint64(x.epoch), uint64(x.segment))
		}
	}
}

func (x *election) encode(e *encoder) {
	e.u64(uint64(x.round), uint64(x.timeout), flag(x.finalizing), uint64(x.joining))
	e.vote(x.vote)
	e.vote(x.current)
	for _, set := range [...][]heard{x.received, x.settled} {
		for _, h := range set {
			e.vote(h.vote)
			e.u64(uint64(h.round), uint64(h.state), flag(h.any))
		}
	}
}

func (l *link) encode(e *encoder) {
	e.u64(uint64(l.channel), flag(l.dialing))
	e.message(l.queued, l.queued != nil)
	e.message(l.last, l.last != nil)
}

func (l *leading) encode(e *encoder) {
	e.u64(uint64(l.epoch), flag(l.decided), flag(l.settled), flag(l.finished))
	e.u64(uint64(l.connected), uint64(l.electing), uint64(l.accepted), uint64(l.initialEpoch))
	e.position(l.initial)
	e.u64(uint64(l.counter), uint64(l.designated), uint64(l.tick), flag(l.half))
	for i := range l.learners {
		x := &l.learners[i]
		e.u64(uint64(x.channel), flag(x.observer), uint64(x.stage), uint64(x.last), uint64(x.synced))
		e.u64(uint64(x.told), uint64(x.deadline), uint64(x.owed), uint64(x.owedSince), uint64(l.acked[i]))
	}
}

func (n *learning) encode(e *encoder) {
	e.u64(uint64(n.channel), uint64(n.tries), uint64(n.stage), uint64(n.epoch))
	e.message(n.sync, n.sync != nil)
	e.u64(uint64(n.committed), uint64(n.logged), uint64(n.acked), uint64(len(n.queue)))
	for i := range n.queue {
		e.u64(uint64(n.queue[i].Zxid))
		e.bytes(n.queue[i].Data)
		e.ensemble(n.queue[i].Ensemble)
	}
	e.ensemble(n.ensemble)
}

var _ sim.Leader = (*Peer)(nil)
