package sim

import "time"

// A Chooser takes every decision of a run that nothing else forces: which of two simultaneous
// events comes first, how long a message travels, whether it is lost, when a timer fires, what a
// crash leaves on a disk, and, before the run, what the plan and the workload are. All randomness
// enters a run here and nowhere else.
//
// Choice 0 (the first, false, lo) is always the dullest answer: deliver in order, no fault,
// soonest. Shrinking therefore means moving choices towards zero.
type Chooser interface {
	// Index chooses one of n alternatives, n ≥ 1, and returns 0 … n-1.
	Index(k Key, n int) int
	// Chance chooses whether something with probability p happens.
	Chance(k Key, p Ratio) bool
	// Span chooses a duration in lo … hi, both included, lo ≤ hi.
	Span(k Key, lo, hi time.Duration) time.Duration
}

// Key says what is being decided and for whom. Choices under different keys come from streams
// that do not disturb each other: one more draw under one key leaves all others as they were.
type Key struct {
	// Decision is what is decided.
	Decision Decision
	// From and To are the ends of the link decided about; for a decision about one node From is
	// the node and To is zero, or a small number that tells several decisions of one node apart.
	From, To NodeID
}

// Decision is the kind of a choice. The values below DecideUser belong to the engine.
type Decision uint8

// The decisions of the engine, and those that plans and workloads draw from.
const (
	DecideTie       Decision = iota + 1 // which of the events of one instant comes first
	DecideLatency                       // how long a message travels
	DecideTail                          // whether it falls into the tail of the latencies
	DecideLoss                          // whether it is lost
	DecideDuplicate                     // whether it is duplicated, and how late the copy comes
	DecideReorder                       // whether it is held back so that later ones overtake it
	DecideVictim                        // which message a full queue drops
	DecideRule                          // whether a rule about a kind of message applies
	DecideTimer                         // when a timer fires
	DecideTask                          // how long a task inside a server waits
	DecideSync                          // how long a sync or a read takes, whether it fails
	DecideWrite                         // whether a write fails
	DecideCrash                         // what a crash leaves of un-synced writes
	DecideRot                           // which bits rot
	DecidePlan                          // what the fault plan is
	DecideWorkload                      // what the clients do
	DecideClock                         // how a node's clock errs
	DecideConfig                        // swarm parameters of the run
	DecideUser                          // the first value that is free for others
)

var decisionNames = [...]string{"", "tie", "latency", "tail", "loss", "duplicate", "reorder", "victim",
	"rule", "timer", "task", "sync", "write", "crash", "rot", "plan", "workload", "clock", "config"}

// String returns the decision's name, "latency", or "user+2" for a user's own.
func (d Decision) String() string {
	if d > 0 && int(d) < len(decisionNames) {
		return decisionNames[d]
	}
	return "user+" + string('0'+rune(d-DecideUser)%10)
}
