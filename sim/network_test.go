package sim_test

import (
	"testing"

	"schism/sim"
)

// sendAt makes n1 send the numbers 1, 2, … to n2, one at each of the given milliseconds, and n2 write them down.
func sendAt(millis ...int) func(*diary, sim.NodeID, sim.Time, sim.Event, *sim.Effects) {
	sent := 0
	return func(d *diary, id sim.NodeID, now sim.Time, ev sim.Event, out *sim.Effects) {
		switch {
		case ev.Kind == sim.Receive:
			d.add("%s got %s", id, ev.Msg)
		case id == n1 && (ev.Kind == sim.Start || ev.Kind == sim.Timeout):
			for sent < len(millis) && at(millis[sent]) <= now {
				sent++
				out.Send(n2, &note{sent})
			}
			if sent < len(millis) {
				wait := at(millis[sent]).Sub(now)
				out.SetTimer(0, wait, wait)
			}
		}
	}
}

func TestCutDropsWhatIsInFlight(t *testing.T) {
	d, r := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(10)), Faults: []sim.Planned{
		plan(5, "cut", func(f sim.Faults) { f.Cut(n1, n2) }),
		plan(25, "mend", func(f sim.Faults) { f.Mend(n1, n2) }),
	}}, sendAt(0, 12, 20))
	d.want(t, "30 n2 got 3")
	if r.Dropped != 2 || r.Delivered != 1 {
		t.Errorf("dropped %d, delivered %d; want 2 and 1", r.Dropped, r.Delivered)
	}
}

func TestCutIsDirected(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Faults: []sim.Planned{
		plan(0, "cut", func(f sim.Faults) { f.Cut(n2, n1) }),
	}}, sendAt(1))
	d.want(t, "1 n2 got 1")
}

func TestHoldKeepsUntilRelease(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Faults: []sim.Planned{
		plan(0, "hold", func(f sim.Faults) { f.Hold(n1, n2) }),
		plan(50, "release", func(f sim.Faults) { f.Release(n1, n2) }),
	}}, sendAt(1, 2, 60))
	d.want(t, "50 n2 got 1", "50 n2 got 2", "60 n2 got 3")
}

func TestClogDeliversInABurst(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Faults: []sim.Planned{
		plan(0, "clog", func(f sim.Faults) { f.Clog(n1, n2, ms(30)) }),
	}}, sendAt(1, 2, 31))
	d.want(t, "30 n2 got 1", "30 n2 got 2", "31 n2 got 3")
}

func TestLossIsDecidedAtDelivery(t *testing.T) {
	lossy := func(f sim.Faults) {
		l := f.DefaultLink(n1, n2)
		l.Loss = sim.Always
		f.SetLink(n1, n2, l)
	}
	d, r := run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(10)), Faults: []sim.Planned{
		plan(5, "lossy", lossy),
		plan(15, "mend", func(f sim.Faults) { f.SetLink(n1, n2, f.DefaultLink(n1, n2)) }),
	}}, sendAt(0, 6))
	d.want(t, "16 n2 got 2")
	if r.Dropped != 1 {
		t.Errorf("dropped %d, want 1", r.Dropped)
	}
}

func TestDuplicatesArriveLater(t *testing.T) {
	d, r := run(t, sim.Config{Servers: 2, Chooser: sim.NewSeeded(1),
		Peers: sim.Link{Duplicate: sim.Always, DuplicateMax: ms(60_000)}, Limit: at(120_000)}, sendAt(1))
	if len(d.lines) != 2 || r.Delivered != 2 {
		t.Errorf("the diary says %q, want one message twice", d.lines)
	}
}

func TestFullQueueDropsOneVictim(t *testing.T) {
	d, r := run(t, sim.Config{Servers: 2, Peers: sim.Link{Min: ms(100), Max: ms(100), Queue: 2}},
		sendAt(1, 2, 3, 4))
	d.want(t, "101 n2 got 1", "102 n2 got 2") // the dullest victim is the new message
	if r.Dropped != 2 {
		t.Errorf("dropped %d, want 2", r.Dropped)
	}
	_, r = run(t, sim.Config{Servers: 2, Peers: sim.Link{Min: ms(100), Max: ms(100), Queue: 2},
		Chooser: sim.NewSeeded(7)}, sendAt(1, 2, 3, 4))
	if r.Dropped != 2 || r.Delivered != 2 {
		t.Errorf("dropped %d, delivered %d; want 2 and 2", r.Dropped, r.Delivered)
	}
}

func TestRulesTreatOneKindOfMessage(t *testing.T) {
	drop := sim.Rule{From: n1, MessageKind: "Note", Action: sim.RuleDrop, Share: sim.Always, Count: 1}
	delay := sim.Rule{Action: sim.RuleDelay, Share: sim.Always, Delay: ms(5), Until: at(3)}
	twice := sim.Rule{Action: sim.RuleDuplicate, Share: sim.Always, Delay: ms(7)}
	other := sim.Rule{MessageKind: "Vote", Action: sim.RuleDrop, Share: sim.Always}
	d, _ := run(t, sim.Config{Servers: 2, Faults: []sim.Planned{
		plan(0, "rules", func(f sim.Faults) { f.AddRule(drop); f.AddRule(delay); f.AddRule(other) }),
		plan(10, "clear", func(f sim.Faults) { f.ClearRules(); f.AddRule(twice) }),
	}}, sendAt(1, 2, 4, 20))
	d.want(t, "4 n2 got 3", "7 n2 got 2", "20 n2 got 4", "27 n2 got 4")
}

func TestMessageToNobodyIsDropped(t *testing.T) {
	_, r := run(t, sim.Config{Servers: 1}, func(_ *diary, _ sim.NodeID, _ sim.Time, ev sim.Event,
		out *sim.Effects) {
		out.Send(sim.Server(9), &note{1})
		out.Send(sim.Client(1), &note{2})
	})
	if r.Dropped != 2 || r.Stop != sim.StopQuiet {
		t.Errorf("dropped %d, stop %v; want 2, quiet", r.Dropped, r.Stop)
	}
}

func TestChangedMessageIsCaught(t *testing.T) {
	defer func() {
		if p, _ := recover().(string); p == "" {
			t.Error("nobody noticed that a message was changed after it was sent")
		}
	}()
	m := &note{1}
	run(t, sim.Config{Servers: 2, Peers: everyMessageTakes(ms(5))}, func(_ *diary, id sim.NodeID,
		_ sim.Time, ev sim.Event, out *sim.Effects) {
		switch {
		case id == n1 && ev.Kind == sim.Start:
			out.Send(n2, m)
			out.SetTimer(0, ms(1), ms(1))
		case ev.Kind == sim.Timeout:
			m.n = 2
		}
	})
}

func TestTieIsAChoice(t *testing.T) {
	orders := map[string]int{}
	ex := sim.NewExhaust(1)
	for more := true; more; more = ex.Next() {
		d, _ := run(t, sim.Config{Servers: 3, Chooser: ex, Peers: everyMessageTakes(ms(1))},
			func(d *diary, id sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
				switch {
				case ev.Kind == sim.Start && id != n3:
					out.Send(n3, &note{id.Number()})
				case ev.Kind == sim.Receive:
					d.add("%s", ev.Msg)
				}
			})
		orders[d.lines[0]+d.lines[1]]++
	}
	// 3! orders of the starts, times two of the arrivals.
	if len(orders) != 2 || orders["1 11 2"] != 6 || orders["1 21 1"] != 6 {
		t.Errorf("orders of arrival %v, want both, 6 times each", orders)
	}
}
