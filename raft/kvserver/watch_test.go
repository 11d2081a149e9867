package kvserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// ear is an observer that keeps what clients are told of their watches.
type ear struct{ told []kvspec.Told }

// Observe implements sim.Observer.
func (e *ear) Observe(_ sim.View, s *sim.StepInfo) error {
	if m, ok := s.Event.Msg.(*kvapi.WatchResponse); ok && s.Event.Kind == sim.Receive && s.Node.IsClient() {
		e.told = append(e.told, kvspec.Told{Client: s.Node, Seq: s.Seq, At: s.At, Response: m})
	}
	return nil
}

// of returns what a client was told, a line for each response with events or an end, without revisions and servers.
func (e *ear) of(client int) (lines []string) {
	for _, t := range e.told {
		if m := t.Response; t.Client == sim.Client(client) && (len(m.Events) > 0 || m.Created || m.Canceled) {
			line := m.String()
			lines = append(lines, line[:strings.LastIndex(line, " (")])
		}
	}
	return lines
}

// hear plays what the clients' texts say, and returns what they are told of their watches. Nothing may be wrong with
// that.
func hear(t *testing.T, seed uint64, tune func(*kvserver.Config), faults []sim.Planned, texts ...string) *ear {
	t.Helper()
	var ops [][]kvserver.Operation
	for _, text := range texts {
		ops = append(ops, script(t, text))
	}
	c := world(seed, ops, tune)
	e := &ear{}
	c.Observers, c.Faults = append(c.Observers, e), faults
	r := run(t, seed, c)
	log, ok := kvspec.LogOf(r.History, e.told, checker.DefaultBudget)
	if !ok {
		t.Fatalf("seed %d: nothing explains the history", seed)
	}
	for _, level := range kvspec.JudgeWatches(log, r.History, e.told, log.Revision()) {
		if level.Verdict != checker.Valid {
			t.Errorf("seed %d: %s %v: %s", seed, level.Check, level.Verdict, level.Reason)
		}
	}
	return e
}

