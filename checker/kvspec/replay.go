package kvspec

import (
	"cmp"
	"math"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
)

// replay goes through the replies along their revisions. Where a revision is missing it puts a write whose reply is
// lost, or the end of a lease that has keys: first what fits best, then whatever else is possible, within a budget.
//
//  1. ops are sorted as the store must have done them. What is not linearized stands behind the change of its revision.
//  2. lost are in the order of their calls; used says which have their place.
//  3. stores has the store after each revision, from the first on.
//  4. No operation stands behind one that was called after it had returned; latest, wherever it is handed on, is the
//     last call so far of what is linearized.
type replay struct {
	ops, lost []*reply
	used      []bool
	hints     *hints
	compacts  []*reply
	stores    []*store
	// last is the highest revision that any of ops tells.
	last kvapi.Revision
	// budget is how many steps are left. If it is below 0 nothing was shown.
	budget int
	// farthest is how far it got, and blocked the store in front of what it could not place there.
	farthest int
	blocked  *store
}

// replayed replays the replies that takes wants, none of them lost, and reports whether they have an explanation. The
// index suggests the order of those with one revision; if it does not help, then their calls, which respect real time.
func replayed(replies []reply, takes func(*reply) bool, budget int) (r *replay, explained bool) {
	for _, byIndex := range [...]bool{true, false} {
		r = newReplay(replies, takes, budget)
		slices.SortStableFunc(r.ops, func(a, b *reply) int {
			switch {
			case a.revision != b.revision:
				return cmp.Compare(a.revision, b.revision)
			case a.place() != b.place() || !byIndex:
				return cmp.Compare(a.place(), b.place())
			}
			return cmp.Or(cmp.Compare(a.out.Index, b.out.Index), cmp.Compare(a.behind(), b.behind()))
		})
		if r.succeeds() {
			return r, true
		}
	}
	return r, false
}

// newReplay returns a replay of the replies that takes wants, in the order of their calls.
func newReplay(replies []reply, takes func(*reply) bool, budget int) *replay {
	r := &replay{last: kvapi.FirstRevision, budget: budget + len(replies), farthest: -1}
	for i := range replies {
		x := &replies[i]
		if takes(x) {
			r.last = max(r.last, x.revision)
		}
		if x.in.Kind == kvapi.Compact && (x.out == nil || x.out.Code == kvapi.OK) {
			r.compacts = append(r.compacts, x)
		}
	}
	r.ops = checker.Chosen(replies, takes, call)
	r.lost = checker.Chosen(replies, func(r *reply) bool { return r.kind == lost }, call)
	r.used = make([]bool, len(r.lost))
	return r
}

// onKeys reports whether an operation is about keys alone, so that all that it can change is told by revisions.
func onKeys(op *kvapi.Op) bool {
	switch op.Kind {
	case kvapi.Put:
		return op.Lease == 0
	case kvapi.Txn:
		for _, branch := range [...][]kvapi.Op{op.Then, op.Else} {
			for i := range branch {
				if !onKeys(&branch[i]) {
					return false
				}
			}
		}
		return true
	}
	return op.Kind <= kvapi.Txn || op.Kind > kvapi.Leases || op.Kind == kvapi.HashKV
}

// place returns where a reply stands among those with its revision.
func (r *reply) place() int {
	switch r.kind {
	case changing:
		return 0
	case local, aside, event:
		return 1
	}
	return 2
}

// behind returns 0 for what has an index of its own in the log, and 1 for what has that of the last one before it.
func (r *reply) behind() int {
	if writes(r.in) {
		return 0
	}
	return 1
}

// succeeds reports whether everything has an explanation.
func (r *replay) succeeds() bool {
	if r.last > r.most() {
		return false
	}
	r.stores = make([]*store, r.last)
	s := newStore()
	r.stores[0] = s
	return r.run(0, s, 0)
}

// most returns the highest revision that there can be: each change has one, and so has the end of each lease.
func (r *replay) most() kvapi.Revision {
	n := len(r.lost)
	for _, x := range r.ops {
		if x.kind == changing || x.in.Kind == kvapi.LeaseGrant {
			n++
		}
	}
	return kvapi.FirstRevision + kvapi.Revision(n)
}

// run explains the replies from i on, in the store s.
func (r *replay) run(i int, s *store, latest uint64) bool {
	for ; i < len(r.ops); i++ {
		x := r.ops[i]
		if r.budget--; r.budget < 0 || x.returned <= latest {
			return r.block(i, s)
		}
		if needs := x.revision - s.now.revision; needs > 1 || needs == 1 && x.kind != changing {
			return r.fill(i, s, latest)
		}
		next, right := s.explain(x, r.compacts)
		if !right {
			return r.block(i, s) || r.mend(i, s, latest)
		}
		s = next
		r.stores[s.now.revision-1] = s
		if x.linearized() {
			latest = max(latest, x.called)
		}
	}
	return s.now.revision >= r.last || r.fill(i, s, latest)
}

