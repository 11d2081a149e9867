package scenarios

import (
	"schism/checker"
	"schism/raft"
	"schism/sim"
	"schism/zab"
)

// stateSet says in which states a protocol is at one moment.
type stateSet uint16

// The states. Servers that are down are in none.
const (
	// stateNoLeader: no server leads, as far as the servers know.
	stateNoLeader stateSet = 1 << iota
	// stateLeader: one server leads, and nobody stands for election.
	stateLeader
	// stateTwoLeaders: two or more servers believe that they lead.
	stateTwoLeaders
	// stateElection: some server stands for election, or looks for a leader.
	stateElection
	// stateUncommitted: the log of a leader has entries that it does not know to be committed.
	stateUncommitted
	// stateMembership: the membership is joint, or a change of it is not in force everywhere that knows of it.
	stateMembership
	// stateSnapshot: a snapshot is being saved, sent or received.
	stateSnapshot
	// stateOperation: a client waits for an answer.
	stateOperation
	// stateWrite: a server has written what a loss of power would take away.
	stateWrite
)

// stateNames are the names of the states, in order.
var stateNames = [...]string{"no leader", "one leader", "two leaders", "election", "uncommitted", "membership",
	"snapshot", "operation", "write"}

// states is the number of states.
const states = len(stateNames)

// statesOf returns the states of a system: what adapt shows of the servers that run, and what of says of each.
func statesOf(v sim.View, adapt checker.Adapter, of func(sim.Machine) stateSet) stateSet {
	set, leaders := stateSet(0), 0
	for _, n := range v.Servers() {
		if v.Durable(n) < v.Written(n) {
			set |= stateWrite
		}
		m := v.Machine(n)
		r := adapt(m)
		if r == nil {
			continue
		}
		set |= of(m)
		if _, leads := r.Reign(); leads {
			leaders++
			if r.LastPosition() > r.CommittedPosition() {
				set |= stateUncommitted
			}
		}
	}
	switch {
	case leaders == 0:
		set |= stateNoLeader
	case leaders > 1:
		set |= stateTwoLeaders
	case set&stateElection == 0:
		set |= stateLeader
	}
	for i := range v.History() {
		if v.History()[i].Return == sim.Never {
			return set | stateOperation
		}
	}
	return set
}

// situation implements system.
func (k *raftKV) situation(v sim.View) stateSet {
	return statesOf(v, raftReplicaOf, func(m sim.Machine) (set stateSet) {
		n := raftServerOf(m).Raft()
		if n.Role() == raft.Candidate || n.Role() == raft.PreCandidate {
			set |= stateElection
		}
		now, in := n.Membership()
		if _, last := n.LastMembership(); last != in || now.Joint() {
			set |= stateMembership
		}
		if n.SnapshotUnderWay() {
			set |= stateSnapshot
		}
		return set
	})
}

// situation implements system.
func (k *zabZK) situation(v sim.View) stateSet {
	return statesOf(v, zabReplicaOf, func(m sim.Machine) (set stateSet) {
		p := zabServerOf(m).Zab()
		if p.State() == zab.Looking {
			set |= stateElection
		}
		if p.Pending() != nil {
			set |= stateMembership
		}
		if p.SnapshotUnderWay() {
			set |= stateSnapshot
		}
		return set
	})
}
