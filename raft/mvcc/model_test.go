package mvcc

import (
	"maps"
	"slices"
	"strings"

	"schism/raft/etcdapi"
)

// state is all keys as they are at some revision.
type state map[string]etcdapi.KeyValue

// model is a store that keeps a full copy of every state: slow and plain.
type model struct {
	// states has one for each revision; the first has none.
	states    []state
	compacted etcdapi.Revision
	leases    map[etcdapi.LeaseID][2]etcdapi.Seconds
	named     etcdapi.LeaseID
}

func newModel() *model {
	return &model{states: []state{nil, {}}, leases: map[etcdapi.LeaseID][2]etcdapi.Seconds{}}
}

func (m *model) revision() etcdapi.Revision { return etcdapi.Revision(len(m.states) - 1) }
func (m *model) now() state                 { return m.states[m.revision()] }

// attempt is what an operation makes of a state.
type attempt struct {
	*model
	next    state
	changed bool
}

func (m *model) apply(op *etcdapi.Op) (r etcdapi.Result) {
	defer func() {
		if r.Code == etcdapi.ErrCompacted {
			r.Compacted = m.compacted
		}
	}()
	if r.Code = m.refuses(op, etcdapi.MaxTxnOps); r.Code != etcdapi.OK {
		return r
	}
	a := attempt{model: m, next: maps.Clone(m.now())}
	switch op.Kind {
	case etcdapi.Put:
		if _, found := m.leases[op.Lease]; op.Lease != 0 && !found {
			r.Code = etcdapi.ErrLeaseNotFound
		} else {
			r = a.do(op, m.now())
		}
	case etcdapi.Range, etcdapi.DeleteRange:
		r = a.do(op, m.now())
	case etcdapi.Txn:
		if conflict(op.Then) || conflict(op.Else) {
			r.Code = etcdapi.ErrDuplicateKey
			break
		}
		if r.Code = firstError(a, op, m.now()); r.Code == etcdapi.OK {
			r = a.do(op, m.now())
		}
	case etcdapi.Compact:
		switch {
		case op.Revision <= m.compacted:
			r.Code = etcdapi.ErrCompacted
		case op.Revision > m.revision():
			r.Code = etcdapi.ErrFutureRev
		default:
			m.compacted = op.Revision
		}
	default:
		r = a.lease(op)
	}
	if r.Code == etcdapi.OK && a.changed {
		m.states = append(m.states, a.next)
	}
	return r
}

// lease does the operations on leases.
func (a *attempt) lease(op *etcdapi.Op) etcdapi.Result {
	r := etcdapi.Result{Lease: op.Lease}
	l, found := a.leases[op.Lease]
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(a.next)) {
		if a.next[key].Lease == op.Lease {
			keys = append(keys, key)
		}
	}
	switch op.Kind {
	case etcdapi.LeaseGrant:
		if op.TTL > etcdapi.MaxTTL {
			return etcdapi.Result{Code: etcdapi.ErrLeaseTTLTooLarge}
		}
		if found {
			return etcdapi.Result{Code: etcdapi.ErrLeaseExist}
		}
		for found = r.Lease == 0; found; _, found = a.leases[r.Lease] {
			a.named++
			r.Lease = a.named
		}
		r.TTL = max(op.TTL, 1)
		a.leases[r.Lease] = [2]etcdapi.Seconds{r.TTL, r.TTL}
		return r
	case etcdapi.LeaseRevoke:
		if !found {
			return etcdapi.Result{Code: etcdapi.ErrLeaseNotFound}
		}
		for _, key := range keys {
			delete(a.next, key)
			a.changed = true
		}
		delete(a.leases, op.Lease)
	case etcdapi.LeaseCheckpoint:
		if found && op.TTL > 0 {
			a.leases[op.Lease] = [2]etcdapi.Seconds{l[0], op.TTL}
		} else if found {
			a.leases[op.Lease] = [2]etcdapi.Seconds{l[0], l[0]}
		}
	case etcdapi.LeaseTimeToLive:
		if r.GrantedTTL, r.TTL = l[0], l[1]; !found {
			r.TTL = -1
		} else if op.Flags&etcdapi.FlagKeys != 0 {
			r.Keys = keys
		}
		return r
	case etcdapi.Leases:
		return etcdapi.Result{Leases: slices.Sorted(maps.Keys(a.leases))}
	}
	return etcdapi.Result{}
}

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

