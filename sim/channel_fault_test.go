package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"schism/sim"
)

// powerLoss is a crash that tells nobody.
var powerLoss = sim.PowerLoss{Drop: sim.Always}

// received returns the numbers that n2 has got, in order.
func (d *diary) received() (numbers []int) {
	for _, line := range d.lines {
		var when, n int
		if scan(line, &when, &n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// wantNoGap fails the test unless n2 has got the numbers from 1 on, each once.
func (d *diary) wantNoGap(t *testing.T, seed uint64) {
	t.Helper()
	for i, n := range d.received() {
		if n != i+1 {
			t.Fatalf("seed %d: a stream has a gap or is out of order: %q", seed, d.lines)
		}
	}
}

func TestPowerLossDuringAPauseIsNoticedInTheEnd(t *testing.T) {
	for _, pause := range []bool{false, true} {
		d, _ := run(t, sim.Config{Servers: 2, Faults: []sim.Planned{
			plan(3, "pause", func(f sim.Faults) {
				if pause {
					f.Pause(n2)
				}
			}),
			plan(6, "crash", func(f sim.Faults) { f.Crash(n2, powerLoss) }),
			plan(7, "restart", func(f sim.Faults) { f.Restart(n2) }),
		}}, chat(2000))
		if !slices.ContainsFunc(d.lines, func(l string) bool { return strings.HasSuffix(l, "n1 Closed n2") }) {
			t.Errorf("paused %v: for two seconds n1 sends to a peer that has forgotten the channel, and hears nothing",
				pause)
		}
	}
}

func TestStreamHasNoGapWhenABlackholeEnds(t *testing.T) {
	for seed := range uint64(100) {
		d, _ := run(t, sim.Config{Servers: 2, Chooser: sim.NewSeeded(seed), Peers: sim.Link{Max: ms(5)},
			Faults: []sim.Planned{
				plan(20, "on", func(f sim.Faults) { f.Blackhole(n1, n2, true) }),
				plan(30, "off", func(f sim.Faults) { f.Blackhole(n1, n2, false) }),
			}}, chat(40))
		if d.wantNoGap(t, seed); len(d.received()) == 0 {
			t.Fatalf("seed %d: nothing arrives", seed)
		}
		for _, want := range []string{"n1 Closed n2", "n2 Closed n1"} {
			if !strings.Contains(fmt.Sprint(d.lines), want) {
				t.Fatalf("seed %d: no %s in %q", seed, want, d.lines)
			}
		}
	}
}

func TestBlackholeThatSwallowedNothingResetsNothing(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
		plan(4, "on and off", func(f sim.Faults) { f.Blackhole(n1, n2, true); f.Blackhole(n1, n2, false) }),
	}}, chat(4))
	d.want(t, "1 n2 Opened n1", "2 n1 Opened n2", "4 n2 got 1", "5 n2 got 2", "6 n2 got 3", "7 n2 got 4",
		"8 n2 Closed n1")
}

// TestStreamHasNoGapAfterAReset sends twice at the instant of the reset, before or after its ends know.
func TestStreamHasNoGapAfterAReset(t *testing.T) {
	for seed := range uint64(300) {
		var ch sim.ChanID
		sent := 0
		d, _ := run(t, sim.Config{Servers: 2, Chooser: sim.NewSeeded(seed), Faults: []sim.Planned{
			plan(10, "reset", func(f sim.Faults) { f.ResetChannels(n1, n2) })}},
			func(d *diary, id sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
				switch {
				case id == n1 && ev.Kind == sim.Start:
					out.Dial(n2, 1)
					out.SetTimer(0, ms(10), ms(10))
					out.SetTimer(1, ms(10), ms(10))
				case id == n1 && ev.Kind == sim.Opened:
					ch = ev.Chan
				case ev.Kind == sim.Timeout:
					sent++
					out.SendOn(ch, &note{sent})
				case ev.Kind == sim.Receive:
					d.add("%s got %s", id, ev.Msg)
				}
			})
		d.wantNoGap(t, seed)
	}
}

// TestResetsObeyTheirLink lets n2 forget the channel, so that it answers what arrives on it with a reset.
func TestResetsObeyTheirLink(t *testing.T) {
	for _, c := range []struct {
		name, closed string
		do, undo     func(sim.Faults)
	}{
		{"nothing", "5 n1 Closed n2", func(sim.Faults) {}, func(sim.Faults) {}},
		{"hold", "50 n1 Closed n2", func(f sim.Faults) { f.Hold(n2, n1) }, func(f sim.Faults) { f.Release(n2, n1) }},
		{"clog", "60 n1 Closed n2", func(f sim.Faults) { f.Clog(n2, n1, ms(56)) }, func(sim.Faults) {}},
		{"cut", "50 n1 Closed n2", func(f sim.Faults) { f.Cut(n2, n1) }, func(f sim.Faults) { f.Mend(n2, n1) }},
	} {
		d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
			plan(4, "crash", func(f sim.Faults) { f.Crash(n2, powerLoss); f.Restart(n2); c.do(f) }),
			plan(50, "undo", c.undo),
		}}, chat(200))
		if i := slices.IndexFunc(d.lines, func(l string) bool { return strings.Contains(l, "n1 Closed") }); i < 0 ||
			d.lines[i] != c.closed {
			t.Errorf("%s: want %q in %q", c.name, c.closed, d.lines)
		}
	}
}

