package checker

import (
	"fmt"
	"math/bits"

	"schism/sim"
)

// logged reads what a step has changed of the log of g, from the position touched on, and checks SB7 and
// SB9. The writes up to safe make it durable.
func (s *SplitBrain) logged(g *ghost, n sim.NodeID, touched Position, safe sim.WriteSeq) *sim.Violation {
	l := &g.log
	first, last := g.replica.FirstPosition(), g.replica.LastPosition()
	from := min(l.last, last) + 1
	if touched > 0 {
		from = min(from, touched)
	}
	from = l.changedFrom(g.replica, max(first, l.first), from)
	known := min(g.committed, l.last)
	before := sim.Digest(0)
	if known > 0 {
		before = l.at(known)
	}
	if first > l.first && first > 1 {
		replaced, found := s.rebase(l, n, first-1, from, safe)
		if found != nil {
			return found
		}
		if replaced {
			from = first
		}
	}
	unchanged := min(l.last, last) // positions beyond were not there before
	l.first, l.last = first, last
	if safe != unwritten {
		from = min(from, max(last, lookBehind)-lookBehind+1)
	}
	if found := s.rehash(g, n, span{max(from, first), unchanged}, safe); found != nil {
		return found
	}
	if !l.holds(known, before) {
		return sim.Violatef("committed-truncated",
			"%s knew that everything up to %d is committed, and changes its log from %d on", n, known, from)
	}
	return nil
}

// lookBehind is how many entries at the end of a log are looked at anew after every step that writes, whether or not
// anything says that they have changed.
const lookBehind = 2

// changedFrom returns the lowest position from which on the log of r differs from l, given that it differs from
// the position from on. What is replaced is replaced by entries of other reigns, so that one comparison is
// enough if nothing was: the reigns of a log never fall.
func (l *ghostLog) changedFrom(r Replica, first, from Position) Position {
	for from > max(first, 1) {
		reign, _, ok := r.EntryAt(from - 1)
		if !ok || reign == l.reigns[from-1] {
			break
		}
		from--
	}
	return from
}

// rebase makes l begin behind base, up to which a snapshot stands for the log now. It reports whether that
// replaced what the log held there.
func (s *SplitBrain) rebase(l *ghostLog, n sim.NodeID, base, from Position, safe sim.WriteSeq) (bool, *sim.Violation) {
	held := base <= l.last && base < from
	if base > s.highest() {
		if held {
			return false, nil // its own commit of this very step is looked at next
		}
		return false, sim.Violatef("applied-uncommitted",
			"%s has a snapshot up to %d, of which nothing beyond %d is committed", n, base, s.highest())
	}
	if held && l.at(base) == s.chain[base].hash {
		return false, nil
	}
	if safe == unwritten {
		l.await(base)
	}
	l.put(base, s.chain[base].hash, 0, safe)
	return true, nil
}

// span is where a log may have changed: from the position from on. What stood at shared or below it stood
// there before, unless its digest has changed.
type span struct{ from, shared Position }

// rehash computes the digests of the log where it may have changed.
func (s *SplitBrain) rehash(g *ghost, n sim.NodeID, where span, safe sim.WriteSeq) *sim.Violation {
	l := &g.log
	h := sim.Digest(0)
	if where.from > 1 {
		h = l.at(where.from - 1)
	}
	for p := where.from; p <= l.last; p++ {
		reign, content, ok := g.replica.EntryAt(p)
		if !ok {
			panic(fmt.Sprintf("checker: the replica of %s holds %d…%d but has no entry at %d", n, l.first, l.last, p))
		}
		h = h.Mix(uint64(reign)).Mix(uint64(content))
		if p <= where.shared && l.hashes[p] == h {
			continue // as durable as it was
		}
		l.put(p, h, reign, safe)
		if safe == unwritten {
			l.await(p)
		}
		at := place{p, reign}
		if other, made := s.made[at]; !made {
			s.made[at] = h
		} else if other != h {
			return sim.Violatef("log-matching",
				"the log of %s has an entry of reign %d at %d as another log does, and differs up to there",
				n, reign, p)
		}
	}
	return nil
}

// highest is the highest position that any server has committed.
func (s *SplitBrain) highest() Position { return Position(len(s.chain) - 1) }

// progressed checks what a server has committed and applied since: SB2, SB4, SB7, SB8.
func (s *SplitBrain) progressed(g *ghost, n sim.NodeID) *sim.Violation {
	if c := g.replica.CommittedPosition(); c != g.committed {
		if found := s.commits(g, n, c); found != nil {
			return found
		}
	}
	applied := g.replica.AppliedPosition()
	switch {
	case applied == g.applied:
		return nil
	case applied < g.applied:
		return sim.Violatef("commit-regress", "%s had applied %d and is back at %d", n, g.applied, applied)
	case applied > g.committed:
		return sim.Violatef("applied-uncommitted", "%s has applied %d and knows only %d to be committed",
			n, applied, g.committed)
	}
	g.applied = applied
	at, state := g.replica.StateHash()
	if at == 0 || at > s.highest() {
		return nil
	}
	k := &s.chain[at]
	switch {
	case k.by == 0:
		k.state, k.by = state, n
	case k.state != state:
		return sim.Violatef("state-divergence", "%s and %s have both applied everything up to %d and differ",
			k.by, n, at)
	}
	return nil
}

