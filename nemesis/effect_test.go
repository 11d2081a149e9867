package nemesis_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// worker writes one byte to each of two files every 20 ms, syncs, and tells the next server. It keeps what it sees.
type worker struct {
	bench *bench
	id    sim.NodeID
	calls sim.ChanID
}

// bench is a world of two workers, and what they have seen.
type bench struct {
	*sim.World
	// pings counts what n2 has heard of n1, by the kind of message; steps are those of n2.
	pings map[string]int
	steps int
	// walls are the wall clocks that n1 has read.
	walls []sim.Time
	// found is what n1 has found on its disk, last.
	found map[string][]byte
	// unread counts the files that n1 could not read at its last start.
	unread int
	// closed is when each server was told that a channel is closed.
	closed map[sim.NodeID]sim.Time
	// eager lets n2 send over its channel every time.
	eager bool
	// provoked is what Provoke was told.
	provoked []string
}

// kinded is a message of some kind.
type kinded struct {
	ping
	kind string
}

func (k *kinded) Kind() string { return k.kind }

// Step implements [sim.Machine].
func (w *worker) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	b := w.bench
	if w.id == n2 {
		b.steps++
	} else {
		b.walls = append(b.walls, ev.Wall)
	}
	switch ev.Kind {
	case sim.Start:
		w.start(ev.Disk, out)
	case sim.Timeout:
		out.SetTimer(0, 20*ms, 20*ms)
		if w.id == n2 {
			if b.eager {
				out.SendOn(w.calls, &ping{})
			}
			return
		}
		out.Append("first", []byte{1})
		out.Send(n2, &kinded{kind: "Ping"})
		out.Append("second", []byte{2})
		out.Sync(0)
		out.Send(n2, &kinded{kind: "PingResponse"})
	case sim.Opened:
		w.calls = ev.Chan
	case sim.Closed:
		b.closed[w.id] = now
	case sim.Receive:
		b.pings[ev.Msg.Kind()]++
	}
}

// start reads the disk and begins to work.
func (w *worker) start(d *sim.Disk, out *sim.Effects) {
	out.SetTimer(0, 20*ms, 20*ms)
	if w.id != n1 {
		return
	}
	out.Dial(n2, 1)
	w.bench.unread = 0
	clear(w.bench.found)
	for _, f := range d.Files() {
		data, err := d.ReadFile(f)
		if err != nil {
			w.bench.unread++
		}
		w.bench.found[f] = bytes.Clone(data)
	}
	if len(d.Files()) == 0 {
		out.Append("old", bytes.Repeat([]byte("abc"), 1000))
		out.Sync(0)
	}
}

// toil returns a world of two workers that has suffered the schedule for two seconds.
func toil(t *testing.T, seed uint64, schedule string) *bench {
	t.Helper()
	s, err := nemesis.ParseSchedule(schedule)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{pings: map[string]int{}, found: map[string][]byte{}, closed: map[sim.NodeID]sim.Time{}}
	b.World = sim.NewWorld(sim.Config{Servers: 2, Chooser: sim.NewSeeded(seed), Faults: s.Planned(),
		NewServer: func(id sim.NodeID) sim.Machine { return &worker{bench: b, id: id} },
		Limit:     sim.Time(2 * time.Second), Peers: sim.Link{Min: ms, Max: ms}, Disk: sim.DiskProfile{SyncMax: 5 * ms},
		Provoke: func(_ sim.View, n sim.NodeID, what string) (sim.NodeID, sim.Message, bool) {
			b.provoked = append(b.provoked, n.String()+" "+what)
			return n1, &kinded{kind: "Provoked"}, what == "work"
		}})
	return b
}

// suffered is toil, to its end.
func suffered(t *testing.T, seed uint64, schedule string) *bench {
	t.Helper()
	b := toil(t, seed, schedule)
	if r := b.Run(); r.Violation != nil {
		t.Fatal(r.Violation)
	}
	return b
}

