package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// Scenario is one system, one workload, one plan of faults, and what must hold.
type Scenario struct {
	// Name is "protocol/service/what happens".
	Name string
	// Doc says on one line what it shows.
	Doc string
	// Servers and Clients are the numbers of nodes.
	Servers, Clients int
	// Plan draws the faults of a run. By HealAt it has undone them all.
	Plan   nemesis.Plan
	HealAt time.Duration
	// Swarm holds the parameters of Plan if it is a swarm, for those who see a run fail; else it is nil.
	Swarm *nemesis.SwarmConfig
	// Budget is what the plan may take from the system, all of which its guarantees must survive.
	Budget nemesis.Budget
	// Settle is how long after HealAt a run ends at the latest. It ends earlier, unless Whole is set, once every
	// operation is done and the system has settled.
	Settle time.Duration
	Whole  bool
	// Network and Disk are how the world is apart from faults.
	Network sim.Link
	Disk    sim.DiskProfile
	// Want lists the marks that some run must reach: a scenario that never gets where it wants shows nothing.
	Want []string
	// Finds is empty, or the IDs of the violations that this scenario may find first, and must find one of,
	// because it runs a mutant.
	Finds []string

	system func(s *Scenario) system
}

// Length is how much virtual time a run takes at most.
func (s *Scenario) Length() time.Duration { return s.HealAt + s.Settle }

// Mutant reports whether s runs a bug that it must find.
func (s *Scenario) Mutant() bool { return len(s.Finds) > 0 }

// roundTrip returns how long a request to another server takes at worst, with a write on its disk.
func (s *Scenario) roundTrip() time.Duration {
	return 2*(max(s.Network.Max, s.Network.TailMax)+s.Network.ReorderMax) + s.Disk.SyncMax
}

// found reports whether r found the bug that s runs.
func (s *Scenario) found(r *Report) bool {
	return len(r.Violations) > 0 && slices.Contains(s.Finds, r.Violations[0].ID)
}

// Find returns the scenario with that name. The error names those that come near.
func Find(name string) (*Scenario, error) {
	var near []string
	for _, s := range All {
		if s.Name == name {
			return s, nil
		}
		if name != "" && strings.Contains(s.Name, name) {
			near = append(near, s.Name)
		}
	}
	if len(near) > 0 {
		return nil, fmt.Errorf("unknown scenario %q; did you mean %s?", name, strings.Join(near, ", "))
	}
	return nil, fmt.Errorf("unknown scenario %q; see schism list", name)
}

// Must is Find for names that are known to exist; it panics otherwise.
func Must(name string) *Scenario {
	s, err := Find(name)
	if err != nil {
		panic("scenarios: " + err.Error())
	}
	return s
}

// system is what a scenario runs: a protocol with a service on it, its clients, and what must hold of them. One
// system serves many runs, one after the other.
type system interface {
	// setUp draws how the system is set up for the next run, and the recipes that clients play. draw draws what the
	// other clients do.
	setUp(c sim.Chooser)
	draw(c sim.Chooser)
	// workload returns what the clients do. play makes them do something else in the next run; its error says what
	// of w is none of the system's operations.
	workload() Workload
	play(w Workload) error
	// plainer returns what to try in the place of an operation of a workload, the plainest first.
	plainer(operation string) []string
	// prepare forgets the run before.
	prepare(f forecast)
	server(id sim.NodeID) sim.Machine
	client(id sim.NodeID) sim.Machine
	// observers check the invariants at each step.
	observers() []sim.Observer
	// state returns the state of servers with that name, nil if there is none.
	state(name string) sim.State
	// provoke returns a message that makes the server n do what a fault names, and whose it is; false if there is none.
	provoke(v sim.View, n sim.NodeID, what string) (from sim.NodeID, m sim.Message, ok bool)
	// settled reports whether nothing is left to be seen: the clients are done, and the system has had the time
	// after the heal that it may need, and has used it.
	settled(v sim.View) bool
	// situation says in which states the protocol is.
	situation(v sim.View) stateSet
	// judge says what must hold of the run as a whole, given how it ended; the reports are in order of
	// importance.
	judge(v sim.View, r *sim.Result) []judgement
	// chronicle returns what is worth telling of the run, in order.
	chronicle() *chronicle
}

// allDone reports whether all clients have come to the end of their operations.
func allDone(v sim.View) bool {
	for _, id := range v.Clients() {
		if c, ok := v.Machine(id).(interface{ Done() bool }); !ok || !c.Done() {
			return false
		}
	}
	return true
}
