package zab

import "schism/sim"

// end is the last transaction that the leader's history makes committed: all of what it began with, and what has been
// committed since.
func (p *Peer) end() Index { return max(p.lead.initial.Index, p.committed) }

// syncLearner brings a learner's history in line with the leader's, and from then on sends it everything new
// (LearnerHandler.syncFollower, Leader.startForwarding).
//
//	Diff|Trunc|Snap   Propose Commit Propose Commit …   Propose …      NewLeader
//	                  what is committed by the epoch    outstanding
func (p *Peer) syncLearner(slot Slot, out *sim.Effects) {
	l, x := &p.lead, &p.lead.learners[slot]
	end := p.end()
	choice := p.rules.ChooseSync(x.last, LogView{
		Base: p.history.base.Zxid, Txns: p.history.Txns(p.history.base.Index, end), Last: p.history.position(end).Zxid})
	m := &Sync{Mode: choice.Mode}
	if choice.Mode == Snap {
		m.At, m.Snapshot = p.snapshots.last.at, p.snapshots.last.file
	} else {
		i, ok := p.history.find(choice.Keep)
		if !ok {
			panic("zab: a synchronization from a transaction that is not here")
		}
		m.At = Position{choice.Keep, i}
	}
	out.Decide("its history ends at "+x.last.String(), m.Mode.String())
	out.Mark("sync-" + m.Kind())
	out.SendOn(x.channel, m)
	for i := m.At.Index + 1; i <= p.history.LastIndex(); i++ {
		t, _ := p.history.At(i)
		switch {
		case i <= end:
			out.SendOn(x.channel, &Propose{t})
			out.SendOn(x.channel, &Commit{t.Zxid})
		case !x.observer:
			out.SendOn(x.channel, &Propose{t})
		}
	}
	out.SendOn(x.channel, &NewLeader{l.epoch, p.lastSeen()})
	x.stage, x.synced, x.told = syncing, end, p.rules.Informed(end, p.history.LastIndex())
	x.owed, x.owedSince = end, l.tick
}

// handleSync begins a synchronization. Nothing of it touches the history before the leader's NewLeader has come, so
// that one that is interrupted leaves nothing behind (ZK-3642, ZK-5094).
func (p *Peer) handleSync(m *Sync, out *sim.Effects) {
	n := &p.learn
	if n.stage != promised {
		p.look("a synchronization out of turn", out)
		return
	}
	if m.Mode != Snap {
		if t, ok := p.history.At(m.At.Index); !ok || t.Zxid != m.At.Zxid {
			panic("zab: a synchronization from a transaction that is not here")
		}
	}
	n.stage, n.sync = syncing, m
}

// queueTxn keeps a transaction that comes before this server is in line with the leader.
func (p *Peer) queueTxn(t Txn, out *sim.Effects) {
	n := &p.learn
	last := n.sync.At.Zxid
	if len(n.queue) > 0 {
		last = n.queue[len(n.queue)-1].Zxid
	}
	if t.Zxid <= last {
		p.look("a proposal out of order", out)
		return
	}
	n.queue = append(n.queue, t)
}

// commitQueued notes that everything queued up to z is committed.
func (p *Peer) commitQueued(z Zxid, out *sim.Effects) {
	n := &p.learn
	for n.committed < len(n.queue) && n.queue[n.committed].Zxid <= z {
		n.committed++
	}
	if n.committed == 0 || n.queue[n.committed-1].Zxid != z {
		p.look("a commit of an unknown transaction", out)
	}
}

// handleNewLeader accepts the history that the leader has sent: the snapshot, the committed transactions, and only
// then the epoch, each durable before the next (ZK-4643, ZK-3911). What is outstanding stays queued (ZK-4394).
func (p *Peer) handleNewLeader(m *NewLeader, out *sim.Effects) {
	n := &p.learn
	if n.stage != syncing || m.Epoch != n.epoch || n.ensemble != nil {
		p.look("a NewLeader out of turn", out)
		return
	}
	n.ensemble = m.Ensemble
	if n.sync.Mode != Snap {
		p.cutHistory(n.sync.At.Index, out)
		p.acceptHistory(out)
		return
	}
	got, ok := openImage(n.sync.Snapshot)
	if !ok || got.at != n.sync.At {
		panic("zab: a snapshot arrived damaged")
	}
	p.snapshots.saving = image{} // the leader's takes its place
	out.Replace(SnapshotFile, got.file)
	p.after(duty{what: DutySnapshot, epoch: n.epoch}, out)
}