// revokes reports whether a reply is to a LeaseRevoke that changes keys of s, and so makes a revision.
func (s *store) revokes(x *reply) bool {
	return x.in.Kind == kvapi.LeaseRevoke && x.out.Code == kvapi.OK && x.revision == s.now.revision+1 &&
		len(s.attached(x.in.Lease)) > 0
}

// block notes that the reply i has no place, and returns false.
func (r *replay) block(i int, s *store) bool {
	if i > r.farthest {
		r.farthest, r.blocked = i, s
	}
	return false
}

// fill finds something for the revision after s, and explains the replies from i on.
func (r *replay) fill(i int, s *store, latest uint64) bool {
	r.block(i, s)
	if r.hints == nil {
		r.hints = newHints(r)
	}
	if r.fillRevoked(i, s, latest) {
		return true
	}
	at := s.now.revision + 1
	n, _ := slices.BinarySearchFunc(r.lost, r.hints.deadline(at), func(x *reply, deadline uint64) int {
		return cmp.Compare(x.called, deadline)
	})
	for k := n - 1; k >= 0; k-- {
		u := r.lost[k]
		if r.used[k] || !r.hints.allow(u.in, at) {
			continue
		}
		r.budget--
		if next := s.assume(u.in); next.now.revision == at && r.hints.fit(next) && r.use(k, i, next, latest) {
			return true
		}
	}
	return r.fillEnded(i, s, latest) || r.fillGranted(i, s, latest)
}

// fillRevoked is fill with a LeaseRevoke that was answered, from i on or behind others with its revision.
func (r *replay) fillRevoked(i int, s *store, latest uint64) bool {
	for k := i; k < len(r.ops) && r.ops[k].revision == s.now.revision+1; k++ {
		x := r.ops[k]
		if !s.revokes(x) || x.returned <= latest {
			continue
		}
		copy(r.ops[i+1:], r.ops[i:k])
		r.ops[i] = x
		next := s.end(x.in.Lease)
		r.stores[next.now.revision-1] = next
		if r.run(i+1, next, max(latest, x.called)) {
			return true
		}
		copy(r.ops[i:], r.ops[i+1:k+1])
		r.ops[k] = x
	}
	return false
}

// fillEnded is fill with the end of a lease, the likeliest first.
func (r *replay) fillEnded(i int, s *store, latest uint64) bool {
	at, leases := s.now.revision+1, s.holding()
	r.hints.likely(leases, at)
	for _, l := range leases {
		next := s.end(l)
		r.budget--
		if r.stores[at-1] = next; r.budget >= 0 && r.hints.fit(next) && r.run(i, next, latest) {
			return true
		}
	}
	return false
}

// fillGranted is fill after a lost LeaseGrant without which a lost write does nothing.
func (r *replay) fillGranted(i int, s *store, latest uint64) bool {
	for k, u := range r.lost {
		if r.used[k] || u.in.Kind != kvapi.LeaseGrant || s.live(u.in.Lease) {
			continue
		}
		r.budget--
		wanted := slices.ContainsFunc(r.lost, func(x *reply) bool {
			return slices.Contains(s.leasesOf(x.in, nil), u.in.Lease)
		})
		if wanted && r.use(k, i, s.assume(u.in), latest) {
			return true
		}
	}
	return false
}

// use gives the lost write k its place, which makes the store next, and explains the replies from i on.
func (r *replay) use(k, i int, next *store, latest uint64) bool {
	if r.budget < 0 {
		return false
	}
	r.stores[next.now.revision-1] = next
	r.used[k] = true
	if r.run(i, next, max(latest, r.lost[k].called)) {
		return true
	}
	r.used[k] = false
	return false
}

// mend explains the reply i, and those behind it, with a lost write before it that changes no key.
func (r *replay) mend(i int, s *store, latest uint64) bool {
	x := r.ops[i]
	for k, u := range r.lost {
		if r.used[k] || u.called >= x.returned || onKeys(u.in) {
			continue
		}
		next := s.assume(u.in)
		if u.in.Kind == kvapi.LeaseGrant && u.in.Lease == 0 {
			for _, l := range s.leasesOf(x.in, []kvapi.LeaseID{x.in.Lease}) {
				next = next.grant(l)
			}
		}
		r.budget--
		if next.now.revision != s.now.revision {
			continue
		}
		if _, right := next.explain(x, r.compacts); right && r.use(k, i, next, latest) {
			return true
		}
	}
	return false
}

// noDeadline is that of a revision that no reply needs.
const noDeadline = math.MaxUint64
