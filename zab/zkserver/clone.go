package zkserver

import (
	"encoding/binary"
	"slices"

	"schism/sim"
	"schism/sim/wire"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// Clone implements sim.Cloner. The tree is shared until either server changes it.
func (s *Server) Clone() sim.Cloner { return s.CloneInto(nil) }

// CloneInto implements sim.Recycler.
func (s *Server) CloneInto(old sim.Machine) sim.Cloner {
	d, ok := old.(*Server)
	if !ok {
		d = &Server{peer: &zab.Peer{}}
	}
	*d = Server{
		policy:      s.policy,
		peer:        s.peer.CloneInto(d.peer),
		tree:        s.tree.Clone(),
		applied:     s.applied,
		saved:       s.saved,
		exact:       s.exact,
		saving:      saving{s.saving.at, s.saving.tree.Clone()},
		applying:    s.applying,
		epoch:       s.epoch,
		connections: cloneConnections(d.connections, s.connections),
		watches:     s.watches.Clone(),
		lastSession: s.lastSession,
		touched:     append(d.touched[:0], s.touched...),
		late:        append(d.late[:0], s.late...),
		lead: leading{
			prep:     s.lead.prep.Clone(),
			sessions: append(d.lead.sessions[:0], s.lead.sessions...),
			alarm:    s.lead.alarm,
			waiting:  append(d.lead.waiting[:0], s.lead.waiting...),
			syncs:    append(d.lead.syncs[:0], s.lead.syncs...),
		},
		report: s.report, changes: d.changes, events: d.events, replies: d.replies, pongs: d.pongs,
	}
	return d
}

// cloneConnections returns a copy of from in the memory of into. What lies behind the end of into is not used: it may
// be what a connection that was moved forward has left there, with the same queue.
func cloneConnections(into, from []connection) []connection {
	for i := range from {
		if i == len(into) {
			into = append(into, connection{})
		}
		queue := into[i].queue
		into[i] = from[i]
		into[i].queue = append(queue[:0], from[i].queue...)
	}
	clear(into[min(len(from), len(into)):])
	return into[:len(from)]
}

// AppendHash implements sim.Cloner.
func (s *Server) AppendHash(b []byte) []byte {
	b = s.tree.AppendState(s.peer.AppendHash(b))
	b = binary.AppendUvarint(b, uint64(s.applied))
	b = binary.AppendUvarint(b, uint64(s.saved))
	b = binary.AppendUvarint(b, uint64(s.exact))
	b = s.saving.tree.AppendState(binary.AppendUvarint(b, uint64(s.saving.at)))
	b = binary.AppendUvarint(b, flag(s.applying))
	b = binary.AppendUvarint(b, uint64(s.epoch))
	b = binary.AppendUvarint(b, uint64(len(s.connections)))
	for i := range s.connections {
		b = s.connections[i].append(b)
	}
	b = s.watches.AppendState(b)
	b = binary.AppendUvarint(b, uint64(s.lastSession))
	b = binary.AppendUvarint(b, uint64(len(s.touched)))
	for _, id := range s.touched {
		b = binary.AppendUvarint(b, uint64(id))
	}
	b = binary.AppendUvarint(b, uint64(len(s.late)))
	for i := range s.late {
		b = appendEvent(b, &s.late[i])
	}
	return s.lead.append(b)
}

// append appends every field.
func (c *connection) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(c.channel))
	b = binary.AppendUvarint(b, uint64(c.client))
	b = append(b, byte(c.stage))
	b = appendIdentities(binary.AppendUvarint(b, uint64(c.session)), c.identities)
	b = binary.AppendUvarint(b, uint64(len(c.queue)))
	for i := range c.queue {
		p := &c.queue[i]
		b = binary.AppendUvarint(b, uint64(p.xid))
		b = appendOp(b, p.op)
		b = wire.AppendSigned(b, int64(p.code))
		b = binary.AppendUvarint(b, flag(p.settled)<<2|flag(p.passed)<<1|flag(p.confirmed))
		b = binary.AppendUvarint(b, uint64(p.upTo))
	}
	return b
}

// append appends every field.
func (l *leading) append(b []byte) []byte {
	b = l.prep.AppendState(b)
	b = binary.AppendUvarint(b, uint64(len(l.sessions)))
	for i := range l.sessions {
		t := &l.sessions[i]
		b = binary.AppendUvarint(b, uint64(t.id))
		b = wire.AppendSigned(b, int64(t.timeout))
		b = wire.AppendSigned(b, int64(t.deadline))
		b = binary.AppendUvarint(b, uint64(t.owner))
		b = binary.AppendUvarint(b, flag(t.closing))
	}
	b = wire.AppendSigned(b, int64(l.alarm))
	b = binary.AppendUvarint(b, uint64(len(l.waiting)))
	for i := range l.waiting {
		r := &l.waiting[i]
		b = binary.AppendUvarint(b, uint64(r.Session))
		b = binary.AppendUvarint(b, uint64(r.Xid))
		b = wire.AppendSigned(b, int64(r.Time))
		b = wire.AppendSigned(b, int64(r.Refused))
		b = appendOp(wire.AppendText(appendIdentities(b, r.Identities), r.Config), r.Op)
	}
	b = binary.AppendUvarint(b, uint64(len(l.syncs)))
	for i := range l.syncs {
		x := &l.syncs[i]
		b = binary.AppendUvarint(b, uint64(x.from))
		b = binary.AppendUvarint(b, uint64(x.upTo))
		b = binary.AppendUvarint(b, uint64(x.answer.Session))
		b = binary.AppendUvarint(b, uint64(x.answer.Xid))
		b = wire.AppendSigned(b, int64(x.answer.Code))
	}
	return b
}

// appendIdentities appends who a connection speaks for.
func appendIdentities(b []byte, ids []zkapi.Identity) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for _, id := range ids {
		b = wire.AppendText(wire.AppendText(b, id.Scheme), id.ID)
	}
	return b
}

// appendOp appends the digest of op, in which every field is, whether or not its kind uses it.
func appendOp(b []byte, op *zkapi.Op) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(op.Fold(0)))
}

// appendEvent appends every field.
func appendEvent(b []byte, e *ztree.Event) []byte {
	b = binary.AppendUvarint(b, uint64(e.To))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Fold(0)))
	return zkapi.AppendACL(b, e.ACL)
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
	*d = *c
	d.requests = requests
	d.player = c.player.Clone()
	// The lists are not copied into those of old: a request on its way may still be made of them.
	w := &c.watches
	d.watches = zkapi.WatchList{
		Data: slices.Clone(w.Data), Exist: slices.Clone(w.Exist), Child: slices.Clone(w.Child),
		Persistent: slices.Clone(w.Persistent), Recursive: slices.Clone(w.Recursive),
	}
	return d
}

// AppendHash implements sim.Cloner.
func (c *Client) AppendHash(b []byte) []byte {
	l, w := &c.link, &c.watches
	b = binary.AppendUvarint(b, uint64(c.next))
	b = append(b, byte(c.phase), byte(l.state), byte(flag(c.doubtful)))
	for _, x := range [...]uint64{
		uint64(c.sent), uint64(l.server), uint64(l.failures), uint64(l.dials), uint64(l.channel), uint64(l.xid),
		uint64(l.session), uint64(l.password), uint64(l.timeout), uint64(l.seen),
	} {
		b = binary.AppendUvarint(b, x)
	}
	for _, list := range [...][]string{w.Data, w.Exist, w.Child, w.Persistent, w.Recursive} {
		b = wire.AppendTexts(b, list)
	}
	return c.player.AppendHash(b, (*zkapi.Op).Fold)
}
