package sim_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
)

// clockwork makes n1 set a timer of 10 ms again and again and write down when it fires.
func clockwork(d *diary, id sim.NodeID, now sim.Time, ev sim.Event, out *sim.Effects) {
	if id != n1 {
		return
	}
	if ev.Kind == sim.Timeout {
		d.add("at %d wall %d", now/1e6, ev.Wall/1e6)
	}
	out.SetTimer(3, ms(10), ms(10))
}

func TestTimersRunOnTheNodesOwnClock(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 1, Limit: at(65), Faults: []sim.Planned{
		plan(20, "fast", func(f sim.Faults) { f.Drift(n1, 1_000_000) }),
		plan(30, "right", func(f sim.Faults) { f.Drift(n1, 0) }),
		plan(35, "freeze", func(f sim.Faults) { f.Freeze(n1, true) }),
		plan(55, "thaw", func(f sim.Faults) { f.Freeze(n1, false) }),
	}, Clock: func(sim.NodeID) sim.ClockProfile { return sim.ClockProfile{Wall: at(1000)} }}, clockwork)
	d.want(t, "10 at 10 wall 1010", "20 at 20 wall 1020", "25 at 30 wall 1030", "30 at 40 wall 1040",
		"60 at 50 wall 1050")
}

func TestWallClockJumpsAndSlewsWithoutMovingTimers(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 1, Limit: at(45), Faults: []sim.Planned{
		plan(5, "jump", func(f sim.Faults) { f.JumpWall(n1, -ms(1000)) }),
		plan(10, "slew", func(f sim.Faults) { f.SlewWall(n1, ms(1000), ms(20)) }),
	}}, clockwork)
	d.want(t, "10 at 10 wall -990", "20 at 20 wall -480", "30 at 30 wall 30", "40 at 40 wall 40")
}

func TestSettingATimerReplacesIt(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 1}, func(d *diary, _ sim.NodeID, _ sim.Time, ev sim.Event,
		out *sim.Effects) {
		switch {
		case ev.Kind == sim.Start:
			out.SetTimer(0, ms(10), ms(10)) // later
			out.SetTimer(0, ms(30), ms(30))
			out.SetTimer(1, ms(30), ms(30)) // earlier
			out.SetTimer(1, ms(5), ms(5))
			out.SetTimer(2, ms(7), ms(7)) // never
			out.StopTimer(2)
			out.SetTimer(4, ms(1), ms(1)) // stopped later
			out.SetTimer(5, ms(2), ms(2))
		case ev.Timer == 4:
			out.StopTimer(5)
		default:
			d.add("timer %d", ev.Timer)
		}
	})
	d.want(t, "5 timer 1", "30 timer 0")
}

func TestTimersDrawTheirDelayWithinBounds(t *testing.T) {
	for seed := range uint64(200) {
		_, r := run(t, sim.Config{Servers: 1, Chooser: sim.NewSeeded(seed)}, func(_ *diary, _ sim.NodeID,
			_ sim.Time, ev sim.Event, out *sim.Effects) {
			if ev.Kind == sim.Start {
				out.SetTimer(0, ms(150), ms(300))
			}
		})
		if r.End < at(150) || r.End > at(300) {
			t.Fatalf("seed %d: the timer fired at %v", seed, r.End)
		}
	}
}

func TestPausedNodeHandlesItsBacklogInABurst(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Faults: []sim.Planned{
		plan(1, "pause", func(f sim.Faults) { f.Pause(n2) }),
		plan(50, "resume", func(f sim.Faults) { f.Resume(n2) }),
	}}, func(d *diary, id sim.NodeID, now sim.Time, ev sim.Event, out *sim.Effects) {
		switch {
		case ev.Kind == sim.Start:
			out.SetTimer(0, ms(10), ms(10))
		case id == n1 && ev.Kind == sim.Timeout:
			out.Send(n2, &note{1})
			out.Send(n2, &note{2})
		case ev.Kind == sim.Receive:
			d.add("got %s at %d", ev.Msg, now/1e6)
		default:
			d.add("timer")
		}
	})
	d.want(t, "50 got 1 at 50", "50 got 2 at 50", "50 timer")
}

