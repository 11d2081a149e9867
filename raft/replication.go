package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// flow is how a leader sends entries to a follower.
type flow uint8

const (
	// probing sends one message per heartbeat until the follower has answered where its log matches.
	probing flow = iota
	// replicating sends without waiting, up to MaxInflight entries ahead of the answers.
	replicating
	// snapshotting sends a snapshot because the log no longer has the next entry, and only
	// heartbeats besides.
	snapshotting
)

// peer is what a leader knows of a follower besides its match index.
//
//	match < next ≤ log.LastIndex+1
type peer struct {
	// next is the next entry to send.
	next Index
	// session is the entry by which the follower has become a member in this term, 0 if it was one
	// before. It answers with the session of the message that it answers to.
	session Index
	flow    flow
	// paused says that a probe is under way; the next heartbeat sends another.
	paused bool
	// inflight is the number of bytes of the entries after match and before next, if flow is replicating, else 0.
	inflight int
	// beat is the match index at the last heartbeat: a follower that owes an answer and has not
	// moved since then has probably lost a message.
	beat Index
	// sending is the snapshot being sent, offset the number of bytes that have arrived, and moved
	// whether any have since the last heartbeat.
	sending image
	offset  int
	moved   bool
}

// Propose appends data to the log of a leader, which replicates it. It returns where the entry will
// be if it is ever committed; another entry may be committed there instead. It returns false on a
// node that is not the leader, and on one that has too much uncommitted or hands its leadership over.
// The node keeps data. With ForwardProposals one that is not the leader passes data on if it can, and
// returns true and the index 0: nobody will tell it what becomes of that.
func (n *Node) Propose(data []byte, out *sim.Effects) (Index, Term, bool) {
	if n.role != Leader || !n.rules.ProposalAllowed(n.transfer.to != 0) || n.refuses(len(data)) {
		return 0, 0, n.forward(data, out)
	}
	n.lead(EntryNormal, data, out)
	n.ownAck(out)
	n.disk.flush(n.log.LastIndex(), n.term, out)
	return n.log.LastIndex(), n.term, true
}

// lead appends an entry of the leader's own and sends it out. Followers write it while the leader
// does (thesis §10.2.1).
func (n *Node) lead(t EntryType, data []byte, out *sim.Effects) {
	e := Entry{n.term, n.log.LastIndex() + 1, t, data}
	n.uncommitted += e.size()
	n.appendLog(e, out)
	var shared *AppendEntries
	for slot := range n.peers {
		if n.followers.Has(quorum.Slot(slot)) {
			shared = n.sendAppend(quorum.Slot(slot), shared, out)
		}
	}
}

// heartbeat tells every follower that the leader lives, and repeats what may have been lost.
func (n *Node) heartbeat(out *sim.Effects) {
	if n.role != Leader {
		return
	}
	out.SetTimer(heartbeatTimer, n.Heartbeat, n.Heartbeat)
	n.watchTransfer(out)
	if n.Lease > 0 {
		n.reads.round++
		n.noteRound(n.now)
	}
	var shared *AppendEntries
	for slot := range n.peers {
		if !n.followers.Has(quorum.Slot(slot)) {
			continue
		}
		p, match := &n.peers[slot], n.match[slot]
		if p.flow == replicating && match+1 < p.next && match == p.beat {
			n.setFlow(p, probing)
			p.next = match + 1
		}
		p.beat, p.paused = match, n.rules.ProbePaused(p.paused)
		if p.flow == probing && !p.paused {
			shared = n.sendAppend(quorum.Slot(slot), shared, out)
			continue
		}
		shared = n.sendAlive(quorum.Slot(slot), shared, out)
		if p.flow == snapshotting {
			n.resendChunk(quorum.Slot(slot), out)
		}
	}
}

// confirmRound asks every follower to confirm that this node leads.
func (n *Node) confirmRound(out *sim.Effects) {
	n.reads.round++
	var shared *AppendEntries
	for slot := range n.peers {
		if n.followers.Has(quorum.Slot(slot)) {
			shared = n.sendAlive(quorum.Slot(slot), shared, out)
		}
	}
}

// sendAppend sends the entries from next on to a follower, as far as its flow allows, one empty
// message if it is probed and there are none. Followers at the same place share one message: shared
// is the last one sent, and the one sent now is returned.
func (n *Node) sendAppend(slot quorum.Slot, shared *AppendEntries, out *sim.Effects) *AppendEntries {
	p := &n.peers[slot]
	if p.flow == snapshotting || p.flow == probing && p.paused {
		return shared
	}
	prev := p.next - 1
	prevTerm, ok := n.log.Term(prev)
	if n.rules.NeedsSnapshot(ok) {
		n.startSnapshot(slot, out)
		return shared
	}
	last := n.lastOfBatch(slot)
	if p.flow == replicating && last == prev {
		return shared
	}
	shared = n.share(shared, Position{prevTerm, prev}, last, p.session)
	out.Send(n.Servers[slot], shared)
	if p.flow == probing {
		p.paused = true
	} else {
		p.next = last + 1
		p.inflight += sizeOf(shared.Entries)
	}
	return shared
}

