package raft_test

import (
	"slices"
	"testing"
	"time"

	"schism/raft"
	"schism/sim"
)

// leased turns leases on, with clocks that are off by 10 % at most: followers are loyal for 300 ms, of which the leader
// uses 900/1100.
func leased(c *raft.Config) { c.Lease, c.MaxDriftPPM = c.ElectionMin, 100_000 }

const leasedFor = 245454545 * time.Nanosecond

// readLeased asks for an index to read at that the lease may confirm.
func (s *solo) readLeased(id raft.ReadID) bool {
	var out sim.Effects
	ok := s.LeaseRead(s.now, id, &out)
	s.carry(&out)
	return ok
}

// wantByLease fails the test unless a read is confirmed by the lease at once, at the index.
func (s *solo) wantByLease(index raft.Index) {
	s.t.Helper()
	s.readLeased(99)
	s.wantReads(raft.Read{ID: 99, Index: index, OK: true, Lease: true})
	s.wantSent()
}

// wantNoLease fails the test if a lease confirms a read.
func (s *solo) wantNoLease() {
	s.t.Helper()
	s.readLeased(98)
	if r := s.TakeReads(); slices.ContainsFunc(r, func(r raft.Read) bool { return r.Lease }) {
		s.t.Errorf("a lease confirms %v", r)
	}
	s.take()
}

// leadingLeased returns a leader of five with leases, whose followers have acknowledged its first entry and no round.
func leadingLeased(t *testing.T, tune func(*raft.Config)) *solo {
	t.Helper()
	s := newSolo(t, 5, func(c *raft.Config) {
		leased(c)
		if tune != nil {
			tune(c)
		}
	})
	s.elect()
	s.sync()
	s.ack(1, 2, 3, 4, 5)
	s.take()
	return s
}

// Thesis §6.4.1: "Once the leader's heartbeats were acknowledged by a majority of the cluster, the leader would extend
// its lease to start + election timeout / clock drift bound, since the followers shouldn't time out before then."
func TestLeaseBeginsWithARoundThatAQuorumHasAnswered(t *testing.T) {
	s := leadingLeased(t, nil)
	s.wantNoLease()
	s.beat() // the read above has begun round 1, this is round 2
	begun := s.now
	s.take()
	s.now += sim.Time(50 * time.Millisecond)
	s.confirm(2, 2)
	s.wantNoLease() // round 3
	s.now += sim.Time(50 * time.Millisecond)
	s.confirm(2, 3)
	s.take()
	s.TakeReads()
	s.wantByLease(1)
	s.now = begun.Add(leasedFor - 1)
	s.wantByLease(1)
	s.now++
	s.wantNoLease()
}

// Thesis §6.4: what a leader of which nothing is committed yet can be sure of is no index.
func TestLeaseConfirmsNothingBeforeTheFirstCommit(t *testing.T) {
	s := newSolo(t, 3, leased)
	s.elect()
	s.beat()
	s.take()
	s.confirm(1, 2, 3)
	s.readLeased(1)
	s.wantReads()
	s.sync()
	s.ack(1, 2)
	s.take()
	s.wantByLease(1)
}

// A read that no lease confirms is confirmed by a round.
func TestReadWithoutALeaseIsConfirmedByARound(t *testing.T) {
	s := leadingLeased(t, nil)
	s.readLeased(7)
	s.wantReads()
	s.take()
	s.confirm(1, 2, 4)
	s.wantReads(raft.Read{ID: 7, Index: 1, OK: true})
	s.wantByLease(1)
}

// A leader whose followers do not check the quorum has nobody's loyalty.
func TestLeaseNeedsTheCheckOfTheQuorum(t *testing.T) {
	s := leadingLeased(t, func(c *raft.Config) { c.CheckQuorum = false })
	s.beat()
	s.confirm(1, 2, 3, 4, 5)
	s.wantNoLease()
}

func TestLeaseEndsWithTheReign(t *testing.T) {
	s := leadingLeased(t, nil)
	s.beat()
	s.take()
	s.confirm(1, 2, 3)
	s.wantByLease(1)
	s.receive(2, &raft.AppendEntriesResponse{Term: 2})
	if s.readLeased(1) {
		t.Error("a follower takes a read")
	}
	s.elect()
	s.sync()
	s.ack(2, 2, 3)
	s.take()
	s.wantNoLease()
}

// More rounds than a leader remembers make its lease shorter and no longer.
func TestManyRoundsMakeNoLongerLease(t *testing.T) {
	s := leadingLeased(t, nil)
	var last sim.Time
	for i := range raft.ReadID(40) {
		s.now += sim.Time(time.Millisecond)
		if last == 0 || i < 16 {
			last = s.now
		}
		s.readLeased(i)
	}
	s.take()
	s.confirm(40, 2, 3)
	s.TakeReads()
	s.now = last.Add(leasedFor - 1)
	s.wantByLease(1)
	s.now++
	s.wantNoLease()
}

// followingLeased returns a follower of n2 in term 2 at some time after 0.
func followingLeased(t *testing.T) *solo {
	t.Helper()
	s := newSolo(t, 3, leased)
	s.now = sim.Time(time.Second)
	s.fill(1, 2)
	return s
}

// wantVote fails the test unless n3, which asks for a vote in the term, gets it exactly if wanted.
func (s *solo) wantVote(term raft.Term, wanted bool) {
	s.t.Helper()
	s.receive(3, &raft.RequestVote{Term: term, Last: entryAt(9, term-1)})
	s.sync()
	got := slices.ContainsFunc(s.take(), func(l letter) bool {
		m, ok := l.msg.(*raft.RequestVoteResponse)
		return ok && m.Granted
	})
	if got != wanted {
		s.t.Errorf("%v: granted %v, want %v", s.now, got, wanted)
	}
}

// Thesis §6.4.1 needs that "servers […] have not voted for a new leader for an election timeout": also those that have
// learned of a later term, in which they know no leader, from somebody's late answer.
func TestLoyaltyOutlivesTheTerm(t *testing.T) {
	s := followingLeased(t)
	s.receive(3, &raft.AppendEntriesResponse{Term: 5})
	s.want(raft.Follower, 5, 0)
	s.now += sim.Time(s.config.Lease - 1)
	s.wantVote(5, false)
	s.wantVote(6, false)
	s.receive(3, &raft.RequestVote{Term: 6, Last: entryAt(9, 5), PreVote: true})
	s.wantSent("n3 PreVoteResponse t5 refused")
	s.now++
	s.wantVote(6, true)
}

// A follower that restarts does not remember that it has just answered a leader.
func TestLoyaltyOutlivesARestart(t *testing.T) {
	s := followingLeased(t)
	s.powerCut()
	s.sync()
	s.wantVote(3, false)
	s.now += sim.Time(s.config.Lease)
	s.wantVote(3, true)
}

// A node that has never been in a term has answered nobody.
func TestNewServersVoteAtOnce(t *testing.T) {
	newSolo(t, 3, leased).wantVote(1, true)
}

// Without leases nothing changes: rounds begin with reads, and a restarted node votes at once.
func TestWithoutLeasesHeartbeatsAreNoRounds(t *testing.T) {
	s := leading(t, nil)
	s.beat()
	s.wantSent("n2 AppendEntries t1 prev 1^1 commit 1", "n3 AppendEntries t1 prev 1^1 commit 1")
	s.readLeased(1)
	s.wantReads()
	f := newSolo(t, 3, nil)
	f.fill(1, 2)
	f.powerCut()
	f.sync()
	f.wantVote(3, true)
}