func TestCrashEndsAnIncarnation(t *testing.T) {
	d, r := run(t, sim.Config{Servers: 1, Clients: 1, Peers: everyMessageTakes(ms(1)), TaskMin: ms(2),
		TaskMax: ms(2), Faults: []sim.Planned{
			plan(1, "crash", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{}); f.Crash(n1, sim.PowerLoss{}) }),
			plan(10, "restart", func(f sim.Faults) { f.Restart(n1); f.Restart(n1) }),
			plan(14, "nobody", func(f sim.Faults) { f.Crash(sim.Server(7), sim.PowerLoss{}); f.Restart(0) }),
		}}, func(d *diary, id sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
		if id.IsClient() {
			if ev.Kind == sim.Start {
				out.SetTimer(0, ms(5), ms(5))
			} else {
				out.Send(n1, &note{1})
			}
			return
		}
		d.add("%s", ev.Kind)
		if ev.Kind == sim.Start {
			out.Run(1)
			out.SetTimer(0, ms(3), ms(3))
		}
	})
	d.want(t, "0 Start", "10 Start", "12 TaskRun", "13 Timeout")
	if r.Dropped != 1 {
		t.Errorf("dropped %d messages, want the one to the node that was down", r.Dropped)
	}
}

func TestExitStopsTheProcess(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Faults: []sim.Planned{
		plan(9, "restart", func(f sim.Faults) { f.Restart(n1) })}},
		func(d *diary, id sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
			if ev.Kind == sim.Receive {
				d.add("%s got %s", id, ev.Msg)
			}
			if id == n1 {
				d.add("%s", ev.Kind)
				out.Send(n2, &note{1})
				out.Exit("disk full")
				out.Send(n2, &note{2})
			}
		})
	d.want(t, "0 Start", "0 n2 got 1", "9 Start", "9 n2 got 1")
}

func TestMachinePanicIsAViolation(t *testing.T) {
	_, r := run(t, sim.Config{Servers: 1}, func(_ *diary, _ sim.NodeID, _ sim.Time, _ sim.Event,
		_ *sim.Effects) {
		panicHere("index out of order")
	})
	if r.Violation == nil || r.Violation.ID != "panic:sim_test.panicHere" || r.Violation.Node != n1 ||
		r.Stop != sim.StopViolation {
		t.Errorf("violation %+v, stop %v", r.Violation, r.Stop)
	}
}

//go:noinline
func panicHere(why string) { panic(why) }

// observer is an observer written as a function.
type observer func(v sim.View, s *sim.StepInfo) error

func (f observer) Observe(v sim.View, s *sim.StepInfo) error { return f(v, s) }

func TestObserverEndsTheRunBeforeTheEffects(t *testing.T) {
	_, r := run(t, sim.Config{Servers: 2, Observers: []sim.Observer{observer(
		func(v sim.View, s *sim.StepInfo) error {
			if s.At >= at(12) && s.Node == n1 {
				return sim.Violatef("too-late", "at %v", v.Now())
			}
			return nil
		})}}, sendAt(1, 12))
	want := &sim.Violation{ID: "too-late", Detail: "at 0.012000s", Node: n1, At: at(12), Seq: r.Events}
	if diff := cmp.Diff(want, r.Violation); diff != "" {
		t.Error(diff)
	}
	if r.Delivered != 1 {
		t.Errorf("delivered %d, want only the message sent before", r.Delivered)
	}
	_, r = run(t, sim.Config{Servers: 1, Observers: []sim.Observer{observer(
		func(sim.View, *sim.StepInfo) error { return errors.New("no") })}}, sendAt(1))
	if r.Violation == nil || r.Violation.ID != "observer" {
		t.Errorf("violation %v, want one named after the observer", r.Violation)
	}
}

