package zab

import (
	"math/bits"

	"schism/sim"
)

// Slot numbers a server of the ensemble, from 0 to MaxServers-1.
type Slot uint8

// MaxServers is the largest number of servers, observers included.
const MaxServers = 32

// Servers is a set of slots.
type Servers uint32

// With returns s with x in it.
func (s Servers) With(x Slot) Servers { return s | 1<<x }

// Without returns s without x.
func (s Servers) Without(x Slot) Servers { return s &^ (1 << x) }

// Has reports whether x is in s.
func (s Servers) Has(x Slot) bool { return s>>x&1 != 0 }

// Len returns the number of servers.
func (s Servers) Len() int { return bits.OnesCount32(uint32(s)) }

// Group is a set of voters of a hierarchical quorum, with the weight of each slot.
type Group struct {
	Members Servers
	Weights [MaxServers]uint8
}

// Ensemble is a configuration: who takes part, and what a quorum is.
//
//  1. Voters and Observers are disjoint; Voters are the members of Groups if there are any.
//  2. Groups are disjoint. None means that more than half of the voters are a quorum.
//
// Any two quorums of one ensemble share a server.
type Ensemble struct {
	// Version is the transaction that made it, 0 for the first.
	Version   Zxid
	Voters    Servers
	Observers Servers
	Groups    []Group
}

// Quorum reports whether the servers in have are a quorum: more than half of the voters or, with groups, more than
// half of the weight in more than half of the groups that weigh anything (QuorumHierarchical).
func (e *Ensemble) Quorum(have Servers) bool {
	if len(e.Groups) == 0 {
		return (have & e.Voters).Len() > e.Voters.Len()/2
	}
	groups, won := 0, 0
	for i := range e.Groups {
		g := &e.Groups[i]
		all, got := 0, 0
		for s := range Slot(MaxServers) {
			if !g.Members.Has(s) {
				continue
			}
			all += int(g.Weights[s])
			if have.Has(s) {
				got += int(g.Weights[s])
			}
		}
		if all > 0 {
			groups++
		}
		if 2*got > all {
			won++
		}
	}
	return 2*won > groups
}

// Weight returns how much the vote of s weighs: 0 for one that can never lead.
func (e *Ensemble) Weight(s Slot) int {
	if !e.Voters.Has(s) {
		return 0
	}
	for i := range e.Groups {
		if e.Groups[i].Members.Has(s) {
			return int(e.Groups[i].Weights[s])
		}
	}
	if len(e.Groups) > 0 {
		return 0
	}
	return 1
}

// fold mixes e into d.
func (e *Ensemble) fold(d sim.Digest) sim.Digest {
	d = d.Mix(uint64(e.Version)).Mix(uint64(e.Voters)<<32 | uint64(e.Observers))
	for i := range e.Groups {
		g := &e.Groups[i]
		d = d.Mix(uint64(g.Members)).MixBytes(g.Weights[:])
	}
	return d
}
