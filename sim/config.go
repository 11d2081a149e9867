package sim

import (
	"slices"
	"time"
)

// Config describes a run completely: together with the answers of Chooser it determines every event.
type Config struct {
	// Servers and Clients are the numbers of nodes.
	Servers, Clients int
	// NewServer and NewClient make the machine of a node, at the start of each of its incarnations.
	NewServer, NewClient func(id NodeID) Machine
	// Chooser takes every decision that nothing else forces.
	Chooser Chooser
	// Peers are the links between servers; ClientLinks those with a client at either end.
	Peers, ClientLinks Link
	// Disk is how every disk behaves at the start.
	Disk DiskProfile
	// Clock returns how the clocks of a node start out; nil is perfect clocks.
	Clock func(id NodeID) ClockProfile
	// TaskMin and TaskMax bound how long a task that a machine queues for itself waits.
	TaskMin, TaskMax time.Duration
	// Faults are applied as their triggers say.
	Faults []Planned
	// Provoke, if not nil, returns a message that makes the server n do something that a fault names, and who is to
	// have sent it; false if there is none. It must be a function of the world and its arguments.
	Provoke func(v View, n NodeID, what string) (from NodeID, m Message, ok bool)
	// States, if not nil, returns the state of servers with that name, nil if it does not know it. It is asked before
	// the run, about triggers that wait for states.
	States func(name string) State
	// Observers see every step and end the run by returning an error.
	Observers []Observer
	// Until, if not nil, is asked after every client operation that returns, every fault, and every 64th event;
	// true ends the run.
	Until func(View) bool
	// Limit ends the run at that time; it must be positive and at most MaxTime. MaxEvents ends it after that
	// many events; 0 is no bound.
	Limit     Time
	MaxEvents uint64
	// Trace, if not nil, gets every event, with its effects and notes.
	Trace Tracer
	// Checkpoint keeps the digest after every so many events; 0 is DefaultCheckpoint.
	Checkpoint int
	// NoDigest leaves the digest out, to measure what it costs.
	NoDigest bool
	// CheckMessages digests every message when it is sent and again when it is delivered, and panics if somebody
	// changed it in between.
	CheckMessages bool
}

// MaxTime is the longest run: about two hours and a half of virtual time.
const MaxTime Time = 1<<43 - 1

// untilEvery is the number of events after which Config.Until is asked even if nothing has happened that it may wait
// for.
const untilEvery = 64

// DefaultCheckpoint is the number of events between the digests that a result keeps.
const DefaultCheckpoint = 1024

// Action is something that happens to a world: a fault or its end.
type Action interface {
	Apply(Faults)
	String() string
}

// Trigger says when a planned action happens: at the instant After, or, if Mark or State is not empty, After after the
// Nth passing of that mark, or the Nth time that a server comes into that state (0 and 1 both mean the first). At most
// one of them is not empty.
type Trigger struct {
	Mark string
	// State is one that the world or Config.States knows. On is the server, 0 for any: then those of all count.
	State string
	On    NodeID
	Nth   int
	After time.Duration
}

// Waits reports whether t waits for something, so that nobody knows when it comes.
func (t Trigger) Waits() bool { return t.Mark != "" || t.State != "" }

// Planned is an action with its trigger.
type Planned struct {
	When Trigger
	Do   Action
}

// Observer watches a run from outside, sees everything, and changes nothing. Invariants and the ghost state that
// they need live in observers.
type Observer interface {
	// Observe is called after every step of a machine, after every crash and after every fault. A non-nil error
	// ends the run with a violation.
	Observe(v View, s *StepInfo) error
}

// StepInfo is one event of a run as observers see it. It and everything in it belong to the world and are valid
// during Observe only.
type StepInfo struct {
	Seq  uint64
	At   Time
	Node NodeID
	// Machine is that of Node as the step has left it, to be read only; nil if no machine saw the event.
	Machine Machine
	// Event is what Node was stepped with; Crashed and Faulted events were seen by no machine.
	Event *Event
	// Effects is what the step asked for, not yet carried out.
	Effects []Effect
	// Action is the fault that has just been applied, for Faulted.
	Action Action
}

// RefusesStart reports whether a machine that was started ends again at once, by Exit: it can do nothing with what its
// disk holds, and has no state that means anything.
func (s *StepInfo) RefusesStart() bool {
	return s.Event.Kind == Start && slices.ContainsFunc(s.Effects, func(f Effect) bool { return f.Kind == EffectExit })
}

// Stop says why a run ended.
type Stop uint8

// The reasons for which runs end.
const (
	// StopUntil means that Config.Until was satisfied.
	StopUntil Stop = iota + 1
	// StopQuiet means that no event was left.
	StopQuiet
	// StopLimit means that the time limit was reached.
	StopLimit
	// StopEvents means that MaxEvents was reached.
	StopEvents
	// StopViolation means that an observer or a panic ended the run.
	StopViolation
)

// String returns a short name.
func (s Stop) String() string {
	return [...]string{"running", "done", "quiet", "time limit", "event limit", "violation"}[s]
}

// Result is what a run leaves. It shares nothing with the world.
type Result struct {
	Stop      Stop
	Violation *Violation
	History   []Op
	Reached   []Reached
	Applied   []AppliedFault
	// Digest covers every event and effect of the run; Checkpoints are its values along the way.
	Digest      Digest
	Checkpoints []Digest
	// Events counts the events handled, Delivered the messages delivered, Dropped the messages lost for
	// whatever reason, Syncs the syncs completed.
	Events, Delivered, Dropped, Syncs uint64
	End                               Time
}

// AppliedFault is one fault that was applied.
type AppliedFault struct {
	At   Time
	Seq  uint64
	What Action
}
