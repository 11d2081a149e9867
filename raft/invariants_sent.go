package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// sent checks a message that s sends in answer to ev: f is the first effect that sends it.
func (g *Ghost) sent(s *shadow, n *Node, f *sim.Effect, ev *sim.Event) {
	switch m := f.Msg.(type) {
	case *RequestVote:
		g.checkTerm(s, n, f.Msg, m.Term, m.PreVote)
		if !m.PreVote {
			g.voteSent(s, f, m.Term, s.id)
		}
	case *RequestVoteResponse:
		g.checkTerm(s, n, f.Msg, m.Term, m.PreVote && m.Granted)
		if m.Granted && !m.PreVote {
			g.voteSent(s, f, m.Term, f.To)
			g.checkVote(s, ev)
		}
	case *AppendEntries:
		g.checkTerm(s, n, f.Msg, m.Term, false)
		g.checkReplicated(s, m)
	case *AppendEntriesResponse:
		g.checkTerm(s, n, f.Msg, m.Term, false)
	case *InstallSnapshot:
		g.checkTerm(s, n, f.Msg, m.Term, false)
		if !g.led(s.id, m.Term) {
			g.fail(LeaderSublog, "%s sends a snapshot in term %d, which it does not lead", s.id, m.Term)
		}
		g.checkSnapshot(m.ID.Last)
	case *InstallSnapshotResponse:
		g.checkTerm(s, n, f.Msg, m.Term, false)
	case *Propose:
		g.checkTerm(s, n, f.Msg, m.Term, false)
	case *TimeoutNow:
		g.checkTerm(s, n, f.Msg, m.Term, false)
		if !g.led(s.id, m.Term) {
			g.fail(LeaderSublog, "%s hands over term %d, which it does not lead", s.id, m.Term)
		}
	}
}

// checkTerm checks that m carries no term above that of its sender, or above the next one if it is
// about a pre-vote.
func (g *Ghost) checkTerm(s *shadow, n *Node, m sim.Message, t Term, asksForNext bool) {
	highest := n.term
	if asksForNext {
		highest++
		if _, answer := m.(*RequestVoteResponse); answer {
			return // the term that the candidate asked about
		}
	}
	if t > highest {
		g.fail(TermSanity, "%s is in term %d and sends %s of term %d", s.id, n.term, m.Kind(), t)
	}
}

// voteSent checks that s, which tells somebody of its vote for the candidate in t, has voted for
// nobody else in that term, ever, and that its disk will know of the vote before anybody else does.
func (g *Ghost) voteSent(s *shadow, f *sim.Effect, t Term, candidate sim.NodeID) {
	s.cast = grow(s.cast, t)
	switch before := s.cast[t]; {
	case before != 0 && before != candidate:
		g.fail(OneVote, "%s votes for %s in term %d, in which it voted for %s", s.id, candidate, t, before)
		return
	case s.written.term != t || s.written.vote != candidate:
		g.fail(OneVote, "%s votes for %s in term %d and writes that it voted for %s in term %d",
			s.id, candidate, t, s.written.vote, s.written.term)
		return
	case f.Kind == sim.EffectSend && (s.durable.term != t || s.durable.vote != candidate):
		g.fail(OneVote, "%s votes for %s in term %d before that is on its disk", s.id, candidate, t)
		return
	case before == candidate:
		return
	}
	s.cast[t] = candidate
	if f.Kind == sim.EffectSendSafe && g.seq > s.synced {
		s.sure = append(s.sure, castVote{g.seq, t})
	}
}

// checkVote checks that the log of s is not ahead of that of the candidate to whose request ev its
// vote answers.
func (g *Ghost) checkVote(s *shadow, ev *sim.Event) {
	m, ok := ev.Msg.(*RequestVote)
	if own := s.written.log.end(); ok && !upToDate(m.Last, own) {
		g.fail(VoteUpToDate, "%s, whose log ends at %v, votes for %s, whose log ends at %v",
			s.id, own, ev.From, m.Last)
	}
}

// checkReplicated checks that m is sent by the leader of its term, and that its entries are those
// that were written first at their places.
func (g *Ghost) checkReplicated(s *shadow, m *AppendEntries) {
	if !g.led(s.id, m.Term) {
		g.fail(LeaderSublog, "%s sends AppendEntries in term %d, which it does not lead", s.id, m.Term)
	}
	h, known := g.origins.find(m.Prev)
	if !known && m.Prev.Index > 0 {
		g.fail(LogMatching, "%s sends entries after %v, which nobody has written", s.id, m.Prev)
		return
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		h = e.Fold(h)
		if first, ok := g.origins.find(at(e)); !ok || first != h {
			g.fail(LogMatching, "%s sends %v, and another entry was written there first", s.id, at(e))
			return
		}
	}
}

// checkMatch checks what the leader s takes as acknowledged by the member from, of whom it has just
// heard: as long as the member is in the leader's term, its disk holds that much of the leader's log.
func (g *Ghost) checkMatch(s *shadow, n *Node, from sim.NodeID) {
	slot, ok := n.slot(from)
	if !ok || slot == n.self {
		return
	}
	match, next, last := n.match[slot], n.peers[slot].next, n.log.LastIndex()
	if match >= next || next > last+1 {
		g.fail(MatchSanity, "%s has match %d and next %d for %s, and a log up to %d",
			s.id, match, next, from, last)
	} else if match >= n.log.base.Index && (match+1 < next || n.peers[slot].inflight != 0) {
		g.checkInflight(s, n, &n.peers[slot], match)
	}
	if known := g.matched(s, slot); match == known {
		return
	}
	s.match[slot] = match
	other := g.shadow(from)
	g.settle(other, g.world.Durable(from))
	if match < s.written.log.base || match > last || other.written.term != n.term {
		return
	}
	if !other.durable.log.holds(match, s.written.log.at(match).hash) {
		g.fail(MatchSanity, "%s takes %d as acknowledged by %s, whose disk holds %v",
			s.id, match, from, other.durable.log.end())
	}
}

// checkInflight checks what the leader s counts as under way to the follower p, which has acknowledged match.
func (g *Ghost) checkInflight(s *shadow, n *Node, p *peer, match Index) {
	want := 0
	if p.flow == replicating {
		for _, e := range n.log.Entries(match, p.next-1) {
			want += len(e.Data)
		}
	}
	if p.inflight != want {
		g.fail(Accounting, "%s counts %d bytes after %d as under way, of which there are %d",
			s.id, p.inflight, match, want)
	}
}

// matched returns the match index of slot that was checked last, and makes room for the next one.
func (g *Ghost) matched(s *shadow, slot quorum.Slot) Index {
	for len(s.match) <= int(slot) {
		s.match = append(s.match, 0)
	}
	return s.match[slot]
}
