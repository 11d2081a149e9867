package zab

import "schism/sim"

// The timers of a peer. A machine that contains a peer uses numbers from MaxTimer+1 on.
const (
	// electionTimer ends the wait for votes: for any, or for a better one.
	electionTimer sim.TimerID = iota
	// tickTimer is the leader's clock.
	tickTimer
	// readTimer runs out when a learner has not heard from its leader, and initTimer when it, or a leader that
	// begins, has not got anywhere.
	readTimer
	initTimer
	// connectTimer is the pause before a learner dials its leader again.
	connectTimer
	// MaxTimer is the last timer, and the last task, that belongs to a peer.
	MaxTimer = 7
)

// The tasks of a peer.
const (
	// electionSender sends the queued notifications.
	electionSender sim.TaskID = iota
)

// The tokens by which a peer recognises its dials.
const (
	dialElection sim.Token = iota + 1
	dialLeader
)

// Peer is one server of an ensemble (QuorumPeer). It only steps: the machine that contains it passes on the events
// that Handles is true for, and after every Step takes what has become available, from TakeRestore, NextCommitted
// and TakeForwarded.
//
//  1. currentEpoch ≤ acceptedEpoch, and neither decreases. The second is what has been written, the first durable.
//  2. applied ≤ handed ≤ committed ≤ history.LastIndex, and history.Base ≤ snapshot ≤ committed; applied and
//     committed never decrease.
//  3. durable ≤ history.LastIndex: everything up to there would survive a loss of power.
//  4. Only a peer that is Serving answers clients: a leader that a quorum has accepted, and its learners.
type Peer struct {
	*settings
	// ensemble is the configuration in force, proposed the one that is to replace it, nil for none.
	ensemble, proposed *Ensemble

	acceptedEpoch, currentEpoch Epoch
	history                     History
	disk                        disk

	state  ServerState
	phase  Phase
	leader sim.NodeID // whom this server follows, itself if it leads, 0 while it looks

	committed Index
	handed    Index // given out by NextCommitted
	applied   Index // as told by Applied

	election  election
	links     []link // by slot
	lead      leading
	learn     learning
	snapshots snapshots
	inbox     []Forwarded
	taken     int
	mail      mail
	// carried is what the application has to say in the answer to a ping; nil between steps.
	carried sim.Message
}

// Forwarded is a message of the application that came from another server.
type Forwarded struct {
	From sim.NodeID
	Body sim.Message
}

// New returns the peer that c describes. It panics if c is not valid. It does nothing before it is stepped with
// Start.
func New(c Config) *Peer {
	s := newSettings(c)
	n := len(s.Servers)
	e := c.Ensemble
	return &Peer{
		settings: s, ensemble: &e, links: make([]link, n),
		election: election{received: make([]heard, n), settled: make([]heard, n)},
		lead:     leading{learners: make([]learner, n), acked: make([]Index, n)},
	}
}

// Handles reports whether ev is for the peer: Start, its timers and tasks, everything about the disk, and what
// happens on channels with other servers.
func (p *Peer) Handles(ev *sim.Event) bool {
	switch ev.Kind {
	case sim.Start, sim.Synced, sim.SyncFailed, sim.WriteFailed:
		return true
	case sim.Timeout:
		return ev.Timer <= MaxTimer
	case sim.TaskRun:
		return ev.Task <= MaxTimer
	case sim.Receive, sim.Opened, sim.Closed:
		return ev.Chan != 0 && !ev.From.IsClient()
	}
	return false
}

// Step handles one event for which Handles is true, as a [sim.Machine] does.
func (p *Peer) Step(_ sim.Time, ev sim.Event, out *sim.Effects) { p.Handle(&ev, out) }

