package zab

import (
	"encoding/binary"
	"strings"

	"schism/sim"
	"schism/sim/wal"
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

// link2 is a transaction as the ghost remembers it, with the hash of the history up to it.
type link2 struct {
	zxid Zxid
	hash sim.Digest
}

// chain is a history as the ghost remembers it: links[0] stands for everything up to base.
type chain struct {
	base  Index
	links []link2
}

func (c *chain) last() Index { return c.base + Index(len(c.links)-1) }

func (c *chain) end() Position { return Position{c.links[len(c.links)-1].zxid, c.last()} }

// holds reports whether the history holds x at i, or has compacted i away.
func (c *chain) holds(i Index, x link2) bool {
	return i < c.base || i <= c.last() && c.links[i-c.base] == x
}

// put makes x the transaction at i, and the last one unless it was there already.
func (c *chain) put(i Index, x link2) {
	switch {
	case i <= c.base || i > c.last()+1 || i <= c.last() && c.links[i-c.base] == x:
		return
	case i <= c.last():
		c.links = c.links[:i-c.base]
	}
	c.links = append(c.links, x)
}

// cut removes what follows i.
func (c *chain) cut(i Index) {
	if i >= c.base && i < c.last() {
		c.links = c.links[:i-c.base+1]
	}
}

// rebase makes the history begin after i: what follows stays if x is there.
func (c *chain) rebase(i Index, x link2) {
	if i >= c.base && i <= c.last() && c.links[i-c.base].zxid == x.zxid {
		c.links = c.links[:copy(c.links, c.links[i-c.base:])]
		c.base = i
		return
	}
	c.base, c.links = i, append(c.links[:0], x)
}

func (c *chain) copyFrom(o *chain) { c.base, c.links = o.base, append(c.links[:0], o.links...) }

// holdings is what a disk holds, or will hold, of a peer.
type holdings struct {
	accepted, current Epoch
	history           chain
	// snapshot is up to where the snapshot goes.
	snapshot Index
}

// written is one write on its way to a disk.
type written struct {
	seq  sim.WriteSeq
	kind writtenKind
	at   Index
	link link2
	// epoch is that of an epoch file.
	epoch Epoch
}

type writtenKind uint8

const (
	wroteTxn writtenKind = iota
	wroteCut
	wroteBase
	wroteAccepted
	wroteCurrent
	wroteSnapshot
	wroteAll // what a restart has read: it is durable as a whole, or not at all
)

// apply changes h as the write does; whole is what a restart has read.
func (h *holdings) apply(w *written, whole *holdings) {
	switch w.kind {
	case wroteTxn:
		h.history.put(w.at, w.link)
	case wroteCut:
		h.history.cut(w.at)
	case wroteBase:
		h.history.rebase(w.at, w.link)
	case wroteAccepted:
		h.accepted = w.epoch
	case wroteCurrent:
		h.current = w.epoch
	case wroteSnapshot:
		h.snapshot = w.at
	case wroteAll:
		h.accepted, h.current, h.snapshot = whole.accepted, whole.current, whole.snapshot
		h.history.copyFrom(&whole.history)
	}
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
	if info.Event.Kind == sim.Crashed {
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

// effects reads what the step writes and sends.
func (g *Ghost) effects(s *shadow, p *Peer, info *sim.StepInfo) {
	for i := range info.Effects {
		f := &info.Effects[i]
		switch f.Kind {
		case sim.EffectAppend:
			g.number(s)
			if strings.HasPrefix(f.Name, LogFile) {
				wal.Records(f.Data, g.visit)
			}
		case sim.EffectReplace:
			g.number(s)
			g.replaced(s, f)
		case sim.EffectTruncate, sim.EffectRemove:
			g.number(s)
		case sim.EffectSendOn:
			g.sent(s, p, f)
		}
	}
}

// number gives the next write of the step its number.
func (g *Ghost) number(s *shadow) {
	if g.seq == 0 {
		g.seq = g.world.Written(s.id)
	}
	g.seq++
}

// replaced takes notice of an epoch file, or of a snapshot.
func (g *Ghost) replaced(s *shadow, f *sim.Effect) {
	if f.Name == SnapshotFile {
		g.snapshot(s, f.Data)
	}
	if f.Name != AcceptedEpochFile && f.Name != CurrentEpochFile {
		return
	}
	w := written{seq: g.seq, kind: wroteAccepted, epoch: Epoch(binary.LittleEndian.Uint32(f.Data))}
	if f.Name == CurrentEpochFile {
		w.kind = wroteCurrent
		end := s.written.history.end()
		if !s.durable.history.holds(end.Index, s.written.history.links[len(s.written.history.links)-1]) {
			g.fail(HistoryFirst, "%s makes epoch %d current with a history up to %v, its disk has one up to %v", s.id,
				w.epoch, end, s.durable.history.end())
		}
	}
	g.write(s, w)
	if h := &s.written; h.current > h.accepted {
		g.fail(EpochSanity, "%s writes the current epoch %d, which it has not accepted", s.id, h.current)
	}
}

// write takes notice of a write.
func (g *Ghost) write(s *shadow, w written) {
	before := s.written.accepted + s.written.current
	s.written.apply(&w, nil)
	if s.written.accepted+s.written.current < before {
		g.fail(EpochSanity, "%s goes back to epoch %d", s.id, w.epoch)
	}
	s.pending = append(s.pending, w)
}

// record takes notice of one record of the log that the current server writes.
func (g *Ghost) record(rec []byte) bool {
	s := g.cur
	r, ok := decodeRecord(rec)
	if !ok {
		return true
	}
	w := written{seq: g.seq, at: r.at.Index, link: link2{zxid: r.at.Zxid}}
	h := &s.written.history
	switch r.kind {
	case recordActive:
		g.activated = r.ensemble // checked when the commits of this step are known
		return true
	case recordTxn, recordReconfig:
		w.kind = wroteTxn
		if !g.logged(s, &r, &w.link) {
			return false
		}
	case recordCut:
		w.kind = wroteCut
		if r.at.Index < s.committed {
			g.fail(CommittedKept, "%s cuts its history back to %v and knew that %d are committed",
				s.id, r.at, s.committed)
		}
	case recordBase:
		w.kind = wroteBase
		if s.durable.snapshot < r.at.Index {
			g.fail(SnapshotFirst, "%s begins its log after %v, its disk has a snapshot up to %d", s.id, r.at,
				s.durable.snapshot)
		}
		if i := r.at.Index; i > g.Committed() || g.at(i).zxid != r.at.Zxid {
			g.fail(CommittedKept, "%s begins its log after %v, which is not committed", s.id, r.at)
			return false
		}
		w.link = g.at(r.at.Index)
	}
	g.write(s, w)
	if h.last() < s.committed {
		g.fail(CommittedKept, "%s has a history up to %v and knew that %d are committed", s.id, h.end(), s.committed)
	}
	return g.err == nil
}

// logged checks a transaction that s writes, and completes its link.
func (g *Ghost) logged(s *shadow, r *record, l *link2) bool {
	h := &s.written.history
	if r.at.Index <= h.base || r.at.Index > h.last()+1 {
		g.fail(Contiguous, "%s writes %v into a history of %d..%d", s.id, r.at, h.base+1, h.last())
		return false
	}
	prev := h.links[r.at.Index-1-h.base]
	if !r.at.Zxid.follows(prev.zxid) {
		g.fail(Contiguous, "%s writes %v after %v", s.id, r.at, prev.zxid)
	}
	t := Txn{r.at.Zxid, r.data, r.ensemble}
	if r.ensemble != nil {
		g.reconfigs[t.Zxid] = r.ensemble
	}
	l.hash = t.Fold(prev.hash)
	first, known := g.made[t.Zxid]
	switch {
	case !known:
		g.created(s, t.Zxid, l.hash)
	case first != l.hash:
		g.fail(SameTransaction, "%s has another history up to %v", s.id, t.Zxid)
	}
	return true
}

// created checks a transaction that nobody wrote before.
func (g *Ghost) created(s *shadow, z Zxid, h sim.Digest) {
	g.made[z] = h
	e := z.Epoch()
	if int(e) >= len(g.leaderOf) || g.leaderOf[e] != s.id {
		g.fail(Integrity, "%s writes %v, which no leader has proposed", s.id, z)
		return
	}
	if z.Counter() != g.lastOf[e]+1 {
		g.fail(Contiguous, "%s proposes %v, the last one of the epoch was %d", s.id, z, g.lastOf[e])
	}
	g.lastOf[e] = z.Counter()
}
