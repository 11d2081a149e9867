package simtest

import (
	"fmt"
	"io"
	"testing"

	"schism/sim"
)

// Make makes a configuration for a seed, anew at every call: it shares no chooser, observer or machine with
// another one. NewServer and NewClient depend on the id alone.
type Make func(seed uint64) sim.Config

// checkSeeds are the seeds of the runs that are checked.
var checkSeeds = [...]uint64{1, 2, 3}

// check is one thing that a machine has to keep.
type check struct {
	name string
	// cloners says that it takes machines that can be cloned.
	cloners bool
	run     func(t T, make Make)
}

// checks are all of them, those first that explain what goes wrong in the others.
var checks = []check{
	{"RunsWithoutViolation", false, checkPlain},
	{"EqualSeedsGiveEqualRuns", false, checkEqualRuns},
	{"MessagesStayAsSent", false, checkMessages},
	{"StepDependsOnStateAndEvent", true, checkSteps},
	{"TracingChangesNothing", false, checkTracing},
	{"ReplayRepeatsTheRun", false, checkReplay},
	{"ForksGoOnEqually", true, checkForks},
	{"SurvivesCrashes", false, checkCrashes},
}

// CheckMachine is the conformance test of the machines in a configuration. It checks with a few seeds that
//
//  1. the runs end without a violation;
//  2. equal seeds give equal runs: in a new world, in one that another run has used, in the same one twice;
//  3. messages, and the inputs and outputs of operations, stay as they were when they were handed out;
//  4. a step depends on the state, the time and the event alone, and the state is all that AppendHash says: a
//     clone that is stepped with the same event asks for the same and is in the same state afterwards, at once
//     and many events later, and what one of the two does never shows in the other;
//  5. tracing changes nothing;
//  6. a replay of the choices of a run asks the same questions and gives the same run;
//  7. a fork of a world goes on as its original does, and leaves it alone, also in the memory of another run;
//  8. machines survive a crash after each of their first events, and after some of the later ones: of the process
//     alone, and of the power, with everything lost that was not synced. The busiest server and the first client
//     are crashed.
//
// 4 and 7 are skipped unless every machine is a [sim.Cloner]. Observers and Config.Until take no part in 4 and 8,
// since there the machines are wrapped, and Config.Until not in 7, since forks have none. CheckMachine runs the
// configuration about two hundred times: a run of a few thousand events is enough, and one of more than 100,000 is
// cut off.
func CheckMachine(t *testing.T, make Make) {
	t.Helper()
	why := notCloners(make(checkSeeds[0]))
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if c.cloners && why != "" {
				t.Skip(why)
			}
			c.run(t, bounded(make))
		})
	}
}

// maxEvents bounds every run.
const maxEvents = 100_000

// bounded returns make with an end to every run.
func bounded(make Make) Make {
	return func(seed uint64) sim.Config {
		c := make(seed)
		if c.MaxEvents == 0 || c.MaxEvents > maxEvents {
			c.MaxEvents = maxEvents
		}
		return c
	}
}

// endless returns make without Config.Until, which forks do not have.
func endless(make Make) Make {
	return func(seed uint64) sim.Config {
		c := make(seed)
		c.Until = nil
		return c
	}
}

// notCloners names a machine that cannot be cloned, "" if there is none.
func notCloners(c sim.Config) string {
	name := func(id sim.NodeID, m sim.Machine) string {
		if _, ok := m.(sim.Cloner); ok {
			return ""
		}
		return fmt.Sprintf("the machine of %s, a %T, is not a sim.Cloner", id, m)
	}
	for i := range c.Servers {
		if why := name(sim.Server(i+1), c.NewServer(sim.Server(i+1))); why != "" {
			return why
		}
	}
	for i := range c.Clients {
		if why := name(sim.Client(i+1), c.NewClient(sim.Client(i+1))); why != "" {
			return why
		}
	}
	return ""
}

// run runs w to its end. A panic of anything but a machine, or of the world about a machine, fails the test.
func run(t T, w *sim.World) *sim.Result {
	t.Helper()
	r, cause := try(w.Run)
	if r == nil {
		t.Fatalf("the run panics at event %d: %v", w.View().Seq(), cause)
	}
	return r
}

// try calls f and returns its result, or nil and the cause of its panic.
func try(f func() *sim.Result) (r *sim.Result, cause any) {
	defer func() {
		if r == nil {
			cause = recover()
		}
	}()
	return f(), nil
}

// plain returns what the run of the seed leaves.
func plain(t T, make Make, seed uint64) *sim.Result {
	t.Helper()
	return run(t, sim.NewWorld(make(seed)))
}

// differ says in what two runs differ that should be equal, "" if they do not.
func differ(want, got *sim.Result) string {
	if want.Digest == got.Digest && want.Events == got.Events && want.End == got.End && want.Stop == got.Stop {
		return ""
	}
	text := func(r *sim.Result) string {
		s := fmt.Sprintf("digest %v after %d events, ended at %v by %v", r.Digest, r.Events, r.End, r.Stop)
		if r.Violation != nil {
			s += ": " + r.Violation.Error()
		}
		return s
	}
	return fmt.Sprintf("got  %s\nwant %s", text(got), text(want))
}

