package nemesis

import (
	"time"

	"schism/sim"
)

// Plainer implements [Fault]: one property less, each in turn, even latencies, fewer links.
func (s SetLinks) Plainer() []Fault {
	var list []Fault
	for _, change := range []func(l *sim.Link){
		func(l *sim.Link) { l.Loss = 0 },
		func(l *sim.Link) { l.Tail, l.TailMax = 0, 0 },
		func(l *sim.Link) { l.Duplicate, l.DuplicateMax = 0, 0 },
		func(l *sim.Link) { l.Reorder, l.ReorderMax = 0, 0 },
		func(l *sim.Link) { l.Mean = 0 },
		func(l *sim.Link) { l.Min, l.Max, l.Mean = 0, 0, 0 },
		func(l *sim.Link) { l.Queue = 0 },
		func(l *sim.Link) { l.Spacing = 0 },
	} {
		p := s
		if change(&p.Link); p.Link != s.Link && p.Link != (sim.Link{}) {
			list = append(list, p)
		}
	}
	list = append(list, nearer(s.Link.Min, s.Link.Max, func(lo, hi time.Duration) Fault {
		p := s
		p.Link.Min, p.Link.Max = lo, hi
		return p
	})...)
	list = append(list, shorter(s.Link.Spacing, func(d time.Duration) Fault {
		p := s
		p.Link.Spacing = d
		return p
	})...)
	return append(list, fewerLinks(s.From, s.To, func(from, to Target) Fault {
		return SetLinks{from, to, s.Link, s.None}
	})...)
}

// Plainer implements [Fault]: a shorter clog, of fewer links.
func (c Clog) Plainer() []Fault {
	return append(shorter(c.For, func(d time.Duration) Fault { return Clog{c.From, c.To, d} }),
		fewerLinks(c.From, c.To, func(from, to Target) Fault { return Clog{from, to, c.For} })...)
}

// Plainer implements [Fault].
func (b Blackhole) Plainer() []Fault {
	return fewerLinks(b.From, b.To, func(from, to Target) Fault { return Blackhole{from, to, b.Off} })
}

// Plainer implements [Fault]: without what can be left out, then a smaller count, a shorter delay, fewer links.
func (a AddRule) Plainer() []Fault {
	var list []Fault
	for _, change := range []func(a *AddRule){
		func(a *AddRule) { a.Share = sim.Always },
		func(a *AddRule) { a.For = 0 },
		func(a *AddRule) { a.Count = 0 },
		func(a *AddRule) { a.Delay = 0 },
	} {
		p := a
		if change(&p); p.Share != a.Share || p.For != a.For || p.Count != a.Count || p.Delay != a.Delay {
			list = append(list, p)
		}
	}
	list = append(list, smaller(a.Count, func(n int) Fault { p := a; p.Count = n; return p })...)
	list = append(list, shorter(a.Delay, func(d time.Duration) Fault { p := a; p.Delay = d; return p })...)
	list = append(list, shorter(a.For, func(d time.Duration) Fault { p := a; p.For = d; return p })...)
	return append(list, fewerLinks(a.From, a.To, func(from, to Target) Fault {
		p := a
		p.From, p.To = from, to
		return p
	})...)
}

// Plainer implements [Fault].
func (c Cut) Plainer() []Fault {
	return fewerLinks(c.From, c.To, func(from, to Target) Fault { return Cut{from, to} })
}

// Plainer implements [Fault].
func (m Mend) Plainer() []Fault {
	return fewerLinks(m.From, m.To, func(from, to Target) Fault { return Mend{from, to} })
}

// Plainer implements [Fault].
func (r ResetLinks) Plainer() []Fault {
	return fewerLinks(r.From, r.To, func(from, to Target) Fault { return ResetLinks{from, to} })
}

// Plainer implements [Fault].
func (h Hold) Plainer() []Fault {
	return fewerLinks(h.From, h.To, func(from, to Target) Fault { return Hold{from, to} })
}

// Plainer implements [Fault].
func (r Release) Plainer() []Fault {
	return fewerLinks(r.From, r.To, func(from, to Target) Fault { return Release{from, to} })
}

// Plainer implements [Fault].
func (r ResetChannels) Plainer() []Fault {
	return fewerLinks(r.A, r.B, func(from, to Target) Fault { return ResetChannels{from, to} })
}

// Plainer implements [Fault].
func (h HalfOpen) Plainer() []Fault {
	return fewerLinks(h.Forgets, h.Believes, func(from, to Target) Fault { return HalfOpen{from, to} })
}
