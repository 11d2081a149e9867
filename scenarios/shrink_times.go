package scenarios

import (
	"slices"
	"time"

	"schism/nemesis"
)

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
		if !s.round(func(c *Case) bool { return c.scale(50) }) {
			return helped
		}
		helped = true
	}
	return helped
}

// scale makes all instants of the schedule and all pauses so many percent of what they are. It reports whether that is
// a change.
func (c *Case) scale(percent int) bool {
	changed := false
	move := func(d time.Duration) time.Duration {
		moved := (d * time.Duration(percent) / 100).Truncate(time.Millisecond)
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
