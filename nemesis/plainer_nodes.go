package nemesis

import (
	"slices"
	"time"

	"schism/sim"
)

// Plainer implements [Fault]: the fault without a bound, or a plainer one with it.
func (b Before) Plainer() []Fault {
	list := []Fault{b.Do}
	for _, p := range b.Do.Plainer() {
		list = append(list, Before{b.At, p})
	}
	return list
}

// Plainer implements [Fault]: one node less, each in turn.
func (s Split) Plainer() []Fault {
	var list []Fault
	for i, g := range s.Groups {
		for j := range g {
			groups := slices.Clone(s.Groups)
			groups[i] = slices.Delete(slices.Clone(g), j, j+1)
			groups = slices.DeleteFunc(groups, func(g []sim.NodeID) bool { return len(g) == 0 })
			if len(groups) > 0 {
				list = append(list, Split{groups})
			}
		}
	}
	return list
}

// Plainer implements [Fault]: the leader alone, or with fewer.
func (s SplitLeader) Plainer() []Fault {
	if s.With <= 0 {
		return nil
	}
	return append([]Fault{IsolateLeader}, smaller(s.With, func(n int) Fault { return SplitLeader{n} })...)
}

// Plainer implements [Fault].
func (b Bridge) Plainer() []Fault { return fewer(b.Over, func(t Target) Fault { return Bridge{t} }) }

// Plainer implements [Fault].
func (r Ring) Plainer() []Fault { return fewer(r.Of, func(t Target) Fault { return Ring{t} }) }

// Plainer implements [Fault]: without a loss of power, with all lost that can be, or of fewer nodes.
func (c Crash) Plainer() []Fault {
	return append(milder(c.Loss, func(l sim.PowerLoss) Fault { return Crash{c.Target, l} }),
		fewer(c.Target, func(t Target) Fault { return Crash{t, c.Loss} })...)
}

// Plainer implements [Fault]: a crash between two steps comes first.
func (c CrashMidway) Plainer() []Fault {
	list := []Fault{Crash(c)}
	list = append(list, milder(c.Loss, func(l sim.PowerLoss) Fault { return CrashMidway{c.Target, l} })...)
	return append(list, fewer(c.Target, func(t Target) Fault { return CrashMidway{t, c.Loss} })...)
}

// Plainer implements [Fault].
func (s Slow) Plainer() []Fault {
	return append(nearer(s.Min, s.Max, func(lo, hi time.Duration) Fault { return Slow{s.Target, lo, hi} }),
		fewer(s.Target, func(t Target) Fault { return Slow{t, s.Min, s.Max} })...)
}

// Plainer implements [Fault].
func (d Drag) Plainer() []Fault {
	return append(nearer(d.Min, d.Max, func(lo, hi time.Duration) Fault { return Drag{d.Target, lo, hi} }),
		fewer(d.Target, func(t Target) Fault { return Drag{t, d.Min, d.Max} })...)
}

// Plainer implements [Fault].
func (p Provoke) Plainer() []Fault {
	return fewer(p.Target, func(t Target) Fault { return Provoke{t, p.What} })
}

// Plainer implements [Fault]: nothing is plainer.
func (Heal) Plainer() []Fault { return nil }

// Plainer implements [Fault]: nothing is plainer.
func (Recover) Plainer() []Fault { return nil }

// Plainer implements [Fault]: nothing is plainer.
func (ClearRules) Plainer() []Fault { return nil }

// Plainer implements [Fault].
func (i Isolate) Plainer() []Fault {
	return fewer(i.Target, func(t Target) Fault { return Isolate{t} })
}

// Plainer implements [Fault].
func (d Deafen) Plainer() []Fault {
	return fewer(d.Target, func(t Target) Fault { return Deafen{t} })
}

// Plainer implements [Fault].
func (m Mute) Plainer() []Fault {
	return fewer(m.Target, func(t Target) Fault { return Mute{t} })
}

// Plainer implements [Fault].
func (r Restart) Plainer() []Fault {
	return fewer(r.Target, func(t Target) Fault { return Restart{t} })
}

// Plainer implements [Fault].
func (w Wipe) Plainer() []Fault {
	return fewer(w.Target, func(t Target) Fault { return Wipe{t} })
}

// Plainer implements [Fault].
func (p Pause) Plainer() []Fault {
	return fewer(p.Target, func(t Target) Fault { return Pause{t} })
}

// Plainer implements [Fault].
func (r Resume) Plainer() []Fault {
	return fewer(r.Target, func(t Target) Fault { return Resume{t} })
}

// Plainer implements [Fault].
func (u Unslow) Plainer() []Fault {
	return fewer(u.Target, func(t Target) Fault { return Unslow{t} })
}

// Plainer implements [Fault].
func (u Undrag) Plainer() []Fault {
	return fewer(u.Target, func(t Target) Fault { return Undrag{t} })
}
