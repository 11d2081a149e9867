package zab

import "schism/sim"

// Propose proposes a transaction with the given data, which the peer keeps. It returns the transaction's name; it is
// committed later, or, if this server loses the lead, perhaps never. It returns false on a server that does not lead,
// on one that has too much outstanding, and when the epoch has no numbers left.
func (p *Peer) Propose(data []byte, out *sim.Effects) (Zxid, bool) {
	return p.proposeTxn(data, nil, out)
}

// proposeTxn proposes a transaction, which is a reconfig if it has an ensemble.
func (p *Peer) proposeTxn(data []byte, e *Ensemble, out *sim.Effects) (Zxid, bool) {
	l := &p.lead
	if p.state != Leading || p.phase != Broadcast ||
		p.history.LastIndex() >= p.committed+Index(p.MaxOutstanding) {
		return 0, false
	}
	if l.counter == maxCounter {
		p.look("the epoch has no numbers left", out)
		return 0, false
	}
	l.counter++
	t := Txn{NewZxid(l.epoch, l.counter), data, e}
	if e != nil {
		e.Version = t.Zxid
	}
	p.logTxn(t, out)
	m := p.mail.proposals.Take()
	m.Txn = t
	for i := range l.learners {
		if x := &l.learners[i]; x.stage >= syncing && !x.observer {
			out.SendOn(x.channel, m)
		}
	}
	p.after(duty{what: DutyAck, epoch: l.epoch}, out)
	p.disk.flush(out)
	return t.Zxid, true
}

// acknowledge acknowledges what is durable: to the leader, or to itself (SendAckRequestProcessor,
// AckRequestProcessor).
func (p *Peer) acknowledge(out *sim.Effects) {
	upTo := p.disk.durable
	if !p.rules.Waits(DutyAck) {
		upTo = p.disk.logged
	}
	switch n := &p.learn; {
	case p.state == Leading && p.phase == Broadcast && upTo > p.lead.acked[p.self]:
		p.lead.acked[p.self] = upTo
		p.tryCommit(out)
	case p.state == Following && n.stage == serving && upTo > n.acked:
		n.acked = upTo
		m := p.mail.acks.Take()
		m.Zxid = p.history.position(upTo).Zxid
		out.SendOn(n.channel, m)
	}
}

// handleAck counts what a follower has durable. The first one of every follower accepts the history.
func (p *Peer) handleAck(slot Slot, m *Ack, out *sim.Effects) {
	l, x := &p.lead, &p.lead.learners[slot]
	if m.Zxid.Counter() == 0 {
		switch {
		case m.Zxid.Epoch() != l.epoch || x.stage < syncing:
			p.dropLearner(slot, out)
		case x.stage == syncing:
			p.newLeaderAcked(slot, out)
		}
		return
	}
	i, ok := p.history.find(m.Zxid)
	if base := p.history.base; m.Zxid < base.Zxid && m.Zxid.Epoch() == base.Zxid.Epoch() {
		// A slow follower's, of what is committed and compacted away: an epoch has no gaps.
		i, ok = base.Index-Index(base.Zxid-m.Zxid), true
	}
	if !ok || x.stage < accepted {
		p.dropLearner(slot, out)
		return
	}
	if i > l.acked[slot] {
		l.acked[slot] = i // of one without a vote, too: a reconfig may give it one
		p.tryCommit(out)
	}
}

// tryCommit commits what a quorum has durable, of every configuration that counts, in order and without gaps
// (Leader.tryToCommit).
//
// What was proposed after a reconfig, and before that was committed, needs a quorum of the new ensemble only, once the
// reconfig is committed. In ZooKeeper it goes on needing both (SyncedLearnerTracker), which makes nothing safer:
//
//	reconfig     on quorums of the old and of the new ensemble: committed
//	txn          on a quorum of the new one: committed
//
// A later leader has had the promises of a quorum of whatever it takes to be in force, and knows as much as any of
// them. If that is the old ensemble, one of them has the reconfig, and so has the leader, to whom it is pending then;
// so in any case it has had a quorum of the new ensemble, one of which has txn, and has txn itself. And it would be
// worse: the servers that were removed may be gone as soon as the reconfig is committed, and with them every quorum of
// the old ensemble.
func (p *Peer) tryCommit(out *sim.Effects) {
	if p.phase != Broadcast || !p.rules.Remains(p.ensemble, p.self) {
		return
	}
	l := &p.lead
	a, b := p.rules.InForce(p.ensemble, p.proposed)
	i := p.rules.Committed(a, l.acked)
	if b != nil {
		i = min(i, p.rules.Committed(b, l.acked))
	}
	if p.proposed != nil && i > p.committed {
		if at, ok := p.history.find(p.proposed.Version); ok {
			i = min(i, at) // who commits the rest the new ensemble says
		}
	}
	if i <= p.committed {
		return
	}
	p.committed = i
	m := p.commitMessage()
	for s := range l.learners {
		switch x := &l.learners[s]; {
		case x.stage < syncing:
		case x.observer:
			p.inform(Slot(s), out)
		default:
			out.SendOn(x.channel, m)
		}
	}
	if p.activate(out) {
		p.tryCommit(out) // what waited for the old ensemble only
	}
}

