package kvserver

import (
	"encoding/binary"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
)

// Clone implements sim.Cloner. The state is shared until either server changes it.
func (s *Server) Clone() sim.Cloner { return s.CloneInto(nil) }

// CloneInto implements sim.Recycler.
func (s *Server) CloneInto(old sim.Machine) sim.Cloner {
	d, ok := old.(*Server)
	if !ok {
		d = &Server{raft: &raft.Node{}}
	}
	*d = Server{
		policy:    s.policy,
		raft:      s.raft.CloneInto(d.raft),
		store:     s.store.clone(),
		saved:     s.saved,
		applying:  s.applying,
		reign:     s.reign,
		proposals: append(d.proposals[:0], s.proposals...),
		reads:     append(d.reads[:0], s.reads...),
		lastRead:  s.lastRead,
		responses: d.responses,
		commands:  d.commands,
	}
	return d
}

// AppendHash implements sim.Cloner.
func (s *Server) AppendHash(b []byte) []byte {
	b = s.store.appendState(s.raft.AppendHash(b))
	b = binary.AppendUvarint(b, uint64(s.saved))
	b = binary.AppendUvarint(b, flag(s.applying))
	b = binary.AppendUvarint(b, uint64(s.reign))
	b = binary.AppendUvarint(b, uint64(s.lastRead))
	b = binary.AppendUvarint(b, uint64(len(s.proposals)))
	for i := range s.proposals {
		p := &s.proposals[i]
		b = binary.AppendUvarint(b, uint64(p.index))
		b = p.from.append(binary.AppendUvarint(b, uint64(p.term)))
	}
	b = binary.AppendUvarint(b, uint64(len(s.reads)))
	for i := range s.reads {
		r := &s.reads[i]
		b = binary.AppendUvarint(b, uint64(r.id))
		b = append(binary.AppendUvarint(b, uint64(r.index)), byte(flag(r.confirmed)))
		b = r.from.append(appendText(b, r.key))
	}
	return b
}

// append appends every field.
func (c *caller) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(c.client))
	b = binary.AppendUvarint(b, uint64(c.session))
	b = binary.AppendUvarint(b, uint64(c.seq))
	b = binary.AppendUvarint(b, uint64(c.attempt))
	return append(b, byte(c.op))
}

// flag returns 1 for true.
func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// Clone implements sim.Cloner.
func (c *Client) Clone() sim.Cloner { return c.CloneInto(nil) }

// CloneInto implements sim.Recycler.
func (c *Client) CloneInto(old sim.Machine) sim.Cloner {
	d, ok := old.(*Client)
	if !ok {
		d = &Client{}
	}
	requests := d.requests
	if requests == nil || requests == c.cfg.Requests {
		requests = &raft.Slab[kvapi.Request]{}
	}
	*d = *c
	d.requests = requests
	return d
}

// AppendHash implements sim.Cloner.
func (c *Client) AppendHash(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(c.next))
	b = append(b, byte(c.phase))
	b = binary.AppendUvarint(b, uint64(c.session))
	b = binary.AppendUvarint(b, uint64(c.seq))
	b = binary.AppendUvarint(b, uint64(c.attempt))
	b = binary.AppendUvarint(b, uint64(c.server))
	b = binary.AppendUvarint(b, uint64(c.redirects))
	return binary.AppendUvarint(b, flag(c.resting)<<1|flag(c.doubtful))
}
