package nemesis

import (
	"time"

	"schism/sim"
)

// Crash stops processes at once. A zero Loss is the crash of the process alone; otherwise the power fails, and Loss
// says what becomes of writes that were not synced. Nodes that are down stay as they are.
type Crash struct {
	Target Target
	Loss   sim.PowerLoss
}

// Apply implements [Fault].
func (c Crash) Apply(f sim.Faults) {
	each(f, c.Target, func(n sim.NodeID) { f.Crash(n, c.Loss) })
}

// String returns "crash n3", or "crash n3 losing 50% tearing 10% garbage 1%" without the ratios that are zero.
func (c Crash) String() string { return "crash " + c.Target.String() + losing(c.Loss) }

// losing returns " losing 50% tearing 10% garbage 1%" without the ratios that are zero.
func losing(loss sim.PowerLoss) string {
	s := ""
	if loss.Drop > 0 {
		s += " losing " + loss.Drop.String()
	}
	if loss.Tear > 0 {
		s += " tearing " + loss.Tear.String()
	}
	if loss.Garbage > 0 {
		s += " garbage " + loss.Garbage.String()
	}
	return s
}

// CrashMidway crashes each node in the middle of its next step that writes: of what the step asks for, some at the end
// does not happen. So it can have written one entry and not the next, or have sent to one server and not to the next.
// Nodes that write nothing go on; Restart calls it off. Loss is as in Crash.
type CrashMidway struct {
	Target Target
	Loss   sim.PowerLoss
}

// Apply implements [Fault].
func (c CrashMidway) Apply(f sim.Faults) {
	each(f, c.Target, func(n sim.NodeID) { f.CrashMidway(n, c.Loss) })
}

// String returns "crash n3 midway losing 50%"; see Crash.
func (c CrashMidway) String() string {
	return "crash " + c.Target.String() + " midway" + losing(c.Loss)
}

// Restart starts nodes that are down, with what their disks hold. Nodes that run stay as they are, and are not about to
// crash any more.
type Restart struct{ Target Target }

// Apply implements [Fault].
func (r Restart) Apply(f sim.Faults) { each(f, r.Target, f.Restart) }

// String returns "restart n3".
func (r Restart) String() string { return "restart " + r.Target.String() }

// Wipe empties the disks of those of the nodes that are down. No quorum protocol survives it on a quorum, and few
// survive it on one server: the server forgets its votes.
type Wipe struct{ Target Target }

// Apply implements [Fault].
func (w Wipe) Apply(f sim.Faults) { each(f, w.Target, f.Wipe) }

// String returns "wipe n3".
func (w Wipe) String() string { return "wipe " + w.Target.String() }

// Pause freezes nodes: their clocks go on, their timers and inboxes wait.
type Pause struct{ Target Target }

// Apply implements [Fault].
func (p Pause) Apply(f sim.Faults) { each(f, p.Target, f.Pause) }

// String returns "pause leader".
func (p Pause) String() string { return "pause " + p.Target.String() }

// Resume lets paused nodes handle, in a burst, what waited.
type Resume struct{ Target Target }

// Apply implements [Fault].
func (r Resume) Apply(f sim.Faults) { each(f, r.Target, f.Resume) }

// String returns "resume all".
func (r Resume) String() string { return "resume " + r.Target.String() }

// Slow makes every task that a node queues for itself wait for Min … Max, 0 ≤ Min ≤ Max: a slow server.
type Slow struct {
	Target   Target
	Min, Max time.Duration
}

// Apply implements [Fault].
func (s Slow) Apply(f sim.Faults) {
	each(f, s.Target, func(n sim.NodeID) { f.SetTaskDelay(n, s.Min, s.Max) })
}

// String returns "slow n2 5ms..50ms".
func (s Slow) String() string { return "slow " + s.Target.String() + " " + between(s.Min, s.Max) }

// Unslow gives tasks the delay back that they are configured with.
type Unslow struct{ Target Target }

// Apply implements [Fault].
func (u Unslow) Apply(f sim.Faults) {
	lo, hi := f.DefaultTaskDelay()
	each(f, u.Target, func(n sim.NodeID) { f.SetTaskDelay(n, lo, hi) })
}

// String returns "unslow n2".
func (u Unslow) String() string { return "unslow " + u.Target.String() }

// Drag makes a node busy for Min … Max after each of its steps, 0 ≤ Min ≤ Max: whatever comes meanwhile waits. It is
// the slow processor, where Slow is the slow task.
type Drag struct {
	Target   Target
	Min, Max time.Duration
}

// Apply implements [Fault].
func (d Drag) Apply(f sim.Faults) {
	each(f, d.Target, func(n sim.NodeID) { f.SetStepDelay(n, d.Min, d.Max) })
}

// String returns "drag n2 1ms..5ms".
func (d Drag) String() string { return "drag " + d.Target.String() + " " + between(d.Min, d.Max) }

// Undrag lets steps take no time again.
type Undrag struct{ Target Target }

// Apply implements [Fault].
func (u Undrag) Apply(f sim.Faults) {
	each(f, u.Target, func(n sim.NodeID) { f.SetStepDelay(n, 0, 0) })
}

// String returns "undrag n2".
func (u Undrag) String() string { return "undrag " + u.Target.String() }

// Provoke makes servers do something at once that they would do by themselves at another time, such as to campaign. The
// configuration of the world says what there is, and by which message it comes about.
type Provoke struct {
	Target Target
	// What is one word, "timeout-now".
	What string
}

// Apply implements [Fault].
func (p Provoke) Apply(f sim.Faults) {
	each(f, p.Target, func(n sim.NodeID) { f.Provoke(n, p.What) })
}

// String returns "provoke n2 timeout-now".
func (p Provoke) String() string { return "provoke " + p.Target.String() + " " + p.What }

// between returns "5ms..50ms", or "5ms" if both ends are the same.
func between(lo, hi time.Duration) string {
	if lo == hi {
		return lo.String()
	}
	return lo.String() + ".." + hi.String()
}
