package sim_test

import (
	"testing"

	"schism/sim"
)

// pickVictim is a chooser that makes a full queue drop the victim of that number, and is dull otherwise.
type pickVictim struct {
	sim.Chooser
	number int
}

// Index implements [sim.Chooser].
func (p pickVictim) Index(k sim.Key, n int) int {
	if k.Decision == sim.DecideVictim {
		return min(p.number, n-1)
	}
	return 0
}

// TestFullQueueDropsNothingThatHasArrived sends two messages that arrive, and later six at once.
func TestFullQueueDropsNothingThatHasArrived(t *testing.T) {
	for number := range 3 {
		d, r := run(t, sim.Config{Servers: 2, Chooser: pickVictim{dull(), number},
			Peers: sim.Link{Min: ms(100), Max: ms(100), Queue: 2}}, sendAt(1, 2, 500, 500, 500, 500, 500, 500))
		if r.Delivered != 4 || r.Dropped != 4 || len(d.lines) != 4 {
			t.Errorf("victim %d: delivered %d, dropped %d; want 4 and 4: %q", number, r.Delivered, r.Dropped, d.lines)
		}
	}
}

// flight is a tracer that counts the messages in flight as the trace tells it.
type flight struct{ now, most int }

// Trace implements [sim.Tracer].
func (f *flight) Trace(r *sim.Record) {
	if r.Lost != "" {
		f.now--
		return
	}
	f.most = max(f.most, f.now) // the step before has been carried out
	if r.Event.Kind == sim.Receive {
		f.now--
	}
	for i := range r.Effects {
		if r.Effects[i].Kind == sim.EffectSend {
			f.now++
		}
	}
}

func TestQueueBoundHoldsWhateverTheVictims(t *testing.T) {
	for seed := range uint64(20) {
		f := &flight{}
		_, r := run(t, sim.Config{Servers: 2, Chooser: sim.NewSeeded(seed), Trace: f,
			Peers: sim.Link{Min: ms(50), Max: ms(100), Queue: 4}},
			func(_ *diary, id sim.NodeID, now sim.Time, ev sim.Event, out *sim.Effects) {
				if id == n1 && now < at(2000) && ev.Kind != sim.Receive {
					for i := range 3 {
						out.Send(n2, &note{i})
					}
					out.SetTimer(0, ms(5), ms(30))
				}
			})
		if f.most != 4 || f.now != 0 || r.Delivered < 10 {
			t.Errorf("seed %d: up to %d messages are in flight, %d at the end, %d are delivered", seed, f.most, f.now,
				r.Delivered)
		}
	}
}

// TestOnlyDatagramsFillAQueue lets n2, which has forgotten a channel, answer messages with resets that the link
// holds, and send two datagrams later.
func TestOnlyDatagramsFillAQueue(t *testing.T) {
	talk := chat(60)
	d, r := run(t, sim.Config{Servers: 2, Peers: sim.Link{Min: ms(1), Max: ms(1), Queue: 2}, Faults: []sim.Planned{
		plan(3, "crash", func(f sim.Faults) { f.Crash(n2, powerLoss); f.Restart(n2); f.Hold(n2, n1) }),
		plan(50, "release", func(f sim.Faults) { f.Release(n2, n1) }),
	}}, func(d *diary, id sim.NodeID, now sim.Time, ev sim.Event, out *sim.Effects) {
		switch {
		case id == n1:
			talk(d, id, now, ev, out)
		case ev.Kind == sim.Start:
			out.SetTimer(0, ms(100), ms(100))
		case ev.Kind == sim.Timeout:
			out.Send(n1, &note{1})
			out.Send(n1, &note{2})
		}
	})
	d.want(t, "2 n1 Opened n2", "50 n1 Closed n2", "104 n1 got 1", "104 n1 got 2")
	if r.Delivered != 2 {
		t.Errorf("delivered %d, want 2", r.Delivered)
	}
}
