package zab_test

import (
	"testing"
	"time"

	"schism/sim"
	"schism/zab"
)

// Zab1_0Test.testNormalRun: what a leader says to a follower that has nothing.
func TestLeaderNormalRun(t *testing.T) {
	s, _ := leads(
		line{hears: "LeaderInfo", check: epochs(1, 0), says: says(&zab.AckEpoch{Counts: true})},
		line{hears: "Diff"},
		line{hears: "NewLeader", says: says(ack(1, 0))},
		line{hears: "UpToDate", check: epochs(1, 1)}).play(t)
	if _, leads := s.Reign(); !leads {
		t.Error("it does not lead")
	}
}

// Zab1_0Test.testTxnTimeout: a follower that acknowledges nothing is cut off, and then the leader has no quorum.
func TestLeaderCutsOffWhoAcknowledgesNothing(t *testing.T) {
	k := leads(
		line{hears: "LeaderInfo", says: says(&zab.AckEpoch{Counts: true})},
		line{hears: "Diff"},
		line{hears: "NewLeader", says: says(ack(1, 0))},
		line{hears: "UpToDate"},
		line{hears: "Propose"})
	k.every = 2 * time.Second
	s, a := k.play(t)
	if _, leads := s.Reign(); leads || !a.closed {
		t.Errorf("leads %v, the channel is closed %v", leads, a.closed)
	}
}

// Zab1_0Test.testAbandonBeforeACKEpoch: who has promised nothing is not led.
func TestLeaderWithoutPromisesGivesUp(t *testing.T) {
	s, a := leads(line{hears: "LeaderInfo", check: epochs(1, 0)}).play(t)
	if _, leads := s.Reign(); leads || !a.closed || s.CurrentEpoch() != 0 {
		t.Errorf("leads %v, the channel is closed %v, current epoch %d", leads, a.closed, s.CurrentEpoch())
	}
}

// QuorumPeerMainTest.testElectionFraud: the votes of others make nobody a leader whom they do not join.
func TestLeaderThatNobodyJoinsGivesUp(t *testing.T) {
	s, _ := leads().play(t)
	if must(t, s, epochs(0, 0)); s.State() == zab.Leading || !s.led {
		t.Errorf("leads %v, has led %v", s.State() == zab.Leading, s.led)
	}
}

// Zab1_0Test.testLeaderBehind: a follower of a later epoch is not led by who knows less.
func TestLeaderDoesNotLeadWhoKnowsMore(t *testing.T) {
	s, a := leads(line{hears: "LeaderInfo", says: says(
		&zab.AckEpoch{CurrentEpoch: 1, Last: zab.NewZxid(1, 7), Counts: true})}).play(t)
	if _, leads := s.Reign(); leads || !a.closed {
		t.Errorf("leads %v, the channel is closed %v", leads, a.closed)
	}
}

// Leader.waitForEpochAck: nor is one of the same epoch that has more of it.
func TestLeaderDoesNotLeadWhoKnowsMoreOfItsEpoch(t *testing.T) {
	s, a := grown(line{hears: "LeaderInfo", says: says(
		&zab.AckEpoch{CurrentEpoch: 1, Last: zab.NewZxid(1, 5), Counts: true})}).play(t)
	if _, leads := s.Reign(); leads || !a.closed {
		t.Errorf("leads %v, the channel is closed %v", leads, a.closed)
	}
}

// Zab1_0Test.testLastAcceptedEpoch: the epoch is later than what any follower has accepted.
func TestLeaderProposesALaterEpochThanItsFollowersHave(t *testing.T) {
	k := leads(
		line{hears: "LeaderInfo epoch 21", check: epochs(21, 0), says: says(&zab.AckEpoch{Counts: true})},
		line{hears: "Diff"},
		line{hears: "NewLeader epoch 21", says: says(ack(21, 0))},
		line{hears: "UpToDate"})
	k.info.AcceptedEpoch = 20
	s, _ := k.play(t)
	must(t, s, epochs(21, 21))
}

