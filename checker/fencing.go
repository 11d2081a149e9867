package checker

import (
	"cmp"
	"fmt"
	"slices"

	"schism/sim"
)

// Fencing is the ID of the violation that a resource takes a write of who does not hold its lock any more.
const Fencing = "fencing"

// Access is a write that a resource has accepted from who held, or believed to hold, its lock.
type Access struct {
	// Op is the operation in the history.
	Op *sim.Op
	// Place numbers the writes in the order in which the resource accepted them.
	Place uint64
	// Token grows from one holding of the lock to the next.
	Token uint64
}

// JudgeFencing judges Fencing:
//
//  1. No accepted write has a lower token than one that was accepted before.
//  2. No two clients have used the same token.
//
// Two holders that overlap break the first, whoever of them comes late. Accesses whose answers were lost may be left
// out: the rest must still be in order.
func JudgeFencing(accesses []Access) Report {
	list := slices.Clone(accesses)
	slices.SortStableFunc(list, func(a, b Access) int { return cmp.Compare(a.Place, b.Place) })
	r := Report{Check: Fencing, Verdict: Valid, Reason: fmt.Sprintf("%d writes", len(list)), Blocked: -1}
	r.Effort.Operations = len(list)
	owners := map[uint64]*Access{}
	for i := range list {
		a := &list[i]
		if i > 0 && list[i-1].Token > a.Token {
			r.fenceBroken(&list[i-1], a, "was accepted after, and has a lower token than,")
			break
		}
		if other := owners[a.Token]; other != nil && other.Op.Client != a.Op.Client {
			r.fenceBroken(other, a, "has the token of")
			break
		}
		owners[a.Token] = a
	}
	return r
}

// fenceBroken turns r into a report that b must not have been accepted after a.
func (r *Report) fenceBroken(a, b *Access, how string) {
	r.Verdict, r.Core, r.Blocked = Invalid, []sim.Op{*a.Op, *b.Op}, 1
	r.Reason = fmt.Sprintf("%v by %s at %v %s %v by %s at %v",
		b.Op.Input, b.Op.Client, b.Op.Return, how, a.Op.Input, a.Op.Client, a.Op.Return)
}