func TestMarkTriggersAFault(t *testing.T) {
	var seen []string
	say := func(name string) sim.Action {
		return action{name, func(f sim.Faults) { seen = append(seen, fmt.Sprint(name, int64(f.Now())/1e6)) }}
	}
	_, r := run(t, sim.Config{Servers: 1, Limit: at(45), Faults: []sim.Planned{
		{When: sim.Trigger{Mark: "tick"}, Do: say("a")},
		{When: sim.Trigger{Mark: "tick", Nth: 2, After: ms(3)}, Do: say("b")},
		{When: sim.Trigger{Mark: "tock"}, Do: say("c")},
	}}, func(_ *diary, _ sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
		if ev.Kind == sim.Timeout {
			out.Mark("tick")
		}
		out.SetTimer(0, ms(10), ms(10))
	})
	if diff := cmp.Diff([]string{"a10", "b23"}, seen); diff != "" {
		t.Error(diff)
	}
	if len(r.Reached) != 4 || len(r.Applied) != 2 || r.Stop != sim.StopLimit || r.End != at(45) {
		t.Errorf("reached %d, applied %d, stop %v at %v", len(r.Reached), len(r.Applied), r.Stop, r.End)
	}
}

func TestHistoryIsStampedByEventNumbers(t *testing.T) {
	outcomes := []sim.Outcome{sim.OK, sim.Unknown, sim.Failed}
	calls := 0
	_, r := run(t, sim.Config{Clients: 1, Limit: at(100)}, func(_ *diary, _ sim.NodeID, _ sim.Time,
		ev sim.Event, out *sim.Effects) {
		if ev.Kind == sim.Timeout {
			out.Return(nil, outcomes[calls])
			calls++
		}
		out.Invoke(calls)
		if calls < len(outcomes) {
			out.SetTimer(0, ms(1), ms(1))
		}
	})
	want := []sim.Op{
		{Client: sim.Client(1), Process: 0, Input: 0, CallSeq: 1, ReturnSeq: 2, Return: at(1), Outcome: sim.OK},
		{Client: sim.Client(1), Process: 0, Input: 1, CallSeq: 2, ReturnSeq: sim.StillOpen, Call: at(1),
			Return: at(2)},
		{Client: sim.Client(1), Process: 1, Input: 2, CallSeq: 3, ReturnSeq: 4, Call: at(2), Return: at(3),
			Outcome: sim.Failed},
		{Client: sim.Client(1), Process: 1, Input: 3, CallSeq: 4, ReturnSeq: sim.StillOpen, Call: at(3),
			Return: sim.Never},
	}
	if diff := cmp.Diff(want, r.History); diff != "" {
		t.Error(diff)
	}
}

func TestRunEndsAsTold(t *testing.T) {
	_, r := run(t, sim.Config{Servers: 1, MaxEvents: 5}, clockwork)
	if r.Stop != sim.StopEvents || r.Events != 5 {
		t.Errorf("stop %v after %d events, want the event limit after 5", r.Stop, r.Events)
	}
	_, r = run(t, sim.Config{Clients: 1, Until: func(v sim.View) bool { return len(v.History()) == 3 }},
		func(_ *diary, _ sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
			if ev.Kind == sim.Timeout {
				out.Return(nil, sim.OK)
			}
			out.Invoke(0)
			out.SetTimer(0, ms(1), ms(1))
		})
	if r.Stop != sim.StopUntil || len(r.History) != 3 {
		t.Errorf("stop %v with %d operations, want done with 3", r.Stop, len(r.History))
	}
}

func TestInvalidConfigurationIsRefused(t *testing.T) {
	good := sim.Config{Servers: 1, NewServer: func(sim.NodeID) sim.Machine { return nil },
		Chooser: dull(), Limit: 1}
	for name, spoil := range map[string]func(*sim.Config){
		"no machine": func(c *sim.Config) { c.NewServer = nil },
		"no chooser": func(c *sim.Config) { c.Chooser = nil },
		"no limit":   func(c *sim.Config) { c.Limit = 0 },
		"too long":   func(c *sim.Config) { c.Limit = sim.MaxTime + 1 },
		"negative":   func(c *sim.Config) { c.Servers = -1 },
		"crowd":      func(c *sim.Config) { c.Servers = 1 << 15 },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			c := good
			spoil(&c)
			sim.NewWorld(c)
		})
	}
}

