package checker

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
)

var timing = Timing{Election: 300 * time.Millisecond, RoundTrip: 20 * time.Millisecond, Retry: time.Second}

// living is a stage whose servers a liveness check watches, in seconds.
type living struct {
	*stage
	l        *Liveness
	now      sim.Time
	paused   sim.NodeID
	absent   sim.NodeID // a client that is down
	impaired string
}

func (v *living) Now() sim.Time            { return v.now }
func (v *living) Paused(n sim.NodeID) bool { return n == v.paused }
func (v *living) Impaired() string         { return v.impaired }
func (v *living) Machine(n sim.NodeID) sim.Machine {
	if n.IsClient() {
		if n == v.absent {
			return nil
		}
		return &actor{id: n}
	}
	if a := v.at(n.Number()); a.up {
		return a
	}
	return nil
}

// newLiving returns five servers that are whole and led by n1 since the beginning.
func newLiving(t *testing.T) *living {
	v := &living{stage: &stage{t: t, cut: map[[2]sim.NodeID]bool{}},
		l: NewLiveness(asReplica, timing.Bounds(), 0)}
	for i := range 5 {
		v.servers = append(v.servers, &actor{id: sim.Server(i + 1), up: true, reign: 1, leads: i == 0,
			log: entries(1, 1), committed: 2, applied: 2, state: 7})
	}
	v.see(0, sim.Server(1), sim.Start)
	return v
}

// see shows the check an event after some seconds.
func (v *living) see(seconds float64, n sim.NodeID, kind sim.EventKind, effects ...sim.Effect) {
	v.seq++
	v.now += sim.Time(seconds * float64(time.Second))
	found := v.l.observe(v, &sim.StepInfo{Seq: v.seq, At: v.now, Node: n, Event: &sim.Event{Kind: kind},
		Effects: effects})
	if v.found == nil {
		v.found = found
	}
}

func (v *living) wait(seconds float64) { v.see(seconds, sim.Server(1), sim.Timeout) }
func (v *living) invoke() {
	v.see(0, sim.Client(1), sim.Timeout, sim.Effect{Kind: sim.EffectInvoke, Value: "op"})
}
func (v *living) returns(o sim.Outcome) {
	v.see(0, sim.Client(1), sim.Receive, sim.Effect{Kind: sim.EffectReturn, Outcome: o})
}

// goOn makes n1 commit an entry 20 times in a second, so many times, which the others that follow have with the next
// one only.
func (v *living) goOn(times int, follows func(i int) bool) {
	grow := func(a *actor, to int) {
		a.log, a.committed, a.applied = entries(make([]sim.Reign, to)...), Position(to), Position(to)
	}
	for n := range times {
		grow(v.at(1), n+3)
		for i := 2; i <= 5; i++ {
			if follows(i) {
				grow(v.at(i), n+2)
			}
		}
		v.wait(0.05)
	}
}

func (v *living) fault() { v.see(0, 0, sim.Faulted) }

