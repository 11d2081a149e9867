package sim_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/sim"
)

// gossip is a machine that uses a bit of everything: timers, tasks, datagrams, channels, the disk.
type gossip struct {
	id    sim.NodeID
	peers int
	sum   int
	ch    sim.ChanID
	// unstable, if not nil, is a source of nondeterminism.
	unstable func() int
}

func (g *gossip) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.Start:
		out.Dial(g.next(), 1)
		out.SetTimer(0, ms(1), ms(20))
	case sim.Timeout:
		out.Append("log", []byte{byte(g.sum)})
		out.Sync(sim.Token(g.sum))
		out.SendSafe(g.next(), &note{g.sum})
		out.SendOn(g.ch, &note{g.sum % 5})
		out.SetTimer(0, ms(1), ms(20))
		if g.unstable != nil {
			g.sum += g.unstable()
		}
	case sim.Receive:
		g.sum += ev.Msg.(*note).n + 1
		out.Run(sim.TaskID(g.sum % 3))
	case sim.TaskRun:
		if g.sum%3 > 0 {
			out.Send(g.next(), &note{g.sum % 7})
		}
	case sim.Opened:
		g.ch = ev.Chan
	case sim.Closed:
		g.ch = 0
	}
	if out.Tracing() {
		out.Decide("always", "go on")
	}
}

func (g *gossip) next() sim.NodeID { return sim.Server(g.id.Number()%g.peers + 1) }

func (g *gossip) Clone() sim.Cloner { c := *g; return &c }

func (g *gossip) AppendHash(b []byte) []byte { return append(b, byte(g.sum), byte(g.sum>>8)) }

// gossipConfig is a run with faults of all kinds.
func gossipConfig(seed uint64, unstable func() int) sim.Config {
	const servers = 4
	return sim.Config{
		Servers:   servers,
		NewServer: func(id sim.NodeID) sim.Machine { return &gossip{id: id, peers: servers, unstable: unstable} },
		Chooser:   sim.NewSeeded(seed),
		Peers: sim.Link{Min: ms(1), Max: ms(10), Tail: sim.Percent, TailMax: ms(100), Loss: sim.Percent,
			Duplicate: sim.Percent, DuplicateMax: ms(500), Reorder: sim.Percent, ReorderMax: ms(50), Queue: 20},
		Disk:    sim.DiskProfile{SyncMin: ms(1), SyncMax: ms(4)},
		TaskMin: 0, TaskMax: ms(1),
		Limit: at(3000),
		Faults: []sim.Planned{
			plan(300, "crash n1", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{Drop: 50 * sim.Percent}) }),
			plan(400, "pause n2", func(f sim.Faults) { f.Pause(n2) }),
			plan(500, "restart n1", func(f sim.Faults) { f.Restart(n1) }),
			plan(600, "resume n2", func(f sim.Faults) { f.Resume(n2) }),
			plan(700, "hold", func(f sim.Faults) { f.Hold(n2, n3) }),
			plan(800, "release", func(f sim.Faults) { f.Release(n2, n3) }),
			plan(900, "cut", func(f sim.Faults) { f.Cut(n1, n2); f.Drift(n3, -200_000) }),
			plan(990, "mend", func(f sim.Faults) { f.Mend(n1, n2); f.ResetChannels(n2, n3) }),
		},
	}
}

func TestEqualSeedsGiveEqualRuns(t *testing.T) {
	world := sim.NewWorld(gossipConfig(99, nil))
	world.Run()
	for seed := range uint64(20) {
		first := sim.Run(gossipConfig(seed, nil))
		world.Reset(gossipConfig(seed, nil))
		if diff := cmp.Diff(first, world.Run(), cmp.Comparer(sameAction)); diff != "" {
			t.Fatalf("seed %d: a new world and one used before: %s", seed, diff)
		}
		if first.Events < 1000 || first.Dropped == 0 || len(first.Checkpoints) == 0 {
			t.Fatalf("seed %d: the run is too dull to show anything: %+v", seed, first)
		}
	}
	if a, b := sim.Run(gossipConfig(1, nil)), sim.Run(gossipConfig(2, nil)); a.Digest == b.Digest {
		t.Error("two seeds give one digest")
	}
}

func sameAction(a, b sim.Action) bool { return a.String() == b.String() }

