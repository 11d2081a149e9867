package sim_test

import (
	"testing"
	"time"

	"schism/sim"
)

// impairments are faults that impair a world, from what View.Impaired names first to what it names last.
var impairments = []struct {
	says     string
	do, undo func(sim.Faults)
}{
	{"the link from n1 to n2 is held", func(f sim.Faults) { f.Hold(n1, n2) }, func(f sim.Faults) { f.Release(n1, n2) }},
	{"the link from n1 to c1 is clogged", func(f sim.Faults) { f.Clog(n1, sim.Client(1), time.Hour) },
		func(f sim.Faults) { f.Clog(n1, sim.Client(1), 0) }},
	{"the link from n2 to n1 swallows what channels send", func(f sim.Faults) { f.Blackhole(n2, n1, true) },
		func(f sim.Faults) { f.Blackhole(n2, n1, false) }},
	{"the link from c1 to n2 has other properties than at the start",
		func(f sim.Faults) { f.SetLink(sim.Client(1), n2, sim.Link{Max: 1}) },
		func(f sim.Faults) { f.SetLink(sim.Client(1), n2, f.DefaultLink(sim.Client(1), n2)) }},
	{"a rule about messages is in force", func(f sim.Faults) { f.AddRule(sim.Rule{Action: sim.RuleDrop}) },
		sim.Faults.ClearRules},
	{"the disk of n1 has other properties than at the start",
		func(f sim.Faults) { f.SetDisk(n1, sim.DiskProfile{SyncMax: 1}) },
		func(f sim.Faults) { f.SetDisk(n1, f.DefaultDisk()) }},
	{"the tasks of n2 wait otherwise than at the start", func(f sim.Faults) { f.SetTaskDelay(n2, 0, ms(2)) },
		func(f sim.Faults) { lo, hi := f.DefaultTaskDelay(); f.SetTaskDelay(n2, lo, hi) }},
	{"the clocks of c1 stand still", func(f sim.Faults) { f.Freeze(sim.Client(1), true) },
		func(f sim.Faults) { f.Freeze(sim.Client(1), false) }},
	{"the clocks of c1 drift otherwise than at the start", func(f sim.Faults) { f.Drift(sim.Client(1), 0) },
		func(f sim.Faults) { f.Drift(sim.Client(1), f.DefaultClock(sim.Client(1)).DriftPPM) }},
}

// impairedAfter returns what View.Impaired says at 10 ms in a world that has suffered the faults.
func impairedAfter(faults ...func(sim.Faults)) string {
	still := func(sim.NodeID) sim.Machine {
		return stepFunc(func(_ sim.Time, _ sim.Event, out *sim.Effects) { out.SetTimer(0, ms(1), ms(1)) })
	}
	c := sim.Config{Servers: 2, Clients: 1, NewServer: still, NewClient: still, Chooser: dull(), Limit: at(10),
		Peers: everyMessageTakes(ms(1)), ClientLinks: everyMessageTakes(ms(2)), TaskMax: ms(1),
		Disk:  sim.DiskProfile{SyncMax: ms(1)},
		Clock: func(sim.NodeID) sim.ClockProfile { return sim.ClockProfile{DriftPPM: -2_000_000} }}
	for i, do := range faults {
		c.Faults = append(c.Faults, plan(i, "fault", do))
	}
	w := sim.NewWorld(c)
	w.Run()
	return w.View().Impaired()
}

func TestImpairedSaysWhatIsNotAsConfigured(t *testing.T) {
	if got := impairedAfter(); got != "" {
		t.Errorf("without a fault: %q", got)
	}
	for i, c := range impairments {
		if got := impairedAfter(c.do); got != c.says {
			t.Errorf("got %q, want %q", got, c.says)
		}
		if got := impairedAfter(c.do, c.undo); got != "" {
			t.Errorf("after its undoing: %q", got)
		}
		for _, later := range impairments[i+1:] {
			if got := impairedAfter(later.do, c.do); got != c.says {
				t.Errorf("got %q, want %q first, before %q", got, c.says, later.says)
			}
		}
	}
}

func TestWhatHasRunOutImpairsNothing(t *testing.T) {
	for name, do := range map[string]func(sim.Faults){
		"clog":              func(f sim.Faults) { f.Clog(n1, n2, ms(10)) },
		"rule for a time":   func(f sim.Faults) { f.AddRule(sim.Rule{Action: sim.RuleDelay, Until: at(10)}) },
		"rule for nobody":   func(f sim.Faults) { f.AddRule(sim.Rule{Action: sim.RuleDrop, From: 9, Until: 1}) },
		"jump":              func(f sim.Faults) { f.JumpWall(n1, time.Hour) },
		"crash and restart": func(f sim.Faults) { f.Crash(n1, powerLoss); f.Restart(n1) },
	} {
		if got := impairedAfter(do); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestRuleThatHasTreatedItsCountImpairsNothing(t *testing.T) {
	var seen []string
	_, _ = run(t, sim.Config{Servers: 2, Faults: []sim.Planned{
		plan(0, "rule", func(f sim.Faults) {
			f.AddRule(sim.Rule{Action: sim.RuleDrop, Share: sim.Always, Count: 1})
		})},
		Observers: []sim.Observer{observer(func(v sim.View, s *sim.StepInfo) error {
			if s.Event.Kind == sim.Timeout {
				seen = append(seen, v.Impaired())
			}
			return nil
		})}}, sendAt(1, 2, 3))
	if len(seen) != 3 || seen[0] != "a rule about messages is in force" || seen[2] != "" {
		t.Errorf("impaired at the three sends: %q", seen)
	}
}

// ticker is a machine that can be told from others.
type ticker struct{ steps int }

func (m *ticker) Step(_ sim.Time, _ sim.Event, out *sim.Effects) {
	m.steps++
	out.SetTimer(0, ms(1), ms(1))
}

func TestObserversAreShownTheMachineThatWasStepped(t *testing.T) {
	last := map[sim.Machine]int{}
	kinds := map[sim.EventKind]int{}
	look := observer(func(v sim.View, s *sim.StepInfo) error {
		kinds[s.Event.Kind]++
		if s.Event.Kind >= sim.Crashed {
			if s.Machine != nil {
				t.Errorf("event %d, %v, shows a machine", s.Seq, s.Event.Kind)
			}
			return nil
		}
		m := s.Machine.(*ticker)
		if m != v.Machine(s.Node) || m.steps != last[m]+1 {
			t.Errorf("event %d of %s shows another machine, or one that was not stepped", s.Seq, s.Node)
		}
		last[m] = m.steps
		return nil
	})
	sim.Run(sim.Config{Servers: 2, NewServer: func(sim.NodeID) sim.Machine { return &ticker{} }, Chooser: dull(),
		Limit: at(20), Observers: []sim.Observer{look}, Faults: []sim.Planned{
			plan(5, "crash", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{}) }),
			plan(9, "restart", func(f sim.Faults) { f.Restart(n1) }),
		}})
	if kinds[sim.Crashed] != 1 || kinds[sim.Faulted] != 2 || kinds[sim.Start] != 3 || len(last) != 3 {
		t.Errorf("saw %v of %d machines", kinds, len(last))
	}
}
