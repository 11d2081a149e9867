package zab

import "schism/sim"

// Tampering breaks a peer from inside, for tests that want to see an invariant fail.
type Tampering struct{ *Peer }

// LowerCommit takes back a commit.
func (p Tampering) LowerCommit() { p.committed-- }

// RaiseEpoch accepts the next epoch and tells the disk nothing.
func (p Tampering) RaiseEpoch() { p.acceptedEpoch++ }

// SkipNumber makes a leader leave out a number of its epoch.
func (p Tampering) SkipNumber() { p.lead.counter++ }

// CutCommitted removes half of what is committed from the log on the disk.
func (p Tampering) CutCommitted(out *sim.Effects) {
	p.disk.write(recordCut, p.history.position(p.committed/2), nil, out)
}

// SaveTail saves the whole history, whatever of it is committed.
func (p Tampering) SaveTail(out *sim.Effects) {
	out.Replace(SnapshotFile, newImage(p.history.Last(), p.ensemble, nil).file)
}

// ActivatePending puts the pending ensemble in force before its reconfig is committed.
func (p Tampering) ActivatePending(out *sim.Effects) {
	if p.proposed != nil && p.adopt(p.proposed) {
		p.logActive(out)
	}
}

// SnapshotOf returns the file of a snapshot of the state, up to at.
func SnapshotOf(at Position, state []byte) []byte { return newImage(at, &Ensemble{}, state).file }
