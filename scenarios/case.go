package scenarios

import (
	"fmt"
	"strings"

	"schism/checker"
	"schism/nemesis"
	"schism/sim"
)

// Case is a run as data: all that makes it besides the code, and what it must come to. It is kept as text, see
// ParseCase. What its seed decides is drawn for each kind of decision, and for each node or link, on its own, so that a
// case lasts through changes of the code that ask for more of one and leave the others alone.
type Case struct {
	Scenario *Scenario
	// Seed decides what nothing below says.
	Seed uint64
	// Servers, Network and Disk are as in the scenario, or plainer.
	Servers int
	Network sim.Link
	Disk    sim.DiskProfile
	// Probe lets the first client write when all is healed, unless it plays a recipe.
	Probe bool
	// SnapshotEvery is the number of entries between two snapshots of a server, no more than half of which stay in its
	// log; 0 is that of the scenario.
	SnapshotEvery int
	Workload      Workload
	Schedule      nemesis.Schedule
	// Pins are what the seed does not decide although nothing else does.
	Pins []sim.Pin

	// Expect is the ID of the first violation, or Clean.
	Expect string
	// Events, Digest and Checkpoints are those of the run, Draws how many choices it took.
	Events      uint64
	Digest      sim.Digest
	Checkpoints []sim.Digest
	Draws       Draws
	// Story tells the run to people. It is not compared.
	Story string
}

// Clean is what a case expects in whose run nothing is violated.
const Clean = "clean"

// Draws counts the choices of a run by decision; those of users are the last.
type Draws [sim.DecideUser + 1]uint64

// CaseOf returns the case of a scenario's run with the given seed, as it comes to now. It fails if that run has no
// verdict.
func CaseOf(s *Scenario, seed uint64) (*Case, error) {
	c := DrawCase(s, seed, sim.NewSeeded(seed))
	return c, c.Settle()
}

// DrawCase returns a case whose schedule and workload are drawn from c, by a property test for instance, and in which
// the seed decides all else. What it comes to is to be found out.
func DrawCase(s *Scenario, seed uint64, c sim.Chooser) *Case {
	r := NewRunner(s)
	drawn := &Case{Scenario: s, Seed: seed, Servers: s.Servers, Network: s.Network, Disk: s.Disk, Probe: true,
		Schedule: s.Plan(c, r.servers, r.clients)}
	r.draw(c)
	drawn.Workload = r.system.workload()
	return drawn
}

// Settle makes the case expect what its run comes to now, and tells the run anew. It fails if the run has no verdict.
func (c *Case) Settle() error {
	r, err := c.Run(Options{Story: true})
	if err != nil {
		return err
	}
	if r.Verdict == checker.Unknown {
		return c.unknown(r)
	}
	c.Expect, c.Events, c.Digest, c.Draws = r.ID(), r.Events, r.Digest, r.Draws
	c.Checkpoints = append([]sim.Digest(nil), r.Checkpoints...)
	c.Story = r.story()
	if c.Expect == Clean {
		return nil
	}
	r, slice, err := c.Explain()
	if err == nil {
		c.Story = r.tell(slice.String())
	}
	return err
}

// unknown is the error that the run of the case has no verdict.
func (c *Case) unknown(r *Report) error {
	return fmt.Errorf("%s: nobody can tell whether this run is valid: %s", c.name(), r.reasons())
}

// name names the case: its scenario and its seed.
func (c *Case) name() string { return fmt.Sprintf("%s seed %d", c.Scenario.Name, c.Seed) }

// Run makes the run of the case.
func (c *Case) Run(o Options) (*Report, error) { return c.runner().runCase(c, o) }

// runner returns a runner for c, and for all cases of the same world.
func (c *Case) runner() *Runner {
	s := *c.Scenario
	s.Servers, s.Network, s.Disk = c.Servers, c.Network, c.Disk
	return NewRunner(&s)
}

// runCase makes the run of a case, which is of the runner's world. The error says what clients cannot do.
func (r *Runner) runCase(c *Case, o Options) (*Report, error) {
	if err := r.knows(c.Schedule); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name(), err)
	}
	r.chooser.Reset(c.Seed)
	pinned := sim.NewPinned(r.chooser, c.Pins)
	r.system.setUp(pinned)
	if err := r.system.play(c.Workload); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name(), err)
	}
	f := r.forecast(c.Schedule)
	f.probe, f.snapshotEvery = c.Probe, c.SnapshotEvery
	chooser := sim.NewSwitch(pinned)
	if o.turn != nil {
		o.turn.chooser = chooser
	}
	report := r.play(chooser, c.Schedule, f, o)
	report.Seed, report.Draws = c.Seed, pinned.Asked
	report.Idle = pinned.Idle()
	return report, nil
}

// ID returns the ID of the first violation, Clean if there is none, and "unknown" if the run has no verdict.
func (r *Report) ID() string {
	switch {
	case len(r.Violations) > 0:
		return r.Violations[0].ID
	case r.Verdict == checker.Valid:
		return Clean
	}
	return unknownID
}

// reasons says why a run has no verdict.
func (r *Report) reasons() string {
	var all []string
	for _, j := range r.judgements {
		if j.Verdict == checker.Unknown {
			all = append(all, j.check+": "+j.Reason)
		}
	}
	return strings.Join(all, "; ")
}

// Drift says in what r, a run of c, is not the run that was kept: nothing if it is.
func (c *Case) Drift(r *Report) []string {
	var drift []string
	add := func(format string, args ...any) { drift = append(drift, fmt.Sprintf(format, args...)) }
	if id := r.ID(); id != c.Expect {
		add("it comes to %s, not %s", id, c.Expect)
	}
	for _, p := range r.Idle {
		add("nothing is decided by the pin %q", p.String())
	}
	if r.Digest == c.Digest {
		return drift
	}
	add("its digest is %s, not %s", r.Digest, c.Digest)
	for i, d := range c.Checkpoints {
		if i >= len(r.Checkpoints) || r.Checkpoints[i] != d {
			const every = sim.DefaultCheckpoint
			add("the first difference is between events %d and %d", i*every+1, (i+1)*every)
			break
		}
	}
	if r.Events != c.Events {
		add("it has %d events, not %d", r.Events, c.Events)
	}
	for d := range c.Draws {
		if c.Draws[d] != r.Draws[d] {
			add("%d choices of %s, not %d", r.Draws[d], sim.Decision(d), c.Draws[d])
		}
	}
	return drift
}
