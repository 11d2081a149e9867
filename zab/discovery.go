package zab

import "schism/sim"

// leading is what a leader knows (Leader).
type leading struct {
	// epoch is the one to be proposed or, once decided, the one that this server leads; settled says that the
	// leader's own disk has accepted it.
	epoch            Epoch
	decided, settled bool
	// connected are the voters whose accepted epochs count, electing those that have promised the epoch, accepted
	// those that have accepted the history (connectingFollowers, electingFollowers, newLeaderProposal's acks).
	connected, electing, accepted Servers
	// finished says that a quorum has promised (electionFinished).
	finished bool
	// initialEpoch and initial are how advanced this server was when it began (leaderStateSummary).
	initialEpoch Epoch
	initial      Position
	// learners and acked are indexed by slot: up to where a server is known to have everything durable.
	learners []learner
	acked    []Index
	// counter is the number of the last transaction proposed.
	counter uint32
	// designated is who is to lead the ensemble that this leader has put in force last, 0 if nobody is designated.
	designated sim.NodeID
	// tick counts ticks, half says that a half of the next has passed.
	tick int
	half bool
}

// reset makes l fit for another reign.
func (l *leading) reset() {
	clear(l.learners)
	clear(l.acked)
	*l = leading{learners: l.learners, acked: l.acked}
}

// stage is how far a learner is on its way into an epoch.
type stage uint8

const (
	absent     stage = iota
	registered       // it has told what it accepted
	promised         // it has answered the epoch
	syncing          // it gets the history
	accepted         // it has accepted the history
	serving          // it serves
)

// learner is what a leader knows of one learner (LearnerHandler).
type learner struct {
	channel  sim.ChanID
	observer bool
	stage    stage
	// last is where its history ended when it came.
	last Zxid
	// synced is the index up to which accepting the history makes everything durable there; told is up to where an
	// observer has been told.
	synced, told Index
	// deadline is the tick until which the leader counts on it. owed is what it had to acknowledge at the tick
	// owedSince and has not (SyncLimitCheck).
	deadline  int
	owed      Index
	owedSince int
}

// learning is what a learner knows (Learner).
type learning struct {
	channel sim.ChanID
	tries   int
	stage   stage
	epoch   Epoch
	// sync says how the leader brings the history in line, queue holds the transactions that came since
	// (packetsNotLogged), of which the first committed are known to be committed.
	sync      *Sync
	queue     []Txn
	committed int
	// logged is how many of the queue have been written.
	logged   int
	ensemble *Ensemble
	// acked is the last transaction acknowledged.
	acked Index
}

// startLeading begins to lead, as far as this server knows (Leader.lead): phase 1, discovery (ZAB 2011 §IV).
func (p *Peer) startLeading(out *sim.Effects) {
	p.state, p.phase = Leading, Discovery
	l := &p.lead
	l.reset()
	l.initialEpoch, l.initial = p.currentEpoch, p.historyEnd()
	l.connected = l.connected.With(p.self)
	l.epoch = p.rules.NextEpoch(0, p.acceptedEpoch)
	out.SetTimer(initTimer, p.ticks(p.InitLimit), p.ticks(p.InitLimit))
	p.decideEpoch(out)
}

// handleFollowerInfo registers a learner (LearnerHandler.run, Leader.getEpochToPropose).
func (p *Peer) handleFollowerInfo(slot Slot, c sim.ChanID, m *FollowerInfo, out *sim.Effects) {
	if p.state != Leading || m.Version > p.lastSeen().Version {
		out.Decide("no leader for this learner", "close the channel")
		out.Close(c)
		return
	}
	l := &p.lead
	if l.decided && p.voters().Has(slot) && p.rules.Yields(l.epoch, m.AcceptedEpoch) {
		p.look("a voter has promised a later epoch", out)
		return
	}
	if old := l.learners[slot].channel; old != 0 {
		p.dropLearner(slot, out)
	}
	l.learners[slot] = learner{channel: c, observer: m.Observer, stage: registered,
		deadline: l.tick + p.InitLimit + p.SyncLimit}
	l.acked[slot] = 0
	switch {
	case l.settled:
		out.SendOn(c, &LeaderInfo{l.epoch})
	case !l.decided && p.voters().Has(slot):
		l.connected = l.connected.With(slot)
		l.epoch = p.rules.NextEpoch(l.epoch, m.AcceptedEpoch)
		p.decideEpoch(out)
	}
}

