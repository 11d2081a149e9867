package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"schism/checker"
	"schism/nemesis"
	"schism/sim"
)

// Options change how a run is made. They do not change what happens in it, except that a run without checks lasts as
// long as it may.
type Options struct {
	// Trace, if not nil, gets every event.
	Trace sim.Tracer
	// Story keeps what Report.WriteStory tells.
	Story bool
	// NoChecks leaves out observers and judgement, NoDigest the digest: to measure what they cost. The verdict
	// of a run without checks is unknown.
	NoChecks, NoDigest bool
	// Budget is for each search that a judge makes; 0 is one that is enough for nearly all histories.
	Budget checker.Budget
	// Coverage keeps in which states of the protocol faults happened, in Report.Hits.
	Coverage bool
	// MaxEvents bounds the events of the run; 0 is a million, which no run needs.
	MaxEvents int

	// patience, if not 0, ends the run so long after the last fault and the end of the last operation.
	patience time.Duration
	// turn, if not nil, is where the run leaves what it repeats.
	turn *turn
}

// Run makes the run of the given seed.
func (s *Scenario) Run(seed uint64, o Options) *Report { return NewRunner(s).Run(seed, o) }

// Runner makes runs of one scenario, one after the other, and keeps its memory between them: what operations of a
// report ask for and are answered is valid until the next run.
type Runner struct {
	scenario *Scenario
	system   system
	world    *sim.World
	chooser  *sim.Seeded
	servers  []sim.NodeID
	clients  []sim.NodeID
	// hits are those of the run, if anybody wants to know.
	hits []Hit
}

// NewRunner returns a runner of s.
func NewRunner(s *Scenario) *Runner {
	r := &Runner{scenario: s, system: s.system(s), chooser: sim.NewSeeded(0)}
	for i := range s.Servers {
		r.servers = append(r.servers, sim.Server(i+1))
	}
	for i := range s.Clients {
		r.clients = append(r.clients, sim.Client(i+1))
	}
	return r
}

// Run makes the run of the given seed.
func (r *Runner) Run(seed uint64, o Options) *Report {
	r.chooser.Reset(seed)
	schedule := r.scenario.Plan(r.chooser, r.servers, r.clients)
	report := r.RunWith(r.chooser, schedule, o)
	report.Seed, report.Seeded = seed, true
	return report
}

// RunWith makes a run with the given schedule, in which c decides everything else.
func (r *Runner) RunWith(c sim.Chooser, schedule nemesis.Schedule, o Options) *Report {
	r.draw(c)
	return r.play(c, schedule, r.forecast(schedule), o)
}

// draw draws how the system is set up, and what all clients do.
func (r *Runner) draw(c sim.Chooser) {
	r.system.setUp(c)
	r.system.draw(c)
}

// play makes a run with the given schedule, of which f is known, in which the clients do what the system was told last
// and c decides everything else.
func (r *Runner) play(c sim.Chooser, schedule nemesis.Schedule, f forecast, o Options) *Report {
	f.budget = cmp.Or(o.Budget, f.budget)
	r.system.prepare(f)
	r.system.chronicle().telling = o.Story
	config := r.config(c, schedule, o)
	if r.world == nil {
		r.world = sim.NewWorld(config)
	} else {
		r.world.Reset(config)
	}
	if o.turn != nil {
		o.turn.wait(r.world)
	}
	result := r.world.Run()
	report := &Report{
		Scenario: r.scenario, Schedule: schedule, Result: result,
		Virtual: time.Duration(result.End), Moments: r.system.chronicle().moments,
	}
	if o.Coverage {
		report.Hits = append([]Hit(nil), r.hits...)
	}
	report.Moments = append([]Moment(nil), report.Moments...)
	report.chronicle(r.system.chronicle())
	if !o.NoChecks {
		report.conclude(r.judge(result))
	}
	return report
}

// judge judges a run. A check that finds nothing in it to look at says nothing of it and is left out. A run that has
// come to its time limit, and still owes something, is not known to be valid.
func (r *Runner) judge(result *sim.Result) []judgement {
	v := r.world.View()
	all := slices.DeleteFunc(r.system.judge(v, result), func(j judgement) bool {
		return j.Verdict == checker.Valid && j.Effort.Operations == 0
	})
	if result.Stop == sim.StopLimit && !r.scenario.Whole && !r.system.settled(v) {
		all = append(all, judgement{"settled", checker.NotTold("settled",
			"the run has come to its time limit, and somebody still has to do something, or to be told")})
	}
	return all
}

