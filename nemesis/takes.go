package nemesis

import (
	"fmt"
	"slices"
	"strings"

	"schism/sim"
)

// Takes is a set of what a system may rely on while nothing is wrong, and faults take from it. Every fault declares
// what it takes, and a scenario which of these its guarantees do not rely on; see [Budget].
type Takes uint32

// What faults take.
const (
	// TakesDelivery is that messages which are sent arrive.
	TakesDelivery Takes = 1 << iota
	// TakesLatency is that they arrive in the time that the configuration says.
	TakesLatency
	// TakesOrder is that they arrive about in the order in which they are sent, apart from the latency's jitter.
	TakesOrder
	// TakesOnce is that they arrive no more than once.
	TakesOnce
	// TakesStreams is that channels stay open while both ends want it.
	TakesStreams
	// TakesProcesses is that processes run, and remember.
	TakesProcesses
	// TakesSteps is that a step happens as a whole, or not at all.
	TakesSteps
	// TakesSpeed is that processes handle what comes as soon as the configuration says.
	TakesSpeed
	// TakesUnsynced is that what is written stays although it is not synced.
	TakesUnsynced
	// TakesDiskSpeed is that disks are as fast as the configuration says.
	TakesDiskSpeed
	// TakesDiskSuccess is that disks do what they are asked to; they say so when they do not.
	TakesDiskSuccess
	// TakesDurable is that what is synced stays as it is.
	TakesDurable
	// TakesWall is that wall clocks are right, up to the drift.
	TakesWall
	// TakesRate is that clocks run as fast as the configuration says.
	TakesRate
	// TakesRunning is that clocks run at all.
	TakesRunning
	// TakesCause is that servers do what they do for a reason of their own.
	TakesCause

	takesEnd
)

var takesNames = [...]string{"delivery", "latency", "order", "once", "streams", "processes", "steps", "speed",
	"unsynced", "disk-speed", "disk-success", "durable", "wall", "rate", "running", "cause"}

// String returns the names of what is in t, "delivery processes", or "nothing".
func (t Takes) String() string {
	var names []string
	for i, name := range takesNames {
		if t&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if t >= takesEnd {
		names = append(names, "Takes(?)")
	}
	if names == nil {
		return "nothing"
	}
	return strings.Join(names, " ")
}

// Takes returns what the faults of s take, all together.
func (s Schedule) Takes() Takes {
	var t Takes
	for _, e := range s {
		t |= e.Do.Takes()
	}
	return t
}

// Budget is what a system must survive: which of its guarantees hold is up to who declares it.
type Budget struct {
	// Takes is what may be taken.
	Takes Takes
	// DriftPPM bounds by how much clocks may run fast or slow, in parts per million either way. It is for TakesRate.
	DriftPPM int32
	// Damaged is of how many servers at most the durable state may be taken. It is for TakesDurable.
	Damaged int
}

// String returns "delivery durable rate, drift up to 500ppm, damage to 1".
func (b Budget) String() string {
	s := b.Takes.String()
	if b.Takes&TakesRate != 0 {
		s += fmt.Sprintf(", drift up to %dppm", b.DriftPPM)
	}
	if b.Takes&TakesDurable != 0 {
		s += fmt.Sprintf(", damage to %d", b.Damaged)
	}
	return s
}

// Exceeded returns an error that names the first fault of s that takes more than b allows, nil if none does.
func (b Budget) Exceeded(s Schedule) error {
	var damaged []sim.NodeID
	for _, e := range s {
		if more := e.Do.Takes() &^ b.Takes; more != 0 {
			return fmt.Errorf("nemesis: %q takes %s; the budget is %s", e, more, b)
		}
		do := e.Do
		if before, ok := do.(Before); ok {
			do = before.Do
		}
		if d, ok := do.(Drift); ok && (d.PPM > b.DriftPPM || d.PPM < -b.DriftPPM) {
			return fmt.Errorf("nemesis: %q; the budget is %s", e, b)
		}
		if do.Takes()&TakesDurable == 0 {
			continue
		}
		if !b.allows(do, &damaged) {
			return fmt.Errorf("nemesis: %q damages another server; the budget is %s", e, b)
		}
	}
	return nil
}

// allows notes whom f damages, and reports whether those are not too many. A role can mean anybody.
func (b *Budget) allows(f Fault, damaged *[]sim.NodeID) bool {
	t := damages(f)
	if t.Role != RoleNamed {
		return false
	}
	for _, n := range t.Nodes {
		if !slices.Contains(*damaged, n) {
			*damaged = append(*damaged, n)
		}
	}
	return len(*damaged) <= b.Damaged
}

// damages returns whose durable state f takes.
func damages(f Fault) Target {
	switch f := f.(type) {
	case Wipe:
		return f.Target
	case Rot:
		return f.Target
	case BreakSectors:
		return f.Target
	case Misdirect:
		return f.Target
	case SetDisk:
		return f.Target
	}
	return Everyone
}
