package zkspec

import (
	"schism/sim"
	"schism/zab/zkapi"
)

// Updates returns the updates of a history, as they are judged.
func Updates(history []sim.Op) []sim.Op { return chosen(history, nil) }

// Proves reports whether a witness, lazy or eager, finds an order of the updates of a history.
func Proves(history []sim.Op) bool {
	w := newWitness(chosen(history, nil), history)
	return w.proves(lazyBeam, false) || w.proves(eagerBeam, true)
}

// Commit tells e of the next transaction.
func (e *Events) Commit(z zkapi.Zxid, txn *zkapi.Txn) { e.journal.read(z, txn) }

// Read tells e what a server has committed.
func (e *Events) Read(l Log) { e.read(l) }

// See lets e look at the server n at the time now.
func (e *Expiry) See(n sim.NodeID, p Proposer, now sim.Time) *sim.Violation {
	return e.follow(n, p, now)
}
