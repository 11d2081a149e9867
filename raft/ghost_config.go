package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// ghostConfig is a membership as the log that ends with the entry at makes it, computed from what is written.
type ghostConfig struct {
	at Position // zero for the initial membership
	Membership
}

// configNumber is the place of a ghostConfig in [Ghost.configs].
type configNumber int32

// decided is a membership that is committed, from the index on.
type decided struct {
	index  Index
	number configNumber
}

// commit is how far the leader of a term has committed, and the membership by which it did.
type commit struct {
	Position
	config configNumber
}

// configAfter returns the membership after the config entry e, where that before it is prev.
func (g *Ghost) configAfter(prev configNumber, e *Entry) configNumber {
	for i := range g.configs {
		if g.configs[i].at == at(e) {
			return configNumber(i)
		}
	}
	next := g.configs[prev].Membership
	c, _, ok := DecodeChange(e.Data)
	after, err := next.Next(c)
	if !ok || err != nil || !overlapping(next.Voters, after.Voters) {
		g.fail(ConfigSafety, "%s appends the change %v to %v", g.cur.id, c, next)
	} else {
		next = after
	}
	g.configs = append(g.configs, ghostConfig{at(e), next})
	return configNumber(len(g.configs) - 1)
}

// overlapping reports whether every quorum of a has a member in common with every quorum of b. It tries all sets of
// at most maxTried members, and takes larger memberships on trust.
func overlapping(a, b quorum.Joint) bool {
	const maxTried = 16
	all := a.Members() | b.Members()
	if all.Len() > maxTried {
		return true
	}
	for s := all; ; s = (s - 1) & all {
		if a.VoteResult(s, 0) == quorum.Won && b.VoteResult(all&^s, 0) == quorum.Won {
			return false
		}
		if s == 0 {
			return true
		}
	}
}

// configCreated checks that the leader s may append a config entry at p behind the membership prev: that one is
// committed and, with AtApply, applied, and so is something of the leader's term.
func (g *Ghost) configCreated(s *shadow, prev configNumber, p Position) {
	n, log := s.node, &s.written.log
	done := n.commit
	if n.ApplyConfigAt == AtApply {
		done = n.applied
	}
	if before := g.configs[prev].at; before.Index > done {
		g.fail(ConfigSafety, "%s appends a change at %v, and that at %v is pending", s.id, p, before)
	}
	if c := n.commit; c >= log.base && c <= log.last() && log.at(c).term != n.term {
		g.fail(ConfigSafety, "%s appends a change at %v before it has committed anything in its term", s.id, p)
	}
}

// committedConfig returns the membership after the committed entry i.
func (g *Ghost) committedConfig(i Index) configNumber {
	for k := len(g.decided) - 1; k >= 0; k-- {
		if d := g.decided[k]; d.index <= i {
			return d.number
		}
	}
	return 0
}

// checkInForce checks that the membership in force is that which the node's log makes, or, with AtApply, what is
// applied of it.
func (g *Ghost) checkInForce(s *shadow, n *Node) {
	log := &s.written.log
	i := log.last()
	if n.ApplyConfigAt == AtApply {
		i = n.applied
	}
	if i < log.base || i > log.last() {
		return
	}
	s.config = log.at(i).config
	if want := &g.configs[s.config]; n.configs.now.Membership != want.Membership {
		g.fail(ConfigSafety, "%s has the membership %v in force, and %v after entry %d", s.id,
			n.configs.now.Membership, want.Membership, i)
	}
}

// checkVoter checks that s, which has begun to lead, is a voter of the membership in force or, with AtAppend, of
// the one before a change that it does not know to be committed.
func (g *Ghost) checkVoter(s *shadow, n *Node) {
	votes, log := g.configs[s.config].Voters.Members(), &s.written.log
	if n.ApplyConfigAt == AtAppend && n.commit >= log.base && n.commit <= log.last() {
		votes |= g.configs[log.at(n.commit).config].Voters.Members()
	}
	if !votes.Has(s.slot) {
		g.fail(ConfigSafety, "%s is elected, and has no vote in %v", s.id, g.configs[s.config].Membership)
	}
}

// checkRetired checks that s, which the node's own step has left a leader, is a voter of the membership that was in
// force for good before.
func (g *Ghost) checkRetired(s *shadow, n *Node, ev *sim.Event) {
	c := &g.configs[s.config]
	if !c.Voters.Members().Has(s.slot) && c.at.Index <= s.commit && s.term == n.term && n.Handles(ev) {
		g.fail(ConfigSafety, "%s still leads, and has had no vote in %v", s.id, c.Membership)
	}
}

// checkOverlap checks that the memberships by which one leader was elected and another has committed could not
// decide separately.
func (g *Ghost) checkOverlap(elected *shadow, by configNumber) {
	a, b := &g.configs[elected.ballot], &g.configs[by]
	if a != b && !overlapping(a.Voters, b.Voters) {
		g.fail(ConfigSafety, "%s was elected by %v, and %v can commit without any of them",
			elected.id, a.Membership, b.Membership)
	}
}
