package ztree

import (
	"cmp"
	"slices"
	"strings"

	"schism/zab/zkapi"
)

// Tree is the state that transactions build: a function of those that were applied, equal at every server that has
// applied the same (DataTree). Its zero value is not ready for use.
//
//  1. The root, SystemPath and ConfigPath are always there. Every node but the root has a parent.
//  2. sum is the sum of the hashes of all nodes and sessions, nodes is the number of nodes, and owned that of those
//     with an EphemeralOwner.
//  3. sessions is sorted by id, without duplicates, and its elements are never changed: a change makes a new slice.
//  4. A node without the tree's mark may be part of another tree, a clone, and is copied before it is changed, and
//     so is everything above it.
//  5. last is the highest zxid that was applied as a whole. Nodes may know of later ones only while transactions are
//     applied again over a snapshot that was written down while others were applied.
type Tree struct {
	rules    *Rules
	last     zkapi.Zxid
	mark     *owner
	root     *node
	nodes    int
	owned    int
	sum      Digest
	sessions []session
}

// session is what the tree knows of a session.
type session struct {
	id      zkapi.SessionID
	timeout zkapi.Millis
}

// New returns a tree with nothing but the root, SystemPath and ConfigPath, whose data is config. Where rules has a nil
// field, or is nil, the right rule holds.
func New(rules *Rules, config string) Tree {
	t := Tree{rules: rules.complete(), mark: &owner{}}
	t.root = &node{owner: t.mark, place: rootPlace}
	t.root.hash = t.root.digest()
	t.count(t.root, 1)
	system := &node{name: zkapi.Base(zkapi.SystemPath)}
	t.insert(t.root, system, 0)
	t.insert(system, &node{name: zkapi.Base(zkapi.ConfigPath), data: config, acl: zkapi.ConfigACL()}, 0)
	return t
}

// Clone returns an independent copy, which shares memory with t until either is changed. It costs the same however
// large the tree is.
func (t *Tree) Clone() Tree {
	t.mark = nil
	return *t
}

// LastProcessed returns the zxid of the last transaction that was applied; Apply sets it.
func (t *Tree) LastProcessed() zkapi.Zxid { return t.last }

// Len returns the number of nodes, the root included.
func (t *Tree) Len() int { return t.nodes }

// Sessions returns the number of sessions.
func (t *Tree) Sessions() int { return len(t.sessions) }

// Session returns the i-th session in ascending order, and its timeout.
func (t *Tree) Session(i int) (zkapi.SessionID, zkapi.Millis) {
	return t.sessions[i].id, t.sessions[i].timeout
}

// Timeout returns the timeout of the session id, false if there is none.
func (t *Tree) Timeout(id zkapi.SessionID) (zkapi.Millis, bool) {
	i, found := t.session(id)
	if !found {
		return 0, false
	}
	return t.sessions[i].timeout, true
}

// session returns where the session id is, or where it belongs.
func (t *Tree) session(id zkapi.SessionID) (int, bool) {
	return slices.BinarySearchFunc(t.sessions, id, func(s session, id zkapi.SessionID) int {
		return cmp.Compare(s.id, id)
	})
}

// openSession adds a session, or gives the one that is there a new timeout.
func (t *Tree) openSession(s session) {
	i, found := t.session(s.id)
	list := slices.Clip(slices.Clone(t.sessions))
	if found {
		t.sum -= list[i].digest()
		list[i] = s
	} else {
		list = slices.Insert(list, i, s)
	}
	t.sum += s.digest()
	t.sessions = list
}

// dropSession removes a session if it is there.
func (t *Tree) dropSession(id zkapi.SessionID) {
	if i, found := t.session(id); found {
		t.sum -= t.sessions[i].digest()
		t.sessions = slices.Delete(slices.Clone(t.sessions), i, i+1)
	}
}

// Ephemerals returns the paths of the nodes that the session owns, sorted.
func (t *Tree) Ephemerals(id zkapi.SessionID) []string {
	return t.collect(func(n *node) bool { return n.stat.EphemeralOwner == id })
}

// Orphans returns the paths of the ephemeral nodes whose session is not open, sorted: there must be none (ZK-1208).
func (t *Tree) Orphans() []string {
	return t.collect(func(n *node) bool {
		_, open := t.session(n.stat.EphemeralOwner)
		return n.stat.EphemeralOwner.IsSession() && !open
	})
}

// Abandoned returns the paths, sorted, of what servers should ask to delete when the leader's clock shows now:
// containers that had children and have none, and nodes without children whose time to live is over
// (ContainerManager).
func (t *Tree) Abandoned(now zkapi.Millis) []string {
	return t.collect(func(n *node) bool {
		switch s := &n.stat; {
		case len(n.children) > 0:
			return false
		case s.EphemeralOwner == zkapi.ContainerOwner:
			return n.creates != 0
		default:
			ttl := s.EphemeralOwner.TTL()
			return ttl > 0 && now-s.Mtime > ttl
		}
	})
}

// collect returns the sorted paths of the nodes with an EphemeralOwner that match.
func (t *Tree) collect(match func(*node) bool) []string {
	if t.owned == 0 {
		return nil
	}
	var paths []string
	t.walk(func(path []byte, n *node) {
		if n.stat.EphemeralOwner != 0 && match(n) {
			paths = append(paths, string(path))
		}
	})
	slices.SortFunc(paths, strings.Compare)
	return paths
}
