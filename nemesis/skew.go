package nemesis

import (
	"cmp"
	"slices"
	"time"

	"schism/sim"
)

// ClockSkewConfig says how [ClockSkew] makes clocks err. All times are true time from the start of the run; they
// are best whole milliseconds.
type ClockSkewConfig struct {
	// Start is when clocks may begin to err. Until is when everything is undone.
	Start, Until time.Duration
	// Margin is how long before Until the last clock goes right again. Zero is 1 s.
	Margin time.Duration
	// DriftPPM bounds the drift of each node's clocks, in parts per million either way; it is at most 900,000.
	// Zero is no drift.
	DriftPPM int32
	// MaxJump bounds the jumps and the slews of the wall clocks of servers, either way. Zero is none.
	MaxJump time.Duration
	// MaxFreeze bounds how long the clocks of a server stand still. Zero is never.
	MaxFreeze time.Duration
	// MinFor and MaxFor bound how long a drift, a jump or a slew lasts. Zero is 1 s and 10 s.
	MinFor, MaxFor time.Duration
}

// ClockSkew is the plan of clocks that err, each way within a bound that a scenario publishes: inside the bounds
// that it assumes leases must be safe. Every drift, jump, slew and freeze is undone. The last entry is always
// "recover" at Until.
func ClockSkew(config ClockSkewConfig) Plan {
	config.Margin = cmp.Or(config.Margin, time.Second)
	config.MinFor = cmp.Or(config.MinFor, time.Second)
	config.MaxFor = max(config.MinFor, cmp.Or(config.MaxFor, 10*time.Second))
	return func(c sim.Chooser, servers, clients []sim.NodeID) Schedule {
		s := &skew{ClockSkewConfig: config, servers: servers, all: slices.Concat(servers, clients)}
		if len(servers) > 0 {
			s.draw(c)
		}
		s.schedule.Sort()
		return append(s.schedule, upon(config.Until, Recover{}))
	}
}

// skew is one schedule of erring clocks being drawn.
type skew struct {
	ClockSkewConfig
	servers, all []sim.NodeID
	schedule     Schedule
}

// draw draws the schedule.
func (s *skew) draw(c sim.Chooser) {
	p := pace{s.Start, s.Until - s.Margin, s.MinFor, s.MaxFor, minRest, s.MaxFor / 2}
	if s.DriftPPM > 0 {
		p.turns(aspectOf(c, aspectDrift, 0), s.drift)
	}
	if s.MaxJump > 0 {
		p.turns(aspectOf(c, aspectWall, 0), s.wall)
	}
	if s.MaxFreeze > 0 {
		p.minFor, p.maxFor = min(minRest, s.MaxFreeze), s.MaxFreeze
		p.turns(aspectOf(c, aspectFreeze, 0), s.freeze)
	}
}

// drift draws a drift for each node, or none.
func (s *skew) drift(t turn) {
	before := len(s.schedule)
	for _, n := range s.all {
		if ppm := t.ppm(s.DriftPPM); ppm != 0 {
			s.schedule = append(s.schedule, upon(t.at, Drift{Nodes(n), ppm}))
		}
	}
	if len(s.schedule) > before {
		s.schedule = append(s.schedule, upon(t.until, Undrift{Everyone}))
	}
}

// wall draws a wall clock that jumps or slews, and comes back, or none.
func (s *skew) wall(t turn) {
	kind := t.index(3)
	v := t.one(s.servers)
	by := t.either(t.span(min(time.Millisecond, s.MaxJump), s.MaxJump))
	switch kind {
	case 1:
		s.schedule = append(s.schedule, upon(t.at, JumpWall{v, by}), upon(t.until, JumpWall{v, -by}))
	case 2:
		s.schedule = append(s.schedule, upon(t.at, SlewWall{v, by, t.until - t.at}),
			upon(t.until, SlewWall{v, -by, minRest}))
	}
}

// freeze draws clocks that stand still, or none.
func (s *skew) freeze(t turn) {
	if t.coin() {
		v := t.one(s.servers)
		s.schedule = append(s.schedule, upon(t.at, Freeze{v}), upon(t.until, Thaw{v}))
	}
}
