package zab_test

import (
	"fmt"
	"testing"
	"time"

	"schism/sim"
	"schism/zab"
)

// Zab1_0Test.testNormalFollowerRunWithDiff: a follower accepts an epoch by its promise and makes it its own by
// accepting the history. Nothing of that is visible before UpToDate.
func TestFollowerNormalRun(t *testing.T) {
	s, _ := led(
		line{hears: "FollowerInfo", check: epochs(0, 0), says: says(&zab.LeaderInfo{Epoch: 1})},
		line{hears: "AckEpoch", check: epochs(1, 0), says: says(
			&zab.Sync{Mode: zab.Diff}, txn(1, 1), commit(1, 1), newLeader(1))},
		line{hears: "Ack 1:0", check: all(epochs(1, 1), history(1, 0)), says: says(
			txn(1, 2), commit(1, 2), &zab.UpToDate{})},
		line{hears: "Ack 1:0"},
		line{hears: "Ack 1:2", check: history(2, 2)}).play(t)
	if s.applied != 2 {
		t.Errorf("has applied %d", s.applied)
	}
}

// snapshot returns the leader's snapshot of five transactions, made by a server like those of the tests.
func snapshot(t *testing.T) *zab.Sync {
	t.Helper()
	return &zab.Sync{Mode: zab.Snap, At: at(5, 1, 5), Snapshot: zab.SnapshotOf(at(5, 1, 5), make([]byte, 8))}
}

// Zab1_0Test.testNormalFollowerRun: nothing of a snapshot is on the disk before NewLeader, all of it is when it is
// accepted, and what comes before UpToDate is durable, too.
func TestFollowerTakesASnapshot(t *testing.T) {
	k := led(
		line{hears: "FollowerInfo", check: epochs(0, 0), says: says(&zab.LeaderInfo{Epoch: 2})},
		line{hears: "AckEpoch current epoch 0, last 0:0", check: epochs(2, 0), says: says(snapshot(t), &zab.Ping{})},
		line{hears: "Ping", check: all(noSnapshot, history(0, 0)), says: says(newLeader(2))},
		line{hears: "Ack 2:0", check: all(epochs(2, 2), history(5, 5)), says: says(
			txn(2, 1), commit(2, 1), &zab.UpToDate{})},
		line{hears: "Ack 2:0"},
		line{hears: "Ack 2:1", check: history(6, 6)},
		line{hears: "FollowerInfo accepted epoch 2", check: all(epochs(2, 2), history(6, 5))})
	k.cut = 3 * time.Second
	k.play(t)
}

// QuorumPeerMainTest.testDiffSyncAfterSnap (ZK-3642): a snapshot that its leader did not complete leaves nothing, so
// that the next leader does not build on it.
func TestFollowerForgetsAnInterruptedSnapshot(t *testing.T) {
	k := led(
		line{hears: "FollowerInfo", says: says(&zab.LeaderInfo{Epoch: 2})},
		line{hears: "AckEpoch", says: says(snapshot(t), leave{})},
		line{hears: "FollowerInfo accepted epoch 2", check: all(noSnapshot, history(0, 0)),
			says: says(&zab.LeaderInfo{Epoch: 3})},
		line{hears: "AckEpoch current epoch 0, last 0:0"})
	k.elects = []sim.NodeID{3, 3}
	s, _ := k.play(t)
	must(t, s, epochs(3, 0), history(0, 0))
}

// QuorumPeerMainTest.testFailedTxnAsPartOfQuorumLoss: what failed with its leader is cut off by the next one.
func TestFollowerCutsOffWhatFailedWithItsLeader(t *testing.T) {
	k := led(
		line{hears: "FollowerInfo", says: says(&zab.LeaderInfo{Epoch: 1})},
		line{hears: "AckEpoch", says: says(&zab.Sync{Mode: zab.Diff}, txn(1, 1), commit(1, 1), newLeader(1))},
		line{hears: "Ack 1:0", says: says(&zab.UpToDate{}, txn(1, 2))},
		line{hears: "Ack 1:0"},
		line{hears: "Ack 1:2", check: history(2, 1), says: says(leave{})},
		line{hears: "FollowerInfo accepted epoch 1", says: says(&zab.LeaderInfo{Epoch: 2})},
		line{hears: "AckEpoch current epoch 1, last 1:2", says: says(
			&zab.Sync{Mode: zab.Trunc, At: at(1, 1, 1)}, newLeader(2))},
		line{hears: "Ack 2:0", check: history(1, 1), says: says(&zab.UpToDate{}, txn(2, 1), commit(2, 1))},
		line{hears: "Ack 2:0"},
		line{hears: "Ack 2:1", check: history(2, 2)})
	k.elects = []sim.NodeID{3, 3}
	s, _ := k.play(t)
	if last := s.History().Last(); last != at(2, 2, 1) {
		t.Errorf("its history ends at %v", last)
	}
}

