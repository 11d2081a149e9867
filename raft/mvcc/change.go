package mvcc

import "schism/raft/kvapi"

// place is where a change is in the history: its revision, and in the low subBits bits its number within it, from 0.
type place uint64

// subBits is how many bits number the changes of one revision.
const subBits = 24

// maxRevision is the first revision for which there are no places.
const maxRevision kvapi.Revision = 1<<(64-subBits) - 1

// placeOf returns the place of the first change of a revision, which is not negative.
func placeOf(r kvapi.Revision) place { return place(min(r, maxRevision)) << subBits }

// revision returns the revision that made the change.
func (p place) revision() kvapi.Revision { return kvapi.Revision(p >> subBits) }

// change is what one revision has done to one key. It is never changed once it is in the log.
type change struct {
	// kv is the key as it was left. If it was deleted kv has the key and ModRevision alone.
	kv      kvapi.KeyValue
	deleted bool
	// number tells it from the others of its revision.
	number uint32
	// before is where the change of the key before this one is, or was if it is compacted; 0 if there was none.
	before place
}

// at returns where c is.
func (c *change) at() place { return placeOf(c.kv.ModRevision) + place(c.number) }

// earlier returns the change of the same key before c, nil if there is none or it is compacted.
func (s *Store) earlier(c *change) *change {
	if c.before == 0 {
		return nil
	}
	e, _ := s.log.Get(c.before)
	return e
}

// seenAt returns the key as it was left at revision r by c or a change before it, nil if it was not there.
func (s *Store) seenAt(c *change, r kvapi.Revision) *kvapi.KeyValue {
	for c != nil && c.kv.ModRevision > r {
		c = s.earlier(c)
	}
	if c == nil || c.deleted {
		return nil
	}
	return &c.kv
}

// now returns the key as it is, nil if it is not there.
func (s *Store) now(key string) *kvapi.KeyValue {
	if c := s.keys.get(key); c != nil && !c.deleted {
		return &c.kv
	}
	return nil
}

// each calls f, in the order of keys, with each key of the span as it is at revision r.
func (s *Store) each(span kvapi.Span, r kvapi.Revision, f func(*kvapi.KeyValue)) {
	if span.Single() {
		if c := s.keys.get(span.Key); c != nil {
			if kv := s.seenAt(c, r); kv != nil {
				f(kv)
			}
		}
		return
	}
	s.keys.ascend(span.Key, func(c *change) bool {
		if !span.Contains(c.kv.Key) {
			return false
		}
		if kv := s.seenAt(c, r); kv != nil {
			f(kv)
		}
		return true
	})
}

// enter puts c, which is new and the last change of its key, into the log. The change must be complete.
func (s *Store) enter(c *change) {
	s.log.Load(c.at(), c)
	s.logSum += c.digest()
}

// drop takes c, which is not the last change of its key, out of the log.
func (s *Store) drop(c *change) {
	s.log.Delete(c.at())
	s.logSum -= c.digest()
}

// forget takes c out of the log, and its key out of the store if that was the last change.
func (s *Store) forget(c *change) {
	s.drop(c)
	if s.keys.get(c.kv.Key) == c {
		s.keys.remove(c.kv.Key)
	}
}
