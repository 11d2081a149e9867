package kvspec

import "schism/raft/kvapi"

// codes is a set of errors.
type codes uint64

func (c codes) has(code kvapi.Code) bool { return c>>code&1 != 0 }

// when returns the error if it is one.
func when(is bool, code kvapi.Code) codes {
	if is {
		return 1 << code
	}
	return 0
}

// refused returns the errors that an operation has in every store. Which of several a server finds first is left open.
func refused(op *kvapi.Op) (errs codes) {
	switch op.Kind {
	case kvapi.Range, kvapi.DeleteRange:
		return when(op.Span.Key == "", kvapi.ErrEmptyKey)
	case kvapi.Put:
		return when(op.Span.Key == "", kvapi.ErrEmptyKey) |
			when(op.Flags&kvapi.FlagIgnoreValue != 0 && op.Value != "", kvapi.ErrValueProvided) |
			when(op.Flags&kvapi.FlagIgnoreLease != 0 && op.Lease != 0, kvapi.ErrLeaseProvided)
	case kvapi.LeaseGrant:
		return when(op.TTL > kvapi.MaxTTL, kvapi.ErrLeaseTTLTooLarge)
	case kvapi.Txn:
		errs = when(max(len(op.If), len(op.Then), len(op.Else)) > kvapi.MaxTxnOps, kvapi.ErrTooManyOps)
		for i := range op.If {
			errs |= when(op.If[i].Span.Key == "", kvapi.ErrEmptyKey)
		}
		for _, branch := range [...][]kvapi.Op{op.Then, op.Else} {
			for i := range branch {
				errs |= refused(&branch[i])
			}
			errs |= when(twice(branch), kvapi.ErrDuplicateKey)
		}
	}
	return errs
}

// twice reports whether a key that one operation of a branch puts is put or deleted by another.
func twice(branch []kvapi.Op) bool {
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
func clash(a, b *kvapi.Op) bool {
	switch {
	case a.Kind == kvapi.Txn:
		for _, branch := range [...][]kvapi.Op{a.Then, a.Else} {
			for i := range branch {
				if clash(&branch[i], b) {
					return true
				}
			}
		}
		return false
	case b.Kind == kvapi.Txn:
		return clash(b, a)
	case a.Kind == kvapi.Put:
		return (b.Kind == kvapi.Put || b.Kind == kvapi.DeleteRange) && covers(b.Span, a.Span.Key)
	}
	return a.Kind == kvapi.DeleteRange && b.Kind == kvapi.Put && covers(a.Span, b.Span.Key)
}

// refuses returns the errors that an operation on keys has in s.
func (s *store) refuses(op *kvapi.Op) (errs codes) {
	switch op.Kind {
	case kvapi.Range:
		return when(op.Revision > s.now.revision, kvapi.ErrFutureRev) |
			when(op.Revision > 0 && op.Revision < s.compacted, kvapi.ErrCompacted)
	case kvapi.Put:
		keeps := op.Flags&(kvapi.FlagIgnoreValue|kvapi.FlagIgnoreLease) != 0
		return when(keeps && s.now.keys.find(op.Span.Key) == nil, kvapi.ErrKeyNotFound) |
			when(op.Lease != 0 && !s.live(op.Lease), kvapi.ErrLeaseNotFound)
	case kvapi.Txn:
		branch, _ := s.branch(op)
		for i := range branch {
			errs |= s.refuses(&branch[i])
		}
	}
	return errs
}
