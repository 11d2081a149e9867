package nemesis

import (
	"strconv"
	"time"

	"schism/sim"
)

// JumpWall moves wall clocks by By, back if that is negative. Timers do not notice.
type JumpWall struct {
	Target Target
	By     time.Duration
}

// Apply implements [Fault].
func (j JumpWall) Apply(f sim.Faults) {
	each(f, j.Target, func(n sim.NodeID) { f.JumpWall(n, j.By) })
}

// String returns "jump n1 by -5s".
func (j JumpWall) String() string { return "jump " + j.Target.String() + " by " + j.By.String() }

// SlewWall moves wall clocks by By, evenly over the true time Over.
type SlewWall struct {
	Target   Target
	By, Over time.Duration
}

// Apply implements [Fault].
func (s SlewWall) Apply(f sim.Faults) {
	each(f, s.Target, func(n sim.NodeID) { f.SlewWall(n, s.By, s.Over) })
}

// String returns "slew n1 by 300ms over 5s".
func (s SlewWall) String() string {
	return "slew " + s.Target.String() + " by " + s.By.String() + " over " + s.Over.String()
}

// CoarsenWall makes wall clocks go in steps of that length, which is not negative; with 0 they run again. Timers do not
// notice. Some systems have clocks of 16 ms.
type CoarsenWall struct {
	Target Target
	Step   time.Duration
}

// Apply implements [Fault].
func (c CoarsenWall) Apply(f sim.Faults) {
	each(f, c.Target, func(n sim.NodeID) { f.CoarsenWall(n, c.Step) })
}

// String returns "coarsen n1 16ms".
func (c CoarsenWall) String() string { return "coarsen " + c.Target.String() + " " + c.Step.String() }

// Drift makes both clocks of a node run PPM parts per million fast, slow if negative; 0 is right. PPM is at least
// [sim.MinDriftPPM], -900,000.
type Drift struct {
	Target Target
	PPM    int32
}

// Apply implements [Fault].
func (d Drift) Apply(f sim.Faults) {
	each(f, d.Target, func(n sim.NodeID) { f.Drift(n, d.PPM) })
}

// String returns "drift n1 -500ppm".
func (d Drift) String() string {
	return "drift " + d.Target.String() + " " + strconv.Itoa(int(d.PPM)) + "ppm"
}

// Undrift lets clocks drift again as they are configured to.
type Undrift struct{ Target Target }

// Apply implements [Fault].
func (u Undrift) Apply(f sim.Faults) {
	each(f, u.Target, func(n sim.NodeID) { f.Drift(n, f.DefaultClock(n).DriftPPM) })
}

// String returns "undrift n1".
func (u Undrift) String() string { return "undrift " + u.Target.String() }

// Freeze makes both clocks of a node stand still.
type Freeze struct{ Target Target }

// Apply implements [Fault].
func (z Freeze) Apply(f sim.Faults) {
	each(f, z.Target, func(n sim.NodeID) { f.Freeze(n, true) })
}

// String returns "freeze n1".
func (z Freeze) String() string { return "freeze " + z.Target.String() }

// Thaw lets clocks that stand still run again, from where they stood.
type Thaw struct{ Target Target }

// Apply implements [Fault].
func (t Thaw) Apply(f sim.Faults) {
	each(f, t.Target, func(n sim.NodeID) { f.Freeze(n, false) })
}

// String returns "thaw n1".
func (t Thaw) String() string { return "thaw " + t.Target.String() }
