package ztree

import (
	"encoding/binary"
	"math"
	"slices"

	"schism/sim/wire"
	"schism/zab/zkapi"
)

// snapshotVersion is the first byte of every snapshot.
const snapshotVersion = 1

// Snapshot is a tree being written down, in its one binary form: version, LastProcessed and sessions as they are when
// it begins; then the nodes, parents first, each as it is when its turn comes; and, to tell a snapshot that was
// damaged or that another version wrote, the digest of all that.
//
// If transactions are applied in between the snapshot is fuzzy: it has seen some of those after its LastProcessed,
// and not others. All of them must be applied to what Decode makes of it.
type Snapshot struct {
	// data only grows at its end.
	data    []byte
	written tally
	// path has the names on the way to the last node that was written; begun says that one was.
	path        []string
	begun, done bool
}

// Encode returns the whole tree as a snapshot.
func (t *Tree) Encode() []byte {
	s := t.Begin()
	s.Write(t, math.MaxInt)
	return s.Bytes()
}

// Begin begins to write the tree down.
func (t *Tree) Begin() Snapshot {
	s := Snapshot{data: t.appendHead([]byte{snapshotVersion}), written: tally{last: t.last, sessions: len(t.sessions)}}
	for _, n := range t.sessions {
		s.written.sum += n.digest()
	}
	return s
}

// Write writes at most limit more nodes of t, the tree with which the snapshot began, as it is now. It reports
// whether that was all.
func (s *Snapshot) Write(t *Tree, limit int) (done bool) {
	if s.done {
		return true
	}
	w := writer{s, limit}
	if !s.begun && !w.write(t.root, 0) {
		return false
	}
	s.begun = true
	if !w.below(t.root, 1, s.path) {
		return false
	}
	s.data = binary.LittleEndian.AppendUint64(append(s.data, 0), uint64(s.written.check()))
	s.done = true
	return true
}

// Bytes returns the snapshot. It panics if not all was written.
func (s *Snapshot) Bytes() []byte {
	if !s.done {
		panic("ztree: snapshot is not complete")
	}
	return s.data
}

// Clone returns an independent copy.
func (s *Snapshot) Clone() Snapshot {
	c := *s
	s.data, c.data = slices.Clip(s.data), slices.Clip(s.data)
	c.path = slices.Clone(s.path)
	return c
}

// AppendState appends everything that the snapshot consists of.
func (s *Snapshot) AppendState(b []byte) []byte {
	b = wire.AppendTexts(wire.AppendText(b, string(s.data)), s.path)
	b = append(b, flag(s.begun), flag(s.done))
	w := &s.written
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(w.sum)), uint64(w.last))
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(w.nodes)), uint64(w.sessions))
}

// flag returns 1 for true.
func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// tally is what is counted of a tree that is written down.
type tally struct {
	sum             Digest
	nodes, sessions int
	last            zkapi.Zxid
}

// check is the digest at the end of a snapshot.
func (w *tally) check() Digest {
	return w.sum.Mix(uint64(w.nodes)).Mix(uint64(w.sessions)).Mix(uint64(w.last))
}

// writer writes nodes until left is 0.
type writer struct {
	*Snapshot
	left int
}

// write writes n, which has depth nodes above it. It reports whether there was room for it.
func (w *writer) write(n *node, depth int) bool {
	if w.left == 0 {
		return false
	}
	w.left--
	w.data = n.append(w.data, depth)
	w.written.sum += n.hash
	w.written.nodes++
	if depth > 0 {
		w.path = append(w.path[:depth-1], n.name)
	}
	return true
}

// below writes what is below n and comes after the node at last, a path from n; everything if last is empty. It
// reports whether there was room for it. The node at last may be gone by now.
func (w *writer) below(n *node, depth int, last []string) bool {
	i := 0
	if len(last) > 0 {
		found := false
		if i, found = n.child(last[0]); found {
			if !w.below(n.children[i], depth+1, last[1:]) {
				return false
			}
			i++
		}
	}
	for ; i < len(n.children); i++ {
		if c := n.children[i]; !w.write(c, depth) || !w.below(c, depth+1, nil) {
			return false
		}
	}
	return true
}

// AppendState appends everything that the tree consists of.
func (t *Tree) AppendState(b []byte) []byte { return append(t.root.appendAll(t.appendHead(b), 0), 0) }

// appendHead appends what is not nodes.
func (t *Tree) appendHead(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(t.last))
	b = binary.AppendUvarint(b, uint64(len(t.sessions)))
	for _, n := range t.sessions {
		b = wire.AppendSigned(binary.AppendUvarint(b, uint64(n.id)), int64(n.timeout))
	}
	return b
}

// appendAll appends n and all below it.
func (n *node) appendAll(b []byte, depth int) []byte {
	b = n.append(b, depth)
	for _, c := range n.children {
		b = c.appendAll(b, depth+1)
	}
	return b
}

// append appends n: its depth from 1, by which its parent is found among the nodes before it, and its content.
func (n *node) append(b []byte, depth int) []byte {
	b = wire.AppendText(binary.AppendUvarint(b, uint64(depth)+1), n.name)
	b = zkapi.AppendACL(wire.AppendText(b, n.data), n.acl)
	s := &n.stat
	for _, z := range [...]zkapi.Zxid{s.Czxid, s.Mzxid, s.Pzxid} {
		b = binary.AppendUvarint(b, uint64(z))
	}
	b = wire.AppendSigned(wire.AppendSigned(b, int64(s.Ctime)), int64(s.Mtime))
	b = wire.AppendSigned(wire.AppendSigned(b, int64(s.Version)), int64(s.Aversion))
	b = wire.AppendSigned(b, int64(n.creates))
	return binary.AppendUvarint(b, uint64(s.EphemeralOwner))
}