// heard compares what a client was told.
func heard(t *testing.T, e *ear, client int, lines ...string) {
	t.Helper()
	if got := e.of(client); !slices.Equal(got, lines) {
		t.Errorf("c%d was told\n%s\nwant\n%s", client, strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

func TestWatchesTellWhatHappens(t *testing.T) {
	e := hear(t, 1, nil, nil, `1s put x 1
		1s put x 2
		0s txn {} then {put x 3; put y 1; put z 1} else {}
		0s delete x to z`,
		`1500ms watch x id 1
		0s watch x to z rev 2 id 2 prev-kv no-put
		0s watch a on id 3 no-delete`)
	heard(t, e, 2, "watch 1 created", "watch 2 created", "watch 3 created",
		"watch 1 PUT x=2 r3", "watch 3 PUT x=2 r3",
		"watch 1 PUT x=3 r4", "watch 3 PUT x=3 r4 PUT y=1 r4 PUT z=1 r4",
		"watch 1 DELETE x r5", "watch 2 DELETE x r5 DELETE y r5")
	for _, m := range e.told {
		for _, ev := range m.Response.Events {
			if with := ev.Prev != nil; with != (m.Response.WatchID == 2) {
				t.Errorf("%v with what was there before: %v", m.Response, with)
			}
		}
	}
}

func TestAWatchGoesBackAndIsCanceledByCompaction(t *testing.T) {
	e := hear(t, 1, nil, nil, `1s put x 1
		0s put x 2
		0s put x 3
		0s put x 4
		0s compact rev 4
		2s put x 5`,
		`2s watch x rev 4 id 1
		0s watch x rev 3 id 2
		0s watch x rev 7 id 3
		1s cancel-watch id 1`)
	heard(t, e, 2, "watch 1 created", "watch 1 PUT x=3 r4 PUT x=4 r5", "watch 2 created",
		"watch 2 canceled compacted r4", "watch 3 created", "watch 1 canceled")
}

func TestAWatchOfNoKeysIsRefused(t *testing.T) {
	e := hear(t, 1, nil, nil, "1s put x 1", `1s watch b to a rev 1 id 1
		0s watch a to a rev 1 id 2
		1s watch x rev 1 id 1
		0s watch x on rev 1 id 2`)
	heard(t, e, 2, "watch 1 created canceled", "watch 2 created canceled",
		"watch 1 created", "watch 1 PUT x=1 r2", "watch 2 created", "watch 2 PUT x=1 r2")
}

// quiet is an observer that counts what is sent over streams after an instant, and the streams that are open then.
type quiet struct {
	after sim.Time
	sent  int
	open  map[sim.ChanID]bool
}

// Observe implements sim.Observer.
func (q *quiet) Observe(_ sim.View, s *sim.StepInfo) error {
	switch s.Event.Kind {
	case sim.Opened:
		q.open[s.Event.Chan] = true
	case sim.Closed:
		delete(q.open, s.Event.Chan)
	case sim.Receive:
		if s.Event.Chan != 0 && s.At > q.after {
			q.sent++
		}
	}
	return nil
}

// TestAStreamEndsWithItsLastWatch: after the client has canceled its last watch, or was told that it is over, nobody
// sends anything any more, until it watches again.
func TestAStreamEndsWithItsLastWatch(t *testing.T) {
	for name, c := range map[string]struct {
		then  string
		again bool
	}{
		"canceled by the client": {"0s progress", false},
		"compacted":              {"0s watch x rev 1 id 3", false},
		"while it is dialing":    {"0s watch x id 3\n0s cancel-watch id 3", false},
		"watched again":          {"1s watch x id 1", true},
	} {
		ops := [][]kvserver.Operation{script(t, "1s put x 1\n0s put x 2\n0s put x 3\n0s compact rev 3"),
			script(t, `1500ms watch x id 1
				0s watch y id 2
				1s cancel-watch id 1
				0s cancel-watch id 2
				`+c.then)}
		w := world(1, ops, nil)
		q := &quiet{after: sim.Time(5 * time.Second), open: map[sim.ChanID]bool{}}
		w.Observers = append(w.Observers, q)
		run(t, 1, w)
		if goes := len(q.open) > 0; goes != c.again || (q.sent > 0) != c.again {
			t.Errorf("%s: %d messages are sent over %d streams", name, q.sent, len(q.open))
		}
	}
}

func TestEventsComeInFragmentsAndInBatches(t *testing.T) {
	small := func(c *kvserver.Config) { c.FragmentEvents, c.WatchBatch = 2, 1 }
	e := hear(t, 1, small, nil, `1s txn {} then {put a 1; put b 1; put c 1} else {}
		0s put a 2`,
		`2s watch a on rev 1 id 1 fragment`, `2s watch a on rev 1 id 1`)
	heard(t, e, 1) // nothing

	heard(t, e, 2, "watch 1 created", "watch 1 fragment PUT a=1 r2 PUT b=1 r2", "watch 1 PUT c=1 r2",
		"watch 1 PUT a=2 r3")
	heard(t, e, 3, "watch 1 created", "watch 1 PUT a=1 r2 PUT b=1 r2 PUT c=1 r2", "watch 1 PUT a=2 r3")
}

func TestProgressIsTold(t *testing.T) {
	e := hear(t, 1, nil, nil, `1s put x 1
		0s put y 2`, `1500ms watch x id 1 progress-notify
		0s watch x id 2
		1s progress
		0s get x`)
	marks := map[kvapi.WatchID]int{}
	for _, x := range e.told {
		if m := x.Response; len(m.Events) == 0 && !m.Created {
			marks[m.WatchID]++
			if m.Revision != 3 {
				t.Errorf("%v, want revision 3", m)
			}
		}
	}
	if marks[0] == 0 || marks[1] == 0 || marks[2] != 0 {
		t.Errorf("progress was told by watch %v", marks)
	}
}

func TestWatchesGoOnAtOtherServers(t *testing.T) {
	lost := 0
	for seed := range uint64(20) {
		var faults []sim.Planned
		for i := range 5 {
			n := sim.Server(i + 1)
			at := time.Duration(3+2*i) * time.Second
			faults = append(faults,
				simtest.At(at, "crash", func(f sim.Faults) { f.Crash(n, sim.PowerLoss{}) }),
				simtest.At(at+time.Second, "restart", func(f sim.Faults) { f.Restart(n) }))
		}
		puts := ""
		for i := range 60 {
			puts += "200ms put x " + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "\n"
		}
		e := hear(t, seed, nil, faults, "1s watch x id 1", "1s watch a on rev 5 id 1", puts)
		lost += len(e.of(1)) + len(e.of(2))
		created := 0
		for _, line := range append(e.of(1), e.of(2)...) {
			if strings.HasSuffix(line, "created") {
				created++
			}
		}
		if created < 4 {
			t.Errorf("seed %d: the watches have begun only %d times", seed, created)
		}
	}
	if lost < 20*100 {
		t.Errorf("the watches were told only %d things", lost)
	}
}
