package kvspec

import (
	"cmp"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// Log is what the store has done, revision by revision: what watches are judged by. Make one with [NewLog] from what
// servers have committed, or with [LogOf] from what clients were told.
type Log struct {
	stores []*store // by revision, from the first on
	// changes has the reply of what made each revision, nil for what nobody was answered; made has what was added.
	changes []*reply
	made    map[kvapi.Revision]*kvapi.Op
	// compacted is the highest revision that a Compact has named, done or not.
	compacted kvapi.Revision
	events    map[kvapi.Revision][]kvapi.Event
	// certain says of each revision that no other change than this explains what clients were told.
	certain []bool
	// over has when the leases that were granted, and are there no more, were ended.
	over map[kvapi.LeaseID]sim.Time
}

// NewLog returns a log without operations.
func NewLog() *Log {
	return &Log{stores: []*store{newStore()}, changes: make([]*reply, 1),
		made: map[kvapi.Revision]*kvapi.Op{}, events: map[kvapi.Revision][]kvapi.Event{}, certain: []bool{true},
		over: map[kvapi.LeaseID]sim.Time{}}
}

// Add adds the next operation that servers have committed, at the time at; LeaseRevoke is also how leases end. Of a
// LeaseGrant the name must be there.
func (l *Log) Add(op *kvapi.Op, at sim.Time) {
	next := l.last().assume(op)
	switch there := l.last().live(op.Lease); {
	case op.Kind == kvapi.LeaseRevoke && there:
		l.over[op.Lease] = at
	case op.Kind == kvapi.LeaseGrant:
		delete(l.over, op.Lease)
	}
	if op.Kind == kvapi.Compact {
		l.compacted = max(l.compacted, next.compacted)
	}
	if next.now.revision > l.Revision() {
		l.stores, l.changes, l.certain = append(l.stores, next), append(l.changes, nil), append(l.certain, true)
		l.made[l.Revision()] = op
	} else {
		l.stores[len(l.stores)-1] = next
	}
}

func (l *Log) last() *store { return l.stores[len(l.stores)-1] }

// Revision returns the last revision.
func (l *Log) Revision() kvapi.Revision { return l.last().now.revision }

// LogOf returns the log that explains a history, and with it what watches were told if any log does; false if none
// explains the history alone, or none was found within the budget.
func LogOf(history []sim.Op, told []Told, budget checker.Budget) (*Log, bool) {
	replies, err := answered(history)
	if err != nil {
		return nil, false
	}
	o := judgeOrder(replies)
	if o.revisions.Verdict.And(o.fresh.Verdict) != checker.Valid {
		return nil, false
	}
	seen := append(slices.Clone(replies), sightings(told)...)
	r, explained := replayed(seen, (*reply).sees, int(budget))
	if !explained {
		if r, explained = replayed(replies, (*reply).linearized, int(budget)); !explained {
			return nil, false
		}
	}
	return newLog(r), true
}

// ended returns the lease whose end has made a revision, 0 for none.
func (l *Log) ended(r kvapi.Revision) kvapi.LeaseID {
	if op := l.made[r]; op != nil {
		if op.Kind == kvapi.LeaseRevoke {
			return op.Lease
		}
		return 0
	}
	if c := l.changes[r-1]; !l.certain[r-1] || c != nil && c.in.Kind != kvapi.LeaseRevoke {
		return 0
	}
	was, is := l.stores[r-2], l.stores[r-1].now.keys
	for _, id := range was.holding() {
		if was.end(id).now.keys.equal(is) {
			return id
		}
	}
	return 0
}

// newLog returns the log that a replay has found.
func newLog(r *replay) *Log {
	n := len(r.stores)
	l := &Log{stores: r.stores, changes: make([]*reply, n), events: map[kvapi.Revision][]kvapi.Event{},
		certain: make([]bool, n)}
	l.certain[0] = true
	for _, x := range r.ops {
		revokes := x.revision > kvapi.FirstRevision && l.stores[x.revision-2].revokes(x)
		if x.kind == changing || revokes {
			l.changes[x.revision-1] = x
		}
		l.certain[x.revision-1] = l.certain[x.revision-1] || x.kind == changing || x.kind == event || revokes
	}
	for i := 1; i < n; i++ {
		if len(r.lost) == 0 && len(l.stores[i-1].holding()) == 1 {
			l.certain[i] = true // there is nothing else
		}
		if r.hints != nil && len(r.hints.shown[kvapi.Revision(i+1)]) > 0 {
			l.certain[i] = true // written values are unique
		}
	}
	for _, c := range r.compacts {
		l.compacted = max(l.compacted, c.in.Revision)
	}
	return l
}

// sees reports whether the reply is linearized, or an event.
func (r *reply) sees() bool { return r.linearized() || r.kind == event }

// sightings returns the events that watches were told as replies, one for each.
func sightings(told []Told) (replies []reply) {
	for i := range told {
		t := &told[i]
		for j := range t.Response.Events {
			e := &t.Response.Events[j]
			out := &kvapi.Output{}
			if e.Type == kvapi.EventPut {
				out.KVs = []kvapi.KeyValue{e.KV}
			} else {
				out.Keys = []string{e.KV.Key}
			}
			replies = append(replies, reply{in: &kvapi.Op{Kind: kvapi.Watch}, out: out, returned: t.Seq,
				revision: e.KV.ModRevision, client: t.Client, kind: event})
		}
	}
	return replies
}

// makes reports whether the last change of s has made an event.
func (s *store) makes(x *reply) bool {
	for i := range x.out.KVs {
		if kv := s.now.keys.find(x.out.KVs[i].Key); kv == nil || *kv != x.out.KVs[i] {
			return false
		}
	}
	for _, k := range x.out.Keys {
		if s.now.keys.find(k) != nil || s.now.before == nil || s.now.before.keys.find(k) == nil {
			return false
		}
	}
	return true
}

// at returns the events of a revision, in the order of keys, each with what was there before.
func (l *Log) at(r kvapi.Revision) []kvapi.Event {
	if events, has := l.events[r]; has || r <= kvapi.FirstRevision || r > l.Revision() {
		return events
	}
	was, is := l.stores[r-2].now.keys, l.stores[r-1].now.keys
	var events []kvapi.Event
	for _, kv := range is.all(everything, nil) {
		if kv.ModRevision == r {
			events = append(events, kvapi.Event{KV: *kv, Prev: was.find(kv.Key)})
		}
	}
	for _, kv := range was.all(everything, nil) {
		if is.find(kv.Key) == nil {
			gone := kvapi.KeyValue{Key: kv.Key, ModRevision: r}
			events = append(events, kvapi.Event{Type: kvapi.EventDelete, KV: gone, Prev: kv})
		}
	}
	slices.SortFunc(events, func(a, b kvapi.Event) int { return cmp.Compare(a.KV.Key, b.KV.Key) })
	l.events[r] = events
	return events
}

// of returns the events of a revision that a watch is to be told.
func (l *Log) of(w *kvapi.Op, r kvapi.Revision) (events []kvapi.Event) {
	for _, e := range l.at(r) {
		if wants(w, &e) {
			events = append(events, e)
		}
	}
	return events
}

// Owes reports whether a watch that was told everything of the revisions before next is still to be told something: an
// event, or that what it needs is compacted.
func (l *Log) Owes(w *kvapi.Op, next kvapi.Revision) bool {
	for r := next; r <= l.Revision(); r++ {
		if len(l.of(w, r)) > 0 {
			return true
		}
	}
	return next < l.last().compacted
}

// wants reports whether a watch is to be told an event.
func wants(w *kvapi.Op, e *kvapi.Event) bool {
	filter := kvapi.FlagNoPut
	if e.Type == kvapi.EventDelete {
		filter = kvapi.FlagNoDelete
	}
	return covers(w.Span, e.KV.Key) && w.Flags&filter == 0
}