// Zab1_0Test, ProcessCommitInSyncAfterAckNewLeader (ZK-4394): what is proposed before NewLeader may be committed after
// it.
func TestFollowerCommitsAfterNewLeaderWhatCameBefore(t *testing.T) {
	s, _ := led(
		line{hears: "FollowerInfo", says: says(&zab.LeaderInfo{Epoch: 1})},
		line{hears: "AckEpoch", says: says(&zab.Sync{Mode: zab.Diff}, txn(1, 1), newLeader(1))},
		line{hears: "Ack 1:0", check: history(0, 0), says: says(commit(1, 1), &zab.UpToDate{})},
		line{hears: "Ack 1:0"},
		line{hears: "Ack 1:1"}).play(t)
	if must(t, s, history(1, 1)); s.applied != 1 {
		t.Errorf("applied %d", s.applied)
	}
}

// Zab1_0Test.testLastAcceptedEpoch: an epoch that is earlier than the accepted one is not followed.
func TestFollowerFollowsNoEarlierEpoch(t *testing.T) {
	k := led(
		line{hears: "FollowerInfo", says: says(&zab.LeaderInfo{Epoch: 5})},
		line{hears: "AckEpoch", says: says(leave{})},
		line{hears: "FollowerInfo accepted epoch 5", says: says(&zab.LeaderInfo{Epoch: 4})})
	k.elects = []sim.NodeID{3, 3}
	s, a := k.play(t)
	if must(t, s, epochs(5, 0)); !a.closed {
		t.Error("the channel is open")
	}
}

// Learner.registerWithLeader: an epoch that it has promised before a follower promises to nobody else.
func TestFollowerPromisesAnEpochOnce(t *testing.T) {
	k := led(
		line{hears: "FollowerInfo", says: says(&zab.LeaderInfo{Epoch: 1})},
		line{hears: "AckEpoch current epoch 0, last 0:0", says: says(leave{})},
		line{hears: "FollowerInfo accepted epoch 1", says: says(&zab.LeaderInfo{Epoch: 1})},
		line{hears: "AckEpoch promised before, last 0:0"})
	k.elects = []sim.NodeID{3, 3}
	s, _ := k.play(t)
	must(t, s, epochs(1, 0))
}

// QuorumPeerMainTest.testEarlyLeaderAbandonment: a leader that goes before it has led leaves a promise, and no more.
func TestFollowerOfALeaderThatGoesEarlyKeepsItsPromiseOnly(t *testing.T) {
	k := led(
		line{hears: "FollowerInfo", says: says(&zab.LeaderInfo{Epoch: 1})},
		line{hears: "AckEpoch", says: says(&zab.Sync{Mode: zab.Diff}, txn(1, 1), commit(1, 1), leave{})},
		line{hears: "FollowerInfo accepted epoch 1", check: all(epochs(1, 0), history(0, 0)),
			says: says(&zab.LeaderInfo{Epoch: 2})},
		line{hears: "AckEpoch current epoch 0, last 0:0"})
	k.elects = []sim.NodeID{3, 3}
	s, _ := k.play(t)
	must(t, s, epochs(2, 0), history(0, 0))
}

// Zab1_0Test.testNormalObserverRun: an observer hears of what is committed only, and acknowledges none of it.
func TestObserverNormalRun(t *testing.T) {
	k := led(
		line{hears: "ObserverInfo", check: epochs(0, 0), says: says(&zab.LeaderInfo{Epoch: 1})},
		line{hears: "AckEpoch", check: epochs(1, 0), says: says(
			&zab.Sync{Mode: zab.Diff}, txn(1, 1), commit(1, 1), newLeader(1))},
		line{hears: "Ack 1:0", check: all(epochs(1, 1), history(1, 0)), says: says(
			&zab.Inform{Txn: txn(1, 2).Txn}, &zab.UpToDate{}, &zab.Inform{Txn: txn(1, 3).Txn})},
		line{hears: "Ack 1:0", says: says(&zab.Ping{})},
		line{hears: "Ping", check: all(history(3, 3), func(s *witness) error {
			if s.State() != zab.Observing || s.applied != 3 {
				return fmt.Errorf("it is %v and has applied %d", s.State(), s.applied)
			}
			return nil
		})})
	k.tune = func(c *zab.Config, _ *server) { c.Ensemble = zab.Ensemble{Voters: 0b110, Observers: 0b001} }
	k.play(t)
}
