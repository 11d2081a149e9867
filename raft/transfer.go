package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// transfer is the handing over of leadership (thesis §3.10): the leader takes no proposals, brings the target up to
// date, and tells it to campaign at once. It is zero unless one is under way, and on a node that does not lead.
type transfer struct {
	// to is the member that is to lead, 0 if there is none.
	to sim.NodeID
	// begun is when it began, on the node's own clock.
	begun sim.Time
}

// TransferLeader begins to hand the leadership over to the member to, at the time now of the step in progress. If to
// does not lead after an election timeout, this node goes on as before. It returns false, and does nothing, on a node
// that is not the leader, and if to is the node itself or has no vote. A transfer that is under way is replaced, but
// one to the same member goes on.
func (n *Node) TransferLeader(now sim.Time, to sim.NodeID, out *sim.Effects) bool {
	slot, ok := n.slot(to)
	if n.role != Leader || !ok || slot == n.self || !n.members.Incoming.Has(slot) {
		return false
	}
	if n.transfer.to != to {
		n.transfer = transfer{to, now}
		out.Mark("transfer-begun")
		n.handOver(slot, out)
	}
	return true
}

// Transferee is to whom the node is handing its leadership over, 0 if it is not.
func (n *Node) Transferee() sim.NodeID { return n.transfer.to }

// handOver tells the member at slot to campaign, if it is to lead and its log is that of this leader.
func (n *Node) handOver(slot quorum.Slot, out *sim.Effects) {
	if n.transfer.to != n.Servers[slot] || n.match[slot] != n.log.LastIndex() {
		return
	}
	out.Decide("its log is complete", "hand over")
	n.lease.over = true
	m := n.mail.timeoutNow.Take()
	m.Term = n.term
	out.Send(n.transfer.to, m)
}

// watchTransfer repeats on a heartbeat what may have been lost, and gives a transfer up that has taken too long.
func (n *Node) watchTransfer(out *sim.Effects) {
	if n.transfer.to == 0 {
		return
	}
	if n.rules.TransferOver(n.now.Sub(n.transfer.begun), n.ElectionMax) {
		out.Mark("transfer-aborted")
		n.transfer = transfer{}
		return
	}
	if slot, _ := n.slot(n.transfer.to); n.rules.TransferRepeats() {
		n.handOver(slot, out)
	}
}

// handleTimeoutNow campaigns as if the election timeout had passed, without a pre-vote (thesis §3.10). The voters
// disregard for once that they hear from a leader: it is the leader who asks for this.
func (n *Node) handleTimeoutNow(from sim.NodeID, m *TimeoutNow, out *sim.Effects) {
	switch {
	case m.Term != n.term || n.role != Follower || n.leader != from:
		out.Decide("the sender does not lead here", "ignore")
	case !n.rules.MayCampaign(n.votes(), n.unapplied()):
		out.Decide("no voter, or a committed change of the membership is not applied", "ignore")
	default:
		out.Mark("transfer-campaign")
		n.becomeCandidate(true, out)
	}
}
