package sim

import "time"

// DialTimeout is how long a dialer waits for an answer before the channel counts as closed. RetransmitDelay is how
// much later an item of a channel arrives for each time that the link loses it, at most MaxRetransmits times.
const (
	DialTimeout     = time.Second
	RetransmitDelay = 200 * time.Millisecond
	MaxRetransmits  = 15
)

// channel is a FIFO stream each way between two nodes, as a TCP connection is: in order, without gaps, until
// it closes. Loss on the link only delays it, a cut stalls it until it is mended. It can be half-open: one
// side believes in it, the other has forgotten it.
type channel struct {
	// ends are the dialer and the accepter, places where they are in World.nodes; lives are the incarnations that own
	// the ends. token is the dialer's.
	ends    [2]NodeID
	places  [2]uint16
	token   Token
	lives   [2]uint32
	open    [2]bool
	dialing bool
	// broken says that it was reset: nothing is sent or received on it any more.
	broken bool
	// streams[i] carries what ends[i] sends.
	streams [2]stream
}

// stream is one direction of a channel.
type stream struct {
	items []item
	// last is when the item sent last is due; later ones are due no earlier.
	last Time
	// moving says that a pending entry stands for the head, stalled that the head waits for the link or
	// for a paused receiver.
	moving, stalled bool
	// holed says that a blackhole has swallowed an item: the stream cannot go on any more.
	holed bool
}

// itemKind tells what a stream carries.
type itemKind uint8

const (
	itemDial    itemKind = iota // the dialer asks
	itemAccept                  // the accepter agrees
	itemRefuse                  // nobody listens there
	itemMessage                 // a message
	itemEnd                     // the sender has closed, or its process has ended
)

type item struct {
	kind itemKind
	// by is the event that sent it.
	by  uint32
	msg Message
	sum Digest
	due Time
}

// resetChannels forgets all channels. What is behind the end of w.channels lends its memory to the next ones.
func (w *World) resetChannels() {
	for i := range w.channels {
		for end := range w.channels[i].streams {
			st := &w.channels[i].streams[end]
			clear(st.items)
			st.items = st.items[:0]
		}
	}
	w.channels = w.channels[:0]
}

// newChannel adds the channel that n dials to the node at the place to.
func (w *World) newChannel(n *process, to int, t Token) ChanID {
	c := channel{token: t, lives: [2]uint32{n.life, 0}, dialing: true,
		ends: [2]NodeID{n.id, w.ids[to]}, places: [2]uint16{uint16(w.at(n.id)), uint16(to)}}
	if i := len(w.channels); i < cap(w.channels) {
		for end, old := range w.channels[:i+1][i].streams {
			c.streams[end].items = old.items[:0]
		}
	}
	w.channels = append(w.channels, c)
	return ChanID(len(w.channels))
}

// pop removes the head of st, which is not empty, and returns it.
func (st *stream) pop() item {
	it, last := st.items[0], len(st.items)-1
	if last > 0 {
		copy(st.items, st.items[1:])
	}
	st.items[last] = item{}
	st.items = st.items[:last]
	return it
}

// linkFrom returns the link on which the given end of c sends.
func (w *World) linkFrom(c *channel, end int) *link {
	return w.linkAt(int(c.places[end]), int(c.places[1-end]))
}

// endOf returns the channel id and which open end of it belongs to n; the end is -1 if none does.
func (w *World) endOf(n *process, id ChanID) (*channel, int) {
	if id == 0 || int(id) > len(w.channels) {
		return nil, -1
	}
	c := &w.channels[id-1]
	for end := range c.ends {
		if c.open[end] && c.ends[end] == n.id && c.lives[end] == n.life {
			return c, end
		}
	}
	return c, -1
}

// dial asks the node to for a channel.
func (w *World) dial(n *process, to NodeID, t Token) {
	self, place := uint16(w.at(n.id)), w.at(to)
	if place < 0 || to == n.id { // nobody listens there
		id := w.newChannel(n, int(self), t)
		w.schedule(w.now, &pending{kind: pendDialTimeout, aux: uint32(id), from: n.id, dest: self, life: n.life})
		return
	}
	id := w.newChannel(n, place, t)
	w.enqueue(id, 0, item{kind: itemDial, by: w.sending})
	w.schedule(w.now.Add(DialTimeout), &pending{kind: pendDialTimeout, aux: uint32(id), from: to, dest: self,
		life: n.life})
}

