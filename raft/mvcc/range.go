package mvcc

import (
	"cmp"
	"slices"
	"strings"

	"schism/raft/kvapi"
)

// checkRange returns the error that a Range meets. A revision of 0 or less is the last one.
func (s *Store) checkRange(op *kvapi.Op) kvapi.Code {
	switch {
	case op.Revision > s.revision:
		return kvapi.ErrFutureRev
	case op.Revision > 0 && s.rules.Compacted(op.Revision, s.compacted):
		return kvapi.ErrCompacted
	}
	return kvapi.OK
}

// readRange does a Range that checkRange has let through. Bounds and limit are for what is returned; Count is that of
// the range.
func (s *Store) readRange(op *kvapi.Op, r *kvapi.Result) {
	at := op.Revision
	if at <= 0 {
		at = latest
	}
	if op.Flags&kvapi.FlagCountOnly != 0 {
		s.each(op.Span, at, func(*kvapi.KeyValue) { r.Count++ })
		return
	}
	room := int64(-1)
	if op.Limit > 0 && op.By == kvapi.ByKey && op.Order != kvapi.Descend {
		room = op.Limit
	}
	s.each(op.Span, at, func(kv *kvapi.KeyValue) {
		r.Count++
		switch {
		case !within(kv, &op.Bounds):
		case room == 0:
			r.More = true
		default:
			room--
			if r.KVs == nil {
				r.KVs = s.spare().kvs.take(1)[:0] // of one key this is all
			}
			r.KVs = append(r.KVs, *kv)
		}
	})
	arrange(r.KVs, op.By, op.Order)
	if op.Limit > 0 && int64(len(r.KVs)) > op.Limit {
		r.KVs, r.More = slices.Clip(r.KVs[:op.Limit]), true
	}
	if op.Flags&kvapi.FlagKeysOnly != 0 {
		for i := range r.KVs {
			r.KVs[i].Value = ""
		}
	}
}

// within reports whether kv is within the bounds.
func within(kv *kvapi.KeyValue, b *kvapi.Bounds) bool {
	return *b == (kvapi.Bounds{}) ||
		between(kv.ModRevision, b.MinMod, b.MaxMod) && between(kv.CreateRevision, b.MinCreate, b.MaxCreate)
}

// between reports whether r is from lo to hi, each of which is no bound if it is 0.
func between(r, lo, hi kvapi.Revision) bool { return (lo == 0 || r >= lo) && (hi == 0 || r <= hi) }

// arrange sorts kvs, which are in the order of keys. Equal ones stay in that order, whichever way it sorts.
func arrange(kvs []kvapi.KeyValue, by kvapi.SortTarget, order kvapi.SortOrder) {
	if by == kvapi.ByKey {
		if order == kvapi.Descend {
			slices.Reverse(kvs)
		}
		return
	}
	sign := 1
	if order == kvapi.Descend {
		sign = -1
	}
	slices.SortStableFunc(kvs, func(a, b kvapi.KeyValue) int { return sign * compareBy(by, &a, &b) })
}

// compareBy compares two keys by what they are sorted by.
func compareBy(by kvapi.SortTarget, a, b *kvapi.KeyValue) int {
	switch by {
	case kvapi.ByVersion:
		return cmp.Compare(a.Version, b.Version)
	case kvapi.ByCreate:
		return cmp.Compare(a.CreateRevision, b.CreateRevision)
	case kvapi.ByMod:
		return cmp.Compare(a.ModRevision, b.ModRevision)
	case kvapi.ByValue:
		return strings.Compare(a.Value, b.Value)
	}
	return strings.Compare(a.Key, b.Key)
}
