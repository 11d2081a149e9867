package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// electionTimeout handles the end of the election timer: a leader makes sure that it still has a
// quorum, others campaign if they have not heard from a leader.
func (n *Node) electionTimeout(out *sim.Effects) {
	switch {
	case n.disk.unfit:
		n.restartTimeout(out)
	case n.role == Leader:
		n.checkQuorum(out)
	case n.contact != n.armed:
		n.rearm(out)
	default:
		out.Decide("hears from no leader", "campaign")
		n.campaign(out)
	}
}

// rearm sets the election timer to what is left of a timeout that began at contact.
func (n *Node) rearm(out *sim.Effects) {
	passed := n.now.Sub(n.contact)
	n.armed = n.contact
	out.SetTimer(electionTimer, max(n.ElectionMin-passed, 0), max(n.ElectionMax-passed, 0))
}

// restartTimeout begins a new election timeout now.
func (n *Node) restartTimeout(out *sim.Effects) {
	n.contact = n.now
	n.rearm(out)
}

// campaign begins a pre-vote, or an election where there are none.
func (n *Node) campaign(out *sim.Effects) {
	switch {
	case !n.rules.MayCampaign(n.needed(), n.unapplied()):
		out.Decide("no voter, or a committed change of the membership is not applied", "do not campaign")
		n.becomeFollower(n.term, 0, out) // it hears from no leader, and may vote for others
		n.restartTimeout(out)
	case n.PreVote:
		n.becomePreCandidate(out)
	default:
		n.becomeCandidate(false, out)
	}
}

// becomeFollower enters the term t, if it is new, as a follower of leader, 0 if unknown.
func (n *Node) becomeFollower(t Term, leader sim.NodeID, out *sim.Effects) {
	was := n.role
	n.role, n.leader = Follower, leader
	n.enterTerm(t, out)
	if was == Leader {
		out.Mark("leader-stepped-down")
		out.StopTimer(heartbeatTimer)
		n.reads.reject()
		n.dropLease()
		n.transfer, n.uncommitted = transfer{}, 0
		n.restartTimeout(out)
	}
}

// enterTerm makes t the current term, and writes that if anything changes.
func (n *Node) enterTerm(t Term, out *sim.Effects) {
	vote := n.rules.VoteKept(n.term, t, n.vote)
	if t == n.term && vote == n.vote {
		return
	}
	n.term, n.vote = t, vote
	n.saveState(out)
}

// becomePreCandidate asks everyone whether an election could be won. Nothing durable changes.
func (n *Node) becomePreCandidate(out *sim.Effects) {
	n.role, n.leader = PreCandidate, 0
	n.restartTimeout(out)
	n.requestVotes(RequestVote{Term: n.term + 1, PreVote: true}, out)
	n.countVote(n.self, true, out)
}

// becomeCandidate votes for itself in a new term and asks for votes (Raft §5.2). Its own vote counts
// when it is durable. byTransfer says that the leader wants it so.
func (n *Node) becomeCandidate(byTransfer bool, out *sim.Effects) {
	n.role, n.leader = Candidate, 0
	n.term, n.vote = n.term+1, n.ID()
	n.saveState(out)
	n.restartTimeout(out)
	n.requestVotes(RequestVote{Term: n.term, Transfer: byTransfer}, out)
}

// requestVotes begins to collect votes by the request r, with the end of this node's log.
func (n *Node) requestVotes(r RequestVote, out *sim.Effects) {
	n.granted, n.refused = 0, 0
	voters := n.members.Members().Without(n.self)
	if voters == 0 {
		return
	}
	m := n.mail.requestVote.Take()
	r.Last, r.Commit = n.log.Last(), n.tellCommit()
	*m = r
	for slot, to := range n.Servers {
		switch {
		case !voters.Has(quorum.Slot(slot)):
		case r.PreVote:
			out.Send(to, m) // promises nothing
		default:
			n.reply(to, m, out)
		}
	}
}

// countVote counts the vote of the member at slot in this campaign.
func (n *Node) countVote(slot quorum.Slot, yes bool, out *sim.Effects) {
	if yes {
		n.granted = n.rules.VoteAdded(n.granted, slot)
	} else {
		n.refused = n.refused.With(slot)
	}
	switch n.rules.VoteResult(n.members, n.granted, n.refused&^n.granted) {
	case quorum.Won:
		out.Decide("a quorum said yes", "go on")
		if n.role == PreCandidate {
			n.becomeCandidate(false, out)
		} else {
			n.becomeLeader(out)
		}
	case quorum.Lost:
		out.Decide("a quorum said no", "give up")
		n.becomeFollower(n.term, 0, out)
	}
}

// sticky reports whether this node disregards candidates: it leads, or hears from a leader.
func (n *Node) sticky() bool {
	recent := n.role == Leader || n.now.Sub(n.contact) < n.ElectionMin
	return n.CheckQuorum && n.rules.Sticky(n.leader != 0, recent)
}

// handlePreVote answers whether this node would vote for the sender in the term m.Term.
func (n *Node) handlePreVote(from sim.NodeID, m *RequestVote, out *sim.Effects) {
	n.learnsFrom(m)
	r := n.mail.requestVoteResponse.Take()
	*r = RequestVoteResponse{Term: n.term, PreVote: true, Commit: n.tellCommit()}
	switch {
	case n.sticky():
		out.Decide("hears from "+n.leader.String(), "refuse the pre-vote")
	case n.pledged():
		out.Decide("a leader may rely on it", "refuse the pre-vote")
	case !n.rules.MayVote(n.votes()):
		out.Decide("has no vote", "refuse the pre-vote")
	case m.Term <= n.term:
		out.Decide("the term is not new", "refuse the pre-vote")
	case !n.rules.UpToDate(m.Last, n.log.Last()):
		out.Decide("its log is behind", "refuse the pre-vote")
	default:
		r.Granted, r.Term = true, n.rules.PreVoteTerm(m.Term, n.term)
	}
	if !r.Granted {
		out.Mark("pre-vote-refused")
	}
	out.Send(from, r) // promises nothing
}

