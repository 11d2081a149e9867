package scenarios

import "schism/sim"

// Of what is tried at random: how many cases in a row may fail in another way, and up to how many things it is worth
// it.
const (
	randomTries  = 256
	randomThings = 40
)

// fewerAtRandom leaves out some things at a time, and draws all else anew: what no single step brings about may be had
// by several at once. What is tried depends on the case alone.
func (s *shrinking) fewerAtRandom() bool {
	helped := false
	for s.best.things() > 1 && s.best.things() <= randomThings && !s.over() {
		c := sim.NewSeeded(s.best.Seed ^ uint64(s.best.things())<<32)
		var candidates []*Case
		for range randomTries {
			candidates = append(candidates, s.fewer(func(x *Case) { x.leaveSome(c) }))
		}
		if s.first(candidates) < 0 {
			return helped
		}
		helped = true
	}
	return helped
}

// leaveSome leaves out one to half of the things, half of the time with another seed, and half of the time lowers the
// revisions that operations name.
func (x *Case) leaveSome(c sim.Chooser) {
	k := sim.Key{Decision: sim.DecideUser}
	most := max(1, x.things()/2)
	leave := 1 + min(c.Index(k, most), c.Index(k, most))
	for range leave {
		x.leave(c.Index(k, x.things()))
	}
	if c.Index(k, 2) == 1 {
		x.Seed += 1 + uint64(c.Index(k, 1000))
	}
	if c.Index(k, 2) == 1 {
		x.lower(1 + c.Index(k, leave))
	}
}
