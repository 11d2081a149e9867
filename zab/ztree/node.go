package ztree

import (
	"slices"
	"strings"

	"schism/zab/zkapi"
)

// owner is the mark of a tree on the nodes that no other tree reads. It is compared by its address alone.
type owner struct{ _ byte }

// node is a znode.
//
//  1. children is sorted by name, without duplicates.
//  2. hash is the digest of everything else but the children; place is that of the names from the root to here.
//  3. Nothing but a tree whose mark is owner changes the node, or appends to its children. data and acl are
//     immutable in any case.
type node struct {
	owner *owner
	name  string
	data  string
	// acl is nil where everybody may do everything.
	acl []zkapi.ACL
	// stat has no Cversion, DataLength and NumChildren: they follow from the rest.
	stat zkapi.Stat
	// creates is how many children there have ever been. It goes round.
	creates     zkapi.Version
	place, hash Digest
	children    []*node
}

// rootPlace is the place of the root.
const rootPlace Digest = 1

// placeBelow returns the place of the child name of a node whose place is parent.
func placeBelow(parent Digest, name string) Digest { return parent.Text(name) }

// child returns where the child name is among the children, or where it belongs.
func (n *node) child(name string) (int, bool) {
	lo, hi := 0, len(n.children)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		switch c := strings.Compare(n.children[mid].name, name); {
		case c == 0:
			return mid, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// status returns the stat with everything in it.
func (n *node) status() zkapi.Stat {
	s := n.stat
	s.DataLength, s.NumChildren = int32(len(n.data)), int32(len(n.children))
	s.Cversion = 2*n.creates - zkapi.Version(len(n.children))
	return s
}

// find returns the node at path, nil if there is none.
func (t *Tree) find(path string) *node {
	if path == "" || path[0] != '/' {
		return nil
	}
	n := t.root
	for rest := path[1:]; rest != ""; {
		name, more, found := strings.Cut(rest, "/")
		i, ok := n.child(name)
		if !ok || found && more == "" {
			return nil
		}
		n, rest = n.children[i], more
	}
	return n
}

// own returns the node at path for changing, nil if there is none: it and all above it belong to the tree alone.
func (t *Tree) own(path string) *node {
	if path == "" || path[0] != '/' {
		return nil
	}
	if t.mark == nil {
		t.mark = &owner{}
	}
	if t.root.owner != t.mark {
		t.root = t.root.copy(t.mark)
	}
	n := t.root
	for rest := path[1:]; rest != ""; {
		name, more, _ := strings.Cut(rest, "/")
		i, ok := n.child(name)
		if !ok {
			return nil
		}
		if n.children[i].owner != t.mark {
			n.children[i] = n.children[i].copy(t.mark)
		}
		n, rest = n.children[i], more
	}
	return n
}

// copy returns a copy that belongs to the tree with the mark.
func (n *node) copy(mark *owner) *node {
	c := *n
	c.owner, c.children = mark, slices.Clone(n.children)
	return &c
}

// renew brings hash and sum up to date after n was changed.
func (t *Tree) renew(n *node) {
	t.sum -= n.hash
	n.hash = n.digest()
	t.sum += n.hash
}

// insert adds a child to parent, both of which belong to the tree.
func (t *Tree) insert(parent, n *node, i int) {
	n.owner, n.place = t.mark, placeBelow(parent.place, n.name)
	n.hash = n.digest()
	parent.children = slices.Insert(parent.children, i, n)
	t.count(n, 1)
}

// remove removes the i-th child of parent with all below it.
func (t *Tree) remove(parent *node, i int) {
	t.forget(parent.children[i])
	parent.children = slices.Delete(parent.children, i, i+1)
}

// forget takes n and all below it out of the counts.
func (t *Tree) forget(n *node) {
	t.count(n, -1)
	for _, c := range n.children {
		t.forget(c)
	}
}

// count adds n to the counts of the tree, or takes it out if by is -1.
func (t *Tree) count(n *node, by int) {
	t.nodes += by
	t.sum += Digest(by) * n.hash
	if n.stat.EphemeralOwner != 0 {
		t.owned += by
	}
}

// walk calls f for every node, parents before children, children in order. The path is f's only until it returns.
func (t *Tree) walk(f func(path []byte, n *node)) { t.root.walk(make([]byte, 0, 64), f) }

// walk calls f for n, whose parent has the path above, and for all below it.
func (n *node) walk(above []byte, f func(path []byte, n *node)) {
	path := append(append(above, '/'), n.name...)
	f(path, n)
	if n.name == "" {
		path = path[:0]
	}
	for _, c := range n.children {
		c.walk(path, f)
	}
}
