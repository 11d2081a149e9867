package nemesis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"schism/sim"
)

// PerMinute is an expected number per simulated minute, in thousandths.
type PerMinute uint32

// String returns "2.5" for 2500.
func (p PerMinute) String() string {
	s := fmt.Sprintf("%d.%03d", p/1000, p%1000)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Rate is how often faults of a kind are expected.
type Rate struct {
	Kind      Kind
	PerMinute PerMinute
}

// String returns "crash 2.5".
func (r Rate) String() string { return r.Kind.String() + " " + r.PerMinute.String() }

// cycle is how long it is on average from one fault to the next.
func (r Rate) cycle() time.Duration { return time.Minute * 1000 / time.Duration(r.PerMinute) }

// pace returns how faults follow each other at the rate, between the bounds of c: they last no longer than leaves them
// room. It panics if faults that last for MinFor cannot come so often.
func (c *SwarmConfig) pace(r Rate) pace {
	if i := laneOf(r.Kind); i < 0 || r.PerMinute == 0 {
		panic(fmt.Sprintf("nemesis: Swarm: %v has no rate", r))
	}
	maxFor := min(c.MaxFor, 2*(r.cycle()-minRest)-c.MinFor)
	if maxFor < c.MinFor {
		panic(fmt.Sprintf("nemesis: Swarm: %v in a minute, each for %s or longer", r, c.MinFor))
	}
	rest := r.cycle() - (c.MinFor+maxFor)/2
	return pace{c.Start, c.end(), c.MinFor, maxFor, minRest, 2*rest - minRest}
}

// laneOf returns the lane of a kind, -1 if it waits for something.
func laneOf(k Kind) int {
	return slices.IndexFunc(lanes, func(l lane) bool { return l.first <= k && k <= l.last })
}

// rated reports whether k has a rate of its own.
func (c *SwarmConfig) rated(k Kind) bool {
	return slices.ContainsFunc(c.Rates, func(r Rate) bool { return r.Kind == k })
}

// fillAt draws the faults of a kind that has a rate of its own. The first can come at once, and the last is cut short
// at the end.
func (s *swarm) fillAt(r Rate) {
	p := s.pace(r)
	d := aspectOf(s.chooser, aspectRates, sim.NodeID(r.Kind))
	at := p.start + d.span(0, r.cycle())
	for range maxTurns {
		t := turn{draw: d, kind: r.Kind, at: at, until: min(p.end, at+d.span(p.minFor, p.maxFor))}
		if t.until-t.at < p.minFor {
			return
		}
		s.begin(t)
		at = t.until + d.span(p.minRest, p.maxRest)
	}
}

// begin draws the fault of a turn.
func (s *swarm) begin(t turn) {
	s.drawn[t.kind]++
	lanes[laneOf(t.kind)].one(s, t)
}

// measured is over how many schedules Expected takes the mean.
const measured = 200

// Expected returns how often faults of each kind come, on average over all runs of so many nodes: those in which the
// kind is switched on and those in which it is not. Kinds that never come are left out. It is measured, over a fixed
// set of schedules; faults that wait for a mark or a state count although it may never come.
func (c SwarmConfig) Expected(servers, clients int) []Rate {
	c = c.filled()
	var drawn [kinds]int
	chooser := sim.NewSeeded(0)
	for seed := range uint64(measured) {
		chooser.Reset(seed)
		s := c.swarm(chooser, numbered(servers, sim.Server), numbered(clients, sim.Client))
		for k := range kinds {
			drawn[k] += s.drawn[k]
		}
	}
	var rates []Rate
	for k, n := range drawn {
		if room := c.end() - c.Start; n > 0 && room > 0 {
			perMinute := time.Duration(n) * time.Minute * 1000 / measured / room
			rates = append(rates, Rate{Kind(k), PerMinute(perMinute)})
		}
	}
	return rates
}

// numbered returns the first n nodes.
func numbered(n int, node func(int) sim.NodeID) []sim.NodeID {
	var all []sim.NodeID
	for i := range n {
		all = append(all, node(i+1))
	}
	return all
}

// Describe returns all parameters of the swarm, for runs of so many nodes, each with its unit, on a few lines.
func (c SwarmConfig) Describe(servers, clients int) string {
	c = c.filled()
	var b strings.Builder
	fmt.Fprintf(&b, "a swarm from %s to %s, all undone at %s; a fault lasts %s\n", c.Start, c.end(), c.Until,
		between(c.MinFor, c.MaxFor))
	fmt.Fprintf(&b, "drift up to %dppm, wild up to %dppm, jumps up to %s, leases of %s, damage to at most %d servers\n",
		c.DriftPPM, c.WildPPM, c.MaxJump, c.Lease, max(1, c.Victims))
	b.WriteString("expected in a simulated minute:")
	const columns = 110
	width := 0
	for i, r := range c.Expected(servers, clients) {
		if width -= len(r.String()) + 2; width < 0 {
			b.WriteString("\n ")
			width = columns - len(r.String())
		} else if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(" " + r.String())
	}
	b.WriteByte('\n')
	return b.String()
}
