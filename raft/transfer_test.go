package raft_test

import (
	"slices"
	"testing"
	"time"

	"schism/raft"
	"schism/sim"
)

// handOver asks the node to hand its leadership over, and reports whether it begins to.
func (s *solo) handOver(to int) bool {
	var out sim.Effects
	ok := s.TransferLeader(s.now, sim.Server(to), &out)
	s.carry(&out)
	return ok
}

// told returns how many TimeoutNow have left for each member since the last take.
func (s *solo) told() map[sim.NodeID]int {
	told := map[sim.NodeID]int{}
	for _, l := range s.take() {
		if _, ok := l.msg.(*raft.TimeoutNow); ok {
			told[l.to]++
		}
	}
	return told
}

func (s *solo) wantTold(to, times int) {
	s.t.Helper()
	if got := s.told(); got[sim.Server(to)] != times || len(got) > 1 {
		s.t.Errorf("told to campaign: %v, want n%d %d times", got, to, times)
	}
}

// Thesis §3.10, step 3: "The prior leader sends a TimeoutNow request to the target server", at once if it has the whole
// log.
func TestTransferTellsACompleteFollowerToCampaign(t *testing.T) {
	s := leading(t, nil)
	if !s.handOver(3) {
		t.Fatal("the transfer is refused")
	}
	s.wantSent("n3 TimeoutNow t1")
	if s.Transferee() != 3 {
		t.Errorf("the leadership goes to %v", s.Transferee())
	}
	s.beat() // the message may be lost
	s.wantTold(3, 1)
}

// Thesis §3.10, step 2: "The prior leader fully updates the target server's log to match its own."
func TestTransferFirstCompletesTheLog(t *testing.T) {
	s := leading(t, nil)
	s.propose("x")
	s.propose("y")
	s.take()
	s.handOver(2)
	s.ack(2, 2)
	s.beat()
	s.wantTold(2, 0)
	s.ack(3, 3)
	s.wantTold(2, 0)
	s.ack(3, 2)
	s.wantTold(2, 1)
}

// Thesis §3.10, step 1: "The prior leader stops accepting new client requests."
func TestTransferStopsProposals(t *testing.T) {
	s := leading(t, nil)
	s.handOver(2)
	if _, ok := s.tryPropose("x"); ok {
		t.Error("a leader that hands over takes a proposal")
	}
	var out sim.Effects
	if _, _, why := s.ProposeConfig(raft.Change{}, nil, &out); why != raft.HandingOver {
		t.Errorf("a leader that hands over and is to change the membership says: %v", why)
	}
	s.wantTerms(1)
}

// Thesis §3.10: "If leadership transfer does not complete after about an election timeout, the prior leader aborts the
// transfer and resumes accepting client requests."
func TestTransferIsAbortedAfterAnElectionTimeout(t *testing.T) {
	s := leading(t, nil)
	s.handOver(2)
	begun := s.now
	for s.now.Sub(begun) < s.config.ElectionMax {
		if _, ok := s.tryPropose("x"); ok {
			t.Fatalf("after %v a proposal is taken", s.now.Sub(begun))
		}
		s.beat()
	}
	s.take()
	s.propose("x")
	s.beat()
	s.wantTold(2, 0)
	if s.Transferee() != 0 || s.marks["transfer-aborted"] != 1 {
		t.Errorf("the leadership still goes to %v, marks %v", s.Transferee(), s.marks)
	}
	if !s.handOver(3) {
		t.Error("no other transfer may follow")
	}
}

// A transfer that never ends, or during which proposals are taken, is a bug that has been made.
func TestTransferBugsAreNoticed(t *testing.T) {
	forever := leading(t, func(c *raft.Config) {
		c.Rules = &raft.Rules{TransferOver: func(_, _ time.Duration) bool { return false }}
	})
	forever.handOver(2)
	for range 20 {
		forever.beat()
	}
	if _, ok := forever.tryPropose("x"); ok {
		t.Error("a transfer without end ends")
	}
	busy := leading(t, func(c *raft.Config) {
		c.Rules = &raft.Rules{ProposalAllowed: func(bool) bool { return true }}
	})
	busy.propose("x")
	busy.handOver(2)
	for i := raft.Index(2); i < 10; i++ {
		busy.propose("x")
		busy.ack(i, 2)
	}
	busy.wantTold(2, 0) // its log is never complete
}

func TestTransferIsRefused(t *testing.T) {
	s := leading(t, nil)
	for _, to := range []int{0, 1, 4} {
		if s.handOver(to) {
			t.Errorf("the leader n1 of three hands over to n%d", to)
		}
	}
	s.propose("x")
	s.receive(2, &raft.AppendEntries{Term: 2})
	if s.handOver(2) {
		t.Error("a follower hands over")
	}
}

// A second transfer to another member replaces the first; one to the same member does not prolong it.
func TestTransferIsReplaced(t *testing.T) {
	s := leading(t, nil)
	s.propose("x")
	s.handOver(2)
	s.beat()
	s.handOver(3)
	s.take()
	s.ack(2, 2)
	s.wantTold(3, 0)
	s.ack(2, 3)
	s.wantTold(3, 1)
	for range 5 {
		s.beat()
		s.handOver(3)
	}
	s.beat()
	if s.Transferee() != 0 {
		t.Error("the transfer was prolonged")
	}
}

