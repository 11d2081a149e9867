package scenarios

import (
	"schism/checker"
	"schism/sim"
)

// System is a system of somebody else, for a scenario by Hosting. All functions but Server may be nil.
type System struct {
	// Server returns the machine of a server, in the world of those servers.
	Server func(id sim.NodeID, servers []sim.NodeID) sim.Machine
	// Workload draws what a client does, an operation to a line; a case shows and keeps it so, and the shrinker leaves
	// out lines. A line that begins with a duration has that as its pause, which the shrinker makes shorter.
	Workload func(c sim.Chooser, id sim.NodeID) []string
	// Client returns the machine of a client that does the operations. It tells the world of each by Effects.Invoke and
	// Effects.Return. If it has a method Done() bool, a run does not end before that is true.
	Client func(id sim.NodeID, servers []sim.NodeID, operations []string) sim.Machine
	// Observers returns what checks each step of a run.
	Observers func() []sim.Observer
	// Judge says what holds of the history of a whole run, within a budget for each search; see package checker.
	Judge func(history []sim.Op, budget checker.Budget) []checker.Report
}

// Hosting returns s with a system: what Hunt, Shrink and all else of this package does with its own scenarios it does
// with that.
func Hosting(s Scenario, y System) *Scenario {
	s.system = func(s *Scenario) system { return newHosted(s, y) }
	return &s
}

// hosted is the system of such a scenario.
type hosted struct {
	System
	forecast
	servers []sim.NodeID
	work    Workload
	watch   []sim.Observer
	tale    chronicle
}

func newHosted(s *Scenario, y System) *hosted {
	h := &hosted{System: y, work: make(Workload, s.Clients)}
	for i := range s.Servers {
		h.servers = append(h.servers, sim.Server(i+1))
	}
	h.tale = chronicle{replyOf: func(sim.Message) reply { return replyNone }, reign: "reign"}
	return h
}

// setUp implements system.
func (h *hosted) setUp(sim.Chooser) {}

// draw implements system.
func (h *hosted) draw(c sim.Chooser) {
	for i := range h.work {
		if h.work[i] = nil; h.Workload != nil {
			h.work[i] = h.Workload(c, sim.Client(i+1))
		}
	}
}

// workload implements system.
func (h *hosted) workload() Workload { return h.work.clone() }

// play implements system.
func (h *hosted) play(w Workload) error {
	h.work = w.clone()
	return nil
}

// plainer implements system.
func (h *hosted) plainer(string) []string { return nil }

// prepare implements system.
func (h *hosted) prepare(f forecast) {
	h.forecast = f
	h.tale.reset(len(h.servers))
	if h.watch = nil; h.Observers != nil {
		h.watch = h.Observers()
	}
	h.watch = append(h.watch, &h.tale)
}

// server implements system.
func (h *hosted) server(id sim.NodeID) sim.Machine { return h.Server(id, h.servers) }

// client implements system.
func (h *hosted) client(id sim.NodeID) sim.Machine {
	var operations []string
	if i := id.Number() - 1; i < len(h.work) {
		operations = h.work[i]
	}
	return h.Client(id, h.servers, operations)
}

// observers implements system.
func (h *hosted) observers() []sim.Observer { return h.watch }

// state implements system: none has a name.
func (h *hosted) state(string) sim.State { return nil }

// provoke implements system: nothing is known that does.
func (h *hosted) provoke(sim.View, sim.NodeID, string) (sim.NodeID, sim.Message, bool) {
	return 0, nil, false
}

// situation implements system: of a system of somebody else only what the world knows is known.
func (h *hosted) situation(v sim.View) stateSet {
	return statesOf(v, func(sim.Machine) checker.Replica { return nil }, nil) &^ stateNoLeader
}

// settled implements system.
func (h *hosted) settled(v sim.View) bool { return v.Now() >= h.healed && h.idle(v) == 0 }

// idle returns the first client that is not done, 0 if all are.
func (h *hosted) idle(v sim.View) sim.NodeID {
	for _, id := range v.Clients() {
		if c, ok := v.Machine(id).(interface{ Done() bool }); ok && !c.Done() {
			return id
		}
	}
	return 0
}

// judge implements system.
func (h *hosted) judge(v sim.View, r *sim.Result) []judgement {
	done := checker.Passed("all done", max(1, len(r.History)))
	list := []judgement{{"all done", done}}
	if h.Judge == nil {
		return list
	}
	for _, report := range h.Judge(r.History, h.budget) {
		list = append(list, judgement{report.Check, report})
	}
	return list
}

// chronicle implements system.
func (h *hosted) chronicle() *chronicle { return &h.tale }
