package kvserver

import (
	"slices"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
)

// handleRequest takes, answers or refuses a client's request.
func (s *Server) handleRequest(client sim.NodeID, r *kvapi.Request, out *sim.Effects) {
	from := caller{client, r.Session, r.Seq, r.Attempt, r.Op.Kind}
	switch op := &r.Op; {
	case op.Check() != nil || !supported(op.Kind):
		s.refuse(from, kvapi.ErrRequestTooLarge, out)
	case s.learns() && !(op.Kind == kvapi.Range && s.local(op)):
		s.refuse(from, kvapi.ErrNotSupportedForLearner, out)
	case s.local(op):
		s.answerRead(from, op, out)
	case !s.leads():
		s.refuse(from, kvapi.ErrNotLeader, out)
	case op.Kind == kvapi.MoveLeader:
		s.move(from, op, out)
	case isChange(op.Kind):
		s.changeMembers(from, op, out)
	case op.Writes():
		s.propose(from, op, kvapi.OK, out)
	default:
		s.readSafely(from, op, out)
	}
}

// local reports whether any voter answers an operation from what it has.
func (s *Server) local(op *kvapi.Op) bool {
	return !op.Writes() && op.Kind != kvapi.MoveLeader && !s.policy.rules.Confirms(op)
}

// supported reports whether servers do operations of this kind for who asks by a datagram.
func supported(k kvapi.OpKind) bool {
	switch k {
	case kvapi.Watch, kvapi.CancelWatch, kvapi.ProgressRequest, kvapi.LeaseCheckpoint:
		return false
	}
	return true
}

// propose hands a change of the store to Raft, or, with the code with which it is to be answered, a refused one of the
// membership.
func (s *Server) propose(from caller, op *kvapi.Op, refused kvapi.Code, out *sim.Effects) {
	data := appendCommand(make([]byte, 0, commandRoom), from, op)
	index, term, ok := s.raft.Propose(data, out)
	if !ok {
		s.refuse(from, kvapi.ErrTooManyRequests, out)
		return
	}
	s.memory.commands.keep(index, data, Command{from.name(), *op})
	s.proposals = append(s.proposals, proposal{index, term, from, refused})
}

// readSafely asks Raft up to where this server must have applied before it may answer.
func (s *Server) readSafely(from caller, op *kvapi.Op, out *sim.Effects) {
	if len(s.reads) >= s.policy.maxReads {
		s.refuse(from, kvapi.ErrTooManyRequests, out)
		return
	}
	s.lastRead++
	var ok bool
	if s.policy.leaseReads {
		ok = s.raft.LeaseRead(s.now, s.lastRead, out)
	} else {
		ok = s.raft.ReadIndex(s.lastRead, out)
	}
	if !ok {
		s.refuse(from, kvapi.ErrTooManyRequests, out)
		return
	}
	s.reads = append(s.reads, read{id: s.lastRead, op: op, from: from})
}

// confirm notes what Raft says about a read: how far to apply before it, or that it cannot be served here.
func (s *Server) confirm(r raft.Read, out *sim.Effects) {
	i := slices.IndexFunc(s.reads, func(w read) bool { return w.id == r.ID })
	switch {
	case i < 0:
	case r.OK:
		s.reads[i].confirmed, s.reads[i].index = true, r.Index
	default:
		from := s.reads[i].from
		s.reads = slices.Delete(s.reads, i, i+1)
		s.refuse(from, kvapi.ErrNotLeader, out)
	}
}

// serveReads answers the confirmed reads up to whose index everything is applied.
func (s *Server) serveReads(out *sim.Effects) {
	kept := s.reads[:0]
	for i := range s.reads {
		r := &s.reads[i]
		ready := r.confirmed && s.policy.rules.Serves(s.applied, r.index)
		switch {
		case ready && r.op.Kind == kvapi.LeaseKeepAlive:
			ready = s.keepAlive(r, out)
		case ready:
			s.answerRead(r.from, r.op, out)
		}
		if !ready {
			kept = append(kept, *r)
		}
	}
	clear(s.reads[len(kept):])
	s.reads = kept
}

// answerRead answers what changes nothing from the state as it is here and now.
func (s *Server) answerRead(from caller, op *kvapi.Op, out *sim.Effects) {
	var r kvapi.Result
	switch op.Kind {
	case kvapi.LeaseTimeToLive:
		if !s.leases.promoted {
			s.refuse(from, kvapi.ErrNotLeader, out) // who leads now knows the time
			return
		}
		r = s.store.Read(op)
		s.leases.left(s.now, &r)
	case kvapi.MemberList:
		r.Members = s.members()
	default:
		r = s.store.Read(op)
	}
	s.answer(from, &r, out)
}

// answer answers a request with what has become of it, as the store is now.
func (s *Server) answer(from caller, r *kvapi.Result, out *sim.Effects) {
	m := s.response(from)
	m.Out.Result = *r
	out.Send(from.client, m)
}

// refuse tells a client that its request was not done, for the reason code, and whom to ask instead.
func (s *Server) refuse(from caller, code kvapi.Code, out *sim.Effects) {
	m := s.response(from)
	m.Out.Code = code
	if leader := s.raft.Leader(); leader != s.raft.ID() {
		m.Leader = leader
	}
	out.Send(from.client, m)
}

// refuseProposals refuses every proposal that is not known to be committed: they were made in a reign that is over
// here. Their entries may still be committed by a later leader, so the clients learn no more than that.
func (s *Server) refuseProposals(out *sim.Effects) {
	kept := s.proposals[:0]
	for i := range s.proposals {
		p := &s.proposals[i]
		e, there := s.raft.Log().Entry(p.index)
		if there && e.Term == p.term && p.index <= s.raft.CommitIndex() {
			kept = append(kept, *p)
		} else {
			s.refuse(p.from, kvapi.ErrLeaderChanged, out)
		}
	}
	s.proposals = kept
}

// passOver refuses the proposals whose entries a snapshot has passed over: they are done, and nobody knows how.
func (s *Server) passOver(out *sim.Effects) {
	for len(s.proposals) > 0 && s.proposals[0].index <= s.applied {
		s.refuse(s.proposals[0].from, kvapi.ErrLeaderChanged, out)
		s.proposals = s.proposals[:copy(s.proposals, s.proposals[1:])]
	}
}

// response returns a new answer to from.
func (s *Server) response(from caller) *kvapi.Response {
	m := s.memory.responses.Take()
	m.Session, m.Seq, m.Attempt, m.Op = from.session, from.seq, from.attempt, from.op
	m.Out.Header = s.header()
	return m
}

// header says how far the server is.
func (s *Server) header() kvapi.Header {
	return kvapi.Header{
		Revision: s.store.Revision(), Index: uint64(s.applied), Term: uint64(s.raft.Term()), Server: s.raft.ID(),
	}
}
