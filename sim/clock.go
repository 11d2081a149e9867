package sim

import "time"

// million is the denominator of drifts in parts per million.
const million = 1_000_000

// clock is the pair of clocks of one node. Both run at the same rate; the wall clock can also jump and
// be slewed. All readings are functions of true time between two changes.
type clock struct {
	// since is the true time of the last change, mono the reading of the monotonic clock then.
	since Time
	mono  Time
	// wall is the wall clock minus the monotonic clock, at the end of the last slew.
	wall   time.Duration
	ppm    int32
	frozen bool
	// step is how coarse the wall clock is: it shows multiples of that, none if it is 0.
	step time.Duration
	// slew is what the wall clock still had to gain at slewStart, until slewEnd.
	slew               time.Duration
	slewStart, slewEnd Time
}

func (c *clock) reset(p ClockProfile) {
	*c = clock{wall: time.Duration(p.Wall), ppm: clampDrift(p.DriftPPM)}
}

// MinDriftPPM is the slowest drift of a clock, in parts per million: it runs at a tenth of true time. Anything slower
// is that.
const MinDriftPPM = -900_000

// clampDrift keeps clocks from standing still or running backwards.
func clampDrift(ppm int32) int32 { return max(ppm, MinDriftPPM) }

// scale returns d·ppm/1,000,000 without overflow, rounded towards zero within each million.
func scale(d Time, ppm int32) Time {
	return d/million*Time(ppm) + d%million*Time(ppm)/million
}

// monotonic returns the reading of the monotonic clock at the true time t ≥ since.
func (c *clock) monotonic(t Time) Time {
	if c.frozen {
		return c.mono
	}
	d := t - c.since
	if c.ppm != 0 {
		d += scale(d, c.ppm)
	}
	return c.mono + d
}

// wallAt returns the reading of the wall clock at the true time t ≥ since.
func (c *clock) wallAt(t Time) Time {
	w := c.monotonic(t).Add(c.wall)
	if t < c.slewEnd {
		left := int64(c.slewEnd - t)
		whole := int64(c.slewEnd - c.slewStart)
		w -= Time(mulDiv(int64(c.slew), left, whole))
	}
	if c.step > 0 {
		w -= Time(mod(int64(w), int64(c.step)))
	}
	return w
}

// when returns the first true time, now or later, at which the monotonic clock reads at least local;
// Never if it stands still before.
func (c *clock) when(local, now Time) Time {
	if c.monotonic(now) >= local {
		return now
	}
	if c.frozen {
		return Never
	}
	need := local - c.mono
	if c.ppm == 0 {
		return c.since + need
	}
	rate := Time(million) + Time(c.ppm)
	if need/rate >= MaxTime/million {
		return Never
	}
	t := c.since + need/rate*million + need%rate*million/rate
	for c.monotonic(t) < local {
		t++
	}
	for t > now && c.monotonic(t-1) >= local {
		t--
	}
	return t
}

// rebase makes now the time of the last change, so that the rate may change.
func (c *clock) rebase(now Time) { c.mono, c.since = c.monotonic(now), now }

func (c *clock) setDrift(ppm int32, now Time) {
	c.rebase(now)
	c.ppm = clampDrift(ppm)
}

func (c *clock) setFrozen(on bool, now Time) {
	c.rebase(now)
	c.frozen = on
}

// jumpWall moves the wall clock at once.
func (c *clock) jumpWall(by time.Duration) { c.wall += by }

// slewWall moves the wall clock evenly from now over the given true time; what an earlier slew still
// lacks is added at once.
func (c *clock) slewWall(by, over time.Duration, now Time) {
	c.wall += by
	if over > 0 {
		c.slew, c.slewStart, c.slewEnd = by, now, now.Add(over)
	}
}

// mulDiv returns a·b/c for 0 ≤ b ≤ c, c > 0, without overflow as long as |a|/c·b fits.
func mulDiv(a, b, c int64) int64 {
	for c >= 1<<31 {
		b, c = b>>1, c>>1
	}
	return a/c*b + a%c*b/c
}

// mod returns what is left of a above the multiple of b > 0 that is not greater.
func mod(a, b int64) int64 { return (a%b + b) % b }
