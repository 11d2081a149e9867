package etcdspec

import "schism/raft/etcdapi"

// codes is a set of errors.
type codes uint64

func (c codes) has(code etcdapi.Code) bool { return c>>code&1 != 0 }

// when returns the error if it is one.
func when(is bool, code etcdapi.Code) codes {
	if is {
		return 1 << code
	}
	return 0
}

// refused returns the errors that an operation has in every store. Which of several a server finds first is left open.
func refused(op *etcdapi.Op) (errs codes) {
	switch op.Kind {
	case etcdapi.Range, etcdapi.DeleteRange:
		return when(op.Span.Key == "", etcdapi.ErrEmptyKey)
	case etcdapi.Put:
		return when(op.Span.Key == "", etcdapi.ErrEmptyKey) |
			when(op.Flags&etcdapi.FlagIgnoreValue != 0 && op.Value != "", etcdapi.ErrValueProvided) |
			when(op.Flags&etcdapi.FlagIgnoreLease != 0 && op.Lease != 0, etcdapi.ErrLeaseProvided)
	case etcdapi.LeaseGrant:
		return when(op.TTL > etcdapi.MaxTTL, etcdapi.ErrLeaseTTLTooLarge)
	case etcdapi.Txn:
		errs = when(max(len(op.If), len(op.Then), len(op.Else)) > etcdapi.MaxTxnOps, etcdapi.ErrTooManyOps)
		for i := range op.If {
			errs |= when(op.If[i].Span.Key == "", etcdapi.ErrEmptyKey)
		}
		for _, branch := range [...][]etcdapi.Op{op.Then, op.Else} {
			for i := range branch {
				errs |= refused(&branch[i])
			}
			errs |= when(twice(branch), etcdapi.ErrDuplicateKey)
		}
	}
	return errs
}

// twice reports whether a key that one operation of a branch puts is put or deleted by another.
func twice(branch []etcdapi.Op) bool {
	for i := range branch {
		for j := range i {
			if clash(&branch[j], &branch[i]) {
				return true
			}
		}
	}
	return false
}

// clash reports whether one of two operations can put a key that the other can put or delete, in whichever branch.
func clash(a, b *etcdapi.Op) bool {
	switch {
	case a.Kind == etcdapi.Txn:
		for _, branch := range [...][]etcdapi.Op{a.Then, a.Else} {
			for i := range branch {
				if clash(&branch[i], b) {
					return true
				}
			}
		}
		return false
	case b.Kind == etcdapi.Txn:
		return clash(b, a)
	case a.Kind == etcdapi.Put:
		return (b.Kind == etcdapi.Put || b.Kind == etcdapi.DeleteRange) && b.Span.Contains(a.Span.Key)
	}
	return a.Kind == etcdapi.DeleteRange && b.Kind == etcdapi.Put && a.Span.Contains(b.Span.Key)
}

// refuses returns the errors that an operation on keys has in s.
func (s *store) refuses(op *etcdapi.Op) (errs codes) {
	switch op.Kind {
	case etcdapi.Range:
		return when(op.Revision > s.now.revision, etcdapi.ErrFutureRev) |
			when(op.Revision > 0 && op.Revision < s.compacted, etcdapi.ErrCompacted)
	case etcdapi.Put:
		keeps := op.Flags&(etcdapi.FlagIgnoreValue|etcdapi.FlagIgnoreLease) != 0
		return when(keeps && s.now.keys.find(op.Span.Key) == nil, etcdapi.ErrKeyNotFound) |
			when(op.Lease != 0 && !s.live(op.Lease), etcdapi.ErrLeaseNotFound)
	case etcdapi.Txn:
		branch, _ := s.branch(op)
		for i := range branch {
			errs |= s.refuses(&branch[i])
		}
	}
	return errs
}
