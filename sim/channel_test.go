package sim_test

import (
	"fmt"
	"testing"
	"time"

	"schism/sim"
)

// chat makes n1 dial n2 at the start and send the numbers up to count, one each millisecond; everybody writes
// down what happens to the channel.
func chat(count int) func(*diary, sim.NodeID, sim.Time, sim.Event, *sim.Effects) {
	var ch sim.ChanID
	sent := 0
	return func(d *diary, id sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
		switch ev.Kind {
		case sim.Start:
			if id == n1 {
				out.Dial(n2, 1)
			}
		case sim.Opened, sim.Closed:
			d.add("%s %s %s", id, ev.Kind, ev.From)
			if id == n1 && ev.Kind == sim.Opened {
				ch = ev.Chan
				out.SetTimer(0, ms(1), ms(1))
			}
		case sim.Timeout:
			if sent++; sent > count {
				out.Close(ch)
				return
			}
			out.SendOn(ch, &note{sent})
			out.SetTimer(0, ms(1), ms(1))
		case sim.Receive:
			d.add("%s got %s", id, ev.Msg)
		}
	}
}

func TestChannelKeepsOrder(t *testing.T) {
	for seed := range uint64(50) {
		d, r := run(t, sim.Config{Servers: 2, Chooser: sim.NewSeeded(seed),
			Peers: sim.Link{Max: ms(40), Loss: 10 * sim.Percent}}, chat(20))
		if r.Delivered != 20 {
			t.Fatalf("seed %d: delivered %d, want 20", seed, r.Delivered)
		}
		next := 1
		for _, line := range d.lines {
			var when, n int
			if scan(line, &when, &n) {
				if n != next {
					t.Fatalf("seed %d: got %d, want %d", seed, n, next)
				}
				next++
			}
		}
		if last := d.lines[len(d.lines)-1]; last[len(last)-len("n2 Closed n1"):] != "n2 Closed n1" {
			t.Errorf("seed %d: the last line is %q, want the close", seed, last)
		}
	}
}

func TestChannelStallsDuringACut(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
		plan(4, "cut", func(f sim.Faults) { f.Cut(n1, n2) }),
		plan(50, "mend", func(f sim.Faults) { f.Mend(n1, n2) }),
	}}, chat(3))
	d.want(t, "1 n2 Opened n1", "2 n1 Opened n2", "51 n2 got 1", "51 n2 got 2", "51 n2 got 3",
		"51 n2 Closed n1")
}

func TestDialingANodeThatIsDownIsRefused(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(5)), Faults: []sim.Planned{
		plan(1, "crash", func(f sim.Faults) { f.Crash(n2, sim.PowerLoss{}) }),
	}}, chat(1))
	d.want(t, "10 n1 Closed n2")
}

func TestDialTimesOutBehindACut(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(5)), Faults: []sim.Planned{
		plan(1, "cut", func(f sim.Faults) { f.Cut(n1, n2) }),
		plan(2000, "mend", func(f sim.Faults) { f.Mend(n1, n2) }),
	}}, chat(1))
	// The late answer finds no dialer, and the accepter learns of it.
	d.want(t, "1000 n1 Closed n2", "2005 n2 Opened n1", "2015 n2 Closed n1")
	if sim.DialTimeout != time.Second {
		t.Errorf("DialTimeout is %v, and this test knows 1 s", sim.DialTimeout)
	}
}

func TestCrashOfAProcessClosesItsChannels(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
		plan(5, "crash", func(f sim.Faults) { f.Crash(n2, sim.PowerLoss{}) }),
	}}, chat(4))
	d.want(t, "1 n2 Opened n1", "2 n1 Opened n2", "4 n2 got 1", "6 n1 Closed n2")
}

func TestLossOfPowerLeavesAChannelHalfOpen(t *testing.T) {
	power := sim.PowerLoss{Drop: sim.Always}
	d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
		plan(5, "crash", func(f sim.Faults) { f.Crash(n2, power) }),
		plan(100, "restart", func(f sim.Faults) { f.Restart(n2) }),
	}}, chat(200))
	// n1 notices nothing until n2, back again, answers a message of a channel that it does not know.
	d.want(t, "1 n2 Opened n1", "2 n1 Opened n2", "4 n2 got 1", "101 n1 Closed n2")
}

func TestResetChannelsTellsBothEnds(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(10)), Faults: []sim.Planned{
		plan(25, "reset", func(f sim.Faults) { f.ResetChannels(n2, n1) }),
	}}, chat(9))
	d.want(t, "10 n2 Opened n1", "20 n1 Opened n2", "25 n1 Closed n2", "25 n2 Closed n1")
}

func TestBlackholeSwallowsWithoutClosing(t *testing.T) {
	d, r := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(1)), Faults: []sim.Planned{
		plan(4, "on", func(f sim.Faults) { f.Blackhole(n1, n2, true) }),
		plan(6, "off", func(f sim.Faults) { f.Blackhole(n1, n2, false) }),
	}}, chat(5))
	// What was swallowed never comes, so the channel cannot go on when the blackhole ends.
	d.want(t, "1 n2 Opened n1", "2 n1 Opened n2", "6 n1 Closed n2", "6 n2 Closed n1")
	if r.Dropped != 3 {
		t.Errorf("dropped %d, want 3", r.Dropped)
	}
}

func TestPausedNodeReceivesItsChannelInOrderLater(t *testing.T) {
	for seed := range uint64(20) {
		peers := everyMessageTakes(ms(1))
		d, _ := run(t, sim.Config{Servers: 2, Chooser: sim.NewSeeded(seed), Peers: peers, Faults: []sim.Planned{
			plan(4, "pause", func(f sim.Faults) { f.Pause(n2) }),
			plan(90, "resume", func(f sim.Faults) { f.Resume(n2) }),
		}}, chat(4))
		if len(d.lines) != 7 || d.lines[len(d.lines)-1] != "91 n2 Closed n1" {
			t.Fatalf("seed %d: the diary says %q", seed, d.lines)
		}
	}
}

// scan reads "51 n2 got 3" and reports whether line has that form.
func scan(line string, when, n *int) bool {
	c, _ := fmt.Sscanf(line, "%d n2 got %d", when, n)
	return c == 2
}