func TestCrashMidwayFallsBetweenTwoWritesAndTwoMessages(t *testing.T) {
	between, halfSent, whole := 0, 0, 0
	for seed := range uint64(60) {
		b := suffered(t, seed, "1s crash n1 midway\n1.5s restart n1")
		switch first, second := len(b.found["first"]), len(b.found["second"]); {
		case first == second+1:
			between++
		case first == second:
			whole++
		default:
			t.Errorf("%d writes to the first file, %d to the second", first, second)
		}
		if b.pings["Ping"] == b.pings["PingResponse"]+1 {
			halfSent++
		}
		plain := suffered(t, seed, "1s crash n1\n1.5s restart n1")
		if len(plain.found["first"]) != len(plain.found["second"]) {
			t.Error("a crash falls into a step")
		}
	}
	if between < 10 || halfSent < 10 || whole < 10 {
		t.Errorf("of 60 crashes, %d fell between two writes, %d between two messages, %d after a whole step", between,
			halfSent, whole)
	}
}

func TestRestartCallsOffACrashMidway(t *testing.T) {
	b := toil(t, 1, "1.001s crash n1 midway\n1.002s restart n1")
	b.Run()
	if b.View().Incarnation(n1) != 1 {
		t.Errorf("n1 lives its life %d", b.View().Incarnation(n1))
	}
}

func TestDraggedNodesHandleOneThingAtATime(t *testing.T) {
	usual, dragged := suffered(t, 1, ""), suffered(t, 1, "0s drag n2 100ms")
	if dragged.steps > 21 || usual.steps < 200 {
		t.Errorf("n2 makes %d steps in 2 s, %d if each takes 100 ms", usual.steps, dragged.steps)
	}
	caught := suffered(t, 1, "0s drag n2 100ms\n1s undrag n2")
	if d := usual.pings["Ping"] - caught.pings["Ping"]; d != 0 {
		t.Errorf("%d messages are lost", d)
	}
	for seed := range uint64(20) { // the order of channels survives
		suffered(t, seed, "0s drag all 1ms..30ms\n500ms pause n2\n900ms resume n2\n1s crash n2\n1.1s restart n2")
	}
}

func TestSpacingIsTheInverseOfTheBandwidth(t *testing.T) {
	b := suffered(t, 1, "0s links n1 -> n2 spacing 100ms")
	if got := b.pings["Ping"] + b.pings["PingResponse"]; got < 18 || got > 20 {
		t.Errorf("%d messages in 2 s over a link that carries 10 a second", got)
	}
}

func TestRulesMatchTheEndsOfKinds(t *testing.T) {
	b := suffered(t, 1, "0s rule drop *Response from * to *")
	if b.pings["PingResponse"] != 0 || b.pings["Ping"] < 90 {
		t.Errorf("heard: %v", b.pings)
	}
}

func TestCoarseWallClocksShowMultiples(t *testing.T) {
	b := suffered(t, 1, "500ms jump n1 by -3s\n500ms coarsen n1 16ms\n1s coarsen n1 0s")
	odd := func(w sim.Time) bool { return (w+sim.Time(4*time.Second))%sim.Time(16*ms) != 0 }
	coarse := slices.DeleteFunc(slices.Clone(b.walls), func(w sim.Time) bool { return w >= -sim.Time(2*time.Second) })
	if i := slices.IndexFunc(coarse, odd); i >= 0 || len(coarse) < 20 {
		t.Errorf("of %d readings, number %d is no multiple", len(coarse), i)
	}
	if !slices.ContainsFunc(b.walls[:20], odd) || !slices.ContainsFunc(b.walls[len(b.walls)-20:], odd) {
		t.Error("the clock is coarse before or after")
	}
}

func TestHalfOpenChannelsAreBelievedInUntilSomethingIsSent(t *testing.T) {
	b := toil(t, 1, "1s half-open n1 -> n2")
	for b.Step() && b.View().Now() < sim.Time(1500*ms) {
	}
	if b.closed[n1] != sim.Time(time.Second) || b.closed[n2] != 0 {
		t.Fatalf("closed at %v", b.closed)
	}
	b.eager = true
	b.Run()
	if b.closed[n2] < sim.Time(1500*ms) {
		t.Errorf("n2 sends into nowhere: closed at %v", b.closed)
	}
}

