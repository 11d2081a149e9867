package zkserver

import (
	"time"

	"schism/sim"
	"schism/zab/zkapi"
)

// linkState is how far a client's connection is.
type linkState byte

// The states.
const (
	// resting: there is none, and the next server is tried after a pause.
	resting linkState = iota
	// dialing: the channel is not open yet.
	dialing
	// connecting: the server has to give the session.
	connecting
	// ready: requests can be sent.
	ready
)

// link is a client's connection, and what outlives it.
type link struct {
	state linkState
	// server is the index of the one to connect to, failures how many did not serve since one has.
	server, failures int
	// dials numbers the channels that were dialed; the last one is the one that counts.
	dials   sim.Token
	channel sim.ChanID
	// xid is the number of the last request.
	xid zkapi.Xid

	session  zkapi.SessionID
	password zkapi.Password
	timeout  time.Duration
	// seen is the highest zxid of all answers.
	seen zkapi.Zxid
}

// dial dials the server whose turn it is.
func (c *Client) dial(out *sim.Effects) {
	l := &c.link
	l.state, l.channel = dialing, 0
	l.dials++
	out.Dial(c.cfg.Servers[l.server], l.dials)
	out.SetTimer(timerLink, c.cfg.ConnectTimeout, c.cfg.ConnectTimeout)
}

// opened handles a channel that was dialed. One that comes too late is closed.
func (c *Client) opened(ev *sim.Event, out *sim.Effects) {
	l := &c.link
	if l.state != dialing || ev.Token != l.dials {
		out.Close(ev.Chan)
		return
	}
	l.state, l.channel = connecting, ev.Chan
	out.SendOn(l.channel, &zkapi.ConnectRequest{
		Session: l.session, Password: l.password, Timeout: c.cfg.SessionTimeout, LastZxidSeen: l.seen,
	})
}

// connected handles what the server says about the session.
func (c *Client) connected(m *zkapi.ConnectResponse, out *sim.Effects) {
	l := &c.link
	if l.state != connecting {
		return
	}
	if m.Session == 0 {
		out.Decide("the session has expired", "open another one")
		out.Mark("client-lost-session")
		c.forgetSession()
		c.hangUp(out)
		return
	}
	l.session, l.password, l.timeout = m.Session, m.Password, duration(m.Timeout)
	l.state, l.failures = ready, 0
	c.heard(out)
	c.pingLater(out)
	if list := c.watchList(); list != nil {
		c.send(zkapi.Op{Kind: zkapi.SetWatches, Watches: list}, out)
	}
	c.ask(out)
}

// forgetSession gives up the session, which is closed, with its watches.
func (c *Client) forgetSession() {
	c.link.session, c.link.password = 0, 0
	c.watches = zkapi.WatchList{}
}

// heard begins the wait for the server's next sign of life: two thirds of the session's timeout (ClientCnxn).
func (c *Client) heard(out *sim.Effects) {
	if c.link.state == ready {
		d := c.link.timeout * 2 / 3
		out.SetTimer(timerLink, d, d)
	}
}

// pingLater sends a ping when nothing else is sent for a third of the session's timeout.
func (c *Client) pingLater(out *sim.Effects) {
	d := c.link.timeout / 3
	out.SetTimer(timerPing, d, d)
}

// linkTimeout goes on when the server is silent for too long, or when the pause is over.
func (c *Client) linkTimeout(out *sim.Effects) {
	if c.link.state == resting {
		c.dial(out)
		return
	}
	out.Decide("nothing heard from the server", "connect to the next one")
	c.hangUp(out)
}

// closed handles the end of a channel, or a dial that failed.
func (c *Client) closed(ev *sim.Event, out *sim.Effects) {
	l := &c.link
	if ev.Chan == l.channel && l.channel != 0 || l.state == dialing && ev.Token == l.dials {
		c.lost(out)
	}
}

// hangUp closes the channel and goes on to the next server.
func (c *Client) hangUp(out *sim.Effects) {
	if c.link.channel != 0 {
		out.Close(c.link.channel)
	}
	c.lost(out)
}

// lost handles that there is no connection any more: what becomes of a write that was sent nobody knows.
func (c *Client) lost(out *sim.Effects) {
	l := &c.link
	l.state, l.channel = resting, 0
	out.StopTimer(timerPing)
	if c.phase == done && c.cfg.Close {
		out.StopTimer(timerLink)
		return
	}
	pause := min(c.cfg.Backoff<<min(l.failures, 16), c.cfg.BackoffMax)
	l.failures++
	l.server = (l.server + 1) % len(c.cfg.Servers)
	out.SetTimer(timerLink, pause, pause)
	if c.phase == asking && c.sent != 0 {
		c.sent = 0
		if c.open().Kind.Writes() {
			out.Decide("the connection is lost", "nobody knows whether it was done")
			c.end(nil, sim.Unknown, out)
		}
	}
}