// commits checks that g may go on to commit everything up to c.
func (s *SplitBrain) commits(g *ghost, n sim.NodeID, c Position) *sim.Violation {
	if c < g.committed {
		return sim.Violatef("commit-regress", "%s had committed %d and is back at %d", n, g.committed, c)
	}
	if c > g.log.last {
		return sim.Violatef("applied-uncommitted", "%s commits %d and its log ends at %d", n, c, g.log.last)
	}
	g.committed = c
	if shared := min(c, s.highest()); !g.log.holds(shared, s.chain[shared].hash) {
		return sim.Violatef("dual-commit", "%s in reign %d commits up to %d, where others have committed otherwise",
			n, g.reign, shared)
	}
	if c <= s.highest() {
		return nil
	}
	before := s.highest()
	for p := before + 1; p <= c; p++ {
		s.chain = append(s.chain, link{hash: g.log.at(p), reign: g.reign})
		if g.changes == nil {
			continue
		}
		if m, ok := g.changes.ChangeAt(p, s.settled().is); ok {
			s.members = append(s.members, membership{p, m})
		}
	}
	by, why := s.decides(g, before, c)
	if why != nil {
		return sim.Violatef("commit-without-quorum", "%s in reign %d commits %d, which hold durably: %v",
			n, g.reign, c, why)
	}
	for p := before + 1; p <= c; p++ {
		s.chain[p].decided = by
	}
	return nil
}

// holders returns the servers that hold everything committed up to p durably, whether they run or not.
func (s *SplitBrain) holders(p Position) (have ServerSet) {
	for i := range s.ghosts[:min(len(s.ghosts), MaxServers)] {
		g := &s.ghosts[i]
		if g.log.holds(p, s.chain[p].hash) && g.log.isDurable(p, g.durable) {
			have |= 1 << i
		}
	}
	return have
}

// client checks the replies that a step of a client has got.
func (s *SplitBrain) client(st *sim.StepInfo) *sim.Violation {
	for i := range st.Effects {
		f := &st.Effects[i]
		c := &s.calls[st.Node.Number()-1]
		switch f.Kind {
		case sim.EffectInvoke:
			*c = call{input: f.Value, seq: st.Seq, acked: s.acked}
		case sim.EffectReturn:
			if f.Outcome != sim.OK || s.replies == nil {
				continue
			}
			if reply, ok := s.replies(c.input, f.Value); ok {
				if found := s.replied(c, reply); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// replied checks the reply to c: SB3, SB4 and SB15.
func (s *SplitBrain) replied(c *call, reply Reply) *sim.Violation {
	p := reply.Position
	switch at := reply.Server.Number() - 1; {
	case at < 0 || at >= len(s.ghosts):
	case s.ghosts[at].cutSince > 0 && !reply.Leased && c.seq > s.ghosts[at].cutSince:
		return sim.Violatef("minority-ack",
			"%s acknowledges an operation called at event %d, and since event %d it reaches only %v",
			reply.Server, c.seq, s.ghosts[at].cutSince, s.ghosts[at].side)
	}
	switch {
	case p == 0:
		return nil
	case p > s.highest():
		return sim.Violatef("ack-without-quorum", "%s acknowledges %d, and nothing beyond %d is committed",
			reply.Server, p, s.highest())
	case p < c.acked:
		return sim.Violatef("dual-serve", "%s serves at %d an operation that was called after %d was acknowledged",
			reply.Server, p, c.acked)
	case p <= s.acked:
		return nil
	}
	if why := s.chain[p].decided.lacks(s.holders(p)); why != nil {
		return sim.Violatef("ack-without-quorum", "%s acknowledges %d, which hold durably: %v", reply.Server, p, why)
	}
	s.acked = p
	s.ack(s.chain[p].reign, p)
	return nil
}

// ack remembers that everything up to p was acknowledged, of which p was committed in the given reign.
func (s *SplitBrain) ack(reign sim.Reign, p Position) {
	for i := range s.ackedIn {
		if a := &s.ackedIn[i]; a.reign == reign {
			a.upTo = max(a.upTo, p)
			return
		}
	}
	s.ackedIn = append(s.ackedIn, ackedIn{reign, p})
}

// recut finds out, after a fault, on which side of all cuts every server is. A link that carries messages in
// either direction joins its ends, so what is on different sides cannot influence each other at all.
func (s *SplitBrain) recut(v view, seq uint64) {
	servers := v.Servers()
	if len(servers) > MaxServers {
		return
	}
	for i := range servers {
		side := ServerSet(1) << i
		for grown := ServerSet(0); grown != side; {
			grown = side
			for rest := grown; rest != 0; rest &= rest - 1 {
				a := servers[bits.TrailingZeros64(uint64(rest))]
				for j, b := range servers {
					if side>>j&1 == 0 && (!v.IsCut(a, b) || !v.IsCut(b, a)) {
						side |= 1 << j
					}
				}
			}
		}
		g := &s.ghosts[i]
		anew := side != g.side
		g.side = side
		s.confine(g, seq, anew)
	}
}
