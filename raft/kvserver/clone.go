package kvserver

import (
	"encoding/binary"
	"slices"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
)

// Clone implements sim.Cloner. The store is shared until either server changes it.
func (s *Server) Clone() sim.Cloner { return s.CloneInto(nil) }

// CloneInto implements sim.Recycler.
func (s *Server) CloneInto(old sim.Machine) sim.Cloner {
	d, ok := old.(*Server)
	if !ok {
		d = &Server{raft: &raft.Node{}}
	}
	memory := d.memory
	if memory == nil || memory == s.policy.memory {
		memory = &Memory{}
	}
	*d = Server{
		policy:    s.policy,
		raft:      s.raft.CloneInto(d.raft),
		store:     s.store.Clone(),
		served:    append(d.served[:0], s.served...),
		sessions:  s.sessions.clone(d.sessions),
		applied:   s.applied,
		saved:     s.saved,
		applying:  s.applying,
		reign:     s.reign,
		proposals: append(d.proposals[:0], s.proposals...),
		reads:     append(d.reads[:0], s.reads...),
		lastRead:  s.lastRead,
		leases:    s.leases.clone(&d.leases),
		streams:   cloneStreams(s.streams, d.streams),
		telling:   s.telling,
		notifying: s.notifying,
		moving:    s.moving,
		movingTo:  s.movingTo,
		memory:    memory,
	}
	d.store.Use(&memory.store)
	return d
}

// AppendHash implements sim.Cloner.
func (s *Server) AppendHash(b []byte) []byte {
	b = s.served.append(s.store.AppendState(s.raft.AppendHash(b)))
	b = s.sessions.append(b, func(kvapi.Session) bool { return true })
	for _, v := range [...]uint64{uint64(s.applied), uint64(s.saved), sim.Bit(s.applying), uint64(s.reign),
		uint64(s.lastRead), uint64(len(s.proposals)), uint64(len(s.reads)), uint64(len(s.leases.deadlines)),
		sim.Bit(s.leases.armed), sim.Bit(s.leases.promoted), uint64(len(s.streams)), sim.Bit(s.telling),
		sim.Bit(s.notifying)} {
		b = binary.AppendUvarint(b, v)
	}
	for i := range s.proposals {
		p := &s.proposals[i]
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(p.index)), uint64(p.term))
		b = p.from.append(append(b, byte(p.refused)))
	}
	for i := range s.reads {
		r := &s.reads[i]
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(r.id)), sim.Bit(r.confirmed))
		b = binary.AppendUvarint(b, uint64(r.index))
		b = r.from.append(binary.LittleEndian.AppendUint64(b, uint64(r.op.Fold(0))))
	}
	for _, d := range s.leases.deadlines {
		b = binary.AppendVarint(binary.AppendVarint(b, int64(d.id)), int64(d.at))
		b = binary.AppendUvarint(binary.AppendVarint(b, int64(d.kept)), uint64(d.pending))
	}
	for i := range s.streams {
		b = s.streams[i].append(b)
	}
	return binary.AppendUvarint(s.moving.append(b), uint64(s.movingTo))
}

// cloneStreams returns a copy of streams that may use the memory of old.
func cloneStreams(streams, old []stream) []stream {
	all := old[:cap(old)]
	old = old[:0]
	for i, st := range streams {
		if i < len(all) {
			st.watches = append(all[i].watches[:0], st.watches...)
		} else {
			st.watches = slices.Clone(st.watches)
		}
		old = append(old, st)
	}
	return old
}

// append appends every field.
func (st *stream) append(b []byte) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(st.channel)), sim.Bit(st.asked))
	b = binary.AppendUvarint(b, uint64(len(st.watches)))
	for i := range st.watches {
		w := &st.watches[i]
		b = binary.AppendVarint(binary.AppendUvarint(b, sim.Bit(w.quiet)), int64(w.next))
		b = binary.LittleEndian.AppendUint64(b, uint64(w.op.Fold(0)))
	}
	return b
}

// append appends every field.
func (c *caller) append(b []byte) []byte {
	for _, v := range [...]uint64{uint64(c.client), uint64(c.session), uint64(c.seq), uint64(c.attempt),
		uint64(c.op)} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// Clone implements sim.Cloner.
func (c *Client) Clone() sim.Cloner { return c.CloneInto(nil) }

// CloneInto implements sim.Recycler.
func (c *Client) CloneInto(old sim.Machine) sim.Cloner {
	d, ok := old.(*Client)
	if !ok {
		d = &Client{requests: &raft.Slab[kvapi.Request]{}}
	}
	requests, link := d.requests, c.link.clone(&d.link)
	*d = *c
	d.requests, d.link, d.player = requests, link, c.player.Clone()
	return d
}

// AppendHash implements sim.Cloner.
func (c *Client) AppendHash(b []byte) []byte {
	for _, v := range [...]uint64{uint64(c.next), uint64(c.phase), uint64(c.session), uint64(c.seq),
		uint64(c.attempt), uint64(c.server), uint64(c.redirects), sim.Bit(c.resting), sim.Bit(c.doubtful),
		uint64(c.link.state), uint64(c.link.server), uint64(c.link.dials), uint64(c.link.channel),
		sim.Bit(c.link.awaited), uint64(len(c.link.subscriptions))} {
		b = binary.AppendUvarint(b, v)
	}
	for _, s := range c.link.subscriptions {
		b = binary.AppendVarint(binary.AppendUvarint(b, sim.Bit(s.created)), int64(s.next))
		b = binary.LittleEndian.AppendUint64(b, uint64(s.op.Fold(0)))
	}
	return c.player.AppendHash(b, (*kvapi.Op).Fold)
}