// do does an operation on keys to next; conditions are asked about before.
func (a *attempt) do(op *etcdapi.Op, before state) (r etcdapi.Result) {
	switch op.Kind {
	case etcdapi.Range:
		return a.get(op)
	case etcdapi.Put:
		old, found := a.next[op.Span.Key]
		kv := etcdapi.KeyValue{Key: op.Span.Key, Value: op.Value, Lease: op.Lease, ModRevision: a.revision() + 1,
			CreateRevision: a.revision() + 1, Version: 1}
		if found {
			kv.CreateRevision, kv.Version = old.CreateRevision, old.Version+1
		}
		if op.Flags&(etcdapi.FlagIgnoreValue|etcdapi.FlagIgnoreLease) != 0 && !found {
			return etcdapi.Result{Code: etcdapi.ErrKeyNotFound}
		}
		if op.Flags&etcdapi.FlagIgnoreValue != 0 {
			kv.Value = old.Value
		}
		if op.Flags&etcdapi.FlagIgnoreLease != 0 {
			kv.Lease = old.Lease
		}
		if op.Flags&etcdapi.FlagPrevKV != 0 && found {
			r.Prev = []etcdapi.KeyValue{old}
		}
		a.next[op.Span.Key], a.changed = kv, true
	case etcdapi.DeleteRange:
		for _, key := range slices.Sorted(maps.Keys(a.next)) {
			if op.Span.Contains(key) {
				if op.Flags&etcdapi.FlagPrevKV != 0 {
					r.Prev = append(r.Prev, a.next[key])
				}
				delete(a.next, key)
				r.Deleted++
				a.changed = true
			}
		}
	case etcdapi.Txn:
		var ops []etcdapi.Op
		ops, r.Succeeded = branch(op, before)
		for i := range ops {
			r.Responses = append(r.Responses, a.do(&ops[i], before))
		}
	}
	return r
}

// get does a Range.
func (a *attempt) get(op *etcdapi.Op) (r etcdapi.Result) {
	from := a.next
	switch {
	case op.Revision > a.revision():
		return etcdapi.Result{Code: etcdapi.ErrFutureRev}
	case op.Revision > 0 && op.Revision < a.compacted:
		return etcdapi.Result{Code: etcdapi.ErrCompacted}
	case op.Revision > 0:
		from = a.states[op.Revision]
	}
	for _, key := range slices.Sorted(maps.Keys(from)) {
		kv, b := from[key], op.Bounds
		if !op.Span.Contains(key) {
			continue
		}
		r.Count++
		if kv.ModRevision >= b.MinMod && (b.MaxMod == 0 || kv.ModRevision <= b.MaxMod) &&
			kv.CreateRevision >= b.MinCreate && (b.MaxCreate == 0 || kv.CreateRevision <= b.MaxCreate) {
			r.KVs = append(r.KVs, kv)
		}
	}
	slices.SortStableFunc(r.KVs, func(x, y etcdapi.KeyValue) int {
		c := []int64{0, x.Version - y.Version, int64(x.CreateRevision - y.CreateRevision),
			int64(x.ModRevision - y.ModRevision), int64(strings.Compare(x.Value, y.Value))}[op.By]
		if op.By == etcdapi.ByKey {
			c = int64(strings.Compare(x.Key, y.Key))
		}
		if op.Order == etcdapi.Descend {
			c = -c
		}
		return int(c)
	})
	if n := op.Limit; n > 0 && int64(len(r.KVs)) > n {
		r.KVs, r.More = r.KVs[:n], true
	}
	if op.Flags&etcdapi.FlagKeysOnly != 0 {
		for i := range r.KVs {
			r.KVs[i].Value = ""
		}
	}
	if op.Flags&etcdapi.FlagCountOnly != 0 {
		r.KVs, r.More = nil, false
	}
	return r
}

// events returns the events of a window, in the order of revisions and within them of keys, from the differences of
// the states.
func (m *model) events(w Window) ([]etcdapi.Event, bool) {
	if w.From < m.compacted {
		return nil, false
	}
	var events []etcdapi.Event
	for r := max(w.From, 2); r <= min(w.To, m.revision()); r++ {
		before, after := m.states[r-1], m.states[r]
		for _, key := range allKeys {
			old, was := before[key]
			kv, is := after[key]
			e := etcdapi.Event{KV: kv}
			if !is {
				e = etcdapi.Event{Type: etcdapi.EventDelete, KV: etcdapi.KeyValue{Key: key, ModRevision: r}}
			}
			unchanged := is && kv.ModRevision != r || !is && !was
			hidden := w.Flags&etcdapi.FlagNoPut != 0 && is || w.Flags&etcdapi.FlagNoDelete != 0 && !is
			if unchanged || hidden || !w.Span.Contains(key) {
				continue
			}
			if w.Flags&etcdapi.FlagPrevKV != 0 && was && r > m.compacted {
				e.Prev = &old
			}
			events = append(events, e)
		}
	}
	return events, true
}