// handleRequestVote votes for the sender or does not (Raft §5.2, §5.4.1).
func (n *Node) handleRequestVote(from sim.NodeID, m *RequestVote, out *sim.Effects) {
	n.learnsFrom(m)
	switch {
	case m.Transfer: // the leader itself wants this election
	case n.pledged():
		out.Decide("a leader may rely on it", "disregard the candidate")
		return
	case m.Term > n.term && n.sticky():
		out.Decide("hears from "+n.leader.String(), "disregard the candidate")
		return
	}
	if m.Term > n.term {
		n.becomeFollower(m.Term, 0, out)
	}
	r := n.mail.requestVoteResponse.Take()
	*r = RequestVoteResponse{Term: n.term, Commit: n.tellCommit()}
	switch {
	case m.Term < n.term:
		out.Decide("the term is old", "refuse")
	case !n.rules.MayVote(n.votes()):
		out.Decide("has no vote", "refuse")
	case !n.rules.VoteFree(n.vote, from):
		out.Decide("voted for "+n.vote.String(), "refuse")
	case !n.rules.VoteStands(n.vote, from) && !n.rules.UpToDate(m.Last, n.log.Last()):
		out.Decide("its log is behind", "refuse")
	default:
		out.Decide("its log is up to date", "grant")
		r.Granted = true
		n.contact = n.now
		if n.vote != from {
			n.vote = from
			n.saveState(out)
		}
	}
	n.reply(from, r, out)
}

// tellCommit returns what candidates tell, and are told, of the commit index. With AtApply it may campaign with a
// membership that needs the vote of a server that knows better, and is not a voter any more: it was removed
// by a change that the candidate has, and does not know to be committed (raft-rs learns so, too).
//
//	n1 follower  {n1 n2}  log … 39, which removes n2    39 is not committed as far as it knows
//	n2           {n1}     log … 39 40                   40 makes it refuse its vote for ever
//
// So can the server that has the longer log be the one that does not know, and that it is a voter again.
func (n *Node) tellCommit() Position {
	if n.ApplyConfigAt != AtApply || n.commit == 0 {
		return Position{}
	}
	t, _ := n.log.Term(n.commit)
	return Position{t, n.commit}
}

// learnsCommit learns of a committed entry at p, and reports whether that is news and the log has it.
func (n *Node) learnsCommit(p Position) bool {
	if p.Index <= n.commit || !n.log.matches(p) {
		return false
	}
	n.commit = p.Index
	return true
}

// learnsFrom learns from a candidate what is committed. Candidates learn it from the answers that they get.
func (n *Node) learnsFrom(m *RequestVote) {
	if n.role == Follower {
		n.learnsCommit(m.Commit)
	}
}

// handleVoteResponse counts a vote.
func (n *Node) handleVoteResponse(slot quorum.Slot, m *RequestVoteResponse, out *sim.Effects) {
	term := n.term
	if m.PreVote && m.Granted && n.role != Candidate {
		term++ // it echoes the term that was asked about, in which a candidate is by now
	}
	switch {
	case m.Term > term:
		n.becomeFollower(m.Term, 0, out)
	case (n.role == PreCandidate || n.role == Candidate) && !m.Granted && n.learnsCommit(m.Commit):
		out.Decide("it knows what is committed", "campaign when that is applied")
		n.becomeFollower(n.term, 0, out)
	case m.Term == term && n.rules.VoteCounts(n.role, m.PreVote):
		n.countVote(slot, m.Granted, out)
	case m.Term < term && m.Granted && (n.role == PreCandidate || n.role == Candidate):
		out.Decide("given in an older term", "do not count the vote")
	}
}

// becomeLeader begins to lead the term (Raft §5.2). The empty entry lets it commit what its
// predecessors left behind (§5.4.2, §8).
func (n *Node) becomeLeader(out *sim.Effects) {
	n.role, n.leader = Leader, n.ID()
	out.Mark("leader-elected")
	next := n.log.LastIndex() + 1
	for i := range n.peers {
		n.peers[i] = peer{next: next}
		n.match[i], n.answered[i] = 0, 0
	}
	n.active, n.before = 0, 0
	n.reads.round = 0
	n.uncommitted = sizeOf(n.log.Entries(n.commit, n.log.LastIndex()))
	n.dropLease()
	n.unsettled = true
	out.SetTimer(heartbeatTimer, n.Heartbeat, n.Heartbeat)
	out.SetTimer(electionTimer, n.ElectionMax, n.ElectionMax)
	n.lead(EntryNoop, nil, out)
	n.ownAck(out)
}

// checkQuorum makes a leader step down that has not heard from a quorum since the last check: it may
// have been replaced, and its clients had better ask another (thesis §6.2).
func (n *Node) checkQuorum(out *sim.Effects) {
	heard := n.active.With(n.self)
	n.active, n.before = 0, n.active
	if n.CheckQuorum && n.members.VoteResult(heard, 0) != quorum.Won {
		out.Mark("check-quorum-failed")
		n.becomeFollower(n.term, 0, out)
		return
	}
	out.SetTimer(electionTimer, n.ElectionMax, n.ElectionMax)
}
