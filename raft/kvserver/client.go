package kvserver

import (
	"time"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/recipe"
)

// ClientConfig describes a client.
//
//  1. Servers is not empty.
//  2. 0 < Backoff ≤ Patience ≤ Timeout.
type ClientConfig struct {
	ID sim.NodeID
	// Servers are whom the client may ask. It begins with one that depends on its ID, stays with whoever answers, and
	// goes round when nobody does.
	Servers []sim.NodeID
	// Ops are the operations that the client plays, in order.
	Ops []Operation
	// Recipe, if not nil, is what it plays instead. The client has a copy of its own.
	Recipe Recipe
	// NotBefore holds the last operations back, one each: none is called before its time, on the client's clock.
	NotBefore []sim.Time
	// Sessions makes the client open a session, in which each write is done once however often it is asked for
	// (thesis §6.3). Without it writes are as in etcd.
	Sessions bool
	// Timeout is the time from an operation's call after which the client gives it up.
	Timeout time.Duration
	// Patience is the time after which it asks the next server, if there is no answer, for what changes nothing or
	// belongs to a session.
	Patience time.Duration
	// Backoff is the pause it makes before it asks again when it was refused and does not know better.
	Backoff time.Duration
	// Requests makes the client's requests; nil is one of its own. Clients of one world may share one.
	Requests *raft.Slab[kvapi.Request]
}

// DefaultClientConfig returns the configuration of a client that gives up after 2 s, asks another server after 500 ms
// and pauses for 50 ms.
func DefaultClientConfig(id sim.NodeID, servers []sim.NodeID, ops []Operation) ClientConfig {
	return ClientConfig{
		ID: id, Servers: servers, Ops: ops,
		Timeout: 2 * time.Second, Patience: 500 * time.Millisecond, Backoff: 50 * time.Millisecond,
	}
}

// phase is what a client is doing.
type phase byte

// The phases.
const (
	// thinking: no operation is open.
	thinking phase = iota
	// opening: one is open, and before it can be asked for a session has to be opened.
	opening
	// asking: one is open and being asked for.
	asking
	// subscribing: one is open that is about watches, and ends with the next step.
	subscribing
	// writing: a write to a resource is open.
	writing
	// done: every operation has ended.
	done
)

// taskSubscribed is the task that ends what is about watches.
const taskSubscribed sim.TaskID = 0

// A client's timers.
const (
	timerThink    sim.TimerID = iota // the next operation begins
	timerPatience                    // nobody has answered, or the pause is over
	timerTimeout                     // the operation is given up
	timerLink                        // the server of the stream is silent, or the pause is over
)

// Client plays a list of operations, one after the other. It is a sim.Machine and a sim.Recycler.
//
//  1. Every operation is called once and returns once, the first Think after Start and each other one Think after the
//     return of the one before.
//  2. It returns OK with the answer of the store, an error too; Failed if no server can have taken it, since it was
//     never sent or no server does it; and Unknown otherwise.
//  3. What changes something is sent again only within a session, which it names, or after a server has said that it
//     did nothing with it (clientv3's retry policy): a second copy would be done a second time.
//  4. What is about watches ends with the next step, with an empty output. Watches go on, over one stream at a time,
//     until they are canceled.
//  5. After a write that ended Unknown the session is not used again.
//
// A refusal says that one server did not take one copy of a request. The network may have made another, so that
// refusals alone never make an operation Failed. Servers do no request twice.
//
// A client that crashes begins its list again. Its sequence numbers count from the time of its Start, so that it does
// not take the answers to its former self for its own.
type Client struct {
	cfg *ClientConfig
	// next is the index of the open operation, or of the next one.
	next  int
	phase phase
	// player plays the recipe, if there is one instead of a list.
	player recipe.Player[kvapi.Op, kvapi.Output]
	// session is the client's own, 0 while it has none.
	session kvapi.Session
	seq     kvapi.Seq
	// attempt counts the sendings of the request seq.
	attempt uint32
	// server is the index of whom to ask.
	server int
	// redirects counts the hints followed since the last pause.
	redirects int
	// resting says that the client was refused and pauses before it asks server.
	resting bool
	// doubtful says that the open operation has been sent.
	doubtful bool
	link     link

	requests *raft.Slab[kvapi.Request]
}