// commitMessage is what followers are told of what is committed now.
func (p *Peer) commitMessage() sim.Message {
	z := p.history.position(p.committed).Zxid
	if p.proposed != nil && p.proposed.Version == z {
		p.designate(p.committed)
		return &CommitAndActivate{z, p.lead.designated}
	}
	m := p.mail.commits.Take()
	m.Zxid = z
	return m
}

// inform tells an observer of everything that is committed.
func (p *Peer) inform(slot Slot, out *sim.Effects) {
	x := &p.lead.learners[slot]
	for ; x.observer && x.told < p.committed; x.told++ {
		t, _ := p.history.At(x.told + 1)
		if p.proposed != nil && p.proposed.Version == t.Zxid {
			out.SendOn(x.channel, &InformAndActivate{t, p.lead.designated})
			continue
		}
		out.SendOn(x.channel, &Inform{t})
	}
}

// handlePropose logs a proposal, or keeps it until this server is in line with the leader.
func (p *Peer) handlePropose(t Txn, out *sim.Effects) {
	n := &p.learn
	switch {
	case n.stage < syncing:
		p.look("a proposal out of turn", out)
	case n.stage < serving:
		p.queueTxn(t, out)
	case !t.Zxid.follows(p.history.Last().Zxid):
		p.look("a proposal is missing", out)
	default:
		p.logTxn(t, out)
		p.after(duty{what: DutyAck, epoch: n.epoch}, out)
	}
}

// handleCommit commits everything up to z. While channels keep their order there is no commit of what was never
// proposed: the server stops (Follower.processPacket, exit code UNMATCHED_TXN_COMMIT).
func (p *Peer) handleCommit(z Zxid, designated sim.NodeID, out *sim.Effects) {
	n := &p.learn
	switch {
	case n.stage < syncing:
		p.look("a commit out of turn", out)
	case n.stage < serving:
		p.commitQueued(z, out)
	default:
		i, ok := p.history.find(z)
		if !ok || i < p.committed {
			out.Exit("a commit of " + z.String() + ", which was not proposed")
			return
		}
		p.committed = i
		if p.activate(out) {
			p.activated(designated, out)
		}
	}
}

// handleInform takes a committed transaction (Observer.processPacket).
func (p *Peer) handleInform(t Txn, designated sim.NodeID, out *sim.Effects) {
	n := &p.learn
	switch {
	case n.stage < syncing:
		p.look("a transaction out of turn", out)
	case n.stage < serving:
		p.queueTxn(t, out)
		if n.stage >= syncing {
			n.committed = len(n.queue)
		}
	case !t.Zxid.follows(p.history.Last().Zxid):
		p.look("a transaction is missing", out)
	default:
		p.logTxn(t, out)
		p.committed = p.history.LastIndex()
		if p.activate(out) {
			p.activated(designated, out)
		}
	}
}

// halfTick is the leader's clock (Leader.lead): every half tick it pings its learners, every tick it looks who is
// still there.
func (p *Peer) halfTick(out *sim.Effects) {
	l := &p.lead
	if !p.rules.Remains(p.ensemble, p.self) {
		p.retire(out)
		return
	}
	out.SetTimer(tickTimer, p.Tick/2, p.Tick/2)
	for i := range l.learners {
		if l.learners[i].stage == serving {
			out.SendOn(l.learners[i].channel, bare)
		}
	}
	if l.half = !l.half; l.half {
		return
	}
	l.tick++
	alive := Servers(0).With(p.self)
	for i := range l.learners {
		x := &l.learners[i]
		if x.stage == absent {
			continue
		}
		p.checkOwed(Slot(i), out)
		if x.stage >= accepted && x.deadline >= l.tick {
			alive = alive.With(Slot(i))
		}
	}
	if !p.everyQuorum(func(e *Ensemble) bool { return p.rules.MayLead(e, alive) }) {
		out.Mark("quorum-lost")
		p.look("a quorum is not heard any more", out)
	}
}

// checkOwed drops a follower that owes the acknowledgement of a proposal for longer than syncLimit, and any learner
// that is silent for too long (LearnerHandler.SyncLimitCheck).
func (p *Peer) checkOwed(slot Slot, out *sim.Effects) {
	l, x := &p.lead, &p.lead.learners[slot]
	if x.observer || l.acked[slot] >= x.owed {
		x.owed, x.owedSince = p.history.LastIndex(), l.tick
	}
	if x.deadline < l.tick || x.stage == serving && l.tick-x.owedSince > p.SyncLimit {
		out.Decide("a learner does not keep up", "drop it")
		p.dropLearner(slot, out)
	}
}
