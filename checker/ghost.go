package checker

import (
	"slices"

	"schism/sim"
)

// unwritten is the write of what no step has written yet: it is never durable.
const unwritten sim.WriteSeq = 1<<64 - 1

// ghostLog is what is remembered of a server's log: at every position the digest of everything up to there,
// and the write that makes it durable. Positions below first were compacted away; they agree with what is
// committed.
type ghostLog struct {
	first, last Position
	hashes      []sim.Digest
	reigns      []sim.Reign
	// safe is the first write of which that may be, sure the one after which it is. They are two where a step appends
	// before a sync and after it: nobody can see which entry is in which part.
	safe, sure []sim.WriteSeq
	// surely is sure for what the step at hand writes.
	surely sim.WriteSeq
	// unwrittenFrom is the lowest position that no step has written yet, 0 for none.
	unwrittenFrom Position
}

// emptied returns an empty log with the memory of l.
func (l ghostLog) emptied() ghostLog {
	return ghostLog{hashes: l.hashes[:0], reigns: l.reigns[:0], safe: l.safe[:0], sure: l.sure[:0]}
}

// put sets what is remembered of p.
func (l *ghostLog) put(p Position, h sim.Digest, r sim.Reign, safe sim.WriteSeq) {
	for Position(len(l.hashes)) <= p {
		l.hashes, l.reigns = append(l.hashes, 0), append(l.reigns, 0)
		l.safe, l.sure = append(l.safe, 0), append(l.sure, 0)
	}
	l.hashes[p], l.reigns[p], l.safe[p], l.sure[p] = h, r, safe, safe
	if safe != unwritten {
		l.sure[p] = max(safe, l.surely)
	}
}

// at returns the digest of everything up to p, which the log covers.
func (l *ghostLog) at(p Position) sim.Digest {
	if p == 0 {
		return 0
	}
	return l.hashes[p]
}

// holds reports whether the log covers everything committed up to p, whose digest is h.
func (l *ghostLog) holds(p Position, h sim.Digest) bool {
	return p < l.first || p <= l.last && l.at(p) == h
}

// isDurable reports whether everything up to p may survive a loss of power if the writes up to durable do, and
// isSurelyDurable whether it must.
func (l *ghostLog) isDurable(p Position, durable sim.WriteSeq) bool {
	p = l.kept(p)
	return p == 0 || l.safe[p] <= durable
}

func (l *ghostLog) isSurelyDurable(p Position, durable sim.WriteSeq) bool {
	p = l.kept(p)
	return p == 0 || l.sure[p] <= durable
}

// kept returns the position that is as durable as p: what was compacted is as durable as what replaced it.
func (l *ghostLog) kept(p Position) Position { return max(p, l.first-min(l.first, 1)) }

// await notes that no step has written the position p yet.
func (l *ghostLog) await(p Position) {
	if l.unwrittenFrom == 0 || p < l.unwrittenFrom {
		l.unwrittenFrom = p
	}
}

// wrote says that the writes up to safe have written what was unwritten.
func (l *ghostLog) wrote(safe sim.WriteSeq) {
	for p := l.unwrittenFrom; p <= l.last; p++ {
		if l.safe[p] == unwritten {
			l.safe[p], l.sure[p] = safe, max(safe, l.surely)
		}
	}
	l.unwrittenFrom = 0
}

// deeds is what a step did that the outside will see.
type deeds struct {
	// safe is the write after which everything that the step wrote is durable, logged that after which its log is,
	// unwritten if it wrote nothing. Logs are appended to, so that other files which the step replaces, and of which
	// a sync may ask later, are not waited for. Nor is what is appended behind a sync: which entries are in which
	// part nobody can see, and to take an entry for durable too late would be a false alarm.
	safe, logged sim.WriteSeq
	// sent says that it sent something to a server. What clients are told of a reign binds nobody: a server that
	// answers one, and then loses its power, may forget a reign that it had not on its disk.
	sent bool
}

