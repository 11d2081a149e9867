package nemesis

import (
	"time"

	"schism/sim"
)

// A Fault does something to a world, or undoes it. Every fault is a [sim.Action].
//
// Faults are plain values. What they name is looked up when they are applied, in the world as it is then; naming
// nodes that do not exist does nothing, so that a smaller configuration can run the schedule of a larger one.
//
// A valid fault reads back from its text as what it is. It keeps these rules, which [ParseFault] enforces:
//
//  1. A duration is at most [sim.MaxTime], and negative only in JumpWall, SlewWall.By and Before; a number is never
//     negative except a drift; a ratio is at most [sim.Always].
//  2. Min is at most Max.
//  3. A Split has a group.
//  4. The kind of message of a rule, and its action, and what a Provoke is about, are single words.
type Fault interface {
	// Apply lets the fault happen at once.
	Apply(sim.Faults)
	// String returns the fault on one line, as [ParseFault] reads it.
	String() string
	// Takes returns what the fault takes from the system; nothing if it only undoes others.
	Takes() Takes
	// Plainer returns faults to try in the place of this one, the plainest first: each does less, or can be said in
	// fewer words. However often one is put in the place of the one before, there is an end.
	Plainer() []Fault
}

// Before is a fault that does nothing from the instant At on. It bounds faults that wait for a mark, which may be
// passed at any time: nothing may break a world that has recovered.
type Before struct {
	// At counts from the start of the run, in true time.
	At time.Duration
	// Do is the fault, which is not itself a Before.
	Do Fault
}

// Apply implements [Fault].
func (b Before) Apply(f sim.Faults) {
	if f.Now() < sim.Time(b.At) {
		b.Do.Apply(f)
	}
}

// String returns "before 40s crash leader".
func (b Before) String() string { return "before " + b.At.String() + " " + b.Do.String() }

// Heal mends every cut, releases what is held, and ends clogs and blackholes, between all nodes. A datagram that a
// clog has delayed already still arrives when the clog would have ended. Other properties of links stay; see
// [ResetLinks] and [Recover]. Channels of which a blackhole has swallowed something are reset, since a stream never has
// a gap.
type Heal struct{}

// Apply implements [Fault].
func (Heal) Apply(f sim.Faults) {
	eachLink(f, Everyone, Everyone, func(from, to sim.NodeID) {
		f.Blackhole(from, to, false)
		f.Clog(from, to, 0)
		f.Mend(from, to)
		f.Release(from, to)
	})
}

// String returns "heal".
func (Heal) String() string { return "heal" }

// Recover undoes everything that can be undone, so that afterwards the system is whole: it heals, gives links,
// disks, task delays and the drift of clocks back what they were configured with, clears all rules, lets every clock
// run evenly, and steps take no time, resumes every node that is paused and restarts every node that is down. What is
// lost stays lost: wiped, rotten and broken disks, which only Repair mends, and wall clocks that have jumped.
type Recover struct{}

// Apply implements [Fault].
func (Recover) Apply(f sim.Faults) {
	for _, r := range []Fault{
		ClearRules{},
		ResetLinks{Everyone, Everyone},
		Heal{},
		ResetDisk{Everyone},
		Unslow{Everyone},
		Undrag{Everyone},
		CoarsenWall{Everyone, 0},
		Undrift{Everyone},
		Thaw{Everyone},
		Resume{Everyone},
		Restart{Everyone},
	} {
		r.Apply(f)
	}
}

// String returns "recover".
func (Recover) String() string { return "recover" }
