package kvserver

import (
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/quorum"
	"schism/sim"
)

// isChange reports whether an operation of this kind changes the membership.
func isChange(k kvapi.OpKind) bool { return k >= kvapi.MemberAdd && k <= kvapi.MemberDemote }

// changeMembers hands a change of the membership to Raft, or refuses it. What is refused for good must neither have
// been done by an earlier copy of the request, nor be done by a later one: so a request has one entry in the log, which
// does it or refuses it, and is answered by that.
func (s *Server) changeMembers(from caller, op *kvapi.Op, out *sim.Effects) {
	if s.knows(from.name()) {
		return // a copy that the network has made
	}
	change, code := s.change(op)
	if code == kvapi.OK {
		if code = s.proposeChange(from, change, out); code == kvapi.OK {
			markBegun(op, out)
			return
		}
	}
	if _, last := s.raft.LastMembership(); last > s.applied {
		code = kvapi.ErrUnhealthy // what there is to change may be another when the refusal is applied
	}
	s.propose(from, op, code, out)
}

// knows reports whether the request n was done or passed over, or is in the log already.
func (s *Server) knows(n Name) bool {
	if s.served.done(n.Client, n.Seq) {
		return true
	}
	for i := s.applied + 1; i <= s.raft.LastIndex(); i++ {
		if e, ok := s.raft.Log().Entry(i); ok {
			if known, named := NameOf(&e); named && known == n {
				return true
			}
		}
	}
	return false
}

// proposeChange hands a change to Raft, or returns why it is refused.
func (s *Server) proposeChange(from caller, c raft.Change, out *sim.Effects) kvapi.Code {
	why := raft.ConfigPending
	var index raft.Index
	var term raft.Term
	if _, last := s.raft.AppliedMembership(); last { // else nobody knows yet what there is to change
		index, term, why = s.raft.ProposeConfig(c, from.appendName(nil), out)
	}
	if why == raft.Accepted {
		s.proposals = append(s.proposals, proposal{index, term, from, kvapi.OK})
		return kvapi.OK
	}
	out.Decide(why.String(), "refuse the change of members")
	if why == raft.LearnerBehind {
		return kvapi.ErrLearnerNotReady
	}
	return kvapi.ErrUnhealthy
}

// markBegun marks that a change has begun, by its kind and each server that it is about: "member-promote-n4".
func markBegun(op *kvapi.Op, out *sim.Effects) {
	out.Mark(op.Kind.String() + "-" + op.Node.String())
	if op.Other != 0 {
		out.Mark(op.Kind.String() + "-" + op.Other.String())
	}
}

// change returns the change that op asks for, or what speaks against it whatever Raft says.
func (s *Server) change(op *kvapi.Op) (raft.Change, kvapi.Code) {
	voters, learners := s.membership()
	all := voters | learners
	node, known := s.raft.Slot(op.Node)
	set, member := quorum.Members(0).With(node), known && all.Has(node)
	switch {
	case !known:
		return raft.Change{}, kvapi.ErrMemberNotFound
	case op.Kind == kvapi.MemberAdd && member:
		return raft.Change{}, kvapi.ErrMemberExist
	case op.Kind != kvapi.MemberAdd && !member:
		return raft.Change{}, kvapi.ErrMemberNotFound
	case op.Kind == kvapi.MemberPromote && !learners.Has(node):
		return raft.Change{}, kvapi.ErrMemberNotLearner
	}
	switch op.Kind {
	case kvapi.MemberRemove:
		return raft.Change{Removed: set}, kvapi.OK
	case kvapi.MemberReplace:
		other, ok := s.raft.Slot(op.Other)
		if !ok || all.Has(other) {
			return raft.Change{}, kvapi.ErrMemberExist
		}
		return raft.Change{Transition: raft.JointAuto, Voters: quorum.Members(0).With(other), Removed: set}, kvapi.OK
	case kvapi.MemberDemote:
		return raft.Change{Learners: set}, kvapi.OK
	case kvapi.MemberAdd:
		if op.Flags&kvapi.FlagLearner != 0 {
			return raft.Change{Learners: set}, kvapi.OK
		}
	}
	return raft.Change{Voters: set}, kvapi.OK
}

// learns reports whether this server is a learner, which answers serializable reads of keys only, of all that there is
// to ask for (isRPCSupportedForLearner).
func (s *Server) learns() bool {
	m, _ := s.raft.Membership()
	self, _ := s.raft.Slot(s.raft.ID())
	return m.Learners.Has(self)
}

// membership returns who votes and who learns as of the last applied entry: what is not committed yet nobody is told.
// Who is to leave with the second step of a change is gone with the first.
func (s *Server) membership() (voters, learners quorum.Members) {
	applied, _ := s.raft.AppliedMembership()
	inForce, _ := s.raft.Membership()
	m := s.policy.rules.Tells(applied, inForce)
	return m.Voters.Incoming, m.Learners | m.LearnersNext
}

// members returns the members as this server knows them.
func (s *Server) members() []kvapi.Member {
	voters, learners := s.membership()
	var list []kvapi.Member
	for i, id := range s.raft.Servers {
		if x := quorum.Slot(i); voters.Has(x) || learners.Has(x) {
			list = append(list, kvapi.Member{Node: id, Learner: learners.Has(x)})
		}
	}
	return list
}

// markChange marks what the change that a leader has just applied has made of the membership before.
func (s *Server) markChange(before *raft.Membership, out *sim.Effects) {
	if !s.leads() {
		return
	}
	after, _ := s.raft.AppliedMembership()
	out.Mark("config-applied")
	if before.Learners&after.Voters.Incoming != 0 {
		out.Mark("learner-promoted")
	}
	switch {
	case after.Joint():
		out.Mark("joint-entered")
	case before.Joint():
		out.Mark("joint-left")
	}
}

// move begins to hand the leadership over. The answer comes when the other one leads, or when it is given up.
func (s *Server) move(from caller, op *kvapi.Op, out *sim.Effects) {
	switch {
	case op.Node == s.raft.ID():
		s.answer(from, &kvapi.Result{}, out)
	case s.moving.client != 0:
		s.refuse(from, kvapi.ErrTooManyRequests, out)
	case !s.raft.TransferLeader(s.now, op.Node, out):
		s.answer(from, &kvapi.Result{Code: kvapi.ErrBadLeaderTransferee}, out)
	default:
		s.moving, s.movingTo = from, op.Node
	}
}

// followMove answers who waits for a change of leaders once that is decided.
func (s *Server) followMove(out *sim.Effects) {
	from := s.moving
	switch leader := s.raft.Leader(); {
	case leader == s.movingTo:
		s.answer(from, &kvapi.Result{}, out)
	case leader != 0 && leader != s.raft.ID() || s.leads() && s.raft.Transferee() == 0:
		s.refuse(from, kvapi.ErrTimeout, out)
	default:
		return
	}
	s.moving, s.movingTo = caller{}, 0
}
