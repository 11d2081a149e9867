package sim

import "fmt"

// View is what observers and stopping conditions may look at: everything, changing nothing. It is valid
// while its world runs; slices that its methods return are the world's own.
type View struct{ w *World }

// Now is the true time.
func (v View) Now() Time { return v.w.now }

// Seq is the number of the event in progress, or of the last one.
func (v View) Seq() uint64 { return v.w.result.Events }

// Servers lists the servers in order.
func (v View) Servers() []NodeID { return v.w.ids[:v.w.cfg.Servers] }

// Clients lists the clients in order.
func (v View) Clients() []NodeID { return v.w.ids[v.w.cfg.Servers:] }

// Machine returns the machine of n, or nil if n is down or does not exist. It must only be read.
func (v View) Machine(n NodeID) Machine {
	if p := v.w.node(n); p != nil {
		return p.machine
	}
	return nil
}

// Up reports whether n runs; a paused node does.
func (v View) Up(n NodeID) bool {
	p := v.w.node(n)
	return p != nil && p.machine != nil
}

// Paused reports whether n is paused.
func (v View) Paused(n NodeID) bool {
	p := v.w.node(n)
	return p != nil && p.paused
}

// Incarnation numbers the lives of n from 1; the number goes up when n crashes.
func (v View) Incarnation(n NodeID) int {
	if p := v.w.node(n); p != nil {
		return int(p.life)
	}
	return 0
}

// Written is the number of the last write of n that was carried out. Every append, replace, truncate and
// remove takes the next number, whether it succeeds or not; those of the step that an observer is seeing
// are not counted yet.
func (v View) Written(n NodeID) WriteSeq {
	if p := v.w.node(n); p != nil {
		return p.disk.written()
	}
	return 0
}

// Durable is the number of the last write of n such that it and all before it would survive a loss of power. It
// stops before a write that failed or was dropped by a failed sync, until n starts again.
func (v View) Durable(n NodeID) WriteSeq {
	if p := v.w.node(n); p != nil {
		return p.disk.durable()
	}
	return 0
}

// OtherEnd returns who is at the other end of a channel of n, 0 if n has no such channel.
func (v View) OtherEnd(n NodeID, c ChanID) NodeID {
	if p := v.w.node(n); p != nil {
		if ch, end := v.w.endOf(p, c); end >= 0 {
			return ch.ends[1-end]
		}
	}
	return 0
}

// IsCut reports whether the directed link is cut.
func (v View) IsCut(from, to NodeID) bool {
	l := v.w.link(from, to)
	return l != nil && l.cut
}

// Impaired says what keeps the world from working as it is configured although nothing is cut, down or paused, ""
// if nothing does: the first of
//
//	a link that is held, clogged, swallows what channels send, or has other properties than at the start
//	a rule in force
//	a disk or a task delay with other properties than at the start, a node that is slow, or is about to crash
//	a clock that stands still, goes in steps, or drifts otherwise than at the start
//
// with links, and then nodes, in order. A clog or a rule that has run out is none.
func (v View) Impaired() string {
	for i := range v.w.links {
		if why := v.w.impairedLink(i); why != "" {
			return why
		}
	}
	for i := range v.w.rules {
		if r := &v.w.rules[i]; r.inForce(v.w.now) {
			return "a rule about messages is in force"
		}
	}
	for i := range v.w.nodes {
		if why := v.w.impairedNode(&v.w.nodes[i]); why != "" {
			return why
		}
	}
	return ""
}

// impairedLink says what is wrong with the i-th link, "" if nothing is.
func (w *World) impairedLink(i int) string {
	from, to := w.ids[i/len(w.nodes)], w.ids[i%len(w.nodes)]
	how := ""
	switch l := &w.links[i]; {
	case l.held:
		how = "is held"
	case l.clogged > w.now:
		how = "is clogged"
	case l.blackhole:
		how = "swallows what channels send"
	case l.Link != w.cfg.defaultLink(from, to):
		how = "has other properties than at the start"
	default:
		return ""
	}
	return fmt.Sprintf("the link from %s to %s %s", from, to, how)
}

// impairedNode says what is wrong with n, "" if nothing is.
func (w *World) impairedNode(n *process) string {
	switch {
	case n.profile != w.cfg.Disk:
		return fmt.Sprintf("the disk of %s has other properties than at the start", n.id)
	case n.taskMin != w.cfg.TaskMin || n.taskMax != w.cfg.TaskMax:
		return fmt.Sprintf("the tasks of %s wait otherwise than at the start", n.id)
	case n.stepMax > 0:
		return fmt.Sprintf("every step of %s takes a while", n.id)
	case n.doomed:
		return fmt.Sprintf("%s is about to crash", n.id)
	case n.clock.step > 0:
		return fmt.Sprintf("the wall clock of %s goes in steps", n.id)
	case n.clock.frozen:
		return fmt.Sprintf("the clocks of %s stand still", n.id)
	case n.clock.ppm != clampDrift(n.clockAtStart.DriftPPM):
		return fmt.Sprintf("the clocks of %s drift otherwise than at the start", n.id)
	}
	return ""
}

// History is the history so far. An operation that is open has ReturnSeq StillOpen and Outcome Unknown.
func (v View) History() []Op { return v.w.result.History }

// Leader returns the running server that claims to lead the highest reign.
func (v View) Leader() (leader NodeID, ok bool) {
	var highest Reign
	for i := range v.w.nodes[:v.w.cfg.Servers] {
		n := &v.w.nodes[i]
		l, claims := n.machine.(Leader)
		if !claims {
			continue
		}
		if r, leads := l.Reign(); leads && (!ok || r > highest) {
			leader, highest, ok = n.id, r, true
		}
	}
	return leader, ok
}

// Leaders lists the running servers that claim to lead, in order. The slice is new.
func (v View) Leaders() []NodeID {
	var all []NodeID
	for i := range v.w.nodes[:v.w.cfg.Servers] {
		if l, claims := v.w.nodes[i].machine.(Leader); claims {
			if _, leads := l.Reign(); leads {
				all = append(all, v.w.nodes[i].id)
			}
		}
	}
	return all
}
