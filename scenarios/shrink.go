package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"schism/checker"
)

// ShrinkOptions says how to shrink.
type ShrinkOptions struct {
	// Time bounds the search in real time, Runs the number of runs; 0 is no bound. What was reached until then counts.
	Time time.Duration
	Runs int
	// Workers is the number of runs at once; 0 is one for each processor. The result does not depend on it, unless a
	// bound ends the search.
	Workers int
	// Progress, if not nil, is told after every step how far the search is.
	Progress func(*Shrunk)
}

// Shrunk is what has become of a case.
type Shrunk struct {
	// Case fails as the first one did. It is settled once the search is over.
	Case *Case
	// From and To are the sizes of the first case and of this one, Runs and Wall what it took to get there.
	From, To Size
	Runs     int
	Wall     time.Duration
	// Done says that nothing that is tried makes the case smaller: no bound and no interrupt has ended the search.
	Done bool
}

// Size is how much there is to a case.
type Size struct {
	// Faults counts what breaks something, without what mends it, and Ops what clients are to do, the probe included.
	Faults, Ops, Servers int
	// Events is the number of events until the violation was found.
	Events uint64
}

// sizeOf returns the size of a case whose run is r.
func sizeOf(c *Case, r *Report) Size {
	faults := 0
	for _, e := range c.Schedule {
		if e.Do.Takes() != 0 {
			faults++
		}
	}
	return Size{Faults: faults, Ops: c.Workload.Ops() + len(c.probed(r)), Servers: c.Servers, Events: c.Events}
}

// String returns "214 -> 4 faults, 61 -> 3 operations, 5 -> 3 servers, 2944 -> 120 events (1180 runs, 0.9s)".
func (s *Shrunk) String() string {
	return fmt.Sprintf("%d -> %d faults, %d -> %d operations, %d -> %d servers, %d -> %d events (%d runs, %.1fs)",
		s.From.Faults, s.To.Faults, s.From.Ops, s.To.Ops, s.From.Servers, s.To.Servers, s.From.Events, s.To.Events,
		s.Runs, s.Wall.Seconds())
}

// ErrClean is the error of Shrink for a case in which nothing is violated.
var ErrClean = errors.New("nothing is violated, so there is nothing to shrink or to explain")

// Shrink makes a case smaller that fails, as long as the violation that is found first has the same ID: first fewer
// faults, operations, clients and servers, then a plainer world, then shorter and rounder times. What is left of it
// fails by itself. It may have another seed, and come about in another way: only the ID is kept.
func Shrink(ctx context.Context, c *Case, o ShrinkOptions) (*Shrunk, error) {
	crew := newCrew(o.Workers)
	o.Workers = crew.workers()
	if o.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Time)
		defer cancel()
	}
	s := &shrinking{ctx: ctx, o: o, start: time.Now(), crew: crew}
	kept, err := s.attempt(c)
	if err == nil && !kept { // what looked like the same violation at a glance was none
		s.careful = true
		kept, err = s.attempt(c)
	}
	switch {
	case err != nil:
		return nil, err
	case !kept:
		return nil, fmt.Errorf("%s: judged in full, what is left comes to %s", c.name(), s.result.Case.Expect)
	}
	return &s.result, nil
}

// attempt searches from c on, judges in full what it has found, and reports whether that has the same ID.
func (s *shrinking) attempt(c *Case) (kept bool, err error) {
	first := *c
	s.best, s.dense, s.again = &first, 0, 0
	if err := s.begin(); err != nil {
		return false, err
	}
	want := s.best.Expect
	s.search()
	small := s.result.Case
	if err := small.Settle(); err != nil && s.careful {
		return false, err
	} else if err != nil {
		return false, nil // nobody can tell
	}
	s.result.To.Events, s.result.Wall = small.Events, time.Since(s.start)
	return small.Expect == want, nil
}

// spareEvents is how many events a smaller case may have beyond one and a half times those of the one before, and
// spinEvents how many are enough to guess that somebody spins.
const (
	spareEvents = 1000
	spinEvents  = 60_000
)

// limit bounds the events of a run: what takes longer does not fail in the same way.
func (s *shrinking) limit() int {
	switch {
	case s.best.Expect != Livelock:
		return int(s.best.Events)*3/2 + spareEvents
	case s.careful:
		return maxEvents
	}
	return spinEvents
}

// quickBudget is for the searches of judges while most runs fail: what fails within it fails, first or after something
// that takes longer to see.
const quickBudget checker.Budget = 5000

// shrinking is a search for a smaller case.
type shrinking struct {
	ctx   context.Context
	o     ShrinkOptions
	start time.Time
	best  *Case
	// report is that of the best case.
	report *Report
	// careful says that runs are judged in full although that takes longer: guesses have gone wrong.
	careful bool
	// budget bounds the searches of its judges: where it is 0, they need all that they may have.
	budget checker.Budget
	result Shrunk
	crew   *crew
	// saving says that a part of the bounds is left for plainer values.
	saving bool
	// again counts how often the search has begun anew.
	again uint64
	// dense is how many things there were when no small share of them worked; until there are half as many, it is not
	// tried again. 0 is never.
	dense int
}