// sendOn sends m over the channel, if its end at n is open.
func (w *World) sendOn(n *process, id ChanID, m Message, sum Digest) {
	c, end := w.endOf(n, id)
	if end < 0 {
		if c != nil {
			w.dropUnsent(n.id, otherEnd(c, n.id), m, "closed")
		}
		return
	}
	it := item{kind: itemMessage, by: w.sending, msg: m, sum: sum}
	var t treatment
	if len(w.rules) > 0 {
		if t = w.applyRules(c.ends[end], c.ends[1-end], m); t.drop {
			w.dropUnsent(n.id, c.ends[1-end], m, "rule")
			w.breakChannel(id) // a stream without it would have a gap
			return
		}
	}
	it.due = w.now.Add(t.delay)
	w.enqueue(id, end, it)
}

// upcoming is the number of the event about to happen.
func (w *World) upcoming() uint32 { return uint32(w.result.Events + 1) }

func otherEnd(c *channel, n NodeID) NodeID {
	if c.ends[0] == n {
		return c.ends[1]
	}
	return c.ends[0]
}

// closeChannel closes the end of n; the other end learns of it after everything that was sent.
func (w *World) closeChannel(n *process, id ChanID) {
	if c, end := w.endOf(n, id); end >= 0 {
		c.open[end] = false
		w.enqueue(id, end, item{kind: itemEnd, by: w.sending})
	}
}

// enqueue puts it at the end of the stream that ends[end] sends on.
func (w *World) enqueue(id ChanID, end int, it item) {
	c := &w.channels[id-1]
	if c.broken {
		return
	}
	from, to, l := c.ends[end], c.ends[1-end], w.linkFrom(c, end)
	d := w.latency(l, from, to)
	for i := 0; i < MaxRetransmits && l.Loss > 0 && w.chance(DecideLoss, from, to, l.Loss); i++ {
		d += RetransmitDelay
	}
	st := &c.streams[end]
	it.due = max(st.last, it.due.Add(d), w.now.Add(d))
	st.last = it.due
	st.items = append(st.items, it)
	if !st.moving && !st.stalled {
		w.move(id, end, it.due)
	}
}

// move schedules the head of a stream.
func (w *World) move(id ChanID, end int, at Time) {
	c := &w.channels[id-1]
	st := &c.streams[end]
	st.moving, st.stalled = true, false
	w.schedule(max(at, w.now), &pending{kind: pendStream, aux: uint32(id), id: uint8(end),
		from: c.ends[end], dest: c.places[1-end]})
}

// moveStalled sets the stalled streams between two nodes in motion again, those of one node with everybody if the
// other is 0.
func (w *World) moveStalled(a, b NodeID) {
	for i := range w.channels {
		c := &w.channels[i]
		for end := range c.streams {
			from, to := c.ends[end], c.ends[1-end]
			if st := &c.streams[end]; st.stalled && (from == a && (b == 0 || to == b) || b == 0 && to == a) {
				w.move(ChanID(i+1), end, w.now.Add(w.latency(w.linkFrom(c, end), from, to)))
			}
		}
	}
}

// streamArrives handles the head of a stream, which is due. If the receiver is to be told something, p says
// what, and it returns true.
func (w *World) streamArrives(p *pending) bool {
	id, end := ChanID(p.aux), int(p.id)
	c, n := &w.channels[id-1], &w.nodes[p.dest]
	st := &c.streams[end]
	st.moving = false
	if len(st.items) == 0 {
		return false
	}
	l := w.linkFrom(c, end)
	switch {
	case l.clogged > w.now:
		w.move(id, end, l.clogged)
		return false
	case l.cut || l.held || n.waits():
		st.stalled = true
		return false
	}
	it := st.pop()
	w.cause = it.by
	if len(st.items) > 0 {
		w.move(id, end, st.items[0].due)
	}
	if l.blackhole {
		w.dropItem(p, &it, "blackhole")
		st.holed = true
		return false
	}
	return w.receiveItem(p, &it, n, 1-end)
}

