package mvcc

import (
	"maps"
	"slices"
	"strings"

	"schism/raft/kvapi"
)

// state is all keys as they are at some revision.
type state map[string]kvapi.KeyValue

// model is a store that keeps a full copy of every state: slow and plain.
type model struct {
	// states has one for each revision; the first has none.
	states    []state
	compacted kvapi.Revision
	leases    map[kvapi.LeaseID][2]kvapi.Seconds
	named     kvapi.LeaseID
}

func newModel() *model {
	return &model{states: []state{nil, {}}, leases: map[kvapi.LeaseID][2]kvapi.Seconds{}}
}

func (m *model) revision() kvapi.Revision { return kvapi.Revision(len(m.states) - 1) }
func (m *model) now() state               { return m.states[m.revision()] }

// attempt is what an operation makes of a state.
type attempt struct {
	*model
	next    state
	changed bool
}

func (m *model) apply(op *kvapi.Op) (r kvapi.Result) {
	defer func() {
		if r.Code == kvapi.ErrCompacted {
			r.Compacted = m.compacted
		}
	}()
	if r.Code = m.refuses(op, kvapi.MaxTxnOps); r.Code != kvapi.OK {
		return r
	}
	a := attempt{model: m, next: maps.Clone(m.now())}
	switch op.Kind {
	case kvapi.Put:
		if _, found := m.leases[op.Lease]; op.Lease != 0 && !found {
			r.Code = kvapi.ErrLeaseNotFound
		} else {
			r = a.do(op, m.now())
		}
	case kvapi.Range, kvapi.DeleteRange:
		r = a.do(op, m.now())
	case kvapi.Txn:
		if conflict(op.Then) || conflict(op.Else) {
			r.Code = kvapi.ErrDuplicateKey
			break
		}
		if r.Code = firstError(a, op, m.now()); r.Code == kvapi.OK {
			r = a.do(op, m.now())
		}
	case kvapi.Compact:
		switch {
		case op.Revision <= m.compacted:
			r.Code = kvapi.ErrCompacted
		case op.Revision > m.revision():
			r.Code = kvapi.ErrFutureRev
		default:
			m.compacted = op.Revision
		}
	default:
		r = a.lease(op)
	}
	if r.Code == kvapi.OK && a.changed {
		m.states = append(m.states, a.next)
	}
	return r
}

// lease does the operations on leases.
func (a *attempt) lease(op *kvapi.Op) kvapi.Result {
	r := kvapi.Result{Lease: op.Lease}
	l, found := a.leases[op.Lease]
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(a.next)) {
		if a.next[key].Lease == op.Lease {
			keys = append(keys, key)
		}
	}
	switch op.Kind {
	case kvapi.LeaseGrant:
		if op.TTL > kvapi.MaxTTL {
			return kvapi.Result{Code: kvapi.ErrLeaseTTLTooLarge}
		}
		if found {
			return kvapi.Result{Code: kvapi.ErrLeaseExist}
		}
		for found = r.Lease == 0; found; _, found = a.leases[r.Lease] {
			a.named++
			r.Lease = a.named
		}
		r.TTL = max(op.TTL, 1)
		a.leases[r.Lease] = [2]kvapi.Seconds{r.TTL, r.TTL}
		return r
	case kvapi.LeaseRevoke:
		if !found {
			return kvapi.Result{Code: kvapi.ErrLeaseNotFound}
		}
		for _, key := range keys {
			delete(a.next, key)
			a.changed = true
		}
		delete(a.leases, op.Lease)
	case kvapi.LeaseCheckpoint:
		if found && op.TTL > 0 {
			a.leases[op.Lease] = [2]kvapi.Seconds{l[0], op.TTL}
		} else if found {
			a.leases[op.Lease] = [2]kvapi.Seconds{l[0], l[0]}
		}
	case kvapi.LeaseTimeToLive:
		if r.GrantedTTL, r.TTL = l[0], l[1]; !found {
			r.TTL = -1
		} else if op.Flags&kvapi.FlagKeys != 0 {
			r.Keys = keys
		}
		return r
	case kvapi.Leases:
		return kvapi.Result{Leases: slices.Sorted(maps.Keys(a.leases))}
	}
	return kvapi.Result{}
}

