package raft

import (
	"strings"

	"schism/raft/quorum"
	"schism/sim"
	"schism/sim/wal"
)

// Ghost watches a run and checks the invariants listed at [Invariants] after every step. It remembers
// what no node can know: every vote ever cast, every leader there was, every entry ever written and
// what is durable of it, and what was committed when. What it knows of logs, terms and votes it reads
// from the records that nodes write, not from their memory, and compares the two.
//
// It is a [sim.Observer] of worlds whose servers are a [Host]; what is none it ignores. A step that
// writes nothing, sends nothing and changes nothing costs a few comparisons. One Ghost belongs to one
// run at a time; Reset makes it ready for the next.
type Ghost struct {
	shadows  []shadow     // by server number - 1
	leaderOf []sim.NodeID // by term
	lastOf   []Index      // by term: the last entry created in it
	origins  origins
	// committed are the hashes of the logs up to each committed index, from 1; commits are the terms
	// whose leaders committed further, and how far.
	committed []sim.Digest
	commits   []commit
	// configs are all memberships there ever were, the initial one first; decided are those committed.
	configs []ghostConfig
	decided []decided
	states  []savedState

	// What the step in progress is about.
	world view
	cur   *shadow
	seq   sim.WriteSeq
	err   error
	// saved is the file of the snapshot that the step writes, nil if it writes none.
	saved []byte
	visit func(rec []byte) bool
}

// savedState is the digest of a snapshot's state.
type savedState struct {
	index  Index
	digest sim.Digest
}

// shadow is what the ghost knows of one server.
type shadow struct {
	id   sim.NodeID
	slot quorum.Slot
	node *Node // nil while the server is down
	// written is what is on the disk if nothing is lost, durable what surely is, and pending the
	// records between the two, from head on. synced is the last durable write.
	written, durable holdings
	pending          []written
	head             int
	synced           sim.WriteSeq
	// whole is the log as the last restart found it.
	whole chain
	// cast are the votes by term. Those after sure can still be lost with the writes that they
	// depend on.
	cast []sim.NodeID
	sure []castVote

	// As of the last step.
	role            Role
	term            Term
	commit, applied Index
	last            Position
	match           []Index
	// config is the membership in force, ballot what it was when the node was elected.
	config, ballot configNumber
	// Reads: the ones answered so far, and for each pending one the lowest index that is not stale.
	finished  uint64
	watermark []Index
}

// castVote is a vote that leaves when the write seq is durable.
type castVote struct {
	seq  sim.WriteSeq
	term Term
}

// NewGhost returns a ghost that has seen nothing.
func NewGhost() *Ghost {
	g := &Ghost{}
	g.visit = g.record
	return g
}

// Reset makes g forget everything.
func (g *Ghost) Reset() {
	for i := range g.shadows {
		g.shadows[i].forget()
	}
	g.err, g.cur, g.world = nil, nil, nil
	g.configs, g.decided = g.configs[:0], g.decided[:0]
	clear(g.leaderOf)
	clear(g.lastOf)
	g.origins.reset()
	g.committed, g.commits, g.states = g.committed[:0], g.commits[:0], g.states[:0]
}

func (s *shadow) forget() {
	clear(s.cast)
	*s = shadow{id: s.id, written: s.written, durable: s.durable, whole: s.whole, pending: s.pending[:0],
		cast: s.cast[:0], sure: s.sure[:0], match: s.match[:0], watermark: s.watermark[:0]}
	for _, h := range []*holdings{&s.written, &s.durable} {
		h.term, h.vote = 0, 0
		h.log.reset()
	}
}

// Committed returns the hash of the log up to the committed entry i.
func (g *Ghost) Committed(i Index) (h sim.Digest, ok bool) {
	if i == 0 || i > g.CommittedMax() {
		return 0, i == 0
	}
	return g.committed[i-1], true
}

// CommittedMax is the last entry that any leader has committed.
func (g *Ghost) CommittedMax() Index { return Index(len(g.committed)) }

// DurableHolds reports whether the disk of n surely holds the log up to i with the hash h.
func (g *Ghost) DurableHolds(n sim.NodeID, i Index, h sim.Digest) bool {
	s := g.shadow(n)
	return s.durable.log.holds(i, h)
}

// shadow returns what is known of the server id.
func (g *Ghost) shadow(id sim.NodeID) *shadow {
	for len(g.shadows) < id.Number() {
		s := shadow{id: sim.Server(len(g.shadows) + 1)}
		s.forget()
		g.shadows = append(g.shadows, s)
	}
	return &g.shadows[id.Number()-1]
}

// view is the part of a world that a ghost looks at.
type view interface {
	Written(sim.NodeID) sim.WriteSeq
	Durable(sim.NodeID) sim.WriteSeq
}

// Observe implements [sim.Observer].
func (g *Ghost) Observe(v sim.View, s *sim.StepInfo) error { return g.observe(v, s) }