func TestTransferEndsWithTheReign(t *testing.T) {
	s := leading(t, nil)
	s.handOver(2)
	s.receive(2, &raft.RequestVote{Term: 2, Last: entryAt(1, 1), Transfer: true})
	s.want(raft.Follower, 2, 2)
	if s.Transferee() != 0 {
		t.Errorf("a follower hands over to %v", s.Transferee())
	}
}

// Thesis §3.10: the target "starts a new election (incrementing its term and becoming a candidate)", without a
// pre-vote, which those who hear from the leader would refuse.
func TestTargetCampaignsAtOnce(t *testing.T) {
	s := newSolo(t, 3, nil)
	s.fill(1, 1)
	s.receive(2, &raft.TimeoutNow{Term: 1})
	s.want(raft.Candidate, 2, 1)
	s.sync()
	s.wantSent("n2 RequestVote t2 last 2^1 by transfer", "n3 RequestVote t2 last 2^1 by transfer")
	s.receive(2, &raft.TimeoutNow{Term: 1}) // once more
	s.want(raft.Candidate, 2, 1)
	s.campaign() // the leave is for one election
	s.sync()
	s.wantSent("n2 PreVote t3 last 2^1", "n3 PreVote t3 last 2^1")
}

func TestTimeoutNowIsIgnored(t *testing.T) {
	for _, test := range []struct {
		name string
		from int
		term raft.Term
	}{{"of an old term", 2, 1}, {"of a term that is not here yet", 2, 3}, {"of one who does not lead", 3, 2}} {
		s := newSolo(t, 3, nil)
		s.fill(1, 2)
		s.receive(test.from, &raft.TimeoutNow{Term: test.term})
		if s.Role() != raft.Follower || s.Term() != 2 {
			t.Errorf("%s: it makes a %v in term %d", test.name, s.Role(), s.Term())
		}
	}
}

// Thesis §3.10, §4.2.3: voters that hear from the leader vote for who campaigns by its order, and for nobody else.
func TestVotersObeyATransfer(t *testing.T) {
	for _, lease := range []time.Duration{0, 300 * time.Millisecond} {
		s := newSolo(t, 3, func(c *raft.Config) { c.Lease = lease })
		s.fill(1, 1)
		s.receive(3, &raft.RequestVote{Term: 2, Last: entryAt(2, 1)})
		s.want(raft.Follower, 1, 0)
		s.receive(3, &raft.RequestVote{Term: 2, Last: entryAt(1, 1), Transfer: true}) // but not for one who lags
		s.want(raft.Follower, 2, 0)
		s.receive(2, &raft.RequestVote{Term: 2, Last: entryAt(2, 1), Transfer: true})
		s.want(raft.Follower, 2, 2)
	}
}

// etcd#12133: a node that counts votes by a configuration that is over may be the second leader of a term. It campaigns
// when it has applied the change.
func TestTargetAppliesChangesOfMembershipFirst(t *testing.T) {
	for _, obeys := range []bool{false, true} {
		s := newSolo(t, 3, func(c *raft.Config) {
			c.ApplyConfigAt = raft.AtApply
			if obeys {
				c.Rules = &raft.Rules{MayCampaign: func(voter, _ bool) bool { return voter }}
			}
		})
		es := entries(1, 1, 1, 1)
		es[1].Type, es[1].Data = raft.EntryConfig, (&raft.Change{Learners: 0b100}).Append(nil)
		s.receive(2, &raft.AppendEntries{Term: 1, Entries: es, Commit: 3})
		s.sync()
		s.receive(2, &raft.TimeoutNow{Term: 1})
		if campaigns := s.Role() == raft.Candidate; campaigns != obeys {
			t.Errorf("with the right rule replaced: %v, campaigns: %v", obeys, campaigns)
		}
		if obeys {
			continue
		}
		s.NextCommitted(10)
		s.Applied(2)
		s.receive(2, &raft.TimeoutNow{Term: 1})
		s.want(raft.Candidate, 2, 1)
	}
}

// Thesis §6.4.1, §3.10: what a leader has told others to campaign for, it cannot rely on any more: the message may be
// late.
func TestLeaseIsGoneWhenATransferIsAborted(t *testing.T) {
	s := leadingLeased(t, nil)
	s.beat()
	s.confirm(1, 2, 3)
	s.take()
	s.wantByLease(1)
	s.handOver(2)
	s.wantNoLease()
	for range 10 {
		s.beat()
		s.confirm(99, 2, 3)
	}
	if s.Transferee() != 0 {
		t.Fatal("the transfer goes on")
	}
	s.wantNoLease()
	s.receive(2, &raft.AppendEntriesResponse{Term: 2})
	s.elect()
	s.sync()
	s.ack(2, 2, 3)
	s.beat()
	s.confirm(1, 2, 3)
	s.take()
	s.wantByLease(2)
}

// TestTransferTakesOneElection hands over in a cluster that is well: nobody waits for a timeout.
func TestTransferTakesOneElection(t *testing.T) {
	g := newGroup(t, 3, leased)
	g[0].campaign()
	g.deliver(nil, 1, 2, 3)
	g[0].propose("x")
	if !g[0].handOver(3) {
		t.Fatal("the transfer is refused")
	}
	g.deliver(nil, 1, 2, 3)
	g[2].want(raft.Leader, 2, 3)
	g[0].want(raft.Follower, 2, 3)
	terms := g[2].terms()
	if !slices.Equal(terms, []raft.Term{1, 1, 2}) {
		t.Errorf("the log of the new leader: terms %v", terms)
	}
	g[2].propose("y")
}