// decideEpoch fixes the epoch once a quorum has told what it accepted, and accepts it here.
func (p *Peer) decideEpoch(out *sim.Effects) {
	l := &p.lead
	open := func(e *Ensemble) bool { return p.rules.EpochOpen(e, l.connected, p.self) }
	if l.decided || !p.everyQuorum(open) {
		return
	}
	l.decided = true
	p.acceptEpoch(l.epoch, out)
	p.after(duty{what: DutyProposeEpoch, epoch: l.epoch}, out)
}

// leaderDuty does what a leader owes once its writes are durable.
func (p *Peer) leaderDuty(what Duty, out *sim.Effects) {
	l := &p.lead
	switch what {
	case DutyProposeEpoch:
		l.settled = true
		for i := range l.learners {
			if x := &l.learners[i]; x.stage == registered {
				out.SendOn(x.channel, &LeaderInfo{l.epoch})
			}
		}
		l.electing = l.electing.With(p.self)
		p.finishElection(out)
	case DutyHistory:
		p.writeEpoch(CurrentEpochFile, l.epoch, out)
		p.after(duty{what: DutyCurrentEpoch, epoch: l.epoch}, out)
	case DutyCurrentEpoch:
		p.currentEpoch = l.epoch
		l.accepted = l.accepted.With(p.self)
		l.acked[p.self] = max(l.acked[p.self], l.initial.Index)
		p.establish(out)
	}
}

// handleAckEpoch counts a promise (Leader.waitForEpochAck). A follower that knows more than this server must not be
// led by it, as long as there is a choice; later ones are cut back.
func (p *Peer) handleAckEpoch(slot Slot, m *AckEpoch, out *sim.Effects) {
	l := &p.lead
	x := &l.learners[slot]
	if x.stage != registered || !l.settled {
		p.dropLearner(slot, out)
		return
	}
	x.stage, x.last = promised, m.Last
	switch {
	case l.finished:
		p.syncLearner(slot, out)
	case !m.Counts:
	case p.rules.Ahead(m.CurrentEpoch, m.Last, l.initialEpoch, l.initial.Zxid):
		out.Decide("the follower knows more", "do not lead it")
		out.Mark("follower-ahead")
		p.dropLearner(slot, out)
	case p.voters().Has(slot):
		l.electing = l.electing.With(slot)
		p.finishElection(out)
	}
}

// finishElection ends discovery once a quorum has promised the epoch: phase 2, synchronization.
func (p *Peer) finishElection(out *sim.Effects) {
	l := &p.lead
	open := func(e *Ensemble) bool { return p.rules.EpochOpen(e, l.electing, p.self) }
	if l.finished || !p.everyQuorum(open) {
		return
	}
	l.finished, p.phase = true, Synchronization
	p.after(duty{what: DutyHistory, epoch: l.epoch}, out)
	for i := range l.learners {
		if l.learners[i].stage == promised {
			p.syncLearner(Slot(i), out)
		}
	}
}

// dropLearner closes the channel of a learner.
func (p *Peer) dropLearner(slot Slot, out *sim.Effects) {
	l := &p.lead
	out.Close(l.learners[slot].channel)
	l.learners[slot] = learner{}
	if !l.decided {
		l.connected = l.connected.Without(slot)
	}
	if !l.finished {
		l.electing = l.electing.Without(slot)
	}
	if p.phase != Broadcast {
		l.accepted = l.accepted.Without(slot)
	}
}

// fromLearner handles a message of a learner.
func (p *Peer) fromLearner(slot Slot, m sim.Message, out *sim.Effects) {
	x := &p.lead.learners[slot]
	if x.stage >= syncing {
		x.deadline = p.lead.tick + p.SyncLimit
	}
	switch m := m.(type) {
	case *AckEpoch:
		p.handleAckEpoch(slot, m, out)
	case *Ack:
		p.handleAck(slot, m, out)
	case *Ping:
		if m.Body != nil {
			p.inbox = append(p.inbox, Forwarded{p.Servers[slot], m.Body})
		}
	case *Forward:
		p.inbox = append(p.inbox, Forwarded{p.Servers[slot], m.Body})
	default:
		p.dropLearner(slot, out)
	}
}

// startLearning begins to follow or observe the server that was elected (Follower.followLeader).
func (p *Peer) startLearning(s ServerState, out *sim.Effects) {
	p.state, p.phase = s, Discovery
	p.learn = learning{}
	out.SetTimer(initTimer, p.ticks(p.InitLimit), p.ticks(p.InitLimit))
	p.dialLeader(out)
}