func TestLivenessFindsWhatDoesNotComeBack(t *testing.T) {
	for _, c := range []struct {
		id, says string
		story    func(v *living)
	}{
		{"liveness-leader", "no leader, 3s after the heal at 0.000000s: n1 is in reign 1", func(v *living) {
			v.at(1).leads = false
			v.wait(3)
		}},
		{"liveness-leader", "n1 leads reign 1, log to 2", func(v *living) {
			v.at(2).reign = 2 // a deposed leader is none
			v.wait(3)
		}},
		{"liveness-converge", "n3 has not applied", func(v *living) {
			v.goOn(600, func(i int) bool { return i != 3 })
		}},
		{"liveness-answer", "c1 waits for op since 4.000000s", func(v *living) {
			v.wait(4)
			v.invoke()
			v.wait(2.4)
			v.wait(0.1)
		}},
		{"liveness-answer", "c1 waits for op since 1.000000s", func(v *living) {
			v.wait(1)
			v.invoke()
			v.wait(4.4)
			v.wait(0.1)
		}},
		{"liveness-answer", "c1 gave up op", func(v *living) {
			v.wait(4)
			v.invoke()
			v.wait(2)
			v.returns(sim.Unknown)
		}},
		{"liveness-converge", "the log of n4 ends at 1 and that of n1 at 2", func(v *living) {
			v.at(4).log = entries(1)
			v.wait(3)
			v.wait(1.7)
		}},
		{"liveness-converge", "the logs of n5 and n1 differ at 2", func(v *living) {
			v.at(5).log = entries(1, 3)
			v.wait(5)
		}},
		{"liveness-converge", "n2 has committed 1 of 2", func(v *living) {
			v.at(2).committed = 1
			v.wait(5)
		}},
		{"liveness-converge", "n2 has applied 1 of 2", func(v *living) {
			v.at(2).applied = 1
			v.wait(5)
		}},
		{"liveness-converge", "the states of n2 and n1 differ at 2", func(v *living) {
			v.at(2).state = 8
			v.wait(5)
		}},
		{"liveness-reigns", "the 6th reign since then", func(v *living) {
			v.wait(1)
			v.at(2).reign, v.at(2).leads = 7, true
			v.wait(3)
		}},
		{"liveness-reigns", "the 6th reign since then, 26s after the heal", func(v *living) {
			v.wait(10)
			v.wait(10) // settled
			for range 8 {
				v.at(1).reign++
				v.wait(1)
			}
		}},
		{"liveness-answer", "c1 waits for op since 0.000000s", func(v *living) {
			v.see(0, sim.Client(1), sim.Start, sim.Effect{Kind: sim.EffectInvoke, Value: "op"})
			v.wait(3)
			v.wait(2.5)
		}},
	} {
		v := newLiving(t)
		c.story(v)
		if v.found == nil || v.found.ID != c.id || !strings.Contains(v.found.Detail, c.says) {
			t.Errorf("got %v, want %s: … %s …", v.found, c.id, c.says)
		}
	}
}

func TestLivenessStaysSilent(t *testing.T) {
	for name, story := range map[string]func(v *living){
		"nothing happens": func(v *living) {
			for range 100 {
				v.wait(1)
			}
		},
		"answers in time": func(v *living) {
			for range 20 {
				v.invoke()
				v.wait(2)
				v.returns(sim.OK)
				v.wait(1)
			}
		},
		"a leader in time": func(v *living) {
			v.at(1).leads = false
			v.wait(2.9)
			v.at(2).reign, v.at(2).leads = 2, true
			v.see(0, sim.Server(2), sim.Timeout)
			v.wait(1)
		},
		"no leader while a link is cut": func(v *living) {
			v.at(1).leads = false
			v.cut[[2]sim.NodeID{sim.Server(1), sim.Server(2)}] = true
			v.fault()
			v.wait(100)
		},
		"no answer while a server is down": func(v *living) {
			v.invoke()
			v.at(3).up = false
			v.see(0, sim.Server(3), sim.Crashed)
			v.wait(100)
			v.returns(sim.Unknown)
		},
		"the clock begins at the heal": func(v *living) {
			v.at(1).leads = false
			v.paused = sim.Server(4)
			v.fault()
			v.wait(100)
			v.paused = 0
			v.fault()
			v.wait(2.9)
		},
		"it writes by itself, and somebody is always behind": func(v *living) {
			v.goOn(600, func(i int) bool { return true })
		},
		"five reigns after everything was settled": func(v *living) {
			v.wait(10)
			for range 5 {
				v.at(1).reign++
				v.wait(1)
			}
			v.wait(100)
		},
		"a client that crashed waits for nothing": func(v *living) {
			v.wait(4)
			v.invoke()
			v.absent = sim.Client(1)
			v.see(0, sim.Client(1), sim.Crashed)
			v.absent = 0
			v.see(1, sim.Client(1), sim.Start)
			v.wait(3)
			v.wait(100)
		},
		"no leader while something is impaired": func(v *living) {
			v.at(1).leads, v.impaired = false, "the link from n1 to n2 is held"
			v.fault()
			v.wait(100)
		},
		"no answer while the client is paused": func(v *living) {
			v.invoke()
			v.paused = sim.Client(1)
			v.fault()
			v.wait(100)
		},
		"gives up what was called before": func(v *living) {
			v.invoke()
			v.wait(2)
			v.returns(sim.Unknown)
		},
	} {
		v := newLiving(t)
		if story(v); v.found != nil {
			t.Errorf("%s: %v", name, v.found)
		}
	}
}

