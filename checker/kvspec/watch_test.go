package kvspec_test

import (
	"slices"
	"strings"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// says returns a response to client 1's watch 1 at the event 100. The words are "r5" for the revision, "created",
// "canceled", "fragment", "all" for one to all watches, "second" for watch 2, "compacted4", and events: "x=1/2.2,1@7"
// is a put with create, mod, version and lease, "-x/3" a deletion, and "<y=1/2.2,1" what was there before.
func says(t testing.TB, text string) kvspec.Told {
	t.Helper()
	m := &kvapi.WatchResponse{WatchID: 1, Header: kvapi.Header{Server: 1}}
	kvOf := func(w string) kv {
		return key(t, strings.NewReplacer("/", " c", ".", " m", ",", " v", "@", " l").Replace(w))
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
		case w == "second":
			m.WatchID = 2
		case strings.HasPrefix(w, "compacted"):
			m.Compacted = kvapi.Revision(w[9] - '0')
		case w[0] == 'r' && len(w) == 2:
			m.Revision = kvapi.Revision(w[1] - '0')
		case w[0] == '<':
			was := kvOf(w[1:])
			m.Events[len(m.Events)-1].Prev = &was
		case w[0] == '-':
			m.Events = append(m.Events, kvapi.Event{Type: kvapi.EventDelete,
				KV: kv{Key: w[1:2], ModRevision: kvapi.Revision(w[3] - '0')}})
		default:
			m.Events = append(m.Events, kvapi.Event{KV: kvOf(w)})
		}
	}
	for i := range m.Events {
		m.Revision = max(m.Revision, m.Events[i].KV.ModRevision)
	}
	return kvspec.Told{Client: sim.Client(1), Seq: 100, Response: m}
}

// watched returns the reports on the responses of a text, which are separated by ";".
func watched(t testing.TB, log *kvspec.Log, watch, text string, settled kvapi.Revision) []checker.Report {
	t.Helper()
	var calls []sim.Op
	for i, w := range strings.Split(watch, ";") {
		calls = append(calls, sim.Op{Client: sim.Client(1), Input: parse(t, strings.TrimSpace(w)), CallSeq: uint64(i)})
	}
	var told []kvspec.Told
	for _, m := range strings.Split(text, ";") {
		told = append(told, says(t, m))
	}
	return kvspec.JudgeWatches(log, calls, told, settled)
}

func TestJudgeWatchesSaysWhereItWasSeen(t *testing.T) {
	log := kvspec.NewLog()
	log.Add(parse(t, "put x 1"), 0)
	log.Add(parse(t, "put x 2"), 0)
	calls := []sim.Op{{Client: sim.Client(1), Input: parse(t, "watch x rev 2 id 1"), Outcome: sim.OK, ReturnSeq: 2}}
	for text, want := range map[string]uint64{
		"created r1; x=1/2.2,1; x=2/2.3,2":            0,
		"created r1; x=1/2.2,1; x=1/2.2,1; x=2/2.3,2": 12,
		"created r1; x=1/2.2,1":                       sim.StillOpen,
	} {
		var told []kvspec.Told
		for i, m := range strings.Split(text, ";") {
			response := says(t, m)
			response.Seq, response.At = uint64(10+i), sim.Time(100*i)
			told = append(told, response)
		}
		for _, r := range kvspec.JudgeWatches(log, calls, told, 3) {
			v := r.Violation()
			switch {
			case v == nil && r.Seen == 0:
				continue
			case v == nil || r.Seen != want:
				t.Errorf("%s: seen at %d, want %d: %v", text, r.Seen, want, r)
			case want == 12 && (v.Seq != 12 || v.At != 200), want == sim.StillOpen && v.Seq != 2:
				t.Errorf("%s: the violation is at event %d, %v", text, v.Seq, v.At)
			}
			want = 0
		}
		if want != 0 {
			t.Errorf("%s: nothing is wrong", text)
		}
	}
}

func TestLogKnowsWhatItOwes(t *testing.T) {
	log := kvspec.NewLog()
	for _, text := range []string{"put x 1", "put y 1", "delete y", "compact rev 2"} {
		log.Add(parse(t, text), 0)
	}
	for watch, owes := range map[string][5]bool{ // by the next revision, from 1 on
		"watch x id 1":           {true, true, false, false, false},
		"watch y id 1":           {true, true, true, true, false},
		"watch y id 1 no-delete": {true, true, true, false, false},
		"watch z id 1":           {true, false, false, false, false},
	} {
		for i, want := range owes {
			if got := log.Owes(parse(t, watch), kvapi.Revision(i+1)); got != want {
				t.Errorf("%s from r%d on: %v", watch, i+1, got)
			}
		}
	}
}

