package zab

import (
	"time"

	"schism/sim"
)

// election is Fast Leader Election (FastLeaderElection.lookForLeader). It is only a hint: discovery checks anew
// whatever safety depends on.
type election struct {
	// round numbers this server's elections (logicalclock), vote is its proposal in this one; current is what the
	// last election ended with, told to servers that still look.
	round         Round
	vote, current Vote
	// received are the votes of this round (recvset), settled those of servers that look no more (outofelection), by
	// slot.
	received, settled []heard
	// timeout is how long the server waits for notifications before it repeats its own.
	timeout time.Duration
	// finalizing says that a quorum agrees, and that the server waits for a better vote.
	finalizing bool
	// joining are the voters of the next ensembles that others have told of in this election.
	joining Servers
}

// heard is what a server has told last.
type heard struct {
	vote  Vote
	round Round
	state ServerState
	any   bool
}

// startElection begins a new round with a vote for this server itself.
func (p *Peer) startElection(out *sim.Effects) {
	e := &p.election
	p.state, p.phase, p.leader = Looking, Election, 0
	e.round++
	e.vote, e.joining = p.ownVote(), 0
	clear(e.received)
	clear(e.settled)
	e.timeout = p.NotifyMin
	p.propose(e.vote, out)
	out.SetTimer(electionTimer, e.timeout, e.timeout)
	p.countVotes(out)
}

// ownVote is the vote for this server, or for nobody if it has no vote (getInitId, getInitLastLoggedZxid,
// getPeerEpoch).
func (p *Peer) ownVote() Vote {
	if !p.voters().Has(p.self) {
		return Vote{}
	}
	return Vote{p.ID(), p.historyEnd().Zxid, p.currentEpoch}
}

// propose makes v this server's vote and tells everybody whom it concerns (sendNotifications).
func (p *Peer) propose(v Vote, out *sim.Effects) {
	e := &p.election
	e.vote, e.finalizing = v, false
	e.received[p.self] = heard{v, e.round, Looking, true}
	n := p.notification()
	for slot := range p.links {
		if s := Slot(slot); p.tells(s) {
			p.notify(s, n, out)
		}
	}
}

// tells reports whether this server tells s its vote: s is a voter, or one that others say will be. A candidate that
// is to join needs the votes of those, too, who have missed that. ZooKeeper's servers tell those only that they know
// (getCurrentAndNextConfigVoters); the candidate finds out when it asks, and by then they may have given it up.
func (p *Peer) tells(s Slot) bool { return s != p.self && (p.voters() | p.election.joining).Has(s) }

// notification says what this server thinks.
func (p *Peer) notification() *Notification {
	v := p.election.vote
	if p.state != Looking {
		v = p.election.current
	}
	return &Notification{v, p.election.round, p.state, p.ensemble, p.proposed}
}

// handleNotification handles what another server thinks.
func (p *Peer) handleNotification(slot Slot, n *Notification, out *sim.Effects) {
	if p.state == Looking && p.rules.Adopts(p.ensemble, n.Ensemble) && p.adopt(n.Ensemble) {
		out.Decide("a newer ensemble", "adopt it and begin anew")
		out.Mark("ensemble-adopted")
		p.logActive(out)
		p.startElection(out)
	}
	if n.Next != nil && p.state == Looking {
		p.election.joining |= n.Next.Voters
	}
	switch {
	case !p.voters().Has(slot):
		if p.state != Looking || p.voters().Has(p.self) || n.counts(p.self) {
			p.notify(slot, p.notification(), out) // it only asks
		}
	case p.state != Looking:
		if n.State == Looking {
			p.notify(slot, p.notification(), out)
		}
	case n.State == Looking:
		p.handleLookingVote(slot, n, out)
	case n.State != Observing:
		p.handleSettledVote(slot, n, out)
	}
}

// counts reports whether the sender of n counts the vote of s. One that does not, and hears it all the same, answers;
// if that were answered, too, the two would never end.
func (n *Notification) counts(s Slot) bool {
	return n.Ensemble.Voters.Has(s) || n.Next != nil && n.Next.Voters.Has(s)
}

// candidate returns the slot of the server that n is a vote for; false if that is no voter, nor about to be one. A
// server that has missed a reconfig that is pending must not stand in the way of those that need its vote for a
// candidate of the next ensemble.
func (p *Peer) candidate(n *Notification) (Slot, bool) {
	slot, ok := p.slot(n.Leader)
	return slot, ok && (p.voters().Has(slot) || n.Next != nil && n.Next.Voters.Has(slot))
}

// better reports whether the vote that n tells beats b.
func (p *Peer) better(n *Notification, b Vote) bool {
	slot, ok := p.candidate(n)
	if !ok {
		return false
	}
	weight := max(p.ensemble.Weight(slot), p.lastSeen().Weight(slot))
	if n.Next != nil {
		weight = max(weight, n.Next.Weight(slot))
	}
	return p.rules.Supersedes(n.Vote, b, weight)
}

