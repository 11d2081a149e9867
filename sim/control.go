package sim

import "time"

// trigger is a planned fault that has not been applied yet.
type trigger struct {
	Planned
	// seen counts the passings of its mark.
	seen int
}

// planFaults schedules the faults that happen at an instant, and keeps those that wait for a mark.
func (w *World) planFaults() {
	w.triggers = w.triggers[:0]
	for i, p := range w.cfg.Faults {
		w.triggers = append(w.triggers, trigger{Planned: p})
		if p.When.Mark == "" {
			w.scheduleFault(i, Time(0).Add(max(0, p.When.After)))
		}
	}
}

func (w *World) scheduleFault(i int, at Time) {
	w.schedule(at, &pending{kind: pendFault, aux: uint32(i)})
}

// markTriggers lets the faults that wait for this passing of the mark happen when they are due.
func (w *World) markTriggers(name string) {
	for i := range w.triggers {
		t := &w.triggers[i]
		if t.When.Mark != name || name == "" {
			continue
		}
		if t.seen++; t.seen == max(1, t.When.Nth) {
			w.scheduleFault(i, w.now.Add(max(0, t.When.After)))
		}
	}
}

// applyFault applies the planned fault i.
func (w *World) applyFault(i int) {
	a := w.triggers[i].Do
	w.apply(a)
	w.result.Applied = append(w.result.Applied,
		AppliedFault{At: w.now, Seq: w.result.Events + 1, What: a})
	w.event = Event{Kind: Faulted}
	if w.result.Stop == 0 {
		w.tell(0, a)
	}
	if w.result.Stop == 0 && w.cfg.Until != nil && w.cfg.Until(View{w}) {
		w.result.Stop = StopUntil
	}
}

// control is what faults may do to the world.
type control struct{ w *World }

var _ Faults = control{}

func (c control) Now() Time              { return c.w.now }
func (c control) Servers() []NodeID      { return c.w.View().Servers() }
func (c control) Clients() []NodeID      { return c.w.View().Clients() }
func (c control) Leader() (NodeID, bool) { return c.w.View().Leader() }
func (c control) Up(n NodeID) bool       { return c.w.View().Up(n) }

func (c control) Cut(from, to NodeID) {
	if l := c.w.link(from, to); l != nil && from != to {
		l.cut = true
	}
}

func (c control) Mend(from, to NodeID) {
	if l := c.w.link(from, to); l != nil && l.cut {
		l.cut = false
		c.w.moveStalled(from, to)
	}
}

func (c control) SetLink(from, to NodeID, props Link) {
	if l := c.w.link(from, to); l != nil {
		l.Link = props
	}
}

func (c control) DefaultLink(from, to NodeID) Link { return c.w.cfg.defaultLink(from, to) }

func (c control) Clog(from, to NodeID, d time.Duration) {
	if l := c.w.link(from, to); l != nil {
		l.clogged = c.w.now.Add(d)
	}
}

func (c control) Hold(from, to NodeID) {
	if l := c.w.link(from, to); l != nil {
		l.held = true
	}
}

func (c control) Release(from, to NodeID) {
	if l := c.w.link(from, to); l != nil && l.held {
		c.w.release(l)
		c.w.moveStalled(from, to)
	}
}

func (c control) AddRule(r Rule) { c.w.rules = append(c.w.rules, rule{Rule: r}) }
func (c control) ClearRules()    { c.w.rules = c.w.rules[:0] }

func (c control) ResetChannels(a, b NodeID) { c.w.breakChannels(a, b) }

func (c control) Blackhole(from, to NodeID, on bool) {
	if l := c.w.link(from, to); l != nil && l.blackhole != on {
		l.blackhole = on
		if !on {
			c.w.breakHoled(from, to)
		}
	}
}

func (c control) Crash(id NodeID, loss PowerLoss) {
	if n := c.w.node(id); n != nil {
		c.w.crash(n, loss)
	}
}

func (c control) Restart(id NodeID) {
	if n := c.w.node(id); n != nil {
		c.w.restart(n)
	}
}

func (c control) Wipe(id NodeID) {
	if n := c.w.node(id); n != nil && n.machine == nil {
		n.disk.wipe()
		n.storage.settled(&n.disk)
	}
}

func (c control) Pause(id NodeID) {
	if n := c.w.node(id); n != nil && n.machine != nil {
		n.paused = true
	}
}

func (c control) Resume(id NodeID) {
	if n := c.w.node(id); n != nil {
		c.w.resume(n)
	}
}

func (c control) SetTaskDelay(id NodeID, min, max time.Duration) {
	if n := c.w.node(id); n != nil {
		n.taskMin, n.taskMax = min, max
	}
}

func (c control) DefaultTaskDelay() (min, max time.Duration) { return c.w.cfg.TaskMin, c.w.cfg.TaskMax }

func (c control) SetDisk(id NodeID, p DiskProfile) {
	if n := c.w.node(id); n != nil {
		n.profile = p
		n.disk.setProfile(p)
	}
}

func (c control) DefaultDisk() DiskProfile { return c.w.cfg.Disk }

func (c control) Rot(id NodeID, count int) {
	if n := c.w.node(id); n != nil {
		n.disk.rot(count, c.w.chooser, id)
	}
}

func (c control) BreakSectors(id NodeID, count int) {
	if n := c.w.node(id); n != nil {
		n.disk.breakSectors(count, c.w.chooser, id)
	}
}

func (c control) JumpWall(id NodeID, by time.Duration) {
	if n := c.w.node(id); n != nil {
		n.clock.jumpWall(by)
	}
}

func (c control) SlewWall(id NodeID, by, over time.Duration) {
	if n := c.w.node(id); n != nil {
		n.clock.slewWall(by, over, c.w.now)
	}
}

func (c control) Drift(id NodeID, ppm int32) {
	if n := c.w.node(id); n != nil {
		n.clock.setDrift(ppm, c.w.now)
		c.w.requeueTimers(n)
	}
}

func (c control) DefaultClock(id NodeID) ClockProfile {
	if n := c.w.node(id); n != nil {
		return n.clockAtStart
	}
	return ClockProfile{}
}

func (c control) Freeze(id NodeID, on bool) {
	if n := c.w.node(id); n != nil {
		n.clock.setFrozen(on, c.w.now)
		c.w.requeueTimers(n)
	}
}