// dialLeader dials the leader (Learner.connectToLeader).
func (p *Peer) dialLeader(out *sim.Effects) {
	if p.learn.channel == 0 {
		out.Dial(p.leader, dialLeader)
	}
}

// dialFailed dials again after a pause, some times.
func (p *Peer) dialFailed(out *sim.Effects) {
	if p.learn.tries++; p.learn.tries >= p.ConnectTries {
		p.look("the leader cannot be reached", out)
		return
	}
	out.SetTimer(connectTimer, p.ConnectWait, p.ConnectWait)
}

// leaderReached handles the channel to a leader (Learner.registerWithLeader).
func (p *Peer) leaderReached(from sim.NodeID, c sim.ChanID, out *sim.Effects) {
	if !p.isLearner() || from != p.leader || p.learn.channel != 0 {
		out.Close(c)
		return
	}
	p.learn.channel, p.learn.stage = c, registered
	out.SendOn(c, &FollowerInfo{p.acceptedEpoch, p.ensemble.Version, p.state == Observing})
	p.heardLeader(out)
}

// heardLeader begins the wait for the leader's next message.
func (p *Peer) heardLeader(out *sim.Effects) {
	limit := p.InitLimit
	if p.learn.stage >= accepted {
		limit = p.SyncLimit
	}
	out.SetTimer(readTimer, p.ticks(limit), p.ticks(limit))
}

// handleLeaderInfo promises the epoch, to one leader only (Learner.registerWithLeader).
func (p *Peer) handleLeaderInfo(m *LeaderInfo, out *sim.Effects) {
	follows, counts := p.rules.Promises(p.acceptedEpoch, m.Epoch)
	switch {
	case p.learn.stage != registered || p.learn.epoch != 0:
		p.look("an epoch out of turn", out)
		return
	case !follows:
		p.look("the leader's epoch is old", out)
		return
	}
	p.learn.epoch, p.phase = m.Epoch, Synchronization
	if !counts {
		out.Decide("promised before", "do not count")
		p.learn.stage = promised
		out.SendOn(p.learn.channel, &AckEpoch{Last: p.historyEnd().Zxid})
		return
	}
	p.acceptEpoch(m.Epoch, out)
	p.after(duty{what: DutyPromise, epoch: m.Epoch}, out)
}

// fromLeader handles a message of the leader.
func (p *Peer) fromLeader(m sim.Message, out *sim.Effects) {
	p.heardLeader(out)
	switch m := m.(type) {
	case *LeaderInfo:
		p.handleLeaderInfo(m, out)
	case *Sync:
		p.handleSync(m, out)
	case *Propose:
		p.handlePropose(m.Txn, out)
	case *Commit:
		p.handleCommit(m.Zxid, 0, out)
	case *CommitAndActivate:
		p.handleCommit(m.Zxid, m.Designated, out)
	case *Inform:
		p.handleInform(m.Txn, 0, out)
	case *InformAndActivate:
		p.handleInform(m.Txn, m.Designated, out)
	case *NewLeader:
		p.handleNewLeader(m, out)
	case *UpToDate:
		p.handleUpToDate(out)
	case *Ping:
		p.answerPing(out)
	case *Forward:
		p.inbox = append(p.inbox, Forwarded{p.leader, m.Body})
	default:
		p.look("the leader makes no sense", out)
	}
}

// learnerDuty does what a learner owes once its writes are durable.
func (p *Peer) learnerDuty(what Duty, out *sim.Effects) {
	n := &p.learn
	switch what {
	case DutyPromise:
		n.stage = promised
		out.SendOn(n.channel, &AckEpoch{p.currentEpoch, p.historyEnd().Zxid, true})
	case DutySnapshot:
		p.installSnapshot(out)
		p.acceptHistory(out)
	case DutyHistory:
		p.writeEpoch(CurrentEpochFile, n.epoch, out)
		p.after(duty{what: DutyCurrentEpoch, epoch: n.epoch}, out)
	case DutyCurrentEpoch:
		p.currentEpoch, n.stage = n.epoch, accepted
		n.acked = p.history.LastIndex()
		out.SendOn(n.channel, &Ack{NewZxid(n.epoch, 0)})
		p.heardLeader(out)
	}
}
