package kvspec

import (
	"schism/raft/kvapi"
	"schism/sim"
)

// node is a tree of keys. Trees are never changed; they share what they have in common.
//
//  1. Keys on the left are lower, those on the right higher.
//  2. No node below has a higher rank, nor the same and a lower key. So the keys alone say what shape a tree has.
//  3. hash is the sum of the digests of all keys.
type node struct {
	kv          *kvapi.KeyValue
	left, right *node
	rank, hash  sim.Digest
}

// rankOf returns the rank of a key: a number that is as good as drawn.
func rankOf(key string) sim.Digest { return sim.Digest(0).MixString(key) }

// leaf returns a tree of one key.
func leaf(kv kvapi.KeyValue) *node {
	both := &struct {
		node
		kv kvapi.KeyValue
	}{kv: kv} // one piece of memory
	both.node = node{kv: &both.kv, rank: rankOf(kv.Key), hash: both.kv.Fold(0)}
	return &both.node
}

// over returns n with other trees below.
func (n *node) over(left, right *node) *node {
	own := n.hash - n.left.digest() - n.right.digest()
	return &node{n.kv, left, right, n.rank, own + left.digest() + right.digest()}
}

// above reports whether n belongs above o.
func (n *node) above(o *node) bool {
	return n.rank > o.rank || n.rank == o.rank && n.kv.Key < o.kv.Key
}

// find returns the key, nil if it is not there.
func (n *node) find(key string) *kvapi.KeyValue {
	for n != nil && n.kv.Key != key {
		if key < n.kv.Key {
			n = n.left
		} else {
			n = n.right
		}
	}
	if n == nil {
		return nil
	}
	return n.kv
}

// with returns the tree n with the one key of one.
func (n *node) with(one *node) *node {
	switch {
	case n == nil:
		return one
	case n.kv.Key == one.kv.Key:
		return one.over(n.left, n.right)
	case one.above(n):
		return one.over(n.split(one.kv.Key))
	case one.kv.Key < n.kv.Key:
		return n.over(n.left.with(one), n.right)
	}
	return n.over(n.left, n.right.with(one))
}

// split divides the tree by a key that is not in it.
func (n *node) split(key string) (lower, higher *node) {
	if n == nil {
		return nil, nil
	}
	if key < n.kv.Key {
		lower, higher = n.left.split(key)
		return lower, n.over(higher, n.right)
	}
	lower, higher = n.right.split(key)
	return n.over(n.left, lower), higher
}

// without returns the tree n without a key that is in it.
func (n *node) without(key string) *node {
	switch {
	case n.kv.Key == key:
		return join(n.left, n.right)
	case key < n.kv.Key:
		return n.over(n.left.without(key), n.right)
	}
	return n.over(n.left, n.right.without(key))
}

// join returns a tree with all keys of two, of which those of one are lower.
func join(lower, higher *node) *node {
	switch {
	case lower == nil:
		return higher
	case higher == nil:
		return lower
	case lower.above(higher):
		return lower.over(lower.left, join(lower.right, higher))
	}
	return higher.over(join(lower, higher.left), higher.right)
}

// all appends the keys of a span to kvs, ascending.
func (n *node) all(s kvapi.Span, kvs []*kvapi.KeyValue) []*kvapi.KeyValue {
	if n == nil {
		return kvs
	}
	if single(s) {
		if kv := n.find(s.Key); kv != nil {
			kvs = append(kvs, kv)
		}
		return kvs
	}
	if n.kv.Key >= s.Key {
		kvs = n.left.all(s, kvs)
	}
	if covers(s, n.kv.Key) {
		kvs = append(kvs, n.kv)
	}
	if s.End == "\x00" || n.kv.Key < s.End {
		kvs = n.right.all(s, kvs)
	}
	return kvs
}

// attached returns the keys of a lease, ascending.
func (n *node) attached(lease kvapi.LeaseID, keys []string) []string {
	if n == nil {
		return keys
	}
	keys = n.left.attached(lease, keys)
	if n.kv.Lease == lease {
		keys = append(keys, n.kv.Key)
	}
	return n.right.attached(lease, keys)
}

// equal reports whether both trees have the same keys.
func (n *node) equal(o *node) bool {
	if n == o || n == nil || o == nil {
		return n == o
	}
	return n.hash == o.hash && *n.kv == *o.kv && n.left.equal(o.left) && n.right.equal(o.right)
}

// digest returns the hash of a tree.
func (n *node) digest() sim.Digest {
	if n == nil {
		return 0
	}
	return n.hash
}
