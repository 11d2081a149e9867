package kvserver

import (
	"slices"
	"time"

	"schism/raft/kvapi"
	"schism/sim"
)

// MemberMix is how often each kind of change of the membership is drawn, relative to the others. What cannot be done,
// since there is no such server or there would be too few voters, is drawn again, and in the end becomes a List.
type MemberMix struct {
	// List reads the membership, Local does so from whatever server is asked.
	List, Local int
	// Add and Learn let a server join that takes no part, as a voter or as a learner. Promote and Demote turn one into
	// the other, Remove lets a member go, Replace puts another server in the place of a voter.
	Add, Learn, Promote, Demote, Remove, Replace int
	// Move makes a voter the leader, Retire does so and then removes it, and Relegate does so and then demotes it.
	Move, Retire, Relegate int
}

// MemberWork describes what an administrator does; Draw makes a list of operations of it.
type MemberWork struct {
	// Ops is the number of operations.
	Ops int
	// Servers are those that may be members, Voters how many of them vote at first, the others take no part; MinVoters
	// is the least number of voters that it wants, at least 1.
	Servers           []sim.NodeID
	Voters, MinVoters int
	Mix               MemberMix
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
}

// memberKind is a kind of change as MemberMix counts them.
type memberKind int

const (
	memberList memberKind = iota
	memberLocal
	memberAdd
	memberLearn
	memberPromote
	memberDemote
	memberRemove
	memberReplace
	memberMove
	memberRetire
	memberRelegate
	memberKinds
)

// weights returns the mix by kind.
func (m *MemberMix) weights() [memberKinds]int {
	return [memberKinds]int{m.List, m.Local, m.Add, m.Learn, m.Promote, m.Demote, m.Remove, m.Replace, m.Move, m.Retire,
		m.Relegate}
}

// Draw draws the operations of the client id from c. They fit each other as long as all are done; where one is not,
// those that need it are refused. Draw panics if w has an empty mix or wrong bounds.
func (w MemberWork) Draw(c sim.Chooser, id sim.NodeID) []Operation {
	weights, sum := w.Mix.weights(), 0
	for _, n := range weights {
		sum += n
	}
	if sum < 1 || w.MinVoters < 1 || w.Voters < w.MinVoters || w.Voters > len(w.Servers) {
		panic("kvserver: MemberWork: nothing to do, or wrong numbers of voters")
	}
	k := sim.Key{Decision: sim.DecideWorkload, From: id}
	d := memberDrawing{c: c, k: k, minVoters: w.MinVoters,
		voters: slices.Clone(w.Servers[:w.Voters]), others: slices.Clone(w.Servers[w.Voters:])}
	var ops []Operation
	for len(ops) < w.Ops {
		for _, op := range d.draw(&weights, sum) {
			ops = append(ops, Operation{Think: c.Span(k, w.ThinkMin, w.ThinkMax), In: op})
		}
	}
	return ops[:w.Ops]
}

// memberDrawing is the membership as it is if everything drawn so far is done.
type memberDrawing struct {
	c                        sim.Chooser
	k                        sim.Key
	minVoters                int
	voters, learners, others []sim.NodeID
}

// draw returns the operations of a kind that is drawn by its weight, of which there are sum in all.
func (d *memberDrawing) draw(weights *[memberKinds]int, sum int) []kvapi.Op {
	const tries = 5
	for range tries {
		n, kind := d.c.Index(d.k, sum), 0
		for ; n >= weights[kind]; kind++ {
			n -= weights[kind]
		}
		if ops := d.ops(memberKind(kind)); ops != nil {
			return ops
		}
	}
	return []kvapi.Op{{Kind: kvapi.MemberList}}
}

// ops returns the operations of a kind, none if it cannot be done.
func (d *memberDrawing) ops(kind memberKind) []kvapi.Op {
	spare := len(d.voters) > d.minVoters
	one := func(k kvapi.OpKind, n sim.NodeID) []kvapi.Op { return []kvapi.Op{{Kind: k, Node: n}} }
	switch {
	case kind == memberList:
		return []kvapi.Op{{Kind: kvapi.MemberList}}
	case kind == memberLocal:
		return []kvapi.Op{{Kind: kvapi.MemberList, Flags: kvapi.FlagSerializable}}
	case kind == memberAdd && len(d.others) > 0:
		return one(kvapi.MemberAdd, d.take(&d.others, &d.voters))
	case kind == memberLearn && len(d.others) > 0:
		op := one(kvapi.MemberAdd, d.take(&d.others, &d.learners))
		op[0].Flags = kvapi.FlagLearner
		return op
	case kind == memberPromote && len(d.learners) > 0:
		return one(kvapi.MemberPromote, d.take(&d.learners, &d.voters))
	case kind == memberDemote && spare:
		return one(kvapi.MemberDemote, d.take(&d.voters, &d.learners))
	case kind == memberRemove && spare:
		return one(kvapi.MemberRemove, d.take(&d.voters, &d.others))
	case kind == memberRemove && len(d.learners) > 0:
		return one(kvapi.MemberRemove, d.take(&d.learners, &d.others))
	case kind == memberReplace && len(d.others) > 0:
		in := d.take(&d.others, &d.voters)
		out := d.takeFirst(len(d.voters)-1, &d.voters, &d.others)
		return []kvapi.Op{{Kind: kvapi.MemberReplace, Node: out, Other: in}}
	case kind == memberMove:
		return one(kvapi.MoveLeader, d.voters[d.c.Index(d.k, len(d.voters))])
	case kind == memberRetire && spare:
		out := d.take(&d.voters, &d.others)
		return append(one(kvapi.MoveLeader, out), one(kvapi.MemberRemove, out)...)
	case kind == memberRelegate && spare:
		out := d.take(&d.voters, &d.learners)
		return append(one(kvapi.MoveLeader, out), one(kvapi.MemberDemote, out)...)
	}
	return nil
}

// take moves any server of from, which is not empty, to the end of to, and returns it.
func (d *memberDrawing) take(from, to *[]sim.NodeID) sim.NodeID {
	return d.takeFirst(len(*from), from, to)
}

// takeFirst moves any of the first n servers of from to the end of to, and returns it.
func (d *memberDrawing) takeFirst(n int, from, to *[]sim.NodeID) sim.NodeID {
	i := d.c.Index(d.k, n)
	id := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	*to = append(*to, id)
	return id
}
