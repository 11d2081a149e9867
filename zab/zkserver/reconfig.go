package zkserver

import (
	"cmp"
	"slices"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// validateReconfig returns the ensemble that the Reconfig r asks for, and puts into r what ConfigPath will say if it is
// done as the transaction z, or why it is not (PrepRequestProcessor.pRequest2Txn). If only the session speaks against
// it, that is left for the tree to find.
func (s *Server) validateReconfig(z zab.Zxid, r *ztree.Request) zab.Ensemble {
	if t := s.lead.tracked(r.Session); r.Refused != zkapi.OK || t == nil || t.closing {
		return zab.Ensemble{}
	}
	if !s.policy.reconfigs {
		r.Refused = zkapi.ReconfigDisabled
		return zab.Ensemble{}
	}
	change := r.Op.Change
	next, ok := s.changed(change)
	if !ok {
		r.Refused = zkapi.BadArguments
		return next
	}
	switch s.peer.Refuses(&next, zab.Zxid(change.From)) {
	case zab.BadArguments:
		r.Refused = zkapi.BadArguments
	case zab.ReconfigInProgress:
		r.Refused = zkapi.ReconfigInProgress
	case zab.BadVersion:
		r.Refused = zkapi.BadVersion
	case zab.NewConfigNoQuorum:
		r.Refused = zkapi.NewConfigNoQuorum
	}
	next.Version = z
	r.Config = membership(&next, s.peer.Servers).String()
	return next
}

// changed returns the ensemble in force with the change c, and whether there is one. How an ensemble with groups
// differs nobody can ask for (QuorumMaj is demanded for incremental reconfigs).
func (s *Server) changed(c *zkapi.Change) (zab.Ensemble, bool) {
	members := c.Members
	if members == nil {
		if len(s.peer.Ensemble().Groups) > 0 {
			return zab.Ensemble{}, false
		}
		members = slices.DeleteFunc(membership(s.peer.Ensemble(), s.peer.Servers).Members, func(m zkapi.Member) bool {
			same := func(x zkapi.Member) bool { return x.Server == m.Server }
			return slices.Contains(c.Leaving, m.Server) || slices.ContainsFunc(c.Joining, same)
		})
		members = append(members, c.Joining...)
	}
	return s.ensemble(members)
}

// ensemble returns the ensemble of members, and whether there is one: they are distinct servers, and either all voters
// have a group or none has. Groups are numbered anew, from 1.
func (s *Server) ensemble(members []zkapi.Member) (zab.Ensemble, bool) {
	byGroup := func(a, b zkapi.Member) int { return cmp.Compare(a.Group, b.Group) }
	var e zab.Ensemble
	var grouped zab.Servers
	last := uint8(0)
	for _, m := range slices.SortedStableFunc(slices.Values(members), byGroup) {
		i := slices.Index(s.peer.Servers, m.Server)
		x := zab.Slot(max(i, 0))
		if i < 0 || (e.Voters | e.Observers).Has(x) {
			return e, false
		}
		if m.Observer {
			e.Observers = e.Observers.With(x)
			continue
		}
		e.Voters = e.Voters.With(x)
		if m.Group == 0 {
			continue
		}
		if m.Group != last {
			e.Groups = append(e.Groups, zab.Group{})
		}
		last = m.Group
		g := &e.Groups[len(e.Groups)-1]
		g.Members, g.Weights[x] = g.Members.With(x), m.Weight
		grouped = grouped.With(x)
	}
	return e, grouped == 0 || grouped == e.Voters
}

// membership returns e as clients see it.
func membership(e *zab.Ensemble, servers []sim.NodeID) *zkapi.Membership {
	m := &zkapi.Membership{Version: zkapi.Zxid(e.Version)}
	for i, id := range servers {
		switch x := zab.Slot(i); {
		case e.Voters.Has(x):
			member := zkapi.Member{Server: id}
			for g := range e.Groups {
				if e.Groups[g].Members.Has(x) {
					member.Group, member.Weight = uint8(g+1), e.Groups[g].Weights[x]
				}
			}
			m.Members = append(m.Members, member)
		case e.Observers.Has(x):
			m.Members = append(m.Members, zkapi.Member{Server: id, Observer: true})
		}
	}
	slices.SortFunc(m.Members, func(a, b zkapi.Member) int { return cmp.Compare(a.Server, b.Server) })
	return m
}