func TestLivenessReport(t *testing.T) {
	for _, c := range []struct {
		name  string
		stop  sim.Stop
		want  Verdict
		says  string
		story func(v *living)
	}{
		{"settled", sim.StopUntil, Valid, "a leader 1s after the heal", func(v *living) { v.wait(1) }},
		{"down", sim.StopLimit, Unknown, "n3 is down", func(v *living) {
			v.at(3).up = false
			v.see(0, sim.Server(3), sim.Crashed)
		}},
		{"cut off client", sim.StopLimit, Unknown, "c2 and n4 are cut off", func(v *living) {
			v.cut[[2]sim.NodeID{sim.Client(2), sim.Server(4)}] = true
			v.fault()
		}},
		{"a client is down", sim.StopLimit, Unknown, "c2 is down", func(v *living) {
			v.absent = sim.Client(2)
			v.see(0, sim.Client(2), sim.Crashed)
			v.wait(100)
		}},
		{"a client is paused", sim.StopLimit, Unknown, "c1 is paused", func(v *living) {
			v.paused = sim.Client(1)
			v.fault()
		}},
		{"impaired", sim.StopLimit, Unknown, "to be told: a rule about messages is in force", func(v *living) {
			v.impaired = "a rule about messages is in force"
			v.fault()
		}},
		{"impaired until nobody looked any more", sim.StopLimit, Unknown, "nothing happened after", func(v *living) {
			v.impaired = "the link from n1 to n2 is clogged"
			v.fault()
			v.impaired = ""
			v.wait(100)
		}},
		{"reigns", sim.StopUntil, Invalid, "the 6th reign since then", func(v *living) {
			v.wait(1)
			v.at(2).reign, v.at(2).leads = 7, true
		}},
		{"reigns at once", sim.StopUntil, Valid, "a leader", func(v *living) {
			v.at(2).reign, v.at(2).leads = 7, true // before anything was seen after the heal
			v.l.Reset(1)
			v.fault()
			v.now++
		}},
		{"no leader at the end", sim.StopLimit, Unknown, "there is no leader", func(v *living) {
			v.wait(10)
			v.at(1).leads = false
			v.wait(1)
		}},
		{"too early", sim.StopLimit, Unknown, "the run ended 2s after the heal", func(v *living) {
			v.at(1).leads = false
			v.wait(2)
		}},
		{"quiet without a leader", sim.StopQuiet, Invalid, "no leader, 2s after", func(v *living) {
			v.at(1).leads = false
			v.wait(2)
		}},
		{"before the time", sim.StopLimit, Unknown, "before the heal at 9.0", func(v *living) {
			v.l.Reset(9e9)
			v.fault()
			v.wait(2)
		}},
	} {
		v := newLiving(t)
		c.story(v)
		r := v.l.report(v, c.stop)
		if r.Verdict != c.want || !strings.Contains(r.Reason, c.says) {
			t.Errorf("%s: %s", c.name, r)
		}
		if (r.Violation() != nil) != (c.want == Invalid) {
			t.Errorf("%s: violation %v", c.name, r.Violation())
		}
	}
}

func TestNothingIsSettledWithoutALeader(t *testing.T) {
	v := newLiving(t)
	v.wait(10)
	if !v.l.isSettled(v) {
		t.Error("not settled although nothing is left to do")
	}
	if v.at(1).leads = false; v.l.isSettled(v) {
		t.Error("settled although nobody leads")
	}
}

