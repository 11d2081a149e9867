package mvcc

import (
	"cmp"
	"math"

	"schism/raft/kvapi"
)

// latest is the revision at which everything is as the last change has left it, those of a transaction that is being
// done included.
const latest kvapi.Revision = math.MaxInt64

// writer does one transaction: everything that it changes has one revision, the store's next one.
type writer struct {
	*Store
	changes int
}

// end ends the transaction.
func (w *writer) end() {
	if w.rules.Revises(w.changes) {
		w.revision++
	}
}

// record makes c the last change of its key, gives it its place, and returns the change before, nil if there is none.
// It does not enter it into the log.
func (w *writer) record(c *change) *change {
	if w.revision+1 >= maxRevision || w.changes >= 1<<subBits {
		panic("mvcc: too many revisions, or changes in one")
	}
	c.kv.ModRevision, c.number = w.revision+1, uint32(w.changes)
	w.changes++
	before := w.keys.set(c)
	if before != nil {
		c.before = before.at()
	}
	return before
}

// checkLease returns the error that a Put meets whose lease is not there.
func (s *Store) checkLease(op *kvapi.Op) kvapi.Code {
	if op.Lease != 0 {
		if _, found := s.leases.Get(op.Lease); !found {
			return kvapi.ErrLeaseNotFound
		}
	}
	return kvapi.OK
}

// checkKept returns the error that a Put meets which is to keep something of a key that is not there.
func (s *Store) checkKept(op *kvapi.Op) kvapi.Code {
	if op.Flags&(kvapi.FlagIgnoreValue|kvapi.FlagIgnoreLease) != 0 && s.now(op.Span.Key) == nil {
		return kvapi.ErrKeyNotFound
	}
	return kvapi.OK
}

// put does a Put.
func (s *Store) put(op *kvapi.Op) kvapi.Result {
	if c := cmp.Or(s.checkLease(op), s.checkKept(op)); c != kvapi.OK {
		return s.failed(c)
	}
	var r kvapi.Result
	w := writer{Store: s}
	w.put(op, &r)
	w.end()
	return r
}

// put does a Put that has passed the checks.
func (w *writer) put(op *kvapi.Op, r *kvapi.Result) {
	c := w.newChange()
	c.kv = kvapi.KeyValue{Key: op.Span.Key, Value: op.Value, Lease: op.Lease}
	before := w.record(c)
	var old kvapi.KeyValue
	if before != nil && !before.deleted {
		old = before.kv
		if op.Flags&kvapi.FlagPrevKV != 0 {
			r.Prev = []kvapi.KeyValue{old}
		}
	}
	if op.Flags&kvapi.FlagIgnoreValue != 0 {
		c.kv.Value = old.Value
	}
	c.kv.Lease = w.rules.Attached(old.Lease, op.Lease, op.Flags&kvapi.FlagIgnoreLease != 0)
	w.follow(c, before)
	w.attach(c.kv.Key, old.Lease, c.kv.Lease)
	w.enter(c)
}

// follow sets the revision that created the key and its version, which follow from what was there before.
func (w *writer) follow(c, before *change) {
	alive := before != nil && !before.deleted
	if before != nil && before.deleted {
		before = w.earlier(before)
	}
	if before == nil {
		before = &change{}
	}
	c.kv.CreateRevision, c.kv.Version = w.rules.Succeeds(&before.kv, alive, c.kv.ModRevision)
}

// deleteRange does a DeleteRange.
func (s *Store) deleteRange(op *kvapi.Op) kvapi.Result {
	var r kvapi.Result
	w := writer{Store: s}
	w.deleteRange(op, &r)
	w.end()
	return r
}

// deleteRange does a DeleteRange.
func (w *writer) deleteRange(op *kvapi.Op, r *kvapi.Result) {
	var doomed []*kvapi.KeyValue
	w.each(op.Span, latest, func(kv *kvapi.KeyValue) { doomed = append(doomed, kv) })
	for _, kv := range doomed {
		if op.Flags&kvapi.FlagPrevKV != 0 {
			r.Prev = append(r.Prev, *kv)
		}
		w.delete(kv)
	}
	r.Deleted = int64(len(doomed))
}

// delete deletes a key that is there.
func (w *writer) delete(kv *kvapi.KeyValue) {
	c := w.newChange()
	c.kv.Key, c.deleted = kv.Key, true
	w.record(c)
	w.attach(kv.Key, kv.Lease, 0)
	w.enter(c)
}
