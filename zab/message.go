package zab

import (
	"fmt"

	"schism/sim"
)

// Vote is what a server votes for: a leader, and how advanced it is (Vote).
type Vote struct {
	Leader sim.NodeID
	Zxid   Zxid
	// PeerEpoch is the current epoch of the leader that is voted for.
	PeerEpoch Epoch
}

// Round numbers the elections of a server, from 1 (logicalclock). It is not durable.
type Round uint64

// Hello is the first message on a channel for elections: it says who dialed.
type Hello struct{}

// Notification tells a server's vote (FastLeaderElection.Notification).
type Notification struct {
	Vote
	Round Round
	// State is that of the sender.
	State ServerState
	// Ensemble is the configuration in force at the sender, Next the one that is to replace it, nil for none.
	Ensemble, Next *Ensemble
}

// FollowerInfo is what a learner says first to a leader (FOLLOWERINFO, OBSERVERINFO; CEPOCH in the paper).
type FollowerInfo struct {
	AcceptedEpoch Epoch
	// Version is that of the configuration that is in force at the learner.
	Version  Zxid
	Observer bool
}

// LeaderInfo proposes an epoch (LEADERINFO; NEWEPOCH in the paper).
type LeaderInfo struct{ Epoch Epoch }

// AckEpoch promises to follow no leader of an earlier epoch (ACKEPOCH; ACK-E in the paper). Counts is false if the
// learner has promised that epoch before, so that this is no promise to this leader.
type AckEpoch struct {
	CurrentEpoch Epoch
	Last         Zxid
	Counts       bool
}

// SyncMode is how a leader brings a learner's history in line with its own.
type SyncMode uint8

// The modes.
const (
	// Diff keeps what the learner has.
	Diff SyncMode = iota + 1
	// Trunc removes what follows a transaction.
	Trunc
	// Snap replaces everything.
	Snap
)

// String returns "DIFF", "TRUNC" or "SNAP".
func (m SyncMode) String() string { return [...]string{"", "DIFF", "TRUNC", "SNAP"}[m] }

// Sync begins a synchronization (DIFF, TRUNC, SNAP): the transactions that are missing follow as Propose and Commit.
type Sync struct {
	Mode SyncMode
	// At is up to where the learner's history stays (Diff, Trunc), or where the snapshot ends (Snap).
	At Position
	// Snapshot is the file of a Snap.
	Snapshot []byte
}

// Propose proposes a transaction (PROPOSAL).
type Propose struct{ Txn Txn }

// Commit says that a transaction, and with it all before it, is committed (COMMIT).
type Commit struct{ Zxid Zxid }

// Inform tells an observer of a committed transaction (INFORM).
type Inform struct{ Txn Txn }

// NewLeader ends what a learner must accept as the history of the epoch (NEWLEADER).
type NewLeader struct {
	Epoch    Epoch
	Ensemble *Ensemble
}

// UpToDate says that a quorum has accepted the history: the learner may serve (UPTODATE; COMMIT-LD in the paper).
type UpToDate struct{}

// Ack says that everything up to Zxid is durable (ACK); (epoch, 0) accepts a NewLeader (ACK-LD in the paper).
type Ack struct{ Zxid Zxid }

// Ping shows that the sender lives. A learner answers it.
type Ping struct {
	// Body is what the learner's application has to say, nil for nothing.
	Body sim.Message
}

// Forward carries a message of the application between a leader and a learner, in order with everything else.
type Forward struct{ Body sim.Message }

// Kind returns "Hello".
func (m *Hello) Kind() string { return "Hello" }

// Kind returns "Notification".
func (m *Notification) Kind() string { return "Notification" }

// Kind returns "FollowerInfo" or "ObserverInfo".
func (m *FollowerInfo) Kind() string {
	if m.Observer {
		return "ObserverInfo"
	}
	return "FollowerInfo"
}

// Kind returns "LeaderInfo".
func (m *LeaderInfo) Kind() string { return "LeaderInfo" }

// Kind returns "AckEpoch".
func (m *AckEpoch) Kind() string { return "AckEpoch" }

// Kind returns "Diff", "Trunc" or "Snap".
func (m *Sync) Kind() string { return [...]string{"", "Diff", "Trunc", "Snap"}[m.Mode] }

// Kind returns "Propose".
func (m *Propose) Kind() string { return "Propose" }

// Kind returns "Commit".
func (m *Commit) Kind() string { return "Commit" }

// Kind returns "Inform".
func (m *Inform) Kind() string { return "Inform" }

// Kind returns "NewLeader".
func (m *NewLeader) Kind() string { return "NewLeader" }

// Kind returns "UpToDate".
func (m *UpToDate) Kind() string { return "UpToDate" }

// Kind returns "Ack".
func (m *Ack) Kind() string { return "Ack" }

// Kind returns "Ping".
func (m *Ping) Kind() string { return "Ping" }

// Kind returns that of the message that is carried.
func (m *Forward) Kind() string { return m.Body.Kind() }

