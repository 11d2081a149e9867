package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// Refusal says why a node does not propose a change of the membership.
type Refusal uint8

// The refusals.
const (
	// Accepted means that the change is in the log of the leader.
	Accepted Refusal = iota
	// NotLeader means that the node does not lead.
	NotLeader
	// ConfigPending means that the change before is not in force for good: not committed or, with
	// AtApply, not applied.
	ConfigPending
	// NoCommitInTerm means that the leader has not committed anything in its term.
	NoCommitInTerm
	// BadChange means that [Membership.Next] does not allow the change, or that it names no server.
	BadChange
	// LearnerBehind means that a learner is to vote that does not have most of the log yet.
	LearnerBehind
	// Unhealthy means that the leader does not hear from a quorum of the membership to be.
	Unhealthy
	// HandingOver means that the leader hands its leadership over, and takes no proposals.
	HandingOver
)

// String returns the refusal in words.
func (r Refusal) String() string {
	return [...]string{"accepted", "not the leader", "a change is pending", "no commit in the term", "bad change",
		"a learner is behind", "unhealthy", "handing over"}[r]
}

// ConfigProposal is what decides whether a leader proposes a change of the membership.
type ConfigProposal struct {
	Change Change
	// Now is the membership in force, Next what the change makes of it, and Err why it makes nothing.
	Now, Next Membership
	Err       error
	// Pending says that the change before is not in force for good.
	Pending bool
	// Term is that of the leader, Committed that of its last committed entry.
	Term, Committed Term
	// Active are the members of which the leader has heard lately, itself among them.
	Active quorum.Members
	// Behind are the learners to be promoted that have not caught up.
	Behind quorum.Members
}

// ProposeConfig appends a change of the membership to the log of a leader, with a context that says whatever the
// application wants to find there. It returns where the entry will be if it is ever committed, or why the change is
// refused.
func (n *Node) ProposeConfig(c Change, context []byte, out *sim.Effects) (Index, Term, Refusal) {
	switch {
	case n.role != Leader:
		return 0, 0, NotLeader
	case !n.rules.ProposalAllowed(n.transfer.to != 0):
		return 0, 0, HandingOver
	}
	p := n.configProposal(c)
	if why := n.rules.RefusesConfig(&p); why != Accepted {
		return 0, 0, why
	}
	out.Mark("config-proposed")
	n.lead(EntryConfig, append(c.Append(nil), context...), out)
	n.ownAck(out)
	n.disk.flush(n.log.LastIndex(), n.term, out)
	return n.log.LastIndex(), n.term, Accepted
}

// configProposal returns what decides about c.
func (n *Node) configProposal(c Change) ConfigProposal {
	p := ConfigProposal{Change: c, Now: n.configs.now.Membership, Term: n.term}
	done := n.commit
	if n.ApplyConfigAt == AtApply {
		done = n.applied
	}
	p.Pending = n.configs.last().index > done
	p.Committed, _ = n.log.Term(n.commit)
	p.Active = (n.active | n.before).With(n.self)
	p.Next, p.Err = n.rules.Next(p.Now, c)
	if p.Err == nil && !p.Next.valid(len(n.Servers)) {
		p.Err = ErrNoServer
	}
	for slot, match := range n.match {
		promoted := c.Voters & p.Now.Learners
		if promoted.Has(quorum.Slot(slot)) && !n.rules.CaughtUp(match, n.log.LastIndex()) {
			p.Behind = p.Behind.With(quorum.Slot(slot))
		}
	}
	return p
}

// refusesConfig is the right RefusesConfig.
func refusesConfig(p *ConfigProposal) Refusal {
	switch {
	case p.Pending:
		return ConfigPending
	case p.Committed != p.Term:
		return NoCommitInTerm
	case p.Err != nil:
		return BadChange
	case p.Change.Transition == Leave:
		return Accepted // what has begun is to end
	case p.Behind != 0:
		return LearnerBehind
	case p.Now.Voters.Incoming.Len() == 1 && p.Next.Voters.Incoming.Len() == 2:
		return Accepted // two voters need each other, and there is no other way to have two
	case p.Next.Voters.VoteResult(p.Active, 0) != quorum.Won:
		return Unhealthy
	}
	return Accepted
}

// settleMembership does what a leader owes to the membership in force: it counts anew, steps down if it
// does not belong to it (thesis §4.2.2), and leaves a joint one that is to be left by itself.
func (n *Node) settleMembership(out *sim.Effects) {
	n.unsettled = false
	n.advanceCommit(out)
	n.confirmReads()
	c := &n.configs.now
	switch {
	case n.rules.Retires(n.votes()):
		if n.unsettled = c.index > n.commit; !n.unsettled {
			out.Mark("removed-leader-stepped-down")
			n.becomeFollower(n.term, 0, out)
		}
	case c.AutoLeave && n.rules.LeavesJoint(n.configTerm() == n.term):
		n.ProposeConfig(Change{Transition: Leave}, nil, out)
		n.unsettled = n.configs.last().index == c.index // refused, so that it has to try again
	}
}

// configTerm returns the term of the entry that made the membership in force, 0 if it is compacted.
func (n *Node) configTerm() Term {
	t, _ := n.log.Term(n.configs.now.index)
	return t
}
