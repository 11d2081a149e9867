package checker

import "fmt"

// Membership is who takes part from some position of a log on. It never changes.
type Membership interface {
	// Quorum reports whether the servers in have are enough to commit. Any two sets that are have a server in common.
	// More than enough is enough.
	Quorum(have ServerSet) bool
	// Members is everybody who is to have the log, with or without a vote.
	Members() ServerSet
	// Passing reports whether the system has to leave it by itself: it is half of a change.
	Passing() bool
}

// Reconfigurable is a [Replica] whose membership an entry of the log can change. That entry needs a quorum of the
// membership before it and one of its own, and what comes after it one of its own alone: whoever leads later has that
// entry, and needs such a quorum, too. That is ZAB's rule. Where servers go by another, they are [Governed].
type Reconfigurable interface {
	Replica
	// ChangeAt returns what the entry at p makes of the membership before it; false if it changes nothing about it.
	ChangeAt(p Position, before Membership) (Membership, bool)
}

// Governed is a [Reconfigurable] in which every server goes by the membership as of some position of its own log,
// committed or not, and whatever its leader commits needs a quorum of that alone. That is Raft's rule:
//
//	the last position         where changes take effect when they are appended (thesis §4.1)
//	the last that is applied  where they take effect when they are applied (as in etcd)
//
// The membership is computed from the entries: what a server believes about it nobody asks.
type Governed interface {
	Reconfigurable
	// GovernedUpTo is the last position whose entry the server heeds.
	GovernedUpTo() Position
}

// membership is a Membership and the position from which on it is that.
type membership struct {
	from Position
	is   Membership
}

// since returns which of the memberships of a run is in force at p.
func since(all []membership, p Position) int {
	i := len(all) - 1
	for all[i].from > p {
		i--
	}
	return i
}

// settled returns the last membership that is committed.
func (s *SplitBrain) settled() *membership { return &s.members[len(s.members)-1] }

// Membership returns the last membership that is committed. It is nil before the first event of a run.
func (s *SplitBrain) Membership() Membership {
	if len(s.members) == 0 {
		return nil
	}
	return s.settled().is
}

// asOf returns the membership as of the position p of the log of g. Up to what g has committed that is known; after it
// the log of g says.
func (s *SplitBrain) asOf(g *ghost, p Position) membership {
	m := s.members[since(s.members, min(p, g.committed))]
	for q := g.committed + 1; q <= min(p, g.log.last); q++ {
		if next, ok := g.changes.ChangeAt(q, m.is); ok {
			m = membership{q, next}
		}
	}
	return m
}

// decides returns the membership by which g commits everything from old+1 to p, which the chain has already, or why too
// few servers hold that durably.
func (s *SplitBrain) decides(g *ghost, old, p Position) (membership, error) {
	have := s.holders(p)
	if g.governed != nil {
		// The step may have committed before or after it has heeded the next entry.
		if by := s.asOf(g, g.heeds); by.is.Quorum(have) {
			return by, nil
		}
		by := s.asOf(g, g.governed.GovernedUpTo())
		return by, by.lacks(have)
	}
	i := since(s.members, old)
	for ; i < since(s.members, p); i++ {
		change := s.members[i+1]
		if err := s.members[i].lacks(s.holders(change.from)); err != nil {
			return change, err
		}
		if err := change.lacks(s.holders(change.from)); err != nil {
			return change, err
		}
	}
	return s.members[i], s.members[i].lacks(have)
}

// lacks returns why the servers in have are no quorum, nil if they are.
func (m *membership) lacks(have ServerSet) error {
	switch {
	case m.is.Quorum(have):
		return nil
	case m.from > 0:
		return fmt.Errorf("%v, no quorum of the membership from %d on", have, m.from)
	}
	return fmt.Errorf("%v, no quorum", have)
}

// confine notes since which event g is on a side without a quorum, now that it is the event seq; anew says that it is
// another side than before.
func (s *SplitBrain) confine(g *ghost, seq uint64, anew bool) {
	switch {
	case s.settled().is.Quorum(g.side):
		g.cutSince = 0
	case anew || g.cutSince == 0:
		g.cutSince = max(seq, 1)
	}
}

// heed follows what the event seq has changed about memberships: of all servers if there are more of them than before,
// else of g. A leader is not cut off as long as it has a quorum of the membership that it goes by, which may be one
// that is not committed yet, or one before the last.
func (s *SplitBrain) heed(g *ghost, seq uint64, before int) {
	if len(s.members) > before {
		for i := range s.ghosts {
			s.confine(&s.ghosts[i], seq, false)
		}
	}
	if g.governed == nil {
		return
	}
	g.heeds = g.governed.GovernedUpTo()
	if g.cutSince > 0 && g.leads && s.asOf(g, g.heeds).is.Quorum(g.side) {
		g.cutSince = seq
	}
}
