package zkserver

import (
	"time"

	"schism/sim"
	"schism/sim/recipe"
	"schism/zab/zkapi"
)

// ClientConfig describes a client.
//
//  1. Servers is not empty.
//  2. 0 < Backoff ≤ BackoffMax, 0 < ConnectTimeout, 0 < Timeout.
type ClientConfig struct {
	ID sim.NodeID
	// Servers are whom the client may connect to. It begins with one that depends on its ID, stays with whoever
	// serves it, and goes round when it loses its server.
	Servers []sim.NodeID
	// Ops are the operations that the client plays, in order.
	Ops []Operation
	// NotBefore holds the last operations back, one each: none is called before its time, on the client's clock.
	NotBefore []sim.Time
	// Recipe, if not nil, is what it plays instead. The client has a copy of its own.
	Recipe Recipe
	// SessionTimeout is the one that it would like for its session.
	SessionTimeout zkapi.Millis
	// Timeout is the time from an operation's call after which the client gives it up, and its connection with it.
	Timeout time.Duration
	// ConnectTimeout is how long it waits for one server to give it a session.
	ConnectTimeout time.Duration
	// Backoff is the pause before it tries the next server; it doubles with every failure up to BackoffMax.
	Backoff, BackoffMax time.Duration
	// Brings returns which of its watches, all, the client brings along to another server; nil is all of them. A bug
	// can be brought back by it.
	Brings func(all zkapi.WatchList) zkapi.WatchList
	// Close makes it close its session when every operation has ended.
	Close bool
}

// DefaultClientConfig returns the configuration of a client that asks for a session of 4 s, gives an operation up
// after 2 s and a server after 500 ms, and pauses from 50 ms to 400 ms.
func DefaultClientConfig(id sim.NodeID, servers []sim.NodeID, ops []Operation) ClientConfig {
	return ClientConfig{
		ID: id, Servers: servers, Ops: ops,
		SessionTimeout: 4000,
		Timeout:        2 * time.Second,
		ConnectTimeout: 500 * time.Millisecond,
		Backoff:        50 * time.Millisecond, BackoffMax: 400 * time.Millisecond,
	}
}

// phase is what a client is doing.
type phase byte

// The phases.
const (
	// thinking: no operation is open.
	thinking phase = iota
	// asking: one is open.
	asking
	// done: every operation has ended.
	done
)

// A client's timers.
const (
	timerThink sim.TimerID = iota // the next operation begins
	timerCall                     // the operation is given up
	timerLink                     // the server is silent for too long, or the pause is over
	timerPing                     // the server must hear something
)

// Client plays a list of operations, one after the other. It is a sim.Machine and a sim.Recycler.
//
//  1. Every operation is called once and returns once, the first Think after Start and each other one Think after
//     the return of the one before.
//  2. It returns OK with the server's answer, whatever that is; Failed if it was never sent; and Unknown otherwise:
//     when it is a write and its connection is lost, or when it takes longer than Timeout.
//  3. A write is sent once. Anything else is asked for again on the next connection.
//  4. xids of one session increase. The client is ready only on a connection that has its session.
//  5. seen is the highest zxid of all answers; no server that has not come so far serves the client.
//
// A client that crashes begins its list again, with another session.
type Client struct {
	cfg *ClientConfig
	// next is the index of the open operation, or of the next one.
	next  int
	phase phase
	// player plays the recipe, if there is one instead of a list.
	player recipe.Player[zkapi.Op, zkapi.Output]
	// sent is the request of the open operation, 0 while it is not sent on this connection; doubtful says that it has
	// been sent on some. One operation at a time: sent would be a list if there were more.
	sent     zkapi.Xid
	doubtful bool
	link     link
	watches  zkapi.WatchList
	requests sim.Slab[zkapi.Request]
}

// NewClient returns a client that waits for its Start. It panics if c breaks a numbered property.
func NewClient(c ClientConfig) *Client {
	if len(c.Servers) == 0 {
		panic("zkserver: ClientConfig: no servers")
	}
	if c.Backoff <= 0 || c.BackoffMax < c.Backoff || c.ConnectTimeout <= 0 || c.Timeout <= 0 {
		panic("zkserver: ClientConfig: want 0 < Backoff <= BackoffMax, positive timeouts")
	}
	return &Client{
		cfg: &c, player: recipe.NewPlayer(c.Recipe), link: link{server: max(c.ID.Number()-1, 0) % len(c.Servers)},
	}
}

// Step implements sim.Machine.
func (c *Client) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.Start:
		c.dial(out)
		c.think(nil, out)
	case sim.Timeout:
		c.handleTimeout(now, ev.Timer, out)
	case sim.Opened:
		c.opened(&ev, out)
	case sim.Closed:
		c.closed(&ev, out)
	case sim.Receive:
		if ev.Chan != 0 && ev.Chan == c.link.channel {
			c.receive(ev.Msg, out)
		}
		if m, ok := ev.Msg.(*recipe.Wrote); ok {
			c.wrote(m, out)
		}
	}
}

