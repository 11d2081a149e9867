package zkserver

import (
	"time"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// The tasks of a server, beside those of its peer.
const (
	// taskApply applies committed transactions.
	taskApply sim.TaskID = zab.MaxTimer + 1 + iota
	// taskTell sends events that were held back.
	taskTell
	// taskSave writes down more of a snapshot.
	taskSave
)

// The timers of a server, beside those of its peer.
const (
	// timerExpiry is when the leader looks which sessions have expired.
	timerExpiry sim.TimerID = zab.MaxTimer + 1 + iota
	// timerContainer is when the leader looks for containers that nobody needs.
	timerContainer
)

// Server is one server of the store: a zab.Peer, and above it the tree that its transactions build and the clients
// that are connected. It is a sim.Machine, a sim.Recycler, a sim.Leader and a zab.Host.
//
//  1. A write is answered when its own transaction is applied, and not before everything that the session had asked
//     for earlier.
//  2. A read is answered from the tree, after the session's earlier requests and before its later ones.
//  3. Of a transaction the events leave before every answer with its zxid or a higher one.
//  4. Clients are connected only while the peer serves in the epoch epoch. When it does not any more, their channels
//     are closed and what they wait for is dropped.
//  5. applying says whether a taskApply is queued: there is never more than one.
type Server struct {
	policy *policy
	peer   *zab.Peer
	// now and wall are the readings of the clocks in this step.
	now  sim.Time
	wall zkapi.Millis

	tree ztree.Tree
	// applied is the index of the last transaction that the tree has, saved that of the last snapshot. Before the
	// index exact is applied the tree is that of a fuzzy snapshot, and of no moment.
	applied, saved, exact zab.Index
	applying              bool
	saving                saving

	// epoch is the one in which the server serves, 0 while it does not.
	epoch       zab.Epoch
	connections []connection
	watches     ztree.Watches
	// lastSession is the last session that this server has named.
	lastSession zkapi.SessionID
	// touched are the sessions that the leader has to be told of, ascending.
	touched []zkapi.SessionID
	// late are events that a wrong rule has held back.
	late []ztree.Event

	lead leading

	// txn, result, changes and events are those of the transaction that is being applied.
	txn     zkapi.Txn
	result  zkapi.Result
	changes []ztree.Change
	events  []ztree.Event
	replies sim.Slab[zkapi.Reply]
	pongs   sim.Slab[zkapi.PingReply]
	// report is the last Touch, which is sent again as long as it says the same.
	report *Touch
}

// NewServer returns a server that waits for its Start. It panics if c is wrong.
func NewServer(c Config) *Server {
	p := newPolicy(&c)
	return &Server{
		policy: p, peer: zab.New(c.Zab),
		tree: ztree.New(c.Tree, p.config), watches: ztree.NewWatches(c.Tree),
		lead: leading{prep: ztree.NewPrep(c.Tree)},
	}
}

// Step implements sim.Machine.
func (s *Server) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	s.now, s.wall = now, zkapi.Millis(ev.Wall/sim.Time(time.Millisecond))
	switch {
	case s.peer.Handles(&ev):
		s.reportTouched(&ev)
		s.peer.Handle(&ev, out)
	case ev.Kind == sim.TaskRun && ev.Task == taskApply:
		s.applying = false
		s.apply(out)
	case ev.Kind == sim.TaskRun && ev.Task == taskTell:
		s.tellLate(out)
	case ev.Kind == sim.TaskRun && ev.Task == taskSave:
		s.saveMore(out)
	case ev.Kind == sim.Timeout:
		s.timeout(ev.Timer, out)
	case ev.Chan == 0:
		if _, ok := ev.Msg.(*TakeSnapshot); ok {
			s.takeSnapshot(out)
		}
	case ev.Kind == sim.Opened:
		s.accept(&ev, out)
	case ev.Kind == sim.Closed:
		s.disconnect(ev.Chan)
	case ev.Kind == sim.Receive:
		s.receive(&ev, out)
	}
	s.follow(out)
}

