package checker

import (
	"math/bits"
	"strings"

	"schism/sim"
)

// ServerSet is a set of servers: 1<<(i-1) for the i-th.
type ServerSet uint64

// MaxServers is the largest number of servers that a set can have.
const MaxServers = 64

// everybody is all servers, be there more of them than a set can have.
const everybody ServerSet = 1<<64 - 1

// has reports whether the server with the index i, from 0, is in s. Servers that no set can have are in everybody.
func (s ServerSet) has(i int) bool {
	if i >= MaxServers {
		return s == everybody
	}
	return s>>i&1 != 0
}

// of returns those of servers, which are all, that are in s.
func (s ServerSet) of(servers []sim.NodeID) []sim.NodeID {
	if s == everybody {
		return servers
	}
	var some []sim.NodeID
	for i, n := range servers {
		if s.has(i) {
			some = append(some, n)
		}
	}
	return some
}

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

// MajorityOf returns the membership of voters alone, in which more than half of them are a quorum.
func MajorityOf(voters ServerSet) Membership { return majority(voters) }

// majority is a Membership of equal voters.
type majority ServerSet

func (m majority) Quorum(have ServerSet) bool {
	voters := bits.OnesCount64(uint64(m))
	return bits.OnesCount64(uint64(have)&uint64(m)) >= voters/2+1
}

func (m majority) Members() ServerSet { return ServerSet(m) }
func (m majority) Passing() bool      { return false }