// TestLivenessCountsReignsOnlyWhenDue: a step of a settled system must cost next to nothing.
func TestLivenessCountsReignsOnlyWhenDue(t *testing.T) {
	v := newLiving(t)
	asked := 0
	v.l.adapt = func(m sim.Machine) Replica { asked++; return asReplica(m) }
	v.wait(10)
	v.wait(0.001)
	asked = 0
	for range 1000 {
		v.wait(0.01)
	}
	if asked != 10*len(v.servers) {
		t.Errorf("looks at %d servers in 1000 steps over 10 s, want each of them once a second", asked)
	}
}

// TestReignsCountFromTheHeal: what is answered before the time from which the system may be whole begins nothing.
func TestReignsCountFromTheHeal(t *testing.T) {
	v := newLiving(t)
	v.l.Reset(sim.Time(10 * time.Second))
	v.see(0, sim.Server(1), sim.Start)
	v.invoke()
	v.wait(1)
	v.returns(sim.OK)
	v.wait(1)
	v.at(1).reign += 6
	for range 20 {
		v.wait(1)
	}
	if v.found != nil {
		t.Error(v.found)
	}
}

func TestBoundsFollowFromTheTiming(t *testing.T) {
	want := Bounds{Leader: 3 * time.Second, Answer: 2400 * time.Millisecond,
		Converge: 1600 * time.Millisecond, Reigns: 5}
	if diff := cmp.Diff(want, timing.Bounds()); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkLivenessQuietStep(b *testing.B) {
	v := newLiving(nil)
	info := &sim.StepInfo{Node: sim.Server(2), Event: &sim.Event{Kind: sim.Receive}}
	b.ReportAllocs()
	for b.Loop() {
		v.l.observe(v, info)
	}
}

// TestLivenessNeedsAWrite: a system to which nobody has written since it is whole does not show that it takes writes.
func TestLivenessNeedsAWrite(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(v *living)
		want  Verdict
	}{
		{"nobody writes", func(v *living) {}, Unknown},
		{"somebody reads", func(v *living) {
			v.see(0, sim.Client(1), sim.Timeout, sim.Effect{Kind: sim.EffectInvoke, Value: "read"})
			v.returns(sim.OK)
		}, Unknown},
		{"somebody writes", func(v *living) {
			v.invoke()
			v.returns(sim.OK)
		}, Valid},
		{"the write is refused", func(v *living) {
			v.invoke()
			v.returns(sim.Failed)
		}, Unknown},
		{"nobody knows", func(v *living) {
			v.invoke()
			v.returns(sim.Unknown)
		}, Unknown},
		{"the write was called before", func(v *living) {
			v.paused = sim.Server(5)
			v.fault()
			v.invoke()
			v.wait(1)
			v.paused = 0
			v.fault()
			v.returns(sim.OK)
		}, Unknown},
		{"the write was answered before", func(v *living) {
			v.invoke()
			v.returns(sim.OK)
			v.paused = sim.Server(5)
			v.fault()
			v.wait(1)
			v.paused = 0
			v.fault()
		}, Unknown},
	} {
		v := newLiving(t)
		v.l.NeedsWrite(func(in any) bool { return in == "op" })
		v.wait(1)
		c.story(v)
		v.wait(10)
		v.wait(10)
		r := v.l.report(v, sim.StopUntil)
		if v.found != nil || r.Verdict != c.want || v.l.isSettled(v) != (c.want == Valid) {
			t.Errorf("%s: %v, found %v, settled %v", c.name, r, v.found, v.l.isSettled(v))
		}
	}
	v := newLiving(t)
	v.l.NeedsWrite(func(in any) bool { return in == "op" })
	v.wait(10)
	v.invoke()
	v.wait(3)
	if v.found == nil || v.found.ID != "liveness-answer" {
		t.Errorf("a write that waits: %v", v.found)
	}
}
