package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// The invariants that a [Ghost] checks, by the IDs of their violations.
const (
	// ElectionSafety: at most one node ever leads a term. Raft figure 3.
	ElectionSafety = "raft-election-safety"
	// LeaderAppendOnly: a leader never removes or overwrites an entry of its log. Raft figure 3.
	LeaderAppendOnly = "raft-leader-append-only"
	// LogMatching: two logs that have an entry of one term at one index are equal up to it; so are
	// the entries in messages, and a log in memory and on its disk. Raft figure 3.
	LogMatching = "raft-log-matching"
	// LeaderCompleteness: what was committed in a term is in the log of every leader of a later
	// term. Raft figure 3.
	LeaderCompleteness = "raft-leader-completeness"
	// StateMachineSafety: no two nodes ever commit or apply different entries at one index.
	// Raft figure 3.
	StateMachineSafety = "raft-state-machine-safety"
	// CommitQuorum: a leader commits entries of its own term that a quorum of disks holds, and
	// followers only what a leader has committed. Raft §5.4.2, thesis §10.2.1.
	CommitQuorum = "raft-commit-quorum"
	// OneVote: a node votes for one candidate in a term, for ever, and its vote is on its disk before
	// anybody hears of it. Raft §5.2.
	OneVote = "raft-one-vote"
	// VoteUpToDate: a node votes for nobody whose log is behind its own. Raft §5.4.1.
	VoteUpToDate = "raft-vote-up-to-date"
	// TermSanity: terms do not decrease, neither of a node, not even by a restart, once it has sent
	// them, nor along a log; and nothing carries a term above that of its node.
	TermSanity = "raft-term-sanity"
	// IndexOrder: applied ≤ commit ≤ last, and the first two never decrease in one incarnation.
	IndexOrder = "raft-index-order"
	// MatchSanity: what a leader takes as acknowledged is on the follower's disk, and
	// match < next ≤ last+1.
	MatchSanity = "raft-match-sanity"
	// LeaderSublog: an entry appears first in the log of the leader of its term, and only that leader
	// sends AppendEntries in that term.
	LeaderSublog = "raft-leader-sublog"
	// PrefixWithinTerm: the entries of a term are at consecutive indexes, in every log.
	PrefixWithinTerm = "raft-prefix-within-term"
	// ConfigSafety: at most one change of the membership in a log is not committed (with AtApply: not
	// applied), each is appended by a leader that has committed in its term, the membership in force is
	// what the log, or what is applied of it, makes, no leader is elected by a membership that cannot
	// hear of what another has committed, and only voters lead, but for a leader that removes itself
	// until that is committed. Thesis §4.
	ConfigSafety = "raft-config-safety"
	// SnapshotPrefix: a snapshot stands for a committed prefix, and for one state.
	SnapshotPrefix = "raft-snapshot-prefix"
	// ReadFresh: a confirmed read has an index not below anybody's commit index when it was asked for.
	// Raft §8.
	ReadFresh = "raft-read-fresh"
	// LeaseExclusive: when a lease confirms a read, no leader of a later term has committed anything.
	// Thesis §6.4.1.
	LeaseExclusive = "raft-lease-exclusive"
	// Accounting: what a leader counts as under way to a follower, and as uncommitted, is what is.
	Accounting = "raft-accounting"
	// Durability: a quorum of disks holds what was committed, for ever.
	Durability = "raft-durability"
)

// Invariants lists the IDs of all invariants. The numbers are those of the project's notes on Raft,
// of which I18, about sessions, is checked by package kvserver, which has them.
var Invariants = [...]struct {
	Number int
	ID     string
}{
	{1, ElectionSafety}, {2, LeaderAppendOnly}, {3, LogMatching}, {4, LeaderCompleteness},
	{5, StateMachineSafety}, {6, CommitQuorum}, {7, OneVote}, {8, VoteUpToDate}, {9, TermSanity},
	{10, IndexOrder}, {11, MatchSanity}, {12, LeaderSublog}, {13, PrefixWithinTerm},
	{14, ConfigSafety}, {15, SnapshotPrefix}, {16, ReadFresh}, {17, LeaseExclusive}, {19, Durability},
	{20, Accounting},
}

// grow makes s long enough to have a place for t.
func grow[T any](s []T, t Term) []T {
	for Term(len(s)) <= t {
		var zero T
		s = append(s, zero)
	}
	return s
}

