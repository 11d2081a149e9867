// Package kvspec is the sequential specification of the etcd-like store, and the judge of its histories: what one
// client after another would see of a single copy, and what clients at once may see of many. It is written from the
// words of package kvapi alone and shares no code with the store that it judges.
//
//	for _, r := range kvspec.Judge(result.History, checker.DefaultBudget) {
//		fmt.Println(r)
//	}
//
// Transactions are strictly serializable, serializable reads may be old, and revisions say in which order all of them
// stand. Nobody believes revisions: that they respect real time, and that the store explains every reply along them, is
// what is checked.
//
// Not everything that happens is in a history: leases end, and all keys of one go with one revision that no client has
// asked for. So a lease may be gone when a reply shows it; if it has keys, then only with a revision of its own. That
// it went too early is not seen here.
//
// Nor is everything in a reply judged by Judge. Hashes, members and what is left of leases are free. Where an operation
// has two reasons to fail, either is right, and keys that are equal in what they are sorted by may stand in any order.
//
// What must hold of what clients see, and who checks it:
//
//	E1  what changes keys has a revision of its own, later ones higher ones  Judge: RevisionOrder; Search
//	E2  linearizable operations see what had been acknowledged               Judge: FreshReads; Search
//	E3  the revisions that one client is told do not go back                 Judge: ClientOrder
//	E4  along the revisions the store explains every reply                   Judge: checker.Linearizability; Search
//	E5  a serializable read shows the store at its revision                  Judge: SerializableReads
//	E6  watches tell everything, once, in order, and as it was               JudgeWatches
//	E7  leases last as long as they should, stay gone, and end               JudgeLeases; JudgeLeaseEnds
//	E8  what is the same has the same hash                                   JudgeHashes
//	E9  one client at a time holds a lock, or leads                          Contest: checker.JudgeMutex
//	E10 what a deposed leader proclaims has no effect                        JudgeProclaims
//	E11 the membership is what its changes have made of it                   JudgeMembers
//	E12 who moves things in transactions loses none of them                  JudgeBank
//
// That a leader moves nobody judges here. Of E5, a revision that no linearizable operation has
// shown to be still to come is taken to be there.
package kvspec

import (
	"cmp"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// State is what the store may be: which leases have ended meanwhile, replies do not always tell. States are never
// changed; they share what they have in common.
type State struct {
	// stores are all different, in the order of their hashes.
	stores []*store
}

// Spec is the specification of the whole store. Operations and outputs are large, and stay where they are.
type Spec = checker.Spec[State, *kvapi.Op, *kvapi.Output]

// New returns the specification. It takes what goes through the log, and linearizable reads.
func New() *Spec {
	return &Spec{
		Init: func() State { return State{[]*store{newStore()}} },
		Step: func(s State, in **kvapi.Op, out **kvapi.Output) (State, bool) {
			return Step(s, *in, known(out))
		},
		Equal:         State.equal,
		Hash:          State.hash,
		ReadOnly:      func(in **kvapi.Op) bool { return !writes(*in) },
		Position:      func(out **kvapi.Output) uint64 { return (*out).Index },
		Describe:      func(in **kvapi.Op, out **kvapi.Output) string { return describe(*in, known(out)) },
		DescribeState: State.String,
	}
}

// known returns the output, nil if nobody knows it.
func known(out **kvapi.Output) *kvapi.Output {
	if out == nil {
		return nil
	}
	return *out
}

// Step returns the state after the operation, and whether the reply is right:
//
//  1. the result is what the store says: code, keys with revisions and versions, counts, branches;
//  2. the revision is that of the store, and of what has changed something the next one;
//  3. before it leases may have ended: each that had keys has taken one revision.
//
// An operation whose reply nobody knows succeeds if it can.
func Step(s State, op *kvapi.Op, out *kvapi.Output) (next State, right bool) {
	var list [1]*store
	found := list[:0]
	for _, w := range s.stores {
		w.each(op, out, func(x *store) { found = append(found, x) })
	}
	if len(found) == 0 {
		return s, false
	}
	if len(found) > 1 {
		slices.SortFunc(found, func(a, b *store) int { return cmp.Compare(a.digest(), b.digest()) })
		found = slices.CompactFunc(found, (*store).equal)
	}
	return State{found}, true
}

// each tells of all stores that the operation can leave, with every way in which leases can have ended before.
func (s *store) each(op *kvapi.Op, out *kvapi.Output, yield func(*store)) {
	if out == nil {
		yield(s.assume(op))
	} else if next, right := s.step(op, out); right {
		yield(next)
		return // with one more revision before, its own would not fit
	} else if s.now.revision >= out.Revision {
		return
	}
	for _, l := range s.holding() {
		s.end(l).each(op, out, yield)
	}
}

// equal reports whether nothing can tell s and o apart.
func (s State) equal(o State) bool { return slices.EqualFunc(s.stores, o.stores, (*store).equal) }

// hash returns a hash of the state.
func (s State) hash() uint64 {
	var d sim.Digest
	for _, w := range s.stores {
		d = d.Mix(uint64(w.digest()))
	}
	return uint64(d)
}

// String returns the store, or the different ones that it may be.
func (s State) String() string {
	text := ""
	for i, w := range s.stores {
		if i > 0 {
			text += " or "
		}
		text += w.String()
	}
	return text
}

// describe returns the operation on one line.
func describe(in *kvapi.Op, out *kvapi.Output) string {
	if out == nil {
		return in.String() + " -> unknown"
	}
	return in.Explain(out)
}
