package sim

// The states of a server that every world knows, for triggers; Config.States knows those of a protocol.
const (
	// StateWritePending means that something is written that a loss of power can take back.
	StateWritePending = "write-pending"
	// StateSyncPending means that a sync is under way.
	StateSyncPending = "sync-pending"
	// StateSendPending means that a message waits for its sender's writes to be durable.
	StateSendPending = "send-pending"
)

// State reports whether the server n, which runs, is in some state. It looks at the world as it is between two events,
// and changes nothing.
type State func(v View, n NodeID) bool

// watch is a trigger that waits for one server to come into a state.
type watch struct {
	trigger int
	place   int
	in      State
	was     bool
}

// state returns the state with that name, nil if nobody knows it.
func (c *Config) state(name string) State {
	switch name {
	case StateWritePending:
		return func(v View, n NodeID) bool { return v.w.node(n).disk.pendingWrites() }
	case StateSyncPending:
		return func(v View, n NodeID) bool { return v.w.node(n).storage.busy }
	case StateSendPending:
		return func(v View, n NodeID) bool { return len(v.w.node(n).storage.outbox) > 0 }
	}
	if c.States == nil {
		return nil
	}
	return c.States(name)
}

// watchFor lets the trigger i wait for its state.
func (w *World) watchFor(i int, t Trigger) {
	in := w.cfg.state(t.State)
	for place := range w.cfg.Servers {
		if t.On == 0 || t.On == w.ids[place] {
			w.watches = append(w.watches, watch{trigger: i, place: place, in: in})
		}
	}
}

// lookAtStates lets the faults happen, when they are due, that wait for a state into which n has just come.
func (w *World) lookAtStates(n *process) {
	place := w.at(n.id)
	for i := range w.watches {
		s := &w.watches[i]
		if s.place != place {
			continue
		}
		is := n.machine != nil && s.in(View{w}, n.id)
		if is && !s.was {
			w.passed(s.trigger)
		}
		s.was = is
	}
}

// leaveStates says that n, which is down, is in no state.
func (w *World) leaveStates(n *process) {
	place := w.at(n.id)
	for i := range w.watches {
		if s := &w.watches[i]; s.place == place {
			s.was = false
		}
	}
}
