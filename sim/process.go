package sim

import "time"

// process is one node as the world sees it: its machine, if it runs, and what surrounds it.
type process struct {
	id      NodeID
	machine Machine // nil while the node is down
	// life numbers the incarnations from 1 and is what pending entries are matched with; a crash ends it.
	life uint32
	// starting is true from the decision to start the node until its Start event.
	starting bool
	paused   bool
	// dark says that the node went down by a loss of power, so that not even its operating system answers.
	dark bool
	// doomed says that the process ends in the middle of its next step that writes, and doom how.
	doomed bool
	doom   PowerLoss
	// busy says that the last step still goes on; stepMin and stepMax bound how long steps do.
	busy             bool
	stepMin, stepMax time.Duration
	// backlog is what became due during a pause, or while the node was busy.
	backlog []pending

	clock clock
	// clockAtStart is how the clocks were configured.
	clockAtStart ClockProfile
	timers       [MaxTimers]timer

	taskMin, taskMax time.Duration

	disk    Disk
	profile DiskProfile
	storage nodeStorage

	// open is the index in the history of the client's open operation, -1 for none; processNumber is the
	// number under which it calls, -1 before the first call and after an unknown outcome.
	open          int
	processNumber int
}

// timer is one timer of a node. At most one pending entry stands for it: setting it later than that entry
// leaves the entry, which then finds that it is early and goes back into the queue.
type timer struct {
	set bool
	// generation is that of the valid entry.
	generation uint32
	// deadline is when it runs out, on the node's monotonic clock.
	deadline Time
	// queued is the true time of its valid entry, Never if there is none.
	queued Time
}

// resetNodes makes every node as it is before the run.
func (w *World) resetNodes() {
	n := w.cfg.Servers + w.cfg.Clients
	for len(w.nodes) < n {
		w.nodes = append(w.nodes, process{})
	}
	w.nodes = w.nodes[:n]
	w.ids = w.ids[:0]
	for i := range w.nodes {
		id := Server(i + 1)
		if i >= w.cfg.Servers {
			id = Client(i + 1 - w.cfg.Servers)
		}
		w.ids = append(w.ids, id)
		w.nodes[i].reset(id, &w.cfg)
	}
}

func (n *process) reset(id NodeID, c *Config) {
	n.id, n.machine, n.life, n.starting, n.paused, n.dark = id, nil, 1, true, false, false
	n.doomed, n.busy, n.stepMin, n.stepMax = false, false, 0, 0
	n.backlog = n.backlog[:0]
	n.clearTimers()
	n.taskMin, n.taskMax = c.TaskMin, c.TaskMax
	n.profile = c.Disk
	n.disk.reset(c.Disk)
	n.storage.reset()
	n.storage.acked = 0
	n.open, n.processNumber = -1, -1
	n.clockAtStart = ClockProfile{}
	if c.Clock != nil {
		n.clockAtStart = c.Clock(id)
	}
	n.clock.reset(n.clockAtStart)
}

func (n *process) clearTimers() {
	for i := range n.timers {
		t := &n.timers[i]
		t.set, t.queued = false, Never
		t.generation++
	}
}

// at returns the place of id in w.nodes, or -1 if there is no such node.
func (w *World) at(id NodeID) int {
	i := id.Number() - 1
	if id.IsClient() {
		if i < 0 || i >= w.cfg.Clients {
			return -1
		}
		return w.cfg.Servers + i
	}
	if i >= w.cfg.Servers {
		return -1
	}
	return i
}

// node returns the process of id, or nil if there is no such node.
func (w *World) node(id NodeID) *process {
	if i := w.at(id); i >= 0 {
		return &w.nodes[i]
	}
	return nil
}

// start makes the machine of n, which is about to be stepped with Start.
func (n *process) start(w *World) {
	n.starting = false
	if n.id.IsClient() {
		n.machine = w.cfg.NewClient(n.id)
	} else {
		n.machine = w.cfg.NewServer(n.id)
	}
}

// end throws away the machine of n and everything that was meant for it.
func (w *World) end(n *process) {
	n.machine, n.starting, n.paused, n.busy, n.doomed = nil, false, false, false, false
	n.life++
	n.clearTimers()
	w.leaveStates(n)
	n.storage.reset()
	if n.open >= 0 { // nobody will ever know the outcome
		n.open, n.processNumber = -1, -1
	}
	for i := range n.backlog {
		if n.backlog[i].kind == pendArrived {
			w.drop(&n.backlog[i], "down")
		}
	}
	n.backlog = n.backlog[:0]
}

