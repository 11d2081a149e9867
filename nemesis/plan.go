package nemesis

import (
	"slices"
	"time"

	"schism/sim"
)

// Plan draws a schedule for the given nodes. It draws everything up front, from c only, under keys with the
// decision [sim.DecidePlan]; the dullest answers throughout give a schedule without faults. It keeps neither slice.
type Plan func(c sim.Chooser, servers, clients []sim.NodeID) Schedule

// Script is the plan that always gives the schedule s.
func Script(s Schedule) Plan {
	return func(sim.Chooser, []sim.NodeID, []sim.NodeID) Schedule { return slices.Clone(s) }
}

// Merge lets the schedules of all plans happen at once. A plan that ends with [Recover] undoes what the others have
// done by then, so let the plans end together.
func Merge(plans ...Plan) Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) Schedule {
		var s Schedule
		for _, p := range plans {
			s = append(s, p(c, servers, clients)...)
		}
		s.Sort()
		return s
	}
}

// Sequence lets the schedules of the plans happen one after the other: the instants of each count from the last
// instant of the one before, plus gap, which keeps the two apart. What waits for a mark or a state waits from the
// start; only the instants of [Before] are moved.
func Sequence(gap time.Duration, plans ...Plan) Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) Schedule {
		var s Schedule
		var start time.Duration
		for _, p := range plans {
			end := start
			for _, e := range p(c, servers, clients) {
				e = e.later(start)
				if !e.When.Waits() {
					end = max(end, e.When.After)
				}
				s = append(s, e)
			}
			start = end + gap
		}
		s.Sort()
		return s
	}
}

// later returns e with its instants moved by d.
func (e Entry) later(d time.Duration) Entry {
	if !e.When.Waits() {
		e.When.After += d
	}
	if b, ok := e.Do.(Before); ok {
		e.Do = Before{b.At + d, b.Do}
	}
	return e
}

// leaderElected is the mark that plans wait for unless they are told another one.
const leaderElected = "leader-elected"

// What plans do upon a mark: for how many passings of it they draw a fault, and how soon after it that comes at
// the latest.
const (
	marksAwaited = 4
	soonAfter    = 200 * time.Millisecond
)

// uponMark lets f happen after the nth passing of mark.
func uponMark(mark string, nth int, after time.Duration, f Fault) Entry {
	return Entry{sim.Trigger{Mark: mark, Nth: nth, After: after}, f}
}

// upon lets f happen at the instant at.
func upon(at time.Duration, f Fault) Entry { return Entry{sim.Trigger{After: at}, f} }

// turn is the time of one fault.
type turn struct {
	draw
	kind Kind
	// at is when the fault begins, until when it ends.
	at, until time.Duration
}

// middle is an instant halfway through t.
func (t *turn) middle() time.Duration {
	return t.at + ((t.until - t.at) / 2).Truncate(time.Millisecond)
}

// pace says how faults follow each other between start and end: how long each lasts, and how long the rest after
// it is. The first comes at most maxRest after the start.
type pace struct {
	start, end       time.Duration
	minFor, maxFor   time.Duration
	minRest, maxRest time.Duration
}

// maxTurns bounds the faults of one pace, and minRest is the rest after a fault that is enough to keep its undoing
// apart from the next.
const (
	maxTurns = 1000
	minRest  = 100 * time.Millisecond
)

// turns calls one for every fault that ends in time.
func (p pace) turns(d draw, one func(turn)) {
	at := p.start + d.span(0, p.maxRest)
	for range maxTurns {
		t := turn{draw: d, at: at, until: at + d.span(p.minFor, p.maxFor)}
		if t.until > p.end {
			return
		}
		one(t)
		at = t.until + d.span(p.minRest, p.maxRest)
	}
}