// Done reports whether every operation has ended.
func (c *Client) Done() bool { return c.phase == done }

// Progress returns how many operations have ended, and how many there are in the list.
func (c *Client) Progress() (ended, all int) { return c.next, len(c.cfg.Ops) }

// Session returns the client's session, 0 while it has none.
func (c *Client) Session() zkapi.SessionID { return c.link.session }

// Server returns the server that serves the client, 0 while none does.
func (c *Client) Server() sim.NodeID {
	if c.link.state != ready {
		return 0
	}
	return c.cfg.Servers[c.link.server]
}

// think waits for the time of the next operation, if there is one. last is the output of the one before.
func (c *Client) think(last any, out *sim.Effects) {
	if !c.more(last) {
		c.phase = done
		if c.cfg.Close && c.link.state == ready {
			c.send(zkapi.Op{Kind: zkapi.CloseSession}, out)
		}
		return
	}
	c.phase = thinking
	d := c.pause()
	out.SetTimer(timerThink, d, d)
}

// handleTimeout goes on after a timer has run out.
func (c *Client) handleTimeout(now sim.Time, t sim.TimerID, out *sim.Effects) {
	switch {
	case t == timerThink && c.phase == thinking && c.early(now) > 0:
		out.SetTimer(timerThink, c.early(now), c.early(now))
	case t == timerThink && c.phase == thinking:
		out.Invoke(c.input()) // shared with the history: nobody changes it
		out.SetTimer(timerCall, c.cfg.Timeout, c.cfg.Timeout)
		c.phase, c.sent, c.doubtful = asking, 0, false
		c.ask(out)
		c.write(out)
	case t == timerCall && c.phase == asking:
		c.giveUp(out)
	case t == timerLink:
		c.linkTimeout(out)
	case t == timerPing && c.link.state == ready:
		out.SendOn(c.link.channel, &zkapi.PingRequest{})
		c.pingLater(out)
	}
}

// early returns for how long the next operation is held back.
func (c *Client) early(now sim.Time) time.Duration {
	if i := c.next - len(c.cfg.Ops) + len(c.cfg.NotBefore); !c.player.Plays() && i >= 0 && i < len(c.cfg.NotBefore) {
		return c.cfg.NotBefore[i].Sub(now)
	}
	return 0
}

// ask sends the open operation if there is a connection to send it on.
func (c *Client) ask(out *sim.Effects) {
	if c.phase != asking || c.link.state != ready {
		return
	}
	if op := c.open(); op != nil {
		c.sent, c.doubtful = c.send(*op, out), true
	}
}

// send sends a request, and returns its number.
func (c *Client) send(op zkapi.Op, out *sim.Effects) zkapi.Xid {
	c.link.xid++
	m := c.requests.Take()
	m.Xid, m.Op = c.link.xid, op
	out.SendOn(c.link.channel, m)
	c.pingLater(out)
	return c.link.xid
}

// giveUp ends the open operation without an answer, and a connection on which none comes.
func (c *Client) giveUp(out *sim.Effects) {
	if !c.doubtful {
		out.Decide("it was never sent", "failed")
		c.end(nil, sim.Failed, out)
		return
	}
	sent := c.sent != 0
	c.end(nil, sim.Unknown, out)
	if sent {
		out.Decide("no answer in time", "connect to the next server")
		c.hangUp(out)
	}
}

// end returns from the open operation and goes on to the next one. output is nil unless o is OK.
func (c *Client) end(output any, o sim.Outcome, out *sim.Effects) {
	out.Return(output, o)
	out.StopTimer(timerCall)
	c.sent = 0
	c.next++
	c.think(output, out)
}

// receive handles a message of the server.
func (c *Client) receive(m sim.Message, out *sim.Effects) {
	switch m := m.(type) {
	case *zkapi.ConnectResponse:
		c.connected(m, out)
	case *zkapi.Reply:
		c.heard(out)
		c.handleReply(m, out)
	case *zkapi.WatchEvent:
		c.heard(out)
		c.fired(m)
	case *zkapi.PingReply:
		c.heard(out)
	}
}

// handleReply handles an answer. Those to what the client asks for on its own behalf only tell how far the server is.
func (c *Client) handleReply(m *zkapi.Reply, out *sim.Effects) {
	l := &c.link
	l.seen = max(l.seen, m.Out.Zxid)
	if c.phase == asking && c.sent != 0 && m.Xid == c.sent {
		c.observe(c.open(), m.Out.Code)
		c.end(&m.Out, sim.OK, out)
	}
	if m.Out.Code == zkapi.SessionExpired || m.Op == zkapi.CloseSession && m.Out.Code == zkapi.OK {
		out.Decide("the session is closed", "open another one")
		c.forgetSession()
		c.hangUp(out)
	}
}
