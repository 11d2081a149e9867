package zab

import (
	"schism/sim"
)

// Ghost watches a run and checks the invariants listed at [Invariants] after every step. It remembers what no server
// can know: every transaction ever proposed, every leader there was, everything that was ever committed, and what is
// durable where. What it knows of histories and epochs it reads from what servers write, not from their memory, and
// compares the two.
//
// It is a [sim.Observer] of worlds whose servers are a [Host]; what is none it ignores. One Ghost belongs to one run at
// a time; Reset makes it ready for the next.
type Ghost struct {
	shadows []*shadow // by server number - 1
	// leaderOf is the established leader of each epoch, lastOf the number of its last transaction.
	leaderOf []sim.NodeID
	lastOf   []uint32
	// made holds, for every transaction, the hash of the history up to it.
	made map[Zxid]sim.Digest
	// committed is what is committed, from index 1.
	committed []link2
	// reconfigs are all that were ever written, active is what the last committed one made the ensemble, nil before
	// the first.
	reconfigs map[Zxid]*Ensemble
	active    *Ensemble

	// What the step in progress is about. seq is the number of its last write, 0 before the first.
	world sim.View
	cur   *shadow
	seq   sim.WriteSeq
	err   error
	// activated is the ensemble that the step puts in force on the disk, nil for none.
	activated *Ensemble
	// saved is up to where the snapshot goes that the step writes, zero for none.
	saved Position
	visit func(rec []byte) bool
}

// shadow is what the ghost knows of one server.
type shadow struct {
	id sim.NodeID
	// written is what is on the disk if nothing is lost, durable what surely is, and pending the writes between the
	// two, from head on. whole is what the last restart has read.
	written, durable, whole holdings
	pending                 []written
	head                    int
	// As of the last step.
	led                bool
	committed, applied Index
	last               Position
	// open says that the server begins to lead and has not decided on its epoch, told is the latest epoch that a voter
	// has told it then.
	open bool
	told Epoch
	// promised is the last epoch that the server has promised, to the server to, in any of its lives.
	promised Epoch
	to       sim.NodeID
}

// NewGhost returns a ghost that has seen nothing.
func NewGhost() *Ghost {
	g := &Ghost{made: make(map[Zxid]sim.Digest), reconfigs: make(map[Zxid]*Ensemble)}
	g.visit = g.record
	return g
}

// Reset makes g forget everything.
func (g *Ghost) Reset() {
	for _, s := range g.shadows {
		s.forget()
	}
	clear(g.leaderOf)
	clear(g.lastOf)
	clear(g.made)
	clear(g.reconfigs)
	g.active, g.activated, g.saved = nil, nil, Position{}
	g.committed = g.committed[:0]
	g.world, g.cur, g.err = sim.View{}, nil, nil
}

func (s *shadow) forget() {
	*s = shadow{id: s.id, written: s.written, durable: s.durable, whole: s.whole, pending: s.pending[:0]}
	for _, h := range []*holdings{&s.written, &s.durable} {
		h.accepted, h.current, h.snapshot = 0, 0, 0
		h.history.base, h.history.links = 0, append(h.history.links[:0], link2{})
	}
}

// Committed returns the number of transactions committed so far.
func (g *Ghost) Committed() Index { return Index(len(g.committed)) }

// at returns what is committed at i ≤ Committed.
func (g *Ghost) at(i Index) link2 {
	if i == 0 {
		return link2{}
	}
	return g.committed[i-1]
}

// shadow returns what is known of the server id.
func (g *Ghost) shadow(id sim.NodeID) *shadow {
	for len(g.shadows) < id.Number() {
		s := &shadow{id: sim.Server(len(g.shadows) + 1)}
		s.forget()
		g.shadows = append(g.shadows, s)
	}
	return g.shadows[id.Number()-1]
}

// Observe implements [sim.Observer].
func (g *Ghost) Observe(v sim.View, info *sim.StepInfo) error {
	if info.Node == 0 || info.Node.IsClient() || info.Event.Kind == sim.Faulted {
		return nil
	}
	if info.Event.Kind == sim.Crashed || info.RefusesStart() {
		g.shadow(info.Node).crash()
		return nil
	}
	host, ok := info.Machine.(Host)
	if !ok {
		return nil
	}
	p, s := host.Zab(), g.shadow(info.Node)
	g.world, g.cur, g.err, g.seq = v, s, nil, 0
	if info.Event.Kind == sim.Start {
		g.start(s, p)
	}
	g.settle(s)
	_, leads := p.Reign()
	if leads && !s.led {
		g.established(s, p)
	}
	g.activated, g.saved = nil, Position{}
	g.hears(s, p, info)
	g.effects(s, p, info)
	g.compare(s, p)
	if g.activated != nil {
		g.activates(s)
	}
	if g.saved != (Position{}) {
		g.holdsCommitted(s, "writes", g.saved)
	}
	s.led, s.open = leads, p.state == Leading && !p.lead.decided
	return g.err
}

// fail keeps the first violation of a step.
func (g *Ghost) fail(id, format string, args ...any) {
	if g.err == nil {
		g.err = sim.Violatef(id, format, args...)
	}
}

// settle moves what has become durable from pending to durable.
func (g *Ghost) settle(s *shadow) {
	if s.head == len(s.pending) {
		return
	}
	durable := g.world.Durable(s.id)
	for s.head < len(s.pending) && s.pending[s.head].seq <= durable {
		s.durable.apply(&s.pending[s.head], &s.whole)
		s.head++
	}
	if s.head == len(s.pending) {
		s.pending, s.head = s.pending[:0], 0
	}
}

// crash forgets what was in memory, and the writes of which only a restart can tell whether they are still there.
func (s *shadow) crash() {
	s.pending, s.head = s.pending[:0], 0
	s.led, s.open, s.committed, s.applied = false, false, 0, 0
}

// start takes what the new incarnation has read from its disk as what is written there.
func (g *Ghost) start(s *shadow, p *Peer) {
	w := &s.whole
	w.accepted, w.current = p.acceptedEpoch, p.currentEpoch
	h := &w.history
	h.base, h.links = p.history.base.Index, append(h.links[:0], link2{p.history.base.Zxid, 0})
	if h.base > 0 && h.base <= g.Committed() {
		h.links[0] = g.at(h.base)
	}
	if h.base > g.Committed() || h.links[0].zxid != p.history.base.Zxid {
		g.fail(CommittedKept, "%s starts with a log after %v, which is not committed", s.id, p.history.base)
	}
	w.snapshot = p.snapshots.last.at.Index
	g.holdsCommitted(s, "starts with", p.snapshots.last.at)
	for i := range p.history.txns {
		t := &p.history.txns[i]
		h.links = append(h.links, link2{t.Zxid, t.Fold(h.links[i].hash)})
	}
	if w.accepted < s.durable.accepted || w.current < s.durable.current {
		g.fail(EpochSanity, "%s starts with the epochs %d and %d, %d and %d were durable", s.id,
			w.accepted, w.current, s.durable.accepted, s.durable.current)
	}
	s.written.apply(&written{kind: wroteAll}, w)
	s.pending, s.head = append(s.pending[:0], written{seq: g.world.Written(s.id), kind: wroteAll}), 0
	s.committed, s.applied = p.committed, p.applied
}
