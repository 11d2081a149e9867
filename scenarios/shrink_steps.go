package scenarios

import (
	"slices"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// The steps of a search, tried in this order; a step reports whether it has helped. structureSteps leave out things, in
// order or at random first, polishSteps make plainer what is left.
var (
	structureSteps = slices.Concat(boldSteps, orderlySteps, []step{(*shrinking).fewerAtRandom})
	randomSteps    = slices.Concat(boldSteps, []step{(*shrinking).fewerAtRandom}, orderlySteps)

	boldSteps = []step{
		(*shrinking).cutOff,
		(*shrinking).probeSpelledOut,
		(*shrinking).fewerAtOnce,
	}
	orderlySteps = []step{
		(*shrinking).fewerFaults,
		(*shrinking).fewerWaits,
		(*shrinking).noProbe,
		(*shrinking).fewerClients,
		(*shrinking).fewerOps,
		(*shrinking).fewerMoves,
		(*shrinking).fewerServers,
		(*shrinking).soonerSnapshots,
		(*shrinking).sooner,
		(*shrinking).plainerWorld,
		(*shrinking).fullerDisks,
		(*shrinking).lowerRevisions,
		(*shrinking).atInstants,
		(*shrinking).fewerPairs,
	}
	polishSteps = []step{
		(*shrinking).dullerChoices,
		(*shrinking).plainerFaults,
		(*shrinking).plainerOps,
		(*shrinking).rounderFaults,
		(*shrinking).rounderPauses,
		(*shrinking).atInstants,
		(*shrinking).fewerByOtherSeeds,
	}
)

// step is a step of a search.
type step = func(*shrinking) bool

// change returns a copy of the best case with a change, nil if that makes no smaller case.
func (s *shrinking) change(f func(c *Case)) *Case {
	c := *s.best
	c.Workload, c.Schedule, c.Pins = c.Workload.clone(), slices.Clone(c.Schedule), slices.Clone(c.Pins)
	f(&c)
	c.Schedule.Sort()
	if s.report.Violation == nil && len(c.Schedule) > 0 {
		c.recover()
	}
	if len(c.Schedule) > len(s.best.Schedule) {
		return nil
	}
	return &c
}

// fewer is change for what leaves out something; nil if there is as much as before, since what all needs came back.
func (s *shrinking) fewer(f func(c *Case)) *Case {
	if c := s.change(f); c != nil && c.things() < s.best.things() {
		return c
	}
	return nil
}

// recover makes a case end as its scenario's runs do: whole, or with a core that is. What is judged at the end of a run
// means nothing without.
func (c *Case) recover() {
	last := time.Duration(0)
	for _, e := range c.Schedule {
		if _, ends := e.Do.(nemesis.Core); ends {
			return
		}
		if e.When.Waits() {
			last = max(last, c.Scenario.HealAt)
		} else if e.Do != nemesis.Fault(nemesis.Recover{}) {
			last = max(last, e.When.After)
		}
	}
	end := c.Schedule[len(c.Schedule)-1]
	if end.Do != nemesis.Fault(nemesis.Recover{}) || end.When.Waits() || end.When.After <= last {
		at := sim.Trigger{After: last + time.Millisecond}
		c.Schedule = append(c.Schedule, nemesis.Entry{When: at, Do: nemesis.Recover{}})
	}
}

// try tries one change.
func (s *shrinking) try(f func(c *Case)) bool { return s.first([]*Case{s.change(f)}) >= 0 }

// manyParts is into how many parts things are divided at most to leave out one of them: where there are very many, it
// is not worth it to try each.
const manyParts = 64

// without tries to leave out as many of the best case's n things as it can: all of them, then halves, quarters, and in
// the end one after the other. leave returns c without those from i to j; count says how many there are.
func (s *shrinking) without(count func(c *Case) int, leave func(c *Case, i, j int)) bool {
	helped := false
	for size := count(s.best); size > 0 && count(s.best)/size <= manyParts && !s.over(); size /= 2 {
		for end := count(s.best); end > 0 && !s.over(); {
			// From the end: what comes last is least likely to matter.
			var candidates []*Case
			var ends []int
			e := end
			for ; e > 0 && len(candidates) < s.o.Workers; e -= size {
				if c := s.change(func(c *Case) { leave(c, max(0, e-size), e) }); c != nil {
					candidates = append(candidates, c)
					ends = append(ends, e)
				}
			}
			won := s.first(candidates)
			if won < 0 {
				end = e
				continue
			}
			helped = true
			end = ends[won] - size
		}
	}
	return helped
}

// otherSeeds is how many seeds are tried for a case with one thing less.
const otherSeeds = 8

// fewerByOtherSeeds leaves out single faults and operations, and draws all else anew: what is needed with one seed may
// not be needed with another.
func (s *shrinking) fewerByOtherSeeds() bool {
	helped := false
	for i := 0; i < s.best.things() && !s.over(); {
		var candidates []*Case
		for n := range uint64(otherSeeds) {
			candidates = append(candidates, s.fewer(func(c *Case) {
				c.Seed += n + 1
				c.leave(i)
			}))
		}
		if s.first(candidates) >= 0 {
			helped = true
		} else {
			i++
		}
	}
	return helped
}

// manyThings is of how many things no pairs are tried any more.
const manyThings = 24

// fewerPairs leaves out two things at once: a fault and what undoes it, or operations that need each other.
func (s *shrinking) fewerPairs() bool {
	helped := false
	for s.best.things() <= manyThings && !s.over() {
		var candidates []*Case
		for j := range s.best.things() {
			for i := range j {
				candidates = append(candidates, s.fewer(func(c *Case) {
					c.leave(j)
					c.leave(i)
				}))
			}
		}
		if s.first(candidates) < 0 {
			break
		}
		helped = true
	}
	return helped
}

// things counts faults and operations. leave leaves out the i-th of them, the faults first.
func (c *Case) things() int { return len(c.Schedule) + c.Workload.Ops() }

func (c *Case) leave(i int) {
	if i < len(c.Schedule) {
		c.Schedule = slices.Delete(c.Schedule, i, i+1)
		return
	}
	i -= len(c.Schedule)
	for client, lines := range c.Workload {
		if i < len(lines) {
			c.Workload[client] = slices.Delete(lines, i, i+1)
			return
		}
		i -= len(lines)
	}
}
