package raft

import (
	"fmt"
	"math/bits"
	"strings"

	"schism/raft/quorum"
	"schism/sim/wire"
)

// Membership says who takes part and how, by slots: places in [Config].Servers.
//
//  1. Somebody votes: Voters.Incoming is not empty.
//  2. Learners are not voters, of either half.
//  3. LearnersNext are voters of the outgoing half only.
//  4. LearnersNext and AutoLeave are zero unless the membership is joint.
type Membership struct {
	// Voters decide, by a majority of both halves while the membership is joint (thesis §4.3).
	Voters quorum.Joint
	// Learners get every entry and decide nothing (thesis §4.2.1).
	Learners quorum.Members
	// LearnersNext still vote, and become learners when the joint membership is left.
	LearnersNext quorum.Members
	// AutoLeave makes a leader leave the joint membership as soon as it may.
	AutoLeave bool
}

// Joint reports whether the membership is in the middle of a change.
func (m *Membership) Joint() bool { return m.Voters.Outgoing != 0 }

// All is everybody who takes part.
func (m *Membership) All() quorum.Members { return m.Voters.Members() | m.Learners }

// valid reports whether m has every numbered property, and no slot from servers on.
func (m *Membership) valid(servers int) bool {
	joint := m.Joint()
	return m.Voters.Incoming != 0 &&
		m.Learners&m.Voters.Members() == 0 &&
		m.LearnersNext&^m.Voters.Outgoing == 0 && m.LearnersNext&m.Voters.Incoming == 0 &&
		(joint || m.LearnersNext == 0 && !m.AutoLeave) &&
		m.All()&^quorum.First(servers) == 0
}

// append appends the binary form of m.
func (m *Membership) append(b []byte) []byte {
	for _, s := range []quorum.Members{m.Voters.Incoming, m.Voters.Outgoing, m.Learners, m.LearnersNext} {
		b = wire.AppendNumber(b, uint64(s))
	}
	return wire.AppendBool(b, m.AutoLeave)
}

// decodeMembership reads what append appends; d fails on anything else, and on what is not valid.
func decodeMembership(d *wire.Decoder) Membership {
	m := Membership{
		Voters:   quorum.Joint{Incoming: decodeMembers(d), Outgoing: decodeMembers(d)},
		Learners: decodeMembers(d), LearnersNext: decodeMembers(d), AutoLeave: d.Bool(),
	}
	if !m.valid(quorum.MaxMembers) {
		d.Fail()
	}
	return m
}

// decodeMembers reads a set of slots.
func decodeMembers(d *wire.Decoder) quorum.Members {
	v := d.Number()
	if bits.Len64(v) > quorum.MaxMembers {
		d.Fail()
		return 0
	}
	return quorum.Members(v)
}

// String prints the slots: "{0 1 2}", "{0 1 2} and {2 3 4}, learners {5}, {0} to learn, leaves".
func (m Membership) String() string {
	var s strings.Builder
	s.WriteString(slots(m.Voters.Incoming))
	if m.Joint() {
		s.WriteString(" and " + slots(m.Voters.Outgoing))
	}
	if m.Learners != 0 {
		s.WriteString(", learners " + slots(m.Learners))
	}
	if m.LearnersNext != 0 {
		s.WriteString(", " + slots(m.LearnersNext) + " to learn")
	}
	if m.AutoLeave {
		s.WriteString(", leaves")
	}
	return s.String()
}

// slots prints a set: "{0 2}".
func slots(m quorum.Members) string {
	var all []quorum.Slot
	for s := range quorum.Slot(quorum.MaxMembers) {
		if m.Has(s) {
			all = append(all, s)
		}
	}
	return "{" + strings.Trim(fmt.Sprint(all), "[]") + "}"
}
