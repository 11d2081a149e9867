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
	e.vote = p.ownVote()
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

// propose makes v this server's vote and tells every voter (sendNotifications).
func (p *Peer) propose(v Vote, out *sim.Effects) {
	e := &p.election
	e.vote, e.finalizing = v, false
	e.received[p.self] = heard{v, e.round, Looking, true}
	n := p.notification()
	for slot := range p.links {
		if s := Slot(slot); s != p.self && p.voters().Has(s) {
			p.notify(s, n, out)
		}
	}
}

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
	if p.state == Looking && p.adopt(n.Ensemble) {
		out.Decide("a newer ensemble", "adopt it and begin anew")
		out.Mark("ensemble-adopted")
		p.logActive(out)
		p.startElection(out)
	}
	candidate, known := p.slot(n.Leader)
	switch {
	case !p.voters().Has(slot):
		p.notify(slot, p.notification(), out) // it only asks
	case p.state != Looking:
		if n.State == Looking {
			p.notify(slot, p.notification(), out)
		}
	case !known || !p.voters().Has(candidate) && (n.Next == nil || !n.Next.Voters.Has(candidate)):
	case n.State == Looking:
		p.handleLookingVote(slot, n, out)
	case n.State != Observing:
		p.handleSettledVote(slot, n, out)
	}
}

// better reports whether the vote that n tells beats b. A server that has missed a reconfig that is pending must not
// stand in the way of those that need its vote for a candidate of the next ensemble.
func (p *Peer) better(n *Notification, b Vote) bool {
	slot, ok := p.slot(n.Leader)
	weight := 0
	if ok {
		weight = max(p.ensemble.Weight(slot), p.lastSeen().Weight(slot))
	}
	if ok && n.Next != nil {
		weight = max(weight, n.Next.Weight(slot))
	}
	return p.rules.Supersedes(n.Vote, b, weight)
}

// handleLookingVote handles the vote of a server that looks, too.
func (p *Peer) handleLookingVote(slot Slot, n *Notification, out *sim.Effects) {
	e := &p.election
	switch {
	case n.Round < e.round:
		out.Decide("an old round", "tell it the new one")
		p.notify(slot, p.notification(), out)
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
func (p *Peer) elected(set []heard, n *Notification) bool {
	var agree Servers
	for i := range set {
		h := &set[i]
		if h.any && h.vote.Leader == n.Leader && h.vote.PeerEpoch == n.PeerEpoch {
			agree = agree.With(Slot(i))
		}
	}
	return p.quorum(agree) && p.checkLeader(set, n)
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
		if s == p.self || !p.voters().Has(s) {
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
