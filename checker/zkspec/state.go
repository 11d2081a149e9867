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

// facts is what is known of the stat of a node. A zxid of 0 is one that no reply has told yet, an owner of 0 of an
// ephemeral node is as well. Pzxid is a lower bound. Times are not judged, and the rest the tree itself says.
type facts struct {
	Czxid, Mzxid, Pzxid zkapi.Zxid
	Version, Aversion   zkapi.Version
	EphemeralOwner      zkapi.SessionID
}

// node is a node of the tree.
//
//  1. It is not changed after seal, and hash is a digest of everything else.
//  2. children are sorted by name.
//  3. creates is the number of children ever created.
type node struct {
	name, data string
	stat       facts
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
	d := sim.Digest(0).MixString(n.name).MixString(n.data)
	d = d.Mix(uint64(n.stat.Czxid)).Mix(uint64(n.stat.Mzxid)).Mix(uint64(n.stat.Pzxid)).
		Mix(uint64(uint32(n.stat.Version))<<32 | uint64(uint32(n.stat.Aversion))).Mix(uint64(n.stat.EphemeralOwner))
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
func (n *node) child(name string) (at int, found bool) {
	end := len(n.children)
	for at < end {
		if middle := (at + end) / 2; n.children[middle].name < name {
			at = middle + 1
		} else {
			end = middle
		}
	}
	return at, at < len(n.children) && n.children[at].name == name
}

// find returns the node at path, nil if there is none or path is no path.
func (n *node) find(path string) *node {
	switch {
	case path == "/":
		return n
	case !strings.HasPrefix(path, "/"):
		return nil
	}
	for name, rest := first(path); ; name, rest = first(rest) {
		i, found := n.child(name) // "" is nobody's name
		if !found {
			return nil
		}
		if n = n.children[i]; rest == "" {
			return n
		}
	}
}

// first divides path into its first name, "" for the root, and the path below.
func first(path string) (name, rest string) {
	path = strings.TrimPrefix(path, "/")
	for i := range len(path) {
		if path[i] == '/' {
			return path[:i], path[i:]
		}
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

// told returns what is known of n once a reply has shown the stat shown.
func (n *node) told(shown *zkapi.Stat) facts {
	return facts{Czxid: shown.Czxid, Mzxid: shown.Mzxid, Pzxid: shown.Pzxid, Version: n.stat.Version,
		Aversion: n.stat.Aversion, EphemeralOwner: shown.EphemeralOwner}
}

// learn takes over what the result of an update at z tells of n, which the update has made or changed, and reports
// whether that may be so; r is nil if nobody knows it.
func (n *node) learn(r *zkapi.Result, z zkapi.Zxid) bool {
	if r == nil {
		return true
	}
	if !n.allows(&r.Stat, z) {
		return false
	}
	n.stat = n.told(&r.Stat)
	return true
}