// begin finds out how the first case fails, if it can by judges that search little.
func (s *shrinking) begin() error {
	budgets := []checker.Budget{quickBudget, 0}
	if s.careful {
		budgets = budgets[1:]
	}
	for _, s.budget = range budgets {
		r, err := s.best.Run(Options{Budget: s.budget})
		if err == nil && r.Verdict == checker.Unknown && s.best.Expect != "" && s.best.Expect != Clean {
			s.take(s.best, r) // it is said to fail; what is smaller will show that
			s.result.From = sizeOf(s.best, r)
			return nil
		}
		switch {
		case err != nil:
			return err
		case r.Verdict == checker.Invalid:
			s.best.Expect, s.best.Events = r.ID(), r.Events
			s.report = r
			size := sizeOf(s.best, r)
			s.result = Shrunk{Case: s.best, From: size, To: size, Runs: s.result.Runs}
			return nil
		case r.Verdict == checker.Valid:
			return fmt.Errorf("%s: %w", s.best.name(), ErrClean)
		}
	}
	return fmt.Errorf("%s: nobody can tell whether this run is valid", s.best.name())
}

// Of cases that are not small enough to tell at a glance, with few faults and operations: how often the search for a
// smaller one begins anew at the first case, to go other ways at random.
const (
	few      = 3
	restarts = 8
)

// search looks several times for the least that fails, and makes plainer what it has found.
func (s *shrinking) search() {
	s.saving = true
	first := *s
	smallest := first
	for again := range restarts + 1 {
		if again > 0 && (smallest.result.To.few() <= few || s.over()) {
			break
		}
		s.best, s.report, s.dense, s.again = first.best, first.report, 0, uint64(again)
		s.loop(structureSteps)
		if fewer := s.result.To.few() < smallest.result.To.few(); (fewer || again == 0) && s.confirmed() {
			smallest = *s
		}
		runs := s.result.Runs
		s.best, s.report, s.result = smallest.best, smallest.report, smallest.result
		s.result.Runs = runs
	}
	complete := !s.over()
	s.saving = false
	s.loop(polishSteps)
	s.loop(slices.Concat(structureSteps, polishSteps))
	s.result.Done = complete && !s.over()
	s.usualSnapshots()
}

// confirmed reports whether the best case spins indeed, if that was a guess.
func (s *shrinking) confirmed() bool {
	if s.best.Expect != Livelock || s.careful {
		return true
	}
	s.result.Runs++
	r := s.crew.run(0, s.best, Options{Budget: s.budget})
	return r != nil && r.ID() == Livelock
}

// few is the number of things of which there should be few.
func (z Size) few() int { return z.Faults + z.Ops }

// loop goes through steps until none of them helps any more.
func (s *shrinking) loop(steps []func(*shrinking) bool) {
	for helped := true; helped; {
		helped = false
		for _, step := range steps {
			helped = step(s) || helped
			if s.over() {
				return
			}
		}
	}
}

// over reports whether a bound has been met; while some is saved for what comes later, seven eighths of it.
func (s *shrinking) over() bool {
	runs, left := s.o.Runs, s.o.Time
	if s.saving {
		runs, left = runs*7/8, left*7/8
	}
	return s.ctx.Err() != nil || s.o.Runs > 0 && s.result.Runs >= runs || left > 0 && time.Since(s.start) >= left
}

// first returns the number of the first of the candidates that fails as it must, -1 if there is none. It becomes the
// best case.
func (s *shrinking) first(candidates []*Case) int {
	candidates = slices.DeleteFunc(candidates, func(c *Case) bool { return c == nil })
	for from := 0; from < len(candidates) && !s.over(); from += s.o.Workers {
		some := candidates[from:min(from+s.o.Workers, len(candidates))]
		reports := make([]*Report, len(some))
		s.crew.all(context.WithoutCancel(s.ctx), len(some), func(worker, i int) { reports[i] = s.run(worker, some[i]) })
		s.result.Runs += len(some)
		for i, r := range reports {
			if r != nil {
				s.take(some[i], r)
				return from + i
			}
		}
	}
	return -1
}

// take makes c, whose run is r, the best case.
func (s *shrinking) take(c *Case, r *Report) {
	c.Events = r.Events
	s.best, s.report = c, r
	s.result.Case, s.result.To, s.result.Wall = c, sizeOf(c, r), time.Since(s.start)
	if s.o.Progress != nil {
		s.o.Progress(&s.result)
	}
}

// run makes the run of c by a worker, and returns it if it fails as it must, nil if not.
func (s *shrinking) run(worker int, c *Case) *Report {
	o := Options{MaxEvents: s.limit(), Budget: s.budget}
	report := s.crew.run(worker, c, o)
	if report == nil || report.Verdict != checker.Invalid || report.ID() != s.best.Expect {
		return nil
	}
	return report
}
