package zkspec

import (
	"slices"
	"strconv"
	"strings"

	"schism/sim"
	"schism/zab/zkapi"
)

// State is the tree, and how far it is. States are never changed; they share what they have in common.
type State struct {
	root *node
	// last is the highest zxid of all replies so far.
	last zkapi.Zxid
}

// equal reports whether nothing can tell s and o apart.
func (s State) equal(o State) bool { return s.last == o.last && s.root.equal(o.root) }

// String returns the zxid and the nodes in a few words: "1:9 /x=17 v3, /x/s0000000000= v0".
func (s State) String() string {
	var b strings.Builder
	b.WriteString(s.last.String())
	s.root.appendText(&b, "")
	return b.String()
}

// lifetime is how long a node stays.
type lifetime uint8

const (
	// lasting nodes stay until a client deletes them.
	lasting lifetime = iota
	// ephemeral ones can go at any time.
	ephemeral
	// emptied ones, containers and those with a time to live, can go when they have no children.
	emptied
)

// node is a node of the tree.
//
//  1. It is not changed after seal, and hash is a digest of everything else.
//  2. children are sorted by name.
//  3. stat holds what is known. A zxid of 0 is one that no reply has told yet, an owner of 0 of an ephemeral node
//     is as well. Pzxid is a lower bound. Times, Cversion, DataLength and NumChildren are not used.
//  4. creates is the number of children ever created.
type node struct {
	name, data string
	stat       zkapi.Stat
	creates    zkapi.Version
	lifetime   lifetime
	// guarded says that the node was given an access list that does not allow everything to everybody.
	guarded bool
	// untold says that nobody knows the data, nor its length.
	untold   bool
	children []*node
	hash     sim.Digest
}

// seal computes the hash of n, and returns n.
func (n *node) seal() *node {
	flags := uint64(n.lifetime) << 1
	if n.guarded {
		flags |= 1
	}
	if n.untold {
		flags |= 1 << 7
	}
	d := n.stat.Fold(sim.Digest(0).MixString(n.name).MixString(n.data))
	below := uint64(0)
	for _, c := range n.children {
		below += uint64(c.hash)
	}
	n.hash = d.Mix(uint64(uint32(n.creates))<<8 | flags).Mix(below).Mix(uint64(len(n.children)))
	return n
}

func (n *node) equal(o *node) bool {
	return n == o || n.hash == o.hash && n.name == o.name && n.data == o.data && n.stat == o.stat &&
		n.creates == o.creates && n.lifetime == o.lifetime && n.guarded == o.guarded && n.untold == o.untold &&
		slices.EqualFunc(n.children, o.children, (*node).equal)
}

func (n *node) appendText(b *strings.Builder, path string) {
	for _, c := range n.children {
		at := path + "/" + c.name
		b.WriteString(" " + at + "=" + c.data + " v" + strconv.Itoa(int(c.stat.Version)))
		if c.lifetime != lasting {
			b.WriteByte('?')
		}
		c.appendText(b, at)
	}
}

// child returns where the child called name is, or where it belongs.
func (n *node) child(name string) (int, bool) {
	return slices.BinarySearchFunc(n.children, name, func(c *node, s string) int { return strings.Compare(c.name, s) })
}

// find returns the node at path, nil if there is none.
func (n *node) find(path string) *node {
	name, rest := first(path)
	if name == "" {
		return n
	}
	i, found := n.child(name)
	if !found {
		return nil
	}
	return n.children[i].find(rest)
}

// first divides path into its first name, "" for the root, and the path below.
func first(path string) (name, rest string) {
	path = strings.TrimPrefix(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// edit returns the tree n with what change makes of the node at path, which is there.
func (n *node) edit(path string, change func(*node)) *node {
	c := *n
	name, rest := first(path)
	if name == "" {
		change(&c)
		return c.seal()
	}
	i, _ := n.child(name)
	c.children = slices.Clone(n.children)
	c.children[i] = c.children[i].edit(rest, change)
	return c.seal()
}

// without returns the tree n without the node at path, which is there and not the root. It was deleted at z, 0 if
// nobody knows when.
func (n *node) without(path string, z zkapi.Zxid) *node {
	return n.edit(zkapi.Parent(path), func(parent *node) {
		i, _ := parent.child(zkapi.Base(path))
		parent.children = slices.Delete(slices.Clone(parent.children), i, i+1)
		parent.stat.Pzxid = max(parent.stat.Pzxid, z)
	})
}

// mayGo reports whether the node can go without any client's doing.
func (n *node) mayGo() bool { return n.lifetime != lasting && n.mayBeEmpty() }

// mayBeEmpty reports whether all children can go.
func (n *node) mayBeEmpty() bool { return n.certain() == 0 }

// certain returns the number of children that cannot go.
func (n *node) certain() (count int) {
	for _, c := range n.children {
		if !c.mayGo() {
			count++
		}
	}
	return count
}

// allows reports whether a reply at z may show the stat shown of n.
func (n *node) allows(shown *zkapi.Stat, z zkapi.Zxid) bool {
	known := &n.stat
	count := int(shown.NumChildren)
	return shown.Version == known.Version && shown.Aversion == known.Aversion &&
		(n.untold || int(shown.DataLength) == len(n.data)) && n.owns(shown.EphemeralOwner) &&
		n.certain() <= count && count <= len(n.children) &&
		shown.Cversion == 2*n.creates-zkapi.Version(count) &&
		fits(known.Czxid, shown.Czxid) && fits(known.Mzxid, shown.Mzxid) && known.Pzxid <= shown.Pzxid &&
		shown.Czxid <= shown.Mzxid && shown.Czxid <= shown.Pzxid && max(shown.Mzxid, shown.Pzxid) <= z
}

// fits reports whether shown may be what is known of it, 0 for nothing.
func fits(known, shown zkapi.Zxid) bool { return known == 0 || known == shown }

// owns reports whether shown may be the owner of n.
func (n *node) owns(shown zkapi.SessionID) bool {
	if n.lifetime == ephemeral && n.stat.EphemeralOwner == 0 {
		return shown.IsSession()
	}
	return shown == n.stat.EphemeralOwner
}

// learn keeps what the stat shown tells about n.
func (n *node) learn(shown *zkapi.Stat) {
	n.stat.Czxid, n.stat.Mzxid, n.stat.Pzxid = shown.Czxid, shown.Mzxid, shown.Pzxid
	n.stat.EphemeralOwner = shown.EphemeralOwner
}

// shows returns the tree with what the stat shown tells about the node at path, and whether that may be so.
func (n *node) shows(path string, shown *zkapi.Stat, z zkapi.Zxid) (*node, bool) {
	at := n.find(path)
	if at == nil || !at.allows(shown, z) {
		return n, false
	}
	was := at.stat
	if was.Czxid == shown.Czxid && was.Mzxid == shown.Mzxid && was.Pzxid == shown.Pzxid &&
		was.EphemeralOwner == shown.EphemeralOwner {
		return n, true
	}
	return n.edit(path, func(at *node) { at.learn(shown) }), true
}