func TestTracingAndDigestDoNotChangeARun(t *testing.T) {
	plain := sim.Run(gossipConfig(5, nil))
	c := gossipConfig(5, nil)
	var text, lines bytes.Buffer
	c.Trace = sim.NewTextTrace(&text)
	if r := sim.Run(c); r.Digest != plain.Digest {
		t.Errorf("the digest with a text trace is %v, without %v", r.Digest, plain.Digest)
	}
	c = gossipConfig(5, nil)
	c.Trace = sim.NewJSONTrace(&lines)
	if r := sim.Run(c); r.Digest != plain.Digest {
		t.Errorf("the digest with a JSON trace is %v, without %v", r.Digest, plain.Digest)
	}
	c = gossipConfig(5, nil)
	c.NoDigest = true
	if r := sim.Run(c); r.Events != plain.Events || r.End != plain.End {
		t.Errorf("without a digest the run has %d events, with it %d", r.Events, plain.Events)
	}
	if n := bytes.Count(lines.Bytes(), []byte("\n")); n != int(plain.Events+plain.Dropped) {
		t.Errorf("%d lines of JSON for %d events and %d losses", n, plain.Events, plain.Dropped)
	}
}

// TestPlantedNondeterminismIsLocated sees the finder at work on what it is made for: a machine that lets the
// order of a map escape.
func TestPlantedNondeterminismIsLocated(t *testing.T) {
	calls := 0
	unstable := func() int { // a machine that peeks at the outside, from its hundredth call on
		if calls++; calls == 400 {
			return 1
		}
		return 0
	}
	again := func(tr sim.Tracer) {
		c := gossipConfig(3, unstable)
		c.Trace = tr
		sim.Run(c)
	}
	d := sim.Diverge(again, again)
	if d == nil {
		t.Fatal("the difference was not found")
	}
	if len(d.Before) != 3 || d.Left == d.Right || !strings.Contains(d.String(), "Note") {
		t.Errorf("the difference is not located well:\n%v", d)
	}
	stable := func(tr sim.Tracer) {
		c := gossipConfig(3, nil)
		c.Trace = tr
		sim.Run(c)
	}
	if d := sim.Diverge(stable, stable); d != nil {
		t.Errorf("equal runs are said to differ:\n%v", d)
	}
	shorter := func(tr sim.Tracer) {
		c := gossipConfig(3, nil)
		c.Trace, c.MaxEvents = tr, 100
		sim.Run(c)
	}
	for _, pair := range [][2]func(sim.Tracer){{stable, shorter}, {shorter, stable}} {
		if d := sim.Diverge(pair[0], pair[1]); d == nil || d.Left != "" && d.Right != "" {
			t.Errorf("a run that ends early is not noticed: %v", d)
		}
	}
}

func TestReplayOfARecordedRun(t *testing.T) {
	c := gossipConfig(8, nil)
	rec := sim.NewRecorder(c.Chooser)
	c.Chooser = rec
	want := sim.Run(c)

	strict := sim.NewStrictReplay(rec.Choices())
	c.Chooser = strict
	if got := sim.Run(c); got.Digest != want.Digest || strict.Err() != nil || strict.Left() != 0 {
		t.Errorf("strict replay: digest %v, want %v; %v; %d choices left", got.Digest, want.Digest,
			strict.Err(), strict.Left())
	}
	aligned := sim.NewAlignedReplay(rec.Choices())
	c.Chooser = aligned
	if got := sim.Run(c); got.Digest != want.Digest || aligned.Drift() != 0 || aligned.Left() != 0 {
		t.Errorf("aligned replay: digest %v, want %v; drift %d, left %d", got.Digest, want.Digest,
			aligned.Drift(), aligned.Left())
	}

	c.Faults = c.Faults[1:] // a changed schedule
	strict, aligned = sim.NewStrictReplay(rec.Choices()), sim.NewAlignedReplay(rec.Choices())
	c.Chooser = strict
	if sim.Run(c); strict.Err() == nil {
		t.Error("strict replay of a changed schedule reports nothing")
	}
	c.Chooser = aligned
	if sim.Run(c); aligned.Drift()+aligned.Left() == 0 {
		t.Error("aligned replay of a changed schedule reports no drift")
	}
}

