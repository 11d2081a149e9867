package kvserver

import (
	"slices"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
)

// taskApply is the task that applies committed entries.
const taskApply sim.TaskID = 8

// Server is one replica of the store: a raft.Node, and above it the state that its log builds. It
// is a sim.Machine, a sim.Cloner, a sim.Leader and a raft.Host.
//
//  1. A proposal is answered by the applying of its own entry, the one with the term and index that Raft
//     promised, or else refused, once, when the server leads that term no more.
//  2. A read is answered from the state at an index at least that which Raft confirmed for it after it
//     came.
//  3. applying says whether a taskApply is queued: there is never more than one.
type Server struct {
	policy *policy
	raft   *raft.Node
	store  store
	// saved is the applied index of the last snapshot.
	saved    raft.Index
	applying bool
	// reign is the term in which the proposals were made.
	reign sim.Reign
	// proposals are the writes that wait for their entry to be applied, by index.
	proposals []proposal
	// reads are the gets that wait, in the order in which they came; lastRead is the name of the
	// last.
	reads    []read
	lastRead raft.ReadID

	responses raft.Slab[kvapi.Response]
	commands  bytes
}

// caller is to whom an answer goes, and the answer to what it is.
type caller struct {
	client  sim.NodeID
	session kvapi.Session
	seq     kvapi.Seq
	attempt uint32
	op      kvapi.OpKind
}

// proposal is a write that waits for the entry at index in term.
type proposal struct {
	index raft.Index
	term  raft.Term
	from  caller
}

// read is a get that waits for Raft to confirm it, and then for the index at which it was
// confirmed.
type read struct {
	id        raft.ReadID
	confirmed bool
	index     raft.Index
	key       string
	from      caller
}

// NewServer returns a server that waits for its Start. It panics if c is wrong.
func NewServer(c Config) *Server {
	return &Server{policy: newPolicy(&c), raft: raft.New(c.Raft)}
}

// Step implements sim.Machine.
func (s *Server) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch {
	case s.raft.Handles(&ev):
		s.raft.Step(now, ev, out)
	case ev.Kind == sim.Receive:
		if r, ok := ev.Msg.(*kvapi.Request); ok {
			s.handleRequest(ev.From, r, out)
		}
	case ev.Kind == sim.TaskRun && ev.Task == taskApply:
		s.handleApply(out)
	}
	s.follow(out)
}

// follow brings the server up to what Raft has become in this step.
func (s *Server) follow(out *sim.Effects) {
	if snap, ok := s.raft.TakeRestore(); ok {
		s.restore(&snap)
	}
	reign, leads := s.raft.Reign()
	if !leads || reign != s.reign {
		s.refuseProposals(out)
		s.reign = reign
	}
	for _, r := range s.raft.TakeReads() {
		s.confirm(r, out)
	}
	s.serveReads(out)
	if !s.applying && s.raft.CommitIndex() > s.store.applied {
		s.applying = true
		out.Run(taskApply)
	}
}

// handleRequest takes, answers or refuses a client's request.
func (s *Server) handleRequest(client sim.NodeID, r *kvapi.Request, out *sim.Effects) {
	from := caller{client, r.Session, r.Seq, r.Attempt, r.In.Kind}
	switch {
	case r.In.Check() != nil || r.In.Local && !s.policy.localReads:
		s.refuse(from, kvapi.StatusInvalid, out)
	case r.In.Kind != kvapi.Get:
		s.propose(from, r, out)
	case r.In.Local:
		s.getLocal(from, r.In.Key, out)
	default:
		s.getSafe(from, r.In.Key, out)
	}
}

// propose hands a write to Raft.
func (s *Server) propose(from caller, r *kvapi.Request, out *sim.Effects) {
	if !s.leads() {
		s.refuse(from, kvapi.StatusNotLeader, out)
		return
	}
	data := kvapi.AppendCommand(s.commands.take(kvapi.CommandSize(r)), r)
	index, term, ok := s.raft.Propose(data, out)
	if !ok {
		s.refuse(from, kvapi.StatusBusy, out)
		return
	}
	s.proposals = append(s.proposals, proposal{index, term, from})
}

