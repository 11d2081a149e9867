package sim

import "math"

// World is one run in progress: the nodes, what connects them, and what is scheduled. It is used from one
// goroutine. Most callers only need [Run].
type World struct {
	cfg       Config
	chooser   Chooser
	maxEvents uint64

	now   Time
	queue queue
	// instant holds the slots of what is due now, in order of insertion, while there is more than one.
	instant []uint32
	// flying is where dropFlying gathers slots. It is no part of the state.
	flying []uint32

	nodes    []process // servers, then clients
	ids      []NodeID  // of nodes
	links    []link    // from node × to node
	rules    []rule
	channels []channel
	triggers []trigger
	watches  []watch
	storage  storage

	// What the step in progress is about.
	event    Event
	info     StepInfo
	out      Effects
	stepping bool
	// arriving is the digest, made when it was sent, of the message that the event brings.
	arriving Digest
	// sending is the event for which messages are being sent, cause the one that sent what the event at hand brings;
	// traces want to know.
	sending, cause uint32
	// lastMsg and lastSum remember the digest of the message sent last: broadcasts send one to many.
	lastMsg Message
	lastSum Digest
	// touched is what the fault at hand has touched, if anybody wants to know.
	touched []Touch
	// sums are the digests of the messages of the step's effects, by their places.
	sums []Digest
	// kinds remembers the digests of kinds, by the length of their names.
	kinds [32]kindSum

	// beyond says that something was due only after the limit.
	beyond    bool
	askUntil  bool
	processes int // process numbers given to clients
	result    Result
}

// Run makes the world that c describes, runs it to its end and returns what it leaves. It panics if c is
// not valid, with a message that says why.
func Run(c Config) *Result { return NewWorld(c).Run() }

// NewWorld returns the world that c describes, before its first event. It panics if c is not valid.
func NewWorld(c Config) *World {
	w := &World{}
	w.Reset(c)
	return w
}

// Reset makes w the world that c describes, before its first event, and keeps its memory: many short runs
// go faster in one world. Results that w has returned stay as they are. It panics if c is not valid.
func (w *World) Reset(c Config) {
	c.check()
	if c.Checkpoint == 0 {
		c.Checkpoint = DefaultCheckpoint
	}
	w.cfg, w.chooser = c, c.Chooser
	w.maxEvents = c.MaxEvents
	if c.MaxEvents == 0 {
		w.maxEvents = math.MaxUint64
	}
	w.now, w.beyond, w.askUntil, w.processes = 0, false, false, 0
	w.queue.reset()
	w.instant = w.instant[:0]
	w.info = StepInfo{Event: &w.event}
	w.out.Reset()
	w.out.tracing = c.Trace != nil
	w.lastMsg, w.lastSum, w.touched = nil, 0, w.touched[:0]
	w.result = Result{
		History: w.result.History[:0], Reached: w.result.Reached[:0],
		Applied: w.result.Applied[:0], Checkpoints: w.result.Checkpoints[:0],
	}
	w.storage.reset()
	w.resetNodes()
	w.resetNetwork()
	w.planFaults()
	for i := range w.nodes {
		w.schedule(0, &pending{kind: pendStart, dest: uint16(i), life: w.nodes[i].life})
	}
}

// check panics if c cannot be run.
func (c *Config) check() {
	switch {
	case c.Servers < 0 || c.Clients < 0 || c.Servers+c.Clients >= int(clientBit):
		panic("sim: Config: the numbers of servers and clients must be between 0 and 32,767")
	case c.Servers > 0 && c.NewServer == nil || c.Clients > 0 && c.NewClient == nil:
		panic("sim: Config: NewServer and NewClient are needed for the nodes that exist")
	case c.Chooser == nil:
		panic("sim: Config: a Chooser is needed")
	case c.Limit <= 0 || c.Limit > MaxTime:
		panic("sim: Config: Limit must be positive and at most MaxTime")
	}
	for _, p := range c.Faults {
		if p.When.State != "" && c.state(p.When.State) == nil {
			panic("sim: Config: nobody knows the state " + p.When.State)
		}
	}
}

// Run runs w to its end and returns what it leaves.
func (w *World) Run() *Result {
	w.advance(math.MaxUint64)
	return w.Result()
}

// Result returns a copy of what the run has left so far.
func (w *World) Result() *Result {
	r := w.result
	r.End = w.now
	r.History = append([]Op(nil), r.History...)
	r.Reached = append([]Reached(nil), r.Reached...)
	r.Applied = append([]AppliedFault(nil), r.Applied...)
	r.Checkpoints = append([]Digest(nil), r.Checkpoints...)
	return &r
}

// View returns the view of w as it is between two events.
func (w *World) View() View { return View{w} }

// Step handles the next event, and reports whether the run goes on. A message that is lost is no event.
func (w *World) Step() (running bool) {
	w.advance(w.result.Events + 1)
	return w.result.Stop == 0
}

// advance handles events until the run has ended or has had so many.
func (w *World) advance(until uint64) {
	defer w.recoverMachine()
	for w.result.Events < until && w.result.Stop == 0 {
		slot, ok := w.next()
		if !ok {
			w.finish()
			return
		}
		p := w.queue.slab[slot]
		w.queue.release(slot)
		w.handle(&p)
		if w.result.Events >= w.maxEvents && w.result.Stop == 0 {
			w.result.Stop = StopEvents
		}
	}
}

