package raft_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/raft"
	"schism/sim"
)

// read asks for an index to read at, and reports whether the node takes the read.
func (s *solo) read(id raft.ReadID) bool {
	var out sim.Effects
	ok := s.ReadIndex(id, &out)
	s.carry(&out)
	return ok
}

func (s *solo) wantReads(want ...raft.Read) {
	s.t.Helper()
	if diff := cmp.Diff(want, append([]raft.Read(nil), s.TakeReads()...)); diff != "" {
		s.t.Errorf("reads (-want +got):\n%s", diff)
	}
}

// confirm answers a round in the name of members.
func (s *solo) confirm(round raft.Round, from ...int) {
	for _, i := range from {
		s.receive(i, &raft.AppendEntriesResponse{Term: s.Term(), Success: true, Round: round})
	}
}

// Raft §8, thesis §6.4: "The leader needs to make sure it has not been superseded by a newer leader […] it issues a
// new round of heartbeats and waits for their acknowledgments from a majority of the cluster."
func TestReadIsConfirmedByARoundBegunAfterIt(t *testing.T) {
	s := leading(t, nil)
	if !s.read(7) {
		t.Fatal("the read is refused")
	}
	s.wantReads()
	s.wantSent("n2 AppendEntries t1 prev 1^1 commit 1 round 1", "n3 AppendEntries t1 prev 1^1 commit 1 round 1")
	s.ack(1, 2, 3) // answers to messages of before
	s.wantReads()
	s.confirm(1, 3)
	s.wantReads(raft.Read{ID: 7, Index: 1, OK: true})
	s.wantReads() // taken once
	s.confirm(1, 2)
	s.wantReads()
}

// Thesis §6.4: any message of the round or a later one confirms, and one quorum may confirm many reads.
func TestLaterRoundsConfirmEarlierReads(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.ID, c.Voters = 1, voters(5) })
	for i := range raft.ReadID(3) {
		s.read(i)
	}
	s.confirm(1, 2, 3)
	s.wantReads(raft.Read{ID: 0, Index: 1, OK: true})
	s.confirm(2, 4) // n2 and n3 have answered the first round only
	s.wantReads()
	s.confirm(3, 5)
	s.wantReads(raft.Read{ID: 1, Index: 1, OK: true})
	s.confirm(3, 4)
	s.wantReads(raft.Read{ID: 2, Index: 1, OK: true})
}

// Thesis §6.4: the read index is the commit index at the time of the request.
func TestReadIsAtTheCommitIndexOfItsTime(t *testing.T) {
	s := leading(t, nil)
	s.read(1)
	s.propose("x")
	s.sync()
	s.ack(2, 2)
	s.read(2)
	s.take()
	s.confirm(2, 2)
	s.wantReads(raft.Read{ID: 1, Index: 1, OK: true}, raft.Read{ID: 2, Index: 2, OK: true})
}

// A refusal is an answer: the follower is in the leader's term.
func TestRefusalsConfirmToo(t *testing.T) {
	s := leading(t, nil)
	s.read(1)
	s.receive(2, &raft.AppendEntriesResponse{Term: 1, Prev: 1, Round: 1})
	s.wantReads(raft.Read{ID: 1, Index: 1, OK: true})
}

// Thesis §6.4: "If the leader has not yet marked an entry from its current term committed, it waits until it has done
// so", since it may not know what is committed.
func TestNewLeaderReadsAfterItsFirstCommit(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1, 1)
	s.elect()
	s.take()
	s.read(1)
	s.read(2)
	s.wantSent() // no round: it could prove nothing
	s.confirm(0, 2, 3)
	s.ack(2, 2, 3)
	s.wantReads()
	s.sync()
	s.take()
	s.ack(3, 2)
	s.wantCommit(3)
	s.wantReads()
	s.wantSent("n2 AppendEntries t2 prev 3^2 commit 3 round 1", "n3 AppendEntries t2 prev 2^1 commit 3 round 1")
	s.confirm(1, 2)
	s.wantReads(raft.Read{ID: 1, Index: 3, OK: true}, raft.Read{ID: 2, Index: 3, OK: true})
}

