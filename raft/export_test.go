package raft

// Tampering breaks a node from inside, for tests that want to see an invariant fail.
type Tampering struct{ *Node }

// RaiseMatch makes a leader believe that everybody has acknowledged its whole log and one entry more.
func (n Tampering) RaiseMatch() {
	for i := range n.match {
		n.match[i] = n.log.LastIndex() + 1
	}
}

// LowerCommit takes back a commit.
func (n Tampering) LowerCommit() { n.commit-- }

// LoseCommitted counts one byte more as uncommitted than there is.
func (n Tampering) LoseCommitted() { n.uncommitted++ }

// DropLast removes the last entry of the log in memory, so that the next one takes its place.
func (n Tampering) DropLast() { n.log.cut(n.log.LastIndex() - 1) }

// RaiseTerm enters the next term and tells the disk nothing.
func (n Tampering) RaiseTerm() { n.term++ }

// The timers of a node, for tests that are its clock.
const (
	ElectionTimer  = electionTimer
	HeartbeatTimer = heartbeatTimer
)

// IDOf returns the ID of the snapshot with that file.
func IDOf(file []byte) SnapshotID {
	m, _ := openImage(file)
	return m.id()
}

// ImageOf returns the file of a snapshot of a cluster of three.
func ImageOf(last Position, state []byte) []byte {
	return newImage(last, config{Membership: majority(0b111)}, state).file
}
