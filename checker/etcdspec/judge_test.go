package etcdspec_test

import (
	"strings"
	"testing"

	"schism/checker"
	"schism/checker/etcdspec"
	"schism/raft/etcdapi"
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
	const stores = " " + checker.Linearizability + "? " + etcdspec.SerializableReads + "?"
	const store = checker.Linearizability + " " + etcdspec.SerializableReads + "?"
	const fresh, order = etcdspec.FreshReads, etcdspec.RevisionOrder
	both := act{1, 1, 2, "txn {} then {put x 1; put y 1} else {}", at(2, then(result{}, result{}))}
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
		"a read behind a serializable one": {etcdspec.SerializableReads,
			[]act{{1, 1, 9, "put x 1", ok(2)}, {2, 2, 3, "get x serializable", one}, {3, 4, 5, "get x", none}}},
		"back in time": {fresh + " " + etcdspec.ClientOrder + stores,
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
		"other data, serializable": {etcdspec.SerializableReads,
			[]act{put1, put2, {2, 5, 6, "get x serializable", at(2, two.Result)}}},
		"the future": {etcdspec.SerializableReads,
			[]act{{2, 1, 2, "get x serializable", one}, {1, 3, 4, "put x 1", ok(2)}}},
		"a revision to come": {etcdspec.SerializableReads,
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
		"what was not taken": {"",
			[]act{{1, 1, 2, "put x 1", fails(0, etcdapi.ErrNotLeader)}, {1, 3, 4, "get x", none}}},
		"what may be done": {"", []act{{1, 1, 2, "put x 1", fails(0, etcdapi.ErrTimeout)}, {1, 3, 4, "get x", one}}},
	} {
		reports := etcdspec.Judge(historyOf(t, c.acts), checker.DefaultBudget)
		if got := brokenBy(reports); got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, reports)
		}
	}
}
