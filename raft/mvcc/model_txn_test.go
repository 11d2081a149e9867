package mvcc

import (
	"maps"
	"slices"

	"schism/raft/kvapi"
)

// refuses returns the error that does not depend on the state.
func (m *model) refuses(op *kvapi.Op, room int) kvapi.Code {
	switch {
	case op.Kind <= kvapi.DeleteRange && op.Span.Key == "":
		return kvapi.ErrEmptyKey
	case op.Kind == kvapi.Put && op.Flags&kvapi.FlagIgnoreValue != 0 && op.Value != "":
		return kvapi.ErrValueProvided
	case op.Kind == kvapi.Put && op.Flags&kvapi.FlagIgnoreLease != 0 && op.Lease != 0:
		return kvapi.ErrLeaseProvided
	}
	longest := max(len(op.If), len(op.Then), len(op.Else))
	if longest > room {
		return kvapi.ErrTooManyOps
	}
	for _, c := range op.If {
		if c.Span.Key == "" {
			return kvapi.ErrEmptyKey
		}
	}
	for _, sub := range slices.Concat(op.Then, op.Else) {
		if c := m.refuses(&sub, room-longest); c != kvapi.OK {
			return c
		}
	}
	return kvapi.OK
}

// touches adds to keys those that op may change of all that tests use: with true those that it may put.
func touches(op *kvapi.Op, keys map[string]bool) {
	for _, key := range allKeys {
		switch {
		case op.Kind == kvapi.Put && op.Span.Key == key:
			keys[key] = true
		case op.Kind == kvapi.DeleteRange && op.Span.Contains(key):
			keys[key] = keys[key]
		}
	}
	for _, sub := range slices.Concat(op.Then, op.Else) {
		touches(&sub, keys)
	}
}

// conflict reports whether two operations of a branch, or of one below it, change a key that one of them puts.
func conflict(branch []kvapi.Op) bool {
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
func branch(op *kvapi.Op, before state) ([]kvapi.Op, bool) {
	for _, c := range op.If {
		var seen []kvapi.KeyValue
		for _, kv := range before {
			if c.Span.Contains(kv.Key) {
				seen = append(seen, kv)
			}
		}
		if len(seen) == 0 {
			if c.Target == kvapi.CompareValue {
				return op.Else, false
			}
			seen = append(seen, kvapi.KeyValue{})
		}
		for _, kv := range seen {
			n := [...]int64{kv.Version, int64(kv.CreateRevision), int64(kv.ModRevision), 0, int64(kv.Lease)}[c.Target]
			less, equal := n < c.Number, n == c.Number
			if c.Target == kvapi.CompareValue {
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
func firstError(a attempt, op *kvapi.Op, before state) kvapi.Code {
	ops, _ := branch(op, before)
	for i := range ops {
		sub := &ops[i]
		_, found := a.leases[sub.Lease]
		c := kvapi.OK
		switch {
		case sub.Kind == kvapi.Txn:
			c = firstError(a, sub, before)
		case sub.Kind != kvapi.DeleteRange:
			scratch := attempt{model: a.model, next: maps.Clone(before)}
			if c = scratch.do(sub, before).Code; c == kvapi.OK && sub.Lease != 0 && !found {
				c = kvapi.ErrLeaseNotFound
			}
		}
		if c != kvapi.OK {
			return c
		}
	}
	return kvapi.OK
}
