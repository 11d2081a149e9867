package zkserver

import (
	"slices"

	"schism/sim"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// stage is how far a connection is.
type stage uint8

const (
	// fresh: the client has to say who it is.
	fresh stage = iota
	// creating: the session waits for its transaction.
	creating
	// reopening: the leader has to say whether the session is still there.
	reopening
	// connected: requests are served.
	connected
)

// connection is a channel with a client.
//
//  1. No two connections of a server have the same session, unless it is 0: the older one is closed.
//  2. queue is in the order in which requests came, and its first is one that cannot be answered yet.
//  3. A request behind one for which syncs is true has not been passed on: its transaction must not be applied
//     before the sync is answered.
type connection struct {
	channel    sim.ChanID
	client     sim.NodeID
	stage      stage
	session    zkapi.SessionID
	identities []zkapi.Identity
	queue      []pending
}

// accept handles a new channel with a client.
func (s *Server) accept(ev *sim.Event, out *sim.Effects) {
	if s.epoch == 0 {
		out.Decide("not serving", "close")
		out.Close(ev.Chan)
		return
	}
	s.connections = append(s.connections, connection{
		channel: ev.Chan, client: ev.From, identities: []zkapi.Identity{{Scheme: "ip", ID: ev.From.String()}},
	})
}

// on returns the connection over a channel, nil if there is none.
func (s *Server) on(channel sim.ChanID) *connection {
	for i := range s.connections {
		if s.connections[i].channel == channel {
			return &s.connections[i]
		}
	}
	return nil
}

// of returns the connection of a session, nil if there is none.
func (s *Server) of(session zkapi.SessionID) *connection {
	if session == 0 {
		return nil
	}
	for i := range s.connections {
		if s.connections[i].session == session {
			return &s.connections[i]
		}
	}
	return nil
}

// disconnect forgets the connection over a channel, with its watches and everything that it waits for.
func (s *Server) disconnect(channel sim.ChanID) {
	i := slices.IndexFunc(s.connections, func(c connection) bool { return c.channel == channel })
	if i < 0 {
		return
	}
	s.watches.Remove(ztree.Watcher(channel))
	s.connections = slices.Delete(s.connections, i, i+1)
}

// cut closes a connection.
func (s *Server) cut(c *connection, out *sim.Effects) {
	out.Close(c.channel)
	s.disconnect(c.channel)
}

// receive handles a message of a client.
func (s *Server) receive(ev *sim.Event, out *sim.Effects) {
	c := s.on(ev.Chan)
	if c == nil {
		return // closed meanwhile
	}
	switch m := ev.Msg.(type) {
	case *zkapi.ConnectRequest:
		if c.stage == fresh {
			s.connect(c, m, out)
			return
		}
	case *zkapi.Request:
		if c.stage == connected {
			s.touch(c.session)
			s.request(c, m, out)
			return
		}
	case *zkapi.PingRequest:
		if c.stage == connected {
			s.touch(c.session)
			pong := s.pongs.Take()
			pong.Zxid = s.tree.LastProcessed()
			out.SendOn(c.channel, pong)
			return
		}
	}
	out.Decide("the client makes no sense", "close")
	s.cut(c, out)
}

// connect handles what a client says first (ZooKeeperServer.processConnectRequest). Who has seen more than this
// server is sent away: it would go back in time.
func (s *Server) connect(c *connection, m *zkapi.ConnectRequest, out *sim.Effects) {
	switch {
	case !s.policy.rules.Serves(m.LastZxidSeen, s.tree.LastProcessed()):
		out.Decide("the client has seen more", "close")
		out.Mark("client-ahead")
		s.cut(c, out)
	case m.Session == 0:
		c.stage, c.session = creating, s.nameSession()
		timeout := min(max(m.Timeout, s.policy.minTimeout), s.policy.maxTimeout)
		op := &zkapi.Op{Kind: zkapi.CreateSession, Timeout: timeout}
		s.ask(&LearnerRequest{Session: c.session, Op: op}, out)
	case !s.policy.rules.Resumes(m.Password, passwordOf(m.Session)):
		out.Decide("wrong password", "close")
		s.refuse(c, out)
	default:
		channel := c.channel
		if old := s.of(m.Session); old != nil {
			s.cut(old, out)
			c = s.on(channel)
		}
		c.stage, c.session = reopening, m.Session
		s.ask(&Revalidate{m.Session}, out)
	}
}

// nameSession returns the name of a new session: it begins with the server's number, and goes on with the time of its
// clock, which never goes back, so that no name is used twice.
func (s *Server) nameSession() zkapi.SessionID {
	id := zkapi.SessionID(s.peer.ID().Number())<<44 | zkapi.SessionID(s.now)
	s.lastSession = max(id, s.lastSession+1)
	return s.lastSession
}

// passwordOf returns the password of a session.
func passwordOf(id zkapi.SessionID) zkapi.Password {
	return zkapi.Password(sim.Digest(0).Mix(uint64(id)))
}

// welcome tells a client that it has its session.
func (s *Server) welcome(c *connection, timeout zkapi.Millis, out *sim.Effects) {
	c.stage = connected
	out.SendOn(c.channel, &zkapi.ConnectResponse{
		Session: c.session, Password: passwordOf(c.session), Timeout: timeout,
	})
}

// refuse tells a client that it has no session any more.
func (s *Server) refuse(c *connection, out *sim.Effects) {
	out.SendOn(c.channel, &zkapi.ConnectResponse{})
	s.cut(c, out)
}

// revalidated handles what the leader says about a session that a client wants to take up.
func (s *Server) revalidated(m *Revalidated, out *sim.Effects) {
	c := s.of(m.Session)
	switch {
	case c == nil || c.stage != reopening:
	case m.Timeout == 0:
		s.refuse(c, out)
	default:
		out.Mark("session-reopened")
		s.welcome(c, m.Timeout, out)
	}
}
