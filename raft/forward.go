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

// handlePropose proposes what another server has passed on to the leader of its term. What this node cannot propose is
// lost, as the message may be; it is not passed on again.
func (n *Node) handlePropose(m *Propose, out *sim.Effects) {
	switch {
	case m.Term > n.term:
		n.becomeFollower(m.Term, 0, out)
	case m.Term < n.term || n.role != Leader:
		out.Decide("does not lead the sender's term", "ignore")
	default:
		n.Propose(m.Data, out)
	}
}
