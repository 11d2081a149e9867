package mvcc

import "schism/raft/etcdapi"

// refused returns the error that every store answers op with, whatever it has, OK if there is none (checkPutRequest
// and the like of etcd's v3rpc).
func (s *Store) refused(op *etcdapi.Op) etcdapi.Code {
	if op.Kind != etcdapi.Txn {
		return refusedPart(op, 0)
	}
	if c := refusedTxn(op, etcdapi.MaxTxnOps); c != etcdapi.OK {
		return c
	}
	if !s.rules.Disjoint(disjoint(op.Then) && disjoint(op.Else)) {
		return etcdapi.ErrDuplicateKey
	}
	return etcdapi.OK
}

// refusedTxn returns the error of a Txn that may have lists of room.
func refusedTxn(op *etcdapi.Op, room int) etcdapi.Code {
	room -= max(len(op.If), len(op.Then), len(op.Else))
	if room < 0 {
		return etcdapi.ErrTooManyOps
	}
	for i := range op.If {
		if op.If[i].Span.Key == "" {
			return etcdapi.ErrEmptyKey
		}
	}
	for _, branch := range [...][]etcdapi.Op{op.Then, op.Else} {
		for i := range branch {
			if c := refusedPart(&branch[i], room); c != etcdapi.OK {
				return c
			}
		}
	}
	return etcdapi.OK
}

// refusedPart returns the error of an operation; a nested Txn may have lists of room.
func refusedPart(op *etcdapi.Op, room int) etcdapi.Code {
	switch op.Kind {
	case etcdapi.Range, etcdapi.DeleteRange:
		if op.Span.Key == "" {
			return etcdapi.ErrEmptyKey
		}
	case etcdapi.Put:
		switch {
		case op.Span.Key == "":
			return etcdapi.ErrEmptyKey
		case op.Flags&etcdapi.FlagIgnoreValue != 0 && op.Value != "":
			return etcdapi.ErrValueProvided
		case op.Flags&etcdapi.FlagIgnoreLease != 0 && op.Lease != 0:
			return etcdapi.ErrLeaseProvided
		}
	case etcdapi.Txn:
		return refusedTxn(op, room)
	}
	return etcdapi.OK
}

// writes are the keys that a part of a branch puts, and the spans that it deletes, whichever way its conditions go.
type writes struct {
	puts    []string
	deletes []etcdapi.Span
}

// disjoint reports whether no two parts of a branch, or of one below it, change the same key, unless both only delete
// it. That is checkIntervals without its hole: etcd lets one nested Txn put what one after it deletes, and a key that
// is changed twice in one revision breaks its compaction (etcd 22376).
func disjoint(branch []etcdapi.Op) bool {
	if len(branch) == 0 || len(branch) == 1 && branch[0].Kind != etcdapi.Txn {
		return true
	}
	_, ok := collect(branch)
	return ok
}

// collect returns what a branch changes, and whether its parts change different keys.
func collect(branch []etcdapi.Op) (writes, bool) {
	if len(branch) == 1 {
		return writesOf(&branch[0])
	}
	var all writes
	for i := range branch {
		part, ok := writesOf(&branch[i])
		if !ok || all.meets(&part) {
			return writes{}, false
		}
		all.puts = append(all.puts, part.puts...)
		all.deletes = append(all.deletes, part.deletes...)
	}
	return all, true
}

// writesOf returns what op changes, and whether its own parts change different keys. Of the two branches of a Txn one
// is done, so they may change the same.
func writesOf(op *etcdapi.Op) (writes, bool) {
	switch op.Kind {
	case etcdapi.Put:
		return writes{puts: []string{op.Span.Key}}, true
	case etcdapi.DeleteRange:
		return writes{deletes: []etcdapi.Span{op.Span}}, true
	case etcdapi.Txn:
		a, aOK := collect(op.Then)
		b, bOK := collect(op.Else)
		return writes{append(a.puts, b.puts...), append(a.deletes, b.deletes...)}, aOK && bOK
	}
	return writes{}, true
}

// meets reports whether w puts what x puts or deletes, or the reverse.
func (w *writes) meets(x *writes) bool {
	for _, key := range x.puts {
		for _, other := range w.puts {
			if key == other {
				return true
			}
		}
	}
	return w.deletesAny(x.puts) || x.deletesAny(w.puts)
}

// deletesAny reports whether w deletes one of keys.
func (w *writes) deletesAny(keys []string) bool {
	for _, span := range w.deletes {
		for _, key := range keys {
			if span.Contains(key) {
				return true
			}
		}
	}
	return false
}