// installSnapshot makes the history that of the leader's snapshot, which is durable.
func (p *Peer) installSnapshot(out *sim.Effects) {
	got, _ := openImage(p.learn.sync.Snapshot)
	s := &p.snapshots
	if got.at.Index < p.committed {
		panic("zab: a snapshot takes back what is committed")
	}
	s.last, s.restore = got, true
	p.history.restart(got.at)
	p.proposed = nil // what of it the leader's history has comes again
	p.adopt(got.ensemble())
	p.disk.cut(0)
	p.committed, p.handed = got.at.Index, got.at.Index
	p.rewriteLog(out)
	p.disk.durable = got.at.Index
	out.Mark("snapshot-installed")
}

// historyEnd is where this server's history ends.
func (p *Peer) historyEnd() Position {
	return p.rules.HistoryEnd(p.history.Last(), p.history.position(p.committed), p.snapshots.last.at)
}

// acceptHistory writes what of the leader's history has been committed.
func (p *Peer) acceptHistory(out *sim.Effects) {
	n := &p.learn
	n.logged = p.rules.Accepts(len(n.queue), n.committed)
	for _, t := range n.queue[:n.logged] {
		p.logTxn(t, out)
	}
	p.after(duty{what: DutyHistory, epoch: n.epoch}, out)
}

// establish makes this server the leader of the epoch once a quorum has accepted its history, which is committed by
// that: phase 3, broadcast (Leader.waitForNewLeaderAck, Leader.startZkServer).
func (p *Peer) establish(out *sim.Effects) {
	l := &p.lead
	if p.phase != Synchronization || !l.accepted.Has(p.self) || !p.quorum(l.accepted) {
		return
	}
	p.phase = Broadcast
	p.committed = max(p.committed, l.initial.Index)
	p.election.current.PeerEpoch = l.epoch // for late joiners (QuorumPeer.updateElectionVote)
	out.StopTimer(initTimer)
	out.SetTimer(tickTimer, p.Tick/2, p.Tick/2)
	out.Mark("leader-elected")
	for i := range l.learners {
		if l.learners[i].stage == accepted {
			p.upToDate(Slot(i), out)
		}
	}
	p.activate(out)
}

// newLeaderAcked handles that a learner has accepted the history.
func (p *Peer) newLeaderAcked(slot Slot, out *sim.Effects) {
	l, x := &p.lead, &p.lead.learners[slot]
	x.stage = accepted
	if !x.observer {
		l.accepted = l.accepted.With(slot)
		l.acked[slot] = max(l.acked[slot], x.synced)
	}
	if p.phase == Broadcast {
		p.upToDate(slot, out)
		p.tryCommit(out)
		return
	}
	p.establish(out)
}

// upToDate lets a learner serve.
func (p *Peer) upToDate(slot Slot, out *sim.Effects) {
	x := &p.lead.learners[slot]
	x.stage = serving
	out.SendOn(x.channel, &UpToDate{})
	p.inform(slot, out)
}

// handleUpToDate begins to serve: the history that was accepted is committed, and what came since is caught up with.
func (p *Peer) handleUpToDate(out *sim.Effects) {
	n := &p.learn
	if n.stage != accepted {
		p.look("an UpToDate out of turn", out)
		return
	}
	n.stage, p.phase = serving, Broadcast
	p.committed = p.history.LastIndex()
	p.election.current.PeerEpoch = n.epoch
	out.StopTimer(initTimer)
	out.SendOn(n.channel, &Ack{NewZxid(n.epoch, 0)})
	for _, t := range n.queue[n.logged:] {
		p.logTxn(t, out)
	}
	p.committed += Index(n.committed - n.logged)
	n.queue, n.sync = nil, nil
	p.after(duty{what: DutyAck, epoch: n.epoch}, out)
	out.Mark("learner-serves")
	p.activate(out)
	p.takeRole(out)
}