// lastOfBatch returns the last entry that may be sent to a follower now; next-1 is none.
func (n *Node) lastOfBatch(slot quorum.Slot) Index {
	p := &n.peers[slot]
	last := min(n.log.LastIndex(), p.next-1+Index(min(n.MaxBatchEntries, n.MaxInflight)))
	if p.flow == replicating {
		last = min(last, max(n.match[slot]+Index(n.MaxInflight), p.next-1))
	}
	if last < p.next {
		return last
	}
	es, room := n.log.Entries(p.next-1, last), n.MaxInflightBytes-p.inflight
	switch {
	case p.inflight > 0 && es[0].size() > room:
		return p.next - 1
	case len(es) == 1:
		return last
	}
	return p.next - 1 + Index(fitting(es, min(n.MaxBatchBytes, room)))
}

// sendAlive sends a message without entries that the follower will accept as it is.
func (n *Node) sendAlive(slot quorum.Slot, shared *AppendEntries, out *sim.Effects) *AppendEntries {
	prev := n.match[slot]
	t, ok := n.log.Term(prev)
	if !ok { // compacted: every log matches before its first entry
		prev, t = 0, 0
	}
	shared = n.share(shared, Position{t, prev}, prev, n.peers[slot].session)
	out.Send(n.Servers[slot], shared)
	return shared
}

// share returns m if it carries the entries after prev up to last in the session, a new message if not.
func (n *Node) share(m *AppendEntries, prev Position, last, session Index) *AppendEntries {
	if m != nil && m.Prev == prev && Index(len(m.Entries)) == last-prev.Index && m.Session == session {
		return m
	}
	m = n.mail.append.Take()
	m.Term, m.Prev, m.Commit, m.Round = n.term, prev, n.commit, n.reads.round
	m.Session = session
	if last > prev.Index {
		m.Entries = n.log.Entries(prev.Index, last)
	}
	return m
}

// handleAppendEntriesResponse learns how far the follower's log matches, and sends it more.
func (n *Node) handleAppendEntriesResponse(slot quorum.Slot, m *AppendEntriesResponse,
	out *sim.Effects) {
	p := &n.peers[slot]
	if m.Round > n.answered[slot] {
		n.answered[slot] = m.Round
		n.confirmReads()
		n.renewLease()
	}
	if m.Success {
		n.acknowledged(slot, m.Match, out)
	} else {
		n.rejected(slot, m, out)
	}
	if p.flow == probing || p.next <= n.log.LastIndex() {
		n.sendMore(slot, out)
	}
}

// sendMore sends as much as the flow to the follower allows.
func (n *Node) sendMore(slot quorum.Slot, out *sim.Effects) {
	for p := &n.peers[slot]; ; {
		before := p.next
		n.sendAppend(slot, nil, out)
		if p.flow != replicating || p.next == before {
			return
		}
	}
}

// acknowledged handles that the follower's durable log equals this one up to match.
func (n *Node) acknowledged(slot quorum.Slot, match Index, out *sim.Effects) {
	p, news := &n.peers[slot], match > n.match[slot]
	if news {
		n.match[slot] = match
		p.next = max(p.next, match+1)
		n.landed(slot)
		if n.transfer.to != 0 {
			n.handOver(slot, out)
		}
	}
	switch {
	case p.flow == probing && (news || match+1 == p.next):
		n.setFlow(p, replicating)
		p.next = n.match[slot] + 1
	case p.flow == snapshotting && match >= max(p.sending.last.Index, n.log.base.Index):
		n.stopSnapshot(slot)
	}
	if news && match > n.commit {
		n.advanceCommit(out)
	}
}

// rejected handles that the follower's log does not match at m.Prev. Answers to messages older than
// what is known by now are ignored.
func (n *Node) rejected(slot quorum.Slot, m *AppendEntriesResponse, out *sim.Effects) {
	p, match := &n.peers[slot], n.match[slot]
	switch {
	case p.flow == replicating && m.Prev > match:
		n.setFlow(p, probing)
		p.next = match + 1
	case p.flow == probing && m.Prev == p.next-1:
		try := m.Hint.Index
		if try > n.log.base.Index {
			try = n.log.hint(try, m.Hint.Term).Index
		}
		p.next = max(min(try+1, m.Prev), match+1)
		p.paused = false
		out.Decide("no match at the probe", "try further down")
	}
}

// ownAck counts what the leader's own disk holds.
func (n *Node) ownAck(out *sim.Effects) {
	own := n.rules.LeaderAck(n.disk.durable, n.log.LastIndex())
	if own > n.match[n.self] {
		n.match[n.self] = own
		n.advanceCommit(out)
	}
}

// advanceCommit commits what a quorum has acknowledged, if it is of this term (Raft §5.4.2).
func (n *Node) advanceCommit(out *sim.Effects) {
	i := n.rules.Committed(n.members, n.match)
	if i <= n.commit {
		return
	}
	if t, _ := n.log.Term(i); !n.rules.CommitAllowed(t, n.term) {
		return
	}
	n.uncommitted -= sizeOf(n.log.Entries(n.commit, i))
	n.commit = i
	n.registerWaiting(out)
}
