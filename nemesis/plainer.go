package nemesis

import (
	"slices"
	"time"

	"schism/sim"
)

// Shorter returns durations to try in the place of d, which is not negative, the shortest and roundest first: 0, then d
// rounded down to seconds, to 100 ms, 10 ms and 1 ms, and half of d. All are less than d.
func Shorter(d time.Duration) []time.Duration {
	var list []time.Duration
	add := func(s time.Duration) {
		if s < d && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	add(0)
	for _, unit := range []time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond} {
		add(d.Truncate(unit))
		if half := (d / 2).Truncate(unit); half > 0 {
			add(half)
		}
	}
	return list
}

// What follows makes the parts of faults plainer: each function returns what with makes of each plainer part, the
// plainest first. However often one is put in the place of the one before, there is an end. Nothing becomes zero: a
// fault that does nothing is better left out.

// shorter makes a duration shorter, towards zero if it is negative.
func shorter(d time.Duration, with func(time.Duration) Fault) []Fault {
	var list []Fault
	sign := time.Duration(1)
	if d < 0 {
		sign = -1
	}
	for _, s := range Shorter(d.Abs()) {
		if s > 0 {
			list = append(list, with(sign*s))
		}
	}
	return list
}

// nearer brings two bounds together, and what is one bound down.
func nearer(lo, hi time.Duration, with func(lo, hi time.Duration) Fault) []Fault {
	if lo == hi {
		return shorter(hi, func(d time.Duration) Fault { return with(d, d) })
	}
	list := []Fault{with(hi, hi)}
	if lo > 0 {
		list = []Fault{with(lo, lo), with(hi, hi)}
	}
	return list
}

// smaller makes a number smaller: 1, half of it, one less.
func smaller(n int, with func(int) Fault) []Fault {
	var list []Fault
	tried := 0
	for _, m := range []int{1, n / 2, n - 1} {
		if m > tried && m < n {
			list = append(list, with(m))
			tried = m
		}
	}
	return list
}

// rounder makes a number of parts per million rounder, and smaller, towards zero.
func rounder(ppm int32, with func(int32) Fault) []Fault {
	var list []Fault
	var tried []int32
	for unit := int32(100_000_000); unit > 0; unit /= 10 {
		for _, p := range []int32{ppm / unit * unit, ppm / 2 / unit * unit} {
			if p != 0 && p != ppm && !slices.Contains(tried, p) {
				list, tried = append(list, with(p)), append(tried, p)
			}
		}
	}
	return list
}

// fewer leaves out one node of those that a target names, each in turn, where it names several.
func fewer(t Target, with func(Target) Fault) []Fault {
	if t.Role != RoleNamed || len(t.Nodes) < 2 {
		return nil
	}
	var list []Fault
	for i := range t.Nodes {
		list = append(list, with(Nodes(slices.Delete(slices.Clone(t.Nodes), i, i+1)...)))
	}
	return list
}

// fewerLinks leaves out one node at either end.
func fewerLinks(from, to Target, with func(from, to Target) Fault) []Fault {
	list := fewer(from, func(t Target) Fault { return with(t, to) })
	return append(list, fewer(to, func(t Target) Fault { return with(from, t) })...)
}

// milder leaves the power on, or loses all that can be lost instead of some.
func milder(loss sim.PowerLoss, with func(sim.PowerLoss) Fault) []Fault {
	all := sim.PowerLoss{Drop: sim.Always}
	switch loss {
	case sim.PowerLoss{}:
		return nil
	case all:
		return []Fault{with(sim.PowerLoss{})}
	}
	return []Fault{with(sim.PowerLoss{}), with(all)}
}