// Handle does what Step does, and needs no copy of the event.
func (p *Peer) Handle(ev *sim.Event, out *sim.Effects) {
	if p.taken == len(p.inbox) {
		p.inbox, p.taken = p.inbox[:0], 0
	}
	switch ev.Kind {
	case sim.Receive:
		p.receive(ev, out)
		p.carried = nil
	case sim.Opened:
		p.opened(ev, out)
	case sim.Closed:
		p.closed(ev, out)
	case sim.Timeout:
		p.timeout(ev.Timer, out)
	case sim.TaskRun:
		p.sendQueued(out)
	case sim.Synced:
		p.synced(ev.Token, out)
	case sim.Start:
		p.start(ev.Disk, out)
	case sim.SyncFailed, sim.WriteFailed:
		// What the disk holds now nobody knows (fsyncgate); a restart finds out.
		out.Exit("disk: " + ev.Err.Error())
		return
	}
	p.disk.flush(out)
}

// timeout handles the end of a timer.
func (p *Peer) timeout(t sim.TimerID, out *sim.Effects) {
	switch {
	case t == electionTimer && p.state == Looking:
		p.electionTimeout(out)
	case t == tickTimer && p.state == Leading:
		p.halfTick(out)
	case t == readTimer && p.isLearner():
		p.look("nothing heard from the leader", out)
	case t == initTimer && p.state == Leading && p.phase != Broadcast:
		p.look("no quorum within initLimit", out)
	case t == initTimer && p.isLearner() && p.phase != Broadcast:
		p.look("not in line with the leader within initLimit", out)
	case t == connectTimer && p.isLearner():
		p.dialLeader(out)
	}
}

// isLearner reports whether this server follows or observes a leader.
func (p *Peer) isLearner() bool { return p.state == Following || p.state == Observing }

// opened handles a new channel. One that this server did not dial says by its first message what it is for.
func (p *Peer) opened(ev *sim.Event, out *sim.Effects) {
	switch ev.Token {
	case dialElection:
		p.linkOpened(ev.From, ev.Chan, out)
	case dialLeader:
		p.leaderReached(ev.From, ev.Chan, out)
	}
}

// closed handles the end of a channel, or a dial that failed.
func (p *Peer) closed(ev *sim.Event, out *sim.Effects) {
	slot, ok := p.slot(ev.From)
	if !ok {
		return
	}
	switch l := &p.links[slot]; {
	case l.channel == ev.Chan:
		l.channel = 0
	case ev.Token == dialElection:
		l.dialing = false
	case p.state == Leading && p.lead.learners[slot].channel == ev.Chan:
		p.dropLearner(slot, out)
	case p.isLearner() && ev.Token == dialLeader && p.learn.channel == 0:
		p.dialFailed(out)
	case p.isLearner() && p.learn.channel == ev.Chan && p.learn.stage == registered && p.learn.epoch == 0:
		p.learn.channel = 0 // it does not lead, or not yet
		p.dialFailed(out)
	case p.isLearner() && p.learn.channel == ev.Chan:
		p.look("the leader closed the channel", out)
	}
}

// receive handles a message of another server.
func (p *Peer) receive(ev *sim.Event, out *sim.Effects) {
	slot, ok := p.slot(ev.From)
	if !ok || p.disk.unfit {
		return
	}
	switch m := ev.Msg.(type) {
	case *Hello:
		p.handleHello(slot, ev.Chan, out)
		return
	case *Notification:
		p.handleNotification(slot, m, out)
		return
	case *FollowerInfo:
		p.handleFollowerInfo(slot, ev.Chan, m, out)
		return
	}
	switch {
	case p.state == Leading && p.lead.learners[slot].channel == ev.Chan:
		p.fromLearner(slot, ev.Msg, out)
	case p.isLearner() && p.learn.channel == ev.Chan:
		p.fromLeader(ev.Msg, out)
	}
}

// look gives up following or leading, for the reason why, and elects anew.
func (p *Peer) look(why string, out *sim.Effects) {
	out.Decide(why, "look for a leader")
	p.leave(out)
	p.startElection(out)
}

// leave gives up following or leading.
func (p *Peer) leave(out *sim.Effects) {
	if p.state == Leading {
		out.Mark("leader-stepped-down")
	}
	for i := range p.lead.learners {
		if c := p.lead.learners[i].channel; c != 0 {
			out.Close(c)
		}
	}
	if p.learn.channel != 0 {
		out.Close(p.learn.channel)
	}
	p.lead.reset()
	p.learn = learning{}
	p.disk.forget()
	for _, t := range [...]sim.TimerID{tickTimer, readTimer, initTimer, connectTimer} {
		out.StopTimer(t)
	}
}

