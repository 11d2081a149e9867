package mvcc

import (
	"encoding/binary"

	"github.com/tidwall/btree"
)

// keys holds the last change of each key, ordered by key. Most keys are short: those are compared without a look at
// the memory that holds them, which halves what a search costs. Its zero value is not ready for use.
type keys struct {
	tree btree.BTreeG[keyed]
	// probe is what a search for a long key compares with.
	probe change
}

// keyed is a change with the head of its key.
type keyed struct {
	head head
	last *change
}

// head is the first headBytes bytes of a key, padded with zeros, and in the lowest byte the key's length, at most
// headBytes+1. Heads are ordered as their keys are; two are equal if the keys are, or if both are longer than
// headBytes and begin alike.
type head struct{ high, low uint64 }

// headBytes is how many bytes of a key its head has.
const headBytes = 15

// headOf returns the head of a key.
func headOf(key string) head {
	var b [headBytes + 1]byte
	copy(b[:headBytes], key)
	b[headBytes] = byte(min(len(key), headBytes+1))
	return head{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// whole reports whether the head has all of its key.
func (h head) whole() bool { return byte(h.low) <= headBytes }

// lesser reports whether a's key is less than b's.
func lesser(a, b keyed) bool {
	switch {
	case a.head.high != b.head.high:
		return a.head.high < b.head.high
	case a.head.low != b.head.low:
		return a.head.low < b.head.low
	}
	return !a.head.whole() && a.last.kv.Key < b.last.kv.Key
}

// newKeys returns an empty index.
func newKeys() keys {
	return keys{tree: *btree.NewBTreeGOptions(lesser, btree.Options{NoLocks: true})}
}

// copy returns an independent copy, which shares memory with k until either is changed.
func (k *keys) copy() keys { return keys{tree: *k.tree.Copy()} }

// search returns what the tree is searched with for a key, valid until the next search.
func (k *keys) search(key string) keyed {
	k.probe.kv.Key = key
	return keyed{headOf(key), &k.probe}
}

// get returns the last change of a key, nil if it has none.
func (k *keys) get(key string) *change {
	found, _ := k.tree.Get(k.search(key))
	return found.last
}

// set makes c the last change of its key and returns the one before, nil if there was none.
func (k *keys) set(c *change) *change {
	was, _ := k.tree.Set(keyed{headOf(c.kv.Key), c})
	return was.last
}

// remove takes a key out.
func (k *keys) remove(key string) { k.tree.Delete(k.search(key)) }

// ascend calls f with the last change of each key from key on, in order, until it returns false.
func (k *keys) ascend(key string, f func(*change) bool) {
	k.tree.Ascend(k.search(key), func(at keyed) bool { return f(at.last) })
}

// len returns how many keys there are.
func (k *keys) len() int { return k.tree.Len() }
