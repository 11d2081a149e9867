package zab

import "schism/sim"

// established checks a server that a quorum has just accepted as the leader of its epoch.
func (g *Ghost) established(s *shadow, p *Peer) {
	e := p.currentEpoch
	for Epoch(len(g.leaderOf)) <= e {
		g.leaderOf, g.lastOf = append(g.leaderOf, 0), append(g.lastOf, 0)
	}
	if other := g.leaderOf[e]; other != 0 && other != s.id {
		g.fail(OneLeaderPerEpoch, "%s and %s both lead epoch %d", other, s.id, e)
	}
	g.leaderOf[e] = s.id
	top := g.Committed()
	for top > 0 && g.at(top).zxid.Epoch() > e {
		top-- // its acknowledgements took so long that a later leader has committed already
	}
	if !s.written.history.holds(top, g.at(top)) {
		g.fail(LeaderCompleteness, "%s leads epoch %d with a history up to %v, without %d=%v, which is committed",
			s.id, e, s.written.history.end(), top, g.at(top).zxid)
	}
}

// hears takes notice of the epochs that voters tell a leader which has not decided on its own.
func (g *Ghost) hears(s *shadow, p *Peer, info *sim.StepInfo) {
	if p.state != Leading {
		s.told = 0
		return
	}
	m, ok := info.Event.Msg.(*FollowerInfo)
	if !ok || !s.open {
		return
	}
	if slot, known := p.slot(info.Event.From); known && p.voters().Has(slot) {
		s.told = max(s.told, m.AcceptedEpoch)
	}
}

// sent checks a message by which a server promises something.
func (g *Ghost) sent(s *shadow, p *Peer, f *sim.Effect) {
	d := &s.durable
	switch m := f.Msg.(type) {
	case *LeaderInfo:
		if d.accepted < m.Epoch {
			g.fail(AckDurable, "%s proposes epoch %d, its disk has accepted %d", s.id, m.Epoch, d.accepted)
		}
		if m.Epoch <= s.told {
			g.fail(EpochLater, "%s proposes epoch %d, a voter had accepted %d", s.id, m.Epoch, s.told)
		}
		g.promises(s, m.Epoch, s.id)
	case *AckEpoch:
		if m.Counts && d.accepted != p.learn.epoch {
			g.fail(AckDurable, "%s promises epoch %d, its disk has accepted %d", s.id, p.learn.epoch, d.accepted)
		}
		if m.Counts {
			g.promises(s, p.learn.epoch, p.leader)
		}
	case *Ack:
		if m.Zxid.Counter() == 0 {
			g.acceptedBy(s, m.Zxid.Epoch())
			return
		}
		if i, ok := p.history.find(m.Zxid); !ok || d.history.last() < i {
			g.fail(AckDurable, "%s acknowledges %v, its disk has a history up to %v", s.id, m.Zxid, d.history.end())
		}
	}
}

// promises checks that s promises the epoch e to nobody but the server to.
func (g *Ghost) promises(s *shadow, e Epoch, to sim.NodeID) {
	if e < s.promised || e == s.promised && to != s.to {
		g.fail(OnePromise, "%s promises epoch %d to %s, and had promised %d to %s", s.id, e, to, s.promised, s.to)
	}
	s.promised, s.to = e, to
}

// acceptedBy checks that the disk of s has everything that it accepts with a leader's history.
func (g *Ghost) acceptedBy(s *shadow, e Epoch) {
	d, end := &s.durable, s.written.history.end()
	if d.current != e || !d.history.holds(end.Index, s.written.history.links[len(s.written.history.links)-1]) {
		g.fail(AckDurable, "%s accepts the history of epoch %d up to %v, its disk is in epoch %d and has one up to %v",
			s.id, e, end, d.current, d.history.end())
	}
}

// compare checks the peer's memory after a step against what it was before and what is written.
func (g *Ghost) compare(s *shadow, p *Peer) {
	if w := &s.written; p.acceptedEpoch > w.accepted || p.currentEpoch > w.current {
		g.fail(EpochSanity, "%s is in the epochs %d and %d, its disk says %d and %d", s.id,
			p.acceptedEpoch, p.currentEpoch, w.accepted, w.current)
	}
	if last := p.history.Last(); last != s.last {
		s.last = last
		if last != s.written.history.end() {
			g.fail(SameTransaction, "%s has a history up to %v, its disk one up to %v", s.id, last,
				s.written.history.end())
		}
	}
	if p.committed != s.committed {
		g.commits(s, p)
	}
	if p.applied != s.applied {
		if p.applied < s.applied || p.applied > p.committed {
			g.fail(IndexOrder, "%s goes from applied %d to %d with %d committed", s.id, s.applied, p.applied,
				p.committed)
		}
		s.applied = p.applied
	}
}

// commits checks how much a server takes to be committed.
func (g *Ghost) commits(s *shadow, p *Peer) {
	h := &s.written.history
	if p.committed < s.committed || p.committed > h.last() {
		g.fail(IndexOrder, "%s goes from committed %d to %d with a history up to %d", s.id, s.committed, p.committed,
			h.last())
		return
	}
	s.committed = p.committed
	shared := min(p.committed, g.Committed())
	if !h.holds(shared, g.at(shared)) {
		g.fail(TotalOrder, "%s commits %d=%v, others have committed %v there", s.id, shared,
			h.links[shared-h.base].zxid, g.at(shared).zxid)
		return
	}
	if p.committed <= g.Committed() {
		return
	}
	if _, leads := p.Reign(); !leads {
		g.fail(CommitQuorum, "%s takes %d to be committed, no leader has committed more than %d", s.id, p.committed,
			g.Committed())
		return
	}
	if g.active == nil {
		g.active = &p.Config.Ensemble
	}
	if s.led && g.active.Weight(p.self) == 0 {
		g.fail(LeaderInEnsemble, "%s goes on committing %v, the ensemble %v has another leader", s.id, h.end(),
			g.active.Version)
	}
	for i := g.Committed() + 1; i <= p.committed; i++ {
		x := h.links[i-h.base]
		g.committed = append(g.committed, x)
		if e := g.reconfigs[x.zxid]; e != nil {
			g.held(s, p, i)
			g.active = e
			g.held(s, p, i)
		}
	}
	g.held(s, p, p.committed)
}

// held checks that a quorum of the ensemble in force holds what is committed up to i, whatever the rules and the memory
// of the peer say.
func (g *Ghost) held(s *shadow, p *Peer, i Index) {
	if have := g.holders(p, i); !g.active.Quorum(have) {
		g.fail(CommitQuorum, "%s in epoch %d commits %v, which %d disks hold", s.id, p.currentEpoch,
			Position{g.at(i).zxid, i}, have.Len())
	}
}

// activates checks the ensemble that s writes down as being in force.
func (g *Ghost) activates(s *shadow) {
	if e := g.activated; e.Version > g.at(g.Committed()).zxid {
		g.fail(ActiveCommitted, "%s puts the ensemble %v in force, which is not committed", s.id, e.Version)
	}
}

// holders returns the servers whose disks hold what is committed up to i.
func (g *Ghost) holders(p *Peer, i Index) Servers {
	var have Servers
	for slot, id := range p.Servers {
		s := g.shadow(id)
		g.settle(s)
		if s.durable.history.holds(i, g.at(i)) {
			have = have.With(Slot(slot))
		}
	}
	return have
}
