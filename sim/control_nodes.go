package sim

import "time"

// What follows is what faults may do to nodes: to their processes, disks and clocks.

func (c control) Crash(id NodeID, loss PowerLoss) {
	if n := c.w.node(id); n != nil {
		c.w.crash(n, loss)
	}
}

func (c control) CrashMidway(id NodeID, loss PowerLoss) {
	if n := c.w.node(id); n != nil && (n.machine != nil || n.starting) {
		n.doomed, n.doom = true, loss
	}
}

func (c control) Restart(id NodeID) {
	if n := c.w.node(id); n != nil {
		n.doomed = false
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

func (c control) SetStepDelay(id NodeID, min, max time.Duration) {
	if n := c.w.node(id); n != nil {
		n.stepMin, n.stepMax = min, max
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

func (c control) Misdirect(id NodeID, count int) {
	if n := c.w.node(id); n != nil {
		n.disk.misdirect(count, c.w.chooser, id)
	}
}

func (c control) Repair(id NodeID) {
	if n := c.w.node(id); n != nil {
		n.disk.repair()
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

func (c control) CoarsenWall(id NodeID, step time.Duration) {
	if n := c.w.node(id); n != nil {
		n.clock.step = step
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