func checkPlain(t T, make Make) {
	t.Helper()
	for _, seed := range checkSeeds {
		r := plain(t, make, seed)
		if r.Violation != nil {
			t.Errorf("the run of seed %d ends at %v, event %d, with the violation %v", seed, r.Violation.At,
				r.Violation.Seq, r.Violation)
		}
		if r.Events <= 1 {
			t.Errorf("nothing happens in the run of seed %d", seed)
		}
	}
}

func checkEqualRuns(t T, make Make) {
	t.Helper()
	used := sim.NewWorld(make(checkSeeds[len(checkSeeds)-1]))
	run(t, used)
	for _, seed := range checkSeeds {
		want := plain(t, make, seed)
		for _, how := range [...]string{"in a world that another run has used", "in the same world again"} {
			used.Reset(make(seed))
			if d := differ(want, run(t, used)); d != "" {
				t.Errorf("seed %d %s:\n%s\n%s", seed, how, d, diverge(make, seed))
				return
			}
		}
		if d := differ(want, plain(t, make, seed)); d != "" {
			t.Errorf("seed %d in a second new world:\n%s\n%s", seed, d, diverge(make, seed))
			return
		}
	}
}

// diverge says where two runs of the seed begin to differ.
func diverge(make Make, seed uint64) string {
	again := func(trace sim.Tracer) {
		c := make(seed)
		c.Trace = trace
		sim.Run(c)
	}
	if d := sim.Diverge(again, again); d != nil {
		return d.String()
	}
	return "two traced runs in new worlds are equal: something outlives the run, such as a variable of a package"
}

func checkTracing(t T, make Make) {
	t.Helper()
	for _, seed := range checkSeeds {
		c := make(seed)
		c.Trace = sim.NewTextTrace(io.Discard)
		if d := differ(plain(t, make, seed), run(t, sim.NewWorld(c))); d != "" {
			t.Errorf("seed %d with a trace; a machine must not act on Tracing:\n%s", seed, d)
		}
	}
}

// recorded returns what the run of the seed leaves, and its choices.
func recorded(t T, make Make, seed uint64) (*sim.Result, []sim.Choice) {
	t.Helper()
	c := make(seed)
	rec := sim.NewRecorder(c.Chooser)
	c.Chooser = rec
	return run(t, sim.NewWorld(c)), rec.Choices()
}

func checkReplay(t T, make Make) {
	t.Helper()
	for _, seed := range checkSeeds {
		want, choices := recorded(t, make, seed)
		c := make(seed)
		replay := sim.NewStrictReplay(choices)
		c.Chooser = replay
		equalReplay(t, fmt.Sprintf("the replay of seed %d", seed), want, run(t, sim.NewWorld(c)), replay)
	}
}

// equalReplay requires that got is want and was made by exactly the choices of the replay.
func equalReplay(t T, what string, want, got *sim.Result, replay *sim.Replay) bool {
	t.Helper()
	switch d, err := differ(want, got), replay.Err(); {
	case err != nil:
		t.Errorf("%s: %v\n%s", what, err, d)
	case d != "":
		t.Errorf("%s:\n%s", what, d)
	case replay.Left() > 0:
		t.Errorf("%s: %d choices are left over", what, replay.Left())
	default:
		return true
	}
	return false
}

// checkForks forks worlds that run by replay, so that the rest of the choices can be given to both: into new worlds,
// and into one that other runs have used.
func checkForks(t T, make Make) {
	t.Helper()
	make = endless(make)
	used := sim.NewWorld(make(checkSeeds[len(checkSeeds)-1]))
	run(t, used)
	for _, seed := range checkSeeds {
		want, choices := recorded(t, make, seed)
		for _, at := range [...]uint64{0, want.Events / 4, want.Events / 2, want.Events * 3 / 4} {
			for _, into := range [...]*sim.World{nil, used} {
				f := forking{make(seed), choices, at}
				if !f.check(t, want, into) {
					t.Errorf("seed %d, forked after event %d, %s", seed, at, memoryOf(into))
					return
				}
			}
		}
	}
}

// memoryOf says into what a world is forked.
func memoryOf(into *sim.World) string {
	if into == nil {
		return "into a new world"
	}
	return "into a world that other runs have used"
}

// forking is a run by replay that is forked after some event.
type forking struct {
	config  sim.Config
	choices []sim.Choice
	at      uint64
}

// check requires that a fork into the given world and its original both end as want.
func (f *forking) check(t T, want *sim.Result, into *sim.World) bool {
	t.Helper()
	replay := sim.NewStrictReplay(f.choices)
	f.config.Chooser = replay
	w := sim.NewWorld(f.config)
	for w.View().Seq() < f.at && w.Step() {
	}
	rest := sim.NewStrictReplay(f.choices[len(f.choices)-replay.Left():])
	fork := w.Fork(into, rest, nil)
	for i := range f.at { // some of the original first, so that each runs while the other stands still
		if i >= 100 || !w.Step() {
			break
		}
	}
	return equalReplay(t, "the fork", want, run(t, fork), rest) &&
		equalReplay(t, "the original", want, run(t, w), replay)
}
