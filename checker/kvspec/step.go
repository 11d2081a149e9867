package kvspec

import (
	"slices"

	"schism/raft/kvapi"
)

// step returns the store after an operation, and whether the reply to it is right if no lease with keys has ended
// before. The operation goes through the log, or is a linearizable read.
func (s *store) step(op *kvapi.Op, out *kvapi.Output) (*store, bool) {
	next, right := s.answer(op, &out.Result)
	return next, right && next.now.revision == out.Revision
}

// answer is step without the revision.
func (s *store) answer(op *kvapi.Op, got *kvapi.Result) (*store, bool) {
	if got.Code != kvapi.OK && refused(op).has(got.Code) || got.Code == kvapi.ErrNoSpace && writes(op) {
		return s, true
	}
	switch op.Kind {
	case kvapi.Range, kvapi.Put, kvapi.DeleteRange, kvapi.Txn:
		return s.answerKeys(op, got)
	case kvapi.Compact:
		return s.answerCompact(op, got)
	case kvapi.LeaseGrant:
		return s.answerGrant(op, got)
	case kvapi.LeaseRevoke:
		if got.Code == kvapi.ErrLeaseNotFound {
			return s.answerGone(op.Lease)
		}
		return s.end(op.Lease), got.Code == kvapi.OK && s.live(op.Lease)
	}
	return s, true
}

// answerKeys is answer of an operation on keys.
func (s *store) answerKeys(op *kvapi.Op, got *kvapi.Result) (*store, bool) {
	errs := s.refuses(op)
	switch {
	case got.Code == kvapi.OK && errs != 0:
		return s, false
	case got.Code == kvapi.OK && plain(op):
		return s, s.has(op, got)
	case got.Code == kvapi.OK:
		next, want := s.do(op)
		return next, matches(op, &want, got) && refused(op) == 0
	case errs.has(got.Code):
		return s, got.Code != kvapi.ErrCompacted || s.tells(got)
	case got.Code == kvapi.ErrLeaseNotFound:
		return s.answerGone(s.leasesOf(op, nil)...)
	}
	return s, false
}

// plain reports whether an operation reads one key and nothing else, as most do.
func plain(op *kvapi.Op) bool {
	return op.Kind == kvapi.Range && single(op.Span) && op.Flags&^kvapi.FlagSerializable == 0 &&
		op.Bounds == (kvapi.Bounds{})
}

// has reports whether a plain read shows what is there.
func (s *store) has(op *kvapi.Op, got *kvapi.Result) bool {
	keys := s.now.keys
	if op.Revision > 0 {
		keys = s.now.at(op.Revision).keys
	}
	if kv := keys.find(op.Span.Key); kv != nil {
		return got.Count == 1 && len(got.KVs) == 1 && got.KVs[0] == *kv && !got.More
	}
	return got.Count == 0 && len(got.KVs) == 0 && !got.More
}

// leasesOf appends the leases to which an operation attaches keys in s.
func (s *store) leasesOf(op *kvapi.Op, leases []kvapi.LeaseID) []kvapi.LeaseID {
	if op.Kind == kvapi.Put && op.Lease != 0 {
		leases = append(leases, op.Lease)
	}
	if op.Kind == kvapi.Txn {
		branch, _ := s.branch(op)
		for i := range branch {
			leases = s.leasesOf(&branch[i], leases)
		}
	}
	return leases
}

// answerGone returns the store after a reply that one of the leases is not there, and whether that may be: a lease
// without keys may be gone at any time, and nothing shows it.
func (s *store) answerGone(leases ...kvapi.LeaseID) (*store, bool) {
	leases = slices.Compact(leases)
	for _, l := range leases {
		if !s.live(l) {
			return s, true
		}
	}
	leases = slices.DeleteFunc(leases, func(l kvapi.LeaseID) bool { return len(s.attached(l)) > 0 })
	if len(leases) == 1 {
		return s.end(leases[0]), true
	}
	return s, len(leases) > 0
}

// answerCompact is answer of a Compact.
func (s *store) answerCompact(op *kvapi.Op, got *kvapi.Result) (*store, bool) {
	switch {
	case op.Revision <= s.compacted:
		return s, got.Code == kvapi.ErrCompacted && s.tells(got)
	case op.Revision > s.now.revision:
		return s, got.Code == kvapi.ErrFutureRev
	}
	return s.compact(op.Revision), got.Code == kvapi.OK
}

// tells reports whether an ErrCompacted tells the least revision that can be asked for, or none.
func (s *store) tells(got *kvapi.Result) bool {
	return got.Compacted == 0 || got.Compacted == s.compacted
}

// compact returns the store in which what was before r is forgotten.
func (s *store) compact(r kvapi.Revision) *store {
	c := *s
	c.compacted = r
	return &c
}

// answerGrant is answer of a LeaseGrant. A lease of that name that has no keys may have gone before.
func (s *store) answerGrant(op *kvapi.Op, got *kvapi.Result) (*store, bool) {
	switch {
	case got.Code == kvapi.ErrLeaseExist:
		return s, s.live(op.Lease)
	case got.Code != kvapi.OK || got.TTL < op.TTL || got.Lease == 0 || op.Lease != 0 && got.Lease != op.Lease:
		return s, false
	}
	return s.grant(got.Lease), len(s.attached(got.Lease)) == 0
}

// assume returns the store after an operation whose reply nobody knows. It is taken to succeed if it can: one that
// failed is as good as one that has not happened yet.
func (s *store) assume(op *kvapi.Op) *store {
	if refused(op) != 0 {
		return s
	}
	switch op.Kind {
	case kvapi.Put, kvapi.DeleteRange, kvapi.Txn:
		if s.refuses(op) == 0 {
			s, _ = s.do(op)
		}
	case kvapi.Compact:
		if op.Revision > s.compacted && op.Revision <= s.now.revision {
			return s.compact(op.Revision)
		}
	case kvapi.LeaseGrant:
		if op.Lease != 0 {
			return s.grant(op.Lease)
		}
	case kvapi.LeaseRevoke:
		return s.end(op.Lease)
	}
	return s
}
