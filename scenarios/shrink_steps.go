package scenarios

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// shrinkSteps are what is tried, in this order, each as long as it helps. A step reports whether it has helped.
var shrinkSteps = []func(*shrinking) bool{
	(*shrinking).cutOff,
	(*shrinking).fewerFaults,
	(*shrinking).noProbe,
	(*shrinking).fewerClients,
	(*shrinking).fewerOps,
	(*shrinking).fewerMoves,
	(*shrinking).fewerServers,
	(*shrinking).sooner,
	(*shrinking).plainerWorld,
	(*shrinking).dullerChoices,
	(*shrinking).plainerFaults,
	(*shrinking).rounderFaults,
	(*shrinking).rounderPauses,
}

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

// without tries to leave out as many of the best case's n things as it can: all of them, then halves, quarters, and in
// the end one after the other. leave returns c without those from i to j; count says how many there are.
func (s *shrinking) without(count func(c *Case) int, leave func(c *Case, i, j int)) bool {
	helped := false
	for size := count(s.best); size > 0 && !s.over(); size /= 2 {
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

// cutOff leaves out all that comes after the violation.
func (s *shrinking) cutOff() bool {
	at := time.Duration(s.report.Violations[0].At)
	if s.report.Violation == nil {
		return false
	}
	called := make(map[sim.NodeID]int)
	for i := range s.report.History {
		called[s.report.History[i].Client]++
	}
	small := s.change(func(c *Case) {
		c.Schedule = slices.DeleteFunc(c.Schedule, func(e nemesis.Entry) bool {
			return !e.When.Waits() && e.When.After > at
		})
		for i := range c.Workload {
			c.Workload[i] = c.Workload[i][:min(len(c.Workload[i]), called[sim.Client(i+1)])]
		}
	})
	if len(small.Schedule) == len(s.best.Schedule) && small.Workload.Ops() == s.best.Workload.Ops() {
		return false
	}
	return s.first([]*Case{small}) >= 0
}

// fewerFaults leaves out entries of the schedule.
func (s *shrinking) fewerFaults() bool {
	before := len(s.best.Schedule)
	s.without(func(c *Case) int { return len(c.Schedule) }, func(c *Case, i, j int) {
		c.Schedule = slices.Delete(c.Schedule, i, j)
	})
	return len(s.best.Schedule) < before
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

// fewerOps leaves out operations. The pauses before them stay.
func (s *shrinking) fewerOps() bool {
	return s.without(func(c *Case) int { return c.Workload.Ops() }, func(c *Case, i, j int) {
		at := 0
		for client := range c.Workload {
			var kept []string
			pause := time.Duration(0)
			for _, line := range c.Workload[client] {
				if at >= i && at < j {
					p, _ := cutPause(line)
					pause += p
				} else {
					kept = append(kept, withPause(line, pause))
					pause = 0
				}
				at++
			}
			c.Workload[client] = kept
		}
	})
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

// plainerWorld makes the network and the disks faultless, and as even as they can be.
func (s *shrinking) plainerWorld() bool {
	was := *s.best
	link, disk := s.best.Network, s.best.Disk
	even := sim.Link{Min: time.Millisecond, Max: time.Millisecond}
	sound := sim.Link{Min: link.Min, Max: link.Max}
	lossless := link
	lossless.Loss = 0
	var candidates []*Case
	for _, l := range []sim.Link{even, sound, lossless} {
		if l != link {
			candidates = append(candidates, s.change(func(c *Case) { c.Network = l }))
		}
		if l == link {
			break
		}
	}
	s.first(candidates)
	if instant := (sim.DiskProfile{SyncMin: disk.SyncMin, SyncMax: disk.SyncMin}); disk != instant {
		s.try(func(c *Case) { c.Disk = instant })
	}
	return was.Network != s.best.Network || was.Disk != s.best.Disk
}

// dullable are the decisions whose answers are made dull all together.
var dullable = []sim.Decision{sim.DecideConfig, sim.DecideWorkload, sim.DecideTail, sim.DecideLoss,
	sim.DecideDuplicate, sim.DecideReorder,
	sim.DecideTie, sim.DecideTask, sim.DecideSync, sim.DecideWrite, sim.DecideCrash, sim.DecideRule, sim.DecideLatency}

// dullerChoices pins what the seed decides to the dullest answers.
func (s *shrinking) dullerChoices() bool {
	helped := false
	for _, d := range dullable {
		pin := sim.Pin{Decision: d, Dull: true}
		if s.report.Draws[d] == 0 || slices.Contains(s.best.Pins, pin) {
			continue
		}
		helped = s.try(func(c *Case) { c.Pins = append(c.Pins, pin) }) || helped
	}
	return helped
}

// plainerFaults puts plainer faults in the place of those that there are.
func (s *shrinking) plainerFaults() bool {
	helped := false
	for i := 0; i < len(s.best.Schedule); i++ {
		for !s.over() {
			var candidates []*Case
			for _, e := range s.best.Schedule[i].Plainer() {
				candidates = append(candidates, s.change(func(c *Case) { c.Schedule[i] = e }))
			}
			if s.first(candidates) < 0 {
				break
			}
			helped = true
		}
	}
	return helped
}

// rounderFaults lets faults happen earlier, at rounder times: all of them, then one by one.
func (s *shrinking) rounderFaults() bool {
	helped := false
	for _, unit := range units {
		helped = s.round(func(c *Case) bool {
			changed := false
			for i := range c.Schedule {
				at := &c.Schedule[i].When.After
				changed = changed || *at != at.Truncate(unit)
				*at = at.Truncate(unit)
			}
			return changed
		}) || helped
	}
	for i := 0; i < len(s.best.Schedule); i++ {
		helped = s.shortenFault(i) || helped
	}
	return helped
}

// sooner lets everything happen in half of the time.
func (s *shrinking) sooner() bool {
	helped := false
	for !s.over() {
		if !s.round((*Case).halve) {
			return helped
		}
		helped = true
	}
	return helped
}

// halve halves all instants of the schedule and all pauses. It reports whether that is a change.
func (c *Case) halve() bool {
	changed := false
	move := func(d time.Duration) time.Duration {
		moved := (d / 2).Truncate(time.Millisecond)
		changed = changed || moved != d
		return moved
	}
	for i := range c.Schedule {
		e := &c.Schedule[i]
		e.When.After = move(e.When.After)
	}
	for client := range c.Workload {
		for i, line := range c.Workload[client] {
			if pause, rest := cutPause(line); rest != line {
				c.Workload[client][i] = move(pause).String() + " " + rest
			}
		}
	}
	return changed
}

// units are to what times are rounded, the coarsest first.
var units = []time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond}

// round tries a change unless it changes nothing.
func (s *shrinking) round(f func(c *Case) bool) bool {
	changed := false
	c := s.change(func(c *Case) { changed = f(c) })
	return changed && s.first([]*Case{c}) >= 0
}

// shortenFault lets one fault happen earlier as long as that works.
func (s *shrinking) shortenFault(i int) bool {
	helped := false
	for !s.over() && i < len(s.best.Schedule) {
		var candidates []*Case
		for _, d := range nemesis.Shorter(s.best.Schedule[i].When.After) {
			candidates = append(candidates, s.change(func(c *Case) { c.Schedule[i].When.After = d }))
		}
		if s.first(candidates) < 0 {
			return helped
		}
		helped = true
	}
	return helped
}

// rounderPauses makes the pauses of clients shorter and rounder: all of them, then those of each client, then one by
// one.
func (s *shrinking) rounderPauses() bool {
	helped := false
	all := func(c *Case, client int, f func(time.Duration) time.Duration) bool {
		changed := false
		for i, line := range c.Workload[client] {
			if pause, rest := cutPause(line); rest != line && f(pause) != pause {
				c.Workload[client][i], changed = f(pause).String()+" "+rest, true
			}
		}
		return changed
	}
	for _, unit := range slices.Concat([]time.Duration{time.Hour}, units) {
		to := func(d time.Duration) time.Duration { return d.Truncate(unit) }
		helped = s.round(func(c *Case) bool {
			changed := false
			for client := range c.Workload {
				changed = all(c, client, to) || changed
			}
			return changed
		}) || helped
		for client := range s.best.Workload {
			helped = s.round(func(c *Case) bool { return all(c, client, to) }) || helped
		}
	}
	for client := range s.best.Workload {
		for i := range s.best.Workload[client] {
			helped = s.shortenPause(client, i) || helped
		}
	}
	return helped
}

// shortenPause makes the pause before one operation shorter.
func (s *shrinking) shortenPause(client, i int) bool {
	helped := false
	for !s.over() {
		pause, rest := cutPause(s.best.Workload[client][i])
		var candidates []*Case
		for _, d := range nemesis.Shorter(pause) {
			candidates = append(candidates, s.change(func(c *Case) { c.Workload[client][i] = d.String() + " " + rest }))
		}
		if s.first(candidates) < 0 {
			return helped
		}
		helped = true
	}
	return helped
}