// TestJudgeWatchesNamesTheBrokenGuarantee: each guarantee is broken alone, and all are kept by what only looks bad.
func TestJudgeWatchesNamesTheBrokenGuarantee(t *testing.T) {
	log := kvspec.NewLog()
	for _, text := range []string{"put x 1", "txn {} then {put x 2; put y 1} else {}", "put z 1", "delete x",
		"put y 2", "compact rev 3", "put x 3"} {
		log.Add(parse(t, text), 0)
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
		"created again": {"", from1 + "; cancel-watch id 1",
			"created r1; " + x2 + "; created r1; " + x3 + " " + y3 + "; canceled"},
		"fragments, created again": {"", from1 + " fragment",
			strings.Replace(all, x3+" ", x3+" fragment; created r1; "+x3+" ", 1)},
		"called again": {"", from1 + "; cancel-watch id 1; " + from1,
			"created r1; " + x2 + "; canceled; " + all},
		"canceled for nothing": {kvspec.WatchCanceled, from1, "created r1; " + x2 + "; canceled"},
		"canceled, no key":     {"", "watch z to x id 1", "created canceled r1"},
		"not canceled, no key": {kvspec.WatchCanceled, "watch z to x id 1", "created r1"},
		"never begun":          {kvspec.WatchComplete, from1 + "; watch y rev 1 id 2", all},
		"canceled before":      {"", from1 + "; watch y rev 1 id 2; cancel-watch id 2", all},
		"compacted":            {"", "watch x rev 2 id 1", "created r7; canceled compacted3"},
		"another key": {kvspec.WatchFilter, "watch x rev 6 id 1",
			"created r1; y=2/3.6,2; x=3/7.7,1"},
		"a put too many": {kvspec.WatchFilter, "watch x rev 6 id 1 no-put",
			"created r1; x=3/7.7,1"},
		"the wrong order": {kvspec.WatchOrdered + " " + kvspec.WatchReliable, "watch x to z rev 5 id 1",
			"created r1; -x/5 x=3/7.7,1 y=2/3.6,2"},
		"twice":                     {kvspec.WatchUnique, from1, strings.Replace(all, x2, x2+" "+x2, 1)},
		"twice again":               {kvspec.WatchUnique, from1, strings.Replace(all, x2, x2+"; "+x2, 1)},
		"two parts":                 {kvspec.WatchAtomic, from1, strings.Replace(all, x3, x3+";", 1)},
		"one part":                  {kvspec.WatchAtomic, from1, strings.Replace(all, y3, "", 1)},
		"left out":                  {kvspec.WatchReliable, from1, strings.Replace(all, "-x/5 ;", "", 1)},
		"left out in the beginning": {kvspec.WatchResumable, from1, strings.Replace(all, x2+";", "", 1)},
		"too early": {kvspec.WatchResumable, "watch x rev 6 id 1",
			"created r1; -x/5; x=3/7.7,1"},
		"before now": {kvspec.WatchResumable, "watch x id 1", "created r5; -x/5; x=3/7.7,1"},
		"an empty bookmark": {kvspec.WatchBookmarkable, "watch x rev 4 id 1",
			"created r1; r5; x=3/7.7,1"},
		"behind a bookmark": {kvspec.WatchBookmarkable, "watch x rev 4 id 1",
			"created r1; r6; -x/5; x=3/7.7,1"},
		"another value": {kvspec.WatchFaithful, from1, strings.Replace(all, x2, "x=7/2.2,1", 1)},
		"not created":   {kvspec.WatchFaithful, from1, strings.Replace(all, x2, "x=1/1.2,1", 1)},
		"not deleted": {kvspec.WatchFaithful, from1,
			strings.Replace(all, "-x/5", "x=3/2.5,3", 1)},
		"to come": {kvspec.WatchFaithful, from1, all + "; x=4/7.8,2"},
		"nothing was before": {kvspec.WatchPrevKV, "watch x rev 4 id 1 prev-kv",
			"created r1; -x/5; x=3/7.7,1"},
		"something was before": {kvspec.WatchPrevKV, "watch x rev 6 id 1 prev-kv",
			"created r1; x=3/7.7,1 <x=2/2.3,2"},
		"not asked for": {kvspec.WatchPrevKV, "watch x rev 5 id 1",
			"created r1; -x/5 <x=2/2.3,2; x=3/7.7,1"},
		"not compacted": {kvspec.WatchCompacted, "watch x rev 2 id 1",
			"created r7; canceled compacted4"},
		"not needed": {kvspec.WatchCompacted, "watch x rev 3 id 1",
			"created r7; canceled compacted3"},
		"not everything": {kvspec.WatchComplete, "watch x rev 4 id 1", "created r1; -x/5"},
		"nothing":        {kvspec.WatchComplete, "watch x rev 4 id 1", "created r1"},
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
		"a known one less":  {kvspec.WatchReliable, "created r1; x=1/2.2,1; x=2/2.3,2; x=4/2.6,4"},
		"one not called":    {"?", "created r1; x=1/2.2,1; x=5/2.3,2; x=3/2.5,3"},
		"both of the lost?": {"?", "created r1; x=1/2.2,1; x=3/2.5,3"},
	} {
		told := []kvspec.Told{}
		for _, m := range strings.Split(c.text, ";") {
			told = append(told, says(t, m))
		}
		log, ok := kvspec.LogOf(history, told, checker.DefaultBudget)
		if !ok {
			t.Fatalf("%s: no log", name)
		}
		reports := watched(t, log, "watch x rev 1 id 1", c.text, 0)
		got := brokenBy(reports)
		if c.want == "?" && strings.Count(got, "?") != len(reports) || c.want != "?" && got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, reports)
		}
	}
	late := []kvspec.Told{says(t, "created r1"), says(t, "x=1/2.2,1"), says(t, "x=4/2.6,4")}
	late[2].Seq = 7
	log, _ := kvspec.LogOf(history, nil, checker.DefaultBudget)
	calls := []sim.Op{{Client: sim.Client(1), Input: parse(t, "watch x rev 1 id 1")}}
	if got := brokenBy(kvspec.JudgeWatches(log, calls, late, 0)); !strings.Contains(got, kvspec.WatchFaithful+" ") {
		t.Errorf("told when it was called: %s", got)
	}
}