// NewClient returns a client that waits for its Start. It panics if c breaks a numbered property.
func NewClient(c ClientConfig) *Client {
	if len(c.Servers) == 0 {
		panic("kvserver: ClientConfig: no servers")
	}
	if c.Backoff <= 0 || c.Patience < c.Backoff || c.Timeout < c.Patience {
		panic("kvserver: ClientConfig: want 0 < Backoff <= Patience <= Timeout")
	}
	requests := c.Requests
	if requests == nil {
		requests = &raft.Slab[kvapi.Request]{}
	}
	first := max(c.ID.Number()-1, 0) % len(c.Servers)
	return &Client{
		cfg: &c, player: recipe.NewPlayer(c.Recipe), requests: requests,
		server: first, link: link{server: first},
	}
}

// Step implements sim.Machine.
func (c *Client) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.Start:
		c.seq = kvapi.Seq(now)
		c.think(nil, out)
	case sim.Timeout:
		c.timeout(now, ev.Timer, out)
	case sim.TaskRun:
		if c.phase == subscribing {
			c.end(&kvapi.Output{}, sim.OK, out)
		}
	case sim.Opened:
		c.opened(&ev, out)
	case sim.Closed:
		c.closed(&ev, out)
	case sim.Receive:
		if m, ok := ev.Msg.(*kvapi.WatchResponse); ok && ev.Chan == c.link.channel {
			c.handleWatch(m, out)
		}
		if r, ok := ev.Msg.(*kvapi.Response); ok && c.busy() && r.Seq == c.seq {
			c.handleResponse(r, out)
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

// think waits for the time of the next operation, if there is one. last is the output of the one before.
func (c *Client) think(last any, out *sim.Effects) {
	if !c.more(last) {
		c.phase = done
		return
	}
	c.phase = thinking
	d := c.pause()
	out.SetTimer(timerThink, d, d)
}

// timeout goes on after a timer has run out.
func (c *Client) timeout(now sim.Time, t sim.TimerID, out *sim.Effects) {
	switch {
	case t == timerThink && c.phase == thinking && c.early(now) > 0:
		out.SetTimer(timerThink, c.early(now), c.early(now))
	case t == timerThink && c.phase == thinking && c.player.Writes():
		c.write(out)
	case t == timerThink && c.phase == thinking:
		c.call(out)
	case t == timerLink:
		c.linkTimeout(out)
	case t == timerTimeout && c.phase == writing:
		c.end(nil, sim.Unknown, out)
	case !c.busy():
	case t == timerTimeout:
		c.turn()
		c.giveUp(out)
	case t == timerPatience && (c.resting || c.repeats()):
		if !c.resting {
			out.Decide("nobody answers", "ask the next server")
			c.turn()
		}
		c.redirects = 0
		c.ask(out)
	}
}

// early returns for how long the next operation is held back.
func (c *Client) early(now sim.Time) time.Duration {
	if i := c.next - len(c.cfg.Ops) + len(c.cfg.NotBefore); !c.player.Plays() && i >= 0 && i < len(c.cfg.NotBefore) {
		return c.cfg.NotBefore[i].Sub(now)
	}
	return 0
}

// busy reports whether an operation of the store is open.
func (c *Client) busy() bool { return c.phase == asking || c.phase == opening }

// op is the open operation of the store.
func (c *Client) op() *kvapi.Op {
	if c.player.Plays() {
		return c.player.Op()
	}
	return &c.cfg.Ops[c.next].In
}

// inSession reports whether the open operation belongs to a session.
func (c *Client) inSession() bool {
	return c.cfg.Sessions && c.op().Writes() && !isChange(c.op().Kind)
}

// repeats reports whether what is open may be asked for again while a server may be about to do it.
func (c *Client) repeats() bool {
	return c.phase == opening || c.inSession() || !c.op().Writes() && c.op().Kind != kvapi.MoveLeader
}

// call begins the next operation.
func (c *Client) call(out *sim.Effects) {
	out.Invoke(c.op()) // shared with the history: nobody changes it
	if subscribes(c.op().Kind) {
		c.phase = subscribing
		c.subscribe(c.op(), out)
		out.Run(taskSubscribed)
		return
	}
	out.SetTimer(timerTimeout, c.cfg.Timeout, c.cfg.Timeout)
	c.phase, c.doubtful, c.redirects = asking, false, 0
	if c.inSession() && c.session == 0 {
		c.phase = opening
	}
	if c.op().Kind == kvapi.HashKV {
		c.turn() // it is about one server: each time about another one
	}
	c.begin(out)
}

// begin asks for something new: a session, or the operation.
func (c *Client) begin(out *sim.Effects) {
	c.seq++
	c.attempt = 0
	c.ask(out)
}

// ask sends the request that is open to the server whose turn it is.
func (c *Client) ask(out *sim.Effects) {
	c.attempt++
	c.resting = false
	r := c.requests.Take()
	r.Seq, r.Attempt = c.seq, c.attempt
	if c.phase == opening {
		r.Op.Kind = kvapi.OpenSession
	} else {
		c.doubtful = true
		r.Op = *c.op()
		if c.inSession() {
			r.Session = c.session
		}
	}
	out.Send(c.cfg.Servers[c.server], r)
	out.SetTimer(timerPatience, c.cfg.Patience, c.cfg.Patience)
}

// turn passes on to the next server.
func (c *Client) turn() { c.server = (c.server + 1) % len(c.cfg.Servers) }

// handleResponse handles an answer. Every answer to the open request is as good as another, refusals count only if they
// are about the last attempt.
func (c *Client) handleResponse(r *kvapi.Response, out *sim.Effects) {
	switch code := r.Out.Code; {
	case code == kvapi.OK && c.phase == opening:
		c.session, c.phase = r.Session, asking
		c.begin(out)
	case code.Answered():
		c.end(&r.Out, sim.OK, out)
	case code == kvapi.ErrSessionExpired:
		out.Decide("the session is gone", "nobody knows whether it was done")
		c.giveUp(out)
	case code == kvapi.ErrRequestTooLarge:
		c.end(nil, sim.Failed, out)
	case r.Attempt != c.attempt || c.resting:
	case code.Untaken() || c.repeats():
		c.handleRefusal(r, out)
	default:
		out.Decide(code.String(), "nobody knows whether it was done")
		c.giveUp(out)
	}
}

// handleRefusal follows the hint at whom to ask, or pauses.
func (c *Client) handleRefusal(r *kvapi.Response, out *sim.Effects) {
	hint := c.place(r.Leader)
	if hint >= 0 && hint != c.server && c.redirects < len(c.cfg.Servers) {
		out.Decide("refused with a hint", "ask whom the hint names")
		c.redirects++
		c.server = hint
		c.ask(out)
		return
	}
	out.Decide("refused", "pause, then ask the next server")
	if r.Out.Code != kvapi.ErrTooManyRequests {
		c.turn()
	}
	c.resting = true
	out.SetTimer(timerPatience, c.cfg.Backoff, c.cfg.Backoff)
}

// place returns the index of the server id, -1 if it is not one that the client knows.
func (c *Client) place(id sim.NodeID) int {
	for i, s := range c.cfg.Servers {
		if s == id {
			return i
		}
	}
	return -1
}

// giveUp ends the open operation without an answer.
func (c *Client) giveUp(out *sim.Effects) {
	if !c.doubtful {
		c.end(nil, sim.Failed, out)
		return
	}
	if c.inSession() {
		c.session = 0
	}
	c.end(nil, sim.Unknown, out)
}

// end returns from the open operation and goes on to the next one. output is nil unless o is OK.
func (c *Client) end(output any, o sim.Outcome, out *sim.Effects) {
	out.Return(output, o)
	out.StopTimer(timerPatience)
	out.StopTimer(timerTimeout)
	c.next++
	c.think(output, out)
}