// timeout handles the end of one of the server's own timers. They mean nothing once it has stopped serving.
func (s *Server) timeout(t sim.TimerID, out *sim.Effects) {
	switch {
	case t == timerExpiry && s.leads():
		s.expire(out)
	case t == timerContainer && s.leads():
		s.collectContainers(out)
	}
}

// follow brings the server up to what the peer has become in this step.
func (s *Server) follow(out *sim.Effects) {
	if s.peer.HasRestore() {
		snap, _ := s.peer.TakeRestore()
		s.restore(&snap)
	}
	epoch := zab.Epoch(0)
	if s.peer.Serving() {
		for s.applied < s.exact && s.apply(out) {
		}
		epoch = s.peer.CurrentEpoch()
	}
	if epoch != s.epoch {
		s.stopServing(out)
		s.epoch = epoch
		if s.leads() {
			s.startLeading(out)
		}
	}
	for _, f := range s.peer.TakeForwarded() {
		if s.epoch != 0 {
			s.handleForwarded(f.From, f.Body, out)
		}
	}
	if s.leads() {
		s.proposeWaiting(out)
		s.answerSyncs(out)
	}
	if !s.applying && s.peer.CommittedIndex() > s.applied {
		s.applying = true
		out.Run(taskApply)
	}
}

// stopServing closes all clients' channels, and forgets what belongs to the epoch that is over here. What the clients
// wait for may have been proposed, so they learn no more than that the channel is closed.
func (s *Server) stopServing(out *sim.Effects) {
	for i := range s.connections {
		out.Close(s.connections[i].channel)
	}
	clear(s.connections)
	s.connections = s.connections[:0]
	s.watches = ztree.NewWatches(s.policy.tree)
	s.touched, s.late = s.touched[:0], s.late[:0]
	s.lead.reset()
	for _, t := range [...]sim.TimerID{timerExpiry, timerContainer} {
		out.StopTimer(t)
	}
}

// leads reports whether this server leads the epoch in which it serves.
func (s *Server) leads() bool {
	_, leads := s.peer.Reign()
	return leads && s.epoch != 0
}

// handleForwarded handles a message of another server: of a learner, or of the leader.
func (s *Server) handleForwarded(from sim.NodeID, m sim.Message, out *sim.Effects) {
	switch m := m.(type) {
	case *LearnerSynced:
		s.synced(m, out)
		return
	case *Revalidated:
		s.revalidated(m, out)
		return
	}
	if s.leads() {
		s.handleLearner(from, m, out)
	}
}

// ask puts m to the leader, which may be this server.
func (s *Server) ask(m sim.Message, out *sim.Effects) {
	if s.leads() {
		s.handleLearner(s.peer.ID(), m, out)
		return
	}
	s.peer.Forward(s.peer.Leader(), m, out)
}

// Zab returns the peer that the server contains.
func (s *Server) Zab() *zab.Peer { return s.peer }

// Reign returns the epoch, and whether the server leads it.
func (s *Server) Reign() (sim.Reign, bool) { return s.peer.Reign() }

// Tree returns the tree, to be read only.
func (s *Server) Tree() *ztree.Tree { return &s.tree }

// Orphans returns the paths of the ephemeral nodes whose session is not open any more, of which there must be none. A
// tree of no moment, since it comes from a fuzzy snapshot, has none.
func (s *Server) Orphans() []string {
	if s.applied < s.exact {
		return nil
	}
	return s.tree.Orphans()
}

// StateHash returns the index of the last applied transaction and the digest of the state it left, sessions included.
// Servers that have applied the same have the same. It costs the same however large the state is. A server whose tree
// is of no moment, since it comes from a fuzzy snapshot, has applied nothing yet.
func (s *Server) StateHash() (applied zab.Index, hash sim.Digest) {
	if s.applied < s.exact {
		empty := ztree.New(s.policy.tree, s.policy.config)
		return 0, sim.Digest(empty.Digest()).Mix(0)
	}
	return s.applied, sim.Digest(s.tree.Digest()).Mix(uint64(s.tree.LastProcessed()))
}
