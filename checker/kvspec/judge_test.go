package kvspec_test

import (
	"strings"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// act is one operation of a history: who calls what, from when to when, and the reply, nil if it is lost.
type act struct {
	client    int
	call, ret uint64
	op        string
	out       *output
}

// historyOf returns the history of acts, each of a process of its own.
func historyOf(t testing.TB, acts []act) (history []sim.Op) {
	t.Helper()
	for i, a := range acts {
		op := sim.Op{Client: sim.Client(a.client), Process: i, Input: parse(t, a.op), Outcome: sim.Unknown,
			CallSeq: a.call, ReturnSeq: sim.StillOpen}
		if a.out != nil {
			op.Output, op.Outcome, op.ReturnSeq = a.out, sim.OK, a.ret
		}
		history = append(history, op)
	}
	return history
}

// brokenBy returns the levels that are broken, with "?" behind those that are unknown.
func brokenBy(reports []checker.Report) string {
	var levels []string
	for _, r := range reports {
		switch r.Verdict {
		case checker.Invalid:
			levels = append(levels, r.Check)
		case checker.Unknown:
			levels = append(levels, r.Check+"?")
		}
	}
	return strings.Join(levels, " ")
}

// TestJudgeNamesTheBrokenLevel: each level is broken alone, and all are kept by what only looks bad.
func TestJudgeNamesTheBrokenLevel(t *testing.T) {
	none, one := at(1, keys(t)), at(2, keys(t, "x=1 c2 m2 v1"))
	two := at(3, keys(t, "x=2 c2 m3 v2"))
	put1, put2 := act{1, 1, 2, "put x 1", ok(2)}, act{1, 3, 4, "put x 2", ok(3)}
	lost := func(client int, call uint64, op string) act { return act{client, call, 0, op, nil} }
	const stores = " " + checker.Linearizability + "? " + kvspec.SerializableReads + "?"
	const store = checker.Linearizability + " " + kvspec.SerializableReads + "?"
	const fresh, order = kvspec.FreshReads, kvspec.RevisionOrder
	both := act{1, 1, 2, "txn {} then {put x 1; put y 1} else {}", at(2, then(result{}, result{}))}
	compacted := func(at kvapi.Revision) result { return result{Code: kvapi.ErrCompacted, Compacted: at} }
	leased := act{1, 1, 2, "lease-grant lease 1 ttl 5", at(1, result{Lease: 1, TTL: 5})}
	attached := act{1, 3, 4, "put x 1 lease 1", ok(2)}
	more := act{1, 5, 6, "put y 1 lease 1", ok(3)}
	revoke := act{2, 7, 8, "lease-revoke lease 1", ok(4)}
	left := func(keys ...string) result { return result{TTL: 1, Keys: keys} }
	for name, c := range map[string]struct {
		want string
		acts []act
	}{
		"nothing":       {"", nil},
		"reads in time": {"", []act{put1, {2, 3, 4, "get x", one}}},
		"reads at once": {"",
			[]act{{1, 1, 5, "put x 1", ok(2)}, {2, 2, 3, "get x", none}, {3, 2, 4, "get x", one}}},
		"an old serializable read":  {"", []act{put1, put2, {2, 5, 6, "get x serializable", one}}},
		"a read of a past revision": {"", []act{put1, put2, {2, 5, 6, "get x rev 2", at(3, one.Result)}}},
		"a stale read":              {fresh + stores, []act{put1, {2, 3, 4, "get x", none}}},
		"a read behind a serializable one": {kvspec.SerializableReads,
			[]act{{1, 1, 9, "put x 1", ok(2)}, {2, 2, 3, "get x serializable", one}, {3, 4, 5, "get x", none}}},
		"back in time": {fresh + " " + kvspec.ClientOrder + stores,
			[]act{{1, 1, 9, "put x 1", ok(2)}, {2, 2, 3, "get x", one}, {2, 4, 5, "get x", none}}},
		"changes in the wrong order": {order + stores,
			[]act{{1, 1, 2, "put x 1", ok(3)}, {2, 3, 4, "put y 1", ok(2)}}},
		"two changes with one revision": {order + stores,
			[]act{{1, 1, 4, "put x 1", ok(2)}, {2, 1, 4, "put y 1", ok(2)}}},
		"the first revision": {order + stores, []act{{1, 1, 4, "put x 1", ok(1)}}},
		"other data":         {store, []act{put1, {2, 3, 4, "get x", at(2, keys(t, "x=2 c2 m2 v1"))}}},
		"a torn transaction": {store, []act{both, {2, 3, 4, "get x to z", one}}},
		"a whole transaction": {"", []act{both,
			{2, 3, 4, "get x to z", at(2, keys(t, "x=1 c2 m2 v1", "y=1 c2 m2 v1"))}}},
		"a revision too many": {store, []act{{1, 1, 2, "put x 1", ok(3)}}},
		"other data, serializable": {kvspec.SerializableReads,
			[]act{put1, put2, {2, 5, 6, "get x serializable", at(2, two.Result)}}},
		"the future": {kvspec.SerializableReads,
			[]act{{2, 1, 2, "get x serializable", one}, {1, 3, 4, "put x 1", ok(2)}}},
		"a revision to come": {kvspec.SerializableReads,
			[]act{put1, {2, 3, 4, "get x serializable", at(3, one.Result)}}},
		"a lost put that was done": {"", []act{lost(1, 1, "put x 1"), {2, 2, 3, "get x", one}}},
		"a lost put that was not":  {"", []act{lost(1, 1, "put x 1"), {2, 2, 3, "get x", none}}},
		"a lost put that was done later": {"",
			[]act{lost(1, 1, "put x 2"), {2, 2, 3, "put x 1", ok(2)}, {2, 4, 5, "get x", one},
				{2, 6, 7, "get x", two}}},
		"lost puts in a hole": {"", []act{lost(1, 1, "put x 1"), lost(3, 1, "put x 2"), {2, 2, 3, "put y 1", ok(4)},
			{2, 4, 5, "get x", at(4, keys(t, "x=1 c2 m3 v2"))}}},
		"a lost put that was not called yet": {store, []act{{2, 1, 2, "get x", one}, lost(1, 3, "put x 1")}},
		"one lost put for two holes":         {store, []act{lost(1, 1, "put x 1"), {2, 2, 3, "put y 1", ok(4)}}},
		"a lost put, seen by a serializable read": {"",
			[]act{lost(1, 1, "put x 1"), {2, 2, 3, "get x serializable", one}}},
		"a lost delete of nothing in a hole": {store, []act{lost(1, 1, "delete x"), {2, 2, 3, "put y 1", ok(3)}}},
		"a read of what is not called yet": {fresh + stores,
			[]act{{2, 1, 2, "get x", one}, {1, 3, 4, "put x 1", ok(2)}}},
		"a revision that is far too high": {store, []act{{1, 1, 2, "put x 1", ok(1 << 60)}}},
		"compacted, serializable": {"", []act{put1, {1, 3, 6, "compact rev 2", ok(2)},
			{2, 4, 5, "get x rev 1 serializable", at(1, compacted(2))}}},
		"compacted too early": {kvspec.SerializableReads, []act{put1, {1, 5, 6, "compact rev 2", ok(2)},
			{2, 3, 4, "get x rev 1 serializable", at(1, compacted(2))}}},
		"compacted too much": {kvspec.SerializableReads, []act{put1, {1, 3, 4, "compact rev 2", ok(2)},
			{2, 5, 6, "get x rev 2 serializable", at(2, compacted(0))}}},
		"compacted otherwise": {kvspec.SerializableReads, []act{put1, {1, 3, 4, "compact rev 2", ok(2)},
			{2, 5, 6, "get x rev 1 serializable", at(2, compacted(3))}}},
		"compacted in the wrong order": {store, []act{put1, {2, 3, 4, "get x rev 1", indexed(3, at(2, compacted(0)))},
			{1, 5, 6, "compact rev 2", indexed(2, ok(2))}}},
		"a lost compaction": {"", []act{put1, {2, 3, 4, "get x rev 1", at(2, none.Result)}, lost(3, 1, "compact rev 2"),
			{2, 5, 6, "get x rev 1", at(2, compacted(2))}}},
		"a compaction that was not called yet": {store,
			[]act{put1, {2, 3, 20, "get x rev 1", at(2, compacted(2))}, {3, 5, 6, "get x rev 1", at(2, compacted(2))},
				lost(4, 10, "compact rev 2")}},
		"a hash":         {"", []act{put1, {2, 3, 4, "hash rev 3", fails(2, kvapi.ErrFutureRev)}}},
		"a hash to come": {kvspec.SerializableReads, []act{put1, {2, 3, 4, "hash rev 3", ok(2)}}},
		"no hash": {kvspec.SerializableReads,
			[]act{put1, {2, 3, 4, "hash rev 2", fails(2, kvapi.ErrFutureRev)}}},
		"the keys of a lease": {"",
			[]act{leased, attached, {2, 5, 6, "lease-ttl lease 1 keys", at(2, left("x"))}}},
		"the keys of a lease, before": {"",
			[]act{leased, attached, {2, 5, 6, "lease-ttl lease 1 keys", at(1, left())}}},
		"other keys of a lease": {kvspec.SerializableReads,
			[]act{leased, attached, {2, 5, 6, "lease-ttl lease 1 keys", at(2, left("y"))}}},
		"no lease with keys": {kvspec.SerializableReads,
			[]act{leased, attached, {2, 5, 6, "lease-ttl lease 1", at(2, result{TTL: -1})}}},
		"other data, where leases may end": {kvspec.SerializableReads + "?",
			[]act{leased, attached, lost(3, 1, "put y 1"), {2, 5, 6, "get x serializable", at(3, two.Result)},
				{2, 7, 8, "get z", at(3, none.Result)}}},
		"a lease that goes with all its keys": {"",
			[]act{leased, attached, more, revoke, {2, 9, 10, "get x to z", at(4, none.Result)}}},
		"a lease that leaves a key": {store, []act{leased, attached, more, revoke,
			{2, 9, 10, "get x to z", at(4, keys(t, "y=1 c3 m3 v1 l1"))}}},
		"a lease that ends, and leaves a key": {store,
			[]act{leased, attached, more, {2, 9, 10, "get x to z", at(4, keys(t, "y=1 c3 m3 v1 l1"))}}},
		"a lease that ends with two revisions": {store,
			[]act{leased, attached, more, {2, 9, 10, "get x to z", at(5, none.Result)}}},
		"what says nothing": {"", []act{{2, 1, 2, "lease-keep-alive lease 1", fails(0, kvapi.ErrLeaseNotFound)}}},
		"what comes out of nowhere": {kvspec.SerializableReads,
			[]act{{2, 1, 2, "lease-keep-alive lease 1", fails(3, kvapi.ErrLeaseNotFound)}}},
		"what was not taken, and done": {store,
			[]act{{1, 1, 2, "put x 1", fails(0, kvapi.ErrNotLeader)}, {1, 3, 4, "get x", one}}},
		"what was not taken": {"",
			[]act{{1, 1, 2, "put x 1", fails(0, kvapi.ErrNotLeader)}, {1, 3, 4, "get x", none}}},
		"what may be done": {"", []act{{1, 1, 2, "put x 1", fails(0, kvapi.ErrTimeout)}, {1, 3, 4, "get x", one}}},
	} {
		reports := kvspec.Judge(historyOf(t, c.acts), checker.DefaultBudget)
		if got := brokenBy(reports); got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, reports)
		}
	}
}

