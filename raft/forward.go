package raft

import "schism/sim"

// forward passes a proposal on to the leader, if the node may do that and knows one.
func (n *Node) forward(data []byte, out *sim.Effects) bool {
	if !n.ForwardProposals || n.role == Leader || n.leader == 0 {
		return false
	}
	m := n.mail.propose.Take()
	m.Term, m.Data = n.term, data
	out.Send(n.leader, m)
	return true
}

// handlePropose proposes what a follower has passed on. If this leader takes no proposals now, it is lost, as the
// message may be; it is not passed on again.
func (n *Node) handlePropose(m *Propose, out *sim.Effects) {
	if _, _, ok := n.Propose(m.Data, out); !ok {
		out.Decide("takes no proposals now", "ignore")
	}
}
