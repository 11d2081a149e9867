package checker

import (
	"fmt"
	"math/bits"
	"strings"

	"schism/sim"
)

// ServerSet is a set of servers: 1<<(i-1) for the i-th.
type ServerSet uint64

// MaxServers is the largest number of servers that a set can have.
const MaxServers = 64

// String returns "n1, n3", or "nobody".
func (s ServerSet) String() string {
	if s == 0 {
		return "nobody"
	}
	var names []string
	for rest := uint64(s); rest != 0; rest &= rest - 1 {
		names = append(names, sim.Server(bits.TrailingZeros64(rest)+1).String())
	}
	return strings.Join(names, ", ")
}

// upTo returns the set of the first n servers.
func upTo(n int) ServerSet { return 1<<min(n, MaxServers) - 1 }

// Quorum reports whether the servers in have are enough to commit. Any two sets that are have a server in common. More
// than enough is enough.
type Quorum func(have ServerSet) bool

// MajorityOf returns the quorum that is more than half of voters.
func MajorityOf(voters ServerSet) Quorum {
	need := bits.OnesCount64(uint64(voters))/2 + 1
	return func(have ServerSet) bool { return bits.OnesCount64(uint64(have&voters)) >= need }
}

// Reconfigurable is a [Replica] whose membership an entry of the log can change. That entry needs a quorum of the
// membership before it and one of its own, and what comes after it one of its own alone: whoever leads later has that
// entry, and needs such a quorum, too.
type Reconfigurable interface {
	Replica
	// QuorumAt returns what is a quorum from the entry at p on; false if the entry changes nothing about it.
	QuorumAt(p Position) (Quorum, bool)
}

// membership is what is a quorum from a committed position on.
type membership struct {
	from Position
	is   Quorum
}

// since returns which of the memberships of a run is in force at p.
func since(all []membership, p Position) int {
	i := len(all) - 1
	for all[i].from > p {
		i--
	}
	return i
}

// needs returns why too few servers hold durably what is committed from old+1 to p, nil if enough do.
func (s *SplitBrain) needs(old, p Position) error {
	i := since(s.members, old)
	for ; i < since(s.members, p); i++ {
		change := s.members[i+1]
		if err := s.members[i].lacks(s.holders(change.from)); err != nil {
			return err
		}
		if err := change.lacks(s.holders(change.from)); err != nil {
			return err
		}
	}
	return s.members[i].lacks(s.holders(p))
}

// lacks returns why the servers in have are no quorum, nil if they are.
func (m *membership) lacks(have ServerSet) error {
	switch {
	case m.is(have):
		return nil
	case m.from > 0:
		return fmt.Errorf("%v, no quorum of the membership from %d on", have, m.from)
	}
	return fmt.Errorf("%v, no quorum", have)
}
