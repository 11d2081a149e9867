package raft

// Log is the log in memory, from the last compaction on.
//
//		base     entries
//		  7 | 8  9  10  11
//
//	 1. entries[i].Index is base.Index+1+i.
//	 2. Terms never decrease, from base.Term on.
//	 3. No element of the array under entries is ever changed while somebody else, a message or a
//	    clone, may read it: appending writes only behind everything that was handed out, and cutting
//	    the end off leaves a slice without spare room.
type Log struct {
	base    Position
	entries []Entry
}

// Base is the last entry that was compacted away, zero if none was.
func (l *Log) Base() Position { return l.base }

// Last is the place of the last entry, or Base if there is none.
func (l *Log) Last() Position {
	if n := len(l.entries); n > 0 {
		return at(&l.entries[n-1])
	}
	return l.base
}

// LastIndex is the index of the last entry.
func (l *Log) LastIndex() Index { return l.base.Index + Index(len(l.entries)) }

// Term returns the term of the entry i, or false if the log does not reach or no longer has it. It
// knows the term of Base.
func (l *Log) Term(i Index) (Term, bool) {
	if i <= l.base.Index {
		return l.base.Term, i == l.base.Index
	}
	if i > l.LastIndex() {
		return 0, false
	}
	return l.entries[i-l.base.Index-1].Term, true
}

// Entry returns the entry i, or false if the log has none there.
func (l *Log) Entry(i Index) (Entry, bool) {
	if i <= l.base.Index || i > l.LastIndex() {
		return Entry{}, false
	}
	return l.entries[i-l.base.Index-1], true
}

// Entries returns the entries after base up to to. They are the log's own.
func (l *Log) Entries(after, to Index) []Entry {
	lo, hi := after-l.base.Index, to-l.base.Index
	return l.entries[lo:hi:hi]
}

// matches reports whether the log has an entry at p, or ended there when it was compacted.
func (l *Log) matches(p Position) bool {
	t, ok := l.Term(p.Index)
	return ok && t == p.Term
}

// append adds e, whose index is the next one.
func (l *Log) append(e Entry) {
	if e.Index != l.LastIndex()+1 || e.Term < l.Last().Term {
		panic("raft: entry out of order")
	}
	if l.entries == nil {
		l.entries = make([]Entry, 0, 64)
	}
	l.entries = append(l.entries, e)
}

// cut removes every entry after last.
func (l *Log) cut(last Index) {
	n := last - l.base.Index
	l.entries = l.entries[:n:n]
}

// compact forgets the entries up to i, which the log has.
func (l *Log) compact(i Index) {
	t, _ := l.Term(i)
	l.entries = l.entries[i-l.base.Index:]
	l.base = Position{t, i}
}

// restart empties the log; the next entry follows base.
func (l *Log) restart(base Position) { *l = Log{base: base} }

// hint returns the last place at or before i whose term is not above t: where the log can still
// match one that has the term t at i. (Base always qualifies: what is compacted is committed.)
func (l *Log) hint(i Index, t Term) Position {
	i = min(i, l.LastIndex())
	lo, hi := l.base.Index, i // the answer is in lo … hi
	for lo < hi {
		mid := lo + (hi-lo+1)/2
		if have, _ := l.Term(mid); have <= t {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	have, _ := l.Term(lo)
	return Position{have, lo}
}

// clone returns a log that shares the entries. Appending to it copies them first.
func (l *Log) clone() Log {
	n := len(l.entries)
	return Log{l.base, l.entries[:n:n]}
}
