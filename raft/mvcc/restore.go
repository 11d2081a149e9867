package mvcc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"schism/raft/kvapi"
	"schism/sim/wire"
)

// ErrSnapshot is wrapped by every error of Decode.
var ErrSnapshot = errors.New("not a snapshot")

// Decode reads a snapshot. The store shares no memory with data.
func Decode(data []byte, rules *Rules) (Store, error) {
	if len(data) < 9 || data[0] != snapshotVersion {
		return Store{}, fmt.Errorf("%w: version", ErrSnapshot)
	}
	body, tail := data[1:len(data)-8], data[len(data)-8:]
	store, ok := decodeBody(body, rules)
	if !ok {
		return Store{}, fmt.Errorf("%w: damaged", ErrSnapshot)
	}
	if got, want := store.Digest(), Digest(binary.LittleEndian.Uint64(tail)); got != want {
		return Store{}, fmt.Errorf("%w: digest %v, not %v", ErrSnapshot, got, want)
	}
	store.settle()
	return store, nil
}

// decodeBody reads what AppendState has appended, and reports whether it was that. The store is not settled yet.
func decodeBody(body []byte, rules *Rules) (Store, bool) {
	r := reader{Decoder: wire.NewDecoder(body), store: New(rules)}
	r.head()
	for range r.Count(math.MaxInt) {
		r.lease()
	}
	for range r.Count(math.MaxInt) {
		r.change()
	}
	return r.store, r.Done()
}

// reader reads a snapshot.
type reader struct {
	wire.Decoder
	store Store
}

// head reads what is neither a lease nor a change.
func (r *reader) head() {
	s := &r.store
	s.revision, s.compacted = kvapi.Revision(r.Number()), kvapi.Revision(r.Number())
	s.named = kvapi.LeaseID(r.long())
	if s.revision < kvapi.FirstRevision || s.revision >= maxRevision || s.compacted < 0 || s.compacted > s.revision {
		r.Fail()
	}
}

// lease reads a lease. Their names ascend.
func (r *reader) lease() {
	l := lease{kvapi.LeaseID(r.long()), kvapi.Seconds(r.long()), kvapi.Seconds(r.long())}
	if last, _, found := r.store.leases.Max(); l.id == 0 || found && last >= l.id {
		r.Fail()
	}
	if !r.Failed() {
		r.store.setLease(l)
	}
}

// change reads a change. Their places ascend.
func (r *reader) change() {
	s := &r.store
	revision, number := r.Number(), r.Number()
	if revision == 0 || revision > uint64(s.revision) || number >= 1<<subBits {
		r.Fail()
	}
	c := &change{number: uint32(number)}
	c.kv.Key, c.kv.ModRevision = r.Text(kvapi.MaxKey), kvapi.Revision(revision)
	c.deleted, c.kv.Value = r.Bool(), r.Text(kvapi.MaxValue)
	c.kv.CreateRevision, c.kv.Version = kvapi.Revision(r.long()), r.long()
	c.kv.Lease = kvapi.LeaseID(r.long())
	if last, _, found := s.log.Max(); c.kv.Key == "" || found && last >= c.at() {
		r.Fail()
	}
	if c.deleted && c.kv != (kvapi.KeyValue{Key: c.kv.Key, ModRevision: c.kv.ModRevision}) {
		r.Fail()
	}
	if r.Failed() {
		return
	}
	if before := s.keys.set(c); before != nil {
		c.before = before.at()
	}
	s.enter(c)
}

// settle attaches the keys that are there to their leases.
func (s *Store) settle() {
	var lost []*change
	s.keys.ascend("", func(c *change) bool {
		switch {
		case !c.deleted:
			s.attach(c.kv.Key, 0, s.rules.Restored(c.kv.Lease))
		case c.before == 0 && !s.rules.Recalls():
			lost = append(lost, c)
		}
		return true
	})
	for _, c := range lost {
		s.forget(c)
	}
}

// long reads any signed number.
func (r *reader) long() int64 { return r.Signed(math.MinInt64, math.MaxInt64) }
