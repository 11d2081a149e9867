package etcdspec_test

import (
	"slices"
	"strings"
	"testing"

	"schism/checker"
	"schism/checker/etcdspec"
	"schism/raft/etcdapi"
	"schism/sim"
)

// says returns a response to client 1's watch 1 at the event 100. The words are "r5" for the revision, "created",
// "canceled", "fragment", "all" for one to all watches, "compacted4", and events: "x=1/2.2.1" is a put with create,
// mod and version, "-x/3" a deletion, and "<y=1/2.2.1" what was there before.
func says(t testing.TB, text string) etcdspec.Told {
	t.Helper()
	m := &etcdapi.WatchResponse{WatchID: 1, Header: etcdapi.Header{Server: 1}}
	kvOf := func(w string) kv {
		return key(t, strings.NewReplacer("/", " c", ".", " m", ",", " v").Replace(w))
	}
	for _, w := range strings.Fields(text) {
		switch {
		case w == "created":
			m.Created = true
		case w == "canceled":
			m.Canceled = true
		case w == "fragment":
			m.Fragment = true
		case w == "all":
			m.WatchID = 0
		case strings.HasPrefix(w, "compacted"):
			m.Compacted = etcdapi.Revision(w[9] - '0')
		case w[0] == 'r' && len(w) == 2:
			m.Revision = etcdapi.Revision(w[1] - '0')
		case w[0] == '<':
			was := kvOf(w[1:])
			m.Events[len(m.Events)-1].Prev = &was
		case w[0] == '-':
			m.Events = append(m.Events, etcdapi.Event{Type: etcdapi.EventDelete,
				KV: kv{Key: w[1:2], ModRevision: etcdapi.Revision(w[3] - '0')}})
		default:
			m.Events = append(m.Events, etcdapi.Event{KV: kvOf(w)})
		}
	}
	for i := range m.Events {
		m.Revision = max(m.Revision, m.Events[i].KV.ModRevision)
	}
	return etcdspec.Told{Client: sim.Client(1), Seq: 100, Response: m}
}

// watched returns the reports on the responses of a text, which are separated by ";".
func watched(t testing.TB, log *etcdspec.Log, watch, text string, settled etcdapi.Revision) []checker.Report {
	t.Helper()
	var calls []sim.Op
	for i, w := range strings.Split(watch, ";") {
		calls = append(calls, sim.Op{Client: sim.Client(1), Input: parse(t, strings.TrimSpace(w)), CallSeq: uint64(i)})
	}
	var told []etcdspec.Told
	for _, m := range strings.Split(text, ";") {
		told = append(told, says(t, m))
	}
	return etcdspec.JudgeWatches(log, calls, told, settled)
}

