package sim

import (
	"math"
	"strconv"
	"time"
)

// Time is an instant in nanoseconds. What it counts from depends on whose it is: true time
// counts from the start of the run, a node's monotonic clock from the node's first start, a wall
// clock from wherever it was set.
type Time int64

// Never is later than every instant of every run.
const Never Time = math.MaxInt64

// Add returns the instant d after t.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// String prints t as seconds with six decimals, "1.250000s", or "never".
func (t Time) String() string {
	if t == Never {
		return "never"
	}
	sign, us := "", int64(t)/1000
	if t < 0 {
		sign, us = "-", -us
	}
	frac := strconv.FormatInt(1_000_000+us%1_000_000, 10)[1:]
	return sign + strconv.FormatInt(us/1_000_000, 10) + "." + frac + "s"
}

// Ratio is a probability or a share in parts per million: 0 is never, Always is always.
type Ratio uint32

// Common ratios.
const (
	Percent Ratio = 10_000
	Always  Ratio = 1_000_000
)

// String prints r as a percentage, "2.5%".
func (r Ratio) String() string {
	return strconv.FormatFloat(float64(r)/float64(Percent), 'f', -1, 64) + "%"
}

// Reign numbers the successive claims to lead: a Raft term or a ZAB epoch.
type Reign uint64

// Leader is a machine that may claim to lead. Claiming is legal for two nodes at once, in
// different reigns; what both may not do is act on the claim.
type Leader interface {
	// Reign returns the reign the node is in, and whether it believes that it leads it.
	Reign() (r Reign, leads bool)
}