// finish ends a run for which nothing is scheduled any more.
func (w *World) finish() {
	w.result.Stop = StopQuiet
	if w.beyond {
		w.result.Stop, w.now = StopLimit, w.cfg.Limit
	}
}

// schedule plans p for the instant at, or for now if that has passed.
func (w *World) schedule(at Time, p *pending) {
	switch at = max(at, w.now); {
	case at > w.cfg.Limit:
		w.beyond = true
	case at == w.now:
		w.instant = append(w.instant, w.queue.store(p))
	default:
		w.queue.push(at, w.queue.store(p))
	}
}

// next takes what is due next out of the schedule and moves now there. Among several things due at one
// instant the chooser chooses; choice 0 is the one that was scheduled first. This one rule holds for every
// chooser, so that a recorded run and its replay ask the same questions.
func (w *World) next() (slot uint32, ok bool) {
	for {
		if len(w.instant) == 0 {
			if len(w.queue.heap) == 0 {
				return 0, false
			}
			w.now = w.queue.first()
			slot := w.queue.pop()
			if len(w.queue.heap) == 0 || w.queue.first() != w.now {
				if w.settle(slot) {
					return slot, true
				}
				continue
			}
			w.gather(slot)
		}
		w.settleInstant()
		if n := len(w.instant); n > 0 {
			i := 0
			if n > 1 {
				i = w.chooser.Index(Key{Decision: DecideTie, From: NodeID(w.queue.slab[w.instant[0]].dest)}, n)
			}
			slot := w.instant[i]
			w.instant = append(w.instant[:i], w.instant[i+1:]...)
			return slot, true
		}
	}
}

// gather collects slot and everything else that is due now.
func (w *World) gather(slot uint32) {
	w.instant = append(w.instant, slot)
	for len(w.queue.heap) > 0 && w.queue.first() == w.now {
		w.instant = append(w.instant, w.queue.pop())
	}
}

// settleInstant drops from the instant what is not due after all, so that no choice is asked about it.
func (w *World) settleInstant() {
	kept := w.instant[:0]
	for _, slot := range w.instant {
		if w.settle(slot) {
			kept = append(kept, slot)
		}
	}
	w.instant = kept
}

// settle reports whether the entry in slot is really due. If not, it is released: the incarnation that it
// was meant for is gone, it was cancelled, or its timer has been set anew, for which it may be scheduled
// again.
func (w *World) settle(slot uint32) bool {
	p := &w.queue.slab[slot]
	due := p.kind != pendNothing
	if p.life != 0 && w.nodes[p.dest].life != p.life {
		due = false
	}
	if due && p.kind == pendTimer {
		due = w.timerDue(p)
	}
	if !due {
		w.queue.release(slot)
	}
	return due
}

// handle lets p happen.
func (w *World) handle(p *pending) {
	w.cause = 0
	switch p.kind {
	case pendFault:
		w.applyFault(int(p.aux))
		return
	case pendDatagram:
		if !w.arrive(p) {
			return
		}
		p.kind = pendArrived
	case pendStream:
		if !w.streamArrives(p) {
			return
		}
	}
	n := &w.nodes[p.dest]
	if p.kind == pendIdle {
		w.idle(n)
		return
	}
	if n.waits() {
		if p.kind == pendTimer {
			n.timers[p.id].queued = Never // resume looks at the timers again
			return
		}
		n.backlog = append(n.backlog, *p)
		return
	}
	if !w.present(n, p) {
		return
	}
	w.step(n)
	if len(w.watches) > 0 {
		w.lookAtStates(n)
	}
	if n.stepMax > 0 {
		w.occupy(n)
	}
	if (w.askUntil || w.result.Events%untilEvery == 0) && w.result.Stop == 0 {
		w.askUntil = false
		if w.cfg.Until != nil && w.cfg.Until(View{w}) {
			w.result.Stop = StopUntil
		}
	}
}

// present fills in w.event with what n is told by p. It returns false if there is nothing to tell.
func (w *World) present(n *process, p *pending) bool {
	ev := &w.event
	*ev = Event{From: p.from}
	w.arriving = 0
	switch p.kind {
	case pendStart:
		ev.Kind, ev.Disk = Start, &n.disk
		n.disk.open()
		n.start(w)
	case pendArrived:
		if n.machine == nil {
			w.drop(p, "down")
			return false
		}
		w.cause = p.aux
		w.received(p, ev)
	case pendTimer:
		ev.Kind, ev.Timer = Timeout, TimerID(p.id)
		n.timers[p.id].set, n.timers[p.id].queued = false, Never
	case pendTask:
		ev.Kind, ev.Task = TaskRun, TaskID(p.id)
	case pendSyncDone:
		return !n.holdBack(p.kind) && w.syncDone(n, ev)
	case pendAnswer:
		if n.holdBack(p.kind) {
			return false
		}
		w.nextAnswer(n, ev)
	case pendReadDone:
		w.readDone(n, p, ev)
	case pendWriteFail:
		w.writeFailTold(n, p, ev)
	case pendReset, pendBroken, pendDialTimeout:
		if !w.resetArrives(p) {
			return false
		}
		w.news(p, ev)
	case pendNews:
		w.news(p, ev)
	}
	return true
}