// TestJudgeWatchesNamesTheBrokenGuarantee: each guarantee is broken alone, and all are kept by what only looks bad.
func TestJudgeWatchesNamesTheBrokenGuarantee(t *testing.T) {
	log := etcdspec.NewLog()
	for _, text := range []string{"put x 1", "txn {} then {put x 2; put y 1} else {}", "put z 1", "delete x",
		"put y 2", "compact rev 3", "put x 3"} {
		log.Add(parse(t, text))
	}
	const x2, x3, y3 = "x=1/2.2,1", "x=2/2.3,2", "y=1/3.3,1"
	const all = "created r1; " + x2 + "; " + x3 + " " + y3 + "; -x/5 ; y=2/3.6,2 x=3/7.7,1"
	const from1 = "watch x to z rev 1 id 1"
	for name, c := range map[string]struct{ want, watch, text string }{
		"everything":         {"", from1, all},
		"fragments":          {"", from1 + " fragment", strings.Replace(all, x3+" ", x3+" fragment; ", 1)},
		"a bookmark":         {"", from1, strings.Replace(all, y3, y3+"; r4", 1)},
		"a bookmark for all": {"", from1, strings.Replace(all, y3, y3+"; all r4", 1)},
		"from a revision on": {"", "watch x rev 4 id 1", "created r7; -x/5; x=3/7.7,1"},
		"from now on":        {"", "watch x id 1", "created r5; x=3/7.7,1"},
		"no puts":            {"", "watch x rev 2 id 1 no-put", "created r1; -x/5"},
		"what was before": {"", "watch x to z rev 4 id 1 prev-kv",
			"created r1; -x/5 <x=2/2.3,2; y=2/3.6,2 <y=1/3.3,1; x=3/7.7,1"},
		"what was before, compacted": {"", "watch x rev 3 id 1 prev-kv",
			"created r1; " + x3 + "; -x/5 <x=2/2.3,2; x=3/7.7,1"},
		"created again": {"", from1, "created r1; " + x2 + "; created r1; " + x3 + " " + y3 + "; canceled"},
		"called again":  {"", from1 + "; " + from1, "created r1; " + x2 + "; canceled; " + all},
		"compacted":     {"", "watch x rev 2 id 1", "created r7; canceled compacted3"},
		"another key": {etcdspec.WatchFilter, "watch x rev 6 id 1",
			"created r1; y=2/3.6,2; x=3/7.7,1"},
		"a put too many": {etcdspec.WatchFilter, "watch x rev 6 id 1 no-put",
			"created r1; x=3/7.7,1"},
		"the wrong order": {etcdspec.WatchOrdered + " " + etcdspec.WatchReliable, "watch x to z rev 5 id 1",
			"created r1; -x/5 x=3/7.7,1 y=2/3.6,2"},
		"twice":                     {etcdspec.WatchUnique, from1, strings.Replace(all, x2, x2+" "+x2, 1)},
		"twice again":               {etcdspec.WatchUnique, from1, strings.Replace(all, x2, x2+"; "+x2, 1)},
		"two parts":                 {etcdspec.WatchAtomic, from1, strings.Replace(all, x3, x3+";", 1)},
		"one part":                  {etcdspec.WatchAtomic, from1, strings.Replace(all, y3, "", 1)},
		"left out":                  {etcdspec.WatchReliable, from1, strings.Replace(all, "-x/5 ;", "", 1)},
		"left out in the beginning": {etcdspec.WatchResumable, from1, strings.Replace(all, x2+";", "", 1)},
		"too early": {etcdspec.WatchResumable, "watch x rev 6 id 1",
			"created r1; -x/5; x=3/7.7,1"},
		"before now": {etcdspec.WatchResumable, "watch x id 1", "created r5; -x/5; x=3/7.7,1"},
		"an empty bookmark": {etcdspec.WatchBookmarkable, "watch x rev 4 id 1",
			"created r1; r5; x=3/7.7,1"},
		"behind a bookmark": {etcdspec.WatchBookmarkable, "watch x rev 4 id 1",
			"created r1; r6; -x/5; x=3/7.7,1"},
		"another value": {etcdspec.WatchFaithful, from1, strings.Replace(all, x2, "x=7/2.2,1", 1)},
		"not created":   {etcdspec.WatchFaithful, from1, strings.Replace(all, x2, "x=1/1.2,1", 1)},
		"not deleted": {etcdspec.WatchFaithful, from1,
			strings.Replace(all, "-x/5", "x=3/2.5,3", 1)},
		"to come": {etcdspec.WatchFaithful, from1, all + "; x=4/7.8,2"},
		"nothing was before": {etcdspec.WatchPrevKV, "watch x rev 4 id 1 prev-kv",
			"created r1; -x/5; x=3/7.7,1"},
		"something was before": {etcdspec.WatchPrevKV, "watch x rev 6 id 1 prev-kv",
			"created r1; x=3/7.7,1 <x=2/2.3,2"},
		"not asked for": {etcdspec.WatchPrevKV, "watch x rev 5 id 1",
			"created r1; -x/5 <x=2/2.3,2; x=3/7.7,1"},
		"not compacted": {etcdspec.WatchCompacted, "watch x rev 2 id 1",
			"created r7; canceled compacted4"},
		"not needed": {etcdspec.WatchCompacted, "watch x rev 3 id 1",
			"created r7; canceled compacted3"},
		"not everything": {etcdspec.WatchComplete, "watch x rev 4 id 1", "created r1; -x/5"},
		"nothing":        {etcdspec.WatchComplete, "watch x rev 4 id 1", "created r1"},
	} {
		reports := watched(t, log, c.watch, c.text, 7)
		got := strings.Fields(brokenBy(reports))
		want := strings.Fields(c.want)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v: %v", name, got, want, reports)
		}
	}
}

// TestWatchesAreJudgedByWhatClientsWereTold: the log comes from a history with holes.
func TestWatchesAreJudgedByWhatClientsWereTold(t *testing.T) {
	lost := func(client int, call uint64, op string) act { return act{client, call, 0, op, nil} }
	history := historyOf(t, []act{{1, 1, 2, "put x 1", ok(2)}, lost(2, 1, "put x 2"), lost(3, 1, "put y 9"),
		{1, 5, 6, "put x 3", ok(5)}, {1, 7, 200, "put x 4", ok(6)}})
	for name, c := range map[string]struct{ want, text string }{
		"one of the lost":   {"", "created r1; x=1/2.2,1; x=2/2.3,2; x=3/2.5,3"},
		"the other one":     {"", "created r1; x=1/2.2,1; x=2/2.4,2; x=3/2.5,3"},
		"a known one less":  {etcdspec.WatchReliable, "created r1; x=1/2.2,1; x=2/2.3,2; x=4/2.6,4"},
		"one not called":    {"?", "created r1; x=1/2.2,1; x=5/2.3,2; x=3/2.5,3"},
		"both of the lost?": {"?", "created r1; x=1/2.2,1; x=3/2.5,3"},
	} {
		told := []etcdspec.Told{}
		for _, m := range strings.Split(c.text, ";") {
			told = append(told, says(t, m))
		}
		log, ok := etcdspec.LogOf(history, told, checker.DefaultBudget)
		if !ok {
			t.Fatalf("%s: no log", name)
		}
		reports := watched(t, log, "watch x rev 1 id 1", c.text, 0)
		got := brokenBy(reports)
		if c.want == "?" && strings.Count(got, "?") != len(reports) || c.want != "?" && got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, reports)
		}
	}
	late := []etcdspec.Told{says(t, "created r1"), says(t, "x=1/2.2,1"), says(t, "x=4/2.6,4")}
	late[2].Seq = 7
	log, _ := etcdspec.LogOf(history, nil, checker.DefaultBudget)
	calls := []sim.Op{{Client: sim.Client(1), Input: parse(t, "watch x rev 1 id 1")}}
	if got := brokenBy(etcdspec.JudgeWatches(log, calls, late, 0)); !strings.Contains(got, etcdspec.WatchFaithful+" ") {
		t.Errorf("told when it was called: %s", got)
	}
}