func (g *Ghost) observe(v view, info *sim.StepInfo) error {
	if info.Node == 0 || info.Node.IsClient() || info.Event.Kind == sim.Faulted {
		return nil
	}
	if info.Event.Kind == sim.Crashed || info.RefusesStart() {
		g.shadow(info.Node).crash()
		return nil
	}
	s := g.shadow(info.Node)
	n := s.node
	if n == nil || info.Event.Kind == sim.Start {
		host, ok := info.Machine.(Host)
		if !ok {
			return nil
		}
		n = host.Raft()
	}
	g.world, g.cur, g.err, g.saved = v, s, nil, nil
	g.seq = v.Written(info.Node)
	if info.Event.Kind == sim.Start {
		g.start(s, n)
	}
	g.settle(s, v.Durable(info.Node))
	if n.role == Leader && (s.role != Leader || s.term != n.term) {
		g.elected(s, n)
	}
	s.node = n
	if len(info.Effects) > 0 {
		g.effects(s, n, info)
	}
	g.compare(s, n, info.Event)
	if g.saved != nil {
		g.snapshotWritten(g.saved)
	}
	return g.err
}

// fail keeps the first violation of a step.
func (g *Ghost) fail(id, format string, args ...any) {
	if g.err == nil {
		g.err = sim.Violatef(id, format, args...)
	}
}

// settle moves what has become durable from pending to durable.
func (g *Ghost) settle(s *shadow, durable sim.WriteSeq) {
	if durable == s.synced {
		return
	}
	s.synced = durable
	cut := false
	for s.head < len(s.pending) && s.pending[s.head].seq <= durable {
		cut = s.durable.apply(&s.pending[s.head]) || cut
		s.head++
	}
	if s.head == len(s.pending) {
		s.pending, s.head = s.pending[:0], 0
	}
	if cut {
		g.checkDurability(s)
	}
}

// crash forgets what was in memory, the votes that had not left, and the writes of which only a restart can tell
// whether they are still there.
func (s *shadow) crash() {
	for _, c := range s.sure {
		if c.seq > s.synced {
			s.cast[c.term] = 0
		}
	}
	s.sure = s.sure[:0]
	s.pending, s.head = s.pending[:0], 0
	s.node, s.role, s.watermark = nil, Follower, s.watermark[:0]
	s.commit, s.applied, s.finished = 0, 0, 0
}

// start takes what the new incarnation has read from its disk as what is written there.
func (g *Ghost) start(s *shadow, n *Node) {
	if s.slot = n.self; len(g.configs) == 0 {
		g.configs = append(g.configs, ghostConfig{Membership: n.initial})
	}
	w, whole := &s.written, &s.whole
	base := link{term: n.log.base.Term, config: g.committedConfig(n.log.base.Index)}
	whole.base, whole.links = n.log.base.Index, append(whole.links[:0], base)
	if i := whole.base; i > 0 {
		whole.links[0].hash, _ = g.Committed(i)
		g.checkSnapshot(n.log.base)
	}
	for i := range n.log.entries {
		e := &n.log.entries[i]
		l := link{e.Term, e.Fold(whole.links[i].hash), whole.links[i].config}
		if e.Type == EntryConfig {
			l.config = g.configAfter(l.config, e)
		}
		whole.links = append(whole.links, l)
	}
	if n.term < s.durable.term {
		g.fail(TermSanity, "%s restarts in term %d, term %d was durable", s.id, n.term, s.durable.term)
	}
	w.term, w.vote = n.term, n.vote
	w.log.copyFrom(whole)
	s.pending, s.head = append(s.pending[:0], written{seq: g.seq, kind: recordWhole,
		link: link{term: n.term}, vote: n.vote, whole: whole}), 0
	s.commit, s.applied, s.synced = n.commit, n.applied, 0
}

// effects reads what the step writes and sends.
func (g *Ghost) effects(s *shadow, n *Node, info *sim.StepInfo) {
	var seen sim.Message
	for i := range info.Effects {
		f := &info.Effects[i]
		switch f.Kind {
		case sim.EffectAppend:
			g.seq++
			if strings.HasPrefix(f.Name, LogFile) {
				wal.Records(f.Data, g.visit)
			}
		case sim.EffectReplace:
			g.seq++
			if f.Name == SnapshotFile {
				g.saved = f.Data // checked last: the step may also commit what it saves
			}
		case sim.EffectTruncate, sim.EffectRemove:
			g.seq++
		case sim.EffectSend, sim.EffectSendSafe:
			if f.Msg != seen {
				seen = f.Msg
				g.sent(s, n, f, info.Event)
			}
		}
	}
}

// record takes notice of one record that the current server writes.
func (g *Ghost) record(rec []byte) bool {
	s := g.cur
	r, ok := decodeRecord(rec)
	if !ok {
		return true
	}
	w := written{seq: g.seq, kind: r.kind, link: link{term: r.term}, vote: r.vote}
	switch r.kind {
	case recordEntry:
		w.index = r.entry.Index
		if !g.entryWritten(s, &r.entry, &w.link) {
			return false
		}
	case recordBase:
		w.index = r.base.Index
		w.link.hash, _ = g.Committed(w.index)
		w.link.config = g.committedConfig(w.index)
		g.checkSnapshot(r.base)
	}
	s.written.apply(&w)
	s.pending = append(s.pending, w)
	return true
}