// TestWatchesAndServers: what says nothing about a watch, and what only seems to.
func TestWatchesAndServers(t *testing.T) {
	log := kvspec.NewLog()
	log.Add(parse(t, "put x 1"), 0)
	calls := []sim.Op{{Client: sim.Client(1), Input: parse(t, "watch x rev 1 id 1"), CallSeq: 50}}
	created, event, bookmark := says(t, "created r1"), says(t, "x=1/2.2,1"), says(t, "all r2")
	other, early, behind := bookmark, created, event
	bookmark.Response.Server = 1
	elsewhere := *bookmark.Response
	elsewhere.Server = 2
	other.Response = &elsewhere
	early.Seq = 40
	header := *event.Response
	header.Revision = 1
	behind.Response = &header
	for name, c := range map[string]struct {
		want string
		told []kvspec.Told
	}{
		"a bookmark of another server": {"", []kvspec.Told{created, other, event}},
		"a bookmark of this server":    {kvspec.WatchBookmarkable, []kvspec.Told{created, bookmark, event}},
		"created before it was called": {"", []kvspec.Told{early, bookmark}},
		"a header that is behind":      {kvspec.WatchFaithful, []kvspec.Told{created, behind}},
		"a watch that nobody called":   {"", []kvspec.Told{event}},
	} {
		if got := brokenBy(kvspec.JudgeWatches(log, calls, c.told, 0)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestWhatIsKnownForCertain: a hole is known by what a read, another watch, or a LeaseRevoke tells of it.
func TestWhatIsKnownForCertain(t *testing.T) {
	lost := act{2, 1, 0, "put x 2", nil}
	after := act{1, 5, 6, "put x 3", ok(4)}
	first := act{1, 1, 2, "put x 1", ok(2)}
	const skipping = "created r1; x=1/2.2,1; x=3/2.4,3"
	for name, c := range map[string]struct {
		want string
		acts []act
		text string
	}{
		"by nobody": {"?", []act{first, lost, after}, skipping},
		"by a read": {kvspec.WatchReliable,
			[]act{first, lost, after, {3, 3, 4, "get x", at(3, keys(t, "x=2 c2 m3 v2"))}}, skipping},
		"by a revoke": {kvspec.WatchReliable,
			[]act{{3, 1, 2, "lease-grant lease 1 ttl 5", at(1, result{Lease: 1, TTL: 5})},
				{1, 3, 4, "put x 1 lease 1", ok(2)}, {3, 5, 6, "lease-revoke lease 1", ok(3)},
				{2, 1, 0, "put z 1", nil}, {1, 7, 8, "put x 3", ok(4)}}, "created r1; x=1/2.2,1@1; x=3/4.4,1"},
		"a deletion of nothing": {"?",
			[]act{{1, 1, 2, "put y 1", ok(2)}, {2, 1, 0, "put z 1", nil}, {1, 5, 6, "put x 3", ok(4)}},
			"created r1; -x/3; x=3/4.4,1"},
		"by another watch": {kvspec.WatchReliable, []act{first, {2, 1, 0, "delete x", nil}, {2, 1, 0, "put z 1", nil},
			{1, 5, 6, "put x 3", ok(4)}}, "created r1; x=1/2.2,1; x=3/4.4,1; second -x/3"},
	} {
		history := historyOf(t, c.acts)
		var told []kvspec.Told
		for _, m := range strings.Split(c.text, ";") {
			told = append(told, says(t, m))
		}
		log, ok := kvspec.LogOf(history, told, checker.DefaultBudget)
		if !ok {
			t.Fatalf("%s: no log", name)
		}
		reports := watched(t, log, "watch x rev 1 id 1", c.text, 0)
		got := brokenBy(reports)
		if c.want == "?" && strings.Count(got, "?") != len(reports) || c.want != "?" && got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, reports)
		}
	}
}