// forecast is what is known of a run before it: nothing is broken any more from the time healed on, and clocks run fast
// by drift at most. With probe, the first client writes something when all is healed, unless it plays a recipe.
type forecast struct {
	healed sim.Time
	drift  checker.PPM
	probe  bool
	// snapshotEvery is the number of entries between two snapshots, 0 that of the scenario.
	snapshotEvery int
	// budget is for each search that a judge makes.
	budget checker.Budget
	// core holds the servers that come back, if not all of them do; else it is 0.
	core checker.ServerSet
}

// forecast returns what is known of a schedule.
func (r *Runner) forecast(schedule nemesis.Schedule) forecast {
	f := forecast{healed: r.healed(schedule), probe: true, budget: checker.DefaultBudget}
	for _, e := range schedule {
		if c, ok := e.Do.(nemesis.Core); ok {
			f.core, f.healed = coreOf(c.Target), max(f.healed, lastInstant(schedule))
		}
		do := e.Do
		if b, ok := do.(nemesis.Before); ok {
			do = b.Do
		}
		if d, ok := do.(nemesis.Drift); ok {
			f.drift = max(f.drift, checker.PPM(d.PPM))
		}
	}
	return f
}

// coreOf returns the servers that a core names.
func coreOf(t nemesis.Target) checker.ServerSet {
	var core checker.ServerSet
	for _, n := range t.Nodes {
		core |= 1 << (n.Number() - 1)
	}
	return core
}

// outside returns how many of so many servers do not come back.
func (f *forecast) outside(servers int) int {
	if f.core == 0 {
		return 0
	}
	return servers - count(f.core)
}

// without reports whether the server n does not come back.
func (f *forecast) without(n sim.NodeID) bool { return f.core != 0 && f.core>>(n.Number()-1)&1 == 0 }

// lastInstant returns the last instant of a schedule.
func lastInstant(schedule nemesis.Schedule) sim.Time {
	last := time.Duration(0)
	for _, e := range schedule {
		if !e.When.Waits() {
			last = max(last, e.When.After)
		}
	}
	return sim.Time(last)
}

// healed returns when the schedule is over, or, if it waits for something, when it must be.
func (r *Runner) healed(schedule nemesis.Schedule) sim.Time {
	if slices.ContainsFunc(schedule, func(e nemesis.Entry) bool { return e.When.Waits() }) {
		return sim.Time(r.scenario.HealAt)
	}
	return lastInstant(schedule)
}

func (r *Runner) config(c sim.Chooser, schedule nemesis.Schedule, o Options) sim.Config {
	s := r.scenario
	config := sim.Config{
		Servers: s.Servers, Clients: s.Clients,
		NewServer: r.system.server, NewClient: r.system.client,
		Chooser: c, Peers: s.Network, Disk: s.Disk,
		Faults: schedule.Planned(), Provoke: r.system.provoke, States: r.system.state,
		Limit: sim.Time(s.Length()), MaxEvents: cmp.Or(uint64(o.MaxEvents), maxEvents),
		Trace: o.Trace, NoDigest: o.NoDigest,
	}
	if o.Coverage {
		r.watchFaults(config.Faults)
	}
	if o.turn != nil {
		o.turn.gate(config.Faults)
	}
	if !o.NoChecks {
		config.Observers = r.system.observers()
		if !s.Whole {
			config.Until = r.system.settled
		}
		if o.patience > 0 {
			config.Until = either(config.Until, quiet(r.healed(schedule), o.patience))
		}
	}
	return config
}

// either reports whether a run is to end for one reason or the other; the first may be nil.
func either(one, other func(sim.View) bool) func(sim.View) bool {
	return func(v sim.View) bool { return one != nil && one(v) || other(v) }
}

// quiet reports whether nobody has had anything to do for so long, and nothing has been broken or mended.
func quiet(healed sim.Time, long time.Duration) func(sim.View) bool {
	since := sim.Time(-1)
	return func(v sim.View) bool {
		switch {
		case !allDone(v):
			since = -1
			return false
		case since < 0:
			since = max(v.Now(), healed)
		}
		return v.Now() >= since.Add(long)
	}
}

// cannotStart makes live a violation if a server is down although everything has been undone since healed: it cannot
// start.
func cannotStart(v sim.View, f forecast, live checker.Report) checker.Report {
	if live.Verdict != checker.Unknown || v.Now() < f.healed {
		return live
	}
	for _, n := range v.Servers() {
		if !v.Up(n) && !f.without(n) {
			live.Check, live.Verdict = LivenessDown, checker.Invalid
			live.Reason = fmt.Sprintf("%s is down, and nothing keeps it since %s but itself", n, f.healed)
			return live
		}
	}
	return live
}

// judgement is what one check says of a run.
type judgement struct {
	// check names it in the story: "linearizable".
	check string
	checker.Report
}
