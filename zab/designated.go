package zab

import (
	"fmt"

	"schism/sim"
)

// A reconfig may remove the server that leads. Then the leader designates, in the message that puts the new ensemble
// in force, who is to lead: it begins to lead at once and the others turn to it, without an election. It is a hint as
// an election is: whoever is designated has to get its quorums of promises and of accepted histories, and if it does
// not within initLimit, everybody looks for a leader.
//
//	n3, leads {n1 n2 n3}   commits the reconfig to {n1 n2}: CommitAndActivate, n2   … then turns to n2
//	n2                     leads, with a new epoch
//	n1                     follows n2

// CommitAndActivate is the Commit of a reconfig (COMMITANDACTIVATE).
type CommitAndActivate struct {
	Zxid Zxid
	// Designated is who is to lead from now on, 0 if an election has to find out.
	Designated sim.NodeID
}

// InformAndActivate is the Inform of a reconfig (INFORMANDACTIVATE).
type InformAndActivate struct {
	Txn        Txn
	Designated sim.NodeID
}

// Kind returns "CommitAndActivate".
func (m *CommitAndActivate) Kind() string { return "CommitAndActivate" }

// Kind returns "InformAndActivate".
func (m *InformAndActivate) Kind() string { return "InformAndActivate" }

// Fold mixes every field into d.
func (m *CommitAndActivate) Fold(d sim.Digest) sim.Digest {
	return d.Mix(15).Mix(uint64(m.Zxid)).Mix(uint64(m.Designated))
}

// Fold mixes every field into d.
func (m *InformAndActivate) Fold(d sim.Digest) sim.Digest {
	return m.Txn.Fold(d.Mix(16).Mix(uint64(m.Designated)))
}

// String returns "2:17, n3 is to lead".
func (m *CommitAndActivate) String() string {
	return fmt.Sprintf("%v, %v is to lead", m.Zxid, m.Designated)
}

// String returns "2:17, n3 is to lead".
func (m *InformAndActivate) String() string {
	return fmt.Sprintf("%v, %v is to lead", m.Txn.Zxid, m.Designated)
}

// designates returns the leader itself if it can lead e, and else, of those that can and have the reconfig, the one
// that has most of what is outstanding, so that the least is lost of it; of several the one that an election would
// prefer (Leader.getDesignatedLeader, which takes any of them, even one that weighs nothing).
func designates(e *Ensemble, self Slot, acked []Index, reconfig Index) (Slot, bool) {
	if e.Weight(self) > 0 {
		return self, true
	}
	best, found := Slot(0), false
	for i := range acked {
		if s := Slot(i); e.Weight(s) > 0 && acked[s] >= reconfig && (!found || acked[s] >= acked[best]) {
			best, found = s, true
		}
	}
	return best, found
}

// designate decides who is to lead once the pending reconfig, which is committed just now at the index reconfig, is
// active.
func (p *Peer) designate(reconfig Index) {
	p.lead.designated = 0
	if s, ok := p.rules.Designates(p.proposed, p.self, p.lead.acked, reconfig); ok {
		p.lead.designated = p.Servers[s]
	}
}

// retire ends the reign of a leader that the new ensemble does not have (Leader.tryToCommit, allowedToCommit). By now
// it has told everybody who is to lead.
func (p *Peer) retire(out *sim.Effects) {
	out.Mark("reconfigured-leader-leaves")
	const why = "the new ensemble has another leader"
	if next := p.lead.designated; next != 0 && next != p.ID() {
		p.turnTo(next, why, out)
		return
	}
	p.look(why, out)
}

// activated gives this learner the role that the ensemble has for it which has just come in force, under the leader
// that was designated (Follower.processPacket, Observer.processPacket).
func (p *Peer) activated(designated sim.NodeID, out *sim.Effects) {
	switch {
	case designated == 0:
		p.takeRole(out)
	case designated != p.leader:
		p.turnTo(designated, "another leader is designated", out)
	case p.state != p.role():
		p.turnTo(designated, "the new ensemble has another role for this server", out)
	}
}

// turnTo gives up following, or leading, and begins to follow the server next, or to lead if that is this one, without
// an election (QuorumPeer.reconfigFlag, QuorumPeer.updateServerState). Servers that look for a leader are told of it
// as if it had been elected.
func (p *Peer) turnTo(next sim.NodeID, why string, out *sim.Effects) {
	out.Decide(why, "turn to "+next.String())
	p.leave(out)
	p.join(Vote{next, p.history.position(p.committed).Zxid, p.currentEpoch}, out)
	if next == p.ID() {
		out.Mark("designated-leader")
	}
}