// crash ends the process n and lets loss decide about its un-synced writes.
func (w *World) crash(n *process, loss PowerLoss) {
	if n.machine == nil && !n.starting {
		if loss != (PowerLoss{}) && !n.dark { // its machine stops, too
			n.dark = true
			n.disk.crash(loss, w.chooser, n.id)
			n.storage.settled(&n.disk)
		}
		return
	}
	w.end(n)
	if loss != (PowerLoss{}) {
		n.disk.crash(loss, w.chooser, n.id)
		n.storage.settled(&n.disk)
	}
	w.crashChannels(n, loss == (PowerLoss{}))
	w.event = Event{Kind: Crashed}
	w.tell(n.id, nil)
}

// exit ends the process n at its own wish.
func (w *World) exit(n *process) {
	w.end(n)
	w.crashChannels(n, true)
	w.event = Event{Kind: Crashed}
	w.tell(n.id, nil)
}

// tell counts the event w.event, which no machine sees, and shows it to the observers and the trace.
func (w *World) tell(node NodeID, a Action) {
	sum := Digest(0)
	if a != nil {
		sum = sum.MixString(a.String())
	}
	w.begin(node, w.event.Kind, sum)
	w.info.Action = a
	if w.result.Stop == 0 {
		w.observe()
	}
	if w.cfg.Trace != nil {
		w.traceStep()
	}
}

// restart starts n, which is down, with what its disk holds.
func (w *World) restart(n *process) {
	if n.machine != nil || n.starting {
		return
	}
	n.starting, n.dark = true, false
	w.schedule(w.now, &pending{kind: pendStart, dest: uint16(w.at(n.id)), life: n.life})
}

// resume lets n handle, in a burst, what became due while it was paused.
func (w *World) resume(n *process) {
	if !n.paused {
		return
	}
	n.paused = false
	if !n.busy {
		w.catchUp(n)
	}
}

// catchUp lets n handle what has waited for it.
func (w *World) catchUp(n *process) {
	for i := range n.backlog {
		w.schedule(w.now, &n.backlog[i])
	}
	n.backlog = n.backlog[:0]
	w.requeueTimers(n)
	w.moveStalled(n.id, 0)
}

// setTimer draws when the timer runs out and makes sure that an entry stands for it.
func (w *World) setTimer(n *process, f *Effect) {
	lo, hi := time.Duration(f.Min), time.Duration(f.Max)
	delay := lo
	if lo < hi {
		delay = w.chooser.Span(Key{DecideTimer, n.id, NodeID(f.Timer)}, lo, hi)
	}
	t := &n.timers[f.Timer]
	t.set = true
	t.deadline = n.clock.monotonic(w.now).Add(min(delay, time.Duration(2*MaxTime)))
	w.queueTimer(n, f.Timer)
}

// queueTimer makes sure that an entry no later than its deadline stands for the timer.
func (w *World) queueTimer(n *process, id TimerID) {
	t := &n.timers[id]
	due := n.clock.when(t.deadline, w.now)
	if due >= t.queued {
		return
	}
	t.generation++
	t.queued = due
	w.schedule(due, &pending{kind: pendTimer, dest: uint16(w.at(n.id)), life: n.life,
		aux: t.generation, id: uint8(id)})
}

// requeueTimers derives anew when the timers of n run out, after a change of its clock or a pause.
func (w *World) requeueTimers(n *process) {
	for i := range n.timers {
		if t := &n.timers[i]; t.set {
			t.queued = Never
			w.queueTimer(n, TimerID(i))
		}
	}
}

// timerDue reports whether the timer that p stands for runs out now. If it is set for later, it goes back
// into the queue.
func (w *World) timerDue(p *pending) bool {
	n := &w.nodes[p.dest]
	t := &n.timers[p.id]
	if p.aux != t.generation {
		return false
	}
	if t.set && n.clock.monotonic(w.now) >= t.deadline {
		return true
	}
	t.queued = Never
	if t.set {
		w.queueTimer(n, TimerID(p.id))
	}
	return false
}

// runTask queues the task of n.
func (w *World) runTask(n *process, id TaskID) {
	delay := n.taskMin
	if n.taskMin < n.taskMax {
		delay = w.chooser.Span(Key{DecideTask, n.id, NodeID(id)}, n.taskMin, n.taskMax)
	}
	w.schedule(w.now.Add(delay), &pending{kind: pendTask, dest: uint16(w.at(n.id)), life: n.life, id: uint8(id)})
}