func TestSingleServerReadsAtOnce(t *testing.T) {
	s := newSolo(t, 1, nil)
	s.elect()
	s.read(1)
	s.wantReads(raft.Read{ID: 1, Index: 1, OK: true})
	s.wantSent()
}

// Thesis §6.4: what a leader cannot confirm before it steps down it must not serve.
func TestReadsAreRejectedOnStepDown(t *testing.T) {
	s := leading(t, nil)
	s.read(1)
	s.read(2)
	s.receive(2, &raft.AppendEntries{Term: 2})
	s.wantReads(raft.Read{ID: 1, Index: 1}, raft.Read{ID: 2, Index: 1})
	if s.read(3) {
		t.Error("a follower takes a read")
	}
	s.sync()
	s.elect()
	s.read(4)
	s.confirm(2, 2, 3) // a round of the earlier reign, and of no message of this one
	s.wantReads()
	s.sync()
	s.ack(2, 2, 3)
	s.confirm(1, 2)
	s.wantReads(raft.Read{ID: 4, Index: 2, OK: true})
}

// Answers of an earlier reign of the same node do not confirm.
func TestRoundsOfAnEarlierReignConfirmNothing(t *testing.T) {
	s := leading(t, nil)
	for i := range raft.ReadID(3) {
		s.read(i)
	}
	s.confirm(3, 2, 3)
	s.TakeReads()
	s.receive(2, &raft.AppendEntriesResponse{Term: 2})
	s.elect()
	s.sync()
	s.ack(2, 2, 3)
	s.read(1)
	s.receive(2, &raft.AppendEntriesResponse{Term: 1, Success: true, Round: 9})
	s.wantReads()
}

func TestReadsThatWaitAreBounded(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.MaxReads = 2 })
	if !s.read(1) || !s.read(2) || s.read(3) {
		t.Error("two reads may wait, and not three")
	}
	s.confirm(2, 2)
	if !s.read(4) || !s.read(5) || s.read(6) {
		t.Error("after two are answered two more may wait, and not three")
	}
}

func TestAnswersStayUntilTheyAreTaken(t *testing.T) {
	s := leading(t, nil)
	s.read(1)
	s.confirm(1, 2)
	s.beat()
	s.read(2)
	s.confirm(2, 2)
	s.wantReads(raft.Read{ID: 1, Index: 1, OK: true}, raft.Read{ID: 2, Index: 1, OK: true})
}

// Answers overtake each other; the later round stays answered.
func TestOldAnswersTakeNothingBack(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.Voters = voters(5) })
	s.read(1)
	s.read(2)
	s.confirm(2, 2)
	s.confirm(1, 2)
	s.confirm(2, 3)
	s.wantReads(raft.Read{ID: 1, Index: 1, OK: true}, raft.Read{ID: 2, Index: 1, OK: true})
}

// Followers say which round they answer.
func TestAnswersNameTheRound(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1, 2)
	s.receive(2, &raft.AppendEntries{Term: 2, Round: 4}, &raft.AppendEntries{Term: 2, Round: 5, Prev: entryAt(9, 2)},
		&raft.AppendEntries{Term: 1, Round: 6})
	s.wantSent("n2 AppendEntriesResponse t2 match 0 round 4",
		"n2 AppendEntriesResponse t2 no match at 9, try 2^2 round 5",
		"n2 AppendEntriesResponse t2 no match at 0, try 0^0")
}

// Reads that wait for the first commit are rejected, too, and the next reign begins without them.
func TestReadsOfANewLeaderAreRejectedOnStepDown(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.elect()
	s.read(1)
	s.read(2)
	s.receive(2, &raft.AppendEntriesResponse{Term: 2})
	s.wantReads(raft.Read{ID: 1}, raft.Read{ID: 2})
	s.elect()
	s.sync()
	s.ack(2, 2)
	s.read(3)
	s.confirm(1, 2)
	s.wantReads(raft.Read{ID: 3, Index: 2, OK: true})
}
