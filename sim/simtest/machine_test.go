package simtest_test

import (
	"slices"
	"strings"
	"testing"

	"schism/sim"
	"schism/sim/simtest"
)

func TestAMachineWithoutFlawConforms(t *testing.T) { simtest.CheckMachine(t, gossips("")) }

// TestEveryFlawIsFound also says which checks a flaw must not disturb.
func TestEveryFlawIsFound(t *testing.T) {
	for _, c := range []struct {
		flaw   string
		checks string // that find it
		want   string
	}{
		{"looks outside", "EqualSeedsGiveEqualRuns", "the runs differ first at record"},
		{"looks outside", "ReplayRepeatsTheRun", "digest"},
		{"looks outside", "StepDependsOnStateAndEvent", "ask for different effects"},
		{"acts on tracing", "TracingChangesNothing", "must not act on Tracing"},
		{"changes what it sent", "MessagesStayAsSent", "was changed after it was sent"},
		{"changes what it received", "MessagesStayAsSent", "changed the Note from n1 that it received"},
		{"shares a slice with its clone", "StepDependsOnStateAndEvent", "the step of a machine changed its clone"},
		{"shares a slice with its clone", "ForksGoOnEqually", "the fork"},
		{"forgets in Clone", "StepDependsOnStateAndEvent", "ask for different effects"},
		{"forgets in Clone", "ForksGoOnEqually", "the fork"},
		{"needs what it never synced", "SurvivesCrashes", "everything not synced is lost: panic:"},
	} {
		said := failures(func(t simtest.T) { simtest.RunCheck(t, c.checks, gossips(c.flaw)) })
		t.Run(c.flaw+"/"+c.checks, func(t *testing.T) { wantFailure(t, said, c.want) })
	}
}

func TestAFlawDisturbsNoOtherCheck(t *testing.T) {
	alone := map[string][]string{
		"acts on tracing":               {"TracingChangesNothing"},
		"changes what it received":      {"MessagesStayAsSent", "StepDependsOnStateAndEvent", "ForksGoOnEqually"},
		"shares a slice with its clone": {"StepDependsOnStateAndEvent", "ForksGoOnEqually"},
		"needs what it never synced":    {"SurvivesCrashes"},
	}
	for flaw, finders := range alone {
		for _, name := range simtest.CheckNames() {
			if slices.Contains(finders, name) {
				continue
			}
			if said := failures(func(t simtest.T) { simtest.RunCheck(t, name, gossips(flaw)) }); len(said) > 0 {
				t.Errorf("a machine that %s fails %s: %s", flaw, name, said)
			}
		}
	}
}

// stutter writes a record in two steps, and does not expect to find half of one.
type stutter struct{ half bool }

func (s *stutter) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	if ev.Kind == sim.Start {
		if n, _ := ev.Disk.Size("log"); n%2 == 1 {
			panic("half a record")
		}
		out.SetTimer(0, ms(1), ms(2))
		return
	}
	if ev.Kind == sim.Timeout {
		out.Append("log", []byte{1})
		out.Run(0)
		return
	}
	out.Append("log", []byte{2})
	out.SetTimer(0, ms(1), ms(2))
}

// TestCrashesFallBetweenAStepAndItsTask needs a crash before anything else of the same instant.
func TestCrashesFallBetweenAStepAndItsTask(t *testing.T) {
	said := failures(func(t simtest.T) {
		simtest.RunCheck(t, "SurvivesCrashes", func(seed uint64) sim.Config {
			return sim.Config{Servers: 1, Limit: sim.Time(ms(50)), Chooser: sim.NewSeeded(seed),
				NewServer: func(sim.NodeID) sim.Machine { return &stutter{} }}
		})
	})
	wantFailure(t, said, "n1 crashes after its event number 2 (Timeout 0), nothing is lost: panic:")
}

// caller is a client that changes the input of an operation that it has called.
type caller struct{ input *[]int }

func (c *caller) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.Start:
		c.input = &[]int{1}
		out.Invoke(*c.input)
		out.SetTimer(0, ms(1), ms(1))
	case sim.Timeout:
		(*c.input)[0] = 2
		out.Return("done", sim.OK)
	}
}

func TestAnInputThatChangesIsFound(t *testing.T) {
	make := func(seed uint64) sim.Config {
		return sim.Config{Clients: 1, Limit: sim.Time(ms(50)), Chooser: sim.NewSeeded(seed),
			NewClient: func(sim.NodeID) sim.Machine { return &caller{} }}
	}
	said := failures(func(t simtest.T) { simtest.RunCheck(t, "MessagesStayAsSent", make) })
	wantFailure(t, said, "c1 asked to invoke [1]; that was changed afterwards")
}

// sleeper does nothing at all.
type sleeper struct{}

func (sleeper) Step(sim.Time, sim.Event, *sim.Effects) {}

func TestARunThatShowsNothingIsRefused(t *testing.T) {
	make := func(seed uint64) sim.Config {
		return sim.Config{Servers: 1, Limit: 1, Chooser: sim.NewSeeded(seed),
			NewServer: func(sim.NodeID) sim.Machine { return sleeper{} }}
	}
	wantFailure(t, failures(func(t simtest.T) { simtest.RunCheck(t, "RunsWithoutViolation", make) }),
		"nothing happens")
	if why := simtest.NotCloners(make(1)); !strings.Contains(why, "sleeper") {
		t.Errorf("a machine that is no Cloner is taken for one: %q", why)
	}
}