// receiveItem gives an item to n, at the given end of its channel.
func (w *World) receiveItem(p *pending, it *item, n *process, end int) bool {
	id := ChanID(p.aux)
	c := &w.channels[id-1]
	if it.kind == itemDial {
		if n.machine == nil {
			if !n.dark {
				w.enqueue(id, 1, item{kind: itemRefuse})
			}
			return false
		}
		c.lives[1], c.open[1] = n.life, true
		w.enqueue(id, 1, item{kind: itemAccept, by: w.upcoming()})
		return told(p, Opened)
	}
	if c.lives[end] != n.life || !c.open[end] && !(end == 0 && c.dialing) {
		w.dropItem(p, it, "closed")
		if !n.dark {
			w.sendReset(id, end)
		}
		return false
	}
	switch it.kind {
	case itemAccept:
		c.dialing, c.open[0] = false, true
		return told(p, Opened)
	case itemRefuse:
		c.dialing = false
		return told(p, Closed)
	case itemEnd:
		c.open[end] = false
		return told(p, Closed)
	}
	p.msg, p.sum = it.msg, it.sum
	return told(p, Receive)
}

// told makes p the news k about its channel.
func told(p *pending, k EventKind) bool {
	p.kind, p.id = pendNews, uint8(k)
	return true
}

// news fills in the event that tells a node about one of its channels.
func (w *World) news(p *pending, ev *Event) {
	kind := EventKind(p.id)
	if kind == Receive {
		w.received(p, ev)
	}
	ev.Kind, ev.Chan = kind, ChanID(p.aux)
	if c := &w.channels[p.aux-1]; kind != Receive && c.ends[0] == w.ids[p.dest] {
		ev.Token = c.token
	}
}

// dropItem counts the loss of it, if it is a message.
func (w *World) dropItem(p *pending, it *item, why string) {
	if it.kind == itemMessage {
		p.msg, p.sum = it.msg, it.sum
		w.drop(p, why)
	}
}

// sendReset tells the other end that the given end is gone.
func (w *World) sendReset(id ChanID, end int) {
	c := &w.channels[id-1]
	from, to := c.ends[end], c.ends[1-end]
	w.schedule(w.now.Add(w.latency(w.linkFrom(c, end), from, to)), &pending{kind: pendReset,
		aux: uint32(id), from: from, dest: c.places[1-end]})
}

// resetArrives handles a reset that has travelled over the link, or a dialer's time-out.
func (w *World) resetArrives(p *pending) bool {
	n := &w.nodes[p.dest]
	if l := w.linkAt(w.at(p.from), int(p.dest)); p.kind == pendReset {
		switch {
		case l.cut || l.blackhole:
			return false
		case l.clogged > w.now:
			w.schedule(l.clogged, p)
			return false
		case l.held:
			l.parked = append(l.parked, *p)
			return false
		}
	}
	c := &w.channels[p.aux-1]
	if c.dialing && c.ends[0] == n.id && c.lives[0] == n.life {
		c.dialing = false
		return told(p, Closed)
	}
	if p.kind == pendDialTimeout {
		return false
	}
	if _, end := w.endOf(n, ChanID(p.aux)); end >= 0 {
		c.open[end] = false
		return told(p, Closed)
	}
	return false
}

// crashChannels ends the channels of n, whose process is gone. If only the process died, the operating system
// closes them; if the power failed, the other ends are not told.
func (w *World) crashChannels(n *process, processOnly bool) {
	n.dark = !processOnly
	w.moveStalled(n.id, 0) // what waited for the paused process is for nobody now
	for i := range w.channels {
		c := &w.channels[i]
		for end := range c.ends {
			if c.ends[end] != n.id {
				continue
			}
			if end == 0 {
				c.dialing = false
			}
			if !c.open[end] {
				continue
			}
			c.open[end] = false
			if processOnly {
				w.enqueue(ChanID(i+1), end, item{kind: itemEnd, by: w.upcoming()})
			} else {
				clear(c.streams[end].items)
				c.streams[end].items = c.streams[end].items[:0]
			}
		}
	}
}
