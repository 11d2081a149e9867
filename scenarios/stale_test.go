package scenarios

import (
	"slices"
	"strings"
	"testing"
	"time"

	"schism/raft/kvserver"
	"schism/sim"
)

// talkative is a server that notes a decision at each step.
type talkative struct{ *kvserver.Server }

func newTalkative(s *kvserver.Server) raftDecorator { return talkative{s} }

func (d talkative) decorated() *kvserver.Server { return d.Server }

// Step implements sim.Machine.
func (d talkative) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	out.Decide("somebody wants to read more", "say more")
	d.Server.Step(now, ev, out)
}

// greedy is a system that draws more than it needs.
type greedy struct{ system }

// setUp implements system.
func (g greedy) setUp(c sim.Chooser) {
	for i := range 100 {
		c.Index(sim.Key{Decision: sim.DecideUser, From: sim.NodeID(i % 7)}, 10)
		c.Span(sim.Key{Decision: sim.DecideConfig, From: sim.NodeID(1000 + i%3)}, 0, time.Second)
	}
	g.system.setUp(c)
}

// later returns the scenario after a change of the code: of its servers' configuration, of a server, or of the system.
func later(s *Scenario, setup func(*raftSetup), around func(system) system) *Scenario {
	c := *s
	plain := s.system
	c.system = func(x *Scenario) system {
		y := plain(x)
		if setup != nil {
			setup(y.(*raftKV).setupOf())
		}
		if around != nil {
			y = around(y)
		}
		return y
	}
	return &c
}

// TestCasesLastThroughChangesOfTheCode reads a kept case after changes that leave the run alone: it is what it was.
func TestCasesLastThroughChangesOfTheCode(t *testing.T) {
	s := Must("raft/kv/swarm")
	kept, err := CaseOf(s, 7)
	if err != nil {
		t.Fatal(err)
	}
	text := string(kept.Text())
	head, rest, _ := strings.Cut(text, "-- workload --")
	lines := strings.SplitAfter(strings.TrimSpace(head), "\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "seed ") })
	last := len(lines) - 1
	lines[last] += "\n"
	slices.SortStableFunc(lines[at:], func(a, b string) int { return strings.Compare(b[:4], a[:4]) })
	for what, c := range map[string]struct {
		text     string
		scenario *Scenario
	}{
		"one more line in the log": {text, later(s, func(r *raftSetup) {
			r.decorate = newTalkative
		}, nil)},
		"more draws elsewhere":    {text, later(s, nil, func(y system) system { return greedy{y} })},
		"fields in another order": {strings.Join(lines, "") + "-- workload --" + rest, s},
	} {
		read, err := parseCase([]byte(c.text), func(string) (*Scenario, error) { return c.scenario, nil })
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		r, err := read.Run(Options{})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if drift := read.Drift(r); len(drift) > 0 {
			t.Errorf("%s: %v", what, drift)
		}
	}
}

// TestCasesAreStaleAfterAChangeOfBehaviour reads a kept case after heartbeats have become rarer: it says so, and how.
func TestCasesAreStaleAfterAChangeOfBehaviour(t *testing.T) {
	s := Must("raft/kv/swarm")
	kept, err := CaseOf(s, 7)
	if err != nil {
		t.Fatal(err)
	}
	kept.Scenario = later(s, func(r *raftSetup) {
		r.tune = func(c *kvserver.Config) { c.Raft.Heartbeat = 110 * time.Millisecond }
	}, nil)
	r, err := kept.Run(Options{})
	if err != nil {
		t.Fatal(err)
	}
	drift := strings.Join(kept.Drift(r), "\n")
	for _, want := range []string{"its digest is ", "the first difference is between events 1 and 1024",
		" choices of latency, not "} {
		if !strings.Contains(drift, want) {
			t.Errorf("it does not say %q:\n%s", want, drift)
		}
	}
}
