package zkspec

import (
	"cmp"
	"slices"

	"schism/zab/zkapi"
)

// begin returns the tree that all begin with. What ConfigPath says at first is for the servers to know.
func begin() *node {
	config := &node{name: zkapi.Base(zkapi.ConfigPath), guarded: true, untold: true}
	system := &node{name: zkapi.Base(zkapi.SystemPath), children: []*node{config.seal()}}
	return (&node{children: []*node{system.seal()}}).seal()
}

// reconfig returns the tree after a Reconfig at z with the result r, and whether the tree allows it. If r is nil nobody
// knows it, and what ConfigPath says then is not known, either. Whether a quorum is in line, and which servers there
// are, no tree says: a Reconfig may be refused for that at any time.
func (n *node) reconfig(c *zkapi.Change, r *zkapi.Result, z zkapi.Zxid) (*node, bool) {
	config := n.find(zkapi.ConfigPath)
	before, err := zkapi.ParseMembership(config.data)
	known := err == nil && !config.untold
	right := true
	set := func(data string, untold bool) *node {
		return n.edit(zkapi.ConfigPath, func(at *node) {
			at.data, at.untold = data, untold
			at.stat.Version, at.stat.Mzxid = following(at.stat.Version), z
			right = at.learn(r, z)
		})
	}
	switch {
	case r == nil:
		return set("", true), true
	case r.Code == zkapi.BadVersion:
		return n, c.From != zkapi.AnyMembership && (!known || c.From != before.Version)
	case r.Code == zkapi.ReconfigInProgress:
		// What is pending was proposed by the same leader: what one before had proposed is committed when it serves.
		return n, !known || before.Version>>32 == z>>32
	case r.Code != zkapi.OK:
		return n, r.Code == zkapi.NewConfigNoQuorum || r.Code == zkapi.BadArguments || r.Code == zkapi.ReconfigDisabled
	case known && c.From != zkapi.AnyMembership && c.From != before.Version:
		return n, false
	}
	after, err := zkapi.ParseMembership(r.Data)
	if err != nil || after.Version != z || !follows(after.Members, c, before.Members, known) {
		return n, false
	}
	next := set(r.Data, false)
	return next, right
}

// follows reports whether after may be what c makes of before, if that is known.
func follows(after []zkapi.Member, c *zkapi.Change, before []zkapi.Member, known bool) bool {
	if c.Members != nil {
		return slices.Equal(after, inOrder(c.Members))
	}
	has := func(list []zkapi.Member, m zkapi.Member) bool {
		return slices.ContainsFunc(list, func(x zkapi.Member) bool { return x.Server == m.Server })
	}
	if !known {
		for _, m := range c.Joining {
			if !slices.Contains(after, m) {
				return false
			}
		}
		return !slices.ContainsFunc(after, func(m zkapi.Member) bool {
			return slices.Contains(c.Leaving, m.Server) && !has(c.Joining, m)
		})
	}
	want := slices.Clone(c.Joining)
	for _, m := range before {
		if !has(c.Joining, m) && !slices.Contains(c.Leaving, m.Server) {
			want = append(want, m)
		}
	}
	return slices.Equal(after, inOrder(want))
}

// inOrder returns the members in the order of their servers, with their groups numbered from 1.
func inOrder(members []zkapi.Member) []zkapi.Member {
	list := slices.Clone(members)
	slices.SortFunc(list, func(a, b zkapi.Member) int { return cmp.Compare(a.Server, b.Server) })
	var groups []uint8
	for _, m := range list {
		if m.Group != 0 {
			groups = append(groups, m.Group)
		}
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	for i := range list {
		if g, found := slices.BinarySearch(groups, list[i].Group); found {
			list[i].Group = uint8(g + 1)
		}
	}
	return list
}

// says reports whether n may have the data that the reply to a GetData shows.
func (n *node) says(out *zkapi.Output) bool {
	if !n.untold {
		return n.data == out.Data
	}
	m, err := zkapi.ParseMembership(out.Data)
	return err == nil && m.Version == out.Stat.Mzxid && (m.Version == 0) == (out.Stat.Version == 0)
}