// counting is a chooser that counts the latencies that are drawn for each link.
type counting struct {
	sim.Chooser
	latencies map[sim.Key]int
}

// Span implements [sim.Chooser].
func (c *counting) Span(k sim.Key, lo, hi time.Duration) time.Duration {
	c.latencies[k]++
	return c.Chooser.Span(k, lo, hi)
}

func TestMendingOneLinkDrawsNothingForOthers(t *testing.T) {
	drawn := func(undo func(sim.Faults)) int {
		c := &counting{sim.NewSeeded(1), map[sim.Key]int{}}
		run(t, sim.Config{Servers: 4, Chooser: c, Limit: at(90), Peers: sim.Link{Max: ms(2)}, Faults: []sim.Planned{
			plan(20, "break", func(f sim.Faults) { f.Cut(n1, n2); f.Cut(n2, n3); f.Hold(n3, n2); f.Pause(4) }),
			plan(60, "undo", undo),
		}}, chat(60))
		return c.latencies[sim.Key{Decision: sim.DecideLatency, From: n1, To: n2}]
	}
	want := drawn(func(sim.Faults) {})
	for name, undo := range map[string]func(sim.Faults){
		"a mend":    func(f sim.Faults) { f.Mend(n2, n3) },
		"a release": func(f sim.Faults) { f.Release(n3, n2) },
		"a resume":  func(f sim.Faults) { f.Resume(4) },
	} {
		if got := drawn(undo); got != want {
			t.Errorf("%s elsewhere makes it %d latencies of n1 -> n2, without it are %d", name, got, want)
		}
	}
	if got := drawn(func(f sim.Faults) { f.Mend(n1, n2) }); got == want {
		t.Error("mending n1 -> n2 itself draws nothing: the test shows nothing")
	}
}

func TestDialingNobodyOrOneselfIsRefused(t *testing.T) {
	d, r := run(t, sim.Config{Servers: 1}, func(d *diary, _ sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
		if ev.Kind != sim.Start {
			d.add("%s", ev.Kind)
			return
		}
		out.Dial(sim.Server(9), 1)
		out.Dial(sim.Client(1), 1)
		out.Dial(n1, 1)
	})
	d.want(t, "0 Closed", "0 Closed", "0 Closed")
	if r.Stop != sim.StopQuiet || r.End != 0 {
		t.Errorf("stop %v at %v, want quiet at once", r.Stop, r.End)
	}
}

func TestLossDelaysAStreamOnlySoMuch(t *testing.T) {
	lossy := func(f sim.Faults) { f.SetLink(n1, n2, sim.Link{Loss: sim.Always}) }
	d, r := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
		plan(2, "lossy", lossy)}}, chat(2))
	if sim.RetransmitDelay*sim.MaxRetransmits != 3*time.Second {
		t.Fatal("this test knows 3 s")
	}
	d.want(t, "1 n2 Opened n1", "2 n1 Opened n2", "3003 n2 got 1", "3004 n2 got 2", "3005 n2 Closed n1")
	if r.Dropped != 0 {
		t.Errorf("dropped %d, want none", r.Dropped)
	}
}

func TestDelayRuleKeepsAStreamInOrder(t *testing.T) {
	delay := sim.Rule{MessageKind: "Note", Action: sim.RuleDelay, Share: sim.Always, Delay: ms(10), Count: 1}
	d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
		plan(2, "rule", func(f sim.Faults) { f.AddRule(delay) })}}, chat(3))
	d.want(t, "1 n2 Opened n1", "2 n1 Opened n2", "14 n2 got 1", "14 n2 got 2", "14 n2 got 3", "14 n2 Closed n1")
}

func TestDropRuleResetsTheChannel(t *testing.T) {
	drop := sim.Rule{MessageKind: "Note", Action: sim.RuleDrop, Share: sim.Always, Count: 1}
	d, r := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
		plan(4, "rule", func(f sim.Faults) { f.AddRule(drop) })}}, chat(9))
	// Note 2 is dropped when it is sent; a stream without it would have a gap.
	got := strings.Join(d.lines, ", ")
	if !strings.HasPrefix(got, "1 n2 Opened n1, 2 n1 Opened n2, 4 n2 got 1, ") ||
		!strings.Contains(got, "n1 Closed n2") || !strings.Contains(got, "n2 Closed n1") || len(d.received()) != 1 {
		t.Errorf("the diary says %q", d.lines)
	}
	if r.Delivered != 1 {
		t.Errorf("delivered %d, want 1", r.Delivered)
	}
}
