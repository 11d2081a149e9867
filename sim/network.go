package sim

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// link is one directed link as it is now.
type link struct {
	Link
	cut       bool
	held      bool
	blackhole bool
	// clogged is when the clog ends, 0 for none.
	clogged Time
	// free is when the link can take the next message, if messages occupy it.
	free Time
	// flying counts the datagrams in flight.
	flying int
	// parked is what arrived while the link was held: datagrams and resets of channels.
	parked []pending
}

// rule is a Rule in force.
type rule struct {
	Rule
	used int
}

// defaultLink returns the properties that c gives to the link.
func (c *Config) defaultLink(from, to NodeID) Link {
	switch {
	case from == to:
		return Link{}
	case from.IsClient() || to.IsClient():
		return c.ClientLinks
	}
	return c.Peers
}

// resetNetwork makes every link as it is before the run.
func (w *World) resetNetwork() {
	n := len(w.nodes)
	for len(w.links) < n*n {
		w.links = append(w.links, link{})
	}
	w.links = w.links[:n*n]
	for i := range w.links {
		l := &w.links[i]
		clear(l.parked)
		*l = link{Link: w.cfg.defaultLink(w.ids[i/n], w.ids[i%n]), parked: l.parked[:0]}
	}
	w.rules = w.rules[:0]
	w.resetChannels()
}

// linkAt returns the link between two places in w.nodes.
func (w *World) linkAt(from, to int) *link { return &w.links[from*len(w.nodes)+to] }

// link returns the link between two nodes, or nil if there is none.
func (w *World) link(from, to NodeID) *link {
	f, t := w.at(from), w.at(to)
	if f < 0 || t < 0 {
		return nil
	}
	return w.linkAt(f, t)
}

// latency draws how long a message travels on l.
func (w *World) latency(l *link, from, to NodeID) time.Duration {
	var d time.Duration
	switch {
	case l.Tail > 0 && w.chance(DecideTail, from, to, l.Tail):
		d = w.span(DecideLatency, from, to, l.Max, max(l.Max, l.TailMax))
	case l.Mean > 0:
		d = min(max(l.Min, exponential(l.Mean, w.span(DecideLatency, from, to, 0, quantiles-1))), l.Max)
	default:
		d = w.span(DecideLatency, from, to, l.Min, l.Max)
	}
	if l.Reorder > 0 && w.chance(DecideReorder, from, to, l.Reorder) {
		d += w.span(DecideReorder, from, to, 0, l.ReorderMax)
	}
	if l.Spacing > 0 {
		start := max(w.now, l.free)
		l.free = start.Add(l.Spacing)
		d += time.Duration(start - w.now)
	}
	return d
}

// quantiles is how many values are told apart of what is exponential.
const quantiles = 1 << 32

// exponential returns the q-th quantile of a distribution that is about exponential with the given mean: it is even
// between two halvings of what is left. Of q = 0 that is 0. It needs no logarithm, so that it is the same everywhere.
func exponential(mean, q time.Duration) time.Duration {
	const fraction = 16
	left := uint64(quantiles - q)   // of quantiles, at least 1
	next := bits.Len64(left - 1)    // it has been halved down to 2^next
	halvings := int64(32 - next)    // so often
	within := (1<<next - left) << 1 // and how far it is on the way to the next half of that, of 2^next
	part := int64(mean) * 2 / 3     // what one halving stands for: there are 1 1/2 on average
	return time.Duration(part*halvings + part*int64(within<<fraction>>next)>>fraction)
}

// deliver lets m arrive at the node to at once, past the network.
func (w *World) deliver(from, to NodeID, m Message) {
	w.schedule(w.now, &pending{kind: pendArrived, msg: m, sum: w.sumOf(m), from: from, dest: uint16(w.at(to))})
}

// send puts the datagram m, whose digest is sum, into flight.
func (w *World) send(from, to NodeID, m Message, sum Digest) {
	dest := w.at(to)
	if dest < 0 {
		w.dropUnsent(from, to, m, "no such node")
		return
	}
	l := w.linkAt(w.at(from), dest)
	p := pending{kind: pendDatagram, msg: m, sum: sum, aux: w.sending, from: from, dest: uint16(dest)}
	var t treatment
	if len(w.rules) > 0 {
		if t = w.applyRules(from, to, m); t.drop {
			w.drop(&p, "rule")
			return
		}
	}
	w.fly(l, &p, to, t.delay)
	if t.duplicate {
		p.id = 1
		w.fly(l, &p, to, t.copyDelay)
	}
	p.id = 2
	if l.Duplicate > 0 && w.chance(DecideDuplicate, from, to, l.Duplicate) {
		w.fly(l, &p, to, w.span(DecideDuplicate, from, to, 0, l.DuplicateMax))
	}
}

// fly puts one copy of a datagram into flight, extra later than the link alone would deliver it.
func (w *World) fly(l *link, p *pending, to NodeID, extra time.Duration) {
	if l.Queue > 0 && l.flying >= l.Queue {
		victim := w.chooser.Index(Key{DecideVictim, p.from, to}, l.flying+1)
		if victim == 0 {
			w.drop(p, "queue full")
			return
		}
		w.dropFlying(p.from, p.dest, victim-1)
	}
	l.flying++
	w.schedule(w.now.Add(w.latency(l, p.from, to)+extra), p)
}

