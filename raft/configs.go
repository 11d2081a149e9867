package raft

import "schism/raft/quorum"

// ConfigTime says when a change of the membership takes effect.
type ConfigTime uint8

const (
	// AtAppend lets a node use the last membership in its log, committed or not (thesis §4.1). It falls
	// back to the one before if the entry is removed.
	AtAppend ConfigTime = iota
	// AtApply lets a node use the last membership that it has applied (as etcd does). A node does not
	// campaign while it knows of a committed change that it has not applied.
	AtApply
)

// config is the membership from the entry index on, until the next one.
type config struct {
	index Index
	Membership
}

// configs are the memberships that a node knows of.
//
//  1. list[0] is that after the last entry of the last snapshot, or the initial one, or an older one if not all of that
//     snapshot is applied here. The others are those that the config entries of the log after it make, each from the
//     one before.
//  2. now is the one in force.
type configs struct {
	list []config
	now  config
}

// last is the membership after the last entry of the log.
func (c *configs) last() *config { return &c.list[len(c.list)-1] }

// at returns the membership after the entry i, which is not before list[0].
func (c *configs) at(i Index) config {
	k := len(c.list) - 1
	for k > 0 && c.list[k].index > i {
		k--
	}
	return c.list[k]
}

// trim forgets what was before the membership after the entry i.
func (c *configs) trim(i Index) {
	k := 0
	for k+1 < len(c.list) && c.list[k+1].index <= i {
		k++
	}
	c.list = c.list[:copy(c.list, c.list[k:])]
}

// addConfig handles that the config entry e has been added to the log. If its change does not fit, the
// membership stays as it is.
func (n *Node) addConfig(e *Entry) {
	next := n.configs.last().Membership
	if c, _, ok := DecodeChange(e.Data); ok {
		if m, err := n.rules.Next(next, c); err == nil && m.valid(len(n.Servers)) {
			next = m
		}
	}
	n.configs.list = append(n.configs.list, config{e.Index, next})
	n.enforce()
}

// cutConfigs handles that the log has been cut after last.
func (n *Node) cutConfigs(last Index) {
	c := &n.configs
	for k := len(c.list) - 1; k > 0 && !n.rules.ConfigKept(c.list[k].index, last); k-- {
		c.list = c.list[:k]
	}
	n.enforce()
}

// restoreConfigs begins anew with the membership of the last snapshot and those in the log after it.
func (n *Node) restoreConfigs() {
	c, s := &n.configs, &n.snapshots.last
	base := config{Membership: n.initial}
	if s.file != nil {
		base = config{s.config.index, n.rules.ConfigRestored(s.config.Membership, c.now.Membership)}
	}
	c.list = append(c.list[:0], base)
	for i := range n.log.entries {
		if e := &n.log.entries[i]; e.Type == EntryConfig && e.Index > s.last.Index {
			n.addConfig(e)
		}
	}
	n.enforce()
}

// enforce puts the membership in force that the log, or what is applied of it, makes.
func (n *Node) enforce() {
	c := &n.configs
	next := *c.last()
	if n.ApplyConfigAt == AtApply {
		next = c.at(n.applied)
	}
	if next == c.now {
		return
	}
	c.now = next
	n.members = n.rules.Counts(&c.now.Membership)
	before := n.followers
	n.followers = next.All().Without(n.self)
	if n.role == Leader {
		n.admit(n.followers &^ before)
		n.unsettled = true
	}
}

// admit begins to replicate to new members, in a session of their own: what they may have acknowledged
// as members before does not count. They count as heard from, so that they get time to answer.
func (n *Node) admit(joined quorum.Members) {
	for slot := range n.peers {
		if joined.Has(quorum.Slot(slot)) {
			n.peers[slot] = peer{next: n.log.LastIndex() + 1, session: n.configs.now.index}
			n.match[slot], n.answered[slot] = 0, 0
		}
	}
	n.active |= joined
}

// votes reports whether the node is a voter as far as it knows.
func (n *Node) votes() bool { return n.configs.now.Voters.Members().Has(n.self) }

// needed reports whether the node may be needed as a leader: it is a voter, or it was one before a change
// that is in force and, as far as it knows, not committed. Those who would elect each other without it may
// not have heard of that change (thesis §4.2.2).
func (n *Node) needed() bool {
	return n.votes() || n.ApplyConfigAt == AtAppend && n.configs.at(n.commit).Voters.Members().Has(n.self)
}

// unapplied reports whether a committed change of the membership waits to be applied.
func (n *Node) unapplied() bool {
	return n.ApplyConfigAt == AtApply && n.configs.at(n.commit).index > n.configs.now.index
}

// Membership is the membership in force, and the index of the entry that made it, 0 for the initial one.
func (n *Node) Membership() (Membership, Index) { return n.configs.now.Membership, n.configs.now.index }

// AppliedMembership is the membership after the last entry that the application has applied. last says that no change
// is committed and waits to be applied, as far as the node knows.
func (n *Node) AppliedMembership() (m Membership, last bool) {
	c := n.configs.at(n.applied)
	return c.Membership, c.index == n.configs.at(n.commit).index
}

// LastMembership is the membership after the last entry of the log, in force or not, and the index of
// the entry that made it.
func (n *Node) LastMembership() (Membership, Index) {
	c := n.configs.last()
	return c.Membership, c.index
}
