package nemesis

import (
	"time"

	"schism/sim"
)

// draw asks a chooser about one aspect of a plan. The aspects of one run do not disturb each other: one more draw
// in one leaves the others as they were. The dullest answer is the first, the shortest, none.
type draw struct {
	chooser sim.Chooser
	key     sim.Key
}

// The aspects of plans, the From of their keys. What follows aspectLanes are the lanes of a swarm.
const (
	aspectStorm sim.NodeID = iota + 1
	aspectStormMarks
	aspectDrift
	aspectWall
	aspectFreeze
	aspectKinds
	aspectVictims
	aspectMarks
	aspectLanes

	aspectStates sim.NodeID = 1 << 10
	aspectRates  sim.NodeID = 1<<10 + 1
	aspectCore   sim.NodeID = 1<<10 + 2
)

// aspectOf returns the draw for an aspect; part tells several of one aspect apart.
func aspectOf(c sim.Chooser, aspect, part sim.NodeID) draw {
	return draw{c, sim.Key{Decision: sim.DecidePlan, From: aspect, To: part}}
}

// half is the chance of a coin.
const half = 50 * sim.Percent

// index returns 0 … n-1.
func (d draw) index(n int) int { return d.chooser.Index(d.key, n) }

// coin returns true half of the time.
func (d draw) coin() bool { return d.chooser.Chance(d.key, half) }

// span returns a duration in lo … hi, in whole milliseconds above lo, so that schedules are easy to read.
func (d draw) span(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo
	}
	return lo + (d.chooser.Span(d.key, lo, hi) - lo).Truncate(time.Millisecond)
}

// percent returns a ratio of lo … hi percent.
func (d draw) percent(lo, hi int) sim.Ratio {
	return sim.Ratio(lo+d.index(hi-lo+1)) * sim.Percent
}

// ppm returns a drift of 0, 1, -1, 2, -2, … ±bound, at most 900,000.
func (d draw) ppm(bound int32) int32 {
	bound = max(0, min(bound, -sim.MinDriftPPM))
	i := int32(d.index(int(2*bound + 1)))
	if i%2 == 0 {
		return -i / 2
	}
	return (i + 1) / 2
}

// either returns by or -by.
func (d draw) either(by time.Duration) time.Duration {
	if d.coin() {
		return -by
	}
	return by
}

// shuffled returns nodes in some order.
func (d draw) shuffled(nodes []sim.NodeID) []sim.NodeID {
	s := append([]sim.NodeID(nil), nodes...)
	for i := range s {
		j := i + d.index(len(s)-i)
		s[i], s[j] = s[j], s[i]
	}
	return s
}

// some returns lo … hi of the nodes, in order. It returns all if there are fewer.
func (d draw) some(nodes []sim.NodeID, lo, hi int) []sim.NodeID {
	hi = min(hi, len(nodes))
	lo = min(lo, hi)
	picked := d.shuffled(nodes)[:lo+d.index(hi-lo+1)]
	var in []sim.NodeID
	for _, n := range nodes {
		for _, p := range picked {
			if n == p {
				in = append(in, n)
			}
		}
	}
	return in
}

// one returns the target that means one of the nodes.
func (d draw) one(nodes []sim.NodeID) Target { return Nodes(nodes[d.index(len(nodes))]) }

// victims returns one of the servers, the leader, or several servers.
func (d draw) victims(servers []sim.NodeID) Target {
	switch d.index(4) {
	case 0, 1:
		return d.one(servers)
	case 2:
		return Leader
	}
	return Nodes(d.some(servers, 1, len(servers))...)
}

// powerLoss returns what a loss of power leaves.
func (d draw) powerLoss() sim.PowerLoss {
	return sim.PowerLoss{Drop: d.percent(10, 100), Tear: d.percent(0, 50), Garbage: d.percent(0, 20)}
}

// broad returns the target that undoes what was done to t: t itself, or every server if the leader may have
// changed since.
func broad(t Target) Target {
	if t.Role == RoleNamed {
		return t
	}
	return All
}
