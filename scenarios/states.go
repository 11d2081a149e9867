package scenarios

import (
	"fmt"
	"slices"

	"schism/nemesis"
	"schism/raft"
	"schism/sim"
	"schism/zab"
)

// stateOf is a state that servers of one protocol can be in, in which faults may hit them.
type stateOf[S any] struct {
	name string
	in   func(server S) bool
}

// raftStates are the states of a node of Raft.
var raftStates = []stateOf[*raft.Node]{
	{"pre-candidate", func(n *raft.Node) bool { return n.Role() == raft.PreCandidate }},
	{"candidate", func(n *raft.Node) bool { return n.Role() == raft.Candidate }},
	{"leader", func(n *raft.Node) bool { return n.Role() == raft.Leader }},
	{"entry-uncommitted", func(n *raft.Node) bool { return n.LastIndex() > n.CommitIndex() }},
	{"entry-unapplied", func(n *raft.Node) bool { return n.CommitIndex() > n.AppliedIndex() }},
	{"snapshot", (*raft.Node).Saving},
	{"joint", func(n *raft.Node) bool { m, _ := n.Membership(); return m.Joint() }},
	{"transfer", func(n *raft.Node) bool { return n.Transferee() != 0 }},
}

// zabStates are the states of a peer of ZAB.
var zabStates = []stateOf[*zab.Peer]{
	{"looking", func(p *zab.Peer) bool { return p.State() == zab.Looking }},
	{"leader", func(p *zab.Peer) bool { return p.State() == zab.Leading }},
	{"discovery", func(p *zab.Peer) bool { return p.Phase() == zab.Discovery }},
	{"synchronization", func(p *zab.Peer) bool { return p.Phase() == zab.Synchronization }},
	{"entry-uncommitted", func(p *zab.Peer) bool { return p.History().LastIndex() > p.CommittedIndex() }},
	{"entry-unapplied", func(p *zab.Peer) bool { return p.CommittedIndex() > p.AppliedIndex() }},
	{"snapshot", (*zab.Peer).Saving},
	{"joint", func(p *zab.Peer) bool { return p.Pending() != nil }},
}

// state implements system.
func (k *raftKV) state(name string) sim.State {
	return find(raftStates, name, func(m sim.Machine) *raft.Node {
		if s := raftServerOf(m); s != nil {
			return s.Raft()
		}
		return nil
	})
}

// state implements system.
func (k *zabZK) state(name string) sim.State {
	return find(zabStates, name, func(m sim.Machine) *zab.Peer {
		if s := zabServerOf(m); s != nil {
			return s.Zab()
		}
		return nil
	})
}

// find returns the state with that name, of the server that is in a machine; nil if there is none.
func find[S any](states []stateOf[*S], name string, serverOf func(sim.Machine) *S) sim.State {
	i := slices.IndexFunc(states, func(s stateOf[*S]) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return func(v sim.View, n sim.NodeID) bool {
		s := serverOf(v.Machine(n))
		return s != nil && states[i].in(s)
	}
}

// namesOf returns the names of states.
func namesOf[S any](states []stateOf[S]) []string {
	var names []string
	for _, s := range states {
		names = append(names, s.name)
	}
	return names
}

// knows reports whether the system and the world know every state that the schedule waits for.
func (r *Runner) knows(schedule nemesis.Schedule) error {
	known := []string{"", sim.StateWritePending, sim.StateSyncPending, sim.StateSendPending}
	for _, e := range schedule {
		if s := e.When.State; !slices.Contains(known, s) && r.system.state(s) == nil {
			return fmt.Errorf("%q: nobody knows the state %q", e, s)
		}
	}
	return nil
}