func deedsOf(v view, st *sim.StepInfo) deeds {
	d := deeds{safe: unwritten, logged: unwritten}
	writes, appended, synced := sim.WriteSeq(0), sim.WriteSeq(0), false
	for i := range st.Effects {
		switch st.Effects[i].Kind {
		case sim.EffectAppend:
			writes++
			if !synced || appended == 0 {
				appended = writes
			}
		case sim.EffectSync:
			synced = true
		case sim.EffectReplace, sim.EffectTruncate, sim.EffectRemove:
			writes++
		case sim.EffectSend, sim.EffectSendSafe:
			d.sent = d.sent || !st.Effects[i].To.IsClient()
		case sim.EffectSendOn:
			d.sent = d.sent || !v.OtherEnd(st.Node, st.Effects[i].Chan).IsClient()
		}
	}
	if writes > 0 {
		before := v.Written(st.Node)
		d.safe, d.logged = before+writes, before+writes
		if appended > 0 {
			d.logged = before + appended
		}
	}
	return d
}

// server checks what a step has changed about a server.
func (s *SplitBrain) server(v view, st *sim.StepInfo) *sim.Violation {
	g := &s.ghosts[st.Node.Number()-1]
	if st.Event.Kind == sim.Start {
		return s.started(g, v, st)
	}
	r := g.replica
	if r == nil {
		return nil
	}
	if st.Event.Kind == sim.SyncFailed || st.Event.Kind == sim.WriteFailed {
		g.failed = true
	}
	if !g.failed {
		g.durable = v.Durable(st.Node)
	}
	did := deedsOf(v, st)
	g.log.surely = did.safe
	if did.logged != unwritten && g.log.unwrittenFrom > 0 {
		g.log.wrote(did.logged)
	}
	if touched := r.TouchedFrom(); touched > 0 || did.safe != unwritten ||
		r.LastPosition() != g.log.last || r.FirstPosition() != g.log.first {
		if found := s.logged(g, st.Node, touched, did.logged); found != nil {
			return found
		}
	}
	return s.acted(g, st, did)
}

// acted checks what a server that runs makes of its log.
func (s *SplitBrain) acted(g *ghost, st *sim.StepInfo, did deeds) *sim.Violation {
	if found := g.voted(st.Node, did); found != nil {
		return found
	}
	if found := s.claimed(g, st); found != nil {
		return found
	}
	before := len(s.members)
	if found := s.progressed(g, st.Node); found != nil {
		return found
	}
	s.heed(g, st.Seq, before)
	return nil
}

// crashed remembers what the server n must still have when it comes back: the vote that binds it, and the
// entries that it knew to be committed and that were durable.
func (s *SplitBrain) crashed(n sim.NodeID) {
	g := &s.ghosts[n.Number()-1]
	if g.replica == nil {
		return
	}
	g.bind()
	kept := min(g.committed, g.log.last)
	for kept > g.kept && !g.log.isSurelyDurable(kept, g.durable) {
		kept--
	}
	g.kept = max(g.kept, kept)
	g.replica, g.changes, g.governed = nil, nil, nil
	g.leads, g.waiting = false, false
	g.committed, g.applied = 0, 0
}

// started reads the log of a server that starts with what its disk kept, all of which is written.
func (s *SplitBrain) started(g *ghost, v view, st *sim.StepInfo) *sim.Violation {
	g.replica = s.adapt(v.Machine(st.Node))
	if g.replica == nil {
		return nil
	}
	g.changes, _ = g.replica.(Reconfigurable)
	if g.governed, _ = g.replica.(Governed); g.governed != nil {
		g.heeds = g.governed.GovernedUpTo()
	}
	was := g.durable
	g.failed, g.durable = false, v.Durable(st.Node)
	before, must := sim.Digest(0), g.kept
	if must > 0 {
		before = s.chain[must].hash
	}
	old := ghostLog{last: g.log.last, hashes: slices.Clone(g.log.hashes), safe: slices.Clone(g.log.safe),
		sure: slices.Clone(g.log.sure)}
	g.log = g.log.emptied()
	g.log.surely = v.Written(st.Node)
	if found := s.logged(g, st.Node, g.replica.FirstPosition(), v.Written(st.Node)); found != nil {
		return found
	}
	for p := max(g.log.first, 1) - 1; p <= min(g.log.last, old.last); p++ {
		if p > 0 && old.hashes[p] == g.log.hashes[p] && old.safe[p] <= was {
			g.log.safe[p] = old.safe[p] // as durable as it was
		}
		if p > 0 && old.hashes[p] == g.log.hashes[p] && old.sure[p] <= was {
			g.log.sure[p] = old.sure[p]
		}
	}
	if !g.log.holds(must, before) {
		return sim.Violatef("committed-truncated",
			"%s knew that everything up to %d is committed and had it on disk, and starts without it (%d…%d)",
			st.Node, must, g.log.first, g.log.last)
	}
	reign, _ := g.replica.Reign()
	if reign < g.vote.reign {
		return sim.Violatef("reign-regress", "%s was in reign %d and starts in reign %d",
			st.Node, g.vote.reign, reign)
	}
	g.reign = reign
	did := deedsOf(v, st)
	if did.safe == unwritten {
		did.safe = v.Written(st.Node) // the vote that was read may be written and not durable yet
	}
	return s.acted(g, st, did)
}

