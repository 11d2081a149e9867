package nemesis

import (
	"slices"
	"time"

	"schism/sim"
)

// Core recovers everything, as [Recover] does, and says that from then on something is asked of the servers of the
// target only, which are a quorum: what befalls the others afterwards is not undone.
type Core struct{ Target Target }

// Apply implements [Fault].
func (Core) Apply(f sim.Faults) { Recover{}.Apply(f) }

// String returns "core {n1 n3 n4}".
func (c Core) String() string { return "core " + c.Target.String() }

// Takes implements [Fault].
func (Core) Takes() Takes { return 0 }

// Plainer implements [Fault].
func (Core) Plainer() []Fault { return []Fault{Recover{}} }

// outsideAfter is how long after the recovery of a core the others fail, so that what recovers does so first.
const outsideAfter = time.Millisecond

// EndInCore is the plan in which, when another one ends with [Recover], only a core of the servers stays whole: at
// least a quorum, all if the answers are dull. Every other server fails for good right after: it is down, paused, cut
// off from everybody, or only one way, so that it sends what nobody can answer, or hears what it cannot answer. What
// waits for marks and states does nothing any more by then, so that it brings nobody back. A plan that does not end
// with Recover stays as it is.
func EndInCore(plan Plan) Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) Schedule {
		s := plan(c, servers, clients)
		last := len(s) - 1
		if last < 0 || s[last].Do != Fault(Recover{}) || s[last].When.Waits() {
			return s
		}
		d := aspectOf(c, aspectCore, 0)
		size := len(servers) - d.index(len(servers)-len(servers)/2)
		core := d.shuffled(servers)[:size]
		if size == len(servers) {
			return s
		}
		slices.Sort(core)
		s[last].Do = Core{Nodes(core...)}
		end := s[last].When.After
		for i, e := range s[:last] {
			if _, bounded := e.Do.(Before); e.When.Waits() && !bounded {
				s[i].Do = Before{end, e.Do}
			}
		}
		at := end + outsideAfter
		for _, n := range without(servers, core) {
			for _, f := range fateOf(d, Nodes(n)) {
				s = append(s, upon(at, f))
			}
		}
		return s
	}
}

// fateOf draws how a server fails for good.
func fateOf(d draw, n Target) []Fault {
	from, to := Cut{n, Everyone}, Cut{Everyone, n}
	switch d.index(6) {
	case 0:
		return []Fault{Crash{Target: n}}
	case 1:
		return []Fault{Crash{n, d.powerLoss()}}
	case 2:
		return []Fault{Pause{n}}
	case 3:
		return []Fault{from, to}
	case 4:
		return []Fault{from}
	}
	return []Fault{to}
}
