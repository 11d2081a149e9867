package kvspec

import (
	"cmp"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// Members is the ID of the violation that the membership is not what the changes in the log have made of it, or that
// somebody was told of an older one than others before.
const Members = "members"

// JudgeMembers judges Members: along the index, each change of the membership makes the next one, from first on, and
// whatever a server tells of it, be it a list or that there is such a member already, is true as of the index of its
// reply. A change whose reply is lost may stand wherever the log has room. What is linearizable is no older than what
// had been told before it was called.
//
// That a change was refused since a quorum was not in line, or another change was under way, is free.
func JudgeMembers(history []sim.Op, first []kvapi.Member, budget checker.Budget) checker.Report {
	told, lost, err := memberReplies(history)
	if err != nil {
		return checker.NotTold(Members, err.Error())
	}
	if len(lost) > maxLost {
		return checker.NotTold(Members, "there are too many changes whose reply is lost")
	}
	report := checker.Passed(Members, len(told))
	judgeFreshMembers(&report, told)
	if report.Verdict != checker.Valid {
		return report
	}
	slices.SortStableFunc(told, func(a, b *reply) int {
		return cmp.Or(cmp.Compare(a.out.Index, b.out.Index), cmp.Compare(b.changedMembers(), a.changedMembers()))
	})
	e := &roster{lost: lost, budget: int(budget)}
	e.known = []rosterState{{members: byNode(first)}}
	for i, r := range told {
		switch {
		case e.next(r):
			e.before = r
		case e.budget < 0:
			return checker.NotTold(Members, "there are too many ways in which it may have changed")
		case i == 0:
			broken(&report, r, r, "does not follow from the first membership:")
			return report
		default:
			broken(&report, e.before, r, "does not follow from")
			return report
		}
	}
	return report
}

// maxLost is how many changes may have lost replies: one bit for each tells where it stands.
const maxLost = 64

// memberReplies returns the replies that tell of the membership, and the changes whose reply is lost.
func memberReplies(history []sim.Op) (told, lost []*reply, err error) {
	replies, err := answered(history)
	for i := range replies {
		r := &replies[i]
		switch {
		case r.in.Kind < kvapi.MemberAdd || r.in.Kind > kvapi.MemberList:
		case r.out == nil:
			lost = append(lost, r)
		default:
			told = append(told, r)
		}
	}
	return told, lost, err
}

// judgeFreshMembers compares the index of what is linearizable with those that had been told before it was called.
func judgeFreshMembers(report *checker.Report, told []*reply) {
	for _, r := range told {
		if !r.linearMembers() {
			continue
		}
		for _, before := range told {
			older := r.out.Index < before.out.Index || r.out.Index == before.out.Index && r.changedMembers() == 1
			if before.linearMembers() && before.returned < r.called && older {
				broken(report, before, r, "was called after, and is older than,")
				return
			}
		}
	}
}

// changedMembers returns 1 for a change of the membership that was done, and has the entry at its index, else 0.
func (r *reply) changedMembers() uint64 {
	if writes(r.in) && r.out.Code == kvapi.OK {
		return 1
	}
	return 0
}

// linearMembers reports whether a reply about members has its instant between its call and its return.
func (r *reply) linearMembers() bool {
	return r.out.Code == kvapi.OK && r.in.Flags&kvapi.FlagSerializable == 0
}

// roster is what the membership may be as of the last reply.
type roster struct {
	lost []*reply
	// known are all memberships that the replies up to before allow, each with the lost changes that it takes.
	known  []rosterState
	before *reply
	// budget is how many more steps may be taken.
	budget int
}

// rosterState is a membership, ascending, after the lost changes in used.
type rosterState struct {
	members []kvapi.Member
	used    uint64
}

// equal reports whether both are the same.
func (s *rosterState) equal(o *rosterState) bool {
	return s.used == o.used && slices.Equal(s.members, o.members)
}

// next goes on to the reply r. It returns false if nothing explains it.
func (e *roster) next(r *reply) bool {
	all := e.known
	for level, from := e.room(r), 0; level > 0 && from < len(all); level-- {
		end := len(all)
		for ; from < end; from++ {
			all = e.insert(all, all[from], r)
		}
	}
	var left []rosterState
	for _, s := range all {
		if members, right := s.explain(r); right {
			left = include(left, rosterState{members, s.used})
		}
	}
	e.known = left
	return len(left) > 0 && e.budget >= 0
}

// room is how many lost changes may stand in front of r: there is one entry for each.
func (e *roster) room(r *reply) int {
	from := uint64(0)
	if e.before != nil {
		from = e.before.out.Index
	}
	gap := r.out.Index - from
	return int(min(gap-min(gap, r.changedMembers()), uint64(len(e.lost))))
}

// insert adds to all what s may become by one lost change that was called before r has returned.
func (e *roster) insert(all []rosterState, s rosterState, r *reply) []rosterState {
	for i, x := range e.lost {
		e.budget--
		if s.used>>i&1 != 0 || x.called >= r.returned || e.budget < 0 {
			continue
		}
		if members, code := changeMembers(s.members, x.in); code == kvapi.OK {
			all = include(all, rosterState{members, s.used | 1<<i})
		}
	}
	return all
}

// include adds s to all, unless it is there.
func include(all []rosterState, s rosterState) []rosterState {
	if slices.ContainsFunc(all, func(o rosterState) bool { return o.equal(&s) }) {
		return all
	}
	return append(all, s)
}

// explain returns the membership after the reply r, and whether it is right.
func (s *rosterState) explain(r *reply) ([]kvapi.Member, bool) {
	members, code := s.members, kvapi.OK
	if r.in.Kind != kvapi.MemberList {
		members, code = changeMembers(s.members, r.in)
	}
	switch r.out.Code {
	case kvapi.OK:
		return members, code == kvapi.OK && slices.Equal(members, r.out.Members)
	case kvapi.ErrMemberExist, kvapi.ErrMemberNotFound, kvapi.ErrMemberNotLearner:
		return s.members, code == r.out.Code
	}
	return s.members, true
}

// changeMembers returns the members after a change, or why there can be none.
func changeMembers(members []kvapi.Member, op *kvapi.Op) ([]kvapi.Member, kvapi.Code) {
	find := func(n sim.NodeID) int {
		return slices.IndexFunc(members, func(m kvapi.Member) bool { return m.Node == n })
	}
	at := find(op.Node)
	next := slices.Clone(members)
	switch {
	case op.Kind == kvapi.MemberAdd && at >= 0:
		return members, kvapi.ErrMemberExist
	case op.Kind == kvapi.MemberAdd:
		next = append(next, kvapi.Member{Node: op.Node, Learner: op.Flags&kvapi.FlagLearner != 0})
	case at < 0:
		return members, kvapi.ErrMemberNotFound
	case op.Kind == kvapi.MemberPromote && !members[at].Learner:
		return members, kvapi.ErrMemberNotLearner
	case op.Kind == kvapi.MemberReplace && find(op.Other) >= 0:
		return members, kvapi.ErrMemberExist
	case op.Kind == kvapi.MemberReplace:
		next[at] = kvapi.Member{Node: op.Other}
	case op.Kind == kvapi.MemberRemove:
		next = slices.Delete(next, at, at+1)
	default:
		next[at].Learner = op.Kind == kvapi.MemberDemote
	}
	return byNode(next), kvapi.OK
}

// byNode returns members in the order of their numbers.
func byNode(members []kvapi.Member) []kvapi.Member {
	list := slices.Clone(members)
	slices.SortFunc(list, func(a, b kvapi.Member) int { return cmp.Compare(a.Node, b.Node) })
	return list
}

// FirstMembers returns the membership of voters alone.
func FirstMembers(voters ...sim.NodeID) []kvapi.Member {
	var list []kvapi.Member
	for _, n := range voters {
		list = append(list, kvapi.Member{Node: n})
	}
	return byNode(list)
}