// handleLookingVote handles the vote of a server that looks, too. Its round counts even if its vote is for nobody: a
// server that is to join, and has missed that, has no vote as far as it knows, and those who know better wait for it.
//
//	n4: round 7, n4, pending {n4 n5}      needs the vote of n5 for n4
//	n5: round 8, nobody                   takes no vote of round 7
//
// ZooKeeper ignores what n5 says (validVoter), so that both wait for each other until one of them restarts.
func (p *Peer) handleLookingVote(slot Slot, n *Notification, out *sim.Effects) {
	e := &p.election
	switch {
	case n.Round < e.round:
		out.Decide("an old round", "tell it the new one")
		if n.counts(p.self) {
			p.notify(slot, p.notification(), out)
		}
		return
	case n.Round > e.round:
		e.round = n.Round
		clear(e.received)
		v := p.ownVote()
		if p.better(n, v) {
			v = n.Vote
		}
		out.Decide("a new round", "vote for "+v.Leader.String())
		p.propose(v, out)
	case p.better(n, e.vote):
		out.Decide("a better vote", "vote for "+n.Leader.String())
		p.propose(n.Vote, out)
	case e.finalizing:
		out.SetTimer(electionTimer, p.FinalizeWait, p.FinalizeWait)
		return
	}
	e.received[slot] = heard{n.Vote, n.Round, Looking, true}
	p.countVotes(out)
}

// countVotes waits for a better vote once a quorum votes as this server does.
func (p *Peer) countVotes(out *sim.Effects) {
	e := &p.election
	var agree Servers
	for i := range e.received {
		if h := &e.received[i]; h.any && h.state == Looking && h.vote == e.vote {
			agree = agree.With(Slot(i))
		}
	}
	if !e.finalizing && e.vote.Leader != 0 && p.quorum(agree) {
		e.finalizing = true
		out.SetTimer(electionTimer, p.FinalizeWait, p.FinalizeWait)
	}
}

// handleSettledVote handles the word of a server that follows or leads.
func (p *Peer) handleSettledVote(slot Slot, n *Notification, out *sim.Effects) {
	if _, ok := p.candidate(n); !ok {
		return
	}
	e := &p.election
	h := heard{n.Vote, n.Round, n.State, true}
	if n.Round == e.round {
		e.received[slot] = h
		if p.elected(e.received, n) {
			p.join(n.Vote, out)
			return
		}
	}
	e.settled[slot] = h
	if p.elected(e.settled, n) {
		e.round = n.Round
		p.join(n.Vote, out)
	}
}

// elected reports whether a quorum of the servers in set says what n says, and its leader, too. Transactions and rounds
// are not compared: they may have gone on since (ZK-1805, ZK-1818).
//
// The quorum is one of the ensemble in force alone. Whoever leads has the quorums that it needs, by what it knows, and
// that can be less than what this server knows: a reconfig that never got to a quorum is pending here, and its leader
// is gone. Those who are to join by it would wait for each other for good, as they do in ZooKeeper (getVoteTracker),
// while nothing but joining can rid them of it.
func (p *Peer) elected(set []heard, n *Notification) bool {
	var agree Servers
	for i := range set {
		h := &set[i]
		if h.any && h.vote.Leader == n.Leader && h.vote.PeerEpoch == n.PeerEpoch {
			agree = agree.With(Slot(i))
		}
	}
	return p.rules.Quorum(p.ensemble, agree) && p.checkLeader(set, n)
}

// checkLeader reports whether the leader that n names says itself that it leads, or, if it is this server, whether n
// is about this round (FastLeaderElection.checkLeader, ZK-1514).
func (p *Peer) checkLeader(set []heard, n *Notification) bool {
	if n.Leader == p.ID() {
		return n.Round == p.election.round
	}
	slot, _ := p.slot(n.Leader)
	return set[slot].any && set[slot].state == Leading
}

// electionTimeout ends the wait for a better vote, or repeats this server's vote.
func (p *Peer) electionTimeout(out *sim.Effects) {
	e := &p.election
	if e.finalizing {
		p.join(e.vote, out)
		return
	}
	n := p.notification()
	for slot := range p.links {
		s := Slot(slot)
		if !p.tells(s) {
			continue
		}
		if l := &p.links[slot]; l.channel != 0 && l.queued == nil {
			p.notify(s, n, out)
		} else {
			p.connect(s, out)
		}
	}
	e.timeout = min(2*e.timeout, p.NotifyMax)
	out.SetTimer(electionTimer, e.timeout, e.timeout)
}

// join ends the election with the vote v.
func (p *Peer) join(v Vote, out *sim.Effects) {
	e := &p.election
	e.current, e.finalizing = v, false
	clear(e.received)
	clear(e.settled)
	out.StopTimer(electionTimer)
	p.leader = v.Leader
	switch {
	case v.Leader == p.ID():
		p.startLeading(out)
	default:
		p.startLearning(p.role(), out)
	}
}