// dropFlying drops the i-th datagram that is in flight on a link, counted in the order in which they were sent, of
// those of one step in that of their digests, copies last: what else is scheduled has no say. Those that arrive only
// after the limit come last and are nowhere.
func (w *World) dropFlying(from NodeID, dest uint16, i int) {
	w.linkAt(w.at(from), int(dest)).flying--
	slab, flying := w.queue.slab, w.flying[:0]
	for s := range slab {
		if p := &slab[s]; p.kind == pendDatagram && p.from == from && p.dest == dest {
			flying = append(flying, uint32(s))
		}
	}
	w.flying = flying
	if i >= len(flying) {
		return
	}
	slices.SortFunc(flying, func(a, b uint32) int {
		x, y := &slab[a], &slab[b]
		return cmp.Or(cmp.Compare(x.aux, y.aux), cmp.Compare(x.sum, y.sum), cmp.Compare(x.id, y.id))
	})
	p := &slab[flying[i]]
	w.drop(p, "queue full")
	p.kind = pendNothing
}

// arrive lets the network decide about the datagram p, which is due. It returns true if the datagram has
// reached its node.
func (w *World) arrive(p *pending) bool {
	l := w.linkAt(w.at(p.from), int(p.dest))
	l.flying--
	switch {
	case l.cut:
		w.drop(p, "cut")
	case l.held:
		l.parked = append(l.parked, *p)
	case l.clogged > w.now:
		l.flying++
		w.schedule(l.clogged, p)
	case l.Loss > 0 && w.chance(DecideLoss, p.from, w.ids[p.dest], l.Loss):
		w.drop(p, "lost")
	default:
		return true
	}
	return false
}

// received fills in the event that a datagram brings.
func (w *World) received(p *pending, ev *Event) {
	ev.Kind, ev.Msg = Receive, p.msg
	w.arriving = p.sum
	w.result.Delivered++
	if w.cfg.CheckMessages && w.sumOf(p.msg) != p.sum {
		panic("sim: " + p.msg.Kind() + " was changed after it was sent by " + p.from.String())
	}
}

// drop counts the loss of p, for the reason why.
func (w *World) drop(p *pending, why string) {
	w.result.Dropped++
	if !w.cfg.NoDigest {
		w.result.Digest = w.result.Digest.Mix(uint64(p.sum) ^ uint64(p.dest)<<16).MixString(why)
	}
	if w.cfg.Trace != nil {
		by := p.aux
		if p.kind == pendStream {
			by = w.cause
		}
		w.traceDrop(Record{Lost: why, From: p.from, To: w.ids[p.dest], Msg: p.msg}, by)
	}
}

// dropUnsent counts the loss of a message that never left its node.
func (w *World) dropUnsent(from, to NodeID, m Message, why string) {
	w.result.Dropped++
	if !w.cfg.NoDigest {
		w.result.Digest = w.result.Digest.Mix(uint64(to)).MixString(why)
	}
	if w.cfg.Trace != nil {
		w.traceDrop(Record{Lost: why, From: from, To: to, Msg: m}, w.sending)
	}
}

// release lets what is held on the link arrive, in one burst.
func (w *World) release(l *link) {
	l.held = false
	for i := range l.parked {
		if l.parked[i].kind == pendDatagram {
			l.flying++
		}
		w.schedule(w.now, &l.parked[i])
	}
	clear(l.parked)
	l.parked = l.parked[:0]
}

// treatment is what the rules in force do to one message.
type treatment struct {
	drop      bool
	delay     time.Duration
	duplicate bool
	copyDelay time.Duration
}

// applyRules lets every rule that matches the message treat it.
func (w *World) applyRules(from, to NodeID, m Message) treatment {
	var t treatment
	for i := range w.rules {
		r := &w.rules[i]
		if !r.matches(from, to, m, w.now) || !w.chance(DecideRule, from, to, r.Share) {
			continue
		}
		r.used++
		switch r.Action {
		case RuleDrop:
			t.drop = true
		case RuleDelay:
			t.delay += r.Delay
		case RuleDuplicate:
			t.duplicate, t.copyDelay = true, r.Delay
		}
	}
	return t
}

func (r *rule) matches(from, to NodeID, m Message, now Time) bool {
	return (r.From == 0 || r.From == from) && (r.To == 0 || r.To == to) && r.inForce(now) &&
		(r.MessageKind == "" || r.MessageKind == m.Kind() || r.matchesEnd(m.Kind()))
}

// matchesEnd reports whether the rule is for all kinds with some end, and kind is one of them.
func (r *rule) matchesEnd(kind string) bool {
	end, ok := strings.CutPrefix(r.MessageKind, "*")
	return ok && strings.HasSuffix(kind, end)
}

// inForce reports whether the rule has not ended by now.
func (r *rule) inForce(now Time) bool {
	return (r.Until == 0 || now < r.Until) && (r.Count == 0 || r.used < r.Count)
}