func TestForkGoesOnAsTheOriginal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		steps := rapid.IntRange(0, 3000).Draw(t, "steps")
		chooser := sim.NewSeeded(seed)
		c := gossipConfig(seed, nil)
		c.Chooser = chooser
		w := sim.NewWorld(c)
		for range steps {
			w.Step()
		}
		var twin sim.Seeded
		chooser.CloneInto(&twin)
		fork := w.Fork(nil, &twin, nil)
		if diff := cmp.Diff(w.Run(), fork.Run(), cmp.Comparer(sameAction)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestForkHasNoUntil(t *testing.T) {
	asked := 0
	c := gossipConfig(1, nil)
	chooser := sim.NewSeeded(1)
	c.Chooser = chooser
	c.Until = func(v sim.View) bool { asked++; return v.Seq() > 500 }
	w := sim.NewWorld(c)
	for w.View().Seq() < 100 && w.Step() {
	}
	var twin sim.Seeded
	chooser.CloneInto(&twin)
	fork := w.Fork(nil, &twin, nil)
	before := asked
	r := fork.Run()
	if asked != before || r.Stop != sim.StopLimit {
		t.Errorf("the fork asks %d times what the original is to stop at, and stops by %v", asked-before, r.Stop)
	}
	if r := w.Run(); r.Stop != sim.StopUntil {
		t.Errorf("the original stops by %v", r.Stop)
	}
}

func TestStreamsOfASeedDoNotDisturbEachOther(t *testing.T) {
	a, b := sim.NewSeeded(7), sim.NewSeeded(7)
	k := func(i int) sim.Key { return sim.Key{Decision: sim.DecideUser, From: sim.Server(i)} }
	for i := range 1000 {
		if i%3 == 0 { // b draws more under other keys, so many that its table grows
			b.Index(k(100+i), 10)
		}
		if x, y := a.Span(k(1), 0, ms(1000)), b.Span(k(1), 0, ms(1000)); x != y {
			t.Fatalf("draw %d: %v and %v", i, x, y)
		}
	}
	a.Reset(7)
	if x, y := a.Index(k(1), 1<<30), sim.NewSeeded(7).Index(k(1), 1<<30); x != y {
		t.Errorf("after Reset %d, in a new one %d", x, y)
	}
}

// TestSeedsMeanTheSameForever pins a few draws: kept results name their seeds.
func TestSeedsMeanTheSameForever(t *testing.T) {
	s := sim.NewSeeded(42)
	k := sim.Key{Decision: sim.DecideLatency, From: n1, To: n2}
	var got []int
	for range 4 {
		got = append(got, s.Index(k, 1000))
	}
	if diff := cmp.Diff([]int{970, 120, 562, 467}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSeededIsEven(t *testing.T) {
	s := sim.NewSeeded(1)
	var counts [10]int
	hits := 0
	for range 100_000 {
		counts[s.Index(sim.Key{Decision: sim.DecideUser}, 10)]++
		if s.Chance(sim.Key{Decision: sim.DecideLoss}, 25*sim.Percent) {
			hits++
		}
	}
	for i, n := range counts {
		if n < 9_600 || n > 10_400 {
			t.Errorf("%d was drawn %d times in 100,000", i, n)
		}
	}
	if hits < 24_400 || hits > 25_600 {
		t.Errorf("a chance of 25%% came true %d times in 100,000", hits)
	}
}

func TestExhaustVisitsEverySequenceOnce(t *testing.T) {
	e := sim.NewExhaust(3)
	k := sim.Key{Decision: sim.DecideUser}
	seen := map[[3]int]bool{}
	runs := 0
	for more := true; more; more = e.Next() {
		runs++
		s := [3]int{e.Index(k, 2), -1, -1}
		if e.Chance(k, sim.Percent) {
			s[1] = int(e.Span(k, 0, 10))
		}
		s[2] = e.Index(k, 1)
		seen[s] = true
	}
	if runs != 8 || len(seen) != 8 || !seen[[3]int{1, 5, 0}] {
		t.Errorf("%d runs saw %d sequences: %v", runs, len(seen), seen)
	}
	e.Bound(1)
	runs = 0
	for more := true; more; more = e.Next() {
		runs++
		e.Index(k, 2)
		e.Index(k, 2)
	}
	if runs != 2 || !e.Truncated() {
		t.Errorf("%d runs with one free choice, truncated %v", runs, e.Truncated())
	}
}

func TestExhaustIsTruncatedBySpansItSamples(t *testing.T) {
	k := sim.Key{Decision: sim.DecideUser}
	for _, c := range []struct {
		hi   time.Duration
		want bool
	}{{0, false}, {2, false}, {3, true}, {1 << 40, true}} {
		e := sim.NewExhaust(3)
		for more := true; more; more = e.Next() {
			e.Span(k, 0, c.hi)
		}
		if e.Truncated() != c.want {
			t.Errorf("three values of 0 … %d: truncated %v", c.hi, e.Truncated())
		}
	}
}

func TestAlignedReplayAnswersTheDullestWhenOutOfBounds(t *testing.T) {
	k := sim.Key{Decision: sim.DecideUser}
	rec := sim.NewRecorder(sim.NewSeeded(1))
	for rec.Index(k, 10) < 5 {
	}
	for rec.Span(k, 0, 100) < 50 {
	}
	replay := sim.NewAlignedReplay(slices.DeleteFunc(rec.Choices(), func(c sim.Choice) bool {
		return c.Value < 5 || strings.Contains(c.String(), "span") && c.Value < 50
	}))
	if i, d := replay.Index(k, 3), replay.Span(k, 2, 20); i != 0 || d != 2 || replay.Drift() != 2 {
		t.Errorf("index %d, span %d, drift %d; want 0, 2, 2", i, d, replay.Drift())
	}
}
