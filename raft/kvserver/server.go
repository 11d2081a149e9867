package kvserver

import (
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/mvcc"
	"schism/sim"
)

// The tasks of a server, beside those of its node: one applies committed entries, one tells watches that are behind.
const (
	taskApply sim.TaskID = raft.MaxTimer + 1 + iota
	taskTell
)

// The timers of a server, beside those of its node: of the leases, and of progress notifications.
const (
	timerLease sim.TimerID = raft.MaxTimer + 1 + iota
	timerProgress
)

// Server is one replica of the store: a raft.Node, and above it the store that its log builds. It is a sim.Machine, a
// sim.Recycler, a sim.Leader and a raft.Host.
//
//  1. A proposal is answered by the applying of its own entry, the one with the term and index that Raft promised, or
//     else refused, once: when the server leads that term no more and does not know the entry to be committed, or when
//     a snapshot has passed it over.
//  2. A linearizable read is answered from the store at an index at least that which Raft confirmed for it after it
//     came.
//  3. applying says whether a taskApply is queued: there is never more than one.
//  4. leases means something on a leader only.
//  5. telling and notifying say whether a taskTell is queued and timerProgress runs.
type Server struct {
	policy *policy
	raft   *raft.Node
	// now is the reading of the server's clock in this step.
	now sim.Time

	store    mvcc.Store
	served   served
	sessions sessions
	// applied is the index of the last entry that the store has, saved that of the last snapshot.
	applied, saved raft.Index
	applying       bool
	// reign is the term that this server leads, 0 if it does not lead.
	reign sim.Reign
	// proposals are what waits for its entry to be applied, by index.
	proposals []proposal
	// reads are what waits for Raft to confirm it, in the order in which it came, at most policy.maxReads; lastRead is
	// the name of the last.
	reads    []read
	lastRead raft.ReadID
	leases   lessor
	// streams are those of clients that watch, in the order in which they were opened.
	streams            []stream
	telling, notifying bool
	// moving is who waits until movingTo leads, no client for nobody.
	moving   caller
	movingTo sim.NodeID

	memory *Memory
}

// caller is to whom an answer goes, and the answer to what it is.
type caller struct {
	client  sim.NodeID
	session kvapi.Session
	seq     kvapi.Seq
	attempt uint32
	op      kvapi.OpKind
}

// proposal is what waits for the entry at index in term. refused is why a change of the membership is refused by that
// entry, OK for everything else.
type proposal struct {
	index   raft.Index
	term    raft.Term
	from    caller
	refused kvapi.Code
}

// read is what waits for Raft to confirm it, and then for the index at which it was confirmed. op belongs to the
// client's message and is shared.
type read struct {
	id        raft.ReadID
	confirmed bool
	index     raft.Index
	op        *kvapi.Op
	from      caller
}

// NewServer returns a server that waits for its Start. It panics if c is wrong.
func NewServer(c Config) *Server {
	p := newPolicy(&c)
	s := &Server{policy: p, raft: raft.New(c.Raft), store: mvcc.New(p.store), memory: c.Memory}
	if s.memory == nil {
		s.memory = &Memory{}
	}
	s.store.Use(&s.memory.store)
	return s
}

// Step implements sim.Machine.
func (s *Server) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	s.now = now
	switch {
	case s.raft.Handles(&ev):
		s.raft.Step(now, ev, out)
	case ev.Kind == sim.Receive:
		s.receive(&ev, out)
	case ev.Kind == sim.TaskRun && ev.Task == taskApply:
		s.apply(out)
	case ev.Kind == sim.TaskRun && ev.Task == taskTell:
		s.telling = false
		s.tell(out)
	case ev.Kind == sim.Timeout && ev.Timer == timerLease && s.leads():
		s.expire(out)
	case ev.Kind == sim.Timeout && ev.Timer == timerProgress:
		s.notify(out)
	case ev.Kind == sim.Opened:
		s.accept(&ev)
	case ev.Kind == sim.Closed:
		if i := s.stream(ev.Chan); i >= 0 {
			s.forgetStream(i)
		}
	}
	s.follow(out)
}

// receive handles a message that is not Raft's.
func (s *Server) receive(ev *sim.Event, out *sim.Effects) {
	switch m := ev.Msg.(type) {
	case *kvapi.Request:
		if ev.Chan != 0 {
			s.handleStream(ev, m, out)
		} else {
			s.handleRequest(ev.From, m, out)
		}
	case *TakeSnapshot:
		s.takeSnapshot(out)
	}
}

// follow brings the server up to what Raft has become in this step.
func (s *Server) follow(out *sim.Effects) {
	if s.raft.HasRestore() {
		s.load(out)
	}
	if reign := s.leading(); reign != s.reign {
		s.refuseProposals(out)
		s.reign = reign
		s.leases.reset()
		out.StopTimer(timerLease)
		if reign != 0 && !s.policy.rules.AwaitsTerm() {
			s.promote(out)
		}
	}
	if s.moving.client != 0 {
		s.followMove(out)
	}
	for _, r := range s.raft.TakeReads() {
		s.confirm(r, out)
	}
	if len(s.reads) > 0 {
		s.serveReads(out)
	}
	if !s.applying && s.raft.CommitIndex() > s.applied {
		s.applying = true
		out.Run(taskApply)
	}
}

// load replaces the state by that of a snapshot which Raft has got.
func (s *Server) load(out *sim.Effects) {
	snap, _ := s.raft.TakeRestore()
	s.restore(&snap)
	s.passOver(out)
	s.tell(out)
}

// leading returns the term that this server believes it leads, 0 for none.
func (s *Server) leading() sim.Reign {
	if reign, leads := s.raft.Reign(); leads {
		return reign
	}
	return 0
}

// leads reports whether this server believes that it leads.
func (s *Server) leads() bool { return s.leading() != 0 }

// Raft returns the node that the server contains.
func (s *Server) Raft() *raft.Node { return s.raft }

// Reign returns the term, and whether the server believes that it leads it.
func (s *Server) Reign() (sim.Reign, bool) { return s.raft.Reign() }

// Store returns the store, to be read only.
func (s *Server) Store() *mvcc.Store { return &s.store }

// StateHash returns the index of the last applied entry and the digest of the state that it left. Servers that have
// applied the same have the same. It costs the same however large the store is.
func (s *Server) StateHash() (applied raft.Index, hash sim.Digest) {
	return s.applied, s.served.fold(sim.Digest(s.store.Digest()).Mix(uint64(s.sessions.sum)))
}
