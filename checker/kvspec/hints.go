package kvspec

import (
	"cmp"
	"math"
	"slices"

	"schism/raft/kvapi"
)

// hints are what replies say about the changes that have none.
//
//  1. deadlines[i] is when the first reply returned that has the revision i+1 or a higher one.
//  2. shown are the keys that a revision has put, as far as replies tell, and for those without a known change.
//  3. quiet says of each key between which revisions nothing was done to it.
//  4. leases are those of which a reply shows anything.
type hints struct {
	deadlines []uint64
	known     []bool
	shown     map[kvapi.Revision][]kvapi.KeyValue
	quiet     map[string]*stretches
	leases    map[kvapi.LeaseID]lifetime
}

// lifetime is what replies show of a lease: the last revision at which it was there, and the first at which it was not,
// 0 for none. A name that is granted again makes them no more than a guess.
type lifetime struct{ alive, gone kvapi.Revision }

// stretches are sorted once they are asked for: by after, and until is then the highest of all so far.
type stretches struct {
	list   []stretch
	sorted bool
}

// stretch is the revisions after after, up to until.
type stretch struct{ after, until kvapi.Revision }

// newHints returns what the replies that are replayed tell.
func newHints(r *replay) *hints {
	h := &hints{deadlines: make([]uint64, r.last), known: make([]bool, r.last+1),
		shown: map[kvapi.Revision][]kvapi.KeyValue{}, quiet: map[string]*stretches{},
		leases: map[kvapi.LeaseID]lifetime{}}
	for i := range h.deadlines {
		h.deadlines[i] = noDeadline
	}
	for _, x := range r.ops {
		if x.revision > 0 {
			h.deadlines[x.revision-1] = min(h.deadlines[x.revision-1], x.returned)
		}
		if x.kind == changing {
			h.known[x.revision] = true
		}
	}
	for i := len(h.deadlines) - 2; i >= 0; i-- {
		h.deadlines[i] = min(h.deadlines[i], h.deadlines[i+1])
	}
	for _, x := range r.ops {
		h.read(x.in, &x.out.Result, x.revision)
		h.readLease(x)
	}
	return h
}

// read takes over what a result at a revision shows.
func (h *hints) read(in *kvapi.Op, r *kvapi.Result, at kvapi.Revision) {
	if in.Kind == kvapi.Txn {
		branch := in.Else
		if r.Succeeded {
			branch = in.Then
		}
		for i := range min(len(branch), len(r.Responses)) {
			h.read(&branch[i], &r.Responses[i], at)
		}
		return
	}
	until := at
	if in.Revision > 0 {
		until = min(at, in.Revision)
	}
	if in.Flags&kvapi.FlagKeysOnly != 0 {
		return
	}
	for _, list := range [...][]kvapi.KeyValue{r.KVs, r.Prev} {
		for i := range list {
			kv := &list[i]
			if m := kv.ModRevision; m > 0 && int(m) < len(h.known) && !h.known[m] {
				h.shown[m] = append(h.shown[m], *kv)
			}
			if h.quiet[kv.Key] == nil {
				h.quiet[kv.Key] = &stretches{}
			}
			h.quiet[kv.Key].add(stretch{kv.ModRevision, until})
		}
		until = at - 1 // the operation itself has changed what was there before
	}
}

// readLease takes over what a reply shows of the lease that it is about.
func (h *hints) readLease(x *reply) {
	id := x.in.Lease
	l, code := h.leases[id], x.out.Code
	switch {
	case id == 0:
		return
	case code == kvapi.ErrLeaseNotFound || x.in.Kind == kvapi.LeaseTimeToLive && x.out.TTL < 0:
		if l.gone == 0 || x.revision < l.gone {
			l.gone = x.revision
		}
	case code == kvapi.OK && x.in.Kind == kvapi.LeaseRevoke:
		l.alive = max(l.alive, x.revision-1) // at least until then
	case code == kvapi.OK && x.in.Kind != kvapi.LeaseTimeToLive:
		l.alive = max(l.alive, x.revision)
	}
	h.leases[id] = l
}

// likely sorts the leases of which one has ended at a revision: first those that were not there any more soon after it,
// last those that were seen later.
func (h *hints) likely(leases []kvapi.LeaseID, at kvapi.Revision) {
	slices.SortStableFunc(leases, func(a, b kvapi.LeaseID) int {
		return cmp.Compare(h.leases[a].guess(at), h.leases[b].guess(at))
	})
}

// guess returns the smaller a number the likelier it is that the lease has ended at a revision.
func (l lifetime) guess(at kvapi.Revision) kvapi.Revision {
	switch {
	case l.alive >= at:
		return math.MaxInt64
	case l.gone >= at:
		return l.gone
	}
	return math.MaxInt64 - 1
}

// deadline returns when the revision was there at the latest.
func (h *hints) deadline(at kvapi.Revision) uint64 { return h.deadlines[at-1] }

// allow reports whether an operation can have made the revision: it does nothing to a key to which nothing was done,
// and puts what that revision has put.
func (h *hints) allow(op *kvapi.Op, at kvapi.Revision) bool {
	shown := h.shown[at]
	for i := range shown {
		if !puts(op, &shown[i]) {
			return false
		}
	}
	return op.Kind != kvapi.Put || !h.untouched(op.Span.Key, at)
}

// untouched reports whether nothing was done to a key at a revision.
func (h *hints) untouched(key string, at kvapi.Revision) bool {
	q := h.quiet[key]
	return q != nil && q.contain(at)
}

// add adds a stretch.
func (q *stretches) add(s stretch) {
	if s.until > s.after {
		q.list = append(q.list, s)
	}
}

// contain reports whether a revision is in one of the stretches.
func (q *stretches) contain(at kvapi.Revision) bool {
	if !q.sorted {
		slices.SortFunc(q.list, func(a, b stretch) int { return cmp.Compare(a.after, b.after) })
		for i := 1; i < len(q.list); i++ {
			q.list[i].until = max(q.list[i].until, q.list[i-1].until)
		}
		q.sorted = true
	}
	n, _ := slices.BinarySearchFunc(q.list, at, func(s stretch, at kvapi.Revision) int {
		return cmp.Compare(s.after, at)
	})
	return n > 0 && q.list[n-1].until >= at
}

// puts reports whether an operation can put a key.
func puts(op *kvapi.Op, kv *kvapi.KeyValue) bool {
	if op.Kind == kvapi.Put {
		return op.Span.Key == kv.Key && (op.Value == kv.Value || op.Flags&kvapi.FlagIgnoreValue != 0)
	}
	for _, branch := range [...][]kvapi.Op{op.Then, op.Else} {
		for i := range branch {
			if puts(&branch[i], kv) {
				return true
			}
		}
	}
	return false
}

// fit reports whether a store has, of its revision, what replies show.
func (h *hints) fit(s *store) bool {
	shown := h.shown[s.now.revision]
	for i := range shown {
		if kv := s.now.keys.find(shown[i].Key); kv == nil || *kv != shown[i] {
			return false
		}
	}
	return true
}
