package sim

import (
	"testing"

	"pgregory.net/rapid"
)

func TestClockSaysWhenItReadsWhat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c clock
		c.reset(ClockProfile{DriftPPM: rapid.Int32Range(-999_999, 3_000_000).Draw(t, "drift")})
		now := Time(0)
		last := c.monotonic(0)
		for range 20 {
			switch rapid.IntRange(0, 4).Draw(t, "do") {
			case 0:
				c.setDrift(rapid.Int32Range(-2_000_000, 3_000_000).Draw(t, "drift"), now)
			case 1:
				c.setFrozen(rapid.Bool().Draw(t, "frozen"), now)
			case 2:
				c.jumpWall(1000)
			}
			now += Time(rapid.Int64Range(0, 1e12).Draw(t, "wait"))
			if m := c.monotonic(now); m < last {
				t.Fatalf("the monotonic clock went back from %d to %d", last, m)
			}
			last = c.monotonic(now)
			local := last + Time(rapid.Int64Range(-10, 1e12).Draw(t, "local"))
			due := c.when(local, now)
			switch {
			case due == Never:
				if !c.frozen && local < last+1000 {
					t.Fatalf("a running clock is said never to reach %d from %d", local, last)
				}
			case c.monotonic(due) < local:
				t.Fatalf("at %d the clock reads %d, not yet %d", due, c.monotonic(due), local)
			case due > now && c.monotonic(due-1) >= local:
				t.Fatalf("at %d, before %d, the clock reads %d already", due-1, due, c.monotonic(due-1))
			}
		}
	})
}

func TestWallClockGainsASlewEvenly(t *testing.T) {
	var c clock
	c.reset(ClockProfile{Wall: 5000})
	c.slewWall(-1000, 100, 50)
	for now, want := range map[Time]Time{50: 5050, 100: 4600, 149: 4159, 150: 4150, 1000: 5000} {
		if got := c.wallAt(now); got != want {
			t.Errorf("at %d the wall clock reads %d, want %d", now, got, want)
		}
	}
}
