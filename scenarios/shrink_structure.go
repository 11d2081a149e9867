package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// cutOff leaves out all that comes after the violation.
func (s *shrinking) cutOff() bool {
	at := s.failedAt()
	if at == 0 {
		return false
	}
	called := make(map[sim.NodeID]int)
	for i := range s.report.History {
		if op := &s.report.History[i]; op.Call <= at {
			called[op.Client]++
		}
	}
	small := s.change(func(c *Case) {
		c.Schedule = slices.DeleteFunc(c.Schedule, func(e nemesis.Entry) bool {
			return !e.When.Waits() && sim.Time(e.When.After) > at
		})
		for i := range c.Workload {
			c.Workload[i] = c.Workload[i][:min(len(c.Workload[i]), called[sim.Client(i+1)])]
		}
	})
	if small == nil || len(small.Schedule) == len(s.best.Schedule) && small.Workload.Ops() == s.best.Workload.Ops() {
		return false
	}
	return s.first([]*Case{small}) >= 0
}

// failedAt returns when all had come to pass that the violation needs, 0 if nobody knows.
func (s *shrinking) failedAt() sim.Time {
	if v := s.report.Violation; v != nil {
		return v.At
	}
	at := sim.Time(0)
	if s.conflicting() {
		for _, op := range s.report.judged().Core {
			at = max(at, op.Call)
			if op.ReturnSeq != sim.StillOpen {
				at = max(at, op.Return)
			}
		}
	}
	return at
}

// atInstants lets the faults happen at the instants at which they did, whatever they waited for.
func (s *shrinking) atInstants() bool {
	waits := func(e nemesis.Entry) bool {
		_, before := e.Do.(nemesis.Before)
		return e.When.Waits() || before
	}
	if !slices.ContainsFunc(s.best.Schedule, waits) {
		return false
	}
	return s.try(func(c *Case) {
		c.Schedule = c.Schedule[:0]
		for _, f := range s.report.Applied {
			do := f.What.(nemesis.Fault)
			if b, ok := do.(nemesis.Before); ok {
				if f.At >= sim.Time(b.At) {
					continue
				}
				do = b.Do
			}
			c.Schedule = append(c.Schedule, nemesis.Entry{When: sim.Trigger{After: time.Duration(f.At)}, Do: do})
		}
	})
}

// fewerFaults leaves out entries of the schedule.
func (s *shrinking) fewerFaults() bool {
	before := len(s.best.Schedule)
	s.without(func(c *Case) int { return len(c.Schedule) }, func(c *Case, i, j int) {
		c.Schedule = slices.Delete(c.Schedule, i, j)
	})
	return len(s.best.Schedule) < before
}

// fewerWaits leaves out what waits for the n-th time that something comes, and lets what waits for a later time wait
// for the one before.
func (s *shrinking) fewerWaits() bool {
	helped := false
	for i := len(s.best.Schedule) - 1; i >= 0 && !s.over(); i-- {
		if i < len(s.best.Schedule) && s.best.Schedule[i].When.Waits() {
			when := s.best.Schedule[i].When
			helped = s.first([]*Case{s.fewer(func(c *Case) { c.leaveWait(when) })}) >= 0 || helped
		}
	}
	return helped
}

// leaveWait leaves out all that happens upon when, or as soon as what it waits for has come so often, and lets what
// waits for later times of that wait for one time less.
func (c *Case) leaveWait(when sim.Trigger) {
	nth := max(1, when.Nth)
	same := func(t sim.Trigger) bool { return t.Mark == when.Mark && t.State == when.State && t.On == when.On }
	c.Schedule = slices.DeleteFunc(c.Schedule, func(e nemesis.Entry) bool {
		if !when.Waits() {
			return e.When == when
		}
		return same(e.When) && max(1, e.When.Nth) == nth
	})
	for i := range c.Schedule {
		if t := &c.Schedule[i].When; when.Waits() && same(*t) && t.Nth > nth {
			t.Nth--
		}
	}
}

// fewerClients lets clients do nothing.
func (s *shrinking) fewerClients() bool {
	busy := func(c *Case) (list []int) {
		for i := range c.Workload {
			if len(c.Workload[i]) > 0 {
				list = append(list, i)
			}
		}
		return list
	}
	return s.without(func(c *Case) int { return len(busy(c)) }, func(c *Case, i, j int) {
		for _, client := range busy(c)[i:j] {
			c.Workload[client] = nil
		}
	})
}

// fewerOps leaves out operations. What is left of a client's is called when it was.
func (s *shrinking) fewerOps() bool {
	return s.without(func(c *Case) int { return c.Workload.Ops() }, func(c *Case, i, j int) {
		at := 0
		for client := range c.Workload {
			begun := s.begun(client)
			var kept []string
			missing := time.Duration(0)
			for n, line := range c.Workload[client] {
				if at >= i && at < j {
					missing += begun(n)
				} else {
					kept = append(kept, withPause(line, missing))
					missing = 0
				}
				at++
			}
			c.Workload[client] = kept
		}
	})
}

// begun returns how long the n-th operation of a client and the pause before it have taken in the run of the best case,
// the pause alone if it was not called.
func (s *shrinking) begun(client int) func(n int) time.Duration {
	lines := s.best.Workload[client]
	var calls []sim.Time
	for i := range s.report.History {
		if op := &s.report.History[i]; op.Client == sim.Client(client+1) {
			calls = append(calls, op.Call)
		}
	}
	// free is when the client began to wait before the n-th operation.
	free := func(n int) time.Duration {
		pause, _ := cutPause(lines[n])
		return time.Duration(calls[n]) - pause
	}
	return func(n int) time.Duration {
		if n+1 >= min(len(calls), len(lines)) {
			pause, _ := cutPause(lines[n])
			return pause
		}
		return max(0, free(n+1)-free(n))
	}
}

