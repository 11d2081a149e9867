package sim

import "time"

// trigger is a planned fault that has not been applied yet.
type trigger struct {
	Planned
	// seen counts the passings of its mark, or how often its state has come.
	seen int
}

// planFaults schedules the faults that happen at an instant, and keeps those that wait.
func (w *World) planFaults() {
	w.triggers, w.watches = w.triggers[:0], w.watches[:0]
	for i, p := range w.cfg.Faults {
		w.triggers = append(w.triggers, trigger{Planned: p})
		switch {
		case p.When.State != "":
			w.watchFor(i, p.When)
		case p.When.Mark == "":
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
		if w.triggers[i].When.Mark == name && name != "" {
			w.passed(i)
		}
	}
}

// passed counts that what the trigger i waits for has happened once more.
func (w *World) passed(i int) {
	t := &w.triggers[i]
	if t.seen++; t.seen == max(1, t.When.Nth) {
		w.scheduleFault(i, w.now.Add(max(0, t.When.After)))
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
func (c control) Leaders() []NodeID      { return c.w.View().Leaders() }
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
		l.Link, l.free = props, 0
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

func (c control) HalfOpen(at, with NodeID) { c.w.forgetChannels(at, with) }

func (c control) Provoke(id NodeID, what string) {
	if n := c.w.node(id); n != nil && n.machine != nil && c.w.cfg.Provoke != nil {
		if from, m, ok := c.w.cfg.Provoke(View{c.w}, id, what); ok {
			c.w.deliver(from, id, m)
		}
	}
}

func (c control) Blackhole(from, to NodeID, on bool) {
	if l := c.w.link(from, to); l != nil && l.blackhole != on {
		l.blackhole = on
		if !on {
			c.w.breakHoled(from, to)
		}
	}
}
