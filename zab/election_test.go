package zab

import (
	"testing"

	"schism/sim"
)

// looker returns server number n of five, of which the first three vote, while it looks for a leader in round 1. A
// reconfig to next is pending there, if it is not nil.
func looker(n int, next *Ensemble) *Peer {
	var servers []sim.NodeID
	for i := range 5 {
		servers = append(servers, sim.Server(i+1))
	}
	c := DefaultConfig(sim.Server(n), servers)
	c.Ensemble = Ensemble{Voters: 0b00111}
	p, out := New(c), &sim.Effects{}
	p.proposed = next
	p.Step(0, sim.Event{Kind: sim.Start, Disk: &sim.Disk{}}, out)
	for i := range p.links {
		p.links[i].queued, p.links[i].channel = nil, sim.ChanID(i+1)
	}
	return p
}

// hear lets p hear what server number n thinks, and returns what p answers it, nil for nothing.
func (p *Peer) hear(n int, m Notification) *Notification {
	if m.Ensemble == nil {
		m.Ensemble = &Ensemble{Voters: 0b00111}
	}
	l := &p.links[n-1]
	l.queued = nil
	p.Step(0, sim.Event{Kind: sim.Receive, From: sim.Server(n), Chan: l.channel, Msg: &m}, &sim.Effects{})
	return l.queued
}

func TestRoundsCountWithoutAVote(t *testing.T) {
	p := looker(5, &Ensemble{Version: 1, Voters: 0b11000})
	if got := p.hear(4, Notification{Round: 8}); got == nil || got.Round != 8 || got.Leader != p.ID() {
		t.Errorf("tells %v after round 8 of a server that votes for nobody", got)
	}
}

func TestVotesAreToldToThoseWhoAreToJoin(t *testing.T) {
	p, next := looker(5, nil), &Ensemble{Version: 1, Voters: 0b11000}
	vote := Vote{Leader: sim.Server(4), Zxid: z(1, 1), PeerEpoch: 1}
	p.hear(1, Notification{Vote: vote, Round: 1, Next: next})
	if got := p.links[3].queued; got == nil || got.Vote != vote {
		t.Errorf("tells its candidate %v", got)
	}
}

func TestEstablishedLeaderNeedsNoQuorumOfAPendingEnsemble(t *testing.T) {
	p := looker(5, &Ensemble{Version: 1, Voters: 0b11000})
	vote := Vote{Leader: sim.Server(1), PeerEpoch: 1}
	p.hear(2, Notification{Vote: vote, Round: 7, State: Following})
	p.hear(1, Notification{Vote: vote, Round: 7, State: Leading})
	if p.state != Following || p.leader != sim.Server(1) {
		t.Errorf("is %v, its leader is %v", p.state, p.leader)
	}
}

// Of two servers without a vote none answers the other, and a round is told only to who counts the vote: an answer to
// each answer would never end.
func TestNotificationsEnd(t *testing.T) {
	next := &Ensemble{Version: 1, Voters: 0b11000}
	for _, c := range []struct {
		name  string
		n     int
		m     Notification
		heard bool
	}{
		{"one without a vote", 4, Notification{Round: 1}, false},
		{"one that says that both will have a vote", 4, Notification{Round: 1, Next: next}, true},
		{"a voter in an old round", 1, Notification{}, false},
		{"a voter in an old round that says that this server will have a vote", 1, Notification{Next: next}, true},
	} {
		if got := looker(5, nil).hear(c.n, c.m); (got != nil) != c.heard {
			t.Errorf("%s: is answered %v", c.name, got)
		}
	}
}