// bind makes a vote that has become durable binding.
func (g *ghost) bind() {
	if g.waiting && g.safe <= g.durable {
		g.vote, g.waiting = g.pending, false
	}
}

// voted checks SB6. A vote binds once it is durable or, if no write belongs to it, once anything was sent to a server.
func (g *ghost) voted(n sim.NodeID, did deeds) *sim.Violation {
	var now vote
	now.reign, now.node = g.replica.Vote()
	if !g.waiting && now == g.vote {
		return nil
	}
	g.bind()
	if g.waiting && now == g.pending && g.safe != unwritten {
		return nil
	}
	before := g.vote
	if g.waiting {
		before = g.pending
	}
	switch {
	case now.reign < before.reign:
		return sim.Violatef("reign-regress", "%s had voted in reign %d and is back in reign %d",
			n, before.reign, now.reign)
	case now.reign == before.reign && before.node != 0 && now.node != 0 && now.node != before.node:
		return sim.Violatef("double-vote", "%s voted for %s in reign %d and votes for %s in it",
			n, before.node, now.reign, now.node)
	}
	if now == g.vote {
		return nil
	}
	g.pending, g.waiting, g.safe = now, true, did.safe
	if did.safe == unwritten && did.sent {
		g.safe = 0
	}
	g.bind()
	return nil
}

// claimed checks SB1 and SB5 when a server begins to lead, and notices when two lead at once.
func (s *SplitBrain) claimed(g *ghost, st *sim.StepInfo) *sim.Violation {
	reign, leads := g.replica.Reign()
	if reign == g.reign && leads == g.leads {
		return nil
	}
	if reign < g.reign {
		return sim.Violatef("reign-regress", "%s goes from reign %d back to %d", st.Node, g.reign, reign)
	}
	begins := leads && (!g.leads || reign != g.reign)
	g.reign, g.leads = reign, leads
	if !begins {
		return nil
	}
	if other, taken := s.leaderOf[reign]; taken && other != st.Node {
		return sim.Violatef("one-leader-per-reign", "%s and %s both lead reign %d", other, st.Node, reign)
	}
	s.leaderOf[reign] = st.Node
	s.measure(g, st)
	acked := Position(0)
	for _, a := range s.ackedIn {
		if a.reign < reign {
			acked = max(acked, a.upTo)
		}
	}
	if acked > 0 && !g.log.holds(acked, s.chain[acked].hash) {
		return sim.Violatef("lost-ack",
			"%s leads reign %d with the log %d…%d, without what was acknowledged to clients up to %d",
			st.Node, reign, g.log.first, g.log.last, acked)
	}
	return nil
}

// measure notices servers that lead beside g, which has just begun to.
func (s *SplitBrain) measure(g *ghost, st *sim.StepInfo) {
	for i := range s.ghosts {
		other := &s.ghosts[i]
		if other == g || !other.leads {
			continue
		}
		if s.dual.Times++; s.dual.Times > 1 {
			return
		}
		s.dual.First = st.At
		s.dual.Old, s.dual.OldReign = sim.Server(i+1), other.reign
		s.dual.New, s.dual.NewReign = st.Node, g.reign
		if other.reign > g.reign {
			d := &s.dual
			d.Old, d.New, d.OldReign, d.NewReign = d.New, d.Old, d.NewReign, d.OldReign
		}
		return
	}
}