// indexed gives a reply an index.
func indexed(index uint64, out *output) *output {
	out.Index = index
	return out
}

// TestABudgetThatIsTooSmallIsUnknown: but where the replay has tried everything, no search is needed.
func TestABudgetThatIsTooSmallIsUnknown(t *testing.T) {
	history := historyOf(t, []act{{1, 1, 2, "put x 1", ok(2)}, {2, 3, 4, "get x", at(2, keys(t, "x=2 c2 m2 v1"))}})
	for budget, want := range map[checker.Budget]checker.Verdict{1: checker.Invalid, -100: checker.Unknown} {
		if got := verdictOf(kvspec.Judge(history, budget), checker.Linearizability); got != want {
			t.Errorf("with a budget of %d: %v, want %v", budget, got, want)
		}
	}
	if r := kvspec.Search(history, 1); r.Verdict != checker.Unknown {
		t.Errorf("a search of one step: %v", r)
	}
}

// TestWhatIsKnownIsNotReliedUpon: it is asked for if there is no explanation at once, and makes nothing right or wrong.
func TestWhatIsKnownIsNotReliedUpon(t *testing.T) {
	lies := []kvspec.Told{{Seq: sim.StillOpen, Response: &kvapi.WatchResponse{Events: []kvapi.Event{
		{KV: kv{Key: "x", Value: "2", CreateRevision: 2, ModRevision: 2, Version: 1}}}}}}
	put := act{1, 1, 2, "put x 1", ok(2)}
	for name, c := range map[string]struct {
		read  act
		asked int
		want  checker.Verdict
	}{
		"right": {act{2, 3, 4, "get x", at(2, keys(t, "x=1 c2 m2 v1"))}, 0, checker.Valid},
		"wrong": {act{2, 3, 4, "get x", at(2, keys(t, "x=2 c2 m2 v1"))}, 1, checker.Invalid},
	} {
		asked := 0
		known := func() []kvspec.Told {
			asked++
			return lies
		}
		history := historyOf(t, []act{put, c.read})
		got := verdictOf(kvspec.JudgeKnowing(history, known, checker.DefaultBudget), checker.Linearizability)
		if got != c.want || asked != c.asked {
			t.Errorf("%s: %v, want %v; asked %d times, want %d", name, got, c.want, asked, c.asked)
		}
	}
}

// TestLongHistoriesAreNotSearched: a wrong reply is found all the same, at its place.
func TestLongHistoriesAreNotSearched(t *testing.T) {
	var acts []act
	for i := range uint64(3000) {
		acts = append(acts, act{1, 2*i + 1, 2*i + 2, "put x 1", ok(kvapi.Revision(i + 2))})
	}
	wrong := act{2, 2001, 2002, "get x", at(1002, keys(t, "x=1 c2 m1002 v9"))}
	for _, r := range kvspec.Judge(historyOf(t, append(acts, wrong)), checker.DefaultBudget) {
		if r.Check == checker.Linearizability && (r.Verdict != checker.Invalid || r.Effort.Steps > 0 ||
			len(r.Core) != 1 || r.Core[0].CallSeq != 2001) {
			t.Error(r)
		}
	}
}
