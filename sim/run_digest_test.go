package sim_test

import (
	"testing"

	"schism/sim"
)

// vote is a message that has the fields of a note.
type vote struct{ note }

// Kind implements [sim.Message].
func (*vote) Kind() string { return "Vote" }

// digestOf returns the digest of a run in which n1 sends m to n2 at 11 ms, and the fault "x" happens at 1 ms.
func digestOf(t *testing.T, m sim.Message, c sim.Config, x func(sim.Faults)) sim.Digest {
	t.Helper()
	c.Servers = 2
	c.Faults = append(c.Faults, plan(1, "x", x))
	_, r := run(t, c, func(_ *diary, id sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
		switch {
		case id == n1 && ev.Kind == sim.Start:
			out.SetTimer(0, ms(11), ms(11))
		case ev.Kind == sim.Timeout:
			out.Send(n2, m)
		case id == n2 && ev.Kind == sim.Start:
			out.Append("log", []byte("A"))
		}
	})
	return r.Digest
}

// TestDigestCoversWhatAMachineIsTold compares runs that show the same from outside.
func TestDigestCoversWhatAMachineIsTold(t *testing.T) {
	nothing := func(sim.Faults) {}
	restart := plan(5, "restart", func(f sim.Faults) { f.Restart(n2) })
	want := digestOf(t, &note{1}, sim.Config{}, nothing)
	if again := digestOf(t, &note{1}, sim.Config{}, nothing); again != want {
		t.Fatal("equal runs have two digests")
	}
	crashed := digestOf(t, &note{1}, sim.Config{Faults: []sim.Planned{restart}},
		func(f sim.Faults) { f.Crash(n2, sim.PowerLoss{}) })
	for _, c := range []struct {
		what string
		with sim.Digest
		not  sim.Digest
	}{
		{"the kind of a message", want, digestOf(t, &vote{note{1}}, sim.Config{}, nothing)},
		{"the wall clock", want, digestOf(t, &note{1}, sim.Config{}, func(f sim.Faults) { f.JumpWall(n2, ms(1)) })},
		{"the wall clock at the start", want, digestOf(t, &note{1}, sim.Config{
			Clock: func(sim.NodeID) sim.ClockProfile { return sim.ClockProfile{Wall: 1} },
		}, nothing)},
		// At 11 ms the wall clock of n2 reads 1 + 20 - 10 ms, as without the fault.
		{"the monotonic clock", want, digestOf(t, &note{1}, sim.Config{}, func(f sim.Faults) {
			f.Drift(n2, 1_000_000)
			f.JumpWall(n2, -ms(10))
		})},
		{"the disk found at Start", crashed, digestOf(t, &note{1}, sim.Config{Faults: []sim.Planned{restart}},
			func(f sim.Faults) { f.Crash(n2, sim.PowerLoss{Drop: sim.Always}) })},
	} {
		if c.with == c.not {
			t.Errorf("the digest does not cover %s", c.what)
		}
	}
}