// entryWritten checks an entry that s writes, and completes its link.
func (g *Ghost) entryWritten(s *shadow, e *Entry, l *link) bool {
	log, p := &s.written.log, at(e)
	if p.Index <= log.base || p.Index > log.last()+1 {
		g.fail(LogMatching, "%s writes %v into a log of %d..%d", s.id, p, log.base+1, log.last())
		return false
	}
	prev := log.at(p.Index - 1)
	l.hash, l.config = e.Fold(prev.hash), prev.config
	if e.Type == EntryConfig {
		l.config = g.configAfter(prev.config, e)
	}
	if e.Term < prev.term || e.Term > s.written.term {
		g.fail(TermSanity, "%s writes %v after term %d, in term %d", s.id, p, prev.term, s.written.term)
	}
	if p.Index <= log.last() && s.role == Leader && s.node.role == Leader && s.term == s.node.term &&
		log.at(p.Index).hash != l.hash {
		g.fail(LeaderAppendOnly, "%s leads term %d and overwrites %d", s.id, s.term, p.Index)
	}
	first, ok := g.origins.find(p)
	switch {
	case !ok:
		g.created(s, p, l.hash)
		if e.Type == EntryConfig && s.node != nil {
			g.configCreated(s, prev.config, p)
		}
	case first != l.hash:
		g.fail(LogMatching, "%s has another log up to %v", s.id, p)
	}
	return true
}

// created checks an entry that nobody wrote before.
func (g *Ghost) created(s *shadow, p Position, h sim.Digest) {
	g.origins.add(p, h)
	if n := s.node; n == nil || n.role != Leader || n.term != p.Term {
		g.fail(LeaderSublog, "%s writes %v, which no leader has written", s.id, p)
	}
	g.lastOf = grow(g.lastOf, p.Term)
	if last := g.lastOf[p.Term]; last != 0 && last+1 != p.Index {
		g.fail(PrefixWithinTerm, "%s creates %v, the last one of the term was %d", s.id, p, last)
	}
	g.lastOf[p.Term] = p.Index
}

// snapshotWritten checks a snapshot that the current server saves.
func (g *Ghost) snapshotWritten(file []byte) {
	m, ok := openImage(file)
	if !ok {
		g.fail(SnapshotPrefix, "%s saves a damaged snapshot", g.cur.id)
		return
	}
	g.checkSnapshot(m.last)
	d := sim.Digest(0).MixBytes(m.state())
	for i := len(g.states) - 1; i >= 0; i-- {
		if st := &g.states[i]; st.index == m.last.Index {
			if st.digest != d {
				g.fail(SnapshotPrefix, "%s has another state after %d", g.cur.id, st.index)
			}
			return
		}
	}
	g.states = append(g.states, savedState{m.last.Index, d})
}

// checkSnapshot checks that everything up to p is committed.
func (g *Ghost) checkSnapshot(p Position) {
	h, ok := g.Committed(p.Index)
	if origin, _ := g.origins.find(p); p.Index > 0 && (!ok || origin != h) {
		g.fail(SnapshotPrefix, "%s has a snapshot up to %v, which is not committed", g.cur.id, p)
	}
}

// checkDurability checks, after s may have lost entries, that a quorum still holds what is committed.
func (g *Ghost) checkDurability(s *shadow) {
	top := g.CommittedMax()
	if top == 0 || s.durable.log.holds(top, g.committed[top-1]) {
		return
	}
	by := &g.configs[g.commits[len(g.commits)-1].config]
	if have := g.holders(top); by.Voters.VoteResult(have, 0) != quorum.Won {
		g.fail(Durability, "%s lost entry %d, which of %v only %s still have", s.id, top, by.Membership, slots(have))
	}
}

// holders returns those whose disks hold the log up to the committed entry i.
func (g *Ghost) holders(i Index) (m quorum.Members) {
	for j := range g.shadows {
		if s := &g.shadows[j]; s.durable.log.holds(i, g.committed[i-1]) {
			m = m.With(s.slot)
		}
	}
	return m
}

// elected checks a node that has begun to lead.
func (g *Ghost) elected(s *shadow, n *Node) {
	g.leaderOf = grow(g.leaderOf, n.term)
	if other := g.leaderOf[n.term]; other != 0 && other != s.id {
		g.fail(ElectionSafety, "%s and %s both lead term %d", other, s.id, n.term)
	}
	g.leaderOf[n.term] = s.id
	s.match, s.ballot = s.match[:0], s.config
	g.checkVoter(s, n)
	for i := len(g.commits) - 1; i >= 0; i-- {
		if c := g.commits[i]; c.Term < n.term {
			if !s.written.log.holds(c.Index, g.committed[c.Index-1]) {
				g.fail(LeaderCompleteness, "%s leads term %d without entry %d, committed in term %d",
					s.id, n.term, c.Index, c.Term)
			}
			g.checkOverlap(s, c.config)
			return
		}
	}
}

// led reports whether id has led t.
func (g *Ghost) led(id sim.NodeID, t Term) bool {
	return t < Term(len(g.leaderOf)) && g.leaderOf[t] == id
}
