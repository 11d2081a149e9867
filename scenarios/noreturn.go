package scenarios

import (
	"context"
	"fmt"
	"math"
	"strings"

	"schism/sim"
)

// Prefix is a beginning of a run, and what comes of it if the rest is left to chance.
type Prefix struct {
	// Events is the number of its events, At the instant of the last one.
	Events uint64
	At     sim.Time
	// Calm and Scheduled are of how many continuations fail with the case's violation: if nothing breaks any more, and
	// if the schedule goes on.
	Calm, Scheduled Share
}

// Share says how many of how many fail.
type Share struct{ Failed, Runs int }

// Interval returns the bounds between which the share of all that could be lies with 95 % confidence, by Wilson's
// score.
func (s Share) Interval() (lo, hi float64) {
	if s.Runs == 0 {
		return 0, 1
	}
	const z = 1.959964 // of the normal distribution, two-sided
	n := float64(s.Runs)
	share := float64(s.Failed) / n
	middle := (share + z*z/(2*n)) / (1 + z*z/n)
	reach := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return max(0, middle-reach), min(1, middle+reach)
}

// String returns "38/40  84 …  99 %".
func (s Share) String() string {
	lo, hi := s.Interval()
	return fmt.Sprintf("%4d/%-4d %3.0f … %3.0f %%", s.Failed, s.Runs, 100*lo, 100*hi)
}

// nearlyAll reports whether at least nine of ten fail.
func (s Share) nearlyAll() bool { return s.Runs > 0 && 10*s.Failed >= 9*s.Runs }

// Fate is how a violation becomes inevitable.
type Fate struct {
	// Prefixes are from the empty one on, evenly spaced by events.
	Prefixes []Prefix
	// Point is the shortest prefix from which, and from all longer ones that were looked at, nearly all continuations
	// fail although nothing breaks any more; nil if there is none. It is looked for between the prefixes, by halves.
	Point *Prefix
	// Last is the event up to which it was looked for: that at which the run ended with the violation, or the last.
	Last uint64
	// Event is what happened last in it that is worth telling, nil if nothing is.
	Event *SliceLine
	// Done says that nothing has interrupted the search.
	Done bool
}

// NoReturn looks for the point of no return of a case: from which event on the violation needs neither another fault
// nor luck. What happens until then is as in the case. Later the clients do what they do in the case, and everything
// else, delays, losses, timers, and who comes first, is drawn from another seed for each continuation, also where the
// case has pins. Continuations are made twice: in those that are calm the faults to come do nothing, but for a recovery
// of everything or of a core; in the others the schedule goes on. How these differ says what the faults to come have to
// do with it.
//
// A continuation ends, without the violation, when it has two times as many events as the case, and some more. If the
// violation is a livelock it ends as a run does, which takes long.
func NoReturn(ctx context.Context, c *Case, o ExplainOptions) (*Fate, error) {
	report, trail, err := c.follow()
	if err != nil {
		return nil, err
	}
	if o.Prefixes <= 0 {
		o.Prefixes = 16
	}
	if o.Continuations <= 0 {
		o.Continuations = 40
	}
	s := &fateSearch{ctx: ctx, o: o, crew: newCrew(o.Workers), c: c, id: report.ID(), trail: trail,
		progress: progress{tell: o.Progress}}
	s.crew.done = s.add
	last := report.Events
	if report.Violation != nil {
		last = min(report.Violation.Seq, last)
	}
	s.fate.Last = last
	var at []uint64
	for i := range uint64(o.Prefixes) {
		if e := last * i / uint64(o.Prefixes); i == 0 || e > at[len(at)-1] {
			at = append(at, e)
		}
	}
	s.expected = 2 * len(at) * o.Continuations
	for _, events := range at {
		p := s.prefix(events)
		p.Scheduled = s.share(events, false)
		s.fate.Prefixes = append(s.fate.Prefixes, p)
	}
	s.narrow(last)
	if s.fate.Done = ctx.Err() == nil; !s.fate.Done {
		s.fate.Point = nil
	}
	if s.fate.Point != nil {
		for _, l := range trail.slice(report).Lines {
			if l.Seq <= s.fate.Point.Events {
				s.fate.Event = &l
			}
		}
	}
	return &s.fate, nil
}

// fateSearch is a search for the point of no return.
type fateSearch struct {
	ctx   context.Context
	o     ExplainOptions
	crew  *crew
	c     *Case
	id    string
	trail *trail
	fate  Fate
	progress
}

// prefix goes on from a prefix, again and again, if nothing breaks any more.
func (s *fateSearch) prefix(events uint64) Prefix {
	return Prefix{Events: events, At: s.trail.events[events].at, Calm: s.share(events, true)}
}

// spareContinued is how many events a continuation may have beyond twice those of the case.
const spareContinued = 2000

// share counts the continuations of one kind.
func (s *fateSearch) share(events uint64, calm bool) (share Share) {
	failed, made := make([]bool, s.o.Continuations), make([]bool, s.o.Continuations)
	limit := 2*len(s.trail.events) + spareContinued
	if s.id == Livelock {
		limit = 0
	}
	s.crew.all(s.ctx, len(failed), func(worker, i int) {
		t := &turn{after: events, next: sim.NewSeeded(^s.c.Seed + uint64(i)), calm: calm} // seeds that are not nearby
		r, err := s.crew.runner(worker, s.c).runCase(s.c, Options{MaxEvents: limit, turn: t})
		made[i] = err == nil
		failed[i] = made[i] && r.ID() == s.id
	})
	for i := range failed {
		if made[i] {
			share.Runs++
		}
		if failed[i] {
			share.Failed++
		}
	}
	return share
}

// narrow looks for the shortest prefix from which on nearly all fail. The violation comes at the event last.
func (s *fateSearch) narrow(last uint64) {
	all := s.fate.Prefixes
	i := len(all)
	for i > 0 && all[i-1].Calm.nearlyAll() {
		i--
	}
	if i == 0 {
		s.fate.Point = &all[0]
		return
	}
	below, above := all[i-1].Events, last
	if i < len(all) {
		above, s.fate.Point = all[i].Events, &all[i]
	}
	for above-below > 1 && s.ctx.Err() == nil {
		middle := below + (above-below)/2
		if p := s.prefix(middle); p.Calm.nearlyAll() {
			above, s.fate.Point = middle, &p
		} else {
			below = middle
		}
	}
}

// String returns the table, and the point of no return.
func (f *Fate) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %8s  %12s  %-28s%s\n", "event", "time", "fail if nothing breaks", "fail as scheduled")
	for _, p := range f.Prefixes {
		fmt.Fprintf(&b, "  %8d  %12s  %-28s%s\n", p.Events, p.At, p.Calm, p.Scheduled)
	}
	switch {
	case !f.Done:
		b.WriteString("  stopped before the end\n")
	case f.Point == nil:
		fmt.Fprintf(&b, "  there is no point of no return: up to event %d it takes another fault, or luck\n", f.Last)
	default:
		fmt.Fprintf(&b, "  after event %d at t=%s, %d of %d continuations fail although nothing breaks any more\n",
			f.Point.Events, f.Point.At, f.Point.Calm.Failed, f.Point.Calm.Runs)
		if f.Event != nil {
			fmt.Fprintf(&b, "  the last to tell of before: t=%s  %s  %s\n", f.Event.At, f.Event.who(), f.Event.text())
		}
	}
	return b.String()
}
