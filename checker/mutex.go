package checker

import (
	"cmp"
	"fmt"
	"slices"

	"schism/sim"
)

// What JudgeMutex checks, and the IDs of the violations.
const (
	// MutualExclusion: no two clients hold at the same time, in true time, what only one may hold. A client holds it
	// from the return of the answer that says so until it calls the release, or until its lease or session may be over
	// in true time, if that is earlier. A service that keeps its promises never breaks this, fenced or not.
	MutualExclusion = "mutual-exclusion"
	// BelievedExclusion: no two clients believe so at the same time. A client believes it until it calls the release,
	// or hears that its lease or session is over. No service can promise this: a client that is stopped does not learn
	// in time that it has lost the lock. That is why resources have to be fenced.
	BelievedExclusion = "believed-exclusion"
)

// Holding is a time in which a client held, or believed to hold, what only one may hold: from Since on, and until just
// before Until.
type Holding struct {
	Holder       sim.NodeID
	Since, Until sim.Time
	// Op is the operation by which it came to hold it.
	Op *sim.Op
}

// String returns "c1 from 3.2s to 4s".
func (h *Holding) String() string { return fmt.Sprintf("%s from %v to %v", h.Holder, h.Since, h.Until) }

// JudgeMutex judges by holdings, which are all of one lock, that different holders take turns. The check is what is
// said to be broken if they do not. Holdings that end when another one begins do not overlap.
func JudgeMutex(check string, holdings []Holding) Report {
	list := slices.DeleteFunc(slices.Clone(holdings), func(h Holding) bool { return h.Since >= h.Until })
	slices.SortStableFunc(list, func(a, b Holding) int { return cmp.Compare(a.Since, b.Since) })
	r := Report{Check: check, Verdict: Valid, Reason: fmt.Sprintf("%d holdings", len(list)), Blocked: -1}
	r.Effort.Operations = len(list)
	last := 0 // of those that began so far, the one that ends last
	for i := 1; i < len(list); i++ {
		a, b := &list[last], &list[i]
		if b.Since < a.Until && a.Holder != b.Holder {
			r.Verdict, r.Core, r.Blocked = Invalid, []sim.Op{*a.Op, *b.Op}, 1
			r.Reason = fmt.Sprintf("there are two holders at once, %v and %v", a, b)
			break
		}
		if b.Until > a.Until {
			last = i
		}
	}
	return r
}