// getSafe asks Raft up to where this server must have applied before it may answer.
func (s *Server) getSafe(from caller, key string, out *sim.Effects) {
	if !s.leads() {
		s.refuse(from, kvapi.StatusNotLeader, out)
		return
	}
	s.lastRead++
	if !s.raft.ReadIndex(s.lastRead, out) {
		s.refuse(from, kvapi.StatusBusy, out)
		return
	}
	s.reads = append(s.reads, read{id: s.lastRead, key: key, from: from})
}

// getLocal answers from the state as it is here and now, which may not be what it is elsewhere.
func (s *Server) getLocal(from caller, key string, out *sim.Effects) {
	if !s.leads() {
		s.refuse(from, kvapi.StatusNotLeader, out)
		return
	}
	out.Decide("local reads are allowed", "answer without asking anybody")
	s.answerGet(from, key, out)
}

// leads reports whether this server believes that it leads.
func (s *Server) leads() bool {
	_, leads := s.raft.Reign()
	return leads
}

// confirm notes what Raft says about a read: how far to apply before it, or that it cannot be
// served here.
func (s *Server) confirm(r raft.Read, out *sim.Effects) {
	i := slices.IndexFunc(s.reads, func(w read) bool { return w.id == r.ID })
	switch {
	case i < 0:
	case r.OK:
		s.reads[i].confirmed, s.reads[i].index = true, r.Index
	default:
		from := s.reads[i].from
		s.reads = slices.Delete(s.reads, i, i+1)
		s.refuse(from, kvapi.StatusLostLeadership, out)
	}
}

// serveReads answers the confirmed reads up to whose index everything is applied.
func (s *Server) serveReads(out *sim.Effects) {
	kept := s.reads[:0]
	for i := range s.reads {
		r := &s.reads[i]
		if r.confirmed && s.policy.rules.Serves(s.store.applied, r.index) {
			s.answerGet(r.from, r.key, out)
		} else {
			kept = append(kept, *r)
		}
	}
	clear(s.reads[len(kept):])
	s.reads = kept
}

// answerGet answers a get from the state as it is.
func (s *Server) answerGet(from caller, key string, out *sim.Effects) {
	m := s.response(from, kvapi.StatusOK)
	m.Out = s.store.get(key)
	m.Out.Server, m.Out.Term = s.raft.ID(), uint64(s.raft.Term())
	out.Send(from.client, m)
}

// refuseProposals refuses every proposal that waits: they were made in a reign that is over here.
// Their entries may still be committed by a later leader, so the clients learn no more than that.
func (s *Server) refuseProposals(out *sim.Effects) {
	for i := range s.proposals {
		s.refuse(s.proposals[i].from, kvapi.StatusLostLeadership, out)
	}
	s.proposals = s.proposals[:0]
}

// refuse tells a client that status, and whom to ask instead.
func (s *Server) refuse(from caller, status kvapi.Status, out *sim.Effects) {
	m := s.response(from, status)
	if leader := s.raft.Leader(); leader != s.raft.ID() {
		m.Leader = leader
	}
	out.Send(from.client, m)
}

// response returns a new answer to from.
func (s *Server) response(from caller, status kvapi.Status) *kvapi.Response {
	m := s.responses.Take()
	m.Session, m.Seq, m.Attempt = from.session, from.seq, from.attempt
	m.Op, m.Status = from.op, status
	return m
}

// Raft returns the node that the server contains.
func (s *Server) Raft() *raft.Node { return s.raft }

// Reign returns the term, and whether the server believes that it leads it.
func (s *Server) Reign() (sim.Reign, bool) { return s.raft.Reign() }

// StateHash returns the index of the last applied entry and the digest of the state it left,
// sessions included. Servers that have applied the same have the same. It costs the same however
// large the state is.
func (s *Server) StateHash() (applied raft.Index, hash sim.Digest) {
	return s.store.applied, s.store.hash()
}
