package sim

// waits reports whether n cannot be stepped now, although it runs.
func (n *process) waits() bool { return n.paused || n.busy }

// occupy keeps n, which has just been stepped, busy for a while if it is slow.
func (w *World) occupy(n *process) {
	if n.machine == nil {
		return // the step was its last
	}
	n.busy = true
	d := w.span(DecideTask, n.id, stepDelay, n.stepMin, n.stepMax)
	w.schedule(w.now.Add(d), &pending{kind: pendIdle, dest: uint16(w.at(n.id)), life: n.life})
}

// stepDelay tells the delays of steps apart from those of tasks, among the decisions of one node.
const stepDelay NodeID = 1 << 8

// idle lets n, which was busy, go on.
func (w *World) idle(n *process) {
	n.busy = false
	if !n.paused {
		w.catchUp(n)
	}
}
