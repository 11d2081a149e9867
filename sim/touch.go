package sim

import "time"

// Touch is one thing that a fault has laid hands on: the node From if To is no node, the directed link between them
// otherwise. That nothing may have changed there, because it was as the fault wants it, makes no difference.
type Touch struct{ From, To NodeID }

// apply lets a happen, and notes what it touches if somebody wants to know.
func (w *World) apply(a Action) {
	if w.cfg.Trace == nil {
		a.Apply(control{w})
		return
	}
	w.touched = w.touched[:0]
	a.Apply(witness{control{w}})
}

// witness is a control that notes what is touched.
type witness struct{ control }

func (t witness) node(n NodeID)        { t.w.touched = append(t.w.touched, Touch{From: n}) }
func (t witness) link(from, to NodeID) { t.w.touched = append(t.w.touched, Touch{from, to}) }

// every notes all links that a rule is about.
func (t witness) every(from, to NodeID) {
	for _, a := range t.w.ids {
		for _, b := range t.w.ids {
			if a != b && (from == 0 || from == a) && (to == 0 || to == b) {
				t.link(a, b)
			}
		}
	}
}

func (t witness) Cut(from, to NodeID) {
	t.link(from, to)
	t.control.Cut(from, to)
}

func (t witness) Mend(from, to NodeID) {
	t.link(from, to)
	t.control.Mend(from, to)
}

func (t witness) SetLink(from, to NodeID, l Link) {
	t.link(from, to)
	t.control.SetLink(from, to, l)
}

func (t witness) Clog(from, to NodeID, d time.Duration) {
	t.link(from, to)
	t.control.Clog(from, to, d)
}

func (t witness) Hold(from, to NodeID) {
	t.link(from, to)
	t.control.Hold(from, to)
}

func (t witness) Release(from, to NodeID) {
	t.link(from, to)
	t.control.Release(from, to)
}

func (t witness) AddRule(r Rule) {
	t.every(r.From, r.To)
	t.control.AddRule(r)
}

func (t witness) ClearRules() {
	t.every(0, 0)
	t.control.ClearRules()
}

func (t witness) ResetChannels(a, b NodeID) {
	t.link(a, b)
	t.link(b, a)
	t.control.ResetChannels(a, b)
}

// HalfOpen touches the link to the node that is not told.
func (t witness) HalfOpen(at, with NodeID) {
	t.node(at)
	t.link(at, with)
	t.control.HalfOpen(at, with)
}

func (t witness) Provoke(n NodeID, what string) {
	t.node(n)
	t.control.Provoke(n, what)
}

func (t witness) Blackhole(from, to NodeID, on bool) {
	t.link(from, to)
	t.control.Blackhole(from, to, on)
}

func (t witness) Crash(n NodeID, loss PowerLoss) {
	t.node(n)
	t.control.Crash(n, loss)
}

func (t witness) CrashMidway(n NodeID, loss PowerLoss) {
	t.node(n)
	t.control.CrashMidway(n, loss)
}

func (t witness) Restart(n NodeID) {
	t.node(n)
	t.control.Restart(n)
}

func (t witness) Wipe(n NodeID) {
	t.node(n)
	t.control.Wipe(n)
}

func (t witness) Pause(n NodeID) {
	t.node(n)
	t.control.Pause(n)
}

func (t witness) Resume(n NodeID) {
	t.node(n)
	t.control.Resume(n)
}

func (t witness) SetTaskDelay(n NodeID, min, max time.Duration) {
	t.node(n)
	t.control.SetTaskDelay(n, min, max)
}

func (t witness) SetStepDelay(n NodeID, min, max time.Duration) {
	t.node(n)
	t.control.SetStepDelay(n, min, max)
}

func (t witness) SetDisk(n NodeID, p DiskProfile) {
	t.node(n)
	t.control.SetDisk(n, p)
}

func (t witness) Rot(n NodeID, count int) {
	t.node(n)
	t.control.Rot(n, count)
}

func (t witness) BreakSectors(n NodeID, count int) {
	t.node(n)
	t.control.BreakSectors(n, count)
}

func (t witness) Misdirect(n NodeID, count int) {
	t.node(n)
	t.control.Misdirect(n, count)
}

func (t witness) Repair(n NodeID) {
	t.node(n)
	t.control.Repair(n)
}

func (t witness) JumpWall(n NodeID, by time.Duration) {
	t.node(n)
	t.control.JumpWall(n, by)
}

func (t witness) SlewWall(n NodeID, by, over time.Duration) {
	t.node(n)
	t.control.SlewWall(n, by, over)
}

func (t witness) CoarsenWall(n NodeID, step time.Duration) {
	t.node(n)
	t.control.CoarsenWall(n, step)
}

func (t witness) Drift(n NodeID, ppm int32) {
	t.node(n)
	t.control.Drift(n, ppm)
}

func (t witness) Freeze(n NodeID, on bool) {
	t.node(n)
	t.control.Freeze(n, on)
}
