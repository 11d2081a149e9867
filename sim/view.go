package sim

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

// IsCut reports whether the directed link is cut.
func (v View) IsCut(from, to NodeID) bool {
	l := v.w.link(from, to)
	return l != nil && l.cut
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
