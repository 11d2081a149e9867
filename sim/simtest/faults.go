package simtest

import (
	"time"

	"schism/sim"
)

// action is a fault written as a function.
type action struct {
	name string
	do   func(sim.Faults)
}

func (a action) Apply(f sim.Faults) { a.do(f) }
func (a action) String() string     { return a.name }

// Action returns the fault that is written as the function do; traces call it name.
func Action(name string, do func(sim.Faults)) sim.Action { return action{name, do} }

// At plans for the time d the [Action] of that name.
func At(d time.Duration, name string, do func(sim.Faults)) sim.Planned {
	return sim.Planned{When: sim.Trigger{After: d}, Do: action{name, do}}
}

// Between calls change, such as [sim.Faults.Cut], for each link between a node in as and another one in bs, both ways.
func Between(as, bs []sim.NodeID, change func(from, to sim.NodeID)) {
	for _, a := range as {
		for _, b := range bs {
			if a != b {
				change(a, b)
				change(b, a)
			}
		}
	}
}

// Rough returns faults that make three servers or more go through all that a machine has to survive, in 4 s: the first
// is cut off for the second second, then the second loses its power and the third crashes.
func Rough() []sim.Planned {
	n2, n3 := sim.Server(2), sim.Server(3)
	isolate := func(f sim.Faults, change func(from, to sim.NodeID)) {
		Between(f.Servers()[:1], f.Servers()[1:], change)
	}
	return []sim.Planned{
		At(time.Second, "isolate n1", func(f sim.Faults) { isolate(f, f.Cut) }),
		At(2*time.Second, "mend", func(f sim.Faults) { isolate(f, f.Mend) }),
		At(2500*time.Millisecond, "cut the power of n2", func(f sim.Faults) {
			f.Crash(n2, sim.PowerLoss{Drop: sim.Always})
		}),
		At(2600*time.Millisecond, "restart n2", func(f sim.Faults) { f.Restart(n2) }),
		At(3*time.Second, "crash n3", func(f sim.Faults) { f.Crash(n3, sim.PowerLoss{}) }),
		At(3100*time.Millisecond, "restart n3", func(f sim.Faults) { f.Restart(n3) }),
	}
}

// Storm returns faults, drawn from seed, that hit a cluster of n servers from its first second to its sixteenth and
// leave it whole: splits of a minority, losses of power, pauses and crashes of whoever leads, each over within 1 s.
func Storm(n int, seed uint64) []sim.Planned {
	c := sim.NewSeeded(seed)
	var all []sim.Planned
	for d := time.Second; d < 16*time.Second; d += time.Second {
		id := sim.Server(1 + c.Index(sim.Key{Decision: sim.DecidePlan}, n))
		k := 1 + c.Index(sim.Key{Decision: sim.DecidePlan, From: 1}, n/2)
		switch c.Index(sim.Key{Decision: sim.DecidePlan, From: 2}, 4) {
		case 0:
			all = append(all, At(d, "split", func(f sim.Faults) {
				Between(f.Servers()[:k], f.Servers()[k:], f.Cut)
			}), At(d+900*time.Millisecond, "heal", func(f sim.Faults) {
				Between(f.Servers()[:k], f.Servers()[k:], f.Mend)
			}))
		case 1:
			loss := sim.PowerLoss{Drop: 50 * sim.Percent, Tear: 20 * sim.Percent, Garbage: 10 * sim.Percent}
			all = append(all, At(d, "crash", func(f sim.Faults) { f.Crash(id, loss) }),
				At(d+700*time.Millisecond, "restart", func(f sim.Faults) { f.Restart(id) }))
		case 2:
			all = append(all, At(d, "pause", func(f sim.Faults) { f.Pause(id) }),
				At(d+800*time.Millisecond, "resume", func(f sim.Faults) { f.Resume(id) }))
		case 3:
			all = append(all, At(d, "crash the leader", func(f sim.Faults) {
				if l, ok := f.Leader(); ok {
					f.Crash(l, sim.PowerLoss{})
				}
			}), At(d+600*time.Millisecond, "restart all", func(f sim.Faults) {
				for _, s := range f.Servers() {
					f.Restart(s)
				}
			}))
		}
	}
	return all
}
