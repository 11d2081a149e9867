package ztree

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"schism/zab/zkapi"
)

// A snapshot can have at most maxSessions sessions, and nodes on at most maxDepth levels.
const (
	maxSessions = 1 << 20
	maxDepth    = zkapi.MaxPath
)

// ErrSnapshot is wrapped by every error of Decode.
var ErrSnapshot = errors.New("not a snapshot")

// Decode reads a snapshot. The tree shares no memory with data.
func Decode(data []byte, rules *Rules) (Tree, error) {
	if len(data) < 9 || data[0] != snapshotVersion {
		return Tree{}, fmt.Errorf("%w: version", ErrSnapshot)
	}
	body, tail := data[1:len(data)-8], data[len(data)-8:]
	r := reader{Decoder: zkapi.NewDecoder(body)}
	r.tree.rules, r.tree.mark = rules.complete(), &owner{}
	r.head()
	for r.node() {
	}
	if !r.Done() || r.tree.root == nil {
		return Tree{}, fmt.Errorf("%w: damaged", ErrSnapshot)
	}
	if got, want := r.written.check(), Digest(binary.LittleEndian.Uint64(tail)); got != want {
		return Tree{}, fmt.Errorf("%w: digest %v, not %v", ErrSnapshot, got, want)
	}
	return r.tree, nil
}

// reader reads a snapshot.
type reader struct {
	*zkapi.Decoder
	tree Tree
	// written is the tally as it was written down, before Rules.Restored.
	written tally
	// above are the nodes from the root to the last one that was read.
	above []*node
}

// head reads what is not nodes.
func (r *reader) head() {
	t := &r.tree
	t.last = zkapi.Zxid(r.Number())
	for range r.Count(maxSessions) {
		s := session{zkapi.SessionID(r.Number()), zkapi.Millis(r.Signed(0, int64(zkapi.MaxTimeout)))}
		if n := len(t.sessions); n > 0 && t.sessions[n-1].id >= s.id {
			r.Fail()
		}
		t.sum += s.digest()
		t.sessions = append(t.sessions, s)
	}
	r.written = tally{t.sum, 0, len(t.sessions), t.last}
}

// node reads a node, and reports whether there was one.
func (r *reader) node() bool {
	next := r.Number()
	if next == 0 {
		return false
	}
	if next > uint64(len(r.above))+1 || next > maxDepth || next == 1 && r.tree.root != nil {
		r.Fail()
		return false
	}
	depth := int(next) - 1
	n := r.content()
	if r.Failed() || (n.name == "") != (depth == 0) || strings.Contains(n.name, "/") {
		r.Fail()
		return false
	}
	r.above = append(r.above[:depth], n)
	if depth == 0 {
		n.place, r.tree.root = rootPlace, n
	} else {
		parent := r.above[depth-1]
		if i := len(parent.children); i > 0 && parent.children[i-1].name >= n.name {
			r.Fail()
		}
		n.place = placeBelow(parent.place, n.name)
		parent.children = append(parent.children, n)
	}
	n.hash = n.digest()
	r.written.sum += n.hash
	r.written.nodes++
	n.acl = r.tree.rules.Restored(n.acl)
	n.hash = n.digest()
	r.tree.count(n, 1)
	return true
}

// content reads what a node consists of.
func (r *reader) content() *node {
	n := &node{owner: r.tree.mark, name: r.Text(zkapi.MaxPath), data: r.Text(zkapi.MaxData), acl: r.ACL()}
	s := &n.stat
	s.Czxid, s.Mzxid, s.Pzxid = zkapi.Zxid(r.Number()), zkapi.Zxid(r.Number()), zkapi.Zxid(r.Number())
	s.Ctime, s.Mtime = zkapi.Millis(r.long()), zkapi.Millis(r.long())
	s.Version, s.Aversion, n.creates = r.Version(), r.Version(), r.Version()
	s.EphemeralOwner = zkapi.SessionID(r.Number())
	return n
}

// long reads any signed number.
func (r *reader) long() int64 { return r.Signed(-1<<63, 1<<63-1) }