func TestTimeoutsOfYearsAreBeyondEveryLimit(t *testing.T) {
	_, r := run(t, sim.Config{Servers: 1, Limit: sim.MaxTime}, func(_ *diary, _ sim.NodeID, _ sim.Time,
		_ sim.Event, out *sim.Effects) {
		out.SetTimer(0, 24*365*time.Hour, 24*366*time.Hour)
	})
	if r.Stop != sim.StopLimit || r.Events != 1 {
		t.Errorf("stop %v after %d events, want the time limit after the start", r.Stop, r.Events)
	}
}

func TestTimersOfHugeDelaysNeverFire(t *testing.T) {
	const forever = time.Duration(math.MaxInt64)
	d, r := run(t, sim.Config{Servers: 1, Limit: sim.MaxTime}, func(d *diary, _ sim.NodeID, _ sim.Time, ev sim.Event,
		out *sim.Effects) {
		switch {
		case ev.Kind == sim.Start:
			out.SetTimer(1, ms(5), ms(5))
		case ev.Timer == 1: // later than 0, so that the deadline does not fit
			out.SetTimer(0, forever, forever)
			out.SetTimer(2, forever-1, forever)
		}
		d.add("%s", ev)
	})
	d.want(t, "0 Start", "5 Timeout 1")
	if r.Stop != sim.StopLimit {
		t.Errorf("stop %v, want the time limit", r.Stop)
	}
}

func TestClocksNeverRunSlowerThanATenth(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 1, Limit: at(450), Faults: []sim.Planned{
		plan(0, "stop nearly", func(f sim.Faults) { f.Drift(n1, -999_999) })}}, clockwork)
	// A few nanoseconds early, by rounding.
	d.want(t, "99 at 10 wall 10", "199 at 20 wall 20", "299 at 30 wall 30", "399 at 40 wall 40")
	if sim.MinDriftPPM != -900_000 {
		t.Errorf("MinDriftPPM is %d, and this test knows -900,000", sim.MinDriftPPM)
	}
}

func TestNegativeLatencyIsNone(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Peers: sim.Link{Min: -ms(5), Max: -ms(5)}}, sendAt(10, 11))
	d.want(t, "10 n2 got 1", "11 n2 got 2")
	d, _ = run(t, sim.Config{Servers: 2, Peers: sim.Link{Min: -ms(5), Max: -ms(5)}}, chat(2))
	d.want(t, "0 n2 Opened n1", "0 n1 Opened n2", "1 n2 got 1", "2 n2 got 2", "3 n2 Closed n1")
}

func TestTheFirstViolationCounts(t *testing.T) {
	seen := 0
	crashes := observer(func(_ sim.View, s *sim.StepInfo) error {
		if s.Event.Kind != sim.Crashed {
			return nil
		}
		seen++
		return sim.Violatef(fmt.Sprintf("crash-%d", seen), "%s is down", s.Node)
	})
	_, r := run(t, sim.Config{Servers: 3, Observers: []sim.Observer{crashes}, Faults: []sim.Planned{
		plan(10, "crash all", func(f sim.Faults) {
			for _, n := range f.Servers() {
				f.Crash(n, sim.PowerLoss{})
			}
		})}}, clockwork)
	if v := r.Violation; v == nil || v.ID != "crash-1" || v.Node != n1 || seen != 1 {
		t.Errorf("violation %+v; the observer was asked %d times about crashes, want once", v, seen)
	}
	_, r = run(t, sim.Config{Clients: 1}, func(_ *diary, _ sim.NodeID, _ sim.Time, _ sim.Event, out *sim.Effects) {
		out.Invoke(1)
		out.Invoke(2)
		out.Return(nil, sim.OK)
	})
	if r.Violation == nil || r.Violation.ID != "client-overlap" {
		t.Errorf("violation %v, want that of the second call", r.Violation)
	}
}
