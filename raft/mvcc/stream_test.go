package mvcc

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// streaming is a store that does random operations while watches are told of them, each at its own pace, and what the
// specification says that it does.
type streaming struct {
	source
	store   Store
	log     *kvspec.Log
	seq     uint64
	calls   []sim.Op
	watches []*telling
	told    []kvspec.Told
}

// telling is a watch, of which next is still to be told.
type telling struct {
	op   *kvapi.Op
	next kvapi.Revision
}

// streamed does n random operations with the rules, and returns what the specification says about what watches were
// told.
func streamed(s source, rules *Rules, n int) error {
	x := &streaming{source: s, store: New(rules), log: kvspec.NewLog()}
	for range n {
		x.seq++
		op := anyOp(s, x.store.Revision())
		if r := x.store.Apply(&op); op.Kind == kvapi.LeaseGrant && r.Code == kvapi.OK {
			op.Lease = r.Lease
		}
		x.log.Add(&op, 0)
		if s.pick(8) == 0 {
			x.watch()
		}
		x.tell(func(behind kvapi.Revision) kvapi.Revision { return kvapi.Revision(s.pick(int(behind) + 1)) })
	}
	x.tell(func(behind kvapi.Revision) kvapi.Revision { return behind })
	for _, level := range kvspec.JudgeWatches(x.log, x.calls, x.told, x.log.Revision()) {
		if level.Verdict != checker.Valid {
			return fmt.Errorf("%s %v: %s", level.Check, level.Verdict, level.Reason)
		}
	}
	if x.log.Revision() != x.store.Revision() {
		return fmt.Errorf("the store has revision %d, and the log %d", x.store.Revision(), x.log.Revision())
	}
	return nil
}

// watch begins a watch.
func (x *streaming) watch() {
	op := &kvapi.Op{Kind: kvapi.Watch, Span: anySpan(x), WatchID: kvapi.WatchID(len(x.calls) + 1),
		Revision: rare(x, 2, func() kvapi.Revision { return anyRevision(x, x.store.Revision()) }),
		Flags:    anyFlags(x, kvapi.FlagPrevKV, kvapi.FlagNoPut, kvapi.FlagNoDelete)}
	x.calls = append(x.calls, sim.Op{Client: sim.Client(1), Input: op, CallSeq: x.seq})
	next := op.Revision
	if next == 0 {
		next = x.store.Revision() + 1
	}
	if !op.Span.Empty() {
		x.watches = append(x.watches, &telling{op, next})
	}
	x.seq++
	x.say(&kvapi.WatchResponse{WatchID: op.WatchID, Created: true, Canceled: op.Span.Empty()})
}

// say notes a response.
func (x *streaming) say(m *kvapi.WatchResponse) {
	m.Header = kvapi.Header{Revision: x.store.Revision(), Server: sim.Server(1)}
	x.told = append(x.told, kvspec.Told{Client: sim.Client(1), Seq: x.seq, Response: m})
}

// tell tells every watch so many of the revisions that it is behind.
func (x *streaming) tell(some func(behind kvapi.Revision) kvapi.Revision) {
	kept := x.watches[:0]
	for _, w := range x.watches {
		behind := max(0, x.store.Revision()-w.next+1)
		n := some(behind)
		if n == 0 {
			kept = append(kept, w)
			continue
		}
		to := w.next + n - 1
		events, seen := x.store.Events(Window{From: w.next, To: to, Span: w.op.Span, Flags: w.op.Flags}, nil)
		switch {
		case !seen:
			x.say(&kvapi.WatchResponse{WatchID: w.op.WatchID, Canceled: true, Compacted: x.store.Compacted()})
			continue
		case len(events) > 0:
			x.say(&kvapi.WatchResponse{WatchID: w.op.WatchID, Events: events})
		}
		w.next = to + 1
		kept = append(kept, w)
	}
	x.watches = kept
}

// TestWatchesAgreeWithTheSpecification: in 10,000 lists of 50 operations watches are told what the specification says
// has happened, whole and in order, or that it is compacted.
func TestWatchesAgreeWithTheSpecification(t *testing.T) {
	lists := 10_000
	if testing.Short() {
		lists = 1000
	}
	for seed := range lists {
		g := generated(seed)
		if err := streamed(&g, nil, 50); err != nil {
			t.Fatalf("list %d: %v", seed, err)
		}
	}
}

// TestStoreAndWatchesAgreeOnShrunkenLists is that, and the same of replies, with lists that shrink when they fail.
func TestStoreAndWatchesAgreeOnShrunkenLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := 1 + drawn{t}.pick(50)
		if err := specified(drawn{t}, nil, n); err != nil {
			t.Fatal(err)
		}
		if err := streamed(drawn{t}, nil, n); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSpecificationFindsWrongWatches(t *testing.T) {
	for name, rules := range map[string]Rules{
		"a delete at the compacted revision is forgotten": {
			Keeps: func(deleted bool, _, _ kvapi.Revision) bool { return !deleted }},
		"what is compacted is told as far as it is there": {
			Compacted: func(_, _ kvapi.Revision) bool { return false }},
		"the compacted revision can no longer be told": {
			Compacted: func(r, compacted kvapi.Revision) bool { return r <= compacted }},
		"the keys of a lease go one after the other": {Revoked: func(keys []string) (apart [][]string) {
			for i := range keys {
				apart = append(apart, keys[i:i+1])
			}
			return apart
		}},
		"a key that was deleted keeps its versions": {
			Succeeds: func(before *kvapi.KeyValue, _ bool, _ kvapi.Revision) (kvapi.Revision, int64) {
				return before.CreateRevision, before.Version + 1
			}},
	} {
		found := false
		for seed := range 300 {
			g := generated(seed)
			found = found || streamed(&g, &rules, 50) != nil
		}
		if !found {
			t.Errorf("300 lists are right though %s", name)
		}
	}
}