// cutPause returns the pause that a line of a workload begins with, and the rest; 0 and all for the line of a recipe.
func cutPause(line string) (pause time.Duration, rest string) {
	word, rest, _ := strings.Cut(line, " ")
	if d, err := time.ParseDuration(word); err == nil {
		return d, rest
	}
	return 0, line
}

// withPause returns line with a longer pause.
func withPause(line string, more time.Duration) string {
	if pause, rest := cutPause(line); rest != line {
		return (pause + more).String() + " " + rest
	}
	return line
}

// anyMoves is more than any recipe has.
const anyMoves = 1 << 12

// fewerMoves lets recipes end earlier.
func (s *shrinking) fewerMoves() bool {
	helped := false
	for i := range s.best.Workload {
		lines := s.best.Workload[i]
		if len(lines) != 1 || !strings.HasPrefix(lines[0], recipeWord) {
			continue
		}
		most := recipeMoves(lines[0])
		for step := (most + 1) / 2; step > 0; step /= 2 {
			for most >= step && s.try(func(c *Case) { c.Workload[i] = []string{recipeLine(most - step)} }) {
				most -= step
				helped = true
			}
		}
	}
	return helped
}

// recipeMoves returns how many moves the line of a recipe has, recipeLine the line for so many.
func recipeMoves(line string) int {
	words := strings.Fields(line)
	if len(words) < 3 {
		return anyMoves
	}
	n, _ := strconv.Atoi(words[2])
	return n
}

func recipeLine(moves int) string { return recipeWord + " for " + strconv.Itoa(moves) + " moves" }

// probed returns what the probe has asked for in the run r of c.
func (c *Case) probed(r *Report) (ops []sim.Op) {
	if !c.Probe || len(c.Workload) == 0 {
		return nil
	}
	left := len(c.Workload[0])
	for i := range r.History {
		if op := &r.History[i]; op.Client == sim.Client(1) {
			if left--; left < 0 {
				ops = append(ops, *op)
			}
		}
	}
	return ops
}

// probeSpelledOut lets the first client ask by itself for what the probe asks for, so that it can be left out piece by
// piece.
func (s *shrinking) probeSpelledOut() bool {
	ops := s.best.probed(s.report)
	if len(ops) == 0 {
		return false
	}
	free := sim.Time(0)
	for i := range s.report.History {
		if op := &s.report.History[i]; op.Client == sim.Client(1) && op.Return <= ops[0].Call {
			free = op.Return
		}
	}
	return s.try(func(c *Case) {
		c.Probe = false
		for i := range ops {
			pause := max(0, ops[i].Call.Sub(free))
			c.Workload[0] = append(c.Workload[0], fmt.Sprintf("%s %v", pause, ops[i].Input))
			free = ops[i].Return
		}
	})
}

// noProbe leaves out the writes after the heal.
func (s *shrinking) noProbe() bool {
	return s.best.Probe && s.try(func(c *Case) { c.Probe = false })
}

// fewerServers leaves out the last servers.
func (s *shrinking) fewerServers() bool {
	var candidates []*Case
	for n := 1; n < s.best.Servers; n++ {
		candidates = append(candidates, s.change(func(c *Case) { c.Servers = n }))
	}
	return s.first(candidates) >= 0
}

// soonerSnapshots lets servers make snapshots after fewer entries.
func (s *shrinking) soonerSnapshots() bool {
	var candidates []*Case
	for every := 1; every <= 3 && (s.best.SnapshotEvery == 0 || every < s.best.SnapshotEvery); every++ {
		candidates = append(candidates, s.change(func(c *Case) { c.SnapshotEvery = every }))
	}
	return s.first(candidates) >= 0
}

// usualSnapshots lets servers make snapshots as they do in the scenario, if what is small by now needs nothing else.
func (s *shrinking) usualSnapshots() {
	if s.best.SnapshotEvery != 0 && !s.over() {
		s.try(func(c *Case) { c.SnapshotEvery = 0 })
	}
}

// revision is where an operation names one.
var revision = regexp.MustCompile(` rev ([1-9][0-9]*)`)

// lower lets all operations that name a revision name one so many before. It reports whether there are some.
func (c *Case) lower(by int) bool {
	named := false
	for _, lines := range c.Workload {
		for n, line := range lines {
			lines[n] = revision.ReplaceAllStringFunc(line, func(text string) string {
				r, _ := strconv.Atoi(strings.TrimPrefix(text, " rev "))
				return " rev " + strconv.Itoa(max(1, r-by))
			})
			named = named || lines[n] != line
		}
	}
	return named
}

// namesRevisions reports whether an operation names a revision.
func (w Workload) namesRevisions() bool {
	return slices.ContainsFunc(w, func(lines []string) bool { return slices.ContainsFunc(lines, revision.MatchString) })
}

// lowerRevisions leaves out one thing, and lets all operations that name a revision name the one before.
func (s *shrinking) lowerRevisions() bool {
	if !s.best.Workload.namesRevisions() {
		return false
	}
	helped := false
	for i := 0; i < s.best.things() && s.best.things() <= manyParts && !s.over(); {
		named := false
		c := s.fewer(func(c *Case) {
			c.leave(i)
			named = c.lower(1)
		})
		if !named {
			i++ // the only one that names any
			continue
		}
		if s.first([]*Case{c}) >= 0 {
			helped = true
		} else {
			i++
		}
	}
	return helped
}