// grown returns the conversation in which n1 follows n3 for an epoch and then leads the next one, with n3 as its
// follower. Of its four transactions two are committed before NewLeader, one before UpToDate, and one later.
func grown(lines ...line) talk {
	k := led(append([]line{
		{hears: "FollowerInfo", says: says(&zab.LeaderInfo{Epoch: 1})},
		{hears: "AckEpoch", says: says(&zab.Sync{Mode: zab.Diff}, txn(1, 1), commit(1, 1), txn(1, 2), commit(1, 2),
			newLeader(1))},
		{hears: "Ack 1:0", says: says(txn(1, 3), commit(1, 3), &zab.UpToDate{})},
		{hears: "Ack 1:0"},
		{hears: "Ack 1:3", says: says(txn(1, 4), commit(1, 4))},
		{hears: "Ack 1:4", says: says(leave{})},
	}, lines...)...)
	k.elects, k.info.AcceptedEpoch = []sim.NodeID{3, 1}, 1
	return k
}

// Zab1_0Test.testUnnecessarySnap: who has everything gets nothing.
func TestLeaderSendsNothingToWhoHasEverything(t *testing.T) {
	s, _ := grown(
		line{hears: "LeaderInfo epoch 2", says: says(
			&zab.AckEpoch{CurrentEpoch: 1, Last: zab.NewZxid(1, 4), Counts: true})},
		line{hears: "Diff up to 4=1:4"},
		line{hears: "NewLeader epoch 2", says: says(ack(2, 0))},
		line{hears: "UpToDate"}).play(t)
	must(t, s, epochs(2, 2), history(4, 4))
}

// QuorumSyncTest.testStaleDiffSync (ZK-4925): what a leader has learned while it was brought in line itself, before
// UpToDate, is not left out of what it sends.
func TestLeaderSendsWhatItLearnedBeforeUpToDate(t *testing.T) {
	s, _ := grown(
		line{hears: "LeaderInfo", says: says(
			&zab.AckEpoch{CurrentEpoch: 1, Last: zab.NewZxid(1, 1), Counts: true})},
		line{hears: "Diff up to 1=1:1"},
		line{hears: "Propose 1:2"}, line{hears: "Commit 1:2"},
		line{hears: "Propose 1:3"}, line{hears: "Commit 1:3"},
		line{hears: "Propose 1:4"}, line{hears: "Commit 1:4"},
		line{hears: "NewLeader epoch 2", says: says(ack(2, 0))},
		line{hears: "UpToDate"}).play(t)
	must(t, s, epochs(2, 2), history(4, 4))
}

// QuorumPeerMainTest.testInconsistentDueToNewLeaderOrder (ZK-3104): NewLeader comes after the snapshot and all that
// follows it, so that nobody accepts what it does not have.
func TestLeaderSendsNewLeaderAfterTheSnapshot(t *testing.T) {
	k := grown(
		line{hears: "LeaderInfo", says: says(&zab.AckEpoch{Counts: true})},
		line{hears: "Snap up to 3=1:3, 28 bytes"},
		line{hears: "Propose 1:4"}, line{hears: "Commit 1:4"},
		line{hears: "NewLeader epoch 2", says: says(ack(2, 0))},
		line{hears: "UpToDate"})
	k.tune = func(c *zab.Config, s *server) { c.SnapshotTrailing, s.snapshotEvery = 0, 3 }
	s, _ := k.play(t)
	must(t, s, epochs(2, 2), history(4, 4))
}

// QuorumPeerMainTest.testHighestZxidJoinLate: whoever knows more and comes after the leader has its quorum is cut back.
func TestLeaderCutsBackWhoKnowsMoreAndComesLate(t *testing.T) {
	k := grown(
		line{hears: "LeaderInfo", says: says(
			&zab.AckEpoch{CurrentEpoch: 1, Last: zab.NewZxid(1, 4), Counts: true})},
		line{hears: "Diff"},
		line{hears: "NewLeader", says: says(ack(2, 0))},
		line{hears: "UpToDate"})
	k.late = []line{
		{hears: "LeaderInfo epoch 2", says: says(
			&zab.AckEpoch{CurrentEpoch: 1, Last: zab.NewZxid(1, 9), Counts: true})},
		{hears: "Trunc up to 4=1:4"},
		{hears: "NewLeader", says: says(ack(2, 0))},
		{hears: "UpToDate"},
	}
	s, _ := k.play(t)
	must(t, s, epochs(2, 2), history(4, 4))
}
