package zkserver

import (
	"slices"
	"strings"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// pending is a request that is not answered yet.
type pending struct {
	xid zkapi.Xid
	// op belongs to the client's message and is shared.
	op *zkapi.Op
	// code is what to answer without doing anything, if settled.
	code    zkapi.Code
	settled bool
	// passed says that the leader has been asked.
	passed bool
	// confirmed says that the leader has answered a sync; it is done when upTo is applied.
	confirmed bool
	upTo      zab.Index
}

// writes reports whether the request waits for a transaction of its own.
func (s *Server) writes(p *pending) bool {
	return !p.settled && (p.op.Kind.Writes() || p.op.Kind == zkapi.Sync && s.policy.quorumSync)
}

// syncs reports whether the request waits for the leader to answer a sync.
func (s *Server) syncs(p *pending) bool {
	return !p.settled && p.op.Kind == zkapi.Sync && !s.policy.quorumSync
}

// request takes a request. What speaks for the client does so at once, whatever is asked before it
// (ZooKeeperServer.processPacket).
func (s *Server) request(c *connection, m *zkapi.Request, out *sim.Effects) {
	p := pending{xid: m.Xid, op: &m.Op}
	switch {
	case m.Op.Check() != nil:
		p.code, p.settled = zkapi.MarshallingError, true
	case m.Op.Kind == zkapi.CreateSession || m.Op.Kind == zkapi.DeleteContainer:
		p.code, p.settled = zkapi.Unimplemented, true
	case m.Op.Kind == zkapi.AddAuth:
		p.code, p.settled = c.authenticate(m.Op.Data), true
	}
	c.queue = append(c.queue, p)
	s.advance(c, out)
}

// authenticate makes the connection speak for "user:password".
func (c *connection) authenticate(text string) zkapi.Code {
	if !strings.Contains(text, ":") {
		return zkapi.AuthFailed
	}
	if id := zkapi.DigestIdentity(text); !slices.Contains(c.identities, id) {
		c.identities = append(slices.Clip(c.identities), id) // requests have the old one
	}
	return zkapi.OK
}

// advance answers the requests at the head of the queue that can be answered, and passes on what the leader has to
// see (CommitProcessor).
func (s *Server) advance(c *connection, out *sim.Effects) {
	n := 0
	for n < len(c.queue) && s.ready(&c.queue[n]) {
		s.answer(c, &c.queue[n], out)
		n++
	}
	c.queue = slices.Delete(c.queue, 0, n)
	for i := range c.queue {
		p := &c.queue[i]
		if s.syncs(p) {
			s.passSync(c, p, out)
			return
		}
		if s.writes(p) && !p.passed {
			p.passed = true
			s.ask(&LearnerRequest{c.session, p.xid, c.identities, p.op}, out)
		}
	}
}

// passSync puts a sync to the leader.
func (s *Server) passSync(c *connection, p *pending, out *sim.Effects) {
	switch {
	case p.passed:
	case s.policy.rules.AsksLeader():
		p.passed = true
		s.ask(&LearnerSync{c.session, p.xid}, out)
	default:
		p.passed, p.confirmed, p.upTo = true, true, s.applied
		s.advance(c, out)
	}
}

// ready reports whether a request at the head of a queue can be answered.
func (s *Server) ready(p *pending) bool {
	switch {
	case s.syncs(p):
		return p.confirmed && s.applied >= p.upTo
	case s.writes(p):
		return false
	}
	return true
}

// answer answers a request that is no write.
func (s *Server) answer(c *connection, p *pending, out *sim.Effects) {
	var r zkapi.Result
	watcher := ztree.Watcher(c.channel)
	switch op := p.op; {
	case p.settled:
		r.Code = p.code
	case op.Kind == zkapi.Sync:
		if zkapi.CheckPath(op.Path) != nil {
			r.Code = zkapi.BadArguments
		}
	case op.Kind == zkapi.AddWatch:
		if zkapi.CheckPath(op.Path) != nil {
			r.Code = zkapi.BadArguments
		}
		s.watches.Observe(op, r.Code, watcher)
	case op.Kind == zkapi.SetWatches:
		s.events = s.watches.Set(&s.tree, op.Watches, watcher, s.events[:0])
		s.tell(s.events, out)
	default:
		r = s.tree.Read(op, c.identities)
		s.watches.Observe(op, r.Code, watcher)
	}
	s.reply(c, p, &r, s.tree.LastProcessed(), out)
}

// reply sends the answer to a request.
func (s *Server) reply(c *connection, p *pending, r *zkapi.Result, z zkapi.Zxid, out *sim.Effects) {
	m := s.replies.Take()
	m.Xid, m.Op = p.xid, p.op.Kind
	m.Out = zkapi.Output{Result: *r, Zxid: z, Server: s.peer.ID()}
	out.SendOn(c.channel, m)
}

// synced handles the leader's answer to a sync: whatever the leader had proposed is known to be committed here, too,
// since it came before on the same channel.
func (s *Server) synced(m *LearnerSynced, out *sim.Effects) {
	c := s.of(m.Session)
	if c == nil {
		return
	}
	i := slices.IndexFunc(c.queue, func(p pending) bool { return p.xid == m.Xid })
	switch {
	case i < 0 || !s.syncs(&c.queue[i]):
	case m.Code == zkapi.SessionMoved:
		out.Mark("session-moved")
		s.cut(c, out)
	case m.Code != zkapi.OK:
		c.queue[i].code, c.queue[i].settled = m.Code, true
		s.advance(c, out)
	default:
		c.queue[i].confirmed, c.queue[i].upTo = true, s.peer.CommittedIndex()
		s.advance(c, out)
	}
}

// serveSyncs answers the syncs that waited for what has been applied now.
func (s *Server) serveSyncs(out *sim.Effects) {
	for i := range s.connections {
		if c := &s.connections[i]; len(c.queue) > 0 && s.syncs(&c.queue[0]) && c.queue[0].confirmed {
			s.advance(c, out)
		}
	}
}
