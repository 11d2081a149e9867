package kvserver

import (
	"slices"
	"time"

	"schism/raft/kvapi"
	"schism/sim"
)

// linkState is how far a client's stream is.
type linkState byte

// The states.
const (
	// idle: the client watches nothing, and has no stream.
	idle linkState = iota
	// resting: the next server is dialed after a pause.
	resting
	// dialing: the channel is not open yet.
	dialing
	// streaming: the channel is open.
	streaming
)

// link is the stream over which a client watches, and what outlives it (clientv3's watcher).
type link struct {
	state linkState
	// server is the index of the one to dial.
	server int
	// dials numbers the channels that were dialed; the last one is the one that counts.
	dials   sim.Token
	channel sim.ChanID
	// awaited says that a progress notification was asked for since the server was last heard of.
	awaited bool
	// subscriptions are in the order in which they were called.
	subscriptions []subscription
}

// subscription is a watch of a client, over whatever stream.
//
//  1. The client has been told everything of revisions below next, and of next no more than fragments; 0 while it is
//     not known where the watch begins.
type subscription struct {
	// op belongs to the client's configuration and is shared.
	op   *kvapi.Op
	next kvapi.Revision
	// created says that the server of this stream has begun it: only then is it among all the watches of which a
	// progress notification tells.
	created bool
}

// subscribes reports whether an operation is about watches. The client does not wait for it: what comes of it
// comes over the stream.
func subscribes(k kvapi.OpKind) bool {
	return k == kvapi.Watch || k == kvapi.CancelWatch || k == kvapi.ProgressRequest
}

// subscribe begins or ends a watch, or asks for progress.
func (c *Client) subscribe(op *kvapi.Op, out *sim.Effects) {
	l := &c.link
	i := l.find(op.WatchID)
	switch {
	case op.Kind == kvapi.Watch && i < 0:
		l.subscriptions = append(l.subscriptions, subscription{op: op, next: op.Revision})
		if l.state == idle {
			c.dial(out)
		}
	case op.Kind == kvapi.CancelWatch && i >= 0:
		if c.unsubscribe(i, out); l.state == idle {
			return
		}
	case op.Kind != kvapi.ProgressRequest:
		return
	}
	c.sendOn(op, out)
}

// unsubscribe forgets the i-th watch, and with the last one the stream (watchGrpcStream.run).
func (c *Client) unsubscribe(i int, out *sim.Effects) {
	l := &c.link
	l.subscriptions = slices.Delete(l.subscriptions, i, i+1)
	if len(l.subscriptions) > 0 {
		return
	}
	if l.channel != 0 {
		out.Close(l.channel)
	}
	out.StopTimer(timerLink)
	l.state, l.channel, l.awaited = idle, 0, false
}

// find returns where a subscription is, -1 if there is none.
func (l *link) find(id kvapi.WatchID) int {
	return slices.IndexFunc(l.subscriptions, func(s subscription) bool { return s.op.WatchID == id })
}

// sendOn sends an operation over the stream, if there is one.
func (c *Client) sendOn(op *kvapi.Op, out *sim.Effects) {
	if c.link.state == streaming {
		r := c.requests.Take()
		r.Op = *op
		out.SendOn(c.link.channel, r)
	}
}

// dial dials the server whose turn it is.
func (c *Client) dial(out *sim.Effects) {
	l := &c.link
	l.state, l.channel = dialing, 0
	l.dials++
	out.Dial(c.cfg.Servers[l.server], l.dials)
	c.linkLater(c.cfg.Patience, out)
}

// linkLater makes linkTimeout go on after a while.
func (c *Client) linkLater(d time.Duration, out *sim.Effects) { out.SetTimer(timerLink, d, d) }

// opened handles a channel that was dialed: everything that is watched goes on over it. One that comes too late is
// closed.
func (c *Client) opened(ev *sim.Event, out *sim.Effects) {
	l := &c.link
	if l.state != dialing || ev.Token != l.dials {
		out.Close(ev.Chan)
		return
	}
	l.state, l.channel, l.awaited = streaming, ev.Chan, false
	for i := range l.subscriptions {
		s := &l.subscriptions[i]
		op := *s.op
		op.Revision, s.created = s.next, false
		c.sendOn(&op, out)
	}
	c.linkLater(c.cfg.Patience, out)
}

// closed handles the end of a channel, or a dial that failed.
func (c *Client) closed(ev *sim.Event, out *sim.Effects) {
	l := &c.link
	if ev.Chan == l.channel && l.channel != 0 || l.state == dialing && ev.Token == l.dials {
		c.lost(out)
	}
}

// linkTimeout goes on when the pause is over, or when the server was silent: it is asked for a sign of life, and if
// none has come of that, given up.
func (c *Client) linkTimeout(out *sim.Effects) {
	l := &c.link
	switch {
	case l.state == resting:
		c.dial(out)
	case l.state == streaming && !l.awaited:
		l.awaited = true
		c.sendOn(&kvapi.Op{Kind: kvapi.ProgressRequest}, out)
		c.linkLater(c.cfg.Patience, out)
	default:
		out.Decide("nothing heard from the server", "watch at the next one")
		if l.channel != 0 {
			out.Close(l.channel)
		}
		c.lost(out)
	}
}

// lost handles that there is no stream any more: the next server is tried after a pause.
func (c *Client) lost(out *sim.Effects) {
	l := &c.link
	l.state, l.channel = resting, 0
	l.server = (l.server + 1) % len(c.cfg.Servers)
	out.Mark("watch-lost")
	c.linkLater(c.cfg.Backoff, out)
}

// handleWatch handles what the server tells of a watch, or of all of them.
func (c *Client) handleWatch(m *kvapi.WatchResponse, out *sim.Effects) {
	l := &c.link
	if l.awaited {
		l.awaited = false
		c.linkLater(c.cfg.Patience, out)
	}
	for i := range l.subscriptions {
		if s := &l.subscriptions[i]; m.WatchID == 0 || m.WatchID == s.op.WatchID {
			s.heard(m)
		}
	}
	if i := l.find(m.WatchID); m.Canceled && i >= 0 {
		c.unsubscribe(i, out)
	}
}

// heard notes what the client has been told.
func (s *subscription) heard(m *kvapi.WatchResponse) {
	switch n := len(m.Events); {
	case n > 0 && m.Fragment:
		s.next = max(s.next, m.Events[n-1].KV.ModRevision) // more of it is to come
	case n > 0:
		s.next = max(s.next, m.Events[n-1].KV.ModRevision+1)
	case m.Canceled:
	case m.Created:
		s.created = true
		if s.next == 0 {
			s.next = m.Revision + 1
		}
	case s.created: // everything up to here was told
		s.next = max(s.next, m.Revision+1)
	}
}

// Subscriptions calls f with each watch of the client, and the revision from which on it is still to be told; 0 if no
// server to which the client is connected has begun it yet.
func (c *Client) Subscriptions(f func(op *kvapi.Op, next kvapi.Revision)) {
	for i := range c.link.subscriptions {
		s, next := &c.link.subscriptions[i], kvapi.Revision(0)
		if s.created {
			next = s.next
		}
		f(s.op, next)
	}
}

// clone returns an independent copy that may use the memory of old.
func (l *link) clone(old *link) link {
	d := *l
	d.subscriptions = append(old.subscriptions[:0], l.subscriptions...)
	return d
}
