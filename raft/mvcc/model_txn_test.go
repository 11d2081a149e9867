package mvcc

import (
	"maps"
	"slices"

	"schism/raft/etcdapi"
)

// refuses returns the error that does not depend on the state.
func (m *model) refuses(op *etcdapi.Op, room int) etcdapi.Code {
	switch {
	case op.Kind <= etcdapi.DeleteRange && op.Span.Key == "":
		return etcdapi.ErrEmptyKey
	case op.Kind == etcdapi.Put && op.Flags&etcdapi.FlagIgnoreValue != 0 && op.Value != "":
		return etcdapi.ErrValueProvided
	case op.Kind == etcdapi.Put && op.Flags&etcdapi.FlagIgnoreLease != 0 && op.Lease != 0:
		return etcdapi.ErrLeaseProvided
	}
	longest := max(len(op.If), len(op.Then), len(op.Else))
	if longest > room {
		return etcdapi.ErrTooManyOps
	}
	for _, c := range op.If {
		if c.Span.Key == "" {
			return etcdapi.ErrEmptyKey
		}
	}
	for _, sub := range slices.Concat(op.Then, op.Else) {
		if c := m.refuses(&sub, room-longest); c != etcdapi.OK {
			return c
		}
	}
	return etcdapi.OK
}

// touches adds to keys those that op may change of all that tests use: with true those that it may put.
func touches(op *etcdapi.Op, keys map[string]bool) {
	for _, key := range allKeys {
		switch {
		case op.Kind == etcdapi.Put && op.Span.Key == key:
			keys[key] = true
		case op.Kind == etcdapi.DeleteRange && op.Span.Contains(key):
			keys[key] = keys[key]
		}
	}
	for _, sub := range slices.Concat(op.Then, op.Else) {
		touches(&sub, keys)
	}
}

// conflict reports whether two operations of a branch, or of one below it, change a key that one of them puts.
func conflict(branch []etcdapi.Op) bool {
	for i := range branch {
		mine := map[string]bool{}
		touches(&branch[i], mine)
		for j := range i {
			others := map[string]bool{}
			touches(&branch[j], others)
			for key, put := range others {
				if p, found := mine[key]; found && (p || put) {
					return true
				}
			}
		}
		if conflict(branch[i].Then) || conflict(branch[i].Else) {
			return true
		}
	}
	return false
}

// branch returns the branch of a Txn that before chooses.
func branch(op *etcdapi.Op, before state) ([]etcdapi.Op, bool) {
	for _, c := range op.If {
		var seen []etcdapi.KeyValue
		for _, kv := range before {
			if c.Span.Contains(kv.Key) {
				seen = append(seen, kv)
			}
		}
		if len(seen) == 0 {
			if c.Target == etcdapi.CompareValue {
				return op.Else, false
			}
			seen = append(seen, etcdapi.KeyValue{})
		}
		for _, kv := range seen {
			n := [...]int64{kv.Version, int64(kv.CreateRevision), int64(kv.ModRevision), 0, int64(kv.Lease)}[c.Target]
			less, equal := n < c.Number, n == c.Number
			if c.Target == etcdapi.CompareValue {
				less, equal = kv.Value < c.Value, kv.Value == c.Value
			}
			holds := [...]bool{equal, !less && !equal, less, !equal}[c.Result]
			if !holds {
				return op.Else, false
			}
		}
	}
	return op.Then, true
}

// firstError returns the error of the first operation that cannot be done.
func firstError(a attempt, op *etcdapi.Op, before state) etcdapi.Code {
	ops, _ := branch(op, before)
	for i := range ops {
		sub := &ops[i]
		_, found := a.leases[sub.Lease]
		c := etcdapi.OK
		switch {
		case sub.Kind == etcdapi.Txn:
			c = firstError(a, sub, before)
		case sub.Kind != etcdapi.DeleteRange:
			scratch := attempt{model: a.model, next: maps.Clone(before)}
			if c = scratch.do(sub, before).Code; c == etcdapi.OK && sub.Lease != 0 && !found {
				c = etcdapi.ErrLeaseNotFound
			}
		}
		if c != etcdapi.OK {
			return c
		}
	}
	return etcdapi.OK
}
