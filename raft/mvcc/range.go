package mvcc

import (
	"cmp"
	"slices"
	"strings"

	"schism/raft/etcdapi"
)

// checkRange returns the error that a Range meets.
func (s *Store) checkRange(op *etcdapi.Op) etcdapi.Code {
	switch {
	case op.Revision > s.revision:
		return etcdapi.ErrFutureRev
	case op.Revision > 0 && s.rules.Compacted(op.Revision, s.compacted):
		return etcdapi.ErrCompacted
	}
	return etcdapi.OK
}

// readRange does a Range that checkRange has let through. Bounds and limit are for what is returned; Count is that of
// the range.
func (s *Store) readRange(op *etcdapi.Op, r *etcdapi.Result) {
	at := op.Revision
	if at <= 0 {
		at = latest
	}
	if op.Flags&etcdapi.FlagCountOnly != 0 {
		s.each(op.Span, at, func(*etcdapi.KeyValue) { r.Count++ })
		return
	}
	room := int64(-1)
	if op.Limit > 0 && op.By == etcdapi.ByKey && op.Order != etcdapi.Descend {
		room = op.Limit
	}
	s.each(op.Span, at, func(kv *etcdapi.KeyValue) {
		r.Count++
		switch {
		case !within(kv, &op.Bounds):
		case room == 0:
			r.More = true
		default:
			room--
			r.KVs = append(r.KVs, *kv)
		}
	})
	arrange(r.KVs, op.By, op.Order)
	if op.Limit > 0 && int64(len(r.KVs)) > op.Limit {
		r.KVs, r.More = slices.Clip(r.KVs[:op.Limit]), true
	}
	if op.Flags&etcdapi.FlagKeysOnly != 0 {
		for i := range r.KVs {
			r.KVs[i].Value = ""
		}
	}
}

// within reports whether kv is within the bounds.
func within(kv *etcdapi.KeyValue, b *etcdapi.Bounds) bool {
	return *b == (etcdapi.Bounds{}) ||
		between(kv.ModRevision, b.MinMod, b.MaxMod) && between(kv.CreateRevision, b.MinCreate, b.MaxCreate)
}

// between reports whether r is from lo to hi, each of which is no bound if it is 0.
func between(r, lo, hi etcdapi.Revision) bool { return (lo == 0 || r >= lo) && (hi == 0 || r <= hi) }

// arrange sorts kvs, which are in the order of keys. Equal ones stay in that order, whichever way it sorts.
func arrange(kvs []etcdapi.KeyValue, by etcdapi.SortTarget, order etcdapi.SortOrder) {
	if by == etcdapi.ByKey {
		if order == etcdapi.Descend {
			slices.Reverse(kvs)
		}
		return
	}
	sign := 1
	if order == etcdapi.Descend {
		sign = -1
	}
	slices.SortStableFunc(kvs, func(a, b etcdapi.KeyValue) int { return sign * compareBy(by, &a, &b) })
}

// compareBy compares two keys by what they are sorted by.
func compareBy(by etcdapi.SortTarget, a, b *etcdapi.KeyValue) int {
	switch by {
	case etcdapi.ByVersion:
		return cmp.Compare(a.Version, b.Version)
	case etcdapi.ByCreate:
		return cmp.Compare(a.CreateRevision, b.CreateRevision)
	case etcdapi.ByMod:
		return cmp.Compare(a.ModRevision, b.ModRevision)
	case etcdapi.ByValue:
		return strings.Compare(a.Value, b.Value)
	}
	return strings.Compare(a.Key, b.Key)
}