func TestLyingNamesLoseFilesThatWereSynced(t *testing.T) {
	const after = "\n1s crash n1 losing 100%\n1.1s restart n1"
	if b := suffered(t, 1, "0s disk n1 names-lying"+after); len(b.found) != 0 {
		t.Errorf("found %d files", len(b.found))
	}
	if b := suffered(t, 1, after); len(b.found) != 3 {
		t.Errorf("found %d files although names do not lie", len(b.found))
	}
	if b := suffered(t, 1, "500ms disk n1 names-lying"+after); len(b.found["first"]) < 45 {
		t.Errorf("of a file whose name is durable, %d bytes are left", len(b.found["first"]))
	}
	if b := suffered(t, 1, "0s disk n1 names-lying\n500ms reset disk n1"+after); len(b.found["first"]) < 45 {
		t.Errorf("%d bytes are left although the names are synced at last", len(b.found["first"]))
	}
}

func TestRepairUndoesDamage(t *testing.T) {
	old := bytes.Repeat([]byte("abc"), 1000)
	for _, harm := range []string{"rot n1 bits 16", "break n1 sectors 3", "misdirect n1 sectors 3"} {
		harmed := 0
		for seed := range uint64(10) {
			b := suffered(t, seed, "1s "+harm+"\n1.1s crash n1\n1.2s restart n1")
			if !bytes.Equal(b.found["old"], old) {
				harmed++
			}
			b = suffered(t, seed, "1s "+harm+"\n1.1s crash n1\n1.15s repair n1\n1.2s restart n1")
			first := bytes.Trim(b.found["first"], "\x01")
			if !bytes.Equal(b.found["old"], old) || len(first) > 0 || b.unread > 0 {
				t.Errorf("%s, seed %d: not repaired", harm, seed)
			}
		}
		if harmed < 5 {
			t.Errorf("%s: a file is harmed in %d of 10 runs", harm, harmed)
		}
	}
}

func TestProvokeDeliversWhatTheConfigurationSays(t *testing.T) {
	b := suffered(t, 1, "1s provoke n2 work\n1.1s provoke all sleep\n1.2s crash n2\n1.3s provoke n2 work")
	if want := []string{"n2 work", "n1 sleep", "n2 sleep"}; !slices.Equal(b.provoked, want) ||
		b.pings["Provoked"] != 1 {
		t.Errorf("asked for %v, delivered %d", b.provoked, b.pings["Provoked"])
	}
}

func TestFaultsHitServersInStates(t *testing.T) {
	for text, want := range map[string]int{
		// Of the first write, one sector of "old", nothing is durable when it is pending.
		"0s when write-pending on n1 crash n1 losing 100%\n500ms restart n1": 0,
		"0s when sync-pending on n1 crash n1 losing 100%\n500ms restart n1":  0,
		"0s when write-pending#9 on n1 crash n1 losing 100%\n1s restart n1":  7,
		"0s when write-pending#9 crash n1 losing 100%\n1s restart n1":        7,
		"0s when write-pending#9 on n2 crash n1 losing 100%\n1s restart n1":  0, // n2 never writes
	} {
		b := suffered(t, 3, text)
		if got := len(b.found["first"]); got != want {
			t.Errorf("%q leaves %d bytes, want %d", text, got, want)
		}
	}
}

func TestStatesBeginAnewWithEveryLife(t *testing.T) {
	b := toil(t, 1, "0s when write-pending#1 on n1 crash n1\n1ms when write-pending#1 on n1 restart n1\n"+
		"0s when write-pending#2 on n1 crash n1\n1ms when write-pending#2 on n1 restart n1")
	b.Run()
	if b.View().Incarnation(n1) != 3 {
		t.Errorf("n1 lives its life %d, want 3", b.View().Incarnation(n1))
	}
}

func TestUnknownStatesArePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a state that nobody knows is waited for")
		}
	}()
	toil(t, 1, "0s when anything crash n1")
}
