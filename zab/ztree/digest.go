package ztree

import "schism/sim/digest"

// Digest is a 64-bit hash of a state, for finding differences.
type Digest = digest.Digest

// digest returns the node's share of the sum.
func (n *node) digest() Digest {
	s := &n.stat
	d := n.place.Text(n.data).Mix(uint64(s.Czxid)).Mix(uint64(s.Mzxid)).Mix(uint64(s.Pzxid))
	d = d.Mix(uint64(s.Ctime)).Mix(uint64(s.Mtime)).Mix(uint64(s.EphemeralOwner))
	d = d.Mix(uint64(uint32(s.Version))<<32 | uint64(uint32(s.Aversion)))
	d = d.Mix(uint64(uint32(n.creates))<<32 | uint64(len(n.acl)))
	for i := range n.acl {
		d = d.Mix(uint64(n.acl[i].Perms)).Text(n.acl[i].Scheme).Text(n.acl[i].ID)
	}
	return d
}

// digest returns the session's share of the sum.
func (s session) digest() Digest { return Digest(2).Mix(uint64(s.id)).Mix(uint64(s.timeout)) }

// Digest returns the digest of all nodes and sessions: servers that have applied the same transactions have the
// same. It costs the same however large the tree is.
func (t *Tree) Digest() Digest {
	return t.sum.Mix(uint64(t.nodes)).Mix(uint64(len(t.sessions)))
}
