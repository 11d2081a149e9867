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
			errs |= when(len(branch) > 1 && touchesOf(branch).twice(), etcdapi.ErrDuplicateKey)
		}
	}
	return errs
}

// touched is what a branch may put and delete. Each entry has the number of the operation of the branch that it is of:
// what one operation does to a key in different branches of its own is done at most once.
type touched struct {
	puts    []string
	putBy   []int
	deletes []etcdapi.Span
	by      []int
}

// touchesOf returns what a branch may put and delete.
func touchesOf(branch []etcdapi.Op) *touched {
	t := &touched{}
	for i := range branch {
		t.add(&branch[i], i)
	}
	return t
}

// add adds what the operation with the number n does.
func (t *touched) add(op *etcdapi.Op, n int) {
	switch op.Kind {
	case etcdapi.Put:
		t.puts, t.putBy = append(t.puts, op.Span.Key), append(t.putBy, n)
	case etcdapi.DeleteRange:
		t.deletes, t.by = append(t.deletes, op.Span), append(t.by, n)
	case etcdapi.Txn:
		for _, branch := range [...][]etcdapi.Op{op.Then, op.Else} {
			for i := range branch {
				t.add(&branch[i], n)
			}
		}
	}
}

// twice reports whether a key that one operation puts is put or deleted by another.
func (t *touched) twice() bool {
	first := make(map[string]int, len(t.puts))
	for i, key := range t.puts {
		if n, found := first[key]; found && n != t.putBy[i] {
			return true
		}
		first[key] = t.putBy[i]
	}
	for i, key := range t.puts {
		for j, span := range t.deletes {
			if t.putBy[i] != t.by[j] && span.Contains(key) {
				return true
			}
		}
	}
	return false
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
		branch := s.branch(op)
		for i := range branch {
			errs |= s.refuses(&branch[i])
		}
	}
	return errs
}