// flag returns 1 for true.
func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func (v Vote) fold(d sim.Digest) sim.Digest {
	return d.Mix(uint64(v.Leader)<<32 | uint64(v.PeerEpoch)).Mix(uint64(v.Zxid))
}

// Fold mixes every field into d.
func (m *Hello) Fold(d sim.Digest) sim.Digest { return d.Mix(1) }

// Fold mixes every field into d.
func (m *Notification) Fold(d sim.Digest) sim.Digest {
	d = m.Ensemble.fold(m.Vote.fold(d.Mix(2<<8 | uint64(m.State)).Mix(uint64(m.Round))))
	if m.Next != nil {
		d = m.Next.fold(d)
	}
	return d
}

// Fold mixes every field into d.
func (m *FollowerInfo) Fold(d sim.Digest) sim.Digest {
	return d.Mix(3<<8 | flag(m.Observer)).Mix(uint64(m.AcceptedEpoch)).Mix(uint64(m.Version))
}

// Fold mixes every field into d.
func (m *LeaderInfo) Fold(d sim.Digest) sim.Digest { return d.Mix(4).Mix(uint64(m.Epoch)) }

// Fold mixes every field into d.
func (m *AckEpoch) Fold(d sim.Digest) sim.Digest {
	return d.Mix(5<<8 | flag(m.Counts)).Mix(uint64(m.CurrentEpoch)).Mix(uint64(m.Last))
}

// Fold mixes every field into d.
func (m *Sync) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(6<<8 | uint64(m.Mode)).Mix(uint64(m.At.Zxid)).Mix(uint64(m.At.Index))
	return d.MixBytes(m.Snapshot)
}

// Fold mixes every field into d.
func (m *Propose) Fold(d sim.Digest) sim.Digest { return m.Txn.Fold(d.Mix(7)) }

// Fold mixes every field into d.
func (m *Commit) Fold(d sim.Digest) sim.Digest { return d.Mix(8).Mix(uint64(m.Zxid)) }

// Fold mixes every field into d.
func (m *Inform) Fold(d sim.Digest) sim.Digest { return m.Txn.Fold(d.Mix(9)) }

// Fold mixes every field into d.
func (m *NewLeader) Fold(d sim.Digest) sim.Digest {
	return m.Ensemble.fold(d.Mix(10).Mix(uint64(m.Epoch)))
}

// Fold mixes every field into d.
func (m *UpToDate) Fold(d sim.Digest) sim.Digest { return d.Mix(11) }

// Fold mixes every field into d.
func (m *Ack) Fold(d sim.Digest) sim.Digest { return d.Mix(12).Mix(uint64(m.Zxid)) }

// Fold mixes every field into d.
func (m *Ping) Fold(d sim.Digest) sim.Digest {
	if m.Body == nil {
		return d.Mix(13)
	}
	return m.Body.Fold(d.Mix(1<<8 | 13))
}

// Fold mixes every field into d.
func (m *Forward) Fold(d sim.Digest) sim.Digest { return m.Body.Fold(d.Mix(14)) }

// String prints v as "n3 (epoch 2, 2:17)".
func (v Vote) String() string { return fmt.Sprintf("%s (epoch %d, %v)", v.Leader, v.PeerEpoch, v.Zxid) }

// String returns "".
func (m *Hello) String() string { return "" }

// String returns "round 2 looking, n3 (epoch 2, 2:17)".
func (m *Notification) String() string {
	return fmt.Sprintf("round %d %s, %v", m.Round, m.State, m.Vote)
}

// String returns "accepted epoch 2".
func (m *FollowerInfo) String() string { return fmt.Sprintf("accepted epoch %d", m.AcceptedEpoch) }

// String returns "epoch 3".
func (m *LeaderInfo) String() string { return fmt.Sprintf("epoch %d", m.Epoch) }

// String returns "current epoch 2, last 2:17".
func (m *AckEpoch) String() string {
	if !m.Counts {
		return fmt.Sprintf("promised before, last %v", m.Last)
	}
	return fmt.Sprintf("current epoch %d, last %v", m.CurrentEpoch, m.Last)
}

// String returns "up to 17=2:17", with the size of a snapshot.
func (m *Sync) String() string {
	if m.Mode == Snap {
		return fmt.Sprintf("up to %v, %d bytes", m.At, len(m.Snapshot))
	}
	return fmt.Sprintf("up to %v", m.At)
}

// String returns the transaction's name.
func (m *Propose) String() string { return m.Txn.Zxid.String() }

// String returns the transaction's name.
func (m *Commit) String() string { return m.Zxid.String() }

// String returns the transaction's name.
func (m *Inform) String() string { return m.Txn.Zxid.String() }

// String returns "epoch 3".
func (m *NewLeader) String() string { return fmt.Sprintf("epoch %d", m.Epoch) }

// String returns "".
func (m *UpToDate) String() string { return "" }

// String returns the transaction's name.
func (m *Ack) String() string { return m.Zxid.String() }

// String returns "".
func (m *Ping) String() string {
	if m.Body == nil {
		return ""
	}
	return m.Body.Kind() + " " + m.Body.String()
}

// String returns that of the message that is carried.
func (m *Forward) String() string { return m.Body.String() }
