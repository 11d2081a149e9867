package scenarios

import (
	"cmp"
	"slices"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// sown returns the choices of what is tried at random, others each time.
func (s *shrinking) sown() random {
	s.draws++
	return random{sim.NewSeeded(s.best.Seed ^ s.draws<<32)}
}

// random is a source of numbers for what is tried.
type random struct{ sim.Chooser }

// below returns a number from 0 to n-1.
func (r random) below(n int) int { return r.Index(sim.Key{Decision: sim.DecideUser}, n) }

// oneIn is true once in n times.
func (r random) oneIn(n int) bool { return r.below(n) == 0 }

// Of how many cases that keep a certain share of a large one are tried: at least, at most, as many as have so many
// events, and no more than such a part of the runs if these are bounded.
const (
	sparseTriesMin = 16
	sparseTries    = 512
	sparseEvents   = 100_000
	sparseRuns     = 100
)

// fewerAtOnce keeps a small share of a large case, drawn at random, as long as that works: what one bug needs is
// little, and often comes about in many ways.
func (s *shrinking) fewerAtOnce() bool {
	helped := false
	for n := s.best.things(); n > 2*few && (s.dense == 0 || n <= s.dense/2) && !s.over(); n = s.best.things() {
		if s.dense = 0; !s.sparser() {
			s.dense = n
			break
		}
		helped = true
	}
	return helped
}

// affordable returns how many runs have so many events, within bounds.
func (s *shrinking) affordable(events, atLeast, atMost int) int {
	return min(atMost, max(atLeast, events/s.limit()))
}

// sparser keeps the smallest share that works, of some that are twice as large as the one before.
func (s *shrinking) sparser() bool {
	r := s.sown()
	atMost := sparseTries
	if s.o.Runs > 0 {
		atMost = min(atMost, s.o.Runs/sparseRuns)
	}
	for kept := few; kept <= s.best.things()/2; kept *= 2 {
		share, most := million*kept/s.best.things(), s.events+sparseEvents
		for tries := 0; tries < sparseTriesMin || tries < atMost && s.events < most; tries += sparseTriesMin {
			var candidates []*Case
			for range sparseTriesMin {
				candidates = append(candidates, s.fewer(func(c *Case) { c.thin(r, share) }))
			}
			if s.first(candidates) >= 0 {
				return true
			}
			if s.over() {
				return false
			}
		}
	}
	return false
}

// million is the whole of which shares are parts.
const million = 1_000_000

// hardlyAny is the share of operations that is tried where none may be needed.
const hardlyAny = million / 1000

// manySnapshots is after how few entries servers make a snapshot if they are to make many.
const manySnapshots = 5

// thin keeps a share of the faults, of the operations, or of both, sometimes fewer servers, and mostly draws all else
// anew.
func (c *Case) thin(r random, share int) {
	faults, ops := share, share
	switch r.below(4) {
	case 0:
		faults, ops = million, share*share/million
	case 1:
		ops = million
	case 2:
		ops = hardlyAny
	}
	c.Schedule = slices.DeleteFunc(c.Schedule, func(nemesis.Entry) bool { return r.below(million) >= faults })
	for i, lines := range c.Workload {
		c.Workload[i] = slices.DeleteFunc(lines, func(string) bool { return r.below(million) >= ops })
	}
	if !r.oneIn(4) {
		c.Seed += 1 + uint64(r.below(1000))
	}
	if r.oneIn(4) {
		c.Servers = 1 + r.below(c.Servers)
	}
	if c.SnapshotEvery != 1 && r.oneIn(2) {
		c.SnapshotEvery = 1 + r.below(manySnapshots)
	}
}

// Of what is tried at random: how many cases in a row may be no smaller, at most and at least, and how many events they
// may take; and up to how many things it is worth it.
const (
	randomTries    = 1024
	randomTriesMin = 64
	randomEvents   = 4_000_000
	randomThings   = 512
)

// fewerAtRandom leaves out some things at a time, and changes what is left: what no single step brings about may be had
// by several at once.
func (s *shrinking) fewerAtRandom() bool {
	helped := false
	for s.best.things() > 1 && s.best.things() <= randomThings && !s.over() {
		tries := min(randomTries, 2*randomTriesMin*s.best.things())
		if !s.atRandom(s.affordable(randomEvents, randomTriesMin, tries)) {
			return helped
		}
		helped = true
	}
	return helped
}

// Of the cases that are tried at once, how many leave out something, and how many only change.
const (
	fewerAtATime = 12
	movedAtATime = 4
)

// atRandom tries so many cases until one is smaller. Those that fail and are no smaller take the best one's place all
// the same: from there other ones are near.
func (s *shrinking) atRandom(tries int) bool {
	r := s.sown()
	events := s.best.Events
	for ; tries > 0 && !s.over(); tries -= fewerAtATime + movedAtATime {
		var candidates []*Case
		for range fewerAtATime {
			candidates = append(candidates, s.fewer(func(c *Case) { c.leaveSome(r) }))
		}
		if s.first(candidates) >= 0 {
			return true
		}
		candidates = candidates[:0]
		for range movedAtATime {
			candidates = append(candidates, s.change(func(c *Case) { c.vary(r) }))
		}
		if s.best.Events <= events+events/2 {
			s.first(candidates)
		}
	}
	return false
}

// leaveSome leaves out one to half of the things, one after the other or here and there, and varies the others.
func (c *Case) leaveSome(r random) {
	most := max(1, c.things()/2)
	leave := 1 + min(r.below(most), r.below(most))
	scattered, i := r.oneIn(2), r.below(c.things())
	for range min(leave, c.things()) {
		if scattered {
			i = r.below(c.things())
		}
		if i = min(i, c.things()-1); scattered && i < len(c.Schedule) && r.oneIn(2) {
			c.leaveWait(c.Schedule[i].When)
		} else {
			c.leave(i)
		}
		if c.things() == 0 {
			break
		}
	}
	if r.oneIn(2) {
		c.lower(1 + r.below(leave))
	}
	c.vary(r)
}

// vary draws anew what the seed decides, moves things, leaves out servers, and has snapshots made sooner, each of that
// half of the time or less.
func (c *Case) vary(r random) {
	if r.oneIn(2) {
		c.Seed += 1 + uint64(r.below(1000))
		if r.oneIn(2) {
			c.Pins = nil
		}
		if r.oneIn(4) {
			c.Network, c.Disk = c.Scenario.Network, c.Scenario.Disk
		}
	}
	if r.oneIn(2) {
		c.move(r)
	}
	if r.oneIn(8) {
		c.Servers = 1 + r.below(c.Servers)
	}
	if c.SnapshotEvery != 1 && r.oneIn(3) {
		c.SnapshotEvery = 1 + r.below(cmp.Or(c.SnapshotEvery, manySnapshots))
	}
}

// move lets all come sooner, or some faults and operations at other times, most of which have to do with those of
// others.
func (c *Case) move(r random) {
	if r.oneIn(3) {
		c.scale(50 + r.below(50))
		return
	}
	last := time.Second
	for _, e := range c.Schedule {
		last = max(last, e.When.After)
	}
	to := func(d time.Duration) time.Duration {
		switch r.below(5) {
		case 0:
			return d / 2
		case 1:
			return d + d/2
		case 2:
			return time.Duration(r.below(20)) * time.Millisecond
		case 3:
			if len(c.Schedule) > 0 {
				near := c.Schedule[r.below(len(c.Schedule))].When.After
				return max(0, near+time.Duration(r.below(21)-10)*time.Millisecond)
			}
		}
		return last * time.Duration(r.below(1000)) / 1000 / time.Millisecond * time.Millisecond
	}
	for i := range c.Schedule {
		if at := &c.Schedule[i].When.After; r.oneIn(3) {
			*at = to(*at)
		}
	}
	for client := range c.Workload {
		for i, line := range c.Workload[client] {
			if pause, rest := cutPause(line); rest != line && r.oneIn(3) {
				c.Workload[client][i] = to(pause).String() + " " + rest
			}
		}
	}
}
