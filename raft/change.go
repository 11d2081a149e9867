package raft

import (
	"errors"

	"schism/raft/quorum"
	"schism/sim/wire"
)

// Transition is the way in which a [Change] is made.
type Transition uint8

// The transitions.
const (
	// Simple makes the change at once. It may change one voter only, so that every quorum before it
	// overlaps with every one after it (thesis §4.1).
	Simple Transition = iota
	// Joint enters a joint membership, which lasts until it is left by Leave (thesis §4.3).
	Joint
	// JointAuto enters a joint membership, which the leader leaves by itself.
	JointAuto
	// Leave leaves the joint membership.
	Leave
)

// String returns the name of the transition.
func (t Transition) String() string { return [...]string{"simple", "joint", "joint-auto", "leave"}[t] }

// Change is a change of the membership: who is to be what, whatever it was before. The sets do not
// overlap, and are empty in a Leave.
type Change struct {
	Transition Transition
	// Voters are to vote: new members, and learners that are promoted.
	Voters quorum.Members
	// Learners are to learn: new members, and voters that are demoted.
	Learners quorum.Members
	// Removed are to take no part.
	Removed quorum.Members
}

// The reasons why a membership cannot be changed in some way.
var (
	ErrOverlap    = errors.New("raft: a server is to be two things at once")
	ErrJoint      = errors.New("raft: the membership is joint, and has to be left first")
	ErrNotJoint   = errors.New("raft: the membership is not joint")
	ErrManyVoters = errors.New("raft: more than one voter changes without a joint membership")
	ErrNoVoter    = errors.New("raft: nobody would vote")
	ErrNoServer   = errors.New("raft: one of the members is no server")
)

// Touched is everybody whom c is about.
func (c *Change) Touched() quorum.Members { return c.Voters | c.Learners | c.Removed }

// valid reports whether c makes sense in some membership.
func (c *Change) valid() bool {
	apart := c.Voters.Len()+c.Learners.Len()+c.Removed.Len() == c.Touched().Len()
	return apart && c.Transition <= Leave && (c.Transition != Leave || c.Touched() == 0)
}

// Next returns the membership that follows m by the change c (thesis §4.1, §4.3; what it refuses is
// what etcd's confchange refuses).
func (m Membership) Next(c Change) (Membership, error) {
	switch {
	case !c.valid():
		return m, ErrOverlap
	case c.Transition == Leave && !m.Joint():
		return m, ErrNotJoint
	case c.Transition == Leave:
		return Membership{Voters: quorum.Joint{Incoming: m.Voters.Incoming}, Learners: m.Learners | m.LearnersNext}, nil
	case m.Joint():
		return m, ErrJoint
	}
	before := m.Voters.Incoming
	next := Membership{AutoLeave: c.Transition == JointAuto}
	next.Voters.Incoming = (before | c.Voters) &^ (c.Learners | c.Removed)
	if c.Transition != Simple {
		next.Voters.Outgoing = before
	}
	next.LearnersNext = c.Learners & next.Voters.Outgoing
	next.Learners = m.Learners&^(c.Voters|c.Removed) | c.Learners&^next.LearnersNext
	switch {
	case next.Voters.Incoming == 0:
		return m, ErrNoVoter
	case c.Transition == Simple && (before^next.Voters.Incoming).Len() > 1:
		return m, ErrManyVoters
	}
	return next, nil
}

// Append appends the binary form of c, with which the data of an entry of type EntryConfig begins.
func (c *Change) Append(b []byte) []byte {
	b = append(b, byte(c.Transition))
	for _, s := range []quorum.Members{c.Voters, c.Learners, c.Removed} {
		b = wire.AppendNumber(b, uint64(s))
	}
	return b
}

// DecodeChange reads what Append appends off the front of data, and returns the context that follows it, which is part
// of data; false if data does not begin with a change.
func DecodeChange(data []byte) (c Change, context []byte, ok bool) {
	d := wire.NewDecoder(data)
	c = Change{
		Transition: Transition(d.Byte(byte(Leave))),
		Voters:     decodeMembers(&d), Learners: decodeMembers(&d), Removed: decodeMembers(&d),
	}
	if d.Failed() || !c.valid() {
		return Change{}, nil, false
	}
	return c, data[len(data)-len(d.Rest()):], true
}

// String prints the slots: "joint voters {3 4} learners {} removed {0}".
func (c Change) String() string {
	if c.Transition == Leave {
		return c.Transition.String()
	}
	return c.Transition.String() + " voters " + slots(c.Voters) + " learners " + slots(c.Learners) +
		" removed " + slots(c.Removed)
}
