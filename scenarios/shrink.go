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
	// Workers is the number of runs at once; 0 is one for each processor. The result does not depend on it, unless Time
	// ends the search.
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
	var err error
	for _, s.careful = range []bool{false, true} {
		if err := s.begin(c); err != nil {
			return nil, err
		}
		want := s.best.Expect
		s.search()
		if err = s.settle(want); err == nil {
			return &s.result, nil
		} // what looked like the same violation at a glance was none
	}
	return nil, err
}

// settle judges in full what has been found, and tells its story. It fails if that is not the violation wanted.
func (s *shrinking) settle(want string) error {
	small := s.result.Case
	if err := small.Settle(); err != nil {
		return err
	}
	if small.Expect != want {
		return fmt.Errorf("%s: judged in full, what is left comes to %s", small.name(), small.Expect)
	}
	s.result.To.Events, s.result.Wall = small.Events, time.Since(s.start)
	return nil
}

// spareEvents is how many events a smaller case may have beyond one and a half times those of the one before.
// spinEvents is how many are enough to guess that somebody spins, and spinMore how many times as many it takes when
// such a guess went wrong.
const (
	spareEvents = 300
	spinEvents  = 60_000
	spinMore    = 4
)

// limit bounds the events of a run: what takes longer does not fail in the same way.
func (s *shrinking) limit() int {
	if s.best.Expect == Livelock {
		return s.spin
	}
	return int(s.best.Events)*3/2 + spareEvents
}

// sparePatience is how long a run goes on, at least, when nothing is left to be done.
const sparePatience = time.Second

// conflicting reports whether the violation is that operations contradict each other.
func (s *shrinking) conflicting() bool { return len(s.report.judged().Core) > 1 }

// patience returns for how long a run goes on when nothing is left to be done, 0 for as long as it would: operations
// that contradict each other do so whatever comes after them, and what nothing brings about comes about soon.
func (s *shrinking) patience() time.Duration {
	v := s.report.Violation
	switch {
	case s.careful || v == nil && !s.conflicting():
		return 0
	case v == nil:
		return 1
	}
	last := lastInstant(s.best.Schedule)
	for i := range s.report.History {
		if op := &s.report.History[i]; op.ReturnSeq < v.Seq {
			last = max(last, op.Return)
		}
	}
	return sparePatience + 2*max(0, v.At.Sub(last))
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
	// part of the bounds may be used up, in percent.
	part int
	// spin is how many events are taken for a livelock.
	spin int
	// events counts those of all runs that have decided something.
	events uint64
	// draws counts how often something has been drawn at random.
	draws uint64
	// dense is how many things there were when no small share of them worked; until there are half as many, it is not
	// tried again. 0 is never.
	dense int
}

// begin finds out how c fails, if it can by judges that search little.
func (s *shrinking) begin(c *Case) error {
	first := *c
	s.best = &first
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

// Of cases that are not small enough to tell at a glance, with few faults and operations: how often more the search for
// a smaller one begins anew at the first case, to go other ways at random.
const (
	few      = 3
	restarts = 8
)

// What part of the bounds is used up, in percent, when the search in order must end, the one at random, and those that
// follow. What finds little in order may find much at random, and the other way round.
const (
	orderlyPart = 30
	randomPart  = 60
	searchPart  = 88
	wholePart   = 100
)

// search looks several times for the least that fails, and makes plainer what it has found.
func (s *shrinking) search() {
	s.spin = spinEvents
	if s.careful {
		s.spin = maxEvents
	}
	first := s.found()
	least, cutShort := first, true
	look := func(from found, steps []step, part int) {
		s.part, s.dense = part, 0
		s.goOn(from)
		s.loop(steps)
		if over := s.over(); s.result.To.few() < least.result.To.few() && s.confirmed() {
			least, cutShort = s.found(), over
		}
		s.goOn(least)
	}
	look(first, structureSteps, orderlyPart)
	if least.result.To.few() > few {
		look(first, randomSteps, randomPart)
	}
	if cutShort {
		look(least, structureSteps, searchPart)
	}
	for again := 0; again < restarts && least.result.To.few() > few && !s.over(); again++ {
		steps := structureSteps
		if again%2 == 1 {
			steps = randomSteps
		}
		look(first, steps, searchPart)
	}
	s.part = searchPart
	complete := !s.over()
	s.part = wholePart
	s.loop(polishSteps)
	s.loop(slices.Concat(structureSteps, polishSteps))
	if !s.confirmed() {
		s.goOn(least)
		s.loop(polishSteps)
	}
	s.result.Done = complete && !s.over()
	s.usualSnapshots()
}

// found is what a search has come to.
type found struct {
	best   *Case
	report *Report
	result Shrunk
}

// found returns what the search has come to by now.
func (s *shrinking) found() found { return found{s.best, s.report, s.result} }

// goOn makes the search go on where it was before.
func (s *shrinking) goOn(from found) {
	runs := s.result.Runs
	s.best, s.report, s.result = from.best, from.report, from.result
	s.result.Runs = runs
}

// judgedInFull is of how many things a case is judged in full on the way: more would take too long.
const judgedInFull = 64

// confirmed reports whether the best case fails indeed, if there was any guess in that. If it does not, there will be
// less of it in what follows.
func (s *shrinking) confirmed() bool {
	if s.careful {
		return true
	}
	o := Options{Budget: s.budget}
	if s.best.things() <= judgedInFull {
		o.Budget = 0
	}
	s.result.Runs++
	if r := s.crew.run(0, s.best, o); r != nil && r.ID() == s.best.Expect {
		return true
	}
	if s.spin < maxEvents && s.best.Expect == Livelock {
		s.spin = min(maxEvents, spinMore*s.spin)
	} else {
		s.careful = true
	}
	return false
}

// few is the number of things of which there should be few.
func (z Size) few() int { return z.Faults + z.Ops }

// loop goes through steps until none of them helps any more.
func (s *shrinking) loop(steps []step) {
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

// runs returns how many runs may have been made by now, if they are bounded.
func (s *shrinking) runs() int { return s.o.Runs * s.part / wholePart }

// over reports whether the part that may be used up of a bound has been.
func (s *shrinking) over() bool {
	return s.ctx.Err() != nil || s.o.Runs > 0 && s.result.Runs >= s.runs() ||
		s.o.Time > 0 && time.Since(s.start) >= s.o.Time*time.Duration(s.part)/wholePart
}

// first returns the number of the first of the candidates that fails as it must, -1 if there is none. It becomes the
// best case.
func (s *shrinking) first(candidates []*Case) int {
	candidates = slices.DeleteFunc(candidates, func(c *Case) bool { return c == nil })
	for from := 0; from < len(candidates) && !s.over(); from += s.o.Workers {
		some := candidates[from:min(from+s.o.Workers, len(candidates))]
		if s.o.Runs > 0 {
			some = some[:min(len(some), s.runs()-s.result.Runs)]
		}
		reports := make([]*Report, len(some))
		s.crew.all(context.WithoutCancel(s.ctx), len(some), func(worker, i int) { reports[i] = s.run(worker, some[i]) })
		for i, r := range reports { // what is behind the first one was for nothing, and does not count
			s.result.Runs++
			if r == nil {
				continue
			}
			s.events += r.Events
			if r.Verdict == checker.Invalid && r.ID() == s.best.Expect {
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

// run makes the run of c by a worker, as far as it is needed. It returns nil if there can be none.
func (s *shrinking) run(worker int, c *Case) *Report {
	return s.crew.run(worker, c, Options{MaxEvents: s.limit(), Budget: s.budget, patience: s.patience()})
}