// do does an operation on keys to next; conditions are asked about before.
func (a *attempt) do(op *kvapi.Op, before state) (r kvapi.Result) {
	switch op.Kind {
	case kvapi.Range:
		return a.get(op)
	case kvapi.Put:
		old, found := a.next[op.Span.Key]
		kv := kvapi.KeyValue{Key: op.Span.Key, Value: op.Value, Lease: op.Lease, ModRevision: a.revision() + 1,
			CreateRevision: a.revision() + 1, Version: 1}
		if found {
			kv.CreateRevision, kv.Version = old.CreateRevision, old.Version+1
		}
		if op.Flags&(kvapi.FlagIgnoreValue|kvapi.FlagIgnoreLease) != 0 && !found {
			return kvapi.Result{Code: kvapi.ErrKeyNotFound}
		}
		if op.Flags&kvapi.FlagIgnoreValue != 0 {
			kv.Value = old.Value
		}
		if op.Flags&kvapi.FlagIgnoreLease != 0 {
			kv.Lease = old.Lease
		}
		if op.Flags&kvapi.FlagPrevKV != 0 && found {
			r.Prev = []kvapi.KeyValue{old}
		}
		a.next[op.Span.Key], a.changed = kv, true
	case kvapi.DeleteRange:
		for _, key := range slices.Sorted(maps.Keys(a.next)) {
			if op.Span.Contains(key) {
				if op.Flags&kvapi.FlagPrevKV != 0 {
					r.Prev = append(r.Prev, a.next[key])
				}
				delete(a.next, key)
				r.Deleted++
				a.changed = true
			}
		}
	case kvapi.Txn:
		var ops []kvapi.Op
		ops, r.Succeeded = branch(op, before)
		for i := range ops {
			r.Responses = append(r.Responses, a.do(&ops[i], before))
		}
	}
	return r
}

// get does a Range.
func (a *attempt) get(op *kvapi.Op) (r kvapi.Result) {
	from := a.next
	switch {
	case op.Revision > a.revision():
		return kvapi.Result{Code: kvapi.ErrFutureRev}
	case op.Revision > 0 && op.Revision < a.compacted:
		return kvapi.Result{Code: kvapi.ErrCompacted}
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
	slices.SortStableFunc(r.KVs, func(x, y kvapi.KeyValue) int {
		c := []int64{0, x.Version - y.Version, int64(x.CreateRevision - y.CreateRevision),
			int64(x.ModRevision - y.ModRevision), int64(strings.Compare(x.Value, y.Value))}[op.By]
		if op.By == kvapi.ByKey {
			c = int64(strings.Compare(x.Key, y.Key))
		}
		if op.Order == kvapi.Descend {
			c = -c
		}
		return int(c)
	})
	if n := op.Limit; n > 0 && int64(len(r.KVs)) > n {
		r.KVs, r.More = r.KVs[:n], true
	}
	if op.Flags&kvapi.FlagKeysOnly != 0 {
		for i := range r.KVs {
			r.KVs[i].Value = ""
		}
	}
	if op.Flags&kvapi.FlagCountOnly != 0 {
		r.KVs, r.More = nil, false
	}
	return r
}

// events returns the events of a window, in the order of revisions and within them of keys, from the differences of
// the states.
func (m *model) events(w Window) ([]kvapi.Event, bool) {
	if w.From < m.compacted {
		return nil, false
	}
	var events []kvapi.Event
	for r := max(w.From, 2); r <= min(w.To, m.revision()); r++ {
		before, after := m.states[r-1], m.states[r]
		for _, key := range allKeys {
			old, was := before[key]
			kv, is := after[key]
			e := kvapi.Event{KV: kv}
			if !is {
				e = kvapi.Event{Type: kvapi.EventDelete, KV: kvapi.KeyValue{Key: key, ModRevision: r}}
			}
			unchanged := is && kv.ModRevision != r || !is && !was
			hidden := w.Flags&kvapi.FlagNoPut != 0 && is || w.Flags&kvapi.FlagNoDelete != 0 && !is
			if unchanged || hidden || !w.Span.Contains(key) {
				continue
			}
			if w.Flags&kvapi.FlagPrevKV != 0 && was && r > m.compacted {
				e.Prev = &old
			}
			events = append(events, e)
		}
	}
	return events, true
}
