package mvcc

import (
	"slices"

	"schism/raft/kvapi"
)

// refused returns the error that every store answers op with, whatever it has, OK if there is none (checkPutRequest
// and the like of etcd's v3rpc).
func (s *Store) refused(op *kvapi.Op) kvapi.Code {
	if op.Kind != kvapi.Txn {
		return refusedPart(op, 0)
	}
	if c := refusedTxn(op, kvapi.MaxTxnOps); c != kvapi.OK {
		return c
	}
	if !s.rules.Disjoint(disjoint(op.Then) && disjoint(op.Else)) {
		return kvapi.ErrDuplicateKey
	}
	return kvapi.OK
}

// refusedTxn returns the error of a Txn that may have lists of room.
func refusedTxn(op *kvapi.Op, room int) kvapi.Code {
	room -= max(len(op.If), len(op.Then), len(op.Else))
	if room < 0 {
		return kvapi.ErrTooManyOps
	}
	for i := range op.If {
		if op.If[i].Span.Key == "" {
			return kvapi.ErrEmptyKey
		}
	}
	for _, branch := range [...][]kvapi.Op{op.Then, op.Else} {
		for i := range branch {
			if c := refusedPart(&branch[i], room); c != kvapi.OK {
				return c
			}
		}
	}
	return kvapi.OK
}

// refusedPart returns the error of an operation; a nested Txn may have lists of room.
func refusedPart(op *kvapi.Op, room int) kvapi.Code {
	switch op.Kind {
	case kvapi.Range, kvapi.DeleteRange:
		if op.Span.Key == "" {
			return kvapi.ErrEmptyKey
		}
	case kvapi.Put:
		switch {
		case op.Span.Key == "":
			return kvapi.ErrEmptyKey
		case op.Flags&kvapi.FlagIgnoreValue != 0 && op.Value != "":
			return kvapi.ErrValueProvided
		case op.Flags&kvapi.FlagIgnoreLease != 0 && op.Lease != 0:
			return kvapi.ErrLeaseProvided
		}
	case kvapi.Txn:
		return refusedTxn(op, room)
	}
	return kvapi.OK
}

// writes are the keys that a part of a branch puts, sorted, and the spans that it deletes, whichever way its conditions
// go.
type writes struct {
	puts    []string
	deletes []kvapi.Span
}

// disjoint reports whether no two parts of a branch, or of one below it, change the same key, unless both only delete
// it. That is checkIntervals without its hole: etcd lets one nested Txn put what one after it deletes, and a key that
// is changed twice in one revision breaks its compaction (etcd 22376).
func disjoint(branch []kvapi.Op) bool {
	if len(branch) == 0 || len(branch) == 1 && branch[0].Kind != kvapi.Txn {
		return true
	}
	_, ok := collect(branch)
	return ok
}

// collect returns what a branch changes, and whether its parts change different keys.
func collect(branch []kvapi.Op) (writes, bool) {
	if len(branch) == 1 {
		return writesOf(&branch[0])
	}
	var all writes
	for i := range branch {
		part, ok := writesOf(&branch[i])
		if !ok || all.meets(&part) {
			return writes{}, false
		}
		all = all.with(&part)
	}
	return all, true
}

// writesOf returns what op changes, and whether its own parts change different keys. Of the two branches of a Txn one
// is done, so they may change the same.
func writesOf(op *kvapi.Op) (writes, bool) {
	switch op.Kind {
	case kvapi.Put:
		return writes{puts: []string{op.Span.Key}}, true
	case kvapi.DeleteRange:
		return writes{deletes: []kvapi.Span{op.Span}}, true
	case kvapi.Txn:
		a, aOK := collect(op.Then)
		b, bOK := collect(op.Else)
		return a.with(&b), aOK && bOK
	}
	return writes{}, true
}

// with returns what w or x change.
func (w *writes) with(x *writes) writes {
	all := writes{append(w.puts, x.puts...), append(w.deletes, x.deletes...)}
	slices.Sort(all.puts)
	return all
}

// meets reports whether w puts what x puts or deletes, or the reverse.
func (w *writes) meets(x *writes) bool {
	for _, key := range x.puts {
		if _, found := slices.BinarySearch(w.puts, key); found {
			return true
		}
	}
	return w.deletesAny(x.puts) || x.deletesAny(w.puts)
}

// deletesAny reports whether w deletes one of keys, which are sorted.
func (w *writes) deletesAny(keys []string) bool {
	for _, span := range w.deletes {
		i, _ := slices.BinarySearch(keys, span.Key)
		if i < len(keys) && span.Contains(keys[i]) {
			return true
		}
	}
	return false
}
