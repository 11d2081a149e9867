package etcdserver

import (
	"slices"

	"schism/raft"
	"schism/raft/etcdapi"
	"schism/raft/quorum"
	"schism/sim"
)

// isChange reports whether an operation of this kind changes the membership.
func isChange(k etcdapi.OpKind) bool { return k >= etcdapi.MemberAdd && k <= etcdapi.MemberDemote }

// changeMembers hands a change of the membership to Raft, or refuses it.
func (s *Server) changeMembers(from caller, op *etcdapi.Op, out *sim.Effects) {
	change, code := s.change(op)
	if code != etcdapi.OK {
		s.answer(from, &etcdapi.Result{Code: code}, uint64(s.raft.Term()), out)
		return
	}
	index, term, why := s.raft.ProposeConfig(change, out)
	if why != raft.Accepted {
		out.Decide(why.String(), "refuse the change of members")
		code := etcdapi.ErrUnhealthy
		if op.Kind == etcdapi.MemberPromote {
			code = etcdapi.ErrLearnerNotReady
		}
		s.answer(from, &etcdapi.Result{Code: code}, uint64(s.raft.Term()), out)
		return
	}
	s.await(index, term, from)
}

// change returns the change that op asks for, or what speaks against it whatever Raft says.
func (s *Server) change(op *etcdapi.Op) (raft.Change, etcdapi.Code) {
	m, _ := s.raft.Membership()
	node, known := s.slot(op.Node)
	set, member := quorum.Members(0).With(node), known && m.All().Has(node)
	switch {
	case !known:
		return raft.Change{}, etcdapi.ErrMemberNotFound
	case op.Kind == etcdapi.MemberAdd && member:
		return raft.Change{}, etcdapi.ErrMemberExist
	case op.Kind != etcdapi.MemberAdd && !member:
		return raft.Change{}, etcdapi.ErrMemberNotFound
	case op.Kind == etcdapi.MemberPromote && !m.Learners.Has(node):
		return raft.Change{}, etcdapi.ErrMemberNotLearner
	}
	switch op.Kind {
	case etcdapi.MemberRemove:
		return raft.Change{Removed: set}, etcdapi.OK
	case etcdapi.MemberReplace:
		other, ok := s.slot(op.Other)
		if !ok || m.All().Has(other) {
			return raft.Change{}, etcdapi.ErrMemberExist
		}
		return raft.Change{Transition: raft.JointAuto, Voters: quorum.Members(0).With(other), Removed: set}, etcdapi.OK
	case etcdapi.MemberDemote:
		return raft.Change{Learners: set}, etcdapi.OK
	case etcdapi.MemberAdd:
		if op.Flags&etcdapi.FlagLearner != 0 {
			return raft.Change{Learners: set}, etcdapi.OK
		}
	}
	return raft.Change{Voters: set}, etcdapi.OK
}

// slot returns the slot of a server; false if there is none.
func (s *Server) slot(id sim.NodeID) (quorum.Slot, bool) {
	i := slices.Index(s.raft.Servers, id)
	return quorum.Slot(max(i, 0)), i >= 0
}

// members returns the members as this server knows them.
func (s *Server) members() []etcdapi.Member {
	m, _ := s.raft.Membership()
	var list []etcdapi.Member
	for i, id := range s.raft.Servers {
		if x := quorum.Slot(i); m.All().Has(x) {
			list = append(list, etcdapi.Member{Node: id, Learner: !m.Voters.Members().Has(x)})
		}
	}
	return list
}

// move begins to hand the leadership over. The answer comes when the other one leads, or when it is given up.
func (s *Server) move(from caller, op *etcdapi.Op, out *sim.Effects) {
	switch {
	case op.Node == s.raft.ID():
		s.answer(from, &etcdapi.Result{}, uint64(s.raft.Term()), out)
	case s.moving.client != 0:
		s.refuse(from, etcdapi.ErrTooManyRequests, out)
	case !s.raft.TransferLeader(s.now, op.Node, out):
		s.answer(from, &etcdapi.Result{Code: etcdapi.ErrBadLeaderTransferee}, uint64(s.raft.Term()), out)
	default:
		s.moving = from
	}
}

// followMove answers who waits for a change of leaders once that is decided.
func (s *Server) followMove(out *sim.Effects) {
	from := s.moving
	switch leader := s.raft.Leader(); {
	case from.client == 0:
		return
	case leader != 0 && leader != s.raft.ID():
		s.answer(from, &etcdapi.Result{}, uint64(s.raft.Term()), out)
	case s.leads() && s.raft.Transferee() == 0:
		s.refuse(from, etcdapi.ErrTimeout, out)
	default:
		return
	}
	s.moving = caller{}
}
