package zab

// History is the sequence of transactions that a server has accepted, in memory from the last compaction on.
//
//		base        txns
//		 7=1:9 | 8=1:10  9=2:1  10=2:2
//
//	 1. Zxids increase; within an epoch they have no gaps.
//	 2. No element of the array under txns is ever changed while somebody else, a message or a clone, may read it:
//	    appending writes only behind everything that was handed out, and cutting the end off leaves a slice without
//	    spare room.
type History struct {
	base Position
	txns []Txn
}

// Base is the last transaction that was compacted away, zero if none was.
func (h *History) Base() Position { return h.base }

// Last is the last transaction, or Base if there is none.
func (h *History) Last() Position {
	if n := len(h.txns); n > 0 {
		return Position{h.txns[n-1].Zxid, h.base.Index + Index(n)}
	}
	return h.base
}

// LastIndex is the index of the last transaction.
func (h *History) LastIndex() Index { return h.base.Index + Index(len(h.txns)) }

// At returns the transaction at i, or false if the history has none there. Of Base it knows the name.
func (h *History) At(i Index) (Txn, bool) {
	switch {
	case i <= h.base.Index:
		return Txn{Zxid: h.base.Zxid}, i == h.base.Index
	case i > h.LastIndex():
		return Txn{}, false
	}
	return h.txns[i-h.base.Index-1], true
}

// position returns the place of i, which the history has.
func (h *History) position(i Index) Position {
	t, _ := h.At(i)
	return Position{t.Zxid, i}
}

// find returns the index of z, or false if the history does not have it.
func (h *History) find(z Zxid) (Index, bool) {
	if z == h.base.Zxid {
		return h.base.Index, true
	}
	lo, hi := 0, len(h.txns)
	for lo < hi {
		if mid := (lo + hi) / 2; h.txns[mid].Zxid < z {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return h.base.Index + Index(lo) + 1, lo < len(h.txns) && h.txns[lo].Zxid == z
}

// Txns returns the transactions after the index after up to to. They are the history's own.
func (h *History) Txns(after, to Index) []Txn {
	lo, hi := after-h.base.Index, to-h.base.Index
	return h.txns[lo:hi:hi]
}

// append adds t.
func (h *History) append(t Txn) {
	if t.Zxid <= h.Last().Zxid {
		panic("zab: transaction out of order")
	}
	if h.txns == nil {
		h.txns = make([]Txn, 0, 64)
	}
	h.txns = append(h.txns, t)
}

// cut removes every transaction after last.
func (h *History) cut(last Index) {
	n := last - h.base.Index
	h.txns = h.txns[:n:n]
}

// compact forgets the transactions up to i, which the history has.
func (h *History) compact(i Index) {
	p := h.position(i)
	h.txns = h.txns[i-h.base.Index:]
	h.base = p
}

// restart empties the history; the next transaction follows base.
func (h *History) restart(base Position) { *h = History{base: base} }

// clone returns a history that shares the transactions. Appending to it copies them first.
func (h *History) clone() History {
	n := len(h.txns)
	return History{h.base, h.txns[:n:n]}
}
