package scenarios

import (
	"math/bits"

	"schism/checker"
	"schism/raft"
	"schism/sim"
)

// raftMember shows a server to the checks where memberships change.
type raftMember struct{ raftReplica }

// raftMemberOf is a [checker.Adapter].
func raftMemberOf(m sim.Machine) checker.Replica {
	if s := raftServerOf(m); s != nil {
		return raftMember{raftReplica{s}}
	}
	return nil
}

// ChangeAt implements [checker.Reconfigurable].
func (r raftMember) ChangeAt(p checker.Position, before checker.Membership) (checker.Membership, bool) {
	e, ok := r.Raft().Log().Entry(raft.Index(p))
	if !ok || e.Type != raft.EntryConfig {
		return nil, false
	}
	c, _, ok := raft.DecodeChange(e.Data)
	if !ok {
		return nil, false
	}
	return before.(raftMembership).after(&c)
}

// GovernedUpTo implements [checker.Governed].
func (r raftMember) GovernedUpTo() checker.Position {
	if r.Raft().ApplyConfigAt == raft.AtApply {
		return r.AppliedPosition()
	}
	return r.LastPosition()
}

// raftMembership is the [checker.Membership] of Raft, whose slots are the servers in order. What a change makes of it
// stands here once more, so that the checks do not believe Raft.
type raftMembership struct {
	// incoming and outgoing are the halves of the voters; outgoing is empty unless the membership is joint.
	incoming, outgoing checker.ServerSet
	// learners have no vote, and demoted have one in the outgoing half only.
	learners, demoted checker.ServerSet
	// leaves says that the leader leaves the joint membership by itself.
	leaves bool
}

// Quorum implements [checker.Membership]: each half needs one (thesis §4.3).
func (m raftMembership) Quorum(have checker.ServerSet) bool {
	return majorityOf(m.incoming, have) && (m.outgoing == 0 || majorityOf(m.outgoing, have))
}

// majorityOf reports whether more than half of voters are in have.
func majorityOf(voters, have checker.ServerSet) bool { return 2*count(voters&have) > count(voters) }

// count returns the number of servers in s.
func count(s checker.ServerSet) int { return bits.OnesCount64(uint64(s)) }

// Members implements [checker.Membership].
func (m raftMembership) Members() checker.ServerSet { return m.incoming | m.outgoing | m.learners }

// Passing implements [checker.Membership].
func (m raftMembership) Passing() bool { return m.leaves }

// after returns the membership that the change c makes of m; false if it makes none.
func (m raftMembership) after(c *raft.Change) (checker.Membership, bool) {
	voters, learners := checker.ServerSet(c.Voters), checker.ServerSet(c.Learners)
	removed := checker.ServerSet(c.Removed)
	if joint := m.outgoing != 0; joint != (c.Transition == raft.Leave) {
		return nil, false
	} else if joint {
		return raftMembership{incoming: m.incoming, learners: m.learners | m.demoted}, true
	}
	next := raftMembership{
		incoming: (m.incoming | voters) &^ (learners | removed),
		learners: (m.learners | learners) &^ (voters | removed),
	}
	switch {
	case next.incoming == 0:
		return nil, false
	case c.Transition == raft.Simple:
		return next, count(m.incoming^next.incoming) <= 1
	}
	next.outgoing, next.leaves = m.incoming, c.Transition == raft.JointAuto
	next.demoted = learners & m.incoming
	next.learners &^= next.demoted
	return next, true
}