// quorum reports whether the servers in have are a quorum of the configuration in force, and of the next one if there
// is one.
func (p *Peer) quorum(have Servers) bool {
	a, b := p.rules.InForce(p.ensemble, p.proposed)
	return p.rules.Quorum(a, have) && (b == nil || p.rules.Quorum(b, have))
}

// voters returns everybody who votes now or in the next configuration.
func (p *Peer) voters() Servers {
	if p.proposed != nil {
		return p.ensemble.Voters | p.proposed.Voters
	}
	return p.ensemble.Voters
}

// lastSeen is the newest configuration that this server knows.
func (p *Peer) lastSeen() *Ensemble {
	if p.proposed != nil {
		return p.proposed
	}
	return p.ensemble
}

// ID is the server's own id.
func (p *Peer) ID() sim.NodeID { return p.settings.ID }

// State is what the server takes itself for.
func (p *Peer) State() ServerState { return p.state }

// Phase is how far it is.
func (p *Peer) Phase() Phase { return p.phase }

// Leader is whom the server follows, itself if it leads, 0 while it looks.
func (p *Peer) Leader() sim.NodeID { return p.leader }

// AcceptedEpoch is the last epoch that the server has promised to take part in.
func (p *Peer) AcceptedEpoch() Epoch { return p.acceptedEpoch }

// CurrentEpoch is the epoch of the last leader whose history the server has accepted.
func (p *Peer) CurrentEpoch() Epoch { return p.currentEpoch }

// CommittedIndex is the last transaction that the server knows to be committed.
func (p *Peer) CommittedIndex() Index { return p.committed }

// AppliedIndex is the last transaction that the application has applied.
func (p *Peer) AppliedIndex() Index { return p.applied }

// History is the server's history, to be read only.
func (p *Peer) History() *History { return &p.history }

// Serving reports whether the server may answer clients: it leads, and a quorum has accepted its history, or it is in
// line with such a leader.
func (p *Peer) Serving() bool { return p.state != Looking && p.phase == Broadcast }

// Reign implements [sim.Leader]: a server leads once a quorum has accepted its history.
func (p *Peer) Reign() (sim.Reign, bool) {
	return sim.Reign(p.currentEpoch), p.state == Leading && p.phase == Broadcast
}

// NextCommitted returns transactions that are committed and have not been returned before, at most max of them, in
// order; none while a snapshot waits in TakeRestore. They are the history's own.
func (p *Peer) NextCommitted(max int) []Txn {
	if p.handed >= p.committed || p.snapshots.restore {
		return nil
	}
	to := min(p.committed, p.handed+Index(max))
	txns := p.history.Txns(p.handed, to)
	p.handed = to
	return txns
}

// Applied tells the peer that the application has applied every transaction up to i.
func (p *Peer) Applied(i Index) {
	if i > p.handed {
		panic("zab: applied a transaction that was not handed out")
	}
	p.applied = max(p.applied, i)
}

// TakeForwarded returns the application's messages that have come since it was last called. The slice is valid until
// the next step.
func (p *Peer) TakeForwarded() []Forwarded {
	f := p.inbox[p.taken:]
	p.taken = len(p.inbox)
	return f
}

// Forward sends a message of the application to another server: to a learner if this server leads, to its leader
// otherwise. It returns false if there is no channel to it. Messages arrive in order with what the protocol sends.
func (p *Peer) Forward(to sim.NodeID, body sim.Message, out *sim.Effects) bool {
	channel := p.learn.channel
	if !p.isLearner() {
		slot, ok := p.slot(to)
		if !ok || p.state != Leading {
			return false
		}
		channel = p.lead.learners[slot].channel
	} else if to != p.leader {
		return false
	}
	if channel == 0 {
		return false
	}
	m := p.mail.forwards.Take()
	m.Body = body
	out.SendOn(channel, m)
	return true
}
